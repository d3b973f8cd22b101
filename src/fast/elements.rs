//! Elements to symbols and the raw stream, and back (wire format, sections 2 and 5.1), for maps with one symbol an element.

use crate::codec::symbols::{self, Parts};
use crate::format::{Format, Layout, SymbolMap};

/// Takes elements apart: a byte for each symbol, and the raw stream filled up to a whole byte. `None` if the bytes are no
/// whole elements, or an element has bits above its code.
#[inline(always)]
pub(super) fn split(layout: &Layout, plain: &[u8], symbols: &mut Vec<u8>, raw: &mut Vec<u8>) -> Option<()> {
    symbols.clear();
    raw.clear();
    match (layout.format, layout.map) {
        (Format::Bf16, SymbolMap::Fields) => {
            let (elements, rest) = plain.as_chunks::<2>();
            if !rest.is_empty() {
                return None;
            }
            // sign | 8 bits of exponent | 7 bits of mantissa
            symbols.extend(elements.iter().map(|&bytes| (u16::from_le_bytes(bytes) >> 7) as u8));
            raw.extend(elements.iter().map(|&[low, high]| high & 0x80 | low & 0x7F));
        }
        (_, SymbolMap::Bytes) => {
            let codes_fit = layout.element_bits == 8 || plain.iter().all(|&code| code >> layout.element_bits == 0);
            if !codes_fit {
                return None;
            }
            symbols.extend_from_slice(plain);
        }
        _ => return split_fields(layout, plain, symbols, raw),
    }
    Some(())
}

fn split_fields(layout: &Layout, plain: &[u8], symbols: &mut Vec<u8>, raw: &mut Vec<u8>) -> Option<()> {
    let (mut bits, mut filled) = (0u64, 0);
    let elements = plain.chunks_exact(layout.element_bytes());
    if !elements.remainder().is_empty() {
        return None;
    }
    for bytes in elements {
        let element = bytes.iter().rev().fold(0, |element, &byte| element << 8 | u32::from(byte));
        if u64::from(element) >> layout.element_bits != 0 {
            return None;
        }
        let parts = symbols::split(layout, element);
        symbols.push(parts.symbols[0]);
        bits = bits << layout.raw_bits | u64::from(parts.raw);
        filled += layout.raw_bits;
        while filled >= 8 {
            filled -= 8;
            raw.push((bits >> filled) as u8);
        }
    }
    if filled > 0 {
        raw.push((bits << (8 - filled)) as u8);
    }
    Some(())
}

/// Puts elements together again: the inverse of [`split`]. `None` if the raw stream is too short, or not zero behind the
/// last element.
#[inline(always)]
pub(super) fn join(layout: &Layout, symbols: &[u8], raw: &[u8], plain: &mut Vec<u8>) -> Option<()> {
    let raw_bits = symbols.len() * layout.raw_bits as usize;
    let (raw, padding) = raw.split_at_checked(raw_bits.div_ceil(8))?;
    if padding.iter().any(|&byte| byte != 0) {
        return None;
    }
    plain.clear();
    match (layout.format, layout.map) {
        (Format::Bf16, SymbolMap::Fields) => {
            plain.resize(2 * symbols.len(), 0);
            let elements = plain.as_chunks_mut::<2>().0;
            for ((element, &exponent), &raw) in elements.iter_mut().zip(symbols).zip(raw) {
                let raw = u16::from(raw);
                *element = ((raw & 0x80) << 8 | u16::from(exponent) << 7 | raw & 0x7F).to_le_bytes();
            }
            Some(())
        }
        (_, SymbolMap::Bytes) => {
            plain.extend_from_slice(symbols);
            Some(())
        }
        _ => join_fields(layout, symbols, raw, plain),
    }
}

fn join_fields(layout: &Layout, symbols: &[u8], raw: &[u8], plain: &mut Vec<u8>) -> Option<()> {
    let (mut bits, mut filled) = (0u64, 0);
    let mut raw = raw.iter();
    for &symbol in symbols {
        while filled < layout.raw_bits {
            bits = bits << 8 | u64::from(*raw.next()?);
            filled += 8;
        }
        filled -= layout.raw_bits;
        let parts = Parts { symbols: [symbol, 0, 0, 0], raw: (bits >> filled) as u32 & ((1 << layout.raw_bits) - 1) };
        plain.extend_from_slice(&symbols::join(layout, &parts).to_le_bytes()[..layout.element_bytes()]);
    }
    (bits & ((1 << filled) - 1) == 0).then_some(())
}

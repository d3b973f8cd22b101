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
            symbols.resize(elements.len(), 0);
            raw.resize(elements.len(), 0);
            for ((&bytes, symbol), raw) in elements.iter().zip(symbols).zip(raw) {
                let element = u16::from_le_bytes(bytes);
                *symbol = (element >> 7) as u8;
                *raw = (element >> 8 & 0x80 | element & 0x7F) as u8;
            }
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

/// Puts elements together again: the inverse of [`split`], of the words of the raw stream. `None` if there are too few, or
/// if they are not zero behind the last element.
#[inline(always)]
pub(super) fn join(layout: &Layout, symbols: &[u8], raw: &[u16], plain: &mut Vec<u8>) -> Option<()> {
    let raw_bits = symbols.len() * layout.raw_bits as usize;
    let (real, zeros) = raw.split_at_checked(raw_bits.div_ceil(16))?;
    let padding = (real.len() * 16 - raw_bits) as u32;
    if zeros.iter().any(|&word| word != 0) || real.last().is_some_and(|&word| word.trailing_zeros() < padding) {
        return None;
    }
    plain.resize(symbols.len() * layout.element_bytes(), 0);
    match (layout.format, layout.map) {
        (Format::Bf16, SymbolMap::Fields) => {
            let element = |exponent: u8, raw: u16| (raw & 0x80) << 8 | u16::from(exponent) << 7 | raw & 0x7F;
            let (pairs, odd) = plain.as_chunks_mut::<4>();
            let (symbol_pairs, odd_symbol) = symbols.as_chunks::<2>();
            for ((pair, &[first, second]), &word) in pairs.iter_mut().zip(symbol_pairs).zip(real) {
                let [first, second] = [element(first, word >> 8), element(second, word & 0xFF)];
                *pair = (u32::from(second) << 16 | u32::from(first)).to_le_bytes();
            }
            if let (&[symbol], Some(&word)) = (odd_symbol, real.last()) {
                odd.copy_from_slice(&element(symbol, word >> 8).to_le_bytes());
            }
        }
        (_, SymbolMap::Bytes) => plain.copy_from_slice(symbols),
        _ => join_fields(layout, symbols, real, plain),
    }
    Some(())
}

fn join_fields(layout: &Layout, symbols: &[u8], raw: &[u16], plain: &mut [u8]) {
    let (mut bits, mut filled) = (0u64, 0);
    let mut words = raw.iter();
    for (&symbol, element) in symbols.iter().zip(plain.chunks_exact_mut(layout.element_bytes())) {
        while filled < layout.raw_bits {
            bits = bits << 16 | words.next().map_or(0, |&word| u64::from(word));
            filled += 16;
        }
        filled -= layout.raw_bits;
        let parts = Parts { symbols: [symbol, 0, 0, 0], raw: (bits >> filled) as u32 & ((1 << layout.raw_bits) - 1) };
        element.copy_from_slice(&symbols::join(layout, &parts).to_le_bytes()[..layout.element_bytes()]);
    }
}

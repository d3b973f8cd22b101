//! Elements to symbols and raw bits, and back (wire format, section 2).

use crate::format::{Layout, SymbolMap};

/// Most symbols in an element: the bytes of an fp32 number.
pub const MAX_SYMBOLS: usize = 4;

/// An element taken apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// The symbols, plane 0 first; the first `C` count.
    pub symbols: [u8; MAX_SYMBOLS],
    /// The raw plane's `R` bits: the sign, then the mantissa.
    pub raw: u32,
}

/// Takes an element of `layout.element_bits` bits apart.
pub fn split(layout: &Layout, element: u32) -> Parts {
    match layout.map {
        SymbolMap::Bytes | SymbolMap::Planes => Parts { symbols: element.to_le_bytes(), raw: 0 },
        SymbolMap::Fields => {
            // sign | exponent, X bits | mantissa, R - 1 bits
            let mantissa_bits = layout.raw_bits - 1;
            let mantissa = element & ((1 << mantissa_bits) - 1);
            let exponent = element >> mantissa_bits & ((1 << layout.symbol_bits) - 1);
            let sign = element >> (mantissa_bits + layout.symbol_bits) & 1;
            Parts { symbols: [exponent as u8, 0, 0, 0], raw: sign << mantissa_bits | mantissa }
        }
    }
}

/// Puts an element together again: the inverse of [`split`].
pub fn join(layout: &Layout, parts: &Parts) -> u32 {
    match layout.map {
        SymbolMap::Bytes | SymbolMap::Planes => u32::from_le_bytes(parts.symbols),
        SymbolMap::Fields => {
            let mantissa_bits = layout.raw_bits - 1;
            let (sign, mantissa) = (parts.raw >> mantissa_bits, parts.raw & ((1 << mantissa_bits) - 1));
            (sign << layout.symbol_bits | u32::from(parts.symbols[0])) << mantissa_bits | mantissa
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::Format;

    #[test]
    fn fields_by_hand() {
        let parts = |format, element| {
            let p = split(&Layout::new(format, SymbolMap::Fields).unwrap(), element);
            (p.symbols[0], p.raw)
        };
        assert_eq!(parts(Format::Bf16, 0b1_01111111_0000011), (0x7F, 0b1_0000011)); // -1.0234375
        assert_eq!(parts(Format::Fp16, 0b1_01111_0000000011), (0xF, 0b1_0000000011));
        assert_eq!(parts(Format::Fp32, 0xFFC0_0001), (0xFF, 0xC0_0001)); // a NaN with payload
        assert_eq!(parts(Format::E4m3, 0b1_0111_011), (0b0111, 0b1_011));
        assert_eq!(parts(Format::E5m2, 0b1_01110_11), (0b01110, 0b1_11));
        assert_eq!(parts(Format::E3m2, 0b1_011_10), (0b011, 0b1_10));
        assert_eq!(parts(Format::E2m3, 0b1_01_110), (0b01, 0b1_110));
    }

    #[test]
    fn planes_go_from_the_least_significant_byte() {
        let layout = Layout::new(Format::Fp32, SymbolMap::Planes).unwrap();
        assert_eq!(split(&layout, 0x0403_0201), Parts { symbols: [1, 2, 3, 4], raw: 0 });
    }

    #[test]
    fn join_undoes_split_in_every_layout() {
        for (format, map) in Format::ALL.into_iter().flat_map(|f| SymbolMap::ALL.map(|m| (f, m))) {
            let Ok(layout) = Layout::new(format, map) else { continue };
            // All elements of up to 16 bits, a stride through those of 32.
            let stride = if layout.element_bits == 32 { 0x1_0001 } else { 1 };
            for element in (0..1u64 << layout.element_bits).step_by(stride) {
                let parts = split(&layout, element as u32);
                assert!(parts.symbols.iter().all(|&s| u32::from(s) < 1 << layout.symbol_bits));
                assert!(u64::from(parts.raw) < 1 << layout.raw_bits);
                assert_eq!(join(&layout, &parts), element as u32, "{format} {map}");
            }
        }
    }
}

//! The packet's CRC-32C (wire format, section 7).

use crate::format::Layout;
use crate::wire::{Parameters, HEADER_BYTES};

/// Gathers what the check covers. The header comes first in the check, but an encoder that looks for the best book knows
/// it last; so the rest is summed up by itself and joined to the header in [`PacketCrc::finish`].
#[derive(Clone, Debug, Default)]
pub struct PacketCrc {
    rest: u32,
    rest_bytes: usize,
}

impl PacketCrc {
    /// Nothing so far.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in the next bytes of the plaintext, or what follows it.
    pub fn update(&mut self, bytes: &[u8]) {
        self.rest = crc32c::crc32c_append(self.rest, bytes);
        self.rest_bytes += bytes.len();
    }

    /// The check of a packet with this header and number of symbols, whose plaintext has all been taken in.
    pub fn finish(
        mut self,
        header: &[u8; HEADER_BYTES],
        parameters: &Parameters,
        layout: &Layout,
        symbols: u32,
    ) -> u32 {
        self.update(&vec![0; missing_elements(parameters, layout, symbols) * layout.element_bytes()]);
        let turn_bytes = turn_elements(parameters, layout) * layout.element_bytes();
        self.update(&vec![0; turn_bytes.saturating_sub(4)]);
        self.update(&symbols.to_be_bytes());
        crc32c::crc32c_combine(crc32c::crc32c(header), self.rest, self.rest_bytes)
    }
}

/// Elements of a whole turn: the larger of `L/Q` and `C` symbols.
fn turn_elements(parameters: &Parameters, layout: &Layout) -> usize {
    (parameters.turn_lanes().max(layout.symbols) / layout.symbols) as usize
}

/// Elements that the last turn lacks: so many bring the number of symbols to a multiple of the larger of `L/Q` and `C`.
fn missing_elements(parameters: &Parameters, layout: &Layout, symbols: u32) -> usize {
    let multiple = parameters.turn_lanes().max(layout.symbols);
    let over = symbols % multiple;
    (if over == 0 { 0 } else { (multiple - over) / layout.symbols }) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{Format, SymbolMap};

    /// CRC-32C bit by bit, straight from the polynomial of section 7.
    fn bitwise(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0u32, |crc, &byte| {
            (0..8).fold(crc ^ u32::from(byte), |crc, _| crc >> 1 ^ (0x82F6_3B78 & 0u32.wrapping_sub(crc & 1)))
        })
    }

    #[test]
    fn the_check_value_of_the_polynomial() {
        assert_eq!(bitwise(b"123456789"), 0xE306_9283);
    }

    #[test]
    fn header_plaintext_zeros_and_count_in_this_order() {
        let parameters = Parameters::plain(Format::Bf16, SymbolMap::Planes, 8);
        let layout = parameters.check().unwrap();
        let header = *b"0123456789";
        let mut crc = PacketCrc::new();
        crc.update(b"ab");
        crc.update(b"cdef");
        // 3 elements are 6 symbols; one element of 2 bytes is missing to 8. A step has 8 bytes, and so has the count.
        let all = [&header[..], b"abcdef", &[0, 0], &[0, 0, 0, 0, 0, 0, 0, 6]].concat();
        assert_eq!(crc.finish(&header, &parameters, &layout, 6), bitwise(&all));
    }

    #[test]
    fn missing_elements_by_hand() {
        let missing = |format, map, lanes, symbols| {
            let parameters = Parameters::plain(format, map, lanes);
            missing_elements(&parameters, &parameters.check().unwrap(), symbols)
        };
        assert_eq!(missing(Format::Fp32, SymbolMap::Planes, 1, 4), 0); // C is larger than L
        assert_eq!(missing(Format::Fp32, SymbolMap::Planes, 16, 4), 3);
        assert_eq!(missing(Format::Raw, SymbolMap::Bytes, 64, 1), 63);
        assert_eq!(missing(Format::Raw, SymbolMap::Bytes, 64, 64), 0);
        assert_eq!(missing(Format::Raw, SymbolMap::Bytes, 64, 0), 0);
    }
}

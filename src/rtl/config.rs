//! Which streams the RTL can be built for, and the numbers that follow from them. The one place that refuses the others.

use super::geometry::Geometry;
use crate::codebook::{Bank, BankError};
use crate::format::Layout;
use crate::wire::{BookMode, Header, ParameterError, Parameters, Tracking, HEADER_LAYOUT};
use thiserror::Error;

/// Most bytes of a beat, plain or link.
pub const MAX_BEAT_BYTES: usize = 128;
/// Most turns of a block, log2, where the encoder has to hold blocks back: for the bias of a packet's first one, or the book of each.
pub const MAX_HELD_BLOCK_LOG2: usize = 10;

/// A stream that the reference codec has and the RTL does not.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RtlError {
    /// A value that the RTL is not built for.
    #[error("the RTL has no {what} {value}: it has {supported} (the reference codec has all of the wire format)")]
    Unsupported {
        /// Name of the parameter.
        what: &'static str,
        /// Value asked for.
        value: String,
        /// What there is.
        supported: &'static str,
    },
    /// A code that the decoder's tables cannot hold.
    #[error("book {book} ('{name}') has an escape although all symbols have a codeword: the RTL has no place for it")]
    UselessEscape {
        /// Id of the book.
        book: usize,
        /// Its name.
        name: String,
    },
    /// The parameters are out of range.
    #[error(transparent)]
    Parameters(#[from] ParameterError),
    /// The bank does not fit.
    #[error(transparent)]
    Bank(#[from] BankError),
}

/// A stream that the RTL can be built for.
#[derive(Clone, Debug)]
pub struct RtlConfig {
    /// Parameters of the stream.
    pub parameters: Parameters,
    /// The layout of its elements.
    pub layout: Layout,
    /// Books in ROM.
    pub bank: Bank,
}

impl RtlConfig {
    /// Checks that the RTL has what these parameters and this bank ask for.
    pub fn new(parameters: Parameters, bank: Bank) -> Result<Self, RtlError> {
        let layout = parameters.check()?;
        bank.check_fits(&parameters, &layout)?;
        let refuse = |what, value: String, supported| Err(RtlError::Unsupported { what, value, supported });
        let p = &parameters;
        if p.block_turns_log2().is_some_and(|log2| log2 > MAX_HELD_BLOCK_LOG2) {
            let value = format!("{} steps in {} turns", 1u32 << p.block_log2.unwrap_or(0), p.turns);
            let supported = "blocks of up to 1024 turns for that";
            if p.tracking.is_some_and(|t| t.initial_bias.is_none()) {
                return refuse("initial bias of the first block of", value, supported);
            }
            if p.book_mode == BookMode::Block {
                return refuse("book for each block of", value, supported);
            }
        }
        if p.lanes < layout.symbols {
            return refuse("lane count for map 'planes'", p.lanes.to_string(), "a lane for each plane at least");
        }
        let geometry = Geometry::new(p.turn_lanes(), p.turns, &layout);
        if 2 * geometry.link_words() > MAX_BEAT_BYTES || geometry.plain_bytes() > MAX_BEAT_BYTES {
            return refuse("lane count for this format", p.lanes.to_string(), "beats of up to 128 bytes");
        }
        for (i, book) in bank.books().iter().enumerate() {
            if book.planes.iter().any(|p| p.escape_length().is_some() && p.direct_symbols() == p.symbols()) {
                return Err(RtlError::UselessEscape { book: i + 1, name: book.name.clone() });
            }
        }
        Ok(RtlConfig { parameters, layout, bank })
    }

    /// The sizes of this configuration.
    pub fn geometry(&self) -> Geometry {
        Geometry::new(self.parameters.turn_lanes(), self.parameters.turns, &self.layout)
    }

    /// Bits of the book index inside the RTL: 2 or 4.
    pub fn book_bits(&self) -> usize {
        match self.bank.books().len() {
            ..=3 => 2,
            _ => 4,
        }
    }

    /// Steps of a block with a book of its own, where blocks have.
    pub fn block_steps(&self) -> Option<usize> {
        let blocks = self.parameters.book_mode == BookMode::Block;
        self.parameters.block_log2.filter(|_| blocks).map(|log2| 1 << log2)
    }

    /// The packet header, its fields that vary from packet to packet 0.
    pub fn header(&self) -> HeaderConfig {
        let fingerprint = self.bank.fingerprint();
        let mut parameters = self.parameters;
        parameters.tracking = parameters.tracking.map(|t| Tracking { initial_bias: Some(0), ..t });
        let bits = Header { parameters, book: 0, fingerprint }.to_bits();
        HeaderConfig { bits, book_position: lowest_bit("book"), bias_position: lowest_bit("bias") }
    }

    /// Bias that every packet begins with: 0 without a tracked bias, `None` if each packet has its own.
    pub fn initial_bias(&self) -> Option<u8> {
        self.parameters.tracking.map_or(Some(0), |t| t.initial_bias)
    }

    /// Mux words in a link beat.
    pub fn link_words(&self) -> u32 {
        self.geometry().link_words() as u32
    }
}

/// Lowest bit of a field of the header.
fn lowest_bit(field: &str) -> u32 {
    HEADER_LAYOUT.iter().rev().take_while(|f| f.0 != field).map(|f| f.1).sum()
}

/// The packet header as the cores know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HeaderConfig {
    /// Its 80 bits, those of book and bias 0.
    pub bits: u128,
    /// Lowest bit of the field `book`.
    pub book_position: u32,
    /// Lowest bit of the field `bias`.
    pub bias_position: u32,
}

impl HeaderConfig {
    /// The header of a packet.
    pub const fn with(&self, book: u8, bias: u8) -> u128 {
        self.bits | (book as u128) << self.book_position | (bias as u128) << self.bias_position
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codebook::{Book, PlaneCode};
    use crate::format::{Format, SymbolMap};
    use crate::wire::Tracking;

    fn bank(map: SymbolMap, planes: usize) -> Bank {
        let planes = vec![PlaneCode::raw(8).unwrap(); planes];
        Bank::new(map, vec![Book { name: "flat".into(), planes }]).unwrap()
    }

    #[test]
    fn the_book_field_is_found() {
        assert_eq!((lowest_bit("book"), lowest_bit("bias")), (55, 42));
    }

    #[test]
    fn what_the_rtl_does_not_have_is_refused_by_name() {
        let fields = Parameters::plain(Format::Bf16, SymbolMap::Fields, 4);
        let first = Some(Tracking { delay: 1, window_log2: 1, initial_bias: None });
        let cases = [
            (
                Parameters { lanes: 64, ..Parameters::plain(Format::Fp32, SymbolMap::Fields, 4) },
                "no lane count for this format 64: it has beats of up to 128 bytes",
            ),
            (
                Parameters { tracking: first, block_log2: Some(11), ..fields },
                "no initial bias of the first block of 2048 steps in 1 turns: it has blocks of up to 1024 turns for that",
            ),
            (
                Parameters { book_mode: BookMode::Block, block_log2: Some(9), turns: 4, ..fields },
                "no book for each block of 512 steps in 4 turns: it has blocks of up to 1024 turns for that",
            ),
        ];
        for (p, message) in cases {
            let e = RtlConfig::new(p, bank(SymbolMap::Fields, 1)).unwrap_err().to_string();
            assert!(e.contains(message), "{e}");
        }
        let planes = Parameters { map: SymbolMap::Planes, lanes: 1, ..fields };
        let e = RtlConfig::new(planes, bank(SymbolMap::Planes, 2)).unwrap_err().to_string();
        assert!(e.contains("no lane count for map 'planes' 1: it has a lane for each plane"), "{e}");
        let mut lengths = vec![8; 256];
        (lengths[254], lengths[255]) = (9, 9);
        let full = PlaneCode::new(8, lengths, 8).unwrap();
        let useless = Bank::new(SymbolMap::Fields, vec![Book { name: "full".into(), planes: vec![full] }]).unwrap();
        let e = RtlConfig::new(fields, useless).unwrap_err().to_string();
        assert!(e.contains("book 1 ('full') has an escape although"), "{e}");
    }
}

//! What a packet's data does to the clocks: which lanes cross a word boundary in which step.

use crate::codec::books::{book_block, book_id_bit};
use crate::codec::symbols::split;
use crate::codec::tracker::Tracker;
use crate::codec::{Codec, EncodeError, Report};
use thiserror::Error;

/// Why a packet has no profile.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// It cannot be encoded.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// Codeword lengths and the encoder's report do not agree.
    #[error(
        "a packet of {symbols} symbols has {found} bits by the lengths of its codewords and {expected} by its encoder"
    )]
    Bits {
        /// Symbols.
        symbols: u64,
        /// Bits counted here.
        found: u64,
        /// Bits that the encoder reports.
        expected: u64,
    },
}

/// A packet as the timing models see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Lanes whose codeword crosses a word boundary, for each step.
    pub crossed: Vec<u64>,
    /// Lanes with a partly filled word behind the last step.
    pub partial: u64,
    /// Lanes with a symbol in the last step; 0 for a packet without symbols.
    pub last_active: u32,
    /// Words of the whole packet.
    pub words: u32,
}

impl Profile {
    /// Beats of the packet on the plain side: its steps, one if it has none.
    pub fn beats(&self) -> u32 {
        (self.crossed.len() as u32).max(1)
    }

    /// For `plain`, elements as the codec takes them, which the encoder of `codec` has made a packet of that `report` is about.
    pub fn new(codec: &Codec, plain: &[u8], report: &Report) -> Result<Self, ProfileError> {
        let (parameters, layout) = (codec.parameters(), codec.layout());
        let (lanes, planes) = (parameters.lanes as usize, layout.symbols as usize);
        let mux_bits = u64::from(crate::wire::MUX_BITS);
        let mut tracker = Tracker::new(parameters, layout, report.initial_bias.unwrap_or(0));
        let mut bits = vec![0u64; lanes];
        let mut crossed = Vec::with_capacity(plain.len() / layout.element_bytes() * planes / lanes + 1);
        let mut symbols = 0u64;
        for element in plain.chunks_exact(layout.element_bytes()) {
            let element = element.iter().rev().fold(0u32, |value, &byte| value << 8 | u32::from(byte));
            let parts = split(layout, element);
            for (plane, &symbol) in parts.symbols[..planes].iter().enumerate() {
                let (step, lane) = (symbols / lanes as u64, (symbols % lanes as u64) as usize);
                if lane == 0 {
                    crossed.push(0u64);
                }
                let symbol = tracker.as_mut().map_or(symbol, |t| t.encode(symbol));
                let block = book_block(parameters, step) as usize;
                let id = report.books.get(block).copied().unwrap_or(crate::wire::RAW_BOOK);
                let length = codec.tables()[usize::from(id)].encode[plane].codeword(symbol).length;
                let id_bit = lane == 0 && book_id_bit(parameters, step).is_some();
                let before = bits[lane] / mux_bits;
                bits[lane] += u64::from(length) + u64::from(id_bit);
                if bits[lane] / mux_bits > before {
                    crossed[step as usize] |= 1 << lane;
                }
                symbols += 1;
            }
        }
        let (found, expected) = (bits.iter().sum::<u64>(), report.coded_bits() + report.book_id_bits);
        if found != expected || symbols != report.symbols {
            return Err(ProfileError::Bits { symbols, found, expected });
        }
        let partial = bits.iter().enumerate().filter(|(_, b)| *b % mux_bits != 0).map(|(lane, _)| 1u64 << lane);
        let last_active = match symbols as usize % lanes {
            0 if symbols > 0 => lanes,
            rest => rest,
        };
        Ok(Profile {
            partial: partial.sum(),
            last_active: last_active as u32,
            words: (report.header_words + report.payload_words + report.trailer_words) as u32,
            crossed,
        })
    }
}

//! Constants, parameters and the packet header of the wire format (docs/wire-format.md, sections 4 to 7).
//!
//! This file and [`crate::format`] are all that the reference codec and the RTL have in common: facts, no coding.

use crate::format::{Format, FormatError, Layout, SymbolMap};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Version of the wire format, in every header.
pub const VERSION: u8 = 2;
/// Bits of a mux word, `M`: the unit of transport (section 1).
pub const MUX_BITS: u32 = 16;
/// Bits of the header (section 4).
pub const HEADER_BITS: u32 = 80;
/// Bytes of the header that the CRC covers (section 7).
pub const HEADER_BYTES: usize = 10;
/// Mux words of the header.
pub const HEADER_WORDS: usize = (HEADER_BITS / MUX_BITS) as usize;
/// Bits of the trailer (section 7).
pub const TRAILER_BITS: u32 = 64;
/// Mux words of the trailer.
pub const TRAILER_WORDS: usize = (TRAILER_BITS / MUX_BITS) as usize;
/// Most lanes (section 4).
pub const MAX_LANES: usize = 64;
/// Words that every lane of a decoder may hold at the start (section 5.2): it needs two behind the one that it decodes.
pub const PREFILLS: std::ops::RangeInclusive<u32> = 3..=5;
/// Turns by which raw bits travel ahead (section 5.2).
pub const RAW_LEAD_TURNS: u64 = 8;
/// Turns of a step where lanes are served in turn (section 5.2).
pub const LANES_IN_TURN: u32 = 4;
/// Steps by which the first bit of a book id precedes its block (section 6.1).
pub const BOOK_LEAD_STEPS: u64 = 16;
/// Bits of a book id, one in each of as many steps (section 6.1).
pub const BOOK_ID_BITS: u32 = 4;
/// Most books in a bank, the raw book not counted.
pub const MAX_BOOKS: usize = 15;
/// Id of the raw book.
pub const RAW_BOOK: u8 = 0;
/// Longest codeword length of a direct symbol or an escape (section 3).
pub const MAX_CODE_LENGTH: u8 = 16;

/// Whether there may be so many lanes: 1, 2, 4, 8, 16, 32 or 64 (section 4).
pub const fn is_lane_count(lanes: usize) -> bool {
    lanes.is_power_of_two() && lanes <= MAX_LANES
}

/// Tracked exponent bias (section 6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Tracking {
    /// Blocks `d` between the last block that counts and the block whose bias is made: 1 ... 3.
    pub delay: u8,
    /// log2 of the number of blocks `w` that the bias is the mean of: 0, 1 or 2.
    pub window_log2: u8,
    /// Bias of the first blocks, below 2^`X`; `None`: the encoder takes the mean exponent of each packet's first block, which it
    /// holds back for that. The header has a number in any case.
    pub initial_bias: Option<u8>,
}

/// How the book of a symbol is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BookMode {
    /// One book for the packet, named in its header.
    Fixed,
    /// A book per block, ids in the stream (section 6.1).
    Block,
}

/// Everything about a stream that does not change from packet to packet, as carried by the header. Make it with
/// [`Parameters::check`], the one place where the ranges are enforced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Parameters {
    /// Element format.
    pub format: Format,
    /// Symbol map.
    pub map: SymbolMap,
    /// Lanes `L`: 1, 2, 4, ... 64.
    pub lanes: u32,
    /// Turns `Q` in which the lanes of a step are served, 1 or 4: each serves `L/Q` neighbouring lanes.
    pub turns: u32,
    /// Words `P` that every decoder lane holds at the start: 3 ... 5, with lanes in turn 4 or 5.
    pub prefill: u32,
    /// log2 of the steps in a block, 2 ... 12, with a book per block 4 ... 12; `None` without blocks.
    pub block_log2: Option<u8>,
    /// Choice of book.
    pub book_mode: BookMode,
    /// Tracked exponent bias; `None` when off.
    pub tracking: Option<Tracking>,
}

/// A parameter out of its range.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ParameterError {
    /// Lanes not a power of two up to 64.
    #[error("lanes = {0}: must be 1, 2, 4, 8, 16, 32 or 64")]
    Lanes(u32),
    /// Turns.
    #[error("{turns} turns of {lanes} lanes with {symbols} symbols an element: must be 1 or 4, with a lane for each symbol in a turn of 4")]
    Turns {
        /// Turns given.
        turns: u32,
        /// Lanes.
        lanes: u32,
        /// Symbols of an element, `C`.
        symbols: u32,
    },
    /// Prefill.
    #[error("prefill of {0} words: must be 3 to 5, with lanes in turn 4 or 5")]
    Prefill(u32),
    /// Block length.
    #[error("block of 2^{0} steps: must be 2^2 to 2^12")]
    Block(u8),
    /// A block too short for the id of the next one.
    #[error("block of 2^{0} steps: must be 2^4 to 2^12 with a book per block")]
    BookBlock(u8),
    /// Blocks are needed for a book per block or a tracked bias, and only for them.
    #[error("{0}")]
    BlockUse(&'static str),
    /// Tracker delay.
    #[error("tracker delay of {0} blocks: must be 1 to 3")]
    Delay(u8),
    /// Tracker window.
    #[error("tracker window of 2^{0} blocks: must be 2^0, 2^1 or 2^2")]
    Window(u8),
    /// Initial bias.
    #[error("initial bias {bias}: must be below {limit} for format '{format}'")]
    Bias {
        /// Value given.
        bias: u8,
        /// 2^`X`.
        limit: u32,
        /// Format.
        format: Format,
    },
    /// Tracking without an exponent plane.
    #[error("the exponent bias is tracked under map 'fields' only, not under '{0}'")]
    TrackingMap(SymbolMap),
    /// The map is not defined for the format.
    #[error(transparent)]
    Format(#[from] FormatError),
}

impl Parameters {
    /// Prefill when nothing else is asked for. With 3 words the decoder core has to wait where a lane uses words up quickly; with
    /// 4 it goes at one step a clock but for the densest of codes. Against 3, which pads least, they cost 0.04 % at 16 lanes and
    /// packets of 65536 symbols (wire format, section 11).
    pub const DEFAULT_PREFILL: u32 = 4;

    /// One book a packet, no tracking, all lanes of a step at once.
    pub const fn plain(format: Format, map: SymbolMap, lanes: u32) -> Self {
        Parameters {
            format,
            map,
            lanes,
            turns: 1,
            prefill: Self::DEFAULT_PREFILL,
            block_log2: None,
            book_mode: BookMode::Fixed,
            tracking: None,
        }
    }

    /// Checks every range and combination of section 4 and gives the layout of the elements.
    pub fn check(&self) -> Result<Layout, ParameterError> {
        if !is_lane_count(self.lanes as usize) {
            return Err(ParameterError::Lanes(self.lanes));
        }
        // Lanes in turn need one more.
        if !PREFILLS.contains(&self.prefill) || (self.turns > 1 && self.prefill == *PREFILLS.start()) {
            return Err(ParameterError::Prefill(self.prefill));
        }
        let layout = Layout::new(self.format, self.map)?;
        let in_turn = self.turns == LANES_IN_TURN && self.lanes >= LANES_IN_TURN * layout.symbols;
        if self.turns != 1 && !in_turn {
            let (turns, lanes, symbols) = (self.turns, self.lanes, layout.symbols);
            return Err(ParameterError::Turns { turns, lanes, symbols });
        }
        if let Some(b) = self.block_log2 {
            if !(2..=12).contains(&b) {
                return Err(ParameterError::Block(b));
            }
            if self.book_mode == BookMode::Block && 1u64 << b < BOOK_LEAD_STEPS {
                return Err(ParameterError::BookBlock(b));
            }
        }
        match (self.block_log2, self.book_mode, self.tracking) {
            (None, BookMode::Block, _) => {
                return Err(ParameterError::BlockUse("a book per block needs a block length"))
            }
            (None, _, Some(_)) => return Err(ParameterError::BlockUse("a tracked exponent bias needs a block length")),
            (Some(_), BookMode::Fixed, None) => {
                return Err(ParameterError::BlockUse(
                    "a block length has no use without a book per block or a tracked exponent bias",
                ))
            }
            _ => {}
        }
        if let Some(t) = self.tracking {
            if self.map != SymbolMap::Fields {
                return Err(ParameterError::TrackingMap(self.map));
            }
            if !(1..=3).contains(&t.delay) {
                return Err(ParameterError::Delay(t.delay));
            }
            if t.window_log2 > 2 {
                return Err(ParameterError::Window(t.window_log2));
            }
            let limit = 1u32 << layout.symbol_bits;
            if let Some(bias) = t.initial_bias.filter(|&bias| u32::from(bias) >= limit) {
                return Err(ParameterError::Bias { bias, limit, format: self.format });
            }
        }
        Ok(layout)
    }

    /// Lanes of a turn, `L/Q`: as many as are decoded at once.
    pub const fn turn_lanes(&self) -> u32 {
        self.lanes / self.turns
    }

    /// log2 of the turns in a block, where there are blocks.
    pub fn block_turns_log2(&self) -> Option<usize> {
        self.block_log2.map(|log2| usize::from(log2) + self.turns.ilog2() as usize)
    }

    /// Bits of a codeword's room in a step: the longest codeword a bank may have under these parameters (section 3).
    pub const fn codeword_room(&self) -> u32 {
        match self.book_mode {
            BookMode::Fixed => MUX_BITS,
            // A step with a bit of a book id.
            BookMode::Block => MUX_BITS - 1,
        }
    }
}

/// The packet header (section 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The stream's parameters.
    pub parameters: Parameters,
    /// Book of the packet, or of block 0.
    pub book: u8,
    /// Fingerprint of the bank.
    pub fingerprint: u32,
}

/// A header that no encoder of this version sends.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HeaderError {
    /// Another version of the wire format.
    #[error("wire format version {0}: this decoder knows version {VERSION}")]
    Version(u8),
    /// Format or map id without a meaning.
    #[error("header field '{field}' has the undefined value {value}")]
    Field {
        /// Name in section 4.
        field: &'static str,
        /// Value found.
        value: u32,
    },
    /// A field that has to be zero.
    #[error("header field '{0}' is not zero where it has to be")]
    NotZero(&'static str),
    /// Fields that do not go together.
    #[error("header: {0}")]
    Parameters(#[from] ParameterError),
}

/// One field of the header: name, number of bits.
pub type HeaderField = (&'static str, u32);

/// The header's bit layout, most significant field first: the table of section 4.
pub const HEADER_LAYOUT: [HeaderField; 15] = [
    ("version", 4),
    ("format", 4),
    ("map", 2),
    ("lanes", 3),
    ("turns", 1),
    ("prefill", 2),
    ("block", 4),
    ("book mode", 1),
    ("book", 4),
    ("track", 1),
    ("delay", 2),
    ("window", 2),
    ("bias", 8),
    ("reserved", 10),
    ("fingerprint", 32),
];

impl Header {
    /// The header as an 80-bit number, bit 79 sent first.
    pub fn to_bits(&self) -> u128 {
        let p = &self.parameters;
        let tracking = p.tracking.unwrap_or(Tracking { delay: 0, window_log2: 0, initial_bias: Some(0) });
        let values: [u32; 15] = [
            VERSION.into(),
            p.format.id().into(),
            p.map.id().into(),
            p.lanes.trailing_zeros(),
            u32::from(p.turns == LANES_IN_TURN),
            p.prefill - 2,
            p.block_log2.unwrap_or(0).into(),
            u32::from(p.book_mode == BookMode::Block),
            self.book.into(),
            u32::from(p.tracking.is_some()),
            tracking.delay.into(),
            tracking.window_log2.into(),
            tracking.initial_bias.unwrap_or(0).into(),
            0,
            self.fingerprint,
        ];
        HEADER_LAYOUT.iter().zip(values).fold(0u128, |bits, ((name, width), value)| {
            debug_assert!(u64::from(value) < 1 << width, "{name}");
            bits << width | u128::from(value)
        })
    }

    /// The header's 10 bytes, as sent.
    pub fn to_bytes(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes.copy_from_slice(&self.to_bits().to_be_bytes()[16 - HEADER_BYTES..]);
        bytes
    }

    /// Reads an 80-bit number as a header and checks it.
    pub fn from_bits(bits: u128) -> Result<Self, HeaderError> {
        let mut rest = HEADER_BITS;
        let mut field = HEADER_LAYOUT.map(|(_, width)| {
            rest -= width;
            (bits >> rest & ((1 << width) - 1)) as u32
        });
        let mut next = field.iter_mut().map(|v| *v);
        let mut take = || next.next().unwrap_or(0);
        let version = take() as u8;
        if version != VERSION {
            return Err(HeaderError::Version(version));
        }
        let (format, map, lanes, turns, prefill) = (take(), take(), take(), take(), take());
        let (block, book_mode, book) = (take(), take(), take());
        let (track, delay, window, bias) = (take(), take(), take(), take());
        let (reserved, fingerprint) = (take(), take());
        if reserved != 0 {
            return Err(HeaderError::NotZero("reserved"));
        }
        if track == 0 {
            for (name, value) in [("delay", delay), ("window", window), ("bias", bias)] {
                if value != 0 {
                    return Err(HeaderError::NotZero(name));
                }
            }
        }
        let undefined = |field, value| HeaderError::Field { field, value };
        let parameters = Parameters {
            format: Format::from_id(format as u8).ok_or(undefined("format", format))?,
            map: SymbolMap::from_id(map as u8).ok_or(undefined("map", map))?,
            lanes: 1 << lanes,
            turns: if turns == 1 { LANES_IN_TURN } else { 1 },
            prefill: prefill + 2,
            block_log2: (block != 0).then_some(block as u8),
            book_mode: if book_mode == 1 { BookMode::Block } else { BookMode::Fixed },
            tracking: (track == 1).then_some(Tracking {
                delay: delay as u8,
                window_log2: window as u8,
                initial_bias: Some(bias as u8),
            }),
        };
        parameters.check()?;
        Ok(Header { parameters, book: book as u8, fingerprint })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tracked() -> Parameters {
        Parameters {
            block_log2: Some(6),
            book_mode: BookMode::Block,
            tracking: Some(Tracking { delay: 1, window_log2: 1, initial_bias: Some(120) }),
            ..Parameters::plain(Format::Bf16, SymbolMap::Fields, 16)
        }
    }

    #[test]
    fn the_layout_fills_the_header() {
        assert_eq!(HEADER_LAYOUT.iter().map(|f| f.1).sum::<u32>(), HEADER_BITS);
    }

    #[test]
    fn header_by_hand() {
        let h = Header { parameters: tracked(), book: 5, fingerprint: 0xDEAD_BEEF };
        // 2 | bf16 1 | fields 2, lanes 4, turns 0, prefill 2 | block 6 | mode 1, book 5, track 1, delay 1, window 1 | bias 120 | 0
        let by_hand: u128 = 0b0010_0001_10_100_0_10_0110_1_0101_1_01_01_01111000_0000000000;
        assert_eq!(h.to_bits(), by_hand << 32 | 0xDEAD_BEEF);
        assert_eq!(Header::from_bits(h.to_bits()), Ok(h));
    }

    #[test]
    fn every_single_bit_error_in_a_header_changes_it_or_is_refused() {
        let h = Header { parameters: tracked(), book: 5, fingerprint: 7 };
        for bit in 0..HEADER_BITS {
            assert_ne!(Header::from_bits(h.to_bits() ^ 1 << bit), Ok(h), "bit {bit}");
        }
    }

    #[test]
    fn each_range_has_its_message() {
        let t = Tracking { delay: 1, window_log2: 1, initial_bias: None };
        let plain = Parameters::plain(Format::Bf16, SymbolMap::Fields, 4);
        let cases: [(Parameters, &str); 14] = [
            (Parameters { lanes: 3, ..plain }, "lanes = 3: must be 1, 2, 4"),
            (Parameters { lanes: 128, ..plain }, "lanes = 128"),
            (Parameters { turns: 2, ..plain }, "2 turns of 4 lanes with 1 symbols an element"),
            (Parameters { prefill: 2, ..plain }, "prefill of 2 words"),
            (
                Parameters { block_log2: Some(3), ..tracked() },
                "block of 2^3 steps: must be 2^4 to 2^12 with a book per block",
            ),
            (Parameters { block_log2: Some(1), ..tracked() }, "block of 2^1 steps: must be 2^2 to 2^12"),
            (Parameters { block_log2: Some(13), ..tracked() }, "block of 2^13 steps"),
            (Parameters { block_log2: None, ..tracked() }, "a book per block needs a block length"),
            (Parameters { tracking: Some(t), ..plain }, "a tracked exponent bias needs a block length"),
            (Parameters { block_log2: Some(6), ..plain }, "no use without"),
            (Parameters { map: SymbolMap::Bytes, ..tracked() }, "under map 'fields' only"),
            (Parameters { tracking: Some(Tracking { delay: 4, ..t }), ..tracked() }, "delay of 4"),
            (Parameters { tracking: Some(Tracking { window_log2: 3, ..t }), ..tracked() }, "window of 2^3"),
            (
                Parameters {
                    format: Format::E4m3,
                    tracking: Some(Tracking { initial_bias: Some(16), ..t }),
                    ..tracked()
                },
                "initial bias 16: must be below 16",
            ),
        ];
        for (p, message) in cases {
            let e = p.check().unwrap_err().to_string();
            assert!(e.contains(message), "{e}");
        }
    }

    #[test]
    fn undefined_header_values_are_named() {
        let good = Header { parameters: tracked(), book: 1, fingerprint: 0 }.to_bits();
        let with = |name: &str, value: u128| {
            let at = HEADER_LAYOUT.iter().position(|f| f.0 == name).unwrap();
            let low: u32 = HEADER_LAYOUT[at + 1..].iter().map(|f| f.1).sum();
            let mask = ((1u128 << HEADER_LAYOUT[at].1) - 1) << low;
            Header::from_bits(good & !mask | value << low).unwrap_err().to_string()
        };
        assert_eq!(with("version", 1), "wire format version 1: this decoder knows version 2");
        assert_eq!(with("format", 15), "header field 'format' has the undefined value 15");
        assert_eq!(with("map", 3), "header field 'map' has the undefined value 3");
        assert_eq!(with("reserved", 1), "header field 'reserved' is not zero where it has to be");
        assert_eq!(with("track", 0), "header field 'delay' is not zero where it has to be");
        assert!(with("lanes", 7).starts_with("header: lanes = 128"));
    }
}

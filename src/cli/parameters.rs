//! Arguments for the parameters of a stream, and for building codes.

use anyhow::{bail, Context};
use clap::{Args, ValueEnum};
use huffwire::codebook::{Bank, BankFile, BuildOptions, Escape, Floor};
use huffwire::format::{Format, SymbolMap};
use huffwire::wire::{BookMode, Parameters, Tracking};
use std::str::FromStr;

/// Lanes of software, unless given: so many and more it codes in whole vectors.
const SOFTWARE_LANES: u32 = 16;
/// Lanes of the RTL, unless given.
#[cfg(feature = "rtl")]
pub const RTL_LANES: &str = "4";

/// Parameters of the wire format.
#[derive(Args, Debug)]
#[command(next_help_heading = "Stream")]
pub struct StreamArgs {
    /// Symbol map: bytes (all bytes under one code), planes (a code for each byte position), fields (exponent coded,
    /// sign and mantissa raw); that of the bank unless given, else fields where the format has it
    #[arg(long)]
    pub map: Option<SymbolMap>,
    /// Lanes: 1, 2, 4 ... 64 (RTL: as many as beats of 128 bytes hold)
    #[arg(long, default_value_t = SOFTWARE_LANES)]
    pub lanes: u32,
    /// Turns in which the lanes of a step are served: 1, or 4, with a quarter of the lanes in each
    #[arg(long, default_value_t = 1)]
    pub turns: u32,
    /// Words that every decoder lane holds at the start: 3 to 5, with 4 turns 4 or 5
    #[arg(long, default_value_t = Parameters::DEFAULT_PREFILL)]
    pub prefill: u32,
    /// Steps of a block: 4, 8 ... 4096, with --book-per block from 16; so many that the lanes together have 256 elements, or
    /// 64 with a book per packet, unless given (RTL: 16 with a book per block)
    #[arg(long, value_name = "STEPS")]
    pub block: Option<u32>,
    /// A book for each packet or for each block; as the bank was made for unless given
    #[arg(long, value_enum)]
    pub book_per: Option<BookPer>,
    /// Track the exponent bias: off, on (which is 1:2), or DELAY:WINDOW, with the delay in blocks (1 to 3) and the
    /// window in blocks (1, 2 or 4), and the initial bias behind it, DELAY:WINDOW:BIAS; unless given, the mean exponent of
    /// each packet's first block. As the bank was made for unless given
    #[arg(long, value_name = "off|on|D:W[:BIAS]")]
    pub track: Option<TrackArg>,
}

/// What a book is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum BookPer {
    /// One book a packet.
    Packet,
    /// One book a block.
    Block,
}

/// How a report's text names the lanes.
pub fn lanes_text(lanes: u32, turns: u32) -> String {
    match turns {
        1 => format!("{lanes} lanes"),
        _ => format!("{lanes} lanes in {turns} turns"),
    }
}

/// What a bank was made for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usual {
    tracking: Option<Tracking>,
    book_per_block: bool,
    /// Only what the RTL has.
    rtl: bool,
}

impl Usual {
    /// What a bank's provenance says, when books are chosen as `book` says: where it names one, there is nothing to choose.
    pub fn of(bank: &BankFile, book: &BookArg) -> Self {
        let Some(provenance) = &bank.provenance else { return Usual::default() };
        let tracking = provenance.tracking.map(|t| Tracking {
            delay: t.delay,
            window_log2: t.window.trailing_zeros() as u8,
            initial_bias: t.initial_bias,
        });
        let book_per_block = provenance.is_clustered() && matches!(book, BookArg::Best);
        Usual { tracking, book_per_block, rtl: false }
    }

    /// As far as the RTL has it: blocks of 16 steps where each has a book.
    #[cfg(feature = "rtl")]
    pub fn for_rtl(self) -> Self {
        Usual { rtl: true, ..self }
    }
}

/// Elements of a block, all lanes together, unless given.
const BLOCK_ELEMENTS: u32 = 256;
const BLOCK_ELEMENTS_OF_ONE_BOOK: u32 = 64;
/// Fewest steps of a block with a book per block, and with one book.
const BLOCK_STEPS: u32 = 16;
const BLOCK_STEPS_OF_ONE_BOOK: u32 = 4;

impl StreamArgs {
    /// The parameters for tensors of `format`, with the map asked for, else `map`, and else what is usual.
    pub fn parameters(&self, format: Format, map: SymbolMap, usual: Usual) -> anyhow::Result<Parameters> {
        let map = self.map.unwrap_or(map);
        let usual_tracking = usual.tracking.filter(|_| map == SymbolMap::Fields);
        let tracking = self.track.map_or(usual_tracking, |track| track.0);
        let per_block = self.book_per.map_or(usual.book_per_block, |per| per == BookPer::Block);
        let steps = |elements: u32, least: u32| (elements / self.lanes.max(1)).max(least);
        let block = match (self.block, per_block, tracking) {
            (Some(n), ..) if !n.is_power_of_two() => {
                bail!("block of {n} steps: must be a power of two from 4 to 4096")
            }
            (Some(n), ..) => Some(n),
            (None, true, _) if usual.rtl => Some(BLOCK_STEPS),
            (None, true, _) => Some(steps(BLOCK_ELEMENTS, BLOCK_STEPS)),
            (None, false, Some(_)) => Some(steps(BLOCK_ELEMENTS_OF_ONE_BOOK, BLOCK_STEPS_OF_ONE_BOOK)),
            (None, false, None) => None,
        };
        let parameters = Parameters {
            format,
            map,
            lanes: self.lanes,
            turns: self.turns,
            prefill: self.prefill,
            block_log2: block.map(|n| n.trailing_zeros() as u8),
            book_mode: if per_block { BookMode::Block } else { BookMode::Fixed },
            tracking,
        };
        parameters.check()?;
        Ok(parameters)
    }
}

/// The map that suits a format best.
pub fn best_map(format: Format) -> SymbolMap {
    match format.exponent_mantissa() {
        Some(_) => SymbolMap::Fields,
        None => SymbolMap::Bytes,
    }
}

/// Whether and how the exponent bias is tracked.
#[derive(Clone, Copy, Debug)]
pub struct TrackArg(pub Option<Tracking>);

impl FromStr for TrackArg {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("'{text}': expected DELAY:WINDOW or DELAY:WINDOW:BIAS, such as 1:2:120, or on or off");
        let numbers = match text {
            "off" => return Ok(TrackArg(None)),
            "on" => vec![1, 2],
            _ => text.split(':').map(str::parse).collect::<Result<Vec<u8>, _>>().map_err(|_| wrong())?,
        };
        let (delay, window, initial_bias) = match numbers[..] {
            [delay, window] => (delay, window, None),
            [delay, window, bias] => (delay, window, Some(bias)),
            _ => return Err(wrong()),
        };
        if !matches!(window, 1 | 2 | 4) {
            return Err(format!("window of {window} blocks: must be 1, 2 or 4"));
        }
        Ok(TrackArg(Some(Tracking { delay, window_log2: window.trailing_zeros() as u8, initial_bias })))
    }
}

/// A book: an id, a name, or the best.
#[derive(Clone, Debug)]
pub enum BookArg {
    /// The one that codes the packet or block in the fewest bits.
    Best,
    /// By id or name.
    Named(String),
}

impl FromStr for BookArg {
    type Err = std::convert::Infallible;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(if text == "best" { BookArg::Best } else { BookArg::Named(text.into()) })
    }
}

impl BookArg {
    /// The id in `bank`; `None` for the best.
    pub fn id(&self, bank: &Bank) -> anyhow::Result<Option<u8>> {
        let BookArg::Named(text) = self else { return Ok(None) };
        let by_name = bank.books().iter().position(|b| b.name == *text).map(|i| i as u8 + 1);
        let by_id = || text.parse().ok().filter(|&id| bank.book(id).is_some());
        let names: Vec<_> = bank.books().iter().enumerate().map(|(i, b)| format!("{} '{}'", i + 1, b.name)).collect();
        let id = by_name.or_else(by_id);
        Ok(Some(
            id.with_context(|| format!("no book '{text}': the bank has 0 (raw), {}, or 'best'", names.join(", ")))?,
        ))
    }

    /// The choice in `bank`.
    #[cfg(feature = "rtl")]
    pub fn choice(&self, bank: &Bank) -> anyhow::Result<huffwire::codec::BookChoice> {
        use huffwire::codec::BookChoice;
        Ok(self.id(bank)?.map_or(BookChoice::Best, BookChoice::Fixed))
    }
}

/// How codes are built.
#[derive(Args, Debug)]
#[command(next_help_heading = "Codes")]
pub struct BuildArgs {
    /// Longest codeword, an escape without the symbol behind it: 8 to 16 bits
    #[arg(long, default_value_t = 12)]
    pub limit: u8,
    /// Longest codeword with an escaped symbol counted, up to 24 bits; --limit unless given. Packets take 16, with a
    /// book per block 15
    #[arg(long, value_name = "BITS")]
    pub escaped_limit: Option<u8>,
    /// Symbols with codewords of their own: auto (what codes best), none (all of them, no escape), or how many
    #[arg(long, default_value_t = Escape::Auto)]
    pub escape: Escape,
    /// Least weight of a symbol, seen or not: none, add-one, or 2^-8 to 2^-32
    #[arg(long, default_value_t = Floor::default())]
    pub floor: Floor,
    /// Make the length of every codeword follow from its first bits, this many, 4 to 8: a decoder then needs one look-up of as
    /// many bits to find it
    #[arg(long, value_name = "BITS")]
    pub decidable: Option<u8>,
}

impl BuildArgs {
    pub fn options(&self) -> BuildOptions {
        let BuildArgs { limit, escaped_limit, escape, floor, decidable } = *self;
        BuildOptions { limit, escaped_limit, escape, floor, decidable }
    }
}

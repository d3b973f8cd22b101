//! Arguments for the parameters of a stream, and for building codes.

use anyhow::{bail, Context};
use clap::{Args, ValueEnum};
use huffwire::codebook::{Bank, BuildOptions, Escape, Floor};
#[cfg(feature = "rtl")]
use huffwire::codec::BookChoice;
use huffwire::format::{Format, SymbolMap};
use huffwire::wire::{BookMode, Parameters, Tracking};
use std::str::FromStr;

/// Parameters of the wire format.
#[derive(Args, Debug)]
#[command(next_help_heading = "Stream")]
pub struct StreamArgs {
    /// Symbol map: bytes (all bytes under one code), planes (a code for each byte position), fields (exponent coded,
    /// sign and mantissa raw); that of the bank unless given, else fields where the format has it
    #[arg(long)]
    pub map: Option<SymbolMap>,
    /// Lanes: 1, 2, 4 ... 64 (RTL: 1 or 4)
    #[arg(long, default_value_t = 4)]
    pub lanes: u32,
    /// Bits of a mux word: 16 or 32 (RTL: 16)
    #[arg(long, default_value_t = 16)]
    pub mux_bits: u32,
    /// Words that every decoder lane holds at the start: 2 to 5 (RTL: 3)
    #[arg(long, default_value_t = Parameters::DEFAULT_PREFILL)]
    pub prefill: u32,
    /// Steps of a block: 16, 32 ... 4096; needed for --book-per block and --track (RTL: no blocks)
    #[arg(long, value_name = "STEPS")]
    pub block: Option<u32>,
    /// A book for each packet or for each block (RTL: packet)
    #[arg(long, value_enum, default_value_t = BookPer::Packet)]
    pub book_per: BookPer,
    /// Track the exponent bias: delay in blocks (0 to 3), window in blocks (1, 2 or 4), initial bias (RTL: off)
    #[arg(long, value_name = "DELAY:WINDOW:BIAS")]
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

impl StreamArgs {
    /// The parameters for tensors of `format`, with the map asked for, else `map`.
    pub fn parameters(&self, format: Format, map: SymbolMap) -> anyhow::Result<Parameters> {
        let block_log2 = match self.block {
            Some(n) if !n.is_power_of_two() => bail!("block of {n} steps: must be a power of two from 16 to 4096"),
            n => n.map(|n| n.trailing_zeros() as u8),
        };
        let parameters = Parameters {
            format,
            map: self.map.unwrap_or(map),
            lanes: self.lanes,
            mux_bits: self.mux_bits,
            prefill: self.prefill,
            block_log2,
            book_mode: if self.book_per == BookPer::Block { BookMode::Block } else { BookMode::Fixed },
            tracking: self.track.map(|t| t.0),
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

/// `DELAY:WINDOW:BIAS`.
#[derive(Clone, Copy, Debug)]
pub struct TrackArg(pub Tracking);

impl FromStr for TrackArg {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("'{text}': expected DELAY:WINDOW:BIAS, such as 1:2:120");
        let numbers: Vec<u8> = text.split(':').map(str::parse).collect::<Result<_, _>>().map_err(|_| wrong())?;
        let [delay, window, initial_bias] = numbers[..] else { return Err(wrong()) };
        if !matches!(window, 1 | 2 | 4) {
            return Err(format!("window of {window} blocks: must be 1, 2 or 4"));
        }
        Ok(TrackArg(Tracking { delay, window_log2: window.trailing_zeros() as u8, initial_bias }))
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
    pub fn choice(&self, bank: &Bank) -> anyhow::Result<BookChoice> {
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
    /// Longest codeword with an escaped symbol counted, up to 24 bits; --limit unless given. Mux words of 16 bits take
    /// 16, with a book per block 12
    #[arg(long, value_name = "BITS")]
    pub escaped_limit: Option<u8>,
    /// Symbols with codewords of their own: auto (what codes best), none (all of them, no escape), or how many
    #[arg(long, default_value_t = Escape::Auto)]
    pub escape: Escape,
    /// Least weight of a symbol, seen or not: none, add-one, or 2^-8 to 2^-32
    #[arg(long, default_value_t = Floor::default())]
    pub floor: Floor,
}

impl BuildArgs {
    pub fn options(&self) -> BuildOptions {
        let BuildArgs { limit, escaped_limit, escape, floor } = *self;
        BuildOptions { limit, escaped_limit, escape, floor }
    }
}

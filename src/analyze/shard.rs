//! One shard: its packets through the encoder, and what is counted on the way.

use super::{AnalyzeError, AnalyzeOptions, Figures, ShardError};
use crate::codec::tracker::Tracker;
use crate::codec::{BookChoice, Codec, EncodeError, Report};
use crate::fast::FastCodec;
use crate::stats::{coded_bits, count, count_recoded, entropy, ShardCost, ShardHistogram};
use crate::tensor::{InputError, Shard};
use crate::wire::BookMode;
use rayon::prelude::*;
use std::path::Path;

/// How the shards of a tensor are worked on.
pub(super) struct Work<'a> {
    codec: &'a Codec,
    /// The same, if there is one for these parameters.
    fast: Option<FastCodec>,
    choice: BookChoice,
    packet_bytes: usize,
    /// Bytes of the original with one book; as long as a packet can be with one book a packet.
    block_bytes: usize,
    /// For errors.
    path: &'a Path,
    tensor: &'a str,
    progress: &'a (dyn Fn(u64) + Sync),
}

/// Whole numbers of some packets, which may be summed in any order.
struct Counts {
    /// The symbols as they are.
    plain: ShardHistogram,
    /// The symbols that each book coded, by id.
    coded: Vec<ShardHistogram>,
    /// What the encoder reports; of the sums in [`Figures`] those that follow from it.
    spent: Figures,
}

impl<'a> Work<'a> {
    /// As the options say, for a tensor of the file `path`.
    pub fn new(
        codec: &'a Codec,
        options: &AnalyzeOptions,
        (path, tensor): (&'a Path, &'a str),
        progress: &'a (dyn Fn(u64) + Sync),
    ) -> Result<Self, AnalyzeError> {
        let packet_symbols = options.packet_symbols;
        let choice = options.book.map_or(BookChoice::Best, BookChoice::Fixed);
        let (layout, parameters) = (codec.layout(), codec.parameters());
        let planes = layout.symbols;
        if !packet_symbols.is_multiple_of(planes.into()) {
            return Err(AnalyzeError::PacketPlanes { symbols: packet_symbols, planes });
        }
        let bytes = |symbols: u64| symbols as usize / planes as usize * layout.element_bytes();
        let packet_bytes = bytes(packet_symbols);
        let block_bytes = match (parameters.book_mode, parameters.block_log2) {
            // A whole number of elements: blocks have at least 16 symbols, a power of two, and elements 1, 2 or 4.
            (BookMode::Block, Some(log2)) => bytes(u64::from(parameters.lanes) << log2),
            _ => packet_bytes,
        };
        Ok(Work { codec, fast: FastCodec::new(codec).ok(), choice, packet_bytes, block_bytes, path, tensor, progress })
    }

    /// All figures of the shard with this index.
    pub fn shard(&self, index: usize, shard: &Shard) -> Result<Figures, AnalyzeError> {
        let at = |source| AnalyzeError::Shard { tensor: self.tensor.into(), shard: index, source };
        let packets = (0..shard.bytes().div_ceil(self.packet_bytes)).into_par_iter();
        let counts = packets
            .try_fold(
                || None,
                |sum: Option<Counts>, packet| {
                    let start = packet * self.packet_bytes;
                    let bytes = shard.read(start..start + self.packet_bytes);
                    let bytes = bytes.map_err(|e| InputError::at(self.path, e))?;
                    let counts = self.packet(&bytes).map_err(at)?;
                    (self.progress)(bytes.len() as u64);
                    merged(sum, Some(counts)).map_err(at)
                },
            )
            .try_reduce(|| None, |sum, more| merged(sum, more).map_err(at))?;
        let Some(counts) = counts else { return Ok(Figures::default()) };
        self.figures(shard.bytes(), counts).map_err(at)
    }

    /// The figures of a shard of `bytes` bytes.
    fn figures(&self, bytes: usize, counts: Counts) -> Result<Figures, ShardError> {
        let (codec, Counts { plain, coded, spent }) = (self.codec, counts);
        let cost = ShardCost::new(codec.layout(), &plain);
        let mut excess_bits = 0.0;
        let books = (0..).map_while(|id| codec.bank().book(id));
        for (code, symbols) in books.zip(&coded).flat_map(|(book, coded)| book.planes.iter().zip(&coded.planes)) {
            excess_bits += coded_bits(symbols, code)? as f64 - entropy(symbols) * symbols.total() as f64;
        }
        Ok(Figures {
            elements: (bytes / codec.parameters().format.element_bytes()) as u64,
            raw_bits: cost.plain,
            shannon_bits: cost.shannon,
            huffman_bits: cost.huffman,
            // Rounding may take a code that fits exactly a hair below zero.
            excess_bits: excess_bits.max(0.0),
            ..spent
        }
        .into_shard())
    }

    /// Encodes one packet. The only place here that does.
    fn encode(&self, bytes: &[u8]) -> Result<Report, EncodeError> {
        match &self.fast {
            Some(fast) => fast.encode_reported(bytes, &self.choice, &mut Vec::new()),
            None => Ok(self.codec.encode_words(bytes, &self.choice)?.1),
        }
    }

    fn packet(&self, bytes: &[u8]) -> Result<Counts, ShardError> {
        let codec = self.codec;
        let report = self.encode(bytes)?;
        let mut blocks = vec![0; codec.tables().len()];
        let mut coded = vec![ShardHistogram::new(codec.layout())?; blocks.len()];
        let mut tracker = report.initial_bias.and_then(|bias| Tracker::new(codec.parameters(), codec.layout(), bias));
        for (block, &book) in bytes.chunks(self.block_bytes).zip(&report.books) {
            let symbols = count_recoded(codec.layout(), block, |symbol| match &mut tracker {
                Some(tracker) => tracker.encode(symbol),
                None => symbol,
            })?;
            coded[usize::from(book)].merge(&symbols)?;
            blocks[usize::from(book)] += 1;
        }
        let spent = Figures {
            coded_bits: (report.coded_bits() + report.book_id_bits + report.raw_bits).into(),
            side_bits: report.book_id_bits,
            wire_bits: report.packet_bits().into(),
            packets: 1,
            symbols: report.symbols,
            escapes: report.escapes,
            blocks,
            ..Figures::default()
        };
        Ok(Counts { plain: count(codec.layout(), bytes)?, coded, spent })
    }
}

fn merged(sum: Option<Counts>, more: Option<Counts>) -> Result<Option<Counts>, ShardError> {
    let (mut sum, more) = match (sum, more) {
        (Some(sum), Some(more)) => (sum, more),
        (one, other) => return Ok(one.or(other)),
    };
    sum.plain.merge(&more.plain)?;
    sum.coded.iter_mut().zip(&more.coded).try_for_each(|(sum, more)| sum.merge(more))?;
    sum.spent.add(&more.spent);
    Ok(Some(sum))
}

//! `huffwire analyze`.

mod report;

use crate::cli::input::{load_bank, total_bytes, TensorArgs, UNIVERSAL};
use crate::cli::output::{note, print, print_json, progress};
use crate::cli::parameters::{best_map, BookArg, StreamArgs, Usual};
use anyhow::bail;
use huffwire::analyze::{analyze, Analysis, AnalyzeOptions, DEFAULT_PACKET_SYMBOLS};
use huffwire::codebook::{universal_for, Bank, BankFile};
use huffwire::format::{Format, Layout};
use huffwire::tensor::InputFile;
use huffwire::wire::Parameters;
use report::Report;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Account for every bit that tensors take on the link
///
/// Encodes every tensor with a bank, with the encoder that 'encode' uses, and sets what was spent beside two yardsticks: a
/// Huffman code built from each shard itself and sent for free, and Shannon's bound. Nothing is estimated.
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
Examples:
  huffwire analyze model.safetensors
      the universal bank: exponents re-centred by a tracked bias, the best of 15 books for every block
  huffwire analyze model.safetensors --book average
      its first book alone, nothing to choose and nothing to signal
  huffwire analyze batch1.safetensors --bank bank.json
      every tensor, a shard for each index of axis 0, the best book for every packet
  huffwire analyze batch1.safetensors --bank bank.json --book-per block --block 64 --tensors '*ffn*'
  huffwire analyze x.npy --dtype bf16 --bank tracked.json --track 2:4 --block 16 --shards 8 --json

Columns, in bits an element: 'raw' as it is; 'Shannon' and 'Huffman' of order 0, of each plane of each shard as it is
(exponents not re-centred), raw planes in full; 'coded' the codewords with escapes, book ids in the stream, and raw planes;
'wire' all of it, with headers, padding and trailers. An element is a value of the tensor, of 4-bit formats a pair of codes.
'gap pp' is 100 (coded - Huffman) / raw, in percentage points of the original size: positive is worse than per-shard Huffman.
The mean is over shards, which count alike. Packets never span shards: each shard begins a packet of its own.
Tensors without elements, and tensors that the bank does not serve, are skipped.

JSON keys: map, bank (name, fingerprint, books (how many)), lanes, turns, packet_symbols,
tensors[] (file, name, dtype, elements, shards, bits_per_element (raw, shannon, shard_huffman, coded, wire), gap_pp (mean,
worst), books[] (id, name, blocks), escapes, escapes_per_mille, kl_bits, packets, side_bits), total (the same without file,
name and dtype; gap_pp over all shards), skipped[] (name, reason). 'books' lists the books chosen, with one book a packet a
block is a packet, id 0 is the raw book; 'kl_bits' is the divergence, in bits a symbol, of what a shard has under a book
from 2^-(code length); 'side_bits' are those of the book ids.")]
pub struct Args {
    /// Bank file, or 'universal' for the bank that comes with the program for the first tensor's format (bf16, fp32, fp16, e5m2,
    /// e4m3, e3m2)
    #[arg(long, value_name = "BANK", default_value = UNIVERSAL)]
    bank: PathBuf,
    /// Book: an id, a name, or 'best' for the one that codes the packet or block in the fewest bits
    #[arg(long, default_value = "best")]
    book: BookArg,
    /// Symbols of a packet; the last one of a shard may have fewer
    #[arg(long, default_value_t = DEFAULT_PACKET_SYMBOLS, value_name = "SYMBOLS")]
    packet: u64,
    /// Axis along which tensors are cut into shards
    #[arg(long, default_value_t = 0, value_name = "AXIS")]
    shard_axis: usize,
    /// Shards that every tensor is cut into; one for each index of the axis unless given, one alone of a tensor with one axis
    #[arg(long, value_name = "N")]
    shards: Option<u64>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    // Groups with a heading of their own come last: the heading holds for all that follows.
    #[command(flatten)]
    tensors: TensorArgs,
    #[command(flatten)]
    stream: StreamArgs,
}

impl Args {
    pub fn run(&self) -> anyhow::Result<()> {
        let files = self.tensors.open()?;
        let bank = self.bank(&files)?;
        let usual = Usual::of(&bank, &self.book);
        let BankFile { name, bank, .. } = bank;
        let options = AnalyzeOptions {
            parameters: self.parameters(&files, &bank, usual)?,
            book: self.book.id(&bank)?,
            bank: Arc::new(bank),
            packet_symbols: self.packet,
            axis: self.shard_axis,
            shards: self.shards,
        };
        let bar = progress("analyzing", total_bytes(&files));
        let analysis = analyze(&files, &options, &|bytes| bar.inc(bytes));
        bar.finish_and_clear();
        let analysis = analysis?;
        let report = Report::new(name, &options, &analysis);
        if self.json {
            return print_json(&report);
        }
        note_skipped(&analysis);
        print(&report.text())
    }

    /// The bank; of those that come with the program the one for the first tensor that they serve.
    fn bank(&self, files: &[InputFile]) -> anyhow::Result<BankFile> {
        let map = |format| self.stream.map.unwrap_or_else(|| best_map(format));
        let mut formats = files.iter().flat_map(|f| f.file.tensors()).filter_map(|t| t.format);
        match formats.find_map(|format| universal_for(format, map(format))) {
            Some(bank) if self.bank == Path::new(UNIVERSAL) => Ok(bank.clone()),
            _ => load_bank(&self.bank),
        }
    }

    /// The parameters for the first tensor that the bank serves, else for the first of all, so that the error is about that.
    fn parameters(&self, files: &[InputFile], bank: &Bank, usual: Usual) -> anyhow::Result<Parameters> {
        let map = self.stream.map.unwrap_or(bank.map());
        let fits = |format: &Format| {
            Layout::new(*format, map)
                .is_ok_and(|layout| bank.symbol_bits() == vec![layout.symbol_bits; layout.symbols as usize])
        };
        let formats = || files.iter().flat_map(|f| f.file.tensors()).filter_map(|t| t.format);
        match formats().find(fits).or_else(|| formats().next()) {
            Some(format) => self.stream.parameters(format, map, usual),
            None => bail!("no tensor of a known format in the files given"),
        }
    }
}

fn note_skipped(analysis: &Analysis) {
    if let Some((first, more)) = analysis.skipped.split_first() {
        let more = if more.is_empty() { String::new() } else { format!(", and {} more", more.len()) };
        note(&format!("skipped '{}' ({}){more}", first.name, first.reason));
    }
}

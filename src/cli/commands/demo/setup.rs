//! The demo's tensors, banks and cores.

use huffwire::codebook::{universal, BankFile, BuildOptions};
use huffwire::format::{Format, Layout, SymbolMap};
use huffwire::histograms::{count_files, CountOptions, GroupRule, Unit};
use huffwire::reproduce::input::pack;
use huffwire::rtl::config::RtlConfig;
use huffwire::tensor::{InputFile, OpenOptions, TensorFile};
use huffwire::wire::{BookMode, Parameters, Tracking};

/// Kinds of tensors, a book each: name in the file and name of the book.
pub const KINDS: [&str; 4] = ["ffn1_out", "ffn_act", "d_ffn1_out", "wg_ffn1"];
/// The kind that the paper's mapping is shown on: the one that the paper is about.
pub const PAPER_KIND: &str = "ffn1_out";

const LANES: u32 = 4;

/// Name of a tensor of the pack.
fn name(kind: &str, batch: &str) -> String {
    format!("smollm2.{kind}.L14.{batch}.bf16")
}

/// Name of the tensor to send: the later batch.
pub fn later(kind: &str) -> String {
    name(kind, "s0010")
}

/// A bank and what it is for.
pub struct Stream {
    pub bank: BankFile,
    pub config: RtlConfig,
    pub layout: Layout,
}

/// Everything that the demo runs on.
pub struct Setup {
    /// Both batches.
    pub file: TensorFile,
    /// Exponents coded, sign and mantissa raw.
    pub fields: Stream,
    /// All bytes under one code.
    pub bytes: Stream,
    /// The universal bank, which saw none of it coming: tracked bias, best book of each block.
    pub universal: Stream,
}

impl Setup {
    pub fn new() -> anyhow::Result<Self> {
        let open = |select: Vec<String>| {
            pack(&OpenOptions { select, ..OpenOptions::default() })
        };
        let early = [open(KINDS.iter().map(|k| name(k, "s0000")).collect())?];
        let fields = stream(&early, SymbolMap::Fields, &KINDS)?;
        let bytes = stream(&early, SymbolMap::Bytes, &[PAPER_KIND])?;
        Ok(Setup { file: open(KINDS.iter().map(|k| later(k)).collect())?.file, fields, bytes, universal: universal_stream()? })
    }
}

/// The cores for the universal bank.
fn universal_stream() -> anyhow::Result<Stream> {
    let parameters = Parameters {
        block_log2: Some(4),
        book_mode: BookMode::Block,
        tracking: Some(Tracking { delay: 1, window_log2: 1, initial_bias: None }),
        ..Parameters::plain(Format::Bf16, SymbolMap::Fields, LANES)
    };
    let bank = universal().clone();
    let config = RtlConfig::new(parameters, bank.bank.clone())?;
    Ok(Stream { bank, layout: config.layout, config })
}

/// A bank with a book for each kind, and the cores for it.
fn stream(early: &[InputFile], map: SymbolMap, kinds: &[&str]) -> anyhow::Result<Stream> {
    let groups = kinds.iter().map(|k| GroupRule::new(*k, &[name(k, "s0000")]));
    let groups = groups.collect::<Result<Vec<_>, _>>()?;
    let counted = count_files(early, &CountOptions { map, unit: Unit::Shard, axis: 0, shards: None }, &|_| {})?;
    let parameters = Parameters::plain(Format::Bf16, map, LANES);
    let options = BuildOptions::default().fitting(&parameters);
    let bank = counted.bank_of_groups("demo", &groups, &options)?.file;
    let config = RtlConfig::new(parameters, bank.bank.clone())?;
    Ok(Stream { bank, config, layout: counted.layout })
}

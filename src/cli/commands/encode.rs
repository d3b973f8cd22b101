//! `huffwire encode`.

use crate::cli::input::{load_banks, SelectArgs, UNIVERSAL};
use crate::cli::output::{print, print_json, progress, table};
use crate::cli::parameters::{BookArg, StreamArgs, Usual};
use anyhow::{bail, Context};
use huffwire::codebook::BankFile;
use huffwire::container::{
    encode_file, Coding, EncodeOptions, EncodeReport, Outcome, TensorReport, DEFAULT_PACKET_ELEMENTS,
};
use huffwire::format::{Format, Layout};
use serde::Serialize;
use std::path::PathBuf;
use std::sync::Arc;

/// Compress a tensor file to a .hfw file, losslessly
///
/// Tensors become packets of the wire format; what no bank serves is stored as it is, and the report says so. The banks
/// travel inside, so that the file decodes anywhere. The output appears only when it is complete.
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
Examples:
  huffwire encode model.safetensors
      with the universal banks, which serve bf16, fp32, fp16, e5m2, e4m3 and e3m2; the best book for every block
  huffwire encode model.safetensors --bank bank.json
      writes model.safetensors.hfw; the best book of the bank for every packet
  huffwire encode model.safetensors --bank bf16.json --bank fp8.json -o model.hfw --lanes 64
      a tensor is coded with the first bank made for its format, else with the first that fits
  huffwire encode x.bin --dtype e4m3 --bank fp8.json --book-per block --block 256

JSON keys: output, original_bytes, file_bytes, stored_bytes, coded_bytes, manifest_bytes, saved_percent, sha256,
tensors[] (name, dtype, format, elements, raw_bytes, coded_bytes, saved_percent, outcome (coded, no-bank, no-gain,
empty), bank, reason).")]
pub struct Args {
    /// Tensor file: .safetensors, .npy, anything else is raw (needs --dtype)
    #[arg(value_name = "FILE")]
    input: PathBuf,
    /// Bank file, or 'universal' for those that come with the program; repeat for more
    #[arg(long = "bank", default_value = UNIVERSAL, value_name = "BANK")]
    banks: Vec<PathBuf>,
    /// File to write; the input's name with .hfw behind it unless given
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace an existing output
    #[arg(short, long)]
    force: bool,
    /// Book: an id, a name, or 'best' for the one that codes the packet or block in the fewest bits
    #[arg(long, default_value = "best")]
    book: BookArg,
    /// Elements of a packet
    #[arg(long, default_value_t = DEFAULT_PACKET_ELEMENTS, value_name = "ELEMENTS")]
    packet: usize,
    /// Print JSON
    #[arg(long)]
    json: bool,
    // Groups with a heading of their own come last: the heading holds for all that follows.
    #[command(flatten)]
    select: SelectArgs,
    #[command(flatten)]
    stream: StreamArgs,
}

#[derive(Serialize)]
struct Report {
    output: String,
    original_bytes: u64,
    file_bytes: u64,
    stored_bytes: u64,
    coded_bytes: u64,
    manifest_bytes: u64,
    saved_percent: f64,
    sha256: String,
    tensors: Vec<Tensor>,
}

#[derive(Serialize)]
struct Tensor {
    name: String,
    dtype: String,
    format: Format,
    elements: u64,
    raw_bytes: u64,
    coded_bytes: u64,
    saved_percent: f64,
    outcome: &'static str,
    bank: Option<String>,
    reason: Option<String>,
}

impl Args {
    pub fn run(&self) -> anyhow::Result<()> {
        let mut codings = Vec::new();
        for path in &self.banks {
            for bank in load_banks(path)? {
                codings.push(self.coding(bank).with_context(|| format!("bank {}", path.display()))?);
            }
        }
        let options = EncodeOptions {
            open: self.select.options(),
            packet_elements: self.packet,
            overwrite: self.force,
            ..EncodeOptions::new(codings)
        };
        let output = self.output.clone().unwrap_or_else(|| {
            let mut name = self.input.clone().into_os_string();
            name.push(".hfw");
            name.into()
        });
        let total = std::fs::metadata(&self.input).map_or(0, |m| m.len());
        let bar = progress("encoding", total);
        let report = encode_file(&self.input, &output, &options, &mut |done| bar.set_position(done));
        bar.finish_and_clear();
        let report = report_of(output.display().to_string(), report?);
        if self.json {
            return print_json(&report);
        }
        print(&text(&report))
    }

    /// The bank with the parameters asked for, for the format that it was made for.
    fn coding(&self, bank: BankFile) -> anyhow::Result<Coding> {
        let map = bank.bank.map();
        let fits = |f: &Format| Layout::new(*f, map).is_ok_and(|l| bank.bank.symbol_bits() == planes(&l));
        let made_for = bank.provenance.as_ref().map(|p| p.format);
        let Some(format) = made_for.or_else(|| Format::ALL.into_iter().find(fits)) else {
            bail!("no format has planes of {:?} bits under map '{map}'", bank.bank.symbol_bits());
        };
        let parameters = self.stream.parameters(format, map, Usual::of(&bank, &self.book))?;
        let book = self.book.id(&bank.bank)?;
        Ok(Coding { bank: Arc::new(bank), parameters, book })
    }
}

fn planes(layout: &Layout) -> Vec<u32> {
    vec![layout.symbol_bits; layout.symbols as usize]
}

fn report_of(output: String, report: EncodeReport) -> Report {
    Report {
        output,
        original_bytes: report.original_bytes,
        file_bytes: report.file_bytes,
        stored_bytes: report.stored_bytes,
        coded_bytes: report.coded_bytes,
        manifest_bytes: report.manifest_bytes,
        saved_percent: report.saved_percent(),
        sha256: report.sha256.clone(),
        tensors: report.tensors.into_iter().map(tensor_of).collect(),
    }
}

fn tensor_of(tensor: TensorReport) -> Tensor {
    let saved_percent = tensor.saved_percent();
    let (outcome, bank, reason) = match tensor.outcome {
        Outcome::Coded { bank, .. } => ("coded", Some(bank), None),
        Outcome::NoBank(reason) => ("no-bank", None, Some(reason)),
        Outcome::NoGain(bytes) => ("no-gain", None, Some(format!("its packets would take {bytes} bytes"))),
        Outcome::Empty => ("empty", None, None),
    };
    Tensor {
        name: tensor.name,
        dtype: tensor.dtype,
        format: tensor.format,
        elements: tensor.elements,
        raw_bytes: tensor.raw_bytes,
        coded_bytes: tensor.coded_bytes,
        saved_percent,
        outcome,
        bank,
        reason,
    }
}

fn text(report: &Report) -> String {
    let rows = report.tensors.iter().map(|t| {
        let what = match (&t.bank, &t.reason) {
            (Some(bank), _) => format!("bank '{bank}'"),
            (None, Some(reason)) => format!("stored: {reason}"),
            (None, None) => t.outcome.into(),
        };
        let sizes = [t.raw_bytes.to_string(), t.coded_bytes.to_string(), format!("{:.2}", t.saved_percent)];
        [vec![t.name.clone(), t.format.to_string()], sizes.to_vec(), vec![what]].concat()
    });
    format!(
        "{}\n{}: {} bytes of {}, {:.2} % saved (banks and manifest take {} bytes)\n",
        table(&["tensor", "format", "bytes", "coded", "saved %", "with"], rows),
        report.output,
        report.file_bytes,
        report.original_bytes,
        report.saved_percent,
        report.manifest_bytes
    )
}

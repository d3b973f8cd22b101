//! `huffwire export`.

use crate::cli::input::{bank_of, load_bank, SelectArgs, UNIVERSAL};
use crate::cli::output::{print, print_json};
use crate::cli::parameters::{best_map, lanes_text, BookArg, BuildArgs, StreamArgs, Usual, RTL_LANES};
use anyhow::{bail, Context};
use huffwire::codebook::BankFile;
use huffwire::export::{export, ExportOptions, ExportedFile, BOARDS};
use huffwire::format::Format;
use huffwire::rtl::config::RtlConfig;
use huffwire::tensor::InputFile;
use huffwire::wire::MUX_BITS;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Write encoder and decoder as Verilog, with what belongs to them
///
/// The folder holds both cores, an instantiation template, a FuseSoC core file, the bank, and a README with ports and
/// protocol. The same bank and parameters give the same files.
#[derive(clap::Args, Debug)]
#[command(mut_arg("lanes", |arg| arg.default_value(RTL_LANES)), after_long_help = "\
Examples:
  huffwire export --lanes 16 -o rtl
      the universal bank: exponents re-centred by a tracked bias, the encoder chooses the best book of each block
  huffwire export --bank bank.json -o rtl
      4 lanes, the map of the bank
  huffwire export acts.safetensors --map fields --lanes 1 -o rtl --boards
      a bank of one book made from the tensors, and self-tests for a ULX3S and an iCE40-HX8K breakout board
  huffwire export --bank bank.json --format e4m3 --map bytes -o rtl --json

An export replaces the files of an earlier one in the same folder; it stops before files that it did not write, or that
were changed since, unless --force is given.

JSON keys: folder, tops[], format, map, lanes, turns, link_bits, bank, fingerprint, boards[], files[] (path, bytes, sha256).")]
pub struct Args {
    /// Tensor files to make a bank of one book from; without --bank
    #[arg(value_name = "FILE", conflicts_with = "bank")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    select: SelectArgs,
    /// Bank file; without tensor files and a bank file 'universal', the bank that comes with the program
    #[arg(long, value_name = "BANK")]
    bank: Option<PathBuf>,
    /// Format of the elements; what the bank is made for unless given
    #[arg(long, value_name = "FORMAT", conflicts_with = "files")]
    format: Option<Format>,
    /// Folder to write to
    #[arg(short, long, value_name = "FOLDER")]
    output: PathBuf,
    /// Self-tests for boards
    #[arg(long)]
    boards: bool,
    /// Replace files that no export wrote, or that were changed since
    #[arg(short, long)]
    force: bool,
    #[command(flatten)]
    stream: StreamArgs,
    #[command(flatten)]
    build: BuildArgs,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Report {
    folder: String,
    tops: Vec<&'static str>,
    format: String,
    map: String,
    lanes: u32,
    turns: u32,
    link_bits: u32,
    bank: String,
    fingerprint: String,
    boards: Vec<&'static str>,
    files: Vec<ExportedFile>,
}

impl Args {
    pub fn run(&self) -> anyhow::Result<()> {
        let (format, bank) = match &self.bank {
            Some(path) => self.given(load_bank(path)?)?,
            None if self.files.is_empty() => self.given(load_bank(Path::new(UNIVERSAL))?)?,
            None => self.made()?,
        };
        let parameters = self.stream.parameters(format, bank.bank.map(), Usual::of(&bank, &BookArg::Best).for_rtl())?;
        let config = RtlConfig::new(parameters, bank.bank)?;
        let options = ExportOptions {
            bank_name: bank.name,
            provenance: bank.provenance,
            boards: self.boards,
            force: self.force,
        };
        let folder = self.output.display().to_string();
        let exported = export(&config, &options, &self.output).with_context(|| format!("export to {folder}"))?;
        let report = Report {
            folder,
            tops: exported.tops,
            format: format.to_string(),
            map: parameters.map.to_string(),
            lanes: parameters.lanes,
            turns: parameters.turns,
            link_bits: config.link_words() * MUX_BITS,
            bank: options.bank_name,
            fingerprint: format!("{:08x}", exported.fingerprint),
            boards: if self.boards { BOARDS.map(|b| b.name).to_vec() } else { vec![] },
            files: exported.files,
        };
        if self.json {
            return print_json(&report);
        }
        print(&text(&report))
    }

    /// Format and bank for a bank file.
    fn given(&self, bank: BankFile) -> anyhow::Result<(Format, BankFile)> {
        if !self.select.tensors.is_empty() || self.select.dtype.is_some() || self.select.unpacked {
            bail!("--tensors, --dtype and --unpacked are for tensor files: with --bank there are none");
        }
        let format = self.format.or_else(|| bank.provenance.as_ref().map(|p| p.format));
        let format = format.with_context(|| format!("bank '{}' does not say its format: give --format", bank.name))?;
        Ok((format, bank))
    }

    /// Format of the tensors and a bank made from them.
    fn made(&self) -> anyhow::Result<(Format, BankFile)> {
        let files = InputFile::open_all(&self.files, &self.select.options())?;
        let Some(first) = files.iter().flat_map(|f| f.file.tensors()).next() else {
            bail!("no tensor in the files given");
        };
        let format = first.require_format()?;
        let map = self.stream.map.unwrap_or_else(|| best_map(format));
        Ok((format, bank_of(&files, map, "export", &self.build)?))
    }
}

fn text(report: &Report) -> String {
    let Report { folder, format, map, lanes, turns, link_bits, bank, fingerprint, .. } = report;
    let lanes = lanes_text(*lanes, *turns);
    let mut text = format!(
        "{folder}: {format} as {map}, {lanes}, link {link_bits} bits, bank '{bank}' with fingerprint {fingerprint}\n\n"
    );
    for file in &report.files {
        text += &format!("{:>9}  {}\n", file.bytes, file.path);
    }
    text
}

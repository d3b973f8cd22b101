//! `huffwire decode`.

use crate::cli::input::load_banks;
use crate::cli::output::{print, print_json, progress};
use anyhow::{bail, Context};
use huffwire::container::{decode_file, DecodeOptions};
use serde::Serialize;
use std::path::PathBuf;
use std::sync::Arc;

/// Restore the tensor file that a .hfw file was made from, byte for byte
///
/// Every packet's check and the checksum of the whole are verified. The output appears only when all of it is right: a
/// damaged file leaves nothing behind.
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
Examples:
  huffwire decode model.safetensors.hfw
      writes model.safetensors
  huffwire decode model.hfw -o model.safetensors --bank bank.json
      refuses a file that was made with any other bank

JSON keys: output, original_bytes, file_bytes, sha256.")]
pub struct Args {
    /// .hfw file
    #[arg(value_name = "FILE")]
    input: PathBuf,
    /// File to write; the input's name without .hfw unless given
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Accept only files made with this bank, 'universal' for those that come with the program; repeat for more
    #[arg(long = "bank", value_name = "BANK")]
    banks: Vec<PathBuf>,
    /// Replace an existing output
    #[arg(short, long)]
    force: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report {
    output: String,
    original_bytes: u64,
    file_bytes: u64,
    sha256: String,
}

impl Args {
    pub fn run(&self) -> anyhow::Result<()> {
        let mut banks = Vec::new();
        for path in &self.banks {
            banks.extend(load_banks(path)?.into_iter().map(Arc::new));
        }
        let options = DecodeOptions { banks, overwrite: self.force };
        let output = match &self.output {
            Some(output) => output.clone(),
            None if self.input.extension().is_some_and(|e| e == "hfw") => self.input.with_extension(""),
            None => bail!("{}: does not end in .hfw: give --output", self.input.display()),
        };
        let bar = progress("decoding", std::fs::metadata(&self.input).map_or(0, |m| m.len()));
        let result = decode_file(&self.input, &output, &options, &mut |done| bar.set_position(done));
        bar.finish_and_clear();
        let report = result.with_context(|| format!("cannot decode {}", self.input.display()))?;
        let report = Report {
            output: output.display().to_string(),
            original_bytes: report.original_bytes,
            file_bytes: report.file_bytes,
            sha256: report.sha256,
        };
        if self.json {
            return print_json(&report);
        }
        print(&format!("{}: {} bytes, from {}; checksum right\n", report.output, report.original_bytes, report.file_bytes))
    }
}

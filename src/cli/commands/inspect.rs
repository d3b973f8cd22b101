//! `huffwire inspect`.

use crate::cli::input::load_bank;
use crate::cli::output::{print, print_json};
use anyhow::{bail, Context};
use huffwire::codebook::inspect::{svg, text};
use std::path::PathBuf;

/// Show what is in a bank: codes, lengths, what they cost
///
/// Checks the bank file as every other command does: codes that are not complete, a fingerprint that is not that of the
/// codes, names that no file may have.
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
Examples:
  huffwire inspect bank.json                       figures and a picture of each code
  huffwire inspect bank.json --svg codes.svg       the same as a drawing
  huffwire inspect bank.json --rebuild             also build the codes again from what the bank says it is made from

JSON keys: name, map, symbol_bits[], fingerprint, sha256, longest, books[] (id, name, planes[] (plane, symbol_bits,
kraft, direct_symbols, escape_length, shortest, longest_direct, longest, mean_bits, expected_bits, entropy,
codewords_by_length[], lengths[])).")]
pub struct Args {
    /// Bank file, or one that comes with the program: universal (bf16 and fp32), universal-fp16 (and e5m2), universal-e4m3,
    /// universal-e3m2
    bank: PathBuf,
    /// Write a drawing to this file as well
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Fail unless the codes can be built again from the distributions in the file, bit for bit
    #[arg(long)]
    rebuild: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Args {
    pub fn run(&self) -> anyhow::Result<()> {
        let bank = load_bank(&self.bank)?;
        let named = || format!("bank {}", self.bank.display());
        if self.rebuild && !bank.reproduce().with_context(named)? {
            bail!("bank {}: it does not say what it was made from, so it cannot be rebuilt", self.bank.display());
        }
        let report = bank.inspect().with_context(named)?;
        if let Some(path) = &self.svg {
            std::fs::write(path, svg(&report)).with_context(|| format!("cannot write {}", path.display()))?;
        }
        if self.json {
            return print_json(&report);
        }
        print(&text(&report))
    }
}

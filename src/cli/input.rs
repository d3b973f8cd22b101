//! Arguments for tensors and banks.

use anyhow::{bail, Context};
use clap::Args;
use huffwire::codebook::{universal_banks, BankFile};
use huffwire::format::Format;
use huffwire::histograms::GroupRule;
use huffwire::tensor::{InputFile, OpenOptions};
use std::path::{Path, PathBuf};

/// Tensor files and what to take of them.
#[derive(Args, Debug)]
#[command(next_help_heading = "Tensors")]
pub struct TensorArgs {
    /// Tensor files: .safetensors, .npy, anything else is raw (needs --dtype)
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub select: SelectArgs,
}

/// What to take of a tensor file, and how.
#[derive(Args, Clone, Debug, Default, PartialEq)]
#[command(next_help_heading = "Tensors")]
pub struct SelectArgs {
    /// Take only tensors whose name matches this glob; repeat for more
    #[arg(long, value_name = "GLOB")]
    pub tensors: Vec<String>,
    /// Format of the tensors taken, in place of what the file declares: raw, bf16, fp16, fp32, e4m3, e5m2, e3m2, e2m3,
    /// e2m1, int8, int4
    #[arg(long, value_name = "FORMAT")]
    pub dtype: Option<Format>,
    /// The 4-bit codes are stored one a byte (with --dtype e2m1 or int4)
    #[arg(long)]
    pub unpacked: bool,
}

impl SelectArgs {
    pub fn options(&self) -> OpenOptions {
        OpenOptions { kind: None, select: self.tensors.clone(), format: self.dtype, unpacked: self.unpacked }
    }
}

impl TensorArgs {
    pub fn open(&self) -> anyhow::Result<Vec<InputFile>> {
        Ok(InputFile::open_all(&self.files, &self.select.options())?)
    }
}

/// `NAME=GLOB`, the globs of equal names together, in the order of the names.
pub fn groups(texts: &[String]) -> anyhow::Result<Vec<GroupRule>> {
    let mut named: Vec<(String, Vec<String>)> = Vec::new();
    for text in texts {
        let Some((name, glob)) = text.split_once('=').filter(|(n, g)| !n.is_empty() && !g.is_empty()) else {
            bail!("group '{text}': expected NAME=GLOB, such as 'ffn=*ffn1*'");
        };
        match named.iter_mut().find(|(n, _)| n == name) {
            Some((_, globs)) => globs.push(glob.into()),
            None => named.push((name.into(), vec![glob.into()])),
        }
    }
    named.iter().map(|(name, globs)| Ok(GroupRule::new(name.as_str(), globs)?)).collect()
}

/// Bytes of all selected tensors.
pub fn total_bytes(files: &[InputFile]) -> u64 {
    files.iter().flat_map(|f| f.file.tensors()).map(|t| t.plain_bytes() as u64).sum()
}

/// A bank of one book made from the tensors, a shard for each index of axis 0.
#[cfg(feature = "rtl")]
pub fn bank_of(
    files: &[InputFile],
    map: huffwire::format::SymbolMap,
    name: &str,
    build: &super::parameters::BuildArgs,
) -> anyhow::Result<BankFile> {
    use huffwire::histograms::{count_files, CountOptions, Unit};
    let options = CountOptions { map, unit: Unit::Shard, axis: 0, shards: None };
    Ok(count_files(files, &options, &|_| {})?.bank_of_groups(name, &[], &build.options())?.file)
}

/// Name of the banks that come with the program, in place of a file's.
pub const UNIVERSAL: &str = "universal";

/// Reads banks: `universal` stands for all that come with the program.
pub fn load_banks(path: &Path) -> anyhow::Result<Vec<BankFile>> {
    match path == Path::new(UNIVERSAL) {
        true => Ok(universal_banks().to_vec()),
        false => Ok(vec![load_bank(path)?]),
    }
}

/// Reads a bank, with its name in the error. Of those that come with the program `universal` is that for exponents of 8 bits, and
/// `universal-fp16` and the like are the others.
pub fn load_bank(path: &Path) -> anyhow::Result<BankFile> {
    if let Some(bank) = universal_banks().iter().find(|bank| path == Path::new(&bank.name)) {
        return Ok(bank.clone());
    }
    BankFile::load(path).with_context(|| format!("bank {}", path.display()))
}

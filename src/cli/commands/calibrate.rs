//! `huffwire calibrate`.

use crate::cli::input::{total_bytes, TensorArgs};
use crate::cli::output::{note, print, print_json, progress, table};
use crate::cli::parameters::{best_map, BuildArgs};
use anyhow::{bail, Context};
use huffwire::calibrate_input::{collect, CollectOptions, Collected, GroupRule};
use huffwire::codebook::{calibrate, BankFile, Calibration};
use huffwire::format::SymbolMap;
use huffwire::stats::Saving;
use serde::Serialize;
use std::path::PathBuf;

/// Make a bank of codebooks from tensors
///
/// Counts the symbols of every shard, and builds each book from the average distribution of its shards, all of which count
/// alike. The bank file holds the codes, how they were built and from what; the same tensors give the same file.
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
Examples:
  huffwire calibrate batch0.safetensors -o bank.json
      one book 'average' of all tensors, a shard for each index of axis 0
  huffwire calibrate batch0.safetensors --group 'ffn=*ffn1*' --group 'grad=d_*' --group 'grad=wg_*' -o bank.json
      two books; a tensor goes to the first group that it matches
  huffwire calibrate x.npy --dtype bf16 --shards 1 --map bytes -o paper.json
      the mapping of arXiv 2601.10673: all bytes pooled

The savings shown are means over the calibration shards, without headers and padding (a few tenths of a per cent more).

JSON keys: bank, file, fingerprint, format, map, longest, books[] (id, name, shards, saved_percent,
huffman_percent, shannon_percent), left_out[].")]
pub struct Args {
    /// Bank file to write
    #[arg(short, long, value_name = "BANK")]
    output: PathBuf,
    /// Replace an existing bank file
    #[arg(short, long)]
    force: bool,
    /// Name of the bank; the output's file name unless given
    #[arg(long)]
    name: Option<String>,
    /// Symbol map: bytes, planes or fields; fields where the format has it unless given
    #[arg(long)]
    map: Option<SymbolMap>,
    /// A book of its own for the tensors that match; repeat for more books, or for more globs of a book
    #[arg(long = "group", value_name = "NAME=GLOB")]
    groups: Vec<String>,
    /// Axis along which tensors are cut into shards
    #[arg(long, default_value_t = 0, value_name = "AXIS")]
    shard_axis: usize,
    /// Shards that every tensor is cut into; one for each index of the axis unless given
    #[arg(long, value_name = "N")]
    shards: Option<u64>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    // Groups with a heading of their own come last: the heading holds for all that follows.
    #[command(flatten)]
    tensors: TensorArgs,
    #[command(flatten)]
    build: BuildArgs,
}

#[derive(Serialize)]
struct Report {
    bank: String,
    file: String,
    fingerprint: String,
    format: String,
    map: SymbolMap,
    longest: u32,
    books: Vec<BookReport>,
    left_out: Vec<String>,
}

#[derive(Serialize)]
struct BookReport {
    id: usize,
    name: String,
    shards: usize,
    saved_percent: f64,
    huffman_percent: f64,
    shannon_percent: f64,
}

impl Args {
    pub fn run(&self) -> anyhow::Result<()> {
        if self.output.exists() && !self.force {
            bail!("{}: exists already; --force replaces it", self.output.display());
        }
        let groups = groups(&self.groups)?;
        let files = self.tensors.open()?;
        let first = files.iter().flat_map(|f| f.file.tensors()).find_map(|t| t.format);
        let map = self.map.unwrap_or_else(|| first.map_or(SymbolMap::Bytes, best_map));
        let bar = progress("counting", total_bytes(&files));
        let options = CollectOptions { map, groups, axis: self.shard_axis, shards: self.shards };
        let collected = collect(&files, &options, &mut |done| bar.set_position(done))?;
        bar.finish_and_clear();
        let name = match &self.name {
            Some(name) => name.clone(),
            None => bank_name(&self.output),
        };
        let calibration = Calibration {
            name,
            layout: collected.layout,
            options: self.build.options(),
            tracking: None,
            sources: collected.sources.clone(),
        };
        let bank = calibrate(&collected.groups, &calibration)?;
        bank.save(&self.output).with_context(|| format!("cannot write {}", self.output.display()))?;
        let report = self.report(&bank, collected)?;
        if self.json {
            return print_json(&report);
        }
        if !report.left_out.is_empty() {
            let (first, more) = (&report.left_out[0], report.left_out.len() - 1);
            note(&format!("no group wants '{first}'{}", if more > 0 { format!(" and {more} more") } else { "".into() }));
        }
        print(&text(&report))
    }

    fn report(&self, bank: &BankFile, collected: Collected) -> anyhow::Result<Report> {
        let Collected { layout, groups, left_out, .. } = collected;
        let books = bank.bank.books().iter().zip(&groups).enumerate();
        let books = books.map(|(i, (book, group))| {
            let saving = Saving::new(&layout, &group.shards, book)?;
            Ok(BookReport {
                id: i + 1,
                name: book.name.clone(),
                shards: saving.shards,
                saved_percent: saving.book,
                huffman_percent: saving.huffman,
                shannon_percent: saving.shannon,
            })
        });
        Ok(Report {
            bank: bank.name.clone(),
            file: self.output.display().to_string(),
            fingerprint: format!("{:08x}", bank.bank.fingerprint()),
            format: layout.format.to_string(),
            map: layout.map,
            longest: bank.bank.longest(),
            books: books.collect::<anyhow::Result<_>>()?,
            left_out,
        })
    }
}

/// A name for a bank: the file's, with what no name may have left out.
fn bank_name(path: &std::path::Path) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let allowed = |c: &char| c.is_ascii_alphanumeric() || "._+-".contains(*c);
    let name: String = stem.chars().filter(allowed).take(huffwire::codebook::MAX_NAME).collect();
    if name.is_empty() {
        "bank".into()
    } else {
        name
    }
}

/// `NAME=GLOB`, the globs of equal names together, in the order of the names.
fn groups(texts: &[String]) -> anyhow::Result<Vec<GroupRule>> {
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

fn text(report: &Report) -> String {
    let rows = report.books.iter().map(|b| {
        let percent = |v: f64| format!("{v:.2}");
        let figures = [b.saved_percent, b.huffman_percent, b.shannon_percent].map(percent);
        [vec![format!("{} {}", b.id, b.name), b.shards.to_string()], figures.to_vec()].concat()
    });
    format!(
        "{}: bank '{}', fingerprint {}, {} as {}, longest codeword {} bits\n\n{}",
        report.file,
        report.bank,
        report.fingerprint,
        report.format,
        report.map,
        report.longest,
        table(&["book", "shards", "saved %", "per-shard Huffman %", "Shannon %"], rows)
    )
}

//! What `huffwire calibrate` prints.

use super::ResultArgs;
use crate::cli::output::{note, print, print_json, table};
use huffwire::format::SymbolMap;
use huffwire::histograms::{HistogramSet, SetBank};
use huffwire::stats::Saving;
use serde::Serialize;
use std::path::Path;

#[derive(Serialize)]
struct Report {
    bank: Option<String>,
    file: Option<String>,
    fingerprint: Option<String>,
    format: String,
    map: SymbolMap,
    longest: Option<u32>,
    books: Vec<BookReport>,
    left_out: Vec<String>,
    histograms: Option<Histograms>,
}

#[derive(Serialize)]
struct Histograms {
    file: String,
    unit: String,
    tensors: usize,
    units: u64,
    cells: usize,
}

#[derive(Serialize)]
struct BookReport {
    id: usize,
    name: String,
    shards: Option<usize>,
    saved_percent: Option<f64>,
    huffman_percent: Option<f64>,
    shannon_percent: Option<f64>,
    share_percent: Option<f64>,
}

/// Reports a set that no bank was made from.
pub(super) fn counted(args: &ResultArgs, set: &HistogramSet) -> anyhow::Result<()> {
    let report = Report {
        bank: None,
        file: None,
        fingerprint: None,
        format: set.layout.format.to_string(),
        map: set.layout.map,
        longest: None,
        books: vec![],
        left_out: vec![],
        histograms: histograms(args, set),
    };
    show(args, &report)
}

/// Reports a bank; `shares` of clustered books are in parts of 2^32.
pub(super) fn made(
    args: &ResultArgs,
    output: &Path,
    set: &HistogramSet,
    made: &SetBank,
    shares: Option<&[u64]>,
) -> anyhow::Result<()> {
    let bank = &made.file.bank;
    let book = |(i, book): (usize, &huffwire::codebook::Book)| {
        let saving = made.groups.get(i).map(|g| Saving::new(&set.layout, &g.shards, book)).transpose()?;
        Ok(BookReport {
            id: i + 1,
            name: book.name.clone(),
            shards: saving.as_ref().map(|s| s.shards),
            saved_percent: saving.as_ref().map(|s| s.book),
            huffman_percent: saving.as_ref().map(|s| s.huffman),
            shannon_percent: saving.as_ref().map(|s| s.shannon),
            share_percent: shares.map(|s| s[i] as f64 * 100.0 / 2f64.powi(32)),
        })
    };
    let report = Report {
        bank: Some(made.file.name.clone()),
        file: Some(output.display().to_string()),
        fingerprint: Some(format!("{:08x}", bank.fingerprint())),
        format: set.layout.format.to_string(),
        map: set.layout.map,
        longest: Some(bank.longest()),
        books: bank.books().iter().enumerate().map(book).collect::<anyhow::Result<_>>()?,
        left_out: made.left_out.clone(),
        histograms: histograms(args, set),
    };
    show(args, &report)
}

fn histograms(args: &ResultArgs, set: &HistogramSet) -> Option<Histograms> {
    let cells = || set.tensors().flat_map(|(_, t)| &t.cells);
    args.histograms_out.as_ref().map(|path| Histograms {
        file: path.display().to_string(),
        unit: set.unit.to_string(),
        tensors: set.tensors().count(),
        units: cells().map(|c| c.units).sum(),
        cells: cells().count(),
    })
}

fn show(args: &ResultArgs, report: &Report) -> anyhow::Result<()> {
    if args.json {
        return print_json(report);
    }
    if let Some((first, more)) = report.left_out.split_first() {
        let more = if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
        note(&format!("no group wants '{first}'{more}"));
    }
    print(&(text(report).trim_end().to_string() + "\n"))
}

fn text(report: &Report) -> String {
    let mut lines = Vec::new();
    if let Some(h) = &report.histograms {
        lines.push(format!(
            "{}: {} tensors, {} units in {} cells ({}), {} as {}",
            h.file, h.tensors, h.units, h.cells, h.unit, report.format, report.map
        ));
    }
    if let (Some(bank), Some(file), Some(fingerprint), Some(longest)) =
        (&report.bank, &report.file, &report.fingerprint, report.longest)
    {
        lines.push(format!(
            "{file}: bank '{bank}', fingerprint {fingerprint}, {} as {}, longest codeword {longest} bits\n\n{}",
            report.format,
            report.map,
            books(report)
        ));
    }
    lines.join("\n")
}

fn books(report: &Report) -> String {
    let percent = |v: Option<f64>| v.map_or_else(String::new, |v| format!("{v:.2}"));
    if report.books.iter().any(|b| b.share_percent.is_some()) {
        let rows = report.books.iter().map(|b| vec![format!("{} {}", b.id, b.name), percent(b.share_percent)]);
        return table(&["book", "best for % of the symbols"], rows);
    }
    let rows = report.books.iter().map(|b| {
        let shards = b.shards.map_or_else(String::new, |s| s.to_string());
        let figures = [b.saved_percent, b.huffman_percent, b.shannon_percent].map(percent);
        [vec![format!("{} {}", b.id, b.name), shards], figures.to_vec()].concat()
    });
    table(&["book", "shards", "saved %", "per-shard Huffman %", "Shannon %"], rows)
}

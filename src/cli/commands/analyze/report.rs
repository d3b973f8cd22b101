//! What `huffwire analyze` prints.

use crate::cli::output::table;
use crate::cli::parameters::lanes_text;
use huffwire::analyze::{Analysis, AnalyzeOptions, BitsPerElement, Figures};
use huffwire::codebook::Bank;
use serde::Serialize;

/// What `--json` prints.
#[derive(Serialize)]
pub struct Report {
    map: String,
    bank: BankReport,
    lanes: u32,
    turns: u32,
    packet_symbols: u64,
    tensors: Vec<Tensor>,
    total: Sums,
    skipped: Vec<Skipped>,
}

#[derive(Serialize)]
struct BankReport {
    name: String,
    fingerprint: String,
    books: usize,
}

#[derive(Serialize)]
struct Tensor {
    file: String,
    name: String,
    dtype: String,
    #[serde(flatten)]
    sums: Sums,
}

#[derive(Serialize)]
struct Sums {
    elements: u64,
    shards: u64,
    bits_per_element: BitsPerElement,
    gap_pp: Gap,
    books: Vec<Book>,
    escapes: u64,
    escapes_per_mille: f64,
    kl_bits: f64,
    packets: u64,
    side_bits: u64,
}

#[derive(Serialize)]
struct Gap {
    mean: f64,
    worst: f64,
}

#[derive(Serialize)]
struct Book {
    id: usize,
    name: String,
    blocks: u64,
}

#[derive(Serialize)]
struct Skipped {
    name: String,
    reason: String,
}

impl Report {
    pub fn new(bank: String, options: &AnalyzeOptions, analysis: &Analysis) -> Self {
        let tensors = analysis.tensors.iter().map(|t| Tensor {
            file: t.file.display().to_string(),
            name: t.name.clone(),
            dtype: t.dtype.clone(),
            sums: Sums::new(&t.figures, &options.bank),
        });
        let skipped = analysis.skipped.iter().map(|s| Skipped { name: s.name.clone(), reason: s.reason.clone() });
        Report {
            map: options.parameters.map.to_string(),
            bank: BankReport {
                name: bank,
                fingerprint: format!("{:08x}", options.bank.fingerprint()),
                books: options.bank.books().len(),
            },
            lanes: options.parameters.lanes,
            turns: options.parameters.turns,
            packet_symbols: options.packet_symbols,
            tensors: tensors.collect(),
            total: Sums::new(&analysis.total(), &options.bank),
            skipped: skipped.collect(),
        }
    }

    /// The table, a line a tensor and one for all.
    pub fn text(&self) -> String {
        let tensors = self.tensors.iter().map(|t| row(&t.name, &t.dtype, &t.sums));
        let rows = tensors.chain([row("total", "", &self.total)]);
        let header = [
            "tensor", "dtype", "elements", "shards", "raw", "Shannon", "Huffman", "coded", "wire", "gap pp", "worst pp",
            "books",
        ];
        let BankReport { name, fingerprint, .. } = &self.bank;
        let (map, lanes, packet) = (&self.map, lanes_text(self.lanes, self.turns), self.packet_symbols);
        format!(
            "bank '{name}', fingerprint {fingerprint}, map {map}, {lanes}, {packet} symbols a packet; bits an element\n\n{}",
            table(&header, rows)
        )
    }
}

impl Sums {
    fn new(figures: &Figures, bank: &Bank) -> Self {
        let blocks = figures.blocks.iter().zip(0u8..).filter(|(&blocks, _)| blocks > 0);
        let books = blocks.filter_map(|(&blocks, id)| {
            Some(Book { id: id.into(), name: bank.book(id)?.name.clone(), blocks })
        });
        Sums {
            elements: figures.elements,
            shards: figures.shards,
            bits_per_element: figures.bits_per_element(),
            gap_pp: Gap { mean: figures.gap_pp(), worst: figures.worst_gap_pp() },
            books: books.collect(),
            escapes: figures.escapes,
            escapes_per_mille: figures.escapes_per_mille(),
            kl_bits: figures.kl_bits(),
            packets: figures.packets,
            side_bits: figures.side_bits,
        }
    }

    /// The books chosen most often, with their share of the blocks.
    fn top_books(&self) -> String {
        /// Books named.
        const TOP: usize = 3;
        let all: u64 = self.books.iter().map(|b| b.blocks).sum();
        let mut books: Vec<_> = self.books.iter().collect();
        books.sort_by_key(|b| std::cmp::Reverse(b.blocks));
        let share = |b: &&Book| format!("{} {:.0} %", b.name, 100.0 * b.blocks as f64 / all as f64);
        let mut named: Vec<_> = books.iter().take(TOP).map(share).collect();
        if books.len() > TOP {
            named.push(format!("{} more", books.len() - TOP));
        }
        named.join(", ")
    }
}

fn row(name: &str, dtype: &str, sums: &Sums) -> Vec<String> {
    let BitsPerElement { raw, shannon, shard_huffman, coded, wire } = sums.bits_per_element;
    let bits = [raw, shannon, shard_huffman, coded, wire].map(|bits| format!("{bits:.3}"));
    let gap = [sums.gap_pp.mean, sums.gap_pp.worst].map(|gap| format!("{gap:.2}"));
    let start = [name.into(), dtype.into(), sums.elements.to_string(), sums.shards.to_string()];
    [&start[..], &bits, &gap, &[sums.top_books()]].concat()
}

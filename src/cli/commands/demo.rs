//! `huffwire demo`.

mod run;
mod setup;

use crate::cli::output::{print, print_json, table};
use anyhow::{bail, Context};
use huffwire::codebook::BankFile;
use huffwire::export::{export, ExportOptions, ExportedFile};
use huffwire::rtl::config::RtlConfig;
use huffwire::simulate::LinkRate;
use run::{run_all, Row};
use serde::Serialize;
use setup::Setup;
use std::path::PathBuf;

/// Show all of it on real tensors that come with the program
///
/// Makes codebooks from an early batch of tensors of a language model, sends a later batch of the same tensors through
/// encoder RTL, a link and decoder RTL, clock by clock, compares every word with the reference codec's and every element
/// with the original, and writes the Verilog of both cores. Needs no other tool, and less than a minute.
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
Examples:
  huffwire demo
  huffwire demo --link 3
      four lanes of bf16 take 4 words a clock uncompressed; compressed they go through a link of 3

Columns: 'saved %' counts every bit on the link, headers, trailers and padding included; 'per-shard Huffman %' is a code
made for each shard itself, its table not counted; 'Shannon %' is the bound of order 0. Under map 'fields' all three code
the exponents and leave sign and mantissa raw; map 'bytes' is the mapping of arXiv 2601.10673. Bank 'demo' is made from the
early batch, a book for each kind; 'universal' comes with the program: exponents re-centred by a tracked bias, the best of 15
books for each block of 16 steps. Latencies are the fewest
clocks from the first beat of a packet into the core to the first one out.

JSON keys: summary, link_words_per_clock, plain_bits, link_bits, saved_percent, folder, files[] (path, bytes, sha256), rows[] (tensor, map,
bank, elements, saved_percent, huffman_percent, shannon_percent, bit_exact, error, stream (as 'simulate' prints it)).")]
pub struct Args {
    /// Mux words a clock that the link takes; those of the cores' link port unless given
    #[arg(long, value_name = "WORDS")]
    link: Option<LinkRate>,
    /// Folder for the Verilog, the bank, and what 'export' puts beside them
    #[arg(long, value_name = "DIR", default_value = "out/demo")]
    out: PathBuf,
    /// Replace files in that folder that no export wrote, or that were changed since
    #[arg(short, long)]
    force: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Report {
    summary: String,
    link_words_per_clock: f64,
    plain_bits: u64,
    link_bits: u64,
    saved_percent: f64,
    folder: String,
    files: Vec<ExportedFile>,
    rows: Vec<Row>,
}

impl Args {
    pub fn run(&self) -> anyhow::Result<()> {
        let setup = Setup::new()?;
        let files = self.export(&setup)?;
        let rows = run_all(&setup, self.link)?;
        let report = self.report(&setup.fields.config, &setup.fields.bank.name, rows, files);
        match self.json {
            true => print_json(&report)?,
            false => print(&text(&report))?,
        }
        match report.rows.iter().find_map(|r| r.error.as_ref().map(|e| (&r.tensor, e))) {
            Some((tensor, error)) => bail!("tensor '{tensor}': {error}"),
            None => Ok(()),
        }
    }

    /// The Verilog of both cores with all that belongs to it.
    fn export(&self, setup: &Setup) -> anyhow::Result<Vec<ExportedFile>> {
        let BankFile { name, provenance, .. } = setup.fields.bank.clone();
        let options = ExportOptions { provenance, force: self.force, ..ExportOptions::new(name) };
        let exported = export(&setup.fields.config, &options, &self.out);
        Ok(exported.with_context(|| format!("export to {}", self.out.display()))?.files)
    }

    fn report(&self, config: &RtlConfig, bank: &str, rows: Vec<Row>, files: Vec<ExportedFile>) -> Report {
        let (map, bank) = (config.parameters.map, bank.to_string());
        let own = |r: &&Row| r.map == map && r.bank == bank;
        let main = || rows.iter().filter(own).filter_map(|r| r.stream.as_ref());
        let plain_bits = main().map(|s| s.plain_bits).sum();
        let link_bits = main().map(|s| s.link_bits).sum();
        let saved_percent = match plain_bits {
            0 => 0.0,
            plain => 100.0 * (1.0 - link_bits as f64 / plain as f64),
        };
        let exact = rows.iter().all(|r| r.bit_exact);
        let words = self.link.map_or(config.link_words().into(), LinkRate::words_per_clock);
        let tensors = rows.iter().filter(own).count();
        let outcome = match exact {
            true => format!("every bit came back, and the link carried {saved_percent:.1} % fewer bits"),
            false => "NOT every bit came back".into(),
        };
        let summary = format!(
            "Codebooks made from an early batch of {tensors} tensors of a language model took a later batch through encoder \
             RTL, a link of {words} words a clock and decoder RTL, clock by clock: {outcome}."
        );
        let folder = self.out.display().to_string();
        Report { summary, link_words_per_clock: words, plain_bits, link_bits, saved_percent, folder, files, rows }
    }
}

fn text(report: &Report) -> String {
    let rows = report.rows.iter().map(|r| {
        let percent = |v: f64| format!("{v:.2}");
        let of = |f: &dyn Fn(&huffwire::simulate::StreamReport) -> Option<String>| {
            r.stream.as_ref().and_then(f).unwrap_or_else(|| "-".into())
        };
        vec![
            r.tensor.clone(),
            r.map.to_string(),
            r.bank.clone(),
            r.elements.to_string(),
            of(&|s| Some(percent(s.saved_percent))),
            percent(r.huffman_percent),
            percent(r.shannon_percent),
            of(&|s| Some(format!("{:.2}", s.decoder.symbols_per_clock))),
            of(&|s| s.encoder.first_latency.map(|l| l.min.to_string())),
            of(&|s| s.decoder.first_latency.map(|l| l.min.to_string())),
            if r.bit_exact { "yes" } else { "NO" }.into(),
        ]
    });
    let header = [
        "tensor",
        "map",
        "bank",
        "elements",
        "saved %",
        "per-shard Huffman %",
        "Shannon %",
        "symbols/clock",
        "latency in",
        "latency out",
        "bit-exact",
    ];
    let files: Vec<_> = report.files.iter().map(|f| f.path.as_str()).collect();
    format!(
        "{}\n\n{}\n'saved %' counts everything on the link; 'bytes' is the mapping of arXiv 2601.10673; bank 'demo' was made from\n\
         the early batch, 'universal' comes with the program; latencies in clocks.\n\
         Written to {}: {}\n",
        report.summary,
        table(&header, rows),
        report.folder,
        files.join(", ")
    )
}

//! `huffwire reproduce`.

use crate::cli::input::{groups, SelectArgs};
use crate::cli::output::{note, print, print_json, progress_steps, table};
use anyhow::bail;
use huffwire::reproduce::input::{pack, InputOptions};
use huffwire::reproduce::sections::shards::ClassSaving;
use huffwire::reproduce::sections::side_by_side::SchemeSaving;
use huffwire::reproduce::{reproduce, Report, Subject, PAGE};
use huffwire::tensor::{InputFile, OpenOptions};
use serde::Serialize;
use std::path::PathBuf;

/// Repeat the paper's evaluation on tensors, and what it leaves out: a page with plots, and CSV files
///
/// Distributions, compressibility of every shard under Shannon's bound, its own Huffman code and one fixed book, divergence from
/// the average: the evaluation of arXiv 2601.10673. Beyond it: drift over training steps, books of other layers and models,
/// number of books, block length, re-centred exponents, and the schemes of others side by side, all really coded and decoded.
/// The page is one HTML file that needs no network. The same tensors give the same files.
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
Examples:
  huffwire reproduce -o page
      on the tensors that come with the program; open page/index.html
  huffwire reproduce model.safetensors -o page --tensors '*mlp*'
      on tensors of your own; large ones are cropped to --elements
  huffwire reproduce batch*.safetensors -o page --group 'attention=*attn*' --group 'mlp=*mlp*'
      with classes of your own

Classes and series come from tensor names, read at their dots: MODEL.KIND.Lxx.sXXXX.FORMAT (layer, step), or layers.N within the
name. KIND w_...: weights, wg_...: weight gradients, d_...: activation gradients, others: activations; names that end in
'weight' or 'kernel': weights; all else: other. --group goes before that rule. Books of one model, kind and format are made from
its earlier steps, else from the other shards of its step.

JSON keys: output, files[], subject (files[], main_format, tensors[] (name, class, format, shards, elements, cropped), left_out[]
(name, reason)), findings[] (section, text), shards[] (class, map, shards, shannon_percent, huffman_percent, fixed_percent),
schemes[] (scheme, format, class, coded_percent, sent_percent).")]
pub struct Args {
    /// Folder for the page and the CSV files
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// Replace the page of an earlier run
    #[arg(short, long)]
    force: bool,
    /// A class of its own for the tensors that match; repeat for more classes, or more globs of a class
    #[arg(long = "group", value_name = "NAME=GLOB")]
    groups: Vec<String>,
    /// Shards that axis 0 of every tensor is cut into; unless given, one for each index if there are three axes or more and at
    /// most 64 indices, else 16 runs of elements
    #[arg(long, value_name = "N")]
    shards: Option<u64>,
    /// Most elements of a tensor to evaluate
    #[arg(long, default_value_t = InputOptions::default().elements, value_name = "ELEMENTS")]
    elements: usize,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Tensor files: .safetensors, .npy, anything else is raw (needs --dtype); the tensors that come with the program unless given
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    // A group with a heading of its own comes last: the heading holds for all that follows.
    #[command(flatten)]
    select: SelectArgs,
}

#[derive(Serialize)]
struct Document<'a> {
    output: String,
    files: Vec<String>,
    subject: &'a Subject,
    findings: Vec<Finding<'a>>,
    shards: &'a [ClassSaving],
    schemes: &'a [SchemeSaving],
}

#[derive(Serialize)]
struct Finding<'a> {
    section: &'a str,
    text: &'a str,
}

impl Args {
    pub fn run(&self) -> anyhow::Result<()> {
        if self.output.join(PAGE).exists() && !self.force {
            bail!("{}: exists already; --force replaces it", self.output.join(PAGE).display());
        }
        let options = InputOptions { classes: groups(&self.groups)?, shards: self.shards, elements: self.elements };
        let files = match self.files.is_empty() {
            true if self.select != SelectArgs::default() => {
                bail!("--tensors, --dtype and --unpacked are for files of your own: name one")
            }
            true => vec![pack(&OpenOptions::default())?],
            false => InputFile::open_all(&self.files, &self.select.options())?,
        };
        let bar = progress_steps("coding");
        let report = reproduce(&files, &options, &|done, total| {
            bar.set_length(total);
            bar.set_position(done);
        });
        bar.finish_and_clear();
        let report = report?;
        let names = report.write(&self.output)?;
        if self.json {
            return print_json(&self.document(&report, names));
        }
        if let Some(first) = report.subject.left_out.first() {
            let more = report.subject.left_out.len() - 1;
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            note(&format!("left out '{}'{more}: {}", first.name, first.reason));
        }
        print(&self.text(&report, names.len() - 1))
    }

    fn document<'a>(&self, report: &'a Report, files: Vec<String>) -> Document<'a> {
        let findings = report.sections.iter().flat_map(|s| s.findings.iter().map(|text| Finding { section: s.id, text }));
        Document {
            output: self.output.display().to_string(),
            files,
            subject: &report.subject,
            findings: findings.collect(),
            shards: &report.shards,
            schemes: &report.schemes,
        }
    }

    fn text(&self, report: &Report, csv: usize) -> String {
        let main = &report.subject.main_format;
        let total = report.schemes.iter().filter(|s| s.format == *main && s.class.is_none());
        let percent = |v: f64| format!("{v:.2}");
        let rows = total.map(|s| vec![s.scheme.to_string(), percent(s.coded_percent), percent(s.sent_percent)]);
        format!(
            "{} and {csv} CSV files, {} tensors; all of format {main} together:\n\n{}",
            self.output.join(PAGE).display(),
            report.subject.tensors.len(),
            table(&["scheme", "coded saved %", "sent saved %"], rows)
        )
    }
}

//! `huffwire report`.

use crate::cli::input::{groups, total_bytes};
use crate::cli::link_args::LinkArgs;
use crate::cli::output::{note, print, print_json, progress, progress_steps};
use anyhow::{bail, Context};
use huffwire::analyze::{analyze, Analysis, AnalyzeOptions};
use huffwire::collectives::export::ExportOptions;
use huffwire::collectives::Topology;
use huffwire::format::Layout;
use huffwire::histograms::GroupRule;
use huffwire::link::{Config, ModelEngine, Report, Setup, Sweep};
use huffwire::report::{hardware, kinds, page, Inputs};
use huffwire::tensor::InputFile;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use std::sync::Arc;

/// One page about tensors on a link: what compression gains, what it costs, and how each number was obtained
///
/// Codes the tensors and counts every bit, clocks the link with and without compression, and writes one HTML file that needs no
/// network: the gain in a sentence, the data path, savings by kind of tensor, bandwidth and latency, the latency in parts, buffers
/// to build, collectives, area and clock of the cores, and where all of it comes from. The same command on the same files gives
/// the same page.
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
Examples:
  huffwire report -o report.html
      the tensors that come with the program over UCIe x64 at 32 GT/s
  huffwire report model.safetensors --preset nvlink-c2c -o report.html
      your own tensors over another link; huffwire link --list has all presets
  huffwire report model.safetensors -o report.html --message 262144 --set codec.lanes=8 --group 'attention=*attn*'
      messages of 256 KiB, cores of 8 lanes, a kind of your own
  huffwire report -o report.html --topology ring:16 --topology mesh:8x8 --collective-bytes 67108864
      other collectives

Kinds follow from tensor names as in 'huffwire reproduce --help'; --group goes before that. Area and clock are not measured by
this command: they are those of synth/run.py that come with the program.

JSON keys: output, title, gain, effective_gb_s (off, on), saved_percent, break_even_bytes, cores, kinds[] (kind, tensors,
elements, bits_per_element (raw, shannon, shard_huffman, coded, wire)), skipped[] (name, reason).")]
pub struct Args {
    /// The page
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Replace the page of an earlier run
    #[arg(short, long)]
    force: bool,
    /// A kind of its own for the tensors that match; repeat for more kinds, or more globs of a kind
    #[arg(long = "group", value_name = "NAME=GLOB")]
    groups: Vec<String>,
    /// Dies of the collectives: ring:N or mesh:RxC; repeat for more; ring:8 and mesh:4x4 unless given
    #[arg(long, value_name = "TOPOLOGY")]
    topology: Vec<Topology>,
    /// Bytes of the collectives
    #[arg(long, value_name = "BYTES", default_value_t = ExportOptions::default().bytes)]
    collective_bytes: u64,
    /// Print JSON
    #[arg(long)]
    json: bool,
    // Groups with a heading of their own come last: the heading holds for all that follows.
    #[command(flatten)]
    link: LinkArgs,
}

#[derive(Serialize)]
struct Document {
    output: String,
    title: String,
    gain: f64,
    effective_gb_s: OffOn,
    saved_percent: f64,
    break_even_bytes: Option<u64>,
    cores: u32,
    kinds: Vec<Kind>,
    skipped: Vec<Skipped>,
}

#[derive(Serialize)]
struct OffOn {
    off: f64,
    on: f64,
}

#[derive(Serialize)]
struct Kind {
    kind: String,
    tensors: usize,
    elements: u64,
    bits_per_element: huffwire::analyze::BitsPerElement,
}

#[derive(Serialize)]
struct Skipped {
    name: String,
    reason: String,
}

impl Args {
    pub fn run(&self) -> anyhow::Result<()> {
        if self.output.exists() && !self.force {
            bail!("{}: exists already; --force replaces it", self.output.display());
        }
        let rules = groups(&self.groups)?;
        let preset = self.link.preset()?;
        let mut config = Config::new(&preset);
        self.link.set(&mut config)?;
        if !config.run.break_even {
            bail!("run.break_even = false: latency budget and collectives take the sizes that it measures");
        }
        let sweep = Sweep::new(&config, Vec::new())?;
        let files = self.link.open()?;
        let setup = self.link.setup(&files)?;
        let collectives = ExportOptions::with(&self.topology, self.collective_bytes);
        collectives.check()?;
        let analysis = self.analyze(&files, &setup, &config)?;
        let bar = progress_steps("simulating");
        bar.set_length(sweep.runs());
        let link = sweep.run(&preset, &setup, &ModelEngine, &|| bar.inc(1));
        bar.finish_and_clear();
        let link = link?;
        let inputs = Inputs {
            link: &link,
            analysis: &analysis,
            kinds: &rules,
            hardware: &hardware::committed(),
            collectives: &collectives,
            command: &command(),
            files: &self.files()?,
        };
        let text = page(&inputs)?;
        std::fs::write(&self.output, text).with_context(|| format!("cannot write {}", self.output.display()))?;
        let document = self.document(&link, &analysis, &rules)?;
        if self.json {
            return print_json(&document);
        }
        if let Some(first) = analysis.skipped.first() {
            note(&format!("left out '{}' ({})", first.name, first.reason));
        }
        let sentence = link.points.first().map(|p| huffwire::report::link::gain_sentence(&link.title, p));
        print(&format!("{}\n\n{}\n", sentence.unwrap_or_default(), self.output.display()))
    }

    /// Every bit that the cores' stream takes for the tensors.
    fn analyze(&self, files: &[InputFile], setup: &Setup, config: &Config) -> anyhow::Result<Analysis> {
        let parameters = setup.parameters(config)?;
        let layout = Layout::new(parameters.format, parameters.map)?;
        let options = AnalyzeOptions {
            bank: Arc::new(setup.bank.bank.clone()),
            parameters,
            book: None,
            packet_symbols: u64::from(config.codec.packet_elements) * u64::from(layout.symbols),
            axis: 0,
            shards: None,
        };
        let bar = progress("analyzing", total_bytes(files));
        let analysis = analyze(files, &options, &|bytes| bar.inc(bytes));
        bar.finish_and_clear();
        Ok(analysis?)
    }

    /// The files given, with their sizes and digests.
    fn files(&self) -> anyhow::Result<Vec<(String, u64, String)>> {
        let digest = |path: &PathBuf| {
            let at = || format!("cannot read {}", path.display());
            let mut hash = Sha256::new();
            let mut file = std::fs::File::open(path).with_context(at)?;
            let bytes = std::io::copy(&mut file, &mut hash).with_context(at)?;
            let name = path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
            let hex = hash.finalize().iter().map(|b| format!("{b:02x}")).collect::<String>();
            Ok((name, bytes, hex))
        };
        self.link.files.iter().map(digest).collect()
    }

    fn document(&self, link: &Report, analysis: &Analysis, rules: &[GroupRule]) -> anyhow::Result<Document> {
        let point = link.points.first().context("the link model gave no point")?;
        let kinds = kinds::by_kind(analysis, rules).into_iter().map(|(kind, tensors, figures)| Kind {
            kind,
            tensors,
            elements: figures.elements,
            bits_per_element: figures.bits_per_element(),
        });
        let skipped = analysis.skipped.iter().map(|s| Skipped { name: s.name.clone(), reason: s.reason.clone() });
        let Report { title, .. } = link;
        let saturated = &point.saturated;
        Ok(Document {
            output: self.output.display().to_string(),
            title: title.clone(),
            gain: saturated.gain,
            effective_gb_s: OffOn { off: saturated.plain.effective_gb_s, on: saturated.coded.effective_gb_s },
            saved_percent: point.traffic.saved_percent,
            break_even_bytes: point.break_even.as_ref().and_then(|b| b.measured_bytes),
            cores: point.derived.cores,
            kinds: kinds.collect(),
            skipped: skipped.collect(),
        })
    }
}

/// The command as it was given, names of files without their folders, in quotes where a shell needs them.
fn command() -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,+@%".contains(c);
    let word = |text: String| {
        let text = if text.starts_with('/') { text.rsplit('/').next().unwrap_or_default().to_string() } else { text };
        if !text.is_empty() && text.chars().all(plain) {
            return text;
        }
        format!("'{}'", text.replace('\'', r"'\''"))
    };
    let arguments = std::env::args_os().skip(1).map(|a| word(a.to_string_lossy().into_owned()));
    std::iter::once(env!("CARGO_PKG_NAME").to_string()).chain(arguments).collect::<Vec<_>>().join(" ")
}

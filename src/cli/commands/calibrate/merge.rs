//! `huffwire calibrate merge`.

use super::ResultArgs;
use anyhow::Context;
use huffwire::histograms::HistogramSet;
use std::path::PathBuf;

/// Put the counts of several hosts together, and build a bank from them
///
/// Takes histogram files that 'huffwire calibrate --histograms-out' wrote with the same map, blocks and tracking, and writes one of
/// all (--histograms-out), a bank made from all (-o), or both. The order of the files does not change the codes.
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
Examples:
  huffwire calibrate merge host1.json host2.json --histograms-out all.json
  huffwire calibrate merge all.json --books 8 -o bank.json
  huffwire calibrate merge all.json --books 15 --limit 10 --escaped-limit 15 --escape 20 --group 'a=modela.*' --group 'b=*' -o bank.json
      fifteen books; the tensors of model a count as much as all others

JSON keys: those of 'huffwire calibrate'.")]
pub struct Args {
    /// Histogram files
    #[arg(required = true, value_name = "HISTOGRAMS")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    result: ResultArgs,
}

impl Args {
    pub fn run(&self) -> anyhow::Result<()> {
        self.result.check()?;
        let load = |path: &PathBuf| HistogramSet::load(path).with_context(|| format!("{}", path.display()));
        let sets = self.files.iter().map(load).collect::<anyhow::Result<Vec<_>>>()?;
        self.result.make(&HistogramSet::merge(sets)?)
    }
}

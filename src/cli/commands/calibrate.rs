//! `huffwire calibrate`.

mod merge;
mod report;

use crate::cli::input::{groups, total_bytes, SelectArgs, TensorArgs};
use crate::cli::output::progress;
use crate::cli::parameters::{best_map, BuildArgs};
use anyhow::{bail, Context};
use huffwire::format::SymbolMap;
use huffwire::histograms::{
    count_files, BlockUnit, CountOptions, Cover, FirstBook, GroupRule, HistogramSet, TrackedBias, Unit,
};
use std::path::{Path, PathBuf};

/// Make a bank of codebooks from tensors
///
/// Counts the symbols of every shard, and builds each book from the average distribution of its shards, all of which count
/// alike. With --books, the blocks of all shards are clustered instead, after the exponents have been re-centred as the encoder
/// would (--track), into as many books as asked for, the first of them made from everything.
///
/// The bank file holds the codes, how they were built and from what; the same tensors give the same file. Counts can be kept in a
/// file of their own, so that many hosts count and one builds: 'huffwire calibrate merge --help'.
#[derive(clap::Args, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true, after_long_help = "\
Examples:
  huffwire calibrate batch0.safetensors -o bank.json
      one book 'average' of all tensors, a shard for each index of axis 0
  huffwire calibrate batch0.safetensors --group 'ffn=*ffn1*' --group 'grad=d_*' --group 'grad=wg_*' -o bank.json
      two books; a tensor goes to the first group that it matches
  huffwire calibrate x.npy --dtype bf16 --shards 1 --map bytes -o paper.json
      the mapping of arXiv 2601.10673: all bytes pooled
  huffwire calibrate *.safetensors --books 8 --track 1:2 --block-elements 256 -o bank.json
      eight books for exponents re-centred by a tracked bias, the best of them to be chosen for each block
  huffwire calibrate host1.safetensors --track 1:2 --block-elements 256 --histograms-out host1.json
  huffwire calibrate merge host1.json host2.json --books 8 -o bank.json

The savings shown are means over the calibration shards, without headers and padding (a few tenths of a per cent more); for
clustered books, where the choice is made for each block, see 'huffwire analyze'.

JSON keys: bank, file, fingerprint, format, map, longest, books[] (id, name, shards, saved_percent, huffman_percent,
shannon_percent, share_percent; null where not known), left_out[], histograms.")]
pub struct Args {
    #[command(subcommand)]
    command: Option<Merge>,
    #[command(flatten)]
    result: ResultArgs,
    /// Symbol map: bytes, planes or fields; fields where the format has it unless given
    #[arg(long)]
    map: Option<SymbolMap>,
    /// Axis along which tensors are cut into shards
    #[arg(long, default_value_t = 0, value_name = "AXIS")]
    shard_axis: usize,
    /// Shards that every tensor is cut into; one for each index of the axis unless given, one alone of a tensor with one axis
    #[arg(long, value_name = "N")]
    shards: Option<u64>,
    /// Count the blocks of each shard, of this many elements (lanes times steps of a block), by their shape
    #[arg(long, value_name = "N")]
    block_elements: Option<u32>,
    /// Re-centre the exponents of each block by the bias that an encoder would track: delay and window in blocks, and the
    /// bias of the first blocks (the mean of the first one unless given)
    #[arg(long, value_name = "DELAY:WINDOW[:BIAS]", requires = "block_elements")]
    track: Option<TrackSpec>,
    // Groups with a heading of their own come last: the heading holds for all that follows.
    #[command(flatten)]
    tensors: OptionalTensors,
}

/// What comes of counts.
#[derive(clap::Args, Debug)]
pub struct ResultArgs {
    /// Bank file to write
    #[arg(short, long, value_name = "BANK", required_unless_present = "histograms_out")]
    output: Option<PathBuf>,
    /// Histogram file to write
    #[arg(long, value_name = "FILE")]
    histograms_out: Option<PathBuf>,
    /// Replace existing files
    #[arg(short, long)]
    force: bool,
    /// Name of the bank; the output's file name unless given
    #[arg(long)]
    name: Option<String>,
    /// A book of its own for the tensors that match; repeat for more books, or for more globs of a book. With --books: tensors
    /// that together count as much as any other group
    #[arg(long = "group", value_name = "NAME=GLOB")]
    groups: Vec<String>,
    /// Cluster into this many books, 1 to 15, whichever tensors their symbols come from
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u8).range(1..=15))]
    books: Option<u8>,
    /// With --books: make book 1 from the tensors that match, in place of all; it is the book to use where nothing chooses
    #[arg(long, value_name = "GLOB", requires = "books")]
    average: Option<String>,
    /// With --books: give a share of book 1, percent by percent, to whichever of the tensors that match it serves worst so far, so
    /// that it loses less on what is unlike the rest
    #[arg(long, value_name = "GLOB", requires = "books")]
    cover: Option<String>,
    /// With --cover: how large a share, 1 to 99
    #[arg(long, value_name = "PERCENT", default_value_t = 25, requires = "cover", value_parser = clap::value_parser!(u8).range(1..=99))]
    cover_share: u8,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    build: BuildArgs,
}

#[derive(clap::Subcommand, Debug)]
enum Merge {
    Merge(merge::Args),
}

/// [`TensorArgs`] that a subcommand makes needless.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Tensors")]
struct OptionalTensors {
    /// Tensor files: .safetensors, .npy, anything else is raw (needs --dtype)
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    select: SelectArgs,
}

/// `DELAY:WINDOW` or `DELAY:WINDOW:BIAS`.
#[derive(Clone, Copy, Debug)]
struct TrackSpec(TrackedBias);

impl std::str::FromStr for TrackSpec {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("'{text}': expected DELAY:WINDOW or DELAY:WINDOW:BIAS, such as 1:2");
        let numbers: Vec<u8> = text.split(':').map(str::parse).collect::<Result<_, _>>().map_err(|_| wrong())?;
        let (delay, window, initial_bias) = match numbers[..] {
            [delay, window] => (delay, window, None),
            [delay, window, bias] => (delay, window, Some(bias)),
            _ => return Err(wrong()),
        };
        Ok(TrackSpec(TrackedBias { delay, window, initial_bias }))
    }
}

impl Args {
    pub fn run(&self) -> anyhow::Result<()> {
        if let Some(Merge::Merge(merge)) = &self.command {
            return merge.run();
        }
        self.result.check()?;
        if self.block_elements.is_some() && self.result.output.is_some() && self.result.books.is_none() {
            bail!("counts of blocks make clustered books only: --block-elements needs --books K for a bank");
        }
        let files = TensorArgs { files: self.tensors.files.clone(), select: self.tensors.select.clone() }.open()?;
        let first = files.iter().flat_map(|f| f.file.tensors()).find_map(|t| t.format);
        let unit = match self.block_elements {
            Some(elements) => Unit::Block(BlockUnit { elements, tracking: self.track.map(|t| t.0) }),
            None => Unit::Shard,
        };
        let options = CountOptions {
            map: self.map.unwrap_or_else(|| first.map_or(SymbolMap::Bytes, best_map)),
            unit,
            axis: self.shard_axis,
            shards: self.shards,
        };
        let bar = progress("counting", total_bytes(&files));
        let set = count_files(&files, &options, &|done| bar.set_position(done));
        bar.finish_and_clear();
        self.result.make(&set?)
    }
}

impl ResultArgs {
    /// Refuses what is there already, before any work.
    fn check(&self) -> anyhow::Result<()> {
        for path in self.output.iter().chain(&self.histograms_out) {
            if path.exists() && !self.force {
                bail!("{}: exists already; --force replaces it", path.display());
            }
        }
        groups(&self.groups)?;
        Ok(())
    }

    /// Writes what was asked for, and reports.
    fn make(&self, set: &HistogramSet) -> anyhow::Result<()> {
        if let Some(path) = &self.histograms_out {
            set.save(path).with_context(|| format!("cannot write {}", path.display()))?;
        }
        let Some(output) = &self.output else { return report::counted(self, set) };
        let (rules, name) = (groups(&self.groups)?, self.name.clone().unwrap_or_else(|| bank_name(output)));
        let options = self.build.options();
        let (made, shares) = match self.books {
            Some(books) => {
                let rule = |name: &str, glob: &Option<String>| {
                    glob.as_ref().map(|glob| GroupRule::new(name, std::slice::from_ref(glob))).transpose()
                };
                let cover = rule("cover", &self.cover)?;
                let first = FirstBook {
                    average: rule("average", &self.average)?,
                    cover: cover.map(|tensors| Cover { tensors, percent: self.cover_share }),
                };
                let (made, clusters) = set.bank_of_clusters(&name, &rules, &first, books.into(), &options)?;
                (made, Some(clusters.shares))
            }
            None => (set.bank_of_groups(&name, &rules, &options)?, None),
        };
        made.file.save(output).with_context(|| format!("cannot write {}", output.display()))?;
        report::made(self, output, set, &made, shares.as_deref())
    }
}

/// A name for a bank: the file's, with what no name may have left out.
fn bank_name(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let allowed = |c: &char| c.is_ascii_alphanumeric() || "._+-".contains(*c);
    let name: String = stem.chars().filter(allowed).take(huffwire::codebook::MAX_NAME).collect();
    if name.is_empty() {
        "bank".into()
    } else {
        name
    }
}

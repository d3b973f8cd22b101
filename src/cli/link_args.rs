//! Arguments for a link and what is sent over it.

use super::input::{load_bank, SelectArgs, UNIVERSAL};
use super::parameters::best_map;
use anyhow::{bail, Context};
use clap::Args;
use globset::Glob;
use huffwire::codebook::{universal_for, BankFile};
use huffwire::format::Format;
use huffwire::link::pool::Source;
use huffwire::link::{preset, Config, Preset, Setup};
use huffwire::reproduce::input::pack;
use huffwire::tensor::{InputFile, OpenOptions};
use std::path::PathBuf;

/// Bytes that are read of each tensor at most, spread over its shards would be too slow: its beginning.
const MOST_TENSOR_BYTES: usize = 8 << 20;

/// A link, its messages, and the tensors that they are cut from.
#[derive(Args, Debug)]
#[command(next_help_heading = "Link")]
pub struct LinkArgs {
    /// Tensor files: .safetensors, .npy, anything else is raw (needs --dtype); the bf16 tensors that come with the program
    /// unless given
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Bank file, or 'universal' for the bank that comes with the program for the tensors' format
    #[arg(long, value_name = "BANK", default_value = UNIVERSAL)]
    bank: PathBuf,
    /// Link to begin with, one of --list
    #[arg(long, value_name = "NAME", default_value = "ucie-x64-32")]
    preset: String,
    /// TOML file in place of a preset
    #[arg(long, value_name = "FILE", conflicts_with = "preset")]
    preset_file: Option<PathBuf>,
    /// Set a key, such as link.lanes=32; repeat for more
    #[arg(long = "set", value_name = "KEY=VALUE")]
    keys: Vec<String>,
    /// Bytes of a message, or sizes with weights: 4096:1,65536:3
    #[arg(long, value_name = "BYTES[:WEIGHT],...")]
    message: Option<String>,
    /// When messages come, under the loads: back-to-back, poisson, burst
    #[arg(long, value_name = "PATTERN")]
    arrival: Option<String>,
    /// Loads, fractions of what the link carries without compression
    #[arg(long, value_name = "LOAD,...")]
    loads: Option<String>,
    /// Compress no message that is faster without
    #[arg(long)]
    adaptive: bool,
    /// Clocks of the adapter in each run
    #[arg(long, value_name = "N")]
    clocks: Option<u64>,
    /// Seed of arrivals, choice of messages and bit errors
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Share of the messages for tensors that match a glob; by their size unless given
    #[arg(long, value_name = "GLOB=WEIGHT")]
    mix: Vec<String>,
    // A group with a heading of its own comes last: the heading holds for all that follows.
    #[command(flatten)]
    pub select: SelectArgs,
}

impl LinkArgs {
    /// The preset, from its name or file.
    pub fn preset(&self) -> anyhow::Result<Preset> {
        Ok(match &self.preset_file {
            Some(path) => Preset::load(path)?,
            None => preset(&self.preset)?.clone(),
        })
    }

    /// Sets what the arguments say.
    pub fn set(&self, config: &mut Config) -> anyhow::Result<()> {
        let mut set = |key: &str, value: &str| config.set(key, value);
        if let Some(sizes) = &self.message {
            set("traffic.sizes", &sizes_as_toml(sizes)?)?;
        }
        if let Some(arrival) = &self.arrival {
            set("traffic.arrival", arrival)?;
        }
        if let Some(loads) = &self.loads {
            let wrong = |load: &str| format!("--loads '{load}': expected numbers, with commas between them");
            let number = |l: &str| l.trim().parse::<f64>().ok().with_context(|| wrong(l));
            let loads = loads.split(',').map(number).collect::<anyhow::Result<Vec<_>>>()?;
            set("traffic.loads", &format!("{loads:?}"))?;
        }
        if self.adaptive {
            set("codec.mode", "adaptive")?;
        }
        if let Some(clocks) = self.clocks {
            set("run.clocks", &clocks.to_string())?;
        }
        if let Some(seed) = self.seed {
            set("run.seed", &seed.to_string())?;
        }
        for text in &self.keys {
            let (key, value) = text.split_once('=').with_context(|| format!("--set '{text}': expected KEY=VALUE"))?;
            set(key.trim(), value.trim())?;
        }
        Ok(())
    }

    /// The files, or those tensors that come with the program.
    pub fn open(&self) -> anyhow::Result<Vec<InputFile>> {
        let options = self.select.options();
        Ok(match self.files.is_empty() {
            false => InputFile::open_all(&self.files, &options)?,
            // Of the tensors that come with the program those of one format.
            true if options.select.is_empty() => {
                vec![pack(&OpenOptions { select: vec!["*.bf16".into()], ..options })?]
            }
            true => vec![pack(&options)?],
        })
    }

    /// Tensors and bank.
    pub fn setup(&self, files: &[InputFile]) -> anyhow::Result<Setup> {
        let tensors = || files.iter().flat_map(|f| f.file.tensors().iter().map(move |t| (&f.file, t)));
        let Some((_, first)) = tensors().next() else { bail!("no tensor in the files given") };
        let format = first.require_format()?;
        let weights = self.weights()?;
        let mut sources = Vec::new();
        let mut matched = vec![false; weights.len()];
        for (file, tensor) in tensors() {
            if tensor.require_format()? != format {
                let (a, b, other) = (&first.name, &tensor.name, tensor.require_format()?);
                bail!(
                    "tensor '{a}' is {format}, tensor '{b}' {other}: a link carries one format; select with --tensors"
                );
            }
            let bytes = file.bytes(tensor)?;
            let bytes = &bytes[..bytes.len().min(MOST_TENSOR_BYTES)];
            let weight = match weights.iter().position(|(glob, _)| glob.is_match(&tensor.name)) {
                Some(i) => {
                    matched[i] = true;
                    weights[i].1
                }
                None if weights.is_empty() => bytes.len() as f64,
                None => continue,
            };
            sources.push(Source { name: tensor.name.clone(), weight, bytes: bytes.into() });
        }
        if let Some(i) = matched.iter().position(|m| !m) {
            bail!("--mix '{}': no tensor matches", self.mix[i]);
        }
        Ok(Setup { format, bank: self.bank(format)?, sources })
    }

    fn weights(&self) -> anyhow::Result<Vec<(globset::GlobMatcher, f64)>> {
        let weight = |text: &String| {
            let wrong = || format!("--mix '{text}': expected GLOB=WEIGHT with a weight above 0, such as '*ffn*=3'");
            let (glob, weight) = text.rsplit_once('=').with_context(wrong)?;
            let weight = weight.parse().ok().filter(|w: &f64| *w > 0.0 && w.is_finite()).with_context(wrong)?;
            Ok((Glob::new(glob)?.compile_matcher(), weight))
        };
        self.mix.iter().map(weight).collect()
    }

    fn bank(&self, format: Format) -> anyhow::Result<BankFile> {
        if self.bank.as_os_str() == UNIVERSAL {
            let none = || format!("no bank for format {format} comes with the program: give one with --bank");
            return universal_for(format, best_map(format)).cloned().with_context(none);
        }
        load_bank(&self.bank)
    }
}

/// `4096:1,65536:3` as the value of `traffic.sizes`.
fn sizes_as_toml(text: &str) -> anyhow::Result<String> {
    let size = |text: &str| {
        let (bytes, weight) = text.split_once(':').unwrap_or((text, "1"));
        let wrong = || format!("--message '{text}': expected BYTES or BYTES:WEIGHT");
        let bytes: u64 = bytes.trim().parse().ok().with_context(wrong)?;
        let weight: f64 = weight.trim().parse().ok().with_context(wrong)?;
        Ok(format!("{{ bytes = {bytes}, weight = {weight:?} }}"))
    };
    let sizes = text.split(',').map(size).collect::<anyhow::Result<Vec<_>>>()?;
    Ok(format!("[{}]", sizes.join(", ")))
}

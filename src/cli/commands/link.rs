//! `huffwire link`.

mod show;

use crate::cli::input::{load_bank, SelectArgs, UNIVERSAL};
use crate::cli::output::{print, print_json, progress_steps};
use crate::cli::parameters::best_map;
use anyhow::{bail, Context};
use clap::ValueEnum;
use globset::Glob;
use huffwire::codebook::{universal_for, BankFile};
use huffwire::format::Format;
use huffwire::link::pool::Source;
use huffwire::link::report::Axis;
use huffwire::link::{preset, presets, Config, Engine, ModelEngine, Preset, Setup, Sweep};
use huffwire::reproduce::input::pack;
use huffwire::tensor::{InputFile, OpenOptions};
use std::path::PathBuf;

/// Bytes that are read of each tensor at most, spread over its shards would be too slow: its beginning.
const MOST_TENSOR_BYTES: usize = 8 << 20;

/// Say what compression buys on a die-to-die link: bandwidth, latency, buffers
///
/// Clocks sender, encoders, adapter, lanes, adapter, decoders and receiver, with and without compression, and with the real
/// packets of real tensors. The cores are timing models that tests hold equal to the RTL clock for clock, or the RTL itself.
/// docs/link-model.md says what is modelled and what is not.
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
Examples:
  huffwire link
      the tensors that come with the program over UCIe x64 at 32 GT/s, messages of 64 KiB, loads from 10 to 100 %
  huffwire link model.safetensors --preset ucie-x16-32 --message 4096:1,262144:3
      own tensors; one message of 4 KiB to three of 256 KiB
  huffwire link --preset nvlink-c2c --set link.latency_ns=12 --set codec.clock_ghz=1.5 --json
  huffwire link --preset-file mylink.toml --adaptive --arrival burst
  huffwire link --sweep codec.lanes=4,8,16 --sweep link.lanes=16,32,64 --sweep codec.book=block,packet
      a sweep: every combination, one row each
  huffwire link --mix '*ffn1*=3' --mix '*w_*=1'
      tensors by weight
  huffwire link --list
      presets with the sources of their numbers; --show prints one as TOML, to begin a file of one's own

Keys for --set and --sweep are those of --show-config: link.*, flit.*, adapter.*, codec.*, traffic.*, run.*.

Columns: 'gain' is effective bandwidth over that without compression, messages back to back, and 'closed form' what arithmetic
says of it; 'load' is a fraction of what the link carries without compression; 'added' is the latency with compression less that
without, quantile by quantile.

JSON keys: version, program, title, sources[], engine, input, axes[], points[] (settings, config, derived, traffic, saturated,
loads[], break_even, errors[], depths[]); the library's documentation of link::report has each with its unit.")]
pub struct Args {
    /// Tensor files: .safetensors, .npy, anything else is raw (needs --dtype); the bf16 tensors that come with the program
    /// unless given
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
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
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Go over values of a key, such as codec.lanes=4,8,16; repeat for every combination
    #[arg(long, value_name = "KEY=VALUE,...")]
    sweep: Vec<String>,
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
    /// What clocks the codec: its timing model, or the RTL itself (Verilated; slow)
    #[arg(long, value_enum, default_value_t = Codec::Model)]
    codec: Codec,
    /// Share of the messages for tensors that match a glob; by their size unless given
    #[arg(long, value_name = "GLOB=WEIGHT")]
    mix: Vec<String>,
    /// List the presets and where their numbers come from
    #[arg(long)]
    list: bool,
    /// Print the preset as TOML
    #[arg(long)]
    show: bool,
    /// Print every key with its value
    #[arg(long)]
    show_config: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    // Groups with a heading of their own come last: the heading holds for all that follows.
    #[command(flatten)]
    select: SelectArgs,
}

/// What clocks the codec.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Codec {
    /// The timing model.
    Model,
    /// The RTL as Verilog, under Verilator.
    Rtl,
}

impl Args {
    pub fn run(&self) -> anyhow::Result<()> {
        if self.list {
            return if self.json { print_json(&presets()) } else { print(&show::presets(presets())) };
        }
        let preset = self.preset()?;
        if self.show {
            return print(&toml::to_string_pretty(&preset)?);
        }
        let config = self.config(&preset)?;
        let sweep = Sweep::new(&config, self.axes()?)?;
        if self.show_config {
            return print(&toml::to_string_pretty(&config)?);
        }
        let engine = self.engine()?;
        let setup = self.setup()?;
        let bar = progress_steps("simulating");
        bar.set_length(sweep.runs());
        let report = sweep.run(&preset, &setup, engine.as_ref(), &|| bar.inc(1));
        bar.finish_and_clear();
        let report = report?;
        if self.json {
            return print_json(&report);
        }
        print(&show::report(&report))
    }

    fn preset(&self) -> anyhow::Result<Preset> {
        Ok(match &self.preset_file {
            Some(path) => Preset::load(path)?,
            None => preset(&self.preset)?.clone(),
        })
    }

    fn config(&self, preset: &Preset) -> anyhow::Result<Config> {
        let mut config = Config::new(preset);
        if self.codec == Codec::Rtl {
            // Thousands of times slower: one load, and nothing that is looked for.
            (config.run.clocks, config.run.warm_up_clocks) = (4000, 1000);
            (config.run.break_even, config.traffic.loads) = (false, vec![0.5]);
            config.run.bit_error_rates.clear();
        }
        let mut set = |key: &str, value: &str| config.set(key, value);
        if let Some(sizes) = &self.message {
            set("traffic.sizes", &sizes_as_toml(sizes)?)?;
        }
        if let Some(arrival) = &self.arrival {
            set("traffic.arrival", arrival)?;
        }
        if let Some(loads) = &self.loads {
            let floats = loads.split(',').map(|l| if l.contains('.') { l.into() } else { format!("{l}.0") });
            set("traffic.loads", &format!("[{}]", floats.collect::<Vec<_>>().join(",")))?;
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
        for text in &self.set {
            let (key, value) = text.split_once('=').with_context(|| format!("--set '{text}': expected KEY=VALUE"))?;
            set(key.trim(), value.trim())?;
        }
        Ok(config)
    }

    fn axes(&self) -> anyhow::Result<Vec<Axis>> {
        let axis = |text: &String| {
            let (key, values) =
                text.split_once('=').with_context(|| format!("--sweep '{text}': expected KEY=VALUE,..."))?;
            let values = values.split(',').map(|v| v.trim().to_string()).filter(|v| !v.is_empty());
            Ok(Axis { key: key.trim().into(), values: values.collect() })
        };
        self.sweep.iter().map(axis).collect()
    }

    #[cfg(feature = "rtl")]
    fn engine(&self) -> anyhow::Result<Box<dyn Engine>> {
        Ok(match self.codec {
            Codec::Model => Box::new(ModelEngine),
            Codec::Rtl => Box::new(huffwire::link::RtlEngine::verilator()),
        })
    }

    #[cfg(not(feature = "rtl"))]
    fn engine(&self) -> anyhow::Result<Box<dyn Engine>> {
        match self.codec {
            Codec::Model => Ok(Box::new(ModelEngine)),
            Codec::Rtl => bail!("--codec rtl: this program was built without the RTL (feature 'rtl')"),
        }
    }

    /// Tensors and bank.
    fn setup(&self) -> anyhow::Result<Setup> {
        let options = self.select.options();
        let files = match self.files.is_empty() {
            false => InputFile::open_all(&self.files, &options)?,
            // Of the tensors that come with the program those of one format.
            true if options.select.is_empty() => {
                vec![pack(&OpenOptions { select: vec!["*.bf16".into()], ..options })?]
            }
            true => vec![pack(&options)?],
        };
        let tensors = || files.iter().flat_map(|f| f.file.tensors().iter().map(move |t| (&f.file, t)));
        let Some((_, first)) = tensors().next() else { bail!("no tensor in the files given") };
        let format = first.require_format()?;
        let weights = self.weights()?;
        let mut sources = Vec::new();
        let mut matched = vec![false; weights.len()];
        for (file, tensor) in tensors() {
            if tensor.require_format()? != format {
                let (a, b, other) = (&first.name, &tensor.name, tensor.require_format()?);
                bail!("tensor '{a}' is {format}, tensor '{b}' {other}: a link carries one format; select with --tensors");
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

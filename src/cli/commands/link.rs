//! `huffwire link`.

mod show;

use crate::cli::link_args::LinkArgs;
use crate::cli::output::{note, print, print_json, progress_steps};
use anyhow::{bail, Context};
use clap::ValueEnum;
use huffwire::collectives::export::{export, ExportOptions};
use huffwire::collectives::{LinkFigures, Topology};
use huffwire::link::report::Axis;
use huffwire::link::{presets, Config, Engine, ModelEngine, Report, Sweep};
use huffwire::report::link::page;
use std::path::PathBuf;

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
  huffwire link --html link.html
      a page with plots, which needs no network
  huffwire link --export sims --topology ring:8 --topology mesh:4x4 --collective-bytes 16777216
      the measured link as input for ASTRA-sim, BookSim 2, RapidChiplet and gem5 Garnet
  huffwire link --list
      presets with the sources of their numbers; --show prints one as TOML, to begin a file of one's own

Keys for --set and --sweep are those of --show-config: link.*, flit.*, adapter.*, codec.*, traffic.*, run.*.

Columns: 'gain' is effective bandwidth over that without compression, messages back to back, and 'closed form' what arithmetic
says of it; 'load' is a fraction of what the link carries without compression; 'added' is the latency with compression less that
without, quantile by quantile.

JSON keys: version, program, title, sources[], engine, input, axes[], points[] (settings, config, derived, traffic, saturated,
loads[], break_even, errors[], depths[]); the library's documentation of link::report has each with its unit.")]
pub struct Args {
    /// Go over values of a key, such as codec.lanes=4,8,16; repeat for every combination
    #[arg(long, value_name = "KEY=VALUE,...")]
    sweep: Vec<String>,
    /// What clocks the codec: its timing model, or the RTL itself (Verilated; slow)
    #[arg(long, value_enum, default_value_t = Codec::Model)]
    codec: Codec,
    /// Write a page with plots, which needs no network
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write the measured link as input for network simulators into this folder (docs/collectives.md)
    #[arg(long, value_name = "DIR")]
    export: Option<PathBuf>,
    /// Dies of the export: ring:N or mesh:RxC; repeat for more; ring:8 and mesh:4x4 unless given
    #[arg(long, value_name = "TOPOLOGY", requires = "export")]
    topology: Vec<Topology>,
    /// Bytes of the export's collectives
    #[arg(long, value_name = "BYTES", requires = "export", default_value_t = ExportOptions::default().bytes)]
    collective_bytes: u64,
    /// Replace the page or the export of an earlier run
    #[arg(short, long)]
    force: bool,
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
    link: LinkArgs,
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
        let preset = self.link.preset()?;
        if self.show {
            return print(&toml::to_string_pretty(&preset)?);
        }
        let config = self.config(&preset)?;
        let sweep = Sweep::new(&config, self.axes()?)?;
        if self.show_config {
            return print(&toml::to_string_pretty(&config)?);
        }
        self.check_outputs(&config, sweep.points())?;
        let engine = self.engine()?;
        let setup = self.link.setup(&self.link.open()?)?;
        let bar = progress_steps("simulating");
        bar.set_length(sweep.runs());
        let report = sweep.run(&preset, &setup, engine.as_ref(), &|| bar.inc(1));
        bar.finish_and_clear();
        let report = report?;
        self.write(&report)?;
        if self.json {
            return print_json(&report);
        }
        print(&show::report(&report))
    }

    fn config(&self, preset: &huffwire::link::Preset) -> anyhow::Result<Config> {
        let mut config = Config::new(preset);
        if self.codec == Codec::Rtl {
            // Thousands of times slower: one load, and nothing that is looked for.
            (config.run.clocks, config.run.warm_up_clocks) = (4000, 1000);
            (config.run.break_even, config.traffic.loads) = (false, vec![0.5]);
            config.run.bit_error_rates.clear();
        }
        self.link.set(&mut config)?;
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

    /// Whether what is to be written can be, before anything is measured.
    fn check_outputs(&self, config: &Config, points: usize) -> anyhow::Result<()> {
        if let Some(path) = self.html.as_ref().filter(|p| p.exists() && !self.force) {
            bail!("{}: exists already; --force replaces it", path.display());
        }
        let Some(folder) = &self.export else { return Ok(()) };
        if points != 1 {
            bail!("--export takes one point, this is a sweep of {points}: leave --sweep out");
        }
        if !config.run.break_even {
            bail!("--export takes message sizes that run.break_even = false leaves unmeasured");
        }
        self.collectives().check()?;
        let has_files = folder.read_dir().is_ok_and(|mut files| files.next().is_some());
        if has_files && !self.force {
            bail!("{}: has files already; --force replaces those of the same names", folder.display());
        }
        Ok(())
    }

    /// What the export is of.
    fn collectives(&self) -> ExportOptions {
        ExportOptions::with(&self.topology, self.collective_bytes)
    }

    /// Writes page and export.
    fn write(&self, report: &Report) -> anyhow::Result<()> {
        if let Some(path) = &self.html {
            std::fs::write(path, page(report)).with_context(|| format!("cannot write {}", path.display()))?;
        }
        if let (Some(folder), Some(point)) = (&self.export, report.points.first()) {
            let files = export(&LinkFigures::measured(point)?, &self.collectives(), folder, self.force)?;
            if !self.json {
                note(&format!("{} files in {}; its README.md says how each simulator is started", files.len(), folder.display()));
            }
        }
        Ok(())
    }
}

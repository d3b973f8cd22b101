//! `huffwire simulate`.

mod packets;
mod show;

use crate::cli::input::{bank_of, load_bank, TensorArgs};
use crate::cli::output::{print, print_json, progress};
use crate::cli::parameters::{best_map, BookArg, BuildArgs, StreamArgs, Usual, RTL_LANES};
use anyhow::{bail, Context};
use huffwire::codebook::Bank;
use huffwire::cosim::StallPattern;
use huffwire::rtl::config::RtlConfig;
use huffwire::simulate::{Engine, LinkRate, SimulateOptions, Simulation, Stalling, StreamReport};
use huffwire::tensor::{InputFile, TensorInfo};
use huffwire::wire::Parameters;
use packets::Packets;
use serde::Serialize;
use std::path::PathBuf;

/// Run tensors through encoder RTL, link and decoder RTL, clock by clock
///
/// Every word on the link is compared with the reference codec's, every element that comes out with the one that went
/// in; a difference is an error that names packet and byte. Reports clocks, symbols a clock, latencies, stalls and bits.
#[derive(clap::Args, Debug)]
#[command(mut_arg("lanes", |arg| arg.default_value(RTL_LANES)), after_long_help = "\
Examples:
  huffwire simulate acts.safetensors --max-elements 100000
      a bank made from the tensors themselves, 4 lanes, a link as wide as the cores' port
  huffwire simulate acts.safetensors --bank universal --lanes 16
      the universal bank: exponents re-centred by a tracked bias, the best book of each block
  huffwire simulate acts.safetensors --bank bank.json --link 3 --stall random:0.2:7
      a narrower link, and pauses on all three streams
  huffwire simulate acts.safetensors --max-elements 2000 --vcd waves.vcd
      waveforms: waves.encoder.vcd and waves.decoder.vcd
  huffwire simulate acts.safetensors --engine verilator
      the Verilog instead of rust-hdl's simulation

Stall patterns: none, 1-in-N, random:P[:SEED], long[:GO[:PAUSE]].
Latencies are clocks from the first (last) beat of a packet taken to the first (last) beat of it offered.

JSON keys: engine, map, lanes, turns, packet_elements, link_words_per_clock, fingerprint, calibrated_on_input,
tensors[] (name, elements, cut_short, packets, symbols, plain_bits, link_bits, saved_percent, clocks, first_latency and
last_latency of both cores and the link (min, mean, max), encoder and decoder (clocks, symbols_per_clock,
steady_symbols_per_clock, first_latency and last_latency, source_refused, sink_stalled, sink_starved, simulated_clocks_per_second)).")]
pub struct Args {
    /// Bank file, or 'universal' for the bank that comes with the program; one book made from the tensors themselves (with the options under 'Codes') unless given
    #[arg(long, value_name = "BANK")]
    bank: Option<PathBuf>,
    /// Book of every packet: an id, a name, or 'best' for the one that codes the packet in the fewest bits
    #[arg(long, default_value = "best")]
    book: BookArg,
    /// Elements of a packet
    #[arg(long, default_value_t = 4096, value_name = "ELEMENTS")]
    packet: usize,
    /// Stop after this many elements of each tensor
    #[arg(long, value_name = "N")]
    max_elements: Option<u64>,
    /// What runs the cores: rust-hdl or verilator; unless given, Verilator for a million elements and more where it
    /// is installed, else rust-hdl
    #[arg(long)]
    engine: Option<Engine>,
    /// Mux words a clock that the link takes; those of the cores' link port unless given
    #[arg(long, value_name = "WORDS")]
    link: Option<LinkRate>,
    /// Pauses of all three streams: elements in, link, elements out
    #[arg(long, value_name = "PATTERN")]
    stall: Option<StallPattern>,
    /// Pauses of the elements into the encoder, in place of --stall
    #[arg(long, value_name = "PATTERN")]
    stall_source: Option<StallPattern>,
    /// Pauses of the link, in place of --stall
    #[arg(long, value_name = "PATTERN")]
    stall_link: Option<StallPattern>,
    /// Pauses of the elements out of the decoder, in place of --stall
    #[arg(long, value_name = "PATTERN")]
    stall_sink: Option<StallPattern>,
    /// Write waveforms; '.encoder' and '.decoder' are put before the extension
    #[arg(long, value_name = "FILE")]
    vcd: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    // Groups with a heading of their own come last: the heading holds for all that follows.
    #[command(flatten)]
    tensors: TensorArgs,
    #[command(flatten)]
    stream: StreamArgs,
    #[command(flatten)]
    build: BuildArgs,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Report {
    engine: &'static str,
    map: String,
    lanes: u32,
    turns: u32,
    packet_elements: usize,
    link_words_per_clock: f64,
    fingerprint: String,
    calibrated_on_input: bool,
    tensors: Vec<TensorReport>,
}

/// What became of one tensor.
#[derive(Serialize)]
struct TensorReport {
    name: String,
    elements: u64,
    cut_short: bool,
    #[serde(flatten)]
    stream: StreamReport,
}

impl Args {
    pub fn run(&self) -> anyhow::Result<()> {
        if self.packet == 0 {
            bail!("0 elements a packet: must be at least 1");
        }
        if self.max_elements == Some(0) {
            bail!("at most 0 elements: must be at least 1");
        }
        let files = self.tensors.open()?;
        let (parameters, bank) = self.bank(&files)?;
        let book = self.book.choice(&bank)?;
        let config = RtlConfig::new(parameters, bank)?;
        let engine = self.engine.unwrap_or_else(|| self.usual_engine(&files));
        let options = SimulateOptions {
            engine,
            stalls: self.stalls(),
            link: self.link,
            vcd: self.vcd.clone(),
        };
        let mut simulation = Simulation::new(&config, &options)?;
        let mut tensors = Vec::new();
        for InputFile { file, .. } in &files {
            for tensor in file.tensors() {
                let mut packets = Packets::new(file, tensor, self.packet, self.max_elements, &book)?;
                let bar = progress("simulating", packets.total_bytes());
                let run = simulation.run(&mut packets, &mut |done| bar.set_position(done));
                bar.finish_and_clear();
                let stream = run.with_context(|| format!("tensor '{}'", tensor.name))?;
                let cut_short = packets.cut_short();
                tensors.push(TensorReport { name: tensor.name.clone(), elements: packets.elements(), cut_short, stream });
            }
        }
        simulation.finish()?;
        let report = Report {
            engine: engine.name(),
            map: parameters.map.to_string(),
            lanes: parameters.lanes,
            turns: parameters.turns,
            packet_elements: self.packet,
            link_words_per_clock: self.link.map_or(config.link_words().into(), LinkRate::words_per_clock),
            fingerprint: format!("{:08x}", config.bank.fingerprint()),
            calibrated_on_input: self.bank.is_none(),
            tensors,
        };
        if self.json {
            return print_json(&report);
        }
        print(&show::text(&report))
    }

    /// Parameters, and the bank given or made.
    fn bank(&self, files: &[InputFile]) -> anyhow::Result<(Parameters, Bank)> {
        let tensors = || files.iter().flat_map(|f| f.file.tensors());
        let Some(first) = tensors().next() else { bail!("no tensor in the files given") };
        let format = first.require_format()?;
        if let Some(other) = tensors().find(|t| t.format != Some(format)) {
            let (a, b) = (&first.name, &other.name);
            let other = other.require_format()?;
            bail!("tensor '{a}' is {format}, tensor '{b}' {other}: the cores are made for one format; select with --tensors");
        }
        match &self.bank {
            Some(path) => {
                let file = load_bank(path)?;
                let usual = Usual::of(&file, &self.book).for_rtl();
                Ok((self.stream.parameters(format, file.bank.map(), usual)?, file.bank))
            }
            None => {
                let parameters = self.stream.parameters(format, best_map(format), Usual::default().for_rtl())?;
                Ok((parameters, bank_of(files, parameters.map, "simulate", &self.build)?.bank))
            }
        }
    }

    /// The engine for what there is to simulate; says so if it is not rust-hdl.
    fn usual_engine(&self, files: &[InputFile]) -> Engine {
        let of = |t: &TensorInfo| {
            let bytes = t.format.map_or(1, |f| f.element_bytes());
            (t.plain_bytes() / bytes) as u64
        };
        let tensors = files.iter().flat_map(|f| f.file.tensors());
        let elements = tensors.map(|t| of(t).min(self.max_elements.unwrap_or(u64::MAX))).sum();
        let engine = Engine::for_elements(elements);
        if engine != Engine::RustHdl {
            eprintln!("huffwire: {elements} elements: compiling the cores with Verilator (--engine rust-hdl does without)");
        }
        engine
    }

    fn stalls(&self) -> Stalling {
        let all = self.stall.unwrap_or(StallPattern::None);
        // The same seed three times would make the three pause together.
        let shifted = |by: u64| match all {
            StallPattern::Random { probability, seed } => StallPattern::Random { probability, seed: seed.wrapping_add(by) },
            pattern => pattern,
        };
        Stalling {
            source: self.stall_source.unwrap_or(all),
            link: self.stall_link.unwrap_or(shifted(1)),
            sink: self.stall_sink.unwrap_or(shifted(2)),
        }
    }
}

//! Draws the interfaces and the pipelines of both cores from their simulation.
//!
//! ```text
//! cargo run --release --example diagrams               writes docs/diagrams/*.svg
//! cargo run --release --example diagrams -- --check    fails where a file is not what the RTL does today
//! ```
//!
//! Nothing in a drawing is written by hand: the waves are the ports in every clock of a run, the pipelines the clocks in which
//! registers of each block change.

mod activity;
mod svg;
mod waves;

use huffwire::codebook::{universal, Bank};
use huffwire::codec::{BookChoice, Codec};
use huffwire::cosim::{Beat, StallPattern, StreamRun};
use huffwire::format::{Format, SymbolMap};
use huffwire::rtl::config::RtlConfig;
use huffwire::rtl::tops::{core, Side};
use huffwire::wire::{BookMode, Parameters, Tracking};
use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::sync::Arc;

/// A stream and packets to send.
struct Scene {
    config: RtlConfig,
    packets: Vec<Vec<u8>>,
}

impl Scene {
    /// Packets of `steps` steps each; the symbols are those of the first book with the shortest codewords.
    fn new(parameters: Parameters, bank: Bank, steps: &[usize]) -> Result<Self, Box<dyn Error>> {
        let code = &bank.books()[0].planes[0];
        let mut symbols: Vec<u8> = (0..=u8::MAX).collect();
        symbols.sort_by_key(|&symbol| code.cost(symbol));
        let config = RtlConfig::new(parameters, bank.clone())?;
        let layout = &config.layout;
        let mut count = 0usize;
        let mut element = || {
            // Short codewords mostly, none twice in a row.
            let symbol = u32::from(symbols[[0, 1, 3, 0, 2, 1, 5, 0, 8][count % 9]]);
            count += 1;
            let value = match layout.raw_bits {
                0 => symbol,
                raw => symbol << (raw - 1) | (count as u32 * 37) & ((1 << (raw - 1)) - 1),
            };
            value.to_le_bytes()[..layout.element_bytes()].to_vec()
        };
        let lanes = parameters.lanes as usize;
        let packets = steps.iter().map(|steps| (0..steps * lanes).flat_map(|_| element()).collect()).collect();
        Ok(Scene { config, packets })
    }

    /// Beats into a core.
    fn beats(&self, side: Side) -> Result<Vec<Beat>, Box<dyn Error>> {
        let codec = Codec::new(self.config.parameters, Arc::new(self.config.bank.clone()))?;
        let choice = match self.config.parameters.book_mode {
            BookMode::Block => BookChoice::Best,
            _ => BookChoice::Fixed(1),
        };
        let mut beats = Vec::new();
        for packet in &self.packets {
            let (bytes, width) = match side {
                Side::Encoder => {
                    (packet.clone(), self.config.parameters.lanes as usize * self.config.layout.element_bytes())
                }
                Side::Decoder => (codec.encode_packet(packet, &choice)?, 2 * self.config.link_words() as usize),
            };
            let count = bytes.len().div_ceil(width);
            let user = u128::from(side == Side::Encoder);
            beats.extend(
                bytes
                    .chunks(width)
                    .enumerate()
                    .map(|(i, c)| Beat::from_bytes(c).with_user(user).with_last(i + 1 == count)),
            );
        }
        // The decoder's input has no side-band.
        if side == Side::Decoder {
            beats = beats.into_iter().map(|b| b.with_user(0)).collect();
        }
        Ok(beats)
    }

    /// The ports of a core in every clock.
    fn waves(&self, side: Side, sink: StallPattern) -> Result<waves::Waves, Box<dyn Error>> {
        let mut device = core(&self.config, side)?;
        let mut waves = waves::Waves::of(device.as_ref());
        let run = StreamRun { sink, drain: 4, ..StreamRun::default() };
        run.run_with(device.as_mut(), &self.beats(side)?, &mut |device| {
            waves.sample(device);
            Ok(())
        })?;
        Ok(waves)
    }

    /// The clocks in which each block of a core works.
    fn activity(&self, side: Side) -> Result<activity::Activity, Box<dyn Error>> {
        let mut device = core(&self.config, side)?;
        let record = activity::Record::default();
        device.trace(Box::new(record.clone()), side.top())?;
        let run = StreamRun { drain: 16, ..StreamRun::default() };
        let beats = self.beats(side)?;
        let trace = run.run(device.as_mut(), &beats)?;
        drop(device);
        activity::Activity::read(&record, run.reset, &trace)
    }
}

/// One book of the universal bank under another map.
fn one_book(map: SymbolMap) -> Result<Bank, Box<dyn Error>> {
    Ok(Bank::new(map, universal().bank.books()[..1].to_vec())?)
}

/// All drawings by file name.
fn drawings() -> Result<BTreeMap<&'static str, String>, Box<dyn Error>> {
    let bytes = Parameters::plain(Format::Raw, SymbolMap::Bytes, 1);
    let two = Scene::new(bytes, one_book(SymbolMap::Bytes)?, &[12, 3])?;
    let short = Scene::new(bytes, one_book(SymbolMap::Bytes)?, &[8])?;
    let fields = Parameters::plain(Format::Bf16, SymbolMap::Fields, 1);
    let single = Scene::new(fields, one_book(SymbolMap::Fields)?, &[24])?;
    let tracking = Some(Tracking { delay: 1, window_log2: 1, initial_bias: None });
    let everything = Parameters { tracking, block_log2: Some(4), book_mode: BookMode::Block, lanes: 4, ..fields };
    let everything = Scene::new(everything, universal().bank.clone(), &[48])?;
    let none = StallPattern::None;
    let pauses = StallPattern::Random { probability: 0.6, seed: 5 };
    let mut files = BTreeMap::new();
    for (name, side, scene, stalls, title) in [
        ("encoder.svg", Side::Encoder, &two, none, "Encoder, 1 lane of bytes: packets of 12 and 3 elements"),
        ("decoder.svg", Side::Decoder, &two, none, "Decoder, 1 lane of bytes: packets of 12 and 3 elements"),
        (
            "encoder-stalled.svg",
            Side::Encoder,
            &short,
            pauses,
            "Encoder, 1 lane of bytes: the link takes a beat now and then",
        ),
        (
            "decoder-stalled.svg",
            Side::Decoder,
            &short,
            pauses,
            "Decoder, 1 lane of bytes: elements are taken now and then",
        ),
    ] {
        files.insert(name, scene.waves(side, stalls)?.svg(title));
    }
    for (name, side, scene, title) in [
        ("encoder-pipeline.svg", Side::Encoder, &single, "Encoder, 1 lane of bf16, one book: a packet of 24 steps"),
        ("decoder-pipeline.svg", Side::Decoder, &single, "Decoder, 1 lane of bf16, one book: a packet of 24 steps"),
        (
            "encoder-pipeline-all.svg",
            Side::Encoder,
            &everything,
            "Encoder, 4 lanes of bf16, tracked bias, best book of each block: a packet of 48 steps",
        ),
        (
            "decoder-pipeline-all.svg",
            Side::Decoder,
            &everything,
            "Decoder, 4 lanes of bf16, tracked bias, best book of each block: a packet of 48 steps",
        ),
    ] {
        files.insert(name, scene.activity(side)?.svg(title));
    }
    Ok(files)
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let check = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => false,
        ["--check"] => true,
        _ => return Err("usage: diagrams [--check]".into()),
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/diagrams");
    let mut stale = Vec::new();
    for (name, text) in drawings()? {
        let path = folder.join(name);
        if !check {
            std::fs::create_dir_all(&folder)?;
            std::fs::write(&path, text)?;
            println!("{}", path.display());
        } else if std::fs::read_to_string(&path).ok().as_deref() != Some(text.as_str()) {
            stale.push(name);
        }
    }
    match stale.is_empty() {
        true => Ok(()),
        false => Err(format!("not what the RTL does: {}; run the example without --check", stale.join(", ")).into()),
    }
}

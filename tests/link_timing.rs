//! The timing models of `link::timing` against the RTL, clock for clock: when each beat is taken and when each comes out, with
//! its size, under random stalls on both sides.

mod common;

use common::*;
use huffwire::codebook::universal;
use huffwire::codec::Codec;
use huffwire::cosim::{Beat, StallPattern};
use huffwire::format::{Format, SymbolMap};
use huffwire::link::timing::{Clocked, DecoderModel, EncoderModel, LinkBeat, PlainBeat, Profile, Shape, Stages};
use huffwire::rtl::config::RtlConfig;
use huffwire::rtl::tops::{core, Side};
use huffwire::wire::{BookMode, Parameters, Tracking};
use rand::prelude::*;
use std::sync::Arc;

/// Clocks in which beats were taken, and clock, bytes and end of each beat given.
#[derive(Debug, PartialEq)]
struct Trace {
    accepted: Vec<u64>,
    output: Vec<(u64, u32, bool)>,
}

/// Runs a model as `StreamRun` runs a device.
fn run_model<I: Copy, O>(
    beats: &[I],
    stalls: &(StallPattern, StallPattern),
    packets: usize,
    mut clock: impl FnMut(Option<I>, bool) -> Clocked<O>,
    size: impl Fn(&O) -> (u32, bool),
) -> Trace {
    let (mut source, mut sink) = (stalls.0.stalls(), stalls.1.stalls());
    let (mut trace, mut offering, mut ended, mut now) = (Trace { accepted: vec![], output: vec![] }, false, 0, 0u64);
    while ended < packets {
        assert!(now < 4_000_000, "the model hangs");
        let pause = source.step();
        offering |= !pause && trace.accepted.len() < beats.len();
        let offer = if offering { Some(beats[trace.accepted.len()]) } else { None };
        let ready = !sink.step();
        let clocked = clock(offer, ready);
        if clocked.accepted {
            trace.accepted.push(now);
            offering = false;
        }
        if let Some(beat) = clocked.offered.filter(|_| ready) {
            let (bytes, last) = size(&beat);
            trace.output.push((now, bytes, last));
            ended += usize::from(last);
        }
        now += 1;
    }
    trace
}

fn run_rtl(config: &RtlConfig, side: Side, beats: &[Beat], stalls: &(StallPattern, StallPattern)) -> Trace {
    let mut device = core(config, side).unwrap();
    let found = run(device.as_mut(), beats, stalls);
    let bytes = |beat: &Beat| beat.keep.unwrap_or(0).count_ones();
    Trace { accepted: found.accepted, output: found.output.iter().map(|(c, b)| (*c, bytes(b), b.last)).collect() }
}

fn assert_equal(model: &Trace, rtl: &Trace, what: &str) {
    for (i, (m, r)) in model.accepted.iter().zip(&rtl.accepted).enumerate() {
        assert_eq!(m, r, "{what}: clock in which beat {i} is taken, model and RTL");
    }
    for (i, (m, r)) in model.output.iter().zip(&rtl.output).enumerate() {
        assert_eq!(m, r, "{what}: (clock, bytes, last) of beat {i} out, model and RTL");
    }
    assert_eq!(model, rtl, "{what}");
}

const PATTERNS: [(&str, &str); 5] = [
    ("none", "none"),
    ("none", "1-in-4"),
    ("random:0.3:1", "random:0.4:2"),
    ("random:0.6:3", "random:0.05:4"),
    ("long:40:25", "long:23:131"),
];

/// Both cores, packets of at most so many steps, under these stalls.
fn check(config: &RtlConfig, packets: &[Packet], patterns: &[(&str, &str)]) {
    let codec: Codec = codec(config);
    let coded: Vec<_> = packets.iter().map(|p| codec.encode_words(&p.plain, &choice(config, p)).unwrap()).collect();
    let profiles: Vec<_> =
        packets.iter().zip(&coded).map(|(p, (_, report))| Profile::new(&codec, &p.plain, report).unwrap()).collect();
    let words: Vec<Vec<u8>> = coded.iter().map(|(words, _)| codec.words_to_bytes(words)).collect();
    let profiles = Arc::new(profiles);
    let shape = Shape::new(&config.parameters, &config.layout, config.bank.books().len());
    assert_eq!(shape.link_words, config.link_words());
    let steps: Vec<PlainBeat> = profiles
        .iter()
        .enumerate()
        .flat_map(|(packet, profile)| {
            let beats = profile.beats();
            (0..beats).map(move |step| PlainBeat { packet: packet as u32, step, last: step + 1 == beats })
        })
        .collect();
    let rows: Vec<LinkBeat> = words
        .iter()
        .enumerate()
        .flat_map(|(packet, bytes)| {
            let beats = bytes.len().div_ceil(shape.link_bytes() as usize);
            bytes.chunks(shape.link_bytes() as usize).enumerate().map(move |(i, chunk)| LinkBeat {
                packet: packet as u32,
                words: chunk.len() as u32 / 2,
                last: i + 1 == beats,
            })
        })
        .collect();
    let plain_bytes = |beat: &PlainBeat| {
        let plain = packets[beat.packet as usize].plain.len() - beat.step as usize * shape.step_bytes;
        (plain.min(shape.step_bytes) as u32, beat.last)
    };
    for &(source, sink) in patterns {
        let stalls = (source.parse().unwrap(), sink.parse().unwrap());
        let what = |side: Side| format!("{} {} source {source} sink {sink}", name(config), side.name());
        let mut encoder = EncoderModel::new(shape, &Stages::RTL, profiles.clone());
        let model = run_model(&steps, &stalls, packets.len(), |o, r| encoder.clock(o, r), |b| (2 * b.words, b.last));
        let rtl = run_rtl(config, Side::Encoder, &plain_beats(config, packets), &stalls);
        assert_equal(&model, &rtl, &what(Side::Encoder));
        let mut decoder = DecoderModel::new(shape, &Stages::RTL, profiles.clone());
        let model = run_model(&rows, &stalls, packets.len(), |o, r| decoder.clock(o, r), plain_bytes);
        let rtl = run_rtl(config, Side::Decoder, &link_beats(config, &words), &stalls);
        assert_equal(&model, &rtl, &what(Side::Decoder));
    }
}

/// The awkward packets that are no longer than this.
fn short(config: &RtlConfig, steps: usize) -> Vec<Packet> {
    let mut packets = packets(config, &mut seeded("link_timing"));
    packets.retain(|p| p.plain.len() <= steps * step_bytes(config));
    packets
}

#[test]
fn both_maps_with_one_and_four_lanes() {
    for config in configurations() {
        check(&config, &short(&config, 700), &PATTERNS);
    }
}

#[test]
fn other_formats_and_lanes() {
    for config in wide_configurations() {
        let steps = if config.parameters.lanes < 8 { 120 } else { 30 };
        check(&config, &short(&config, steps), &PATTERNS[1..4]);
    }
}

#[test]
fn tracked_bias_and_a_book_for_each_block() {
    for config in tracked_configurations().into_iter().chain(block_configurations()) {
        let steps = if config.parameters.lanes < 8 { 220 } else { 60 };
        check(&config, &short(&config, steps), &PATTERNS);
    }
}

/// bf16 numbers of normal distribution, as weights and activations are.
fn normal(rng: &mut StdRng, elements: usize) -> Vec<u8> {
    let scale = rng.random_range(-12.0..4.0f32).exp2();
    let mut draw = || (0..12).map(|_| rng.random::<f32>() - 0.5).sum::<f32>() * scale;
    (0..elements).flat_map(|_| half::bf16::from_f32(draw()).to_le_bytes()).collect()
}

fn universal_configuration(lanes: u32) -> RtlConfig {
    let parameters = Parameters {
        block_log2: Some(4),
        book_mode: BookMode::Block,
        tracking: Some(Tracking { delay: 1, window_log2: 1, initial_bias: Some(120) }),
        ..Parameters::plain(Format::Bf16, SymbolMap::Fields, lanes)
    };
    RtlConfig::new(parameters, universal().bank.clone()).unwrap()
}

#[test]
fn the_universal_bank_with_sixteen_lanes() {
    let config = universal_configuration(16);
    let mut rng = seeded("the_universal_bank_with_sixteen_lanes");
    let lengths = [4096, 1, 300, 17, 2048, 256, 255, 0, 1000];
    let packets: Vec<_> = lengths.iter().map(|&n| Packet { plain: normal(&mut rng, n), book: 1 }).collect();
    check(&config, &packets, &[PATTERNS[0], PATTERNS[2]]);
}

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

fn universal_configuration(lanes: u32, initial_bias: Option<u8>) -> RtlConfig {
    let parameters = Parameters {
        block_log2: Some(4),
        book_mode: BookMode::Block,
        tracking: Some(Tracking { delay: 1, window_log2: 1, initial_bias }),
        ..Parameters::plain(Format::Bf16, SymbolMap::Fields, lanes)
    };
    RtlConfig::new(parameters, universal().bank.clone()).unwrap()
}

#[test]
fn the_universal_bank_with_sixteen_lanes() {
    let config = universal_configuration(16, None);
    let mut rng = seeded("the_universal_bank_with_sixteen_lanes");
    let lengths = [4096, 1, 300, 17, 2048, 256, 255, 0, 1000];
    let packets: Vec<_> = lengths.iter().map(|&n| Packet { plain: normal(&mut rng, n), book: 1 }).collect();
    check(&config, &packets, &[PATTERNS[0], PATTERNS[2]]);
}

/// Both models of a configuration with packets of these lengths, under several stalls.
fn model_traces(config: &RtlConfig, lengths: &[usize], stages: &Stages) -> Vec<(Trace, Trace)> {
    let mut rng = seeded("model_traces");
    let packets: Vec<_> = lengths.iter().map(|&n| Packet { plain: normal(&mut rng, n), book: 1 }).collect();
    let codec = codec(config);
    let reports = packets.iter().map(|p| codec.encode_words(&p.plain, &choice(config, p)).unwrap().1);
    let profiles = packets.iter().zip(reports).map(|(p, report)| Profile::new(&codec, &p.plain, &report).unwrap());
    let profiles = Arc::new(profiles.collect::<Vec<_>>());
    let shape = Shape::new(&config.parameters, &config.layout, config.bank.books().len());
    let (mut steps, mut rows) = (Vec::new(), Vec::new());
    for (packet, profile) in profiles.iter().enumerate() {
        let (packet, beats) = (packet as u32, profile.beats());
        steps.extend((0..beats).map(|step| PlainBeat { packet, step, last: step + 1 == beats }));
        let beats = profile.words.div_ceil(shape.link_words);
        rows.extend((0..beats).map(|row| LinkBeat {
            packet,
            words: (profile.words - row * shape.link_words).min(shape.link_words),
            last: row + 1 == beats,
        }));
    }
    let stalls =
        ["none", "random:0.7:5", "1-in-2", "long:200:300"].map(|sink| (StallPattern::None, sink.parse().unwrap()));
    let both = |stalls: &(StallPattern, StallPattern)| {
        let mut encoder = EncoderModel::new(shape, stages, profiles.clone());
        let e = run_model(&steps, stalls, packets.len(), |o, r| encoder.clock(o, r), |b| (b.words, b.last));
        let mut decoder = DecoderModel::new(shape, stages, profiles.clone());
        let d = run_model(&rows, stalls, packets.len(), |o, r| decoder.clock(o, r), |b| (b.step, b.last));
        (e, d)
    };
    stalls.iter().map(both).collect()
}

#[test]
fn a_clock_more_in_any_stage_shows() {
    // What the equality above is worth: it sees every figure of `Stages` in one configuration or the other.
    let mut rng = seeded("a_clock_more_in_any_stage_shows");
    let plain =
        |rng: &mut StdRng, lanes| configuration(rng, Parameters::plain(Format::Bf16, SymbolMap::Fields, lanes), 1);
    let universal = [Some(120), None].map(|bias| universal_configuration(4, bias));
    let [fixed, biased] = universal;
    let configs = [fixed, biased, plain(&mut rng, 1), plain(&mut rng, 4)];
    let lengths: Vec<usize> = [0, 3000, 64, 3, 250, 1, 5, 4, 77].into_iter().chain([1; 40]).chain([17; 10]).collect();
    let traces = |stages: &Stages| configs.iter().map(|c| model_traces(c, &lengths, stages)).collect::<Vec<_>>();
    let rtl = traces(&Stages::RTL);
    type Change = fn(&mut Stages);
    let changes: [(&str, Change); 29] = [
        ("bias_beats", |s| s.bias_beats.slack += 1),
        ("biases", |s| s.biases.slack += 1),
        ("bias", |s| s.bias += 1),
        ("ahead_split", |s| s.ahead_split += 1),
        ("ahead_steps", |s| s.ahead_steps.slack += 1),
        ("ahead_ids", |s| s.ahead_ids.slack += 1),
        ("costs_sum", |s| s.costs_sum += 1),
        ("costs_pick", |s| s.costs_pick += 1),
        // A clock less: with one more a block would come into the costs before the one that waits has left them.
        ("costs_lead", |s| s.costs_lead -= 1),
        ("count_held", |s| s.count_held += 1),
        ("lane_pack", |s| s.lane_pack += 1),
        ("raw_pack", |s| s.raw_pack += 1),
        ("step", |s| s.step += 1),
        // The CRC is there some clocks before the packet's last words, even of a packet without any.
        ("check", |s| s.check += 4),
        ("steps", |s| s.steps.slack += 1),
        ("closing", |s| s.closing += 1),
        ("group", |s| s.group += 1),
        ("places", |s| s.places += 1),
        ("router_bits", |s| s.router_bits += 1),
        ("beats", |s| s.beats.slack += 1),
        ("bank", |s| s.bank.slack += 1),
        ("tags", |s| s.tags.slack += 1),
        ("tag", |s| s.tag += 1),
        ("settle", |s| s.settle += 1),
        ("token", |s| s.token += 1),
        ("verify", |s| s.verify += 1),
        ("weigh", |s| s.weigh += 1),
        ("judge", |s| s.judge += 1),
        ("output", |s| s.output.slack += 1),
    ];
    let unseen = changes.into_iter().filter(|(_, change)| {
        let mut stages = Stages::RTL;
        change(&mut stages);
        traces(&stages) == rtl
    });
    let unseen: Vec<_> = unseen.map(|(name, _)| name).collect();
    assert!(unseen.is_empty(), "nothing changes with {unseen:?}");
}

#[test]
fn an_idle_encoder_may_be_left_alone() {
    // Now and then a packet, so that the encoder is idle between some: one that is clocked all the time, one only if it is not
    // idle or has a beat.
    let mut rng = seeded("an_idle_encoder_may_be_left_alone");
    let plain = configuration(&mut rng, Parameters::plain(Format::Bf16, SymbolMap::Fields, 4), 1);
    for config in [universal_configuration(4, None), plain] {
        let lengths: Vec<usize> = (0..60).map(|_| rng.random_range(0..200)).collect();
        let packets: Vec<_> = lengths.iter().map(|&n| Packet { plain: normal(&mut rng, n), book: 1 }).collect();
        let codec = codec(&config);
        let profile = |p: &Packet| {
            let report = codec.encode_words(&p.plain, &choice(&config, p)).unwrap().1;
            Profile::new(&codec, &p.plain, &report).unwrap()
        };
        let profiles = Arc::new(packets.iter().map(profile).collect::<Vec<_>>());
        let shape = Shape::new(&config.parameters, &config.layout, config.bank.books().len());
        let mut always = EncoderModel::new(shape, &Stages::RTL, profiles.clone());
        let mut sometimes = always.clone();
        let (mut packet, mut step, mut wait, mut ended, mut left_alone) = (0, 0, 0, 0, 0);
        for now in 0.. {
            assert!(now < 100_000, "the model hangs");
            let beats = profiles.get(packet).map_or(0, Profile::beats);
            let beat = PlainBeat { packet: packet as u32, step, last: step + 1 == beats };
            let offer = Some(beat).filter(|_| wait == 0 && packet < profiles.len());
            wait -= i32::from(wait > 0);
            let ready = rng.random_bool(0.8);
            let clocked = always.clock(offer, ready);
            if sometimes.is_idle() && offer.is_none() {
                left_alone += 1;
                assert_eq!(clocked, Clocked { accepted: false, offered: None }, "clock {now}");
            } else {
                assert_eq!(clocked, sometimes.clock(offer, ready), "clock {now}");
            }
            if clocked.accepted {
                step += 1;
                if step == beats {
                    (packet, step, wait) = (packet + 1, 0, *[0, 0, 40, 300].choose(&mut rng).unwrap());
                }
            }
            ended += usize::from(ready && clocked.offered.is_some_and(|b| b.last));
            if ended == profiles.len() && always.is_idle() {
                break;
            }
        }
        assert!(left_alone > 1000, "{left_alone} clocks without");
    }
}

#[test]
fn the_model_takes_the_streams_that_the_rtl_takes() {
    use huffwire::link::setup::supported;
    let mut both = [0, 0];
    for format in Format::ALL {
        for map in SymbolMap::ALL {
            for lanes in [1, 2, 4, 8, 16, 32, 64] {
                let parameters = Parameters::plain(format, map, lanes);
                let Ok(layout) = parameters.check() else { continue };
                let plane = || huffwire::codebook::PlaneCode::raw(layout.symbol_bits).unwrap();
                let planes = (0..layout.symbols).map(|_| plane()).collect();
                let book = huffwire::codebook::Book { name: "flat".into(), planes };
                let bank = huffwire::codebook::Bank::new(map, vec![book]).unwrap();
                let codec = Codec::new(parameters, Arc::new(bank.clone())).unwrap();
                let (model, rtl) = (supported(&codec).is_ok(), RtlConfig::new(parameters, bank).is_ok());
                assert_eq!(model, rtl, "{format} {map} x{lanes}");
                both[usize::from(rtl)] += 1;
            }
        }
    }
    assert!(both[0] > 3 && both[1] > 50, "{both:?}");
    let mut config = huffwire::link::Config::new(huffwire::link::preset("ucie-x16-16").unwrap());
    for prefill in 0..8 {
        config.codec.prefill = prefill;
        assert_eq!(config.check().is_ok(), huffwire::wire::PREFILLS.contains(&prefill), "prefill {prefill}");
    }
}

#[test]
fn the_rtl_in_the_loop_gives_what_the_model_gives() {
    use huffwire::link::pool::Source;
    use huffwire::link::sim::{Arrivals, Plan};
    use huffwire::link::{preset, Config, Engine, ModelEngine, RtlEngine, Setup};
    let mut rng = seeded("the_rtl_in_the_loop_gives_what_the_model_gives");
    let bytes: Vec<u8> = normal(&mut rng, 6000);
    let sources = vec![Source { name: "normal".into(), weight: 1.0, bytes: bytes.into() }];
    let setup = Setup { format: Format::Bf16, bank: universal().clone(), sources };
    let mut config = Config::new(preset("ucie-x16-16").unwrap());
    config.set("codec.lanes", "4").unwrap();
    config.set("codec.packet_elements", "700").unwrap();
    config.set("traffic.sizes", "[{bytes = 3000, weight = 1.0}, {bytes = 20, weight = 1.0}]").unwrap();
    (config.run.clocks, config.run.warm_up_clocks) = (6000, 500);
    let pool = setup.pool(&config, &config.traffic.sizes, 1).unwrap();
    for (arrivals, cores) in [(Arrivals::BackToBack, 2), (Arrivals::Random { mean: 4e8, burst: 2 }, 1)] {
        let run = |engine: &dyn Engine| {
            let bit_error_rate = 1e-5;
            let plan =
                Plan { config: &config, pool: &pool, engine, compress_from: Some(0), cores, arrivals, bit_error_rate };
            let mut outcome = plan.run().unwrap();
            // The RTL does not show its queues.
            outcome.queues.retain(|q| q.unit != "entries");
            outcome
        };
        let (model, rtl) = (run(&ModelEngine), run(&RtlEngine::rust_hdl()));
        assert_eq!(model, rtl);
        assert!(model.messages > 5, "{model:?}");
    }
}

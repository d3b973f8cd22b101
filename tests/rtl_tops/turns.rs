//! Both cores with lanes in turn, and with blocks of more than 16 steps.

use crate::clocks::{given, period, taken};
use crate::common::*;
use crate::cores::{self, Core, FREE};
use crate::{lints, reset};
use huffwire::codebook::universal;
use huffwire::format::{Format, SymbolMap};
use huffwire::rtl::config::RtlConfig;
use huffwire::rtl::tops::Side;
use huffwire::wire::{BookMode, Parameters, Tracking};
use rand::prelude::*;

fn in_turn(format: Format, map: SymbolMap, lanes: u32, prefill: u32) -> Parameters {
    Parameters { turns: 4, prefill, ..Parameters::plain(format, map, lanes) }
}

const BOTH: (&str, &str) = ("random:0.3:1", "random:0.4:2");
const SOURCE: (&str, &str) = ("long:40:25", "none");
const SINK: (&str, &str) = ("none", "long:23:31");

/// Packets of the usual lengths and of those that end in every turn of a step, full or not.
fn all_packets(config: &RtlConfig, rng: &mut StdRng, elements: usize) -> Vec<Packet> {
    let mut all = packets(config, rng);
    all.retain(|p| p.plain.len() <= elements * config.layout.element_bytes());
    let beat = config.geometry().lanes / config.layout.symbols as usize;
    for turns in 0..=9 {
        for less in [0, 1].into_iter().filter(|&less| less < beat.max(1) && turns * beat >= less) {
            let book = rng.random_range(0..=config.bank.books().len() as u8);
            let plain = (0..turns * beat - less).flat_map(|_| {
                let symbol = rng.random::<u8>() >> (8 - config.layout.symbol_bits);
                element(config, rng, symbol)
            });
            all.push(Packet { plain: plain.collect(), book });
        }
    }
    all.shuffle(rng);
    all
}

/// Both cores against the reference.
fn check(config: &RtlConfig, elements: usize, patterns: &[(&str, &str)]) {
    let mut rng = seeded("turns");
    let packets = all_packets(config, &mut rng, elements);
    cores::check(config, &packets, patterns);
}

#[test]
fn fields_in_turn() {
    let mut rng = seeded("fields_in_turn");
    for (lanes, prefill) in [(4, 4), (8, 5), (16, 4), (32, 4)] {
        let config = configuration(&mut rng, in_turn(Format::Bf16, SymbolMap::Fields, lanes, prefill), 3);
        let patterns: &[_] = if lanes < 16 { &[FREE, BOTH, SOURCE, SINK] } else { &[BOTH] };
        check(&config, 4000, patterns);
    }
}

#[test]
fn other_maps_and_formats_in_turn() {
    use Format::*;
    let mut rng = seeded("other_maps_and_formats_in_turn");
    let cases = [
        (Bf16, SymbolMap::Bytes, 8, 4),
        (Raw, SymbolMap::Bytes, 4, 5),
        (Bf16, SymbolMap::Planes, 8, 4),
        (Fp32, SymbolMap::Planes, 16, 5),
        (Fp32, SymbolMap::Fields, 8, 4),
        (Fp16, SymbolMap::Fields, 8, 4),
        // A turn has a part of a raw word, with bits over.
        (E4m3, SymbolMap::Fields, 4, 4),
        (E4m3, SymbolMap::Fields, 8, 5),
        (E5m2, SymbolMap::Fields, 4, 4),
        (E2m3, SymbolMap::Fields, 16, 4),
        (E5m2, SymbolMap::Fields, 32, 5),
    ];
    for (format, map, lanes, prefill) in cases {
        let config = configuration(&mut rng, in_turn(format, map, lanes, prefill), 3);
        check(&config, 1100, &[BOTH]);
    }
}

/// With the bank that comes with the program: a tracked bias and the best book of each block.
fn of_universal(lanes: u32, turns: u32, block_log2: u8, initial_bias: Option<u8>) -> RtlConfig {
    let tracking = Some(Tracking { delay: 1, window_log2: 1, initial_bias });
    let parameters = Parameters {
        turns,
        block_log2: Some(block_log2),
        book_mode: BookMode::Block,
        tracking,
        ..Parameters::plain(Format::Bf16, SymbolMap::Fields, lanes)
    };
    RtlConfig::new(parameters, universal().bank.clone()).unwrap()
}

#[test]
fn the_best_book_and_a_tracked_bias_in_turn() {
    for (lanes, block_log2, bias) in [(8, 5, None), (8, 4, Some(120)), (32, 4, None)] {
        check(&of_universal(lanes, 4, block_log2, bias), 4000, &[BOTH]);
    }
}

#[test]
fn blocks_of_many_steps() {
    long_block_configurations().iter().for_each(|config| check(config, 1100, &[BOTH]));
}

#[test]
fn a_reset_at_any_clock_in_turn() {
    let mut rng = seeded("a_reset_at_any_clock_in_turn");
    let fields = configuration(&mut rng, in_turn(Format::Bf16, SymbolMap::Fields, 8, 4), 3);
    for config in [fields, of_universal(8, 4, 4, None)] {
        let packets = all_packets(&config, &mut rng, 600);
        reset::check(&config, &packets, &mut rng);
    }
}

/// A packet of so many turns, its symbols such that the link takes no longer than the plain side.
fn cheap(config: &RtlConfig, rng: &mut StdRng, turns: usize) -> Packet {
    let code = &config.bank.book(1).unwrap().planes[0];
    let mut by_cost: Vec<u8> = (0..code.symbols()).map(|s| s as u8).collect();
    by_cost.sort_by_key(|&s| code.cost(s));
    let pool: Vec<u8> = by_cost.into_iter().take_while(|&s| code.cost(s) <= 5).collect();
    let elements = turns * config.geometry().lanes;
    let plain = (0..elements).flat_map(|_| {
        let symbol = *pool.choose(rng).unwrap();
        element(config, rng, symbol)
    });
    Packet { plain: plain.collect(), book: 1 }
}

#[test]
fn the_decoder_gives_a_turn_a_clock() {
    let mut rng = seeded("the_decoder_gives_a_turn_a_clock");
    // Idle clocks between packets of 200 turns, and clocks that a packet of one turn takes.
    let cases = [
        (configuration(&mut rng, in_turn(Format::Bf16, SymbolMap::Fields, 4, 4), 1), 72, 102),
        (configuration(&mut rng, in_turn(Format::Bf16, SymbolMap::Fields, 32, 4), 1), 60, 94),
        (configuration(&mut rng, in_turn(Format::Bf16, SymbolMap::Bytes, 16, 5), 1), 100, 111),
        (of_universal(32, 4, 4, None), 57, 94),
    ];
    let mut too_slow = Vec::new();
    for (config, long, single) in cases {
        let mut decoder = Core::new(&config, Side::Decoder);
        // Until the payload ends: the lanes hold the words of the last turns then.
        let turns = 3000;
        let geometry = config.geometry();
        let held = 16 * config.parameters.prefill as usize * geometry.turns;
        let slow = 3 * 16 * geometry.slots() / geometry.lanes;
        let one = given(&mut decoder, &[cheap(&config, &mut rng, turns)]);
        let last = turns - held - slow;
        let pauses = one[last] - one[0] - last as u64;
        let mut idle = |turns: usize, count: usize| {
            let packets: Vec<Packet> = (0..count).map(|_| cheap(&config, &mut rng, turns)).collect();
            period(&given(&mut decoder, &packets), count, count / 2) - turns as u64
        };
        let (idle, alone) = (idle(200, 40), idle(1, 80) + 1);
        let name = name(&config);
        println!("{name}: pauses {pauses}, idle {idle}, single {alone}");
        if pauses > 0 || idle > long || alone > single {
            too_slow.push(format!("{name}: pauses {pauses}, idle {idle}, single {alone}"));
        }
    }
    assert!(too_slow.is_empty(), "{too_slow:#?}");
}

#[test]
fn the_encoder_takes_a_turn_a_clock() {
    let mut rng = seeded("a_turn_a_clock");
    // Idle clocks between packets of 200 turns, and clocks that a packet of one turn takes.
    let cases = [
        (configuration(&mut rng, in_turn(Format::Bf16, SymbolMap::Fields, 16, 4), 1), 29, 31),
        (configuration(&mut rng, in_turn(Format::Bf16, SymbolMap::Fields, 32, 4), 1), 29, 31),
        (configuration(&mut rng, in_turn(Format::Bf16, SymbolMap::Fields, 16, 5), 1), 33, 35),
        (of_universal(32, 4, 4, None), 29, 45),
        (of_universal(16, 4, 5, None), 29, 45),
        (of_universal(16, 1, 6, None), 17, 45),
    ];
    let mut too_slow = Vec::new();
    for (config, long, single) in cases {
        let mut encoder = Core::new(&config, Side::Encoder);
        // The first turn is taken in the first clock, and none is waited for.
        let trace = encoder.encode(&[cheap(&config, &mut rng, 3000)], FREE);
        let (one, latency) = (trace.accepted, trace.output[0].0);
        let span = one[2999] - one[0] - 2999;
        let mut idle = |turns: usize, count: usize| {
            let packets: Vec<Packet> = (0..count).map(|_| cheap(&config, &mut rng, turns)).collect();
            // When the queue of turns is full.
            period(&taken(&mut encoder, &packets), count, count * 3 / 4) - turns as u64
        };
        let (idle, alone) = (idle(200, 60), idle(1, 80) + 1);
        let name = name(&config);
        println!("{name}: pauses {span}, first word after {} clocks, idle {idle}, single {alone}", latency - one[0]);
        if span > 0 || idle > long || alone > single {
            too_slow.push(format!("{name}: pauses {span}, idle {idle}, single {alone}"));
        }
    }
    assert!(too_slow.is_empty(), "{too_slow:#?}");
}

#[test]
fn the_verilog_in_turn_lints_without_a_warning() {
    let mut rng = seeded("the_verilog_in_turn_lints_without_a_warning");
    let fields = in_turn(Format::Bf16, SymbolMap::Fields, 8, 4);
    let small = in_turn(Format::E4m3, SymbolMap::Fields, 4, 5);
    for config in [configuration(&mut rng, fields, 3), configuration(&mut rng, small, 1), of_universal(8, 4, 5, None)] {
        lints::check(&config);
    }
}

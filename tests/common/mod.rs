//! What the RTL tests share: configurations, packets, and their way on and off the buses.

#![allow(dead_code)]

use huffwire::codebook::{Bank, Book, PlaneCode};
use huffwire::codec::{BookChoice, Codec};
use huffwire::cosim::{Beat, Device, RunTrace, StallPattern, StreamRun};
use huffwire::format::{Format, SymbolMap};
use huffwire::rtl::config::RtlConfig;
use huffwire::wire::{BookMode, Parameters, Tracking};
use rand::prelude::*;
use std::sync::Arc;

/// A packet on the plain side.
pub struct Packet {
    pub plain: Vec<u8>,
    pub book: u8,
}

/// A generator whose seed is printed and can be given by `HUFFWIRE_SEED`.
pub fn seeded(test: &str) -> StdRng {
    let seed = std::env::var("HUFFWIRE_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(20_261);
    eprintln!("{test}: HUFFWIRE_SEED={seed}");
    StdRng::seed_from_u64(seed)
}

/// A random complete code over symbols of so many bits: with an escape, without one, or flat.
pub fn random_code(rng: &mut StdRng, symbol_bits: u32, longest: u8) -> PlaneCode {
    // Split leaves until there are enough; what is not direct goes by the escape.
    let symbols = 1usize << symbol_bits;
    let escape = rng.random_bool(0.6);
    let direct = if escape { rng.random_range(1..symbols.min(40)) } else { symbols };
    let leaves = direct + usize::from(escape);
    let limit = if escape { longest - symbol_bits as u8 } else { longest };
    let direct_limit = longest;
    let mut lengths: Vec<u8> = vec![1, 1];
    while lengths.len() < leaves.max(2) {
        let i = rng.random_range(0..lengths.len());
        if lengths[i] < direct_limit {
            lengths[i] += 1;
            lengths.push(lengths[i]);
        }
    }
    let mut all: Vec<usize> = (0..symbols).collect();
    all.shuffle(rng);
    let mut table = vec![0u8; symbols];
    let mut escape_length = 0;
    if escape {
        let at = (0..lengths.len()).filter(|&i| lengths[i] <= limit).choose(rng).expect("a short leaf");
        escape_length = lengths.swap_remove(at);
    }
    for (s, l) in all.into_iter().zip(lengths) {
        table[s] = l;
    }
    PlaneCode::new(symbol_bits, table, escape_length).expect("a split tree is complete")
}

/// A configuration with random books.
pub fn configuration(rng: &mut StdRng, parameters: Parameters, books: usize) -> RtlConfig {
    let layout = parameters.check().unwrap();
    let room = parameters.codeword_room() as u8;
    let mut code = || (0..layout.symbols).map(|_| random_code(rng, layout.symbol_bits, room)).collect();
    let books = (0..books).map(|i| Book { name: format!("random {i}"), planes: code() }).collect();
    RtlConfig::new(parameters, Bank::new(parameters.map, books).unwrap()).unwrap()
}

/// Configurations: both maps, 1 and 4 lanes, with 1, 3 and 15 books.
pub fn configurations() -> Vec<RtlConfig> {
    let mut rng = seeded("configurations");
    let mut all = Vec::new();
    for map in [SymbolMap::Bytes, SymbolMap::Fields] {
        for lanes in [1, 4] {
            for books in [1, 3, 15] {
                all.push(configuration(&mut rng, Parameters::plain(Format::Bf16, map, lanes), books));
            }
        }
    }
    all
}

/// Configurations with a tracked exponent bias.
pub fn tracked_configurations() -> Vec<RtlConfig> {
    let mut rng = seeded("tracked_configurations");
    let cases = [
        (Format::Bf16, 4, 2, 1, 1, Some(127)),
        (Format::Bf16, 16, 4, 1, 1, None),
        (Format::E5m2, 2, 3, 2, 2, None),
        (Format::Bf16, 1, 6, 1, 0, Some(120)),
    ];
    let mut one = |(format, lanes, block, delay, window_log2, initial_bias)| {
        let tracking = Some(Tracking { delay, window_log2, initial_bias });
        let plain = Parameters::plain(format, SymbolMap::Fields, lanes);
        configuration(&mut rng, Parameters { block_log2: Some(block), tracking, ..plain }, 3)
    };
    cases.into_iter().map(&mut one).collect()
}

/// Configurations with a book for each block of 16 steps, with and without a tracked exponent bias.
pub fn block_configurations() -> Vec<RtlConfig> {
    let mut rng = seeded("block_configurations");
    let tracking = |initial_bias| Some(Tracking { delay: 1, window_log2: 1, initial_bias });
    let cases = [
        (SymbolMap::Bytes, 2, 5, None, 3),
        (SymbolMap::Fields, 4, 3, tracking(None), 3),
        (SymbolMap::Fields, 8, 4, None, 3),
        (SymbolMap::Fields, 16, 3, tracking(Some(127)), 15),
    ];
    let mut one = |(map, lanes, prefill, tracking, books)| {
        let plain = Parameters::plain(Format::Bf16, map, lanes);
        let blocks = Parameters { book_mode: BookMode::Block, block_log2: Some(4), tracking, prefill, ..plain };
        configuration(&mut rng, blocks, books)
    };
    cases.into_iter().map(&mut one).collect()
}

/// The same with longer blocks, with lanes in turn, and with both.
pub fn long_block_configurations() -> Vec<RtlConfig> {
    let mut rng = seeded("long_block_configurations");
    let tracking = Some(Tracking { delay: 1, window_log2: 1, initial_bias: None });
    let cases = [
        (2, 1, 5, tracking, 15),
        (4, 1, 6, None, 3),
        (1, 1, 8, None, 3),
        (8, 4, 4, tracking, 15),
        (4, 4, 5, None, 3),
        (16, 4, 6, None, 3),
    ];
    let mut one = |(lanes, turns, block_log2, tracking, books)| {
        let plain = Parameters::plain(Format::Bf16, SymbolMap::Fields, lanes);
        let blocks = Parameters { book_mode: BookMode::Block, block_log2: Some(block_log2), turns, tracking, ..plain };
        configuration(&mut rng, blocks, books)
    };
    cases.into_iter().map(&mut one).collect()
}

/// How the encoder core comes by a packet's books.
pub fn choice(config: &RtlConfig, packet: &Packet) -> BookChoice {
    match config.parameters.book_mode {
        BookMode::Block => BookChoice::Best,
        _ => BookChoice::Fixed(packet.book),
    }
}

/// Configurations beyond those: other lane counts and formats; steps of more and of fewer raw bits than a mux word has.
pub fn wide_configurations() -> Vec<RtlConfig> {
    use Format::*;
    let mut rng = seeded("wide_configurations");
    let fields = [(Bf16, 16, 4), (Fp16, 2, 5), (Fp16, 8, 3), (Fp32, 1, 4), (E5m2, 8, 5), (E2m3, 2, 3)];
    let bytes = [(E3m2, 4, 4), (Raw, 64, 3)];
    let one = |map, (format, lanes, prefill)| Parameters { prefill, ..Parameters::plain(format, map, lanes) };
    let of = |map, kinds: &[(Format, u32, u32)]| kinds.iter().map(|&kind| one(map, kind)).collect::<Vec<_>>();
    let planes = [(Bf16, 2, 3), (Fp32, 8, 5)];
    [of(SymbolMap::Fields, &fields), of(SymbolMap::Bytes, &bytes), of(SymbolMap::Planes, &planes)]
        .concat()
        .into_iter()
        .map(|parameters| configuration(&mut rng, parameters, 3))
        .collect()
}

pub fn name(config: &RtlConfig) -> String {
    let p = config.parameters;
    let blocks = if p.book_mode == BookMode::Block { " chosen" } else { "" };
    let tracked = if p.tracking.is_some() { " tracked" } else { "" };
    let books = config.bank.books().len();
    let turns = if p.turns > 1 { format!(" in {} turns", p.turns) } else { String::new() };
    format!("{} {} x{}{turns} prefill {} {books} books{blocks}{tracked}", p.format, p.map, p.lanes, p.prefill)
}

pub fn codec(config: &RtlConfig) -> Codec {
    Codec::new(config.parameters, Arc::new(config.bank.clone())).unwrap()
}

/// What the reference makes of these packets, with the books that the encoder core would take.
pub fn reference(config: &RtlConfig, packets: &[Packet]) -> Vec<Vec<u8>> {
    let codec = codec(config);
    packets.iter().map(|p| codec.encode_packet(&p.plain, &choice(config, p)).unwrap()).collect()
}

/// Bytes of one step on the plain side.
pub fn step_bytes(config: &RtlConfig) -> usize {
    config.geometry().plain_bytes()
}

/// An element with this symbol and random raw bits, in its memory bytes.
pub fn element(config: &RtlConfig, rng: &mut StdRng, symbol: u8) -> Vec<u8> {
    let layout = &config.layout;
    if layout.symbols > 1 {
        return (0..layout.symbols).map(|plane| if plane == 0 { symbol } else { rng.random() }).collect();
    }
    let raw = if layout.raw_bits == 0 { 0 } else { rng.random::<u32>() >> (32 - layout.raw_bits) };
    let mantissa_bits = layout.raw_bits.saturating_sub(1);
    let (sign, mantissa) = (raw >> mantissa_bits, raw & ((1 << mantissa_bits) - 1));
    let element = match layout.raw_bits {
        0 => symbol.into(),
        _ => sign << (layout.element_bits - 1) | u32::from(symbol) << mantissa_bits | mantissa,
    };
    element.to_le_bytes()[..layout.element_bytes()].to_vec()
}

/// Packets of every awkward length, for every book, with data that suits the book and data that does not.
pub fn packets(config: &RtlConfig, rng: &mut StdRng) -> Vec<Packet> {
    let lanes = config.parameters.lanes as usize;
    let mut lengths = vec![0, 1, 2, lanes.saturating_sub(1), lanes, lanes + 1, 2 * lanes, 63, 64, 65, 200, 1000];
    lengths.extend((0..6).map(|_| rng.random_range(0..600)));
    lengths.shuffle(rng);
    let books = config.bank.books().len();
    lengths
        .iter()
        .enumerate()
        .map(|(i, &n)| {
            let book = (i % (books + 1)) as u8;
            let code = &config.bank.book(book).unwrap().planes[0];
            // Cheap symbols, dear ones, or anything.
            let mut by_cost: Vec<u8> = (0..code.symbols()).map(|s| s as u8).collect();
            by_cost.sort_by_key(|&s| code.cost(s));
            let pool: Vec<u8> = match i % 3 {
                0 => by_cost[..4].to_vec(),
                1 => by_cost[by_cost.len() - 4..].to_vec(),
                _ => by_cost,
            };
            let symbols: Vec<u8> = (0..n).map(|_| *pool.choose(rng).unwrap()).collect();
            let plain = symbols.into_iter().flat_map(|s| element(config, rng, s));
            Packet { plain: plain.collect(), book }
        })
        .collect()
}

fn keep(bytes: usize) -> u128 {
    if bytes >= 128 {
        u128::MAX
    } else {
        (1 << bytes) - 1
    }
}

fn beats(bytes: &[u8], width: usize, user: u128) -> Vec<Beat> {
    if bytes.is_empty() {
        return vec![Beat::new(0).with_keep(0).with_user(user).with_last(true)];
    }
    let count = bytes.len().div_ceil(width);
    bytes
        .chunks(width)
        .enumerate()
        .map(|(i, chunk)| {
            let mut padded = chunk.to_vec();
            padded.resize(width, 0xA5);
            Beat::from_bytes(&padded).with_keep(keep(chunk.len())).with_user(user).with_last(i + 1 == count)
        })
        .collect()
}

pub fn plain_beats(config: &RtlConfig, packets: &[Packet]) -> Vec<Beat> {
    packets.iter().flat_map(|p| beats(&p.plain, step_bytes(config), p.book.into())).collect()
}

pub fn link_beats(config: &RtlConfig, packets: &[Vec<u8>]) -> Vec<Beat> {
    packets.iter().flat_map(|p| beats(p, 2 * config.link_words() as usize, 0)).collect()
}

fn split(trace: &RunTrace, width: usize) -> (Vec<Vec<u8>>, Vec<u128>) {
    let (mut packets, mut users, mut current) = (Vec::new(), Vec::new(), Vec::new());
    for beat in trace.beats() {
        current.extend(beat.kept_bytes(width));
        if beat.last {
            packets.push(std::mem::take(&mut current));
            users.push(beat.user);
        }
    }
    assert!(current.is_empty(), "beats behind the last packet");
    (packets, users)
}

pub fn link_packets(config: &RtlConfig, trace: &RunTrace) -> Vec<Vec<u8>> {
    split(trace, 2 * config.link_words() as usize).0
}

pub fn plain_packets(config: &RtlConfig, trace: &RunTrace) -> (Vec<Vec<u8>>, Vec<u128>) {
    split(trace, step_bytes(config))
}

pub fn run(device: &mut dyn Device, beats: &[Beat], patterns: &(StallPattern, StallPattern)) -> RunTrace {
    let run = StreamRun {
        source: patterns.0,
        sink: patterns.1,
        limit: 200 * beats.len() as u64 + 20_000,
        ..StreamRun::default()
    };
    run.run(device, beats).unwrap()
}

/// Compares packets and, where they differ, says which and where instead of printing all of them.
pub fn assert_same(found: &[Vec<u8>], expected: &[Vec<u8>], what: &str) {
    for (i, (f, e)) in found.iter().zip(expected).enumerate() {
        if let Some(at) = (0..f.len().max(e.len())).find(|&k| f.get(k) != e.get(k)) {
            let from = at.saturating_sub(8);
            let part = |v: &[u8]| format!("{:02x?}", v.get(from..(at + 24).min(v.len())).unwrap_or(&[]));
            panic!(
                "{what}: packet {i} differs at byte {at} of {} (found {} bytes)\n found    ..{}\n expected ..{}",
                e.len(),
                f.len(),
                part(f),
                part(e)
            );
        }
    }
    assert_eq!(found.len(), expected.len(), "{what}: number of packets");
}

/// Compares two runs clock for clock and says where they part.
pub fn assert_same_trace(rust_hdl: &RunTrace, verilator: &RunTrace, what: &str) {
    for (i, (a, b)) in rust_hdl.output.iter().zip(&verilator.output).enumerate() {
        assert!(a == b, "{what}: beat {i}:\n rust-hdl  {a:x?}\n verilator {b:x?}");
    }
    for (i, (a, b)) in rust_hdl.accepted.iter().zip(&verilator.accepted).enumerate() {
        assert_eq!(a, b, "{what}: clock in which input beat {i} was taken");
    }
    assert!(rust_hdl == verilator, "{what}: the runs differ in length or stalls");
}

//! One step a clock, and what the ends of packets cost.

use crate::common::*;
use crate::cores::Core;
use huffwire::codebook::{Bank, Book, PlaneCode};
use huffwire::codec::BookChoice;
use huffwire::cosim::StallPattern;
use huffwire::format::{Format, SymbolMap};
use huffwire::rtl::config::RtlConfig;
use huffwire::rtl::tops::Side;
use huffwire::wire::Parameters;
use rand::prelude::*;

const FREE: (StallPattern, StallPattern) = (StallPattern::None, StallPattern::None);

/// Codewords of every length from 1 to 16 bits: symbols 0 to 6 have 1 to 7 bits, the escape 8, the next ones 9 to 16 and 16.
fn every_length(map: SymbolMap, lanes: u32) -> RtlConfig {
    let mut lengths = vec![0; 256];
    (1..=7).chain(9..=16).chain([16]).enumerate().for_each(|(s, l)| lengths[s] = l);
    let planes = vec![PlaneCode::new(8, lengths, 8).unwrap()];
    let bank = Bank::new(map, vec![Book { name: "every length".into(), planes }]).unwrap();
    RtlConfig::new(Parameters::plain(Format::Bf16, map, lanes), bank).unwrap()
}

/// A packet of `steps` whole steps, its symbols out of these.
fn packet(config: &RtlConfig, rng: &mut StdRng, steps: usize, symbols: &[u8]) -> Packet {
    let elements = steps * config.parameters.lanes as usize;
    let symbols: Vec<u8> = (0..elements).map(|_| *symbols.choose(rng).unwrap()).collect();
    Packet { plain: symbols.into_iter().flat_map(|s| element(config, rng, s)).collect(), book: 1 }
}

/// The clocks in which the encoder takes steps, and those in which the decoder gives them.
fn clocks(config: &RtlConfig, packets: &[Packet]) -> (Vec<u64>, Vec<u64>) {
    let codec = codec(config);
    let words: Vec<Vec<u8>> =
        packets.iter().map(|p| codec.encode_packet(&p.plain, &BookChoice::Fixed(p.book)).unwrap()).collect();
    let mut encoder = Core::new(config, Side::Encoder);
    let encoded = encoder.run_both(&plain_beats(config, packets), &FREE);
    assert_same(&link_packets(config, &encoded), &words, &encoder.name);
    let mut decoder = Core::new(config, Side::Decoder);
    let decoded = decoder.run_both(&link_beats(config, &words), &FREE);
    let plain: Vec<Vec<u8>> = packets.iter().map(|p| p.plain.clone()).collect();
    assert_same(&plain_packets(config, &decoded).0, &plain, &decoder.name);
    (encoded.accepted, decoded.output.iter().map(|o| o.0).collect())
}

/// Clocks between one event and the next, where they do not follow each other at once: place, clocks.
fn pauses(clocks: &[u64]) -> Vec<(usize, u64)> {
    (1..clocks.len()).map(|i| (i, clocks[i] - clocks[i - 1] - 1)).filter(|p| p.1 > 0).collect()
}

/// What a configuration may cost in clocks.
struct Cost {
    map: SymbolMap,
    lanes: u32,
    /// Pause of the decoder where the payload ends: it has to read the trailer to know how many steps are left.
    payload_end: u64,
    /// Pause of the decoder before the last beat: it waits for the CRC.
    verdict: u64,
    /// Packets of 200 steps, one behind the other: clocks a packet beyond its steps, of encoder and decoder.
    long: [u64; 2],
    /// Packets of one step: clocks a packet in all.
    single: [u64; 2],
}

const COSTS: [Cost; 4] = [
    Cost { map: SymbolMap::Bytes, lanes: 1, payload_end: 6, verdict: 5, long: [14, 22], single: [15, 23] },
    Cost { map: SymbolMap::Bytes, lanes: 4, payload_end: 3, verdict: 2, long: [8, 16], single: [9, 17] },
    Cost { map: SymbolMap::Fields, lanes: 1, payload_end: 4, verdict: 3, long: [14, 22], single: [15, 23] },
    Cost { map: SymbolMap::Fields, lanes: 4, payload_end: 3, verdict: 2, long: [15, 23], single: [16, 24] },
];

/// The shortest codewords, the longest, an escape, and all of them.
const SYMBOLS: [&[u8]; 4] = [&[0], &[14, 15], &[200], &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 99]];

#[test]
fn a_long_packet_goes_at_one_step_a_clock() {
    let mut too_slow = Vec::new();
    for cost in COSTS {
        let config = every_length(cost.map, cost.lanes);
        let mut rng = seeded("a_long_packet_goes_at_one_step_a_clock");
        for symbols in SYMBOLS {
            let what = format!("{}, symbols {symbols:?}", name(&config));
            let (taken, given) = clocks(&config, &[packet(&config, &mut rng, 2000, symbols)]);
            assert_eq!(pauses(&taken), [], "{what}: pauses of the encoder");
            let found = pauses(&given);
            println!("{what}: decoder pauses {found:?}");
            for (beat, clocks) in found {
                // The lanes hold 48 steps at most when the payload ends. Both pauses may fall together.
                let limit = match beat {
                    1999 => cost.payload_end + cost.verdict,
                    1952..1999 => cost.payload_end,
                    _ => 0,
                };
                if clocks > limit {
                    too_slow.push(format!("{what}: the decoder pauses for {clocks} clocks before beat {beat}"));
                }
            }
        }
    }
    assert!(too_slow.is_empty(), "{too_slow:#?}");
}

/// Clocks a packet, from the first event of one to the first of another, when nothing starts or ends any more.
fn period(clocks: &[u64], packets: usize) -> u64 {
    let steps = clocks.len() / packets;
    let (from, to) = (packets / 2, packets - 2);
    (clocks[to * steps] - clocks[from * steps]).div_ceil((to - from) as u64)
}

#[test]
fn packets_one_behind_the_other() {
    let mut too_slow = Vec::new();
    for cost in COSTS {
        let config = every_length(cost.map, cost.lanes);
        let mut rng = seeded("packets_one_behind_the_other");
        let mut measure = |steps: usize, count: usize| {
            let packets: Vec<Packet> = (0..count).map(|_| packet(&config, &mut rng, steps, SYMBOLS[3])).collect();
            let (taken, given) = clocks(&config, &packets);
            [period(&taken, count) - steps as u64, period(&given, count) - steps as u64]
        };
        let (long, single) = (measure(200, 40), measure(1, 80).map(|c| c + 1));
        println!("{}: long {long:?}, single {single:?}", name(&config));
        for side in 0..2 {
            if long[side] > cost.long[side] || single[side] > cost.single[side] {
                too_slow.push(format!("{}: long {long:?}, single {single:?}", name(&config)));
            }
        }
    }
    assert!(too_slow.is_empty(), "clocks a packet, encoder and decoder: {too_slow:#?}");
}

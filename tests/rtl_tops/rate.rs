//! One step a clock, and what the ends of packets cost.

use crate::clocks::{given, period, taken};
use crate::common::*;
use crate::cores::Core;
use huffwire::codebook::{Bank, Book, PlaneCode};
use huffwire::format::{Format, SymbolMap};
use huffwire::link::timing::Profile;
use huffwire::rtl::config::RtlConfig;
use huffwire::rtl::tops::Side;
use huffwire::wire::{BookMode, Parameters, Tracking};
use rand::prelude::*;

/// Codewords of every length that there is room for: from 1 bit up, the escape such that escaped symbols are among the longest.
fn every_length(parameters: Parameters) -> RtlConfig {
    let room = parameters.codeword_room() as u8;
    let escape = room - 8;
    let mut lengths = vec![0; 256];
    (1..escape).chain(escape + 1..=room).chain([room]).enumerate().for_each(|(s, l)| lengths[s] = l);
    let planes = vec![PlaneCode::new(8, lengths, escape).unwrap()];
    // Where the encoder chooses, it has to compare as many books as there can be.
    let books = if parameters.book_mode == BookMode::Block { 15 } else { 1 };
    let book = Book { name: "every length".into(), planes };
    let bank = Bank::new(parameters.map, vec![book; books]).unwrap();
    RtlConfig::new(parameters, bank).unwrap()
}

/// A packet of `steps` whole steps, its symbols out of these.
fn packet(config: &RtlConfig, rng: &mut StdRng, steps: usize, symbols: &[u8]) -> Packet {
    let elements = steps * config.parameters.lanes as usize;
    let symbols: Vec<u8> = (0..elements).map(|_| *symbols.choose(rng).unwrap()).collect();
    Packet { plain: symbols.into_iter().flat_map(|s| element(config, rng, s)).collect(), book: 1 }
}

/// The clocks in which the encoder takes steps, and those in which the decoder gives them.
fn clocks(config: &RtlConfig, packets: &[Packet]) -> (Vec<u64>, Vec<u64>) {
    let (mut encoder, mut decoder) = (Core::new(config, Side::Encoder), Core::new(config, Side::Decoder));
    (taken(&mut encoder, packets), given(&mut decoder, packets))
}

/// Clocks between one event and the next, where they do not follow each other at once: place, clocks.
fn pauses(clocks: &[u64]) -> Vec<(usize, u64)> {
    (1..clocks.len()).map(|i| (i, clocks[i] - clocks[i - 1] - 1)).filter(|p| p.1 > 0).collect()
}

/// Clocks that the decoder may wait before each step because a lane that holds few words has used up several in a short time
/// (see the lane decoder).
fn waits(config: &RtlConfig, packet: &Packet) -> Vec<u64> {
    let codec = codec(config);
    let (_, report) = codec.encode_words(&packet.plain, &choice(config, packet)).unwrap();
    let crossed = Profile::new(&codec, &packet.plain, &report).unwrap().crossed;
    let at = |step: usize, back: usize| step.checked_sub(back).map_or(0, |s| crossed[s]);
    let wait = |step: usize| {
        let [one, two, three] = [at(step, 1), at(step, 2), at(step, 3)];
        match config.parameters.prefill {
            3 if one & two != 0 => 2,
            3 if one & three != 0 => 1,
            4 if one & two & three != 0 => 1,
            _ => 0,
        }
    };
    (0..crossed.len()).map(wait).collect()
}

/// What a configuration may cost in clocks.
struct Cost {
    parameters: Parameters,
    /// Steps of the long packet.
    steps: usize,
    /// Pause of the decoder where the payload ends: it has to read the trailer to know how many steps are left.
    payload_end: u64,
    /// Pause of the decoder before the last beat: it waits for the CRC.
    verdict: u64,
    /// Packets of 200 steps, one behind the other: clocks a packet beyond its steps, of encoder and decoder.
    long: [u64; 2],
    /// Packets of one step: clocks a packet in all.
    single: [u64; 2],
}

fn costs() -> Vec<Cost> {
    use SymbolMap::{Bytes, Fields};
    let plain = |map, lanes| Parameters::plain(Format::Bf16, map, lanes);
    let tracking = Some(Tracking { delay: 1, window_log2: 1, initial_bias: Some(0) });
    let tracked = |lanes| Parameters { tracking, block_log2: Some(4), ..plain(Fields, lanes) };
    let blocks = |p: Parameters| Parameters { book_mode: BookMode::Block, block_log2: Some(4), ..p };
    let prefilled = |prefill, p: Parameters| Parameters { prefill, ..p };
    let cost = |parameters, steps, payload_end, verdict, long, single| Cost {
        parameters,
        steps,
        payload_end,
        verdict,
        long,
        single,
    };
    vec![
        cost(plain(Bytes, 1), 2000, 20, 8, [16, 44], [17, 49]),
        cost(plain(Bytes, 4), 2000, 20, 5, [10, 39], [11, 55]),
        cost(plain(Fields, 1), 2000, 20, 6, [16, 48], [17, 57]),
        cost(plain(Fields, 4), 2000, 11, 5, [17, 32], [18, 50]),
        cost(blocks(plain(Fields, 4)), 500, 11, 5, [17, 33], [16, 50]),
        cost(blocks(tracked(16)), 300, 11, 5, [9, 40], [16, 50]),
        cost(prefilled(3, plain(Bytes, 1)), 2000, 20, 8, [15, 44], [16, 46]),
        cost(prefilled(3, plain(Fields, 4)), 2000, 11, 5, [16, 11], [17, 47]),
        cost(prefilled(5, plain(Bytes, 1)), 2000, 20, 8, [17, 48], [18, 52]),
        cost(prefilled(5, plain(Fields, 4)), 2000, 11, 5, [18, 40], [19, 53]),
    ]
}

/// The shortest codewords, the longest, an escape, and all of them, the short ones more often: on average shorter than a symbol.
const SYMBOLS: [&[u8]; 4] =
    [&[0], &[14, 15], &[200], &[0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 99]];

/// Clocks that the link, as wide as the plain side, takes for more than that.
fn link_clocks(config: &RtlConfig, packet: &Packet, steps: usize) -> usize {
    let bytes = reference(config, std::slice::from_ref(packet))[0].len();
    bytes.div_ceil(2 * config.link_words() as usize).saturating_sub(steps)
}

#[test]
fn a_long_packet_goes_at_one_step_a_clock() {
    let mut too_slow = Vec::new();
    for cost in costs() {
        let config = every_length(cost.parameters);
        let mut rng = seeded("a_long_packet_goes_at_one_step_a_clock");
        for symbols in SYMBOLS {
            let what = format!("{}, symbols {symbols:?}", name(&config));
            let sent = packet(&config, &mut rng, cost.steps, symbols);
            // Where words are more than the link takes the steps cannot come one a clock.
            let expands = link_clocks(&config, &sent, cost.steps);
            let waits = waits(&config, &sent);
            let (taken, given) = clocks(&config, &[sent]);
            let paused: u64 = pauses(&taken).iter().map(|p| p.1).sum();
            assert!(
                paused as usize <= expands,
                "{what}: the encoder pauses for {paused} clocks, the link for {expands}"
            );
            if expands > 0 {
                continue;
            }
            let found = pauses(&given);
            let waited: u64 = waits.iter().sum();
            println!("{what}: decoder pauses {found:?}, may wait for {waited} clocks");
            assert!(config.parameters.prefill < 5 || waited == 0, "{what}");
            for (beat, clocks) in found {
                // What the lanes hold when the payload ends is known. Both pauses may fall together. While no more words are
                // left than two steps can ask for, a step takes three clocks.
                let slots = config.geometry().slots();
                let held = 16 * config.parameters.prefill as usize;
                let slow = 2 * 16 * slots / config.parameters.lanes as usize;
                let limit = match beat {
                    b if b + 1 == cost.steps => cost.payload_end + cost.verdict,
                    b if b + held >= cost.steps => cost.payload_end,
                    b if b + held + slow >= cost.steps => 2,
                    _ => 0,
                };
                if clocks > limit + waits[beat] {
                    too_slow.push(format!("{what}: the decoder pauses for {clocks} clocks before beat {beat}"));
                }
            }
        }
    }
    assert!(too_slow.is_empty(), "{too_slow:#?}");
}

#[test]
fn packets_one_behind_the_other() {
    let mut too_slow = Vec::new();
    for cost in costs() {
        let config = every_length(cost.parameters);
        let mut rng = seeded("packets_one_behind_the_other");
        let mut measure = |steps: usize, count: usize| {
            let count = if config.parameters.lanes > 4 && steps > 1 { count / 2 } else { count };
            let packets: Vec<Packet> = (0..count).map(|_| packet(&config, &mut rng, steps, SYMBOLS[3])).collect();
            let waited: u64 = packets.iter().flat_map(|p| waits(&config, p)).sum();
            let (taken, given) = clocks(&config, &packets);
            // When nothing starts or ends any more.
            let given = period(&given, count, count / 2) - steps as u64;
            // Without the clocks in which a lane has to wait for a word.
            let given = given.saturating_sub(waited.div_ceil(count as u64));
            [period(&taken, count, count / 2) - steps as u64, given]
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

//! The decoder core against anything a link could bring: it always ends every packet, says what was wrong, and takes the next.

use crate::common::*;
use crate::cores::Core;
use crate::verdict::{agrees, expected};
use huffwire::codec::BookChoice;
use huffwire::cosim::{Beat, Device, StallPattern};
use huffwire::rtl::config::RtlConfig;
use huffwire::rtl::tops::Side;
use huffwire::wire::HEADER_LAYOUT;
use rand::prelude::*;

/// A packet as it goes over the link, perhaps damaged.
struct Sent {
    bytes: Vec<u8>,
    beats: Vec<Beat>,
    /// The beats do not hold whole words from byte 0 on, all but the last full.
    broken: bool,
    what: String,
    /// Elements before the damage.
    original: Vec<u8>,
}

fn row_bytes(config: &RtlConfig) -> usize {
    2 * config.link_words() as usize
}

fn sent(config: &RtlConfig, bytes: Vec<u8>, what: impl Into<String>, original: &[u8]) -> Sent {
    let beats = link_beats(config, std::slice::from_ref(&bytes));
    Sent { broken: bytes.len() % 2 == 1, bytes, beats, what: what.into(), original: original.to_vec() }
}

fn flip(bytes: &mut [u8], bit: usize) {
    bytes[bit / 8] ^= 0x80 >> (bit % 8);
}

/// Header fields by name, with the number of their first bit.
fn header_field(name: &str) -> (usize, usize) {
    let at = HEADER_LAYOUT.iter().position(|f| f.0 == name).unwrap();
    (HEADER_LAYOUT[..at].iter().map(|f| f.1 as usize).sum(), HEADER_LAYOUT[at].1 as usize)
}

/// A damaged copy of a good packet.
fn damage(config: &RtlConfig, rng: &mut StdRng, packet: &[u8], original: &[u8]) -> Sent {
    let mut bytes = packet.to_vec();
    let trailer = bytes.len() - 8;
    let words = bytes.len() / 2;
    let filler = |rng: &mut StdRng, zero: bool| if zero { [0; 2] } else { rng.random::<[u8; 2]>() };
    let what = match rng.random_range(0..14) {
        0 => {
            bytes = (0..rng.random_range(0..60)).flat_map(|_| rng.random::<[u8; 2]>()).collect();
            "garbage".to_string()
        }
        1 => {
            bytes.truncate(10);
            bytes.extend((0..rng.random_range(0..80)).flat_map(|_| rng.random::<[u8; 2]>()));
            "garbage behind a good header".into()
        }
        2 => {
            let keep = rng.random_range(0..words);
            bytes.truncate(2 * keep);
            format!("cut to {keep} of {words} words")
        }
        3 => {
            let (at, cut) = (rng.random_range(5..=words - 4), rng.random_range(1..4));
            let end = (at + cut).min(words - 4);
            bytes.drain(2 * at.min(end)..2 * end);
            format!("words {at}..{end} of {words} dropped")
        }
        4 => {
            let (extra, zero) = (rng.random_range(1..20), rng.random());
            for _ in 0..extra {
                bytes.splice(trailer..trailer, filler(rng, zero));
            }
            format!("{extra} words more before the trailer, zero: {zero}")
        }
        5 => {
            let zero = rng.random();
            (0..rng.random_range(1..9)).for_each(|_| bytes.extend(filler(rng, zero)));
            "words behind the trailer".into()
        }
        6 => {
            let bit = rng.random_range(0..8 * bytes.len());
            flip(&mut bytes, bit);
            format!("bit {bit} of {} flipped", 8 * bytes.len())
        }
        7 => {
            let bits: Vec<usize> = (0..rng.random_range(2..6)).map(|_| rng.random_range(0..8 * bytes.len())).collect();
            bits.iter().for_each(|&b| flip(&mut bytes, b));
            format!("bits {bits:?} flipped")
        }
        8 => {
            let (name, _) = HEADER_LAYOUT[rng.random_range(0..HEADER_LAYOUT.len())];
            let (first, width) = header_field(name);
            flip(&mut bytes, first + rng.random_range(0..width));
            format!("header field {name} changed")
        }
        9 => {
            let (first, _) = header_field("book");
            (0..4).filter(|_| rng.random()).for_each(|i| flip(&mut bytes, first + i));
            "another book".into()
        }
        10 => {
            let count = match rng.random_range(0..4) {
                0 => u32::MAX - rng.random_range(0..8),
                1 => rng.random(),
                2 => rng.random_range(0..400),
                _ => (original.len() / config.layout.element_bytes()) as u32 ^ (1 << rng.random_range(0..9)),
            };
            bytes[trailer..trailer + 4].copy_from_slice(&count.to_be_bytes());
            format!("count {count}")
        }
        11 => {
            bytes.push(rng.random());
            "half a word more".into()
        }
        12 => {
            bytes.pop();
            "half a word less".into()
        }
        _ => return ragged(config, rng, packet, original),
    };
    sent(config, bytes, what, original)
}

/// Beats that are not filled as section 8 has it.
fn ragged(config: &RtlConfig, rng: &mut StdRng, packet: &[u8], original: &[u8]) -> Sent {
    let width = row_bytes(config);
    let mut sent = sent(config, packet.to_vec(), "", original);
    let all = (1u128 << width) - 1;
    let count = sent.beats.len();
    for _ in 0..rng.random_range(1..5) {
        let at = rng.random_range(0..count);
        let keep = if rng.random_bool(0.3) { 0 } else { rng.random::<u128>() & all };
        sent.beats[at].keep = Some(keep);
    }
    let whole = |keep: u128| (0..=width / 2).any(|w| keep == (1u128 << (2 * w)) - 1);
    let keep_of = |b: &Beat| b.keep.unwrap_or(all);
    sent.broken = sent.beats[..count - 1].iter().any(|b| keep_of(b) != all) || !whole(keep_of(&sent.beats[count - 1]));
    let kept = keep_of(&sent.beats[count - 1]).trailing_ones() as usize / 2 * 2;
    sent.bytes.truncate((count - 1) * width + kept);
    sent.what = format!("beats with holes, {} in all", count);
    sent
}

/// Good and damaged packets in turn.
fn traffic(config: &RtlConfig, rng: &mut StdRng, rounds: usize) -> Vec<Sent> {
    let codec = codec(config);
    let mut all = Vec::new();
    while all.len() < 2 * rounds {
        for packet in packets(config, rng).iter().filter(|p| p.plain.len() < 200 * step_bytes(config)) {
            let bytes = codec.encode_packet(&packet.plain, &BookChoice::Fixed(packet.book)).unwrap();
            all.push(damage(config, rng, &bytes, &packet.plain));
            all.push(sent(config, bytes, "good", &packet.plain));
        }
    }
    all
}

/// Clocks from a packet's last link beat to its last output beat, at most: the rows in the queue, each word of them 16
/// one-bit codewords at worst, two clocks more for each step while no more words are left than two steps can ask for, the words
/// that the lanes hold, and the pipeline.
fn bound(config: &RtlConfig) -> u64 {
    let words = u64::from(config.link_words());
    let lanes = u64::from(config.parameters.lanes);
    let (slots, held) = (config.geometry().slots() as u64, u64::from(config.parameters.prefill) * lanes);
    (24 * words + 2 * 2 * slots + held) * 16 / lanes + 100
}

fn check(config: &RtlConfig, device: &mut dyn Device, traffic: &[Sent], what: &str) {
    let beats: Vec<Beat> = traffic.iter().flat_map(|s| s.beats.clone()).collect();
    let trace = run(device, &beats, &(StallPattern::None, StallPattern::None));
    let (plain, flags) = plain_packets(config, &trace);
    assert_eq!(plain.len(), traffic.len(), "{what}: packets out");
    for (i, s) in traffic.iter().enumerate() {
        let verdict = expected(config, &s.bytes, s.broken);
        assert!(
            agrees(&verdict, flags[i], &plain[i], &s.original),
            "{what}: packet {i} ({}): flags {:#b}, {} bytes out, expected {verdict:?}",
            s.what,
            flags[i],
            plain[i].len()
        );
    }
    let ends = |clocks: Vec<(u64, bool)>| clocks.into_iter().filter(|c| c.1).map(|c| c.0).collect::<Vec<_>>();
    let taken = ends(trace.accepted.iter().copied().zip(beats.iter().map(|b| b.last)).collect());
    let given = ends(trace.output.iter().map(|(clock, b)| (*clock, b.last)).collect());
    // A packet's end waits for the packets in front of it, which are in the queue as well.
    let latest = taken.iter().zip(&given).map(|(t, g)| g.saturating_sub(*t)).max().unwrap();
    assert!(latest <= bound(config), "{what}: a packet ended {latest} clocks after its last beat");
}

#[test]
fn every_packet_ends_with_the_right_verdict() {
    for config in configurations().iter().filter(|c| c.bank.books().len() == 3) {
        let mut rng = seeded("every_packet_ends_with_the_right_verdict");
        let mut core = Core::new(config, Side::Decoder);
        let both = traffic(config, &mut rng, 100);
        check(config, core.block.as_mut(), &both, &format!("{}, rust-hdl", core.name));
        check(config, &mut core.verilated(Some(5)), &both, &format!("{}, Verilog", core.name));
        let beats: Vec<Beat> = both.iter().flat_map(|s| s.beats.clone()).collect();
        core.run_both(&beats, &("random:0.2:3".parse().unwrap(), "random:0.3:4".parse().unwrap()));
        for round in 0..10 {
            let many = traffic(config, &mut rng, 300);
            check(config, &mut core.verilated(Some(round)), &many, &format!("{}, Verilog, round {round}", core.name));
        }
    }
}

//! Good packets of every length that is awkward, every book, under every kind of stall.

use crate::common::*;
use crate::cores::{self, Core, FREE};
use huffwire::codec::BookChoice;
use huffwire::rtl::config::RtlConfig;
use huffwire::rtl::tops::Side;
use rand::prelude::*;

const PATTERNS: [(&str, &str); 5] =
    [FREE, ("1-in-4", "none"), ("none", "1-in-4"), ("random:0.3:1", "random:0.4:2"), ("long:40:25", "long:23:31")];

/// Packets of at most `steps` steps under these stalls.
fn check(config: &RtlConfig, steps: usize, texts: &[(&str, &str)]) {
    let mut rng = seeded("round_trip");
    let mut packets = packets(config, &mut rng);
    packets.retain(|p| p.plain.len() <= steps * step_bytes(config));
    cores::check(config, &packets, texts);
}

fn with_books(books: usize) {
    configurations()
        .iter()
        .filter(|c| c.bank.books().len() == books)
        .for_each(|c| check(c, usize::MAX / 1024, &PATTERNS));
}

#[test]
fn one_book() {
    with_books(1);
}

#[test]
fn three_books() {
    with_books(3);
}

#[test]
fn fifteen_books() {
    with_books(15);
}

#[test]
fn other_formats() {
    for config in wide_configurations().iter().filter(|c| c.parameters.lanes < 8) {
        check(config, 70, &[PATTERNS[0], PATTERNS[3]]);
    }
}

#[test]
fn many_lanes() {
    for config in wide_configurations().iter().filter(|c| c.parameters.lanes >= 8) {
        check(config, 25, &[PATTERNS[3]]);
    }
}

#[test]
fn tracked_bias() {
    tracked_configurations().iter().for_each(|c| check(c, 300, &[PATTERNS[0], PATTERNS[3]]));
}

#[test]
fn a_book_for_each_block() {
    for config in block_configurations() {
        check(&config, 300, &[PATTERNS[0], PATTERNS[3]]);
        // Ids that no encoder of ours would choose, the raw book's among them.
        let mut rng = seeded("a_book_for_each_block");
        let mut packets = packets(&config, &mut rng);
        packets.retain(|p| p.plain.len() <= 100 * step_bytes(&config));
        let codec = codec(&config);
        let ids = |rng: &mut StdRng, p: &Packet| {
            let blocks = p.plain.len().div_ceil(step_bytes(&config)).div_ceil(16).max(1);
            BookChoice::Ids((0..blocks).map(|_| rng.random_range(0..=config.bank.books().len() as u8)).collect())
        };
        let words: Vec<Vec<u8>> =
            packets.iter().map(|p| codec.encode_packet(&p.plain, &ids(&mut rng, p)).unwrap()).collect();
        Core::new(&config, Side::Decoder).decode(&words, &packets, FREE);
    }
}

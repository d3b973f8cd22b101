//! The rows of a packet, and what the tagger says of each.

use crate::harness::{three_way, Io, Model};
use huffwire::rtl::decoder::row_tagger::{count_bits, delay, RowTagger, FLAG_BITS};
use rand::prelude::*;
use std::collections::VecDeque;

dut! {
    [] RowTagger {
        clock: clk;
        in: rst, row, words, last, broken;
        out: ready, judged, tag;
    }
}
/// Words of the trailer.
const TRAILER: usize = 4;

/// One row of a packet.
#[derive(Clone, Debug)]
pub struct Row {
    pub words: usize,
    pub last: bool,
    pub broken: bool,
    /// Tag without the bit for a broken packet.
    pub tag: u128,
    /// Behind this row comes nothing but the trailer.
    pub payload_ends: bool,
}

/// A packet's rows of `row_words` words, all full but the last.
pub fn rows(rng: &mut StdRng, row_words: usize, words: usize) -> Vec<Row> {
    let count = words.div_ceil(row_words).max(1);
    let payload = words.saturating_sub(TRAILER);
    let broken = rng.random_bool(0.2);
    (0..count)
        .map(|i| {
            let before = i * row_words;
            let own = (words - before.min(words)).min(row_words);
            let of_payload = payload.saturating_sub(before).min(own);
            let payload_ends = words - before - own <= TRAILER;
            let last = i + 1 == count;
            let numbers = of_payload | own << count_bits(row_words);
            let tag = numbers << FLAG_BITS | usize::from(payload_ends) | usize::from(last) << 1;
            Row { words: own, last, broken: broken && rng.random_bool(0.3), tag: tag as u128, payload_ends }
        })
        .collect()
}

/// A number of words: short packets, whole rows, long ones.
pub fn packet_words(rng: &mut StdRng, row_words: usize) -> usize {
    match rng.random_range(0..4) {
        0 => rng.random_range(0..12),
        1 => row_words * rng.random_range(1..8),
        2 => row_words * rng.random_range(1..8) + 1,
        _ => rng.random_range(4..70),
    }
}

struct Tagger {
    row_words: usize,
    delay: usize,
    coming: VecDeque<Row>,
    /// Rows in the delay line, the oldest first, and whether one of the packet's rows so far was broken.
    line: VecDeque<Row>,
    marred: bool,
    /// Clocks until a row can be taken again.
    closed: usize,
    /// What leaves in this clock and the next two.
    leaving: [Option<(Row, bool)>; 3],
    packets: usize,
    rate: f64,
}

impl Model for Tagger {
    fn reset(&mut self) {
        (self.coming, self.line, self.leaving) = Default::default();
        (self.marred, self.closed) = (false, 0);
    }

    fn before(&mut self, io: &mut Io) {
        if io.rng.random_bool(0.01) {
            self.rate = io.rng.random_range(0.1..1.0);
        }
        if self.coming.is_empty() {
            let words = packet_words(io.rng, self.row_words);
            self.coming.extend(rows(io.rng, self.row_words, words));
        }
        let leaving = self.leaving[0].take();
        self.leaving.rotate_left(1);
        io.expect("judged", leaving.is_some());
        if let Some((row, marred)) = leaving {
            // Before the end of the payload nobody knows yet whether the packet is broken.
            if row.payload_ends || !marred {
                io.expect("tag", row.tag | u128::from(marred) << 2);
            }
        }
        io.expect("ready", self.closed == 0);
        let flushing = self.closed > 0;
        let taken = io.maybe("row", self.rate, !flushing);
        if taken {
            let row = self.coming.pop_front().unwrap();
            io.set("words", row.words as u128);
            io.set("last", row.last);
            io.set("broken", row.broken);
            self.marred |= row.broken;
            if row.last {
                self.closed = self.delay + 1;
                self.packets += 1;
            }
            self.line.push_back(row);
        }
        self.closed = self.closed.saturating_sub(1);
        // A row leaves when `delay` rows are behind it, or, at the end of the packet, as many clocks have passed.
        if self.line.len() > self.delay || (flushing && self.line.len() > self.closed) {
            let row = self.line.pop_front().unwrap();
            let marred = self.marred;
            if row.last {
                self.marred = false;
            }
            self.leaving[2] = Some((row, marred));
        }
    }

    fn enough(&self) {
        assert!(self.packets > 50);
    }
}

#[test]
fn row_tagger() {
    for row_words in [1, 2, 4, 8, 32] {
        let model = Tagger {
            row_words,
            delay: delay(row_words),
            coming: VecDeque::new(),
            line: VecDeque::new(),
            marred: false,
            closed: 0,
            leaving: [None, None, None],
            packets: 0,
            rate: 0.9,
        };
        three_way(&format!("row_tagger {row_words}"), RowTagger::new(row_words), model, 15_000);
    }
}

/// A reader of packets: payload, trailer, and the rest dropped.
pub struct Reader {
    pub row_words: usize,
    pub words: Vec<u16>,
    pub rows: Vec<Row>,
    /// Words taken.
    pub taken: usize,
    /// Words up to here may be taken before the trailer is asked for.
    pub payload: usize,
    pub trailer: bool,
    pub finish: bool,
}

impl Reader {
    pub fn new(row_words: usize) -> Self {
        let (words, rows) = (Vec::new(), Vec::new());
        Reader { row_words, words, rows, taken: 0, payload: 0, trailer: false, finish: false }
    }

    /// The next packet.
    pub fn packet(&mut self, rng: &mut StdRng) {
        let words = packet_words(rng, self.row_words);
        self.words = (0..words).map(|_| rng.random()).collect();
        self.rows = rows(rng, self.row_words, words);
        self.payload = words.saturating_sub(TRAILER);
        (self.taken, self.trailer, self.finish) = (0, false, false);
    }

    pub fn marred(&self) -> bool {
        self.rows.iter().any(|r| r.broken)
    }

    /// Where reading ends in this phase.
    pub fn end(&self) -> usize {
        if self.trailer {
            self.words.len()
        } else {
            self.payload
        }
    }

    /// The packet's row as the bus carries it, noise behind its words.
    pub fn data(&self, rng: &mut StdRng, row: usize) -> u128 {
        let first = row * self.row_words;
        (0..self.row_words).rev().fold(0, |data, i| {
            let word = if i < self.rows[row].words { self.words[first + i] } else { rng.random() };
            data << 16 | u128::from(word.swap_bytes())
        })
    }
}

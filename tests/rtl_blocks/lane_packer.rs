//! One packer, of a lane or of the lanes that share it, against the reference codec's.

use crate::harness::{three_way, Io, Model};
use huffwire::codec::bits::BitPacker;
use huffwire::rtl::encoder::lane_packer::LanePacker;
use rand::prelude::*;
use std::collections::VecDeque;

dut! {
    [] LanePacker {
        clock: clk;
        in: rst, active, code, length, extended, extension, flush, mark, turn_in;
        out: push, word, closes, crossed, turn_out;
    }
}

/// What comes out of a clock.
#[derive(Default)]
struct Entry {
    word: Option<u32>,
    crossed: bool,
    end: bool,
    turn: bool,
}

struct Packer {
    /// One for each turn.
    streams: Vec<BitPacker>,
    turn: usize,
    /// Clocks of `flush` to come, or `mark` has to.
    flushes: usize,
    flushed: bool,
    /// Of the clocks to come.
    entries: VecDeque<Entry>,
    packets: usize,
    longest: u32,
}

impl Packer {
    fn stream(&mut self) -> &mut BitPacker {
        let turn = self.turn % self.streams.len();
        &mut self.streams[turn]
    }

    fn codeword(&mut self, io: &mut Io) {
        let length = io.rng.random_range(1..=self.longest);
        let code = io.rng.random::<u16>() >> (16 - length);
        io.set("length", length);
        io.set("code", code << (16 - length));
        self.stream().push(code.into(), length);
        if io.maybe("extended", 0.2, length < 16) {
            let bit = io.any("extension") as u32;
            self.stream().push(bit, 1);
        }
    }
}

impl Model for Packer {
    fn reset(&mut self) {
        self.streams.fill(BitPacker::new(16));
        (self.turn, self.flushes, self.flushed) = (0, 0, false);
        self.entries = [Entry::default(), Entry::default()].into();
    }

    fn before(&mut self, io: &mut Io) {
        let entry = self.entries.pop_front().unwrap_or_default();
        let in_turn = self.streams.len() > 1;
        io.expect("push", entry.word.is_some());
        io.expect("closes", entry.end);
        io.expect("crossed", entry.crossed);
        if in_turn {
            io.expect("turn_out_0", entry.turn);
        }
        if let Some(word) = entry.word {
            io.expect("word", word);
        }
        let mut following = Entry::default();
        if !self.flushed && self.flushes == 0 && io.rng.random_bool(0.03) {
            self.flushes = self.streams.len();
        }
        let flush = self.flushes > 0;
        let goes = !self.flushed && !flush && io.rng.random_bool(0.85);
        // A lane of the turn may have no symbol.
        let active = goes && (!in_turn || io.rng.random_bool(0.9));
        // With turns, with the last flush.
        let mark = if in_turn { self.flushes == 1 } else { self.flushed && io.rng.random() };
        io.set("flush", flush);
        io.set("mark", mark);
        io.set("active", active);
        if in_turn {
            following.turn = goes || flush;
            io.set("turn_in_0", following.turn);
        }
        if flush {
            self.flushes -= 1;
            self.flushed = !in_turn;
            self.stream().pad();
            following.word = self.stream().pop_word();
        }
        if active {
            self.codeword(io);
            following.word = self.stream().pop_word();
            following.crossed = following.word.is_some();
        }
        self.turn += usize::from(following.turn);
        if mark {
            self.flushed = false;
            following.end = true;
            self.packets += 1;
            self.longest = io.rng.random_range(1..=16);
            self.turn = 0;
        }
        self.entries.push_back(following);
    }

    fn enough(&self) {
        assert!(self.packets > 100);
    }
}

#[test]
fn lane_packer() {
    for turns in [1, 4] {
        let model = Packer {
            streams: vec![BitPacker::new(16); turns],
            turn: 0,
            flushes: 0,
            flushed: false,
            entries: VecDeque::new(),
            packets: 0,
            longest: 16,
        };
        three_way(&format!("lane_packer {turns}"), LanePacker::new(turns), model, 20_000);
    }
}

//! One lane's packer against the reference codec's.

use crate::harness::{three_way, Io, Model};
use huffwire::codec::bits::BitPacker;
use huffwire::rtl::encoder::lane_packer::LanePacker;
use rand::prelude::*;
use std::collections::VecDeque;

dut! {
    [] LanePacker { clock: clk; in: rst, active, code, length, extended, extension, flush, mark; out: push, word, closes, crossed; }
}

/// What comes out of a clock.
#[derive(Default)]
struct Entry {
    word: Option<u32>,
    crossed: bool,
    end: bool,
}

struct Packer {
    stream: BitPacker,
    flushed: bool,
    /// Of the clocks to come.
    entries: VecDeque<Entry>,
    packets: usize,
    longest: u32,
}

impl Model for Packer {
    fn reset(&mut self) {
        (self.stream, self.flushed) = (BitPacker::new(16), false);
        self.entries = [Entry::default(), Entry::default()].into();
    }

    fn before(&mut self, io: &mut Io) {
        let entry = self.entries.pop_front().unwrap_or_default();
        io.expect("push", entry.word.is_some());
        io.expect("closes", entry.end);
        io.expect("crossed", entry.crossed);
        if let Some(word) = entry.word {
            io.expect("word", word);
        }
        let mut following = Entry::default();
        let what = if self.flushed { io.rng.random_range(1..3) } else { io.rng.random_range(0..40) };
        io.set("flush", !self.flushed && what == 0);
        io.set("mark", self.flushed && what == 1);
        let active = !self.flushed && what > 5;
        io.set("active", active);
        if self.flushed && what == 1 {
            self.flushed = false;
            following.end = true;
            self.packets += 1;
            self.longest = io.rng.random_range(1..=16);
        } else if !self.flushed && what == 0 {
            self.flushed = true;
            self.stream.pad();
            following.word = self.stream.pop_word();
        } else if active {
            let length = io.rng.random_range(1..=self.longest);
            let code = io.rng.random::<u16>() >> (16 - length);
            io.set("length", length);
            io.set("code", code << (16 - length));
            self.stream.push(code.into(), length);
            if io.maybe("extended", 0.2, length < 16) {
                self.stream.push(io.any("extension") as u32, 1);
            }
            following.word = self.stream.pop_word();
            following.crossed = following.word.is_some();
        }
        self.entries.push_back(following);
    }

    fn enough(&self) {
        assert!(self.packets > 100);
    }
}

#[test]
fn lane_packer() {
    let model =
        Packer { stream: BitPacker::new(16), flushed: false, entries: VecDeque::new(), packets: 0, longest: 16 };
    three_way("lane_packer", LanePacker::default(), model, 20_000);
}

//! Groups with gaps to words in a row, and words in a row to link beats.

use crate::harness::{three_way, Io, Model};
use huffwire::rtl::encoder::compactor::Compactor;
use huffwire::rtl::encoder::gearbox::Gearbox;
use rand::prelude::*;
use std::collections::VecDeque;

dut! {
    [] Compactor {
        clock: clk;
        in: rst, word, send, valid, last;
        out: packed, count, packed_valid, packed_last;
    }
}
dut! {
    [] Gearbox {
        clock: clk;
        in: rst, packed, count, valid, last;
        out: beat, beat_words, beat_last, beat_valid;
    }
}

struct Compact {
    slots: usize,
    held: Option<(Vec<u128>, bool, bool)>,
}

impl Model for Compact {
    fn reset(&mut self) {
        self.held = None;
    }

    fn before(&mut self, io: &mut Io) {
        if let Some((words, valid, last)) = &self.held {
            for i in 0..self.slots {
                io.expect(&format!("packed_{i}"), words.get(i).copied().unwrap_or(0));
            }
            io.expect("count", words.len() as u128);
            io.expect("packed_valid", *valid);
            io.expect("packed_last", *last);
        }
        let send: Vec<bool> = (0..self.slots).map(|i| io.any(&format!("send_{i}")) == 1).collect();
        let words: Vec<u128> = (0..self.slots).map(|i| io.any(&format!("word_{i}"))).collect();
        let sent = words.into_iter().enumerate().filter(|(i, _)| send[*i]).map(|(_, w)| w).collect();
        self.held = Some((sent, io.maybe("valid", 0.7, true), io.maybe("last", 0.3, true)));
    }
}

#[test]
fn compactor() {
    for slots in [1, 2, 3, 6, 8, 24] {
        three_way(&format!("compactor {slots}"), Compactor::new(slots), Compact { slots, held: None }, 4_000);
    }
}

struct Gear {
    slots: usize,
    row_words: usize,
    waiting: Vec<u16>,
    /// Beats of the coming clocks.
    beats: VecDeque<(Vec<u16>, bool)>,
    rate: f64,
    spills: usize,
}

impl Model for Gear {
    fn reset(&mut self) {
        self.waiting.clear();
        self.beats.clear();
    }

    fn before(&mut self, io: &mut Io) {
        if io.rng.random_bool(0.01) {
            self.rate = io.rng.random_range(0.2..1.0);
        }
        // A second beat of a packet's last group takes a clock of its own.
        let spilling = self.beats.len() > 1;
        io.expect("beat_valid", !self.beats.is_empty());
        if let Some((words, last)) = self.beats.pop_front() {
            let data = words.iter().rev().fold(0u128, |d, w| d << 16 | u128::from(w.swap_bytes()));
            io.expect("beat", data);
            io.expect("beat_words", words.len() as u128);
            io.expect("beat_last", last);
        }
        let valid = io.maybe("valid", self.rate, !spilling);
        let last = io.rng.random_bool(0.1);
        io.set("last", last);
        let least = usize::from(last);
        let count = io.rng.random_range(least..=self.slots);
        io.set("count", count as u128);
        for i in 0..self.slots {
            // Zeros behind the words, as the compactor has it.
            let word = if i < count { io.rng.random::<u16>() } else { 0 };
            io.set(&format!("packed_{i}"), word);
            if valid && i < count {
                self.waiting.push(word);
            }
        }
        if !valid {
            return;
        }
        if self.waiting.len() >= self.row_words {
            let rest = self.waiting.split_off(self.row_words);
            let full = std::mem::replace(&mut self.waiting, rest);
            self.beats.push_back((full, last && self.waiting.is_empty()));
        }
        if last && !self.waiting.is_empty() {
            self.spills += usize::from(!self.beats.is_empty());
            self.beats.push_back((std::mem::take(&mut self.waiting), true));
        }
    }

    fn enough(&self) {
        assert!(self.row_words == 1 || self.spills > 10);
    }
}

#[test]
fn gearbox() {
    for (slots, row_words) in [(1, 1), (2, 2), (3, 4), (4, 4), (6, 8)] {
        let model = Gear { slots, row_words, waiting: Vec::new(), beats: VecDeque::new(), rate: 0.9, spills: 0 };
        three_way(&format!("gearbox {slots} {row_words}"), Gearbox::new(slots, row_words), model, 8_000);
    }
}

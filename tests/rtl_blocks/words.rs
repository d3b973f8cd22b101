//! The parts of the decoder's link side: the store of words, the counter, and the choice of a word for each slot.

use crate::harness::{three_way, Io, Model};
use crate::rows::Reader;
use huffwire::rtl::decoder::word_count::WordCount;
use huffwire::rtl::decoder::word_pick::WordPick;
use huffwire::rtl::decoder::word_store::WordStore;
use rand::prelude::*;
use std::collections::VecDeque;

dut! {
    [] WordPick { clock: clk; in: want, by_number, first_slots, word, first_bank, limited, left; out: asked, next_word, slot_word; }
}
dut! {
    [] WordStore { clock: clk; in: rst, push, row, advance, pass, all, rest, jump, target; out: room, first_bank, word; }
}
dut! {
    [] WordCount {
        clock: clk;
        in: rst, judged, tag, asked, load, steady, limited, trailer, finish;
        out: room, rest, left, ready, ended, lacking, broken, jump, following, finished;
    }
}

struct Pick {
    slots: usize,
    banks: usize,
    short: usize,
    /// What the clocks before asked for: ports and words.
    coming: VecDeque<Vec<(String, u128)>>,
}

impl Model for Pick {
    fn before(&mut self, io: &mut Io) {
        for (port, word) in self.coming.pop_front().unwrap() {
            io.expect(&port, word);
        }
        let mut coming = Vec::new();
        let words: Vec<u128> = (0..self.banks).map(|i| io.any(&format!("word_{i}"))).collect();
        let first = io.any("first_bank") as usize;
        let some = io.rng.random_range(0.0..1.0);
        let mut wants: Vec<usize> = (0..self.slots).filter(|i| io.maybe(&format!("want_{i}"), some, true)).collect();
        let number = io.rng.random_range(0..=self.slots);
        io.set("first_slots", number as u128);
        if io.maybe("by_number", 0.2, true) {
            wants = (0..number).collect();
        }
        let limited = io.maybe("limited", 0.5, true);
        let left = io.rng.random_range(0..=self.slots);
        io.set("left", left as u128);
        io.expect("asked", wants.len() as u128);
        for (n, slot) in wants.into_iter().enumerate() {
            let word = if limited && n >= left { 0 } else { words[(first + n) % self.banks] };
            self.short += usize::from(limited && n >= left);
            coming.push((format!("slot_word_{slot}"), word));
        }
        for n in 0..self.slots {
            coming.push((format!("next_word_{n}"), words[(first + n) % self.banks]));
        }
        self.coming.push_back(coming);
    }

    fn enough(&self) {
        assert!(self.short > 100);
    }
}

#[test]
fn word_pick() {
    for (slots, banks, late) in
        [(1, 2, false), (3, 4, false), (8, 8, false), (12, 16, false), (24, 32, false), (2, 2, true), (12, 16, true)]
    {
        three_way(
            &format!("word_pick {slots} {banks} {late}"),
            WordPick::new(slots, banks, late),
            Pick { slots, banks, short: 0, coming: vec![Vec::new(); if late { 2 } else { 1 }].into() },
            3_000,
        );
    }
}

/// Words in the store, from the next one on.
struct Store {
    banks: usize,
    row_words: usize,
    words: VecDeque<u16>,
    /// Words and rows since the reset.
    start: usize,
    written: usize,
    /// A reader in a hurry, or not.
    hurry: f64,
    jumps: usize,
    full: usize,
}

impl Store {
    fn rows(&self) -> usize {
        16 * self.banks / self.row_words
    }
}

impl Model for Store {
    fn reset(&mut self) {
        self.words.clear();
        (self.start, self.written) = (0, 0);
    }

    fn before(&mut self, io: &mut Io) {
        let bank = self.start % self.banks;
        io.expect("first_bank", bank as u128);
        for (n, &word) in self.words.iter().take(self.banks).enumerate() {
            io.expect(&format!("word_{}", (bank + n) % self.banks), word);
        }
        // Rows may come in as long as they find a place, whatever `room` says.
        let used = self.written - self.start / self.row_words;
        let push = io.maybe("push", 0.7, used + 1 < self.rows());
        let row: Vec<u16> = (0..self.row_words).map(|_| io.rng.random()).collect();
        io.set("row", row.iter().rev().fold(0, |data, w| data << 16 | u128::from(w.swap_bytes())));
        let jump = io.maybe("jump", 0.005, true);
        if io.rng.random_bool(0.02) {
            self.hurry = io.rng.random_range(0.0f64..1.0).powi(3);
        }
        let most = (self.words.len().min(self.banks) as f64 * self.hurry) as usize;
        let passes = io.maybe("pass", 0.8, true);
        let pass = if passes { io.rng.random_range(0..=most) } else { 0 };
        let noise = io.rng.random_range(0..self.banks) as u128;
        let counts = if jump || !passes { noise } else { pass as u128 };
        let (advance, rest) = if io.maybe("all", 0.3, true) { (noise, counts) } else { (counts, noise) };
        io.set("advance", advance);
        io.set("rest", rest);
        let target = io.rng.random_range(self.start.div_ceil(self.row_words)..=self.written);
        io.set("target", (target % self.rows()) as u128);
        let next = if jump { target * self.row_words } else { self.start + pass };
        self.words.drain(..next - self.start);
        self.start = next;
        if push {
            self.words.extend(row);
            self.written += 1;
        }
        self.jumps += usize::from(jump);
    }

    fn after(&mut self, io: &mut Io) {
        // `room` is registered: it may be a clock old, but promises no place that is not there.
        let used = self.written - self.start / self.row_words;
        let room = io.is("room");
        self.full += usize::from(!room && used > self.rows() / 2);
        assert!(!room || used + 2 <= self.rows(), "clock {}: room, {used} rows used", io.clock);
        io.expect("room", room);
    }

    fn enough(&self) {
        assert!(self.jumps > 20 && self.full > 20, "{} jumps, {} clocks full", self.jumps, self.full);
    }
}

#[test]
fn word_store() {
    for (banks, row_words) in [(2, 1), (4, 2), (8, 4), (16, 8), (16, 2)] {
        let words = VecDeque::new();
        let model = Store { banks, row_words, words, start: 0, written: 0, hurry: 1.0, jumps: 0, full: 0 };
        three_way(&format!("word_store {banks} {row_words}"), WordStore::new(banks, row_words), model, 10_000);
    }
}

/// Tags of rows in, answers out.
struct Count {
    words: usize,
    slots: usize,
    reader: Reader,
    /// Rows of the packet whose tags have come, and clocks since the last of them.
    sent: usize,
    counted: VecDeque<usize>,
    /// Payload and trailer words that count, rows since the reset.
    payload: usize,
    trailer: usize,
    rows: usize,
    asked: usize,
    steady: bool,
    waited: usize,
    packets: usize,
}

impl Count {
    fn left(&self) -> usize {
        if self.reader.trailer {
            self.trailer
        } else {
            self.payload
        }
    }

    /// All rows that bear on the answer have been counted.
    fn complete(&self) -> bool {
        let seen = self.sent - self.counted.len();
        let rows = &self.reader.rows[..seen];
        if self.reader.trailer {
            rows.iter().any(|r| r.last)
        } else {
            rows.iter().any(|r| r.payload_ends)
        }
    }
}

impl Model for Count {
    const ROUNDS: usize = 1;

    fn reset(&mut self) {
        self.reader.rows.clear();
        self.counted.clear();
        (self.sent, self.payload, self.trailer, self.rows) = (0, 0, 0, 0);
        (self.steady, self.waited) = (false, 0);
    }

    fn before(&mut self, io: &mut Io) {
        if self.reader.rows.is_empty() {
            self.reader.packet(io.rng);
            self.sent = 0;
        }
        // A tag counts from the third clock on behind its own.
        self.counted.iter_mut().for_each(|age| *age += 1);
        while self.counted.front().is_some_and(|&age| age > 2) {
            self.counted.pop_front();
            let row = &self.reader.rows[self.sent - self.counted.len() - 1];
            let count = huffwire::rtl::decoder::row_tagger::count_bits(self.reader.row_words);
            let of_payload = (row.tag >> 3) as usize & ((1 << count) - 1);
            self.payload += of_payload;
            self.trailer += row.words - of_payload;
            self.rows += 1;
        }
        let place = self.payload + self.trailer + 8 * self.reader.row_words < self.words;
        let more = self.sent < self.reader.rows.len() && self.counted.len() < 8;
        if io.maybe("judged", 0.7, more && place) {
            let row = &self.reader.rows[self.sent];
            io.set("tag", row.tag | u128::from(self.reader.rows[..=self.sent].iter().any(|r| r.broken)) << 2);
            self.sent += 1;
            self.counted.push_back(0);
        }
        if !self.steady {
            self.asked = io.rng.random_range(0..=if self.reader.trailer { 4.min(self.slots) } else { self.slots });
        }
        io.set("asked", self.asked as u128);
        io.set("trailer", self.reader.trailer);
        io.set("finish", self.reader.finish);
        for name in ["load", "steady", "limited"] {
            io.set(name, 0u8);
        }
    }

    fn respond(&mut self, io: &mut Io, _round: usize) {
        let (ready, ended, lacking) = (io.is("ready"), io.is("ended"), io.is("lacking"));
        let may = ready || (ended && !(self.reader.trailer && lacking));
        let load = !self.reader.finish && may && io.rng.random_bool(0.8);
        io.set("load", load);
        io.set("limited", ended);
        self.steady = !self.reader.finish && !load && io.rng.random_bool(0.9);
        io.set("steady", self.steady);
    }

    fn after(&mut self, io: &mut Io) {
        for name in ["room", "rest", "left", "ready", "ended", "lacking", "broken", "following"] {
            io.expect(name, io.get(name));
        }
        let (ready, ended, lacking) = (io.is("ready"), io.is("ended"), io.is("lacking"));
        let (load, left, finish) = (io.is_input("load"), self.left(), self.reader.finish);
        io.expect("jump", finish);
        io.expect("following", (self.rows % (self.words / self.reader.row_words)) as u128);
        if !finish {
            let clock = io.clock;
            assert!(!ready || left > self.asked, "clock {clock}: ready for {} words of {left}", self.asked);
            assert!(!ended || self.complete(), "clock {clock}: ended, and rows to come");
            assert!(!ended || left <= self.asked, "clock {clock}: {} words of {left} are not the end", self.asked);
            assert_eq!(lacking, ended && left < self.asked, "clock {clock}: {} words of {left}", self.asked);
            // Nobody waits longer than it takes to compare.
            let sure = left > self.asked || self.complete();
            self.waited = if sure && !ready && !ended { self.waited + 1 } else { 0 };
            assert!(self.waited < 60, "clock {clock}: no answer");
            if ended && self.reader.trailer {
                io.expect("broken", self.reader.marred());
            }
        }
        if load {
            let taken = self.asked.min(left);
            if ended && !self.reader.trailer {
                io.expect("rest", taken as u128);
            }
            if self.reader.trailer {
                self.trailer -= taken;
            } else {
                self.payload -= taken;
            }
        }
        if finish {
            (self.payload, self.trailer) = (0, 0);
            let all = self.sent - self.counted.len() == self.reader.rows.len();
            io.expect("finished", all);
            if all {
                self.reader.rows.clear();
                self.packets += 1;
                self.reader.finish = false;
                self.reader.trailer = false;
            }
            return;
        }
        io.expect("finished", false);
        if load && ended && !self.reader.trailer {
            self.reader.trailer = true;
        } else if (self.reader.trailer && (load && ended || lacking)) || io.rng.random_bool(0.001) {
            self.reader.finish = true;
            self.steady = false;
        }
    }

    fn enough(&self) {
        assert!(self.packets > 50, "{} packets", self.packets);
    }
}

#[test]
fn word_count() {
    let sizes = [(32, 1, 2), (64, 2, 3), (128, 4, 6), (256, 8, 12)].map(|size| (size, false));
    for ((words, row_words, slots), ahead) in sizes.into_iter().chain([((32, 1, 2), true), ((256, 8, 12), true)]) {
        let model = Count {
            words,
            slots,
            reader: Reader::new(row_words),
            sent: 0,
            counted: VecDeque::new(),
            payload: 0,
            trailer: 0,
            rows: 0,
            asked: 0,
            steady: false,
            waited: 0,
            packets: 0,
        };
        three_way(
            &format!("word_count {words} {row_words} {slots} {ahead}"),
            WordCount::new(words, row_words, slots, ahead),
            model,
            10_000,
        );
    }
}

//! Queues in block RAM.

use crate::harness::{three_way, Io, Model};
use huffwire::rtl::block_fifo::BlockFifo;
use huffwire::rtl::encoder::slot_queue::SlotQueue;
use rand::prelude::*;
use std::collections::VecDeque;

dut! {
    [] BlockFifo { clock: clk; in: rst, push, data, pop; out: head, head_valid, room; }
}
dut! {
    [const A: usize] SlotQueue<A> { clock: clk; in: rst, push, word, follow, ask; out: ready, second, oldest; }
}

struct Queue {
    capacity: usize,
    slack: usize,
    /// Clock from which an entry may be the head, and the entry.
    entries: VecDeque<(usize, u128)>,
    stored: VecDeque<usize>,
    rates: (f64, f64),
    seen: (usize, usize, usize),
}

impl Model for Queue {
    fn reset(&mut self) {
        self.entries.clear();
        self.stored = vec![usize::MAX; 2].into();
    }

    fn before(&mut self, io: &mut Io) {
        if io.rng.random_bool(0.01) {
            self.rates = (io.rng.random(), io.rng.random());
        }
        // Whoever writes stops two clocks and its own pipeline after the queue is that full.
        let push = io.maybe("push", self.rates.0, self.entries.len() < self.capacity);
        let data = io.any("data");
        let valid = self.entries.front().is_some_and(|e| e.0 <= io.clock);
        io.expect("head_valid", valid);
        if valid {
            io.expect("head", self.entries[0].1);
        }
        let pop = io.maybe("pop", self.rates.1, valid);
        self.seen.0 += usize::from(self.entries.len() == self.capacity);
        self.seen.1 += usize::from(!valid);
        if pop {
            self.entries.pop_front();
        }
        if push {
            // No earlier than what is in front of it.
            self.entries.push_back((io.clock + 3, data));
        }
    }

    fn after(&mut self, io: &mut Io) {
        // Two clocks late, and up to two entries are behind the memory.
        io.expect("room", io.get("room"));
        let then = self.stored.pop_front().unwrap();
        self.stored.push_back(self.entries.len());
        if then != usize::MAX && then + self.slack > self.capacity + 3 {
            assert!(!io.is("room"), "clock {}: room with {then} entries", io.clock);
        }
        if then != usize::MAX && then + self.slack < self.capacity - 1 {
            assert!(io.is("room"), "clock {}: no room with {then} entries", io.clock);
        }
        self.seen.2 += usize::from(!io.is("room"));
    }

    fn enough(&self) {
        assert!(self.seen.0 > 20 && self.seen.1 > 20 && self.seen.2 > 20, "{:?}", self.seen);
    }
}

#[test]
fn block_fifo() {
    for (address_bits, bits, slack) in [(4, 16, 8), (6, 128, 12), (7, 5, 28)] {
        let model = Queue {
            capacity: (1 << address_bits) - 1,
            slack,
            entries: VecDeque::new(),
            stored: VecDeque::new(),
            rates: (0.5, 0.5),
            seen: (0, 0, 0),
        };
        let block = BlockFifo::new(address_bits, bits, slack);
        three_way(&format!("block_fifo {address_bits} {bits}"), block, model, 30_000);
    }
}

struct Slot {
    /// Clock from which a word counts, and the word.
    words: VecDeque<(usize, u16)>,
    /// Words that came without `follow`.
    beyond: Vec<u16>,
    follow: bool,
    asked: Option<u16>,
    rates: (f64, f64),
    /// Words that the queue has place for, less one.
    most: usize,
    taken: usize,
}

impl Model for Slot {
    fn reset(&mut self) {
        self.words.clear();
        self.beyond.clear();
        self.asked = None;
        self.follow = true;
    }

    fn before(&mut self, io: &mut Io) {
        if io.rng.random_bool(0.02) {
            self.rates = (io.rng.random(), io.rng.random());
        }
        let ready = self.words.front().is_some_and(|w| w.0 <= io.clock);
        io.expect("ready", ready);
        io.expect("second", self.words.get(1).is_some_and(|w| w.0 <= io.clock));
        if let Some(word) = self.asked.take() {
            io.expect("oldest", word);
        }
        if io.maybe("ask", self.rates.1, true) && ready {
            self.asked = self.words.pop_front().map(|w| w.1);
            self.taken += 1;
        }
        if io.rng.random_bool(0.05) {
            self.follow = !self.follow;
        }
        io.set("follow", self.follow);
        // What is written before this clock counts two clocks from now.
        if self.follow {
            self.words.extend(self.beyond.drain(..).map(|w| (io.clock + 2, w)));
        }
        let push = io.maybe("push", self.rates.0, self.words.len() + self.beyond.len() < self.most);
        let word = io.any("word") as u16;
        if push {
            self.beyond.push(word);
        }
    }

    fn enough(&self) {
        assert!(self.taken > 3_000, "{}", self.taken);
    }
}

#[test]
fn slot_queue() {
    fn run<const A: usize>() {
        let (words, beyond) = Default::default();
        let most = (1 << A) - 1;
        let model = Slot { words, beyond, follow: true, asked: None, rates: (0.5, 0.5), most, taken: 0 };
        three_way(&format!("slot_queue {A}"), SlotQueue::<A>::default(), model, 20_000);
    }
    run::<7>();
    run::<9>();
}

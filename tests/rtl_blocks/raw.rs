//! The raw stream of both cores: the words of each slot, against the reference's packer.

use crate::harness::{three_way, Io, Model};
use huffwire::codec::bits::BitPacker;
use huffwire::rtl::decoder::raw_line::RawLine as RawOut;
use huffwire::rtl::encoder::raw_line::RawLine as RawIn;
use huffwire::rtl::raw_schedule::{lead_rounds, RawSchedule};
use rand::prelude::*;
use std::collections::VecDeque;

dut! {
    [] RawSchedule { clock: clk; in: start, lead, enter, advance; out: want; }
}
dut! {
    [] RawIn { clock: clk; in: rst, bits, active, step, flush; out: push, word; }
}
dut! {
    [] RawOut { clock: clk; in: rst, clear, load, word, step; out: bits; }
}

/// Lanes and raw bits: one word in several steps, one and a bit a step, whole words.
const STREAMS: [(usize, usize); 5] = [(1, 3), (1, 11), (2, 11), (1, 24), (4, 8)];

/// Raw words that begin before step `step`.
fn begun(step: usize, step_bits: usize) -> usize {
    (step * step_bits).div_ceil(16)
}

struct Schedule {
    step_bits: usize,
    /// Rounds of the lead that are left, and the step that is asked next.
    lead: usize,
    step: usize,
    started: bool,
}

impl Model for Schedule {
    fn before(&mut self, io: &mut Io) {
        let start = !self.started || io.rng.random_bool(0.02);
        let advance = !start && io.rng.random_bool(0.7);
        let few = self.step_bits <= 16;
        io.set("start", start);
        io.set("lead", self.lead > 0);
        io.set("advance", advance);
        if self.started {
            let words = begun(self.step + 1, self.step_bits) - begun(self.step, self.step_bits);
            for slot in 0..self.step_bits.div_ceil(16) {
                io.expect(&format!("want_{slot}"), slot < words || (self.lead > 0 && few));
            }
        }
        let last = advance && self.lead == 1;
        io.set("enter", last);
        if advance {
            self.step = if last { 8 } else { self.step + 1 };
            self.lead = self.lead.saturating_sub(1);
        }
        if start {
            (self.step, self.lead, self.started) = (0, lead_rounds(self.step_bits), true);
        }
    }
}

#[test]
fn raw_schedule() {
    for (lanes, raw_bits) in STREAMS {
        let step_bits = lanes * raw_bits;
        let model = Schedule { step_bits, lead: 0, step: 0, started: false };
        // All words of the first eight steps are asked for ahead.
        if step_bits <= 16 {
            assert_eq!(lead_rounds(step_bits), begun(8, step_bits));
        }
        three_way(&format!("raw_schedule {step_bits}"), RawSchedule::new(step_bits), model, 2_000);
    }
}

/// A packet's elements and what becomes of them.
struct Stream {
    lanes: usize,
    raw_bits: usize,
    /// Steps of elements.
    steps: Vec<Vec<u32>>,
    /// Words of each slot.
    slots: Vec<VecDeque<u16>>,
}

impl Stream {
    fn random(lanes: usize, raw_bits: usize, rng: &mut StdRng) -> Self {
        let elements = rng.random_range(0..lanes * 40);
        let elements: Vec<u32> = (0..elements).map(|_| rng.random::<u32>() >> (32 - raw_bits)).collect();
        let mut packer = BitPacker::new(16);
        elements.iter().for_each(|&e| packer.push(e, raw_bits as u32));
        packer.pad();
        let step_bits = lanes * raw_bits;
        let mut slots = vec![VecDeque::new(); step_bits.div_ceil(16)];
        for n in 0.. {
            let Some(word) = packer.pop_word() else { break };
            slots[n - begun(16 * n / step_bits, step_bits)].push_back(word as u16);
        }
        Stream { lanes, raw_bits, steps: elements.chunks(lanes).map(<[u32]>::to_vec).collect(), slots }
    }
}

struct Packing {
    stream: Stream,
    at: usize,
    /// Elements whose bits came a clock ago.
    coming: Option<usize>,
    /// Flush, then mark.
    end: usize,
    closed: usize,
    packets: usize,
}

impl Packing {
    fn packet(&mut self, rng: &mut StdRng) {
        self.stream = Stream::random(self.stream.lanes, self.stream.raw_bits, rng);
        (self.at, self.coming, self.end, self.closed) = (0, None, 0, 0);
    }
}

impl Model for Packing {
    fn reset(&mut self) {
        self.closed = self.stream.slots.len();
    }

    fn before(&mut self, io: &mut Io) {
        if self.closed == self.stream.slots.len() {
            self.packet(io.rng);
        }
        let active = self.coming.take();
        io.set("active", active.map_or(0, |n| (1u128 << n) - 1));
        io.set("step", active.is_some());
        let done = self.at == self.stream.steps.len() && active.is_none();
        io.set("flush", done && self.end == 0);
        self.end += usize::from(done);
        if self.at < self.stream.steps.len() && io.rng.random_bool(0.8) {
            let step = &self.stream.steps[self.at];
            for i in 0..self.stream.lanes {
                io.set(&format!("bits_{i}"), step.get(i).copied().unwrap_or(0));
            }
            self.coming = Some(step.len());
            self.at += 1;
        }
    }

    fn after(&mut self, io: &mut Io) {
        // The last words come up to two clocks behind `flush`.
        let ended = self.end >= 3 && self.closed == 0;
        for i in 0..self.stream.slots.len() {
            let push = io.is(&format!("push_{i}"));
            io.expect(&format!("push_{i}"), push);
            if push {
                let word = self.stream.slots[i].pop_front();
                io.expect(&format!("word_{i}"), word.unwrap_or_else(|| panic!("clock {}: a word too many", io.clock)));
            }
        }
        if ended {
            let left: usize = self.stream.slots.iter().map(VecDeque::len).sum();
            assert_eq!(left, 0, "clock {}: words that did not come", io.clock);
            (self.closed, self.packets) = (self.stream.slots.len(), self.packets + 1);
        }
    }

    fn enough(&self) {
        assert!(self.packets > 30);
    }
}

#[test]
fn raw_bits_to_words() {
    for (lanes, raw_bits) in STREAMS {
        let stream = Stream::random(lanes, raw_bits, &mut crate::common::seeded("raw_bits_to_words"));
        let closed = stream.slots.len();
        let model = Packing { stream, at: 0, coming: None, end: 0, closed, packets: 0 };
        three_way(&format!("raw_in {lanes}_{raw_bits}"), RawIn::new(lanes, raw_bits), model, 5_000);
    }
}

struct Unpacking {
    stream: Stream,
    /// Steps done, and words loaded into each slot and not used.
    at: usize,
    loaded: Vec<usize>,
    /// Slots that asked in the clock before, whose words come now.
    coming: Vec<usize>,
    clear: bool,
    packets: usize,
}

impl Model for Unpacking {
    fn reset(&mut self) {
        self.at = self.stream.steps.len();
    }

    fn before(&mut self, io: &mut Io) {
        let (lanes, raw_bits) = (self.stream.lanes, self.stream.raw_bits);
        let step_bits = lanes * raw_bits;
        if self.at == self.stream.steps.len() && !self.clear {
            self.stream = Stream::random(lanes, raw_bits, io.rng);
            (self.at, self.loaded, self.clear) = (0, vec![0; self.stream.slots.len()], true);
            self.coming.clear();
            self.packets += 1;
        }
        io.set("clear", self.clear);
        let needs = |slot: usize| slot < begun(self.at + 1, step_bits) - begun(self.at, step_bits);
        // The last step may need a word that would hold nothing but padding.
        let got = |slot: usize| self.loaded[slot] > 0 || self.stream.slots[slot].is_empty();
        let there = (0..self.loaded.len()).all(|slot| !needs(slot) || got(slot));
        let ready = !self.clear && there && self.at < self.stream.steps.len();
        if ready {
            for (i, bits) in self.stream.steps[self.at].iter().enumerate() {
                io.expect(&format!("bits_{i}"), *bits);
            }
        }
        let step = io.maybe("step", 0.7, ready);
        if step {
            (0..self.loaded.len())
                .filter(|&slot| needs(slot))
                .for_each(|slot| self.loaded[slot] = self.loaded[slot].saturating_sub(1));
            self.at += 1;
        }
        for slot in self.coming.drain(..) {
            io.set(&format!("word_{slot}"), self.stream.slots[slot].pop_front().unwrap());
            self.loaded[slot] += 1;
        }
        for slot in 0..self.loaded.len() {
            let more = !self.clear && self.loaded[slot] < 12 && !self.stream.slots[slot].is_empty();
            if io.maybe(&format!("load_{slot}"), 0.7, more) {
                self.coming.push(slot);
            }
        }
        self.clear = false;
    }

    fn enough(&self) {
        assert!(self.packets > 30);
    }
}

#[test]
fn words_to_raw_bits() {
    for (lanes, raw_bits) in STREAMS {
        let stream = Stream::random(lanes, raw_bits, &mut crate::common::seeded("words_to_raw_bits"));
        let (at, loaded) = (stream.steps.len(), vec![0; stream.slots.len()]);
        let model = Unpacking { stream, at, loaded, coming: Vec::new(), clear: false, packets: 0 };
        three_way(&format!("raw_out {lanes}_{raw_bits}"), RawOut::new(lanes, raw_bits), model, 5_000);
    }
}

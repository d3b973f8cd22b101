//! What the controller asks: the next book, the steps that are left; and what a lane asks: how long is the codeword?

use crate::harness::{three_way, Io, Model};
use huffwire::rtl::decoder::book_switch::BookSwitch;
use huffwire::rtl::decoder::length_choice::LengthChoice;
use huffwire::rtl::decoder::length_test::LengthTest;
use huffwire::rtl::decoder::step_budget::StepBudget;
use rand::prelude::*;

dut! {
    [] BookSwitch { clock: clk; in: start, header_book, step, id_bit; out: extra, lookup, changes; }
}
dut! {
    [] StepBudget {
        clock: clk;
        in: start, step, weigh, count, drain;
        out: known, none, wrong, last, active;
    }
}
dut! {
    [] LengthChoice { in: longer, option; out: chosen; }
}
dut! {
    [] LengthTest { in: view, first; out: longer; }
}

/// Blocks of 16 steps; the id of the next one in the first four steps of each.
struct Switch {
    blocks: bool,
    /// Has it been started at all?
    known: bool,
    header_book: u8,
    id: u8,
    steps: usize,
    id_bit: bool,
    switched: usize,
}

impl Model for Switch {
    fn before(&mut self, io: &mut Io) {
        let start = io.maybe("start", 0.005, true) || !self.known;
        io.set("start", start);
        if start && !self.known {
            self.header_book = io.rng.random_range(0..16);
        }
        io.set("header_book", self.header_book);
        let step = io.maybe("step", 0.8, self.known && !start);
        io.set("id_bit", self.id_bit);
        let place = self.steps % 16;
        if self.known {
            io.expect("extra", self.blocks && place < 4);
            let ends = self.blocks && step && place == 15;
            io.expect("changes", !self.blocks || self.steps == 0 || ends);
            if ends {
                io.expect("lookup", self.id);
                self.switched += 1;
            } else if !self.blocks || self.steps == 0 {
                io.expect("lookup", self.header_book);
            }
        }
        if step {
            if place == 0 {
                self.id = io.rng.random_range(0..16);
            }
            if place < 4 {
                self.id_bit = self.id >> (3 - place) & 1 == 1;
            }
            self.steps += 1;
        }
        if start {
            (self.known, self.steps) = (true, 0);
            self.header_book = io.rng.random_range(0..16);
        }
    }

    fn enough(&self) {
        assert_eq!(self.switched > 50, self.blocks);
    }
}

#[test]
fn book_switch() {
    for blocks in [false, true] {
        let model = Switch { blocks, known: false, header_book: 0, id: 0, steps: 0, id_bit: false, switched: 0 };
        three_way(&format!("book_switch {blocks}"), BookSwitch::new(blocks), model, 5_000);
    }
}

/// A packet: steps, the count, the rest of the steps.
struct Budget {
    lanes: u64,
    planes: u64,
    prefill: u32,
    fired: u64,
    count: u64,
    state: Phase,
    wrong: usize,
    ended: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    Start,
    Steps(u64),
    Weigh,
    Wait,
    Judge,
    Drain,
}

impl Model for Budget {
    fn before(&mut self, io: &mut Io) {
        let lanes = self.lanes;
        for name in ["start", "step", "weigh", "drain"] {
            io.set(name, false);
        }
        let held = u64::from(16 * self.prefill);
        io.expect("known", self.state == Phase::Judge);
        let state = self.state;
        match state {
            Phase::Start => {
                io.set("start", true);
                self.fired = 0;
                self.state = Phase::Steps(io.rng.random_range(0..30));
            }
            Phase::Steps(0) => {
                self.count = match io.rng.random_range(0..8) {
                    0 => io.rng.random_range(0..=u32::MAX as u64),
                    1 => self.fired,
                    2 => 0,
                    3 => self.fired + held * lanes + io.rng.random_range(0..3),
                    _ => self.fired + io.rng.random_range(0..=held * lanes),
                };
                self.state = Phase::Weigh;
            }
            Phase::Steps(left) => {
                if io.maybe("step", 0.7, true) {
                    self.fired += lanes;
                    self.state = Phase::Steps(left - 1);
                }
            }
            Phase::Weigh => {
                io.set("weigh", true);
                io.set("count", self.count as u128);
                self.state = Phase::Wait;
            }
            Phase::Wait => {
                io.set("count", self.count as u128);
                self.state = Phase::Judge;
            }
            Phase::Judge => {
                let (count, fired) = (self.count, self.fired);
                let wrong = count < fired
                    || count - fired > held * lanes
                    || count % self.planes != 0
                    || (count == fired && fired > 0);
                io.expect("none", count == 0);
                // A packet of no symbols is asked about `none` too.
                io.expect("wrong", wrong);
                self.wrong += usize::from(wrong);
                self.state = if wrong || count == 0 { Phase::Start } else { Phase::Drain };
            }
            Phase::Drain => {
                let left = self.count - self.fired;
                io.expect("last", left <= lanes);
                io.expect("active", (1u128 << left.min(lanes)) - 1);
                if io.maybe("drain", 0.7, true) {
                    self.fired += lanes;
                    if left <= lanes {
                        self.ended += 1;
                        self.state = Phase::Start;
                    }
                }
            }
        }
    }

    fn enough(&self) {
        assert!(self.wrong > 20 && self.ended > 20, "{} wrong, {} ended", self.wrong, self.ended);
    }
}

#[test]
fn step_budget() {
    for (lanes, planes, prefill) in [(1, 1, 3), (2, 2, 4), (8, 1, 3), (16, 2, 5), (64, 1, 3)] {
        let model = Budget { lanes, planes, prefill, fired: 0, count: 0, state: Phase::Start, wrong: 0, ended: 0 };
        three_way(
            &format!("step_budget {lanes} {planes} {prefill}"),
            StepBudget::new(lanes as usize, planes as usize, prefill),
            model,
            20_000,
        );
    }
}

struct Longer(usize);

impl Model for Longer {
    fn before(&mut self, io: &mut Io) {
        let (view, n) = (io.any("view"), self.0);
        let first = if io.rng.random_bool(0.2) { 1 << n } else { io.rng.random_range(0..=1u128 << n) };
        io.set("first", first);
        io.expect("longer", view >> (16 - n) >= first);
    }
}

#[test]
fn length_test() {
    for n in [1, 5, 10, 15] {
        three_way(&format!("length_test {n}"), LengthTest::new(n), Longer(n), 2_000);
    }
}

struct Choice(usize);

impl Model for Choice {
    fn before(&mut self, io: &mut Io) {
        let options: Vec<u128> = (0..self.0).map(|i| io.any(&format!("option_{i}"))).collect();
        let chosen = io.rng.random_range(0..self.0);
        for i in 1..self.0 {
            io.set(&format!("longer_{}", i - 1), i <= chosen);
        }
        io.expect("chosen", options[chosen]);
    }
}

#[test]
fn length_choice() {
    for (lengths, bits) in [(1, 5), (2, 16), (9, 5), (10, 16), (16, 16)] {
        three_way(&format!("length_choice {lengths} {bits}"), LengthChoice::new(lengths, bits), Choice(lengths), 2_000);
    }
}

//! What the controller asks: the next book, the steps that are left; and what a lane asks: how long is the codeword?

use crate::harness::{three_way, Io, Model};
use huffwire::rtl::decoder::book_switch::BookSwitch;
use huffwire::rtl::decoder::length_choice::LengthChoice;
use huffwire::rtl::decoder::length_test::LengthTest;
use huffwire::rtl::decoder::step_budget::StepBudget;
use huffwire::rtl::decoder::turn_lane::{CODE_CLOCKS, NEED_CLOCKS};
use huffwire::rtl::geometry::Geometry;
use rand::prelude::*;
use std::collections::VecDeque;

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

/// The id of the next block in four of a block's last 16 steps. With four turns a step, each of them in the first.
struct Switch {
    /// Steps of a block.
    block: Option<usize>,
    turns: usize,
    /// Has it been started at all?
    known: bool,
    header_book: u8,
    id: u8,
    /// Steps or turns of the packet.
    steps: usize,
    /// Bits of ids on their way.
    id_bits: VecDeque<Option<bool>>,
    /// Whether the book changes, and to which, if that is known.
    changes: VecDeque<Option<(bool, Option<u8>)>>,
    switched: usize,
}

impl Model for Switch {
    fn before(&mut self, io: &mut Io) {
        let start = io.maybe("start", 0.003, true) || !self.known;
        io.set("start", start);
        if start && !self.known {
            self.header_book = io.rng.random_range(0..16);
        }
        io.set("header_book", self.header_book);
        // A packet that has just begun is not decoded before what was on its way is over.
        let step = io.maybe("step", 0.9, self.known && !start);
        if let Some(Some(bit)) = self.id_bits.pop_front() {
            io.set("id_bit", bit);
        }
        let whole = self.block.unwrap_or(16) * self.turns;
        let place = self.steps % whole;
        let of_id = (place / self.turns + 16).checked_sub(whole / self.turns).filter(|&bit| bit < 4);
        let carries = self.block.is_some() && place.is_multiple_of(self.turns) && of_id.is_some();
        let mut change = None;
        if self.known {
            io.expect("extra", carries);
            let ends = self.block.is_some() && step && place == whole - 1;
            change = Some((self.block.is_none() || self.steps == 0 || ends, None));
            if ends {
                change = Some((true, Some(self.id)));
                self.switched += 1;
            } else if self.block.is_none() || self.steps == 0 {
                change = Some((true, Some(self.header_book)));
            }
        }
        self.changes.push_back(change);
        if let Some((changes, book)) = self.changes.pop_front().unwrap() {
            io.expect("changes", changes);
            if let Some(book) = book {
                io.expect("lookup", book);
            }
        }
        let mut bit = None;
        if step {
            if let Some(of_id) = of_id.filter(|_| carries) {
                if of_id == 0 {
                    self.id = io.rng.random_range(0..16);
                }
                bit = Some(self.id >> (3 - of_id) & 1 == 1);
            }
            self.steps += 1;
        }
        self.id_bits.push_back(bit);
        if start {
            (self.known, self.steps) = (true, 0);
            self.header_book = io.rng.random_range(0..16);
            self.id_bits.iter_mut().for_each(|bit| *bit = None);
        }
    }

    fn enough(&self) {
        assert_eq!(self.switched > 10, self.block.is_some(), "{}", self.switched);
    }
}

#[test]
fn book_switch() {
    for (block, turns) in [(None, 1), (None, 4), (Some(16), 1), (Some(16), 4), (Some(64), 1), (Some(32), 4)] {
        let late = turns > 1;
        let model = Switch {
            block,
            turns,
            known: false,
            header_book: 0,
            id: 0,
            steps: 0,
            id_bits: vec![None; if late { NEED_CLOCKS } else { 1 }].into(),
            changes: vec![None; if late { CODE_CLOCKS } else { 0 }].into(),
            switched: 0,
        };
        let test = format!("book_switch {} {turns}", block.unwrap_or(0));
        three_way(&test, BookSwitch::new(block, turns), model, 10_000);
    }
}

/// A packet: steps, the count, the rest of the steps.
struct Budget {
    lanes: u64,
    planes: u64,
    prefill: u32,
    turns: u64,
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
    Compare,
    Judge,
    Drain,
}

impl Model for Budget {
    fn before(&mut self, io: &mut Io) {
        let lanes = self.lanes;
        for name in ["start", "step", "weigh", "drain"] {
            io.set(name, false);
        }
        let held = u64::from(16 * self.prefill) * self.turns;
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
                self.state = Phase::Compare;
            }
            Phase::Compare => self.state = Phase::Judge,
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
    let cases = [(1, 1, 3, 1), (2, 2, 4, 1), (8, 1, 3, 1), (16, 2, 5, 1), (64, 1, 3, 1), (2, 1, 4, 4), (16, 2, 5, 4)];
    for (lanes, planes, prefill, turns) in cases {
        let geometry = Geometry {
            lanes: lanes as usize,
            turns: turns as usize,
            planes: planes as usize,
            element_bits: 8,
            element_bytes: 1,
            symbol_bits: 8,
            raw_bits: 0,
        };
        let model =
            Budget { lanes, planes, prefill, turns, fired: 0, count: 0, state: Phase::Start, wrong: 0, ended: 0 };
        three_way(
            &format!("step_budget {lanes} {planes} {prefill} {turns}"),
            StepBudget::new(&geometry, prefill),
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

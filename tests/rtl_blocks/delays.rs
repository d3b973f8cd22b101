//! Delays of tokens, and the queue of raw words.

use crate::harness::{three_way, Io, Model};
use huffwire::rtl::decoder::raw_queue::RawQueue;
use huffwire::rtl::decoder::token_delay::TokenDelay;
use huffwire::rtl::encoder::step_delay::StepDelay;
use std::collections::VecDeque;

dut! {
    [] StepDelay {
        clock: clk;
        in: rst, step_in, last_in, some_in, active_in, flush_in, mark_in;
        out: active, some, flush, mark, step, last;
    }
}
dut! {
    [] TokenDelay {
        clock: clk;
        in: rst, token_in, first_in, last_in, active_in, errors_in;
        out: token, first, last, active, errors;
    }
}
dut! {
    [] RawQueue { clock: clk; in: rst, clear, push, data, pop; out: word; }
}

/// Outputs that follow their inputs by some clocks. Those listed behind a valid signal count only with it.
struct Delay {
    /// Output, clocks, and whether reset clears it.
    lines: &'static [(&'static str, usize, bool)],
    held: Vec<VecDeque<Option<u128>>>,
}

impl Delay {
    fn new(lines: &'static [(&'static str, usize, bool)]) -> Self {
        let held = lines.iter().map(|l| VecDeque::from(vec![None; l.1])).collect();
        Delay { lines, held }
    }
}

impl Model for Delay {
    fn reset(&mut self) {
        for (line, held) in self.lines.iter().zip(&mut self.held) {
            held.iter_mut().for_each(|v| *v = line.2.then_some(0));
        }
    }

    fn before(&mut self, io: &mut Io) {
        for (line, held) in self.lines.iter().zip(&mut self.held) {
            let value = io.any(&format!("{}_in", line.0));
            held.push_back(Some(value));
            if let Some(Some(out)) = held.pop_front() {
                io.expect(line.0, out);
            }
        }
    }
}

#[test]
fn token_delays() {
    const STEP: &[(&str, usize, bool)] = &[
        ("active", 2, true),
        ("some", 2, true),
        ("flush", 2, true),
        ("mark", 2, true),
        ("step", 4, true),
        ("last", 4, false),
    ];
    const TOKEN: &[(&str, usize, bool)] =
        &[("token", 4, true), ("first", 4, false), ("last", 4, false), ("active", 4, false), ("errors", 4, false)];
    three_way("step_delay 4", StepDelay::new(4), Delay::new(STEP), 5_000);
    three_way("token_delay 4", TokenDelay::new(4, 4), Delay::new(TOKEN), 5_000);
}

struct Raw(VecDeque<u128>);

impl Model for Raw {
    fn reset(&mut self) {
        self.0.clear();
    }

    fn before(&mut self, io: &mut Io) {
        let clear = io.maybe("clear", 0.005, true);
        let push = io.maybe("push", 0.5, self.0.len() < 16);
        let pop = io.maybe("pop", 0.5, !self.0.is_empty());
        let data = io.any("data");
        if let Some(&word) = self.0.front() {
            io.expect("word", word);
        }
        if pop {
            self.0.pop_front();
        }
        if push {
            self.0.push_back(data);
        }
        if clear {
            self.0.clear();
        }
    }
}

#[test]
fn raw_queue() {
    three_way("raw_queue", RawQueue::default(), Raw(VecDeque::new()), 10_000);
}

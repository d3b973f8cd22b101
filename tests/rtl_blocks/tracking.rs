//! Recentring and the tracker against the reference codec's.

use crate::harness::{three_way, Io, Model};
use huffwire::codec::tracker::{recentre, restore, Tracker as Reference};
use huffwire::format::{Format, SymbolMap};
use huffwire::rtl::decoder::restore::Restore;
use huffwire::rtl::encoder::recentre::Recentre;
use huffwire::rtl::tracker::{Tracker, TrackerConfig};
use huffwire::wire::{Parameters, Tracking};
use rand::prelude::*;

dut! {
    [] Recentre { in: exponent, bias; out: symbol; }
}
dut! {
    [] Restore { in: symbol, bias; out: exponent; }
}
dut! {
    [] Tracker { clock: clk; in: start, first_bias, step, exponent; out: bias; }
}

/// Every exponent under every bias, in turn.
struct Table {
    bits: u32,
    at: u32,
    port: [&'static str; 2],
    function: fn(u8, u8, u32) -> u8,
}

impl Model for Table {
    fn before(&mut self, io: &mut Io) {
        let mask = (1 << self.bits) - 1;
        let (value, bias) = ((self.at & mask) as u8, (self.at >> self.bits & mask) as u8);
        io.set(self.port[0], value);
        io.set("bias", bias);
        io.expect(self.port[1], (self.function)(value, bias, self.bits));
        self.at += 1;
    }
}

#[test]
fn recentring() {
    for bits in [2, 5, 8] {
        let clocks = 1 << (2 * bits);
        let model = Table { bits, at: 0, port: ["exponent", "symbol"], function: recentre };
        three_way(&format!("recentre {bits}"), Recentre::new(bits as usize), model, clocks);
        let model = Table { bits, at: 0, port: ["symbol", "exponent"], function: restore };
        three_way(&format!("restore {bits}"), Restore::new(bits as usize), model, clocks);
    }
}

struct Follow {
    parameters: Parameters,
    tracker: Option<Reference>,
    /// Clocks until the next packet may begin.
    gap: usize,
    /// Exponents are near this.
    center: u8,
    rate: f64,
    blocks: usize,
    steps: usize,
}

impl Follow {
    fn reference(&self) -> Reference {
        Reference::new(
            &self.parameters,
            &self.parameters.check().unwrap(),
            self.parameters.tracking.unwrap().initial_bias.unwrap(),
        )
        .unwrap()
    }
}

impl Model for Follow {
    fn before(&mut self, io: &mut Io) {
        if io.rng.random_bool(0.02) {
            (self.center, self.rate) = (io.rng.random(), if io.rng.random() { 1.0 } else { io.rng.random() });
        }
        self.gap = self.gap.saturating_sub(1);
        if self.tracker.is_none() && self.gap == 0 {
            self.tracker = Some(self.reference());
        } else if self.tracker.is_some() && io.rng.random_bool(0.004) {
            // The cores tell two clocks behind the last step.
            (self.tracker, self.gap) = (None, 3);
        }
        // Before a packet its bias stands there, as long as nothing goes on.
        io.set("start", self.gap == 1);
        if self.gap == 1 {
            io.set("first_bias", self.parameters.tracking.unwrap().initial_bias.unwrap());
        }
        let step = io.maybe("step", self.rate, self.tracker.is_some());
        let bits = self.parameters.check().unwrap().symbol_bits;
        let Some(tracker) = &mut self.tracker else { return };
        io.expect("bias", tracker.bias());
        for i in 0..self.parameters.turn_lanes() {
            let near = self.center.wrapping_add(io.rng.random_range(0..5));
            let exponent = match io.rng.random_range(0..8) {
                0 => 0,
                1 => io.rng.random(),
                _ => near,
            } & ((1 << bits) - 1) as u8;
            io.set(&format!("exponent_{i}"), exponent);
            if step {
                tracker.encode(exponent);
            }
        }
        if step {
            self.steps += 1;
            self.blocks = (self.steps / self.parameters.turns as usize) >> self.parameters.block_log2.unwrap();
        }
    }

    fn enough(&self) {
        assert!(self.blocks > 50);
    }
}

#[test]
fn the_tracker_follows() {
    // Lanes, turns, log2 of block, delay, log2 of window, first bias.
    let cases = [
        (Format::Bf16, 4, 1, 2, 1, 0, 120),
        (Format::Bf16, 4, 1, 2, 2, 1, 127),
        (Format::Bf16, 16, 1, 4, 1, 1, 255),
        (Format::E4m3, 1, 1, 3, 3, 2, 0),
        (Format::Bf16, 16, 4, 2, 1, 1, 120),
        (Format::Bf16, 4, 4, 4, 2, 0, 0),
    ];
    for (format, lanes, turns, block, delay, window_log2, initial_bias) in cases {
        let parameters = Parameters {
            turns,
            block_log2: Some(block),
            tracking: Some(Tracking {
                delay,
                window_log2,
                initial_bias: Some(initial_bias.min(if lanes == 1 { 15 } else { 255 })),
            }),
            ..Parameters::plain(format, SymbolMap::Fields, lanes)
        };
        let config = TrackerConfig {
            lanes: (lanes / turns) as usize,
            exponent_bits: parameters.check().unwrap().symbol_bits as usize,
            block_log2: (block as u32 + turns.ilog2()) as usize,
            delay: delay.into(),
            window_log2: window_log2.into(),
        };
        let model = Follow { parameters, tracker: None, gap: 2, center: 100, rate: 1.0, blocks: 0, steps: 0 };
        three_way(
            &format!("tracker {lanes} {turns} {block} {delay} {window_log2}"),
            Tracker::new(&config),
            model,
            6_000,
        );
    }
}

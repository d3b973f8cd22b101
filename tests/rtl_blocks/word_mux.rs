//! The whole multiplexer: queue entries in, link beats out.

use crate::harness::{three_way, Io, Model};
use crate::plan::{length, Plan, Shape};
use crate::sequencer::{config, pushes, Expected, Push};
use huffwire::rtl::encoder::word_mux::WordMux;
use rand::prelude::*;
use std::collections::VecDeque;

dut! {
    [] WordMux {
        clock: clk;
        in: rst, push, word, closes, turn, step, step_crossed, step_last, packet, packet_book, packet_bias, packet_empty, trailer, trailer_count,
            trailer_check, m_axis_tready;
        out: room, may_start, m_axis_tdata, m_axis_tkeep, m_axis_tlast, m_axis_tvalid;
    }
}

struct Mux {
    shape: Shape,
    row_words: usize,
    coming: VecDeque<Push>,
    expected: Expected,
    /// The packet that came in last: book, and count and CRC once they are there.
    held: ((u8, u8), (u32, u32)),
    may_start: bool,
    /// Clocks since `room` was last seen.
    without_room: usize,
    /// The beat that is offered and not taken.
    offered: Option<(u128, u128, u128)>,
    rates: (f64, f64),
    /// Clocks in which the multiplexer held the front up.
    full: usize,
}

/// Clocks in which the pipeline in front still brings entries.
const PIPELINE: usize = 6;

impl Model for Mux {
    fn reset(&mut self) {
        self.coming.clear();
        self.expected.clear();
        self.offered = None;
        self.may_start = false;
        self.without_room = PIPELINE;
    }

    fn before(&mut self, io: &mut Io) {
        // Long enough for the queue of steps to fill where the link is slow.
        if io.rng.random_bool(0.002) {
            let slow = *[0.01, 0.1, 1.0].choose(io.rng).unwrap();
            self.rates = (io.rng.random_range(0.2..1.0), slow * io.rng.random_range(0.5..1.0));
        }
        if self.coming.is_empty() {
            let symbols = length(&self.shape, io.rng);
            let plan = Plan::random(&self.shape, io.rng, symbols, 1, None);
            self.coming.extend(pushes(&plan));
            self.expected.add(plan.words);
        }
        let starts = matches!(self.coming.front(), Some(Push::Packet { .. }));
        let room = self.without_room < PIPELINE && (self.may_start || !starts);
        let event = (room && io.rng.random_bool(self.rates.0)).then(|| self.coming.pop_front()).flatten();
        let words = match &event {
            Some(Push::Step { words, .. } | Push::Rest(words)) => words.as_slice(),
            _ => &[],
        };
        for i in 0..self.shape.slots() {
            let word = words.iter().find(|w| w.0 == i);
            io.set(&format!("push_{i}"), word.is_some());
            if let Some(word) = word {
                io.set(&format!("word_{i}"), word.1);
            }
        }
        io.set("closes", matches!(event, Some(Push::End)));
        if self.shape.turns > 1 {
            io.set("turn_0", matches!(event, Some(Push::Step { .. } | Push::Rest(_))));
        }
        io.set("step", matches!(event, Some(Push::Step { .. })));
        io.set("packet", matches!(event, Some(Push::Packet { .. })));
        io.set("trailer", matches!(event, Some(Push::Trailer { .. })));
        match event {
            Some(Push::Step { crossed, last, .. }) => {
                io.set("step_crossed", crossed);
                io.set("step_last", last);
            }
            Some(Push::Packet { book, bias, empty }) => {
                self.held.0 = (book, bias);
                io.set("packet_empty", empty);
            }
            Some(Push::Trailer { count, check }) => self.held.1 = (count, check),
            _ => {}
        }
        // These stay until another packet begins.
        io.set("packet_book", self.held.0 .0);
        io.set("packet_bias", self.held.0 .1);
        io.set("trailer_count", self.held.1 .0);
        io.set("trailer_check", self.held.1 .1);
        io.maybe("m_axis_tready", self.rates.1, true);
    }

    fn after(&mut self, io: &mut Io) {
        io.expect("room", io.get("room"));
        io.expect("may_start", io.get("may_start"));
        self.may_start = io.is("may_start");
        self.without_room = if io.is("room") { 0 } else { self.without_room + 1 };
        self.full += usize::from(!io.is("room") || !io.is("may_start"));
        let (data, keep, last) = (io.get("m_axis_tdata"), io.get("m_axis_tkeep"), io.get("m_axis_tlast"));
        io.expect("m_axis_tvalid", io.is("m_axis_tvalid") || self.offered.is_some());
        if !io.is("m_axis_tvalid") {
            return;
        }
        // A beat once offered stays as it is.
        let (first_data, first_keep, first_last) = *self.offered.get_or_insert((data, keep, last));
        io.expect("m_axis_tdata", first_data);
        io.expect("m_axis_tkeep", first_keep);
        io.expect("m_axis_tlast", first_last);
        if io.is("m_axis_tready") {
            self.offered = None;
            let words = keep.trailing_ones() as usize / 2;
            assert_eq!(keep, (1u128 << (2 * words)) - 1, "clock {}: whole words from byte 0 on", io.clock);
            assert!(words > 0 && (last == 1 || words == self.row_words), "clock {}: {words} words", io.clock);
            for i in 0..words {
                self.expected.word(((data >> (16 * i)) as u16).swap_bytes(), io.clock);
            }
            if last == 1 {
                self.expected.end(io.clock);
            }
        }
    }

    fn enough(&self) {
        assert!(self.expected.done > 30 && self.full > 100, "{} packets, {} full", self.expected.done, self.full);
    }
}

#[test]
fn word_mux() {
    // The harness reads buses of up to 128 bits; a step's words come all at once here, one a slot.
    let fits = |s: &&Shape| {
        s.geometry().link_words() <= 8 && (s.raw_step_bits() <= 16 || s.raw_step_bits().is_multiple_of(16))
    };
    for &shape in Shape::ALL.iter().chain(&Shape::IN_TURN).filter(fits) {
        let row_words = shape.geometry().link_words();
        let model = Mux {
            shape,
            row_words,
            coming: VecDeque::new(),
            expected: Expected::default(),
            held: ((0, 0), (0, 0)),
            may_start: false,
            without_room: PIPELINE,
            offered: None,
            rates: (0.9, 0.9),
            full: 0,
        };
        let block = WordMux::new(&config(&shape), row_words);
        three_way(&format!("word_mux {} {} {}", shape.lanes, shape.turns, shape.raw_bits), block, model, 20_000);
    }
}

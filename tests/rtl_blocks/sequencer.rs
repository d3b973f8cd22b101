//! The order of the words against the reference's.

use crate::harness::{three_way, Io, Model};
use crate::plan::{length, Plan, Shape, BOOK_POSITION, HEADER};
use huffwire::rtl::encoder::sequencer::{Sequencer, SequencerConfig};
use rand::prelude::*;
use std::collections::VecDeque;

dut! {
    [] Sequencer {
        clock: clk;
        in: rst, word, closes, valid, second_closes, second_valid, step_crossed, step_last, step_valid, packet_book, packet_empty,
            packet_valid, trailer_count, trailer_check, trailer_valid, room;
        out: pop, step_pop, packet_pop, trailer_pop, group_word, group_send, group_valid, group_last;
    }
}

/// What the encoder's front puts into the queues, in its order.
#[derive(Clone, Debug)]
pub enum Push {
    Packet { book: u8, empty: bool },
    Step { crossed: u32, last: bool, words: Vec<(usize, u16)> },
    Rest(Vec<(usize, u16)>),
    End,
    Trailer { count: u32, check: u32 },
}

/// The pushes of a packet.
pub fn pushes(plan: &Plan) -> Vec<Push> {
    let mut all = vec![Push::Packet { book: plan.book, empty: plan.steps.is_empty() }];
    let last = plan.steps.len().wrapping_sub(1);
    all.extend(plan.steps.iter().enumerate().map(|(i, s)| Push::Step {
        crossed: s.crossed,
        last: i == last,
        words: s.words.clone(),
    }));
    all.push(Push::Rest(plan.rest.clone()));
    all.push(Push::End);
    all.push(Push::Trailer { count: plan.count, check: plan.check });
    all
}

/// The words that come out, held against packets.
#[derive(Default)]
pub struct Expected {
    packets: VecDeque<Vec<u16>>,
    at: usize,
    pub done: usize,
}

impl Expected {
    pub fn clear(&mut self) {
        (self.packets, self.at) = (VecDeque::new(), 0);
    }

    pub fn add(&mut self, words: Vec<u16>) {
        self.packets.push_back(words);
    }

    /// Holds a word that came against the next one; returns it.
    pub fn word(&mut self, word: u16, clock: usize) -> u16 {
        let packet = self.packets.front().unwrap_or_else(|| panic!("clock {clock}: a word without a packet"));
        let expected = packet.get(self.at).copied();
        assert_eq!(Some(word), expected, "clock {clock}: word {} of {}, packet {}", self.at, packet.len(), self.done);
        self.at += 1;
        word
    }

    pub fn end(&mut self, clock: usize) {
        let packet = self.packets.pop_front().unwrap_or_else(|| panic!("clock {clock}: an end without a packet"));
        assert_eq!(self.at, packet.len(), "clock {clock}: words in packet {}", self.done);
        (self.at, self.done) = (0, self.done + 1);
    }
}

struct Queues {
    shape: Shape,
    books: u8,
    /// Not yet in the queues.
    coming: VecDeque<Push>,
    slots: Vec<VecDeque<Option<u16>>>,
    steps: VecDeque<(u32, bool)>,
    packets: VecDeque<(u8, bool)>,
    trailers: VecDeque<(u32, u32)>,
    expected: Expected,
    rates: (f64, f64),
}

impl Queues {
    fn push(&mut self, push: Push) {
        match push {
            Push::Packet { book, empty } => self.packets.push_back((book, empty)),
            Push::Step { crossed, last, words } => {
                self.steps.push_back((crossed, last));
                words.into_iter().for_each(|(slot, word)| self.slots[slot].push_back(Some(word)));
            }
            Push::Rest(words) => words.into_iter().for_each(|(slot, word)| self.slots[slot].push_back(Some(word))),
            Push::End => self.slots.iter_mut().for_each(|slot| slot.push_back(None)),
            Push::Trailer { count, check } => self.trailers.push_back((count, check)),
        }
    }
}

impl Model for Queues {
    fn reset(&mut self) {
        self.coming.clear();
        self.slots.iter_mut().for_each(VecDeque::clear);
        (self.steps, self.packets, self.trailers) = Default::default();
        self.expected.clear();
    }

    fn before(&mut self, io: &mut Io) {
        if io.rng.random_bool(0.01) {
            self.rates = (io.rng.random_range(0.1..1.0), io.rng.random_range(0.1..1.0));
        }
        if self.coming.is_empty() {
            let symbols = length(&self.shape, io.rng);
            let plan = Plan::random(&self.shape, io.rng, symbols, self.books);
            self.coming.extend(pushes(&plan));
            self.expected.add(plan.words);
        }
        if self.steps.len() < 200 && self.packets.len() < 8 && io.rng.random_bool(self.rates.0) {
            let push = self.coming.pop_front().unwrap();
            self.push(push);
        }
        for (i, slot) in self.slots.iter().enumerate() {
            io.set(&format!("valid_{i}"), !slot.is_empty());
            io.set(&format!("second_valid_{i}"), slot.len() > 1);
            if let Some(entry) = slot.front() {
                io.set(&format!("closes_{i}"), entry.is_none());
                if let Some(word) = entry {
                    io.set(&format!("word_{i}"), *word);
                }
            }
            if let Some(entry) = slot.get(1) {
                io.set(&format!("second_closes_{i}"), entry.is_none());
            }
        }
        io.set("step_valid", !self.steps.is_empty());
        if let Some(&(crossed, last)) = self.steps.front() {
            io.set("step_crossed", crossed);
            io.set("step_last", last);
        }
        io.set("packet_valid", !self.packets.is_empty());
        if let Some(&(book, empty)) = self.packets.front() {
            io.set("packet_book", book);
            io.set("packet_empty", empty);
        }
        io.set("trailer_valid", !self.trailers.is_empty());
        if let Some(&(count, check)) = self.trailers.front() {
            io.set("trailer_count", count);
            io.set("trailer_check", check);
        }
        io.maybe("room", self.rates.1, true);
    }

    fn after(&mut self, io: &mut Io) {
        for (i, slot) in self.slots.iter_mut().enumerate() {
            let pop = io.is(&format!("pop_{i}"));
            io.expect(&format!("pop_{i}"), pop && !slot.is_empty());
            if pop {
                slot.pop_front();
            }
        }
        for (name, present) in [
            ("step_pop", !self.steps.is_empty()),
            ("packet_pop", !self.packets.is_empty()),
            ("trailer_pop", !self.trailers.is_empty()),
        ] {
            io.expect(name, io.is(name) && present);
        }
        if io.is("step_pop") {
            self.steps.pop_front();
        }
        if io.is("packet_pop") {
            self.packets.pop_front();
        }
        if io.is("trailer_pop") {
            self.trailers.pop_front();
        }
        // Taken as they are: they say what the words, held against the plan, mean.
        io.expect("group_valid", io.get("group_valid"));
        if !io.is("group_valid") {
            return;
        }
        io.expect("group_last", io.get("group_last"));
        for i in 0..self.slots.len() {
            let send = io.is(&format!("group_send_{i}"));
            io.expect(&format!("group_send_{i}"), send);
            if !send {
                continue;
            }
            let name = format!("group_word_{i}");
            let word = self.expected.word(io.get(&name) as u16, io.clock);
            io.expect(&name, word);
        }
        if io.is("group_last") {
            self.expected.end(io.clock);
        }
    }

    fn enough(&self) {
        assert!(self.expected.done > 30, "{} packets", self.expected.done);
    }
}

/// How a sequencer is made for this shape.
pub fn config(shape: &Shape) -> SequencerConfig {
    SequencerConfig { header: HEADER, prefill: 3, lanes: shape.lanes, raw_step_bits: shape.raw_step_bits() }
}

#[test]
fn words_come_in_the_order_of_demand() {
    for shape in Shape::ALL {
        assert_eq!(BOOK_POSITION, 55);
        let model = Queues {
            shape,
            books: 15,
            coming: VecDeque::new(),
            slots: vec![VecDeque::new(); shape.slots()],
            steps: VecDeque::new(),
            packets: VecDeque::new(),
            trailers: VecDeque::new(),
            expected: Expected::default(),
            rates: (0.9, 0.9),
        };
        three_way(
            &format!("sequencer {} {}", shape.lanes, shape.raw_bits),
            Sequencer::new(&config(&shape)),
            model,
            20_000,
        );
    }
}

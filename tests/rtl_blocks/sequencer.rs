//! The order of the words against the reference's.

use crate::harness::{three_way, Io, Model};
use crate::plan::{length, Plan, Shape, HEADER};
use huffwire::rtl::encoder::sequencer::{Sequencer, SequencerConfig};
use huffwire::wire::Parameters;
use rand::prelude::*;
use std::collections::VecDeque;

dut! {
    [] Sequencer {
        clock: clk;
        in: rst, ready, second, closes, step_crossed, step_last, step_valid, packet, packet_empty, packet_book, packet_bias, trailer,
            trailer_count, trailer_check, room;
        out: ask, rotate, goes_on, follow, step_pop, may_start, asked, real, open, valid, fixed, of_trailer, chunk, last, book, bias, count, check;
    }
}

/// What the encoder's front puts into the queues, in its order.
#[derive(Clone, Debug)]
pub enum Push {
    Packet { book: u8, bias: u8, empty: bool },
    Step { crossed: u32, last: bool, words: Vec<(usize, u16)> },
    Rest(Vec<(usize, u16)>),
    End,
    Trailer { count: u32, check: u32 },
}

/// The pushes of a packet.
pub fn pushes(plan: &Plan) -> Vec<Push> {
    let mut all = vec![Push::Packet { book: plan.book, bias: plan.bias, empty: plan.steps.is_empty() }];
    let last = plan.steps.len().wrapping_sub(1);
    all.extend(plan.steps.iter().enumerate().map(|(i, s)| Push::Step {
        crossed: s.crossed,
        last: i == last,
        words: s.words.clone(),
    }));
    all.extend(plan.rest.iter().cloned().map(Push::Rest));
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
    /// Words of the packet that is asked for, and of the one that comes in, of every stream.
    streams: [Vec<VecDeque<u16>>; 2],
    /// Turns that have come in of the packet that comes in, and that have been asked for.
    turns: (usize, usize),
    /// The first has ended, and the sequencer knows; the same of the second.
    ended: [bool; 2],
    /// Clocks until the sequencer knows of an end.
    closing: VecDeque<bool>,
    steps: VecDeque<(u32, bool)>,
    held: ((u8, u8), (u32, u32)),
    may_start: bool,
    /// What was asked for a clock ago, and in which slots there was a word.
    asked: Option<(Vec<bool>, Vec<Option<u16>>, bool)>,
    expected: Expected,
    /// A packet's last group has just come.
    last: bool,
    rates: (f64, f64),
}

impl Queues {
    /// Puts an entry into the queues of the packet that comes in.
    fn push(&mut self, io: &mut Io, push: Option<Push>) {
        let incoming = usize::from(self.ended[0] || self.closing.contains(&true));
        io.set("packet", matches!(push, Some(Push::Packet { .. })));
        io.set("trailer", matches!(push, Some(Push::Trailer { .. })));
        io.set("closes", matches!(push, Some(Push::End)));
        self.closing.push_back(matches!(push, Some(Push::End)));
        match push {
            Some(Push::Packet { book, bias, empty }) => {
                self.held.0 = (book, bias);
                io.set("packet_empty", empty);
            }
            Some(Push::Step { crossed, last, words }) => {
                self.steps.push_back((crossed, last));
                self.take(incoming, words);
            }
            Some(Push::Rest(words)) => self.take(incoming, words),
            Some(Push::End) => self.turns.0 = 0,
            Some(Push::Trailer { count, check }) => self.held.1 = (count, check),
            _ => {}
        }
        io.set("packet_book", self.held.0 .0);
        io.set("packet_bias", self.held.0 .1);
        io.set("trailer_count", self.held.1 .0);
        io.set("trailer_check", self.held.1 .1);
    }

    /// The words of a turn.
    fn take(&mut self, incoming: usize, words: Vec<(usize, u16)>) {
        for (slot, word) in words {
            self.streams[incoming][self.shape.source(self.turns.0, slot)].push_back(word);
        }
        self.turns.0 += 1;
    }

    /// The stream that a slot has words of, so many turns behind the one that is asked for.
    fn source(&self, behind: usize, slot: usize) -> usize {
        self.shape.source(self.turns.1 + behind, slot)
    }
}

impl Model for Queues {
    fn reset(&mut self) {
        self.coming.clear();
        self.streams.iter_mut().flatten().for_each(VecDeque::clear);
        self.turns = (0, 0);
        self.steps.clear();
        (self.ended, self.closing, self.may_start, self.asked) = ([false; 2], vec![false; 2].into(), false, None);
        self.expected.clear();
        self.last = false;
    }

    fn before(&mut self, io: &mut Io) {
        if io.rng.random_bool(0.01) {
            self.rates = (io.rng.random_range(0.1..1.0), io.rng.random_range(0.1..1.0));
        }
        if self.coming.is_empty() {
            let symbols = length(&self.shape, io.rng);
            let plan = Plan::random(&self.shape, io.rng, symbols, self.books, None);
            self.coming.extend(pushes(&plan));
            self.expected.add(plan.words);
        }
        // What a slot says of words that came with this clock's push is up to the slot: here it says so at once.
        let waits = matches!(self.coming.front(), Some(Push::Packet { .. })) && !self.may_start;
        let goes = !waits && self.steps.len() < 100 && io.rng.random_bool(self.rates.0);
        let push = if goes { self.coming.pop_front() } else { None };
        self.push(io, push);
        for i in 0..self.shape.slots() {
            let words = self.streams[0][self.source(0, i)].len();
            io.set(&format!("ready_{i}"), words > 0);
            // A lane of the turn behind has a stream of its own.
            let in_turn = self.shape.turns > 1 && i < self.shape.lanes;
            let second = if in_turn { !self.streams[0][self.source(1, i)].is_empty() } else { words > 1 };
            io.set(&format!("second_{i}"), second);
        }
        io.set("step_valid", !self.steps.is_empty());
        if let Some(&(crossed, last)) = self.steps.front() {
            io.set("step_crossed", crossed);
            io.set("step_last", last);
        }
        io.maybe("room", self.rates.1, true);
    }

    fn after(&mut self, io: &mut Io) {
        io.expect("may_start", io.get("may_start"));
        self.may_start = io.is("may_start");
        io.expect("step_pop", io.is("step_pop") && !self.steps.is_empty());
        if io.is("step_pop") {
            self.steps.pop_front();
        }
        self.answer(io);
        // Words asked for in this clock.
        let slots = self.shape.slots();
        let ask: Vec<bool> = (0..slots).map(|i| io.is(&format!("ask_{i}"))).collect();
        let mut words = Vec::new();
        for (i, &ask) in ask.iter().enumerate() {
            let source = self.source(0, i);
            let there = !self.streams[0][source].is_empty();
            io.expect(&format!("ask_{i}"), ask && (there || self.ended[0]));
            words.push(if ask { self.streams[0][source].pop_front() } else { None });
        }
        let in_turn = self.shape.turns > 1;
        if in_turn {
            // Lanes are never asked without.
            let lanes_asked = ask[..self.shape.lanes].contains(&true);
            io.expect("rotate_0", io.is("rotate_0") || lanes_asked);
            self.turns.1 += usize::from(io.is("rotate_0"));
        }
        self.asked = Some((ask, words, !self.ended[0]));
        // The ends of packets.
        let closing = self.closing.pop_front().unwrap();
        io.expect("follow", io.get("follow"));
        let moves = io.is("follow") && (self.ended[0] || closing);
        if in_turn {
            io.expect("goes_on_0", moves);
        }
        if closing {
            self.ended[usize::from(self.ended[0])] = true;
        }
        if moves {
            assert!(self.ended[0], "clock {}: goes on before the packet has ended", io.clock);
            let left: usize = self.streams[0].iter().map(VecDeque::len).sum();
            assert_eq!(left, 0, "clock {}: words that nobody asked for", io.clock);
            self.streams.swap(0, 1);
            self.turns.1 = 0;
            self.ended = [self.ended[1], false];
        }
    }

    fn enough(&self) {
        assert!(self.expected.done > 30, "{} packets", self.expected.done);
    }
}

impl Queues {
    /// The answer to what was asked for a clock ago, held against the packet.
    fn answer(&mut self, io: &mut Io) {
        let Some((asked, words, open)) = self.asked.take() else { return };
        for i in 0..asked.len() {
            io.expect(&format!("asked_{i}"), asked[i]);
            io.expect(&format!("real_{i}"), words[i].is_some());
        }
        io.expect("open", open);
        let (valid, fixed) = (io.is("valid"), io.is("fixed"));
        io.expect("valid", valid || asked.contains(&true));
        assert!(!(valid && self.last), "clock {}: a group right behind a packet's last", io.clock);
        self.last = valid && io.is("last");
        if !valid {
            return;
        }
        // Taken as they are: they say what the words, held against the plan, mean.
        let said: &[&str] = match (fixed, io.is("of_trailer")) {
            (false, _) => &["fixed", "last"],
            (true, false) => &["fixed", "of_trailer", "chunk", "last", "book", "bias"],
            (true, true) => &["fixed", "of_trailer", "chunk", "last", "count", "check"],
        };
        for name in said {
            io.expect(name, io.get(name));
        }
        if fixed {
            assert!(!asked.contains(&true), "clock {}: slots asked for header or trailer", io.clock);
            let trailer = io.get("count") << 32 | io.get("check");
            let header = HEADER.with(io.get("book") as u8, io.get("bias") as u8);
            let (value, count) = if io.is("of_trailer") { (trailer, 4) } else { (header, 5) };
            let chunk = asked.len().min(5);
            let first = chunk * io.get("chunk") as usize;
            for i in first..(first + chunk).min(count) {
                self.expected.word((value >> (16 * (count - 1 - i))) as u16, io.clock);
            }
        } else {
            let more = open || self.streams[0].iter().any(|words| !words.is_empty());
            for i in 0..asked.len() {
                let follows = more || words[i..].iter().any(Option::is_some);
                if asked[i] && follows {
                    self.expected.word(words[i].unwrap_or(0), io.clock);
                }
            }
        }
        if io.is("last") {
            self.expected.end(io.clock);
        }
    }
}

/// How a sequencer is made for this shape.
pub fn config(shape: &Shape) -> SequencerConfig {
    SequencerConfig {
        header: HEADER,
        prefill: Parameters::DEFAULT_PREFILL,
        lanes: shape.lanes,
        turns: shape.turns,
        raw_step_bits: shape.raw_step_bits(),
    }
}

#[test]
fn words_come_in_the_order_of_demand() {
    for shape in Shape::ALL.into_iter().chain(Shape::IN_TURN) {
        let streams = vec![VecDeque::new(); shape.sources()];
        let model = Queues {
            shape,
            books: 15,
            coming: VecDeque::new(),
            streams: [streams.clone(), streams],
            turns: (0, 0),
            ended: [false; 2],
            closing: vec![false; 2].into(),
            steps: VecDeque::new(),
            held: ((0, 0), (0, 0)),
            may_start: false,
            asked: None,
            expected: Expected::default(),
            last: false,
            rates: (0.9, 0.9),
        };
        three_way(
            &format!("sequencer {} {} {}", shape.lanes, shape.turns, shape.raw_bits),
            Sequencer::new(&config(&shape)),
            model,
            20_000,
        );
    }
}

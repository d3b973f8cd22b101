//! The decoder's controller: it hands every word to the slot that asks for it, fires every step once, and judges the packet.

use crate::harness::{three_way, Io, Model};
use crate::plan::{length, Plan, Shape, HEADER};
use huffwire::rtl::decoder::controller::{Controller, ControllerConfig};
use huffwire::wire::Parameters;
use rand::prelude::*;
use std::collections::VecDeque;

dut! {
    [] Controller {
        clock: clk;
        in: rst, word, ready, ended, lacking, broken, finished, room, blocked, need, id_bit;
        out: want, by_number, first_slots, load, steady, limited, trailer, finish, clear, lane_clear, book, bias, first_bias, lane_fill, lane_load, lanes_pop, turn, fresh, round, raw_load, fire, token,
            token_first, token_last, token_active, token_errors, count, expected, lookup, changes, extra;
    }
}

/// What is wrong with a packet.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    None,
    /// A header bit is flipped.
    Header,
    /// Words are missing at its end: not even header and trailer are left.
    Short,
    /// Its rows are broken.
    Broken,
    /// The count is this, which cannot be.
    Count(u32),
}

/// The bias of all packets, unless they have their own.
const BIAS: u8 = 0x15;

struct Control {
    shape: Shape,
    books: u8,
    /// Packets have biases of their own, instead of this one.
    biased: bool,
    plan: Plan,
    fault: Fault,
    words: Vec<u16>,
    /// Words taken, and words that have come over the link.
    taken: usize,
    arrived: usize,
    loaded: Vec<usize>,
    step: usize,
    cleared: usize,
    tokens: usize,
    /// Its last token has come; what was left of it is dropped.
    ended: bool,
    over: bool,
    rates: (f64, f64),
    /// Blocks have books of their own: their ids; the bit of one that comes next; whether a step has been.
    blocks: bool,
    ids: Vec<u8>,
    id_bit: bool,
    grouped: bool,
    /// What the link side says next: ready, ended, short.
    answer: [bool; 3],
    /// The words that come next, as they were when a clock before asked: one clock, with lanes in turn two.
    shown: VecDeque<Vec<u16>>,
    /// Lanes that have used a word up; with lanes in turn those of the oldest group.
    need: u32,
    /// Lanes in turn: turns fired, and the groups behind the oldest one.
    fired: usize,
    groups: VecDeque<u32>,
    /// All of the payload is taken.
    ended_payload: bool,
    done: [usize; 5],
    idle: usize,
}

const TRAILER: usize = 4;

impl Control {
    fn packet(&mut self, rng: &mut StdRng) {
        let symbols = length(&self.shape, rng);
        self.plan = Plan::random(&self.shape, rng, symbols, self.books, (!self.biased).then_some(BIAS));
        self.words = self.plan.words.clone();
        self.fault = match rng.random_range(0..8) {
            0 => Fault::Header,
            1 => Fault::Short,
            2 => Fault::Broken,
            // More symbols than the words in every lane can hold.
            3 => Fault::Count(
                (symbols + self.shape.lanes * self.shape.turns * 64) as u32 + rng.random_range(0..u32::MAX / 2),
            ),
            _ => Fault::None,
        };
        match self.fault {
            Fault::Header => {
                // All bits but those of the book, and of the bias if the packets have their own.
                let mut bits: Vec<usize> = (0..80).filter(|b| !(55..59).contains(b)).collect();
                if self.biased {
                    let bias = self.shape.geometry().symbol_bits;
                    bits.retain(|b| !(42..42 + bias).contains(b));
                }
                let bit = 79 - bits.choose(rng).unwrap();
                self.words[bit / 16] ^= 0x8000 >> (bit % 16);
            }
            Fault::Short => self.words.truncate(rng.random_range(0..9)),
            Fault::Count(count) => {
                let at = self.words.len() - TRAILER;
                self.words[at] = (count >> 16) as u16;
                self.words[at + 1] = count as u16;
            }
            Fault::None | Fault::Broken => {}
        }
        (self.taken, self.arrived, self.step, self.cleared, self.tokens) = (0, 0, 0, 0, 0);
        (self.ended, self.over, self.ended_payload) = (false, false, false);
        self.loaded = vec![0; self.shape.sources()];
        self.ids = (0..self.plan.steps.len() / 16 + 2).map(|_| rng.random_range(0..16)).collect();
    }

    /// Words of a row.
    fn row(&self) -> usize {
        self.shape.geometry().link_words()
    }

    /// Words that can be taken in this phase.
    fn left(&self, trailer: bool) -> usize {
        self.arrived.min(self.end(trailer)).saturating_sub(self.taken)
    }

    fn end(&self, trailer: bool) -> usize {
        if trailer {
            self.words.len()
        } else {
            self.words.len().saturating_sub(TRAILER)
        }
    }
}

impl Control {
    /// Lanes in turn: turns fire four ahead of the words and of their tokens, and groups are taken one by one.
    fn run_ahead(&mut self, io: &Io, fires: bool, gives: bool) {
        let clock = io.clock;
        if io.is("clear") {
            (self.fired, self.need) = (0, 0);
            self.groups.clear();
        }
        if fires {
            assert_eq!(io.get("turn") as usize, self.fired % 4, "clock {clock}: another turn");
            assert_eq!(io.is("fresh"), self.fired < 4, "clock {clock}: fresh");
            // What is decoded behind the packet's end needs anything.
            let crossed = self.plan.steps.get(self.fired).map_or(self.fired as u32, |step| step.crossed);
            self.groups.push_back(crossed & ((1 << self.shape.lanes) - 1));
            self.fired += 1;
        }
        if gives {
            assert_eq!(self.fired, self.step + 5, "clock {clock}: not four turns ahead");
        }
        if io.is("lanes_pop") {
            self.need = self.groups.pop_front().unwrap_or_else(|| panic!("clock {clock}: no group to take"));
        }
    }
}

impl Model for Control {
    const ROUNDS: usize = 1;

    fn reset(&mut self) {
        (self.over, self.answer, self.grouped) = (true, [false; 3], false);
        self.shown.iter_mut().for_each(Vec::clear);
        // The lanes are cleared with it.
        self.need = 0;
    }

    fn before(&mut self, io: &mut Io) {
        if io.rng.random_bool(0.01) {
            self.rates = (io.rng.random_range(0.1..1.0), io.rng.random_range(0.1..1.0));
        }
        if self.over {
            self.packet(io.rng);
        }
        if io.rng.random_bool(self.rates.0) {
            self.arrived = (self.arrived + self.row()).min(self.words.len());
        }
        io.maybe("room", self.rates.1, true);
        io.maybe("blocked", 0.1, self.shape.turns == 1);
        for (i, &word) in self.shown.pop_front().unwrap().iter().enumerate() {
            io.set(&format!("word_{i}"), word);
        }
        io.set("finished", 0u8);
        io.set("need", self.need);
        io.set("id_bit", self.id_bit);
        for (name, value) in ["ready", "ended", "lacking"].into_iter().zip(self.answer) {
            io.set(name, value);
        }
        io.set("broken", self.fault == Fault::Broken);
    }

    fn respond(&mut self, io: &mut Io, _round: usize) {
        let finished = io.is("finish") && self.arrived == self.words.len() && io.rng.random_bool(0.3);
        io.set("finished", finished);
    }

    fn after(&mut self, io: &mut Io) {
        let steps = self.plan.steps.len();
        let (clock, fault) = (io.clock, self.fault);
        let say = |what: &str| format!("clock {clock}: {what}, {steps} steps, {fault:?}");
        // Words go to the slots in their own order.
        let (trailer, load) = (io.is("trailer"), io.is("load"));
        let slots = self.shape.slots();
        let wants: Vec<usize> = match io.is("by_number") {
            true => (0..io.get("first_slots") as usize).collect(),
            false => (0..slots).filter(|slot| io.is(&format!("want_{slot}"))).collect(),
        };
        let left = self.left(trailer);
        let shown = if slots < 5 { 1 } else { 5 };
        let next = |i: usize, rng: &mut StdRng| if i < left { self.words[self.taken + i] } else { rng.random() };
        let next = (0..shown).map(|i| next(i, io.rng)).collect();
        self.shown.push_back(next);
        let turn = io.get("turn") as usize;
        let [ready, ended, short] = self.answer;
        if load {
            let limited = io.is("limited");
            assert!(limited || wants.len() <= left, "{}", say("takes what is not there"));
            assert!(ready || ended || self.ended_payload, "{}", say("takes what may not be there"));
            assert!(!(trailer && short), "{}", say("takes more trailer than there is"));
            for (n, &slot) in wants.iter().enumerate() {
                let word = if n < left { self.words[self.taken + n] } else { 0 };
                let loaded = match slot.checked_sub(self.shape.lanes) {
                    None => io.is("lane_fill") || io.is(&format!("lane_load_{slot}")),
                    Some(raw) => io.is(&format!("raw_load_{raw}")),
                };
                if loaded {
                    let source = self.shape.source(turn, slot);
                    let expected = self.plan.streams[source].get(self.loaded[source]).copied().unwrap_or(0);
                    assert_eq!(word, expected, "{}", say("a word of another slot"));
                    if io.is("lane_fill") && self.shape.turns > 1 {
                        assert_eq!(io.get("round") as usize, self.loaded[source], "{}", say("a word's number"));
                    }
                    self.loaded[source] += 1;
                }
            }
            self.taken += wants.len().min(left);
        }
        for slot in 0..slots {
            let name = match slot.checked_sub(self.shape.lanes) {
                None => format!("lane_load_{slot}"),
                Some(raw) => format!("raw_load_{raw}"),
            };
            assert!(!io.is(&name) || (load && wants.contains(&slot)), "{}", say("a word that was not asked for"));
            io.expect(&name, io.get(&name));
        }
        let headed = self.cleared > 0 || io.is("clear");
        let fills = io.is("lane_fill");
        assert!(!fills || (load && wants == (0..self.shape.lanes).collect::<Vec<_>>()), "{}", say("fills"));
        if load && !trailer && headed && !ready {
            self.ended_payload = true;
        }
        // The link side's answer to the same question in the next clock.
        let steady = io.is("steady");
        assert!(!(steady && load), "{}", say("steady"));
        let (left, asked, seen) = (self.left(trailer), wants.len(), self.arrived == self.words.len());
        let plenty = !trailer && left > 2 * slots && io.rng.random_bool(0.9);
        let known = steady && io.rng.random_bool(0.9);
        let at_end = known && seen && left <= asked;
        self.answer = [plenty || (known && left > asked), at_end, at_end && left < asked];
        for slot in 0..slots {
            io.expect(&format!("want_{slot}"), io.get(&format!("want_{slot}")));
        }
        let (fires, token, last) = (io.is("fire"), io.is("token"), io.is("token_last"));
        // One by one a step has its token when it fires; in turn, a turn four turns later.
        let fire = if self.shape.turns == 1 { fires } else { token && io.get("token_active") != 0 };
        let clear = io.is("clear");
        if clear {
            self.cleared += 1;
            assert!(self.cleared == 1 && self.step == 0, "{}", say("cleared in mid-packet"));
        }
        assert!(!fire || token, "{}", say("a step without a token"));
        let asks = (0..self.shape.lanes).any(|lane| io.is(&format!("lane_load_{lane}")));
        assert!(!(io.is("blocked") && (fire || asks)), "{}", say("a lane that is blocked goes on"));
        assert!(!(self.ended && token), "{}", say("a token behind the end"));
        self.idle = if token || load || io.is("finished") { 0 } else { self.idle + 1 };
        assert!(self.idle < 2_000, "{}", say("nothing moves any more"));
        if fire {
            assert!(self.step < steps, "{}", say("a step too many"));
        }
        if self.shape.turns > 1 {
            self.run_ahead(io, fires, fire);
        }
        let ends = fire && last;
        if ends {
            assert_eq!(self.step + 1, steps, "{}", say("ended too early"));
        }
        let errors: u8 = match self.fault {
            Fault::Header => 1,
            Fault::None => 0,
            _ => 2,
        };
        let whole = (1u128 << self.shape.lanes) - 1;
        let active = match (fire, self.step + 1 == steps) {
            (false, _) => 0,
            (true, true) => (1 << self.plan.steps[self.step].active) - 1,
            (true, false) => whole,
        };
        let (header_seen, counted) = (self.cleared > 0, self.plan.count);
        let (book, bias) = (self.plan.book, self.plan.bias);
        let (check, first) = (self.plan.check, self.tokens == 0);
        if clear && self.fault == Fault::None {
            io.expect("first_bias", bias);
        }
        let (place, block) = (self.step % 16, self.step / 16);
        if fire {
            io.expect("extra", self.blocks && place < 4);
        }
        let switches = fire && place == 15;
        if self.shape.turns == 1 {
            io.expect("changes", !self.blocks || !self.grouped || switches);
        } else {
            io.expect("changes", io.get("changes"));
        }
        if self.blocks && switches {
            io.expect("lookup", self.ids[block + 1]);
        } else if fire && !self.blocks && self.fault == Fault::None {
            io.expect("lookup", self.plan.book);
        }
        if fire && place < 4 {
            self.id_bit = self.ids[block + 1] >> (3 - place) & 1 == 1;
        }
        self.grouped = (self.grouped || fire) && !clear;
        if self.shape.turns == 1 {
            for lane in 0..self.shape.lanes {
                if io.is(&format!("lane_load_{lane}")) {
                    self.need &= !(1 << lane);
                }
            }
            if fire {
                assert_eq!(self.need, 0, "{}", say("a step without its words"));
                self.need = self.plan.steps[self.step].crossed;
            }
            if io.is("lane_clear") {
                assert!(self.step == 0 || self.ended, "{}", say("lanes cleared in mid-packet"));
                self.need = 0;
            }
        }
        if self.shape.turns > 1 && self.cleared > 0 && !clear {
            for name in ["turn", "fresh", "round"] {
                io.expect(name, io.get(name));
            }
        }
        if self.shape.turns == 1 {
            io.expect("turn", 0u8);
            io.expect("fresh", 0u8);
            io.expect("round", 0u8);
        }
        for name in [
            "by_number",
            "first_slots",
            "load",
            "steady",
            "limited",
            "lane_fill",
            "trailer",
            "finish",
            "clear",
            "lane_clear",
            "fire",
            "token",
            "lanes_pop",
        ] {
            io.expect(name, io.get(name));
        }
        if token {
            io.expect("token_first", first);
            io.expect("token_active", active);
            if fire && self.fault == Fault::None {
                io.expect("book", book);
                io.expect("bias", bias);
                io.expect("token_last", self.step + 1 == steps);
            }
            if last {
                io.expect("token_errors", errors);
            }
            if last && matches!(self.fault, Fault::None | Fault::Broken) {
                io.expect("count", counted);
                io.expect("expected", check);
            }
        }
        if token && last {
            assert!(header_seen || self.fault == Fault::Short, "clock {}: header not checked", io.clock);
            self.ended = true;
            let kind = match self.fault {
                Fault::None => 0,
                Fault::Header => 1,
                Fault::Short => 2,
                Fault::Broken => 3,
                Fault::Count(_) => 4,
            };
            self.done[kind] += 1;
            if self.fault == Fault::None {
                assert_eq!(self.step + usize::from(fire), steps, "clock {}: steps", io.clock);
            }
        }
        self.tokens += usize::from(token);
        self.step += usize::from(fire);
        if io.is("finished") {
            assert!(self.ended, "clock {}: dropped before its end", io.clock);
            self.over = true;
        }
    }

    fn enough(&self) {
        assert!(self.done.iter().all(|&n| n > 5), "{:?}", self.done);
    }
}

#[test]
fn controller() {
    let with_blocks = Shape::ALL.into_iter().map(|s| (s, false)).chain([(Shape::ALL[3], true)]);
    let with_blocks = with_blocks.chain(Shape::IN_TURN.map(|s| (s, false)));
    for (n, (shape, blocks)) in with_blocks.enumerate() {
        let biased = n % 2 == 1;
        let books = 15;
        let config = ControllerConfig {
            header: HEADER,
            initial_bias: (!biased).then_some(BIAS),
            books: books as usize,
            prefill: Parameters::DEFAULT_PREFILL,
            geometry: shape.geometry(),
            block_steps: blocks.then_some(16),
        };
        let mut rng = crate::common::seeded("controller plan");
        let model = Control {
            shape,
            books,
            biased,
            plan: Plan::random(&shape, &mut rng, 0, books, None),
            fault: Fault::None,
            words: Vec::new(),
            taken: 0,
            arrived: 0,
            loaded: vec![0; shape.sources()],
            step: 0,
            cleared: 0,
            tokens: 0,
            ended: true,
            over: true,
            rates: (0.9, 0.9),
            done: [0; 5],
            idle: 0,
            blocks,
            ids: Vec::new(),
            id_bit: false,
            grouped: false,
            answer: [false; 3],
            shown: vec![Vec::new(); if shape.turns == 1 { 1 } else { 2 }].into(),
            need: 0,
            fired: 0,
            groups: VecDeque::new(),
            ended_payload: false,
        };
        three_way(
            &format!("controller {} {} {} {blocks}", shape.lanes, shape.turns, shape.raw_bits),
            Controller::new(&config),
            model,
            30_000,
        );
    }
}

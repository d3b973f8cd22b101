//! The decoder's controller: it hands every word to the slot that asks for it, fires every step once, and judges the packet.

use crate::harness::{three_way, Io, Model};
use crate::plan::{length, Plan, Shape, BOOK_POSITION, HEADER};
use huffwire::rtl::decoder::controller::{Controller, ControllerConfig};
use rand::prelude::*;

dut! {
    [] Controller {
        clock: clk;
        in: rst, word, available, complete, broken, finished, room, crossed, id_bit;
        out: take, trailer, finish, clear, book, slot_word, slot_load, fire, token, token_first, token_last, token_active,
            token_errors, count, expected, lookup, changes, extra;
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

struct Control {
    shape: Shape,
    books: u8,
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
    done: [usize; 5],
    idle: usize,
}

const TRAILER: usize = 4;

impl Control {
    fn packet(&mut self, rng: &mut StdRng) {
        let symbols = length(&self.shape, rng);
        self.plan = Plan::random(&self.shape, rng, symbols, self.books);
        self.words = self.plan.words.clone();
        self.fault = match rng.random_range(0..8) {
            0 => Fault::Header,
            1 => Fault::Short,
            2 => Fault::Broken,
            // More symbols than three words in every lane can hold.
            3 => Fault::Count((symbols + self.shape.lanes * 50) as u32 + rng.random_range(0..u32::MAX / 2)),
            _ => Fault::None,
        };
        match self.fault {
            Fault::Header => {
                let book = 80 - 1 - BOOK_POSITION as usize - 3..80 - BOOK_POSITION as usize;
                let bit = (0..80).filter(|b| !book.contains(b)).choose(rng).unwrap();
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
        (self.ended, self.over) = (false, false);
        self.loaded = vec![0; self.shape.slots()];
        self.ids = (0..self.plan.steps.len() / 16 + 2).map(|_| rng.random_range(0..16)).collect();
    }

    /// Words of a row.
    fn row(&self) -> usize {
        self.shape.slots().next_power_of_two()
    }

    fn end(&self, trailer: bool) -> usize {
        if trailer {
            self.words.len()
        } else {
            self.words.len().saturating_sub(TRAILER)
        }
    }
}

impl Model for Control {
    const ROUNDS: usize = 2;

    fn reset(&mut self) {
        self.over = true;
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
        io.set("finished", 0u8);
        io.set("crossed", 0u8);
        io.set("id_bit", self.id_bit);
    }

    fn respond(&mut self, io: &mut Io, round: usize) {
        let shown = io.is("trailer");
        if round == 0 {
            // Words come in rows, like those of the window: two rows are visible.
            let end = self.end(shown);
            let visible = self.arrived.min((self.taken / self.row() + 2) * self.row());
            let available = visible.min(end).saturating_sub(self.taken);
            io.set("available", available as u128);
            io.set("complete", self.arrived == self.words.len() && visible >= end);
            io.set("broken", self.fault == Fault::Broken);
            for i in 0..self.row() {
                let word = if i < available { self.words[self.taken + i] } else { 0 };
                io.set(&format!("word_{i}"), word);
            }
            return;
        }
        if io.is("fire") {
            io.set("crossed", self.plan.steps.get(self.step).map_or(0, |s| s.crossed));
        }
        let finished = io.is("finish") && self.arrived == self.words.len() && io.rng.random_bool(0.3);
        io.set("finished", finished);
    }

    fn after(&mut self, io: &mut Io) {
        let steps = self.plan.steps.len();
        let say = |what: &str| format!("clock {}: {what}, {} steps, {:?}", io.clock, steps, self.fault);
        // Words go to the slots in their own order.
        let available = io.get("available");
        assert!(io.get("take") <= available, "{}", say("takes what is not there"));
        self.taken += io.get("take") as usize;
        let mut loaded = Vec::new();
        for slot in 0..self.shape.slots() {
            let load = io.is(&format!("slot_load_{slot}"));
            if load {
                let word = self.plan.streams[slot].get(self.loaded[slot]).copied().unwrap_or(0);
                loaded.push((slot, word));
                self.loaded[slot] += 1;
            }
        }
        let (fire, token, last) = (io.is("fire"), io.is("token"), io.is("token_last"));
        let clear = io.is("clear");
        if clear {
            self.cleared += 1;
            assert!(self.cleared == 1 && self.step == 0, "{}", say("cleared in mid-packet"));
        }
        assert!(!fire || token, "{}", say("a step without a token"));
        assert!(!(self.ended && token), "{}", say("a token behind the end"));
        self.idle = if token || io.get("take") > 0 || io.is("finished") { 0 } else { self.idle + 1 };
        assert!(self.idle < 2_000, "{}", say("nothing moves any more"));
        if fire {
            assert!(self.step < steps, "{}", say("a step too many"));
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
        let (book, check, first) = (self.plan.book, self.plan.check, self.tokens == 0);
        let (place, block) = (self.step % 16, self.step / 16);
        io.expect("extra", self.blocks && fire && place < 4);
        let switches = fire && place == 15;
        io.expect("changes", !self.blocks || !self.grouped || switches);
        if self.blocks && switches {
            io.expect("lookup", self.ids[block + 1]);
        } else if fire && !self.blocks && self.fault == Fault::None {
            io.expect("lookup", self.plan.book);
        }
        if fire && place < 4 {
            self.id_bit = self.ids[block + 1] >> (3 - place) & 1 == 1;
        }
        self.grouped = (self.grouped || fire) && !clear;
        for name in ["take", "trailer", "finish", "clear", "fire", "token"] {
            io.expect(name, io.get(name));
        }
        for slot in 0..self.shape.slots() {
            let name = format!("slot_load_{slot}");
            io.expect(&name, io.get(&name));
        }
        loaded.iter().for_each(|(slot, word)| io.expect(&format!("slot_word_{slot}"), *word));
        if token {
            io.expect("token_first", first);
            io.expect("token_active", active);
            if fire && self.fault == Fault::None {
                io.expect("book", book);
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
    for (shape, blocks) in with_blocks {
        let books = 15;
        let config = ControllerConfig {
            header: HEADER,
            book_position: BOOK_POSITION,
            books: books as usize,
            prefill: 3,
            geometry: shape.geometry(),
            blocks,
        };
        let mut rng = crate::common::seeded("controller plan");
        let model = Control {
            shape,
            books,
            plan: Plan::random(&shape, &mut rng, 0, books),
            fault: Fault::None,
            words: Vec::new(),
            taken: 0,
            arrived: 0,
            loaded: vec![0; shape.slots()],
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
        };
        three_way(
            &format!("controller {} {} {blocks}", shape.lanes, shape.raw_bits),
            Controller::new(&config),
            model,
            30_000,
        );
    }
}

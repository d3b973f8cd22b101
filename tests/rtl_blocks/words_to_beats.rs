//! The way of a group's words: which are sent, where they go, and the beats that come of it.

use crate::harness::{three_way, Io, Model};
use crate::plan::{Shape, HEADER};
use crate::sequencer::config;
use huffwire::rtl::encoder::beats::Beats;
use huffwire::rtl::encoder::group::Group;
use huffwire::rtl::encoder::places::Places;
use huffwire::rtl::encoder::router::Router;
use huffwire::rtl::encoder::small_sum::SmallSum;
use rand::prelude::*;
use std::collections::VecDeque;

dut! {
    [] Group {
        clock: clk;
        in: rst, asked, real, oldest, ready, open, valid, fixed, of_trailer, chunk, last, book, bias, count, check;
        out: word, send, group_valid, group_last;
    }
}
dut! {
    [] SmallSum { in: a, b; out: sum; }
}
dut! {
    [] Places {
        clock: clk;
        in: rst, word, send, valid, last;
        out: entry, from, row, complete, row_last, row_words, current;
    }
}
dut! {
    [] Router { clock: clk; in: rst, entry, tag; out: node, tag_out; }
}
dut! {
    [] Beats {
        clock: clk;
        in: rst, node, from, row, complete, row_last, row_words, current, m_axis_tready;
        out: room, m_axis_tdata, m_axis_tkeep, m_axis_tlast, m_axis_tvalid;
    }
}

struct Grouping {
    slots: usize,
    /// Words to send, valid, last.
    held: Option<(Vec<Option<u16>>, bool, bool)>,
}

impl Model for Grouping {
    fn reset(&mut self) {
        self.held = Some((Vec::new(), false, false));
    }

    fn before(&mut self, io: &mut Io) {
        if let Some((words, valid, last)) = self.held.take() {
            for (i, word) in words.iter().enumerate() {
                io.expect(&format!("send_{i}"), word.is_some());
                if let Some(word) = word {
                    io.expect(&format!("word_{i}"), *word);
                }
            }
            io.expect("group_valid", valid);
            io.expect("group_last", last);
        }
        let (valid, last) = (io.maybe("valid", 0.8, true), io.maybe("last", 0.2, true));
        let (fixed, open) = (io.maybe("fixed", 0.3, true), io.maybe("open", 0.3, true));
        let mut words = vec![None; self.slots];
        if fixed {
            let trailer = io.maybe("of_trailer", 0.5, true);
            let (book, bias) = (io.any("book") as u8, io.any("bias") as u8);
            let (count, check) = (io.any("count"), io.any("check"));
            let (value, total): (u128, usize) =
                if trailer { (count << 32 | check, 4) } else { (HEADER.with(book, bias), 5) };
            let chunk = self.slots.min(5);
            let number = io.rng.random_range(0..total.div_ceil(chunk));
            io.set("chunk", number as u128);
            for (i, word) in words.iter_mut().enumerate().take(chunk) {
                let at = number * chunk + i;
                *word = (at < total).then(|| (value >> (16 * (total - 1 - at.min(total - 1)))) as u16);
            }
        }
        let mut more = open;
        for i in 0..self.slots {
            more |= io.maybe(&format!("ready_{i}"), 0.1, true);
        }
        let mut follows = more;
        for i in (0..self.slots).rev() {
            let asked = io.maybe(&format!("asked_{i}"), 0.6, !fixed);
            let real = io.maybe(&format!("real_{i}"), 0.5, asked);
            let oldest = io.any(&format!("oldest_{i}")) as u16;
            follows |= real;
            if asked && follows {
                words[i] = Some(if real { oldest } else { 0 });
            }
        }
        self.held = Some((words, valid, last));
    }
}

#[test]
fn group() {
    for shape in Shape::ALL {
        let slots = shape.slots();
        three_way(
            &format!("group {} {}", shape.lanes, shape.raw_bits),
            Group::new(&config(&shape)),
            Grouping { slots, held: None },
            4_000,
        );
    }
}

struct Adding(u32);

impl Model for Adding {
    fn before(&mut self, io: &mut Io) {
        let sum = io.any("a") + io.any("b");
        io.expect("sum", sum & ((1 << self.0) - 1));
    }
}

#[test]
fn small_sum() {
    for bits in [1, 2, 5] {
        three_way(&format!("small_sum {bits}"), SmallSum::new(bits as usize), Adding(bits), 2_000);
    }
}

/// What comes out of a group: entries of those sent, the first place, its row, and a row that is complete.
#[derive(Clone, Default)]
struct Placed {
    entries: Vec<Option<u128>>,
    from: usize,
    row: usize,
    complete: Option<(usize, bool)>,
}

struct Placing {
    slots: usize,
    row_words: usize,
    fill: usize,
    row: usize,
    out: VecDeque<Placed>,
    /// A packet's last group reached into a second row.
    spilling: bool,
    rate: f64,
    spills: usize,
}

impl Model for Placing {
    fn reset(&mut self) {
        (self.fill, self.row, self.spilling) = (0, 0, false);
        self.out = vec![Placed::default(); 3].into();
    }

    fn before(&mut self, io: &mut Io) {
        if let Some(placed) = self.out.pop_front() {
            for (i, entry) in placed.entries.iter().enumerate() {
                match entry {
                    Some(entry) => io.expect(&format!("entry_{i}"), *entry),
                    None => assert!(i < self.slots),
                }
            }
            io.expect("complete", placed.complete.is_some());
            if placed.entries.iter().any(Option::is_some) {
                io.expect("from", placed.from as u128);
            }
            if placed.complete.is_some() || placed.entries.iter().any(Option::is_some) {
                io.expect("row", placed.row as u128);
            }
            if let Some((words, last)) = placed.complete {
                io.expect("row_words", words as u128);
                io.expect("row_last", last);
            }
        }
        if io.rng.random_bool(0.01) {
            self.rate = io.rng.random();
        }
        let valid = io.maybe("valid", 0.8, !self.spilling);
        let last = io.maybe("last", 0.1, true);
        let mut placed = Placed { from: self.fill, row: self.row, ..Placed::default() };
        if self.spilling {
            placed.complete = Some((self.fill, true));
            (self.fill, self.row, self.spilling) = (0, (self.row + 1) % 16, false);
        }
        let mut place = self.fill;
        let must = io.rng.random_range(0..self.slots);
        for i in 0..self.slots {
            let send = io.maybe(&format!("send_{i}"), self.rate, true) || (last && i == must);
            io.set(&format!("send_{i}"), send);
            let word = io.any(&format!("word_{i}"));
            placed.entries.push((valid && send).then(|| {
                let at = place % self.row_words;
                place += 1;
                (at as u128) << 17 | 1 << 16 | word
            }));
        }
        if valid {
            let whole = place >= self.row_words;
            self.fill = place % self.row_words;
            if whole || last {
                placed.complete = Some((if whole { self.row_words } else { place }, last && !(whole && self.fill > 0)));
                self.row = (self.row + 1) % 16;
            }
            if last {
                self.spilling = whole && self.fill > 0;
                self.spills += usize::from(self.spilling);
                self.fill = if self.spilling { self.fill } else { 0 };
            }
        }
        self.out.push_back(placed);
    }

    fn after(&mut self, io: &mut Io) {
        // A clock ahead of what comes out: the row in which the next words are put.
        io.expect("current", io.get("current"));
    }

    fn enough(&self) {
        assert!(self.spills > 10 || self.slots == 1, "{} spills", self.spills);
    }
}

#[test]
fn places() {
    for (slots, row_words) in [(1, 2), (2, 2), (3, 4), (5, 8), (12, 16), (24, 32)] {
        let model =
            Placing { slots, row_words, fill: 0, row: 0, out: VecDeque::new(), spilling: false, rate: 0.5, spills: 0 };
        three_way(&format!("places {slots}"), Places::new(slots, row_words), model, 8_000);
    }
}

struct Routing {
    slots: usize,
    places: usize,
    /// Words at the places, and what goes along.
    out: VecDeque<(Vec<Option<u128>>, u128)>,
    legs: usize,
    first: usize,
}

impl Model for Routing {
    fn reset(&mut self) {
        self.out = vec![(vec![None; self.places], 0); self.legs].into();
    }

    fn before(&mut self, io: &mut Io) {
        if let Some((nodes, tag)) = self.out.pop_front() {
            io.expect("tag_out", tag);
            for (i, node) in nodes.iter().enumerate() {
                if let Some(word) = node {
                    io.expect(&format!("node_{i}"), word | 1 << 16);
                }
            }
        }
        let rate = *[0.1, 0.5, 0.9, 1.0].choose(io.rng).unwrap();
        let mut nodes = vec![None; self.places];
        for i in 0..self.slots {
            let send = io.rng.random_bool(rate);
            let word = u128::from(io.rng.random::<u16>());
            // Of a word that is not sent the place means nothing.
            let place = if send { self.first } else { io.rng.random_range(0..self.places) };
            io.set(&format!("entry_{i}"), (place as u128) << 17 | u128::from(send) << 16 | word);
            if send {
                nodes[place] = Some(word);
                self.first = (self.first + 1) % self.places;
            }
        }
        let tag = io.any("tag");
        self.out.push_back((nodes, tag));
    }

    fn after(&mut self, io: &mut Io) {
        // No word where none belongs: as many as were sent.
        for i in 0..self.places {
            let name = format!("node_{i}");
            io.expect(&name, io.get(&name));
        }
    }
}

#[test]
fn router() {
    for (slots, places) in [(1, 2), (2, 2), (3, 4), (5, 8), (12, 16), (14, 16), (24, 32)] {
        let legs = usize::ilog2(places).div_ceil(2) as usize;
        let model = Routing { slots, places, out: VecDeque::new(), legs, first: 0 };
        three_way(&format!("router {slots}"), Router::new(slots, places, 5), model, 4_000);
    }
}

struct Reading {
    row_words: usize,
    link_words: usize,
    /// Words of the row that is being filled.
    fill: usize,
    row: usize,
    /// Rows complete and not read, in words.
    written: VecDeque<(Vec<u16>, bool)>,
    words: Vec<u16>,
    at: usize,
    offered: bool,
    rates: (f64, f64),
    beats: usize,
    full: usize,
}

impl Model for Reading {
    fn reset(&mut self) {
        (self.fill, self.row, self.at, self.offered) = (0, 0, 0, false);
        self.written.clear();
        self.words.clear();
    }

    fn before(&mut self, io: &mut Io) {
        if io.rng.random_bool(0.01) {
            self.rates = (io.rng.random(), io.rng.random());
        }
        io.set("current", self.row as u128);
        io.set("row", self.row as u128);
        io.set("from", self.fill as u128);
        let rows = self.written.len() + 2;
        let group =
            if rows < 15 && io.rng.random_bool(self.rates.0) { io.rng.random_range(0..=self.row_words) } else { 0 };
        let last = group > 0 && self.fill + group <= self.row_words && io.rng.random_bool(0.2);
        let mut nodes = vec![None; self.row_words];
        for k in 0..group {
            let word = io.rng.random::<u16>();
            nodes[(self.fill + k) % self.row_words] = Some(word);
            self.words.push(word);
        }
        for (i, node) in nodes.iter().enumerate() {
            let noise = u128::from(io.rng.random::<u16>());
            io.set(&format!("node_{i}"), node.map_or(noise, |w| 1 << 16 | u128::from(w)));
        }
        let whole = self.fill + group >= self.row_words;
        io.set("complete", whole || last);
        io.set("row_last", last);
        let words = self.words.len().min(self.row_words);
        io.set("row_words", words as u128);
        if whole || last {
            let rest = self.words.split_off(words);
            self.written.push_back((std::mem::replace(&mut self.words, rest), last));
            self.row = (self.row + 1) % 16;
        }
        self.fill = if last { 0 } else { (self.fill + group) % self.row_words };
        io.maybe("m_axis_tready", self.rates.1, true);
    }

    fn after(&mut self, io: &mut Io) {
        io.expect("room", io.get("room"));
        if self.written.len() > 11 {
            self.full += 1;
        }
        let valid = io.is("m_axis_tvalid");
        io.expect("m_axis_tvalid", valid || self.offered);
        self.offered = valid && !io.is_input("m_axis_tready");
        let Some((words, last)) = self.written.front().filter(|_| valid) else {
            assert!(!valid, "clock {}: a beat without a row", io.clock);
            return;
        };
        let end = words.len().min(self.at + self.link_words);
        let kept = &words[self.at..end];
        let data = io.get("m_axis_tdata");
        for (i, word) in kept.iter().enumerate() {
            assert_eq!((data >> (16 * i)) as u16, word.swap_bytes(), "clock {}: word {i}", io.clock);
        }
        io.expect("m_axis_tdata", data);
        io.expect("m_axis_tkeep", (1u128 << (2 * kept.len())) - 1);
        io.expect("m_axis_tlast", *last && end == words.len());
        if !self.offered {
            self.beats += 1;
            self.at = end;
            if end == words.len() {
                self.at = 0;
                self.written.pop_front();
            }
        }
    }

    fn enough(&self) {
        assert!(self.beats > 1000 && self.full > 10, "{} beats, {} full", self.beats, self.full);
    }
}

#[test]
fn beats() {
    for (row_words, link_words) in [(2, 1), (4, 1), (4, 4), (8, 4), (16, 8)] {
        let model = Reading {
            row_words,
            link_words,
            fill: 0,
            row: 0,
            written: VecDeque::new(),
            words: Vec::new(),
            at: 0,
            offered: false,
            rates: (0.5, 0.5),
            beats: 0,
            full: 0,
        };
        three_way(&format!("beats {row_words} {link_words}"), Beats::new(row_words, link_words), model, 20_000);
    }
}

//! The decoder's output: every beat once, and with the last one the verdict.

use crate::harness::{three_way, Io, Model};
use crate::plan::HEADER;
use huffwire::rtl::decoder::finisher::Finisher;
use rand::prelude::*;
use std::collections::VecDeque;

dut! {
    [] Finisher {
        clock: clk;
        in: rst, token, first, last, errors, plain, keep, book, bias, count, expected, m_axis_tready;
        out: room, m_axis_tdata, m_axis_tkeep, m_axis_tuser, m_axis_tlast, m_axis_tvalid;
    }
}

/// Tokens that are still under way when `room` falls.
const PIPELINE: usize = 4;
/// Clocks without a token behind a packet, at least: the controller's way to the next one's first step is longer.
const GAP: usize = 10;

#[derive(Clone, Debug)]
struct Token {
    first: bool,
    plain: u128,
    keep: u128,
    book: u8,
    bias: u8,
    /// Errors, count and CRC of the trailer.
    last: Option<(u8, u32, u32)>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Beat {
    data: u128,
    keep: u128,
    user: u8,
    last: bool,
}

struct Output {
    bytes: usize,
    element: usize,
    books: u8,
    coming: VecDeque<Token>,
    beats: VecDeque<Beat>,
    gap: usize,
    /// Book and bias stay.
    fields: (u8, u8),
    without_room: usize,
    /// A beat was offered and not taken.
    waiting: bool,
    rates: (f64, f64),
    verdicts: [usize; 8],
    full: usize,
}

impl Output {
    fn packet(&mut self, rng: &mut StdRng) -> Vec<Beat> {
        let book = rng.random_range(0..=self.books);
        let bias = rng.random();
        let header = HEADER.with(book, bias);
        let mut crc = crc32c::crc32c(&header.to_be_bytes()[6..]);
        let errors = if rng.random_bool(0.2) { rng.random_range(1..4) } else { 0 };
        // A packet that fails at once is one empty token; so is a packet without symbols.
        let empty = rng.random_bool(0.2);
        let steps = if empty { 1 } else { rng.random_range(1..60) };
        let count: u32 = rng.random();
        let mut beats = Vec::new();
        for i in 0..steps {
            let last = i + 1 == steps;
            let elements = self.bytes / self.element;
            let here = match (empty, last) {
                (true, _) => 0,
                (_, true) => rng.random_range(1..=elements),
                _ => elements,
            };
            let mask = if here == 0 { 0 } else { u128::MAX >> (128 - 8 * here * self.element) };
            let (plain, keep) = (rng.random::<u128>() & mask, (1u128 << (here * self.element)) - 1);
            if here > 0 {
                crc = crc32c::crc32c_append(crc, &plain.to_le_bytes()[..self.bytes]);
            }
            let mut token = Token { first: i == 0, plain, keep, book, bias, last: None };
            let mut user = 0;
            if last {
                let mut bytes = vec![0; self.bytes.saturating_sub(4)];
                bytes.extend(count.to_be_bytes());
                crc = crc32c::crc32c_append(crc, &bytes);
                let wrong = if rng.random_bool(0.3) { 1 << rng.random_range(0..32) } else { 0 };
                token.last = Some((errors, count, crc ^ wrong));
                let crc_flag = wrong != 0 && errors & 1 == 0;
                user = errors | u8::from(crc_flag) << 2;
                self.verdicts[usize::from(user)] += 1;
            }
            self.coming.push_back(token);
            beats.push(Beat { data: plain, keep, user, last });
        }
        beats
    }
}

impl Model for Output {
    fn reset(&mut self) {
        self.coming.clear();
        self.beats.clear();
        (self.gap, self.without_room, self.waiting) = (0, PIPELINE, false);
    }

    fn before(&mut self, io: &mut Io) {
        if io.rng.random_bool(0.01) {
            self.rates = (io.rng.random_range(0.2..1.0), io.rng.random_range(0.05..1.0));
        }
        if self.coming.is_empty() {
            let beats = self.packet(io.rng);
            self.beats.extend(beats);
        }
        self.gap = self.gap.saturating_sub(1);
        io.set("book", self.fields.0);
        io.set("bias", self.fields.1);
        let may = self.gap == 0 && self.without_room < PIPELINE;
        let token = io.maybe("token", self.rates.0, may);
        io.maybe("m_axis_tready", self.rates.1, true);
        if !token {
            return;
        }
        let Some(token) = self.coming.pop_front() else { return };
        io.set("first", token.first);
        io.set("last", token.last.is_some());
        io.set("plain", token.plain);
        io.set("keep", token.keep);
        io.set("book", token.book);
        io.set("bias", token.bias);
        self.fields = (token.book, token.bias);
        if let Some((errors, count, check)) = token.last {
            io.set("errors", errors);
            io.set("count", count);
            io.set("expected", check);
            self.gap = GAP;
        }
    }

    fn after(&mut self, io: &mut Io) {
        io.expect("room", io.get("room"));
        self.without_room = if io.is("room") { 0 } else { self.without_room + 1 };
        self.full += usize::from(!io.is("room"));
        let valid = io.is("m_axis_tvalid");
        io.expect("m_axis_tvalid", valid || self.waiting);
        if !valid {
            return;
        }
        let beat = *self.beats.front().unwrap_or_else(|| panic!("clock {}: a beat too many", io.clock));
        io.expect("m_axis_tdata", beat.data);
        io.expect("m_axis_tkeep", beat.keep);
        io.expect("m_axis_tlast", beat.last);
        if beat.last {
            io.expect("m_axis_tuser", beat.user);
        }
        self.waiting = !io.is("m_axis_tready");
        if !self.waiting {
            self.beats.pop_front();
        }
    }

    fn enough(&self) {
        let seen = [0b000, 0b001, 0b010, 0b011, 0b100, 0b110];
        assert!(seen.iter().all(|&v| self.verdicts[v] > 3) && self.full > 50, "{:?}", self.verdicts);
    }
}

#[test]
fn finisher() {
    for (bytes, element) in [(1, 1), (2, 2), (4, 1), (8, 2), (16, 4)] {
        let model = Output {
            bytes,
            element,
            books: 15,
            coming: VecDeque::new(),
            beats: VecDeque::new(),
            gap: 0,
            fields: (0, 0),
            without_room: PIPELINE,
            waiting: false,
            rates: (0.9, 0.9),
            verdicts: [0; 8],
            full: 0,
        };
        three_way(&format!("finisher {bytes}"), Finisher::new(bytes, &HEADER, 4), model, 20_000);
    }
}

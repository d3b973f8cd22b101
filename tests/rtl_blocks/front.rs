//! The encoder's packet control, against a calendar of what has to follow each beat.

use crate::harness::{three_way, Io, Model};
use huffwire::rtl::encoder::packet_front::{gap, PacketFront};
use rand::prelude::*;
use std::collections::VecDeque;

dut! {
    [] PacketFront {
        clock: clk;
        in: rst, tvalid, tlast, tuser, bias_in, lanes, room, may_start;
        out: tready, accept, step, beat, first, last, active, book, bias, idle, flush, mark, counting, count_first, checked, count;
    }
}

#[derive(Clone, Copy, Default)]
struct Day {
    beat: bool,
    first: bool,
    last: bool,
    active: u128,
    book: u128,
    bias: u128,
    flush: bool,
    mark: bool,
    counting: bool,
    count_first: bool,
    checked: bool,
    /// Symbols in the packet, from `flush` on.
    total: Option<u32>,
}

struct Front {
    books: u128,
    turns: usize,
    count_clocks: usize,
    /// From this clock on.
    calendar: VecDeque<Day>,
    in_packet: bool,
    book: u128,
    bias: u128,
    symbols: u32,
    closed: usize,
    ready: bool,
    rates: (f64, f64),
    packets: usize,
}

impl Front {
    fn day(&mut self, clocks: usize) -> &mut Day {
        while self.calendar.len() <= clocks {
            self.calendar.push_back(Day::default());
        }
        &mut self.calendar[clocks]
    }
}

impl Model for Front {
    fn reset(&mut self) {
        (self.in_packet, self.symbols, self.closed, self.ready) = (false, 0, 0, false);
        self.calendar.clear();
    }

    fn before(&mut self, io: &mut Io) {
        if io.rng.random_bool(0.01) {
            self.rates = (io.rng.random(), io.rng.random());
        }
        let (valid, room) = (io.maybe("tvalid", self.rates.0, true), io.maybe("room", self.rates.1, true));
        let last = io.maybe("tlast", 0.15, true);
        let (user, bias, lanes) = (io.any("tuser"), io.any("bias_in"), io.any("lanes"));
        let may_start = io.maybe("may_start", 0.7, true);
        // By what was said a clock before.
        let ready = self.ready;
        self.ready = room && self.closed <= 1 && (self.in_packet || may_start);
        self.closed = self.closed.saturating_sub(1);
        io.expect("tready", ready);
        io.expect("idle", !self.in_packet);
        io.expect("accept", ready && valid);
        if ready && valid {
            let first = !self.in_packet;
            self.in_packet = !last;
            if first {
                self.book = if user > self.books { 0 } else { user };
                self.bias = bias;
                self.symbols = 0;
            }
            self.symbols += lanes.count_ones();
            let (book, bias) = (self.book, self.bias);
            let (symbols, count_clocks) = (self.symbols, self.count_clocks);
            *self.day(1) = Day { beat: true, first, last, active: lanes, book, bias, ..*self.day(1) };
            if last {
                self.packets += 1;
                self.ready = false;
                self.closed = gap(count_clocks, self.turns);
                (2..2 + self.turns).for_each(|d| self.day(d).flush = true);
                let mark = if self.turns > 1 { 1 + self.turns } else { 3 };
                self.day(mark).mark = true;
                self.day(2).count_first = true;
                (2..=mark).for_each(|d| (self.day(d).book, self.day(d).bias) = (book, bias));
                (2..2 + count_clocks).for_each(|d| self.day(d).counting = true);
                self.day(2 + count_clocks).checked = true;
                (2..=2 + count_clocks).for_each(|d| self.day(d).total = Some(symbols));
            }
        }
        let today = self.calendar.pop_front().unwrap_or_default();
        io.expect("beat", today.beat);
        io.expect("step", today.beat && today.active != 0);
        io.expect("first", today.first);
        io.expect("last", today.last);
        io.expect("active", today.active);
        io.expect("flush", today.flush);
        io.expect("mark", today.mark);
        io.expect("counting", today.counting);
        io.expect("count_first", today.count_first);
        io.expect("checked", today.checked);
        if today.beat || today.flush || today.mark {
            io.expect("book", today.book);
            io.expect("bias", today.bias);
        }
        if let Some(total) = today.total {
            io.expect("count", total);
        }
    }

    fn enough(&self) {
        assert!(self.packets > 50);
    }
}

#[test]
fn packet_front() {
    fn run(lanes: usize, turns: usize, books: usize, count_clocks: usize) {
        let model = Front {
            books: books as u128,
            turns,
            count_clocks,
            calendar: VecDeque::new(),
            in_packet: false,
            book: 0,
            bias: 0,
            symbols: 0,
            closed: 0,
            ready: false,
            rates: (0.9, 0.9),
            packets: 0,
        };
        three_way(
            &format!("packet_front {lanes} {turns} {books}"),
            PacketFront::new(lanes, turns, books, count_clocks),
            model,
            10_000,
        );
    }
    run(1, 1, 1, 4);
    run(1, 1, 3, 2);
    run(4, 1, 2, 1);
    run(64, 1, 15, 1);
    run(1, 4, 3, 4);
    run(8, 4, 15, 1);
}

//! The link side of the decoder as a whole: beats in, words out.

use crate::harness::{three_way, Io, Model};
use crate::rows::Reader;
use huffwire::rtl::decoder::link_rows::LinkRows;
use rand::prelude::*;
use std::collections::VecDeque;

dut! {
    [] LinkRows {
        clock: clk;
        in: rst, s_axis_tdata, s_axis_tkeep, s_axis_tlast, s_axis_tvalid, want, by_number, first_slots, asked, load, steady, limited, trailer, finish;
        out: s_axis_tready, finished, ready, ended, lacking, broken, next_word, slot_word;
    }
}

struct Link {
    row_words: usize,
    slots: usize,
    /// Packets whose beats have not all been sent, and the next beat of the first.
    sending: VecDeque<(Reader, usize)>,
    /// Packets that are being read.
    reading: VecDeque<Reader>,
    /// Data, `tkeep` and `tlast` of the beat that waits to be taken.
    offered: Option<(u128, u128, bool)>,
    /// Slots that ask; they may change behind a clock that was not steady.
    want: Vec<bool>,
    by_number: bool,
    steady: bool,
    rates: (f64, f64),
    packets: usize,
    waited: usize,
    at_once: usize,
    /// How many ask is told from outside, and words come a clock later.
    ahead: bool,
    /// What the clocks before asked for: ports and words.
    coming: VecDeque<Vec<(String, u128)>>,
}

impl Link {
    /// `tkeep` of a row, broken in one of the ways there are if it has to be.
    fn keep(&self, rng: &mut StdRng, words: usize, last: bool, broken: bool) -> u128 {
        let keep = (1u128 << (2 * words)) - 1;
        let bytes = 2 * self.row_words;
        if !broken {
            return keep;
        }
        if last {
            // A byte behind the words, not behind a whole one: half a word more, or a hole.
            let free: Vec<usize> = (2 * words..bytes).collect();
            let byte = *free.choose(rng).expect("a full last row is not broken");
            return if byte == 2 * words || rng.random() { keep | 1 << byte } else { keep | 1 << (2 * words + 1) };
        }
        // Not full.
        loop {
            let keep = rng.random::<u128>() & ((1 << bytes) - 1);
            if keep != (1 << bytes) - 1 {
                return keep;
            }
        }
    }
}

impl Model for Link {
    const ROUNDS: usize = 1;

    fn reset(&mut self) {
        self.sending.clear();
        self.reading.clear();
        (self.offered, self.steady, self.waited) = (None, false, 0);
        self.coming.iter_mut().for_each(Vec::clear);
    }

    fn before(&mut self, io: &mut Io) {
        for (port, word) in self.coming.pop_front().unwrap() {
            io.expect(&port, word);
        }
        if io.rng.random_bool(0.005) {
            self.rates = (io.rng.random_range(0.1..1.0), io.rng.random_range(0.1..1.0));
        }
        if self.sending.is_empty() {
            let mut reader = Reader::new(self.row_words);
            reader.packet(io.rng);
            let last = reader.rows.last_mut().unwrap();
            last.broken &= last.words < self.row_words;
            self.sending.push_back((reader, 0));
        }
        // A beat once offered stays.
        if self.offered.is_none() && io.rng.random_bool(self.rates.0) {
            let (reader, at) = &self.sending[0];
            let row = &reader.rows[*at];
            let keep = self.keep(io.rng, row.words, row.last, row.broken);
            self.offered = Some((reader.data(io.rng, *at), keep, row.last));
        }
        io.set("s_axis_tvalid", self.offered.is_some());
        if let Some((data, keep, last)) = self.offered {
            io.set("s_axis_tdata", data);
            io.set("s_axis_tkeep", keep);
            io.set("s_axis_tlast", last);
        }
        if !self.steady {
            let some = io.rng.random_range(0.0..1.0);
            self.want = (0..self.slots).map(|_| io.rng.random_bool(some)).collect();
            self.by_number = io.rng.random_bool(0.2);
            if self.by_number {
                self.want.sort_by_key(|&want| !want);
            }
        }
        io.set("by_number", self.by_number);
        io.set("first_slots", self.want.iter().filter(|&&want| want).count() as u128);
        for (i, &want) in self.want.iter().enumerate() {
            // In turn, whoever asks does not matter.
            let want = if self.by_number { io.rng.random() } else { want };
            io.set(&format!("want_{i}"), want);
        }
        let reader = self.reading.front();
        io.set("trailer", reader.is_some_and(|r| r.trailer));
        io.set("finish", reader.is_some_and(|r| r.finish));
        if self.ahead {
            io.set("asked_0", self.want.iter().filter(|&&want| want).count() as u128);
        }
        self.coming.push_back(Vec::new());
        for name in ["load", "steady", "limited"] {
            io.set(name, 0u8);
        }
    }

    fn respond(&mut self, io: &mut Io, _round: usize) {
        let (ready, ended, lacking) = (io.is("ready"), io.is("ended"), io.is("lacking"));
        let going = self.reading.front().is_some_and(|r| !r.finish);
        let trailer = self.reading.front().is_some_and(|r| r.trailer);
        // More trailer than there is must not be taken.
        let may = ready || (ended && !(trailer && lacking));
        let load = going && may && io.rng.random_bool(self.rates.1);
        io.set("load", load);
        io.set("limited", ended);
        self.steady = going && !load && io.rng.random_bool(0.9);
        io.set("steady", self.steady);
    }

    fn after(&mut self, io: &mut Io) {
        for name in ["s_axis_tready", "finished", "ready", "ended", "lacking"] {
            io.expect(name, io.get(name));
        }
        if self.offered.is_some() && io.is("s_axis_tready") {
            self.offered = None;
            let (reader, at) = &mut self.sending[0];
            if *at == 0 {
                let copy = Reader { words: reader.words.clone(), rows: reader.rows.clone(), ..*reader };
                self.reading.push_back(copy);
            }
            *at += 1;
            if *at == reader.rows.len() {
                self.sending.pop_front();
            }
        }
        let (ready, ended, lacking, load) = (io.is("ready"), io.is("ended"), io.is("lacking"), io.is("load"));
        let Some(reader) = self.reading.front_mut() else {
            assert!(!ready && !ended && !lacking, "clock {}: words of no packet", io.clock);
            return;
        };
        let asked = self.want.iter().filter(|&&w| w).count();
        let left = reader.end() - reader.taken.min(reader.end());
        if !reader.finish {
            assert!(!ready || left > asked, "clock {}: ready for {asked} words of {left}", io.clock);
            assert!(!ended || left <= asked, "clock {}: {asked} words of {left} are not the end", io.clock);
            assert_eq!(lacking, ended && left < asked, "clock {}: {asked} words of {left}", io.clock);
            if ended && reader.trailer {
                io.expect("broken", reader.marred());
            }
            if ready || ended {
                let slots = (0..self.slots).filter(|&i| self.want[i]);
                for (n, slot) in slots.enumerate().filter(|(n, _)| !reader.trailer || *n < left) {
                    let word = if n < left { reader.words[reader.taken + n] } else { 0 };
                    self.coming.back_mut().unwrap().push((format!("slot_word_{slot}"), word.into()));
                }
                for n in 0..left.min(asked) {
                    let word = reader.words[reader.taken + n].into();
                    self.coming.back_mut().unwrap().push((format!("next_word_{n}"), word));
                }
            }
        }
        self.waited = if load || io.is("finished") { 0 } else { self.waited + 1 };
        assert!(self.waited < 2_000, "clock {}: nothing moves any more", io.clock);
        if load {
            reader.taken += asked.min(left);
            self.at_once = self.at_once.max(asked.min(left));
        }
        if io.is("finished") {
            assert!(reader.finish, "clock {}: dropped without being told", io.clock);
            self.reading.pop_front();
            self.packets += 1;
            self.steady = false;
            return;
        }
        // What was left of the payload is taken; then comes the trailer; then the rest is dropped.
        if load && ended && !reader.trailer {
            reader.trailer = true;
        } else if (reader.trailer && (load && ended || lacking)) || io.rng.random_bool(0.001) {
            reader.finish = true;
            self.steady = false;
        }
    }

    fn enough(&self) {
        assert!(self.packets > 100 && self.at_once == self.slots, "{} packets, {} words", self.packets, self.at_once);
    }
}

#[test]
fn link_rows() {
    let sizes = [(1, 1), (1, 2), (2, 3), (4, 6), (8, 12), (8, 8), (2, 8)].map(|size| (size, false));
    for ((row_words, slots), ahead) in sizes.into_iter().chain([((1, 2), true), ((8, 12), true)]) {
        let model = Link {
            row_words,
            slots,
            sending: VecDeque::new(),
            reading: VecDeque::new(),
            offered: None,
            want: vec![false; slots],
            by_number: false,
            steady: false,
            rates: (0.9, 0.9),
            packets: 0,
            waited: 0,
            at_once: 0,
            ahead,
            coming: vec![Vec::new(); 1 + usize::from(ahead)].into(),
        };
        let block = LinkRows::new(row_words, slots, ahead);
        three_way(&format!("link_rows {row_words} {slots} {ahead}"), block, model, 15_000);
    }
}

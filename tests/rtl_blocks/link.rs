//! The link side of the decoder as a whole: beats in, words out.

use crate::harness::{three_way, Io, Model};
use crate::rows::Reader;
use huffwire::rtl::decoder::link_rows::LinkRows;
use rand::prelude::*;
use std::collections::VecDeque;

dut! {
    [] LinkRows {
        clock: clk;
        in: rst, s_axis_tdata, s_axis_tkeep, s_axis_tlast, s_axis_tvalid, take, trailer, finish;
        out: s_axis_tready, finished, word, available, complete, broken;
    }
}

struct Link {
    row_words: usize,
    /// Packets whose beats have not all been sent, and the next beat of the first.
    sending: VecDeque<(Reader, usize)>,
    /// Packets that are being read.
    reading: VecDeque<Reader>,
    /// Data, `tkeep` and `tlast` of the beat that waits to be taken.
    offered: Option<(u128, u128, bool)>,
    rates: (f64, f64),
    packets: usize,
    waited: usize,
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
        self.offered = None;
    }

    fn before(&mut self, io: &mut Io) {
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
        io.set("take", 0u8);
        let reader = self.reading.front();
        io.set("trailer", reader.is_some_and(|r| r.trailer));
        io.set("finish", reader.is_some_and(|r| r.finish));
    }

    fn respond(&mut self, io: &mut Io, _round: usize) {
        let available = io.get("available") as usize;
        let Some(reader) = self.reading.front_mut() else { return };
        if reader.finish || !io.rng.random_bool(self.rates.1) {
            return;
        }
        let take = available.min(io.rng.random_range(0..=self.row_words));
        io.set("take", take as u128);
    }

    fn after(&mut self, io: &mut Io) {
        io.expect("s_axis_tready", io.get("s_axis_tready"));
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
        let (available, complete) = (io.get("available") as usize, io.is("complete"));
        io.expect("finished", io.get("finished"));
        let Some(reader) = self.reading.front_mut() else {
            io.expect("available", 0u8);
            io.expect("complete", 0u8);
            return;
        };
        if !reader.finish {
            let left = reader.end() - reader.taken;
            io.expect("available", available.min(left) as u128);
            if complete {
                io.expect("complete", 1u8);
                io.expect("available", left as u128);
                if reader.trailer {
                    io.expect("broken", reader.marred());
                }
            }
            for i in 0..self.row_words {
                let word = if i < available.min(left) { reader.words[reader.taken + i] } else { 0 };
                io.expect(&format!("word_{i}"), word);
            }
        }
        let take = io.get("take") as usize;
        self.waited = if take > 0 || io.is("finished") { 0 } else { self.waited + 1 };
        assert!(self.waited < 2_000, "clock {}: nothing moves any more", io.clock);
        reader.taken += take;
        if io.is("finished") {
            assert!(reader.finish, "clock {}: finished without being told", io.clock);
            self.reading.pop_front();
            self.packets += 1;
        } else if complete && reader.taken == reader.end() {
            if reader.trailer {
                reader.finish = true;
            }
            reader.trailer = true;
        } else if io.rng.random_bool(0.0005) {
            reader.finish = true;
        }
    }

    fn enough(&self) {
        assert!(self.packets > 50, "{} packets", self.packets);
    }
}

#[test]
fn link_rows() {
    for row_words in [1, 2, 4, 8] {
        let model = Link {
            row_words,
            sending: VecDeque::new(),
            reading: VecDeque::new(),
            offered: None,
            rates: (0.9, 0.9),
            packets: 0,
            waited: 0,
        };
        three_way(&format!("link_rows {row_words}"), LinkRows::new(row_words), model, 20_000);
    }
}

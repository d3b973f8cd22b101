//! The book of each block, chosen a block ahead, against the reference codec's chooser.

use crate::common::{block_configurations, packets, step_bytes};
use crate::harness::{three_way, Io, Model};
use huffwire::codec::books::{book_block, book_id_bit, BookChoice, BookChooser};
use huffwire::codec::Codec;
use huffwire::rtl::config::RtlConfig;
use huffwire::rtl::encoder::book_ahead::BookAhead;
use huffwire::rtl::encoder::EncoderBuild;
use rand::prelude::*;
use std::collections::VecDeque;
use std::sync::Arc;

dut! {
    [] BookAhead {
        clock: clk;
        in: rst, tdata_in, tkeep_in, tlast_in, tvalid_in, tready;
        out: tready_out, tdata, tkeep, tlast, tvalid, book, announces, id_bit;
    }
}

#[derive(Clone, Copy, Debug)]
struct Beat {
    data: u128,
    keep: u128,
    last: bool,
    book: u8,
    id_bit: Option<u8>,
}

struct Ahead {
    config: RtlConfig,
    codec: Codec,
    coming: VecDeque<Beat>,
    offered: bool,
    expected: VecDeque<Beat>,
    /// A beat is offered and not taken.
    waiting: bool,
    rates: (f64, f64),
    beats: usize,
    idle: usize,
}

impl Ahead {
    /// Beats of more packets, with what the reference chooses for them.
    fn more(&mut self, rng: &mut StdRng) {
        let (parameters, layout) = (self.config.parameters, self.config.layout);
        let (lanes, width) = (parameters.lanes as usize, layout.element_bytes());
        for packet in packets(&self.config, rng) {
            let mut chooser = BookChooser::new(&self.codec, BookChoice::Best).unwrap();
            for element in packet.plain.chunks(width) {
                let value = element.iter().rev().fold(0u32, |v, &b| v << 8 | u32::from(b));
                let symbol = if layout.raw_bits == 0 { value } else { value >> (layout.raw_bits - 1) & 0xFF };
                chooser.add(&self.codec, 0, symbol as u8).unwrap();
            }
            chooser.finish().unwrap();
            let steps = packet.plain.len().div_ceil(lanes * width).max(1);
            for step in 0..steps {
                let from = (step * step_bytes(&self.config)).min(packet.plain.len());
                let bytes = &packet.plain[from..packet.plain.len().min(from + step_bytes(&self.config))];
                let block = book_block(&parameters, step as u64);
                let id = chooser.id(block + 1).unwrap();
                self.coming.push_back(Beat {
                    data: bytes.iter().rev().fold(0, |d, &b| d << 8 | u128::from(b)),
                    keep: (1 << bytes.len()) - 1,
                    last: step + 1 == steps,
                    book: chooser.id(block).unwrap(),
                    id_bit: book_id_bit(&parameters, step as u64).map(|bit| id >> bit & 1),
                });
            }
        }
    }
}

impl Model for Ahead {
    fn reset(&mut self) {
        (self.coming, self.expected) = Default::default();
        (self.offered, self.waiting, self.idle) = (false, false, 0);
    }

    fn before(&mut self, io: &mut Io) {
        if io.rng.random_bool(0.003) {
            let mut rate = || if io.rng.random() { 1.0 } else { io.rng.random_range(0.1..1.0) };
            self.rates = (rate(), rate());
        }
        if self.coming.is_empty() {
            self.more(io.rng);
        }
        // A beat once offered stays.
        self.offered |= io.rng.random_bool(self.rates.0);
        io.set("tvalid_in", self.offered);
        if self.offered {
            let beat = self.coming[0];
            io.set("tdata_in", beat.data);
            io.set("tkeep_in", beat.keep);
            io.set("tlast_in", beat.last);
        }
        io.maybe("tready", self.rates.1, true);
    }

    fn after(&mut self, io: &mut Io) {
        io.expect("tready_out", io.get("tready_out"));
        let valid = io.is("tvalid");
        io.expect("tvalid", valid || self.waiting);
        if valid {
            let beat = *self.expected.front().unwrap_or_else(|| panic!("clock {}: a beat too many", io.clock));
            io.expect("tdata", beat.data);
            io.expect("tkeep", beat.keep);
            io.expect("tlast", beat.last);
            io.expect("book", beat.book);
            io.expect("announces", beat.id_bit.is_some());
            if let Some(bit) = beat.id_bit {
                io.expect("id_bit", bit);
            }
            self.waiting = !io.is("tready");
            if !self.waiting {
                self.expected.pop_front();
                self.beats += 1;
            }
        }
        let taken = self.offered && io.is("tready_out");
        if taken {
            self.expected.extend(self.coming.pop_front());
            self.offered = false;
        }
        self.idle = if taken || valid { 0 } else { self.idle + 1 };
        assert!(self.idle < 1_000, "clock {}: nothing moves any more", io.clock);
    }

    fn enough(&self) {
        assert!(self.beats > 2_000, "{} beats", self.beats);
    }
}

#[test]
fn the_best_book_of_each_block() {
    // The harness drives buses of up to 128 bits.
    for config in block_configurations().into_iter().filter(|c| step_bytes(c) <= 16) {
        let codec = Codec::new(config.parameters, Arc::new(config.bank.clone())).unwrap();
        let build = EncoderBuild::new(&config);
        let block = BookAhead::new(&build.geometry, build.costs.as_ref().unwrap(), build.tracker.as_ref()).unwrap();
        let model = Ahead {
            codec,
            coming: VecDeque::new(),
            offered: false,
            expected: VecDeque::new(),
            waiting: false,
            rates: (1.0, 1.0),
            beats: 0,
            idle: 0,
            config,
        };
        three_way(&format!("book_ahead {}", build.geometry.lanes), block, model, 10_000);
    }
}

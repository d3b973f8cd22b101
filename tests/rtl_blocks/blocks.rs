//! The book of each block, chosen a block ahead, against the reference codec's chooser.

use crate::common::{block_configurations, long_block_configurations, packets, step_bytes};
use crate::harness::{three_way, Io, Model};
use crate::passage::Passage;
use huffwire::codec::books::{book_block, book_id_bit, BookChoice, BookChooser};
use huffwire::codec::tracker::Tracker;
use huffwire::codec::Codec;
use huffwire::rtl::config::RtlConfig;
use huffwire::rtl::encoder::book_ahead::BookAhead;
use huffwire::rtl::encoder::book_costs::{BookCosts, BookCostsBuild};
use huffwire::rtl::encoder::EncoderBuild;
use rand::prelude::*;
use std::collections::VecDeque;
use std::sync::Arc;

dut! {
    [] BookAhead {
        clock: clk;
        in: rst, tdata_in, tkeep_in, tlast_in, tvalid_in, bias_in, tready;
        out: tready_out, bias, plain, lanes, symbol, tlast, tvalid, book, announces, id_bit;
    }
}

#[derive(Clone, Debug)]
struct Beat {
    data: u128,
    keep: u128,
    symbols: Vec<u8>,
    last: bool,
    book: u8,
    bias: u8,
    id_bit: Option<u8>,
}

dut! {
    [] BookCosts { clock: clk; in: rst, symbol, active, ends, last; out: chosen, book, chosen_last, closed; }
}

/// Blocks of symbols, their books against a plain sum.
struct Costs {
    lanes: usize,
    books: usize,
    block: usize,
    /// Length of a symbol's codeword in a book.
    lengths: Vec<Vec<u64>>,
    /// Steps of the block so far, and what it takes in each book.
    steps: usize,
    totals: Vec<u64>,
    /// The first clock in which another packet may come, once it is known.
    open: Option<usize>,
    /// Books that are to be found.
    expected: VecDeque<(u8, bool)>,
    rates: (f64, f64),
    found: usize,
    shorter: usize,
}

impl Model for Costs {
    fn reset(&mut self) {
        (self.steps, self.open) = (0, Some(0));
        self.totals.fill(0);
        self.expected.clear();
    }

    fn before(&mut self, io: &mut Io) {
        if io.rng.random_bool(0.01) {
            self.rates =
                (if io.rng.random() { 1.0 } else { io.rng.random() }, *[0.0, 0.02, 0.3].choose(io.rng).unwrap());
        }
        let comes = self.open.is_some_and(|from| from <= io.clock) && io.rng.random_bool(self.rates.0);
        io.set("active", 0u8);
        io.set("ends", false);
        if !comes {
            return;
        }
        let last = io.rng.random_bool(self.rates.1);
        let lanes = if last { io.rng.random_range(0..=self.lanes) } else { self.lanes };
        io.set("active", (1u128 << lanes) - 1);
        for i in 0..lanes {
            let symbol = if io.rng.random() { io.rng.random_range(0..4) } else { io.any(&format!("symbol_{i}")) };
            io.set(&format!("symbol_{i}"), symbol);
            for (total, lengths) in self.totals.iter_mut().zip(&self.lengths) {
                *total += lengths[symbol as usize];
            }
        }
        self.steps += 1;
        let ends = last || self.steps == self.block;
        io.set("ends", ends);
        io.set("last", last);
        if ends {
            let best = (0..=self.books).min_by_key(|&k| (self.totals[k], k)).unwrap();
            self.expected.push_back((best as u8, last));
            self.totals.fill(0);
            self.shorter += usize::from(self.steps < self.block);
            self.steps = 0;
        }
        if last {
            self.open = None;
        }
    }

    fn after(&mut self, io: &mut Io) {
        io.expect("closed", io.is("closed") && self.open.is_none());
        if io.is("closed") {
            self.open = Some(io.clock + 3);
        }
        io.expect("chosen", io.is("chosen") && !self.expected.is_empty());
        if io.is("chosen") {
            let (book, last) = self.expected.pop_front().unwrap();
            io.expect("book", book);
            io.expect("chosen_last", last);
            self.found += 1;
        }
    }

    fn enough(&self) {
        // Only what is under way at the end may be missing.
        assert!(
            self.found > 2_000 / self.block && self.expected.len() < 5,
            "{} found, {} left",
            self.found,
            self.expected.len()
        );
        assert!(self.shorter > 20, "{} short blocks", self.shorter);
    }
}

#[test]
fn the_cheapest_book() {
    for (lanes, books, block) in [(1, 15, 16), (2, 3, 16), (8, 15, 64), (16, 1, 16)] {
        let mut rng = crate::common::seeded("the_cheapest_book");
        let mut lengths = vec![vec![8; 256]];
        lengths.extend((0..books).map(|_| (0..256).map(|_| rng.random_range(1..16)).collect::<Vec<u64>>()));
        let word = |symbol: usize| (1..=books).map(|k| u128::from(lengths[k][symbol]) << (4 * (k - 1))).sum();
        let build = BookCostsBuild {
            lanes,
            books,
            block_turns: block,
            symbol_bits: 8,
            lengths: vec![(0..256).map(word).collect()],
        };
        let model = Costs {
            lanes,
            books,
            block,
            totals: vec![0; books + 1],
            lengths,
            steps: 0,
            open: Some(0),
            expected: VecDeque::new(),
            rates: (1.0, 0.02),
            found: 0,
            shorter: 0,
        };
        three_way(&format!("book_costs {lanes} {books}"), BookCosts::new(&build).unwrap(), model, 12_000);
    }
}

struct Ahead {
    /// Packets have biases of their own.
    biased: bool,
    config: RtlConfig,
    codec: Codec,
    beats: Passage<Beat>,
}

impl Ahead {
    /// Beats of more packets, with what the reference chooses for them.
    fn more(&mut self, rng: &mut StdRng) {
        let (parameters, layout) = (self.config.parameters, self.config.layout);
        let (lanes, width) = (parameters.turn_lanes() as usize, layout.element_bytes());
        for packet in packets(&self.config, rng) {
            let bias = rng.random();
            let mut tracker = Tracker::new(&parameters, &layout, bias);
            let mut symbols = Vec::new();
            for element in packet.plain.chunks(width) {
                let value = element.iter().rev().fold(0u32, |v, &b| v << 8 | u32::from(b));
                let symbol = (if layout.raw_bits == 0 { value } else { value >> (layout.raw_bits - 1) & 0xFF }) as u8;
                symbols.push(tracker.as_mut().map_or(symbol, |t| t.encode(symbol)));
            }
            let mut chooser = BookChooser::new(&self.codec, BookChoice::Best).unwrap();
            symbols.iter().for_each(|&symbol| chooser.add(&self.codec, 0, symbol).unwrap());
            chooser.finish().unwrap();
            let turns = packet.plain.len().div_ceil(lanes * width).max(1);
            for turn in 0..turns {
                let from = (turn * step_bytes(&self.config)).min(packet.plain.len());
                let bytes = &packet.plain[from..packet.plain.len().min(from + step_bytes(&self.config))];
                let step = turn as u64 / u64::from(parameters.turns);
                let first = (turn as u32).is_multiple_of(parameters.turns);
                let block = book_block(&parameters, step);
                let id = chooser.id(block + 1);
                self.beats.coming.push_back(Beat {
                    data: bytes.iter().rev().fold(0, |d, &b| d << 8 | u128::from(b)),
                    keep: (1 << bytes.len()) - 1,
                    symbols: symbols.iter().skip(turn * lanes).take(lanes).copied().collect(),
                    last: turn + 1 == turns,
                    book: chooser.id(block).unwrap(),
                    bias,
                    id_bit: book_id_bit(&parameters, step).filter(|_| first).map(|bit| id.unwrap() >> bit & 1),
                });
            }
        }
    }
}

impl Model for Ahead {
    fn reset(&mut self) {
        self.beats.reset();
    }

    fn before(&mut self, io: &mut Io) {
        self.beats.paces(io.rng);
        if self.beats.coming.is_empty() {
            self.more(io.rng);
        }
        if let Some(beat) = self.beats.offer(io) {
            io.set("tdata_in", beat.data);
            io.set("tkeep_in", beat.keep);
            io.set("tlast_in", beat.last);
            io.set("bias_in", beat.bias);
        }
    }

    fn after(&mut self, io: &mut Io) {
        if let Some(beat) = self.beats.given(io) {
            io.expect("plain", beat.data);
            io.expect("lanes", (1u128 << beat.symbols.len()) - 1);
            for (i, symbol) in beat.symbols.iter().enumerate() {
                io.expect(&format!("symbol_{i}"), *symbol);
            }
            io.expect("tlast", beat.last);
            io.expect("book", beat.book);
            io.expect("bias", if self.biased { beat.bias } else { 0 });
            io.expect("announces", beat.id_bit.is_some());
            if let Some(bit) = beat.id_bit {
                io.expect("id_bit", bit);
            }
        }
        self.beats.advance(io);
    }

    fn enough(&self) {
        assert!(self.beats.beats > 2_000, "{} beats", self.beats.beats);
    }
}

#[test]
fn the_best_book_of_each_block() {
    // The harness drives buses of up to 128 bits.
    let configurations = block_configurations().into_iter().chain(long_block_configurations());
    for (n, config) in configurations.filter(|c| step_bytes(c) <= 16).enumerate() {
        let biased = n % 2 == 0;
        let codec = Codec::new(config.parameters, Arc::new(config.bank.clone())).unwrap();
        let build = EncoderBuild::new(&config);
        let block =
            BookAhead::new(&build.geometry, build.costs.as_ref().unwrap(), build.tracker.as_ref(), biased).unwrap();
        let model = Ahead { biased, codec, beats: Passage::new(1_000), config };
        three_way(&format!("book_ahead {n} {}", build.geometry.lanes), block, model, 10_000);
    }
}

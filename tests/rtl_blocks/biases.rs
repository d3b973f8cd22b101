//! The bias of each packet's first block, found ahead, against the reference codec's.

use crate::harness::{three_way, Io, Model};
use crate::passage::Passage;
use huffwire::codec::tracker::first_bias;
use huffwire::format::{Format, SymbolMap};
use huffwire::rtl::encoder::bias_ahead::BiasAhead;
use huffwire::rtl::geometry::Geometry;
use huffwire::wire::Parameters;
use rand::prelude::*;

dut! {
    [] BiasAhead {
        clock: clk;
        in: rst, tdata_in, tkeep_in, tuser_in, tlast_in, tvalid_in, tready;
        out: tready_out, tdata, tkeep, tuser, tlast, tvalid, bias;
    }
}

#[derive(Clone, Copy, Debug)]
struct Beat {
    data: u128,
    keep: u128,
    book: u8,
    last: bool,
    bias: u8,
}

struct Ahead {
    format: Format,
    lanes: usize,
    block_steps: usize,
    beats: Passage<Beat>,
    /// Clocks in a row with a beat in, at full rate.
    stream: usize,
    longest: usize,
    zeros: usize,
}

impl Ahead {
    fn packet(&mut self, rng: &mut StdRng) {
        let layout = Parameters::plain(self.format, SymbolMap::Fields, self.lanes as u32).check().unwrap();
        let (bytes, bits) = (layout.element_bytes(), layout.symbol_bits);
        let steps = *[0, 1, 2, 15, 16, 17, 40, 300].choose(rng).unwrap();
        let elements = (steps * self.lanes).saturating_sub(rng.random_range(0..self.lanes));
        // Near one exponent, anything, zeros only.
        let (center, kind) = (rng.random::<u8>(), rng.random_range(0..4));
        let exponents: Vec<u8> = (0..elements)
            .map(|_| match (kind, rng.random_range(0..6)) {
                (0, _) => 0,
                (1, _) => rng.random(),
                (_, 0) => 0,
                (_, near) => center.wrapping_add(near),
            } & (u8::MAX >> (8 - bits)))
            .collect();
        let bias = first_bias(exponents.iter().copied().take(self.lanes * self.block_steps));
        self.zeros += usize::from(elements > 0 && bias == 0);
        let book = rng.random_range(0..16);
        let count = elements.div_ceil(self.lanes).max(1);
        for step in 0..count {
            let (mut data, mut keep) = (0u128, 0u128);
            for (i, &exponent) in exponents.iter().skip(step * self.lanes).take(self.lanes).enumerate() {
                let raw = layout.raw_bits;
                let rest: u128 = rng.random::<u128>() & ((1 << raw) - 1);
                let (sign, mantissa) = (rest >> (raw - 1), rest & ((1 << (raw - 1)) - 1));
                let element = sign << (raw - 1 + bits) | u128::from(exponent) << (raw - 1) | mantissa;
                data |= element << (8 * bytes * i);
                keep |= ((1 << bytes) - 1) << (bytes * i);
            }
            self.beats.coming.push_back(Beat { data, keep, book, last: step + 1 == count, bias });
        }
    }
}

impl Model for Ahead {
    fn reset(&mut self) {
        self.beats.reset();
        self.stream = 0;
    }

    fn before(&mut self, io: &mut Io) {
        if self.beats.paces(io.rng) {
            self.stream = 0;
        }
        if self.beats.coming.is_empty() {
            self.packet(io.rng);
        }
        if let Some(beat) = self.beats.offer(io) {
            io.set("tdata_in", beat.data);
            io.set("tkeep_in", beat.keep);
            io.set("tuser_in", beat.book);
            io.set("tlast_in", beat.last);
        }
    }

    fn after(&mut self, io: &mut Io) {
        if let Some(beat) = self.beats.given(io) {
            io.expect("tdata", beat.data);
            io.expect("tkeep", beat.keep);
            io.expect("tuser", beat.book);
            io.expect("tlast", beat.last);
            io.expect("bias", beat.bias);
        }
        self.stream = if self.beats.advance(io) { self.stream + 1 } else { 0 };
        self.longest = self.longest.max(self.stream);
    }

    fn enough(&self) {
        let beats = self.beats.beats;
        assert!(beats > 3_000 && self.zeros > 2, "{beats} beats, {} zeros", self.zeros);
        // A long packet goes through without a pause.
        assert!(self.longest >= 300, "{} beats one behind the other", self.longest);
    }
}

#[test]
fn the_bias_of_the_first_block() {
    let cases = [(Format::Bf16, 1, 4), (Format::Bf16, 8, 4), (Format::E4m3, 2, 4), (Format::Fp16, 4, 6)];
    for (format, lanes, block_log2) in cases {
        let layout = Parameters::plain(format, SymbolMap::Fields, lanes as u32).check().unwrap();
        let model = Ahead {
            format,
            lanes,
            block_steps: 1 << block_log2,
            beats: Passage::new(200),
            stream: 0,
            longest: 0,
            zeros: 0,
        };
        let block = BiasAhead::new(&Geometry::new(lanes as u32, 1, &layout), block_log2);
        three_way(&format!("bias_ahead {format} {lanes}"), block, model, 12_000);
    }
}

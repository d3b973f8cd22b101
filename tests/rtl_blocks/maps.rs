//! Symbol maps, both directions.

use crate::harness::{three_way, Io, Model};
use huffwire::rtl::decoder::join::{BytesJoin, FieldsJoin};
use huffwire::rtl::encoder::split::{BytesSplit, FieldsSplit};

dut! {
    [const L: usize, const W: usize] BytesSplit<L, W> { clock: clk; in: tdata, tkeep; out: lanes, plain, symbol; }
}
dut! {
    [const L: usize, const W: usize, const K: usize, const RV: usize, const RW: usize] FieldsSplit<L, W, K, RV, RW> {
        clock: clk;
        in: tdata, tkeep;
        out: lanes, plain, symbol, raw;
    }
}
dut! {
    [const L: usize, const W: usize] BytesJoin<L, W> { in: symbol, active; out: plain, keep; }
}
dut! {
    [const L: usize, const W: usize, const K: usize, const RV: usize, const RW: usize] FieldsJoin<L, W, K, RV, RW> {
        clock: clk;
        in: rst, clear, step, symbol, active, raw;
        out: raw_pop, plain, keep;
    }
}

/// Sign and mantissa of a bf16, as they travel.
fn raw_byte(element: u16) -> u8 {
    (element >> 8 & 0x80 | element & 0x7F) as u8
}

struct Split {
    lanes: usize,
    element_bytes: usize,
    /// Elements of the last clock, 0 where there is none.
    held: Option<Vec<u16>>,
}

impl Model for Split {
    fn before(&mut self, io: &mut Io) {
        if let Some(held) = &self.held {
            let bits = 8 * self.element_bytes;
            let plain = held.iter().rev().fold(0u128, |p, &e| p << bits | u128::from(e));
            io.expect("plain", plain);
            for (i, &e) in held.iter().enumerate() {
                let symbol = if self.element_bytes == 1 { e } else { e >> 7 & 0xFF };
                io.expect(&format!("symbol_{i}"), symbol);
            }
            if self.element_bytes == 2 {
                for (i, pair) in held.chunks(2).enumerate() {
                    let second = pair.get(1).map_or(0, |&e| raw_byte(e));
                    io.expect(&format!("raw_{i}"), u16::from_be_bytes([raw_byte(pair[0]), second]));
                }
            }
        }
        let (data, keep) = (io.any("tdata").to_le_bytes(), io.any("tkeep"));
        let width = self.element_bytes;
        let whole = |i: usize| (0..width).all(|b| keep >> (i * width + b) & 1 == 1);
        let element = |i: usize| (0..width).rev().fold(0u16, |e, b| e << 8 | u16::from(data[i * width + b]));
        self.held = Some((0..self.lanes).map(|i| if whole(i) { element(i) } else { 0 }).collect());
        io.expect("lanes", (0..self.lanes).filter(|&i| whole(i)).fold(0u128, |m, i| m | 1 << i));
    }
}

fn split(lanes: usize, element_bytes: usize) -> Split {
    Split { lanes, element_bytes, held: None }
}

#[test]
fn elements_to_symbols() {
    three_way("bytes_split 1", BytesSplit::<1, 8>::default(), split(1, 1), 2_000);
    three_way("bytes_split 4", BytesSplit::<4, 32>::default(), split(4, 1), 2_000);
    three_way("fields_split 1", FieldsSplit::<1, 16, 2, 16, 1>::default(), split(1, 2), 2_000);
    three_way("fields_split 4", FieldsSplit::<4, 64, 8, 32, 2>::default(), split(4, 2), 2_000);
}

struct Join {
    lanes: usize,
    element_bytes: usize,
    /// With one lane a raw word serves two steps.
    second_half: bool,
}

impl Model for Join {
    fn reset(&mut self) {
        self.second_half = false;
    }

    fn before(&mut self, io: &mut Io) {
        let active = io.any("active");
        let symbols: Vec<u8> = (0..self.lanes).map(|i| io.any(&format!("symbol_{i}")) as u8).collect();
        let (mut plain, mut keep) = (0u128, 0u128);
        let mut raw = Vec::new();
        if self.element_bytes == 2 {
            let words = self.lanes.div_ceil(2);
            raw = (0..words).flat_map(|i| (io.any(&format!("raw_{i}")) as u16).to_be_bytes()).collect();
            if self.second_half {
                raw.remove(0);
            }
            let step = io.maybe("step", 0.7, true);
            let clear = io.maybe("clear", 0.05, true);
            io.expect("raw_pop", step && (self.lanes > 1 || self.second_half));
            if self.lanes == 1 && step {
                self.second_half = !self.second_half;
            }
            if clear {
                self.second_half = false;
            }
        }
        for i in (0..self.lanes).filter(|i| active >> i & 1 == 1) {
            let s = u128::from(symbols[i]);
            let element = match self.element_bytes {
                1 => s,
                _ => u128::from(raw[i] >> 7) << 15 | s << 7 | u128::from(raw[i] & 0x7F),
            };
            plain |= element << (8 * self.element_bytes * i);
            keep |= ((1 << self.element_bytes) - 1) << (self.element_bytes * i);
        }
        io.expect("plain", plain);
        io.expect("keep", keep);
    }
}

fn join(lanes: usize, element_bytes: usize) -> Join {
    Join { lanes, element_bytes, second_half: false }
}

#[test]
fn symbols_to_elements() {
    three_way("bytes_join 1", BytesJoin::<1, 8>::default(), join(1, 1), 2_000);
    three_way("bytes_join 4", BytesJoin::<4, 32>::default(), join(4, 1), 2_000);
    three_way("fields_join 1", FieldsJoin::<1, 16, 2, 16, 1>::default(), join(1, 2), 3_000);
    three_way("fields_join 4", FieldsJoin::<4, 64, 8, 32, 2>::default(), join(4, 2), 3_000);
}

//! Symbol maps, both directions, and the raw stream between them.

use crate::harness::{three_way, Io, Model};
use huffwire::format::{Format, Layout, SymbolMap};
use huffwire::rtl::decoder::join::ElementJoin;
use huffwire::rtl::encoder::split::ElementSplit;
use huffwire::rtl::geometry::Geometry;
use rand::prelude::*;

dut! {
    [] ElementSplit { clock: clk; in: tdata, tkeep; out: lanes, plain, symbol, raw; }
}
dut! {
    [] ElementJoin { in: symbol, raw, active; out: plain, keep; }
}

/// Every format with map `fields`, the six-bit ones and whole bytes with map `bytes`, on beats of up to 128 bits.
fn geometries() -> Vec<(String, Geometry)> {
    let fields = [Format::Bf16, Format::Fp16, Format::Fp32, Format::E4m3, Format::E5m2, Format::E3m2, Format::E2m3];
    let bytes = [Format::Bf16, Format::E3m2, Format::Int8];
    let kinds = fields.map(|f| (f, SymbolMap::Fields)).into_iter().chain(bytes.map(|f| (f, SymbolMap::Bytes)));
    kinds
        .map(|(format, map)| {
            let layout = Layout::new(format, map).unwrap();
            (format!("{format}_{map}"), Geometry::new(if format == Format::Int8 { 1 } else { 4 }, 1, &layout))
        })
        .collect()
}

/// Sign, exponent field and mantissa of an element as symbol and raw bits.
fn take_apart(g: &Geometry, element: u32) -> (u32, u32) {
    if g.raw_bits == 0 {
        return (element, 0);
    }
    let mantissa_bits = g.raw_bits - 1;
    let mantissa = element & ((1 << mantissa_bits) - 1);
    let exponent = (element >> mantissa_bits) & ((1 << g.symbol_bits) - 1);
    let sign = element >> (g.element_bits - 1);
    (exponent, sign << mantissa_bits | mantissa)
}

struct Split {
    geometry: Geometry,
    /// Elements of the last clock, 0 where there is none.
    held: Option<Vec<u32>>,
}

impl Model for Split {
    fn before(&mut self, io: &mut Io) {
        let (lanes, width) = (self.geometry.lanes, self.geometry.element_bytes);
        if let Some(held) = &self.held {
            let plain = held.iter().rev().fold(0u128, |p, &e| p << (8 * width) | u128::from(e));
            io.expect("plain", plain);
            for (i, &e) in held.iter().enumerate() {
                let (symbol, raw) = take_apart(&self.geometry, e);
                io.expect(&format!("symbol_{i}"), symbol);
                io.expect(&format!("raw_{i}"), raw);
            }
        }
        let (data, keep) = (io.any("tdata").to_le_bytes(), io.any("tkeep"));
        let whole = |i: usize| (0..width).all(|b| keep >> (i * width + b) & 1 == 1);
        let mask = u32::MAX >> (32 - self.geometry.element_bits);
        let element = |i: usize| (0..width).rev().fold(0u32, |e, b| e << 8 | u32::from(data[i * width + b])) & mask;
        self.held = Some((0..lanes).map(|i| if whole(i) { element(i) } else { 0 }).collect());
        io.expect("lanes", (0..lanes).filter(|&i| whole(i)).fold(0u128, |m, i| m | 1 << i));
    }
}

#[test]
fn elements_to_symbols() {
    for (name, geometry) in geometries() {
        let model = Split { geometry, held: None };
        three_way(&format!("element_split {name}"), ElementSplit::new(&geometry), model, 1_000);
    }
}

struct Join(Geometry);

impl Model for Join {
    fn before(&mut self, io: &mut Io) {
        let g = self.0;
        let active = io.any("active");
        let (mut plain, mut keep) = (0u128, 0u128);
        for i in 0..g.lanes {
            let symbol = io.rng.random_range(0..1u32 << g.symbol_bits);
            let raw = if g.raw_bits == 0 { 0 } else { io.rng.random::<u32>() >> (32 - g.raw_bits) };
            io.set(&format!("symbol_{i}"), symbol);
            io.set(&format!("raw_{i}"), raw);
            if active >> i & 1 == 0 {
                continue;
            }
            let mantissa_bits = g.raw_bits.saturating_sub(1);
            let (sign, mantissa) = (raw >> mantissa_bits, raw & ((1 << mantissa_bits) - 1));
            let element = if g.raw_bits == 0 {
                symbol
            } else {
                sign << (g.element_bits - 1) | symbol << mantissa_bits | mantissa
            };
            plain |= u128::from(element) << (8 * g.element_bytes * i);
            keep |= ((1 << g.element_bytes) - 1) << (g.element_bytes * i);
        }
        io.expect("plain", plain);
        io.expect("keep", keep);
    }
}

#[test]
fn symbols_to_elements() {
    for (name, geometry) in geometries() {
        three_way(&format!("element_join {name}"), ElementJoin::new(&geometry), Join(geometry), 1_000);
    }
}

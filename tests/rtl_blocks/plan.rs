//! A packet as the reference orders it: what each step makes every lane send, and the words that come of it.

use huffwire::codec::bits::BitPacker;
use huffwire::codec::order::{DemandOrder, Source};
use huffwire::format::{Format, SymbolMap};
use huffwire::rtl::config::HeaderConfig;
use huffwire::rtl::geometry::Geometry;
use huffwire::wire::Parameters;
use rand::prelude::*;
use std::collections::VecDeque;

/// A header of no meaning.
pub const HEADER: HeaderConfig = HeaderConfig {
    bits: 0x1234_5078_9ABC_DEF0_1357 & !(0xF << 55) & !(0xFF << 42),
    book_position: 55,
    bias_position: 42,
};

/// A stream.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub format: Format,
    pub map: SymbolMap,
    /// Lanes of a turn.
    pub lanes: usize,
    pub turns: usize,
    /// Raw bits of an element.
    pub raw_bits: usize,
}

impl Shape {
    const fn bytes(lanes: usize) -> Shape {
        Shape { format: Format::Bf16, map: SymbolMap::Bytes, lanes, turns: 1, raw_bits: 0 }
    }

    const fn fields(format: Format, lanes: usize, raw_bits: usize) -> Shape {
        Shape { format, map: SymbolMap::Fields, lanes, turns: 1, raw_bits }
    }

    /// The same in four turns.
    const fn in_turn(self) -> Shape {
        Shape { turns: 4, ..self }
    }

    /// No raw words; several steps a raw word; several raw words a step; neither.
    pub const ALL: [Shape; 8] = [
        Shape::bytes(1),
        Shape::bytes(4),
        Shape::fields(Format::Bf16, 1, 8),
        Shape::fields(Format::Bf16, 4, 8),
        Shape::fields(Format::Bf16, 8, 8),
        Shape::fields(Format::Bf16, 16, 8),
        Shape::fields(Format::Fp16, 2, 11),
        Shape::fields(Format::E5m2, 2, 3),
    ];

    /// The same kinds with lanes in turn.
    pub const IN_TURN: [Shape; 5] = [
        Shape::bytes(1).in_turn(),
        Shape::bytes(4).in_turn(),
        Shape::fields(Format::Bf16, 4, 8).in_turn(),
        Shape::fields(Format::Fp16, 2, 11).in_turn(),
        Shape::fields(Format::E5m2, 2, 3).in_turn(),
    ];

    pub const fn raw_step_bits(&self) -> usize {
        self.lanes * self.raw_bits
    }

    pub const fn slots(&self) -> usize {
        self.lanes + self.raw_step_bits().div_ceil(16)
    }

    /// Slot of the `n`-th raw word: words that begin in one step have one after the other.
    pub fn raw_slot(&self, n: usize) -> usize {
        let step = 16 * n / self.raw_step_bits();
        self.lanes + n - (step * self.raw_step_bits()).div_ceil(16)
    }

    /// Streams: lanes of all turns, and raw slots.
    pub const fn sources(&self) -> usize {
        self.slots() + self.lanes * (self.turns - 1)
    }

    /// The stream whose words a slot has in a turn.
    pub const fn source(&self, turn: usize, slot: usize) -> usize {
        let of_turn = if slot < self.lanes { turn % self.turns } else { self.turns - 1 };
        slot + of_turn * self.lanes
    }

    pub fn geometry(&self) -> Geometry {
        Geometry::new(self.lanes as u32, self.turns as u32, &self.parameters().check().unwrap())
    }

    fn parameters(&self) -> Parameters {
        let lanes = (self.lanes * self.turns) as u32;
        Parameters { turns: self.turns as u32, ..Parameters::plain(self.format, self.map, lanes) }
    }
}

/// What a turn sends; without turns, a step.
#[derive(Clone, Debug)]
pub struct Step {
    /// Lanes of the turn that hold a symbol.
    pub active: usize,
    /// Lanes whose codeword crosses a word boundary.
    pub crossed: u32,
    /// Words that are complete with it: slot, word.
    pub words: Vec<(usize, u16)>,
}

/// A packet.
#[derive(Clone, Debug)]
pub struct Plan {
    pub book: u8,
    pub bias: u8,
    pub steps: Vec<Step>,
    /// Words that the end of the packet completes: slot, word, of each turn, beginning with the one that would come.
    pub rest: Vec<Vec<(usize, u16)>>,
    /// All words of every lane, the lanes of one turn after the other, and of every raw slot.
    pub streams: Vec<Vec<u16>>,
    pub count: u32,
    pub check: u32,
    /// All words of the packet.
    pub words: Vec<u16>,
}

impl Plan {
    /// A packet of `symbols` symbols in random codewords, with this bias or any.
    pub fn random(shape: &Shape, rng: &mut StdRng, symbols: usize, books: u8, bias: Option<u8>) -> Plan {
        let (lanes, all) = (shape.lanes, shape.lanes * shape.turns);
        let (shortest, longest) = *[(1, 16), (1, 1), (1, 3), (14, 16), (16, 16), (8, 8)].choose(rng).unwrap();
        let mut packers = vec![BitPacker::new(16); all];
        let mut raw = BitPacker::new(16);
        let mut raw_words = 0;
        let mut streams = vec![Vec::new(); shape.sources()];
        let mut coded = vec![vec![0u64; all]];
        let mut steps: Vec<Step> = Vec::new();
        for first in (0..symbols).step_by(lanes) {
            let mut step = Step { active: (symbols - first).min(lanes), crossed: 0, words: Vec::new() };
            let of_turn = steps.len() % shape.turns * lanes;
            for (lane, packer) in packers[of_turn..of_turn + step.active].iter_mut().enumerate() {
                let length = rng.random_range(shortest..=longest);
                packer.push(rng.random::<u32>() >> (32 - length), length);
                if let Some(word) = packer.pop_word() {
                    step.crossed |= 1 << lane;
                    step.words.push((lane, word as u16));
                }
                if shape.raw_bits > 0 {
                    raw.push(rng.random::<u32>() >> (32 - shape.raw_bits), shape.raw_bits as u32);
                }
            }
            while let Some(word) = raw.pop_word() {
                step.words.push((shape.raw_slot(raw_words), word as u16));
                raw_words += 1;
            }
            steps.push(step);
            coded.push(packers.iter().map(BitPacker::written_bits).collect());
        }
        let mut rest = vec![Vec::new(); shape.turns];
        for (k, rest) in rest.iter_mut().enumerate() {
            let of_turn = (steps.len() + k) % shape.turns * lanes;
            for (lane, packer) in packers[of_turn..of_turn + lanes].iter_mut().enumerate() {
                packer.pad();
                rest.extend(packer.pop_word().map(|word| (lane, word as u16)));
            }
        }
        raw.pad();
        if let Some(word) = raw.pop_word() {
            rest[0].push((shape.raw_slot(raw_words), word as u16));
        }
        for (turn, words) in steps.iter().map(|s| &s.words).chain(&rest).enumerate() {
            words.iter().for_each(|&(slot, word)| streams[shape.source(turn, slot)].push(word));
        }
        let book = rng.random_range(0..=books);
        let largest = u8::MAX >> (8 - shape.geometry().symbol_bits);
        let bias = bias.unwrap_or_else(|| rng.random_range(0..=largest));
        let mut plan =
            Plan { book, bias, steps, rest, streams, count: symbols as u32, check: rng.random(), words: Vec::new() };
        plan.order(shape, &coded);
        plan
    }

    /// Header, payload as section 5.2 orders it, trailer.
    fn order(&mut self, shape: &Shape, coded: &[Vec<u64>]) {
        let header = HEADER.with(self.book, self.bias);
        self.words = (0..5).rev().map(|i| (header >> (16 * i)) as u16).collect();
        let parameters = shape.parameters();
        let mut order = DemandOrder::new(&parameters, &parameters.check().unwrap());
        let (mut asked, mut step) = (VecDeque::new(), 0);
        let mut sent = vec![0; shape.sources()];
        let mut raw_sent = 0;
        let mut left: usize = self.streams.iter().map(Vec::len).sum();
        while left > 0 {
            if asked.is_empty() {
                // Behind the packet's end no lane crosses a boundary any more: only the raw stream asks on.
                let at: &Vec<u64> = &coded[step.min(coded.len() - 1)];
                order.next_group(|lane| at[lane], &mut asked);
                step += 1;
                continue;
            }
            let source = match asked.pop_front() {
                Some(Source::Lane(lane)) => lane,
                _ => {
                    raw_sent += 1;
                    shape.source(0, shape.raw_slot(raw_sent - 1))
                }
            };
            let word = self.streams[source].get(sent[source]).copied();
            sent[source] += 1;
            left -= usize::from(word.is_some());
            self.words.push(word.unwrap_or(0));
        }
        let trailer = u64::from(self.count) << 32 | u64::from(self.check);
        self.words.extend((0..4).rev().map(|i| (trailer >> (16 * i)) as u16));
    }
}

/// A packet length: short ones, the edges of steps, and long ones.
pub fn length(shape: &Shape, rng: &mut StdRng) -> usize {
    match rng.random_range(0..6) {
        0 => rng.random_range(0..3),
        1 => shape.lanes * rng.random_range(1..20),
        2 => shape.lanes * rng.random_range(1..20) + 1,
        3 => rng.random_range(0..400),
        _ => rng.random_range(0..70),
    }
}

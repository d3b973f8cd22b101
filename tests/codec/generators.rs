//! Random codes, banks, parameters and data for the properties.

use huffwire::codebook::{Bank, Book, PlaneCode};
use huffwire::codec::{BookChoice, Codec};
use huffwire::format::{Format, Layout, SymbolMap};
use huffwire::wire::{BookMode, Parameters, Tracking, MAX_CODE_LENGTH};
use proptest::prelude::*;
use proptest::sample::{select, Index};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use std::sync::Arc;

/// Lengths of a random complete code with this many codewords, none longer than `longest`: starts with one leaf and
/// splits leaves at random. `skew` is the chance in percent that the split goes to the deepest leaf that can be split.
fn complete_lengths(rng: &mut StdRng, codewords: usize, longest: u8, skew: u32) -> Vec<u8> {
    assert!(codewords >= 2 && codewords <= 1 << longest);
    let mut leaves = vec![1u8, 1];
    while leaves.len() < codewords {
        // Leaves that are split on keep room for the rest: every leaf shorter than `longest` can be split, and as long as
        // there are fewer than 2^longest leaves there is one.
        let open: Vec<usize> = (0..leaves.len()).filter(|&i| leaves[i] < longest).collect();
        let deepest = open.iter().copied().max_by_key(|&i| leaves[i]).unwrap();
        let chosen = if rng.random_range(0..100) < skew { deepest } else { open[rng.random_range(0..open.len())] };
        leaves[chosen] += 1;
        leaves.push(leaves[chosen]);
    }
    leaves.shuffle(rng);
    leaves
}

/// A random code over symbols of `bits` bits, no codeword, escape and symbol behind it included, longer than `room`.
pub fn random_code(rng: &mut StdRng, bits: u32, room: u32) -> PlaneCode {
    let symbols = 1usize << bits;
    let longest = room.min(u32::from(MAX_CODE_LENGTH)) as u8;
    let skew = rng.random_range(0..=100);
    let escape_room = room.saturating_sub(bits).min(16) as u8;
    if escape_room == 0 || rng.random_bool(0.4) {
        return PlaneCode::new(bits, complete_lengths(rng, symbols, longest, skew), 0).unwrap();
    }
    loop {
        let direct = rng.random_range(1..=symbols.min((1 << longest) - 1));
        let mut lengths = complete_lengths(rng, direct + 1, longest, skew);
        // The escape takes the first leaf that leaves room for the symbol behind it.
        let Some(at) = lengths.iter().position(|&l| l <= escape_room) else { continue };
        let escape = lengths.swap_remove(at);
        lengths.resize(symbols, 0);
        lengths.shuffle(rng);
        return PlaneCode::new(bits, lengths, escape).unwrap();
    }
}

/// A random bank for these parameters.
pub fn random_bank(rng: &mut StdRng, parameters: &Parameters, books: usize) -> Bank {
    let layout = parameters.check().unwrap();
    let room = parameters.codeword_room();
    let book = |i| Book {
        name: format!("random {i}"),
        planes: (0..layout.symbols).map(|_| random_code(rng, layout.symbol_bits, room)).collect(),
    };
    Bank::new(parameters.map, (0..books).map(book).collect()).unwrap()
}

/// All pairs of format and map that the wire format defines.
pub fn layouts() -> Vec<(Format, SymbolMap)> {
    let all = Format::ALL.into_iter().flat_map(|format| SymbolMap::ALL.map(|map| (format, map)));
    all.filter(|&(format, map)| Layout::new(format, map).is_ok()).collect()
}

/// Any parameters that make sense. Blocks are short, so that packets of a test have several.
pub fn parameters() -> impl Strategy<Value = Parameters> {
    let blocks = (2u8..=7, any::<bool>(), any::<bool>(), 1u8..=3, 0u8..=2, any::<u8>());
    (select(layouts()), 0u32..=6, any::<bool>(), 3u32..=5, blocks).prop_map(
        |((format, map), lanes_log2, in_turn, prefill, (block_log2, book_mode, track, delay, window_log2, bias))| {
            let plain = Parameters::plain(format, map, 1 << lanes_log2);
            let layout = plain.check().unwrap();
            let bits = layout.symbol_bits;
            let turns = if in_turn && plain.lanes >= 4 * layout.symbols { 4 } else { 1 };
            // Every third from the first block.
            let initial_bias = (bias % 3 > 0).then_some((u32::from(bias) & ((1 << bits) - 1)) as u8);
            let tracking = (track && map == SymbolMap::Fields).then_some(Tracking { delay, window_log2, initial_bias });
            Parameters {
                turns,
                prefill: if turns == 1 { prefill } else { prefill.max(4) },
                block_log2: match (book_mode, tracking.is_some()) {
                    (true, _) => Some(block_log2.max(4)),
                    (false, true) => Some(block_log2),
                    (false, false) => None,
                },
                book_mode: if book_mode { BookMode::Block } else { BookMode::Fixed },
                tracking,
                ..plain
            }
        },
    )
}

/// Number of elements: around lanes and turns, and around the ends of blocks and of the book ids' places in them.
fn elements(parameters: &Parameters, pick: Index, any_length: usize) -> usize {
    let layout = parameters.check().unwrap();
    let lanes = parameters.lanes as usize;
    let block = parameters.block_log2.map_or(100usize, |log2| 1 << log2);
    // Where the next block's id begins.
    let ids = block.saturating_sub(16);
    let steps = [
        0,
        1,
        2,
        ids,
        ids + 1,
        ids + 3,
        ids + 4,
        block - 1,
        block,
        block + 1,
        block + ids + 2,
        2 * block,
        3 * block + 7,
    ];
    let around = |symbols: usize| {
        [symbols.saturating_sub(1), symbols, symbols + 1, symbols + lanes / 4 + 1, symbols + lanes / 2]
    };
    let mut symbols: Vec<usize> = steps.into_iter().flat_map(|steps| around(steps * lanes)).collect();
    symbols.extend([1, any_length, any_length, any_length]);
    pick.get(&symbols).div_ceil(layout.symbols as usize)
}

/// Plaintext whose exponents follow a drifting geometric distribution, with zeros, infinities, NaNs and noise in between.
pub fn random_data(rng: &mut StdRng, parameters: &Parameters, elements: usize) -> Vec<u8> {
    let layout = parameters.check().unwrap();
    let (bytes, mask) = (layout.element_bytes(), (1u64 << layout.element_bits) - 1);
    let noise = [0.0, 0.1, 1.0][rng.random_range(0..3)];
    let mantissa_bits = layout.raw_bits.saturating_sub(1);
    let mut centre: u32 = rng.random();
    (0..elements)
        .flat_map(|_| {
            if rng.random_bool(0.01) {
                centre = rng.random();
            }
            let spread = (-rng.random_range(0.001f64..1.0).log2() * 1.5) as u32;
            let exponent = centre.wrapping_add(spread) & ((1 << layout.symbol_bits) - 1);
            let sign_and_mantissa = rng.random::<u32>() & !(((1u32 << layout.symbol_bits) - 1) << mantissa_bits);
            let all_exponents = ((1u64 << layout.symbol_bits) - 1) << mantissa_bits;
            let element = match rng.random_range(0..40) {
                _ if rng.random_bool(noise) => rng.random(),
                0 => 0,
                1 => 1u64 << (layout.element_bits - 1),              // minus zero
                2 => all_exponents,                                  // infinity
                3 => all_exponents | u64::from(rng.random::<u32>()), // NaN with a payload
                _ => u64::from(sign_and_mantissa) | u64::from(exponent) << mantissa_bits,
            };
            (element & mask).to_le_bytes().into_iter().take(bytes)
        })
        .collect()
}

/// One thing to encode.
#[derive(Clone, Debug)]
pub struct Case {
    pub parameters: Parameters,
    pub bank: Arc<Bank>,
    pub choice: BookChoice,
    pub data: Vec<u8>,
}

impl Case {
    pub fn codec(&self) -> Codec {
        Codec::new(self.parameters, self.bank.clone()).unwrap()
    }

    pub fn blocks(&self) -> usize {
        let layout = self.parameters.check().unwrap();
        let symbols = self.data.len() / layout.element_bytes() * layout.symbols as usize;
        match (self.parameters.book_mode, self.parameters.block_log2) {
            (BookMode::Block, Some(log2)) => symbols.div_ceil((self.parameters.lanes as usize) << log2).max(1),
            _ => 1,
        }
    }
}

/// Anything that the format can carry. Codes and data come from a seed of their own, which proptest prints with the case.
pub fn case() -> impl Strategy<Value = Case> {
    case_of(parameters(), 3000)
}

/// The same for some parameters only. Packets are of the lengths that matter, or of any below `longest` symbols.
pub fn case_of(parameters: impl Strategy<Value = Parameters>, longest: usize) -> impl Strategy<Value = Case> {
    (parameters, 1usize..=15, 0u8..=2, any::<Index>(), 0..longest, any::<u64>()).prop_map(
        |(parameters, books, choice, pick, any_length, seed)| {
            let mut rng = StdRng::seed_from_u64(seed);
            let bank = Arc::new(random_bank(&mut rng, &parameters, books));
            let elements = elements(&parameters, pick, any_length);
            let data = random_data(&mut rng, &parameters, elements);
            let mut case = Case { parameters, bank, choice: BookChoice::Best, data };
            let mut id = || rng.random_range(0..=books as u8);
            match choice {
                0 => {}
                1 => case.choice = BookChoice::Fixed(id()),
                _ => case.choice = BookChoice::Ids((0..case.blocks()).map(|_| id()).collect()),
            }
            case
        },
    )
}

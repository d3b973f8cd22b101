//! huffwire's own way: map `fields`, tracked exponent bias, the best book of a small bank for each block. Formats of a byte or
//! less: map `bytes`, no bias, the rest alike; their symbols are whole elements, which code better than exponents alone.

use super::bank::{exponents, sample, train};
use super::input::{Tensor, View};
use super::ReproduceError;
use crate::codebook::Bank;
use crate::format::{Format, Layout, SymbolMap};
use crate::wire::{BookMode, Parameters, Tracking, MAX_BOOKS};
use std::sync::Arc;

/// Lanes of the packets.
pub const LANES: u32 = 4;
/// log2 of the steps of a block: 16 steps of 4 lanes are 64 elements, 64 steps 256 bytes.
const BLOCK_LOG2: u8 = 4;
const BYTES_BLOCK_LOG2: u8 = 6;

/// Elements that the first bias of a packet is the mean of: those of the first block, which an encoder that chooses the best
/// book has seen anyway before the header leaves.
const FIRST: usize = 64;

/// Exponents alone are coded of elements wider than a byte; narrower elements are symbols as they are.
pub fn view(format: Format) -> View {
    match format.exponent_mantissa() {
        Some(_) if format.element_bits() > 8 => View::Recentred,
        _ => View::Bytes,
    }
}

/// Parameters for a shard of `format`: 4 lanes, blocks of 64 exponents or 256 bytes with a book each, and with [`View::Recentred`] the bias
/// from the two blocks before the last one, first from the first block itself.
pub fn parameters(format: Format, view: View, bytes: &[u8]) -> Parameters {
    let (map, tracking) = match view {
        View::Recentred => {
            (SymbolMap::Fields, Some(Tracking { delay: 1, window_log2: 1, initial_bias: first_bias(format, bytes) }))
        }
        View::Fields => (SymbolMap::Fields, None),
        View::Bytes => (SymbolMap::Bytes, None),
    };
    Parameters {
        block_log2: Some(if view == View::Bytes { BYTES_BLOCK_LOG2 } else { BLOCK_LOG2 }),
        book_mode: BookMode::Block,
        tracking,
        ..Parameters::plain(format, map, LANES)
    }
}

/// Mean exponent of the first elements, zeros left out; that of the number 1 if there is nothing else.
fn first_bias(format: Format, bytes: &[u8]) -> u8 {
    let Ok(layout) = Layout::new(format, SymbolMap::Fields) else { return 0 };
    let start = &bytes[..bytes.len().min(FIRST * layout.element_bytes())];
    let exponents: Vec<u32> = exponents(&layout, start).filter(|&e| e > 0).map(u32::from).collect();
    let sum: u32 = exponents.iter().sum();
    match exponents.len() as u32 {
        0 => ((1u32 << (layout.symbol_bits - 1)) - 1) as u8,
        count => ((sum + count / 2) / count) as u8,
    }
}

/// The bank that a shard is coded with.
#[derive(Clone, Debug)]
pub struct OurBank {
    banks: [Arc<Bank>; 2],
}

impl OurBank {
    /// For the shard of this index.
    pub fn of_shard(&self, shard: usize) -> &Arc<Bank> {
        &self.banks[shard % 2]
    }
}

/// What the page says about where the books come from.
pub const ORIGIN: &str = "huffwire's books are made from the tensors on this page, all kinds and models together, but never from the \
     shards that they code: shards with an even number are coded with books made from those with an odd number, and the other \
     way round.";

/// Runs of symbols that a book is made from, if there are enough for more than one book: with fewer it learns them by heart.
const RUNS_A_BOOK: usize = 16;

/// The bank for tensors of `format`: up to 15 books, from the shards of the other parity of all `tensors` of this format.
pub fn our_bank(tensors: &[Tensor], format: Format) -> Result<OurBank, ReproduceError> {
    let of_parity = |parity: usize| -> Result<Arc<Bank>, ReproduceError> {
        let mut units = sample(tensors, format, view(format), |_, shard| shard % 2 != parity)?;
        if units.is_empty() {
            // Every tensor has but one shard: there is nothing else to learn from.
            units = sample(tensors, format, view(format), |_, _| true)?;
        }
        let books = (units.len() / RUNS_A_BOOK).clamp(1, MAX_BOOKS);
        Ok(Arc::new(train(&parameters(format, view(format), &[]), &units, books)?))
    };
    Ok(OurBank { banks: [of_parity(0)?, of_parity(1)?] })
}

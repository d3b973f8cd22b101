//! huffwire's own way: map `fields`, tracked exponent bias, the best book of a small bank for each block. Formats without an
//! exponent field: map `bytes`, no bias, the rest alike.

use super::bank::{sample, train};
use super::input::{Tensor, View};
use super::ReproduceError;
use crate::codebook::Bank;
use crate::format::{Format, SymbolMap};
use crate::wire::{BookMode, Parameters, Tracking, MAX_BOOKS};
use std::sync::Arc;

/// Lanes of the packets.
pub const LANES: u32 = 4;
/// log2 of the steps of a block: 16 steps of 4 lanes are 64 elements.
pub const BLOCK_LOG2: u8 = 4;

/// Which view of the symbols is coded.
pub fn view(format: Format) -> View {
    match format.exponent_mantissa() {
        Some(_) => View::Recentred,
        None => View::Bytes,
    }
}

/// Parameters for tensors of `format`: 4 lanes, blocks of 64 elements with a book each, and, where there is an exponent, the
/// bias from the two blocks before the last one. It begins at the exponent of the number 1.
pub fn parameters(format: Format) -> Parameters {
    let exponent = format.exponent_mantissa();
    let tracking = exponent.map(|(bits, _)| {
        let initial_bias = ((1u32 << (bits - 1)) - 1) as u8;
        Tracking { delay: 1, window_log2: 1, initial_bias }
    });
    let map = if exponent.is_some() { SymbolMap::Fields } else { SymbolMap::Bytes };
    Parameters {
        block_log2: Some(BLOCK_LOG2),
        book_mode: BookMode::Block,
        tracking,
        ..Parameters::plain(format, map, LANES)
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
pub const ORIGIN: &str = "Its books are made from the tensors on this page, all kinds and models together, but never from the \
     shards that they code: shards with an even number are coded with books made from those with an odd number, and the other \
     way round.";

/// The bank for tensors of `format`: 15 books, from the shards of the other parity of all `tensors` of this format.
pub fn our_bank(tensors: &[Tensor], format: Format) -> Result<OurBank, ReproduceError> {
    let of_parity = |parity: usize| -> Result<Arc<Bank>, ReproduceError> {
        let mut units = sample(tensors, format, view(format), |shard| shard % 2 != parity)?;
        if units.is_empty() {
            // Every tensor has but one shard: there is nothing else to learn from.
            units = sample(tensors, format, view(format), |_| true)?;
        }
        Ok(Arc::new(train(&parameters(format), &units, MAX_BOOKS)?))
    };
    Ok(OurBank { banks: [of_parity(0)?, of_parity(1)?] })
}

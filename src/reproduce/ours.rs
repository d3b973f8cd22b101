//! huffwire's own way: map `fields`, tracked exponent bias, the best book of a bank for each block; the bank is the universal one
//! where it serves the format. Formats of a byte or less: map `bytes`, no bias, the rest alike; their symbols are whole elements,
//! which code better than exponents alone.

use super::bank::{exponents, sample, train};
use super::input::{Tensor, View};
use super::ReproduceError;
use crate::codebook::{universal, Bank};
use crate::codec::tracker::{block_elements, first_bias, Tracker};
use crate::format::{Format, Layout, SymbolMap};
use crate::wire::{BookMode, Parameters, Tracking, MAX_BOOKS};
use std::sync::Arc;

/// Lanes of the packets.
pub const LANES: u32 = 16;
/// log2 of the steps of a block: 16 steps.
const BLOCK_LOG2: u8 = 4;
/// Elements of a block, all lanes together.
pub const BLOCK_ELEMENTS: usize = (LANES as usize) << BLOCK_LOG2;

/// Exponents alone are coded of elements wider than a byte; narrower elements are symbols as they are.
pub fn view(format: Format) -> View {
    match format.exponent_mantissa() {
        Some(_) if format.element_bits() > 8 => View::Recentred,
        _ => View::Bytes,
    }
}

/// Parameters for shards of `format`: 16 lanes, blocks of 256 elements with a book each, and with [`View::Recentred`] the bias from
/// the two blocks before the last one, first from each packet's first block.
pub fn parameters(format: Format, view: View) -> Parameters {
    let map = if view == View::Bytes { SymbolMap::Bytes } else { SymbolMap::Fields };
    let tracking = Tracking { delay: 1, window_log2: 1, initial_bias: None };
    Parameters {
        block_log2: Some(BLOCK_LOG2),
        book_mode: BookMode::Block,
        tracking: (view == View::Recentred).then_some(tracking),
        ..Parameters::plain(format, map, LANES)
    }
}

/// The tracker that an encoder starts a packet of these bytes with; `None` if the parameters track nothing.
pub fn tracker(parameters: &Parameters, layout: &Layout, bytes: &[u8]) -> Option<Tracker> {
    let first = block_elements(parameters)? as usize;
    Tracker::new(parameters, layout, first_bias(exponents(layout, bytes).take(first)))
}

/// Whether the universal bank serves the format.
pub fn served(format: Format) -> bool {
    let parameters = parameters(format, view(format));
    let fits = |layout| universal().bank.check_fits(&parameters, &layout).is_ok();
    parameters.tracking.is_some() && parameters.check().is_ok_and(fits)
}

/// The bank that a shard is coded with.
#[derive(Clone, Debug)]
pub struct OurBank {
    /// One for all shards, or one for even and one for odd shards.
    banks: Vec<Arc<Bank>>,
}

impl OurBank {
    /// For the shard of this index.
    pub fn of_shard(&self, shard: usize) -> &Arc<Bank> {
        &self.banks[shard % self.banks.len()]
    }
}

/// Blocks of symbols that a book is made from, if there are enough for more than one book: with fewer it learns them by heart.
const BLOCKS_A_BOOK: usize = 16;

/// The bank for tensors of `format`: the universal one if it serves the format; else up to 15 books, from the shards of the other
/// parity of all `tensors` of this format.
pub fn our_bank(tensors: &[Tensor], format: Format) -> Result<OurBank, ReproduceError> {
    if served(format) {
        return Ok(OurBank { banks: vec![Arc::new(universal().bank.clone())] });
    }
    let of_parity = |parity: usize| -> Result<Arc<Bank>, ReproduceError> {
        let mut samples = sample(tensors, format, view(format), |_, shard| shard % 2 != parity)?;
        if samples.is_empty() {
            // Every tensor has but one shard: there is nothing else to learn from.
            samples = sample(tensors, format, view(format), |_, _| true)?;
        }
        let books = (samples.len() / BLOCKS_A_BOOK).clamp(1, MAX_BOOKS);
        Ok(Arc::new(train(&parameters(format, view(format)), &samples, books)?))
    };
    Ok(OurBank { banks: vec![of_parity(0)?, of_parity(1)?] })
}

/// What the page says about where the books for `formats` come from.
pub fn origin(formats: &[Format]) -> String {
    let named = |of_universal: bool| {
        let names = formats.iter().filter(|&&f| served(f) == of_universal).map(|f| f.name());
        Some(names.collect::<Vec<_>>().join(", ")).filter(|names| !names.is_empty())
    };
    let universal = named(true).map(|names| {
        format!(
            " Of {names}, huffwire codes with the universal bank that comes with the program. It was made from larger crops of \
             tensors of several models, and synthetic shapes; all tensors of these formats that come with the program were part \
             of that, so with them it codes what it was made from. 'Model unseen' is the same bank made without anything of the tensor's own \
             model; tensors of models that the bank was not made from it has never seen anyway, and the two are the same."
        )
    });
    let cross_fitted = named(false).map(|names| {
        format!(
            " Of {names}, which the universal bank does not serve, huffwire's books are made from the tensors on this page, all kinds and \
             models of a format together, but not from the shards that they code: shards with an even number are coded with books \
             made from those with an odd number, and the other way round (from all, where every tensor has but one shard)."
        )
    });
    [universal, cross_fitted].into_iter().flatten().collect::<String>().trim_start().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponents_of_8_bits_are_served() {
        let all: Vec<Format> = Format::ALL.into_iter().filter(|&f| served(f)).collect();
        assert_eq!(all, [Format::Bf16, Format::Fp32]);
    }
}

//! Where the words of the raw stream stand (wire format, section 5.2).

use super::{CHUNK_STEPS, MUX_BITS};
use crate::format::Layout;

/// The raw words that each of the first steps of a packet asks for, and so each step of any chunk (section 5.2).
#[derive(Clone, Copy, Debug)]
pub(super) struct RawWords {
    /// `r(0)`.
    pub first: usize,
    /// `r(s)` - `r(0)` for the steps of a chunk and the one behind it; a chunk's raw bits are whole words.
    pub before: [usize; CHUNK_STEPS + 1],
}

impl RawWords {
    pub fn new(lanes: usize, layout: &Layout) -> Self {
        let until = |step: usize| {
            ((step + crate::wire::RAW_LEAD_TURNS as usize) * lanes * layout.raw_bits as usize).div_ceil(MUX_BITS)
        };
        RawWords { first: until(0), before: std::array::from_fn(|step| until(step) - until(0)) }
    }

    /// Raw words asked for until the end of this many chunks.
    pub const fn until_chunk(&self, chunks: usize) -> usize {
        self.first + chunks * self.before[CHUNK_STEPS]
    }
}

/// Copies words; the `L`/2 of a step of bf16 without a call.
#[inline(always)]
pub(super) fn copy_words<const L: usize, T: Copy>(to: &mut [T], from: &[T]) {
    if from.len() == L / 2 {
        to[..L / 2].copy_from_slice(&from[..L / 2]);
    } else {
        copy_other_words(to, from);
    }
}

/// By itself, or the compiler makes one call of both.
#[cold]
#[inline(never)]
fn copy_other_words<T: Copy>(to: &mut [T], from: &[T]) {
    to.copy_from_slice(from);
}

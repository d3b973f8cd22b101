//! Where the words of the raw stream stand (wire format, section 5.2).

use super::{CHUNK_STEPS, MOST_TURNS, MUX_BITS};
use crate::format::Layout;
use crate::wire::{Parameters, RAW_LEAD_TURNS};

/// The raw words that the turns of a packet's beginning ask for, and so those of any chunk (section 5.2).
///
/// The words that the lanes of turn `u` make necessary are those of group `u` + `Q`, each lane being asked about in its turn
/// of the next step. So a turn here has the raw words of that group.
#[derive(Clone, Copy, Debug)]
pub(super) struct RawWords {
    /// `r(0)`: ahead of the prefill.
    pub first: usize,
    /// `r(Q-1)` - `r(0)`: behind the prefill, of the other turns of step 0.
    pub lead: usize,
    /// `r(u+Q-1)` - `r(Q-1)` for the turns of a chunk and the one behind it.
    pub before: [usize; MOST_TURNS * CHUNK_STEPS + 1],
    /// Words of a chunk; its raw bits are whole words.
    pub chunk: usize,
}

impl RawWords {
    pub fn new(parameters: &Parameters, layout: &Layout) -> Self {
        let turns = parameters.turns as usize;
        let turn_bits = (parameters.turn_lanes() * layout.raw_bits) as usize;
        let until = |turn: usize| ((turn + RAW_LEAD_TURNS as usize) * turn_bits).div_ceil(MUX_BITS);
        let behind = |turn: usize| until(turn + turns - 1) - until(turns - 1);
        RawWords {
            first: until(0),
            lead: until(turns - 1) - until(0),
            before: std::array::from_fn(behind),
            chunk: behind(turns * CHUNK_STEPS),
        }
    }

    /// Raw words asked for ahead of the first chunk.
    pub const fn until_lead(&self) -> usize {
        self.first + self.lead
    }

    /// Raw words asked for until the end of this many chunks.
    pub const fn until_chunk(&self, chunks: usize) -> usize {
        self.until_lead() + chunks * self.chunk
    }

    /// Of so many real words, one past the place of the last that is asked for ahead of the first chunk. Between them
    /// stand `prefilled` words of lanes.
    pub fn end_of_lead(&self, real: usize, prefilled: usize) -> usize {
        match real > self.first {
            true if self.lead > 0 => prefilled + real.min(self.until_lead()),
            _ => real.min(self.first),
        }
    }
}

/// Copies the words of a turn, which are few.
#[inline(always)]
pub(super) fn copy_few_words<T: Copy>(to: &mut [T], from: &[T]) {
    to.iter_mut().zip(from).for_each(|(to, &from)| *to = from);
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

//! The tracked exponent bias, a block at a time (wire format, section 6.2).

use crate::wire::{Parameters, Tracking};
use std::collections::VecDeque;

/// Knows the bias of the block that comes next, from the sums of those before it.
#[derive(Clone, Debug)]
pub(super) struct BlockTracker {
    /// `N`: elements in a block.
    block_elements: u64,
    /// `w`.
    window: usize,
    /// `T(n-d-w)` ... `T(n-1)` for the current block `n`, oldest first.
    sums: VecDeque<u64>,
}

impl BlockTracker {
    /// Tracker at the start of a packet whose header has these parameters; `None` if they track nothing.
    pub fn new(parameters: &Parameters) -> Option<Self> {
        let Tracking { delay, window_log2, initial_bias } = parameters.tracking?;
        let block_elements = u64::from(parameters.lanes) << parameters.block_log2?;
        let window = 1usize << window_log2;
        let sums = vec![block_elements * u64::from(initial_bias?); usize::from(delay) + window].into();
        Some(BlockTracker { block_elements, window, sums })
    }

    /// `b(n)`.
    pub fn bias(&self) -> u8 {
        let total: u64 = self.sums.iter().take(self.window).sum();
        // Both are powers of two.
        let elements = self.window as u64 * self.block_elements;
        ((total + elements / 2) >> elements.trailing_zeros()) as u8
    }

    /// Takes in `T(n)` of a whole block; of the last one, cut short, it does not matter.
    pub fn end_block(&mut self, sum: u64) {
        self.sums.pop_front();
        self.sums.push_back(sum);
    }
}

/// Bytes whose sum fits 16 bits.
const PIECE: usize = 256;

/// Maps each byte of a block and sums the exponents, those that are 0 as `bias`: `T(n)`.
#[inline(always)]
fn map_block(block: &mut [u8], bias: u8, map: impl Fn(u8) -> u8, exponent: impl Fn(u8, u8) -> u8) -> u64 {
    let mut total = 0u64;
    for piece in block.chunks_mut(PIECE) {
        let mut sum = 0u16;
        for byte in piece {
            let mapped = map(*byte);
            let e = exponent(*byte, mapped);
            // At most 256 · 255.
            sum = sum.wrapping_add(u16::from(if e == 0 { bias } else { e }));
            *byte = mapped;
        }
        total += u64::from(sum);
    }
    total
}

/// Exponents to coded symbols, in place. Gives `T(n)`.
#[inline(always)]
pub(super) fn recentre_block(block: &mut [u8], bias: u8, symbol_bits: u32) -> u64 {
    let (mask, zero) = (mask(symbol_bits), 1u8 << (symbol_bits - 1));
    let taken = 0u8.wrapping_sub(bias) & mask;
    let recentre = |e: u8| {
        let distance = e.wrapping_sub(bias) & mask;
        let symbol = if distance == zero { taken } else { distance };
        if e == 0 {
            zero
        } else {
            symbol
        }
    };
    map_block(block, bias, recentre, |e, _| e)
}

/// Coded symbols to exponents, in place. Gives `T(n)`.
#[inline(always)]
pub(super) fn restore_block(block: &mut [u8], bias: u8, symbol_bits: u32) -> u64 {
    let (mask, zero) = (mask(symbol_bits), 1u8 << (symbol_bits - 1));
    let taken = zero.wrapping_add(bias) & mask;
    let restore = |s: u8| {
        let sum = s.wrapping_add(bias) & mask;
        let exponent = if sum == 0 { taken } else { sum };
        if s == zero {
            0
        } else {
            exponent
        }
    };
    map_block(block, bias, restore, |_, e| e)
}

const fn mask(symbol_bits: u32) -> u8 {
    0xFF >> (8 - symbol_bits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::tracker::{recentre, restore};

    #[test]
    fn blocks_are_mapped_as_single_symbols_are() {
        for bits in 2..=8u32 {
            let all: Vec<u8> = (0..1u32 << bits).map(|e| e as u8).cycle().take(600).collect();
            for bias in 0..1u32 << bits {
                let bias = bias as u8;
                let sum: u64 = all.iter().map(|&e| u64::from(if e > 0 { e } else { bias })).sum();
                let mut block = all.clone();
                assert_eq!(recentre_block(&mut block, bias, bits), sum);
                assert!(all.iter().zip(&block).all(|(&e, &s)| s == recentre(e, bias, bits)), "X {bits}, bias {bias}");
                let symbols = block.clone();
                assert_eq!(restore_block(&mut block, bias, bits), sum);
                assert_eq!(block, all);
                assert!(symbols.iter().zip(&block).all(|(&s, &e)| e == restore(s, bias, bits)));
            }
        }
    }
}

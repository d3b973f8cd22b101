//! The tracked exponent bias (wire format, section 6.2), in exact integers.

use crate::format::Layout;
use crate::wire::{Parameters, Tracking};
use std::collections::VecDeque;

/// Exponent `e` to coded symbol `s` under bias `b`, all of `bits` bits.
pub fn recentre(e: u8, b: u8, bits: u32) -> u8 {
    let modulus = (1u32 << bits) - 1;
    let zero_symbol = 1u32 << (bits - 1);
    let (e, b) = (u32::from(e), u32::from(b));
    let distance = e.wrapping_sub(b) & modulus;
    let symbol = match (e, distance) {
        (0, _) => zero_symbol,
        // `distance` is the symbol that zero has taken; in exchange it gets the one that zero has left free.
        (_, d) if d == zero_symbol => 0u32.wrapping_sub(b) & modulus,
        (_, d) => d,
    };
    symbol as u8
}

/// Coded symbol `s` to exponent `e` under bias `b`: the inverse of [`recentre`].
pub fn restore(s: u8, b: u8, bits: u32) -> u8 {
    let modulus = (1u32 << bits) - 1;
    let zero_symbol = 1u32 << (bits - 1);
    let (s, b) = (u32::from(s), u32::from(b));
    let exponent = match (s, (s + b) & modulus) {
        (s, _) if s == zero_symbol => 0,
        (_, 0) => (zero_symbol + b) & modulus,
        (_, e) => e,
    };
    exponent as u8
}

/// `N`: elements in a block, if there are blocks.
pub fn block_elements(parameters: &Parameters) -> Option<u64> {
    parameters.block_log2.map(|log2| u64::from(parameters.lanes) << log2)
}

/// The mean of the exponents of a packet's first block that are not 0, rounded half up; 0 if there are none. An encoder
/// that holds a block back before it sends the header starts best with it.
pub fn first_bias(exponents: impl IntoIterator<Item = u8>) -> u8 {
    let (mut sum, mut elements) = (0u64, 0u64);
    for exponent in exponents {
        sum += u64::from(exponent);
        elements += u64::from(exponent > 0);
    }
    ((sum + elements / 2) / elements.max(1)) as u8
}

/// Follows the exponents of a packet and knows the bias of the block that comes next. Encoder and decoder run one each.
#[derive(Clone, Debug)]
pub struct Tracker {
    symbol_bits: u32,
    /// `N`: elements in a block.
    block_elements: u64,
    /// `w`.
    window: usize,
    /// `T(n-d-w)` ... `T(n-1)` for the current block `n`, oldest first.
    sums: VecDeque<u64>,
    /// The part of `T(n)` seen so far, and the elements in it.
    sum: u64,
    elements: u64,
    /// `b(n)`.
    bias: u8,
}

impl Tracker {
    /// Tracker at the start of a packet whose header says `initial_bias`; `None` if these parameters track nothing.
    pub fn new(parameters: &Parameters, layout: &Layout, initial_bias: u8) -> Option<Self> {
        let Tracking { delay, window_log2, .. } = parameters.tracking?;
        let block_elements = block_elements(parameters)?;
        Some(Self::with_blocks(layout.symbol_bits, block_elements, delay, 1 << window_log2, initial_bias))
    }

    /// Tracker over blocks of any number of elements: `N`, `d`, `w` and the header's `bias`.
    pub fn with_blocks(symbol_bits: u32, block_elements: u64, delay: u8, window: u8, initial_bias: u8) -> Self {
        let sums = vec![block_elements * u64::from(initial_bias); usize::from(delay) + usize::from(window)].into();
        let window = window.into();
        // All blocks before the first are taken to have this mean.
        Tracker { symbol_bits, block_elements, window, sums, sum: 0, elements: 0, bias: initial_bias }
    }

    /// `b(n)` from the sums: the mean of the oldest `w` blocks kept, rounded half up.
    fn mean(&self) -> u8 {
        let total: u64 = self.sums.iter().take(self.window).sum();
        let elements = self.window as u64 * self.block_elements;
        ((total + elements / 2) / elements) as u8
    }

    /// Counts an exponent of the current block; a block that is full makes way for the next.
    fn count(&mut self, exponent: u8) {
        self.sum += u64::from(if exponent > 0 { exponent } else { self.bias });
        self.elements += 1;
        if self.elements == self.block_elements {
            self.sums.pop_front();
            self.sums.push_back(self.sum);
            (self.sum, self.elements) = (0, 0);
            self.bias = self.mean();
        }
    }

    /// Bias of the block that the next element is in.
    pub fn bias(&self) -> u8 {
        self.bias
    }

    /// Encoder: the symbol for the next element's exponent.
    pub fn encode(&mut self, exponent: u8) -> u8 {
        let symbol = recentre(exponent, self.bias, self.symbol_bits);
        self.count(exponent);
        symbol
    }

    /// Decoder: the exponent of the next element's symbol.
    pub fn decode(&mut self, symbol: u8) -> u8 {
        let exponent = restore(symbol, self.bias, self.symbol_bits);
        self.count(exponent);
        exponent
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{Format, SymbolMap};
    use crate::wire::BookMode;

    #[test]
    fn recentring_is_a_bijection_for_every_bias_and_width() {
        for bits in 2..=8u32 {
            let q = 1u32 << bits;
            for b in 0..q {
                let mut seen = vec![false; q as usize];
                for e in 0..q {
                    let s = recentre(e as u8, b as u8, bits);
                    assert!(u32::from(s) < q && !seen[usize::from(s)], "X {bits}, bias {b}, exponent {e}");
                    seen[usize::from(s)] = true;
                    assert_eq!(u32::from(restore(s, b as u8, bits)), e, "X {bits}, bias {b}");
                }
            }
        }
    }

    #[test]
    fn recentring_by_hand() {
        // X = 4: Z = 8. Zero keeps symbol 8; the exponent 8 above the bias gets what zero has left free, -b.
        assert_eq!(recentre(0, 6, 4), 8);
        assert_eq!(recentre(6, 6, 4), 0);
        assert_eq!(recentre(5, 6, 4), 15);
        assert_eq!(recentre(14, 6, 4), 10);
        assert_eq!(recentre(15, 6, 4), 9);
        // The bias equal to Z: zero would have had symbol 8 anyway.
        assert_eq!(recentre(0, 8, 4), 8);
        assert_eq!(recentre(8, 8, 4), 0);
        // No bias: only the exponents 0 and 8 change places.
        assert_eq!((recentre(0, 0, 4), recentre(8, 0, 4), recentre(7, 0, 4)), (8, 0, 7));
        assert_eq!((restore(8, 0, 4), restore(0, 0, 4)), (0, 8));
    }

    /// Tracker of blocks of 16 elements (one lane), X = 4.
    fn tracker(delay: u8, window_log2: u8, initial_bias: u8) -> Tracker {
        let parameters = Parameters {
            block_log2: Some(4),
            book_mode: BookMode::Fixed,
            tracking: Some(Tracking { delay, window_log2, initial_bias: None }),
            ..Parameters::plain(Format::E4m3, SymbolMap::Fields, 1)
        };
        Tracker::new(&parameters, &parameters.check().unwrap(), initial_bias).unwrap()
    }

    /// Codes whole blocks, each of `count` exponents `e` and zeros, and gives the bias of each.
    fn biases(mut tracker: Tracker, blocks: &[(usize, u8)]) -> Vec<u8> {
        let mut block = |&(count, e): &(usize, u8)| {
            let bias = tracker.bias();
            (0..16).for_each(|i| {
                assert_eq!(tracker.bias(), bias, "the bias holds for the block");
                tracker.encode(if i < count { e } else { 0 });
            });
            bias
        };
        blocks.iter().map(&mut block).collect()
    }

    #[test]
    fn the_delay_and_the_window_by_hand() {
        let steps = [(16, 10), (16, 4), (16, 12), (16, 2), (16, 2), (16, 2), (16, 2), (16, 2)];
        assert_eq!(biases(tracker(1, 0, 7), &steps), [7, 7, 10, 4, 12, 2, 2, 2]);
        assert_eq!(biases(tracker(2, 0, 7), &steps), [7, 7, 7, 10, 4, 12, 2, 2]);
        assert_eq!(biases(tracker(3, 0, 7), &steps), [7, 7, 7, 7, 10, 4, 12, 2]);
        // Means of two: (7+10)/2 = 8.5 -> 9, 7, 8, 7, 2.
        assert_eq!(biases(tracker(1, 1, 7), &steps), [7, 7, 9, 7, 8, 7, 2, 2]);
        assert_eq!(biases(tracker(2, 1, 7), &steps), [7, 7, 7, 9, 7, 8, 7, 2]);
        // Means of four: 7, 31/4 = 7.75, 28/4, 33/4 = 8.25, 28/4, 20/4, 18/4 = 4.5 -> 5, 8/4.
        assert_eq!(biases(tracker(1, 2, 7), &steps), [7, 7, 8, 7, 8, 7, 5, 5]);
    }

    #[test]
    fn halves_are_rounded_up_and_nothing_below() {
        // One block of 16: 8 exponents of 9 and 8 of 8 would be 8.5; here zeros count as the bias, 8.
        assert_eq!(biases(tracker(1, 0, 8), &[(8, 9), (0, 0), (0, 0)]), [8, 8, 9]);
        assert_eq!(biases(tracker(1, 0, 8), &[(7, 9), (0, 0), (0, 0)]), [8, 8, 8]);
        assert_eq!(biases(tracker(1, 0, 8), &[(8, 7), (0, 0), (0, 0)]), [8, 8, 8]);
        assert_eq!(biases(tracker(1, 0, 8), &[(9, 7), (0, 0), (0, 0)]), [8, 8, 7]);
    }

    #[test]
    fn a_block_of_zeros_keeps_the_bias_and_the_ends_are_reached() {
        assert_eq!(biases(tracker(1, 0, 13), &[(0, 0), (0, 0), (0, 0)]), [13, 13, 13]);
        let ends = [(0, 0), (16, 15), (16, 15), (16, 1), (16, 1), (16, 1)];
        assert_eq!(biases(tracker(1, 0, 0), &ends), [0, 0, 0, 15, 15, 1]);
        assert_eq!(biases(tracker(3, 2, 15), &[(16, 15); 9]), [15; 9]);
    }

    #[test]
    fn the_largest_sums_do_not_overflow() {
        let parameters = Parameters {
            block_log2: Some(12),
            tracking: Some(Tracking { delay: 1, window_log2: 2, initial_bias: None }),
            ..Parameters::plain(Format::Bf16, SymbolMap::Fields, 64)
        };
        let mut tracker = Tracker::new(&parameters, &parameters.check().unwrap(), 255).unwrap();
        (0..6 * (64 << 12)).for_each(|_| assert_eq!(tracker.encode(255), 0));
    }

    #[test]
    fn without_tracking_there_is_no_tracker() {
        let parameters = Parameters::plain(Format::Bf16, SymbolMap::Fields, 2);
        assert!(Tracker::new(&parameters, &parameters.check().unwrap(), 255).is_none());
    }
}

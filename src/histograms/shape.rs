//! Which blocks are alike enough to be added up.
//!
//! The shape of a block is coarse on purpose, and made of integers, so that it is the same on every machine: how many
//! bits its symbols take under their own Huffman code, where their median lies, and how many are zeros. Blocks of one shape ask for
//! the same book; that there are no more than some hundred shapes keeps the counts of any amount of data small.

use crate::stats::{huffman_bits, Histogram, ShardHistogram};

/// Steps of Huffman bits a symbol: eighths for one plane, halves for several.
const STEPS_OF_ONE_PLANE: u128 = 8;
const STEPS_OF_MORE: u128 = 2;
/// Medians further from the bias than this are one shape.
const FAR: i32 = 4;

/// Shape of a block. Its order is that of the cells in a set.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shape(Vec<(u32, u8, i8)>);

impl Shape {
    /// The shape of a block with at least one symbol. With `recentred` exponents the symbols are distances modulo 2^`X`, and
    /// 2^(`X`-1) is zero (wire format, section 6.2).
    pub fn of(block: &ShardHistogram, recentred: bool) -> Self {
        let steps = if block.planes.len() == 1 { STEPS_OF_ONE_PLANE } else { STEPS_OF_MORE };
        let plane = |histogram: &Histogram| {
            let bits = (huffman_bits(histogram) * steps / histogram.total().max(1)) as u32;
            match recentred {
                true => (bits, zeros(histogram), median(histogram)),
                false => (bits, 0, 0),
            }
        };
        Shape(block.planes.iter().map(plane).collect())
    }
}

/// How many symbols are zeros: none, below 1/64, below 1/8, below 1/2, more.
fn zeros(histogram: &Histogram) -> u8 {
    let (zeros, total) = (u128::from(histogram.counts()[histogram.counts().len() / 2]), histogram.total());
    match zeros {
        0 => 0,
        z if z * 64 < total => 1,
        z if z * 8 < total => 2,
        z if z * 2 < total => 3,
        _ => 4,
    }
}

/// Median distance from the bias of what is not zero, held within [`FAR`].
fn median(histogram: &Histogram) -> i8 {
    let counts = histogram.counts();
    let half = counts.len() as i32 / 2;
    let distances = 1 - half..half;
    let count = |d: i32| u128::from(counts[d.rem_euclid(2 * half) as usize]);
    let total: u128 = distances.clone().map(count).sum();
    let mut below = 0;
    let median = distances.into_iter().find(|&d| {
        below += count(d);
        2 * below >= total
    });
    median.unwrap_or(0).clamp(-FAR, FAR) as i8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(counts: &[(usize, u64)]) -> ShardHistogram {
        let mut all = vec![0; 256];
        counts.iter().for_each(|&(s, c)| all[s] = c);
        ShardHistogram { planes: vec![Histogram::from_counts(8, all).unwrap()] }
    }

    #[test]
    fn a_shape_is_bits_zeros_and_median() {
        let shape = |counts| Shape::of(&block(counts), true).0[0];
        // Two symbols alike take a bit each; the median is the lower one's distance.
        assert_eq!(shape(&[(255, 8), (1, 8)]), (8, 0, -1));
        assert_eq!(shape(&[(0, 16)]), (8, 0, 0));
        assert_eq!(shape(&[(3, 63), (128, 1)]), (8, 2, 3));
        assert_eq!(shape(&[(3, 127), (128, 1)]).1, 1);
        assert_eq!(shape(&[(3, 1), (128, 1)]).1, 4);
        assert_eq!(shape(&[(128, 5)]), (8, 4, -4));
        assert_eq!(shape(&[(100, 5)]).2, 4);
        // 1, 2, 2 bits: 1.5 on average.
        assert_eq!(shape(&[(0, 2), (1, 1), (2, 1)]).0, 12);
        assert_eq!(Shape::of(&block(&[(3, 63), (128, 1)]), false).0[0], (8, 0, 0));
    }
}

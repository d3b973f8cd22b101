//! Entropy, divergence, and what codes make of a histogram.
//!
//! Sums of bits are exact integers. Means are `f64`, for people and tables; nothing that is stored in a bank depends on them.

use super::{Histogram, HistogramError};
use crate::codebook::PlaneCode;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Shannon entropy (order 0) in bits a symbol; 0 for a histogram without symbols.
pub fn entropy(histogram: &Histogram) -> f64 {
    let total = histogram.total() as f64;
    let seen = histogram.counts().iter().filter(|&&c| c > 0);
    // Sum of p * log2(1/p), so that certainty gives 0 and not -0.
    seen.map(|&c| c as f64 / total * (total / c as f64).log2()).sum()
}

/// Bits that the counted symbols take under `code`, escapes counted.
pub fn coded_bits(histogram: &Histogram, code: &PlaneCode) -> Result<u128, HistogramError> {
    if code.symbol_bits() != histogram.symbol_bits() {
        return Err(HistogramError::Widths { expected: code.symbol_bits(), found: histogram.symbol_bits() });
    }
    let counts = histogram.counts().iter().zip(0u8..=u8::MAX);
    Ok(counts.map(|(&c, symbol)| u128::from(c) * u128::from(code.cost(symbol))).sum())
}

/// Mean bits a symbol under `code`, escapes counted; 0 for a histogram without symbols.
pub fn expected_bits(histogram: &Histogram, code: &PlaneCode) -> Result<f64, HistogramError> {
    let bits = coded_bits(histogram, code)?;
    Ok(match histogram.total() {
        0 => 0.0,
        total => bits as f64 / total as f64,
    })
}

/// Bits that the counted symbols take under their own Huffman code without a length limit: "per-shard Huffman", the table of
/// the code not counted. Symbols that do not occur have no codeword; a symbol alone takes 1 bit each time.
pub fn huffman_bits(histogram: &Histogram) -> u128 {
    let seen = histogram.counts().iter().filter(|&&c| c > 0);
    let mut nodes: BinaryHeap<Reverse<u128>> = seen.map(|&c| Reverse(c.into())).collect();
    if nodes.len() == 1 {
        return histogram.total();
    }
    // Each inner node adds a bit to everything below it.
    let mut bits = 0;
    while let (Some(Reverse(a)), Some(Reverse(b))) = (nodes.pop(), nodes.pop()) {
        bits += a + b;
        nodes.push(Reverse(a + b));
    }
    bits
}

/// Kullback-Leibler divergence D(p || q) in bits a symbol: what coding `p` with an ideal code for `q` costs above the entropy of `p`.
/// Infinite if a symbol of `p` does not occur in `q`; 0 if `p` has no symbols.
pub fn kl_divergence(p: &Histogram, q: &Histogram) -> Result<f64, HistogramError> {
    if p.symbol_bits() != q.symbol_bits() {
        return Err(HistogramError::Widths { expected: p.symbol_bits(), found: q.symbol_bits() });
    }
    let (p_total, q_total) = (p.total() as f64, q.total() as f64);
    let pairs = p.counts().iter().zip(q.counts()).filter(|(&a, _)| a > 0);
    let terms = pairs.map(|(&a, &b)| match b {
        0 => f64::INFINITY,
        _ => {
            let (a, b) = (a as f64 / p_total, b as f64 / q_total);
            a * (a / b).log2()
        }
    });
    // Rounding may take equal distributions a hair below zero.
    Ok(terms.sum::<f64>().max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codebook::package_merge;
    use proptest::prelude::*;

    fn histogram(counts: &[u64]) -> Histogram {
        Histogram::from_counts(counts.len().trailing_zeros(), counts.to_vec()).unwrap()
    }

    #[test]
    fn entropy_by_hand() {
        assert_eq!(entropy(&histogram(&[8, 4, 2, 2])), 1.75);
        assert_eq!(entropy(&histogram(&[1; 256])), 8.0);
        assert_eq!(entropy(&histogram(&[7, 0, 0, 0])), 0.0);
        assert_eq!(entropy(&histogram(&[0; 4])), 0.0);
        // 3/4, 1/4: 2 - 3/4 * log2(3).
        assert!((entropy(&histogram(&[3, 1, 0, 0])) - 0.811_278_124_459_132_8).abs() < 1e-12);
    }

    #[test]
    fn coded_bits_by_hand() {
        let code = PlaneCode::new(2, vec![1, 2, 0, 0], 2).unwrap();
        let h = histogram(&[8, 4, 3, 1]);
        // 8 * 1 + 4 * 2 + 4 * (2 + 2).
        assert_eq!(coded_bits(&h, &code), Ok(32));
        assert_eq!(expected_bits(&h, &code), Ok(2.0));
        assert_eq!(expected_bits(&histogram(&[0; 4]), &code), Ok(0.0));
        assert_eq!(coded_bits(&histogram(&[u64::MAX; 4]), &code), Ok(11 * u128::from(u64::MAX)));
        let e = coded_bits(&histogram(&[1; 8]), &code).unwrap_err().to_string();
        assert_eq!(e, "a histogram of 3-bit symbols does not go with one of 2-bit symbols");
    }

    #[test]
    fn huffman_by_hand() {
        assert_eq!(huffman_bits(&histogram(&[8, 4, 2, 2])), 28);
        assert_eq!(huffman_bits(&histogram(&[5, 5, 5, 0])), 25);
        assert_eq!(huffman_bits(&histogram(&[0, 9, 0, 0])), 9);
        assert_eq!(huffman_bits(&histogram(&[0; 4])), 0);
        // A chain of 64 doublings, far longer than any limited code: 2^63 + ... , each inner node twice its larger child.
        let chain: Vec<u64> = [1].into_iter().chain((0..63).map(|s| 1 << s)).collect();
        assert_eq!(huffman_bits(&histogram(&chain)), (1..=63).map(|s| 1u128 << s).sum::<u128>());
    }

    #[test]
    fn divergence_by_hand() {
        let (p, q) = (histogram(&[2, 2, 0, 0]), histogram(&[1, 3, 0, 0]));
        // 1/2 * log2(2) + 1/2 * log2(2/3).
        assert!((kl_divergence(&p, &q).unwrap() - 0.207_518_749_639_422).abs() < 1e-12);
        assert_eq!(kl_divergence(&p, &p), Ok(0.0));
        assert_eq!(kl_divergence(&q, &histogram(&[1, 0, 1, 1])), Ok(f64::INFINITY));
        assert_eq!(kl_divergence(&histogram(&[0; 4]), &q), Ok(0.0));
        assert!(kl_divergence(&p, &histogram(&[1; 8])).is_err());
    }

    proptest! {
        #[test]
        fn entropy_bounds_huffman_and_both_bound_limited_codes(counts in prop::collection::vec(1u64..10_000, 64)) {
            let h = histogram(&counts);
            let code = PlaneCode::new(6, package_merge(&counts, 8).unwrap(), 0).unwrap();
            let (total, huffman) = (h.total() as f64, huffman_bits(&h));
            prop_assert!(entropy(&h) * total <= huffman as f64 * (1.0 + 1e-12));
            prop_assert!((huffman as f64) < (entropy(&h) + 1.0) * total);
            prop_assert!(huffman <= coded_bits(&h, &code).unwrap());
        }

        #[test]
        fn cross_entropy_splits_into_entropy_and_divergence(
            (p, q) in (prop::collection::vec(1u64..1000, 16), prop::collection::vec(1u64..1000, 16))
        ) {
            let (p, q) = (histogram(&p), histogram(&q));
            let (pt, qt) = (p.total() as f64, q.total() as f64);
            let cross: f64 =
                p.counts().iter().zip(q.counts()).map(|(&a, &b)| -(a as f64 / pt) * (b as f64 / qt).log2()).sum();
            prop_assert!((cross - entropy(&p) - kl_divergence(&p, &q).unwrap()).abs() < 1e-9);
        }
    }
}

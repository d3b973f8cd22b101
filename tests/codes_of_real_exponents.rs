//! Codes built from the bf16 exponents of two real tensors of SmolLM2-135M (fine-tuned): outputs of an FFN's first layer,
//! and weight gradients of the same kind of layer, 89088 and 87552 elements of layer 14.

use huffwire::codebook::{build, BuildOptions, Escape};
use huffwire::stats::{coded_bits, entropy, huffman_bits, kl_divergence, Histogram};

const FFN1_OUT: [(usize, u64); 21] = [
    (108, 1),
    (110, 1),
    (111, 2),
    (112, 5),
    (113, 6),
    (114, 9),
    (115, 27),
    (116, 57),
    (117, 106),
    (118, 191),
    (119, 430),
    (120, 814),
    (121, 1651),
    (122, 3344),
    (123, 6457),
    (124, 12078),
    (125, 20703),
    (126, 26052),
    (127, 15268),
    (128, 1810),
    (129, 76),
];
const WEIGHT_GRADIENT: [(usize, u64); 24] = [
    (96, 1),
    (97, 3),
    (98, 6),
    (99, 2),
    (100, 8),
    (101, 24),
    (102, 50),
    (103, 96),
    (104, 202),
    (105, 347),
    (106, 762),
    (107, 1408),
    (108, 2743),
    (109, 5506),
    (110, 10414),
    (111, 17154),
    (112, 22550),
    (113, 18235),
    (114, 6804),
    (115, 1012),
    (116, 145),
    (117, 54),
    (118, 20),
    (119, 6),
];

fn histogram(entries: &[(usize, u64)]) -> Histogram {
    let mut counts = vec![0; 256];
    for &(symbol, count) in entries {
        counts[symbol] = count;
    }
    Histogram::from_counts(8, counts).unwrap()
}

/// Bits under a code made from the histogram itself, over those of its Huffman code, in per cent.
fn excess(h: &Histogram, limit: u8, escaped_limit: Option<u8>, escape: Escape) -> f64 {
    let code = build(h, &BuildOptions { limit, escaped_limit, escape, ..Default::default() }).unwrap();
    100.0 * (coded_bits(h, &code).unwrap() as f64 / huffman_bits(h) as f64 - 1.0)
}

#[test]
fn what_limits_and_escapes_cost() {
    for entries in [&FFN1_OUT[..], &WEIGHT_GRADIENT] {
        let h = histogram(entries);
        let between =
            |low, high, value: f64| assert!((low..high).contains(&value), "{value} is not in {low} to {high}");
        // All 256 symbols with codewords: the unused ones take their share of the code space.
        between(12.0, 15.0, excess(&h, 10, None, Escape::None));
        between(2.0, 3.5, excess(&h, 12, None, Escape::None));
        between(0.1, 0.4, excess(&h, 16, None, Escape::None));
        // With an escape they share one codeword.
        between(0.2, 0.8, excess(&h, 8, Some(16), Escape::Auto));
        between(0.0, 0.25, excess(&h, 10, Some(18), Escape::Auto));
        between(0.0, 0.1, excess(&h, 12, Some(20), Escape::Auto));
        between(0.0, 0.1, excess(&h, 16, Some(24), Escape::Auto));
        // An escape of 4 bits, all that is left of 12 with 8 for the symbol, is worse than none at all.
        assert!(excess(&h, 12, None, Escape::Direct(24)) > excess(&h, 12, None, Escape::None));
        assert_eq!(excess(&h, 12, None, Escape::Auto), excess(&h, 12, None, Escape::None));
    }
}

#[test]
fn the_distributions_are_shifted_copies() {
    let (a, b) = (histogram(&FFN1_OUT), histogram(&WEIGHT_GRADIENT));
    let shifted = |by: usize| {
        let entries: Vec<_> = WEIGHT_GRADIENT.iter().map(|&(s, n)| (s + by, n)).chain([(108, 1), (109, 1)]).collect();
        histogram(&entries)
    };
    assert!((entropy(&a) - 2.66).abs() < 0.005 && (entropy(&b) - 2.826).abs() < 0.005);
    assert!(kl_divergence(&a, &shifted(13)).unwrap() < 0.3);
    assert!(kl_divergence(&a, &b).unwrap() > 5.0);
}

//! The weights that codes are built from: the average distribution of shards that all count alike.
//!
//! **Arithmetic.** All of it is in integers, so that a bank comes out the same on every machine and whatever the order
//! of the shards. Each shard's counts are scaled to parts of 2^48 (rounded half up), the parts of the shards added up,
//! and the sums divided by the number of shards and scaled to parts of 2^32 (rounded half up in one go). A symbol that occurs in any
//! shard has at least one part. So no share is off by more than 2^-32, and the parts sum up to 2^32 but for the rounding.

use crate::stats::{Histogram, HistogramError};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// log2 of the parts that a shard's counts are scaled to.
const SHARD_PARTS_LOG2: u32 = 48;
/// log2 of the parts of a distribution.
pub const PARTS_LOG2: u32 = 32;

/// What a symbol that calibration never saw is taken to weigh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Floor {
    /// Nothing. It still gets a codeword, one of the longest.
    None,
    /// No symbol weighs less than this power of two of all: `Share(18)` is 2^-18. From 8 to 32.
    Share(u8),
    /// In every shard each symbol counts once more than it occurs.
    AddOne,
}

impl Default for Floor {
    fn default() -> Self {
        Floor::Share(18)
    }
}

impl Floor {
    /// Refuses shares out of range.
    pub fn check(self) -> Result<(), DistributionError> {
        match self {
            Floor::Share(log2) if !(8..=32).contains(&log2) => Err(DistributionError::Share(log2)),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Floor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Floor::None => f.pad("none"),
            Floor::AddOne => f.pad("add-one"),
            Floor::Share(log2) => f.pad(&format!("2^-{log2}")),
        }
    }
}

impl FromStr for Floor {
    type Err = DistributionError;
    fn from_str(text: &str) -> Result<Self, DistributionError> {
        let unknown = || DistributionError::UnknownFloor(text.into());
        let floor = match text {
            "none" => Floor::None,
            "add-one" => Floor::AddOne,
            _ => Floor::Share(text.strip_prefix("2^-").and_then(|n| n.parse().ok()).ok_or_else(unknown)?),
        };
        floor.check()?;
        Ok(floor)
    }
}

/// Histograms that make no distribution.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DistributionError {
    /// Nothing to average.
    #[error("no shards: a distribution is the average of at least one")]
    NoShards,
    /// A shard without symbols.
    #[error("shard {0} has no symbols")]
    Empty(usize),
    /// Shards over different alphabets.
    #[error("shard {shard}: {source}")]
    Shard {
        /// Index of the shard, from 0.
        shard: usize,
        /// What is wrong.
        source: HistogramError,
    },
    /// The floor is out of range.
    #[error("floor 2^-{0}: must be 2^-8 to 2^-32")]
    Share(u8),
    /// A floor of no known form.
    #[error("unknown floor '{0}': expected none, add-one or 2^-8 to 2^-32")]
    UnknownFloor(String),
}

/// The average distribution of `shards`, in parts of 2^32, before any [`Floor::Share`] (which [`floored`] applies).
/// With [`Floor::AddOne`] each shard's counts are one more than given.
pub fn average<'a>(
    shards: impl IntoIterator<Item = &'a Histogram>,
    floor: Floor,
) -> Result<Histogram, DistributionError> {
    floor.check()?;
    let extra = u128::from(floor == Floor::AddOne);
    let mut shape: Option<(u32, Vec<u128>)> = None;
    let mut number = 0u128;
    for (shard, histogram) in shards.into_iter().enumerate() {
        let symbols = histogram.counts().len();
        let (symbol_bits, sums) = shape.get_or_insert_with(|| (histogram.symbol_bits(), vec![0; symbols]));
        if histogram.symbol_bits() != *symbol_bits {
            let source = HistogramError::Widths { expected: *symbol_bits, found: histogram.symbol_bits() };
            return Err(DistributionError::Shard { shard, source });
        }
        if histogram.total() == 0 {
            return Err(DistributionError::Empty(shard));
        }
        let total = histogram.total() + extra * symbols as u128;
        for (sum, &count) in sums.iter_mut().zip(histogram.counts()) {
            let count = u128::from(count) + extra;
            // At most (2^64 + 1) * 2^48: fits. A shard's part is at most 2^48 + 1, so 2^79 shards would fit the sum.
            let part = ((count << SHARD_PARTS_LOG2) + total / 2) / total;
            *sum += part.max(u128::from(count > 0));
        }
        number += 1;
    }
    let (symbol_bits, sums) = shape.ok_or(DistributionError::NoShards)?;
    let divisor = number << (SHARD_PARTS_LOG2 - PARTS_LOG2);
    let parts = sums.into_iter().map(|sum| ((sum + divisor / 2) / divisor).max(u128::from(sum > 0)) as u64).collect();
    Histogram::from_counts(symbol_bits, parts).map_err(|source| DistributionError::Shard { shard: 0, source })
}

/// The weights to build a code from: a distribution with every symbol raised to the floor.
pub fn floored(distribution: &Histogram, floor: Floor) -> Vec<u64> {
    let least = match floor {
        Floor::Share(log2) => 1u64 << (PARTS_LOG2.saturating_sub(log2.into())),
        Floor::None | Floor::AddOne => 0,
    };
    distribution.counts().iter().map(|&w| w.max(least)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn histogram(counts: &[u64]) -> Histogram {
        Histogram::from_counts(2, counts.to_vec()).unwrap()
    }

    #[test]
    fn shards_count_alike_whatever_their_size() {
        let (small, large) = (histogram(&[1, 1, 0, 0]), histogram(&[0, 0, 300, 100]));
        let mean = average([&small, &large], Floor::None).unwrap();
        // 1/4, 1/4, 3/8, 1/8 of 2^32.
        assert_eq!(mean.counts(), [1 << 30, 1 << 30, 3 << 29, 1 << 29]);
    }

    #[test]
    fn add_one_counts_in_every_shard() {
        let mean = average([&histogram(&[4, 0, 0, 0]), &histogram(&[12, 0, 0, 0])], Floor::AddOne).unwrap();
        // (5/8 + 13/16) / 2 = 23/32 and (1/8 + 1/16) / 2 = 3/32.
        assert_eq!(mean.counts(), [23 << 27, 3 << 27, 3 << 27, 3 << 27]);
    }

    #[test]
    fn the_floor_lifts_rare_symbols() {
        let d = average([&histogram(&[1, 1, 0, 0])], Floor::Share(18)).unwrap();
        assert_eq!(floored(&d, Floor::Share(18)), [1 << 31, 1 << 31, 1 << 14, 1 << 14]);
        assert_eq!(floored(&d, Floor::None), [1 << 31, 1 << 31, 0, 0]);
    }

    #[test]
    fn a_symbol_that_occurs_keeps_a_part() {
        let d = average([&histogram(&[u64::MAX, 1, 0, 0])], Floor::None).unwrap();
        assert_eq!(d.counts(), [1 << 32, 1, 0, 0]);
    }

    #[test]
    fn what_makes_no_distribution_is_refused() {
        let none: [&Histogram; 0] = [];
        assert_eq!(average(none, Floor::None).unwrap_err(), DistributionError::NoShards);
        let (full, empty) = (histogram(&[1, 2, 3, 4]), histogram(&[0; 4]));
        for floor in [Floor::None, Floor::AddOne, Floor::default()] {
            let e = average([&full, &empty], floor).unwrap_err().to_string();
            assert_eq!(e, "shard 1 has no symbols");
        }
        let wide = Histogram::from_counts(3, vec![1; 8]).unwrap();
        let e = average([&full, &wide], Floor::None).unwrap_err().to_string();
        assert_eq!(e, "shard 1: a histogram of 3-bit symbols does not go with one of 2-bit symbols");
        assert_eq!(average([&full], Floor::Share(7)).unwrap_err().to_string(), "floor 2^-7: must be 2^-8 to 2^-32");
    }

    #[test]
    fn floors_have_names() {
        for floor in [Floor::None, Floor::AddOne, Floor::Share(8), Floor::Share(32)] {
            assert_eq!(floor.to_string().parse(), Ok(floor));
        }
        let e = |s: &str| s.parse::<Floor>().unwrap_err().to_string();
        assert_eq!(e("2^-33"), "floor 2^-33: must be 2^-8 to 2^-32");
        assert_eq!(e("2^18"), "unknown floor '2^18': expected none, add-one or 2^-8 to 2^-32");
    }

    proptest! {
        #[test]
        fn the_order_of_the_shards_does_not_matter(
            counts in prop::collection::vec(prop::collection::vec(0u64..1000, 4), 1..8)
        ) {
            let shards: Vec<_> = counts.iter().filter(|c| c.iter().any(|&n| n > 0)).map(|c| histogram(c)).collect();
            prop_assume!(!shards.is_empty());
            let mean = average(&shards, Floor::None).unwrap();
            prop_assert_eq!(&mean, &average(shards.iter().rev(), Floor::None).unwrap());
            prop_assert!(mean.total().abs_diff(1 << 32) <= 4);
        }
    }
}

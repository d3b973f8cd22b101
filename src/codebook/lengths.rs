//! What distributions make symbols cost: ideal code lengths and those of real codes, in exact integers, the same on every machine.

use super::distribution::{floored, DistributionError, PARTS_LOG2};
use super::{build_distribution, BuildError, BuildOptions};
use crate::stats::Histogram;

/// Code lengths are in parts of a bit: 2^16 of them.
pub(super) const BIT_LOG2: u32 = 16;

/// Code lengths of a book: plane, symbol.
pub(super) type Lengths = Vec<Vec<u32>>;

/// Ideal lengths for a distribution with its floor.
pub(super) fn ideal(distribution: &[Histogram], options: &BuildOptions) -> Lengths {
    let plane = |h: &Histogram| {
        let weights = floored(h, options.floor);
        let total = log2(weights.iter().map(|&w| u128::from(w)).sum());
        weights.iter().map(|&w| total - log2(u128::from(w.max(1)))).collect()
    };
    distribution.iter().map(plane).collect()
}

/// Lengths of the real codes.
pub(super) fn coded(distribution: &[Histogram], options: &BuildOptions) -> Result<Lengths, BuildError> {
    let plane = |h: &Histogram| {
        let code = build_distribution(h, options)?;
        Ok((0..1usize << h.symbol_bits()).map(|s| code.cost(s as u8) << BIT_LOG2).collect())
    };
    distribution.iter().map(plane).collect()
}

/// Sums of weights as distributions, in parts of 2^32 for each plane; `None` if a plane has none. A symbol that has any keeps a part.
pub(super) fn parts(symbol_bits: u32, sums: &[Vec<u128>]) -> Result<Option<Vec<Histogram>>, BuildError> {
    let planes = sums.iter().enumerate().map(|(plane, sums)| {
        let total: u128 = sums.iter().sum();
        if total == 0 {
            return Ok(None);
        }
        let part = |&sum: &u128| (((sum << PARTS_LOG2) + total / 2) / total).max(u128::from(sum > 0)) as u64;
        let histogram = Histogram::from_counts(symbol_bits, sums.iter().map(part).collect());
        let fault = |source| DistributionError::Shard { shard: plane, source };
        Ok::<_, BuildError>(Some(histogram.map_err(fault)?))
    });
    planes.collect()
}

/// log2 of a number of at least 1 in parts of 2^16, rounded down.
fn log2(x: u128) -> u32 {
    let whole = x.max(1).ilog2();
    // 1.0 is 2^63: a bit of the fraction for every squaring.
    let mut mantissa = if whole > 63 { x >> (whole - 63) } else { x << (63 - whole) };
    let mut fraction = 0;
    for _ in 0..BIT_LOG2 {
        mantissa = (mantissa * mantissa) >> 63;
        fraction <<= 1;
        if mantissa >= 1 << 64 {
            mantissa >>= 1;
            fraction |= 1;
        }
    }
    (whole << BIT_LOG2) | fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logarithm_is_one() {
        for x in [1u128, 2, 3, 7, 1000, 12345678901, 1 << 63, (1 << 100) + 12345] {
            let error = f64::from(log2(x)) / 65536.0 - (x as f64).log2();
            assert!(error <= 1e-9 && error > -2e-5, "{x}: {error}");
        }
    }

    #[test]
    fn sums_become_parts_and_nothing_seen_is_lost() {
        let made = parts(2, &[vec![3 << 80, 1 << 80, 1, 0]]).unwrap().unwrap();
        assert_eq!(made[0].counts(), [3 << 30, 1 << 30, 1, 0]);
        assert_eq!(parts(2, &[vec![1, 0, 0, 0], vec![0; 4]]).unwrap(), None);
    }
}

//! The distribution behind book 1, the book to use where nothing chooses.
//!
//! The average of all there is serves what is frequent. What is rare and unlike the rest can then cost far more than it has to, and
//! nothing bounds by how much. So a share of book 1 may be given, percent by percent, to whatever it serves worst at that point:
//! steps towards the code whose greatest loss is least, on the side of the average.

use super::distribution::DistributionError;
use super::lengths::{coded, ideal, parts};
use super::{BuildError, BuildOptions};
use crate::stats::Histogram;

/// The average of samples, the counts of which are their weights: a distribution in parts of 2^32 for each plane.
pub fn weighted_average<'a>(
    samples: impl IntoIterator<Item = &'a Vec<Histogram>>,
) -> Result<Vec<Histogram>, BuildError> {
    let mut sums: Vec<Vec<u128>> = Vec::new();
    let mut symbol_bits = 0;
    for sample in samples {
        for (plane, histogram) in sample.iter().enumerate() {
            if sums.len() == plane {
                symbol_bits = histogram.symbol_bits();
                sums.push(vec![0; histogram.counts().len()]);
            }
            sums[plane].iter_mut().zip(histogram.counts()).for_each(|(sum, &count)| *sum += u128::from(count));
        }
    }
    let average = if sums.is_empty() { None } else { parts(symbol_bits, &sums)? };
    average.ok_or(DistributionError::NoShards.into())
}

/// `average` with `percent` of it, at most 99, given to those of `tensors` that it serves worst: one percent after the other to the
/// tensor whose bits a symbol under the real code exceed its own ideal ones by most, of equals the first. All are distributions in
/// parts of 2^32 for each plane.
pub fn cover(
    average: &[Histogram],
    tensors: &[Vec<Histogram>],
    percent: u8,
    options: &BuildOptions,
) -> Result<Vec<Histogram>, BuildError> {
    let cost = |tensor: &[Histogram], lengths: &[Vec<u32>]| -> u128 {
        let planes = tensor.iter().zip(lengths);
        let plane = |(h, l): (&Histogram, &Vec<u32>)| -> u128 {
            h.counts().iter().zip(l).map(|(&count, &length)| u128::from(count) * u128::from(length)).sum()
        };
        planes.map(plane).sum()
    };
    let own: Vec<u128> = tensors.iter().map(|t| cost(t, &ideal(t, options))).collect();
    let kept = u128::from(100 - percent.min(99));
    let mut sums: Vec<Vec<u128>> =
        average.iter().map(|h| h.counts().iter().map(|&part| kept * u128::from(part)).collect()).collect();
    let symbol_bits = average.first().map_or(0, Histogram::symbol_bits);
    let whole = |sums: &[Vec<u128>]| parts(symbol_bits, sums)?.ok_or(DistributionError::NoShards.into());
    for _ in kept..100 {
        let lengths = coded(&whole(&sums)?, options)?;
        let excess = |i: usize| cost(&tensors[i], &lengths).saturating_sub(own[i]);
        let Some(worst) = (0..tensors.len()).rev().max_by_key(|&i| excess(i)) else { break };
        for (sums, histogram) in sums.iter_mut().zip(&tensors[worst]) {
            sums.iter_mut().zip(histogram.counts()).for_each(|(sum, &part)| *sum += u128::from(part));
        }
    }
    whole(&sums)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codebook::lengths::BIT_LOG2;
    use crate::codebook::Escape;
    use crate::codebook::PARTS_LOG2;

    /// Bits a symbol that a distribution loses under the code of another.
    fn loss(tensor: &[Histogram], distribution: &[Histogram], options: &BuildOptions) -> f64 {
        let (real, ideal) = (coded(distribution, options).unwrap(), ideal(tensor, options));
        let counts = tensor[0].counts().iter().zip(real[0].iter().zip(&ideal[0]));
        let sum: f64 = counts.map(|(&c, (&r, &i))| c as f64 * (f64::from(r) - f64::from(i))).sum();
        sum / 2f64.powi((BIT_LOG2 + PARTS_LOG2) as i32)
    }

    /// A two-sided distribution that halves with every `octaves` symbols from the middle.
    fn around(middle: usize, octaves: usize) -> Vec<Histogram> {
        let counts = (0..64usize).map(|s| (1u128 << 40) >> (s.abs_diff(middle) / octaves).min(39)).collect();
        parts(6, &[counts]).unwrap().unwrap()
    }

    fn options() -> BuildOptions {
        BuildOptions { limit: 12, escape: Escape::None, ..BuildOptions::default() }
    }

    #[test]
    fn the_average_weighs_samples_by_their_counts() {
        let sample = |counts: [u64; 4]| vec![Histogram::from_counts(2, counts.to_vec()).unwrap()];
        let average = weighted_average([&sample([6, 0, 0, 0]), &sample([0, 1, 0, 1])]).unwrap();
        assert_eq!(average[0].counts(), [3 << 30, 1 << 29, 0, 1 << 29]);
        assert!(weighted_average([&sample([0; 4])]).is_err());
        assert!(weighted_average(std::iter::empty()).is_err());
    }

    #[test]
    fn a_share_for_the_worst_bounds_the_loss() {
        let (narrow, wide) = (around(32, 1), around(32, 6));
        let average = weighted_average(std::iter::repeat_n(&narrow, 30).chain([&wide])).unwrap();
        let tensors = [narrow.clone(), wide.clone()];
        let worst = |percent| {
            let covered = cover(&average, &tensors, percent, &options()).unwrap();
            tensors.iter().map(|t| loss(t, &covered, &options())).fold(0.0, f64::max)
        };
        assert!(loss(&wide, &average, &options()) == worst(0) && worst(0) > 1.0, "{}", worst(0));
        assert!(worst(10) < 0.7 * worst(0) && worst(40) < 0.5 * worst(0), "{} {} {}", worst(0), worst(10), worst(40));
        // Nothing to cover: the average, but for rounding.
        let same = cover(&average, &[], 40, &options()).unwrap();
        let parts = same[0].counts().iter().zip(average[0].counts());
        assert!(parts.clone().all(|(a, b)| a.abs_diff(*b) <= 1), "{:?}", parts.collect::<Vec<_>>());
    }
}

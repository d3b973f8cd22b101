//! Samples that a bank should serve well to the distributions behind its books: k-means on what coding costs.
//!
//! The distance of a sample from a book is the bits that the book spends on it (up to a constant the Kullback-Leibler
//! divergence, so the best book of given samples is that of their sum). First with ideal code lengths, from the samples that are served
//! worst, then with the real codes under the options of the bank. Book 1 is the average of everything and stays so: it is the one to
//! use where nothing chooses. Everything is in integers: the same samples give the same bank on every machine.

use super::distribution::{floored, DistributionError, PARTS_LOG2};
use super::{build_distribution, BuildError, BuildOptions, Escape};
use crate::stats::Histogram;
use std::cmp::Reverse;

/// Code lengths are in parts of a bit: 2^16 of them.
const BIT_LOG2: u32 = 16;
/// Rounds of k-means after a book has been added, with all books, and with real codes.
const ROUNDS_PER_BOOK: usize = 6;
const ROUNDS: usize = 60;
const ROUNDS_WITH_CODES: usize = 8;
/// With [`Escape::Auto`] building a code takes a hundred times as long.
const ROUNDS_WITH_AUTO: usize = 2;

/// Distributions behind the books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clusters {
    /// For each book and plane, in parts of 2^32: the average first, then by rising cost. There are fewer than asked for where fewer
    /// differ.
    pub distributions: Vec<Vec<Histogram>>,
    /// How much of the samples' weight each book serves, in parts of 2^32.
    pub shares: Vec<u64>,
}

/// One sample: its weights, those that are not 0, and their sum.
struct Sample {
    /// Plane, symbol, weight.
    weights: Vec<(usize, usize, u64)>,
    total: u128,
    in_average: bool,
}

/// Code lengths of a book: plane, symbol.
type Lengths = Vec<Vec<u32>>;

struct Clustering<'a> {
    samples: Vec<Sample>,
    symbol_bits: u32,
    planes: usize,
    options: &'a BuildOptions,
}

/// At most `books` distributions that serve `samples` best. A sample is one histogram for each plane, its counts the weights that
/// it has; samples of no weight are left out. The first distribution is the average of those samples for which `in_average` holds
/// `true`, and is kept whatever it serves.
pub fn cluster(
    samples: &[Vec<Histogram>],
    in_average: &[bool],
    books: usize,
    options: &BuildOptions,
) -> Result<Clusters, BuildError> {
    options.check()?;
    let first = samples.first().and_then(|s| s.first()).ok_or(DistributionError::NoShards)?;
    let (symbol_bits, planes) = (first.symbol_bits(), samples[0].len());
    let sample = |planes: &Vec<Histogram>| {
        let seen = |(plane, h): (usize, &Histogram)| {
            let weights = h.counts().iter().enumerate().filter(|(_, &w)| w > 0);
            weights.map(|(symbol, &w)| (plane, symbol, w)).collect::<Vec<_>>()
        };
        let weights: Vec<_> = planes.iter().enumerate().flat_map(seen).collect();
        Sample { total: weights.iter().map(|w| u128::from(w.2)).sum(), weights, in_average: false }
    };
    let samples: Vec<Sample> = samples
        .iter()
        .zip(in_average)
        .map(|(s, &in_average)| Sample { in_average, ..sample(s) })
        .filter(|s| s.total > 0)
        .collect();
    if samples.is_empty() {
        return Err(DistributionError::NoShards.into());
    }
    Clustering { samples, symbol_bits, planes, options }.run(books)
}

impl Clustering<'_> {
    fn run(&self, books: usize) -> Result<Clusters, BuildError> {
        let average = self.centre(self.samples.iter().filter(|s| s.in_average))?.ok_or(DistributionError::NoShards)?;
        let mut lengths = vec![self.ideal(&average)];
        let own: Vec<u128> =
            (0..self.samples.len()).map(|i| Ok(self.cost(i, &self.alone(i)?))).collect::<Result<_, BuildError>>()?;
        while lengths.len() < books {
            let (served_by, _) = self.assign(&lengths);
            let excess = |i: usize| self.served(i, &lengths, served_by[i]).saturating_sub(own[i]);
            // Of equals the first.
            let Some(worst) = (0..self.samples.len()).rev().max_by_key(|&i| excess(i)).filter(|&i| excess(i) > 0)
            else {
                break;
            };
            lengths.push(self.alone(worst)?);
            self.improve(&mut lengths, ROUNDS_PER_BOOK, &|d| Ok(self.ideal(d)))?;
        }
        self.improve(&mut lengths, ROUNDS, &|d| Ok(self.ideal(d)))?;
        self.relocate(&mut lengths)?;
        let coded = |d: &[Histogram]| self.coded(d);
        lengths[0] = coded(&average)?;
        let rounds = if self.options.escape == Escape::Auto { ROUNDS_WITH_AUTO } else { ROUNDS_WITH_CODES };
        self.improve(&mut lengths, rounds, &coded)?;

        let (served_by, _) = self.assign(&lengths);
        let mut books = Vec::new();
        for book in 1..lengths.len() {
            if let Some(distribution) = self.distribution(&served_by, book)? {
                let weight = self.weight(&served_by, book);
                let cost: u128 = (0..self.samples.len())
                    .filter(|&i| served_by[i] == book)
                    .map(|i| self.cost(i, &lengths[book]) >> BIT_LOG2)
                    .sum();
                // In 1/4096 of a bit, so that books of a cost stay in the order in which they were found.
                books.push(((cost << 12) / weight.max(1), distribution, weight));
            }
        }
        books.sort_by_key(|b| b.0);
        let total: u128 = self.samples.iter().map(|s| s.total).sum();
        let share = |weight: u128| ((weight << PARTS_LOG2) / total) as u64;
        let first = (average, self.weight(&served_by, 0));
        let (distributions, shares) =
            std::iter::once(first).chain(books.into_iter().map(|b| (b.1, b.2))).map(|(d, w)| (d, share(w))).unzip();
        Ok(Clusters { distributions, shares })
    }

    /// Takes the book that is missed least and makes it anew from a sample, as long as that helps: k-means alone stays where it
    /// began.
    fn relocate(&self, lengths: &mut Vec<Lengths>) -> Result<(), BuildError> {
        let (_, mut best) = self.assign(lengths);
        loop {
            let (served_by, _) = self.assign(lengths);
            let without = |book: usize| {
                let others: Vec<Lengths> =
                    lengths.iter().enumerate().filter(|(b, _)| *b != book).map(|(_, l)| l.clone()).collect();
                self.assign(&others).1
            };
            let Some(missed_least) = (1..lengths.len()).min_by_key(|&book| without(book)) else { return Ok(()) };
            // Of each book the sample that loses most to its own ideal code.
            let loss = |i: usize, book: usize| {
                Ok::<_, BuildError>(self.cost(i, &lengths[book]).saturating_sub(self.cost(i, &self.alone(i)?)))
            };
            let mut centres: Vec<(u128, usize)> = Vec::new();
            for book in 0..lengths.len() {
                let served = (0..self.samples.len()).filter(|&i| served_by[i] == book);
                let losses = served.map(|i| Ok((loss(i, book)?, i))).collect::<Result<Vec<_>, BuildError>>()?;
                centres.extend(losses.into_iter().max_by_key(|&(loss, i)| (loss, Reverse(i))));
            }
            centres.sort_by_key(|&(loss, i)| (Reverse(loss), i));
            let mut better = None;
            for &(_, sample) in &centres {
                let mut tried = lengths.clone();
                tried[missed_least] = self.alone(sample)?;
                self.improve(&mut tried, ROUNDS, &|d| Ok(self.ideal(d)))?;
                let (_, cost) = self.assign(&tried);
                if cost < best {
                    better = Some((cost, tried));
                    break;
                }
            }
            let Some((cost, tried)) = better else { return Ok(()) };
            (best, *lengths) = (cost, tried);
        }
    }

    /// Ideal lengths for one sample.
    fn alone(&self, sample: usize) -> Result<Lengths, BuildError> {
        Ok(self.ideal(&self.centre([&self.samples[sample]].into_iter())?.unwrap_or_default()))
    }

    /// Moves every book but the first to the centre of what it serves, until nothing gets better.
    fn improve(
        &self,
        lengths: &mut [Lengths],
        rounds: usize,
        code: &dyn Fn(&[Histogram]) -> Result<Lengths, BuildError>,
    ) -> Result<(), BuildError> {
        let mut best = u128::MAX;
        for _ in 0..rounds {
            let (served_by, cost) = self.assign(lengths);
            if cost >= best {
                break;
            }
            best = cost;
            for (book, lengths) in lengths.iter_mut().enumerate().skip(1) {
                if let Some(distribution) = self.distribution(&served_by, book)? {
                    *lengths = code(&distribution)?;
                }
            }
        }
        Ok(())
    }

    /// The best book of each sample, of equals the first, and the cost of all. What is better off raw counts for no book's centre:
    /// it gets a number that no book has.
    fn assign(&self, lengths: &[Lengths]) -> (Vec<usize>, u128) {
        let mut total = 0;
        let served_by = (0..self.samples.len()).map(|i| {
            let costs = lengths.iter().enumerate().map(|(book, l)| (self.cost(i, l), book));
            let (cost, book) = costs.chain([(self.raw_cost(i), usize::MAX)]).min().unwrap_or_default();
            total += cost;
            book
        });
        (served_by.collect(), total)
    }

    fn served(&self, sample: usize, lengths: &[Lengths], book: usize) -> u128 {
        lengths.get(book).map_or_else(|| self.raw_cost(sample), |l| self.cost(sample, l))
    }

    fn raw_cost(&self, sample: usize) -> u128 {
        self.samples[sample].total * u128::from(self.symbol_bits) << BIT_LOG2
    }

    fn cost(&self, sample: usize, lengths: &Lengths) -> u128 {
        let weights = self.samples[sample].weights.iter();
        weights.map(|&(plane, symbol, w)| u128::from(w) * u128::from(lengths[plane][symbol])).sum()
    }

    fn weight(&self, served_by: &[usize], book: usize) -> u128 {
        self.samples.iter().zip(served_by).filter(|(_, &b)| b == book).map(|(s, _)| s.total).sum()
    }

    /// The centre of all samples that a book serves; `None` if there are none.
    fn distribution(&self, served_by: &[usize], book: usize) -> Result<Option<Vec<Histogram>>, BuildError> {
        self.centre(self.samples.iter().zip(served_by).filter(|(_, &b)| b == book).map(|(s, _)| s))
    }

    /// The sum of samples, in parts of 2^32 for each plane.
    fn centre<'s>(&self, samples: impl Iterator<Item = &'s Sample>) -> Result<Option<Vec<Histogram>>, BuildError> {
        let mut sums = vec![vec![0u128; 1 << self.symbol_bits]; self.planes];
        for sample in samples {
            sample.weights.iter().for_each(|&(plane, symbol, w)| sums[plane][symbol] += u128::from(w));
        }
        let scaled = sums.into_iter().enumerate().map(|(plane, sums)| {
            let total: u128 = sums.iter().sum();
            if total == 0 {
                return Ok(None);
            }
            let part = |sum: u128| (((sum << PARTS_LOG2) + total / 2) / total).max(u128::from(sum > 0)) as u64;
            let histogram = Histogram::from_counts(self.symbol_bits, sums.into_iter().map(part).collect());
            let fault = |source| DistributionError::Shard { shard: plane, source };
            Ok::<_, BuildError>(Some(histogram.map_err(fault)?))
        });
        scaled.collect()
    }

    /// Ideal lengths for a distribution with its floor.
    fn ideal(&self, distribution: &[Histogram]) -> Lengths {
        let plane = |h: &Histogram| {
            let weights = floored(h, self.options.floor);
            let total = log2(weights.iter().map(|&w| u128::from(w)).sum());
            weights.iter().map(|&w| total - log2(u128::from(w.max(1)))).collect()
        };
        distribution.iter().map(plane).collect()
    }

    /// Lengths of the real codes.
    fn coded(&self, distribution: &[Histogram]) -> Result<Lengths, BuildError> {
        let plane = |h: &Histogram| {
            let code = build_distribution(h, self.options)?;
            Ok((0..1usize << self.symbol_bits).map(|s| code.cost(s as u8) << BIT_LOG2).collect())
        };
        distribution.iter().map(plane).collect()
    }
}

/// log2 of a number of at least 1 in parts of 2^16, rounded down.
fn log2(x: u128) -> u32 {
    let whole = x.max(1).ilog2();
    // 1.0 is 2^63: a bit of the fraction for every squaring.
    let mut mantissa = if whole > 63 { x >> (whole - 63) } else { x << (63 - whole) };
    let mut fraction = 0;
    for _ in 0..BIT_LOG2 {
        mantissa = mantissa * mantissa >> 63;
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

    /// A sample around `centre`, `spread` counts wide.
    fn sample(centre: usize, spread: usize, weight: u64) -> Vec<Histogram> {
        let mut counts = vec![0; 64];
        (0..spread).for_each(|i| counts[centre + i] = weight / spread as u64);
        vec![Histogram::from_counts(6, counts).unwrap()]
    }

    fn options() -> BuildOptions {
        BuildOptions { limit: 12, escape: Escape::None, ..BuildOptions::default() }
    }

    #[test]
    fn clusters_are_found_and_the_average_stays_first() {
        let samples: Vec<_> = (0..12).map(|i| sample([4, 20, 40][i % 3], 4, 4096)).collect();
        let found = cluster(&samples, &vec![true; samples.len()], 4, &options()).unwrap();
        assert_eq!(found.distributions.len(), 4);
        let seen = |d: &[Histogram]| d[0].counts().iter().enumerate().filter(|(_, &c)| c > 1000).map(|(s, _)| s).min();
        assert_eq!(found.distributions[0][0].seen(), 12);
        let mut centres: Vec<_> = found.distributions[1..].iter().map(|d| seen(d).unwrap()).collect();
        centres.sort_unstable();
        assert_eq!(centres, [4, 20, 40]);
        assert_eq!(found.shares[0], 0);
        assert!(found.shares[1..].iter().all(|s| s.abs_diff((1 << 32) / 3) < 2), "{:?}", found.shares);
    }

    #[test]
    fn books_come_by_rising_cost_and_no_more_than_differ() {
        let samples = [sample(8, 16, 1 << 20), sample(30, 2, 1 << 20), sample(40, 6, 1 << 20)];
        let found = cluster(&samples, &vec![true; samples.len()], 9, &options()).unwrap();
        let widths: Vec<_> = found.distributions.iter().map(|d| d[0].seen()).collect();
        assert_eq!(widths, [24, 2, 6, 16]);
        let one = cluster(&samples, &vec![true; samples.len()], 1, &options()).unwrap();
        assert_eq!(one.distributions, found.distributions[..1]);
        assert_eq!(one.shares, [1 << 32]);
    }

    #[test]
    fn the_first_book_is_the_average_of_what_is_in_it() {
        let samples = [sample(8, 4, 1 << 20), sample(30, 4, 1 << 20), sample(50, 4, 1 << 20)];
        let found = cluster(&samples, &[true, false, true], 3, &options()).unwrap();
        let centre = |symbol: usize| found.distributions[0][0].counts()[symbol];
        assert_eq!((centre(8), centre(30), centre(50)), (1 << 29, 0, 1 << 29));
        assert!(cluster(&samples, &[false; 3], 3, &options()).is_err());
    }

    #[test]
    fn the_order_of_the_samples_of_a_cluster_does_not_matter() {
        let mut samples: Vec<_> = (0..30).map(|i| sample(3 + i, 3 + i % 5, 1000 * (i as u64 + 1))).collect();
        let one = cluster(&samples, &vec![true; samples.len()], 5, &options()).unwrap();
        samples.reverse();
        assert_eq!(
            cluster(&samples, &vec![true; samples.len()], 5, &options()).unwrap().distributions[0],
            one.distributions[0]
        );
        assert_eq!(
            cluster(&samples, &vec![true; samples.len()], 5, &options()).unwrap(),
            cluster(&samples, &vec![true; samples.len()], 5, &options()).unwrap()
        );
    }

    #[test]
    fn nothing_makes_no_book() {
        let none = cluster(&[], &[], 2, &options()).unwrap_err();
        assert_eq!(none.to_string(), DistributionError::NoShards.to_string());
        assert!(cluster(&[vec![Histogram::new(6).unwrap()]], &[true], 2, &options()).is_err());
    }
}

//! Samples that a bank should serve well to the distributions behind its books: k-means on what coding costs.
//!
//! The distance of a sample from a book is the bits that the book spends on it (up to a constant the Kullback-Leibler
//! divergence, so the best book of given samples is that of their sum). First with ideal code lengths, from the samples that are served
//! worst, then with the real codes under the options of the bank. Book 1 is given and stays as it is: it is the one to
//! use where nothing chooses. Everything is in integers: the same samples give the same bank on every machine.

use super::distribution::{DistributionError, PARTS_LOG2};
use super::lengths::{self, parts, Lengths, BIT_LOG2};
use super::{BuildError, BuildOptions, Escape};
use crate::stats::Histogram;
use std::cmp::Reverse;

/// Rounds of k-means after a book has been added, with all books, and with real codes.
const ROUNDS_PER_BOOK: usize = 6;
const ROUNDS: usize = 60;
const ROUNDS_WITH_CODES: usize = 8;
/// With [`Escape::Auto`] building a code takes a hundred times as long.
const ROUNDS_WITH_AUTO: usize = 2;

/// Distributions behind the books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clusters {
    /// For each book and plane, in parts of 2^32: the one given first, then by rising cost. There are fewer than asked for where fewer
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
}

struct Clustering<'a> {
    samples: Vec<Sample>,
    symbol_bits: u32,
    planes: usize,
    options: &'a BuildOptions,
}

/// At most `books` distributions that serve `samples` best. A sample is one histogram for each plane, its counts the weights that
/// it has; samples of no weight are left out. The first distribution is `first`, in parts of 2^32, and is kept whatever it serves:
/// [`weighted_average`](super::weighted_average) and [`cover`](super::cover) make it.
pub fn cluster(
    samples: &[Vec<Histogram>],
    first: Vec<Histogram>,
    books: usize,
    options: &BuildOptions,
) -> Result<Clusters, BuildError> {
    options.check()?;
    let (symbol_bits, planes) = (first.first().map_or(0, Histogram::symbol_bits), first.len());
    let sample = |planes: &Vec<Histogram>| {
        let seen = |(plane, h): (usize, &Histogram)| {
            let weights = h.counts().iter().enumerate().filter(|(_, &w)| w > 0);
            weights.map(|(symbol, &w)| (plane, symbol, w)).collect::<Vec<_>>()
        };
        let weights: Vec<_> = planes.iter().enumerate().flat_map(seen).collect();
        Sample { total: weights.iter().map(|w| u128::from(w.2)).sum(), weights }
    };
    let samples: Vec<Sample> = samples.iter().map(sample).filter(|s| s.total > 0).collect();
    if samples.is_empty() {
        return Err(DistributionError::NoShards.into());
    }
    Clustering { samples, symbol_bits, planes, options }.run(first, books)
}

impl Clustering<'_> {
    fn run(&self, first: Vec<Histogram>, books: usize) -> Result<Clusters, BuildError> {
        let mut lengths = vec![self.ideal(&first)];
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
        let coded = |d: &[Histogram]| lengths::coded(d, self.options);
        // What a book is worth shows under its real code alone: whole bits a codeword are coarse where a symbol takes two or three.
        if self.options.escape == Escape::Auto {
            self.relocate(&mut lengths, &|d| Ok(self.ideal(d)))?;
            lengths[0] = coded(&first)?;
            self.improve(&mut lengths, ROUNDS_WITH_AUTO, &coded)?;
        } else {
            lengths[0] = coded(&first)?;
            self.improve(&mut lengths, ROUNDS_WITH_CODES, &coded)?;
            self.relocate(&mut lengths, &coded)?;
        }

        let (served_by, _) = self.assign(&lengths);
        let mut books = Vec::new();
        for (book, own) in lengths.iter().enumerate().skip(1) {
            if let Some(distribution) = self.distribution(&served_by, book)? {
                let weight = self.weight(&served_by, book);
                let cost: u128 = (0..self.samples.len())
                    .filter(|&i| served_by[i] == book)
                    .map(|i| self.cost(i, own) >> BIT_LOG2)
                    .sum();
                // In 1/4096 of a bit, so that books of a cost stay in the order in which they were found.
                books.push(((cost << 12) / weight.max(1), distribution, weight));
            }
        }
        books.sort_by_key(|b| b.0);
        let total: u128 = self.samples.iter().map(|s| s.total).sum();
        let share = |weight: u128| ((weight << PARTS_LOG2) / total) as u64;
        let first = (first, self.weight(&served_by, 0));
        let (distributions, shares) =
            std::iter::once(first).chain(books.into_iter().map(|b| (b.1, b.2))).map(|(d, w)| (d, share(w))).unzip();
        Ok(Clusters { distributions, shares })
    }

    /// Takes the book that is missed least and makes it anew from a sample, as long as that helps: k-means alone stays where it
    /// began.
    fn relocate(
        &self,
        lengths: &mut Vec<Lengths>,
        code: &dyn Fn(&[Histogram]) -> Result<Lengths, BuildError>,
    ) -> Result<(), BuildError> {
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
            let books = lengths.len();
            let mut centres: Vec<(u128, usize)> = Vec::new();
            for book in 0..books {
                let served = (0..self.samples.len()).filter(|&i| served_by[i] == book);
                let losses = served.map(|i| Ok((loss(i, book)?, i))).collect::<Result<Vec<_>, BuildError>>()?;
                centres.extend(losses.into_iter().max_by_key(|&(loss, i)| (loss, Reverse(i))));
            }
            centres.sort_by_key(|&(loss, i)| (Reverse(loss), i));
            let mut better = None;
            for &(_, sample) in &centres {
                let mut tried = lengths.clone();
                tried[missed_least] = code(&self.centre_of(sample)?)?;
                self.improve(&mut tried, ROUNDS, code)?;
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
        Ok(self.ideal(&self.centre_of(sample)?))
    }

    /// The distribution of one sample.
    fn centre_of(&self, sample: usize) -> Result<Vec<Histogram>, BuildError> {
        Ok(self.centre([&self.samples[sample]].into_iter())?.unwrap_or_default())
    }

    fn ideal(&self, distribution: &[Histogram]) -> Lengths {
        lengths::ideal(distribution, self.options)
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
        (self.samples[sample].total * u128::from(self.symbol_bits)) << BIT_LOG2
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
        parts(self.symbol_bits, &sums)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codebook::weighted_average;

    /// A sample around `centre`, `spread` counts wide.
    fn sample(centre: usize, spread: usize, weight: u64) -> Vec<Histogram> {
        let mut counts = vec![0; 64];
        (0..spread).for_each(|i| counts[centre + i] = weight / spread as u64);
        vec![Histogram::from_counts(6, counts).unwrap()]
    }

    /// Book 1 the average of all.
    fn clusters(samples: &[Vec<Histogram>], books: usize) -> Clusters {
        cluster(samples, weighted_average(samples).unwrap(), books, &options()).unwrap()
    }

    fn options() -> BuildOptions {
        BuildOptions { limit: 12, escape: Escape::None, ..BuildOptions::default() }
    }

    #[test]
    fn clusters_are_found_and_the_average_stays_first() {
        let samples: Vec<_> = (0..12).map(|i| sample([4, 20, 40][i % 3], 4, 4096)).collect();
        let found = clusters(&samples, 4);
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
        let found = clusters(&samples, 9);
        let widths: Vec<_> = found.distributions.iter().map(|d| d[0].seen()).collect();
        assert_eq!(widths, [24, 2, 6, 16]);
        let one = clusters(&samples, 1);
        assert_eq!(one.distributions, found.distributions[..1]);
        assert_eq!(one.shares, [1 << 32]);
    }

    #[test]
    fn the_first_book_is_kept_as_it_is_given() {
        let samples = [sample(8, 4, 1 << 20), sample(30, 4, 1 << 20), sample(50, 4, 1 << 20)];
        let first = weighted_average([&samples[0], &samples[2]]).unwrap();
        let found = cluster(&samples, first.clone(), 3, &options()).unwrap();
        assert_eq!(found.distributions[0], first);
        assert_eq!(found.distributions.len(), 3);
    }

    /// Whole bits count: a third book goes where the real code of one of the others is worst, not where its ideal one would be.
    #[test]
    fn what_a_book_is_worth_shows_under_its_real_code() {
        // Three of four sixteenths, and even: ideal lengths of 0.2 to 2 bits, real ones of 1 to 3.
        let shape = |counts: [u64; 4], weight: u64| {
            let mut all = vec![0; 64];
            counts.iter().enumerate().for_each(|(s, &c)| all[s] = c * weight);
            vec![Histogram::from_counts(6, all).unwrap()]
        };
        let samples: Vec<_> = (0..24u64).map(|i| shape([40 - i, 8 + i, 8 + i / 2, 8 + i / 3], 1 << 20)).collect();
        let found = clusters(&samples, 4);
        let real = |books: &[Vec<Histogram>]| -> u64 {
            let codes: Vec<Lengths> = books.iter().map(|d| lengths::coded(d, &options()).unwrap()).collect();
            let cost = |s: &Vec<Histogram>, l: &Lengths| -> u64 {
                s[0].counts().iter().zip(&l[0]).map(|(&c, &bits)| c * u64::from(bits >> BIT_LOG2)).sum()
            };
            samples.iter().map(|s| codes.iter().map(|l| cost(s, l)).min().unwrap()).sum()
        };
        // No sample's own code in place of any book makes it better.
        let cost = real(&found.distributions);
        for book in 1..found.distributions.len() {
            for sample in &samples {
                let mut tried = found.distributions.clone();
                tried[book] = weighted_average([sample]).unwrap();
                assert!(real(&tried) >= cost, "book {book}");
            }
        }
    }

    #[test]
    fn the_order_of_the_samples_of_a_cluster_does_not_matter() {
        let mut samples: Vec<_> = (0..30).map(|i| sample(3 + i, 3 + i % 5, 1000 * (i as u64 + 1))).collect();
        let one = clusters(&samples, 5);
        samples.reverse();
        assert_eq!(clusters(&samples, 5).distributions[0], one.distributions[0]);
        assert_eq!(clusters(&samples, 5), clusters(&samples, 5));
    }

    #[test]
    fn nothing_makes_no_book() {
        let first = sample(8, 4, 1 << 20);
        let none = cluster(&[], first.clone(), 2, &options()).unwrap_err();
        assert_eq!(none.to_string(), DistributionError::NoShards.to_string());
        assert!(cluster(&[vec![Histogram::new(6).unwrap()]], first, 2, &options()).is_err());
    }
}

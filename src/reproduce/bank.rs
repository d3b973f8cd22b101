//! Banks from data: runs of symbols are clustered so that each cluster has a book that suits it.
//!
//! k-means in which the distance of a run from a cluster is the bits that the cluster's ideal code takes for it. Nothing is
//! random: the clusters begin as quantiles, of the mean symbol and of the entropy, and the better end is taken.

use super::input::{Tensor, View};
use super::ours::parameters;
use super::ReproduceError;
use crate::codebook::{calibrate, Bank, BuildOptions, Calibration, Group};
use crate::codec::symbols::split;
use crate::codec::tracker::Tracker;
use crate::format::{Format, Layout};
use crate::stats::{entropy, Histogram, ShardHistogram};
use crate::wire::Parameters;

/// Elements of a run.
const RUN: usize = 512;
/// Most runs that a bank is made from.
const MOST_RUNS: usize = 4096;
const ROUNDS: usize = 12;
/// Least share of a symbol in a cluster's ideal code, 2^-16: none takes more than 16 bits.
const LEAST_SHARE: f64 = 1.0 / 65536.0;

/// Histograms of runs of the shards that `wanted` names by tensor and index, from all `tensors` of `format`; evenly thinned out if
/// there are too many.
pub fn sample(
    tensors: &[Tensor],
    format: Format,
    view: View,
    wanted: impl Fn(&Tensor, usize) -> bool,
) -> Result<Vec<Histogram>, ReproduceError> {
    let mut runs = Vec::new();
    for tensor in tensors.iter().filter(|t| t.format == format) {
        let Some(layout) = tensor.layout(view) else { continue };
        for (_, shard) in tensor.shards.iter().enumerate().filter(|(i, _)| wanted(tensor, *i)) {
            let symbols = symbols(&layout, view, &shard.bytes);
            for run in symbols.chunks(RUN).filter(|run| run.len() >= RUN / 8) {
                let mut histogram = Histogram::new(layout.symbol_bits)?;
                run.iter().try_for_each(|&s| histogram.add(s))?;
                runs.push(histogram);
            }
        }
    }
    let every = runs.len().div_ceil(MOST_RUNS).max(1);
    Ok(runs.into_iter().step_by(every).collect())
}

/// The symbols of a shard in order.
pub fn symbols(layout: &Layout, view: View, bytes: &[u8]) -> Vec<u8> {
    let mut tracker = Tracker::new(&parameters(layout.format, view, bytes), layout);
    exponents(layout, bytes).map(|e| tracker.as_mut().map_or(e, |t| t.encode(e))).collect()
}

/// The first symbol of each element: exponents with map `fields`, all bytes with map `bytes`.
pub fn exponents<'a>(layout: &'a Layout, bytes: &'a [u8]) -> impl Iterator<Item = u8> + 'a {
    let element = |chunk: &[u8]| chunk.iter().rev().fold(0u32, |value, &b| value << 8 | u32::from(b));
    bytes.chunks_exact(layout.element_bytes()).map(move |chunk| split(layout, element(chunk)).symbols[0])
}

/// A bank of at most `books` books for `parameters`, from the histograms of runs, of which there has to be one at least.
pub fn train(parameters: &Parameters, runs: &[Histogram], books: usize) -> Result<Bank, ReproduceError> {
    let layout = parameters.check().map_err(crate::codec::CodecError::from)?;
    let mean = |h: &Histogram| {
        // Re-centred exponents lie around 0: the upper half of the alphabet is negative.
        let half = if parameters.tracking.is_some() { 1usize << (layout.symbol_bits - 1) } else { usize::MAX };
        let place = |s: usize| if s < half { s as f64 } else { s as f64 - 2.0 * half as f64 };
        let sum: f64 = h.counts().iter().enumerate().map(|(s, &c)| place(s) * c as f64).sum();
        sum / h.total().max(1) as f64
    };
    let starts = [quantiles(runs, books, mean), quantiles(runs, books, entropy)];
    let ends = starts.into_iter().map(|start| cluster(runs, start, books));
    let best = ends.min_by(|a, b| a.0.total_cmp(&b.0));
    let assigned = best.map_or_else(Vec::new, |(_, assigned)| assigned);
    let members = |book: usize| {
        let members = runs.iter().zip(&assigned).filter(move |(_, &a)| a == book);
        members.map(|(run, _)| ShardHistogram { planes: vec![run.clone()] }).collect::<Vec<_>>()
    };
    let groups = (0..books).map(|book| Group { name: format!("cluster{book}"), shards: members(book) });
    let calibration = Calibration {
        name: "reproduce".into(),
        layout,
        options: BuildOptions::default().fitting(parameters),
        tracking: None,
        sources: vec![],
    };
    Ok(calibrate(&groups.filter(|g| !g.shards.is_empty()).collect::<Vec<_>>(), &calibration)?.bank)
}

/// Runs ordered by `key` and dealt out in equal parts.
fn quantiles(runs: &[Histogram], parts: usize, key: impl Fn(&Histogram) -> f64) -> Vec<usize> {
    let keys: Vec<f64> = runs.iter().map(key).collect();
    let mut order: Vec<usize> = (0..runs.len()).collect();
    order.sort_by(|&a, &b| keys[a].total_cmp(&keys[b]).then(a.cmp(&b)));
    let mut assigned = vec![0; runs.len()];
    order.iter().enumerate().for_each(|(rank, &run)| assigned[run] = rank * parts / runs.len());
    assigned
}

/// Total bits at the end, and the cluster of each run.
fn cluster(runs: &[Histogram], mut assigned: Vec<usize>, clusters: usize) -> (f64, Vec<usize>) {
    let sparse: Vec<Vec<(usize, f64)>> = runs.iter().map(seen).collect();
    let symbols = runs.first().map_or(0, |r| r.counts().len());
    let mut total = f64::INFINITY;
    for _ in 0..ROUNDS {
        let codes: Vec<Option<Vec<f64>>> = (0..clusters)
            .map(|cluster| {
                let mut weights = vec![0.0; symbols];
                let members = sparse.iter().zip(&assigned).filter(|(_, &a)| a == cluster);
                members.flat_map(|(run, _)| run).for_each(|&(s, c)| weights[s] += c);
                let sum: f64 = weights.iter().sum();
                (sum > 0.0).then(|| weights.iter().map(|w| -(w / sum).max(LEAST_SHARE).log2()).collect())
            })
            .collect();
        let bits = |run: &[(usize, f64)], code: &[f64]| run.iter().map(|&(s, c)| c * code[s]).sum::<f64>();
        total = 0.0;
        for (run, assigned) in sparse.iter().zip(&mut assigned) {
            let costs = codes.iter().enumerate().filter_map(|(i, code)| Some((i, bits(run, code.as_ref()?))));
            if let Some((best, cost)) = costs.min_by(|a, b| a.1.total_cmp(&b.1)) {
                *assigned = best;
                total += cost;
            }
        }
    }
    (total, assigned)
}

/// The symbols that occur, with their counts.
fn seen(run: &Histogram) -> Vec<(usize, f64)> {
    run.counts().iter().enumerate().filter(|(_, &c)| c > 0).map(|(s, &c)| (s, c as f64)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::coded_bits;

    #[test]
    fn two_shapes_get_a_book_each() {
        let run = |top: usize| {
            let mut counts = vec![0; 16];
            (counts[top], counts[top + 1]) = (90, 10);
            Histogram::from_counts(4, counts).unwrap()
        };
        let runs: Vec<Histogram> = (0..20).map(|i| run(if i % 3 == 0 { 2 } else { 9 })).collect();
        let parameters = parameters(Format::E4m3, View::Recentred, &[]);
        let bank = train(&parameters, &runs, 2).unwrap();
        assert_eq!(bank.books().len(), 2);
        for run in &runs {
            let bits = |b: usize| coded_bits(run, &bank.books()[b].planes[0]).unwrap();
            // 1 bit for the likely symbol, 2 or 3 for the other.
            assert!(bits(0).min(bits(1)) <= 120 && bits(0).max(bits(1)) > 300, "{} {}", bits(0), bits(1));
        }
    }

    #[test]
    fn more_books_than_runs_are_no_harm() {
        let run = Histogram::from_counts(4, vec![5; 16]).unwrap();
        assert_eq!(train(&parameters(Format::E4m3, View::Recentred, &[]), &[run], 15).unwrap().books().len(), 1);
    }
}

//! What one book can do at best, whatever it is: lower bounds of its worst tensor, by weak duality.
//!
//! Under a book a tensor's gap is linear in the lengths of the codewords. So for weights that sum up to 1 the worst gap is at
//! least the weighted mean of gaps, and that is least under the best code for the mixture of the tensors by these weights: its entropy, or
//! under whole bits its Huffman code. Weights are made by their own product (those of tensors that lose much grow), and the greatest bound
//! that was met is the one shown: any weights give a true one.

use crate::experiments::Study;
use crate::material::Counts;
use crate::report::{pp, Report, Table};
use crate::study::{measure, summary, Books, CHOSEN_BLOCK, CHOSEN_CODES};
use crate::Result;
use huffwire::codebook::{build_distribution, universal, BuildOptions, Escape, Floor, PARTS_LOG2};
use huffwire::histograms::BlockUnit;
use huffwire::stats::Histogram;
use std::sync::Arc;

/// Rounds of new weights.
const ROUNDS: u32 = 2000;
/// Bits of an element, and of the part of it that is sent as it is.
const ELEMENT_BITS: f64 = 16.0;
const RAW_BITS: f64 = 8.0;

/// A tensor as one book for all sees it.
struct Seen {
    /// Re-centred exponents, their shares.
    shares: Vec<f64>,
    /// Bits that an exponent takes under per-shard Huffman.
    huffman: f64,
}

/// What the codewords may be.
#[derive(Clone, Copy)]
enum Lengths {
    /// Any fraction of a bit.
    Ideal,
    /// Those of codes built so.
    Coded(BuildOptions),
}

/// Every symbol has a codeword, of up to 16 bits: as codes go, those with an escape are among them.
const ANY_CODE: BuildOptions =
    BuildOptions { limit: 16, escaped_limit: None, escape: Escape::None, floor: Floor::None, decidable: None };

impl Lengths {
    /// The lengths that are best for a mixture.
    fn best(self, mixture: &[f64]) -> Result<Vec<f64>> {
        match self {
            Lengths::Ideal => Ok(mixture.iter().map(|&share| -share.max(f64::MIN_POSITIVE).log2()).collect()),
            Lengths::Coded(options) => {
                let parts = mixture.iter().map(|share| (share * 2f64.powi(PARTS_LOG2 as i32)).round() as u64);
                let code = build_distribution(&Histogram::from_counts(8, parts.collect())?, &options)?;
                Ok((0..=u8::MAX).map(|symbol| f64::from(code.cost(symbol))).collect())
            }
        }
    }
}

/// The greatest lower bound found for the worst of the tensors, in percentage points of the original size.
fn bound(tensors: &[Seen], lengths: Lengths) -> Result<f64> {
    let mut weights = vec![1.0 / tensors.len() as f64; tensors.len()];
    let mut greatest = f64::NEG_INFINITY;
    for round in 0..ROUNDS {
        let mut mixture = vec![0.0; 256];
        for (tensor, weight) in tensors.iter().zip(&weights) {
            mixture.iter_mut().zip(&tensor.shares).for_each(|(sum, share)| *sum += weight * share);
        }
        let lengths = lengths.best(&mixture)?;
        let gap = |tensor: &Seen| {
            let bits: f64 = tensor.shares.iter().zip(&lengths).map(|(share, length)| share * length).sum();
            100.0 * (bits - tensor.huffman) / ELEMENT_BITS
        };
        let gaps: Vec<f64> = tensors.iter().map(gap).collect();
        let mean: f64 = weights.iter().zip(&gaps).map(|(weight, gap)| weight * gap).sum();
        greatest = greatest.max(mean);
        let rate = 1.0 / f64::from(1 + round / 10).sqrt();
        weights.iter_mut().zip(&gaps).for_each(|(weight, gap)| *weight *= (rate * (gap - mean)).exp());
        let sum: f64 = weights.iter().sum();
        weights.iter_mut().for_each(|weight| *weight /= sum);
    }
    Ok(greatest)
}

impl Study {
    /// Bounds for one book beside the bank's first, and beside its best for each packet.
    pub fn bounds(&self, report: &mut Report) -> Result<()> {
        let shipped = Arc::new(universal().bank.clone());
        let all = |block: &BlockUnit, books: Books| {
            let models = self.material.models.iter();
            let measured = models.map(|(_, input)| measure(input, shipped.clone(), block, books));
            Ok::<_, crate::Error>(measured.collect::<Result<Vec<_>>>()?.concat())
        };
        let mut rows = Vec::new();
        for elements in [16, 32, 64, 128, 256] {
            let block = BlockUnit { elements, ..CHOSEN_BLOCK };
            let first = all(&block, Books::First)?;
            let huffman = first.iter().map(|tensor| (tensor.tensor.as_str(), tensor.bits.shard_huffman - RAW_BITS));
            let seen = seen(&self.material.count(block)?, &huffman.collect::<Vec<_>>())?;
            let bounds = [Lengths::Ideal, Lengths::Coded(ANY_CODE), Lengths::Coded(CHOSEN_CODES_NO_FLOOR)];
            let bounds = bounds.map(|lengths| Ok(pp(bound(&seen, lengths)?)));
            let (first, packets) = (summary(&first), summary(&all(&block, Books::PerPacket)?));
            let figures =
                [first.worst_tensor, first.mean, packets.worst_tensor, packets.worst_shard, packets.mean].map(pp);
            rows.push(
                [vec![elements.to_string()], bounds.into_iter().collect::<Result<_>>()?, figures.to_vec()].concat(),
            );
        }
        let header = [
            "elements",
            "any lengths: no worst below",
            "whole bits: no worst below",
            "the bank's limits: no worst below",
            "book 1: worst tensor",
            "book 1: mean",
            "book a packet: worst tensor",
            "book a packet: worst shard",
            "book a packet: mean",
        ];
        report.table(&Table { name: "one-book-bounds", header: header.map(String::from).to_vec(), rows })
    }
}

/// The codes of the bank; a floor would only make them worse for the mixture that they are made for.
const CHOSEN_CODES_NO_FLOOR: BuildOptions = BuildOptions { floor: Floor::None, ..CHOSEN_CODES };

/// The tensors that were counted, with their bits an exponent under per-shard Huffman by name.
fn seen(counts: &Counts, huffman: &[(&str, f64)]) -> Result<Vec<Seen>> {
    let tensors = counts.models.iter().flat_map(|set| set.tensors().map(|(_, tensor)| tensor));
    let seen = tensors.map(|tensor| {
        let mut sums = vec![0.0; 256];
        for cell in &tensor.cells {
            let counts = cell.histogram.planes[0].counts();
            sums.iter_mut().zip(counts).for_each(|(sum, &count)| *sum += count as f64);
        }
        let total: f64 = sums.iter().sum();
        let known =
            huffman.iter().find(|(name, _)| *name == tensor.tensor).ok_or("a tensor was counted and not coded")?;
        Ok(Seen { shares: sums.iter().map(|sum| sum / total).collect(), huffman: known.1 })
    });
    seen.collect()
}

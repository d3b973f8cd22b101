//! One fixed book, made from other data than it codes: the paper's single stage.

use super::input::{Tensor, View};
use super::ReproduceError;
use crate::codebook::{average, build_distribution, BuildOptions, Escape, PlaneCode};
use crate::stats::Histogram;
use rayon::prelude::*;

/// How the fixed books are built: all symbols have codewords, of 16 bits at most.
pub fn options() -> BuildOptions {
    BuildOptions { limit: 16, escaped_limit: None, escape: Escape::None, ..BuildOptions::default() }
}

/// Most shards that a book is made from.
const MOST_SHARDS: usize = 256;

/// Average distribution for a shard, and its code.
#[derive(Clone, Debug)]
pub struct Fixed {
    /// In parts of 2^32.
    pub distribution: Histogram,
    /// The book.
    pub code: PlaneCode,
}

impl Fixed {
    /// From the average distribution of shards, all of which count alike.
    pub fn new(shards: &[&Histogram]) -> Result<Self, ReproduceError> {
        let distribution = average(shards.iter().copied(), options().floor)?;
        let code = build_distribution(&distribution, &options())?;
        Ok(Fixed { distribution, code })
    }
}

/// For every tensor and shard the fixed book that it gets; `None` if there is nothing else to make one from.
///
/// A shard's book is made from all tensors of its family ([`Tensor::family`]) with an earlier step. If there are none, from the
/// other shards of the family in the same step. So no shard ever has a part in its own book.
pub fn fixed_books(tensors: &[Tensor], view: View) -> Result<Vec<Vec<Option<Fixed>>>, ReproduceError> {
    tensors.par_iter().enumerate().map(|(index, tensor)| books_of(tensors, index, tensor, view)).collect()
}

fn books_of(
    tensors: &[Tensor],
    index: usize,
    tensor: &Tensor,
    view: View,
) -> Result<Vec<Option<Fixed>>, ReproduceError> {
    let family: Vec<(usize, &Tensor)> = tensors
        .iter()
        .enumerate()
        .filter(|(_, t)| t.family() == tensor.family() && t.format == tensor.format)
        .collect();
    let earlier: Vec<&Histogram> = (family.iter())
        .filter(|(_, t)| t.labels.step < tensor.labels.step)
        .flat_map(|(_, t)| t.shards.iter().filter_map(|s| s.histogram(view)))
        .collect();
    let earlier = thinned(earlier);
    if !earlier.is_empty() {
        return Ok(vec![Some(Fixed::new(&earlier)?); tensor.shards.len()]);
    }
    let others = |shard: usize| {
        let same_step = family.iter().filter(|(_, t)| t.labels.step == tensor.labels.step);
        let shards = same_step.flat_map(|(i, t)| t.shards.iter().enumerate().map(move |(s, shard)| (*i, s, shard)));
        let others = shards.filter(move |&(i, s, _)| (i, s) != (index, shard));
        thinned(others.filter_map(|(_, _, s)| s.histogram(view)).collect())
    };
    let book = |shard: usize| match others(shard) {
        none if none.is_empty() => Ok(None),
        others => Fixed::new(&others).map(Some),
    };
    (0..tensor.shards.len()).map(book).collect()
}

/// Evenly chosen from too many: a book of a kind with hundreds of shards does not change with a few more.
fn thinned(shards: Vec<&Histogram>) -> Vec<&Histogram> {
    let every = shards.len().div_ceil(MOST_SHARDS).max(1);
    shards.into_iter().step_by(every).collect()
}

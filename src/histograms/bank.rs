//! From a histogram set to a bank.

use super::{Cell, CountedTensor, GroupRule, HistogramSet, HistogramSetError, Unit};
use crate::codebook::{
    bank_of_distributions, calibrate, cluster, cover, weighted_average, BankFile, BuildError, BuildOptions,
    CalibrateError, Calibration, Clusters, Group, Named, SourceFile, SourceTensor, TrackingUsed,
};
use crate::stats::{Histogram, HistogramError};
use thiserror::Error;

/// Name of the book that is made from everything.
pub const AVERAGE: &str = "average";
/// log2 of the parts that a tensor's counts are scaled to before they are shared among the tensors of its group.
const TENSOR_PARTS_LOG2: u32 = 48;

/// Why a set makes no bank.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SetBankError {
    /// The set or its groups are at fault.
    #[error(transparent)]
    Set(#[from] HistogramSetError),
    /// No codes can be built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// No bank can be made.
    #[error(transparent)]
    Calibrate(#[from] CalibrateError),
    /// A book for each group is made from shards.
    #[error("a book for each group is made from shards, each counted once; this set has {0}: build it with a number of books")]
    Blocks(Unit),
    /// A share of book 1 out of range.
    #[error("{0} percent of book 1 for the tensors that it serves worst: must be 1 to 99")]
    Share(u8),
    /// Weights beyond their range.
    #[error("tensor '{tensor}': {source}")]
    Weight {
        /// The tensor.
        tensor: String,
        /// What is wrong.
        source: HistogramError,
    },
}

/// A bank and what is left to say about it.
#[derive(Clone, Debug)]
pub struct SetBank {
    /// The bank, with provenance.
    pub file: BankFile,
    /// What each book was made from, as it was counted.
    pub groups: Vec<Group>,
    /// Tensors that no group wanted.
    pub left_out: Vec<String>,
}

/// What book 1 of a clustered bank is made from: the book to use where nothing chooses.
#[derive(Clone, Debug, Default)]
pub struct FirstBook {
    /// The average is of these tensors; of all that have a group unless given.
    pub average: Option<GroupRule>,
    /// A share of it that goes to what it would serve worst.
    pub cover: Option<Cover>,
}

/// A share of book 1 for the tensors that the rest of it serves worst, see [`cover`].
#[derive(Clone, Debug)]
pub struct Cover {
    /// Tensors it may go to, those among them that have a group.
    pub tensors: GroupRule,
    /// 1 to 99.
    pub percent: u8,
}

impl HistogramSet {
    /// A bank with a book for each group of shards; one book, [`AVERAGE`], without rules. Every shard counts alike.
    pub fn bank_of_groups(
        &self,
        name: &str,
        rules: &[GroupRule],
        options: &BuildOptions,
    ) -> Result<SetBank, SetBankError> {
        if self.unit != Unit::Shard {
            return Err(SetBankError::Blocks(self.unit));
        }
        let of = self.group(rules)?;
        let name_of = |group: usize| rules.get(group).map_or(AVERAGE, |r| &r.name).to_string();
        let mut groups: Vec<Group> =
            (0..rules.len().max(1)).map(|g| Group { name: name_of(g), shards: vec![] }).collect();
        for ((_, tensor), group) in self.tensors().zip(&of) {
            if let Some(group) = group {
                groups[*group].shards.extend(tensor.cells.iter().map(|c| c.histogram.clone()));
            }
        }
        let sources = self.sources(&of, |group| (Some(name_of(group)), None));
        let calibration =
            Calibration { name: name.into(), layout: self.layout, options: *options, tracking: None, sources };
        let file = calibrate(&groups, &calibration)?;
        Ok(SetBank { file, groups, left_out: self.left_out(&of) })
    }

    /// A bank of up to `books` books, clustered so that each unit is served well by one of them. All groups count alike, in a group all
    /// tensors, in a tensor all elements. Book 1, [`AVERAGE`], is made as `first` says and not clustered.
    pub fn bank_of_clusters(
        &self,
        name: &str,
        rules: &[GroupRule],
        first: &FirstBook,
        books: usize,
        options: &BuildOptions,
    ) -> Result<(SetBank, Clusters), SetBankError> {
        let of = self.group(rules)?;
        for rule in first.average.iter().chain(first.cover.as_ref().map(|c| &c.tensors)) {
            self.group(std::slice::from_ref(rule))?;
        }
        let (mut samples, mut in_average, mut covered) = (Vec::new(), Vec::new(), Vec::new());
        for ((_, tensor), group) in self.tensors().zip(&of).filter(|(_, group)| group.is_some()) {
            let sharing = of.iter().filter(|g| *g == group).count();
            for cell in &tensor.cells {
                samples.push(weights(tensor, cell, sharing)?);
                in_average.push(first.average.as_ref().is_none_or(|rule| rule.wants(&tensor.tensor)));
            }
            if first.cover.as_ref().is_some_and(|c| c.tensors.wants(&tensor.tensor)) {
                covered.push(weighted_average(tensor.cells.iter().map(|c| &c.histogram.planes))?);
            }
        }
        let average = samples.iter().zip(&in_average).filter(|(_, &wanted)| wanted).map(|(s, _)| s);
        let mut book_1 = weighted_average(average)?;
        if let Some(Cover { percent, .. }) = first.cover {
            if !(1..=99).contains(&percent) {
                return Err(SetBankError::Share(percent));
            }
            book_1 = cover(&book_1, &covered, percent, options)?;
        }
        let clusters = cluster(&samples, book_1, books, options)?;
        let tracking = match self.unit {
            Unit::Shard => None,
            Unit::Block(block) => block.tracking.map(|t| TrackingUsed {
                block_elements: block.elements,
                delay: t.delay,
                window: t.window,
                initial_bias: t.initial_bias,
            }),
        };
        let sources = self.sources(&of, |group| (None, rules.get(group).map(|r| r.name.clone())));
        let calibration = Calibration { name: name.into(), layout: self.layout, options: *options, tracking, sources };
        let digits = clusters.distributions.len().to_string().len();
        let named = clusters.distributions.iter().enumerate().map(|(i, planes)| {
            let name = if i == 0 { AVERAGE.into() } else { format!("cluster-{:01$}", i + 1, digits) };
            Named { name, planes: planes.clone() }
        });
        let file = bank_of_distributions(named.collect(), &calibration)?;
        Ok((SetBank { file, groups: vec![], left_out: self.left_out(&of) }, clusters))
    }

    /// The sources for a provenance; `book` gives book and group of a group's tensors.
    fn sources(
        &self,
        of: &[Option<usize>],
        book: impl Fn(usize) -> (Option<String>, Option<String>),
    ) -> Vec<SourceFile> {
        let mut of = of.iter();
        let mut files = Vec::new();
        for source in &self.sources {
            let mut tensors = Vec::new();
            for tensor in &source.tensors {
                if let Some(&Some(group)) = of.next() {
                    let (book, group) = book(group);
                    let units = tensor.cells.iter().map(|c| c.units).sum();
                    tensors.push(SourceTensor { tensor: tensor.tensor.clone(), book, group, units });
                }
            }
            if !tensors.is_empty() {
                files.push(SourceFile { file: source.file.clone(), sha256: source.sha256.clone(), tensors });
            }
        }
        files
    }

    fn left_out(&self, of: &[Option<usize>]) -> Vec<String> {
        let unwanted = self.tensors().zip(of).filter(|(_, group)| group.is_none());
        unwanted.map(|((_, tensor), _)| tensor.tensor.clone()).collect()
    }
}

/// A cell's counts in parts of its tensor, of which `sharing` tensors share a group's weight.
fn weights(tensor: &CountedTensor, cell: &Cell, sharing: usize) -> Result<Vec<Histogram>, SetBankError> {
    let planes = cell.histogram.planes.iter().enumerate().map(|(plane, histogram)| {
        let total: u128 = tensor.cells.iter().map(|c| c.histogram.planes[plane].total()).sum();
        let whole = total.max(1) * sharing as u128;
        let part = |count: u64| ((u128::from(count) << TENSOR_PARTS_LOG2) / whole).max(u128::from(count > 0)) as u64;
        let counts = histogram.counts().iter().map(|&c| part(c)).collect();
        let fault = |source| SetBankError::Weight { tensor: tensor.tensor.clone(), source };
        Histogram::from_counts(histogram.symbol_bits(), counts).map_err(fault)
    });
    planes.collect()
}

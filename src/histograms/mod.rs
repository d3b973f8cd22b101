//! Symbol histograms of tensors, small enough to keep and to send: what banks are built from.
//!
//! ```text
//! tensor files --count--> HistogramSet --merge--> HistogramSet --groups/clusters--> bank
//!                             |  ^
//!                             v  |
//!                         JSON file
//! ```
//!
//! Counting is the part that grows with the data; many hosts can do it, and one merges their files and builds.
//!
//! What is counted is a [`Unit`]: a shard, or a block of a shard after the exponents have been re-centred as the tracked bias would
//! (wire format, section 6.2). A tensor has few shards but any number of blocks, so blocks of the same shape are
//! added up in one [`Cell`]: the set's size does not grow with the data.

mod bank;
mod blocks;
mod count;
mod file;
mod shape;

pub use bank::{Cover, FirstBook, SetBank, SetBankError, AVERAGE};
pub use blocks::{BlockUnit, TrackedBias};
pub use count::{count_files, CountFilesError, CountOptions};
pub use file::{HistogramFileError, HISTOGRAM_FILE_VERSION, MAX_HISTOGRAM_FILE_BYTES};

use crate::format::Layout;
use crate::stats::{CountError, ShardHistogram};
use globset::{Glob, GlobMatcher};
use thiserror::Error;

/// What is counted as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A shard, its symbols as they are.
    Shard,
    /// A block of a shard.
    Block(BlockUnit),
}

/// Counts of one or more units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// How many units.
    pub units: u64,
    /// Their symbols, added up.
    pub histogram: ShardHistogram,
}

/// What was counted of a tensor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountedTensor {
    /// Its name in the file.
    pub tensor: String,
    /// Its shards in order, or its blocks by shape. Never empty.
    pub cells: Vec<Cell>,
}

/// What was counted of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountedFile {
    /// Name, without directories.
    pub file: String,
    /// SHA-256 of the file, 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// Its tensors, those without elements left out.
    pub tensors: Vec<CountedTensor>,
}

/// What was counted of any number of files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistogramSet {
    /// Format of all tensors, and map.
    pub layout: Layout,
    /// What was counted.
    pub unit: Unit,
    /// Where it comes from.
    pub sources: Vec<CountedFile>,
}

/// Sets that cannot be merged, or tensors that cannot be grouped.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum HistogramSetError {
    /// Counted in different ways.
    #[error("{what} of the first set: {first}, of another: {other}; merge sets that were counted alike")]
    Differ {
        /// What differs.
        what: &'static str,
        /// Of the first.
        first: String,
        /// Of the other.
        other: String,
    },
    /// Counted twice.
    #[error("tensor '{tensor}' of file '{file}' is in two of the sets: it would count twice")]
    Twice {
        /// The tensor.
        tensor: String,
        /// Its file.
        file: String,
    },
    /// A glob that is none.
    #[error("{0}")]
    Glob(#[from] globset::Error),
    /// A group without tensors.
    #[error("group '{name}': no tensor with an element in it matches {globs}")]
    EmptyGroup {
        /// Name of the group.
        name: String,
        /// Its globs.
        globs: String,
    },
    /// Nothing was counted.
    #[error("no tensor with an element in it: a bank is made from at least one")]
    Nothing,
    /// Counts beyond 64 bits.
    #[error(transparent)]
    Count(#[from] CountError),
}

impl HistogramSet {
    /// All of several sets, in their order.
    pub fn merge(sets: impl IntoIterator<Item = HistogramSet>) -> Result<HistogramSet, HistogramSetError> {
        let mut sets = sets.into_iter();
        let mut all = sets.next().ok_or(HistogramSetError::Nothing)?;
        for set in sets {
            let differ = |what, first: String, other: String| Err(HistogramSetError::Differ { what, first, other });
            if set.layout != all.layout {
                let name = |l: &Layout| format!("{} as {}", l.format, l.map);
                return differ("format and map", name(&all.layout), name(&set.layout));
            }
            if set.unit != all.unit {
                return differ("unit", all.unit.to_string(), set.unit.to_string());
            }
            for source in set.sources {
                match all.sources.iter_mut().find(|s| s.sha256 == source.sha256 && s.file == source.file) {
                    None => all.sources.push(source),
                    Some(known) => {
                        for tensor in source.tensors {
                            if known.tensors.iter().any(|t| t.tensor == tensor.tensor) {
                                return Err(HistogramSetError::Twice { tensor: tensor.tensor, file: source.file });
                            }
                            known.tensors.push(tensor);
                        }
                    }
                }
            }
        }
        Ok(all)
    }

    /// All tensors, each with the file it is from.
    pub fn tensors(&self) -> impl Iterator<Item = (&CountedFile, &CountedTensor)> {
        self.sources.iter().flat_map(|s| s.tensors.iter().map(move |t| (s, t)))
    }

    /// The group of each tensor in turn: the first of `rules` that it matches, `None` if no one wants it. Without rules all are of group 0.
    pub fn group(&self, rules: &[GroupRule]) -> Result<Vec<Option<usize>>, HistogramSetError> {
        let of = |name: &str| match rules {
            [] => Some(0),
            _ => rules.iter().position(|rule| rule.wants(name)),
        };
        let groups: Vec<_> = self.tensors().map(|(_, t)| of(&t.tensor)).collect();
        if groups.is_empty() {
            return Err(HistogramSetError::Nothing);
        }
        for (index, rule) in rules.iter().enumerate() {
            if !groups.contains(&Some(index)) {
                let globs: Vec<_> = rule.globs.iter().map(|(g, _)| format!("'{g}'")).collect();
                return Err(HistogramSetError::EmptyGroup { name: rule.name.clone(), globs: globs.join(" or ") });
            }
        }
        Ok(groups)
    }
}

impl std::fmt::Display for Unit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Unit::Shard => f.write_str("shards"),
            Unit::Block(block) => block.fmt(f),
        }
    }
}

/// Tensors that belong together, by name.
#[derive(Clone, Debug)]
pub struct GroupRule {
    /// Name of the group.
    pub name: String,
    globs: Vec<(String, GlobMatcher)>,
}

impl GroupRule {
    /// The tensors that match one of `globs`.
    pub fn new(name: impl Into<String>, globs: &[String]) -> Result<Self, HistogramSetError> {
        let globs = globs.iter().map(|g| Ok((g.clone(), Glob::new(g)?.compile_matcher())));
        Ok(GroupRule { name: name.into(), globs: globs.collect::<Result<_, globset::Error>>()? })
    }

    /// Whether the tensor belongs to it.
    pub fn wants(&self, tensor: &str) -> bool {
        self.globs.iter().any(|(_, glob)| glob.is_match(tensor))
    }
}

#[cfg(test)]
mod tests;

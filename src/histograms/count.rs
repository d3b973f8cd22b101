//! From tensor files to histograms.

use super::blocks::{add, BlockCounter, BlockUnit};
use super::shape::Shape;
use super::{Cell, CountedFile, CountedTensor, HistogramSet, Unit};
use crate::format::{Format, FormatError, Layout, SymbolMap};
use crate::stats::{count as count_symbols, CountError, ShardHistogram};
use crate::tensor::{InputError, InputFile, TensorError, TensorFile, TensorInfo};
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use thiserror::Error;

/// Bytes of a shard that are read and counted at a time: a whole number of blocks of any size.
const PIECE_BYTES: usize = 1 << 20;

/// What to count and how.
#[derive(Clone, Copy, Debug)]
pub struct CountOptions {
    /// Symbol map.
    pub map: SymbolMap,
    /// What is counted as one.
    pub unit: Unit,
    /// Axis along which tensors are cut into shards.
    pub axis: usize,
    /// Equal shards that a tensor is cut into; `None`: one for each index of the axis, one alone of a tensor with one axis.
    pub shards: Option<u64>,
}

/// Why tensors cannot be counted.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CountFilesError {
    /// A tensor or file is at fault.
    #[error(transparent)]
    Input(#[from] InputError),
    /// Nothing to count.
    #[error("no tensor with an element in it: a bank is made from at least one")]
    Nothing,
    /// Tensors of several formats.
    #[error("tensor '{first}' is {format}, tensor '{other}' {other_format}: a bank is made from one format; select tensors of one")]
    Formats {
        /// The first tensor.
        first: String,
        /// Its format.
        format: Format,
        /// A tensor of another format.
        other: String,
        /// Its format.
        other_format: Format,
    },
    /// The map is not defined for the format.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// The unit is out of range.
    #[error("{0}")]
    Unit(String),
    /// A shard that cannot be counted.
    #[error("tensor '{tensor}': {source}")]
    Count {
        /// The tensor.
        tensor: String,
        /// What is wrong.
        source: CountError,
    },
}

/// Counts all selected tensors of `files`. `progress` is told the bytes counted so far, from any thread.
pub fn count_files(
    files: &[InputFile],
    options: &CountOptions,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<HistogramSet, CountFilesError> {
    let mut first: Option<(String, Format)> = None;
    let mut counting: Option<Layout> = None;
    let mut sources = Vec::new();
    let done = AtomicU64::new(0);
    for InputFile { path, file } in files {
        let mut tensors = Vec::new();
        for tensor in file.tensors() {
            let format = tensor.require_format().map_err(|e| InputError::at(path, e))?;
            let (first, expected) = first.get_or_insert_with(|| (tensor.name.clone(), format));
            if format != *expected {
                let (first, other) = (first.clone(), tensor.name.clone());
                return Err(CountFilesError::Formats { first, format: *expected, other, other_format: format });
            }
            let layout = match counting {
                Some(layout) => layout,
                None => *counting.insert(layout(format, options)?),
            };
            let told = |bytes: u64| progress(done.fetch_add(bytes, Ordering::Relaxed) + bytes);
            let block = match options.unit {
                Unit::Shard => None,
                Unit::Block(block) => Some(block),
            };
            let counting = Counting { layout, options, block, told: &told };
            let cells = counting.tensor(file, tensor, |e| InputError::at(path, e))?;
            if !cells.is_empty() {
                tensors.push(CountedTensor { tensor: tensor.name.clone(), cells });
            }
        }
        if !tensors.is_empty() {
            let name = path.file_name().map_or_else(|| "tensors".into(), |n| n.to_string_lossy().into_owned());
            let sha256 = Sha256::digest(file.contents()).iter().map(|b| format!("{b:02x}")).collect();
            sources.push(CountedFile { file: name, sha256, tensors });
        }
    }
    let layout = counting.filter(|_| !sources.is_empty()).ok_or(CountFilesError::Nothing)?;
    Ok(HistogramSet { layout, unit: options.unit, sources })
}

fn layout(format: Format, options: &CountOptions) -> Result<Layout, CountFilesError> {
    let layout = Layout::new(format, options.map)?;
    if let Unit::Block(block) = options.unit {
        block.check(&layout).map_err(CountFilesError::Unit)?;
    }
    Ok(layout)
}

struct Counting<'a> {
    layout: Layout,
    options: &'a CountOptions,
    block: Option<BlockUnit>,
    told: &'a (dyn Fn(u64) + Sync),
}

impl Counting<'_> {
    fn tensor(
        &self,
        file: &TensorFile,
        tensor: &TensorInfo,
        at: impl Fn(TensorError) -> InputError + Sync,
    ) -> Result<Vec<Cell>, CountFilesError> {
        // A scalar has no axis: it is a shard, as is the whole of any tensor.
        let (axis, count) =
            if tensor.shape.is_empty() { (0, Some(1)) } else { (self.options.axis, self.options.shards) };
        let shards = match tensor.shape.is_empty() {
            true => None,
            false => Some(file.shards(tensor, axis, count).map_err(&at)?),
        };
        let fault = |source| CountFilesError::Count { tensor: tensor.name.clone(), source };
        let one = |index: usize| -> Result<Counts, CountFilesError> {
            let mut counts = Counts::default();
            let mut blocks = self.block.map(|unit| BlockCounter::new(&self.layout, unit));
            let mut take = |bytes: &[u8]| {
                match &mut blocks {
                    Some(blocks) => blocks.count(bytes, &mut counts.by_shape),
                    None => count_symbols(&self.layout, bytes).and_then(|histogram| counts.add_to_shard(histogram)),
                }
                .map_err(fault)?;
                (self.told)(bytes.len() as u64);
                Ok::<(), CountFilesError>(())
            };
            match shards.as_ref().map(|shards| shards.get(index)) {
                None => take(&file.bytes(tensor).map_err(&at)?)?,
                Some(None) => {}
                Some(Some(shard)) => {
                    for start in (0..shard.bytes()).step_by(PIECE_BYTES) {
                        take(&shard.read(start..start + PIECE_BYTES).map_err(&at)?)?;
                    }
                }
            }
            Ok(counts)
        };
        let number = shards.as_ref().map_or(1, ExactSizeIterator::len);
        let counts = (0..number)
            .into_par_iter()
            .map(one)
            .try_reduce(Counts::default, |sum, more| sum.merged(more).map_err(fault))?;
        Ok(counts.shards.into_iter().chain(counts.by_shape.into_values()).collect())
    }
}

/// What was counted of some shards of a tensor.
#[derive(Default)]
struct Counts {
    shards: Vec<Cell>,
    by_shape: BTreeMap<Shape, Cell>,
}

impl Counts {
    /// Adds a piece to the only shard.
    fn add_to_shard(&mut self, histogram: ShardHistogram) -> Result<(), CountError> {
        match self.shards.first_mut() {
            Some(cell) => cell.histogram.merge(&histogram),
            None => {
                self.shards.push(Cell { units: 1, histogram });
                Ok(())
            }
        }
    }

    fn merged(mut self, more: Counts) -> Result<Counts, CountError> {
        self.shards.extend(more.shards);
        more.by_shape.into_iter().try_for_each(|(shape, cell)| add(&mut self.by_shape, shape, cell))?;
        Ok(self)
    }
}

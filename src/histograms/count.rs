//! From tensor files to histograms.

use super::blocks::{add, count_blocks};
use super::shape::Shape;
use super::{Cell, CountedFile, CountedTensor, HistogramSet, Unit};
use crate::format::{Format, FormatError, Layout, SymbolMap};
use crate::stats::{count, CountError};
use crate::tensor::{InputError, InputFile, TensorFile, TensorInfo};
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use thiserror::Error;

/// Shards that are read and counted together. What lies in memory at a time is as many shards.
const SHARDS_AT_A_TIME: usize = 64;

/// What to count and how.
#[derive(Clone, Copy, Debug)]
pub struct CountOptions {
    /// Symbol map.
    pub map: SymbolMap,
    /// What is counted as one.
    pub unit: Unit,
    /// Axis along which tensors are cut into shards.
    pub axis: usize,
    /// Equal shards that a tensor is cut into; `None`: one for each index of the axis.
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
            let counting = Counting { layout, options, told: &told };
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
    told: &'a (dyn Fn(u64) + Sync),
}

impl Counting<'_> {
    fn tensor(
        &self,
        file: &TensorFile,
        tensor: &TensorInfo,
        at: impl Fn(crate::tensor::TensorError) -> InputError,
    ) -> Result<Vec<Cell>, CountFilesError> {
        let fault = |source| CountFilesError::Count { tensor: tensor.name.clone(), source };
        let (mut cells, mut by_shape) = (Vec::new(), BTreeMap::new());
        let mut take = |shards: &[std::borrow::Cow<'_, [u8]>]| {
            for counted in shards.par_iter().map(|bytes| self.shard(bytes)).collect::<Vec<_>>() {
                let (shard, shapes) = counted.map_err(fault)?;
                cells.extend(shard);
                for (shape, cell) in shapes {
                    add(&mut by_shape, shape, cell).map_err(fault)?;
                }
            }
            Ok::<(), CountFilesError>(())
        };
        // A scalar has no axis: it is a shard.
        if tensor.shape.is_empty() {
            take(&[file.bytes(tensor).map_err(&at)?])?;
        } else {
            let mut shards = file.shards(tensor, self.options.axis, self.options.shards).map_err(&at)?;
            loop {
                let some: Vec<_> = shards.by_ref().take(SHARDS_AT_A_TIME).collect::<Result<_, _>>().map_err(&at)?;
                if some.is_empty() {
                    break;
                }
                take(&some)?;
            }
        }
        cells.extend(by_shape.into_values());
        Ok(cells)
    }

    fn shard(&self, bytes: &[u8]) -> Result<(Option<Cell>, BTreeMap<Shape, Cell>), CountError> {
        let mut by_shape = BTreeMap::new();
        let shard = match &self.options.unit {
            Unit::Shard => Some(Cell { units: 1, histogram: count(&self.layout, bytes)? }),
            Unit::Block(block) => {
                count_blocks(&self.layout, block, bytes, &mut by_shape)?;
                None
            }
        };
        (self.told)(bytes.len() as u64);
        Ok((shard.filter(|_| !bytes.is_empty()), by_shape))
    }
}

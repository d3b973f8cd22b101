//! From a shard to its blocks, re-centred as the encoder would.

use super::shape::Shape;
use super::Cell;
use crate::codec::symbols;
use crate::codec::tracker::{first_bias, Tracker};
use crate::format::{Layout, SymbolMap};
use crate::stats::{count_recoded, CountError};
use std::collections::btree_map::{BTreeMap, Entry};
use std::fmt;

/// How a shard is cut into blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockUnit {
    /// Elements in a block, `N` = `B`·`L`: a power of two, 16 to 2^18.
    pub elements: u32,
    /// How the exponents are re-centred; `None`: not at all.
    pub tracking: Option<TrackedBias>,
}

/// A tracked bias whose blocks are counted in elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrackedBias {
    /// Tracker delay `d`: 0 to 3 blocks.
    pub delay: u8,
    /// Tracker window `w`: 1, 2 or 4 blocks.
    pub window: u8,
    /// Bias of the first blocks; `None`: the mean exponent of each shard's first block.
    pub initial_bias: Option<u8>,
}

impl BlockUnit {
    /// Checks the ranges; the message says which is broken.
    pub fn check(self, layout: &Layout) -> Result<Self, String> {
        if !self.elements.is_power_of_two() || !(16..=1 << 18).contains(&self.elements) {
            return Err(format!("blocks of {} elements: must be a power of two from 16 to 262144", self.elements));
        }
        let Some(TrackedBias { delay, window, initial_bias }) = self.tracking else { return Ok(self) };
        if layout.map != SymbolMap::Fields {
            return Err(format!("the exponent bias is tracked under map 'fields' only, not under '{}'", layout.map));
        }
        if delay > 3 {
            return Err(format!("tracker delay of {delay} blocks: must be 0 to 3"));
        }
        if !matches!(window, 1 | 2 | 4) {
            return Err(format!("tracker window of {window} blocks: must be 1, 2 or 4"));
        }
        let limit = 1u32 << layout.symbol_bits;
        match initial_bias {
            Some(bias) if u32::from(bias) >= limit => Err(format!("initial bias {bias}: must be below {limit}")),
            _ => Ok(self),
        }
    }
}

impl fmt::Display for BlockUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "blocks of {} elements", self.elements)?;
        match self.tracking {
            None => f.write_str(", not re-centred"),
            Some(TrackedBias { delay, window, initial_bias }) => {
                write!(f, ", bias tracked with delay {delay}, window {window}, from ")?;
                match initial_bias {
                    Some(bias) => write!(f, "{bias}"),
                    None => f.write_str("the first block"),
                }
            }
        }
    }
}

/// Adds the blocks of a shard's memory bytes to the cells of their shapes.
pub(super) fn count_blocks(
    layout: &Layout,
    unit: &BlockUnit,
    bytes: &[u8],
    cells: &mut BTreeMap<Shape, Cell>,
) -> Result<(), CountError> {
    let block_bytes = unit.elements as usize * layout.element_bytes();
    let mut tracker = unit.tracking.map(|t| {
        let first = || bytes[..bytes.len().min(block_bytes)].chunks_exact(layout.element_bytes());
        let exponent = |element: &[u8]| {
            symbols::split(layout, element.iter().rev().fold(0, |value, &byte| value << 8 | u32::from(byte))).symbols[0]
        };
        let bias = t.initial_bias.unwrap_or_else(|| first_bias(first().map(exponent)));
        Tracker::with_blocks(layout.symbol_bits, unit.elements.into(), t.delay, t.window, bias)
    });
    for block in bytes.chunks(block_bytes) {
        let histogram = match &mut tracker {
            Some(tracker) => count_recoded(layout, block, |exponent| tracker.encode(exponent))?,
            None => count_recoded(layout, block, |symbol| symbol)?,
        };
        add(cells, Shape::of(&histogram, tracker.is_some()), Cell { units: 1, histogram })?;
    }
    Ok(())
}

/// Adds a cell to that of the same shape.
pub(super) fn add(cells: &mut BTreeMap<Shape, Cell>, shape: Shape, cell: Cell) -> Result<(), CountError> {
    match cells.entry(shape) {
        Entry::Vacant(place) => {
            place.insert(cell);
        }
        Entry::Occupied(mut place) => {
            let known = place.get_mut();
            known.units += cell.units;
            for (plane, (sum, more)) in known.histogram.planes.iter_mut().zip(&cell.histogram.planes).enumerate() {
                sum.merge(more).map_err(|source| CountError::Plane { plane, source })?;
            }
        }
    }
    Ok(())
}

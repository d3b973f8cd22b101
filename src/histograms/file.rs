//! Histogram files: a set as JSON, a cell a line.
//!
//! A file is a function of its contents alone, as bank files are. It says its version first (`"huffwire_histograms": 1`), then format,
//! map and unit, then the sources. A cell is `[units, [symbol, count, symbol, count, ...], ...]`, one list for each plane, symbols
//! rising, those that do not occur left out.

use super::blocks::TrackedBias;
use super::{BlockUnit, Cell, CountedFile, CountedTensor, HistogramSet, Unit};
use crate::format::{Format, FormatError, Layout, SymbolMap};
use crate::stats::{Histogram, ShardHistogram};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::io::Read;
use std::path::Path;
use thiserror::Error;

/// Version of the histogram file, the value of its first key.
pub const HISTOGRAM_FILE_VERSION: u64 = 1;
/// No histogram file that is read is larger.
pub const MAX_HISTOGRAM_FILE_BYTES: u64 = 1 << 30;

/// Why a histogram file is refused.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum HistogramFileError {
    /// The file cannot be read.
    #[error("cannot read the histogram file: {0}")]
    Read(#[source] std::io::Error),
    /// The file cannot be written.
    #[error("cannot write the histogram file: {0}")]
    Write(#[source] std::io::Error),
    /// Larger than the limit.
    #[error("the histogram file has more than {} bytes", MAX_HISTOGRAM_FILE_BYTES)]
    TooLarge,
    /// No JSON of a histogram file: not JSON, a key unknown or missing, a value of the wrong type.
    #[error("not a huffwire histogram file: {0}")]
    NotHistograms(String),
    /// Another version of the format.
    #[error("histogram file version {0}: this program knows version {HISTOGRAM_FILE_VERSION}")]
    Version(u64),
    /// No such map or format, or not together.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// The unit is out of range.
    #[error("unit: {0}")]
    Unit(String),
    /// A source with wrong contents.
    #[error("tensor '{tensor}' of '{file}': {message}")]
    Source {
        /// File.
        file: String,
        /// Tensor.
        tensor: String,
        /// What is wrong.
        message: String,
    },
    /// No sources, or one that names nothing.
    #[error("the histogram file has no counts")]
    Empty,
}

#[derive(Deserialize)]
struct VersionOnly {
    huffwire_histograms: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileJson {
    #[serde(rename = "huffwire_histograms")]
    _version: u64,
    format: String,
    map: String,
    #[serde(deserialize_with = "Option::deserialize")]
    block: Option<BlockJson>,
    sources: Vec<SourceJson>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct BlockJson {
    elements: u32,
    #[serde(deserialize_with = "Option::deserialize")]
    tracking: Option<TrackingJson>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct TrackingJson {
    delay: u8,
    window: u8,
    #[serde(deserialize_with = "Option::deserialize")]
    initial_bias: Option<u8>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceJson {
    file: String,
    sha256: String,
    tensors: Vec<TensorJson>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TensorJson {
    tensor: String,
    cells: Vec<(u64, Vec<Vec<u64>>)>,
}

impl HistogramSet {
    /// The file's text.
    pub fn to_json(&self) -> String {
        let block = match &self.unit {
            Unit::Shard => None,
            Unit::Block(b) => Some(BlockJson {
                elements: b.elements,
                tracking: b.tracking.map(|t| TrackingJson {
                    delay: t.delay,
                    window: t.window,
                    initial_bias: t.initial_bias,
                }),
            }),
        };
        let mut text = format!(
            "{{\n\"huffwire_histograms\": {HISTOGRAM_FILE_VERSION},\n\"format\": {},\n\"map\": {},\n\"block\": {},\n\"sources\": [",
            json!(self.layout.format.name()),
            json!(self.layout.map.name()),
            json!(block)
        );
        for (i, source) in self.sources.iter().enumerate() {
            let comma = if i > 0 { "," } else { "" };
            text += &format!(
                "{comma}\n{{\"file\": {}, \"sha256\": {}, \"tensors\": [",
                json!(source.file),
                json!(source.sha256)
            );
            for (i, tensor) in source.tensors.iter().enumerate() {
                let comma = if i > 0 { "," } else { "" };
                text += &format!("{comma}\n{{\"tensor\": {}, \"cells\": [", json!(tensor.tensor));
                for (i, cell) in tensor.cells.iter().enumerate() {
                    let comma = if i > 0 { "," } else { "" };
                    text += &format!("{comma}\n{}", json!((cell.units, cell_planes(cell))));
                }
                text += "]}";
            }
            text += "]}";
        }
        text + "]\n}\n"
    }

    /// Reads and checks the text of a file.
    pub fn from_json(text: &[u8]) -> Result<Self, HistogramFileError> {
        let not = |e: serde_json::Error| HistogramFileError::NotHistograms(e.to_string());
        // The version first, so that a file of a later one is not blamed for its keys.
        let version: VersionOnly = serde_json::from_slice(text).map_err(not)?;
        if version.huffwire_histograms != HISTOGRAM_FILE_VERSION {
            return Err(HistogramFileError::Version(version.huffwire_histograms));
        }
        let file: FileJson = serde_json::from_slice(text).map_err(not)?;
        let format: Format = file.format.parse()?;
        let map: SymbolMap = file.map.parse()?;
        let layout = Layout::new(format, map)?;
        let unit = match file.block {
            None => Unit::Shard,
            Some(block) => Unit::Block(read_block(block).check(&layout).map_err(HistogramFileError::Unit)?),
        };
        let mut sources = Vec::with_capacity(file.sources.len());
        for SourceJson { file, sha256, tensors } in file.sources {
            let mut counted = Vec::with_capacity(tensors.len());
            for TensorJson { tensor, cells } in tensors {
                let wrong =
                    |message| HistogramFileError::Source { file: file.clone(), tensor: tensor.clone(), message };
                let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
                if sha256.len() != 64 || !sha256.bytes().all(hex) {
                    return Err(wrong("the file's SHA-256 must be 64 lower-case hexadecimal digits".into()));
                }
                if cells.is_empty() {
                    return Err(wrong("no cells".into()));
                }
                let cells = cells.into_iter().map(|cell| read_cell(cell, &layout)).collect::<Result<_, _>>();
                let cells = cells.map_err(wrong)?;
                counted.push(CountedTensor { tensor, cells });
            }
            sources.push(CountedFile { file, sha256, tensors: counted });
        }
        if sources.iter().all(|s| s.tensors.is_empty()) {
            return Err(HistogramFileError::Empty);
        }
        Ok(HistogramSet { layout, unit, sources })
    }

    /// Writes the file.
    pub fn save(&self, path: &Path) -> Result<(), HistogramFileError> {
        std::fs::write(path, self.to_json()).map_err(HistogramFileError::Write)
    }

    /// Reads and checks a file.
    pub fn load(path: &Path) -> Result<Self, HistogramFileError> {
        let mut text = Vec::new();
        let file = std::fs::File::open(path).map_err(HistogramFileError::Read)?;
        file.take(MAX_HISTOGRAM_FILE_BYTES + 1).read_to_end(&mut text).map_err(HistogramFileError::Read)?;
        if text.len() as u64 > MAX_HISTOGRAM_FILE_BYTES {
            return Err(HistogramFileError::TooLarge);
        }
        Self::from_json(&text)
    }
}

/// Symbols and counts of each plane, as they stand in the file.
fn cell_planes(cell: &Cell) -> Vec<Vec<u64>> {
    let pairs = |h: &Histogram| {
        let seen = h.counts().iter().enumerate().filter(|(_, &c)| c > 0);
        seen.flat_map(|(s, &c)| [s as u64, c]).collect()
    };
    cell.histogram.planes.iter().map(pairs).collect()
}

fn read_block(block: BlockJson) -> BlockUnit {
    BlockUnit {
        elements: block.elements,
        tracking: block.tracking.map(|t| TrackedBias {
            delay: t.delay,
            window: t.window,
            initial_bias: t.initial_bias,
        }),
    }
}

fn read_cell((units, planes): (u64, Vec<Vec<u64>>), layout: &Layout) -> Result<Cell, String> {
    let expected = layout.symbols as usize;
    if units == 0 || planes.len() != expected {
        return Err(format!("a cell of {units} units and {} planes: must be at least 1 and {expected}", planes.len()));
    }
    let plane = |pairs: &Vec<u64>| {
        let mut counts = vec![0; 1 << layout.symbol_bits];
        let mut last = None;
        if pairs.is_empty() || pairs.len() % 2 != 0 {
            return Err(format!("{} numbers in a plane: must be pairs of symbol and count", pairs.len()));
        }
        for pair in pairs.chunks_exact(2) {
            let (symbol, count) = (pair[0], pair[1]);
            if symbol >= counts.len() as u64 || last.is_some_and(|l| symbol <= l) || count == 0 {
                return Err(format!(
                    "symbol {symbol}, count {count}: symbols must rise and be below {}, counts at least 1",
                    counts.len()
                ));
            }
            counts[symbol as usize] = count;
            last = Some(symbol);
        }
        Histogram::from_counts(layout.symbol_bits, counts).map_err(|e| e.to_string())
    };
    let planes = planes.iter().map(plane).collect::<Result<_, _>>()?;
    Ok(Cell { units, histogram: ShardHistogram { planes } })
}

//! What became of each tensor.

use crate::format::Format;
use crate::wire::Parameters;

/// What became of a tensor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is in the file as packets.
    Coded {
        /// Name of the bank.
        bank: String,
        /// Parameters of its packets.
        parameters: Parameters,
    },
    /// It is in the file as it was: no bank serves its format. Why, bank by bank.
    NoBank(String),
    /// It is in the file as it was: the packets would have taken this many bytes, not fewer than the tensor.
    NoGain(u64),
    /// It has no elements.
    Empty,
}

/// What became of a tensor, in figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorReport {
    /// Name.
    pub name: String,
    /// dtype as declared in the original.
    pub dtype: String,
    /// Format it was taken as.
    pub format: Format,
    /// Elements, as the original counts them.
    pub elements: u64,
    /// Bytes in the original.
    pub raw_bytes: u64,
    /// Bytes in the `.hfw` file.
    pub coded_bytes: u64,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodeReport {
    /// Bytes of the original.
    pub original_bytes: u64,
    /// Bytes of the `.hfw` file: `header_bytes` + `stored_bytes` + `coded_bytes` + `manifest_bytes`.
    pub file_bytes: u64,
    /// Bytes stored as they are, in tensors and around them.
    pub stored_bytes: u64,
    /// Bytes of packets and the lengths before them.
    pub coded_bytes: u64,
    /// Bytes of the manifest, banks included.
    pub manifest_bytes: u64,
    /// SHA-256 of the original.
    pub sha256: String,
    /// The selected tensors, in the order of their data.
    pub tensors: Vec<TensorReport>,
}

/// Percentage by which `after` is less than `before`; 0 if there was nothing.
fn saved_percent(before: u64, after: u64) -> f64 {
    match before {
        0 => 0.0,
        _ => 100.0 * (before as f64 - after as f64) / before as f64,
    }
}

impl TensorReport {
    /// Bytes saved, in per cent of the original's.
    pub fn saved_percent(&self) -> f64 {
        saved_percent(self.raw_bytes, self.coded_bytes)
    }
}

impl EncodeReport {
    /// Bytes saved, in per cent of the original's, header and manifest counted.
    pub fn saved_percent(&self) -> f64 {
        saved_percent(self.original_bytes, self.file_bytes)
    }
}

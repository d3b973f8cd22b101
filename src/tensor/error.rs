//! What can be wrong with a tensor file or with what is asked of it.

use super::{NpyError, SafetensorsError};
use crate::format::Format;
use std::path::PathBuf;
use thiserror::Error;

/// A tensor file that cannot be read, or not in the way asked for.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TensorError {
    /// The operating system refused.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A directory, pipe or device.
    #[error("{0}: not a regular file")]
    NotAFile(PathBuf),
    /// A file without a single byte, where a header is needed.
    #[error("the file is empty: a {0} file begins with a header")]
    Empty(&'static str),
    /// Wrong `.safetensors` structure.
    #[error("safetensors: {0}")]
    Safetensors(#[from] SafetensorsError),
    /// Wrong `.npy` structure.
    #[error("npy: {0}")]
    Npy(#[from] NpyError),
    /// The product of the dimensions, in bytes, is more than a file can have.
    #[error("tensor '{name}': shape {shape:?} of {bits}-bit elements overflows")]
    ShapeOverflow {
        /// Tensor.
        name: String,
        /// Its shape.
        shape: Vec<u64>,
        /// Bits of an element.
        bits: u64,
    },
    /// A raw file says nothing about its elements.
    #[error("a raw file has no header: its dtype has to be given")]
    RawWithoutFormat,
    /// The length of a raw file is no whole number of elements.
    #[error("raw file of {length} bytes: no whole number of {format} elements of {bytes} bytes")]
    RawLength {
        /// Bytes of the file.
        length: usize,
        /// Format given.
        format: Format,
        /// Bytes of an element.
        bytes: usize,
    },
    /// The dtype has no format.
    #[error(
        "tensor '{name}': no format for dtype {dtype}; give a dtype of its width ({bits} bits), 'raw', or select other tensors"
    )]
    UnsupportedDtype {
        /// Tensor.
        name: String,
        /// What the file declares.
        dtype: String,
        /// Bits of an element.
        bits: u64,
    },
    /// The format asked for does not have the width of the stored elements.
    #[error("tensor '{name}': dtype {dtype} has {bits} bits an element, format '{format}' cannot be laid over it")]
    FormatWidth {
        /// Tensor.
        name: String,
        /// What the file declares.
        dtype: String,
        /// Bits of a stored element.
        bits: u64,
        /// Format asked for.
        format: Format,
    },
    /// Unpacked codes are a matter of the 4-bit formats alone.
    #[error("one code a byte is a choice for the formats 'e2m1' and 'int4' only, not for {0}")]
    Unpacked(String),
    /// Not a glob.
    #[error("tensor pattern: {0}")]
    Glob(#[from] globset::Error),
    /// A glob without a match.
    #[error("no tensor matches '{pattern}'; the file has {names}")]
    NoMatch {
        /// The pattern.
        pattern: String,
        /// Some names of the file.
        names: String,
    },
    /// A byte that holds more than its code.
    #[error("tensor '{name}': byte {offset} is {value}, a code of '{format}' is at most {limit}")]
    Code {
        /// Tensor.
        name: String,
        /// Offset from the tensor's first byte.
        offset: usize,
        /// Byte found.
        value: u8,
        /// Largest code.
        limit: u8,
        /// Format.
        format: Format,
    },
    /// An axis that the tensor does not have.
    #[error("tensor '{name}': axis {axis} of a tensor with {rank} axes")]
    Axis {
        /// Tensor.
        name: String,
        /// Axis asked for.
        axis: usize,
        /// Axes that there are.
        rank: usize,
    },
    /// The axis cannot be cut so.
    #[error("tensor '{name}': axis {axis} of length {length} cannot be cut into {count} equal shards")]
    ShardCount {
        /// Tensor.
        name: String,
        /// Axis.
        axis: usize,
        /// Its length.
        length: u64,
        /// Shards asked for.
        count: u64,
    },
    /// A cut would go through a byte.
    #[error(
        "tensor '{name}': along axis {axis} a shard's run of {bits} bits is no whole number of '{format}' elements"
    )]
    ShardBits {
        /// Tensor.
        name: String,
        /// Axis.
        axis: usize,
        /// Bits in one contiguous run.
        bits: u64,
        /// Format.
        format: Format,
    },
}

//! Why an analysis fails.

use super::MAX_PACKET_SYMBOLS;
use crate::codec::EncodeError;
use crate::stats::{CountError, HistogramError};
use crate::tensor::InputError;
use thiserror::Error;

/// Why tensors cannot be analyzed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AnalyzeError {
    /// A tensor or file is at fault.
    #[error(transparent)]
    Input(#[from] InputError),
    /// Packets too short or too long.
    #[error("{0} symbols a packet: must be 1 to {MAX_PACKET_SYMBOLS}")]
    PacketSymbols(u64),
    /// Packets that would end within an element.
    #[error("{symbols} symbols a packet: must be a multiple of {planes}, the symbols of an element")]
    PacketPlanes {
        /// Symbols asked for.
        symbols: u64,
        /// `C`.
        planes: u32,
    },
    /// Every tensor was skipped.
    #[error("no tensor that can be analyzed: {0}")]
    Nothing(String),
    /// A shard that cannot be coded.
    #[error("tensor '{tensor}', shard {shard}: {source}")]
    Shard {
        /// The tensor.
        tensor: String,
        /// The shard, from 0.
        shard: usize,
        /// What is wrong.
        source: ShardError,
    },
}

/// What is wrong with a shard.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ShardError {
    /// It cannot be encoded.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// It cannot be counted.
    #[error(transparent)]
    Count(#[from] CountError),
    /// Its counts do not go with the book.
    #[error(transparent)]
    Histogram(#[from] HistogramError),
}

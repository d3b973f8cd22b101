//! Why there is no page.

use crate::codebook::{BankError, BuildError, CalibrateError, DistributionError};
use crate::codec::{CodecError, DecodeError, EncodeError};
use crate::format::FormatError;
use crate::histograms::{HistogramFileError, HistogramSetError, SetBankError};
use crate::stats::{CountError, HistogramError};
use crate::tensor::{InputError, TensorError};
use std::path::PathBuf;
use thiserror::Error;

/// Why tensors cannot be evaluated, or the page not be written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReproduceError {
    /// A tensor or file is at fault.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The tensors that come with the program cannot be read.
    #[error("the tensors that come with the program: {0}")]
    Embedded(#[from] TensorError),
    /// A group that is none.
    #[error(transparent)]
    Group(#[from] HistogramSetError),
    /// Nothing to evaluate.
    #[error("no tensor to evaluate: {left_out} left out; one needs at least {least} elements and a format")]
    Nothing {
        /// Tensors left out.
        left_out: usize,
        /// Elements that a tensor needs.
        least: usize,
    },
    /// A cap on the elements that is none.
    #[error("{given} elements a tensor: must be at least {least}")]
    Elements {
        /// Value given.
        given: usize,
        /// Least.
        least: usize,
    },
    /// A shard that cannot be counted.
    #[error("tensor '{tensor}': {source}")]
    Count {
        /// The tensor.
        tensor: String,
        /// What is wrong.
        source: CountError,
    },
    /// What a scheme gave back is not what went in.
    #[error("scheme '{scheme}', tensor '{tensor}': the round trip is not lossless")]
    RoundTrip {
        /// The scheme.
        scheme: &'static str,
        /// The tensor.
        tensor: String,
    },
    /// A coder from outside the project has failed.
    #[error("scheme '{scheme}': {message}")]
    Coder {
        /// The scheme.
        scheme: &'static str,
        /// What it says.
        message: String,
    },
    /// A histogram of the wrong width.
    #[error(transparent)]
    Histogram(#[from] HistogramError),
    /// A map that the format does not have.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// No average.
    #[error(transparent)]
    Distribution(#[from] DistributionError),
    /// No code.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// No bank.
    #[error(transparent)]
    Bank(#[from] BankError),
    /// The counts that come with the program cannot be read.
    #[error("the histograms that come with the program: {0}")]
    Histograms(#[from] HistogramFileError),
    /// They make no bank.
    #[error(transparent)]
    Set(#[from] SetBankError),
    /// No bank from distributions.
    #[error(transparent)]
    Calibrate(#[from] CalibrateError),
    /// Parameters and bank do not fit.
    #[error(transparent)]
    Codec(#[from] CodecError),
    /// A packet cannot be made.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// A packet cannot be read back.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// A file cannot be written.
    #[error("cannot write {path}: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

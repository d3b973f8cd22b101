//! What can be wrong with a link.

use super::timing::ProfileError;
use crate::codec::{CodecError, EncodeError};
use crate::tensor::TensorError;
use std::path::PathBuf;
use thiserror::Error;

/// Why a link cannot be simulated.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LinkError {
    /// A key that there is not.
    #[error("unknown key '{key}': there are {known}")]
    Key {
        /// The key.
        key: String,
        /// Those that there are.
        known: String,
    },
    /// A value of the wrong kind or out of its range.
    #[error("{key} = {value}: must be {expected}")]
    Value {
        /// The key.
        key: String,
        /// Its value.
        value: String,
        /// What it may be.
        expected: String,
    },
    /// A name that no preset has.
    #[error("unknown preset '{name}': there are {known}, or the name of a .toml file")]
    Preset {
        /// The name.
        name: String,
        /// Those that there are.
        known: String,
    },
    /// TOML that is none, or has a key too many or too few.
    #[error("{0}")]
    Toml(String),
    /// A preset file.
    #[error("{path}: {reason}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A stream that the cores have not.
    #[error("the cores have no {what} {value}: they have {supported}")]
    Unsupported {
        /// Which parameter.
        what: &'static str,
        /// Its value.
        value: String,
        /// What there is.
        supported: &'static str,
    },
    /// A point of a sweep that cannot be run.
    #[error("{settings}: {source}")]
    Point {
        /// The values of its axes.
        settings: String,
        /// What is wrong with it.
        source: Box<LinkError>,
    },
    /// Nothing to send.
    #[error("no tensor with elements to send")]
    NoData,
    /// A tensor.
    #[error(transparent)]
    Tensor(#[from] TensorError),
    /// The codec cannot be made.
    #[error(transparent)]
    Codec(#[from] CodecError),
    /// A packet that cannot be encoded.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// A packet that has no timing.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The RTL could not be run, or did something else than it should have.
    #[error("RTL in the loop: {0}")]
    Rtl(String),
    /// An invariant of the model does not hold.
    #[error("the link model contradicts itself: {0}; please report it with the command line")]
    Broken(String),
}

//! What can be wrong with a link.

use std::path::PathBuf;
use thiserror::Error;

/// Why a link cannot be simulated.
#[derive(Clone, Debug, PartialEq, Error)]
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
    /// A value of the wrong kind.
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
}

//! What can go wrong.

use crate::codebook::BankFileError;
use crate::hdl::verilog::EmitError;
use crate::rtl::config::RtlError;
use crate::rtl::selftest::tops::SelfTestError;
use crate::rtl::tops::TopError;
use std::path::PathBuf;
use thiserror::Error;

/// Why there is no export.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ExportError {
    /// Name or provenance of the bank.
    #[error(transparent)]
    Bank(#[from] BankFileError),
    /// A board's self-test cannot be built for the configuration.
    #[error(transparent)]
    Config(#[from] RtlError),
    /// A core cannot be made.
    #[error(transparent)]
    Top(#[from] TopError),
    /// A self-test cannot be made.
    #[error(transparent)]
    SelfTest(#[from] SelfTestError),
    /// A block has no Verilog.
    #[error(transparent)]
    Verilog(#[from] EmitError),
    /// There are files in the way that the export did not write, or that were changed since.
    #[error(
        "not written by an export, or changed since: {}; nothing was written (--force replaces them)",
        paths.join(", ")
    )]
    Foreign {
        /// Their paths within the folder.
        paths: Vec<String>,
    },
    /// A file or folder could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// What went wrong.
        source: std::io::Error,
    },
}

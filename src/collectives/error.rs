//! Why there is no estimate or export.

use std::path::PathBuf;
use thiserror::Error;

/// What is wrong with figures, topologies, or the folder of an export.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CollectivesError {
    /// A figure of the link that cannot be.
    #[error("link '{link}': {what} is {value}: must be {range}")]
    Figure {
        /// The link.
        link: String,
        /// Which figure.
        what: String,
        /// Its value.
        value: f64,
        /// What it may be.
        range: &'static str,
    },
    /// No message sizes.
    #[error("link '{0}': no message size was measured (run.break_even = true measures them)")]
    Points(String),
    /// Message sizes out of order.
    #[error("link '{link}': {second} bytes follow {first}: message sizes must rise")]
    Order {
        /// The link.
        link: String,
        /// A size.
        first: u64,
        /// The next.
        second: u64,
    },
    /// Text that is no topology.
    #[error("topology '{0}': expected ring:N or mesh:RxC, such as ring:8 or mesh:4x4")]
    Topology(String),
    /// A topology with too few or too many dies.
    #[error("topology '{text}': {what} must be {range}")]
    Dies {
        /// The topology.
        text: String,
        /// What there is too much or too little of.
        what: &'static str,
        /// What it may be.
        range: &'static str,
    },
    /// Text that is no collective.
    #[error("collective '{0}': expected all-gather, reduce-scatter, all-reduce or all-to-all")]
    Collective(String),
    /// A collective without data, or with too much of it.
    #[error("{bytes} bytes for {dies} dies: a collective takes at least a byte for each die, and at most 2^40 bytes")]
    Bytes {
        /// Bytes asked for.
        bytes: u64,
        /// Dies.
        dies: u32,
    },
    /// The folder of an export has files already.
    #[error("{0}: the folder has files already")]
    Exists(PathBuf),
    /// A file cannot be written.
    #[error("cannot write {path}: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

//! Codebooks: canonical length-limited prefix codes, books, banks and how they are made.

mod bank;
mod build;
mod calibrate;
mod cluster;
mod code;
mod decidable;
mod distribution;
mod file;
mod first;
pub mod inspect;
mod lengths;
mod package_merge;
mod universal;

pub use bank::{Bank, BankError, Book};
pub use build::{build, build_average, build_distribution, BuildError, BuildOptions, Escape};
pub use calibrate::{bank_of_distributions, calibrate, CalibrateError, Calibration, Group, Named};
pub use cluster::{cluster, Clusters};
pub use code::{Codeword, PlaneCode, PlaneCodeError};
pub use decidable::{decidable_lengths, MAX_DECIDABLE, MIN_DECIDABLE};
pub use distribution::{average, floored, DistributionError, Floor, PARTS_LOG2};
pub use file::{
    BankFile, BankFileError, Provenance, SourceFile, SourceTensor, TrackingUsed, BANK_FILE_VERSION,
    MAX_BANK_FILE_BYTES, MAX_NAME,
};
pub use first::{cover, weighted_average};
pub use package_merge::{package_merge, package_merge_each, PackageMergeError, MAX_LIMIT, MIN_LIMIT};
pub use universal::{universal, universal_banks, universal_for};

//! What can be wrong with a bank file.

use super::{BANK_FILE_VERSION, MAX_BANK_FILE_BYTES, MAX_NAME};
use crate::codebook::{BankError, BuildError};
use crate::format::FormatError;
use thiserror::Error;

/// Why a bank file is refused.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BankFileError {
    /// The file cannot be read.
    #[error("cannot read the bank file: {0}")]
    Read(#[source] std::io::Error),
    /// The file cannot be written.
    #[error("cannot write the bank file: {0}")]
    Write(#[source] std::io::Error),
    /// Larger than any bank.
    #[error("the bank file has more than {} bytes: no bank needs that many", MAX_BANK_FILE_BYTES)]
    TooLarge,
    /// Not JSON.
    #[error("the bank file is not JSON: {0}")]
    NotJson(String),
    /// JSON of something else.
    #[error("not a huffwire bank file: there is no key 'huffwire_bank' with a version number")]
    NotABank,
    /// Another version of the format.
    #[error("bank file version {0}: this program knows version {BANK_FILE_VERSION}")]
    Version(u64),
    /// A key unknown, missing or repeated, or a value of the wrong type.
    #[error("the bank file has the wrong contents: {0}")]
    Contents(String),
    /// No such map or format, or not together.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// The books are no bank.
    #[error(transparent)]
    Bank(#[from] BankError),
    /// Another number of planes than of symbol widths.
    #[error("book {book} ('{name}') has {found} planes, 'symbol_bits' lists {expected}")]
    Planes {
        /// Id of the book, from 1.
        book: usize,
        /// Its name.
        name: String,
        /// Entries in `symbol_bits`.
        expected: usize,
        /// Planes of the book.
        found: usize,
    },
    /// The fingerprint is not that of the books.
    #[error("the bank file says fingerprint '{stated}', its books have {actual}")]
    Fingerprint {
        /// As stated in the file.
        stated: String,
        /// Of the books in the file.
        actual: String,
    },
    /// The digest is not that of the books.
    #[error("the bank file says SHA-256 '{stated}', its books have {actual}")]
    Digest {
        /// As stated in the file.
        stated: String,
        /// Of the books in the file.
        actual: String,
    },
    /// A name that could not stand in a comment or a table.
    #[error("name {0:?}: must be 1 to {MAX_NAME} letters, digits, spaces and . _ + -")]
    Name(String),
    /// Two books of one name.
    #[error("two books are named '{0}'")]
    DuplicateBook(String),
    /// The provenance has building options out of range.
    #[error("provenance: {0}")]
    Options(#[from] BuildError),
    /// The provenance does not go with the bank.
    #[error("provenance: {0}")]
    Provenance(String),
    /// A book is not what its distribution makes.
    #[error("book {book} ('{name}'), plane {plane}: the code is not the one that its distribution makes")]
    NotReproduced {
        /// Id of the book, from 1.
        book: usize,
        /// Its name.
        name: String,
        /// Plane.
        plane: usize,
    },
}

//! Bank files: a bank as JSON, with where it came from.
//!
//! A file is a function of its contents alone: fixed order of keys, one line for each plane's lengths, no dates, no
//! directories. It says its version first (`"huffwire_bank": 1`), then name, map, symbol widths, fingerprint and
//! digest, the books, and last the provenance. Reading takes any layout of the same JSON, but no unknown,
//! missing or repeated key, and checks all there is to check; the codes themselves by [`PlaneCode::new`].
//!
//! [`PlaneCode::new`]: super::PlaneCode::new

mod error;
mod provenance;
mod read;
mod write;

pub use error::BankFileError;
pub use provenance::{Provenance, SourceFile, SourceTensor, TrackingUsed};

use super::Bank;
use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;

/// Version of the bank file, the value of its first key.
pub const BANK_FILE_VERSION: u64 = 1;
/// No bank file is larger; 15 books of 4 planes take less than 1 MiB.
pub const MAX_BANK_FILE_BYTES: u64 = 16 << 20;
/// Longest name of a bank or book, in characters.
pub const MAX_NAME: usize = 64;

/// A bank, its name, and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BankFile {
    /// Name of the bank: 1 to 64 letters, digits, spaces and `. _ + -`, as those of its books.
    pub name: String,
    /// The bank.
    pub bank: Bank,
    /// Where it came from; `None` for a bank made by hand.
    pub provenance: Option<Provenance>,
}

impl BankFile {
    /// Checks what a [`Bank`] does not: names, and the provenance against the bank. Done on reading and on writing.
    pub fn check(&self) -> Result<(), BankFileError> {
        check_name(&self.name)?;
        let mut names = BTreeSet::new();
        for book in self.bank.books() {
            check_name(&book.name)?;
            if !names.insert(book.name.as_str()) {
                return Err(BankFileError::DuplicateBook(book.name.clone()));
            }
        }
        match &self.provenance {
            Some(provenance) => provenance.check(&self.bank),
            None => Ok(()),
        }
    }

    /// The file's text.
    pub fn to_json(&self) -> Result<String, BankFileError> {
        self.check()?;
        Ok(write::json(self))
    }

    /// Reads and checks the text of a file.
    pub fn from_json(text: &[u8]) -> Result<Self, BankFileError> {
        let bytes = text.len() as u64;
        if bytes > MAX_BANK_FILE_BYTES {
            return Err(BankFileError::TooLarge);
        }
        let file = read::parse(text)?;
        file.check()?;
        Ok(file)
    }

    /// Writes the file.
    pub fn save(&self, path: &Path) -> Result<(), BankFileError> {
        let text = self.to_json()?;
        std::fs::write(path, text).map_err(BankFileError::Write)
    }

    /// Reads and checks a file. Of one that is too large only the first 16 MiB are ever read.
    pub fn load(path: &Path) -> Result<Self, BankFileError> {
        let mut text = Vec::new();
        let file = std::fs::File::open(path).map_err(BankFileError::Read)?;
        file.take(MAX_BANK_FILE_BYTES + 1).read_to_end(&mut text).map_err(BankFileError::Read)?;
        Self::from_json(&text)
    }
}

/// Names go into file headers, tables and comments of generated sources: no quotes, slashes or control characters.
pub(super) fn check_name(name: &str) -> Result<(), BankFileError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || " ._+-".contains(c);
    if name.trim().is_empty() || name.len() > MAX_NAME || !name.chars().all(allowed) {
        return Err(BankFileError::Name(name.chars().take(MAX_NAME + 1).collect()));
    }
    Ok(())
}

#[cfg(test)]
mod tests;

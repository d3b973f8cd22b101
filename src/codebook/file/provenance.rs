//! Where a bank came from: enough to make it again, and nothing about the machine it was made on.

use super::{BankFile, BankFileError};
use crate::codebook::{build_distribution, Bank, BuildOptions, PARTS_LOG2};
use crate::format::{Format, Layout, SymbolMap};
use crate::stats::Histogram;
use serde::{Deserialize, Serialize};

/// How exponents were re-centred before they were counted (wire format, section 6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrackingUsed {
    /// Elements in a block, `N` = `B`·`L`: 16 to 2^18.
    pub block_elements: u32,
    /// Tracker delay `d`: 0 to 3 blocks.
    pub delay: u8,
    /// Tracker window `w`: 1, 2 or 4 blocks.
    pub window: u8,
    /// Bias of the first blocks; `None` if every shard had one of its own.
    #[serde(deserialize_with = "Option::deserialize")]
    pub initial_bias: Option<u8>,
}

/// One tensor that was counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceTensor {
    /// Its name in the file.
    pub tensor: String,
    /// Name of the book that it went into; `None` if all of its blocks or shards went to the book that suited them best.
    #[serde(deserialize_with = "Option::deserialize")]
    pub book: Option<String>,
    /// Group of tensors that it counted in, where groups count alike.
    #[serde(deserialize_with = "Option::deserialize")]
    pub group: Option<String>,
    /// Shards or blocks that it gave.
    pub units: u64,
}

/// One file of tensors that were counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Name, without directories.
    pub file: String,
    /// SHA-256 of the file, 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// Its tensors.
    pub tensors: Vec<SourceTensor>,
}

/// Where a bank came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// Program and version that made the bank.
    pub tool: String,
    /// Format of the tensors.
    pub format: Format,
    /// How the codes were built.
    pub options: BuildOptions,
    /// How exponents were re-centred, if they were.
    pub tracking: Option<TrackingUsed>,
    /// What was counted.
    pub sources: Vec<SourceFile>,
    /// The average distribution behind each book and plane, in parts of 2^32: see [`crate::codebook::average`].
    pub distributions: Vec<Vec<Histogram>>,
}

impl Provenance {
    /// Checks all values, and that they go with `bank`.
    pub(super) fn check(&self, bank: &Bank) -> Result<(), BankFileError> {
        let wrong = |message: String| Err(BankFileError::Provenance(message));
        self.options.check()?;
        check_text("tool", &self.tool)?;
        let layout = Layout::new(self.format, bank.map())?;
        let (ours, banks) = (vec![layout.symbol_bits; layout.symbols as usize], bank.symbol_bits());
        if ours != banks {
            return wrong(format!("format '{}' has symbols of {ours:?} bits, the bank of {banks:?}", self.format));
        }
        if let Some(tracking) = self.tracking {
            tracking.check(&layout)?;
        }
        for source in &self.sources {
            check_text("file", &source.file)?;
            if source.file.contains(['/', '\\']) {
                return wrong(format!("file {:?}: must be a name without directories", source.file));
            }
            let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
            if source.sha256.len() != 64 || !source.sha256.bytes().all(hex) {
                return wrong(format!(
                    "file '{}': SHA-256 {:?}: must be 64 lower-case hexadecimal digits",
                    source.file, source.sha256
                ));
            }
            for tensor in &source.tensors {
                check_text("tensor", &tensor.tensor)?;
                if let Some(book) = tensor.book.as_ref().filter(|book| bank.books().iter().all(|b| b.name != **book)) {
                    return wrong(format!("tensor '{}' went into a book '{book}' that there is not", tensor.tensor));
                }
                if let Some(group) = &tensor.group {
                    check_text("group", group)?;
                }
            }
        }
        let shape: Vec<usize> = self.distributions.iter().map(Vec::len).collect();
        let expected = vec![banks.len(); bank.books().len()];
        if shape != expected {
            return wrong(format!("distributions of {shape:?} planes for books of {expected:?}"));
        }
        for (book, planes) in bank.books().iter().zip(&self.distributions) {
            for (plane, (distribution, &x)) in planes.iter().zip(&banks).enumerate() {
                let place = format!("distribution of book '{}', plane {plane}", book.name);
                if distribution.symbol_bits() != x {
                    return wrong(format!(
                        "{place}: symbols of {} bits, the bank's have {x}",
                        distribution.symbol_bits()
                    ));
                }
                // Rounding moves each symbol by less than a part.
                let total = distribution.total();
                if total.abs_diff(1 << PARTS_LOG2) > 1 << x {
                    return wrong(format!(
                        "{place}: parts sum up to {total}, expected 2^{PARTS_LOG2} but for rounding"
                    ));
                }
            }
        }
        Ok(())
    }
}

impl Provenance {
    /// Whether the books were made to be chosen from for each block: their tensors did not go into one book each.
    pub fn is_clustered(&self) -> bool {
        self.sources.iter().flat_map(|s| &s.tensors).any(|t| t.book.is_none())
    }
}

impl TrackingUsed {
    fn check(&self, layout: &Layout) -> Result<(), BankFileError> {
        let wrong = |message: String| Err(BankFileError::Provenance(message));
        if layout.map != SymbolMap::Fields {
            return wrong(format!("exponents are tracked under map 'fields' only, not under '{}'", layout.map));
        }
        if !(16..=1 << 18).contains(&self.block_elements) {
            return wrong(format!("blocks of {} elements: must be 16 to 262144", self.block_elements));
        }
        if self.delay > 3 {
            return wrong(format!("tracker delay of {} blocks: must be 0 to 3", self.delay));
        }
        if !matches!(self.window, 1 | 2 | 4) {
            return wrong(format!("tracker window of {} blocks: must be 1, 2 or 4", self.window));
        }
        let limit = 1u32 << layout.symbol_bits;
        match self.initial_bias {
            Some(bias) if u32::from(bias) >= limit => wrong(format!("initial bias {bias}: must be below {limit}")),
            _ => Ok(()),
        }
    }
}

impl BankFile {
    /// Builds every code again from the distributions in the provenance and compares. `false` if there is no provenance
    /// to build from; an error that names the first book and plane that differ.
    pub fn reproduce(&self) -> Result<bool, BankFileError> {
        self.check()?;
        let Some(provenance) = &self.provenance else { return Ok(false) };
        for (id, (book, distributions)) in self.bank.books().iter().zip(&provenance.distributions).enumerate() {
            for (plane, (code, distribution)) in book.planes.iter().zip(distributions).enumerate() {
                if build_distribution(distribution, &provenance.options)? != *code {
                    return Err(BankFileError::NotReproduced { book: id + 1, name: book.name.clone(), plane });
                }
            }
        }
        Ok(true)
    }
}

/// Free text: something, and nothing that breaks a line.
fn check_text(what: &str, text: &str) -> Result<(), BankFileError> {
    if text.is_empty() || text.len() > 1024 || text.chars().any(char::is_control) {
        let start: String = text.chars().take(80).collect();
        return Err(BankFileError::Provenance(format!(
            "{what} {start:?}: must be 1 to 1024 bytes without control characters"
        )));
    }
    Ok(())
}

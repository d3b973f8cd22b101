//! Export: the two cores as Verilog in a folder that can be dropped into a project.
//!
//! | file | what it is |
//! |---|---|
//! | `huffwire_encoder.v`, `huffwire_decoder.v` | the cores, each with all of its modules |
//! | `huffwire_template.v` | instances of both, to copy from |
//! | `huffwire.core` | FuseSoC description (CAPI2) |
//! | `bank.json` | the codebooks in the ROMs |
//! | `README.md` | ports, parameters, protocol, how to build |
//! | `boards/` | with [`ExportOptions::boards`]: self-tests with their pins |
//! | `huffwire.sha256` | what the export wrote, for `sha256sum -c` |
//!
//! The text is a function of configuration, options and version of this crate: no date, no path, no host.

mod boards;
mod core_file;
mod cores;
mod error;
mod folder;
mod header;
mod ports;
mod readme;
mod template;

pub use boards::{Board, BOARDS};
pub use error::ExportError;
pub use folder::MANIFEST;

use crate::codebook::{BankFile, Provenance};
use crate::rtl::config::RtlConfig;
use crate::rtl::tops::Side;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

/// What to export besides the cores themselves.
#[derive(Clone, Debug)]
pub struct ExportOptions {
    /// Name of the bank.
    pub bank_name: String,
    /// Where the bank came from.
    pub provenance: Option<Provenance>,
    /// Self-tests for boards.
    pub boards: bool,
    /// Replaces files that an export did not write, or that were changed since.
    pub force: bool,
}

impl ExportOptions {
    /// The cores only, with a bank of this name.
    pub fn new(bank_name: impl Into<String>) -> Self {
        ExportOptions { bank_name: bank_name.into(), provenance: None, boards: false, force: false }
    }
}

/// A file of the export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExportedFile {
    /// Path within the folder, with `/`.
    pub path: String,
    /// Length in bytes.
    pub bytes: usize,
    /// SHA-256 of the content, in hexadecimal digits.
    pub sha256: String,
}

/// What an export wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExportReport {
    /// Names of the top modules.
    pub tops: Vec<&'static str>,
    /// Fingerprint of the bank.
    pub fingerprint: u32,
    /// All files but the manifest, in order of their paths.
    pub files: Vec<ExportedFile>,
}

/// Writes the export to `folder`, which is made if need be. Either all files are written or none is, but for a failure of
/// the disk between the renames at the end. Files of an earlier export that are no longer part of it are removed.
pub fn export(config: &RtlConfig, options: &ExportOptions, folder: &Path) -> Result<ExportReport, ExportError> {
    let files = files(config, options)?;
    folder::write(&files, folder, options.force)?;
    let describe = |(path, text): (&String, &String)| ExportedFile {
        path: path.clone(),
        bytes: text.len(),
        sha256: folder::sha256(text.as_bytes()),
    };
    Ok(ExportReport {
        tops: Side::BOTH.map(Side::top).to_vec(),
        fingerprint: config.bank.fingerprint(),
        files: files.iter().map(describe).collect(),
    })
}

/// All files of the export, text by path, without writing them.
pub fn files(config: &RtlConfig, options: &ExportOptions) -> Result<BTreeMap<String, String>, ExportError> {
    let bank_file =
        BankFile { name: options.bank_name.clone(), bank: config.bank.clone(), provenance: options.provenance.clone() };
    let cores = cores::cores(config, &options.bank_name)?;
    let boards = if options.boards { boards::designs(config, &options.bank_name)? } else { Vec::new() };
    let mut files = BTreeMap::new();
    files.insert("bank.json".to_owned(), bank_file.to_json()?);
    files.insert("huffwire_template.v".to_owned(), template::template(&cores));
    files.insert("huffwire.core".to_owned(), core_file::core_file(&boards));
    files.insert("README.md".to_owned(), readme::readme(config, &options.bank_name, &cores, &boards));
    for core in cores {
        files.insert(format!("{}.v", core.side.top()), core.verilog);
    }
    for design in boards {
        let (verilog, constraints) = (design.verilog_path(), design.constraints_path());
        files.insert(verilog, design.verilog);
        files.insert(constraints, design.constraints);
    }
    Ok(files)
}

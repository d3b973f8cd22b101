//! The evaluation of arXiv 2601.10673 (Single-Stage Huffman Encoder) on tensors of the user's, and what it leaves out, as one
//! HTML page with its numbers as CSV files.
//!
//! ```text
//! files -> input.rs (names.rs) -> Study: tensors, shards, histograms, fixed books (fixed.rs)
//!                                    |
//!            sections/: figures, tables, sentences <- schemes/, bank.rs, ours.rs, unseen.rs
//!                                    |
//!                                 page.rs -> index.html, *.csv
//! ```
//!
//! All is deterministic: the same tensors give the same bytes, whatever the number of threads.

pub mod bank;
mod error;
pub mod fixed;
pub mod input;
pub mod names;
pub mod ours;
mod page;
pub mod schemes;
pub mod sections;
mod unseen;

pub use error::ReproduceError;
pub use page::{html, PAGE};

use crate::page::table::Table;
use crate::tensor::InputFile;
use input::{load, InputOptions};
use sections::shards::ClassSaving;
use sections::side_by_side::SchemeSaving;
use sections::{books, distributions, divergence, drift, published, recentred, shards, side_by_side, sweeps};
use sections::{Section, Study};
use serde::Serialize;
use std::path::Path;

/// Everything on the page.
#[derive(Clone, Debug)]
pub struct Report {
    /// What was evaluated.
    pub subject: Subject,
    /// The sections in order.
    pub sections: Vec<Section>,
    /// Section 2 in short.
    pub shards: Vec<ClassSaving>,
    /// Section 6 in short.
    pub schemes: Vec<SchemeSaving>,
}

/// What was evaluated.
#[derive(Clone, Debug, Serialize)]
pub struct Subject {
    /// Names of the files.
    pub files: Vec<String>,
    /// Tensors.
    pub tensors: Vec<SubjectTensor>,
    /// Tensors left out, and why.
    pub left_out: Vec<LeftOut>,
    /// Format that single-format figures show.
    pub main_format: String,
}

/// A tensor that was evaluated.
#[derive(Clone, Debug, Serialize)]
pub struct SubjectTensor {
    /// Name.
    pub name: String,
    /// Class.
    pub class: String,
    /// Format.
    pub format: String,
    /// Shards.
    pub shards: usize,
    /// Elements evaluated.
    pub elements: u64,
    /// Elements beyond those.
    pub cropped: u64,
}

/// A tensor that was not.
#[derive(Clone, Debug, Serialize)]
pub struct LeftOut {
    /// Name.
    pub name: String,
    /// Why.
    pub reason: String,
}

/// Evaluates the tensors of `files`. `progress` is told how many of how many steps are done, from any thread.
pub fn reproduce(
    files: &[InputFile],
    options: &InputOptions,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Report, ReproduceError> {
    let input = load(files, options)?;
    let study = Study::new(&input)?;
    let total = (side_by_side::runs(&study) + sweeps::runs(&study)) as u64;
    let done = std::sync::atomic::AtomicU64::new(0);
    let tick = || progress(done.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1, total);

    let (shards, shards_summary) = shards::section(&study)?;
    let (schemes, schemes_summary) = side_by_side::section(&study, &tick)?;
    let sections = vec![
        distributions::section(&study),
        shards,
        divergence::section(&study)?,
        left_out_by_the_paper(&study, &tick)?,
        recentred::section(&study)?,
        schemes,
        published::section(&study, &shards_summary, &schemes_summary),
    ];
    Ok(Report { subject: subject(files, &study), sections, shards: shards_summary, schemes: schemes_summary })
}

/// Section 4 from its parts.
fn left_out_by_the_paper(study: &Study, tick: &(dyn Fn() + Sync)) -> Result<Section, ReproduceError> {
    let mut section = Section::new(
        "left-out",
        "What the paper leaves out",
        "How long a book stays good as training goes on; whether a book serves other layers, kinds and models; how many books \
         are worth having; and how long a block should be for which a book is chosen.",
    );
    for (figure, table, finding) in [drift::drift(study)?, books::books(study)?, sweeps::sweeps(study, tick)?].concat()
    {
        section.figures.push(figure);
        section.tables.push(table);
        section.findings.extend(Some(finding).filter(|f| !f.is_empty()));
    }
    if let Some(table) = books::numbered(study) {
        section.shown.push(table.name);
        section.tables.push(table);
    }
    Ok(section)
}

fn subject(files: &[InputFile], study: &Study) -> Subject {
    let name = |f: &InputFile| f.path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    let tensors = study.input.tensors.iter().map(|t| SubjectTensor {
        name: t.name.clone(),
        class: t.class.clone(),
        format: t.format_label().into(),
        shards: t.shards.len(),
        elements: t.shards.iter().map(|s| (s.bytes.len() / t.format.element_bytes()) as u64).sum(),
        cropped: t.cropped,
    });
    let left_out = study.input.left_out.iter();
    Subject {
        files: files.iter().map(name).collect(),
        tensors: tensors.collect(),
        left_out: left_out.map(|(name, reason)| LeftOut { name: name.clone(), reason: reason.clone() }).collect(),
        main_format: study.format.clone(),
    }
}

impl Report {
    /// All tables: the CSV files.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        self.sections.iter().flat_map(|s| &s.tables)
    }

    /// Writes page and CSV files into a folder, which is made if it is not there; gives the names of the files.
    pub fn write(&self, folder: &Path) -> Result<Vec<String>, ReproduceError> {
        let at = |path: &Path| {
            let path = path.to_path_buf();
            move |source| ReproduceError::Write { path, source }
        };
        std::fs::create_dir_all(folder).map_err(at(folder))?;
        let csv = self.tables().map(|t| (format!("{}.csv", t.name), t.csv()));
        let mut names = Vec::new();
        for (name, contents) in std::iter::once((PAGE.to_string(), html(self))).chain(csv) {
            let path = folder.join(&name);
            std::fs::write(&path, contents).map_err(at(&path))?;
            names.push(name);
        }
        Ok(names)
    }
}

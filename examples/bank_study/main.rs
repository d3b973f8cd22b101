//! The study behind the universal bank: what each of its choices costs, with every model left out in turn. It renews the tables of
//! docs/universal-bank.md and the charts and CSV files beside it.
//!
//! ```text
//! cargo run --release --no-default-features --example bank_study -- [TENSORS [FOLDER]]
//! ```
//!
//! TENSORS is a safetensors file of bf16 tensors whose names begin with that of their model and a dot: data/tensors.safetensors unless
//! given. FOLDER gets a copy of the document with other figures and the folder universal-bank: target/bank_study unless given.
//! Everything is coded with the reference encoder; the same tensors give the same files.

mod bounds;
mod convert;
mod experiments;
mod formats;
mod forward;
mod kinds;
mod material;
mod packets;
mod report;
mod rom;
#[path = "../shapes/mod.rs"]
mod shapes;
mod shipped;
mod study;

use experiments::Study;
use huffwire::format::{Format, SymbolMap};
use material::Source;
use report::Report;
use std::path::PathBuf;

type Error = Box<dyn std::error::Error + Send + Sync>;
type Result<T> = std::result::Result<T, Error>;
type Experiment = fn(&Study, &mut Report) -> Result<()>;

fn main() -> Result<()> {
    let project = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let tensors = arguments.next().unwrap_or_else(|| project.join("data/tensors.safetensors"));
    let output = arguments.next().unwrap_or_else(|| project.join("target/bank_study"));
    let template = std::fs::read_to_string(project.join("docs/universal-bank.md"))?;

    let source = Source::open(&tensors)?;
    let mut report = Report::new(output, &template)?;
    report.replace("input", &input(&source))?;
    let study = Study::new(source.material(Format::Bf16, SymbolMap::Fields)?)?;
    let experiments: [(&str, Experiment); 10] = [
        ("the chosen bank", Study::tensors),
        ("kinds left out", Study::kinds),
        ("books", Study::books),
        ("blocks", Study::blocks),
        ("bounds for one book", Study::bounds),
        ("a book a packet", Study::packets),
        ("trackers", Study::trackers),
        ("codes", Study::codes),
        ("decidable codes", Study::decidable),
        ("what the bank is made of", Study::mixes),
    ];
    for (what, run) in experiments {
        eprintln!("{what}");
        run(&study, &mut report)?;
    }
    eprintln!("within a model, other formats");
    shipped::within_a_model(&source, &mut report)?;
    formats::formats(&source, &mut report)?;
    println!("{}", report.save()?.display());
    Ok(())
}

/// What the tables are from.
fn input(source: &Source) -> String {
    let tensors: usize = source.models.iter().map(|(_, tensors)| tensors.len()).sum();
    let models: Vec<_> = source.models.iter().map(|(name, tensors)| format!("{name} ({})", tensors.len())).collect();
    format!(
        "{tensors} bf16 tensors of {} models: {}. The file is `{}`, SHA-256\n`{}`.\n",
        models.len(),
        models.join(", "),
        source.file,
        source.sha256
    )
}

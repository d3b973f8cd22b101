//! The golden vectors of tests/vectors, read from their files.

use huffwire::codebook::{Bank, Book, PlaneCode};
use huffwire::codec::{BookChoice, Codec};
use huffwire::wire::Parameters;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlaneFile {
    symbol_bits: u32,
    escape: u8,
    lengths: Vec<u8>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BookFile {
    name: String,
    planes: Vec<PlaneFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseFile {
    pub what: String,
    pub parameters: Parameters,
    pub fingerprint: String,
    /// Book ids of the packet's blocks, or "best".
    ids: serde_json::Value,
    bank: Vec<BookFile>,
}

pub fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors")
}

fn from_hex(path: &Path) -> Vec<u8> {
    let text: String = fs::read_to_string(path).unwrap().split_whitespace().collect();
    assert!(text.len().is_multiple_of(2), "{}: odd number of digits", path.display());
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
}

/// A vector: its case, its codec and choice of books, plaintext and packet.
pub fn read(name: &str) -> (CaseFile, Codec, BookChoice, Vec<u8>, Vec<u8>) {
    let path = |suffix: &str| directory().join(format!("{name}.{suffix}"));
    let case: CaseFile = serde_json::from_str(&fs::read_to_string(path("json")).unwrap()).unwrap();
    let plane = |p: &PlaneFile| PlaneCode::new(p.symbol_bits, p.lengths.clone(), p.escape).unwrap();
    let book = |b: &BookFile| Book { name: b.name.clone(), planes: b.planes.iter().map(plane).collect() };
    let bank = Bank::new(case.parameters.map, case.bank.iter().map(book).collect()).unwrap();
    let choice = match &case.ids {
        serde_json::Value::String(best) if best == "best" => BookChoice::Best,
        ids => BookChoice::Ids(serde_json::from_value(ids.clone()).unwrap()),
    };
    let codec = Codec::new(case.parameters, Arc::new(bank)).unwrap();
    let (plain, packet) = (from_hex(&path("plain.hex")), from_hex(&path("packet.hex")));
    (case, codec, choice, plain, packet)
}

/// Names of the vectors, by their JSON files.
pub fn names() -> BTreeSet<String> {
    let files = fs::read_dir(directory()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    files.filter_map(|file| file.strip_suffix(".json").map(String::from)).collect()
}

//! The reference codec owes nothing to the hardware description that it judges.

use std::fs;
use std::path::{Path, PathBuf};

fn rust_files(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.into()];
    }
    fs::read_dir(path).unwrap().flat_map(|entry| rust_files(&entry.unwrap().path())).collect()
}

#[test]
fn the_reference_knows_neither_rust_hdl_nor_the_rtl() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files: Vec<PathBuf> =
        ["codec", "codebook", "wire.rs", "format.rs"].iter().flat_map(|name| rust_files(&src.join(name))).collect();
    assert!(files.len() >= 15, "found only {files:?}");
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap();
            for forbidden in ["rust_hdl", "crate::rtl", "huffwire::rtl", "super::rtl"] {
                assert!(!code.contains(forbidden), "{}:{}: {line}", file.display(), number + 1);
            }
        }
    }
}

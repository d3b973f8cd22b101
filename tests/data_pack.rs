//! The pack of real tensors in `data/` is what its manifest says, and every tensor reads in its format.

use huffwire::format::Format;
use huffwire::tensor::{OpenOptions, TensorFile};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::path::Path;

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

#[test]
fn the_pack_is_what_its_manifest_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let path = folder.join("tensors.safetensors");
    let manifest: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder.join("manifest.json")).unwrap()).unwrap();
    let entries = manifest["tensors"].as_array().unwrap();
    let file = TensorFile::open(&path, &OpenOptions::default()).unwrap();

    assert!(file.contents().len() <= 2 << 20, "the pack has outgrown 2 MiB");
    assert_eq!(manifest["bytes"], file.contents().len());
    assert_eq!(manifest["sha256"], hex(file.contents()));
    assert_eq!(entries.len(), file.tensors().len());
    for (entry, tensor) in entries.iter().zip(file.tensors()) {
        let name = &tensor.name;
        assert_eq!(entry["tensor"], name.as_str());
        assert_eq!(entry["sha256"], hex(file.stored(tensor)), "{name}");
        assert_eq!(entry["shape"], serde_json::json!(tensor.shape), "{name}");
        assert_eq!(entry["dtype"], tensor.dtype.as_str(), "{name}");
        assert!(entry["licence"].as_str().is_some_and(|l| !l.is_empty()), "{name}");

        // Read again as the format that the manifest names: no stray bit in any 6-bit or 4-bit code.
        let format: Format = entry["format"].as_str().unwrap().parse().unwrap();
        let unpacked = matches!(format, Format::E2m1 | Format::Int4);
        let options = OpenOptions { select: vec![name.clone()], format: Some(format), unpacked, ..Default::default() };
        let one = TensorFile::open(&path, &options).unwrap();
        let tensor = &one.tensors()[0];
        let whole = one.bytes(tensor).unwrap();
        assert_eq!(whole.len(), tensor.range.len() / if unpacked { 2 } else { 1 }, "{name}");
        let shards = one.shards(tensor, 0, None).unwrap().map(Result::unwrap);
        assert_eq!(shards.flat_map(|s| s.into_owned()).collect::<Vec<_>>(), whole.as_ref(), "{name}");
    }
}

#[test]
fn the_pack_has_earlier_and_later_batches_of_every_class() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/tensors.safetensors");
    let file = TensorFile::open(&path, &OpenOptions::default()).unwrap();
    let names: BTreeSet<_> = file.tensors().iter().map(|t| t.name.as_str()).collect();
    for kind in ["ffn1_out", "ffn_act", "d_ffn1_out", "wg_ffn1"] {
        for step in ["s0000", "s0010"] {
            let name = format!("smollm2.{kind}.L14.{step}.bf16");
            assert!(names.contains(name.as_str()), "{name}");
        }
    }
    let data = |step: &str| {
        let name = format!("smollm2.ffn1_out.L14.{step}.bf16");
        file.stored(file.tensors().iter().find(|t| t.name == name).unwrap())
    };
    assert_ne!(data("s0000"), data("s0010"), "two batches must not be copies of one another");
}

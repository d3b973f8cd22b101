//! `huffwire export` from the outside.

use assert_cmd::Command;
use predicates::prelude::*;
use std::fs;

fn huffwire(arguments: &[&str]) -> assert_cmd::assert::Assert {
    Command::cargo_bin("huffwire").unwrap().current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments).assert()
}

const PACK: &str = "data/tensors.safetensors";
const TENSORS: [&str; 2] = ["--tensors", "smollm2.ffn1_out.L14.s0000.bf16"];

#[test]
fn from_tensors_and_from_the_bank_that_came_of_them() {
    let dir = tempfile::tempdir().unwrap();
    let [one, two] = ["one", "two"].map(|name| dir.path().join(name).display().to_string());
    let made = huffwire(&[&["export", PACK, "-o", &one, "--lanes", "1", "--boards", "--json"], &TENSORS[..]].concat());
    let report: serde_json::Value = serde_json::from_slice(&made.success().get_output().stdout).unwrap();
    assert_eq!(report["map"], "fields");
    assert_eq!(report["boards"].as_array().unwrap().len(), 2);
    for file in report["files"].as_array().unwrap() {
        let path = format!("{one}/{}", file["path"].as_str().unwrap());
        assert_eq!(fs::metadata(path).unwrap().len(), file["bytes"].as_u64().unwrap());
    }
    let bank = format!("{one}/bank.json");
    huffwire(&["export", "--bank", &bank, "-o", &two, "--lanes", "1", "--boards"])
        .success()
        .stdout(predicate::str::contains(report["fingerprint"].as_str().unwrap()));
    for name in ["huffwire_encoder.v", "huffwire_decoder.v", "README.md", "huffwire.sha256"] {
        let read = |folder: &str| fs::read(format!("{folder}/{name}")).unwrap();
        assert_eq!(read(&one), read(&two), "{name}");
    }
}

#[test]
fn the_universal_bank_is_in_rom_where_nothing_else_is_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out").display().to_string();
    let fingerprint = format!("{:08x}", huffwire::codebook::universal().bank.fingerprint());
    huffwire(&["export", "-o", &out]).success().stdout(predicate::str::contains(fingerprint.as_str()));
    let encoder = fs::read_to_string(format!("{out}/huffwire_encoder.v")).unwrap();
    assert!(encoder.contains(&fingerprint) && encoder.contains("universal"), "{}", &encoder[..2000]);
}

#[test]
fn what_is_refused_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out").display().to_string();
    let with = |more: &[&str]| huffwire(&[&["export", PACK, "-o", &out], &TENSORS[..], more].concat());
    with(&["--map", "planes", "--lanes", "1"])
        .code(1)
        .stderr(predicate::str::contains("no lane count for map 'planes' 1"));
    with(&["--format", "fp32"]).code(2).stderr(predicate::str::contains("cannot be used with"));
    assert!(!dir.path().join("out").exists());
    fs::create_dir(&out).unwrap();
    fs::write(format!("{out}/README.md"), "mine").unwrap();
    with(&[]).code(1).stderr(predicate::str::contains("changed since: README.md; nothing was written"));
    with(&["--force"]).success();
}

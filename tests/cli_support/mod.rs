//! What the tests of the command line share.

#![allow(dead_code)]

use assert_cmd::assert::Assert;
use assert_cmd::Command;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The pack of real tensors.
pub const PACK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/tensors.safetensors");
/// A small tensor of it, and the earlier batch of the same.
pub const LATER: &str = "smollm2.ffn_act.L14.s0010.bf16";
pub const EARLY: &str = "smollm2.ffn_act.L14.s0000.bf16";

/// A directory with a bank `bank.json` made from the early batch.
pub struct Bench {
    pub dir: TempDir,
}

impl Bench {
    pub fn new() -> Self {
        Bench { dir: tempfile::tempdir().unwrap() }
    }

    pub fn with_bank() -> Self {
        let bench = Bench::new();
        bench.ok(&["calibrate", PACK, "--tensors", EARLY, "-o", "bank.json"]);
        bench
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    pub fn exists(&self, name: &str) -> bool {
        Path::exists(&self.path(name))
    }

    /// Runs the program in the directory.
    pub fn run(&self, args: &[&str]) -> Assert {
        Command::new(env!("CARGO_BIN_EXE_huffwire")).args(args).current_dir(&self.dir).assert()
    }

    /// Runs it, expects success and a silent stderr, gives stdout.
    pub fn ok(&self, args: &[&str]) -> String {
        let output = self.run(args).success().get_output().clone();
        let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert_eq!(err, "", "{args:?}");
        assert!(!out.contains('\u{1b}'), "escape sequences in piped output of {args:?}");
        out
    }

    /// Runs it with `--json`, expects success, gives the value.
    pub fn json(&self, args: &[&str]) -> serde_json::Value {
        let text = self.ok(&[args, &["--json"]].concat());
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{args:?}: {e}\n{text}"))
    }

    /// Runs it, expects exit code 1, nothing on stdout and one error on stderr, each of its lines `error:` or a cause.
    pub fn fails(&self, args: &[&str]) -> String {
        let output = self.run(args).code(1).get_output().clone();
        assert_eq!(output.stdout, b"", "{args:?}");
        let err = String::from_utf8(output.stderr).unwrap();
        assert!(err.starts_with("error: "), "{args:?}: {err}");
        assert!(err.lines().skip(1).all(|l| l.starts_with("  caused by: ")), "{args:?}: {err}");
        err
    }

    /// Runs it, expects exit code 2 (wrong usage), gives stderr.
    pub fn misused(&self, args: &[&str]) -> String {
        let output = self.run(args).code(2).get_output().clone();
        assert_eq!(output.stdout, b"", "{args:?}");
        String::from_utf8(output.stderr).unwrap()
    }
}

/// The keys of a JSON object have to be just these.
pub fn assert_keys(value: &serde_json::Value, keys: &[&str]) {
    let mut found: Vec<_> = value.as_object().unwrap().keys().map(String::as_str).collect();
    let mut keys = keys.to_vec();
    found.sort_unstable();
    keys.sort_unstable();
    assert_eq!(found, keys);
}

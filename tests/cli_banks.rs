//! Commands `calibrate`, `inspect`, `completions`, and the command line as a whole.

mod cli_support;
use cli_support::*;
use std::process::{Command, Stdio};

const CALIBRATE: [&str; 3] = ["calibrate", PACK, "-o"];

fn calibrate(bench: &Bench, more: &[&str]) -> serde_json::Value {
    bench.json(&[&CALIBRATE[..], &["b.json", "-f", "--tensors", "smollm2*s0000.bf16"], more].concat())
}

#[test]
fn calibrate_reports_and_writes_the_same_bank_every_time() {
    let bench = Bench::new();
    let groups = ["--group", "act=*.ffn*", "--group", "grad=*.d_*", "--group", "grad=*.wg_*"];
    let report = calibrate(&bench, &groups);
    let keys = ["bank", "file", "fingerprint", "format", "map", "longest", "books", "left_out", "histograms"];
    assert_keys(&report, &keys);
    assert_keys(
        &report["books"][0],
        &["id", "name", "shards", "saved_percent", "huffman_percent", "shannon_percent", "share_percent"],
    );
    assert_eq!((&report["bank"], &report["map"], &report["format"]), (&"b".into(), &"fields".into(), &"bf16".into()));
    let names: Vec<_> = report["books"].as_array().unwrap().iter().map(|b| (&b["name"], &b["shards"])).collect();
    assert_eq!(names, [(&"act".into(), &16.into()), (&"grad".into(), &16.into())]);
    let book = &report["books"][0];
    let percent = |key: &str| book[key].as_f64().unwrap();
    assert!(percent("saved_percent") < percent("huffman_percent"));
    assert!(percent("huffman_percent") < percent("shannon_percent") && percent("shannon_percent") < 50.0);
    let first = bench.read("b.json");
    calibrate(&bench, &groups);
    assert_eq!(first, bench.read("b.json"));
}

#[test]
fn every_option_of_calibrate_counts() {
    let bench = Bench::new();
    let plain = calibrate(&bench, &[]);
    assert_eq!(plain["books"][0]["name"], "average");
    let longest = |report: &serde_json::Value| report["longest"].as_u64().unwrap();
    assert!((11..=12).contains(&longest(&plain)), "{plain}");
    let differs = |more: &[&str]| {
        let report = calibrate(&bench, more);
        assert_ne!(report["fingerprint"], plain["fingerprint"], "{more:?}");
        report
    };
    assert!(longest(&differs(&["--limit", "10"])) <= 10);
    let escaped = differs(&["--escape", "26"]);
    let longer = differs(&["--escape", "26", "--escaped-limit", "20"]);
    assert!(longest(&escaped) <= 12, "{escaped}");
    assert!(longest(&longer) > 12, "{longer}");
    differs(&["--floor", "2^-8"]);
    differs(&["--decidable", "6"]);
    assert_eq!(differs(&["--map", "bytes"])["map"], "bytes");
    assert_eq!(differs(&["--dtype", "fp16"])["format"], "fp16");
    assert_eq!(calibrate(&bench, &["--shards", "1"])["books"][0]["shards"], 4);
    assert_eq!(calibrate(&bench, &["--shard-axis", "1", "--shards", "1"])["books"][0]["shards"], 4);
    assert_eq!(calibrate(&bench, &["--name", "my bank"])["bank"], "my bank");
    // One code a byte, packed in pairs as it is read.
    let args = ["--tensors", "*.int4", "--dtype", "int4", "--unpacked", "--json", "-o", "i.json"];
    let report: serde_json::Value =
        serde_json::from_str(&bench.ok(&[&["calibrate", PACK][..], &args].concat())).unwrap();
    assert_eq!((&report["format"], &report["map"]), (&"int4".into(), &"bytes".into()));
}

#[test]
fn tensors_that_no_group_wants_are_named() {
    let bench = Bench::new();
    let args = [&CALIBRATE[..], &["b.json", "--tensors", "smollm2*s0000.bf16", "--group", "a=*.ffn_act*"]].concat();
    let output = bench.run(&args).success().get_output().clone();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(err, "note: no group wants 'smollm2.ffn1_out.L14.s0000.bf16' and 2 more\n");
}

#[test]
fn calibrate_refuses_what_makes_no_bank() {
    let bench = Bench::with_bank();
    bench.write("raw.bin", &[1, 2, 3]);
    bench.write("bad.safetensors", b"\xff\xff\xff\xff\xff\xff\xff\xff{}");
    let o = ["-o", "x.json"];
    let cases: [(&[&str], &str); 13] = [
        (&["none.npy"], "error: none.npy: No such file"),
        (&["."], ".: not a regular file"),
        (&["raw.bin"], "raw.bin: a raw file has no header: its dtype has to be given"),
        (&["raw.bin", "--dtype", "bf16"], "raw file of 3 bytes: no whole number of bf16 elements of 2 bytes"),
        (&["bad.safetensors"], "bad.safetensors: safetensors: "),
        (&[PACK, "--tensors", "nothing*"], "no tensor matches 'nothing*'; there are: 'smollm2."),
        (&[PACK], "a bank is made from one format"),
        (&[PACK, "--tensors", EARLY, "--dtype", "e4m3"], "bf16"),
        (&[PACK, "--tensors", EARLY, "--group", "a"], "group 'a': expected NAME=GLOB"),
        (&[PACK, "--tensors", EARLY, "--group", "a=z*"], "group 'a': no tensor with an element in it matches 'z*'"),
        (&[PACK, "--tensors", EARLY, "--limit", "17"], "code length limit 17: must be 8 to 16"),
        (&[PACK, "--tensors", EARLY, "--shards", "3"], "cannot be cut into 3 equal shards"),
        (&[PACK, "--tensors", EARLY, "--name", "a/b"], "a/b"),
    ];
    for (args, message) in cases {
        let err = bench.fails(&[&["calibrate"][..], args, &o].concat());
        assert!(err.contains(message), "{args:?}: {err}");
        assert!(!bench.exists("x.json"), "{args:?}");
    }
    let err = bench.fails(&["calibrate", PACK, "--tensors", EARLY, "-o", "bank.json"]);
    assert_eq!(err, "error: bank.json: exists already; --force replaces it\n");
}

#[test]
fn wrong_usage_is_told_from_failure() {
    let bench = Bench::new();
    let cases: [(&[&str], &str); 7] = [
        (&["frobnicate"], "unrecognized subcommand 'frobnicate'"),
        (&["calibrate", PACK], "--output"),
        (&["calibrate", "-o", "x"], "<FILE>"),
        (&["calibrate", PACK, "-o", "x", "--dtype", "bf17"], "unknown format 'bf17': expected one of raw, bf16"),
        (&["calibrate", PACK, "-o", "x", "--map", "zip"], "unknown map 'zip'"),
        (&["calibrate", PACK, "-o", "x", "--escape", "most"], "unknown escape 'most'"),
        (&["calibrate", PACK, "-o", "x", "--floor", "0"], "unknown floor '0'"),
    ];
    for (args, message) in cases {
        let err = bench.misused(args);
        assert!(err.contains(message), "{args:?}: {err}");
    }
}

#[test]
fn inspect_shows_what_calibrate_made() {
    let bench = Bench::with_bank();
    let report = bench.json(&["inspect", "bank.json", "--rebuild", "--svg", "codes.svg"]);
    assert_keys(&report, &["name", "map", "symbol_bits", "fingerprint", "sha256", "longest", "books"]);
    assert_eq!(report["books"][0]["planes"][0]["kraft"], 65536);
    assert!(bench.read("codes.svg").starts_with(b"<svg") || bench.read("codes.svg").starts_with(b"<?xml"));
    let text = bench.ok(&["inspect", "bank.json"]);
    assert!(text.contains(report["fingerprint"].as_str().unwrap()), "{text}");
}

#[test]
fn inspect_refuses_damaged_banks() {
    let bench = Bench::with_bank();
    let good = String::from_utf8(bench.read("bank.json")).unwrap();
    let report = bench.json(&["inspect", "bank.json"]);
    let fingerprint = report["fingerprint"].as_str().unwrap();
    bench.write("other.json", good.replacen(fingerprint, "00000000", 1).as_bytes());
    let err = bench.fails(&["inspect", "other.json"]);
    assert!(err.starts_with("error: bank other.json") && err.contains("00000000"), "{err}");
    bench.write("cut.json", &good.as_bytes()[..good.len() / 2]);
    assert!(bench.fails(&["inspect", "cut.json"]).contains("bank cut.json"));
    assert!(bench.fails(&["inspect", "none.json"]).contains("No such file"));
    assert!(bench.fails(&["inspect", "bank.json", "--svg", "no/where.svg"]).contains("cannot write no/where.svg"));
    // Without provenance there is nothing to rebuild from.
    let mut value: serde_json::Value = serde_json::from_str(&good).unwrap();
    value["provenance"] = serde_json::Value::Null;
    bench.write("bare.json", value.to_string().as_bytes());
    let err = bench.fails(&["inspect", "bare.json", "--rebuild"]);
    assert!(err.contains("it does not say what it was made from"), "{err}");
}

#[cfg(feature = "rtl")]
const COMMANDS: &[&str] =
    &["demo", "calibrate", "inspect", "analyze", "encode", "decode", "simulate", "export", "completions"];
#[cfg(not(feature = "rtl"))]
const COMMANDS: &[&str] = &["calibrate", "inspect", "analyze", "encode", "decode", "completions"];

#[test]
fn completions_and_help_exist_for_everything() {
    let bench = Bench::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = bench.ok(&["completions", shell]);
        for command in COMMANDS {
            assert!(script.contains(command), "{shell} {command}");
        }
    }
    assert!(bench.misused(&["completions", "tcl"]).contains("tcl"));
    let help = bench.ok(&["--help"]);
    assert!(help.contains("Examples:") && help.contains("Exit codes"), "{help}");
    for command in COMMANDS {
        assert!(help.contains(command));
        let text = bench.ok(&[command, "--help"]);
        assert!(text.contains("Examples:"), "{command}");
    }
    assert!(bench.ok(&["--version"]).starts_with("huffwire "));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let bench = Bench::with_bank();
    let mut child = Command::new(env!("CARGO_BIN_EXE_huffwire"))
        .args(["inspect", "bank.json", "--json"])
        .current_dir(&bench.dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), vec![]));
}

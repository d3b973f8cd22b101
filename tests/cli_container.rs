//! Commands `encode` and `decode`.

mod cli_support;
use cli_support::*;
use huffwire::tensor::{OpenOptions, TensorFile};

fn encoded() -> Bench {
    let bench = Bench::with_bank();
    bench.ok(&["encode", PACK, "--bank", "bank.json", "-o", "t.hfw"]);
    bench
}

#[test]
fn a_file_comes_back_byte_for_byte() {
    let bench = encoded();
    let report = bench.json(&["decode", "t.hfw", "-o", "back.safetensors", "--bank", "bank.json"]);
    assert_keys(&report, &["output", "original_bytes", "file_bytes", "sha256"]);
    assert_eq!(bench.read("back.safetensors"), std::fs::read(PACK).unwrap());
    assert_eq!(report["file_bytes"].as_u64().unwrap(), bench.read("t.hfw").len() as u64);
    // Both names made up from the input's.
    std::fs::copy(PACK, bench.path("p.safetensors")).unwrap();
    bench.ok(&["encode", "p.safetensors", "--bank", "bank.json"]);
    std::fs::remove_file(bench.path("p.safetensors")).unwrap();
    bench.ok(&["decode", "p.safetensors.hfw"]);
    assert_eq!(bench.read("p.safetensors"), std::fs::read(PACK).unwrap());
}

#[test]
fn encode_says_what_became_of_each_tensor() {
    let bench = Bench::with_bank();
    let report = bench.json(&["encode", PACK, "--bank", "bank.json", "-o", "t.hfw"]);
    let keys = [
        "output",
        "original_bytes",
        "file_bytes",
        "stored_bytes",
        "coded_bytes",
        "manifest_bytes",
        "saved_percent",
        "sha256",
        "tensors",
    ];
    assert_keys(&report, &keys);
    let tensors = report["tensors"].as_array().unwrap();
    let tensor = |name: &str| tensors.iter().find(|t| t["name"] == name).unwrap();
    let keys = [
        "name",
        "dtype",
        "format",
        "elements",
        "raw_bytes",
        "coded_bytes",
        "saved_percent",
        "outcome",
        "bank",
        "reason",
    ];
    assert_keys(tensor(LATER), &keys);
    assert_eq!((&tensor(LATER)["outcome"], &tensor(LATER)["bank"]), (&"coded".into(), &"bank".into()));
    assert!(tensor(LATER)["saved_percent"].as_f64().unwrap() > 25.0);
    let int8 = tensor("smollm2.ffn1_out.L14.s0010.int8");
    assert_eq!(int8["outcome"], "no-bank");
    assert!(int8["reason"].as_str().unwrap().contains("map 'fields' is not defined for format 'int8'"));
}

#[test]
fn every_option_of_encode_counts() {
    let bench = Bench::with_bank();
    let bytes = |more: &[&str]| {
        let args = [&["encode", PACK, "--bank", "bank.json", "-o", "t.hfw", "-f", "--tensors", LATER], more].concat();
        let report = bench.json(&args);
        bench.ok(&["decode", "t.hfw", "-o", "back", "-f"]);
        assert_eq!(bench.read("back"), std::fs::read(PACK).unwrap(), "{more:?}");
        report["coded_bytes"].as_u64().unwrap()
    };
    let plain = bytes(&[]);
    let cases: [&[&str]; 9] = [
        &["--lanes", "64"],
        &["--turns", "4"],
        &["--packet", "100"],
        &["--prefill", "5", "--packet", "500"],
        &["--block", "16", "--book-per", "block"],
        &["--block", "64", "--track", "1:2:120"],
        &["--lanes", "1", "--packet", "64"],
        &["--book", "average", "--packet", "64"],
        &["--book", "1", "--packet", "20000"],
    ];
    for more in cases {
        assert_ne!(bytes(more), plain, "{more:?}");
    }
    // The raw book gains nothing, so the tensor is stored.
    assert_eq!(bytes(&["--book", "0"]), 0);
    assert_eq!(bytes(&["--book", "best"]), plain);
}

#[test]
fn encode_refuses_what_it_cannot_do() {
    let bench = Bench::with_bank();
    bench.write("there.hfw", b"old");
    let cases: [(&[&str], &str); 13] = [
        (&["none.npy", "--bank", "bank.json"], "No such file"),
        (&[PACK, "--bank", "none.json"], "bank none.json"),
        (&[PACK, "--bank", PACK], "the bank file is not JSON"),
        (&[PACK, "--bank", "bank.json", "--lanes", "3"], "lanes = 3: must be 1, 2, 4, 8, 16, 32 or 64"),
        (
            &[PACK, "--bank", "bank.json", "--turns", "2"],
            "2 turns of 16 lanes with 1 symbols an element: must be 1 or 4",
        ),
        (
            &[PACK, "--bank", "bank.json", "--turns", "4", "--prefill", "3"],
            "prefill of 3 words: must be 3 to 5, with lanes in turn 4 or 5",
        ),
        (&[PACK, "--bank", "bank.json", "--prefill", "9"], "prefill of 9 words: must be 3 to 5"),
        (&[PACK, "--bank", "bank.json", "--block", "17"], "block of 17 steps: must be a power of two"),
        (&[PACK, "--bank", "bank.json", "--block", "16"], "a block length has no use"),
        (&[PACK, "--bank", "bank.json", "--map", "bytes"], "the bank is for map 'fields', the stream has map 'bytes'"),
        (&[PACK, "--bank", "bank.json", "--book", "2"], "no book '2': the bank has 0 (raw), 1 'average', or 'best'"),
        (&[PACK, "--bank", "bank.json", "--packet", "0"], "0 elements a packet: must be 1 to 16777216"),
        (&[PACK, "--bank", "bank.json", "--tensors", "z*"], "'z*'"),
    ];
    for (args, message) in cases {
        let err = bench.fails(&[&["encode"][..], args, &["-o", "x.hfw"]].concat());
        assert!(err.contains(message), "{args:?}: {err}");
        assert!(!bench.exists("x.hfw"), "{args:?}");
    }
    let err = bench.fails(&["encode", PACK, "--bank", "bank.json", "-o", "there.hfw"]);
    assert!(err.contains("the file exists already"), "{err}");
    assert_eq!(bench.read("there.hfw"), b"old");
    let track = |v: &str| bench.misused(&["encode", PACK, "--bank", "bank.json", "--track", v]);
    assert!(track("1").contains("expected DELAY:WINDOW or DELAY:WINDOW:BIAS"));
    assert!(track("1:3:0").contains("window of 3 blocks: must be 1, 2 or 4"));
}

#[test]
fn damaged_files_leave_nothing_behind() {
    let bench = encoded();
    let good = bench.read("t.hfw");
    let refused = |what: &str, bytes: &[u8], message: &str| {
        bench.write("bad.hfw", bytes);
        let err = bench.fails(&["decode", "bad.hfw", "-o", "out"]);
        assert!(err.contains(message), "{what}: {err}");
        assert!(!bench.exists("out"), "{what}");
    };
    refused("empty", b"", "bad.hfw");
    refused("truncated", &good[..good.len() - 1], "truncated");
    refused("extended", &[&good[..], b"x"].concat(), "extended");
    refused("no .hfw file", &std::fs::read(PACK).unwrap(), "no .hfw file");
    // In what is stored, in the packets, in the manifest: all before the only tensor coded is stored, behind 24 bytes.
    bench.ok(&["encode", PACK, "--bank", "bank.json", "--tensors", LATER, "-o", "t.hfw", "-f"]);
    let good = bench.read("t.hfw");
    let pack = TensorFile::open(PACK.as_ref(), &OpenOptions::default()).unwrap();
    let start = 24 + pack.tensors().iter().find(|t| t.name == LATER).unwrap().range.start;
    let end = good.len();
    for (at, message) in [(start - 9, "SHA-256"), (start + 999, LATER), (end - 20, "CRC-32C of header and manifest")] {
        let mut bad = good.clone();
        bad[at] ^= 0x10;
        refused(&format!("byte {at}"), &bad, message);
    }
    let left: Vec<_> = std::fs::read_dir(&bench.dir).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left.len(), 3, "bank.json, t.hfw and bad.hfw, but {left:?}");
}

#[test]
fn decode_refuses_other_banks_and_existing_files() {
    let bench = encoded();
    bench.ok(&["calibrate", PACK, "--tensors", LATER, "-o", "other.json"]);
    let err = bench.fails(&["decode", "t.hfw", "-o", "out", "--bank", "other.json"]);
    assert!(err.contains("the file was made with bank") && !bench.exists("out"), "{err}");
    bench.ok(&["decode", "t.hfw", "-o", "out", "--bank", "other.json", "--bank", "bank.json"]);
    assert!(bench.fails(&["decode", "t.hfw", "-o", "out"]).contains("the file exists already"));
    assert!(bench.fails(&["decode", "bank.json"]).contains("does not end in .hfw: give --output"));
    assert!(bench.fails(&["decode", "none.hfw"]).contains("No such file"));
}

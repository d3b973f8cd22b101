//! Command `analyze`.

mod cli_support;
use cli_support::*;
use serde_json::Value;

const SUMS: [&str; 10] = [
    "elements",
    "shards",
    "bits_per_element",
    "gap_pp",
    "books",
    "escapes",
    "escapes_per_mille",
    "kl_bits",
    "packets",
    "side_bits",
];
const BITS: [&str; 5] = ["raw", "shannon", "shard_huffman", "coded", "wire"];

fn analyze(bench: &Bench, more: &[&str]) -> Value {
    bench.json(&[&["analyze", PACK, "--bank", "bank.json"], more].concat())
}

fn number(value: &Value) -> f64 {
    let number = value.as_f64().unwrap_or_else(|| panic!("{value} is no number"));
    assert!(number.is_finite());
    number
}

fn check_sums(sums: &Value) {
    BITS.iter().for_each(|key| assert!(number(&sums["bits_per_element"][key]) > 0.0));
    assert_keys(&sums["bits_per_element"], &BITS);
    assert_keys(&sums["gap_pp"], &["mean", "worst"]);
    assert!(number(&sums["gap_pp"]["mean"]) <= number(&sums["gap_pp"]["worst"]));
    for key in ["elements", "shards", "escapes", "packets", "side_bits"] {
        assert!(sums[key].is_u64(), "{key}");
    }
    assert!(number(&sums["escapes_per_mille"]) <= 1000.0 && number(&sums["kl_bits"]) >= 0.0);
    for book in sums["books"].as_array().unwrap() {
        assert_keys(book, &["id", "name", "blocks"]);
        assert!(book["blocks"].as_u64().unwrap() > 0);
    }
}

#[test]
fn the_json_has_its_keys_and_the_total_is_that_of_the_tensors() {
    let bench = Bench::with_bank();
    let report = analyze(&bench, &[]);
    assert_keys(&report, &["map", "bank", "lanes", "turns", "packet_symbols", "tensors", "total", "skipped"]);
    assert_keys(&report["bank"], &["name", "fingerprint", "books"]);
    let inspected = bench.json(&["inspect", "bank.json"]);
    assert_eq!(report["bank"]["fingerprint"], inspected["fingerprint"]);
    assert_eq!((&report["map"], &report["bank"]["name"]), (&"fields".into(), &"bank".into()));
    assert_eq!((&report["lanes"], &report["packet_symbols"]), (&16.into(), &65536.into()));
    let tensors = report["tensors"].as_array().unwrap();
    assert!(tensors.len() > 5);
    for tensor in tensors {
        assert_keys(tensor, &[&["file", "name", "dtype"], &SUMS[..]].concat());
        check_sums(tensor);
        assert_eq!((&tensor["dtype"], &tensor["file"]), (&"BF16".into(), &PACK.into()));
        assert_eq!(number(&tensor["bits_per_element"]["raw"]), 16.0);
    }
    let skipped = report["skipped"].as_array().unwrap();
    assert!(skipped.iter().any(|s| s["name"] == "smollm2.ffn1_out.L14.s0010.int8"));
    skipped.iter().for_each(|s| assert_keys(s, &["name", "reason"]));

    let total = &report["total"];
    assert_keys(total, &SUMS);
    check_sums(total);
    let sum = |of: &dyn Fn(&Value) -> f64| tensors.iter().map(of).sum::<f64>();
    let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-9 * b.abs().max(1.0), "{a} is not {b}");
    for key in ["elements", "shards", "escapes", "packets", "side_bits"] {
        assert_eq!(number(&total[key]), sum(&|t| number(&t[key])), "{key}");
    }
    for key in BITS {
        let weighted = sum(&|t| number(&t["bits_per_element"][key]) * number(&t["elements"]));
        close(number(&total["bits_per_element"][key]), weighted / number(&total["elements"]));
    }
    let gaps = sum(&|t| number(&t["gap_pp"]["mean"]) * number(&t["shards"]));
    close(number(&total["gap_pp"]["mean"]), gaps / number(&total["shards"]));
    let worst = tensors.iter().map(|t| number(&t["gap_pp"]["worst"])).fold(f64::MIN, f64::max);
    close(number(&total["gap_pp"]["worst"]), worst);
    // All shards of a tensor have as many elements here, so the mean gap is that of the means.
    for tensor in tensors {
        let bits = |key: &str| number(&tensor["bits_per_element"][key]);
        close(number(&tensor["gap_pp"]["mean"]), 100.0 * (bits("coded") - bits("shard_huffman")) / bits("raw"));
    }
}

#[test]
fn wire_is_the_bytes_that_encode_writes() {
    let bench = Bench::with_bank();
    let stream = ["--tensors", LATER, "--lanes", "8", "--block", "16", "--track", "1:2:120"];
    let report = analyze(&bench, &[&stream[..], &["--shards", "1", "--packet", "5000"]].concat());
    let bytes = |total: &Value| (number(&total["bits_per_element"]["wire"]) * number(&total["elements"]) / 8.0).round();
    let wire = bytes(&report["total"]);
    let packets = number(&report["total"]["packets"]);
    let encode = ["encode", PACK, "--bank", "bank.json", "-o", "t.hfw", "--packet", "5000"];
    let encoded = bench.json(&[&encode[..], &stream].concat());
    let tensors = encoded["tensors"].as_array().unwrap();
    let tensor = tensors.iter().find(|t| t["name"] == LATER).unwrap();
    assert_eq!(tensor["outcome"], "no-gain", "the bank is made for exponents as they are");
    // With a bank that gains, the file has the packets, 4 bytes of length before each. Both have the same lanes unless told.
    let stream = ["--tensors", LATER];
    let report = analyze(&bench, &[&stream[..], &["--shards", "1", "--packet", "5000"]].concat());
    let plain = bytes(&report["total"]);
    let encoded = bench.json(&[&encode[..], &["-f"], &stream].concat());
    let tensors = encoded["tensors"].as_array().unwrap();
    let tensor = tensors.iter().find(|t| t["name"] == LATER).unwrap();
    assert_eq!(number(&tensor["coded_bytes"]), plain + 4.0 * packets);
    assert!(wire > plain);
}

#[test]
fn every_option_counts() {
    let bench = Bench::with_bank();
    let with = |more: &[&str]| analyze(&bench, &[&["--tensors", LATER], more].concat())["total"].clone();
    let plain = with(&[]);
    assert_eq!((&plain["shards"], &plain["packets"]), (&8.into(), &8.into()));
    let bits = |total: &Value, key: &str| number(&total["bits_per_element"][key]);
    // What changes the wire, and leaves the codewords as they are.
    let wire: [&[&str]; 5] =
        [&["--lanes", "64"], &["--lanes", "1"], &["--turns", "4"], &["--prefill", "5"], &["--packet", "500"]];
    for more in wire {
        let total = with(more);
        assert_ne!(bits(&total, "wire"), bits(&plain, "wire"), "{more:?}");
        assert_eq!(bits(&total, "coded"), bits(&plain, "coded"), "{more:?}");
    }
    assert_eq!(with(&["--lanes", "16", "--packet", "65536", "--track", "off", "--map", "fields"]), plain);
    assert_eq!(with(&["--book", "average"]), plain);
    let raw = with(&["--book", "0"]);
    assert_eq!((bits(&raw, "coded"), &raw["books"][0]["name"]), (16.0, &"raw".into()));
    // Blocks: 4 bits each but the last of a packet, which may be too short for one.
    let blocks = with(&["--book-per", "block", "--block", "32"]);
    let count: u64 = blocks["books"].as_array().unwrap().iter().map(|b| b["blocks"].as_u64().unwrap()).sum();
    let side = blocks["side_bits"].as_u64().unwrap();
    assert!(count == 8 * 5568u64.div_ceil(32 * 16) && side >= 4 * (count - 8) && side <= 4 * count, "{blocks}");
    // Shards.
    let whole = with(&["--shards", "1"]);
    assert_eq!((&whole["shards"], &whole["packets"]), (&1.into(), &1.into()));
    assert!(bits(&whole, "shard_huffman") > bits(&plain, "shard_huffman"));
    let columns = with(&["--shard-axis", "2", "--shards", "2"]);
    assert_eq!(columns["shards"], 2);
    assert_ne!(bits(&columns, "shannon"), bits(&whole, "shannon"));
    // Another format: the same bits, other exponents, which the bank does not serve.
    let err = bench.fails(&["analyze", PACK, "--bank", "bank.json", "--tensors", LATER, "--dtype", "fp16"]);
    assert!(err.contains("the bank has planes of [8] bits, the stream's elements have [5]"), "{err}");
}

#[test]
fn tracking_changes_what_is_coded_and_not_the_yardsticks() {
    let bench = Bench::with_bank();
    let with = |track: &[&str]| {
        let args = ["--tensors", LATER, "--book", "average", "--book-per", "block", "--block", "16"];
        analyze(&bench, &[&args, track].concat())["total"].clone()
    };
    let (off, on) = (with(&["--track", "off"]), with(&["--track", "on"]));
    for key in ["raw", "shannon", "shard_huffman"] {
        assert_eq!(off["bits_per_element"][key], on["bits_per_element"][key]);
    }
    assert_ne!(off["bits_per_element"]["coded"], on["bits_per_element"]["coded"]);
    assert!(number(&on["kl_bits"]) > number(&off["kl_bits"]) + 1.0, "the bank is for exponents as they are");
    assert_eq!(with(&["--track", "1:2"]), on);
    for other in [["--track", "1:2:100"], ["--track", "2:2"], ["--track", "1:4"]] {
        assert_ne!(with(&other), on, "{other:?}");
    }
}

#[test]
fn the_table_lines_up_and_skipped_tensors_are_named() {
    let bench = Bench::with_bank();
    let out = bench.ok(&["analyze", PACK, "--bank", "bank.json", "--tensors", "smollm2*.bf16"]);
    let lines: Vec<_> = out.lines().skip(2).collect();
    assert!(out.starts_with("bank 'bank', fingerprint ") && lines[0].starts_with("tensor "), "{out}");
    assert!(lines.last().unwrap().starts_with("total "));
    // Columns of numbers end where their heads do.
    for head in ["elements", "shards", "raw", "Shannon", "Huffman", "coded", "wire", "gap pp", "worst pp"] {
        let end = lines[0].find(head).unwrap() + head.len();
        for line in &lines {
            let cell = &line[..end];
            assert!(cell.ends_with(|c: char| c.is_ascii_alphanumeric()), "{head}: {line}");
            assert!(line[end..].starts_with("  "), "{head}: {line}");
        }
    }
    assert!(lines[1].ends_with("average 100 %"), "{}", lines[1]);
    let output = bench.run(&["analyze", PACK, "--bank", "bank.json"]).success().get_output().clone();
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(err.starts_with("note: skipped 'smollm2.ffn1_out.L14.s0010.e4m3' (the bank has planes"), "{err}");
}

#[test]
fn empty_tensors_are_listed_and_a_file_of_them_alone_is_refused() {
    let bench = Bench::with_bank();
    let empty = r#""none":{"dtype":"BF16","shape":[0,4],"data_offsets":[0,0]}"#;
    let file = |text: &str, data: &[u8]| [&(text.len() as u64).to_le_bytes(), text.as_bytes(), data].concat();
    let some = r#""some":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}"#;
    bench.write("both.safetensors", &file(&format!("{{{empty},{some}}}"), &[0x80, 0x3F]));
    let report = bench.json(&["analyze", "both.safetensors", "--bank", "bank.json"]);
    assert_eq!(report["skipped"], serde_json::json!([{"name": "none", "reason": "no elements"}]));
    assert_eq!((report["tensors"].as_array().unwrap().len(), &report["total"]["elements"]), (1, &1.into()));
    check_sums(&report["total"]);
    bench.write("none.safetensors", &file(&format!("{{{empty}}}"), &[]));
    let err = bench.fails(&["analyze", "none.safetensors", "--bank", "bank.json"]);
    assert_eq!(err, "error: no tensor that can be analyzed: tensor 'none': no elements\n");
    let err = bench.fails(&["analyze", "none.safetensors", "--bank", "bank.json", "--tensors", "z*"]);
    assert_eq!(err, "error: no tensor matches 'z*'; there are: 'none'\n");
    // Several files are one input.
    let report = bench.json(&["analyze", "both.safetensors", "none.safetensors", "--bank", "bank.json"]);
    assert_eq!(report["skipped"].as_array().unwrap().len(), 2);
}

#[test]
fn analyze_refuses_what_it_cannot_do() {
    let bench = Bench::with_bank();
    bench.write("index.safetensors", &{
        let text = r#"{"i":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}"#;
        [&(text.len() as u64).to_le_bytes(), text.as_bytes(), &[0; 8]].concat()
    });
    bench.ok(&["calibrate", PACK, "--tensors", EARLY, "--map", "bytes", "-o", "bytes.json"]);
    let cases: [(&[&str], &str); 13] = [
        (&["none.npy", "--bank", "bank.json"], "none.npy: No such file"),
        (&[PACK, "--bank", "none.json"], "bank none.json"),
        (&[PACK, "--bank", "bank.json", "--map", "bytes"], "the bank is for map 'fields', the stream has map 'bytes'"),
        (
            &[PACK, "--bank", "bytes.json", "--map", "fields"],
            "the bank is for map 'bytes', the stream has map 'fields'",
        ),
        (
            &[PACK, "--bank", "bytes.json", "--track", "on", "--block", "16"],
            "the exponent bias is tracked under map 'fields' only, not under 'bytes'",
        ),
        (&[PACK, "--bank", "bank.json", "--lanes", "3"], "lanes = 3: must be 1, 2, 4, 8, 16, 32 or 64"),
        (&[PACK, "--bank", "bank.json", "--block", "17"], "block of 17 steps: must be a power of two"),
        (&[PACK, "--bank", "bank.json", "--book", "2"], "no book '2': the bank has 0 (raw), 1 'average', or 'best'"),
        (&[PACK, "--bank", "bank.json", "--packet", "0"], "0 symbols a packet: must be 1 to 16777216"),
        (&[PACK, "--bank", "bank.json", "--tensors", "z*"], "no tensor matches 'z*'"),
        (&[PACK, "--bank", "bank.json", "--shards", "3"], "cannot be cut into 3 equal shards"),
        (&[PACK, "--bank", "bank.json", "--shard-axis", "3"], "axis 3 of a tensor with 3 axes"),
        (&["index.safetensors", "--bank", "bank.json"], "no tensor of a known format in the files given"),
    ];
    for (args, message) in cases {
        let err = bench.fails(&[&["analyze"], args].concat());
        assert!(err.contains(message), "{args:?}: {err}");
    }
    let cases: [(&[&str], &str); 3] = [
        (&["--bank", "bank.json"], "<FILE>"),
        (
            &[PACK, "--bank", "bank.json", "--track", "yes"],
            "'yes': expected DELAY:WINDOW or DELAY:WINDOW:BIAS, such as 1:2:120, or on or off",
        ),
        (&[PACK, "--bank", "bank.json", "--track", "1:3:120"], "window of 3 blocks: must be 1, 2 or 4"),
    ];
    for (args, message) in cases {
        let err = bench.misused(&[&["analyze"], args].concat());
        assert!(err.contains(message), "{args:?}: {err}");
    }
}

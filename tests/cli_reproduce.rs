//! Command `reproduce`.

mod cli_support;
use cli_support::*;
use huffwire::format::{Format, Layout, SymbolMap};
use huffwire::stats::{count, ShardCost};
use huffwire::tensor::{OpenOptions, TensorFile};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

/// One run on the tensors that come with the program: its folder and its JSON.
static RUN: LazyLock<(Bench, Value)> = LazyLock::new(|| {
    let bench = Bench::new();
    let json = bench.json(&["reproduce", "-o", "page"]);
    (bench, json)
});

/// A CSV file: columns and rows. No text of the project's has a quote or a line break in it.
fn csv(name: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let text = String::from_utf8(RUN.0.read(&format!("page/{name}.csv"))).unwrap();
    let split = |line: &str| {
        let (mut cells, mut quoted) = (vec![String::new()], false);
        for c in line.chars() {
            match c {
                '"' => quoted = !quoted,
                ',' if !quoted => cells.push(String::new()),
                c => cells.last_mut().unwrap().push(c),
            }
        }
        cells
    };
    let mut lines = text.lines().map(split);
    let columns = lines.next().unwrap();
    let rows: Vec<_> = lines.collect();
    assert!(rows.iter().all(|r| r.len() == columns.len()), "{name}");
    (columns, rows)
}

fn number(cell: &str) -> f64 {
    cell.parse().unwrap_or_else(|_| panic!("'{cell}' is no number"))
}

fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
    files.map(|f| (f.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&f).unwrap())).collect()
}

#[test]
fn the_json_says_what_there_is() {
    let (bench, json) = &*RUN;
    assert_keys(json, &["output", "files", "subject", "findings", "shards", "schemes"]);
    assert_keys(&json["subject"], &["files", "tensors", "left_out", "main_format"]);
    assert_keys(&json["subject"]["tensors"][0], &["name", "class", "format", "shards", "elements", "cropped"]);
    assert_keys(&json["findings"][0], &["section", "text"]);
    let keys = ["class", "map", "shards", "shannon_percent", "huffman_percent", "fixed_percent"];
    assert_keys(&json["shards"][0], &keys);
    assert_keys(&json["schemes"][0], &["scheme", "format", "class", "coded_percent", "sent_percent"]);
    assert_eq!((&json["output"], &json["subject"]["main_format"]), (&"page".into(), &"bf16".into()));
    let named: Vec<String> = serde_json::from_value(json["files"].clone()).unwrap();
    let there = contents(&bench.path("page"));
    assert_eq!(there.keys().cloned().collect::<Vec<_>>(), {
        let mut named = named.clone();
        named.sort();
        named
    });
    assert!(there.values().all(|c| !c.is_empty()));
    let tensors = json["subject"]["tensors"].as_array().unwrap();
    let class = |name: &str| tensors.iter().find(|t| t["name"] == name).unwrap()["class"].clone();
    assert_eq!(class("smollm2.ffn1_out.L14.s0010.int8"), "activations");
    assert_eq!(class("smollm2.wg_ffn1.L14.s0010.bf16"), "weight gradients");
    assert_eq!(class("smollm2.ffn1_out.L14.s0010.mx_scale"), "other");
}

#[test]
fn every_figure_has_its_csv_and_the_findings_are_on_the_page() {
    let (bench, json) = &*RUN;
    let page = String::from_utf8(bench.read("page/index.html")).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>\n"));
    for figure in page.split("<figure>").skip(1) {
        let figure = figure.split("</figure>").next().unwrap();
        let link = figure.split("href=\"").nth(1).and_then(|r| r.split('"').next()).unwrap();
        assert!(bench.exists(&format!("page/{link}")), "{link}");
        assert!(figure.contains("<svg role=\"img\"") && figure.contains("</svg>"), "{link}");
    }
    for finding in json["findings"].as_array().unwrap() {
        let text = finding["text"].as_str().unwrap().replace('\'', "&apos;");
        assert!(page.contains(&text), "{text}");
        assert!(!text.contains("NaN") && !text.contains("inf "), "{text}");
    }
    assert!(!page.contains("NaN") && !page.contains("http"), "a number that is none, or an address");
}

#[test]
fn shards_agree_with_the_library_and_bounds_hold() {
    let pack = TensorFile::open(PACK.as_ref(), &OpenOptions::default()).unwrap();
    for (name, map) in [("shards-bytes", SymbolMap::Bytes), ("shards-fields", SymbolMap::Fields)] {
        let (columns, rows) = csv(name);
        let expected = [
            "tensor",
            "class",
            "format",
            "shard",
            "Shannon saved [%]",
            "per-shard Huffman saved [%]",
            "fixed book saved [%]",
        ];
        assert_eq!(columns, expected);
        for row in &rows {
            let [shannon, huffman, fixed] = [4, 5, 6].map(|i| number(&row[i]));
            assert!(shannon >= huffman && huffman >= fixed, "{row:?}");
        }
        let layout = Layout::new(Format::Bf16, map).unwrap();
        let tensor = pack.tensors().iter().find(|t| t.name == LATER).unwrap();
        for (shard, bytes) in pack.shards(tensor, 0, None).unwrap().enumerate() {
            let cost = ShardCost::new(&layout, &count(&layout, &bytes.unwrap()).unwrap());
            let row = rows.iter().find(|r| r[0] == LATER && r[3] == shard.to_string()).unwrap();
            assert!((number(&row[4]) - cost.shannon_saved()).abs() < 1e-5, "{row:?}");
            assert!((number(&row[5]) - cost.huffman_saved()).abs() < 1e-5, "{row:?}");
        }
    }
}

#[test]
fn schemes_are_where_they_have_to_be() {
    let (columns, rows) = csv("schemes-by-tensor");
    assert_eq!(columns[0], "scheme");
    assert_eq!(columns[7..], ["coded saved [%]", "sent saved [%]"]);
    let of = |scheme: &str, tensor: &str| rows.iter().find(|r| r[0] == scheme && r[1] == tensor);
    let coded = |scheme: &str, tensor: &str| number(&of(scheme, tensor).unwrap()[7]);
    let mut bf16 = 0;
    for row in &rows {
        let [plain, coded, side] = [4, 5, 6].map(|i| number(&row[i]));
        assert!((number(&row[7]) - 100.0 * (1.0 - coded / plain)).abs() < 1e-4, "{row:?}");
        assert!((number(&row[8]) - 100.0 * (1.0 - (coded + side) / plain)).abs() < 1e-4, "{row:?}");
    }
    let tensors: Vec<&str> = rows.iter().filter(|r| r[0] == "zlib").map(|r| r[1].as_str()).collect();
    assert_eq!(tensors.len(), 21);
    for tensor in tensors {
        // A fixed Huffman code is within the restricted codes, and no code of bytes beats their entropy.
        assert!(coded("bytes-shannon", tensor) >= coded("single-stage", tensor), "{tensor}");
        assert!(coded("single-stage", tensor) >= coded("quad", tensor), "{tensor}");
        if tensor.ends_with(".bf16") {
            bf16 += 1;
            let (shannon, huffman) = (coded("fields-shannon", tensor), coded("fields-huffman", tensor));
            let (ans, exponent) = (coded("ans", tensor), coded("exponent", tensor));
            assert!(shannon >= huffman && huffman >= exponent && shannon >= ans && shannon - ans < 0.1, "{tensor}");
            assert!(coded("fields", tensor) >= exponent - 0.05, "{tensor}");
            // Exponents re-centred with the best book a block against one fixed book over bytes.
            assert!(coded("huffwire", tensor) > coded("single-stage", tensor) + 5.0, "{tensor}");
            assert!((coded("huffwire", tensor) - huffman).abs() < 1.5, "{tensor}");
            // A bank made without the model is another bank, and nearly as good.
            let unseen = coded("huffwire-unseen", tensor);
            assert!(unseen != coded("huffwire", tensor) && (unseen - huffman).abs() < 2.0, "{tensor}: {unseen}");
        }
    }
    assert_eq!(bf16, 13);
    let integers = "smollm2.ffn1_out.L14.s0010.int8";
    assert!(of("ans", integers).is_none() && of("huffwire-unseen", integers).is_none());
    assert!(coded("huffwire", integers) > coded("single-stage", integers) - 0.5);
}

#[test]
fn recentring_brings_tensors_together() {
    let loss = |name: &str| {
        let (_, rows) = csv(name);
        let others: Vec<f64> = rows.iter().filter(|r| r[2] == "another model").map(|r| number(&r[3])).collect();
        others.iter().sum::<f64>() / others.len() as f64
    };
    assert!(loss("books-as-is") > 10.0 * loss("books-recentred"));
}

#[test]
fn two_runs_are_the_same_on_one_thread_and_on_many() {
    let bench = Bench::new();
    let status = std::process::Command::new(env!("CARGO_BIN_EXE_huffwire"))
        .args(["reproduce", PACK, "-o", "again"])
        .env("RAYON_NUM_THREADS", "1")
        .current_dir(&bench.dir)
        .output()
        .unwrap();
    assert!(status.status.success());
    let (first, again) = (contents(&RUN.0.path("page")), contents(&bench.path("again")));
    assert_eq!(first.keys().collect::<Vec<_>>(), again.keys().collect::<Vec<_>>());
    for (name, bytes) in &first {
        assert!(again[name] == *bytes, "{name} differs");
    }
}

/// bf16 numbers around one scale: 1.5 times powers of two, the exponents a triangle.
fn numbers(elements: usize) -> Vec<u8> {
    let exponent = |i: usize| 120 + (i * 7919 % 5 + i * 104_729 % 5) as u16;
    (0..elements).flat_map(|i| (exponent(i) << 7 | (i * 31 % 128) as u16).to_le_bytes()).collect()
}

#[test]
fn files_of_the_users_own() {
    let bench = Bench::new();
    bench.write("up.weight.bin", &numbers(40_000));
    bench.write("plain.bin", &numbers(20_000));
    let args = ["reproduce", "up.weight.bin", "plain.bin", "--dtype", "bf16", "-o", "page"];
    let json = bench.json(&args);
    let tensors = json["subject"]["tensors"].as_array().unwrap();
    assert_eq!((&tensors[0]["class"], &tensors[1]["class"]), (&"weights".into(), &"other".into()));
    assert_eq!((&tensors[0]["shards"], &tensors[0]["elements"]), (&16.into(), &40_000.into()));
    let more = ["-f", "--group", "mine=pl*", "--shards", "4", "--elements", "8000"];
    let json = bench.json(&[&args[..], &more].concat());
    let tensors = json["subject"]["tensors"].as_array().unwrap();
    assert_eq!((&tensors[1]["class"], &tensors[1]["shards"]), (&"mine".into(), &4.into()));
    assert_eq!((&tensors[1]["elements"], &tensors[1]["cropped"]), (&8000.into(), &12_000.into()));
    let one = ["reproduce", "plain.bin", "--dtype", "int8", "--shards", "1", "-o", "one"];
    let page = bench.json(&one);
    // One shard, no exponent: no fixed book, yet a page.
    assert_eq!(page["shards"].as_array().unwrap().len(), 0);
    assert!(bench.exists("one/index.html"));
    let text = bench.ok(&["reproduce", "plain.bin", "--dtype", "bf16", "-o", "text"]);
    assert!(text.contains("index.html and ") && text.contains("huffwire"), "{text}");
}

#[test]
fn bad_input_is_refused() {
    let bench = Bench::new();
    bench.write("small.bin", &numbers(100));
    bench.write("file", b"in the way");
    let fails = |args: &[&str], message: &str| {
        let err = bench.fails(&[&["reproduce"], args].concat());
        assert!(err.contains(message), "{args:?}: {err}");
        assert!(!bench.exists("x/index.html"), "{args:?}");
    };
    fails(&["none.safetensors", "-o", "x"], "No such file");
    fails(&["small.bin", "-o", "x"], "its dtype has to be given");
    fails(&["small.bin", "--dtype", "bf16", "-o", "x"], "no tensor to evaluate: 1 left out");
    fails(&["--group", "nonsense", "-o", "x"], "group 'nonsense': expected NAME=GLOB");
    fails(&["--group", "a=[", "-o", "x"], "error parsing glob");
    fails(&["--elements", "1000", "-o", "x"], "1000 elements a tensor: must be at least 1024");
    fails(&["--tensors", "*bf16", "-o", "x"], "are for files of your own");
    fails(&[PACK, "--tensors", "zzz*", "-o", "x"], "no tensor matches 'zzz*'");
    fails(&[PACK, "--tensors", LATER, "--shards", "7", "-o", "x"], "cannot be cut into 7 equal shards");
    fails(&[PACK, "--tensors", LATER, "-o", "file"], "cannot write file");
    std::fs::create_dir(bench.path("there")).unwrap();
    bench.write("there/index.html", b"old");
    fails(&["-o", "there"], "exists already; --force replaces it");
    assert_eq!(bench.read("there/index.html"), b"old");
    assert!(bench.misused(&["reproduce"]).contains("--output"));
}

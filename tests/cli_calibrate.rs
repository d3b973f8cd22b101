//! Command `calibrate` with clustered books, histogram files, and `calibrate merge`.

mod cli_support;
use cli_support::*;
use serde_json::Value;

const TRACKED: [&str; 4] = ["--track", "1:2", "--block-elements", "256"];
const BUILD: [&str; 6] = ["--limit", "10", "--escaped-limit", "15", "--escape", "20"];

fn calibrate(bench: &Bench, args: &[&[&str]]) -> Value {
    bench.json(&[&["calibrate"][..], &args.concat()].concat())
}

#[test]
fn clustered_books_serve_their_tensors_better_the_more_there_are() {
    let bench = Bench::new();
    let mut gaps = Vec::new();
    for books in ["1", "4", "12"] {
        let from = [PACK, "--tensors", "*.bf16", "--books", books, "-o", "b.json", "-f"];
        let report = calibrate(&bench, &[&from, &TRACKED, &BUILD]);
        let made = report["books"].as_array().unwrap();
        assert_eq!((made.len().to_string().as_str(), &made[0]["name"]), (books, &"average".into()));
        let share: f64 = made.iter().map(|b| b["share_percent"].as_f64().unwrap()).sum();
        assert!((share - 100.0).abs() < 0.1, "{share}");
        assert!(made.iter().all(|b| b["saved_percent"].is_null() && b["shards"].is_null()));
        assert_eq!(report["longest"], 15);
        let total = &bench.json(&["analyze", PACK, "--tensors", "*.bf16", "--bank", "b.json"])["total"];
        gaps.push(total["gap_pp"]["mean"].as_f64().unwrap());
    }
    assert!(gaps[0] > gaps[1] + 0.1 && gaps[1] > gaps[2] + 0.05 && gaps[2] < 0.0, "{gaps:?}");
}

#[test]
fn many_hosts_count_and_one_builds_the_same_bank() {
    let bench = Bench::new();
    let direct = calibrate(&bench, &[&[PACK, "--tensors", "*.bf16", "--books", "3", "-o", "b.json"], &TRACKED, &BUILD]);
    for (host, tensors) in [("1.json", "smollm2*.bf16"), ("2.json", "[!s]*.bf16")] {
        let report = calibrate(&bench, &[&[PACK, "--tensors", tensors, "--histograms-out", host], &TRACKED]);
        assert_eq!((&report["bank"], &report["histograms"]["file"]), (&Value::Null, &host.into()));
        let unit = "blocks of 256 elements, bias tracked with delay 1, window 2, from the first block";
        assert_eq!(report["histograms"]["unit"], unit);
        assert!(report["histograms"]["cells"].as_u64() < report["histograms"]["units"].as_u64());
    }
    let merge = ["merge", "1.json", "2.json", "--histograms-out", "all.json"];
    let merged = calibrate(&bench, &[&merge, &["--books", "3", "-o", "m.json", "--name", "b"], &BUILD]);
    assert_eq!(merged["fingerprint"], direct["fingerprint"]);
    let again = calibrate(&bench, &[&["merge", "all.json", "--books", "3", "-o", "n.json", "--name", "b"], &BUILD]);
    assert_eq!(again["fingerprint"], direct["fingerprint"]);
    assert_eq!(bench.read("m.json"), bench.read("n.json"));
    // Groups count alike, and what none of them wants is left out; the average may be of some alone.
    let grouped = |more: &[&str]| {
        let files = ["merge", "all.json", "--books", "3", "-o", "g.json", "-f", "--group", "a=smollm2*"];
        calibrate(&bench, &[&files, more, &BUILD])
    };
    let (one, both) = (grouped(&[]), grouped(&["--group", "b=*"]));
    assert!(!one["left_out"].as_array().unwrap().is_empty() && both["left_out"].as_array().unwrap().is_empty());
    assert_ne!(one["fingerprint"], both["fingerprint"]);
    assert_ne!(grouped(&["--group", "b=*", "--average", "smollm2*"])["fingerprint"], both["fingerprint"]);
    // A share of book 1 for what it serves worst, a quarter unless said otherwise.
    let covered =
        |share: &[&str]| grouped(&[&["--group", "b=*", "--cover", "*"], share].concat())["fingerprint"].clone();
    assert_ne!(covered(&[]), both["fingerprint"]);
    assert_eq!(covered(&[]), covered(&["--cover-share", "25"]));
    assert_ne!(covered(&[]), covered(&["--cover-share", "60"]));
    // Shards can be merged too, a book for each group.
    for (host, tensors) in [("3.json", "smollm2*s0000.bf16"), ("4.json", "whisper*.bf16")] {
        calibrate(&bench, &[&[PACK, "--tensors", tensors, "--histograms-out", host]]);
    }
    let groups = ["--group", "s=smollm2*", "--group", "w=whisper*"];
    let merged = calibrate(&bench, &[&["merge", "3.json", "4.json", "-o", "s.json"], &groups]);
    let direct = [PACK, "--tensors", "smollm2*s0000.bf16", "--tensors", "whisper*.bf16", "-o", "t.json"];
    assert_eq!(merged["books"], calibrate(&bench, &[&direct, &groups])["books"]);
}

#[test]
fn wrong_histograms_and_combinations_are_refused() {
    let bench = Bench::new();
    calibrate(&bench, &[&[PACK, "--tensors", "minilm*", "--histograms-out", "h.json"], &TRACKED]);
    calibrate(&bench, &[&[PACK, "--tensors", "minilm*", "--histograms-out", "s.json"]]);
    bench.write("text.json", b"hello");
    let from = [PACK, "--tensors", "*.bf16", "-o", "x.json"];
    let cases: [(&[&str], &str); 9] = [
        (&["merge", "h.json", "h.json", "-o", "x.json", "--books", "2"], "is in two of the sets: it would count twice"),
        (
            &["merge", "h.json", "s.json", "-o", "x.json", "--books", "2"],
            "another: shards; merge sets that were counted",
        ),
        (&["merge", "h.json", "-o", "x.json"], "this set has blocks of 256 elements"),
        (&["merge", "text.json", "-o", "x.json"], "  caused by: not a huffwire histogram file"),
        (&["merge", "none.json", "-o", "x.json"], "  caused by: cannot read the histogram file: No such file"),
        (&["merge", "h.json", "--histograms-out", "s.json"], "s.json: exists already; --force replaces it"),
        (&[&from[..], &["--block-elements", "256"]].concat(), "--block-elements needs --books K for a bank"),
        (
            &[&from[..], &["--books", "2", "--block-elements", "100"]].concat(),
            "blocks of 100 elements: must be a power",
        ),
        (
            &[&from[..], &["--books", "2", "--map", "bytes"], &TRACKED].concat(),
            "under map 'fields' only, not under 'bytes'",
        ),
    ];
    for (args, message) in cases {
        let err = bench.fails(&[&["calibrate"][..], args].concat());
        assert!(err.contains(message), "{args:?}: {err}");
        assert!(!bench.exists("x.json"));
    }
    for (args, message) in [
        (&["calibrate", PACK][..], "--output <BANK>"),
        (&["calibrate", PACK, "-o", "x.json", "--track", "1:2"], "--block-elements <N>"),
        (&["calibrate", PACK, "-o", "x.json", "--average", "*"], "--books <K>"),
        (&["calibrate", PACK, "-o", "x.json", "--books", "3", "--cover-share", "9"], "--cover <GLOB>"),
        (&["calibrate", PACK, "-o", "x.json", "--books", "3", "--cover", "*", "--cover-share", "100"], "1..=99"),
        (&["calibrate", PACK, "-o", "x.json", "--books", "16"], "1..=15"),
        (&["calibrate", PACK, "-o", "x.json", "--track", "1", "--block-elements", "64"], "expected DELAY:WINDOW"),
        (&["calibrate", "merge", "-o", "x.json"], "<HISTOGRAMS>"),
    ] {
        let err = bench.misused(args);
        assert!(err.contains(message), "{args:?}: {err}");
    }
}

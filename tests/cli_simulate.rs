//! Commands `simulate` and `demo`.

mod cli_support;
use cli_support::*;

fn simulate(bench: &Bench, more: &[&str]) -> serde_json::Value {
    bench.json(&[&["simulate", PACK, "--tensors", LATER, "--max-elements", "3000", "--packet", "1000"], more].concat())
}

#[test]
fn the_report_says_all_there_is_to_say() {
    let bench = Bench::with_bank();
    let report = simulate(&bench, &["--bank", "bank.json"]);
    let keys = [
        "engine",
        "map",
        "lanes",
        "turns",
        "packet_elements",
        "link_words_per_clock",
        "fingerprint",
        "calibrated_on_input",
        "tensors",
    ];
    assert_keys(&report, &keys);
    let tensor = &report["tensors"][0];
    let keys = [
        "name",
        "elements",
        "cut_short",
        "packets",
        "symbols",
        "plain_bits",
        "link_bits",
        "saved_percent",
        "clocks",
        "first_latency",
        "last_latency",
        "encoder",
        "decoder",
    ];
    assert_keys(tensor, &keys);
    // Both cores, and at least a clock of link between them.
    let least = |of: &serde_json::Value| of["first_latency"]["min"].as_u64().unwrap();
    assert!(least(tensor) > least(&tensor["encoder"]) + least(&tensor["decoder"]), "{tensor}");
    let keys = [
        "clocks",
        "symbols_per_clock",
        "steady_symbols_per_clock",
        "first_latency",
        "last_latency",
        "source_refused",
        "sink_stalled",
        "sink_starved",
        "simulated_clocks_per_second",
    ];
    for side in ["encoder", "decoder"] {
        assert_keys(&tensor[side], &keys);
        assert_keys(&tensor[side]["first_latency"], &["min", "mean", "max"]);
        assert!(tensor[side]["steady_symbols_per_clock"].as_f64().unwrap() > 3.5, "{tensor}");
        assert!(tensor[side]["simulated_clocks_per_second"].as_f64().unwrap() > 0.0);
    }
    let number = |key: &str| tensor[key].as_u64().unwrap();
    assert_eq!((number("elements"), number("symbols"), number("packets")), (3000, 3000, 3));
    assert_eq!((number("plain_bits"), &tensor["cut_short"]), (48_000, &true.into()));
    let saved = 100.0 * (1.0 - number("link_bits") as f64 / 48_000.0);
    assert!((saved - tensor["saved_percent"].as_f64().unwrap()).abs() < 1e-9 && saved > 20.0);
    assert!(number("clocks") >= 750);
    assert_eq!((&report["link_words_per_clock"], &report["calibrated_on_input"]), (&4.0.into(), &false.into()));
}

#[test]
fn the_link_and_the_stalls_cost_clocks_and_nothing_else() {
    let bench = Bench::with_bank();
    let run = |more: &[&str]| simulate(&bench, &[&["--bank", "bank.json"], more].concat())["tensors"][0].clone();
    let clocks = |t: &serde_json::Value| t["clocks"].as_u64().unwrap();
    let plain = run(&[]);
    let slower: [&[&str]; 6] = [
        &["--link", "1.5"],
        &["--stall", "random:0.3:5"],
        &["--stall", "long:20:30"],
        &["--stall-source", "1-in-2"],
        &["--stall-link", "random:0.9:1"],
        &["--stall-sink", "1-in-2"],
    ];
    for more in slower {
        let t = run(more);
        assert_eq!(t["link_bits"], plain["link_bits"], "{more:?}");
        assert!(clocks(&t) > clocks(&plain) + 100, "{more:?}: {} against {}", clocks(&t), clocks(&plain));
    }
    // Three words a clock are enough for what takes four uncompressed.
    assert!(clocks(&run(&["--link", "3"])) < clocks(&plain) + 100);
    assert!(run(&["--stall-sink", "1-in-2"])["decoder"]["sink_stalled"].as_u64().unwrap() > 100);
    // The whole is the sum: a pause of one stream only in place of --stall.
    let only = run(&["--stall", "1-in-2", "--stall-source", "none", "--stall-link", "none"]);
    assert_eq!(clocks(&only), clocks(&run(&["--stall-sink", "1-in-2"])));
}

#[test]
fn all_configurations_of_the_rtl() {
    let bench = Bench::new();
    for (map, lanes, symbols) in [("fields", "1", 3000), ("bytes", "4", 6000), ("bytes", "1", 6000)] {
        let report = simulate(&bench, &["--map", map, "--lanes", lanes]);
        assert_eq!((&report["map"], &report["lanes"]), (&map.into(), &lanes.parse::<u64>().unwrap().into()));
        assert_eq!((&report["tensors"][0]["symbols"], &report["calibrated_on_input"]), (&symbols.into(), &true.into()));
    }
    // Formats of whole bytes go under map 'bytes'.
    let args = ["simulate", PACK, "--tensors", "*.int8", "--max-elements", "500", "--packet", "7"];
    let report = bench.json(&args);
    assert_eq!((&report["map"], &report["tensors"][0]["packets"]), (&"bytes".into(), &72.into()));
    // The raw book adds header, trailer and padding, and saves nothing.
    let raw = simulate(&bench, &["--book", "0"]);
    assert!(raw["tensors"][0]["saved_percent"].as_f64().unwrap() < 0.0);
    // Codes of the options under 'Codes'.
    let short = simulate(&bench, &["--limit", "8", "--escape", "none"]);
    assert!(short["tensors"][0]["saved_percent"].as_f64().unwrap() < 0.0);
    let text = bench.ok(&["simulate", PACK, "--tensors", "*mx_scale", "--max-elements", "100"]);
    assert!(text.contains("100 elements (the first ones) in 1 packets, all 800 bits came back"), "{text}");
}

#[test]
fn waveforms_of_both_cores() {
    let bench = Bench::new();
    bench.ok(&["simulate", PACK, "--tensors", LATER, "--max-elements", "40", "--vcd", "w.vcd"]);
    for side in ["encoder", "decoder"] {
        let text = String::from_utf8(bench.read(&format!("w.{side}.vcd"))).unwrap();
        assert!(text.contains("$enddefinitions") && text.contains(&format!("huffwire_{side}")), "{side}");
        let last = text.lines().rev().find_map(|l| l.strip_prefix('#')).unwrap().parse::<u64>().unwrap();
        assert!(last > 500, "{side} ends at {last}");
    }
    let err = bench.fails(&["simulate", PACK, "--tensors", LATER, "--max-elements", "40", "--vcd", "no/w.vcd"]);
    assert!(err.contains("no/w.encoder.vcd: No such file"), "{err}");
}

#[test]
fn the_verilog_runs_clock_for_clock_like_rust_hdl() {
    let bench = Bench::with_bank();
    let run = |engine: &str| {
        let more = ["--bank", "bank.json", "--engine", engine, "--stall", "random:0.2:3", "--vcd", "v.vcd"];
        let args = [&["simulate", PACK, "--tensors", LATER, "--max-elements", "2000", "--json"], &more[..]].concat();
        let output = bench.run(&args).success().get_output().clone();
        let mut report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["engine"], engine);
        assert!(bench.read("v.decoder.vcd").len() > 10_000);
        for side in ["encoder", "decoder"] {
            report["tensors"][0][side]["simulated_clocks_per_second"] = 0.into();
        }
        report["tensors"].clone()
    };
    assert_eq!(run("rust-hdl"), run("verilator"));
}

#[test]
fn much_to_do_goes_to_verilator_by_itself() {
    // A raw file of bytes, and as few lanes as a compilation needs little time for.
    let bench = Bench::with_bank();
    let bytes: Vec<u8> =
        (0..1_000_000u32).flat_map(|i| (0x3F80 + (i.wrapping_mul(i) >> 23) as u16).to_le_bytes()).collect();
    bench.write("many.bin", &bytes);
    let run = |elements: &str| {
        let args =
            ["simulate", "many.bin", "--dtype", "bf16", "--bank", "bank.json", "--json", "--max-elements", elements];
        let output = bench.run(&args).success().get_output().clone();
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        (report["engine"].clone(), String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(run("300"), ("rust-hdl".into(), String::new()));
    let (engine, said) = run("1000000");
    assert_eq!(engine, "verilator");
    assert!(said.contains("1000000 elements: compiling the cores with Verilator"), "{said}");
}

#[test]
fn what_cannot_be_simulated_is_refused() {
    let bench = Bench::with_bank();
    let e4m3 = "smollm2.ffn1_out.L14.s0010.e4m3";
    let cases: [(&[&str], &str); 13] = [
        (&["none.npy"], "none.npy: No such file"),
        (&[PACK, "--tensors", "zzz"], "no tensor matches 'zzz'"),
        (&[PACK], "the cores are made for one format; select with --tensors"),
        (&[PACK, "--tensors", LATER, "--lanes", "3"], "lanes = 3: must be"),
        (&[PACK, "--tensors", LATER, "--prefill", "2"], "prefill of 2 words: must be 3 to 5"),
        (&[PACK, "--tensors", LATER, "--map", "planes", "--lanes", "1"], "no lane count for map 'planes' 1"),
        (
            &[PACK, "--tensors", LATER, "--block", "64", "--track", "0:2:120"],
            "tracker delay of 0 blocks: must be 1 to 3",
        ),
        (
            &[PACK, "--tensors", LATER, "--block", "2048", "--book-per", "block"],
            "no book for each block of 2048 steps in 1 turns: it has",
        ),
        (
            &[PACK, "--tensors", e4m3, "--bank", "bank.json"],
            "the bank has planes of [8] bits, the stream's elements have [4]",
        ),
        (&[PACK, "--tensors", LATER, "--bank", "bank.json", "--book", "x"], "no book 'x'"),
        (
            &[PACK, "--tensors", LATER, "--block", "16", "--book-per", "block", "--escaped-limit", "15", "--book", "1"],
            "chooses the book of each block itself: none can be given",
        ),
        (&[PACK, "--tensors", LATER, "--packet", "0"], "0 elements a packet"),
        (&[PACK, "--tensors", LATER, "--max-elements", "0"], "at most 0 elements"),
    ];
    for (args, message) in cases {
        let err = bench.fails(&[&["simulate"][..], args].concat());
        assert!(err.contains(message), "{args:?}: {err}");
    }
    let usage: [(&[&str], &str); 4] = [
        (&["--link", "0"], "link rate '0': must be 0.001 to 1024 words a clock"),
        (&["--stall", "often"], "stall pattern `often`"),
        (&["--engine", "gate"], "unknown engine 'gate': expected rust-hdl or verilator"),
        (&["--lanes", "many"], "many"),
    ];
    for (args, message) in usage {
        let err = bench.misused(&[&["simulate", PACK][..], args].concat());
        assert!(err.contains(message), "{args:?}: {err}");
    }
}

#[test]
fn the_demo_shows_that_every_bit_comes_back() {
    let bench = Bench::new();
    let report = bench.json(&["demo", "--link", "3", "--out", "d"]);
    let keys =
        ["summary", "link_words_per_clock", "plain_bits", "link_bits", "saved_percent", "folder", "files", "rows"];
    assert_keys(&report, &keys);
    assert_eq!(report["link_words_per_clock"], 3.0);
    let rows = report["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 6);
    let banks: Vec<_> = rows.iter().map(|r| r["bank"].as_str().unwrap()).collect();
    assert_eq!(banks, ["demo", "demo", "demo", "demo", "demo", "universal"]);
    for row in rows {
        let keys = [
            "tensor",
            "map",
            "bank",
            "elements",
            "saved_percent",
            "huffman_percent",
            "shannon_percent",
            "bit_exact",
            "error",
            "stream",
        ];
        assert_keys(row, &keys);
        assert_eq!((&row["bit_exact"], &row["error"]), (&true.into(), &serde_json::Value::Null));
        let percent = |key: &str| row[key].as_f64().unwrap();
        // One book made beforehand is near the best code of each shard, all overhead counted.
        assert!(percent("huffman_percent") - percent("saved_percent") < 0.6, "{row}");
        assert!(percent("huffman_percent") <= percent("shannon_percent"));
        assert!(row["stream"]["decoder"]["symbols_per_clock"].as_f64().unwrap() > 3.5, "{row}");
    }
    assert!(report["saved_percent"].as_f64().unwrap() > 28.0);
    assert!(report["summary"].as_str().unwrap().contains("every bit came back"));
    for file in ["d/huffwire_encoder.v", "d/huffwire_decoder.v"] {
        assert!(String::from_utf8(bench.read(file)).unwrap().contains("endmodule"));
    }
    bench.ok(&["inspect", "d/bank.json", "--rebuild"]);
    let names: Vec<_> = report["files"].as_array().unwrap().iter().map(|f| f["path"].as_str().unwrap()).collect();
    assert!(names.contains(&"huffwire_encoder.v") && names.contains(&"bank.json"), "{names:?}");
    // A file of the user's own is not replaced, unless asked for.
    bench.write("d/README.md", b"mine");
    assert!(bench.fails(&["demo", "--out", "d"]).contains("README.md"));
    let shown = bench.ok(&["demo", "--out", "d", "--force"]);
    // What the README shows is what it prints.
    let readme = include_str!("../README.md");
    let table: Vec<_> = shown.lines().skip_while(|l| !l.starts_with("tensor")).take(1 + rows.len()).collect();
    assert!(readme.contains(&table.join("\n")), "the README's table of the demo is another:\n{}", table.join("\n"));
    assert_ne!(bench.read("d/README.md"), b"mine");
    bench.write("file", b"");
    assert!(bench.fails(&["demo", "--out", "file/d"]).contains("export to file/d"));
    assert!(bench.misused(&["demo", "--link", "-1"]).contains("-1"));
}

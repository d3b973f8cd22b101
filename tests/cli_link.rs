//! `huffwire link` from the command line.

mod cli_support;

use cli_support::*;
use huffwire::link::{Preset, Report};

/// A run that takes no time.
const SHORT: [&str; 8] =
    ["--clocks", "6000", "--loads", "0.5", "--set", "run.break_even=false", "--set", "run.bit_error_rates=[]"];

fn link(more: &[&str]) -> Vec<String> {
    [&["link"], &SHORT[..], more].concat().iter().map(|s| s.to_string()).collect()
}

fn args(list: &[String]) -> Vec<&str> {
    list.iter().map(String::as_str).collect()
}

fn report(bench: &Bench, more: &[&str]) -> Report {
    serde_json::from_value(bench.json(&args(&link(more)))).unwrap()
}

#[test]
fn the_tensors_of_the_program_over_a_preset() {
    let bench = Bench::new();
    let found = report(&bench, &["--preset", "ucie-x16-32"]);
    assert_eq!(
        (found.engine.as_str(), found.input.format.as_str(), found.input.bank.as_str()),
        ("model", "bf16", "universal")
    );
    assert!(found.input.tensors.len() > 5 && found.sources.len() > 3);
    let point = &found.points[0];
    assert!(point.traffic.saved_percent > 20.0 && point.saturated.gain > 1.2, "{point:?}");
    assert!((point.saturated.gain / point.derived.gain_closed_form - 1.0).abs() < 0.05);
    let text = bench.ok(&args(&link(&["--preset", "ucie-x16-32"])));
    for part in ["messages back to back", "closed form", "clocks lost", "depth to build", "added: p50 ns"] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn files_messages_mixes_and_keys_take_effect() {
    let bench = Bench::new();
    let more = ["--preset", "bow-256", "--tensors", "smollm2.*bf16", "--mix", "*ffn1_out*=3", "--mix", "*w_ffn1*=1"];
    let more = [&[PACK], &more[..], &["--message", "2048:1,65536:3", "--arrival", "burst", "--seed", "9"]].concat();
    let found = report(&bench, &[&more[..], &["--set", "link.latency_ns=11", "--adaptive"]].concat());
    let config = &found.points[0].config;
    assert!(found.input.tensors.iter().all(|t| t.contains("ffn1_out") || t.contains("w_ffn1")));
    assert_eq!((config.link.latency_ns, config.run.seed, config.traffic.sizes.len()), (11.0, 9, 2));
    // Adaptive mode has to look for its threshold.
    assert!(config.codec.threshold_bytes > 0 && found.points[0].break_even.is_some());
    assert!((found.points[0].traffic.message_bytes - 0.25 * 2048.0 - 0.75 * 65536.0).abs() < 1.0);
}

#[test]
fn a_preset_file_of_one_s_own() {
    let bench = Bench::new();
    let text = bench.ok(&["link", "--preset", "pcie6-x16", "--show"]);
    let mut own = Preset::from_toml(&text).unwrap();
    (own.name, own.link.lanes) = ("mine".into(), 8);
    bench.write("mine.toml", toml::to_string(&own).unwrap().as_bytes());
    let found = report(&bench, &["--preset-file", "mine.toml"]);
    assert_eq!((found.points[0].config.preset.as_str(), found.points[0].config.link.lanes), ("mine", 8));
    bench.write("bad.toml", text.replace("lanes = 16", "lanes = 16\nlane = 3").as_bytes());
    let error = bench.fails(&["link", "--preset-file", "bad.toml"]);
    assert!(error.contains("bad.toml") && error.contains("unknown field `lane`"), "{error}");
    assert!(bench.fails(&["link", "--preset-file", "none.toml"]).contains("none.toml"));
}

#[test]
fn a_sweep_is_a_row_a_point() {
    let bench = Bench::new();
    let text = bench.ok(&args(&link(&["--sweep", "codec.lanes=8,16", "--sweep", "link.lanes=16,32,64"])));
    assert_eq!(text.lines().skip(2).count(), 7, "{text}");
    assert!(text.contains("codec.lanes  link.lanes"), "{text}");
}

#[test]
fn presets_and_keys_are_listed() {
    let bench = Bench::new();
    let text = bench.ok(&["link", "--list"]);
    for name in ["ucie-x64-32", "bow-256", "nvlink-c2c", "pcie6-x16"] {
        assert!(text.contains(name));
    }
    assert_eq!(bench.json(&["link", "--list"]).as_array().unwrap().len(), 9);
    let config = bench.ok(&["link", "--show-config", "--set", "codec.lanes=8"]);
    assert!(config.contains("[codec]\nmode = \"on\"\nlanes = 8\n"), "{config}");
}

#[test]
fn wrong_usage_is_told_by_name() {
    let bench = Bench::new();
    let cases: [(&[&str], &str); 12] = [
        (&["--preset", "usb"], "unknown preset 'usb'"),
        (&["--set", "link.lanes=0"], "link.lanes = 0: must be 1 to 4096"),
        (&["--set", "link.colour=red"], "unknown key 'link.colour'"),
        (&["--set", "lanes"], "--set 'lanes': expected KEY=VALUE"),
        (&["--sweep", "link.lanes"], "--sweep 'link.lanes': expected KEY=VALUE"),
        (&["--sweep", "link.lanes="], "sweep = 0: must be 1 to 10000 points"),
        (&["--message", "many"], "--message 'many': expected BYTES or BYTES:WEIGHT"),
        (&["--message", "0"], "traffic.sizes = 0: must be 1 to"),
        (&["--mix", "nothing=1"], "--mix 'nothing=1': no tensor matches"),
        (&["--mix", "*=0"], "--mix '*=0': expected GLOB=WEIGHT"),
        (&["--arrival", "late"], "traffic.arrival = late: must be one of `back-to-back`"),
        (&["--loads", "0"], "traffic.loads = 0: must be 0.001 to 10"),
    ];
    for (more, message) in cases {
        let error = bench.fails(&args(
            &[&["link".to_string()], &more.iter().map(|s| s.to_string()).collect::<Vec<_>>()[..]].concat(),
        ));
        assert!(error.contains(message), "{error}\nexpected {message}");
    }
    let error = bench.fails(&["link", PACK]);
    assert!(error.contains("a link carries one format; select with --tensors"), "{error}");
}

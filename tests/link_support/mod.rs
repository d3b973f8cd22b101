//! Reports of the link model for the tests of its pages: real runs, as short as they can be.

#![allow(dead_code)]

use huffwire::analyze::{analyze, Analysis, AnalyzeOptions};
use huffwire::codebook::universal_for;
use huffwire::collectives::export::ExportOptions;
use huffwire::format::{Format, SymbolMap};
use huffwire::link::pool::Source;
use huffwire::link::report::Axis;
use huffwire::link::{preset, Config, ModelEngine, Report, Setup, Sweep};
use huffwire::report::{hardware, page, Inputs};
use huffwire::reproduce::input::pack;
use huffwire::tensor::{InputFile, OpenOptions, TensorInfo};
use std::sync::{Arc, LazyLock};

/// Some of the tensors that come with the program, of three kinds.
pub fn tensors() -> InputFile {
    let select = ["*ffn_act*.s0010.bf16", "*d_ffn1_out*.s0010.bf16", "*wg_ffn1*.s0010.bf16"].map(String::from).to_vec();
    pack(&OpenOptions { select, ..OpenOptions::default() }).unwrap()
}

pub fn setup() -> Setup {
    let input = tensors();
    let source =
        |t: &TensorInfo| Source { name: t.name.clone(), weight: 1.0, bytes: input.file.bytes(t).unwrap().into() };
    let bank = universal_for(Format::Bf16, SymbolMap::Fields).unwrap().clone();
    Setup { format: Format::Bf16, bank, sources: input.file.tensors().iter().map(source).collect() }
}

/// A configuration that takes next to no time.
pub fn config() -> Config {
    let mut config = Config::new(preset("ucie-x16-32").unwrap());
    (config.run.clocks, config.run.warm_up_clocks) = (8000, 1000);
    config.traffic.loads = vec![0.2, 0.6, 1.0];
    config.run.bit_error_rates = vec![1e-9, 1e-5];
    config.check().unwrap();
    config
}

fn run(config: &Config, axes: Vec<Axis>) -> Report {
    let sweep = Sweep::new(config, axes).unwrap();
    sweep.run(preset("ucie-x16-32").unwrap(), &setup(), &ModelEngine, &|| {}).unwrap()
}

static SINGLE: LazyLock<Report> = LazyLock::new(|| run(&config(), vec![]));

/// One point with everything measured.
pub fn single() -> &'static Report {
    &SINGLE
}

/// A sweep, without the search for the break-even.
pub fn sweep(axes: &[(&str, &[&str])]) -> Report {
    let axis = |(key, values): &(&str, &[&str])| Axis {
        key: key.to_string(),
        values: values.iter().map(|v| v.to_string()).collect(),
    };
    let mut config = config();
    config.run.break_even = false;
    run(&config, axes.iter().map(axis).collect())
}

/// A point of which only the run back to back was measured.
pub fn bare() -> Report {
    let mut config = config();
    config.run.break_even = false;
    config.traffic.loads.clear();
    config.run.bit_error_rates.clear();
    run(&config, vec![])
}

pub fn analysis() -> Analysis {
    let setup = setup();
    let config = config();
    let options = AnalyzeOptions {
        bank: Arc::new(setup.bank.bank.clone()),
        parameters: setup.parameters(&config).unwrap(),
        book: None,
        packet_symbols: config.codec.packet_elements.into(),
        axis: 0,
        shards: None,
    };
    analyze(&[tensors()], &options, &|_| {}).unwrap()
}

/// Rows as synth/run.py writes them, one with an error.
pub const RESULTS: &str = r#"{"rows": [
    {"id": "fields-1/encoder/ecp5-6", "configuration": "fields-1", "title": "fields, one book", "side": "encoder", "block": "",
     "lanes": 1, "format": "bf16", "lane_bytes": 2, "device": "ecp5-6", "part": "LFE5U-85F", "grade": "6", "crate": "0.1.0",
     "date": "2026-01-31", "seeds": [1, 2, 3], "mhz_of_seeds": [92.98, 91.12, 93.32], "mhz": 92.98, "lut": 1673, "ff": 731,
     "bram": 1, "path": {"from": "a", "to": "b", "ns": 10.76}, "tools": ["pyosys 0.70"], "status": "ok"},
    {"title": "fields, one book", "side": "encoder", "block": "mux", "device": "ecp5-6", "lut": 1301, "status": "ok"},
    {"title": "fields, one book", "side": "decoder", "lanes": 1, "device": "osu018", "nand2": 20123.4, "status": "does not fit"}
]}"#;

/// The page of `report`, with everything on it.
pub fn report_page() -> String {
    let rows = hardware::read(RESULTS).unwrap();
    let analysis = analysis();
    let options =
        ExportOptions { topologies: vec!["ring:8".parse().unwrap(), "mesh:2x3".parse().unwrap()], bytes: 1 << 24 };
    let inputs = Inputs {
        link: single(),
        analysis: &analysis,
        kinds: &[],
        hardware: &rows,
        collectives: &options,
        command: "huffwire report -o page.html --message '4096:1,65536:3'",
        files: &[("model.safetensors".into(), 1234, "0123456789abcdef".repeat(4))],
    };
    page(&inputs).unwrap()
}

//! The banks that ship: made from what lies beside them, and worth what docs/universal-bank.md says.

use huffwire::analyze::{analyze, Analysis, AnalyzeOptions, DEFAULT_PACKET_SYMBOLS};
use huffwire::codebook::{universal, Bank, BuildOptions, Escape};
use huffwire::codec::{BookChoice, Codec};
use huffwire::format::{Format, SymbolMap};
use huffwire::histograms::{count_files, CountOptions, CountedTensor, Cover, FirstBook, GroupRule, HistogramSet};
use huffwire::tensor::{InputFile, OpenOptions, TensorFile};
use huffwire::wire::{BookMode, Parameters, Tracking};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

mod cli_support;
// The study uses all of it.
#[allow(dead_code)]
#[path = "../examples/bank_study/convert.rs"]
mod convert;

use cli_support::{Bench, PACK};

const MODELS: [&str; 5] = ["gemma_tiny", "minilm", "proteinmpnn", "smollm2", "whisper_tiny"];

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn histograms(name: &str) -> HistogramSet {
    HistogramSet::load(&project("banks").join(name)).unwrap()
}

/// Tensors of the pack that match.
fn pack(glob: &str) -> Vec<InputFile> {
    let options = OpenOptions { select: vec![glob.into()], ..OpenOptions::default() };
    InputFile::open_all(&[PACK.into()], &options).unwrap()
}

/// What the universal bank is made for: 16 lanes, blocks of 256 elements with a book each, or of 64 with one book.
fn parameters(choose: bool) -> Parameters {
    Parameters {
        block_log2: Some(if choose { 4 } else { 2 }),
        book_mode: if choose { BookMode::Block } else { BookMode::Fixed },
        tracking: Some(Tracking { delay: 1, window_log2: 1, initial_bias: None }),
        ..Parameters::plain(Format::Bf16, SymbolMap::Fields, 16)
    }
}

fn measure(files: &[InputFile], bank: &Bank, choose: bool) -> Analysis {
    measure_with(files, bank, parameters(choose), (!choose).then_some(1))
}

fn measure_with(files: &[InputFile], bank: &Bank, parameters: Parameters, book: Option<u8>) -> Analysis {
    let options = AnalyzeOptions {
        bank: Arc::new(bank.clone()),
        parameters,
        book,
        packet_symbols: DEFAULT_PACKET_SYMBOLS,
        axis: 0,
        shards: None,
    };
    analyze(files, &options, &|_| {}).unwrap()
}

/// Gaps of the tensors in percentage points of the original size: mean and worst.
fn gaps(analyses: &[Analysis]) -> (f64, f64) {
    let gaps: Vec<f64> = analyses.iter().flat_map(|a| &a.tensors).map(|t| t.figures.gap_pp()).collect();
    (gaps.iter().sum::<f64>() / gaps.len() as f64, gaps.iter().copied().fold(f64::MIN, f64::max))
}

#[test]
fn the_script_rebuilds_every_bank_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    let script = Command::new("bash")
        .arg(project("banks/build.sh"))
        .arg(folder.path())
        .env("HUFFWIRE", env!("CARGO_BIN_EXE_huffwire"))
        .output()
        .unwrap();
    assert!(script.status.success(), "{}", String::from_utf8_lossy(&script.stderr));
    let banks = |folder: &Path| -> BTreeSet<String> {
        let names = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
        names.filter(|n| n.ends_with(".json") && !n.ends_with(".histograms.json")).collect()
    };
    let shipped = banks(&project("banks"));
    assert!(shipped.contains("universal.json"));
    assert_eq!(banks(folder.path()), shipped);
    for name in shipped {
        let read = |folder: &Path| std::fs::read(folder.join(&name)).unwrap();
        assert!(read(folder.path()) == read(&project("banks")), "{name} differs");
    }
}

#[test]
fn counting_the_pack_again_gives_the_cells_of_the_histogram_file() {
    let known = histograms("real.histograms.json");
    let options = CountOptions { map: SymbolMap::Fields, unit: known.unit, axis: 0, shards: None };
    let counted = count_files(&pack("*.bf16"), &options, &|_| {}).unwrap();
    let symbols = |t: &CountedTensor| t.cells.iter().map(|c| c.histogram.planes[0].total()).sum::<u128>();
    let mut same = 0;
    for (_, tensor) in counted.tensors() {
        let (_, original) = known.tensors().find(|(_, t)| t.tensor == tensor.tensor).unwrap();
        // Of some tensors the pack has crops.
        if symbols(original) == symbols(tensor) {
            assert_eq!(original, tensor);
            same += 1;
        }
    }
    assert_eq!(same, 7);
}

#[test]
fn the_best_of_15_books_is_as_good_as_per_shard_huffman() {
    let analysis = measure(&pack("*.bf16"), &universal().bank, true);
    assert_eq!(analysis.tensors.len(), 13);
    let (mean, worst) = gaps(&[analysis]);
    assert!(mean <= -0.04 && worst < 0.25, "{mean} {worst}");
}

#[test]
fn one_book_without_a_choice_is_within_a_point_on_average_and_loses_little_more() {
    let (mean, worst) = gaps(&[measure(&pack("*.bf16"), &universal().bank, false)]);
    assert!(mean < 0.6 && worst < 1.4, "{mean} {worst}");
}

/// A book for each packet, which its header names in any case.
#[test]
fn a_book_for_each_packet_is_within_a_point_of_every_tensor() {
    let (mean, worst) = gaps(&[measure_with(&pack("*.bf16"), &universal().bank, parameters(false), None)]);
    assert!(mean < 0.3 && worst < 0.7, "{mean} {worst}");
}

#[test]
fn packets_add_less_than_two_per_mille() {
    let files = pack("smollm2.w_ffn1.L14.s0030.bf16");
    let tensor = &files[0].file.tensors()[0];
    let bytes = &files[0].file.bytes(tensor).unwrap()[..2 * DEFAULT_PACKET_SYMBOLS as usize];
    let codec = Codec::new(parameters(true), Arc::new(universal().bank.clone())).unwrap();
    let (words, report) = codec.encode_words(bytes, &BookChoice::Best).unwrap();
    let coded = report.coded_bits() + report.book_id_bits + report.raw_bits;
    let wire = 16 * words.len() as u64;
    assert_eq!(wire, report.packet_bits());
    assert!(wire > coded && wire * 1000 < coded * 1002, "{wire} {coded}");
}

/// With every model left out in turn; its tensors in the pack are then new to the bank.
#[test]
fn models_that_the_bank_never_saw_lose_little() {
    let rule = |name: &str, models: &[&str]| {
        GroupRule::new(name, &models.iter().map(|m| format!("{m}.*")).collect::<Vec<_>>()).unwrap()
    };
    let set =
        HistogramSet::merge([histograms("real.histograms.json"), histograms("synthetic.histograms.json")]).unwrap();
    let options =
        BuildOptions { limit: 10, escaped_limit: Some(15), escape: Escape::Direct(20), ..BuildOptions::default() };
    let bank = |models: &[&str]| {
        let groups: Vec<_> = models.iter().chain(&["synthetic"]).map(|m| rule(m, &[m])).collect();
        let tensors =
            GroupRule::new("cover", &["{*.bf16,synthetic.*.zeros{0,0.02}.rows{0,1}.columns0}".into()]).unwrap();
        let first = FirstBook { average: Some(rule("average", models)), cover: Some(Cover { tensors, percent: 25 }) };
        set.bank_of_clusters("test", &groups, &first, 15, &options).unwrap().0.file.bank
    };
    // The same way with all models is the bank that ships.
    assert_eq!(bank(&MODELS).fingerprint(), universal().bank.fingerprint());
    let analyses = MODELS.map(|model| {
        let others: Vec<&str> = MODELS.into_iter().filter(|m| *m != model).collect();
        measure(&pack(&format!("{model}.*.bf16")), &bank(&others), true)
    });
    let (mean, worst) = gaps(&analyses);
    assert!(mean < 0.1 && worst < 0.48, "{mean} {worst}");
}

/// The study's conversion to MX formats is that of the pack, which was made apart from it.
#[test]
fn the_study_converts_as_the_pack_does() {
    let name = "smollm2.ffn1_out.L14.s0010";
    let files = pack(&format!("{name}.bf16"));
    let info = &files[0].file.tensors()[0];
    let (rows, columns) = (info.shape[1] as usize, info.shape[2] as usize);
    let bytes = files[0].file.bytes(info).unwrap().into_owned();
    for (format, suffix) in [(Format::E3m2, "mx_e3m2"), (Format::E2m3, "mx_e2m3"), (Format::E2m1, "mx_e2m1")] {
        let options = OpenOptions {
            select: vec![format!("{name}.{suffix}")],
            format: Some(format),
            unpacked: format == Format::E2m1,
            ..OpenOptions::default()
        };
        let narrow = TensorFile::open(Path::new(PACK), &options).unwrap();
        let narrow_info = &narrow.tensors()[0];
        let expected = narrow.bytes(narrow_info).unwrap();
        // The first rows of every shard.
        let kept = 2 * columns * narrow_info.shape[1] as usize;
        let cropped = bytes.chunks(2 * columns * rows).flat_map(|shard| shard[..kept].to_vec()).collect();
        let tensor = convert::Tensor { name: name.into(), shape: vec![], bytes: cropped };
        assert!(convert::convert(&tensor, format) == *expected, "{format}");
    }
}

#[test]
fn the_bank_follows_from_the_format_of_the_tensors() {
    let bench = Bench::new();
    let narrow = |suffix: &str| format!("smollm2.ffn1_out.L14.s0010.{suffix}");
    for (suffix, bank) in [("bf16", "universal"), ("e4m3", "universal-e4m3"), ("e5m2", "universal-fp16")] {
        let report = bench.json(&["analyze", PACK, "--tensors", &narrow(suffix)]);
        assert_eq!(report["bank"]["name"], bank);
        let mean = report["tensors"][0]["gap_pp"]["mean"].as_f64().unwrap();
        assert!(mean < 0.7, "{suffix}: {mean}");
    }
    let select = ["--tensors", &narrow("bf16"), "--tensors", &narrow("e4m3")];
    let report = bench.json(&[&["encode", PACK, "-o", "pack.hfw"][..], &select].concat());
    let coded = |name: String| {
        report["tensors"].as_array().unwrap().iter().find(|t| t["name"] == *name).unwrap()["bank"].clone()
    };
    assert_eq!((coded(narrow("bf16")), coded(narrow("e4m3"))), ("universal".into(), "universal-e4m3".into()));
    bench.ok(&["decode", "pack.hfw", "-o", "back.safetensors", "--bank", "universal"]);
    assert!(bench.read("back.safetensors") == std::fs::read(PACK).unwrap());
    assert!(bench.fails(&["decode", "pack.hfw", "-o", "x", "--bank", "universal-fp16"]).contains("bank"));
    assert_eq!(bench.json(&["inspect", "universal-fp16"])["symbol_bits"], serde_json::json!([5]));
}

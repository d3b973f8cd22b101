//! Sets: counting, files, merging, banks.

use super::*;
use crate::codebook::{BuildOptions, Escape};
use crate::codec::tracker::{first_bias, Tracker};
use crate::format::SymbolMap;
use crate::tensor::{FileKind, InputFile, OpenOptions, TensorFile};

/// A file of bf16 tensors: names, shapes, exponents.
fn file(name: &str, tensors: &[(&str, &[u64], Vec<u8>)]) -> InputFile {
    let (mut header, mut data) = (Vec::new(), Vec::new());
    for (tensor, shape, exponents) in tensors {
        let begin = data.len();
        data.extend(exponents.iter().flat_map(|&e| (u16::from(e) << 7).to_le_bytes()));
        let end = data.len();
        header.push(format!(r#""{tensor}":{{"dtype":"BF16","shape":{shape:?},"data_offsets":[{begin},{end}]}}"#));
    }
    let header = format!("{{{}}}", header.join(","));
    let bytes = [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &data].concat();
    let file = TensorFile::from_bytes(bytes, FileKind::Safetensors, &OpenOptions::default()).unwrap();
    InputFile { path: format!("some/dir/{name}").into(), file }
}

/// Exponents that wander about `centre`, every 13th a zero.
fn exponents(n: usize, centre: u8) -> Vec<u8> {
    (0..n).map(|i| if i % 13 == 7 { 0 } else { centre + ((i * i / 7) % 5) as u8 + (i / 100) as u8 }).collect()
}

const TRACKED: Unit =
    Unit::Block(BlockUnit { elements: 16, tracking: Some(TrackedBias { delay: 1, window: 2, initial_bias: None }) });

fn options(unit: Unit) -> CountOptions {
    CountOptions { map: SymbolMap::Fields, unit, axis: 0, shards: None }
}

fn set(files: &[InputFile], unit: Unit) -> HistogramSet {
    count_files(files, &options(unit), &|_| {}).unwrap()
}

fn two() -> Vec<InputFile> {
    vec![
        file("a.safetensors", &[("x.w", &[2, 150], exponents(300, 100)), ("x.none", &[0, 4], vec![])]),
        file("b.safetensors", &[("y.w", &[40, 1], exponents(40, 60)), ("y.s", &[], vec![9])]),
    ]
}

#[test]
fn shards_are_counted_one_by_one() {
    let set = set(&two(), Unit::Shard);
    let cells: Vec<_> = set.tensors().map(|(_, t)| (t.tensor.as_str(), t.cells.len())).collect();
    assert_eq!(cells, [("x.w", 2), ("y.w", 40), ("y.s", 1)], "a scalar is a shard; what is empty is left out");
    let counts = set.sources[0].tensors[0].cells[0].histogram.planes[0].counts();
    let expected = exponents(300, 100)[..150].iter().filter(|&&e| e == 101).count() as u64;
    assert_eq!((counts[101], counts.iter().sum::<u64>()), (expected, 150));
}

#[test]
fn blocks_are_recentred_as_the_encoder_does_and_added_up_by_shape() {
    let set = set(&two(), TRACKED);
    let cells = &set.sources[0].tensors[0].cells;
    assert_eq!(cells.iter().map(|c| c.units).sum::<u64>(), 2 * 150u64.div_ceil(16));
    assert!(cells.len() < 20 && cells.len() > 2, "{} shapes", cells.len());
    let mut expected = [0u64; 256];
    for shard in exponents(300, 100).chunks(150) {
        let mut tracker = Tracker::with_blocks(8, 16, 1, 2, first_bias(shard[..16].iter().copied()));
        shard.iter().for_each(|&e| expected[usize::from(tracker.encode(e))] += 1);
    }
    let mut found = [0u64; 256];
    for cell in cells {
        found.iter_mut().zip(cell.histogram.planes[0].counts()).for_each(|(sum, c)| *sum += c);
    }
    assert_eq!(found, expected);
}

#[test]
fn the_order_of_work_and_the_cut_into_shards_at_a_time_do_not_matter() {
    let many = || vec![file("m.safetensors", &[("m", &[200, 40], exponents(8000, 20))])];
    let one = set(&many(), TRACKED);
    assert_eq!(one, set(&many(), TRACKED));
    let told = std::sync::Mutex::new(Vec::new());
    count_files(&many(), &options(TRACKED), &|bytes| told.lock().unwrap().push(bytes)).unwrap();
    assert_eq!(told.into_inner().unwrap().into_iter().max(), Some(16000));
}

#[test]
fn a_file_is_read_back_as_it_was() {
    for unit in [Unit::Shard, TRACKED, Unit::Block(BlockUnit { elements: 64, tracking: None })] {
        let set = set(&two(), unit);
        let text = set.to_json();
        assert_eq!(HistogramSet::from_json(text.as_bytes()).unwrap(), set);
        assert_eq!(HistogramSet::from_json(text.as_bytes()).unwrap().to_json(), text);
    }
}

#[test]
fn damaged_files_are_refused() {
    let good: serde_json::Value = serde_json::from_str(&set(&two(), TRACKED).to_json()).unwrap();
    let with = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut value = good.clone();
        change(&mut value);
        HistogramSet::from_json(value.to_string().as_bytes()).unwrap_err().to_string()
    };
    let tensor = |v: &mut serde_json::Value, key: &str, value: serde_json::Value| {
        v["sources"][0]["tensors"][0][key] = value;
    };
    assert_eq!(HistogramSet::from_json(b"{").unwrap_err().to_string().find("not a huffwire histogram file: "), Some(0));
    assert!(HistogramSet::from_json(b"{}").unwrap_err().to_string().contains("missing field `huffwire_histograms`"));
    let version = with(&|v| v["huffwire_histograms"] = 2.into());
    assert_eq!(version, "histogram file version 2: this program knows version 1");
    assert!(with(&|v| v["more"] = 1.into()).contains("unknown field `more`"));
    assert!(with(&|v| v["format"] = "bf17".into()).contains("bf17"));
    assert!(with(&|v| v["map"] = "bytes".into()).contains("under map 'fields' only, not under 'bytes'"));
    assert!(with(&|v| v["block"]["elements"] = 17.into()).contains("blocks of 17 elements: must be a power of two"));
    assert!(with(&|v| v["block"]["tracking"]["delay"] = 4.into()).contains("delay of 4 blocks"));
    assert!(with(&|v| v["block"]["tracking"]["window"] = 3.into()).contains("window of 3 blocks"));
    assert!(with(&|v| v["sources"] = serde_json::json!([])).contains("no counts"));
    assert!(with(&|v| v["sources"][0]["sha256"] = "00".into()).contains("64 lower-case hexadecimal digits"));
    assert!(with(&|v| tensor(v, "cells", serde_json::json!([]))).ends_with("no cells"));
    for (cells, message) in [
        (serde_json::json!([[0, [[1, 1]]]]), "a cell of 0 units and 1 planes"),
        (serde_json::json!([[1, []]]), "a cell of 1 units and 0 planes"),
        (serde_json::json!([[1, [[]]]]), "0 numbers in a plane"),
        (serde_json::json!([[1, [[1, 2, 3]]]]), "3 numbers in a plane"),
        (serde_json::json!([[1, [[256, 1]]]]), "symbol 256, count 1"),
        (serde_json::json!([[1, [[5, 1, 5, 1]]]]), "symbol 5, count 1"),
        (serde_json::json!([[1, [[5, 0]]]]), "symbol 5, count 0"),
    ] {
        let found = with(&|v| tensor(v, "cells", cells.clone()));
        assert!(found.starts_with("tensor 'x.w' of 'a.safetensors': ") && found.contains(message), "{found}");
    }
}

#[test]
fn hosts_count_and_one_merges() {
    let files = two();
    let parts = || files.iter().map(|f| set(std::slice::from_ref(f), TRACKED));
    assert_eq!(HistogramSet::merge(parts()).unwrap(), set(&files, TRACKED));
    let twice = HistogramSet::merge(parts().chain(parts())).unwrap_err().to_string();
    assert_eq!(twice, "tensor 'x.w' of file 'a.safetensors' is in two of the sets: it would count twice");
    let other = set(&files[1..], Unit::Shard);
    let differ = HistogramSet::merge([set(&files[..1], TRACKED), other]).unwrap_err().to_string();
    assert!(differ.starts_with("unit of the first set: blocks of 16 elements, bias tracked with delay 1, window 2"));
    let bytes = CountOptions { map: SymbolMap::Bytes, ..options(Unit::Shard) };
    let other = count_files(&files[1..], &bytes, &|_| {}).unwrap();
    let differ = HistogramSet::merge([set(&files[..1], Unit::Shard), other]).unwrap_err().to_string();
    assert!(differ.starts_with("format and map of the first set: bf16 as fields, of another: bf16 as bytes"));
    assert!(matches!(HistogramSet::merge([]), Err(HistogramSetError::Nothing)));
}

#[test]
fn what_makes_no_bank_is_refused() {
    let rule = |name: &str, glob: &str| GroupRule::new(name, &[glob.to_string()]).unwrap();
    let build = BuildOptions::default();
    let shards = set(&two(), Unit::Shard);
    let empty = shards.bank_of_groups("b", &[rule("x", "x*"), rule("z", "z*")], &build).unwrap_err().to_string();
    assert_eq!(empty, "group 'z': no tensor with an element in it matches 'z*'");
    let blocks = set(&two(), TRACKED).bank_of_groups("b", &[], &build).unwrap_err().to_string();
    assert!(
        blocks.contains("this set has blocks of 16 elements") && blocks.contains("build it with a number of books")
    );
    let first = FirstBook { average: Some(rule("average", "z*")), cover: None };
    let average = shards.bank_of_clusters("b", &[], &first, 2, &build).unwrap_err().to_string();
    assert_eq!(average, "group 'average': no tensor with an element in it matches 'z*'");
    let none = count_files(&[], &options(Unit::Shard), &|_| {}).unwrap_err().to_string();
    assert_eq!(none, "no tensor with an element in it: a bank is made from at least one");
    let axis = CountOptions { axis: 2, ..options(Unit::Shard) };
    let axis = count_files(&two(), &axis, &|_| {}).unwrap_err().to_string();
    assert_eq!(axis, "some/dir/a.safetensors: tensor 'x.w': axis 2 of a tensor with 2 axes");
    let map = CountOptions { map: SymbolMap::Planes, ..options(TRACKED) };
    let map = count_files(&two(), &map, &|_| {}).unwrap_err().to_string();
    assert_eq!(map, "the exponent bias is tracked under map 'fields' only, not under 'planes'");
}

#[test]
fn groups_make_books_and_name_their_sources() {
    let rules = [GroupRule::new("first", &["x*".into()]).unwrap(), GroupRule::new("rest", &["*.w".into()]).unwrap()];
    let made = set(&two(), Unit::Shard).bank_of_groups("b", &rules, &BuildOptions::default()).unwrap();
    assert_eq!(made.left_out, ["y.s"]);
    assert_eq!(made.groups.iter().map(|g| g.shards.len()).collect::<Vec<_>>(), [2, 40]);
    let provenance = made.file.provenance.as_ref().unwrap();
    assert!(!provenance.is_clustered());
    assert_eq!(provenance.sources[1].tensors.len(), 1);
    assert_eq!(provenance.sources[1].tensors[0].book.as_deref(), Some("rest"));
    assert!(made.file.reproduce().unwrap());
}

/// Each tensor counts alike in its group and each group as the others, whatever their sizes.
#[test]
fn clusters_weigh_groups_and_tensors_alike() {
    let low = |n| vec![10; n];
    let files = [file(
        "w.safetensors",
        &[("a.big", &[4096], low(4096)), ("b.1", &[64], vec![20; 64]), ("b.2", &[640], vec![30; 640])],
    )];
    let rules = ["a", "b"].map(|n| GroupRule::new(n, &[format!("{n}.*")]).unwrap());
    let whole = CountOptions { shards: Some(1), ..options(Unit::Shard) };
    let set = count_files(&files, &whole, &|_| {}).unwrap();
    let build = BuildOptions { escape: Escape::None, ..BuildOptions::default() };
    let (made, clusters) = set.bank_of_clusters("b", &rules, &FirstBook::default(), 4, &build).unwrap();
    let average = clusters.distributions[0][0].counts();
    assert_eq!((average[10], average[20], average[30]), (1 << 31, 1 << 30, 1 << 30));
    let provenance = made.file.provenance.as_ref().unwrap();
    assert!(provenance.is_clustered());
    let sources = &provenance.sources[0].tensors;
    assert_eq!((&sources[1].book, sources[1].group.as_deref(), sources[1].units), (&None, Some("b"), 1));
    assert_eq!(made.file.bank.books()[0].name, AVERAGE);
    assert!(made.file.reproduce().unwrap());
    let only_b = GroupRule::new("average", &["b.*".into()]).unwrap();
    let first = FirstBook { average: Some(only_b), cover: None };
    let (_, clusters) = set.bank_of_clusters("b", &rules, &first, 4, &build).unwrap();
    assert_eq!(clusters.distributions[0][0].counts()[10], 0);
    // A share for what that serves worst, the tensors of the other group.
    let covered = |percent| {
        let tensors = GroupRule::new("cover", &["*".into()]).unwrap();
        let first = FirstBook { cover: Some(Cover { tensors, percent }), ..first.clone() };
        set.bank_of_clusters("b", &rules, &first, 4, &build).map(|(_, c)| c.distributions[0][0].counts()[10])
    };
    assert!(covered(1).unwrap() > (1 << 32) / 101);
    let share = covered(100).unwrap_err().to_string();
    assert_eq!(share, "100 percent of book 1 for the tensors that it serves worst: must be 1 to 99");
}

//! Round trips, and what is refused.

mod hostile;

use super::*;
use crate::codebook::{calibrate, BankFile, BuildOptions, Calibration, Group};
use crate::format::{Format, Layout, SymbolMap};
use crate::stats::count_recoded;
use crate::tensor::{FileKind, OpenOptions};
use crate::wire::{BookMode, Parameters, Tracking};
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Pseudo-random numbers, the same in every run.
fn random(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed.wrapping_mul(2).wrapping_add(1);
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    }
}

/// `n` bf16 values with exponents about `centre`, mantissas at random, some zeros and NaNs with payloads.
fn bf16(n: usize, centre: u16, seed: u64) -> Vec<u8> {
    let mut r = random(seed);
    let values = (0..n).map(|_| match r() {
        v if v % 97 == 0 => 0x7f80 | (v >> 32) as u16,
        v if v % 31 == 0 => 0,
        v => (v >> 40 & 0x807f) as u16 | (centre - (v | 1 << 12).trailing_zeros() as u16) << 7,
    });
    values.flat_map(u16::to_le_bytes).collect()
}

fn bank(name: &str, format: Format, map: SymbolMap, sample: &[u8]) -> Arc<BankFile> {
    recoded_bank(name, format, map, sample, |symbol| symbol)
}

fn recoded_bank(name: &str, format: Format, map: SymbolMap, sample: &[u8], recode: fn(u8) -> u8) -> Arc<BankFile> {
    let layout = Layout::new(format, map).unwrap();
    let calibration =
        Calibration { name: name.into(), layout, options: BuildOptions::default(), tracking: None, sources: vec![] };
    let shards = vec![count_recoded(&layout, sample, recode).unwrap()];
    Arc::new(calibrate(&[Group { name: "all".into(), shards }], &calibration).unwrap())
}

fn fields(sample: &[u8]) -> Coding {
    let bank = bank("bf16 fields", Format::Bf16, SymbolMap::Fields, sample);
    Coding { bank, parameters: Parameters::plain(Format::Bf16, SymbolMap::Fields, 4), book: None }
}

fn nibbles() -> Coding {
    let sample: Vec<u8> = (0..999u32).map(|i| ((i % 3) * 17) as u8).collect();
    let bank = bank("pairs", Format::Int4, SymbolMap::Bytes, &sample);
    Coding { bank, parameters: Parameters::plain(Format::Int4, SymbolMap::Bytes, 1), book: Some(1) }
}

/// A `.safetensors` file of these tensors: name, dtype, bytes.
fn safetensors(tensors: &[(&str, &str, &[u8])]) -> Vec<u8> {
    let mut offset = 0;
    let entries = tensors.iter().map(|(name, dtype, data)| {
        let begin = offset;
        offset += data.len();
        let elements = data.len() as u64 * 8 / crate::tensor::StoredType::safetensors(dtype).unwrap().bits;
        format!(r#""{name}":{{"dtype":"{dtype}","shape":[{elements}],"data_offsets":[{begin},{offset}]}}"#)
    });
    let header = format!("{{{}}}", entries.collect::<Vec<_>>().join(","));
    let mut file = [&(header.len() as u64).to_le_bytes(), header.as_bytes()].concat();
    tensors.iter().for_each(|t| file.extend_from_slice(t.2));
    file
}

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Place(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(self.0.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn encode(input: &Path, output: &Path, options: &EncodeOptions) -> Result<EncodeReport, ContainerError> {
    encode_file(input, output, options, &mut |_| {})
}

fn decode(input: &Path, output: &Path) -> Result<DecodeReport, ContainerError> {
    decode_file(input, output, &DecodeOptions::default(), &mut |_| {})
}

/// Encodes and decodes `original`, compares, and gives report and `.hfw` file.
fn round_trip(name: &str, original: &[u8], options: &EncodeOptions) -> (EncodeReport, Vec<u8>) {
    let place = Place::new();
    let (input, packed, output) = (place.file(name, original), place.path("x.hfw"), place.path("back"));
    let mut told = vec![];
    let report = encode_file(&input, &packed, options, &mut |n| told.push(n)).unwrap();
    assert!(told.is_sorted() && told.last().copied().unwrap_or(0) == original.len() as u64, "{told:?}");
    let hfw = fs::read(&packed).unwrap();
    assert_eq!(report.file_bytes, hfw.len() as u64);
    let parts = HEADER_BYTES as u64 + report.stored_bytes + report.coded_bytes + report.manifest_bytes;
    assert_eq!(report.file_bytes, parts);
    told.clear();
    let back = decode_file(&packed, &output, &DecodeOptions::default(), &mut |n| told.push(n)).unwrap();
    assert!(told.is_sorted() && told.last().copied().unwrap_or(0) == original.len() as u64, "{told:?}");
    assert!(fs::read(&output).unwrap() == original, "{name}: the decoded file differs");
    let sum: String = Sha256::digest(original).iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!((&report.sha256, &back.sha256), (&sum, &sum));
    assert_eq!(place.names().len(), 3, "{:?}", place.names());
    (report, hfw)
}

fn message<T>(result: Result<T, ContainerError>) -> String {
    result.map(|_| ()).unwrap_err().to_string()
}

#[test]
fn a_safetensors_file_of_all_sorts() {
    let (a, b) = (bf16(30_001, 120, 1), bf16(777, 119, 2));
    let noise: Vec<u8> = std::iter::repeat_with(random(3)).take(500).map(|v| (v >> 17) as u8).collect();
    let original = safetensors(&[
        ("a", "BF16", &a),
        ("none", "BF16", &[]),
        ("noise", "U8", &noise),
        ("b", "BF16", &b),
        ("long", "I64", &[7; 64]),
    ]);
    let mut options = EncodeOptions::new(vec![fields(&a)]);
    options.packet_elements = 1000;
    let (report, hfw) = round_trip("all.safetensors", &original, &options);
    let outcome = |name: &str| report.tensors.iter().find(|t| t.name == name).unwrap();
    assert!(matches!(&outcome("a").outcome, Outcome::Coded { bank, .. } if bank == "bf16 fields"));
    assert!(outcome("a").saved_percent() > 20.0, "{}", outcome("a").saved_percent());
    assert_eq!(outcome("a").elements, 30_001);
    assert_eq!(outcome("none").outcome, Outcome::Empty);
    let Outcome::NoBank(why) = &outcome("long").outcome else { panic!() };
    assert_eq!(
        why,
        "bank 'bf16 fields': map 'fields' is not defined for format 'raw': it has no exponent field that could be coded alone; use 'bytes'"
    );
    assert_eq!((outcome("long").format, outcome("long").coded_bytes), (Format::Raw, 64));
    assert_eq!(outcome("noise").coded_bytes, 500);

    // Stored bytes are there as they were; 31 packets of a and one of b, each with its length.
    let container = Container::from_bytes(hfw).unwrap();
    let kinds: Vec<_> = container.manifest().segments.iter().map(|s| matches!(s, Segment::Coded(_))).collect();
    assert_eq!(kinds, [false, true, false, true, false]);
    assert_eq!(container.manifest().codings.len(), 1);
    assert_eq!(container.banks()[0], *options.codings[0].bank);
    assert!(report.saved_percent() < outcome("a").saved_percent());
}

#[test]
fn every_map_and_parameter_comes_back() {
    let a = bf16(5_000, 120, 4);
    let original = safetensors(&[("a", "BF16", &a)]);
    for map in SymbolMap::ALL {
        for (lanes, turns) in [(1, 1), (16, 1), (16, 4), (64, 1)] {
            let mut bank = bank("m", Format::Bf16, map, &a);
            let mut parameters = Parameters { turns, ..Parameters::plain(Format::Bf16, map, lanes) };
            if map == SymbolMap::Fields {
                parameters.block_log2 = Some(5);
                parameters.tracking = Some(Tracking { delay: 1, window_log2: 1, initial_bias: None });
                // About what a tracked bias makes of these exponents, zero kept apart.
                let tracked = |e: u8| if e == 0 { 128 } else { e.wrapping_sub(119) };
                bank = recoded_bank("m", Format::Bf16, map, &a, tracked);
                if lanes == 16 {
                    parameters.book_mode = BookMode::Block;
                }
            }
            let coding = Coding { bank, parameters, book: None };
            let (report, _) = round_trip("a.safetensors", &original, &EncodeOptions::new(vec![coding]));
            assert!(matches!(report.tensors[0].outcome, Outcome::Coded { .. }), "{map} {lanes}/{turns}");
        }
    }
}

#[test]
fn npy_and_raw_files_and_packet_edges() {
    let a = bf16(257, 120, 5);
    let header = format!("{{'descr': '<V2', 'fortran_order': False, 'shape': ({},), }}\n", a.len() / 2);
    let npy = [b"\x93NUMPY\x01\0".as_slice(), &(header.len() as u16).to_le_bytes(), header.as_bytes(), &a].concat();
    for packet_elements in [1, 2, 256, 257, 258, MAX_PACKET_ELEMENTS] {
        let mut options = EncodeOptions::new(vec![fields(&a)]);
        options.open.format = Some(Format::Bf16);
        options.packet_elements = packet_elements;
        let (report, hfw) = round_trip("a.npy", &npy, &options);
        let kind = Container::from_bytes(hfw).unwrap().manifest().kind;
        assert_eq!((report.tensors[0].elements, kind), (257, OriginalKind::Npy));
        // Tiny packets cost more than they save: then the tensor is stored.
        match &report.tensors[0].outcome {
            Outcome::NoGain(bytes) => assert!(packet_elements < 3 && *bytes >= a.len() as u64),
            outcome => assert!(packet_elements > 2 && matches!(outcome, Outcome::Coded { .. }), "{outcome:?}"),
        }
        round_trip("a.bin", &a, &options);
    }
}

#[test]
fn empty_files_and_files_without_a_bank() {
    let mut options = EncodeOptions::new(vec![]);
    options.open.format = Some(Format::Raw);
    let (report, _) = round_trip("empty.bin", &[], &options);
    assert_eq!(report.tensors[0].outcome, Outcome::Empty);
    let (report, _) = round_trip("three.bin", &[1, 2, 3], &options);
    assert_eq!(report.tensors[0].outcome, Outcome::NoBank("no bank was given".into()));
}

#[test]
fn codes_one_a_byte_are_packed_on_the_way() {
    for n in [1usize, 2, 999, 4000, 4001] {
        let codes: Vec<u8> = (0..n).map(|i| (i / 2 % 3) as u8).collect();
        let mut options = EncodeOptions::new(vec![nibbles()]);
        options.open = OpenOptions { format: Some(Format::Int4), unpacked: true, ..OpenOptions::default() };
        options.packet_elements = 300;
        let (report, hfw) = round_trip("codes.bin", &codes, &options);
        if n > 900 {
            assert!(report.tensors[0].saved_percent() > 60.0, "{}", report.tensors[0].saved_percent());
            let container = Container::from_bytes(hfw).unwrap();
            assert!(matches!(&container.manifest().segments[0], Segment::Coded(c) if c.unpacked));
        }
    }
    // A stray bit is not dropped: the file is refused.
    let place = Place::new();
    let input = place.file("codes.bin", &[1, 2, 16, 3]);
    let mut options = EncodeOptions::new(vec![nibbles()]);
    options.open = OpenOptions { format: Some(Format::Int4), unpacked: true, ..OpenOptions::default() };
    let e = message(encode(&input, &place.path("x.hfw"), &options));
    assert_eq!(e, "input: tensor 'codes': byte 2 is 16, a code of 'int4' is at most 15");
    assert_eq!(place.names(), ["codes.bin"]);
}

#[test]
fn each_format_gets_the_bank_made_for_it() {
    let (half, single) = (bf16(3000, 120, 6), bf16(6000, 120, 7));
    let own = Coding {
        bank: bank("fp32 fields", Format::Fp32, SymbolMap::Fields, &single),
        parameters: Parameters::plain(Format::Fp32, SymbolMap::Fields, 2),
        book: Some(1),
    };
    let original = safetensors(&[("half", "BF16", &half), ("single", "F32", &single), ("i", "I8", &[9; 99])]);
    let of = |codings| {
        let (report, hfw) = round_trip("x.safetensors", &original, &EncodeOptions::new(codings));
        let banks = report.tensors.iter().map(|t| match &t.outcome {
            Outcome::Coded { bank, parameters } => format!("{bank}/{}", parameters.format),
            _ => "stored".into(),
        });
        (banks.collect::<Vec<_>>(), Container::from_bytes(hfw).unwrap().banks().len())
    };
    // The bank for bf16 has the same alphabet, so it serves fp32 where there is no better one.
    assert_eq!(
        of(vec![fields(&half)]),
        (vec!["bf16 fields/bf16".into(), "bf16 fields/fp32".into(), "stored".into()], 1)
    );
    let both = vec![fields(&half), own];
    assert_eq!(of(both), (vec!["bf16 fields/bf16".into(), "fp32 fields/fp32".into(), "stored".into()], 2));
}

#[test]
fn tensors_not_selected_are_stored() {
    let a = bf16(3000, 120, 8);
    let original = safetensors(&[("x.weight", "BF16", &a), ("y.weight", "BF16", &a), ("x.bias", "BF16", &a)]);
    let mut options = EncodeOptions::new(vec![fields(&a)]);
    options.open.select = vec!["x.*".into()];
    let (report, hfw) = round_trip("x.safetensors", &original, &options);
    assert_eq!(report.tensors.iter().map(|t| t.name.as_str()).collect::<Vec<_>>(), ["x.weight", "x.bias"]);
    assert!(hfw.windows(a.len()).filter(|w| *w == a).count() == 1, "the one not selected stands there as it is");
}

#[test]
fn wrong_settings_are_refused_and_leave_nothing() {
    let a = bf16(100, 120, 9);
    let place = Place::new();
    let input = place.file("a.safetensors", &safetensors(&[("a", "BF16", &a)]));
    let out = place.path("x.hfw");
    let good = fields(&a);
    let with = |change: &dyn Fn(&mut EncodeOptions)| {
        let mut options = EncodeOptions::new(vec![good.clone()]);
        change(&mut options);
        message(encode(&input, &out, &options))
    };
    assert_eq!(with(&|o| o.packet_elements = 0), "0 elements a packet: must be 1 to 16777216");
    assert!(with(&|o| o.packet_elements = MAX_PACKET_ELEMENTS + 1).starts_with("16777217 elements a packet"));
    assert_eq!(with(&|o| o.codings[0].book = Some(2)), "bank 'bf16 fields': book 2, the bank has books 0 (raw) to 1");
    assert!(with(&|o| o.codings[0].parameters.lanes = 3).starts_with("bank 'bf16 fields': lanes = 3"));
    assert!(with(&|o| o.codings[0].parameters.map = SymbolMap::Bytes).contains("the bank is for map 'fields'"));
    assert!(with(&|o| o.open.select = vec!["b".into()]).starts_with("input: no tensor matches 'b'"));
    assert!(with(&|o| o.open.format = Some(Format::Fp32)).contains("cannot be laid over it"));
    assert_eq!(place.names(), ["a.safetensors"]);
    let options = EncodeOptions::new(vec![good.clone()]);
    let e = message(encode(&input, &place.path("no/x.hfw"), &options));
    assert!(e.starts_with("output ") && e.contains("x.hfw: "), "{e}");
    assert!(message(encode(&place.path("missing.npy"), &out, &options)).contains("missing.npy"));
    assert!(message(encode(&input, place.0.path(), &options)).ends_with("the file exists already"));
    let replace = EncodeOptions { overwrite: true, ..options };
    assert!(message(encode(&input, place.0.path(), &replace)).starts_with("output "));
}

#[test]
fn an_existing_output_is_replaced_on_demand_only() {
    let a = bf16(3000, 120, 10);
    let place = Place::new();
    let input = place.file("a.safetensors", &safetensors(&[("a", "BF16", &a)]));
    let (packed, back) = (place.file("x.hfw", b"precious"), place.file("back", b"precious"));
    let mut options = EncodeOptions::new(vec![fields(&a)]);
    assert!(message(encode(&input, &packed, &options)).ends_with("x.hfw: the file exists already"));
    assert_eq!(fs::read(&packed).unwrap(), b"precious");
    options.overwrite = true;
    encode(&input, &packed, &options).unwrap();
    assert!(message(decode(&packed, &back)).ends_with("back: the file exists already"));
    assert_eq!(fs::read(&back).unwrap(), b"precious");

    // A run that fails leaves even an output that it was to replace.
    let mut broken = fs::read(&packed).unwrap();
    broken[3000] ^= 1;
    let broken = place.file("broken.hfw", &broken);
    let replace = DecodeOptions { overwrite: true, ..DecodeOptions::default() };
    assert!(decode_file(&broken, &back, &replace, &mut |_| {}).is_err());
    assert_eq!(fs::read(&back).unwrap(), b"precious");
    decode_file(&packed, &back, &replace, &mut |_| {}).unwrap();
    assert_eq!(fs::read(&back).unwrap(), fs::read(&input).unwrap());
    // In place: the input is read from its map until the output takes over its name.
    encode(&input, &input, &options).unwrap();
    assert_eq!(fs::read(&input).unwrap(), fs::read(&packed).unwrap());
    assert_eq!(place.names(), ["a.safetensors", "back", "broken.hfw", "x.hfw"]);
}

#[cfg(unix)]
#[test]
fn outputs_are_ordinary_files() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let mode = |p: &Path| fs::metadata(p).unwrap().permissions().mode();
    let input = place.file("a.bin", b"abc");
    let mut options = EncodeOptions::new(vec![]);
    options.open.format = Some(Format::Raw);
    encode(&input, &place.path("x.hfw"), &options).unwrap();
    decode(&place.path("x.hfw"), &place.path("back")).unwrap();
    assert_eq!(mode(&place.path("x.hfw")), mode(&input));
    assert_eq!(mode(&place.path("back")), mode(&input));
}

#[test]
fn a_given_bank_has_to_be_the_one_inside() {
    let (a, other) = (bf16(3000, 120, 11), bf16(3000, 60, 12));
    let place = Place::new();
    let input = place.file("a.safetensors", &safetensors(&[("a", "BF16", &a)]));
    let coding = fields(&a);
    encode(&input, &place.path("x.hfw"), &EncodeOptions::new(vec![coding.clone()])).unwrap();
    let (right, wrong) = (coding.bank, fields(&other).bank);
    let with = |banks: &[&Arc<BankFile>], out: &str| {
        let options = DecodeOptions { banks: banks.iter().map(|&b| b.clone()).collect(), overwrite: false };
        decode_file(&place.path("x.hfw"), &place.path(out), &options, &mut |_| {})
    };
    with(&[&right], "one").unwrap();
    with(&[&wrong, &right], "two").unwrap();
    let (ours, theirs) = (right.bank.fingerprint(), wrong.bank.fingerprint());
    let expected = format!("the file was made with bank {ours:08x} ('bf16 fields'), given {theirs:08x}");
    assert_eq!(message(with(&[&wrong], "three")), expected);
    assert!(!place.path("three").exists());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn random_files_come_back(n in 0usize..3000, centre in 20u16..250, lanes in 0u32..7, seed: u64,
                              packet_elements in 1usize..3000) {
        let a = bf16(n, centre, seed);
        let mut coding = fields(&bf16(500, 120, 1));
        coding.parameters.lanes = 1 << lanes;
        let mut options = EncodeOptions::new(vec![coding]);
        options.open.kind = Some(FileKind::Raw);
        options.open.format = Some(Format::Bf16);
        options.packet_elements = packet_elements;
        round_trip("a.bin", &a, &options);
    }
}

/// The example of docs/hfw-format.md, section 6.
#[test]
fn the_example_of_the_document() {
    let mut options = EncodeOptions::new(vec![]);
    options.open.format = Some(Format::Raw);
    let (_, hfw) = round_trip("abc.bin", b"abc", &options);
    let manifest = concat!(
        r#"{"kind":"raw","bytes":3,"sha256":"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad","#,
        r#""banks":[],"codings":[],"segments":[{"stored":{"bytes":3}}]}"#
    );
    assert_eq!(hfw[..24], *b"HFW1\x02\0\0\0\xbb\0\0\0\0\0\0\0\xa0\0\0\0\xe6\x43\x9b\x57");
    assert_eq!(hfw[24..27], *b"abc");
    assert_eq!(std::str::from_utf8(&hfw[27..]).unwrap(), manifest);
}

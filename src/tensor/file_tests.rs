use super::*;
use std::io::Write;

fn raw_file(bytes: &[u8], format: Format, unpacked: bool) -> Result<TensorFile, TensorError> {
    let options = OpenOptions { format: Some(format), unpacked, ..OpenOptions::default() };
    TensorFile::from_bytes(bytes.to_vec(), FileKind::Raw, &options)
}

fn safetensors(entries: &[(&str, &str, u64)], options: &OpenOptions) -> Result<TensorFile, TensorError> {
    let mut offset = 0;
    let items = entries.iter().map(|(name, dtype, n)| {
        let begin = offset;
        offset += n * StoredType::safetensors(dtype).unwrap().bits / 8;
        format!(r#""{name}":{{"dtype":"{dtype}","shape":[{n}],"data_offsets":[{begin},{offset}]}}"#)
    });
    let header = format!("{{{}}}", items.collect::<Vec<_>>().join(","));
    let bytes = [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &vec![0xff; offset as usize]].concat();
    TensorFile::from_bytes(bytes, FileKind::Safetensors, options)
}

fn message<T>(r: Result<T, TensorError>) -> String {
    r.map(|_| ()).unwrap_err().to_string()
}

#[test]
fn the_extension_says_the_kind() {
    assert_eq!(FileKind::of(Path::new("a/b.SafeTensors")), FileKind::Safetensors);
    assert_eq!(FileKind::of(Path::new("b.npy")), FileKind::Npy);
    assert_eq!(FileKind::of(Path::new("npy")), FileKind::Raw);
}

#[test]
fn a_mapped_file_reads_like_one_in_memory() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("weights.bin");
    let bytes: Vec<u8> = (0..=255).collect();
    File::create(&path).unwrap().write_all(&bytes).unwrap();
    let options = OpenOptions { format: Some(Format::Bf16), ..OpenOptions::default() };
    let f = TensorFile::open(&path, &options).unwrap();
    let t = &f.tensors()[0];
    assert_eq!((t.name.as_str(), t.dtype.as_str(), t.values()), ("weights", "bf16", 128));
    assert_eq!(f.bytes(t).unwrap().as_ref(), bytes);
    let chunks: Vec<_> = f.chunks(t, 50).unwrap().map(|c| c.unwrap().len()).collect();
    assert_eq!(chunks, [100, 100, 56]);
}

#[test]
fn what_is_no_file_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    assert!(message(TensorFile::open(dir.path(), &OpenOptions::default())).contains("not a regular file"));
    let missing = dir.path().join("missing.npy");
    assert!(message(TensorFile::open(&missing, &OpenOptions::default())).contains("missing.npy"));
    let empty = dir.path().join("empty.safetensors");
    File::create(&empty).unwrap();
    let e = message(TensorFile::open(&empty, &OpenOptions::default()));
    assert_eq!(e, "the file is empty: a .safetensors file begins with a header");
}

#[test]
fn raw_files_need_a_format_that_divides_them() {
    let e = message(TensorFile::from_bytes(vec![0; 4], FileKind::Raw, &OpenOptions::default()));
    assert_eq!(e, "a raw file has no header: its dtype has to be given");
    let e = message(raw_file(&[0; 6], Format::Fp32, false));
    assert_eq!(e, "raw file of 6 bytes: no whole number of fp32 elements of 4 bytes");
    let empty = raw_file(&[], Format::Fp32, false).unwrap();
    assert_eq!((empty.tensors()[0].values(), empty.bytes(&empty.tensors()[0]).unwrap().len()), (0, 0));
}

#[test]
fn six_bit_codes_with_top_bits_set_are_named() {
    let ok = raw_file(&[0, 63, 1], Format::E3m2, false).unwrap();
    assert_eq!(ok.bytes(&ok.tensors()[0]).unwrap().as_ref(), [0, 63, 1]);
    let bad = raw_file(&[0, 63, 64], Format::E2m3, false).unwrap();
    let t = &bad.tensors()[0];
    let expected = "tensor 'tensor': byte 2 is 64, a code of 'e2m3' is at most 63";
    assert_eq!(message(bad.bytes(t)), expected);
    let last = bad.chunks(t, 2).unwrap().last().unwrap();
    assert_eq!(message(last), expected);
}

#[test]
fn unpacked_pairs_go_first_in_low_nibble() {
    let f = raw_file(&[1, 2, 3], Format::E2m1, true).unwrap();
    let t = &f.tensors()[0];
    assert_eq!(f.bytes(t).unwrap().as_ref(), [0x21, 0x03]);
    assert_eq!((t.plain_bytes(), t.values()), (2, 3));
    let chunks: Vec<_> = f.chunks(t, 1).unwrap().map(|c| c.unwrap().into_owned()).collect();
    assert_eq!(chunks, [[0x21], [0x03]]);
    let bad = raw_file(&[1, 16], Format::E2m1, true).unwrap();
    let e = message(bad.bytes(&bad.tensors()[0]));
    assert_eq!(e, "tensor 'tensor': byte 1 is 16, a code of 'e2m1' is at most 15");
    // Packed, the same bytes are two pairs each.
    let f = raw_file(&[1, 16], Format::E2m1, false).unwrap();
    assert_eq!(f.bytes(&f.tensors()[0]).unwrap().as_ref(), [1, 16]);
}

#[test]
fn unpacked_is_for_four_bit_formats_only() {
    let e = message(raw_file(&[0], Format::Int8, true));
    assert_eq!(e, "one code a byte is a choice for the formats 'e2m1' and 'int4' only, not for 'int8'");
    let options = OpenOptions { unpacked: true, ..OpenOptions::default() };
    assert!(message(safetensors(&[("a", "U8", 1)], &options)).contains("without a format given"));
    let options = OpenOptions { format: Some(Format::E2m1), unpacked: true, ..OpenOptions::default() };
    assert!(message(safetensors(&[("a", "F4", 2)], &options)).contains("tensor 'a' of packed dtype F4"));
}

#[test]
fn a_given_format_must_fit_the_stored_width() {
    let with = |dtype, format| {
        safetensors(&[("a", dtype, 4)], &OpenOptions { format: Some(format), ..OpenOptions::default() })
    };
    for (dtype, format) in [("U8", Format::E3m2), ("I16", Format::Bf16), ("I32", Format::Fp32), ("I64", Format::Raw)] {
        assert_eq!(with(dtype, format).unwrap().tensors()[0].format, Some(format));
    }
    let e = message(with("U8", Format::Bf16));
    assert_eq!(e, "tensor 'a': dtype U8 has 8 bits an element, format 'bf16' cannot be laid over it");
    assert!(message(with("BF16", Format::E4m3)).contains("dtype BF16 has 16 bits"));
    assert!(message(with("F6_E3M2", Format::E3m2)).contains("dtype F6_E3M2 has 6 bits"));
}

#[test]
fn dtypes_without_a_format_are_refused_or_taken_as_bytes() {
    let f = safetensors(&[("a", "BOOL", 3), ("b", "F64", 1)], &OpenOptions::default()).unwrap();
    let t = &f.tensors()[1];
    let expected =
        "tensor 'b': no format for dtype F64; give a dtype of its width (64 bits), 'raw', or select other tensors";
    assert_eq!(message(t.require_format()), expected);
    assert_eq!(message(f.bytes(t)), expected);
    assert_eq!(message(f.chunks(t, 1).map(|_| ())), expected);
    assert_eq!(f.bytes(&t.or_raw()).unwrap().len(), 8);
}

#[test]
fn globs_select_tensors() {
    let all = [("model.1.weight", "BF16", 1), ("model.1.bias", "F32", 1), ("model.2.weight", "BF16", 1)];
    let with = |select: &[&str]| {
        let select = select.iter().map(|s| s.to_string()).collect();
        let f = safetensors(&all, &OpenOptions { select, ..OpenOptions::default() })?;
        Ok(f.tensors().iter().map(|t| t.name.clone()).collect::<Vec<_>>())
    };
    assert_eq!(with(&["*.weight"]).unwrap(), ["model.1.weight", "model.2.weight"]);
    assert_eq!(with(&["*.bias", "model.1.*"]).unwrap(), ["model.1.weight", "model.1.bias"]);
    let e = message(with(&["*.bias", "layer.*"]));
    let expected = "no tensor matches 'layer.*'; the file has 'model.1.weight', 'model.1.bias', 'model.2.weight'";
    assert_eq!(e, expected);
    assert!(message(with(&["a[", "*"])).starts_with("tensor pattern: error parsing glob 'a['"));
    let many: Vec<(String, &str, u64)> = (0..9).map(|i| (format!("t{i}"), "U8", 1)).collect();
    let many: Vec<_> = many.iter().map(|(n, d, s)| (n.as_str(), *d, *s)).collect();
    let options = OpenOptions { select: vec!["x".into()], ..OpenOptions::default() };
    assert!(message(safetensors(&many, &options)).ends_with("'t4', 4 more"));
}

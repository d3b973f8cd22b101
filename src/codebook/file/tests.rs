//! Round trips, and a test for every message.

use super::*;
use crate::codebook::{average, build_distribution, Book, BuildOptions, Escape, Floor};
use crate::format::{Format, SymbolMap};
use crate::stats::Histogram;
use proptest::prelude::*;
use serde_json::Value;

/// Two books for e5m2 exponents, with everything in the provenance.
fn example() -> BankFile {
    let options = BuildOptions {
        limit: 10,
        escaped_limit: Some(13),
        escape: Escape::Auto,
        floor: Floor::Share(16),
        decidable: None,
    };
    let distribution = |centre: usize| {
        let counts = (0..32usize).map(|s| (1u64 << 20) >> (2 * s.abs_diff(centre)).min(40)).collect();
        average([&Histogram::from_counts(5, counts).unwrap()], options.floor).unwrap()
    };
    let distributions = vec![vec![distribution(12)], vec![distribution(15)]];
    let books = ["low", "high"]
        .iter()
        .zip(&distributions)
        .map(|(name, d)| Book { name: name.to_string(), planes: vec![build_distribution(&d[0], &options).unwrap()] });
    BankFile {
        name: "example".into(),
        bank: Bank::new(SymbolMap::Fields, books.collect()).unwrap(),
        provenance: Some(Provenance {
            tool: "huffwire 0.1.0".into(),
            format: Format::E5m2,
            options,
            tracking: Some(TrackingUsed { block_elements: 64, delay: 1, window: 2, initial_bias: Some(15) }),
            sources: vec![SourceFile {
                file: "a \"b\".safetensors".into(),
                sha256: "0123456789abcdef".repeat(4),
                tensors: vec![
                    SourceTensor { tensor: "layers.0/w".into(), book: Some("low".into()), group: None, units: 3 },
                    SourceTensor { tensor: "layers.1/w".into(), book: Some("high".into()), group: None, units: 1 },
                ],
            }],
            distributions,
        }),
    }
}

fn refused(text: &str) -> String {
    BankFile::from_json(text.as_bytes()).unwrap_err().to_string()
}

/// The example's text with one place changed.
fn changed(from: &str, to: &str) -> String {
    let text = example().to_json().unwrap();
    assert!(text.contains(from), "{from} is not in\n{text}");
    refused(&text.replacen(from, to, 1))
}

/// The example as a JSON value, changed at will.
fn edited(edit: impl FnOnce(&mut Value)) -> String {
    let mut value: Value = serde_json::from_str(&example().to_json().unwrap()).unwrap();
    edit(&mut value);
    refused(&value.to_string())
}

#[test]
fn files_round_trip_byte_for_byte() {
    let with = example();
    let without = BankFile { provenance: None, ..with.clone() };
    let directory = tempfile::tempdir().unwrap();
    for file in [with, without] {
        let path = directory.path().join("bank.json");
        file.save(&path).unwrap();
        let first = std::fs::read(&path).unwrap();
        let loaded = BankFile::load(&path).unwrap();
        assert_eq!(loaded, file);
        loaded.save(&path).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), first);
    }
}

#[test]
fn the_text_is_as_documented() {
    let book =
        Book { name: "a".into(), planes: vec![crate::codebook::PlaneCode::new(2, vec![1, 2, 0, 0], 2).unwrap()] };
    let bank = Bank::new(SymbolMap::Fields, vec![book]).unwrap();
    let (fingerprint, digest) = (read::fingerprint(&bank), read::digest(&bank));
    assert_eq!((digest.len(), &digest[..8]), (64, fingerprint.as_str()));
    let text = format!(
        r#"{{
  "huffwire_bank": 1,
  "name": "tiny",
  "map": "fields",
  "symbol_bits": [2],
  "fingerprint": "{fingerprint}",
  "sha256": "{digest}",
  "books": [
    {{
      "name": "a",
      "planes": [
        {{"escape_length": 2, "lengths": [1,2,0,0]}}
      ]
    }}
  ],
  "provenance": null
}}
"#
    );
    assert_eq!(BankFile { name: "tiny".into(), bank, provenance: None }.to_json().unwrap(), text);
}

#[test]
fn any_layout_of_the_same_json_is_read() {
    let value: Value = serde_json::from_str(&example().to_json().unwrap()).unwrap();
    assert_eq!(BankFile::from_json(value.to_string().as_bytes()).unwrap(), example());
}

#[test]
fn what_is_no_bank_file_is_named() {
    assert!(refused("").starts_with("the bank file is not JSON: EOF"));
    assert!(refused("{\"huffwire_bank\": 1").starts_with("the bank file is not JSON: EOF"));
    assert!(refused("safetensors").starts_with("the bank file is not JSON: expected value at line 1"));
    assert!(BankFile::from_json(b"\"\xff\"").unwrap_err().to_string().starts_with("the bank file is not JSON"));
    // A million levels deep: refused, not followed.
    let deep = "[".repeat(1 << 20) + &"]".repeat(1 << 20);
    assert!(refused(&"[".repeat(1 << 20)).starts_with("the bank file is not JSON: EOF"));
    assert!(refused(&deep).starts_with("not a huffwire bank file"));
    assert!(changed("\"map\"", &format!("\"x\": {deep}, \"map\"")).contains("unknown field `x`"));
    for text in ["{}", "[]", "7", "[1]", "{\"huffwire_bank\": \"1\"}", "{\"huffwire_bank\": -1}"] {
        assert_eq!(refused(text), "not a huffwire bank file: there is no key 'huffwire_bank' with a version number");
    }
    let later = refused("{\"huffwire_bank\": 2, \"trees\": []}");
    assert_eq!(later, "bank file version 2: this program knows version 1");
    assert!(changed("{\n", "{\"huffwire_bank\": 1,\n").contains("duplicate field `huffwire_bank`"));
}

#[test]
fn sizes_are_capped() {
    let most = MAX_BANK_FILE_BYTES as usize;
    let mut text = example().to_json().unwrap();
    text.push_str(&" ".repeat(most - text.len()));
    assert!(BankFile::from_json(text.as_bytes()).is_ok());
    text.push(' ');
    let message = "the bank file has more than 16777216 bytes: no bank needs that many";
    assert_eq!(refused(&text), message);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("large.json");
    // A sparse file of 1 TiB.
    std::fs::File::create(&path).unwrap().set_len(1 << 40).unwrap();
    assert_eq!(BankFile::load(&path).unwrap_err().to_string(), message);
    let e = BankFile::load(&directory.path().join("none.json")).unwrap_err().to_string();
    assert!(e.starts_with("cannot read the bank file: "), "{e}");
    let e = example().save(&directory.path().join("no/bank.json")).unwrap_err().to_string();
    assert!(e.starts_with("cannot write the bank file: "), "{e}");
}

#[test]
fn keys_are_those_of_the_version() {
    assert!(changed("\"name\"", "\"colour\": 1, \"name\"").contains("unknown field `colour`"));
    assert!(changed("\"map\"", "\"name\": \"b\", \"map\"").contains("duplicate field `name`"));
    assert!(changed("\"escape_length\"", "\"escape_length\": 3, \"escape_length\"").contains("duplicate field"));
    assert!(changed("\"tool\"", "\"host\": \"x\", \"tool\"").contains("unknown field `host`"));
    assert!(changed("\"delay\"", "\"lag\"").contains("unknown field `lag`"));
    for key in ["name", "map", "symbol_bits", "fingerprint", "sha256", "books", "provenance"] {
        let e = edited(|v| drop(v.as_object_mut().unwrap().remove(key)));
        assert!(e.contains(&format!("missing field `{key}`")), "{e}");
    }
    for key in [
        "tool",
        "format",
        "limit",
        "escaped_limit",
        "escape",
        "floor",
        "decidable",
        "tracking",
        "sources",
        "distributions",
    ] {
        let e = edited(|v| drop(v["provenance"].as_object_mut().unwrap().remove(key)));
        assert!(e.contains(&format!("missing field `{key}`")), "{e}");
    }
    let e = edited(|v| drop(v["provenance"]["tracking"].as_object_mut().unwrap().remove("initial_bias")));
    assert!(e.contains("missing field `initial_bias`"), "{e}");
    // The values of an object without its keys are no object.
    let e = edited(|v| v["books"][0] = serde_json::json!(["low", []]));
    assert!(e.contains("expected an object"), "{e}");
    assert!(edited(|v| v["books"][0]["planes"][0]["lengths"][3] = 300.into()).contains("expected u8"));
}

#[test]
fn books_that_are_no_code_are_named_with_their_place() {
    let at = "book 2 ('high'), plane 0: ";
    let code = |edit: fn(&mut Value)| edited(|v| edit(&mut v["books"][1]["planes"][0]));
    assert!(code(|p| p["lengths"][15] = 9.into()).starts_with(&format!("{at}incomplete")));
    assert!(code(|p| p["escape_length"] = 1.into()).starts_with(&format!("{at}over-subscribed")));
    assert!(code(|p| p["escape_length"] = 0.into()).starts_with(&format!("{at}symbol 0 has no codeword")));
    assert_eq!(code(|p| p["lengths"][7] = 17.into()), format!("{at}symbol 7: code length 17 exceeds 16"));
    let e = code(|p| p["lengths"].as_array_mut().unwrap().truncate(31));
    assert_eq!(e, format!("{at}31 code lengths for an alphabet of 32 symbols"));
    assert_eq!(
        edited(|v| v["symbol_bits"] = vec![9].into()),
        "book 1 ('low'), plane 0: symbols of 9 bits: must be 2 to 8"
    );
    let e = edited(|v| v["symbol_bits"] = vec![5, 5].into());
    assert_eq!(e, "book 1 ('low') has 1 planes, 'symbol_bits' lists 2");
    let e = edited(|v| {
        v["symbol_bits"] = Value::Array(vec![]);
        v["books"] = serde_json::json!([{"name": "a", "planes": []}]);
    });
    assert!(e.starts_with("book 1 ('a') has planes of []"), "{e}");
    assert_eq!(edited(|v| v["books"] = Value::Array(vec![])), "0 books: a bank has 1 to 15");
    let e = edited(|v| v["books"] = vec![v["books"][0].clone(); 16].into());
    assert_eq!(e, "16 books: a bank has 1 to 15");
}

#[test]
fn the_file_must_be_what_it_says() {
    let actual = read::fingerprint(&example().bank);
    for stated in ["00000000".to_string(), actual.to_uppercase() + "A", String::new()] {
        let e = edited(|v| v["fingerprint"] = stated.clone().into());
        assert_eq!(e, format!("the bank file says fingerprint '{stated}', its books have {actual}"));
    }
    let e = edited(|v| v["sha256"] = "ab".into());
    assert!(e.starts_with(&format!("the bank file says SHA-256 'ab', its books have {actual}")), "{e}");
    // Other books, valid ones, under the same fingerprint.
    let e = edited(|v| v["books"].as_array_mut().unwrap().reverse());
    assert!(e.starts_with(&format!("the bank file says fingerprint '{actual}', its books have ")), "{e}");
    assert!(edited(|v| v["map"] = "fold".into()).starts_with("unknown map 'fold'"));
    assert!(edited(|v| v["map"] = "bytes".into()).starts_with("the bank file says fingerprint"));
    assert_eq!(edited(|v| v["books"][1]["name"] = "low".into()), "two books are named 'low'");
    for name in ["", " ", "a/b", "a\nb", "a\"b", "é", &"x".repeat(65)] {
        assert!(edited(|v| v["name"] = name.into()).contains("must be 1 to 64 letters, digits"), "{name}");
        assert!(edited(|v| v["books"][0]["name"] = name.into()).contains("must be 1 to 64 letters, digits"), "{name}");
        assert!(BankFile { name: name.into(), ..example() }.to_json().is_err(), "{name}");
    }
}

#[test]
fn the_provenance_must_go_with_the_bank() {
    let wrong = |edit: fn(&mut Value)| edited(|v| edit(&mut v["provenance"]));
    assert_eq!(wrong(|p| p["limit"] = 7.into()), "provenance: code length limit 7: must be 8 to 16");
    assert!(wrong(|p| p["escaped_limit"] = 25.into()).starts_with("provenance: limit 25 for escaped codewords"));
    assert!(wrong(|p| p["escape"] = "all".into()).starts_with("provenance: unknown escape 'all'"));
    assert!(wrong(|p| p["floor"] = "2^-7".into()).starts_with("provenance: floor 2^-7"));
    assert!(wrong(|p| p["format"] = "bf17".into()).starts_with("unknown format 'bf17'"));
    assert!(wrong(|p| p["format"] = "int8".into()).starts_with("map 'fields' is not defined for format 'int8'"));
    let e = wrong(|p| p["format"] = "bf16".into());
    assert_eq!(e, "provenance: format 'bf16' has symbols of [8] bits, the bank of [5]");
    assert!(wrong(|p| p["tool"] = "".into()).starts_with("provenance: tool \"\": must be 1 to 1024 bytes"));
    for file in ["/home/x/a.npy", "C:\\a.npy"] {
        let e = edited(|v| v["provenance"]["sources"][0]["file"] = file.into());
        assert!(e.ends_with("must be a name without directories"), "{e}");
    }
    for sum in ["0", &"A".repeat(64), &"g".repeat(64)] {
        let e = edited(|v| v["provenance"]["sources"][0]["sha256"] = sum.into());
        assert!(e.ends_with("must be 64 lower-case hexadecimal digits"), "{e}");
    }
    let e = wrong(|p| p["sources"][0]["tensors"][0]["book"] = "mid".into());
    assert_eq!(e, "provenance: tensor 'layers.0/w' went into a book 'mid' that there is not");
    let e = wrong(|p| p["sources"][0]["tensors"][0]["tensor"] = "a\nb".into());
    assert!(e.starts_with("provenance: tensor \"a\\nb\": must be"), "{e}");
    assert!(wrong(|p| p["tracking"]["block_elements"] = 15.into()).contains("blocks of 15 elements: must be 16 to"));
    assert!(wrong(|p| p["tracking"]["delay"] = 4.into()).contains("tracker delay of 4 blocks: must be 0 to 3"));
    assert!(wrong(|p| p["tracking"]["window"] = 3.into()).contains("tracker window of 3 blocks: must be 1, 2 or 4"));
    assert!(wrong(|p| p["tracking"]["initial_bias"] = 32.into()).contains("initial bias 32: must be below 32"));
    let e = wrong(|p| drop(p["distributions"].as_array_mut().unwrap().pop()));
    assert_eq!(e, "provenance: distributions of [1] planes for books of [1, 1]");
    let e = wrong(|p| drop(p["distributions"][1][0].as_array_mut().unwrap().pop()));
    assert_eq!(e, "provenance: distribution of book 2, plane 0: 31 counts for an alphabet of 32 symbols");
    let e = wrong(|p| p["distributions"][0][0][0] = (1u64 << 40).into());
    assert!(e.starts_with("provenance: distribution of book 'low', plane 0: parts sum up to 11"), "{e}");
}

#[test]
fn exponents_are_tracked_under_map_fields_only() {
    let mut file = example();
    let p = file.provenance.as_mut().unwrap();
    p.format = Format::Raw;
    let d = average([&Histogram::from_counts(8, vec![1; 256]).unwrap()], p.options.floor).unwrap();
    let book = Book { name: "low".into(), planes: vec![build_distribution(&d, &p.options).unwrap()] };
    p.distributions = vec![vec![d]];
    p.sources.clear();
    file.bank = Bank::new(SymbolMap::Bytes, vec![book]).unwrap();
    let e = file.to_json().unwrap_err().to_string();
    assert_eq!(e, "provenance: exponents are tracked under map 'fields' only, not under 'bytes'");
    file.provenance.as_mut().unwrap().tracking = None;
    file.check().unwrap();
}

#[test]
fn a_bank_can_be_made_again_from_its_file() {
    let mut file = example();
    assert!(file.reproduce().unwrap());
    file.provenance.as_mut().unwrap().distributions.reverse();
    let e = file.reproduce().unwrap_err().to_string();
    assert_eq!(e, "book 1 ('low'), plane 0: the code is not the one that its distribution makes");
    file.provenance = None;
    assert!(!file.reproduce().unwrap());
}

proptest! {
    #[test]
    fn no_damage_gives_other_codes_or_a_panic(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
        let mut text = example().to_json().unwrap().into_bytes();
        let at = at.index(text.len());
        if cut {
            text.truncate(at);
        } else {
            text[at] = byte;
        }
        // The text may survive in the provenance, or where white space changed. The codes do not change unnoticed.
        if let Ok(file) = BankFile::from_json(&text) {
            prop_assert_eq!(file.bank.digest(), example().bank.digest());
        }
    }

    #[test]
    fn whatever_is_saved_is_read_back(
        counts in prop::collection::vec(prop::collection::vec(0u64..1000, 16), 1..4),
        (limit, more, share) in (8u8..=16, prop::option::of(0u8..8), 8u8..=32),
    ) {
        let options = BuildOptions {
            limit,
            escaped_limit: more.map(|m| limit + m),
            escape: Escape::Auto,
            floor: Floor::Share(share),
            decidable: None,
        };
        let shards = counts.into_iter().map(|mut c| {
            c[7] += 1;
            vec![average([&Histogram::from_counts(4, c).unwrap()], options.floor).unwrap()]
        });
        let distributions: Vec<_> = shards.collect();
        let books = distributions.iter().enumerate().map(|(i, d)| Book {
            name: format!("book {i}"),
            planes: vec![build_distribution(&d[0], &options).unwrap()],
        });
        let bank = Bank::new(SymbolMap::Fields, books.collect()).unwrap();
        let (tool, format) = ("t".into(), Format::E4m3);
        let provenance = Provenance { tool, format, options, tracking: None, sources: vec![], distributions };
        let file = BankFile { name: "random".into(), bank, provenance: Some(provenance) };
        let text = file.to_json().unwrap();
        let read = BankFile::from_json(text.as_bytes()).unwrap();
        prop_assert_eq!(&read, &file);
        prop_assert_eq!(read.to_json().unwrap(), text);
        prop_assert!(read.reproduce().unwrap());
    }
}

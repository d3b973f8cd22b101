//! The golden vectors of tests/vectors: read from their files, and written by [`write_the_vectors`] when the format's
//! version changes (`cargo test --release --test codec write_the_vectors -- --ignored`), at no other time.

use crate::generators::{random_bank, random_data};
use crate::oracle;
use crate::vector_cases::{cases, Books};
use crate::vector_files::{directory, names, read, CaseFile};
use huffwire::codebook::{Bank, PlaneCode};
use huffwire::codec::{BookChoice, Codec, Decoder};
use huffwire::wire::Parameters;
use rand::{rngs::StdRng, SeedableRng};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::sync::Arc;

fn to_hex(bytes: &[u8]) -> String {
    bytes.chunks(32).fold(String::new(), |mut text, line| {
        line.iter().for_each(|byte| write!(text, "{byte:02x}").unwrap());
        text + "\n"
    })
}

#[test]
fn every_vector_is_reproduced_and_decoded() {
    assert!(names().len() >= 25);
    for name in names() {
        let (case, codec, choice, plain, packet) = read(&name);
        assert_eq!(format!("{:08x}", codec.fingerprint()), case.fingerprint, "{name}");
        assert_eq!(to_hex(&codec.encode_packet(&plain, &choice).unwrap()), to_hex(&packet), "{name}");
        assert_eq!(codec.decode_packet(&packet).unwrap(), plain, "{name}");
        let mut decoder = Decoder::new(&codec);
        decoder.push_bytes(&packet).unwrap();
        assert_eq!(decoder.header().unwrap().parameters, case.parameters, "{name}");
    }
}

/// The naive transcription of the format agrees with the files, too.
#[test]
fn every_vector_is_what_the_oracle_says() {
    for name in names() {
        let (case, codec, choice, plain, packet) = read(&name);
        let (_, report) = codec.encode_words(&plain, &choice).unwrap();
        let words = oracle::encode(&case.parameters, codec.bank(), &plain, &report.books).words();
        assert_eq!(codec.words_to_bytes(&words), packet, "{name}");
    }
}

/// The README names every vector with what it is for, and no other.
#[test]
fn the_readme_lists_the_vectors() {
    let readme = fs::read_to_string(directory().join("README.md")).unwrap();
    let listed: BTreeSet<String> =
        readme.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next().map(String::from)).collect();
    assert_eq!(listed, names());
    for name in names() {
        let what = read(&name).0.what;
        assert!(readme.contains(&format!("| `{name}` | {what} |")), "{name}: {what}");
    }
}

/// Each header field, and each rule with a choice in it, is taken both or all ways by some vector.
#[test]
fn the_vectors_cover_the_format() {
    let all: Vec<_> = names().iter().map(|name| read(name)).collect();
    let values =
        |of: &dyn Fn(&Parameters) -> i64| all.iter().map(|v| of(&v.0.parameters)).collect::<BTreeSet<_>>().len();
    assert_eq!(values(&|p| p.format.id().into()), 11, "formats");
    assert_eq!(values(&|p| p.map.id().into()), 3, "maps");
    assert_eq!(values(&|p| p.lanes.into()), 7, "lanes");
    assert_eq!(values(&|p| p.turns.into()), 2, "turns");
    assert_eq!(values(&|p| p.prefill.into()), 3, "prefills");
    assert!(values(&|p| p.block_log2.map_or(-1, i64::from)) >= 4, "blocks");
    assert_eq!(values(&|p| p.tracking.map_or(-1, |t| t.delay.into())), 4, "delays");
    assert_eq!(values(&|p| p.tracking.map_or(-1, |t| t.window_log2.into())), 4, "windows");
    let reports: Vec<_> =
        all.iter().map(|(_, codec, choice, plain, _)| codec.encode_words(plain, choice).unwrap().1).collect();
    assert!(reports.iter().any(|r| r.symbols == 0), "an empty packet");
    assert!(reports.iter().any(|r| r.symbols == 1), "one symbol");
    assert!(reports.iter().any(|r| r.escapes > 0 && r.escapes == r.symbols), "escapes only");
    assert!(reports.iter().any(|r| r.padding_words > 0), "words of zeros");
    assert!(reports.iter().any(|r| r.books.iter().collect::<BTreeSet<_>>().len() == 16), "every book id");
    let odd =
        |(r, v): (&huffwire::codec::Report, &(CaseFile, _, _, _, _))| r.symbols % u64::from(v.0.parameters.lanes) != 0;
    assert!(reports.iter().zip(&all).any(odd), "a last step cut short");
    let missing_turns = |(r, v): (&huffwire::codec::Report, &(CaseFile, _, _, _, _))| {
        let (lanes, turn) = (u64::from(v.0.parameters.lanes), u64::from(v.0.parameters.turn_lanes()));
        (1..=lanes - turn).contains(&(r.symbols % lanes))
    };
    assert!(reports.iter().zip(&all).any(missing_turns), "a last step without all of its turns");
    let longest = |v: &(CaseFile, Codec, _, _, _)| v.1.bank().longest() == v.0.parameters.codeword_room();
    assert!(all.iter().filter(|v| longest(v)).count() >= 2, "codewords that fill their room");
}

fn text(value: &(impl serde::Serialize + ?Sized)) -> String {
    serde_json::to_string(value).unwrap()
}

fn json(what: &str, parameters: &Parameters, bank: &Bank, choice: &BookChoice) -> String {
    let mut out = format!("{{\n  \"what\": {},\n  \"parameters\": {},\n", text(what), text(parameters));
    writeln!(out, "  \"fingerprint\": \"{:08x}\",", bank.fingerprint()).unwrap();
    let ids = match choice {
        BookChoice::Best => "\"best\"".into(),
        BookChoice::Ids(ids) => text(ids),
        BookChoice::Fixed(id) => format!("[{id}]"),
    };
    writeln!(out, "  \"ids\": {ids},\n  \"bank\": [").unwrap();
    let books: Vec<String> = (bank.books().iter())
        .map(|book| {
            let plane = |p: &PlaneCode| {
                let (bits, escape) = (p.symbol_bits(), p.escape_length().unwrap_or(0));
                format!("      {{\"symbol_bits\": {bits}, \"escape\": {escape}, \"lengths\": {}}}", text(p.lengths()))
            };
            let planes: Vec<String> = book.planes.iter().map(plane).collect();
            format!("    {{\"name\": {}, \"planes\": [\n{}\n    ]}}", text(&book.name), planes.join(",\n"))
        })
        .collect();
    out + &books.join(",\n") + "\n  ]\n}\n"
}

const README: &str = "\
# Golden vectors of the wire format, version 2

Each vector is three files:

| file | what is in it |
|---|---|
| *name*`.json` | `parameters` (as in the header, section 4), `bank` (code lengths of every book and plane, 0 for none; `escape` is the escape's length or 0), its `fingerprint`, and `ids`: the books of the blocks, or `\"best\"` |
| *name*`.plain.hex` | the plaintext, in the bytes of section 7 |
| *name*`.packet.hex` | the packet, in the bytes of section 8 |

With `\"best\"` the encoder has to take for each block the book that needs the fewest bits, of equals the lowest id. A decoder
gets from the packet to the plaintext with the bank alone.

`cargo test --release --test codec vectors` encodes and decodes them all with the reference codec, and encodes them again with
a second, naive transcription of the format. They were made by the ignored test `write_the_vectors` and change only with the
version of the format.

| vector | what it is for |
|---|---|
";

#[test]
#[ignore = "writes tests/vectors; for a new version of the wire format only"]
fn write_the_vectors() {
    fs::create_dir_all(directory()).unwrap();
    let mut readme = README.to_string();
    for (number, case) in cases().into_iter().enumerate() {
        let mut rng = StdRng::seed_from_u64(number as u64);
        let bank = match case.books {
            Books::Random(books) => random_bank(&mut rng, &case.parameters, books),
            Books::Given(books) => Bank::new(case.parameters.map, books).unwrap(),
        };
        let plain = case.data.unwrap_or_else(|| random_data(&mut rng, &case.parameters, case.elements));
        let codec = Codec::new(case.parameters, Arc::new(bank)).unwrap();
        let packet = codec.encode_packet(&plain, &case.choice).unwrap();
        let name = format!("{:02}-{}", number + 1, case.name);
        let write = |suffix: &str, text: &str| fs::write(directory().join(format!("{name}.{suffix}")), text).unwrap();
        write("json", &json(case.what, &case.parameters, codec.bank(), &case.choice));
        write("plain.hex", &to_hex(&plain));
        write("packet.hex", &to_hex(&packet));
        writeln!(readme, "| `{name}` | {} |", case.what).unwrap();
    }
    fs::write(directory().join("README.md"), readme).unwrap();
}

//! Section 10 of the wire format is true: its plaintext and code are read from the document, coded by the reference, and
//! every table of the section is compared with what the oracle has to say about the packet.

use crate::oracle::{self, Packet};
use huffwire::codebook::{Bank, Book, PlaneCode};
use huffwire::codec::{BookChoice, Codec};
use huffwire::format::{Format, SymbolMap};
use huffwire::wire::{Header, Parameters, HEADER_LAYOUT};
use std::fmt::Write;
use std::sync::Arc;

pub fn section(number: u32) -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/wire-format.md");
    let document = std::fs::read_to_string(path).unwrap();
    let begin = document.find(&format!("\n## {number} ")).unwrap_or_else(|| panic!("no section {number}"));
    let length = document[begin + 1..].find("\n## ").unwrap_or(document.len() - begin - 1);
    document[begin + 1..begin + 1 + length].into()
}

/// The hex digits in the code block that follows `label`.
fn hex_after(text: &str, label: &str) -> Vec<u8> {
    let at = text.find(label).unwrap_or_else(|| panic!("'{label}' is not in section 10"));
    let block = text[at + label.len()..].trim_start().split("\n\n").next().unwrap();
    let digits: String = block.split_whitespace().collect();
    (0..digits.len()).step_by(2).map(|i| u8::from_str_radix(&digits[i..i + 2], 16).unwrap()).collect()
}

/// The lengths in the table of the code: rows `| symbol | length | codeword |`.
fn code(text: &str) -> PlaneCode {
    let row = |symbol: &str| {
        let line = text.lines().find(|line| line.starts_with(&format!("| {symbol} |"))).unwrap();
        line.split('|').nth(2).unwrap().trim().parse::<u8>().unwrap()
    };
    PlaneCode::new(2, ["0", "1", "2", "3"].map(row).into(), row("escape")).unwrap()
}

fn bits(value: u32, length: u32) -> String {
    (0..length).rev().map(|bit| if value >> bit & 1 == 1 { '1' } else { '0' }).collect()
}

/// One row for each step: element, its bits, codeword and raw bits, lane by lane; then `c(l,t)`.
fn step_table(data: &[u8], codec: &Codec, packet: &Packet) -> String {
    let words = codec.bank().book(1).unwrap().planes[0].codewords();
    let mut table = String::new();
    for t in 0..packet.steps {
        write!(table, "| {t} |").unwrap();
        for element in &data[2 * t..2 * t + 2] {
            let e = u32::from(*element);
            let (sign, exponent, mantissa) = (e >> 5, e >> 3 & 3, e & 7);
            let word = words[exponent as usize];
            let codeword = bits(word.bits, word.length.into());
            let fields = format!("{sign} {} {}", bits(exponent, 2), bits(mantissa, 3));
            write!(table, " `{e:02x}` = {fields} | {codeword} | {sign}{} |", bits(mantissa, 3)).unwrap();
        }
        writeln!(table, " {} | {} |", packet.bits_before[0][t], packet.bits_before[1][t]).unwrap();
    }
    table
}

/// One row for each group: the words it asks for, with their bits, or why they are not in the packet.
fn group_table(packet: &Packet) -> String {
    let mut table = String::new();
    for t in 0..packet.steps {
        let in_group = |(_, asked): &(usize, &oracle::Asked)| asked.group == t;
        let words: Vec<String> = (packet.asked.iter().enumerate())
            .filter(in_group)
            .map(|(place, asked)| {
                let name = if asked.stream == 2 { "raw".into() } else { format!("lane {}", asked.stream) };
                match packet.payload.get(place) {
                    Some(word) => format!("{name} [{}] `{word:04x}`", asked.index),
                    None => format!("{name} [{}] cut", asked.index),
                }
            })
            .collect();
        let words = if words.is_empty() { "-".into() } else { words.join(", ") };
        writeln!(table, "| {t} | {words} |").unwrap();
    }
    table
}

fn header_table(header: &Header) -> String {
    let mut below = HEADER_LAYOUT.iter().map(|field| field.1).sum::<u32>();
    HEADER_LAYOUT.iter().fold(String::new(), |table, (name, width)| {
        below -= width;
        let value = (header.to_bits() >> below & ((1 << width) - 1)) as u32;
        let shown = if *width == 32 { format!("`{value:08x}`") } else { bits(value, *width) };
        table + &format!("| {name} | {shown} |\n")
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}

#[test]
fn section_10_is_true() {
    let text = section(10);
    let data = hex_after(&text, "Plaintext:\n");
    assert_eq!(data.len(), 24);
    let parameters = Parameters { prefill: 3, ..Parameters::plain(Format::E2m3, SymbolMap::Fields, 2) };
    let book = Book { name: "example".into(), planes: vec![code(&text)] };
    let bank = Arc::new(Bank::new(SymbolMap::Fields, vec![book]).unwrap());
    let codec = Codec::new(parameters, bank.clone()).unwrap();

    let bytes = codec.encode_packet(&data, &BookChoice::Fixed(1)).unwrap();
    assert_eq!(hex(&hex_after(&text, "Packet:\n")), hex(&bytes));
    assert_eq!(codec.decode_packet(&bytes).unwrap(), data);

    let packet = oracle::encode(&parameters, &bank, &data, &[1]);
    let header = Header { parameters, book: 1, fingerprint: bank.fingerprint() };
    let covered = [&bytes[..10], &data, &(data.len() as u32).to_be_bytes()].concat();
    let crc = oracle::crc32c(&covered);
    let fingerprinted = ["huffwire-bank-1".as_bytes(), &[2, 1, 2, 1], &[2, 1, 3, 0], &[3]].concat();
    let parts = [
        step_table(&data, &codec, &packet),
        group_table(&packet),
        header_table(&header),
        format!("    {}\n", hex(&covered)),
        format!("    {}\n", hex(&fingerprinted)),
        format!("`{crc:08x}`"),
        format!("`{:08x}`", bank.fingerprint()),
    ];
    for part in parts {
        assert!(text.contains(&part), "section 10 lacks\n{part}");
    }
    // What the text says of the example in words.
    let lane_bits: Vec<usize> = packet.bits_before.iter().map(|bits| *bits.last().unwrap()).collect();
    assert!(text.contains(&format!("lane 0 has {} bits, lane 1 has {}", lane_bits[0], lane_bits[1])));
    assert!(text.contains(&format!("The payload is {} words", packet.payload.len())));
    // The streams as they are written out, padding in brackets, are the payload's words.
    let streams = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(&format!("- {name}: `"))).unwrap();
        let bits: String = line.split_once('`').unwrap().1.chars().filter(|c| matches!(c, '0' | '1')).collect();
        let word = |i| u32::from_str_radix(&bits[16 * i..16 * (i + 1)], 2).unwrap();
        (0..bits.len() / 16).map(word).collect::<Vec<_>>()
    };
    for (stream, name) in ["lane 0", "lane 1", "raw"].into_iter().enumerate() {
        let words = packet.asked.iter().zip(&packet.payload).filter(|(asked, _)| asked.stream == stream);
        let words: Vec<u32> = words.map(|(_, &word)| word).collect();
        let written = streams(name);
        assert_eq!(words[..written.len()], written, "{name}");
        assert!(words[written.len()..].iter().all(|&word| word == 0), "{name}");
    }
}

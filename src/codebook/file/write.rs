//! From a bank to JSON: written out by hand, for the sake of one line a plane and a fixed order of keys.

use super::read::{digest, fingerprint};
use super::{BankFile, Provenance, BANK_FILE_VERSION};
use serde_json::json;

/// The file's text.
pub(super) fn json(file: &BankFile) -> String {
    let bank = &file.bank;
    let books = bank.books().iter().map(|book| {
        let planes = book.planes.iter().map(|code| {
            let (escape, lengths) = (code.escape_length().unwrap_or(0), json!(code.lengths()));
            format!(r#"{{"escape_length": {escape}, "lengths": {lengths}}}"#)
        });
        object(2, [("name", json!(book.name).to_string()), ("planes", array(3, planes))])
    });
    let provenance = file.provenance.as_ref().map_or("null".into(), provenance);
    let mut text = object(
        0,
        [
            ("huffwire_bank", BANK_FILE_VERSION.to_string()),
            ("name", json!(file.name).to_string()),
            ("map", json!(bank.map().name()).to_string()),
            ("symbol_bits", json!(bank.symbol_bits()).to_string()),
            ("fingerprint", json!(fingerprint(bank)).to_string()),
            ("sha256", json!(digest(bank)).to_string()),
            ("books", array(1, books)),
            ("provenance", provenance),
        ],
    );
    text.push('\n');
    text
}

fn provenance(p: &Provenance) -> String {
    let tracking = p.tracking.map_or("null".into(), |t| {
        format!(
            r#"{{"block_elements": {}, "delay": {}, "window": {}, "initial_bias": {}}}"#,
            t.block_elements,
            t.delay,
            t.window,
            json!(t.initial_bias)
        )
    });
    let sources = p.sources.iter().map(|source| {
        let tensors = source.tensors.iter().map(|t| {
            let (tensor, book, group) = (json!(t.tensor), json!(t.book), json!(t.group));
            format!(r#"{{"tensor": {tensor}, "book": {book}, "group": {group}, "units": {}}}"#, t.units)
        });
        object(
            3,
            [
                ("file", json!(source.file).to_string()),
                ("sha256", json!(source.sha256).to_string()),
                ("tensors", array(4, tensors)),
            ],
        )
    });
    let distributions =
        p.distributions.iter().map(|planes| array(3, planes.iter().map(|d| json!(d.counts()).to_string())));
    object(
        1,
        [
            ("tool", json!(p.tool).to_string()),
            ("format", json!(p.format.name()).to_string()),
            ("limit", p.options.limit.to_string()),
            ("escaped_limit", json!(p.options.escaped_limit).to_string()),
            ("escape", json!(p.options.escape.to_string()).to_string()),
            ("floor", json!(p.options.floor.to_string()).to_string()),
            ("decidable", json!(p.options.decidable).to_string()),
            ("tracking", tracking),
            ("sources", array(2, sources)),
            ("distributions", array(2, distributions)),
        ],
    )
}

/// Object with a key a line; `depth` is that of its braces.
fn object<const N: usize>(depth: usize, entries: [(&str, String); N]) -> String {
    lines(depth, '{', entries.into_iter().map(|(key, value)| format!("\"{key}\": {value}")), '}')
}

/// Array with an entry a line.
fn array(depth: usize, entries: impl Iterator<Item = String>) -> String {
    lines(depth, '[', entries, ']')
}

fn lines(depth: usize, open: char, entries: impl Iterator<Item = String>, close: char) -> String {
    let entries: Vec<String> = entries.map(|e| format!("\n{:1$}{e}", "", 2 * depth + 2)).collect();
    if entries.is_empty() {
        return format!("{open}{close}");
    }
    format!("{open}{}\n{:2$}{close}", entries.join(","), "", 2 * depth)
}

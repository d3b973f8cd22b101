//! Everything that held, and where its numbers come from.

use crate::link::{Point, Report};
use crate::page::table::Table;
use crate::page::Section;

/// All keys with their values.
pub fn settings(point: &Point) -> Section {
    let mut section = Section::new(
        "settings",
        "Everything that held",
        "All keys of the configuration; 'huffwire link --set KEY=VALUE' changes one.",
    );
    let mut table = Table::new("configuration", "Configuration", &["key", "value"]);
    if let Ok(sections) = toml::Table::try_from(&point.config) {
        for (name, value) in &sections {
            match value.as_table() {
                Some(keys) => keys
                    .iter()
                    .for_each(|(key, v)| table.row(vec![format!("{name}.{key}").into(), v.to_string().into()])),
                None => table.row(vec![name.as_str().into(), value.to_string().into()]),
            }
        }
    }
    let d = &point.derived;
    let mut derived = Table::new("derived", "What follows from it", &["figure", "value"]);
    let figures = [
        ("raw bandwidth [GB/s]", d.raw_gb_s),
        ("bandwidth for elements without compression, flits full [GB/s]", d.plain_gb_s),
        ("what the cores can take [GB/s]", d.codec_gb_s),
        ("payload of a flit [B]", f64::from(d.flit_payload_bytes)),
        ("clock of the adapter [GHz]", d.adapter_clock_ghz),
        ("clock of the cores [GHz]", d.codec_clock_ghz),
        ("cores on each side", f64::from(d.cores)),
    ];
    figures.into_iter().for_each(|(name, value)| derived.row(vec![name.into(), value.into()]));
    section.show(derived);
    section.tables.push(table);
    section
}

/// The link's numbers and their sources, the tensors and their bank.
pub fn sources(report: &Report) -> Section {
    let engine = match report.engine.as_str() {
        "model" => "timing models of both cores, which are held against the RTL clock for clock in the tests",
        "rtl" => "the RTL itself",
        other => other,
    };
    let input = &report.input;
    let mut section = Section::new(
        "sources",
        "Where the numbers come from",
        format!(
            "Made by {}. The cores were clocked by {engine}. Messages are cut from {} tensors of format {}, {} bytes, and coded with bank '{}' \
             (fingerprint {}). Every figure of this page is of the simulation unless it says closed form.",
            report.program,
            input.tensors.len(),
            input.format,
            crate::page::thousands(input.bytes),
            input.bank,
            input.fingerprint
        ),
    );
    if !report.sources.is_empty() {
        let mut table =
            Table::new("preset-sources", "Numbers of the preset", &["keys", "what the source says", "address"]);
        for s in &report.sources {
            let address = if s.url.is_empty() { "assumption of this model" } else { s.url.as_str() };
            table.row(vec![s.keys.join(", ").into(), s.says.as_str().into(), address.into()]);
        }
        section.show(table);
    }
    let mut tensors = Table::new("link-tensors", "Tensors", &["tensor"]);
    input.tensors.iter().for_each(|name| tensors.row(vec![name.as_str().into()]));
    section.tables.push(tensors);
    section
}

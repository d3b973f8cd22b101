//! The page of `huffwire report`.

use super::hardware::{self, Row};
use super::link::{bandwidth, gain_sentence, latency, queues, settings};
use super::{budget, datapath, kinds};
use crate::analyze::Analysis;
use crate::collectives::export::{estimates, ExportOptions};
use crate::collectives::{CollectivesError, LinkFigures};
use crate::histograms::GroupRule;
use crate::link;
use crate::page::charts::{bars, Bar};
use crate::page::table::{Cell, Table};
use crate::page::{colours, escaped, Document, Figure, Numbers, Section, Svg};

/// What the page is made from.
#[derive(Clone, Debug)]
pub struct Inputs<'a> {
    /// The link model's report; its first point is shown.
    pub link: &'a link::Report,
    /// The tensors, coded.
    pub analysis: &'a Analysis,
    /// Kinds of the user's own.
    pub kinds: &'a [GroupRule],
    /// Synthesis results.
    pub hardware: &'a [Row],
    /// Dies and sizes of the collectives.
    pub collectives: &'a ExportOptions,
    /// The command as it was given.
    pub command: &'a str,
    /// Files with their size in bytes and their SHA-256 in hexadecimal.
    pub files: &'a [(String, u64, String)],
}

/// The page as text. Fails where the link's report has no point, or no message sizes for the collectives.
pub fn page(inputs: &Inputs) -> Result<String, CollectivesError> {
    let missing = || CollectivesError::Points(inputs.link.title.clone());
    let point = inputs.link.points.first().ok_or_else(missing)?;
    let bits = inputs.analysis.total().bits_per_element();
    let mut path =
        Section::new("path", "The data path", "What a tensor passes through, with the figures of this configuration.");
    path.figures.push(datapath::figure(point, (bits.raw, bits.wire)));
    let mut on_link = bandwidth::section(point);
    on_link.title = "What the link delivers";
    let mut buffers = Section::new(
        "buffers",
        "Buffers to build",
        "The most that each queue held in any run with compression on, and the next power of two.",
    );
    queues::depths(&mut buffers, point);
    let sections = [
        path,
        kinds::section(inputs.analysis, inputs.kinds),
        on_link,
        latency::section(point),
        budget::section(point),
        buffers,
        collectives(point, inputs.collectives)?,
        hardware::section(inputs.hardware),
        provenance(inputs, point),
    ];
    let title = format!("Compressed tensors over {}", inputs.link.title);
    let page = Document {
        title: &title,
        lead: format!("<p class=\"lead\">{}</p>\n", escaped(&gain_sentence(&inputs.link.title, point))),
        sections: &sections,
        numbers: Numbers::OnPage,
        nothing: "Nothing has been measured for this section yet.",
        more: String::new(),
        footer: String::new(),
        promise: "the same command on the same files gives the same page",
    };
    Ok(page.html())
}

/// Closed-form estimates from the measured link.
fn collectives(point: &link::Point, options: &ExportOptions) -> Result<Section, CollectivesError> {
    let figures = LinkFigures::measured(point)?;
    let mut section = Section::new(
        "collectives",
        "Collectives",
        "A first look: a collective is a sequence of rounds, a round one message between neighbours, and the time of a message is what was \
         measured of this link. No congestion, no overlap, and the sums of a reduction for free; `huffwire link --export` writes the link \
         for simulators that have all that.",
    );
    let table = estimates(&figures, options)?;
    let text = "Time without compression over time with it, closed form.";
    let mut svg = Svg::new("collective-gain", "Gain of each collective", text);
    let column = |name: &str| table.columns.iter().position(|c| c == name);
    let mut rows = Vec::new();
    if let (Some(gain), Some(topology)) = (column("gain"), column("topology")) {
        for row in &table.rows {
            let Cell::Number(value, _) = row[gain] else { continue };
            let name = format!("{}, {}", row[0].shown(), row[topology].shown());
            rows.push(Bar { name, value, behind: None, colour: colours::OURS, hollow: false });
        }
    }
    bars(&mut svg, ("gain [times]", "collective, dies"), &rows);
    section.figures.push(Figure::new(svg, text, "collectives"));
    section.show(table);
    Ok(section)
}

/// How each number was obtained.
fn provenance(inputs: &Inputs, point: &link::Point) -> Section {
    let mut section = settings::sources(inputs.link);
    (section.id, section.title) = ("provenance", "How each number was obtained");
    let mut table = Table::new("provenance-facts", "Command, versions, seeds", &["what", "value"]);
    let bank = format!("{}, fingerprint {}", inputs.link.input.bank, inputs.link.input.fingerprint);
    let mut facts = vec![
        ("command", inputs.command.to_string()),
        ("program", inputs.link.program.clone()),
        ("bank", bank),
        ("seed of arrivals, messages and bit errors", point.config.run.seed.to_string()),
        (
            "clocks of each run, of these not counted",
            format!("{}, {}", point.config.run.clocks, point.config.run.warm_up_clocks),
        ),
    ];
    facts.extend(hardware::origin(inputs.hardware));
    facts.into_iter().for_each(|(what, value)| table.row(vec![what.into(), value.into()]));
    section.tables.insert(0, table);
    section.shown.insert(0, "provenance-facts");

    let mut how = Table::new("how", "Where each figure comes from", &["section", "obtained by"]);
    for (what, by) in [
        ("How far tensors shrink", "the encoder itself, every bit counted (as huffwire analyze)"),
        (
            "What the link delivers, Latency, Buffers",
            "the link model, clock by clock, both cores included (as huffwire link)",
        ),
        (
            "Latency budget",
            "the link model for the measured times and the cores' part; the rest is the configuration's",
        ),
        ("Collectives", "closed form from the measured link; docs/collectives.md has the formulas"),
        ("Area and clock", "synth/run.py, committed in synth/results.json; not measured by this command"),
    ] {
        how.row(vec![what.into(), by.into()]);
    }
    section.show(how);
    let mut files = Table::new("files", "Files", &["file", "bytes", "SHA-256"]);
    inputs
        .files
        .iter()
        .for_each(|(name, bytes, sha)| files.row(vec![name.as_str().into(), (*bytes).into(), sha.as_str().into()]));
    if !inputs.files.is_empty() {
        section.show(files);
    }
    let mut all = settings::settings(point);
    section.tables.append(&mut all.tables);
    section
}

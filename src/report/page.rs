//! The page of `huffwire report`.

use super::hardware::{self, Row};
use super::link::{bandwidth, gain_sentence, latency, queues, settings};
use super::{budget, datapath, kinds};
use crate::analyze::Analysis;
use crate::collectives::export::{estimates, ExportOptions};
use crate::collectives::{Collective, CollectivesError, Compression, LinkFigures, Topology};
use crate::histograms::GroupRule;
use crate::link;
use crate::page::lines::{lines, values, Series};
use crate::page::table::{Cell, Table};
use crate::page::{colours, escaped, Document, Figure, Numbers, Scale, Section, Svg};

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
    let title = format!("Compressed tensors on a link: {}", inputs.link.title);
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
         measured of this link. No congestion, no overlap, and the sums of a reduction for free; 'huffwire link --export' writes the link \
         for simulators that have all that.",
    );
    let columns = ["topology", "bytes", "all-gather", "reduce-scatter", "all-reduce", "all-to-all"];
    let mut table = Table::new("collective-sizes", "Gain of collectives by their size, closed form", &columns);
    let mut series: Vec<Series> = Vec::new();
    for &topology in &options.topologies {
        let start = series.len();
        for (i, collective) in SHOWN.iter().enumerate() {
            series.push(Series::new(format!("{collective}, {topology}"), colours::nth(start + i), vec![]));
        }
        for bytes in sizes(topology) {
            let gain = |collective| -> Result<f64, CollectivesError> {
                let of = |compression| figures.estimate(topology, collective, bytes, compression);
                Ok(of(Compression::Off)?.time_ns / of(Compression::On)?.time_ns)
            };
            for (line, collective) in series[start..].iter_mut().zip(SHOWN) {
                line.points.push((bytes as f64, gain(collective)?));
            }
            let gains = Collective::ALL.map(gain).into_iter().collect::<Result<Vec<f64>, _>>()?;
            let cells = gains.into_iter().map(|g| Cell::Number(g, 3));
            table.row([Cell::from(topology.to_string()), bytes.into()].into_iter().chain(cells).collect());
        }
    }
    let text = "Time without compression over time with it, by the bytes of the collective. All-gather and reduce-scatter gain as all-reduce does.";
    let mut svg = Svg::new("collective-gain", "Gain of collectives", text);
    let (x, y) = values(&series);
    let scales = (Scale::bytes(x), Scale::linear(y.into_iter().chain([1.0])));
    lines(&mut svg, scales, ("size of the collective [B]", "gain [times]"), &series, &[]);
    section.plot(Figure::new(svg, text, "collective-sizes"), table);
    section.show(estimates(&figures, options)?);
    Ok(section)
}

/// Collectives with lines of their own: the others gain as the first does.
const SHOWN: [Collective; 2] = [Collective::AllReduce, Collective::AllToAll];

/// Sizes of collectives from 64 KiB to 1 GiB, each four times the one before, that have a byte for each die.
fn sizes(topology: Topology) -> impl Iterator<Item = u64> {
    (16..=30).step_by(2).map(|e| 1u64 << e).filter(move |&bytes| bytes >= u64::from(topology.dies()))
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

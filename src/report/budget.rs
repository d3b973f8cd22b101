//! Where a message's latency goes.

use crate::link::Point;
use crate::page::lines::short;
use crate::page::stacks::{stacks, Stack};
use crate::page::table::{Cell, Table};
use crate::page::{colours, Figure, Section, Svg};

/// Parts in the order in which they are drawn.
const PARTS: [(&str, &str); 5] = [
    ("cores", colours::OURS),
    ("crossing of clocks", colours::nth(6)),
    ("adapters", colours::HUFFMAN),
    ("link", colours::FIXED),
    ("the data itself, and its flits", colours::FAINT),
];
/// Sizes that are shown besides the smallest, if they were measured.
const SIZES: [u64; 2] = [4096, 65536];

/// Parts of the latency of one message alone, in ns: what is fixed, and what of the measured time remains. A message shorter than a
/// packet is through the cores sooner than a whole packet, of which their part was measured: then that is what remains.
fn parts(point: &Point, compressed: bool, measured_ns: f64) -> [f64; 5] {
    let (a, d) = (&point.config.adapter, &point.derived);
    let adapter = |clocks: u32| f64::from(clocks) / d.adapter_clock_ghz;
    let fixed = [adapter(2 * a.crossing_clocks), adapter(a.tx_clocks + a.rx_clocks), point.config.link.latency_ns];
    let remains = (measured_ns - fixed.iter().sum::<f64>()).max(0.0);
    let cores = if compressed { (d.core_overhead_clocks / d.codec_clock_ghz).clamp(0.0, remains) } else { 0.0 };
    [cores, fixed[0], fixed[1], fixed[2], remains - cores]
}

/// The section.
pub fn section(point: &Point) -> Section {
    let mut section = Section::new(
        "budget",
        "Latency budget",
        "One message alone on the link, from its first byte offered to its last byte delivered. The cores' part is what a pair of them adds to \
         a whole packet beyond its steps, measured; crossings, adapters and link are of the configuration; the rest is the time in which the \
         data passes, and what flits wait to be full.",
    );
    let sizes: Vec<_> =
        point.break_even.iter().flat_map(|b| &b.sizes).filter(|s| s.plain_ns > 0.0 && s.coded_ns > 0.0).collect();
    let Some(least) = sizes.first() else { return section };
    let chosen = sizes.iter().filter(|s| s.bytes == least.bytes || SIZES.contains(&s.bytes));
    let columns = [
        "message [B]",
        "compression",
        "cores [ns]",
        "crossing [ns]",
        "adapters [ns]",
        "link [ns]",
        "data and flits [ns]",
        "sum [ns]",
        "measured [ns]",
    ];
    let mut table = Table::new("latency-budget", "Latency of a message alone, in parts", &columns);
    let mut rows = Vec::new();
    for size in chosen {
        for (compressed, measured) in [(false, size.plain_ns), (true, size.coded_ns)] {
            let parts = parts(point, compressed, measured);
            let word = if compressed { "on" } else { "off" };
            let figures = parts.iter().copied().chain([parts.iter().sum(), measured]).map(|v| Cell::Number(v, 1));
            table.row([Cell::from(size.bytes), word.into()].into_iter().chain(figures).collect());
            rows.push(Stack { name: format!("{} B, {word}", crate::page::thousands(size.bytes)), parts: parts.into() });
        }
    }
    section.findings.push(format!(
        "Encoder and decoder together add {} clocks, {} ns, to a whole packet.",
        short(point.derived.core_overhead_clocks),
        short(point.derived.core_overhead_clocks / point.derived.codec_clock_ghz)
    ));
    let text = "Latency of one message alone, compression off and on, in parts.";
    let mut svg = Svg::new("latency-parts", "Where the latency goes", text);
    stacks(&mut svg, ("latency [ns]", "message"), &PARTS, &rows);
    section.plot(Figure::new(svg, text, "latency-budget"), table);
    section
}

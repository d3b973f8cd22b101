//! Effective bandwidth and gain over message size, and the run back to back.

use crate::link::report::{Comparison, Outcome};
use crate::link::Point;
use crate::page::lines::{lines, values, Series};
use crate::page::table::{Cell, Table};
use crate::page::{colours, Figure, Scale, Section, Svg};

/// Name and colour of compression off, everywhere on the page.
pub const OFF: (&str, &str) = ("compression off", colours::THEIRS);
/// And of compression on.
pub const ON: (&str, &str) = ("compression on", colours::OURS);

/// The section.
pub fn section(point: &Point) -> Section {
    let mut section = Section::new(
        "bandwidth",
        "Effective bandwidth",
        "Bytes of tensor data that arrive in a second, whatever travels on the link for them. Back to back: messages without a gap. Alone: \
         one message on an idle link, from its first byte offered to its last byte delivered, so that latency counts in full.",
    );
    let Comparison { plain, coded, gain } = &point.saturated;
    section.findings.push(format!(
        "Back to back: {:.2} GB/s off, {:.2} GB/s on, a gain of {gain:.3}; the closed form says {:.3}.",
        plain.effective_gb_s, coded.effective_gb_s, point.derived.gain_closed_form
    ));
    if let Some(found) = &point.break_even {
        section.findings.push(match (found.measured_bytes, found.closed_form_bytes) {
            (Some(bytes), Some(closed)) => {
                format!("A message alone is faster with compression from {bytes} bytes on; the closed form says {closed:.0}.")
            }
            (Some(bytes), None) => format!("A message alone is faster with compression from {bytes} bytes on."),
            (None, _) => "A message alone is not faster with compression at any size that was measured.".into(),
        });
        by_size(&mut section, point);
    }
    section.show(back_to_back(plain, coded));
    section
}

fn by_size(section: &mut Section, point: &Point) {
    let sizes = point.break_even.iter().flat_map(|b| &b.sizes).filter(|s| s.plain_ns > 0.0 && s.coded_ns > 0.0);
    let sizes: Vec<_> = sizes.collect();
    if sizes.is_empty() {
        return;
    }
    let columns = ["message [B]", "off [ns]", "on [ns]", "off [GB/s]", "on [GB/s]", "gain"];
    let mut table = Table::new("by-size", "One message alone on the link, by its size", &columns);
    for s in &sizes {
        let bytes = s.bytes as f64;
        let figures = [s.plain_ns, s.coded_ns, bytes / s.plain_ns, bytes / s.coded_ns];
        let cells = [Cell::from(s.bytes)].into_iter().chain(figures.map(Cell::from));
        table.row(cells.chain([Cell::Number(s.plain_ns / s.coded_ns, 3)]).collect());
    }
    let over = |of: &dyn Fn(f64, f64, f64) -> f64| {
        sizes.iter().map(|s| (s.bytes as f64, of(s.bytes as f64, s.plain_ns, s.coded_ns))).collect::<Vec<_>>()
    };
    let marks: Vec<(f64, &str)> =
        point.break_even.iter().filter_map(|b| Some((b.measured_bytes? as f64, "break-even"))).collect();

    let text = "Bytes delivered over the time they take, for one message on an idle link, by its size.";
    let mut svg = Svg::new("bandwidth-by-size", "Effective bandwidth of a message alone", text);
    let series = [
        Series::new(OFF.0, OFF.1, over(&|bytes, plain, _| bytes / plain)),
        Series::new(ON.0, ON.1, over(&|bytes, _, coded| bytes / coded)),
    ];
    let (x, y) = values(&series);
    let scales = (Scale::bytes(x), Scale::linear(y.into_iter().chain([0.0])));
    lines(&mut svg, scales, ("message size [B]", "effective bandwidth [GB/s]"), &series, &marks);
    section.plot(Figure::new(svg, text, "by-size"), table);

    let text = "Time without compression over time with it; above 1 compression is the faster way. The dashed line is the gain back to back.";
    let mut svg = Svg::new("gain-by-size", "Gain of a message alone", text);
    let gain = Series::new("gain", ON.1, over(&|_, plain, coded| plain / coded));
    let most =
        Series::new("back to back", colours::FIXED, gain.points.iter().map(|p| (p.0, point.saturated.gain)).collect());
    let series = [gain, most.dashed().without_dots()];
    let (x, y) = values(&series);
    let scales = (Scale::bytes(x), Scale::linear(y.into_iter().chain([1.0])));
    lines(&mut svg, scales, ("message size [B]", "gain [times]"), &series, &marks);
    section.figures.push(Figure::new(svg, text, "by-size"));
}

fn back_to_back(plain: &Outcome, coded: &Outcome) -> Table {
    let mut table = Table::new("saturated", "The run back to back", &["figure", "off", "on"]);
    let mut row = |name: &str, decimals: usize, of: &dyn Fn(&Outcome) -> f64| {
        table.row(vec![name.into(), Cell::Number(of(plain), decimals), Cell::Number(of(coded), decimals)]);
    };
    row("effective bandwidth [GB/s]", 2, &|o| o.effective_gb_s);
    row("messages delivered", 0, &|o| o.messages as f64);
    row("bytes of packets for each byte delivered", 4, &|o| o.packet_bytes as f64 / o.plain_bytes as f64);
    row("link busy with payload [%]", 1, &|o| 100.0 * o.utilisation);
    row("payload of flits used [%]", 1, &|o| 100.0 * o.flit_fill);
    row("toggles of the lanes for each byte", 3, &|o| o.energy.toggles_per_byte);
    row("energy of the lanes for each byte [pJ]", 3, &|o| o.energy.pj_per_byte);
    row("simulated time [us]", 1, &|o| o.ns / 1000.0);
    table
}

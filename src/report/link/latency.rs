//! Latency over load, and what compression adds.

use super::bandwidth::{OFF, ON};
use crate::link::report::Latency;
use crate::link::Point;
use crate::page::lines::{lines, values, Series};
use crate::page::table::{Cell, Table};
use crate::page::{colours, Figure, Scale, Section, Svg};

/// The section.
pub fn section(point: &Point) -> Section {
    let mut section = Section::new(
        "latency",
        "Latency over load",
        "From a message's arrival at the sender to its last element at the receiver. The load is the part of the bandwidth that the link \
         has without compression. Added latency is the difference of quantiles, on less off; below 0 compression is the faster way, because \
         messages wait less for one another.",
    );
    if point.loads.is_empty() {
        return section;
    }
    let columns = [
        "load",
        "offered [GB/s]",
        "off p50 [ns]",
        "off p99 [ns]",
        "off p99.9 [ns]",
        "on p50 [ns]",
        "on p99 [ns]",
        "on p99.9 [ns]",
        "added mean [ns]",
        "added p50 [ns]",
        "added p99 [ns]",
        "added p99.9 [ns]",
    ];
    let mut table = Table::new("by-load", "Latency at each load", &columns);
    for l in &point.loads {
        let three = |x: &Latency| [x.p50_ns, x.p99_ns, x.p999_ns];
        let added = [l.added.mean_ns, l.added.p50_ns, l.added.p99_ns, l.added.p999_ns];
        let figures = [&three(&l.runs.plain.latency)[..], &three(&l.runs.coded.latency), &added].concat();
        let cells = [Cell::Number(l.load, 3), l.offered_gb_s.into()].into_iter();
        table.row(cells.chain(figures.into_iter().map(|v| Cell::Number(v, 1))).collect());
    }
    if let (Some(first), Some(last)) = (point.loads.first(), point.loads.last()) {
        let said = |l: &crate::link::report::LoadPoint| {
            format!(
                "at a load of {:.2} compression adds {:.1} ns to the median and {:.1} ns to the 99th percentile",
                l.load, l.added.p50_ns, l.added.p99_ns
            )
        };
        let text = if point.loads.len() > 1 {
            format!("{}; {}.", said(first), said(last))
        } else {
            format!("{}.", said(first))
        };
        section.findings.push(capital(&text).replace('-', "\u{2212}"));
    }
    let over = |of: &dyn Fn(&crate::link::report::LoadPoint) -> f64| {
        point.loads.iter().map(|l| (l.load, of(l))).collect::<Vec<_>>()
    };

    let text = "Difference of quantiles, compression on less off, by load.";
    let mut svg = Svg::new("added-by-load", "Latency that compression adds", text);
    let series = [
        Series::new("median", colours::nth(0), over(&|l| l.added.p50_ns)),
        Series::new("99th percentile", colours::nth(1), over(&|l| l.added.p99_ns)),
        Series::new("99.9th percentile", colours::nth(3), over(&|l| l.added.p999_ns)),
    ];
    let (x, y) = values(&series);
    let scales = (Scale::linear(x.into_iter().chain([0.0])), Scale::linear(y.into_iter().chain([0.0])));
    lines(&mut svg, scales, ("load [part of the plain bandwidth]", "added latency [ns]"), &series, &[]);
    section.plot(Figure::new(svg, text, "by-load"), table);

    let text = "Median and 99th percentile (dashed) of the latency, by load. Logarithmic axis.";
    let mut svg = Svg::new("latency-by-load", "Latency off and on", text);
    let series = [
        Series::new("off, median", OFF.1, over(&|l| l.runs.plain.latency.p50_ns)),
        Series::new("off, p99", OFF.1, over(&|l| l.runs.plain.latency.p99_ns)).dashed(),
        Series::new("on, median", ON.1, over(&|l| l.runs.coded.latency.p50_ns)),
        Series::new("on, p99", ON.1, over(&|l| l.runs.coded.latency.p99_ns)).dashed(),
    ];
    let (x, y) = values(&series);
    let scales = (Scale::linear(x.into_iter().chain([0.0])), Scale::decades(y));
    lines(&mut svg, scales, ("load [part of the plain bandwidth]", "latency [ns]"), &series, &[]);
    section.figures.push(Figure::new(svg, text, "by-load"));
    section
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}

//! Latency over load, and what compression adds.

use super::bandwidth::{OFF, ON};
use crate::link::report::{Latency, LoadPoint};
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
        "messages",
    ];
    let mut table =
        Table::new("by-load", "Latency at each load; quantiles only where so many messages were measured", &columns);
    for l in &point.loads {
        let quantiles = |p50, p99, p999| [if_has(l, 0.5, p50), if_has(l, 0.99, p99), if_has(l, 0.999, p999)];
        let three = |x: &Latency| quantiles(x.p50_ns, x.p99_ns, x.p999_ns);
        let [p50, p99, p999] = quantiles(l.added.p50_ns, l.added.p99_ns, l.added.p999_ns);
        let added = [l.added.mean_ns, p50, p99, p999];
        let figures = [&three(&l.runs.plain.latency)[..], &three(&l.runs.coded.latency), &added].concat();
        let messages = l.runs.plain.messages.min(l.runs.coded.messages);
        let number = |v: f64| if v.is_finite() { Cell::Number(v, 1) } else { Cell::Missing };
        let cells = [Cell::Number(l.load, 3), l.offered_gb_s.into()].into_iter();
        table.row(cells.chain(figures.into_iter().map(number)).chain([messages.into()]).collect());
    }
    let (first, last) = (&point.loads[0], &point.loads[point.loads.len() - 1]);
    section.findings.push(said(first));
    if point.loads.len() > 1 {
        section.findings.push(said(last));
    }
    let over = |of: &dyn Fn(&LoadPoint) -> f64| point.loads.iter().map(|l| (l.load, of(l))).collect::<Vec<_>>();

    let text = "Difference of quantiles, compression on less off, by load. The axis is logarithmic on both sides of 0.";
    let mut svg = Svg::new("added-by-load", "Latency that compression adds", text);
    let series = [
        Series::new("median", colours::nth(0), over(&|l| l.added.p50_ns)),
        Series::new("99th percentile", colours::nth(1), over(&|l| if_has(l, 0.99, l.added.p99_ns))),
        Series::new("99.9th percentile", colours::nth(3), over(&|l| if_has(l, 0.999, l.added.p999_ns))),
    ];
    let (x, y) = values(&series);
    let scales = (Scale::linear(x.into_iter().chain([0.0])), Scale::both_sides(y));
    lines(&mut svg, scales, ("load [part of the plain bandwidth]", "added latency [ns]"), &series, &[]);
    section.plot(Figure::new(svg, text, "by-load"), table);

    let text = "Median and 99th percentile (dashed) of the latency, by load. Logarithmic axis.";
    let mut svg = Svg::new("latency-by-load", "Latency off and on", text);
    let series = [
        Series::new("off, median", OFF.1, over(&|l| l.runs.plain.latency.p50_ns)),
        Series::new("off, p99", OFF.1, over(&|l| if_has(l, 0.99, l.runs.plain.latency.p99_ns))).dashed(),
        Series::new("on, median", ON.1, over(&|l| l.runs.coded.latency.p50_ns)),
        Series::new("on, p99", ON.1, over(&|l| if_has(l, 0.99, l.runs.coded.latency.p99_ns))).dashed(),
    ];
    let (x, y) = values(&series);
    let scales = (Scale::linear(x.into_iter().chain([0.0])), Scale::decades(y));
    lines(&mut svg, scales, ("load [part of the plain bandwidth]", "latency [ns]"), &series, &[]);
    section.figures.push(Figure::new(svg, text, "by-load"));
    section
}

/// What compression does at a load, in a sentence.
fn said(l: &LoadPoint) -> String {
    let change = |ns: f64| if ns < 0.0 { format!("takes {:.1} ns off", -ns) } else { format!("adds {ns:.1} ns to") };
    if !has(l, 0.5) {
        return format!("At a load of {:.2} too few messages were delivered to have a median.", l.load);
    }
    let mut text = format!("At a load of {:.2} compression {} the median", l.load, change(l.added.p50_ns));
    if has(l, 0.99) {
        text += &format!(" and {} the 99th percentile", change(l.added.p99_ns));
    }
    text + "."
}

/// Whether there were messages enough for one to lie beyond a quantile.
fn has(l: &LoadPoint, quantile: f64) -> bool {
    l.runs.plain.messages.min(l.runs.coded.messages) as f64 * (1.0 - quantile) >= 1.0
}

/// A quantile, or nothing where there is none.
fn if_has(l: &LoadPoint, quantile: f64, value: f64) -> f64 {
    if has(l, quantile) {
        value
    } else {
        f64::NAN
    }
}

//! Section 1: how often each byte and each exponent occurs, by class.

use super::{mean, quantile, Figure, Section, Study};
use crate::page::table::{Cell, Table};
use crate::page::{Frame, Scale, Svg};
use crate::reproduce::input::{Shard, View};
use crate::reproduce::names::class_colour;
use crate::stats::entropy;

const PANEL: f64 = 84.0;

/// Symbol shares of a class in per cent: mean, 10th and 90th percentile over shards, a row for each symbol.
struct Shares {
    class: String,
    shards: usize,
    rows: Vec<[f64; 3]>,
}

fn shares(study: &Study, view: View) -> Vec<Shares> {
    let of_class = |class: &str| {
        let tensors = study.main().filter(|(_, t)| t.class == class);
        let shards = tensors.flat_map(|(_, t)| &t.shards).filter_map(|s: &Shard| s.histogram(view));
        let shares: Vec<Vec<f64>> = shards
            .map(|h| {
                let total = h.total() as f64;
                h.counts().iter().map(|&c| 100.0 * c as f64 / total).collect()
            })
            .collect();
        let symbols = shares.first().map_or(0, Vec::len);
        let row = |symbol: usize| {
            let values: Vec<f64> = shares.iter().map(|s| s[symbol]).collect();
            [mean(&values), quantile(&values, 0.1), quantile(&values, 0.9)].map(|v| v.unwrap_or(0.0))
        };
        Shares { class: class.into(), shards: shares.len(), rows: (0..symbols).map(row).collect() }
    };
    study.main_classes().into_iter().map(of_class).filter(|s| s.shards > 0).collect()
}

fn table(name: &'static str, what: &str, all: &[Shares]) -> Table {
    let columns = ["class", what, "mean share [%]", "10th percentile [%]", "90th percentile [%]", "shards"];
    let mut table = Table::new(name, format!("Shares of each {what} over shards, by class"), &columns);
    for shares in all {
        for (symbol, row) in shares.rows.iter().enumerate() {
            let figures = row.map(|v| Cell::Number(v, 4));
            let mut cells = vec![shares.class.as_str().into(), symbol.into()];
            cells.extend(figures);
            cells.push(shares.shards.into());
            table.row(cells);
        }
    }
    table
}

/// A panel for each class, one below the other.
fn figure(study: &Study, id: &'static str, title: &str, x_label: &str, all: &[Shares]) -> Figure {
    let seen = |s: usize| all.iter().any(|shares| shares.rows.get(s).is_some_and(|row| row[2] > 0.02));
    let symbols = all.iter().map(|s| s.rows.len()).max().unwrap_or(1);
    let (first, last) = ((0..symbols).find(|&s| seen(s)), (0..symbols).rfind(|&s| seen(s)));
    let (first, last) = (first.unwrap_or(0), last.unwrap_or(symbols - 1));
    let description = format!(
        "A panel for each of {} classes: line, the mean share of each symbol from {first} to {last}; band, from the 10th to the 90th percentile of the shards.",
        all.len()
    );
    let mut svg = Svg::new(id, title, &description);
    let entries: Vec<(&str, &str)> =
        all.iter().map(|s| (s.class.as_str(), class_colour(&s.class, &study.classes))).collect();
    svg.legend(&entries);
    let highest = |s: &Shares| s.rows.iter().map(|r| r[0].max(r[2])).fold(0.0, f64::max);
    for (i, shares) in all.iter().enumerate() {
        let bottom = i + 1 == all.len();
        let x = Scale::tight([first as f64, last as f64]);
        let x = if bottom { x } else { x.bare() };
        let frame = Frame::new(&svg, 62.0, PANEL, x, Scale::coarse([0.0, highest(shares)]));
        let colour = class_colour(&shares.class, &study.classes);
        frame.axes(&mut svg, if bottom { x_label } else { "" }, "share [%]");
        let line = |column: usize| -> Vec<(f64, f64)> {
            let rows = shares.rows.iter().enumerate().take(last + 1).skip(first);
            rows.map(|(symbol, row)| frame.at(symbol as f64, row[column])).collect()
        };
        svg.area(&line(2), &line(1), colour);
        svg.polyline(&line(0), colour, false);
    }
    let caption = format!("{description} Format {}; every shard counts alike.", study.format);
    Figure::new(svg, caption, id)
}

/// The section.
pub fn section(study: &Study) -> Section {
    let mut section = Section::new(
        "distributions",
        "Distributions of shards",
        "What a code can save is in how unevenly its symbols occur. The paper codes every byte of a number under one code; its \
         symbols are a mixture of exponents and mantissas. Taken apart, the exponent is uneven and the rest nearly flat.",
    );
    let views = [
        (View::Bytes, "distribution-bytes", "Bytes, pooled: share of each value", "byte value", "byte"),
        (View::Fields, "distribution-exponents", "Exponents: share of each value", "exponent field value", "exponent"),
    ];
    for (view, id, title, x_label, what) in views {
        let all = shares(study, view);
        if all.is_empty() {
            continue;
        }
        section.figures.push(figure(study, id, title, x_label, &all));
        section.tables.push(table(id, what, &all));
        let tensors = study.main().flat_map(|(_, t)| &t.shards).filter_map(|s| s.histogram(view));
        let entropies: Vec<f64> = tensors.map(entropy).collect();
        let (Some(mean), Some(low), Some(high)) =
            (mean(&entropies), quantile(&entropies, 0.0), quantile(&entropies, 1.0))
        else {
            continue;
        };
        section.findings.push(format!(
            "Mean entropy of a {} {what} over {} shards: {mean:.2} bits ({low:.2} to {high:.2}).",
            study.format,
            entropies.len()
        ));
    }
    section
}

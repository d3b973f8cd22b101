//! Section 5: exponents as they are, and less the tracked bias.

use super::{mean, Figure, Section, Study};
use crate::codebook::average;
use crate::page::table::{Cell, Table};
use crate::page::{Frame, Scale, Svg};
use crate::reproduce::fixed::options;
use crate::reproduce::input::{Tensor, View};
use crate::reproduce::names::class_colour;
use crate::reproduce::ReproduceError;
use crate::stats::{kl_divergence, Histogram};

/// A tensor's mean distribution: place on the axis and share in per cent.
type Line = Vec<(f64, f64)>;

fn line(tensor: &Tensor, view: View) -> Result<Option<(Histogram, Line)>, ReproduceError> {
    let shards: Vec<&Histogram> = tensor.shards.iter().filter_map(|s| s.histogram(view)).collect();
    if shards.is_empty() {
        return Ok(None);
    }
    let mean = average(shards, options().floor)?;
    let (total, half) = (mean.total() as f64, mean.counts().len() / 2);
    let place = |symbol: usize| match view {
        // The symbol of zero is the most negative one.
        View::Recentred if symbol >= half => symbol as f64 - 2.0 * half as f64,
        _ => symbol as f64,
    };
    let mut line: Line = mean.counts().iter().enumerate().map(|(s, &c)| (place(s), 100.0 * c as f64 / total)).collect();
    line.sort_by(|a, b| a.0.total_cmp(&b.0));
    Ok(Some((mean, line)))
}

/// The section; without figures where no tensor of the main format has an exponent.
pub fn section(study: &Study) -> Result<Section, ReproduceError> {
    let mut section = Section::new(
        "recentred",
        "Re-centring: one shape, shifted",
        "The exponents of different tensors, layers and models look different because their scales differ. Less a bias that \
         follows the data (the mean exponent of blocks already sent, so that the decoder knows it too and nothing has to be sent), \
         they fall on top of each other; zeros keep a symbol of their own. This is why a small bank in ROM can serve them all.",
    );
    let views = [
        (View::Fields, "exponents-as-is", "Exponents as they are", "exponent field value"),
        (View::Recentred, "exponents-recentred", "Exponents less the tracked bias", "exponent less tracked bias"),
    ];
    let mut distances = Vec::new();
    for (view, id, title, x_label) in views {
        let mut lines = Vec::new();
        for (_, tensor) in study.main() {
            if let Some((histogram, line)) = line(tensor, view)? {
                lines.push((tensor, histogram, line));
            }
        }
        if lines.is_empty() {
            return Ok(section);
        }
        let all = average(lines.iter().map(|l| &l.1), options().floor)?;
        let divergences = lines.iter().map(|l| kl_divergence(&l.1, &all)).collect::<Result<Vec<_>, _>>()?;
        distances.push((mean(&divergences).unwrap_or(0.0), lines.len()));
        let mut table = Table::new(id, title, &["tensor", "class", x_label, "share [%]"]);
        for (tensor, _, line) in &lines {
            for (place, share) in line.iter().filter(|p| p.1 > 0.0) {
                let words = [&tensor.name, &tensor.class].map(|t| Cell::from(t.as_str()));
                table.row(words.into_iter().chain([Cell::Number(*place, 0), Cell::Number(*share, 4)]).collect());
            }
        }
        section.tables.push(table);
        section.figures.push(figure(study, id, title, x_label, &lines));
    }
    if let [(before, tensors), (after, _)] = distances[..] {
        section.findings.push(format!(
            "Over {tensors} tensors, the divergence of a tensor's exponents from the average of all is {before:.2} bits as they are and {after:.3} re-centred: {:.0} times closer.",
            before / after.max(1e-9)
        ));
    }
    Ok(section)
}

fn figure(study: &Study, id: &'static str, title: &str, x_label: &str, lines: &[(&Tensor, Histogram, Line)]) -> Figure {
    let description = format!("{} tensors, a line each in the colour of its class: share of each value.", lines.len());
    let mut svg = Svg::new(id, title, &description);
    let classes = study.main_classes();
    svg.legend(&classes.iter().map(|c| (*c, class_colour(c, &study.classes))).collect::<Vec<_>>());
    // Re-centred, zeros keep the most negative symbol, far from all others.
    let zero = lines.iter().flat_map(|l| &l.2).map(|p| p.0).fold(0.0, f64::min);
    let bulk = || lines.iter().flat_map(|l| &l.2).filter(|p| p.1 > 0.05 && (p.0 > zero || zero == 0.0)).map(|p| p.0);
    let frame = Frame::new(
        &svg,
        62.0,
        210.0,
        Scale::tight(bulk().collect::<Vec<_>>()),
        Scale::linear(lines.iter().flat_map(|l| &l.2).map(|p| p.1).chain([0.0])),
    );
    frame.axes(&mut svg, x_label, "share [%]");
    let (low, high) = bulk().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), p| (l.min(p), h.max(p)));
    for (tensor, _, line) in lines {
        let shown = line.iter().filter(|p| (low..=high).contains(&p.0));
        let places: Vec<_> = shown.map(|p| frame.at(p.0, p.1)).collect();
        svg.polyline(&places, class_colour(&tensor.class, &study.classes), false);
    }
    let caption = format!("{description} Format {}.", study.format);
    Figure::new(svg, caption, id)
}

//! Section 3: Kullback-Leibler divergence of shards from the average distribution of their family.

use super::{mean, quantile, Figure, Section, Study};
use crate::codebook::average;
use crate::page::charts::{dots, Dots};
use crate::page::table::{Cell, Table};
use crate::page::{Scale, Svg};
use crate::reproduce::fixed::options;
use crate::reproduce::input::{Tensor, View};
use crate::reproduce::names::class_colour;
use crate::reproduce::ReproduceError;
use crate::stats::{kl_divergence, Histogram};

/// Divergences of a family's shards, in bits a symbol.
struct Family<'a> {
    first: &'a Tensor,
    shards: Vec<(&'a Tensor, usize, f64)>,
}

fn families<'a>(study: &Study<'a>, view: View) -> Result<Vec<Family<'a>>, ReproduceError> {
    let mut groups: Vec<Vec<&Tensor>> = Vec::new();
    for tensor in study.input.tensors.iter().filter(|t| t.layout(view).is_some()) {
        match groups.iter_mut().find(|g| g[0].family() == tensor.family() && g[0].format == tensor.format) {
            Some(group) => group.push(tensor),
            None => groups.push(vec![tensor]),
        }
    }
    let family = |group: Vec<&'a Tensor>| -> Result<Family<'a>, ReproduceError> {
        let shards = || group.iter().flat_map(|t| t.shards.iter().enumerate().map(move |(i, s)| (*t, i, s)));
        let histograms: Vec<&Histogram> = shards().filter_map(|(_, _, s)| s.histogram(view)).collect();
        let average = average(histograms, options().floor)?;
        let divergence = |(t, i, h): (&'a Tensor, usize, &Histogram)| Ok((t, i, kl_divergence(h, &average)?));
        let shards = shards().filter_map(|(t, i, s)| Some((t, i, s.histogram(view)?)));
        Ok(Family { first: group[0], shards: shards.map(divergence).collect::<Result<_, ReproduceError>>()? })
    };
    let mut families = groups.into_iter().map(family).collect::<Result<Vec<_>, _>>()?;
    let rank = |class: &str| study.classes.iter().position(|c| c == class);
    families.sort_by_key(|f| rank(&f.first.class));
    Ok(families)
}

/// Most rows of a figure: the CSV file has all.
const MOST: usize = 40;

fn figure(study: &Study, id: &'static str, title: &str, families: &[Family]) -> Figure {
    let description =
        "A row for each model, kind and format; a dot for each shard; the upright mark is the median. Logarithmic axis.";
    let mut svg = Svg::new(id, title, description);
    let classes: Vec<&String> =
        study.classes.iter().filter(|c| families.iter().any(|f| f.first.class == **c)).collect();
    let entries: Vec<_> = classes.iter().map(|c| (c.as_str(), class_colour(c, &study.classes))).collect();
    svg.legend(&entries);
    let rows = families.iter().take(MOST).map(|f| {
        let colour = class_colour(&f.first.class, &study.classes);
        let values: Vec<f64> = f.shards.iter().map(|s| s.2.max(LEAST)).collect();
        let tooltip = |t: &Tensor, shard: usize, v: f64| format!("{} shard {shard}: {v:.4} bits", t.name);
        let dots = f.shards.iter().map(|&(t, shard, v)| (v.max(LEAST), colour, tooltip(t, shard, v))).collect();
        Dots { name: f.first.family_label(), dots, mark: quantile(&values, 0.5) }
    });
    let all = families.iter().flat_map(|f| &f.shards).map(|s| s.2.max(LEAST));
    dots(
        &mut svg,
        Scale::decades(all),
        ("divergence from the average [bits a symbol]", "model, kind, format"),
        &rows.collect::<Vec<_>>(),
    );
    let left = match families.len() {
        n if n > MOST => format!(" The first {MOST} of {n} are drawn, the CSV file has all."),
        _ => String::new(),
    };
    Figure::new(svg, format!("{description}{left}"), id)
}

/// Where the logarithmic axis ends; smaller divergences are drawn there.
const LEAST: f64 = 1e-4;

/// The section.
pub fn section(study: &Study) -> Result<Section, ReproduceError> {
    let mut section = Section::new(
        "divergence",
        "Divergence from the average",
        "How far a shard is from the average of its model, kind and format: the bits that an ideal code for the average costs \
         above the shard's own entropy (Kullback-Leibler). It is small where one book can serve all shards. As in the paper the \
         shard itself is in the average.",
    );
    let maps = [
        (View::Bytes, "divergence-bytes", "Divergence of shards: pooled bytes", "bytes"),
        (View::Fields, "divergence-fields", "Divergence of shards: exponents", "exponents"),
    ];
    for (view, id, title, what) in maps {
        let families = families(study, view)?;
        if families.is_empty() {
            continue;
        }
        section.figures.push(figure(study, id, title, &families));
        let columns = ["tensor", "class", "format", "shard", "divergence [bits a symbol]"];
        let mut table = Table::new(id, format!("Divergence of every shard, {what}"), &columns);
        for (t, shard, v) in families.iter().flat_map(|f| &f.shards) {
            let words = [&t.name, &t.class, t.format_label()].map(Cell::from);
            table.row(words.into_iter().chain([(*shard).into(), Cell::Number(*v, 4)]).collect());
        }
        section.tables.push(table);
        let main = families.iter().filter(|f| f.first.format_label() == study.format);
        let values: Vec<f64> = main.flat_map(|f| &f.shards).map(|s| s.2).collect();
        let (Some(mean), Some(worst)) = (mean(&values), quantile(&values, 1.0)) else { continue };
        let below = values.iter().filter(|&&v| v < 0.06).count();
        section.findings.push(format!(
            "{} {what}: mean divergence {mean:.4} bits, worst {worst:.3}; {below} of {} shards are below 0.06 bits, the figure reported for the paper's tensors.",
            study.format,
            values.len()
        ));
    }
    Ok(section)
}

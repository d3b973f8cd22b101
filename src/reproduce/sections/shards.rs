//! Section 2: what each shard allows, and what one fixed book makes of it.

use super::{mean, Figure, Section, Study};
use crate::page::svg::Anchor;
use crate::page::table::{Cell, Table};
use crate::page::{colours, Frame, Scale, Svg, WIDTH};
use crate::reproduce::fixed::Fixed;
use crate::reproduce::input::{Tensor, View};
use crate::reproduce::names::class_colour;
use crate::reproduce::ReproduceError;
use crate::stats::{coded_bits, ShardCost};
use serde::Serialize;

/// Savings of one shard in per cent.
pub struct ShardSaving {
    tensor: usize,
    shard: usize,
    shannon: f64,
    huffman: f64,
    fixed: Option<f64>,
}

/// Means over the shards of a class, in per cent.
#[derive(Clone, Debug, Serialize)]
pub struct ClassSaving {
    /// Class.
    pub class: String,
    /// Map: `bytes` or `fields`.
    pub map: &'static str,
    /// Shards that have a fixed book.
    pub shards: usize,
    /// Shannon's bound.
    pub shannon_percent: f64,
    /// Per-shard Huffman.
    pub huffman_percent: f64,
    /// One fixed book.
    pub fixed_percent: f64,
}

/// Savings of all shards of all tensors that have this view.
pub fn savings(study: &Study, view: View) -> Result<Vec<ShardSaving>, ReproduceError> {
    let books = if view == View::Bytes { &study.fixed_bytes } else { &study.fixed_fields };
    let mut all = Vec::new();
    for (index, tensor) in study.input.tensors.iter().enumerate() {
        let Some(layout) = tensor.layout(view) else { continue };
        for (shard, counts) in tensor.shards.iter().enumerate().filter_map(|(i, s)| Some((i, s.counts(view)?))) {
            let cost = ShardCost::new(&layout, counts);
            let under = |book: &Fixed| -> Result<f64, ReproduceError> {
                let raw = counts.planes[0].total() * u128::from(layout.raw_bits);
                Ok(cost.saved((raw + coded_bits(&counts.planes[0], &book.code)?) as f64))
            };
            let fixed = books[index][shard].as_ref().map(under).transpose()?;
            let (shannon, huffman) = (cost.shannon_saved(), cost.huffman_saved());
            all.push(ShardSaving { tensor: index, shard, shannon, huffman, fixed });
        }
    }
    Ok(all)
}

/// Means by class of the main format.
pub fn by_class(study: &Study, map: &'static str, savings: &[ShardSaving]) -> Vec<ClassSaving> {
    let of_class = |class: &str| {
        let of_class = |s: &&ShardSaving| {
            let tensor = &study.input.tensors[s.tensor];
            tensor.class == class && tensor.format_label() == study.format
        };
        let with_book: Vec<_> = savings.iter().filter(of_class).filter_map(|s| Some((s, s.fixed?))).collect();
        let mean_of = |f: &dyn Fn(&(&ShardSaving, f64)) -> f64| mean(&with_book.iter().map(f).collect::<Vec<_>>());
        Some(ClassSaving {
            class: class.into(),
            map,
            shards: with_book.len(),
            shannon_percent: mean_of(&|(s, _)| s.shannon)?,
            huffman_percent: mean_of(&|(s, _)| s.huffman)?,
            fixed_percent: mean_of(&|(_, fixed)| *fixed)?,
        })
    };
    study.main_classes().into_iter().filter_map(of_class).collect()
}

fn table(study: &Study, name: &'static str, savings: &[ShardSaving]) -> Table {
    let columns = [
        "tensor",
        "class",
        "format",
        "shard",
        "Shannon saved [%]",
        "per-shard Huffman saved [%]",
        "fixed book saved [%]",
    ];
    let mut table = Table::new(name, "Savings of every shard", &columns);
    for s in savings {
        let tensor = &study.input.tensors[s.tensor];
        let words = [&tensor.name, &tensor.class, tensor.format_label()].map(Cell::from);
        let figures = [s.shard.into(), s.shannon.into(), s.huffman.into(), s.fixed.into()];
        table.row(words.into_iter().chain(figures).collect());
    }
    table
}

/// Shards side by side, classes in turn.
fn figure(study: &Study, id: &'static str, title: &str, savings: &[ShardSaving]) -> Figure {
    let tensor = |s: &ShardSaving| -> &Tensor { &study.input.tensors[s.tensor] };
    let mut main: Vec<&ShardSaving> = savings.iter().filter(|s| tensor(s).format_label() == study.format).collect();
    let rank = |s: &ShardSaving| study.classes.iter().position(|c| *c == tensor(s).class);
    main.sort_by_key(|s| (rank(s), s.tensor, s.shard));
    let description = format!(
        "{} shards of format {} by class: what Shannon's bound, per-shard Huffman and one fixed book made from other data save.",
        main.len(),
        study.format
    );
    let mut svg = Svg::new(id, title, &description);
    svg.legend(&[
        ("Shannon", colours::SHANNON),
        ("per-shard Huffman", colours::HUFFMAN),
        ("one fixed book", colours::FIXED),
    ]);
    svg.height += 18.0;
    let values = main.iter().flat_map(|s| [Some(s.shannon), Some(s.huffman), s.fixed]).flatten();
    let x = Scale::exact(0.0, main.len().max(1) as f64, vec![]);
    let frame = Frame::new(&svg, 62.0, 210.0, x, Scale::linear(values));
    frame.axes(&mut svg, "shard, class by class", "saved [%]");
    let (_, top, _, height) = frame.area();
    let mut shortened = Vec::new();
    for class in study.main_classes() {
        let places: Vec<usize> = (0..main.len()).filter(|&i| tensor(main[i]).class == class).collect();
        let (Some(first), Some(last)) = (places.first(), places.last()) else { continue };
        let (from, _) = frame.at(*first as f64, 0.0);
        let (to, _) = frame.at(*last as f64 + 1.0, 0.0);
        let colour = class_colour(class, &study.classes);
        svg.rect((from + 1.0, top - 5.0), (to - from - 2.0, 4.0), colour, class);
        if *first > 0 {
            svg.line((from, top), (from, top + height), colours::FAINT, 1.5);
        }
        let name = short_class(class, to - from);
        svg.styled_text((from + to) / 2.0, top - 10.0, Anchor::Middle, "small", &name);
        if name != class {
            shortened.push(format!("{name}: {class}"));
        }
    }
    for (i, s) in main.iter().enumerate() {
        let marks = [
            ("Shannon", Some(s.shannon), colours::SHANNON),
            ("per-shard Huffman", Some(s.huffman), colours::HUFFMAN),
            ("one fixed book", s.fixed, colours::FIXED),
        ];
        for (name, value, colour) in marks {
            let Some(value) = value else { continue };
            let tooltip = format!("{} shard {}: {name} {value:.2} %", tensor(s).name, s.shard);
            svg.dot(frame.at(i as f64 + 0.5, value), 1.9, colour, &tooltip);
        }
    }
    let shortened = if shortened.is_empty() { String::new() } else { format!(" {}.", shortened.join(", ")) };
    Figure::new(svg, format!("{description}{shortened}"), id)
}

/// A class's name in so much room: whole, or its words' initials.
pub fn short_class(class: &str, room: f64) -> String {
    let whole = 6.3 * class.chars().count() as f64;
    let initials = || class.split(' ').filter_map(|w| w.chars().next()).collect::<String>().to_uppercase();
    let first = || class.split(' ').map(|w| w.chars().take(4).collect::<String>()).collect::<Vec<_>>().join(". ") + ".";
    match room.min(WIDTH) {
        room if room >= whole => class.into(),
        room if room >= 0.62 * whole && class.contains(' ') => first(),
        _ => initials(),
    }
}

/// The section, and the means by class.
pub fn section(study: &Study) -> Result<(Section, Vec<ClassSaving>), ReproduceError> {
    let mut section = Section::new(
        "shards",
        "Compressibility, shard by shard",
        "The question of the paper: how much is lost if the book is fixed beforehand, so that data need not be counted first? \
         Shannon's bound and the Huffman code of each shard (its table not counted) are what could be had; the fixed book is the \
         average distribution of other data of the same model, kind and format: earlier steps where there are any, else the \
         other shards of the same step.",
    );
    let mut summary = Vec::new();
    let maps = [
        (View::Bytes, "bytes", "shards-bytes", "Pooled bytes (the paper's map)"),
        (View::Fields, "fields", "shards-fields", "Exponents coded, sign and mantissa raw"),
    ];
    for (view, map, id, title) in maps {
        let savings = savings(study, view)?;
        let main = |s: &&ShardSaving| study.input.tensors[s.tensor].format_label() == study.format;
        let with_book: Vec<(f64, f64)> =
            savings.iter().filter(main).filter_map(|s| Some((s.huffman - s.fixed?, s.shannon - s.fixed?))).collect();
        if !savings.is_empty() {
            section.figures.push(figure(study, id, title, &savings));
            section.tables.push(table(study, id, &savings));
        }
        summary.extend(by_class(study, map, &savings));
        let losses: Vec<f64> = with_book.iter().map(|l| l.0).collect();
        let (Some(loss), Some(worst)) = (mean(&losses), super::quantile(&losses, 1.0)) else { continue };
        let (near, far) =
            (with_book.iter().filter(|l| l.0 <= 0.5).count(), with_book.iter().filter(|l| l.1 <= 1.0).count());
        section.findings.push(format!(
            "Map {map}: one fixed book saves {loss:.2} percentage points less than per-shard Huffman on average, {worst:.2} at worst. {near} of {n} shards are within 0.5 points of per-shard Huffman, {far} of {n} within 1 point of Shannon's bound: the paper's two claims.",
            n = losses.len()
        ));
    }
    let columns =
        ["class", "map", "shards", "Shannon [%]", "per-shard Huffman [%]", "fixed book [%]", "lost to Huffman [pp]"];
    let caption = format!("Mean savings over shards, format {}", study.format);
    let mut by_class = Table::new("shards-by-class", caption, &columns);
    for s in &summary {
        by_class.row(vec![
            s.class.as_str().into(),
            s.map.into(),
            s.shards.into(),
            s.shannon_percent.into(),
            s.huffman_percent.into(),
            s.fixed_percent.into(),
            (s.huffman_percent - s.fixed_percent).into(),
        ]);
    }
    section.tables.push(by_class);
    section.shown.push("shards-by-class");
    Ok((section, summary))
}

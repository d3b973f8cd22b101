//! How far tensors shrink, by their kind.

use crate::analyze::{Analysis, Figures};
use crate::histograms::GroupRule;
use crate::page::charts::{bars, Bar};
use crate::page::table::{Cell, Table};
use crate::page::{colours, signed, Figure, Section, Svg};
use crate::reproduce::names::{class_of, Labels, CLASSES, OTHER};

/// Per cent of the raw bits that are saved.
fn saved(figures: &Figures, bits: f64) -> f64 {
    match figures.raw_bits {
        0 => 0.0,
        raw => 100.0 * (1.0 - bits / raw as f64),
    }
}

/// The sums of each kind that occurs, those that names stand for first.
pub fn by_kind(analysis: &Analysis, rules: &[GroupRule]) -> Vec<(String, usize, Figures)> {
    let mut kinds: Vec<(String, usize, Figures)> = Vec::new();
    for tensor in &analysis.tensors {
        let class = class_of(&tensor.name, &Labels::of(&tensor.name), rules);
        match kinds.iter_mut().find(|k| k.0 == class) {
            Some((_, tensors, figures)) => {
                *tensors += 1;
                figures.add(&tensor.figures);
            }
            None => kinds.push((class, 1, tensor.figures.clone())),
        }
    }
    let place = |name: &str| match CLASSES.iter().position(|c| *c == name) {
        Some(known) => known,
        None if name == OTHER => CLASSES.len() + 1,
        None => CLASSES.len(),
    };
    kinds.sort_by_key(|k| place(&k.0));
    kinds
}

/// The section.
pub fn section(analysis: &Analysis, rules: &[GroupRule]) -> Section {
    let mut section = Section::new(
        "kinds",
        "How far tensors shrink",
        "Every bit that the encoder sends for these tensors, by kind: codewords, book ids, raw planes, headers, padding, checks. Beside it two \
         yardsticks: the best Huffman code that each shard could have of its own, sent for free, and Shannon's bound of order 0.",
    );
    let kinds = by_kind(analysis, rules);
    let total = analysis.total();
    let columns = [
        "kind",
        "tensors",
        "elements",
        "bits an element",
        "on the link",
        "saved [%]",
        "Huffman saves [%]",
        "Shannon saves [%]",
    ];
    let mut table = Table::new("by-kind", "Tensors by kind", &columns);
    let all = ("all".to_string(), analysis.tensors.len(), total.clone());
    for (name, tensors, f) in kinds.iter().chain([&all]) {
        let bits = f.bits_per_element();
        table.row(vec![
            name.as_str().into(),
            (*tensors).into(),
            f.elements.into(),
            bits.raw.into(),
            Cell::Number(bits.wire, 3),
            saved(f, f.wire_bits as f64).into(),
            saved(f, f.huffman_bits as f64).into(),
            saved(f, f.shannon_bits).into(),
        ]);
    }
    table.marked = Some("all");
    section.findings.push(format!(
        "All together {:.1} % smaller on the link; the code is {} percentage points from a Huffman code of each shard's own (mean over shards, \
         negative is better).",
        saved(&total, total.wire_bits as f64),
        signed(total.gap_pp())
    ));
    let text = "Dark: saved with everything that is sent; light behind it: what a Huffman code of each shard's own would save.";
    let mut svg = Svg::new("saved-by-kind", "Saved by kind of tensor", text);
    let bar = |(name, _, f): &(String, usize, Figures)| Bar {
        name: name.clone(),
        value: saved(f, f.wire_bits as f64),
        behind: Some(saved(f, f.huffman_bits as f64)),
        colour: colours::OURS,
        hollow: false,
    };
    bars(&mut svg, ("saved [%]", "kind"), &kinds.iter().chain([&all]).map(bar).collect::<Vec<_>>());
    section.figures.push(Figure::new(svg, text, "by-kind"));
    section.show(table);
    let columns =
        ["tensor", "format", "elements", "bits an element", "on the link", "saved [%]", "gap to Huffman [pp]"];
    let mut tensors = Table::new("by-tensor", "Every tensor", &columns);
    for t in &analysis.tensors {
        let bits = t.figures.bits_per_element();
        tensors.row(vec![
            t.name.as_str().into(),
            t.format.to_string().into(),
            t.figures.elements.into(),
            bits.raw.into(),
            Cell::Number(bits.wire, 3),
            saved(&t.figures, t.figures.wire_bits as f64).into(),
            t.figures.gap_pp().into(),
        ]);
    }
    section.tables.push(tensors);
    if !analysis.skipped.is_empty() {
        let mut skipped = Table::new("skipped", "Tensors left out", &["tensor", "why"]);
        analysis.skipped.iter().for_each(|s| skipped.row(vec![s.name.as_str().into(), s.reason.as_str().into()]));
        section.tables.push(skipped);
    }
    section
}

//! What others report, with what is measured here beside it.

use super::shards::ClassSaving;
use super::side_by_side::SchemeSaving;
use super::{Section, Study};
use crate::page::table::Table;
use crate::reproduce::names::CLASSES;

/// The section.
pub fn section(study: &Study, shards: &[ClassSaving], schemes: &[SchemeSaving]) -> Section {
    let mut section = Section::new(
        "published",
        "Published figures beside ours",
        "Figures that others give for their own tensors, most of them known to us from abstracts only. Theirs and ours are not \
         of the same data: they say whether an implementation here is in the right place, not who is better.",
    );
    let [activations, _, weights, _] = CLASSES;
    let saved = |scheme: &str, format: &str, class: Option<&str>| {
        let found = |s: &&SchemeSaving| s.scheme == scheme && s.format == format && s.class.as_deref() == class;
        schemes.iter().find(found).map(|s| s.coded_percent)
    };
    let percent = |value: Option<f64>| value.map(|v| format!("{v:.1} %"));
    let bytes = shards.iter().find(|s| s.class == activations && s.map == "bytes" && study.format == "bf16");
    let paper =
        bytes.map(|s| format!("{:.1} %, {:.1} %, {:.1} %", s.shannon_percent, s.huffman_percent, s.fixed_percent));
    let pair = |a: Option<f64>, b: Option<f64>| Some(format!("{} against {}", percent(a)?, percent(b)?));
    let distance = || {
        let (ans, shannon) = (saved("ans", "bf16", None)?, saved("fields-shannon", "bf16", None)?);
        Some(format!("{:.3} bits an exponent (tables not counted)", (shannon - ans) / 100.0 * 16.0))
    };
    let rows = [
        (
            "Single-Stage Huffman Encoder, arXiv 2601.10673",
            "bf16 FFN1 activations of Gemma 2B as pooled bytes: Shannon, Huffman, fixed book",
            "about 21.7 %, 21.3 to 21.6 %, within 0.5 points of Huffman",
            paper,
        ),
        (
            "Quad Length Codes, arXiv 2602.17849",
            "e4m3: quad-length code against Huffman",
            "13.9 % against 15.9 %",
            pair(saved("quad", "e4m3", None), saved("single-stage", "e4m3", None)),
        ),
        (
            "Dual Length Codes, cited in arXiv 2602.17849",
            "bf16: dual-length code against Huffman (here: quad-length)",
            "18.6 % against 21.3 %",
            pair(saved("quad", "bf16", None), saved("single-stage", "bf16", None)),
        ),
        (
            "DFloat11, arXiv 2504.11651",
            "bf16 weights, Huffman on the exponent",
            "about 30 %",
            percent(saved("exponent", "bf16", Some(weights))),
        ),
        (
            "Huff-LLM, arXiv 2502.00922",
            "bf16 and fp16 weights, fields coded apart",
            "up to 32 %",
            percent(saved("fields", "bf16", Some(weights))),
        ),
        (
            "Approaching Shannon Bound, arXiv 2606.15789",
            "tile-wise ANS: distance from Shannon's bound",
            "0.01 to 0.1 bits",
            distance(),
        ),
    ];
    let mut table = Table::new("published", "Published, and measured here", &["source", "what", "published", "here"]);
    for (source, what, published, here) in rows {
        table.row(vec![source.into(), what.into(), published.into(), here.into()]);
    }
    section.tables.push(table);
    section.shown.push("published");
    section
}

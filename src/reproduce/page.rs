//! The page: one HTML file that needs nothing else.

use super::names::OTHER;
use super::{Report, Subject};
use crate::page::table::Table;
use crate::page::{escaped, thousands, Document, Numbers};
use std::fmt::Write;

/// Name of the page's file.
pub const PAGE: &str = "index.html";

/// Papers that the page speaks of: number and title.
const SOURCES: [(&str, &str); 5] = [
    ("2601.10673", "Single-Stage Huffman Encoder"),
    ("2602.17849", "Quad Length Codes"),
    ("2504.11651", "DFloat11"),
    ("2502.00922", "Huff-LLM"),
    ("2606.15789", "Approaching Shannon Bound"),
];

/// The page as text.
pub fn html(report: &Report) -> String {
    Document {
        title: "Single-stage Huffman coding of tensors, measured again",
        lead: lead(report),
        sections: &report.sections,
        numbers: Numbers::Beside,
        nothing: "There are no tensors here that this section could be about.",
        more: tensors(&report.subject),
        footer: sources(),
        promise: "the same tensors give the same page",
    }
    .html()
}

fn lead(report: &Report) -> String {
    let subject = &report.subject;
    let shards: usize = subject.tensors.iter().map(|t| t.shards).sum();
    let elements: u64 = subject.tensors.iter().map(|t| t.elements).sum();
    format!(
        "<p>The evaluation of arXiv 2601.10673, <cite>Single-Stage Huffman Encoder</cite>, repeated on {} tensors in {shards} shards \
         ({elements} elements) of {}, and carried on where it stops. Figures that show one format show {}. Percentages are of the \
         original size; differences are in percentage points. Beside this page lies a CSV file with the numbers of each figure.</p>\n",
        subject.tensors.len(),
        escaped(&files(subject)),
        escaped(&subject.main_format),
        elements = thousands(elements),
    )
}

fn files(subject: &Subject) -> String {
    match subject.files.as_slice() {
        few if few.len() <= 3 => few.join(", "),
        many => format!("{} and {} more files", many[..2].join(", "), many.len() - 2),
    }
}

fn tensors(subject: &Subject) -> String {
    let mut out =
        String::from("<section id=\"tensors\" aria-labelledby=\"tensors-h\">\n<h2 id=\"tensors-h\">The tensors</h2>\n");
    let cropped = subject.tensors.iter().filter(|t| t.cropped > 0).count();
    if cropped > 0 {
        let _ = writeln!(
            out,
            "<p>Of {cropped} tensors only the first elements of each shard are evaluated; the table says how many were left out.</p>"
        );
    }
    if subject.tensors.iter().any(|t| t.class == OTHER) {
        let _ = writeln!(out, "<p>The names of tensors in class '{OTHER}' say nothing about their kind.</p>");
    }
    let columns = ["tensor", "class", "format", "shards", "elements", "left out"];
    let mut table = Table::new("tensors", "Tensors evaluated", &columns);
    for t in &subject.tensors {
        let words = [&t.name, &t.class, &t.format].map(|w| w.as_str().into());
        table.row(words.into_iter().chain([t.shards.into(), t.elements.into(), t.cropped.into()]).collect());
    }
    let _ = write!(out, "<details><summary>{} tensors</summary>\n{}</details>\n", subject.tensors.len(), table.html());
    if !subject.left_out.is_empty() {
        let mut table = Table::new("left-out", "Tensors left out", &["tensor", "why"]);
        subject.left_out.iter().for_each(|t| table.row(vec![t.name.as_str().into(), t.reason.as_str().into()]));
        let _ = write!(out, "<details><summary>{} left out</summary>\n{}</details>\n", table.rows.len(), table.html());
    }
    out.push_str("</section>\n");
    out
}

fn sources() -> String {
    let sources: Vec<String> =
        SOURCES.iter().map(|(number, title)| format!("arXiv {number}, <cite>{}</cite>", escaped(title))).collect();
    format!("<p>Sources: {}.</p>\n", sources.join("; "))
}

//! The page: one HTML file that needs nothing else.

use super::names::OTHER;
use super::plot::escaped;
use super::sections::Section;
use super::table::Table;
use super::{Report, Subject};
use std::fmt::Write;

/// Name of the page's file.
pub const PAGE: &str = "index.html";

const STYLE: &str = include_str!("page.css");

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
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Single-stage Huffman coding of tensors, measured again</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n"
    );
    header(&mut out, report);
    out.push_str("<main>\n");
    for (number, section) in report.sections.iter().enumerate() {
        write_section(&mut out, number + 1, section);
    }
    tensors(&mut out, &report.subject);
    out.push_str("</main>\n");
    footer(&mut out);
    out.push_str("</body>\n</html>\n");
    out
}

fn header(out: &mut String, report: &Report) {
    let subject = &report.subject;
    let shards: usize = subject.tensors.iter().map(|t| t.shards).sum();
    let elements: u64 = subject.tensors.iter().map(|t| t.elements).sum();
    let _ = write!(
        out,
        "<header>\n<h1>Single-stage Huffman coding of tensors, measured again</h1>\n\
         <p>The evaluation of arXiv 2601.10673, <cite>Single-Stage Huffman Encoder</cite>, repeated on {} tensors in {shards} shards \
         ({elements} elements) of {}, and carried on where it stops. Figures that show one format show {}. Percentages are of the \
         original size; differences are in percentage points. Beside this page lies a CSV file with the numbers of each figure.</p>\n\
         <nav aria-label=\"Sections\"><ol>\n",
        subject.tensors.len(),
        escaped(&files(subject)),
        escaped(&subject.main_format),
        elements = thousands(elements),
    );
    for section in &report.sections {
        let _ = writeln!(out, "<li><a href=\"#{}\">{}</a></li>", section.id, escaped(section.title));
    }
    out.push_str("</ol></nav>\n</header>\n");
}

/// Digits in groups of three.
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&[u8]> = digits.as_bytes().rchunks(3).rev().collect();
    groups.iter().map(|g| String::from_utf8_lossy(g)).collect::<Vec<_>>().join(",")
}

fn files(subject: &Subject) -> String {
    match subject.files.as_slice() {
        few if few.len() <= 3 => few.join(", "),
        many => format!("{} and {} more files", many[..2].join(", "), many.len() - 2),
    }
}

fn write_section(out: &mut String, number: usize, section: &Section) {
    let _ = write!(
        out,
        "<section id=\"{id}\" aria-labelledby=\"{id}-h\">\n<h2 id=\"{id}-h\">{number}. {}</h2>\n<p>{}</p>\n",
        escaped(section.title),
        escaped(&section.intro),
        id = section.id
    );
    if !section.findings.is_empty() {
        out.push_str("<ul class=\"findings\">\n");
        for finding in &section.findings {
            let _ = writeln!(out, "<li>{}</li>", escaped(finding));
        }
        out.push_str("</ul>\n");
    }
    if section.figures.is_empty() && section.findings.is_empty() && section.shown.is_empty() {
        out.push_str("<p>There are no tensors here that this section could be about.</p>\n");
    }
    if !section.figures.is_empty() {
        out.push_str("<div class=\"figures\">\n");
        for figure in &section.figures {
            let _ = write!(
                out,
                "<figure>\n{}<figcaption>{} Numbers: <a href=\"{csv}.csv\">{csv}.csv</a></figcaption>\n</figure>\n",
                figure.svg,
                escaped(&figure.caption),
                csv = figure.csv
            );
        }
        out.push_str("</div>\n");
    }
    let shown = section.shown.iter().filter_map(|name| section.tables.iter().find(|t| t.name == *name));
    shown.for_each(|table| out.push_str(&table.html()));
    let others: Vec<String> = (section.tables.iter())
        .filter(|t| !section.figures.iter().any(|f| f.csv == t.name))
        .map(|t| format!("<a href=\"{0}.csv\">{0}.csv</a>", t.name))
        .collect();
    if !others.is_empty() {
        let _ = writeln!(out, "<p>More numbers: {}</p>", others.join(", "));
    }
    out.push_str("</section>\n");
}

fn tensors(out: &mut String, subject: &Subject) {
    out.push_str("<section id=\"tensors\" aria-labelledby=\"tensors-h\">\n<h2 id=\"tensors-h\">The tensors</h2>\n");
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
}

fn footer(out: &mut String) {
    let sources: Vec<String> =
        SOURCES.iter().map(|(number, title)| format!("arXiv {number}, <cite>{}</cite>", escaped(title))).collect();
    let _ = write!(
        out,
        "<footer>\n<p>Sources: {}.</p>\n<p>Made by {} {}; the same tensors give the same page.</p>\n</footer>\n",
        sources.join("; "),
        env!("CARGO_PKG_NAME"),
        env!("CARGO_PKG_VERSION")
    );
}

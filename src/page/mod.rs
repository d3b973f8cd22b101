//! Pages: HTML files that need nothing else, made of sections with drawings, tables and sentences.
//!
//! | file | what it has |
//! |---|---|
//! | [`document`] | the whole page: head, style, table of contents, sections, footer |
//! | [`section`] | a section with its figures, tables and findings |
//! | [`table`] | numbers in rows, as HTML and as CSV |
//! | [`svg`] | one drawing: text, lines, shapes, legends |
//! | [`axes`] | scales, ticks, the frame of a plot |
//! | [`lines`] | lines over one axis |
//! | [`charts`] | bars, strips of dots, heat maps |
//! | [`stacks`] | bars made of parts, bars with limits |
//! | [`colours`] | one colour for one thing on all pages |
//!
//! What holds for every page: it loads nothing, fits a phone and a desktop, and says to a screen reader what it shows:
//! drawings have a title and a description, tables a caption and headed rows and columns.

pub mod axes;
pub mod charts;
pub mod colours;
pub mod document;
pub mod lines;
pub mod section;
pub mod stacks;
pub mod svg;
pub mod table;

pub use axes::{Frame, Scale};
pub use document::Document;
pub use section::{Figure, Numbers, Section};
pub use svg::{escaped, Svg};

/// Width of every figure in its own units: small, so that text stays legible when a phone shrinks the figure.
pub const WIDTH: f64 = 480.0;

/// `value` with its sign, for differences in percentage points.
pub fn signed(value: f64) -> String {
    match format!("{value:+.2}") {
        zero if zero == "-0.00" || zero == "+0.00" => "0.00".into(),
        text => text.replace('-', "\u{2212}"),
    }
}

/// Digits in groups of three.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&[u8]> = digits.as_bytes().rchunks(3).rev().collect();
    groups.iter().map(|g| String::from_utf8_lossy(g)).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_by_hand() {
        let words = (signed(-0.001), signed(0.5), signed(-1.25));
        assert_eq!(words, ("0.00".into(), "+0.50".into(), "\u{2212}1.25".into()));
        assert_eq!([0, 999, 1000, 1_234_567].map(thousands), ["0", "999", "1,000", "1,234,567"]);
    }
}

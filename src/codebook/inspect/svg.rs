//! A bank as a drawing: the code lengths of every plane over its symbols.

use super::{BankReport, PlaneReport};
use crate::page::escaped;
use std::fmt::Write;

/// Width of the bars' area, whatever the alphabet.
const WIDTH: usize = 768;
/// Height of a bit.
const BIT: usize = 6;
/// Bits of the tallest bar, with room above.
const BITS: usize = 17;
/// Left margin.
const LEFT: usize = 32;
/// Height of a plane's title, and of its axis.
const TITLE: usize = 24;

/// Drawing of all codes, one below the other: a bar for each symbol, as high as its codeword is long. Symbols that go
/// by escape have a light bar of the escape's length. Every bar says in its tooltip what it is.
pub fn svg(report: &BankReport) -> String {
    let planes = report.books.iter().flat_map(|b| b.planes.iter().map(move |p| (b, p)));
    let panel = TITLE + BITS * BIT + TITLE;
    let height = TITLE + panel * planes.clone().count();
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write!(
        out,
        concat!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {1}" width="{0}" height="{1}" "#,
            r#"font-family="sans-serif" font-size="12">"#,
            "\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
            "<text x=\"{2}\" y=\"16\">bank '{3}', map {4}, fingerprint {5}: code lengths in bits</text>\n"
        ),
        LEFT + WIDTH + LEFT,
        height,
        LEFT,
        escaped(&report.name),
        report.map,
        report.fingerprint
    );
    for (index, (book, plane)) in planes.enumerate() {
        let title = format!("book {} '{}', plane {}", book.id, book.name, plane.plane);
        let _ = draw(&mut out, plane, &title, TITLE + index * panel);
    }
    out.push_str("</svg>\n");
    out
}

fn draw(out: &mut String, plane: &PlaneReport, title: &str, top: usize) -> std::fmt::Result {
    let base = top + TITLE + BITS * BIT;
    writeln!(out, r#"<text x="{LEFT}" y="{}" font-weight="bold">{}</text>"#, top + 16, escaped(title))?;
    for bits in [4, 8, 12, 16] {
        let y = base - bits * BIT;
        writeln!(out, r##"<path d="M{LEFT} {y}h{WIDTH}" stroke="#ddd"/><text x="8" y="{}">{bits}</text>"##, y + 4)?;
    }
    let width = WIDTH / plane.lengths.len();
    for (symbol, &length) in plane.lengths.iter().enumerate() {
        let (length, fill, how) = match length {
            0 => (plane.escape_length.unwrap_or(0), "#bcd", "escape of "),
            _ => (length, "#247", ""),
        };
        let (x, height) = (LEFT + symbol * width, usize::from(length) * BIT);
        writeln!(
            out,
            r##"<rect x="{x}" y="{}" width="{}" height="{height}" fill="{fill}"><title>symbol {symbol}: {how}{length} bits</title></rect>"##,
            base - height,
            width - 1,
        )?;
    }
    let last = plane.lengths.len() - 1;
    writeln!(out, r#"<text x="{LEFT}" y="{}">0</text>"#, base + 14)?;
    writeln!(out, r#"<text x="{}" y="{}" text-anchor="end">{last}</text>"#, LEFT + WIDTH, base + 14)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codebook::inspect::{inspect, tests::example};

    /// Checks that tags nest, and gives the names of all elements.
    fn elements(xml: &str) -> Vec<String> {
        let (mut open, mut all) = (Vec::<String>::new(), Vec::new());
        for part in xml.split('<').skip(1) {
            let (tag, text) = part.split_once('>').expect("an unclosed tag");
            assert!(!text.contains('>') && tag.matches('"').count() % 2 == 0, "{part}");
            for entity in text.split('&').skip(1) {
                let (name, _) = entity.split_once(';').expect("an unclosed entity");
                assert!(["lt", "gt", "amp", "quot", "apos"].contains(&name), "{name}");
            }
            let name = tag.trim_matches('/').split_whitespace().next().unwrap().to_string();
            if tag.starts_with('/') {
                assert_eq!(open.pop().as_ref(), Some(&name));
            } else {
                all.push(name.clone());
                if !tag.ends_with('/') {
                    open.push(name);
                }
            }
        }
        assert!(open.is_empty(), "{open:?}");
        all
    }

    #[test]
    fn the_drawing_is_well_formed_and_has_a_bar_for_every_symbol() {
        let drawing = svg(&inspect("a<b\u{1}", &example(), None).unwrap());
        let elements = elements(&drawing);
        let number = |name: &str| elements.iter().filter(|e| *e == name).count();
        // The background, and 2 books of 2 planes of 4 symbols.
        assert_eq!((number("svg"), number("rect"), number("title")), (1, 17, 16));
        assert!(drawing.contains("bank 'a&lt;b?'"), "{drawing}");
        assert!(drawing.contains("book 2 &apos;&lt;flat &amp; wide&gt;&apos;"), "{drawing}");
        assert!(drawing.contains("height=\"6\" fill=\"#247\"><title>symbol 1: 1 bits"), "{drawing}");
        assert!(drawing.contains("height=\"18\" fill=\"#bcd\"><title>symbol 3: escape of 3 bits"), "{drawing}");
    }
}

//! The whole page.

use super::section::{Numbers, Section};
use super::svg::escaped;
use std::fmt::Write;

const STYLE: &str = include_str!("page.css");

/// A page in parts.
#[derive(Clone, Debug)]
pub struct Document<'a> {
    /// Title and first heading.
    pub title: &'a str,
    /// What stands between heading and table of contents: HTML.
    pub lead: String,
    /// The sections, numbered from 1.
    pub sections: &'a [Section],
    /// Where the numbers of figures are.
    pub numbers: Numbers,
    /// What a section says that has nothing to show.
    pub nothing: &'a str,
    /// More behind the sections: HTML.
    pub more: String,
    /// The footer, without its last line, which names the program: HTML.
    pub footer: String,
    /// What the last line says after the program's name.
    pub promise: &'a str,
}

impl Document<'_> {
    /// The page as text.
    pub fn html(&self) -> String {
        let title = escaped(self.title);
        let mut out = String::new();
        // Writing to a String cannot fail.
        let _ = write!(
            out,
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
             <header>\n<h1>{title}</h1>\n{}<nav aria-label=\"Sections\"><ol>\n",
            self.lead
        );
        for section in self.sections {
            let _ = writeln!(out, "<li><a href=\"#{}\">{}</a></li>", section.id, escaped(section.title));
        }
        out.push_str("</ol></nav>\n</header>\n<main>\n");
        for (section, number) in self.sections.iter().zip(1..) {
            out.push_str(&section.html(number, self.numbers, self.nothing));
        }
        let (name, version) = (env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
        let _ = write!(
            out,
            "{}</main>\n<footer>\n{}<p>Made by {name} {version}; {}.</p>\n</footer>\n</body>\n</html>\n",
            self.more, self.footer, self.promise
        );
        out
    }
}

//! Numbers in rows: a table on a page, and a CSV file beside it.

use super::escaped;
use std::fmt::Write;

/// One entry.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Words.
    Text(String),
    /// A count.
    Count(u64),
    /// A figure, shown with so many decimals; CSV files have six.
    Number(f64, usize),
    /// There is none.
    Missing,
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Cell::Text(text.into())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Cell::Text(text)
    }
}

impl From<u64> for Cell {
    fn from(count: u64) -> Self {
        Cell::Count(count)
    }
}

impl From<usize> for Cell {
    fn from(count: usize) -> Self {
        Cell::Count(count as u64)
    }
}

impl From<f64> for Cell {
    fn from(value: f64) -> Self {
        Cell::Number(value, 2)
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Cell::Missing, Into::into)
    }
}

impl Cell {
    /// For people.
    pub fn shown(&self) -> String {
        match self {
            Cell::Text(text) => text.clone(),
            Cell::Count(count) => count.to_string(),
            Cell::Number(value, decimals) => tidy(format!("{value:.decimals$}")).replace('-', "\u{2212}"),
            Cell::Missing => "\u{2013}".into(),
        }
    }

    fn csv(&self) -> String {
        match self {
            Cell::Text(text) if text.contains([',', '"', '\n', '\r']) => format!("\"{}\"", text.replace('"', "\"\"")),
            Cell::Text(text) => text.clone(),
            Cell::Count(count) => count.to_string(),
            Cell::Number(value, _) => tidy(format!("{value:.6}")),
            Cell::Missing => String::new(),
        }
    }
}

/// No minus before a zero.
fn tidy(text: String) -> String {
    match text.strip_prefix('-') {
        Some(rest) if rest.bytes().all(|b| matches!(b, b'0' | b'.')) => rest.into(),
        _ => text,
    }
}

/// Columns with names, and rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Name of the CSV file, without its extension.
    pub name: &'static str,
    /// What it is.
    pub caption: String,
    /// Names of the columns, units behind a comma in brackets: `saved [%]`.
    pub columns: Vec<String>,
    /// Rows, as long as the columns.
    pub rows: Vec<Vec<Cell>>,
    /// First cell of the rows that stand out on the page.
    pub marked: Option<&'static str>,
}

impl Table {
    /// Without rows.
    pub fn new(name: &'static str, caption: impl Into<String>, columns: &[&str]) -> Self {
        Table {
            name,
            caption: caption.into(),
            columns: columns.iter().map(|c| (*c).into()).collect(),
            rows: vec![],
            marked: None,
        }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: Vec<Cell>) {
        debug_assert_eq!(cells.len(), self.columns.len(), "{}", self.name);
        self.rows.push(cells);
    }

    /// The file's contents (RFC 4180, lines ended by LF).
    pub fn csv(&self) -> String {
        let line = |cells: Vec<String>| cells.join(",") + "\n";
        let header = line(self.columns.iter().map(|c| Cell::from(c.as_str()).csv()).collect());
        self.rows.iter().fold(header, |text, row| text + &line(row.iter().map(Cell::csv).collect()))
    }

    /// A table for the page, in a container that scrolls by itself. The first cell of a row heads it.
    pub fn html(&self) -> String {
        let mut out = String::new();
        // Writing to a String cannot fail.
        let caption = escaped(&self.caption);
        let _ = write!(
            out,
            "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{caption}\">\n<table><caption>{caption}</caption>\n<thead><tr>"
        );
        let is_number = |cell: Option<&Cell>| matches!(cell, Some(Cell::Count(_) | Cell::Number(..)));
        for (i, column) in self.columns.iter().enumerate() {
            let number = self.rows.iter().any(|row| is_number(row.get(i)));
            let class = if number { " class=\"n\"" } else { "" };
            let _ = write!(out, "<th scope=\"col\"{class}>{}</th>", escaped(column));
        }
        out.push_str("</tr></thead>\n<tbody>\n");
        for row in &self.rows {
            let ours = self.marked.is_some_and(|marked| row.first() == Some(&Cell::from(marked)));
            out.push_str(if ours { "<tr class=\"ours\">" } else { "<tr>" });
            for (i, cell) in row.iter().enumerate() {
                let text = escaped(&cell.shown());
                let _ = match (i, cell) {
                    (0, _) => write!(out, "<th scope=\"row\">{text}</th>"),
                    (_, Cell::Text(_)) => write!(out, "<td>{text}</td>"),
                    _ => write!(out, "<td class=\"n\">{text}</td>"),
                };
            }
            out.push_str("</tr>\n");
        }
        out.push_str("</tbody></table></div>\n");
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_by_hand() {
        let mut t = Table::new("t", "c", &["name", "saved [%]", "n"]);
        t.row(vec!["a,\"b\"".into(), 1.5.into(), 3usize.into()]);
        t.row(vec!["x".into(), Cell::Number(-1e-9, 2), Option::<f64>::None.into()]);
        assert_eq!(t.csv(), "name,saved [%],n\n\"a,\"\"b\"\"\",1.500000,3\nx,0.000000,\n");
    }

    #[test]
    fn html_has_headers_and_escapes() {
        let mut t = Table::new("t", "a<b", &["name", "n"]);
        t.row(vec!["<i>".into(), (-1.0).into()]);
        let html = t.html();
        assert!(
            html.contains("<caption>a&lt;b</caption>") && html.contains("<th scope=\"col\" class=\"n\">n</th>"),
            "{html}"
        );
        assert!(html.contains("<th scope=\"row\">&lt;i&gt;</th><td class=\"n\">\u{2212}1.00</td>"), "{html}");
    }
}

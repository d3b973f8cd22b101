//! One section of a page.

use super::svg::{escaped, Svg};
use super::table::Table;
use std::fmt::Write;

/// A drawing with its caption.
#[derive(Clone, Debug)]
pub struct Figure {
    /// The drawing.
    pub svg: String,
    /// What there is to see, for below the drawing.
    pub caption: String,
    /// Name of the table with its numbers; a diagram has none.
    pub numbers: Option<&'static str>,
}

impl Figure {
    /// A plot of the numbers in the table of this name.
    pub fn new(svg: Svg, caption: impl Into<String>, numbers: &'static str) -> Self {
        Figure { svg: svg.finish(), caption: caption.into(), numbers: Some(numbers) }
    }

    /// A drawing that shows no numbers.
    pub fn diagram(svg: Svg, caption: impl Into<String>) -> Self {
        Figure { svg: svg.finish(), caption: caption.into(), numbers: None }
    }
}

/// Where the numbers of the figures are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbers {
    /// In CSV files beside the page, named for their tables.
    Beside,
    /// On the page, in tables that unfold.
    OnPage,
}

/// One section of the page.
#[derive(Clone, Debug)]
pub struct Section {
    /// Its anchor on the page.
    pub id: &'static str,
    /// Heading.
    pub title: &'static str,
    /// What it shows, in plain words.
    pub intro: String,
    /// What was found: sentences made from the numbers.
    pub findings: Vec<String>,
    /// Drawings.
    pub figures: Vec<Figure>,
    /// Numbers of the figures, and more.
    pub tables: Vec<Table>,
    /// Names of the tables that are shown on the page at once.
    pub shown: Vec<&'static str>,
}

impl Section {
    /// Without content.
    pub fn new(id: &'static str, title: &'static str, intro: impl Into<String>) -> Self {
        Section { id, title, intro: intro.into(), findings: vec![], figures: vec![], tables: vec![], shown: vec![] }
    }

    /// Adds a table that is shown at once.
    pub fn show(&mut self, table: Table) {
        self.shown.push(table.name);
        self.tables.push(table);
    }

    /// Adds a plot and its table.
    pub fn plot(&mut self, figure: Figure, table: Table) {
        self.figures.push(figure);
        self.tables.push(table);
    }

    /// The section for the page, with its number. `nothing` is said where there is nothing to show.
    pub fn html(&self, number: usize, numbers: Numbers, nothing: &str) -> String {
        let mut out = String::new();
        let id = self.id;
        // Writing to a String cannot fail.
        let _ = write!(
            out,
            "<section id=\"{id}\" aria-labelledby=\"{id}-h\">\n<h2 id=\"{id}-h\">{number}. {}</h2>\n<p>{}</p>\n",
            escaped(self.title),
            escaped(&self.intro),
        );
        if !self.findings.is_empty() {
            out.push_str("<ul class=\"findings\">\n");
            for finding in &self.findings {
                let _ = writeln!(out, "<li>{}</li>", escaped(finding));
            }
            out.push_str("</ul>\n");
        }
        if self.figures.is_empty() && self.findings.is_empty() && self.shown.is_empty() {
            let _ = writeln!(out, "<p>{}</p>", escaped(nothing));
        }
        if !self.figures.is_empty() {
            out.push_str("<div class=\"figures\">\n");
            self.figures.iter().for_each(|figure| write_figure(&mut out, figure, numbers));
            out.push_str("</div>\n");
        }
        let shown = self.shown.iter().filter_map(|name| self.tables.iter().find(|t| t.name == *name));
        shown.for_each(|table| out.push_str(&table.html()));
        match numbers {
            Numbers::Beside => self.write_links(&mut out),
            Numbers::OnPage => self.write_folded(&mut out),
        }
        out.push_str("</section>\n");
        out
    }

    /// Links to the files of tables that no figure has.
    fn write_links(&self, out: &mut String) {
        let others: Vec<String> = (self.tables.iter())
            .filter(|t| !self.figures.iter().any(|f| f.numbers == Some(t.name)))
            .map(|t| format!("<a href=\"{0}.csv\">{0}.csv</a>", t.name))
            .collect();
        if !others.is_empty() {
            let _ = writeln!(out, "<p>More numbers: {}</p>", others.join(", "));
        }
    }

    /// Tables that are not shown at once.
    fn write_folded(&self, out: &mut String) {
        for table in self.tables.iter().filter(|t| !self.shown.contains(&t.name)) {
            let _ = write!(
                out,
                "<details id=\"{}\"><summary>Numbers: {}</summary>\n{}</details>\n",
                table.name,
                escaped(&table.caption),
                table.html()
            );
        }
    }
}

fn write_figure(out: &mut String, figure: &Figure, numbers: Numbers) {
    let class = if figure.numbers.is_none() { " class=\"diagram\"" } else { "" };
    let source = match (figure.numbers, numbers) {
        (None, _) => String::new(),
        (Some(name), Numbers::Beside) => format!(" Numbers: <a href=\"{name}.csv\">{name}.csv</a>"),
        (Some(_), Numbers::OnPage) => " Numbers: in the table below.".into(),
    };
    let _ = write!(
        out,
        "<figure{class}>\n{}<figcaption>{}{source}</figcaption>\n</figure>\n",
        figure.svg,
        escaped(&figure.caption)
    );
}

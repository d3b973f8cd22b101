//! One SVG document.

use super::colours::INK;
use super::WIDTH;
use std::fmt::Write;

/// Text for HTML and XML: the five special characters as entities; control characters, which XML cannot hold, as `?`.
pub fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('?'),
            c => out.push(c),
        }
    }
    out
}

/// Where text lies against its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// Begins there.
    Start,
    /// Around it.
    Middle,
    /// Ends there.
    End,
}

/// A drawing of [`WIDTH`] units by any height. Writing to a `String` cannot fail, so results of `write!` are dropped.
#[derive(Clone, Debug)]
pub struct Svg {
    id: String,
    title: String,
    description: String,
    body: String,
    /// Height so far: what is drawn below has to raise it.
    pub height: f64,
}

/// Baseline of the title, and where drawing begins.
const TITLE: f64 = 20.0;
const TOP: f64 = 32.0;
/// Mean width of a character of the ordinary size.
const CHARACTER: f64 = 6.9;

impl Svg {
    /// An empty drawing. `id` has to be its own on the page; `description` says what there is to see.
    pub fn new(id: &str, title: &str, description: &str) -> Self {
        let mut svg = Svg {
            id: id.into(),
            title: title.into(),
            description: description.into(),
            body: String::new(),
            height: TOP,
        };
        svg.styled_text(0.0, TITLE, Anchor::Start, "title", title);
        svg
    }

    /// Text of the ordinary size.
    pub fn text(&mut self, x: f64, y: f64, anchor: Anchor, text: &str) {
        self.styled_text(x, y, anchor, "", text);
    }

    /// Text of a class of the page's style: `title`, `axis`, `small`.
    pub fn styled_text(&mut self, x: f64, y: f64, anchor: Anchor, class: &str, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
        let _ = writeln!(self.body, r#"<text x="{x:.1}" y="{y:.1}"{anchor}{class}>{}</text>"#, escaped(text));
    }

    /// Text that runs upwards.
    pub fn upward_text(&mut self, x: f64, y: f64, class: &str, text: &str) {
        let _ = writeln!(
            self.body,
            r#"<text transform="translate({x:.1} {y:.1}) rotate(-90)" text-anchor="middle" class="{class}">{}</text>"#,
            escaped(text)
        );
    }

    /// A straight line.
    pub fn line(&mut self, (x1, y1): (f64, f64), (x2, y2): (f64, f64), colour: &str, width: f64) {
        let _ = writeln!(
            self.body,
            r#"<path d="M{x1:.1} {y1:.1}L{x2:.1} {y2:.1}" stroke="{colour}" stroke-width="{width}"/>"#
        );
    }

    /// A line through points.
    pub fn polyline(&mut self, points: &[(f64, f64)], colour: &str, dashed: bool) {
        let dash = if dashed { " stroke-dasharray=\"5 3\"" } else { "" };
        let _ = writeln!(
            self.body,
            r#"<path d="M{}" fill="none" stroke="{colour}" stroke-width="1.8" stroke-linejoin="round"{dash}/>"#,
            path(points)
        );
    }

    /// The area between points and the same points' other side, half transparent.
    pub fn area(&mut self, upper: &[(f64, f64)], lower: &[(f64, f64)], colour: &str) {
        let around: Vec<_> = upper.iter().chain(lower.iter().rev()).copied().collect();
        let _ = writeln!(self.body, r#"<path d="M{}Z" fill="{colour}" fill-opacity="0.25"/>"#, path(&around));
    }

    /// A filled rectangle, with a tooltip if there is text for it.
    pub fn rect(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), fill: &str, tooltip: &str) {
        let _ = write!(
            self.body,
            r#"<rect x="{x:.1}" y="{y:.1}" width="{:.1}" height="{:.1}" fill="{fill}""#,
            width.max(0.0),
            height.max(0.0)
        );
        self.close("rect", tooltip);
    }

    /// A dot, with a tooltip if there is text for it.
    pub fn dot(&mut self, (x, y): (f64, f64), radius: f64, fill: &str, tooltip: &str) {
        let _ = write!(self.body, r#"<circle cx="{x:.1}" cy="{y:.1}" r="{radius}" fill="{fill}""#);
        self.close("circle", tooltip);
    }

    fn close(&mut self, name: &str, tooltip: &str) {
        let _ = match tooltip {
            "" => writeln!(self.body, "/>"),
            _ => writeln!(self.body, "><title>{}</title></{name}>", escaped(tooltip)),
        };
    }

    /// A row of names with their colours, in as many lines as it needs, at the bottom of what there is.
    pub fn legend(&mut self, entries: &[(&str, &str)]) {
        let (mut x, mut y) = (0.0, self.height + 12.0);
        for (name, colour) in entries {
            let width = 16.0 + CHARACTER * name.chars().count() as f64 + 16.0;
            if x > 0.0 && x + width > WIDTH {
                (x, y) = (0.0, y + 19.0);
            }
            self.rect((x, y - 10.0), (11.0, 11.0), colour, "");
            self.text(x + 16.0, y, Anchor::Start, name);
            x += width;
        }
        self.height = y + 12.0;
    }

    /// The element for the page.
    pub fn finish(self) -> String {
        let Svg { id, title, description, body, height } = self;
        format!(
            "<svg role=\"img\" aria-labelledby=\"{id}-t {id}-d\" viewBox=\"0 0 {WIDTH} {height:.0}\" fill=\"{INK}\">\n\
             <title id=\"{id}-t\">{}</title><desc id=\"{id}-d\">{}</desc>\n{body}</svg>\n",
            escaped(&title),
            escaped(&description)
        )
    }
}

fn path(points: &[(f64, f64)]) -> String {
    points.iter().map(|(x, y)| format!("{x:.1} {y:.1}")).collect::<Vec<_>>().join("L")
}

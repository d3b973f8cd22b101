//! SVG text. Coordinates are whole numbers, so that the same drawing is the same text everywhere.

use std::fmt::Write;

/// Colours and fonts; lines of the theme follow the reader's.
const STYLE: &str = "text{font:10px ui-monospace,monospace;fill:#222}.t{font:13px sans-serif}.s{fill:#777}\
.w{stroke:#222;fill:none;stroke-width:1.2}.g{stroke:#ddd;fill:none}.x{fill:#e4e4e4;stroke:#bbb}.d{fill:#e6effa;stroke:#456}\
.a{fill:#3d72b4}.i{fill:#b5452c}.o{fill:#3b8a4a}.c{fill:#fff;stroke:#999;stroke-dasharray:2 2}";

/// A drawing.
pub struct Svg {
    body: String,
    width: i64,
    height: i64,
}

impl Svg {
    /// An empty drawing.
    pub fn new(width: i64, height: i64) -> Self {
        Svg { body: String::new(), width, height }
    }

    /// Text with its left end (`start`), middle or right end (`end`) at `x`.
    pub fn text(&mut self, x: i64, y: i64, anchor: &str, class: &str, text: &str) {
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        let _ =
            writeln!(self.body, "<text x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\" class=\"{class}\">{text}</text>");
    }

    /// A path.
    pub fn path(&mut self, class: &str, d: &str) {
        let _ = writeln!(self.body, "<path class=\"{class}\" d=\"{d}\"/>");
    }

    /// A rectangle.
    pub fn rect(&mut self, class: &str, x: i64, y: i64, width: i64, height: i64) {
        let _ =
            writeln!(self.body, "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/>");
    }

    /// The file.
    pub fn finish(self, title: &str) -> String {
        let (width, height, body) = (self.width, self.height, self.body);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n\
             <title>{title}</title>\n<style>{STYLE}</style>\n<rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n{body}</svg>\n"
        )
    }
}

//! Primitive blocks: registers and memories, whose Verilog is written by hand and inlined where they are used.
//!
//! A primitive's `hdl()` is a [`Primitive`] turned into rust-hdl's `Verilog::Custom`. The text is the body of a valid
//! module, so that rust-hdl's own generator can still print it; comment lines carry the structure that
//! [`Primitive::parse`] reads back. When a parent is printed, every identifier of the text that is a port or a local of
//! the primitive gets the instance's name as a prefix: port `q` of instance `fill` is `fill_q` in the parent.

use rust_hdl::prelude::Verilog;
use std::fmt::Write;

const HEAD: &str = "// primitive: locals";
const CLOCKED: &str = "// primitive: clocked";
const ASSIGNED: &str = "// primitive: assigned";
const END: &str = "// primitive: end";

/// Hand-written Verilog of a primitive block. Its clock, if it has one, is the port `clock`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Primitive {
    /// Names that `declarations` declares.
    pub locals: Vec<String>,
    /// Module items: parameters, memories and their `initial` blocks.
    pub declarations: String,
    /// Statements executed at every rising edge of `clock`.
    pub clocked: String,
    /// Outputs that are continuous functions: port and expression. Every other output is assigned in `clocked`.
    pub assigned: Vec<(String, String)>,
}

impl From<Primitive> for Verilog {
    fn from(primitive: Primitive) -> Self {
        let mut text = format!("{HEAD} {}\n", primitive.locals.join(" "));
        push_lines(&mut text, &primitive.declarations);
        let _ = writeln!(text, "{CLOCKED}");
        if !primitive.clocked.is_empty() {
            text.push_str("always @(posedge clock) begin\n");
            push_lines(&mut text, &primitive.clocked);
            text.push_str("end\n");
        }
        let _ = writeln!(text, "{ASSIGNED}");
        for (port, value) in &primitive.assigned {
            // rust-hdl declares outputs as `reg`, so the stand-alone form has to be procedural.
            let _ = writeln!(text, "always @(*) {port} = {value};");
        }
        let _ = writeln!(text, "{END}");
        Verilog::Custom(text)
    }
}

impl Primitive {
    /// The primitive that `text`, the content of a `Verilog::Custom`, describes; `None` for any other text.
    pub fn parse(text: &str) -> Option<Primitive> {
        let mut lines = text.lines();
        let locals = lines.next()?.strip_prefix(HEAD)?.split_whitespace().map(str::to_owned).collect();
        let mut primitive = Primitive { locals, ..Primitive::default() };
        let mut take = |end: &str| -> Option<Vec<String>> {
            let mut taken = Vec::new();
            loop {
                match lines.next()? {
                    line if line == end => return Some(taken),
                    line => taken.push(line.to_owned()),
                }
            }
        };
        primitive.declarations = take(CLOCKED)?.join("\n");
        let clocked = take(ASSIGNED)?;
        if let [_, statements @ .., _] = clocked.as_slice() {
            primitive.clocked = statements.join("\n");
        }
        for line in take(END)? {
            let (port, value) = line.strip_prefix("always @(*) ")?.strip_suffix(';')?.split_once(" = ")?;
            primitive.assigned.push((port.to_owned(), value.to_owned()));
        }
        Some(primitive)
    }
}

fn push_lines(text: &mut String, lines: &str) {
    for line in lines.lines() {
        text.push_str(line);
        text.push('\n');
    }
}

/// `text` with every identifier passed through `rename`. Numbers (`8'hff`) and string contents are no identifiers.
pub fn rename_identifiers(text: &str, mut rename: impl FnMut(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$';
    while let Some(first) = rest.chars().next() {
        let length = if first.is_ascii_digit() || first == '\'' {
            rest.find(|c: char| !(word(c) || c == '\'')).unwrap_or(rest.len())
        } else if first == '"' {
            rest[1..].find('"').map_or(rest.len(), |end| end + 2)
        } else if word(first) {
            rest.find(|c: char| !word(c)).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (token, tail) = rest.split_at(length);
        match rename(token) {
            Some(new) if word(first) && !first.is_ascii_digit() => out.push_str(&new),
            _ => out.push_str(token),
        }
        rest = tail;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_back_what_it_writes() {
        let primitive = Primitive {
            locals: vec!["mem".into(), "i".into()],
            declarations: "reg [3:0] mem [0:1];\ninteger i;".into(),
            clocked: "if (write_enable) mem[a] <= d;\nq <= mem[a];".into(),
            assigned: vec![("data".into(), "mem[b]".into())],
        };
        for p in [primitive, Primitive::default()] {
            let Verilog::Custom(text) = Verilog::from(p.clone()) else { panic!("not custom") };
            assert_eq!(Primitive::parse(&text), Some(p));
        }
        assert_eq!(Primitive::parse("always @(posedge clock) q <= d;\n"), None);
        assert_eq!(Primitive::parse("// primitive: locals\n"), None);
    }

    #[test]
    fn renames_identifiers_only() {
        let rename = |name: &str| ["d", "q", "b0"].contains(&name).then(|| format!("x_{name}"));
        assert_eq!(rename_identifiers("q <= d + 4'd3 ^ 2'b0; dq \"d\"", rename), "x_q <= x_d + 4'd3 ^ 2'b0; dq \"d\"");
    }
}

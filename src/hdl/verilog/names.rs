//! Names: what Verilog allows, and the array indices that a kernel writes.

/// The Verilog form of a field name: `_` between its parts, and behind a reserved word.
pub fn flat(name: &str) -> String {
    let name = name.replace('$', "_");
    match KEYWORDS.contains(&name.as_str()) || CPP_WORDS.contains(&name.as_str()) {
        true => name + "_",
        false => name,
    }
}

/// `None` for a name that every tool takes, else what is wrong with it.
pub fn objection(name: &str) -> Option<&'static str> {
    let mut chars = name.chars();
    if !chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_') {
        Some("it does not begin with a letter")
    } else if !chars.all(|c| c.is_ascii_alphanumeric() || c == '_') {
        Some("it has characters other than letters, digits and underscores")
    } else if KEYWORDS.contains(&name) {
        Some("it is a keyword of Verilog or SystemVerilog")
    } else if CPP_WORDS.contains(&name) {
        Some("it is a word of C++, of which Verilator warns")
    } else {
        None
    }
}

/// `name` with every `[index]` replaced by `$value`. `None` where an index is no constant expression of `loops`.
pub fn resolve_indices(name: &str, loops: &[(String, u64)]) -> Option<String> {
    let mut out = String::new();
    let mut rest = name;
    while let Some(open) = rest.find('[') {
        let close = open + rest[open..].find(']')?;
        out.push_str(&rest[..open]);
        out.push_str(&format!("${}", evaluate(&rest[open + 1..close], loops)?));
        rest = &rest[close + 1..];
    }
    Some(out + rest)
}

/// The value of a constant expression of integers, loop indices, `+ - * / %` and parentheses.
fn evaluate(text: &str, loops: &[(String, u64)]) -> Option<u64> {
    let mut parser = Parser { rest: text.trim(), loops };
    let value = parser.sum()?;
    parser.rest.is_empty().then_some(value)
}

struct Parser<'a> {
    rest: &'a str,
    loops: &'a [(String, u64)],
}

impl Parser<'_> {
    fn take(&mut self, symbol: char) -> bool {
        match self.rest.strip_prefix(symbol) {
            Some(rest) => {
                self.rest = rest.trim_start();
                true
            }
            None => false,
        }
    }

    fn sum(&mut self) -> Option<u64> {
        let mut value = self.product()?;
        loop {
            if self.take('+') {
                value = value.checked_add(self.product()?)?;
            } else if self.take('-') {
                value = value.checked_sub(self.product()?)?;
            } else {
                return Some(value);
            }
        }
    }

    fn product(&mut self) -> Option<u64> {
        let mut value = self.atom()?;
        loop {
            if self.take('*') {
                value = value.checked_mul(self.atom()?)?;
            } else if self.take('/') {
                value = value.checked_div(self.atom()?)?;
            } else if self.take('%') {
                value = value.checked_rem(self.atom()?)?;
            } else {
                return Some(value);
            }
        }
    }

    fn atom(&mut self) -> Option<u64> {
        if self.take('(') {
            let value = self.sum()?;
            return self.take(')').then_some(value);
        }
        let end = self.rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest.trim_start();
        match self.loops.iter().rev().find(|(name, _)| name == word) {
            Some((_, value)) => Some(*value),
            None => word.trim_end_matches("usize").trim_end_matches('_').parse().ok(),
        }
    }
}

/// Keywords of Verilog-2005 and SystemVerilog-2017 that a Rust field could be called.
#[rustfmt::skip]
const KEYWORDS: &[&str] = &[
    "accept_on", "alias", "always", "always_comb", "always_ff", "always_latch", "and", "assert", "assign", "assume",
    "automatic", "before", "begin", "bind", "bins", "binsof", "bit", "break", "buf", "bufif0", "bufif1", "byte", "case",
    "casex", "casez", "cell", "chandle", "checker", "class", "clocking", "cmos", "config", "const", "constraint",
    "context", "continue", "cover", "covergroup", "coverpoint", "cross", "deassign", "default", "defparam", "design",
    "disable", "dist", "do", "edge", "else", "end", "endcase", "endchecker", "endclass", "endclocking", "endconfig",
    "endfunction", "endgenerate", "endgroup", "endinterface", "endmodule", "endpackage", "endprimitive", "endprogram",
    "endproperty", "endsequence", "endspecify", "endtable", "endtask", "enum", "event", "eventually", "expect",
    "export", "extends", "extern", "final", "first_match", "for", "force", "foreach", "forever", "fork", "forkjoin",
    "function", "generate", "genvar", "global", "highz0", "highz1", "if", "iff", "ifnone", "ignore_bins",
    "illegal_bins", "implements", "implies", "import", "incdir", "include", "initial", "inout", "input", "inside",
    "instance", "int", "integer", "interconnect", "interface", "intersect", "join", "join_any", "join_none", "large",
    "let", "liblist", "library", "local", "localparam", "logic", "longint", "macromodule", "matches", "medium",
    "modport", "module", "nand", "negedge", "nettype", "new", "nexttime", "nmos", "nor", "noshowcancelled", "not",
    "notif0", "notif1", "null", "or", "output", "package", "packed", "parameter", "pmos", "posedge", "primitive",
    "priority", "program", "property", "protected", "pull0", "pull1", "pulldown", "pullup", "pulsestyle_ondetect",
    "pulsestyle_onevent", "pure", "rand", "randc", "randcase", "randsequence", "rcmos", "real", "realtime", "ref",
    "reg", "reject_on", "release", "repeat", "restrict", "return", "rnmos", "rpmos", "rtran", "rtranif0", "rtranif1",
    "s_always", "s_eventually", "s_nexttime", "s_until", "s_until_with", "scalared", "sequence", "shortint",
    "shortreal", "showcancelled", "signed", "small", "soft", "solve", "specify", "specparam", "static", "string",
    "strong", "strong0", "strong1", "struct", "super", "supply0", "supply1", "sync_accept_on", "sync_reject_on",
    "table", "tagged", "task", "this", "throughout", "time", "timeprecision", "timeunit", "tran", "tranif0",
    "tranif1", "tri", "tri0", "tri1", "triand", "trior", "trireg", "type", "typedef", "union", "unique", "unique0",
    "unsigned", "until", "until_with", "untyped", "use", "uwire", "var", "vectored", "virtual", "void", "wait",
    "wait_order", "wand", "weak", "weak0", "weak1", "while", "wildcard", "wire", "with", "within", "wor", "xnor",
    "xor",
];

/// Words of C++ and SystemC that Verilator, which makes C++ of the Verilog, warns of.
#[rustfmt::skip]
const CPP_WORDS: &[&str] = &[
    "abort", "alignas", "alignof", "and_eq", "asm", "atomic_cancel", "atomic_commit", "atomic_noexcept", "auto",
    "bit_vector", "bitand", "bitor", "bool", "catch", "cdecl", "char", "char16_t", "char32_t", "compl", "concept",
    "const_cast", "const_iterator", "constexpr", "decltype", "delete", "double", "dynamic_cast", "explicit", "false",
    "far", "float", "friend", "goto", "huge", "inline", "interrupt", "long", "mutable", "namespace", "near",
    "noexcept", "nullptr", "operator", "or_eq", "override", "pascal", "private", "public", "register", "requires",
    "sc_clock", "sc_in", "sc_inout", "sc_out", "sc_signal", "sensitive", "sensitive_neg", "sensitive_pos", "short",
    "sizeof", "static_assert", "static_cast", "std", "switch", "synchronized", "template", "thread_local", "throw",
    "transaction_safe", "transaction_safe_dynamic", "true", "try", "type_info", "typeid", "typename", "uint16_t",
    "uint32_t", "uint8_t", "using", "volatile", "wchar_t", "xor_eq",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_judged() {
        assert_eq!(objection("s_axis_tdata"), None);
        for bad in ["table", "logic", "far", "2x", "a$b", "", "é"] {
            assert!(objection(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn names_are_flattened() {
        assert_eq!(flat("lane$0$sum"), "lane_0_sum");
        assert_eq!(flat("end"), "end_");
    }

    #[test]
    fn indices_of_loops() {
        let loops = [("i".to_owned(), 3), ("j".to_owned(), 5)];
        let resolve = |name| resolve_indices(name, &loops);
        assert_eq!(resolve("a[i]$b[j-1]").as_deref(), Some("a$3$b$4"));
        assert_eq!(resolve("a[(i+1)*2]").as_deref(), Some("a$8"));
        assert_eq!(resolve("a[i][j%2]").as_deref(), Some("a$3$1"));
        assert_eq!(resolve("a[2usize]").as_deref(), Some("a$2"));
        assert_eq!(resolve("plain").as_deref(), Some("plain"));
        for bad in ["a[LANES-1]", "a[i-4]", "a[i/0]", "a[]", "a[i", "a[sel$val()]", "a[i+]"] {
            assert_eq!(resolve(bad), None, "{bad}");
        }
    }
}

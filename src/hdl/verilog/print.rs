//! The text of expressions, statements and processes.

use super::ir::{Binary, Expr, ExprKind, Net, NetId, Stmt, Unary};
use super::schedule::Process;
use std::collections::BTreeMap;

/// One level of indentation.
pub const INDENT: &str = "    ";

/// A named constant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constant {
    /// Verilog name.
    pub name: String,
    /// Value.
    pub value: u128,
    /// Width.
    pub bits: usize,
}

/// What the names in expressions print as.
pub struct Printer<'a> {
    /// Nets by id.
    pub nets: &'a [Net],
    /// Constants by index.
    pub constants: &'a [Constant],
    /// Nets in whose place another is printed.
    pub aliases: &'a BTreeMap<NetId, NetId>,
}

/// A sized literal.
pub fn literal(value: u128, bits: usize) -> String {
    match value {
        _ if bits == 1 => format!("1'b{value}"),
        0..1024 => format!("{bits}'d{value}"),
        _ => format!("{bits}'h{value:x}"),
    }
}

/// `[7:0] `, or nothing for one bit.
pub fn range(bits: usize) -> String {
    match bits {
        1 => String::new(),
        _ => format!("[{}:0]", bits - 1),
    }
}

impl Printer<'_> {
    /// Name of a net, or of the net that is printed in its place.
    pub fn net(&self, net: NetId) -> &str {
        &self.nets[*self.aliases.get(&net).unwrap_or(&net)].name
    }

    /// Bits `low` to `low + bits` of a net.
    pub fn slice(&self, net: NetId, low: usize, bits: usize) -> String {
        let name = self.net(net);
        match bits {
            _ if bits == self.nets[net].bits => name.to_owned(),
            1 => format!("{name}[{low}]"),
            _ => format!("{name}[{}:{low}]", low + bits - 1),
        }
    }

    /// An expression.
    pub fn expression(&self, e: &Expr) -> String {
        match &e.kind {
            ExprKind::Literal(value) => literal(*value, e.bits),
            ExprKind::Constant(index, _) => self.constants[*index].name.clone(),
            ExprKind::Net(net) => self.net(*net).to_owned(),
            ExprKind::Slice(net, low) => self.slice(*net, *low, e.bits),
            ExprKind::Select(net, index) => format!("{}[{}]", self.net(*net), self.expression(index)),
            ExprKind::Concat(operands) => {
                let operands: Vec<String> = operands.iter().map(|operand| self.expression(operand)).collect();
                format!("{{{}}}", operands.join(", "))
            }
            ExprKind::Extend(inner) => format!("{{{}'d0, {}}}", e.bits - inner.bits, self.expression(inner)),
            ExprKind::Unary(op, inner) => {
                let symbol = match op {
                    Unary::Not => '~',
                    Unary::All => '&',
                    Unary::Any => '|',
                    Unary::Xor => '^',
                };
                // Two operators in a row could be read as one: `&~` is nand.
                match inner.kind {
                    ExprKind::Unary(..) => format!("{symbol}({})", self.expression(inner)),
                    _ => format!("{symbol}{}", self.operand(inner)),
                }
            }
            ExprKind::Binary(op @ (Binary::Shl | Binary::Shr), left, right) => {
                // The amount is sized by itself, so a literal needs no width.
                let amount = match right.kind {
                    ExprKind::Literal(value) => value.to_string(),
                    _ => self.operand(right),
                };
                format!("{} {} {amount}", self.operand(left), op.symbol())
            }
            ExprKind::Binary(op, left, right) => {
                format!("{} {} {}", self.operand(left), op.symbol(), self.operand(right))
            }
        }
    }

    /// An operand: in parentheses unless it binds tighter than any operator and reads so.
    fn operand(&self, e: &Expr) -> String {
        let text = self.expression(e);
        match &e.kind {
            ExprKind::Binary(..) => format!("({text})"),
            ExprKind::Unary(Unary::All | Unary::Any | Unary::Xor, _) => format!("({text})"),
            _ => text,
        }
    }

    /// Statements at this depth, one a line.
    pub fn statements(&self, stmts: &[Stmt], depth: usize, out: &mut String) {
        for stmt in stmts {
            out.push_str(&INDENT.repeat(depth));
            self.statement(stmt, depth, out);
        }
    }

    fn statement(&self, stmt: &Stmt, depth: usize, out: &mut String) {
        let indent = INDENT.repeat(depth);
        match stmt {
            Stmt::Assign(target, value) => {
                out.push_str(&format!("{} = {};\n", self.net(*target), self.expression(value)));
            }
            Stmt::AssignSlice(target, low, value) => {
                let target = self.slice(*target, *low, value.bits);
                out.push_str(&format!("{target} = {};\n", self.expression(value)));
            }
            Stmt::Comment(text) => out.push_str(&format!("{}\n", comment(text))),
            Stmt::If(test, then, otherwise) => {
                // An `if` of which only the `else` does anything reads better turned round.
                if then.is_empty() && !otherwise.is_empty() {
                    let not = Expr::unary(Unary::Not, test.clone());
                    return self.statement(&Stmt::If(not, otherwise.clone(), Vec::new()), depth, out);
                }
                out.push_str(&format!("if ({}) begin\n", self.expression(test)));
                self.statements(then, depth + 1, out);
                out.push_str(&format!("{indent}end"));
                match otherwise.as_slice() {
                    [] => out.push('\n'),
                    [chained @ Stmt::If(_, then, _)] if !then.is_empty() => {
                        out.push_str(" else ");
                        self.statement(chained, depth, out);
                    }
                    _ => {
                        out.push_str(" else begin\n");
                        self.statements(otherwise, depth + 1, out);
                        out.push_str(&format!("{indent}end\n"));
                    }
                }
            }
            Stmt::Case(test, arms, default) => {
                out.push_str(&format!("case ({})\n", self.expression(test)));
                let inner = INDENT.repeat(depth + 1);
                let arms = arms.iter().map(|(pattern, body)| (self.expression(pattern), body));
                for (label, body) in arms.chain([("default".to_owned(), default)]) {
                    out.push_str(&format!("{inner}{label}: begin\n"));
                    self.statements(body, depth + 2, out);
                    out.push_str(&format!("{inner}end\n"));
                }
                out.push_str(&format!("{indent}endcase\n"));
            }
        }
    }

    /// A process as a module item.
    pub fn process(&self, process: &Process, out: &mut String) {
        match process {
            Process::Assign(comments, target, value) => {
                for text in comments {
                    out.push_str(&format!("{INDENT}{}\n", comment(text)));
                }
                out.push_str(&format!("{INDENT}assign {} = {};\n", self.net(*target), self.expression(value)));
            }
            Process::Comb(parts, stmts) => {
                out.push_str(&format!("{INDENT}always @(*) begin\n"));
                for &part in parts {
                    let zero = Stmt::Assign(part, Expr::literal(0, self.nets[part].bits));
                    self.statements(&[zero], 2, out);
                }
                self.statements(stmts, 2, out);
                out.push_str(&format!("{INDENT}end\n"));
            }
        }
    }
}

/// A comment line. A backslash at its end would swallow the next line.
fn comment(text: &str) -> String {
    let text = text.trim().trim_end_matches('\\');
    format!("// {text}").trim_end().to_owned()
}

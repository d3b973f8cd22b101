//! From a kernel's syntax, as `#[hdl_gen]` made it, to [`Stmt`]s: names resolved, loops unrolled, constant branches
//! pruned.

use super::collect::literal_value;
use super::error::EmitError;
use super::ir::{Expr, ExprKind, Net, NetId, NetKind, Stmt};
use super::names::resolve_indices;
use rust_hdl::core::ast::{
    VerilogBlock, VerilogBlockOrConditional, VerilogConditional, VerilogExpression, VerilogLink, VerilogLoop,
    VerilogMatch, VerilogStatement,
};
use std::collections::{BTreeMap, HashMap};

/// What a name in a kernel stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Symbol {
    /// A signal.
    Net(NetId),
    /// A named constant: its index, value and width.
    Constant(usize, u128, usize),
}

/// The state of lowering one kernel.
pub struct Lowerer<'a> {
    /// Path of the block, for errors.
    pub module: &'a str,
    /// The nets; parts are appended.
    pub nets: &'a mut Vec<Net>,
    /// Kernel names.
    pub symbols: &'a HashMap<String, Symbol>,
    /// Values of the loop indices, innermost last.
    pub loops: Vec<(String, u64)>,
    /// Assignments of parts that belong before the current statement.
    pub pending: Vec<Stmt>,
    /// What parts of the current statement are named after.
    pub hint: String,
}

impl Lowerer<'_> {
    /// All statements of `block`, in order.
    pub fn block(&mut self, block: &VerilogBlock) -> Result<Vec<Stmt>, EmitError> {
        let mut out = Vec::new();
        for statement in block {
            self.statement(statement, &mut out)?;
        }
        Ok(out)
    }

    fn statement(&mut self, statement: &VerilogStatement, out: &mut Vec<Stmt>) -> Result<(), EmitError> {
        match statement {
            VerilogStatement::Assignment(target, value) => self.assignment(target, value, out)?,
            VerilogStatement::SliceAssignment { base, width, offset, replacement } => {
                let target = self.target(base)?;
                let low = match self.index_constant(offset)? {
                    Some(low) if low as usize + width <= self.nets[target].bits => low as usize,
                    _ => return Err(self.unsupported("an assignment to a field outside its signal")),
                };
                self.hint = self.nets[target].name.clone();
                let value = self.value(replacement, *width, "an assigned field")?;
                out.append(&mut self.pending);
                out.push(Stmt::AssignSlice(target, low, value));
            }
            VerilogStatement::If(conditional) => self.conditional(conditional, out)?,
            VerilogStatement::Match(cases) => self.cases(cases, out)?,
            VerilogStatement::Loop(range) => self.unroll(range, out)?,
            VerilogStatement::Comment(text) => out.push(Stmt::Comment(text.lines().collect::<Vec<_>>().join(" "))),
            VerilogStatement::Link(links) => {
                for link in links {
                    let (target, source) = link_ends(link).ok_or_else(|| self.unsupported("a bidirectional link"))?;
                    let (target, source) = (VerilogExpression::Signal(target), VerilogExpression::Signal(source));
                    self.assignment(&target, &source, out)?;
                }
            }
            VerilogStatement::Macro(block) => out.append(&mut self.block(block)?),
        }
        Ok(())
    }

    fn assignment(
        &mut self,
        target: &VerilogExpression,
        value: &VerilogExpression,
        out: &mut Vec<Stmt>,
    ) -> Result<(), EmitError> {
        let target = self.target(target)?;
        self.hint = self.nets[target].name.clone();
        let what = format!("assignment to {}", self.hint);
        let value = self.value(value, self.nets[target].bits, &what)?;
        out.append(&mut self.pending);
        out.push(Stmt::Assign(target, value));
        Ok(())
    }

    /// An expression that must have `bits` bits.
    fn value(&mut self, value: &VerilogExpression, bits: usize, what: &str) -> Result<Expr, EmitError> {
        let value = self.expression(value, Some(bits))?;
        if value.bits != bits {
            let (module, what) = (self.module.to_owned(), what.to_owned());
            return Err(EmitError::Width { module, what, left: bits, right: value.bits });
        }
        Ok(value)
    }

    fn conditional(&mut self, conditional: &VerilogConditional, out: &mut Vec<Stmt>) -> Result<(), EmitError> {
        self.hint = "condition".to_owned();
        let test = self.value(&conditional.test, 1, "condition")?;
        // Parts of the condition come before the `if`; those of an `else if` too: nothing that runs until its condition
        // is evaluated can change what they read.
        out.append(&mut self.pending);
        match test.evaluate(&BTreeMap::new()) {
            Some(0) => self.otherwise(&conditional.otherwise, out),
            Some(_) => {
                out.append(&mut self.block(&conditional.then)?);
                Ok(())
            }
            None => {
                let then = self.block(&conditional.then)?;
                let mut otherwise = Vec::new();
                self.otherwise(&conditional.otherwise, &mut otherwise)?;
                let chained = matches!(conditional.otherwise, VerilogBlockOrConditional::Conditional(_));
                if chained {
                    let chain = otherwise.iter().position(|s| matches!(s, Stmt::If(..))).unwrap_or(0);
                    let parts = |s: &Stmt| matches!(s, Stmt::Assign(net, _) if self.nets[*net].kind == NetKind::Part);
                    if otherwise[..chain].iter().all(parts) {
                        out.extend(otherwise.drain(..chain));
                    }
                }
                out.push(Stmt::If(test, then, otherwise));
                Ok(())
            }
        }
    }

    fn otherwise(&mut self, otherwise: &VerilogBlockOrConditional, out: &mut Vec<Stmt>) -> Result<(), EmitError> {
        match otherwise {
            VerilogBlockOrConditional::Block(block) => out.append(&mut self.block(block)?),
            VerilogBlockOrConditional::Conditional(statement) => self.statement(statement, out)?,
            VerilogBlockOrConditional::None => {}
        }
        Ok(())
    }

    fn cases(&mut self, cases: &VerilogMatch, out: &mut Vec<Stmt>) -> Result<(), EmitError> {
        self.hint = "case".to_owned();
        let test = self.expression(&cases.test, None)?;
        out.append(&mut self.pending);
        let mut arms = Vec::new();
        let mut default = None;
        for case in &cases.cases {
            if case.condition == "default" {
                default = Some(self.block(&case.block)?);
                break;
            }
            let pattern = self.pattern(&case.condition, test.bits)?;
            arms.push((pattern, self.block(&case.block)?));
        }
        // Rust has checked that the match is exhaustive: without a wildcard the last arm is all that remains. Making it
        // the default is what keeps encodings that no variant has from holding old values.
        let default = match default {
            Some(default) => default,
            None => arms.pop().map(|(_, body)| body).unwrap_or_default(),
        };
        let none = BTreeMap::new();
        match test.evaluate(&none) {
            Some(value) => match arms.into_iter().find(|(pattern, _)| pattern.evaluate(&none) == Some(value)) {
                Some((_, body)) => out.extend(body),
                None => out.extend(default),
            },
            None if arms.is_empty() => out.extend(default),
            None => out.push(Stmt::Case(test, arms, default)),
        }
        Ok(())
    }

    fn pattern(&mut self, text: &str, bits: usize) -> Result<Expr, EmitError> {
        let value = match text {
            "true" => Some(1),
            "false" => Some(0),
            _ => text.replace('_', "").parse::<u128>().ok(),
        };
        match value {
            Some(value) => self.literal(value, bits),
            None => {
                let value = self.signal(text, Some(bits))?;
                match value.kind {
                    ExprKind::Constant(..) if value.bits == bits => Ok(value),
                    ExprKind::Constant(..) => {
                        let (module, what) = (self.module.to_owned(), format!("pattern {text:?}"));
                        Err(EmitError::Width { module, what, left: bits, right: value.bits })
                    }
                    _ => Err(self.unsupported(&format!("the pattern {text:?}, which is no constant"))),
                }
            }
        }
    }

    fn unroll(&mut self, range: &VerilogLoop, out: &mut Vec<Stmt>) -> Result<(), EmitError> {
        if self.symbols.contains_key(&range.index) {
            return Err(EmitError::LoopIndex { module: self.module.to_owned(), name: range.index.clone() });
        }
        let bound = |literal| literal_value(literal).and_then(|(value, _)| u64::try_from(value).ok());
        let (Some(from), Some(to)) = (bound(&range.from), bound(&range.to)) else {
            return Err(self.unsupported("a loop bound that is no natural number"));
        };
        for value in from..to {
            self.loops.push((range.index.clone(), value));
            let body = self.block(&range.block);
            self.loops.pop();
            out.append(&mut body?);
        }
        Ok(())
    }

    /// The net that an assignment's left side names.
    fn target(&mut self, target: &VerilogExpression) -> Result<NetId, EmitError> {
        let VerilogExpression::Signal(name) = target else {
            return Err(self.unsupported("an assignment to an expression"));
        };
        let name = name.strip_suffix("$next").unwrap_or(name);
        match self.symbol(name)? {
            Symbol::Net(net)
                if matches!(self.nets[net].kind, NetKind::Output | NetKind::Local | NetKind::ChildInput) =>
            {
                Ok(net)
            }
            _ => Err(EmitError::NotAssignable { module: self.module.to_owned(), signal: name.to_owned() }),
        }
    }

    /// What `name`, with array indices, stands for.
    pub fn symbol(&self, name: &str) -> Result<Symbol, EmitError> {
        let module = || self.module.to_owned();
        let resolved = resolve_indices(name, &self.loops)
            .ok_or_else(|| EmitError::ArrayIndex { module: module(), name: name.to_owned() })?;
        if let Some(symbol) = self.symbols.get(&resolved) {
            return Ok(*symbol);
        }
        // A variant written with a longer path, `module::State::Run`.
        let short = resolved.rmatch_indices('$').nth(1).map(|(at, _)| &resolved[at + 1..]);
        match short.and_then(|short| self.symbols.get(short)) {
            Some(symbol @ Symbol::Constant(..)) => Ok(*symbol),
            _ => Err(EmitError::UnknownName { module: module(), name: resolved }),
        }
    }

    /// The error for `what`.
    pub fn unsupported(&self, what: &str) -> EmitError {
        EmitError::Unsupported { module: self.module.to_owned(), what: what.to_owned() }
    }

    /// A new net for a part of the current statement's expressions.
    pub fn part(&mut self, value: Expr) -> NetId {
        let net = self.nets.len();
        // The final name, free of collisions, is given when all nets are known.
        self.nets.push(Net {
            name: format!("{}_part", self.hint),
            bits: value.bits,
            kind: NetKind::Part,
            clock: false,
        });
        self.pending.push(Stmt::Assign(net, value));
        net
    }
}

/// Target and source of a link or join.
fn link_ends(link: &VerilogLink) -> Option<(String, String)> {
    let (target, source, my_name) = match link {
        VerilogLink::Forward(link) => (&link.other_name, &link.owner_name, &link.my_name),
        VerilogLink::Backward(link) => (&link.owner_name, &link.other_name, &link.my_name),
        VerilogLink::Bidirectional(_) => return None,
    };
    let field = my_name.replace('.', "$");
    Some((format!("{target}{field}"), format!("{source}{field}")))
}

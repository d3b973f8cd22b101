//! The printer's own form of a kernel: every expression has a width, names are resolved, loops are unrolled.
//!
//! The one rule that makes simulation and Verilog agree: in every expression the operands have just the width that
//! Verilog's context gives them, so nothing is ever extended or truncated but by [`ExprKind::Extend`] and
//! [`ExprKind::Slice`].

use std::collections::{BTreeMap, BTreeSet};

/// Widest expression; ports may be wider where they are only passed on.
pub const MAX_BITS: usize = 128;

/// Index into the nets of a module.
pub type NetId = usize;

/// What a net is to the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetKind {
    /// Input port.
    Input,
    /// Output port.
    Output,
    /// `Signal<Local, _>`.
    Local,
    /// Input of a sub-block or primitive.
    ChildInput,
    /// Output of a sub-block or primitive.
    ChildOutput,
    /// Value of a sub-expression that Verilog can select from only by name.
    Part,
}

/// A named signal of a module.
#[derive(Clone, Debug)]
pub struct Net {
    /// Verilog name.
    pub name: String,
    /// Width.
    pub bits: usize,
    /// Role.
    pub kind: NetKind,
    /// Of type `Clock`.
    pub clock: bool,
}

/// Operators of one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unary {
    /// Bitwise not.
    Not,
    /// And of all bits.
    All,
    /// Or of all bits.
    Any,
    /// Parity.
    Xor,
}

/// Operators of two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Binary {
    Add,
    Sub,
    And,
    Or,
    Xor,
    LogicalAnd,
    LogicalOr,
    Shl,
    Shr,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    /// Only in indices, by a constant.
    Mul,
}

impl Binary {
    /// The operator in Verilog.
    pub fn symbol(self) -> &'static str {
        match self {
            Binary::Add => "+",
            Binary::Sub => "-",
            Binary::And => "&",
            Binary::Or => "|",
            Binary::Xor => "^",
            Binary::LogicalAnd => "&&",
            Binary::LogicalOr => "||",
            Binary::Shl => "<<",
            Binary::Shr => ">>",
            Binary::Eq => "==",
            Binary::Ne => "!=",
            Binary::Lt => "<",
            Binary::Le => "<=",
            Binary::Gt => ">",
            Binary::Ge => ">=",
            Binary::Mul => "*",
        }
    }

    /// The result is one bit, whatever the operands.
    pub fn is_comparison(self) -> bool {
        matches!(self, Binary::Eq | Binary::Ne | Binary::Lt | Binary::Le | Binary::Gt | Binary::Ge)
    }
}

/// An expression of known width.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expr {
    /// Width of the value.
    pub bits: usize,
    /// How it is made.
    pub kind: ExprKind,
}

/// How an expression is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExprKind {
    /// A literal.
    Literal(u128),
    /// A named constant: index into the module's constants.
    Constant(usize, u128),
    /// A net.
    Net(NetId),
    /// The bits of a net from this one upwards, all within the net.
    Slice(NetId, usize),
    /// One bit of a net, at an index that cannot leave it.
    Select(NetId, Box<Expr>),
    /// Operator of one operand.
    Unary(Unary, Box<Expr>),
    /// Operator of two operands.
    Binary(Binary, Box<Expr>, Box<Expr>),
    /// The narrower operand with zeros above.
    Extend(Box<Expr>),
    /// The operands side by side, the most significant first.
    Concat(Vec<Expr>),
}

impl Expr {
    /// A literal.
    pub fn literal(value: u128, bits: usize) -> Expr {
        Expr { bits, kind: ExprKind::Literal(value) }
    }

    /// Operator of two operands, of the width of the result.
    pub fn binary(op: Binary, left: Expr, right: Expr) -> Expr {
        let one = op.is_comparison() || matches!(op, Binary::LogicalAnd | Binary::LogicalOr);
        Expr { bits: if one { 1 } else { left.bits }, kind: ExprKind::Binary(op, Box::new(left), Box::new(right)) }
    }

    /// Operator of one operand.
    pub fn unary(op: Unary, operand: Expr) -> Expr {
        let bits = if op == Unary::Not { operand.bits } else { 1 };
        Expr { bits, kind: ExprKind::Unary(op, Box::new(operand)) }
    }

    /// The value with zeros above, up to `bits`.
    pub fn extend(self, bits: usize) -> Expr {
        match self.kind {
            _ if self.bits == bits => self,
            ExprKind::Literal(value) => Expr::literal(value, bits),
            ExprKind::Extend(inner) => inner.extend(bits),
            _ => Expr { bits, kind: ExprKind::Extend(Box::new(self)) },
        }
    }

    /// The or of two values as a concatenation, where they are fields put side by side: `{4'd0, a} | ({4'd0, b} << 4)`.
    pub fn side_by_side(left: &Expr, right: &Expr) -> Option<Expr> {
        let bits = left.bits;
        let mut fields = left.fields()?;
        fields.extend(right.fields()?);
        fields.sort_by_key(|(low, _)| *low);
        let mut operands = Vec::new();
        let mut at = 0;
        for (low, field) in fields {
            match low.checked_sub(at)? {
                0 => {}
                gap => operands.push(Expr::literal(0, gap)),
            }
            at = low + field.bits;
            operands.push(field);
        }
        match bits.checked_sub(at)? {
            0 => {}
            gap => operands.push(Expr::literal(0, gap)),
        }
        operands.reverse();
        Some(Expr { bits, kind: ExprKind::Concat(operands) })
    }

    /// The parts of the value that may be other than zero, with their positions, where they are whole fields.
    fn fields(&self) -> Option<Vec<(usize, Expr)>> {
        let extended = |e: &Expr, low: usize| match &e.kind {
            ExprKind::Extend(inner) => Some(vec![(low, (**inner).clone())]),
            _ => None,
        };
        match &self.kind {
            ExprKind::Extend(_) => extended(self, 0),
            ExprKind::Binary(Binary::Shl, value, amount) => match amount.kind {
                ExprKind::Literal(amount) => extended(value, usize::try_from(amount).ok()?),
                _ => None,
            },
            ExprKind::Concat(operands) => {
                let mut at = 0;
                let mut fields = Vec::new();
                for operand in operands.iter().rev() {
                    if operand.kind != ExprKind::Literal(0) {
                        fields.push((at, operand.clone()));
                    }
                    at += operand.bits;
                }
                Some(fields)
            }
            _ => None,
        }
    }

    /// Calls `visit` with every net read, its lowest bit read and the number of bits.
    pub fn reads(&self, nets: &[Net], visit: &mut dyn FnMut(NetId, usize, usize)) {
        match &self.kind {
            ExprKind::Literal(_) | ExprKind::Constant(..) => {}
            ExprKind::Net(net) => visit(*net, 0, self.bits),
            ExprKind::Slice(net, low) => visit(*net, *low, self.bits),
            ExprKind::Select(net, index) => {
                visit(*net, 0, nets[*net].bits);
                index.reads(nets, visit);
            }
            ExprKind::Unary(_, operand) | ExprKind::Extend(operand) => operand.reads(nets, visit),
            ExprKind::Concat(operands) => operands.iter().for_each(|operand| operand.reads(nets, visit)),
            ExprKind::Binary(_, left, right) => {
                left.reads(nets, visit);
                right.reads(nets, visit);
            }
        }
    }

    /// Calls `visit` with the index of every named constant.
    pub fn constants(&self, visit: &mut dyn FnMut(usize)) {
        match &self.kind {
            ExprKind::Constant(index, _) => visit(*index),
            ExprKind::Literal(_) | ExprKind::Net(_) | ExprKind::Slice(..) => {}
            ExprKind::Select(_, operand) | ExprKind::Unary(_, operand) | ExprKind::Extend(operand) => {
                operand.constants(visit);
            }
            ExprKind::Concat(operands) => operands.iter().for_each(|operand| operand.constants(visit)),
            ExprKind::Binary(_, left, right) => {
                left.constants(visit);
                right.constants(visit);
            }
        }
    }

    /// The value, where it depends on constants and on nets with a value in `known` only, within [`MAX_BITS`].
    pub fn evaluate(&self, known: &BTreeMap<NetId, u128>) -> Option<u128> {
        if self.bits > MAX_BITS {
            return None;
        }
        let mask = mask(self.bits);
        Some(match &self.kind {
            ExprKind::Literal(value) | ExprKind::Constant(_, value) => *value,
            ExprKind::Net(net) => *known.get(net)?,
            ExprKind::Slice(net, low) => (known.get(net)? >> low) & mask,
            ExprKind::Select(net, index) => (known.get(net)? >> index.evaluate(known)?) & 1,
            ExprKind::Extend(operand) => operand.evaluate(known)?,
            ExprKind::Concat(operands) => operands.iter().try_fold(0u128, |value, operand| {
                let low = operand.evaluate(known)?;
                Some(value.checked_shl(operand.bits as u32).unwrap_or(0) | low)
            })?,
            ExprKind::Unary(op, operand) => {
                let value = operand.evaluate(known)?;
                match op {
                    Unary::Not => !value & mask,
                    Unary::All => (value == self::mask(operand.bits)) as u128,
                    Unary::Any => (value != 0) as u128,
                    Unary::Xor => (value.count_ones() & 1) as u128,
                }
            }
            ExprKind::Binary(op, left, right) => {
                let (a, b) = (left.evaluate(known)?, right.evaluate(known)?);
                let shift = |value: Option<u128>| value.unwrap_or(0) & mask;
                let amount = u32::try_from(b).ok();
                match op {
                    Binary::Add => a.wrapping_add(b) & mask,
                    Binary::Sub => a.wrapping_sub(b) & mask,
                    Binary::Mul => a.wrapping_mul(b) & mask,
                    Binary::And => a & b,
                    Binary::Or => a | b,
                    Binary::Xor => a ^ b,
                    Binary::LogicalAnd => a & b,
                    Binary::LogicalOr => a | b,
                    Binary::Shl => shift(amount.and_then(|n| a.checked_shl(n))),
                    Binary::Shr => shift(amount.and_then(|n| a.checked_shr(n))),
                    Binary::Eq => (a == b) as u128,
                    Binary::Ne => (a != b) as u128,
                    Binary::Lt => (a < b) as u128,
                    Binary::Le => (a <= b) as u128,
                    Binary::Gt => (a > b) as u128,
                    Binary::Ge => (a >= b) as u128,
                }
            }
        })
    }
}

/// All ones in `bits` bits.
pub fn mask(bits: usize) -> u128 {
    match bits {
        0 => 0,
        128.. => u128::MAX,
        _ => (1 << bits) - 1,
    }
}

/// Bits that `value` needs, at least one.
pub fn width_of(value: u128) -> usize {
    (128 - value.leading_zeros()).max(1) as usize
}

/// A statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stmt {
    /// `target = value`.
    Assign(NetId, Expr),
    /// `target[low +: value.bits] = value`.
    AssignSlice(NetId, usize, Expr),
    /// `if`, with an `else` that may be empty.
    If(Expr, Vec<Stmt>, Vec<Stmt>),
    /// `case`; the last part is the default.
    Case(Expr, Vec<(Expr, Vec<Stmt>)>, Vec<Stmt>),
    /// A comment from the kernel.
    Comment(String),
}

impl Stmt {
    /// The nets assigned.
    pub fn targets(&self, into: &mut BTreeSet<NetId>) {
        match self {
            Stmt::Assign(target, _) | Stmt::AssignSlice(target, ..) => {
                into.insert(*target);
            }
            Stmt::If(_, then, otherwise) => then.iter().chain(otherwise).for_each(|s| s.targets(into)),
            Stmt::Case(_, arms, default) => {
                arms.iter().flat_map(|(_, body)| body).chain(default).for_each(|s| s.targets(into));
            }
            Stmt::Comment(_) => {}
        }
    }

    /// Calls `visit` with every expression that is evaluated.
    pub fn expressions<'a>(&'a self, visit: &mut dyn FnMut(&'a Expr)) {
        match self {
            Stmt::Assign(_, value) | Stmt::AssignSlice(_, _, value) => visit(value),
            Stmt::If(test, then, otherwise) => {
                visit(test);
                then.iter().chain(otherwise).for_each(|s| s.expressions(visit));
            }
            Stmt::Case(test, arms, default) => {
                visit(test);
                for (pattern, body) in arms {
                    visit(pattern);
                    body.iter().for_each(|s| s.expressions(visit));
                }
                default.iter().for_each(|s| s.expressions(visit));
            }
            Stmt::Comment(_) => {}
        }
    }
}

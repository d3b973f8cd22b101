//! Expressions of a kernel: widths found, literals sized, casts and slices made explicit.
//!
//! | kernel | printed as |
//! |---|---|
//! | literal | sized by the other operand or the target |
//! | cast to more bits | `{3'd0, x}` |
//! | cast to fewer bits, constant slice | `x[4:0]`, pushed down to the signals where that is exact, else of a named part |
//! | slice or bit at a signal's index | a shift, so that bits beyond the top are zero |
//! | slice beyond the top | the bits there are, with zeros above |

use super::collect::literal_value;
use super::error::EmitError;
use super::ir::{mask, width_of, Binary, Expr, ExprKind, Unary, MAX_BITS};
use super::lower::{Lowerer, Symbol};
use rust_hdl::core::ast::{VerilogExpression, VerilogOp, VerilogOpUnary};
use std::collections::BTreeMap;

/// An index or offset.
enum Index {
    Constant(u128),
    Dynamic(Expr),
}

impl Lowerer<'_> {
    /// `e`, whose literals have `expect` bits where nothing nearer tells.
    pub fn expression(&mut self, e: &VerilogExpression, expect: Option<usize>) -> Result<Expr, EmitError> {
        if let Some(value) = self.index_constant(e)? {
            let bits = self.width(e)?.or(expect).ok_or_else(|| self.unsupported("a literal of unknown width"))?;
            return self.literal(value, bits);
        }
        match e {
            VerilogExpression::Signal(name) => self.signal(name, expect),
            VerilogExpression::Literal(_) => Err(self.unsupported("a negative or very large literal")),
            VerilogExpression::Paren(inner) => self.expression(inner, expect),
            VerilogExpression::Cast(inner, bits) => {
                self.check_bits("a cast", *bits)?;
                let inner = self.expression(inner, Some(*bits))?;
                Ok(self.extract(inner, 0, *bits))
            }
            VerilogExpression::Unary(op, inner) => self.unary(op, inner, expect),
            VerilogExpression::Binary(left, op, right) => self.binary(left, op, right, expect),
            VerilogExpression::Index(base, index) => {
                let base = self.expression(base, None)?;
                match self.index(index)? {
                    Index::Constant(index) if index < base.bits as u128 => Ok(self.extract(base, index as usize, 1)),
                    Index::Constant(_) => Ok(Expr::literal(0, 1)),
                    Index::Dynamic(index) => Ok(select(base, index)),
                }
            }
            VerilogExpression::Slice(base, bits, offset) => {
                self.check_bits("a slice", *bits)?;
                let base = self.expression(base, None)?;
                match self.index(offset)? {
                    Index::Constant(low) if low < base.bits as u128 => Ok(self.extract(base, low as usize, *bits)),
                    Index::Constant(_) => Ok(Expr::literal(0, *bits)),
                    Index::Dynamic(low) => Ok(self.extract(Expr::binary(Binary::Shr, base, low), 0, *bits)),
                }
            }
            VerilogExpression::IndexReplace(base, index, value) => {
                let base = self.expression(base, expect)?;
                let value = self.expression(value, Some(1))?;
                self.agree("replace_bit", 1, value.bits)?;
                let index = self.index(index)?;
                Ok(replace_bit(base, index, value))
            }
            VerilogExpression::Signed(_) | VerilogExpression::Unsigned(_) => {
                Err(self.unsupported("a signed expression"))
            }
        }
    }

    /// A signal, a constant or a loop index.
    pub fn signal(&mut self, name: &str, expect: Option<usize>) -> Result<Expr, EmitError> {
        if let Some((_, value)) = self.loops.iter().rev().find(|(index, _)| index == name) {
            let value = u128::from(*value);
            let bits = expect.ok_or_else(|| self.unsupported("a loop index of unknown width"))?;
            return self.literal(value, bits);
        }
        Ok(match self.symbol(name)? {
            Symbol::Net(net) => Expr { bits: self.nets[net].bits, kind: ExprKind::Net(net) },
            Symbol::Constant(index, value, bits) => Expr { bits, kind: ExprKind::Constant(index, value) },
        })
    }

    /// A literal that must fit.
    pub fn literal(&self, value: u128, bits: usize) -> Result<Expr, EmitError> {
        if width_of(value) > bits {
            return Err(EmitError::Literal { module: self.module.to_owned(), value, bits });
        }
        Ok(Expr::literal(value, bits))
    }

    /// The value of an expression of literals and loop indices only.
    pub fn index_constant(&self, e: &VerilogExpression) -> Result<Option<u128>, EmitError> {
        Ok(match e {
            VerilogExpression::Literal(literal) => literal_value(literal).map(|(value, _)| value),
            VerilogExpression::Signal(name) => {
                self.loops.iter().rev().find(|(index, _)| index == name).map(|(_, value)| u128::from(*value))
            }
            VerilogExpression::Paren(inner) => self.index_constant(inner)?,
            VerilogExpression::Binary(left, op, right) => {
                let (Some(a), Some(b)) = (self.index_constant(left)?, self.index_constant(right)?) else {
                    return Ok(None);
                };
                let value = match op {
                    VerilogOp::Add => a.checked_add(b),
                    VerilogOp::Sub => a.checked_sub(b),
                    VerilogOp::Mul => a.checked_mul(b),
                    _ => return Ok(None),
                };
                Some(value.ok_or_else(|| self.unsupported("constant arithmetic that overflows"))?)
            }
            _ => None,
        })
    }

    /// The width that `e` has by itself; `None` for literals and loop indices.
    fn width(&self, e: &VerilogExpression) -> Result<Option<usize>, EmitError> {
        Ok(match e {
            VerilogExpression::Signal(name) if self.loops.iter().any(|(index, _)| index == name) => None,
            VerilogExpression::Signal(name) => Some(match self.symbol(name)? {
                Symbol::Net(net) => self.nets[net].bits,
                Symbol::Constant(_, _, bits) => bits,
            }),
            // Only `bool` makes a literal of one bit; integers come as 32 or 64 whatever they are used as.
            VerilogExpression::Literal(literal) => {
                literal_value(literal).map(|(_, bits)| bits).filter(|&bits| bits == 1)
            }
            VerilogExpression::Cast(_, bits) | VerilogExpression::Slice(_, bits, _) => Some(*bits),
            VerilogExpression::Paren(inner) => self.width(inner)?,
            VerilogExpression::Unary(VerilogOpUnary::Not, inner) => self.width(inner)?,
            VerilogExpression::Unary(..) | VerilogExpression::Index(..) => Some(1),
            VerilogExpression::IndexReplace(base, ..) => self.width(base)?,
            VerilogExpression::Binary(left, op, right) => match op {
                VerilogOp::Shl | VerilogOp::Shr => self.width(left)?,
                _ if operator(op).is_comparison() => Some(1),
                VerilogOp::LogicalAnd | VerilogOp::LogicalOr => Some(1),
                _ => match self.width(left)? {
                    Some(bits) => Some(bits),
                    None => self.width(right)?,
                },
            },
            VerilogExpression::Signed(_) | VerilogExpression::Unsigned(_) => None,
        })
    }

    fn unary(
        &mut self,
        op: &VerilogOpUnary,
        inner: &VerilogExpression,
        expect: Option<usize>,
    ) -> Result<Expr, EmitError> {
        let op = match op {
            VerilogOpUnary::Not => return Ok(Expr::unary(Unary::Not, self.expression(inner, expect)?)),
            VerilogOpUnary::All => Unary::All,
            VerilogOpUnary::Any => Unary::Any,
            VerilogOpUnary::Xor => Unary::Xor,
            VerilogOpUnary::Neg => return Err(self.unsupported("a negation")),
        };
        let inner = self.expression(inner, None)?;
        Ok(if inner.bits == 1 { inner } else { Expr::unary(op, inner) })
    }

    fn binary(
        &mut self,
        left: &VerilogExpression,
        op: &VerilogOp,
        right: &VerilogExpression,
        expect: Option<usize>,
    ) -> Result<Expr, EmitError> {
        let op = operator(op);
        match op {
            Binary::Mul => Err(self.unsupported("a multiplication")),
            Binary::Shl | Binary::Shr => {
                let value = self.expression(left, expect)?;
                let amount = match self.index_constant(right)? {
                    Some(0) => return Ok(value),
                    Some(amount) if amount >= value.bits as u128 => return Ok(Expr::literal(0, value.bits)),
                    Some(amount) => Expr::literal(amount, width_of(amount)),
                    None => self.amount(right)?,
                };
                Ok(Expr::binary(op, value, amount))
            }
            _ => {
                let own = match self.width(left)? {
                    Some(bits) => Some(bits),
                    None => self.width(right)?,
                };
                let expect = match op {
                    Binary::LogicalAnd | Binary::LogicalOr => Some(1),
                    _ if op.is_comparison() => own,
                    _ => own.or(expect),
                };
                let (left, right) = (self.expression(left, expect)?, self.expression(right, expect)?);
                self.agree(&format!("operands of {}", op.symbol()), left.bits, right.bits)?;
                if matches!(op, Binary::LogicalAnd | Binary::LogicalOr) {
                    self.agree(&format!("operands of {}", op.symbol()), 1, left.bits)?;
                }
                if let (Binary::Add | Binary::Sub | Binary::Or | Binary::Xor, ExprKind::Literal(0)) = (op, &right.kind)
                {
                    return Ok(left);
                }
                let simpler = match op {
                    Binary::Or => Expr::side_by_side(&left, &right),
                    _ => compare_with_limit(op, &left, &right),
                };
                Ok(simpler.unwrap_or_else(|| Expr::binary(op, left, right)))
            }
        }
    }

    /// A shift by a signal: no arithmetic, which as in [`Self::index`] could be that of the signal or of `usize`.
    fn amount(&mut self, e: &VerilogExpression) -> Result<Expr, EmitError> {
        match e {
            VerilogExpression::Paren(inner) => self.amount(inner),
            VerilogExpression::Signal(_) | VerilogExpression::Cast(..) | VerilogExpression::Slice(..) => {
                self.expression(e, None)
            }
            _ => Err(self.unsupported("a shift by what is no signal, cast or slice (assign it to a Local)")),
        }
    }

    /// An index: a constant, a signal, a cast or slice, or a sum or constant multiple of those. Other arithmetic is
    /// refused, because the translation drops `.index()`: `(a + b).index()` wraps at the width of `a`, `(a.index() +
    /// b.index())` does not, and both arrive here as the same parenthesised sum.
    fn index(&mut self, e: &VerilogExpression) -> Result<Index, EmitError> {
        if let Some(value) = self.index_constant(e)? {
            return Ok(Index::Constant(value));
        }
        let mut inner = e;
        while let VerilogExpression::Paren(next) = inner {
            inner = next;
        }
        let dynamic = match inner {
            VerilogExpression::Signal(_) | VerilogExpression::Cast(..) | VerilogExpression::Slice(..) => {
                self.expression(inner, None)?
            }
            VerilogExpression::Binary(left, VerilogOp::Add | VerilogOp::Mul, right) if std::ptr::eq(inner, e) => {
                let VerilogExpression::Binary(_, op, _) = inner else { unreachable!() };
                let op = operator(op);
                let (left, right) = (self.index(left)?, self.index(right)?);
                if op == Binary::Mul && matches!((&left, &right), (Index::Dynamic(_), Index::Dynamic(_))) {
                    return Err(self.unsupported("a product of signals in an index"));
                }
                let limit = |index: &Index| match index {
                    Index::Constant(value) => *value,
                    Index::Dynamic(e) => mask(e.bits),
                };
                let limit = match op {
                    Binary::Mul => limit(&left).checked_mul(limit(&right)),
                    _ => limit(&left).checked_add(limit(&right)),
                };
                let Some(limit) = limit.filter(|&limit| limit <= usize::MAX as u128) else {
                    return Err(self.unsupported("index arithmetic that may overflow"));
                };
                let bits = width_of(limit);
                let operand = |index| match index {
                    Index::Constant(value) => Expr::literal(value, bits),
                    Index::Dynamic(e) => e.extend(bits),
                };
                Expr::binary(op, operand(left), operand(right))
            }
            _ => {
                return Err(self.unsupported(
                    "an index that is no signal, cast, slice or sum of those and constants (assign it to a Local)",
                ))
            }
        };
        Ok(match dynamic.evaluate(&BTreeMap::new()) {
            Some(value) => Index::Constant(value),
            None => Index::Dynamic(dynamic),
        })
    }

    fn agree(&self, what: &str, left: usize, right: usize) -> Result<(), EmitError> {
        if left != right {
            return Err(EmitError::Width { module: self.module.to_owned(), what: what.to_owned(), left, right });
        }
        Ok(())
    }

    fn check_bits(&self, what: &str, bits: usize) -> Result<(), EmitError> {
        if bits == 0 {
            return Err(EmitError::Bits { module: self.module.to_owned(), what: what.to_owned(), bits });
        }
        Ok(())
    }

    /// Bits `low` to `low + bits` of `e`, zero where `e` has none; `low` is within `e`.
    fn extract(&mut self, e: Expr, low: usize, bits: usize) -> Expr {
        if low >= e.bits {
            return Expr::literal(0, bits);
        }
        if low + bits > e.bits {
            let there = e.bits - low;
            return self.extract(e, low, there).extend(bits);
        }
        if low == 0 && bits == e.bits {
            return e;
        }
        match e.kind {
            ExprKind::Net(net) => Expr { bits, kind: ExprKind::Slice(net, low) },
            ExprKind::Slice(net, base) => Expr { bits, kind: ExprKind::Slice(net, base + low) },
            ExprKind::Literal(value) | ExprKind::Constant(_, value) => {
                Expr::literal(value.checked_shr(low as u32).unwrap_or(0) & mask(bits), bits)
            }
            ExprKind::Extend(inner) => self.extract(*inner, low, bits),
            ExprKind::Concat(operands) if within(&operands, low, bits).is_some() => {
                let (operand, low) = within(&operands, low, bits).unwrap_or((0, 0));
                self.extract(operands[operand].clone(), low, bits)
            }
            ExprKind::Unary(Unary::Not, inner) => Expr::unary(Unary::Not, self.extract(*inner, low, bits)),
            ExprKind::Binary(op @ (Binary::And | Binary::Or | Binary::Xor), left, right) => {
                Expr::binary(op, self.extract(*left, low, bits), self.extract(*right, low, bits))
            }
            // The low bits of a sum depend on the low bits of its operands only.
            ExprKind::Binary(op @ (Binary::Add | Binary::Sub), left, right) if low == 0 => {
                Expr::binary(op, self.extract(*left, 0, bits), self.extract(*right, 0, bits))
            }
            ExprKind::Binary(Binary::Shl, value, amount) if low == 0 => {
                Expr { bits, kind: ExprKind::Binary(Binary::Shl, Box::new(self.extract(*value, 0, bits)), amount) }
            }
            ExprKind::Binary(Binary::Shl, value, amount) if constant_amount(&amount).is_some_and(|n| n <= low) => {
                let amount = constant_amount(&amount).unwrap_or(0);
                self.extract(*value, low - amount, bits)
            }
            ExprKind::Binary(Binary::Shr, value, amount) if constant_amount(&amount).is_some() => {
                let amount = constant_amount(&amount).unwrap_or(0);
                self.extract(*value, low + amount, bits)
            }
            kind => {
                let net = self.part(Expr { bits: e.bits, kind });
                Expr { bits, kind: ExprKind::Slice(net, low) }
            }
        }
    }
}

/// The one operand of a concatenation that bits `low` to `low + bits` are of, and their place in it.
fn within(operands: &[Expr], low: usize, bits: usize) -> Option<(usize, usize)> {
    let mut at = 0;
    for (i, operand) in operands.iter().enumerate().rev() {
        if low >= at && low + bits <= at + operand.bits {
            return Some((i, low - at));
        }
        at += operand.bits;
    }
    None
}

/// The number of places of a shift by a literal.
fn constant_amount(amount: &Expr) -> Option<usize> {
    match amount.kind {
        ExprKind::Literal(value) => usize::try_from(value).ok(),
        _ => None,
    }
}

/// One bit of `base`; zero beyond its top.
fn select(base: Expr, index: Expr) -> Expr {
    if let ExprKind::Net(net) = base.kind {
        if base.bits.is_power_of_two() && base.bits > 1 && base.bits.trailing_zeros() as usize == index.bits {
            return Expr { bits: 1, kind: ExprKind::Select(net, Box::new(index)) };
        }
    }
    let bits = base.bits;
    let shifted = Expr::binary(Binary::Shr, base, index);
    if bits == 1 {
        return shifted;
    }
    Expr::unary(Unary::Any, Expr::binary(Binary::And, shifted, Expr::literal(1, bits)))
}

/// `base` with the bit at `index` replaced; `base` itself where the index is beyond its top.
fn replace_bit(base: Expr, index: Index, value: Expr) -> Expr {
    let bits = base.bits;
    let one = Expr::literal(1, bits);
    if let (Index::Constant(at), ExprKind::Literal(value), true) = (&index, &value.kind, bits <= MAX_BITS) {
        return match (*at < bits as u128, value) {
            (false, _) => base,
            (true, 0) => Expr::binary(Binary::And, base, Expr::literal(mask(bits) & !(1 << at), bits)),
            (true, _) => Expr::binary(Binary::Or, base, Expr::literal(1 << at, bits)),
        };
    }
    let (keep, put) = match index {
        Index::Constant(index) if index >= bits as u128 => return base,
        Index::Constant(index) => {
            let amount = Expr::literal(index, width_of(index));
            let wide = bits > MAX_BITS;
            let keep = if wide {
                Expr::unary(Unary::Not, Expr::binary(Binary::Shl, one, amount.clone()))
            } else {
                Expr::literal(mask(bits) & !(1 << index), bits)
            };
            let put = value.extend(bits);
            (keep, if index == 0 { put } else { Expr::binary(Binary::Shl, put, amount) })
        }
        Index::Dynamic(index) => (
            Expr::unary(Unary::Not, Expr::binary(Binary::Shl, one, index.clone())),
            Expr::binary(Binary::Shl, value.extend(bits), index),
        ),
    };
    Expr::binary(Binary::Or, Expr::binary(Binary::And, base, keep), put)
}

/// Comparisons that every value passes or fails: linters refuse them in Verilog.
fn compare_with_limit(op: Binary, left: &Expr, right: &Expr) -> Option<Expr> {
    let none = BTreeMap::new();
    let (l, r) = (left.evaluate(&none), right.evaluate(&none));
    let top = mask(left.bits);
    let value = match op {
        Binary::Ge if r == Some(0) => 1,
        Binary::Lt if r == Some(0) => 0,
        Binary::Le if r == Some(top) => 1,
        Binary::Gt if r == Some(top) => 0,
        Binary::Le if l == Some(0) => 1,
        Binary::Gt if l == Some(0) => 0,
        Binary::Ge if l == Some(top) => 1,
        Binary::Lt if l == Some(top) => 0,
        _ => return None,
    };
    Some(Expr::literal(value, 1))
}

fn operator(op: &VerilogOp) -> Binary {
    match op {
        VerilogOp::Add => Binary::Add,
        VerilogOp::Sub => Binary::Sub,
        VerilogOp::Mul => Binary::Mul,
        VerilogOp::LogicalAnd => Binary::LogicalAnd,
        VerilogOp::LogicalOr => Binary::LogicalOr,
        VerilogOp::BitXor => Binary::Xor,
        VerilogOp::BitAnd => Binary::And,
        VerilogOp::BitOr => Binary::Or,
        VerilogOp::Shl => Binary::Shl,
        VerilogOp::Shr => Binary::Shr,
        VerilogOp::Eq => Binary::Eq,
        VerilogOp::Lt => Binary::Lt,
        VerilogOp::Le => Binary::Le,
        VerilogOp::Ne => Binary::Ne,
        VerilogOp::Ge => Binary::Ge,
        VerilogOp::Gt => Binary::Gt,
    }
}

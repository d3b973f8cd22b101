//! The operators of [`Vector`].

use super::{joined, mask, Repr, Vector, SMALL_BITS};
use crate::hdl::uint::U;
use std::cmp::Ordering;
use std::ops::{Add, BitAnd, BitOr, BitXor, Not, Shl, Shr, Sub};

macro_rules! operators {
    ($($trait:ident $method:ident $symbol:literal |$a:ident, $b:ident| $small:expr, $limb:expr;)*) => { $(
        impl $trait for Vector {
            type Output = Vector;
            #[inline(always)]
            fn $method(self, rhs: Vector) -> Vector {
                self.zip(&rhs, $symbol, |$a, $b| $small, |$a, $b| $limb)
            }
        }
    )* }
}
operators! {
    BitAnd bitand "&" |a, b| a & b, a & b;
    BitOr bitor "|" |a, b| a | b, a | b;
    BitXor bitxor "^" |a, b| a ^ b, a ^ b;
    Add add "+" |a, b| a.wrapping_add(b), unreachable!("no sum of {a} and {b} in more than 128 bits");
    Sub sub "-" |a, b| a.wrapping_sub(b), unreachable!("no difference of {a} and {b} in more than 128 bits");
}

impl Not for Vector {
    type Output = Vector;
    #[inline(always)]
    fn not(self) -> Vector {
        match &self.0 {
            Repr::Small { bits, limbs } => Self::masked(*bits, !joined(limbs) & mask(*bits as usize)),
            Repr::Large { .. } => Self::from_limbs(self.bits(), |i| !self.limb(i)),
        }
    }
}

impl Shl<usize> for Vector {
    type Output = Vector;
    #[inline(always)]
    fn shl(self, amount: usize) -> Vector {
        if let Repr::Small { bits, limbs } = &self.0 {
            let shifted = if amount < SMALL_BITS { joined(limbs) << amount } else { 0 };
            return Self::masked(*bits, shifted & mask(*bits as usize));
        }
        self.shl_large(amount)
    }
}

impl Shr<usize> for Vector {
    type Output = Vector;
    #[inline(always)]
    fn shr(self, amount: usize) -> Vector {
        if let Repr::Small { bits, limbs } = &self.0 {
            return Self::masked(*bits, if amount < SMALL_BITS { joined(limbs) >> amount } else { 0 });
        }
        self.shr_large(amount)
    }
}

macro_rules! shifts {
    ($([$($generics:tt)*] $amount:ty),*) => { $(
        impl<$($generics)*> Shl<$amount> for Vector {
            type Output = Vector;
            #[inline]
            fn shl(self, amount: $amount) -> Vector {
                let amount = amount.index().min(self.bits());
                self << amount
            }
        }
        impl<$($generics)*> Shr<$amount> for Vector {
            type Output = Vector;
            #[inline]
            fn shr(self, amount: $amount) -> Vector {
                let amount = amount.index().min(self.bits());
                self >> amount
            }
        }
    )* }
}
shifts!([] Vector, [const M: usize] U<M>);

impl<const N: usize> Shl<Vector> for U<N> {
    type Output = U<N>;
    fn shl(self, amount: Vector) -> U<N> {
        self << amount.index()
    }
}

impl<const N: usize> Shr<Vector> for U<N> {
    type Output = U<N>;
    fn shr(self, amount: Vector) -> U<N> {
        self >> amount.index()
    }
}

impl PartialOrd for Vector {
    #[inline]
    fn partial_cmp(&self, other: &Vector) -> Option<Ordering> {
        assert_eq!(self.bits(), other.bits(), "widths of the operands of a comparison");
        self.small().partial_cmp(&other.small())
    }
}

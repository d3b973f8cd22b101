//! [`Vector`]: an unsigned signal value whose width is a number, not a type.
//!
//! The value of a [`Bus`](super::Bus), with the method names of [`U<N>`](super::U): the same kernel is written on either.
//! Blocks whose widths follow from the number of lanes use it, so that one compiled block serves all of them. What the
//! compiler would have checked of the widths is checked at every operation instead: operands have one width.
//!
//! A number without a width of its own, `0.into()`, takes that of the bus it is assigned to.

use super::uint::U;
use std::cmp::Ordering;
use std::ops::{Add, BitAnd, BitOr, BitXor, Not, Shl, Shr, Sub};

/// Most bits that arithmetic and comparison take, and that are held without a box.
const SMALL_BITS: usize = 128;

/// Unsigned integer of any width of at least 1 bit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vector {
    /// Width; 0 for a literal that fits where it is put.
    bits: usize,
    limbs: Limbs,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Limbs {
    /// At most 128 bits.
    Small(u128),
    /// More: 64 bits each, the lowest first, zero above the width.
    Large(Box<[u64]>),
}

const fn mask(bits: usize) -> u128 {
    if bits >= SMALL_BITS {
        u128::MAX
    } else {
        (1 << bits) - 1
    }
}

impl Vector {
    /// The low `bits` bits of `value`.
    ///
    /// # Panics
    /// If `bits` is 0.
    pub fn new(bits: usize, value: u128) -> Self {
        assert!(bits > 0, "a vector has at least one bit");
        if bits <= SMALL_BITS {
            return Vector { bits, limbs: Limbs::Small(value & mask(bits)) };
        }
        let mut limbs = vec![0; bits.div_ceil(64)];
        (limbs[0], limbs[1]) = (value as u64, (value >> 64) as u64);
        Vector { bits, limbs: Limbs::Large(limbs.into()) }
    }

    /// Width.
    pub fn bits(&self) -> usize {
        self.bits
    }

    /// Limb `index`, zero beyond the top.
    fn limb(&self, index: usize) -> u64 {
        match &self.limbs {
            Limbs::Small(value) if index < 2 => (value >> (64 * index)) as u64,
            Limbs::Small(_) => 0,
            Limbs::Large(limbs) => limbs.get(index).copied().unwrap_or(0),
        }
    }

    /// A value of `bits` bits from its limbs.
    fn from_limbs(bits: usize, limb: impl Fn(usize) -> u64) -> Self {
        if bits <= SMALL_BITS {
            return Vector::new(bits, u128::from(limb(1)) << 64 | u128::from(limb(0)));
        }
        let mut limbs: Box<[u64]> = (0..bits.div_ceil(64)).map(limb).collect();
        if let (Some(top), spare @ 1..) = (limbs.last_mut(), bits % 64) {
            *top &= u64::MAX >> (64 - spare);
        }
        Vector { bits, limbs: Limbs::Large(limbs) }
    }

    /// Limb `index` of the value shifted down by `amount` bits.
    fn limb_from(&self, index: usize, amount: usize) -> u64 {
        let (at, shift) = (index + amount / 64, amount % 64);
        match shift {
            0 => self.limb(at),
            _ => self.limb(at) >> shift | self.limb(at + 1) << (64 - shift),
        }
    }

    /// The value in `bits` bits: extended with zeros, or its low bits.
    pub fn resized(&self, bits: usize) -> Self {
        Self::from_limbs(bits, |i| self.limb(i))
    }

    /// From 32-bit words, the lowest first.
    pub fn from_words(bits: usize, words: &[u32]) -> Self {
        let word = |i: usize| u64::from(words.get(i).copied().unwrap_or(0));
        Self::from_limbs(bits, |i| word(2 * i + 1) << 32 | word(2 * i))
    }

    /// Values side by side, the first in the lowest bits.
    pub fn concatenate(parts: impl Iterator<Item = Vector>) -> Self {
        let (mut limbs, mut bits) = (Vec::new(), 0);
        for part in parts {
            limbs.resize((bits + part.bits).div_ceil(64), 0);
            for i in 0..part.bits.div_ceil(64) {
                let (at, shift) = (bits / 64 + i, bits % 64);
                limbs[at] |= part.limb(i) << shift;
                if shift > 0 && at + 1 < limbs.len() {
                    limbs[at + 1] |= part.limb(i) >> (64 - shift);
                }
            }
            bits += part.bits;
        }
        Self::from_limbs(bits, |i| limbs.get(i).copied().unwrap_or(0))
    }

    /// 32-bit word `index`, the lowest first.
    pub fn word(&self, index: usize) -> u32 {
        (self.limb(index / 2) >> (32 * (index % 2))) as u32
    }

    /// Bit `index`, the least significant being 0; false at and above the width.
    pub fn get_bit(&self, index: usize) -> bool {
        self.limb(index / 64) >> (index % 64) & 1 == 1
    }

    /// The `M` bits from `index` upwards; bits beyond the top read as zero.
    pub fn get_bits<const M: usize>(&self, index: usize) -> U<M> {
        match &self.limbs {
            Limbs::Small(value) => U::new(if index < SMALL_BITS { value >> index } else { 0 }),
            Limbs::Large(_) => {
                let (low, high) = (self.limb_from(0, index), self.limb_from(1, index));
                U::new(u128::from(high) << 64 | u128::from(low))
            }
        }
    }

    /// The value with bit `index` replaced; unchanged where `index` is beyond the top.
    pub fn replace_bit(&self, index: usize, value: bool) -> Self {
        let mut out = self.clone();
        if index < self.bits {
            match &mut out.limbs {
                Limbs::Small(small) => *small = (*small & !(1 << index)) | u128::from(value) << index,
                Limbs::Large(limbs) => {
                    limbs[index / 64] = (limbs[index / 64] & !(1 << (index % 64))) | u64::from(value) << (index % 64);
                }
            }
        }
        out
    }

    /// True if any bit is one.
    pub fn any(&self) -> bool {
        match &self.limbs {
            Limbs::Small(value) => *value != 0,
            Limbs::Large(limbs) => limbs.iter().any(|&l| l != 0),
        }
    }

    /// True if all bits are one.
    pub fn all(&self) -> bool {
        !(!self.clone()).any()
    }

    /// Parity: true if the number of ones is odd.
    pub fn xor(&self) -> bool {
        (0..self.bits.div_ceil(64)).fold(0, |n, i| n + self.limb(i).count_ones()) & 1 == 1
    }

    /// The value as an index; saturates.
    pub fn index(&self) -> usize {
        usize::try_from(self.small()).unwrap_or(usize::MAX)
    }

    /// The value.
    ///
    /// # Panics
    /// If it is wider than 128 bits.
    pub fn to_u128(&self) -> u128 {
        self.small()
    }

    fn small(&self) -> u128 {
        match &self.limbs {
            Limbs::Small(value) => *value,
            Limbs::Large(_) => panic!("no arithmetic on {} bits: at most {SMALL_BITS}", self.bits),
        }
    }

    /// The operation on two values of one width, limb by limb.
    fn zip(
        &self,
        other: &Vector,
        what: &str,
        small: impl Fn(u128, u128) -> u128,
        limb: impl Fn(u64, u64) -> u64,
    ) -> Self {
        assert_eq!(self.bits, other.bits, "widths of the operands of {what}");
        match (&self.limbs, &other.limbs) {
            (Limbs::Small(a), Limbs::Small(b)) => Vector::new(self.bits, small(*a, *b)),
            _ => Self::from_limbs(self.bits, |i| limb(self.limb(i), other.limb(i))),
        }
    }
}

macro_rules! operators {
    ($($trait:ident $method:ident $symbol:literal |$a:ident, $b:ident| $small:expr, $limb:expr;)*) => { $(
        impl $trait for Vector {
            type Output = Vector;
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
    fn not(self) -> Vector {
        Self::from_limbs(self.bits, |i| !self.limb(i))
    }
}

impl Shl<usize> for Vector {
    type Output = Vector;
    fn shl(self, amount: usize) -> Vector {
        let (limbs, shift) = (amount / 64, amount % 64);
        Self::from_limbs(self.bits, |i| match (i.checked_sub(limbs), shift) {
            (None, _) => 0,
            (Some(at), 0) => self.limb(at),
            (Some(at), _) => {
                self.limb(at) << shift | at.checked_sub(1).map_or(0, |below| self.limb(below) >> (64 - shift))
            }
        })
    }
}

impl Shr<usize> for Vector {
    type Output = Vector;
    fn shr(self, amount: usize) -> Vector {
        Self::from_limbs(self.bits, |i| self.limb_from(i, amount))
    }
}

macro_rules! shifts {
    ($([$($generics:tt)*] $amount:ty),*) => { $(
        impl<$($generics)*> Shl<$amount> for Vector {
            type Output = Vector;
            fn shl(self, amount: $amount) -> Vector {
                let amount = amount.index().min(self.bits);
                self << amount
            }
        }
        impl<$($generics)*> Shr<$amount> for Vector {
            type Output = Vector;
            fn shr(self, amount: $amount) -> Vector {
                let amount = amount.index().min(self.bits);
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
    fn partial_cmp(&self, other: &Vector) -> Option<Ordering> {
        assert_eq!(self.bits, other.bits, "widths of the operands of a comparison");
        self.small().partial_cmp(&other.small())
    }
}

/// A literal, of the width of what it is assigned to.
impl From<u64> for Vector {
    fn from(value: u64) -> Self {
        Vector { bits: 0, limbs: Limbs::Small(value.into()) }
    }
}

impl From<bool> for Vector {
    fn from(value: bool) -> Self {
        Vector::new(1, value.into())
    }
}

impl<const N: usize> From<U<N>> for Vector {
    fn from(value: U<N>) -> Self {
        Vector::new(N, value.to_u128())
    }
}

/// The value extended with zeros, or truncated, to `bits` bits.
pub fn bit_cast_to(value: impl Into<Vector>, bits: usize) -> Vector {
    value.into().resized(bits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Bits, the lowest first.
    fn bits_of(v: &Vector) -> Vec<bool> {
        (0..v.bits()).map(|i| v.get_bit(i)).collect()
    }

    fn vector(bits: usize, words: &[u32]) -> Vector {
        Vector::from_words(bits, words)
    }

    proptest! {
        #[test]
        fn agrees_with_lists_of_bits(
            bits in 1usize..300,
            a in proptest::collection::vec(any::<u32>(), 10),
            b in proptest::collection::vec(any::<u32>(), 10),
            shift in 0usize..310,
        ) {
            let (x, y) = (vector(bits, &a), vector(bits, &b));
            let (p, q) = (bits_of(&x), bits_of(&y));
            let zip = |f: fn(bool, bool) -> bool| p.iter().zip(&q).map(|(&a, &b)| f(a, b)).collect::<Vec<_>>();
            prop_assert_eq!(bits_of(&(x.clone() & y.clone())), zip(|a, b| a & b));
            prop_assert_eq!(bits_of(&(x.clone() | y.clone())), zip(|a, b| a | b));
            prop_assert_eq!(bits_of(&(x.clone() ^ y.clone())), zip(|a, b| a ^ b));
            prop_assert_eq!(bits_of(&!x.clone()), p.iter().map(|b| !b).collect::<Vec<_>>());
            let at = |i: Option<usize>| i.and_then(|i| p.get(i).copied()).unwrap_or(false);
            let shifted = |f: &dyn Fn(usize) -> Option<usize>| (0..bits).map(|i| at(f(i))).collect::<Vec<_>>();
            prop_assert_eq!(bits_of(&(x.clone() << shift)), shifted(&|i| i.checked_sub(shift)));
            prop_assert_eq!(bits_of(&(x.clone() >> shift)), shifted(&|i| i.checked_add(shift)));
            prop_assert_eq!(x.clone() << Vector::new(64, shift as u128), x.clone() << shift);
            prop_assert_eq!(x.clone() >> U::<9>::new(shift as u128), x.clone() >> shift);
            let part = x.get_bits::<17>(shift);
            prop_assert!((0..17).all(|i| part.get_bit(i) == at(Some(shift + i))));
            prop_assert_eq!(x.any(), p.contains(&true));
            prop_assert_eq!(x.all(), !p.contains(&false));
            prop_assert_eq!(x.xor(), p.iter().filter(|&&b| b).count() % 2 == 1);
            let set = bits_of(&x.replace_bit(shift, true));
            prop_assert!((0..bits).all(|i| set[i] == (i == shift || p[i])));
            prop_assert!((0..bits.div_ceil(32)).all(|i| vector(bits, &[x.word(i)]).word(0) == x.word(i) || bits < 32));
            let both = Vector::concatenate([x.clone(), y.clone(), x.clone()].into_iter());
            prop_assert_eq!(bits_of(&both), [p.clone(), q.clone(), p.clone()].concat());
            let wider = x.resized(bits + 70);
            prop_assert_eq!(&bits_of(&wider)[..bits], &p[..]);
            prop_assert!(!bits_of(&wider)[bits..].contains(&true));
            prop_assert_eq!(wider.resized(bits), x);
        }

        #[test]
        fn arithmetic_wraps_at_the_width(bits in 1usize..=64, a: u64, b: u64) {
            let (x, y) = (Vector::new(bits, a.into()), Vector::new(bits, b.into()));
            let m = mask(bits);
            let (p, q) = (u128::from(a) & m, u128::from(b) & m);
            prop_assert_eq!((x.clone() + y.clone()).to_u128(), (p + q) & m);
            prop_assert_eq!((x.clone() - y.clone()).to_u128(), p.wrapping_sub(q) & m);
            prop_assert_eq!(x < y, p < q);
            prop_assert_eq!(bit_cast_to(x, 7).to_u128(), p & 0x7F);
        }
    }

    #[test]
    #[should_panic(expected = "widths of the operands of +")]
    fn widths_must_agree() {
        let _ = Vector::new(4, 1) + Vector::new(5, 1);
    }
}

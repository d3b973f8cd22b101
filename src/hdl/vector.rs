//! [`Vector`]: an unsigned signal value whose width is a number, not a type.
//!
//! The value of a [`Bus`](super::Bus), with the method names of [`U<N>`](super::U): the same kernel is written on either.
//! Blocks whose widths follow from the number of lanes use it, so that one compiled block serves all of them. What the
//! compiler would have checked of the widths is checked at every operation instead: operands have one width.
//!
//! A number without a width of its own, `0.into()`, takes that of the bus it is assigned to.

mod ops;

use super::uint::U;

/// Most bits that arithmetic and comparison take, and that are held without a box.
const SMALL_BITS: usize = 128;

/// Unsigned integer of any width of at least 1 bit.
#[derive(Debug, PartialEq, Eq)]
pub struct Vector(Repr);

/// `bits` is the width; 0 for a literal that fits where it is put. Limbs have 64 bits each, the lowest comes first, and the
/// bits above the width are zero.
#[derive(Debug, PartialEq, Eq)]
enum Repr {
    /// At most 128 bits.
    Small { bits: u32, limbs: [u64; 2] },
    /// More.
    Large { bits: u32, limbs: Box<[u64]> },
}

impl Clone for Vector {
    #[inline(always)]
    fn clone(&self) -> Self {
        match &self.0 {
            Repr::Small { bits, limbs } => Vector(Repr::Small { bits: *bits, limbs: *limbs }),
            Repr::Large { bits, limbs } => Vector(Repr::Large { bits: *bits, limbs: limbs.clone() }),
        }
    }

    /// Takes the box of the old value where the width stays.
    #[inline(always)]
    fn clone_from(&mut self, source: &Self) {
        match (&mut self.0, &source.0) {
            (Repr::Large { bits, limbs }, Repr::Large { bits: of, limbs: from }) if bits == of => {
                limbs.copy_from_slice(from);
            }
            (Repr::Small { bits, limbs }, Repr::Small { bits: of, limbs: from }) => (*bits, *limbs) = (*of, *from),
            _ => *self = source.clone(),
        }
    }
}

#[inline(always)]
const fn mask(bits: usize) -> u128 {
    if bits >= SMALL_BITS {
        u128::MAX
    } else {
        (1 << bits) - 1
    }
}

#[inline(always)]
const fn joined(limbs: &[u64; 2]) -> u128 {
    (limbs[1] as u128) << 64 | limbs[0] as u128
}

impl Vector {
    /// The low `bits` bits of `value`.
    ///
    /// # Panics
    /// If `bits` is 0.
    #[inline(always)]
    pub fn new(bits: usize, value: u128) -> Self {
        assert!(bits > 0, "a vector has at least one bit");
        if bits <= SMALL_BITS {
            return Self::masked(bits as u32, value & mask(bits));
        }
        Self::new_large(bits, value)
    }

    #[inline(never)]
    fn new_large(bits: usize, value: u128) -> Self {
        let mut limbs = vec![0; bits.div_ceil(64)];
        (limbs[0], limbs[1]) = (value as u64, (value >> 64) as u64);
        Vector(Repr::Large { bits: bits as u32, limbs: limbs.into() })
    }

    /// A value that fits in `bits` bits, at most 128.
    #[inline(always)]
    fn masked(bits: u32, value: u128) -> Self {
        Vector(Repr::Small { bits, limbs: [value as u64, (value >> 64) as u64] })
    }

    /// Width.
    #[inline(always)]
    pub fn bits(&self) -> usize {
        match self.0 {
            Repr::Small { bits, .. } | Repr::Large { bits, .. } => bits as usize,
        }
    }

    /// All limbs.
    #[inline(always)]
    fn limbs(&self) -> &[u64] {
        match &self.0 {
            Repr::Small { limbs, .. } => limbs,
            Repr::Large { limbs, .. } => limbs,
        }
    }

    /// Limb `index`, zero beyond the top.
    #[inline(always)]
    fn limb(&self, index: usize) -> u64 {
        self.limbs().get(index).copied().unwrap_or(0)
    }

    /// A value of `bits` bits from its limbs.
    #[inline]
    fn from_limbs(bits: usize, limb: impl Fn(usize) -> u64) -> Self {
        if bits <= SMALL_BITS {
            return Vector::new(bits, u128::from(limb(1)) << 64 | u128::from(limb(0)));
        }
        let mut limbs: Box<[u64]> = (0..bits.div_ceil(64)).map(limb).collect();
        if let (Some(top), spare @ 1..) = (limbs.last_mut(), bits % 64) {
            *top &= u64::MAX >> (64 - spare);
        }
        Vector(Repr::Large { bits: bits as u32, limbs })
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
    #[inline(always)]
    pub fn resized(&self, bits: usize) -> Self {
        match &self.0 {
            Repr::Small { limbs, .. } if bits <= SMALL_BITS => Self::new(bits, joined(limbs)),
            _ => self.resized_large(bits),
        }
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
            limbs.resize((bits + part.bits()).div_ceil(64), 0);
            part.put(&mut limbs, &mut bits);
        }
        Self::from_limbs(bits, |i| limbs.get(i).copied().unwrap_or(0))
    }

    /// As [`Vector::concatenate`], of the width that `self` has.
    pub fn gather<'a>(&mut self, parts: impl Iterator<Item = &'a Vector>) {
        let mut at = 0;
        match &mut self.0 {
            Repr::Small { limbs, .. } => {
                let mut value = 0;
                for part in parts {
                    value |= part.small() << at;
                    at += part.bits();
                }
                *limbs = [value as u64, (value >> 64) as u64];
            }
            Repr::Large { limbs, .. } => {
                limbs.fill(0);
                parts.for_each(|part| part.put(limbs, &mut at));
            }
        }
        assert_eq!(at, self.bits(), "bits of all parts");
    }

    /// Puts the value to `limbs` from bit `at` on, which are zero there and long enough.
    fn put(&self, limbs: &mut [u64], at: &mut usize) {
        let shift = *at % 64;
        for (i, &limb) in self.limbs().iter().enumerate().take(self.bits().div_ceil(64)) {
            let to = *at / 64 + i;
            limbs[to] |= limb << shift;
            if shift > 0 && to + 1 < limbs.len() {
                limbs[to + 1] |= limb >> (64 - shift);
            }
        }
        *at += self.bits();
    }

    /// Takes a value of the same width: whether it is another one.
    #[inline(always)]
    pub(super) fn refresh(&mut self, from: &Vector) -> bool {
        match (&mut self.0, &from.0) {
            (Repr::Small { limbs, .. }, Repr::Small { limbs: new, .. }) => {
                let changed = limbs != new;
                *limbs = *new;
                changed
            }
            _ => self.refresh_large(from),
        }
    }

    #[inline(never)]
    fn refresh_large(&mut self, from: &Vector) -> bool {
        let changed = self != from;
        if changed {
            self.clone_from(from);
        }
        changed
    }

    /// 32-bit word `index`, the lowest first.
    pub fn word(&self, index: usize) -> u32 {
        (self.limb(index / 2) >> (32 * (index % 2))) as u32
    }

    /// Bit `index`, the least significant being 0; false at and above the width.
    #[inline(always)]
    pub fn get_bit(&self, index: usize) -> bool {
        self.limb(index / 64) >> (index % 64) & 1 == 1
    }

    /// The `M` bits from `index` upwards; bits beyond the top read as zero.
    #[inline(always)]
    pub fn get_bits<const M: usize>(&self, index: usize) -> U<M> {
        match &self.0 {
            Repr::Small { limbs, .. } => U::new(if index < SMALL_BITS { joined(limbs) >> index } else { 0 }),
            Repr::Large { .. } if M <= 64 => U::new(self.limb_from(0, index).into()),
            Repr::Large { .. } => U::new(joined(&[self.limb_from(0, index), self.limb_from(1, index)])),
        }
    }

    /// The value with bit `index` replaced; unchanged where `index` is beyond the top.
    #[inline(always)]
    pub fn replace_bit(&self, index: usize, value: bool) -> Self {
        let mut out = self.clone();
        if index < self.bits() {
            let limb = match &mut out.0 {
                Repr::Small { limbs, .. } => &mut limbs[index / 64],
                Repr::Large { limbs, .. } => &mut limbs[index / 64],
            };
            *limb = (*limb & !(1 << (index % 64))) | u64::from(value) << (index % 64);
        }
        out
    }

    /// True if any bit is one.
    #[inline]
    pub fn any(&self) -> bool {
        self.limbs().iter().any(|&l| l != 0)
    }

    /// True if all bits are one.
    pub fn all(&self) -> bool {
        !(!self.clone()).any()
    }

    /// Parity: true if the number of ones is odd.
    pub fn xor(&self) -> bool {
        self.limbs().iter().fold(0, |n, limb| n + limb.count_ones()) & 1 == 1
    }

    /// The value as an index; saturates.
    #[inline(always)]
    pub fn index(&self) -> usize {
        usize::try_from(self.small()).unwrap_or(usize::MAX)
    }

    /// The value.
    ///
    /// # Panics
    /// If it is wider than 128 bits.
    #[inline]
    pub fn to_u128(&self) -> u128 {
        self.small()
    }

    #[inline(always)]
    fn small(&self) -> u128 {
        match &self.0 {
            Repr::Small { limbs, .. } => joined(limbs),
            Repr::Large { bits, .. } => panic!("no arithmetic on {bits} bits: at most {SMALL_BITS}"),
        }
    }

    /// The operation on two values of one width, limb by limb.
    #[inline(always)]
    fn zip(
        &self,
        other: &Vector,
        what: &str,
        small: impl Fn(u128, u128) -> u128,
        limb: impl Fn(u64, u64) -> u64,
    ) -> Self {
        assert!(self.bits() == other.bits(), "widths of the operands of {what}: {} and {}", self.bits(), other.bits());
        match (&self.0, &other.0) {
            (Repr::Small { bits, limbs: a }, Repr::Small { limbs: b, .. }) => {
                Self::masked(*bits, small(joined(a), joined(b)) & mask(*bits as usize))
            }
            _ => self.zip_large(other, limb),
        }
    }

    #[inline(never)]
    fn zip_large(&self, other: &Vector, limb: impl Fn(u64, u64) -> u64) -> Self {
        Self::from_limbs(self.bits(), |i| limb(self.limb(i), other.limb(i)))
    }

    #[inline(never)]
    fn shl_large(&self, amount: usize) -> Self {
        let (limbs, shift) = (amount / 64, amount % 64);
        Self::from_limbs(self.bits(), |i| match (i.checked_sub(limbs), shift) {
            (None, _) => 0,
            (Some(at), 0) => self.limb(at),
            (Some(at), _) => {
                self.limb(at) << shift | at.checked_sub(1).map_or(0, |below| self.limb(below) >> (64 - shift))
            }
        })
    }

    #[inline(never)]
    fn shr_large(&self, amount: usize) -> Self {
        Self::from_limbs(self.bits(), |i| self.limb_from(i, amount))
    }

    #[inline(never)]
    fn resized_large(&self, bits: usize) -> Self {
        Self::from_limbs(bits, |i| self.limb(i))
    }
}

/// A literal, of the width of what it is assigned to.
impl From<u64> for Vector {
    #[inline(always)]
    fn from(value: u64) -> Self {
        Self::masked(0, value.into())
    }
}

impl From<bool> for Vector {
    #[inline(always)]
    fn from(value: bool) -> Self {
        Self::masked(1, value.into())
    }
}

impl<const N: usize> From<U<N>> for Vector {
    #[inline(always)]
    fn from(value: U<N>) -> Self {
        Self::masked(N as u32, value.to_u128())
    }
}

/// The value extended with zeros, or truncated, to `bits` bits.
#[inline(always)]
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

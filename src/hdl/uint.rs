//! [`U<N>`]: an unsigned signal value of 1 to 128 bits held in one native integer.
//!
//! A drop-in for rust-hdl's `Bits<N>`, several times faster in simulation: `#[hdl_gen]` translates method names, not
//! types, so a kernel written on `U<N>` makes the same hardware. Every operation is total and has one meaning, which
//! the Verilog printer ([`crate::hdl::verilog`]) keeps: sums wrap, bits beyond the top read as zero, shifts by the
//! width or more give zero.
//!
//! Import by name next to rust-hdl's prelude, so that these shadow the prelude's functions of the same names:
//!
//! ```
//! use huffwire::hdl::{bit_cast, bits, ToBits, U};
//! use rust_hdl::prelude::*;
//! let x: U<4> = 9.into();
//! assert_eq!(x + x, 2);
//! assert_eq!(bit_cast::<8, 4>(x) + bit_cast::<8, 4>(x), 18);
//! assert_eq!(x.get_bits::<3>(2), bits(2));
//! assert_eq!(5_usize.to_bits::<4>(), 5);
//! ```
//!
//! A width outside 1 ... 128 does not compile:
//!
//! ```compile_fail
//! let x = huffwire::hdl::U::<0>::new(0);
//! ```
//! ```compile_fail
//! let x = huffwire::hdl::U::<129>::default();
//! ```

use rust_hdl::prelude::{Bits, Synth, TypeDescriptor, TypeKind, VCDValue, VerilogLiteral};
use std::cmp::Ordering;
use std::fmt;
use std::ops::{Add, BitAnd, BitOr, BitXor, Not, Shl, Shr, Sub};

/// Unsigned integer of `N` bits, 1 <= `N` <= 128. The bits above `N` are always zero.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct U<const N: usize>(u128);

impl<const N: usize> U<N> {
    /// The largest value, all ones. Evaluating it is what refuses a width out of range at compile time.
    pub const MAX: u128 = {
        assert!(N >= 1 && N <= 128, "U<N>: N must be 1 to 128");
        !0 >> (128 - N)
    };

    /// The low `N` bits of `value`.
    #[inline(always)]
    pub const fn new(value: u128) -> Self {
        U(value & Self::MAX)
    }

    /// `value`, or `None` where it needs more than `N` bits.
    #[inline]
    pub const fn checked(value: u128) -> Option<Self> {
        if value <= Self::MAX {
            Some(U(value))
        } else {
            None
        }
    }

    /// Bit `index`, the least significant being 0; false at and above `N`.
    #[inline(always)]
    pub const fn get_bit(&self, index: usize) -> bool {
        index < N && (self.0 >> index) & 1 == 1
    }

    /// The `M` bits from `index` upwards; bits at and above `N` read as zero.
    #[inline(always)]
    pub const fn get_bits<const M: usize>(&self, index: usize) -> U<M> {
        U::<M>::new(if index < N { self.0 >> index } else { 0 })
    }

    /// The value with bit `index` replaced; unchanged where `index` is `N` or more.
    #[inline(always)]
    pub const fn replace_bit(&self, index: usize, value: bool) -> Self {
        if index < N {
            U((self.0 & !(1 << index)) | ((value as u128) << index))
        } else {
            *self
        }
    }

    /// True if any bit is one.
    #[inline(always)]
    pub const fn any(&self) -> bool {
        self.0 != 0
    }

    /// True if all bits are one.
    #[inline(always)]
    pub const fn all(&self) -> bool {
        self.0 == Self::MAX
    }

    /// Parity: true if the number of ones is odd.
    #[inline(always)]
    pub const fn xor(&self) -> bool {
        self.0.count_ones() & 1 == 1
    }

    /// The value as an index, for `get_bit` and `get_bits`; what exceeds `usize` saturates, and so stays out of range.
    #[inline(always)]
    pub const fn index(&self) -> usize {
        if self.0 > usize::MAX as u128 {
            usize::MAX
        } else {
            self.0 as usize
        }
    }

    /// The value.
    #[inline(always)]
    pub const fn to_u128(self) -> u128 {
        self.0
    }

    /// The low 64 bits of the value.
    #[inline(always)]
    pub const fn to_u64(self) -> u64 {
        self.0 as u64
    }
}

impl<const N: usize> Default for U<N> {
    #[inline(always)]
    fn default() -> Self {
        Self::new(0)
    }
}

impl<const N: usize> Synth for U<N> {
    const BITS: usize = {
        let _ = Self::MAX;
        N
    };

    fn descriptor() -> TypeDescriptor {
        TypeDescriptor { name: format!("U::<{N}>"), kind: TypeKind::Bits(N) }
    }

    fn vcd(self) -> VCDValue {
        if N == 1 {
            return self.any().into();
        }
        // The value type of the VCD crate that rust-hdl uses is reachable only through its own conversion.
        let bit = |i| match self.get_bit(i).into() {
            VCDValue::Single(value) => Some(value),
            _ => None,
        };
        VCDValue::Vector((0..N).rev().filter_map(bit).collect())
    }

    fn verilog(self) -> VerilogLiteral {
        let zero = Bits::<N>::default();
        (0..N).fold(zero, |bits, i| bits.replace_bit(i, self.get_bit(i))).into()
    }
}

/// For literals.
///
/// # Panics
/// If the value needs more than `N` bits: hardware would lose them. [`U::new`] truncates, [`U::checked`] asks.
impl<const N: usize> From<u64> for U<N> {
    #[inline(always)]
    fn from(value: u64) -> Self {
        match Self::checked(value as u128) {
            Some(x) => x,
            None => panic!("{value} does not fit in {N} bits (at most {})", Self::MAX),
        }
    }
}

impl From<bool> for U<1> {
    #[inline(always)]
    fn from(value: bool) -> Self {
        U(value as u128)
    }
}

impl<const N: usize> From<U<N>> for u128 {
    #[inline(always)]
    fn from(value: U<N>) -> Self {
        value.0
    }
}

macro_rules! operators {
    ($($trait:ident $method:ident |$a:ident, $b:ident| $value:expr;)*) => { $(
        impl<const N: usize> $trait for U<N> {
            type Output = U<N>;
            #[inline(always)]
            fn $method(self, rhs: U<N>) -> U<N> {
                let ($a, $b) = (self.0, rhs.0);
                U::new($value)
            }
        }
        impl<const N: usize> $trait<u64> for U<N> {
            type Output = U<N>;
            #[inline(always)]
            fn $method(self, rhs: u64) -> U<N> {
                let ($a, $b) = (self.0, rhs as u128);
                U::new($value)
            }
        }
    )* }
}
operators! {
    Add add |a, b| a.wrapping_add(b);
    Sub sub |a, b| a.wrapping_sub(b);
    BitAnd bitand |a, b| a & b;
    BitOr bitor |a, b| a | b;
    BitXor bitxor |a, b| a ^ b;
}

impl<const N: usize> Not for U<N> {
    type Output = U<N>;
    #[inline(always)]
    fn not(self) -> U<N> {
        U(self.0 ^ Self::MAX)
    }
}

impl<const N: usize, const M: usize> Shl<U<M>> for U<N> {
    type Output = U<N>;
    #[inline(always)]
    fn shl(self, rhs: U<M>) -> U<N> {
        U::new(if rhs.0 < N as u128 { self.0 << rhs.0 } else { 0 })
    }
}

impl<const N: usize, const M: usize> Shr<U<M>> for U<N> {
    type Output = U<N>;
    #[inline(always)]
    fn shr(self, rhs: U<M>) -> U<N> {
        U(if rhs.0 < N as u128 { self.0 >> rhs.0 } else { 0 })
    }
}

impl<const N: usize> Shl<usize> for U<N> {
    type Output = U<N>;
    #[inline(always)]
    fn shl(self, rhs: usize) -> U<N> {
        U::new(if rhs < N { self.0 << rhs } else { 0 })
    }
}

impl<const N: usize> Shr<usize> for U<N> {
    type Output = U<N>;
    #[inline(always)]
    fn shr(self, rhs: usize) -> U<N> {
        U(if rhs < N { self.0 >> rhs } else { 0 })
    }
}

impl<const N: usize> PartialEq<u64> for U<N> {
    #[inline(always)]
    fn eq(&self, other: &u64) -> bool {
        self.0 == *other as u128
    }
}

impl<const N: usize> PartialOrd<u64> for U<N> {
    #[inline(always)]
    fn partial_cmp(&self, other: &u64) -> Option<Ordering> {
        self.0.partial_cmp(&(*other as u128))
    }
}

impl<const N: usize> fmt::Debug for U<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{N}'h{:x}", self.0)
    }
}

impl<const N: usize> fmt::Display for U<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl<const N: usize> fmt::LowerHex for U<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::LowerHex::fmt(&self.0, f)
    }
}

impl<const N: usize> fmt::Binary for U<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Binary::fmt(&self.0, f)
    }
}

/// The `N`-bit value extended with zeros, or truncated, to `M` bits. Order of the generics and name are rust-hdl's.
#[inline(always)]
pub const fn bit_cast<const M: usize, const N: usize>(value: U<N>) -> U<M> {
    U::new(value.to_u128())
}

/// A bit, extended with zeros to `M` bits; the name begins as `#[hdl_gen]` wants a cast to.
#[inline(always)]
pub const fn bit_cast_bool<const M: usize>(value: bool) -> U<M> {
    U::new(value as u128)
}

/// A literal of `N` bits.
///
/// # Panics
/// If the value needs more than `N` bits.
#[inline(always)]
pub fn bits<const N: usize>(value: u64) -> U<N> {
    value.into()
}

/// Conversion of indices and other native integers: the low `N` bits.
pub trait ToBits {
    /// The low `N` bits of the value.
    fn to_bits<const N: usize>(self) -> U<N>;
}

macro_rules! to_bits {
    ($($t:ty)*) => { $(
        impl ToBits for $t {
            #[inline(always)]
            fn to_bits<const N: usize>(self) -> U<N> {
                U::new(self as u128)
            }
        }
    )* }
}
to_bits!(u8 u16 u32 u64 u128 usize);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sums_and_shifts_wrap_at_the_width() {
        let x = U::<5>::new(31);
        assert_eq!(x + 1, 0);
        assert_eq!(U::<5>::new(0) - 1, 31);
        assert_eq!(x + x, 30);
        assert_eq!(!U::<5>::new(1), 30);
        assert_eq!(x << 4, 16);
        assert_eq!(x << 5, 0);
        assert_eq!(x >> 5, 0);
        assert_eq!(x << U::<128>::new(u128::MAX), 0);
        assert_eq!(x >> U::<128>::new(u128::MAX), 0);
        let wide = U::<128>::new(u128::MAX);
        assert_eq!(wide + 1, 0);
        assert_eq!((wide << 127).to_u128(), 1 << 127);
        assert_eq!(wide << 128, 0);
        assert_eq!(!wide, 0);
    }

    #[test]
    fn bits_beyond_the_top_are_zero() {
        let x = U::<6>::new(0b101101);
        assert_eq!(x.get_bits::<4>(4), 0b10);
        assert_eq!(x.get_bits::<8>(0), 0b101101);
        for index in [6, 127, 128, usize::MAX] {
            assert_eq!(x.get_bits::<4>(index), 0);
            assert!(!x.get_bit(index));
            assert_eq!(x.replace_bit(index, true), x);
        }
        assert!(x.get_bit(5) && !x.get_bit(4));
        assert_eq!(x.replace_bit(4, true), 0b111101);
        assert_eq!(x.replace_bit(5, false), 0b001101);
        assert_eq!(U::<128>::new(1 << 100).index(), usize::MAX);
    }

    #[test]
    fn reductions() {
        assert!(!U::<3>::new(0).any() && U::<3>::new(4).any());
        assert!(!U::<3>::new(6).all() && U::<3>::new(7).all() && U::<128>::new(u128::MAX).all());
        assert!(U::<3>::new(7).xor() && !U::<3>::new(6).xor());
    }

    #[test]
    fn synth_names_width_and_value() {
        assert_eq!(<U<12> as Synth>::BITS, 12);
        assert_eq!(U::<12>::new(0xabc).verilog().to_string(), "12'habc");
        assert_eq!(U::<1>::new(1).vcd(), Bits::<1>::from(1).vcd());
        assert_eq!(U::<11>::new(0b110).vcd(), Bits::<11>::from(0b110).vcd());
        assert_eq!(format!("{:?}", U::<12>::new(0xabc)), "12'habc");
    }

    #[test]
    #[should_panic(expected = "16 does not fit in 4 bits (at most 15)")]
    fn literals_must_fit() {
        let _: U<4> = 16.into();
    }

    proptest! {
        #[test]
        fn agrees_with_rust_hdl_bits(a: u64, b: u64, s in 0usize..37, i in 0usize..37) {
            let small = |x: u64| x & ((1 << 37) - 1);
            let (x, y) = (U::<37>::new(a as u128), U::<37>::new(b as u128));
            let (p, q): (Bits<37>, Bits<37>) = (small(a).into(), small(b).into());
            let value = |b: Bits<37>| (0..37).map(|i| (b.get_bit(i) as u128) << i).sum::<u128>();
            prop_assert_eq!((x + y).to_u128(), value(p + q));
            prop_assert_eq!((x - y).to_u128(), value(p - q));
            prop_assert_eq!((x & y).to_u128(), value(p & q));
            prop_assert_eq!((x | y).to_u128(), value(p | q));
            prop_assert_eq!((x ^ y).to_u128(), value(p ^ q));
            prop_assert_eq!((!x).to_u128(), value(!p));
            prop_assert_eq!((x << s).to_u128(), value(p << s as u64));
            prop_assert_eq!((x >> s).to_u128(), value(p >> s as u64));
            prop_assert_eq!(x < y, p < q);
            prop_assert_eq!(x.any(), p.any());
            prop_assert_eq!(x.all(), p.all());
            prop_assert_eq!(x.xor(), p.xor());
            prop_assert_eq!(x.get_bit(i), p.get_bit(i));
            prop_assert_eq!(x.get_bits::<9>(i).to_u128(), u64::from(p.get_bits::<9>(i)) as u128);
            prop_assert_eq!(x.replace_bit(i, true).to_u128(), value(p.replace_bit(i, true)));
            prop_assert_eq!(bit_cast::<64, 37>(x).to_u128(), value(p));
            prop_assert_eq!(bit_cast::<5, 37>(x).to_u128(), value(p) & 31);
        }
    }
}

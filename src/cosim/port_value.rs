//! Values of ports as words.

use super::device::{low_u128, u128_words};
use crate::hdl::{Vector, U};
use rust_hdl::prelude::Bits;

/// A port's value, converted to and from words (least significant first).
pub trait PortValue {
    /// Width.
    fn port_bits(&self) -> usize;

    /// Takes the value from exactly `port_bits().div_ceil(32)` words.
    fn take_words(&mut self, words: &[u32]);

    /// Writes the value to exactly `port_bits().div_ceil(32)` words.
    fn put_words(&self, words: &mut [u32]);
}

impl PortValue for bool {
    fn port_bits(&self) -> usize {
        1
    }

    fn take_words(&mut self, words: &[u32]) {
        *self = words[0] & 1 == 1;
    }

    fn put_words(&self, words: &mut [u32]) {
        words[0] = u32::from(*self);
    }
}

impl<const N: usize> PortValue for Bits<N> {
    fn port_bits(&self) -> usize {
        N
    }

    // Bits over 32 bits are an array of bool: bit by bit is as good as any way in.
    fn take_words(&mut self, words: &[u32]) {
        *self = (0..N).fold(Bits::default(), |bits, i| bits.replace_bit(i, words[i / 32] >> (i % 32) & 1 == 1));
    }

    fn put_words(&self, words: &mut [u32]) {
        words.fill(0);
        for i in (0..N).filter(|&i| self.get_bit(i)) {
            words[i / 32] |= 1 << (i % 32);
        }
    }
}

impl<const N: usize> PortValue for U<N> {
    fn port_bits(&self) -> usize {
        N
    }

    #[inline]
    fn take_words(&mut self, words: &[u32]) {
        *self = U::new(low_u128(words));
    }

    #[inline]
    fn put_words(&self, words: &mut [u32]) {
        words.copy_from_slice(&u128_words(self.to_u128())[..words.len()]);
    }
}

impl PortValue for Vector {
    fn port_bits(&self) -> usize {
        self.bits()
    }

    fn take_words(&mut self, words: &[u32]) {
        *self = Vector::from_words(self.bits(), words);
    }

    fn put_words(&self, words: &mut [u32]) {
        words.iter_mut().enumerate().for_each(|(i, word)| *word = self.word(i));
    }
}

/// Width of a port from its value. Used by [`dut_ports!`](crate::dut_ports).
pub fn port_bits(value: &impl PortValue) -> usize {
    value.port_bits()
}

/// Takes one value off the front of `words`. Used by [`dut_ports!`](crate::dut_ports).
#[inline]
pub fn take_value(into: &mut impl PortValue, words: &[u32]) -> usize {
    let n = into.port_bits().div_ceil(32);
    into.take_words(&words[..n]);
    n
}

/// Puts one value to the front of `words`. Used by [`dut_ports!`](crate::dut_ports).
#[inline]
pub fn put_value(value: impl PortValue, words: &mut [u32]) -> usize {
    let n = value.port_bits().div_ceil(32);
    value.put_words(&mut words[..n]);
    n
}

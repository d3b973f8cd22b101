//! Coded symbol to exponent under a bias (wire format, section 6.2): the inverse of
//! [`Recentre`](crate::rtl::encoder::recentre::Recentre). Combinational.
//!
//! ```text
//!  symbol + bias --> exponent, unless the symbol is that of zero
//! ```

use crate::rtl::prelude::*;

/// Restoring of exponents.
#[derive(LogicBlock)]
pub struct Restore {
    /// Coded symbol.
    pub symbol: Signal<In, U<8>>,
    /// Bias.
    pub bias: Signal<In, U<8>>,
    /// Exponent.
    pub exponent: Signal<Out, U<8>>,
    sum: Signal<Local, U<8>>,
    differ: Signal<Local, U<8>>,
    carry: Signal<Local, U<8>>,
    exchanged: Signal<Local, U<8>>,
    mask: Constant<U<8>>,
    zero_symbol: Constant<U<8>>,
}

impl Restore {
    /// For exponents of so many bits.
    pub fn new(exponent_bits: usize) -> Self {
        Self {
            symbol: port(),
            bias: port(),
            exponent: port(),
            sum: port(),
            differ: port(),
            carry: port(),
            exchanged: port(),
            mask: constant((1 << exponent_bits) - 1),
            zero_symbol: constant(1 << (exponent_bits - 1)),
        }
    }
}

impl Logic for Restore {
    #[hdl_gen]
    fn update(&mut self) {
        self.sum.next = (self.symbol.val() + self.bias.val()) & self.mask.val();
        self.exchanged.next = (self.zero_symbol.val() + self.bias.val()) & self.mask.val();
        // The sum is 0 where each bit differs from the other one as the bits below carry: known before the sum.
        self.differ.next = self.symbol.val() ^ self.bias.val();
        self.carry.next = (self.symbol.val() | self.bias.val()) << 1;
        self.exponent.next = self.sum.val();
        if !((self.differ.val() ^ self.carry.val()) & self.mask.val()).any() {
            self.exponent.next = self.exchanged.val();
        }
        if self.symbol.val() == self.zero_symbol.val() {
            self.exponent.next = 0.into();
        }
    }
}

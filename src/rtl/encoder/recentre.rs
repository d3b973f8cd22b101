//! Exponent to coded symbol under a bias (wire format, section 6.2). Combinational.
//!
//! ```text
//!  exponent - bias --> distance --+--> symbol
//!  exponent = bias + Z, = 0 ? -----'
//! ```

use crate::rtl::prelude::*;

/// Recentring of exponents.
#[derive(LogicBlock)]
pub struct Recentre {
    /// Exponent.
    pub exponent: Signal<In, U<8>>,
    /// Bias.
    pub bias: Signal<In, U<8>>,
    /// Coded symbol.
    pub symbol: Signal<Out, U<8>>,
    distance: Signal<Local, U<8>>,
    negative: Signal<Local, U<8>>,
    opposite: Signal<Local, U<8>>,
    mask: Constant<U<8>>,
    zero_symbol: Constant<U<8>>,
    nothing: Constant<U<8>>,
}

impl Recentre {
    /// For exponents of so many bits.
    pub fn new(exponent_bits: usize) -> Self {
        Self {
            exponent: port(),
            bias: port(),
            symbol: port(),
            distance: port(),
            negative: port(),
            opposite: port(),
            mask: constant((1 << exponent_bits) - 1),
            zero_symbol: constant(1 << (exponent_bits - 1)),
            nothing: constant(0),
        }
    }
}

impl Logic for Recentre {
    #[hdl_gen]
    fn update(&mut self) {
        self.distance.next = (self.exponent.val() - self.bias.val()) & self.mask.val();
        self.negative.next = (self.nothing.val() - self.bias.val()) & self.mask.val();
        // Half of all values on: told from the exponent itself, for the distance comes late.
        self.opposite.next = self.bias.val() ^ self.zero_symbol.val();
        self.symbol.next = self.distance.val();
        // Zero has taken this symbol; in exchange it leaves its own.
        if self.exponent.val() == self.opposite.val() {
            self.symbol.next = self.negative.val();
        }
        if !self.exponent.val().any() {
            self.symbol.next = self.zero_symbol.val();
        }
    }
}

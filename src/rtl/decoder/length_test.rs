//! Does the window start with a codeword longer than `n` bits? In a canonical code it does if its first `n` bits, as a number,
//! are not below the first such prefix of a longer one. Combinational.
//!
//! ```text
//!  view[15 : 16-n] --> >= first ? --> longer
//! ```

use crate::rtl::prelude::*;

/// The comparison for one length.
#[derive(LogicBlock)]
pub struct LengthTest {
    /// The next 16 bits of the lane.
    pub view: Signal<In, U<16>>,
    /// The smallest number of `n` bits that starts a longer codeword, 2^`n` for none.
    pub first: Signal<In, U<17>>,
    /// The codeword is longer.
    pub longer: Signal<Out, Bit>,
    prefix: Bus<Local>,
    limit: Bus<Local>,
    below: Constant<U<5>>,
    _compared_bits: usize,
}

impl LengthTest {
    /// For `bits` bits.
    pub fn new(bits: usize) -> Self {
        Self {
            view: port(),
            first: port(),
            longer: port(),
            prefix: Bus::new(bits + 1),
            limit: Bus::new(bits + 1),
            below: constant(16 - bits as u128),
            _compared_bits: bits + 1,
        }
    }
}

impl Logic for LengthTest {
    #[hdl_gen]
    fn update(&mut self) {
        self.prefix.next = bit_cast_to(self.view.val() >> self.below.val(), self._compared_bits);
        self.limit.next = bit_cast_to(self.first.val(), self._compared_bits);
        self.longer.next = self.prefix.val() >= self.limit.val();
    }
}

//! Sum of two numbers in LUTs, without a carry chain: smaller and faster where there are few bits.
//!
//! ```text
//!  a --> [ full adder a bit ] --> sum
//!  b -->
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | none: combinational |
//! | throughput | a sum a clock |
//!
//! No assumptions; the sum is modulo its width.

use crate::rtl::prelude::*;

/// The sum.
#[derive(LogicBlock)]
pub struct SmallSum {
    /// A number.
    pub a: Bus<In>,
    /// Another.
    pub b: Bus<In>,
    /// Their sum, modulo its width.
    pub sum: Bus<Out>,
    total: Bus<Local>,
    carry: Signal<Local, Bit>,
    of_a: Signal<Local, Bit>,
    of_b: Signal<Local, Bit>,
    _bits: usize,
}

impl SmallSum {
    /// For numbers of so many bits.
    pub fn new(bits: usize) -> Self {
        Self {
            a: Bus::new(bits),
            b: Bus::new(bits),
            sum: Bus::new(bits),
            total: Bus::new(bits),
            carry: port(),
            of_a: port(),
            of_b: port(),
            _bits: bits,
        }
    }
}

impl Logic for SmallSum {
    #[hdl_gen]
    fn update(&mut self) {
        self.carry.next = false;
        self.total.next = 0.into();
        for q in 0..self._bits {
            self.of_a.next = self.a.val().get_bit(q);
            self.of_b.next = self.b.val().get_bit(q);
            self.total.next = self.total.val().replace_bit(q, (self.of_a.val() ^ self.of_b.val()) ^ self.carry.val());
            self.carry.next =
                (self.of_a.val() & self.of_b.val()) | (self.carry.val() & (self.of_a.val() ^ self.of_b.val()));
        }
        self.sum.next = self.total.val();
    }
}

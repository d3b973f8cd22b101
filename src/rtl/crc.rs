//! The arithmetic of CRC-32C over a stream of words, any number of bytes a clock (wire format, section 7). Combinational.
//!
//! ```text
//!  next state = A * state + B * data       (over GF(2))
//!  data, 32 bits --> [ rows of B ] --> what they add
//! ```
//!
//! Each bit of the next state is the parity of a masked state and masked data: pure XOR trees and no carry. Byte 0 is in bits 7:0,
//! as on AXI4-Stream. [`packet_check`](super::packet_check) puts the parts together.

use crate::rtl::prelude::*;

/// Reflected CRC-32C polynomial.
const POLYNOMIAL: u32 = 0x82F6_3B78;

/// The register's value after one more message bit.
const fn after_bit(state: u32, bit: bool) -> u32 {
    let feedback = (state & 1 == 1) != bit;
    (state >> 1) ^ if feedback { POLYNOMIAL } else { 0 }
}

/// The register's value after `bits` of `data`, least significant first. Used for constants only, when a core is made.
pub fn advance(state: u32, data: u128, bits: u32) -> u32 {
    (0..bits).fold(state, |s, i| after_bit(s, data >> i & 1 == 1))
}

/// The register's value `bits` zero bits later.
pub fn after(state: u32, bits: usize) -> u32 {
    (0..bits).fold(state, |s, _| after_bit(s, false))
}

/// What bit `i` of a word of `bits` bits adds to the next state.
pub fn data_column(i: usize, bits: usize) -> u32 {
    after(advance(0, 1, 1), bits - 1 - i)
}

/// What up to 32 bits, data or state, add to the next state: a matrix over GF(2), row `k` of it being output bit `k`'s mask.
#[derive(LogicBlock)]
pub struct CrcPart {
    /// The bits.
    pub data: Signal<In, U<32>>,
    /// What they add.
    pub sum: Signal<Out, U<32>>,
    gathered: Signal<Local, U<32>>,
    bit: [Signal<Local, Bit>; 32],
    mask: [Constant<U<32>>; 32],
    zero: Constant<U<32>>,
}

impl CrcPart {
    /// For these columns: what each single bit adds.
    pub fn new(columns: &[u32]) -> Self {
        let row = |k: usize| columns.iter().enumerate().fold(0u128, |m, (i, c)| m | u128::from(c >> k & 1) << i);
        CrcPart {
            data: port(),
            sum: port(),
            gathered: port(),
            bit: ports(),
            mask: std::array::from_fn(|k| constant(row(k))),
            zero: constant(0),
        }
    }
}

impl Logic for CrcPart {
    #[hdl_gen]
    fn update(&mut self) {
        self.gathered.next = self.zero.val();
        for i in 0..32 {
            self.bit[i].next = (self.data.val() & self.mask[i].val()).xor();
            self.gathered.next = self.gathered.val().replace_bit(i, self.bit[i].val());
        }
        self.sum.next = self.gathered.val();
    }
}

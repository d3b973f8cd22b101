//! CRC-32C over a stream of words, `W` bits a clock (wire format, section 7).
//!
//! ```text
//!  first --> seed | state --+--> next = A * state + B * data --> [state] --> state
//!  data  -------------------'        (over GF(2))
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | `state` follows `data` by one clock |
//! | throughput | `W` bits a clock |
//! | data order | byte 0 in bits 7:0, as on AXI4-Stream |
//!
//! Each bit of the next state is the parity of a masked state and masked data: pure XOR trees, no carry and no loop but
//! the register's own.

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

/// The checksum register.
#[derive(LogicBlock)]
pub struct Crc32c<const W: usize> {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Takes `data` into the checksum.
    pub enable: Signal<In, Bit>,
    /// Starts from `seed` instead of the register.
    pub first: Signal<In, Bit>,
    /// Register value to start from.
    pub seed: Signal<In, U<32>>,
    /// Message bits.
    pub data: Signal<In, U<W>>,
    /// Register value (the checksum is its complement).
    pub state: Signal<Out, U<32>>,
    register: Register<U<32>>,
    from: Signal<Local, U<32>>,
    following: Signal<Local, U<32>>,
    bit: [Signal<Local, Bit>; 32],
    state_mask: [Constant<U<32>>; 32],
    data_mask: [Constant<U<W>>; 32],
    zero: Constant<U<32>>,
}

impl<const W: usize> Default for Crc32c<W> {
    fn default() -> Self {
        // Column i of A and B: what a single set bit of state or data becomes after W steps. Row k is output bit k's mask.
        let state_columns: Vec<u32> = (0..32).map(|i| advance(1 << i, 0, W as u32)).collect();
        let data_columns: Vec<u32> = (0..W).map(|i| advance(0, 1 << i, W as u32)).collect();
        let row = |columns: &[u32], k: usize| {
            columns.iter().enumerate().fold(0u128, |m, (i, c)| m | u128::from(c >> k & 1) << i)
        };
        Self {
            clk: port(),
            enable: port(),
            first: port(),
            seed: port(),
            data: port(),
            state: port(),
            register: port(),
            from: port(),
            following: port(),
            bit: ports(),
            state_mask: std::array::from_fn(|k| constant(row(&state_columns, k))),
            data_mask: std::array::from_fn(|k| constant(row(&data_columns, k))),
            zero: constant(0),
        }
    }
}

impl<const W: usize> Logic for Crc32c<W> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clk, register);
        self.from.next = self.register.q.val();
        if self.first.val() {
            self.from.next = self.seed.val();
        }
        self.following.next = self.zero.val();
        for i in 0..32 {
            self.bit[i].next =
                (self.from.val() & self.state_mask[i].val()).xor() ^ (self.data.val() & self.data_mask[i].val()).xor();
            self.following.next = self.following.val().replace_bit(i, self.bit[i].val());
        }
        if self.enable.val() {
            self.register.d.next = self.following.val();
        }
        self.state.next = self.register.q.val();
    }
}

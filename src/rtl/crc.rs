//! CRC-32C over a stream of words, any number of bytes a clock (wire format, section 7).
//!
//! ```text
//!  first --> seed | state --> [ A * state ] ----------------+--> sum --> [state] --> state
//!  data  --> [ B * data, 32 bits a part ] --> ( register ) --'        (over GF(2))
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | `state` follows `data` by one clock, by two if registered |
//! | throughput | one word a clock |
//! | data order | byte 0 in bits 7:0, as on AXI4-Stream |
//!
//! Each bit of the next state is the parity of a masked state and masked data: pure XOR trees, no carry and no loop but
//! the register's own. The data's part has most of the depth; a register behind it, where its clock does not matter, leaves
//! the loop alone.

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

/// The checksum register.
#[derive(LogicBlock)]
pub struct Crc32c {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Takes `data` into the checksum.
    pub enable: Signal<In, Bit>,
    /// Starts from `seed` instead of the register.
    pub first: Signal<In, Bit>,
    /// Register value to start from.
    pub seed: Signal<In, U<32>>,
    /// Message bits.
    pub data: Bus<In>,
    /// Register value (the checksum is its complement).
    pub state: Signal<Out, U<32>>,
    register: Register<U<32>>,
    added: Vec<Register<U<32>>>,
    enabled: Vec<Register<Bit>>,
    begins: Vec<Register<Bit>>,
    seeded: Vec<Register<U<32>>>,
    of_data: Signal<Local, U<32>>,
    enable_now: Signal<Local, Bit>,
    first_now: Signal<Local, Bit>,
    seed_now: Signal<Local, U<32>>,
    from: Signal<Local, U<32>>,
    following: Signal<Local, U<32>>,
    state_part: CrcPart,
    data_part: Vec<CrcPart>,
}

impl Crc32c {
    /// For words of `bits` bits; `registered` behind the data's part.
    pub fn new(bits: usize, registered: bool) -> Self {
        // What a single set bit of state or data becomes when the whole word has gone in.
        let state_columns: Vec<u32> = (0..32).map(|i| after(1 << i, bits)).collect();
        let data_columns: Vec<u32> = (0..bits).map(|i| data_column(i, bits)).collect();
        Self {
            clk: port(),
            enable: port(),
            first: port(),
            seed: port(),
            data: Bus::new(bits),
            state: port(),
            register: port(),
            added: many(registered.into()),
            enabled: many(registered.into()),
            begins: many(registered.into()),
            seeded: many(registered.into()),
            of_data: port(),
            enable_now: port(),
            first_now: port(),
            seed_now: port(),
            from: port(),
            following: port(),
            state_part: CrcPart::new(&state_columns),
            data_part: data_columns.chunks(32).map(CrcPart::new).collect(),
        }
    }
}

impl Logic for Crc32c {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clk, register);
        self.of_data.next = 0.into();
        for i in 0..self.data_part.len() {
            self.data_part[i].data.next = self.data.val().get_bits::<32>(i * 32);
            self.of_data.next = self.of_data.val() ^ self.data_part[i].sum.val();
        }
        self.enable_now.next = self.enable.val();
        self.first_now.next = self.first.val();
        self.seed_now.next = self.seed.val();
        for r in 0..self.added.len() {
            self.added[r].clock.next = self.clk.val();
            self.enabled[r].clock.next = self.clk.val();
            self.begins[r].clock.next = self.clk.val();
            self.seeded[r].clock.next = self.clk.val();
            self.added[r].d.next = self.of_data.val();
            self.enabled[r].d.next = self.enable.val();
            self.begins[r].d.next = self.first.val();
            self.seeded[r].d.next = self.seed.val();
            self.of_data.next = self.added[r].q.val();
            self.enable_now.next = self.enabled[r].q.val();
            self.first_now.next = self.begins[r].q.val();
            self.seed_now.next = self.seeded[r].q.val();
        }
        self.from.next = self.register.q.val();
        if self.first_now.val() {
            self.from.next = self.seed_now.val();
        }
        self.state_part.data.next = self.from.val();
        self.following.next = self.state_part.sum.val() ^ self.of_data.val();
        if self.enable_now.val() {
            self.register.d.next = self.following.val();
        }
        self.state.next = self.register.q.val();
    }
}

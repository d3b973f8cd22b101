//! The CRC over a packet's header, plaintext and symbol count (wire format, section 7), for encoder and decoder alike.
//!
//! ```text
//!  book ----> [ register value behind the header ] --> seed --+
//!  data ------------------------------------------------------+--> [ CRC-32C ] --> ~state = check
//!  count --> [ bytes of the count, as many a clock as fit ] --'
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | one clock; two if registered |
//! | throughput | one step's plaintext a clock; the count takes 32/`W` clocks, one if `W` is 32 or more |
//!
//! The register's value behind the header is an affine function of the header fields that vary, book id and bias: no clock is
//! spent on the header.

use super::config::HeaderConfig;
use super::crc::{advance, Crc32c};
use crate::rtl::prelude::*;
use crate::wire::HEADER_BYTES;

/// Clocks in which the count goes in.
pub const fn count_clocks(plain_bits: usize) -> usize {
    32usize.div_ceil(plain_bits)
}

/// Register value behind a header.
pub fn behind_header(header: u128) -> u32 {
    let bytes = header.to_be_bytes();
    bytes[16 - HEADER_BYTES..].iter().fold(!0, |s, &b| advance(s, b.into(), 8))
}

/// Checksum of a step's plaintext a clock.
#[derive(LogicBlock)]
pub struct PlainCheck {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// There is a step, perhaps an empty one.
    pub beat: Signal<In, Bit>,
    /// It is the packet's first.
    pub first: Signal<In, Bit>,
    /// Its plaintext, zeros where the step has no element.
    pub data: Bus<In>,
    /// It holds at least one element.
    pub any: Signal<In, Bit>,
    /// Book of the packet, with `first`.
    pub book: Signal<In, U<4>>,
    /// Its initial bias, with `first`; 0 if it has none.
    pub bias: Signal<In, U<8>>,
    /// The count goes in.
    pub counting: Signal<In, Bit>,
    /// It starts to go in.
    pub count_first: Signal<In, Bit>,
    /// Symbols in the packet, with `count_first`.
    pub count: Signal<In, U<32>>,
    /// The CRC.
    pub value: Signal<Out, U<32>>,
    crc: Crc32c,
    rest: Register<U<32>>,
    pending_seed: Register<Bit>,
    seed_held: Register<U<32>>,
    seed: Signal<Local, U<32>>,
    source: Signal<Local, U<32>>,
    bytes: Signal<Local, U<32>>,
    one_byte: Signal<Local, U<8>>,
    base: Constant<U<32>>,
    book_mask: [Constant<U<32>>; 4],
    bias_mask: [Constant<U<32>>; 8],
    count_bits: Constant<U<8>>,
    place: BusConstant,
    _plain_bits: usize,
}

impl PlainCheck {
    /// A check for steps of `plain_bits` bits and packets with this header.
    pub fn new(plain_bits: usize, header: &HeaderConfig) -> Self {
        Self::with_register(plain_bits, header, false)
    }

    /// The same with a register within: the value comes a clock later, at a faster clock.
    pub fn registered(plain_bits: usize, header: &HeaderConfig) -> Self {
        Self::with_register(plain_bits, header, true)
    }

    fn with_register(plain_bits: usize, header: &HeaderConfig, registered: bool) -> Self {
        let HeaderConfig { bits: header, book_position, bias_position } = *header;
        let base = behind_header(header);
        let mask = |bit: usize| constant((behind_header(header ^ 1 << bit) ^ base).into());
        Self {
            clk: port(),
            beat: port(),
            first: port(),
            data: Bus::new(plain_bits),
            any: port(),
            book: port(),
            bias: port(),
            counting: port(),
            count_first: port(),
            count: port(),
            value: port(),
            crc: Crc32c::new(plain_bits, registered),
            rest: port(),
            pending_seed: port(),
            seed_held: port(),
            seed: port(),
            source: port(),
            bytes: port(),
            one_byte: port(),
            base: constant(base.into()),
            book_mask: std::array::from_fn(|i| mask(book_position as usize + i)),
            bias_mask: std::array::from_fn(|i| mask(bias_position as usize + i)),
            count_bits: constant(plain_bits.min(32) as u128),
            place: BusConstant::new(bits_for(plain_bits), plain_bits.saturating_sub(32) as u128),
            _plain_bits: plain_bits,
        }
    }
}

impl Logic for PlainCheck {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clk, rest, pending_seed, seed_held);
        self.crc.clk.next = self.clk.val();

        self.seed.next = self.base.val();
        for i in 0..4 {
            if self.book.val().get_bit(i) {
                self.seed.next = self.seed.val() ^ self.book_mask[i].val();
            }
        }
        for i in 0..8 {
            if self.bias.val().get_bit(i) {
                self.seed.next = self.seed.val() ^ self.bias_mask[i].val();
            }
        }
        // A packet without symbols has no step to start from the seed with: the count does.
        self.seed_held.d.next = self.seed_held.q.val();
        if self.beat.val() & self.first.val() {
            self.seed_held.d.next = self.seed.val();
            self.pending_seed.d.next = !self.any.val();
        }
        if self.counting.val() {
            self.pending_seed.d.next = false;
        }
        self.crc.seed.next = self.seed.val();
        if self.counting.val() {
            self.crc.seed.next = self.seed_held.q.val();
        }
        self.crc.first.next = (self.beat.val() & self.first.val()) | (self.counting.val() & self.pending_seed.q.val());
        self.crc.enable.next = (self.beat.val() & self.any.val()) | self.counting.val();

        // The count, most significant byte first, in the last bytes of a step's width.
        self.source.next = self.rest.q.val();
        if self.count_first.val() {
            self.source.next = self.count.val();
        }
        self.rest.d.next = self.source.val() << self.count_bits.val();
        self.bytes.next = 0.into();
        for i in 0..4 {
            self.one_byte.next = self.source.val().get_bits::<8>(24 - i * 8);
            self.bytes.next = self.bytes.val() | (bit_cast::<32, 8>(self.one_byte.val()) << (i * 8));
        }
        self.crc.data.next = self.data.val();
        if self.counting.val() {
            self.crc.data.next = bit_cast_to(self.bytes.val(), self._plain_bits) << self.place.val();
        }
        self.value.next = !self.crc.state.val();
    }
}

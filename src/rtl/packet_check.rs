//! The CRC over a packet's header, plaintext and symbol count (wire format, section 7), in a pipeline; for encoder and decoder
//! alike.
//!
//! ```text
//!  book, bias ----> [ A * register value behind the header ] --> | --> | --.
//!  data ------> | --> [ B * data, some bytes of it ] ----------> | --------+--> + --> | --> + --> [ state ] --> ~state = value
//!  data or | -> | --> [ B * the last four bytes ] -------------> | -------'                 \-- A * state <-'
//!    count |
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | four clocks, five from a part of the count |
//! | throughput | one step's plaintext a clock; the count takes 32/`W` clocks, one if `W` is 32 or more |
//!
//! The register's value behind the header is an affine function of the header fields that vary, book id and bias: it is added
//! with a packet's first step, for which the state is zero, so that the state's loop is a sum of parities and nothing else.
//!
//! Assumptions: `book` and `bias` stay from the packet's first step to the clock behind the first part of its count, which comes
//! no sooner than the clock behind the last step; no packet begins before the value of the one before it has been read.

use super::config::HeaderConfig;
use super::crc::{advance, after, data_column, CrcPart};
use crate::rtl::prelude::*;
use crate::wire::HEADER_BYTES;

/// Clocks from a part of the count to the value.
pub const CHECK_CLOCKS: usize = 5;

/// Clocks in which the count goes in.
pub const fn count_clocks(plain_bits: usize) -> usize {
    32usize.div_ceil(plain_bits)
}

/// Register value behind a header.
fn behind_header(header: u128) -> u32 {
    let bytes = header.to_be_bytes();
    bytes[16 - HEADER_BYTES..].iter().fold(!0, |s, &b| advance(s, b.into(), 8))
}

/// Bytes of the plaintext in one clock, beside the last four: parts of 32 bits.
const PARTS_AT_ONCE: usize = 3;

/// Checksum of a step's plaintext a clock.
#[derive(LogicBlock)]
pub struct PacketCheck {
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
    /// Book of the packet.
    pub book: Signal<In, U<4>>,
    /// Its initial bias; 0 if it has none.
    pub bias: Signal<In, U<8>>,
    /// The count goes in.
    pub counting: Signal<In, Bit>,
    /// It starts to go in.
    pub count_first: Signal<In, Bit>,
    /// Symbols in the packet, with `count_first`.
    pub count: Signal<In, U<32>>,
    /// The CRC.
    pub value: Signal<Out, U<32>>,
    rest: Register<U<32>>,
    counted: Register<U<32>>,
    counting1: Register<Bit>,
    pending_seed: Register<Bit>,
    enabled1: Register<Bit>,
    enabled2: Register<Bit>,
    enabled3: Register<Bit>,
    begins: Register<Bit>,
    begins2: Register<Bit>,
    end_data: Register<U<32>>,
    other_data: Vec<Register<U<32>>>,
    of_header: Register<U<32>>,
    of_header2: Register<U<32>>,
    of_end: Register<U<32>>,
    of_groups: Vec<Register<U<32>>>,
    added: Register<U<32>>,
    state: Register<U<32>>,
    starts: Signal<Local, Bit>,
    seed: Signal<Local, U<32>>,
    source: Signal<Local, U<32>>,
    bytes: Signal<Local, U<32>>,
    one_byte: Signal<Local, U<8>>,
    sum: Signal<Local, U<32>>,
    state_part: CrcPart,
    end_part: CrcPart,
    data_part: Vec<CrcPart>,
    base: Constant<U<32>>,
    book_mask: [Constant<U<32>>; 4],
    bias_mask: [Constant<U<32>>; 8],
    count_bits: Constant<U<8>>,
    end_mask: Constant<U<32>>,
    end_place: BusConstant,
    _parts: usize,
    _at_once: usize,
}

impl PacketCheck {
    /// A check for steps of `plain_bits` bits, and packets with this header.
    pub fn new(plain_bits: usize, header: &HeaderConfig) -> Self {
        let HeaderConfig { bits: header, book_position, bias_position } = *header;
        // What a header's register value becomes with the first step.
        let behind = |header: u128| after(behind_header(header), plain_bits);
        let base = behind(header);
        let mask = |bit: u32| constant((behind(header ^ 1 << bit) ^ base).into());
        let end_bits = plain_bits.min(32);
        let columns = |bits: std::ops::Range<usize>| -> Vec<u32> { bits.map(|i| data_column(i, plain_bits)).collect() };
        let before = plain_bits - end_bits;
        let parts = before.div_ceil(32);
        // The last of them stand for nothing.
        let data_part: Vec<_> = (0..parts.next_multiple_of(PARTS_AT_ONCE))
            .map(|i| CrcPart::new(&columns((32 * i).min(before)..(32 * i + 32).min(before))))
            .collect();
        let state_columns: Vec<u32> = (0..32).map(|i| after(1 << i, plain_bits)).collect();
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
            rest: port(),
            counted: port(),
            counting1: port(),
            pending_seed: port(),
            enabled1: port(),
            enabled2: port(),
            enabled3: port(),
            begins: port(),
            begins2: port(),
            end_data: port(),
            other_data: many(data_part.len()),
            of_header: port(),
            of_header2: port(),
            of_end: port(),
            of_groups: many(data_part.len() / PARTS_AT_ONCE),
            added: port(),
            state: port(),
            starts: port(),
            seed: port(),
            source: port(),
            bytes: port(),
            one_byte: port(),
            sum: port(),
            state_part: CrcPart::new(&state_columns),
            end_part: CrcPart::new(&columns(before..plain_bits)),
            data_part,
            base: constant(base.into()),
            book_mask: std::array::from_fn(|i| mask(book_position + i as u32)),
            bias_mask: std::array::from_fn(|i| mask(bias_position + i as u32)),
            count_bits: constant(end_bits as u128),
            end_mask: constant((1u128 << end_bits) - 1),
            end_place: BusConstant::new(bits_for(plain_bits), before as u128),
            _parts: parts,
            _at_once: PARTS_AT_ONCE,
        }
    }
}

impl Logic for PacketCheck {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clk,
            rest,
            counted,
            counting1,
            pending_seed,
            enabled1,
            enabled2,
            enabled3,
            begins,
            begins2,
            end_data,
            of_header,
            of_header2,
            of_end,
            added,
            state
        );
        // A packet without symbols has no step to begin with: the count does.
        if self.beat.val() & self.first.val() {
            self.pending_seed.d.next = !self.any.val();
        }
        if self.counting1.q.val() {
            self.pending_seed.d.next = false;
        }
        self.starts.next = ((self.beat.val() & self.first.val()) & self.any.val())
            | (self.counting1.q.val() & self.pending_seed.q.val());

        // First stage. What stands before the first step.
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
        self.of_header.d.next = 0.into();
        if self.starts.val() {
            self.of_header.d.next = self.seed.val();
        }
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
        self.counted.d.next = self.bytes.val() & self.end_mask.val();
        self.counting1.d.next = self.counting.val();
        self.end_data.d.next = (self.data.val() >> self.end_place.val()).get_bits::<32>(0);
        if self.counting1.q.val() {
            self.end_data.d.next = self.counted.q.val();
        }
        for i in 0..self.other_data.len() {
            self.other_data[i].clock.next = self.clk.val();
            self.other_data[i].d.next = 0.into();
        }
        for i in 0..self._parts {
            if !self.counting1.q.val() {
                self.other_data[i].d.next = self.data.val().get_bits::<32>(i * 32);
            }
        }
        self.enabled1.d.next = (self.beat.val() & self.any.val()) | self.counting1.q.val();
        self.begins.d.next = self.starts.val();

        // Second stage: what the data adds.
        self.end_part.data.next = self.end_data.q.val();
        self.of_end.d.next = self.end_part.sum.val();
        for i in 0..self.data_part.len() {
            self.data_part[i].data.next = self.other_data[i].q.val();
        }
        for q in self._at_once..(self._at_once + 1) {
            for g in 0..self.of_groups.len() {
                self.sum.next = 0.into();
                for i in 0..self._at_once {
                    self.sum.next = self.sum.val() ^ self.data_part[g * q + i].sum.val();
                }
                self.of_groups[g].clock.next = self.clk.val();
                self.of_groups[g].d.next = self.sum.val();
            }
        }
        self.of_header2.d.next = self.of_header.q.val();
        self.enabled2.d.next = self.enabled1.q.val();
        self.begins2.d.next = self.begins.q.val();

        // Third stage: all of it together.
        self.sum.next = self.of_header2.q.val() ^ self.of_end.q.val();
        for g in 0..self.of_groups.len() {
            self.sum.next = self.sum.val() ^ self.of_groups[g].q.val();
        }
        self.added.d.next = self.sum.val();
        self.enabled3.d.next = self.enabled2.q.val();

        // Fourth stage: the loop.
        self.state_part.data.next = self.state.q.val();
        if self.enabled3.q.val() {
            self.state.d.next = self.state_part.sum.val() ^ self.added.q.val();
        }
        if self.begins2.q.val() {
            self.state.d.next = 0.into();
        }
        self.value.next = !self.state.q.val();
    }
}

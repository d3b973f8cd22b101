//! Sends the decoded beats out, and ends each packet with the verdict on it.
//!
//! ```text
//!  token, plain --+--> [ check ] ---------------> CRC == expected ?
//!                 |                                    |
//!                 +--> beat (not the last) ------------+--> [ queue ] --> m_axis
//!                 '--> [ last beat, held ] --- errors -'
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | 2 clocks and the queue; the last beat waits for the CRC: 32/`W` (at least 1) + 5 clocks more |
//! | throughput | one beat a clock; the controller leaves the clocks that the last beat needs |
//! | `tuser` | valid with `tlast`: header error, length error, CRC error (bits 0 to 2) |

use crate::rtl::config::HeaderConfig;
use crate::rtl::fifo::Fifo;
use crate::rtl::packet_check::{count_clocks, PacketCheck, CHECK_CLOCKS};
use crate::rtl::prelude::*;

/// Entries that may still come in after the queue has said that it has no room, beside those on their way through the lanes: the
/// stages here and the delay of `room`.
const OUTPUT_SLACK: usize = 7;

/// Output stage.
#[derive(LogicBlock)]
pub struct Finisher {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Synchronous reset.
    pub rst: Signal<In, Bit>,
    /// There is a token.
    pub token: Signal<In, Bit>,
    /// First of its packet.
    pub first: Signal<In, Bit>,
    /// Last of its packet.
    pub last: Signal<In, Bit>,
    /// Header and length error, with `last`.
    pub errors: Signal<In, U<2>>,
    /// Plaintext, zeros where there is no element.
    pub plain: Bus<In>,
    /// Its valid bytes.
    pub keep: Bus<In>,
    /// Book of the packet.
    pub book: Signal<In, U<4>>,
    /// Its initial bias, as long.
    pub bias: Signal<In, U<8>>,
    /// Symbol count of the trailer, with `last`.
    pub count: Signal<In, U<32>>,
    /// CRC of the trailer, with `last`.
    pub expected: Signal<In, U<32>>,
    /// The queue has room.
    pub room: Signal<Out, Bit>,
    /// Elements, the first in the lowest bits.
    pub m_axis_tdata: Bus<Out>,
    /// Their valid bytes.
    pub m_axis_tkeep: Bus<Out>,
    /// Errors of the packet, with `tlast`.
    pub m_axis_tuser: Signal<Out, U<3>>,
    /// Last beat of a packet.
    pub m_axis_tlast: Signal<Out, Bit>,
    /// There is a beat.
    pub m_axis_tvalid: Signal<Out, Bit>,
    /// It is taken.
    pub m_axis_tready: Signal<In, Bit>,
    token1: Register<Bit>,
    first1: Register<Bit>,
    last1: Register<Bit>,
    errors1: Register<U<2>>,
    book1: Register<U<4>>,
    bias1: Register<U<8>>,
    plain1: BusRegister,
    keep1: BusRegister,
    check: PacketCheck,
    queue: Fifo<4, 5>,
    held: BusRegister,
    held_keep: BusRegister,
    held_errors: Register<U<2>>,
    held_count: Register<U<32>>,
    held_expected: Register<U<32>>,
    clocks: Register<U<4>>,
    counting: Register<Bit>,
    counting_first: Register<Bit>,
    judge: Register<Bit>,
    tag: Bus<Local>,
    verdict: Signal<Local, U<3>>,
    header_bad: Signal<Local, Bit>,
    judge_clocks: Constant<U<4>>,
    check_clocks: Constant<U<4>>,
    one: Constant<U<4>>,
    crc_flag: Constant<U<3>>,
    last_flag: Constant<U<4>>,
    _tag_bits: usize,
    _plain_bytes: usize,
}

impl Finisher {
    /// Output stage for beats of `plain_bytes` bytes and packets with this header (given with book 0), `token_clocks` behind
    /// where `room` is looked at.
    pub fn new(plain_bytes: usize, header: &HeaderConfig, token_clocks: usize) -> Self {
        let (plain_bits, tag_bits) = (8 * plain_bytes, plain_bytes + 4);
        Self {
            clk: port(),
            rst: port(),
            token: port(),
            first: port(),
            last: port(),
            errors: port(),
            plain: Bus::new(plain_bits),
            keep: Bus::new(plain_bytes),
            book: port(),
            bias: port(),
            count: port(),
            expected: port(),
            room: port(),
            m_axis_tdata: Bus::new(plain_bits),
            m_axis_tkeep: Bus::new(plain_bytes),
            m_axis_tuser: port(),
            m_axis_tlast: port(),
            m_axis_tvalid: port(),
            m_axis_tready: port(),
            token1: port(),
            first1: port(),
            last1: port(),
            errors1: port(),
            book1: port(),
            bias1: port(),
            plain1: BusRegister::new(plain_bits),
            keep1: BusRegister::new(plain_bytes),
            check: PacketCheck::new(plain_bits, header),
            queue: Fifo::new(plain_bits, tag_bits, OUTPUT_SLACK + token_clocks),
            held: BusRegister::new(plain_bits),
            held_keep: BusRegister::new(plain_bytes),
            held_errors: port(),
            held_count: port(),
            held_expected: port(),
            clocks: port(),
            counting: port(),
            counting_first: port(),
            judge: port(),
            tag: Bus::new(tag_bits),
            verdict: port(),
            header_bad: port(),
            judge_clocks: constant((count_clocks(plain_bits) + CHECK_CLOCKS - 1) as u128),
            check_clocks: constant(CHECK_CLOCKS as u128),
            one: constant(1),
            crc_flag: constant(4),
            last_flag: constant(8),
            _tag_bits: tag_bits,
            _plain_bytes: plain_bytes,
        }
    }
}

impl Logic for Finisher {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clk,
            token1,
            first1,
            last1,
            errors1,
            book1,
            bias1,
            plain1,
            keep1,
            held,
            held_keep,
            held_errors,
            held_count,
            held_expected,
            clocks,
            counting,
            counting_first,
            judge
        );
        self.token1.d.next = self.token.val();
        self.first1.d.next = self.first.val();
        self.last1.d.next = self.last.val();
        self.errors1.d.next = self.errors.val();
        self.book1.d.next = self.book.val();
        self.bias1.d.next = self.bias.val();
        self.plain1.d.next = self.plain.val();
        self.keep1.d.next = self.keep.val();

        // The CRC takes every beat, then the count.
        self.check.clk.next = self.clk.val();
        self.check.beat.next = self.token1.q.val();
        self.check.first.next = self.first1.q.val();
        self.check.data.next = self.plain1.q.val();
        self.check.any.next = self.token1.q.val() & self.keep1.q.val().any();
        self.check.book.next = self.book1.q.val();
        self.check.bias.next = self.bias1.q.val();
        self.check.counting.next = self.counting.q.val();
        self.check.count_first.next = self.counting_first.q.val();
        self.check.count.next = self.held_count.q.val();

        // The last beat waits.
        self.counting_first.d.next = false;
        if self.clocks.q.val() == self.check_clocks.val() {
            self.counting.d.next = false;
        }
        self.judge.d.next = self.clocks.q.val() == self.one.val();
        if self.clocks.q.val().any() {
            self.clocks.d.next = self.clocks.q.val() - self.one.val();
        }
        if self.token1.q.val() & self.last1.q.val() {
            self.held.d.next = self.plain1.q.val();
            self.held_keep.d.next = self.keep1.q.val();
            self.held_errors.d.next = self.errors1.q.val();
            self.clocks.d.next = self.judge_clocks.val();
            self.counting_first.d.next = true;
            self.counting.d.next = true;
        }
        if self.token.val() & self.last.val() {
            self.held_count.d.next = self.count.val();
            self.held_expected.d.next = self.expected.val();
        }
        self.verdict.next = bit_cast::<3, 2>(self.held_errors.q.val());
        self.header_bad.next = self.held_errors.q.val().get_bit(0);
        if (self.check.value.val() != self.held_expected.q.val()) & !self.header_bad.val() {
            self.verdict.next = bit_cast::<3, 2>(self.held_errors.q.val()) | self.crc_flag.val();
        }

        self.queue.clk.next = self.clk.val();
        self.queue.rst.next = self.rst.val();
        self.queue.push.next = (self.token1.q.val() & !self.last1.q.val()) | self.judge.q.val();
        self.queue.data.next = self.plain1.q.val();
        self.tag.next = bit_cast_to(self.keep1.q.val(), self._tag_bits) << 4;
        if self.judge.q.val() {
            self.queue.data.next = self.held.q.val();
            self.tag.next = (bit_cast_to(self.held_keep.q.val(), self._tag_bits) << 4)
                | (bit_cast_to(self.verdict.val(), self._tag_bits) | bit_cast_to(self.last_flag.val(), self._tag_bits));
        }
        self.queue.tag.next = self.tag.val();
        self.queue.pop.next = self.queue.head_valid.val() & self.m_axis_tready.val();
        self.room.next = self.queue.room.val();

        self.m_axis_tdata.next = self.queue.head.val();
        self.m_axis_tuser.next = self.queue.head_tag.val().get_bits::<3>(0);
        self.m_axis_tkeep.next = bit_cast_to(self.queue.head_tag.val() >> 4, self._plain_bytes);
        self.m_axis_tlast.next = self.queue.head_tag.val().get_bit(3);
        self.m_axis_tvalid.next = self.queue.head_valid.val();

        if self.rst.val() {
            self.token1.d.next = false;
            self.clocks.d.next = 0.into();
            self.counting.d.next = false;
            self.counting_first.d.next = false;
            self.judge.d.next = false;
        }
    }
}

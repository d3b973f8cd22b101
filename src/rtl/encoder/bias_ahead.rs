//! Holds a packet's first block back until the mean of its exponents is known: the bias that its header begins with (wire
//! format, section 6.2).
//!
//! ```text
//!  s_axis --+--> [ queue of beats ] -----------------------------------------------+--> beat, bias
//!           '--> [ split ] --> [ sums of 4 lanes ] --> [ of a step ] --> [ of the block ] --> [ sum / elements ] --'
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | 14 clocks behind the first block's last step |
//! | throughput | one step a clock; no packet begins within 14 clocks behind the first block of the one before it |
//! | `tready` | registers only |
//!
//! Exponents that are 0 are left out; without any other the bias is 0. The mean is rounded half up, by a division of one bit a
//! clock. Where lanes are served in turn a step here is a turn, and a block has as many more of them.

use super::split::ElementSplit;
use crate::rtl::block_fifo::BlockFifo;
use crate::rtl::fifo::Fifo;
use crate::rtl::geometry::Geometry;
use crate::rtl::prelude::*;

/// log2 of the beats that the queue has place for at least.
const DEPTH_LOG2: usize = 6;
/// Beats that may still come in after the queue has said that it has no room.
const BEAT_SLACK: usize = 4;
/// The same for the queue of biases.
const BIAS_SLACK: usize = 4;
/// Lanes whose exponents are added up in one clock.
const PART: usize = 4;
/// Bits of a bias.
const BIAS_BITS: usize = 8;

/// The look-ahead.
#[derive(LogicBlock)]
pub struct BiasAhead {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Synchronous reset.
    pub rst: Signal<In, Bit>,
    /// Plain beat: elements.
    pub tdata_in: Bus<In>,
    /// Plain beat: valid bytes.
    pub tkeep_in: Bus<In>,
    /// Plain beat: book of the packet.
    pub tuser_in: Signal<In, U<4>>,
    /// Plain beat: last of its packet.
    pub tlast_in: Signal<In, Bit>,
    /// Plain beat: there is one.
    pub tvalid_in: Signal<In, Bit>,
    /// It is taken.
    pub tready_out: Signal<Out, Bit>,
    /// The same beat later: elements.
    pub tdata: Bus<Out>,
    /// Valid bytes.
    pub tkeep: Bus<Out>,
    /// Book.
    pub tuser: Signal<Out, U<4>>,
    /// Last of its packet.
    pub tlast: Signal<Out, Bit>,
    /// There is one.
    pub tvalid: Signal<Out, Bit>,
    /// It is taken.
    pub tready: Signal<In, Bit>,
    /// Bias that its packet begins with.
    pub bias: Signal<Out, U<8>>,
    beats: BlockFifo,
    biases: Fifo<3, 4>,
    split: ElementSplit,
    within: Register<Bit>,
    counting: Register<Bit>,
    busy: Register<Bit>,
    position: BusRegister,
    some1: Register<Bit>,
    ends1: Register<Bit>,
    some2: Register<Bit>,
    ends2: Register<Bit>,
    part_sum: Vec<BusRegister>,
    part_count: Vec<BusRegister>,
    some3: Register<Bit>,
    ends3: Register<Bit>,
    step_sum: BusRegister,
    step_count: BusRegister,
    block_sum: BusRegister,
    block_count: BusRegister,
    rest: BusRegister,
    divisor: BusRegister,
    quotient: Register<U<8>>,
    left: Register<U<4>>,
    done: Register<Bit>,
    entry: Bus<Local>,
    data: Bus<Local>,
    keep: Bus<Local>,
    ready: Signal<Local, Bit>,
    accept: Signal<Local, Bit>,
    counts: Signal<Local, Bit>,
    passes: Signal<Local, Bit>,
    last_in: Signal<Local, Bit>,
    exponent: Signal<Local, U<8>>,
    nonzero: Signal<Local, Bit>,
    summand: Bus<Local>,
    number: Bus<Local>,
    added: Bus<Local>,
    counted: Bus<Local>,
    total: Bus<Local>,
    elements: Bus<Local>,
    one: Constant<U<4>>,
    one_step: BusConstant,
    one_element: BusConstant,
    one_bit: Constant<U<8>>,
    divisions: Constant<U<4>>,
    keep_place: BusConstant,
    data_place: BusConstant,
    divisor_place: BusConstant,
    _entry_bits: usize,
    _plain_bits: usize,
    _plain_bytes: usize,
    _part: usize,
    _sum_bits: usize,
    _count_bits: usize,
    _block_sum_bits: usize,
    _block_count_bits: usize,
    _rest_bits: usize,
}

impl BiasAhead {
    /// For these beats, and blocks of 2^`block_log2` beats, [`MAX_HELD_BLOCK_LOG2`](crate::rtl::config::MAX_HELD_BLOCK_LOG2) at most.
    pub fn new(geometry: &Geometry, block_log2: usize) -> Self {
        let (plain_bits, plain_bytes, lanes) = (geometry.plain_bits(), geometry.plain_bytes(), geometry.lanes);
        let entry_bits = 5 + plain_bytes + plain_bits;
        let place = |bit: usize| BusConstant::new(16, bit as u128);
        let lanes_log2 = lanes.ilog2() as usize;
        let (sum, count) = (BIAS_BITS + lanes_log2, lanes_log2 + 1);
        let (block_sum, block_count) = (sum + block_log2, count + block_log2);
        // The divisor begins as high as the quotient's highest bit.
        let rest = block_count + BIAS_BITS;
        let parts = lanes.div_ceil(PART);
        Self {
            clk: port(),
            rst: port(),
            tdata_in: Bus::new(plain_bits),
            tkeep_in: Bus::new(plain_bytes),
            tuser_in: port(),
            tlast_in: port(),
            tvalid_in: port(),
            tready_out: port(),
            tdata: Bus::new(plain_bits),
            tkeep: Bus::new(plain_bytes),
            tuser: port(),
            tlast: port(),
            tvalid: port(),
            tready: port(),
            bias: port(),
            beats: BlockFifo::new(DEPTH_LOG2.max(block_log2 + 1), entry_bits, BEAT_SLACK),
            biases: Fifo::new(BIAS_BITS, 1, BIAS_SLACK),
            split: ElementSplit::new(geometry),
            within: port(),
            counting: port(),
            busy: port(),
            position: BusRegister::new(block_log2),
            some1: port(),
            ends1: port(),
            some2: port(),
            ends2: port(),
            part_sum: (0..parts).map(|_| BusRegister::new(sum)).collect(),
            part_count: (0..parts).map(|_| BusRegister::new(count)).collect(),
            some3: port(),
            ends3: port(),
            step_sum: BusRegister::new(sum),
            step_count: BusRegister::new(count),
            block_sum: BusRegister::new(block_sum),
            block_count: BusRegister::new(block_count),
            rest: BusRegister::new(rest),
            divisor: BusRegister::new(rest),
            quotient: port(),
            left: port(),
            done: port(),
            entry: Bus::new(entry_bits),
            data: Bus::new(plain_bits),
            keep: Bus::new(plain_bytes),
            ready: port(),
            accept: port(),
            counts: port(),
            passes: port(),
            last_in: port(),
            exponent: port(),
            nonzero: port(),
            summand: Bus::new(sum),
            number: Bus::new(count),
            added: Bus::new(sum),
            counted: Bus::new(count),
            total: Bus::new(block_sum),
            elements: Bus::new(block_count),
            one: constant(1),
            one_step: BusConstant::new(block_log2, 1),
            one_element: BusConstant::new(block_count, 1),
            one_bit: constant(1),
            divisions: constant(BIAS_BITS as u128),
            keep_place: place(5),
            data_place: place(5 + plain_bytes),
            divisor_place: place(BIAS_BITS - 1),
            _entry_bits: entry_bits,
            _plain_bits: plain_bits,
            _plain_bytes: plain_bytes,
            _part: lanes.min(PART),
            _sum_bits: sum,
            _count_bits: count,
            _block_sum_bits: block_sum,
            _block_count_bits: block_count,
            _rest_bits: rest,
        }
    }
}

impl Logic for BiasAhead {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clk,
            within,
            counting,
            busy,
            position,
            some1,
            ends1,
            some2,
            ends2,
            some3,
            ends3,
            step_sum,
            step_count,
            block_sum,
            block_count,
            rest,
            divisor,
            quotient,
            left,
            done
        );
        // Beats in. A packet may begin when the bias of the one before it is known.
        self.ready.next = (self.beats.room.val() & self.biases.room.val()) & (self.within.q.val() | !self.busy.q.val());
        self.tready_out.next = self.ready.val();
        self.accept.next = self.ready.val() & self.tvalid_in.val();
        self.last_in.next = self.tlast_in.val();
        self.data.next = self.tdata_in.val();
        self.keep.next = self.tkeep_in.val();
        self.entry.next = bit_cast_to(self.last_in.val(), self._entry_bits)
            | (bit_cast_to(self.tuser_in.val(), self._entry_bits) << 1);
        self.entry.next = self.entry.val() | (bit_cast_to(self.keep.val(), self._entry_bits) << self.keep_place.val());
        self.beats.clk.next = self.clk.val();
        self.beats.rst.next = self.rst.val();
        self.beats.push.next = self.accept.val();
        self.beats.data.next =
            self.entry.val() | (bit_cast_to(self.data.val(), self._entry_bits) << self.data_place.val());

        // Those of the first block are summed up.
        self.counts.next = self.accept.val() & (!self.within.q.val() | self.counting.q.val());
        self.some1.d.next = self.counts.val();
        self.ends1.d.next = self.counts.val() & (self.position.q.val().all() | self.last_in.val());
        if self.accept.val() {
            self.within.d.next = !self.last_in.val();
            self.counting.d.next = self.counts.val() & !self.position.q.val().all();
            // At the block's end it comes back to 0 by itself, and stays there.
            if !self.within.q.val() | self.counting.q.val() {
                self.position.d.next = self.position.q.val() + self.one_step.val();
            }
            if self.last_in.val() {
                self.position.d.next = 0.into();
            }
            if !self.within.q.val() {
                self.busy.d.next = true;
            }
        }

        // Four lanes, a step, the block.
        self.split.clk.next = self.clk.val();
        self.split.tdata.next = self.tdata_in.val();
        self.split.tkeep.next = self.tkeep_in.val();
        self.some2.d.next = self.some1.q.val();
        self.ends2.d.next = self.ends1.q.val();
        self.added.next = 0.into();
        self.counted.next = 0.into();
        for p in 0..self.part_sum.len() {
            self.summand.next = 0.into();
            self.number.next = 0.into();
            for q in self._part..(self._part + 1) {
                for i in 0..self._part {
                    self.exponent.next = self.split.symbol[p * q + i].val();
                    self.nonzero.next = self.exponent.val().any();
                    self.summand.next = self.summand.val() + bit_cast_to(self.exponent.val(), self._sum_bits);
                    self.number.next = self.number.val() + bit_cast_to(self.nonzero.val(), self._count_bits);
                }
            }
            self.part_sum[p].clock.next = self.clk.val();
            self.part_sum[p].d.next = self.summand.val();
            self.part_count[p].clock.next = self.clk.val();
            self.part_count[p].d.next = self.number.val();
            self.summand.next = self.part_sum[p].q.val();
            self.number.next = self.part_count[p].q.val();
            self.added.next = self.added.val() + self.summand.val();
            self.counted.next = self.counted.val() + self.number.val();
        }
        self.some3.d.next = self.some2.q.val();
        self.ends3.d.next = self.ends2.q.val();
        self.step_sum.d.next = self.added.val();
        self.step_count.d.next = self.counted.val();
        self.total.next = self.block_sum.q.val() + bit_cast_to(self.step_sum.q.val(), self._block_sum_bits);
        self.elements.next = self.block_count.q.val() + bit_cast_to(self.step_count.q.val(), self._block_count_bits);
        if self.some3.q.val() {
            self.block_sum.d.next = self.total.val();
            self.block_count.d.next = self.elements.val();
        }

        // The mean, a bit a clock.
        self.done.d.next = self.left.q.val() == self.one.val();
        if self.left.q.val().any() {
            self.left.d.next = self.left.q.val() - self.one.val();
            self.divisor.d.next = self.divisor.q.val() >> 1;
            self.quotient.d.next = self.quotient.q.val() << 1;
            if self.rest.q.val() >= self.divisor.q.val() {
                self.rest.d.next = self.rest.q.val() - self.divisor.q.val();
                self.quotient.d.next = (self.quotient.q.val() << 1) | self.one_bit.val();
            }
        }
        if self.ends3.q.val() {
            self.block_sum.d.next = 0.into();
            self.block_count.d.next = 0.into();
            self.left.d.next = self.divisions.val();
            self.rest.d.next =
                bit_cast_to(self.total.val(), self._rest_bits) + bit_cast_to(self.elements.val() >> 1, self._rest_bits);
            self.divisor.d.next = bit_cast_to(self.elements.val(), self._rest_bits) << self.divisor_place.val();
            if !self.elements.val().any() {
                self.divisor.d.next = bit_cast_to(self.one_element.val(), self._rest_bits) << self.divisor_place.val();
            }
        }
        if self.done.q.val() {
            self.busy.d.next = false;
        }
        self.biases.clk.next = self.clk.val();
        self.biases.rst.next = self.rst.val();
        self.biases.push.next = self.done.q.val();
        self.biases.data.next = self.quotient.q.val().into();
        self.biases.tag.next = false.into();

        // Beats out.
        self.passes.next = (self.beats.head_valid.val() & self.biases.head_valid.val()) & self.tready.val();
        self.tvalid.next = self.beats.head_valid.val() & self.biases.head_valid.val();
        self.tlast.next = self.beats.head.val().get_bit(0);
        self.tuser.next = self.beats.head.val().get_bits::<4>(1);
        self.tkeep.next = bit_cast_to(self.beats.head.val() >> self.keep_place.val(), self._plain_bytes);
        self.tdata.next = bit_cast_to(self.beats.head.val() >> self.data_place.val(), self._plain_bits);
        self.bias.next = self.biases.head.val().get_bits::<8>(0);
        self.beats.pop.next = self.passes.val();
        self.biases.pop.next = self.passes.val() & self.beats.head.val().get_bit(0);

        if self.rst.val() {
            self.within.d.next = false;
            self.counting.d.next = false;
            self.busy.d.next = false;
            self.position.d.next = 0.into();
            self.some1.d.next = false;
            self.ends1.d.next = false;
            self.some2.d.next = false;
            self.ends2.d.next = false;
            self.some3.d.next = false;
            self.ends3.d.next = false;
            self.block_sum.d.next = 0.into();
            self.block_count.d.next = 0.into();
            self.left.d.next = 0.into();
            self.done.d.next = false;
        }
    }
}

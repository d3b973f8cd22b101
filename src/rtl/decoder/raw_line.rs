//! The raw stream of the decoder: words at their slots in, raw bits of a step's elements out (wire format, section 5).
//!
//! ```text
//!  word, load --> [ queues ] --> words that begin in the step --> [ >> offset ] --+--> first bits: the step's
//!                                        [ bits left of the last word ] ----------'--> next 16: left
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | none from `step` to `bits` |
//! | throughput | one step a clock |
//! | depth | words come 8 steps ahead, and the lanes' pipeline takes 3 steps: queues of 16 |

use super::raw_queue::RawQueue;
use crate::rtl::prelude::*;
use crate::rtl::raw_schedule::RawSchedule;

/// The raw stream.
#[derive(LogicBlock)]
pub struct RawLine {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Synchronous reset.
    pub rst: Signal<In, Bit>,
    /// A packet begins.
    pub clear: Signal<In, Bit>,
    /// Slots that ask for a word.
    pub load: Vec<Signal<In, Bit>>,
    /// The words that were asked for in the clock before.
    pub word: Vec<Signal<In, U<16>>>,
    /// A step uses its bits up.
    pub step: Signal<In, Bit>,
    /// Raw bits of each lane's element, right-aligned.
    pub bits: Vec<Signal<Out, U<24>>>,
    coming: Vec<Register<Bit>>,
    queue: Vec<RawQueue>,
    schedule: RawSchedule,
    left: Register<U<16>>,
    offset: Register<U<4>>,
    words: Gather,
    pair: Bus<Local>,
    element: Signal<Local, U<24>>,
    mask: Constant<U<24>>,
    left_at: BusConstant,
    remainder: Constant<U<4>>,
    _raw_bits: usize,
    _pair_bits: usize,
    _next_at: usize,
}

impl RawLine {
    /// For this many lanes of `raw_bits` raw bits, at least one.
    pub fn new(lanes: usize, raw_bits: usize) -> Self {
        let step_bits = lanes * raw_bits;
        let slots = step_bits.div_ceil(16);
        let pair_bits = 16 * (slots + 1);
        Self {
            clk: port(),
            rst: port(),
            clear: port(),
            load: many(slots),
            word: many(slots),
            step: port(),
            bits: many(lanes),
            coming: many(slots),
            queue: many(slots),
            schedule: RawSchedule::new(step_bits),
            left: port(),
            offset: port(),
            words: Gather::new(slots, 16),
            pair: Bus::new(pair_bits),
            element: port(),
            mask: constant((1 << raw_bits) - 1),
            left_at: BusConstant::new(bits_for(pair_bits), 16 * slots as u128),
            remainder: constant((step_bits % 16) as u128),
            _raw_bits: raw_bits,
            _pair_bits: pair_bits,
            _next_at: 16 * slots - step_bits,
        }
    }
}

impl Logic for RawLine {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clk, left, offset);
        self.schedule.clk.next = self.clk.val();
        self.schedule.start.next = self.rst.val() | self.clear.val();
        self.schedule.lead.next = false;
        self.schedule.enter.next = false;
        self.schedule.advance.next = self.step.val();

        // The words that begin in this step, the first highest; zeros for the others.
        for n in self.word.len()..(self.word.len() + 1) {
            for i in 0..self.word.len() {
                self.queue[i].clk.next = self.clk.val();
                self.queue[i].rst.next = self.rst.val();
                self.queue[i].clear.next = self.clear.val();
                self.coming[i].clock.next = self.clk.val();
                self.coming[i].d.next = self.load[i].val();
                self.queue[i].push.next = self.coming[i].q.val();
                self.queue[i].data.next = self.word[i].val();
                self.queue[i].pop.next = self.step.val() & self.schedule.want[i].val();
                self.words.part[n - 1 - i].next = 0.into();
                if self.schedule.want[i].val() {
                    self.words.part[n - 1 - i].next = self.queue[i].word.val().into();
                }
            }
        }
        self.pair.next = (bit_cast_to(self.left.q.val(), self._pair_bits) << self.left_at.val())
            | ((bit_cast_to(self.words.whole.val(), self._pair_bits) << 16) >> self.offset.q.val());
        for p in self._pair_bits..(self._pair_bits + 1) {
            for r in self._raw_bits..(self._raw_bits + 1) {
                for i in 0..self.bits.len() {
                    self.element.next = self.pair.val().get_bits::<24>(p - r - i * r);
                    self.bits[i].next = self.element.val() & self.mask.val();
                }
            }
        }

        if self.step.val() {
            for a in self._next_at..(self._next_at + 1) {
                self.left.d.next = self.pair.val().get_bits::<16>(a);
            }
            self.offset.d.next = self.offset.q.val() - self.remainder.val();
        }
        if self.rst.val() {
            for i in 0..self.coming.len() {
                self.coming[i].d.next = false;
            }
        }
        // Where steps are whole words both registers are constants.
        if (self.rst.val() | self.clear.val()) | !self.remainder.val().any() {
            self.left.d.next = 0.into();
            self.offset.d.next = 0.into();
        }
    }
}

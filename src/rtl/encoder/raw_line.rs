//! The raw stream of the encoder: raw bits of a step's elements in, words at their slots out (wire format, section 5.1).
//!
//! ```text
//!  bits of each lane --> [ side by side ] --> [ register ] --> [ lane packer ]  up to 16 bits a step
//!  active ------------------------------------------------'--> [ raw packer ]   more
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | `bits` come a clock before `active`; then that of the packer |
//! | throughput | one step a clock |

use super::lane_packer::LanePacker;
use super::raw_packer::RawPacker;
use crate::rtl::prelude::*;

/// The raw stream. One of the two packers is there.
#[derive(LogicBlock)]
pub struct RawLine {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Synchronous reset.
    pub rst: Signal<In, Bit>,
    /// Raw bits of each lane's element, right-aligned.
    pub bits: Vec<Signal<In, U<24>>>,
    /// Lanes that have one, a clock later.
    pub active: Bus<In>,
    /// Any of them has, with `active`.
    pub step: Signal<In, Bit>,
    /// The packet has ended, with `active`.
    pub flush: Signal<In, Bit>,
    /// Slots with a word.
    pub push: Vec<Signal<Out, Bit>>,
    /// Their words.
    pub word: Vec<Signal<Out, U<16>>>,
    one: Signal<Local, U<24>>,
    aligned: Gather,
    held: BusRegister,
    few: Vec<LanePacker>,
    many: Vec<RawPacker>,
    real: Gather,
    ones: BusConstant,
    none: BusConstant,
    length: Signal<Local, U<5>>,
    of_element: Constant<U<5>>,
    unused_bits: Constant<U<5>>,
    _raw_bits: usize,
}

impl RawLine {
    /// For this many lanes of `raw_bits` raw bits, at least one.
    pub fn new(lanes: usize, raw_bits: usize) -> Self {
        let step_bits = lanes * raw_bits;
        let slots = step_bits.div_ceil(16);
        let small = step_bits <= 16;
        Self {
            clk: port(),
            rst: port(),
            bits: many(lanes),
            active: Bus::new(lanes),
            step: port(),
            flush: port(),
            push: many(slots),
            word: many(slots),
            one: port(),
            aligned: Gather::new(lanes, raw_bits),
            held: BusRegister::new(step_bits),
            few: many(small.into()),
            many: (0..usize::from(!small)).map(|_| RawPacker::new(step_bits)).collect(),
            real: Gather::new(lanes, raw_bits),
            ones: BusConstant::new(raw_bits, (1 << raw_bits) - 1),
            none: BusConstant::new(raw_bits, 0),
            length: port(),
            of_element: constant(if small { raw_bits as u128 } else { 0 }),
            unused_bits: constant(16usize.saturating_sub(step_bits) as u128),
            _raw_bits: raw_bits,
        }
    }
}

impl Logic for RawLine {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clk, held);
        // The first element's bits stand highest.
        self.length.next = 0.into();
        for n in self.bits.len()..(self.bits.len() + 1) {
            for i in 0..self.bits.len() {
                self.one.next = self.bits[i].val();
                self.aligned.part[n - 1 - i].next = bit_cast_to(self.one.val(), self._raw_bits);
                self.real.part[n - 1 - i].next = self.none.val();
                if self.active.val().get_bit(i) {
                    self.real.part[n - 1 - i].next = self.ones.val();
                    self.length.next = self.length.val() + self.of_element.val();
                }
            }
        }
        self.held.d.next = self.aligned.whole.val();
        for r in 0..self.few.len() {
            self.few[r].clk.next = self.clk.val();
            self.few[r].rst.next = self.rst.val();
            self.few[r].active.next = self.step.val();
            self.few[r].code.next = self.held.q.val().get_bits::<16>(0) << self.unused_bits.val();
            self.few[r].length.next = self.length.val();
            self.few[r].flush.next = self.flush.val();
            self.few[r].mark.next = false;
            self.few[r].extended.next = false;
            self.few[r].extension.next = false;
            self.push[0].next = self.few[r].push.val();
            self.word[0].next = self.few[r].word.val();
        }
        for r in 0..self.many.len() {
            self.many[r].clk.next = self.clk.val();
            self.many[r].rst.next = self.rst.val();
            self.many[r].step.next = self.step.val();
            self.many[r].bits.next = self.held.q.val();
            self.many[r].real.next = self.real.whole.val();
            self.many[r].flush.next = self.flush.val();
            for i in 0..self.push.len() {
                self.push[i].next = self.many[r].push[i].val();
                self.word[i].next = self.many[r].word[i].val();
            }
        }
    }
}

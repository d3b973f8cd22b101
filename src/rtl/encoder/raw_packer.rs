//! Cuts the raw bits of steps into mux words, each at the slot it is asked of (wire format, sections 5.1 and 5.2).
//!
//! ```text
//!  bits, real --> [ last step ] --+--> [ << offset ] --> word 0, 1, ...  of those that begin in the last step
//!       '-------------------------'         ^         '-> [ register ]
//!                                      [ offset ] <-- steps
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | words that begin in a step come out a clock behind the next step or `flush` |
//! | throughput | one step a clock |
//!
//! For steps of more than 16 raw bits; with fewer a [`LanePacker`](super::lane_packer::LanePacker) does. `flush` as
//! there. Assumption: at most one of `step` and `flush`.

use crate::rtl::prelude::*;

/// Packer of steps of raw bits.
#[derive(LogicBlock)]
pub struct RawPacker {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Synchronous reset.
    pub rst: Signal<In, Bit>,
    /// There is a step.
    pub step: Signal<In, Bit>,
    /// Its raw bits, the first in the highest.
    pub bits: Bus<In>,
    /// Which of them an element has.
    pub real: Bus<In>,
    /// Sends what is left.
    pub flush: Signal<In, Bit>,
    /// Slots with a word.
    pub push: Vec<Signal<Out, Bit>>,
    /// Their words.
    pub word: Vec<Signal<Out, U<16>>>,
    held: BusRegister,
    held_real: BusRegister,
    offset: Register<U<4>>,
    pushes: Vec<Register<Bit>>,
    words: Vec<Register<U<16>>>,
    pair: Bus<Local>,
    pair_real: Bus<Local>,
    shifted: Bus<Local>,
    shifted_real: Bus<Local>,
    coming: Bus<Local>,
    go: Signal<Local, Bit>,
    amount: BusConstant,
    remainder: Constant<U<4>>,
    _pair_bits: usize,
}

impl RawPacker {
    /// For steps of `step_bits` raw bits, more than 16.
    pub fn new(step_bits: usize) -> Self {
        assert!(step_bits > 16, "RawPacker for {step_bits} bits");
        let slots = step_bits.div_ceil(16);
        // Room behind the second step, so that the last slot's word is always whole.
        let pair_bits = 2 * step_bits + 16;
        Self {
            clk: port(),
            rst: port(),
            step: port(),
            bits: Bus::new(step_bits),
            real: Bus::new(step_bits),
            flush: port(),
            push: many(slots),
            word: many(slots),
            held: BusRegister::new(step_bits),
            held_real: BusRegister::new(step_bits),
            offset: port(),
            pushes: many(slots),
            words: many(slots),
            pair: Bus::new(pair_bits),
            pair_real: Bus::new(pair_bits),
            shifted: Bus::new(pair_bits),
            shifted_real: Bus::new(pair_bits),
            coming: Bus::new(step_bits),
            go: port(),
            amount: BusConstant::new(bits_for(pair_bits), (step_bits + 16) as u128),
            remainder: constant((step_bits % 16) as u128),
            _pair_bits: pair_bits,
        }
    }
}

impl Logic for RawPacker {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clk, held, held_real, offset);
        self.coming.next = 0.into();
        if self.step.val() {
            self.coming.next = self.bits.val();
        }
        self.pair.next = (bit_cast_to(self.held.q.val(), self._pair_bits) << self.amount.val())
            | (bit_cast_to(self.coming.val(), self._pair_bits) << 16);
        self.pair_real.next = bit_cast_to(self.held_real.q.val(), self._pair_bits) << self.amount.val();
        self.shifted.next = self.pair.val() << self.offset.q.val();
        self.shifted_real.next = self.pair_real.val() << self.offset.q.val();
        self.go.next = self.step.val() | self.flush.val();
        for w in self._pair_bits..(self._pair_bits + 1) {
            for i in 0..self.word.len() {
                self.words[i].clock.next = self.clk.val();
                self.words[i].d.next = self.shifted.val().get_bits::<16>(w - 16 - i * 16);
                self.word[i].next = self.words[i].q.val();
                self.pushes[i].clock.next = self.clk.val();
                self.pushes[i].d.next = self.go.val() & self.shifted_real.val().get_bit(w - 1 - i * 16);
                self.push[i].next = self.pushes[i].q.val();
            }
        }
        if self.step.val() {
            self.held.d.next = self.bits.val();
            self.held_real.d.next = self.real.val();
        }
        // The first step finds nothing held: it moves the offset no further than where the first word begins.
        if self.step.val() & self.held_real.q.val().any() {
            self.offset.d.next = self.offset.q.val() - self.remainder.val();
        }
        if self.rst.val() | self.flush.val() {
            self.held.d.next = 0.into();
            self.held_real.d.next = 0.into();
            self.offset.d.next = 0.into();
        }
        if self.rst.val() {
            for i in 0..self.pushes.len() {
                self.pushes[i].d.next = false;
            }
        }
        // Where steps are whole words the register is a constant.
        if !self.remainder.val().any() {
            self.offset.d.next = 0.into();
        }
    }
}

//! Which raw slots a group asks (wire format, section 5.2).
//!
//! ```text
//!  advance --> [ offset -= bits of a step, mod 16 ] --> offset < bits - 16 slot ? --> want
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | `want` follows `advance` by one clock |
//!
//! A group asks for the raw words that begin in its step: the first of them `offset` bits behind the step's first bit, for
//! the word before reaches so far into the step; slot `j` has the `j`-th of them. Both cores count in the same way, so a
//! word's slot is known where it is made and where it is used.
//!
//! Ahead of the prefill go the words that begin in the first eight steps. With at most 16 bits a step some of these steps
//! begin none, and the rounds ask for a word each instead of going by the steps.

use crate::rtl::prelude::*;
use crate::wire::RAW_LEAD_TURNS;

/// Rounds of raw words ahead of the prefill.
pub const fn lead_rounds(step_bits: usize) -> usize {
    let steps = RAW_LEAD_TURNS as usize;
    match step_bits {
        0 => 0,
        1..=16 => (steps * step_bits).div_ceil(16),
        _ => steps,
    }
}

/// The offsets below which slot `slot` has a word, 16 for all of them.
fn limit(step_bits: usize, slot: usize) -> u128 {
    step_bits.saturating_sub(16 * slot).min(16) as u128
}

/// The schedule for steps of some number of raw bits, at least one.
#[derive(LogicBlock)]
pub struct RawSchedule {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Back to the packet's first step.
    pub start: Signal<In, Bit>,
    /// The words of the first eight steps are being asked for.
    pub lead: Signal<In, Bit>,
    /// They are there: on to the ninth step.
    pub enter: Signal<In, Bit>,
    /// On to the next step.
    pub advance: Signal<In, Bit>,
    /// Slots that are asked.
    pub want: Vec<Signal<Out, Bit>>,
    offset: Register<U<4>>,
    wide: Signal<Local, U<5>>,
    bits: Constant<U<4>>,
    after_lead: Constant<U<4>>,
    few: Constant<U<1>>,
    limit: Vec<Constant<U<5>>>,
}

impl RawSchedule {
    /// For steps of `step_bits` raw bits.
    pub fn new(step_bits: usize) -> Self {
        let modulo = |bits: usize| (bits % 16) as u128;
        let after_lead = (16 - RAW_LEAD_TURNS as usize * step_bits % 16) % 16;
        let slots = step_bits.div_ceil(16);
        Self {
            clk: port(),
            start: port(),
            lead: port(),
            enter: port(),
            advance: port(),
            want: many(slots),
            offset: port(),
            wide: port(),
            bits: constant(modulo(step_bits)),
            after_lead: constant(after_lead as u128),
            few: constant((step_bits <= 16).into()),
            limit: (0..slots).map(|slot| constant(limit(step_bits, slot))).collect(),
        }
    }
}

impl Logic for RawSchedule {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clk, offset);
        self.wide.next = bit_cast::<5, 4>(self.offset.q.val());
        for i in 0..self.want.len() {
            self.want[i].next = (self.wide.val() < self.limit[i].val()) | (self.lead.val() & self.few.val().any());
        }
        if self.advance.val() {
            self.offset.d.next = self.offset.q.val() - self.bits.val();
        }
        if self.enter.val() {
            self.offset.d.next = self.after_lead.val();
        }
        // Where steps are whole words the register is a constant.
        if self.start.val() | !self.bits.val().any() {
            self.offset.d.next = 0.into();
        }
    }
}

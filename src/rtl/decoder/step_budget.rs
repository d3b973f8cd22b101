//! How many steps a packet has left, once its trailer is known (wire format, sections 7 and 9).
//!
//! ```text
//!  step --> [ fired ] --> count - fired --> [ remaining ] --> - lanes a step --> last, active
//!                                                '--> possible ?
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | the verdict on `count` comes a clock after `weigh` |

use crate::rtl::prelude::*;

/// Steps that the words held by a lane can still give: prefill x 16 codewords of one bit.
const HELD_STEPS: u128 = 48;

/// Symbols of a packet.
#[derive(LogicBlock)]
pub struct StepBudget {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// A packet begins.
    pub start: Signal<In, Bit>,
    /// A step of which it is known that others follow.
    pub step: Signal<In, Bit>,
    /// The count is there.
    pub weigh: Signal<In, Bit>,
    /// Symbols in the packet.
    pub count: Signal<In, U<32>>,
    /// A step behind that.
    pub drain: Signal<In, Bit>,
    /// The count is 0.
    pub none: Signal<Out, Bit>,
    /// The count cannot be.
    pub wrong: Signal<Out, Bit>,
    /// No more than a step is left.
    pub last: Signal<Out, Bit>,
    /// Lanes with a symbol in the step that comes.
    pub active: Bus<Out>,
    fired: Register<U<32>>,
    remaining: Register<U<32>>,
    whole: Register<Bit>,
    less: Register<Bit>,
    any: Register<Bit>,
    rest: Bus<Local>,
    partial: Signal<Local, Bit>,
    holds: Gather,
    lanes: Constant<U<32>>,
    held_symbols: Constant<U<32>>,
    part_mask: Constant<U<32>>,
    lane_index: Vec<BusConstant>,
    _rest_bits: usize,
}

impl StepBudget {
    /// For this many lanes, and elements of `planes` symbols.
    pub fn new(lanes: usize, planes: usize) -> Self {
        let rest_bits = bits_for(lanes);
        Self {
            clk: port(),
            start: port(),
            step: port(),
            weigh: port(),
            count: port(),
            drain: port(),
            none: port(),
            wrong: port(),
            last: port(),
            active: Bus::new(lanes),
            fired: port(),
            remaining: port(),
            whole: port(),
            less: port(),
            any: port(),
            rest: Bus::new(rest_bits),
            partial: port(),
            holds: Gather::new(lanes, 1),
            lanes: constant(lanes as u128),
            held_symbols: constant(HELD_STEPS * lanes as u128),
            part_mask: constant(planes as u128 - 1),
            lane_index: (0..lanes).map(|i| BusConstant::new(rest_bits, i as u128)).collect(),
            _rest_bits: rest_bits,
        }
    }
}

impl Logic for StepBudget {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clk, fired, remaining, whole, less, any);
        if self.step.val() {
            self.fired.d.next = self.fired.q.val() + self.lanes.val();
        }
        if self.drain.val() {
            self.remaining.d.next = self.remaining.q.val() - self.lanes.val();
        }
        if self.weigh.val() {
            self.remaining.d.next = self.count.val() - self.fired.q.val();
            self.less.d.next = self.count.val() < self.fired.q.val();
            self.whole.d.next = !(self.count.val() & self.part_mask.val()).any();
            self.any.d.next = self.count.val().any();
        }
        self.none.next = !self.any.q.val();
        self.wrong.next = (self.less.q.val() | !self.whole.q.val())
            | ((self.remaining.q.val() > self.held_symbols.val())
                | (!self.remaining.q.val().any() & self.fired.q.val().any()));

        self.last.next = self.remaining.q.val() <= self.lanes.val();
        self.partial.next = self.remaining.q.val() < self.lanes.val();
        self.rest.next = bit_cast_to(self.remaining.q.val(), self._rest_bits);
        for i in 0..self.lane_index.len() {
            self.holds.part[i].next = (!self.partial.val() | (self.lane_index[i].val() < self.rest.val())).into();
        }
        self.active.next = self.holds.whole.val();
        if self.start.val() {
            self.fired.d.next = 0.into();
        }
    }
}

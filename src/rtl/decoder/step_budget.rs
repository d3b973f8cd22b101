//! How many steps a packet has left, once its trailer is known (wire format, sections 7 and 9).
//!
//! ```text
//!  step --> [ fired ] --> count - fired, lower half --> | --> upper half --> | --> possible ? --> |
//!                                                                             '--> [ remaining ] - lanes a step --> last, active
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | the verdict on `count` comes three clocks after `weigh`, with `known` |

use crate::rtl::geometry::Geometry;
use crate::rtl::prelude::*;

/// Steps that the words held by a lane can still give: codewords of one bit.
fn held_steps(prefill: u32) -> usize {
    16 * prefill as usize
}

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
    /// Symbols in the packet, until the verdict is known.
    pub count: Signal<In, U<32>>,
    /// A step behind that.
    pub drain: Signal<In, Bit>,
    /// The verdict is there, for a clock: `none`, `wrong`.
    pub known: Signal<Out, Bit>,
    /// The count is 0.
    pub none: Signal<Out, Bit>,
    /// The count cannot be.
    pub wrong: Signal<Out, Bit>,
    /// No more than a step is left.
    pub last: Signal<Out, Bit>,
    /// Lanes with a symbol in the step that comes.
    pub active: Bus<Out>,
    fired: Register<U<32>>,
    weighed: Register<Bit>,
    compares: Register<Bit>,
    knows: Register<Bit>,
    empty: Register<Bit>,
    impossible: Register<Bit>,
    lower: Register<U<17>>,
    upper: Register<U<17>>,
    remaining: BusRegister,
    ends: Register<Bit>,
    whole: Register<Bit>,
    any: Register<Bit>,
    difference: Signal<Local, U<32>>,
    rest: Bus<Local>,
    partial: Signal<Local, Bit>,
    holds: Gather,
    lanes: Constant<U<32>>,
    held_symbols: Constant<U<32>>,
    part_mask: Constant<U<32>>,
    one_step: BusConstant,
    two_steps: BusConstant,
    lane_index: Vec<BusConstant>,
    _rest_bits: usize,
    _remaining_bits: usize,
}

impl StepBudget {
    /// For lanes of the format that hold `prefill` words each. With lanes in turn a step is a turn here.
    pub fn new(geometry: &Geometry, prefill: u32) -> Self {
        let (lanes, planes) = (geometry.lanes, geometry.planes);
        let (rest_bits, held) = (bits_for(lanes), held_steps(prefill) * lanes * geometry.turns);
        Self {
            clk: port(),
            start: port(),
            step: port(),
            weigh: port(),
            count: port(),
            drain: port(),
            known: port(),
            none: port(),
            wrong: port(),
            last: port(),
            active: Bus::new(lanes),
            fired: port(),
            weighed: port(),
            compares: port(),
            knows: port(),
            empty: port(),
            impossible: port(),
            lower: port(),
            upper: port(),
            remaining: BusRegister::new(bits_for(held)),
            ends: port(),
            whole: port(),
            any: port(),
            difference: port(),
            rest: Bus::new(rest_bits),
            partial: port(),
            holds: Gather::new(lanes, 1),
            lanes: constant(lanes as u128),
            held_symbols: constant(held as u128),
            part_mask: constant(planes as u128 - 1),
            one_step: BusConstant::new(bits_for(held), lanes as u128),
            two_steps: BusConstant::new(bits_for(held), 2 * lanes as u128),
            lane_index: (0..lanes).map(|i| BusConstant::new(rest_bits, i as u128)).collect(),
            _rest_bits: rest_bits,
            _remaining_bits: bits_for(held),
        }
    }
}

impl Logic for StepBudget {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clk, fired, weighed, compares, knows, lower, upper, empty, impossible, remaining, ends, whole, any
        );
        if self.step.val() {
            self.fired.d.next = self.fired.q.val() + self.lanes.val();
        }

        // The verdict. Bit 16 of a half says that it borrows.
        self.weighed.d.next = self.weigh.val();
        self.compares.d.next = self.weighed.q.val();
        self.knows.d.next = self.compares.q.val();
        self.known.next = self.knows.q.val();
        if self.weigh.val() {
            self.lower.d.next = bit_cast::<17, 16>(self.count.val().get_bits::<16>(0))
                - bit_cast::<17, 16>(self.fired.q.val().get_bits::<16>(0));
            self.whole.d.next = !(self.count.val() & self.part_mask.val()).any();
            self.any.d.next = self.count.val().any();
        }
        if self.weighed.q.val() {
            self.upper.d.next = (bit_cast::<17, 16>(self.count.val().get_bits::<16>(16))
                - bit_cast::<17, 16>(self.fired.q.val().get_bits::<16>(16)))
                - bit_cast::<17, 1>(self.lower.q.val().get_bits::<1>(16));
        }
        self.difference.next = (bit_cast::<32, 16>(self.upper.q.val().get_bits::<16>(0)) << 16)
            | bit_cast::<32, 16>(self.lower.q.val().get_bits::<16>(0));
        self.empty.d.next = !self.any.q.val();
        self.none.next = self.empty.q.val();
        self.wrong.next = self.impossible.q.val();
        self.impossible.d.next = (self.upper.q.val().get_bit(16) | !self.whole.q.val())
            | ((self.difference.val() > self.held_symbols.val())
                | (!self.difference.val().any() & self.fired.q.val().any()));

        // What is left behind it, no more than the lanes can hold.
        if self.compares.q.val() {
            self.remaining.d.next = bit_cast_to(self.difference.val(), self._remaining_bits);
            self.ends.d.next = bit_cast_to(self.difference.val(), self._remaining_bits) <= self.one_step.val();
        }
        if self.drain.val() {
            self.remaining.d.next = self.remaining.q.val() - self.one_step.val();
            self.ends.d.next = self.remaining.q.val() <= self.two_steps.val();
        }
        self.last.next = self.ends.q.val();
        self.partial.next = self.remaining.q.val() < self.one_step.val();
        self.rest.next = bit_cast_to(self.remaining.q.val(), self._rest_bits);
        for i in 0..self.lane_index.len() {
            self.holds.part[i].next = (!self.partial.val() | (self.lane_index[i].val() < self.rest.val())).into();
        }
        self.active.next = self.holds.whole.val();
        if self.start.val() {
            self.fired.d.next = 0.into();
            self.weighed.d.next = false;
            self.compares.d.next = false;
            self.knows.d.next = false;
        }
    }
}

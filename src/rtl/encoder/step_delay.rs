//! Keeps the control tokens in step with the codebook ROM and its register (two clocks) and the packers (two more).
//!
//! | output | clocks after the front |
//! |---|---|
//! | `active`, `some`, `flush`, `mark` | 2, with the ROM's codewords |
//! | `step`, `last` | 4, with the packers' `crossed` |

use crate::rtl::prelude::*;

/// Delay of the encoder's control tokens.
#[derive(LogicBlock)]
pub struct StepDelay {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Synchronous reset.
    pub rst: Signal<In, Bit>,
    /// There is a step with symbols.
    pub step_in: Signal<In, Bit>,
    /// It is the packet's last.
    pub last_in: Signal<In, Bit>,
    /// There are any lanes with a symbol.
    pub some_in: Signal<In, Bit>,
    /// Lanes with a symbol.
    pub active_in: Bus<In>,
    /// First end-of-packet token.
    pub flush_in: Signal<In, Bit>,
    /// Second end-of-packet token.
    pub mark_in: Signal<In, Bit>,
    /// Lanes with a symbol, two clocks later.
    pub active: Bus<Out>,
    /// There are any lanes with a symbol, two clocks later.
    pub some: Signal<Out, Bit>,
    /// First end-of-packet token, two clocks later.
    pub flush: Signal<Out, Bit>,
    /// Second end-of-packet token, two clocks later.
    pub mark: Signal<Out, Bit>,
    /// There was a step, four clocks later.
    pub step: Signal<Out, Bit>,
    /// It was the packet's last, four clocks later.
    pub last: Signal<Out, Bit>,
    some1: Register<Bit>,
    some2: Register<Bit>,
    active1: BusRegister,
    flush1: Register<Bit>,
    mark1: Register<Bit>,
    step1: Register<Bit>,
    last1: Register<Bit>,
    active2: BusRegister,
    flush2: Register<Bit>,
    mark2: Register<Bit>,
    step2: Register<Bit>,
    last2: Register<Bit>,
    step3: Register<Bit>,
    last3: Register<Bit>,
    step4: Register<Bit>,
    last4: Register<Bit>,
}

impl StepDelay {
    /// For this many lanes.
    pub fn new(lanes: usize) -> Self {
        Self {
            clk: port(),
            rst: port(),
            step_in: port(),
            last_in: port(),
            some_in: port(),
            active_in: Bus::new(lanes),
            flush_in: port(),
            mark_in: port(),
            active: Bus::new(lanes),
            some: port(),
            flush: port(),
            mark: port(),
            step: port(),
            last: port(),
            some1: port(),
            some2: port(),
            active1: BusRegister::new(lanes),
            flush1: port(),
            mark1: port(),
            step1: port(),
            last1: port(),
            active2: BusRegister::new(lanes),
            flush2: port(),
            mark2: port(),
            step2: port(),
            last2: port(),
            step3: port(),
            last3: port(),
            step4: port(),
            last4: port(),
        }
    }
}

impl Logic for StepDelay {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clk, some1, some2, active1, flush1, mark1, step1, last1, active2, flush2, mark2, step2, last2, step3,
            last3, step4, last4
        );
        self.some1.d.next = self.some_in.val();
        self.some2.d.next = self.some1.q.val();
        self.active1.d.next = self.active_in.val();
        self.flush1.d.next = self.flush_in.val();
        self.mark1.d.next = self.mark_in.val();
        self.step1.d.next = self.step_in.val();
        self.last1.d.next = self.last_in.val();
        self.step2.d.next = self.step1.q.val();
        self.last2.d.next = self.last1.q.val();
        self.active2.d.next = self.active1.q.val();
        self.flush2.d.next = self.flush1.q.val();
        self.mark2.d.next = self.mark1.q.val();
        self.step3.d.next = self.step2.q.val();
        self.last3.d.next = self.last2.q.val();
        self.step4.d.next = self.step3.q.val();
        self.last4.d.next = self.last3.q.val();
        self.active.next = self.active2.q.val();
        self.some.next = self.some2.q.val();
        self.flush.next = self.flush2.q.val();
        self.mark.next = self.mark2.q.val();
        self.step.next = self.step4.q.val();
        self.last.next = self.last4.q.val();
        if self.rst.val() {
            self.some1.d.next = false;
            self.some2.d.next = false;
            self.active1.d.next = 0.into();
            self.flush1.d.next = false;
            self.mark1.d.next = false;
            self.step1.d.next = false;
            self.step2.d.next = false;
            self.active2.d.next = 0.into();
            self.flush2.d.next = false;
            self.mark2.d.next = false;
            self.step3.d.next = false;
            self.step4.d.next = false;
        }
    }
}

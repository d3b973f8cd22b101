//! Keeps a step's token in step with the lanes' pipeline: three clocks.

use crate::rtl::prelude::*;

/// Delay of the decoder's tokens.
#[derive(LogicBlock)]
pub struct TokenDelay {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Synchronous reset.
    pub rst: Signal<In, Bit>,
    /// There is a token.
    pub token_in: Signal<In, Bit>,
    /// First of its packet.
    pub first_in: Signal<In, Bit>,
    /// Last of its packet.
    pub last_in: Signal<In, Bit>,
    /// Lanes with a symbol.
    pub active_in: Bus<In>,
    /// Errors.
    pub errors_in: Signal<In, U<2>>,
    /// There is a token, three clocks later.
    pub token: Signal<Out, Bit>,
    /// First of its packet, three clocks later.
    pub first: Signal<Out, Bit>,
    /// Last of its packet, three clocks later.
    pub last: Signal<Out, Bit>,
    /// Lanes with a symbol, three clocks later.
    pub active: Bus<Out>,
    /// Errors, three clocks later.
    pub errors: Signal<Out, U<2>>,
    token1: Register<Bit>,
    token2: Register<Bit>,
    token3: Register<Bit>,
    first1: Register<Bit>,
    first2: Register<Bit>,
    first3: Register<Bit>,
    last1: Register<Bit>,
    last2: Register<Bit>,
    last3: Register<Bit>,
    active1: BusRegister,
    active2: BusRegister,
    active3: BusRegister,
    errors1: Register<U<2>>,
    errors2: Register<U<2>>,
    errors3: Register<U<2>>,
}

impl TokenDelay {
    /// For this many lanes.
    pub fn new(lanes: usize) -> Self {
        Self {
            clk: port(),
            rst: port(),
            token_in: port(),
            first_in: port(),
            last_in: port(),
            active_in: Bus::new(lanes),
            errors_in: port(),
            token: port(),
            first: port(),
            last: port(),
            active: Bus::new(lanes),
            errors: port(),
            token1: port(),
            token2: port(),
            token3: port(),
            first1: port(),
            first2: port(),
            first3: port(),
            last1: port(),
            last2: port(),
            last3: port(),
            active1: BusRegister::new(lanes),
            active2: BusRegister::new(lanes),
            active3: BusRegister::new(lanes),
            errors1: port(),
            errors2: port(),
            errors3: port(),
        }
    }
}

impl Logic for TokenDelay {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clk, token1, token2, token3, first1, first2, first3, last1, last2, last3, active1, active2, active3,
            errors1, errors2, errors3
        );
        self.token1.d.next = self.token_in.val();
        self.token2.d.next = self.token1.q.val();
        self.token3.d.next = self.token2.q.val();
        self.first1.d.next = self.first_in.val();
        self.first2.d.next = self.first1.q.val();
        self.first3.d.next = self.first2.q.val();
        self.last1.d.next = self.last_in.val();
        self.last2.d.next = self.last1.q.val();
        self.last3.d.next = self.last2.q.val();
        self.active1.d.next = self.active_in.val();
        self.active2.d.next = self.active1.q.val();
        self.active3.d.next = self.active2.q.val();
        self.errors1.d.next = self.errors_in.val();
        self.errors2.d.next = self.errors1.q.val();
        self.errors3.d.next = self.errors2.q.val();
        self.token.next = self.token3.q.val();
        self.first.next = self.first3.q.val();
        self.last.next = self.last3.q.val();
        self.active.next = self.active3.q.val();
        self.errors.next = self.errors3.q.val();
        if self.rst.val() {
            self.token1.d.next = false;
            self.token2.d.next = false;
            self.token3.d.next = false;
        }
    }
}

//! Keeps a step's token in step with the lanes' pipeline.
//!
//! ```text
//!  token --> [ ] --> [ ] --> ... --> token
//! ```

use crate::rtl::prelude::*;

/// Bits of a token in front of the lanes with a symbol.
const FLAGS: usize = 4;

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
    /// There is a token.
    pub token: Signal<Out, Bit>,
    /// First of its packet.
    pub first: Signal<Out, Bit>,
    /// Last of its packet.
    pub last: Signal<Out, Bit>,
    /// Lanes with a symbol.
    pub active: Bus<Out>,
    /// Errors.
    pub errors: Signal<Out, U<2>>,
    tokens: Vec<Register<Bit>>,
    rest: Vec<BusRegister>,
    place: Bus<Local>,
    leaving: Bus<Local>,
    flags: Signal<Local, U<4>>,
    first_flag: Constant<U<4>>,
    last_flag: Constant<U<4>>,
    _rest_bits: usize,
    _lanes: usize,
}

impl TokenDelay {
    /// For this many lanes, and so many clocks.
    pub fn new(lanes: usize, clocks: usize) -> Self {
        let rest = lanes + FLAGS;
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
            tokens: many(clocks),
            rest: (0..clocks).map(|_| BusRegister::new(rest)).collect(),
            place: Bus::new(rest),
            leaving: Bus::new(rest),
            flags: port(),
            first_flag: constant(4),
            last_flag: constant(8),
            _rest_bits: rest,
            _lanes: lanes,
        }
    }
}

impl Logic for TokenDelay {
    #[hdl_gen]
    fn update(&mut self) {
        self.flags.next = bit_cast::<4, 2>(self.errors_in.val());
        if self.first_in.val() {
            self.flags.next = self.flags.val() | self.first_flag.val();
        }
        if self.last_in.val() {
            self.flags.next = self.flags.val() | self.last_flag.val();
        }
        self.place.next =
            (bit_cast_to(self.active_in.val(), self._rest_bits) << 4) | bit_cast_to(self.flags.val(), self._rest_bits);
        for i in 0..self.tokens.len() {
            self.tokens[i].clock.next = self.clk.val();
            self.rest[i].clock.next = self.clk.val();
        }
        self.tokens[0].d.next = self.token_in.val();
        self.rest[0].d.next = self.place.val();
        for i in 1..self.tokens.len() {
            self.tokens[i].d.next = self.tokens[i - 1].q.val();
            self.rest[i].d.next = self.rest[i - 1].q.val();
        }
        for i in (self.tokens.len() - 1)..self.tokens.len() {
            self.token.next = self.tokens[i].q.val();
            self.errors.next = self.rest[i].q.val().get_bits::<2>(0);
            self.first.next = self.rest[i].q.val().get_bit(2);
            self.last.next = self.rest[i].q.val().get_bit(3);
            self.leaving.next = self.rest[i].q.val();
        }
        self.active.next = bit_cast_to(self.leaving.val() >> 4, self._lanes);
        if self.rst.val() {
            for i in 0..self.tokens.len() {
                self.tokens[i].d.next = false;
            }
        }
    }
}

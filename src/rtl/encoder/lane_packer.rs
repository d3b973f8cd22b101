//! Packs codewords into 16-bit mux words (wire format, section 5.1).
//!
//! ```text
//!  code ----> [ turn by fill mod 4 ] --> | --> [ turn by the rest of fill ] --> | -- from fill on --> [ OR with remainder ] --> entry, push
//!                  ^                                 ^                          '-- before fill ---------.    ^
//!               [ fill ] <- length ----> | ----------'                                                   [ remainder ]
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | `push` and `crossed` follow `active` by two clocks |
//! | throughput | one codeword a clock; at most one word a clock |
//! | `code` | left-aligned: first bit sent in bit 15, zeros behind its `length` |
//!
//! The codeword is turned, not shifted: what does not fit in the word comes to stand before `fill`, where the next word begins.
//!
//! A packet ends with clocks without a codeword: `flush` sends the partly filled word, if there is one, padded with
//! zeros; `mark` comes out as `closes`: all words of the packet are out. The raw stream uses the same block: its "codewords"
//! are the raw bits and all have one length.
//!
//! A step may bring one bit more, the one of a book's id: it goes behind the codeword, to where the next one would begin.
//!
//! Where lanes are served in turn (wire format, section 5.2) the packer serves one in each turn. Fill and remainder of the
//! others stand in a ring that `turn_in` moves on, so that what a turn needs comes round with it. `flush` then takes a
//! clock for each of them, whichever turn it begins with, and `mark` comes with the last one.
//!
//! Assumptions: at most one of `active`, `flush`; length 1 to 16, the bit behind it counted; `mark` comes no sooner than the
//! last `flush`, and with nothing else; with turns, `turn_in` whenever a lane of the turn has a codeword, and with `flush`.

use crate::rtl::prelude::*;

/// One lane's packer.
#[derive(LogicBlock)]
pub struct LanePacker {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Synchronous reset.
    pub rst: Signal<In, Bit>,
    /// There is a codeword.
    pub active: Signal<In, Bit>,
    /// Codeword, left-aligned.
    pub code: Signal<In, U<16>>,
    /// Its length, 1 to 16.
    pub length: Signal<In, U<5>>,
    /// A bit goes behind it.
    pub extended: Signal<In, Bit>,
    /// That bit.
    pub extension: Signal<In, Bit>,
    /// Sends what is left.
    pub flush: Signal<In, Bit>,
    /// Ends the packet.
    pub mark: Signal<In, Bit>,
    /// With lanes in turn: a turn comes in, or a clock of `flush`.
    pub turn_in: Vec<Signal<In, Bit>>,
    /// There is a word.
    pub push: Signal<Out, Bit>,
    /// The word.
    pub word: Signal<Out, U<16>>,
    /// All words of the packet are out.
    pub closes: Signal<Out, Bit>,
    /// The codeword crossed a word boundary.
    pub crossed: Signal<Out, Bit>,
    /// With lanes in turn: a turn comes out, or a clock of `flush`.
    pub turn_out: Vec<Signal<Out, Bit>>,
    fill: Register<U<4>>,
    /// Of the turns to come.
    fills: Vec<Register<U<4>>>,
    turn1: Vec<Register<Bit>>,
    turn2: Vec<Register<Bit>>,
    turned: Register<U<16>>,
    from: Register<U<4>>,
    tail: Register<Bit>,
    end: Register<U<4>>,
    crossing: Register<Bit>,
    partial: Register<Bit>,
    ending: Register<Bit>,
    placed: Register<U<16>>,
    inside: Register<U<16>>,
    crosses: Register<Bit>,
    pushes: Register<Bit>,
    ends: Register<Bit>,
    remainder: Register<U<16>>,
    /// Of the turns to come.
    remainders: Vec<Register<U<16>>>,
    filled: Signal<Local, U<4>>,
    kept: Signal<Local, U<16>>,
    turning: Signal<Local, U<16>>,
    sum: Signal<Local, U<6>>,
    more: Signal<Local, U<1>>,
    behind: Signal<Local, U<16>>,
    merged: Signal<Local, U<16>>,
    first: Constant<U<16>>,
    all: Constant<U<16>>,
    one: Constant<U<6>>,
}

impl Default for LanePacker {
    fn default() -> Self {
        Self::new(1)
    }
}

impl LanePacker {
    /// For lanes in so many turns.
    pub fn new(turns: usize) -> Self {
        let in_turn = usize::from(turns > 1);
        Self {
            clk: port(),
            rst: port(),
            active: port(),
            code: port(),
            length: port(),
            extended: port(),
            extension: port(),
            flush: port(),
            mark: port(),
            turn_in: many(in_turn),
            push: port(),
            word: port(),
            closes: port(),
            crossed: port(),
            turn_out: many(in_turn),
            fill: port(),
            fills: many(turns - 1),
            turn1: many(in_turn),
            turn2: many(in_turn),
            turned: port(),
            from: port(),
            tail: port(),
            end: port(),
            crossing: port(),
            partial: port(),
            ending: port(),
            placed: port(),
            inside: port(),
            crosses: port(),
            pushes: port(),
            ends: port(),
            remainder: port(),
            remainders: many(turns - 1),
            filled: port(),
            kept: port(),
            turning: port(),
            sum: port(),
            more: port(),
            behind: port(),
            merged: port(),
            first: constant(1 << 15),
            all: constant(0xFFFF),
            one: constant(1),
        }
    }
}

impl Logic for LanePacker {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clk, fill, turned, from, tail, end, crossing, partial, ending, placed, inside, crosses, pushes, ends,
            remainder
        );

        // First stage: where the codeword ends, and whether that fills the word. The bit behind it is the carry that comes in.
        self.more.next = self.extended.val().into();
        self.sum.next = (bit_cast::<6, 4>(self.fill.q.val()) << 1) | self.one.val();
        self.sum.next =
            self.sum.val() + ((bit_cast::<6, 5>(self.length.val()) << 1) | bit_cast::<6, 1>(self.more.val()));
        self.turning.next = self.code.val();
        if self.fill.q.val().get_bit(0) {
            self.turning.next = (self.turning.val() >> 1) | (self.turning.val() << 15);
        }
        if self.fill.q.val().get_bit(1) {
            self.turning.next = (self.turning.val() >> 2) | (self.turning.val() << 14);
        }
        self.from.d.next = self.fill.q.val();
        self.end.d.next = self.fill.q.val() + self.length.val().get_bits::<4>(0);
        self.turned.d.next = 0.into();
        self.tail.d.next = false;
        self.crossing.d.next = false;
        self.partial.d.next = false;
        self.ending.d.next = self.mark.val();
        self.filled.next = self.fill.q.val();
        if self.active.val() {
            self.turned.d.next = self.turning.val();
            self.tail.d.next = self.extended.val() & self.extension.val();
            self.crossing.d.next = self.sum.val().get_bit(5);
            self.filled.next = self.sum.val().get_bits::<4>(1);
        }
        if self.flush.val() {
            self.partial.d.next = self.fill.q.val().any();
            self.filled.next = 0.into();
        }
        self.fill.d.next = self.filled.val();
        for i in 0..self.fills.len() {
            self.fills[i].clock.next = self.clk.val();
            self.fills[i].d.next = self.fills[i].q.val();
        }
        for t in 0..self.turn_in.len() {
            self.fill.d.next = self.fill.q.val();
            if self.turn_in[t].val() {
                self.fill.d.next = self.fills[0].q.val();
                for i in 1..self.fills.len() {
                    self.fills[i - 1].d.next = self.fills[i].q.val();
                }
                for i in self.fills.len().saturating_sub(1)..self.fills.len() {
                    self.fills[i].d.next = self.filled.val();
                }
            }
            self.turn1[t].clock.next = self.clk.val();
            self.turn2[t].clock.next = self.clk.val();
            self.turn1[t].d.next = self.turn_in[t].val();
            self.turn2[t].d.next = self.turn1[t].q.val();
        }

        // Second stage: to its place, the bit behind it too.
        self.turning.next = self.turned.q.val();
        if self.from.q.val().get_bit(2) {
            self.turning.next = (self.turning.val() >> 4) | (self.turning.val() << 12);
        }
        if self.from.q.val().get_bit(3) {
            self.turning.next = (self.turning.val() >> 8) | (self.turning.val() << 8);
        }
        self.behind.next = 0.into();
        if self.tail.q.val() {
            self.behind.next = self.first.val() >> self.end.q.val();
        }
        self.placed.d.next = self.turning.val() | self.behind.val();
        self.inside.d.next = self.all.val() >> self.from.q.val();
        self.crosses.d.next = self.crossing.q.val();
        self.pushes.d.next = self.crossing.q.val() | self.partial.q.val();
        self.ends.d.next = self.ending.q.val();

        // Third stage: what the word and the remainder become.
        self.merged.next = self.remainder.q.val() | (self.placed.q.val() & self.inside.q.val());
        self.kept.next = self.merged.val();
        if self.crosses.q.val() {
            self.kept.next = self.placed.q.val() & !self.inside.q.val();
        }
        if self.pushes.q.val() & !self.crosses.q.val() {
            self.kept.next = 0.into();
        }
        self.remainder.d.next = self.kept.val();
        for i in 0..self.remainders.len() {
            self.remainders[i].clock.next = self.clk.val();
            self.remainders[i].d.next = self.remainders[i].q.val();
        }
        for t in 0..self.turn_out.len() {
            self.remainder.d.next = self.remainder.q.val();
            if self.turn2[t].q.val() {
                self.remainder.d.next = self.remainders[0].q.val();
                for i in 1..self.remainders.len() {
                    self.remainders[i - 1].d.next = self.remainders[i].q.val();
                }
                for i in self.remainders.len().saturating_sub(1)..self.remainders.len() {
                    self.remainders[i].d.next = self.kept.val();
                }
            }
            self.turn_out[t].next = self.turn2[t].q.val();
        }

        self.push.next = self.pushes.q.val();
        self.word.next = self.merged.val();
        self.closes.next = self.ends.q.val();
        self.crossed.next = self.crosses.q.val();

        if self.rst.val() {
            self.fill.d.next = 0.into();
            self.turned.d.next = 0.into();
            self.tail.d.next = false;
            self.crossing.d.next = false;
            self.partial.d.next = false;
            self.ending.d.next = false;
            self.placed.d.next = 0.into();
            self.crosses.d.next = false;
            self.pushes.d.next = false;
            self.ends.d.next = false;
            self.remainder.d.next = 0.into();
            for i in 0..self.fills.len() {
                self.fills[i].d.next = 0.into();
                self.remainders[i].d.next = 0.into();
            }
            for t in 0..self.turn1.len() {
                self.turn1[t].d.next = false;
                self.turn2[t].d.next = false;
            }
        }
    }
}

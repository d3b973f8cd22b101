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
//! A packet ends with two clocks without a codeword: `flush` sends the partly filled word, if there is one, padded with
//! zeros; `mark` comes out as `closes`: all words of the packet are out. The raw stream uses the same block: its "codewords"
//! are the raw bits and all have one length.
//!
//! A step may bring one bit more, the one of a book's id: it goes behind the codeword, to where the next one would begin.
//!
//! Assumptions: at most one of `active`, `flush`, `mark`; length 1 to 16, the bit behind it counted; `flush` comes before `mark`.

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
    /// There is a word.
    pub push: Signal<Out, Bit>,
    /// The word.
    pub word: Signal<Out, U<16>>,
    /// All words of the packet are out.
    pub closes: Signal<Out, Bit>,
    /// The codeword crossed a word boundary.
    pub crossed: Signal<Out, Bit>,
    fill: Register<U<4>>,
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
            push: port(),
            word: port(),
            closes: port(),
            crossed: port(),
            fill: port(),
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
        if self.active.val() {
            self.turned.d.next = self.turning.val();
            self.tail.d.next = self.extended.val() & self.extension.val();
            self.crossing.d.next = self.sum.val().get_bit(5);
            self.fill.d.next = self.sum.val().get_bits::<4>(1);
        }
        if self.flush.val() {
            self.partial.d.next = self.fill.q.val().any();
            self.fill.d.next = 0.into();
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
        self.remainder.d.next = self.merged.val();
        if self.crosses.q.val() {
            self.remainder.d.next = self.placed.q.val() & !self.inside.q.val();
        }
        if self.pushes.q.val() & !self.crosses.q.val() {
            self.remainder.d.next = 0.into();
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
        }
    }
}

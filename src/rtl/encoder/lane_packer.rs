//! Packs codewords into 16-bit mux words (wire format, section 5.1).
//!
//! ```text
//!  code, length --> [ shift by fill ] --> placed --> [ OR with remainder ] --> entry, push
//!                        ^                  |              |     ^
//!                     [ fill ] <- length    |         [ remainder ]
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | `push` and `crossed` follow `active` by one clock |
//! | throughput | one codeword a clock; at most one word a clock |
//! | `code` | left-aligned: first bit sent in bit 15, zeros behind its `length` |
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
    placed: Register<U<32>>,
    crossing: Register<Bit>,
    partial: Register<Bit>,
    ending: Register<Bit>,
    remainder: Register<U<16>>,
    wide_code: Signal<Local, U<32>>,
    end: Signal<Local, U<5>>,
    sum: Signal<Local, U<5>>,
    first: Constant<U<32>>,
    one: Constant<U<5>>,
    merged: Signal<Local, U<16>>,
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
            placed: port(),
            crossing: port(),
            partial: port(),
            ending: port(),
            remainder: port(),
            wide_code: port(),
            end: port(),
            sum: port(),
            first: constant(1 << 31),
            one: constant(1),
            merged: port(),
        }
    }
}

impl Logic for LanePacker {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clk, fill, placed, crossing, partial, ending, remainder);

        // First stage: where the codeword lands, and whether it fills the word.
        self.wide_code.next = bit_cast::<32, 16>(self.code.val()) << 16;
        self.end.next = bit_cast::<5, 4>(self.fill.q.val()) + self.length.val();
        self.sum.next = self.end.val();
        if self.extended.val() {
            self.sum.next = self.end.val() + self.one.val();
        }
        self.placed.d.next = 0.into();
        self.crossing.d.next = false;
        self.partial.d.next = false;
        self.ending.d.next = self.mark.val();
        if self.active.val() {
            self.placed.d.next = self.wide_code.val() >> self.fill.q.val();
            if self.extended.val() & self.extension.val() {
                self.placed.d.next = (self.wide_code.val() >> self.fill.q.val()) | (self.first.val() >> self.end.val());
            }
            self.crossing.d.next = self.sum.val().get_bit(4);
            self.fill.d.next = self.sum.val().get_bits::<4>(0);
        }
        if self.flush.val() {
            self.partial.d.next = self.fill.q.val().any();
            self.fill.d.next = 0.into();
        }

        // Second stage: what the word and the remainder become.
        self.merged.next = self.remainder.q.val() | self.placed.q.val().get_bits::<16>(16);
        self.remainder.d.next = self.merged.val();
        if self.crossing.q.val() {
            self.remainder.d.next = self.placed.q.val().get_bits::<16>(0);
        }
        if self.partial.q.val() {
            self.remainder.d.next = 0.into();
        }

        self.push.next = self.crossing.q.val() | self.partial.q.val();
        self.word.next = self.merged.val();
        self.closes.next = self.ending.q.val();
        self.crossed.next = self.crossing.q.val();

        if self.rst.val() {
            self.fill.d.next = 0.into();
            self.crossing.d.next = false;
            self.partial.d.next = false;
            self.ending.d.next = false;
            self.placed.d.next = 0.into();
            self.remainder.d.next = 0.into();
        }
    }
}

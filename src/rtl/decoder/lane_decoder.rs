//! Decodes one lane: one codeword a clock from a window of three mux words.
//!
//! ```text
//!            +---------- offset + length ---------+
//!            v                                    |
//!  word --> [ w0 w1 w2 ] --> [ << offset ] --> view --> [ compare with tops ] --> length
//!                                              |
//!                                              '--> [ place in canonical order ] --> [ symbol ROM ] --> symbol
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | `symbol` three clocks after `fire` |
//! | throughput | one symbol a clock; `crossed` in the clock of `fire` |
//! | window | at least two words must be held when `fire` comes: the controller's business |
//!
//! Canonical codes: a window above `tops[i]` starts with a codeword of more than `i` bits. The escape is the last codeword of
//! its length, so one comparison finds it; the bits behind it are the symbol.

use crate::hdl::RomError;
use crate::rtl::prelude::*;

/// One lane.
#[derive(LogicBlock)]
pub struct LaneDecoder {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Synchronous reset.
    pub rst: Signal<In, Bit>,
    /// Forgets everything: a packet begins.
    pub clear: Signal<In, Bit>,
    /// A word comes in.
    pub load: Signal<In, Bit>,
    /// The word.
    pub word: Signal<In, U<16>>,
    /// Decodes a symbol.
    pub fire: Signal<In, Bit>,
    /// The symbol's codeword crosses a word boundary.
    pub crossed: Signal<Out, Bit>,
    /// A bit of a book's id stands behind the codeword.
    pub extra: Signal<In, Bit>,
    /// That bit, a clock after `fire`.
    pub id_bit: Signal<Out, Bit>,
    /// Book, for the third stage.
    pub book: Signal<In, U<4>>,
    /// See [`BookLimits`](super::book_limits::BookLimits).
    pub tops_short: Signal<In, U<128>>,
    /// See there.
    pub tops_long: Signal<In, U<112>>,
    /// See there.
    pub offsets: Signal<In, U<128>>,
    /// See there.
    pub shortest: Signal<In, U<5>>,
    /// See there.
    pub escape_length: Signal<In, U<5>>,
    /// See there: the same for the second stage.
    pub escape_length_behind: Signal<In, U<5>>,
    /// See there.
    pub escape_first: Signal<In, U<16>>,
    /// The symbol.
    pub symbol: Signal<Out, U<8>>,
    w0: Register<U<16>>,
    w1: Register<U<16>>,
    w2: Register<U<16>>,
    held: Register<U<2>>,
    offset: Register<U<4>>,
    view1: Register<U<16>>,
    length1: Register<U<5>>,
    escape1: Register<Bit>,
    place2: Register<U<8>>,
    escape2: Register<Bit>,
    plain2: Register<U<8>>,
    escape3: Register<Bit>,
    plain3: Register<U<8>>,
    symbol_rom: SyncRom<8>,
    pair: Signal<Local, U<32>>,
    shifted: Signal<Local, U<32>>,
    view: Signal<Local, U<16>>,
    length: Signal<Local, U<5>>,
    total: Signal<Local, U<5>>,
    total1: Register<U<5>>,
    at_bit: Signal<Local, U<16>>,
    longer: Signal<Local, U<5>>,
    is_escape: Signal<Local, Bit>,
    sum: Signal<Local, U<5>>,
    crossing: Signal<Local, Bit>,
    kept: Signal<Local, U<2>>,
    right: Signal<Local, U<5>>,
    codeword: Signal<Local, U<16>>,
    which: Signal<Local, U<5>>,
    select: Signal<Local, U<7>>,
    behind: Signal<Local, U<16>>,
    one: Constant<U<2>>,
    two: Constant<U<2>>,
    symbol_bits: Constant<U<5>>,
    other_bits: Constant<U<4>>,
    word_bits: Constant<U<5>>,
    one_bit: Constant<U<5>>,
    _address_bits: usize,
}

impl LaneDecoder {
    /// A lane for symbols of `symbol_bits` bits with this symbol ROM; an error if the image does not fit.
    pub fn new(symbol_bits: usize, symbols: &[u128]) -> Result<Self, RomError> {
        let symbol_rom = SyncRom::new(symbols)?;
        Ok(Self {
            clk: port(),
            rst: port(),
            clear: port(),
            load: port(),
            word: port(),
            fire: port(),
            crossed: port(),
            extra: port(),
            id_bit: port(),
            book: port(),
            tops_short: port(),
            tops_long: port(),
            offsets: port(),
            shortest: port(),
            escape_length: port(),
            escape_length_behind: port(),
            escape_first: port(),
            symbol: port(),
            w0: port(),
            w1: port(),
            w2: port(),
            held: port(),
            offset: port(),
            view1: port(),
            length1: port(),
            escape1: port(),
            place2: port(),
            escape2: port(),
            plain2: port(),
            escape3: port(),
            plain3: port(),
            _address_bits: symbol_rom.address.width(),
            symbol_rom,
            pair: port(),
            shifted: port(),
            view: port(),
            length: port(),
            total: port(),
            total1: port(),
            at_bit: port(),
            longer: port(),
            is_escape: port(),
            sum: port(),
            crossing: port(),
            kept: port(),
            right: port(),
            codeword: port(),
            which: port(),
            select: port(),
            behind: port(),
            one: constant(1),
            two: constant(2),
            symbol_bits: constant(symbol_bits as u128),
            other_bits: constant(8 - symbol_bits as u128),
            word_bits: constant(16),
            one_bit: constant(1),
        })
    }
}

impl Logic for LaneDecoder {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clk, w0, w1, w2, held, offset, view1, length1, total1, escape1, place2, escape2, plain2, escape3,
            plain3
        );
        self.symbol_rom.clock.next = self.clk.val();

        // The loop: view, length, next offset.
        self.pair.next = (bit_cast::<32, 16>(self.w0.q.val()) << 16) | bit_cast::<32, 16>(self.w1.q.val());
        self.shifted.next = self.pair.val() << self.offset.q.val();
        self.view.next = self.shifted.val().get_bits::<16>(16);
        self.length.next = self.shortest.val();
        for i in 0..8 {
            if self.view.val() > self.tops_short.val().get_bits::<16>(i * 16) {
                self.length.next = (i + 2).to_bits();
            }
        }
        for i in 0..7 {
            if self.view.val() > self.tops_long.val().get_bits::<16>(i * 16) {
                self.length.next = (i + 10).to_bits();
            }
        }
        self.is_escape.next =
            (self.length.val() == self.escape_length.val()) & (self.view.val() >= self.escape_first.val());
        self.total.next = self.length.val();
        if self.is_escape.val() {
            self.total.next = self.length.val() + self.symbol_bits.val();
        }
        self.longer.next = 0.into();
        if self.extra.val() {
            self.longer.next = self.one_bit.val();
        }
        self.sum.next = (bit_cast::<5, 4>(self.offset.q.val()) + self.total.val()) + self.longer.val();
        self.crossing.next = self.fire.val() & self.sum.val().get_bit(4);
        self.crossed.next = self.crossing.val();
        if self.fire.val() {
            self.offset.d.next = self.sum.val().get_bits::<4>(0);
        }

        // The words: one leaves when it is used up, one comes in behind those kept.
        self.kept.next = self.held.q.val();
        if self.crossing.val() {
            self.kept.next = self.held.q.val() - self.one.val();
            self.w0.d.next = self.w1.q.val();
            self.w1.d.next = self.w2.q.val();
        }
        self.held.d.next = self.kept.val();
        if self.load.val() {
            self.held.d.next = self.kept.val() + self.one.val();
            if self.kept.val() == self.two.val() {
                self.w2.d.next = self.word.val();
            }
            if self.kept.val() == self.one.val() {
                self.w1.d.next = self.word.val();
            }
            if !self.kept.val().any() {
                self.w0.d.next = self.word.val();
            }
        }

        // Behind the loop: place in canonical order, symbol.
        self.view1.d.next = self.view.val();
        self.length1.d.next = self.length.val();
        self.escape1.d.next = self.is_escape.val();
        self.right.next = self.word_bits.val() - self.length1.q.val();
        self.codeword.next = self.view1.q.val() >> self.right.val();
        self.which.next = self.length1.q.val() - self.one_bit.val();
        self.select.next = bit_cast::<7, 4>(self.which.val().get_bits::<4>(0)) << 3;
        self.place2.d.next =
            self.codeword.val().get_bits::<8>(0) + self.offsets.val().get_bits::<8>(self.select.val().index());
        self.escape2.d.next = self.escape1.q.val();
        self.behind.next = self.view1.q.val() << self.escape_length_behind.val();
        self.total1.d.next = self.total.val();
        self.at_bit.next = self.view1.q.val() << self.total1.q.val();
        self.id_bit.next = self.at_bit.val().get_bit(15);
        self.plain2.d.next = self.behind.val().get_bits::<8>(8) >> self.other_bits.val();
        self.symbol_rom.enable.next = true;
        self.symbol_rom.address.next = (bit_cast_to(self.book.val(), self._address_bits) << self.symbol_bits.val())
            | bit_cast_to(self.place2.q.val(), self._address_bits);
        self.escape3.d.next = self.escape2.q.val();
        self.plain3.d.next = self.plain2.q.val();
        self.symbol.next = self.symbol_rom.data.val();
        if self.escape3.q.val() {
            self.symbol.next = self.plain3.q.val();
        }

        if self.rst.val() | self.clear.val() {
            self.held.d.next = 0.into();
            self.offset.d.next = 0.into();
        }
    }
}

//! Decodes one lane: one codeword a clock from a window of three mux words.
//!
//! ```text
//!            +--------- position + length --------+
//!            v                                    |
//!  word --> [ w0 w1 w2 ] --> [ << position ] --> view --> [ longer than n bits? escape? ] --> length
//!                                              |
//!                                              '--> [ place in canonical order ] --> [ symbol ROM ] --> symbol
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | `symbol` four clocks after `fire`, `need` one |
//! | throughput | one symbol a clock |
//! | window | three words come with `fill`; then one each time that `need` is up, with the next `fire` at the latest |
//!
//! Canonical codes: the tests of all lengths make a thermometer, and its end is the codeword's length. The escape is one
//! codeword, so one comparison finds it; the bits behind it are the symbol.

use super::length_test::LengthTest;
use crate::hdl::RomError;
use crate::rtl::prelude::*;
use crate::rtl::tables::DecoderTable;

/// Bits of a length.
const LENGTH_BITS: usize = 5;

/// One lane.
#[derive(LogicBlock)]
pub struct LaneDecoder {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Back to the beginning of a word: a packet begins.
    pub clear: Signal<In, Bit>,
    /// A word comes in, behind those that are there.
    pub fill: Signal<In, Bit>,
    /// A word comes in for the one that was used up.
    pub load: Signal<In, Bit>,
    /// The word.
    pub word: Signal<In, U<16>>,
    /// Decodes a symbol.
    pub fire: Signal<In, Bit>,
    /// The step before used a word up.
    pub need: Signal<Out, Bit>,
    /// A bit of a book's id stands behind the codeword.
    pub extra: Signal<In, Bit>,
    /// That bit, a clock after `fire`.
    pub id_bit: Signal<Out, Bit>,
    /// Book, for the third stage.
    pub book: Signal<In, U<4>>,
    /// See [`BookLimits`](super::book_limits::BookLimits), here and below.
    pub first: Vec<Signal<In, U<17>>>,
    /// See there.
    pub escape_code: Signal<In, U<16>>,
    /// See there.
    pub escape_mask: Signal<In, U<16>>,
    /// See there.
    pub escapes: Signal<In, Bit>,
    /// See there.
    pub escape_total: Signal<In, U<5>>,
    /// See there, for the second stage.
    pub offset: Vec<Signal<In, U<8>>>,
    /// See there, for the second stage.
    pub plain_at: Vec<Signal<In, Bit>>,
    /// The symbol.
    pub symbol: Signal<Out, U<8>>,
    w0: Register<U<16>>,
    w1: Register<U<16>>,
    w2: Register<U<16>>,
    position: Register<U<5>>,
    all: Signal<Local, U<48>>,
    shifted: Signal<Local, U<48>>,
    view: Signal<Local, U<16>>,
    test: Vec<LengthTest>,
    reached: Gather,
    exact: Bus<Local>,
    length_here: Vec<Constant<U<5>>>,
    is_escape: Signal<Local, Bit>,
    base: Signal<Local, U<5>>,
    longer: Signal<Local, U<5>>,
    sum: Signal<Local, U<5>>,
    view1: Register<U<16>>,
    exact1: BusRegister,
    escape1: Register<Bit>,
    start1: Register<U<4>>,
    ended1: Register<U<4>>,
    before1: Signal<Local, U<4>>,
    distance: Signal<Local, U<4>>,
    at_bit: Signal<Local, U<16>>,
    right: Signal<Local, U<5>>,
    right_mask: Vec<BusConstant>,
    right_bit: Signal<Local, Bit>,
    codeword: Signal<Local, U<16>>,
    change: Signal<Local, U<8>>,
    behind: Signal<Local, U<16>>,
    plain: Signal<Local, U<8>>,
    place2: Register<U<8>>,
    escape2: Register<Bit>,
    plain2: Register<U<8>>,
    symbol_rom: SyncRom<8>,
    escape3: Register<Bit>,
    plain3: Register<U<8>>,
    looked4: Register<U<8>>,
    escape4: Register<Bit>,
    plain4: Register<U<8>>,
    escape_length: Vec<Constant<U<5>>>,
    other_bits: Constant<U<4>>,
    one_bit: Constant<U<5>>,
    one_place: Constant<U<4>>,
    place_bits: Constant<U<4>>,
    place_mask: Constant<U<8>>,
    _address_bits: usize,
}

impl LaneDecoder {
    /// A lane for the codes of this table; an error if its symbols do not fit a ROM.
    pub fn new(table: &DecoderTable) -> Result<Self, RomError> {
        let symbol_rom = SyncRom::new(&table.symbols)?;
        let lengths = table.longest - table.shortest + 1;
        // Bit `b` of 16 - length, over all lengths.
        let has = |i: usize, b: usize| (((16 - table.shortest - i) >> b & 1) as u128) << i;
        let right_mask = |b: usize| BusConstant::new(lengths, (0..lengths).map(|i| has(i, b)).sum());
        Ok(Self {
            clk: port(),
            clear: port(),
            fill: port(),
            load: port(),
            word: port(),
            fire: port(),
            need: port(),
            extra: port(),
            id_bit: port(),
            book: port(),
            first: many(lengths - 1),
            escape_code: port(),
            escape_mask: port(),
            escapes: port(),
            escape_total: port(),
            offset: many(lengths),
            plain_at: many(table.escape_lengths.len()),
            symbol: port(),
            w0: port(),
            w1: port(),
            w2: port(),
            position: port(),
            all: port(),
            shifted: port(),
            view: port(),
            test: (table.shortest..table.longest).map(LengthTest::new).collect(),
            reached: Gather::new(lengths, 1),
            exact: Bus::new(lengths),
            length_here: (table.shortest..=table.longest).map(|length| constant(length as u128)).collect(),
            is_escape: port(),
            base: port(),
            longer: port(),
            sum: port(),
            view1: port(),
            exact1: BusRegister::new(lengths),
            escape1: port(),
            start1: port(),
            ended1: port(),
            before1: port(),
            distance: port(),
            one_place: constant(1),
            at_bit: port(),
            right: port(),
            right_mask: (0..LENGTH_BITS).map(right_mask).collect(),
            right_bit: port(),
            codeword: port(),
            change: port(),
            behind: port(),
            plain: port(),
            place2: port(),
            escape2: port(),
            plain2: port(),
            _address_bits: symbol_rom.address.width(),
            symbol_rom,
            escape3: port(),
            plain3: port(),
            looked4: port(),
            escape4: port(),
            plain4: port(),
            escape_length: table.escape_lengths.iter().map(|&l| constant(l.into())).collect(),
            other_bits: constant(8 - table.symbol_bits as u128),
            one_bit: constant(1),
            place_bits: constant(table.place_bits as u128),
            place_mask: constant((1 << table.place_bits) - 1),
        })
    }
}

impl Logic for LaneDecoder {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clk, w0, w1, w2, position, view1, exact1, escape1, start1, ended1, place2, escape2, plain2, escape3,
            plain3, looked4, escape4, plain4
        );
        self.symbol_rom.clock.next = self.clk.val();

        // The loop: view, length, next position. Its highest bit says that w0 is used up: the word that makes up for it
        // comes with the next step, and all move on.
        self.all.next = (bit_cast::<48, 16>(self.w0.q.val()) << 32)
            | ((bit_cast::<48, 16>(self.w1.q.val()) << 16) | bit_cast::<48, 16>(self.w2.q.val()));
        self.shifted.next = self.all.val() << self.position.q.val();
        self.view.next = self.shifted.val().get_bits::<16>(32);
        self.reached.part[0].next = true.into();
        for i in 0..self.test.len() {
            self.test[i].view.next = self.view.val();
            self.test[i].first.next = self.first[i].val();
            self.reached.part[i + 1].next = self.test[i].longer.val().into();
        }
        self.exact.next = self.reached.whole.val() & !(self.reached.whole.val() >> 1);
        self.is_escape.next =
            self.escapes.val() & !((self.view.val() ^ self.escape_code.val()) & self.escape_mask.val()).any();
        self.longer.next = 0.into();
        if self.extra.val() {
            self.longer.next = self.one_bit.val();
        }
        // The next position for every length, while the length is still being found.
        self.base.next = bit_cast::<5, 4>(self.position.q.val().get_bits::<4>(0)) + self.longer.val();
        self.sum.next = 0.into();
        for i in 0..self.length_here.len() {
            if self.exact.val().get_bit(i) {
                self.sum.next = self.sum.val() | (self.base.val() + self.length_here[i].val());
            }
        }
        if self.is_escape.val() {
            self.sum.next = self.base.val() + self.escape_total.val();
        }
        self.need.next = self.position.q.val().get_bit(4);
        if self.load.val() {
            self.position.d.next = bit_cast::<5, 4>(self.position.q.val().get_bits::<4>(0));
        }
        if self.fire.val() {
            self.position.d.next = self.sum.val();
        }
        if self.fill.val() | self.load.val() {
            self.w0.d.next = self.w1.q.val();
            self.w1.d.next = self.w2.q.val();
            self.w2.d.next = self.word.val();
        }

        // Behind the loop: place in canonical order, symbol.
        self.view1.d.next = self.view.val();
        self.exact1.d.next = self.exact.val();
        self.escape1.d.next = self.is_escape.val();
        self.right.next = 0.into();
        for b in 0..self.right_mask.len() {
            self.right_bit.next = (self.exact1.q.val() & self.right_mask[b].val()).any();
            self.right.next = self.right.val().replace_bit(b, self.right_bit.val());
        }
        self.codeword.next = self.view1.q.val() >> self.right.val();
        self.change.next = 0.into();
        for i in 0..self.offset.len() {
            if self.exact1.q.val().get_bit(i) {
                self.change.next = self.change.val() | self.offset[i].val();
            }
        }
        self.place2.d.next = (self.codeword.val().get_bits::<8>(0) + self.change.val()) & self.place_mask.val();
        self.escape2.d.next = self.escape1.q.val();
        self.plain.next = 0.into();
        for i in 0..self.plain_at.len() {
            self.behind.next = self.view1.q.val() << self.escape_length[i].val();
            if self.plain_at[i].val() {
                self.plain.next = self.plain.val() | self.behind.val().get_bits::<8>(8);
            }
        }
        self.plain2.d.next = self.plain.val() >> self.other_bits.val();
        self.symbol_rom.enable.next = true;
        self.symbol_rom.address.next = (bit_cast_to(self.book.val(), self._address_bits) << self.place_bits.val())
            | bit_cast_to(self.place2.q.val(), self._address_bits);
        self.escape3.d.next = self.escape2.q.val();
        self.plain3.d.next = self.plain2.q.val();
        self.looked4.d.next = self.symbol_rom.data.val();
        self.escape4.d.next = self.escape3.q.val();
        self.plain4.d.next = self.plain3.q.val();
        self.symbol.next = self.looked4.q.val();
        if self.escape4.q.val() {
            self.symbol.next = self.plain4.q.val();
        }

        // A bit of an id, behind the codeword: just before the position where the step ended.
        self.ended1.d.next = self.sum.val().get_bits::<4>(0);
        self.before1.next = self.ended1.q.val() - self.one_place.val();
        self.start1.d.next = self.position.q.val().get_bits::<4>(0);
        self.distance.next = self.before1.val() - self.start1.q.val();
        self.at_bit.next = self.view1.q.val() << self.distance.val();
        self.id_bit.next = self.at_bit.val().get_bit(15);

        if self.clear.val() {
            self.position.d.next = 0.into();
        }
    }
}

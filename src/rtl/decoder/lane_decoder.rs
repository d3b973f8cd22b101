//! Decodes one lane: one codeword a clock.
//!
//! ```text
//!  word --> [ words behind ] --> [ << position ] --> extension --+
//!                                                                v
//!                                      +----------- [ << every length ]
//!                                      v                         ^ which
//!                                   [ view ] --> [ longer than n bits? escape? ] --> length --> position
//!                                      |
//!                                      '--> [ place in canonical order ] --> [ symbol ROM ] --> symbol
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | `symbol` four clocks after `fire`, `need` one; a word comes in one clock after `fill` or `load` |
//! | throughput | one symbol a clock, but for the clocks in which `blocked` is up |
//! | words | as many as the prefill come with `fill`; then one each time that `need` is up, asked for with the next `fire` at the latest |
//!
//! The view is the next 16 bits of the lane, the extension the 16 bits behind them. The view of the next step is found by moving
//! both on by every length there is, while the length is still being found: the loop has no shifter in it. The extension takes
//! two words. A lane that holds five has them always. Of four one is missing if the lane uses a word up in three steps on end, of
//! three if it does so in two of three. Then it is blocked until the word has come and the view is made good, for one clock or
//! two.
//!
//! Positions are looked up, one table a length, for an adder would be the slower way to four bits and a carry.
//!
//! Canonical codes: the tests of all lengths make a thermometer, and its end is the codeword's length. The escape is one
//! codeword, so one comparison finds it; the bits behind it are the symbol.

use super::length_choice::LengthChoice;
use super::length_test::LengthTest;
use crate::hdl::RomError;
use crate::rtl::prelude::*;
use crate::rtl::tables::DecoderTable;
use crate::wire::PREFILLS;

/// Bits of a length.
const LENGTH_BITS: usize = 5;

/// One lane.
#[derive(LogicBlock)]
pub struct LaneDecoder {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Back to the beginning of a word: a packet begins.
    pub clear: Signal<In, Bit>,
    /// A word is asked for, behind those that are there.
    pub fill: Signal<In, Bit>,
    /// A word is asked for in place of the one that was used up.
    pub load: Signal<In, Bit>,
    /// The word that was asked for in the clock before.
    pub word: Signal<In, U<16>>,
    /// Decodes a symbol; not while `blocked`.
    pub fire: Signal<In, Bit>,
    /// The step before used a word up.
    pub need: Signal<Out, Bit>,
    /// Neither `fire` nor `load` now: words are still to come.
    pub blocked: Signal<Out, Bit>,
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
    /// See there.
    pub escape_at: Vec<Signal<In, Bit>>,
    /// See there, for the second stage.
    pub offset: Vec<Signal<In, U<8>>>,
    /// See there, for the second stage.
    pub plain_at: Vec<Signal<In, Bit>>,
    /// The symbol.
    pub symbol: Signal<Out, U<8>>,
    view: Register<U<16>>,
    behind: Vec<Register<U<16>>>,
    position: Register<U<4>>,
    needs: Register<Bit>,
    coming: Register<Bit>,
    filling: Register<Bit>,
    starved: Register<Bit>,
    crossed: Register<Bit>,
    third: Signal<Local, U<16>>,
    both: Signal<Local, U<32>>,
    extension: Signal<Local, U<16>>,
    whole: Signal<Local, U<32>>,
    moved: Signal<Local, U<32>>,
    next_view: Signal<Local, U<16>>,
    escaped_view: Signal<Local, U<16>>,
    lacking: Signal<Local, Bit>,
    crossing: Signal<Local, Bit>,
    repair: Signal<Local, Bit>,
    renew: Signal<Local, Bit>,
    shift: Signal<Local, Bit>,
    far: Vec<Constant<U<4>>>,
    test: Vec<LengthTest>,
    reached: Gather,
    exact: Bus<Local>,
    length_here: Vec<Constant<U<5>>>,
    is_escape: Signal<Local, Bit>,
    begin: Signal<Local, U<5>>,
    end_rom: Vec<Rom<5>>,
    longer: Signal<Local, U<5>>,
    end: Signal<Local, U<5>>,
    end_choice: LengthChoice,
    view_choice: LengthChoice,
    escaped_end: Signal<Local, U<5>>,
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
    after_escape: Signal<Local, U<16>>,
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
    escaped_length: Vec<Constant<U<5>>>,
    three_words: Constant<U<1>>,
    four_words: Constant<U<1>>,
    other_bits: Constant<U<4>>,
    one_bit: Constant<U<5>>,
    one_place: Constant<U<4>>,
    place_bits: Constant<U<4>>,
    place_mask: Constant<U<8>>,
    _address_bits: usize,
    // The last of the words behind the view, and the end of those that the extension may take.
    _last: usize,
    _near: usize,
}

impl LaneDecoder {
    /// A lane for the codes of this table that holds 3 to 5 words; an error if its symbols do not fit a ROM.
    pub fn new(table: &DecoderTable, prefill: u32) -> Result<Self, RomError> {
        assert!(PREFILLS.contains(&prefill), "a prefill of {prefill} words");
        let symbol_rom = SyncRom::new(&table.symbols)?;
        let lengths = table.longest - table.shortest + 1;
        // Bit `b` of 16 - length, over all lengths.
        let has = |i: usize, b: usize| (((16 - table.shortest - i) >> b & 1) as u128) << i;
        // Where a step of `length` bits ends, by the position where it begins, and then the same with a bit behind the codeword.
        let ends =
            |length: usize| -> Vec<u128> { (0..32).map(|at| (at % 16 + at / 16 + length) as u128 % 32).collect() };
        let right_mask = |b: usize| BusConstant::new(lengths, (0..lengths).map(|i| has(i, b)).sum());
        Ok(Self {
            clk: port(),
            clear: port(),
            fill: port(),
            load: port(),
            word: port(),
            fire: port(),
            need: port(),
            blocked: port(),
            extra: port(),
            id_bit: port(),
            book: port(),
            first: many(lengths - 1),
            escape_code: port(),
            escape_mask: port(),
            escapes: port(),
            escape_total: port(),
            escape_at: many(table.escape_lengths.len()),
            offset: many(lengths),
            plain_at: many(table.escape_lengths.len()),
            symbol: port(),
            view: port(),
            behind: many(prefill as usize - 1),
            position: port(),
            needs: port(),
            coming: port(),
            filling: port(),
            starved: port(),
            crossed: port(),
            third: port(),
            both: port(),
            extension: port(),
            whole: port(),
            moved: port(),
            next_view: port(),
            escaped_view: port(),
            lacking: port(),
            crossing: port(),
            repair: port(),
            renew: port(),
            shift: port(),
            far: (0..4).map(|bit| constant(1 << bit)).collect(),
            test: (table.shortest..table.longest).map(LengthTest::new).collect(),
            reached: Gather::new(lengths, 1),
            exact: Bus::new(lengths),
            length_here: (table.shortest..=table.longest).map(|length| constant(length as u128)).collect(),
            is_escape: port(),
            begin: port(),
            end_rom: (table.shortest..=table.longest).map(|n| Rom::new(&ends(n))).collect::<Result<_, _>>()?,
            longer: port(),
            end: port(),
            end_choice: LengthChoice::new(lengths, 5),
            view_choice: LengthChoice::new(lengths, 16),
            escaped_end: port(),
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
            after_escape: port(),
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
            escaped_length: (table.escape_lengths.iter())
                .map(|&l| constant(u128::from(l) + table.symbol_bits as u128))
                .collect(),
            three_words: constant((prefill == 3).into()),
            four_words: constant((prefill == 4).into()),
            _last: prefill as usize - 2,
            _near: (prefill as usize - 1).min(3),
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
            self, clk, view, position, needs, coming, filling, starved, crossed, view1, exact1, escape1, start1,
            ended1, place2, escape2, plain2, escape3, plain3, looked4, escape4, plain4
        );
        self.symbol_rom.clock.next = self.clk.val();
        for i in 0..self.behind.len() {
            self.behind[i].clock.next = self.clk.val();
            self.behind[i].d.next = self.behind[i].q.val();
        }
        self.coming.d.next = self.fill.val() | self.load.val();
        self.filling.d.next = self.fill.val();

        // The 16 bits behind the view, the far moves first: those behind have fewer bits to move. The word that the step before used
        // up is still in its place.
        self.third.next = 0.into();
        for i in 2..self._near {
            self.third.next = self.behind[i].q.val();
        }
        self.both.next =
            (bit_cast::<32, 16>(self.behind[0].q.val()) << 16) | bit_cast::<32, 16>(self.behind[1].q.val());
        if self.crossed.q.val() {
            self.both.next = (bit_cast::<32, 16>(self.behind[1].q.val()) << 16) | bit_cast::<32, 16>(self.third.val());
        }
        for i in 1..5 {
            if self.position.q.val().get_bit(4 - i) {
                self.both.next = self.both.val() << self.far[4 - i].val();
            }
        }
        self.extension.next = self.both.val().get_bits::<16>(16);

        // The loop: length, next position, next view.
        self.reached.part[0].next = true.into();
        for i in 0..self.test.len() {
            self.test[i].view.next = self.view.q.val();
            self.test[i].first.next = self.first[i].val();
            self.reached.part[i + 1].next = self.test[i].longer.val().into();
        }
        self.exact.next = self.reached.whole.val() & !(self.reached.whole.val() >> 1);
        self.is_escape.next =
            self.escapes.val() & !((self.view.q.val() ^ self.escape_code.val()) & self.escape_mask.val()).any();
        self.longer.next = 0.into();
        if self.extra.val() {
            self.longer.next = self.one_bit.val();
        }
        // The next position and the next view for every length, while the length is still being found.
        self.begin.next = bit_cast::<5, 4>(self.position.q.val()) | (self.longer.val() << 4);
        self.escaped_end.next = (bit_cast::<5, 4>(self.position.q.val()) + self.longer.val()) + self.escape_total.val();
        self.whole.next = (bit_cast::<32, 16>(self.view.q.val()) << 16) | bit_cast::<32, 16>(self.extension.val());
        if self.extra.val() {
            self.whole.next = self.whole.val() << 1;
        }
        for i in 0..self.test.len() {
            self.end_choice.longer[i].next = self.test[i].longer.val();
            self.view_choice.longer[i].next = self.test[i].longer.val();
        }
        for i in 0..self.length_here.len() {
            self.end_rom[i].address.next = self.begin.val().into();
            self.end_choice.option[i].next = self.end_rom[i].data.val().into();
            self.moved.next = self.whole.val() << self.length_here[i].val();
            self.view_choice.option[i].next = self.moved.val().get_bits::<16>(16).into();
        }
        self.end.next = self.end_choice.chosen.val().get_bits::<5>(0);
        if self.is_escape.val() {
            self.end.next = self.escaped_end.val();
        }
        self.escaped_view.next = 0.into();
        for i in 0..self.escaped_length.len() {
            self.moved.next = self.whole.val() << self.escaped_length[i].val();
            if self.escape_at[i].val() {
                self.escaped_view.next = self.escaped_view.val() | self.moved.val().get_bits::<16>(16);
            }
        }
        // Of the words that fill the lane the first comes to the view, where the position is 0.
        self.repair.next = self.starved.q.val() & !(self.three_words.val().any() & self.coming.q.val());
        self.renew.next = self.filling.q.val() | self.repair.val();
        if self.renew.val() {
            self.escaped_view.next = self.extension.val();
        }
        self.next_view.next = self.view_choice.chosen.val().get_bits::<16>(0);
        if self.is_escape.val() | self.renew.val() {
            self.next_view.next = self.escaped_view.val();
        }

        self.crossing.next = self.fire.val() & self.end.val().get_bit(4);
        self.need.next = self.needs.q.val();
        self.blocked.next = self.starved.q.val() | self.filling.q.val();
        self.lacking.next = (self.three_words.val().any() & (self.needs.q.val() | self.coming.q.val()))
            | (self.four_words.val().any() & (self.needs.q.val() & self.coming.q.val()));
        self.crossed.d.next = self.crossing.val() & !self.lacking.val();

        // A word that is used up leaves its place a clock later, and the one that makes up for it is asked for with the next step. It
        // comes in behind those that are there.
        self.shift.next = self.renew.val() | self.crossed.q.val();
        for n in self._last..(self._last + 1) {
            if self.shift.val() {
                for i in 0..self._last {
                    self.behind[i].d.next = self.behind[i + 1].q.val();
                }
                if !self.filling.q.val() & self.coming.q.val() {
                    self.behind[n - 1].d.next = self.word.val();
                }
            }
            if self.coming.q.val() & (self.filling.q.val() | !self.shift.val()) {
                self.behind[n].d.next = self.word.val();
            }
        }
        if self.load.val() {
            self.needs.d.next = false;
        }
        if self.fire.val() {
            self.position.d.next = self.end.val().get_bits::<4>(0);
        }
        if self.fire.val() | self.renew.val() {
            self.view.d.next = self.next_view.val();
        }
        if self.crossing.val() {
            self.needs.d.next = true;
            self.starved.d.next = self.lacking.val();
        }
        if self.repair.val() {
            self.starved.d.next = false;
        }

        // Behind the loop: place in canonical order, symbol.
        self.view1.d.next = self.view.q.val();
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
            self.after_escape.next = self.view1.q.val() << self.escape_length[i].val();
            if self.plain_at[i].val() {
                self.plain.next = self.plain.val() | self.after_escape.val().get_bits::<8>(8);
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
        self.ended1.d.next = self.end.val().get_bits::<4>(0);
        self.before1.next = self.ended1.q.val() - self.one_place.val();
        self.start1.d.next = self.position.q.val();
        self.distance.next = self.before1.val() - self.start1.q.val();
        self.at_bit.next = self.view1.q.val() << self.distance.val();
        self.id_bit.next = self.at_bit.val().get_bit(15);

        if self.clear.val() {
            self.position.d.next = 0.into();
            self.needs.d.next = false;
            self.starved.d.next = false;
            self.crossed.d.next = false;
        }
    }
}

//! Decodes four lanes of the format in turn, one codeword a clock: the loop from a codeword's length to the next codeword of
//! the same lane has four clocks.
//!
//! ```text
//!  word --> [ words of four lanes ] -- two words --> | --> [ << position ] --> | view
//!                    ^                                                         v
//!            turn, word's number                            [ longer than n bits? escape? ] --> | length
//!                    |                                                                          v
//!                    '-- | <-- [ word's number, position of four lanes ] <---------- [ position + length ] --> need
//!
//!  view, length --> [ >> ] --> | --> [ place in canonical order ] --> | --> [ symbol ROM ] --> | --> symbol
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | `need` and `id_bit` five clocks after `fire`, `symbol` eight; the words that are looked at are those put before the clock after `fire` |
//! | throughput | one codeword a clock; those of one turn at least four clocks apart |
//! | words | a lane needs the word of its position and the one behind it; eight at most |
//!
//! What a lane has come to goes past its memory if the next codeword is asked for in the same clock, and stands in a register of
//! its own when the words are looked up.
//!
//! What a lane has come to is not cleared: `fresh` says that a turn's codeword is the first of its lane, and the words that fill a
//! lane come with their number.

use super::length_choice::LengthChoice;
use super::length_test::LengthTest;
use crate::hdl::RomError;
use crate::rtl::prelude::*;
use crate::rtl::tables::DecoderTable;

/// Clocks from `fire` to `symbol`.
pub const SYMBOL_CLOCKS: usize = 8;
/// Clocks from `fire` to `need` and `id_bit`.
pub const NEED_CLOCKS: usize = 5;
/// Clocks from `fire` until the lanes look at the codes.
pub const CODE_CLOCKS: usize = 3;
/// Bits of a codeword's length.
const LENGTH_BITS: usize = 5;

/// Four lanes.
#[derive(LogicBlock)]
pub struct TurnLane {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Decodes a symbol of the lane `turn`.
    pub fire: Signal<In, Bit>,
    /// It is the lane's first one.
    pub fresh: Signal<In, Bit>,
    /// See there.
    pub turn: Signal<In, U<2>>,
    /// A bit of a book's id stands behind the codeword.
    pub extra: Signal<In, Bit>,
    /// A word of the lane `put_turn` comes in, behind those that are there.
    pub put: Signal<In, Bit>,
    /// See there.
    pub put_turn: Signal<In, U<2>>,
    /// It is the lane's word number `round` instead.
    pub filling: Signal<In, Bit>,
    /// See there.
    pub round: Signal<In, U<3>>,
    /// The word.
    pub word: Signal<In, U<16>>,
    /// Book, six clocks after `fire`.
    pub book: Signal<In, U<4>>,
    /// See [`BookLimits`](super::book_limits::BookLimits), three clocks after `fire`.
    pub first: Vec<Signal<In, U<17>>>,
    /// See there, three clocks after `fire`.
    pub escape_code: Signal<In, U<16>>,
    /// See there, three clocks after `fire`.
    pub escape_mask: Signal<In, U<16>>,
    /// See there, three clocks after `fire`.
    pub escapes: Signal<In, Bit>,
    /// See there, four clocks after `fire`.
    pub escape_total: Signal<In, U<5>>,
    /// See there, four clocks after `fire`.
    pub offset: Vec<Signal<In, U<8>>>,
    /// See there, four clocks after `fire`.
    pub plain_at: Vec<Signal<In, Bit>>,
    /// The step used a word up: the lane needs another.
    pub need: Signal<Out, Bit>,
    /// The bit behind the codeword.
    pub id_bit: Signal<Out, Bit>,
    /// The symbol.
    pub symbol: Signal<Out, U<8>>,
    // Words of even numbers and of odd ones: four of each lane.
    even: LutRam<4, 16>,
    odd: LutRam<4, 16>,
    // The number of the next word to come in.
    tail: LutRam<2, 3>,
    // Number of the word (6:4) and position in it (3:0).
    place: LutRam<2, 7>,
    place_next: Signal<Local, U<7>>,
    valid_0: Register<Bit>,
    extra_0: Register<Bit>,
    turn_0: Register<U<2>>,
    here_0: Register<U<7>>,
    number: Signal<Local, U<3>>,
    address: Signal<Local, U<4>>,
    here: Signal<Local, U<7>>,
    head: Signal<Local, U<3>>,
    behind: Signal<Local, U<3>>,
    valid_a: Register<Bit>,
    extra_a: Register<Bit>,
    turn_a: Register<U<2>>,
    here_a: Register<U<7>>,
    word_a: Register<U<16>>,
    next_a: Register<U<16>>,
    both: Signal<Local, U<32>>,
    valid_b: Register<Bit>,
    extra_b: Register<Bit>,
    turn_b: Register<U<2>>,
    here_b: Register<U<7>>,
    view_b: Register<U<16>>,
    test: Vec<LengthTest>,
    reached: Gather,
    length_choice: LengthChoice,
    valid_c: Register<Bit>,
    extra_c: Register<Bit>,
    turn_c: Register<U<2>>,
    here_c: Register<U<7>>,
    view_c: Register<U<16>>,
    length_c: Register<U<LENGTH_BITS>>,
    right_c: Register<U<LENGTH_BITS>>,
    reached_c: BusRegister,
    escape_c: Register<Bit>,
    length: Signal<Local, U<LENGTH_BITS>>,
    longer: Signal<Local, U<LENGTH_BITS>>,
    end: Signal<Local, U<LENGTH_BITS>>,
    crossing: Signal<Local, U<3>>,
    exact: Bus<Local>,
    change: Signal<Local, U<8>>,
    shifted: Signal<Local, U<16>>,
    plain: Signal<Local, U<8>>,
    need_d: Register<Bit>,
    start_d: Register<U<4>>,
    end_d: Register<U<4>>,
    view_d: Register<U<16>>,
    code_d: Register<U<8>>,
    change_d: Register<U<8>>,
    escape_d: Register<Bit>,
    plain_d: Register<U<8>>,
    distance: Signal<Local, U<4>>,
    at_bit: Signal<Local, U<16>>,
    place_e: Register<U<8>>,
    escape_e: Register<Bit>,
    plain_e: Register<U<8>>,
    symbol_rom: SyncRom<8>,
    escape_f: Register<Bit>,
    plain_f: Register<U<8>>,
    looked_g: Register<U<8>>,
    escape_g: Register<Bit>,
    plain_g: Register<U<8>>,
    far: Vec<Constant<U<4>>>,
    lengths: Vec<BusConstant>,
    escape_length: Vec<Constant<U<5>>>,
    one_word: Constant<U<3>>,
    one_bit: Constant<U<LENGTH_BITS>>,
    one_place: Constant<U<4>>,
    other_bits: Constant<U<4>>,
    place_bits: Constant<U<4>>,
    place_mask: Constant<U<8>>,
    _address_bits: usize,
}

impl TurnLane {
    /// Four lanes for the codes of this table; an error if its symbols do not fit a ROM.
    pub fn new(table: &DecoderTable) -> Result<Self, RomError> {
        let symbol_rom = SyncRom::new(&table.symbols)?;
        let lengths = table.longest - table.shortest + 1;
        let memory = || LutRam::new().expect("4 address bits");
        // What moves a codeword to the right end of 16 bits stands above its length.
        let both = |n: usize| BusConstant::new(2 * LENGTH_BITS, (n | (16 - n) << LENGTH_BITS) as u128);
        Ok(Self {
            clk: port(),
            fire: port(),
            fresh: port(),
            turn: port(),
            extra: port(),
            put: port(),
            put_turn: port(),
            filling: port(),
            round: port(),
            word: port(),
            book: port(),
            first: many(lengths - 1),
            escape_code: port(),
            escape_mask: port(),
            escapes: port(),
            escape_total: port(),
            offset: many(lengths),
            plain_at: many(table.escape_lengths.len()),
            need: port(),
            id_bit: port(),
            symbol: port(),
            even: memory(),
            odd: memory(),
            tail: LutRam::new().expect("2 address bits"),
            place: LutRam::new().expect("2 address bits"),
            place_next: port(),
            valid_0: port(),
            extra_0: port(),
            turn_0: port(),
            here_0: port(),
            number: port(),
            address: port(),
            here: port(),
            head: port(),
            behind: port(),
            valid_a: port(),
            extra_a: port(),
            turn_a: port(),
            here_a: port(),
            word_a: port(),
            next_a: port(),
            both: port(),
            valid_b: port(),
            extra_b: port(),
            turn_b: port(),
            here_b: port(),
            view_b: port(),
            test: (table.shortest..table.longest).map(LengthTest::new).collect(),
            reached: Gather::new(lengths, 1),
            length_choice: LengthChoice::new(lengths, 2 * LENGTH_BITS),
            valid_c: port(),
            extra_c: port(),
            turn_c: port(),
            here_c: port(),
            view_c: port(),
            length_c: port(),
            right_c: port(),
            reached_c: BusRegister::new(lengths),
            escape_c: port(),
            length: port(),
            longer: port(),
            end: port(),
            crossing: port(),
            exact: Bus::new(lengths),
            change: port(),
            shifted: port(),
            plain: port(),
            need_d: port(),
            start_d: port(),
            end_d: port(),
            view_d: port(),
            code_d: port(),
            change_d: port(),
            escape_d: port(),
            plain_d: port(),
            distance: port(),
            at_bit: port(),
            place_e: port(),
            escape_e: port(),
            plain_e: port(),
            _address_bits: symbol_rom.address.width(),
            symbol_rom,
            escape_f: port(),
            plain_f: port(),
            looked_g: port(),
            escape_g: port(),
            plain_g: port(),
            far: (0..4).map(|bit| constant(1 << bit)).collect(),
            lengths: (table.shortest..=table.longest).map(both).collect(),
            escape_length: table.escape_lengths.iter().map(|&l| constant(l.into())).collect(),
            one_word: constant(1),
            one_bit: constant(1),
            one_place: constant(1),
            other_bits: constant(8 - table.symbol_bits as u128),
            place_bits: constant(table.place_bits as u128),
            place_mask: constant((1 << table.place_bits) - 1),
        })
    }
}

impl Logic for TurnLane {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clk, valid_0, extra_0, turn_0, here_0, valid_a, extra_a, turn_a, here_a, word_a, next_a, valid_b,
            extra_b, turn_b, here_b, view_b, valid_c, extra_c, turn_c, here_c, view_c, length_c, right_c, reached_c,
            escape_c, need_d, start_d, end_d, view_d, code_d, change_d, escape_d, plain_d, place_e, escape_e, plain_e,
            escape_f, plain_f, looked_g, escape_g, plain_g
        );
        self.even.clock.next = self.clk.val();
        self.odd.clock.next = self.clk.val();
        self.tail.clock.next = self.clk.val();
        self.place.clock.next = self.clk.val();
        self.symbol_rom.clock.next = self.clk.val();

        // Words come in.
        self.tail.read_address.next = self.put_turn.val();
        self.number.next = self.tail.read_data.val();
        if self.filling.val() {
            self.number.next = self.round.val();
        }
        self.tail.write_enable.next = self.put.val();
        self.tail.write_address.next = self.put_turn.val();
        self.tail.write_data.next = self.number.val() + self.one_word.val();
        self.address.next =
            (bit_cast::<4, 2>(self.put_turn.val()) << 2) | bit_cast::<4, 2>(self.number.val().get_bits::<2>(1));
        self.even.write_enable.next = self.put.val() & !self.number.val().get_bit(0);
        self.even.write_address.next = self.address.val();
        self.even.write_data.next = self.word.val();
        self.odd.write_enable.next = self.put.val() & self.number.val().get_bit(0);
        self.odd.write_address.next = self.address.val();
        self.odd.write_data.next = self.word.val();

        // The end of the loop, the fifth clock: where the next codeword begins.
        self.length.next = self.length_c.q.val();
        if self.escape_c.q.val() {
            self.length.next = self.escape_total.val();
        }
        self.longer.next = 0.into();
        if self.extra_c.q.val() {
            self.longer.next = self.one_bit.val();
        }
        self.end.next =
            (bit_cast::<5, 4>(self.here_c.q.val().get_bits::<4>(0)) + self.length.val()) + self.longer.val();
        self.crossing.next = self.here_c.q.val().get_bits::<3>(4);
        if self.end.val().get_bit(4) {
            self.crossing.next = self.here_c.q.val().get_bits::<3>(4) + self.one_word.val();
        }
        self.place.write_enable.next = self.valid_c.q.val();
        self.place.write_address.next = self.turn_c.q.val();
        self.place_next.next =
            (bit_cast::<7, 3>(self.crossing.val()) << 4) | bit_cast::<7, 4>(self.end.val().get_bits::<4>(0));
        self.place.write_data.next = self.place_next.val();
        self.need_d.d.next = self.valid_c.q.val() & self.end.val().get_bit(4);
        self.need.next = self.need_d.q.val();

        // First clock: where the codeword begins. If it is the next one of the lane that has just come to its end, not even the
        // memory knows.
        self.place.read_address.next = self.turn.val();
        self.here.next = self.place.read_data.val();
        if self.valid_c.q.val() & (self.turn_c.q.val() == self.turn.val()) {
            self.here.next = self.place_next.val();
        }
        if self.fresh.val() {
            self.here.next = 0.into();
        }
        self.valid_0.d.next = self.fire.val();
        self.extra_0.d.next = self.extra.val();
        self.turn_0.d.next = self.turn.val();
        self.here_0.d.next = self.here.val();

        // Second: the two words that it is in.
        self.head.next = self.here_0.q.val().get_bits::<3>(4);
        self.behind.next = self.head.val() + self.one_word.val();
        self.even.read_address.next =
            (bit_cast::<4, 2>(self.turn_0.q.val()) << 2) | bit_cast::<4, 2>(self.behind.val().get_bits::<2>(1));
        self.odd.read_address.next =
            (bit_cast::<4, 2>(self.turn_0.q.val()) << 2) | bit_cast::<4, 2>(self.head.val().get_bits::<2>(1));
        self.word_a.d.next = self.even.read_data.val();
        self.next_a.d.next = self.odd.read_data.val();
        if self.head.val().get_bit(0) {
            self.word_a.d.next = self.odd.read_data.val();
            self.next_a.d.next = self.even.read_data.val();
        }
        self.valid_a.d.next = self.valid_0.q.val();
        self.extra_a.d.next = self.extra_0.q.val();
        self.turn_a.d.next = self.turn_0.q.val();
        self.here_a.d.next = self.here_0.q.val();

        // Third: the next 16 bits, the far moves first.
        self.both.next = (bit_cast::<32, 16>(self.word_a.q.val()) << 16) | bit_cast::<32, 16>(self.next_a.q.val());
        for i in 1..5 {
            if self.here_a.q.val().get_bit(4 - i) {
                self.both.next = self.both.val() << self.far[4 - i].val();
            }
        }
        self.view_b.d.next = self.both.val().get_bits::<16>(16);
        self.valid_b.d.next = self.valid_a.q.val();
        self.extra_b.d.next = self.extra_a.q.val();
        self.turn_b.d.next = self.turn_a.q.val();
        self.here_b.d.next = self.here_a.q.val();

        // Fourth: the codeword's length.
        self.reached.part[0].next = true.into();
        for i in 0..self.test.len() {
            self.test[i].view.next = self.view_b.q.val();
            self.test[i].first.next = self.first[i].val();
            self.reached.part[i + 1].next = self.test[i].longer.val().into();
            self.length_choice.longer[i].next = self.test[i].longer.val();
        }
        for i in 0..self.lengths.len() {
            self.length_choice.option[i].next = self.lengths[i].val();
        }
        self.length_c.d.next = self.length_choice.chosen.val().get_bits::<5>(0);
        self.right_c.d.next = self.length_choice.chosen.val().get_bits::<5>(5);
        self.reached_c.d.next = self.reached.whole.val();
        self.escape_c.d.next =
            self.escapes.val() & !((self.view_b.q.val() ^ self.escape_code.val()) & self.escape_mask.val()).any();
        self.view_c.d.next = self.view_b.q.val();
        self.valid_c.d.next = self.valid_b.q.val();
        self.extra_c.d.next = self.extra_b.q.val();
        self.turn_c.d.next = self.turn_b.q.val();
        self.here_c.d.next = self.here_b.q.val();

        // Beside it, and behind: place in canonical order, symbol.
        self.exact.next = self.reached_c.q.val() & !(self.reached_c.q.val() >> 1);
        self.change.next = 0.into();
        for i in 0..self.offset.len() {
            if self.exact.val().get_bit(i) {
                self.change.next = self.change.val() | self.offset[i].val();
            }
        }
        self.change_d.d.next = self.change.val();
        self.code_d.d.next = (self.view_c.q.val() >> self.right_c.q.val()).get_bits::<8>(0);
        self.plain.next = 0.into();
        for i in 0..self.plain_at.len() {
            self.shifted.next = self.view_c.q.val() << self.escape_length[i].val();
            if self.plain_at[i].val() {
                self.plain.next = self.plain.val() | self.shifted.val().get_bits::<8>(8);
            }
        }
        self.plain_d.d.next = self.plain.val() >> self.other_bits.val();
        self.escape_d.d.next = self.escape_c.q.val();
        self.place_e.d.next = (self.code_d.q.val() + self.change_d.q.val()) & self.place_mask.val();
        self.escape_e.d.next = self.escape_d.q.val();
        self.plain_e.d.next = self.plain_d.q.val();
        self.symbol_rom.enable.next = true;
        self.symbol_rom.address.next = (bit_cast_to(self.book.val(), self._address_bits) << self.place_bits.val())
            | bit_cast_to(self.place_e.q.val(), self._address_bits);
        self.escape_f.d.next = self.escape_e.q.val();
        self.plain_f.d.next = self.plain_e.q.val();
        self.looked_g.d.next = self.symbol_rom.data.val();
        self.escape_g.d.next = self.escape_f.q.val();
        self.plain_g.d.next = self.plain_f.q.val();
        self.symbol.next = self.looked_g.q.val();
        if self.escape_g.q.val() {
            self.symbol.next = self.plain_g.q.val();
        }

        // A bit of an id, behind the codeword: just before the position where the step ended.
        self.view_d.d.next = self.view_c.q.val();
        self.start_d.d.next = self.here_c.q.val().get_bits::<4>(0);
        self.end_d.d.next = self.end.val().get_bits::<4>(0);
        self.distance.next = (self.end_d.q.val() - self.one_place.val()) - self.start_d.q.val();
        self.at_bit.next = self.view_d.q.val() << self.distance.val();
        self.id_bit.next = self.at_bit.val().get_bit(15);
    }
}

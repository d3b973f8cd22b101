//! The codes' geometry of the packet's or block's book, from ROM: what all lanes compare their windows with.
//!
//! ```text
//!  book --> [ ROM ] --> [ register ] --> firsts, escape ------------> the lanes' loop
//!                            '--> [ 1 to 3 clocks ] --> offsets, place of the plain symbol, book --> the stages behind
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | one clock from `book` and `load`; what the lanes' later stages use follows them if books may change at any step |

use crate::hdl::RomError;
use crate::rtl::prelude::*;
use crate::rtl::tables::{DecoderBook, DecoderTable};

/// Geometry of the books.
#[derive(LogicBlock)]
pub struct BookLimits {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Book to look up.
    pub book: Signal<In, U<4>>,
    /// Takes it over.
    pub load: Signal<In, Bit>,
    /// For `n` bits from the table's shortest on: the smallest number of `n` bits that starts a longer codeword.
    pub first: Vec<Signal<Out, U<17>>>,
    /// Escape, left-aligned.
    pub escape_code: Signal<Out, U<16>>,
    /// Which of its bits count.
    pub escape_mask: Signal<Out, U<16>>,
    /// There is an escape.
    pub escapes: Signal<Out, Bit>,
    /// Bits of an escaped symbol in all; for lanes in turn a clock later.
    pub escape_total: Signal<Out, U<5>>,
    /// Which of the table's escape lengths is the book's.
    pub escape_at: Vec<Signal<Out, Bit>>,
    /// A clock later: canonical place minus codeword, from the shortest length on.
    pub offset: Vec<Signal<Out, U<8>>>,
    /// A clock later: `escape_at`.
    pub plain_at: Vec<Signal<Out, Bit>>,
    /// The book two clocks later, for lanes in turn three.
    pub book_behind: Signal<Out, U<4>>,
    first_rom: Vec<Rom<17>>,
    escape_rom: Rom<38>,
    offset_rom: Vec<Rom<8>>,
    plain_rom: Vec<Rom<1>>,
    first_held: Vec<Register<U<17>>>,
    escape_held: Register<U<38>>,
    offset_held: Vec<Register<U<8>>>,
    plain_held: Vec<Register<U<1>>>,
    book_held: Register<U<4>>,
    // Empty where the book changes with packets only.
    offset_behind: Vec<Register<U<8>>>,
    plain_behind: Vec<Register<U<1>>>,
    book_behind1: Vec<Register<U<4>>>,
    book_behind2: Vec<Register<U<4>>>,
    // The same for lanes in turn.
    book_behind3: Vec<Register<U<4>>>,
    total_behind: Vec<Register<U<5>>>,
    _book_bits: usize,
}

impl BookLimits {
    /// The geometry of this table's books, which may change with every step if `changing`, else with a packet, for lanes that
    /// go on one by one or `in_turn`; an error if the number of books is no power of two.
    pub fn new(table: &DecoderTable, changing: bool, in_turn: bool) -> Result<Self, RomError> {
        let image = |f: &dyn Fn(&DecoderBook) -> u128| table.books.iter().map(f).collect::<Vec<_>>();
        let (lengths, escapes) = (table.longest - table.shortest + 1, table.escape_lengths.len());
        let behind = |count: usize| count * usize::from(changing);
        Ok(Self {
            clk: port(),
            book: port(),
            load: port(),
            first: many(lengths - 1),
            escape_code: port(),
            escape_mask: port(),
            escapes: port(),
            escape_total: port(),
            escape_at: many(escapes),
            offset: many(lengths),
            plain_at: many(escapes),
            book_behind: port(),
            first_rom: (0..lengths - 1).map(|i| Rom::new(&image(&|b| b.firsts[i].into()))).collect::<Result<_, _>>()?,
            escape_rom: Rom::new(&image(&|b| escape_word(b, table.symbol_bits)))?,
            offset_rom: (0..lengths).map(|i| Rom::new(&image(&|b| b.offsets[i].into()))).collect::<Result<_, _>>()?,
            plain_rom: (table.escape_lengths.iter())
                .map(|&length| Rom::new(&image(&|b| b.escape.is_some_and(|e| e.length == length).into())))
                .collect::<Result<_, _>>()?,
            first_held: many(lengths - 1),
            escape_held: port(),
            offset_held: many(lengths),
            plain_held: many(escapes),
            book_held: port(),
            offset_behind: many(behind(lengths)),
            plain_behind: many(behind(escapes)),
            book_behind1: many(behind(1)),
            book_behind2: many(behind(1)),
            book_behind3: many(behind(in_turn.into())),
            total_behind: many(behind(in_turn.into())),
            _book_bits: table.books.len().ilog2() as usize,
        })
    }
}

/// A book's escape: codeword, mask, whether there is one, bits in all, from the lowest bits up.
fn escape_word(book: &DecoderBook, symbol_bits: usize) -> u128 {
    book.escape.map_or(0, |e| {
        let mask = !(0xFFFFu32 >> e.length) & 0xFFFF;
        let total = u128::from(e.length) + symbol_bits as u128;
        u128::from(e.code) | u128::from(mask) << 16 | 1 << 32 | total << 33
    })
}

impl Logic for BookLimits {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clk, escape_held, book_held);
        self.escape_rom.address.next = bit_cast_to(self.book.val(), self._book_bits);
        if self.load.val() {
            self.escape_held.d.next = self.escape_rom.data.val();
            self.book_held.d.next = self.book.val();
        }
        self.escape_code.next = self.escape_held.q.val().get_bits::<16>(0);
        self.escape_mask.next = self.escape_held.q.val().get_bits::<16>(16);
        self.escapes.next = self.escape_held.q.val().get_bit(32);
        self.escape_total.next = self.escape_held.q.val().get_bits::<5>(33);

        for i in 0..self.first.len() {
            self.first_rom[i].address.next = bit_cast_to(self.book.val(), self._book_bits);
            self.first_held[i].clock.next = self.clk.val();
            self.first_held[i].d.next = self.first_held[i].q.val();
            if self.load.val() {
                self.first_held[i].d.next = self.first_rom[i].data.val();
            }
            self.first[i].next = self.first_held[i].q.val();
        }
        for i in 0..self.offset.len() {
            self.offset_rom[i].address.next = bit_cast_to(self.book.val(), self._book_bits);
            self.offset_held[i].clock.next = self.clk.val();
            self.offset_held[i].d.next = self.offset_held[i].q.val();
            if self.load.val() {
                self.offset_held[i].d.next = self.offset_rom[i].data.val();
            }
            self.offset[i].next = self.offset_held[i].q.val();
        }
        for i in 0..self.plain_at.len() {
            self.plain_rom[i].address.next = bit_cast_to(self.book.val(), self._book_bits);
            self.plain_held[i].clock.next = self.clk.val();
            self.plain_held[i].d.next = self.plain_held[i].q.val();
            if self.load.val() {
                self.plain_held[i].d.next = self.plain_rom[i].data.val();
            }
            self.escape_at[i].next = self.plain_held[i].q.val().any();
            self.plain_at[i].next = self.plain_held[i].q.val().any();
        }
        self.book_behind.next = self.book_held.q.val();

        // Where the book may change with every step.
        for i in 0..self.offset_behind.len() {
            self.offset_behind[i].clock.next = self.clk.val();
            self.offset_behind[i].d.next = self.offset_held[i].q.val();
            self.offset[i].next = self.offset_behind[i].q.val();
        }
        for i in 0..self.plain_behind.len() {
            self.plain_behind[i].clock.next = self.clk.val();
            self.plain_behind[i].d.next = self.plain_held[i].q.val();
            self.plain_at[i].next = self.plain_behind[i].q.val().any();
        }
        for i in 0..self.book_behind1.len() {
            self.book_behind1[i].clock.next = self.clk.val();
            self.book_behind1[i].d.next = self.book_held.q.val();
            self.book_behind2[i].clock.next = self.clk.val();
            self.book_behind2[i].d.next = self.book_behind1[i].q.val();
            self.book_behind.next = self.book_behind2[i].q.val();
        }
        for i in 0..self.book_behind3.len() {
            self.book_behind3[i].clock.next = self.clk.val();
            self.book_behind3[i].d.next = self.book_behind2[i].q.val();
            self.book_behind.next = self.book_behind3[i].q.val();
            self.total_behind[i].clock.next = self.clk.val();
            self.total_behind[i].d.next = self.escape_held.q.val().get_bits::<5>(33);
            self.escape_total.next = self.total_behind[i].q.val();
        }
    }
}

//! The codes' geometry of the packet's book, from ROM: what all lanes compare their windows with.
//!
//! ```text
//!  book --> [ ROM ] --> [ register ] --> tops, offsets, shortest, escape
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | one clock from `book` and `load`; what the lanes' later stages use follows them if books may change at any step |

use crate::hdl::RomError;
use crate::rtl::prelude::*;
use crate::rtl::tables::DecoderBook;

/// Geometry of the books.
#[derive(LogicBlock)]
pub struct BookLimits {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Book to look up.
    pub book: Signal<In, U<4>>,
    /// Takes it over.
    pub load: Signal<In, Bit>,
    /// Largest windows that start with a codeword of at most 1 to 8 bits, 16 bits each.
    pub tops_short: Signal<Out, U<128>>,
    /// The same for 9 to 15 bits.
    pub tops_long: Signal<Out, U<112>>,
    /// Length of the escape for the lanes' second stage.
    pub escape_length_behind: Signal<Out, U<5>>,
    /// The book for the lanes' third stage.
    pub book_behind: Signal<Out, U<4>>,
    /// For the second stage: canonical place minus codeword for 1 to 16 bits, 8 bits each.
    pub offsets: Signal<Out, U<128>>,
    /// Shortest codeword.
    pub shortest: Signal<Out, U<5>>,
    /// Length of the escape, 0 for none.
    pub escape_length: Signal<Out, U<5>>,
    /// Escape, left-aligned.
    pub escape_first: Signal<Out, U<16>>,
    tops_short_rom: Rom<128>,
    tops_long_rom: Rom<112>,
    offsets_rom: Rom<128>,
    escape_rom: Rom<26>,
    tops_short_held: Register<U<128>>,
    tops_long_held: Register<U<112>>,
    offsets_held: Register<U<128>>,
    escape_held: Register<U<26>>,
    book_held: Register<U<4>>,
    behind: Vec<Behind>,
    _book_bits: usize,
}

/// What the lanes' later stages use, a clock or two behind the first.
#[derive(LogicBlock, Default)]
struct Behind {
    pub clk: Signal<In, Clock>,
    pub offsets_in: Signal<In, U<128>>,
    pub escape_in: Signal<In, U<5>>,
    pub book_in: Signal<In, U<4>>,
    pub offsets: Signal<Out, U<128>>,
    pub escape: Signal<Out, U<5>>,
    pub book: Signal<Out, U<4>>,
    offsets1: Register<U<128>>,
    escape1: Register<U<5>>,
    book1: Register<U<4>>,
    book2: Register<U<4>>,
}

impl Logic for Behind {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clk, offsets1, escape1, book1, book2);
        self.offsets1.d.next = self.offsets_in.val();
        self.escape1.d.next = self.escape_in.val();
        self.book1.d.next = self.book_in.val();
        self.book2.d.next = self.book1.q.val();
        self.offsets.next = self.offsets1.q.val();
        self.escape.next = self.escape1.q.val();
        self.book.next = self.book2.q.val();
    }
}

/// Little-endian concatenation of `bits`-wide values.
fn concatenate(values: impl IntoIterator<Item = u128>, bits: usize) -> u128 {
    values.into_iter().enumerate().fold(0, |all, (i, v)| all | v << (i * bits))
}

impl BookLimits {
    /// The geometry of these books, which may change with every step if `changing`, else with a packet; an error if their
    /// number is no power of two.
    pub fn new(books: &[DecoderBook], changing: bool) -> Result<Self, RomError> {
        let image = |f: &dyn Fn(&DecoderBook) -> u128| books.iter().map(f).collect::<Vec<_>>();
        Ok(Self {
            clk: port(),
            book: port(),
            load: port(),
            escape_length_behind: port(),
            book_behind: port(),
            book_held: port(),
            behind: many(changing.into()),
            tops_short: port(),
            tops_long: port(),
            offsets: port(),
            shortest: port(),
            escape_length: port(),
            escape_first: port(),
            tops_short_rom: Rom::new(&image(&|b| concatenate(b.tops[..8].iter().map(|&t| t.into()), 16)))?,
            tops_long_rom: Rom::new(&image(&|b| concatenate(b.tops[8..].iter().map(|&t| t.into()), 16)))?,
            offsets_rom: Rom::new(&image(&|b| concatenate(b.offsets.iter().map(|&o| o.into()), 8)))?,
            escape_rom: Rom::new(&image(&|b| {
                u128::from(b.shortest) << 21 | u128::from(b.escape_length) << 16 | u128::from(b.escape_first)
            }))?,
            tops_short_held: port(),
            tops_long_held: port(),
            offsets_held: port(),
            escape_held: port(),
            _book_bits: books.len().ilog2() as usize,
        })
    }
}

impl Logic for BookLimits {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clk, tops_short_held, tops_long_held, offsets_held, escape_held, book_held);
        self.tops_short_rom.address.next = bit_cast_to(self.book.val(), self._book_bits);
        self.tops_long_rom.address.next = bit_cast_to(self.book.val(), self._book_bits);
        self.offsets_rom.address.next = bit_cast_to(self.book.val(), self._book_bits);
        self.escape_rom.address.next = bit_cast_to(self.book.val(), self._book_bits);
        if self.load.val() {
            self.tops_short_held.d.next = self.tops_short_rom.data.val();
            self.tops_long_held.d.next = self.tops_long_rom.data.val();
            self.offsets_held.d.next = self.offsets_rom.data.val();
            self.escape_held.d.next = self.escape_rom.data.val();
            self.book_held.d.next = self.book.val();
        }
        self.tops_short.next = self.tops_short_held.q.val();
        self.tops_long.next = self.tops_long_held.q.val();
        self.offsets.next = self.offsets_held.q.val();
        self.escape_length_behind.next = self.escape_held.q.val().get_bits::<5>(16);
        self.book_behind.next = self.book_held.q.val();
        for b in 0..self.behind.len() {
            self.behind[b].clk.next = self.clk.val();
            self.behind[b].offsets_in.next = self.offsets_held.q.val();
            self.behind[b].escape_in.next = self.escape_held.q.val().get_bits::<5>(16);
            self.behind[b].book_in.next = self.book_held.q.val();
            self.offsets.next = self.behind[b].offsets.val();
            self.escape_length_behind.next = self.behind[b].escape.val();
            self.book_behind.next = self.behind[b].book.val();
        }
        self.shortest.next = self.escape_held.q.val().get_bits::<5>(21);
        self.escape_length.next = self.escape_held.q.val().get_bits::<5>(16);
        self.escape_first.next = self.escape_held.q.val().get_bits::<16>(0);
    }
}

//! The codes' geometry of the packet's book, from ROM: what all lanes compare their windows with.
//!
//! ```text
//!  book --> [ ROM ] --> [ register ] --> tops, offsets, shortest, escape
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | one clock from `book` |

use crate::hdl::RomError;
use crate::rtl::prelude::*;
use crate::rtl::tables::DecoderBook;

/// Geometry of the books.
#[derive(LogicBlock)]
pub struct BookLimits {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Book of the packet.
    pub book: Signal<In, U<4>>,
    /// Largest windows that start with a codeword of at most 1 to 8 bits, 16 bits each.
    pub tops_short: Signal<Out, U<128>>,
    /// The same for 9 to 15 bits.
    pub tops_long: Signal<Out, U<112>>,
    /// Canonical place minus codeword for 1 to 16 bits, 8 bits each.
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
    _book_bits: usize,
}

/// Little-endian concatenation of `bits`-wide values.
fn concatenate(values: impl IntoIterator<Item = u128>, bits: usize) -> u128 {
    values.into_iter().enumerate().fold(0, |all, (i, v)| all | v << (i * bits))
}

impl BookLimits {
    /// The geometry of these books; an error if their number is no power of two.
    pub fn new(books: &[DecoderBook]) -> Result<Self, RomError> {
        let image = |f: &dyn Fn(&DecoderBook) -> u128| books.iter().map(f).collect::<Vec<_>>();
        Ok(Self {
            clk: port(),
            book: port(),
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
        dff_setup!(self, clk, tops_short_held, tops_long_held, offsets_held, escape_held);
        self.tops_short_rom.address.next = bit_cast_to(self.book.val(), self._book_bits);
        self.tops_long_rom.address.next = bit_cast_to(self.book.val(), self._book_bits);
        self.offsets_rom.address.next = bit_cast_to(self.book.val(), self._book_bits);
        self.escape_rom.address.next = bit_cast_to(self.book.val(), self._book_bits);
        self.tops_short_held.d.next = self.tops_short_rom.data.val();
        self.tops_long_held.d.next = self.tops_long_rom.data.val();
        self.offsets_held.d.next = self.offsets_rom.data.val();
        self.escape_held.d.next = self.escape_rom.data.val();
        self.tops_short.next = self.tops_short_held.q.val();
        self.tops_long.next = self.tops_long_held.q.val();
        self.offsets.next = self.offsets_held.q.val();
        self.shortest.next = self.escape_held.q.val().get_bits::<5>(21);
        self.escape_length.next = self.escape_held.q.val().get_bits::<5>(16);
        self.escape_first.next = self.escape_held.q.val().get_bits::<16>(0);
    }
}

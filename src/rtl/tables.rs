//! ROM contents, made from one [`Bank`]: the encoder's view and the decoder's view of its codes.
//!
//! The two are different types on purpose: neither block sees what it does not need, and a test holds them against each other.

use super::encoder::book_costs::LENGTH_BITS;
use crate::codebook::{Bank, PlaneCode};

/// What an encoder lane looks up: symbol to codeword.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncoderTable {
    /// `words[book << X | symbol]`, symbols of `X` bits, = length << 16 | codeword, left-aligned in 16 bits.
    pub words: Vec<u128>,
}

/// What a decoder lane compares with: one book's canonical code, cut into the runs of equal length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecoderBook {
    /// `tops[i]`, for length `i` + 1: the largest 16-bit window that starts with a codeword of at most this length; a window
    /// above it holds a longer one. 0xFFFF below the shortest and from the longest length on.
    pub tops: [u16; 15],
    /// `offsets[i]`, for length `i` + 1: what to add to the codeword to get its place in canonical order, modulo 256.
    pub offsets: [u8; 16],
    /// Shortest codeword.
    pub shortest: u8,
    /// Length of the escape, 0 for none.
    pub escape_length: u8,
    /// The escape's codeword, left-aligned in 16 bits.
    pub escape_first: u16,
}

/// What the decoder looks up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecoderTable {
    /// Per book.
    pub books: Vec<DecoderBook>,
    /// `symbols[book << X | place]`, symbols of `X` bits: the symbol at this place in canonical order.
    pub symbols: Vec<u128>,
}

/// The code of a plane in book `id`, the raw book's where the bank has none.
fn code(bank: &Bank, plane: usize, id: usize) -> &PlaneCode {
    let book = u8::try_from(id).ok().and_then(|id| bank.book(id)).or_else(|| bank.book(0));
    &book.expect("every bank has the raw book").planes[plane]
}

/// For each symbol of a plane the lengths of its codewords in all books, book 1's in the lowest [`LENGTH_BITS`]. The raw book's
/// are not among them.
pub fn code_lengths(bank: &Bank, plane: usize) -> Vec<u128> {
    let mut all = vec![0; code(bank, plane, 0).symbols()];
    for id in 1..=bank.books().len() {
        for (lengths, word) in all.iter_mut().zip(code(bank, plane, id).codewords()) {
            *lengths |= u128::from(word.length) << (LENGTH_BITS * (id - 1));
        }
    }
    all
}

impl EncoderTable {
    /// Image of a plane, for a book index of `book_bits` bits.
    pub fn new(bank: &Bank, plane: usize, book_bits: usize) -> Self {
        let words = (0..1usize << book_bits).flat_map(|id| {
            code(bank, plane, id).codewords().into_iter().map(|w| {
                let aligned = w.bits << (16 - u32::from(w.length));
                u128::from(w.length) << 16 | u128::from(aligned)
            })
        });
        EncoderTable { words: words.collect() }
    }
}

impl DecoderBook {
    fn new(code: &PlaneCode) -> Self {
        let canonical = code.canonical();
        let mut book = DecoderBook {
            tops: [0xFFFF; 15],
            offsets: [0; 16],
            shortest: canonical.first().map_or(1, |c| c.1.length),
            escape_length: code.escape_length().unwrap_or(0),
            escape_first: 0,
        };
        let longest = canonical.last().map_or(1, |c| c.1.length);
        for (place, (symbol, word)) in canonical.iter().enumerate() {
            let length = usize::from(word.length);
            let aligned = (word.bits << (16 - length)) as u16;
            if *symbol == code.symbols() {
                book.escape_first = aligned;
            }
            // The last codeword of a length sets the top of the run; the first one its offset.
            let run_end = aligned | ((1u32 << (16 - length)) - 1) as u16;
            if word.length < longest {
                book.tops[length - 1] = run_end;
            }
            if place == 0 || canonical[place - 1].1.length != word.length {
                book.offsets[length - 1] = (place as u32).wrapping_sub(word.bits) as u8;
            }
        }
        // Lengths that no codeword has inherit the top of the next shorter one.
        for i in usize::from(book.shortest)..usize::from(longest) - 1 {
            if !canonical.iter().any(|c| usize::from(c.1.length) == i + 1) {
                book.tops[i] = book.tops[i - 1];
            }
        }
        book
    }
}

impl DecoderTable {
    /// Images of a plane, for a book index of `book_bits` bits.
    pub fn new(bank: &Bank, plane: usize, book_bits: usize) -> Self {
        let ids = 0..1usize << book_bits;
        let books = ids.clone().map(|id| DecoderBook::new(code(bank, plane, id))).collect();
        let symbols = ids.flat_map(|id| {
            let mut row = vec![0u128; code(bank, plane, id).symbols()];
            for (place, (symbol, _)) in code(bank, plane, id).canonical().into_iter().enumerate() {
                if symbol < row.len() {
                    row[place] = symbol as u128;
                }
            }
            row
        });
        DecoderTable { books, symbols: symbols.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codebook::Book;
    use crate::format::SymbolMap;

    /// A decoder lane's arithmetic on one window, in plain integers: symbol and bits used.
    fn decode(table: &DecoderTable, id: usize, window: u32) -> (u8, u32) {
        let book = &table.books[id];
        let top = (window >> 16) as u16;
        let mut length = u32::from(book.shortest);
        for (i, &t) in book.tops.iter().enumerate() {
            if top > t {
                length = i as u32 + 2;
            }
        }
        if length == u32::from(book.escape_length) && top >= book.escape_first {
            return ((window >> (24 - length)) as u8, length + 8);
        }
        let place = (top >> (16 - length)).wrapping_add(book.offsets[length as usize - 1].into()) & 0xFF;
        (table.symbols[id << 8 | usize::from(place)] as u8, length)
    }

    fn bank() -> Bank {
        // Lengths 2, 2, 3, 4, 5, ... with a gap, an escape in the middle, and a full code.
        let mut escaped = vec![0u8; 256];
        for (s, l) in [(120, 2), (121, 2), (122, 3), (119, 5), (118, 5), (117, 6), (7, 6)] {
            escaped[s] = l;
        }
        // Kraft: 1/4+1/4+1/8+1/32+1/32+1/64+1/64 = 23/32; the escape and two more make it up.
        escaped[200] = 5;
        let a = PlaneCode::new(8, escaped, 2).unwrap();
        let mut full: Vec<u8> = vec![9; 256];
        full[0] = 1;
        full[255] = 9;
        // 1/2 + 255 codes of 9 bits = 511/512, one more as 2 x 9 is not possible: shorten one.
        full[1] = 8;
        let b = PlaneCode::new(8, full, 0).unwrap();
        Bank::new(
            SymbolMap::Bytes,
            vec![Book { name: "a".into(), planes: vec![a] }, Book { name: "b".into(), planes: vec![b] }],
        )
        .unwrap()
    }

    #[test]
    fn the_decoder_inverts_the_encoder_for_every_symbol_of_every_book() {
        let bank = bank();
        let (encoder, decoder) = (EncoderTable::new(&bank, 0, 2), DecoderTable::new(&bank, 0, 2));
        assert_eq!((encoder.words.len(), decoder.symbols.len()), (1024, 1024));
        for id in 0..4 {
            for symbol in 0..256 {
                let word = encoder.words[id << 8 | symbol];
                let (length, code) = ((word >> 16) as u32, (word & 0xFFFF) as u32);
                for behind in [0u32, 0xFFFF_FFFF, 0xA5A5_5A5A] {
                    let window = code << 16 | (behind & (u32::MAX >> length));
                    assert_eq!(decode(&decoder, id, window), (symbol as u8, length), "book {id}, symbol {symbol}");
                }
            }
        }
    }

    #[test]
    fn ids_without_a_book_are_raw() {
        let table = EncoderTable::new(&bank(), 0, 2);
        assert_eq!(table.words[3 << 8 | 0xA5], 8 << 16 | 0xA500);
        assert_eq!(table.words[0xA5], 8 << 16 | 0xA500);
    }
}

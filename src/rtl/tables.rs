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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecoderBook {
    /// `firsts[i]`, for `n` = the table's `shortest` + `i` bits: the smallest number of `n` bits that starts a codeword of more than
    /// `n` bits; 2^`n` if there is none.
    pub firsts: Vec<u32>,
    /// `offsets[i]`, for codewords of `shortest` + `i` bits: what to add to the codeword to get its place in canonical order,
    /// modulo 2^`place_bits`.
    pub offsets: Vec<u8>,
    /// What stands before a symbol that is sent as it is: the escape, or nothing at all in the raw book.
    pub escape: Option<EscapeWord>,
}

/// A codeword that a plain symbol follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EscapeWord {
    /// Its length, 0 in the raw book.
    pub length: u8,
    /// The codeword, left-aligned in 16 bits.
    pub code: u16,
}

/// What the decoder looks up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecoderTable {
    /// Bits of a symbol.
    pub symbol_bits: usize,
    /// Shortest codeword of the bank's books in all planes, the escapes' own among them.
    pub shortest: usize,
    /// Longest one.
    pub longest: usize,
    /// Bits of a place in canonical order.
    pub place_bits: usize,
    /// The lengths that escapes have, the raw book's 0 among them; in rising order.
    pub escape_lengths: Vec<u8>,
    /// Per book.
    pub books: Vec<DecoderBook>,
    /// `symbols[book << place_bits | place]`: the symbol at this place in canonical order.
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
    /// The raw book: every symbol is sent as it is.
    fn raw(lengths: usize) -> Self {
        let escape = Some(EscapeWord { length: 0, code: 0 });
        DecoderBook { firsts: (0..lengths - 1).map(|_| 0).collect(), offsets: vec![0; lengths], escape }
    }

    fn new(code: &PlaneCode, shortest: usize, longest: usize, place_bits: usize) -> Self {
        let mut book = DecoderBook {
            firsts: (shortest..longest).map(|n| 1 << n).collect(),
            offsets: vec![0; longest - shortest + 1],
            escape: None,
        };
        let canonical = code.canonical();
        for (place, (symbol, word)) in canonical.iter().enumerate() {
            let length = usize::from(word.length);
            if *symbol == code.symbols() {
                book.escape = Some(EscapeWord { length: word.length, code: (word.bits << (16 - length)) as u16 });
            }
            // Codewords come in order: the first one that is longer than n bits is the smallest.
            for n in shortest..length {
                book.firsts[n - shortest] = book.firsts[n - shortest].min(word.bits >> (length - n));
            }
            // The first codeword of a length sets its offset.
            if place == 0 || canonical[place - 1].1.length != word.length {
                let mask = (1u32 << place_bits) - 1;
                book.offsets[length - shortest] = ((place as u32).wrapping_sub(word.bits) & mask) as u8;
            }
        }
        book
    }
}

impl DecoderTable {
    /// Images of a plane, for a book index of `book_bits` bits.
    pub fn new(bank: &Bank, plane: usize, book_bits: usize) -> Self {
        // The lanes of all planes have one shape.
        let codes: Vec<&PlaneCode> = bank.books().iter().flat_map(|b| &b.planes).collect();
        let all = || codes.iter().flat_map(|c| c.canonical()).map(|(_, word)| usize::from(word.length));
        let (shortest, longest) = (all().min().unwrap_or(1), all().max().unwrap_or(1));
        // The escape has a place too.
        let most = codes.iter().map(|c| c.canonical().len()).max().unwrap_or(1);
        let place_bits = (most.max(2) - 1).ilog2() as usize + 1;
        let (mut books, mut symbols) = (Vec::new(), Vec::new());
        for id in 0..1usize << book_bits {
            let mut row = vec![0u128; 1 << place_bits];
            // Ids without a book are taken for the raw one's.
            match bank.books().get(id.wrapping_sub(1)).map(|b| &b.planes[plane]) {
                None => books.push(DecoderBook::raw(longest - shortest + 1)),
                Some(code) => {
                    books.push(DecoderBook::new(code, shortest, longest, place_bits));
                    let canonical = code.canonical();
                    // The escape is no symbol, and nothing looks up its place.
                    for (place, (symbol, _)) in canonical.into_iter().enumerate().filter(|c| c.1 .0 < code.symbols()) {
                        row[place] = symbol as u128;
                    }
                }
            }
            symbols.extend(row);
        }
        let mut escape_lengths: Vec<u8> = codes.iter().filter_map(|c| c.escape_length()).chain([0]).collect();
        escape_lengths.sort_unstable();
        escape_lengths.dedup();
        let symbol_bits = code(bank, plane, 0).symbols().ilog2() as usize;
        DecoderTable { symbol_bits, shortest, longest, place_bits, escape_lengths, books, symbols }
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
        if let Some(escape) = book.escape {
            let length = u32::from(escape.length);
            if length == 0 || window >> (32 - length) == u32::from(escape.code) >> (16 - length) {
                return ((window << length >> 24) as u8, length + 8);
            }
        }
        let longer = (table.shortest..table.longest).zip(&book.firsts).filter(|(n, &f)| window >> (32 - n) >= f);
        let length = table.shortest + longer.count();
        let place = (window >> (32 - length)).wrapping_add(book.offsets[length - table.shortest].into());
        let place = place as usize & ((1 << table.place_bits) - 1);
        (table.symbols[id << table.place_bits | place] as u8, length as u32)
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
        assert_eq!((encoder.words.len(), decoder.symbols.len()), (1024, 4 << decoder.place_bits));
        assert_eq!((decoder.shortest, decoder.longest, decoder.place_bits), (1, 9, 8));
        assert_eq!(decoder.escape_lengths, [0, 2]);
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

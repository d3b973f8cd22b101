//! The two views of a plane's code (wire format, section 3): what the encoder sends for a symbol, and how the decoder reads
//! it back.

use super::bits::BitWindow;
use crate::codebook::{Bank, Codeword, PlaneCode};
use crate::wire::MAX_CODE_LENGTH;

/// Encoder's view: codeword of every symbol.
#[derive(Clone, Debug)]
pub struct EncodeTable {
    codewords: Vec<Codeword>,
    direct: Vec<bool>,
}

impl EncodeTable {
    /// Table of a code.
    pub fn new(code: &PlaneCode) -> Self {
        EncodeTable { codewords: code.codewords(), direct: code.lengths().iter().map(|&l| l > 0).collect() }
    }

    /// What is sent for `symbol`: its own codeword, or the escape's with the symbol behind it.
    pub fn codeword(&self, symbol: u8) -> Codeword {
        self.codewords[usize::from(symbol)]
    }

    /// Whether `symbol` goes by escape.
    pub fn escapes(&self, symbol: u8) -> bool {
        !self.direct[usize::from(symbol)]
    }
}

/// The codewords of one length: consecutive numbers, by the canonical order.
#[derive(Clone, Copy, Debug)]
struct LengthClass {
    length: u32,
    /// First codeword, left-aligned in 16 bits.
    first: u32,
    /// One past the last codeword, left-aligned in 16 bits; 65536 in the last class, as the code is complete.
    end: u32,
    /// Place of the first codeword's symbol in canonical order.
    index: usize,
}

/// Decoder's view: canonical decoding. Left-aligned codewords grow with their length, so the next 16 bits of the stream
/// belong to the first class whose end they do not reach.
#[derive(Clone, Debug)]
pub struct DecodeTable {
    symbol_bits: u32,
    classes: Vec<LengthClass>,
    /// Symbols in canonical order, the escape as 2^`X`.
    symbols: Vec<u16>,
}

const WINDOW_BITS: u32 = MAX_CODE_LENGTH as u32;

impl DecodeTable {
    /// Table of a code.
    pub fn new(code: &PlaneCode) -> Self {
        let canonical = code.canonical();
        let mut classes: Vec<LengthClass> = Vec::new();
        for (index, (_, word)) in canonical.iter().enumerate() {
            let length = u32::from(word.length);
            let left_aligned = |bits: u32| bits << (WINDOW_BITS - length);
            let (first, end) = (left_aligned(word.bits), left_aligned(word.bits + 1));
            match classes.last_mut() {
                Some(class) if class.length == length => class.end = end,
                _ => classes.push(LengthClass { length, first, end, index }),
            }
        }
        let symbols = canonical.iter().map(|&(symbol, _)| symbol as u16).collect();
        DecodeTable { symbol_bits: code.symbol_bits(), classes, symbols }
    }

    /// Reads one symbol, the bits behind an escape included.
    pub fn read(&self, stream: &mut BitWindow) -> u8 {
        let window = stream.peek(WINDOW_BITS);
        let Some(class) = self.classes.iter().find(|class| window < class.end) else {
            unreachable!("a PlaneCode is complete: its last class ends with the last window")
        };
        stream.skip(class.length);
        let symbol = self.symbols[class.index + ((window - class.first) >> (WINDOW_BITS - class.length)) as usize];
        if u32::from(symbol) == 1 << self.symbol_bits {
            stream.read(self.symbol_bits) as u8
        } else {
            symbol as u8
        }
    }
}

/// Both views of one book, a table for each plane.
#[derive(Clone, Debug)]
pub struct BookTables {
    /// To encode with, plane 0 first.
    pub encode: Vec<EncodeTable>,
    /// To decode with, plane 0 first.
    pub decode: Vec<DecodeTable>,
}

/// Tables of a bank's books by id, the raw book first.
pub fn bank_tables(bank: &Bank) -> Vec<BookTables> {
    (0..)
        .map_while(|id| bank.book(id))
        .map(|book| BookTables {
            encode: book.planes.iter().map(EncodeTable::new).collect(),
            decode: book.planes.iter().map(DecodeTable::new).collect(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::bits::BitPacker;

    fn inverse(code: &PlaneCode) {
        let (encode, decode) = (EncodeTable::new(code), DecodeTable::new(code));
        let mut packer = BitPacker::new(16);
        for symbol in 0..code.symbols() {
            let word = encode.codeword(symbol as u8);
            assert_eq!(u32::from(word.length), code.cost(symbol as u8));
            packer.push(word.bits, word.length.into());
        }
        packer.pad();
        let mut window = BitWindow::new(16);
        while let Some(word) = packer.pop_word() {
            window.push_word(word);
        }
        for symbol in 0..code.symbols() {
            assert_eq!(usize::from(decode.read(&mut window)), symbol);
        }
    }

    #[test]
    fn decoding_undoes_encoding() {
        (2..=8).for_each(|x| inverse(&PlaneCode::raw(x).unwrap()));
        inverse(&PlaneCode::new(2, vec![2, 1, 3, 0], 3).unwrap());
        inverse(&PlaneCode::new(2, vec![0, 0, 0, 1], 1).unwrap());
        // The longest codewords: lengths 1 to 16, the last one twice. First the escape is one of the longest and without use;
        // then it takes the place of a short one and serves half of the symbols.
        let mut lengths: Vec<u8> = (1..=16).collect();
        inverse(&PlaneCode::new(4, lengths.clone(), 16).unwrap());
        lengths[3] = 16;
        lengths.resize(32, 0);
        inverse(&PlaneCode::new(5, lengths, 4).unwrap());
    }

    #[test]
    fn every_window_has_a_meaning() {
        let code = PlaneCode::new(2, vec![2, 1, 3, 0], 3).unwrap();
        let decode = DecodeTable::new(&code);
        let by_hand = |w: u32| match w >> 11 {
            0b00000..=0b01111 => (1, 1),
            0b10000..=0b10111 => (0, 2),
            0b11000..=0b11011 => (2, 3),
            rest => (rest & 3, 5),
        };
        for word in 0..=0xFFFF {
            let mut window = BitWindow::new(16);
            window.push_word(word);
            let symbol = u32::from(decode.read(&mut window));
            assert_eq!((symbol, window.consumed_bits()), by_hand(word), "{word:016b}");
        }
    }
}

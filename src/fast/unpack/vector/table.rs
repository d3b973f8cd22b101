//! A code for vectors that read it without looking into memory.

use crate::codebook::PlaneCode;

/// Bytes of which one is looked up by 4 bits, and codewords in two times as many.
pub(super) const BYTES: usize = 16;
const CODEWORDS: usize = 2 * BYTES;
/// Most ends of lengths but the last, and as many as codewords of up to 10 bits have.
pub(super) const MOST_ENDS: usize = 15;
pub(super) const USUAL_ENDS: usize = 9;

/// A code as vectors hold it. Windows are compared as signed numbers, so that the uppermost bit of each is the other way round.
#[derive(Clone, Debug)]
pub(super) struct VectorTable {
    /// Length of the shortest codeword.
    pub shortest: u32,
    /// For each length but the longest the last value of a left-aligned window that begins with a codeword up to it. Lengths behind
    /// the longest have one that no window is beyond.
    pub ends: [i32; MOST_ENDS],
    /// Ends that are of use.
    pub lengths: usize,
    /// By length modulo 16: the place of its first codeword in canonical order, less that codeword, modulo 256.
    pub offsets: [u8; BYTES],
    /// Symbols in canonical order.
    pub symbols: [[u8; BYTES]; 2],
    /// Left-aligned windows that begin with the escape; none unless the first is at most the last.
    pub escape: [i32; 2],
    pub symbol_bits: u32,
}

/// A window as it is compared.
const fn signed(window: u32) -> i32 {
    (window ^ 1 << (u32::BITS - 1)) as i32
}

impl VectorTable {
    /// `None` for a code of too many codewords.
    pub fn new(code: &PlaneCode) -> Option<Self> {
        let symbol_bits = code.symbol_bits();
        let mut table = VectorTable {
            shortest: 0,
            ends: [i32::MAX; MOST_ENDS],
            lengths: 0,
            offsets: [0; BYTES],
            symbols: [[0; BYTES]; 2],
            escape: [i32::MAX, i32::MIN],
            symbol_bits,
        };
        let words = code.canonical();
        if words.iter().all(|(symbol, word)| word.bits == *symbol as u32 && u32::from(word.length) == symbol_bits) {
            // The raw book: an escape of no bits.
            table.escape = [i32::MIN, i32::MAX];
            return Some(table);
        }
        if words.len() > CODEWORDS {
            return None;
        }
        table.shortest = words.first()?.1.length.into();
        let longest = u32::from(words.last()?.1.length);
        table.lengths = (longest - table.shortest) as usize;
        for (place, (symbol, word)) in words.iter().enumerate() {
            let length = u32::from(word.length);
            let first = word.bits << (u32::BITS - length);
            let last = first | u32::MAX >> length;
            // Codewords come in rising order: the last of each length stays.
            for end in &mut table.ends[(length - table.shortest) as usize..table.lengths] {
                *end = signed(last);
            }
            if place == 0 || words[place - 1].1.length < word.length {
                table.offsets[length as usize % BYTES] = (place as u8).wrapping_sub(word.bits as u8);
            }
            if *symbol == code.symbols() {
                table.escape = [first, last].map(signed);
            } else {
                table.symbols[place / BYTES][place % BYTES] = *symbol as u8;
            }
        }
        Some(table)
    }
}

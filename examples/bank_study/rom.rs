//! What a bank takes in ROM.

use huffwire::codebook::{Bank, PlaneCode};

/// Bits of ROM: encoder and decoder, all books.
pub struct Rom {
    /// For every codeword the symbol (the escape has none), the codeword itself and its length.
    pub encoder: u32,
    /// The symbols in canonical order with a bit that tells the escape, and for each length the last codeword's end and the place of
    /// its first symbol.
    pub decoder: u32,
}

const LENGTH_BITS: u32 = 4;

pub fn rom(bank: &Bank) -> Rom {
    let codes = || bank.books().iter().flat_map(|book| &book.planes);
    Rom { encoder: codes().map(encoder).sum(), decoder: codes().map(decoder).sum() }
}

/// Longest codeword that a decoder compares with: an escape without its symbol.
pub fn window(bank: &Bank) -> u32 {
    bank.books().iter().flat_map(|book| &book.planes).map(longest).max().unwrap_or(0)
}

fn longest(code: &PlaneCode) -> u32 {
    code.lengths().iter().copied().chain(code.escape_length()).max().unwrap_or(0).into()
}

fn encoder(code: &PlaneCode) -> u32 {
    let escape = u32::from(code.escape_length().is_some());
    let word = longest(code) + LENGTH_BITS;
    code.direct_symbols() as u32 * (code.symbol_bits() + word) + escape * word
}

fn decoder(code: &PlaneCode) -> u32 {
    let escape = u32::from(code.escape_length().is_some());
    let words = code.direct_symbols() as u32 + escape;
    let place_bits = u32::BITS - (words - 1).leading_zeros();
    words * (code.symbol_bits() + escape) + longest(code) * (longest(code) + place_bits)
}

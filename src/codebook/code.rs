//! The code of one plane: canonical, complete, with an optional escape (wire format, section 3).

use crate::wire::MAX_CODE_LENGTH;
use thiserror::Error;

/// A bit string of up to 32 bits, right-aligned; sent most significant bit first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Codeword {
    /// The bits; those above `length` are zero.
    pub bits: u32,
    /// Number of bits.
    pub length: u8,
}

/// Why a table of code lengths is not a code.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PlaneCodeError {
    /// Symbol width out of range.
    #[error("symbols of {0} bits: must be 2 to 8")]
    SymbolBits(u32),
    /// Table of another size than the alphabet.
    #[error("{found} code lengths for an alphabet of {expected} symbols")]
    TableSize {
        /// 2^`X`.
        expected: usize,
        /// Entries given.
        found: usize,
    },
    /// A length above 16.
    #[error("symbol {symbol}: code length {length} exceeds 16")]
    TooLong {
        /// The symbol; 2^`X` for the escape.
        symbol: usize,
        /// Its length.
        length: u8,
    },
    /// A symbol without a codeword in a code without an escape.
    #[error("symbol {0} has no codeword and the code has no escape")]
    Uncoded(usize),
    /// Kraft sum above 1.
    #[error("over-subscribed: Kraft sum {0}/65536 exceeds 1")]
    OverSubscribed(u64),
    /// Kraft sum below 1.
    #[error("incomplete: Kraft sum {0}/65536 is below 1")]
    Incomplete(u64),
}

/// Canonical prefix code over the 2^`X` symbols of one plane. Always complete and able to code every symbol.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PlaneCode {
    symbol_bits: u32,
    lengths: Vec<u8>,
    escape_length: u8,
}

impl PlaneCode {
    /// Checks a table of lengths: `lengths[s]` bits for symbol `s`, 0 for a symbol sent by escape; `escape_length` 0
    /// for no escape.
    pub fn new(symbol_bits: u32, lengths: Vec<u8>, escape_length: u8) -> Result<Self, PlaneCodeError> {
        if !(2..=8).contains(&symbol_bits) {
            return Err(PlaneCodeError::SymbolBits(symbol_bits));
        }
        let expected = 1usize << symbol_bits;
        if lengths.len() != expected {
            return Err(PlaneCodeError::TableSize { expected, found: lengths.len() });
        }
        let all = || lengths.iter().copied().chain([escape_length]);
        if let Some((symbol, length)) = all().enumerate().find(|&(_, l)| l > MAX_CODE_LENGTH) {
            return Err(PlaneCodeError::TooLong { symbol, length });
        }
        if escape_length == 0 {
            if let Some(s) = lengths.iter().position(|&l| l == 0) {
                return Err(PlaneCodeError::Uncoded(s));
            }
        }
        let kraft: u64 = all().filter(|&l| l > 0).map(|l| 1u64 << (MAX_CODE_LENGTH - l)).sum();
        match kraft.cmp(&(1 << MAX_CODE_LENGTH)) {
            std::cmp::Ordering::Greater => Err(PlaneCodeError::OverSubscribed(kraft)),
            std::cmp::Ordering::Less => Err(PlaneCodeError::Incomplete(kraft)),
            std::cmp::Ordering::Equal => Ok(PlaneCode { symbol_bits, lengths, escape_length }),
        }
    }

    /// The raw book's code: every codeword is the symbol itself.
    pub fn raw(symbol_bits: u32) -> Result<Self, PlaneCodeError> {
        let symbols = 1usize << symbol_bits.min(16);
        Self::new(symbol_bits, vec![symbol_bits as u8; symbols], 0)
    }

    /// Bits of a symbol, `X`.
    pub const fn symbol_bits(&self) -> u32 {
        self.symbol_bits
    }

    /// Symbols in the alphabet, 2^`X`.
    pub fn symbols(&self) -> usize {
        self.lengths.len()
    }

    /// Table of own code lengths, 0 for symbols that go by escape.
    pub fn lengths(&self) -> &[u8] {
        &self.lengths
    }

    /// Length of the escape's codeword, if there is one.
    pub const fn escape_length(&self) -> Option<u8> {
        if self.escape_length == 0 {
            None
        } else {
            Some(self.escape_length)
        }
    }

    /// Number of symbols with a codeword of their own.
    pub fn direct_symbols(&self) -> usize {
        self.lengths.iter().filter(|&&l| l > 0).count()
    }

    /// Bits that `symbol` takes in the stream, escape counted.
    pub fn cost(&self, symbol: u8) -> u32 {
        match self.lengths[usize::from(symbol)] {
            0 => u32::from(self.escape_length) + self.symbol_bits,
            l => l.into(),
        }
    }

    /// The longest codeword, escape and the symbol behind it counted: even if every symbol has a codeword of its own, as
    /// the escape may come up in a stream that no encoder made.
    pub fn longest(&self) -> u32 {
        let direct = self.lengths.iter().copied().max().map_or(0, u32::from);
        let escaped = self.escape_length().map_or(0, |length| u32::from(length) + self.symbol_bits);
        direct.max(escaped)
    }

    /// Canonical codewords in canonical order: `(symbol, codeword)`, the escape as symbol 2^`X`.
    ///
    /// This is the one place that turns lengths into codewords (wire format, section 3).
    pub fn canonical(&self) -> Vec<(usize, Codeword)> {
        let mut order: Vec<(u8, usize)> = (self.lengths.iter().copied().chain([self.escape_length]))
            .enumerate()
            .filter(|&(_, length)| length > 0)
            .map(|(symbol, length)| (length, symbol))
            .collect();
        order.sort_unstable();
        let (mut next, mut previous) = (0u32, 0u8);
        order
            .into_iter()
            .map(|(length, symbol)| {
                next <<= length - previous;
                previous = length;
                let word = Codeword { bits: next, length };
                next += 1;
                (symbol, word)
            })
            .collect()
    }

    /// What is sent for each symbol: its codeword, or the escape's with the symbol's bits behind it.
    pub fn codewords(&self) -> Vec<Codeword> {
        let mut words = vec![Codeword::default(); self.symbols()];
        let mut escape = Codeword::default();
        for (symbol, word) in self.canonical() {
            match words.get_mut(symbol) {
                Some(slot) => *slot = word,
                None => escape = word,
            }
        }
        for (symbol, word) in words.iter_mut().enumerate().filter(|(_, w)| w.length == 0) {
            *word = Codeword {
                bits: escape.bits << self.symbol_bits | symbol as u32,
                length: escape.length + self.symbol_bits as u8,
            };
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codewords_by_hand() {
        // Lengths: s0 2, s1 1, s2 3, s3 by escape; escape 3. Canonical: s1 0, s0 10, s2 110, escape 111 (after s2).
        let code = PlaneCode::new(2, vec![2, 1, 3, 0], 3).unwrap();
        let words: Vec<(u32, u8)> = code.codewords().iter().map(|w| (w.bits, w.length)).collect();
        assert_eq!(words, [(0b10, 2), (0b0, 1), (0b110, 3), (0b111_11, 5)]);
        assert_eq!(code.longest(), 5);
        assert_eq!(code.direct_symbols(), 3);
        let unused_escape = PlaneCode::new(2, vec![2, 1, 4, 4], 3).unwrap();
        assert_eq!(unused_escape.longest(), 5);
    }

    #[test]
    fn equal_lengths_go_by_symbol_and_the_escape_is_last() {
        let code = PlaneCode::new(2, vec![2, 0, 2, 2], 2).unwrap();
        let order: Vec<usize> = code.canonical().iter().map(|c| c.0).collect();
        assert_eq!(order, [0, 2, 3, 4]);
        assert_eq!(code.codewords()[1], Codeword { bits: 0b1101, length: 4 });
    }

    #[test]
    fn the_raw_code_is_the_symbol_itself() {
        for x in 2..=8 {
            for (s, w) in PlaneCode::raw(x).unwrap().codewords().into_iter().enumerate() {
                assert_eq!(w, Codeword { bits: s as u32, length: x as u8 });
            }
        }
    }

    #[test]
    fn tables_that_are_no_code_are_refused() {
        let message = |x, l: &[u8], e| PlaneCode::new(x, l.to_vec(), e).unwrap_err().to_string();
        assert!(message(2, &[1, 1, 1, 1], 0).starts_with("over-subscribed: Kraft sum 131072/65536"));
        assert!(message(2, &[2, 2, 2, 3], 0).starts_with("incomplete: Kraft sum 57344/65536"));
        assert!(message(2, &[1, 2, 2, 0], 0).contains("symbol 3 has no codeword"));
        assert!(message(2, &[1, 2, 17, 2], 0).contains("symbol 2: code length 17 exceeds 16"));
        assert!(message(2, &[1, 2, 2], 0).contains("3 code lengths for an alphabet of 4"));
        assert!(message(9, &[], 0).contains("symbols of 9 bits"));
        assert!(PlaneCode::raw(1).is_err());
    }
}

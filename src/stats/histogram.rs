//! Symbol counts of one plane.

use thiserror::Error;

/// Counts that are no histogram, or histograms that do not go together.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HistogramError {
    /// Symbol width out of range.
    #[error("symbols of {0} bits: must be 2 to 8")]
    SymbolBits(u32),
    /// Table of another size than the alphabet.
    #[error("{found} counts for an alphabet of {expected} symbols")]
    TableSize {
        /// 2^`X`.
        expected: usize,
        /// Entries given.
        found: usize,
    },
    /// A symbol outside the alphabet.
    #[error("symbol {symbol}: must be below {limit}")]
    Symbol {
        /// The symbol.
        symbol: u8,
        /// 2^`X`.
        limit: usize,
    },
    /// Two alphabets.
    #[error("a histogram of {found}-bit symbols does not go with one of {expected}-bit symbols")]
    Widths {
        /// Width of the first.
        expected: u32,
        /// Width of the other.
        found: u32,
    },
    /// A count beyond 64 bits.
    #[error("the count of symbol {0} exceeds 64 bits")]
    Overflow(usize),
}

/// How often each of the 2^`X` symbols of a plane occurs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Histogram {
    symbol_bits: u32,
    counts: Vec<u64>,
}

impl Histogram {
    /// Nothing counted yet, for symbols of 2 to 8 bits.
    pub fn new(symbol_bits: u32) -> Result<Self, HistogramError> {
        if !(2..=8).contains(&symbol_bits) {
            return Err(HistogramError::SymbolBits(symbol_bits));
        }
        Ok(Histogram { symbol_bits, counts: vec![0; 1 << symbol_bits] })
    }

    /// A table of counts, one for each of the 2^`symbol_bits` symbols.
    pub fn from_counts(symbol_bits: u32, counts: Vec<u64>) -> Result<Self, HistogramError> {
        let expected = Self::new(symbol_bits)?.counts.len();
        if counts.len() != expected {
            return Err(HistogramError::TableSize { expected, found: counts.len() });
        }
        Ok(Histogram { symbol_bits, counts })
    }

    /// Counts one symbol.
    pub fn add(&mut self, symbol: u8) -> Result<(), HistogramError> {
        let limit = self.counts.len();
        match self.counts.get_mut(usize::from(symbol)) {
            Some(count) => {
                *count = count.checked_add(1).ok_or(HistogramError::Overflow(symbol.into()))?;
                Ok(())
            }
            None => Err(HistogramError::Symbol { symbol, limit }),
        }
    }

    /// Adds the counts of `other`; on an error nothing has changed.
    pub fn merge(&mut self, other: &Histogram) -> Result<(), HistogramError> {
        if other.symbol_bits != self.symbol_bits {
            return Err(HistogramError::Widths { expected: self.symbol_bits, found: other.symbol_bits });
        }
        let sums = self.counts.iter().zip(&other.counts).enumerate();
        let sums = sums.map(|(s, (a, b))| a.checked_add(*b).ok_or(HistogramError::Overflow(s)));
        self.counts = sums.collect::<Result<_, _>>()?;
        Ok(())
    }

    /// Bits of a symbol, `X`.
    pub const fn symbol_bits(&self) -> u32 {
        self.symbol_bits
    }

    /// The counts, one for each symbol.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// Symbols counted. 256 counts of 64 bits need more than 64.
    pub fn total(&self) -> u128 {
        self.counts.iter().map(|&c| u128::from(c)).sum()
    }

    /// Symbols that occur at all.
    pub fn seen(&self) -> usize {
        self.counts.iter().filter(|&&c| c > 0).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counting_and_merging() {
        let mut a = Histogram::new(2).unwrap();
        for s in [0, 1, 1, 3] {
            a.add(s).unwrap();
        }
        assert_eq!(a.counts(), [1, 2, 0, 1]);
        assert_eq!((a.total(), a.seen(), a.symbol_bits()), (4, 3, 2));
        a.merge(&Histogram::from_counts(2, vec![0, 0, 5, 1]).unwrap()).unwrap();
        assert_eq!(a.counts(), [1, 2, 5, 2]);
    }

    #[test]
    fn misfits_are_refused_and_change_nothing() {
        let mut a = Histogram::from_counts(2, vec![0, u64::MAX, 0, 0]).unwrap();
        let before = a.clone();
        assert_eq!(a.add(4).unwrap_err().to_string(), "symbol 4: must be below 4");
        assert_eq!(a.add(1).unwrap_err().to_string(), "the count of symbol 1 exceeds 64 bits");
        assert_eq!(a.merge(&before).unwrap_err(), HistogramError::Overflow(1));
        let e = a.merge(&Histogram::new(3).unwrap()).unwrap_err().to_string();
        assert_eq!(e, "a histogram of 3-bit symbols does not go with one of 2-bit symbols");
        assert_eq!(a, before);
        assert_eq!(Histogram::new(9).unwrap_err().to_string(), "symbols of 9 bits: must be 2 to 8");
        assert_eq!(Histogram::new(1).unwrap_err(), HistogramError::SymbolBits(1));
        let e = Histogram::from_counts(2, vec![1]).unwrap_err().to_string();
        assert_eq!(e, "1 counts for an alphabet of 4 symbols");
        let full = Histogram::from_counts(8, vec![u64::MAX; 256]).unwrap();
        assert_eq!(full.total(), u128::from(u64::MAX) * 256);
    }
}

//! A look at a bank: the figures of every code, as text with pictures, as a drawing, and for `--json`.

mod svg;
mod text;

pub use svg::svg;
pub use text::text;

use super::{Bank, BankFile, PlaneCode};
use crate::format::SymbolMap;
use crate::stats::{entropy, expected_bits, Histogram, HistogramError};
use crate::wire::MAX_CODE_LENGTH;
use serde::Serialize;

/// Figures of a bank.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BankReport {
    /// Name of the bank.
    pub name: String,
    /// Map that it is for.
    pub map: SymbolMap,
    /// Symbol width of each plane.
    pub symbol_bits: Vec<u32>,
    /// Fingerprint, 8 hexadecimal digits.
    pub fingerprint: String,
    /// The SHA-256 behind it.
    pub sha256: String,
    /// Longest codeword of any book, escapes with the symbol behind them and the raw book counted.
    pub longest: u32,
    /// The books, id 1 first.
    pub books: Vec<BookReport>,
}

/// Figures of a book.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BookReport {
    /// Id in the stream, from 1.
    pub id: usize,
    /// Name.
    pub name: String,
    /// Its planes.
    pub planes: Vec<PlaneReport>,
}

/// Figures of one plane's code.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlaneReport {
    /// Plane, from 0.
    pub plane: usize,
    /// Bits of a symbol.
    pub symbol_bits: u32,
    /// Kraft sum of all codewords, in units of 2^-16: 65536 for a complete code.
    pub kraft: u64,
    /// Symbols with a codeword of their own.
    pub direct_symbols: usize,
    /// Length of the escape's codeword.
    pub escape_length: Option<u8>,
    /// Shortest codeword of a direct symbol.
    pub shortest: u8,
    /// Longest codeword of a direct symbol.
    pub longest_direct: u8,
    /// Longest codeword, an escape with the symbol behind it counted.
    pub longest: u32,
    /// Mean bits of the 2^`X` symbols if all were equally likely, escapes counted.
    pub mean_bits: f64,
    /// Mean bits of a symbol of the distribution that the code was looked at with.
    pub expected_bits: Option<f64>,
    /// Entropy of that distribution, bits a symbol.
    pub entropy: Option<f64>,
    /// How many codewords have length 1, 2, ... 16; the escape's is among them.
    pub codewords_by_length: Vec<usize>,
    /// Code lengths, 0 for symbols that go by escape.
    pub lengths: Vec<u8>,
}

/// Figures of `bank`; with those of the symbols in `histograms` (by book, then plane) where they are given.
pub fn inspect(name: &str, bank: &Bank, histograms: Option<&[Vec<Histogram>]>) -> Result<BankReport, HistogramError> {
    let mut books = Vec::with_capacity(bank.books().len());
    for (index, book) in bank.books().iter().enumerate() {
        let mut planes = Vec::with_capacity(book.planes.len());
        for (plane, code) in book.planes.iter().enumerate() {
            let histogram = histograms.and_then(|h| h.get(index)).and_then(|h| h.get(plane));
            planes.push(PlaneReport::new(plane, code, histogram)?);
        }
        books.push(BookReport { id: index + 1, name: book.name.clone(), planes });
    }
    Ok(BankReport {
        name: name.into(),
        map: bank.map(),
        symbol_bits: bank.symbol_bits(),
        fingerprint: format!("{:08x}", bank.fingerprint()),
        sha256: bank.digest().iter().map(|b| format!("{b:02x}")).collect(),
        longest: bank.longest(),
        books,
    })
}

impl BankFile {
    /// Figures of the bank, with those of the distributions that it was made from where the file has them.
    pub fn inspect(&self) -> Result<BankReport, HistogramError> {
        let distributions = self.provenance.as_ref().map(|p| p.distributions.as_slice());
        inspect(&self.name, &self.bank, distributions)
    }
}

impl PlaneReport {
    /// Figures of `code`.
    pub fn new(plane: usize, code: &PlaneCode, histogram: Option<&Histogram>) -> Result<Self, HistogramError> {
        let words: Vec<u8> = code.canonical().iter().map(|(_, word)| word.length).collect();
        let direct = || code.lengths().iter().copied().filter(|&l| l > 0);
        let bits: u32 = (0..code.symbols()).map(|s| code.cost(s as u8)).sum();
        Ok(PlaneReport {
            plane,
            symbol_bits: code.symbol_bits(),
            kraft: words.iter().map(|&l| 1u64 << (MAX_CODE_LENGTH - l)).sum(),
            direct_symbols: code.direct_symbols(),
            escape_length: code.escape_length(),
            shortest: direct().min().unwrap_or(0),
            longest_direct: direct().max().unwrap_or(0),
            longest: code.longest(),
            mean_bits: f64::from(bits) / code.symbols() as f64,
            expected_bits: histogram.map(|h| expected_bits(h, code)).transpose()?,
            entropy: histogram.map(entropy),
            codewords_by_length: (1..=MAX_CODE_LENGTH).map(|l| words.iter().filter(|&&w| w == l).count()).collect(),
            lengths: code.lengths().to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codebook::Book;

    pub(super) fn example() -> Bank {
        let plane = |lengths: &[u8], escape| PlaneCode::new(2, lengths.to_vec(), escape).unwrap();
        let book = |name: &str, planes| Book { name: name.into(), planes };
        let a = book("steep", vec![plane(&[2, 1, 3, 0], 3), plane(&[2, 2, 2, 2], 0)]);
        let b = book("<flat & wide>", vec![plane(&[2, 2, 2, 2], 0), plane(&[1, 2, 3, 3], 0)]);
        Bank::new(SymbolMap::Planes, vec![a, b]).unwrap()
    }

    #[test]
    fn figures_by_hand() {
        let h = |counts: &[u64]| Histogram::from_counts(2, counts.to_vec()).unwrap();
        let histograms = vec![vec![h(&[2, 4, 1, 1]), h(&[1, 1, 1, 1])]];
        let bank = example();
        let report = inspect("example", &bank, Some(&histograms)).unwrap();
        assert_eq!((report.longest, report.books.len(), report.books[1].id), (5, 2, 2));
        assert_eq!(report.fingerprint, report.sha256[..8]);
        let steep = &report.books[0].planes[0];
        let by_hand = PlaneReport {
            plane: 0,
            symbol_bits: 2,
            kraft: 65536,
            direct_symbols: 3,
            escape_length: Some(3),
            shortest: 1,
            longest_direct: 3,
            longest: 5,
            // 2 + 1 + 3 + 5 bits; weighted 4 + 4 + 3 + 5 over 8.
            mean_bits: 2.75,
            expected_bits: Some(2.0),
            entropy: Some(1.75),
            codewords_by_length: vec![1, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            lengths: vec![2, 1, 3, 0],
        };
        assert_eq!(*steep, by_hand);
        assert_eq!(report.books[1].planes[0].expected_bits, None);
        let wide = vec![vec![Histogram::new(3).unwrap()]];
        assert!(inspect("example", &bank, Some(&wide)).is_err());
    }

    #[test]
    fn the_report_goes_to_json() {
        let value = serde_json::to_value(inspect("example", &example(), None).unwrap()).unwrap();
        assert_eq!(value["map"], "planes");
        assert_eq!(value["books"][0]["planes"][0]["escape_length"], 3);
        assert!(value["books"][0]["planes"][0]["entropy"].is_null());
    }
}

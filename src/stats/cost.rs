//! What a shard costs under a book, beside the yardsticks: Huffman of its own, and Shannon's bound.

use super::{coded_bits, entropy, huffman_bits, HistogramError, ShardHistogram};
use crate::codebook::Book;
use crate::format::Layout;
use serde::Serialize;

/// Bits of one shard. Raw planes count in full everywhere; headers, padding and code tables nowhere.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ShardCost {
    /// As it is: `W` bits an element.
    pub plain: u128,
    /// Every plane under its own Huffman code, without a length limit.
    pub huffman: u128,
    /// Every plane at its entropy (order 0).
    pub shannon: f64,
}

impl ShardCost {
    /// Of these histograms.
    pub fn new(layout: &Layout, shard: &ShardHistogram) -> Self {
        let elements = shard.planes.first().map_or(0, |p| p.total());
        let raw = elements * u128::from(layout.raw_bits);
        ShardCost {
            plain: elements * u128::from(layout.element_bits),
            huffman: raw + shard.planes.iter().map(huffman_bits).sum::<u128>(),
            shannon: raw as f64 + shard.planes.iter().map(|p| entropy(p) * p.total() as f64).sum::<f64>(),
        }
    }

    /// Bits under `book`, escapes counted.
    pub fn under(&self, layout: &Layout, shard: &ShardHistogram, book: &Book) -> Result<u128, HistogramError> {
        let elements = shard.planes.first().map_or(0, |p| p.total());
        let raw = elements * u128::from(layout.raw_bits);
        let planes = shard.planes.iter().zip(&book.planes);
        planes.map(|(h, code)| coded_bits(h, code)).try_fold(raw, |sum, bits| Ok(sum + bits?))
    }

    /// Adds the bits of another shard.
    pub fn add(&mut self, other: &ShardCost) {
        self.plain += other.plain;
        self.huffman += other.huffman;
        self.shannon += other.shannon;
    }

    /// Per cent of the plain bits that per-shard Huffman saves.
    pub fn huffman_saved(&self) -> f64 {
        self.saved(self.huffman as f64)
    }

    /// Per cent of the plain bits that Shannon's bound leaves out.
    pub fn shannon_saved(&self) -> f64 {
        self.saved(self.shannon)
    }

    /// Per cent of the plain bits that `bits` save; 0 for an empty shard.
    pub fn saved(&self, bits: f64) -> f64 {
        match self.plain {
            0 => 0.0,
            plain => 100.0 * (1.0 - bits / plain as f64),
        }
    }
}

/// Savings in per cent of the original, means over shards that count alike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Saving {
    /// Shards.
    pub shards: usize,
    /// Under the book.
    pub book: f64,
    /// Under per-shard Huffman.
    pub huffman: f64,
    /// At Shannon's bound (order 0).
    pub shannon: f64,
}

impl Saving {
    /// Of these shards under `book`.
    pub fn new(layout: &Layout, shards: &[ShardHistogram], book: &Book) -> Result<Self, HistogramError> {
        let mut sum = Saving { shards: shards.len(), ..Saving::default() };
        for shard in shards {
            let cost = ShardCost::new(layout, shard);
            sum.book += cost.saved(cost.under(layout, shard, book)? as f64);
            sum.huffman += cost.huffman_saved();
            sum.shannon += cost.shannon_saved();
        }
        let count = shards.len().max(1) as f64;
        Ok(Saving { book: sum.book / count, huffman: sum.huffman / count, shannon: sum.shannon / count, ..sum })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codebook::PlaneCode;
    use crate::format::{Format, SymbolMap};
    use crate::stats::count;

    #[test]
    fn costs_by_hand() {
        // e4m3: 4-bit exponents 7, 7, 7, 8 and 4 raw bits each.
        let layout = Layout::new(Format::E4m3, SymbolMap::Fields).unwrap();
        let shard = count(&layout, &[0x38, 0x39, 0x3A, 0x40]).unwrap();
        let cost = ShardCost::new(&layout, &shard);
        // Huffman: 1 bit each. Entropy of 3/4, 1/4 is 0.811 bits.
        assert_eq!((cost.plain, cost.huffman), (32, 20));
        assert!((cost.shannon - (16.0 + 4.0 * 0.811_278_124_459_132_8)).abs() < 1e-9);
        assert_eq!(cost.huffman_saved(), 37.5);
        let mut lengths = vec![0; 16];
        (lengths[7], lengths[8]) = (1, 2);
        let book = Book { name: "b".into(), planes: vec![PlaneCode::new(4, lengths, 2).unwrap()] };
        assert_eq!(cost.under(&layout, &shard, &book), Ok(16 + 5));
        let empty = ShardHistogram::new(&layout).unwrap();
        let saving = Saving::new(&layout, &[shard, empty], &book).unwrap();
        assert_eq!((saving.shards, saving.huffman, saving.book), (2, 18.75, 100.0 * (1.0 - 21.0 / 32.0) / 2.0));
    }

    #[test]
    fn costs_add_up() {
        let layout = Layout::new(Format::Raw, SymbolMap::Bytes).unwrap();
        let one = ShardCost::new(&layout, &count(&layout, &[1, 2, 3, 4]).unwrap());
        let mut two = one;
        two.add(&one);
        assert_eq!((two.plain, two.huffman, two.shannon), (64, 16, 16.0));
        assert_eq!(two.shannon_saved(), 75.0);
        assert_eq!(ShardCost::default().huffman_saved(), 0.0);
    }
}

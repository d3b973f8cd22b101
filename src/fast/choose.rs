//! The book that codes a block in the fewest bits.

use crate::codebook::PlaneCode;
use crate::wire::MAX_BOOKS;

/// The bank's books and the raw book.
const BOOKS: usize = MAX_BOOKS + 1;
/// Symbols whose costs are summed in 16 bits: a codeword has 24 bits at most.
const PIECE: usize = 2048;

/// What each book takes for each symbol, in bits.
#[derive(Clone, Debug)]
pub(super) struct CostTable {
    books: usize,
    costs: Box<[[u16; BOOKS]; 256]>,
}

impl CostTable {
    /// Table of codes by book id, the raw book first.
    pub fn new(codes: &[&PlaneCode]) -> Self {
        let mut costs = Box::new([[0; BOOKS]; 256]);
        for (book, code) in codes.iter().enumerate() {
            for symbol in 0..code.symbols() {
                costs[symbol][book] = code.cost(symbol as u8) as u16;
            }
        }
        CostTable { books: codes.len(), costs }
    }

    /// Id of the best book for these symbols; of equals the lowest.
    #[inline(always)]
    pub fn best(&self, symbols: &[u8]) -> u8 {
        let mut totals = [0u64; BOOKS];
        for piece in symbols.chunks(PIECE) {
            let mut sums = [0u16; BOOKS];
            for &symbol in piece {
                let costs = &self.costs[usize::from(symbol)];
                for book in 0..BOOKS {
                    sums[book] = sums[book].wrapping_add(costs[book]);
                }
            }
            totals.iter_mut().zip(sums).for_each(|(total, sum)| *total += u64::from(sum));
        }
        // `min_by_key` gives the first of equals.
        let best = totals[..self.books].iter().enumerate().min_by_key(|&(_, total)| total);
        best.map_or(0, |(id, _)| id as u8)
    }
}

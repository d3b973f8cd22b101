//! The book that codes a block in the fewest bits.

#[cfg(target_arch = "x86_64")]
mod vector;
#[cfg(not(target_arch = "x86_64"))]
#[path = "choose/no_vector.rs"]
mod vector;

use crate::codebook::PlaneCode;
use crate::wire::MAX_BOOKS;

/// The bank's books and the raw book.
const BOOKS: usize = MAX_BOOKS + 1;
/// Symbols whose costs are summed in 16 bits: a codeword has 24 bits at most.
const PIECE: usize = 2048;

/// Chooses books, with AVX-512 where the processor has it and the books are for it.
#[derive(Clone, Debug)]
pub(super) struct Chooser {
    costs: CostTable,
    vectors: Option<vector::Vectors>,
}

impl Chooser {
    /// Chooser among codes by book id, the raw book first.
    pub fn new(codes: &[&PlaneCode]) -> Self {
        let costs = CostTable::new(codes);
        let vectors = codes.first().and_then(|code| vector::Vectors::new(&costs, code.symbols()));
        Chooser { costs, vectors }
    }

    #[cfg(test)]
    pub fn without_vectors(&mut self) {
        self.vectors = None;
    }

    /// Appends the id of the best book of each block of these symbols; of equals the lowest. The last block may be cut short.
    #[inline(always)]
    pub fn choose(&self, symbols: &[u8], block: usize, ids: &mut Vec<u8>) {
        let served = self.vectors.as_ref().filter(|vectors| vectors.serve(block));
        let (whole, rest) = symbols.split_at(served.map_or(0, |_| symbols.len() - symbols.len() % block));
        if let Some(vectors) = served {
            vectors.choose(whole, block, ids);
        }
        // Not `extend`: the loop has to be in this function to be compiled for the processor.
        for block in rest.chunks(block) {
            ids.push(self.costs.best_of(block));
        }
    }
}

/// What each book takes for each symbol, in bits.
#[derive(Clone, Debug)]
struct CostTable {
    books: usize,
    costs: Box<[[u16; BOOKS]; 256]>,
}

impl CostTable {
    /// Table of codes by book id, the raw book first.
    fn new(codes: &[&PlaneCode]) -> Self {
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
    fn best_of(&self, symbols: &[u8]) -> u8 {
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

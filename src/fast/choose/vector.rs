//! The best book with AVX-512: what two books take for each of 32 symbols with one look into a vector of 16-bit cells.

use super::{CostTable, BOOKS};
use crate::fast::cells::{Cells, CELLS};
use pulp::x86::{Arch, V4};
use pulp::NullaryFnOnce;
use std::arch::x86_64::__m512i;

/// Symbols whose costs, of at most [`MOST_BITS`] each, are summed in 8 bits a cell.
const PIECE: usize = 8 * CELLS;
const MOST_BITS: u16 = 31;
/// Pairs of books.
const PAIRS: usize = BOOKS / 2;

/// A [`CostTable`] as vectors hold it.
#[derive(Clone, Debug)]
struct VectorCosts {
    books: usize,
    cells: Cells,
    /// For each pair of books the costs of each cell, those of the second book in the upper byte.
    costs: [[u16; CELLS]; PAIRS],
}

impl VectorCosts {
    /// `None` if the cells do not do for all of the `symbols` there are.
    fn new(table: &CostTable, symbols: usize) -> Option<Self> {
        let costs = &table.costs[..symbols];
        if costs.as_flattened().iter().any(|&bits| bits > MOST_BITS) {
            return None;
        }
        let cells = Cells::new(symbols, |one, other| costs[usize::from(one)] == costs[usize::from(other)])?;
        let cost = |symbol: u8, book: usize| costs.get(usize::from(symbol)).map_or(0, |costs| costs[book]);
        let pair = |pair: usize| cells.table(|symbol| cost(symbol, 2 * pair) | cost(symbol, 2 * pair + 1) << 8);
        Some(VectorCosts { books: table.books, cells, costs: std::array::from_fn(pair) })
    }
}

/// Chooses on a processor with AVX-512.
#[derive(Clone, Debug)]
pub(super) struct Vectors {
    simd: V4,
    costs: VectorCosts,
}

impl Vectors {
    /// `None` where the processor has no AVX-512, or if the cells do not do for all of the `symbols` there are.
    pub fn new(table: &CostTable, symbols: usize) -> Option<Self> {
        Some(Vectors { simd: V4::try_new()?, costs: VectorCosts::new(table, symbols)? })
    }

    /// Whether they are for blocks of this many symbols.
    pub const fn serve(&self, block: usize) -> bool {
        block.is_multiple_of(PIECE)
    }

    /// Appends the best book of each block, of equals the lowest, of which there are whole ones only.
    #[inline(always)]
    pub fn choose(&self, symbols: &[u8], block: usize, ids: &mut Vec<u8>) {
        Arch::V4(self.simd).dispatch(Best { simd: self.simd, costs: &self.costs, symbols, block, ids });
    }
}

/// [`Vectors::choose`] to be compiled for the processor: a closure would not be inlined.
struct Best<'a> {
    simd: V4,
    costs: &'a VectorCosts,
    symbols: &'a [u8],
    block: usize,
    ids: &'a mut Vec<u8>,
}

impl NullaryFnOnce for Best<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Best { simd, costs, symbols, block, ids } = self;
        let (v, bw) = (simd.avx512f, simd.avx512bw);
        let tables: [__m512i; PAIRS] = costs.costs.map(pulp::cast);
        let low_bytes: __m512i = pulp::cast([0xFFu16; CELLS]);
        let zero = v._mm512_setzero_si512();
        for block in symbols.chunks_exact(block) {
            // For each pair of books eight sums of the one in the lower 32 bits, of the other in the upper.
            let mut totals = [zero; PAIRS];
            for piece in block.as_chunks::<PIECE>().0 {
                let mut sums = [zero; PAIRS];
                for &symbols in piece.as_chunks::<{ 2 * CELLS }>().0 {
                    let cells = costs.cells.of(simd, pulp::cast(symbols));
                    // Of each 16 bits the cells of the two symbols: the look-up takes the lower bits alone.
                    for cells in [cells, v._mm512_srli_epi32::<8>(cells)] {
                        for (sum, &table) in sums.iter_mut().zip(&tables) {
                            *sum = bw._mm512_add_epi16(*sum, bw._mm512_permutexvar_epi16(cells, table));
                        }
                    }
                }
                for (total, sum) in totals.iter_mut().zip(sums) {
                    let one = bw._mm512_sad_epu8(v._mm512_and_si512(sum, low_bytes), zero);
                    let other = bw._mm512_sad_epu8(v._mm512_andnot_si512(low_bytes, sum), zero);
                    *total = v._mm512_add_epi64(*total, v._mm512_or_si512(one, v._mm512_slli_epi64::<32>(other)));
                }
            }
            let mut bits = [0u32; BOOKS];
            for (bits, total) in bits.as_chunks_mut::<2>().0.iter_mut().zip(totals) {
                let sums: [[u32; 2]; 8] = pulp::cast(total);
                *bits = sums.iter().fold([0; 2], |[a, b], &[c, d]| [a + c, b + d]);
            }
            let best = bits[..costs.books].iter().enumerate().min_by_key(|&(_, bits)| bits);
            ids.push(best.map_or(0, |(id, _)| id as u8));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codebook::{universal_banks, PlaneCode};
    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};

    fn table(codes: &[&PlaneCode]) -> (CostTable, Option<VectorCosts>) {
        let table = CostTable::new(codes);
        let vectors = VectorCosts::new(&table, codes[0].symbols());
        (table, vectors)
    }

    #[test]
    fn blocks_get_the_books_that_they_get_without_vectors() {
        let Some(simd) = V4::try_new() else { return };
        let mut rng = StdRng::seed_from_u64(1);
        for file in universal_banks() {
            let codes: Vec<_> = (0..).map_while(|id| file.bank.book(id)).map(|book| &book.planes[0]).collect();
            let (table, vectors) = table(&codes);
            let vectors = vectors.unwrap_or_else(|| panic!("{}", file.name));
            let symbols = codes[0].symbols();
            for block in [256, 512, 4096] {
                // Exponents of several widths around the bias, with zeros among them; and blocks of any symbols.
                let data: Vec<u8> = (0..300u32)
                    .flat_map(|n| {
                        let (width, off, zeros) =
                            (0.4 + f64::from(n % 30) / 8.0, n as i32 % 5 - 2, f64::from(n % 7) / 9.0);
                        let symbol = |r: &mut StdRng| match n % 10 {
                            9 => r.random_range(0..symbols),
                            _ if r.random_bool(zeros.powi(3)) => symbols / 2,
                            _ => (off + (r.random::<f64>().ln() * width) as i32).rem_euclid(symbols as i32) as usize,
                        };
                        (0..block).map(|_| symbol(&mut rng) as u8).collect::<Vec<_>>()
                    })
                    .collect();
                let mut ids = Vec::new();
                let best = Best { simd, costs: &vectors, symbols: &data, block, ids: &mut ids };
                Arch::V4(simd).dispatch(best);
                let expected: Vec<u8> = data.chunks(block).map(|block| table.best_of(block)).collect();
                assert_eq!(ids, expected, "{}", file.name);
                assert!(ids.iter().collect::<std::collections::BTreeSet<_>>().len() > 3);
            }
        }
    }

    #[test]
    fn costs_of_too_many_symbols_are_left_to_others() {
        let lengths = |first: u8| {
            let mut lengths = vec![8u8; 256];
            (lengths[usize::from(first)], lengths[3], lengths[200]) = (7, 9, 9);
            PlaneCode::new(8, lengths, 0).unwrap()
        };
        let (raw, code) = (PlaneCode::raw(8).unwrap(), lengths(100));
        assert!(table(&[&raw, &code]).1.is_none());
        assert!(table(&[&raw]).1.is_some());
    }
}

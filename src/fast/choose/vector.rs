//! The best book with AVX-512: what two books take for each of 32 symbols with one look into a vector.
//!
//! A vector of 16-bit cells has room for the costs of 32 symbols under two books. It does for all, as most of the 256 have no codeword of
//! their own in any book and cost the same: 30 symbols in a row, one more, and all others are told apart.

use super::{CostTable, BOOKS};
use pulp::x86::{Arch, V4};
use pulp::NullaryFnOnce;
use std::arch::x86_64::__m512i;

/// Cells of a vector.
const CELLS: usize = 32;
/// The cell of all symbols without one, and that of the one outside the row.
const OTHERS: u8 = 30;
const APART: u8 = 31;
/// Symbols whose costs, of at most [`MOST_BITS`] each, are summed in 8 bits a cell.
const PIECE: usize = 8 * CELLS;
const MOST_BITS: u16 = 31;
/// Pairs of books.
const PAIRS: usize = BOOKS / 2;

/// A [`CostTable`] as vectors hold it.
#[derive(Clone, Debug)]
struct VectorCosts {
    books: usize,
    /// First symbol of the row, and the one outside.
    first: u8,
    apart: u8,
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
        (0..=u8::MAX).find_map(|first| {
            let place = |symbol: usize| (symbol as u8).wrapping_sub(first);
            let outside: Vec<usize> = (0..symbols).filter(|&symbol| place(symbol) >= OTHERS).collect();
            // All of these but one have to cost the same, so of any three two do.
            let common = match outside[..] {
                [one, other, third, ..] if costs[one] != costs[other] && costs[one] != costs[third] => Some(other),
                [one, ..] => Some(one),
                [] => None,
            };
            let unlike = |symbol: &usize| common.is_some_and(|common| costs[*symbol] != costs[common]);
            let mut apart = outside.iter().copied().filter(unlike);
            // Where there is none the row's first has two cells, of which it takes this one.
            let (alone, others) = (apart.next().unwrap_or(usize::from(first)), common.unwrap_or(0));
            if apart.next().is_some() {
                return None;
            }
            let symbol_of = |cell: usize| match cell as u8 {
                APART => alone,
                OTHERS => others,
                place => usize::from(first.wrapping_add(place)),
            };
            let cost = |cell: usize, book: usize| costs.get(symbol_of(cell)).map_or(0, |costs| costs[book]);
            let pair = |pair: usize| std::array::from_fn(|c| cost(c, 2 * pair) | cost(c, 2 * pair + 1) << 8);
            let costs = std::array::from_fn(pair);
            Some(VectorCosts { books: table.books, first, apart: alone as u8, costs })
        })
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
        let [first, others, apart, apart_cell]: [__m512i; 4] =
            [costs.first, OTHERS, costs.apart, APART].map(|byte| pulp::cast([byte; 2 * CELLS]));
        let low_bytes: __m512i = pulp::cast([0xFFu16; CELLS]);
        let zero = v._mm512_setzero_si512();
        for block in symbols.chunks_exact(block) {
            // For each pair of books eight sums of the one in the lower 32 bits, of the other in the upper.
            let mut totals = [zero; PAIRS];
            for piece in block.as_chunks::<PIECE>().0 {
                let mut sums = [zero; PAIRS];
                for &symbols in piece.as_chunks::<{ 2 * CELLS }>().0 {
                    let symbols: __m512i = pulp::cast(symbols);
                    let cells = bw._mm512_min_epu8(bw._mm512_sub_epi8(symbols, first), others);
                    let is_apart = bw._mm512_cmpeq_epi8_mask(symbols, apart);
                    let cells = bw._mm512_mask_blend_epi8(is_apart, cells, apart_cell);
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

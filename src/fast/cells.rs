//! A cell of a vector for each symbol: a look into a vector of 32 cells instead of a table of 256 in memory.
//!
//! 32 do for all, as most of the 256 symbols have no codeword of their own and are alike: 30 symbols in a row, one more, and all
//! others are told apart.

use pulp::x86::V4;
use std::arch::x86_64::__m512i;

/// Cells of a vector, or of two.
pub(super) const CELLS: usize = 32;
/// The cell of all symbols without one, and that of the one outside the row.
const OTHERS: u8 = 30;
const APART: u8 = 31;

/// Which cell each symbol has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cells {
    /// First symbol of the row, and the one outside.
    first: u8,
    apart: u8,
    /// One of the others.
    other: u8,
}

impl Cells {
    /// `None` if the cells do not do for all of the `symbols` there are: no two that are not `alike` may share one.
    pub fn new(symbols: usize, alike: impl Fn(u8, u8) -> bool) -> Option<Self> {
        (0..=u8::MAX).find_map(|first| {
            let outside = || (0..symbols).map(|symbol| symbol as u8).filter(|s| s.wrapping_sub(first) >= OTHERS);
            let [one, second, third] = {
                let mut outside = outside();
                [(); 3].map(|()| outside.next())
            };
            // All of these but one have to be alike, so of any three two are.
            let other = match (one, second, third) {
                (Some(one), Some(second), Some(third)) if !alike(one, second) && !alike(one, third) => second,
                (one, ..) => one.unwrap_or(0),
            };
            let mut apart = outside().filter(|&symbol| !alike(symbol, other));
            // Where there is none the row's first has two cells, of which it takes this one.
            let cells = Cells { first, apart: apart.next().unwrap_or(first), other };
            apart.next().is_none().then_some(cells)
        })
    }

    /// What each cell stands for, by what a symbol has.
    pub fn table<T>(&self, of_symbol: impl Fn(u8) -> T) -> [T; CELLS] {
        std::array::from_fn(|cell| match cell as u8 {
            APART => of_symbol(self.apart),
            OTHERS => of_symbol(self.other),
            place => of_symbol(self.first.wrapping_add(place)),
        })
    }

    /// The cells of 64 symbols.
    #[inline(always)]
    pub fn of(&self, simd: V4, symbols: __m512i) -> __m512i {
        let bw = simd.avx512bw;
        let [first, others, apart, apart_cell]: [__m512i; 4] =
            [self.first, OTHERS, self.apart, APART].map(|byte| pulp::cast([byte; 2 * CELLS]));
        let cells = bw._mm512_min_epu8(bw._mm512_sub_epi8(symbols, first), others);
        bw._mm512_mask_blend_epi8(bw._mm512_cmpeq_epi8_mask(symbols, apart), cells, apart_cell)
    }
}

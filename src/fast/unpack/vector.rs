//! Whole chunks with AVX2, eight lanes in a vector of 32 bits each; with 4 the others have codewords of no bits.
//!
//! The order of the words suits it: the words of a step go to the lanes that have crossed a boundary, in order of lanes. Which of
//! the next eight words each lane takes is known for every set of such lanes ([`TAKEN`]). Codes are read without a table in memory: the
//! length of a codeword is the number of ends of lengths that it is beyond, and its symbol stands in one of two vectors of bytes, at its
//! place in canonical order. So it serves codes of up to 32 codewords (the escape's counts as one, whatever is behind it) and the raw book.

mod table;

use super::{Begun, Chunks, Job, Lanes};
use crate::codebook::PlaneCode;
use crate::fast::{copy_words, CHUNK_STEPS, LANES, MUX_BITS};
use crate::wire::{BOOK_ID_BITS, RAW_BOOK};
use pulp::x86::V3;
use pulp::NullaryFnOnce;
use std::arch::x86_64::{__m128i, __m256i};
use table::{VectorTable, BYTES, MOST_ENDS, USUAL_ENDS};

/// Lanes of a vector.
const VECTOR: usize = 8;
/// Fewest lanes.
const FEWEST: usize = 4;
/// Words in the window of a lane; of the prefill, the others are ahead.
const WINDOW_WORDS: usize = 2;

/// For each set of lanes the number of those below each lane: the word that it takes.
static TAKEN: [[u8; VECTOR]; 1 << VECTOR] = {
    let mut taken = [[0; VECTOR]; 1 << VECTOR];
    let mut set = 0;
    while set < taken.len() {
        let mut lane = 0;
        while lane < VECTOR {
            taken[set][lane] = (set & ((1 << lane) - 1)).count_ones() as u8;
            lane += 1;
        }
        set += 1;
    }
    taken
};

/// Decodes whole chunks on a processor with AVX2.
#[derive(Clone, Debug)]
pub(in crate::fast) struct Vectors {
    simd: V3,
    tables: Vec<VectorTable>,
}

impl Vectors {
    /// For these codes by book id; `None` where the processor has no AVX2, or if a code has too many codewords.
    pub fn new(codes: &[&PlaneCode]) -> Option<Self> {
        let tables = codes.iter().map(|code| VectorTable::new(code)).collect::<Option<_>>()?;
        Some(Vectors { simd: V3::try_new()?, tables })
    }

    /// Whether they are for so many lanes, and this prefill.
    pub(in crate::fast) const fn serve(&self, lanes: usize, prefill: u32) -> bool {
        lanes >= FEWEST && matches!(prefill, 3 | 4)
    }

    /// Decodes; `None` for a book that there is not.
    #[inline(always)]
    pub(super) fn decode<const L: usize>(&self, chunks: Chunks<'_, '_, L>) -> Option<Begun> {
        match chunks.job.header.parameters.prefill as usize - WINDOW_WORDS {
            1 => self.decode_ahead::<L, 1>(chunks),
            _ => self.decode_ahead::<L, 2>(chunks),
        }
    }

    /// [`Vectors::decode`] with `A` words ahead.
    #[inline(always)]
    fn decode_ahead<const L: usize, const A: usize>(&self, chunks: Chunks<'_, '_, L>) -> Option<Begun> {
        // More registers for more groups; one group alone is slower where the compiler makes masks of what is compared.
        let arch = if L > VECTOR { pulp::Arch::new() } else { pulp::Arch::V3(self.simd) };
        match L / VECTOR {
            0 | 1 => arch.dispatch(Decode::<L, 1, A> { vectors: self, chunks }),
            2 => arch.dispatch(Decode::<L, 2, A> { vectors: self, chunks }),
            4 => arch.dispatch(Decode::<L, 4, A> { vectors: self, chunks }),
            _ => arch.dispatch(Decode::<L, { LANES / VECTOR }, A> { vectors: self, chunks }),
        }
    }
}

/// [`Vectors::decode`] in `V` vectors, by itself: within the rest the compiler leaves too much of it to calls.
struct Decode<'a, 'j, const L: usize, const V: usize, const A: usize> {
    vectors: &'a Vectors,
    chunks: Chunks<'a, 'j, L>,
}

impl<const L: usize, const V: usize, const A: usize> NullaryFnOnce for Decode<'_, '_, L, V, A> {
    type Output = Option<Begun>;

    #[inline(always)]
    fn call(self) -> Option<Begun> {
        let Vectors { simd, tables } = self.vectors;
        let Chunks { job, lanes, begun, symbols, raw } = self.chunks;
        let mut groups: [Group<A>; V] = std::array::from_fn(|i| Group::load(lanes, i * VECTOR));
        let mut at = begun;
        for symbols in symbols {
            let before = (groups, at);
            let (book, announces) = at.books.of_chunk(at.done);
            let table = tables.get(book)?;
            let raw = &mut raw[at.raw_come..at.raw_come + job.raw_words.chunk];
            let next = &mut at.next;
            let id = match table.lengths {
                0..=USUAL_ENDS => {
                    chunk::<L, V, A, USUAL_ENDS>(*simd, job, table, announces, &mut groups, next, symbols, raw)
                }
                _ => chunk::<L, V, A, MOST_ENDS>(*simd, job, table, announces, &mut groups, next, symbols, raw),
            };
            if at.next >= job.payload_words {
                (groups, at) = before;
                break;
            }
            if announces {
                tables.get(usize::from(id))?;
                at.books.next = Some(id);
            }
            at.raw_come += raw.len();
            at.done += 1;
        }
        groups.iter().enumerate().for_each(|(i, group)| group.store(lanes, i * VECTOR));
        Some(at)
    }
}

/// State of eight lanes.
#[derive(Clone, Copy)]
struct Group<const A: usize> {
    /// The next bits, left-aligned: what is left of two words.
    window: __m256i,
    /// The words behind them.
    ahead: [__m256i; A],
    /// Bits consumed of the first of the two words.
    used: __m256i,
}

/// A [`VectorTable`] in registers.
#[derive(Clone, Copy)]
struct Code<const ENDS: usize> {
    shortest: __m256i,
    ends: [__m256i; ENDS],
    offsets: __m256i,
    symbols: [__m256i; 2],
    escape: [__m256i; 2],
    symbol_bits: __m256i,
    symbol_shift: __m256i,
}

/// Place, from the lowest bit, of a word ahead among a lane's words.
const fn place(ahead: usize) -> u32 {
    u64::BITS - ((WINDOW_WORDS + ahead + 1) * MUX_BITS) as u32
}

impl<const A: usize> Group<A> {
    #[inline(always)]
    fn load(lanes: &Lanes, first: usize) -> Self {
        let used = |lane: usize| u32::from(lanes.used[first + lane]);
        // Whole, the bits used zero.
        let words = |lane: usize| lanes.window[first + lane] >> used(lane);
        let eight = |of: &dyn Fn(usize) -> u32| -> __m256i { pulp::cast(std::array::from_fn::<u32, VECTOR, _>(of)) };
        Group {
            window: eight(&|lane| ((words(lane) >> u32::BITS) as u32) << used(lane)),
            ahead: std::array::from_fn(|k| eight(&|lane| u32::from((words(lane) >> place(k)) as u16))),
            used: eight(&used),
        }
    }

    #[inline(always)]
    fn store(&self, lanes: &mut Lanes, first: usize) {
        let [window, used]: [[u32; VECTOR]; 2] = [self.window, self.used].map(pulp::cast);
        let ahead: [[u32; VECTOR]; A] = self.ahead.map(pulp::cast);
        for lane in 0..VECTOR {
            let begun = u64::from(window[lane] >> used[lane]) << u32::BITS;
            let words =
                ahead.iter().enumerate().fold(begun, |words, (k, word)| words | u64::from(word[lane]) << place(k));
            lanes.window[first + lane] = words << used[lane];
            lanes.used[first + lane] = used[lane] as u8;
        }
    }
}

impl<const ENDS: usize> Code<ENDS> {
    #[inline(always)]
    fn load(simd: V3, table: &VectorTable) -> Self {
        let all = |value: i32| simd.avx._mm256_set1_epi32(value);
        let twice = |bytes: [u8; BYTES]| simd.avx2._mm256_broadcastsi128_si256(pulp::cast(bytes));
        Code {
            shortest: all(table.shortest as i32),
            ends: std::array::from_fn(|i| all(table.ends[i])),
            offsets: twice(table.offsets),
            symbols: table.symbols.map(twice),
            escape: table.escape.map(all),
            symbol_bits: all(table.symbol_bits as i32),
            symbol_shift: all((u32::BITS - table.symbol_bits) as i32),
        }
    }

    /// Lengths of the codewords at the heads of the windows, and in the lowest byte of each lane its symbol.
    #[inline(always)]
    fn read(&self, simd: V3, window: __m256i) -> (__m256i, __m256i) {
        let (v, all) = (simd.avx2, |value: i32| simd.avx._mm256_set1_epi32(value));
        let compared = v._mm256_xor_si256(window, all(i32::MIN));
        // What is true is -1. Three sums, so that one does not wait for the other.
        let mut sums = [self.shortest, simd.avx._mm256_setzero_si256(), simd.avx._mm256_setzero_si256()];
        for (i, &end) in self.ends.iter().enumerate() {
            sums[i % 3] = v._mm256_sub_epi32(sums[i % 3], v._mm256_cmpgt_epi32(compared, end));
        }
        let length = v._mm256_add_epi32(v._mm256_add_epi32(sums[1], sums[2]), sums[0]);
        let below = v._mm256_cmpgt_epi32(self.escape[0], compared);
        let not_escaped = v._mm256_or_si256(below, v._mm256_cmpgt_epi32(compared, self.escape[1]));
        let codeword = v._mm256_srlv_epi32(window, v._mm256_sub_epi32(all(u32::BITS as i32), length));
        let place = v._mm256_add_epi32(codeword, v._mm256_shuffle_epi8(self.offsets, length));
        let [low, high] = self.symbols.map(|symbols| v._mm256_shuffle_epi8(symbols, place));
        // The fifth bit of the place to where it chooses.
        let symbol = v._mm256_blendv_epi8(low, high, v._mm256_slli_epi32::<3>(place));
        let behind = v._mm256_srlv_epi32(v._mm256_sllv_epi32(window, length), self.symbol_shift);
        let symbol = v._mm256_blendv_epi8(behind, symbol, not_escaped);
        (v._mm256_add_epi32(length, v._mm256_andnot_si256(not_escaped, self.symbol_bits)), symbol)
    }
}

/// Decodes a chunk; gives the id that its first steps announce, if they do.
#[allow(clippy::too_many_arguments)]
#[inline(always)]
fn chunk<const L: usize, const V: usize, const A: usize, const ENDS: usize>(
    simd: V3,
    job: &Job<'_>,
    table: &VectorTable,
    announces: bool,
    state: &mut [Group<A>; V],
    next: &mut usize,
    symbols: &mut [[u8; L]; CHUNK_STEPS],
    raw: &mut [u16],
) -> u8 {
    let code = Code::<ENDS>::load(simd, table);
    let (v, all) = (simd.avx2, |value: i32| simd.avx._mm256_set1_epi32(value));
    let lanes = VECTOR.min(L);
    let in_use: __m256i = pulp::cast(std::array::from_fn::<u32, VECTOR, _>(|i| if i < lanes { u32::MAX } else { 0 }));
    let first_lane: __m256i = pulp::cast(std::array::from_fn::<u32, VECTOR, _>(|i| u32::from(i == 0)));
    // The lowest byte of each lane, to the beginning of each half; the beginnings to one.
    let bytes: __m256i = pulp::cast(std::array::from_fn::<u8, 32, _>(|i| (i % 16 * 4) as u8));
    let halves: __m256i = pulp::cast([0u32, 4, 0, 0, 0, 0, 0, 0]);
    let (mut id, mut begin) = (RAW_BOOK, *next);
    // A copy, so that it can stay in registers.
    let mut groups = *state;
    let announcing = if announces { BOOK_ID_BITS as usize } else { 0 };
    for (step, symbols) in symbols.iter_mut().enumerate() {
        for index in 0..V {
            let group = &mut groups[index];
            let (mut length, symbol) = code.read(simd, group.window);
            let packed = v._mm256_permutevar8x32_epi32(v._mm256_shuffle_epi8(symbol, bytes), halves);
            let packed: [u8; 32] = pulp::cast(packed);
            symbols[index * lanes..][..lanes].copy_from_slice(&packed[..lanes]);
            if index == 0 && step < announcing {
                // The bit behind the first lane's codeword.
                let lanes: [u32; VECTOR] = pulp::cast(v._mm256_sllv_epi32(group.window, length));
                id = id << 1 | (lanes[0] >> (u32::BITS - 1)) as u8;
                length = v._mm256_add_epi32(length, first_lane);
            }
            if L < VECTOR {
                length = v._mm256_and_si256(length, in_use);
            }
            let total = v._mm256_add_epi32(group.used, length);
            let crossed = v._mm256_cmpgt_epi32(total, all(MUX_BITS as i32 - 1));
            group.used = v._mm256_and_si256(total, all(MUX_BITS as i32 - 1));
            let refill = v._mm256_and_si256(v._mm256_sllv_epi32(group.ahead[0], group.used), crossed);
            group.window = v._mm256_or_si256(v._mm256_sllv_epi32(group.window, length), refill);
            // Words that are for none of these lanes are looked at again.
            let words = job.words[begin..].first_chunk::<VECTOR>().copied().unwrap_or_default();
            let words = v._mm256_cvtepu16_epi32(pulp::cast::<_, __m128i>(words));
            let crossed_lanes = simd.avx._mm256_movemask_ps(pulp::cast(crossed)) as u8;
            let taken: __m128i = pulp::cast([u64::from_ne_bytes(TAKEN[usize::from(crossed_lanes)]), 0]);
            let words = v._mm256_permutevar8x32_epi32(words, v._mm256_cvtepu8_epi32(taken));
            for k in 1..A {
                group.ahead[k - 1] = v._mm256_blendv_epi8(group.ahead[k - 1], group.ahead[k], crossed);
            }
            group.ahead[A - 1] = v._mm256_blendv_epi8(group.ahead[A - 1], words, crossed);
            begin += crossed_lanes.count_ones() as usize;
        }
        let [from, to] = [step, step + 1].map(|s| job.raw_words.before[s]);
        copy_words::<L, _>(&mut raw[from..to], &job.words[begin..begin + (to - from)]);
        begin += to - from;
    }
    (*state, *next) = (groups, begin);
    id
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::bits::BitWindow;
    use crate::codec::tables::DecodeTable as ReferenceTable;
    use pulp::x86::Arch;

    /// Every window of 16 bits reads as in the reference.
    fn equal(code: &PlaneCode) {
        let (Some(simd), table) = (V3::try_new(), VectorTable::new(code).unwrap()) else { return };
        let (reference, vector) = (ReferenceTable::new(code), Code::<MOST_ENDS>::load(simd, &table));
        for first in (0..=0xFFFFu32).step_by(VECTOR) {
            let windows: [u32; VECTOR] = std::array::from_fn(|i| (first + i as u32) << 16);
            let read = Arch::V3(simd).dispatch(|| vector.read(simd, pulp::cast(windows)));
            let (lengths, symbols): ([u32; VECTOR], [u32; VECTOR]) = (pulp::cast(read.0), pulp::cast(read.1));
            for (i, bits) in (first..).take(VECTOR).enumerate() {
                let mut window = BitWindow::new(16);
                window.push_word(bits);
                let symbol = reference.read(&mut window);
                assert_eq!((symbols[i] as u8, lengths[i]), (symbol, window.consumed_bits() as u32), "{bits:016b}");
            }
        }
    }

    #[test]
    fn windows_read_as_in_the_reference() {
        (2..=8).for_each(|x| equal(&PlaneCode::raw(x).unwrap()));
        equal(&PlaneCode::new(2, vec![2, 1, 3, 0], 3).unwrap());
        equal(&PlaneCode::new(4, (1..=16).collect(), 16).unwrap());
        let mut lengths: Vec<u8> = (1..=14).collect();
        lengths.resize(16, 0);
        lengths[3] = 14;
        equal(&PlaneCode::new(4, lengths, 4).unwrap());
        equal(&PlaneCode::new(3, vec![1, 2, 3, 4, 5, 6, 7, 0], 7).unwrap());
        for file in crate::codebook::universal_banks() {
            file.bank.books().iter().for_each(|book| equal(&book.planes[0]));
        }
    }

    #[test]
    fn codes_of_many_codewords_are_left_to_others() {
        let mut lengths = vec![6u8; 64];
        (lengths[0], lengths[1], lengths[2]) = (5, 7, 7);
        assert!(VectorTable::new(&PlaneCode::new(6, lengths, 0).unwrap()).is_none());
    }
}

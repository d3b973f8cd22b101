//! Whole chunks with AVX-512, sixteen lanes in a vector of 32 bits each; with 4 or 8 the others have codewords of no bits.
//!
//! A step's codewords come from one look into two vectors of 16 cells. The words that it makes full are moved together by the
//! instruction "compress", and so are the places that they go to; the places opened in their stead are handed out in order of
//! lanes by "expand". Only the words themselves are then written one by one.

use super::{Job, Lanes, State, PLACES};
use crate::codebook::PlaneCode;
use crate::fast::cells::{Cells, CELLS};
use crate::fast::tables::LENGTH_BITS;
use crate::fast::{copy_words, CHUNK_STEPS, LANES, MUX_BITS, WORD_BYTES};
use crate::wire::BOOK_ID_BITS;
use pulp::x86::{Arch, V4};
use pulp::NullaryFnOnce;
use std::arch::x86_64::__m512i;

/// Lanes of a vector.
const VECTOR: usize = 16;
/// Fewest lanes: a chunk of them fills a vector of bytes.
const FEWEST: usize = 4;
/// Words that a chunk makes full at most, and as many behind them as are written at a time.
const ROOM: usize = CHUNK_STEPS * LANES + VECTOR;

/// A code as vectors hold it.
#[derive(Clone, Debug)]
struct VectorTable {
    cells: Cells,
    /// As an `Entry`, but of a codeword from which the symbol is taken off (exclusive or). That makes all escapes alike, and
    /// those of the raw book.
    entries: [u32; CELLS],
}

impl VectorTable {
    /// `None` for a code of too many codewords.
    fn new(code: &PlaneCode) -> Option<Self> {
        let words = code.codewords();
        let entry = |symbol: u8| {
            let word = words.get(usize::from(symbol)).copied().unwrap_or_default();
            (word.bits ^ u32::from(symbol)) << LENGTH_BITS | u32::from(word.length)
        };
        let cells = Cells::new(code.symbols(), |one, other| entry(one) == entry(other))?;
        Some(VectorTable { cells, entries: cells.table(entry) })
    }
}

/// Packs whole chunks on a processor with AVX-512.
#[derive(Clone, Debug)]
pub(in crate::fast) struct Vectors {
    simd: V4,
    tables: Vec<VectorTable>,
}

impl Vectors {
    /// For these codes by book id; `None` where the processor has no AVX-512, or if a code has too many codewords.
    pub fn new(codes: &[&PlaneCode]) -> Option<Self> {
        let tables = codes.iter().map(|code| VectorTable::new(code)).collect::<Option<_>>()?;
        Some(Vectors { simd: V4::try_new()?, tables })
    }

    /// Whether they are for so many lanes, and this prefill.
    pub(in crate::fast) const fn serve(&self, lanes: usize, prefill: u32) -> bool {
        lanes >= FEWEST && matches!(prefill, 3 | 4)
    }

    /// Packs the whole chunks from the first on, up to the one with the last word of the raw stream.
    #[inline(always)]
    pub(super) fn pack<const L: usize>(&self, job: &Job<'_>, state: &mut State<L>, packet: &mut Vec<u8>) {
        match job.prefill {
            3 => self.pack_prefilled::<L, 3>(job, state, packet),
            _ => self.pack_prefilled::<L, 4>(job, state, packet),
        }
    }

    /// [`Vectors::pack`] with a prefill of `P`.
    #[inline(always)]
    fn pack_prefilled<const L: usize, const P: usize>(
        &self,
        job: &Job<'_>,
        state: &mut State<L>,
        packet: &mut Vec<u8>,
    ) {
        let arch = Arch::V4(self.simd);
        match L / VECTOR {
            0 | 1 => arch.dispatch(Pack::<L, 1, P> { vectors: self, job, state, packet }),
            2 => arch.dispatch(Pack::<L, 2, P> { vectors: self, job, state, packet }),
            _ => arch.dispatch(Pack::<L, { LANES / VECTOR }, P> { vectors: self, job, state, packet }),
        }
    }
}

/// [`Vectors::pack`] in `V` vectors, to be compiled for the processor: a closure would not be inlined.
struct Pack<'a, 'j, const L: usize, const V: usize, const P: usize> {
    vectors: &'a Vectors,
    job: &'a Job<'j>,
    state: &'a mut State<L>,
    packet: &'a mut Vec<u8>,
}

/// State of sixteen lanes.
#[derive(Clone, Copy)]
struct Group<const P: usize> {
    /// As in [`Lanes`]; within a chunk what is full stays among what is `filled`.
    bits: __m512i,
    filled: __m512i,
    full: __m512i,
    /// Places of the word under way and of those behind it.
    places: [__m512i; P],
}

impl<const P: usize> Group<P> {
    #[inline(always)]
    fn load<const L: usize>(lanes: &Lanes<L>, first: usize) -> Self {
        let sixteen = |of_lane: &dyn Fn(usize) -> u32| -> __m512i {
            let of = |lane: usize| if lane < L { of_lane(lane) } else { 0 };
            pulp::cast(std::array::from_fn::<u32, VECTOR, _>(|i| of(first + i)))
        };
        let place = |ahead: usize| sixteen(&|lane| lanes.places[lane][(lanes.full[lane] as usize + ahead) % PLACES]);
        Group {
            bits: sixteen(&|lane| lanes.bits[lane]),
            filled: sixteen(&|lane| lanes.filled[lane]),
            full: sixteen(&|lane| lanes.full[lane]),
            places: std::array::from_fn(place),
        }
    }

    #[inline(always)]
    fn store<const L: usize>(&self, lanes: &mut Lanes<L>, first: usize) {
        let sixteen = |vector: __m512i| -> [u32; VECTOR] { pulp::cast(vector) };
        for (to, from) in [(&mut lanes.bits, self.bits), (&mut lanes.filled, self.filled), (&mut lanes.full, self.full)]
        {
            to[first..].iter_mut().zip(sixteen(from)).for_each(|(to, from)| *to = from);
        }
        let open = self.places.map(sixteen);
        for i in 0..VECTOR.min(L) {
            let full = lanes.full[first + i] as usize;
            let places = &mut lanes.places[first + i];
            // Those of full words are not known any more, but counted in the packet's end.
            *places = [0; PLACES];
            open.iter().enumerate().for_each(|(ahead, open)| places[(full + ahead) % PLACES] = open[i]);
        }
    }
}

/// Words that a chunk has made full, and where they go to.
struct Full {
    places: [u32; ROOM],
    words: [[u8; WORD_BYTES]; ROOM],
}

impl<const L: usize, const V: usize, const P: usize> NullaryFnOnce for Pack<'_, '_, L, V, P> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Pack { vectors, job, state, packet } = self;
        let mut groups: [Group<P>; V] = std::array::from_fn(|i| Group::load(&state.lanes, i * VECTOR));
        let mut full = Full { places: [0; ROOM], words: [[0; WORD_BYTES]; ROOM] };
        for symbols in job.symbols.as_chunks::<L>().0.as_chunks::<CHUNK_STEPS>().0 {
            if job.ends_raw(state.raw_sent) {
                break;
            }
            let words = job.make_room::<L>(state.next, packet);
            let (book, announced) = job.book_of_chunk(state.chunks);
            let raw = &job.raw[state.raw_sent..state.raw_sent + job.raw_words.chunk];
            let table = &vectors.tables[book];
            let next = &mut state.next;
            let count = chunk::<L, V, P>(
                vectors.simd,
                job,
                table,
                announced,
                &mut groups,
                next,
                symbols,
                raw,
                &mut full,
                words,
            );
            let places = &full.places[..count];
            for (&place, &word) in places.iter().zip(&full.words) {
                words[place as usize] = word;
            }
            state.end = places.iter().fold(state.end, |end, &place| end.max(place + 1));
            state.raw_sent += raw.len();
            state.chunks += 1;
        }
        groups.iter().enumerate().for_each(|(i, group)| group.store(&mut state.lanes, i * VECTOR));
    }
}

/// Packs a chunk, with the bits of the book id that it announces. Writes its raw words; gives the number of words that it made full.
#[allow(clippy::too_many_arguments)]
#[inline(always)]
fn chunk<const L: usize, const V: usize, const P: usize>(
    simd: V4,
    job: &Job<'_>,
    table: &VectorTable,
    announced: Option<u8>,
    state: &mut [Group<P>; V],
    next: &mut usize,
    symbols: &[[u8; L]; CHUNK_STEPS],
    raw: &[[u8; WORD_BYTES]],
    full: &mut Full,
    words: &mut [[u8; WORD_BYTES]],
) -> usize {
    let v = simd.avx512f;
    let all = |value: u32| v._mm512_set1_epi32(value as i32);
    let entries: [__m512i; 2] = pulp::cast(table.entries);
    let in_turn: __m512i = pulp::cast(std::array::from_fn::<u32, VECTOR, _>(|i| i as u32));
    // The lower two bytes of each 32 bits change places.
    let to_big_endian: __m512i = pulp::cast(std::array::from_fn::<u8, 64, _>(|i| (i % 16) as u8 ^ (i % 4 < 2) as u8));
    let mut cells = [[0u8; L]; CHUNK_STEPS];
    let to = cells.as_flattened_mut().as_chunks_mut::<{ 4 * VECTOR }>().0;
    for (cells, &symbols) in to.iter_mut().zip(symbols.as_flattened().as_chunks().0) {
        *cells = pulp::cast(table.cells.of(simd, pulp::cast::<[u8; 4 * VECTOR], _>(symbols)));
    }
    // Copies, so that they can stay in registers.
    let (mut groups, mut begin, mut count) = (*state, *next, 0);
    let lanes = VECTOR.min(L);
    let in_use = u16::MAX >> (VECTOR - lanes);
    let announcing = if announced.is_some() { BOOK_ID_BITS as usize } else { 0 };
    for (step, (symbols, cells)) in symbols.iter().zip(&cells).enumerate() {
        for index in 0..V {
            let group = &mut groups[index];
            let [symbol, cell] = [symbols, cells].map(|bytes| {
                let mut sixteen = [0u8; VECTOR];
                sixteen[..lanes].copy_from_slice(&bytes[index * lanes..][..lanes]);
                v._mm512_cvtepu8_epi32(pulp::cast(sixteen))
            });
            let entry = v._mm512_permutex2var_epi32(entries[0], cell, entries[1]);
            let mut length = v._mm512_maskz_and_epi32(in_use, entry, all((1 << LENGTH_BITS) - 1));
            let mut codeword = v._mm512_xor_si512(v._mm512_srli_epi32::<LENGTH_BITS>(entry), symbol);
            if index == 0 && step < announcing {
                // A bit behind the first lane's codeword.
                let bit = announced.unwrap_or(0) >> (announcing - 1 - step) & 1;
                length = v._mm512_mask_add_epi32(length, 1, length, all(1));
                let doubled = v._mm512_add_epi32(codeword, codeword);
                codeword = v._mm512_mask_or_epi32(codeword, 1, doubled, all(bit.into()));
            }
            group.bits = v._mm512_or_si512(v._mm512_sllv_epi32(group.bits, length), codeword);
            let total = v._mm512_add_epi32(group.filled, length);
            let changed = v._mm512_xor_si512(total, group.filled);
            let crossed = v._mm512_test_epi32_mask(changed, all(MUX_BITS as u32));
            group.filled = total;
            let behind = v._mm512_and_si512(total, all(MUX_BITS as u32 - 1));
            let word = simd.avx512bw._mm512_shuffle_epi8(v._mm512_srlv_epi32(group.bits, behind), to_big_endian);
            let word = v._mm512_maskz_compress_epi32(crossed, word);
            let place = v._mm512_maskz_compress_epi32(crossed, group.places[0]);
            full.words[count..count + VECTOR]
                .copy_from_slice(&pulp::cast::<_, [[u8; 2]; VECTOR]>(v._mm512_cvtepi32_epi16(word)));
            full.places[count..count + VECTOR].copy_from_slice(&pulp::cast::<_, [u32; VECTOR]>(place));
            for k in 1..P {
                group.places[k - 1] = v._mm512_mask_mov_epi32(group.places[k - 1], crossed, group.places[k]);
            }
            let opened = v._mm512_add_epi32(in_turn, all(begin as u32));
            group.places[P - 1] = v._mm512_mask_expand_epi32(group.places[P - 1], crossed, opened);
            let crossings = crossed.count_ones() as usize;
            (begin, count) = (begin + crossings, count + crossings);
        }
        let [from, to] = [step, step + 1].map(|s| job.raw_words.before[s]);
        copy_words::<L, _>(&mut words[begin..begin + (to - from)], &raw[from..to]);
        begin += to - from;
    }
    for group in &mut groups {
        let full = v._mm512_srli_epi32::<{ MUX_BITS.trailing_zeros() }>(group.filled);
        group.full = v._mm512_add_epi32(group.full, full);
        group.filled = v._mm512_and_si512(group.filled, all(MUX_BITS as u32 - 1));
    }
    (*state, *next) = (groups, begin);
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fast::tables::EncodeTable;

    /// Every symbol has the codeword that it has without vectors.
    fn equal(code: &PlaneCode) {
        let (Some(simd), table) = (V4::try_new(), VectorTable::new(code).unwrap()) else { return };
        let symbols: Vec<u8> = (0..64.max(code.symbols())).map(|symbol| (symbol % code.symbols()) as u8).collect();
        for &symbols in symbols.as_chunks::<64>().0 {
            let cells = Arch::V4(simd).dispatch(|| table.cells.of(simd, pulp::cast(symbols)));
            for (symbol, cell) in symbols.into_iter().zip(pulp::cast::<_, [u8; 64]>(cells)) {
                let entry = table.entries[usize::from(cell)] ^ u32::from(symbol) << LENGTH_BITS;
                assert_eq!(entry, EncodeTable::new(code).entry(symbol), "symbol {symbol}");
            }
        }
    }

    #[test]
    fn symbols_have_the_codewords_that_they_have_without_vectors() {
        (2..=8).for_each(|x| equal(&PlaneCode::raw(x).unwrap()));
        equal(&PlaneCode::new(2, vec![2, 1, 3, 0], 3).unwrap());
        equal(&PlaneCode::new(4, (1..=16).collect(), 16).unwrap());
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

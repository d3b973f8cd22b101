//! Words in demand order back to lanes and symbols (wire format, section 5).

mod books;
mod chunks;
mod end;
#[cfg(target_arch = "x86_64")]
mod vector;
#[cfg(not(target_arch = "x86_64"))]
#[path = "unpack/no_vector.rs"]
mod vector;

use super::tables::{DecodeTable, RARE};
use super::{copy_few_words, copy_words, RawWords, CHUNK_STEPS, LANES, MOST_TURNS, MUX_BITS};
use crate::format::Layout;
use crate::wire::{Header, BOOK_ID_BITS, RAW_BOOK};
use books::Books;
use chunks::{Begun, Chunks};
use end::EndLane;
pub(super) use vector::Vectors;

/// Most prefill for which a lane's words fit the 64 bits of its window.
const WINDOW_WORDS: u32 = u64::BITS / MUX_BITS as u32;

/// Words of zeros behind all that a packet can ask for, so that words may be looked at before it is known whether they are.
const MARGIN: usize = 256;
/// Lanes whose counts of bits share an integer, a byte each.
const GROUP: usize = 8;

/// State of the lanes between steps.
#[derive(Clone, Copy)]
struct Lanes {
    /// The next bits, left-aligned; zero below them. Behind the lanes is one that takes words that are for none.
    window: [u64; LANES + 1],
    /// Bits consumed of the word that the lane is in, 0 ... `M`-1.
    used: [u8; LANES + 1],
}

/// Decodes `count` symbols, at least one, and what the payload has of the raw stream. `None` for a payload that an encoder
/// would not have made of these symbols; it may have found an error that another decoder would name differently.
#[allow(clippy::too_many_arguments)]
#[inline(always)]
pub(super) fn payload(
    header: &Header,
    layout: &Layout,
    books: &[DecodeTable],
    vectors: Option<&Vectors>,
    count: usize,
    payload: &[u8],
    words: &mut Vec<u16>,
    symbols: &mut Vec<u8>,
    raw: &mut Vec<u16>,
) -> Option<()> {
    let lanes = header.parameters.lanes as usize;
    let raw_words = RawWords::new(&header.parameters, layout);
    let chunks = count.div_ceil(lanes * CHUNK_STEPS);
    // Of what a packet asks for beyond its last real word there are at most the lanes' prefill and the raw words sent ahead.
    let ahead = header.parameters.prefill as usize * lanes + raw_words.until_lead() + 1;
    let chunk_words = CHUNK_STEPS * lanes + raw_words.chunk;
    let payload = payload.as_chunks().0;
    words.resize(payload.len() + ahead + chunk_words + MARGIN, 0);
    let (real, zeros) = words.split_at_mut(payload.len());
    for (word, &bytes) in real.iter_mut().zip(payload) {
        *word = u16::from_be_bytes(bytes);
    }
    zeros.fill(0);
    // What they held before is all overwritten.
    symbols.resize(chunks * lanes * CHUNK_STEPS, 0);
    raw.resize(raw_words.until_chunk(chunks), 0);
    let payload_words = payload.len();
    let job = Job {
        header,
        books,
        vectors,
        count,
        words,
        payload_words,
        limit: payload_words + ahead,
        raw_words,
        real_raw_words: (count * layout.raw_bits as usize).div_ceil(MUX_BITS),
    };
    match (lanes, header.parameters.turns) {
        (1, _) => job.unpack::<1, 1>(symbols, raw)?,
        (2, _) => job.unpack::<2, 1>(symbols, raw)?,
        (4, 1) => job.unpack::<4, 1>(symbols, raw)?,
        (8, 1) => job.unpack::<8, 1>(symbols, raw)?,
        (16, 1) => job.unpack::<16, 1>(symbols, raw)?,
        (32, 1) => job.unpack::<32, 1>(symbols, raw)?,
        (_, 1) => job.unpack::<64, 1>(symbols, raw)?,
        (4, _) => job.unpack::<4, MOST_TURNS>(symbols, raw)?,
        (8, _) => job.unpack::<8, MOST_TURNS>(symbols, raw)?,
        (16, _) => job.unpack::<16, MOST_TURNS>(symbols, raw)?,
        (32, _) => job.unpack::<32, MOST_TURNS>(symbols, raw)?,
        _ => job.unpack::<64, MOST_TURNS>(symbols, raw)?,
    }
    symbols.truncate(count);
    Some(())
}

struct Job<'a> {
    header: &'a Header,
    books: &'a [DecodeTable],
    vectors: Option<&'a Vectors>,
    count: usize,
    /// The payload, and behind it as many words of zeros as a packet asks for.
    words: &'a [u16],
    payload_words: usize,
    /// Words that a good packet asks for at most.
    limit: usize,
    raw_words: RawWords,
    real_raw_words: usize,
}

impl Job<'_> {
    /// Unpacks `L` lanes that are served in `Q` turns.
    #[inline(always)]
    fn unpack<const L: usize, const Q: usize>(&self, symbols: &mut [u8], raw: &mut [u16]) -> Option<()> {
        let prefill = self.header.parameters.prefill;
        let mut books = Books::new(self.header);
        if usize::from(books.current) >= self.books.len() {
            return None;
        }
        let whole_chunks = if prefill <= WINDOW_WORDS { self.count / (L * CHUNK_STEPS) } else { 0 };
        let first = self.raw_words.first;
        raw[..first].copy_from_slice(self.words.get(..first)?);
        let mut raw_come = self.raw_words.until_lead();
        let mut next = raw_come + prefill as usize * L;
        raw[first..raw_come].copy_from_slice(self.words.get(next - self.raw_words.lead..next)?);
        let prefilled = |lane: usize| (0..prefill as usize).map(move |k| first + k * L + lane);
        let [mut one, mut other] = [(); 2].map(|()| Lanes { window: [0; LANES + 1], used: [0; LANES + 1] });
        let mut lanes = [&mut one, &mut other];
        if whole_chunks > 0 {
            for (lane, window) in lanes[0].window[..L].iter_mut().enumerate() {
                let bits = prefilled(lane).fold(0u64, |bits, place| bits << MUX_BITS | u64::from(self.words[place]));
                *window = bits << ((WINDOW_WORDS - prefill) * MUX_BITS as u32);
            }
        }
        // Chunks up to the one that asks for the payload's last word: whether that word and those behind it hold bits is
        // for `end` to see. What words before it hold does not matter.
        let mut done = 0;
        let mut chunks = &mut symbols.as_chunks_mut::<L>().0.as_chunks_mut::<CHUNK_STEPS>().0[..whole_chunks];
        if let Some(vectors) = self.vectors.filter(|v| Q == 1 && v.serve(L, prefill)) {
            let begun = Begun { books, done, next, raw_come };
            let decode = Chunks { job: self, lanes: &mut *lanes[0], begun, symbols: &mut *chunks, raw };
            Begun { books, done, next, raw_come } = vectors.decode(decode)?;
            chunks = &mut [];
        }
        for symbols in chunks {
            let before = (*lanes[0], books, next);
            let (book, announces) = books.of_chunk(done);
            let raw = &mut raw[raw_come..raw_come + self.raw_words.chunk];
            let id = self.chunk::<L, Q>(&mut lanes, &self.books[book], announces, &mut next, symbols, raw);
            if next >= self.payload_words {
                (*lanes[0], books, next) = before;
                break;
            }
            if announces {
                self.books.get(usize::from(id))?;
                books.next = Some(id);
            }
            raw_come += raw.len();
            done += 1;
        }
        let end_lane = |lane: usize| {
            let mut places = [0; 8];
            if done > 0 {
                let window = u128::from(lanes[0].window[lane]) << 64;
                return EndLane { window, used: lanes[0].used[lane].into(), crossed: 0, places };
            }
            prefilled(lane).zip(&mut places).for_each(|(place, slot)| *slot = place);
            let bits = prefilled(lane).fold(0u128, |bits, place| bits << MUX_BITS | u128::from(self.words[place]));
            EndLane { window: bits << (u128::BITS - prefill * MUX_BITS as u32), used: 0, crossed: 0, places }
        };
        let end_lanes = (0..L).map(end_lane).collect();
        self.end(end_lanes, books, done, next, raw_come, &mut symbols[done * CHUNK_STEPS * L..], raw)
    }

    /// Decodes a chunk; gives the id that its first steps announce, if they do. The first of the two lanes is their
    /// state, the other room for the next.
    #[inline(always)]
    fn chunk<const L: usize, const Q: usize>(
        &self,
        lanes: &mut [&mut Lanes; 2],
        table: &DecodeTable,
        announces: bool,
        next: &mut usize,
        symbols: &mut [[u8; L]; CHUNK_STEPS],
        raw: &mut [u16],
    ) -> u8 {
        let mut id = RAW_BOOK;
        let announcing_pairs = if announces { BOOK_ID_BITS as usize / 2 } else { 0 };
        for (pair, symbols) in symbols.as_chunks_mut::<2>().0.iter_mut().enumerate() {
            let begin = *next;
            let [old, new] = lanes;
            let crossed = match pair < announcing_pairs {
                true => self.two_steps::<L, Q, true>(old, new, table, begin, pair, symbols, &mut id),
                false => self.two_steps::<L, Q, false>(old, new, table, begin, pair, symbols, &mut id),
            };
            lanes.swap(0, 1);
            let mut raw_begin = begin;
            for (step, crossed) in crossed.into_iter().enumerate() {
                for turn in 0..Q {
                    let [from, to] = [0, 1].map(|u| self.raw_words.before[(2 * pair + step) * Q + turn + u]);
                    let of_turn = if Q == 1 { crossed } else { crossed >> (turn * L / Q) & ((1 << (L / Q)) - 1) };
                    raw_begin += of_turn.count_ones() as usize;
                    let (place, words) = (&mut raw[from..to], &self.words[raw_begin..raw_begin + (to - from)]);
                    match Q {
                        1 => copy_words::<L, _>(place, words),
                        _ => copy_few_words(place, words),
                    }
                    raw_begin += to - from;
                }
            }
            *next = raw_begin;
        }
        id
    }

    /// The `pair`-th two steps of a chunk in all lanes, from `old` to `new`, each with a bit of `id` behind the first codeword
    /// if it `ANNOUNCES`. The words of the first begin at `begin`. Gives the lanes that took a word in each step.
    #[allow(clippy::too_many_arguments)]
    #[inline(always)]
    fn two_steps<const L: usize, const Q: usize, const ANNOUNCES: bool>(
        &self,
        old: &Lanes,
        new: &mut Lanes,
        table: &DecodeTable,
        begin: usize,
        pair: usize,
        symbols: &mut [[u8; L]; 2],
        id: &mut u8,
    ) -> [u64; 2] {
        const fn in_each(byte: u8) -> u64 {
            u64::from_ne_bytes([byte; GROUP])
        }
        const CROSSED: u64 = in_each(MUX_BITS as u8);
        const EVEN: u64 = 0x00FF_00FF_00FF_00FF;
        const RARE_ENTRIES: u64 = RARE as u64 * 0x0001_0001_0001_0001;
        // Bit 8·i to bit 56 + i.
        const COLLECT: u64 = 0x0102_0408_1020_4080;
        let [first_symbols, second_symbols] = symbols;
        let (mut first_crossed, mut both_crossed) = (0u64, 0u64);
        // Where the word of the first step goes: bits consumed since the boundary that the lane crossed in that step.
        let mut since_first = [0; LANES + 1];
        let mut announced_id = *id;
        for group in (0..L).step_by(GROUP) {
            let lanes = if L < GROUP { L } else { GROUP };
            let mut group_id = *id;
            let [mut first, mut second] = read_group::<ANNOUNCES, false>(old, new, table, group, lanes, &mut group_id);
            if (first[0] | first[1] | second[0] | second[1]) & RARE_ENTRIES != 0 {
                group_id = *id;
                [first, second] = read_group_again::<ANNOUNCES>(old, new, table, group, lanes, &mut group_id);
            }
            if group == 0 {
                announced_id = group_id;
            }
            let announced = u64::from(ANNOUNCES && group == 0);
            let symbols = |[even, odd]: [u64; 2]| ((even >> 8 & EVEN) | odd & !EVEN).to_le_bytes();
            let lengths = |[even, odd]: [u64; 2]| even & EVEN | (odd & EVEN) << 8;
            first_symbols[group..group + lanes].copy_from_slice(&symbols(first)[..lanes]);
            second_symbols[group..group + lanes].copy_from_slice(&symbols(second)[..lanes]);
            let (first, second) = (lengths(first), lengths(second));
            let used = old.used[group..].first_chunk().copied().unwrap_or_default();
            let after_first = u64::from_le_bytes(used).wrapping_add(first + announced);
            let after_both = after_first.wrapping_add(second + announced);
            let collect = |crossed: u64| ((crossed & CROSSED) >> MUX_BITS.trailing_zeros()).wrapping_mul(COLLECT) >> 56;
            first_crossed |= collect(after_first) << group;
            both_crossed |= collect(after_both) << group;
            let since = after_both.wrapping_sub(after_first & CROSSED);
            since_first[group..group + GROUP].copy_from_slice(&since.to_le_bytes());
            new.used[group..group + GROUP].copy_from_slice(&(after_both & in_each(MUX_BITS as u8 - 1)).to_le_bytes());
        }
        *id = announced_id;
        // Two boundaries crossed make 32 bits or more: the bit for 16 is 0 then as it is for none.
        let second_crossed = both_crossed ^ first_crossed;
        let before = &self.raw_words.before;
        let [from, middle] = [0, 1].map(|step| (2 * pair + step) * Q);
        let within = |step: usize| std::array::from_fn::<_, Q, _>(|turn| before[step + turn] - before[step]);
        self.take_words::<L, Q>(&mut new.window, &since_first, first_crossed, begin, within(from));
        let begin = begin + first_crossed.count_ones() as usize + (before[middle] - before[from]);
        self.take_words::<L, Q>(&mut new.window, &new.used, second_crossed, begin, within(middle));
        [first_crossed, second_crossed]
    }

    /// Hands the words from `begin` on to the lanes that have crossed a boundary, a bit for each lane; `used` are the bits
    /// that each has consumed behind it, `raw` the raw words that stand before
    /// those of each turn.
    #[inline(always)]
    fn take_words<const L: usize, const Q: usize>(
        &self,
        window: &mut [u64; LANES + 1],
        used: &[u8; LANES + 1],
        crossed: u64,
        begin: usize,
        raw: [usize; Q],
    ) {
        // A new word goes behind the P-1 that are left when one has been used up.
        let behind = u64::BITS - self.header.parameters.prefill * MUX_BITS as u32;
        let mut crossed = crossed;
        // Five for sixteen lanes without a branch that could be mispredicted: mostly these are all.
        let usual = (5 * L).div_ceil(16);
        for (i, &word) in self.words[begin..begin + L].iter().enumerate() {
            if i >= usual && crossed == 0 {
                break;
            }
            // Without a lane that waits this is the one behind the lanes.
            let lane = crossed.trailing_zeros() as usize;
            crossed &= crossed.wrapping_sub(1);
            let word = if Q == 1 { word } else { self.words[begin + i + raw[lane * Q / L % Q]] };
            window[lane] |= u64::from(word).wrapping_shl(behind + u32::from(used[lane]));
        }
    }
}

/// Takes two codewords of each lane of a group, from `old` to `new`: the entries of the first step and of the second, of even
/// and of odd lanes, 16 bits each. With `ALL`, none of them is a rare one.
#[inline(always)]
fn read_group<const ANNOUNCES: bool, const ALL: bool>(
    old: &Lanes,
    new: &mut Lanes,
    table: &DecodeTable,
    group: usize,
    lanes: usize,
    id: &mut u8,
) -> [[u64; 2]; 2] {
    let (mut first, mut second) = ([0u64; 2], [0u64; 2]);
    for i in (0..lanes).rev() {
        let lane = group + i;
        let mut window = old.window[lane];
        for entries in [&mut first, &mut second] {
            let entry = if ALL { table.look_up_all(window) } else { table.look_up(window) };
            entries[i % 2] = entries[i % 2] << 16 | u64::from(entry);
            window = window.wrapping_shl(entry.into());
            if ANNOUNCES && lane == 0 {
                take_id_bit(&mut window, id);
            }
        }
        new.window[lane] = window;
    }
    [first, second]
}

/// A group with a codeword that is too long for the first look-up.
#[cold]
#[inline(never)]
fn read_group_again<const ANNOUNCES: bool>(
    old: &Lanes,
    new: &mut Lanes,
    table: &DecodeTable,
    group: usize,
    lanes: usize,
    id: &mut u8,
) -> [[u64; 2]; 2] {
    read_group::<ANNOUNCES, true>(old, new, table, group, lanes, id)
}

/// Moves the next bit of a lane to the end of `id`.
#[inline(always)]
const fn take_id_bit(window: &mut u64, id: &mut u8) {
    *id = *id << 1 | (*window >> (u64::BITS - 1)) as u8;
    *window <<= 1;
}

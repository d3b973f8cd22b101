//! Lanes to words in demand order (wire format, section 5).
//!
//! A lane's word `k` is full when the lane crosses the boundary behind it, and at that moment, by section 5.2, its word
//! `k` + `P` is asked for. So every lane has `P` places in the packet, the oldest of which takes the word that becomes full,
//! and the new one is the packet's next word: one pass, no queues. Raw words stand between those of turns; a step without turns
//! is one of its own.

#[cfg(target_arch = "x86_64")]
mod vector;
#[cfg(not(target_arch = "x86_64"))]
#[path = "pack/no_vector.rs"]
mod vector;

use super::tables::{append_bit, EncodeTable, Entry, LENGTH_BITS};
use super::{copy_few_words, copy_words, RawWords, CHUNK_STEPS, LANES, MOST_TURNS, MUX_BITS, WORD_BYTES};
use crate::format::Layout;
use crate::wire::{BookMode, Parameters, BOOK_ID_BITS, RAW_BOOK};
pub(super) use vector::Vectors;

/// Turns of a chunk where lanes are served in turn.
const CHUNK_TURNS: usize = MOST_TURNS * CHUNK_STEPS;
/// Places that are kept for each lane, a power of two: the `P` that are open and the one filled last.
const PLACES: usize = 8;

/// State of the lanes between chunks.
struct Lanes<const L: usize> {
    /// The last bits written, right-aligned; the lowest `filled` of them belong to the word under way.
    bits: [u32; L],
    /// Bits of the word under way, 0 ... `M`-1.
    filled: [u32; L],
    /// Words that are full.
    full: [u32; L],
    /// Place of word `k` at `k` mod 8.
    places: [[u32; PLACES]; L],
}

/// How far a packet has come.
struct State<const L: usize> {
    lanes: Lanes<L>,
    /// Chunks that have been packed.
    chunks: usize,
    /// The packet's next word.
    next: usize,
    raw_sent: usize,
    /// One past the last word known to hold a bit of its stream.
    end: u32,
}

/// What a chunk's symbols make, one step after the other.
struct Chunk<const L: usize> {
    entries: [[Entry; L]; CHUNK_STEPS],
    /// The word that would be sent if the symbol made it full.
    words: [[u16; L]; CHUNK_STEPS],
    /// Whether it did, a bit for each symbol of the chunk.
    crossed: [u64; CHUNK_STEPS],
}

/// Appends the payload to `packet`, which holds the header; gives the bits of each lane's stream. `raw` is lengthened by zeros.
#[inline(always)]
#[allow(clippy::too_many_arguments)]
pub(super) fn payload(
    parameters: &Parameters,
    layout: &Layout,
    books: &[EncodeTable],
    vectors: Option<&Vectors>,
    symbols: &[u8],
    raw: &mut Vec<u8>,
    ids: &[u8],
    packet: &mut Vec<u8>,
) -> [u64; LANES] {
    if symbols.is_empty() {
        return [0; LANES];
    }
    let lanes = parameters.lanes as usize;
    let raw_words = RawWords::new(parameters, layout);
    let real_raw_words = raw.len().div_ceil(WORD_BYTES);
    let chunks = symbols.len().div_ceil(lanes * CHUNK_STEPS);
    raw.resize(raw_words.until_chunk(chunks) * WORD_BYTES, 0);
    let book_chunks = match (parameters.book_mode, parameters.block_log2) {
        (BookMode::Block, Some(log2)) => (1 << log2) / CHUNK_STEPS,
        _ => usize::MAX,
    };
    let prefill = parameters.prefill;
    let raw = raw.as_chunks().0;
    let job = Job { prefill, books, vectors, symbols, raw, raw_words, real_raw_words, book_chunks, ids };
    match (lanes, parameters.turns) {
        (1, _) => job.pack::<1, CHUNK_STEPS>(packet),
        (2, _) => job.pack::<2, CHUNK_STEPS>(packet),
        (4, 1) => job.pack::<4, CHUNK_STEPS>(packet),
        (8, 1) => job.pack::<8, CHUNK_STEPS>(packet),
        (16, 1) => job.pack::<16, CHUNK_STEPS>(packet),
        (32, 1) => job.pack::<32, CHUNK_STEPS>(packet),
        (_, 1) => job.pack::<64, CHUNK_STEPS>(packet),
        (4, _) => job.pack::<4, CHUNK_TURNS>(packet),
        (8, _) => job.pack::<8, CHUNK_TURNS>(packet),
        (16, _) => job.pack::<16, CHUNK_TURNS>(packet),
        (32, _) => job.pack::<32, CHUNK_TURNS>(packet),
        _ => job.pack::<64, CHUNK_TURNS>(packet),
    }
}

struct Job<'a> {
    prefill: u32,
    books: &'a [EncodeTable],
    vectors: Option<&'a Vectors>,
    symbols: &'a [u8],
    raw: &'a [[u8; WORD_BYTES]],
    raw_words: RawWords,
    real_raw_words: usize,
    /// Chunks of a block with a book of its own.
    book_chunks: usize,
    ids: &'a [u8],
}

impl Job<'_> {
    /// Packs `L` lanes, with `N` turns in a chunk.
    #[inline(always)]
    fn pack<const L: usize, const N: usize>(&self, packet: &mut Vec<u8>) -> [u64; LANES] {
        let prefill = self.prefill as usize;
        let raw_words = &self.raw_words;
        let raw_begin = packet.len() / WORD_BYTES;
        let lanes_begin = raw_begin + raw_words.first;
        let lanes = Lanes::<L> {
            bits: [0; L],
            filled: [0; L],
            full: [0; L],
            places: std::array::from_fn(|lane| {
                std::array::from_fn(|k| if k < prefill { (lanes_begin + k * L + lane) as u32 } else { 0 })
            }),
        };
        packet.extend_from_slice(self.raw[..raw_words.first].as_flattened());
        let raw_sent = raw_words.until_lead();
        if N > CHUNK_STEPS {
            packet.resize((lanes_begin + prefill * L) * WORD_BYTES, 0);
            packet.extend_from_slice(self.raw[raw_words.first..raw_sent].as_flattened());
        }
        let next = lanes_begin + prefill * L + raw_words.lead;
        let end = (raw_begin + raw_words.end_of_lead(self.real_raw_words, prefill * L)) as u32;
        let mut state = State { lanes, chunks: 0, next, raw_sent, end };
        let served = |vectors: &&Vectors| N == CHUNK_STEPS && vectors.serve(L, self.prefill);
        if let Some(vectors) = self.vectors.filter(served) {
            vectors.pack(self, &mut state, packet);
        }
        let State { mut lanes, chunks, mut next, mut raw_sent, end } = state;
        let mut end = end as usize;
        let mut chunk =
            Chunk::<L> { entries: [[0; L]; CHUNK_STEPS], words: [[0; L]; CHUNK_STEPS], crossed: [0; CHUNK_STEPS] };
        for (index, symbols) in self.symbols.chunks(CHUNK_STEPS * L).enumerate().skip(chunks) {
            let words = self.make_room::<L>(next, packet);
            let (book, announced) = self.book_of_chunk(index);
            let table = &self.books[book];
            let entries = chunk.entries.as_flattened_mut();
            for (entry, &symbol) in entries.iter_mut().zip(symbols) {
                *entry = table.entry(symbol);
            }
            entries[symbols.len()..].fill(0);
            if let Some(id) = announced {
                let steps = entries[..symbols.len()].iter_mut().step_by(L);
                for (entry, bit) in steps.zip((0..BOOK_ID_BITS).rev()) {
                    *entry = append_bit(*entry, id >> bit & 1);
                }
            }
            shift_in(&mut lanes, &mut chunk);
            let counts = turn_counts::<L, N>(&chunk);
            place_words::<L, N>(&mut lanes, &chunk, raw_words, prefill, next, words);
            for (turn, count) in counts.into_iter().enumerate() {
                let [from, to] = [turn, turn + 1].map(|u| raw_sent + raw_words.before[u]);
                let place = next + count + raw_words.before[turn];
                let (place_of, raw) = (&mut words[place..place + (to - from)], &self.raw[from..to]);
                match N {
                    CHUNK_STEPS => copy_words::<L, _>(place_of, raw),
                    _ => copy_few_words(place_of, raw),
                }
                if (from + 1..=to).contains(&self.real_raw_words) {
                    end = place + (self.real_raw_words - from);
                }
            }
            raw_sent += raw_words.chunk;
            next += counts[N - 1] + raw_words.chunk;
        }
        let words = packet.as_chunks_mut::<WORD_BYTES>().0;
        let mut lane_bits = [0; LANES];
        for (lane, bits) in lane_bits[..L].iter_mut().enumerate() {
            let (full, filled) = (lanes.full[lane], lanes.filled[lane]);
            *bits = u64::from(full) * MUX_BITS as u64 + u64::from(filled);
            let place = |k: u32| lanes.places[lane][k as usize % PLACES] as usize;
            if filled > 0 {
                words[place(full)] = ((lanes.bits[lane] << (MUX_BITS as u32 - filled)) as u16).to_be_bytes();
                end = end.max(place(full) + 1);
            } else if full > 0 {
                end = end.max(place(full - 1) + 1);
            }
        }
        packet.truncate(end * WORD_BYTES);
        lane_bits
    }

    /// Makes sure that a chunk's words fit behind word `next`; gives the words of the packet.
    #[inline(always)]
    fn make_room<'p, const L: usize>(&self, next: usize, packet: &'p mut Vec<u8>) -> &'p mut [[u8; WORD_BYTES]] {
        let most = CHUNK_STEPS * L + self.raw_words.chunk;
        if packet.len() < (next + most) * WORD_BYTES {
            // Several chunks at a time.
            packet.resize((next + 8 * most) * WORD_BYTES, 0);
        }
        packet.as_chunks_mut().0
    }

    /// The book of a chunk, and the id that it announces: a block's last 16 steps begin with that of the next, as far as the
    /// packet has these steps.
    #[inline(always)]
    fn book_of_chunk(&self, chunk: usize) -> (usize, Option<u8>) {
        let block = chunk / self.book_chunks;
        let is_last = chunk % self.book_chunks == self.book_chunks - 1;
        (self.ids[block].into(), is_last.then(|| self.ids.get(block + 1).copied().unwrap_or(RAW_BOOK)))
    }

    /// Whether a chunk sends the last word of the raw stream.
    #[inline(always)]
    #[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
    fn ends_raw(&self, raw_sent: usize) -> bool {
        (raw_sent + 1..=raw_sent + self.raw_words.chunk).contains(&self.real_raw_words)
    }
}

/// Appends the chunk's codewords to the lanes.
#[inline(always)]
fn shift_in<const L: usize>(lanes: &mut Lanes<L>, chunk: &mut Chunk<L>) {
    let (mut bits, mut filled) = (lanes.bits, lanes.filled);
    chunk.crossed = [0; CHUNK_STEPS];
    for step in 0..CHUNK_STEPS {
        let (entries, words) = (&chunk.entries[step], &mut chunk.words[step]);
        let mut crossed = 0u64;
        // 32 lanes at a time, so that their bits are gathered in as many bits as the lanes are shifted in.
        for first in (0..L).step_by(32) {
            let mut part = 0u32;
            for i in 0..if L < 32 { L } else { 32 } {
                let lane = first + i;
                part |= shift_in_lane(&mut bits[lane], &mut filled[lane], entries[lane], &mut words[lane]) << i;
            }
            crossed |= u64::from(part) << first;
        }
        chunk.crossed[step * L / 64] |= crossed << (step * L % 64);
    }
    (lanes.bits, lanes.filled) = (bits, filled);
}

/// Appends a codeword to a lane; gives 1 if that made a word full.
#[inline(always)]
fn shift_in_lane(bits: &mut u32, filled: &mut u32, entry: Entry, word: &mut u16) -> u32 {
    const FILLED: u32 = MUX_BITS as u32 - 1;
    *bits = bits.wrapping_shl(entry) | entry >> LENGTH_BITS;
    let total = *filled + (entry & 0x1F);
    *filled = total & FILLED;
    *word = (*bits >> (total & FILLED)) as u16;
    total >> MUX_BITS.trailing_zeros()
}

/// Words that became full until the end of each of the chunk's `N` turns.
#[inline(always)]
fn turn_counts<const L: usize, const N: usize>(chunk: &Chunk<L>) -> [usize; N] {
    let lanes = CHUNK_STEPS * L / N;
    let (mut counts, mut count) = ([0; N], 0);
    for (turn, until) in counts.iter_mut().enumerate() {
        let crossed = chunk.crossed[turn * lanes / 64] >> (turn * lanes % 64) & (u64::MAX >> (64 - lanes));
        count += crossed.count_ones() as usize;
        *until = count;
    }
    counts
}

/// Writes the words that became full, in order, and opens a place for each. `next` is the packet's next word.
#[inline(always)]
fn place_words<const L: usize, const N: usize>(
    lanes: &mut Lanes<L>,
    chunk: &Chunk<L>,
    raw_words: &RawWords,
    prefill: usize,
    next: usize,
    words: &mut [[u8; WORD_BYTES]],
) {
    let full_words = chunk.words.as_flattened();
    let mut next = next as u32;
    for (group, &crossed) in chunk.crossed.iter().take((CHUNK_STEPS * L).div_ceil(64)).enumerate() {
        let mut crossed = crossed;
        while crossed != 0 {
            let symbol = group * 64 + crossed.trailing_zeros() as usize;
            crossed &= crossed - 1;
            let (turn, lane) = (symbol / (CHUNK_STEPS * L / N) % N, symbol % L);
            let full = lanes.full[lane] as usize;
            let places = &mut lanes.places[lane];
            words[places[full % PLACES] as usize] = full_words[symbol].to_be_bytes();
            places[(full + prefill) % PLACES] = next + raw_words.before[turn] as u32;
            lanes.full[lane] = full as u32 + 1;
            next += 1;
        }
    }
}

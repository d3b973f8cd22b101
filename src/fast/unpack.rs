//! Words in demand order back to lanes and symbols (wire format, section 5).

use super::tables::{DecodeTable, LENGTH, RARE};
use super::{copy_words, RawWords, CHUNK_STEPS, MUX_BITS, WORD_BYTES};
use crate::format::Layout;
use crate::wire::{BookMode, Header, BOOK_ID_BITS, RAW_BOOK};

/// Most prefill for which a lane's words fit the 64 bits of its window.
const WINDOW_WORDS: u32 = u64::BITS / MUX_BITS as u32;

/// State of the lanes between chunks.
struct Lanes<const L: usize> {
    /// The next bits, left-aligned; zero below them.
    window: [u64; L],
    /// Bits consumed of the word that the lane is in, 0 ... `M`-1.
    used: [u32; L],
}

/// A lane of the packet's end, where the words that hold bits have to be told from those of zeros.
#[derive(Clone)]
struct EndLane {
    /// As in [`Lanes`], with room for the largest prefill.
    window: u128,
    used: u32,
    /// Words left behind, and the place in the payload of word `k` at `k` mod 8 as far as it was asked for here.
    crossed: usize,
    places: [usize; 8],
}

/// Decodes `count` symbols, at least one, and what the payload has of the raw stream. `None` for a payload that an encoder
/// would not have made of these symbols; it may have found an error that another decoder would name differently.
#[allow(clippy::too_many_arguments)]
#[inline(always)]
pub(super) fn payload(
    header: &Header,
    layout: &Layout,
    books: &[DecodeTable],
    count: usize,
    payload: &[u8],
    padded: &mut Vec<u8>,
    symbols: &mut Vec<u8>,
    raw: &mut Vec<u8>,
) -> Option<()> {
    let lanes = header.parameters.lanes as usize;
    let raw_words = RawWords::new(lanes, layout);
    let chunks = count.div_ceil(lanes * CHUNK_STEPS);
    // Of what a packet asks for beyond its last real word there are at most the lanes' prefill and the raw words sent ahead.
    let ahead = header.parameters.prefill as usize * lanes + raw_words.first + 1;
    let chunk_words = CHUNK_STEPS * lanes + raw_words.before[CHUNK_STEPS];
    padded.clear();
    padded.extend_from_slice(payload);
    padded.resize(payload.len() + (ahead + chunk_words + lanes) * WORD_BYTES, 0);
    symbols.clear();
    symbols.resize(chunks * lanes * CHUNK_STEPS, 0);
    raw.clear();
    raw.resize(raw_words.until_chunk(chunks) * WORD_BYTES, 0);
    let payload_words = payload.len() / WORD_BYTES;
    let job = Job {
        header,
        books,
        count,
        words: padded.as_chunks().0,
        payload_words,
        limit: payload_words + ahead,
        raw_words,
        real_raw_words: (count * layout.raw_bits as usize).div_ceil(MUX_BITS),
    };
    let raw = raw.as_chunks_mut().0;
    match lanes {
        1 => job.unpack::<1>(symbols, raw)?,
        2 => job.unpack::<2>(symbols, raw)?,
        4 => job.unpack::<4>(symbols, raw)?,
        8 => job.unpack::<8>(symbols, raw)?,
        16 => job.unpack::<16>(symbols, raw)?,
        32 => job.unpack::<32>(symbols, raw)?,
        _ => job.unpack::<64>(symbols, raw)?,
    }
    symbols.truncate(count);
    Some(())
}

struct Job<'a> {
    header: &'a Header,
    books: &'a [DecodeTable],
    count: usize,
    /// The payload, and behind it as many words of zeros as a packet asks for.
    words: &'a [[u8; WORD_BYTES]],
    payload_words: usize,
    /// Words that a good packet asks for at most.
    limit: usize,
    raw_words: RawWords,
    real_raw_words: usize,
}

/// Book of the current block, and the one that the stream has announced for the next.
struct Books {
    /// Chunks of a block.
    chunks: usize,
    current: u8,
    next: Option<u8>,
}

impl Books {
    fn new(header: &Header) -> Self {
        let chunks = match (header.parameters.book_mode, header.parameters.block_log2) {
            (BookMode::Block, Some(log2)) => (1 << log2) / CHUNK_STEPS,
            _ => usize::MAX,
        };
        Books { chunks, current: header.book, next: None }
    }

    /// Book of a chunk, and whether its first step announces the next block's. To be called once for each chunk.
    fn of_chunk(&mut self, chunk: usize) -> (usize, bool) {
        if chunk.is_multiple_of(self.chunks) {
            self.current = self.next.take().unwrap_or(self.current);
        }
        (usize::from(self.current), chunk % self.chunks == self.chunks - 1)
    }
}

impl Job<'_> {
    #[inline(always)]
    fn unpack<const L: usize>(&self, symbols: &mut [u8], raw: &mut [[u8; WORD_BYTES]]) -> Option<()> {
        let prefill = self.header.parameters.prefill;
        let mut books = Books::new(self.header);
        if usize::from(books.current) >= self.books.len() {
            return None;
        }
        // The last real word of a lane was asked for when the lane had at most P words to go, each step taking a bit or more.
        let end_steps = prefill as usize * MUX_BITS + CHUNK_STEPS;
        let fast_chunks = match prefill <= WINDOW_WORDS {
            true => (self.count / L).saturating_sub(end_steps) / CHUNK_STEPS,
            false => 0,
        };
        let first = self.raw_words.first;
        raw[..first].copy_from_slice(self.words.get(..first)?);
        let mut raw_come = first;
        let mut next = first + prefill as usize * L;
        let prefilled = |lane: usize| (0..prefill as usize).map(move |k| first + k * L + lane);
        let mut lanes = Lanes::<L> { window: [0; L], used: [0; L] };
        if fast_chunks > 0 {
            for (lane, window) in lanes.window.iter_mut().enumerate() {
                let bits = prefilled(lane)
                    .fold(0u64, |bits, place| bits << MUX_BITS | u64::from(u16::from_be_bytes(self.words[place])));
                *window = bits << ((WINDOW_WORDS - prefill) * MUX_BITS as u32);
            }
        }
        let (fast, end) = symbols.split_at_mut(fast_chunks * CHUNK_STEPS * L);
        for (chunk, symbols) in fast.as_chunks_mut::<L>().0.as_chunks_mut::<CHUNK_STEPS>().0.iter_mut().enumerate() {
            if next > self.limit {
                return None;
            }
            let (book, announces) = books.of_chunk(chunk);
            let raw = &mut raw[raw_come..raw_come + self.raw_words.before[CHUNK_STEPS]];
            let id = self.chunk(&mut lanes, &self.books[book], announces, &mut next, symbols, raw);
            if announces {
                self.books.get(usize::from(id))?;
                books.next = Some(id);
            }
            raw_come += raw.len();
        }
        let end_lanes: Vec<EndLane> = (0..L)
            .map(|lane| match fast_chunks {
                0 => {
                    let mut places = [0; 8];
                    prefilled(lane).zip(&mut places).for_each(|(place, slot)| *slot = place);
                    let bits = prefilled(lane).fold(0u128, |bits, place| {
                        bits << MUX_BITS | u128::from(u16::from_be_bytes(self.words[place]))
                    });
                    let free = u128::BITS - prefill * MUX_BITS as u32;
                    EndLane { window: bits << free, used: 0, crossed: 0, places }
                }
                _ => EndLane {
                    window: u128::from(lanes.window[lane]) << 64,
                    used: lanes.used[lane],
                    crossed: 0,
                    places: [0; 8],
                },
            })
            .collect();
        self.end(end_lanes, books, fast_chunks, next, raw_come, end, raw)
    }

    /// Decodes a chunk; gives the id that follows its first codeword, if one does.
    #[inline(always)]
    fn chunk<const L: usize>(
        &self,
        lanes: &mut Lanes<L>,
        table: &DecodeTable,
        announces: bool,
        next: &mut usize,
        symbols: &mut [[u8; L]; CHUNK_STEPS],
        raw: &mut [[u8; WORD_BYTES]],
    ) -> u8 {
        // A new word goes behind the P-1 that are left when one has been used up.
        let behind = u64::BITS - self.header.parameters.prefill * MUX_BITS as u32;
        let (words, mut at) = (self.words, *next);
        let mut id = 0;
        for (step, symbols) in symbols.iter_mut().enumerate() {
            for lane in 0..L {
                let mut window = lanes.window[lane];
                let mut entry = table.look_up(window);
                if entry & RARE != 0 {
                    entry = table.resolve(entry, window);
                }
                symbols[lane] = (entry >> 8) as u8;
                window = window.wrapping_shl(u32::from(entry));
                let mut total = lanes.used[lane] + u32::from(entry & LENGTH);
                if lane == 0 && step == 0 && announces {
                    id = (window >> (u64::BITS - BOOK_ID_BITS)) as u8;
                    window <<= BOOK_ID_BITS;
                    total += BOOK_ID_BITS;
                }
                let crossed = total >> MUX_BITS.trailing_zeros();
                let used = total & (MUX_BITS as u32 - 1);
                let word = u64::from(u16::from_be_bytes(words[at])) & u64::from(crossed).wrapping_neg();
                lanes.window[lane] = window | word.wrapping_shl(behind + used);
                lanes.used[lane] = used;
                at += crossed as usize;
            }
            let [from, to] = [step, step + 1].map(|s| self.raw_words.before[s]);
            copy_words(&mut raw[from..to], &words[at..at + (to - from)]);
            at += to - from;
        }
        *next = at;
        id
    }

    /// Decodes the steps from chunk `first_chunk` on, and checks that the payload ends with the last word that holds a bit.
    #[allow(clippy::too_many_arguments)]
    fn end(
        &self,
        mut lanes: Vec<EndLane>,
        mut books: Books,
        first_chunk: usize,
        mut next: usize,
        mut raw_come: usize,
        symbols: &mut [u8],
        raw: &mut [[u8; WORD_BYTES]],
    ) -> Option<()> {
        let prefill = self.header.parameters.prefill as usize;
        let behind = u128::BITS - prefill as u32 * MUX_BITS as u32;
        // One past the last word that holds a bit of its stream.
        let mut end = self.real_raw_words.min(self.raw_words.first);
        let symbols = &mut symbols[..self.count - first_chunk * CHUNK_STEPS * lanes.len()];
        for (step, symbols) in symbols.chunks_mut(lanes.len()).enumerate() {
            if next > self.limit {
                return None;
            }
            let within = step % CHUNK_STEPS;
            let (book, announces) = match within {
                0 => books.of_chunk(first_chunk + step / CHUNK_STEPS),
                _ => (usize::from(books.current), false),
            };
            for (index, (lane, symbol)) in lanes.iter_mut().zip(symbols).enumerate() {
                let (decoded, length) = self.books[book].read((lane.window >> 64) as u64);
                *symbol = decoded;
                lane.window <<= length;
                lane.used += length;
                if index == 0 && announces {
                    let id = (lane.window >> (u128::BITS - BOOK_ID_BITS)) as u8;
                    lane.window <<= BOOK_ID_BITS;
                    lane.used += BOOK_ID_BITS;
                    self.books.get(usize::from(id))?;
                    books.next = Some(id);
                }
                if lane.used >= MUX_BITS as u32 {
                    lane.used -= MUX_BITS as u32;
                    lane.places[(lane.crossed + prefill) % 8] = next;
                    lane.crossed += 1;
                    lane.window |= u128::from(u16::from_be_bytes(self.words[next])) << (behind + lane.used);
                    next += 1;
                }
            }
            let raw_step = self.raw_words.before[within + 1] - self.raw_words.before[within];
            raw[raw_come..raw_come + raw_step].copy_from_slice(&self.words[next..next + raw_step]);
            if (raw_come + 1..=raw_come + raw_step).contains(&self.real_raw_words) {
                end = next + self.real_raw_words - raw_come;
            }
            next += raw_step;
            raw_come += raw_step;
        }
        for lane in &lanes {
            let last = if lane.used > 0 { Some(lane.crossed) } else { lane.crossed.checked_sub(1) };
            end = last.map_or(end, |last| end.max(lane.places[last % 8] + 1));
        }
        let padding_is_zero = lanes.iter().all(|lane| lane.window == 0);
        let id_is_raw = books.next.is_none_or(|id| id == RAW_BOOK);
        (end == self.payload_words && padding_is_zero && id_is_raw).then_some(())
    }
}

//! The end of a packet, turn by turn: the words that hold bits have to be told from those of zeros.

use super::{Books, Job};
use crate::codec::books::book_id_bit;
use crate::fast::{CHUNK_STEPS, MUX_BITS};
use crate::wire::RAW_BOOK;

/// A lane of the packet's end.
#[derive(Clone)]
pub(super) struct EndLane {
    /// As in [`Lanes`], with room for the largest prefill.
    pub window: u128,
    pub used: u32,
    /// Words left behind, and the place in the payload of word `k` at `k` mod 8 as far as it was asked for here.
    pub crossed: usize,
    pub places: [usize; 8],
}

impl Job<'_> {
    /// Decodes the steps from chunk `first_chunk` on, and checks that the payload ends with the last word that holds a bit.
    #[allow(clippy::too_many_arguments)]
    pub(super) fn end(
        &self,
        mut lanes: Vec<EndLane>,
        mut books: Books,
        first_chunk: usize,
        mut next: usize,
        mut raw_come: usize,
        symbols: &mut [u8],
        raw: &mut [u16],
    ) -> Option<()> {
        let parameters = &self.header.parameters;
        let prefill = parameters.prefill as usize;
        let behind = u128::BITS - prefill as u32 * MUX_BITS as u32;
        // One past the last word that holds a bit of its stream.
        let mut end = self.raw_words.end_of_lead(self.real_raw_words, prefill * lanes.len());
        let step_lanes = lanes.len();
        let symbols = &mut symbols[..self.count - first_chunk * CHUNK_STEPS * step_lanes];
        for (step, mut symbols) in symbols.chunks_mut(step_lanes).enumerate() {
            if next > self.limit {
                return None;
            }
            let within = step % CHUNK_STEPS;
            let book = match within {
                0 => books.of_chunk(first_chunk + step / CHUNK_STEPS).0,
                _ => books.current.into(),
            };
            let mut id_bit = book_id_bit(parameters, (first_chunk * CHUNK_STEPS + step) as u64);
            for (turn, lanes) in lanes.chunks_mut(parameters.turn_lanes() as usize).enumerate() {
                let (of_turn, later) = symbols.split_at_mut(lanes.len().min(symbols.len()));
                symbols = later;
                for (lane, symbol) in lanes.iter_mut().zip(of_turn) {
                    let (decoded, length) = self.books[book].read((lane.window >> 64) as u64);
                    *symbol = decoded;
                    lane.window <<= length;
                    lane.used += length;
                    if let Some(bit) = id_bit.take() {
                        let id = books.next.unwrap_or(0) | ((lane.window >> (u128::BITS - 1)) as u8) << bit;
                        lane.window <<= 1;
                        lane.used += 1;
                        if bit == 0 {
                            self.books.get(usize::from(id))?;
                        }
                        books.next = Some(id);
                    }
                    if lane.used >= MUX_BITS as u32 {
                        lane.used -= MUX_BITS as u32;
                        lane.places[(lane.crossed + prefill) % 8] = next;
                        lane.crossed += 1;
                        lane.window |= u128::from(self.words[next]) << (behind + lane.used);
                        next += 1;
                    }
                }
                let turn = within * parameters.turns as usize + turn;
                let raw_turn = self.raw_words.before[turn + 1] - self.raw_words.before[turn];
                raw[raw_come..raw_come + raw_turn].copy_from_slice(&self.words[next..next + raw_turn]);
                if (raw_come + 1..=raw_come + raw_turn).contains(&self.real_raw_words) {
                    end = next + self.real_raw_words - raw_come;
                }
                next += raw_turn;
                raw_come += raw_turn;
            }
        }
        // Of a chunk cut short there is no more.
        raw[raw_come..].fill(0);
        for lane in &lanes {
            let last = if lane.used > 0 { Some(lane.crossed) } else { lane.crossed.checked_sub(1) };
            end = last.map_or(end, |last| end.max(lane.places[last % 8] + 1));
        }
        let padding_is_zero = lanes.iter().all(|lane| lane.window == 0);
        let id_is_raw = books.next.is_none_or(|id| id == RAW_BOOK);
        (end == self.payload_words && padding_is_zero && id_is_raw).then_some(())
    }
}

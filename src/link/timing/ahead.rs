//! `book_ahead` and `book_costs`: beats wait until the next block's id is known.

use super::fifo::Fifo;
use super::stages::{Delay, Stages};
use super::PlainBeat;

/// Steps of a block with a book of its own, in the RTL.
const BLOCK_STEPS: u32 = 16;

/// A block's end on its way to the comparison: whether it is the packet's last.
type BlockEnd = Option<bool>;

/// The look-ahead.
#[derive(Clone, Debug)]
pub struct Ahead {
    books: u32,
    beats: Fifo<PlainBeat>,
    ids: Fifo<bool>,
    ends: Delay<BlockEnd>,
    position_in: u32,
    closing: bool,
    // The comparison: a block that waits for it (always the packet's last), books left, and whether it is the packet's last.
    waiting: bool,
    scanning: Option<(u32, bool)>,
    // The block whose beats leave: whether it is the packet's last.
    book: BlockEnd,
    position: u32,
}

impl Ahead {
    /// For a bank of `books` books.
    pub fn new(books: u32, stages: &Stages) -> Self {
        Ahead {
            books,
            beats: Fifo::new(stages.ahead_beats),
            ids: Fifo::new(stages.ahead_ids),
            ends: Delay::new(stages.ahead_sum, None),
            position_in: 0,
            closing: false,
            waiting: false,
            scanning: None,
            book: None,
            position: 0,
        }
    }

    /// A beat would be taken.
    pub fn ready(&self) -> bool {
        self.beats.room() && self.ids.room() && !self.closing
    }

    /// The beat that leaves if the front takes it.
    pub fn offered(&self) -> Option<PlainBeat> {
        let last_block = self.book?;
        self.beats.head().filter(|_| last_block || self.ids.head().is_some())
    }

    /// One clock: `taken` comes in, and what is offered `passes` to the front.
    pub fn clock(&mut self, taken: Option<PlainBeat>, passes: bool) {
        let mut end = None;
        if let Some(beat) = taken {
            if self.position_in == BLOCK_STEPS - 1 || beat.last {
                end = Some(beat.last);
            }
            self.position_in = if beat.last { 0 } else { (self.position_in + 1) % BLOCK_STEPS };
        }
        let summed = self.ends.step(end);
        let (found, closed) = self.compare(summed);
        self.closing = (self.closing && !closed) || taken.is_some_and(|b| b.last);

        // Beats out.
        let last_beat = passes && self.beats.head().is_some_and(|b| b.last);
        let next = self.ids.head();
        let mut pop_id = false;
        let (position, book) = (self.position, self.book);
        if passes {
            self.position = (position + 1) % BLOCK_STEPS;
        }
        if (passes && position == BLOCK_STEPS - 1) || book.is_none() {
            pop_id = next.is_some() && book != Some(true);
            self.book = next;
        }
        if last_beat {
            self.position = 0;
            self.book = None;
        }
        self.beats.clock(taken, passes);
        self.ids.clock(found, pop_id);
    }

    /// One clock of the comparison, one book a clock: the block whose book is found, and whether a packet's last block goes in.
    fn compare(&mut self, summed: BlockEnd) -> (BlockEnd, bool) {
        let found = self.scanning.and_then(|(left, last)| (left == 0).then_some(last));
        let free = self.scanning.is_none() || found.is_some();
        let copies = free && (summed.is_some() || self.waiting);
        let last = summed == Some(true) || self.waiting;
        self.scanning = match self.scanning {
            _ if copies => Some((self.books, last)),
            Some((left, last)) if left > 0 => Some((left - 1, last)),
            _ => None,
        };
        self.waiting = (self.waiting || summed.is_some()) && !copies;
        (found, copies && last)
    }

    /// Nothing is in it.
    pub fn is_idle(&self) -> bool {
        self.beats.is_idle() && self.ids.is_idle() && !self.closing && self.book.is_none() && self.scanning.is_none()
    }

    /// Most beats that there have been.
    pub fn high_water(&self) -> usize {
        self.beats.high_water()
    }
}

//! `book_ahead` and `book_costs`: steps wait until the next block's id is known.

use super::block_fifo::BlockFifo;
use super::fifo::Fifo;
use super::stages::{Delay, Shape, Stages};
use super::PlainBeat;

/// Steps of a block with a book of its own, in the RTL.
const BLOCK_STEPS: u32 = 16;

/// A block's end on its way: whether it is the packet's last.
type BlockEnd = Option<bool>;

/// The look-ahead.
#[derive(Clone, Debug)]
pub struct Ahead {
    split: Delay<Option<PlainBeat>>,
    ends: Delay<BlockEnd>,
    steps: BlockFifo<PlainBeat>,
    ids: Fifo<bool>,
    position_in: u32,
    closing: bool,
    costs: Costs,
    // The block whose steps leave: whether it is the packet's last.
    book: BlockEnd,
    position: u32,
}

impl Ahead {
    /// For streams of this shape, and a bank of `books` books.
    pub fn new(shape: &Shape, books: u32, stages: &Stages) -> Self {
        let costs = Costs::new(shape.lanes, books, stages);
        Ahead {
            split: Delay::new(stages.ahead_split, None),
            ends: Delay::new(stages.ahead_split, None),
            steps: BlockFifo::new(stages.ahead_steps),
            ids: Fifo::new(stages.ahead_ids),
            position_in: 0,
            closing: false,
            costs,
            book: None,
            position: 0,
        }
    }

    /// A beat would be taken.
    pub fn ready(&self) -> bool {
        self.steps.room() && self.ids.room() && !self.closing
    }

    /// The step that leaves if the front takes it.
    pub fn offered(&self) -> Option<PlainBeat> {
        let last_block = self.book?;
        self.steps.head().filter(|_| last_block || self.ids.head().is_some())
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
        let (found, closed) = self.costs.clock(self.ends.step(end));
        self.closing = (self.closing && !closed) || taken.is_some_and(|b| b.last);

        // Steps out.
        let last_step = passes && self.steps.head().is_some_and(|b| b.last);
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
        if last_step {
            self.position = 0;
            self.book = None;
        }
        self.steps.clock(self.split.step(taken), passes);
        self.ids.clock(found, pop_id);
    }

    /// Nothing is in it.
    pub fn is_idle(&self) -> bool {
        let queues = self.steps.is_idle() && self.ids.is_idle();
        queues && !self.closing && self.book.is_none() && self.costs.scanning.is_none()
    }

    /// Most steps that there have been.
    pub fn high_water(&self) -> usize {
        self.steps.high_water()
    }
}

/// The comparison: one book a clock, the raw book to begin with.
#[derive(Clone, Debug)]
struct Costs {
    books: u32,
    /// Books that have been compared when the end of a block that waits is told ahead of its capture.
    soon: u32,
    /// On the way through ROM, register and tree.
    ends: Delay<BlockEnd>,
    /// A block that waits for the comparison: always the packet's last.
    waiting: bool,
    /// Its end has been told.
    told: bool,
    /// The candidate, and whether the block is the packet's last.
    scanning: Option<(u32, bool)>,
    chosen: Delay<BlockEnd>,
}

impl Costs {
    fn new(lanes: usize, books: u32, stages: &Stages) -> Self {
        let clocks = stages.costs_sum + lanes.ilog2() as usize;
        Costs {
            books,
            soon: books.saturating_sub(clocks as u32 + stages.costs_lead),
            ends: Delay::new(clocks, None),
            waiting: false,
            told: false,
            scanning: None,
            chosen: Delay::new(stages.costs_pick, None),
        }
    }

    /// One clock: the block whose book is found, and whether a packet's last block no longer stands in the way.
    fn clock(&mut self, end: BlockEnd) -> (BlockEnd, bool) {
        let end = self.ends.step(end);
        let found = self.scanning.and_then(|(candidate, last)| (candidate == self.books).then_some(last));
        let free = self.scanning.is_none() || found.is_some();
        let copies = free && (end.is_some() || self.waiting);
        let last = end == Some(true) || self.waiting;
        let soon = self.waiting && self.scanning.is_some_and(|(candidate, _)| candidate >= self.soon);
        let closed = !self.told && if copies { last } else { soon };
        self.told = (self.told || closed) && !copies;
        self.waiting = (self.waiting || end.is_some()) && !copies;
        self.scanning = match self.scanning {
            _ if copies => Some((0, last)),
            Some((candidate, last)) if found.is_none() => Some((candidate + 1, last)),
            _ => None,
        };
        (self.chosen.step(found), closed)
    }
}

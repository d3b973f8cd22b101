//! Sizes, depths and latencies of the cores: everything that the models take from the RTL.

use crate::format::Layout;
use crate::wire::{Parameters, RAW_LEAD_TURNS};

/// Bits of a mux word in the RTL.
const WORD_BITS: usize = 16;
/// Words of the trailer and of the header, in these words.
pub const TRAILER_WORDS: u32 = 4;
/// See [`TRAILER_WORDS`].
pub const HEADER_WORDS: u32 = 5;

/// A queue: log2 of its entries, and how many must be free for it to have room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Depth {
    /// log2 of the entries.
    pub log2: u32,
    /// Entries that may still come when it says that it has no room.
    pub slack: u32,
}

impl Depth {
    const fn new(log2: u32, slack: u32) -> Self {
        Depth { log2, slack }
    }

    /// Entries, the head not counted.
    pub const fn entries(self) -> u32 {
        1 << self.log2
    }
}

/// Depths and latencies of the blocks, in clocks, block by block along the path of a symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stages {
    /// `bias_ahead`: queue of beats, at least.
    pub bias_beats: Depth,
    /// `bias_ahead`: queue of biases.
    pub biases: Depth,
    /// `bias_ahead`: from the first block's last beat to its bias in that queue.
    pub bias: usize,
    /// `book_ahead`: from a beat to the queue of steps, and to the costs.
    pub ahead_split: usize,
    /// `book_ahead`: queue of steps.
    pub ahead_steps: Depth,
    /// `book_ahead`: queue of ids.
    pub ahead_ids: Depth,
    /// `book_costs`: from a step to the sum of its block, with a tree of no lanes; each level takes one more.
    pub costs_sum: usize,
    /// `book_costs`: from the comparison with the last book to the id.
    pub costs_pick: usize,
    /// `book_costs`: from the word that a packet's last block no longer stands in the way to the next packet's first step.
    pub costs_lead: u32,
    /// `packet_front`: clocks that the count stays behind those in which it goes into the check.
    pub count_held: u32,
    /// `lane_packer` behind the code ROM and its register: from the front's token to the lane's word.
    pub lane_pack: usize,
    /// `raw_packer`, more than a mux word of raw bits a step: the same for raw words.
    pub raw_pack: usize,
    /// `step_delay`: from the front's token to the queue of steps.
    pub step: usize,
    /// `packet_check`: from the last part of the count in the check to the trailer.
    pub check: usize,
    /// `word_mux`: queue of steps.
    pub steps: Depth,
    /// `sequencer`: from the last words of a packet to the word that it is there as a whole.
    pub closing: usize,
    /// `group`, `places`: from the slots' answer to the sums of the group's words.
    pub group: usize,
    /// `places`: from these sums to the router.
    pub places: usize,
    /// `router`: bits of a place in a clock.
    pub router_bits: usize,
    /// `beats`: rows.
    pub beats: Depth,
    /// `word_store`: words of a bank, and rows that may still come when it says that it has no room.
    pub bank: Depth,
    /// `word_count`: queue of tags.
    pub tags: Depth,
    /// `row_tagger`: registers behind the delay line.
    pub tag: usize,
    /// `controller`: clocks in `Settle`.
    pub settle: u32,
    /// `token_delay`, `finisher`: from the controller's token to the finisher's input register.
    pub token: usize,
    /// `word_pick`, `controller`: clocks in `Verify`.
    pub verify: u32,
    /// `word_pick`, `controller`, `step_budget`: clocks in `Count` and `Weigh`.
    pub weigh: u32,
    /// `finisher`: from the last part of the count in the check to the last beat in the queue.
    pub judge: usize,
    /// `finisher`: queue of beats.
    pub output: Depth,
}

impl Stages {
    /// Those of the RTL.
    pub const RTL: Stages = Stages {
        bias_beats: Depth::new(6, 4),
        biases: Depth::new(3, 4),
        bias: 12,
        ahead_split: 2,
        ahead_steps: Depth::new(7, 12),
        ahead_ids: Depth::new(4, 6),
        costs_sum: 2,
        costs_pick: 2,
        costs_lead: 2,
        count_held: 4,
        lane_pack: 4,
        raw_pack: 3,
        step: 4,
        check: 5,
        steps: Depth::new(7, 28),
        closing: 2,
        group: 3,
        places: 1,
        router_bits: 2,
        beats: Depth::new(4, 9),
        bank: Depth::new(4, 4),
        tags: Depth::new(5, 9),
        tag: 3,
        settle: 8,
        token: 5,
        verify: 2,
        weigh: 5,
        judge: 5,
        output: Depth::new(4, 11),
    };

    /// Rows of the decoder's store of words: a bank for each slot, and for two rows at least.
    pub fn store_rows(&self, shape: &Shape) -> u32 {
        let banks = (shape.slots() as u32).next_power_of_two().max(2 * shape.link_words);
        self.bank.entries() * banks / shape.link_words
    }
}

/// Sizes that follow from a stream's parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Lanes.
    pub lanes: usize,
    /// Bytes of a step on the plain side.
    pub step_bytes: usize,
    /// Raw bits of an element.
    pub raw_bits: usize,
    /// Slots of raw words.
    pub raw_slots: usize,
    /// Mux words of a link beat.
    pub link_words: u32,
    /// Prefill in words.
    pub prefill: u32,
    /// log2 of the steps of a block, if each packet begins with the bias of its first one.
    pub bias_block: Option<u32>,
    /// Books that the encoder compares for each block; `None` without a book for each block.
    pub books: Option<u32>,
}

impl Shape {
    /// For these parameters and a bank of `books` books.
    pub fn new(parameters: &Parameters, layout: &Layout, books: usize) -> Self {
        let (lanes, planes) = (parameters.lanes as usize, layout.symbols as usize);
        let raw_bits = layout.raw_bits as usize;
        let step_bytes = lanes * layout.element_bytes() / planes;
        Shape {
            lanes,
            step_bytes,
            raw_bits,
            raw_slots: (lanes * raw_bits).div_ceil(WORD_BITS),
            // The link is as wide as the plain side.
            link_words: (8 * step_bytes).div_ceil(WORD_BITS).next_power_of_two() as u32,
            prefill: parameters.prefill,
            bias_block: parameters
                .tracking
                .filter(|t| t.initial_bias.is_none())
                .and_then(|_| parameters.block_log2.map(u32::from)),
            books: (parameters.book_mode == crate::wire::BookMode::Block).then_some(books as u32),
        }
    }

    /// Slots: lanes first, then raw words.
    pub const fn slots(&self) -> usize {
        self.lanes + self.raw_slots
    }

    /// Words of a row of the encoder: as many as the slots may give in a clock, in whole beats.
    pub fn row_words(&self) -> u32 {
        (self.slots().next_power_of_two() as u32).max(self.link_words).max(2)
    }

    /// Raw bits of a step.
    pub const fn raw_step_bits(&self) -> usize {
        self.lanes * self.raw_bits
    }

    /// Bytes of a link beat.
    pub const fn link_bytes(&self) -> u32 {
        2 * self.link_words
    }

    /// Clocks that the check takes for the symbol count.
    pub const fn count_clocks(&self) -> u32 {
        32usize.div_ceil(8 * self.step_bytes) as u32
    }

    /// Rounds of raw words ahead of the prefill.
    pub const fn lead_rounds(&self) -> u32 {
        let steps = RAW_LEAD_TURNS as usize;
        match self.raw_step_bits() {
            0 => 0,
            bits @ 1..=WORD_BITS => (steps * bits).div_ceil(WORD_BITS) as u32,
            _ => steps as u32,
        }
    }
}

/// Which raw words a step asks for (wire format, section 5.2), as both cores count them.
#[derive(Clone, Copy, Debug)]
pub struct RawSchedule {
    bits: usize,
    offset: usize,
}

impl RawSchedule {
    /// At a packet's first step.
    pub const fn new(shape: &Shape) -> Self {
        RawSchedule { bits: shape.raw_step_bits(), offset: 0 }
    }

    /// Raw words of the step; with `lead` those of a round ahead of the prefill.
    pub const fn words(&self, lead: bool) -> usize {
        if lead && self.bits <= WORD_BITS {
            return if self.bits == 0 { 0 } else { 1 };
        }
        self.bits.saturating_sub(self.offset).div_ceil(WORD_BITS)
    }

    /// Bits of the step in front of the first word that begins in it.
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// On to the next step.
    pub fn advance(&mut self) {
        self.offset = (self.offset + WORD_BITS - self.bits % WORD_BITS) % WORD_BITS;
    }

    /// Behind the rounds ahead of the prefill: on to the ninth step.
    pub fn enter(&mut self) {
        let steps = RAW_LEAD_TURNS as usize;
        self.offset = (WORD_BITS - steps * self.bits % WORD_BITS) % WORD_BITS;
    }
}

/// A pipeline of registers.
#[derive(Clone, Debug)]
pub struct Delay<T> {
    held: Vec<T>,
    next: usize,
}

impl<T: Copy> Delay<T> {
    /// `clocks` registers that hold `idle`.
    pub fn new(clocks: usize, idle: T) -> Self {
        Delay { held: vec![idle; clocks], next: 0 }
    }

    /// One clock: takes `value` in and gives what comes out in this clock, `value` itself if there is no register.
    #[inline]
    pub fn step(&mut self, value: T) -> T {
        let clocks = self.held.len();
        let Some(slot) = self.held.get_mut(self.next) else { return value };
        self.next = if self.next + 1 == clocks { 0 } else { self.next + 1 };
        // The register written now is read when the ring comes round.
        std::mem::replace(slot, value)
    }
}

//! Runs a packet through the lanes: checks the header, hands out words in the order of demand, fires the steps, reads the
//! trailer (wire format, sections 4, 5.2 and 7).
//!
//! ```text
//!  words, available --> [ who asks? ] --> slot word, load      (lanes first, then raw)
//!                            ^
//!  crossed ---> [ need ] ----'     fire ---> lanes         token ---> output
//! ```
//!
//! | state | what happens in a clock |
//! |---|---|
//! | `Header` | up to 5 words of the header are taken |
//! | `Verify` | the header is compared with the one that this core was made for |
//! | `RawLead` | the raw words of the first eight steps, a round a clock |
//! | `Prefill` | one word of each lane |
//! | `Stream` | the words that the last step made the lanes ask for, and a step |
//! | `Trailer` | up to 5 words of the trailer are taken |
//! | `Weigh` | the symbol count is held against what was decoded and what may still come |
//! | `Drain` | a step without new words |
//! | `Fail` | the packet ends with an empty beat |
//! | `Discard` | what is left of the packet is dropped |
//! | `Settle` | the pipeline behind runs empty |
//!
//! | property | value |
//! |---|---|
//! | throughput | one step a clock in `Stream` and `Drain` |
//!
//! A step fires in `Stream` only while a payload word is left behind all that it asks for: that proves that the step exists
//! and is not the last. When the payload ends, the count in the trailer says how many more there are.

use super::row_tagger::count_bits;
use crate::rtl::geometry::Geometry;
use crate::rtl::prelude::*;
use crate::rtl::raw_schedule::{lead_rounds, RawSchedule};

// The derive needs rust-hdl's own number type in scope, not ours.
mod state {
    use rust_hdl::prelude::*;

    /// State of the [`Controller`](super::Controller).
    #[derive(Clone, Copy, Debug, PartialEq, LogicState)]
    pub enum ControllerState {
        /// Takes the header.
        Header,
        /// Checks it.
        Verify,
        /// Takes raw words ahead.
        RawLead,
        /// Fills the lanes.
        Prefill,
        /// Decodes while words come.
        Stream,
        /// Takes the trailer.
        Trailer,
        /// Checks the count.
        Weigh,
        /// Decodes what the lanes hold.
        Drain,
        /// Ends a bad packet.
        Fail,
        /// Drops the rest of a packet.
        Discard,
        /// Waits for the pipeline behind.
        Settle,
    }
}
pub use state::ControllerState;

/// What the controller is told when it is made.
#[derive(Clone, Copy, Debug)]
pub struct ControllerConfig {
    /// The header with book 0.
    pub header: u128,
    /// Lowest bit of its book field.
    pub book_position: u32,
    /// Books in the bank.
    pub books: usize,
    /// Mux words that every lane starts with.
    pub prefill: u32,
    /// Sizes.
    pub geometry: Geometry,
    /// Each block of 16 steps has a book.
    pub blocks: bool,
}

/// Steps that the words held by a lane can still give: prefill x 16 codewords of one bit.
const HELD_STEPS: u128 = 48;
/// Clocks until the last token has left the pipeline behind.
const SETTLE_CLOCKS: u128 = 6;

/// The controller. As many words are visible as a link beat has, at least one for each slot.
#[derive(LogicBlock)]
pub struct Controller {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Synchronous reset.
    pub rst: Signal<In, Bit>,
    /// Next words of the packet.
    pub word: Vec<Signal<In, U<16>>>,
    /// How many are there.
    pub available: Bus<In>,
    /// No more will come.
    pub complete: Signal<In, Bit>,
    /// The packet has broken rows; certain with `complete`.
    pub broken: Signal<In, Bit>,
    /// Words to take.
    pub take: Bus<Out>,
    /// The trailer is being read.
    pub trailer: Signal<Out, Bit>,
    /// Drop the rest of the packet.
    pub finish: Signal<Out, Bit>,
    /// It is dropped.
    pub finished: Signal<In, Bit>,
    /// The output has room.
    pub room: Signal<In, Bit>,
    /// Lanes that crossed a word boundary in this clock's step.
    pub crossed: Bus<In>,
    /// A packet begins: lanes and raw queue forget everything.
    pub clear: Signal<Out, Bit>,
    /// Book of the packet.
    pub book: Signal<Out, U<4>>,
    /// Book that the lanes use next.
    pub lookup: Signal<Out, U<4>>,
    /// From the next clock on.
    pub changes: Signal<Out, Bit>,
    /// A bit of the next block's id stands behind lane 0's codeword of this step.
    pub extra: Signal<Out, Bit>,
    /// That bit, a clock later.
    pub id_bit: Signal<In, Bit>,
    /// Words for the slots.
    pub slot_word: Vec<Signal<Out, U<16>>>,
    /// Slots that get one.
    pub slot_load: Vec<Signal<Out, Bit>>,
    /// A step.
    pub fire: Signal<Out, Bit>,
    /// Token: there is one, with `fire` or for an empty beat.
    pub token: Signal<Out, Bit>,
    /// Token: first of its packet.
    pub token_first: Signal<Out, Bit>,
    /// Token: last of its packet.
    pub token_last: Signal<Out, Bit>,
    /// Token: lanes with a symbol.
    pub token_active: Bus<Out>,
    /// Token: header error, length error (bits 0 and 1).
    pub token_errors: Signal<Out, U<2>>,
    /// Symbol count of the trailer.
    pub count: Signal<Out, U<32>>,
    /// CRC of the trailer.
    pub expected: Signal<Out, U<32>>,
    state: Register<ControllerState>,
    left: Register<U<4>>,
    fixed: Register<U<80>>,
    book_held: Register<U<4>>,
    need: BusRegister,
    raw: Vec<RawSchedule>,
    grouped: Register<Bit>,
    block_position: Register<U<4>>,
    next_book: Register<U<4>>,
    extra1: Register<Bit>,
    announced: Signal<Local, Bit>,
    blocks: Constant<U<1>>,
    started: Register<Bit>,
    fired: Register<U<32>>,
    remaining: Register<U<32>>,
    symbols: Register<U<32>>,
    checksum: Register<U<32>>,
    header_error: Register<Bit>,
    length_error: Register<Bit>,
    want: Vec<Signal<Local, Bit>>,
    position: Vec<Bus<Local>>,
    asked: Bus<Local>,
    asked_wide: Bus<Local>,
    enough: Signal<Local, Bit>,
    taking: Bus<Local>,
    lead_done: Signal<Local, Bit>,
    raw_group: Signal<Local, Bit>,
    load_all: Signal<Local, Bit>,
    collected: Signal<Local, U<80>>,
    one_word: Signal<Local, U<16>>,
    portion: Signal<Local, U<4>>,
    fires: Signal<Local, Bit>,
    emits: Signal<Local, Bit>,
    ends: Signal<Local, Bit>,
    active: Bus<Local>,
    errors: Signal<Local, U<2>>,
    header_book: Signal<Local, U<4>>,
    one: Constant<U<4>>,
    one_word_more: BusConstant,
    chunk: Constant<U<4>>,
    header_words: Constant<U<4>>,
    trailer_words: Constant<U<4>>,
    prefill: Constant<U<4>>,
    lead_rounds: Constant<U<4>>,
    settle: Constant<U<4>>,
    header: Constant<U<80>>,
    header_mask: Constant<U<80>>,
    books: Constant<U<4>>,
    lanes: Constant<U<32>>,
    held_symbols: Constant<U<32>>,
    part_mask: Constant<U<32>>,
    all_lanes: BusConstant,
    length_flag: Constant<U<2>>,
    header_flag: Constant<U<2>>,
    index: Vec<BusConstant>,
    lane_index: Vec<Constant<U<32>>>,
    chunk_index: Vec<Constant<U<4>>>,
    _lanes: usize,
    _count_bits: usize,
    _sum_bits: usize,
}

impl Controller {
    /// A controller for packets with this header.
    pub fn new(config: &ControllerConfig) -> Self {
        let geometry = &config.geometry;
        let (lanes, slots, raw_bits) = (geometry.lanes, geometry.slots(), geometry.raw_step_bits());
        let row_words = geometry.link_words();
        let (count, sum, chunk) = (count_bits(row_words), bits_for(2 * row_words), row_words.min(5));
        Self {
            clk: port(),
            rst: port(),
            word: many(row_words),
            available: Bus::new(sum),
            complete: port(),
            broken: port(),
            take: Bus::new(count),
            trailer: port(),
            finish: port(),
            finished: port(),
            room: port(),
            crossed: Bus::new(lanes),
            clear: port(),
            book: port(),
            slot_word: many(slots),
            slot_load: many(slots),
            fire: port(),
            token: port(),
            token_first: port(),
            token_last: port(),
            token_active: Bus::new(lanes),
            token_errors: port(),
            count: port(),
            expected: port(),
            state: port(),
            left: port(),
            fixed: port(),
            book_held: port(),
            need: BusRegister::new(lanes),
            raw: (0..geometry.raw_slots().min(1)).map(|_| RawSchedule::new(raw_bits)).collect(),
            grouped: port(),
            lookup: port(),
            changes: port(),
            extra: port(),
            id_bit: port(),
            next_book: port(),
            extra1: port(),
            announced: port(),
            blocks: constant(config.blocks.into()),
            block_position: port(),
            started: port(),
            fired: port(),
            remaining: port(),
            symbols: port(),
            checksum: port(),
            header_error: port(),
            length_error: port(),
            want: many(slots),
            position: (0..slots).map(|_| Bus::new(count)).collect(),
            asked: Bus::new(count),
            asked_wide: Bus::new(sum),
            enough: port(),
            taking: Bus::new(count),
            lead_done: port(),
            raw_group: port(),
            load_all: port(),
            collected: port(),
            one_word: port(),
            portion: port(),
            fires: port(),
            emits: port(),
            ends: port(),
            active: Bus::new(lanes),
            errors: port(),
            header_book: port(),
            one: constant(1),
            one_word_more: BusConstant::new(count, 1),
            chunk: constant(chunk as u128),
            header_words: constant(5),
            trailer_words: constant(4),
            prefill: constant(config.prefill.into()),
            lead_rounds: constant(lead_rounds(raw_bits) as u128),
            settle: constant(SETTLE_CLOCKS),
            header: constant(config.header),
            header_mask: constant(!(0xFu128 << config.book_position)),
            books: constant(config.books as u128),
            lanes: constant(lanes as u128),
            held_symbols: constant(HELD_STEPS * lanes as u128),
            part_mask: constant(geometry.planes as u128 - 1),
            all_lanes: BusConstant::new(lanes, (1 << lanes) - 1),
            length_flag: constant(2),
            header_flag: constant(1),
            index: (0..row_words).map(|i| BusConstant::new(count, i as u128)).collect(),
            lane_index: (0..lanes).map(|i| constant(i as u128)).collect(),
            chunk_index: (0..chunk).map(|i| constant(i as u128)).collect(),
            _lanes: lanes,
            _count_bits: count,
            _sum_bits: sum,
        }
    }
}

impl Logic for Controller {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clk,
            state,
            left,
            fixed,
            book_held,
            need,
            grouped,
            block_position,
            next_book,
            extra1,
            started,
            fired,
            remaining,
            symbols,
            checksum,
            header_error,
            length_error
        );

        // Who asks for a word in this state, and where in the window it is.
        self.asked.next = 0.into();
        for i in 0..self.want.len() {
            self.want[i].next = false;
        }
        // The first step is that of group 0, all of which has come ahead.
        self.raw_group.next = (self.state.q.val() == ControllerState::RawLead)
            | ((self.state.q.val() == ControllerState::Stream) & self.grouped.q.val());
        if self.raw_group.val() {
            for r in 0..self.raw.len() {
                for l in self._lanes..(self._lanes + 1) {
                    for i in self._lanes..self.want.len() {
                        self.want[i].next = self.raw[r].want[i - l].val();
                    }
                }
            }
        }
        if self.state.q.val() == ControllerState::Prefill {
            for i in 0..self._lanes {
                self.want[i].next = true;
            }
        }
        if (self.state.q.val() == ControllerState::Stream) | (self.state.q.val() == ControllerState::Drain) {
            for i in 0..self._lanes {
                self.want[i].next = self.need.q.val().get_bit(i);
            }
        }
        for i in 0..self.want.len() {
            self.position[i].next = self.asked.val();
            if self.want[i].val() {
                self.asked.next = self.asked.val() + self.one_word_more.val();
            }
        }
        self.asked_wide.next = bit_cast_to(self.asked.val(), self._sum_bits);
        self.enough.next = self.available.val() >= self.asked_wide.val();
        for i in 0..self.want.len() {
            self.slot_word[i].next = 0.into();
            if self.state.q.val() != ControllerState::Drain {
                for k in 0..self.word.len() {
                    // At most one word goes to each slot in front.
                    if self.index[k].val() <= self.index[i].val() {
                        if self.position[i].val() == self.index[k].val() {
                            self.slot_word[i].next = self.word[k].val();
                        }
                    }
                }
            }
        }

        // Header and trailer come in up to CH words at a time.
        self.portion.next = self.chunk.val();
        if self.left.q.val() < self.chunk.val() {
            self.portion.next = self.left.q.val();
        }
        self.collected.next = self.fixed.q.val();
        for i in 0..self.chunk_index.len() {
            self.one_word.next = self.word[i].val();
            if self.chunk_index[i].val() < self.left.q.val() {
                self.collected.next = (self.collected.val() << 16) | bit_cast::<80, 16>(self.one_word.val());
            }
        }
        self.header_book.next = self.fixed.q.val().get_bits::<4>(55);

        self.taking.next = 0.into();
        self.lead_done.next = false;
        self.load_all.next = false;
        self.fires.next = false;
        self.emits.next = false;
        self.ends.next = false;
        self.active.next = self.all_lanes.val();
        self.errors.next = 0.into();
        if self.header_error.q.val() {
            self.errors.next = self.header_flag.val();
        }
        if self.length_error.q.val() {
            self.errors.next = self.errors.val() | self.length_flag.val();
        }
        self.finish.next = false;
        self.clear.next = false;
        self.trailer.next = self.state.q.val() == ControllerState::Trailer;

        if (self.state.q.val() == ControllerState::Header) | (self.state.q.val() == ControllerState::Trailer) {
            if self.available.val() >= bit_cast_to(self.portion.val(), self._sum_bits) {
                self.taking.next = bit_cast_to(self.portion.val(), self._count_bits);
                self.fixed.d.next = self.collected.val();
                self.left.d.next = self.left.q.val() - self.portion.val();
                if self.left.q.val() == self.portion.val() {
                    if self.state.q.val() == ControllerState::Header {
                        self.state.d.next = ControllerState::Verify;
                    } else {
                        self.state.d.next = ControllerState::Weigh;
                        self.symbols.d.next = self.collected.val().get_bits::<32>(32);
                        self.checksum.d.next = self.collected.val().get_bits::<32>(0);
                        self.remaining.d.next = self.collected.val().get_bits::<32>(32) - self.fired.q.val();
                    }
                }
            } else if self.complete.val() {
                self.length_error.d.next = true;
                self.state.d.next = ControllerState::Fail;
            }
        }
        if self.state.q.val() == ControllerState::Verify {
            self.clear.next = true;
            self.grouped.d.next = false;
            self.block_position.d.next = 0.into();
            self.next_book.d.next = 0.into();
            self.book_held.d.next = self.header_book.val();
            self.left.d.next = self.prefill.val();
            self.state.d.next = ControllerState::Prefill;
            if self.lead_rounds.val().any() {
                self.left.d.next = self.lead_rounds.val();
                self.state.d.next = ControllerState::RawLead;
            }
            if ((self.fixed.q.val() & self.header_mask.val()) != self.header.val())
                | (self.header_book.val() > self.books.val())
            {
                self.header_error.d.next = true;
                self.state.d.next = ControllerState::Fail;
            }
        }
        if (self.state.q.val() == ControllerState::RawLead) | (self.state.q.val() == ControllerState::Prefill) {
            if self.enough.val() | self.complete.val() {
                self.load_all.next = true;
                self.taking.next = self.asked.val();
                if !self.enough.val() {
                    self.taking.next = bit_cast_to(self.available.val(), self._count_bits);
                }
                self.left.d.next = self.left.q.val() - self.one.val();
                if self.left.q.val() == self.one.val() {
                    self.left.d.next = self.prefill.val();
                    if self.state.q.val() == ControllerState::RawLead {
                        self.lead_done.next = true;
                        self.state.d.next = ControllerState::Prefill;
                    } else {
                        self.state.d.next = ControllerState::Stream;
                    }
                }
            }
        }
        if self.state.q.val() == ControllerState::Stream {
            if self.available.val() > self.asked_wide.val() {
                if self.room.val() {
                    self.load_all.next = true;
                    self.taking.next = self.asked.val();
                    self.fires.next = true;
                    self.emits.next = true;
                    self.need.d.next = self.crossed.val();
                    self.fired.d.next = self.fired.q.val() + self.lanes.val();
                }
            } else if self.complete.val() {
                self.load_all.next = true;
                self.taking.next = bit_cast_to(self.available.val(), self._count_bits);
                self.need.d.next = 0.into();
                self.left.d.next = self.trailer_words.val();
                self.state.d.next = ControllerState::Trailer;
            }
        }
        if (self.state.q.val() == ControllerState::Trailer) & self.broken.val() {
            self.length_error.d.next = true;
        }
        if self.state.q.val() == ControllerState::Weigh {
            self.state.d.next = ControllerState::Drain;
            if (self.symbols.q.val() < self.fired.q.val())
                | (self.symbols.q.val() & self.part_mask.val()).any()
                | (self.remaining.q.val() > self.held_symbols.val())
                | (!self.remaining.q.val().any() & self.fired.q.val().any())
            {
                self.length_error.d.next = true;
                self.state.d.next = ControllerState::Fail;
            }
            if !self.symbols.q.val().any() {
                self.state.d.next = ControllerState::Fail;
            }
        }
        if (self.state.q.val() == ControllerState::Drain) & self.room.val() {
            self.load_all.next = true;
            self.fires.next = true;
            self.emits.next = true;
            self.need.d.next = self.crossed.val();
            self.remaining.d.next = self.remaining.q.val() - self.lanes.val();
            for i in 0..self._lanes {
                if self.lane_index[i].val() >= self.remaining.q.val() {
                    self.active.next = self.active.val().replace_bit(i, false);
                }
            }
            if self.remaining.q.val() <= self.lanes.val() {
                self.ends.next = true;
                self.state.d.next = ControllerState::Discard;
            }
        }
        if (self.state.q.val() == ControllerState::Fail) & self.room.val() {
            self.emits.next = true;
            self.ends.next = true;
            self.active.next = 0.into();
            self.state.d.next = ControllerState::Discard;
        }
        if self.state.q.val() == ControllerState::Discard {
            self.finish.next = true;
            self.left.d.next = self.settle.val();
            if self.finished.val() {
                self.state.d.next = ControllerState::Settle;
            }
        }
        if self.state.q.val() == ControllerState::Settle {
            self.left.d.next = self.left.q.val() - self.one.val();
            if self.left.q.val() == self.one.val() {
                self.left.d.next = self.header_words.val();
                self.need.d.next = 0.into();
                self.started.d.next = false;
                self.fired.d.next = 0.into();
                self.header_error.d.next = false;
                self.length_error.d.next = false;
                self.state.d.next = ControllerState::Header;
            }
        }
        if self.emits.val() {
            self.started.d.next = true;
        }

        // The next block's id comes bit by bit in the first four steps of a block; behind the last step it is used.
        self.announced.next =
            (self.fires.val() & self.blocks.val().any()) & !self.block_position.q.val().get_bits::<2>(2).any();
        self.extra.next = self.announced.val();
        self.extra1.d.next = self.announced.val();
        if self.extra1.q.val() {
            self.next_book.d.next = self.next_book.q.val() << 1;
            if self.id_bit.val() {
                self.next_book.d.next = (self.next_book.q.val() << 1) | self.one.val();
            }
        }
        self.lookup.next = self.book_held.q.val();
        if self.grouped.q.val() & self.blocks.val().any() {
            self.lookup.next = self.next_book.q.val();
        }
        self.changes.next =
            (!self.grouped.q.val() | !self.blocks.val().any()) | (self.fires.val() & self.block_position.q.val().all());
        if self.fires.val() {
            self.grouped.d.next = true;
            self.block_position.d.next = self.block_position.q.val() + self.one.val();
        }
        for i in 0..self.want.len() {
            self.slot_load[i].next = self.load_all.val() & self.want[i].val();
        }
        for r in 0..self.raw.len() {
            self.raw[r].clk.next = self.clk.val();
            self.raw[r].start.next = self.state.q.val() == ControllerState::Verify;
            self.raw[r].lead.next = self.state.q.val() == ControllerState::RawLead;
            self.raw[r].enter.next = self.lead_done.val();
            self.raw[r].advance.next = self.load_all.val() & self.raw_group.val();
        }
        self.take.next = self.taking.val();
        self.book.next = self.book_held.q.val();
        self.fire.next = self.fires.val();
        self.token.next = self.emits.val();
        self.token_first.next = !self.started.q.val();
        self.token_last.next = self.ends.val();
        self.token_active.next = self.active.val();
        self.token_errors.next = self.errors.val();
        self.count.next = self.symbols.q.val();
        self.expected.next = self.checksum.q.val();

        if self.rst.val() {
            self.state.d.next = ControllerState::Header;
            self.left.d.next = self.header_words.val();
            self.need.d.next = 0.into();
            self.started.d.next = false;
            self.fired.d.next = 0.into();
            self.header_error.d.next = false;
            self.length_error.d.next = false;
        }
    }
}

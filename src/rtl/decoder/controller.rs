//! Runs a packet through the lanes: checks the header, hands out words in the order of demand, fires the steps, reads the
//! trailer (wire format, sections 4, 5.2 and 7).
//!
//! ```text
//!  ready, ended --> [ state ] --> want, load --> link side, lanes, raw queue
//!                       ^
//!  lanes' need ---------'     fire ---> lanes         token ---> output
//! ```
//!
//! | state | what happens in a clock |
//! |---|---|
//! | `heading` | the header is taken, 5 words at once or one by one |
//! | `verifying` | the header has come, and is compared with the one that this core was made for |
//! | `leading` | the raw words of the first eight steps, a round a clock |
//! | `filling` | one word of each lane |
//! | `opens` | lanes in turn: one of the first four turns, without words |
//! | `flows` | the words that the last step made the lanes ask for, and a step (lanes in turn: a turn) |
//! | `trailing` | the trailer is taken, 4 words at once or one by one |
//! | `counting` | the trailer has come |
//! | `weighing` | its symbol count is held against what was decoded and what may still come |
//! | `empties` | a step without new words |
//! | `failing` | the packet ends with an empty beat |
//! | `discarding` | what is left of the packet is dropped |
//! | `settling` | the pipeline behind runs empty |
//!
//! | property | value |
//! |---|---|
//! | words | come a clock after they were asked for |
//! | throughput | one step a clock in `flows` and `empties`, but for the clocks in which a lane is blocked; one in two clocks for the last words of the payload |
//!
//! A step fires in `flows` only while a payload word is left behind all that it asks for: that proves that the step exists
//! and is not the last. When the payload ends, the count in the trailer says how many more there are.
//!
//! With lanes in turn everything goes by turns, and the lanes run four turns ahead of the words: turn `u` fires in the clock in
//! which the words of group `u` - 4 are taken, and it is turn `u` - 4 that is proven then and has the token. So what turn `u` - 8
//! needs has been counted long before it is asked for. The first four turns fire without words, and of the first eight none has
//! lanes that ask: those of step 0 do not.

use super::book_switch::BookSwitch;
use super::step_budget::StepBudget;
use crate::rtl::config::HeaderConfig;
use crate::rtl::geometry::Geometry;
use crate::rtl::prelude::*;
use crate::rtl::raw_schedule::{lead_rounds, RawSchedule};

/// What the controller is told when it is made.
#[derive(Clone, Copy, Debug)]
pub struct ControllerConfig {
    /// The header.
    pub header: HeaderConfig,
    /// Bias that every packet begins with; `None` if its header says which.
    pub initial_bias: Option<u8>,
    /// Books in the bank.
    pub books: usize,
    /// Mux words that every lane starts with.
    pub prefill: u32,
    /// Sizes.
    pub geometry: Geometry,
    /// Steps of a block, if each has a book.
    pub block_steps: Option<usize>,
}

impl ControllerConfig {
    /// Bits of the header that may be anything.
    fn header_varies(&self) -> u128 {
        let bias = match self.initial_bias {
            Some(_) => 0,
            None => (1 << self.geometry.symbol_bits) - 1,
        };
        0xF << self.header.book_position | bias << self.header.bias_position
    }
}

/// Clocks until the last token has left the pipeline behind.
const SETTLE_CLOCKS: u128 = 8;
/// Bits of the number of rounds or clocks of a state.
const COUNT_BITS: usize = 5;
/// Words of header and trailer.
const HEADER_WORDS: usize = 5;
const TRAILER_WORDS: usize = 4;

/// The controller. Slots are lanes first, then raw words.
#[derive(LogicBlock)]
pub struct Controller {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Synchronous reset.
    pub rst: Signal<In, Bit>,
    /// Slots that ask for a word.
    pub want: Vec<Signal<Out, Bit>>,
    /// The first `first_slots` slots ask instead.
    pub by_number: Signal<Out, Bit>,
    /// See there.
    pub first_slots: Bus<Out>,
    /// The words asked for are taken.
    pub load: Signal<Out, Bit>,
    /// The same ones will be asked for in the next clock.
    pub steady: Signal<Out, Bit>,
    /// No more words than there are.
    pub limited: Signal<Out, Bit>,
    /// The words asked for are there, and one more behind them.
    pub ready: Signal<In, Bit>,
    /// The words asked for are all that there are, or more.
    pub ended: Signal<In, Bit>,
    /// They are more.
    pub lacking: Signal<In, Bit>,
    /// The packet has broken rows; certain from the end of the payload on.
    pub broken: Signal<In, Bit>,
    /// The first words asked for in the clock before: header and trailer, one or five at a time.
    pub word: Vec<Signal<In, U<16>>>,
    /// The trailer is being read.
    pub trailer: Signal<Out, Bit>,
    /// Drop the rest of the packet.
    pub finish: Signal<Out, Bit>,
    /// It is dropped.
    pub finished: Signal<In, Bit>,
    /// The output has room.
    pub room: Signal<In, Bit>,
    /// A lane has to wait for a word: no step now.
    pub blocked: Signal<In, Bit>,
    /// Lanes that have used a word up.
    pub need: Bus<In>,
    /// A packet begins: raw queue and tracker forget everything.
    pub clear: Signal<Out, Bit>,
    /// The lanes forget everything: a packet begins or ends.
    pub lane_clear: Signal<Out, Bit>,
    /// Book of the packet.
    pub book: Signal<Out, U<4>>,
    /// Bias that the packet begins with.
    pub bias: Signal<Out, U<8>>,
    /// The same with `clear`, a clock earlier.
    pub first_bias: Signal<Out, U<8>>,
    /// Book that the lanes use next.
    pub lookup: Signal<Out, U<4>>,
    /// From the next clock on.
    pub changes: Signal<Out, Bit>,
    /// A bit of the next block's id stands behind lane 0's codeword of the step that comes.
    pub extra: Signal<Out, Bit>,
    /// That bit, a clock after the step.
    pub id_bit: Signal<In, Bit>,
    /// The lanes' first words.
    pub lane_fill: Signal<Out, Bit>,
    /// Lanes that ask for a word.
    pub lane_load: Vec<Signal<Out, Bit>>,
    /// Lanes in turn: their oldest group is taken, or the one before, which asks for nothing.
    pub lanes_pop: Signal<Out, Bit>,
    /// The turn that fires, and that words are taken for.
    pub turn: Signal<Out, U<2>>,
    /// It fires for the first time in the packet.
    pub fresh: Signal<Out, Bit>,
    /// Number of the words that fill the lanes.
    pub round: Signal<Out, U<3>>,
    /// Raw slots that ask for one.
    pub raw_load: Vec<Signal<Out, Bit>>,
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
    /// The state, a register each: one of them is set.
    heading: Register<Bit>,
    verifying: Register<Bit>,
    leading: Register<Bit>,
    filling: Register<Bit>,
    opens: Register<Bit>,
    flows: Register<Bit>,
    trailing: Register<Bit>,
    counting: Register<Bit>,
    weighing: Register<Bit>,
    empties: Register<Bit>,
    failing: Register<Bit>,
    discarding: Register<Bit>,
    settling: Register<Bit>,
    /// One of those that do nothing but take words: `heading`, `leading`, `filling`, `trailing`.
    fetches: Register<Bit>,
    left: Register<U<COUNT_BITS>>,
    gathering: Register<Bit>,
    of_trailer: Register<Bit>,
    gathering_late: Register<Bit>,
    turn_held: Register<U<2>>,
    round_held: Register<U<3>>,
    pops: Register<Bit>,
    awaits: Register<Bit>,
    served: Register<Bit>,
    arrives: Signal<Local, Bit>,
    serves: Signal<Local, Bit>,
    fixed: Register<U<80>>,
    book_held: Register<U<4>>,
    bias_held: Register<U<8>>,
    raw: Vec<RawSchedule>,
    raw_asks: Register<Bit>,
    started: Register<Bit>,
    symbols: Register<U<32>>,
    checksum: Register<U<32>>,
    header_error: Register<Bit>,
    length_error: Register<Bit>,
    switch: BookSwitch,
    budget: StepBudget,
    raw_want: Vec<Signal<Local, Bit>>,
    lead_done: Signal<Local, Bit>,
    whole: Signal<Local, Bit>,
    flowing: Signal<Local, Bit>,
    goes_on: Signal<Local, Bit>,
    /// The payload ends.
    exhausted: Signal<Local, Bit>,
    fails: Signal<Local, Bit>,
    loads: Signal<Local, Bit>,
    asks: Signal<Local, Bit>,
    collected: Signal<Local, U<80>>,
    one_word: Signal<Local, U<16>>,
    fires: Signal<Local, Bit>,
    drains: Signal<Local, Bit>,
    emits: Signal<Local, Bit>,
    ends: Signal<Local, Bit>,
    active: Bus<Local>,
    errors: Signal<Local, U<2>>,
    header_book: Signal<Local, U<4>>,
    header_bias: Signal<Local, U<8>>,
    one: Constant<U<COUNT_BITS>>,
    header_rounds: Constant<U<COUNT_BITS>>,
    trailer_rounds: Constant<U<COUNT_BITS>>,
    prefill: Constant<U<COUNT_BITS>>,
    lead_rounds: Constant<U<COUNT_BITS>>,
    settle: Constant<U<COUNT_BITS>>,
    in_turn: Constant<U<1>>,
    one_turn: Constant<U<2>>,
    one_round: Constant<U<3>>,
    header: Constant<U<80>>,
    header_mask: Constant<U<80>>,
    books: Constant<U<4>>,
    all_lanes: BusConstant,
    lane_slots: BusConstant,
    header_slots: BusConstant,
    trailer_slots: BusConstant,
    length_flag: Constant<U<2>>,
    header_flag: Constant<U<2>>,
    _lanes: usize,
    // The words of header and trailer that come at once.
    _more_words: usize,
    _trailer_words: usize,
}

impl Controller {
    /// A controller for packets with this header.
    pub fn new(config: &ControllerConfig) -> Self {
        let geometry = &config.geometry;
        let (lanes, raw_slots, raw_bits) = (geometry.lanes, geometry.raw_slots(), geometry.raw_step_bits());
        // All at once where there are slots enough.
        let at_once = geometry.slots() >= HEADER_WORDS;
        let first_slots = |slots: usize| BusConstant::new(bits_for(geometry.slots()), slots as u128);
        let rounds = |words: usize| constant(if at_once { 1 } else { words as u128 });
        Self {
            clk: port(),
            rst: port(),
            want: many(geometry.slots()),
            by_number: port(),
            first_slots: Bus::new(bits_for(geometry.slots())),
            load: port(),
            steady: port(),
            limited: port(),
            ready: port(),
            ended: port(),
            lacking: port(),
            broken: port(),
            word: many(if at_once { HEADER_WORDS } else { 1 }),
            trailer: port(),
            finish: port(),
            finished: port(),
            room: port(),
            blocked: port(),
            need: Bus::new(lanes),
            clear: port(),
            lane_clear: port(),
            book: port(),
            bias: port(),
            first_bias: port(),
            lookup: port(),
            changes: port(),
            extra: port(),
            id_bit: port(),
            lane_fill: port(),
            lane_load: many(lanes),
            lanes_pop: port(),
            turn: port(),
            fresh: port(),
            round: port(),
            raw_load: many(raw_slots),
            fire: port(),
            token: port(),
            token_first: port(),
            token_last: port(),
            token_active: Bus::new(lanes),
            token_errors: port(),
            count: port(),
            expected: port(),
            heading: port(),
            verifying: port(),
            leading: port(),
            filling: port(),
            opens: port(),
            flows: port(),
            trailing: port(),
            counting: port(),
            weighing: port(),
            empties: port(),
            failing: port(),
            discarding: port(),
            settling: port(),
            fetches: port(),
            left: port(),
            gathering: port(),
            of_trailer: port(),
            gathering_late: port(),
            turn_held: port(),
            round_held: port(),
            pops: port(),
            awaits: port(),
            served: port(),
            arrives: port(),
            serves: port(),
            fixed: port(),
            book_held: port(),
            bias_held: port(),
            raw: (0..raw_slots.min(1)).map(|_| RawSchedule::new(raw_bits)).collect(),
            raw_asks: port(),
            started: port(),
            symbols: port(),
            checksum: port(),
            header_error: port(),
            length_error: port(),
            switch: BookSwitch::new(config.block_steps, geometry.turns),
            budget: StepBudget::new(geometry, config.prefill),
            raw_want: many(raw_slots),
            lead_done: port(),
            whole: port(),
            flowing: port(),
            goes_on: port(),
            exhausted: port(),
            fails: port(),
            loads: port(),
            asks: port(),
            collected: port(),
            one_word: port(),
            fires: port(),
            drains: port(),
            emits: port(),
            ends: port(),
            active: Bus::new(lanes),
            errors: port(),
            header_book: port(),
            header_bias: port(),
            one: constant(1),
            header_rounds: rounds(HEADER_WORDS),
            trailer_rounds: rounds(TRAILER_WORDS),
            prefill: constant(config.prefill as u128 * geometry.turns as u128),
            lead_rounds: constant(lead_rounds(raw_bits) as u128),
            settle: constant(SETTLE_CLOCKS),
            in_turn: constant((geometry.turns > 1).into()),
            one_turn: constant(1),
            one_round: constant(1),
            header: constant(config.header.with(0, config.initial_bias.unwrap_or(0))),
            header_mask: constant(!config.header_varies()),
            books: constant(config.books as u128),
            all_lanes: BusConstant::new(lanes, (1 << lanes) - 1),
            lane_slots: first_slots(lanes),
            header_slots: first_slots(if at_once { HEADER_WORDS } else { 1 }),
            trailer_slots: first_slots(if at_once { TRAILER_WORDS } else { 1 }),
            length_flag: constant(2),
            header_flag: constant(1),
            _lanes: lanes,
            _more_words: if at_once { HEADER_WORDS } else { 1 },
            _trailer_words: if at_once { TRAILER_WORDS } else { 1 },
        }
    }
}

impl Logic for Controller {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clk,
            heading,
            verifying,
            leading,
            filling,
            opens,
            flows,
            trailing,
            counting,
            weighing,
            empties,
            failing,
            discarding,
            settling,
            fetches,
            left,
            gathering,
            of_trailer,
            gathering_late,
            turn_held,
            round_held,
            pops,
            awaits,
            served,
            fixed,
            book_held,
            bias_held,
            raw_asks,
            started,
            symbols,
            checksum,
            header_error,
            length_error
        );

        // Who asks for a word. The first step is that of group 0, all of which has come ahead.
        for i in 0..self.raw_want.len() {
            self.raw_want[i].next = false;
        }
        for r in 0..self.raw.len() {
            for i in 0..self.raw_want.len() {
                self.raw_want[i].next = self.raw_asks.q.val() & self.raw[r].want[i].val();
            }
        }
        // The lanes need nothing before they have been filled, nor behind the payload, so that no state is in the way of counting them.
        for i in 0..self._lanes {
            self.want[i].next = self.need.val().get_bit(i);
        }
        for l in self._lanes..(self._lanes + 1) {
            for i in 0..self.raw_want.len() {
                self.want[l + i].next = self.raw_want[i].val();
            }
        }
        self.whole.next = self.heading.q.val() | self.trailing.q.val();
        self.by_number.next = self.filling.q.val() | self.whole.val();
        self.first_slots.next = self.lane_slots.val();
        if self.heading.q.val() {
            self.first_slots.next = self.header_slots.val();
        }
        if self.trailing.q.val() {
            self.first_slots.next = self.trailer_slots.val();
        }
        self.asks.next = self.fetches.q.val() | (self.opens.q.val() | self.flows.q.val());

        // Header and trailer, the first word highest. They come when they have all been asked for.
        self.one_word.next = self.word[0].val();
        self.collected.next = (self.fixed.q.val() << 16) | bit_cast::<80, 16>(self.one_word.val());
        for i in 1..self._trailer_words {
            self.one_word.next = self.word[i].val();
            self.collected.next = (self.collected.val() << 16) | bit_cast::<80, 16>(self.one_word.val());
        }
        for i in self._trailer_words..self._more_words {
            self.one_word.next = self.word[i].val();
            if !self.of_trailer.q.val() {
                self.collected.next = (self.collected.val() << 16) | bit_cast::<80, 16>(self.one_word.val());
            }
        }
        self.header_book.next = self.fixed.q.val().get_bits::<4>(55);
        self.header_bias.next = self.fixed.q.val().get_bits::<8>(42);
        self.first_bias.next = self.header_bias.val();

        // What a clock brings. `ready` and `ended` exclude each other.
        self.flowing.next = self.flows.q.val() & !self.blocked.val();
        self.goes_on.next = self.flowing.val() & (self.ready.val() & self.room.val());
        self.exhausted.next = self.flowing.val() & self.ended.val();
        self.fails.next = self.failing.q.val() & self.room.val();
        self.drains.next = self.empties.q.val() & (self.room.val() & !self.blocked.val());
        self.loads.next = (self.ready.val() & (self.fetches.q.val() | (self.flowing.val() & self.room.val())))
            | ((self.ended.val() & (self.fetches.q.val() | self.flowing.val())) | self.drains.val());
        self.fires.next = self.opens.q.val() | (self.goes_on.val() | self.drains.val());
        self.emits.next = self.goes_on.val() | (self.drains.val() | self.fails.val());
        self.lead_done.next = false;
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
        self.gathering.d.next = false;
        self.gathering_late.d.next = self.gathering.q.val();
        self.arrives.next = self.gathering.q.val();
        self.awaits.d.next = false;
        if self.in_turn.val().any() {
            self.arrives.next = self.gathering_late.q.val();
            self.awaits.d.next = self.gathering.q.val();
        }
        if self.arrives.val() {
            self.fixed.d.next = self.collected.val();
        }

        if self.whole.val() {
            if self.loads.val() {
                self.gathering.d.next = true;
                self.awaits.d.next = true;
                self.of_trailer.d.next = self.trailing.q.val();
                self.left.d.next = self.left.q.val() - self.one.val();
                if self.left.q.val() == self.one.val() {
                    self.heading.d.next = false;
                    self.verifying.d.next = self.heading.q.val();
                    self.trailing.d.next = false;
                    self.counting.d.next = self.trailing.q.val();
                    self.fetches.d.next = false;
                }
            }
            if self.lacking.val() {
                self.length_error.d.next = true;
                self.heading.d.next = false;
                self.verifying.d.next = false;
                self.trailing.d.next = false;
                self.counting.d.next = false;
                self.fetches.d.next = false;
                self.failing.d.next = true;
            }
        }
        if self.verifying.q.val() & !self.awaits.q.val() {
            self.clear.next = true;
            self.raw_asks.d.next = self.lead_rounds.val().any();
            self.turn_held.d.next = 0.into();
            self.round_held.d.next = 0.into();
            self.pops.d.next = false;
            self.served.d.next = false;
            self.book_held.d.next = self.header_book.val();
            self.bias_held.d.next = self.header_bias.val();
            self.left.d.next = self.prefill.val();
            self.verifying.d.next = false;
            self.fetches.d.next = true;
            self.filling.d.next = true;
            if self.lead_rounds.val().any() {
                self.left.d.next = self.lead_rounds.val();
                self.filling.d.next = false;
                self.leading.d.next = true;
            }
            if ((self.fixed.q.val() & self.header_mask.val()) != self.header.val())
                | (self.header_book.val() > self.books.val())
            {
                self.header_error.d.next = true;
                self.filling.d.next = false;
                self.leading.d.next = false;
                self.fetches.d.next = false;
                self.failing.d.next = true;
            }
        }
        if self.leading.q.val() | self.filling.q.val() {
            if self.loads.val() {
                if self.filling.q.val() {
                    self.turn_held.d.next = self.turn_held.q.val() + self.one_turn.val();
                    if self.turn_held.q.val().all() {
                        self.round_held.d.next = self.round_held.q.val() + self.one_round.val();
                    }
                }
                self.left.d.next = self.left.q.val() - self.one.val();
                if self.left.q.val() == self.one.val() {
                    self.left.d.next = self.prefill.val();
                    self.leading.d.next = false;
                    self.filling.d.next = self.leading.q.val();
                    if self.leading.q.val() {
                        self.lead_done.next = true;
                        self.raw_asks.d.next = false;
                    } else {
                        self.fetches.d.next = false;
                        self.opens.d.next = self.in_turn.val().any();
                        self.flows.d.next = !self.in_turn.val().any();
                    }
                }
            }
        }
        if self.opens.q.val() & self.turn_held.q.val().all() {
            self.opens.d.next = false;
            self.flows.d.next = true;
        }
        if self.goes_on.val() {
            self.raw_asks.d.next = true;
        }
        if self.exhausted.val() {
            self.served.d.next = true;
            self.raw_asks.d.next = false;
            self.left.d.next = self.trailer_rounds.val();
            self.flows.d.next = false;
            self.trailing.d.next = true;
            self.fetches.d.next = true;
        }
        if self.trailing.q.val() & self.broken.val() {
            self.length_error.d.next = true;
        }
        self.budget.weigh.next = self.counting.q.val() & !self.awaits.q.val();
        if self.counting.q.val() & !self.awaits.q.val() {
            self.symbols.d.next = self.fixed.q.val().get_bits::<32>(32);
            self.checksum.d.next = self.fixed.q.val().get_bits::<32>(0);
            self.counting.d.next = false;
            self.weighing.d.next = true;
        }
        if self.weighing.q.val() & self.budget.known.val() {
            self.weighing.d.next = false;
            self.empties.d.next = !(self.budget.wrong.val() | self.budget.none.val());
            self.failing.d.next = self.budget.wrong.val() | self.budget.none.val();
            if self.budget.wrong.val() {
                self.length_error.d.next = true;
            }
        }
        if self.drains.val() {
            self.served.d.next = false;
            self.active.next = self.budget.active.val();
            if self.budget.last.val() {
                self.ends.next = true;
                self.empties.d.next = false;
                self.discarding.d.next = true;
            }
        }
        if self.fails.val() {
            self.ends.next = true;
            self.active.next = 0.into();
            self.failing.d.next = false;
            self.discarding.d.next = true;
        }
        if self.discarding.q.val() {
            self.finish.next = true;
            self.raw_asks.d.next = false;
            self.left.d.next = self.settle.val();
            if self.finished.val() {
                self.discarding.d.next = false;
                self.settling.d.next = true;
            }
        }
        self.budget.start.next = self.rst.val();
        if self.settling.q.val() {
            self.left.d.next = self.left.q.val() - self.one.val();
            if self.left.q.val() == self.one.val() {
                self.left.d.next = self.header_rounds.val();
                self.started.d.next = false;
                self.header_error.d.next = false;
                self.length_error.d.next = false;
                self.budget.start.next = true;
                self.settling.d.next = false;
                self.heading.d.next = true;
                self.fetches.d.next = true;
            }
        }

        // Steps.
        self.budget.clk.next = self.clk.val();
        self.budget.step.next = self.emits.val();
        self.budget.drain.next = self.drains.val();
        self.budget.count.next = self.fixed.q.val().get_bits::<32>(32);
        self.switch.clk.next = self.clk.val();
        self.switch.start.next = self.rst.val() | self.clear.val();
        self.switch.header_book.next = self.book_held.q.val();
        self.switch.step.next = self.fires.val();
        self.switch.id_bit.next = self.id_bit.val();
        self.extra.next = self.switch.extra.val();
        self.lookup.next = self.switch.lookup.val();
        self.changes.next = self.switch.changes.val();
        if self.emits.val() {
            self.started.d.next = true;
        }
        if self.fires.val() {
            self.turn_held.d.next = self.turn_held.q.val() + self.one_turn.val();
        }
        // The last words of the payload have been taken before the turn that they come with.
        self.serves.next = (self.goes_on.val() | self.exhausted.val()) | (self.drains.val() & !self.served.q.val());
        // The group behind the first four is that of turn 4, the first in which lanes ask.
        self.lanes_pop.next = self.serves.val() & (self.pops.q.val() | self.turn_held.q.val().all());
        if self.lanes_pop.val() {
            self.pops.d.next = true;
        }
        self.turn.next = self.turn_held.q.val();
        self.fresh.next = self.opens.q.val();
        self.round.next = self.round_held.q.val();

        // Words.
        self.lane_clear.next = self.rst.val() | (self.verifying.q.val() | self.discarding.q.val());
        self.load.next = self.loads.val();
        self.steady.next = self.asks.val() & !self.loads.val();
        self.limited.next = self.ended.val() | self.empties.q.val();
        self.lane_fill.next = self.loads.val() & self.filling.q.val();
        for i in 0..self._lanes {
            self.lane_load[i].next = self.loads.val() & self.need.val().get_bit(i);
            if self.in_turn.val().any() {
                self.lane_load[i].next = self.serves.val() & self.need.val().get_bit(i);
            }
        }
        // One by one there are no turns: the registers are constants.
        if !self.in_turn.val().any() {
            self.turn_held.d.next = 0.into();
            self.round_held.d.next = 0.into();
        }
        for i in 0..self.raw_want.len() {
            self.raw_load[i].next = self.loads.val() & self.raw_want[i].val();
        }
        for r in 0..self.raw.len() {
            self.raw[r].clk.next = self.clk.val();
            self.raw[r].start.next = self.verifying.q.val();
            self.raw[r].lead.next = self.leading.q.val();
            self.raw[r].enter.next = self.lead_done.val();
            self.raw[r].advance.next = self.loads.val() & self.raw_asks.q.val();
        }

        self.trailer.next = self.trailing.q.val();
        self.book.next = self.book_held.q.val();
        self.bias.next = self.bias_held.q.val();
        self.fire.next = self.fires.val();
        self.token.next = self.emits.val();
        self.token_first.next = !self.started.q.val();
        self.token_last.next = self.ends.val();
        self.token_active.next = self.active.val();
        self.token_errors.next = self.errors.val();
        self.count.next = self.symbols.q.val();
        self.expected.next = self.checksum.q.val();

        if self.rst.val() {
            self.heading.d.next = true;
            self.fetches.d.next = true;
            self.left.d.next = self.header_rounds.val();
            self.verifying.d.next = false;
            self.leading.d.next = false;
            self.filling.d.next = false;
            self.opens.d.next = false;
            self.flows.d.next = false;
            self.trailing.d.next = false;
            self.counting.d.next = false;
            self.weighing.d.next = false;
            self.empties.d.next = false;
            self.failing.d.next = false;
            self.discarding.d.next = false;
            self.settling.d.next = false;
            self.gathering.d.next = false;
            self.gathering_late.d.next = false;
            self.awaits.d.next = false;
            self.raw_asks.d.next = false;
            self.started.d.next = false;
            self.header_error.d.next = false;
            self.length_error.d.next = false;
        }
    }
}

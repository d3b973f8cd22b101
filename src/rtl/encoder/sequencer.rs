//! Asks the slots for a packet's words in the order in which the decoder asks for them (wire format, sections 4 and 5.2).
//!
//! ```text
//!  steps (crossing masks), packets --> [ who is next? ] --> [ two that wait ] --> [ request ] --> ask
//!  slots with a word, with two --> [ can all that it asks answer? ] <-'---------------'  |
//!                                                                                        '--> [ answer ] --> what the group is made of
//! ```
//!
//! | state | a request is for |
//! |---|---|
//! | `idling` | nothing; takes the next packet |
//! | `fixing` | up to 5 words of the header |
//! | `leading` | the raw words of the first eight steps |
//! | `prefilling` | one word of each lane |
//! | `stepping` | the words that one step makes the decoder ask for |
//! | `checking` | nothing; waits for the packet's end, symbol count and CRC |
//! | `fixing`, `ending` | up to 5 words of the trailer |
//!
//! | property | value |
//! |---|---|
//! | latency | two clocks from step to request, one from request to answer |
//! | throughput | one request a clock |
//!
//! Nothing that makes requests sees in the same clock whether one is taken: two may wait, so that there is always place for one.
//! Whether there is a request, room for it, and the slots can answer it, is known when the clock begins, for it was found out in the one
//! before: of the request that stands there, or of the one that takes its place, whose slots need two words where both ask.
//!
//! Where lanes are served in turn a step here is a turn, and each round of the prefill asks for the words of one. `rotate`
//! tells the lanes' queues to go on to the next turn; `second` then says that the turn behind has a word. A group of lanes goes by
//! the turn's step before, so the masks of as many turns are kept. The first groups have none: the prefill is that of turn 0,
//! and before the others no step has gone.
//!
//! Two packets may be under way: one whose words are asked for, and one that comes in. `follow` keeps the words of the second
//! from the slots' counts, and `may_start` the third from the core. Count and CRC are held here for the first; those of the second
//! stay where they were made until then, and so does its book.

use super::group::{chunk, HEADER_WORDS, TRAILER_WORDS};
use crate::rtl::config::HeaderConfig;
use crate::rtl::prelude::*;
use crate::rtl::raw_schedule::{lead_rounds, RawSchedule};

/// What the sequencer is told when it is made.
#[derive(Clone, Copy, Debug)]
pub struct SequencerConfig {
    /// The header.
    pub header: HeaderConfig,
    /// Mux words that every lane starts with.
    pub prefill: u32,
    /// Lanes of a turn.
    pub lanes: usize,
    /// Turns of a step.
    pub turns: usize,
    /// Raw bits of a turn.
    pub raw_step_bits: usize,
}

impl SequencerConfig {
    /// Slots of raw words.
    pub const fn raw_slots(&self) -> usize {
        self.raw_step_bits.div_ceil(16)
    }

    /// Slots: lanes first, then raw words.
    pub const fn slots(&self) -> usize {
        self.lanes + self.raw_slots()
    }
}

/// Bits of what a request is for beside the slots: number of the group in header or trailer; bit 3: it is for one of them; bit 4:
/// for the trailer; bit 5: it ends the packet.
const WHAT_BITS: usize = 6;

/// The sequencer. Header and trailer go out in the slots that there are, at most 5 words a clock.
#[derive(LogicBlock)]
pub struct Sequencer {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Synchronous reset.
    pub rst: Signal<In, Bit>,
    /// Slots that have a word of the packet.
    pub ready: Vec<Signal<In, Bit>>,
    /// Those that have two; lanes in turn: those that have a word of the turn behind.
    pub second: Vec<Signal<In, Bit>>,
    /// Takes a word of these slots.
    pub ask: Vec<Signal<Out, Bit>>,
    /// With lanes in turn: on to the next turn.
    pub rotate: Vec<Signal<Out, Bit>>,
    /// With lanes in turn: on to the next packet.
    pub goes_on: Vec<Signal<Out, Bit>>,
    /// The slots' bounds move with what is written.
    pub follow: Signal<Out, Bit>,
    /// All words of the packet that comes in are there, those of this clock included.
    pub closes: Signal<In, Bit>,
    /// Lanes that crossed a word boundary in the oldest step.
    pub step_crossed: Bus<In>,
    /// It is the packet's last step.
    pub step_last: Signal<In, Bit>,
    /// There is a step.
    pub step_valid: Signal<In, Bit>,
    /// Takes the step.
    pub step_pop: Signal<Out, Bit>,
    /// A packet begins.
    pub packet: Signal<In, Bit>,
    /// It has no symbol.
    pub packet_empty: Signal<In, Bit>,
    /// Its book, until another begins.
    pub packet_book: Signal<In, U<4>>,
    /// Its initial bias, as long.
    pub packet_bias: Signal<In, U<8>>,
    /// Another may begin.
    pub may_start: Signal<Out, Bit>,
    /// Count and CRC of the packet that came in are there, until another begins.
    pub trailer: Signal<In, Bit>,
    /// Symbol count.
    pub trailer_count: Signal<In, U<32>>,
    /// CRC.
    pub trailer_check: Signal<In, U<32>>,
    /// The output has room for what is under way and one more group.
    pub room: Signal<In, Bit>,
    /// Answer: slots that were asked.
    pub asked: Vec<Signal<Out, Bit>>,
    /// Those of them that had a word.
    pub real: Vec<Signal<Out, Bit>>,
    /// The packet had not ended.
    pub open: Signal<Out, Bit>,
    /// There is an answer.
    pub valid: Signal<Out, Bit>,
    /// It is one of header or trailer.
    pub fixed: Signal<Out, Bit>,
    /// Of the trailer.
    pub of_trailer: Signal<Out, Bit>,
    /// Its number there.
    pub chunk: Signal<Out, U<3>>,
    /// It ends the packet.
    pub last: Signal<Out, Bit>,
    /// Book of the packet.
    pub book: Signal<Out, U<4>>,
    /// Its initial bias.
    pub bias: Signal<Out, U<8>>,
    /// Its symbol count, with the trailer.
    pub count: Signal<Out, U<32>>,
    /// Its CRC, with the trailer.
    pub check: Signal<Out, U<32>>,
    /// The state, a register each: one of them is set, `fixing` for header and trailer, and `ending` with it for the trailer.
    idling: Register<Bit>,
    fixing: Register<Bit>,
    ending: Register<Bit>,
    checking: Register<Bit>,
    leading: Register<Bit>,
    prefilling: Register<Bit>,
    stepping: Register<Bit>,
    left: BusRegister,
    number: Register<U<3>>,
    raw: Vec<RawSchedule>,
    pending: Register<Bit>,
    pending_empty: Register<Bit>,
    empty: Register<Bit>,
    book_held: Register<U<4>>,
    bias_held: Register<U<8>>,
    under_way: Register<U<2>>,
    due: Register<Bit>,
    complete: Register<Bit>,
    count_held: Register<U<32>>,
    check_held: Register<U<32>>,
    closing1: Register<Bit>,
    closing2: Register<Bit>,
    closed: Register<Bit>,
    closed_next: Register<Bit>,
    /// A request that waits behind the next one.
    spare: Register<Bit>,
    spare_want: Vec<Register<Bit>>,
    spare_what: Register<U<WHAT_BITS>>,
    spare_turn: Vec<Register<Bit>>,
    /// The next request.
    next: Register<Bit>,
    next_want: Vec<Register<Bit>>,
    next_what: Register<U<WHAT_BITS>>,
    next_turn: Vec<Register<Bit>>,
    want: Vec<Register<Bit>>,
    request: Register<Bit>,
    request_what: Register<U<WHAT_BITS>>,
    request_turn: Vec<Register<Bit>>,
    /// `able`, and the lanes of a turn are asked.
    turning: Vec<Register<Bit>>,
    /// There is a request, the slots can answer, and there is room for it.
    able: Register<Bit>,
    was_asked: Vec<Register<Bit>>,
    was_real: Vec<Register<Bit>>,
    was_open: Register<Bit>,
    answer: Register<Bit>,
    answer_what: Register<U<WHAT_BITS>>,
    answer_last: Register<Bit>,
    /// Lanes that crossed a word boundary in the turns before, the oldest last, and how many there have been.
    masks: Vec<BusRegister>,
    gone: Vec<Register<U<2>>>,
    crossed: Bus<Local>,
    turns_on: Signal<Local, Bit>,
    stays: Signal<Local, Bit>,
    follows: Signal<Local, Bit>,
    answerable: Signal<Local, Bit>,
    goes: Signal<Local, Bit>,
    take: Signal<Local, Bit>,
    ends: Signal<Local, Bit>,
    load: Signal<Local, Bit>,
    made: Signal<Local, Bit>,
    wanted: Vec<Signal<Local, Bit>>,
    what: Signal<Local, U<WHAT_BITS>>,
    final_chunk: Signal<Local, Bit>,
    advances: Signal<Local, Bit>,
    steps: Signal<Local, Bit>,
    lead_done: Signal<Local, Bit>,
    /// On to the next packet.
    moving: Register<Bit>,
    one: BusConstant,
    one_turn: Constant<U<2>>,
    one_chunk: Constant<U<3>>,
    one_packet: Constant<U<2>>,
    header_chunks: BusConstant,
    trailer_chunks: BusConstant,
    prefill: BusConstant,
    lead_rounds: BusConstant,
    _lanes: usize,
    /// Slots ahead of those whose next word is of the same queue.
    _in_turn: usize,
}

impl Sequencer {
    /// A sequencer for packets with this header.
    pub fn new(config: &SequencerConfig) -> Self {
        let slots = config.slots();
        let in_turn = usize::from(config.turns > 1);
        let rounds = config.prefill as usize * config.turns;
        let left_bits = bits_for(rounds).max(4);
        let count = |rounds: usize| BusConstant::new(left_bits, rounds as u128);
        let chunks = |words: usize| count(words.div_ceil(chunk(slots)));
        Self {
            clk: port(),
            rst: port(),
            ready: many(slots),
            second: many(slots),
            ask: many(slots),
            rotate: many(in_turn),
            goes_on: many(in_turn),
            follow: port(),
            closes: port(),
            step_crossed: Bus::new(config.lanes),
            step_last: port(),
            step_valid: port(),
            step_pop: port(),
            packet: port(),
            packet_empty: port(),
            packet_book: port(),
            packet_bias: port(),
            may_start: port(),
            trailer: port(),
            trailer_count: port(),
            trailer_check: port(),
            room: port(),
            asked: many(slots),
            real: many(slots),
            open: port(),
            valid: port(),
            fixed: port(),
            of_trailer: port(),
            chunk: port(),
            last: port(),
            book: port(),
            bias: port(),
            count: port(),
            check: port(),
            idling: port(),
            fixing: port(),
            ending: port(),
            checking: port(),
            leading: port(),
            prefilling: port(),
            stepping: port(),
            left: BusRegister::new(left_bits),
            number: port(),
            raw: (0..config.raw_slots().min(1)).map(|_| RawSchedule::new(config.raw_step_bits)).collect(),
            pending: port(),
            pending_empty: port(),
            empty: port(),
            book_held: port(),
            bias_held: port(),
            under_way: port(),
            due: port(),
            complete: port(),
            count_held: port(),
            check_held: port(),
            closing1: port(),
            closing2: port(),
            closed: port(),
            closed_next: port(),
            spare: port(),
            spare_want: many(slots),
            spare_what: port(),
            spare_turn: many(in_turn),
            next: port(),
            next_want: many(slots),
            next_what: port(),
            next_turn: many(in_turn),
            want: many(slots),
            request: port(),
            request_what: port(),
            request_turn: many(in_turn),
            turning: many(in_turn),
            able: port(),
            was_asked: many(slots),
            was_real: many(slots),
            was_open: port(),
            answer: port(),
            answer_what: port(),
            answer_last: port(),
            masks: (1..config.turns).map(|_| BusRegister::new(config.lanes)).collect(),
            gone: many(in_turn),
            crossed: Bus::new(config.lanes),
            turns_on: port(),
            stays: port(),
            follows: port(),
            answerable: port(),
            goes: port(),
            take: port(),
            ends: port(),
            load: port(),
            made: port(),
            wanted: many(slots),
            what: port(),
            final_chunk: port(),
            advances: port(),
            steps: port(),
            lead_done: port(),
            moving: port(),
            one: count(1),
            one_turn: constant(1),
            one_chunk: constant(1),
            one_packet: constant(1),
            header_chunks: chunks(HEADER_WORDS),
            trailer_chunks: chunks(TRAILER_WORDS),
            prefill: count(rounds),
            lead_rounds: count(lead_rounds(config.raw_step_bits)),
            _lanes: config.lanes,
            _in_turn: if config.turns > 1 { config.lanes } else { 0 },
        }
    }
}

impl Logic for Sequencer {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clk,
            idling,
            fixing,
            ending,
            checking,
            leading,
            prefilling,
            stepping,
            moving,
            left,
            number,
            pending,
            pending_empty,
            empty,
            book_held,
            bias_held,
            under_way,
            due,
            complete,
            count_held,
            check_held,
            closing1,
            closing2,
            closed,
            closed_next,
            spare,
            spare_what,
            next,
            next_what,
            request,
            request_what,
            able,
            was_open,
            answer,
            answer_what,
            answer_last
        );
        // The request is answered once every slot that it asks has a word, or never will have.
        self.take.next = self.able.q.val();
        self.ends.next = self.take.val() & self.request_what.q.val().get_bit(5);
        // Behind a packet's last group there is a clock without one.
        self.advances.next = (self.take.val() & !self.request_what.q.val().get_bit(5)) | !self.request.q.val();
        self.stays.next = true;
        self.follows.next = true;
        for i in 0..self.ready.len() {
            self.stays.next = self.stays.val() & (self.ready[i].val() | !self.want[i].q.val());
        }
        for i in self._in_turn..self.ready.len() {
            self.follows.next = self.follows.val()
                & ((self.second[i].val() | (self.ready[i].val() & !self.want[i].q.val())) | !self.next_want[i].q.val());
        }
        // Of lanes in turn the next request asks another queue, unless this one is for none of them.
        for t in 0..self.request_turn.len() {
            for i in 0..self._in_turn {
                self.follows.next = self.follows.val()
                    & (((self.second[i].val() & self.request_turn[t].q.val())
                        | (self.ready[i].val() & !self.request_turn[t].q.val()))
                        | !self.next_want[i].q.val());
            }
            self.rotate[t].next = self.turning[t].q.val();
        }
        // Whether the request of the next clock, this one or the one behind it, can be answered there.
        self.answerable.next = self.request.q.val() & (self.stays.val() | self.closed.q.val());
        if self.advances.val() {
            self.answerable.next = self.next.q.val() & (self.follows.val() | self.closed.q.val());
            self.request.d.next = self.next.q.val();
            self.request_what.d.next = self.next_what.q.val();
        }
        if self.ends.val() {
            self.request.d.next = false;
        }
        self.goes.next = self.answerable.val() & (self.room.val() & !self.ends.val());
        self.able.d.next = self.goes.val();
        for t in 0..self.request_turn.len() {
            self.turning[t].clock.next = self.clk.val();
            self.request_turn[t].clock.next = self.clk.val();
            self.request_turn[t].d.next = self.request_turn[t].q.val();
            self.turning[t].d.next = self.goes.val() & self.request_turn[t].q.val();
            if self.advances.val() {
                self.request_turn[t].d.next = self.next_turn[t].q.val();
                self.turning[t].d.next = self.goes.val() & self.next_turn[t].q.val();
            }
        }
        for i in 0..self.ready.len() {
            self.want[i].clock.next = self.clk.val();
            self.want[i].d.next = self.want[i].q.val();
            if self.advances.val() {
                self.want[i].d.next = self.next_want[i].q.val() & self.next.q.val();
            }
            self.ask[i].next = self.take.val() & self.want[i].q.val();
            self.was_asked[i].clock.next = self.clk.val();
            self.was_asked[i].d.next = self.take.val() & self.want[i].q.val();
            self.was_real[i].clock.next = self.clk.val();
            self.was_real[i].d.next = (self.take.val() & self.want[i].q.val()) & self.ready[i].val();
        }
        self.was_open.d.next = !self.closed.q.val();
        self.answer.d.next = self.take.val();
        self.answer_what.d.next = self.request_what.q.val();
        self.answer_last.d.next = self.ends.val();

        // Packets: what comes in may be one ahead.
        if self.packet.val() {
            self.pending.d.next = true;
            self.pending_empty.d.next = self.packet_empty.val();
        }
        if self.packet.val() & !self.ends.val() {
            self.under_way.d.next = self.under_way.q.val() + self.one_packet.val();
        }
        if !self.packet.val() & self.ends.val() {
            self.under_way.d.next = self.under_way.q.val() - self.one_packet.val();
        }
        self.may_start.next = !self.under_way.q.val().get_bit(1);
        self.due.d.next = self.due.q.val() | self.trailer.val();
        if (self.due.q.val() | self.trailer.val()) & !self.complete.q.val() {
            self.due.d.next = false;
            self.complete.d.next = true;
            self.count_held.d.next = self.trailer_count.val();
            self.check_held.d.next = self.trailer_check.val();
        }
        if self.ends.val() {
            self.complete.d.next = false;
        }

        // What is asked next.
        self.step_pop.next = false;
        self.lead_done.next = false;
        self.moving.d.next = false;
        self.steps.next = self.stepping.q.val() & (self.step_valid.val() & !self.step_last.val());
        // There is place for a request.
        self.load.next = !self.spare.q.val();
        // With lanes in turn, what the turn did a step before.
        self.crossed.next = self.step_crossed.val();
        self.turns_on.next = true;
        for i in 0..self.masks.len() {
            self.crossed.next = self.masks[i].q.val();
        }
        for t in 0..self.gone.len() {
            self.turns_on.next = self.prefilling.q.val() | (self.steps.val() & self.gone[t].q.val().all());
        }
        self.made.next = false;
        self.final_chunk.next = self.ending.q.val() & (self.left.q.val() == self.one.val());
        for i in 0..self._lanes {
            self.wanted[i].next =
                self.prefilling.q.val() | ((self.steps.val() & self.turns_on.val()) & self.crossed.val().get_bit(i));
        }
        for r in 0..self.raw.len() {
            for l in self._lanes..(self._lanes + 1) {
                for i in self._lanes..self.ready.len() {
                    self.wanted[i].next = (self.leading.q.val() | self.steps.val()) & self.raw[r].want[i - l].val();
                }
            }
        }
        if self.idling.q.val() & self.load.val() {
            self.empty.d.next = self.pending_empty.q.val();
            self.left.d.next = self.header_chunks.val();
            self.number.d.next = 0.into();
            if self.pending.q.val() {
                self.pending.d.next = false;
                self.book_held.d.next = self.packet_book.val();
                self.bias_held.d.next = self.packet_bias.val();
                self.idling.d.next = false;
                self.fixing.d.next = true;
            }
        }
        if self.fixing.q.val() & self.load.val() {
            self.made.next = true;
            self.number.d.next = self.number.q.val() + self.one_chunk.val();
            self.left.d.next = self.left.q.val() - self.one.val();
            if self.left.q.val() == self.one.val() {
                self.fixing.d.next = false;
                if self.ending.q.val() {
                    self.ending.d.next = false;
                    self.idling.d.next = true;
                } else if self.empty.q.val() {
                    self.checking.d.next = true;
                } else if self.lead_rounds.val().any() {
                    self.left.d.next = self.lead_rounds.val();
                    self.leading.d.next = true;
                } else {
                    self.left.d.next = self.prefill.val();
                    self.prefilling.d.next = true;
                }
            }
        }
        if (self.leading.q.val() | self.prefilling.q.val()) & self.load.val() {
            self.made.next = true;
            self.left.d.next = self.left.q.val() - self.one.val();
            if self.left.q.val() == self.one.val() {
                self.left.d.next = self.prefill.val();
                self.prefilling.d.next = false;
                self.stepping.d.next = true;
                if self.leading.q.val() {
                    self.lead_done.next = true;
                    self.leading.d.next = false;
                    self.prefilling.d.next = true;
                    self.stepping.d.next = false;
                }
            }
        }
        if (self.stepping.q.val() & self.step_valid.val()) & self.load.val() {
            self.step_pop.next = true;
            self.made.next = !self.step_last.val();
            if self.step_last.val() {
                self.checking.d.next = true;
                self.stepping.d.next = false;
            }
        }
        if self.checking.q.val() {
            self.number.d.next = 0.into();
            self.left.d.next = self.trailer_chunks.val();
            // Every word of the packet has been asked for by then.
            if (self.complete.q.val() & self.closed.q.val()) & !(self.request.q.val() | self.next.q.val()) {
                self.moving.d.next = true;
                self.checking.d.next = false;
                self.ending.d.next = true;
                self.fixing.d.next = true;
            }
        }
        for i in 0..self.masks.len() {
            self.masks[i].clock.next = self.clk.val();
            self.masks[i].d.next = self.masks[i].q.val();
        }
        for t in 0..self.gone.len() {
            self.gone[t].clock.next = self.clk.val();
            self.gone[t].d.next = self.gone[t].q.val();
            if self.step_pop.val() {
                self.masks[0].d.next = self.step_crossed.val();
                for i in 1..self.masks.len() {
                    self.masks[i].d.next = self.masks[i - 1].q.val();
                }
                if !self.gone[t].q.val().all() {
                    self.gone[t].d.next = self.gone[t].q.val() + self.one_turn.val();
                }
            }
            if self.prefilling.q.val() {
                self.gone[t].d.next = 0.into();
            }
        }
        for r in 0..self.raw.len() {
            self.raw[r].clk.next = self.clk.val();
            self.raw[r].start.next = self.idling.q.val();
            self.raw[r].lead.next = self.leading.q.val();
            self.raw[r].enter.next = self.lead_done.val();
            self.raw[r].advance.next = self.load.val() & (self.leading.q.val() | self.steps.val());
        }

        self.what.next = bit_cast::<6, 3>(self.number.q.val())
            .replace_bit(3, self.fixing.q.val())
            .replace_bit(4, self.ending.q.val())
            .replace_bit(5, self.final_chunk.val());
        // It becomes the next one, or waits behind it. None is made while one waits there.
        for i in 0..self.ready.len() {
            self.next_want[i].clock.next = self.clk.val();
            self.next_want[i].d.next = self.next_want[i].q.val();
            self.spare_want[i].clock.next = self.clk.val();
            self.spare_want[i].d.next = self.spare_want[i].q.val();
            if self.load.val() {
                self.spare_want[i].d.next = self.wanted[i].val();
            }
            if self.advances.val() | !self.next.q.val() {
                self.next_want[i].d.next = self.wanted[i].val();
                if self.spare.q.val() {
                    self.next_want[i].d.next = self.spare_want[i].q.val();
                }
            }
        }
        if self.load.val() {
            self.spare_what.d.next = self.what.val();
        }
        for t in 0..self.next_turn.len() {
            self.spare_turn[t].clock.next = self.clk.val();
            self.spare_turn[t].d.next = self.spare_turn[t].q.val();
            if self.load.val() {
                self.spare_turn[t].d.next = self.turns_on.val();
            }
            self.next_turn[t].clock.next = self.clk.val();
            self.next_turn[t].d.next = self.next_turn[t].q.val();
            if self.advances.val() | !self.next.q.val() {
                self.next_turn[t].d.next = self.turns_on.val();
                if self.spare.q.val() {
                    self.next_turn[t].d.next = self.spare_turn[t].q.val();
                }
            }
            self.goes_on[t].next = self.moving.q.val();
        }
        self.spare.d.next = (self.spare.q.val() | self.made.val()) & !(self.advances.val() | !self.next.q.val());
        if self.advances.val() | !self.next.q.val() {
            self.next.d.next = self.made.val() | self.spare.q.val();
            self.next_what.d.next = self.what.val();
            if self.spare.q.val() {
                self.next_what.d.next = self.spare_what.q.val();
            }
        }

        // The end of what comes in reaches the slots' counts two clocks later.
        self.closing1.d.next = self.closes.val();
        self.closing2.d.next = self.closing1.q.val();
        self.follow.next = !(self.closing2.q.val() | self.closed.q.val()) | self.moving.q.val();
        if self.closing2.q.val() {
            if self.closed.q.val() {
                self.closed_next.d.next = true;
            }
            self.closed.d.next = true;
        }
        if self.moving.q.val() {
            self.closed.d.next = self.closed_next.q.val() | self.closing2.q.val();
            self.closed_next.d.next = false;
        }

        for i in 0..self.ready.len() {
            self.asked[i].next = self.was_asked[i].q.val();
            self.real[i].next = self.was_real[i].q.val();
        }
        self.open.next = self.was_open.q.val();
        self.valid.next = self.answer.q.val();
        self.fixed.next = self.answer_what.q.val().get_bit(3);
        self.of_trailer.next = self.answer_what.q.val().get_bit(4);
        self.chunk.next = self.answer_what.q.val().get_bits::<3>(0);
        self.last.next = self.answer_last.q.val();
        self.book.next = self.book_held.q.val();
        self.bias.next = self.bias_held.q.val();
        self.count.next = self.count_held.q.val();
        self.check.next = self.check_held.q.val();

        if self.rst.val() {
            self.idling.d.next = true;
            self.ending.d.next = false;
            self.checking.d.next = false;
            self.fixing.d.next = false;
            self.leading.d.next = false;
            self.prefilling.d.next = false;
            self.stepping.d.next = false;
            self.moving.d.next = false;
            self.able.d.next = false;
            for t in 0..self.turning.len() {
                self.turning[t].d.next = false;
            }
            self.pending.d.next = false;
            self.under_way.d.next = 0.into();
            self.due.d.next = false;
            self.complete.d.next = false;
            self.closing1.d.next = false;
            self.closing2.d.next = false;
            self.closed.d.next = false;
            self.closed_next.d.next = false;
            self.spare.d.next = false;
            self.next.d.next = false;
            self.request.d.next = false;
            self.answer.d.next = false;
            self.answer_last.d.next = false;
        }
    }
}

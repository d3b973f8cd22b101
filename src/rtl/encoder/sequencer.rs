//! Puts a packet's words into the order in which the decoder asks for them (wire format, sections 4 and 5.2).
//!
//! ```text
//!  slot queues (lanes, raw) --> [ who is asked for? ] --> group: up to G words and which of them to send
//!  steps (crossing masks)   -->         ^
//!  packets, checks ------------> header and trailer, cut into the same slots
//! ```
//!
//! | state | a group holds |
//! |---|---|
//! | `Idle` | nothing; takes the next packet |
//! | `Header` | up to 5 words of the header |
//! | `RawLead` | the raw words of the first eight steps |
//! | `Prefill` | one word of each lane |
//! | `Steps` | the words that one step makes the decoder ask for |
//! | `Check` | nothing; waits for symbol count and CRC |
//! | `Trailer` | up to 5 words of the trailer |
//!
//! | property | value |
//! |---|---|
//! | latency | one clock from queue heads to group |
//! | throughput | one group a clock |
//!
//! A lane that has ended answers with words of zeros. They are sent only if a word that is not one follows (section 5.2: the
//! payload is cut after its last real word): when a slot has ended, all of the packet's words are in the queues, so head and
//! second entry of each queue tell whether one follows.

use crate::rtl::prelude::*;
use crate::rtl::raw_schedule::{lead_rounds, RawSchedule};

// The derive needs rust-hdl's own number type in scope, not ours.
mod state {
    use rust_hdl::prelude::*;

    /// State of the [`Sequencer`](super::Sequencer).
    #[derive(Clone, Copy, Debug, PartialEq, LogicState)]
    pub enum SequencerState {
        /// Between packets.
        Idle,
        /// Sends the header.
        Header,
        /// Sends raw words ahead.
        RawLead,
        /// Fills the decoder's lanes.
        Prefill,
        /// Answers the steps.
        Steps,
        /// Waits for the trailer.
        Check,
        /// Sends the trailer.
        Trailer,
    }
}
pub use state::SequencerState;

/// What the sequencer is told when it is made.
#[derive(Clone, Copy, Debug)]
pub struct SequencerConfig {
    /// The header with book 0.
    pub header: u128,
    /// Mux words that every lane starts with.
    pub prefill: u32,
    /// Lanes.
    pub lanes: usize,
    /// Raw bits of a step.
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

/// The sequencer. Header and trailer go out in the slots that there are, at most 5 words a clock.
#[derive(LogicBlock)]
pub struct Sequencer {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Synchronous reset.
    pub rst: Signal<In, Bit>,
    /// Oldest word of each slot.
    pub word: Vec<Signal<In, U<16>>>,
    /// It is a packet's end.
    pub closes: Vec<Signal<In, Bit>>,
    /// There is one.
    pub valid: Vec<Signal<In, Bit>>,
    /// The entry behind it is a packet's end.
    pub second_closes: Vec<Signal<In, Bit>>,
    /// There is one behind it.
    pub second_valid: Vec<Signal<In, Bit>>,
    /// Takes the oldest word.
    pub pop: Vec<Signal<Out, Bit>>,
    /// Lanes that crossed a word boundary in the oldest step.
    pub step_crossed: Bus<In>,
    /// It is the packet's last step.
    pub step_last: Signal<In, Bit>,
    /// There is a step.
    pub step_valid: Signal<In, Bit>,
    /// Takes the step.
    pub step_pop: Signal<Out, Bit>,
    /// Book of the oldest packet.
    pub packet_book: Signal<In, U<4>>,
    /// It has no symbol.
    pub packet_empty: Signal<In, Bit>,
    /// There is a packet.
    pub packet_valid: Signal<In, Bit>,
    /// Takes it.
    pub packet_pop: Signal<Out, Bit>,
    /// Symbol count of the oldest finished packet.
    pub trailer_count: Signal<In, U<32>>,
    /// Its CRC.
    pub trailer_check: Signal<In, U<32>>,
    /// There is one.
    pub trailer_valid: Signal<In, Bit>,
    /// Takes it.
    pub trailer_pop: Signal<Out, Bit>,
    /// The output has room for what is under way and one more group.
    pub room: Signal<In, Bit>,
    /// Words of the group.
    pub group_word: Vec<Signal<Out, U<16>>>,
    /// Which of them to send.
    pub group_send: Vec<Signal<Out, Bit>>,
    /// There is a group.
    pub group_valid: Signal<Out, Bit>,
    /// The group ends the packet.
    pub group_last: Signal<Out, Bit>,
    state: Register<SequencerState>,
    fixed: Register<U<80>>,
    left: Register<U<4>>,
    raw: Vec<RawSchedule>,
    empty: Register<Bit>,
    words: Vec<Register<U<16>>>,
    send: Vec<Register<Bit>>,
    filled: Register<Bit>,
    ends: Register<Bit>,
    want: Vec<Signal<Local, Bit>>,
    real: Vec<Signal<Local, Bit>>,
    spent: Vec<Signal<Local, Bit>>,
    answerable: Signal<Local, Bit>,
    more: Signal<Local, Bit>,
    limit: Signal<Local, U<8>>,
    lead_done: Signal<Local, Bit>,
    take: Signal<Local, Bit>,
    all_spent: Signal<Local, Bit>,
    shifted: Signal<Local, U<80>>,
    one: Constant<U<4>>,
    header_words: Constant<U<4>>,
    trailer_words: Constant<U<4>>,
    chunk: Constant<U<4>>,
    chunk_bits: Constant<U<8>>,
    prefill: Constant<U<4>>,
    lead_rounds: Constant<U<4>>,
    header: Constant<U<80>>,
    index: Vec<Constant<U<8>>>,
    _lanes: usize,
    _chunk: usize,
}

impl Sequencer {
    /// A sequencer for packets with this header.
    pub fn new(config: &SequencerConfig) -> Self {
        let (slots, chunk) = (config.slots(), config.slots().min(5));
        Self {
            clk: port(),
            rst: port(),
            word: many(slots),
            closes: many(slots),
            valid: many(slots),
            second_closes: many(slots),
            second_valid: many(slots),
            pop: many(slots),
            step_crossed: Bus::new(config.lanes),
            step_last: port(),
            step_valid: port(),
            step_pop: port(),
            packet_book: port(),
            packet_empty: port(),
            packet_valid: port(),
            packet_pop: port(),
            trailer_count: port(),
            trailer_check: port(),
            trailer_valid: port(),
            trailer_pop: port(),
            room: port(),
            group_word: many(slots),
            group_send: many(slots),
            group_valid: port(),
            group_last: port(),
            state: port(),
            fixed: port(),
            left: port(),
            raw: (0..config.raw_slots().min(1)).map(|_| RawSchedule::new(config.raw_step_bits)).collect(),
            empty: port(),
            words: many(slots),
            send: many(slots),
            filled: port(),
            ends: port(),
            want: many(slots),
            real: many(slots),
            spent: many(slots),
            answerable: port(),
            more: port(),
            limit: port(),
            lead_done: port(),
            take: port(),
            all_spent: port(),
            shifted: port(),
            one: constant(1),
            header_words: constant(5),
            trailer_words: constant(4),
            chunk: constant(chunk as u128),
            chunk_bits: constant(16 * chunk as u128),
            prefill: constant(config.prefill.into()),
            lead_rounds: constant(lead_rounds(config.raw_step_bits) as u128),
            header: constant(config.header),
            index: (0..slots).map(|i| constant(i as u128)).collect(),
            _lanes: config.lanes,
            _chunk: chunk,
        }
    }
}

impl Logic for Sequencer {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clk, state, fixed, left, empty, filled, ends);
        for i in 0..self.word.len() {
            self.send[i].clock.next = self.clk.val();
            self.send[i].d.next = false;
            self.words[i].clock.next = self.clk.val();
            self.words[i].d.next = self.words[i].q.val();
            self.pop[i].next = false;
            self.want[i].next = false;
            self.real[i].next = self.valid[i].val() & !self.closes[i].val();
            self.spent[i].next = self.valid[i].val() & self.closes[i].val();
        }
        self.step_pop.next = false;
        self.packet_pop.next = false;
        self.trailer_pop.next = false;

        // Who is asked for in this state.
        if self.state.q.val() == SequencerState::Prefill {
            for i in 0..self._lanes {
                self.want[i].next = true;
            }
        }
        if (self.state.q.val() == SequencerState::Steps) & !self.step_last.val() {
            for i in 0..self._lanes {
                self.want[i].next = self.step_crossed.val().get_bit(i);
            }
        }
        if (self.state.q.val() == SequencerState::RawLead)
            | ((self.state.q.val() == SequencerState::Steps) & !self.step_last.val())
        {
            for r in 0..self.raw.len() {
                for l in self._lanes..(self._lanes + 1) {
                    for i in self._lanes..self.word.len() {
                        self.want[i].next = self.raw[r].want[i - l].val();
                    }
                }
            }
        }

        // Can all of them answer, and does a real word follow what they answer?
        self.answerable.next = self.room.val();
        self.more.next = false;
        self.limit.next = 0.into();
        self.all_spent.next = true;
        for i in 0..self.word.len() {
            self.answerable.next = self.answerable.val() & (self.valid[i].val() | !self.want[i].val());
            self.more.next = self.more.val()
                | (self.real[i].val()
                    & !(self.want[i].val() & self.second_valid[i].val() & self.second_closes[i].val()));
            if self.want[i].val() & self.real[i].val() {
                self.limit.next = (i + 1).to_bits();
            }
            self.all_spent.next = self.all_spent.val() & self.spent[i].val();
        }

        // The group: words and which of them to send.
        self.filled.d.next = false;
        self.ends.d.next = false;
        self.lead_done.next = false;
        self.take.next = false;
        // One shift, not one a word: Verilator 5.048 to 5.050 add up the amounts of nested shifts in too few bits.
        self.shifted.next = self.fixed.q.val() << self.chunk_bits.val();

        if self.state.q.val() == SequencerState::Idle {
            self.fixed.d.next = self.header.val() | (bit_cast::<80, 4>(self.packet_book.val()) << 55);
            self.empty.d.next = self.packet_empty.val();
            self.left.d.next = self.header_words.val();
            if self.packet_valid.val() {
                self.packet_pop.next = true;
                self.state.d.next = SequencerState::Header;
            }
        }
        if (self.state.q.val() == SequencerState::Header) | (self.state.q.val() == SequencerState::Trailer) {
            for i in 0..self._chunk {
                self.words[i].d.next = self.fixed.q.val().get_bits::<16>(64 - i * 16);
                if self.index[i].val().get_bits::<4>(0) < self.left.q.val() {
                    self.send[i].d.next = true;
                }
            }
            if self.room.val() {
                self.filled.d.next = true;
                self.fixed.d.next = self.shifted.val();
                self.left.d.next = self.left.q.val() - self.chunk.val();
                if self.left.q.val() <= self.chunk.val() {
                    if self.state.q.val() == SequencerState::Trailer {
                        self.ends.d.next = true;
                        self.state.d.next = SequencerState::Idle;
                    } else if self.empty.q.val() {
                        self.state.d.next = SequencerState::Check;
                    } else if self.lead_rounds.val().any() {
                        self.left.d.next = self.lead_rounds.val();
                        self.state.d.next = SequencerState::RawLead;
                    } else {
                        self.left.d.next = self.prefill.val();
                        self.state.d.next = SequencerState::Prefill;
                    }
                }
            }
        }
        if (self.state.q.val() == SequencerState::RawLead) | (self.state.q.val() == SequencerState::Prefill) {
            if self.answerable.val() {
                self.take.next = true;
                self.left.d.next = self.left.q.val() - self.one.val();
                if self.left.q.val() == self.one.val() {
                    self.left.d.next = self.prefill.val();
                    if self.state.q.val() == SequencerState::RawLead {
                        self.lead_done.next = true;
                        self.state.d.next = SequencerState::Prefill;
                    } else {
                        self.state.d.next = SequencerState::Steps;
                    }
                }
            }
        }
        if (self.state.q.val() == SequencerState::Steps) & self.step_valid.val() {
            if self.step_last.val() {
                self.step_pop.next = true;
                self.state.d.next = SequencerState::Check;
            } else if self.answerable.val() {
                self.step_pop.next = true;
                self.take.next = true;
            }
        }
        if self.state.q.val() == SequencerState::Check {
            self.fixed.d.next = (bit_cast::<80, 32>(self.trailer_count.val()) << 48)
                | (bit_cast::<80, 32>(self.trailer_check.val()) << 16);
            self.left.d.next = self.trailer_words.val();
            if self.trailer_valid.val() & self.all_spent.val() {
                self.trailer_pop.next = true;
                self.state.d.next = SequencerState::Trailer;
                for i in 0..self.word.len() {
                    self.pop[i].next = true;
                }
            }
        }
        if self.take.val() {
            self.filled.d.next = true;
            for i in 0..self.word.len() {
                self.words[i].d.next = 0.into();
                if self.real[i].val() {
                    self.words[i].d.next = self.word[i].val();
                }
                self.pop[i].next = self.want[i].val() & self.real[i].val();
                if self.want[i].val() & (self.more.val() | (self.index[i].val() < self.limit.val())) {
                    self.send[i].d.next = true;
                }
            }
        }
        for r in 0..self.raw.len() {
            self.raw[r].clk.next = self.clk.val();
            self.raw[r].start.next = self.state.q.val() == SequencerState::Idle;
            self.raw[r].lead.next = self.state.q.val() == SequencerState::RawLead;
            self.raw[r].enter.next = self.lead_done.val();
            self.raw[r].advance.next = self.take.val() & (self.state.q.val() != SequencerState::Prefill);
        }

        for i in 0..self.word.len() {
            self.group_word[i].next = self.words[i].q.val();
            self.group_send[i].next = self.send[i].q.val();
        }
        self.group_valid.next = self.filled.q.val();
        self.group_last.next = self.ends.q.val();

        if self.rst.val() {
            self.state.d.next = SequencerState::Idle;
            self.filled.d.next = false;
            self.ends.d.next = false;
        }
    }
}

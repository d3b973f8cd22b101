//! From lane words to link beats: slot queues, sequencer, compactor, gearbox, output queue.
//!
//! ```text
//!  slot 0 .. G-1 -> [ queues ] -+-> [ sequencer ] -> [ compactor ] -> [ gearbox ] -> [ queue ] -> m_axis
//!  steps         -> [ queue  ] -+          ^
//!  packets       -> [ queue  ] -+          |
//!  trailers      -> [ queue  ] -'     room of the output queue
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | 2 clocks in the queues, 3 to the output queue, 2 through it |
//! | throughput | one step a clock |
//! | depth | a lane may have to wait for prefill x 16 one-bit codewords of the slowest lane: 48 steps. Queues of 64 cover that and the pipeline in front |
//!
//! No stage stalls: the front stops when a queue runs out of room, the sequencer when the output queue does.

use super::compactor::Compactor;
use super::gearbox::Gearbox;
use super::sequencer::{Sequencer, SequencerConfig};
use crate::rtl::fifo::Fifo;
use crate::rtl::prelude::*;

/// Entries that may still come in after a slot queue has said that it has no room.
const SLOT_SLACK: usize = 12;
/// The same for the output queue: three pipeline stages, the spilled beat and the delay of `room`.
const OUTPUT_SLACK: usize = 8;

/// Multiplexer of slots, lanes first, into link beats.
#[derive(LogicBlock)]
pub struct WordMux {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Synchronous reset.
    pub rst: Signal<In, Bit>,
    /// Slot entry: there is one.
    pub push: Vec<Signal<In, Bit>>,
    /// Slot entry: word.
    pub word: Vec<Signal<In, U<16>>>,
    /// Slot entry: packet's end.
    pub closes: Vec<Signal<In, Bit>>,
    /// Step: there is one.
    pub step: Signal<In, Bit>,
    /// Step: lanes that crossed a word boundary.
    pub step_crossed: Bus<In>,
    /// Step: last of its packet.
    pub step_last: Signal<In, Bit>,
    /// Packet: one begins.
    pub packet: Signal<In, Bit>,
    /// Packet: book.
    pub packet_book: Signal<In, U<4>>,
    /// Packet: without symbols.
    pub packet_empty: Signal<In, Bit>,
    /// Trailer: there is one.
    pub trailer: Signal<In, Bit>,
    /// Trailer: symbol count.
    pub trailer_count: Signal<In, U<32>>,
    /// Trailer: CRC.
    pub trailer_check: Signal<In, U<32>>,
    /// Every queue has room.
    pub room: Signal<Out, Bit>,
    /// Link beat.
    pub m_axis_tdata: Bus<Out>,
    /// Valid bytes of the beat.
    pub m_axis_tkeep: Bus<Out>,
    /// Last beat of a packet.
    pub m_axis_tlast: Signal<Out, Bit>,
    /// There is a beat.
    pub m_axis_tvalid: Signal<Out, Bit>,
    /// It is taken.
    pub m_axis_tready: Signal<In, Bit>,
    slots: Vec<Fifo<6, 7>>,
    steps: Fifo<6, 7>,
    packets: Fifo<4, 5>,
    trailers: Fifo<4, 5>,
    sequencer: Sequencer,
    compactor: Compactor,
    gearbox: Gearbox,
    beats: Fifo<4, 5>,
    all_room: Signal<Local, Bit>,
    words: Bus<Local>,
    ends: Signal<Local, Bit>,
    keep: Gather,
    index: Vec<BusConstant>,
    _tag_bits: usize,
    _words_bits: usize,
}

impl WordMux {
    /// A multiplexer for packets with this header, into beats of `link_words` words.
    pub fn new(config: &SequencerConfig, link_words: usize) -> Self {
        let slots = config.slots();
        let words_bits = bits_for(link_words);
        Self {
            clk: port(),
            rst: port(),
            push: many(slots),
            word: many(slots),
            closes: many(slots),
            step: port(),
            step_crossed: Bus::new(config.lanes),
            step_last: port(),
            packet: port(),
            packet_book: port(),
            packet_empty: port(),
            trailer: port(),
            trailer_count: port(),
            trailer_check: port(),
            room: port(),
            m_axis_tdata: Bus::new(16 * link_words),
            m_axis_tkeep: Bus::new(2 * link_words),
            m_axis_tlast: port(),
            m_axis_tvalid: port(),
            m_axis_tready: port(),
            slots: (0..slots).map(|_| Fifo::new(16, 1, SLOT_SLACK)).collect(),
            steps: Fifo::new(config.lanes, 1, SLOT_SLACK),
            packets: Fifo::new(4, 1, SLOT_SLACK),
            trailers: Fifo::new(32, 32, SLOT_SLACK),
            sequencer: Sequencer::new(config),
            compactor: Compactor::new(slots),
            gearbox: Gearbox::new(slots, link_words),
            beats: Fifo::new(16 * link_words, words_bits + 1, OUTPUT_SLACK),
            all_room: port(),
            words: Bus::new(words_bits),
            ends: port(),
            keep: Gather::new(2 * link_words, 1),
            index: (0..link_words).map(|i| BusConstant::new(words_bits, i as u128)).collect(),
            _tag_bits: words_bits + 1,
            _words_bits: words_bits,
        }
    }
}

impl Logic for WordMux {
    #[hdl_gen]
    fn update(&mut self) {
        // Queues.
        self.all_room.next = self.steps.room.val() & self.packets.room.val() & self.trailers.room.val();
        for i in 0..self.slots.len() {
            self.slots[i].clk.next = self.clk.val();
            self.slots[i].rst.next = self.rst.val();
            self.slots[i].push.next = self.push[i].val();
            self.slots[i].data.next = self.word[i].val().into();
            self.slots[i].tag.next = self.closes[i].val().into();
            self.slots[i].pop.next = self.sequencer.pop[i].val();
            self.all_room.next = self.all_room.val() & self.slots[i].room.val();
        }
        self.room.next = self.all_room.val();
        self.steps.clk.next = self.clk.val();
        self.steps.rst.next = self.rst.val();
        self.steps.push.next = self.step.val();
        self.steps.data.next = self.step_crossed.val();
        self.steps.tag.next = self.step_last.val().into();
        self.steps.pop.next = self.sequencer.step_pop.val();
        self.packets.clk.next = self.clk.val();
        self.packets.rst.next = self.rst.val();
        self.packets.push.next = self.packet.val();
        self.packets.data.next = self.packet_book.val().into();
        self.packets.tag.next = self.packet_empty.val().into();
        self.packets.pop.next = self.sequencer.packet_pop.val();
        self.trailers.clk.next = self.clk.val();
        self.trailers.rst.next = self.rst.val();
        self.trailers.push.next = self.trailer.val();
        self.trailers.data.next = self.trailer_count.val().into();
        self.trailers.tag.next = self.trailer_check.val().into();
        self.trailers.pop.next = self.sequencer.trailer_pop.val();

        // Order.
        self.sequencer.clk.next = self.clk.val();
        self.sequencer.rst.next = self.rst.val();
        for i in 0..self.slots.len() {
            self.sequencer.word[i].next = self.slots[i].head.val().get_bits::<16>(0);
            self.sequencer.closes[i].next = self.slots[i].head_tag.val().get_bit(0);
            self.sequencer.valid[i].next = self.slots[i].head_valid.val();
            self.sequencer.second_closes[i].next = self.slots[i].second_tag.val().get_bit(0);
            self.sequencer.second_valid[i].next = self.slots[i].second_valid.val();
        }
        self.sequencer.step_crossed.next = self.steps.head.val();
        self.sequencer.step_last.next = self.steps.head_tag.val().get_bit(0);
        self.sequencer.step_valid.next = self.steps.head_valid.val();
        self.sequencer.packet_book.next = self.packets.head.val().get_bits::<4>(0);
        self.sequencer.packet_empty.next = self.packets.head_tag.val().get_bit(0);
        self.sequencer.packet_valid.next = self.packets.head_valid.val();
        self.sequencer.trailer_count.next = self.trailers.head.val().get_bits::<32>(0);
        self.sequencer.trailer_check.next = self.trailers.head_tag.val().get_bits::<32>(0);
        self.sequencer.trailer_valid.next = self.trailers.head_valid.val();
        self.sequencer.room.next = self.beats.room.val();

        // Beats.
        self.compactor.clk.next = self.clk.val();
        self.compactor.rst.next = self.rst.val();
        self.gearbox.clk.next = self.clk.val();
        self.gearbox.rst.next = self.rst.val();
        for i in 0..self.slots.len() {
            self.compactor.word[i].next = self.sequencer.group_word[i].val();
            self.compactor.send[i].next = self.sequencer.group_send[i].val();
            self.gearbox.packed[i].next = self.compactor.packed[i].val();
        }
        self.compactor.valid.next = self.sequencer.group_valid.val();
        self.compactor.last.next = self.sequencer.group_last.val();
        self.gearbox.count.next = self.compactor.count.val();
        self.gearbox.valid.next = self.compactor.packed_valid.val();
        self.gearbox.last.next = self.compactor.packed_last.val();
        self.beats.clk.next = self.clk.val();
        self.beats.rst.next = self.rst.val();
        self.beats.push.next = self.gearbox.beat_valid.val();
        self.beats.data.next = self.gearbox.beat.val();
        self.ends.next = self.gearbox.beat_last.val();
        self.beats.tag.next = (bit_cast_to(self.gearbox.beat_words.val(), self._tag_bits) << 1)
            | bit_cast_to(self.ends.val(), self._tag_bits);
        self.beats.pop.next = self.beats.head_valid.val() & self.m_axis_tready.val();

        // Link.
        self.words.next = bit_cast_to(self.beats.head_tag.val() >> 1, self._words_bits);
        for i in 0..self.index.len() {
            self.keep.part[i * 2].next = (self.index[i].val() < self.words.val()).into();
            self.keep.part[i * 2 + 1].next = (self.index[i].val() < self.words.val()).into();
        }
        self.m_axis_tdata.next = self.beats.head.val();
        self.m_axis_tkeep.next = self.keep.whole.val();
        self.m_axis_tlast.next = self.beats.head_tag.val().get_bit(0);
        self.m_axis_tvalid.next = self.beats.head_valid.val();
    }
}

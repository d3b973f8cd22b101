//! From lane words to link beats: slot queues, sequencer, and the way of the words to their places in the beats.
//!
//! ```text
//!  slot 0 .. G-1 -> [ queues ] -+-> [ group ] -> [ places ] -> [ router ] -> [ beats ] -> m_axis
//!                      ready |  '- ask ^                                        |
//!  steps --------> [ queue ] +-> [ sequencer ] <------------- room -------------'
//!  packets, trailers ------------'
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | 3 clocks from a word to `ready`; from request to beat 8 clocks and one for each two bits of a place |
//! | throughput | one step a clock, as long as the link takes the words |
//! | depth | a lane may have to wait for prefill x 16 one-bit codewords of the slowest lane: up to 80 steps. A queue of 128 steps covers that and the pipeline in front |
//!
//! Where lanes are served in turn a step here is a turn: the queue holds four times as many, the lanes of a packer have queues of
//! their own in one memory, and raw slots, which have a word a turn, are four times as deep.
//!
//! No stage stalls: the front stops when the queue of steps runs out of room, the sequencer when the beats do.

use super::beats::Beats;
use super::group::Group;
use super::places::{Places, ROW_BITS};
use super::router::Router;
use super::sequencer::{Sequencer, SequencerConfig};
use super::slot_queue::SlotQueue;
use super::turn_queue::{TurnQueue, REGION_DEPTH_LOG2};
use super::turn_regions::{TurnRegions, TURNS};
use crate::rtl::block_fifo::BlockFifo;
use crate::rtl::prelude::*;

/// log2 of the steps that the queue has place for, and of the words of a slot.
const STEPS_LOG2: usize = 7;
/// The same of turns, where lanes are served in turn: as many steps, for a turn of them has a region of the queue.
const TURNS_LOG2: usize = REGION_DEPTH_LOG2 + 2;

/// Steps that may still come in after the queue has said that it has no room, and more, so that a slot queue of as many words
/// never is full: it has a word a step, those that the end of a packet completes, and those that are asked for.
const SLACK: usize = 28;

/// Multiplexer of slots, lanes first, into link beats.
#[derive(LogicBlock)]
pub struct WordMux {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Synchronous reset.
    pub rst: Signal<In, Bit>,
    /// Slot word: there is one.
    pub push: Vec<Signal<In, Bit>>,
    /// Slot word.
    pub word: Vec<Signal<In, U<16>>>,
    /// All words of the packet are there, those of this clock included.
    pub closes: Signal<In, Bit>,
    /// With lanes in turn: these are the words of a turn, or of the end of its packet.
    pub turn: Vec<Signal<In, Bit>>,
    /// Step: there is one.
    pub step: Signal<In, Bit>,
    /// Step: lanes that crossed a word boundary.
    pub step_crossed: Bus<In>,
    /// Step: last of its packet.
    pub step_last: Signal<In, Bit>,
    /// Packet: one begins.
    pub packet: Signal<In, Bit>,
    /// Packet: book, until another begins.
    pub packet_book: Signal<In, U<4>>,
    /// Packet: initial bias, as long.
    pub packet_bias: Signal<In, U<8>>,
    /// Packet: without symbols.
    pub packet_empty: Signal<In, Bit>,
    /// Another packet may begin.
    pub may_start: Signal<Out, Bit>,
    /// Trailer: there is one.
    pub trailer: Signal<In, Bit>,
    /// Trailer: symbol count, until another packet begins.
    pub trailer_count: Signal<In, U<32>>,
    /// Trailer: CRC, until another packet begins.
    pub trailer_check: Signal<In, U<32>>,
    /// There is room for steps.
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
    slots: Vec<SlotQueue<STEPS_LOG2>>,
    /// With lanes in turn.
    regions: Vec<TurnRegions>,
    turn_slots: Vec<TurnQueue>,
    raw_slots: Vec<SlotQueue<TURNS_LOG2>>,
    steps: BlockFifo,
    sequencer: Sequencer,
    group: Group,
    places: Places,
    router: Router,
    beats: Beats,
    crossed: Bus<Local>,
    last: Signal<Local, Bit>,
    complete: Signal<Local, Bit>,
    row_last: Signal<Local, Bit>,
    row: Signal<Local, U<ROW_BITS>>,
    from: Bus<Local>,
    row_words: Bus<Local>,
    tag: Bus<Local>,
    from_place: BusConstant,
    words_place: BusConstant,
    _step_bits: usize,
    _lanes: usize,
    _place_bits: usize,
    _words_bits: usize,
    _tag_bits: usize,
}

/// Words of a row: as many as a group may have, in whole beats.
fn row_words(slots: usize, link_words: usize) -> usize {
    slots.next_power_of_two().max(link_words).max(2)
}

impl WordMux {
    /// A multiplexer for packets with this header, into beats of `link_words` words.
    pub fn new(config: &SequencerConfig, link_words: usize) -> Self {
        let slots = config.slots();
        let in_turn = config.turns > 1;
        let (all, lanes, raw) = if in_turn { (0, config.lanes, config.raw_slots()) } else { (slots, 0, 0) };
        let steps_log2 = if in_turn { TURNS_LOG2 } else { STEPS_LOG2 };
        let row_words = row_words(slots, link_words);
        let place_bits = row_words.ilog2() as usize;
        let words_bits = place_bits + 1;
        let tag_bits = 2 + ROW_BITS + place_bits + words_bits;
        Self {
            clk: port(),
            rst: port(),
            push: many(slots),
            word: many(slots),
            closes: port(),
            turn: many(in_turn.into()),
            step: port(),
            step_crossed: Bus::new(config.lanes),
            step_last: port(),
            packet: port(),
            packet_book: port(),
            packet_bias: port(),
            packet_empty: port(),
            may_start: port(),
            trailer: port(),
            trailer_count: port(),
            trailer_check: port(),
            room: port(),
            m_axis_tdata: Bus::new(16 * link_words),
            m_axis_tkeep: Bus::new(2 * link_words),
            m_axis_tlast: port(),
            m_axis_tvalid: port(),
            m_axis_tready: port(),
            slots: many(all),
            regions: many(in_turn.into()),
            turn_slots: many(lanes),
            raw_slots: many(raw),
            steps: BlockFifo::new(steps_log2, config.lanes + 1, SLACK),
            sequencer: Sequencer::new(config),
            group: Group::new(config),
            places: Places::new(slots, row_words),
            router: Router::new(slots, row_words, tag_bits),
            beats: Beats::new(row_words, link_words),
            crossed: Bus::new(config.lanes),
            last: port(),
            complete: port(),
            row_last: port(),
            row: port(),
            from: Bus::new(place_bits),
            row_words: Bus::new(words_bits),
            tag: Bus::new(tag_bits),
            from_place: BusConstant::new(8, (2 + ROW_BITS) as u128),
            words_place: BusConstant::new(8, (2 + ROW_BITS + place_bits) as u128),
            _step_bits: config.lanes + 1,
            _lanes: config.lanes,
            _place_bits: place_bits,
            _words_bits: words_bits,
            _tag_bits: tag_bits,
        }
    }
}

impl Logic for WordMux {
    #[hdl_gen]
    fn update(&mut self) {
        // Queues.
        for i in 0..self.slots.len() {
            self.slots[i].clk.next = self.clk.val();
            self.slots[i].rst.next = self.rst.val();
            self.slots[i].push.next = self.push[i].val();
            self.slots[i].word.next = self.word[i].val();
            self.slots[i].ask.next = self.sequencer.ask[i].val();
            self.slots[i].follow.next = self.sequencer.follow.val();
            self.sequencer.ready[i].next = self.slots[i].ready.val();
            self.sequencer.second[i].next = self.slots[i].second.val();
            self.group.ready[i].next = self.slots[i].ready.val();
            self.group.oldest[i].next = self.slots[i].oldest.val();
        }
        for t in 0..self.regions.len() {
            self.regions[t].clk.next = self.clk.val();
            self.regions[t].rst.next = self.rst.val();
            self.regions[t].turn.next = self.turn[t].val();
            self.regions[t].closes.next = self.closes.val();
            self.regions[t].rotate.next = self.sequencer.rotate[t].val();
            self.regions[t].moves.next = self.sequencer.goes_on[t].val();
            for i in 0..self.turn_slots.len() {
                self.turn_slots[i].clk.next = self.clk.val();
                self.turn_slots[i].rst.next = self.rst.val();
                self.turn_slots[i].push.next = self.push[i].val();
                self.turn_slots[i].word.next = self.word[i].val();
                self.turn_slots[i].turn_in.next = self.turn[t].val();
                self.turn_slots[i].closes.next = self.closes.val();
                self.turn_slots[i].in_region.next = self.regions[t].in_region.val();
                self.turn_slots[i].ask.next = self.sequencer.ask[i].val();
                self.turn_slots[i].rotate.next = self.sequencer.rotate[t].val();
                self.turn_slots[i].moves.next = self.sequencer.goes_on[t].val();
                self.turn_slots[i].out_region.next = self.regions[t].out_region.val();
                self.turn_slots[i].same_packet.next = self.regions[t].same_packet.val();
                for k in 0..TURNS {
                    self.turn_slots[i].place[k].next = self.regions[t].place[k].val();
                    self.turn_slots[i].later[k].next = self.regions[t].later[k].val();
                }
                self.sequencer.ready[i].next = self.turn_slots[i].ready.val();
                self.sequencer.second[i].next = self.turn_slots[i].following.val();
                self.group.ready[i].next = self.turn_slots[i].left.val();
                self.group.oldest[i].next = self.turn_slots[i].oldest.val();
            }
            for l in self._lanes..(self._lanes + 1) {
                for i in 0..self.raw_slots.len() {
                    self.raw_slots[i].clk.next = self.clk.val();
                    self.raw_slots[i].rst.next = self.rst.val();
                    self.raw_slots[i].push.next = self.push[l + i].val();
                    self.raw_slots[i].word.next = self.word[l + i].val();
                    self.raw_slots[i].ask.next = self.sequencer.ask[l + i].val();
                    self.raw_slots[i].follow.next = self.sequencer.follow.val();
                    self.sequencer.ready[l + i].next = self.raw_slots[i].ready.val();
                    self.sequencer.second[l + i].next = self.raw_slots[i].second.val();
                    self.group.ready[l + i].next = self.raw_slots[i].ready.val();
                    self.group.oldest[l + i].next = self.raw_slots[i].oldest.val();
                }
            }
        }
        self.crossed.next = self.step_crossed.val();
        self.last.next = self.step_last.val();
        self.steps.clk.next = self.clk.val();
        self.steps.rst.next = self.rst.val();
        self.steps.push.next = self.step.val();
        self.steps.data.next =
            (bit_cast_to(self.crossed.val(), self._step_bits) << 1) | bit_cast_to(self.last.val(), self._step_bits);
        self.steps.pop.next = self.sequencer.step_pop.val();
        self.room.next = self.steps.room.val();

        // Order.
        self.sequencer.clk.next = self.clk.val();
        self.sequencer.rst.next = self.rst.val();
        self.group.clk.next = self.clk.val();
        self.group.rst.next = self.rst.val();
        for i in 0..self.push.len() {
            self.group.asked[i].next = self.sequencer.asked[i].val();
            self.group.real[i].next = self.sequencer.real[i].val();
        }
        self.sequencer.closes.next = self.closes.val();
        self.sequencer.step_crossed.next = bit_cast_to(self.steps.head.val() >> 1, self._lanes);
        self.sequencer.step_last.next = self.steps.head.val().get_bit(0);
        self.sequencer.step_valid.next = self.steps.head_valid.val();
        self.sequencer.packet.next = self.packet.val();
        self.sequencer.packet_empty.next = self.packet_empty.val();
        self.sequencer.packet_book.next = self.packet_book.val();
        self.sequencer.packet_bias.next = self.packet_bias.val();
        self.may_start.next = self.sequencer.may_start.val();
        self.sequencer.trailer.next = self.trailer.val();
        self.sequencer.trailer_count.next = self.trailer_count.val();
        self.sequencer.trailer_check.next = self.trailer_check.val();
        self.sequencer.room.next = self.beats.room.val();
        self.group.open.next = self.sequencer.open.val();
        self.group.valid.next = self.sequencer.valid.val();
        self.group.fixed.next = self.sequencer.fixed.val();
        self.group.of_trailer.next = self.sequencer.of_trailer.val();
        self.group.chunk.next = self.sequencer.chunk.val();
        self.group.last.next = self.sequencer.last.val();
        self.group.book.next = self.sequencer.book.val();
        self.group.bias.next = self.sequencer.bias.val();
        self.group.count.next = self.sequencer.count.val();
        self.group.check.next = self.sequencer.check.val();

        // Places.
        self.places.clk.next = self.clk.val();
        self.places.rst.next = self.rst.val();
        self.router.clk.next = self.clk.val();
        self.router.rst.next = self.rst.val();
        for i in 0..self.push.len() {
            self.places.word[i].next = self.group.word[i].val();
            self.places.send[i].next = self.group.send[i].val();
            self.router.entry[i].next = self.places.entry[i].val();
        }
        self.places.valid.next = self.group.group_valid.val();
        self.places.last.next = self.group.group_last.val();
        self.complete.next = self.places.complete.val();
        self.row_last.next = self.places.row_last.val();
        self.row.next = self.places.row.val();
        self.from.next = self.places.from.val();
        self.row_words.next = self.places.row_words.val();
        self.tag.next =
            bit_cast_to(self.complete.val(), self._tag_bits) | (bit_cast_to(self.row_last.val(), self._tag_bits) << 1);
        self.tag.next = self.tag.val() | (bit_cast_to(self.row.val(), self._tag_bits) << 2);
        self.tag.next = self.tag.val() | (bit_cast_to(self.from.val(), self._tag_bits) << self.from_place.val());
        self.router.tag.next =
            self.tag.val() | (bit_cast_to(self.row_words.val(), self._tag_bits) << self.words_place.val());

        // Beats.
        self.beats.clk.next = self.clk.val();
        self.beats.rst.next = self.rst.val();
        for i in 0..self.beats.node.len() {
            self.beats.node[i].next = self.router.node[i].val();
        }
        self.beats.complete.next = self.router.tag_out.val().get_bit(0);
        self.beats.row_last.next = self.router.tag_out.val().get_bit(1);
        self.beats.row.next = self.router.tag_out.val().get_bits::<4>(2);
        self.beats.from.next = bit_cast_to(self.router.tag_out.val() >> self.from_place.val(), self._place_bits);
        self.beats.row_words.next = bit_cast_to(self.router.tag_out.val() >> self.words_place.val(), self._words_bits);
        self.beats.current.next = self.places.current.val();

        // Link.
        self.m_axis_tdata.next = self.beats.m_axis_tdata.val();
        self.m_axis_tkeep.next = self.beats.m_axis_tkeep.val();
        self.m_axis_tlast.next = self.beats.m_axis_tlast.val();
        self.m_axis_tvalid.next = self.beats.m_axis_tvalid.val();
        self.beats.m_axis_tready.next = self.m_axis_tready.val();
    }
}

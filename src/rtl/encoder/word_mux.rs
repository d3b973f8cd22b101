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

/// Multiplexer of `G` slots, `L` of them lanes, into beats of `S` words (`LINK` bits, `KEEP` bytes).
#[derive(LogicBlock)]
pub struct WordMux<
    const L: usize,
    const G: usize,
    const S: usize,
    const LINK: usize,
    const KEEP: usize,
    const CH: usize,
    const KB: usize,
> {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Synchronous reset.
    pub rst: Signal<In, Bit>,
    /// Slot entry: there is one.
    pub push: [Signal<In, Bit>; G],
    /// Slot entry: word.
    pub word: [Signal<In, U<16>>; G],
    /// Slot entry: packet's end.
    pub closes: [Signal<In, Bit>; G],
    /// Step: there is one.
    pub step: Signal<In, Bit>,
    /// Step: lanes that crossed a word boundary.
    pub step_crossed: Signal<In, U<L>>,
    /// Step: last of its packet.
    pub step_last: Signal<In, Bit>,
    /// Packet: one begins.
    pub packet: Signal<In, Bit>,
    /// Packet: book.
    pub packet_book: Signal<In, U<KB>>,
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
    pub m_axis_tdata: Signal<Out, U<LINK>>,
    /// Valid bytes of the beat.
    pub m_axis_tkeep: Signal<Out, U<KEEP>>,
    /// Last beat of a packet.
    pub m_axis_tlast: Signal<Out, Bit>,
    /// There is a beat.
    pub m_axis_tvalid: Signal<Out, Bit>,
    /// It is taken.
    pub m_axis_tready: Signal<In, Bit>,
    slots: [Fifo<16, 1, 6, 7>; G],
    steps: Fifo<L, 1, 6, 7>,
    packets: Fifo<KB, 1, 4, 5>,
    trailers: Fifo<32, 32, 4, 5>,
    sequencer: Sequencer<L, G, CH, KB>,
    compactor: Compactor<G>,
    gearbox: Gearbox<G, S, LINK>,
    beats: Fifo<LINK, 5, 4, 5>,
    bit_of: [Signal<Local, U<1>>; 3],
    close_bit: [Signal<Local, U<1>>; G],
    all_room: Signal<Local, Bit>,
    words: Signal<Local, U<4>>,
    keep: Signal<Local, U<KEEP>>,
    index: [Constant<U<4>>; S],
}

impl<
        const L: usize,
        const G: usize,
        const S: usize,
        const LINK: usize,
        const KEEP: usize,
        const CH: usize,
        const KB: usize,
    > WordMux<L, G, S, LINK, KEEP, CH, KB>
{
    /// A multiplexer for packets with this header.
    pub fn new(config: &SequencerConfig) -> Self {
        assert!(LINK == 16 * S && KEEP == 2 * S, "WordMux<{L}, {G}, {S}, {LINK}, {KEEP}>");
        Self {
            clk: port(),
            rst: port(),
            push: ports(),
            word: ports(),
            closes: ports(),
            step: port(),
            step_crossed: port(),
            step_last: port(),
            packet: port(),
            packet_book: port(),
            packet_empty: port(),
            trailer: port(),
            trailer_count: port(),
            trailer_check: port(),
            room: port(),
            m_axis_tdata: port(),
            m_axis_tkeep: port(),
            m_axis_tlast: port(),
            m_axis_tvalid: port(),
            m_axis_tready: port(),
            slots: std::array::from_fn(|_| Fifo::new(SLOT_SLACK)),
            steps: Fifo::new(SLOT_SLACK),
            packets: Fifo::new(SLOT_SLACK),
            trailers: Fifo::new(SLOT_SLACK),
            sequencer: Sequencer::new(config),
            compactor: port(),
            gearbox: port(),
            beats: Fifo::new(OUTPUT_SLACK),
            bit_of: ports(),
            close_bit: ports(),
            all_room: port(),
            words: port(),
            keep: port(),
            index: std::array::from_fn(|i| constant(i as u128)),
        }
    }
}

impl<
        const L: usize,
        const G: usize,
        const S: usize,
        const LINK: usize,
        const KEEP: usize,
        const CH: usize,
        const KB: usize,
    > Logic for WordMux<L, G, S, LINK, KEEP, CH, KB>
{
    #[hdl_gen]
    fn update(&mut self) {
        // Queues.
        self.all_room.next = self.steps.room.val() & self.packets.room.val() & self.trailers.room.val();
        for i in 0..G {
            self.slots[i].clk.next = self.clk.val();
            self.slots[i].rst.next = self.rst.val();
            self.slots[i].push.next = self.push[i].val();
            self.slots[i].data.next = self.word[i].val();
            self.close_bit[i].next = 0.into();
            if self.closes[i].val() {
                self.close_bit[i].next = 1.into();
            }
            self.slots[i].tag.next = self.close_bit[i].val();
            self.slots[i].pop.next = self.sequencer.pop[i].val();
            self.all_room.next = self.all_room.val() & self.slots[i].room.val();
        }
        self.room.next = self.all_room.val();
        for i in 0..3 {
            self.bit_of[i].next = 0.into();
        }
        if self.step_last.val() {
            self.bit_of[0].next = 1.into();
        }
        if self.packet_empty.val() {
            self.bit_of[1].next = 1.into();
        }
        self.steps.clk.next = self.clk.val();
        self.steps.rst.next = self.rst.val();
        self.steps.push.next = self.step.val();
        self.steps.data.next = self.step_crossed.val();
        self.steps.tag.next = self.bit_of[0].val();
        self.steps.pop.next = self.sequencer.step_pop.val();
        self.packets.clk.next = self.clk.val();
        self.packets.rst.next = self.rst.val();
        self.packets.push.next = self.packet.val();
        self.packets.data.next = self.packet_book.val();
        self.packets.tag.next = self.bit_of[1].val();
        self.packets.pop.next = self.sequencer.packet_pop.val();
        self.trailers.clk.next = self.clk.val();
        self.trailers.rst.next = self.rst.val();
        self.trailers.push.next = self.trailer.val();
        self.trailers.data.next = self.trailer_count.val();
        self.trailers.tag.next = self.trailer_check.val();
        self.trailers.pop.next = self.sequencer.trailer_pop.val();

        // Order.
        self.sequencer.clk.next = self.clk.val();
        self.sequencer.rst.next = self.rst.val();
        for i in 0..G {
            self.sequencer.word[i].next = self.slots[i].head.val();
            self.sequencer.closes[i].next = self.slots[i].head_tag.val();
            self.sequencer.valid[i].next = self.slots[i].head_valid.val();
            self.sequencer.second_closes[i].next = self.slots[i].second_tag.val();
            self.sequencer.second_valid[i].next = self.slots[i].second_valid.val();
        }
        self.sequencer.step_crossed.next = self.steps.head.val();
        self.sequencer.step_last.next = self.steps.head_tag.val();
        self.sequencer.step_valid.next = self.steps.head_valid.val();
        self.sequencer.packet_book.next = self.packets.head.val();
        self.sequencer.packet_empty.next = self.packets.head_tag.val();
        self.sequencer.packet_valid.next = self.packets.head_valid.val();
        self.sequencer.trailer_count.next = self.trailers.head.val();
        self.sequencer.trailer_check.next = self.trailers.head_tag.val();
        self.sequencer.trailer_valid.next = self.trailers.head_valid.val();
        self.sequencer.room.next = self.beats.room.val();

        // Beats.
        self.compactor.clk.next = self.clk.val();
        self.compactor.rst.next = self.rst.val();
        self.gearbox.clk.next = self.clk.val();
        self.gearbox.rst.next = self.rst.val();
        for i in 0..G {
            self.compactor.word[i].next = self.sequencer.group_word[i].val();
            self.gearbox.packed[i].next = self.compactor.packed[i].val();
        }
        self.compactor.send.next = self.sequencer.group_send.val();
        self.compactor.valid.next = self.sequencer.group_valid.val();
        self.compactor.last.next = self.sequencer.group_last.val();
        self.gearbox.count.next = self.compactor.count.val();
        self.gearbox.valid.next = self.compactor.packed_valid.val();
        self.gearbox.last.next = self.compactor.packed_last.val();
        self.beats.clk.next = self.clk.val();
        self.beats.rst.next = self.rst.val();
        self.beats.push.next = self.gearbox.beat_valid.val();
        self.beats.data.next = self.gearbox.beat.val();
        self.beats.tag.next = self.gearbox.beat_tag.val();
        self.beats.pop.next = self.beats.head_valid.val() & self.m_axis_tready.val();

        // Link.
        self.words.next = self.beats.head_tag.val().get_bits::<4>(0);
        self.keep.next = 0.into();
        for i in 0..S {
            if self.index[i].val() < self.words.val() {
                self.keep.next = self.keep.val().replace_bit(i * 2, true);
                self.keep.next = self.keep.val().replace_bit(i * 2 + 1, true);
            }
        }
        self.m_axis_tdata.next = self.beats.head.val();
        self.m_axis_tkeep.next = self.keep.val();
        self.m_axis_tlast.next = self.beats.head_tag.val().get_bit(4);
        self.m_axis_tvalid.next = self.beats.head_valid.val();
    }
}

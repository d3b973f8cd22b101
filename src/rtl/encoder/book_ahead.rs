//! Looks ahead in the plain stream for the book of each block (wire format, section 6.1).
//!
//! ```text
//!  s_axis --+--> [ queue of beats ] -----------------------------------+--> beat, book, bit of the next id
//!           '--> [ split ] --> [ recentre ] --> [ costs ] --> [ ids ] --'
//!                        '--> [ tracker ] -^
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | two blocks and the comparison of the books: about 55 steps, fewer at a packet's end |
//! | throughput | one beat a clock; behind a packet's last beat none is taken until its last block is in the comparison |
//! | `tready` | registers only |
//!
//! Blocks of 16 steps: the bits of the next block's id go with a block's first four steps, so a beat waits until the next
//! block's id is known, or its own block is known to be the last.

use super::book_costs::{BookCosts, BookCostsBuild};
use super::recentre::Recentre;
use super::split::ElementSplit;
use crate::hdl::RomError;
use crate::rtl::fifo::Fifo;
use crate::rtl::geometry::Geometry;
use crate::rtl::prelude::*;
use crate::rtl::tracker::{Tracker, TrackerConfig};

/// Entries that may still come in after a queue has said that it has no room.
const SLACK: usize = 4;

/// The look-ahead.
#[derive(LogicBlock)]
pub struct BookAhead {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Synchronous reset.
    pub rst: Signal<In, Bit>,
    /// Plain beat: elements.
    pub tdata_in: Bus<In>,
    /// Plain beat: valid bytes.
    pub tkeep_in: Bus<In>,
    /// Plain beat: last of its packet.
    pub tlast_in: Signal<In, Bit>,
    /// Plain beat: there is one.
    pub tvalid_in: Signal<In, Bit>,
    /// It is taken.
    pub tready_out: Signal<Out, Bit>,
    /// The same beat later: elements.
    pub tdata: Bus<Out>,
    /// Valid bytes.
    pub tkeep: Bus<Out>,
    /// Last of its packet.
    pub tlast: Signal<Out, Bit>,
    /// There is one.
    pub tvalid: Signal<Out, Bit>,
    /// It is taken.
    pub tready: Signal<In, Bit>,
    /// Book of its block.
    pub book: Signal<Out, U<4>>,
    /// A bit of the next block's id goes with it.
    pub announces: Signal<Out, Bit>,
    /// That bit.
    pub id_bit: Signal<Out, Bit>,
    beats: Fifo<6, 7>,
    ids: Fifo<4, 5>,
    split: ElementSplit,
    tracker: Vec<Tracker>,
    recentre: Vec<Recentre>,
    costs: BookCosts,
    position_in: Register<U<4>>,
    closing: Register<Bit>,
    lanes1: BusRegister,
    ends1: Register<Bit>,
    last1: Register<Bit>,
    last2: Register<Bit>,
    last3: Register<Bit>,
    book_held: Register<U<4>>,
    book_last: Register<Bit>,
    book_valid: Register<Bit>,
    position: Register<U<4>>,
    accept: Signal<Local, Bit>,
    ready: Signal<Local, Bit>,
    last_in: Signal<Local, Bit>,
    offered: Signal<Local, Bit>,
    passes: Signal<Local, Bit>,
    next_id: Signal<Local, U<4>>,
    selected: Signal<Local, U<4>>,
    back: Signal<Local, U<2>>,
    one: Constant<U<4>>,
    three: Constant<U<2>>,
    _beat_bits: usize,
    _plain_bits: usize,
    _plain_bytes: usize,
}

impl BookAhead {
    /// For these beats and books; an error if a ROM image does not fit.
    pub fn new(geometry: &Geometry, costs: &BookCostsBuild, tracker: Option<&TrackerConfig>) -> Result<Self, RomError> {
        let (plain_bits, plain_bytes) = (geometry.plain_bits(), geometry.plain_bytes());
        let recentres = geometry.lanes * tracker.iter().len();
        Ok(Self {
            clk: port(),
            rst: port(),
            tdata_in: Bus::new(plain_bits),
            tkeep_in: Bus::new(plain_bytes),
            tlast_in: port(),
            tvalid_in: port(),
            tready_out: port(),
            tdata: Bus::new(plain_bits),
            tkeep: Bus::new(plain_bytes),
            tlast: port(),
            tvalid: port(),
            tready: port(),
            book: port(),
            announces: port(),
            id_bit: port(),
            beats: Fifo::new(plain_bits, plain_bytes + 1, SLACK),
            ids: Fifo::new(4, 1, SLACK),
            split: ElementSplit::new(geometry),
            tracker: tracker.into_iter().map(Tracker::new).collect(),
            recentre: (0..recentres).map(|_| Recentre::new(geometry.symbol_bits)).collect(),
            costs: BookCosts::new(costs)?,
            position_in: port(),
            closing: port(),
            lanes1: BusRegister::new(geometry.lanes),
            ends1: port(),
            last1: port(),
            last2: port(),
            last3: port(),
            book_held: port(),
            book_last: port(),
            book_valid: port(),
            position: port(),
            accept: port(),
            ready: port(),
            last_in: port(),
            offered: port(),
            passes: port(),
            next_id: port(),
            selected: port(),
            back: port(),
            one: constant(1),
            three: constant(3),
            _beat_bits: plain_bytes + 1,
            _plain_bits: plain_bits,
            _plain_bytes: plain_bytes,
        })
    }
}

impl Logic for BookAhead {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clk,
            position_in,
            closing,
            lanes1,
            ends1,
            last1,
            last2,
            last3,
            book_held,
            book_last,
            book_valid,
            position
        );
        // Beats in.
        self.ready.next = (self.beats.room.val() & self.ids.room.val()) & !self.closing.q.val();
        self.tready_out.next = self.ready.val();
        self.accept.next = self.ready.val() & self.tvalid_in.val();
        self.last_in.next = self.tlast_in.val();
        self.beats.clk.next = self.clk.val();
        self.beats.rst.next = self.rst.val();
        self.beats.push.next = self.accept.val();
        self.beats.data.next = self.tdata_in.val();
        self.beats.tag.next =
            (bit_cast_to(self.tkeep_in.val(), self._beat_bits) << 1) | bit_cast_to(self.last_in.val(), self._beat_bits);
        self.split.clk.next = self.clk.val();
        self.split.tdata.next = self.tdata_in.val();
        self.split.tkeep.next = self.tkeep_in.val();
        self.lanes1.d.next = 0.into();
        self.ends1.d.next = false;
        self.last1.d.next = false;
        self.last2.d.next = self.last1.q.val();
        self.last3.d.next = self.last2.q.val();
        if self.costs.closed.val() {
            self.closing.d.next = false;
        }
        if self.accept.val() {
            self.lanes1.d.next = self.split.lanes.val();
            self.ends1.d.next = self.position_in.q.val().all() | self.last_in.val();
            self.last1.d.next = self.last_in.val();
            self.position_in.d.next = self.position_in.q.val() + self.one.val();
            if self.last_in.val() {
                self.position_in.d.next = 0.into();
                self.closing.d.next = true;
            }
        }

        // What the books take for them.
        self.costs.clk.next = self.clk.val();
        self.costs.rst.next = self.rst.val();
        self.costs.active.next = self.lanes1.q.val();
        self.costs.ends.next = self.ends1.q.val();
        self.costs.last.next = self.last1.q.val();
        for i in 0..self.split.symbol.len() {
            self.costs.symbol[i].next = self.split.symbol[i].val();
            for t in 0..self.tracker.len() {
                self.tracker[t].exponent[i].next = self.split.symbol[i].val();
                self.recentre[i].exponent.next = self.split.symbol[i].val();
                self.recentre[i].bias.next = self.tracker[t].bias.val();
                self.costs.symbol[i].next = self.recentre[i].symbol.val();
            }
        }
        for t in 0..self.tracker.len() {
            self.tracker[t].clk.next = self.clk.val();
            self.tracker[t].start.next = self.rst.val() | self.last3.q.val();
            self.tracker[t].step.next = self.lanes1.q.val().any();
        }
        self.ids.clk.next = self.clk.val();
        self.ids.rst.next = self.rst.val();
        self.ids.push.next = self.costs.chosen.val();
        self.ids.data.next = self.costs.book.val().into();
        self.ids.tag.next = self.costs.chosen_last.val().into();

        // Beats out, with the book of their block.
        self.offered.next = (self.beats.head_valid.val() & self.book_valid.q.val())
            & (self.book_last.q.val() | self.ids.head_valid.val());
        self.passes.next = self.offered.val() & self.tready.val();
        self.tvalid.next = self.offered.val();
        self.tdata.next = self.beats.head.val();
        self.tkeep.next = bit_cast_to(self.beats.head_tag.val() >> 1, self._plain_bytes);
        self.tlast.next = self.beats.head_tag.val().get_bit(0);
        self.beats.pop.next = self.passes.val();
        self.book.next = self.book_held.q.val();
        self.next_id.next = self.ids.head.val().get_bits::<4>(0);
        if self.book_last.q.val() {
            self.next_id.next = 0.into();
        }
        self.back.next = self.three.val() - self.position.q.val().get_bits::<2>(0);
        self.selected.next = self.next_id.val() >> self.back.val();
        self.announces.next = !self.position.q.val().get_bits::<2>(2).any();
        self.id_bit.next = self.selected.val().get_bit(0);
        self.ids.pop.next = false;
        if self.passes.val() {
            self.position.d.next = self.position.q.val() + self.one.val();
        }
        if (self.passes.val() & self.position.q.val().all()) | !self.book_valid.q.val() {
            self.ids.pop.next = self.ids.head_valid.val() & !(self.book_valid.q.val() & self.book_last.q.val());
            self.book_held.d.next = self.ids.head.val().get_bits::<4>(0);
            self.book_last.d.next = self.ids.head_tag.val().get_bit(0);
            self.book_valid.d.next = self.ids.head_valid.val();
        }
        if self.passes.val() & self.beats.head_tag.val().get_bit(0) {
            self.position.d.next = 0.into();
            self.book_valid.d.next = false;
        }

        if self.rst.val() {
            self.position_in.d.next = 0.into();
            self.closing.d.next = false;
            self.lanes1.d.next = 0.into();
            self.ends1.d.next = false;
            self.last1.d.next = false;
            self.last2.d.next = false;
            self.book_valid.d.next = false;
            self.position.d.next = 0.into();
        }
    }
}

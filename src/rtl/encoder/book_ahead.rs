//! Looks ahead in the plain stream for the book of each block (wire format, section 6.1).
//!
//! ```text
//!  s_axis --> [ split ] --+--> [ recentre ] --> | --+--> [ queue of steps ] ------------+--> step, book, bit of the next id
//!                         '--> [ tracker ] -^       '--> [ costs ] --> [ queue of ids ] --'
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | a block, 16 steps and the comparison of the books, which takes about 33 clocks; less at a packet's end |
//! | throughput | one step a clock; behind a packet's last one none is taken until its last block no longer stands in the way |
//! | `tready` | registers only |
//!
//! The bits of the next block's id go with the first four of a block's last 16 steps, so these wait until the next block's id is
//! known, or their own block is known to be the last; the steps before wait for the id of their own. Where lanes are served in
//! turn what is called a step here is a turn, and the bits go with the first turns of those steps. Steps come out split, and with a tracked bias recentred
//! already: the core behind needs neither tracker nor recentring.

use super::book_costs::{BookCosts, BookCostsBuild};
use super::recentre::Recentre;
use super::split::ElementSplit;
use crate::hdl::RomError;
use crate::rtl::block_fifo::BlockFifo;
use crate::rtl::fifo::Fifo;
use crate::rtl::geometry::Geometry;
use crate::rtl::prelude::*;
use crate::rtl::tracker::{Tracker, TrackerConfig};
use crate::wire::BOOK_LEAD_STEPS;

/// Steps that are in the queue beside those of a block and the 16 behind it: those that come while books are compared and those
/// of the room that is kept.
const COMPARING: usize = 52;
/// Entries that may still come in after the queue of ids has said that it has no room.
const ID_SLACK: usize = 6;
/// The same for the queue of steps.
const STEP_SLACK: usize = 12;

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
    /// Bias that its packet begins with.
    pub bias_in: Signal<In, U<8>>,
    /// It is taken.
    pub tready_out: Signal<Out, Bit>,
    /// The same step later: elements, zeros where there are none.
    pub plain: Bus<Out>,
    /// Lanes that hold a symbol.
    pub lanes: Bus<Out>,
    /// The symbols, recentred.
    pub symbol: Vec<Signal<Out, U<8>>>,
    /// Bias that its packet begins with, if packets have biases of their own.
    pub bias: Signal<Out, U<8>>,
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
    steps: BlockFifo,
    ids: Fifo<4, 5>,
    split: ElementSplit,
    tracker: Vec<Tracker>,
    recentre: Vec<Recentre>,
    costs: BookCosts,
    position_in: BusRegister,
    within: Register<Bit>,
    bias1: Vec<Register<U<8>>>,
    bias2: Vec<Register<U<8>>>,
    bias_place: BusConstant,
    of_packet: Signal<Local, U<8>>,
    closing: Register<Bit>,
    lanes1: BusRegister,
    some1: Register<Bit>,
    ends1: Register<Bit>,
    last1: Register<Bit>,
    lanes2: BusRegister,
    some2: Register<Bit>,
    plain2: BusRegister,
    symbol2: Vec<Register<U<8>>>,
    ends2: Register<Bit>,
    last2: Register<Bit>,
    book_held: Register<U<4>>,
    book_last: Register<Bit>,
    book_valid: Register<Bit>,
    /// The step at the head may go: the ids are there that it needs.
    allowed: Register<Bit>,
    position: BusRegister,
    accept: Signal<Local, Bit>,
    now: Signal<Local, U<8>>,
    symbols: Gather,
    entry: Bus<Local>,
    data: Bus<Local>,
    present: Bus<Local>,
    whole: Bus<Local>,
    of_symbols: Bus<Local>,
    lanes_place: BusConstant,
    data_place: BusConstant,
    symbols_place: BusConstant,
    ready: Signal<Local, Bit>,
    last_in: Signal<Local, Bit>,
    offered: Signal<Local, Bit>,
    passes: Signal<Local, Bit>,
    /// The next block may begin.
    opens: Signal<Local, Bit>,
    /// When this block's id is not the oldest any more another one is there, or none is needed.
    known: Signal<Local, Bit>,
    enters: Signal<Local, Bit>,
    /// The block's last 16 steps: which of them, and which turn.
    of_last: Signal<Local, U<4>>,
    in_last: Signal<Local, Bit>,
    first_turn: Signal<Local, Bit>,
    next_id: Signal<Local, U<4>>,
    selected: Signal<Local, U<4>>,
    back: Signal<Local, U<2>>,
    one: BusConstant,
    before_last: BusConstant,
    begins_in_last: Constant<U<1>>,
    three: Constant<U<2>>,
    turn_bits: BusConstant,
    _turn_bits: usize,
    _position_bits: usize,
    _entry_bits: usize,
    _plain_bits: usize,
    _symbols_bits: usize,
    _lanes: usize,
}

impl BookAhead {
    /// For these beats and books, and packets with biases of their own if `biased`; an error if a ROM image does not fit.
    pub fn new(
        geometry: &Geometry,
        costs: &BookCostsBuild,
        tracker: Option<&TrackerConfig>,
        biased: bool,
    ) -> Result<Self, RomError> {
        let (plain_bits, plain_bytes, lanes) = (geometry.plain_bits(), geometry.plain_bytes(), geometry.lanes);
        let symbols_bits = 8 * lanes;
        let (biases, bias_place) = (usize::from(biased), 1 + lanes + plain_bits + symbols_bits);
        let entry_bits = bias_place + 8 * biases;
        let place = |bit: usize| BusConstant::new(16, bit as u128);
        let recentres = geometry.lanes * tracker.iter().len();
        let (position_bits, turn_bits) = (costs.block_turns.ilog2() as usize, geometry.turns.ilog2() as usize);
        let last_turns = geometry.turns * BOOK_LEAD_STEPS as usize;
        let all = costs.block_turns as u128 - 1;
        let held = costs.block_turns + geometry.turns * BOOK_LEAD_STEPS as usize + COMPARING;
        Ok(Self {
            clk: port(),
            rst: port(),
            tdata_in: Bus::new(plain_bits),
            tkeep_in: Bus::new(plain_bytes),
            tlast_in: port(),
            bias_in: port(),
            bias: port(),
            tvalid_in: port(),
            tready_out: port(),
            plain: Bus::new(plain_bits),
            lanes: Bus::new(lanes),
            symbol: many(lanes),
            tlast: port(),
            tvalid: port(),
            tready: port(),
            book: port(),
            announces: port(),
            id_bit: port(),
            steps: BlockFifo::new(held.next_power_of_two().ilog2() as usize, entry_bits, STEP_SLACK),
            ids: Fifo::new(4, 1, ID_SLACK),
            split: ElementSplit::new(geometry),
            tracker: tracker.into_iter().map(Tracker::new).collect(),
            recentre: (0..recentres).map(|_| Recentre::new(geometry.symbol_bits)).collect(),
            costs: BookCosts::new(costs)?,
            position_in: BusRegister::new(position_bits),
            within: port(),
            bias1: many(biases),
            bias2: many(biases),
            bias_place: place(bias_place),
            of_packet: port(),
            closing: port(),
            lanes1: BusRegister::new(lanes),
            some1: port(),
            ends1: port(),
            last1: port(),
            lanes2: BusRegister::new(lanes),
            some2: port(),
            plain2: BusRegister::new(plain_bits),
            symbol2: many(lanes),
            ends2: port(),
            last2: port(),
            book_held: port(),
            book_last: port(),
            book_valid: port(),
            allowed: port(),
            position: BusRegister::new(position_bits),
            accept: port(),
            now: port(),
            symbols: Gather::new(lanes, 8),
            entry: Bus::new(entry_bits),
            data: Bus::new(plain_bits),
            present: Bus::new(lanes),
            whole: Bus::new(symbols_bits),
            of_symbols: Bus::new(symbols_bits),
            lanes_place: place(1),
            data_place: place(1 + lanes),
            symbols_place: place(1 + lanes + plain_bits),
            ready: port(),
            last_in: port(),
            offered: port(),
            passes: port(),
            opens: port(),
            known: port(),
            enters: port(),
            of_last: port(),
            in_last: port(),
            first_turn: port(),
            next_id: port(),
            selected: port(),
            back: port(),
            one: BusConstant::new(position_bits, 1),
            before_last: BusConstant::new(
                position_bits,
                (costs.block_turns - last_turns).wrapping_sub(1) as u128 & all,
            ),
            begins_in_last: constant((costs.block_turns == last_turns).into()),
            three: constant(3),
            turn_bits: BusConstant::new(8, turn_bits as u128),
            _turn_bits: turn_bits,
            _position_bits: position_bits,
            _entry_bits: entry_bits,
            _plain_bits: plain_bits,
            _symbols_bits: symbols_bits,
            _lanes: lanes,
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
            within,
            closing,
            lanes1,
            some1,
            ends1,
            last1,
            lanes2,
            some2,
            plain2,
            ends2,
            last2,
            book_held,
            book_last,
            book_valid,
            allowed,
            position
        );
        // Beats in.
        self.ready.next = (self.steps.room.val() & self.ids.room.val()) & !self.closing.q.val();
        self.tready_out.next = self.ready.val();
        self.accept.next = self.ready.val() & self.tvalid_in.val();
        self.last_in.next = self.tlast_in.val();
        self.split.clk.next = self.clk.val();
        self.split.tdata.next = self.tdata_in.val();
        self.split.tkeep.next = self.tkeep_in.val();
        self.lanes1.d.next = 0.into();
        self.some1.d.next = self.accept.val();
        self.ends1.d.next = false;
        self.last1.d.next = false;
        self.last2.d.next = self.last1.q.val();
        if self.costs.closed.val() {
            self.closing.d.next = false;
        }
        if self.accept.val() {
            self.lanes1.d.next = self.split.lanes.val();
            self.ends1.d.next = self.position_in.q.val().all() | self.last_in.val();
            self.last1.d.next = self.last_in.val();
            self.within.d.next = !self.last_in.val();
            self.position_in.d.next = self.position_in.q.val() + self.one.val();
            if self.last_in.val() {
                self.position_in.d.next = 0.into();
                self.closing.d.next = true;
            }
        }

        // Recentred, into the queue and to the books.
        self.some2.d.next = self.some1.q.val();
        self.plain2.d.next = self.split.plain.val();
        self.lanes2.d.next = self.lanes1.q.val();
        self.ends2.d.next = self.ends1.q.val();
        for i in 0..self.split.symbol.len() {
            self.now.next = self.split.symbol[i].val();
            for t in 0..self.tracker.len() {
                self.tracker[t].exponent[i].next = self.split.symbol[i].val();
                self.recentre[i].exponent.next = self.split.symbol[i].val();
                self.recentre[i].bias.next = self.tracker[t].bias.val();
                self.now.next = self.recentre[i].symbol.val();
            }
            self.symbol2[i].clock.next = self.clk.val();
            self.symbol2[i].d.next = self.now.val();
            self.symbols.part[i].next = self.symbol2[i].q.val().into();
            self.costs.symbol[i].next = self.symbol2[i].q.val();
        }
        self.data.next = self.plain2.q.val();
        self.present.next = self.lanes2.q.val();
        self.whole.next = self.symbols.whole.val();
        self.steps.clk.next = self.clk.val();
        self.steps.rst.next = self.rst.val();
        self.steps.push.next = self.some2.q.val();
        self.entry.next = bit_cast_to(self.last2.q.val(), self._entry_bits);
        self.entry.next =
            self.entry.val() | (bit_cast_to(self.present.val(), self._entry_bits) << self.lanes_place.val());
        self.entry.next = self.entry.val() | (bit_cast_to(self.data.val(), self._entry_bits) << self.data_place.val());
        self.entry.next =
            self.entry.val() | (bit_cast_to(self.whole.val(), self._entry_bits) << self.symbols_place.val());
        self.bias.next = 0.into();
        self.of_packet.next = 0.into();
        for b in 0..self.bias1.len() {
            self.bias1[b].clock.next = self.clk.val();
            self.bias1[b].d.next = self.bias1[b].q.val();
            if self.accept.val() {
                self.bias1[b].d.next = self.bias_in.val();
            }
            self.bias2[b].clock.next = self.clk.val();
            self.bias2[b].d.next = self.bias1[b].q.val();
            self.of_packet.next = self.bias2[b].q.val();
            self.entry.next =
                self.entry.val() | (bit_cast_to(self.of_packet.val(), self._entry_bits) << self.bias_place.val());
            self.bias.next = (self.steps.head.val() >> self.bias_place.val()).get_bits::<8>(0);
        }
        self.steps.data.next = self.entry.val();
        self.costs.clk.next = self.clk.val();
        self.costs.rst.next = self.rst.val();
        self.costs.active.next = self.lanes2.q.val();
        self.costs.ends.next = self.ends2.q.val();
        self.costs.last.next = self.last2.q.val();
        for t in 0..self.tracker.len() {
            self.tracker[t].clk.next = self.clk.val();
            self.tracker[t].start.next = !self.within.q.val();
            self.tracker[t].first_bias.next = self.bias_in.val();
            self.tracker[t].step.next = self.lanes1.q.val().any();
        }
        self.ids.clk.next = self.clk.val();
        self.ids.rst.next = self.rst.val();
        self.ids.push.next = self.costs.chosen.val();
        self.ids.data.next = self.costs.book.val().into();
        self.ids.tag.next = self.costs.chosen_last.val().into();

        // Steps out, with the book of their block; its last 16 when the next one's is known.
        self.in_last.next = true;
        for i in (self._turn_bits + 4)..self._position_bits {
            self.in_last.next = self.in_last.val() & self.position.q.val().get_bit(i);
        }
        self.first_turn.next = true;
        for i in 0..self._turn_bits {
            self.first_turn.next = self.first_turn.val() & !self.position.q.val().get_bit(i);
        }
        self.of_last.next = (self.position.q.val() >> self.turn_bits.val()).get_bits::<4>(0);
        self.offered.next = self.steps.head_valid.val() & self.allowed.q.val();
        self.passes.next = self.offered.val() & self.tready.val();
        self.tvalid.next = self.offered.val();
        self.tlast.next = self.steps.head.val().get_bit(0);
        self.lanes.next = bit_cast_to(self.steps.head.val() >> self.lanes_place.val(), self._lanes);
        self.plain.next = bit_cast_to(self.steps.head.val() >> self.data_place.val(), self._plain_bits);
        self.of_symbols.next = bit_cast_to(self.steps.head.val() >> self.symbols_place.val(), self._symbols_bits);
        for i in 0..self.symbol.len() {
            self.symbol[i].next = self.of_symbols.val().get_bits::<8>(i * 8);
        }
        self.steps.pop.next = self.passes.val();
        self.book.next = self.book_held.q.val();
        self.next_id.next = self.ids.head.val().get_bits::<4>(0);
        if self.book_last.q.val() {
            self.next_id.next = 0.into();
        }
        self.back.next = self.three.val() - self.of_last.val().get_bits::<2>(0);
        self.selected.next = self.next_id.val() >> self.back.val();
        self.announces.next = (self.in_last.val() & self.first_turn.val()) & !self.of_last.val().get_bits::<2>(2).any();
        self.id_bit.next = self.selected.val().get_bit(0);
        self.ids.pop.next = false;
        // What may go is known when the clock begins. The id behind the oldest moves up in one clock.
        self.known.next = self.book_last.q.val() | (self.ids.head_valid.val() | self.ids.second_valid.val());
        self.opens.next = self.ids.head_valid.val()
            & ((self.ids.head_tag.val().get_bit(0) | self.ids.second_valid.val()) | !self.begins_in_last.val().any());
        self.enters.next = self.position.q.val() == self.before_last.val();
        self.allowed.d.next = self.known.val() | !self.in_last.val();
        if self.passes.val() {
            self.position.d.next = self.position.q.val() + self.one.val();
            self.allowed.d.next = self.known.val() | !(self.in_last.val() | self.enters.val());
        }
        if (self.passes.val() & self.position.q.val().all()) | !self.book_valid.q.val() {
            self.ids.pop.next = self.ids.head_valid.val() & !(self.book_valid.q.val() & self.book_last.q.val());
            self.book_held.d.next = self.ids.head.val().get_bits::<4>(0);
            self.book_last.d.next = self.ids.head_tag.val().get_bit(0);
            self.book_valid.d.next = self.ids.head_valid.val();
            self.allowed.d.next = self.opens.val();
        }
        if self.passes.val() & self.steps.head.val().get_bit(0) {
            self.position.d.next = 0.into();
            self.book_valid.d.next = false;
            self.allowed.d.next = false;
        }

        if self.rst.val() {
            self.position_in.d.next = 0.into();
            self.within.d.next = false;
            self.closing.d.next = false;
            self.lanes1.d.next = 0.into();
            self.some1.d.next = false;
            self.ends1.d.next = false;
            self.last1.d.next = false;
            self.lanes2.d.next = 0.into();
            self.some2.d.next = false;
            self.ends2.d.next = false;
            self.last2.d.next = false;
            self.book_valid.d.next = false;
            self.allowed.d.next = false;
            self.position.d.next = 0.into();
        }
    }
}

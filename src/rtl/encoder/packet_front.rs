//! Accepts the plain stream and turns it into pipeline tokens: one for each step, then `flush` and `mark` for the packet's end.
//!
//! ```text
//!  s_axis (valid, last, user) --> [ handshake ] --> valid, first, last, book   one clock later
//!                room --------------^    |
//!                                        +--> flush, mark: the two clocks after the last step; with lanes in turn, `flush`
//!                                        |                 in as many clocks as there are turns, `mark` with the last
//!                                        +--> counting:    the clocks in which the CRC takes the symbol count
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | one clock from handshake to token |
//! | throughput | one step a clock; `gap` clocks without a step after each packet |
//! | `tready` | a register: a beat is taken by what `room` and `may_start` said a clock before |
//!
//! A book id for which the bank has no book is replaced by the raw book, id 0. Assumptions: one more beat may come behind `room`
//! than `room` itself allows for; `may_start` falls for `first` only, so that it has fallen when the gap is over.

use super::small_sum::SmallSum;
use crate::rtl::packet_check::CHECK_CLOCKS;
use crate::rtl::prelude::*;

/// Packet and handshake control of the encoder. Any number of lanes.
#[derive(LogicBlock)]
pub struct PacketFront {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Synchronous reset.
    pub rst: Signal<In, Bit>,
    /// `s_axis_tvalid`.
    pub tvalid: Signal<In, Bit>,
    /// `s_axis_tlast`.
    pub tlast: Signal<In, Bit>,
    /// `s_axis_tuser`: book id.
    pub tuser: Signal<In, U<4>>,
    /// Bias that the packet begins with.
    pub bias_in: Signal<In, U<8>>,
    /// Lanes of the beat that hold a symbol.
    pub lanes: Bus<In>,
    /// There is room behind.
    pub room: Signal<In, Bit>,
    /// Another packet may begin.
    pub may_start: Signal<In, Bit>,
    /// `s_axis_tready`.
    pub tready: Signal<Out, Bit>,
    /// A beat is taken in this clock.
    pub accept: Signal<Out, Bit>,
    /// The token is a step with at least one symbol.
    pub step: Signal<Out, Bit>,
    /// The token is a beat, perhaps an empty one.
    pub beat: Signal<Out, Bit>,
    /// The beat is the packet's first.
    pub first: Signal<Out, Bit>,
    /// The beat is the packet's last.
    pub last: Signal<Out, Bit>,
    /// Lanes of the token that hold a symbol.
    pub active: Bus<Out>,
    /// Book of the packet, constant from `first` to `mark`.
    pub book: Signal<Out, U<4>>,
    /// Its initial bias, as long.
    pub bias: Signal<Out, U<8>>,
    /// No packet is coming in: all of its beats have been taken.
    pub idle: Signal<Out, Bit>,
    /// End-of-packet token: what is left of a lane, or of the lanes of a turn, goes out.
    pub flush: Signal<Out, Bit>,
    /// Last end-of-packet token.
    pub mark: Signal<Out, Bit>,
    /// The CRC takes a part of the symbol count.
    pub counting: Signal<Out, Bit>,
    /// It takes the first part.
    pub count_first: Signal<Out, Bit>,
    /// The CRC is complete.
    pub checked: Signal<Out, Bit>,
    /// Symbols of the packet so far, the token's not counted.
    pub count: Signal<Out, U<32>>,
    in_packet: Register<Bit>,
    busy: Register<U<4>>,
    is_beat: Register<Bit>,
    is_first: Register<Bit>,
    is_last: Register<Bit>,
    lanes_held: BusRegister,
    /// Symbols of the beat.
    added: BusRegister,
    book_held: Register<U<4>>,
    bias_held: Register<U<8>>,
    flushing: Register<Bit>,
    /// With lanes in turn: the turns behind the first.
    flushing_turn: Vec<Register<Bit>>,
    marking: Register<Bit>,
    count_clocks: Register<U<4>>,
    finished: Register<Bit>,
    symbols: Register<U<32>>,
    ready: Register<Bit>,
    flushes: Signal<Local, Bit>,
    marks: Signal<Local, Bit>,
    taken: Signal<Local, Bit>,
    chosen: Signal<Local, U<4>>,
    /// Symbols of two lanes, then of four, and so on.
    sum: Vec<SmallSum>,
    population: Bus<Local>,
    other: Bus<Local>,
    one_lane: Signal<Local, Bit>,
    over: Signal<Local, Bit>,
    gap: Constant<U<4>>,
    count_length: Constant<U<4>>,
    one: Constant<U<4>>,
    _pairs: usize,
    _population_bits: usize,
    books: Constant<U<4>>,
    book_mask: Constant<U<4>>,
}

impl PacketFront {
    /// Front for this many lanes in so many turns and a bank of `books` books; the CRC takes the count in `count_clocks` clocks.
    pub fn new(lanes: usize, turns: usize, books: usize, count_clocks: usize) -> Self {
        Self {
            clk: port(),
            rst: port(),
            tvalid: port(),
            tlast: port(),
            tuser: port(),
            bias_in: port(),
            lanes: Bus::new(lanes),
            room: port(),
            may_start: port(),
            tready: port(),
            accept: port(),
            step: port(),
            beat: port(),
            first: port(),
            last: port(),
            active: Bus::new(lanes),
            book: port(),
            bias: port(),
            idle: port(),
            flush: port(),
            mark: port(),
            counting: port(),
            count_first: port(),
            checked: port(),
            count: port(),
            in_packet: port(),
            busy: port(),
            is_beat: port(),
            is_first: port(),
            is_last: port(),
            lanes_held: BusRegister::new(lanes),
            added: BusRegister::new(bits_for(lanes)),
            book_held: port(),
            bias_held: port(),
            flushing: port(),
            flushing_turn: many(turns - 1),
            marking: port(),
            count_clocks: port(),
            finished: port(),
            symbols: port(),
            ready: port(),
            flushes: port(),
            marks: port(),
            taken: port(),
            chosen: port(),
            sum: (1..lanes).map(|_| SmallSum::new(bits_for(lanes))).collect(),
            population: Bus::new(bits_for(lanes)),
            other: Bus::new(bits_for(lanes)),
            one_lane: port(),
            over: port(),
            gap: constant(gap(count_clocks, turns) as u128),
            count_length: constant(count_clocks as u128),
            one: constant(1),
            _pairs: lanes / 2,
            _population_bits: bits_for(lanes),
            books: constant(books as u128),
            book_mask: constant((1 << bits_for(books)) - 1),
        }
    }
}

/// Clocks after a packet's last beat in which no beat is taken: as many as the CRC needs, so that the count stays until the CRC is
/// there; more than the two for `flush` and `mark`. With lanes in turn one more than the flushes, for raw words come out of
/// their packer a clock sooner than the words of lanes, and those of two packets must not meet.
pub fn gap(count_clocks: usize, turns: usize) -> usize {
    let check = count_clocks + CHECK_CLOCKS - 1;
    match turns {
        1 => check,
        _ => check.max(turns + 1),
    }
}

impl Logic for PacketFront {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clk,
            in_packet,
            busy,
            is_beat,
            is_first,
            is_last,
            lanes_held,
            added,
            book_held,
            bias_held,
            flushing,
            marking,
            count_clocks,
            finished,
            symbols,
            ready
        );
        self.taken.next = self.ready.q.val() & self.tvalid.val();
        self.tready.next = self.ready.q.val();
        self.accept.next = self.taken.val();

        self.chosen.next = self.tuser.val();
        if self.tuser.val() > self.books.val() {
            self.chosen.next = 0.into();
        }
        // Bits that no id has.
        self.chosen.next = self.chosen.val() & self.book_mask.val();

        self.is_beat.d.next = self.taken.val();
        self.is_first.d.next = self.taken.val() & !self.in_packet.q.val();
        self.is_last.d.next = self.taken.val() & self.tlast.val();
        self.lanes_held.d.next = self.lanes.val();
        if !self.taken.val() {
            self.lanes_held.d.next = 0.into();
        }
        if self.taken.val() {
            self.in_packet.d.next = !self.tlast.val();
            if !self.in_packet.q.val() {
                self.book_held.d.next = self.chosen.val();
                self.bias_held.d.next = self.bias_in.val();
            }
        }
        if self.busy.q.val().any() {
            self.busy.d.next = self.busy.q.val() - self.one.val();
        }
        // For the next clock.
        self.over.next = !self.busy.q.val().get_bits::<3>(1).any();
        self.ready.d.next = (self.room.val() & self.over.val()) & (self.in_packet.q.val() | self.may_start.val());
        if self.taken.val() & self.tlast.val() {
            self.busy.d.next = self.gap.val();
            self.ready.d.next = false;
        }

        // The packet's end: flush, then mark; the count goes into the CRC meanwhile.
        self.flushing.d.next = self.is_last.q.val();
        self.marking.d.next = self.flushing.q.val();
        self.flushes.next = self.flushing.q.val();
        self.marks.next = self.marking.q.val();
        for i in 0..self.flushing_turn.len() {
            self.flushing_turn[i].clock.next = self.clk.val();
            self.flushing_turn[i].d.next = self.flushing.q.val();
            self.flushes.next = self.flushes.val() | self.flushing_turn[i].q.val();
            self.marks.next = self.flushing_turn[i].q.val();
        }
        for i in 1..self.flushing_turn.len() {
            self.flushing_turn[i].d.next = self.flushing_turn[i - 1].q.val();
        }
        self.finished.d.next = false;
        if self.count_clocks.q.val().any() {
            self.count_clocks.d.next = self.count_clocks.q.val() - self.one.val();
            self.finished.d.next = self.count_clocks.q.val() == self.one.val();
        }
        if self.is_last.q.val() {
            self.count_clocks.d.next = self.count_length.val();
        }

        // Counted as they come, so that a clock has the addition to itself.
        self.one_lane.next = self.lanes.val().get_bit(0);
        self.population.next = bit_cast_to(self.one_lane.val(), self._population_bits);
        self.other.next = 0.into();
        for i in 0..self._pairs {
            self.one_lane.next = self.lanes.val().get_bit(i * 2);
            self.population.next = bit_cast_to(self.one_lane.val(), self._population_bits);
            self.one_lane.next = self.lanes.val().get_bit(i * 2 + 1);
            self.other.next = bit_cast_to(self.one_lane.val(), self._population_bits);
            self.sum[i].a.next = self.population.val();
            self.sum[i].b.next = self.other.val();
        }
        for p in self._pairs..(self._pairs + 1) {
            for i in 0..self._pairs.saturating_sub(1) {
                self.sum[p + i].a.next = self.sum[i * 2].sum.val();
                self.sum[p + i].b.next = self.sum[i * 2 + 1].sum.val();
            }
        }
        // The last sum is that of all lanes.
        for n in self.sum.len().saturating_sub(1)..self.sum.len() {
            self.population.next = self.sum[n].sum.val();
        }
        self.added.d.next = self.population.val();
        if self.is_beat.q.val() {
            self.symbols.d.next = self.symbols.q.val() + self.added.q.val().get_bits::<32>(0);
        }
        if self.is_first.q.val() {
            self.symbols.d.next = self.added.q.val().get_bits::<32>(0);
        }

        self.beat.next = self.is_beat.q.val();
        self.step.next = self.is_beat.q.val() & self.lanes_held.q.val().any();
        self.first.next = self.is_first.q.val();
        self.last.next = self.is_last.q.val();
        self.active.next = self.lanes_held.q.val();
        self.book.next = self.book_held.q.val();
        self.bias.next = self.bias_held.q.val();
        self.idle.next = !self.in_packet.q.val();
        self.flush.next = self.flushes.val();
        self.mark.next = self.marks.val();
        self.count_first.next = self.flushing.q.val();
        self.counting.next = self.count_clocks.q.val().any();
        self.checked.next = self.finished.q.val();
        self.count.next = self.symbols.q.val();

        if self.rst.val() {
            self.in_packet.d.next = false;
            self.busy.d.next = 0.into();
            self.is_beat.d.next = false;
            self.is_first.d.next = false;
            self.is_last.d.next = false;
            self.lanes_held.d.next = 0.into();
            self.flushing.d.next = false;
            for i in 0..self.flushing_turn.len() {
                self.flushing_turn[i].d.next = false;
            }
            self.marking.d.next = false;
            self.count_clocks.d.next = 0.into();
            self.finished.d.next = false;
            self.ready.d.next = false;
        }
    }
}

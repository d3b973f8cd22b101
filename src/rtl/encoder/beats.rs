//! Words at their places to link beats of `S` words (wire format, section 8): a bank of memory for each place of a row of `N`,
//! read in beats.
//!
//! ```text
//!  node 0 .. N-1 --> [ bank 0 .. N-1, 16 rows ] --> [ S of them at a time ] --> [ register ] --> m_axis
//!  row complete  --> [ words, parts, last ] --> [ two of them ] --' row, part; how many, last
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | three clocks from the word that completes a row to its first beat |
//! | throughput | a row may come in every clock, a beat goes out every clock |
//! | capacity | 16 rows; `room` is registered and low from 7 rows on, so that a pipeline of seven groups may still drain while two rows are read that do not count any more |
//!
//! The words of a group are at most N and one behind the other, so no bank gets two: what lies before the group's first place is
//! in the next row.

use super::places::ROW_BITS;
use crate::rtl::prelude::*;

/// The banks and what reads them.
#[derive(LogicBlock)]
pub struct Beats {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Synchronous reset.
    pub rst: Signal<In, Bit>,
    /// Word at each place, bit 16: there is one.
    pub node: Vec<Bus<In>>,
    /// The first place of the group.
    pub from: Bus<In>,
    /// Its row.
    pub row: Signal<In, U<ROW_BITS>>,
    /// The row is complete with these words.
    pub complete: Signal<In, Bit>,
    /// It is the packet's last.
    pub row_last: Signal<In, Bit>,
    /// Words in it.
    pub row_words: Bus<In>,
    /// Row that words have been placed in at present.
    pub current: Signal<In, U<ROW_BITS>>,
    /// There is room for what is under way and more.
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
    bank: Vec<BusRam<ROW_BITS>>,
    ends: BusRam<ROW_BITS>,
    written: Register<U<ROW_BITS>>,
    reading: Register<U<ROW_BITS>>,
    part: Register<U<4>>,
    /// The beat that goes to the output next.
    chosen: Register<Bit>,
    chosen_row: Register<U<ROW_BITS>>,
    chosen_part: Register<U<4>>,
    chosen_cut: Register<Bit>,
    chosen_rest: BusRegister,
    chosen_last: Register<Bit>,
    /// The one behind it: while the output stands there is place for one more.
    waits: Register<Bit>,
    waiting_row: Register<U<ROW_BITS>>,
    waiting_part: Register<U<4>>,
    waiting_cut: Register<Bit>,
    waiting_rest: BusRegister,
    waiting_last: Register<Bit>,
    beat: BusRegister,
    keep_held: BusRegister,
    last_held: Register<Bit>,
    full: Register<Bit>,
    has_room: Register<Bit>,
    gather: Gather,
    keep: Gather,
    entry: Bus<Local>,
    next_row: Signal<Local, U<ROW_BITS>>,
    used: Signal<Local, U<ROW_BITS>>,
    /// Words of the row's last beat, modulo those of a beat, when it is written and when it is read.
    rest: Bus<Local>,
    rest_read: Bus<Local>,
    ends_packet: Signal<Local, Bit>,
    word: Signal<Local, U<16>>,
    goes: Signal<Local, Bit>,
    chooses: Signal<Local, Bit>,
    moves: Signal<Local, Bit>,
    row_ends: Signal<Local, Bit>,
    is_kept: Vec<Signal<Local, Bit>>,
    /// The row's last part, when it is written and when it is read.
    last_part: Signal<Local, U<4>>,
    last_read: Bus<Local>,
    part_now: Bus<Local>,
    part_of: Signal<Local, U<4>>,
    limit: Vec<BusConstant>,
    part_number: Vec<Constant<U<4>>>,
    one_part: Constant<U<4>>,
    one_row: Constant<U<ROW_BITS>>,
    index: Vec<BusConstant>,
    place: Vec<BusConstant>,
    below_beat: BusConstant,
    rest_end: Constant<U<8>>,
    _rest_bits: usize,
    _meta_bits: usize,
    _part_bits: usize,
}

impl Beats {
    /// From rows of `row_words` to beats of `link_words` words, both powers of two.
    pub fn new(row_words: usize, link_words: usize) -> Self {
        assert!(row_words.is_multiple_of(link_words) && row_words > 1, "rows of {row_words}, beats of {link_words}");
        let (place_bits, parts) = (row_words.ilog2() as usize, row_words / link_words);
        let words_bits = place_bits + 1;
        let (rest_bits, part_bits) = (bits_for(link_words - 1), bits_for(parts - 1));
        let number = |bits, value: usize| BusConstant::new(bits, value as u128);
        Self {
            clk: port(),
            rst: port(),
            node: (0..row_words).map(|_| Bus::new(17)).collect(),
            from: Bus::new(place_bits),
            row: port(),
            complete: port(),
            row_last: port(),
            row_words: Bus::new(words_bits),
            current: port(),
            room: port(),
            m_axis_tdata: Bus::new(16 * link_words),
            m_axis_tkeep: Bus::new(2 * link_words),
            m_axis_tlast: port(),
            m_axis_tvalid: port(),
            m_axis_tready: port(),
            bank: (0..row_words).map(|_| BusRam::new(16).expect("at most 12 address bits")).collect(),
            ends: BusRam::new(rest_bits + 1 + part_bits).expect("at most 12 address bits"),
            written: port(),
            reading: port(),
            part: port(),
            chosen: port(),
            chosen_row: port(),
            chosen_part: port(),
            chosen_cut: port(),
            chosen_rest: BusRegister::new(rest_bits),
            chosen_last: port(),
            waits: port(),
            waiting_row: port(),
            waiting_part: port(),
            waiting_cut: port(),
            waiting_rest: BusRegister::new(rest_bits),
            waiting_last: port(),
            beat: BusRegister::new(16 * link_words),
            keep_held: BusRegister::new(2 * link_words),
            last_held: port(),
            full: port(),
            has_room: port(),
            gather: Gather::new(link_words, 16),
            keep: Gather::new(2 * link_words, 1),
            entry: Bus::new(17),
            next_row: port(),
            used: port(),
            rest: Bus::new(rest_bits),
            rest_read: Bus::new(rest_bits),
            ends_packet: port(),
            word: port(),
            goes: port(),
            chooses: port(),
            moves: port(),
            row_ends: port(),
            is_kept: many(link_words),
            last_part: port(),
            last_read: Bus::new(part_bits),
            part_now: Bus::new(part_bits),
            part_of: port(),
            limit: (1..=parts).map(|p| number(words_bits, p * link_words)).collect(),
            part_number: (0..parts).map(|p| constant(p as u128)).collect(),
            one_part: constant(1),
            one_row: constant(1),
            index: (0..link_words).map(|j| number(rest_bits, j)).collect(),
            place: (0..row_words).map(|i| number(place_bits, i)).collect(),
            below_beat: number(rest_bits, link_words - 1),
            rest_end: constant((rest_bits + 1) as u128),
            _rest_bits: rest_bits,
            _meta_bits: rest_bits + 1 + part_bits,
            _part_bits: part_bits,
        }
    }
}

impl Logic for Beats {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clk,
            written,
            reading,
            part,
            chosen,
            chosen_row,
            chosen_part,
            chosen_cut,
            chosen_rest,
            chosen_last,
            waits,
            waiting_row,
            waiting_part,
            waiting_cut,
            waiting_rest,
            waiting_last,
            beat,
            keep_held,
            last_held,
            full,
            has_room
        );
        // Words in.
        self.next_row.next = self.row.val() + self.one_row.val();
        for i in 0..self.bank.len() {
            self.bank[i].clock.next = self.clk.val();
            self.bank[i].write_enable.next = self.node[i].val().get_bit(16);
            self.entry.next = self.node[i].val();
            self.bank[i].write_data.next = bit_cast_to(self.entry.val(), 16);
            self.bank[i].write_address.next = self.row.val();
            if self.place[i].val() < self.from.val() {
                self.bank[i].write_address.next = self.next_row.val();
            }
            self.bank[i].read_address.next = self.chosen_row.q.val();
        }
        self.ends_packet.next = self.row_last.val();
        self.last_part.next = 0.into();
        for p in 1..self.part_number.len() {
            if self.row_words.val() > self.limit[p - 1].val() {
                self.last_part.next = self.part_number[p].val();
            }
        }
        self.ends.clock.next = self.clk.val();
        self.ends.write_enable.next = self.complete.val();
        self.ends.write_address.next = self.row.val();
        self.rest.next = bit_cast_to(self.row_words.val(), self._rest_bits) & self.below_beat.val();
        self.ends.write_data.next = (bit_cast_to(self.rest.val(), self._meta_bits) << 1)
            | (bit_cast_to(self.ends_packet.val(), self._meta_bits)
                | (bit_cast_to(self.last_part.val(), self._meta_bits) << self.rest_end.val()));
        self.ends.read_address.next = self.reading.q.val();
        if self.complete.val() {
            self.written.d.next = self.next_row.val();
        }
        self.used.next = self.current.val() - self.reading.q.val();
        self.has_room.d.next = !(self.used.val().get_bit(3) | self.used.val().get_bits::<3>(0).all());
        self.room.next = self.has_room.q.val();

        // Which words are a beat: all of them but in the last of a row, which may be cut short.
        self.rest_read.next = bit_cast_to(self.ends.read_data.val() >> 1, self._rest_bits);
        self.last_read.next = bit_cast_to(self.ends.read_data.val() >> self.rest_end.val(), self._part_bits);
        self.part_of.next = self.part.q.val();
        self.part_now.next = bit_cast_to(self.part_of.val(), self._part_bits);
        self.row_ends.next = self.part_now.val() == self.last_read.val();
        // What is chosen does not hang on whether the output goes on: one more may wait.
        self.chooses.next = !self.waits.q.val() & (self.written.q.val() != self.reading.q.val());
        if self.chooses.val() {
            self.part.d.next = self.part.q.val() + self.one_part.val();
            if self.row_ends.val() {
                self.part.d.next = 0.into();
                self.reading.d.next = self.reading.q.val() + self.one_row.val();
            }
        }
        if !self.waits.q.val() {
            self.waiting_row.d.next = self.reading.q.val();
            self.waiting_part.d.next = self.part.q.val();
            self.waiting_cut.d.next = self.row_ends.val() & self.rest_read.val().any();
            self.waiting_rest.d.next = self.rest_read.val();
            self.waiting_last.d.next = self.row_ends.val() & self.ends.read_data.val().get_bit(0);
        }
        self.goes.next = !self.full.q.val() | self.m_axis_tready.val();
        self.moves.next = !self.chosen.q.val() | self.goes.val();
        self.waits.d.next = (self.waits.q.val() | self.chooses.val()) & !self.moves.val();
        if self.moves.val() {
            self.chosen.d.next = self.waits.q.val() | self.chooses.val();
            self.chosen_row.d.next = self.reading.q.val();
            self.chosen_part.d.next = self.part.q.val();
            self.chosen_cut.d.next = self.row_ends.val() & self.rest_read.val().any();
            self.chosen_rest.d.next = self.rest_read.val();
            self.chosen_last.d.next = self.row_ends.val() & self.ends.read_data.val().get_bit(0);
            if self.waits.q.val() {
                self.chosen_row.d.next = self.waiting_row.q.val();
                self.chosen_part.d.next = self.waiting_part.q.val();
                self.chosen_cut.d.next = self.waiting_cut.q.val();
                self.chosen_rest.d.next = self.waiting_rest.q.val();
                self.chosen_last.d.next = self.waiting_last.q.val();
            }
        }

        // Beats out.
        self.word.next = 0.into();
        for j in 0..self.gather.part.len() {
            self.is_kept[j].next = !self.chosen_cut.q.val() | (self.index[j].val() < self.chosen_rest.q.val());
            self.keep.part[j * 2].next = self.is_kept[j].val().into();
            self.keep.part[j * 2 + 1].next = self.is_kept[j].val().into();
            self.gather.part[j].next = 0.into();
        }
        for s in self.gather.part.len()..(self.gather.part.len() + 1) {
            for p in 0..self.part_number.len() {
                if self.chosen_part.q.val() == self.part_number[p].val() {
                    for j in 0..self.gather.part.len() {
                        self.word.next = self.bank[p * s + j].read_data.val().get_bits::<16>(0);
                        // Each word most significant byte first; zeros where there is none.
                        if self.is_kept[j].val() {
                            self.gather.part[j].next = ((bit_cast::<16, 8>(self.word.val().get_bits::<8>(0)) << 8)
                                | bit_cast::<16, 8>(self.word.val().get_bits::<8>(8)))
                            .into();
                        }
                    }
                }
            }
        }
        if self.goes.val() {
            self.full.d.next = self.chosen.q.val();
            self.beat.d.next = self.gather.whole.val();
            self.keep_held.d.next = self.keep.whole.val();
            self.last_held.d.next = self.chosen_last.q.val();
        }
        self.m_axis_tdata.next = self.beat.q.val();
        self.m_axis_tkeep.next = self.keep_held.q.val();
        self.m_axis_tlast.next = self.last_held.q.val();
        self.m_axis_tvalid.next = self.full.q.val();

        if self.rst.val() {
            self.written.d.next = 0.into();
            self.reading.d.next = 0.into();
            self.part.d.next = 0.into();
            self.chosen.d.next = false;
            self.waits.d.next = false;
            self.full.d.next = false;
            self.has_room.d.next = false;
        }
    }
}

//! Words at their places to link beats of `S` words (wire format, section 8): a bank of memory for each place of a row of `N`,
//! read in beats.
//!
//! ```text
//!  node 0 .. N-1 --> [ bank 0 .. N-1, 16 rows ] --> [ S of them at a time ] --> [ register ] --> m_axis
//!  row complete  --> [ words, parts, last ] --> [ chosen ] --' row, part; keep, last
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | three clocks from the word that completes a row to its first beat |
//! | throughput | a row may come in every clock, a beat goes out every clock |
//! | capacity | 16 rows; `room` is registered and low from 8 rows on, so that a pipeline of seven groups may still drain while a row is read that does not count any more |
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
    chosen_keep: BusRegister,
    chosen_last: Register<Bit>,
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
    words: Bus<Local>,
    ends_packet: Signal<Local, Bit>,
    word: Signal<Local, U<16>>,
    goes: Signal<Local, Bit>,
    chooses: Signal<Local, Bit>,
    row_ends: Signal<Local, Bit>,
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
    words_end: Constant<U<8>>,
    _words_bits: usize,
    _meta_bits: usize,
    _part_bits: usize,
}

impl Beats {
    /// From rows of `row_words` to beats of `link_words` words, both powers of two.
    pub fn new(row_words: usize, link_words: usize) -> Self {
        assert!(row_words.is_multiple_of(link_words) && row_words > 1, "rows of {row_words}, beats of {link_words}");
        let (place_bits, parts) = (row_words.ilog2() as usize, row_words / link_words);
        let words_bits = place_bits + 1;
        let part_bits = bits_for(parts - 1);
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
            ends: BusRam::new(words_bits + 1 + part_bits).expect("at most 12 address bits"),
            written: port(),
            reading: port(),
            part: port(),
            chosen: port(),
            chosen_row: port(),
            chosen_part: port(),
            chosen_keep: BusRegister::new(2 * link_words),
            chosen_last: port(),
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
            words: Bus::new(words_bits),
            ends_packet: port(),
            word: port(),
            goes: port(),
            chooses: port(),
            row_ends: port(),
            last_part: port(),
            last_read: Bus::new(part_bits),
            part_now: Bus::new(part_bits),
            part_of: port(),
            limit: (1..=parts).map(|p| number(words_bits, p * link_words)).collect(),
            part_number: (0..parts).map(|p| constant(p as u128)).collect(),
            one_part: constant(1),
            one_row: constant(1),
            index: (0..row_words).map(|i| number(words_bits, i)).collect(),
            place: (0..row_words).map(|i| number(place_bits, i)).collect(),
            words_end: constant((words_bits + 1) as u128),
            _words_bits: words_bits,
            _meta_bits: words_bits + 1 + part_bits,
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
            chosen_keep,
            chosen_last,
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
        self.ends.write_data.next = (bit_cast_to(self.row_words.val(), self._meta_bits) << 1)
            | (bit_cast_to(self.ends_packet.val(), self._meta_bits)
                | (bit_cast_to(self.last_part.val(), self._meta_bits) << self.words_end.val()));
        self.ends.read_address.next = self.reading.q.val();
        if self.complete.val() {
            self.written.d.next = self.next_row.val();
        }
        self.used.next = self.current.val() - self.reading.q.val();
        self.has_room.d.next = !self.used.val().get_bit(3);
        self.room.next = self.has_room.q.val();

        // Which words are a beat.
        self.words.next = bit_cast_to(self.ends.read_data.val() >> 1, self._words_bits);
        self.last_read.next = bit_cast_to(self.ends.read_data.val() >> self.words_end.val(), self._part_bits);
        self.part_of.next = self.part.q.val();
        self.part_now.next = bit_cast_to(self.part_of.val(), self._part_bits);
        self.row_ends.next = self.part_now.val() == self.last_read.val();
        for j in 0..self.gather.part.len() {
            self.keep.part[j * 2].next = 0.into();
            self.keep.part[j * 2 + 1].next = 0.into();
        }
        for s in self.gather.part.len()..(self.gather.part.len() + 1) {
            for p in 0..self.part_number.len() {
                if self.part.q.val() == self.part_number[p].val() {
                    for j in 0..self.gather.part.len() {
                        self.keep.part[j * 2].next = (self.index[p * s + j].val() < self.words.val()).into();
                        self.keep.part[j * 2 + 1].next = (self.index[p * s + j].val() < self.words.val()).into();
                    }
                }
            }
        }
        self.goes.next = !self.full.q.val() | self.m_axis_tready.val();
        self.chooses.next = !self.chosen.q.val() | self.goes.val();
        if self.chooses.val() {
            self.chosen.d.next = false;
            self.chosen_row.d.next = self.reading.q.val();
            self.chosen_part.d.next = self.part.q.val();
            self.chosen_keep.d.next = self.keep.whole.val();
            self.chosen_last.d.next = self.row_ends.val() & self.ends.read_data.val().get_bit(0);
        }
        if self.chooses.val() & (self.written.q.val() != self.reading.q.val()) {
            self.chosen.d.next = true;
            self.part.d.next = self.part.q.val() + self.one_part.val();
            if self.row_ends.val() {
                self.part.d.next = 0.into();
                self.reading.d.next = self.reading.q.val() + self.one_row.val();
            }
        }

        // Beats out.
        self.word.next = 0.into();
        for j in 0..self.gather.part.len() {
            self.gather.part[j].next = 0.into();
        }
        for s in self.gather.part.len()..(self.gather.part.len() + 1) {
            for p in 0..self.part_number.len() {
                if self.chosen_part.q.val() == self.part_number[p].val() {
                    for j in 0..self.gather.part.len() {
                        self.word.next = self.bank[p * s + j].read_data.val().get_bits::<16>(0);
                        // Each word most significant byte first; zeros where there is none.
                        if self.chosen_keep.q.val().get_bit(j * 2) {
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
            self.keep_held.d.next = self.chosen_keep.q.val();
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
            self.full.d.next = false;
            self.has_room.d.next = false;
        }
    }
}

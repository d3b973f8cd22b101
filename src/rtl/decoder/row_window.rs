//! The next words of the packet, whatever rows they stand in.
//!
//! ```text
//!  oldest row ---> [ >> 16 offset ] ---------+
//!  row behind ---> [ << 16 (S - offset) ] ---+--> word 0 .. V-1;   available: payload words, all words
//!                        ^
//!                    [ offset ] <--- take
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | none from rows to words |
//! | throughput | up to `S` words a clock |
//!
//! Words that are not available read as zeros (wire format, section 5.2). `finish` drops rows up to the packet's last one,
//! one a clock; `finished` tells that this clock drops the last.

use super::row_tagger::{count_bits, tag_bits, FLAG_BITS};
use crate::rtl::prelude::*;

/// Window of one row's width.
#[derive(LogicBlock)]
pub struct RowWindow {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Synchronous reset.
    pub rst: Signal<In, Bit>,
    /// Oldest row, its first byte in bits 7:0.
    pub head: Bus<In>,
    /// Its tag (see the row tagger).
    pub head_tag: Bus<In>,
    /// There is one.
    pub head_valid: Signal<In, Bit>,
    /// The row behind it.
    pub second: Bus<In>,
    /// Its tag.
    pub second_tag: Bus<In>,
    /// There is one.
    pub second_valid: Signal<In, Bit>,
    /// Drops the oldest row.
    pub pop: Signal<Out, Bit>,
    /// Words to take.
    pub take: Bus<In>,
    /// The trailer is read: payload and other words are all the same.
    pub trailer: Signal<In, Bit>,
    /// Drop what is left of the packet.
    pub finish: Signal<In, Bit>,
    /// The last row of the packet is dropped.
    pub finished: Signal<Out, Bit>,
    /// Next words.
    pub word: Vec<Signal<Out, U<16>>>,
    /// How many of the packet's words are there (payload words, or with `trailer` all).
    pub available: Bus<Out>,
    /// No more will come.
    pub complete: Signal<Out, Bit>,
    /// The oldest row belongs to a packet with broken rows.
    pub broken: Signal<Out, Bit>,
    offset: BusRegister,
    up: Bus<Local>,
    down: Bus<Local>,
    joined: Bus<Local>,
    bytes: Signal<Local, U<16>>,
    of_head: Bus<Local>,
    of_second: Bus<Local>,
    here: Bus<Local>,
    there: Bus<Local>,
    used: Bus<Local>,
    rest: Bus<Local>,
    count: Bus<Local>,
    head_ends: Signal<Local, Bit>,
    second_ends: Signal<Local, Bit>,
    head_is_last: Signal<Local, Bit>,
    reach: Bus<Local>,
    wrapped: Bus<Local>,
    row_bits: BusConstant,
    row_words: BusConstant,
    words_at: BusConstant,
    index: Vec<BusConstant>,
    _count_bits: usize,
    _sum_bits: usize,
    _shift_bits: usize,
}

impl RowWindow {
    /// On rows of this many words.
    pub fn new(row_words: usize) -> Self {
        let (row_bits, tag) = (16 * row_words, tag_bits(row_words));
        let (count, sum, shift) = (count_bits(row_words), bits_for(2 * row_words), bits_for(16 * row_words));
        Self {
            clk: port(),
            rst: port(),
            head: Bus::new(row_bits),
            head_tag: Bus::new(tag),
            head_valid: port(),
            second: Bus::new(row_bits),
            second_tag: Bus::new(tag),
            second_valid: port(),
            pop: port(),
            take: Bus::new(count),
            trailer: port(),
            finish: port(),
            finished: port(),
            word: many(row_words),
            available: Bus::new(sum),
            complete: port(),
            broken: port(),
            offset: BusRegister::new(count),
            up: Bus::new(shift),
            down: Bus::new(shift),
            joined: Bus::new(row_bits),
            bytes: port(),
            of_head: Bus::new(count),
            of_second: Bus::new(count),
            here: Bus::new(sum),
            there: Bus::new(sum),
            used: Bus::new(sum),
            rest: Bus::new(sum),
            count: Bus::new(sum),
            head_ends: port(),
            second_ends: port(),
            head_is_last: port(),
            reach: Bus::new(sum),
            wrapped: Bus::new(sum),
            row_bits: BusConstant::new(shift, row_bits as u128),
            row_words: BusConstant::new(sum, row_words as u128),
            words_at: BusConstant::new(bits_for(tag), (FLAG_BITS + count) as u128),
            index: (0..row_words).map(|i| BusConstant::new(sum, i as u128)).collect(),
            _count_bits: count,
            _sum_bits: sum,
            _shift_bits: shift,
        }
    }
}

impl Logic for RowWindow {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clk, offset);

        // How many words there are.
        self.of_head.next = bit_cast_to(self.head_tag.val() >> 3, self._count_bits);
        self.of_second.next = bit_cast_to(self.second_tag.val() >> 3, self._count_bits);
        self.head_ends.next = self.head_tag.val().get_bit(0);
        self.second_ends.next = self.second_tag.val().get_bit(0);
        self.head_is_last.next = self.head_tag.val().get_bit(1);
        if self.trailer.val() {
            self.of_head.next = bit_cast_to(self.head_tag.val() >> self.words_at.val(), self._count_bits);
            self.of_second.next = bit_cast_to(self.second_tag.val() >> self.words_at.val(), self._count_bits);
            self.head_ends.next = self.head_tag.val().get_bit(1);
            self.second_ends.next = self.second_tag.val().get_bit(1);
        }
        self.here.next = bit_cast_to(self.of_head.val(), self._sum_bits);
        self.there.next = bit_cast_to(self.of_second.val(), self._sum_bits);
        self.used.next = bit_cast_to(self.offset.q.val(), self._sum_bits);
        self.rest.next = 0.into();
        if self.here.val() > self.used.val() {
            self.rest.next = self.here.val() - self.used.val();
        }
        self.count.next = 0.into();
        self.complete.next = false;
        if self.head_valid.val() {
            self.count.next = self.rest.val();
            self.complete.next = self.head_ends.val();
            if self.second_valid.val() & !self.head_ends.val() {
                self.count.next = self.rest.val() + self.there.val();
                self.complete.next = self.second_ends.val();
            }
        }
        self.available.next = self.count.val();
        self.broken.next = self.head_valid.val() & self.head_tag.val().get_bit(2);

        // The words.
        self.down.next = bit_cast_to(self.offset.q.val(), self._shift_bits) << 4;
        self.up.next = self.row_bits.val() - self.down.val();
        self.joined.next = (self.head.val() >> self.down.val()) | (self.second.val() << self.up.val());
        for i in 0..self.word.len() {
            self.bytes.next = self.joined.val().get_bits::<16>(i * 16);
            self.word[i].next = 0.into();
            if self.index[i].val() < self.count.val() {
                self.word[i].next = (bit_cast::<16, 8>(self.bytes.val().get_bits::<8>(0)) << 8)
                    | bit_cast::<16, 8>(self.bytes.val().get_bits::<8>(8));
            }
        }

        // Moving on.
        self.pop.next = false;
        self.finished.next = false;
        self.reach.next = self.used.val() + bit_cast_to(self.take.val(), self._sum_bits);
        self.wrapped.next = self.reach.val() - self.row_words.val();
        self.offset.d.next = bit_cast_to(self.reach.val(), self._count_bits);
        if (self.reach.val() >= self.row_words.val()) & self.head_valid.val() & !self.head_is_last.val() {
            self.pop.next = true;
            self.offset.d.next = bit_cast_to(self.wrapped.val(), self._count_bits);
        }
        if self.finish.val() & self.head_valid.val() {
            self.pop.next = true;
            self.offset.d.next = 0.into();
            self.finished.next = self.head_is_last.val();
        }

        if self.rst.val() {
            self.offset.d.next = 0.into();
        }
    }
}

//! The link side of the decoder: beats in, the words that are asked for out.
//!
//! ```text
//!  s_axis --+--> [ store ] --> banks -----------------------+--> [ pick ] --> slot words
//!           '--> [ words, whole? ] --> [ tagger ] --+       |       ^ |
//!                                                   v       |  want-' '- asked (or from outside)
//!                        jump, load, taken <--- [ count ] <-+-- asked --> ready, ended, lacking
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | `D` rows in the tagger and 6 clocks until a row's words can be taken |
//! | throughput | one beat in and as many words as there are slots out a clock; `D` + 1 clocks without a beat after each packet |
//!
//! Only a packet's last beat may be partly filled, with whole words from byte 0 on (wire format, section 8). Any other beat makes
//! the packet broken, which the controller reports as a length error.

use super::row_tagger::{count_bits, RowTagger};
use super::word_count::WordCount;
use super::word_pick::WordPick;
use super::word_store::WordStore;
use crate::rtl::prelude::*;

/// Link side.
#[derive(LogicBlock)]
pub struct LinkRows {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Synchronous reset.
    pub rst: Signal<In, Bit>,
    /// Link beat.
    pub s_axis_tdata: Bus<In>,
    /// Its valid bytes.
    pub s_axis_tkeep: Bus<In>,
    /// Last beat of a packet.
    pub s_axis_tlast: Signal<In, Bit>,
    /// There is a beat.
    pub s_axis_tvalid: Signal<In, Bit>,
    /// It is taken.
    pub s_axis_tready: Signal<Out, Bit>,
    /// Slots that ask for a word.
    pub want: Vec<Signal<In, Bit>>,
    /// The first `first_slots` slots ask instead.
    pub by_number: Signal<In, Bit>,
    /// See there.
    pub first_slots: Bus<In>,
    /// How many words are asked for, where that is known beforehand.
    pub asked: Vec<Bus<In>>,
    /// See [`WordCount`], here and below.
    pub load: Signal<In, Bit>,
    /// See there.
    pub steady: Signal<In, Bit>,
    /// See there.
    pub limited: Signal<In, Bit>,
    /// See there.
    pub trailer: Signal<In, Bit>,
    /// See there.
    pub finish: Signal<In, Bit>,
    /// See there.
    pub finished: Signal<Out, Bit>,
    /// See there.
    pub ready: Signal<Out, Bit>,
    /// See there.
    pub ended: Signal<Out, Bit>,
    /// See there.
    pub lacking: Signal<Out, Bit>,
    /// See there.
    pub broken: Signal<Out, Bit>,
    /// See [`WordPick`].
    pub next_word: Vec<Signal<Out, U<16>>>,
    /// See there.
    pub slot_word: Vec<Signal<Out, U<16>>>,
    store: WordStore,
    tagger: RowTagger,
    count: WordCount,
    pick: WordPick,
    row1: Register<Bit>,
    words1: BusRegister,
    last1: Register<Bit>,
    marred1: Register<Bit>,
    can_take: Signal<Local, Bit>,
    accept: Signal<Local, Bit>,
    whole: Bus<Local>,
    in_front: Signal<Local, Bit>,
    marred: Signal<Local, Bit>,
    number: Vec<BusConstant>,
    asked_now: Bus<Local>,
    _start_bits: usize,
    _row_words: usize,
}

impl LinkRows {
    /// For beats of `row_words` words and groups of at most `slots` words. If groups are counted `ahead`, `asked` comes from
    /// outside, and words a clock later.
    pub fn new(row_words: usize, slots: usize, ahead: bool) -> Self {
        let count = count_bits(row_words);
        let banks = slots.next_power_of_two().max(2 * row_words);
        Self {
            clk: port(),
            rst: port(),
            s_axis_tdata: Bus::new(16 * row_words),
            s_axis_tkeep: Bus::new(2 * row_words),
            s_axis_tlast: port(),
            s_axis_tvalid: port(),
            s_axis_tready: port(),
            want: many(slots),
            by_number: port(),
            first_slots: Bus::new(bits_for(slots)),
            asked: (0..ahead.into()).map(|_| Bus::new(bits_for(slots))).collect(),
            load: port(),
            steady: port(),
            limited: port(),
            trailer: port(),
            finish: port(),
            finished: port(),
            ready: port(),
            ended: port(),
            lacking: port(),
            broken: port(),
            next_word: many(slots),
            slot_word: many(slots),
            store: WordStore::new(banks, row_words),
            tagger: RowTagger::new(row_words),
            count: WordCount::new(16 * banks, row_words, slots, ahead),
            pick: WordPick::new(slots, banks, ahead),
            row1: port(),
            words1: BusRegister::new(count),
            last1: port(),
            marred1: port(),
            can_take: port(),
            accept: port(),
            whole: Bus::new(count),
            in_front: port(),
            marred: port(),
            number: (0..row_words + 1).map(|i| BusConstant::new(count, i as u128)).collect(),
            asked_now: Bus::new(bits_for(slots)),
            _start_bits: (16 * banks).ilog2() as usize,
            _row_words: row_words,
        }
    }
}

impl Logic for LinkRows {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clk, row1, words1, last1, marred1);
        self.store.clk.next = self.clk.val();
        self.store.rst.next = self.rst.val();
        self.tagger.clk.next = self.clk.val();
        self.tagger.rst.next = self.rst.val();
        self.count.clk.next = self.clk.val();
        self.count.rst.next = self.rst.val();

        // A last row keeps the tagger busy from the clock on in which it gets there.
        self.can_take.next = (self.store.room.val() & self.count.room.val())
            & (self.tagger.ready.val() & !(self.row1.q.val() & self.last1.q.val()));
        self.accept.next = self.can_take.val() & self.s_axis_tvalid.val();
        self.s_axis_tready.next = self.can_take.val();
        self.store.push.next = self.accept.val();
        self.store.row.next = self.s_axis_tdata.val();

        // Whole words from byte 0 on; a byte behind them is out of place. Only a last row may be partly filled: every other
        // one is taken for full.
        self.whole.next = 0.into();
        self.in_front.next = true;
        self.marred.next = false;
        for i in 0..self._row_words {
            if self.in_front.val() & self.s_axis_tkeep.val().get_bit(i * 2) & self.s_axis_tkeep.val().get_bit(i * 2 + 1)
            {
                self.whole.next = self.number[i + 1].val();
            } else {
                self.in_front.next = false;
                if self.s_axis_tkeep.val().get_bit(i * 2) | self.s_axis_tkeep.val().get_bit(i * 2 + 1) {
                    self.marred.next = true;
                }
            }
        }
        self.row1.d.next = self.accept.val();
        self.last1.d.next = self.s_axis_tlast.val();
        self.words1.d.next = self.whole.val();
        self.marred1.d.next = self.marred.val();
        for n in self._row_words..(self._row_words + 1) {
            if !self.s_axis_tlast.val() {
                self.words1.d.next = self.number[n].val();
                if self.whole.val() != self.number[n].val() {
                    self.marred1.d.next = true;
                }
            }
        }
        self.tagger.row.next = self.row1.q.val();
        self.tagger.words.next = self.words1.q.val();
        self.tagger.last.next = self.last1.q.val();
        self.tagger.broken.next = self.marred1.q.val();
        self.count.judged.next = self.tagger.judged.val();
        self.count.tag.next = self.tagger.tag.val();

        self.pick.clk.next = self.clk.val();
        self.pick.first_bank.next = self.store.first_bank.val();
        self.pick.limited.next = self.limited.val() & !self.trailer.val();
        self.pick.left.next = self.count.left.val();
        for i in 0..self.store.word.len() {
            self.pick.word[i].next = self.store.word[i].val();
        }
        self.pick.by_number.next = self.by_number.val();
        self.pick.first_slots.next = self.first_slots.val();
        for i in 0..self.want.len() {
            self.pick.want[i].next = self.want[i].val();
            self.next_word[i].next = self.pick.next_word[i].val();
            self.slot_word[i].next = self.pick.slot_word[i].val();
        }
        self.asked_now.next = self.pick.asked.val();
        for a in 0..self.asked.len() {
            self.asked_now.next = self.asked[a].val();
        }
        self.count.asked.next = self.asked_now.val();
        self.count.load.next = self.load.val();
        self.count.steady.next = self.steady.val();
        self.count.limited.next = self.limited.val();
        self.count.trailer.next = self.trailer.val();
        self.count.finish.next = self.finish.val();
        self.store.advance.next = bit_cast_to(self.asked_now.val(), self._start_bits);
        self.store.all.next = self.limited.val() & !self.trailer.val();
        self.store.rest.next = self.count.rest.val();
        self.store.pass.next = self.load.val();
        self.store.jump.next = self.count.jump.val();
        self.store.target.next = self.count.following.val();
        self.finished.next = self.count.finished.val();
        self.ready.next = self.count.ready.val();
        self.ended.next = self.count.ended.val();
        self.lacking.next = self.count.lacking.val();
        self.broken.next = self.count.broken.val();

        if self.rst.val() {
            self.row1.d.next = false;
        }
    }
}

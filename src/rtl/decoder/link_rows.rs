//! The link side of the decoder: queue of rows, tagger, window.
//!
//! ```text
//!  s_axis --+--> [ queue of rows ] --> head, second --+
//!           '--> [ tagger ] --> [ queue of tags ] ----+--> [ window ] --> words
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | `D` rows in the tagger, then 2 clocks in the tag queue |
//! | throughput | one beat a clock; `D` clocks without a beat after each packet |
//!
//! Only a packet's last beat may be partly filled, with whole words from byte 0 on (wire format, section 8). Any other beat makes
//! the packet broken, which the controller reports as a length error.

use super::row_tagger::{count_bits, tag_bits, RowTagger};
use super::row_window::RowWindow;
use crate::rtl::fifo::Fifo;
use crate::rtl::prelude::*;

/// Rows that may still be under way to the tag queue.
const ROW_SLACK: usize = 8;

/// Link side; a row of words is visible.
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
    /// See [`RowWindow`].
    pub take: Bus<In>,
    /// See there.
    pub trailer: Signal<In, Bit>,
    /// See there.
    pub finish: Signal<In, Bit>,
    /// See there.
    pub finished: Signal<Out, Bit>,
    /// See there.
    pub word: Vec<Signal<Out, U<16>>>,
    /// See there.
    pub available: Bus<Out>,
    /// See there.
    pub complete: Signal<Out, Bit>,
    /// See there.
    pub broken: Signal<Out, Bit>,
    rows: Fifo<4, 5>,
    tags: Fifo<4, 5>,
    tagger: RowTagger,
    window: RowWindow,
    ready: Signal<Local, Bit>,
    accept: Signal<Local, Bit>,
    words: Bus<Local>,
    whole: Bus<Local>,
    in_front: Signal<Local, Bit>,
    marred: Signal<Local, Bit>,
    one: BusConstant,
    row_words: BusConstant,
    _row_words: usize,
}

impl LinkRows {
    /// For beats of this many words.
    pub fn new(row_words: usize) -> Self {
        let count = count_bits(row_words);
        Self {
            clk: port(),
            rst: port(),
            s_axis_tdata: Bus::new(16 * row_words),
            s_axis_tkeep: Bus::new(2 * row_words),
            s_axis_tlast: port(),
            s_axis_tvalid: port(),
            s_axis_tready: port(),
            take: Bus::new(count),
            trailer: port(),
            finish: port(),
            finished: port(),
            word: many(row_words),
            available: Bus::new(bits_for(2 * row_words)),
            complete: port(),
            broken: port(),
            rows: Fifo::new(16 * row_words, 1, ROW_SLACK),
            tags: Fifo::new(tag_bits(row_words), 1, ROW_SLACK),
            tagger: RowTagger::new(row_words),
            window: RowWindow::new(row_words),
            ready: port(),
            accept: port(),
            words: Bus::new(count),
            whole: Bus::new(count),
            in_front: port(),
            marred: port(),
            one: BusConstant::new(count, 1),
            row_words: BusConstant::new(count, row_words as u128),
            _row_words: row_words,
        }
    }
}

impl Logic for LinkRows {
    #[hdl_gen]
    fn update(&mut self) {
        self.rows.clk.next = self.clk.val();
        self.rows.rst.next = self.rst.val();
        self.tags.clk.next = self.clk.val();
        self.tags.rst.next = self.rst.val();
        self.tagger.clk.next = self.clk.val();
        self.tagger.rst.next = self.rst.val();
        self.window.clk.next = self.clk.val();
        self.window.rst.next = self.rst.val();

        self.ready.next = self.rows.room.val() & self.tagger.ready.val();
        self.accept.next = self.ready.val() & self.s_axis_tvalid.val();
        self.s_axis_tready.next = self.ready.val();
        // Whole words from byte 0 on; a byte behind them is out of place. Only a last row may be partly filled: every other
        // one is taken for full, so that two rows always hold all that the controller can ask for.
        self.whole.next = 0.into();
        self.in_front.next = true;
        self.marred.next = false;
        for i in 0..self._row_words {
            if self.in_front.val() & self.s_axis_tkeep.val().get_bit(i * 2) & self.s_axis_tkeep.val().get_bit(i * 2 + 1)
            {
                self.whole.next = self.whole.val() + self.one.val();
            } else {
                self.in_front.next = false;
                if self.s_axis_tkeep.val().get_bit(i * 2) | self.s_axis_tkeep.val().get_bit(i * 2 + 1) {
                    self.marred.next = true;
                }
            }
        }
        self.words.next = self.whole.val();
        if !self.s_axis_tlast.val() {
            self.words.next = self.row_words.val();
            if self.whole.val() != self.row_words.val() {
                self.marred.next = true;
            }
        }
        self.rows.push.next = self.accept.val();
        self.rows.data.next = self.s_axis_tdata.val();
        self.rows.tag.next = false.into();
        self.tagger.row.next = self.accept.val();
        self.tagger.words.next = self.words.val();
        self.tagger.last.next = self.s_axis_tlast.val();
        self.tagger.broken.next = self.marred.val();
        self.tags.push.next = self.tagger.judged.val();
        self.tags.data.next = self.tagger.tag.val();
        self.tags.tag.next = false.into();

        self.window.head.next = self.rows.head.val();
        self.window.head_tag.next = self.tags.head.val();
        self.window.head_valid.next = self.tags.head_valid.val();
        self.window.second.next = self.rows.second.val();
        self.window.second_tag.next = self.tags.second.val();
        self.window.second_valid.next = self.tags.second_valid.val();
        self.rows.pop.next = self.window.pop.val();
        self.tags.pop.next = self.window.pop.val();
        self.window.take.next = self.take.val();
        self.window.trailer.next = self.trailer.val();
        self.window.finish.next = self.finish.val();
        self.finished.next = self.window.finished.val();
        self.available.next = self.window.available.val();
        self.complete.next = self.window.complete.val();
        self.broken.next = self.window.broken.val();
        for i in 0..self._row_words {
            self.word[i].next = self.window.word[i].val();
        }
    }
}

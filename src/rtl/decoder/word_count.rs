//! Counts the packet's words that are there, and tells whether those asked for are among them.
//!
//! ```text
//!  tags of rows --> [ queue ] --> + payload words --> [ level ] - taken
//!                            '--> + trailer words --> [ trailer level ]      level, asked --> [ ready | ended | lacking ]
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | a row counts two clocks after its tag came, or three if groups are counted ahead; the answers are a clock behind |
//! | throughput | one row and one taking a clock |
//!
//! The answers are registered, and words that are taken leave `level` a clock later, so that nothing has to wait for a sum. `ready`
//! comes in one of two ways: `level` is high enough for two groups of any size, which needs no sum; or the group has been the
//! same for two clocks (`steady`) and was compared. So the words of a packet go at full rate while there are plenty, and a
//! group every third clock at its very end. Where groups are counted ahead, sums have a clock of their own, and plenty is what
//! is enough for three groups.
//! The rows of the next packet stay in the queue until the present one is finished.

use super::row_tagger::{count_bits, tag_bits, FLAG_BITS};
use crate::rtl::fifo::Fifo;
use crate::rtl::prelude::*;

/// Tags that may still come in after the queue has said that it has no room.
const SLACK: usize = 9;

/// Counter of words.
#[derive(LogicBlock)]
pub struct WordCount {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Synchronous reset.
    pub rst: Signal<In, Bit>,
    /// A row's tag comes in.
    pub judged: Signal<In, Bit>,
    /// The tag (see the row tagger).
    pub tag: Bus<In>,
    /// There is room for tags.
    pub room: Signal<Out, Bit>,
    /// Words asked for.
    pub asked: Bus<In>,
    /// They are taken in this clock.
    pub load: Signal<In, Bit>,
    /// None are taken, and they will be the same in the next clock.
    pub steady: Signal<In, Bit>,
    /// Take no more than there are.
    pub limited: Signal<In, Bit>,
    /// The trailer's words are asked for.
    pub trailer: Signal<In, Bit>,
    /// Drop what is left of the packet.
    pub finish: Signal<In, Bit>,
    /// Payload words there are.
    pub rest: Bus<Out>,
    /// The same, as far as they can be asked for at once.
    pub left: Bus<Out>,
    /// The words asked for are there, and one more behind them.
    pub ready: Signal<Out, Bit>,
    /// The words asked for are all that there are, or more.
    pub ended: Signal<Out, Bit>,
    /// They are more.
    pub lacking: Signal<Out, Bit>,
    /// The packet has broken rows; certain from the end of the payload on.
    pub broken: Signal<Out, Bit>,
    /// What was left of the packet is dropped: the next word is that at `following`.
    pub jump: Signal<Out, Bit>,
    /// First row behind those counted.
    pub following: Bus<Out>,
    /// All of the packet is dropped.
    pub finished: Signal<Out, Bit>,
    tags: Fifo<5, 6>,
    level: BusRegister,
    trailer_level: BusRegister,
    rows: BusRegister,
    payload_seen: Register<Bit>,
    all_seen: Register<Bit>,
    marred: Register<Bit>,
    asked_before: BusRegister,
    steady_before: Register<Bit>,
    taken: BusRegister,
    loaded: Register<Bit>,
    spent: Bus<Local>,
    // Where groups are counted ahead.
    arriving_late: Vec<BusRegister>,
    trailing_late: Vec<BusRegister>,
    payload_late: Vec<Register<Bit>>,
    all_late: Vec<Register<Bit>>,
    trailer_before: Register<Bit>,
    plenty: Register<Bit>,
    exact: Register<Bit>,
    ended_held: Register<Bit>,
    lacking_held: Register<Bit>,
    fetch: Signal<Local, Bit>,
    of_row: Bus<Local>,
    of_payload: Bus<Local>,
    here: Bus<Local>,
    wanted: Bus<Local>,
    taking: Bus<Local>,
    arriving: Bus<Local>,
    trailing: Bus<Local>,
    complete: Signal<Local, Bit>,
    compared: Bus<Local>,
    next_level: Bus<Local>,
    one_row: BusConstant,
    plenty_words: BusConstant,
    words_at: BusConstant,
    _level_bits: usize,
    _count_bits: usize,
    _asked_bits: usize,
    _start_bits: usize,
}

impl WordCount {
    /// For rows of `row_words` words in a store of `words`, and groups of at most `slots` words, which may be counted `ahead`.
    pub fn new(words: usize, row_words: usize, slots: usize, ahead: bool) -> Self {
        let late = usize::from(ahead);
        let (level, asked, count) = (bits_for(words), bits_for(slots), count_bits(row_words));
        let tag = tag_bits(row_words);
        let row = (words / row_words).ilog2() as usize;
        Self {
            clk: port(),
            rst: port(),
            judged: port(),
            tag: Bus::new(tag),
            room: port(),
            asked: Bus::new(asked),
            load: port(),
            steady: port(),
            limited: port(),
            trailer: port(),
            finish: port(),
            rest: Bus::new(words.ilog2() as usize),
            left: Bus::new(asked),
            ready: port(),
            ended: port(),
            lacking: port(),
            broken: port(),
            jump: port(),
            following: Bus::new(row),
            finished: port(),
            tags: Fifo::new(tag, 1, SLACK),
            level: BusRegister::new(level),
            trailer_level: BusRegister::new(3),
            rows: BusRegister::new(row),
            payload_seen: port(),
            all_seen: port(),
            marred: port(),
            asked_before: BusRegister::new(asked),
            steady_before: port(),
            taken: BusRegister::new(level),
            loaded: port(),
            spent: Bus::new(level),
            arriving_late: (0..late).map(|_| BusRegister::new(level)).collect(),
            trailing_late: (0..late).map(|_| BusRegister::new(3)).collect(),
            payload_late: many(late),
            all_late: many(late),
            trailer_before: port(),
            plenty: port(),
            exact: port(),
            ended_held: port(),
            lacking_held: port(),
            fetch: port(),
            of_row: Bus::new(count),
            of_payload: Bus::new(count),
            here: Bus::new(level),
            wanted: Bus::new(level),
            taking: Bus::new(level),
            arriving: Bus::new(level),
            trailing: Bus::new(3),
            complete: port(),
            compared: Bus::new(level),
            next_level: Bus::new(level),
            one_row: BusConstant::new(row, 1),
            plenty_words: BusConstant::new(level, ((2 + late) * slots) as u128),
            words_at: BusConstant::new(bits_for(tag), (FLAG_BITS + count) as u128),
            _level_bits: level,
            _count_bits: count,
            _asked_bits: asked,
            _start_bits: words.ilog2() as usize,
        }
    }
}

impl Logic for WordCount {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clk,
            level,
            trailer_level,
            rows,
            payload_seen,
            all_seen,
            marred,
            asked_before,
            steady_before,
            taken,
            loaded,
            trailer_before,
            plenty,
            exact,
            ended_held,
            lacking_held
        );

        // Rows of this packet.
        self.tags.clk.next = self.clk.val();
        self.tags.rst.next = self.rst.val();
        self.tags.push.next = self.judged.val();
        self.tags.data.next = self.tag.val();
        self.tags.tag.next = false.into();
        self.room.next = self.tags.room.val();
        self.fetch.next = self.tags.head_valid.val() & !self.all_seen.q.val();
        self.tags.pop.next = self.fetch.val();
        self.of_payload.next = bit_cast_to(self.tags.head.val() >> 3, self._count_bits);
        self.of_row.next = bit_cast_to(self.tags.head.val() >> self.words_at.val(), self._count_bits);
        self.arriving.next = 0.into();
        self.trailing.next = 0.into();
        if self.fetch.val() {
            self.arriving.next = bit_cast_to(self.of_payload.val(), self._level_bits);
            self.trailing.next = bit_cast_to(self.of_row.val() - self.of_payload.val(), 3);
            self.rows.d.next = self.rows.q.val() + self.one_row.val();
            if self.tags.head.val().get_bit(0) {
                self.payload_seen.d.next = true;
            }
            if self.tags.head.val().get_bit(1) {
                self.all_seen.d.next = true;
            }
            if self.tags.head.val().get_bit(2) {
                self.marred.d.next = true;
            }
        }
        for i in 0..self.arriving_late.len() {
            self.arriving_late[i].clock.next = self.clk.val();
            self.trailing_late[i].clock.next = self.clk.val();
            self.arriving_late[i].d.next = self.arriving.val();
            self.trailing_late[i].d.next = self.trailing.val();
            self.arriving.next = self.arriving_late[i].q.val();
            self.trailing.next = self.trailing_late[i].q.val();
        }

        // Words.
        self.wanted.next = bit_cast_to(self.asked.val(), self._level_bits);
        self.taking.next = self.wanted.val();
        if self.limited.val() & !self.trailer.val() {
            self.taking.next = self.level.q.val();
        }
        self.rest.next = bit_cast_to(self.level.q.val(), self._start_bits);
        self.left.next = bit_cast_to(self.level.q.val(), self._asked_bits);
        self.taken.d.next = self.taking.val();
        self.loaded.d.next = self.load.val();
        self.spent.next = 0.into();
        if self.loaded.q.val() {
            self.spent.next = self.taken.q.val();
        }
        self.trailer_before.d.next = self.trailer.val();
        self.next_level.next = self.level.q.val() + self.arriving.val();
        self.trailer_level.d.next = self.trailer_level.q.val() + self.trailing.val();
        if self.trailer_before.q.val() {
            self.trailer_level.d.next =
                (self.trailer_level.q.val() + self.trailing.val()) - bit_cast_to(self.spent.val(), 3);
        } else {
            self.next_level.next = (self.level.q.val() + self.arriving.val()) - self.spent.val();
        }
        self.level.d.next = self.next_level.val();

        // Answers.
        self.asked_before.d.next = self.asked.val();
        self.steady_before.d.next = self.steady.val();
        self.compared.next = bit_cast_to(self.asked_before.q.val(), self._level_bits);
        self.here.next = self.level.q.val();
        self.complete.next = self.payload_seen.q.val();
        if self.trailer.val() {
            self.here.next = bit_cast_to(self.trailer_level.q.val(), self._level_bits);
            self.complete.next = self.all_seen.q.val();
        }
        self.plenty.d.next = self.next_level.val() > self.plenty_words.val();
        for i in 0..self.payload_late.len() {
            self.payload_late[i].clock.next = self.clk.val();
            self.all_late[i].clock.next = self.clk.val();
            self.payload_late[i].d.next = self.payload_seen.q.val();
            self.all_late[i].d.next = self.all_seen.q.val();
            self.complete.next = self.payload_late[i].q.val();
            if self.trailer.val() {
                self.complete.next = self.all_late[i].q.val();
            }
            self.plenty.d.next = self.level.q.val() > self.plenty_words.val();
        }
        // That no word was taken in the clock of the comparison either is known behind its register only.
        self.exact.d.next = self.steady_before.q.val() & (self.here.val() > self.compared.val());
        self.ended_held.d.next =
            (self.steady_before.q.val() & self.complete.val()) & (self.here.val() <= self.compared.val());
        self.lacking_held.d.next =
            (self.steady_before.q.val() & self.complete.val()) & (self.here.val() < self.compared.val());
        self.ready.next = self.plenty.q.val() | (self.exact.q.val() & self.steady_before.q.val());
        self.ended.next = self.ended_held.q.val() & self.steady_before.q.val();
        self.lacking.next = self.lacking_held.q.val() & self.steady_before.q.val();
        self.broken.next = self.marred.q.val();

        // Dropping.
        self.following.next = self.rows.q.val();
        self.jump.next = self.finish.val();
        self.finished.next = self.finish.val() & self.all_seen.q.val();
        if self.finish.val() {
            self.level.d.next = 0.into();
            self.trailer_level.d.next = 0.into();
            self.plenty.d.next = false;
        }
        if self.finish.val() & self.all_seen.q.val() {
            self.payload_seen.d.next = false;
            self.all_seen.d.next = false;
            self.marred.d.next = false;
            for i in 0..self.payload_late.len() {
                self.payload_late[i].d.next = false;
                self.all_late[i].d.next = false;
            }
        }

        if self.rst.val() {
            for i in 0..self.payload_late.len() {
                self.arriving_late[i].d.next = 0.into();
                self.trailing_late[i].d.next = 0.into();
                self.payload_late[i].d.next = false;
                self.all_late[i].d.next = false;
            }
            self.steady_before.d.next = false;
            self.loaded.d.next = false;
            self.level.d.next = 0.into();
            self.trailer_level.d.next = 0.into();
            self.rows.d.next = 0.into();
            self.payload_seen.d.next = false;
            self.all_seen.d.next = false;
            self.marred.d.next = false;
            self.plenty.d.next = false;
            self.exact.d.next = false;
            self.ended_held.d.next = false;
            self.lacking_held.d.next = false;
        }
    }
}

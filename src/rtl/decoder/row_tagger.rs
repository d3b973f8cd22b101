//! Finds the end of the payload: tells, for each row of link words, how many of them come before the trailer.
//!
//! ```text
//!  words, last --> [ D rows of delay ] --> row leaves --> payload words = words - (4 - words behind it), if the packet ended
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | `D` rows and 3 clocks: a row is judged when the `D` rows behind it are known, or the packet has ended |
//! | throughput | one row a clock; `D` clocks without a row after each packet |
//!
//! The trailer is the last four words of a packet and may be spread over ceil(4/`S`) + 1 rows.

use crate::rtl::prelude::*;

/// What is known of a row: bit 0 end of payload, 1 last row, 2 packet is broken (certain from the end of the payload on),
/// then two numbers of [`count_bits`] bits each: payload words, words.
pub const FLAG_BITS: usize = 3;

/// Bits of a number of words in a row.
pub const fn count_bits(row_words: usize) -> usize {
    bits_for(row_words)
}

/// Bits of a tag.
pub const fn tag_bits(row_words: usize) -> usize {
    FLAG_BITS + 2 * count_bits(row_words)
}

/// Rows of delay that the trailer needs.
pub const fn delay(row_words: usize) -> usize {
    4usize.div_ceil(row_words)
}

/// Tagger of rows.
#[derive(LogicBlock)]
pub struct RowTagger {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Synchronous reset.
    pub rst: Signal<In, Bit>,
    /// There is a row.
    pub row: Signal<In, Bit>,
    /// Its valid words.
    pub words: Bus<In>,
    /// It is the packet's last.
    pub last: Signal<In, Bit>,
    /// Its bytes are no whole words from byte 0 on, or it is not full though not the last.
    pub broken: Signal<In, Bit>,
    /// A row can be taken.
    pub ready: Signal<Out, Bit>,
    /// A row leaves.
    pub judged: Signal<Out, Bit>,
    /// Its tag, see [`FLAG_BITS`].
    pub tag: Bus<Out>,
    // One entry more than rows of delay: entry 0 is the row that comes in.
    line: Vec<Bus<Local>>,
    line_full: Vec<Signal<Local, Bit>>,
    held_rows: Vec<BusRegister>,
    held_full: Vec<Register<Bit>>,
    held_words: BusRegister,
    flushing: Register<Bit>,
    marred: Register<Bit>,
    own1: BusRegister,
    behind1: BusRegister,
    leaving1: BusRegister,
    leaves1: Register<Bit>,
    ended1: Register<Bit>,
    marred1: Register<Bit>,
    own2: BusRegister,
    missing2: BusRegister,
    leaving2: BusRegister,
    leaves2: Register<Bit>,
    ends2: Register<Bit>,
    marred2: Register<Bit>,
    tag_held: BusRegister,
    tag_full: Register<Bit>,
    advance: Signal<Local, Bit>,
    leaving: Bus<Local>,
    leaves: Signal<Local, Bit>,
    own: Bus<Local>,
    coming: Bus<Local>,
    behind: Bus<Local>,
    missing: Bus<Local>,
    payload: Bus<Local>,
    ended: Signal<Local, Bit>,
    incoming: Bus<Local>,
    ending: Signal<Local, Bit>,
    final_row: Signal<Local, Bit>,
    mar: Signal<Local, Bit>,
    base: Bus<Local>,
    broken_flag: BusConstant,
    end_flag: BusConstant,
    last_flag: BusConstant,
    words_at: BusConstant,
    trailer: BusConstant,
    _tag_bits: usize,
    _row_bits: usize,
    _count_bits: usize,
    _sum_bits: usize,
}

impl RowTagger {
    /// For rows of this many words.
    pub fn new(row_words: usize) -> Self {
        let delay = delay(row_words);
        let (count, tag) = (count_bits(row_words), tag_bits(row_words));
        // All rows under way, and the trailer.
        let sum = bits_for((delay + 2) * row_words + 4);
        Self {
            clk: port(),
            rst: port(),
            row: port(),
            words: Bus::new(count),
            last: port(),
            broken: port(),
            ready: port(),
            judged: port(),
            tag: Bus::new(tag),
            line: (0..delay + 1).map(|_| Bus::new(count + 1)).collect(),
            line_full: many(delay + 1),
            held_rows: (0..delay).map(|_| BusRegister::new(count + 1)).collect(),
            held_full: many(delay),
            held_words: BusRegister::new(sum),
            flushing: port(),
            marred: port(),
            own1: BusRegister::new(sum),
            behind1: BusRegister::new(sum),
            leaving1: BusRegister::new(count + 1),
            leaves1: port(),
            ended1: port(),
            marred1: port(),
            own2: BusRegister::new(sum),
            missing2: BusRegister::new(sum),
            leaving2: BusRegister::new(count + 1),
            leaves2: port(),
            ends2: port(),
            marred2: port(),
            tag_held: BusRegister::new(tag),
            tag_full: port(),
            advance: port(),
            leaving: Bus::new(count + 1),
            leaves: port(),
            own: Bus::new(sum),
            coming: Bus::new(sum),
            behind: Bus::new(sum),
            missing: Bus::new(sum),
            payload: Bus::new(sum),
            ended: port(),
            incoming: Bus::new(count + 1),
            ending: port(),
            final_row: port(),
            mar: port(),
            base: Bus::new(tag),
            broken_flag: BusConstant::new(tag, 4),
            end_flag: BusConstant::new(tag, 1),
            last_flag: BusConstant::new(tag, 2),
            words_at: BusConstant::new(bits_for(tag), (FLAG_BITS + count) as u128),
            trailer: BusConstant::new(sum, 4),
            _tag_bits: tag,
            _row_bits: count + 1,
            _count_bits: count,
            _sum_bits: sum,
        }
    }
}

impl Logic for RowTagger {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clk, held_words, flushing, marred, own1, behind1, leaving1, leaves1, ended1, marred1, own2, missing2,
            leaving2, leaves2, ends2, marred2, tag_held, tag_full
        );
        self.ready.next = !self.flushing.q.val();
        self.advance.next = self.row.val() | self.flushing.q.val();

        // The delay line: a row moves on with every row that comes in, and every clock once the packet has ended.
        self.ending.next = self.last.val();
        self.incoming.next =
            (bit_cast_to(self.words.val(), self._row_bits) << 1) | bit_cast_to(self.ending.val(), self._row_bits);
        self.line[0].next = self.incoming.val();
        self.line_full[0].next = self.row.val();
        for i in 0..self.held_rows.len() {
            self.held_rows[i].clock.next = self.clk.val();
            self.held_full[i].clock.next = self.clk.val();
            self.held_rows[i].d.next = self.held_rows[i].q.val();
            self.held_full[i].d.next = self.held_full[i].q.val();
            self.line[i + 1].next = self.held_rows[i].q.val();
            self.line_full[i + 1].next = self.held_full[i].q.val();
            if self.advance.val() {
                self.held_rows[i].d.next = self.line[i].val();
                self.held_full[i].d.next = self.line_full[i].val();
            }
        }
        self.leaving.next = 0.into();
        self.leaves.next = false;
        for i in (self.held_rows.len() - 1)..self.held_rows.len() {
            self.leaving.next = self.held_rows[i].q.val();
            self.leaves.next = self.held_full[i].q.val() & self.advance.val();
        }

        // What is behind the row that leaves.
        self.own.next = 0.into();
        if self.leaves.val() {
            self.own.next = bit_cast_to(self.leaving.val() >> 1, self._sum_bits);
        }
        self.coming.next = 0.into();
        if self.row.val() {
            self.coming.next = bit_cast_to(self.words.val(), self._sum_bits);
        }
        self.behind.next = self.held_words.q.val() + self.coming.val() - self.own.val();
        self.held_words.d.next = self.behind.val();
        self.ended.next = self.flushing.q.val() | (self.row.val() & self.last.val());
        self.final_row.next = self.leaving.val().get_bit(0);

        self.mar.next = self.marred.q.val() | (self.row.val() & self.broken.val());
        self.marred.d.next = self.mar.val();
        self.own1.d.next = self.own.val();
        self.behind1.d.next = self.behind.val();
        self.leaving1.d.next = self.leaving.val();
        self.leaves1.d.next = self.leaves.val();
        self.ended1.d.next = self.ended.val();
        self.marred1.d.next = self.mar.val();

        // A clock later, which of its words are the trailer's.
        self.missing.next = 0.into();
        if self.ended1.q.val() & (self.behind1.q.val() < self.trailer.val()) {
            self.missing.next = self.trailer.val() - self.behind1.q.val();
        }
        self.own2.d.next = self.own1.q.val();
        self.missing2.d.next = self.missing.val();
        self.leaving2.d.next = self.leaving1.q.val();
        self.leaves2.d.next = self.leaves1.q.val();
        self.ends2.d.next = self.ended1.q.val() & (self.behind1.q.val() <= self.trailer.val());
        self.marred2.d.next = self.marred1.q.val();

        // The tag, a clock later again.
        self.payload.next = 0.into();
        if self.own2.q.val() > self.missing2.q.val() {
            self.payload.next = self.own2.q.val() - self.missing2.q.val();
        }
        self.tag_full.d.next = self.leaves2.q.val();
        self.base.next = (bit_cast_to(self.leaving2.q.val() >> 1, self._tag_bits) << self.words_at.val())
            | (bit_cast_to(self.payload.val(), self._tag_bits) << 3);
        if self.marred2.q.val() {
            self.base.next = (bit_cast_to(self.leaving2.q.val() >> 1, self._tag_bits) << self.words_at.val())
                | ((bit_cast_to(self.payload.val(), self._tag_bits) << 3) | self.broken_flag.val());
        }
        self.tag_held.d.next = self.base.val();
        if self.ends2.q.val() {
            self.tag_held.d.next = self.base.val() | self.end_flag.val();
            if self.leaving2.q.val().get_bit(0) {
                self.tag_held.d.next = (self.base.val() | self.end_flag.val()) | self.last_flag.val();
            }
        }

        if self.row.val() & self.last.val() {
            self.flushing.d.next = true;
        }
        if self.leaves.val() & self.final_row.val() {
            self.flushing.d.next = false;
            self.marred.d.next = false;
        }

        self.judged.next = self.tag_full.q.val();
        self.tag.next = self.tag_held.q.val();

        if self.rst.val() {
            self.held_words.d.next = 0.into();
            self.flushing.d.next = false;
            self.marred.d.next = false;
            self.leaves1.d.next = false;
            self.leaves2.d.next = false;
            self.tag_full.d.next = false;
            for i in 0..self.held_rows.len() {
                self.held_full[i].d.next = false;
            }
        }
    }
}

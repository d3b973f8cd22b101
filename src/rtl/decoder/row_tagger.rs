//! Finds the end of the payload: tells, for each row of link words, how many of them come before the trailer.
//!
//! ```text
//!  words, last --> [ D rows of delay ] --> row leaves --> payload words = words - (4 - words behind it), if the packet ended
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | `D` rows: a row is judged when the `D` rows behind it are known, or the packet has ended |
//! | throughput | one row a clock; `D` clocks without a row after each packet |
//!
//! The trailer is the last four words of a packet and may be spread over ceil(4/`S`) + 1 rows.

use crate::rtl::prelude::*;

/// Tag bits: payload words 3:0, words 7:4, end of payload 8, last row 9, packet is broken 10 (certain from the end of the
/// payload on).
pub const TAG_BITS: usize = 11;

/// Tagger for rows of `S` words, `D` = ceil(4/`S`).
#[derive(LogicBlock)]
pub struct RowTagger<const S: usize, const D: usize> {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Synchronous reset.
    pub rst: Signal<In, Bit>,
    /// There is a row.
    pub row: Signal<In, Bit>,
    /// Its valid words.
    pub words: Signal<In, U<4>>,
    /// It is the packet's last.
    pub last: Signal<In, Bit>,
    /// Its bytes are no whole words from byte 0 on, or it is not full though not the last.
    pub broken: Signal<In, Bit>,
    /// A row can be taken.
    pub ready: Signal<Out, Bit>,
    /// A row leaves.
    pub judged: Signal<Out, Bit>,
    /// Its tag, see [`TAG_BITS`].
    pub tag: Signal<Out, U<11>>,
    // One entry more than rows of delay: entry 0 is the row that comes in.
    line: Vec<Signal<Local, U<5>>>,
    line_full: Vec<Signal<Local, Bit>>,
    held_rows: [Register<U<5>>; D],
    held_full: [Register<Bit>; D],
    held_words: Register<U<6>>,
    flushing: Register<Bit>,
    marred: Register<Bit>,
    tag_held: Register<U<11>>,
    tag_full: Register<Bit>,
    advance: Signal<Local, Bit>,
    leaving: Signal<Local, U<5>>,
    leaves: Signal<Local, Bit>,
    own: Signal<Local, U<6>>,
    coming: Signal<Local, U<6>>,
    behind: Signal<Local, U<6>>,
    missing: Signal<Local, U<6>>,
    payload: Signal<Local, U<6>>,
    ended: Signal<Local, Bit>,
    incoming: Signal<Local, U<5>>,
    final_row: Signal<Local, Bit>,
    mar: Signal<Local, Bit>,
    base: Signal<Local, U<11>>,
    broken_flag: Constant<U<11>>,
    end_flag: Constant<U<11>>,
    last_flag: Constant<U<11>>,
    row_last: Constant<U<5>>,
    trailer: Constant<U<6>>,
}

impl<const S: usize, const D: usize> Default for RowTagger<S, D> {
    fn default() -> Self {
        assert!(D == 4usize.div_ceil(S), "RowTagger<{S}, {D}>");
        Self {
            clk: port(),
            rst: port(),
            row: port(),
            words: port(),
            last: port(),
            broken: port(),
            ready: port(),
            judged: port(),
            tag: port(),
            line: (0..D + 1).map(|_| port()).collect(),
            line_full: (0..D + 1).map(|_| port()).collect(),
            held_rows: ports(),
            held_full: ports(),
            held_words: port(),
            flushing: port(),
            marred: port(),
            tag_held: port(),
            tag_full: port(),
            advance: port(),
            leaving: port(),
            leaves: port(),
            own: port(),
            coming: port(),
            behind: port(),
            missing: port(),
            payload: port(),
            ended: port(),
            incoming: port(),
            final_row: port(),
            mar: port(),
            base: port(),
            broken_flag: constant(1 << 10),
            end_flag: constant(1 << 8),
            last_flag: constant(1 << 9),
            row_last: constant(1 << 4),
            trailer: constant(4),
        }
    }
}

impl<const S: usize, const D: usize> Logic for RowTagger<S, D> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clk, held_words, flushing, marred, tag_held, tag_full);
        self.ready.next = !self.flushing.q.val();
        self.advance.next = self.row.val() | self.flushing.q.val();

        // The delay line: a row moves on with every row that comes in, and every clock once the packet has ended.
        self.incoming.next = bit_cast::<5, 4>(self.words.val());
        if self.last.val() {
            self.incoming.next = bit_cast::<5, 4>(self.words.val()) | self.row_last.val();
        }
        self.line[0].next = self.incoming.val();
        self.line_full[0].next = self.row.val();
        for i in 0..D {
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
        for i in (D - 1)..D {
            self.leaving.next = self.held_rows[i].q.val();
            self.leaves.next = self.held_full[i].q.val() & self.advance.val();
        }

        // What is behind the row that leaves.
        self.own.next = 0.into();
        if self.leaves.val() {
            self.own.next = bit_cast::<6, 4>(self.leaving.val().get_bits::<4>(0));
        }
        self.coming.next = 0.into();
        if self.row.val() {
            self.coming.next = bit_cast::<6, 4>(self.words.val());
        }
        self.behind.next = self.held_words.q.val() + self.coming.val() - self.own.val();
        self.held_words.d.next = self.behind.val();
        self.ended.next = self.flushing.q.val() | (self.row.val() & self.last.val());
        self.final_row.next = self.leaving.val().get_bit(4);

        self.missing.next = 0.into();
        if self.ended.val() & (self.behind.val() < self.trailer.val()) {
            self.missing.next = self.trailer.val() - self.behind.val();
        }
        self.payload.next = 0.into();
        if self.own.val() > self.missing.val() {
            self.payload.next = self.own.val() - self.missing.val();
        }
        self.tag_full.d.next = self.leaves.val();
        self.mar.next = self.marred.q.val() | (self.row.val() & self.broken.val());
        self.marred.d.next = self.mar.val();
        self.base.next =
            (bit_cast::<11, 4>(self.leaving.val().get_bits::<4>(0)) << 4) | bit_cast::<11, 6>(self.payload.val());
        if self.mar.val() {
            self.base.next = (bit_cast::<11, 4>(self.leaving.val().get_bits::<4>(0)) << 4)
                | bit_cast::<11, 6>(self.payload.val())
                | self.broken_flag.val();
        }
        self.tag_held.d.next = self.base.val();
        if self.ended.val() & (self.behind.val() <= self.trailer.val()) {
            self.tag_held.d.next = self.base.val() | self.end_flag.val();
            if self.final_row.val() {
                self.tag_held.d.next = self.base.val() | self.end_flag.val() | self.last_flag.val();
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
            self.tag_full.d.next = false;
            for i in 0..D {
                self.held_full[i].d.next = false;
            }
        }
    }
}

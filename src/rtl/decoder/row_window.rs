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

use crate::rtl::prelude::*;

/// Window of `V` words on rows of `S` words, `LINK` = 16 `S`, `V` <= `S`.
#[derive(LogicBlock)]
pub struct RowWindow<const S: usize, const LINK: usize, const V: usize> {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Synchronous reset.
    pub rst: Signal<In, Bit>,
    /// Oldest row, its first byte in bits 7:0.
    pub head: Signal<In, U<LINK>>,
    /// Its tag (see the row tagger).
    pub head_tag: Signal<In, U<11>>,
    /// There is one.
    pub head_valid: Signal<In, Bit>,
    /// The row behind it.
    pub second: Signal<In, U<LINK>>,
    /// Its tag.
    pub second_tag: Signal<In, U<11>>,
    /// There is one.
    pub second_valid: Signal<In, Bit>,
    /// Drops the oldest row.
    pub pop: Signal<Out, Bit>,
    /// Words to take.
    pub take: Signal<In, U<4>>,
    /// The trailer is read: payload and other words are all the same.
    pub trailer: Signal<In, Bit>,
    /// Drop what is left of the packet.
    pub finish: Signal<In, Bit>,
    /// The last row of the packet is dropped.
    pub finished: Signal<Out, Bit>,
    /// Next words.
    pub word: [Signal<Out, U<16>>; V],
    /// How many of the packet's words are there (payload words, or with `trailer` all).
    pub available: Signal<Out, U<6>>,
    /// No more will come.
    pub complete: Signal<Out, Bit>,
    /// The oldest row belongs to a packet with broken rows.
    pub broken: Signal<Out, Bit>,
    offset: Register<U<4>>,
    up: Signal<Local, U<8>>,
    down: Signal<Local, U<8>>,
    joined: Signal<Local, U<LINK>>,
    bytes: Signal<Local, U<16>>,
    here: Signal<Local, U<6>>,
    there: Signal<Local, U<6>>,
    used: Signal<Local, U<6>>,
    rest: Signal<Local, U<6>>,
    count: Signal<Local, U<6>>,
    head_ends: Signal<Local, Bit>,
    second_ends: Signal<Local, Bit>,
    head_is_last: Signal<Local, Bit>,
    reach: Signal<Local, U<6>>,
    wrapped: Signal<Local, U<6>>,
    row_bits: Constant<U<8>>,
    row_words: Constant<U<6>>,
    index: [Constant<U<6>>; V],
}

impl<const S: usize, const LINK: usize, const V: usize> Default for RowWindow<S, LINK, V> {
    fn default() -> Self {
        assert!(V <= S && S <= 8 && LINK == 16 * S, "RowWindow<{S}, {LINK}, {V}>");
        Self {
            clk: port(),
            rst: port(),
            head: port(),
            head_tag: port(),
            head_valid: port(),
            second: port(),
            second_tag: port(),
            second_valid: port(),
            pop: port(),
            take: port(),
            trailer: port(),
            finish: port(),
            finished: port(),
            word: ports(),
            available: port(),
            complete: port(),
            broken: port(),
            offset: port(),
            up: port(),
            down: port(),
            joined: port(),
            bytes: port(),
            here: port(),
            there: port(),
            used: port(),
            rest: port(),
            count: port(),
            head_ends: port(),
            second_ends: port(),
            head_is_last: port(),
            reach: port(),
            wrapped: port(),
            row_bits: constant(LINK as u128),
            row_words: constant(S as u128),
            index: std::array::from_fn(|i| constant(i as u128)),
        }
    }
}

impl<const S: usize, const LINK: usize, const V: usize> Logic for RowWindow<S, LINK, V> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clk, offset);

        // How many words there are.
        self.here.next = bit_cast::<6, 4>(self.head_tag.val().get_bits::<4>(0));
        self.there.next = bit_cast::<6, 4>(self.second_tag.val().get_bits::<4>(0));
        self.head_ends.next = self.head_tag.val().get_bit(8);
        self.second_ends.next = self.second_tag.val().get_bit(8);
        self.head_is_last.next = self.head_tag.val().get_bit(9);
        if self.trailer.val() {
            self.here.next = bit_cast::<6, 4>(self.head_tag.val().get_bits::<4>(4));
            self.there.next = bit_cast::<6, 4>(self.second_tag.val().get_bits::<4>(4));
            self.head_ends.next = self.head_tag.val().get_bit(9);
            self.second_ends.next = self.second_tag.val().get_bit(9);
        }
        self.used.next = bit_cast::<6, 4>(self.offset.q.val());
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
        self.broken.next = self.head_valid.val() & self.head_tag.val().get_bit(10);

        // The words.
        self.down.next = bit_cast::<8, 4>(self.offset.q.val()) << 4;
        self.up.next = self.row_bits.val() - self.down.val();
        self.joined.next = (self.head.val() >> self.down.val()) | (self.second.val() << self.up.val());
        for i in 0..V {
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
        self.reach.next = self.used.val() + bit_cast::<6, 4>(self.take.val());
        self.wrapped.next = self.reach.val() - self.row_words.val();
        self.offset.d.next = self.reach.val().get_bits::<4>(0);
        if (self.reach.val() >= self.row_words.val()) & self.head_valid.val() & !self.head_is_last.val() {
            self.pop.next = true;
            self.offset.d.next = self.wrapped.val().get_bits::<4>(0);
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

//! Gathers words into link beats of `S` words (wire format, section 8).
//!
//! ```text
//!  packed, count --> [ << 16 fill ] --> [ OR with rest ] --> beat, once S words are there or the packet ends
//!            |          [ fill ]             ^
//!            '-----> [ >> 16 (S - fill) ] --> [ rest ] (what does not fit)
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | one clock from the group that fills a beat |
//! | throughput | one group a clock; one more clock where a packet's last group spills into a second beat |
//!
//! Assumptions: at most `S` words a group; the clock after a packet's last group brings no group.

use crate::rtl::prelude::*;

/// Gearbox from `G` slots to `S` words a beat, `S` a power of two up to 8, `S` >= `G`; `LINK` = 16 `S`.
#[derive(LogicBlock)]
pub struct Gearbox<const G: usize, const S: usize, const LINK: usize> {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Synchronous reset.
    pub rst: Signal<In, Bit>,
    /// Words, the valid ones first, zeros behind them.
    pub packed: [Signal<In, U<16>>; G],
    /// How many are valid.
    pub count: Signal<In, U<4>>,
    /// There is a group.
    pub valid: Signal<In, Bit>,
    /// It ends the packet.
    pub last: Signal<In, Bit>,
    /// The beat's bytes, the first in bits 7:0.
    pub beat: Signal<Out, U<LINK>>,
    /// Valid words in it, and in bit 4 whether it ends the packet.
    pub beat_tag: Signal<Out, U<5>>,
    /// There is a beat.
    pub beat_valid: Signal<Out, Bit>,
    rest: Register<U<LINK>>,
    fill: Register<U<4>>,
    spill: Register<Bit>,
    gathered: Register<U<LINK>>,
    tag: Register<U<5>>,
    filled: Register<Bit>,
    word: Signal<Local, U<16>>,
    swapped: Signal<Local, U<16>>,
    group: Signal<Local, U<LINK>>,
    up: Signal<Local, U<8>>,
    down: Signal<Local, U<8>>,
    merged: Signal<Local, U<LINK>>,
    over: Signal<Local, U<LINK>>,
    total: Signal<Local, U<5>>,
    excess: Signal<Local, U<5>>,
    whole: Signal<Local, Bit>,
    capacity: Constant<U<5>>,
    beat_bits: Constant<U<8>>,
    last_flag: Constant<U<5>>,
}

impl<const G: usize, const S: usize, const LINK: usize> Default for Gearbox<G, S, LINK> {
    fn default() -> Self {
        assert!(S.is_power_of_two() && S <= 8 && G <= S && LINK == 16 * S, "Gearbox<{G}, {S}, {LINK}>");
        Self {
            clk: port(),
            rst: port(),
            packed: ports(),
            count: port(),
            valid: port(),
            last: port(),
            beat: port(),
            beat_tag: port(),
            beat_valid: port(),
            rest: port(),
            fill: port(),
            spill: port(),
            gathered: port(),
            tag: port(),
            filled: port(),
            word: port(),
            swapped: port(),
            group: port(),
            up: port(),
            down: port(),
            merged: port(),
            over: port(),
            total: port(),
            excess: port(),
            whole: port(),
            capacity: constant(S as u128),
            beat_bits: constant(LINK as u128),
            last_flag: constant(1 << 4),
        }
    }
}

impl<const G: usize, const S: usize, const LINK: usize> Logic for Gearbox<G, S, LINK> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clk, rest, fill, spill, gathered, tag, filled);

        // The group as a run of bytes: each word most significant byte first.
        self.group.next = 0.into();
        for i in 0..G {
            self.word.next = self.packed[i].val();
            self.swapped.next = (bit_cast::<16, 8>(self.word.val().get_bits::<8>(0)) << 8)
                | bit_cast::<16, 8>(self.word.val().get_bits::<8>(8));
            self.group.next = self.group.val() | (bit_cast::<LINK, 16>(self.swapped.val()) << (i * 16));
        }
        self.up.next = bit_cast::<8, 4>(self.fill.q.val()) << 4;
        self.down.next = self.beat_bits.val() - self.up.val();
        self.merged.next = self.rest.q.val() | (self.group.val() << self.up.val());
        self.over.next = self.group.val() >> self.down.val();
        self.total.next = bit_cast::<5, 4>(self.fill.q.val()) + bit_cast::<5, 4>(self.count.val());
        self.excess.next = self.total.val() - self.capacity.val();
        self.whole.next = self.total.val() >= self.capacity.val();

        self.filled.d.next = false;
        self.gathered.d.next = self.merged.val();
        self.tag.d.next = self.total.val();
        if self.valid.val() {
            self.rest.d.next = self.merged.val();
            self.fill.d.next = self.total.val().get_bits::<4>(0);
            if self.whole.val() {
                self.filled.d.next = true;
                self.tag.d.next = self.capacity.val();
                self.rest.d.next = self.over.val();
                self.fill.d.next = self.excess.val().get_bits::<4>(0);
            }
            if self.last.val() {
                self.filled.d.next = true;
                if self.total.val() > self.capacity.val() {
                    self.spill.d.next = true;
                } else {
                    self.tag.d.next = self.total.val() | self.last_flag.val();
                    self.rest.d.next = 0.into();
                    self.fill.d.next = 0.into();
                }
            }
        }
        if self.spill.q.val() {
            self.filled.d.next = true;
            self.gathered.d.next = self.rest.q.val();
            self.tag.d.next = bit_cast::<5, 4>(self.fill.q.val()) | self.last_flag.val();
            self.rest.d.next = 0.into();
            self.fill.d.next = 0.into();
            self.spill.d.next = false;
        }

        self.beat.next = self.gathered.q.val();
        self.beat_tag.next = self.tag.q.val();
        self.beat_valid.next = self.filled.q.val();

        if self.rst.val() {
            self.rest.d.next = 0.into();
            self.fill.d.next = 0.into();
            self.spill.d.next = false;
            self.filled.d.next = false;
        }
    }
}

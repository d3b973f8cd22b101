//! Closes the gaps of a group: the words to send move to the front, in order.
//!
//! ```text
//!  word 0 .. G-1, send --> [ gaps before me: bit 0 -> move by 1 ] --> [ bit 1 -> by 2 ] --> [ bit 2 -> by 4 ] --> packed, count
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | one clock |
//! | throughput | one group a clock |
//! | size | log2(`G`) multiplexers a word; at most 8 slots |
//!
//! The gaps before a word never shrink from slot to slot, so no two words meet in any stage.

use crate::rtl::prelude::*;

/// Compactor of `G` slots, at most 8.
#[derive(LogicBlock)]
pub struct Compactor<const G: usize> {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Synchronous reset.
    pub rst: Signal<In, Bit>,
    /// Words of the group.
    pub word: [Signal<In, U<16>>; G],
    /// Which of them to send.
    pub send: Signal<In, U<G>>,
    /// There is a group.
    pub valid: Signal<In, Bit>,
    /// It ends the packet.
    pub last: Signal<In, Bit>,
    /// The words to send, then zeros.
    pub packed: [Signal<Out, U<16>>; G],
    /// How many there are.
    pub count: Signal<Out, U<4>>,
    /// There is a group.
    pub packed_valid: Signal<Out, Bit>,
    /// It ends the packet.
    pub packed_last: Signal<Out, Bit>,
    words: [Register<U<16>>; G],
    number: Register<U<4>>,
    filled: Register<Bit>,
    ends: Register<Bit>,
    // Slots G to G+7 are always empty, so that every stage may look past the end.
    stage0: Vec<Signal<Local, U<20>>>,
    stage1: Vec<Signal<Local, U<20>>>,
    stage2: Vec<Signal<Local, U<20>>>,
    stage3: Vec<Signal<Local, U<20>>>,
    taken: Signal<Local, U<16>>,
    gaps: Signal<Local, U<4>>,
    total: Signal<Local, U<4>>,
    one: Constant<U<4>>,
}

/// Slots past the end that the stages may look at.
const PADDING: usize = 8;

impl<const G: usize> Default for Compactor<G> {
    fn default() -> Self {
        assert!((1..=8).contains(&G), "Compactor<{G}>: 1 to 8 slots");
        let stage = || (0..G + PADDING).map(|_| port()).collect();
        Self {
            clk: port(),
            rst: port(),
            word: ports(),
            send: port(),
            valid: port(),
            last: port(),
            packed: ports(),
            count: port(),
            packed_valid: port(),
            packed_last: port(),
            words: ports(),
            number: port(),
            filled: port(),
            ends: port(),
            stage0: stage(),
            stage1: stage(),
            stage2: stage(),
            stage3: stage(),
            taken: port(),
            gaps: port(),
            total: port(),
            one: constant(1),
        }
    }
}

impl<const G: usize> Logic for Compactor<G> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clk, number, filled, ends);
        for i in 0..(G + PADDING) {
            self.stage0[i].next = 0.into();
            self.stage1[i].next = 0.into();
            self.stage2[i].next = 0.into();
            self.stage3[i].next = 0.into();
        }
        self.gaps.next = 0.into();
        self.total.next = 0.into();
        for i in 0..G {
            self.taken.next = self.word[i].val();
            if self.send.val().get_bit(i) {
                self.stage0[i].next = (bit_cast::<20, 4>(self.gaps.val()) << 16) | bit_cast::<20, 16>(self.taken.val());
                self.total.next = self.total.val() + self.one.val();
            } else {
                self.gaps.next = self.gaps.val() + self.one.val();
            }
        }
        for i in 0..G {
            if self.stage0[i + 1].val().get_bit(16) {
                self.stage1[i].next = self.stage0[i + 1].val();
            } else if !self.stage0[i].val().get_bit(16) {
                self.stage1[i].next = self.stage0[i].val();
            }
        }
        for i in 0..G {
            if self.stage1[i + 2].val().get_bit(17) {
                self.stage2[i].next = self.stage1[i + 2].val();
            } else if !self.stage1[i].val().get_bit(17) {
                self.stage2[i].next = self.stage1[i].val();
            }
        }
        for i in 0..G {
            if self.stage2[i + 4].val().get_bit(18) {
                self.stage3[i].next = self.stage2[i + 4].val();
            } else if !self.stage2[i].val().get_bit(18) {
                self.stage3[i].next = self.stage2[i].val();
            }
        }

        for i in 0..G {
            self.words[i].clock.next = self.clk.val();
            self.words[i].d.next = self.stage3[i].val().get_bits::<16>(0);
            self.packed[i].next = self.words[i].q.val();
        }
        self.number.d.next = self.total.val();
        self.filled.d.next = self.valid.val();
        self.ends.d.next = self.last.val();
        self.count.next = self.number.q.val();
        self.packed_valid.next = self.filled.q.val();
        self.packed_last.next = self.ends.q.val();

        if self.rst.val() {
            self.filled.d.next = false;
            self.ends.d.next = false;
        }
    }
}

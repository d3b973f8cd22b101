//! Closes the gaps of a group: the words to send move to the front, in order.
//!
//! ```text
//!  word 0 .. G-1, send --> [ gaps before me: bit 0 -> move by 1 ] --> [ bit 1 -> by 2 ] --> ... --> packed, count
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | one clock |
//! | throughput | one group a clock |
//! | size | a multiplexer a word for each bit of the slot count |
//!
//! The gaps before a word never shrink from slot to slot, so no two words meet in any stage.

use crate::rtl::prelude::*;

/// One stage: words with this bit set in their gap count move towards the front.
#[derive(LogicBlock)]
struct Stage {
    /// Words, gap counts above them.
    pub entry: Vec<Bus<In>>,
    /// The same, moved; zero where nothing is left.
    pub moved: Vec<Bus<Out>>,
    _distance: usize,
    _bit: usize,
}

impl Stage {
    /// For this many slots, moving by 2^`number`.
    fn new(slots: usize, entry_bits: usize, number: usize) -> Self {
        Stage {
            entry: (0..slots).map(|_| Bus::new(entry_bits)).collect(),
            moved: (0..slots).map(|_| Bus::new(entry_bits)).collect(),
            _distance: 1 << number,
            _bit: 16 + number,
        }
    }
}

impl Logic for Stage {
    #[hdl_gen]
    fn update(&mut self) {
        // Loops of one round give the stage's numbers a name.
        for b in self._bit..(self._bit + 1) {
            for i in 0..self.entry.len() {
                self.moved[i].next = 0.into();
                if !self.entry[i].val().get_bit(b) {
                    self.moved[i].next = self.entry[i].val();
                }
            }
            for d in self._distance..(self._distance + 1) {
                for i in 0..self.entry.len().saturating_sub(self._distance) {
                    if self.entry[i + d].val().get_bit(b) {
                        self.moved[i].next = self.entry[i + d].val();
                    }
                }
            }
        }
    }
}

/// Compactor of any number of slots.
#[derive(LogicBlock)]
pub struct Compactor {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Synchronous reset.
    pub rst: Signal<In, Bit>,
    /// Words of the group.
    pub word: Vec<Signal<In, U<16>>>,
    /// Which of them to send.
    pub send: Vec<Signal<In, Bit>>,
    /// There is a group.
    pub valid: Signal<In, Bit>,
    /// It ends the packet.
    pub last: Signal<In, Bit>,
    /// The words to send, then zeros.
    pub packed: Vec<Signal<Out, U<16>>>,
    /// How many there are.
    pub count: Bus<Out>,
    /// There is a group.
    pub packed_valid: Signal<Out, Bit>,
    /// It ends the packet.
    pub packed_last: Signal<Out, Bit>,
    words: Vec<Register<U<16>>>,
    number: BusRegister,
    filled: Register<Bit>,
    ends: Register<Bit>,
    stage: Vec<Stage>,
    entry: Vec<Bus<Local>>,
    taken: Signal<Local, U<16>>,
    gaps: Bus<Local>,
    total: Bus<Local>,
    one_gap: BusConstant,
    one: BusConstant,
    _entry_bits: usize,
}

impl Compactor {
    /// For this many slots.
    pub fn new(slots: usize) -> Self {
        let gap_bits = bits_for(slots - 1);
        let entry_bits = 16 + gap_bits;
        Self {
            clk: port(),
            rst: port(),
            word: many(slots),
            send: many(slots),
            valid: port(),
            last: port(),
            packed: many(slots),
            count: Bus::new(bits_for(slots)),
            packed_valid: port(),
            packed_last: port(),
            words: many(slots),
            number: BusRegister::new(bits_for(slots)),
            filled: port(),
            ends: port(),
            stage: (0..gap_bits).map(|number| Stage::new(slots, entry_bits, number)).collect(),
            entry: (0..slots).map(|_| Bus::new(entry_bits)).collect(),
            taken: port(),
            gaps: Bus::new(gap_bits),
            total: Bus::new(bits_for(slots)),
            one_gap: BusConstant::new(gap_bits, 1),
            one: BusConstant::new(bits_for(slots), 1),
            _entry_bits: entry_bits,
        }
    }
}

impl Logic for Compactor {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clk, number, filled, ends);
        self.gaps.next = 0.into();
        self.total.next = 0.into();
        for i in 0..self.word.len() {
            self.taken.next = self.word[i].val();
            self.entry[i].next = 0.into();
            if self.send[i].val() {
                self.entry[i].next = (bit_cast_to(self.gaps.val(), self._entry_bits) << 16)
                    | bit_cast_to(self.taken.val(), self._entry_bits);
                self.total.next = self.total.val() + self.one.val();
            } else {
                self.gaps.next = self.gaps.val() + self.one_gap.val();
            }
            self.stage[0].entry[i].next = self.entry[i].val();
        }
        for s in 1..self.stage.len() {
            for i in 0..self.word.len() {
                self.stage[s].entry[i].next = self.stage[s - 1].moved[i].val();
            }
        }
        for i in 0..self.word.len() {
            self.words[i].clock.next = self.clk.val();
            for s in (self.stage.len() - 1)..self.stage.len() {
                self.words[i].d.next = self.stage[s].moved[i].val().get_bits::<16>(0);
            }
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

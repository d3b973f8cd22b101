//! Where the words of a group go: one behind the other, on from where the last group ended.
//!
//! ```text
//!  send --> [ sums from slot to slot, of 4 ] --> | --> [ of all ] --> | --> + --> place of each word in its row of N
//!  word --------------------------------------> | -----------------> |     ^
//!                                                                     '-> [ fill ], row complete?
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | three clocks |
//! | throughput | one group a clock; a packet's last group that reaches into a second row takes two |
//!
//! An entry is a word, a bit that tells whether it is sent, and its place. Assumptions: at most N words a group; the clock after
//! a packet's last group brings no group; the last group has a word.

use super::small_sum::SmallSum;
use crate::rtl::prelude::*;

/// Levels of the sums ahead of their first register: those of blocks of 4 slots, each bit of which is a small function.
const FIRST_LEVELS: usize = 2;

/// Bits of a number of rows: up to 16 are kept.
pub const ROW_BITS: usize = 4;

/// One level of the sums from slot to slot: the upper halves of blocks add the sum of the lower half.
#[derive(LogicBlock)]
struct SumLevel {
    /// Sums within half blocks.
    pub part: Vec<Bus<In>>,
    /// Sums within blocks.
    pub whole: Vec<Bus<Out>>,
    adder: Vec<SmallSum>,
    _half: usize,
    _blocks: usize,
    _rest: usize,
}

impl SumLevel {
    /// For half blocks of 2^`number`.
    fn new(slots: usize, bits: usize, number: usize) -> Self {
        let half = 1 << number;
        let blocks = slots / (2 * half);
        Self {
            part: (0..slots).map(|_| Bus::new(bits)).collect(),
            whole: (0..slots).map(|_| Bus::new(bits)).collect(),
            adder: (0..slots).map(|_| SmallSum::new(bits)).collect(),
            _half: half,
            _blocks: blocks,
            _rest: (slots - 2 * half * blocks).saturating_sub(half),
        }
    }
}

impl Logic for SumLevel {
    #[hdl_gen]
    fn update(&mut self) {
        for i in 0..self.part.len() {
            self.adder[i].a.next = self.part[i].val();
            self.adder[i].b.next = 0.into();
        }
        // Loops of one round give the level's numbers a name.
        for d in self._half..(self._half + 1) {
            for b in 0..self._blocks {
                for j in 0..self._half {
                    self.adder[b * d * 2 + d + j].b.next = self.part[b * d * 2 + d - 1].val();
                }
            }
            for b in self._blocks..(self._blocks + 1) {
                for j in 0..self._rest {
                    self.adder[b * d * 2 + d + j].b.next = self.part[b * d * 2 + d - 1].val();
                }
            }
        }
        for i in 0..self.part.len() {
            self.whole[i].next = self.adder[i].sum.val();
        }
    }
}

/// Places of words.
#[derive(LogicBlock)]
pub struct Places {
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
    /// Word, bit 16: it is sent, above that its place.
    pub entry: Vec<Bus<Out>>,
    /// The first place of the group: what lies before it is in the next row.
    pub from: Bus<Out>,
    /// Row of the first place.
    pub row: Signal<Out, U<ROW_BITS>>,
    /// The row is complete with this group.
    pub complete: Signal<Out, Bit>,
    /// It is the packet's last row.
    pub row_last: Signal<Out, Bit>,
    /// Words in it.
    pub row_words: Bus<Out>,
    /// Row that is being filled at present.
    pub current: Signal<Out, U<ROW_BITS>>,
    level: Vec<SumLevel>,
    /// Behind the first levels.
    sums_before: Vec<BusRegister>,
    words_before: Vec<Register<U<16>>>,
    sends_before: Vec<Register<Bit>>,
    filled_before: Register<Bit>,
    ends_before: Register<Bit>,
    sums: Vec<BusRegister>,
    words: Vec<Register<U<16>>>,
    sends: Vec<Register<Bit>>,
    filled: Register<Bit>,
    ends: Register<Bit>,
    fill: BusRegister,
    row_now: Register<U<ROW_BITS>>,
    spill: Register<Bit>,
    placed: Vec<BusRegister>,
    placer: Vec<SmallSum>,
    next_fill: SmallSum,
    from_held: BusRegister,
    row_held: Register<U<ROW_BITS>>,
    completes: Register<Bit>,
    completes_last: Register<Bit>,
    number: BusRegister,
    taken: Signal<Local, U<16>>,
    sent: Signal<Local, Bit>,
    before: Bus<Local>,
    place: Bus<Local>,
    sum: Bus<Local>,
    low: Bus<Local>,
    whole: Signal<Local, Bit>,
    one_row: Constant<U<ROW_BITS>>,
    capacity: BusConstant,
    _first_levels: usize,
    _place_bits: usize,
    _sum_bits: usize,
    _entry_bits: usize,
}

impl Places {
    /// For this many slots and rows of `row_words` words, a power of two and at least as many.
    pub fn new(slots: usize, row_words: usize) -> Self {
        assert!(row_words.is_power_of_two() && row_words > 1 && slots <= row_words, "{slots} slots, {row_words} words");
        let place_bits = row_words.ilog2() as usize;
        let (sum_bits, entry_bits) = (place_bits + 1, 17 + place_bits);
        let levels = bits_for(slots - 1);
        Self {
            clk: port(),
            rst: port(),
            word: many(slots),
            send: many(slots),
            valid: port(),
            last: port(),
            entry: (0..slots).map(|_| Bus::new(entry_bits)).collect(),
            from: Bus::new(place_bits),
            row: port(),
            complete: port(),
            row_last: port(),
            row_words: Bus::new(sum_bits),
            current: port(),
            level: (0..levels).map(|number| SumLevel::new(slots, sum_bits, number)).collect(),
            sums_before: (0..slots).map(|_| BusRegister::new(sum_bits)).collect(),
            words_before: many(slots),
            sends_before: many(slots),
            filled_before: port(),
            ends_before: port(),
            sums: (0..slots).map(|_| BusRegister::new(sum_bits)).collect(),
            words: many(slots),
            sends: many(slots),
            filled: port(),
            ends: port(),
            fill: BusRegister::new(place_bits),
            row_now: port(),
            spill: port(),
            placed: (0..slots).map(|_| BusRegister::new(entry_bits)).collect(),
            placer: (0..slots).map(|_| SmallSum::new(place_bits)).collect(),
            next_fill: SmallSum::new(sum_bits),
            from_held: BusRegister::new(place_bits),
            row_held: port(),
            completes: port(),
            completes_last: port(),
            number: BusRegister::new(sum_bits),
            taken: port(),
            sent: port(),
            before: Bus::new(sum_bits),
            place: Bus::new(place_bits),
            sum: Bus::new(sum_bits),
            low: Bus::new(place_bits),
            whole: port(),
            one_row: constant(1),
            capacity: BusConstant::new(sum_bits, row_words as u128),
            _first_levels: levels.min(FIRST_LEVELS),
            _place_bits: place_bits,
            _sum_bits: sum_bits,
            _entry_bits: entry_bits,
        }
    }
}

impl Logic for Places {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clk,
            filled_before,
            ends_before,
            filled,
            ends,
            fill,
            row_now,
            spill,
            from_held,
            row_held,
            completes,
            completes_last,
            number
        );
        // How many words each slot and those before it send.
        for i in 0..self.word.len() {
            self.sent.next = self.send[i].val();
            self.level[0].part[i].next = bit_cast_to(self.sent.val(), self._sum_bits);
        }
        for s in 1..self.level.len() {
            for i in 0..self.word.len() {
                self.level[s].part[i].next = self.level[s - 1].whole[i].val();
            }
        }
        for i in 0..self.word.len() {
            self.sums_before[i].clock.next = self.clk.val();
            self.words_before[i].clock.next = self.clk.val();
            self.sends_before[i].clock.next = self.clk.val();
            self.words_before[i].d.next = self.word[i].val();
            self.sends_before[i].d.next = self.send[i].val() & self.valid.val();
            for s in (self._first_levels - 1)..self._first_levels {
                self.sums_before[i].d.next = self.level[s].whole[i].val();
            }
            // The levels behind the register, if there are any.
            for s in self._first_levels..self.level.len().min(self._first_levels + 1) {
                self.level[s].part[i].next = self.sums_before[i].q.val();
            }
            self.sums[i].clock.next = self.clk.val();
            self.words[i].clock.next = self.clk.val();
            self.sends[i].clock.next = self.clk.val();
            self.words[i].d.next = self.words_before[i].q.val();
            self.sends[i].d.next = self.sends_before[i].q.val();
            self.sums[i].d.next = self.sums_before[i].q.val();
            for s in self._first_levels..self.level.len() {
                self.sums[i].d.next = self.level[s].whole[i].val();
            }
        }
        self.filled_before.d.next = self.valid.val();
        self.ends_before.d.next = self.valid.val() & self.last.val();
        self.filled.d.next = self.filled_before.q.val();
        self.ends.d.next = self.ends_before.q.val();

        // The first goes where the last group ended, the others behind it.
        self.before.next = 0.into();
        for i in 0..self.word.len() {
            self.placer[i].a.next = self.fill.q.val();
            self.placer[i].b.next = 0.into();
        }
        for i in 1..self.word.len() {
            self.before.next = self.sums[i - 1].q.val();
            self.placer[i].b.next = bit_cast_to(self.before.val(), self._place_bits);
        }
        for i in 0..self.word.len() {
            self.placed[i].clock.next = self.clk.val();
            self.taken.next = self.words[i].q.val();
            self.sent.next = self.sends[i].q.val();
            self.place.next = self.placer[i].sum.val();
            self.placed[i].d.next = (bit_cast_to(self.place.val(), self._entry_bits) << 17)
                | ((bit_cast_to(self.sent.val(), self._entry_bits) << 16)
                    | bit_cast_to(self.taken.val(), self._entry_bits));
            self.entry[i].next = self.placed[i].q.val();
        }

        // What that makes of the row.
        self.next_fill.a.next = bit_cast_to(self.fill.q.val(), self._sum_bits);
        for n in (self.word.len() - 1)..self.word.len() {
            self.next_fill.b.next = self.sums[n].q.val();
        }
        self.sum.next = self.next_fill.sum.val();
        self.low.next = bit_cast_to(self.sum.val(), self._place_bits);
        self.whole.next = self.sum.val() >= self.capacity.val();
        self.from_held.d.next = self.fill.q.val();
        self.row_held.d.next = self.row_now.q.val();
        self.completes.d.next = false;
        self.completes_last.d.next = false;
        self.number.d.next = self.sum.val();
        if self.whole.val() {
            self.number.d.next = self.capacity.val();
        }
        if self.filled.q.val() {
            self.fill.d.next = self.low.val();
            if self.whole.val() | self.ends.q.val() {
                self.completes.d.next = true;
                self.row_now.d.next = self.row_now.q.val() + self.one_row.val();
            }
            if self.ends.q.val() {
                if self.whole.val() & self.low.val().any() {
                    self.spill.d.next = true;
                } else {
                    self.completes_last.d.next = true;
                    self.fill.d.next = 0.into();
                }
            }
        }
        if self.spill.q.val() {
            self.spill.d.next = false;
            self.completes.d.next = true;
            self.completes_last.d.next = true;
            self.number.d.next = bit_cast_to(self.fill.q.val(), self._sum_bits);
            self.fill.d.next = 0.into();
            self.row_now.d.next = self.row_now.q.val() + self.one_row.val();
        }

        self.from.next = self.from_held.q.val();
        self.row.next = self.row_held.q.val();
        self.complete.next = self.completes.q.val();
        self.row_last.next = self.completes_last.q.val();
        self.row_words.next = self.number.q.val();
        self.current.next = self.row_now.q.val();

        if self.rst.val() {
            self.filled_before.d.next = false;
            self.ends_before.d.next = false;
            self.filled.d.next = false;
            self.ends.d.next = false;
            self.fill.d.next = 0.into();
            self.row_now.d.next = 0.into();
            self.spill.d.next = false;
            self.completes.d.next = false;
            for i in 0..self.word.len() {
                self.sends_before[i].d.next = false;
                self.sends[i].d.next = false;
                self.placed[i].d.next = 0.into();
            }
        }
    }
}

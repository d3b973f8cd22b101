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

/// Gearbox from slots to beats of at least as many words.
#[derive(LogicBlock)]
pub struct Gearbox {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Synchronous reset.
    pub rst: Signal<In, Bit>,
    /// Words, the valid ones first, zeros behind them.
    pub packed: Vec<Signal<In, U<16>>>,
    /// How many are valid.
    pub count: Bus<In>,
    /// There is a group.
    pub valid: Signal<In, Bit>,
    /// It ends the packet.
    pub last: Signal<In, Bit>,
    /// The beat's bytes, the first in bits 7:0.
    pub beat: Bus<Out>,
    /// Valid words in it.
    pub beat_words: Bus<Out>,
    /// It ends the packet.
    pub beat_last: Signal<Out, Bit>,
    /// There is a beat.
    pub beat_valid: Signal<Out, Bit>,
    rest: BusRegister,
    fill: BusRegister,
    spill: Register<Bit>,
    gathered: BusRegister,
    number: BusRegister,
    ends: Register<Bit>,
    filled: Register<Bit>,
    word: Signal<Local, U<16>>,
    gather: Gather,
    group: Bus<Local>,
    up: Bus<Local>,
    down: Bus<Local>,
    merged: Bus<Local>,
    over: Bus<Local>,
    total: Bus<Local>,
    excess: Bus<Local>,
    whole: Signal<Local, Bit>,
    capacity: BusConstant,
    beat_bits: BusConstant,
    _link_bits: usize,
    _shift_bits: usize,
    _count_bits: usize,
    _fill_bits: usize,
    _number_bits: usize,
}

impl Gearbox {
    /// From this many slots to beats of `link_words` words.
    pub fn new(slots: usize, link_words: usize) -> Self {
        assert!(slots <= link_words, "Gearbox of {slots} slots, {link_words} words");
        let link_bits = 16 * link_words;
        let (shift_bits, count_bits, fill_bits) =
            (bits_for(link_bits), bits_for(2 * link_words), bits_for(link_words - 1));
        Self {
            clk: port(),
            rst: port(),
            packed: many(slots),
            count: Bus::new(bits_for(slots)),
            valid: port(),
            last: port(),
            beat: Bus::new(link_bits),
            beat_words: Bus::new(bits_for(link_words)),
            beat_last: port(),
            beat_valid: port(),
            rest: BusRegister::new(link_bits),
            fill: BusRegister::new(fill_bits),
            spill: port(),
            gathered: BusRegister::new(link_bits),
            number: BusRegister::new(bits_for(link_words)),
            ends: port(),
            filled: port(),
            word: port(),
            gather: Gather::new(slots, 16),
            group: Bus::new(link_bits),
            up: Bus::new(shift_bits),
            down: Bus::new(shift_bits),
            merged: Bus::new(link_bits),
            over: Bus::new(link_bits),
            total: Bus::new(count_bits),
            excess: Bus::new(count_bits),
            whole: port(),
            capacity: BusConstant::new(count_bits, link_words as u128),
            beat_bits: BusConstant::new(shift_bits, link_bits as u128),
            _link_bits: link_bits,
            _shift_bits: shift_bits,
            _count_bits: count_bits,
            _fill_bits: fill_bits,
            _number_bits: bits_for(link_words),
        }
    }
}

impl Logic for Gearbox {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clk, rest, fill, spill, gathered, number, ends, filled);

        // The group as a run of bytes: each word most significant byte first.
        for i in 0..self.packed.len() {
            self.word.next = self.packed[i].val();
            self.gather.part[i].next = ((bit_cast::<16, 8>(self.word.val().get_bits::<8>(0)) << 8)
                | bit_cast::<16, 8>(self.word.val().get_bits::<8>(8)))
            .into();
        }
        self.group.next = bit_cast_to(self.gather.whole.val(), self._link_bits);
        self.up.next = bit_cast_to(self.fill.q.val(), self._shift_bits) << 4;
        self.down.next = self.beat_bits.val() - self.up.val();
        self.merged.next = self.rest.q.val() | (self.group.val() << self.up.val());
        self.over.next = self.group.val() >> self.down.val();
        self.total.next =
            bit_cast_to(self.fill.q.val(), self._count_bits) + bit_cast_to(self.count.val(), self._count_bits);
        self.excess.next = self.total.val() - self.capacity.val();
        self.whole.next = self.total.val() >= self.capacity.val();

        self.filled.d.next = false;
        self.ends.d.next = false;
        self.gathered.d.next = self.merged.val();
        self.number.d.next = bit_cast_to(self.total.val(), self._number_bits);
        if self.valid.val() {
            self.rest.d.next = self.merged.val();
            self.fill.d.next = bit_cast_to(self.total.val(), self._fill_bits);
            if self.whole.val() {
                self.filled.d.next = true;
                self.number.d.next = bit_cast_to(self.capacity.val(), self._number_bits);
                self.rest.d.next = self.over.val();
                self.fill.d.next = bit_cast_to(self.excess.val(), self._fill_bits);
            }
            if self.last.val() {
                self.filled.d.next = true;
                if self.total.val() > self.capacity.val() {
                    self.spill.d.next = true;
                } else {
                    self.ends.d.next = true;
                    self.rest.d.next = 0.into();
                    self.fill.d.next = 0.into();
                }
            }
        }
        if self.spill.q.val() {
            self.filled.d.next = true;
            self.ends.d.next = true;
            self.gathered.d.next = self.rest.q.val();
            self.number.d.next = bit_cast_to(self.fill.q.val(), self._number_bits);
            self.rest.d.next = 0.into();
            self.fill.d.next = 0.into();
            self.spill.d.next = false;
        }

        self.beat.next = self.gathered.q.val();
        self.beat_words.next = self.number.q.val();
        self.beat_last.next = self.ends.q.val();
        self.beat_valid.next = self.filled.q.val();

        if self.rst.val() {
            self.rest.d.next = 0.into();
            self.fill.d.next = 0.into();
            self.spill.d.next = false;
            self.filled.d.next = false;
        }
    }
}

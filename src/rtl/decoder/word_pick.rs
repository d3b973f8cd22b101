//! Gives each slot that asks the next word, in the order of the slots.
//!
//! ```text
//!  want --> [ how many ask before it? ] --> + first bank --> [ which bank ] --> slot word
//! ```
//!
//! Combinational. Slots are counted in groups of four from a table, so that no adder is behind more than a few others. Beyond
//! `left` words, if `limited`, slots read zeros (wire format, section 5.2).

use crate::rtl::prelude::*;

/// Slots of a group.
const GROUP: usize = 4;

/// The words of the slots.
#[derive(LogicBlock)]
pub struct WordPick {
    /// Slots that ask.
    pub want: Vec<Signal<In, Bit>>,
    /// What each bank shows.
    pub word: Vec<Signal<In, U<16>>>,
    /// Bank of the first word.
    pub first_bank: Bus<In>,
    /// There are `left` words only.
    pub limited: Signal<In, Bit>,
    /// See there.
    pub left: Bus<In>,
    /// Words asked for.
    pub asked: Bus<Out>,
    /// The words of the slots that ask.
    pub slot_word: Vec<Signal<Out, U<16>>>,
    all: Gather,
    asking: Gather,
    counts: Vec<Rom<12>>,
    before: Vec<Bus<Local>>,
    position: Vec<Bus<Local>>,
    table: Signal<Local, U<12>>,
    base: Bus<Local>,
    inside: Signal<Local, U<3>>,
    bank: Bus<Local>,
    distance: Bus<Local>,
    _groups: usize,
    _count_bits: usize,
    _bank_bits: usize,
    _distance_bits: usize,
}

impl WordPick {
    /// For these numbers of slots and banks.
    pub fn new(slots: usize, banks: usize) -> Self {
        let (groups, count, bank) = (slots.div_ceil(GROUP), bits_for(slots), banks.ilog2() as usize);
        // For each set of slots how many of it are before the second, third, fourth slot and behind the last, 3 bits each.
        let image: Vec<u128> = (0u32..1 << GROUP)
            .map(|set| (0..GROUP).map(|i| u128::from((set & ((2 << i) - 1)).count_ones()) << (3 * i)).sum())
            .collect();
        Self {
            want: many(slots),
            word: many(banks),
            first_bank: Bus::new(bank),
            limited: port(),
            left: Bus::new(count),
            asked: Bus::new(count),
            slot_word: many(slots),
            all: Gather::new(banks, 16),
            asking: Gather::new(groups * GROUP, 1),
            counts: (0..groups).map(|_| Rom::new(&image).expect("16 words of 12 bits")).collect(),
            before: (0..groups + 1).map(|_| Bus::new(count)).collect(),
            position: (0..groups * GROUP).map(|_| Bus::new(count)).collect(),
            table: port(),
            base: Bus::new(count),
            inside: port(),
            bank: Bus::new(bank),
            distance: Bus::new(bank + 4),
            _groups: groups,
            _count_bits: count,
            _bank_bits: bank,
            _distance_bits: bank + 4,
        }
    }
}

impl Logic for WordPick {
    #[hdl_gen]
    fn update(&mut self) {
        for i in 0..self.word.len() {
            self.all.part[i].next = self.word[i].val().into();
        }
        // Slots that fill the last group up do not ask.
        for i in 0..self.position.len() {
            self.asking.part[i].next = false.into();
        }
        for i in 0..self.want.len() {
            self.asking.part[i].next = self.want[i].val().into();
        }
        self.before[0].next = 0.into();
        for g in 0..self._groups {
            self.counts[g].address.next = self.asking.whole.val().get_bits::<4>(g * 4).into();
            self.table.next = self.counts[g].data.val();
            self.base.next = self.before[g].val();
            self.before[g + 1].next =
                self.base.val() + bit_cast_to(self.table.val().get_bits::<3>(9), self._count_bits);
            self.position[g * 4].next = self.base.val();
            for i in 1..4 {
                self.inside.next = self.table.val().get_bits::<3>(i * 3 - 3);
                self.position[g * 4 + i].next = self.base.val() + bit_cast_to(self.inside.val(), self._count_bits);
            }
        }
        for i in 0..self.want.len() {
            self.base.next = self.position[i].val();
            self.bank.next = self.first_bank.val() + bit_cast_to(self.base.val(), self._bank_bits);
            self.distance.next = bit_cast_to(self.bank.val(), self._distance_bits) << 4;
            self.slot_word[i].next = (self.all.whole.val() >> self.distance.val()).get_bits::<16>(0);
            if self.limited.val() & (self.position[i].val() >= self.left.val()) {
                self.slot_word[i].next = 0.into();
            }
        }
        for g in self._groups..(self._groups + 1) {
            self.asked.next = self.before[g].val();
        }
    }
}

//! Gives each slot that asks the next word, in the order of the slots.
//!
//! ```text
//!  banks ------> [ turn: the next word first ] --> | --> next ----+
//!  first bank ---------^                                          v
//!  want --> [ how many ask before it? ] --+------> | --> place --> [ slot 0 ] [ slot 1 ] ... --> slot words
//!  in turn: its own number ---------------'-> asked
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | `asked` none, `next_word` and `slot_word` a clock, or two if it is made with time to spare |
//! | throughput | a group a clock |
//!
//! Slots are counted in groups of four from a table, so that no adder is behind more than a few others. Where all of the first slots
//! ask, nothing has to be counted. Turned, the words are in
//! order, and a slot has as many to choose from as there are slots before it. Beyond `left` words, if `limited`, slots read
//! zeros (wire format, section 5.2).

use super::slot_word::SlotWord;
use crate::rtl::prelude::*;

/// Slots of a group.
const GROUP: usize = 4;

/// The words of the slots.
#[derive(LogicBlock)]
pub struct WordPick {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Slots that ask.
    pub want: Vec<Signal<In, Bit>>,
    /// The first `first_slots` slots ask instead.
    pub by_number: Signal<In, Bit>,
    /// See there.
    pub first_slots: Bus<In>,
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
    /// The words that came next in the clock before, or the one before that, whoever asked for them.
    pub next_word: Vec<Signal<Out, U<16>>>,
    /// The words of the slots that asked then.
    pub slot_word: Vec<Signal<Out, U<16>>>,
    all: Gather,
    asking: Gather,
    counts: Vec<Rom<12>>,
    before: Vec<Bus<Local>>,
    position: Vec<Bus<Local>>,
    table: Signal<Local, U<12>>,
    base: Bus<Local>,
    inside: Signal<Local, U<3>>,
    turned: Bus<Local>,
    distance: Vec<BusConstant>,
    rest: Vec<BusConstant>,
    own: Vec<BusConstant>,
    in_order: BusRegister,
    place: Vec<BusRegister>,
    cut: Register<Bit>,
    left_held: BusRegister,
    // Where a clock more is spent.
    word_late: Vec<Register<U<16>>>,
    first_late: Vec<BusRegister>,
    place_late: Vec<BusRegister>,
    cut_late: Vec<Register<Bit>>,
    left_late: Vec<BusRegister>,
    bank_now: Vec<Signal<Local, U<16>>>,
    first_now: Bus<Local>,
    slot: Vec<SlotWord>,
    _groups: usize,
    _count_bits: usize,
    _bank_bits: usize,
    _ordered_bits: usize,
}

impl WordPick {
    /// For these numbers of slots and banks, not more slots than banks; `late` puts a register between the banks and the turning.
    pub fn new(slots: usize, banks: usize, late: bool) -> Self {
        let late = usize::from(late);
        let (groups, count, bank) = (slots.div_ceil(GROUP), bits_for(slots), banks.ilog2() as usize);
        // For each set of slots how many of it are before the second, third, fourth slot and behind the last, 3 bits each.
        let image: Vec<u128> = (0u32..1 << GROUP)
            .map(|set| (0..GROUP).map(|i| u128::from((set & ((2 << i) - 1)).count_ones()) << (3 * i)).sum())
            .collect();
        let shift = |words: usize| BusConstant::new(bank + 5, 16 * words as u128);
        Self {
            clk: port(),
            want: many(slots),
            by_number: port(),
            first_slots: Bus::new(count),
            word: many(banks),
            first_bank: Bus::new(bank),
            limited: port(),
            left: Bus::new(count),
            asked: Bus::new(count),
            next_word: many(slots),
            slot_word: many(slots),
            all: Gather::new(banks, 16),
            asking: Gather::new(groups * GROUP, 1),
            counts: (0..groups).map(|_| Rom::new(&image).expect("16 words of 12 bits")).collect(),
            before: (0..groups + 1).map(|_| Bus::new(count)).collect(),
            position: (0..groups * GROUP).map(|_| Bus::new(count)).collect(),
            table: port(),
            base: Bus::new(count),
            inside: port(),
            turned: Bus::new(16 * banks),
            distance: (0..bank).map(|b| shift(1 << b)).collect(),
            rest: (0..bank).map(|b| shift(banks - (1 << b))).collect(),
            own: (0..slots).map(|i| BusConstant::new(count, i as u128)).collect(),
            in_order: BusRegister::new(16 * slots),
            place: (0..slots).map(|_| BusRegister::new(count)).collect(),
            cut: port(),
            left_held: BusRegister::new(count),
            word_late: many(banks * late),
            first_late: (0..late).map(|_| BusRegister::new(bank)).collect(),
            place_late: (0..slots * late).map(|_| BusRegister::new(count)).collect(),
            cut_late: many(late),
            left_late: (0..late).map(|_| BusRegister::new(count)).collect(),
            bank_now: many(banks),
            first_now: Bus::new(bank),
            slot: (0..slots).map(|i| SlotWord::new(slots, i)).collect(),
            _groups: groups,
            _count_bits: count,
            _bank_bits: bank,
            _ordered_bits: 16 * slots,
        }
    }
}

impl Logic for WordPick {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clk, in_order, cut, left_held);

        // The next word first: the far moves before the near ones.
        for i in 0..self.word.len() {
            self.bank_now[i].next = self.word[i].val();
        }
        for i in 0..self.word_late.len() {
            self.word_late[i].clock.next = self.clk.val();
            self.word_late[i].d.next = self.word[i].val();
            self.bank_now[i].next = self.word_late[i].q.val();
        }
        self.first_now.next = self.first_bank.val();
        for i in 0..self.first_late.len() {
            self.first_late[i].clock.next = self.clk.val();
            self.first_late[i].d.next = self.first_bank.val();
            self.first_now.next = self.first_late[i].q.val();
        }
        for i in 0..self.bank_now.len() {
            self.all.part[i].next = self.bank_now[i].val().into();
        }
        self.turned.next = self.all.whole.val();
        for b in self._bank_bits..(self._bank_bits + 1) {
            for i in 1..(self._bank_bits + 1) {
                if self.first_now.val().get_bit(b - i) {
                    self.turned.next = (self.turned.val() >> self.distance[b - i].val())
                        | (self.turned.val() << self.rest[b - i].val());
                }
            }
        }
        self.in_order.d.next = bit_cast_to(self.turned.val(), self._ordered_bits);

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
        for g in self._groups..(self._groups + 1) {
            self.asked.next = self.before[g].val();
        }
        if self.by_number.val() {
            self.asked.next = self.first_slots.val();
        }

        // A clock later, or two.
        self.cut.d.next = self.limited.val();
        self.left_held.d.next = self.left.val();
        for i in 0..self.cut_late.len() {
            self.cut_late[i].clock.next = self.clk.val();
            self.cut_late[i].d.next = self.limited.val();
            self.cut.d.next = self.cut_late[i].q.val();
            self.left_late[i].clock.next = self.clk.val();
            self.left_late[i].d.next = self.left.val();
            self.left_held.d.next = self.left_late[i].q.val();
        }
        for i in 0..self.want.len() {
            if self.by_number.val() {
                self.position[i].next = self.own[i].val();
            }
            self.place[i].clock.next = self.clk.val();
            self.place[i].d.next = self.position[i].val();
        }
        for i in 0..self.place_late.len() {
            self.place_late[i].clock.next = self.clk.val();
            self.place_late[i].d.next = self.position[i].val();
            self.place[i].d.next = self.place_late[i].q.val();
        }
        for i in 0..self.want.len() {
            self.slot[i].words.next = self.in_order.q.val();
            self.slot[i].place.next = self.place[i].q.val();
            self.slot[i].cut.next = self.cut.q.val();
            self.slot[i].left.next = self.left_held.q.val();
            self.slot_word[i].next = self.slot[i].word.val();
            self.next_word[i].next = self.in_order.q.val().get_bits::<16>(i * 16);
        }
    }
}

//! The word of one slot: one of those that come next, by how many of the slots before it ask. Combinational.
//!
//! ```text
//!  words --> [ one of the first, slot + 1 of them ] --> [ 0 beyond those left ] --> word
//!  place ----------^
//! ```

use crate::rtl::prelude::*;

/// The choice of one slot.
#[derive(LogicBlock)]
pub struct SlotWord {
    /// The next words, as many as there are slots, the first in the lowest bits.
    pub words: Bus<In>,
    /// Slots before this one that ask.
    pub place: Bus<In>,
    /// There are `left` words only.
    pub cut: Signal<In, Bit>,
    /// See there.
    pub left: Bus<In>,
    /// The word.
    pub word: Signal<Out, U<16>>,
    near: Bus<Local>,
    distance: Bus<Local>,
    four: BusConstant,
    _near_bits: usize,
    _distance_bits: usize,
    _place_bits: usize,
    here: Bus<Local>,
}

impl SlotWord {
    /// For slot number `slot` of `slots`.
    pub fn new(slots: usize, slot: usize) -> Self {
        let (count, place) = (bits_for(slots), bits_for(slot));
        Self {
            words: Bus::new(16 * slots),
            place: Bus::new(count),
            cut: port(),
            left: Bus::new(count),
            word: port(),
            near: Bus::new(16 * (slot + 1)),
            distance: Bus::new(place + 4),
            four: BusConstant::new(place + 4, 4),
            here: Bus::new(place),
            _near_bits: 16 * (slot + 1),
            _distance_bits: place + 4,
            _place_bits: place,
        }
    }
}

impl Logic for SlotWord {
    #[hdl_gen]
    fn update(&mut self) {
        self.near.next = bit_cast_to(self.words.val(), self._near_bits);
        self.here.next = bit_cast_to(self.place.val(), self._place_bits);
        self.distance.next = bit_cast_to(self.here.val(), self._distance_bits) << self.four.val();
        self.word.next = (self.near.val() >> self.distance.val()).get_bits::<16>(0);
        if self.cut.val() & (self.place.val() >= self.left.val()) {
            self.word.next = 0.into();
        }
    }
}

//! As many slot queues as there are slots. A bit of each mask is a slot. What a word is does not matter here, so a queue is two
//! counts: of the words up to its bound, and of those beyond it.

/// The queues.
#[derive(Clone, Debug)]
pub struct Slots {
    /// Words from the read pointer to the bound.
    bounded: Vec<u8>,
    /// Words from the bound to the write pointer.
    beyond: Vec<u8>,
    /// Slots with a word up to the bound, with two of them, with three, and with a word beyond it.
    some: u64,
    two: u64,
    three: u64,
    coming: u64,
    /// Slots with a word of the packet, as the register says: a word comes to be known a clock late.
    pub ready: u64,
    /// The same of slots with two words.
    pub second: u64,
    high_water: u8,
}

impl Slots {
    /// Empty queues, just out of reset.
    pub fn new(slots: usize) -> Self {
        Slots {
            bounded: vec![0; slots],
            beyond: vec![0; slots],
            some: 0,
            two: 0,
            three: 0,
            coming: 0,
            ready: 0,
            second: 0,
            high_water: 0,
        }
    }

    /// One clock: `push` a word into these, take one from those that are asked and are `ready`; the bounds move to what is
    /// written before this clock if they `follow`.
    #[inline]
    pub fn clock(&mut self, push: u64, follow: bool, ask: u64) {
        let taken = ask & self.ready;
        self.ready = (taken & self.two) | (!taken & self.some);
        self.second = (taken & self.three) | (!taken & self.two);
        let moved = if follow { self.coming } else { 0 };
        let mut changed = taken | push | moved;
        while changed != 0 {
            let (slot, bit) = (changed.trailing_zeros() as usize, changed & changed.wrapping_neg());
            changed ^= bit;
            let (mut bounded, mut beyond) = (self.bounded[slot], self.beyond[slot]);
            bounded -= u8::from(taken & bit != 0);
            if moved & bit != 0 {
                bounded += std::mem::take(&mut beyond);
            }
            beyond += u8::from(push & bit != 0);
            (self.bounded[slot], self.beyond[slot]) = (bounded, beyond);
            self.high_water = self.high_water.max(bounded + beyond);
            let set = |mask: u64, value: bool| if value { mask | bit } else { mask & !bit };
            self.some = set(self.some, bounded > 0);
            self.two = set(self.two, bounded > 1);
            self.three = set(self.three, bounded > 2);
            self.coming = set(self.coming, beyond > 0);
        }
    }

    /// Most words of any.
    pub fn high_water(&self) -> usize {
        self.high_water.into()
    }

    /// Nothing is in them.
    pub fn is_idle(&self) -> bool {
        self.some == 0 && self.coming == 0 && self.ready == 0 && self.second == 0
    }
}

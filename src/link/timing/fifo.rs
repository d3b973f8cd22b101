//! The queue of the RTL: entries behind a registered head, and a registered word on whether there is room.

use super::stages::Depth;
use std::collections::VecDeque;

/// One queue.
#[derive(Clone, Debug)]
pub struct Fifo<T> {
    stored: VecDeque<T>,
    head: Option<T>,
    room: bool,
    threshold: usize,
    high_water: usize,
}

impl<T: Copy> Fifo<T> {
    /// An empty one, just out of reset.
    pub fn new(depth: Depth) -> Self {
        let entries = depth.entries() as usize;
        let threshold = entries - depth.slack as usize;
        Fifo { stored: VecDeque::with_capacity(entries), head: None, room: false, threshold, high_water: 0 }
    }

    /// Oldest entry.
    #[inline]
    pub fn head(&self) -> Option<T> {
        self.head
    }

    /// The entry behind it.
    #[inline]
    pub fn second(&self) -> Option<T> {
        self.stored.front().copied()
    }

    /// There is room for what may still come.
    #[inline]
    pub fn room(&self) -> bool {
        self.room
    }

    /// One clock.
    #[inline]
    pub fn clock(&mut self, push: Option<T>, pop: bool) {
        self.room = self.stored.len() < self.threshold;
        if self.head.is_none() || pop {
            self.head = self.stored.pop_front();
        }
        if let Some(entry) = push {
            self.stored.push_back(entry);
            self.high_water = self.high_water.max(self.stored.len());
        }
    }

    /// Most entries there have been, the head not counted.
    pub fn high_water(&self) -> usize {
        self.high_water
    }

    /// Nothing is in it, and it has room.
    pub fn is_idle(&self) -> bool {
        self.stored.is_empty() && self.head.is_none() && self.room
    }
}

/// As many queues as there are slots, each of words and ends of packets: an entry is whether it is an end. A bit of each mask
/// is a slot.
#[derive(Clone, Debug)]
pub struct Slots {
    /// Entries behind the head, the oldest in bit 0: set for an end.
    bits: Vec<u128>,
    stored: Vec<u8>,
    /// Slots with a head, with a head that is an end, with an entry behind it, and with one behind it that is an end.
    pub valid: u64,
    /// See `valid`.
    pub closes: u64,
    /// See `valid`.
    pub second: u64,
    /// See `valid`.
    pub second_closes: u64,
    /// Slots with too few entries free.
    full: u64,
    room: bool,
    threshold: u8,
    high_water: u8,
}

impl Slots {
    /// Empty queues, just out of reset.
    pub fn new(slots: usize, depth: Depth) -> Self {
        Slots {
            bits: vec![0; slots],
            stored: vec![0; slots],
            valid: 0,
            closes: 0,
            second: 0,
            second_closes: 0,
            full: 0,
            room: false,
            threshold: (depth.entries() - depth.slack) as u8,
            high_water: 0,
        }
    }

    /// Every queue has room.
    #[inline]
    pub fn room(&self) -> bool {
        self.room
    }

    /// One clock: `push` an entry into these, the end of a packet if `ends`; `pop` the heads of those.
    #[inline]
    pub fn clock(&mut self, push: u64, ends: bool, pop: u64) {
        self.room = self.full == 0;
        let refill = (!self.valid | pop) & self.second;
        self.valid = refill | (self.valid & !pop);
        self.closes = (refill & self.second_closes) | (self.closes & !refill);
        let mut changed = refill | push;
        while changed != 0 {
            let (slot, bit) = (changed.trailing_zeros() as usize, changed & changed.wrapping_neg());
            changed ^= bit;
            let (mut bits, mut stored) = (self.bits[slot], self.stored[slot]);
            if refill & bit != 0 {
                bits >>= 1;
                stored -= 1;
            }
            if push & bit != 0 {
                bits |= u128::from(ends) << stored;
                stored += 1;
                self.high_water = self.high_water.max(stored);
            }
            (self.bits[slot], self.stored[slot]) = (bits, stored);
            let set = |mask: u64, value: bool| if value { mask | bit } else { mask & !bit };
            self.second = set(self.second, stored > 0);
            self.second_closes = set(self.second_closes, bits & 1 == 1);
            self.full = set(self.full, stored >= self.threshold);
        }
    }

    /// Most entries of any, the head not counted.
    pub fn high_water(&self) -> usize {
        self.high_water.into()
    }

    /// Nothing is in them.
    pub fn is_idle(&self) -> bool {
        self.valid == 0 && self.second == 0 && self.room
    }
}

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

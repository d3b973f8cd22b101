//! The queue in block RAM: entries in the memory, one at its output, a registered head, and a word on whether there is room that
//! comes two clocks late.

use super::stages::Depth;
use std::collections::VecDeque;

/// One queue.
#[derive(Clone, Debug)]
pub struct BlockFifo<T> {
    memory: VecDeque<T>,
    output: Option<T>,
    head: Option<T>,
    /// Entries that were in the memory a clock ago.
    stored: usize,
    room: bool,
    threshold: usize,
    high_water: usize,
}

impl<T: Copy> BlockFifo<T> {
    /// An empty one, just out of reset.
    pub fn new(depth: Depth) -> Self {
        let entries = depth.entries() as usize;
        BlockFifo {
            memory: VecDeque::with_capacity(entries),
            output: None,
            head: None,
            stored: 0,
            room: false,
            threshold: entries - depth.slack as usize,
            high_water: 0,
        }
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
        self.room = self.stored < self.threshold;
        self.stored = self.memory.len();
        if self.head.is_none() || pop {
            self.head = self.output.take();
        }
        if self.output.is_none() {
            self.output = self.memory.pop_front();
        }
        if let Some(entry) = push {
            self.memory.push_back(entry);
            self.high_water = self.high_water.max(self.memory.len());
        }
    }

    /// Most entries there have been in the memory.
    pub fn high_water(&self) -> usize {
        self.high_water
    }

    /// Nothing is in it, and it has room.
    pub fn is_idle(&self) -> bool {
        self.memory.is_empty() && self.output.is_none() && self.head.is_none() && self.stored == 0 && self.room
    }
}

//! `places`, `router`, `beats`: groups to rows, rows to link beats.

use super::sequencer::Group;
use super::stages::{Delay, Depth, Shape, Stages};
use std::collections::VecDeque;

/// A row that is complete: its words, and whether it is the packet's last.
type Row = (u32, bool);

/// Where the words of a group go.
#[derive(Clone, Debug)]
struct Places {
    capacity: u32,
    groups: Delay<Option<Group>>,
    /// Words in the row that is being filled.
    fill: u32,
    /// What is in it is the rest of a packet's last group.
    spill: bool,
}

impl Places {
    /// One clock: takes a group and gives the row that is complete with an earlier one.
    fn clock(&mut self, group: Option<Group>) -> Option<Row> {
        let group = self.groups.step(group);
        if self.spill {
            debug_assert!(group.is_none(), "a group right behind a packet's last");
            self.spill = false;
            return Some((std::mem::take(&mut self.fill), true));
        }
        let Group { words, last } = group?;
        let total = self.fill + words;
        if last && total <= self.capacity {
            self.fill = 0;
            return Some((total, true));
        }
        self.spill = last;
        self.fill = total % self.capacity;
        (total >= self.capacity).then_some((self.capacity, false))
    }
}

/// From groups to the link.
#[derive(Clone, Debug)]
pub struct Beats {
    link_words: u32,
    depth: Depth,
    places: Places,
    router: Delay<Option<Row>>,
    rows: VecDeque<Row>,
    /// Rows that have been begun and are not read: those that are on their way through the router too.
    begun: u32,
    /// Beats of the oldest row that have been read.
    part: u32,
    /// The beat that goes there next.
    chosen: Option<(u32, bool)>,
    /// The one behind it: it is chosen before it is known whether the output goes on.
    waiting: Option<(u32, bool)>,
    /// The beat at the output.
    beat: Option<(u32, bool)>,
    room: bool,
    high_water: usize,
}

impl Beats {
    /// For streams of this shape.
    pub fn new(shape: &Shape, stages: &Stages) -> Self {
        let row_words = shape.row_words();
        let router = (row_words.ilog2() as usize).div_ceil(stages.router_bits);
        Beats {
            link_words: shape.link_words,
            depth: stages.beats,
            places: Places { capacity: row_words, groups: Delay::new(stages.group, None), fill: 0, spill: false },
            router: Delay::new(stages.places + router, None),
            rows: VecDeque::with_capacity(stages.beats.entries() as usize),
            begun: 0,
            part: 0,
            chosen: None,
            waiting: None,
            beat: None,
            room: false,
            high_water: 0,
        }
    }

    /// There is room for what is under way and another group.
    pub fn room(&self) -> bool {
        self.room
    }

    /// The beat at the output: its words, and whether it is the packet's last.
    pub fn head(&self) -> Option<(u32, bool)> {
        self.beat
    }

    /// One clock: takes a group, and the beat at the output goes if `ready`.
    pub fn clock(&mut self, group: Option<Group>, ready: bool) {
        self.room = self.begun < self.depth.entries() - self.depth.slack;
        if ready {
            self.beat = None;
        }
        if self.beat.is_none() {
            self.beat = self.chosen.take();
        }
        let waits = self.waiting.is_some();
        if self.chosen.is_none() {
            self.chosen = self.waiting.take();
        }
        if let (false, Some(&(words, last))) = (waits, self.rows.front()) {
            let left = words - self.part * self.link_words;
            let row_ends = left <= self.link_words;
            let beat = Some((left.min(self.link_words), row_ends && last));
            match self.chosen {
                None => self.chosen = beat,
                Some(_) => self.waiting = beat,
            }
            self.part += 1;
            if row_ends {
                self.part = 0;
                self.rows.pop_front();
                self.begun -= 1;
            }
        }
        let placed = self.places.clock(group);
        self.begun += u32::from(placed.is_some());
        if let Some(row) = self.router.step(placed) {
            self.rows.push_back(row);
        }
        self.high_water = self.high_water.max(self.begun as usize);
    }

    /// Most rows there have been.
    pub fn high_water(&self) -> usize {
        self.high_water
    }

    /// Nothing is in it, and it has room.
    pub fn is_idle(&self) -> bool {
        self.begun == 0
            && self.chosen.is_none()
            && self.waiting.is_none()
            && self.beat.is_none()
            && self.places.fill == 0
            && self.room
    }
}

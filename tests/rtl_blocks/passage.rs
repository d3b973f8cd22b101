//! Beats through a block that holds them back for a while: offered, taken, and given again in their order.

use crate::harness::Io;
use rand::prelude::*;
use std::collections::VecDeque;

/// The beats on both sides of the block.
pub struct Passage<B> {
    /// Beats to be offered, the first of them already, if `offered`.
    pub coming: VecDeque<B>,
    offered: bool,
    /// Beats taken and not yet given.
    expected: VecDeque<B>,
    /// A beat is given and not taken.
    waiting: bool,
    rates: (f64, f64),
    /// Beats given.
    pub beats: usize,
    idle: usize,
    patience: usize,
}

impl<B: Clone> Passage<B> {
    /// For a block that never keeps still for as many clocks as `patience`.
    pub fn new(patience: usize) -> Self {
        let (coming, expected) = Default::default();
        Passage { coming, offered: false, expected, waiting: false, rates: (1.0, 1.0), beats: 0, idle: 0, patience }
    }

    /// The block is in reset.
    pub fn reset(&mut self) {
        (self.coming, self.expected) = Default::default();
        (self.offered, self.waiting, self.idle) = (false, false, 0);
    }

    /// Now and then both sides change their pace: whether they have.
    pub fn paces(&mut self, rng: &mut StdRng) -> bool {
        let change = rng.random_bool(0.003);
        if change {
            let mut rate = || if rng.random() { 1.0 } else { rng.random_range(0.1..1.0) };
            self.rates = (rate(), rate());
        }
        change
    }

    /// Sets the handshakes; the beat that is offered.
    pub fn offer(&mut self, io: &mut Io) -> Option<B> {
        // A beat once offered stays.
        self.offered |= io.rng.random_bool(self.rates.0);
        io.set("tvalid_in", self.offered);
        io.maybe("tready", self.rates.1, true);
        self.coming.front().filter(|_| self.offered).cloned()
    }

    /// The beat that the block gives, as it has to be.
    pub fn given(&self, io: &mut Io) -> Option<B> {
        io.expect("tready_out", io.get("tready_out"));
        let valid = io.is("tvalid");
        io.expect("tvalid", valid || self.waiting);
        valid.then(|| self.expected.front().unwrap_or_else(|| panic!("clock {}: a beat too many", io.clock)).clone())
    }

    /// Moves on to the next clock; whether a beat was taken.
    pub fn advance(&mut self, io: &Io) -> bool {
        let valid = io.is("tvalid");
        self.waiting = valid && !io.is_input("tready");
        if valid && !self.waiting {
            self.expected.pop_front();
            self.beats += 1;
        }
        let taken = self.offered && io.is("tready_out");
        if taken {
            self.expected.extend(self.coming.pop_front());
            self.offered = false;
        }
        self.idle = if taken || valid { 0 } else { self.idle + 1 };
        assert!(self.idle < self.patience, "clock {}: nothing moves any more", io.clock);
        taken
    }
}

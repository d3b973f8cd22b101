//! `bias_ahead`: beats wait until the bias of their packet's first block is known.

use super::block_fifo::BlockFifo;
use super::fifo::Fifo;
use super::stages::{Delay, Depth, Stages};
use super::PlainBeat;

/// The look-ahead.
#[derive(Clone, Debug)]
pub struct BiasAhead {
    block_steps: u32,
    depth: Depth,
    beats: BlockFifo<PlainBeat>,
    biases: Fifo<()>,
    ends: Delay<Option<()>>,
    /// A packet has begun to come in and has not ended.
    within: bool,
    /// The bias of the packet that came in last is not known yet.
    busy: bool,
}

impl BiasAhead {
    /// For blocks of 2^`block_log2` steps.
    pub fn new(block_log2: u32, stages: &Stages) -> Self {
        // Place for two blocks.
        let depth = Depth { log2: stages.bias_beats.log2.max(block_log2 + 1), ..stages.bias_beats };
        BiasAhead {
            block_steps: 1 << block_log2,
            depth,
            beats: BlockFifo::new(depth),
            biases: Fifo::new(stages.biases),
            ends: Delay::new(stages.bias, None),
            within: false,
            busy: false,
        }
    }

    /// A beat would be taken.
    pub fn ready(&self) -> bool {
        self.beats.room() && self.biases.room() && (self.within || !self.busy)
    }

    /// The beat that leaves if it is taken.
    pub fn offered(&self) -> Option<PlainBeat> {
        self.beats.head().filter(|_| self.biases.head().is_some())
    }

    /// One clock: `taken` comes in, and what is offered `passes` on.
    pub fn clock(&mut self, taken: Option<PlainBeat>, passes: bool) {
        let last_passes = passes && self.beats.head().is_some_and(|b| b.last);
        let ends = |b: &PlainBeat| b.step + 1 == self.block_steps || (b.last && b.step < self.block_steps);
        let known = self.ends.step(taken.filter(ends).map(|_| ()));
        self.biases.clock(known, last_passes);
        self.beats.clock(taken, passes);
        if let Some(beat) = taken {
            self.within = !beat.last;
            self.busy |= beat.step == 0;
        }
        self.busy &= known.is_none();
    }

    /// Nothing is in it.
    pub fn is_idle(&self) -> bool {
        self.beats.is_idle() && self.biases.is_idle() && !self.busy
    }

    /// Beats that there is place for.
    pub fn entries(&self) -> u32 {
        self.depth.entries()
    }

    /// Most beats that there have been.
    pub fn high_water(&self) -> usize {
        self.beats.high_water()
    }
}

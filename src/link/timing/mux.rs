//! `word_mux`: queues of words and steps, sequencer, and the way of the words to the link.

use super::beats::Beats;
use super::block_fifo::BlockFifo;
use super::sequencer::{Inputs, Mask, Sequencer, Step};
use super::slots::Slots;
use super::stages::{Shape, Stages};
use super::LinkBeat;
use std::collections::VecDeque;

/// What comes in from the front and the packers in a clock.
#[derive(Clone, Copy, Debug)]
pub struct Entries {
    /// A packet begins: which, and whether it is empty.
    pub packet: Option<(u32, bool)>,
    /// A packet's count and CRC are known.
    pub trailer: bool,
    /// Slots with a word.
    pub words: Mask,
    /// All words of the packet are there, those of this clock included.
    pub closes: bool,
    /// A step.
    pub step: Option<Step>,
}

/// The multiplexer.
#[derive(Clone, Debug)]
pub struct Mux {
    lanes: Slots,
    raw: Slots,
    steps: BlockFifo<Step>,
    sequencer: Sequencer,
    beats: Beats,
    /// Packets whose beats have not all left: the order of the packets is that of the beats.
    leaving: VecDeque<u32>,
}

impl Mux {
    /// For streams of this shape.
    pub fn new(shape: &Shape, stages: &Stages) -> Self {
        Mux {
            lanes: Slots::new(shape.lanes),
            raw: Slots::new(shape.raw_slots),
            steps: BlockFifo::new(stages.steps),
            sequencer: Sequencer::new(shape, stages),
            beats: Beats::new(shape, stages),
            leaving: VecDeque::new(),
        }
    }

    /// There is room for steps.
    pub fn room(&self) -> bool {
        self.steps.room()
    }

    /// Another packet may begin.
    pub fn may_start(&self) -> bool {
        self.sequencer.may_start()
    }

    /// One clock: the beat at the output, which goes if `ready`.
    pub fn clock(&mut self, entries: &Entries, taken: bool) -> Option<LinkBeat> {
        let packet = self.leaving.front().copied();
        let offered = self.beats.head().zip(packet).map(|((words, last), packet)| LinkBeat { packet, words, last });
        if taken && offered.is_some_and(|b| b.last) {
            self.leaving.pop_front();
        }
        self.leaving.extend(entries.packet.map(|(packet, _)| packet));

        let inputs = Inputs {
            packet: entries.packet.map(|(_, empty)| empty),
            trailer: entries.trailer,
            closes: entries.closes,
            step: self.steps.head(),
            room: self.beats.room(),
        };
        let ready = Mask { lanes: self.lanes.ready, raw: self.raw.ready };
        let second = Mask { lanes: self.lanes.second, raw: self.raw.second };
        let actions = self.sequencer.clock(ready, second, &inputs);
        self.beats.clock(actions.group, taken);
        self.lanes.clock(entries.words.lanes, actions.follow, actions.ask.lanes);
        self.raw.clock(entries.words.raw, actions.follow, actions.ask.raw);
        self.steps.clock(entries.step, actions.pop_step);
        offered
    }

    /// Nothing is in it.
    pub fn is_idle(&self) -> bool {
        let queues = self.lanes.is_idle() && self.raw.is_idle() && self.steps.is_idle();
        queues && self.sequencer.is_idle() && self.beats.is_idle() && self.leaving.is_empty()
    }

    /// High-water marks of its queues: name, most, entries.
    pub fn queues(&self, stages: &Stages) -> Vec<(&'static str, usize, u32)> {
        let slots = self.lanes.high_water().max(self.raw.high_water()).max(self.steps.high_water());
        vec![
            ("encoder slots", slots, stages.steps.entries()),
            ("encoder rows", self.beats.high_water(), stages.beats.entries()),
        ]
    }
}

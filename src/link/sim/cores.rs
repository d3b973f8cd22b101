//! A pair of cores: the encoder with what is fed to it, the decoder.

use super::count::Count;
use super::sender::Sender;
use crate::link::engine::{Engine, Mark, Pair};
use crate::link::error::LinkError;
use crate::link::pool::Pool;
use crate::link::report::Queue;
use crate::link::timing::{LinkBeat, PlainBeat, Profile};

pub struct Core {
    pair: Pair,
    /// The step that stands at the encoder's input, and the beats of its packet.
    step: Option<(PlainBeat, u32)>,
    /// Bytes of the packet that the encoder has given.
    sent: u32,
}

impl Core {
    pub fn new(engine: &dyn Engine, pool: &Pool) -> Result<Self, LinkError> {
        Ok(Core { pair: engine.pair(pool)?, step: None, sent: 0 })
    }

    /// Puts the next packet at the encoder's input, if there is place.
    pub fn feed(&mut self, sender: &mut Sender, channel: usize, profiles: &[Profile]) {
        if self.step.is_none() {
            self.step = sender.take_feed(channel).map(|packet| {
                let beats = profiles[packet as usize].beats();
                (PlainBeat { packet, step: 0, last: beats == 1 }, beats)
            });
        }
    }

    /// The encoder's clock: the beat that left.
    pub fn encode(&mut self, ready: bool, count: &mut Count) -> Result<Option<LinkBeat>, LinkError> {
        let offer = self.step.map(|s| s.0);
        let clocked = self.pair.encoder.clock(offer, ready)?;
        if let Some((beat, beats)) = self.step {
            count.stalls.encoder_input += u64::from(!clocked.accepted);
            if clocked.accepted {
                let step = beat.step + 1;
                let next = PlainBeat { step, last: step + 1 == beats, ..beat };
                self.step = (step < beats).then_some((next, beats));
            }
        }
        count.stalls.encoder_output += u64::from(clocked.offered.is_some() && !ready);
        Ok(clocked.offered.filter(|_| ready))
    }

    /// Place in its packet and bytes of a beat that left.
    pub fn sent(&mut self, beat: &LinkBeat) -> (u32, u32) {
        let (from, bytes) = (self.sent, 2 * beat.words);
        self.sent = if beat.last { 0 } else { from + bytes };
        (from, bytes)
    }

    /// The decoder's clock: whether the row was taken, and the step that came out. The receiver always takes it.
    pub fn decode(&mut self, row: Option<LinkBeat>, count: &mut Count) -> Result<(bool, Option<PlainBeat>), LinkError> {
        let clocked = self.pair.decoder.clock(row, true)?;
        count.stalls.decoder_input += u64::from(row.is_some() && !clocked.accepted);
        let starved = row.is_none() && clocked.offered.is_none() && self.pair.decoder.is_busy();
        count.stalls.decoder_starved += u64::from(starved);
        Ok((clocked.accepted, clocked.offered))
    }

    /// Clocks without input would change nothing.
    pub fn is_idle(&self) -> bool {
        self.step.is_none() && self.pair.encoder.is_idle() && self.pair.decoder.is_idle()
    }

    /// High-water marks, the highest of all cores.
    pub fn queues(cores: &[Core]) -> Vec<Queue> {
        let mut all: Vec<Mark> = Vec::new();
        for core in cores {
            for mark in core.pair.encoder.queues().into_iter().chain(core.pair.decoder.queues()) {
                match all.iter_mut().find(|m| m.0 == mark.0) {
                    Some(known) => known.1 = known.1.max(mark.1),
                    None => all.push(mark),
                }
            }
        }
        let queue = |(name, high, depth): Mark| Queue {
            name: name.into(),
            unit: "entries".into(),
            high_water: high as u64,
            depth: depth.into(),
        };
        all.into_iter().map(queue).collect()
    }
}

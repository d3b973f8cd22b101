//! The encoder: front, packers, and all that is behind them.

use super::ahead::Ahead;
use super::bias::BiasAhead;
use super::mux::{Entries, Mux};
use super::sequencer::Mask;
use super::stages::{Delay, RawSchedule, Shape, Stages};
use super::{low_bits, Clocked, LinkBeat, PlainBeat, Profile};
use std::sync::Arc;

/// What the front sends down the pipeline, with what the data does to the packers.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Token {
    None,
    /// A step: lanes that cross a word boundary, lanes with a symbol, and, of the last one, lanes with a rest.
    Step {
        crossed: u64,
        active: u32,
        last: bool,
    },
    /// Sends the rests.
    Flush {
        partial: u64,
    },
    /// Ends the packet.
    Mark,
}

/// Timing of the encoder.
#[derive(Clone, Debug)]
pub struct EncoderModel {
    shape: Shape,
    profiles: Arc<Vec<Profile>>,
    bias: Option<BiasAhead>,
    ahead: Option<Ahead>,
    gap: u32,
    busy: u32,
    in_packet: bool,
    ready: bool,
    token: Token,
    /// The token's packet, where it is the first of it: whether it is empty.
    first: Option<(u32, bool)>,
    // The packet's end on its way through the front.
    last: bool,
    flushing: bool,
    marking: bool,
    partial: u64,
    counting: u32,
    checks: Delay<bool>,
    lanes: Delay<Token>,
    raw: Delay<Token>,
    steps: Delay<Token>,
    // Raw words: bits that the packer holds of up to a word a step, or of the step before.
    raw_fill: usize,
    raw_held: usize,
    schedule: RawSchedule,
    mux: Mux,
    /// Packets taken in whose last beat has not left.
    pending: u32,
}

impl EncoderModel {
    /// The encoder for streams of this shape and these packets.
    pub fn new(shape: Shape, stages: &Stages, profiles: Arc<Vec<Profile>>) -> Self {
        // The narrow packer is that of the lanes.
        let raw_clocks = if shape.raw_step_bits() > 16 { stages.raw_pack } else { stages.lane_pack };
        EncoderModel {
            bias: shape.bias_block.map(|log2| BiasAhead::new(log2, stages)),
            ahead: shape.books.map(|books| Ahead::new(&shape, books, stages)),
            gap: shape.count_clocks() + stages.count_held,
            busy: 0,
            in_packet: false,
            ready: false,
            token: Token::None,
            first: None,
            last: false,
            flushing: false,
            marking: false,
            partial: 0,
            counting: 0,
            checks: Delay::new(stages.check, false),
            lanes: Delay::new(stages.lane_pack, Token::None),
            raw: Delay::new(raw_clocks, Token::None),
            steps: Delay::new(stages.step, Token::None),
            raw_fill: 0,
            raw_held: 0,
            schedule: RawSchedule::new(&shape),
            mux: Mux::new(&shape, stages),
            pending: 0,
            profiles,
            shape,
        }
    }

    /// One clock: `offer` stands at the input, and the output is taken if `ready`.
    pub fn clock(&mut self, offer: Option<PlainBeat>, ready: bool) -> Clocked<LinkBeat> {
        let clocked = self.advance(offer, ready);
        self.pending += u32::from(clocked.accepted && offer.is_some_and(|b| b.step == 0));
        self.pending -= u32::from(ready && clocked.offered.is_some_and(|b| b.last));
        clocked
    }

    fn advance(&mut self, offer: Option<PlainBeat>, ready: bool) -> Clocked<LinkBeat> {
        let Some(bias) = &self.bias else { return self.code(offer, ready) };
        let (into, ahead) = (offer.filter(|_| bias.ready()), bias.offered());
        let clocked = self.code(ahead, ready);
        if let Some(bias) = &mut self.bias {
            bias.clock(into, clocked.accepted);
        }
        Clocked { accepted: into.is_some(), ..clocked }
    }

    /// What is behind the bias.
    fn code(&mut self, offer: Option<PlainBeat>, ready: bool) -> Clocked<LinkBeat> {
        let front_ready = self.ready;
        let (accepted, taken) = match &mut self.ahead {
            None => {
                let taken = offer.filter(|_| front_ready);
                (taken.is_some(), taken)
            }
            Some(ahead) => {
                let taken = ahead.offered().filter(|_| front_ready);
                let into = offer.filter(|_| ahead.ready());
                ahead.clock(into, taken.is_some());
                (into.is_some(), taken)
            }
        };
        let token = match (self.flushing, self.marking) {
            (true, _) => Token::Flush { partial: self.partial },
            (_, true) => Token::Mark,
            _ => self.token,
        };
        let (lanes, closes) = self.lane_words(token);
        let entries = Entries {
            packet: self.first,
            trailer: self.checks.step(self.counting == 1),
            words: Mask { lanes, raw: self.raw_words(token) },
            closes,
            step: match self.steps.step(token) {
                Token::Step { crossed, last, .. } => Some((crossed, last)),
                _ => None,
            },
        };
        self.ready = self.mux.room() && self.busy <= 1 && (self.in_packet || self.mux.may_start());
        self.front(taken);
        let offered = self.mux.clock(&entries, ready);
        Clocked { accepted, offered }
    }

    /// The front's registers.
    fn front(&mut self, taken: Option<PlainBeat>) {
        self.marking = self.flushing;
        self.flushing = self.last;
        self.counting = if self.last { self.shape.count_clocks() } else { self.counting.saturating_sub(1) };
        self.busy = self.busy.saturating_sub(1);
        (self.token, self.first, self.last) = (Token::None, None, false);
        let Some(beat) = taken else { return };
        let Some(profile) = self.profiles.get(beat.packet as usize) else { return };
        let steps = profile.crossed.len() as u32;
        if let Some(&crossed) = profile.crossed.get(beat.step as usize) {
            let active = if beat.step + 1 == steps { profile.last_active } else { self.shape.lanes as u32 };
            self.token = Token::Step { crossed, active, last: beat.last };
        }
        if !self.in_packet {
            self.first = Some((beat.packet, steps == 0));
        }
        self.in_packet = !beat.last;
        if beat.last {
            self.last = true;
            self.partial = profile.partial;
            self.busy = self.gap;
            self.ready = false;
        }
    }

    /// Lanes with a word in this clock, and whether they were the packet's last.
    fn lane_words(&mut self, token: Token) -> (u64, bool) {
        match self.lanes.step(token) {
            Token::None => (0, false),
            Token::Step { crossed, .. } => (crossed, false),
            Token::Flush { partial } => (partial, false),
            Token::Mark => (0, true),
        }
    }

    /// Raw slots with a word in this clock.
    fn raw_words(&mut self, token: Token) -> u64 {
        if self.shape.raw_slots == 0 {
            return 0;
        }
        let token = self.raw.step(token);
        let step_bits = match token {
            Token::None | Token::Mark => return 0,
            Token::Step { active, .. } => active as usize * self.shape.raw_bits,
            Token::Flush { .. } => 0,
        };
        let flush = matches!(token, Token::Flush { .. });
        if self.shape.raw_step_bits() <= 16 {
            let fill = self.raw_fill + step_bits;
            self.raw_fill = if flush { 0 } else { fill % 16 };
            return u64::from(fill >= 16 || (flush && fill > 0));
        }
        // The words that begin in the step before this one.
        let words = self.raw_held.saturating_sub(self.schedule.offset()).div_ceil(16);
        if self.raw_held > 0 {
            self.schedule.advance();
        }
        self.raw_held = step_bits;
        if flush {
            self.schedule = RawSchedule::new(&self.shape);
        }
        low_bits(words)
    }

    /// Nothing is in it, and it would take a beat.
    pub fn is_idle(&self) -> bool {
        let ahead = self.bias.as_ref().is_none_or(BiasAhead::is_idle) && self.ahead.as_ref().is_none_or(Ahead::is_idle);
        self.pending == 0 && self.busy == 0 && ahead && self.mux.is_idle()
    }

    /// High-water marks of its queues: name, most, entries.
    pub fn queues(&self, stages: &Stages) -> Vec<(&'static str, usize, u32)> {
        let bias = self.bias.iter().map(|b| ("encoder bias look-ahead", b.high_water(), b.entries()));
        let ahead = self.ahead.iter().map(|a| ("encoder look-ahead", a.high_water(), stages.ahead_steps.entries()));
        let mut all: Vec<_> = bias.chain(ahead).collect();
        all.extend(self.mux.queues(stages));
        all
    }
}

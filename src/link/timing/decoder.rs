//! The decoder: rows, controller, lanes as far as they ask for words, finisher.

use super::fifo::Fifo;
use super::rows::{Request, Rows};
use super::stages::{Delay, RawSchedule, Shape, Stages, HEADER_WORDS, TRAILER_WORDS};
use super::{Clocked, LinkBeat, PlainBeat, Profile};
use std::collections::VecDeque;
use std::sync::Arc;

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Header {
        left: u32,
    },
    Verify {
        left: u32,
    },
    RawLead {
        left: u32,
    },
    Prefill {
        left: u32,
    },
    Stream,
    Trailer {
        left: u32,
    },
    Weigh {
        left: u32,
    },
    Drain,
    /// Ends a packet without symbols.
    Fail,
    Discard,
    Settle {
        left: u32,
    },
}

/// Timing of the decoder, for packets without a fault.
#[derive(Clone, Debug)]
pub struct DecoderModel {
    shape: Shape,
    stages: Stages,
    profiles: Arc<Vec<Profile>>,
    rows: Rows,
    /// Packets that have begun to come in and are not through the controller.
    coming: VecDeque<u32>,
    in_packet: bool,
    state: State,
    schedule: RawSchedule,
    /// The words of the first group have been asked for, and a step has fired.
    grouped: bool,
    /// Lanes that have used a word up, those to which one is coming in this clock, and those whose view lacks one.
    need: u64,
    coming_in: u64,
    starved: u64,
    /// All lanes get one of their first words in this clock.
    filling: bool,
    step: u32,
    tokens: Delay<Option<PlainBeat>>,
    last_beat: Option<(PlainBeat, u32)>,
    judge: Delay<Option<PlainBeat>>,
    output: Fifo<PlainBeat>,
    /// Packets taken in whose last beat has not left.
    pending: u32,
}

impl DecoderModel {
    /// The decoder for streams of this shape and these packets.
    pub fn new(shape: Shape, stages: &Stages, profiles: Arc<Vec<Profile>>) -> Self {
        DecoderModel {
            rows: Rows::new(&shape, stages),
            coming: VecDeque::new(),
            in_packet: false,
            state: State::Header { left: rounds(&shape, HEADER_WORDS) },
            schedule: RawSchedule::new(&shape),
            grouped: false,
            need: 0,
            coming_in: 0,
            starved: 0,
            filling: false,
            step: 0,
            tokens: Delay::new(stages.token, None),
            last_beat: None,
            judge: Delay::new(stages.judge, None),
            output: Fifo::new(stages.output),
            pending: 0,
            shape,
            stages: *stages,
            profiles,
        }
    }

    /// One clock: `offer` stands at the input, and the output is taken if `ready`.
    pub fn clock(&mut self, offer: Option<LinkBeat>, ready: bool) -> Clocked<PlainBeat> {
        let row = offer.filter(|_| self.rows.ready());
        if let Some(beat) = row {
            if !self.in_packet {
                self.coming.push_back(beat.packet);
                self.pending += 1;
            }
            self.in_packet = !beat.last;
        }
        let offered = self.output.head();
        let goes = ready && offered.is_some();
        self.pending -= u32::from(goes && offered.is_some_and(|b| b.last));

        let (request, token) = self.control();
        let token = self.tokens.step(token);
        let push = self.finish(token);
        self.output.clock(push, goes);
        self.rows.clock(row.map(|b| (b.words, b.last)), &request);
        Clocked { accepted: row.is_some(), offered }
    }

    /// The finisher's clock: a packet's last beat waits for the check.
    fn finish(&mut self, token: Option<PlainBeat>) -> Option<PlainBeat> {
        let counted = self.last_beat.filter(|(_, clocks)| *clocks == 1).map(|(beat, _)| beat);
        let judged = self.judge.step(counted);
        self.last_beat = self.last_beat.filter(|(_, clocks)| *clocks > 1).map(|(beat, clocks)| (beat, clocks - 1));
        match token {
            Some(beat) if beat.last => {
                self.last_beat = Some((beat, self.shape.count_clocks()));
                judged
            }
            token => token.or(judged),
        }
    }

    /// The packet in the controller and its steps.
    fn packet(&self) -> (u32, u32) {
        let packet = self.coming.front().copied().unwrap_or(0);
        (packet, self.profiles.get(packet as usize).map_or(0, |p| p.crossed.len() as u32))
    }

    /// Fires a step: the words that its lanes ask for next.
    fn fire(&mut self, last: bool) -> Option<PlainBeat> {
        let (packet, _) = self.packet();
        let step = self.step;
        let crossed = self.profiles.get(packet as usize).and_then(|p| p.crossed.get(step as usize));
        let crossed = crossed.copied().unwrap_or(0);
        // Lanes whose words behind the view are not all there.
        let lacking = match self.shape.prefill {
            3 => self.need | self.coming_in,
            4 => self.need & self.coming_in,
            _ => 0,
        };
        self.starved = crossed & lacking;
        self.need = crossed;
        self.grouped = true;
        self.step += 1;
        Some(PlainBeat { packet, step, last })
    }

    /// Words that the controller asks for in this clock.
    fn asked(&self) -> u32 {
        match self.state {
            State::Header { .. } => portion(&self.shape, HEADER_WORDS),
            State::Trailer { .. } => portion(&self.shape, TRAILER_WORDS),
            State::RawLead { .. } => self.schedule.words(true) as u32,
            State::Prefill { .. } => self.shape.lanes as u32,
            State::Stream if self.grouped => self.need.count_ones() + self.schedule.words(false) as u32,
            State::Stream | State::Drain => self.need.count_ones(),
            _ => 0,
        }
    }

    /// The controller's clock: what it asks of the link side, and its token.
    fn control(&mut self) -> (Request, Option<PlainBeat>) {
        let answer = self.rows.answer();
        let room = self.output.room();
        let (blocked, needed) = (self.filling || self.starved != 0, self.need);
        // A lane goes on when the word that it lacks has come.
        self.starved &= if self.shape.prefill == 3 { self.coming_in } else { 0 };
        let filled = matches!(self.state, State::Prefill { .. });
        let streams = matches!(self.state, State::Stream | State::Drain);
        let asks = matches!(
            self.state,
            State::Header { .. }
                | State::RawLead { .. }
                | State::Prefill { .. }
                | State::Stream
                | State::Trailer { .. }
        );
        let mut request = Request {
            asked: self.asked(),
            limited: !answer.ready || self.state == State::Drain,
            trailer: matches!(self.state, State::Trailer { .. }),
            finish: self.state == State::Discard,
            ..Request::default()
        };
        let mut token = None;
        let there = answer.ready || answer.ended;
        match self.state {
            State::Header { left } if there => {
                request.load = true;
                self.state = if left > 1 {
                    State::Header { left: left - 1 }
                } else {
                    State::Verify { left: self.stages.verify }
                };
            }
            State::Verify { left: 1 } => {
                (self.grouped, self.step, self.need) = (false, 0, 0);
                self.schedule = RawSchedule::new(&self.shape);
                self.state = match self.shape.lead_rounds() {
                    0 => State::Prefill { left: self.shape.prefill },
                    left => State::RawLead { left },
                };
            }
            State::Verify { left } => self.state = State::Verify { left: left - 1 },
            State::RawLead { left } if there => {
                request.load = true;
                self.schedule.advance();
                self.state = State::RawLead { left: left - 1 };
                if left == 1 {
                    self.schedule.enter();
                    self.state = State::Prefill { left: self.shape.prefill };
                }
            }
            State::Prefill { left } if there => {
                request.load = true;
                self.state = if left > 1 { State::Prefill { left: left - 1 } } else { State::Stream };
            }
            State::Stream if answer.ready && room && !blocked => {
                request.load = true;
                if self.grouped {
                    self.schedule.advance();
                }
                token = self.fire(false);
            }
            State::Stream if answer.ended && !answer.ready && !blocked => {
                request.load = true;
                self.need = 0;
                self.state = State::Trailer { left: rounds(&self.shape, TRAILER_WORDS) };
            }
            State::Trailer { left } if there => {
                request.load = true;
                self.state =
                    if left > 1 { State::Trailer { left: left - 1 } } else { State::Weigh { left: self.stages.weigh } };
            }
            State::Weigh { left: 1 } => self.state = if self.packet().1 == 0 { State::Fail } else { State::Drain },
            State::Weigh { left } => self.state = State::Weigh { left: left - 1 },
            State::Drain if room && !blocked => {
                request.load = true;
                let last = self.step + 1 >= self.packet().1;
                token = self.fire(last);
                if last {
                    self.state = State::Discard;
                }
            }
            State::Fail if room => {
                token = Some(PlainBeat { packet: self.packet().0, step: 0, last: true });
                self.state = State::Discard;
            }
            State::Discard if self.rows.finished() => self.state = State::Settle { left: self.stages.settle },
            State::Settle { left } => {
                self.state = State::Settle { left: left - 1 };
                if left == 1 {
                    self.coming.pop_front();
                    self.state = State::Header { left: rounds(&self.shape, HEADER_WORDS) };
                }
            }
            _ => {}
        }
        self.filling = filled && request.load;
        self.coming_in = if request.load && streams { needed } else { 0 };
        request.steady = asks && !request.load;
        (request, token)
    }

    /// A packet has begun to come in whose last beat has not left.
    pub fn is_busy(&self) -> bool {
        self.pending > 0
    }

    /// Nothing is in it, and it would take a beat.
    pub fn is_idle(&self) -> bool {
        let begins = self.state == State::Header { left: rounds(&self.shape, HEADER_WORDS) };
        self.pending == 0 && begins && self.rows.is_idle() && self.output.is_idle()
    }

    /// High-water marks of its queues: name, most, entries.
    pub fn queues(&self) -> Vec<(&'static str, usize, u32)> {
        vec![
            ("decoder rows", self.rows.high_water(), self.stages.store_rows(&self.shape)),
            ("decoder beats", self.output.high_water(), self.stages.output.entries()),
        ]
    }
}

/// Words of header or trailer that are asked for at once: all of them where there are slots enough for the header's.
fn portion(shape: &Shape, words: u32) -> u32 {
    if shape.slots() as u32 >= HEADER_WORDS {
        words
    } else {
        1
    }
}

/// Clocks in which they are taken.
fn rounds(shape: &Shape, words: u32) -> u32 {
    words / portion(shape, words)
}

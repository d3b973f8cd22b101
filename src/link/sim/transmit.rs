//! The sending adapter: queues, flits, credits, replay buffer.
//!
//! A flit is begun when there is enough to fill it, when what there is has waited long enough, or, with nothing better to do, when
//! a packet ends in it. Flits that were sent stay in the replay buffer until they are acknowledged; after a bad one all from it on
//! are sent again.

use super::count::Count;
use super::errors::Errors;
use super::receive::Answer;
use super::Time;
use crate::link::config::Config;
use crate::link::energy::Lanes;
use crate::link::pool::Pool;
use crate::link::report::Queue;
use std::collections::VecDeque;

/// A piece of a packet: packet of a core or message without compression, place, bytes, end.
pub type Part = (u32, u32, u32, bool);

/// Bytes that wait to go into flits.
#[derive(Clone, Copy, Debug)]
struct Run {
    part: Part,
    since: Time,
}

/// Queue in front of the adapter.
#[derive(Clone, Debug, Default)]
struct Channel {
    /// Still between the clock domains, and usable.
    crossing: VecDeque<Run>,
    ready: VecDeque<Run>,
    ready_bytes: u32,
    ready_ends: u32,
    /// Bytes of both.
    bytes: u32,
    high_water: u32,
    credits: u32,
}

/// A flit in the replay buffer.
#[derive(Clone, Debug)]
pub struct Flit {
    pub sequence: u64,
    pub channel: usize,
    pub parts: Vec<Part>,
    data: Vec<u8>,
}

/// A flit that arrives.
#[derive(Clone, Debug)]
pub struct Arrival {
    pub sequence: u64,
    pub bad: bool,
    pub channel: usize,
    pub parts: Vec<Part>,
}

/// Why no flit began.
#[derive(Clone, Copy, PartialEq)]
enum Idle {
    NoData,
    Filling,
    NoCredit,
    ReplayFull,
}

pub struct Transmitter {
    channels: Vec<Channel>,
    depth: u32,
    payload: u32,
    piece: u32,
    header: usize,
    crc: usize,
    crossing: Time,
    fill: Time,
    flit_clocks: u64,
    /// From the begin of a flit to its end at the receiving adapter.
    flight: Time,
    /// Clocks until the next flit may begin, and whether they are those of one that is sent again.
    busy: u64,
    resending: bool,
    turn: usize,
    sequence: u64,
    replay: VecDeque<Flit>,
    replay_flits: usize,
    replay_high: usize,
    /// Place in the replay buffer from which flits are sent again.
    resend: Option<usize>,
    in_flight: VecDeque<(Time, Arrival)>,
    /// Acknowledgements and credits on their way back.
    acks: VecDeque<(Time, Answer)>,
    credits: VecDeque<(Time, usize)>,
    credit_time: Time,
    ack_time: Time,
    lanes: Lanes,
    errors: Errors,
    spare: Vec<Flit>,
}

impl Transmitter {
    pub fn new(config: &Config, channels: usize, bit_error_rate: f64, period: Time) -> Self {
        let (adapter, flit) = (&config.adapter, &config.flit);
        let latency = (config.link.latency_ns * 1e6) as Time;
        let flit_clocks = u64::from(flit.bytes / adapter.width_bytes);
        let back = u64::from(adapter.ack_clocks) * period + latency;
        Transmitter {
            channels: vec![Channel { credits: adapter.credits, ..Channel::default() }; channels],
            depth: adapter.tx_queue_bytes,
            payload: config.flit_payload_bytes(),
            piece: adapter.piece_bytes,
            header: flit.header_bytes as usize,
            crc: flit.crc_bytes as usize,
            crossing: u64::from(adapter.crossing_clocks) * period,
            fill: u64::from(adapter.fill_clocks) * period,
            flit_clocks,
            flight: (u64::from(adapter.tx_clocks) + flit_clocks) * period + latency,
            busy: 0,
            resending: false,
            turn: 0,
            sequence: 0,
            replay: VecDeque::new(),
            replay_flits: adapter.replay_flits as usize,
            replay_high: 0,
            resend: None,
            in_flight: VecDeque::new(),
            acks: VecDeque::new(),
            credits: VecDeque::new(),
            credit_time: back,
            ack_time: back,
            lanes: Lanes::new(config.link.lanes, flit.bytes, config.link.scrambled),
            errors: Errors::new(bit_error_rate, config.run.seed),
            spare: Vec::new(),
        }
    }

    /// The channel's queue has room for so many bytes.
    pub fn accepts(&self, channel: usize, bytes: u32) -> bool {
        self.channels[channel].bytes + bytes <= self.depth
    }

    /// Bytes for the channel.
    pub fn push(&mut self, channel: usize, part: Part, now: Time) {
        let channel = &mut self.channels[channel];
        channel.bytes += part.2;
        channel.high_water = channel.high_water.max(channel.bytes);
        channel.crossing.push_back(Run { part, since: now + self.crossing });
    }

    /// A flit's place in the receive buffer is free again.
    pub fn free(&mut self, channel: usize, now: Time) {
        self.credits.push_back((now + self.credit_time, channel));
    }

    /// What the receiver says to a flit.
    pub fn answer(&mut self, answer: Option<(Time, Answer)>) {
        self.acks.extend(answer.map(|(at, answer)| (at + self.ack_time, answer)));
    }

    /// The next flit that has arrived by `now`.
    pub fn arrived(&mut self, now: Time) -> Option<Arrival> {
        self.in_flight.front().filter(|(at, _)| *at <= now)?;
        self.in_flight.pop_front().map(|(_, arrival)| arrival)
    }

    pub fn clock(&mut self, now: Time, pool: &Pool, count: &mut Count) {
        self.take_back(now, count);
        if self.busy > 0 {
            self.busy -= 1;
            count.busy_clocks += 1;
            count.stalls.link_replay += u64::from(self.resending);
            return;
        }
        for channel in &mut self.channels {
            channel.settle(now);
        }
        self.resending = false;
        if let Some(place) = self.resend {
            if let Some(flit) = self.replay.get(place) {
                let toggles = self.lanes.send(&flit.data);
                let arrival = arrival(flit);
                self.resend = Some(place + 1).filter(|&next| next < self.replay.len());
                self.resending = true;
                count.flits.resent += 1;
                count.stalls.link_replay += 1;
                return self.send(arrival, toggles, now, count);
            }
            self.resend = None;
        }
        match self.choose(now) {
            Err(idle) => {
                let stalls = &mut count.stalls;
                *match idle {
                    Idle::NoData => &mut stalls.link_no_data,
                    Idle::Filling => &mut stalls.link_filling,
                    Idle::NoCredit => &mut stalls.link_no_credit,
                    Idle::ReplayFull => &mut stalls.link_replay_full,
                } += 1;
            }
            Ok(channel) => {
                let flit = self.form(channel, pool, channel + 1 == self.channels.len(), count);
                count.flits.sent += 1;
                let toggles = self.lanes.send(&flit.data);
                let arrival = arrival(&flit);
                self.replay.push_back(flit);
                self.replay_high = self.replay_high.max(self.replay.len());
                self.send(arrival, toggles, now, count);
            }
        }
    }

    /// Acknowledgements and credits that have come back.
    fn take_back(&mut self, now: Time, count: &mut Count) {
        while let Some(&(_, channel)) = self.credits.front().filter(|(at, _)| *at <= now) {
            self.credits.pop_front();
            self.channels[channel].credits += 1;
        }
        while let Some(&(_, answer)) = self.acks.front().filter(|(at, _)| *at <= now) {
            self.acks.pop_front();
            let (Answer::Good(next) | Answer::Again(next)) = answer;
            while let Some(flit) = self.replay.pop_front_if(|flit| flit.sequence < next) {
                self.spare.push(flit);
                self.resend = self.resend.map(|place| place.saturating_sub(1));
            }
            if matches!(answer, Answer::Again(_)) {
                self.resend = Some(0);
                count.flits.retries += 1;
            }
        }
    }

    /// The channel whose flit is next.
    fn choose(&mut self, now: Time) -> Result<usize, Idle> {
        if self.channels.iter().all(|c| c.ready.is_empty()) {
            return Err(Idle::NoData);
        }
        if self.replay.len() >= self.replay_flits {
            return Err(Idle::ReplayFull);
        }
        let count = self.channels.len();
        let in_turn = |i: usize| (self.turn + i) % count;
        let (payload, piece, fill) = (self.payload, self.piece, self.fill);
        let due = |c: &Channel| {
            let full = c.ready_bytes + piece * c.ready.len() as u32 >= payload;
            full || c.ready.front().is_some_and(|run| run.since + fill <= now)
        };
        let with_credit = |i: &usize| self.channels[*i].credits > 0;
        let first = |of: &dyn Fn(&Channel) -> bool| {
            (0..count).map(in_turn).filter(with_credit).find(|&i| of(&self.channels[i]))
        };
        let chosen = first(&due).or_else(|| first(&|c| c.ready_ends > 0));
        match chosen {
            Some(channel) => {
                self.turn = (channel + 1) % count;
                Ok(channel)
            }
            None if self.channels.iter().any(|c| c.credits == 0 && (due(c) || c.ready_ends > 0)) => Err(Idle::NoCredit),
            None => Err(Idle::Filling),
        }
    }

    /// A flit out of a channel's bytes.
    fn form(&mut self, channel: usize, pool: &Pool, plain: bool, count: &mut Count) -> Flit {
        let mut flit =
            self.spare.pop().unwrap_or_else(|| Flit { sequence: 0, channel: 0, parts: Vec::new(), data: Vec::new() });
        (flit.sequence, flit.channel) = (self.sequence, channel);
        self.sequence += 1;
        flit.parts.clear();
        flit.data.clear();
        // What tells flits apart: channel and number, as far as the header has bytes.
        let head = (flit.sequence << 4 | channel as u64 & 15).to_le_bytes();
        flit.data.extend(head.iter().chain(std::iter::repeat(&0)).take(self.header));
        let from = &mut self.channels[channel];
        from.credits -= 1;
        let mut space = self.payload;
        while space > self.piece {
            let Some(run) = from.ready.front_mut() else { break };
            let (packet, place, there, ends) = run.part;
            let bytes = there.min(space - self.piece);
            let last = ends && bytes == there;
            let tells = (bytes << 1 | u32::from(last)).to_le_bytes();
            flit.data.extend(tells.iter().chain(std::iter::repeat(&0)).take(self.piece as usize));
            let data = match plain {
                false => pool.packets[packet as usize].coded.get(place as usize..(place + bytes) as usize),
                true => None,
            };
            match data {
                Some(data) => flit.data.extend_from_slice(data),
                None => pool.plain_bytes(packet, place, bytes, &mut flit.data),
            }
            flit.parts.push((packet, place, bytes, last));
            space -= bytes + self.piece;
            from.ready_bytes -= bytes;
            from.bytes -= bytes;
            if bytes == there {
                from.ready_ends -= u32::from(ends);
                from.ready.pop_front();
            } else {
                run.part = (packet, place + bytes, there - bytes, ends);
            }
        }
        count.filled_bytes += u64::from(self.payload - space);
        let (payload_end, whole) = (self.header + self.payload as usize, self.flit_bytes());
        flit.data.resize(payload_end, 0);
        let check = crc32c::crc32c(&flit.data).to_le_bytes();
        flit.data.extend(check.iter().cycle().take(self.crc));
        flit.data.resize(whole, 0);
        flit
    }

    fn flit_bytes(&self) -> usize {
        self.lanes.flit_bytes()
    }

    /// Puts a flit on the lanes.
    fn send(&mut self, mut arrival: Arrival, toggles: u64, now: Time, count: &mut Count) {
        let bits = 8 * self.flit_bytes() as u64;
        self.busy = self.flit_clocks - 1;
        arrival.bad = self.errors.hit(bits);
        count.busy_clocks += 1;
        count.bits += bits;
        count.toggles += toggles;
        self.in_flight.push_back((now + self.flight, arrival));
    }

    pub fn queues(&self) -> Vec<Queue> {
        let (plain, coded) = self
            .channels
            .split_last()
            .map_or((0, 0), |(plain, coded)| (plain.high_water, coded.iter().map(|c| c.high_water).max().unwrap_or(0)));
        let queue = |name: &str, unit: &str, high_water: u64, depth: u64| Queue {
            name: name.into(),
            unit: unit.into(),
            high_water,
            depth,
        };
        vec![
            queue("transmit, compressed", "bytes", coded.into(), self.depth.into()),
            queue("transmit, uncompressed", "bytes", plain.into(), self.depth.into()),
            queue("replay", "flits", self.replay_high as u64, self.replay_flits as u64),
        ]
    }
}

impl Channel {
    /// Takes over what has crossed by now; bytes of one packet that follow each other become one run.
    fn settle(&mut self, now: Time) {
        while let Some(run) = self.crossing.front().copied().filter(|run| run.since <= now) {
            self.crossing.pop_front();
            let (packet, _, bytes, ends) = run.part;
            self.ready_bytes += bytes;
            self.ready_ends += u32::from(ends);
            match self.ready.back_mut() {
                Some(Run { part: (p, _, b, e), .. }) if *p == packet && !*e => {
                    *b += bytes;
                    *e = ends;
                }
                _ => self.ready.push_back(run),
            }
        }
    }
}

fn arrival(flit: &Flit) -> Arrival {
    Arrival { sequence: flit.sequence, bad: false, channel: flit.channel, parts: flit.parts.clone() }
}

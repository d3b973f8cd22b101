//! Sender and receiver of messages: arrivals, packets to the cores in turn, and what is under way.

use super::count::Count;
use super::{Plan, Time};
use crate::link::error::LinkError;
use crate::link::pool::Pool;
use crate::link::report::Queue;
use crate::link::timing::PlainBeat;
use rand::prelude::*;
use std::collections::VecDeque;

/// Messages that wait at the sender at most; while there are as many, none comes.
const WAITING: usize = 1 << 16;
/// Messages that wait at the sender where they come back to back.
const BACK_TO_BACK: usize = 64;

/// When messages come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Arrivals {
    /// As soon as there is place.
    BackToBack,
    /// Bursts of so many, the bursts independent of each other: mean time between messages, in fs.
    Random {
        /// Mean time between two messages, in fs.
        mean: f64,
        /// Messages of a burst.
        burst: u32,
    },
    /// So many, each when the one before is through and the link is quiet.
    Alone {
        /// Messages.
        messages: u64,
    },
}

/// A message under way.
#[derive(Clone, Copy, Debug)]
struct Message {
    arrived: Time,
    bytes: u64,
    packets_left: u32,
}

/// A packet of a core that is under way.
#[derive(Clone, Copy, Debug)]
struct InCore {
    message: u64,
    packet: u32,
    next_step: u32,
}

/// The sender, and the book-keeping of what comes out at the other end.
#[derive(Clone, Debug)]
pub struct Sender {
    arrivals: Arrivals,
    compress_from: Option<u64>,
    rng: StdRng,
    next: Option<Time>,
    come: u64,
    /// Messages of the pool that wait, and packets of the first one that have been given to cores.
    waiting: VecDeque<usize>,
    dispatched: u32,
    most_waiting: usize,
    /// Messages under way, those that wait included; the first has number `through`.
    under_way: VecDeque<Message>,
    through: u64,
    /// Number of the first message that waits.
    first_waiting: u64,
    /// Core whose turn it is, packets that wait in front of each, and packets within.
    turn: usize,
    feeds: Vec<Option<u32>>,
    in_core: Vec<VecDeque<InCore>>,
    /// Messages without compression: one that is being fed (pool, bytes fed), and all that are under way (number, pool, bytes out).
    plain: Option<(usize, u64)>,
    plain_bytes: u64,
    in_plain: VecDeque<(u64, usize, u64)>,
}

impl Sender {
    pub fn new(plan: &Plan<'_>, cores: usize) -> Self {
        let mut sender = Sender {
            arrivals: plan.arrivals,
            compress_from: plan.compress_from.filter(|_| cores > 0),
            rng: StdRng::seed_from_u64(plan.config.run.seed),
            next: Some(0),
            come: 0,
            waiting: VecDeque::new(),
            dispatched: 0,
            most_waiting: 0,
            under_way: VecDeque::new(),
            through: 0,
            first_waiting: 0,
            turn: 0,
            feeds: vec![None; cores],
            in_core: vec![VecDeque::new(); cores],
            plain: None,
            plain_bytes: 0,
            in_plain: VecDeque::new(),
        };
        if matches!(plan.arrivals, Arrivals::Random { .. }) {
            sender.next = Some(sender.gap());
        }
        sender
    }

    /// Time to the next arrival that is random.
    fn gap(&mut self) -> Time {
        let Arrivals::Random { mean, burst } = self.arrivals else { return 0 };
        let uniform: f64 = self.rng.random();
        (-(1.0 - uniform).ln() * mean * f64::from(burst)).min(1e17) as Time
    }

    /// Messages that have come by `now`.
    pub fn arrive(&mut self, now: Time, pool: &Pool, count: &mut Count) {
        match self.arrivals {
            Arrivals::BackToBack => {
                while self.waiting.len() < BACK_TO_BACK {
                    self.come(now, pool);
                }
            }
            Arrivals::Alone { messages } => {
                if self.under_way.is_empty() && self.come < messages {
                    self.come(now, pool);
                }
            }
            Arrivals::Random { burst, .. } => {
                while let Some(at) = self.next.filter(|&at| at <= now) {
                    if self.waiting.len() >= WAITING {
                        count.refused += 1;
                    } else {
                        (0..burst).for_each(|_| self.come(at, pool));
                    }
                    self.next = Some(at + self.gap().max(1));
                }
            }
        }
    }

    fn come(&mut self, at: Time, pool: &Pool) {
        let message = pool.draw(&mut self.rng);
        self.come += 1;
        self.waiting.push_back(message);
        self.most_waiting = self.most_waiting.max(self.waiting.len());
        let PoolMessage { bytes, packets } = PoolMessage::of(pool, message, self.compresses(pool, message));
        self.under_way.push_back(Message { arrived: at, bytes, packets_left: packets });
    }

    fn compresses(&self, pool: &Pool, message: usize) -> bool {
        self.compress_from.is_some_and(|from| pool.messages[message].plain_bytes >= from)
    }

    /// Gives the first message's packets to the cores in turn, as far as they have place.
    pub fn dispatch(&mut self, pool: &Pool) {
        while let Some(&message) = self.waiting.front() {
            let number = self.first_waiting;
            if self.compresses(pool, message) {
                let packets = pool.messages[message].packets.clone();
                let packet = packets.start + self.dispatched;
                let (feed, within) = (&mut self.feeds[self.turn], &mut self.in_core[self.turn]);
                if feed.is_some() {
                    return;
                }
                *feed = Some(packet);
                within.push_back(InCore { message: number, packet, next_step: 0 });
                self.turn = (self.turn + 1) % self.feeds.len();
                self.dispatched += 1;
                if packet + 1 < packets.end {
                    continue;
                }
            } else {
                if self.plain.is_some() {
                    return;
                }
                self.plain = Some((message, 0));
                self.plain_bytes = pool.messages[message].plain_bytes;
                self.in_plain.push_back((number, message, 0));
            }
            self.dispatched = 0;
            self.waiting.pop_front();
            self.first_waiting += 1;
        }
    }

    /// The packet that waits in front of a core.
    pub fn take_feed(&mut self, core: usize) -> Option<u32> {
        self.feeds[core].take()
    }

    /// The next bytes of the message without compression: message, place, bytes, end.
    pub fn plain_piece(&self, width: u32) -> Option<(u32, u32, u32, bool)> {
        let (message, from) = self.plain?;
        let bytes = u64::from(width).min(self.plain_bytes - from);
        Some((message as u32, from as u32, bytes as u32, from + bytes == self.plain_bytes))
    }

    /// They have been taken.
    pub fn plain_taken(&mut self, bytes: u32) {
        self.plain = self.plain.map(|(m, from)| (m, from + u64::from(bytes))).filter(|p| p.1 < self.plain_bytes);
    }

    /// Bytes of a message without compression have come out.
    pub fn deliver_plain(
        &mut self,
        message: u32,
        bytes: u32,
        last: bool,
        now: Time,
        count: &mut Count,
    ) -> Result<(), LinkError> {
        let Some((number, expected, out)) = self.in_plain.front_mut() else {
            return broken("bytes without a message");
        };
        *out += u64::from(bytes);
        let (number, out) = (*number, *out);
        if *expected != message as usize {
            return broken("a message overtook another");
        }
        count.plain_bytes += u64::from(bytes);
        if last {
            self.in_plain.pop_front();
            if self.under_way.get((number - self.through) as usize).is_none_or(|m| m.bytes != out) {
                return broken("a message has other bytes than were sent");
            }
            self.packet_done(number, now, count)?;
        }
        Ok(())
    }

    /// A step has come out of a decoder.
    pub fn deliver_step(
        &mut self,
        core: usize,
        beat: &PlainBeat,
        now: Time,
        pool: &Pool,
        count: &mut Count,
    ) -> Result<(), LinkError> {
        let Some(first) = self.in_core[core].front_mut() else { return broken("a step without a packet") };
        if (first.packet, first.next_step) != (beat.packet, beat.step) {
            return broken("a step out of order");
        }
        first.next_step += 1;
        let (number, steps) = (first.message, first.next_step);
        let plain = pool.packets[beat.packet as usize].plain.len();
        let step_bytes = pool.shape.step_bytes;
        count.plain_bytes += plain.saturating_sub((steps as usize - 1) * step_bytes).min(step_bytes) as u64;
        if beat.last {
            if steps != pool.profiles[beat.packet as usize].beats() {
                return broken("a packet has other steps than were sent");
            }
            self.in_core[core].pop_front();
            self.packet_done(number, now, count)?;
        }
        Ok(())
    }

    /// A packet of this message is through.
    fn packet_done(&mut self, number: u64, now: Time, count: &mut Count) -> Result<(), LinkError> {
        let message = number.checked_sub(self.through).and_then(|i| self.under_way.get_mut(i as usize));
        let Some(message) = message.filter(|m| m.packets_left > 0) else { return broken("a packet too many") };
        message.packets_left -= 1;
        if message.packets_left == 0 {
            count.message(now.saturating_sub(message.arrived));
        }
        while self.under_way.front().is_some_and(|m| m.packets_left == 0) {
            self.under_way.pop_front();
            self.through += 1;
        }
        Ok(())
    }

    /// Messages wait or are under way.
    pub fn is_busy(&self) -> bool {
        !self.under_way.is_empty()
    }

    /// All messages that will ever come are through.
    pub fn is_done(&self) -> bool {
        matches!(self.arrivals, Arrivals::Alone { messages } if self.come == messages && self.under_way.is_empty())
    }

    /// When the next message comes; `None` where that is at once.
    pub fn next_arrival(&self) -> Option<Time> {
        match self.arrivals {
            Arrivals::Random { .. } => self.next,
            _ => Some(0),
        }
    }

    pub fn queues(&self) -> Vec<Queue> {
        // Where messages come as there is place their number says nothing.
        if !matches!(self.arrivals, Arrivals::Random { .. }) {
            return Vec::new();
        }
        vec![Queue {
            name: "messages at the sender".into(),
            unit: "messages".into(),
            high_water: self.most_waiting as u64,
            depth: 0,
        }]
    }
}

/// What the sender has to know of a message.
struct PoolMessage {
    bytes: u64,
    packets: u32,
}

impl PoolMessage {
    fn of(pool: &Pool, message: usize, compressed: bool) -> Self {
        let m = &pool.messages[message];
        let packets = if compressed { m.packets.len() as u32 } else { 1 };
        PoolMessage { bytes: m.plain_bytes, packets }
    }
}

fn broken<T>(what: &str) -> Result<T, LinkError> {
    Err(LinkError::Broken(what.into()))
}

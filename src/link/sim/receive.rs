//! The receiving adapter: check of the flits, acknowledgements, buffers, and rows for the decoders.
//!
//! The interface has no back-pressure: what arrives is stored, and credits see to it that there is room. Chunks of a flit pass on
//! before it is checked, and a bad flit is cancelled behind its last chunk, so a flit waits in the buffer until it is known to be good.

use super::count::Count;
use super::transmit::{Arrival, Transmitter};
use super::Time;
use crate::link::config::Config;
use crate::link::error::LinkError;
use crate::link::report::Queue;
use crate::link::timing::LinkBeat;
use std::collections::VecDeque;

/// What the receiver says to a flit, with the number of the next one that it waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// All before that number were good.
    Good(u64),
    /// That one was bad: it is to be sent again, with all behind it.
    Again(u64),
}

/// A piece of a packet in the buffer.
#[derive(Clone, Copy, Debug)]
struct Piece {
    packet: u32,
    from: u32,
    bytes: u32,
    last: bool,
    at: Time,
    /// The flit's last piece: with it goes its place in the buffer.
    frees: bool,
}

/// Buffer of a channel.
#[derive(Clone, Debug, Default)]
struct Channel {
    pieces: VecDeque<Piece>,
    flits: u32,
    high_water: u32,
    /// Bytes of the row that is being put together, the row that stands at the decoder, and the place in the packet.
    gathered: u32,
    row: Option<LinkBeat>,
    place: u32,
}

pub struct Receiver {
    channels: Vec<Channel>,
    credits: u32,
    link_bytes: u32,
    delay: Time,
    crossing: Time,
    expected: u64,
}

impl Receiver {
    pub fn new(config: &Config, channels: usize, link_bytes: u32, period: Time) -> Self {
        Receiver {
            channels: vec![Channel::default(); channels],
            credits: config.adapter.credits,
            link_bytes,
            delay: u64::from(config.adapter.rx_clocks) * period,
            crossing: u64::from(config.adapter.crossing_clocks) * period,
            expected: 0,
        }
    }

    /// Bytes of a link beat of the cores.
    pub fn link_bytes(&self) -> u32 {
        self.link_bytes
    }

    /// A flit has arrived.
    pub fn arrive(
        &mut self,
        arrival: Arrival,
        now: Time,
        count: &mut Count,
    ) -> Result<Option<(Time, Answer)>, LinkError> {
        let at = now + self.delay;
        count.flits.bad += u64::from(arrival.bad);
        if arrival.sequence != self.expected || arrival.bad {
            count.flits.cancelled += 1;
            // Those behind a bad one come again with it: nothing more is to be said.
            let asks = arrival.sequence == self.expected;
            return Ok(asks.then_some((at, Answer::Again(self.expected))));
        }
        self.expected += 1;
        let channel = &mut self.channels[arrival.channel];
        channel.flits += 1;
        channel.high_water = channel.high_water.max(channel.flits);
        if channel.flits > self.credits {
            return Err(LinkError::Broken("more flits in a receive buffer than there were credits".into()));
        }
        let parts = arrival.parts.len();
        for (i, &(packet, from, bytes, last)) in arrival.parts.iter().enumerate() {
            channel.pieces.push_back(Piece { packet, from, bytes, last, at, frees: i + 1 == parts });
        }
        Ok(Some((at, Answer::Good(self.expected))))
    }

    /// The row that stands at a decoder.
    pub fn row(
        &mut self,
        channel: usize,
        now: Time,
        transmitter: &mut Transmitter,
    ) -> Result<Option<LinkBeat>, LinkError> {
        let (crossing, whole) = (self.crossing, self.link_bytes);
        let buffer = &mut self.channels[channel];
        while buffer.row.is_none() {
            let Some((piece, bytes)) = buffer.take(whole - buffer.gathered, now, crossing, channel, transmitter) else {
                break;
            };
            if piece.from != buffer.place {
                return Err(LinkError::Broken("a piece of a packet out of order".into()));
            }
            buffer.gathered += bytes;
            buffer.place += bytes;
            let last = piece.last && bytes == piece.bytes;
            if last || buffer.gathered == whole {
                let words = std::mem::take(&mut buffer.gathered) / 2;
                buffer.row = Some(LinkBeat { packet: piece.packet, words, last });
            }
            if last {
                buffer.place = 0;
            }
        }
        Ok(buffer.row)
    }

    /// It has been taken.
    pub fn row_taken(&mut self, channel: usize) {
        self.channels[channel].row = None;
    }

    /// Bytes of a message without compression: message, bytes, end.
    pub fn plain_piece(
        &mut self,
        channel: usize,
        width: u32,
        now: Time,
        transmitter: &mut Transmitter,
    ) -> Option<(u32, u32, bool)> {
        let (piece, bytes) = self.channels[channel].take(width, now, self.crossing, channel, transmitter)?;
        Some((piece.packet, bytes, piece.last && bytes == piece.bytes))
    }

    pub fn queues(&self) -> Vec<Queue> {
        let (plain, coded) = self
            .channels
            .split_last()
            .map_or((0, 0), |(plain, coded)| (plain.high_water, coded.iter().map(|c| c.high_water).max().unwrap_or(0)));
        let queue = |name: &str, high_water: u32| Queue {
            name: name.into(),
            unit: "flits".into(),
            high_water: high_water.into(),
            depth: self.credits.into(),
        };
        vec![queue("receive, compressed", coded), queue("receive, uncompressed", plain)]
    }
}

impl Channel {
    /// Takes up to `most` bytes of the oldest piece, if it may be used: the piece as it was, and the bytes.
    fn take(
        &mut self,
        most: u32,
        now: Time,
        crossing: Time,
        channel: usize,
        transmitter: &mut Transmitter,
    ) -> Option<(Piece, u32)> {
        let front = self.pieces.front_mut().filter(|piece| piece.at + crossing <= now)?;
        let (piece, bytes) = (*front, front.bytes.min(most));
        front.bytes -= bytes;
        front.from += bytes;
        if front.bytes == 0 {
            self.pieces.pop_front();
            if piece.frees {
                self.flits -= 1;
                transmitter.free(channel, now);
            }
        }
        Some((piece, bytes))
    }
}

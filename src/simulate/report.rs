//! What a simulation has measured.

use super::flight::{Flight, Times};
use serde::Serialize;
use std::time::Duration;

/// Clocks from one event to another, over all packets.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Latency {
    /// Least.
    pub min: u64,
    /// Mean.
    pub mean: f64,
    /// Most.
    pub max: u64,
}

/// Sums that a [`Latency`] is made from.
#[derive(Clone, Copy, Debug, Default)]
struct LatencySum {
    count: u64,
    sum: u64,
    min: u64,
    max: u64,
}

impl LatencySum {
    fn add(&mut self, from: u64, to: u64) {
        let clocks = to.saturating_sub(from);
        self.min = if self.count == 0 { clocks } else { self.min.min(clocks) };
        self.max = self.max.max(clocks);
        self.sum += clocks;
        self.count += 1;
    }

    fn latency(&self) -> Option<Latency> {
        let mean = self.sum as f64 / self.count as f64;
        (self.count > 0).then_some(Latency { min: self.min, mean, max: self.max })
    }
}

/// What one core did. "Took" and "gave" count transfers on its input and its output.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SideReport {
    /// Clocks from the first beat taken to the last beat given, both counted.
    pub clocks: u64,
    /// Symbols a clock over these.
    pub symbols_per_clock: f64,
    /// Symbols a clock between the first and the last beat of elements of a packet, both counted: the steady state.
    pub steady_symbols_per_clock: f64,
    /// Clocks from the first beat of a packet taken to its first beat offered.
    pub first_latency: Option<Latency>,
    /// Clocks from the last beat of a packet taken to its last beat offered.
    pub last_latency: Option<Latency>,
    /// Clocks in which an input beat was offered and not taken.
    pub source_refused: u64,
    /// Clocks in which an output beat was offered and not taken.
    pub sink_stalled: u64,
    /// Clocks in which the other side was ready for an output beat and none was offered.
    pub sink_starved: u64,
    /// Simulated clocks a second of this core alone.
    pub simulated_clocks_per_second: f64,
}

/// What a stream of packets took.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StreamReport {
    /// Packets, each of which came back bit for bit.
    pub packets: u64,
    /// Symbols coded.
    pub symbols: u64,
    /// Bits of the elements.
    pub plain_bits: u64,
    /// Bits on the link: headers, trailers and padding included.
    pub link_bits: u64,
    /// Per cent of the plain bits that the link was spared.
    pub saved_percent: f64,
    /// Clocks in all.
    pub clocks: u64,
    /// Clocks from the first beat of a packet into the encoder to its first beat offered by the decoder.
    pub first_latency: Option<Latency>,
    /// Clocks from the last beat of a packet into the encoder to its last beat offered by the decoder.
    pub last_latency: Option<Latency>,
    /// The encoder.
    pub encoder: SideReport,
    /// The decoder.
    pub decoder: SideReport,
}

/// Counts of one core while it runs.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SideCount {
    first: LatencySum,
    last: LatencySum,
    /// First clock in which it took, last in which it gave.
    span: Option<(u64, u64)>,
    steady_clocks: u64,
    pub source_refused: u64,
    pub sink_stalled: u64,
    pub sink_starved: u64,
    pub simulated: u64,
    pub time: Duration,
}

impl SideCount {
    fn add(&mut self, times: &Times, elements: Option<(u64, u64)>) {
        let (Some(taken), Some(offered), Some(given)) = (times.taken, times.offered, times.given) else { return };
        self.first.add(taken.0, offered.0);
        self.last.add(taken.1, offered.1);
        self.span = Some((self.span.map_or(taken.0, |s| s.0), given.1));
        self.steady_clocks += elements.map_or(0, |(first, last)| last - first + 1);
    }

    fn report(&self, symbols: u64) -> SideReport {
        let per = |n: u64, clocks: u64| if clocks == 0 { 0.0 } else { n as f64 / clocks as f64 };
        let clocks = self.span.map_or(0, |(first, last)| last - first + 1);
        let seconds = self.time.as_secs_f64();
        SideReport {
            clocks,
            symbols_per_clock: per(symbols, clocks),
            steady_symbols_per_clock: per(symbols, self.steady_clocks),
            first_latency: self.first.latency(),
            last_latency: self.last.latency(),
            source_refused: self.source_refused,
            sink_stalled: self.sink_stalled,
            sink_starved: self.sink_starved,
            simulated_clocks_per_second: if seconds > 0.0 { self.simulated as f64 / seconds } else { 0.0 },
        }
    }
}

/// Counts of a stream while it runs.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct StreamCount {
    packets: u64,
    plain_bytes: u64,
    link_bytes: u64,
    first: LatencySum,
    last: LatencySum,
    pub encoder: SideCount,
    pub decoder: SideCount,
}

impl StreamCount {
    /// A packet has come back.
    pub fn add(&mut self, flight: &Flight) {
        self.packets += 1;
        self.plain_bytes += flight.plain.len() as u64;
        self.link_bytes += flight.packet.len() as u64;
        self.encoder.add(&flight.encoder, flight.encoder.taken);
        self.decoder.add(&flight.decoder, flight.decoder.given);
        if let (Some(taken), Some(offered)) = (flight.encoder.taken, flight.decoder.offered) {
            self.first.add(taken.0, offered.0);
            self.last.add(taken.1, offered.1);
        }
    }

    /// Bytes of elements that have come back.
    pub fn plain_bytes(&self) -> u64 {
        self.plain_bytes
    }

    /// The report; `symbol_bytes` are the bytes of elements for each symbol.
    pub fn report(&self, symbol_bytes: u64, clocks: u64) -> StreamReport {
        let symbols = self.plain_bytes / symbol_bytes;
        let (plain_bits, link_bits) = (8 * self.plain_bytes, 8 * self.link_bytes);
        let saved = 100.0 * (plain_bits as f64 - link_bits as f64) / plain_bits as f64;
        StreamReport {
            packets: self.packets,
            symbols,
            plain_bits,
            link_bits,
            saved_percent: if plain_bits == 0 { 0.0 } else { saved },
            clocks,
            first_latency: self.first.latency(),
            last_latency: self.last.latency(),
            encoder: self.encoder.report(symbols),
            decoder: self.decoder.report(symbols),
        }
    }
}

//! What is counted in a run.

use super::Time;
use crate::link::config::Config;
use crate::link::report::{Energy, Flits, Latency, Outcome, Queue, Stalls};
use hdrhistogram::Histogram;

/// Longest latency that is told apart, in ps: a second.
const LONGEST_PS: u64 = 1_000_000_000_000;
/// Digits of the latencies.
const DIGITS: u8 = 3;

/// Counters of a run; reset when the warm-up ends.
#[derive(Clone, Debug, Default)]
pub struct Count {
    /// Clock with which counting began, and clocks counted.
    pub started: u64,
    /// See `started`.
    pub clocks: u64,
    pub messages: u64,
    pub plain_bytes: u64,
    pub packet_bytes: u64,
    pub refused: u64,
    /// Bytes of flits' payload that held packets and what tells their pieces apart, and clocks in which flits were on the lanes,
    /// resent ones too.
    pub filled_bytes: u64,
    pub busy_clocks: u64,
    pub stalls: Stalls,
    pub flits: Flits,
    pub bits: u64,
    pub toggles: u64,
    pub(super) latency: Latencies,
}

/// Latencies in ps.
#[derive(Clone, Debug)]
pub(super) struct Latencies(Option<Histogram<u64>>);

impl Default for Latencies {
    fn default() -> Self {
        // The bounds are in the range that the library takes.
        Latencies(Histogram::new_with_bounds(1, LONGEST_PS, DIGITS).ok())
    }
}

impl Count {
    /// A message of so many bytes is through.
    pub fn message(&mut self, latency: Time) {
        self.messages += 1;
        if let Some(histogram) = &mut self.latency.0 {
            histogram.saturating_record(latency / 1000);
        }
    }

    fn latency(&self) -> Latency {
        let Some(h) = self.latency.0.as_ref().filter(|h| !h.is_empty()) else { return Latency::default() };
        let ns = |ps: u64| ps as f64 / 1000.0;
        Latency {
            min_ns: ns(h.min()),
            mean_ns: h.mean() / 1000.0,
            p50_ns: ns(h.value_at_quantile(0.5)),
            p99_ns: ns(h.value_at_quantile(0.99)),
            p999_ns: ns(h.value_at_quantile(0.999)),
            max_ns: ns(h.max()),
        }
    }

    /// The report.
    pub fn outcome(&self, config: &Config, adapter_period: Time, queues: Vec<Queue>) -> Outcome {
        let ns = self.clocks as f64 * adapter_period as f64 / 1e6;
        let ratio = |a: f64, b: f64| if b > 0.0 { a / b } else { 0.0 };
        let delivered = self.plain_bytes as f64;
        let payload = u64::from(config.flit_payload_bytes()) * self.flits.sent;
        Outcome {
            clocks: self.clocks,
            ns,
            messages: self.messages,
            plain_bytes: self.plain_bytes,
            packet_bytes: self.packet_bytes,
            refused: self.refused,
            effective_gb_s: ratio(delivered, ns),
            utilisation: ratio(self.busy_clocks as f64, self.clocks as f64),
            flit_fill: ratio(self.filled_bytes as f64, payload as f64),
            latency: self.latency(),
            stalls: self.stalls,
            queues,
            flits: self.flits,
            energy: Energy {
                bits: self.bits,
                toggles: self.toggles,
                toggles_per_byte: ratio(self.toggles as f64, delivered),
                pj_per_byte: ratio(self.bits as f64 * config.link.pj_per_bit, delivered),
            },
        }
    }
}

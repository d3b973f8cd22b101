//! What arithmetic says without a simulation (docs/link-model.md has the derivations).

use super::alone::CoreTiming;
use super::config::Config;
use super::report::Traffic;

/// The rates that everything else follows from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClosedForm {
    /// Bytes of elements a ns that the link carries without compression.
    pub plain: f64,
    /// The same with compression, if the cores are fast enough.
    pub link: f64,
    /// What one pair of cores carries.
    pub core: f64,
    /// Pairs.
    pub cores: u32,
    /// Bytes of elements of a packet.
    pub packet_bytes: f64,
    /// Time that a pair of cores adds to a packet, in ns.
    pub overhead_ns: f64,
}

impl ClosedForm {
    /// For a point, with packets that code as those of `traffic`.
    pub fn new(config: &Config, traffic: &Traffic, core: &CoreTiming, packet_bytes: usize) -> Self {
        let clock = config.codec_clock_ghz();
        let cores = config.codec.cores;
        let plain = on_link(config, traffic.message_bytes, 1.0);
        let packets = (traffic.message_bytes / packet_bytes as f64).ceil().max(1.0);
        ClosedForm {
            plain: config.raw_bytes_per_second() / 1e9 * traffic.message_bytes / plain,
            link: config.raw_bytes_per_second() / 1e9 * traffic.message_bytes
                / on_link(config, traffic.coded_bytes, packets),
            core: core.bytes_per_clock * clock,
            cores,
            packet_bytes: packet_bytes as f64,
            overhead_ns: core.overhead_clocks / clock,
        }
    }

    /// Effective bandwidth with compression over that without.
    pub fn gain(&self) -> f64 {
        self.link.min(self.core * f64::from(self.cores)) / self.plain
    }

    /// Cores that keep the link full, with a twentieth to spare.
    pub fn cores_needed(&self) -> u32 {
        (1.05 * self.link / self.core).ceil().clamp(1.0, 64.0) as u32
    }

    /// What the latency of a message of so many bytes gains or loses by compression, in ns: both ways have the link's own in common.
    pub fn added_ns(&self, bytes: f64) -> f64 {
        let packets = (bytes / self.packet_bytes).ceil().max(1.0);
        let rounds = (packets / f64::from(self.cores.max(1))).ceil();
        let cores = ((rounds - 1.0) * self.packet_bytes + bytes.min(self.packet_bytes)) / self.core;
        self.overhead_ns + cores.max(bytes / self.link) - bytes / self.plain
    }

    /// The size from which on compression is the faster way, up to `most`; `None` if it is slower there.
    pub fn break_even(&self, least: f64, most: f64) -> Option<f64> {
        // Packets make steps in it, so that the last change of sign counts.
        const STEPS_AN_OCTAVE: f64 = 32.0;
        if self.added_ns(most) > 0.0 {
            return None;
        }
        let sizes = (0..).map(|i| most * (-f64::from(i) / STEPS_AN_OCTAVE).exp2()).take_while(|&n| n >= least);
        let mut faster = most;
        for size in sizes {
            if self.added_ns(size) > 0.0 {
                return Some(faster);
            }
            faster = size;
        }
        Some(least)
    }
}

/// Bytes of flits that so many bytes in so many packets take, flits full.
fn on_link(config: &Config, bytes: f64, packets: f64) -> f64 {
    let (payload, piece) = (f64::from(config.flit_payload_bytes()), f64::from(config.adapter.piece_bytes));
    // Every flit begins a piece, and so does every packet but those that begin with a flit.
    let pieces = bytes / (payload - piece);
    (bytes + piece * (pieces + packets - 1.0)) / payload * f64::from(config.flit.bytes)
}

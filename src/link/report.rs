//! What a run gives. All rates are of 10^9 bytes or bits, all times of the simulated hardware.

use super::config::Config;
use super::preset::Source;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Version of the JSON: raised when a key changes its meaning or goes away.
pub const REPORT_VERSION: u32 = 1;

/// What `huffwire link --json` prints: a sweep, which may be of one point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`REPORT_VERSION`].
    pub version: u32,
    /// Crate that made it.
    pub program: String,
    /// Title of the preset and the sources of its numbers.
    pub title: String,
    /// Sources of the preset's numbers.
    pub sources: Vec<Source>,
    /// What clocked the codec: `model` or `rtl`.
    pub engine: String,
    /// What was sent.
    pub input: Input,
    /// What the sweep goes over, outermost first; empty for one point.
    pub axes: Vec<Axis>,
    /// One for each combination, the last axis fastest.
    pub points: Vec<Point>,
}

/// The tensors that messages were cut from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Input {
    /// Format of the elements.
    pub format: String,
    /// Bank of codebooks.
    pub bank: String,
    /// Its fingerprint.
    pub fingerprint: String,
    /// Names of the tensors.
    pub tensors: Vec<String>,
    /// Bytes of all of them.
    pub bytes: u64,
}

/// A key that a sweep goes over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Axis {
    /// The key, such as `link.lanes`.
    pub key: String,
    /// Its values as they were written.
    pub values: Vec<String>,
}

/// One configuration and all that was measured of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// The axes' values at this point.
    pub settings: BTreeMap<String, String>,
    /// Everything that held, ends of the axes included; `codec.cores` is the number there were.
    pub config: Config,
    /// What follows from it by arithmetic alone.
    pub derived: Derived,
    /// The messages as they were cut and coded.
    pub traffic: Traffic,
    /// Messages back to back: what the link carries at most.
    pub saturated: Comparison,
    /// The loads in turn.
    pub loads: Vec<LoadPoint>,
    /// From which size on compression is the faster way; absent if nobody asked.
    pub break_even: Option<BreakEven>,
    /// Bit error rates in turn, back to back.
    pub errors: Vec<ErrorPoint>,
    /// Depths to build, from all runs of this point with compression.
    pub depths: Vec<Depth>,
}

/// What follows from a configuration.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Derived {
    /// Raw bandwidth of the link, GB/s.
    pub raw_gb_s: f64,
    /// What is left for the elements of these messages without compression, flits full: GB/s. Loads are fractions of it.
    pub plain_gb_s: f64,
    /// What the cores together can take, GB/s of elements.
    pub codec_gb_s: f64,
    /// Bytes of a flit's payload.
    pub flit_payload_bytes: u32,
    /// The adapter's clock, GHz.
    pub adapter_clock_ghz: f64,
    /// The codec's clock, GHz.
    pub codec_clock_ghz: f64,
    /// Cores on each side.
    pub cores: u32,
    /// Clocks that a pair of cores adds to a packet alone, from the first step in to the last one out, beyond its steps.
    pub core_overhead_clocks: f64,
    /// Closed form of the gain: the least of what compression, cores and link allow, over what goes without compression.
    pub gain_closed_form: f64,
}

/// What the messages are, counted over the pool that they are drawn from by their weights.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Traffic {
    /// Different messages in the pool.
    pub pool_messages: u64,
    /// Mean bytes of elements of a message.
    pub message_bytes: f64,
    /// Mean bytes of its packets, as the encoder makes them; messages that are not compressed count as they are.
    pub coded_bytes: f64,
    /// 100 (message - coded) / message.
    pub saved_percent: f64,
}

/// The same traffic with and without compression.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Compression off.
    pub plain: Outcome,
    /// As the configuration has it; the same as `plain` where that is off.
    pub coded: Outcome,
    /// Effective bandwidth with over without.
    pub gain: f64,
}

/// A load.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoadPoint {
    /// Fraction of what the link carries without compression.
    pub load: f64,
    /// Bytes of elements offered, GB/s.
    pub offered_gb_s: f64,
    /// With and without compression.
    pub runs: Comparison,
    /// Latency that compression adds: differences of the quantiles.
    pub added: AddedLatency,
}

/// Differences of quantiles of the latency, with less without compression, in ns; negative where compression is faster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AddedLatency {
    /// Of the mean.
    pub mean_ns: f64,
    /// Of the median.
    pub p50_ns: f64,
    /// Of the 99th percentile.
    pub p99_ns: f64,
    /// Of the 99.9th percentile.
    pub p999_ns: f64,
}

/// What one run gave, warm-up not counted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Clocks of the adapter.
    pub clocks: u64,
    /// Simulated time, ns.
    pub ns: f64,
    /// Messages delivered whole.
    pub messages: u64,
    /// Bytes of elements delivered.
    pub plain_bytes: u64,
    /// Bytes of packets that left for the link, those sent again not counted.
    pub packet_bytes: u64,
    /// Arrivals that found no place at the sender: the load is beyond what can be carried.
    pub refused: u64,
    /// Bytes of elements delivered a second, GB/s.
    pub effective_gb_s: f64,
    /// Part of the link's time that flits with payload took, those sent again included: 0 to 1.
    pub utilisation: f64,
    /// Part of the payload of these flits that held packets: 0 to 1.
    pub flit_fill: f64,
    /// From a message's arrival at the sender to its last element at the receiver.
    pub latency: Latency,
    /// Where clocks went.
    pub stalls: Stalls,
    /// High-water marks.
    pub queues: Vec<Queue>,
    /// Flits and errors.
    pub flits: Flits,
    /// Energy.
    pub energy: Energy,
}

/// Quantiles of a time, ns, to three digits. Zero without a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// Least.
    pub min_ns: f64,
    /// Mean.
    pub mean_ns: f64,
    /// Median.
    pub p50_ns: f64,
    /// 99th percentile.
    pub p99_ns: f64,
    /// 99.9th percentile.
    pub p999_ns: f64,
    /// Most.
    pub max_ns: f64,
}

/// Clocks lost, by cause. Those of the cores are summed over all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stalls {
    /// Codec clocks in which a step was offered to an encoder that was not ready.
    pub encoder_input: u64,
    /// Codec clocks in which an encoder's beat found the queue in front of the adapter full.
    pub encoder_output: u64,
    /// Codec clocks in which a beat was offered to a decoder that was not ready.
    pub decoder_input: u64,
    /// Codec clocks in which a decoder that had begun a packet and could have taken a beat got none.
    pub decoder_starved: u64,
    /// Codec or adapter clocks in which a message without compression found the queue full.
    pub plain_input: u64,
    /// Adapter clocks in which no flit began because nothing was there to send.
    pub link_no_data: u64,
    /// The same, because a partly filled flit waited for more.
    pub link_filling: u64,
    /// The same, because no channel with data had a credit.
    pub link_no_credit: u64,
    /// The same, because the replay buffer was full.
    pub link_replay_full: u64,
    /// Adapter clocks of flits that were sent again.
    pub link_replay: u64,
}

/// High-water mark of a queue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queue {
    /// Which, as in the documentation.
    pub name: String,
    /// Unit of the two figures.
    pub unit: String,
    /// Most that was in it, of all cores.
    pub high_water: u64,
    /// Room that there was; 0 without a limit.
    pub depth: u64,
}

/// Flits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Flits {
    /// With payload, sent for the first time.
    pub sent: u64,
    /// Sent again.
    pub resent: u64,
    /// That arrived with a bit error.
    pub bad: u64,
    /// Cancelled at the receiver: bad ones and those behind them that have to come again.
    pub cancelled: u64,
    /// Retries: times that the sender went back.
    pub retries: u64,
}

/// A proxy for energy: what the lanes did for flits with payload. Clocks without one count as no toggle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Energy {
    /// Bits sent.
    pub bits: u64,
    /// Bits that differed from the one before them in the same lane.
    pub toggles: u64,
    /// Toggles for each byte of elements delivered.
    pub toggles_per_byte: f64,
    /// Bits times the preset's energy of a bit, over the bytes of elements delivered: pJ. The codec's own energy is not in it.
    pub pj_per_byte: f64,
}

/// From which message size on compression is the faster way on an empty link.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BreakEven {
    /// Smallest size, in bytes of elements, from which on no larger size measured is slower with compression, found by halving;
    /// absent if compression was slower at every size.
    pub measured_bytes: Option<u64>,
    /// The closed form for the same.
    pub closed_form_bytes: Option<f64>,
    /// Sizes measured, ascending.
    pub sizes: Vec<SizePoint>,
}

/// One message alone on the link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SizePoint {
    /// Bytes of elements.
    pub bytes: u64,
    /// Mean latency without compression, ns.
    pub plain_ns: f64,
    /// Mean latency with compression, ns.
    pub coded_ns: f64,
}

/// A bit error rate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ErrorPoint {
    /// Probability of a wrong bit.
    pub bit_error_rate: f64,
    /// Back to back, with and without compression.
    pub runs: Comparison,
    /// Closed form of the part of flits that arrive well: (1 - rate)^bits.
    pub flit_success_closed_form: f64,
}

/// A depth to build.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Depth {
    /// The queue.
    pub name: String,
    /// Unit.
    pub unit: String,
    /// Most that was in it in any run.
    pub high_water: u64,
    /// The next power of two.
    pub build: u64,
    /// Some run filled it, so that more might have been used.
    pub limited: bool,
}

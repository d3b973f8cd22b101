//! What a run is made from: the link, its flits, the adapters, the codec, the traffic, and how long to run.
//!
//! A configuration is a preset (link, flit, adapter: the parts that a standard fixes) and what the user adds. Every key is a
//! path such as `link.lanes`; [`Config::set`] takes it by that name, and [`Config::check`] is the one place that knows the ranges.

use super::error::LinkError;
use super::preset::{presets, Preset};
use serde::{Deserialize, Serialize};

/// The physical link, one direction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// Data lanes.
    pub lanes: u32,
    /// Transfers a second in each lane, in GT/s.
    pub gtps: f64,
    /// Bits of a transfer: 1 for two levels, 2 for four (PAM4).
    pub bits_per_transfer: u32,
    /// From the sending adapter to the receiving one, in ns.
    pub latency_ns: f64,
    /// Probability that a bit arrives wrong, behind the error correction that the link may have.
    pub bit_error_rate: f64,
    /// Energy of a bit sent, in pJ.
    pub pj_per_bit: f64,
    /// Whether the lanes are scrambled: toggles are then counted behind a pseudo-random stream.
    pub scrambled: bool,
}

/// What a flit is made of, in bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flit {
    /// All of it.
    pub bytes: u32,
    /// Its header.
    pub header_bytes: u32,
    /// Its check sums together.
    pub crc_bytes: u32,
    /// Anything else that carries no payload.
    pub reserved_bytes: u32,
}

/// The two adapters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adapter {
    /// Bytes that cross the interface to the adapter in one of its clocks: 32, 64 or 128. The adapter's clock is the one at which
    /// this many bytes a clock are the link's raw bandwidth.
    pub width_bytes: u32,
    /// Clocks from the interface to the link.
    pub tx_clocks: u32,
    /// Clocks from the link to the interface, the check of the flit not counted.
    pub rx_clocks: u32,
    /// Clocks between the clock domains of codec and adapter, each way.
    pub crossing_clocks: u32,
    /// Bytes of the queue in front of the sending adapter, for each channel.
    pub tx_queue_bytes: u32,
    /// Flits of the receive buffer, for each channel: so many may be sent before a credit comes back.
    pub credits: u32,
    /// Flits that the sending adapter keeps until they are acknowledged.
    pub replay_flits: u32,
    /// Clocks that a receiver takes for an acknowledgement or a credit, the way back not counted.
    pub ack_clocks: u32,
    /// Clocks that a partly filled flit waits for more before it is sent as it is.
    pub fill_clocks: u32,
    /// Bytes in a flit's payload in front of each piece of a packet, which tell its length and whether it ends.
    pub piece_bytes: u32,
}

/// What the messages pass through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Every message is compressed.
    On,
    /// None is.
    Off,
    /// Messages below `codec.threshold_bytes` are not.
    Adaptive,
}

/// How books are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BookPer {
    /// The best for each packet, named beside the data: the sender knows it beforehand.
    Packet,
    /// The best for each block of 16 steps: the encoder looks for it.
    Block,
}

/// The codec.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodecConfig {
    /// Compression on, off or adaptive.
    pub mode: Mode,
    /// Lanes of a core: elements a clock.
    pub lanes: u32,
    /// Encoders on one side and decoders on the other, each with a channel of its own; packets go to them in turn. 0: as many as
    /// keep the link full.
    pub cores: u32,
    /// Clock of the cores in GHz; 0: that of the adapter.
    pub clock_ghz: f64,
    /// Elements of a packet at most.
    pub packet_elements: u32,
    /// Words that a decoder's lane begins with (wire format, section 5.2), 3 to 5. With 3 a core waits now and then, which pairs in
    /// turn make up for, and packets are shortest.
    pub prefill: u32,
    /// How books are chosen.
    pub book: BookPer,
    /// Messages of fewer bytes are not compressed in adaptive mode; 0: the break-even size, measured.
    pub threshold_bytes: u64,
}

/// When messages come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arrival {
    /// Each as soon as the one before has been taken; the load has no meaning.
    BackToBack,
    /// Independent of each other, at the mean rate of the load.
    Poisson,
    /// In bursts of `traffic.burst` messages, the bursts independent of each other.
    Burst,
}

/// The messages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrafficConfig {
    /// Sizes of messages in bytes of elements, each with its share of the messages.
    pub sizes: Vec<SizeShare>,
    /// When they come, in the runs under a load.
    pub arrival: Arrival,
    /// Messages of a burst.
    pub burst: u32,
    /// Loads, as fractions of what the link carries without compression.
    pub loads: Vec<f64>,
}

/// A size of messages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SizeShare {
    /// Bytes of elements.
    pub bytes: u64,
    /// Weight among all sizes.
    pub weight: f64,
}

/// How long to run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunConfig {
    /// Clocks of the adapter in each run.
    pub clocks: u64,
    /// Clocks at the start that are not counted, so that queues are as full as they get.
    pub warm_up_clocks: u64,
    /// Seed of arrivals, choice of messages and bit errors.
    pub seed: u64,
    /// Bit error rates at which retries and goodput are measured, beside the link's own.
    pub bit_error_rates: Vec<f64>,
    /// Look for the message size from which on compression is the faster way.
    pub break_even: bool,
}

/// Everything that a point is made from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Name of the preset that it began with.
    pub preset: String,
    /// The physical link.
    pub link: Link,
    /// Its flits.
    pub flit: Flit,
    /// The adapters.
    pub adapter: Adapter,
    /// The codec.
    pub codec: CodecConfig,
    /// The messages.
    pub traffic: TrafficConfig,
    /// How long to run.
    pub run: RunConfig,
}

impl SizeShare {
    /// `4096`, or `4096:1+65536:3`: sizes, each with its weight, 1 unless given. `None` for anything else.
    pub fn parse_list(text: &str) -> Option<Vec<SizeShare>> {
        let size = |text: &str| {
            let (bytes, weight) = text.split_once(':').unwrap_or((text, "1"));
            Some(SizeShare { bytes: bytes.trim().parse().ok()?, weight: weight.trim().parse().ok()? })
        };
        text.split(['+', ',']).map(size).collect()
    }
}

impl Config {
    /// A preset's link with what is usual for all the rest.
    pub fn new(preset: &Preset) -> Self {
        Config {
            preset: preset.name.clone(),
            link: preset.link.clone(),
            flit: preset.flit.clone(),
            adapter: preset.adapter.clone(),
            codec: CodecConfig {
                mode: Mode::On,
                lanes: 16,
                cores: 0,
                clock_ghz: 1.0,
                packet_elements: 4096,
                prefill: 3,
                book: BookPer::Block,
                threshold_bytes: 0,
            },
            traffic: TrafficConfig {
                sizes: vec![SizeShare { bytes: 65536, weight: 1.0 }],
                arrival: Arrival::Poisson,
                burst: 8,
                loads: (1..=10).map(|tenth| f64::from(tenth) / 10.0).collect(),
            },
            run: RunConfig {
                clocks: 1_000_000,
                warm_up_clocks: 20_000,
                seed: 1,
                bit_error_rates: vec![1e-12, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5],
                break_even: true,
            },
        }
    }

    /// Sets one key, such as `link.lanes`, to a value written as in TOML; a bare word is taken for text, numbers with commas between
    /// for a list of them, and `traffic.sizes` may be written as [`SizeShare::parse_list`] takes it. The result is not checked yet:
    /// several keys may have to change together.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), LinkError> {
        let unknown = || LinkError::Key { key: key.into(), known: Self::keys().join(", ") };
        let wrong = |expected: String| LinkError::Value { key: key.into(), value: value.into(), expected };
        if key == "traffic.sizes" && !value.starts_with('[') {
            let expected = || wrong("BYTES, or BYTES:WEIGHT with + between, such as 4096:1+65536:3".into());
            self.traffic.sizes = SizeShare::parse_list(value).ok_or_else(expected)?;
            return Ok(());
        }
        let mut table = toml::Table::try_from(&*self).map_err(|e| LinkError::Toml(e.to_string()))?;
        let (section, name) = key.split_once('.').ok_or_else(unknown)?;
        let slot = table.get_mut(section).and_then(|s| s.as_table_mut()).and_then(|s| s.get_mut(name));
        let slot = slot.ok_or_else(unknown)?;
        let kind = kind(slot);
        *slot = parse_value(value, slot).ok_or_else(|| wrong(kind.into()))?;
        *self = table.try_into().map_err(|e: toml::de::Error| {
            // A word that stands for nothing is told with those that do; all else is a number out of its type's range.
            wrong(
                e.message().split_once("expected one of ").map_or(kind.into(), |(_, words)| format!("one of {words}")),
            )
        })?;
        Ok(())
    }

    /// Every key that [`Config::set`] takes.
    pub fn keys() -> Vec<String> {
        let Ok(table) = toml::Table::try_from(Config::new(&presets()[0])) else { return Vec::new() };
        let sections = table.iter().filter_map(|(section, v)| Some((section, v.as_table()?)));
        sections.flat_map(|(s, keys)| keys.keys().map(move |key| format!("{s}.{key}"))).collect()
    }

    /// Raw bandwidth of the link in bytes a second.
    pub fn raw_bytes_per_second(&self) -> f64 {
        let Link { lanes, gtps, bits_per_transfer, .. } = self.link;
        f64::from(lanes) * gtps * 1e9 * f64::from(bits_per_transfer) / 8.0
    }

    /// The adapter's clock in GHz.
    pub fn adapter_clock_ghz(&self) -> f64 {
        self.raw_bytes_per_second() / f64::from(self.adapter.width_bytes.max(1)) / 1e9
    }

    /// The codec's clock in GHz.
    pub fn codec_clock_ghz(&self) -> f64 {
        match self.codec.clock_ghz == 0.0 {
            true => self.adapter_clock_ghz(),
            false => self.codec.clock_ghz,
        }
    }

    /// Bytes of a flit that packets can use.
    pub fn flit_payload_bytes(&self) -> u32 {
        let Flit { bytes, header_bytes, crc_bytes, reserved_bytes } = self.flit;
        bytes.saturating_sub(header_bytes).saturating_sub(crc_bytes).saturating_sub(reserved_bytes)
    }
}

/// A value of the same kind as `like`.
fn parse_value(text: &str, like: &toml::Value) -> Option<toml::Value> {
    use toml::Value;
    let parsed = || toml::from_str::<toml::Table>(&format!("value = {text}")).ok()?.remove("value");
    Some(match like {
        Value::String(_) => Value::String(text.trim_matches('"').into()),
        Value::Float(_) => Value::Float(text.trim().parse().ok()?),
        Value::Integer(_) => parsed().filter(Value::is_integer)?,
        Value::Boolean(_) => Value::Boolean(text.trim().parse().ok()?),
        Value::Array(_) if !text.trim_start().starts_with('[') => {
            let numbers = text.split(',').map(|number| number.trim().parse().ok().map(Value::Float));
            Value::Array(numbers.collect::<Option<_>>()?)
        }
        Value::Array(_) => parsed().filter(Value::is_array)?,
        _ => return None,
    })
}

fn kind(value: &toml::Value) -> &'static str {
    match value {
        toml::Value::String(_) => "a word",
        toml::Value::Float(_) => "a number",
        toml::Value::Integer(_) => "a whole number, not negative",
        toml::Value::Boolean(_) => "true or false",
        _ => "a list of numbers, or one in brackets as TOML has it",
    }
}

//! The ranges of all keys: the one place that refuses a configuration.

use super::config::Config;
use super::error::LinkError;
use std::fmt::Display;

/// Error for a key out of its range.
fn wrong<T>(key: &str, value: impl Display, expected: impl Into<String>) -> Result<T, LinkError> {
    Err(LinkError::Value { key: key.into(), value: value.to_string(), expected: expected.into() })
}

fn whole(key: &str, value: impl Into<u64>, least: u64, most: u64) -> Result<(), LinkError> {
    let value = value.into();
    match (least..=most).contains(&value) {
        true => Ok(()),
        false => wrong(key, value, format!("{least} to {most}")),
    }
}

fn number(key: &str, value: f64, least: f64, most: f64) -> Result<(), LinkError> {
    match (least..=most).contains(&value) {
        true => Ok(()),
        false => wrong(key, value, format!("{least} to {most}")),
    }
}

/// Largest bit error rate: at 1e-3 one flit of 2048 bits in eight arrives.
const MOST_BIT_ERRORS: f64 = 1e-3;
/// Longest simulated time, in s.
const MOST_SECONDS: f64 = 1000.0;
/// Fastest clock of an adapter, in GHz.
const MOST_GHZ: f64 = 100.0;
/// Largest message.
pub const MOST_MESSAGE_BYTES: u64 = 1 << 28;

impl Config {
    /// Checks every range. The error names the key and what it may be.
    pub fn check(&self) -> Result<(), LinkError> {
        self.check_link()?;
        self.check_adapter()?;
        self.check_traffic()?;
        let codec = &self.codec;
        if !codec.lanes.is_power_of_two() || codec.lanes > 64 {
            return wrong("codec.lanes", codec.lanes, "1, 2, 4, 8, 16, 32 or 64");
        }
        whole("codec.cores", codec.cores, 0, 64)?;
        if codec.clock_ghz != 0.0 {
            number("codec.clock_ghz", codec.clock_ghz, 0.001, 100.0)?;
        }
        whole("codec.packet_elements", codec.packet_elements, 1, 1 << 22)?;
        // What the cores can be made with (`wire::PREFILLS`).
        whole("codec.prefill", codec.prefill, 3, 5)?;
        let run = &self.run;
        whole("run.clocks", run.clocks, 100, 1_000_000_000_000)?;
        whole("run.warm_up_clocks", run.warm_up_clocks, 0, 1_000_000_000_000)?;
        // Times are counted in femtoseconds.
        let most = (MOST_SECONDS * self.adapter_clock_ghz() * 1e9) as u64;
        if run.clocks.saturating_add(run.warm_up_clocks) > most {
            let expected = format!("at most {most} with the warm-up, {MOST_SECONDS} s of this adapter's clock");
            return wrong("run.clocks", run.clocks, expected);
        }
        run.bit_error_rates.iter().try_for_each(|&rate| number("run.bit_error_rates", rate, 0.0, MOST_BIT_ERRORS))
    }

    fn check_link(&self) -> Result<(), LinkError> {
        let link = &self.link;
        whole("link.lanes", link.lanes, 1, 4096)?;
        number("link.gtps", link.gtps, 0.001, 1000.0)?;
        whole("link.bits_per_transfer", link.bits_per_transfer, 1, 4)?;
        number("link.latency_ns", link.latency_ns, 0.0, 1e6)?;
        number("link.bit_error_rate", link.bit_error_rate, 0.0, MOST_BIT_ERRORS)?;
        number("link.pj_per_bit", link.pj_per_bit, 0.0, 1e4)
    }

    fn check_adapter(&self) -> Result<(), LinkError> {
        let (adapter, flit) = (&self.adapter, &self.flit);
        if !matches!(adapter.width_bytes, 32 | 64 | 128) {
            return wrong("adapter.width_bytes", adapter.width_bytes, "32, 64 or 128");
        }
        if self.adapter_clock_ghz() > MOST_GHZ {
            let raw = self.raw_bytes_per_second() / 1e9;
            let expected =
                format!("so wide that a link of {raw} GB/s needs an adapter's clock of at most {MOST_GHZ} GHz");
            return wrong("adapter.width_bytes", adapter.width_bytes, expected);
        }
        whole("flit.bytes", flit.bytes, 32, 4096)?;
        if flit.bytes % adapter.width_bytes != 0 {
            let expected = format!("a multiple of adapter.width_bytes = {}", adapter.width_bytes);
            return wrong("flit.bytes", flit.bytes, expected);
        }
        whole("adapter.piece_bytes", adapter.piece_bytes, 1, 8)?;
        // Whatever of the three is too large: a flit has to have room for a byte behind what tells pieces apart.
        for (key, value) in [
            ("flit.header_bytes", flit.header_bytes),
            ("flit.crc_bytes", flit.crc_bytes),
            ("flit.reserved_bytes", flit.reserved_bytes),
        ] {
            whole(key, value, 0, u64::from(flit.bytes) - 1)?;
        }
        if self.flit_payload_bytes() <= adapter.piece_bytes {
            let most = flit.bytes - adapter.piece_bytes - 1;
            let sum = flit.header_bytes + flit.crc_bytes + flit.reserved_bytes;
            let expected = format!("at most {most} together, so that a flit of {} bytes has a payload", flit.bytes);
            return wrong("flit.header_bytes + flit.crc_bytes + flit.reserved_bytes", sum, expected);
        }
        for (key, value) in [
            ("adapter.tx_clocks", adapter.tx_clocks),
            ("adapter.rx_clocks", adapter.rx_clocks),
            ("adapter.crossing_clocks", adapter.crossing_clocks),
            ("adapter.ack_clocks", adapter.ack_clocks),
            ("adapter.fill_clocks", adapter.fill_clocks),
        ] {
            whole(key, value, 0, 100_000)?;
        }
        // A beat of a core has 128 bytes at most.
        whole("adapter.tx_queue_bytes", adapter.tx_queue_bytes, 128, 1 << 24)?;
        whole("adapter.credits", adapter.credits, 1, 1 << 16)?;
        whole("adapter.replay_flits", adapter.replay_flits, 1, 1 << 16)
    }

    fn check_traffic(&self) -> Result<(), LinkError> {
        let traffic = &self.traffic;
        whole("traffic.sizes", traffic.sizes.len() as u64, 1, 64)
            .or_else(|_| wrong("traffic.sizes", format!("{} sizes", traffic.sizes.len()), "1 to 64 sizes"))?;
        for size in &traffic.sizes {
            whole("traffic.sizes", size.bytes, 1, MOST_MESSAGE_BYTES)?;
            number("traffic.sizes, weight", size.weight, 1e-9, 1e9)?;
        }
        whole("traffic.burst", traffic.burst, 1, 4096)?;
        traffic.loads.iter().try_for_each(|&load| number("traffic.loads", load, 0.001, 10.0))
    }
}

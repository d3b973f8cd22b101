//! What was measured of a link, in the form that estimate and export take.

use super::model::AlphaBeta;
use super::{CollectivesError, Compression};
use serde::{Deserialize, Serialize};

/// One direction of a link as it was measured, with compression off and on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LinkFigures {
    /// Name of the link, such as that of its preset.
    pub name: String,
    /// Bytes that the link takes in a clock.
    pub beat_bytes: u32,
    /// Clock of the link in MHz.
    pub clock_mhz: f64,
    /// Latency of the link itself in ns, without codec, framing and serialization.
    pub latency_ns: f64,
    /// Plain bytes delivered in a second by messages back to back, in units of 10^9.
    pub sustained_gb_s: OffOn,
    /// Times of messages of rising size, each alone on the link.
    pub points: Vec<Point>,
}

/// A figure with compression off and on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct OffOn {
    /// Off.
    pub off: f64,
    /// On.
    pub on: f64,
}

/// Messages of one size.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Bytes of a message before any coding.
    pub message_bytes: u64,
    /// From the first byte offered to the last byte delivered, in ns.
    pub time_ns: OffOn,
}

impl OffOn {
    /// One of the two.
    pub fn with(&self, compression: Compression) -> f64 {
        match compression {
            Compression::Off => self.off,
            Compression::On => self.on,
        }
    }
}

const POSITIVE: &str = "a positive number";

impl LinkFigures {
    /// Whether the figures can be: positive, finite, one size at least, rising.
    pub fn check(&self) -> Result<(), CollectivesError> {
        let fault = |what: String, value: f64, range: &'static str| {
            Err(CollectivesError::Figure { link: self.name.clone(), what, value, range })
        };
        let positive = |what: &str, value: f64| match value.is_finite() && value > 0.0 {
            true => Ok(()),
            false => fault(what.into(), value, POSITIVE),
        };
        positive("bytes a clock", f64::from(self.beat_bytes))?;
        positive("clock in MHz", self.clock_mhz)?;
        if !(self.latency_ns.is_finite() && self.latency_ns >= 0.0) {
            return fault("latency in ns".into(), self.latency_ns, "a number, 0 or more");
        }
        if self.points.is_empty() {
            return Err(CollectivesError::Points(self.name.clone()));
        }
        for pair in self.points.windows(2) {
            let (first, second) = (pair[0].message_bytes, pair[1].message_bytes);
            if second <= first {
                return Err(CollectivesError::Order { link: self.name.clone(), first, second });
            }
        }
        for point in &self.points {
            let bytes = point.message_bytes;
            positive("message size in bytes", bytes as f64)?;
            for compression in Compression::ALL {
                let what = format!("time in ns of {bytes} bytes with compression {compression}");
                positive(&what, point.time_ns.with(compression))?;
            }
        }
        for compression in Compression::ALL {
            let what = format!("bandwidth in GB/s with compression {compression}");
            positive(&what, self.sustained_gb_s.with(compression))?;
        }
        Ok(())
    }

    /// A clock of the link in ns.
    pub fn cycle_ns(&self) -> f64 {
        1000.0 / self.clock_mhz
    }

    /// Bytes in a second, in units of 10^9, that the link takes.
    pub fn raw_gbytes_per_second(&self) -> f64 {
        f64::from(self.beat_bytes) * self.clock_mhz / 1000.0
    }

    /// Alpha and beta for messages of about `bytes`: the straight line through the time of such a message, with the slope of messages
    /// back to back; through 0 where that is slower. One line for all sizes would be far from some: a message that is cut into packets
    /// for several cores takes steps, not a slope.
    pub fn alpha_beta(&self, compression: Compression, bytes: f64) -> AlphaBeta {
        let (time, _) = self.time_ns(compression, bytes);
        let beta_ns = 1.0 / self.sustained_gb_s.with(compression);
        match time - beta_ns * bytes {
            alpha_ns if alpha_ns >= 0.0 => AlphaBeta { alpha_ns, beta_ns },
            _ => AlphaBeta { alpha_ns: 0.0, beta_ns: time / bytes },
        }
    }

    /// Time of a message in ns. Between measured sizes: on the straight line from one to the next. Above them: at the bandwidth of
    /// messages back to back. Below: as the smallest. The second value says whether it lies above or below.
    pub fn time_ns(&self, compression: Compression, bytes: f64) -> (f64, bool) {
        let place = |p: &Point| (p.message_bytes as f64, p.time_ns.with(compression));
        let after = self.points.partition_point(|p| (p.message_bytes as f64) < bytes);
        match (after.checked_sub(1).and_then(|i| self.points.get(i)).map(place), self.points.get(after).map(place)) {
            (Some((x0, t0)), Some((x1, t1))) => (t0 + (t1 - t0) * (bytes - x0) / (x1 - x0), false),
            (Some((x, t)), None) => (t + (bytes - x) / self.sustained_gb_s.with(compression), true),
            (None, Some((x, t))) => (t, bytes < x),
            (None, None) => (f64::NAN, true),
        }
    }
}

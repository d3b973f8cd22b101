//! The alpha-beta model, and the estimate of a collective.

use super::rounds::rounds;
use super::{Collective, CollectivesError, Compression, LinkFigures, Topology};
use serde::Serialize;

/// A message of `m` bytes takes `alpha + beta m`. The model and its symbols
/// are those of Thakur, Rabenseifner and Gropp, "Optimization of collective communication operations in MPICH" (2005).
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct AlphaBeta {
    /// Time of a message of no bytes in ns.
    pub alpha_ns: f64,
    /// Time of a byte in ns.
    pub beta_ns: f64,
}

impl AlphaBeta {
    /// Time of a message in ns.
    pub fn time_ns(&self, bytes: f64) -> f64 {
        self.alpha_ns + self.beta_ns * bytes
    }

    /// Bytes in a second, in units of 10^9, of messages without end.
    pub fn gbytes_per_second(&self) -> f64 {
        1.0 / self.beta_ns
    }
}

/// What a collective takes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// The dies.
    pub topology: Topology,
    /// The collective.
    pub collective: Collective,
    /// Whether links compress.
    pub compression: Compression,
    /// Bytes, see [`Collective`].
    pub bytes: u64,
    /// Messages that follow one another.
    pub rounds: u32,
    /// Smallest and largest message in bytes.
    pub messages: (f64, f64),
    /// Whether a message is smaller or larger than any that was measured.
    pub beyond_measured: bool,
    /// Time in ns.
    pub time_ns: f64,
}

impl LinkFigures {
    /// The estimate from the measured times: the sum over the rounds of the time of a message of that size. Where times lie on a
    /// straight line it is the published closed form, see `docs/collectives.md`. The sums of a reduction cost nothing here.
    pub fn estimate(
        &self,
        topology: Topology,
        collective: Collective,
        bytes: u64,
        compression: Compression,
    ) -> Result<Estimate, CollectivesError> {
        self.check()?;
        let rounds = rounds(topology, collective, bytes)?;
        let (mut time_ns, mut count, mut beyond_measured) = (0.0, 0, false);
        let mut messages = (f64::INFINITY, 0.0f64);
        for round in &rounds {
            let (time, beyond) = self.time_ns(compression, round.bytes);
            time_ns += f64::from(round.count) * time;
            count += round.count;
            beyond_measured |= beyond;
            messages = (messages.0.min(round.bytes), messages.1.max(round.bytes));
        }
        Ok(Estimate { topology, collective, compression, bytes, rounds: count, messages, beyond_measured, time_ns })
    }
}

//! Collectives over compressed links: what all-gather, reduce-scatter, all-reduce and all-to-all take on rings and meshes of dies,
//! with compression off and on.
//!
//! ```text
//! measured link -> LinkFigures -+-> model.rs, rounds.rs -> a closed-form estimate for a first look
//!                               `-> export/             -> input for ASTRA-sim, BookSim 2, RapidChiplet, gem5 Garnet
//! ```
//!
//! There is no network simulator here. The estimate is the textbook's: a collective is a sequence of rounds, a round is one message
//! between neighbours, and a message of `m` bytes takes `alpha + beta m`. Congestion, routers and overlap belong to the simulators
//! that the export is for. `docs/collectives.md` has the formulas, their sources, and a worked example for each simulator.

mod error;
pub mod export;
mod figures;
mod measured;
mod model;
mod packets;
mod rounds;
mod topology;

pub use error::CollectivesError;
pub use figures::{LinkFigures, OffOn, Point};
pub use model::{AlphaBeta, Estimate};
pub use packets::{packets, Packet};
pub use rounds::{rounds, Round};
pub use topology::{Line, Topology};

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Whether the codec is in the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    /// Plain data on the link.
    Off,
    /// Encoder before it, decoder behind it.
    On,
}

impl Compression {
    /// Both.
    pub const ALL: [Compression; 2] = [Compression::Off, Compression::On];
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Compression::Off => "off",
            Compression::On => "on",
        })
    }
}

/// A collective over `p` dies. `n` is what its size means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Collective {
    /// Every die has `n / p` bytes at first and all `n` at the end.
    AllGather,
    /// Every die has a vector of `n` bytes at first and `n / p` bytes of the sum of all vectors at the end.
    ReduceScatter,
    /// Every die has a vector of `n` bytes at first and the sum of all vectors at the end.
    AllReduce,
    /// Every die has `n / p` bytes for every die, itself included.
    AllToAll,
}

impl Collective {
    /// All four.
    pub const ALL: [Collective; 4] =
        [Collective::AllGather, Collective::ReduceScatter, Collective::AllReduce, Collective::AllToAll];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Collective::AllGather => "all-gather",
            Collective::ReduceScatter => "reduce-scatter",
            Collective::AllReduce => "all-reduce",
            Collective::AllToAll => "all-to-all",
        }
    }
}

impl fmt::Display for Collective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Collective {
    type Err = CollectivesError;
    fn from_str(text: &str) -> Result<Self, CollectivesError> {
        let found = Collective::ALL.into_iter().find(|c| c.name() == text);
        found.ok_or_else(|| CollectivesError::Collective(text.into()))
    }
}

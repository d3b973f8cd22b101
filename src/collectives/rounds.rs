//! Collectives as rounds: messages between neighbours that follow one another.
//!
//! The algorithms are those for long vectors of Chan, Heimlich, Purkayastha and van de Geijn, "Collective communication: theory,
//! practice, and experience" (2007): buckets that go round a ring, and on a mesh round the rows and then the columns, or the other way
//! round where they gather, so that messages along one dimension are always of the same size. A row has no
//! link that closes it, but a message from its end back to its start meets no other, since links are full duplex.

use super::topology::{Line, Topology};
use super::{Collective, CollectivesError};

/// Rounds of equal size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Round {
    /// How many follow one another.
    pub count: u32,
    /// Bytes of the message that each die sends in each.
    pub bytes: f64,
}

/// Most bytes of a collective.
const MOST_BYTES: u64 = 1 << 40;

/// Whether there is something to send for every die.
pub(super) fn check_bytes(topology: Topology, bytes: u64) -> Result<(), CollectivesError> {
    let dies = topology.dies();
    match (u64::from(dies)..=MOST_BYTES).contains(&bytes) {
        true => Ok(()),
        false => Err(CollectivesError::Bytes { bytes, dies }),
    }
}

/// The rounds of a collective of `bytes` (see [`Collective`]).
pub fn rounds(topology: Topology, collective: Collective, bytes: u64) -> Result<Vec<Round>, CollectivesError> {
    check_bytes(topology, bytes)?;
    let (all, lines) = (bytes as f64, topology.lines());
    let back: Vec<Line> = lines.iter().rev().copied().collect();
    Ok(match collective {
        Collective::AllGather => gather(&back, all),
        Collective::ReduceScatter => scatter(&lines, all),
        Collective::AllReduce => [scatter(&lines, all), gather(&back, all)].concat(),
        Collective::AllToAll => lines.iter().flat_map(|&line| exchange(line, all)).collect(),
    })
}

/// Along each line the buckets that all of it has: they grow from line to line.
fn gather(lines: &[Line], all: f64) -> Vec<Round> {
    let mut bytes = lines.iter().fold(all, |bytes, line| bytes / f64::from(line.dies));
    let mut rounds = Vec::new();
    for line in lines {
        rounds.push(Round { count: line.dies - 1, bytes });
        bytes *= f64::from(line.dies);
    }
    rounds
}

/// The same the other way: they shrink from line to line.
fn scatter(lines: &[Line], all: f64) -> Vec<Round> {
    let mut bytes = all;
    let mut rounds = Vec::new();
    for line in lines {
        bytes /= f64::from(line.dies);
        rounds.push(Round { count: line.dies - 1, bytes });
    }
    rounds
}

/// Every die of a line has a block for every other.
///
/// Ring: in each round a die passes to both neighbours all blocks that go on that way; one for the die opposite goes half each way.
/// After `floor(d / 2)` rounds all have arrived, and each link has carried `floor(d^2 / 4) / 2` blocks in each direction, the least
/// that it has to (cut a ring into halves). Row: the link in the middle has `floor(d^2 / 4)` blocks to carry in each direction,
/// and the farthest block makes `d - 1` hops; that many rounds share the load.
fn exchange(Line { dies, ring }: Line, all: f64) -> Vec<Round> {
    let block = all / f64::from(dies);
    let halves = f64::from(dies * dies / 4);
    if !ring {
        return vec![Round { count: dies - 1, bytes: halves / f64::from(dies - 1) * block }];
    }
    let hops = dies / 2;
    // For the die opposite, of an even number, only half a block goes this way.
    let opposite = if dies.is_multiple_of(2) { 0.5 } else { 1.0 };
    (0..hops).map(|r| Round { count: 1, bytes: (f64::from(hops - 1 - r) + opposite) * block }).collect()
}

//! A pair of cores without a link between: what they take beyond their steps, and how fast they are.

use super::engine::{Engine, Pair};
use super::error::LinkError;
use super::pool::Pool;
use super::timing::{LinkBeat, PlainBeat};
use std::collections::VecDeque;

/// Packets of the pool that are sent through the cores at most.
const PACKETS: usize = 64;
/// Clocks without a beat after which the cores are held to hang.
const PATIENCE: u64 = 100_000;

/// What a pair of cores takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CoreTiming {
    /// Clocks from the first step in to the last one out of a packet alone, less its steps: mean.
    pub overhead_clocks: f64,
    /// Bytes of elements a clock, packets one behind the other.
    pub bytes_per_clock: f64,
}

impl CoreTiming {
    /// Measures it with packets of the pool.
    pub fn measure(pool: &Pool, engine: &dyn Engine) -> Result<Self, LinkError> {
        let packets: Vec<u32> = (0..pool.packets.len().min(PACKETS) as u32).collect();
        let alone = packets.iter().take(4).map(|&packet| {
            let done = run(engine.pair(pool)?, pool, &[packet])?;
            Ok(done[0] as f64 + 1.0 - f64::from(pool.profiles[packet as usize].beats()))
        });
        let alone: Vec<f64> = alone.collect::<Result<_, LinkError>>()?;
        // A first packet fills the cores, the others follow at their pace; a single one is sent again and again.
        let many: Vec<u32> = packets.iter().copied().cycle().take(packets.len().max(8) + 1).collect();
        let done = run(engine.pair(pool)?, pool, &many)?;
        let bytes: usize = many[1..].iter().map(|&p| pool.packets[p as usize].plain.len()).sum();
        let clocks = done[done.len() - 1] - done[0];
        Ok(CoreTiming {
            overhead_clocks: alone.iter().sum::<f64>() / alone.len() as f64,
            bytes_per_clock: bytes as f64 / clocks as f64,
        })
    }
}

/// Sends packets through both cores and gives the clock in which the last step of each came out; clock 0 takes the first step.
fn run(Pair { mut encoder, mut decoder }: Pair, pool: &Pool, packets: &[u32]) -> Result<Vec<u64>, LinkError> {
    let mut steps = packets.iter().flat_map(|&packet| {
        let beats = pool.profiles[packet as usize].beats();
        (0..beats).map(move |step| PlainBeat { packet, step, last: step + 1 == beats })
    });
    let mut offer = steps.next();
    let mut between: VecDeque<LinkBeat> = VecDeque::new();
    let (mut done, mut first, mut moved, mut clock) = (Vec::new(), None, 0, 0u64);
    while done.len() < packets.len() {
        let encoded = encoder.clock(offer, true)?;
        if encoded.accepted {
            first = first.or(Some(clock));
            offer = steps.next();
        }
        // A beat is there for the decoder in the clock behind.
        let decoded = decoder.clock(between.front().copied(), true)?;
        if decoded.accepted {
            between.pop_front();
        }
        between.extend(encoded.offered);
        done.extend(decoded.offered.filter(|b| b.last).map(|_| clock - first.unwrap_or(0)));
        if encoded.accepted || decoded.offered.is_some() {
            moved = clock;
        }
        if clock - moved > PATIENCE {
            return Err(LinkError::Broken("the cores hang".into()));
        }
        clock += 1;
    }
    Ok(done)
}

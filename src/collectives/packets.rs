//! Collectives as packets that wait for one another: what a trace-driven simulator runs.

use super::rounds::check_bytes;
use super::{Collective, CollectivesError, Topology};

/// A packet from one die to another.
#[derive(Clone, Debug, PartialEq)]
pub struct Packet {
    /// The die that sends it.
    pub source: u32,
    /// The die that it is for.
    pub destination: u32,
    /// Bytes before any coding.
    pub bytes: f64,
    /// The round that it is of, from 0.
    pub round: u32,
    /// Packets, by index, that have to be there before it leaves.
    pub after: Vec<usize>,
}

/// What every die waits for before its next packet.
struct Schedule {
    packets: Vec<Packet>,
    /// Packets that each die waits for.
    waits: Vec<Vec<usize>>,
    round: u32,
}

impl Schedule {
    fn send(&mut self, source: u32, destination: u32, bytes: f64) -> usize {
        let after = self.waits[source as usize].clone();
        self.packets.push(Packet { source, destination, bytes, round: self.round, after });
        self.packets.len() - 1
    }

    /// Sends packets that leave together; then each die waits for what it has received.
    fn together(&mut self, packets: &[(u32, u32, f64)]) {
        let mut arrived: Vec<(u32, usize)> = Vec::new();
        for &(source, destination, bytes) in packets {
            arrived.push((destination, self.send(source, destination, bytes)));
        }
        self.wait_for(&arrived);
        self.round += 1;
    }

    /// From now on each die waits for the packets that it has received.
    fn wait_for(&mut self, arrived: &[(u32, usize)]) {
        arrived.iter().for_each(|&(die, _)| self.waits[die as usize].clear());
        arrived.iter().for_each(|&(die, packet)| self.waits[die as usize].push(packet));
    }
}

/// The packets of a collective of `bytes`: those of [`super::rounds()`], but that in an all-to-all along a row of a mesh every block is
/// passed on by itself.
pub fn packets(topology: Topology, collective: Collective, bytes: u64) -> Result<Vec<Packet>, CollectivesError> {
    check_bytes(topology, bytes)?;
    let members = topology.members();
    let sizes: Vec<f64> = topology.lines().iter().map(|l| f64::from(l.dies)).collect();
    let mut schedule = Schedule { packets: Vec::new(), waits: vec![Vec::new(); topology.dies() as usize], round: 0 };
    let all = bytes as f64;
    let scatter = |schedule: &mut Schedule| {
        let mut block = all;
        for (lines, size) in members.iter().zip(&sizes) {
            block /= size;
            buckets(schedule, lines, block);
        }
    };
    let gather = |schedule: &mut Schedule, order: &mut dyn Iterator<Item = (&Vec<Vec<u32>>, &f64)>| {
        let mut block = sizes.iter().fold(all, |bytes, size| bytes / size);
        for (lines, size) in order {
            buckets(schedule, lines, block);
            block *= size;
        }
    };
    match collective {
        Collective::AllGather => gather(&mut schedule, &mut members.iter().zip(&sizes).rev()),
        Collective::ReduceScatter => scatter(&mut schedule),
        Collective::AllReduce => {
            scatter(&mut schedule);
            gather(&mut schedule, &mut members.iter().zip(&sizes).rev());
        }
        Collective::AllToAll => {
            for (lines, size) in members.iter().zip(&sizes) {
                match topology {
                    Topology::Ring { .. } => relays(&mut schedule, &lines[0], all / size),
                    Topology::Mesh { .. } => passed_on(&mut schedule, lines, all / size),
                }
            }
        }
    }
    Ok(schedule.packets)
}

/// Buckets go round each line, one place in a round.
fn buckets(schedule: &mut Schedule, lines: &[Vec<u32>], bytes: f64) {
    let dies = lines[0].len();
    for _ in 1..dies {
        let packets = lines.iter().flat_map(|line| (0..dies).map(move |i| (line[i], line[(i + 1) % dies], bytes)));
        schedule.together(&packets.collect::<Vec<_>>());
    }
}

/// Blocks for others are passed on round a ring, both ways.
fn relays(schedule: &mut Schedule, ring: &[u32], block: f64) {
    let dies = ring.len();
    let hops = dies / 2;
    let opposite = if dies.is_multiple_of(2) { 0.5 } else { 1.0 };
    for round in 0..hops {
        let bytes = ((hops - 1 - round) as f64 + opposite) * block;
        let both = (0..dies)
            .flat_map(|i| [(ring[i], ring[(i + 1) % dies], bytes), (ring[i], ring[(i + dies - 1) % dies], bytes)]);
        schedule.together(&both.collect::<Vec<_>>());
    }
}

/// Every die of each row has a block for every other, which is passed on from die to die: its own first, the farthest before the
/// nearer, then those of others as they come.
fn passed_on(schedule: &mut Schedule, rows: &[Vec<u32>], block: f64) {
    let mut arrived: Vec<(u32, usize)> = Vec::new();
    let first = schedule.round;
    for row in rows {
        for from in 0..row.len() {
            let mut others: Vec<usize> = (0..row.len()).filter(|&to| to != from).collect();
            others.sort_by_key(|&to| std::cmp::Reverse(from.abs_diff(to)));
            for to in others {
                let next = |at: usize| if to > at { at + 1 } else { at - 1 };
                let (mut at, mut last) = (from, None);
                while at != to {
                    schedule.round = first + from.abs_diff(at) as u32;
                    let packet = schedule.send(row[at], row[next(at)], block);
                    if let Some(last) = last {
                        schedule.packets[packet].after = vec![last];
                    }
                    (at, last) = (next(at), Some(packet));
                }
                arrived.extend(last.map(|packet| (row[to], packet)));
            }
        }
    }
    schedule.wait_for(&arrived);
    schedule.round = first + rows[0].len() as u32 - 1;
}

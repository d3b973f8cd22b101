//! Packets: they carry just what the collective needs, over links that are there, and take as long as the estimate says.

use super::*;
use huffwire::collectives::{packets, Collective, Packet};
use std::collections::BTreeMap;

const BYTES: u64 = 16 * 3 * 5 * 7 * 32;

/// Time of the last packet, if a packet takes alpha + beta m behind those that it waits for and those before it on its link.
fn finish(packets: &[Packet], alpha: f64, beta: f64) -> f64 {
    let mut done = vec![0.0f64; packets.len()];
    let mut link_free = BTreeMap::<(u32, u32), f64>::new();
    // In the order of rounds, as links would serve them.
    let mut order: Vec<usize> = (0..packets.len()).collect();
    order.sort_by_key(|&i| packets[i].round);
    for i in order {
        let p = &packets[i];
        let ready = p.after.iter().map(|&a| done[a]).fold(0.0, f64::max);
        let free = link_free.entry((p.source, p.destination)).or_default();
        let start = ready.max(*free);
        *free = start + beta * p.bytes;
        done[i] = start + alpha + beta * p.bytes;
    }
    done.into_iter().fold(0.0, f64::max)
}

#[test]
fn packets_wait_only_for_earlier_ones_and_take_as_long_as_the_estimate() {
    let (alpha, bandwidth) = (25.0, 200.0);
    let link = straight((alpha, bandwidth), (alpha, bandwidth));
    for text in TOPOLOGIES {
        let topology = topology(text);
        for collective in Collective::ALL {
            let packets = packets(topology, collective, BYTES).unwrap();
            for (i, p) in packets.iter().enumerate() {
                assert!(p.after.iter().all(|&a| a < i && packets[a].round < p.round), "{text} {collective} {i}");
                assert!(p.after.iter().all(|&a| packets[a].destination == p.source), "{text} {collective} {i}");
                assert!(p.source != p.destination && p.bytes > 0.0);
            }
            let estimate = link.estimate(topology, collective, BYTES, Compression::Off).unwrap().time_ns;
            let found = finish(&packets, alpha, 1.0 / bandwidth);
            // Blocks along a row need not stand in line for every one of the hops that the estimate counts, nor does the bound hold
            // to the last block.
            let slack = if collective == Collective::AllToAll { 0.15 } else { 1e-9 };
            assert!((found / estimate - 1.0).abs() <= slack, "{text} {collective}: {found} against {estimate}");
        }
    }
}

/// What every die receives. All-gather: all that is not its own; reduce-scatter: a share of every vector for each of its steps.
#[test]
fn every_die_receives_what_it_needs() {
    for text in TOPOLOGIES {
        let topology = topology(text);
        let dies = f64::from(topology.dies());
        let received = |collective| {
            let mut bytes = vec![0.0; topology.dies() as usize];
            packets(topology, collective, BYTES).unwrap().iter().for_each(|p| bytes[p.destination as usize] += p.bytes);
            bytes
        };
        let others = BYTES as f64 * (dies - 1.0) / dies;
        received(Collective::AllGather).into_iter().for_each(|b| close(b, others));
        received(Collective::ReduceScatter).into_iter().for_each(|b| close(b, others));
        received(Collective::AllReduce).into_iter().for_each(|b| close(b, 2.0 * others));
    }
    // All-to-all on a ring: every block over the shorter way, so that all links carry floor(d^2 / 4) / 2 blocks each way.
    for dies in [3u32, 4, 7, 8] {
        let mut load = BTreeMap::<(u32, u32), f64>::new();
        for p in packets(Topology::Ring { dies }, Collective::AllToAll, BYTES).unwrap() {
            *load.entry((p.source, p.destination)).or_default() += p.bytes;
        }
        assert_eq!(load.len(), 2 * dies as usize);
        let expected = f64::from(dies * dies / 4) / 2.0 * BYTES as f64 / f64::from(dies);
        load.values().for_each(|&l| close(l, expected));
    }
    // In a row of 4: 3, 4, 3 blocks each way.
    let mut load = BTreeMap::<(u32, u32), f64>::new();
    for p in packets(topology("mesh:1x4"), Collective::AllToAll, 400).unwrap() {
        *load.entry((p.source, p.destination)).or_default() += p.bytes / 100.0;
    }
    let expected = [((0, 1), 3.0), ((1, 0), 3.0), ((1, 2), 4.0), ((2, 1), 4.0), ((2, 3), 3.0), ((3, 2), 3.0)];
    assert_eq!(load, BTreeMap::from(expected));
}

#[test]
fn every_die_is_reached_over_links() {
    for text in TOPOLOGIES {
        let topology = topology(text);
        let links = topology.links();
        for from in 0..topology.dies() {
            for to in 0..topology.dies() {
                let (mut at, mut hops) = (from, 0);
                while at != to {
                    let next = topology.next_hop(at, to);
                    assert!(links.contains(&(at, next)) || links.contains(&(next, at)), "{text}: {at} to {next}");
                    (at, hops) = (next, hops + 1);
                }
                let shortest = match topology {
                    Topology::Ring { dies } => from.abs_diff(to).min(dies - from.abs_diff(to)),
                    Topology::Mesh { columns, .. } => {
                        (from / columns).abs_diff(to / columns) + (from % columns).abs_diff(to % columns)
                    }
                };
                assert_eq!(hops, shortest, "{text}: {from} to {to}");
            }
        }
    }
}

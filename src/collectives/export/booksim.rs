//! Input for BookSim 2 (<https://github.com/booksim/booksim2>): networks for its topology `anynet`, and configurations.
//!
//! A network file has a line a router: `router ID` and what it is connected to, each `node ID` or `router ID` with the latency of the
//! channel in clocks behind it (src/networks/anynet.cpp). Channels are one-way: each router gives the latency of those that leave
//! it. A configuration has assignments `name = value;` and comments `//` (src/config.l, config.y, names in booksim_config.cpp).
//!
//! A channel carries a flit a clock. A flit is what the link takes in a clock, so that a message of `m` bytes has `beta m` flits, beta
//! in clocks a byte: compression makes messages shorter, not channels faster.
//!
//! `phase1`, `phase2`: the dimensions of the bucket algorithms, one after the other: a ring or a row, every die sends to the next
//! (`neighbor`) as many messages as a reduce-scatter or all-gather has rounds, each when the one before has arrived (`max_outstanding_requests = 1`).
//! `network`: all dies, for traffic of one's own; its configuration has uniform traffic at a low load.

use super::astra::one_line;
use super::{Clocks, File};
use crate::collectives::{rounds, Collective, CollectivesError, Compression, Line, LinkFigures, Topology};
use std::fmt::Write;

/// Share of the clocks in which a die offers a flit under uniform traffic.
const LOAD: f64 = 0.05;
/// Clocks that a router and the two ends of a channel add to a round trip of credits.
const CREDIT_LOOP: u64 = 16;
/// Clocks that the link would take at its raw bandwidth for a packet of the uniform traffic.
const PACKET: u64 = 16;

pub fn files(figures: &LinkFigures, topology: Topology, bytes: u64) -> Result<Vec<File>, CollectivesError> {
    let rounds = rounds(topology, Collective::ReduceScatter, bytes)?;
    let mut files: Vec<File> = Vec::new();
    for compression in Compression::ALL {
        let head = |what: &str| format!("// Link {}, compression {compression}: {what}\n", one_line(&figures.name));
        for ((line, round), number) in topology.lines().iter().zip(&rounds).zip(1..) {
            let clocks = Clocks::of(figures, compression, round.bytes);
            let latency = clocks.latency();
            let name = format!("phase{number}.{compression}");
            let what = format!(
                "reduce-scatter or all-gather of {bytes} bytes on {topology}, dimension {number}, {} rounds",
                round.count
            );
            let traffic = [
                ("traffic", "neighbor".into()),
                ("k", line.dies.to_string()),
                ("n", "1".into()),
                ("packet_size", clocks.flits(round.bytes).to_string()),
                ("sim_type", "batch".into()),
                ("batch_size", round.count.to_string()),
                ("batch_count", "1".into()),
                ("max_outstanding_requests", "1".into()),
            ];
            files.push((format!("{name}.anynet").into(), network(line.dies, &links(*line), latency)));
            files.push((format!("{name}.cfg").into(), head(&what) + &configuration(&name, latency, &traffic)));
        }
        let name = format!("network.{compression}");
        let packet = (PACKET * u64::from(figures.beat_bytes)) as f64;
        let clocks = Clocks::of(figures, compression, packet);
        let latency = clocks.latency();
        let traffic = [
            ("traffic", "uniform".into()),
            ("packet_size", clocks.flits(packet).to_string()),
            ("injection_rate", format!("{LOAD}")),
            ("injection_rate_uses_flits", "1".into()),
            ("sim_type", "latency".into()),
            ("latency_thres", format!("{:.1}", 100.0 * (latency as f64 * f64::from(topology.dies()) + 100.0))),
            ("sample_period", "10000".into()),
        ];
        files.push((format!("{name}.anynet").into(), network(topology.dies(), &topology.links(), latency)));
        files.push((
            format!("{name}.cfg").into(),
            head(&format!("uniform traffic on {topology}, packets of {packet} bytes"))
                + &configuration(&name, latency, &traffic),
        ));
    }
    Ok(files)
}

fn links(Line { dies, ring }: Line) -> Vec<(u32, u32)> {
    match ring {
        true => Topology::Ring { dies }.links(),
        false => Topology::Mesh { rows: 1, columns: dies }.links(),
    }
}

/// A router for each die, with the die's node.
fn network(dies: u32, links: &[(u32, u32)], latency: u64) -> String {
    let mut out = String::new();
    for die in 0..dies {
        // Writing to a String cannot fail.
        let _ = write!(out, "router {die} node {die}");
        let ends = links.iter().flat_map(|&(a, b)| [(a, b), (b, a)]);
        let mut others: Vec<u32> = ends.filter(|&(from, _)| from == die).map(|(_, to)| to).collect();
        others.sort_unstable();
        for other in others {
            let _ = write!(out, " router {other} {latency}");
        }
        out.push('\n');
    }
    out
}

fn configuration(network: &str, latency: u64, traffic: &[(&str, String)]) -> String {
    let general = [
        ("topology", "anynet".to_string()),
        ("network_file", format!("{network}.anynet")),
        ("routing_function", "min".into()),
        ("num_vcs", "4".into()),
        // A channel stays busy only if a buffer holds all flits of a round trip of credits.
        ("vc_buf_size", (2 * latency + CREDIT_LOOP).to_string()),
        ("wait_for_tail_credit", "0".into()),
        ("vc_allocator", "separable_input_first".into()),
        ("sw_allocator", "separable_input_first".into()),
        ("alloc_iters", "1".into()),
        ("use_read_write", "0".into()),
        ("deadlock_warn_timeout", (1000 * latency).to_string()),
        ("seed", "1".into()),
    ];
    general.iter().chain(traffic).map(|(name, value)| format!("{name} = {value};\n")).collect()
}

//! Input for ASTRA-sim with its analytical network (<https://github.com/astra-sim/astra-sim>,
//! <https://github.com/astra-sim/astra-network-analytical>).
//!
//! The network file is YAML with a list for each key, an entry a dimension: `topology` (`Ring`, `FullyConnected` or `Switch`),
//! `npus_count` (2 at least), `bandwidth`, `latency` in ns. A gigabyte of its bandwidth has 2^30 bytes (`bw_GBps_to_Bpns` in
//! NetworkFunction.cpp). There is no mesh: a mesh is a ring for each dimension, as the bucket algorithms see it.

use super::{json, File};
use crate::collectives::{Compression, LinkFigures, Topology};
use serde_json::json;

/// Bytes of a gigabyte there.
const GIGABYTE: f64 = (1u64 << 30) as f64;

pub fn files(figures: &LinkFigures, topology: Topology) -> Vec<File> {
    let lines = topology.lines();
    let mut files: Vec<File> =
        Compression::ALL.map(|c| (format!("network.{c}.yml").into(), network(figures, topology, c))).to_vec();
    // One implementation a dimension; native names are those of CollectiveImplLookup.cc.
    let per_line = |name: &'static str| vec![name; lines.len()];
    let system = json!({
        "scheduling-policy": "LIFO",
        "endpoint-delay": 0,
        "active-chunks-per-dimension": 1,
        "preferred-dataset-splits": 1,
        "all-reduce-implementation": per_line("ring"),
        "all-gather-implementation": per_line("ring"),
        "reduce-scatter-implementation": per_line("ring"),
        "all-to-all-implementation": per_line("ring"),
        "collective-optimization": "baseline",
        "local-mem-bw": 1600,
        "boost-mode": 0
    });
    files.push(("system.json".into(), json(&system)));
    files.push(("remote_memory.json".into(), json(&json!({ "memory-type": "NO_MEMORY_EXPANSION" }))));
    let dims: Vec<String> = lines.iter().map(|l| l.dies.to_string()).collect();
    files.push(("logical_topology.json".into(), json(&json!({ "logical-dims": dims }))));
    files
}

fn network(figures: &LinkFigures, topology: Topology, compression: Compression) -> String {
    let line = figures.alpha_beta(compression);
    let lines = topology.lines();
    let list = |values: Vec<String>| format!("[ {} ]", values.join(", "));
    let each = |value: String| list(vec![value; lines.len()]);
    format!(
        "# Link {}, compression {compression}, {topology}\n\
         topology: {}\nnpus_count: {}\nbandwidth: {}  # GB/s of 2^30 bytes\nlatency: {}  # ns\n",
        one_line(&figures.name),
        each("Ring".into()),
        list(lines.iter().map(|l| l.dies.to_string()).collect()),
        each(format!("{:.6}", 1e9 / line.beta_ns / GIGABYTE)),
        each(format!("{:.3}", line.alpha_ns)),
    )
}

/// Text for a comment.
pub fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

//! Input for ASTRA-sim with its analytical network (<https://github.com/astra-sim/astra-sim>,
//! <https://github.com/astra-sim/astra-network-analytical>).
//!
//! The network file is YAML with a list for each key, an entry a dimension: `topology` (`Ring`, `FullyConnected` or `Switch`),
//! `npus_count` (2 at least), `bandwidth`, `latency` in ns. A gigabyte of its bandwidth has 2^30 bytes (`bw_GBps_to_Bpns` in
//! NetworkFunction.cpp). There is no mesh: a mesh is a ring for each dimension, as the bucket algorithms see it.

use super::{json, messages, File};
use crate::collectives::{AlphaBeta, CollectivesError, Compression, LinkFigures, Topology};
use serde_json::json;

/// Bytes of a gigabyte there.
const GIGABYTE: f64 = (1u64 << 30) as f64;

pub fn files(figures: &LinkFigures, topology: Topology, bytes: u64) -> Result<Vec<File>, CollectivesError> {
    let lines = topology.lines();
    let messages = messages(topology, bytes)?;
    let network = |c| (format!("network.{c}.yml").into(), network(figures, topology, c, &messages));
    let mut files: Vec<File> = Compression::ALL.map(network).to_vec();
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
        // An all-reduce along several dimensions as reduce-scatters and all-gathers.
        "collective-optimization": "localBWAware",
        "local-mem-bw": 1600,
        "boost-mode": 0
    });
    files.push(("system.json".into(), json(&system)));
    files.push(("remote_memory.json".into(), json(&json!({ "memory-type": "NO_MEMORY_EXPANSION" }))));
    let dims: Vec<String> = lines.iter().map(|l| l.dies.to_string()).collect();
    files.push(("logical_topology.json".into(), json(&json!({ "logical-dims": dims }))));
    Ok(files)
}

fn network(figures: &LinkFigures, topology: Topology, compression: Compression, messages: &[f64]) -> String {
    let lines = topology.lines();
    let list = |values: Vec<String>| format!("[ {} ]", values.join(", "));
    let fits: Vec<AlphaBeta> = messages.iter().map(|&bytes| figures.alpha_beta(compression, bytes)).collect();
    let each = |of: &dyn Fn(&AlphaBeta) -> String| list(fits.iter().map(of).collect());
    format!(
        "# Link {}, compression {compression}, {topology}, for messages of {} bytes\n\
         topology: {}\nnpus_count: {}\nbandwidth: {}  # GB/s of 2^30 bytes\nlatency: {}  # ns\n",
        one_line(&figures.name),
        messages.iter().map(|b| format!("{b:.0}")).collect::<Vec<_>>().join(" and "),
        each(&|_| "Ring".into()),
        list(lines.iter().map(|l| l.dies.to_string()).collect()),
        each(&|fit| format!("{:.6}", 1e9 / fit.beta_ns / GIGABYTE)),
        each(&|fit| format!("{:.3}", fit.alpha_ns)),
    )
}

/// Text for a comment.
pub fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

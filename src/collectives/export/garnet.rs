//! Input for gem5 Garnet (<https://github.com/gem5/gem5>): arguments for configs/example/garnet_synth_traffic.py, one a line, as in
//! configs/network/Network.py and configs/common/Options.py, and the topology as a file for configs/topologies.
//!
//! Garnet counts clocks of Ruby; here they are those of the link. Compression makes links wider (`--link-width-bits`, whole bytes), and
//! changes their latency; both are for the largest messages of the collectives.

use super::astra::one_line;
use super::{messages, Clocks, File};
use crate::collectives::{CollectivesError, Compression, LinkFigures, Topology};
use std::fmt::Write;

pub fn files(figures: &LinkFigures, topology: Topology, bytes: u64) -> Result<Vec<File>, CollectivesError> {
    let largest = messages(topology, bytes)?.into_iter().fold(0.0, f64::max);
    let class = class(topology);
    let mut files: Vec<File> = vec![(format!("{class}.py").into(), python(figures, topology, &class))];
    for compression in Compression::ALL {
        let clocks = Clocks::of(figures, compression, largest);
        let dies = topology.dies();
        // A period in picoseconds, gem5's own unit of time in this script.
        let clock = format!("{}ps", (1000.0 * clocks.cycle_ns).round().max(1.0));
        let arguments = [
            ("num-cpus", dies.to_string()),
            ("num-dirs", dies.to_string()),
            ("network", "garnet".into()),
            ("topology", class.clone()),
            ("mesh-rows", mesh_rows(topology).to_string()),
            ("link-latency", clocks.latency().to_string()),
            ("link-width-bits", clocks.bits().to_string()),
            ("router-latency", "1".into()),
            ("routing-algorithm", "0".into()),
            ("ruby-clock", clock.clone()),
            ("sys-clock", clock),
        ];
        let text = arguments.map(|(name, value)| format!("--{name}={value}\n")).concat();
        files.push((format!("{compression}.args").into(), text));
    }
    Ok(files)
}

/// Name of the topology's class and file.
fn class(topology: Topology) -> String {
    match topology {
        Topology::Ring { dies } => format!("HuffwireRing{dies}"),
        Topology::Mesh { rows, columns } => format!("HuffwireMesh{rows}x{columns}"),
    }
}

fn mesh_rows(topology: Topology) -> u32 {
    match topology {
        Topology::Ring { .. } => 0,
        Topology::Mesh { rows, .. } => rows,
    }
}

/// A subclass of gem5's SimpleTopology: a router for each die, controllers dealt out to them, a link each way. Links along rows
/// weigh less, so that the weighted table routes rows first.
fn python(figures: &LinkFigures, topology: Topology, class: &str) -> String {
    let mut links = String::new();
    for (from, to) in topology.links() {
        let weight = match topology {
            Topology::Mesh { columns, .. } if to == from + columns && columns > 1 => 2,
            _ => 1,
        };
        // Writing to a String cannot fail.
        let _ = writeln!(links, "    ({from}, {to}, {weight}),");
    }
    let (name, dies) = (one_line(&figures.name).replace(['"', '\\'], "'"), topology.dies());
    format!(
        r#""""{topology}: {dies} dies, one link of '{name}' each way between neighbours.

Goes into configs/topologies of gem5. Latency and width of the links are arguments.
"""

from topologies.BaseTopology import SimpleTopology

from m5.objects import *
from m5.params import *

DIES = {dies}

# Die, die, weight: the link there and the link back.
LINKS = [
{links}]


class {class}(SimpleTopology):
    description = "{class}"

    def __init__(self, controllers):
        self.nodes = controllers

    def makeTopology(self, options, network, IntLink, ExtLink, Router):
        routers = [Router(router_id=i, latency=options.router_latency) for i in range(DIES)]
        network.routers = routers
        network.ext_links = [
            ExtLink(link_id=i, ext_node=node, int_node=routers[i % DIES], latency=1)
            for i, node in enumerate(self.nodes)
        ]
        ends = [end for a, b, weight in LINKS for end in ((a, b, weight), (b, a, weight))]
        network.int_links = [
            IntLink(
                link_id=len(self.nodes) + i,
                src_node=routers[a],
                dst_node=routers[b],
                latency=options.link_latency,
                weight=weight,
            )
            for i, (a, b, weight) in enumerate(ends)
        ]
"#
    )
}

//! What stands beside the files.

use super::astra::one_line;
use super::{messages, Clocks, ExportOptions};
use crate::collectives::{CollectivesError, Compression, LinkFigures};
use crate::page::thousands;

pub fn readme(figures: &LinkFigures, options: &ExportOptions) -> Result<String, CollectivesError> {
    let mut lines = String::new();
    for topology in &options.topologies {
        for (bytes, dimension) in messages(*topology, options.bytes)?.into_iter().zip(1..) {
            for compression in Compression::ALL {
                let (fit, clocks) = (figures.alpha_beta(compression, bytes), Clocks::of(figures, compression, bytes));
                lines += &format!(
                    "| `{}` | {dimension} | {} | {compression} | {:.2} | {:.3} | {} | {} |\n",
                    topology.slug(),
                    thousands(bytes.round() as u64),
                    fit.alpha_ns,
                    fit.gbytes_per_second(),
                    clocks.latency(),
                    clocks.bits()
                );
            }
        }
    }
    Ok(format!(
        "# Link {name} for network simulators\n\n\
         Written by {program} {version} from the measured figures in `figures.json`: {sizes} message sizes, {beat} bytes a clock at \
         {clock:.1} MHz. Collectives are of {bytes} bytes; `estimates.csv` has the closed-form estimates.\n\n\
         Simulators take a link for a latency and a bandwidth: a message of m bytes takes alpha + beta m. Beta is that of messages back to \
         back, alpha makes the line meet the measured time at the messages of reduce-scatter, all-gather and all-reduce, which differ from dimension to dimension:\n\n\
         | folder | dimension | message [B] | compression | alpha [ns] | 1 / beta [GB/s] | alpha [clocks] | bits a clock |\n\
         |---|---:|---:|---|---:|---:|---:|---:|\n{lines}\n\
         In each of these folders:\n\n\
         | simulator | start it with |\n|---|---|\n\
         | ASTRA-sim, analytical network | `AstraSim_Analytical_Congestion_Unaware --network-configuration=astra-sim/network.on.yml \
         --system-configuration=astra-sim/system.json --remote-memory-configuration=astra-sim/remote_memory.json \
         --workload-configuration=TRACE`; with the ns-3 network `--logical-topology-configuration=astra-sim/logical_topology.json` |\n\
         | BookSim 2 | in `booksim/`: `booksim phase1.on.cfg` (the next phases behind it; their batch durations add up), or \
         `booksim network.on.cfg` |\n\
         | RapidChiplet | copy `rapidchiplet/inputs` over its own; `python3 rapidchiplet.py -df \
         inputs/designs/huffwire_TOPOLOGY_COLLECTIVE_on.json -rf result -l -t -bs` |\n\
         | gem5 Garnet | copy `garnet/*.py` to `configs/topologies`; `gem5.opt configs/example/garnet_synth_traffic.py \
         $(cat garnet/on.args) --synthetic=neighbor --injectionrate=0.1` |\n",
        name = one_line(&figures.name),
        program = env!("CARGO_PKG_NAME"),
        version = env!("CARGO_PKG_VERSION"),
        sizes = figures.points.len(),
        beat = figures.beat_bytes,
        clock = figures.clock_mhz,
        bytes = thousands(options.bytes),
    ))
}

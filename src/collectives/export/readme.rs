//! What stands beside the files.

use super::astra::one_line;
use super::{Clocks, ExportOptions};
use crate::collectives::{Compression, LinkFigures};
use crate::page::thousands;

pub fn readme(figures: &LinkFigures, options: &ExportOptions) -> String {
    let row = |compression: Compression| {
        let (line, clocks) = (figures.alpha_beta(compression), Clocks::of(figures, compression));
        format!(
            "| {compression} | {:.2} | {:.3} | {} | {} | {:.1} |\n",
            line.alpha_ns,
            line.gbytes_per_second(),
            clocks.latency(),
            clocks.bits(),
            figures.worst_misfit_percent(compression)
        )
    };
    let topologies: Vec<String> = options.topologies.iter().map(|t| format!("`{}`", t.slug())).collect();
    format!(
        "# Link {name} for network simulators\n\n\
         Written by {program} {version} from the measured figures in `figures.json`: {sizes} message sizes, {beat} bytes a clock at \
         {clock:.1} MHz. A message of m bytes takes alpha + beta m; the line fits the measured times with the error in the last \
         column where it is worst.\n\n\
         | compression | alpha [ns] | 1 / beta [GB/s] | alpha [clocks] | bits a clock | misfit [%] |\n|---|---:|---:|---:|---:|---:|\n{off}{on}\n\
         Collectives are of {bytes} bytes. `estimates.csv` has the closed-form estimate. For each topology ({topologies}):\n\n\
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
        off = row(Compression::Off),
        on = row(Compression::On),
        bytes = thousands(options.bytes),
        topologies = topologies.join(", "),
    )
}

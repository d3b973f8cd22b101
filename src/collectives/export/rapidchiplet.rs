//! Input for RapidChiplet (<https://github.com/spcl/rapidchiplet>): a design for each collective, off and on, with all files that it
//! names, in the folders where RapidChiplet looks for them.
//!
//! Keys are those of its rapidchiplet.py, booksim_wrapper.py and validation.py. Python tuples are JSON in its own way (helpers.py): as a
//! key `__tuple__:` and a list, as a value an object with `__tuple__` and `items`.
//!
//! - Latency: `link_latency` of the packaging is alpha in clocks of the link for the largest packets of the trace, less the clock of each PHY, which is the least that
//!   RapidChiplet takes.
//! - Bandwidth: RapidChiplet derives it from bumps: floor(area (1 - power bumps) share / pitch^2 - other wires) / 2 bits a clock and
//!   direction. The area here is a stand-in, the share of a PHY is what gives the measured bits; areas and costs mean nothing.
//! - Traces: the packets of the collective, each after those that it needs; lengths are clocks of the link.

use super::{json, Clocks, File};
use crate::collectives::{packets, Collective, CollectivesError, Compression, LinkFigures, Packet, Topology};
use serde_json::{json, Map, Value};

/// Clocks of a PHY.
const PHY: u64 = 1;
/// Clocks of a die's router.
const ROUTER: u64 = 3;
/// Pitch of the bumps in mm; its square is exact in binary, so that bits come out whole.
const PITCH: f64 = 0.0625;
/// Share of the bumps that carry power.
const POWER_BUMPS: f64 = 0.5;
/// Share of the signal bumps that a PHY has at the raw bandwidth of the link; four PHYs with three times as many stay below all.
const SHARE: f64 = 0.0625;
/// Distance between dies in mm.
const GAP: f64 = 0.5;

pub fn files(figures: &LinkFigures, topology: Topology, bytes: u64) -> Result<Vec<File>, CollectivesError> {
    let slug = topology.slug();
    let mut files: Vec<File> = Vec::new();
    let mut add = |kind: &str, name: &str, value: Value| {
        let path = format!("inputs/{kind}/{name}.json");
        files.push((path.clone().into(), json(&value)));
        path
    };
    let technologies = json!({ "huffwire": {
        "phy_latency": PHY, "wafer_radius": 150, "wafer_cost": 1, "defect_density": 0.0
    } });
    let technologies = add("technologies", "huffwire", technologies);
    // Wide enough for the bits of the plain link.
    let side = side(u64::from(figures.beat_bytes) * 8);
    let placement = add("placements", &format!("huffwire_{slug}"), placement(topology, side));
    let links = add("topologies", &format!("huffwire_{slug}"), links(topology));
    let routes = add("routing_tables", &format!("huffwire_{slug}"), routes(topology));
    let by_chiplet = add("traffic_by_chiplet", &format!("huffwire_{slug}"), uniform(topology, false));
    let by_unit = add("traffic_by_unit", &format!("huffwire_{slug}"), uniform(topology, true));
    for compression in Compression::ALL {
        for collective in Collective::ALL {
            let packets = packets(topology, collective, bytes)?;
            let largest = packets.iter().map(|p| p.bytes).fold(0.0, f64::max);
            let clocks = Clocks::of(figures, compression, largest);
            let name = format!("huffwire_{slug}_{collective}_{compression}");
            let chiplets = add("chiplets", &name, chiplets(topology, clocks.bits(), side));
            let packaging = add("packagings", &name, packaging(&clocks));
            let booksim = add("booksim_configs", &name, booksim(&clocks));
            let trace = add("traces", &name, trace(topology, &packets, &clocks));
            let design = json!({
                "design_name": &name, "technologies": &technologies, "chiplets": chiplets, "placement": &placement,
                "topology": &links, "packaging": packaging, "routing_table": &routes, "traffic_by_unit": &by_unit,
                "traffic_by_chiplet": &by_chiplet, "trace": trace, "booksim_config": booksim,
            });
            add("designs", &name, design);
        }
    }
    Ok(files)
}

/// Side of a die in mm: such that a PHY of [`SHARE`] has so many bits a clock.
fn side(bits: u64) -> f64 {
    (2.0 * bits as f64 * PITCH * PITCH / ((1.0 - POWER_BUMPS) * SHARE)).sqrt()
}

/// PHYs of a die: left, right, and in a mesh above and below. Each has a unit of its own, which sends and receives: a die can keep
/// all its links busy at once.
fn phys(topology: Topology) -> usize {
    match topology {
        Topology::Ring { .. } => 2,
        Topology::Mesh { .. } => 4,
    }
}

/// The PHY, and unit, of a die on the side of a neighbour.
fn toward(topology: Topology, die: u32, neighbour: u32) -> u32 {
    match topology {
        Topology::Ring { dies } => u32::from(neighbour == (die + 1) % dies),
        Topology::Mesh { columns, .. } if neighbour / columns == die / columns => u32::from(neighbour > die),
        Topology::Mesh { .. } => 2 + u32::from(neighbour > die),
    }
}

fn chiplets(topology: Topology, bits: u64, side: f64) -> Value {
    // Half a bump more, so that rounding down gives the bits.
    let share = (2.0 * bits as f64 + 0.5) * PITCH * PITCH / (side * side * (1.0 - POWER_BUMPS));
    let places = [(0.0, 0.5), (1.0, 0.5), (0.5, 0.0), (0.5, 1.0)];
    let phy = |&(x, y): &(f64, f64)| json!({ "x": x * side, "y": y * side, "fraction_bump_area": share });
    let phys: Vec<Value> = places[..phys(topology)].iter().map(phy).collect();
    json!({ "huffwire": {
        "dimensions": { "x": side, "y": side }, "type": "compute", "phys": phys, "fraction_power_bumps": POWER_BUMPS,
        "technology": "huffwire", "power": 0.0, "relay": true, "internal_latency": ROUTER, "unit_count": phys.len()
    } })
}

fn packaging(clocks: &Clocks) -> Value {
    json!({
        "link_routing": "manhattan", "link_latency_type": "constant",
        "link_latency": clocks.latency().saturating_sub(2 * PHY).max(1),
        "link_power_type": "constant", "link_power": 0.0, "packaging_yield": 1.0, "bump_pitch": PITCH, "non_data_wires": 0,
        "is_active": false, "latency_irouter": 0, "has_interposer": false
    })
}

fn booksim(clocks: &Clocks) -> Value {
    json!({
        // Packets leave as soon as what they wait for is there, whatever clock the trace gives.
        "mode": "trace", "ignore_cycles": 1, "precision": 0.001, "saturation_factor": 5, "num_vcs": 4,
        "vc_buf_size": 2 * clocks.latency() + 16, "warmup_periods": 1, "sim_count": 1, "hold_switch_for_packet": 0,
        "packet_size": 1, "vc_allocator": "separable_input_first", "sw_allocator": "separable_input_first", "alloc_iters": 1,
        "sample_period": 5300, "wait_for_tail_credit": 0, "priority": "none", "injection_rate_uses_flits": 1,
        "deadlock_warn_timeout": 1000 * clocks.latency()
    })
}

/// Dies of a ring in a row, of a mesh in their places.
fn placement(topology: Topology, side: f64) -> Value {
    let columns = match topology {
        Topology::Ring { dies } => dies,
        Topology::Mesh { columns, .. } => columns,
    };
    let pitch = side + GAP;
    let die = |d: u32| {
        let (x, y) = (f64::from(d % columns) * pitch, f64::from(d / columns) * pitch);
        json!({ "position": { "x": x, "y": y }, "rotation": 0, "name": "huffwire" })
    };
    json!({ "chiplets": (0..topology.dies()).map(die).collect::<Vec<_>>(), "interposer_routers": [] })
}

/// A link between the PHYs that two dies have on each other's side.
fn links(topology: Topology) -> Value {
    let end =
        |die: u32, other: u32| json!({ "type": "chiplet", "outer_id": die, "inner_id": toward(topology, die, other) });
    let link = |(from, to): (u32, u32)| json!({ "ep1": end(from, to), "ep2": end(to, from), "color": "#0b7a75" });
    topology.links().into_iter().map(link).collect()
}

fn key(die: u32) -> String {
    format!("__tuple__:[\"chiplet\", {die}]")
}

fn routes(topology: Topology) -> Value {
    let dies = topology.dies();
    let hop = |from: u32, to: u32| match from == to {
        true => Value::Null,
        false => json!({ "__tuple__": true, "items": ["chiplet", topology.next_hop(from, to)] }),
    };
    let table: Map<String, Value> = (0..dies)
        .map(|from| (key(from), (0..dies).map(|to| (key(to), hop(from, to))).collect::<Map<_, _>>().into()))
        .collect();
    json!({ "type": "default", "table": table })
}

/// Every die to every other alike, as RapidChiplet's estimates of latency and throughput take it.
fn uniform(topology: Topology, units: bool) -> Value {
    let dies = topology.dies();
    let share = 1.0 / f64::from(dies - 1);
    let pair = |a: u32, b: u32| match units {
        // All traffic of a die is its first unit's; a pair within a pair is text within text.
        true => format!(r#"__tuple__:["__tuple__:[{a}, 0]", "__tuple__:[{b}, 0]"]"#),
        false => format!("__tuple__:[{a}, {b}]"),
    };
    let pairs = (0..dies).flat_map(|a| (0..dies).filter(move |&b| b != a).map(move |b| (a, b)));
    Value::Object(pairs.map(|(a, b)| (pair(a, b), share.into())).collect())
}

fn trace(topology: Topology, packets: &[Packet], clocks: &Clocks) -> Value {
    let mut needed_by = vec![Vec::new(); packets.len()];
    for (id, packet) in packets.iter().enumerate() {
        packet.after.iter().for_each(|&first| needed_by[first].push(id));
    }
    // The simulation ends at ten times the last of the clocks given: those here are about when packets leave.
    let longest = packets.iter().map(|p| clocks.flits(p.bytes)).max().unwrap_or(1);
    let round = longest + clocks.latency() + ROUTER;
    let item = |(id, packet): (usize, &Packet)| {
        let Packet { source, destination, .. } = *packet;
        let mut last = source;
        while topology.next_hop(last, destination) != destination {
            last = topology.next_hop(last, destination);
        }
        json!({
            "id": id, "injection_cycle": u64::from(packet.round + 1) * round,
            "source_chiplet": source, "source_unit": toward(topology, source, topology.next_hop(source, destination)),
            "destination_chiplet": destination, "destination_unit": toward(topology, destination, last),
            "size_in_flits": clocks.flits(packet.bytes), "reverse_dependencies": needed_by[id],
        })
    };
    packets.iter().enumerate().map(item).collect()
}

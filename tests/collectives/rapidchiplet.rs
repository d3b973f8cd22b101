//! RapidChiplet: the rules of validation.py and what rapidchiplet.py, booksim_wrapper.py and helpers.py of spcl/rapidchiplet read,
//! restated.

use super::*;
use huffwire::collectives::Collective;
use serde_json::Value;
use std::collections::BTreeSet;

struct Design {
    files: BTreeMap<String, String>,
    design: Value,
}

impl Design {
    /// A file that the design names, read; its name has to be below `inputs`, where RapidChiplet is started.
    fn input(&self, key: &str) -> Value {
        let path = self.design[key].as_str().unwrap();
        serde_json::from_str(self.files.get(path).unwrap_or_else(|| panic!("{path} is not there"))).unwrap()
    }
}

fn designs(text: &str) -> Vec<(Compression, Collective, Design)> {
    let files = exported(text, "rapidchiplet");
    let mut all = Vec::new();
    for compression in Compression::ALL {
        for collective in Collective::ALL {
            let name = format!("huffwire_{}_{collective}_{compression}", topology(text).slug());
            let design: Value = serde_json::from_str(&files[&format!("inputs/designs/{name}.json")]).unwrap();
            assert_eq!(design["design_name"], name.as_str());
            all.push((compression, collective, Design { files: files.clone(), design }));
        }
    }
    all
}

/// A key that stands for a tuple (decode_key).
fn tuple(key: &str) -> Vec<Value> {
    let list: Vec<Value> = serde_json::from_str(key.strip_prefix("__tuple__:").unwrap()).unwrap();
    list.into_iter()
        .map(|v| v.as_str().filter(|s| s.starts_with("__tuple__:")).map_or(v.clone(), |s| tuple(s).into()))
        .collect()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

#[test]
fn designs_are_valid() {
    for text in TOPOLOGIES {
        for (compression, _, design) in designs(text) {
            let (chiplets, placement) = (design.input("chiplets"), design.input("placement"));
            let (technologies, packaging) = (design.input("technologies"), design.input("packaging"));
            let chiplet = &chiplets["huffwire"];
            let (x, y) = (number(&chiplet["dimensions"]["x"]), number(&chiplet["dimensions"]["y"]));
            assert!(
                x > 0.0 && y > 0.0 && number(&chiplet["internal_latency"]) > 0.0 && number(&chiplet["power"]) >= 0.0
            );
            assert!(chiplet["unit_count"].as_u64().unwrap() >= 1 && chiplet["relay"].is_boolean());
            let phys = chiplet["phys"].as_array().unwrap();
            assert!(phys.iter().all(|p| (0.0..=x).contains(&number(&p["x"])) && (0.0..=y).contains(&number(&p["y"]))));
            let share: f64 = phys.iter().map(|p| number(&p["fraction_bump_area"])).sum();
            assert!(share <= 1.0, "{share}");
            let technology = &technologies[chiplet["technology"].as_str().unwrap()];
            assert!(["phy_latency", "wafer_radius"].iter().all(|k| number(&technology[k]) > 0.0));
            assert!(
                number(&technology["wafer_cost"]) >= 0.0
                    && (0.0..=1.0).contains(&number(&technology["defect_density"]))
            );

            assert_eq!(
                (&packaging["link_routing"], &packaging["link_power_type"]),
                (&"manhattan".into(), &"constant".into())
            );
            assert!(
                (0.0..=1.0).contains(&number(&packaging["packaging_yield"])) && number(&packaging["link_power"]) >= 0.0
            );
            assert_eq!((&packaging["is_active"], &packaging["has_interposer"]), (&false.into(), &false.into()));
            assert_eq!(placement["interposer_routers"], Value::Array(vec![]));

            // A hop: PHY, link, PHY (export_booksim_topology).
            assert_eq!(packaging["link_latency_type"], "constant");
            let hop = 2.0 * number(&technology["phy_latency"]) + number(&packaging["link_latency"]).ceil();
            let (latency, bytes) = clocks(compression);
            assert_eq!(hop, latency as f64);

            // Bits a clock and direction (compute_link_bandwidths).
            let power = number(&chiplet["fraction_power_bumps"]);
            let pitch = number(&packaging["bump_pitch"]);
            for phy in phys {
                let bumps = x * y * (1.0 - power) * number(&phy["fraction_bump_area"]) / (pitch * pitch);
                assert_eq!(
                    (bumps - number(&packaging["non_data_wires"])).floor() / 2.0,
                    8.0 * bytes,
                    "{text} {compression}"
                );
            }

            let dies = placement["chiplets"].as_array().unwrap();
            assert_eq!(dies.len() as u32, topology(text).dies());
            let place = |d: &Value| (number(&d["position"]["x"]), number(&d["position"]["y"]));
            for (i, a) in dies.iter().enumerate() {
                assert_eq!((&a["name"], &a["rotation"]), (&"huffwire".into(), &0.into()));
                for b in &dies[i + 1..] {
                    let ((ax, ay), (bx, by)) = (place(a), place(b));
                    assert!((ax - bx).abs() >= x || (ay - by).abs() >= y, "{text}: dies overlap");
                }
            }
        }
    }
}

#[test]
fn links_and_routes_go_where_the_topology_goes() {
    for text in TOPOLOGIES {
        let shape = topology(text);
        let (_, _, design) = designs(text).remove(0);
        let phys = design.input("chiplets")["huffwire"]["phys"].as_array().unwrap().len() as u64;
        let (mut used, mut links) = (BTreeSet::new(), BTreeSet::new());
        for link in design.input("topology").as_array().unwrap() {
            let mut dies = Vec::new();
            for end in [&link["ep1"], &link["ep2"]] {
                assert_eq!(end["type"], "chiplet");
                let (die, phy) = (end["outer_id"].as_u64().unwrap(), end["inner_id"].as_u64().unwrap());
                assert!(phy < phys && used.insert((die, phy)), "{text}: PHY {phy} of die {die}");
                dies.push(die as u32);
            }
            links.insert((dies[0], dies[1]));
        }
        assert_eq!(links, shape.links().into_iter().collect());
        let routes = design.input("routing_table");
        assert_eq!(routes["type"], "default");
        let table = routes["table"].as_object().unwrap();
        assert_eq!(table.len() as u32, shape.dies());
        for (from, to_all) in table {
            let from = tuple(from)[1].as_u64().unwrap() as u32;
            let to_all = to_all.as_object().unwrap();
            assert_eq!(to_all.len() as u32, shape.dies());
            for (to, hop) in to_all {
                let to = tuple(to)[1].as_u64().unwrap() as u32;
                match from == to {
                    true => assert!(hop.is_null()),
                    false => {
                        assert_eq!((&hop["__tuple__"], &hop["items"][0]), (&true.into(), &"chiplet".into()));
                        assert_eq!(hop["items"][1], shape.next_hop(from, to));
                    }
                }
            }
        }
        for (key, depth) in [("traffic_by_chiplet", 1), ("traffic_by_unit", 2)] {
            let mut sent = vec![0.0; shape.dies() as usize];
            for (pair, load) in design.input(key).as_object().unwrap() {
                let die = |v: &Value| if depth == 1 { v.as_u64().unwrap() } else { v[0].as_u64().unwrap() };
                let pair = tuple(pair);
                assert!(die(&pair[0]) != die(&pair[1]) && die(&pair[1]) < u64::from(shape.dies()));
                sent[die(&pair[0]) as usize] += number(load);
            }
            sent.into_iter().for_each(|s| close(s, 1.0));
        }
    }
}

#[test]
fn traces_are_the_packets() {
    for text in TOPOLOGIES {
        for (compression, collective, design) in designs(text) {
            let packets = huffwire::collectives::packets(topology(text), collective, 1 << 20).unwrap();
            let trace = design.input("trace");
            let trace = trace.as_array().unwrap();
            assert_eq!(trace.len(), packets.len());
            let units = design.input("chiplets")["huffwire"]["unit_count"].as_u64().unwrap();
            let mut waits = vec![BTreeSet::new(); packets.len()];
            for item in trace {
                for later in item["reverse_dependencies"].as_array().unwrap() {
                    waits[later.as_u64().unwrap() as usize].insert(item["id"].as_u64().unwrap() as usize);
                }
            }
            let mut last = 0;
            for (i, (item, packet)) in trace.iter().zip(&packets).enumerate() {
                let whole = |key: &str| item[key].as_u64().unwrap_or_else(|| panic!("{key}"));
                assert_eq!(whole("id") as usize, i);
                assert_eq!(
                    (whole("source_chiplet"), whole("destination_chiplet")),
                    (packet.source.into(), packet.destination.into())
                );
                assert!(whole("source_unit") < units && whole("destination_unit") < units);
                let clocks = packet.bytes / clocks(compression).1;
                assert_eq!(whole("size_in_flits"), (clocks - 1e-9).ceil() as u64);
                assert_eq!(waits[i], packet.after.iter().copied().collect());
                last = last.max(whole("injection_cycle"));
            }
            // The simulation ends at ten times the last clock.
            let estimate = example().estimate(topology(text), collective, 1 << 20, compression).unwrap().time_ns;
            assert!(10.0 * last as f64 > 2.0 * estimate / 0.5, "{text} {collective}: {last}");
            let booksim = design.input("booksim_config");
            assert_eq!((&booksim["mode"], &booksim["ignore_cycles"]), (&"trace".into(), &1.into()));
            assert!(["precision", "saturation_factor"].iter().all(|k| booksim[k].is_number()));
        }
    }
}

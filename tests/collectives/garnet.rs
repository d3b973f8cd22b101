//! gem5 Garnet: arguments that configs/network/Network.py and configs/common/Options.py of gem5/gem5 define, and a topology that runs.

use super::*;
use std::process::Command;

/// Option, and whether it takes a whole number.
const OPTIONS: [(&str, bool); 11] = [
    ("num-cpus", true),
    ("num-dirs", true),
    ("network", false),
    ("topology", false),
    ("mesh-rows", true),
    ("link-latency", true),
    ("link-width-bits", true),
    ("router-latency", true),
    ("routing-algorithm", true),
    ("ruby-clock", false),
    ("sys-clock", false),
];

#[test]
fn arguments_are_gem5s() {
    for text in TOPOLOGIES {
        let files = exported(text, "garnet");
        for compression in Compression::ALL {
            let mut found = BTreeMap::new();
            for line in files[&format!("{compression}.args")].lines() {
                let (name, value) = line.strip_prefix("--").unwrap().split_once('=').unwrap();
                let (_, whole) = OPTIONS.iter().find(|(n, _)| *n == name).unwrap_or_else(|| panic!("{name}"));
                assert_eq!(value.parse::<u64>().is_ok(), *whole, "{line}");
                assert_eq!(found.insert(name.to_string(), value.to_string()), None);
            }
            let (latency, bytes) = clocks(compression);
            assert_eq!(found["link-latency"], latency.to_string());
            // ni_flit_size = link_width_bits / 8 has to be whole.
            assert_eq!(found["link-width-bits"], (8.0 * bytes).to_string());
            assert_eq!(found["ruby-clock"], "500ps");
            assert_eq!(found["num-cpus"], topology(text).dies().to_string());
            assert!(files.contains_key(&format!("{}.py", found["topology"])), "{found:?}");
        }
    }
}

/// gem5's classes as far as a topology sees them; prints the links that it makes.
const HARNESS: &str = r#"
import importlib, sys, types

class Options:
    router_latency, link_latency = 1, int(sys.argv[2])

class Network:
    pass

def module(name, **contents):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__dict__.update(contents)

def record(**fields):
    return fields

module("m5"); module("m5.objects"); module("m5.params")
module("topologies"); module("topologies.BaseTopology", SimpleTopology=object)
sys.path.insert(0, "."); sys.dont_write_bytecode = True
name = sys.argv[1]
cls = getattr(importlib.import_module(name), name)
network = Network()
# A cache and a directory a die.
dies = int(sys.argv[3])
cls(list(range(2 * dies))).makeTopology(Options, network, record, record, record)
ids = [link["link_id"] for link in network.ext_links + network.int_links]
assert len(set(ids)) == len(ids)
assert [r["router_id"] for r in network.routers] == list(range(dies))
print(sorted({(e["ext_node"] % dies, e["int_node"]["router_id"]) for e in network.ext_links}))
print(sorted((l["src_node"]["router_id"], l["dst_node"]["router_id"], l["latency"], l["weight"]) for l in network.int_links))
"#;

#[test]
fn topologies_make_the_links() {
    for text in TOPOLOGIES {
        let dir = tempfile::tempdir().unwrap();
        let files = exported(text, "garnet");
        let (name, python) = files.iter().find(|(name, _)| name.ends_with(".py")).unwrap();
        std::fs::write(dir.path().join(name), python).unwrap();
        std::fs::write(dir.path().join("harness.py"), HARNESS).unwrap();
        let dies = topology(text).dies();
        let output = Command::new("python3")
            .args(["harness.py", name.trim_end_matches(".py"), "80", &dies.to_string()])
            .current_dir(&dir)
            .output()
            .expect("python3");
        assert!(output.status.success(), "{text}: {}", String::from_utf8_lossy(&output.stderr));
        let pairs: Vec<String> = (0..dies).map(|d| format!("({d}, {d})")).collect();
        let mut links: Vec<(u32, u32, u32)> = Vec::new();
        for (a, b) in topology(text).links() {
            // Rows before columns, in a mesh.
            let weight = match topology(text) {
                Topology::Mesh { columns, .. } if columns > 1 && a % columns == b % columns => 2,
                _ => 1,
            };
            links.extend([(a, b, weight), (b, a, weight)]);
        }
        links.sort_unstable();
        let links: Vec<String> = links.iter().map(|(a, b, weight)| format!("({a}, {b}, 80, {weight})")).collect();
        let expected = format!("[{}]\n[{}]\n", pairs.join(", "), links.join(", "));
        assert_eq!(String::from_utf8(output.stdout).unwrap(), expected, "{text}");
    }
}

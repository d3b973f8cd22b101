//! ASTRA-sim: the rules of NetworkParser.cpp in astra-sim/astra-network-analytical, of Sys.cc and CollectiveImplLookup.cc in
//! astra-sim/astra-sim, restated.

use super::*;
use serde_json::Value;
use yaml_rust2::{Yaml, YamlLoader};

/// A network as NetworkParser takes it: topology, NPUs, bandwidth, latency, an entry a dimension.
fn network(text: &str) -> (Vec<String>, Vec<i64>, Vec<f64>, Vec<f64>) {
    let documents = YamlLoader::load_from_str(text).unwrap();
    assert_eq!(documents.len(), 1);
    let list = |key: &str| documents[0][key].as_vec().unwrap_or_else(|| panic!("no list {key}: {text}")).clone();
    let number = |value: &Yaml| value.as_f64().or(value.as_i64().map(|i| i as f64)).unwrap();
    let names: Vec<String> = list("topology").iter().map(|v| v.as_str().unwrap().into()).collect();
    let npus: Vec<i64> = list("npus_count").iter().map(|v| v.as_i64().unwrap()).collect();
    let bandwidth: Vec<f64> = list("bandwidth").iter().map(number).collect();
    let latency: Vec<f64> = list("latency").iter().map(number).collect();
    assert!(names.iter().all(|n| ["Ring", "FullyConnected", "Switch"].contains(&n.as_str())));
    assert!([npus.len(), bandwidth.len(), latency.len()].iter().all(|&l| l == names.len()) && !names.is_empty());
    assert!(npus.iter().all(|&n| n > 1) && bandwidth.iter().all(|&b| b > 0.0) && latency.iter().all(|&l| l >= 0.0));
    (names, npus, bandwidth, latency)
}

#[test]
fn networks_have_alpha_and_beta() {
    for text in TOPOLOGIES {
        let files = exported(text, "astra-sim");
        for (compression, alpha, bandwidth) in [("off", 12.0, 120.0), ("on", 40.0, 170.0)] {
            let (names, npus, found, latency) = network(&files[&format!("network.{compression}.yml")]);
            assert_eq!(npus.iter().product::<i64>(), i64::from(topology(text).dies()), "{text}");
            assert!(names.iter().all(|n| n == "Ring"));
            // bw_GBps_to_Bpns: a gigabyte has 2^30 bytes.
            for gigabytes in found {
                assert!((gigabytes * f64::from(1 << 30) / 1e9 - bandwidth).abs() < 1e-4, "{gigabytes}");
            }
            latency.iter().for_each(|&l| close(l, alpha));
        }
    }
    let files = exported("mesh:2x3", "astra-sim");
    assert_eq!(network(&files["network.on.yml"]).1, [3, 2]);
}

/// Where times go in steps each dimension has the line of its own messages: 2 KiB along rows of 3, 1 KiB along columns of 2.
#[test]
fn dimensions_have_lines_of_their_own() {
    let at = |message_bytes, off, on| Point { message_bytes, time_ns: OffOn { off, on } };
    let mut link = straight((0.0, 100.0), (0.0, 200.0));
    link.points = vec![at(1024, 20.0, 100.0), at(2048, 30.0, 100.0), at(4096, 50.0, 130.0)];
    let options = ExportOptions { topologies: vec![topology("mesh:2x3")], bytes: 6144 };
    let files = files(&link, &options).unwrap();
    let text = |name: &str| &files.iter().find(|(path, _)| path.ends_with(name)).unwrap().1;
    for (compression, times) in [(Compression::Off, [30.0, 20.0]), (Compression::On, [100.0, 100.0])] {
        let (_, npus, bandwidth, latency) = network(text(&format!("astra-sim/network.{compression}.yml")));
        assert_eq!(npus, [3, 2]);
        for ((bytes, time), (gigabytes, alpha)) in [2048.0, 1024.0].iter().zip(times).zip(bandwidth.iter().zip(latency))
        {
            let found = alpha + bytes / (gigabytes * f64::from(1 << 30) / 1e9);
            assert!((found - time).abs() < 0.002, "{compression}: {found} instead of {time}");
        }
    }
    let readme = text("README.md");
    assert!(readme.contains("| `mesh-2x3` | 1 | 2,048 | off | 9.52 | 100.000 | 20 | 400 |"), "{readme}");
}

#[test]
fn system_files_have_keys_that_are_read() {
    for text in TOPOLOGIES {
        let files = exported(text, "astra-sim");
        let dims = topology(text).lines().len();
        let system: Value = serde_json::from_str(&files["system.json"]).unwrap();
        for (key, value) in system.as_object().unwrap() {
            match key.as_str() {
                "scheduling-policy" => assert!(["LIFO", "FIFO", "EXPLICIT"].contains(&value.as_str().unwrap())),
                "collective-optimization" => assert!(["baseline", "localBWAware"].contains(&value.as_str().unwrap())),
                "all-reduce-implementation"
                | "all-gather-implementation"
                | "reduce-scatter-implementation"
                | "all-to-all-implementation" => {
                    let names: Vec<&str> = value.as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect();
                    let known = ["ring", "oneRing", "doubleBinaryTree", "direct", "oneDirect", "halvingDoubling"];
                    assert!(names.len() == dims && names.iter().all(|n| known.contains(n)), "{text}: {names:?}");
                }
                "endpoint-delay"
                | "active-chunks-per-dimension"
                | "preferred-dataset-splits"
                | "local-mem-bw"
                | "boost-mode" => {
                    assert!(value.is_u64(), "{key}");
                }
                _ => panic!("{key} is no key of Sys.cc"),
            }
        }
        let memory: Value = serde_json::from_str(&files["remote_memory.json"]).unwrap();
        assert_eq!(memory["memory-type"], "NO_MEMORY_EXPANSION");
        let logical: Value = serde_json::from_str(&files["logical_topology.json"]).unwrap();
        let sizes: Vec<String> = serde_json::from_value(logical["logical-dims"].clone()).unwrap();
        let npus = sizes.iter().map(|s| s.parse::<u32>().unwrap()).product::<u32>();
        assert_eq!(npus, topology(text).dies());
    }
}

/// The example of docs/collectives.md: the synchronous rounds of an all-gather as the congestion-aware ring runs them.
#[test]
fn its_ring_takes_as_long_as_the_estimate() {
    let files = exported("ring:8", "astra-sim");
    for compression in Compression::ALL {
        let (_, npus, bandwidth, latency) = network(&files[&format!("network.{compression}.yml")]);
        let (p, bytes) = (npus[0] as f64, (1 << 20) as f64 / npus[0] as f64);
        // Link.cpp: latency and size over bandwidth, cut to whole nanoseconds.
        let round = (latency[0] + bytes / (bandwidth[0] * f64::from(1 << 30) / 1e9)).floor();
        let found = (p - 1.0) * round;
        let collective = huffwire::collectives::Collective::AllGather;
        let estimate = example().estimate(topology("ring:8"), collective, 1 << 20, compression).unwrap().time_ns;
        assert!((0.0..p).contains(&(estimate - found)), "{compression}: {found} against {estimate}");
    }
}

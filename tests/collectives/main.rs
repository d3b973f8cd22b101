//! Collectives: the estimate against the published formulas, and the export against what each simulator reads.

mod astra;
mod booksim;
mod formulas;
mod garnet;
mod packets;
mod rapidchiplet;
mod refusals;

use huffwire::collectives::export::{files, ExportOptions};
use huffwire::collectives::{Compression, LinkFigures, OffOn, Point, Topology};
use std::collections::BTreeMap;

/// A link whose times lie on a straight line, one for off and one for on: alpha in ns, bandwidth in GB/s.
fn straight(off: (f64, f64), on: (f64, f64)) -> LinkFigures {
    let time = |(alpha, bandwidth): (f64, f64), bytes: u64| alpha + bytes as f64 / bandwidth;
    let point = |bytes| Point { message_bytes: bytes, time_ns: OffOn { off: time(off, bytes), on: time(on, bytes) } };
    LinkFigures {
        name: "test".into(),
        beat_bytes: 64,
        clock_mhz: 2000.0,
        latency_ns: 2.0,
        sustained_gb_s: OffOn { off: off.1, on: on.1 },
        points: [64, 512, 4096, 32768, 1 << 20].map(point).to_vec(),
    }
}

fn example() -> LinkFigures {
    straight((12.0, 120.0), (40.0, 170.0))
}

fn topology(text: &str) -> Topology {
    text.parse().unwrap()
}

/// Names of topologies of all kinds.
const TOPOLOGIES: [&str; 8] = ["ring:3", "ring:4", "ring:7", "ring:8", "mesh:1x2", "mesh:5x1", "mesh:2x3", "mesh:4x4"];

/// The files of an export for one topology and simulator, by their paths below its folder.
fn exported(text: &str, simulator: &str) -> BTreeMap<String, String> {
    let topology = topology(text);
    let options = ExportOptions { topologies: vec![topology], bytes: 1 << 20 };
    let start = format!("{}/{simulator}/", topology.slug());
    let all = files(&example(), &options).unwrap().into_iter();
    let own = all.filter_map(|(path, text)| Some((path.to_str()?.strip_prefix(&start)?.to_string(), text)));
    let own: BTreeMap<_, _> = own.collect();
    assert!(!own.is_empty());
    own
}

/// Alpha in clocks and bytes a clock of [`example`].
fn clocks(compression: Compression) -> (u64, f64) {
    match compression {
        Compression::Off => (24, 60.0),
        Compression::On => (80, 85.0),
    }
}

fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1e-9 * expected.abs(), "{found} instead of {expected}");
}

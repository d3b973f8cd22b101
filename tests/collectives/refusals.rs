//! What cannot be is refused, and the message says what it may be.

use super::*;
use huffwire::collectives::export::export;
use huffwire::collectives::Collective;

#[test]
fn topologies_and_collectives() {
    let refused = |text: &str| text.parse::<Topology>().unwrap_err().to_string();
    for text in ["", "ring", "ring:", "ring:x", "torus:4x4", "mesh:4", "mesh:4x", "ring:-3", "mesh:4x4x4"] {
        assert_eq!(
            refused(text),
            format!("topology '{text}': expected ring:N or mesh:RxC, such as ring:8 or mesh:4x4")
        );
    }
    for text in ["ring:0", "ring:2", "ring:1025", "ring:4294967295"] {
        let expected = format!("topology '{text}': dies of a ring must be 3 to 1024 (two dies are mesh:1x2)");
        assert_eq!(refused(text), expected);
    }
    for text in ["mesh:1x1", "mesh:0x4", "mesh:65x1", "mesh:4294967295x4294967295"] {
        let expected = format!("topology '{text}': rows and columns of a mesh must be 1 to 64, two dies at least");
        assert_eq!(refused(text), expected);
    }
    for text in TOPOLOGIES {
        assert_eq!(topology(text).to_string(), text);
    }
    assert_eq!(topology("mesh:2x3").slug(), "mesh-2x3");
    assert_eq!("all-reduce".parse::<Collective>().unwrap(), Collective::AllReduce);
    let expected = "collective 'gather': expected all-gather, reduce-scatter, all-reduce or all-to-all";
    assert_eq!("gather".parse::<Collective>().unwrap_err().to_string(), expected);
}

#[test]
fn figures_and_sizes() {
    let refused = |change: &dyn Fn(&mut LinkFigures)| {
        let mut link = example();
        change(&mut link);
        let error = link.estimate(topology("ring:4"), Collective::AllGather, 4096, Compression::On).unwrap_err();
        assert_eq!(files(&link, &ExportOptions::default()).unwrap_err().to_string(), error.to_string());
        error.to_string()
    };
    assert_eq!(refused(&|l| l.clock_mhz = 0.0), "link 'test': clock in MHz is 0: must be a positive number");
    assert_eq!(refused(&|l| l.beat_bytes = 0), "link 'test': bytes a clock is 0: must be a positive number");
    assert_eq!(refused(&|l| l.latency_ns = -1.0), "link 'test': latency in ns is -1: must be a number, 0 or more");
    assert_eq!(
        refused(&|l| l.points[1].time_ns.on = f64::NAN),
        "link 'test': time in ns of 512 bytes with compression on is NaN: must be a positive number"
    );
    assert_eq!(
        refused(&|l| l.sustained_gb_s.off = f64::INFINITY),
        "link 'test': bandwidth in GB/s with compression off is inf: must be a positive number"
    );
    assert_eq!(
        refused(&|l| l.points.clear()),
        "link 'test': no message size was measured (run.break_even = true measures them)"
    );
    assert_eq!(refused(&|l| l.points.swap(0, 1)), "link 'test': 64 bytes follow 512: message sizes must rise");
    let of_bytes = |bytes| {
        let estimate = example().estimate(topology("ring:8"), Collective::AllGather, bytes, Compression::On);
        estimate.unwrap_err().to_string()
    };
    for bytes in [0, 7, (1 << 40) + 1] {
        let rest = "8 dies: a collective takes at least a byte for each die, and at most 2^40 bytes";
        assert_eq!(of_bytes(bytes), format!("{bytes} bytes for {rest}"));
    }
    assert!(example().estimate(topology("ring:8"), Collective::AllGather, 8, Compression::On).is_ok());
}

#[test]
fn folders() {
    let dir = tempfile::tempdir().unwrap();
    let (link, options) = (example(), ExportOptions { topologies: vec![topology("ring:3")], bytes: 4096 });
    let folder = dir.path().join("new/export");
    let written = export(&link, &options, &folder, false).unwrap();
    assert!(written.len() > 20 && written.iter().all(|path| folder.join(path).is_file()));
    let again = export(&link, &options, &folder, false).unwrap_err().to_string();
    assert_eq!(again, format!("{}: the folder has files already", folder.display()));
    assert_eq!(export(&link, &options, &folder, true).unwrap(), written);
    let file = dir.path().join("file");
    std::fs::write(&file, "x").unwrap();
    let refused = export(&link, &options, &file, true).unwrap_err().to_string();
    assert!(refused.starts_with(&format!("cannot write {}: ", file.display())), "{refused}");

    let figures: LinkFigures = serde_json::from_slice(&std::fs::read(folder.join("figures.json")).unwrap()).unwrap();
    assert_eq!(
        (&figures.name, figures.beat_bytes, figures.sustained_gb_s),
        (&link.name, link.beat_bytes, link.sustained_gb_s)
    );
    for (found, expected) in figures.points.iter().zip(&link.points) {
        assert_eq!(found.message_bytes, expected.message_bytes);
        Compression::ALL.iter().for_each(|&c| close(found.time_ns.with(c), expected.time_ns.with(c)));
    }
    assert_eq!(figures.points.len(), link.points.len());
    let csv = std::fs::read_to_string(folder.join("estimates.csv")).unwrap();
    assert_eq!(csv.lines().count(), 1 + 4);
    assert!(csv.contains("all-reduce,ring:3,3,4096,4,"), "{csv}");
}

//! The published closed forms. `p` dies, `n` bytes, alpha and beta of a message.
//!
//! Ring (Thakur, Rabenseifner and Gropp 2005, sections 4.1 to 4.4; Chan et al. 2007, figure 6): all-gather and reduce-scatter
//! (p - 1) alpha + (p - 1) / p n beta, all-reduce twice that. Mesh of r rows and c columns (Chan et al. 2007, section 7): r + c - 2
//! instead of p - 1 messages, the same bytes. All-to-all: the bisection, see docs/collectives.md.

use super::*;
use huffwire::collectives::{rounds, Collective};

const BYTES: u64 = 16 * 9 * 5 * 7 * 64;
const LINK: (f64, f64) = (25.0, 200.0);

fn estimate(text: &str, collective: Collective) -> f64 {
    let link = straight(LINK, (50.0, 280.0));
    link.estimate(topology(text), collective, BYTES, Compression::Off).unwrap().time_ns
}

#[test]
fn rings_follow_thakur_rabenseifner_and_gropp() {
    let (alpha, beta, n) = (LINK.0, 1.0 / LINK.1, BYTES as f64);
    for dies in [3u32, 4, 7, 8, 16] {
        let p = f64::from(dies);
        let text = format!("ring:{dies}");
        let one_way = (p - 1.0) * alpha + (p - 1.0) / p * n * beta;
        close(estimate(&text, Collective::AllGather), one_way);
        close(estimate(&text, Collective::ReduceScatter), one_way);
        close(estimate(&text, Collective::AllReduce), 2.0 * one_way);
        // Each half of a ring has blocks for the other, over two links each way.
        let halves = f64::from((dies / 2) * dies.div_ceil(2));
        close(estimate(&text, Collective::AllToAll), f64::from(dies / 2) * alpha + halves / 2.0 * (n / p) * beta);
    }
}

#[test]
fn meshes_follow_chan_and_others() {
    let (alpha, beta, n) = (LINK.0, 1.0 / LINK.1, BYTES as f64);
    for (rows, columns) in [(1u32, 2u32), (5, 1), (2, 3), (4, 4), (3, 8)] {
        let p = f64::from(rows * columns);
        let text = format!("mesh:{rows}x{columns}");
        let one_way = f64::from(rows + columns - 2) * alpha + (p - 1.0) / p * n * beta;
        close(estimate(&text, Collective::AllGather), one_way);
        close(estimate(&text, Collective::ReduceScatter), one_way);
        close(estimate(&text, Collective::AllReduce), 2.0 * one_way);
        let along = |d: u32| {
            let halves = f64::from((d / 2) * d.div_ceil(2));
            f64::from(d - 1) * alpha + halves * (n / f64::from(d)) * beta
        };
        close(estimate(&text, Collective::AllToAll), along(rows) + along(columns));
    }
}

/// An all-gather by hand: 4 dies, 1 KiB: three messages of 256 bytes.
#[test]
fn one_by_hand() {
    let link = straight((10.0, 64.0), (10.0, 128.0));
    let of = |c| link.estimate(topology("ring:4"), Collective::AllGather, 1024, c).unwrap();
    let (off, on) = (of(Compression::Off), of(Compression::On));
    assert_eq!((off.time_ns, off.rounds, off.messages, off.beyond_measured), (42.0, 3, (256.0, 256.0), false));
    assert_eq!(on.time_ns, 36.0);
    let all: Vec<_> = rounds(topology("mesh:2x3"), Collective::AllGather, 600).unwrap();
    assert_eq!(all.iter().map(|r| (r.count, r.bytes)).collect::<Vec<_>>(), [(1, 100.0), (2, 200.0)]);
}

/// Times between and beyond the sizes measured, and the fit.
#[test]
fn measured_times_are_used_as_they_are() {
    let at = |bytes, off| Point { message_bytes: bytes, time_ns: OffOn { off, on: off } };
    let mut link = straight((0.0, 1.0), (0.0, 1.0));
    link.points = vec![at(100, 50.0), at(200, 70.0), at(400, 150.0)];
    link.sustained_gb_s = OffOn { off: 4.0, on: 2.0 };
    let time = |bytes| link.time_ns(Compression::Off, bytes);
    assert_eq!([time(100.0), time(150.0), time(300.0), time(400.0)].map(|t| t.0), [50.0, 60.0, 110.0, 150.0]);
    assert_eq!((time(10.0), time(800.0)), ((50.0, true), (250.0, true)));
    assert!(!time(100.0).1 && !time(400.0).1);
    assert_eq!(link.time_ns(Compression::On, 800.0), (350.0, true));

    // Through the time of that size, with the slope of messages back to back.
    let line = link.alpha_beta(Compression::Off, 150.0);
    assert_eq!((line.alpha_ns, line.beta_ns, line.time_ns(150.0)), (60.0 - 37.5, 0.25, 60.0));
    assert_eq!((line.gbytes_per_second(), line.time_ns(250.0)), (4.0, 85.0));
    // Faster than back to back: through 0.
    link.points = vec![at(100, 10.0), at(200, 20.0)];
    let line = link.alpha_beta(Compression::Off, 200.0);
    assert_eq!((line.alpha_ns, line.beta_ns), (0.0, 0.1));
}

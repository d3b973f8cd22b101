//! Reset at any clock of a packet leaves a core as good as new.

use crate::common::*;
use crate::cores::{stalls, Core};
use huffwire::cosim::{Beat, Device, StreamRun};
use huffwire::rtl::config::RtlConfig;
use huffwire::rtl::tops::Side;
use rand::prelude::*;

/// Runs into the middle of the beats and leaves the device there.
fn interrupt(device: &mut dyn Device, beats: &[Beat], clocks: u64) {
    let run = StreamRun { limit: clocks, ..StreamRun::default() };
    run.run(device, beats).unwrap_err();
}

/// Both cores on these packets, broken off in twelve different clocks.
pub fn check(config: &RtlConfig, packets: &[Packet], rng: &mut StdRng) {
    let words = reference(config, packets);
    for (side, beats) in [(Side::Encoder, plain_beats(config, packets)), (Side::Decoder, link_beats(config, &words))] {
        let mut core = Core::new(config, side);
        let mut verilated = core.verilated(Some(3));
        let stalls = stalls(("none", "random:0.2:5"));
        let undisturbed = run(core.block.as_mut(), &beats, &stalls);
        for _ in 0..12 {
            let clocks = rng.random_range(1..undisturbed.clocks * 3 / 4);
            for device in [core.block.as_mut(), &mut verilated as &mut dyn Device] {
                interrupt(device, &beats, clocks);
                let after = run(device, &beats, &stalls);
                assert_same_trace(&undisturbed, &after, &format!("{}, reset in clock {clocks}", core.name));
            }
        }
    }
}

#[test]
fn both_cores_work_after_a_reset_in_mid_packet() {
    for config in configurations().iter().filter(|c| c.bank.books().len() == 3) {
        let mut rng = seeded("both_cores_work_after_a_reset_in_mid_packet");
        let step = step_bytes(config);
        let packets: Vec<Packet> =
            (0..4).map(|i| Packet { plain: (0..step * 150).map(|_| rng.random()).collect(), book: i }).collect();
        check(config, &packets, &mut rng);
    }
}

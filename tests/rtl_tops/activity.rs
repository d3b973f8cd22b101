//! The simulation by activity against rust-hdl's own `simulate`, on the same stimulus: the same outputs in every clock, and
//! the same value of every input and output of every block inside.

use crate::common::*;
use huffwire::cosim::{Beat, Device, DeviceError, DutPorts, Pins, PortId, RustHdl, StallPattern, StreamRun};
use huffwire::hdl::Settle;
use huffwire::rtl::config::RtlConfig;
use huffwire::rtl::decoder::top::Decoder;
use huffwire::rtl::decoder::DecoderBuild;
use huffwire::rtl::encoder::top::Encoder;
use huffwire::rtl::encoder::EncoderBuild;
use rand::prelude::*;
use rust_hdl::prelude::{Atom, AtomKind, Block, Clock, Probe, Synth, VCDValue, Verilog};

/// Clocks from one look at all signals to the next.
const LOOK: u64 = 7;

/// What must be the same: the ports of all blocks. Not compared are clocks and local signals, which simulation by activity
/// leaves alone, and what registers and memories will take at the next edge.
#[derive(Default)]
struct Signals {
    path: Vec<(String, bool)>,
    found: Vec<(String, VCDValue)>,
}

impl Probe for Signals {
    fn visit_start_scope(&mut self, name: &str, block: &dyn Block) {
        self.path.push((name.into(), matches!(block.hdl(), Verilog::Combinatorial(_))));
    }

    fn visit_end_scope(&mut self, _: &str, _: &dyn Block) {
        self.path.pop();
    }

    fn visit_atom(&mut self, name: &str, signal: &dyn Atom) {
        let kernel = self.path.last().is_some_and(|p| p.1);
        let compared = match signal.kind() {
            AtomKind::InputParameter => kernel && signal.descriptor().name != Clock::descriptor().name,
            AtomKind::OutputParameter => true,
            _ => false,
        };
        if compared {
            let path: String = self.path.iter().map(|p| p.0.clone() + ".").collect();
            self.found.push((path + name, signal.vcd()));
        }
    }
}

fn signals(block: &impl Block) -> Vec<(String, VCDValue)> {
    let mut probe = Signals::default();
    block.accept("top", &mut probe);
    probe.found
}

/// One block run both ways.
struct Both<B: DutPorts> {
    simulated: RustHdl<B>,
    active: RustHdl<B>,
    inputs: Vec<PortId>,
    /// Signals compared.
    compared: usize,
}

impl<B: DutPorts + Settle> Both<B> {
    fn new(make: impl Fn() -> B) -> Self {
        let (simulated, active) = (RustHdl::new(make()).unwrap(), RustHdl::by_activity(make()).unwrap());
        let inputs = simulated.ports().iter().filter(|p| p.direction == huffwire::cosim::Direction::Input);
        let inputs = inputs.map(|p| simulated.port(&p.name).unwrap()).collect();
        Both { simulated, active, inputs, compared: 0 }
    }

    fn look(&mut self) {
        let (expected, found) = (signals(self.simulated.block()), signals(self.active.block()));
        assert_eq!(expected.len(), found.len());
        for (e, f) in expected.iter().zip(&found) {
            assert_eq!(e, f, "clock {}", self.clocks());
        }
        self.compared += expected.len();
    }
}

impl<B: DutPorts + Settle> Device for Both<B> {
    fn pins(&self) -> &Pins {
        self.simulated.pins()
    }

    fn pins_mut(&mut self) -> &mut Pins {
        self.simulated.pins_mut()
    }

    fn eval(&mut self) -> Result<(), DeviceError> {
        for &id in &self.inputs {
            self.active.set_words(id, self.simulated.get_words(id));
        }
        self.simulated.eval()?;
        self.active.eval()?;
        if self.clocks().is_multiple_of(LOOK) {
            self.look();
        }
        Ok(())
    }

    fn clock(&mut self) -> Result<(), DeviceError> {
        self.eval()?;
        self.simulated.clock()?;
        self.active.clock()?;
        for (id, port) in self.simulated.ports().iter().map(|p| (self.simulated.port(&p.name).unwrap(), p)) {
            let values = (self.simulated.get_words(id), self.active.get_words(id));
            assert_eq!(values.0, values.1, "{}, clock {}", port.name, self.clocks());
        }
        Ok(())
    }

    fn clocks(&self) -> u64 {
        self.simulated.clocks()
    }
}

/// A few packets under stalls, the last one broken off by a reset and sent once more.
fn check<B: DutPorts + Settle>(config: &RtlConfig, make: impl Fn() -> B, beats: &[Beat]) {
    let mut device = Both::new(make);
    let stalls: (StallPattern, StallPattern) = ("random:0.2:3".parse().unwrap(), "random:0.3:4".parse().unwrap());
    run(&mut device, beats, &stalls);
    StreamRun { limit: 60, ..StreamRun::default() }.run(&mut device, beats).unwrap_err();
    run(&mut device, beats, &(StallPattern::None, StallPattern::None));
    assert!(device.compared > 10_000, "{}: {} signals compared", name(config), device.compared);

    // What has nothing to do costs nothing.
    let (all, blocks) = device.active.kernels().unwrap();
    eprintln!("{}: {blocks} blocks, {:.1} kernels a clock", name(config), all as f64 / device.clocks() as f64);
    let idle = |device: &mut Both<B>| {
        let before = device.active.kernels().unwrap().0;
        (0..100).for_each(|_| device.clock().unwrap());
        device.active.kernels().unwrap().0 - before
    };
    idle(&mut device);
    let kernels = idle(&mut device);
    assert!(
        kernels < 100 * blocks as u64 / 10,
        "{}: {kernels} kernels of {blocks} blocks in 100 idle clocks",
        name(config)
    );
}

/// Both cores, each with what comes into it.
fn check_cores<const LANES: usize>(config: &RtlConfig, [plain, link]: &[Vec<Beat>; 2]) {
    check(config, || Encoder::<LANES>::new(&EncoderBuild::new(config)).unwrap(), plain);
    check(config, || Decoder::<LANES>::new(&DecoderBuild::new(config)).unwrap(), link);
}

#[test]
fn simulation_by_activity_is_that_of_rust_hdl() {
    let all = [configurations(), tracked_configurations(), block_configurations(), wide_configurations()].concat();
    for config in all.iter().filter(|c| c.parameters.lanes <= 16) {
        let mut rng = seeded("simulation_by_activity_is_that_of_rust_hdl");
        let mut packets = packets(config, &mut rng);
        packets.retain(|p| p.plain.len() <= 70 * step_bytes(config));
        packets.shuffle(&mut rng);
        packets.truncate(4);
        let beats = [plain_beats(config, &packets), link_beats(config, &reference(config, &packets))];
        match config.geometry().lanes {
            1 => check_cores::<1>(config, &beats),
            2 => check_cores::<2>(config, &beats),
            4 => check_cores::<4>(config, &beats),
            8 => check_cores::<8>(config, &beats),
            16 => check_cores::<16>(config, &beats),
            lanes => panic!("{lanes} lanes"),
        }
    }
}

//! Drives a block at random, legally, and holds it against a model in every clock.
//!
//! ```text
//!            +--> rust-hdl simulation --------------+--> equal, all ports, every clock
//!  stimulus -+--> Verilog, registers start at zero -'
//!     ^      '--> Verilog, registers start at random --.
//!     |                                                v
//!  model  ------------------- expectations ----> all three
//! ```
//!
//! An input that the model does not set is random: what must not matter is noise. Blocks with a reset are reset again and again.

use crate::common::seeded;
use huffwire::cosim::{
    port_bits, put_value, take_value, Device, Direction as Way, DutPorts, Effort, Port, PortId, PortValue, RustHdl,
    Verilated, VerilatedSpec,
};
use huffwire::hdl::{verilog, Bus};
use rand::prelude::*;
use rust_hdl::prelude::{Block, In, Logic, Out, Probe, Signal, Synth, TimingInfo, Verilog};
use std::collections::HashMap;

/// A block of the library under a type of our own, so that its ports can be named here.
pub struct Dut<B>(pub B);

impl<B: Block> Logic for Dut<B> {
    fn update(&mut self) {
        self.0.update();
    }
    fn connect(&mut self) {
        self.0.connect();
    }
    fn hdl(&self) -> Verilog {
        self.0.hdl()
    }
    fn timing(&self) -> Vec<TimingInfo> {
        self.0.timing()
    }
}

impl<B: Block> Block for Dut<B> {
    fn connect_all(&mut self) {
        self.0.connect_all();
    }
    fn update_all(&mut self) {
        self.0.update_all();
    }
    fn has_changed(&self) -> bool {
        self.0.has_changed()
    }
    fn accept(&self, name: &str, probe: &mut dyn Probe) {
        self.0.accept(name, probe);
    }
}

/// A port, or an array of them.
pub trait PortField {
    fn list(&self, name: &str, way: Way) -> Vec<Port>;
    fn take(&mut self, words: &[u32]) -> usize;
    fn put(&self, words: &mut [u32]) -> usize;
}

// A signal's value can be read for each direction, not for all of them at once.
macro_rules! port_field {
    ($direction:ty) => {
        impl<T: PortValue + Synth> PortField for Signal<$direction, T> {
            fn list(&self, name: &str, direction: Way) -> Vec<Port> {
                vec![Port { name: name.into(), bits: port_bits(&self.next), direction }]
            }
            fn take(&mut self, words: &[u32]) -> usize {
                take_value(&mut self.next, words)
            }
            fn put(&self, words: &mut [u32]) -> usize {
                put_value(self.val(), words)
            }
        }
    };
}
port_field!(In);
port_field!(Out);

macro_rules! bus_field {
    ($direction:ty) => {
        impl PortField for Bus<$direction> {
            fn list(&self, name: &str, direction: Way) -> Vec<Port> {
                vec![Port { name: name.into(), bits: self.width(), direction }]
            }
            fn take(&mut self, words: &[u32]) -> usize {
                take_value(&mut self.next, words)
            }
            fn put(&self, words: &mut [u32]) -> usize {
                put_value(self.val(), words)
            }
        }
    };
}
bus_field!(In);
bus_field!(Out);

impl<F: PortField> PortField for Vec<F> {
    fn list(&self, name: &str, way: Way) -> Vec<Port> {
        self.iter().enumerate().flat_map(|(i, s)| s.list(&format!("{name}${i}"), way)).collect()
    }
    fn take(&mut self, words: &[u32]) -> usize {
        self.iter_mut().fold(0, |at, s| at + s.take(&words[at..]))
    }
    fn put(&self, words: &mut [u32]) -> usize {
        self.iter().fold(0, |at, s| at + s.put(&mut words[at..]))
    }
}

/// Names the ports of a block, arrays of ports too: `dut! { [] Block { clock: clk; in: a, b; out: c; } }`.
macro_rules! dut {
    ([$($generics:tt)*] $block:ty { $(clock: $clock:ident;)? in: $($input:ident),*; out: $($output:ident),*; }) => {
        impl<$($generics)*> huffwire::cosim::DutPorts for $crate::harness::Dut<$block> {
            fn port_list(&self) -> (Vec<huffwire::cosim::Port>, Option<&'static str>) {
                use huffwire::cosim::Direction::{Input, Output};
                use $crate::harness::PortField;
                let mut ports = Vec::new();
                $(ports.extend(self.0.$input.list(stringify!($input), Input));)*
                $(ports.extend(self.0.$output.list(stringify!($output), Output));)*
                let clock: &[&'static str] = &[$(stringify!($clock))?];
                (ports, clock.first().copied())
            }
            fn drive(&mut self, words: &[u32]) {
                use $crate::harness::PortField;
                let mut _at = 0;
                $(_at += self.0.$input.take(&words[_at..]);)*
            }
            fn sample(&self, words: &mut [u32]) {
                use $crate::harness::PortField;
                let mut _at = 0;
                $(_at += self.0.$output.put(&mut words[_at..]);)*
            }
            fn set_clock(&mut self, _level: bool) {
                $(self.0.$clock.next = _level.into();)?
            }
        }
    };
}

/// What a block ought to do.
pub trait Model {
    /// How often [`Model::respond`] is called in a clock.
    const ROUNDS: usize = 0;

    /// The block is in reset.
    fn reset(&mut self) {}

    /// Before the clock: sets inputs, and may say what to expect.
    fn before(&mut self, io: &mut Io);

    /// Before the clock, with the outputs as the inputs so far make them: sets inputs that depend on outputs.
    fn respond(&mut self, _io: &mut Io, _round: usize) {}

    /// After the clock, with the outputs of the clock: checks them, and moves on.
    fn after(&mut self, _io: &mut Io) {}

    /// After the last clock: has enough happened?
    fn enough(&self) {}
}

/// Ports of a block in one clock.
pub struct Io<'a> {
    pub rng: &'a mut StdRng,
    pub clock: usize,
    ports: &'a [Port],
    names: &'a HashMap<String, usize>,
    values: Vec<Option<u128>>,
    expected: Vec<Option<u128>>,
}

impl Io<'_> {
    fn index(&self, name: &str) -> usize {
        *self.names.get(name).unwrap_or_else(|| panic!("no port {name}"))
    }

    /// Sets an input.
    pub fn set(&mut self, name: &str, value: impl Into<u128>) {
        let at = self.index(name);
        assert_eq!(self.ports[at].direction, Way::Input, "{name}");
        self.values[at] = Some(value.into());
    }

    /// Sets an input at random.
    pub fn any(&mut self, name: &str) -> u128 {
        let at = self.index(name);
        let value = random(self.rng, self.ports[at].bits);
        self.set(name, value);
        value
    }

    /// Sets a one-bit input with this probability, if `allowed`.
    pub fn maybe(&mut self, name: &str, probability: f64, allowed: bool) -> bool {
        let value = allowed && self.rng.random_bool(probability);
        self.set(name, value);
        value
    }

    /// Value of an output in this clock.
    pub fn get(&self, name: &str) -> u128 {
        self.values[self.index(name)].unwrap_or_else(|| panic!("{name} is not known yet"))
    }

    /// A one-bit output in this clock.
    pub fn is(&self, name: &str) -> bool {
        self.get(name) == 1
    }

    /// A one-bit input in this clock, as it was set.
    pub fn is_input(&self, name: &str) -> bool {
        self.values[self.index(name)] == Some(1)
    }

    /// Demands a value of an output in this clock.
    pub fn expect(&mut self, name: &str, value: impl Into<u128>) {
        let at = self.index(name);
        assert_eq!(self.ports[at].direction, Way::Output, "{name}");
        self.expected[at] = Some(value.into());
    }
}

fn random(rng: &mut StdRng, bits: usize) -> u128 {
    // All zeros and all ones more often than chance has it.
    let value = match rng.random_range(0..8) {
        0 => 0,
        1 => u128::MAX,
        _ => rng.random(),
    };
    value & (u128::MAX >> (128 - bits))
}

fn read(device: &dyn Device, ids: &[PortId]) -> Vec<u128> {
    ids.iter().map(|&id| device.get(id)).collect()
}

/// Runs `model` against `block` for `clocks` clocks.
pub fn three_way<B: Block, M: Model>(test: &str, block: B, mut model: M, clocks: usize)
where
    Dut<B>: DutPorts,
{
    let mut rng = seeded(test);
    let mut block = RustHdl::new(Dut(block)).unwrap_or_else(|e| panic!("{test}: {e}"));
    let top = test.split(' ').next().unwrap();
    let text = verilog::emit(block.block(), top).unwrap_or_else(|e| panic!("{test}: {e}")).text();
    // For whoever has to find out why they differ.
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}.v", test.replace(' ', "_")));
    std::fs::write(&file, &text).unwrap();
    let ports: Vec<Port> = block.ports().iter().map(|p| Port { name: p.name.replace('$', "_"), ..p.clone() }).collect();
    let clock = block.block().port_list().1;
    let verilated = |random_start| {
        let spec =
            VerilatedSpec { verilog: &text, top, ports: ports.clone(), clock, random_start, effort: Effort::Build };
        Verilated::new(&spec).unwrap_or_else(|e| panic!("{test}: {e}"))
    };
    let (mut zeros, mut noise) = (verilated(None), verilated(Some(rng.random())));
    let ids: Vec<PortId> = block.ports().iter().map(|p| block.port(&p.name).unwrap()).collect();
    let names: HashMap<String, usize> = ports.iter().enumerate().map(|(i, p)| (p.name.clone(), i)).collect();
    let inputs: Vec<usize> = (0..ports.len()).filter(|&i| ports[i].direction == Way::Input).collect();
    let outputs: Vec<usize> = (0..ports.len()).filter(|&i| ports[i].direction == Way::Output).collect();
    let rst = names.get("rst").copied();
    let mut checked = vec![0usize; ports.len()];
    let mut resetting = if rst.is_some() { 2 } else { 0 };
    for clock in 0..clocks {
        let mut io = Io {
            rng: &mut rng,
            clock,
            ports: &ports,
            names: &names,
            values: vec![None; ports.len()],
            expected: vec![None; ports.len()],
        };
        if rst.is_some() && resetting == 0 && io.rng.random_bool(1.0 / 1500.0) {
            resetting = io.rng.random_range(1..4);
        }
        let in_reset = resetting > 0;
        if rst.is_some() {
            io.set("rst", in_reset);
        }
        if in_reset {
            resetting -= 1;
            model.reset();
        } else {
            model.before(&mut io);
        }
        let noise_for: Vec<u128> = inputs.iter().map(|&i| random(io.rng, ports[i].bits)).collect();
        let apply = |io: &Io, devices: [&mut dyn Device; 3]| {
            for device in devices {
                for (k, &i) in inputs.iter().enumerate() {
                    device.set(ids[i], io.values[i].unwrap_or(noise_for[k]));
                }
            }
        };
        if !in_reset {
            for round in 0..M::ROUNDS {
                apply(&io, [&mut block, &mut zeros, &mut noise]);
                block.eval().unwrap();
                let seen = read(&block, &ids);
                outputs.iter().for_each(|&i| io.values[i] = Some(seen[i]));
                model.respond(&mut io, round);
            }
        }
        apply(&io, [&mut block, &mut zeros, &mut noise]);
        for device in [&mut block as &mut dyn Device, &mut zeros, &mut noise] {
            device.clock().unwrap_or_else(|e| panic!("{test}: {e}"));
        }
        let seen = [read(&block, &ids), read(&zeros, &ids), read(&noise, &ids)];
        for &i in &outputs {
            let (port, b, v) = (&ports[i].name, seen[0][i], seen[1][i]);
            assert_eq!(b, v, "{test}: clock {clock}, port {port}: rust-hdl {b:#x}, Verilog {v:#x}");
            io.values[i] = Some(b);
        }
        if !in_reset {
            model.after(&mut io);
        }
        for &i in &outputs {
            let Some(expected) = io.expected[i] else { continue };
            checked[i] += 1;
            for (k, who) in ["rust-hdl", "Verilog", "Verilog from random registers"].iter().enumerate() {
                let (port, found) = (&ports[i].name, seen[k][i]);
                assert_eq!(
                    found, expected,
                    "{test}: clock {clock}, port {port}: {who} {found:#x}, model {expected:#x}"
                );
            }
        }
    }
    model.enough();
    for &i in &outputs {
        assert!(checked[i] > 0, "{test}: the model never said what to expect of {}", ports[i].name);
    }
}

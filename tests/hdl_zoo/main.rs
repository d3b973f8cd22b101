//! Every construct that a kernel may have, in simulation, under Verilator and under Icarus Verilog: the same values at
//! every clock for random inputs.

mod arithmetic;
mod control;
mod icarus;
mod memories;
mod slices;
mod state;
mod structures;

use huffwire::cosim::{lint, Device, Direction, DutPorts, Effort, RustHdl, Verilated, VerilatedSpec};
use huffwire::hdl::verilog::emit;
use rand::prelude::*;
use rust_hdl::prelude::Block;

const CLOCKS: usize = 3000;
/// Clocks at the start in which the zoo resets and fills its memories, so that Icarus has no unknown values left.
const SETTLE: usize = 20;

/// Inputs and outputs of one clock, in the order of the ports.
pub(crate) struct Sample {
    pub(crate) inputs: Vec<u128>,
    pub(crate) outputs: Vec<u128>,
}

/// A random value: often at the ends of the range, where carries and wrap-arounds are.
fn value(rng: &mut StdRng, bits: usize) -> u128 {
    let mask = !0u128 >> (128 - bits);
    match rng.random_range(0..8) {
        0 => 0,
        1 => mask,
        2 => 1,
        3 => mask - 1,
        4 => rng.random::<u128>() & rng.random::<u128>() & mask,
        _ => rng.random::<u128>() & mask,
    }
}

fn stimulus(rng: &mut StdRng, ports: &[(String, usize)], clock: usize) -> Vec<u128> {
    let early = clock < SETTLE;
    let one = |(name, bits): &(String, usize)| match name.as_str() {
        "rst" => u128::from(early || rng.random_bool(0.02)),
        "write" | "enable" if early => 1,
        "write_at" if early => clock as u128 % (1 << bits),
        _ => value(rng, *bits),
    };
    ports.iter().map(one).collect()
}

fn named(device: &dyn Device, direction: Direction) -> Vec<(String, usize)> {
    let ports = device.ports().iter().filter(|p| p.direction == direction);
    ports.map(|p| (p.name.clone(), p.bits)).collect()
}

/// Drives both devices alike and compares what they say; the samples of the clocks.
fn compare(block: &mut dyn Device, verilated: &mut dyn Device, test: &str) -> Vec<Sample> {
    let seed = std::env::var("HUFFWIRE_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(417);
    eprintln!("{test}: HUFFWIRE_SEED={seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    let (inputs, outputs) = (named(block, Direction::Input), named(block, Direction::Output));
    let mut samples = Vec::new();
    for clock in 0..CLOCKS {
        let values = stimulus(&mut rng, &inputs, clock);
        let drive = |device: &mut dyn Device| {
            for ((name, _), value) in inputs.iter().zip(&values) {
                let port = device.port(name).unwrap();
                device.set(port, *value);
            }
            device.clock().unwrap();
        };
        drive(block);
        drive(verilated);
        let read = |d: &dyn Device| outputs.iter().map(|(n, _)| d.get(d.port(n).unwrap())).collect::<Vec<_>>();
        let (expected, found) = (read(block), read(verilated));
        for (((name, _), e), f) in outputs.iter().zip(&expected).zip(&found) {
            assert!(e == f || clock < SETTLE, "{test}, clock {clock}, {name}: simulation {e:#x}, Verilator {f:#x}");
        }
        samples.push(Sample { inputs: values, outputs: expected });
    }
    samples
}

/// Prints, lints and runs a block three ways.
fn three_ways<B: Block + DutPorts + Default>(top: &str) {
    let mut block = B::default();
    block.connect_all();
    let design = emit(&block, top).unwrap();
    let text = design.text();
    let mut again = B::default();
    again.connect_all();
    assert_eq!(text, emit(&again, top).unwrap().text(), "{top}: not the same when printed again");
    assert!(!text.contains('$'), "{top}");
    lint(&text, top).unwrap_or_else(|error| panic!("{error}\n{text}"));

    let mut block = RustHdl::new(block).unwrap();
    let (list, clock) = B::default().port_list();
    // A random start shows registers that only look reset.
    let spec = VerilatedSpec { verilog: &text, top, ports: list, clock, random_start: Some(5), effort: Effort::Build };
    let samples = compare(&mut block, &mut Verilated::new(&spec).unwrap(), top);
    let (inputs, outputs) = (named(&block, Direction::Input), named(&block, Direction::Output));
    for (at, (name, bits)) in outputs.iter().enumerate() {
        let first = samples[SETTLE].outputs[at];
        let moves = samples[SETTLE..].iter().any(|s| s.outputs[at] != first);
        assert!(moves || MEANT_CONSTANT.contains(&name.as_str()), "{top}: {name} ({bits} bits) never changes");
    }
    icarus::check(top, &text, clock, (&inputs, &outputs), &samples, SETTLE);
}

/// Outputs that test constants.
const MEANT_CONSTANT: [&str; 3] = ["all_beyond", "bit_beyond", "fixed_out"];

#[test]
fn arithmetic_three_ways() {
    three_ways::<arithmetic::Arithmetic>("arithmetic");
}

#[test]
fn slices_three_ways() {
    three_ways::<slices::Slices>("slices");
}

#[test]
fn memories_three_ways() {
    three_ways::<memories::Memories>("memories");
}

#[test]
fn structures_three_ways() {
    three_ways::<structures::Structures>("structures");
}

#[test]
fn the_same_image_is_printed_once() {
    let mut block = control::Control::default();
    block.connect_all();
    let text = emit(&block, "control").unwrap().text();
    assert_eq!(text.matches("localparam [159:0]").count(), 1);
    assert_eq!(text.matches("\nmodule control_lanes (").count(), 1);
    assert_eq!(text.matches("control_lanes lanes_").count(), 2);
}

#[test]
fn control_three_ways() {
    three_ways::<control::Control>("control");
}

/// Runs a block against Verilog that is wrong in one place.
fn against_wrong<B: Block + DutPorts + Default>(right: &str, wrong: &str, icarus_only: bool) {
    let mut block = B::default();
    block.connect_all();
    let text = emit(&block, "dut").unwrap().text();
    let altered = text.replacen(right, wrong, 1);
    assert_ne!(text, altered);
    let mut block = RustHdl::new(block).unwrap();
    let (list, clock) = B::default().port_list();
    let verilated = if icarus_only { &text } else { &altered };
    let spec = VerilatedSpec {
        verilog: verilated,
        top: "dut",
        ports: list,
        clock,
        random_start: Some(5),
        effort: Effort::Build,
    };
    let samples = compare(&mut block, &mut Verilated::new(&spec).unwrap(), "dut");
    let (inputs, outputs) = (named(&block, Direction::Input), named(&block, Direction::Output));
    icarus::check("dut", &altered, clock, (&inputs, &outputs), &samples, SETTLE);
    // Where there is no Icarus there is nothing to be found.
    assert!(icarus::installed(), "not run under Icarus Verilog");
}

#[test]
#[should_panic(expected = "cast_sum: simulation")]
fn a_carry_that_leaks_is_found() {
    against_wrong::<arithmetic::Arithmetic>("{8'd0, a + b}", "{8'd0, a} + {8'd0, b}", false);
}

#[test]
#[should_panic(expected = "under Icarus Verilog")]
fn an_unknown_value_is_found() {
    against_wrong::<control::Control>("out = 4'd9;", "out = 4'bx001;", true);
}

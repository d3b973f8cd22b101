//! Runs and checks RTL: rust-hdl blocks and their Verilog behind one interface, under one stimulus.
//!
//! | module | what it does |
//! |---|---|
//! | [`device`] | [`Device`]: ports, values, one whole clock |
//! | [`block`] | [`RustHdl`]: a rust-hdl block, stepped directly |
//! | [`port_value`] | [`PortValue`]: values of ports as words |
//! | [`verilated`] | [`Verilated`]: Verilog under Verilator, as a shared library |
//! | [`stall`] | [`StallPattern`]: when a side of a stream pauses |
//! | [`beat`] | [`Beat`]: one transfer |
//! | [`stream`] | AXI4-Stream [`Source`] and [`Sink`], which check the rules of the bus |
//! | [`run`] | [`run_stream`]: beats in, beats out |
//! | [`vcd`] | [`PortVcd`]: waveforms, written as the run goes |
//! | [`mod@lint`] | [`lint()`](lint()): Verilator, Icarus and Yosys read the Verilog without a word |

pub mod beat;
pub mod block;
pub mod device;
mod ffi;
pub mod lint;
pub mod port_value;
pub mod run;
pub mod stall;
pub mod stream;
pub mod vcd;
pub mod verilated;

pub use beat::Beat;
pub use block::{block_ports, BlockDevice, BlockError, DutPorts, RustHdl};
pub use device::{low_u128, u128_words, Device, DeviceError, Direction, Pins, Port, PortId};
pub use lint::{lint, LintError, LintTool};
pub use port_value::{port_bits, put_value, take_value, PortValue};
pub use run::{run_stream, RunError, RunTrace, Stop, StreamRun};
pub use stall::{StallError, StallPattern, Stalls};
pub use stream::{Sink, Source, StreamError};
pub use vcd::PortVcd;
pub use verilated::{Effort, Verilated, VerilatedError, VerilatedSpec};

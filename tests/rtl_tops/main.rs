//! Both cores, three ways: the reference codec, the rust-hdl simulation, and the exported Verilog under Verilator.

mod activity;
mod clocks;
#[path = "../common/mod.rs"]
mod common;
mod cores;
mod faults;
mod lints;
mod rate;
mod reset;
mod round_trip;
mod turns;
mod verdict;
mod widths;

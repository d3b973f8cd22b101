//! A core as rust-hdl block and as Verilog, run under one stimulus.

use crate::common::{assert_same_trace, name, run};
use huffwire::cosim::{Beat, BlockDevice, RunTrace, StallPattern, Verilated, VerilatedSpec};
use huffwire::hdl::verilog::Design;
use huffwire::rtl::config::RtlConfig;
use huffwire::rtl::tops::{core, Side};

/// One core of one configuration.
pub struct Core {
    pub block: Box<dyn BlockDevice>,
    pub name: String,
    pub top: &'static str,
    pub design: Design,
}

impl Core {
    pub fn new(config: &RtlConfig, side: Side) -> Core {
        let block = core(config, side).unwrap();
        let design = block.design(side.top()).unwrap();
        let name = format!("{} {}", name(config), side.name());
        // For whoever has to find out why they differ.
        let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}.v", name.replace(' ', "_")));
        std::fs::write(&file, design.text()).unwrap();
        Core { name, top: side.top(), block, design }
    }

    /// The Verilog; every register starts at random with `random_start`, else at zero.
    pub fn verilated(&self, random_start: Option<u32>) -> Verilated {
        let (verilog, ports) = (&self.design.text(), self.block.ports().to_vec());
        Verilated::new(&VerilatedSpec { verilog, top: self.top, ports, clock: Some("clk"), random_start }).unwrap()
    }

    /// Runs both from reset and demands the same in every clock. The Verilog starts from random registers.
    pub fn run_both(&mut self, beats: &[Beat], patterns: &(StallPattern, StallPattern)) -> RunTrace {
        let block = run(self.block.as_mut(), beats, patterns);
        let verilog = run(&mut self.verilated(Some(7)), beats, patterns);
        assert_same_trace(&block, &verilog, &self.name);
        block
    }
}

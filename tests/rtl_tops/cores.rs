//! A core as rust-hdl block and as Verilog, run under one stimulus.

use crate::common::*;
use huffwire::cosim::{Beat, BlockDevice, Effort, RunTrace, StallPattern, Verilated, VerilatedSpec};
use huffwire::hdl::verilog::Design;
use huffwire::rtl::config::RtlConfig;
use huffwire::rtl::tops::{core, Side};

/// No stalls.
pub const FREE: (&str, &str) = ("none", "none");

/// The patterns with these texts, of source and sink.
pub fn stalls(text: (&str, &str)) -> (StallPattern, StallPattern) {
    (text.0.parse().unwrap(), text.1.parse().unwrap())
}

/// One core of one configuration.
pub struct Core {
    pub config: RtlConfig,
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
        Core { config: config.clone(), name, top: side.top(), block, design }
    }

    /// The Verilog; every register starts at random with `random_start`, else at zero.
    pub fn verilated(&self, random_start: Option<u32>) -> Verilated {
        let (verilog, ports) = (&self.design.text(), self.block.ports().to_vec());
        Verilated::new(&VerilatedSpec {
            verilog,
            top: self.top,
            ports,
            clock: Some("clk"),
            random_start,
            effort: Effort::Build,
        })
        .unwrap()
    }

    /// Runs both from reset and demands the same in every clock. The Verilog starts from random registers.
    pub fn run_both(&mut self, beats: &[Beat], patterns: &(StallPattern, StallPattern)) -> RunTrace {
        let block = run(self.block.as_mut(), beats, patterns);
        let verilog = run(&mut self.verilated(Some(7)), beats, patterns);
        assert_same_trace(&block, &verilog, &self.name);
        block
    }

    /// Encodes packets under these stalls and demands what the reference makes of them.
    pub fn encode(&mut self, packets: &[Packet], text: (&str, &str)) -> RunTrace {
        let trace = self.run_both(&plain_beats(&self.config, packets), &stalls(text));
        let found = link_packets(&self.config, &trace);
        assert_same(&found, &reference(&self.config, packets), &format!("{} {text:?}", self.name));
        trace
    }

    /// Decodes `words` under these stalls and demands the packets, without an error.
    pub fn decode(&mut self, words: &[Vec<u8>], packets: &[Packet], text: (&str, &str)) -> RunTrace {
        let trace = self.run_both(&link_beats(&self.config, words), &stalls(text));
        let (found, errors) = plain_packets(&self.config, &trace);
        assert_eq!(errors, vec![0; packets.len()], "{} {text:?}", self.name);
        let plain: Vec<Vec<u8>> = packets.iter().map(|p| p.plain.clone()).collect();
        assert_same(&found, &plain, &format!("{} {text:?}", self.name));
        trace
    }
}

/// Both cores on the same packets, under each of these stalls.
pub fn check(config: &RtlConfig, packets: &[Packet], texts: &[(&str, &str)]) {
    let (mut encoder, mut decoder) = (Core::new(config, Side::Encoder), Core::new(config, Side::Decoder));
    let words = reference(config, packets);
    for &text in texts {
        encoder.encode(packets, text);
        decoder.decode(&words, packets, text);
    }
}

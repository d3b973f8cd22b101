//! FuseSoC core description (CAPI2).

use super::boards::{BoardDesign, Flow};
use std::fmt::Write;

/// The file: the cores, a lint target, and a target for each board.
pub fn core_file(boards: &[BoardDesign]) -> String {
    let mut text = format!(
        "CAPI=2:\n\
         # SPDX-License-Identifier: {license}\n\
         name: huffwire:codec:huffwire:{version}\n\
         description: Streaming single-stage Huffman encoder and decoder with AXI4-Stream ports\n\n\
         filesets:\n\
         \x20 rtl:\n\
         \x20   files:\n\
         \x20     - huffwire_encoder.v\n\
         \x20     - huffwire_decoder.v\n\
         \x20   file_type: verilogSource\n\
         \x20 template:\n\
         \x20   files:\n\
         \x20     - huffwire_template.v\n\
         \x20   file_type: verilogSource\n",
        license = env!("CARGO_PKG_LICENSE"),
        version = env!("CARGO_PKG_VERSION"),
    );
    let kind = |flow| match flow {
        Flow::Ecp5 => ("LPF", "trellis"),
        Flow::Ice40 => ("PCF", "icestorm"),
    };
    for design in boards {
        let _ = write!(
            text,
            "  {}:\n    files:\n      - {}: {{file_type: verilogSource}}\n      - {}: {{file_type: {}}}\n",
            design.board.name,
            design.verilog_path(),
            design.constraints_path(),
            kind(design.board.flow).0
        );
    }
    text.push_str(
        "\ntargets:\n\
         \x20 default:\n\
         \x20   filesets: [rtl]\n\
         \x20 lint:\n\
         \x20   default_tool: verilator\n\
         \x20   filesets: [rtl, template]\n\
         \x20   tools:\n\
         \x20     verilator:\n\
         \x20       mode: lint-only\n\
         \x20       verilator_options: [-Wall]\n\
         \x20   toplevel: huffwire_template\n",
    );
    for design in boards {
        let (_, tool) = kind(design.board.flow);
        let synth = match design.board.flow {
            Flow::Ecp5 => "-nowidelut",
            Flow::Ice40 => "-abc9 -device hx",
        };
        let _ = write!(
            text,
            "  {name}:\n    default_tool: {tool}\n    filesets: [{name}]\n    tools:\n      {tool}:\n\
             \x20       nextpnr_options: [{device}]\n        yosys_synth_options: [{synth}]\n    toplevel: {top}\n",
            name = design.board.name,
            device = design.board.device.join(", "),
            synth = synth.replace(' ', ", "),
            top = design.top(),
        );
    }
    text
}

//! Instances of both cores in Verilog, to copy from.

use super::cores::Core;
use crate::rtl::tops::Side;
use std::fmt::Write;

/// The template: a module with the plain side of both cores at its ports and the link in between.
pub fn template(cores: &[Core]) -> String {
    let mut text = String::from(
        "// Template: encoder and decoder back to back. Copy the instances and put your link in between.\n\
         // SPDX-License-Identifier: MIT OR Apache-2.0\n\n\
         `default_nettype none\n\nmodule huffwire_template (\n    input wire clk,\n    input wire rst",
    );
    let range = |bits: usize| if bits == 1 { String::new() } else { format!("[{}:0] ", bits - 1) };
    let outer = |side: Side, name: &str| match side {
        Side::Encoder => name.starts_with("s_axis_"),
        Side::Decoder => name.starts_with("m_axis_"),
    };
    let local = |name: &str| format!("link_{}", name.rsplit('_').next().unwrap_or(name));
    for core in cores {
        for port in core.ports.iter().filter(|p| outer(core.side, &p.name)) {
            let direction = if port.input { "input" } else { "output" };
            let _ = write!(text, ",\n    {direction} wire {}{}", range(port.bits), port.name);
        }
    }
    text.push_str("\n);\n\n");
    let (clock, reset) = ("clk", "rst");
    for core in cores.iter().filter(|c| c.side == Side::Encoder) {
        for port in core.ports.iter().filter(|p| p.name.starts_with("m_axis_")) {
            let _ = writeln!(text, "    wire {}{};", range(port.bits), local(&port.name));
        }
    }
    for core in cores {
        let _ = write!(text, "\n    {} {} (\n", core.side.top(), core.side.name());
        let connections: Vec<String> = core
            .ports
            .iter()
            .map(|port| {
                let known = [clock, reset].contains(&port.name.as_str()) || outer(core.side, &port.name);
                let to = if known { port.name.clone() } else { local(&port.name) };
                format!("        .{}({to})", port.name)
            })
            .collect();
        let _ = write!(text, "{}\n    );\n", connections.join(",\n"));
    }
    text.push_str("\nendmodule\n\n`default_nettype wire\n");
    text
}

//! The cores' Verilog.

use super::{header, ExportError};
use crate::hdl::verilog::Port;
use crate::rtl::config::RtlConfig;
use crate::rtl::tops::{core, Side};

/// One core, ready to be written.
pub struct Core {
    /// Which.
    pub side: Side,
    /// Ports, in order.
    pub ports: Vec<Port>,
    /// The file.
    pub verilog: String,
}

/// Encoder and decoder.
pub fn cores(config: &RtlConfig, bank_name: &str) -> Result<Vec<Core>, ExportError> {
    let one = |side: Side| {
        let design = core(config, side)?.design(side.top())?;
        let purpose = match side {
            Side::Encoder => "streaming single-stage Huffman encoder, plain elements to link beats",
            Side::Decoder => "streaming Huffman decoder, link beats to plain elements",
        };
        let comment = header::comment(side.top(), purpose, config, bank_name);
        Ok(Core { side, verilog: comment + &design.text(), ports: design.ports })
    };
    Side::BOTH.into_iter().map(one).collect()
}

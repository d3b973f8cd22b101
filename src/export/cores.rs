//! The cores' Verilog.

use super::{header, ExportError};
use crate::cosim::DutPorts;
use crate::hdl::verilog::{self, Design, EmitError, Port};
use crate::rtl::config::RtlConfig;
use crate::rtl::tops::{with_top, Side, TopVisitor};

/// One core, ready to be written.
pub struct Core {
    /// Which.
    pub side: Side,
    /// Ports, in order.
    pub ports: Vec<Port>,
    /// The file.
    pub verilog: String,
}

struct Emit(Side);

impl TopVisitor for Emit {
    type Output = Result<Design, EmitError>;

    fn visit<B: DutPorts + 'static>(self, mut top: B) -> Self::Output {
        top.connect_all();
        verilog::emit(&top, self.0.top())
    }
}

/// Encoder and decoder.
pub fn cores(config: &RtlConfig, bank_name: &str) -> Result<Vec<Core>, ExportError> {
    let core = |side: Side| {
        let design = with_top(config, side, Emit(side))??;
        let purpose = match side {
            Side::Encoder => "streaming single-stage Huffman encoder, plain elements to link beats",
            Side::Decoder => "streaming Huffman decoder, link beats to plain elements",
        };
        let comment = header::comment(side.top(), purpose, config, bank_name);
        Ok(Core { side, verilog: comment + &design.text(), ports: design.ports })
    };
    Side::BOTH.into_iter().map(core).collect()
}

//! From a configuration to the block.

use super::config::RtlConfig;
use super::decoder::top::Decoder;
use super::decoder::DecoderBuild;
use super::encoder::top::Encoder;
use super::encoder::EncoderBuild;
use crate::cosim::{BlockDevice, BlockError, RustHdl};
use crate::dut_ports;
use crate::hdl::RomError;
use thiserror::Error;

dut_ports! {
    impl for Encoder {
        clock: clk;
        in: rst, s_axis_tdata, s_axis_tkeep, s_axis_tuser, s_axis_tlast, s_axis_tvalid, m_axis_tready;
        out: s_axis_tready, m_axis_tdata, m_axis_tkeep, m_axis_tlast, m_axis_tvalid;
    }
}
dut_ports! {
    impl for Decoder {
        clock: clk;
        in: rst, s_axis_tdata, s_axis_tkeep, s_axis_tlast, s_axis_tvalid, m_axis_tready;
        out: s_axis_tready, m_axis_tdata, m_axis_tkeep, m_axis_tuser, m_axis_tlast, m_axis_tvalid;
    }
}

/// Which of the two cores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// Encoder.
    Encoder,
    /// Decoder.
    Decoder,
}

impl Side {
    /// Both, in the order of the data path.
    pub const BOTH: [Side; 2] = [Side::Encoder, Side::Decoder];

    /// Name, also of the Verilog top: `huffwire_` and this.
    pub const fn name(self) -> &'static str {
        match self {
            Side::Encoder => "encoder",
            Side::Decoder => "decoder",
        }
    }

    /// Name of the Verilog top.
    pub const fn top(self) -> &'static str {
        match self {
            Side::Encoder => "huffwire_encoder",
            Side::Decoder => "huffwire_decoder",
        }
    }
}

/// A core could not be made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TopError {
    /// A ROM image does not fit.
    #[error(transparent)]
    Rom(#[from] RomError),
    /// Rust-hdl refuses the block.
    #[error(transparent)]
    Block(#[from] BlockError),
}

/// The core for a configuration: a device to step, and its Verilog.
pub fn core(config: &RtlConfig, side: Side) -> Result<Box<dyn BlockDevice>, TopError> {
    Ok(match side {
        Side::Encoder => Box::new(RustHdl::by_activity(Encoder::new(&EncoderBuild::new(config))?)?),
        Side::Decoder => Box::new(RustHdl::by_activity(Decoder::new(&DecoderBuild::new(config))?)?),
    })
}

//! From a configuration to the block.

use super::config::RtlConfig;
use super::decoder::top::Decoder;
use super::decoder::DecoderBuild;
use super::encoder::top::Encoder;
use super::encoder::EncoderBuild;
use super::geometry::Geometry;
use crate::cosim::{BlockDevice, BlockError, RustHdl};
use crate::dut_ports;
use crate::hdl::RomError;
use thiserror::Error;

dut_ports! {
    impl[const LANES: usize] for Encoder<LANES> {
        clock: clk;
        in: rst, s_axis_tdata, s_axis_tkeep, s_axis_tuser, s_axis_tlast, s_axis_tvalid, m_axis_tready;
        out: s_axis_tready, m_axis_tdata, m_axis_tkeep, m_axis_tlast, m_axis_tvalid;
    }
}
dut_ports! {
    impl[const LANES: usize] for Decoder<LANES> {
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
    /// The type of the core has another number of lanes than the configuration.
    #[error("a core of {core} lanes for a configuration of {configuration} lanes in a clock")]
    Lanes {
        /// Lanes of the core.
        core: usize,
        /// Lanes in a clock of the configuration.
        configuration: usize,
    },
    /// A configuration that [`RtlConfig::new`] has not made.
    #[error("no core has {0} lanes in a clock: 1, 2, 4, 8, 16, 32 or 64")]
    NoSuchCore(usize),
    /// A ROM image does not fit.
    #[error(transparent)]
    Rom(#[from] RomError),
    /// Rust-hdl refuses the block.
    #[error(transparent)]
    Block(#[from] BlockError),
}

impl TopError {
    /// Refuses a configuration of another number of lanes in a clock than `core`.
    pub(super) fn check_lanes(core: usize, geometry: &Geometry) -> Result<(), TopError> {
        match geometry.lanes {
            lanes if lanes == core => Ok(()),
            configuration => Err(TopError::Lanes { core, configuration }),
        }
    }
}

/// The core for a configuration: a device to step, and its Verilog. This is where the number of lanes in a clock, known when
/// the program runs, becomes that of a type.
pub fn core(config: &RtlConfig, side: Side) -> Result<Box<dyn BlockDevice>, TopError> {
    match config.geometry().lanes {
        1 => core_of::<1>(config, side),
        2 => core_of::<2>(config, side),
        4 => core_of::<4>(config, side),
        8 => core_of::<8>(config, side),
        16 => core_of::<16>(config, side),
        32 => core_of::<32>(config, side),
        64 => core_of::<64>(config, side),
        lanes => Err(TopError::NoSuchCore(lanes)),
    }
}

// Not all seven in one frame of the stack.
#[inline(never)]
fn core_of<const LANES: usize>(config: &RtlConfig, side: Side) -> Result<Box<dyn BlockDevice>, TopError> {
    Ok(match side {
        Side::Encoder => Box::new(RustHdl::by_activity(Encoder::<LANES>::new(&EncoderBuild::new(config))?)?),
        Side::Decoder => Box::new(RustHdl::by_activity(Decoder::<LANES>::new(&DecoderBuild::new(config))?)?),
    })
}

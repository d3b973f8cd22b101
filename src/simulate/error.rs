//! What can go wrong in a simulation.

use super::link::LinkRateError;
use crate::codec::{CodecError, EncodeError};
use crate::cosim::{DeviceError, StreamError, VerilatedError};
use crate::hdl::verilog::EmitError;
use crate::rtl::tops::{Side, TopError};
use crate::tensor::TensorError;
use std::path::PathBuf;
use thiserror::Error;

/// Why a simulation could not be run, or what it has found.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SimulateError {
    /// The reference codec cannot be made.
    #[error(transparent)]
    Codec(#[from] CodecError),
    /// A core that cannot be made.
    #[error("{}: {source}", .side.name())]
    Top {
        /// Which core.
        side: Side,
        /// Why.
        source: TopError,
    },
    /// A core that cannot be printed as Verilog.
    #[error("{}: {source}", .side.name())]
    Emit {
        /// Which core.
        side: Side,
        /// Why.
        source: EmitError,
    },
    /// A core that cannot be run as Verilog.
    #[error("{}: {source}", .side.name())]
    Verilated {
        /// Which core.
        side: Side,
        /// Why.
        source: VerilatedError,
    },
    /// The waveforms cannot be written.
    #[error("waveforms {path}: {source}")]
    Vcd {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The link's rate is out of range.
    #[error(transparent)]
    Link(#[from] LinkRateError),
    /// The tensor cannot be read.
    #[error(transparent)]
    Tensor(#[from] TensorError),
    /// A book given for a core that chooses books itself.
    #[error("the encoder core chooses the book of each block itself: none can be given")]
    Book,
    /// The reference encoder refuses the data.
    #[error("packet {packet}: {source}")]
    Encode {
        /// Packet, from 0.
        packet: u64,
        /// Why.
        source: EncodeError,
    },
    /// A core could not be clocked.
    #[error("{}: {source}", .side.name())]
    Device {
        /// Which core.
        side: Side,
        /// Why.
        source: DeviceError,
    },
    /// A core broke the rules of the bus.
    #[error("{}: {source}", .side.name())]
    Stream {
        /// Which core.
        side: Side,
        /// How.
        source: StreamError,
    },
    /// A byte that is not the one expected: of the link against the reference codec, of the elements against the input.
    #[error("packet {packet}, byte {byte}: the {} gave {found:#04x}, expected {expected:#04x}", .side.name())]
    Mismatch {
        /// The core it came out of.
        side: Side,
        /// Packet, from 0.
        packet: u64,
        /// Byte in the packet, from 0.
        byte: usize,
        /// What came.
        found: u8,
        /// What the reference has.
        expected: u8,
    },
    /// A packet of another length.
    #[error("packet {packet}: the {} gave {found} bytes{}, expected {expected}", .side.name(), if *.ended { "" } else { " and no end" })]
    Length {
        /// The core it came out of.
        side: Side,
        /// Packet, from 0.
        packet: u64,
        /// Bytes that came.
        found: usize,
        /// Whether they ended with TLAST.
        ended: bool,
        /// Bytes that the reference has.
        expected: usize,
    },
    /// A `tkeep` that the format does not allow (wire format, section 8).
    #[error("packet {packet}: the {} gave a beat with tkeep {keep:#x} that is {}", .side.name(), if *.last { "its last" } else { "not its last" })]
    Keep {
        /// The core it came out of.
        side: Side,
        /// Packet, from 0.
        packet: u64,
        /// The value.
        keep: u128,
        /// Whether the beat had TLAST.
        last: bool,
    },
    /// The decoder marked a good packet as bad.
    #[error("packet {packet}: the decoder reports a fault in {}", faults(*.flags))]
    Verdict {
        /// Packet, from 0.
        packet: u64,
        /// `m_axis_tuser` of its last beat.
        flags: u128,
    },
    /// The decoder ended a packet whose trailer it has not seen.
    #[error("packet {packet}: the decoder ended it before it had all of it")]
    Early {
        /// Packet, from 0.
        packet: u64,
    },
    /// More came out than went in.
    #[error("the {} gives beats behind the last packet", .side.name())]
    Extra {
        /// Which core.
        side: Side,
    },
    /// Nothing moves any more.
    #[error("nothing moved for {clocks} clocks: packet {packet}, {fed} bytes fed, {sent} bytes on the link, {received} bytes decoded")]
    Hang {
        /// Clocks without a transfer.
        clocks: u64,
        /// Oldest packet under way.
        packet: u64,
        /// Bytes of it that the encoder took.
        fed: usize,
        /// Bytes of it that the encoder gave.
        sent: usize,
        /// Bytes of it that the decoder gave.
        received: usize,
    },
}

impl SimulateError {
    /// Whether the cores did something else than they should have, in contrast to a run that could not be made.
    pub const fn is_difference(&self) -> bool {
        use SimulateError::*;
        matches!(
            self,
            Stream { .. }
                | Mismatch { .. }
                | Length { .. }
                | Keep { .. }
                | Verdict { .. }
                | Early { .. }
                | Extra { .. }
                | Hang { .. }
        )
    }
}

fn faults(flags: u128) -> String {
    let names = ["the header", "the length", "the CRC"].iter().enumerate();
    let named: Vec<_> = names.filter(|(bit, _)| flags >> bit & 1 == 1).map(|(_, n)| *n).collect();
    match named.is_empty() {
        true => format!("tuser {flags:#x}"),
        false => named.join(" and "),
    }
}

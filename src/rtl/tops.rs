//! From a configuration to the block: the one place where parameters become const generics.

use super::config::RtlConfig;
use super::decoder::bytes::BytesDecoder;
use super::decoder::fields::FieldsDecoder;
use super::decoder::DecoderBuild;
use super::encoder::bytes::BytesEncoder;
use super::encoder::fields::FieldsEncoder;
use super::encoder::EncoderBuild;
use crate::cosim::{BlockDevice, BlockError, DutPorts, RustHdl};
use crate::dut_ports;
use crate::format::SymbolMap;
use crate::hdl::RomError;
use thiserror::Error;

dut_ports! {
    impl[
        const L: usize, const S: usize, const W: usize, const LINK: usize, const KEEP: usize, const CH: usize,
        const KB: usize, const AD: usize
    ] for BytesEncoder<L, S, W, LINK, KEEP, CH, KB, AD> {
        clock: clk;
        in: rst, s_axis_tdata, s_axis_tkeep, s_axis_tuser, s_axis_tlast, s_axis_tvalid, m_axis_tready;
        out: s_axis_tready, m_axis_tdata, m_axis_tkeep, m_axis_tlast, m_axis_tvalid;
    }
}
dut_ports! {
    impl[
        const L: usize, const G: usize, const S: usize, const W: usize, const K: usize, const LINK: usize,
        const KEEP: usize, const CH: usize, const KB: usize, const AD: usize, const RW: usize, const RV: usize,
        const GW: usize
    ] for FieldsEncoder<L, G, S, W, K, LINK, KEEP, CH, KB, AD, RW, RV, GW> {
        clock: clk;
        in: rst, s_axis_tdata, s_axis_tkeep, s_axis_tuser, s_axis_tlast, s_axis_tvalid, m_axis_tready;
        out: s_axis_tready, m_axis_tdata, m_axis_tkeep, m_axis_tlast, m_axis_tvalid;
    }
}
dut_ports! {
    impl[
        const L: usize, const S: usize, const D: usize, const W: usize, const TG: usize, const LINK: usize,
        const KEEP: usize, const CH: usize, const KB: usize, const AD: usize
    ] for BytesDecoder<L, S, D, W, TG, LINK, KEEP, CH, KB, AD> {
        clock: clk;
        in: rst, s_axis_tdata, s_axis_tkeep, s_axis_tlast, s_axis_tvalid, m_axis_tready;
        out: s_axis_tready, m_axis_tdata, m_axis_tkeep, m_axis_tuser, m_axis_tlast, m_axis_tvalid;
    }
}
dut_ports! {
    impl[
        const L: usize, const G: usize, const S: usize, const D: usize, const W: usize, const K: usize,
        const TG: usize, const LINK: usize, const KEEP: usize, const CH: usize, const KB: usize, const AD: usize,
        const RW: usize, const RV: usize
    ] for FieldsDecoder<L, G, S, D, W, K, TG, LINK, KEEP, CH, KB, AD, RW, RV> {
        clock: clk;
        in: rst, s_axis_tdata, s_axis_tkeep, s_axis_tlast, s_axis_tvalid, m_axis_tready;
        out: s_axis_tready, m_axis_tdata, m_axis_tkeep, m_axis_tuser, m_axis_tlast, m_axis_tvalid;
    }
}

/// Something to do with a block, whatever its const generics.
pub trait TopVisitor {
    /// What comes of it.
    type Output;
    /// Does it.
    fn visit<B: DutPorts + 'static>(self, top: B) -> Self::Output;
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

struct Boxed;

impl TopVisitor for Boxed {
    type Output = Result<Box<dyn BlockDevice>, BlockError>;
    fn visit<B: DutPorts + 'static>(self, top: B) -> Self::Output {
        Ok(Box::new(RustHdl::new(top)?))
    }
}

/// The core for a configuration: a device to step, and its Verilog.
pub fn core(config: &RtlConfig, side: Side) -> Result<Box<dyn BlockDevice>, TopError> {
    Ok(with_top(config, side, Boxed)??)
}

/// Builds the core for a configuration and hands it to `visitor`. Every visitor makes the compiler go through all cores once
/// more: use [`core()`] where it serves.
pub fn with_top<V: TopVisitor>(config: &RtlConfig, side: Side, visitor: V) -> Result<V::Output, RomError> {
    match config.book_bits() {
        2 => with_books::<2, 10, V>(config, side, visitor),
        _ => with_books::<4, 12, V>(config, side, visitor),
    }
}

fn with_books<const KB: usize, const AD: usize, V: TopVisitor>(
    config: &RtlConfig,
    side: Side,
    visitor: V,
) -> Result<V::Output, RomError> {
    let e = EncoderBuild::new(config);
    let d = DecoderBuild::new(config);
    let one_lane = config.parameters.lanes == 1;
    Ok(match (config.parameters.map, side) {
        (SymbolMap::Fields, Side::Encoder) if one_lane => {
            visitor.visit(FieldsEncoder::<1, 2, 2, 16, 2, 32, 4, 2, KB, AD, 1, 16, 32>::new(&e)?)
        }
        (SymbolMap::Fields, Side::Encoder) => {
            visitor.visit(FieldsEncoder::<4, 6, 8, 64, 8, 128, 16, 5, KB, AD, 2, 32, 96>::new(&e)?)
        }
        (SymbolMap::Fields, Side::Decoder) if one_lane => {
            visitor.visit(FieldsDecoder::<1, 2, 2, 2, 16, 2, 6, 32, 4, 2, KB, AD, 1, 16>::new(&d)?)
        }
        (SymbolMap::Fields, Side::Decoder) => {
            visitor.visit(FieldsDecoder::<4, 6, 8, 1, 64, 8, 12, 128, 16, 5, KB, AD, 2, 32>::new(&d)?)
        }
        (_, Side::Encoder) if one_lane => visitor.visit(BytesEncoder::<1, 1, 8, 16, 2, 1, KB, AD>::new(&e)?),
        (_, Side::Encoder) => visitor.visit(BytesEncoder::<4, 4, 32, 64, 8, 4, KB, AD>::new(&e)?),
        (_, Side::Decoder) if one_lane => visitor.visit(BytesDecoder::<1, 1, 4, 8, 5, 16, 2, 1, KB, AD>::new(&d)?),
        (_, Side::Decoder) => visitor.visit(BytesDecoder::<4, 4, 1, 32, 8, 64, 8, 4, KB, AD>::new(&d)?),
    })
}

//! Tensors and a bank, from which each point of a sweep makes its codec and its messages.

use super::config::{BookPer, Config, SizeShare};
use super::error::LinkError;
use super::pool::{Pool, Source};
use super::report::Input;
use crate::codebook::BankFile;
use crate::codec::Codec;
use crate::format::Format;
use crate::wire::{BookMode, Parameters, Tracking};
use std::sync::Arc;

/// Steps of a block with a book of its own: what the cores have.
const BOOK_BLOCK_LOG2: u8 = 4;
/// Elements of a block with one book and a tracked bias, and its steps at least.
const BLOCK_ELEMENTS: u32 = 64;
/// See [`BLOCK_ELEMENTS`].
const BLOCK_STEPS: u32 = 4;
/// Most bytes of a beat of the cores, plain or link.
const MOST_BEAT_BYTES: usize = 128;

/// What all points of a sweep have in common.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Format of the elements.
    pub format: Format,
    /// Bank of codebooks.
    pub bank: BankFile,
    /// Tensors, each with its share of the messages.
    pub sources: Vec<Source>,
}

impl Setup {
    /// The stream's parameters at a point, as far as the cores have them.
    pub fn parameters(&self, config: &Config) -> Result<Parameters, LinkError> {
        let (lanes, map) = (config.codec.lanes, self.bank.bank.map());
        let provenance = self.bank.provenance.as_ref();
        let tracking = provenance.and_then(|p| p.tracking.as_ref()).map(|t| Tracking {
            // The cores need a block of slack.
            delay: t.delay.max(1),
            window_log2: t.window.trailing_zeros() as u8,
            initial_bias: t.initial_bias,
        });
        let tracked_log2 = (BLOCK_ELEMENTS / lanes.max(1)).max(BLOCK_STEPS).trailing_zeros() as u8;
        let (book_mode, block_log2) = match config.codec.book {
            BookPer::Block => (BookMode::Block, Some(BOOK_BLOCK_LOG2)),
            BookPer::Packet => (BookMode::Fixed, tracking.map(|_| tracked_log2)),
        };
        let plain = Parameters::plain(self.format, map, lanes);
        Ok(Parameters { prefill: config.codec.prefill, book_mode, block_log2, tracking, ..plain })
    }

    /// The codec at a point.
    pub fn codec(&self, config: &Config) -> Result<Codec, LinkError> {
        let codec = Codec::new(self.parameters(config)?, Arc::new(self.bank.bank.clone()))?;
        supported(&codec)?;
        Ok(codec)
    }

    /// Messages of these sizes at a point, from the first `sources` tensors.
    pub fn pool(&self, config: &Config, sizes: &[SizeShare], sources: usize) -> Result<Pool, LinkError> {
        Pool::new(&self.codec(config)?, &self.sources[..self.sources.len().min(sources)], sizes, config)
    }

    /// What the report says of the input.
    pub fn input(&self) -> Input {
        Input {
            format: self.format.to_string(),
            bank: self.bank.name.clone(),
            fingerprint: format!("{:08x}", self.bank.bank.fingerprint()),
            tensors: self.sources.iter().map(|s| s.name.clone()).collect(),
            bytes: self.sources.iter().map(|s| s.bytes.len() as u64).sum(),
        }
    }
}

/// Refuses streams that the cores have not; a test holds this against the RTL's own list.
pub fn supported(codec: &Codec) -> Result<(), LinkError> {
    let (parameters, layout) = (codec.parameters(), codec.layout());
    let refuse = |what, value: String, supported| Err(LinkError::Unsupported { what, value, supported });
    if parameters.lanes < layout.symbols {
        return refuse("lane count for map 'planes'", parameters.lanes.to_string(), "a lane for each plane at least");
    }
    let shape = super::timing::Shape::new(parameters, layout, codec.bank().books().len());
    if shape.link_bytes() as usize > MOST_BEAT_BYTES || shape.step_bytes > MOST_BEAT_BYTES {
        let what = "lane count for this format";
        return refuse(what, parameters.lanes.to_string(), "beats of up to 128 bytes");
    }
    Ok(())
}

//! What clocks the cores: the timing models, or the RTL itself (`rtl`), behind one interface.

use super::error::LinkError;
use super::pool::Pool;
use super::timing::{Clocked, DecoderModel, EncoderModel, LinkBeat, PlainBeat, Stages};

/// A queue of a core: name, most entries there were, entries.
pub type Mark = (&'static str, usize, u32);

/// An encoder that can be clocked.
pub trait Encoder {
    /// One clock: `offer` stands at the input, and the output is taken if `ready`.
    fn clock(&mut self, offer: Option<PlainBeat>, ready: bool) -> Result<Clocked<LinkBeat>, LinkError>;
    /// Nothing is in it, and clocks without input would change nothing.
    fn is_idle(&self) -> bool;
    /// High-water marks, where they can be seen.
    fn queues(&self) -> Vec<Mark>;
}

/// A decoder that can be clocked.
pub trait Decoder {
    /// One clock: `offer` stands at the input, and the output is taken if `ready`.
    fn clock(&mut self, offer: Option<LinkBeat>, ready: bool) -> Result<Clocked<PlainBeat>, LinkError>;
    /// Nothing is in it, and clocks without input would change nothing.
    fn is_idle(&self) -> bool;
    /// A packet has begun to come in and has not left.
    fn is_busy(&self) -> bool;
    /// High-water marks, where they can be seen.
    fn queues(&self) -> Vec<Mark>;
}

/// An encoder and a decoder.
pub struct Pair {
    /// The encoder.
    pub encoder: Box<dyn Encoder>,
    /// The decoder.
    pub decoder: Box<dyn Decoder>,
}

/// Makes cores.
pub trait Engine: Sync {
    /// Name as written on the command line.
    fn name(&self) -> &'static str;
    /// A pair of cores for the packets of this pool, just out of reset.
    fn pair(&self, pool: &Pool) -> Result<Pair, LinkError>;
}

/// The timing models.
#[derive(Clone, Copy, Debug, Default)]
pub struct ModelEngine;

impl Engine for ModelEngine {
    fn name(&self) -> &'static str {
        "model"
    }

    fn pair(&self, pool: &Pool) -> Result<Pair, LinkError> {
        Ok(Pair {
            encoder: Box::new(EncoderModel::new(pool.shape, &Stages::RTL, pool.profiles.clone())),
            decoder: Box::new(DecoderModel::new(pool.shape, &Stages::RTL, pool.profiles.clone())),
        })
    }
}

impl Encoder for EncoderModel {
    fn clock(&mut self, offer: Option<PlainBeat>, ready: bool) -> Result<Clocked<LinkBeat>, LinkError> {
        Ok(EncoderModel::clock(self, offer, ready))
    }

    fn is_idle(&self) -> bool {
        EncoderModel::is_idle(self)
    }

    fn queues(&self) -> Vec<Mark> {
        EncoderModel::queues(self, &Stages::RTL)
    }
}

impl Decoder for DecoderModel {
    fn clock(&mut self, offer: Option<LinkBeat>, ready: bool) -> Result<Clocked<PlainBeat>, LinkError> {
        Ok(DecoderModel::clock(self, offer, ready))
    }

    fn is_idle(&self) -> bool {
        DecoderModel::is_idle(self)
    }

    fn is_busy(&self) -> bool {
        DecoderModel::is_busy(self)
    }

    fn queues(&self) -> Vec<Mark> {
        DecoderModel::queues(self)
    }
}

//! Codes side by side. Every scheme really codes the shards, and what comes back is held against what went in.
//!
//! | file | schemes |
//! |---|---|
//! | `general` | zstd and zlib on a tensor's bytes |
//! | `quad` | quad-length codes of pooled bytes |
//! | `fields` | a Huffman code for each tensor and field |
//! | `ans` | asymmetric numeral systems on exponents |
//! | `packets` | huffwire's packets: the paper's single fixed book over pooled bytes, and our own way, also with a bank that has not seen the model |
//! | `bits` | symbols under one code as bits, and back |
//!
//! Shannon's bound and per-shard Huffman stand beside them as yardsticks; those are computed, not coded.

mod ans;
mod bits;
mod fields;
mod general;
mod packets;
mod quad;

use super::fixed::Fixed;
use super::input::{Tensor, View};
use super::ours::OurBank;
use super::ReproduceError;
use crate::codebook::Bank;
use crate::format::Format;
use std::sync::Arc;

/// Bits of a tensor under a scheme.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spent {
    /// Before any coding.
    pub plain: u128,
    /// Codewords, raw bits, and ids that choose between codes.
    pub coded: f64,
    /// Tables, headers, padding and checks that have to be sent too.
    pub side: f64,
}

impl Spent {
    /// Per cent saved by the code alone.
    pub fn coded_saved(&self) -> f64 {
        self.saved(self.coded)
    }

    /// Per cent saved with everything that has to be sent.
    pub fn sent_saved(&self) -> f64 {
        self.saved(self.coded + self.side)
    }

    fn saved(&self, bits: f64) -> f64 {
        match self.plain {
            0 => 0.0,
            plain => 100.0 * (1.0 - bits / plain as f64),
        }
    }

    /// Adds the bits of another tensor.
    pub fn add(&mut self, other: &Spent) {
        self.plain += other.plain;
        self.coded += other.coded;
        self.side += other.side;
    }
}

/// What schemes code with.
pub struct Context<'a> {
    /// The tensors.
    pub tensors: &'a [Tensor],
    /// Fixed books over bytes, for every tensor and shard.
    pub fixed: &'a [Vec<Option<Fixed>>],
    /// huffwire's banks, one for each format.
    pub banks: &'a [(Format, OurBank)],
    /// The universal bank made without a model, by model.
    pub unseen: &'a [(&'a str, Arc<Bank>)],
}

type Run = fn(&Context, usize) -> Result<Option<Spent>, ReproduceError>;

/// A way to code tensors.
pub struct Scheme {
    /// Name in files.
    pub id: &'static str,
    /// Name for people.
    pub name: &'static str,
    /// Whether it is a yardstick that nothing is coded with.
    pub bound: bool,
    /// What is coded, how, and what is sent beside the codewords.
    pub about: &'static str,
    /// Codes a tensor; `None` if the scheme has no way to.
    pub run: Run,
}

/// huffwire's own with a bank that the tensor's model has no part in.
pub const UNSEEN: &str = "huffwire-unseen";
/// huffwire's own, the last of [`SCHEMES`].
pub const OURS: &str = "huffwire";

/// All schemes in the order in which they are shown.
pub const SCHEMES: [Scheme; 13] = [
    Scheme {
        id: "zlib",
        name: "zlib -6",
        bound: false,
        about: "the tensor's bytes as one stream (crate flate2); all that it writes counts",
        run: general::zlib,
    },
    Scheme {
        id: "zstd-3",
        name: "zstd -3",
        bound: false,
        about: "the tensor's bytes as one frame (crate zstd); all that it writes counts",
        run: general::zstd_3,
    },
    Scheme {
        id: "zstd-19",
        name: "zstd -19",
        bound: false,
        about: "as zstd -3, with the strongest ordinary level",
        run: general::zstd_19,
    },
    Scheme {
        id: "bytes-shannon",
        name: "Shannon bound, bytes",
        bound: true,
        about: "order-0 entropy of each shard's bytes: what no code of single bytes can beat",
        run: |context, tensor| Ok(yardstick(&context.tensors[tensor], View::Bytes, false)),
    },
    Scheme {
        id: "quad",
        name: "quad-length code",
        bound: false,
        about: "arXiv 2602.17849 as we read its abstract: pooled bytes, the paper's fixed distribution, 3 bits of prefix name one of 8 areas of the symbols sorted by frequency, each with its own number of bits behind the prefix; the best of all splits. Tables are on both sides beforehand",
        run: quad::quad,
    },
    Scheme {
        id: "single-stage",
        name: "single-stage (the paper)",
        bound: false,
        about: "arXiv 2601.10673: pooled bytes, one fixed Huffman book a kind, made from other data; in huffwire packets, whose header, padding and check count as sent",
        run: packets::single_stage,
    },
    Scheme {
        id: "exponent",
        name: "exponent Huffman",
        bound: false,
        about: "like DFloat11 (arXiv 2504.11651): one Huffman code of the exponents for each tensor, sign and mantissa raw; its table of code lengths, 4 bits each, is sent",
        run: fields::exponent,
    },
    Scheme {
        id: "fields",
        name: "field-split Huffman",
        bound: false,
        about: "like Huff-LLM (arXiv 2502.00922): exponent and mantissa fields of at most 8 bits, each with a Huffman code of its own for each tensor, sign raw; tables of code lengths, 4 bits each, are sent",
        run: fields::fields,
    },
    Scheme {
        id: "ans",
        name: "ANS, exponents",
        bound: false,
        about: "asymmetric numeral systems (crate constriction, 32-bit words): exponents under each shard's own histogram, sign and mantissa raw; the histogram is sent, X bits for each symbol that occurs and as many bits for its count as the largest needs",
        run: ans::ans,
    },
    Scheme {
        id: "fields-huffman",
        name: "Huffman bound, exponents",
        bound: true,
        about: "per-shard Huffman: the best code that each shard could have, its table not counted; sign and mantissa raw",
        run: |context, tensor| Ok(yardstick(&context.tensors[tensor], View::Fields, true)),
    },
    Scheme {
        id: "fields-shannon",
        name: "Shannon bound, exponents",
        bound: true,
        about: "order-0 entropy of each shard's exponents; sign and mantissa raw",
        run: |context, tensor| Ok(yardstick(&context.tensors[tensor], View::Fields, false)),
    },
    Scheme {
        id: UNSEEN,
        name: "huffwire, model unseen",
        bound: false,
        about: "as huffwire, with the universal bank made without anything of the tensor's own model; only formats that the universal bank serves",
        run: packets::unseen,
    },
    Scheme {
        id: OURS,
        name: "huffwire",
        bound: false,
        about: "exponents less the tracked bias, the best of 15 books for each block of 256 elements, sign and mantissa raw; formats of a byte or less: whole elements, no bias. Book ids count as coded; header, padding and check as sent. The books are in ROM on both sides",
        run: packets::huffwire,
    },
];

fn yardstick(tensor: &Tensor, view: View, huffman: bool) -> Option<Spent> {
    let cost = tensor.cost(view)?;
    let coded = if huffman { cost.huffman as f64 } else { cost.shannon };
    Some(Spent { plain: cost.plain, coded, side: 0.0 })
}

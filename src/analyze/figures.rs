//! The figures of a shard, and their sums over shards.

use serde::Serialize;

/// Figures of one shard or of the sum of several. Bits are of the whole; [`Figures::bits_per_element`] makes means of them.
///
/// An element is one value of the tensor, under every map (4-bit formats: a pair of codes).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// Elements.
    pub elements: u64,
    /// Shards.
    pub shards: u64,
    /// Bits of the elements as they are.
    pub raw_bits: u128,
    /// Bits at Shannon's bound: each plane of each shard, as it is (exponents not re-centred), at its entropy of order 0; raw
    /// planes in full.
    pub shannon_bits: f64,
    /// Bits under per-shard Huffman: each plane of each shard, as it is, under a Huffman code of its own that costs nothing
    /// itself; raw planes in full.
    pub huffman_bits: u128,
    /// Bits that the encoder spent on codewords (escapes included), book ids in the stream, and raw planes.
    pub coded_bits: u128,
    /// Of these, book ids in the stream.
    pub side_bits: u64,
    /// Bits of all packets: header, payload with its padding, trailer.
    pub wire_bits: u128,
    /// Packets.
    pub packets: u64,
    /// Symbols coded.
    pub symbols: u64,
    /// Symbols sent by escape.
    pub escapes: u64,
    /// Blocks coded with each book, by id, the raw book first; with one book a packet a block is a packet.
    pub blocks: Vec<u64>,
    /// Bits that the codewords take above the entropy of what each book of a shard coded, see [`Figures::kl_bits`].
    pub excess_bits: f64,
    /// Sum over the shards of [`Figures::gap_pp`].
    pub(super) gap_sum: f64,
    /// The largest of them.
    pub(super) gap_worst: Option<f64>,
}

/// Means over elements.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct BitsPerElement {
    /// Of [`Figures::raw_bits`].
    pub raw: f64,
    /// Of [`Figures::shannon_bits`].
    pub shannon: f64,
    /// Of [`Figures::huffman_bits`].
    pub shard_huffman: f64,
    /// Of [`Figures::coded_bits`].
    pub coded: f64,
    /// Of [`Figures::wire_bits`].
    pub wire: f64,
}

impl Figures {
    /// As those of one shard: its gap becomes that of the sums which it is added to.
    pub(super) fn into_shard(mut self) -> Self {
        let gap = match self.raw_bits {
            0 => 0.0,
            raw => 100.0 * (self.coded_bits as f64 - self.huffman_bits as f64) / raw as f64,
        };
        (self.shards, self.gap_sum, self.gap_worst) = (1, gap, Some(gap));
        self
    }

    /// Adds the figures of other shards.
    pub fn add(&mut self, other: &Figures) {
        self.elements += other.elements;
        self.shards += other.shards;
        self.raw_bits += other.raw_bits;
        self.shannon_bits += other.shannon_bits;
        self.huffman_bits += other.huffman_bits;
        self.coded_bits += other.coded_bits;
        self.side_bits += other.side_bits;
        self.wire_bits += other.wire_bits;
        self.packets += other.packets;
        self.symbols += other.symbols;
        self.escapes += other.escapes;
        self.blocks.resize(self.blocks.len().max(other.blocks.len()), 0);
        self.blocks.iter_mut().zip(&other.blocks).for_each(|(sum, more)| *sum += more);
        self.excess_bits += other.excess_bits;
        self.gap_sum += other.gap_sum;
        self.gap_worst = self.gap_worst.into_iter().chain(other.gap_worst).reduce(f64::max);
    }

    /// Bits of an element, means; 0 without elements.
    pub fn bits_per_element(&self) -> BitsPerElement {
        let mean = |bits: f64| per(bits, self.elements);
        BitsPerElement {
            raw: mean(self.raw_bits as f64),
            shannon: mean(self.shannon_bits),
            shard_huffman: mean(self.huffman_bits as f64),
            coded: mean(self.coded_bits as f64),
            wire: mean(self.wire_bits as f64),
        }
    }

    /// What coding costs above per-shard Huffman, in percentage points of the original size: 100 (coded - Huffman) / raw, the
    /// mean over shards that count alike. Negative where the coding does better.
    pub fn gap_pp(&self) -> f64 {
        per(self.gap_sum, self.shards)
    }

    /// The gap of the worst shard; 0 without shards.
    pub fn worst_gap_pp(&self) -> f64 {
        self.gap_worst.unwrap_or(0.0)
    }

    /// Kullback-Leibler divergence of what is coded (exponents re-centred if they are tracked) from the books that code it, in
    /// bits a symbol. For each shard, book and plane: D(p || q) with `p` the symbols that the book coded and
    /// q(s) = 2^-(bits of s under the book); the mean over symbols.
    pub fn kl_bits(&self) -> f64 {
        per(self.excess_bits, self.symbols)
    }

    /// Escapes in a thousand symbols.
    pub fn escapes_per_mille(&self) -> f64 {
        per(1000.0 * self.escapes as f64, self.symbols)
    }
}

fn per(sum: f64, count: u64) -> f64 {
    match count {
        0 => 0.0,
        count => sum / count as f64,
    }
}

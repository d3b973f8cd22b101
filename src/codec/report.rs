//! What a packet's bits were spent on.

use crate::wire::MUX_BITS;

/// Account of one packet, kept by its encoder. After `finish` every bit of the packet is in it once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Symbols coded.
    pub symbols: u64,
    /// Bits of codewords in each lane, escapes and the symbols behind them included, book ids not.
    pub lane_bits: Vec<u64>,
    /// Bits of the raw stream.
    pub raw_bits: u64,
    /// Bits of book ids.
    pub book_id_bits: u64,
    /// Symbols sent by escape.
    pub escapes: u64,
    /// Book of each block in turn; one entry with book mode `Fixed`.
    pub books: Vec<u8>,
    /// The bias in the header, with a tracked bias.
    pub initial_bias: Option<u8>,
    /// Words of the header.
    pub header_words: u64,
    /// Words of the payload.
    pub payload_words: u64,
    /// Words of the payload that hold no bit of any stream.
    pub padding_words: u64,
    /// Words of the trailer.
    pub trailer_words: u64,
}

impl Report {
    /// Bits of all codewords.
    pub fn coded_bits(&self) -> u64 {
        self.lane_bits.iter().sum()
    }

    /// Bits of the payload that carry nothing: those of the padding words, and the fill of the streams' last words.
    pub fn padding_bits(&self) -> u64 {
        (self.payload_words * u64::from(MUX_BITS)).saturating_sub(self.coded_bits() + self.book_id_bits + self.raw_bits)
    }

    /// Bits of the whole packet.
    pub fn packet_bits(&self) -> u64 {
        (self.header_words + self.payload_words + self.trailer_words) * u64::from(MUX_BITS)
    }

    /// What the packet takes beyond codewords and raw bits, as a fraction of these; 0 without any.
    pub fn overhead(&self) -> f64 {
        let useful = self.coded_bits() + self.raw_bits;
        if useful == 0 {
            return 0.0;
        }
        (self.packet_bits() - useful) as f64 / useful as f64
    }
}

//! Parameters and bank, checked once, and whole packets.

use super::books::BookChoice;
use super::decoder::Decoder;
use super::encoder::Encoder;
use super::error::{CodecError, DecodeError, EncodeError};
use super::report::Report;
use super::tables::{bank_tables, BookTables};
use crate::codebook::Bank;
use crate::format::Layout;
use crate::wire::Parameters;
use std::sync::Arc;

/// Parameters and a bank that fit each other: what encoders and decoders are made from.
#[derive(Clone, Debug)]
pub struct Codec {
    parameters: Parameters,
    layout: Layout,
    bank: Arc<Bank>,
    fingerprint: u32,
    tables: Arc<[BookTables]>,
}

impl Codec {
    /// Checks the parameters' ranges (wire format, section 4) and that the bank fits them (section 3).
    pub fn new(parameters: Parameters, bank: Arc<Bank>) -> Result<Self, CodecError> {
        let layout = parameters.check()?;
        bank.check_fits(&parameters, &layout)?;
        let (fingerprint, tables) = (bank.fingerprint(), bank_tables(&bank).into());
        Ok(Codec { parameters, layout, bank, fingerprint, tables })
    }

    /// The parameters.
    pub const fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// The bits of an element.
    pub const fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The bank.
    pub const fn bank(&self) -> &Arc<Bank> {
        &self.bank
    }

    /// The bank's fingerprint.
    pub const fn fingerprint(&self) -> u32 {
        self.fingerprint
    }

    /// Tables of the books by id, the raw book first.
    pub fn tables(&self) -> &[BookTables] {
        &self.tables
    }

    /// Encodes `data`, element bytes as in section 7, into the words of one packet, with an account of them.
    pub fn encode_words(&self, data: &[u8], choice: &BookChoice) -> Result<(Vec<u32>, Report), EncodeError> {
        let mut encoder = Encoder::new(self, choice.clone())?;
        encoder.push(data)?;
        encoder.finish()?;
        let words = std::iter::from_fn(|| encoder.pull()).collect();
        Ok((words, encoder.report().clone()))
    }

    /// Encodes `data` into the bytes of one packet (section 8).
    pub fn encode_packet(&self, data: &[u8], choice: &BookChoice) -> Result<Vec<u8>, EncodeError> {
        Ok(self.words_to_bytes(&self.encode_words(data, choice)?.0))
    }

    /// Decodes the bytes of one packet. Its own header says how; of this codec only the bank counts.
    pub fn decode_packet(&self, packet: &[u8]) -> Result<Vec<u8>, DecodeError> {
        let mut decoder = Decoder::new(self);
        decoder.push_bytes(packet)?;
        decoder.end()?;
        Ok(decoder.pull())
    }

    /// Decodes the words of one packet, each of 16 bits.
    pub fn decode_words(&self, words: &[u32]) -> Result<Vec<u8>, DecodeError> {
        let mut decoder = Decoder::new(self);
        words.iter().try_for_each(|&word| decoder.push_word(word))?;
        decoder.end()?;
        Ok(decoder.pull())
    }

    /// The bytes of words: each most significant byte first (section 8).
    pub fn words_to_bytes(&self, words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|&word| (word as u16).to_be_bytes()).collect()
    }
}

//! What a packet's bits were spent on, from what is there when it has been encoded.

use super::{Buffers, Encode, Encoded, FastCodec, MUX_BITS, WORD_BYTES};
use crate::codec::books::{book_block, book_id_bit};
use crate::codec::{BookChoice, EncodeError, Report};
use crate::wire::{Parameters, BOOK_ID_BITS, HEADER_WORDS, TRAILER_WORDS};

impl FastCodec {
    /// As [`FastCodec::encode_into`], with the account that [`Codec::encode_words`](crate::codec::Codec::encode_words) gives.
    pub fn encode_reported(
        &self,
        plain: &[u8],
        choice: &BookChoice,
        packet: &mut Vec<u8>,
    ) -> Result<Report, EncodeError> {
        let report = self.with_buffers(|buffers| {
            let encoded = self.arch.dispatch(Encode { codec: self, plain, choice, buffers, packet })?;
            Some(self.report(&encoded, buffers, packet.len()))
        });
        report.map_or_else(
            || {
                let (words, report) = self.codec.encode_words(plain, choice)?;
                *packet = self.codec.words_to_bytes(&words);
                Ok(report)
            },
            Ok,
        )
    }

    fn report(&self, encoded: &Encoded, Buffers { symbols, ids, .. }: &Buffers, packet_bytes: usize) -> Report {
        let parameters = &encoded.parameters;
        let mut lane_bits = encoded.lane_bits[..parameters.lanes as usize].to_vec();
        let raw_bits = symbols.len() as u64 * u64::from(self.codec.layout().raw_bits);
        let real_words: u64 = lane_bits.iter().chain([&raw_bits]).map(|bits| bits.div_ceil(MUX_BITS as u64)).sum();
        let book_id_bits = book_id_bits(parameters, (symbols.len() as u64).div_ceil(parameters.lanes.into()));
        lane_bits[0] -= book_id_bits;
        let [header_words, trailer_words] = [HEADER_WORDS, TRAILER_WORDS].map(|w| w as u64);
        let payload_words = (packet_bytes / WORD_BYTES) as u64 - header_words - trailer_words;
        let escapes = symbols.chunks(Self::book_elements(parameters)).zip(ids).map(|(block, &id)| {
            let code = &self.codec.tables()[usize::from(id)].encode[0];
            block.iter().map(|&symbol| u64::from(code.escapes(symbol))).sum::<u64>()
        });
        Report {
            symbols: symbols.len() as u64,
            lane_bits,
            raw_bits,
            book_id_bits,
            escapes: escapes.sum(),
            books: ids.clone(),
            initial_bias: parameters.tracking.and_then(|tracking| tracking.initial_bias),
            header_words,
            payload_words,
            padding_words: payload_words - real_words,
            trailer_words,
        }
    }
}

/// Bits of book ids in a packet of this many steps.
fn book_id_bits(parameters: &Parameters, steps: u64) -> u64 {
    let whole_blocks = book_block(parameters, steps);
    let last_block = match parameters.block_log2 {
        Some(log2) => steps >> log2 << log2..steps,
        None => 0..0,
    };
    let in_last_block = last_block.filter(|&step| book_id_bit(parameters, step).is_some()).count();
    whole_blocks * u64::from(BOOK_ID_BITS) + in_last_block as u64
}

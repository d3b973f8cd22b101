//! The encoder: plain elements in, packets of link beats out.
//!
//! | file | block |
//! |---|---|
//! | [`bytes`], [`fields`] | the tops: map `bytes`, map `fields` |
//! | [`packet_front`] | handshake, packet control |
//! | [`split`] | symbol maps |
//! | [`step_delay`] | keeps control in step with the data path |
//! | [`lane_packer`] | codewords to mux words |
//! | [`word_mux`] | queues and multiplexer, made of: |
//! | [`sequencer`] | the order of the words, header, trailer |
//! | [`compactor`] | closes the gaps of a group |
//! | [`gearbox`] | words to link beats |

pub mod bytes;
pub mod compactor;
pub mod fields;
pub mod gearbox;
pub mod lane_packer;
pub mod packet_front;
pub mod sequencer;
pub mod split;
pub mod step_delay;
pub mod word_mux;

use super::config::RtlConfig;
use super::plain_check::count_clocks;
use super::tables::EncoderTable;
use crate::wire::RAW_LEAD_STEPS;
use sequencer::SequencerConfig;

/// Everything that an encoder is made from, worked out once from a configuration.
#[derive(Clone, Debug)]
pub struct EncoderBuild {
    /// Image of the code ROM.
    pub codewords: Vec<u128>,
    /// Books in the bank.
    pub books: usize,
    /// Clocks that the CRC takes for the symbol count.
    pub count_clocks: usize,
    /// Lowest bit of the header's book field.
    pub book_position: u32,
    /// Header and order of the words.
    pub sequencer: SequencerConfig,
}

impl EncoderBuild {
    /// For this configuration.
    pub fn new(config: &RtlConfig) -> Self {
        let lanes = config.parameters.lanes;
        let step_bits = lanes * config.layout.raw_bits;
        let raw_slots = config.raw_slots();
        let lead_words = (RAW_LEAD_STEPS as u32 * step_bits).div_ceil(config.parameters.mux_bits);
        EncoderBuild {
            codewords: EncoderTable::new(&config.bank, config.book_bits()).words,
            books: config.bank.books().len(),
            count_clocks: count_clocks(lanes as usize * config.layout.element_bytes() * 8),
            book_position: RtlConfig::book_position(),
            sequencer: SequencerConfig {
                header: config.header(),
                prefill: config.parameters.prefill,
                lead_rounds: lead_words.checked_div(raw_slots).unwrap_or(0),
                raw_period: (raw_slots * config.parameters.mux_bits).checked_div(step_bits).unwrap_or(1),
            },
        }
    }
}

//! The encoder: plain elements in, packets of link beats out.
//!
//! | file | block |
//! |---|---|
//! | [`top`] | the core |
//! | [`bias_ahead`] | the bias that each packet begins with |
//! | [`book_ahead`], [`book_costs`] | the best book of each block |
//! | [`packet_front`] | handshake, packet control |
//! | [`split`] | symbol maps |
//! | [`recentre`] | tracked exponent bias |
//! | [`step_delay`] | keeps control in step with the data path |
//! | [`lane_packer`] | codewords to mux words |
//! | [`raw_line`], [`raw_packer`] | raw bits to mux words |
//! | [`word_mux`] | queues and multiplexer, made of: |
//! | [`slot_queue`] | the words of a lane, or of a raw slot |
//! | [`turn_queue`], [`turn_regions`] | the words of the lanes that share a packer, where lanes are served in turn |
//! | [`sequencer`] | the order of the words |
//! | [`group`] | which words are sent; header and trailer |
//! | [`small_sum`] | sum of two small numbers |
//! | [`places`], [`router`] | words to their places in the beats |
//! | [`beats`] | link beats |

pub mod beats;
pub mod bias_ahead;
pub mod book_ahead;
pub mod book_costs;
pub mod group;
pub mod lane_packer;
pub mod packet_front;
pub mod places;
pub mod raw_line;
pub mod raw_packer;
pub mod recentre;
pub mod router;
pub mod sequencer;
pub mod slot_queue;
pub mod small_sum;
pub mod split;
pub mod step_delay;
pub mod top;
pub mod turn_queue;
pub mod turn_regions;
pub mod word_mux;

use super::config::RtlConfig;
use super::geometry::Geometry;
use super::packet_check::count_clocks;
use super::tables::{code_lengths, EncoderTable};
use super::tracker::TrackerConfig;
use book_costs::BookCostsBuild;
use sequencer::SequencerConfig;

/// Everything that an encoder is made from, worked out once from a configuration.
#[derive(Clone, Debug)]
pub struct EncoderBuild {
    /// Sizes.
    pub geometry: Geometry,
    /// The tracked bias, if there is one.
    pub tracker: Option<TrackerConfig>,
    /// Bias that every packet begins with; `None` if it is that of its first block.
    pub initial_bias: Option<u8>,
    /// log2 of the turns in a block; 0 without blocks.
    pub block_log2: usize,
    /// What the books of blocks are chosen by, if there is one for each block.
    pub costs: Option<BookCostsBuild>,
    /// Image of each plane's code ROM.
    pub codewords: Vec<Vec<u128>>,
    /// Books in the bank.
    pub books: usize,
    /// Clocks that the CRC takes for the symbol count.
    pub count_clocks: usize,
    /// Header and order of the words.
    pub sequencer: SequencerConfig,
}

impl EncoderBuild {
    /// For this configuration.
    pub fn new(config: &RtlConfig) -> Self {
        let geometry = config.geometry();
        EncoderBuild {
            geometry,
            tracker: TrackerConfig::new(config),
            initial_bias: config.initial_bias(),
            block_log2: config.parameters.block_turns_log2().unwrap_or(0),
            costs: config.block_steps().map(|block_steps| BookCostsBuild {
                lanes: geometry.lanes,
                books: config.bank.books().len(),
                block_turns: block_steps * geometry.turns,
                symbol_bits: geometry.symbol_bits,
                lengths: (0..geometry.planes).map(|plane| code_lengths(&config.bank, plane)).collect(),
            }),
            codewords: (0..geometry.planes)
                .map(|plane| EncoderTable::new(&config.bank, plane, config.book_bits()).words)
                .collect(),
            books: config.bank.books().len(),
            count_clocks: count_clocks(geometry.plain_bits()),
            sequencer: SequencerConfig {
                header: config.header(),
                prefill: config.parameters.prefill,
                lanes: geometry.lanes,
                turns: geometry.turns,
                raw_step_bits: geometry.raw_step_bits(),
            },
        }
    }
}

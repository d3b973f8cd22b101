//! The decoder: packets of link beats in, plain elements out.
//!
//! | file | block |
//! |---|---|
//! | [`top`] | the core |
//! | [`controller`] | header, order of the words, trailer |
//! | [`book_switch`] | which book the lanes use next |
//! | [`book_limits`] | its geometry |
//! | [`step_budget`] | the steps that are left at a packet's end |
//! | [`lane_decoder`] | codewords to symbols |
//! | [`turn_lanes`] | the same for lanes in turn, made of: |
//! | [`turn_lane`] | codewords of four lanes to symbols |
//! | [`need_queue`] | which lanes need a word, turn by turn |
//! | [`symbol_queue`] | symbols of turns that are not proven yet |
//! | [`length_test`] | is the codeword longer than that? |
//! | [`length_choice`] | what belongs to its length |
//! | [`raw_line`], [`raw_queue`] | raw words to raw bits |
//! | [`token_delay`] | keeps control in step with the lanes |
//! | [`restore`] | tracked exponent bias |
//! | [`join`] | inverse symbol maps |
//! | [`finisher`] | output and verdict |
//! | [`link_rows`] | the link side, made of: |
//! | [`row_tagger`] | finds the end of the payload |
//! | [`word_store`] | keeps the words |
//! | [`word_count`] | how many there are |
//! | [`word_pick`], [`slot_word`] | gives them to the slots that ask |

pub mod book_limits;
pub mod book_switch;
pub mod controller;
pub mod finisher;
pub mod join;
pub mod lane_decoder;
pub mod length_choice;
pub mod length_test;
pub mod link_rows;
pub mod need_queue;
pub mod raw_line;
pub mod raw_queue;
pub mod restore;
pub mod row_tagger;
pub mod slot_word;
pub mod step_budget;
pub mod symbol_queue;
pub mod token_delay;
pub mod top;
pub mod turn_lane;
pub mod turn_lanes;
pub mod word_count;
pub mod word_pick;
pub mod word_store;

use super::config::RtlConfig;
use super::encoder::EncoderBuild;
use super::tables::DecoderTable;
use super::tracker::TrackerConfig;
use controller::ControllerConfig;

/// Everything that a decoder is made from, worked out once from a configuration.
#[derive(Clone, Debug)]
pub struct DecoderBuild {
    /// ROM contents of each plane.
    pub tables: Vec<DecoderTable>,
    /// The tracked bias, if there is one.
    pub tracker: Option<TrackerConfig>,
    /// Header and order of the words.
    pub controller: ControllerConfig,
}

impl DecoderBuild {
    /// For this configuration.
    pub fn new(config: &RtlConfig) -> Self {
        let order = EncoderBuild::new(config).sequencer;
        DecoderBuild {
            tracker: TrackerConfig::new(config),
            tables: (0..config.geometry().planes)
                .map(|plane| DecoderTable::new(&config.bank, plane, config.book_bits()))
                .collect(),
            controller: ControllerConfig {
                header: order.header,
                initial_bias: config.initial_bias(),
                books: config.bank.books().len(),
                prefill: order.prefill,
                geometry: config.geometry(),
                block_steps: config.block_steps(),
            },
        }
    }
}

//! The cores' timing in plain Rust: equal to the RTL clock for clock, at a fraction of its price.
//!
//! ```text
//! encoder:  [ bias ahead ] -> [ book ahead ] -> front -> packers -> slot queues -> sequencer, group -> places, router -> beats
//! decoder:  rows, tagger -> store, count -> controller -> lanes -> finisher
//! ```
//!
//! No bit is coded here: what a packet's data does to the clocks is in its [`Profile`], which follows from the lengths of its
//! codewords. What the clocks of a block are is in [`Stages`], the one place to change when a pipeline register comes or goes.
//! `tests/link_timing.rs` holds both models against the RTL, under stalls, for every kind of configuration.
//!
//! | file | block of the RTL |
//! |---|---|
//! | [`stages`] | depths and latencies of all of them |
//! | [`profile`] | what a packet's data does to the clocks |
//! | [`fifo`] | `fifo` |
//! | [`block_fifo`] | `block_fifo` |
//! | [`encoder`] | `encoder::top`, `packet_front`, `step_delay`, the packers |
//! | [`bias`] | `encoder::bias_ahead` |
//! | [`ahead`] | `encoder::book_ahead`, `book_costs` |
//! | [`mux`] | `encoder::word_mux` |
//! | [`slots`] | `encoder::slot_queue`, as many as there are |
//! | [`sequencer`] | `encoder::sequencer`, `group` |
//! | [`beats`] | `encoder::places`, `router`, `beats` |
//! | [`rows`] | `decoder::link_rows`, `row_tagger`, `word_store`, `word_count` |
//! | [`decoder`] | `decoder::top`, `controller`, `token_delay`, `finisher` |

pub mod ahead;
pub mod beats;
pub mod bias;
pub mod block_fifo;
pub mod decoder;
pub mod encoder;
pub mod fifo;
pub mod mux;
pub mod profile;
pub mod rows;
pub mod sequencer;
pub mod slots;
pub mod stages;

pub use decoder::DecoderModel;
pub use encoder::EncoderModel;
pub use profile::{Profile, ProfileError};
pub use stages::{Shape, Stages};

/// A step of a packet on the plain side of a core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlainBeat {
    /// Packet, as the profiles are numbered.
    pub packet: u32,
    /// Step of the packet, from 0.
    pub step: u32,
    /// Last of its packet.
    pub last: bool,
}

/// A beat of a packet on the link side of a core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkBeat {
    /// Packet, as the profiles are numbered.
    pub packet: u32,
    /// Words of the packet in it.
    pub words: u32,
    /// Last of its packet.
    pub last: bool,
}

/// What happened on both sides of a core in a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clocked<T> {
    /// The beat offered was taken.
    pub accepted: bool,
    /// The beat that the core offered, whether it went or not.
    pub offered: Option<T>,
}

/// The bits `0 .. count`.
const fn low_bits(count: usize) -> u64 {
    match count {
        64.. => u64::MAX,
        _ => (1 << count) - 1,
    }
}

//! The link model: what compression buys on a die-to-die link, clock by clock (docs/link-model.md).
//!
//! ```text
//!  sender -> encoders -> queues -> adapter -> lanes -> adapter -> buffers -> decoders -> receiver
//!        '-------------> queue  --^   ^                   |   '-> buffer  ------------^
//!                                     '-- credits, acks --'
//! ```
//!
//! | file | what lives there |
//! |---|---|
//! | [`config`] | what a run is made from, and its ranges |
//! | [`preset`] | links with a name |
//! | [`report`] | what a run gives |
//! | [`timing`] | the cores, clock by clock, in plain Rust |

pub mod config;
mod error;
pub mod preset;
pub mod report;
pub mod timing;

pub use config::Config;
pub use error::LinkError;
pub use preset::{preset, presets, Preset};
pub use report::{Point, Report};

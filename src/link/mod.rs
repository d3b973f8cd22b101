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
//! | [`config`], [`check`] | what a run is made from, and its ranges |
//! | [`mod@preset`] | links with a name |
//! | [`setup`], [`pool`] | tensors and bank, and the messages that are cut from them |
//! | [`timing`] | the cores, clock by clock, in plain Rust |
//! | [`engine`], `rtl` | what clocks the cores: the timing models, or the RTL itself |
//! | [`sim`] | the clock loop |
//! | [`alone`], [`closed_form`] | the cores alone, and what arithmetic makes of it |
//! | [`energy`] | toggles on the lanes |
//! | [`measure`], [`sweep`] | all runs of a configuration, and of many |
//! | [`report`] | what comes out |

pub mod alone;
pub mod check;
pub mod closed_form;
pub mod config;
pub mod energy;
pub mod engine;
mod error;
pub mod measure;
pub mod pool;
pub mod preset;
pub mod report;
#[cfg(feature = "rtl")]
pub mod rtl;
pub mod setup;
pub mod sim;
pub mod sweep;
pub mod timing;

pub use config::Config;
pub use engine::{Engine, ModelEngine};
pub use error::LinkError;
pub use preset::{preset, presets, Preset};
pub use report::{Point, Report};
#[cfg(feature = "rtl")]
pub use rtl::RtlEngine;
pub use setup::Setup;
pub use sweep::Sweep;

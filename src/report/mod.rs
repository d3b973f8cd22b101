//! Pages for people who decide and for people who check: `huffwire link --html`, and `huffwire report`.
//!
//! ```text
//! link::Report -> link/            -> the page of `link --html`
//!            \
//! Analysis    -> page.rs: kinds, datapath, budget, link/, collectives, hardware, provenance -> the page of `report`
//! synth/results.json /
//! ```

pub mod budget;
pub mod datapath;
pub mod hardware;
pub mod kinds;
pub mod link;
mod page;

pub use page::{page, Inputs};

//! A tensor through the encoder RTL, a link and the decoder RTL, all in one clock loop, every word and element checked.
//!
//! ```text
//! elements -> [Feed] -> encoder -> [Tap] -> [Link] -> [Feed] -> decoder -> [Tap] -> elements
//!                                    |                                       |
//!                          the reference's words                     the elements fed
//! ```
//!
//! | file | what lives there |
//! |---|---|
//! | [`Engine`] | rust-hdl's simulation, or the Verilog under Verilator |
//! | [`LinkRate`] | the link model: words a clock |
//! | `ports` | the ends of the streams: [`Beat`](crate::cosim::Beat)s on and off the wires |
//! | `flight` | packets under way, and the comparison of what comes out |
//! | [`Simulation`] | the clock loop |
//! | [`StreamReport`] | clocks, latencies, stalls, bits |
//!
//! Memory holds the packets under way, never the stream: a tensor may be of any size.

mod engine;
mod error;
mod flight;
mod link;
mod ports;
mod report;
mod run;

pub use engine::{Engine, EngineError};
pub use error::SimulateError;
pub use link::{LinkRate, LinkRateError};
pub use report::{Latency, SideReport, StreamReport};
pub use run::{PacketInput, SimulateOptions, Simulation, Stalling};

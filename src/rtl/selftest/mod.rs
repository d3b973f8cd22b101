//! A self-test that fits a board's pins: encoder, link and decoder on one chip, with a source and a checker around them.
//!
//! ```text
//!  [ power-on reset ] --> rst everywhere
//!
//!  [ pattern ] -> [ throttle ] -> [ encoder ] -> [ throttle ] -> [ decoder ] -> [ throttle ] -> [ checker ] -> LEDs
//!                                     link_fault_n --^ flips a link bit             [ pattern ] ---^
//! ```
//!
//! | file | block |
//! |---|---|
//! | [`bytes`], [`fields`] | the tops: map `bytes`, map `fields` |
//! | [`power_on_reset`] | reset of a board that has none |
//! | [`xorshift`] | pseudo-random words |
//! | [`pattern`] | packets, the same at both ends |
//! | [`beat`] | symbols and raw bits to a beat |
//! | [`throttle`] | pauses on a stream |
//! | [`checker`] | compares, counts, watches for a hang |
//! | [`heartbeat`] | shows that the clock runs |
//!
//! The tops have five one-bit ports:
//!
//! | port | direction | meaning |
//! |---|---|---|
//! | `clk` | in | the board's oscillator |
//! | `link_fault_n` | in | low flips bit 0 of every link beat; a line that idles high, for example a serial receive line |
//! | `led_pass` | out | 255 packets came through and nothing was ever wrong |
//! | `led_fail` | out | something was wrong: data, TLAST, TKEEP, an error flag, or nothing came for 65535 clocks; stays lit |
//! | `led_alive` | out | blinks: the clock divided by 2^24 |

pub mod beat;
pub mod bytes;
pub mod checker;
pub mod fields;
pub mod heartbeat;
pub mod pattern;
pub mod power_on_reset;
pub mod throttle;
pub mod tops;
pub mod xorshift;

use super::config::RtlConfig;
use super::decoder::DecoderBuild;
use super::encoder::EncoderBuild;

// The three throttles pause at different times.
const SOURCE_SEED: u32 = 0x2545_F491;
const LINK_SEED: u32 = 0x6C07_8965;
const SINK_SEED: u32 = 0x5DEE_CE66;

/// Everything that a self-test is made from.
#[derive(Clone, Debug)]
pub struct SelfTestBuild {
    /// The encoder's part.
    pub encoder: EncoderBuild,
    /// The decoder's part; of another bank, if the self-test has to fail.
    pub decoder: DecoderBuild,
    /// Books that the packets take in turn, besides the raw book.
    pub books: usize,
    /// A symbol with a short codeword: most of the data is near it.
    pub center: u8,
}

impl SelfTestBuild {
    /// For this configuration.
    pub fn new(config: &RtlConfig) -> Self {
        let code = &config.bank.books()[0].planes[0];
        SelfTestBuild {
            encoder: EncoderBuild::new(config),
            decoder: DecoderBuild::new(config),
            books: config.bank.books().len(),
            center: (0..=u8::MAX).min_by_key(|&symbol| code.cost(symbol)).unwrap_or_default(),
        }
    }
}

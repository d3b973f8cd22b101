//! Stall patterns: in which clocks one side of a stream pauses. Deterministic, written and read as text.
//!
//! | text | meaning |
//! |---|---|
//! | `none` | never pauses |
//! | `1-in-N` | pauses one clock in N, N from 2 |
//! | `random:P[:SEED]` | pauses with probability P, 0 <= P < 1 |
//! | `long[:GO[:PAUSE]]` | GO clocks of flow, then PAUSE clocks of pause (64 each unless told) |

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// When a side of a stream pauses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum StallPattern {
    /// Never.
    None,
    /// One clock in this many.
    OneIn(u32),
    /// At random.
    Random {
        /// Probability of a pause in any clock, 0 <= p < 1.
        probability: f64,
        /// Seed of the generator.
        seed: u64,
    },
    /// In long bursts.
    Long {
        /// Clocks of flow.
        go: u32,
        /// Clocks of pause.
        pause: u32,
    },
}

/// Seed of `random:P` without one.
pub const DEFAULT_SEED: u64 = 1;

/// Clocks of flow and of pause of `long` without figures.
pub const LONG_BURST: u32 = 64;

/// Why a text is no stall pattern.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("stall pattern `{text}`: {reason}; known are none, 1-in-N (N from 2), random:P[:SEED] (0 <= P < 1), long[:GO[:PAUSE]] (both from 1)")]
pub struct StallError {
    /// The text given.
    pub text: String,
    /// What is wrong with it.
    pub reason: String,
}

impl FromStr for StallPattern {
    type Err = StallError;

    fn from_str(text: &str) -> Result<Self, StallError> {
        let fail = |reason: String| StallError { text: text.into(), reason };
        let count = |s: &str, least: u32| match s.parse::<u32>() {
            Ok(n) if n >= least => Ok(n),
            _ => Err(fail(format!("`{s}` is not a whole number from {least} to {}", u32::MAX))),
        };
        if let Some(n) = text.strip_prefix("1-in-") {
            return Ok(StallPattern::OneIn(count(n, 2)?));
        }
        let parts: Vec<&str> = text.split(':').collect();
        match parts[..] {
            ["none"] => Ok(StallPattern::None),
            ["random", p] | ["random", p, _] => {
                let probability = p.parse::<f64>().ok().filter(|p| (0.0..1.0).contains(p));
                let probability = probability.ok_or_else(|| fail(format!("`{p}` is no probability below 1")))?;
                let seed = parts.get(2).map_or(Ok(DEFAULT_SEED), |s| {
                    s.parse().map_err(|_| fail(format!("`{s}` is no seed from 0 to {}", u64::MAX)))
                })?;
                Ok(StallPattern::Random { probability, seed })
            }
            ["long"] | ["long", _] | ["long", _, _] => {
                let go = parts.get(1).map_or(Ok(LONG_BURST), |s| count(s, 1))?;
                let pause = parts.get(2).map_or(Ok(go), |s| count(s, 1))?;
                Ok(StallPattern::Long { go, pause })
            }
            _ => Err(fail("not known".into())),
        }
    }
}

impl fmt::Display for StallPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StallPattern::None => write!(f, "none"),
            StallPattern::OneIn(n) => write!(f, "1-in-{n}"),
            StallPattern::Random { probability, seed } => write!(f, "random:{probability}:{seed}"),
            StallPattern::Long { go, pause } => write!(f, "long:{go}:{pause}"),
        }
    }
}

impl StallPattern {
    /// The pattern from its first clock.
    pub fn stalls(self) -> Stalls {
        let state = match self {
            StallPattern::Random { seed, .. } => seed,
            _ => 0,
        };
        Stalls { pattern: self, state }
    }
}

/// Runs through a [`StallPattern`] clock by clock; never ends.
#[derive(Clone, Debug)]
pub struct Stalls {
    pattern: StallPattern,
    // Clock within the period, or the state of the generator.
    state: u64,
}

impl Stalls {
    /// Whether this clock is a pause; moves on to the next.
    #[inline]
    pub fn step(&mut self) -> bool {
        let (period, go) = match self.pattern {
            StallPattern::None => return false,
            StallPattern::Random { probability, .. } => return self.unit() < probability,
            StallPattern::OneIn(n) => (u64::from(n), u64::from(n) - 1),
            StallPattern::Long { go, pause } => (u64::from(go) + u64::from(pause), u64::from(go)),
        };
        let pause = self.state >= go;
        self.state = (self.state + 1) % period;
        pause
    }

    /// The next number of SplitMix64 (Steele, Lea and Flood 2014), as a fraction in 0..1.
    fn unit(&mut self) -> f64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        (z >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_trips() {
        for text in ["none", "1-in-2", "1-in-7", "random:0.25:9", "random:0:0", "long:64:64", "long:3:500"] {
            let pattern: StallPattern = text.parse().unwrap();
            assert_eq!(pattern.to_string(), text);
        }
        assert_eq!("random:0.5".parse(), Ok(StallPattern::Random { probability: 0.5, seed: DEFAULT_SEED }));
        assert_eq!("long".parse(), Ok(StallPattern::Long { go: 64, pause: 64 }));
        assert_eq!("long:5".parse(), Ok(StallPattern::Long { go: 5, pause: 5 }));
    }

    #[test]
    fn bad_text_is_refused() {
        for (text, part) in [
            ("1-in-1", "`1` is not a whole number from 2"),
            ("1-in-x", "`x` is not a whole number"),
            ("random:1", "`1` is no probability below 1"),
            ("random:-0.1", "no probability"),
            ("random:nan", "no probability"),
            ("random:0.5:z", "`z` is no seed"),
            ("random", "not known"),
            ("long:0", "`0` is not a whole number from 1"),
            ("long:1:2:3", "not known"),
            ("", "not known"),
        ] {
            let error = text.parse::<StallPattern>().unwrap_err().to_string();
            assert!(error.contains(part) && error.contains("1-in-N"), "{text}: {error}");
        }
    }

    #[test]
    fn patterns_are_what_they_say() {
        let take = |text: &str, n: usize| -> Vec<bool> {
            let mut s = text.parse::<StallPattern>().unwrap().stalls();
            (0..n).map(|_| s.step()).collect()
        };
        assert!(take("none", 100).iter().all(|&p| !p));
        assert_eq!(take("1-in-4", 8), [false, false, false, true, false, false, false, true]);
        assert_eq!(take("long:2:3", 7), [false, false, true, true, true, false, false]);
        let random = take("random:0.3:5", 10_000);
        let paused = random.iter().filter(|&&p| p).count();
        assert!((2_800..3_200).contains(&paused), "{paused}");
        assert_eq!(random, take("random:0.3:5", 10_000));
        assert_ne!(random, take("random:0.3:6", 10_000));
    }
}

//! The link: so many words a clock, a clock of delay, and a short queue in front of the decoder.
//!
//! A beat occupies the link for as long as its words take; it comes out in the clock after its last word went in. While
//! [`QUEUE_BEATS`] beats that have come wait for the decoder, the link takes nothing, so that a slow decoder stalls the
//! encoder; what is still on its way finds room.

use crate::cosim::Beat;
use std::collections::VecDeque;
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// Beats that wait in front of the decoder: one that it takes, and one behind it.
pub const QUEUE_BEATS: usize = 2;

/// Rates are counted in thousandths of a word, exactly.
const UNIT: i64 = 1000;
/// Widest link: far more than any core gives in a clock.
const MAX_WORDS: i64 = 1024;

/// Width of a link: mux words a clock, in thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LinkRate(i64);

/// A rate that no link has.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("link rate '{0}': must be 0.001 to {MAX_WORDS} words a clock, with at most 3 decimals")]
pub struct LinkRateError(String);

impl LinkRate {
    /// This many words a clock.
    pub fn words(words: u32) -> Result<Self, LinkRateError> {
        match i64::from(words) {
            w @ 1..=MAX_WORDS => Ok(LinkRate(w * UNIT)),
            _ => Err(LinkRateError(words.to_string())),
        }
    }

    /// Words a clock.
    pub fn words_per_clock(self) -> f64 {
        self.0 as f64 / UNIT as f64
    }
}

impl FromStr for LinkRate {
    type Err = LinkRateError;
    fn from_str(text: &str) -> Result<Self, LinkRateError> {
        let parse = || {
            let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
            let digits = |s: &str| !s.is_empty() && s.len() <= 4 && s.bytes().all(|b| b.is_ascii_digit());
            if !digits(whole) || !digits(decimals) || decimals.len() > 3 {
                return None;
            }
            let thousandths: i64 = format!("{decimals:0<3}").parse().ok()?;
            let rate = whole.parse::<i64>().ok()? * UNIT + thousandths;
            (1..=MAX_WORDS * UNIT).contains(&rate).then_some(LinkRate(rate))
        };
        parse().ok_or_else(|| LinkRateError(text.into()))
    }
}

impl fmt::Display for LinkRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.words_per_clock().to_string())
    }
}

/// The link at work.
#[derive(Debug)]
pub(super) struct Link {
    rate: LinkRate,
    /// Room for words in this clock; below zero while a beat is still going in.
    credit: i64,
    /// Each with the clock from which it can be taken.
    queue: VecDeque<(u64, Beat)>,
}

impl Link {
    pub fn new(rate: LinkRate) -> Self {
        Link { rate, credit: 0, queue: VecDeque::new() }
    }

    /// A clock begins. What was not used of the last one is lost.
    pub fn tick(&mut self) {
        self.credit = (self.credit + self.rate.0).min(self.rate.0);
    }

    /// Whether a beat would be taken in this clock.
    pub fn ready(&self, clock: u64) -> bool {
        let waiting = self.queue.iter().take_while(|(from, _)| *from <= clock).count();
        self.credit > 0 && waiting < QUEUE_BEATS
    }

    /// Takes a beat of `words` words.
    pub fn push(&mut self, beat: Beat, words: usize, clock: u64) {
        self.credit -= words as i64 * UNIT;
        let still = (-self.credit).max(0);
        let more = (still + self.rate.0 - 1) / self.rate.0;
        self.queue.push_back((clock + 1 + more as u64, beat));
    }

    /// The next beat, if it has come by this clock.
    pub fn pop(&mut self, clock: u64) -> Option<Beat> {
        match self.queue.front() {
            Some((from, _)) if *from <= clock => self.queue.pop_front().map(|(_, beat)| beat),
            _ => None,
        }
    }

    /// Whether nothing is on the way.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_exactly() {
        for (text, rate) in [("3", 3000), ("2.5", 2500), ("0.001", 1), ("1024", 1_024_000), ("0.25", 250)] {
            assert_eq!(text.parse(), Ok(LinkRate(rate)), "{text}");
            assert_eq!(LinkRate(rate).to_string(), text);
        }
        for text in ["0", "-1", "1025", "0.0001", "", ".", "1.", "x", "1e3", "99999", "1024.001"] {
            let e = text.parse::<LinkRate>().unwrap_err().to_string();
            assert_eq!(e, format!("link rate '{text}': must be 0.001 to 1024 words a clock, with at most 3 decimals"));
        }
        assert!(LinkRate::words(0).is_err());
    }

    /// Clocks in which beats of 4 words come out, the decoder always ready.
    fn arrivals(rate: &str, beats: usize) -> Vec<u64> {
        let mut link = Link::new(rate.parse().unwrap());
        let (mut sent, mut out) = (0, Vec::new());
        for clock in 0..200 {
            link.tick();
            if link.ready(clock) && sent < beats {
                link.push(Beat::new(sent as u128), 4, clock);
                sent += 1;
            }
            if let Some(beat) = link.pop(clock) {
                assert_eq!(beat.data(), out.len() as u128);
                out.push(clock);
            }
        }
        out
    }

    #[test]
    fn the_rate_is_kept() {
        assert_eq!(arrivals("4", 5), [1, 2, 3, 4, 5]);
        assert_eq!(arrivals("100", 3), [1, 2, 3]);
        // Four words at two a clock go in during two clocks.
        assert_eq!(arrivals("2", 4), [2, 4, 6, 8]);
        // Three words a clock: three beats in four clocks.
        let at = arrivals("3", 30);
        assert_eq!(at[27] - at[0], 36);
        let at = arrivals("0.5", 5);
        assert_eq!(at[4] - at[0], 32);
    }

    #[test]
    fn a_full_queue_takes_nothing() {
        let mut link = Link::new(LinkRate::words(4).unwrap());
        let mut taken = 0;
        for clock in 0..10 {
            link.tick();
            if link.ready(clock) {
                link.push(Beat::new(0), 4, clock);
                taken += 1;
            }
        }
        assert_eq!(taken, QUEUE_BEATS);
        assert!(!link.is_empty());
        assert!(link.pop(10).is_some());
        assert!(link.ready(10));
    }
}

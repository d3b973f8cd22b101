//! The order of the payload's words (wire format, section 5.2). This is the only definition of it in the reference: the
//! encoder sends, and the decoder hands to its lanes, word by word what [`DemandOrder`] asks for.

use crate::format::Layout;
use crate::wire::{Parameters, RAW_LEAD_STEPS};
use std::collections::VecDeque;

/// The stream whose next word is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// The stream of this lane.
    Lane(usize),
    /// The raw stream.
    Raw,
}

/// What a decoder asks for, step by step.
#[derive(Clone, Debug)]
pub struct DemandOrder {
    mux_bits: u64,
    prefill: u32,
    /// `L`·`R`.
    raw_bits_a_step: u64,
    /// Step `t` of the next group.
    step: u64,
    /// Word boundaries that each lane had crossed at the last group: `floor(c(l,t-1)/M)`.
    crossed: Vec<u64>,
}

impl DemandOrder {
    /// The order at the start of a packet.
    pub fn new(parameters: &Parameters, layout: &Layout) -> Self {
        DemandOrder {
            mux_bits: parameters.mux_bits.into(),
            prefill: parameters.prefill,
            raw_bits_a_step: u64::from(parameters.lanes) * u64::from(layout.raw_bits),
            step: 0,
            crossed: vec![0; parameters.lanes as usize],
        }
    }

    /// `r(t)`: raw words that hold the raw bits of steps 0 ... `t`+7.
    fn raw_words(&self, step: u64) -> u64 {
        ((step + RAW_LEAD_STEPS) * self.raw_bits_a_step).div_ceil(self.mux_bits)
    }

    /// Appends the next group to `asked`: that of step 0 at the first call, of step 1 at the second, ... For the group of
    /// step `t`, `coded_bits(l)` is `c(l,t)`, the bits of lane `l` in steps 0 ... `t`-1.
    pub fn next_group(&mut self, coded_bits: impl Fn(usize) -> u64, asked: &mut VecDeque<Source>) {
        let lanes = self.crossed.len();
        let raw_words = self.raw_words(self.step);
        if self.step == 0 {
            asked.extend((0..raw_words).map(|_| Source::Raw));
            asked.extend((0..self.prefill).flat_map(|_| (0..lanes).map(Source::Lane)));
        } else {
            for (lane, crossed) in self.crossed.iter_mut().enumerate() {
                let now = coded_bits(lane) / self.mux_bits;
                if now > *crossed {
                    asked.push_back(Source::Lane(lane));
                }
                *crossed = now;
            }
            asked.extend((self.raw_words(self.step - 1)..raw_words).map(|_| Source::Raw));
        }
        self.step += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{Format, SymbolMap};

    #[test]
    fn groups_by_hand() {
        use Source::{Lane, Raw};
        // Two lanes of 8 raw bits a step: a raw word of 16 bits every step, 8 of them ahead.
        let parameters = Parameters { prefill: 2, ..Parameters::plain(Format::Bf16, SymbolMap::Fields, 2) };
        let mut order = DemandOrder::new(&parameters, &parameters.check().unwrap());
        let mut group = |bits: [u64; 2]| {
            let mut asked = VecDeque::new();
            order.next_group(|lane| bits[lane], &mut asked);
            Vec::from(asked)
        };
        assert_eq!(group([0, 0]), [vec![Raw; 8], vec![Lane(0), Lane(1), Lane(0), Lane(1)]].concat());
        assert_eq!(group([15, 3]), [Raw]);
        assert_eq!(group([16, 15]), [Lane(0), Raw]);
        assert_eq!(group([31, 20]), [Lane(1), Raw]);
        assert_eq!(group([32, 36]), [Lane(0), Lane(1), Raw]);
    }
}

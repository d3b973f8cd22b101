//! The order of the payload's words (wire format, section 5.2). This is the only definition of it in the reference: the
//! encoder sends, and the decoder hands to its lanes, word by word what [`DemandOrder`] asks for.

use crate::format::Layout;
use crate::wire::{Parameters, MUX_BITS, RAW_LEAD_TURNS};
use std::collections::VecDeque;

/// The stream whose next word is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// The stream of this lane.
    Lane(usize),
    /// The raw stream.
    Raw,
}

/// What a decoder asks for, turn by turn.
#[derive(Clone, Debug)]
pub struct DemandOrder {
    prefill: u32,
    /// `L/Q`.
    turn_lanes: usize,
    /// `L/Q`·`R`.
    raw_bits_a_turn: u64,
    /// Turn `u` of the next group.
    turn: u64,
    /// Word boundaries that each lane had crossed at its last group: `floor(c(l,t-1)/M)`.
    crossed: Vec<u64>,
}

impl DemandOrder {
    /// The order at the start of a packet.
    pub fn new(parameters: &Parameters, layout: &Layout) -> Self {
        DemandOrder {
            prefill: parameters.prefill,
            turn_lanes: parameters.turn_lanes() as usize,
            raw_bits_a_turn: u64::from(parameters.turn_lanes()) * u64::from(layout.raw_bits),
            turn: 0,
            crossed: vec![0; parameters.lanes as usize],
        }
    }

    /// `r(u)`: raw words that hold the raw bits of turns 0 ... `u`+7.
    fn raw_words(&self, turn: u64) -> u64 {
        ((turn + RAW_LEAD_TURNS) * self.raw_bits_a_turn).div_ceil(MUX_BITS.into())
    }

    /// Appends the next group to `asked`: that of turn 0 at the first call, of turn 1 at the second, ... For the group of a
    /// turn of step `t`, `coded_bits(l)` is `c(l,t)`, the bits of lane `l` in steps 0 ... `t`-1, for the lanes of the turn.
    pub fn next_group(&mut self, coded_bits: impl Fn(usize) -> u64, asked: &mut VecDeque<Source>) {
        let lanes = self.crossed.len();
        let raw_words = self.raw_words(self.turn);
        if self.turn == 0 {
            asked.extend((0..raw_words).map(|_| Source::Raw));
            asked.extend((0..self.prefill).flat_map(|_| (0..lanes).map(Source::Lane)));
        } else {
            let first = self.turn as usize % (lanes / self.turn_lanes) * self.turn_lanes;
            for lane in first..first + self.turn_lanes {
                let now = coded_bits(lane) / u64::from(MUX_BITS);
                if now > self.crossed[lane] {
                    asked.push_back(Source::Lane(lane));
                }
                self.crossed[lane] = now;
            }
            asked.extend((self.raw_words(self.turn - 1)..raw_words).map(|_| Source::Raw));
        }
        self.turn += 1;
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
        let parameters = Parameters { prefill: 3, ..Parameters::plain(Format::Bf16, SymbolMap::Fields, 2) };
        let mut order = DemandOrder::new(&parameters, &parameters.check().unwrap());
        let mut group = |bits: [u64; 2]| {
            let mut asked = VecDeque::new();
            order.next_group(|lane| bits[lane], &mut asked);
            Vec::from(asked)
        };
        assert_eq!(group([0, 0]), [vec![Raw; 8], [Lane(0), Lane(1)].repeat(3)].concat());
        assert_eq!(group([15, 3]), [Raw]);
        assert_eq!(group([16, 15]), [Lane(0), Raw]);
        assert_eq!(group([31, 20]), [Lane(1), Raw]);
        assert_eq!(group([32, 36]), [Lane(0), Lane(1), Raw]);
    }

    #[test]
    fn groups_of_turns_by_hand() {
        use Source::{Lane, Raw};
        // Four turns of two lanes: a turn has 16 raw bits, 8 turns of which go ahead.
        let parameters = Parameters { turns: 4, ..Parameters::plain(Format::Bf16, SymbolMap::Fields, 8) };
        let mut order = DemandOrder::new(&parameters, &parameters.check().unwrap());
        let mut group = |bits: [u64; 8]| {
            let mut asked = VecDeque::new();
            order.next_group(|lane| bits[lane], &mut asked);
            Vec::from(asked)
        };
        let rounds = (0..8).map(Lane).collect::<Vec<_>>().repeat(4);
        assert_eq!(group([0; 8]), [vec![Raw; 8], rounds].concat());
        // The other turns of step 0, then those of step 1.
        assert_eq!(group([9, 9, 0, 0, 0, 0, 0, 0]), [Raw]);
        assert_eq!(group([9, 9, 16, 9, 0, 0, 0, 0]), [Raw]);
        assert_eq!(group([9, 9, 16, 9, 9, 9, 0, 0]), [Raw]);
        assert_eq!(group([9, 9, 16, 9, 9, 9, 16, 16]), [Raw]);
        assert_eq!(group([18, 20, 16, 9, 9, 9, 16, 16]), [Lane(2), Raw]);
        assert_eq!(group([18, 20, 20, 20, 9, 9, 16, 16]), [Raw]);
        assert_eq!(group([18, 20, 20, 20, 9, 9, 16, 16]), [Lane(6), Lane(7), Raw]);
        assert_eq!(group([18, 20, 20, 20, 9, 9, 20, 20]), [Lane(0), Lane(1), Raw]);
    }
}

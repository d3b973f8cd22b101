//! Bits and toggles on the lanes: a proxy for the energy of the link.
//!
//! Byte `i` of all that is sent goes to lane `i` mod lanes, its lowest bit first. A toggle is a bit that differs from the one before it
//! in its lane. With four levels to a symbol the bits of a symbol count as if they were sent one behind the other.

/// Counts toggles.
#[derive(Clone, Debug)]
pub struct Lanes {
    lanes: usize,
    flit_bytes: usize,
    /// The last byte of each lane, then the bytes of the flit, then zeros up to a whole word.
    wire: Vec<u8>,
    /// State of the pseudo-random stream, if the lanes are scrambled.
    scrambler: Option<u64>,
}

/// The low and the high bit of each byte.
const LOW: u64 = 0x0101_0101_0101_0101;

impl Lanes {
    /// So many lanes, for flits of so many bytes.
    pub fn new(lanes: u32, flit_bytes: u32, scrambled: bool) -> Self {
        let lanes = lanes as usize;
        let wire = vec![0; lanes + (flit_bytes as usize).next_multiple_of(8)];
        Lanes { lanes, flit_bytes: flit_bytes as usize, wire, scrambler: scrambled.then_some(0x9E37_79B9_7F4A_7C15) }
    }

    /// Bytes of a flit.
    pub fn flit_bytes(&self) -> usize {
        self.flit_bytes
    }

    /// Sends a flit and gives the toggles in it.
    pub fn send(&mut self, flit: &[u8]) -> u64 {
        let (lanes, bytes) = (self.lanes, flit.len());
        self.wire[lanes..lanes + bytes].copy_from_slice(flit);
        if let Some(state) = &mut self.scrambler {
            for chunk in self.wire[lanes..lanes + bytes].chunks_mut(8) {
                // xorshift: what matters is that it is independent of the data.
                *state ^= *state << 13;
                *state ^= *state >> 7;
                *state ^= *state << 17;
                chunk.iter_mut().zip(state.to_le_bytes()).for_each(|(byte, key)| *byte ^= key);
            }
        }
        let word = |at: usize| {
            let mut bytes = [0; 8];
            bytes.copy_from_slice(&self.wire[at..at + 8]);
            u64::from_le_bytes(bytes)
        };
        let mut toggles = 0;
        for at in (0..bytes).step_by(8) {
            let (now, before) = (word(lanes + at), word(at));
            let shifted = ((now & !(LOW << 7)) << 1) | ((before >> 7) & LOW);
            let valid = match bytes - at {
                8.. => u64::MAX,
                rest => (1 << (8 * rest)) - 1,
            };
            toggles += u64::from(((now ^ shifted) & valid).count_ones());
        }
        self.wire.copy_within(bytes..bytes + lanes, 0);
        toggles
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::prelude::*;

    #[test]
    fn toggles_are_those_of_the_lanes_bit_by_bit() {
        let mut rng = StdRng::seed_from_u64(1);
        for (lanes, bytes) in [(1, 256), (7, 256), (16, 250), (64, 256), (90, 256), (256, 256)] {
            let mut counted = Lanes::new(lanes, bytes, false);
            let mut last = vec![false; lanes as usize];
            let mut position = 0;
            for _ in 0..5 {
                let flit: Vec<u8> = (0..bytes).map(|_| rng.random()).collect();
                let mut expected = 0;
                for byte in &flit {
                    let lane = &mut last[position % lanes as usize];
                    for bit in 0..8 {
                        let now = byte >> bit & 1 == 1;
                        expected += u64::from(now != *lane);
                        *lane = now;
                    }
                    position += 1;
                }
                assert_eq!(counted.send(&flit), expected, "{lanes} lanes, {bytes} bytes");
            }
        }
    }

    #[test]
    fn a_quiet_wire_does_not_toggle_and_a_scrambled_one_toggles_half_the_time() {
        assert_eq!(Lanes::new(16, 256, false).send(&[0; 256]), 0);
        assert_eq!(Lanes::new(16, 256, false).send(&[0x55; 256]), 2048);
        let mut scrambled = Lanes::new(16, 256, true);
        let toggles: u64 = (0..100).map(|_| scrambled.send(&[0; 256])).sum();
        assert!((100_000..105_000).contains(&toggles), "{toggles}");
    }
}

//! [`Beat`]: one transfer of an AXI4-Stream.

use super::device::{low_u128, u128_words};

/// One transfer of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Beat {
    // No zero words at the end, so that equal values are equal beats.
    words: Vec<u32>,
    /// Which bytes count; `None` where the stream has no `tkeep` (a source then drives all ones).
    pub keep: Option<u128>,
    /// Side-band value; 0 where the stream has no `tuser`.
    pub user: u128,
    /// Last beat of a packet.
    pub last: bool,
}

impl Beat {
    /// A beat of this value.
    pub fn new(data: u128) -> Self {
        Self::from_words(&u128_words(data))
    }

    /// A beat of these 32-bit words, least significant first.
    pub fn from_words(words: &[u32]) -> Self {
        let len = words.iter().rposition(|&w| w != 0).map_or(0, |k| k + 1);
        Beat { words: words[..len].to_vec(), ..Beat::default() }
    }

    /// A beat of these bytes, least significant first, with `keep` set for just them (at most 128 bytes are
    /// marked).
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let word = |c: &[u8]| c.iter().rev().fold(0, |w, &b| w << 8 | u32::from(b));
        let keep = if bytes.len() >= 128 { u128::MAX } else { (1 << bytes.len()) - 1 };
        Beat { keep: Some(keep), ..Self::from_words(&bytes.chunks(4).map(word).collect::<Vec<_>>()) }
    }

    /// The same beat with this `tkeep`.
    pub fn with_keep(self, keep: u128) -> Self {
        Beat { keep: Some(keep), ..self }
    }

    /// The same beat with this `tuser`.
    pub fn with_user(self, user: u128) -> Self {
        Beat { user, ..self }
    }

    /// The same beat with this `tlast`.
    pub fn with_last(self, last: bool) -> Self {
        Beat { last, ..self }
    }

    /// The low 128 bits of the data.
    pub fn data(&self) -> u128 {
        low_u128(&self.words)
    }

    /// The data in 32-bit words, least significant first, without zero words at the end.
    pub fn words(&self) -> &[u32] {
        &self.words
    }

    /// The bytes that `keep` marks of a bus of `bytes` bytes, least significant first.
    pub fn kept_bytes(&self, bytes: usize) -> Vec<u8> {
        let byte = |i: usize| (self.words.get(i / 4).copied().unwrap_or(0) >> (8 * (i % 4))) as u8;
        let kept = |i: &usize| self.keep.is_none_or(|keep| *i < 128 && keep >> i & 1 == 1);
        (0..bytes).filter(kept).map(byte).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_are_equal_beats() {
        assert_eq!(Beat::new(0x5a), Beat::from_words(&[0x5a, 0, 0, 0, 0]));
        assert_eq!(Beat::new(0).words(), &[] as &[u32]);
        assert_ne!(Beat::new(1), Beat::new(1).with_keep(1));
        assert_eq!(Beat::new(u128::MAX).data(), u128::MAX);
    }

    #[test]
    fn bytes_round_trip_at_every_length() {
        let bytes: Vec<u8> = (0..=130).map(|i| i as u8 ^ 0x80).collect();
        for n in 0..=128 {
            let beat = Beat::from_bytes(&bytes[..n]);
            assert_eq!(beat.kept_bytes(128), &bytes[..n]);
            assert_eq!(beat.keep.unwrap().count_ones() as usize, n);
        }
        assert_eq!(Beat::from_bytes(&[1, 2, 3, 4, 5]).words(), &[0x0403_0201, 5]);
        assert_eq!(Beat::new(0x03_0201).with_keep(0b101).kept_bytes(4), &[1, 3]);
        assert_eq!(Beat::new(0x0201).kept_bytes(3), &[1, 2, 0]);
    }
}

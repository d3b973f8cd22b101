//! Bit streams cut into mux words, most significant bit first (wire format, section 5.1).

use std::collections::VecDeque;

/// Writing side: bits in, mux words out.
#[derive(Clone, Debug)]
pub struct BitPacker {
    mux_bits: u32,
    /// The bits of the word being filled, right-aligned.
    partial: u64,
    partial_bits: u32,
    words: VecDeque<u32>,
    written: u64,
}

impl BitPacker {
    /// An empty stream of words of `mux_bits` bits, at most 32.
    pub fn new(mux_bits: u32) -> Self {
        BitPacker { mux_bits, partial: 0, partial_bits: 0, words: VecDeque::new(), written: 0 }
    }

    /// Appends the low `length` bits of `bits`, at most 32, most significant first. Higher bits have to be zero.
    pub fn push(&mut self, bits: u32, length: u32) {
        debug_assert!(length <= 32 && u64::from(bits) < 1 << length);
        self.partial = self.partial << length | u64::from(bits);
        self.partial_bits += length;
        self.written += u64::from(length);
        while self.partial_bits >= self.mux_bits {
            self.partial_bits -= self.mux_bits;
            self.words.push_back((self.partial >> self.partial_bits) as u32);
            self.partial &= (1 << self.partial_bits) - 1;
        }
    }

    /// Ends the stream: fills its last word up with zero bits.
    pub fn pad(&mut self) {
        if self.partial_bits > 0 {
            self.words.push_back((self.partial << (self.mux_bits - self.partial_bits)) as u32);
            (self.partial, self.partial_bits) = (0, 0);
        }
    }

    /// Takes the next word, if it is whole.
    pub fn pop_word(&mut self) -> Option<u32> {
        self.words.pop_front()
    }

    /// Whole words that wait to be taken.
    pub fn waiting_words(&self) -> usize {
        self.words.len()
    }

    /// Bits of the stream so far, padding not counted.
    pub fn written_bits(&self) -> u64 {
        self.written
    }
}

/// Reading side: mux words in, bits out. Past the last word it reads zeros, as section 5.1 has it, and
/// [`BitWindow::overrun`] tells that it did.
#[derive(Clone, Debug)]
pub struct BitWindow {
    mux_bits: u32,
    /// The next bits, left-aligned; zero below them.
    window: u64,
    window_bits: u32,
    words: VecDeque<u32>,
    arrived: u64,
    consumed: u64,
}

impl BitWindow {
    /// An empty stream of words of `mux_bits` bits, at most 32.
    pub fn new(mux_bits: u32) -> Self {
        BitWindow { mux_bits, window: 0, window_bits: 0, words: VecDeque::new(), arrived: 0, consumed: 0 }
    }

    /// Appends a word.
    pub fn push_word(&mut self, word: u32) {
        debug_assert!(u64::from(word) < 1 << self.mux_bits);
        self.words.push_back(word);
        self.arrived += u64::from(self.mux_bits);
    }

    /// The next `length` bits, 1 to 32, right-aligned.
    pub fn peek(&mut self, length: u32) -> u32 {
        debug_assert!((1..=32).contains(&length));
        while self.window_bits + self.mux_bits <= u64::BITS {
            let Some(word) = self.words.pop_front() else { break };
            self.window_bits += self.mux_bits;
            self.window |= u64::from(word) << (u64::BITS - self.window_bits);
        }
        (self.window >> (u64::BITS - length)) as u32
    }

    /// Passes over `length` bits, at most 32, that a peek of at least as many has shown.
    pub fn skip(&mut self, length: u32) {
        self.window <<= length;
        self.window_bits = self.window_bits.saturating_sub(length);
        self.consumed += u64::from(length);
    }

    /// Reads `length` bits, at most 32.
    pub fn read(&mut self, length: u32) -> u32 {
        if length == 0 {
            return 0;
        }
        let bits = self.peek(length);
        self.skip(length);
        bits
    }

    /// Bits read so far.
    pub fn consumed_bits(&self) -> u64 {
        self.consumed
    }

    /// Whether bits were read that no word has brought.
    pub fn overrun(&self) -> bool {
        self.consumed > self.arrived
    }

    /// Whether at least one bit of the last word that arrived has been read.
    pub fn last_word_begun(&self) -> bool {
        self.consumed + u64::from(self.mux_bits) > self.arrived
    }

    /// Whether all bits not yet read are zero.
    pub fn rest_is_zero(&self) -> bool {
        self.window == 0 && self.words.iter().all(|&word| word == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bit_is_the_words_most_significant() {
        let mut packer = BitPacker::new(16);
        packer.push(0b101, 3);
        packer.push(0, 0);
        packer.push(0xFFFF, 16);
        assert_eq!(packer.pop_word(), Some(0b101_1111_1111_1111_1));
        assert_eq!(packer.pop_word(), None);
        packer.pad();
        assert_eq!(packer.pop_word(), Some(0b111_0000_0000_0000_0));
        packer.pad();
        assert_eq!((packer.pop_word(), packer.written_bits()), (None, 19));
    }

    #[test]
    fn what_is_written_is_read_back() {
        for mux_bits in [16, 32] {
            let fields: Vec<(u32, u32)> =
                (0..200).map(|i| (i % 33, 0x9E37_79B9u32.wrapping_mul(i))).map(|(n, v)| (n, mask(v, n))).collect();
            let mut packer = BitPacker::new(mux_bits);
            fields.iter().for_each(|&(length, bits)| packer.push(bits, length));
            packer.pad();
            let mut window = BitWindow::new(mux_bits);
            while let Some(word) = packer.pop_word() {
                window.push_word(word);
            }
            for &(length, bits) in &fields {
                assert_eq!(window.read(length), bits);
            }
            assert!(!window.overrun() && window.last_word_begun() && window.rest_is_zero());
        }
    }

    fn mask(value: u32, bits: u32) -> u32 {
        (u64::from(value) & ((1 << bits) - 1)) as u32
    }

    #[test]
    fn past_the_end_are_zeros() {
        let mut window = BitWindow::new(16);
        window.push_word(0x8001);
        assert!(!window.last_word_begun());
        assert_eq!(window.peek(32), 0x8001_0000);
        assert_eq!(window.read(16), 0x8001);
        assert!(!window.overrun() && window.last_word_begun());
        assert_eq!(window.read(1), 0);
        assert!(window.overrun());
    }

    #[test]
    fn a_rest_that_is_not_zero_is_seen_in_every_place() {
        for bit in 0..48 {
            let mut window = BitWindow::new(16);
            (0..3).for_each(|i| window.push_word((1u64 << bit >> (16 * i)) as u32 & 0xFFFF));
            assert!(!window.rest_is_zero());
            window.read(1);
            assert_eq!(window.rest_is_zero(), bit == 15, "bit {bit}");
        }
    }
}

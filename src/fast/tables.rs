//! The two views of a plane's code (wire format, section 3), for codewords of up to 16 bits, escapes included.

use crate::codebook::PlaneCode;

/// A codeword with its length in the low bits, so that it can be a shift count as it is.
pub(super) type Entry = u32;

/// Bits of a length within an [`Entry`].
pub(super) const LENGTH_BITS: u32 = 8;

/// What the encoder sends for each symbol.
#[derive(Clone, Debug)]
pub(super) struct EncodeTable(Box<[Entry; 256]>);

impl EncodeTable {
    pub fn new(code: &PlaneCode) -> Self {
        let mut table = Box::new([0; 256]);
        for (entry, word) in table.iter_mut().zip(code.codewords()) {
            *entry = word.bits << LENGTH_BITS | u32::from(word.length);
        }
        EncodeTable(table)
    }

    #[inline(always)]
    pub fn entry(&self, symbol: u8) -> Entry {
        self.0[usize::from(symbol)]
    }
}

/// An entry with a bit behind its codeword.
pub(super) const fn append_bit(entry: Entry, bit: u8) -> Entry {
    ((entry >> LENGTH_BITS) << 1 | bit as u32) << LENGTH_BITS | ((entry & 0xFF) + 1)
}

/// Bits of the stream that the first look-up takes.
pub(super) const PEEK_BITS: u32 = 12;

/// What the decoder makes of the next bits of a stream. An entry has the symbol in its upper byte, in the lower one the
/// length of its codeword and how to go on.
#[derive(Clone, Debug)]
pub(super) struct DecodeTable {
    symbol_bits: u32,
    first: Box<[u16; 1 << PEEK_BITS]>,
    /// Entries of the codewords too long for the first look-up, by the next 16 bits. In canonical order they are the last
    /// ones, and only these are here.
    long: Vec<u16>,
}

/// Marks the entries that the first look-up cannot serve by itself.
pub(super) const RARE: u16 = 0x80;
/// Together with [`RARE`]: the codeword is the escape's.
const ESCAPE: u16 = 0x40;
/// The length within an entry.
pub(super) const LENGTH: u16 = 0x1F;

impl DecodeTable {
    pub fn new(code: &PlaneCode) -> Self {
        let mut first = Box::new([RARE; 1 << PEEK_BITS]);
        let mut long = Vec::new();
        for (symbol, word) in code.canonical() {
            let length = u32::from(word.length);
            let entry = match symbol == code.symbols() {
                true => RARE | ESCAPE | length as u16,
                false => (symbol as u16) << 8 | length as u16,
            };
            match PEEK_BITS.checked_sub(length) {
                Some(free) => first[(word.bits << free) as usize..][..1 << free].fill(entry),
                None => long.resize(long.len() + (1 << (16 - length)), entry),
            }
        }
        let symbol_bits = code.symbol_bits();
        for (bits, entry) in first.iter_mut().enumerate() {
            // Escapes short enough to be read with the symbol behind them.
            let length = u32::from(*entry & LENGTH) + symbol_bits;
            if *entry & ESCAPE != 0 && length <= PEEK_BITS {
                let symbol = bits >> (PEEK_BITS - length) & (code.symbols() - 1);
                *entry = (symbol as u16) << 8 | length as u16;
            }
        }
        DecodeTable { symbol_bits, first, long }
    }

    /// Entry for the next bits of a stream, left-aligned in `window`.
    #[inline(always)]
    pub fn look_up(&self, window: u64) -> u16 {
        self.first[(window >> (u64::BITS - PEEK_BITS)) as usize]
    }

    /// The plain entry that stands for a rare one: long codewords, and the escape's with the symbol behind it.
    #[cold]
    #[inline(never)]
    fn resolve(&self, entry: u16, window: u64) -> u16 {
        let mut entry = entry;
        if entry & LENGTH == 0 {
            let from_end = (1 << 16) - (window >> 48) as usize;
            entry = self.long[self.long.len() - from_end];
        }
        if entry & ESCAPE == 0 {
            return entry;
        }
        let escape_length = u32::from(entry & LENGTH);
        let symbol = (window << escape_length) >> (u64::BITS - self.symbol_bits);
        (symbol as u16) << 8 | (escape_length + self.symbol_bits) as u16
    }

    /// As [`Self::look_up`], but never a rare one.
    #[inline(always)]
    pub fn look_up_all(&self, window: u64) -> u16 {
        let entry = self.look_up(window);
        if entry & RARE != 0 {
            return self.resolve(entry, window);
        }
        entry
    }

    /// Symbol and length of the codeword at the head of `window`.
    #[inline(always)]
    pub fn read(&self, window: u64) -> (u8, u32) {
        let entry = self.look_up_all(window);
        ((entry >> 8) as u8, u32::from(entry & LENGTH))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::bits::BitWindow;
    use crate::codec::tables::DecodeTable as ReferenceTable;

    /// Every window of 16 bits reads as in the reference.
    fn equal(code: &PlaneCode) {
        let (reference, fast) = (ReferenceTable::new(code), DecodeTable::new(code));
        for bits in 0..=0xFFFF {
            let mut window = BitWindow::new(16);
            window.push_word(bits);
            let symbol = reference.read(&mut window);
            assert_eq!(fast.read(u64::from(bits) << 48), (symbol, window.consumed_bits() as u32), "{bits:016b}");
        }
        let encode = EncodeTable::new(code);
        for (symbol, word) in code.codewords().iter().enumerate() {
            assert_eq!(encode.entry(symbol as u8), word.bits << LENGTH_BITS | u32::from(word.length));
        }
    }

    #[test]
    fn windows_read_as_in_the_reference() {
        (2..=8).for_each(|x| equal(&PlaneCode::raw(x).unwrap()));
        equal(&PlaneCode::new(2, vec![2, 1, 3, 0], 3).unwrap());
        // Lengths 1 to 16, the last twice; then an escape among the longest, with 2 bits behind it.
        equal(&PlaneCode::new(4, (1..=16).collect(), 16).unwrap_or_else(|e| panic!("{e}")));
        let mut lengths: Vec<u8> = (1..=14).collect();
        lengths.resize(16, 0);
        lengths[3] = 14;
        equal(&PlaneCode::new(4, lengths, 4).unwrap());
        equal(&PlaneCode::new(2, vec![1, 2, 3, 0], 3).unwrap());
        equal(&PlaneCode::new(3, vec![1, 2, 3, 4, 5, 6, 7, 0], 7).unwrap());
    }

    #[test]
    fn a_bit_goes_behind_a_codeword() {
        assert_eq!(append_bit(0b110 << LENGTH_BITS | 3, 1), 0b1101 << LENGTH_BITS | 4);
        assert_eq!(append_bit(0x7FFE << LENGTH_BITS | 15, 0), 0xFFFC << LENGTH_BITS | 16);
    }
}

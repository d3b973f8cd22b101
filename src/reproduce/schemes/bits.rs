//! Symbols under one code as bits, and back.

use crate::codebook::PlaneCode;
use crate::codec::bits::{BitPacker, BitWindow};
use crate::codec::tables::{DecodeTable, EncodeTable};

/// Bits of a word of the stream.
const WORD: u32 = 32;

/// What was written, to be read from its start.
pub fn reader(mut packer: BitPacker) -> BitWindow {
    packer.pad();
    let mut window = BitWindow::new(WORD);
    while let Some(word) = packer.pop_word() {
        window.push_word(word);
    }
    window
}

/// A stream to write to.
pub fn writer() -> BitPacker {
    BitPacker::new(WORD)
}

/// Codes `symbols`, reads them back, and gives their bits; `None` if what comes back differs.
pub fn round_trip(symbols: &[u8], code: &PlaneCode) -> Option<u64> {
    let (encode, decode) = (EncodeTable::new(code), DecodeTable::new(code));
    let mut packer = writer();
    for &symbol in symbols {
        let word = encode.codeword(symbol);
        packer.push(word.bits, word.length.into());
    }
    let bits = packer.written_bits();
    let mut window = reader(packer);
    let same = symbols.iter().all(|&symbol| decode.read(&mut window) == symbol);
    (same && window.consumed_bits() == bits).then_some(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_by_hand() {
        let code = PlaneCode::new(2, vec![1, 2, 0, 0], 2).unwrap();
        // 1 + 2 + (2 + 2) + 1.
        assert_eq!(round_trip(&[0, 1, 3, 0], &code), Some(8));
        assert_eq!(round_trip(&[], &code), Some(0));
    }
}

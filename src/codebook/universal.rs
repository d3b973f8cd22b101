//! The bank that comes with the program.

use super::BankFile;
use std::sync::LazyLock;

/// What the file in `banks/` says.
static TEXT: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/banks/universal.json"));

static BANK: LazyLock<BankFile> = LazyLock::new(|| {
    // A test reads the same text; it is part of the program, not input.
    BankFile::from_json(TEXT.as_bytes()).expect("the bank that comes with the program is whole")
});

/// The universal bank: 15 books for exponents of 8 bits (bf16 and fp32 under map `fields`), re-centred by a tracked bias, the best of
/// them for each block of about 256 elements; book 1 serves alone where nothing chooses. It was made from weights, activations and
/// gradients of several models and from synthetic shapes, and serves tensors of other models as well: docs/universal-bank.md.
/// `banks/build.sh` makes it again, bit for bit.
pub fn universal() -> &'static BankFile {
    &BANK
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{Format, SymbolMap};
    use crate::wire::{BookMode, Parameters};

    #[test]
    fn it_is_whole_and_fits_a_book_per_block_in_words_of_16_bits() {
        let file = universal();
        assert_eq!((file.name.as_str(), file.bank.books().len()), ("universal", 15));
        assert!(file.reproduce().unwrap());
        for format in [Format::Bf16, Format::Fp32] {
            let plain = Parameters::plain(format, SymbolMap::Fields, 16);
            let parameters = Parameters { block_log2: Some(4), book_mode: BookMode::Block, ..plain };
            file.bank.check_fits(&parameters, &parameters.check().unwrap()).unwrap();
        }
    }
}

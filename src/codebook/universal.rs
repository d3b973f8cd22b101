//! The banks that come with the program.

use super::BankFile;
use crate::format::{Format, Layout, SymbolMap};
use std::sync::LazyLock;

macro_rules! texts {
    ($($name:literal),*) => {
        [$(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/banks/", $name, ".json"))),*]
    };
}

/// What the files in `banks/` say.
static TEXTS: [&str; 4] = texts!("universal", "fp16", "e4m3", "e3m2");

static BANKS: LazyLock<Vec<BankFile>> = LazyLock::new(|| {
    // A test reads the same texts; they are part of the program, not input.
    let whole =
        |text: &&str| BankFile::from_json(text.as_bytes()).expect("the banks that come with the program are whole");
    TEXTS.iter().map(whole).collect()
});

/// The universal bank: 15 books for exponents of 8 bits (bf16 and fp32 under map `fields`), re-centred by a tracked bias, the best of
/// them for each block of about 256 elements; book 1 serves alone where nothing chooses. It was made from weights, activations and
/// gradients of several models and from synthetic shapes, and serves tensors of other models as well: docs/universal-bank.md.
/// `banks/build.sh` makes it again, bit for bit.
pub fn universal() -> &'static BankFile {
    &BANKS[0]
}

/// The universal bank and its likes for other formats.
pub fn universal_banks() -> &'static [BankFile] {
    &BANKS
}

/// The one of them for tensors of `format` under `map`: that made for the format, else one for symbols of the same width.
pub fn universal_for(format: Format, map: SymbolMap) -> Option<&'static BankFile> {
    let layout = Layout::new(format, map).ok()?;
    let widths = vec![layout.symbol_bits; layout.symbols as usize];
    let fits = |file: &&BankFile| file.bank.map() == map && file.bank.symbol_bits() == widths;
    let made_for = |file: &&BankFile| file.provenance.as_ref().is_some_and(|p| p.format == format);
    BANKS.iter().filter(fits).find(made_for).or_else(|| BANKS.iter().find(fits))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{BookMode, Parameters};

    #[test]
    fn they_are_whole_and_fit_a_book_per_block_in_words_of_16_bits() {
        assert_eq!(universal().name, "universal");
        for format in Format::ALL {
            let Some(file) = universal_for(format, SymbolMap::Fields) else { continue };
            assert_eq!(file.bank.books().len(), 15, "{format}");
            assert!(file.reproduce().unwrap());
            let plain = Parameters::plain(format, SymbolMap::Fields, 16);
            let parameters = Parameters { block_log2: Some(4), book_mode: BookMode::Block, ..plain };
            file.bank.check_fits(&parameters, &parameters.check().unwrap()).unwrap();
        }
    }

    #[test]
    fn the_bank_follows_from_format_and_map() {
        let name = |format, map| universal_for(format, map).map(|file| file.name.as_str());
        assert_eq!(name(Format::Bf16, SymbolMap::Fields), Some("universal"));
        assert_eq!(name(Format::Fp32, SymbolMap::Fields), Some("universal"));
        assert_eq!(name(Format::Fp16, SymbolMap::Fields), Some("universal-fp16"));
        assert_eq!(name(Format::E5m2, SymbolMap::Fields), Some("universal-fp16"));
        assert_eq!(name(Format::E4m3, SymbolMap::Fields), Some("universal-e4m3"));
        assert_eq!(name(Format::E3m2, SymbolMap::Fields), Some("universal-e3m2"));
        assert_eq!(name(Format::E2m3, SymbolMap::Fields), None);
        assert_eq!(name(Format::Bf16, SymbolMap::Bytes), None);
        assert_eq!(name(Format::Int8, SymbolMap::Fields), None);
    }
}

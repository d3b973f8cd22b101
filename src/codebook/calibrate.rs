//! From the statistics of real tensors to a bank: a group of shards makes a book.

use super::distribution::average;
use super::file::{check_name, BankFile, BankFileError, Provenance, SourceFile, TrackingUsed};
use super::{build_distribution, Bank, BankError, Book, BuildError, BuildOptions};
use crate::format::Layout;
use crate::stats::{Histogram, ShardHistogram};
use crate::wire::MAX_BOOKS;
use thiserror::Error;

/// Shards that share a book. Every shard counts alike, whatever its size: the book is built from the average of the
/// shards' distributions (as in arXiv 2601.10673), see [`average`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Name of the group and its book.
    pub name: String,
    /// Histograms of its shards.
    pub shards: Vec<ShardHistogram>,
}

/// What a bank is made for, and from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calibration {
    /// Name of the bank.
    pub name: String,
    /// Format and map of the shards.
    pub layout: Layout,
    /// How the codes are built.
    pub options: BuildOptions,
    /// How the exponents in the histograms were re-centred, if they were.
    pub tracking: Option<TrackingUsed>,
    /// Where the shards came from. If given at all, its shards have to be those of the groups, in number.
    pub sources: Vec<SourceFile>,
}

/// Why groups of shards make no bank.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CalibrateError {
    /// A shard of another layout.
    #[error("book '{book}', shard {shard}: planes of {found:?} bits, format and map have {expected:?}")]
    Shard {
        /// Name of the group.
        book: String,
        /// Index of the shard in it, from 0.
        shard: usize,
        /// Symbol widths of format and map.
        expected: Vec<u32>,
        /// Symbol widths of the shard.
        found: Vec<u32>,
    },
    /// No code can be built.
    #[error("book '{book}', plane {plane}: {source}")]
    Code {
        /// Name of the group.
        book: String,
        /// Plane.
        plane: usize,
        /// What is wrong.
        source: BuildError,
    },
    /// The sources do not account for the shards.
    #[error("book '{book}' is made from {shards} shards, the sources list {listed} for it")]
    Sources {
        /// Name of the group.
        book: String,
        /// Shards of the group.
        shards: usize,
        /// Shards of the sources.
        listed: u128,
    },
    /// Too few or too many groups.
    #[error(transparent)]
    Bank(#[from] BankError),
    /// Names or provenance that no bank file may have.
    #[error(transparent)]
    File(#[from] BankFileError),
}

/// Makes a bank with a book for each group, the first of them with id 1.
pub fn calibrate(groups: &[Group], calibration: &Calibration) -> Result<BankFile, CalibrateError> {
    if groups.is_empty() || groups.len() > MAX_BOOKS {
        return Err(BankError::Books(groups.len()).into());
    }
    check_name(&calibration.name)?;
    let (layout, options) = (&calibration.layout, &calibration.options);
    let expected = vec![layout.symbol_bits; layout.symbols as usize];
    let mut named = Vec::with_capacity(groups.len());
    for group in groups {
        check_name(&group.name)?;
        for (shard, histograms) in group.shards.iter().enumerate() {
            let found: Vec<u32> = histograms.planes.iter().map(Histogram::symbol_bits).collect();
            if found != expected {
                let (book, expected) = (group.name.clone(), expected.clone());
                return Err(CalibrateError::Shard { book, shard, expected, found });
            }
        }
        let mut planes = Vec::new();
        for plane in 0..expected.len() {
            let at = |source| CalibrateError::Code { book: group.name.clone(), plane, source };
            let shards = group.shards.iter().map(|s| &s.planes[plane]);
            planes.push(average(shards, options.floor).map_err(|e| at(e.into()))?);
        }
        named.push(Named { name: group.name.clone(), planes });
        check_sources(group, &calibration.sources)?;
    }
    bank_of_distributions(named, calibration)
}

/// The distributions behind a book, one for each plane, in parts of 2^32, and the book's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Name of the book.
    pub name: String,
    /// A distribution for each plane.
    pub planes: Vec<Histogram>,
}

/// Makes a bank with a book for each of `named`, the first of them with id 1.
pub fn bank_of_distributions(named: Vec<Named>, calibration: &Calibration) -> Result<BankFile, CalibrateError> {
    let (layout, options) = (&calibration.layout, &calibration.options);
    let (mut books, mut distributions) = (Vec::with_capacity(named.len()), Vec::with_capacity(named.len()));
    for Named { name, planes } in named {
        let codes = planes.iter().enumerate().map(|(plane, distribution)| {
            let at = |source| CalibrateError::Code { book: name.clone(), plane, source };
            build_distribution(distribution, options).map_err(at)
        });
        let codes = codes.collect::<Result<_, _>>()?;
        books.push(Book { name, planes: codes });
        distributions.push(planes);
    }
    let file = BankFile {
        name: calibration.name.clone(),
        bank: Bank::new(layout.map, books)?,
        provenance: Some(Provenance {
            tool: concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION")).into(),
            format: layout.format,
            options: *options,
            tracking: calibration.tracking,
            sources: calibration.sources.clone(),
            distributions,
        }),
    };
    file.check()?;
    Ok(file)
}

fn check_sources(group: &Group, sources: &[SourceFile]) -> Result<(), CalibrateError> {
    let tensors = sources.iter().flat_map(|s| &s.tensors).filter(|t| t.book.as_ref() == Some(&group.name));
    let listed: u128 = tensors.map(|t| u128::from(t.units)).sum();
    if !sources.is_empty() && listed != group.shards.len() as u128 {
        return Err(CalibrateError::Sources { book: group.name.clone(), shards: group.shards.len(), listed });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codebook::{build_average, Escape, SourceTensor};
    use crate::format::{Format, SymbolMap};
    use crate::stats::{count, count_recoded};

    fn calibration(format: Format, map: SymbolMap) -> Calibration {
        Calibration {
            name: "test".into(),
            layout: Layout::new(format, map).unwrap(),
            options: BuildOptions { escaped_limit: Some(20), ..BuildOptions::default() },
            tracking: None,
            sources: vec![],
        }
    }

    /// `n` bf16 elements whose exponents step down from `top`.
    fn shard(layout: &Layout, top: u16, n: u16) -> ShardHistogram {
        let elements = (0..n).map(|i| ((top - (i % 64).trailing_zeros() as u16) << 7) | (i % 128));
        count(layout, &elements.flat_map(u16::to_le_bytes).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn a_group_makes_a_book_from_the_average() {
        for map in SymbolMap::ALL {
            let c = calibration(Format::Bf16, map);
            let group = |name: &str, top| Group {
                name: name.into(),
                shards: vec![shard(&c.layout, top, 1000), shard(&c.layout, top + 3, 40)],
            };
            let groups = [group("low", 100), group("high", 120)];
            let file = calibrate(&groups, &c).unwrap();
            assert_eq!((file.bank.map(), file.bank.books().len()), (map, 2));
            for (g, book) in groups.iter().zip(file.bank.books()) {
                assert_eq!(g.name, book.name);
                for (p, code) in book.planes.iter().enumerate() {
                    let planes = g.shards.iter().map(|s| &s.planes[p]);
                    assert_eq!(*code, build_average(planes, &c.options).unwrap());
                }
            }
            assert!(file.reproduce().unwrap());
            let text = file.to_json().unwrap();
            assert_eq!(BankFile::from_json(text.as_bytes()).unwrap(), file);
        }
    }

    #[test]
    fn the_order_of_the_shards_does_not_matter() {
        let c = calibration(Format::Bf16, SymbolMap::Fields);
        let mut shards: Vec<_> = (0..5).map(|i| shard(&c.layout, 100 + 3 * i, 100 + 77 * i)).collect();
        let forward = calibrate(&[Group { name: "a".into(), shards: shards.clone() }], &c).unwrap();
        shards.reverse();
        let backward = calibrate(&[Group { name: "a".into(), shards }], &c).unwrap();
        assert_eq!(forward.to_json().unwrap(), backward.to_json().unwrap());
    }

    #[test]
    fn recentred_symbols_plug_in() {
        let mut c = calibration(Format::Bf16, SymbolMap::Fields);
        c.tracking = Some(TrackingUsed { block_elements: 64, delay: 1, window: 2, initial_bias: None });
        let bytes: Vec<u8> = (0..100u16).flat_map(|i| ((110 + i % 3) << 7).to_le_bytes()).collect();
        let shards = vec![count_recoded(&c.layout, &bytes, |e| e.wrapping_sub(110)).unwrap()];
        let file = calibrate(&[Group { name: "a".into(), shards }], &c).unwrap();
        let lengths = file.bank.books()[0].planes[0].lengths();
        // Thirds: 1, 2, 3 bits and 2, 2, 2 are as good, and all other codewords are long.
        assert!(lengths.iter().enumerate().all(|(s, &l)| (s < 3) == (1..=3).contains(&l)), "{lengths:?}");
        assert_eq!(file.provenance.unwrap().tracking, c.tracking);
    }

    #[test]
    fn what_makes_no_bank_is_refused() {
        let c = calibration(Format::Bf16, SymbolMap::Fields);
        let good = Group { name: "a".into(), shards: vec![shard(&c.layout, 100, 10)] };
        let one = std::slice::from_ref(&good);
        let message = |groups: &[Group], c: &Calibration| calibrate(groups, c).unwrap_err().to_string();
        assert_eq!(message(&[], &c), "0 books: a bank has 1 to 15");
        assert_eq!(message(&vec![good.clone(); 16], &c), "16 books: a bank has 1 to 15");
        assert_eq!(message(&[good.clone(), good.clone()], &c), "two books are named 'a'");
        let named = |name: &str| Group { name: name.into(), ..good.clone() };
        assert!(message(&[named("a/b")], &c).starts_with("name \"a/b\": must be 1 to 64 letters"));
        assert!(message(one, &Calibration { name: "".into(), ..c.clone() }).starts_with("name \"\""));
        let none = Group { name: "b".into(), shards: vec![] };
        assert!(message(&[good.clone(), none], &c).starts_with("book 'b', plane 0: no shards"));
        let empty = Group { name: "b".into(), shards: vec![ShardHistogram::new(&c.layout).unwrap()] };
        assert_eq!(message(&[empty], &c), "book 'b', plane 0: shard 0 has no symbols");
        let other = calibration(Format::Bf16, SymbolMap::Planes);
        assert_eq!(message(one, &other), "book 'a', shard 0: planes of [8] bits, format and map have [8, 8]");
        let options = BuildOptions { escape: Escape::Direct(256), ..c.options };
        let e = message(one, &Calibration { options, ..c.clone() });
        assert_eq!(
            e,
            "book 'a', plane 0: 256 direct symbols beside an escape: must be 1 to 255 with symbols of 8 bits"
        );
        let source = |shards, book: &str| SourceFile {
            file: "t.safetensors".into(),
            sha256: "0".repeat(64),
            tensors: vec![SourceTensor { tensor: "w".into(), book: Some(book.into()), group: None, units: shards }],
        };
        let e = message(one, &Calibration { sources: vec![source(2, "a")], ..c.clone() });
        assert_eq!(e, "book 'a' is made from 1 shards, the sources list 2 for it");
        let sources = vec![source(1, "a"), source(1, "z")];
        let e = message(one, &Calibration { sources, ..c.clone() });
        assert_eq!(e, "provenance: tensor 'w' went into a book 'z' that there is not");
        assert!(calibrate(one, &Calibration { sources: vec![source(1, "a")], ..c }).is_ok());
    }
}

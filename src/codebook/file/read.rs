//! From JSON to a bank.

use super::{BankFile, BankFileError, Provenance, SourceFile, SourceTensor, TrackingUsed, BANK_FILE_VERSION};
use crate::codebook::{Bank, BankError, Book, BuildOptions, PlaneCode};
use crate::stats::Histogram;
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;
use std::marker::PhantomData;

/// A `T` written as an object. (Derived `Deserialize` also takes an array of the values without their keys.)
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OnlyMaps<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for OnlyMaps<T> {
            type Value = Object<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }
        deserializer.deserialize_map(OnlyMaps(PhantomData))
    }
}

/// What every version has.
#[derive(Deserialize)]
struct VersionOnly {
    huffwire_bank: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileJson {
    #[serde(rename = "huffwire_bank")]
    _version: u64,
    name: String,
    map: String,
    symbol_bits: Vec<u32>,
    fingerprint: String,
    sha256: String,
    books: Vec<Object<BookJson>>,
    // With a function of its own, a missing key is not taken for null.
    #[serde(deserialize_with = "Option::deserialize")]
    provenance: Option<Object<ProvenanceJson>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BookJson {
    name: String,
    planes: Vec<Object<PlaneJson>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlaneJson {
    escape_length: u8,
    lengths: Vec<u8>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProvenanceJson {
    tool: String,
    format: String,
    limit: u8,
    #[serde(deserialize_with = "Option::deserialize")]
    escaped_limit: Option<u8>,
    escape: String,
    floor: String,
    #[serde(deserialize_with = "Option::deserialize")]
    decidable: Option<u8>,
    #[serde(deserialize_with = "Option::deserialize")]
    tracking: Option<Object<TrackingUsed>>,
    sources: Vec<Object<SourceJson>>,
    distributions: Vec<Vec<Vec<u64>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceJson {
    file: String,
    sha256: String,
    tensors: Vec<Object<SourceTensor>>,
}

fn contents(error: serde_json::Error) -> BankFileError {
    BankFileError::Contents(error.to_string())
}

/// Reads a file's text; [`BankFile::check`] is left to the caller.
pub(super) fn parse(text: &[u8]) -> Result<BankFile, BankFileError> {
    let text = std::str::from_utf8(text).map_err(|e| BankFileError::NotJson(e.to_string()))?;
    // Any JSON at all? Then the version, so that a file of a later one is not blamed for its keys.
    serde_json::from_str::<serde::de::IgnoredAny>(text).map_err(|e| BankFileError::NotJson(e.to_string()))?;
    let version = serde_json::from_str::<Object<VersionOnly>>(text).map_err(|e| {
        match e.to_string().starts_with("duplicate field") {
            true => contents(e),
            false => BankFileError::NotABank,
        }
    })?;
    if version.0.huffwire_bank != BANK_FILE_VERSION {
        return Err(BankFileError::Version(version.0.huffwire_bank));
    }
    let Object(file) = serde_json::from_str::<Object<FileJson>>(text).map_err(contents)?;

    let map = file.map.parse()?;
    // Before anything is made of the books: how many there are.
    if file.books.len() > crate::wire::MAX_BOOKS {
        return Err(BankError::Books(file.books.len()).into());
    }
    let mut books = Vec::with_capacity(file.books.len());
    for (index, Object(book)) in file.books.into_iter().enumerate() {
        books.push(read_book(index + 1, book, &file.symbol_bits)?);
    }
    let bank = Bank::new(map, books)?;

    let actual = fingerprint(&bank);
    if file.fingerprint != actual {
        return Err(BankFileError::Fingerprint { stated: file.fingerprint, actual });
    }
    let actual = digest(&bank);
    if file.sha256 != actual {
        return Err(BankFileError::Digest { stated: file.sha256, actual });
    }
    let provenance = file.provenance.map(|Object(p)| read_provenance(p, &file.symbol_bits)).transpose()?;
    Ok(BankFile { name: file.name, bank, provenance })
}

fn read_book(id: usize, book: BookJson, symbol_bits: &[u32]) -> Result<Book, BankFileError> {
    let BookJson { name, planes } = book;
    let (found, expected) = (planes.len(), symbol_bits.len());
    if found != expected {
        return Err(BankFileError::Planes { book: id, name, expected, found });
    }
    let codes = planes.into_iter().zip(symbol_bits).enumerate().map(|(plane, (Object(p), &x))| {
        PlaneCode::new(x, p.lengths, p.escape_length).map_err(|source| BankError::Code {
            book: id,
            name: name.clone(),
            plane,
            source,
        })
    });
    let planes = codes.collect::<Result<_, _>>()?;
    Ok(Book { name, planes })
}

fn read_provenance(p: ProvenanceJson, symbol_bits: &[u32]) -> Result<Provenance, BankFileError> {
    let floor = p.floor.parse().map_err(|e| BankFileError::Options(crate::codebook::BuildError::Distribution(e)))?;
    let options = BuildOptions {
        limit: p.limit,
        escaped_limit: p.escaped_limit,
        escape: p.escape.parse()?,
        floor,
        decidable: p.decidable,
    };
    let sources = p.sources.into_iter().map(|Object(s)| SourceFile {
        file: s.file,
        sha256: s.sha256,
        tensors: s.tensors.into_iter().map(|Object(t)| t).collect(),
    });
    let mut distributions = Vec::with_capacity(p.distributions.len());
    for (book, planes) in p.distributions.into_iter().enumerate() {
        let read = |(plane, counts): (usize, Vec<u64>)| {
            // A plane too many is reported by the check of the shape.
            let width = symbol_bits.get(plane).or(symbol_bits.last()).copied().unwrap_or(0);
            Histogram::from_counts(width, counts).map_err(|e| {
                BankFileError::Provenance(format!("distribution of book {}, plane {plane}: {e}", book + 1))
            })
        };
        distributions.push(planes.into_iter().enumerate().map(read).collect::<Result<_, _>>()?);
    }
    Ok(Provenance {
        tool: p.tool,
        format: p.format.parse()?,
        options,
        tracking: p.tracking.map(|Object(t)| t),
        sources: sources.collect(),
        distributions,
    })
}

/// The fingerprint as 8 hexadecimal digits.
pub(super) fn fingerprint(bank: &Bank) -> String {
    format!("{:08x}", bank.fingerprint())
}

/// The digest as 64 hexadecimal digits.
pub(super) fn digest(bank: &Bank) -> String {
    bank.digest().iter().map(|b| format!("{b:02x}")).collect()
}

//! The header of a `.safetensors` file: 8 bytes of length (little-endian), then that many bytes of JSON, then the data.
//!
//! The header is read here and not by the `safetensors` crate because each defect has to be told apart and named, names
//! that come twice have to be seen, and the order in the file has to be kept. The tests compare with that crate.

use super::dtype::StoredType;
use super::file::{stored_bytes, TensorInfo};
use super::TensorError;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::{BTreeMap, HashSet};
use std::fmt;
use thiserror::Error;

/// Bytes of the length field.
const LENGTH_BYTES: usize = 8;
/// Longest header that is read, the limit of the format's reference library.
const MAX_HEADER: u64 = 100_000_000;
/// The one key that names no tensor.
const METADATA: &str = "__metadata__";

/// A file that is no correct `.safetensors`.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SafetensorsError {
    /// Not even a length.
    #[error("{0} bytes: too short for the header's length of {LENGTH_BYTES} bytes")]
    TooShort(usize),
    /// Header longer than any real one.
    #[error("header of {0} bytes: the limit is {MAX_HEADER}")]
    HeaderTooLong(u64),
    /// Header past the end of the file.
    #[error("header of {declared} bytes: only {available} bytes follow its length")]
    HeaderTruncated {
        /// Length declared.
        declared: u64,
        /// Bytes there.
        available: usize,
    },
    /// Header with bytes that are no text.
    #[error("header is not UTF-8 from byte {0} on")]
    Utf8(usize),
    /// Header that is no JSON, or not of the shape prescribed.
    #[error("header is not a valid JSON table of tensors: {0}")]
    Json(serde_json::Error),
    /// A name that comes twice.
    #[error("the name '{0}' comes twice in the header")]
    DuplicateName(String),
    /// A dtype that the format does not define.
    #[error("tensor '{name}': unknown dtype '{dtype}'")]
    UnknownDtype {
        /// Tensor.
        name: String,
        /// dtype found.
        dtype: String,
    },
    /// Elements that fill no whole number of bytes.
    #[error("tensor '{name}': shape {shape:?} of {dtype} fills no whole number of bytes")]
    PartialByte {
        /// Tensor.
        name: String,
        /// Shape.
        shape: Vec<u64>,
        /// dtype.
        dtype: String,
    },
    /// Offsets the wrong way round.
    #[error("tensor '{name}': data_offsets [{begin}, {end}] run backwards")]
    OffsetOrder {
        /// Tensor.
        name: String,
        /// First byte.
        begin: u64,
        /// One past the last.
        end: u64,
    },
    /// Data past the end of the file.
    #[error("tensor '{name}': data ends at {end}, the file has {available} bytes of data")]
    OutOfBounds {
        /// Tensor.
        name: String,
        /// End declared.
        end: u64,
        /// Bytes of data in the file.
        available: usize,
    },
    /// Size and shape contradict each other.
    #[error("tensor '{name}': data_offsets span {found} bytes, shape {shape:?} of {dtype} needs {expected}")]
    Size {
        /// Tensor.
        name: String,
        /// Shape.
        shape: Vec<u64>,
        /// dtype.
        dtype: String,
        /// Bytes needed.
        expected: u64,
        /// Bytes declared.
        found: u64,
    },
    /// Two tensors share bytes.
    #[error("tensor '{name}' begins at {begin}, inside the tensor before it, which ends at {previous_end}")]
    Overlap {
        /// Tensor.
        name: String,
        /// First byte.
        begin: usize,
        /// Where the one before it ends.
        previous_end: usize,
    },
    /// Bytes that belong to no tensor.
    #[error("bytes {from} to {to} of the data belong to no tensor")]
    Gap {
        /// First byte.
        from: usize,
        /// One past the last.
        to: usize,
    },
}

#[derive(Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<u64>,
    data_offsets: [u64; 2],
}

/// The JSON object as a list: a map would hide names that come twice.
struct Table(Vec<(String, Option<Entry>)>);

impl<'de> Deserialize<'de> for Table {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TableVisitor;
        impl<'de> Visitor<'de> for TableVisitor {
            type Value = Table;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of tensors by name")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Table, A::Error> {
                let mut entries = Vec::new();
                while let Some(name) = map.next_key::<String>()? {
                    let entry = if name == METADATA {
                        map.next_value::<BTreeMap<String, String>>()?;
                        None
                    } else {
                        Some(map.next_value()?)
                    };
                    entries.push((name, entry));
                }
                Ok(Table(entries))
            }
        }
        deserializer.deserialize_map(TableVisitor)
    }
}

/// The tensors of a `.safetensors` file, in the order of their data, ranges counted from the start of the file.
pub(super) fn parse(file: &[u8]) -> Result<Vec<TensorInfo>, TensorError> {
    let Some((length, rest)) = file.split_first_chunk::<LENGTH_BYTES>() else {
        return Err(SafetensorsError::TooShort(file.len()).into());
    };
    let declared = u64::from_le_bytes(*length);
    if declared > MAX_HEADER {
        return Err(SafetensorsError::HeaderTooLong(declared).into());
    }
    let Some((header, data)) = rest.split_at_checked(declared as usize) else {
        return Err(SafetensorsError::HeaderTruncated { declared, available: rest.len() }.into());
    };
    let text = std::str::from_utf8(header).map_err(|e| SafetensorsError::Utf8(e.valid_up_to()))?;
    let Table(entries) = serde_json::from_str(text).map_err(SafetensorsError::Json)?;
    let mut names = HashSet::with_capacity(entries.len());
    if let Some((name, _)) = entries.iter().find(|(name, _)| !names.insert(name.as_str())) {
        return Err(SafetensorsError::DuplicateName(name.clone()).into());
    }
    drop(names);

    let data_start = LENGTH_BYTES + header.len();
    let tensors = entries.into_iter().filter_map(|(name, entry)| Some((name, entry?)));
    let mut tensors =
        tensors.map(|(name, entry)| check(name, entry, data.len(), data_start)).collect::<Result<Vec<_>, _>>()?;
    tensors.sort_by_key(|t| (t.range.start, t.range.end));

    let mut covered = data_start;
    for t in &tensors {
        if t.range.start < covered {
            return Err(SafetensorsError::Overlap {
                name: t.name.clone(),
                begin: t.range.start - data_start,
                previous_end: covered - data_start,
            }
            .into());
        }
        if t.range.start > covered {
            return Err(SafetensorsError::Gap { from: covered - data_start, to: t.range.start - data_start }.into());
        }
        covered = t.range.end;
    }
    if covered < file.len() {
        return Err(SafetensorsError::Gap { from: covered - data_start, to: data.len() }.into());
    }
    Ok(tensors)
}

/// Checks one tensor by itself.
fn check(name: String, entry: Entry, available: usize, data_start: usize) -> Result<TensorInfo, TensorError> {
    let Entry { dtype, shape, data_offsets: [begin, end] } = entry;
    let Some(stored) = StoredType::safetensors(&dtype) else {
        return Err(SafetensorsError::UnknownDtype { name, dtype }.into());
    };
    if begin > end {
        return Err(SafetensorsError::OffsetOrder { name, begin, end }.into());
    }
    let Some(expected) = stored_bytes(&name, &shape, stored.bits)? else {
        return Err(SafetensorsError::PartialByte { name, shape, dtype }.into());
    };
    if expected != end - begin {
        return Err(SafetensorsError::Size { name, shape, dtype, expected, found: end - begin }.into());
    }
    if end > available as u64 {
        return Err(SafetensorsError::OutOfBounds { name, end, available }.into());
    }
    let range = data_start + begin as usize..data_start + end as usize;
    Ok(TensorInfo { name, dtype, stored_bits: stored.bits, format: stored.format, shape, range, unpacked: false })
}

#[cfg(test)]
mod tests {
    use super::super::{FileKind, OpenOptions, TensorFile};
    use proptest::prelude::*;

    fn file(header: &str, data: &[u8]) -> Vec<u8> {
        [&(header.len() as u64).to_le_bytes(), header.as_bytes(), data].concat()
    }

    fn open(bytes: Vec<u8>) -> Result<TensorFile, super::TensorError> {
        TensorFile::from_bytes(bytes, FileKind::Safetensors, &OpenOptions::default())
    }

    fn refused(bytes: Vec<u8>, message: &str) {
        let e = open(bytes).map(|f| f.tensors().to_vec()).unwrap_err().to_string();
        assert!(e.contains(message), "got '{e}', expected '{message}'");
    }

    const TWO: &str = r#"{"__metadata__":{"k":"v"},"b":{"dtype":"U8","shape":[3],"data_offsets":[4,7]},
        "a":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}"#;

    #[test]
    fn tensors_come_in_the_order_of_their_data() {
        let f = open(file(TWO, &[1, 2, 3, 4, 5, 6, 7])).unwrap();
        let names: Vec<_> = f.tensors().iter().map(|t| t.name.as_str()).collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(f.bytes(&f.tensors()[0]).unwrap().as_ref(), [1, 2, 3, 4]);
        assert_eq!(f.bytes(&f.tensors()[1]).unwrap().as_ref(), [5, 6, 7]);
    }

    #[test]
    fn each_defect_has_its_message() {
        let one = |dtype: &str, shape: &str, offsets: &str| {
            format!(r#"{{"a":{{"dtype":"{dtype}","shape":{shape},"data_offsets":{offsets}}}}}"#)
        };
        let two = |a: &str, b: &str| {
            format!(
                r#"{{"a":{{"dtype":"U8","shape":[2],"data_offsets":{a}}},"b":{{"dtype":"U8","shape":[2],"data_offsets":{b}}}}}"#
            )
        };
        refused(vec![], "the file is empty");
        refused(vec![1, 2, 3], "3 bytes: too short");
        refused(u64::MAX.to_le_bytes().to_vec(), "header of 18446744073709551615 bytes: the limit is 100000000");
        refused([&9u64.to_le_bytes()[..], b"{}"].concat(), "header of 9 bytes: only 2 bytes follow");
        refused([&3u64.to_le_bytes()[..], b"{\xff}"].concat(), "not UTF-8 from byte 1");
        refused(file("{", &[]), "not a valid JSON table");
        refused(file("[]", &[]), "an object of tensors by name");
        refused(file(&"[".repeat(100_000), &[]), "not a valid JSON table");
        refused(file(r#"{"a":{"dtype":"U8","shape":[1]}}"#, &[0]), "missing field `data_offsets`");
        refused(file(&one("U8", "[-1]", "[0,1]"), &[0]), "not a valid JSON table");
        refused(file(r#"{"__metadata__":{"k":1}}"#, &[]), "not a valid JSON table");
        let a = r#""a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}"#;
        refused(file(&format!("{{{a},{a}}}"), &[0]), "the name 'a' comes twice");
        refused(file(&one("U7", "[1]", "[0,1]"), &[0]), "tensor 'a': unknown dtype 'U7'");
        refused(file(&one("F4", "[3]", "[0,2]"), &[0, 0]), "shape [3] of F4 fills no whole number of bytes");
        refused(file(&one("U8", "[1]", "[1,0]"), &[0]), "data_offsets [1, 0] run backwards");
        refused(file(&one("U8", "[9]", "[0,9]"), &[0]), "data ends at 9, the file has 1 bytes of data");
        refused(file(&one("BF16", "[2,3]", "[0,8]"), &[0; 8]), "span 8 bytes, shape [2, 3] of BF16 needs 12");
        refused(file(&one("F32", "[4294967296,4294967296]", "[0,8]"), &[0; 8]), "overflows");
        refused(file(&one("F32", "[4611686018427387904]", "[0,8]"), &[0; 8]), "overflows");
        refused(file(&two("[0,2]", "[1,3]"), &[0; 3]), "tensor 'b' begins at 1, inside");
        refused(file(&two("[0,2]", "[3,5]"), &[0; 5]), "bytes 2 to 3 of the data belong to no tensor");
        refused(file(&one("U8", "[2]", "[0,2]"), &[0; 5]), "bytes 2 to 5 of the data belong to no tensor");
        refused(file("{}", &[0]), "bytes 0 to 1 of the data belong to no tensor");
    }

    #[test]
    fn empty_tensors_and_scalars_are_valid() {
        let h = r#"{"none":{"dtype":"F32","shape":[0,9223372036854775807,4],"data_offsets":[0,0]},
            "scalar":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}"#;
        let f = open(file(h, &[1, 2, 3, 4])).unwrap();
        assert_eq!(f.tensors()[0].values(), 0);
        assert_eq!(f.shards(&f.tensors()[0], 1, None).unwrap().count(), 0);
        assert_eq!(f.tensors()[1].values(), 1);
        assert_eq!(f.bytes(&f.tensors()[1]).unwrap().as_ref(), [1, 2, 3, 4]);
        assert_eq!(open(file("{}", &[])).unwrap().tensors().len(), 0);
    }

    #[test]
    fn reads_what_the_reference_library_writes() {
        use ::safetensors::{tensor::TensorView, Dtype};
        // Signalling NaN with a payload, negative zero.
        let data: Vec<u8> = [0x7fa1u16, 0x8000, 0x3f80, 0xffff].iter().flat_map(|v| v.to_le_bytes()).collect();
        let views = [("x", TensorView::new(Dtype::BF16, vec![2, 2], &data).unwrap())];
        let bytes = ::safetensors::serialize(views, None).unwrap();
        let f = open(bytes).unwrap();
        let t = &f.tensors()[0];
        assert_eq!((t.name.as_str(), t.dtype.as_str(), t.shape.as_slice()), ("x", "BF16", &[2, 2][..]));
        assert_eq!(f.bytes(t).unwrap().as_ref(), data);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        #[test]
        fn a_mutated_file_never_panics(edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
                                       cut in any::<prop::sample::Index>(), truncate in any::<bool>()) {
            let mut bytes = file(TWO, &[0; 7]);
            for (at, value) in edits {
                let at = at.index(bytes.len());
                bytes[at] = value;
            }
            if truncate {
                bytes.truncate(cut.index(bytes.len()));
            }
            // Whatever we accept, the reference library accepts too, with the same ranges.
            if let Ok(f) = open(bytes.clone()) {
                let theirs = ::safetensors::SafeTensors::deserialize(&bytes).unwrap();
                prop_assert_eq!(theirs.len(), f.tensors().len());
                for t in f.tensors() {
                    prop_assert_eq!(theirs.tensor(&t.name).unwrap().data(), f.stored(t));
                    let _ = f.bytes(&t.or_raw()).unwrap();
                }
            }
        }
    }
}

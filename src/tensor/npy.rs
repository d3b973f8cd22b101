//! The header of a `.npy` file: magic, version, length, then a Python dictionary of three entries, as text.
//!
//! Only what that dictionary may hold is read, by a scanner without recursion: a general reader of Python literals would
//! give a hostile header the stack to nest in.

use super::dtype::StoredType;
use super::file::{stored_bytes, TensorInfo};
use super::TensorError;
use thiserror::Error;

const MAGIC: &[u8; 6] = b"\x93NUMPY";
/// Longest header that is read; real ones have 128 bytes.
const MAX_HEADER: u64 = 1 << 20;

/// A file that is no `.npy`, or one that is not supported.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NpyError {
    /// Other first bytes.
    #[error("magic {0:02x?}: expected 93 'NUMPY'")]
    Magic(Vec<u8>),
    /// Version of the file format.
    #[error("format version {0}.{1}: supported are 1.0, 2.0 and 3.0")]
    Version(u8, u8),
    /// Header longer than any real one.
    #[error("header of {0} bytes: the limit is {MAX_HEADER}")]
    HeaderTooLong(u64),
    /// The file ends within the header.
    #[error("the file ends within its header: {available} bytes, {needed} needed")]
    HeaderTruncated {
        /// Bytes there.
        available: usize,
        /// Bytes needed.
        needed: u64,
    },
    /// Not the dictionary prescribed.
    #[error("header, byte {at}: expected {expected}")]
    Header {
        /// Position in the header's text.
        at: usize,
        /// What should stand there.
        expected: &'static str,
    },
    /// An entry that is not there.
    #[error("header: no '{0}'")]
    Missing(&'static str),
    /// An entry that is there twice.
    #[error("header: '{0}' comes twice")]
    Duplicate(String),
    /// Pointers to Python objects.
    #[error("dtype '{0}' holds Python objects, not numbers")]
    Object(String),
    /// Most significant byte first.
    #[error("dtype '{0}' is big-endian: only little-endian data is supported")]
    BigEndian(String),
    /// A dtype that is no number.
    #[error(
        "dtype '{0}' is not supported: expected a plain number such as '<f2', '<f4', '|u1', '|i1', '<u2' or '|V2'"
    )]
    Dtype(String),
    /// A dtype of several fields.
    #[error("structured dtypes are not supported")]
    Structured,
    /// First index fastest.
    #[error("the array is in Fortran order: only C order is supported")]
    FortranOrder,
    /// More or less data than the shape says.
    #[error("{found} bytes of data, shape {shape:?} of '{dtype}' needs {expected}")]
    Size {
        /// Shape.
        shape: Vec<u64>,
        /// dtype.
        dtype: String,
        /// Bytes needed.
        expected: u64,
        /// Bytes there.
        found: usize,
    },
}

/// The one tensor of a `.npy` file, called `name`.
pub(super) fn parse(file: &[u8], name: &str) -> Result<TensorInfo, TensorError> {
    let truncated = |needed: u64| NpyError::HeaderTruncated { available: file.len(), needed };
    let magic = &file[..file.len().min(MAGIC.len())];
    if magic != MAGIC {
        return Err(NpyError::Magic(magic.to_vec()).into());
    }
    let &[major, minor] = file.get(6..8).and_then(|v| v.first_chunk()).ok_or(truncated(8))?;
    let (header_start, length) = match (major, minor) {
        (1, 0) => (10, file.get(8..10).map(|v| u64::from(v[0]) | u64::from(v[1]) << 8)),
        (2 | 3, 0) => (12, file.get(8..12).and_then(|v| v.first_chunk()).map(|&v| u64::from(u32::from_le_bytes(v)))),
        _ => return Err(NpyError::Version(major, minor).into()),
    };
    let length = length.ok_or(truncated(header_start))?;
    if length > MAX_HEADER {
        return Err(NpyError::HeaderTooLong(length).into());
    }
    let data_start = header_start + length;
    let header = file.get(header_start as usize..data_start as usize).ok_or(truncated(data_start))?;
    let Header { descr, fortran_order, shape } = Scanner { text: header, at: 0 }.dictionary()?;
    if fortran_order {
        return Err(NpyError::FortranOrder.into());
    }
    let stored = stored_type(&descr)?;
    let range = data_start as usize..file.len();
    // Whole bytes always: numpy counts in bytes.
    let expected = stored_bytes(name, &shape, stored.bits)?.unwrap_or(u64::MAX);
    if expected != range.len() as u64 {
        return Err(NpyError::Size { shape, dtype: descr, expected, found: range.len() }.into());
    }
    let (stored_bits, format) = (stored.bits, stored.format);
    Ok(TensorInfo { name: name.into(), dtype: descr, stored_bits, format, shape, range, unpacked: false })
}

/// The meaning of a type string such as `<f4`.
fn stored_type(descr: &str) -> Result<StoredType, NpyError> {
    let unsupported = || NpyError::Dtype(descr.into());
    let &[order, kind, ref digits @ ..] = descr.as_bytes() else { return Err(unsupported()) };
    if kind == b'O' {
        return Err(NpyError::Object(descr.into()));
    }
    let digits = std::str::from_utf8(digits).map_err(|_| unsupported())?;
    let bytes = digits.parse::<u32>().map_err(|_| unsupported())?;
    match order {
        b'<' | b'|' => {}
        b'>' if bytes <= 1 => {}
        b'>' => return Err(NpyError::BigEndian(descr.into())),
        _ => return Err(unsupported()),
    }
    StoredType::npy(kind, bytes).ok_or_else(unsupported)
}

struct Header {
    descr: String,
    fortran_order: bool,
    shape: Vec<u64>,
}

struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
}

impl Scanner<'_> {
    fn expected<T>(&self, expected: &'static str) -> Result<T, NpyError> {
        Err(NpyError::Header { at: self.at, expected })
    }

    /// The next byte that is no blank.
    fn peek(&mut self) -> Option<u8> {
        let blanks = self.text[self.at..].iter().take_while(|b| b.is_ascii_whitespace()).count();
        self.at += blanks;
        self.text.get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn require(&mut self, byte: u8, expected: &'static str) -> Result<(), NpyError> {
        if self.take(byte) {
            Ok(())
        } else {
            self.expected(expected)
        }
    }

    fn string(&mut self) -> Result<String, NpyError> {
        let Some(quote @ (b'\'' | b'"')) = self.peek() else { return self.expected("a string") };
        let rest = &self.text[self.at + 1..];
        let Some(end) = rest.iter().position(|&b| b == quote) else {
            return self.expected("a string that ends");
        };
        let Ok(s) = std::str::from_utf8(&rest[..end]) else { return self.expected("a string of text") };
        self.at += end + 2;
        Ok(s.into())
    }

    fn boolean(&mut self) -> Result<bool, NpyError> {
        self.peek();
        for (word, value) in [("True", true), ("False", false)] {
            if self.text[self.at..].starts_with(word.as_bytes()) {
                self.at += word.len();
                return Ok(value);
            }
        }
        self.expected("True or False")
    }

    fn shape(&mut self) -> Result<Vec<u64>, NpyError> {
        self.require(b'(', "a tuple of dimensions")?;
        let mut shape = Vec::new();
        while !self.take(b')') {
            self.peek();
            let digits = self.text[self.at..].iter().take_while(|b| b.is_ascii_digit()).count();
            let text = std::str::from_utf8(&self.text[self.at..self.at + digits]).unwrap_or("");
            let Ok(dimension) = text.parse() else { return self.expected("a dimension below 2^64") };
            shape.push(dimension);
            self.at += digits;
            // Python 2 wrote long integers so.
            self.take(b'L');
            if !self.take(b',') && self.peek() != Some(b')') {
                return self.expected("',' or ')'");
            }
        }
        Ok(shape)
    }

    fn dictionary(mut self) -> Result<Header, NpyError> {
        let (mut descr, mut fortran_order, mut shape) = (None, None, None);
        self.require(b'{', "'{'")?;
        while !self.take(b'}') {
            let at = self.at;
            let key = self.string()?;
            self.require(b':', "':'")?;
            let again = match key.as_str() {
                "descr" if self.peek() == Some(b'[') => return Err(NpyError::Structured),
                "descr" => descr.replace(self.string()?).is_some(),
                "fortran_order" => fortran_order.replace(self.boolean()?).is_some(),
                "shape" => shape.replace(self.shape()?).is_some(),
                _ => return Err(NpyError::Header { at, expected: "'descr', 'fortran_order' or 'shape'" }),
            };
            if again {
                return Err(NpyError::Duplicate(key));
            }
            if !self.take(b',') && self.peek() != Some(b'}') {
                return self.expected("',' or '}'");
            }
        }
        if self.peek().is_some() {
            return self.expected("nothing behind '}'");
        }
        Ok(Header {
            descr: descr.ok_or(NpyError::Missing("descr"))?,
            fortran_order: fortran_order.ok_or(NpyError::Missing("fortran_order"))?,
            shape: shape.ok_or(NpyError::Missing("shape"))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{FileKind, OpenOptions, TensorFile};
    use super::*;
    use crate::format::Format;
    use npyz::WriterBuilder;
    use proptest::prelude::*;

    fn file(header: &str, data: &[u8]) -> Vec<u8> {
        [MAGIC.as_slice(), &[1, 0], &(header.len() as u16).to_le_bytes(), header.as_bytes(), data].concat()
    }

    fn dictionary(descr: &str, order: &str, shape: &str) -> String {
        format!("{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}          \n")
    }

    fn open(bytes: Vec<u8>, format: Option<Format>) -> Result<TensorFile, TensorError> {
        TensorFile::from_bytes(bytes, FileKind::Npy, &OpenOptions { format, ..OpenOptions::default() })
    }

    fn refused(bytes: Vec<u8>, message: &str) {
        let e = open(bytes, None).map(|f| f.tensors().to_vec()).unwrap_err().to_string();
        assert!(e.contains(message), "got '{e}', expected '{message}'");
    }

    #[test]
    fn reads_what_the_npyz_library_writes() {
        let values = [1.5f32, -0.0, f32::from_bits(0x7fa0_0001), f32::INFINITY, 2.0, 3.0];
        let mut bytes = Vec::new();
        let mut writer =
            npyz::WriteOptions::new().default_dtype().shape(&[2, 3]).writer(&mut bytes).begin_nd().unwrap();
        writer.extend(values).unwrap();
        writer.finish().unwrap();
        let f = open(bytes, None).unwrap();
        let t = &f.tensors()[0];
        assert_eq!((t.format, t.shape.as_slice()), (Some(Format::Fp32), &[2, 3][..]));
        let expected: Vec<u8> = values.iter().flat_map(|v| v.to_bits().to_le_bytes()).collect();
        assert_eq!(f.bytes(t).unwrap().as_ref(), expected);
    }

    #[test]
    fn dtypes_and_shapes() {
        let of = |descr: &str, shape: &str, n: usize, format| {
            let f = open(file(&dictionary(descr, "False", shape), &vec![0; n]), format).unwrap();
            (f.tensors()[0].format, f.tensors()[0].shape.clone())
        };
        assert_eq!(of("'<f2'", "(3,)", 6, None), (Some(Format::Fp16), vec![3]));
        assert_eq!(of("'|u1'", "()", 1, None), (Some(Format::Raw), vec![]));
        assert_eq!(of("\"|i1\"", "(2, 2L)", 4, None), (Some(Format::Int8), vec![2, 2]));
        assert_eq!(of("'<u2'", "(0, 5)", 0, Some(Format::Bf16)), (Some(Format::Bf16), vec![0, 5]));
        assert_eq!(of("'|V2'", "(1,)", 2, Some(Format::Bf16)), (Some(Format::Bf16), vec![1]));
        assert_eq!(of("'<f8'", "(1,)", 8, None), (None, vec![1]));
        let v2 = |bytes: &[u8]| {
            let h = dictionary("'<f4'", "False", "(1,)");
            let v: Vec<u8> = [MAGIC.as_slice(), &[2, 0], &(h.len() as u32).to_le_bytes(), h.as_bytes(), bytes].concat();
            open(v, None).map(|f| f.tensors()[0].range.len())
        };
        assert_eq!(v2(&[0; 4]).unwrap(), 4);
    }

    #[test]
    fn each_defect_has_its_message() {
        let with = |descr: &str, order: &str, shape: &str, n| file(&dictionary(descr, order, shape), &vec![0u8; n]);
        refused(vec![], "the file is empty");
        refused(b"\x93NUMP".to_vec(), "magic [93, 4e, 55, 4d, 50]");
        refused(b"PK\x03\x04abcdef".to_vec(), "magic [50, 4b");
        refused([MAGIC.as_slice(), &[1]].concat(), "7 bytes, 8 needed");
        refused([MAGIC.as_slice(), &[1, 0, 5]].concat(), "9 bytes, 10 needed");
        refused([MAGIC.as_slice(), &[4, 0, 5, 0]].concat(), "format version 4.0");
        refused([MAGIC.as_slice(), &[1, 0, 5, 0]].concat(), "10 bytes, 15 needed");
        refused([MAGIC.as_slice(), &[2, 0, 255, 255, 255, 255]].concat(), "header of 4294967295 bytes: the limit");
        refused(with("'|O'", "False", "(1,)", 8), "dtype '|O' holds Python objects");
        refused(with("'>f4'", "False", "(1,)", 4), "dtype '>f4' is big-endian");
        refused(with("'<U4'", "False", "(1,)", 16), "dtype '<U4' is not supported");
        refused(with("'<M8[ns]'", "False", "(1,)", 8), "dtype '<M8[ns]' is not supported");
        refused(with("'f'", "False", "(1,)", 4), "dtype 'f' is not supported");
        refused(with("[('a', '<f4')]", "False", "(1,)", 4), "structured dtypes");
        refused(with("'<f4'", "True", "(1, 2)", 8), "Fortran order");
        refused(with("'<f4'", "False", "(3,)", 8), "8 bytes of data, shape [3] of '<f4' needs 12");
        refused(with("'<f4'", "False", "(1,)", 8), "8 bytes of data, shape [1] of '<f4' needs 4");
        refused(with("'<f4'", "False", "(4611686018427387904,)", 8), "overflows");
        refused(with("'<f4'", "False", "(99999999999999999999,)", 8), "a dimension below 2^64");
        refused(with("'<f4'", "False", "(-1,)", 8), "a dimension");
        refused(with("'<f4'", "maybe", "(1,)", 4), "True or False");
        refused(with("'<f4", "False", "(1,)", 4), "',' or '}'");
        refused(file("((((((((((", &[]), "header, byte 0: expected '{'");
        refused(file("{}", &[]), "no 'descr'");
        refused(file("{'descr': '<f4', 'descr': '<f4'}", &[]), "'descr' comes twice");
        refused(file("{'colour': 1}", &[]), "expected 'descr', 'fortran_order' or 'shape'");
        refused(file("{'descr': '<f4'} x", &[]), "nothing behind '}'");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        #[test]
        fn a_mutated_file_never_panics(edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
                                       cut in any::<prop::sample::Index>(), truncate in any::<bool>()) {
            let mut bytes = file(&dictionary("'<f4'", "False", "(2, 3)"), &[0; 24]);
            for (at, value) in edits {
                let at = at.index(bytes.len());
                bytes[at] = value;
            }
            if truncate {
                bytes.truncate(cut.index(bytes.len()));
            }
            if let Ok(f) = open(bytes, None) {
                prop_assert_eq!(f.bytes(&f.tensors()[0].or_raw()).unwrap().len(), f.tensors()[0].range.len());
            }
        }
    }
}

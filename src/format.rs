//! Element formats and symbol maps: how the bits of a tensor's values become symbols (wire format, section 2).

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// Number format of the elements. The discriminant is the id in the packet header (wire format, section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Format {
    /// Any bytes.
    Raw = 0,
    /// bfloat16.
    Bf16 = 1,
    /// IEEE 754 binary16.
    Fp16 = 2,
    /// IEEE 754 binary32.
    Fp32 = 3,
    /// OCP FP8 E4M3.
    E4m3 = 4,
    /// OCP FP8 E5M2.
    E5m2 = 5,
    /// OCP MX FP6 E3M2, one code a byte.
    E3m2 = 6,
    /// OCP MX FP6 E2M3, one code a byte.
    E2m3 = 7,
    /// OCP MX FP4 E2M1, two codes a byte.
    E2m1 = 8,
    /// Two's complement bytes.
    Int8 = 9,
    /// 4-bit integers, two codes a byte.
    Int4 = 10,
}

/// A name or id that stands for no format or map.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FormatError {
    /// Unknown format name.
    #[error("unknown format '{0}': expected one of raw, bf16, fp16, fp32, e4m3, e5m2, e3m2, e2m3, e2m1, int8, int4")]
    UnknownFormat(String),
    /// Unknown map name.
    #[error("unknown map '{0}': expected one of bytes, planes, fields")]
    UnknownMap(String),
    /// The map is not defined for the format.
    #[error("map '{map}' is not defined for format '{format}': {reason}")]
    Undefined {
        /// The map asked for.
        map: SymbolMap,
        /// The format it was asked for.
        format: Format,
        /// Why there is none.
        reason: &'static str,
    },
}

impl Format {
    /// All formats, in the order of their ids.
    pub const ALL: [Format; 11] = [
        Format::Raw,
        Format::Bf16,
        Format::Fp16,
        Format::Fp32,
        Format::E4m3,
        Format::E5m2,
        Format::E3m2,
        Format::E2m3,
        Format::E2m1,
        Format::Int8,
        Format::Int4,
    ];

    /// Id in the packet header.
    pub const fn id(self) -> u8 {
        self as u8
    }

    /// The format with this header id.
    pub fn from_id(id: u8) -> Option<Self> {
        Self::ALL.get(usize::from(id)).copied()
    }

    /// Name as written on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Format::Raw => "raw",
            Format::Bf16 => "bf16",
            Format::Fp16 => "fp16",
            Format::Fp32 => "fp32",
            Format::E4m3 => "e4m3",
            Format::E5m2 => "e5m2",
            Format::E3m2 => "e3m2",
            Format::E2m3 => "e2m3",
            Format::E2m1 => "e2m1",
            Format::Int8 => "int8",
            Format::Int4 => "int4",
        }
    }

    /// Bits of one element, `W`. The 4-bit formats count a pair of codes as one element.
    pub const fn element_bits(self) -> u32 {
        match self {
            Format::Bf16 | Format::Fp16 => 16,
            Format::Fp32 => 32,
            Format::E3m2 | Format::E2m3 => 6,
            _ => 8,
        }
    }

    /// Bytes that one element takes in memory.
    pub const fn element_bytes(self) -> usize {
        self.element_bits().div_ceil(8) as usize
    }

    /// Exponent and mantissa width, for the formats that have map `fields`.
    pub const fn exponent_mantissa(self) -> Option<(u32, u32)> {
        match self {
            Format::Bf16 => Some((8, 7)),
            Format::Fp16 => Some((5, 10)),
            Format::Fp32 => Some((8, 23)),
            Format::E4m3 => Some((4, 3)),
            Format::E5m2 => Some((5, 2)),
            Format::E3m2 => Some((3, 2)),
            Format::E2m3 => Some((2, 3)),
            _ => None,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Format {
    type Err = FormatError;
    fn from_str(s: &str) -> Result<Self, FormatError> {
        Self::ALL.into_iter().find(|f| f.name() == s).ok_or_else(|| FormatError::UnknownFormat(s.into()))
    }
}

/// How an element's bits become symbols. The discriminant is the id in the packet header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum SymbolMap {
    /// Every byte is a symbol of one pooled code (the mapping of arXiv 2601.10673).
    Bytes = 0,
    /// Every byte position has its own code.
    Planes = 1,
    /// The exponent field is coded, sign and mantissa travel raw.
    Fields = 2,
}

impl SymbolMap {
    /// All maps, in the order of their ids.
    pub const ALL: [SymbolMap; 3] = [SymbolMap::Bytes, SymbolMap::Planes, SymbolMap::Fields];

    /// Id in the packet header.
    pub const fn id(self) -> u8 {
        self as u8
    }

    /// The map with this header id.
    pub fn from_id(id: u8) -> Option<Self> {
        Self::ALL.get(usize::from(id)).copied()
    }

    /// Name as written on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            SymbolMap::Bytes => "bytes",
            SymbolMap::Planes => "planes",
            SymbolMap::Fields => "fields",
        }
    }
}

impl fmt::Display for SymbolMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for SymbolMap {
    type Err = FormatError;
    fn from_str(s: &str) -> Result<Self, FormatError> {
        Self::ALL.into_iter().find(|m| m.name() == s).ok_or_else(|| FormatError::UnknownMap(s.into()))
    }
}

/// The bit layout that a format and a map give: what both the reference codec and the RTL build on.
///
/// Under map `bytes` the codec's element is one byte (or one 6-bit code), whatever the tensor's format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Format of the tensor.
    pub format: Format,
    /// Map.
    pub map: SymbolMap,
    /// Bits of one element as the codec sees it, `W`.
    pub element_bits: u32,
    /// Coded symbols in an element, `C`.
    pub symbols: u32,
    /// Bits of a symbol, `X`.
    pub symbol_bits: u32,
    /// Raw bits of an element, `R`.
    pub raw_bits: u32,
}

impl Layout {
    /// Layout of `format` under `map`; an error where the wire format defines none.
    pub fn new(format: Format, map: SymbolMap) -> Result<Self, FormatError> {
        let undefined = |reason| Err(FormatError::Undefined { map, format, reason });
        let whole = format.element_bits();
        let (element_bits, symbols, symbol_bits, raw_bits) = match map {
            SymbolMap::Bytes => (whole.min(8), 1, whole.min(8), 0),
            SymbolMap::Planes if whole > 8 => (whole, whole / 8, 8, 0),
            SymbolMap::Planes => return undefined("its elements have no more than one byte; use 'bytes'"),
            SymbolMap::Fields => match format.exponent_mantissa() {
                Some((exponent, mantissa)) => (whole, 1, exponent, mantissa + 1),
                None => return undefined("it has no exponent field that could be coded alone; use 'bytes'"),
            },
        };
        Ok(Layout { format, map, element_bits, symbols, symbol_bits, raw_bits })
    }

    /// Bytes that one element (as the codec sees it) takes in memory.
    pub const fn element_bytes(&self) -> usize {
        self.element_bits.div_ceil(8) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_ids_round_trip() {
        for f in Format::ALL {
            assert_eq!(f.name().parse(), Ok(f));
            assert_eq!(Format::from_id(f.id()), Some(f));
        }
        for m in SymbolMap::ALL {
            assert_eq!(m.name().parse(), Ok(m));
            assert_eq!(SymbolMap::from_id(m.id()), Some(m));
        }
        assert_eq!(Format::from_id(11), None);
        assert_eq!(SymbolMap::from_id(3), None);
        assert!("bf17".parse::<Format>().unwrap_err().to_string().contains("unknown format 'bf17'"));
        assert!("zip".parse::<SymbolMap>().unwrap_err().to_string().contains("unknown map 'zip'"));
    }

    #[test]
    fn every_layout_accounts_for_all_bits_of_its_element() {
        for format in Format::ALL {
            for map in SymbolMap::ALL {
                if let Ok(l) = Layout::new(format, map) {
                    assert_eq!(l.symbols * l.symbol_bits + l.raw_bits, l.element_bits, "{format} {map}");
                }
            }
        }
    }

    #[test]
    fn maps_without_a_meaning_are_refused() {
        let e = Layout::new(Format::Int8, SymbolMap::Fields).unwrap_err().to_string();
        assert!(e.contains("map 'fields' is not defined for format 'int8'"), "{e}");
        assert!(Layout::new(Format::E4m3, SymbolMap::Planes).is_err());
    }
}

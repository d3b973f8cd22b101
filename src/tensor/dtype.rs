//! From the dtypes that files declare to the project's formats.

use crate::format::Format;

/// How a file stores one element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredType {
    /// Bits of an element in the file.
    pub bits: u64,
    /// The format that the dtype stands for; `None` if there is none.
    pub format: Option<Format>,
}

impl StoredType {
    /// A dtype of `.safetensors`, by the names of its specification; `None` if the name is unknown.
    ///
    /// `U8` and `F8_E8M0` (a scale byte) are bytes. The FNUZ variants have the fields of their namesakes, so the same
    /// symbols. Packed 6-bit dtypes have no format: the specification leaves their bit order open, and four codes in three
    /// bytes have no statistics of use.
    pub fn safetensors(dtype: &str) -> Option<Self> {
        let (bits, format) = match dtype {
            "F4" => (4, Some(Format::E2m1)),
            "F6_E2M3" | "F6_E3M2" => (6, None),
            "BOOL" => (8, None),
            "U8" | "F8_E8M0" => (8, Some(Format::Raw)),
            "I8" => (8, Some(Format::Int8)),
            "F8_E4M3" | "F8_E4M3FNUZ" => (8, Some(Format::E4m3)),
            "F8_E5M2" | "F8_E5M2FNUZ" => (8, Some(Format::E5m2)),
            "I16" | "U16" => (16, None),
            "F16" => (16, Some(Format::Fp16)),
            "BF16" => (16, Some(Format::Bf16)),
            "I32" | "U32" => (32, None),
            "F32" => (32, Some(Format::Fp32)),
            "F64" | "I64" | "U64" | "C64" => (64, None),
            _ => return None,
        };
        Some(StoredType { bits, format })
    }

    /// A NumPy type of kind `kind` (the letter of the array interface) and `bytes` bytes; `None` if it is no plain number
    /// or run of bytes. `V2` and `u2` (bfloat16 as NumPy saves it) need the format to be given.
    pub fn npy(kind: u8, bytes: u32) -> Option<Self> {
        let format = match (kind, bytes) {
            (b'f', 2) => Some(Format::Fp16),
            (b'f', 4) => Some(Format::Fp32),
            (b'i', 1) => Some(Format::Int8),
            (b'u', 1) => Some(Format::Raw),
            (b'f' | b'i' | b'u' | b'c' | b'b' | b'V', 1..) => None,
            _ => return None,
        };
        Some(StoredType { bits: u64::from(bytes) * 8, format })
    }

    /// Whether elements of `format` can be laid over elements stored so: `raw` over all, else equal widths. A packed
    /// 4-bit code is half an element of the 4-bit formats; a byte may hold one pair.
    pub fn fits(&self, format: Format) -> bool {
        match format {
            Format::Raw => true,
            Format::E2m1 | Format::Int4 => matches!(self.bits, 4 | 8),
            _ => self.bits == format.element_bytes() as u64 * 8,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_safetensors_dtype_of_the_reference_library_is_known_with_its_width() {
        use ::safetensors::Dtype::*;
        for d in [
            BOOL,
            F4,
            F6_E2M3,
            F6_E3M2,
            U8,
            I8,
            F8_E5M2,
            F8_E4M3,
            F8_E8M0,
            F8_E4M3FNUZ,
            F8_E5M2FNUZ,
            I16,
            U16,
            F16,
            BF16,
            I32,
            U32,
            F32,
            C64,
            F64,
            I64,
            U64,
        ] {
            let stored = StoredType::safetensors(&d.to_string()).unwrap_or_else(|| panic!("{d}"));
            assert_eq!(stored.bits, d.bitsize() as u64, "{d}");
            if let Some(f) = stored.format {
                assert!(stored.fits(f), "{d} {f}");
            }
        }
        assert_eq!(StoredType::safetensors("bf16"), None);
    }

    #[test]
    fn a_format_is_laid_over_elements_of_its_own_width_only() {
        let of = |bits| StoredType { bits, format: None };
        assert!(of(16).fits(Format::Bf16) && !of(8).fits(Format::Bf16) && !of(32).fits(Format::Bf16));
        assert!(of(8).fits(Format::E3m2) && !of(6).fits(Format::E3m2));
        assert!(of(4).fits(Format::Int4) && of(8).fits(Format::E2m1) && !of(16).fits(Format::Int4));
        assert!(of(64).fits(Format::Raw) && of(6).fits(Format::Raw));
    }

    #[test]
    fn numpy_kinds() {
        assert_eq!(StoredType::npy(b'f', 2).unwrap().format, Some(Format::Fp16));
        assert_eq!(StoredType::npy(b'V', 2), Some(StoredType { bits: 16, format: None }));
        assert_eq!(StoredType::npy(b'O', 8), None);
        assert_eq!(StoredType::npy(b'f', 0), None);
    }
}

//! Counting the symbols of a shard (wire format, section 2).

use super::{Histogram, HistogramError};
use crate::format::{Format, Layout};
use thiserror::Error;

/// Bytes or symbols that cannot be counted.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CountError {
    /// Part of an element at the end.
    #[error("{bytes} bytes: not a whole number of elements of {element} bytes")]
    PartialElement {
        /// Bytes given.
        bytes: usize,
        /// Bytes of an element.
        element: usize,
    },
    /// Symbols of part of an element at the end.
    #[error("{symbols} symbols: not a whole number of elements of {element} symbols")]
    PartialSymbols {
        /// Symbols given.
        symbols: u64,
        /// Symbols of an element.
        element: u32,
    },
    /// The top bits of a 6-bit code are not zero.
    #[error("element {element} is {value:#04x}: a code of format '{format}' is below 0x40")]
    TopBits {
        /// Index of the element.
        element: usize,
        /// Its byte.
        value: u8,
        /// Format.
        format: Format,
    },
    /// Shards of different numbers of planes.
    #[error("a shard of {found} planes does not go with one of {expected} planes")]
    Planes {
        /// Planes of the first.
        expected: usize,
        /// Planes of the other.
        found: usize,
    },
    /// A symbol outside the alphabet, or too many.
    #[error("plane {plane}: {source}")]
    Plane {
        /// Plane.
        plane: usize,
        /// What is wrong.
        source: HistogramError,
    },
}

/// The histograms of one shard's planes, in plane order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShardHistogram {
    /// One histogram for each plane.
    pub planes: Vec<Histogram>,
}

impl ShardHistogram {
    /// Nothing counted yet.
    pub fn new(layout: &Layout) -> Result<Self, CountError> {
        let plane = |plane| Histogram::new(layout.symbol_bits).map_err(|source| at(plane)(source));
        Ok(ShardHistogram { planes: (0..layout.symbols as usize).map(plane).collect::<Result<_, _>>()? })
    }

    /// Adds the counts of another shard, as if both were one; on an error nothing has changed.
    pub fn merge(&mut self, other: &ShardHistogram) -> Result<(), CountError> {
        let (expected, found) = (self.planes.len(), other.planes.len());
        if expected != found {
            return Err(CountError::Planes { expected, found });
        }
        let mut sums = self.planes.clone();
        for (plane, (sum, more)) in sums.iter_mut().zip(&other.planes).enumerate() {
            sum.merge(more).map_err(at(plane))?;
        }
        self.planes = sums;
        Ok(())
    }
}

fn at(plane: usize) -> impl Fn(HistogramError) -> CountError {
    move |source| CountError::Plane { plane, source }
}

/// Counts the symbols of a shard's memory bytes.
pub fn count(layout: &Layout, bytes: &[u8]) -> Result<ShardHistogram, CountError> {
    count_recoded(layout, bytes, |symbol| symbol)
}

/// Counts what `recode` makes of the shard's symbols. It is given them one by one in packet order, so that it may
/// follow the data, as the tracked exponent bias does (wire format, section 6.2).
pub fn count_recoded(
    layout: &Layout,
    bytes: &[u8],
    mut recode: impl FnMut(u8) -> u8,
) -> Result<ShardHistogram, CountError> {
    let element = layout.element_bytes();
    if !bytes.len().is_multiple_of(element) {
        return Err(CountError::PartialElement { bytes: bytes.len(), element });
    }
    if layout.element_bits == 6 {
        if let Some((element, &value)) = bytes.iter().enumerate().find(|(_, &b)| b >= 0x40) {
            return Err(CountError::TopBits { element, value, format: layout.format });
        }
    }
    let mut shard = ShardHistogram::new(layout)?;
    if layout.raw_bits == 0 {
        // Maps `bytes` and `planes`: the memory bytes are the symbols, in order.
        let planes = shard.planes.len();
        for chunk in bytes.chunks_exact(planes) {
            for (plane, (histogram, &byte)) in shard.planes.iter_mut().zip(chunk).enumerate() {
                histogram.add(recode(byte)).map_err(at(plane))?;
            }
        }
    } else {
        // Map `fields`: sign, exponent, mantissa, from the top.
        let (shift, mask) = (layout.raw_bits - 1, (1u32 << layout.symbol_bits) - 1);
        for chunk in bytes.chunks_exact(element) {
            let value = chunk.iter().rev().fold(0u32, |value, &b| value << 8 | u32::from(b));
            shard.planes[0].add(recode((value >> shift & mask) as u8)).map_err(at(0))?;
        }
    }
    Ok(shard)
}

/// Counts coded symbols in packet order: symbol `j` belongs to plane `j mod C`.
pub fn count_symbols(layout: &Layout, symbols: impl IntoIterator<Item = u8>) -> Result<ShardHistogram, CountError> {
    let mut shard = ShardHistogram::new(layout)?;
    let mut number = 0u64;
    for symbol in symbols {
        let plane = (number % u64::from(layout.symbols)) as usize;
        shard.planes[plane].add(symbol).map_err(at(plane))?;
        number += 1;
    }
    if !number.is_multiple_of(layout.symbols.into()) {
        return Err(CountError::PartialSymbols { symbols: number, element: layout.symbols });
    }
    Ok(shard)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::SymbolMap;

    fn layout(format: Format, map: SymbolMap) -> Layout {
        Layout::new(format, map).unwrap()
    }

    fn seen(h: &Histogram) -> Vec<(usize, u64)> {
        h.counts().iter().copied().enumerate().filter(|c| c.1 > 0).collect()
    }

    #[test]
    fn bf16_by_hand_under_every_map() {
        // 1.0 = 0x3F80 (exponent 127), -2.0 = 0xC000 (128), 0.0, 1.0.
        let bytes = [0x80, 0x3F, 0x00, 0xC0, 0x00, 0x00, 0x80, 0x3F];
        let fields = count(&layout(Format::Bf16, SymbolMap::Fields), &bytes).unwrap();
        assert_eq!(fields.planes.iter().map(seen).collect::<Vec<_>>(), [vec![(0, 1), (127, 2), (128, 1)]]);
        let planes = count(&layout(Format::Bf16, SymbolMap::Planes), &bytes).unwrap();
        assert_eq!(seen(&planes.planes[0]), [(0, 2), (0x80, 2)]);
        assert_eq!(seen(&planes.planes[1]), [(0, 1), (0x3F, 2), (0xC0, 1)]);
        let pooled = count(&layout(Format::Bf16, SymbolMap::Bytes), &bytes).unwrap();
        assert_eq!(pooled.planes.iter().map(seen).collect::<Vec<_>>(), [vec![(0, 3), (0x3F, 2), (0x80, 2), (0xC0, 1)]]);
    }

    #[test]
    fn the_exponent_of_every_format_is_found() {
        // All exponent bits set and nothing else, then everything else set.
        for format in Format::ALL {
            let Some((exponent, mantissa)) = format.exponent_mantissa() else { continue };
            let (field, all) = (((1u64 << exponent) - 1) << mantissa, (1u64 << format.element_bits()) - 1);
            let mut bytes = field.to_le_bytes()[..format.element_bytes()].to_vec();
            bytes.extend(&(all & !field).to_le_bytes()[..format.element_bytes()]);
            let shard = count(&layout(format, SymbolMap::Fields), &bytes).unwrap();
            assert_eq!(seen(&shard.planes[0]), [(0, 1), ((1 << exponent) - 1, 1)], "{format}");
        }
    }

    #[test]
    fn recoding_sees_the_symbols_in_order() {
        let l = layout(Format::Bf16, SymbolMap::Fields);
        let bytes: Vec<u8> = [100u16, 101, 103, 106].iter().flat_map(|e| (e << 7).to_le_bytes()).collect();
        let mut previous = 100;
        let step = |e: u8| e - std::mem::replace(&mut previous, e);
        assert_eq!(seen(&count_recoded(&l, &bytes, step).unwrap().planes[0]), [(0, 1), (1, 1), (2, 1), (3, 1)]);
    }

    #[test]
    fn symbols_go_round_the_planes() {
        let l = layout(Format::Fp32, SymbolMap::Planes);
        let shard = count_symbols(&l, [1, 2, 3, 4, 1, 2, 3, 5]).unwrap();
        assert_eq!(shard, count(&l, &[1, 2, 3, 4, 1, 2, 3, 5]).unwrap());
        assert_eq!(seen(&shard.planes[3]), [(4, 1), (5, 1)]);
        let e = count_symbols(&l, [1, 2, 3]).unwrap_err().to_string();
        assert_eq!(e, "3 symbols: not a whole number of elements of 4 symbols");
    }

    #[test]
    fn what_cannot_be_counted_is_refused() {
        let message = |f, m, b: &[u8]| count(&layout(f, m), b).unwrap_err().to_string();
        assert_eq!(
            message(Format::Fp32, SymbolMap::Fields, &[0; 5]),
            "5 bytes: not a whole number of elements of 4 bytes"
        );
        for map in [SymbolMap::Bytes, SymbolMap::Fields] {
            let e = message(Format::E3m2, map, &[0x3F, 0x7F]);
            assert_eq!(e, "element 1 is 0x7f: a code of format 'e3m2' is below 0x40");
        }
        let e = count_symbols(&layout(Format::E4m3, SymbolMap::Fields), [16]).unwrap_err().to_string();
        assert_eq!(e, "plane 0: symbol 16: must be below 16");
    }

    #[test]
    fn shards_merge_plane_by_plane() {
        let l = layout(Format::Bf16, SymbolMap::Planes);
        let mut a = count(&l, &[1, 2]).unwrap();
        a.merge(&count(&l, &[1, 3]).unwrap()).unwrap();
        assert_eq!(a, count(&l, &[1, 2, 1, 3]).unwrap());
        let e = a.merge(&count(&layout(Format::Bf16, SymbolMap::Bytes), &[1]).unwrap()).unwrap_err().to_string();
        assert_eq!(e, "a shard of 1 planes does not go with one of 2 planes");
        let before = a.clone();
        let mut full = a.clone();
        full.planes[1] = Histogram::from_counts(8, vec![u64::MAX; 256]).unwrap();
        assert_eq!(a.merge(&full).unwrap_err().to_string(), "plane 1: the count of symbol 2 exceeds 64 bits");
        assert_eq!(a, before);
    }
}

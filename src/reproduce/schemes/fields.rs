//! Huffman codes made for each tensor, field by field, with their tables sent.

use super::bits::round_trip;
use super::{Context, Spent};
use crate::codebook::{build, BuildOptions, Floor};
use crate::reproduce::input::{Tensor, View};
use crate::reproduce::ReproduceError;
use crate::stats::Histogram;

/// Longest codeword, so that a length takes 4 bits in the table.
const LIMIT: u8 = 15;
const LENGTH_BITS: u64 = 4;
/// Widest field that is coded as one symbol.
const WIDEST: u32 = 8;

/// A run of bits of the element: lowest bit and width.
type Field = (u32, u32);

/// Exponent only.
pub fn exponent(context: &Context, tensor: usize) -> Result<Option<Spent>, ReproduceError> {
    let tensor = &context.tensors[tensor];
    let Some((exponent, mantissa)) = tensor.format.exponent_mantissa() else { return Ok(None) };
    coded("exponent", tensor, &[(mantissa, exponent)])
}

/// Exponent and mantissa.
pub fn fields(context: &Context, tensor: usize) -> Result<Option<Spent>, ReproduceError> {
    let tensor = &context.tensors[tensor];
    let Some((exponent, mantissa)) = tensor.format.exponent_mantissa() else { return Ok(None) };
    let mut fields = vec![(mantissa, exponent)];
    fields.extend(mantissa_fields(mantissa));
    coded("fields", tensor, &fields)
}

/// The mantissa in parts of nearly equal width, as few as symbols are wide enough for.
fn mantissa_fields(mantissa: u32) -> Vec<Field> {
    let parts = mantissa.div_ceil(WIDEST);
    let edge = |part: u32| part * mantissa / parts;
    (0..parts).map(|part| (edge(part), edge(part + 1) - edge(part))).collect()
}

fn coded(scheme: &'static str, tensor: &Tensor, fields: &[Field]) -> Result<Option<Spent>, ReproduceError> {
    let Some(layout) = tensor.layout(View::Fields) else { return Ok(None) };
    let bytes = tensor.shards.iter().flat_map(|s| s.bytes.chunks_exact(layout.element_bytes()));
    let elements: Vec<u32> = bytes.map(|e| e.iter().rev().fold(0, |v, &b| v << 8 | u32::from(b))).collect();
    let mut spent = Spent { plain: tensor.plain_bits(), ..Spent::default() };
    let raw = layout.element_bits - fields.iter().map(|f| f.1).sum::<u32>();
    spent.coded = elements.len() as f64 * f64::from(raw);
    for &(shift, width) in fields {
        let symbols: Vec<u8> = elements.iter().map(|e| (e >> shift & ((1 << width) - 1)) as u8).collect();
        let mut histogram = Histogram::new(width)?;
        symbols.iter().try_for_each(|&s| histogram.add(s))?;
        let escaped_limit = Some(LIMIT + width as u8);
        let options = BuildOptions { limit: LIMIT, escaped_limit, floor: Floor::None, ..BuildOptions::default() };
        let code = build(&histogram, &options)?;
        let bits = round_trip(&symbols, &code);
        let bits = bits.ok_or_else(|| ReproduceError::RoundTrip { scheme, tensor: tensor.name.clone() })?;
        spent.coded += bits as f64;
        // The lengths of all symbols, and of the escape.
        spent.side += (LENGTH_BITS * ((1 << width) + 1)) as f64;
    }
    Ok(Some(spent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mantissas_are_cut_evenly() {
        assert_eq!(mantissa_fields(7), [(0, 7)]);
        assert_eq!(mantissa_fields(10), [(0, 5), (5, 5)]);
        assert_eq!(mantissa_fields(23), [(0, 7), (7, 8), (15, 8)]);
        assert_eq!(mantissa_fields(2), [(0, 2)]);
    }
}

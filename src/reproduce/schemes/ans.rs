//! Asymmetric numeral systems on the exponents of each shard.

use super::{Context, Spent};
use crate::reproduce::bank::symbols;
use crate::reproduce::input::View;
use crate::reproduce::ReproduceError;
use constriction::stream::model::DefaultContiguousCategoricalEntropyModel as Model;
use constriction::stream::stack::DefaultAnsCoder;
use constriction::stream::Decode;

const SCHEME: &str = "ans";

pub fn ans(context: &Context, tensor: usize) -> Result<Option<Spent>, ReproduceError> {
    let tensor = &context.tensors[tensor];
    let Some(layout) = tensor.layout(View::Fields) else { return Ok(None) };
    let mut spent = Spent { plain: tensor.plain_bits(), ..Spent::default() };
    for shard in &tensor.shards {
        let exponents = symbols(&layout, View::Fields, &shard.bytes);
        let (bits, table) = coded(&exponents, layout.symbol_bits)
            .ok_or_else(|| ReproduceError::RoundTrip { scheme: SCHEME, tensor: tensor.name.clone() })?;
        spent.coded += (bits + exponents.len() as u64 * u64::from(layout.raw_bits)) as f64;
        spent.side += table as f64;
    }
    Ok(Some(spent))
}

/// Bits of the coded symbols and of their histogram; `None` if they do not come back.
fn coded(symbols: &[u8], symbol_bits: u32) -> Option<(u64, u64)> {
    let mut counts = [0u32; 256];
    symbols.iter().for_each(|&s| counts[usize::from(s)] += 1);
    let seen: Vec<usize> = (0..256).filter(|&s| counts[s] > 0).collect();
    let largest = counts.iter().max().copied().unwrap_or(0);
    let table = seen.len() as u64 * u64::from(symbol_bits + u32::BITS - largest.leading_zeros());
    if seen.len() < 2 {
        // One symbol throughout: the histogram says it all.
        return Some((0, table));
    }
    let place = |symbol: u8| seen.binary_search(&usize::from(symbol)).ok();
    let shares: Vec<f64> = seen.iter().map(|&s| f64::from(counts[s])).collect();
    let model = Model::from_floating_point_probabilities_fast(&shares, None).ok()?;
    let places: Vec<usize> = symbols.iter().map(|&s| place(s)).collect::<Option<_>>()?;
    let mut coder = DefaultAnsCoder::new();
    coder.encode_iid_symbols_reverse(&places, &model).ok()?;
    let words = coder.into_compressed().ok()?;
    let bits = words.len() as u64 * u64::from(u32::BITS);
    let mut decoder = DefaultAnsCoder::from_compressed(words).ok()?;
    let back = decoder.decode_iid_symbols(places.len(), &model);
    let same = back.zip(&places).all(|(found, &sent)| found == Ok(sent));
    same.then_some((bits, table))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn close_to_the_entropy_and_never_below() {
        // 1/2, 1/4, 1/8, 1/8: 1.75 bits a symbol.
        let symbols: Vec<u8> = (0..8000).map(|i| [7, 7, 7, 7, 3, 3, 200, 9][i % 8]).collect();
        let (bits, table) = coded(&symbols, 8).unwrap();
        assert!((14_000..14_100).contains(&bits), "{bits}");
        // 4 symbols of 8 bits, counts of up to 4000 in 12.
        assert_eq!(table, 4 * 20);
        assert_eq!(coded(&[5; 100], 8), Some((0, 15)));
    }
}

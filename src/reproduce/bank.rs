//! Banks from the tensors on the page: [`cluster`] on blocks of the size that the codec chooses books for.

use super::input::{Tensor, View};
use super::ours::{parameters, tracker, BLOCK_ELEMENTS};
use super::ReproduceError;
use crate::codebook::{
    bank_of_distributions, cluster, weighted_average, Bank, BuildOptions, Calibration, Escape, Named,
};
use crate::codec::symbols::split;
use crate::format::{Format, Layout};
use crate::stats::Histogram;
use crate::wire::Parameters;

/// Most blocks that a bank is made from: the time to cluster them grows with their number, the books hardly change.
const MOST_BLOCKS: usize = 512;

/// Histograms of blocks of the shards that `wanted` names by tensor and index, from all `tensors` of `format`; evenly thinned out if
/// there are too many. They are samples for [`train`].
pub fn sample(
    tensors: &[Tensor],
    format: Format,
    view: View,
    wanted: impl Fn(&Tensor, usize) -> bool,
) -> Result<Vec<Vec<Histogram>>, ReproduceError> {
    let of_format = tensors.iter().filter(|t| t.format == format).filter_map(|t| Some((t, t.layout(view)?)));
    let shards: Vec<(Layout, &[u8])> = of_format
        .flat_map(|(tensor, layout)| {
            let shards = tensor.shards.iter().enumerate().filter(|(i, _)| wanted(tensor, *i));
            shards.map(move |(_, shard)| (layout, shard.bytes.as_slice())).collect::<Vec<_>>()
        })
        .collect();
    let blocks = |(layout, bytes): &(Layout, &[u8])| (bytes.len() / layout.element_bytes()).div_ceil(BLOCK_ELEMENTS);
    let every = shards.iter().map(blocks).sum::<usize>().div_ceil(MOST_BLOCKS).max(1);
    let (mut samples, mut seen) = (Vec::new(), 0);
    for (layout, bytes) in shards {
        for block in symbols(&layout, view, bytes).chunks(BLOCK_ELEMENTS) {
            if seen % every == 0 {
                let mut histogram = Histogram::new(layout.symbol_bits)?;
                block.iter().try_for_each(|&s| histogram.add(s))?;
                samples.push(vec![histogram]);
            }
            seen += 1;
        }
    }
    Ok(samples)
}

/// The symbols of a shard in order.
pub fn symbols(layout: &Layout, view: View, bytes: &[u8]) -> Vec<u8> {
    let mut tracker = tracker(&parameters(layout.format, view), layout, bytes);
    exponents(layout, bytes).map(|e| tracker.as_mut().map_or(e, |t| t.encode(e))).collect()
}

/// The first symbol of each element: exponents with map `fields`, all bytes with map `bytes`.
pub fn exponents<'a>(layout: &'a Layout, bytes: &'a [u8]) -> impl Iterator<Item = u8> + 'a {
    let element = |chunk: &[u8]| chunk.iter().rev().fold(0u32, |value, &b| value << 8 | u32::from(b));
    bytes.chunks_exact(layout.element_bytes()).map(move |chunk| split(layout, element(chunk)).symbols[0])
}

/// A bank of at most `books` books for `parameters`, from the histograms of blocks, of which there has to be one at least. All
/// symbols have codewords: what is coded may hold symbols that no sample has.
pub fn train(parameters: &Parameters, samples: &[Vec<Histogram>], books: usize) -> Result<Bank, ReproduceError> {
    let layout = parameters.check().map_err(crate::codec::CodecError::from)?;
    let options = BuildOptions { escape: Escape::None, ..BuildOptions::default() }.fitting(parameters);
    let clusters = cluster(samples, weighted_average(samples)?, books, &options)?;
    let named = clusters.distributions.into_iter().enumerate();
    let named = named.map(|(i, planes)| Named { name: format!("book{}", i + 1), planes }).collect();
    let calibration = Calibration { name: "reproduce".into(), layout, options, tracking: None, sources: vec![] };
    Ok(bank_of_distributions(named, &calibration)?.bank)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::coded_bits;

    #[test]
    fn each_shape_has_a_book_beside_the_average() {
        let block = |top: usize| {
            let mut counts = vec![0; 16];
            (counts[top], counts[top + 1]) = (90, 10);
            vec![Histogram::from_counts(4, counts).unwrap()]
        };
        let samples: Vec<_> = (0..20).map(|i| block(if i % 3 == 0 { 2 } else { 9 })).collect();
        let bank = train(&parameters(Format::E4m3, View::Recentred), &samples, 3).unwrap();
        assert_eq!(bank.books().len(), 3);
        for sample in &samples {
            let bits = bank.books().iter().map(|book| coded_bits(&sample[0], &book.planes[0]).unwrap());
            // 1 bit for the likely symbol, 2 or 3 for the other.
            assert!(bits.min().unwrap() <= 120);
        }
    }

    #[test]
    fn more_books_than_shapes_are_no_harm() {
        let sample = vec![Histogram::from_counts(4, (1..=16).collect()).unwrap()];
        assert_eq!(train(&parameters(Format::E4m3, View::Recentred), &[sample], 15).unwrap().books().len(), 1);
    }
}

//! Forward tracking, which the wire format does not have: every block under the mean of its own exponents, sent with it. Estimated
//! from histograms; blocks are coded as the encoder would, with 8 bits for the bias and 4 for the book.

use crate::material::{Counts, Material};
use crate::study::{Banks, Measured, Outcome, CHOSEN, CHOSEN_BLOCK};
use crate::Result;
use huffwire::analyze::BitsPerElement;
use huffwire::codebook::Bank;
use huffwire::codec::tracker::{first_bias, recentre};
use huffwire::format::Layout;
use huffwire::histograms::{BlockUnit, Cell, CountedFile, CountedTensor, HistogramSet, Unit};
use huffwire::stats::{coded_bits, count, count_recoded, huffman_bits, ShardCost, ShardHistogram};
use huffwire::tensor::InputFile;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

const SIDE_BITS: u128 = 8 + 4;

/// A shard as it is, and its blocks re-centred.
struct Shard {
    plain: ShardHistogram,
    blocks: Vec<ShardHistogram>,
}

fn shards(layout: &Layout, elements: u32, input: &InputFile) -> Result<Vec<(String, Vec<Shard>)>> {
    let block_bytes = elements as usize * layout.element_bytes();
    let file = &input.file;
    let shard = |bytes: &[u8]| {
        let blocks = bytes.chunks(block_bytes).map(|block| {
            let mut exponents = Vec::new();
            count_recoded(layout, block, |e| {
                exponents.push(e);
                e
            })?;
            let bias = first_bias(exponents);
            count_recoded(layout, block, |e| recentre(e, bias, layout.symbol_bits))
        });
        Ok::<_, crate::Error>(Shard {
            plain: count(layout, bytes)?,
            blocks: blocks.collect::<std::result::Result<_, _>>()?,
        })
    };
    let tensor = |info| {
        let shards = file.shards(info, 0, None)?.map(|bytes| shard(&bytes?));
        Ok((info.name.clone(), shards.collect::<Result<Vec<_>>>()?))
    };
    file.tensors().iter().map(tensor).collect()
}

/// Blocks that take about as many bits a symbol and have about as many zeros go together.
fn counted(layout: &Layout, tensors: &[(String, Vec<Shard>)]) -> Result<HistogramSet> {
    let mut counted = Vec::new();
    for (tensor, shards) in tensors {
        let mut cells: BTreeMap<(u128, u32), Cell> = BTreeMap::new();
        for block in shards.iter().flat_map(|s| &s.blocks) {
            let exponents = &block.planes[0];
            let zeros = exponents.counts()[exponents.counts().len() / 2];
            let shape = (8 * huffman_bits(exponents) / exponents.total(), (zeros + 1).ilog2() / 2);
            let empty = Cell { units: 0, histogram: ShardHistogram::new(layout)? };
            let cell = cells.entry(shape).or_insert(empty);
            cell.units += 1;
            cell.histogram.merge(block)?;
        }
        counted.push(CountedTensor { tensor: tensor.clone(), cells: cells.into_values().collect() });
    }
    let unit = Unit::Block(BlockUnit { elements: 256, tracking: None });
    let name = counted.first().map_or_else(String::new, |t| t.tensor.clone());
    Ok(HistogramSet {
        layout: *layout,
        unit,
        sources: vec![CountedFile { file: name, sha256: "0".repeat(64), tensors: counted }],
    })
}

fn measure(layout: &Layout, bank: &Bank, (tensor, shards): &(String, Vec<Shard>)) -> Result<Measured> {
    let (mut sum, mut coded, mut gaps) = (ShardCost::default(), 0, Vec::new());
    for shard in shards {
        let cost = ShardCost::new(layout, &shard.plain);
        let mut bits = 0;
        for block in &shard.blocks {
            let exponents = &block.planes[0];
            let mut least = exponents.total() * u128::from(layout.symbol_bits);
            for book in bank.books() {
                least = least.min(coded_bits(exponents, &book.planes[0])?);
            }
            bits += least + exponents.total() * u128::from(layout.raw_bits) + SIDE_BITS;
        }
        gaps.push(100.0 * (bits as f64 - cost.huffman as f64) / cost.plain as f64);
        sum.add(&cost);
        coded += bits;
    }
    let elements = sum.plain as f64 / f64::from(layout.element_bits);
    let bits = BitsPerElement {
        raw: layout.element_bits.into(),
        shannon: sum.shannon / elements,
        shard_huffman: sum.huffman as f64 / elements,
        coded: coded as f64 / elements,
        wire: f64::NAN,
    };
    let worst = gaps.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    Ok(Measured { tensor: tensor.clone(), bits, gap: gaps.iter().sum::<f64>() / gaps.len() as f64, worst })
}

/// The chosen recipe with forward tracking.
pub fn outcome(material: &Material) -> Result<Outcome> {
    let layout = Layout::new(material.format, material.map)?;
    let elements = CHOSEN_BLOCK.elements;
    let models: Vec<_> =
        material.models.par_iter().map(|(_, input)| shards(&layout, elements, input)).collect::<Result<_>>()?;
    let counts = Counts {
        models: models.iter().map(|tensors| counted(&layout, tensors)).collect::<Result<_>>()?,
        shapes: counted(&layout, &shards(&layout, elements, &material.shapes)?)?,
    };
    let banks = Banks::new(material, &counts, &CHOSEN)?;
    let measured = |bank: &dyn Fn(usize) -> Arc<Bank>| {
        let tensors = models.iter().enumerate().flat_map(|(model, tensors)| tensors.iter().map(move |t| (model, t)));
        tensors.map(|(model, tensor)| measure(&layout, &bank(model), tensor)).collect::<Result<Vec<_>>>()
    };
    Ok(Outcome {
        all_in: measured(&|_| banks.all_in.clone())?,
        left_out: measured(&|model| banks.without[model].clone())?,
    })
}

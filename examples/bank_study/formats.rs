//! The same for other formats: banks of clustered books for tensors converted from bf16.

use crate::material::Source;
use crate::report::{pp, Report, Table};
use crate::study::{summary, tracked, Banks, Books, Measured, Outcome, Recipe, CHOSEN};
use crate::Result;
use huffwire::codebook::{BuildOptions, Escape};
use huffwire::format::{Format, Layout, SymbolMap};
use huffwire::histograms::BlockUnit;

/// Formats, each under the maps that it has.
const FORMATS: [Format; 9] = [
    Format::Bf16,
    Format::Fp16,
    Format::E5m2,
    Format::E4m3,
    Format::Int8,
    Format::E3m2,
    Format::E2m3,
    Format::E2m1,
    Format::Int4,
];

/// Alphabets of at most 5 bits have no need of an escape; bytes spread too far for 20 codewords.
fn codes(layout: &Layout) -> BuildOptions {
    match (layout.map, layout.symbol_bits) {
        (SymbolMap::Fields, 8) => CHOSEN.build,
        (SymbolMap::Fields, _) => BuildOptions { limit: 10, escape: Escape::None, ..BuildOptions::default() },
        _ => BuildOptions { limit: 12, escape: Escape::None, ..BuildOptions::default() },
    }
}

pub fn formats(source: &Source, report: &mut Report) -> Result<()> {
    let mut rows = Vec::new();
    for format in FORMATS {
        for map in [SymbolMap::Fields, SymbolMap::Bytes] {
            let Ok(layout) = Layout::new(format, map) else { continue };
            let trackings: &[_] = if map == SymbolMap::Fields { &[Some(tracked(1, 2)), None] } else { &[None] };
            for &tracking in trackings {
                let block = BlockUnit { elements: 256, tracking };
                let material = source.material(format, map)?;
                let counts = material.count(block)?;
                let recipe = Recipe { build: codes(&layout), block, ..CHOSEN };
                let outcome = Banks::new(&material, &counts, &recipe)?.measure(&material, &block, Books::PerBlock)?;
                let track = if tracking.is_some() { "tracked" } else { "as it is" };
                rows.push(row([format.name(), map.name(), track], &outcome));
            }
        }
    }
    let header = [
        "format",
        "map",
        "exponents",
        "Huffman saved %",
        "all in: saved %",
        "all in: mean",
        "all in: worst tensor",
        "left out: saved %",
        "left out: mean",
        "left out: worst tensor",
        "left out: worst shard",
    ];
    rows.push(shared(source)?);
    report.table(&Table { name: "formats", header: header.map(String::from).to_vec(), rows })
}

/// e5m2 under the banks of fp16, which has the same exponents.
fn shared(source: &Source) -> Result<Vec<String>> {
    let fp16 = source.material(Format::Fp16, SymbolMap::Fields)?;
    let recipe = Recipe { build: codes(&Layout::new(Format::Fp16, SymbolMap::Fields)?), ..CHOSEN };
    let banks = Banks::new(&fp16, &fp16.count(recipe.block)?, &recipe)?;
    let outcome = banks.measure(&source.material(Format::E5m2, SymbolMap::Fields)?, &recipe.block, Books::PerBlock)?;
    Ok(row(["e5m2", "fields", "tracked, bank of fp16"], &outcome))
}

fn row(what: [&str; 3], outcome: &Outcome) -> Vec<String> {
    let mean = |tensors: &[Measured], figure: &dyn Fn(&Measured) -> f64| {
        pp(tensors.iter().map(figure).sum::<f64>() / tensors.len() as f64)
    };
    let huffman = |t: &Measured| 100.0 * (1.0 - t.bits.shard_huffman / t.bits.raw);
    let (all_in, left_out) = (summary(&outcome.all_in), summary(&outcome.left_out));
    let numbers = [
        mean(&outcome.all_in, &huffman),
        mean(&outcome.all_in, &Measured::saved),
        pp(all_in.mean),
        pp(all_in.worst_tensor),
        mean(&outcome.left_out, &Measured::saved),
        pp(left_out.mean),
        pp(left_out.worst_tensor),
        pp(left_out.worst_shard),
    ];
    what.map(String::from).into_iter().chain(numbers).collect()
}

//! Section 4, number of books and block length: what side information and adaptation are worth. All of it is coded.

use super::{mean, signed, Figure, Study};
use crate::codebook::Bank;
use crate::codec::{BookChoice, Codec};
use crate::reproduce::bank::{sample, train};
use crate::reproduce::input::{Tensor, View};
use crate::reproduce::ours;
use crate::reproduce::plot::{colours, Frame, Scale, Svg};
use crate::reproduce::table::Table;
use crate::reproduce::ReproduceError;
use crate::stats::ShardCost;
use crate::wire::{BookMode, Parameters, MAX_BOOKS};
use rayon::prelude::*;
use std::sync::Arc;

/// Elements of a tensor that a sweep codes: it does so many times over.
const MOST_ELEMENTS: usize = 1 << 16;
/// log2 of the block lengths tried, in elements.
const BLOCKS: std::ops::RangeInclusive<u8> = 4..=12;

/// Mean over all tensors of what coding loses against per-shard Huffman.
type Losses = Vec<(f64, f64)>;

/// Both sweeps; nothing where the main format has no exponent. `tick` is called after each of [`RUNS`] runs.
pub fn sweeps(study: &Study, tick: &(dyn Fn() + Sync)) -> Result<Vec<(Figure, Table, String)>, ReproduceError> {
    let Some((_, first)) = study.main().find(|(_, t)| t.layout(View::Fields).is_some()) else { return Ok(vec![]) };
    let format = first.format;
    let tensors: Vec<&Tensor> = study.main().map(|(_, t)| t).filter(|t| t.format == format).collect();
    let tracked = Parameters { lanes: 1, block_log2: Some(6), ..ours::parameters(format) };
    let as_is = Parameters { tracking: None, ..tracked };
    let banks = |parameters: &Parameters, view: View| -> Result<Vec<Arc<Bank>>, ReproduceError> {
        // Learnt from the even shards, judged on the odd ones.
        let runs = sample(&study.input.tensors, format, view, |shard| shard % 2 == 0)?;
        (1..=MAX_BOOKS).into_par_iter().map(|books| Ok(Arc::new(train(parameters, &runs, books)?))).collect()
    };
    let (banks_tracked, banks_as_is) = (banks(&tracked, View::Recentred)?, banks(&as_is, View::Fields)?);
    let run = |(x, parameters, bank, choice): (f64, Parameters, &Arc<Bank>, BookChoice)| {
        let loss = coded_loss(&tensors, parameters, bank, &choice)?;
        tick();
        Ok::<_, ReproduceError>((x, loss))
    };
    let of_banks = |parameters: Parameters, banks: &[Arc<Bank>]| -> Result<Losses, ReproduceError> {
        let runs = banks.par_iter().enumerate();
        runs.map(|(i, bank)| run((i as f64 + 1.0, parameters, bank, BookChoice::Best))).collect()
    };
    let of_blocks = |mode: BookMode, bank: &Arc<Bank>, choice: BookChoice| -> Result<Losses, ReproduceError> {
        let parameters = |log2: u8| Parameters { block_log2: Some(log2), book_mode: mode, ..tracked };
        let runs = BLOCKS.into_par_iter();
        runs.map(|log2| run((f64::from(1u32 << log2), parameters(log2), bank, choice.clone()))).collect()
    };
    let books = [
        ("exponents as they are", colours::AS_IS, of_banks(as_is, &banks_as_is)?),
        ("exponents re-centred", colours::OURS, of_banks(tracked, &banks_tracked)?),
    ];
    let (one, all) = (&banks_tracked[0], &banks_tracked[MAX_BOOKS - 1]);
    let blocks = [
        ("one book", colours::FIXED, of_blocks(BookMode::Fixed, one, BookChoice::Fixed(1))?),
        ("best of 15 books a block", colours::OURS, of_blocks(BookMode::Block, all, BookChoice::Best)?),
    ];
    let books = sweep(
        "books-number",
        "Number of books, the best for each block",
        "books in the bank",
        Scale::exact(0.5, 15.5, [1, 3, 5, 7, 9, 11, 13, 15].map(|b| (f64::from(b), b.to_string())).to_vec()),
        &books,
        "Blocks of 64 elements, each with the best book of the bank, the 4 bits that name it counted.",
    );
    let blocks = sweep(
        "block-length",
        "Block length, exponents re-centred",
        "elements a block (logarithmic)",
        Scale::powers_of_two(4, 12),
        &blocks,
        "The bias is the mean of the two blocks before the last; with 15 books the 4 bits a block that name the book are counted.",
    );
    Ok(vec![books, blocks])
}

/// Runs that both sweeps have together.
pub const RUNS: usize = 2 * MAX_BOOKS + 2 * 9;

/// Mean over shards with an odd number (all shards of a tensor that has but one), in percentage points.
fn coded_loss(
    tensors: &[&Tensor],
    parameters: Parameters,
    bank: &Arc<Bank>,
    choice: &BookChoice,
) -> Result<f64, ReproduceError> {
    let codec = Codec::new(parameters, bank.clone())?;
    let mut losses = Vec::new();
    for tensor in tensors {
        let odd: Vec<_> =
            tensor.shards.iter().enumerate().filter(|(i, _)| i % 2 == 1 || tensor.shards.len() == 1).collect();
        let most = MOST_ELEMENTS / odd.len().max(1) * codec.layout().element_bytes();
        for (_, shard) in odd {
            let bytes = &shard.bytes[..most.min(shard.bytes.len())];
            let fault = |source| ReproduceError::Count { tensor: tensor.name.clone(), source };
            let counts = crate::stats::count(codec.layout(), bytes).map_err(fault)?;
            let cost = ShardCost::new(codec.layout(), &counts);
            let (_, report) = codec.encode_words(bytes, choice)?;
            let bits = report.coded_bits() + report.book_id_bits + report.raw_bits;
            losses.push(cost.huffman_saved() - cost.saved(bits as f64));
        }
    }
    Ok(mean(&losses).unwrap_or(0.0))
}

fn sweep(
    id: &'static str,
    title: &'static str,
    x_label: &str,
    x: Scale,
    lines: &[(&str, &'static str, Losses)],
    what: &str,
) -> (Figure, Table, String) {
    let columns = ["line", x_label.trim_end_matches(" (logarithmic)"), "lost to per-shard Huffman [pp]"];
    let mut table = Table::new(id, title, &columns);
    let description = format!("{what} Shards judged are not those that the books are made from. Below 0: better than the best Huffman code that each shard itself could have.");
    let mut svg = Svg::new(id, title, &description);
    svg.legend(&lines.iter().map(|l| (l.0, l.1)).collect::<Vec<_>>());
    let y = Scale::linear(lines.iter().flat_map(|l| &l.2).map(|p| p.1).chain([0.0]));
    let frame = Frame::new(&svg, 62.0, 190.0, x, y);
    frame.axes(&mut svg, x_label, "lost [pp]");
    let mut best = Vec::new();
    for (name, colour, points) in lines {
        let places: Vec<_> = points.iter().map(|p| frame.at(p.0, p.1)).collect();
        svg.polyline(&places, colour, false);
        for (p, place) in points.iter().zip(places) {
            svg.dot(place, 3.2, colour, &format!("{name}, {}: {} pp", p.0, signed(p.1)));
            table.row(vec![(*name).into(), (p.0 as u64).into(), p.1.into()]);
        }
        let first = points.first();
        if let (Some(first), Some(least)) = (first, points.iter().min_by(|a, b| a.1.total_cmp(&b.1))) {
            best.push(format!(
                "{name}: {} points lost at {}, {} at {}, the best",
                signed(first.1),
                first.0,
                signed(least.1),
                least.0
            ));
        }
    }
    let unit = columns[1];
    let finding = format!("By {unit}: {}.", best.join("; "));
    (Figure { svg: svg.finish(), caption: description, csv: id }, table, finding)
}

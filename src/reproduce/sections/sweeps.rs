//! Section 4, number of books and block length: what side information and adaptation are worth. All of it is coded.

use super::{mean, signed, Figure, Study};
use crate::codebook::Bank;
use crate::codec::{BookChoice, Codec};
use crate::format::Format;
use crate::page::table::Table;
use crate::page::{colours, Frame, Scale, Svg};
use crate::reproduce::bank::{sample, train};
use crate::reproduce::input::{Tensor, View};
use crate::reproduce::ours::{self, BLOCK_ELEMENTS};
use crate::reproduce::ReproduceError;
use crate::stats::ShardCost;
use crate::wire::{BookMode, Parameters, MAX_BOOKS};
use rayon::prelude::*;
use std::sync::Arc;

/// Tensors that a sweep codes, taken evenly of more, and elements of each: it does so many times over.
const MOST_TENSORS: usize = 48;
const MOST_ELEMENTS: usize = 1 << 16;
/// log2 of the block lengths tried, in elements.
const BLOCKS: std::ops::RangeInclusive<u8> = 4..=12;

/// Mean over all tensors of what coding loses against per-shard Huffman.
type Losses = Vec<(f64, f64)>;

/// What is varied: one lane, so that steps are elements.
struct Way {
    view: View,
    block_log2: u8,
    mode: BookMode,
}

impl Way {
    fn parameters(&self, format: Format) -> Parameters {
        let (block_log2, book_mode) = (Some(self.block_log2), self.mode);
        Parameters { lanes: 1, block_log2, book_mode, ..ours::parameters(format, self.view) }
    }
}

/// Models of the main format with an exponent.
fn models(study: &Study) -> Vec<String> {
    let with_exponent = study.main().filter(|(_, t)| t.layout(View::Fields).is_some());
    let mut models: Vec<String> = with_exponent.map(|(_, t)| t.labels.model.clone()).collect();
    models.sort_unstable();
    models.dedup();
    models
}

/// How often both sweeps code all tensors.
pub fn runs(study: &Study) -> usize {
    let lines = match models(study).len() {
        0 => return 0,
        1 => 2,
        _ => 4,
    };
    lines * MAX_BOOKS + 2 * BLOCKS.count()
}

/// Banks of 1 to 15 books, for each model.
type Banks = Vec<(String, Vec<Arc<Bank>>)>;

/// Both sweeps; nothing where the main format has no exponent. `tick` is called after each of the [`runs`].
pub fn sweeps(study: &Study, tick: &(dyn Fn() + Sync)) -> Result<Vec<(Figure, Table, String)>, ReproduceError> {
    let Some((_, first)) = study.main().find(|(_, t)| t.layout(View::Fields).is_some()) else { return Ok(vec![]) };
    let format = first.format;
    let tensors: Vec<&Tensor> = study.main().map(|(_, t)| t).filter(|t| t.format == format).collect();
    let every = tensors.len().div_ceil(MOST_TENSORS).max(1);
    let tensors: Vec<&Tensor> = tensors.into_iter().step_by(every).collect();
    let models = models(study);
    let banks = |view: View, wanted: &(dyn Fn(&Tensor, usize) -> bool + Sync)| {
        let samples = sample(&study.input.tensors, format, view, wanted)?;
        let bank = |books| Ok(Arc::new(train(&ours::parameters(format, view), &samples, books)?));
        (1..=MAX_BOOKS).into_par_iter().map(bank).collect::<Result<Vec<_>, ReproduceError>>()
    };
    // Learnt from the even shards, judged on the odd ones.
    let seen = |view: View| -> Result<Banks, ReproduceError> {
        let banks = banks(view, &|_, shard| shard % 2 == 0)?;
        Ok(models.iter().map(|model| (model.clone(), banks.clone())).collect())
    };
    let unseen = |view: View| -> Result<Banks, ReproduceError> {
        let of_model =
            |model: &String| Ok((model.clone(), banks(view, &|t, shard| shard % 2 == 0 && t.labels.model != *model)?));
        models.iter().map(of_model).collect()
    };
    let run = |x: usize, way: Way, banks: &Banks, books: usize| {
        let loss = coded_loss(&tensors, &way, banks, books)?;
        tick();
        Ok::<_, ReproduceError>((x as f64, loss))
    };
    let of_banks = |view: View, banks: Banks| -> Result<Losses, ReproduceError> {
        let way = || Way { view, block_log2: BLOCK_ELEMENTS.ilog2() as u8, mode: BookMode::Block };
        (1..=MAX_BOOKS).into_par_iter().map(|books| run(books, way(), &banks, books)).collect()
    };
    let tracked = seen(View::Recentred)?;
    let of_blocks = |mode: BookMode, books: usize| -> Result<Losses, ReproduceError> {
        let way = |block_log2: u8| Way { view: View::Recentred, block_log2, mode };
        BLOCKS.into_par_iter().map(|log2| run(1 << log2, way(log2), &tracked, books)).collect()
    };
    let blocks = [
        ("one book", colours::FIXED, of_blocks(BookMode::Fixed, 1)?),
        ("best of 15 books a block", colours::OURS, of_blocks(BookMode::Block, MAX_BOOKS)?),
    ];
    let mut books = vec![
        ("as they are", colours::AS_IS, of_banks(View::Fields, seen(View::Fields)?)?),
        ("re-centred", colours::OURS, of_banks(View::Recentred, tracked.clone())?),
    ];
    if models.len() > 1 {
        books.push(("as they are, model unseen", colours::FIXED, of_banks(View::Fields, unseen(View::Fields)?)?));
        books.push((
            "re-centred, model unseen",
            colours::HUFFMAN,
            of_banks(View::Recentred, unseen(View::Recentred)?)?,
        ));
    }
    let scale = || Scale::exact(0.5, 15.5, [1, 3, 5, 7, 9, 11, 13, 15].map(|b| (f64::from(b), b.to_string())).to_vec());
    let thinned = match every {
        1 => String::new(),
        _ => format!(" Judged on {} tensors, evenly chosen.", tensors.len()),
    };
    let what = "Blocks of 256 exponents, each with the best book of the bank, the 4 bits that name it counted. Model unseen: the books are made from the other models alone.";
    let title = "Number of books, the best for each block";
    let closer: Vec<_> = books.iter().filter(|line| line.0.starts_with("re-centred")).cloned().collect();
    let closer = sweep(
        "books-recentred-number",
        "Number of books, re-centred alone",
        "books in the bank",
        scale(),
        &closer,
        what,
    );
    let books = sweep("books-number", title, "books in the bank", scale(), &books, what);
    let blocks = sweep(
        "block-length",
        "Block length, exponents re-centred",
        "elements a block (logarithmic)",
        Scale::powers_of_two((*BLOCKS.start()).into(), (*BLOCKS.end()).into()),
        &blocks,
        "The bias is the mean of the two blocks before the last; with 15 books the 4 bits a block that name the book are counted.",
    );
    // The finding of the first figure has the lines of the second in it.
    let mut all = vec![books, (closer.0, closer.1, String::new()), blocks];
    all.iter_mut().for_each(|(figure, ..)| figure.caption += &thinned);
    Ok(all)
}

/// Mean over shards with an odd number (all shards of a tensor that has but one), in percentage points.
fn coded_loss(tensors: &[&Tensor], way: &Way, banks: &Banks, books: usize) -> Result<f64, ReproduceError> {
    let mut losses = Vec::new();
    for tensor in tensors {
        let of_model = banks.iter().find(|(model, _)| *model == tensor.labels.model);
        let Some(bank) = of_model.and_then(|(_, banks)| banks.get(books - 1)) else { continue };
        let odd: Vec<_> =
            tensor.shards.iter().enumerate().filter(|(i, _)| i % 2 == 1 || tensor.shards.len() == 1).collect();
        let most = MOST_ELEMENTS / odd.len().max(1) * tensor.format.element_bytes();
        for (_, shard) in odd {
            let bytes = &shard.bytes[..most.min(shard.bytes.len())];
            let codec = Codec::new(way.parameters(tensor.format), bank.clone())?;
            let choice = if way.mode == BookMode::Block { BookChoice::Best } else { BookChoice::Fixed(1) };
            let fault = |source| ReproduceError::Count { tensor: tensor.name.clone(), source };
            let counts = crate::stats::count(codec.layout(), bytes).map_err(fault)?;
            let cost = ShardCost::new(codec.layout(), &counts);
            let (_, report) = codec.encode_words(bytes, &choice)?;
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
    let description = format!("{what} The shards judged are never those that the books are made from. Below 0: better than the best Huffman code that each shard itself could have.");
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
            let at_first = if first == least { String::new() } else { format!("{} at {}, ", signed(first.1), first.0) };
            best.push(format!("{name}, {at_first}{} at {} (the best)", signed(least.1), least.0));
        }
    }
    let unit = columns[1];
    let finding = format!("Lost to per-shard Huffman in points, by {unit}: {}.", best.join("; "));
    (Figure::new(svg, description, id), table, finding)
}

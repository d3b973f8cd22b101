//! Banks under a recipe, and what they are worth: with all models in, and each model under a bank that never saw it.

use crate::material::{Counts, Material};
use crate::Result;
use huffwire::analyze::{analyze, AnalyzeOptions, BitsPerElement, DEFAULT_PACKET_SYMBOLS};
use huffwire::codebook::{build_distribution, Bank, Book, BuildOptions, Clusters, Escape};
use huffwire::format::{Format, SymbolMap};
use huffwire::histograms::{BlockUnit, Cover, FirstBook, GroupRule, HistogramSet, TrackedBias};
use huffwire::tensor::InputFile;
use huffwire::wire::{BookMode, Parameters, Tracking};
use rayon::prelude::*;
use std::sync::Arc;

/// What counts alike in a bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mix {
    /// Models, and the synthetic shapes as one more.
    ModelsAndShapes,
    Models,
    /// All real tensors together as much as all shapes.
    TensorsAndShapes,
    Tensors,
    Shapes,
}

#[derive(Clone, Copy, Debug)]
pub struct Recipe {
    pub books: usize,
    pub build: BuildOptions,
    pub block: BlockUnit,
    pub mix: Mix,
}

/// The recipe of banks/build.sh.
pub const CHOSEN: Recipe = Recipe { books: 15, build: CHOSEN_CODES, block: CHOSEN_BLOCK, mix: Mix::ModelsAndShapes };
pub const CHOSEN_CODES: BuildOptions = BuildOptions {
    limit: 10,
    escaped_limit: Some(15),
    escape: Escape::Direct(20),
    floor: huffwire::codebook::Floor::Share(18),
    decidable: None,
};
pub const CHOSEN_BLOCK: BlockUnit = BlockUnit { elements: 256, tracking: Some(tracked(1, 2)) };
/// Tensors that have a share of book 1 if it would serve them worst, of those that the bank is made from, and the share.
const COVERED: &str = "{*.bf16,synthetic.*.zeros{0,0.02}.rows{0,1}.columns0}";
const COVER_PERCENT: u8 = 25;

/// Which book codes what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Books {
    /// The best for each block.
    PerBlock,
    /// The best for each packet, here a shard: its id is in the header, which has room for one in any case.
    PerPacket,
    /// The first for all.
    First,
}

pub const fn tracked(delay: u8, window: u8) -> TrackedBias {
    TrackedBias { delay, window, initial_bias: None }
}

/// The bank of everything, and for each model that of all others.
pub struct Banks {
    pub all_in: Arc<Bank>,
    pub without: Vec<Arc<Bank>>,
    /// What they were coded from, in the same order.
    clusters: Vec<Clusters>,
    map: SymbolMap,
}

/// One tensor under one bank.
#[derive(Clone, Debug)]
pub struct Measured {
    pub tensor: String,
    /// Bits an element.
    pub bits: BitsPerElement,
    /// Gap against per-shard Huffman in percentage points of the original size: mean over shards, and the worst one.
    pub gap: f64,
    pub worst: f64,
}

/// All tensors.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub all_in: Vec<Measured>,
    pub left_out: Vec<Measured>,
}

/// Gaps in percentage points of the original size.
#[derive(Clone, Copy, Debug)]
pub struct Summary {
    /// Against per-shard Huffman: mean over tensors, the worst of them, the worst shard.
    pub mean: f64,
    pub worst_tensor: f64,
    pub worst_shard: f64,
    /// Against Shannon's bound of order 0, mean over tensors.
    pub shannon: f64,
}

impl Banks {
    pub fn new(material: &Material, counts: &Counts, recipe: &Recipe) -> Result<Self> {
        let models = material.models.iter().map(|(model, _)| Some(format!("{model}.")));
        let folds: Vec<Option<String>> = std::iter::once(None).chain(models).collect();
        let made = folds.par_iter().map(|left_out| {
            let left_out = |tensor: &str| left_out.as_ref().is_some_and(|model| tensor.starts_with(model));
            calibrate(material, counts, recipe, &left_out)
        });
        let (mut banks, mut clusters) = (Vec::new(), Vec::new());
        for made in made.collect::<Result<Vec<_>>>()? {
            banks.push(Arc::new(made.0));
            clusters.push(made.1);
        }
        let without = banks.split_off(1);
        let all_in = banks.remove(0);
        Ok(Banks { all_in, without, clusters, map: material.map })
    }

    /// The same books under other codes.
    pub fn recoded(&self, options: &BuildOptions) -> Result<Self> {
        let bank = |clusters: &Clusters| {
            let books = clusters.distributions.iter().enumerate().map(|(i, planes)| {
                let planes = planes.iter().map(|plane| build_distribution(plane, options));
                Ok(Book { name: format!("book-{i}"), planes: planes.collect::<std::result::Result<_, _>>()? })
            });
            Ok(Arc::new(Bank::new(self.map, books.collect::<Result<_>>()?)?))
        };
        let mut banks = self.clusters.par_iter().map(bank).collect::<Result<Vec<_>>>()?;
        let without = banks.split_off(1);
        Ok(Banks { all_in: banks.remove(0), without, clusters: self.clusters.clone(), map: self.map })
    }

    /// Codes all tensors.
    pub fn measure(&self, material: &Material, block: &BlockUnit, books: Books) -> Result<Outcome> {
        let measured = |banks: &dyn Fn(usize) -> Arc<Bank>| {
            let models = material.models.iter().enumerate();
            let measured = models.map(|(model, (_, input))| measure(input, banks(model), block, books));
            Ok::<_, crate::Error>(measured.collect::<Result<Vec<_>>>()?.concat())
        };
        Ok(Outcome {
            all_in: measured(&|_| self.all_in.clone())?,
            left_out: measured(&|model| self.without[model].clone())?,
        })
    }
}

/// Tensors by the model that their name begins with.
fn rule(name: &str, models: &[&str]) -> Result<GroupRule> {
    Ok(GroupRule::new(name, &models.iter().map(|m| format!("{m}.*")).collect::<Vec<_>>())?)
}

/// A bank of all tensors but those left out.
pub fn calibrate(
    material: &Material,
    counts: &Counts,
    recipe: &Recipe,
    left_out: &dyn Fn(&str) -> bool,
) -> Result<(Bank, Clusters)> {
    let mix = recipe.mix;
    let (mut sets, mut names): (Vec<HistogramSet>, Vec<&str>) = (vec![], vec![]);
    for ((model, _), set) in material.models.iter().zip(&counts.models).filter(|_| mix != Mix::Shapes) {
        let mut set = set.clone();
        set.sources.iter_mut().for_each(|s| s.tensors.retain(|t| !left_out(&t.tensor)));
        set.sources.retain(|s| !s.tensors.is_empty());
        if !set.sources.is_empty() {
            names.push(model.as_str());
            sets.push(set);
        }
    }
    let mut rules = match mix {
        Mix::ModelsAndShapes | Mix::Models => names.iter().map(|&m| rule(m, &[m])).collect::<Result<_>>()?,
        Mix::TensorsAndShapes | Mix::Tensors => vec![rule("real", &names)?],
        Mix::Shapes => vec![],
    };
    if matches!(mix, Mix::ModelsAndShapes | Mix::TensorsAndShapes | Mix::Shapes) {
        sets.push(counts.shapes.clone());
        rules.push(rule("synthetic", &["synthetic"])?);
    }
    let average = if names.is_empty() { rule("average", &["synthetic"])? } else { rule("average", &names)? };
    let cover = Cover { tensors: GroupRule::new("cover", &[COVERED.into()])?, percent: COVER_PERCENT };
    let first = FirstBook { average: Some(average), cover: Some(cover) };
    let set = HistogramSet::merge(sets)?;
    let (made, clusters) = set.bank_of_clusters("study", &rules, &first, recipe.books, &recipe.build)?;
    Ok((made.file.bank, clusters))
}

/// Codes the tensors of one file, all of one format, with the reference encoder.
pub fn measure(input: &InputFile, bank: Arc<Bank>, block: &BlockUnit, books: Books) -> Result<Vec<Measured>> {
    let format = input.file.tensors().iter().find_map(|t| t.format).ok_or("no tensor of a known format")?;
    let parameters = parameters(format, &bank, block, books);
    let book = (books == Books::First).then_some(1);
    let options =
        AnalyzeOptions { bank, parameters, book, packet_symbols: DEFAULT_PACKET_SYMBOLS, axis: 0, shards: None };
    let analysis = analyze(std::slice::from_ref(input), &options, &|_| {})?;
    if let Some(skipped) = analysis.skipped.first() {
        return Err(format!("{}: {}", skipped.name, skipped.reason).into());
    }
    let measured = analysis.tensors.into_iter().map(|t| {
        let (gap, worst) = (t.figures.gap_pp(), t.figures.worst_gap_pp());
        Measured { tensor: t.name, bits: t.figures.bits_per_element(), gap, worst }
    });
    Ok(measured.collect())
}

/// Blocks of `block.elements` with as many of 16 lanes as leave 16 steps for a block, which does
/// not change the bits coded.
pub fn parameters(format: Format, bank: &Bank, block: &BlockUnit, books: Books) -> Parameters {
    let lanes = (block.elements / 16).clamp(1, 16);
    let tracking = block.tracking.map(|t| Tracking {
        delay: t.delay,
        window_log2: t.window.trailing_zeros() as u8,
        initial_bias: t.initial_bias,
    });
    Parameters {
        block_log2: (books == Books::PerBlock || tracking.is_some())
            .then_some((block.elements / lanes).trailing_zeros() as u8),
        book_mode: if books == Books::PerBlock { BookMode::Block } else { BookMode::Fixed },
        tracking,
        ..Parameters::plain(format, bank.map(), lanes)
    }
}

impl Measured {
    /// Against Shannon's bound, in percentage points of the original size.
    pub fn shannon_gap(&self) -> f64 {
        100.0 * (self.bits.coded - self.bits.shannon) / self.bits.raw
    }

    /// Per cent of the original that the coded bits save.
    pub fn saved(&self) -> f64 {
        100.0 * (1.0 - self.bits.coded / self.bits.raw)
    }
}

/// Sums up tensors, all of which count alike.
pub fn summary(tensors: &[Measured]) -> Summary {
    let mean = |figure: &dyn Fn(&Measured) -> f64| tensors.iter().map(figure).sum::<f64>() / tensors.len() as f64;
    let worst = |figure: &dyn Fn(&Measured) -> f64| tensors.iter().map(figure).fold(f64::NEG_INFINITY, f64::max);
    Summary {
        mean: mean(&|t| t.gap),
        worst_tensor: worst(&|t| t.gap),
        worst_shard: worst(&|t| t.worst),
        shannon: mean(&Measured::shannon_gap),
    }
}

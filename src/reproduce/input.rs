//! The tensors to evaluate: cut into shards, counted, and known by their labels.

use super::names::{class_of, named_format, Labels};
use super::ours;
use super::ReproduceError;
use crate::format::{Format, Layout, SymbolMap};
use crate::histograms::GroupRule;
use crate::stats::{count, count_recoded, Histogram, ShardCost, ShardHistogram};
use crate::tensor::{FileKind, InputError, InputFile, OpenOptions, TensorFile, TensorInfo};
use rayon::prelude::*;

/// Elements that a tensor needs to be evaluated: fewer have no statistics.
pub const LEAST_ELEMENTS: usize = 1024;
/// Longest axis 0 that is taken for an axis of shards.
const MOST_INDICES: u64 = 64;
/// Runs that any other tensor is cut into.
const PIECES: usize = 16;

/// Real tensors, with their origin and licences in data/README.md. Part of the program, so that it runs anywhere.
static PACK: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/tensors.safetensors"));

/// The tensors that come with the program, or some of them.
pub fn pack(options: &OpenOptions) -> Result<InputFile, ReproduceError> {
    let file = TensorFile::from_bytes(PACK.to_vec(), FileKind::Safetensors, options)?;
    Ok(InputFile { path: "tensors.safetensors".into(), file })
}

/// How symbols are seen. All views have one plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// Every byte: the paper's mapping.
    Bytes,
    /// The exponent field as it is.
    Fields,
    /// The exponent field less the tracked bias.
    Recentred,
}

/// A shard: the message that a link would carry.
#[derive(Clone, Debug)]
pub struct Shard {
    /// Elements, as the codec takes them.
    pub bytes: Vec<u8>,
    views: [Option<ShardHistogram>; 3],
}

impl Shard {
    /// The symbol counts; `None` where the format has no exponent field.
    pub fn counts(&self, view: View) -> Option<&ShardHistogram> {
        self.views[view as usize].as_ref()
    }

    /// The histogram of the only plane.
    pub fn histogram(&self, view: View) -> Option<&Histogram> {
        self.counts(view).and_then(|c| c.planes.first())
    }
}

/// A tensor to evaluate.
#[derive(Clone, Debug)]
pub struct Tensor {
    /// Name in its file.
    pub name: String,
    /// What the name says.
    pub labels: Labels,
    /// Weights, activations and so on.
    pub class: String,
    /// Format.
    pub format: Format,
    /// Shards, in order; none is empty.
    pub shards: Vec<Shard>,
    /// Elements of the tensor beyond those evaluated.
    pub cropped: u64,
}

impl Tensor {
    /// Format for people: as the name has it, else the format's own.
    pub fn format_label(&self) -> &str {
        self.labels.format.as_deref().unwrap_or(self.format.name())
    }

    /// Tensors that one fixed book is for: same model, kind and format.
    pub fn family(&self) -> (&str, &str, &str) {
        (&self.labels.model, &self.labels.kind, self.format_label())
    }

    /// The family for people.
    pub fn family_label(&self) -> String {
        format!("{} {} {}", self.labels.model, self.labels.kind, self.format_label()).trim().into()
    }

    /// Layout under a view; `None` where the format has no exponent field.
    pub fn layout(&self, view: View) -> Option<Layout> {
        let map = if view == View::Bytes { SymbolMap::Bytes } else { SymbolMap::Fields };
        Layout::new(self.format, map).ok()
    }

    /// Bits before any coding.
    pub fn plain_bits(&self) -> u128 {
        let bytes: usize = self.shards.iter().map(|s| s.bytes.len()).sum();
        let (bits, in_bytes) = (self.format.element_bits() as u128, self.format.element_bytes() as u128);
        bytes as u128 / in_bytes * bits
    }

    /// Costs of all shards together.
    pub fn cost(&self, view: View) -> Option<ShardCost> {
        let layout = self.layout(view)?;
        let mut sum = ShardCost::default();
        self.shards.iter().filter_map(|s| s.counts(view)).for_each(|c| sum.add(&ShardCost::new(&layout, c)));
        Some(sum)
    }
}

/// What is evaluated.
#[derive(Clone, Debug)]
pub struct Input {
    /// Tensors, in the order of their files.
    pub tensors: Vec<Tensor>,
    /// Names of the tensors left out, and why.
    pub left_out: Vec<(String, String)>,
}

/// How tensors are taken.
#[derive(Clone, Debug)]
pub struct InputOptions {
    /// Classes of the user's own, before those that names stand for.
    pub classes: Vec<GroupRule>,
    /// Equal shards that axis 0 is cut into. `None`: one for each index if there are three axes or more and at most 64
    /// indices, else 16 runs of elements.
    pub shards: Option<u64>,
    /// Most elements of a tensor: of each shard only so many come in that all together have no more.
    pub elements: usize,
}

impl Default for InputOptions {
    fn default() -> Self {
        InputOptions { classes: vec![], shards: None, elements: 1 << 17 }
    }
}

/// Takes the tensors of `files`. Byte tensors whose name ends in a format of their width are read as that format.
pub fn load(files: &[InputFile], options: &InputOptions) -> Result<Input, ReproduceError> {
    if options.elements < LEAST_ELEMENTS {
        return Err(ReproduceError::Elements { given: options.elements, least: LEAST_ELEMENTS });
    }
    let all: Vec<(&InputFile, &TensorInfo)> =
        files.iter().flat_map(|f| f.file.tensors().iter().map(move |t| (f, t))).collect();
    let taken: Vec<_> = all.par_iter().map(|(file, info)| take(file, info, options)).collect();
    let mut input = Input { tensors: vec![], left_out: vec![] };
    for ((_, info), taken) in all.iter().zip(taken) {
        match taken? {
            Ok(tensor) => input.tensors.push(tensor),
            Err(reason) => input.left_out.push((info.name.clone(), reason)),
        }
    }
    match input.tensors.is_empty() {
        true => Err(ReproduceError::Nothing { left_out: input.left_out.len(), least: LEAST_ELEMENTS }),
        false => Ok(input),
    }
}

/// A tensor, or why it is left out.
fn take(file: &InputFile, info: &TensorInfo, options: &InputOptions) -> Result<Result<Tensor, String>, ReproduceError> {
    let InputFile { path, file } = file;
    let labels = Labels::of(&info.name);
    let info = as_named(file, info, &labels);
    let Some(format) = info.format else {
        return Ok(Err(format!("dtype {} has no format", info.dtype)));
    };
    let element = format.element_bytes();
    let elements = info.plain_bytes() / element;
    if elements < LEAST_ELEMENTS {
        return Ok(Err(format!("{elements} elements, fewer than {LEAST_ELEMENTS}")));
    }
    let at = |source| InputError::at(path, source);
    let indices = info.shape.first().copied().unwrap_or(1);
    let by_index = info.shape.len() > 2 && indices <= MOST_INDICES;
    let mut pieces: Vec<Vec<u8>> = if options.shards.is_some() || by_index {
        let shards = file.shards(&info, 0, options.shards).map_err(at)?;
        shards.map(|s| Ok(s.map_err(at)?.into_owned())).collect::<Result<_, ReproduceError>>()?
    } else {
        let bytes = file.bytes(&info).map_err(at)?;
        bytes.chunks(elements.div_ceil(PIECES) * element).map(<[u8]>::to_vec).collect()
    };
    let most = (options.elements / pieces.len()).max(1) * element;
    pieces.iter_mut().for_each(|p| p.truncate(most));
    let kept: usize = pieces.iter().map(Vec::len).sum();
    let class = class_of(&info.name, &labels, &options.classes);
    let cropped = (elements - kept / element) as u64;
    let mut tensor = Tensor { name: info.name.clone(), labels, class, format, shards: vec![], cropped };
    tensor.shards = pieces.into_iter().map(|bytes| shard(&tensor, bytes)).collect::<Result<_, _>>()?;
    Ok(Ok(tensor))
}

/// A byte tensor whose name ends in a format of bytes is of that format; 4-bit codes one a byte, if no byte holds more.
fn as_named(file: &TensorFile, info: &TensorInfo, labels: &Labels) -> TensorInfo {
    let mut info = info.clone();
    let named = labels.format.as_deref().and_then(named_format).filter(|f| f.element_bytes() == 1);
    if let (Some(Format::Raw), "U8" | "|u1", Some(format)) = (info.format, info.dtype.as_str(), named) {
        let most = file.stored(&info).iter().copied().max().unwrap_or(0);
        info.unpacked = matches!(format, Format::E2m1 | Format::Int4) && most < 16;
        if format.element_bits() == 8 || most < 64 {
            info.format = Some(format);
        }
    }
    info
}

fn shard(tensor: &Tensor, bytes: Vec<u8>) -> Result<Shard, ReproduceError> {
    let fault = |source| ReproduceError::Count { tensor: tensor.name.clone(), source };
    let pooled = tensor.layout(View::Bytes).map(|l| count(&l, &bytes)).transpose().map_err(fault)?;
    let fields = tensor.layout(View::Fields);
    let recentred = fields.map(|layout| {
        // These parameters track, so there is a tracker.
        let mut tracker = ours::tracker(&ours::parameters(layout.format, View::Recentred), &layout, &bytes);
        count_recoded(&layout, &bytes, |e| tracker.as_mut().map_or(e, |t| t.encode(e)))
    });
    let recentred = recentred.transpose().map_err(fault)?;
    let fields = fields.map(|l| count(&l, &bytes)).transpose().map_err(fault)?;
    Ok(Shard { bytes, views: [pooled, fields, recentred] })
}

//! What the study runs on: real tensors by model, synthetic shapes, and their counts.

use crate::convert::{convert, dtype, shape, Tensor};
use crate::{shapes, Result};
use huffwire::format::{Format, SymbolMap};
use huffwire::histograms::{count_files, BlockUnit, CountOptions, HistogramSet, Unit};
use huffwire::tensor::{FileKind, InputFile, OpenOptions, TensorFile};
use rayon::prelude::*;
use safetensors::tensor::TensorView;
use sha2::{Digest, Sha256};
use std::path::Path;

/// Real tensors by model, in the order of the file, and the synthetic shapes.
pub struct Source {
    pub file: String,
    pub sha256: String,
    pub models: Vec<(String, Vec<Tensor>)>,
    shapes: Vec<Tensor>,
}

/// Tensors in one format.
pub struct Material {
    pub format: Format,
    pub map: SymbolMap,
    /// Model and its tensors.
    pub models: Vec<(String, InputFile)>,
    pub shapes: InputFile,
}

/// Counts of the blocks of all tensors.
pub struct Counts {
    pub models: Vec<HistogramSet>,
    pub shapes: HistogramSet,
}

impl Source {
    /// All bf16 tensors of a file whose names begin with that of a model and a dot.
    pub fn open(path: &Path) -> Result<Self> {
        let file = TensorFile::open(path, &OpenOptions { select: vec!["*.bf16".into()], ..OpenOptions::default() })?;
        let mut models: Vec<(String, Vec<Tensor>)> = Vec::new();
        let mut tensors: Vec<_> = file.tensors().iter().collect();
        tensors.sort_by_key(|t| &t.name);
        for info in tensors {
            let (model, _) = info.name.split_once('.').ok_or("tensor names begin with a model and a dot")?;
            let shape = info.shape.iter().map(|&n| n as usize).collect();
            let tensor = Tensor { name: info.name.clone(), shape, bytes: file.bytes(info)?.into_owned() };
            match models.iter_mut().find(|(name, _)| name == model) {
                Some((_, tensors)) => tensors.push(tensor),
                None => models.push((model.into(), vec![tensor])),
            }
        }
        if models.len() < 2 {
            return Err("leaving a model out takes tensors of two models at least".into());
        }
        let sha256 = Sha256::digest(file.contents()).iter().map(|b| format!("{b:02x}")).collect();
        let name = path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        let shapes = shapes::tensors()?.into_iter();
        let shapes = shapes.map(|(name, bytes)| Tensor { name, shape: shapes::SHAPE.to_vec(), bytes }).collect();
        Ok(Source { file: name, sha256, models, shapes })
    }

    /// The tensors converted to `format`.
    pub fn material(&self, format: Format, map: SymbolMap) -> Result<Material> {
        let models = self.models.iter().map(|(name, tensors)| Ok((name.clone(), file(tensors, format)?)));
        Ok(Material { format, map, models: models.collect::<Result<_>>()?, shapes: file(&self.shapes, format)? })
    }
}

/// Tensors as a file in memory.
pub fn file<'a>(tensors: impl IntoIterator<Item = &'a Tensor>, format: Format) -> Result<InputFile> {
    let converted: Vec<_> = tensors.into_iter().map(|t| (t, convert(t, format))).collect();
    let views = converted
        .iter()
        .map(|(tensor, data)| Ok((tensor.name.as_str(), TensorView::new(dtype(format), shape(tensor, format), data)?)));
    let views = views.collect::<Result<Vec<_>>>()?;
    let bytes = safetensors::serialize(views, None)?;
    let options = OpenOptions { format: Some(format), ..OpenOptions::default() };
    Ok(InputFile { path: "memory".into(), file: TensorFile::from_bytes(bytes, FileKind::Safetensors, &options)? })
}

impl Material {
    /// Counts the blocks of all tensors, shards along axis 0.
    pub fn count(&self, block: BlockUnit) -> Result<Counts> {
        let options = CountOptions { map: self.map, unit: Unit::Block(block), axis: 0, shards: None };
        let count = |input: &InputFile| count_files(std::slice::from_ref(input), &options, &|_| {});
        let models = self.models.par_iter().map(|(_, input)| count(input)).collect::<std::result::Result<_, _>>()?;
        Ok(Counts { models, shapes: count(&self.shapes)? })
    }
}

//! From tensor files to the groups of shard histograms that [`calibrate`](crate::codebook::calibrate) makes a bank of.

use crate::codebook::{Group, SourceFile, SourceTensor};
use crate::format::{Format, FormatError, Layout, SymbolMap};
use crate::stats::{count, CountError, ShardHistogram};
use crate::tensor::{InputError, InputFile, TensorFile, TensorInfo};
use globset::{Glob, GlobMatcher};
use sha2::{Digest, Sha256};
use thiserror::Error;

/// Name of the only book where no groups are asked for.
pub const AVERAGE: &str = "average";

/// A book to be made, and which tensors it is made from.
#[derive(Clone, Debug)]
pub struct GroupRule {
    /// Name of the book.
    pub name: String,
    globs: Vec<(String, GlobMatcher)>,
}

impl GroupRule {
    /// The tensors that match one of `globs`.
    pub fn new(name: impl Into<String>, globs: &[String]) -> Result<Self, CollectError> {
        let globs = globs.iter().map(|g| Ok((g.clone(), Glob::new(g)?.compile_matcher())));
        Ok(GroupRule { name: name.into(), globs: globs.collect::<Result<_, globset::Error>>()? })
    }
}

/// What to count and how.
#[derive(Clone, Debug)]
pub struct CollectOptions {
    /// Symbol map.
    pub map: SymbolMap,
    /// Books to be made; none: one book [`AVERAGE`] of all tensors. A tensor goes to the first group that it matches.
    pub groups: Vec<GroupRule>,
    /// Axis along which tensors are cut into shards.
    pub axis: usize,
    /// Equal shards that a tensor is cut into; `None`: one for each index of the axis.
    pub shards: Option<u64>,
}

/// What was counted.
#[derive(Clone, Debug)]
pub struct Collected {
    /// Format of all tensors, and map.
    pub layout: Layout,
    /// The groups with their shards.
    pub groups: Vec<Group>,
    /// Where they came from.
    pub sources: Vec<SourceFile>,
    /// Tensors that no group wanted.
    pub left_out: Vec<String>,
}

/// Why tensors cannot be counted.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CollectError {
    /// A tensor or file is at fault.
    #[error(transparent)]
    Input(#[from] InputError),
    /// A glob that is none.
    #[error("{0}")]
    Glob(#[from] globset::Error),
    /// Nothing to count.
    #[error("no tensor with an element in it: a bank is made from at least one")]
    Nothing,
    /// Tensors of several formats.
    #[error("tensor '{first}' is {format}, tensor '{other}' {other_format}: a bank is made from one format; select tensors of one")]
    Formats {
        /// The first tensor.
        first: String,
        /// Its format.
        format: Format,
        /// A tensor of another format.
        other: String,
        /// Its format.
        other_format: Format,
    },
    /// The map is not defined for the format.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// A group without tensors.
    #[error("group '{name}': no tensor with an element in it matches {globs}")]
    EmptyGroup {
        /// Name of the group.
        name: String,
        /// Its globs.
        globs: String,
    },
    /// A shard that cannot be counted.
    #[error("tensor '{tensor}': {source}")]
    Count {
        /// The tensor.
        tensor: String,
        /// What is wrong.
        source: CountError,
    },
}

/// Counts the shards of all selected tensors of `files`. `progress` is told the bytes counted so far.
pub fn collect(
    files: &[InputFile],
    options: &CollectOptions,
    progress: &mut dyn FnMut(u64),
) -> Result<Collected, CollectError> {
    let mut first: Option<(String, Format)> = None;
    let mut counting: Option<Layout> = None;
    let named = options.groups.iter().map(|g| Group { name: g.name.clone(), shards: vec![] });
    let mut groups: Vec<Group> = match options.groups.is_empty() {
        true => vec![Group { name: AVERAGE.into(), shards: vec![] }],
        false => named.collect(),
    };
    let (mut sources, mut left_out, mut done) = (Vec::new(), Vec::new(), 0);
    for InputFile { path, file } in files {
        let mut tensors = Vec::new();
        for tensor in file.tensors() {
            let wants = |g: &GroupRule| g.globs.iter().any(|(_, glob)| glob.is_match(&tensor.name));
            let Some(group) = (if options.groups.is_empty() { Some(0) } else { options.groups.iter().position(wants) })
            else {
                left_out.push(tensor.name.clone());
                continue;
            };
            let format = tensor.require_format().map_err(|e| InputError::at(path, e))?;
            let (first, expected) = first.get_or_insert_with(|| (tensor.name.clone(), format));
            if format != *expected {
                let (first, other) = (first.clone(), tensor.name.clone());
                return Err(CollectError::Formats { first, format: *expected, other, other_format: format });
            }
            let layout = match counting {
                Some(layout) => layout,
                None => *counting.insert(Layout::new(format, options.map)?),
            };
            let shards = count_tensor(file, tensor, &layout, options, |e| InputError::at(path, e))?;
            done += tensor.range.len() as u64;
            progress(done);
            if !shards.is_empty() {
                let (tensor, book) = (tensor.name.clone(), groups[group].name.clone());
                tensors.push(SourceTensor { tensor, book, shards: shards.len() as u64 });
                groups[group].shards.extend(shards);
            }
        }
        if !tensors.is_empty() {
            let name = path.file_name().map_or_else(|| "tensors".into(), |n| n.to_string_lossy().into_owned());
            let sha256 = Sha256::digest(file.contents()).iter().map(|b| format!("{b:02x}")).collect();
            sources.push(SourceFile { file: name, sha256, tensors });
        }
    }
    for (group, rule) in groups.iter().zip(&options.groups) {
        if group.shards.is_empty() {
            let globs: Vec<_> = rule.globs.iter().map(|(g, _)| format!("'{g}'")).collect();
            return Err(CollectError::EmptyGroup { name: rule.name.clone(), globs: globs.join(" or ") });
        }
    }
    let layout = counting.filter(|_| !sources.is_empty()).ok_or(CollectError::Nothing)?;
    Ok(Collected { layout, groups, sources, left_out })
}

fn count_tensor(
    file: &TensorFile,
    tensor: &TensorInfo,
    layout: &Layout,
    options: &CollectOptions,
    at: impl Fn(crate::tensor::TensorError) -> InputError,
) -> Result<Vec<ShardHistogram>, CollectError> {
    let fault = |source| CollectError::Count { tensor: tensor.name.clone(), source };
    // A scalar has no axis: it is a shard.
    if tensor.shape.is_empty() {
        return Ok(vec![count(layout, &file.bytes(tensor).map_err(at)?).map_err(fault)?]);
    }
    let shards = file.shards(tensor, options.axis, options.shards).map_err(&at)?;
    shards.map(|shard| count(layout, &shard.map_err(&at)?).map_err(fault)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::{FileKind, OpenOptions};

    fn input() -> Vec<InputFile> {
        let header = concat!(
            r#"{"a.w":{"dtype":"U8","shape":[2,2],"data_offsets":[0,4]},"b.w":{"dtype":"U8","shape":[1,2],"data_offsets":[4,6]},"#,
            r#""c":{"dtype":"I8","shape":[2],"data_offsets":[6,8]},"d":{"dtype":"U8","shape":[],"data_offsets":[8,9]}}"#
        );
        let bytes = [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &[1, 1, 2, 2, 3, 3, 4, 4, 5]].concat();
        let file = TensorFile::from_bytes(bytes, FileKind::Safetensors, &OpenOptions::default()).unwrap();
        vec![InputFile { path: "some/dir/t.safetensors".into(), file }]
    }

    fn options(groups: &[(&str, &str)]) -> CollectOptions {
        let groups = groups.iter().map(|(n, g)| GroupRule::new(*n, &[g.to_string()]).unwrap()).collect();
        CollectOptions { map: SymbolMap::Bytes, groups, axis: 0, shards: None }
    }

    #[test]
    fn shards_go_to_the_first_group_that_wants_them() {
        let c = collect(&input(), &options(&[("first", "a*"), ("rest", "*.w")]), &mut |_| {}).unwrap();
        let counts = |g: usize, s: usize, symbol: usize| c.groups[g].shards[s].planes[0].counts()[symbol];
        assert_eq!((c.groups[0].shards.len(), c.groups[1].shards.len()), (2, 1));
        assert_eq!((counts(0, 0, 1), counts(0, 1, 2), counts(1, 0, 3)), (2, 2, 2));
        assert_eq!(c.left_out, ["c", "d"]);
        assert_eq!((c.sources[0].file.as_str(), c.sources[0].tensors.len()), ("t.safetensors", 2));
        let whole = CollectOptions { shards: Some(1), ..options(&[("s", "d"), ("a", "a*")]) };
        assert_eq!(collect(&input(), &whole, &mut |_| {}).unwrap().groups[1].shards.len(), 1);
    }

    #[test]
    fn what_makes_no_bank_is_refused() {
        let e = |o: &CollectOptions| collect(&input(), o, &mut |_| {}).unwrap_err().to_string();
        assert!(e(&options(&[])).starts_with("tensor 'a.w' is raw, tensor 'c' int8: a bank is made from one format"));
        let empty = e(&options(&[("a", "a*"), ("z", "z*")]));
        assert_eq!(empty, "group 'z': no tensor with an element in it matches 'z*'");
        let axis = e(&CollectOptions { axis: 2, ..options(&[("a", "a*")]) });
        assert_eq!(axis, "some/dir/t.safetensors: tensor 'a.w': axis 2 of a tensor with 2 axes");
        let fields = e(&CollectOptions { map: SymbolMap::Fields, ..options(&[("a", "a*")]) });
        assert!(fields.contains("map 'fields' is not defined for format 'raw'"), "{fields}");
        assert_eq!(
            collect(&[], &options(&[]), &mut |_| {}).unwrap_err().to_string(),
            CollectError::Nothing.to_string()
        );
    }
}

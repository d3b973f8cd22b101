//! A tensor file, opened: what is in it and its elements.

use super::dtype::StoredType;
use super::shards::Shards;
use super::{npy, safetensors, TensorError};
use crate::format::Format;
use globset::Glob;
use memmap2::Mmap;
use std::borrow::Cow;
use std::fs::File;
use std::ops::Range;
use std::path::Path;

/// Kind of a tensor file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// `.safetensors`.
    Safetensors,
    /// `.npy`.
    Npy,
    /// Elements only; the format has to be given.
    Raw,
}

impl FileKind {
    /// The kind that the file name's extension stands for; everything unknown is raw.
    pub fn of(path: &Path) -> Self {
        match path.extension().and_then(|e| e.to_str()) {
            Some(e) if e.eq_ignore_ascii_case("safetensors") => FileKind::Safetensors,
            Some(e) if e.eq_ignore_ascii_case("npy") => FileKind::Npy,
            _ => FileKind::Raw,
        }
    }
}

/// What to open and how to take it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenOptions {
    /// Kind of the file; `None`: by its extension.
    pub kind: Option<FileKind>,
    /// Globs on tensor names; a tensor is taken if one of them matches, and each has to match one. Empty: every tensor.
    pub select: Vec<String>,
    /// Format of every selected tensor, in place of what the file declares. Needed for raw files.
    pub format: Option<Format>,
    /// The 4-bit codes are stored one a byte. Only with `format` `e2m1` or `int4`.
    pub unpacked: bool,
}

/// One tensor of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TensorInfo {
    /// Name; of `.npy` and raw files, the file's name without its extension.
    pub name: String,
    /// dtype as the file declares it; of raw files the name of the format given.
    pub dtype: String,
    /// Bits of an element in the file.
    pub stored_bits: u64,
    /// Format of the elements; `None` if the dtype has none, see [`TensorInfo::require_format`] and
    /// [`TensorInfo::or_raw`].
    pub format: Option<Format>,
    /// Dimensions, outermost first, in stored elements; empty for a scalar.
    pub shape: Vec<u64>,
    /// The tensor's bytes, counted from the start of the file.
    pub range: Range<usize>,
    /// 4-bit codes stored one a byte, packed as they are read.
    pub unpacked: bool,
}

impl TensorInfo {
    /// Stored elements: the product of the dimensions.
    pub fn values(&self) -> u64 {
        // Cannot overflow: checked when the file was opened.
        self.shape.iter().fold(if self.range.is_empty() { 0 } else { 1 }, |n, &d| n.wrapping_mul(d))
    }

    /// The format, or an error that names tensor and dtype.
    pub fn require_format(&self) -> Result<Format, TensorError> {
        self.format.ok_or_else(|| TensorError::UnsupportedDtype {
            name: self.name.clone(),
            dtype: self.dtype.clone(),
            bits: self.stored_bits,
        })
    }

    /// The same tensor, as plain bytes if its dtype has no format.
    pub fn or_raw(&self) -> Self {
        TensorInfo { format: self.format.or(Some(Format::Raw)), ..self.clone() }
    }

    /// Bytes of the elements as the codec takes them: those stored, but half as many (rounded up) for unpacked codes.
    pub fn plain_bytes(&self) -> usize {
        match self.unpacked {
            true => self.range.len().div_ceil(2),
            false => self.range.len(),
        }
    }

    /// Applies a format given by the user.
    fn with_format(mut self, format: Format, unpacked: bool) -> Result<Self, TensorError> {
        let stored = StoredType { bits: self.stored_bits, format: self.format };
        if !stored.fits(format) {
            let (name, dtype) = (self.name, self.dtype);
            return Err(TensorError::FormatWidth { name, dtype, bits: stored.bits, format });
        }
        if unpacked && stored.bits != 8 {
            return Err(TensorError::Unpacked(format!("tensor '{}' of packed dtype {}", self.name, self.dtype)));
        }
        self.format = Some(format);
        self.unpacked = unpacked;
        Ok(self)
    }
}

/// Bytes that `shape` takes with elements of `bits` bits; `None` if that is no whole number of bytes.
pub(super) fn stored_bytes(name: &str, shape: &[u64], bits: u64) -> Result<Option<u64>, TensorError> {
    if shape.contains(&0) {
        return Ok(Some(0));
    }
    let total = shape.iter().try_fold(bits, |n, &d| n.checked_mul(d));
    let total = total.ok_or_else(|| TensorError::ShapeOverflow { name: name.into(), shape: shape.into(), bits })?;
    Ok((total % 8 == 0).then_some(total / 8))
}

#[derive(Debug)]
enum Data {
    Mapped(Mmap),
    Owned(Vec<u8>),
}

/// An opened tensor file. The data stays in the file until it is asked for.
#[derive(Debug)]
pub struct TensorFile {
    data: Data,
    kind: FileKind,
    tensors: Vec<TensorInfo>,
}

/// Maps a file for reading.
#[allow(unsafe_code)]
fn map(path: &Path) -> Result<Data, TensorError> {
    let io = |source| TensorError::Io { path: path.into(), source };
    let file = File::open(path).map_err(io)?;
    let metadata = file.metadata().map_err(io)?;
    if !metadata.is_file() {
        return Err(TensorError::NotAFile(path.into()));
    }
    if metadata.len() == 0 {
        return Ok(Data::Owned(Vec::new()));
    }
    // SAFETY: the map is read-only and seen as bytes, for which every value is valid. What cannot be ruled out is that
    // another process changes or truncates the file while it is mapped: then later reads see other bytes, or the system
    // ends this process with a bus error. All checks are on lengths taken from the map itself, never on a second look at
    // the file, so that changed bytes cannot lead out of the map. The user is told not to write to a file in use.
    let mapped = unsafe { Mmap::map(&file) }.map_err(io)?;
    Ok(Data::Mapped(mapped))
}

impl TensorFile {
    /// Opens a file. It must not be changed or truncated by anyone as long as it is open: it is memory-mapped.
    pub fn open(path: &Path, options: &OpenOptions) -> Result<Self, TensorError> {
        let kind = options.kind.unwrap_or_else(|| FileKind::of(path));
        let name = path.file_stem().map_or_else(|| "tensor".into(), |n| n.to_string_lossy());
        Self::with_data(map(path)?, kind, &name, options)
    }

    /// Takes the contents of a file that is in memory already. `options.kind` is not looked at.
    pub fn from_bytes(bytes: Vec<u8>, kind: FileKind, options: &OpenOptions) -> Result<Self, TensorError> {
        Self::with_data(Data::Owned(bytes), kind, "tensor", options)
    }

    fn with_data(data: Data, kind: FileKind, name: &str, options: &OpenOptions) -> Result<Self, TensorError> {
        if options.unpacked && !matches!(options.format, Some(Format::E2m1 | Format::Int4)) {
            let given = options.format.map_or("tensors without a format given".into(), |f| format!("'{f}'"));
            return Err(TensorError::Unpacked(given));
        }
        let mut file = TensorFile { data, kind, tensors: Vec::new() };
        let all = match kind {
            FileKind::Safetensors if file.contents().is_empty() => return Err(TensorError::Empty(".safetensors")),
            FileKind::Npy if file.contents().is_empty() => return Err(TensorError::Empty(".npy")),
            FileKind::Safetensors => safetensors::parse(file.contents())?,
            FileKind::Npy => vec![npy::parse(file.contents(), name)?],
            FileKind::Raw => vec![raw(file.contents().len(), name, options.format)?],
        };
        let selected = select(all, &options.select)?;
        file.tensors = match options.format {
            Some(f) => selected.into_iter().map(|t| t.with_format(f, options.unpacked)).collect::<Result<_, _>>()?,
            None => selected,
        };
        Ok(file)
    }

    /// Kind of the file.
    pub const fn kind(&self) -> FileKind {
        self.kind
    }

    /// The selected tensors, in the order of their data.
    pub fn tensors(&self) -> &[TensorInfo] {
        &self.tensors
    }

    /// The whole file.
    pub fn contents(&self) -> &[u8] {
        match &self.data {
            Data::Mapped(m) => m,
            Data::Owned(v) => v,
        }
    }

    /// A tensor's bytes as they stand in the file.
    ///
    /// # Panics
    /// If `tensor` is of another file.
    pub fn stored(&self, tensor: &TensorInfo) -> &[u8] {
        &self.contents()[tensor.range.clone()]
    }

    /// A tensor's elements, checked, as the codec takes them: a view of the file, but for unpacked codes a new vector.
    pub fn bytes(&self, tensor: &TensorInfo) -> Result<Cow<'_, [u8]>, TensorError> {
        let stored = self.stored(tensor);
        check_codes(tensor, 0, stored)?;
        Ok(packed(tensor, Cow::Borrowed(stored)))
    }

    /// The same in chunks of `elements` elements (the last one may be shorter), for tensors larger than memory.
    ///
    /// # Panics
    /// If `elements` is 0.
    pub fn chunks<'a>(
        &'a self,
        tensor: &'a TensorInfo,
        elements: usize,
    ) -> Result<impl Iterator<Item = Result<Cow<'a, [u8]>, TensorError>> + 'a, TensorError> {
        let bytes = tensor.require_format()?.element_bytes() * if tensor.unpacked { 2 } else { 1 };
        let step = elements.saturating_mul(bytes);
        Ok(self.stored(tensor).chunks(step).enumerate().map(move |(i, chunk)| {
            check_codes(tensor, i * step, chunk)?;
            Ok(packed(tensor, Cow::Borrowed(chunk)))
        }))
    }

    /// Cuts a tensor along `axis` into `count` equal shards (`None`: one for each index) as tensor parallelism does:
    /// views of the file along axis 0, gathered along the others. An empty tensor has no shards.
    pub fn shards<'a>(
        &'a self,
        tensor: &'a TensorInfo,
        axis: usize,
        count: Option<u64>,
    ) -> Result<Shards<'a>, TensorError> {
        Shards::new(tensor, self.stored(tensor), axis, count)
    }
}

/// The tensor that a raw file is.
fn raw(length: usize, name: &str, format: Option<Format>) -> Result<TensorInfo, TensorError> {
    let format = format.ok_or(TensorError::RawWithoutFormat)?;
    let bytes = format.element_bytes();
    if !length.is_multiple_of(bytes) {
        return Err(TensorError::RawLength { length, format, bytes });
    }
    Ok(TensorInfo {
        name: name.into(),
        dtype: format.name().into(),
        stored_bits: bytes as u64 * 8,
        format: Some(format),
        shape: vec![(length / bytes) as u64],
        range: 0..length,
        unpacked: false,
    })
}

/// The tensors that one of the globs matches.
fn select(tensors: Vec<TensorInfo>, globs: &[String]) -> Result<Vec<TensorInfo>, TensorError> {
    /// Names that the error for a glob without a match lists.
    const LISTED: usize = 5;
    if globs.is_empty() {
        return Ok(tensors);
    }
    let mut keep = vec![false; tensors.len()];
    for pattern in globs {
        let matcher = Glob::new(pattern)?.compile_matcher();
        let mut any = false;
        for (keep, tensor) in keep.iter_mut().zip(&tensors) {
            let matched = matcher.is_match(&tensor.name);
            *keep |= matched;
            any |= matched;
        }
        if !any {
            let mut names: Vec<_> = tensors.iter().take(LISTED).map(|t| format!("'{}'", t.name)).collect();
            match tensors.len() {
                0 => names.push("no tensor".into()),
                n if n > LISTED => names.push(format!("{} more", n - LISTED)),
                _ => {}
            }
            return Err(TensorError::NoMatch { pattern: pattern.clone(), names: names.join(", ") });
        }
    }
    Ok(tensors.into_iter().zip(keep).filter_map(|(t, k)| k.then_some(t)).collect())
}

/// Checks that no byte holds more than its code; `offset` is that of `stored` in the tensor.
pub(super) fn check_codes(tensor: &TensorInfo, offset: usize, stored: &[u8]) -> Result<(), TensorError> {
    let format = tensor.require_format()?;
    let limit = match format {
        Format::E3m2 | Format::E2m3 => 63,
        _ if tensor.unpacked => 15,
        _ => return Ok(()),
    };
    match stored.iter().position(|&b| b > limit) {
        None => Ok(()),
        Some(at) => {
            let (name, value) = (tensor.name.clone(), stored[at]);
            Err(TensorError::Code { name, offset: offset + at, value, limit, format })
        }
    }
}

/// Packs unpacked 4-bit codes in pairs, the first in the low nibble.
pub(super) fn packed<'a>(tensor: &TensorInfo, stored: Cow<'a, [u8]>) -> Cow<'a, [u8]> {
    match tensor.unpacked {
        true => Cow::Owned(stored.chunks(2).map(|p| p[0] | p.get(1).unwrap_or(&0) << 4).collect()),
        false => stored,
    }
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;

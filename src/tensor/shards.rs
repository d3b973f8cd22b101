//! Shards of a tensor: equal cuts along one axis.
//!
//! ```text
//! shape [.. outer .., length, .. inner ..]     count shards of length/count indices of the axis
//!
//! stored:  |s0|s1|s2|s0|s1|s2| ...             outer rounds, a run of (length/count) * inner elements of each shard
//! ```

use super::file::{check_codes, packed, TensorInfo};
use super::TensorError;
use std::borrow::Cow;

/// The shards of a tensor, in order; made by [`TensorFile::shards`](super::TensorFile::shards). Each is the bytes of its
/// elements as the codec takes them: borrowed from the file where it is contiguous there.
#[derive(Clone, Debug)]
pub struct Shards<'a> {
    tensor: &'a TensorInfo,
    stored: &'a [u8],
    /// Bytes of one contiguous run.
    run: usize,
    next: usize,
    count: usize,
}

impl<'a> Shards<'a> {
    pub(super) fn new(
        tensor: &'a TensorInfo,
        stored: &'a [u8],
        axis: usize,
        count: Option<u64>,
    ) -> Result<Self, TensorError> {
        let format = tensor.require_format()?;
        let name = || tensor.name.clone();
        let Some(&length) = tensor.shape.get(axis) else {
            return Err(TensorError::Axis { name: name(), axis, rank: tensor.shape.len() });
        };
        let count = count.unwrap_or(length);
        if stored.is_empty() {
            return Ok(Shards { tensor, stored, run: 1, next: 0, count: 0 });
        }
        if count == 0 || length % count != 0 {
            return Err(TensorError::ShardCount { name: name(), axis, length, count });
        }
        // No overflow: the tensor is not empty and all of it fits the file.
        let inner: u64 = tensor.shape[axis + 1..].iter().product();
        let bits = match count {
            // The whole tensor, whatever the axis: nothing to gather.
            1 => stored.len() as u64 * 8,
            _ => length / count * inner * tensor.stored_bits,
        };
        let element = format.element_bytes() as u64 * 8;
        if !bits.is_multiple_of(element) {
            return Err(TensorError::ShardBits { name: name(), axis, bits, format });
        }
        Ok(Shards { tensor, stored, run: (bits / 8) as usize, next: 0, count: count as usize })
    }
}

impl<'a> Iterator for Shards<'a> {
    type Item = Result<Cow<'a, [u8]>, TensorError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next == self.count {
            return None;
        }
        let (stored, run, first) = (self.stored, self.run, self.next * self.run);
        self.next += 1;
        let round = run * self.count;
        let tensor = self.tensor;
        let checked = |offset: usize| {
            let bytes = &stored[offset..offset + run];
            check_codes(tensor, offset, bytes).map(|()| bytes)
        };
        let gathered = if round == stored.len() {
            checked(first).map(Cow::Borrowed)
        } else {
            let mut all = Vec::with_capacity(stored.len() / self.count);
            let runs = (first..stored.len()).step_by(round);
            runs.map(checked).try_for_each(|r| r.map(|b| all.extend_from_slice(b))).map(|()| Cow::Owned(all))
        };
        Some(gathered.map(|bytes| packed(tensor, bytes)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.count - self.next, Some(self.count - self.next))
    }
}

impl ExactSizeIterator for Shards<'_> {}

#[cfg(test)]
mod tests {
    use super::super::{FileKind, OpenOptions, TensorFile};
    use crate::format::Format;

    fn file(dtype: &str, shape: &[u64], data: &[u8], options: &OpenOptions) -> TensorFile {
        let header = format!(r#"{{"x":{{"dtype":"{dtype}","shape":{shape:?},"data_offsets":[0,{}]}}}}"#, data.len());
        let bytes = [&(header.len() as u64).to_le_bytes(), header.as_bytes(), data].concat();
        TensorFile::from_bytes(bytes, FileKind::Safetensors, options).unwrap()
    }

    fn shards(f: &TensorFile, axis: usize, count: Option<u64>) -> Result<Vec<Vec<u8>>, String> {
        let all = f.shards(&f.tensors()[0], axis, count).map_err(|e| e.to_string())?;
        let n = all.len();
        let v = all.map(|s| Ok(s.map_err(|e| e.to_string())?.into_owned())).collect::<Result<Vec<_>, String>>()?;
        assert_eq!(v.len(), n);
        Ok(v)
    }

    #[test]
    fn every_axis_of_a_cube() {
        let f = file("U8", &[2, 3, 2], &(0..12).collect::<Vec<_>>(), &OpenOptions::default());
        assert_eq!(shards(&f, 0, None).unwrap(), [[0, 1, 2, 3, 4, 5], [6, 7, 8, 9, 10, 11]]);
        assert_eq!(shards(&f, 1, None).unwrap(), [[0, 1, 6, 7], [2, 3, 8, 9], [4, 5, 10, 11]]);
        assert_eq!(shards(&f, 2, None).unwrap(), [[0, 2, 4, 6, 8, 10], [1, 3, 5, 7, 9, 11]]);
        assert_eq!(shards(&f, 1, Some(1)).unwrap(), [(0..12).collect::<Vec<_>>()]);
        let wide = file("BF16", &[2, 2], &(0..8).collect::<Vec<_>>(), &OpenOptions::default());
        assert_eq!(shards(&wide, 1, None).unwrap(), [[0, 1, 4, 5], [2, 3, 6, 7]]);
    }

    #[test]
    fn wrong_cuts_are_refused() {
        let f = file("U8", &[2, 3], &[0; 6], &OpenOptions::default());
        assert_eq!(shards(&f, 2, None).unwrap_err(), "tensor 'x': axis 2 of a tensor with 2 axes");
        let e = shards(&f, 1, Some(2)).unwrap_err();
        assert_eq!(e, "tensor 'x': axis 1 of length 3 cannot be cut into 2 equal shards");
        assert!(shards(&f, 1, Some(0)).unwrap_err().contains("into 0 equal shards"));
        let f = file("F4", &[2, 4], &[0; 4], &OpenOptions::default());
        assert_eq!(shards(&f, 1, Some(2)).unwrap().len(), 2);
        assert!(shards(&f, 1, None).unwrap_err().contains("a shard's run of 4 bits is no whole number of 'e2m1'"));
        let f = file("I64", &[2], &[0; 16], &OpenOptions::default());
        assert!(shards(&f, 0, None).unwrap_err().contains("tensor 'x': no format for dtype I64"));
        let scalar = file("U8", &[], &[0], &OpenOptions::default());
        assert!(shards(&scalar, 0, None).unwrap_err().contains("axis 0 of a tensor with 0 axes"));
    }

    #[test]
    fn unpacked_codes_are_packed_shard_by_shard() {
        let options = OpenOptions { format: Some(Format::Int4), unpacked: true, ..OpenOptions::default() };
        let f = file("U8", &[2, 3], &[1, 2, 3, 4, 5, 6], &options);
        assert_eq!(shards(&f, 0, None).unwrap(), [[0x21, 0x03], [0x54, 0x06]]);
        assert_eq!(shards(&f, 1, None).unwrap(), [[0x41], [0x52], [0x63]]);
        let f = file("U8", &[2, 3], &[1, 2, 3, 4, 16, 6], &options);
        assert_eq!(shards(&f, 0, None).unwrap_err(), "tensor 'x': byte 4 is 16, a code of 'int4' is at most 15");
        assert_eq!(shards(&f, 1, None).unwrap_err(), "tensor 'x': byte 4 is 16, a code of 'int4' is at most 15");
    }
}

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
use std::ops::Range;

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

/// A shard that is read piece by piece; made by [`Shards::get`].
#[derive(Clone, Debug)]
pub struct Shard<'a> {
    tensor: &'a TensorInfo,
    stored: &'a [u8],
    /// Bytes of a run, bytes from run to run, and where the first run begins.
    run: usize,
    round: usize,
    first: usize,
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

    /// The shard with this index, of which nothing is read yet; `None` past the last.
    pub fn get(&self, index: usize) -> Option<Shard<'a>> {
        let Shards { tensor, stored, run, count, .. } = *self;
        (index < count).then(|| Shard { tensor, stored, run, round: run * count, first: index * run })
    }
}

impl<'a> Shard<'a> {
    /// Bytes as they stand in the file.
    fn stored_bytes(&self) -> usize {
        self.stored.len() / self.round * self.run
    }

    /// Bytes of its elements as the codec takes them.
    pub fn bytes(&self) -> usize {
        match self.tensor.unpacked {
            true => self.stored_bytes().div_ceil(2),
            false => self.stored_bytes(),
        }
    }

    /// Some of these bytes, checked: borrowed from the file where they are contiguous there. What of `range` lies past the end
    /// is left out.
    pub fn read(&self, range: Range<usize>) -> Result<Cow<'a, [u8]>, TensorError> {
        let Shard { tensor, stored, run, round, first } = *self;
        let codes = if tensor.unpacked { 2 } else { 1 };
        let stored_at = |byte: usize| byte.saturating_mul(codes).min(self.stored_bytes());
        let (mut at, end) = (stored_at(range.start), stored_at(range.end));
        let mut bytes = Cow::Borrowed(&stored[..0]);
        while at < end {
            let (offset, length) = (at / run * round + first + at % run, (run - at % run).min(end - at));
            let piece = &stored[offset..offset + length];
            check_codes(tensor, offset, piece)?;
            if bytes.is_empty() {
                bytes = Cow::Borrowed(piece);
            } else {
                let gathered = bytes.to_mut();
                gathered.reserve(end - at);
                gathered.extend_from_slice(piece);
            }
            at += length;
        }
        Ok(packed(tensor, bytes))
    }
}

impl<'a> Iterator for Shards<'a> {
    type Item = Result<Cow<'a, [u8]>, TensorError>;

    fn next(&mut self) -> Option<Self::Item> {
        let shard = self.get(self.next)?;
        self.next += 1;
        Some(shard.read(0..shard.bytes()))
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
    fn pieces_of_a_shard_are_pieces_of_its_whole() {
        let wide = file("BF16", &[4, 3, 2], &(0..48).collect::<Vec<_>>(), &OpenOptions::default());
        let options = OpenOptions { format: Some(Format::Int4), unpacked: true, ..OpenOptions::default() };
        let codes = file("U8", &[5, 3], &(0..15).collect::<Vec<_>>(), &options);
        for (f, axis) in [(&wide, 0), (&wide, 1), (&wide, 2), (&codes, 0), (&codes, 1)] {
            let all = f.shards(&f.tensors()[0], axis, None).unwrap();
            for (i, whole) in all.clone().map(Result::unwrap).enumerate() {
                let shard = all.get(i).unwrap();
                assert_eq!(shard.bytes(), whole.len());
                for step in 1..=whole.len() + 1 {
                    let read = |start| shard.read(start..start + step).unwrap().into_owned();
                    let pieces: Vec<_> = (0..whole.len()).step_by(step).flat_map(read).collect();
                    assert_eq!(pieces, *whole, "axis {axis}, shard {i}, {step} at a time");
                }
                assert!(shard.read(whole.len()..usize::MAX).unwrap().is_empty());
            }
            assert!(all.get(all.len()).is_none());
        }
    }

    #[test]
    fn one_shard_is_the_tensor_whatever_the_axis() {
        let f = file("F4", &[3, 2], &[1, 2, 3], &OpenOptions::default());
        assert_eq!(shards(&f, 1, Some(1)).unwrap(), [[1, 2, 3]]);
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

//! A tensor cut into packets, as they are asked for.

use huffwire::codec::BookChoice;
use huffwire::simulate::{PacketInput, SimulateError};
use huffwire::tensor::{TensorError, TensorFile, TensorInfo};
use std::borrow::Cow;

/// Packets of a tensor.
pub struct Packets<'a> {
    chunks: Box<dyn Iterator<Item = Result<Cow<'a, [u8]>, TensorError>> + 'a>,
    book: &'a BookChoice,
    element_bytes: usize,
    all_bytes: usize,
    /// Bytes still to be sent, and in all.
    left: usize,
    total: usize,
}

impl<'a> Packets<'a> {
    pub fn new(
        file: &'a TensorFile,
        tensor: &'a TensorInfo,
        packet_elements: usize,
        max_elements: Option<u64>,
        book: &'a BookChoice,
    ) -> Result<Self, TensorError> {
        let element_bytes = tensor.require_format()?.element_bytes();
        let chunks = Box::new(file.chunks(tensor, packet_elements)?);
        let all_bytes = tensor.plain_bytes();
        let limit = max_elements.map_or(usize::MAX, |n| usize::try_from(n).unwrap_or(usize::MAX));
        let total = all_bytes.min(limit.saturating_mul(element_bytes));
        Ok(Packets { chunks, book, element_bytes, all_bytes, left: total, total })
    }

    /// Bytes of elements that are sent.
    pub fn total_bytes(&self) -> u64 {
        self.total as u64
    }

    /// Elements that are sent.
    pub fn elements(&self) -> u64 {
        (self.total / self.element_bytes) as u64
    }

    /// Whether the tensor has more.
    pub fn cut_short(&self) -> bool {
        self.total < self.all_bytes
    }
}

impl Iterator for Packets<'_> {
    type Item = Result<PacketInput, SimulateError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 {
            return None;
        }
        let chunk = self.chunks.next()?;
        Some(chunk.map_err(SimulateError::from).map(|bytes| {
            let plain = bytes[..bytes.len().min(self.left)].to_vec();
            self.left -= plain.len();
            PacketInput { plain, book: self.book.clone() }
        }))
    }
}

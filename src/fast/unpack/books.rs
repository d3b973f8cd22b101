//! The books of a packet's chunks (wire format, section 6.1).

use crate::fast::CHUNK_STEPS;
use crate::wire::{BookMode, Header};

/// Book of the current block, and the one that the stream has announced for the next.
#[derive(Clone, Copy)]
pub(super) struct Books {
    /// Chunks of a block.
    chunks: usize,
    pub current: u8,
    pub next: Option<u8>,
}

impl Books {
    pub fn new(header: &Header) -> Self {
        let chunks = match (header.parameters.book_mode, header.parameters.block_log2) {
            (BookMode::Block, Some(log2)) => (1 << log2) / CHUNK_STEPS,
            _ => usize::MAX,
        };
        Books { chunks, current: header.book, next: None }
    }

    /// Book of a chunk, and whether its first steps announce the next block's. To be called once for each chunk.
    pub fn of_chunk(&mut self, chunk: usize) -> (usize, bool) {
        if chunk.is_multiple_of(self.chunks) {
            self.current = self.next.take().unwrap_or(self.current);
        }
        (usize::from(self.current), chunk % self.chunks == self.chunks - 1)
    }
}

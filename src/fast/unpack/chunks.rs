//! What is handed over to the decoding of whole chunks, and back.

use super::{Books, Job, Lanes};
use crate::fast::CHUNK_STEPS;

/// Where whole chunks have been decoded up to.
#[derive(Clone, Copy)]
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
pub(super) struct Begun {
    pub books: Books,
    pub done: usize,
    pub next: usize,
    pub raw_come: usize,
}

/// Whole chunks to be decoded: as many as `symbols` has, but for that which asks for the payload's last word, and all behind it.
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
pub(super) struct Chunks<'a, 'j, const L: usize> {
    pub job: &'a Job<'j>,
    /// State of the lanes, before and after.
    pub lanes: &'a mut Lanes,
    pub begun: Begun,
    pub symbols: &'a mut [[[u8; L]; CHUNK_STEPS]],
    pub raw: &'a mut [u16],
}

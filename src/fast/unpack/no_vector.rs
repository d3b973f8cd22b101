//! In place of `vector`, for processors of another kind: there are none of these vectors.

use super::{Books, Job, Lanes};
use crate::codebook::PlaneCode;
use crate::fast::CHUNK_STEPS;

#[allow(dead_code)]
#[derive(Clone, Copy)]
pub(super) struct Begun {
    pub books: Books,
    pub done: usize,
    pub next: usize,
    pub raw_come: usize,
}

#[allow(dead_code)]
pub(super) struct Chunks<'a, 'j, const L: usize> {
    pub job: &'a Job<'j>,
    pub lanes: &'a mut Lanes,
    pub begun: Begun,
    pub symbols: &'a mut [[[u8; L]; CHUNK_STEPS]],
    pub raw: &'a mut [u16],
}

/// Nothing has this type.
#[derive(Clone, Debug)]
pub(in crate::fast) enum Vectors {}

impl Vectors {
    pub fn new(_: &[&PlaneCode]) -> Option<Self> {
        None
    }

    pub(super) fn serve(&self, _: usize, _: u32) -> bool {
        match *self {}
    }

    pub(super) fn decode<const L: usize>(&self, _: Chunks<'_, '_, L>) -> Option<Begun> {
        match *self {}
    }
}

//! In place of `vector`, for processors of another kind: there are none of these vectors.

use super::{Job, State};
use crate::codebook::PlaneCode;

/// Nothing has this type.
#[derive(Clone, Debug)]
pub(in crate::fast) enum Vectors {}

impl Vectors {
    pub fn new(_: &[&PlaneCode]) -> Option<Self> {
        None
    }

    pub(in crate::fast) fn serve(&self, _: usize, _: u32) -> bool {
        match *self {}
    }

    pub(super) fn pack<const L: usize>(&self, _: &Job<'_>, _: &mut State<L>, _: &mut Vec<u8>) {
        match *self {}
    }
}

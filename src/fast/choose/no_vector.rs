//! In place of `vector`, for processors of another kind: there are none of these vectors.

use super::CostTable;

/// Nothing has this type.
#[derive(Clone, Debug)]
pub(super) enum Vectors {}

impl Vectors {
    pub fn new(_: &CostTable, _: usize) -> Option<Self> {
        None
    }

    pub fn serve(&self, _: usize) -> bool {
        match *self {}
    }

    pub fn choose(&self, _: &[u8], _: usize, _: &mut Vec<u8>) {
        match *self {}
    }
}

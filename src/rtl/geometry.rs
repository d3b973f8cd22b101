//! The numbers that a core's widths follow from.

use crate::format::Layout;

/// Bits of a mux word.
pub const WORD_BITS: usize = 16;

/// Sizes of what goes through a core in a clock - a step, or a turn of it - and of what carries it. With map `planes` each byte
/// counts as an element here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Geometry {
    /// Physical lanes, elements in a turn.
    pub lanes: usize,
    /// Turns of a step: lanes of the format that share a physical lane.
    pub turns: usize,
    /// Planes: each lane has the code of its place modulo this.
    pub planes: usize,
    /// Bits of an element.
    pub element_bits: usize,
    /// Bytes of an element on the plain side.
    pub element_bytes: usize,
    /// Bits of a symbol.
    pub symbol_bits: usize,
    /// Bits of an element that are not coded.
    pub raw_bits: usize,
}

impl Geometry {
    /// For elements of this layout in so many lanes a turn.
    pub fn new(lanes: u32, turns: u32, layout: &Layout) -> Self {
        let planes = layout.symbols as usize;
        Geometry {
            lanes: lanes as usize,
            turns: turns as usize,
            planes,
            element_bits: layout.element_bits as usize / planes,
            element_bytes: layout.element_bytes() / planes,
            symbol_bits: layout.symbol_bits as usize,
            raw_bits: layout.raw_bits as usize,
        }
    }

    /// Raw bits below the sign.
    pub const fn mantissa_bits(&self) -> usize {
        self.raw_bits.saturating_sub(1)
    }

    /// Bits of a plain beat.
    pub const fn plain_bits(&self) -> usize {
        8 * self.plain_bytes()
    }

    /// Bytes of a plain beat.
    pub const fn plain_bytes(&self) -> usize {
        self.lanes * self.element_bytes
    }

    /// Raw bits of a turn.
    pub const fn raw_step_bits(&self) -> usize {
        self.lanes * self.raw_bits
    }

    /// Most raw words that a turn asks for.
    pub const fn raw_slots(&self) -> usize {
        self.raw_step_bits().div_ceil(WORD_BITS)
    }

    /// Most words that a turn asks for: one of each lane, and the raw ones.
    pub const fn slots(&self) -> usize {
        self.lanes + self.raw_slots()
    }

    /// Mux words in a link beat: the link is as wide as the plain side, rounded up to a power of two. A turn may ask for more
    /// than a beat; the cores even that out.
    pub const fn link_words(&self) -> usize {
        self.plain_bits().div_ceil(WORD_BITS).next_power_of_two()
    }
}

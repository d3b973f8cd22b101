//! Of the values for every length there is, that of the codeword's length. Combinational.
//!
//! ```text
//!  longer --------+-------+------+------+
//!                 v       v      v      v
//!  options --> [ 2:1 ] [ 2:1 ] [ 2:1 ] [ 2:1 ] --> chosen
//! ```
//!
//! The tests of a canonical code are a thermometer, so that one of them decides between the halves of the lengths, one between the
//! halves of those, and so on: no test has to wait for another.

use crate::rtl::prelude::*;

/// Most lengths.
const LENGTHS: usize = 16;

/// The choice.
#[derive(LogicBlock)]
pub struct LengthChoice {
    /// The codeword is longer than the first length, the second, ... but the last.
    pub longer: Vec<Signal<In, Bit>>,
    /// The value for each length.
    pub option: Vec<Bus<In>>,
    /// That for the codeword's.
    pub chosen: Bus<Out>,
    above: Vec<Signal<Local, Bit>>,
    // The root first; the children of k are 2 k + 1 and 2 k + 2.
    node: Vec<Bus<Local>>,
}

impl LengthChoice {
    /// For this many lengths, 1 to 16, and values of `bits` bits.
    pub fn new(lengths: usize, bits: usize) -> Self {
        let buses = |count: usize| (0..count).map(|_| Bus::new(bits)).collect();
        Self {
            longer: many(lengths - 1),
            option: (0..lengths).map(|_| Bus::new(bits)).collect(),
            chosen: Bus::new(bits),
            above: many(LENGTHS - 1),
            node: buses(2 * LENGTHS - 1),
        }
    }
}

impl Logic for LengthChoice {
    #[hdl_gen]
    fn update(&mut self) {
        for i in 0..15 {
            self.above[i].next = false;
        }
        for i in 0..self.longer.len() {
            self.above[i].next = self.longer[i].val();
        }
        for i in 15..31 {
            self.node[i].next = 0.into();
        }
        for i in 0..self.option.len() {
            self.node[15 + i].next = self.option[i].val();
        }
        for i in 0..8 {
            self.node[7 + i].next = self.node[15 + i * 2].val();
            if self.above[i * 2].val() {
                self.node[7 + i].next = self.node[16 + i * 2].val();
            }
        }
        for i in 0..4 {
            self.node[3 + i].next = self.node[7 + i * 2].val();
            if self.above[i * 4 + 1].val() {
                self.node[3 + i].next = self.node[8 + i * 2].val();
            }
        }
        for i in 0..2 {
            self.node[1 + i].next = self.node[3 + i * 2].val();
            if self.above[i * 8 + 3].val() {
                self.node[1 + i].next = self.node[4 + i * 2].val();
            }
        }
        self.node[0].next = self.node[1].val();
        if self.above[7].val() {
            self.node[0].next = self.node[2].val();
        }
        self.chosen.next = self.node[0].val();
    }
}

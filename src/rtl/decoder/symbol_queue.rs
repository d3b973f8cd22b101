//! Symbols of turns that have been decoded ahead, until it is known that their turns are in the packet.
//!
//! | property | value |
//! |---|---|
//! | latency | a turn can be popped in the clock after it came, and is there a clock after `pop` |
//! | throughput | one turn in and one out a clock |
//! | capacity | 16 turns: four that are not proven yet, and those between the lanes and the token |
//!
//! There is no flow control: turns come in only as far ahead as that. `clear` drops those that the packet did not have.

use crate::rtl::prelude::*;

/// Queue of turns.
#[derive(LogicBlock)]
pub struct SymbolQueue {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Empties the queue.
    pub clear: Signal<In, Bit>,
    /// A turn comes in.
    pub push: Signal<In, Bit>,
    /// Its symbols.
    pub symbol_in: Vec<Signal<In, U<8>>>,
    /// Takes the oldest turn.
    pub pop: Signal<In, Bit>,
    /// The symbols of the turn that was the oldest in the clock before.
    pub symbol: Vec<Signal<Out, U<8>>>,
    ram: Vec<LutRam<4, 8>>,
    held: Vec<Register<U<8>>>,
    written: Register<U<4>>,
    read: Register<U<4>>,
    one: Constant<U<4>>,
}

impl SymbolQueue {
    /// For this many lanes.
    pub fn new(lanes: usize) -> Self {
        Self {
            clk: port(),
            clear: port(),
            push: port(),
            symbol_in: many(lanes),
            pop: port(),
            symbol: many(lanes),
            ram: (0..lanes).map(|_| LutRam::new().expect("4 address bits")).collect(),
            held: many(lanes),
            written: port(),
            read: port(),
            one: constant(1),
        }
    }
}

impl Logic for SymbolQueue {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clk, written, read);
        for i in 0..self.ram.len() {
            self.ram[i].clock.next = self.clk.val();
            self.ram[i].write_enable.next = self.push.val();
            self.ram[i].write_address.next = self.written.q.val();
            self.ram[i].write_data.next = self.symbol_in[i].val();
            self.ram[i].read_address.next = self.read.q.val();
            self.held[i].clock.next = self.clk.val();
            self.held[i].d.next = self.ram[i].read_data.val();
            self.symbol[i].next = self.held[i].q.val();
        }
        if self.push.val() {
            self.written.d.next = self.written.q.val() + self.one.val();
        }
        if self.pop.val() {
            self.read.d.next = self.read.q.val() + self.one.val();
        }
        if self.clear.val() {
            self.written.d.next = 0.into();
            self.read.d.next = 0.into();
        }
    }
}

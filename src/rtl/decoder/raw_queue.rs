//! Holds the raw words that travel ahead of their step (wire format, section 5.2).
//!
//! | property | value |
//! |---|---|
//! | latency | a word can be read in the clock after it came |
//! | throughput | one word in and one out a clock |
//! | capacity | 16 words: eight steps of lead, the step under way and the three clocks of the lanes' pipeline |
//!
//! There is no flow control: the lead is fixed. `clear` empties it between packets.

use crate::rtl::prelude::*;

/// Queue of one raw slot.
#[derive(LogicBlock)]
pub struct RawQueue {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Synchronous reset.
    pub rst: Signal<In, Bit>,
    /// Empties the queue.
    pub clear: Signal<In, Bit>,
    /// A word comes in.
    pub push: Signal<In, Bit>,
    /// The word.
    pub data: Signal<In, U<16>>,
    /// Drops the oldest word.
    pub pop: Signal<In, Bit>,
    /// The oldest word.
    pub word: Signal<Out, U<16>>,
    ram: LutRam<4, 16>,
    write_pointer: Register<U<4>>,
    read_pointer: Register<U<4>>,
    one: Constant<U<4>>,
}

impl Default for RawQueue {
    fn default() -> Self {
        Self {
            clk: port(),
            rst: port(),
            clear: port(),
            push: port(),
            data: port(),
            pop: port(),
            word: port(),
            ram: LutRam::new().expect("4 address bits"),
            write_pointer: port(),
            read_pointer: port(),
            one: constant(1),
        }
    }
}

impl Logic for RawQueue {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clk, write_pointer, read_pointer);
        self.ram.clock.next = self.clk.val();
        self.ram.write_enable.next = self.push.val();
        self.ram.write_address.next = self.write_pointer.q.val();
        self.ram.write_data.next = self.data.val();
        self.ram.read_address.next = self.read_pointer.q.val();
        self.word.next = self.ram.read_data.val();
        if self.push.val() {
            self.write_pointer.d.next = self.write_pointer.q.val() + self.one.val();
        }
        if self.pop.val() {
            self.read_pointer.d.next = self.read_pointer.q.val() + self.one.val();
        }
        if self.rst.val() | self.clear.val() {
            self.write_pointer.d.next = 0.into();
            self.read_pointer.d.next = 0.into();
        }
    }
}

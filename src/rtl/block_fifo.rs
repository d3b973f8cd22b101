//! First-in first-out queue in block RAM, for many or wide entries.
//!
//! ```text
//!              +-------------+  read   +-----------+         +------+
//!  push, data  |  block RAM  |-------->| its output|-------->| head |---> head, head_valid
//!  ----------->| 2^A entries |         +-----------+         +------+         <--- pop
//!              +-------------+
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | pushed in clock n, `head_valid` in n+3 |
//! | throughput | one push and one pop a clock |
//! | capacity | 2^A - 1 entries, and two behind the memory |
//! | `room` | registered, two clocks late; low as soon as fewer than `slack` entries are free, so that a pipeline of up to `slack`-3 clocks may still drain into the queue |
//!
//! The memory's output goes straight to a register: a block RAM needs most of a clock. Assumptions: no push into a full queue
//! (`room` says when to stop), no pop without `head_valid`.

use crate::rtl::prelude::*;

/// The queue.
#[derive(LogicBlock)]
pub struct BlockFifo {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Synchronous reset.
    pub rst: Signal<In, Bit>,
    /// Writes `data`.
    pub push: Signal<In, Bit>,
    /// Data to write.
    pub data: Bus<In>,
    /// Drops the head.
    pub pop: Signal<In, Bit>,
    /// Oldest entry.
    pub head: Bus<Out>,
    /// There is an oldest entry.
    pub head_valid: Signal<Out, Bit>,
    /// At least `slack` entries are free.
    pub room: Signal<Out, Bit>,
    ram: BlockRam,
    write_pointer: BusRegister,
    read_pointer: BusRegister,
    stored: BusRegister,
    has_room: Register<Bit>,
    read: Register<Bit>,
    head_data: BusRegister,
    head_full: Register<Bit>,
    some: Signal<Local, Bit>,
    to_head: Signal<Local, Bit>,
    reads: Signal<Local, Bit>,
    one: BusConstant,
    threshold: BusConstant,
}

impl BlockFifo {
    /// A queue of 2^`address_bits` entries of `bits` bits, whose `room` falls when fewer than `slack` are free.
    ///
    /// # Panics
    /// If there are more than 2^12 entries or not more than `slack`: both are fixed when a design is written.
    pub fn new(address_bits: usize, bits: usize, slack: usize) -> Self {
        assert!(slack > 0 && slack < 1 << address_bits, "BlockFifo of 2^{address_bits} with slack {slack}");
        Self {
            clk: port(),
            rst: port(),
            push: port(),
            data: Bus::new(bits),
            pop: port(),
            head: Bus::new(bits),
            head_valid: port(),
            room: port(),
            ram: BlockRam::new(address_bits, bits).expect("at most 12 address bits"),
            write_pointer: BusRegister::new(address_bits),
            read_pointer: BusRegister::new(address_bits),
            stored: BusRegister::new(address_bits),
            has_room: port(),
            read: port(),
            head_data: BusRegister::new(bits),
            head_full: port(),
            some: port(),
            to_head: port(),
            reads: port(),
            one: BusConstant::new(address_bits, 1),
            threshold: BusConstant::new(address_bits, ((1 << address_bits) - slack) as u128),
        }
    }
}

impl Logic for BlockFifo {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clk, write_pointer, read_pointer, stored, has_room, read, head_data, head_full);
        self.some.next = self.write_pointer.q.val() != self.read_pointer.q.val();
        self.to_head.next = !self.head_full.q.val() | self.pop.val();
        self.reads.next = (!self.read.q.val() | self.to_head.val()) & self.some.val();
        self.ram.clock.next = self.clk.val();
        self.ram.write_enable.next = self.push.val();
        self.ram.write_address.next = self.write_pointer.q.val();
        self.ram.write_data.next = self.data.val();
        self.ram.read_enable.next = self.reads.val();
        self.ram.read_address.next = self.read_pointer.q.val();
        if self.push.val() {
            self.write_pointer.d.next = self.write_pointer.q.val() + self.one.val();
        }
        if self.to_head.val() {
            self.head_data.d.next = self.ram.read_data.val();
            self.head_full.d.next = self.read.q.val();
            self.read.d.next = false;
        }
        if self.reads.val() {
            self.read_pointer.d.next = self.read_pointer.q.val() + self.one.val();
            self.read.d.next = true;
        }
        self.stored.d.next = self.write_pointer.q.val() - self.read_pointer.q.val();
        self.has_room.d.next = self.stored.q.val() < self.threshold.val();
        self.head.next = self.head_data.q.val();
        self.head_valid.next = self.head_full.q.val();
        self.room.next = self.has_room.q.val();
        if self.rst.val() {
            self.write_pointer.d.next = 0.into();
            self.read_pointer.d.next = 0.into();
            self.stored.d.next = 0.into();
            self.has_room.d.next = false;
            self.read.d.next = false;
            self.head_full.d.next = false;
        }
    }
}

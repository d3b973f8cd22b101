//! First-in first-out queue with a registered head and one entry of look-ahead.
//!
//! ```text
//!              +--------------+   refill   +------+
//!  push, data  |   LUT RAM    |----------->| head |---> head, head_tag, head_valid
//!  ----------->|  2^A entries |            +------+         <--- pop
//!              +--------------+------------------------> second, second_tag, second_valid
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | pushed in clock n, `second_valid` in n+1, `head_valid` in n+2 |
//! | throughput | one push and one pop a clock |
//! | capacity | 2^A entries and the head |
//! | `room` | registered; low as soon as fewer than `slack` entries are free, so that a pipeline of up to `slack`-2 clocks may still drain into the queue |
//!
//! Assumptions: no push into a full queue (`room` says when to stop), no pop without `head_valid`.

use crate::rtl::prelude::*;

/// The queue: 2^`A` entries, `C` = `A` + 1.
#[derive(LogicBlock)]
pub struct Fifo<const A: usize, const C: usize> {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Synchronous reset; also used to empty the queue.
    pub rst: Signal<In, Bit>,
    /// Writes `data` and `tag`.
    pub push: Signal<In, Bit>,
    /// Data to write.
    pub data: Bus<In>,
    /// Tag to write.
    pub tag: Bus<In>,
    /// Drops the head.
    pub pop: Signal<In, Bit>,
    /// Oldest entry.
    pub head: Bus<Out>,
    /// Tag of the oldest entry.
    pub head_tag: Bus<Out>,
    /// There is an oldest entry.
    pub head_valid: Signal<Out, Bit>,
    /// The entry behind the head.
    pub second: Bus<Out>,
    /// Its tag.
    pub second_tag: Bus<Out>,
    /// There is an entry behind the head.
    pub second_valid: Signal<Out, Bit>,
    /// At least `slack` entries are free.
    pub room: Signal<Out, Bit>,
    data_ram: BusRam<A>,
    tag_ram: BusRam<A>,
    write_pointer: Register<U<A>>,
    read_pointer: Register<U<A>>,
    stored: Register<U<C>>,
    head_data: BusRegister,
    head_mark: BusRegister,
    head_full: Register<Bit>,
    has_room: Register<Bit>,
    refill: Signal<Local, Bit>,
    one_address: Constant<U<A>>,
    one: Constant<U<C>>,
    threshold: Constant<U<C>>,
}

impl<const A: usize, const C: usize> Fifo<A, C> {
    /// A queue for `data_bits` of data and `tag_bits` of tag an entry, whose `room` falls when fewer than `slack` entries are free.
    ///
    /// # Panics
    /// If `C` is not `A` + 1 or `slack` is not below 2^`A`: both are fixed when a design is written.
    pub fn new(data_bits: usize, tag_bits: usize, slack: usize) -> Self {
        assert!(C == A + 1 && slack > 0 && slack < 1 << A, "Fifo<{A}, {C}> with slack {slack}");
        Self {
            clk: port(),
            rst: port(),
            push: port(),
            data: Bus::new(data_bits),
            tag: Bus::new(tag_bits),
            pop: port(),
            head: Bus::new(data_bits),
            head_tag: Bus::new(tag_bits),
            head_valid: port(),
            second: Bus::new(data_bits),
            second_tag: Bus::new(tag_bits),
            second_valid: port(),
            room: port(),
            data_ram: BusRam::new(data_bits).expect("at most 16 address bits"),
            tag_ram: BusRam::new(tag_bits).expect("at most 16 address bits"),
            write_pointer: port(),
            read_pointer: port(),
            stored: port(),
            head_data: BusRegister::new(data_bits),
            head_mark: BusRegister::new(tag_bits),
            head_full: port(),
            has_room: port(),
            refill: port(),
            one_address: constant(1),
            one: constant(1),
            threshold: constant((1 << A) - slack as u128),
        }
    }
}

impl<const A: usize, const C: usize> Logic for Fifo<A, C> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clk, write_pointer, read_pointer, stored, head_data, head_mark, head_full, has_room);
        self.data_ram.clock.next = self.clk.val();
        self.tag_ram.clock.next = self.clk.val();

        self.data_ram.write_enable.next = self.push.val();
        self.data_ram.write_address.next = self.write_pointer.q.val();
        self.data_ram.write_data.next = self.data.val();
        self.data_ram.read_address.next = self.read_pointer.q.val();
        self.tag_ram.write_enable.next = self.push.val();
        self.tag_ram.write_address.next = self.write_pointer.q.val();
        self.tag_ram.write_data.next = self.tag.val();
        self.tag_ram.read_address.next = self.read_pointer.q.val();

        self.head.next = self.head_data.q.val();
        self.head_tag.next = self.head_mark.q.val();
        self.head_valid.next = self.head_full.q.val();
        self.second.next = self.data_ram.read_data.val();
        self.second_tag.next = self.tag_ram.read_data.val();
        self.second_valid.next = self.stored.q.val().any();
        self.room.next = self.has_room.q.val();

        self.refill.next = (!self.head_full.q.val() | self.pop.val()) & self.stored.q.val().any();
        if self.push.val() {
            self.write_pointer.d.next = self.write_pointer.q.val() + self.one_address.val();
        }
        if self.refill.val() {
            self.head_data.d.next = self.data_ram.read_data.val();
            self.head_mark.d.next = self.tag_ram.read_data.val();
            self.head_full.d.next = true;
            self.read_pointer.d.next = self.read_pointer.q.val() + self.one_address.val();
        } else if self.pop.val() {
            self.head_full.d.next = false;
        }
        if self.push.val() & !self.refill.val() {
            self.stored.d.next = self.stored.q.val() + self.one.val();
        }
        if !self.push.val() & self.refill.val() {
            self.stored.d.next = self.stored.q.val() - self.one.val();
        }
        self.has_room.d.next = self.stored.q.val() < self.threshold.val();
        if self.rst.val() {
            self.write_pointer.d.next = 0.into();
            self.read_pointer.d.next = 0.into();
            self.stored.d.next = 0.into();
            self.head_full.d.next = false;
            self.has_room.d.next = false;
        }
    }
}

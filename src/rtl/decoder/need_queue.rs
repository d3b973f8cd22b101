//! Which lanes need a word, group after group, and how many they are: counted long before the group is served.
//!
//! ```text
//!  need --> | --> [ count ] --> [ queue of 16 ] --> | --> want, asked
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | three clocks from `push` to `want` |
//! | throughput | one group a clock |
//!
//! There is no flow control: a group is pushed two clocks before the one in front of it is popped, and no more than eight turns are
//! between.
//! `clear` leaves an empty group at the front, which asks for nothing until it is popped.

use crate::rtl::prelude::*;

/// Lanes that are counted by one table.
const PART: usize = 4;

/// Queue of groups.
#[derive(LogicBlock)]
pub struct NeedQueue {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Forgets everything.
    pub clear: Signal<In, Bit>,
    /// A turn's lanes come in.
    pub push: Signal<In, Bit>,
    /// Those that need a word.
    pub need: Bus<In>,
    /// Takes the oldest group.
    pub pop: Signal<In, Bit>,
    /// Lanes of the oldest group that ask.
    pub want: Bus<Out>,
    /// How many they are.
    pub asked: Bus<Out>,
    pushed: Register<Bit>,
    needing: BusRegister,
    whole: Bus<Local>,
    counts: Vec<Rom<3>>,
    part: Signal<Local, U<3>>,
    sum: Bus<Local>,
    queue: BusRam<4>,
    written: Register<U<4>>,
    read: Register<U<4>>,
    head: BusRegister,
    one: Constant<U<4>>,
    lane_bits: BusConstant,
    _lanes: usize,
    _whole_bits: usize,
    _count_bits: usize,
    _entry_bits: usize,
}

impl NeedQueue {
    /// For this many lanes.
    pub fn new(lanes: usize) -> Self {
        let (count, parts) = (bits_for(lanes), lanes.div_ceil(PART));
        let ones: Vec<u128> = (0u32..1 << PART).map(|set| set.count_ones().into()).collect();
        Self {
            clk: port(),
            clear: port(),
            push: port(),
            need: Bus::new(lanes),
            pop: port(),
            want: Bus::new(lanes),
            asked: Bus::new(count),
            pushed: port(),
            needing: BusRegister::new(lanes),
            whole: Bus::new(parts * PART),
            counts: (0..parts).map(|_| Rom::new(&ones).expect("16 words of 3 bits")).collect(),
            part: port(),
            sum: Bus::new(count),
            queue: BusRam::new(lanes + count).expect("4 address bits"),
            written: port(),
            read: port(),
            head: BusRegister::new(lanes + count),
            one: constant(1),
            lane_bits: BusConstant::new(8, lanes as u128),
            _lanes: lanes,
            _whole_bits: parts * PART,
            _count_bits: count,
            _entry_bits: lanes + count,
        }
    }
}

impl Logic for NeedQueue {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clk, pushed, needing, written, read, head);
        self.pushed.d.next = self.push.val();
        self.needing.d.next = self.need.val();
        self.whole.next = bit_cast_to(self.needing.q.val(), self._whole_bits);
        self.sum.next = 0.into();
        for i in 0..self.counts.len() {
            self.counts[i].address.next = self.whole.val().get_bits::<4>(i * 4).into();
            self.part.next = self.counts[i].data.val();
            self.sum.next = self.sum.val() + bit_cast_to(self.part.val(), self._count_bits);
        }
        self.queue.clock.next = self.clk.val();
        self.queue.write_enable.next = self.pushed.q.val();
        self.queue.write_address.next = self.written.q.val();
        self.queue.write_data.next = (bit_cast_to(self.sum.val(), self._entry_bits) << self.lane_bits.val())
            | bit_cast_to(self.needing.q.val(), self._entry_bits);
        if self.pushed.q.val() {
            self.written.d.next = self.written.q.val() + self.one.val();
        }

        self.queue.read_address.next = self.read.q.val();
        if self.pop.val() {
            self.head.d.next = self.queue.read_data.val();
            self.read.d.next = self.read.q.val() + self.one.val();
        }
        self.want.next = bit_cast_to(self.head.q.val(), self._lanes);
        self.asked.next = bit_cast_to(self.head.q.val() >> self.lane_bits.val(), self._count_bits);

        if self.clear.val() {
            self.pushed.d.next = false;
            self.written.d.next = 0.into();
            self.read.d.next = 0.into();
            self.head.d.next = 0.into();
        }
    }
}

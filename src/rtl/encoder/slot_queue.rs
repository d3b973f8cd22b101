//! Queue of one slot's words, in block RAM.
//!
//! ```text
//!  push, word --> [ block RAM, 2^A words ] --> oldest (a clock after `ask`)
//!  follow --> [ bound ] <-- write pointer            [ read pointer, the two behind it ] <-- ask
//!                 '----------> differ? --> ready, second <-------'
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | pushed in clock n, `ready` in n+3; asked for in clock n, `oldest` in n+1 |
//! | throughput | one push and one word asked for a clock |
//!
//! Words beyond the bound do not count: without `follow` it stays where the packet ends while words of the next packet come in
//! already. An `ask` without `ready` takes nothing. Assumption: at most 2^A - 1 words are in the queue; it does not look after
//! that, for a step has at most one word of a slot, and the queue of steps is shorter.

use crate::rtl::prelude::*;

/// One slot's queue, of 2^`A` words.
#[derive(LogicBlock)]
pub struct SlotQueue<const A: usize> {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Synchronous reset.
    pub rst: Signal<In, Bit>,
    /// There is a word to write.
    pub push: Signal<In, Bit>,
    /// The word.
    pub word: Signal<In, U<16>>,
    /// The bound moves to what is written.
    pub follow: Signal<In, Bit>,
    /// Takes the oldest word, if there is one.
    pub ask: Signal<In, Bit>,
    /// There is one.
    pub ready: Signal<Out, Bit>,
    /// There is another behind it.
    pub second: Signal<Out, Bit>,
    /// The word asked for a clock ago.
    pub oldest: Signal<Out, U<16>>,
    ram: BlockRam,
    write_pointer: Register<U<A>>,
    bound: Register<U<A>>,
    read_pointer: Register<U<A>>,
    following: Register<U<A>>,
    behind: Register<U<A>>,
    some: Register<Bit>,
    two: Register<Bit>,
    takes: Signal<Local, Bit>,
    one: Constant<U<A>>,
    two_words: Constant<U<A>>,
}

impl<const A: usize> Default for SlotQueue<A> {
    fn default() -> Self {
        Self {
            clk: port(),
            rst: port(),
            push: port(),
            word: port(),
            follow: port(),
            ask: port(),
            ready: port(),
            second: port(),
            oldest: port(),
            ram: BlockRam::new(A, 16).expect("at most 12 address bits"),
            write_pointer: port(),
            bound: port(),
            read_pointer: port(),
            following: port(),
            behind: port(),
            some: port(),
            two: port(),
            takes: port(),
            one: constant(1),
            two_words: constant(2),
        }
    }
}

impl<const A: usize> Logic for SlotQueue<A> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clk, write_pointer, bound, read_pointer, following, behind, some, two);
        self.takes.next = self.ask.val() & self.some.q.val();
        self.ram.clock.next = self.clk.val();
        self.ram.write_enable.next = self.push.val();
        self.ram.write_address.next = self.write_pointer.q.val().into();
        self.ram.write_data.next = self.word.val().into();
        self.ram.read_enable.next = true;
        self.ram.read_address.next = self.read_pointer.q.val().into();
        if self.push.val() {
            self.write_pointer.d.next = self.write_pointer.q.val() + self.one.val();
        }
        if self.follow.val() {
            self.bound.d.next = self.write_pointer.q.val();
        }
        // The comparisons are there before it is known which of them count.
        self.some.d.next = self.read_pointer.q.val() != self.bound.q.val();
        self.two.d.next =
            (self.read_pointer.q.val() != self.bound.q.val()) & (self.following.q.val() != self.bound.q.val());
        if self.takes.val() {
            self.read_pointer.d.next = self.following.q.val();
            self.following.d.next = self.behind.q.val();
            self.behind.d.next = self.behind.q.val() + self.one.val();
            self.some.d.next = self.following.q.val() != self.bound.q.val();
            self.two.d.next =
                (self.following.q.val() != self.bound.q.val()) & (self.behind.q.val() != self.bound.q.val());
        }
        self.ready.next = self.some.q.val();
        self.second.next = self.two.q.val();
        self.oldest.next = self.ram.read_data.val().get_bits::<16>(0);
        if self.rst.val() {
            self.write_pointer.d.next = 0.into();
            self.bound.d.next = 0.into();
            self.read_pointer.d.next = 0.into();
            self.following.d.next = self.one.val();
            self.behind.d.next = self.two_words.val();
            self.some.d.next = false;
            self.two.d.next = false;
        }
    }
}

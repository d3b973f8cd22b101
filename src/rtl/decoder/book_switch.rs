//! The book that the lanes use next (wire format, section 6.1).
//!
//! ```text
//!  header's book --------------------------------+--> lookup, changes
//!  id bits of steps 0 to 3 --> [ next book ] ----'    at the end of a block
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | a bit of an id comes a clock after its step |
//!
//! Blocks have 16 steps. Without a book for each block, the packet's serves all of it.

use crate::rtl::prelude::*;

/// The choice of the next book.
#[derive(LogicBlock)]
pub struct BookSwitch {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// A packet begins.
    pub start: Signal<In, Bit>,
    /// The book of its header, from `start` on.
    pub header_book: Signal<In, U<4>>,
    /// A step.
    pub step: Signal<In, Bit>,
    /// A bit of the next block's id stands behind lane 0's codeword of the step that comes.
    pub extra: Signal<Out, Bit>,
    /// That bit, a clock after the step.
    pub id_bit: Signal<In, Bit>,
    /// Book that the lanes use next.
    pub lookup: Signal<Out, U<4>>,
    /// From the next clock on.
    pub changes: Signal<Out, Bit>,
    position: Register<U<4>>,
    next_position: Signal<Local, U<4>>,
    carries: Register<Bit>,
    started: Register<Bit>,
    pending: Register<Bit>,
    next_book: Register<U<4>>,
    blocks: Constant<U<1>>,
    one: Constant<U<4>>,
}

impl BookSwitch {
    /// For a book for each block, or for each packet.
    pub fn new(blocks: bool) -> Self {
        Self {
            clk: port(),
            start: port(),
            header_book: port(),
            step: port(),
            extra: port(),
            id_bit: port(),
            lookup: port(),
            changes: port(),
            position: port(),
            next_position: port(),
            carries: port(),
            started: port(),
            pending: port(),
            next_book: port(),
            blocks: constant(blocks.into()),
            one: constant(1),
        }
    }
}

impl Logic for BookSwitch {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clk, position, carries, started, pending, next_book);
        self.extra.next = self.carries.q.val();
        self.pending.d.next = self.step.val() & self.extra.val();
        if self.pending.q.val() {
            self.next_book.d.next = self.next_book.q.val() << 1;
            if self.id_bit.val() {
                self.next_book.d.next = (self.next_book.q.val() << 1) | self.one.val();
            }
        }
        self.lookup.next = self.header_book.val();
        if self.started.q.val() & self.blocks.val().any() {
            self.lookup.next = self.next_book.q.val();
        }
        self.changes.next =
            (!self.started.q.val() | !self.blocks.val().any()) | (self.step.val() & self.position.q.val().all());
        if self.step.val() {
            self.started.d.next = true;
        }
        self.next_position.next = self.position.q.val();
        if self.step.val() {
            self.next_position.next = self.position.q.val() + self.one.val();
        }
        if self.start.val() {
            self.started.d.next = false;
            self.next_position.next = 0.into();
            self.next_book.d.next = 0.into();
            self.pending.d.next = false;
        }
        // The lanes' loop begins with this bit, so it is known beforehand.
        self.position.d.next = self.next_position.val();
        self.carries.d.next = self.blocks.val().any() & !self.next_position.val().get_bits::<2>(2).any();
    }
}

//! The book that the lanes use next (wire format, section 6.1).
//!
//! ```text
//!  header's book ---------------------+--> lookup, changes
//!  id bits --> [ next book ] ---------'    at the end of a block
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | a bit of an id comes a clock after its step, with lanes in turn five clocks |
//!
//! Without a book for each block, the packet's serves all of it. With lanes in turn, turns are counted in place of steps; bits
//! of an id are in the first turn of a step. The lanes look at the book some clocks late then, so that it is told as late.

use super::turn_lane::{CODE_CLOCKS, NEED_CLOCKS};
use crate::rtl::prelude::*;
use crate::wire::{BOOK_ID_BITS, BOOK_LEAD_STEPS};

/// The choice of the next book.
#[derive(LogicBlock)]
pub struct BookSwitch {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// A packet begins.
    pub start: Signal<In, Bit>,
    /// The book of its header, from `start` on.
    pub header_book: Signal<In, U<4>>,
    /// A step, or a turn.
    pub step: Signal<In, Bit>,
    /// A bit of the next block's id stands behind lane 0's codeword of the step that comes.
    pub extra: Signal<Out, Bit>,
    /// That bit, some clocks after the step.
    pub id_bit: Signal<In, Bit>,
    /// Book that the lanes use next.
    pub lookup: Signal<Out, U<4>>,
    /// From the next clock on.
    pub changes: Signal<Out, Bit>,
    position: BusRegister,
    next_position: Bus<Local>,
    carries: Register<Bit>,
    started: Register<Bit>,
    awaited: Vec<Register<Bit>>,
    comes: Signal<Local, Bit>,
    next_book: Register<U<4>>,
    coming_book: Signal<Local, U<4>>,
    now: Signal<Local, Bit>,
    late_book: Vec<Register<U<4>>>,
    late_change: Vec<Register<Bit>>,
    blocks: Constant<U<1>>,
    one: Constant<U<4>>,
    one_step: BusConstant,
    id_mask: BusConstant,
    id_place: BusConstant,
}

impl BookSwitch {
    /// For a book for each block of so many steps, or for each packet; a step has `turns` turns, 1 or 4.
    pub fn new(block_steps: Option<usize>, turns: usize) -> Self {
        let steps = block_steps.unwrap_or(BOOK_LEAD_STEPS as usize);
        let bits = (steps * turns).ilog2() as usize;
        // The steps of the id's bits begin with a multiple of their number.
        let of_bits = (BOOK_ID_BITS as usize - 1) * turns;
        let late = if turns == 1 { 0 } else { CODE_CLOCKS };
        Self {
            clk: port(),
            start: port(),
            header_book: port(),
            step: port(),
            extra: port(),
            id_bit: port(),
            lookup: port(),
            changes: port(),
            position: BusRegister::new(bits),
            next_position: Bus::new(bits),
            carries: port(),
            started: port(),
            awaited: many(if turns == 1 { 1 } else { NEED_CLOCKS }),
            comes: port(),
            next_book: port(),
            coming_book: port(),
            now: port(),
            late_book: many(late),
            late_change: many(late),
            blocks: constant(block_steps.is_some().into()),
            one: constant(1),
            one_step: BusConstant::new(bits, 1),
            id_mask: BusConstant::new(bits, ((1 << bits) - 1 - of_bits) as u128),
            id_place: BusConstant::new(bits, ((steps - BOOK_LEAD_STEPS as usize) * turns) as u128),
        }
    }
}

impl Logic for BookSwitch {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clk, position, carries, started, next_book);
        self.extra.next = self.carries.q.val();
        self.comes.next = false;
        for i in 0..self.awaited.len() {
            self.awaited[i].clock.next = self.clk.val();
            self.comes.next = self.awaited[i].q.val();
        }
        self.awaited[0].d.next = self.step.val() & self.extra.val();
        for i in 1..self.awaited.len() {
            self.awaited[i].d.next = self.awaited[i - 1].q.val();
        }
        if self.comes.val() {
            self.next_book.d.next = self.next_book.q.val() << 1;
            if self.id_bit.val() {
                self.next_book.d.next = (self.next_book.q.val() << 1) | self.one.val();
            }
        }
        self.coming_book.next = self.header_book.val();
        if self.started.q.val() & self.blocks.val().any() {
            self.coming_book.next = self.next_book.q.val();
        }
        self.now.next =
            (!self.started.q.val() | !self.blocks.val().any()) | (self.step.val() & self.position.q.val().all());
        self.lookup.next = self.coming_book.val();
        self.changes.next = self.now.val();
        for i in 0..self.late_book.len() {
            self.late_book[i].clock.next = self.clk.val();
            self.late_change[i].clock.next = self.clk.val();
            self.late_book[i].d.next = self.coming_book.val();
            self.late_change[i].d.next = self.now.val();
            self.lookup.next = self.late_book[i].q.val();
            self.changes.next = self.late_change[i].q.val();
        }
        for i in 1..self.late_book.len() {
            self.late_book[i].d.next = self.late_book[i - 1].q.val();
            self.late_change[i].d.next = self.late_change[i - 1].q.val();
        }
        if self.step.val() {
            self.started.d.next = true;
        }
        self.next_position.next = self.position.q.val();
        if self.step.val() {
            self.next_position.next = self.position.q.val() + self.one_step.val();
        }
        if self.start.val() {
            self.started.d.next = false;
            self.next_position.next = 0.into();
            self.next_book.d.next = 0.into();
            for i in 0..self.awaited.len() {
                self.awaited[i].d.next = false;
            }
        }
        // The lanes' loop begins with this bit, so it is known beforehand.
        self.position.d.next = self.next_position.val();
        self.carries.d.next =
            self.blocks.val().any() & ((self.next_position.val() & self.id_mask.val()) == self.id_place.val());
    }
}

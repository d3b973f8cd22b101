//! Queues of the words of the lanes that share a packer, one for each turn, in one block RAM.
//!
//! ```text
//!  push, word ---> [ block RAM, 8 regions of 128 words ] --> oldest (a clock after `ask`)
//!  [ write pointers in a ring ] --> [ last word of each region ] --> | --> == <-- [ read pointers in a ring ]
//!                                                                         |
//!  place --> [ which turns have a word, which only one, in rings ] <------'
//!                         '--> ready, following, left
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | pushed in clock n, `ready` in n+1; asked for in clock n, `oldest` in n+1 |
//! | throughput | one push and one word asked for a clock |
//!
//! Words come in turn by turn and are asked for turn by turn, so the state of a turn comes round when the turn does: what is
//! kept of a turn stands in rings, those of the pushes moved by `turn_in`, those of the requests by `rotate`. No word is counted:
//! a push marks its turn, and the word asked for unmarks it if it is the only one. A push to a turn without a word makes its word
//! the only one, any other push makes it one of several, and what an `ask` leaves is only one if it stands where the last push of its
//! region wrote: that is found out in the clock behind it. Each packet has regions of its own and starts in all of them at the
//! first word ([`TurnRegions`](super::turn_regions::TurnRegions)); the marks of the one behind are kept until `moves`.
//!
//! Assumptions: at most 128 words are in a region; `ask` comes with `rotate`; all words of a packet have been asked for before
//! `moves`, which comes without `rotate`. An `ask` without `ready` takes nothing.

use super::turn_regions::{REGION_BITS, TURNS};
use crate::rtl::prelude::*;

/// log2 of the words that a region has place for.
pub const REGION_DEPTH_LOG2: usize = 7;

/// The queues of one packer.
#[derive(LogicBlock)]
pub struct TurnQueue {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Synchronous reset.
    pub rst: Signal<In, Bit>,
    /// There is a word to write.
    pub push: Signal<In, Bit>,
    /// The word.
    pub word: Signal<In, U<16>>,
    /// A turn comes in, with its word if it has one.
    pub turn_in: Signal<In, Bit>,
    /// The packet that comes in ends with this clock.
    pub closes: Signal<In, Bit>,
    /// Region of the words that come in.
    pub in_region: Signal<In, U<REGION_BITS>>,
    /// Takes the oldest word of the turn, if there is one.
    pub ask: Signal<In, Bit>,
    /// On to the next turn.
    pub rotate: Signal<In, Bit>,
    /// On to the next packet.
    pub moves: Signal<In, Bit>,
    /// Region of the words that are asked for.
    pub out_region: Signal<In, U<REGION_BITS>>,
    /// What comes in is of the packet that is asked for in the next clock.
    pub same_packet: Signal<In, Bit>,
    /// The turn that comes in is so many behind the one asked for.
    pub place: Vec<Signal<In, Bit>>,
    /// It is this turn of the packet behind.
    pub later: Vec<Signal<In, Bit>>,
    /// The turn has a word.
    pub ready: Signal<Out, Bit>,
    /// The turn behind it has one.
    pub following: Signal<Out, Bit>,
    /// Any of the packet's turns has one.
    pub left: Signal<Out, Bit>,
    /// The word asked for a clock ago.
    pub oldest: Signal<Out, U<16>>,
    ram: BlockRam,
    /// Where the last word of each region stands.
    last: LutRam<REGION_BITS, REGION_DEPTH_LOG2>,
    /// The turn's own first, in all rings.
    write_pointer: Vec<Register<U<REGION_DEPTH_LOG2>>>,
    read_pointer: Vec<Register<U<REGION_DEPTH_LOG2>>>,
    some: Vec<Register<Bit>>,
    some_later: Vec<Register<Bit>>,
    any: Register<Bit>,
    /// The turns have one word, if they have any.
    single: Vec<Register<Bit>>,
    single_later: Vec<Register<Bit>>,
    /// A word may have been taken of what is now the last turn: whether one is left is found out in this clock.
    judges: Register<Bit>,
    last_held: Register<U<REGION_DEPTH_LOG2>>,
    in_address: Signal<Local, U<ADDRESS_BITS>>,
    out_address: Signal<Local, U<ADDRESS_BITS>>,
    takes: Signal<Local, Bit>,
    stays: Signal<Local, Bit>,
    marked: Vec<Signal<Local, Bit>>,
    kept: Signal<Local, Bit>,
    marked_later: Vec<Signal<Local, Bit>>,
    alone: Vec<Signal<Local, Bit>>,
    alone_later: Vec<Signal<Local, Bit>>,
    remains: Signal<Local, Bit>,
    written: Signal<Local, U<REGION_DEPTH_LOG2>>,
    read: Signal<Local, U<REGION_DEPTH_LOG2>>,
    step: Signal<Local, U<1>>,
    depth_log2: Constant<U<4>>,
}

const ADDRESS_BITS: usize = REGION_BITS + REGION_DEPTH_LOG2;

impl Default for TurnQueue {
    fn default() -> Self {
        Self {
            clk: port(),
            rst: port(),
            push: port(),
            word: port(),
            turn_in: port(),
            closes: port(),
            in_region: port(),
            ask: port(),
            rotate: port(),
            moves: port(),
            out_region: port(),
            same_packet: port(),
            place: many(TURNS),
            later: many(TURNS),
            ready: port(),
            following: port(),
            left: port(),
            oldest: port(),
            ram: BlockRam::new(ADDRESS_BITS, 16).expect("at most 12 address bits"),
            last: LutRam::new().expect("at most 12 address bits"),
            write_pointer: many(TURNS),
            read_pointer: many(TURNS),
            some: many(TURNS),
            some_later: many(TURNS),
            any: port(),
            single: many(TURNS),
            single_later: many(TURNS),
            judges: port(),
            last_held: port(),
            in_address: port(),
            out_address: port(),
            takes: port(),
            stays: port(),
            marked: many(TURNS),
            kept: port(),
            marked_later: many(TURNS),
            alone: many(TURNS),
            alone_later: many(TURNS),
            remains: port(),
            written: port(),
            read: port(),
            step: port(),
            depth_log2: constant(REGION_DEPTH_LOG2 as u128),
        }
    }
}

impl Logic for TurnQueue {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clk, any, judges, last_held);
        // Memories.
        self.ram.clock.next = self.clk.val();
        self.ram.write_enable.next = self.push.val();
        self.in_address.next = (bit_cast::<10, 3>(self.in_region.val()) << self.depth_log2.val())
            | bit_cast::<10, 7>(self.write_pointer[0].q.val());
        self.ram.write_address.next = self.in_address.val().into();
        self.ram.write_data.next = self.word.val().into();
        self.ram.read_enable.next = true;
        self.out_address.next = (bit_cast::<10, 3>(self.out_region.val()) << self.depth_log2.val())
            | bit_cast::<10, 7>(self.read_pointer[0].q.val());
        self.ram.read_address.next = self.out_address.val().into();
        self.last.clock.next = self.clk.val();
        self.last.write_enable.next = self.push.val();
        self.last.write_address.next = self.in_region.val();
        self.last.write_data.next = self.write_pointer[0].q.val();
        self.last.read_address.next = self.out_region.val();
        self.last_held.d.next = self.last.read_data.val();

        // Rings.
        self.takes.next = self.ask.val() & self.some[0].q.val();
        self.stays.next = self.some[0].q.val() & !(self.ask.val() & self.single[0].q.val());
        // With what comes in; `kept` is of the turn that goes round.
        for i in 0..self.some.len() {
            self.marked[i].next = self.some[i].q.val() | (self.push.val() & self.place[i].val());
            self.marked_later[i].next = self.some_later[i].q.val() | (self.push.val() & self.later[i].val());
        }
        self.kept.next = self.stays.val() | (self.push.val() & self.place[0].val());
        // Only one word.
        for i in 0..self.single.len() {
            self.alone[i].next = self.single[i].q.val();
            self.alone_later[i].next = self.single_later[i].q.val();
        }
        if self.judges.q.val() {
            self.alone[3].next = self.read_pointer[3].q.val() == self.last_held.q.val();
        }
        for i in 0..self.single.len() {
            if self.push.val() & self.place[i].val() {
                self.alone[i].next = !self.some[i].q.val();
            }
            if self.push.val() & self.later[i].val() {
                self.alone_later[i].next = !self.some_later[i].q.val();
            }
        }
        self.judges.d.next = self.rotate.val() & !(self.push.val() & self.place[0].val());
        self.step.next = self.push.val().into();
        self.written.next = self.write_pointer[0].q.val() + bit_cast::<7, 1>(self.step.val());
        self.step.next = self.takes.val().into();
        self.read.next = self.read_pointer[0].q.val() + bit_cast::<7, 1>(self.step.val());
        for i in 0..self.some.len() {
            self.write_pointer[i].clock.next = self.clk.val();
            self.read_pointer[i].clock.next = self.clk.val();
            self.some[i].clock.next = self.clk.val();
            self.some_later[i].clock.next = self.clk.val();
            self.single[i].clock.next = self.clk.val();
            self.single_later[i].clock.next = self.clk.val();
            self.write_pointer[i].d.next = self.write_pointer[i].q.val();
            self.read_pointer[i].d.next = self.read_pointer[i].q.val();
            self.some[i].d.next = self.marked[i].val();
            self.single[i].d.next = self.alone[i].val();
        }
        if self.turn_in.val() {
            for i in 1..self.write_pointer.len() {
                self.write_pointer[i - 1].d.next = self.write_pointer[i].q.val();
            }
            self.write_pointer[3].d.next = self.written.val();
        }
        if self.rotate.val() {
            for i in 1..self.some.len() {
                self.read_pointer[i - 1].d.next = self.read_pointer[i].q.val();
                self.some[i - 1].d.next = self.marked[i].val();
                self.single[i - 1].d.next = self.alone[i].val();
            }
            self.read_pointer[3].d.next = self.read.val();
            self.some[3].d.next = self.kept.val();
            // If a word comes in; else it is found out in the next clock.
            self.single[3].d.next = !self.stays.val();
        }

        // Ahead, for whoever asks has no time for it.
        self.remains.next = (self.stays.val() | self.some[1].q.val()) | (self.some[2].q.val() | self.some[3].q.val());
        if self.moves.val() {
            self.remains.next = (self.some_later[0].q.val() | self.some_later[1].q.val())
                | (self.some_later[2].q.val() | self.some_later[3].q.val());
        }
        self.any.d.next = self.remains.val() | (self.push.val() & self.same_packet.val());

        // On to the next packet.
        for i in 0..self.some.len() {
            self.some_later[i].d.next = self.marked_later[i].val();
            self.single_later[i].d.next = self.alone_later[i].val();
            if self.moves.val() {
                self.read_pointer[i].d.next = 0.into();
                self.some[i].d.next = self.marked_later[i].val();
                self.some_later[i].d.next = false;
                self.single[i].d.next = self.alone_later[i].val();
            }
            if self.closes.val() {
                self.write_pointer[i].d.next = 0.into();
            }
        }
        self.ready.next = self.some[0].q.val();
        self.following.next = self.some[1].q.val();
        self.left.next = self.any.q.val();
        self.oldest.next = self.ram.read_data.val().get_bits::<16>(0);
        if self.rst.val() {
            for i in 0..self.some.len() {
                self.write_pointer[i].d.next = 0.into();
                self.read_pointer[i].d.next = 0.into();
                self.some[i].d.next = false;
                self.some_later[i].d.next = false;
            }
            self.any.d.next = false;
            self.judges.d.next = false;
        }
    }
}

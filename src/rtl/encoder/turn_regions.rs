//! Where words come in and go out when lanes are served in turn, for the queues of all lanes at once.
//!
//! ```text
//!  turn, closes --> [ packet, turn that come in ] --> in_region ---.
//!                                                                  +--> place, later
//!  rotate, moves -> [ packet, turn asked for ] ----> out_region ---'
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | all are registers but `same_packet`, which goes by `moves` in the same clock |
//!
//! A region is one turn of one packet: its number is the turn, with the packet's parity above it. At most two packets are in
//! the queues, the one that is asked for and one behind it, so that no two share a region.

use crate::rtl::prelude::*;
use crate::wire::LANES_IN_TURN;

/// Turns of a step.
pub const TURNS: usize = LANES_IN_TURN as usize;
/// Bits of a turn's number.
const TURN_BITS: usize = 2;
/// Bits of a region's number.
pub const REGION_BITS: usize = TURN_BITS + 1;

/// The pointers.
#[derive(LogicBlock)]
pub struct TurnRegions {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Synchronous reset.
    pub rst: Signal<In, Bit>,
    /// A turn comes in, or a clock of the end of its packet.
    pub turn: Signal<In, Bit>,
    /// The packet that comes in ends with this clock.
    pub closes: Signal<In, Bit>,
    /// The words of a turn are asked for.
    pub rotate: Signal<In, Bit>,
    /// All words of the packet have been asked for: on to the next one.
    pub moves: Signal<In, Bit>,
    /// Region of the words that come in.
    pub in_region: Signal<Out, U<REGION_BITS>>,
    /// Region of the words that are asked for.
    pub out_region: Signal<Out, U<REGION_BITS>>,
    /// What comes in is of the packet that is asked for in the next clock.
    pub same_packet: Signal<Out, Bit>,
    /// How many turns behind the one asked for the one that comes in is, if it is of the same packet.
    pub place: Vec<Signal<Out, Bit>>,
    /// Which turn comes in, if it is of the packet behind that.
    pub later: Vec<Signal<Out, Bit>>,
    in_turn: Register<U<TURN_BITS>>,
    in_packet: Register<Bit>,
    out_turn: Register<U<TURN_BITS>>,
    out_packet: Register<Bit>,
    /// The packet that comes in is the one asked for, or the second behind it.
    same: Register<Bit>,
    /// Which turn comes in, and how many turns behind the one asked for that is, if both are of one packet.
    comes: Vec<Register<Bit>>,
    behind: Vec<Register<Bit>>,
    /// The same, of the packet asked for and of the one behind it.
    place_held: Vec<Register<Bit>>,
    later_held: Vec<Register<Bit>>,
    coming: Vec<Signal<Local, Bit>>,
    going: Vec<Signal<Local, Bit>>,
    one_packet: Signal<Local, Bit>,
    coming_packet: Signal<Local, Bit>,
    going_packet: Signal<Local, Bit>,
    after: Signal<Local, U<TURN_BITS>>,
    one: Constant<U<TURN_BITS>>,
}

impl Default for TurnRegions {
    fn default() -> Self {
        Self {
            clk: port(),
            rst: port(),
            turn: port(),
            closes: port(),
            rotate: port(),
            moves: port(),
            in_region: port(),
            out_region: port(),
            same_packet: port(),
            place: many(TURNS),
            later: many(TURNS),
            in_turn: port(),
            in_packet: port(),
            out_turn: port(),
            out_packet: port(),
            same: port(),
            comes: many(TURNS),
            behind: many(TURNS),
            place_held: many(TURNS),
            later_held: many(TURNS),
            coming: many(TURNS),
            going: many(TURNS),
            one_packet: port(),
            coming_packet: port(),
            going_packet: port(),
            after: port(),
            one: constant(1),
        }
    }
}

impl Logic for TurnRegions {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clk, in_turn, in_packet, out_turn, out_packet, same);
        for i in 0..self.comes.len() {
            self.comes[i].clock.next = self.clk.val();
            self.behind[i].clock.next = self.clk.val();
            self.place_held[i].clock.next = self.clk.val();
            self.later_held[i].clock.next = self.clk.val();
            self.coming[i].next = self.comes[i].q.val();
            self.going[i].next = self.behind[i].q.val();
        }
        self.coming_packet.next = self.in_packet.q.val();
        self.going_packet.next = self.out_packet.q.val();
        if self.turn.val() {
            self.in_turn.d.next = self.in_turn.q.val() + self.one.val();
            for i in 1..self.comes.len() {
                self.coming[i].next = self.comes[i - 1].q.val();
            }
            self.coming[0].next = self.comes[3].q.val();
        }
        if self.closes.val() {
            self.in_turn.d.next = 0.into();
            for i in 1..self.comes.len() {
                self.coming[i].next = false;
            }
            self.coming[0].next = true;
            self.coming_packet.next = !self.in_packet.q.val();
        }
        self.after.next = self.out_turn.q.val();
        if self.rotate.val() {
            self.after.next = self.out_turn.q.val() + self.one.val();
        }
        if self.moves.val() {
            self.after.next = 0.into();
            self.going_packet.next = !self.out_packet.q.val();
        }
        self.in_packet.d.next = self.coming_packet.val();
        self.out_packet.d.next = self.going_packet.val();
        self.one_packet.next = self.coming_packet.val() == self.going_packet.val();
        self.same.d.next = self.one_packet.val();
        // Of two packets it means nothing.
        if self.turn.val() & !self.rotate.val() {
            for i in 1..self.behind.len() {
                self.going[i].next = self.behind[i - 1].q.val();
            }
            self.going[0].next = self.behind[3].q.val();
        }
        if self.rotate.val() & !self.turn.val() {
            for i in 1..self.behind.len() {
                self.going[i - 1].next = self.behind[i].q.val();
            }
            self.going[3].next = self.behind[0].q.val();
        }
        for i in 0..self.comes.len() {
            if self.moves.val() {
                self.going[i].next = self.coming[i].val();
            }
            self.comes[i].d.next = self.coming[i].val();
            self.behind[i].d.next = self.going[i].val();
            self.place_held[i].d.next = self.one_packet.val() & self.going[i].val();
            self.later_held[i].d.next = !self.one_packet.val() & self.coming[i].val();
        }
        self.out_turn.d.next = self.after.val();
        self.same_packet.next = self.same.q.val() | self.moves.val();
        for i in 0..self.place.len() {
            self.place[i].next = self.place_held[i].q.val();
            self.later[i].next = self.later_held[i].q.val();
        }
        self.in_region.next = bit_cast::<3, 2>(self.in_turn.q.val()).replace_bit(2, self.in_packet.q.val());
        self.out_region.next = bit_cast::<3, 2>(self.out_turn.q.val()).replace_bit(2, self.out_packet.q.val());
        if self.rst.val() {
            self.in_turn.d.next = 0.into();
            self.in_packet.d.next = false;
            self.out_turn.d.next = 0.into();
            self.out_packet.d.next = false;
            self.same.d.next = true;
            for i in 1..self.comes.len() {
                self.comes[i].d.next = false;
                self.behind[i].d.next = false;
                self.place_held[i].d.next = false;
            }
            for i in 0..self.comes.len() {
                self.later_held[i].d.next = false;
            }
            self.comes[0].d.next = true;
            self.behind[0].d.next = true;
            self.place_held[0].d.next = true;
        }
    }
}

//! All lanes, four of the format in turn in each, with what belongs to them: the codes, what they need, what they gave.
//!
//! ```text
//!  lookup, changes --> [ book limits ] --+
//!  fire, turn, extra ------------------> [ lanes ] -- symbols --> [ symbol queue ] --> symbols
//!  load, words --> | --> put -----------^   |
//!                                           '-- need --> [ need queue ] --> want, asked
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | nine clocks from `fire` until the symbols can leave, eight until `want` tells what a turn needs; six from `token` to the symbols |
//! | throughput | one turn a clock |
//!
//! A word comes two clocks after it was asked for, and has one more on the way to its lane.

use super::book_limits::BookLimits;
use super::need_queue::NeedQueue;
use super::symbol_queue::SymbolQueue;
use super::turn_lane::{TurnLane, NEED_CLOCKS, SYMBOL_CLOCKS};
use crate::hdl::RomError;
use crate::rtl::prelude::*;
use crate::rtl::tables::DecoderTable;

/// Clocks from a token to its symbols: the turn has fired four clocks before at least, and the queue takes two.
pub const TOKEN_CLOCKS: usize = SYMBOL_CLOCKS + 2 - 4;
/// Clocks from `load` until its word is put.
const PUT_CLOCKS: usize = 3;

/// The lanes.
#[derive(LogicBlock)]
pub struct TurnLanes {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Synchronous reset.
    pub rst: Signal<In, Bit>,
    /// A packet begins.
    pub clear: Signal<In, Bit>,
    /// Decodes a symbol of each lane of the turn.
    pub fire: Signal<In, Bit>,
    /// For the first time in the packet.
    pub fresh: Signal<In, Bit>,
    /// The turn, of `fire` and of `load`.
    pub turn: Signal<In, U<2>>,
    /// A bit of a book's id stands behind lane 0's codeword.
    pub extra: Signal<In, Bit>,
    /// That bit, [`NEED_CLOCKS`] after `fire`.
    pub id_bit: Signal<Out, Bit>,
    /// Book that the lanes use, as late as they look at it.
    pub lookup: Signal<In, U<4>>,
    /// From the next clock on.
    pub changes: Signal<In, Bit>,
    /// Words are asked for, number `round` of each lane of the turn.
    pub fill: Signal<In, Bit>,
    /// See there.
    pub round: Signal<In, U<3>>,
    /// Lanes of the turn that ask for a word.
    pub load: Vec<Signal<In, Bit>>,
    /// The words that were asked for two clocks before.
    pub word: Vec<Signal<In, U<16>>>,
    /// The oldest group is taken; behind `clear` one that asks for nothing comes first.
    pub pop_need: Signal<In, Bit>,
    /// Lanes that ask in the oldest group.
    pub want: Bus<Out>,
    /// How many they are.
    pub asked: Bus<Out>,
    /// The oldest turn is in the packet, or there is no turn for this token.
    pub token: Signal<In, Bit>,
    /// Its symbols, [`TOKEN_CLOCKS`] later.
    pub symbol: Vec<Signal<Out, U<8>>>,
    limits: Vec<BookLimits>,
    lane: Vec<TurnLane>,
    needs: NeedQueue,
    symbols: SymbolQueue,
    need: Gather,
    fired: Vec<Register<Bit>>,
    tokens: Vec<Register<Bit>>,
    filling: Vec<Register<Bit>>,
    put_turn: Vec<Register<U<2>>>,
    put_round: Vec<Register<U<3>>>,
    // Stage by stage, lane by lane.
    put: Vec<Register<Bit>>,
    word_held: Vec<Register<U<16>>>,
    _tests: usize,
    _escapes: usize,
    _need_at: usize,
}

impl TurnLanes {
    /// So many physical lanes for the codes of each plane; an error if a ROM image does not fit.
    pub fn new(lanes: usize, tables: &[DecoderTable], blocks: bool) -> Result<Self, RomError> {
        let limits = |table: &DecoderTable| BookLimits::new(table, blocks, true);
        Ok(Self {
            clk: port(),
            rst: port(),
            clear: port(),
            fire: port(),
            fresh: port(),
            turn: port(),
            extra: port(),
            id_bit: port(),
            lookup: port(),
            changes: port(),
            fill: port(),
            round: port(),
            load: many(lanes),
            word: many(lanes),
            pop_need: port(),
            want: Bus::new(lanes),
            asked: Bus::new(bits_for(lanes)),
            token: port(),
            symbol: many(lanes),
            limits: tables.iter().map(limits).collect::<Result<_, _>>()?,
            lane: (0..lanes).map(|i| TurnLane::new(&tables[i % tables.len()])).collect::<Result<_, _>>()?,
            needs: NeedQueue::new(lanes),
            symbols: SymbolQueue::new(lanes),
            need: Gather::new(lanes, 1),
            fired: many(SYMBOL_CLOCKS),
            tokens: many(TOKEN_CLOCKS - 1),
            filling: many(PUT_CLOCKS),
            put_turn: many(PUT_CLOCKS),
            put_round: many(PUT_CLOCKS),
            put: many(PUT_CLOCKS * lanes),
            word_held: many(lanes),
            _tests: tables[0].longest - tables[0].shortest,
            _escapes: tables[0].escape_lengths.len(),
            _need_at: NEED_CLOCKS - 1,
        })
    }
}

impl Logic for TurnLanes {
    #[hdl_gen]
    fn update(&mut self) {
        for p in 0..self.limits.len() {
            self.limits[p].clk.next = self.clk.val();
            self.limits[p].book.next = self.lookup.val();
            self.limits[p].load.next = self.changes.val();
        }

        // What goes with a turn, and with a word.
        for i in 0..self.fired.len() {
            self.fired[i].clock.next = self.clk.val();
        }
        self.fired[0].d.next = self.fire.val();
        for i in 1..self.fired.len() {
            self.fired[i].d.next = self.fired[i - 1].q.val();
        }
        for i in 0..self.filling.len() {
            self.filling[i].clock.next = self.clk.val();
            self.put_turn[i].clock.next = self.clk.val();
            self.put_round[i].clock.next = self.clk.val();
        }
        self.filling[0].d.next = self.fill.val();
        self.put_turn[0].d.next = self.turn.val();
        self.put_round[0].d.next = self.round.val();
        for i in 1..self.filling.len() {
            self.filling[i].d.next = self.filling[i - 1].q.val();
            self.put_turn[i].d.next = self.put_turn[i - 1].q.val();
            self.put_round[i].d.next = self.put_round[i - 1].q.val();
        }
        for i in 0..self.put.len() {
            self.put[i].clock.next = self.clk.val();
        }
        for i in 0..self.lane.len() {
            self.put[i].d.next = self.fill.val() | self.load[i].val();
        }
        for n in self.lane.len()..(self.lane.len() + 1) {
            for i in self.lane.len()..self.put.len() {
                self.put[i].d.next = self.put[i - n].q.val();
            }
        }

        for c in self.limits.len()..(self.limits.len() + 1) {
            for i in 0..self.lane.len() {
                self.lane[i].clk.next = self.clk.val();
                self.lane[i].fire.next = self.fire.val();
                self.lane[i].fresh.next = self.fresh.val();
                self.lane[i].turn.next = self.turn.val();
                self.lane[i].extra.next = false;
                self.word_held[i].clock.next = self.clk.val();
                self.word_held[i].d.next = self.word[i].val();
                self.lane[i].word.next = self.word_held[i].q.val();
                self.lane[i].book.next = self.limits[i % c].book_behind.val();
                for k in 0..self._tests {
                    self.lane[i].first[k].next = self.limits[i % c].first[k].val();
                }
                self.lane[i].escape_code.next = self.limits[i % c].escape_code.val();
                self.lane[i].escape_mask.next = self.limits[i % c].escape_mask.val();
                self.lane[i].escapes.next = self.limits[i % c].escapes.val();
                self.lane[i].escape_total.next = self.limits[i % c].escape_total.val();
                for k in 0..(self._tests + 1) {
                    self.lane[i].offset[k].next = self.limits[i % c].offset[k].val();
                }
                for k in 0..self._escapes {
                    self.lane[i].plain_at[k].next = self.limits[i % c].plain_at[k].val();
                }
                self.need.part[i].next = self.lane[i].need.val().into();
                self.symbols.symbol_in[i].next = self.lane[i].symbol.val();
                self.symbol[i].next = self.symbols.symbol[i].val();
            }
        }
        for l in (self.filling.len() - 1)..self.filling.len() {
            for n in self.lane.len()..(self.lane.len() + 1) {
                for i in 0..self.lane.len() {
                    self.lane[i].put.next = self.put[l * n + i].q.val();
                    self.lane[i].put_turn.next = self.put_turn[l].q.val();
                    self.lane[i].filling.next = self.filling[l].q.val();
                    self.lane[i].round.next = self.put_round[l].q.val();
                }
            }
        }
        self.lane[0].extra.next = self.extra.val();
        self.id_bit.next = self.lane[0].id_bit.val();

        self.needs.clk.next = self.clk.val();
        self.needs.clear.next = self.clear.val() | self.rst.val();
        for i in self._need_at..(self._need_at + 1) {
            self.needs.push.next = self.fired[i].q.val();
        }
        self.needs.need.next = self.need.whole.val();
        self.needs.pop.next = self.pop_need.val();
        self.want.next = self.needs.want.val();
        self.asked.next = self.needs.asked.val();

        self.symbols.clk.next = self.clk.val();
        self.symbols.clear.next = self.clear.val() | self.rst.val();
        for i in (self.fired.len() - 1)..self.fired.len() {
            self.symbols.push.next = self.fired[i].q.val();
        }
        for i in 0..self.tokens.len() {
            self.tokens[i].clock.next = self.clk.val();
            self.symbols.pop.next = self.tokens[i].q.val();
        }
        self.tokens[0].d.next = self.token.val();
        for i in 1..self.tokens.len() {
            self.tokens[i].d.next = self.tokens[i - 1].q.val();
        }

        if self.rst.val() {
            for i in 0..self.fired.len() {
                self.fired[i].d.next = false;
            }
            for i in 0..self.tokens.len() {
                self.tokens[i].d.next = false;
            }
        }
    }
}

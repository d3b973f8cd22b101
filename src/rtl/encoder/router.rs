//! Brings words to their places: a butterfly network.
//!
//! ```text
//!  entry 0 .. G-1 --> [ exchange: bit 0, bit 1 ] --> | --> [ bit 2, bit 3 ] --> | --> node 0 .. N-1
//!  tag --------------------------------------------> | ----------------------> | --> tag
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | a clock for each two bits of a place |
//! | throughput | one group a clock |
//! | size | a multiplexer a word and bit of the place, for G rounded up to N words |
//!
//! In stage `s` the words at positions that differ in bit `s` alone go each to the one of the two that has bit `s` of its place.
//! Two words never want the same: the places of words that are sent follow each other, and those that share the upper bits of
//! their positions are too few to share the lower bits of their places (the reason why such a network concentrates).
//!
//! A node is a word, and above it a bit that tells whether there is one. Assumption: the places of a group's words are one
//! behind the other, modulo N.

use crate::rtl::prelude::*;

/// Two words that may change places.
#[derive(LogicBlock)]
struct Exchange {
    /// Word at the lower position.
    pub a: Bus<In>,
    /// Word at the upper position.
    pub b: Bus<In>,
    /// The word with this bit of its place clear.
    pub low: Bus<Out>,
    /// The word with the bit set.
    pub high: Bus<Out>,
    a_low: Signal<Local, Bit>,
    a_high: Signal<Local, Bit>,
    b_low: Signal<Local, Bit>,
    b_high: Signal<Local, Bit>,
    _bit: usize,
}

impl Exchange {
    /// For bit `number` of a place.
    fn new(entry_bits: usize, number: usize) -> Self {
        Exchange {
            a: Bus::new(entry_bits),
            b: Bus::new(entry_bits),
            low: Bus::new(entry_bits),
            high: Bus::new(entry_bits),
            a_low: port(),
            a_high: port(),
            b_low: port(),
            b_high: port(),
            _bit: 17 + number,
        }
    }
}

impl Logic for Exchange {
    #[hdl_gen]
    fn update(&mut self) {
        // Loops of one round give numbers a name.
        for n in self._bit..(self._bit + 1) {
            self.a_low.next = self.a.val().get_bit(16) & !self.a.val().get_bit(n);
            self.a_high.next = self.a.val().get_bit(16) & self.a.val().get_bit(n);
            self.b_low.next = self.b.val().get_bit(16) & !self.b.val().get_bit(n);
            self.b_high.next = self.b.val().get_bit(16) & self.b.val().get_bit(n);
        }
        self.low.next = self.b.val().replace_bit(16, self.b_low.val());
        if self.a_low.val() {
            self.low.next = self.a.val();
        }
        self.high.next = self.a.val().replace_bit(16, self.a_high.val());
        if self.b_high.val() {
            self.high.next = self.b.val();
        }
    }
}

/// One stage: exchanges between positions that differ in one bit.
#[derive(LogicBlock)]
struct Switches {
    /// Words by position.
    pub entry: Vec<Bus<In>>,
    /// The same, a bit further.
    pub moved: Vec<Bus<Out>>,
    exchange: Vec<Exchange>,
    _distance: usize,
    _bit: usize,
    /// Whole blocks of twice the distance.
    _blocks: usize,
    /// In the block behind them: pairs, then words without a partner, then nothing.
    _pairs: usize,
    _singles: usize,
    _nothing: usize,
}

/// Positions behind the stage of bit `number` that words from so many positions get to.
fn reached(positions: usize, number: usize) -> usize {
    positions.next_multiple_of(2 << number)
}

impl Switches {
    /// The stage of bit `number`, for so many positions from 0 on.
    fn new(positions: usize, entry_bits: usize, number: usize) -> Self {
        let distance = 1 << number;
        let (blocks, rest) = (positions / (2 * distance), positions % (2 * distance));
        let pairs = rest.saturating_sub(distance);
        Switches {
            entry: (0..positions).map(|_| Bus::new(entry_bits)).collect(),
            moved: (0..reached(positions, number)).map(|_| Bus::new(entry_bits)).collect(),
            exchange: (0..blocks * distance + pairs).map(|_| Exchange::new(entry_bits, number)).collect(),
            _distance: distance,
            _bit: 17 + number,
            _blocks: blocks,
            _pairs: pairs,
            _singles: rest.min(distance),
            _nothing: if rest == 0 { 0 } else { distance },
        }
    }
}

impl Logic for Switches {
    #[hdl_gen]
    fn update(&mut self) {
        // Loops of one round give the stage's numbers a name.
        for d in self._distance..(self._distance + 1) {
            for b in 0..self._blocks {
                for j in 0..self._distance {
                    self.exchange[b * d + j].a.next = self.entry[b * d * 2 + j].val();
                    self.exchange[b * d + j].b.next = self.entry[b * d * 2 + d + j].val();
                    self.moved[b * d * 2 + j].next = self.exchange[b * d + j].low.val();
                    self.moved[b * d * 2 + d + j].next = self.exchange[b * d + j].high.val();
                }
            }
            for b in self._blocks..(self._blocks + 1) {
                for j in 0..self._pairs {
                    self.exchange[b * d + j].a.next = self.entry[b * d * 2 + j].val();
                    self.exchange[b * d + j].b.next = self.entry[b * d * 2 + d + j].val();
                    self.moved[b * d * 2 + j].next = self.exchange[b * d + j].low.val();
                    self.moved[b * d * 2 + d + j].next = self.exchange[b * d + j].high.val();
                }
                // Without a partner a word is at both positions, valid at one.
                for n in self._bit..(self._bit + 1) {
                    for j in self._pairs..self._singles {
                        self.moved[b * d * 2 + j].next = self.entry[b * d * 2 + j].val().replace_bit(
                            16,
                            self.entry[b * d * 2 + j].val().get_bit(16) & !self.entry[b * d * 2 + j].val().get_bit(n),
                        );
                        self.moved[b * d * 2 + d + j].next = self.entry[b * d * 2 + j].val().replace_bit(
                            16,
                            self.entry[b * d * 2 + j].val().get_bit(16) & self.entry[b * d * 2 + j].val().get_bit(n),
                        );
                    }
                }
                for j in self._singles..self._nothing {
                    self.moved[b * d * 2 + j].next = 0.into();
                    self.moved[b * d * 2 + d + j].next = 0.into();
                }
            }
        }
    }
}

/// One or two stages, a register, and the legs behind it.
#[derive(LogicBlock)]
struct Leg {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Synchronous reset.
    pub rst: Signal<In, Bit>,
    /// Words by position.
    pub entry: Vec<Bus<In>>,
    /// What goes along.
    pub tag: Bus<In>,
    /// Words at their places.
    pub node: Vec<Bus<Out>>,
    /// What went along.
    pub tag_out: Bus<Out>,
    stage: Vec<Switches>,
    held: Vec<BusRegister>,
    held_tag: BusRegister,
    next: Vec<Leg>,
    word: Bus<Local>,
}

impl Leg {
    /// The stages of the bits from `first` on, for so many positions.
    fn new(positions: usize, places: usize, tag_bits: usize, first: usize) -> Self {
        let bits = places.ilog2() as usize;
        let entry_bits = 17 + bits;
        let mut stage = Vec::new();
        let mut there = positions;
        let end = bits.min(first + 2);
        for number in first..end {
            stage.push(Switches::new(there, entry_bits, number));
            there = reached(there, number);
        }
        Leg {
            clk: port(),
            rst: port(),
            entry: (0..positions).map(|_| Bus::new(entry_bits)).collect(),
            tag: Bus::new(tag_bits),
            node: (0..places).map(|_| Bus::new(17)).collect(),
            tag_out: Bus::new(tag_bits),
            stage,
            held: (0..there).map(|_| BusRegister::new(entry_bits)).collect(),
            held_tag: BusRegister::new(tag_bits),
            next: (end..bits).take(1).map(|first| Leg::new(there, places, tag_bits, first)).collect(),
            word: Bus::new(entry_bits),
        }
    }
}

impl Logic for Leg {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clk, held_tag);
        for i in 0..self.entry.len() {
            self.stage[0].entry[i].next = self.entry[i].val();
        }
        for s in 1..self.stage.len() {
            for i in 0..self.stage[0].moved.len() {
                self.stage[s].entry[i].next = self.stage[s - 1].moved[i].val();
            }
        }
        self.held_tag.d.next = self.tag.val();
        for i in 0..self.held.len() {
            self.held[i].clock.next = self.clk.val();
            for s in (self.stage.len() - 1)..self.stage.len() {
                self.held[i].d.next = self.stage[s].moved[i].val();
            }
        }
        // The last leg's words are at their places.
        self.tag_out.next = self.held_tag.q.val();
        for _last in self.next.len()..1 {
            for i in 0..self.node.len() {
                self.word.next = self.held[i].q.val();
                self.node[i].next = bit_cast_to(self.word.val(), 17);
            }
        }
        for n in 0..self.next.len() {
            self.next[n].clk.next = self.clk.val();
            self.next[n].rst.next = self.rst.val();
            self.next[n].tag.next = self.held_tag.q.val();
            self.tag_out.next = self.next[n].tag_out.val();
            self.word.next = 0.into();
            for i in 0..self.held.len() {
                self.next[n].entry[i].next = self.held[i].q.val();
            }
            for i in 0..self.node.len() {
                self.node[i].next = self.next[n].node[i].val();
            }
        }
        if self.rst.val() {
            self.held_tag.d.next = 0.into();
            for i in 0..self.held.len() {
                self.held[i].d.next = 0.into();
            }
        }
    }
}

/// The network.
#[derive(LogicBlock)]
pub struct Router {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Synchronous reset.
    pub rst: Signal<In, Bit>,
    /// Word of each slot, bit 16: there is one, above that its place.
    pub entry: Vec<Bus<In>>,
    /// What goes along.
    pub tag: Bus<In>,
    /// Word at each place, bit 16: there is one.
    pub node: Vec<Bus<Out>>,
    /// What went along.
    pub tag_out: Bus<Out>,
    leg: Leg,
}

impl Router {
    /// From this many slots to `places`, a power of two and at least as many.
    pub fn new(slots: usize, places: usize, tag_bits: usize) -> Self {
        assert!(places.is_power_of_two() && places > 1 && slots <= places, "{slots} slots, {places} places");
        let entry_bits = 17 + places.ilog2() as usize;
        Self {
            clk: port(),
            rst: port(),
            entry: (0..slots).map(|_| Bus::new(entry_bits)).collect(),
            tag: Bus::new(tag_bits),
            node: (0..places).map(|_| Bus::new(17)).collect(),
            tag_out: Bus::new(tag_bits),
            leg: Leg::new(slots, places, tag_bits, 0),
        }
    }
}

impl Logic for Router {
    #[hdl_gen]
    fn update(&mut self) {
        self.leg.clk.next = self.clk.val();
        self.leg.rst.next = self.rst.val();
        self.leg.tag.next = self.tag.val();
        self.tag_out.next = self.leg.tag_out.val();
        for i in 0..self.entry.len() {
            self.leg.entry[i].next = self.entry[i].val();
        }
        for i in 0..self.node.len() {
            self.node[i].next = self.leg.node[i].val();
        }
    }
}

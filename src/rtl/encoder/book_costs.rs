//! Finds the book that codes a block in the fewest bits.
//!
//! ```text
//!  symbols --> [ ROM: length in each book ] --> [ register ] --> sum of the lanes --> + --> [ block ]     each book
//!                                                                                            |  at its end
//!               id <-- [ best so far ] <-- compare <-- [ register ] <-- one a clock <-- [ captured ]
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | from a block's last step to `chosen` 6 clocks, one for each level of the tree of lanes and one for each book |
//! | throughput | one step a clock |
//!
//! Where lanes are served in turn a step here is a turn. The raw book takes part; of equals the lowest id is chosen. Assumptions: blocks of at least as many steps as the bank has
//! books, plus one; only a packet's last block may be shorter, and behind it nothing comes until `closed`; then no sooner than
//! three clocks later.

use crate::hdl::RomError;
use crate::rtl::prelude::*;

/// Bits of a length in the ROM: where blocks have books, no codeword is longer than 15 bits.
pub const LENGTH_BITS: usize = 4;

/// Most books of a bank.
const MAX_BOOKS: usize = 15;

/// Clocks between `closed` and the next packet's first step, at least.
const CLOSED_LEAD: usize = 2;

/// What a chooser of books is made from.
#[derive(Clone, Debug)]
pub struct BookCostsBuild {
    /// Lanes of a turn.
    pub lanes: usize,
    /// Books of the bank.
    pub books: usize,
    /// Turns of a block.
    pub block_turns: usize,
    /// Bits of a codeword of the raw book.
    pub symbol_bits: usize,
    /// Of each plane, for each symbol the lengths of its codewords, [`LENGTH_BITS`] each, book 1's lowest.
    pub lengths: Vec<Vec<u128>>,
}

/// What a block takes in one book.
#[derive(LogicBlock)]
struct BlockSum {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Synchronous reset.
    pub rst: Signal<In, Bit>,
    /// Length of each lane's codeword, 0 where there is none.
    pub length: Vec<Signal<In, U<LENGTH_BITS>>>,
    /// What has come through the tree is a step's.
    pub adds: Signal<In, Bit>,
    /// The block ends with it.
    pub capture: Signal<In, Bit>,
    /// Bits of the block that was captured last.
    pub captured: Bus<Out>,
    node: Vec<BusRegister>,
    block: BusRegister,
    held: BusRegister,
    total: Bus<Local>,
    left: Bus<Local>,
    right: Bus<Local>,
    of_lane: Signal<Local, U<LENGTH_BITS>>,
    of_other: Signal<Local, U<LENGTH_BITS>>,
    _pairs: usize,
    _sum_bits: usize,
    _total_bits: usize,
}

impl BlockSum {
    fn new(lanes: usize, total_bits: usize) -> Self {
        let sum_bits = bits_for(15 * lanes);
        Self {
            clk: port(),
            rst: port(),
            length: many(lanes),
            adds: port(),
            capture: port(),
            captured: Bus::new(total_bits),
            // First the sums of two lanes, then of four, and so on.
            node: (1..lanes).map(|_| BusRegister::new(sum_bits)).collect(),
            block: BusRegister::new(total_bits),
            held: BusRegister::new(total_bits),
            total: Bus::new(total_bits),
            left: Bus::new(sum_bits),
            right: Bus::new(sum_bits),
            of_lane: port(),
            of_other: port(),
            _pairs: lanes / 2,
            _sum_bits: sum_bits,
            _total_bits: total_bits,
        }
    }
}

impl Logic for BlockSum {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clk, block, held);
        self.of_lane.next = self.length[0].val();
        self.of_other.next = 0.into();
        self.right.next = 0.into();
        self.left.next = bit_cast_to(self.of_lane.val(), self._sum_bits);
        for i in 0..self._pairs {
            self.of_lane.next = self.length[i * 2].val();
            self.of_other.next = self.length[i * 2 + 1].val();
            self.node[i].clock.next = self.clk.val();
            self.node[i].d.next =
                bit_cast_to(self.of_lane.val(), self._sum_bits) + bit_cast_to(self.of_other.val(), self._sum_bits);
        }
        for p in self._pairs..(self._pairs + 1) {
            for i in 0..self._pairs.saturating_sub(1) {
                self.left.next = self.node[i * 2].q.val();
                self.right.next = self.node[i * 2 + 1].q.val();
                self.node[p + i].clock.next = self.clk.val();
                self.node[p + i].d.next = self.left.val() + self.right.val();
            }
        }
        // The last node is the sum of all lanes.
        for n in self.node.len().saturating_sub(1)..self.node.len() {
            self.left.next = self.node[n].q.val();
        }
        self.total.next = self.block.q.val() + bit_cast_to(self.left.val(), self._total_bits);
        if self.adds.val() {
            self.block.d.next = self.total.val();
        }
        if self.capture.val() {
            self.block.d.next = 0.into();
            self.held.d.next = self.total.val();
        }
        self.captured.next = self.held.q.val();
        if self.rst.val() {
            self.block.d.next = 0.into();
        }
    }
}

/// The accumulators and the comparison.
#[derive(LogicBlock)]
pub struct BookCosts {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Synchronous reset.
    pub rst: Signal<In, Bit>,
    /// Symbols of a step.
    pub symbol: Vec<Signal<In, U<8>>>,
    /// Lanes that hold one.
    pub active: Bus<In>,
    /// A block ends with this step.
    pub ends: Signal<In, Bit>,
    /// It is the packet's last.
    pub last: Signal<In, Bit>,
    /// A block's book is found.
    pub chosen: Signal<Out, Bit>,
    /// Its id.
    pub book: Signal<Out, U<4>>,
    /// The block is the packet's last.
    pub chosen_last: Signal<Out, Bit>,
    /// The packet's last block does not stand in the way of another packet.
    pub closed: Signal<Out, Bit>,
    rom: Vec<SyncRom<60>>,
    active1: BusRegister,
    /// Nothing but a register behind the memory: it may be the memory's own.
    lengths: Vec<Register<U<60>>>,
    raw_length: Vec<Register<U<LENGTH_BITS>>>,
    sum: Vec<BlockSum>,
    /// On the way through ROM, register and tree.
    some_later: Vec<Register<Bit>>,
    ends_later: Vec<Register<Bit>>,
    last_later: Vec<Register<Bit>>,
    waiting: Register<Bit>,
    /// A block is captured for the comparison.
    copies: Register<Bit>,
    told: Register<Bit>,
    candidate: Register<U<4>>,
    scanning: Register<Bit>,
    scanned_last: Register<Bit>,
    picked: BusRegister,
    picked_id: Register<U<4>>,
    picks: Register<Bit>,
    picks_first: Register<Bit>,
    picks_final: Register<Bit>,
    picked_last: Register<Bit>,
    best: BusRegister,
    best_id: Register<U<4>>,
    found: Register<Bit>,
    found_last: Register<Bit>,
    /// A tree of choices by the bits of the candidate.
    choice: Vec<Bus<Local>>,
    symbol_of: Signal<Local, U<8>>,
    nothing: Signal<Local, Bit>,
    some_now: Signal<Local, Bit>,
    at_last: Signal<Local, Bit>,
    ends_now: Signal<Local, Bit>,
    last_now: Signal<Local, Bit>,
    frees: Signal<Local, Bit>,
    waits: Signal<Local, Bit>,
    ends_soon: Signal<Local, Bit>,
    one: Constant<U<4>>,
    books: Constant<U<4>>,
    books_but_one: Constant<U<4>>,
    alone: Constant<U<1>>,
    soon: Constant<U<4>>,
    symbol_bits: Constant<U<LENGTH_BITS>>,
    none_place: Constant<U<4>>,
    _address_bits: usize,
    _books: usize,
}

impl BookCosts {
    /// For these books; an error if the ROM image does not fit.
    pub fn new(build: &BookCostsBuild) -> Result<Self, RomError> {
        assert!(build.books < build.block_turns && build.books <= MAX_BOOKS, "{} books", build.books);
        // Behind the symbols, nothing: a lane without a symbol looks it up there.
        let with_none = |image: &Vec<u128>| SyncRom::new(&[image.clone(), vec![0; image.len()]].concat());
        let planes = build.lengths.iter().map(with_none).collect::<Result<Vec<_>, _>>()?;
        let total_bits = bits_for(15 * build.lanes * build.block_turns);
        // Behind ROM and register, and the tree.
        let clocks = 2 + build.lanes.ilog2() as usize;
        Ok(Self {
            clk: port(),
            rst: port(),
            symbol: many(build.lanes),
            active: Bus::new(build.lanes),
            ends: port(),
            last: port(),
            chosen: port(),
            book: port(),
            chosen_last: port(),
            closed: port(),
            _address_bits: planes[0].address.width(),
            rom: planes.iter().cycle().take(build.lanes).cloned().collect(),
            active1: BusRegister::new(build.lanes),
            lengths: many(build.lanes),
            raw_length: many(build.lanes),
            sum: (0..=build.books).map(|_| BlockSum::new(build.lanes, total_bits)).collect(),
            some_later: many(clocks),
            ends_later: many(clocks),
            last_later: many(clocks),
            waiting: port(),
            copies: port(),
            told: port(),
            candidate: port(),
            scanning: port(),
            scanned_last: port(),
            picked: BusRegister::new(total_bits),
            picked_id: port(),
            picks: port(),
            picks_first: port(),
            picks_final: port(),
            picked_last: port(),
            best: BusRegister::new(total_bits),
            best_id: port(),
            found: port(),
            found_last: port(),
            choice: (0..31).map(|_| Bus::new(total_bits)).collect(),
            symbol_of: port(),
            nothing: port(),
            some_now: port(),
            at_last: port(),
            ends_now: port(),
            last_now: port(),
            frees: port(),
            waits: port(),
            ends_soon: port(),
            one: constant(1),
            books: constant(build.books as u128),
            books_but_one: constant(build.books.saturating_sub(1) as u128),
            alone: constant((build.books == 0).into()),
            soon: constant(build.books.saturating_sub(clocks + CLOSED_LEAD) as u128),
            symbol_bits: constant(build.symbol_bits as u128),
            none_place: constant(build.symbol_bits as u128),
            _books: build.books,
        })
    }
}

impl Logic for BookCosts {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clk,
            active1,
            waiting,
            copies,
            told,
            candidate,
            scanning,
            scanned_last,
            picked,
            picked_id,
            picks,
            picks_first,
            picks_final,
            picked_last,
            best,
            best_id,
            found,
            found_last
        );
        self.active1.d.next = self.active.val();
        for i in 0..self.ends_later.len() {
            self.some_later[i].clock.next = self.clk.val();
            self.ends_later[i].clock.next = self.clk.val();
            self.last_later[i].clock.next = self.clk.val();
            self.some_later[i].d.next = self.active.val().any();
            self.ends_later[i].d.next = self.ends.val();
            self.last_later[i].d.next = self.last.val();
            self.some_now.next = self.some_later[i].q.val();
            self.ends_now.next = self.ends_later[i].q.val();
            self.last_now.next = self.last_later[i].q.val();
        }
        self.ends_soon.next = false;
        for i in 0..(self.ends_later.len() - 1) {
            self.ends_soon.next = self.ends_later[i].q.val();
        }
        for i in 1..self.ends_later.len() {
            self.some_later[i].d.next = self.some_later[i - 1].q.val();
            self.ends_later[i].d.next = self.ends_later[i - 1].q.val();
            self.last_later[i].d.next = self.last_later[i - 1].q.val();
        }

        // A block that ends is captured for the comparison, or waits for it. Found out a clock before, for all sums go by it.
        self.at_last.next = self.candidate.q.val() == self.books.val();
        self.frees.next =
            (!self.scanning.q.val() | self.at_last.val()) | (self.candidate.q.val() == self.books_but_one.val());
        if self.copies.q.val() {
            self.frees.next = self.alone.val().any();
        }
        self.waits.next = (self.waiting.q.val() | self.ends_now.val()) & !self.copies.q.val();
        self.copies.d.next = self.frees.val() & (self.ends_soon.val() | self.waits.val());
        self.waiting.d.next = self.waits.val();

        // What each lane's codeword takes in each book.
        for i in 0..self.rom.len() {
            self.symbol_of.next = self.symbol[i].val();
            self.rom[i].clock.next = self.clk.val();
            self.rom[i].enable.next = true;
            self.nothing.next = !self.active.val().get_bit(i);
            self.rom[i].address.next = bit_cast_to(self.symbol_of.val(), self._address_bits)
                | (bit_cast_to(self.nothing.val(), self._address_bits) << self.none_place.val());
            self.lengths[i].clock.next = self.clk.val();
            self.lengths[i].d.next = self.rom[i].data.val();
            self.raw_length[i].clock.next = self.clk.val();
            self.raw_length[i].d.next = 0.into();
            if self.active1.q.val().get_bit(i) {
                self.raw_length[i].d.next = self.symbol_bits.val();
            }
            self.sum[0].length[i].next = self.raw_length[i].q.val();
            for k in 1..(self._books + 1) {
                self.sum[k].length[i].next = self.lengths[i].q.val().get_bits::<4>((k - 1) * 4);
            }
        }
        for k in 0..31 {
            self.choice[k].next = 0.into();
        }
        for k in 0..(self._books + 1) {
            self.sum[k].clk.next = self.clk.val();
            self.sum[k].rst.next = self.rst.val();
            self.sum[k].adds.next = self.some_now.val();
            self.sum[k].capture.next = self.copies.q.val();
            self.choice[k].next = self.sum[k].captured.val();
        }

        // One book a clock, the raw book to begin with.
        for k in 0..8 {
            self.choice[k + 16].next = self.choice[k * 2].val();
            if self.candidate.q.val().get_bit(0) {
                self.choice[k + 16].next = self.choice[k * 2 + 1].val();
            }
        }
        for k in 0..4 {
            self.choice[k + 24].next = self.choice[k * 2 + 16].val();
            if self.candidate.q.val().get_bit(1) {
                self.choice[k + 24].next = self.choice[k * 2 + 17].val();
            }
        }
        for k in 0..2 {
            self.choice[k + 28].next = self.choice[k * 2 + 24].val();
            if self.candidate.q.val().get_bit(2) {
                self.choice[k + 28].next = self.choice[k * 2 + 25].val();
            }
        }
        self.choice[30].next = self.choice[28].val();
        if self.candidate.q.val().get_bit(3) {
            self.choice[30].next = self.choice[29].val();
        }
        self.picked.d.next = self.choice[30].val();
        self.picked_id.d.next = self.candidate.q.val();
        self.picks.d.next = self.scanning.q.val();
        self.picks_first.d.next = !self.candidate.q.val().any();
        self.picks_final.d.next = self.scanning.q.val() & self.at_last.val();
        self.picked_last.d.next = self.scanned_last.q.val();
        if self.scanning.q.val() {
            self.candidate.d.next = self.candidate.q.val() + self.one.val();
            if self.at_last.val() {
                self.scanning.d.next = false;
            }
        }
        if self.picks.q.val() & (self.picks_first.q.val() | (self.picked.q.val() < self.best.q.val())) {
            self.best.d.next = self.picked.q.val();
            self.best_id.d.next = self.picked_id.q.val();
        }
        self.found.d.next = self.picks_final.q.val();
        self.found_last.d.next = self.picked_last.q.val();

        // What comes behind `closed` is not there before the last block is captured.
        self.closed.next = false;
        if (self.waiting.q.val() & (self.candidate.q.val() >= self.soon.val())) & !self.told.q.val() {
            self.closed.next = true;
            self.told.d.next = true;
        }
        if self.copies.q.val() {
            self.scanning.d.next = true;
            self.scanned_last.d.next = self.last_now.val() | self.waiting.q.val();
            self.closed.next = (self.last_now.val() | self.waiting.q.val()) & !self.told.q.val();
            self.told.d.next = false;
            self.candidate.d.next = 0.into();
        }
        self.chosen.next = self.found.q.val();
        self.book.next = self.best_id.q.val();
        self.chosen_last.next = self.found_last.q.val();

        if self.rst.val() {
            self.active1.d.next = 0.into();
            for i in 0..self.rom.len() {
                self.raw_length[i].d.next = 0.into();
            }
            for i in 0..self.ends_later.len() {
                self.some_later[i].d.next = false;
                self.ends_later[i].d.next = false;
            }
            self.waiting.d.next = false;
            self.copies.d.next = false;
            self.told.d.next = false;
            self.scanning.d.next = false;
            self.picks.d.next = false;
            self.picks_final.d.next = false;
            self.found.d.next = false;
        }
    }
}

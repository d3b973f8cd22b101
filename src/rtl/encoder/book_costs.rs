//! Finds the book that codes a block in the fewest bits.
//!
//! ```text
//!  symbols --> [ ROM: length in each book ] --> sum of the lanes, each book --> [ step ] --> + --> [ block ]
//!                                                                                                    |  at its end
//!                                        id <-- [ best so far ] <-- compare, one book a clock <-- [ queue ]
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | 4 clocks and one for each book from a block's last step to `chosen` |
//! | throughput | one step a clock |
//!
//! The raw book takes part; of equals the lowest id is chosen. Assumptions: blocks of at least as many steps as the bank has
//! books, plus one; only a packet's last block may be shorter, and behind it nothing comes until `closed`.

use crate::hdl::RomError;
use crate::rtl::prelude::*;

/// Bits of a length in the ROM.
pub const LENGTH_BITS: usize = 5;

/// What a chooser of books is made from.
#[derive(Clone, Debug)]
pub struct BookCostsBuild {
    /// Lanes.
    pub lanes: usize,
    /// Books of the bank.
    pub books: usize,
    /// Steps of a block.
    pub block_steps: usize,
    /// Of each plane, for each symbol the lengths of its codewords, [`LENGTH_BITS`] each, the raw book's lowest.
    pub lengths: Vec<Vec<u128>>,
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
    /// The packet's last block is in the comparison: another packet may come.
    pub closed: Signal<Out, Bit>,
    rom: Vec<SyncRom<80>>,
    active1: BusRegister,
    ends1: Register<Bit>,
    last1: Register<Bit>,
    ends2: Register<Bit>,
    last2: Register<Bit>,
    step_sum: Vec<BusRegister>,
    block_sum: Vec<BusRegister>,
    waiting: Register<Bit>,
    queue: Vec<BusRegister>,
    best: BusRegister,
    best_id: Register<U<4>>,
    candidate: Register<U<4>>,
    left: Register<U<4>>,
    scanning: Register<Bit>,
    scanned_last: Register<Bit>,
    sum: Vec<Bus<Local>>,
    total: Vec<Bus<Local>>,
    lengths: Signal<Local, U<80>>,
    part: Signal<Local, U<5>>,
    symbol_of: Signal<Local, U<8>>,
    of_step: Bus<Local>,
    free: Signal<Local, Bit>,
    copies: Signal<Local, Bit>,
    one: Constant<U<4>>,
    books: Constant<U<4>>,
    nothing: Constant<U<80>>,
    _address_bits: usize,
    _sum_bits: usize,
    _total_bits: usize,
}

impl BookCosts {
    /// For these books; an error if the ROM image does not fit.
    pub fn new(build: &BookCostsBuild) -> Result<Self, RomError> {
        assert!(build.books < build.block_steps && build.books < 16, "{} books", build.books);
        let planes = build.lengths.iter().map(|image| SyncRom::new(image)).collect::<Result<Vec<_>, _>>()?;
        let (books, sum_bits) = (build.books + 1, bits_for(16 * build.lanes));
        let total_bits = bits_for(16 * build.lanes * build.block_steps);
        let registers = |count: usize, bits: usize| (0..count).map(|_| BusRegister::new(bits)).collect();
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
            ends1: port(),
            last1: port(),
            ends2: port(),
            last2: port(),
            step_sum: registers(books, sum_bits),
            block_sum: registers(books, total_bits),
            waiting: port(),
            queue: registers(books, total_bits),
            best: BusRegister::new(total_bits),
            best_id: port(),
            candidate: port(),
            left: port(),
            scanning: port(),
            scanned_last: port(),
            sum: (0..books).map(|_| Bus::new(sum_bits)).collect(),
            total: (0..books).map(|_| Bus::new(total_bits)).collect(),
            lengths: port(),
            part: port(),
            symbol_of: port(),
            of_step: Bus::new(sum_bits),
            free: port(),
            copies: port(),
            one: constant(1),
            books: constant(build.books as u128),
            nothing: constant(0),
            _sum_bits: sum_bits,
            _total_bits: total_bits,
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
            ends1,
            last1,
            ends2,
            last2,
            waiting,
            best,
            best_id,
            candidate,
            left,
            scanning,
            scanned_last
        );
        self.active1.d.next = self.active.val();
        self.ends1.d.next = self.ends.val();
        self.last1.d.next = self.last.val();
        self.ends2.d.next = self.ends1.q.val();
        self.last2.d.next = self.last1.q.val();

        // What the step takes in each book.
        for k in 0..self.sum.len() {
            self.sum[k].next = 0.into();
        }
        for i in 0..self.rom.len() {
            self.symbol_of.next = self.symbol[i].val();
            self.rom[i].clock.next = self.clk.val();
            self.rom[i].enable.next = true;
            self.rom[i].address.next = bit_cast_to(self.symbol_of.val(), self._address_bits);
            self.lengths.next = self.nothing.val();
            if self.active1.q.val().get_bit(i) {
                self.lengths.next = self.rom[i].data.val();
            }
            for k in 0..self.sum.len() {
                self.part.next = self.lengths.val().get_bits::<5>(k * 5);
                self.sum[k].next = self.sum[k].val() + bit_cast_to(self.part.val(), self._sum_bits);
            }
        }

        // What the block takes. A block that ends goes to the comparison, or waits for it.
        self.free.next = !self.scanning.q.val() | !self.left.q.val().any();
        self.copies.next = self.free.val() & (self.ends2.q.val() | self.waiting.q.val());
        for k in 0..self.sum.len() {
            self.step_sum[k].clock.next = self.clk.val();
            self.step_sum[k].d.next = self.sum[k].val();
            self.of_step.next = self.step_sum[k].q.val();
            self.total[k].next = self.block_sum[k].q.val() + bit_cast_to(self.of_step.val(), self._total_bits);
            self.block_sum[k].clock.next = self.clk.val();
            self.block_sum[k].d.next = self.total[k].val();
            self.queue[k].clock.next = self.clk.val();
            self.queue[k].d.next = self.queue[k].q.val();
            if self.copies.val() {
                self.block_sum[k].d.next = 0.into();
                self.queue[k].d.next = self.total[k].val();
            }
        }
        self.waiting.d.next = (self.waiting.q.val() | self.ends2.q.val()) & !self.copies.val();

        // One book a clock, the raw book to begin with.
        self.chosen.next = self.scanning.q.val() & !self.left.q.val().any();
        self.book.next = self.best_id.q.val();
        self.chosen_last.next = self.scanned_last.q.val();
        self.closed.next = false;
        if self.scanning.q.val() {
            if self.left.q.val().any() {
                self.left.d.next = self.left.q.val() - self.one.val();
                self.candidate.d.next = self.candidate.q.val() + self.one.val();
                if self.queue[0].q.val() < self.best.q.val() {
                    self.best.d.next = self.queue[0].q.val();
                    self.best_id.d.next = self.candidate.q.val();
                }
                for k in 1..self.queue.len() {
                    self.queue[k - 1].d.next = self.queue[k].q.val();
                }
            } else {
                self.scanning.d.next = false;
            }
        }
        if self.copies.val() {
            self.scanning.d.next = true;
            self.scanned_last.d.next = self.last2.q.val() | self.waiting.q.val();
            self.closed.next = self.last2.q.val() | self.waiting.q.val();
            self.left.d.next = self.books.val();
            self.candidate.d.next = self.one.val();
            self.best.d.next = self.total[0].val();
            self.best_id.d.next = 0.into();
            for k in 1..self.queue.len() {
                self.queue[k - 1].d.next = self.total[k].val();
            }
        }
        if self.rst.val() {
            self.active1.d.next = 0.into();
            self.ends1.d.next = false;
            self.ends2.d.next = false;
            self.waiting.d.next = false;
            self.scanning.d.next = false;
            for k in 0..self.sum.len() {
                self.step_sum[k].d.next = 0.into();
                self.block_sum[k].d.next = 0.into();
            }
        }
    }
}

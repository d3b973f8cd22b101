//! The link's words, kept in as many banks as a step can ask for words, so that any run of so many can be read at once.
//!
//! ```text
//!  row --> [ bank 0 | bank 1 | ... ]      word n of the stream is in bank n mod B
//!               |        |
//!               v        v
//!            word 0   word 1   ...        bank i shows the first of its words from `start` on
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | a word can be read in the clock after its row came |
//! | throughput | one row in, all banks out, any number of words passed over a clock |
//! | capacity | 16 words a bank; `room` falls a few rows before |

use crate::rtl::prelude::*;

/// Rows that may still come in after `room` has fallen.
const SLACK: usize = 4;
/// Words of a bank.
const BANK_WORDS: usize = 16;

/// Store of rows.
#[derive(LogicBlock)]
pub struct WordStore {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Synchronous reset.
    pub rst: Signal<In, Bit>,
    /// A row comes in.
    pub push: Signal<In, Bit>,
    /// The row, its first byte in bits 7:0.
    pub row: Bus<In>,
    /// There is room for rows.
    pub room: Signal<Out, Bit>,
    /// Words to pass over.
    pub advance: Bus<In>,
    /// In this clock.
    pub pass: Signal<In, Bit>,
    /// Passes over `rest` words instead.
    pub all: Signal<In, Bit>,
    /// See there.
    pub rest: Bus<In>,
    /// Go on at the beginning of `target` instead.
    pub jump: Signal<In, Bit>,
    /// A row, counted from the reset.
    pub target: Bus<In>,
    /// Bank of the next word.
    pub first_bank: Bus<Out>,
    /// What each bank shows.
    pub word: Vec<Signal<Out, U<16>>>,
    bank: Vec<LutRam<4, 16>>,
    written: BusRegister,
    start: BusRegister,
    has_room: Register<Bit>,
    write_place: Signal<Local, U<4>>,
    write_part: Bus<Local>,
    place: Signal<Local, U<4>>,
    following: Signal<Local, U<4>>,
    used: Bus<Local>,
    first_bank_here: Bus<Local>,
    bytes: Signal<Local, U<16>>,
    coming: Vec<Signal<Local, U<16>>>,
    one: Constant<U<4>>,
    one_row: BusConstant,
    limit: BusConstant,
    bank_index: Vec<BusConstant>,
    part_index: Vec<BusConstant>,
    bank_bits: BusConstant,
    part_bits: BusConstant,
    word_bits: BusConstant,
    _start_bits: usize,
    _bank_bits: usize,
    _part_bits: usize,
    _row_bits: usize,
}

/// Bits of a row's number in a store of `banks` banks.
pub fn row_number_bits(banks: usize, row_words: usize) -> usize {
    (BANK_WORDS * banks / row_words).ilog2() as usize
}

impl WordStore {
    /// `banks` banks, a power of two and at least two rows of `row_words` words.
    pub fn new(banks: usize, row_words: usize) -> Self {
        let (bank_bits, part) = (banks.ilog2() as usize, (banks / row_words).ilog2() as usize);
        let (start, row) = (bank_bits + 4, row_number_bits(banks, row_words));
        let rows = 1 << row;
        Self {
            clk: port(),
            rst: port(),
            push: port(),
            row: Bus::new(16 * row_words),
            room: port(),
            advance: Bus::new(start),
            pass: port(),
            all: port(),
            rest: Bus::new(start),
            jump: port(),
            target: Bus::new(row),
            first_bank: Bus::new(bank_bits),
            word: many(banks),
            bank: (0..banks).map(|_| LutRam::new().expect("4 address bits")).collect(),
            written: BusRegister::new(row),
            start: BusRegister::new(start),
            has_room: port(),
            write_place: port(),
            write_part: Bus::new(part),
            place: port(),
            following: port(),
            used: Bus::new(row),
            first_bank_here: Bus::new(bank_bits),
            bytes: port(),
            coming: many(row_words),
            one: constant(1),
            one_row: BusConstant::new(row, 1),
            limit: BusConstant::new(row, rows - SLACK as u128),
            bank_index: (0..banks).map(|i| BusConstant::new(bank_bits, i as u128)).collect(),
            part_index: (0..banks).map(|i| BusConstant::new(part, (i / row_words) as u128)).collect(),
            bank_bits: BusConstant::new(8, bank_bits as u128),
            part_bits: BusConstant::new(8, part as u128),
            word_bits: BusConstant::new(8, (bank_bits - part) as u128),
            _start_bits: start,
            _bank_bits: bank_bits,
            _part_bits: part,
            _row_bits: row,
        }
    }
}

impl Logic for WordStore {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clk, written, start, has_room);

        // Rows go round the banks. The place of the next one is always free, so it takes whatever is there, and `push` is not on
        // the way to the banks.
        self.write_part.next = bit_cast_to(self.written.q.val(), self._part_bits);
        self.write_place.next = (self.written.q.val() >> self.part_bits.val()).get_bits::<4>(0);
        if self.push.val() {
            self.written.d.next = self.written.q.val() + self.one_row.val();
        }
        self.place.next = (self.start.q.val() >> self.bank_bits.val()).get_bits::<4>(0);
        self.following.next = self.place.val() + self.one.val();
        self.first_bank_here.next = bit_cast_to(self.start.q.val(), self._bank_bits);
        self.first_bank.next = self.first_bank_here.val();
        for i in 0..self.coming.len() {
            // Most significant byte first.
            self.bytes.next = self.row.val().get_bits::<16>(i * 16);
            self.coming[i].next = (bit_cast::<16, 8>(self.bytes.val().get_bits::<8>(0)) << 8)
                | bit_cast::<16, 8>(self.bytes.val().get_bits::<8>(8));
        }
        for w in self.coming.len()..(self.coming.len() + 1) {
            for i in 0..self.bank.len() {
                self.bank[i].clock.next = self.clk.val();
                self.bank[i].write_enable.next = self.write_part.val() == self.part_index[i].val();
                self.bank[i].write_address.next = self.write_place.val();
                self.bank[i].write_data.next = self.coming[i % w].val();
                self.bank[i].read_address.next = self.place.val();
                if self.bank_index[i].val() < self.first_bank_here.val() {
                    self.bank[i].read_address.next = self.following.val();
                }
                self.word[i].next = self.bank[i].read_data.val();
            }
        }

        if self.pass.val() {
            self.start.d.next = self.start.q.val() + self.advance.val();
            // Both sums are there before it is known which of them counts.
            if self.all.val() {
                self.start.d.next = self.start.q.val() + self.rest.val();
            }
        }
        if self.jump.val() {
            self.start.d.next = bit_cast_to(self.target.val(), self._start_bits) << self.word_bits.val();
        }
        self.used.next = self.written.q.val() - bit_cast_to(self.start.q.val() >> self.word_bits.val(), self._row_bits);
        self.has_room.d.next = self.used.val() < self.limit.val();
        self.room.next = self.has_room.q.val();

        if self.rst.val() {
            self.written.d.next = 0.into();
            self.start.d.next = 0.into();
            self.has_room.d.next = false;
        }
    }
}

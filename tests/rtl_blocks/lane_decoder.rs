//! One lane of the decoder, and the geometry of the books, against the reference codec's tables.

use crate::common::random_code;
use crate::harness::{three_way, Io, Model};
use huffwire::codebook::{Bank, Book};
use huffwire::codec::bits::BitWindow;
use huffwire::codec::tables::{bank_tables, DecodeTable};
use huffwire::format::SymbolMap;
use huffwire::rtl::decoder::book_limits::BookLimits;
use huffwire::rtl::decoder::lane_decoder::LaneDecoder;
use huffwire::rtl::tables::DecoderTable;
use rand::prelude::*;
use std::collections::VecDeque;

dut! {
    [] BookLimits {
        clock: clk;
        in: book, load;
        out: first, escape_code, escape_mask, escapes, escape_total, escape_at, offset, plain_at, book_behind;
    }
}
dut! {
    [] LaneDecoder {
        clock: clk;
        in: clear, fill, load, word, fire, extra, book, first, escape_code, escape_mask, escapes, escape_total, escape_at,
            offset, plain_at;
        out: need, blocked, symbol, id_bit;
    }
}

fn bank(rng: &mut StdRng, symbol_bits: u32, longest: u8, books: usize) -> Bank {
    let book = |i| Book { name: format!("random {i}"), planes: vec![random_code(rng, symbol_bits, longest)] };
    Bank::new(SymbolMap::Bytes, (0..books).map(book).collect()).unwrap()
}

/// One book's geometry, worked out from what the reference decodes each of the 2^16 windows to.
struct Geometry {
    /// For the lengths that the table compares; those of the raw book do not matter.
    firsts: Option<Vec<u128>>,
    /// For the lengths that there are.
    offsets: Vec<Option<u128>>,
    /// Length and codeword.
    escape: Option<(u32, u128)>,
}

impl Geometry {
    fn new(bank: &Bank, tables: &DecodeTable, id: usize, table: &DecoderTable) -> Self {
        let lengths = table.longest - table.shortest + 1;
        if id == 0 {
            return Geometry { firsts: None, offsets: vec![None; lengths], escape: Some((0, 0)) };
        }
        let code = &bank.book(id as u8).unwrap().planes[0];
        let direct = |symbol: u8| u32::from(code.lengths()[usize::from(symbol)]);
        let canonical = code.canonical();
        let place = |s: usize| canonical.iter().position(|c| c.0 == s).unwrap();
        let mut firsts: Vec<u128> = (table.shortest..table.longest).map(|n| 1 << n).collect();
        let (mut offsets, mut escape) = (vec![None; lengths], None);
        for window in 0..=0xFFFFu32 {
            let mut bits = BitWindow::new(16);
            bits.push_word(window);
            bits.push_word(0);
            let symbol = tables.read(&mut bits);
            // A direct symbol behind an escape cannot be told by its length alone: 8 bits more than its own are used.
            let used = bits.consumed_bits() as u32;
            let is_escape = direct(symbol) == 0 || used != direct(symbol);
            let length = if is_escape { used - 8 } else { used };
            let number = window >> (16 - length);
            if is_escape {
                escape.get_or_insert((length, u128::from(window)));
            }
            let at = place(if is_escape { 256 } else { usize::from(symbol) }) as u32;
            let mask = (1u32 << table.place_bits) - 1;
            let offset = u128::from(at.wrapping_sub(number) & mask);
            let known = offsets[length as usize - table.shortest].get_or_insert(offset);
            assert_eq!(*known, offset, "places of one length run on");
            for n in table.shortest..(length as usize).min(table.longest) {
                let prefix = u128::from(window >> (16 - n));
                let first = &mut firsts[n - table.shortest];
                *first = prefix.min(*first);
            }
        }
        Geometry { firsts: Some(firsts), offsets, escape }
    }
}

struct Limits {
    books: Vec<Geometry>,
    table: DecoderTable,
    /// Books of this clock and the three before.
    held: [Option<usize>; 4],
    changing: bool,
    in_turn: bool,
}

impl Model for Limits {
    fn before(&mut self, io: &mut Io) {
        let [now, before, second, third] = if self.changing { self.held } else { [self.held[0]; 4] };
        if let Some(book) = if self.in_turn { third } else { second } {
            io.expect("book_behind", book as u128);
        }
        if let Some(g) = now.map(|book| &self.books[book]) {
            for (i, &first) in g.firsts.iter().flatten().enumerate() {
                io.expect(&format!("first_{i}"), first);
            }
            io.expect("escapes", g.escape.is_some());
            if let Some((length, code)) = g.escape {
                io.expect("escape_code", code);
                io.expect("escape_mask", !(0xFFFFu32 >> length) & 0xFFFF);
                if !self.in_turn {
                    io.expect("escape_total", length + 8);
                }
            }
            for (i, &length) in self.table.escape_lengths.iter().enumerate() {
                io.expect(&format!("escape_at_{i}"), g.escape.is_some_and(|e| e.0 == u32::from(length)));
            }
        }
        if let Some(g) = before.map(|book| &self.books[book]) {
            if let Some((length, _)) = g.escape.filter(|_| self.in_turn) {
                io.expect("escape_total", length + 8);
            }
            // A length that no codeword has does not matter; the tables have 0 there.
            for (i, offset) in g.offsets.iter().enumerate() {
                io.expect(&format!("offset_{i}"), offset.unwrap_or(0));
            }
            for (i, &length) in self.table.escape_lengths.iter().enumerate() {
                io.expect(&format!("plain_at_{i}"), g.escape.is_some_and(|e| e.0 == u32::from(length)));
            }
        }
        let book = io.rng.random_range(0..self.books.len());
        io.set("book", book as u128);
        let load = io.maybe("load", 0.5, true);
        let next = if load { Some(book) } else { self.held[0] };
        self.held = [next, self.held[0], self.held[1], self.held[2]];
    }
}

#[test]
fn book_limits() {
    let mut rng = crate::common::seeded("book_limits");
    let bank = bank(&mut rng, 8, 16, 3);
    let tables = bank_tables(&bank);
    for (changing, in_turn) in [(false, false), (true, false), (false, true), (true, true)] {
        let table = DecoderTable::new(&bank, 0, 2);
        let books: Vec<Geometry> = (0..4).map(|id| Geometry::new(&bank, &tables[id].decode[0], id, &table)).collect();
        let block = BookLimits::new(&table, changing, in_turn).unwrap();
        let model = Limits { books, table, held: [None; 4], changing, in_turn };
        three_way(&format!("book_limits {changing} {in_turn}"), block, model, 1_000);
    }
}

struct Lane {
    table: DecoderTable,
    tables: Vec<DecodeTable>,
    stream: BitWindow,
    /// Bits of the words to come.
    bits: VecDeque<bool>,
    prefill: usize,
    book: usize,
    /// Words still to come before the first symbol.
    filling: usize,
    /// The step before used a word up.
    need: bool,
    /// A word was asked for in the clock before: it comes in with this one.
    coming: bool,
    /// Clocks in which the lane can do nothing; steps after which words were missing.
    blocked: usize,
    starved: usize,
    /// Bits used so far.
    used: u64,
    symbols: VecDeque<Option<u8>>,
    /// There is room for a bit of an id behind every codeword.
    extra: bool,
    id_bit: Option<u32>,
    /// Clocks left until the packet's last symbol is out, once it ends.
    ending: Option<usize>,
    clear: bool,
    /// A packet has begun.
    known: bool,
    decoded: usize,
}

impl Lane {
    fn packet(&mut self, rng: &mut StdRng) {
        self.book = rng.random_range(0..self.tables.len());
        self.bits.clear();
        self.clear = true;
        self.ending = None;
    }

    /// Escaped symbols without an id's bit, and bits at random: a lane uses up as many words as it can, and as few.
    fn next_word(&mut self, rng: &mut StdRng) -> u16 {
        while self.bits.len() < 16 {
            match self.table.books[self.book].escape {
                Some(e) if rng.random_bool(0.9) => {
                    let symbol: u8 = rng.random();
                    let word = u32::from(e.code) << 16 | u32::from(symbol) << (24 - e.length);
                    let length = usize::from(e.length) + self.table.symbol_bits;
                    self.bits.extend((0..length).map(|i| word >> (31 - i) & 1 == 1));
                }
                _ => self.bits.extend((0..16).map(|_| rng.random::<bool>())),
            }
        }
        self.bits.drain(..16).fold(0, |word, bit| word << 1 | u16::from(bit))
    }

    /// The geometry of the book as the limits give it.
    fn geometry(&self, io: &mut Io) {
        let book = &self.table.books[self.book];
        io.set("book", self.book as u128);
        for (i, &first) in book.firsts.iter().enumerate() {
            io.set(&format!("first_{i}"), first);
        }
        for (i, &offset) in book.offsets.iter().enumerate() {
            io.set(&format!("offset_{i}"), offset);
        }
        io.set("escapes", book.escape.is_some());
        if let Some(escape) = book.escape {
            io.set("escape_code", escape.code);
            io.set("escape_mask", !(0xFFFFu32 >> escape.length) & 0xFFFF);
            io.set("escape_total", u32::from(escape.length) + self.table.symbol_bits as u32);
        }
        for (i, &length) in self.table.escape_lengths.iter().enumerate() {
            io.set(&format!("escape_at_{i}"), book.escape.is_some_and(|e| e.length == length));
            io.set(&format!("plain_at_{i}"), book.escape.is_some_and(|e| e.length == length));
        }
    }
}

impl Model for Lane {
    fn reset(&mut self) {
        self.stream = BitWindow::new(16);
        (self.used, self.ending, self.id_bit) = (0, Some(0), None);
        self.symbols = VecDeque::from([None; 4]);
    }

    fn before(&mut self, io: &mut Io) {
        if self.ending == Some(0) {
            self.packet(io.rng);
        }
        self.ending = self.ending.map(|clocks| clocks.saturating_sub(1));
        self.geometry(io);
        if let Some(Some(symbol)) = self.symbols.pop_front() {
            io.expect("symbol", symbol);
        }
        io.set("clear", self.clear);
        if self.known {
            io.expect("need", self.need);
            io.expect("blocked", self.blocked > 0);
        }
        let free = self.blocked == 0;
        self.blocked = self.blocked.saturating_sub(1);
        let going = !self.clear && self.ending.is_none();
        let fill = io.maybe("fill", 0.8, going && self.filling > 0);
        let fire = io.maybe("fire", 0.95, going && free && !fill && self.filling == 0);
        // The word that the step before used up is asked for with the next step, or before it where the payload ends.
        let load = going && self.need && (fire || (free && !fill && self.filling == 0 && io.rng.random_bool(0.1)));
        io.set("load", load);
        if let Some(bit) = self.id_bit.take() {
            io.expect("id_bit", bit);
        }
        let extra = io.maybe("extra", if self.prefill == 4 { 0.01 } else { 0.3 }, self.extra);
        let mut symbol = None;
        let mut crossed = false;
        if fire {
            let decoded = self.tables[self.book].read(&mut self.stream);
            symbol = Some(decoded);
            if extra {
                self.id_bit = Some(self.stream.read(1));
            }
            crossed = self.stream.consumed_bits() / 16 > self.used / 16;
            self.used = self.stream.consumed_bits();
            assert!(!self.stream.overrun(), "the words that a step needs are there");
            self.decoded += 1;
            let missing = match self.prefill {
                3 => self.need || self.coming,
                4 => self.need && self.coming,
                _ => false,
            };
            if crossed && missing {
                self.starved += 1;
                self.blocked = if self.prefill == 3 && load { 2 } else { 1 };
            }
        }
        self.symbols.push_back(symbol);
        let word = if self.coming { self.next_word(io.rng) } else { io.rng.random() };
        io.set("word", word);
        if self.coming {
            self.stream.push_word(word.into());
        }
        self.coming = load || fill;
        self.blocked = self.blocked.max(fill.into());
        self.filling -= usize::from(fill);
        self.need = (self.need && !load) || crossed;
        if self.clear {
            self.stream = BitWindow::new(16);
            (self.used, self.filling, self.need, self.clear, self.known) = (0, self.prefill, false, false, true);
        } else if self.ending.is_none() && io.rng.random_bool(0.01) {
            self.ending = Some(4);
        }
    }

    fn enough(&self) {
        assert!(self.decoded > 5_000);
        let enough = match self.prefill {
            // Codewords of two bits' symbols are too short for that.
            3 => (self.starved > 100) == (self.table.symbol_bits > 2),
            4 => self.starved > 0,
            _ => self.starved == 0,
        };
        assert!(enough, "{} of {} steps, prefill {}", self.starved, self.decoded, self.prefill);
    }
}

#[test]
fn lane_decoder() {
    let cases = [
        (3, 2, 8, 15, 3),
        (15, 4, 8, 15, 3),
        (15, 4, 8, 15, 4),
        (15, 4, 8, 15, 5),
        (3, 2, 5, 15, 3),
        (3, 2, 5, 15, 4),
        (3, 2, 2, 15, 3),
    ];
    for (books, book_bits, symbol_bits, longest, prefill) in cases {
        let mut rng = crate::common::seeded("lane_decoder");
        let bank = bank(&mut rng, symbol_bits, longest, books);
        let table = DecoderTable::new(&bank, 0, book_bits);
        let block = LaneDecoder::new(&table, prefill as u32).unwrap();
        let model = Lane {
            tables: bank_tables(&bank).into_iter().map(|t| t.decode[0].clone()).collect(),
            table,
            stream: BitWindow::new(16),
            bits: VecDeque::new(),
            prefill,
            book: 0,
            filling: 0,
            need: false,
            coming: false,
            blocked: 0,
            starved: 0,
            used: 0,
            symbols: VecDeque::from([None; 4]),
            extra: true,
            id_bit: None,
            ending: Some(0),
            clear: false,
            known: false,
            decoded: 0,
        };
        three_way(&format!("lane_decoder {books} {symbol_bits} {longest} {prefill}"), block, model, 20_000);
    }
}

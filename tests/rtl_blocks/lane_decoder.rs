//! One lane of the decoder, and the geometry of the books, against the reference codec's tables.

use crate::common::random_code;
use crate::harness::{three_way, Io, Model};
use huffwire::codebook::{Bank, Book};
use huffwire::codec::bits::BitWindow;
use huffwire::codec::tables::{bank_tables, DecodeTable};
use huffwire::format::SymbolMap;
use huffwire::rtl::decoder::book_limits::BookLimits;
use huffwire::rtl::decoder::lane_decoder::LaneDecoder;
use huffwire::rtl::tables::{DecoderBook, DecoderTable};
use rand::prelude::*;
use std::collections::VecDeque;

dut! {
    [] BookLimits {
        clock: clk;
        in: book, load;
        out: tops_short, tops_long, offsets, shortest, escape_length, escape_length_behind, escape_first, book_behind;
    }
}
dut! {
    [] LaneDecoder {
        clock: clk;
        in: rst, clear, load, word, fire, extra, book, tops_short, tops_long, offsets, shortest, escape_length,
            escape_length_behind, escape_first;
        out: crossed, symbol, id_bit;
    }
}

fn bank(rng: &mut StdRng, symbol_bits: u32, longest: u8, books: usize) -> Bank {
    let book = |i| Book { name: format!("random {i}"), planes: vec![random_code(rng, symbol_bits, longest)] };
    Bank::new(SymbolMap::Bytes, (0..books).map(book).collect()).unwrap()
}

/// One book's geometry, worked out from what the reference decodes each of the 2^16 windows to.
struct Geometry {
    tops: [u128; 15],
    /// For the lengths that there are.
    offsets: [Option<u128>; 16],
    shortest: u128,
    escape_length: u128,
    escape_first: Option<u128>,
}

impl Geometry {
    fn new(bank: &Bank, tables: &DecodeTable, id: usize) -> Self {
        let code = &bank.book(id as u8).unwrap().planes[0];
        let escape = code.escape_length().map_or(0, u32::from);
        let direct = |symbol: u8| u32::from(code.lengths()[usize::from(symbol)]);
        let canonical = code.canonical();
        let place = |s: usize| canonical.iter().position(|c| c.0 == s).unwrap();
        let mut g = Geometry {
            tops: [0xFFFF; 15],
            offsets: [None; 16],
            shortest: 16,
            escape_length: escape.into(),
            escape_first: None,
        };
        let mut longest = 0;
        for window in 0..=0xFFFFu32 {
            let mut bits = BitWindow::new(16);
            bits.push_word(window);
            bits.push_word(0);
            let symbol = tables.read(&mut bits);
            let (is_escape, used) = (direct(symbol) == 0, bits.consumed_bits() as u32);
            // A direct symbol behind an escape cannot be told by its length alone: 8 bits more than its own are used.
            let is_escape = is_escape || used != direct(symbol);
            let length = if is_escape { used - 8 } else { used };
            if is_escape {
                g.escape_first.get_or_insert(window.into());
            }
            let number = window >> (16 - length);
            let at = place(if is_escape { 256 } else { usize::from(symbol) }) as u32;
            let offset = u128::from(at.wrapping_sub(number) & 0xFF);
            let known = g.offsets[length as usize - 1].get_or_insert(offset);
            assert_eq!(*known, offset, "places of one length run on");
            (g.shortest, longest) = (g.shortest.min(length.into()), longest.max(length));
            // Windows come in order, and so do lengths: the last window of a length ends its run.
            (length as usize..=15).for_each(|l| g.tops[l - 1] = window.into());
        }
        for (i, top) in g.tops.iter_mut().enumerate() {
            if i + 1 < g.shortest as usize || i + 1 >= longest as usize {
                *top = 0xFFFF;
            }
        }
        g
    }
}

struct Limits {
    books: Vec<Geometry>,
    /// Books of this clock and the two before.
    held: [Option<usize>; 3],
    changing: bool,
}

fn packed(values: &[u128], bits: usize) -> u128 {
    values.iter().rev().fold(0, |all, v| all << bits | v)
}

impl Model for Limits {
    fn before(&mut self, io: &mut Io) {
        let [now, before, first] = if self.changing { self.held } else { [self.held[0]; 3] };
        if let Some(book) = first {
            io.expect("book_behind", book as u128);
        }
        if let Some(g) = now.map(|book| &self.books[book]) {
            io.expect("tops_short", packed(&g.tops[..8], 16));
            io.expect("tops_long", packed(&g.tops[8..], 16));
            io.expect("shortest", g.shortest);
            io.expect("escape_length", g.escape_length);
            io.expect("escape_first", g.escape_first.unwrap_or(0));
        }
        if let Some(g) = before.map(|book| &self.books[book]) {
            io.expect("escape_length_behind", g.escape_length);
            // A length that no codeword has does not matter; the tables have 0 there.
            let offsets: Vec<u128> = g.offsets.iter().map(|o| o.unwrap_or(0)).collect();
            io.expect("offsets", packed(&offsets, 8));
        }
        let book = io.rng.random_range(0..self.books.len());
        io.set("book", book as u128);
        let load = io.maybe("load", 0.5, true);
        let next = if load { Some(book) } else { self.held[0] };
        self.held = [next, self.held[0], self.held[1]];
    }
}

#[test]
fn book_limits() {
    let mut rng = crate::common::seeded("book_limits");
    let bank = bank(&mut rng, 8, 16, 3);
    let tables = bank_tables(&bank);
    for changing in [false, true] {
        let books: Vec<Geometry> = (0..4).map(|id| Geometry::new(&bank, &tables[id].decode[0], id)).collect();
        let table = DecoderTable::new(&bank, 0, 2);
        let block = BookLimits::new(&table.books, changing).unwrap();
        three_way(&format!("book_limits {changing}"), block, Limits { books, held: [None; 3], changing }, 1_000);
    }
}

struct Lane {
    books: Vec<DecoderBook>,
    tables: Vec<DecodeTable>,
    stream: BitWindow,
    book: usize,
    held: usize,
    /// Bits used so far.
    used: u64,
    symbols: VecDeque<Option<u8>>,
    /// There is room for a bit of an id behind every codeword.
    extra: bool,
    id_bit: Option<u32>,
    /// Clocks left until the packet's last symbol is out, once it ends.
    ending: Option<usize>,
    clear: bool,
    decoded: usize,
}

impl Lane {
    fn packet(&mut self, rng: &mut StdRng) {
        self.book = rng.random_range(0..self.tables.len());
        self.clear = true;
        self.ending = None;
    }
}

impl Model for Lane {
    fn reset(&mut self) {
        self.stream = BitWindow::new(16);
        (self.held, self.used, self.ending, self.id_bit) = (0, 0, Some(0), None);
        self.symbols = VecDeque::from([None; 3]);
    }

    fn before(&mut self, io: &mut Io) {
        if self.ending == Some(0) {
            self.packet(io.rng);
        }
        self.ending = self.ending.map(|clocks| clocks.saturating_sub(1));
        let book = &self.books[self.book];
        let tops: Vec<u128> = book.tops.iter().map(|&t| t.into()).collect();
        let offsets: Vec<u128> = book.offsets.iter().map(|&o| o.into()).collect();
        io.set("book", self.book as u128);
        io.set("tops_short", packed(&tops[..8], 16));
        io.set("tops_long", packed(&tops[8..], 16));
        io.set("offsets", packed(&offsets, 8));
        io.set("shortest", book.shortest);
        io.set("escape_length", book.escape_length);
        io.set("escape_length_behind", book.escape_length);
        io.set("escape_first", book.escape_first);

        if let Some(Some(symbol)) = self.symbols.pop_front() {
            io.expect("symbol", symbol);
        }
        io.set("clear", self.clear);
        let going = !self.clear && self.ending.is_none();
        let fire = io.maybe("fire", 0.8, going && self.held >= 2);
        if let Some(bit) = self.id_bit.take() {
            io.expect("id_bit", bit);
        }
        let extra = io.maybe("extra", 0.3, self.extra);
        let mut crossed = false;
        let mut symbol = None;
        if fire {
            let decoded = self.tables[self.book].read(&mut self.stream);
            symbol = Some(decoded);
            if extra {
                self.id_bit = Some(self.stream.read(1));
            }
            crossed = self.stream.consumed_bits() / 16 > self.used / 16;
            self.used = self.stream.consumed_bits();
            self.decoded += 1;
        }
        io.expect("crossed", crossed);
        self.symbols.push_back(symbol);
        self.held -= usize::from(crossed);
        let load = io.maybe("load", 0.8, going && self.held < 3);
        let word = io.any("word");
        if load {
            self.stream.push_word(word as u32);
            self.held += 1;
        }
        if self.clear {
            self.stream = BitWindow::new(16);
            (self.held, self.used, self.clear) = (0, 0, false);
        } else if self.ending.is_none() && io.rng.random_bool(0.01) {
            self.ending = Some(3);
        }
    }

    fn enough(&self) {
        assert!(self.decoded > 5_000);
    }
}

#[test]
fn lane_decoder() {
    let cases = [(3, 2, 8, 15), (15, 4, 8, 15), (3, 2, 5, 15), (3, 2, 2, 15)];
    for (books, book_bits, symbol_bits, longest) in cases {
        let mut rng = crate::common::seeded("lane_decoder");
        let bank = bank(&mut rng, symbol_bits, longest, books);
        let table = DecoderTable::new(&bank, 0, book_bits);
        let model = Lane {
            tables: bank_tables(&bank).into_iter().map(|t| t.decode[0].clone()).collect(),
            books: table.books,
            stream: BitWindow::new(16),
            book: 0,
            held: 0,
            used: 0,
            symbols: VecDeque::new(),
            extra: true,
            id_bit: None,
            ending: Some(0),
            clear: false,
            decoded: 0,
        };
        let block = LaneDecoder::new(symbol_bits as usize, &table.symbols).unwrap();
        three_way(&format!("lane_decoder {books} {symbol_bits} {longest}"), block, model, 20_000);
    }
}

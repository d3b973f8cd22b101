//! Lanes in turn: four lanes of the format in one, the queue of what they need, and that of what they gave.

use crate::common::random_code;
use crate::harness::{three_way, Io, Model};
use huffwire::codebook::{Bank, Book};
use huffwire::codec::bits::BitWindow;
use huffwire::codec::tables::{bank_tables, DecodeTable};
use huffwire::format::SymbolMap;
use huffwire::rtl::decoder::need_queue::NeedQueue;
use huffwire::rtl::decoder::symbol_queue::SymbolQueue;
use huffwire::rtl::decoder::turn_lane::{TurnLane, CODE_CLOCKS, NEED_CLOCKS, SYMBOL_CLOCKS};
use huffwire::rtl::tables::DecoderTable;
use rand::prelude::*;
use std::collections::VecDeque;

dut! {
    [] TurnLane {
        clock: clk;
        in: fire, fresh, turn, extra, put, put_turn, filling, round, word, book, first, escape_code, escape_mask, escapes,
            escape_total, offset, plain_at;
        out: need, id_bit, symbol;
    }
}
dut! {
    [] NeedQueue { clock: clk; in: clear, push, need, pop; out: want, asked; }
}
dut! {
    [] SymbolQueue { clock: clk; in: clear, push, symbol_in, pop; out: symbol; }
}

/// One of the four.
#[derive(Clone)]
struct Stream {
    bits: BitWindow,
    words: usize,
    /// Clock of its last codeword.
    fired: Option<usize>,
    fresh: bool,
    prefill: usize,
}

impl Stream {
    fn new(prefill: usize) -> Self {
        Stream { bits: BitWindow::new(16), words: 0, fired: None, fresh: true, prefill }
    }

    /// Words that are there, that of the position first.
    fn held(&self) -> usize {
        self.words - self.bits.consumed_bits() as usize / 16
    }
}

struct Turns {
    table: DecoderTable,
    tables: Vec<DecodeTable>,
    stream: Vec<Stream>,
    /// Books of the last clocks, the latest first.
    books: VecDeque<usize>,
    needs: VecDeque<Option<bool>>,
    id_bits: VecDeque<Option<u32>>,
    symbols: VecDeque<Option<u8>>,
    decoded: usize,
    extras: usize,
    needed: usize,
}

impl Turns {
    fn geometry(&self, io: &mut Io) {
        let book = |clocks: usize| &self.table.books[self.books[clocks]];
        for (i, &first) in book(CODE_CLOCKS).firsts.iter().enumerate() {
            io.set(&format!("first_{i}"), first);
        }
        io.set("escapes", book(CODE_CLOCKS).escape.is_some());
        if let Some(escape) = book(CODE_CLOCKS).escape {
            io.set("escape_code", escape.code);
            io.set("escape_mask", !(0xFFFFu32 >> escape.length) & 0xFFFF);
        }
        if let Some(escape) = book(CODE_CLOCKS + 1).escape {
            io.set("escape_total", u32::from(escape.length) + self.table.symbol_bits as u32);
        }
        for (i, &offset) in book(CODE_CLOCKS + 1).offsets.iter().enumerate() {
            io.set(&format!("offset_{i}"), offset);
        }
        for (i, &length) in self.table.escape_lengths.iter().enumerate() {
            io.set(&format!("plain_at_{i}"), book(CODE_CLOCKS + 1).escape.is_some_and(|e| e.length == length));
        }
        io.set("book", self.books[CODE_CLOCKS + 3] as u128);
    }

    /// An escape now and then, and bits at random.
    fn word(&self, rng: &mut StdRng) -> u16 {
        match self.table.books[self.books[0]].escape {
            Some(e) if e.length > 0 && rng.random_bool(0.3) => e.code | rng.random::<u16>() >> e.length,
            _ => rng.random(),
        }
    }
}

impl Model for Turns {
    fn before(&mut self, io: &mut Io) {
        let book = if io.rng.random_bool(0.2) { io.rng.random_range(0..self.tables.len()) } else { self.books[0] };
        self.books.push_front(book);
        self.books.truncate(CODE_CLOCKS + 4);
        self.geometry(io);
        if let Some(need) = self.needs.pop_front().unwrap() {
            io.expect("need", need);
        }
        if let Some(bit) = self.id_bits.pop_front().unwrap() {
            io.expect("id_bit", bit);
        }
        if let Some(symbol) = self.symbols.pop_front().unwrap() {
            io.expect("symbol", symbol);
        }

        // A codeword of a lane that has two words and whose last codeword is four clocks ago.
        let (mut need, mut id_bit, mut symbol) = (false, None, None);
        let turn = io.rng.random_range(0..4);
        io.set("turn", turn as u128);
        let stream = &mut self.stream[turn];
        let can = stream.held() > 1 && stream.fired.is_none_or(|clock| io.clock >= clock + 4);
        io.set("fresh", stream.fresh);
        let extra = io.maybe("extra", 0.2, true);
        if io.maybe("fire", 0.95, can) {
            let before = stream.bits.consumed_bits() / 16;
            symbol = Some(self.tables[book].read(&mut stream.bits));
            if extra {
                id_bit = Some(stream.bits.read(1));
            }
            assert!(!stream.bits.overrun());
            need = stream.bits.consumed_bits() / 16 > before;
            (stream.fired, stream.fresh) = (Some(io.clock), false);
            self.decoded += 1;
            self.extras += usize::from(extra);
            self.needed += usize::from(need);
        } else if io.rng.random_bool(0.002) {
            // A packet ends, another one begins.
            let prefill = io.rng.random_range(2..=5);
            *stream = Stream { fired: stream.fired, ..Stream::new(prefill) };
        }
        self.needs.push_back(Some(need));
        self.id_bits.push_back(id_bit);
        self.symbols.push_back(symbol);

        // A word, for a lane that has place for it: used words leave their places with the codeword behind.
        let word = self.word(io.rng);
        let turn = io.rng.random_range(0..4);
        let stream = &mut self.stream[turn];
        io.set("put_turn", turn as u128);
        io.set("word", word);
        io.set("filling", stream.words < stream.prefill);
        io.set("round", (stream.words % 8) as u128);
        if io.maybe("put", 0.9, stream.held() < 5) {
            stream.bits.push_word(word.into());
            stream.words += 1;
        }
    }

    fn enough(&self) {
        assert!(self.decoded > 5_000 && self.extras > 500 && self.needed > 1_000, "{}", self.decoded);
    }
}

#[test]
fn turn_lane() {
    for (books, book_bits, symbol_bits, longest) in [(3, 2, 8, 15), (15, 4, 8, 15), (3, 2, 5, 15), (1, 2, 2, 15)] {
        let mut rng = crate::common::seeded("turn_lane");
        let book = |i| Book { name: format!("random {i}"), planes: vec![random_code(&mut rng, symbol_bits, longest)] };
        let bank = Bank::new(SymbolMap::Bytes, (0..books).map(book).collect()).unwrap();
        let table = DecoderTable::new(&bank, 0, book_bits);
        let block = TurnLane::new(&table).unwrap();
        let model = Turns {
            tables: bank_tables(&bank).into_iter().map(|t| t.decode[0].clone()).collect(),
            table,
            stream: vec![Stream::new(4); 4],
            books: vec![0; CODE_CLOCKS + 4].into(),
            needs: vec![None; NEED_CLOCKS].into(),
            id_bits: vec![None; NEED_CLOCKS].into(),
            symbols: vec![None; SYMBOL_CLOCKS].into(),
            decoded: 0,
            extras: 0,
            needed: 0,
        };
        three_way(&format!("turn_lane {books} {symbol_bits} {longest}"), block, model, 20_000);
    }
}

#[derive(Default)]
struct Needs {
    lanes: usize,
    /// Groups, and the clock of each from which on it can be seen.
    groups: VecDeque<(u128, usize)>,
    known: bool,
    seen: usize,
}

impl Model for Needs {
    fn before(&mut self, io: &mut Io) {
        let head = self.groups.front().filter(|group| group.1 <= io.clock).map(|group| group.0);
        if let Some(mask) = head {
            io.expect("want", mask);
            io.expect("asked", mask.count_ones());
            self.seen += 1;
        }
        let clear = io.maybe("clear", 0.01, true) || !self.known;
        io.set("clear", clear);
        // A group is popped when the next one can come to the front.
        let next = self.groups.get(1).is_some_and(|group| group.1 <= io.clock + 1);
        if io.maybe("pop", 0.6, head.is_some() && next && !clear) {
            self.groups.pop_front();
        }
        let need = io.any("need");
        if io.maybe("push", 0.6, self.groups.len() < 12 && !clear) {
            self.groups.push_back((need, io.clock + 3));
        }
        if clear {
            // A group that asks for nothing comes first.
            self.groups = [(0, 0)].into();
            self.known = true;
        }
    }

    fn enough(&self) {
        assert!(self.seen > 1_000, "{} of {} lanes", self.seen, self.lanes);
    }
}

#[test]
fn need_queue() {
    for lanes in [1, 2, 8, 16] {
        let model = Needs { lanes, ..Needs::default() };
        three_way(&format!("need_queue {lanes}"), NeedQueue::new(lanes), model, 5_000);
    }
}

#[derive(Default)]
struct Symbols {
    lanes: usize,
    turns: VecDeque<Vec<u128>>,
    /// The oldest turn of the clock before.
    before: Option<Vec<u128>>,
    known: bool,
}

impl Model for Symbols {
    fn before(&mut self, io: &mut Io) {
        if let Some(turn) = &self.before {
            for (i, &symbol) in turn.iter().enumerate() {
                io.expect(&format!("symbol_{i}"), symbol);
            }
        }
        let clear = io.maybe("clear", 0.01, true) || !self.known;
        io.set("clear", clear);
        self.before = self.turns.front().cloned();
        if io.maybe("pop", 0.5, !self.turns.is_empty()) {
            self.turns.pop_front();
        }
        let symbols = (0..self.lanes).map(|i| io.any(&format!("symbol_in_{i}"))).collect();
        if io.maybe("push", 0.5, self.turns.len() < 15) {
            self.turns.push_back(symbols);
        }
        if clear {
            self.turns.clear();
            self.known = true;
        }
    }
}

#[test]
fn symbol_queue() {
    for lanes in [1, 3] {
        let model = Symbols { lanes, ..Symbols::default() };
        three_way(&format!("symbol_queue {lanes}"), SymbolQueue::new(lanes), model, 3_000);
    }
}

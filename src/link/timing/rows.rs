//! `link_rows`: tagger, store and count of words.

use super::fifo::Fifo;
use super::stages::{Delay, Shape, Stages, TRAILER_WORDS};

/// What is known of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Tag {
    payload: u32,
    words: u32,
    ends: bool,
    last: bool,
}

/// What the controller is told about the words that it asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// They are there, and one more behind them.
    pub ready: bool,
    /// They are all that there are, or more.
    pub ended: bool,
}

/// What the controller asks for and does in a clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct Request {
    /// Words asked for.
    pub asked: u32,
    /// They are taken.
    pub load: bool,
    /// They will be the same in the next clock.
    pub steady: bool,
    /// No more than there are.
    pub limited: bool,
    /// The trailer's words are asked for.
    pub trailer: bool,
    /// What is left of the packet is dropped.
    pub finish: bool,
}

/// A row under way in the tagger: its words, and whether it is the last.
type Row = Option<(u32, bool)>;

/// Link side of the decoder.
#[derive(Clone, Debug)]
pub struct Rows {
    row_words: u64,
    two_groups: u32,
    // The input register and the tagger.
    row: Row,
    line: Vec<Row>,
    held_words: u32,
    flushing: bool,
    judged: Delay<Option<Tag>>,
    // The store: rows written and words read since the reset.
    written: u64,
    start: u64,
    limit: u64,
    has_room: bool,
    high_water: u64,
    // The count.
    tags: Fifo<Tag>,
    counted: u64,
    level: u32,
    trailer_level: u32,
    payload_seen: bool,
    all_seen: bool,
    /// What was asked in the clock before, if that was steady; words taken in it, and whether of the trailer.
    before: Option<u32>,
    spent: (u32, bool),
    plenty: bool,
    exact: bool,
    ended: bool,
}

impl Rows {
    /// For streams of this shape.
    pub fn new(shape: &Shape, stages: &Stages) -> Self {
        let delay = TRAILER_WORDS.div_ceil(shape.link_words) as usize;
        Rows {
            row_words: shape.link_words.into(),
            two_groups: 2 * shape.slots() as u32,
            row: None,
            line: vec![None; delay],
            held_words: 0,
            flushing: false,
            judged: Delay::new(stages.tag, None),
            written: 0,
            start: 0,
            limit: u64::from(stages.store_rows(shape) - stages.bank.slack),
            has_room: false,
            high_water: 0,
            tags: Fifo::new(stages.tags),
            counted: 0,
            level: 0,
            trailer_level: 0,
            payload_seen: false,
            all_seen: false,
            before: None,
            spent: (0, false),
            plenty: false,
            exact: false,
            ended: false,
        }
    }

    /// A row would be taken.
    pub fn ready(&self) -> bool {
        self.has_room && self.tags.room() && !self.flushing && !self.row.is_some_and(|(_, last)| last)
    }

    /// The answer to what was asked in the clock before.
    pub fn answer(&self) -> Answer {
        Answer { ready: self.plenty || self.exact, ended: self.ended }
    }

    /// All of the packet would be dropped in this clock.
    pub fn finished(&self) -> bool {
        self.all_seen
    }

    /// One clock: `row` comes in.
    pub fn clock(&mut self, row: Row, request: &Request) {
        let used = self.written - self.start / self.row_words;
        self.has_room = used < self.limit;
        self.high_water = self.high_water.max(used);
        self.written += u64::from(row.is_some());
        let following = self.counted;
        let tag = self.tag(self.row);
        let tag = self.judged.step(tag);
        self.row = row;
        let taken = self.count(tag, request);
        self.start = if request.finish { following * self.row_words } else { self.start + u64::from(taken) };
    }

    /// The clock of the count: words taken.
    fn count(&mut self, tag: Option<Tag>, request: &Request) -> u32 {
        let fetched = self.tags.head().filter(|_| !self.all_seen);
        self.tags.clock(tag, fetched.is_some());
        let taken = match (request.load, request.limited && !request.trailer) {
            (false, _) => 0,
            (_, true) => self.level,
            (_, false) => request.asked,
        };
        let (here, complete) =
            if request.trailer { (self.trailer_level, self.all_seen) } else { (self.level, self.payload_seen) };
        let compared = self.before.filter(|_| request.steady);
        self.exact = compared.is_some_and(|asked| here > asked);
        self.ended = complete && compared.is_some_and(|asked| here <= asked);
        self.before = Some(request.asked).filter(|_| request.steady);
        match self.spent {
            (words, true) => self.trailer_level -= words,
            (words, false) => self.level -= words,
        }
        self.spent = (taken, request.trailer);
        let finished = request.finish && self.all_seen;
        if let Some(row) = fetched {
            self.level += row.payload;
            self.trailer_level += row.words - row.payload;
            self.counted += 1;
            self.payload_seen |= row.ends;
            self.all_seen |= row.last;
        }
        if request.finish {
            (self.level, self.trailer_level) = (0, 0);
        }
        self.plenty = self.level > self.two_groups;
        if finished {
            (self.payload_seen, self.all_seen) = (false, false);
        }
        taken
    }

    /// The tagger's clock: the row that it judges.
    fn tag(&mut self, row: Row) -> Option<Tag> {
        let advance = row.is_some() || self.flushing;
        let leaving = if advance { self.line.pop().flatten() } else { None };
        if advance {
            self.line.insert(0, row);
        }
        let (own, final_row) = leaving.unwrap_or((0, false));
        let behind = self.held_words + row.map_or(0, |r| r.0) - own;
        self.held_words = behind;
        let last = row.is_some_and(|r| r.1);
        let ended = self.flushing || last;
        self.flushing = ended && !final_row;
        let missing = if ended { TRAILER_WORDS.saturating_sub(behind) } else { 0 };
        let ends = ended && behind <= TRAILER_WORDS;
        leaving.map(|_| Tag { payload: own.saturating_sub(missing), words: own, ends, last: ends && final_row })
    }

    /// Nothing is in it.
    pub fn is_idle(&self) -> bool {
        let (read, written) = (self.start / self.row_words, self.written);
        read == written && self.has_room && self.tags.is_idle() && !self.flushing && self.row.is_none()
    }

    /// Most rows that there have been.
    pub fn high_water(&self) -> usize {
        self.high_water as usize
    }
}

//! `link_rows`: queue of rows, tagger, window.

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

/// What the controller sees of the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// Words that are there.
    pub available: u32,
    /// No more will come.
    pub complete: bool,
}

/// A row under way in the tagger: its words, and whether it is the last.
type Row = Option<(u32, bool)>;

/// Link side of the decoder.
#[derive(Clone, Debug)]
pub struct Rows {
    row_words: u32,
    rows: Fifo<()>,
    tags: Fifo<Tag>,
    line: Vec<Row>,
    held_words: u32,
    flushing: bool,
    judged: Delay<Option<Tag>>,
    offset: u32,
}

impl Rows {
    /// For streams of this shape.
    pub fn new(shape: &Shape, stages: &Stages) -> Self {
        let delay = TRAILER_WORDS.div_ceil(shape.link_words) as usize;
        Rows {
            row_words: shape.link_words,
            rows: Fifo::new(stages.rows),
            tags: Fifo::new(stages.rows),
            line: vec![None; delay],
            held_words: 0,
            flushing: false,
            judged: Delay::new(stages.tag, None),
            offset: 0,
        }
    }

    /// A row would be taken.
    pub fn ready(&self) -> bool {
        self.rows.room() && !self.flushing
    }

    /// The next words: those of the payload, or all of them while the trailer is read.
    pub fn view(&self, trailer: bool) -> View {
        let of = |tag: Tag| if trailer { (tag.words, tag.last) } else { (tag.payload, tag.ends) };
        let Some((here, ends)) = self.tags.head().map(of) else { return View { available: 0, complete: false } };
        let rest = here.saturating_sub(self.offset);
        match self.tags.second().map(of) {
            Some((there, second_ends)) if !ends => View { available: rest + there, complete: second_ends },
            _ => View { available: rest, complete: ends },
        }
    }

    /// The oldest row is the packet's last.
    pub fn at_last(&self) -> bool {
        self.tags.head().is_some_and(|tag| tag.last)
    }

    /// One clock: `row` comes in, `take` words go, or with `finish` the oldest row.
    pub fn clock(&mut self, row: Row, take: u32, finish: bool) {
        let head = self.tags.head();
        let reach = self.offset + take;
        let mut pop = reach >= self.row_words && head.is_some_and(|tag| !tag.last);
        self.offset = if pop { reach - self.row_words } else { reach };
        if finish && head.is_some() {
            pop = true;
            self.offset = 0;
        }
        let tag = self.tag(row);
        let tag = self.judged.step(tag);
        self.rows.clock(row.map(|_| ()), pop);
        self.tags.clock(tag, pop);
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
        self.rows.is_idle() && self.tags.is_idle() && !self.flushing
    }

    /// Most rows that there have been.
    pub fn high_water(&self) -> usize {
        self.rows.high_water()
    }
}

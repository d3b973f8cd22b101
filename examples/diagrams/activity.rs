//! The clocks in which the registers of each block change, as a drawing of the pipeline.

use crate::svg::Svg;
use huffwire::cosim::RunTrace;
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::io::{self, BufReader, Write};
use std::sync::{Arc, Mutex, PoisonError};
use vcd::{Command, IdCode, Parser, ScopeItem};

/// Time units of a clock in the waveforms.
const PERIOD: u64 = 10;
const LEFT: i64 = 150;
const COLUMN: i64 = 7;
const ROW: i64 = 18;
const TOP: i64 = 56;

/// Waveforms kept in memory.
#[derive(Clone, Default)]
pub struct Record(Arc<Mutex<Vec<u8>>>);

impl Write for Record {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// When each block of a core works.
pub struct Activity {
    /// Blocks in order of the first clock in which they do.
    blocks: Vec<(String, BTreeSet<u64>)>,
    /// Clocks in which beats are taken and given.
    taken: Vec<u64>,
    given: Vec<u64>,
}

/// A signal that tells of its block.
struct Watched {
    block: String,
    register: bool,
}

impl Activity {
    /// Reads the waveforms of a run that had `reset` clocks in reset.
    pub fn read(record: &Record, reset: u64, trace: &RunTrace) -> Result<Self, Box<dyn Error>> {
        let bytes = record.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut parser = Parser::new(BufReader::new(&bytes[..]));
        let header = parser.parse_header()?;
        let mut watched = BTreeMap::new();
        for item in &header.items {
            if let ScopeItem::Scope(top) = item {
                for item in &top.items {
                    if let ScopeItem::Scope(block) = item {
                        watch(&block.items, &plain_name(&block.identifier), &block.identifier, &mut watched);
                    }
                }
            }
        }
        // A block without registers of its own (a ROM) is seen by its outputs.
        let with_registers: BTreeSet<String> =
            watched.values().filter(|w: &&Watched| w.register).map(|w| w.block.clone()).collect();
        watched.retain(|_, w| w.register || !with_registers.contains(&w.block));

        let mut clocks: BTreeMap<String, BTreeSet<u64>> = BTreeMap::new();
        let mut time = 0;
        for command in parser {
            let id = match command? {
                Command::Timestamp(t) => {
                    time = t;
                    continue;
                }
                Command::ChangeScalar(id, _) | Command::ChangeVector(id, _) | Command::ChangeString(id, _) => id,
                _ => continue,
            };
            if let Some(w) = watched.get(&id).filter(|_| time / PERIOD > reset) {
                clocks.entry(w.block.clone()).or_default().insert(time / PERIOD - reset);
            }
        }
        let given = trace.output.iter().map(|(clock, _)| *clock).collect();
        let mut blocks: Vec<_> = clocks.into_iter().collect();
        blocks.sort_by_key(|(name, clocks)| (clocks.first().copied(), name.clone()));
        Ok(Activity { blocks, taken: trace.accepted.clone(), given })
    }

    /// The drawing.
    pub fn svg(&self, title: &str) -> String {
        let last = self.blocks.iter().flat_map(|b| b.1.last()).chain(&self.given).copied().max().unwrap_or(0);
        let rows = self.blocks.len() as i64 + 2;
        let (width, bottom) = (LEFT + (last as i64 + 1) * COLUMN, TOP + rows * ROW);
        let mut svg = Svg::new(width + 20, bottom + 12);
        svg.text(6, 18, "start", "t", title);
        svg.text(6, 34, "start", "s", "clocks in which registers of the block change");
        for clock in (0..=last).step_by(10) {
            let x = LEFT + clock as i64 * COLUMN;
            svg.path("g", &format!("M{x} {TOP}V{bottom}"));
            svg.text(x, TOP - 4, "start", "s", &clock.to_string());
        }
        let io = |clocks: &[u64]| clocks.iter().copied().collect::<BTreeSet<u64>>();
        let (input, output) =
            (("beats taken".to_owned(), io(&self.taken)), ("beats given".to_owned(), io(&self.given)));
        let all = [("i", &input)].into_iter().chain(self.blocks.iter().map(|b| ("a", b))).chain([("o", &output)]);
        for (row, (class, (name, clocks))) in all.enumerate() {
            let y = TOP + row as i64 * ROW;
            svg.text(LEFT - 8, y + 13, "end", "", name);
            for (from, count) in runs(clocks) {
                svg.rect(class, LEFT + from as i64 * COLUMN, y + 3, count as i64 * COLUMN - 1, ROW - 6);
            }
        }
        svg.finish(title)
    }
}

/// Runs of consecutive numbers: first and how many.
fn runs(clocks: &BTreeSet<u64>) -> Vec<(u64, u64)> {
    let mut found: Vec<(u64, u64)> = Vec::new();
    for &clock in clocks {
        match found.last_mut() {
            Some((from, count)) if *from + *count == clock => *count += 1,
            _ => found.push((clock, 1)),
        }
    }
    found
}

/// `packer$0` is `packer`: all elements of an array work alike.
fn plain_name(name: &str) -> String {
    name.split('$').filter(|part| part.parse::<u32>().is_err()).collect::<Vec<_>>().join(".")
}

/// The signals of a block and of those in it.
fn watch(items: &[ScopeItem], block: &str, scope: &str, watched: &mut BTreeMap<IdCode, Watched>) {
    for item in items {
        match item {
            ScopeItem::Var(var) => {
                let clock = var.reference == "clk" || var.reference == "clock" || var.reference == "rst";
                if !clock {
                    let register = var.reference == "q" || scope == "q";
                    watched.insert(var.code, Watched { block: block.to_owned(), register });
                }
            }
            ScopeItem::Scope(inner) => watch(&inner.items, block, &inner.identifier, watched),
            _ => {}
        }
    }
}

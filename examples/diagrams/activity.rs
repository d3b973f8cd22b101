//! The clocks in which the registers of each block change, as a drawing of the pipeline.

use crate::svg::Svg;
use huffwire::cosim::RunTrace;
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::io::{self, BufReader, Write};
use std::sync::{Arc, Mutex, PoisonError};
use vcd::{Command, IdCode, Parser, Scope, ScopeItem};

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
    /// Blocks in the order in which they work for longest.
    blocks: Vec<(String, BTreeSet<u64>)>,
    /// Clocks in which beats are taken and given.
    taken: Vec<u64>,
    given: Vec<u64>,
}

/// What is in a scope of the waveforms: registers, ROMs, wiring and blocks made of these.
enum Kind {
    /// A register: its output is `q`.
    Register,
    /// Clocked, without registers inside: a ROM or memory.
    Memory,
    /// Neither clocked nor with anything inside.
    Wiring,
    /// A block; one of many blocks is listed by these.
    Block { blocks: usize },
}

fn kind(scope: &Scope) -> Kind {
    let inner = || scope.items.iter().filter_map(|item| if let ScopeItem::Scope(s) = item { Some(s) } else { None });
    let has = |name: &str| scope.items.iter().any(|item| matches!(item, ScopeItem::Var(v) if v.reference == name));
    match inner().count() {
        0 if has("q") && has("d") => Kind::Register,
        0 if has("clock") || has("clk") => Kind::Memory,
        0 => Kind::Wiring,
        _ => Kind::Block { blocks: inner().filter(|s| matches!(kind(s), Kind::Block { .. })).count() },
    }
}

/// Blocks inside from which on a block is listed by them.
const MANY: usize = 3;

impl Activity {
    /// Reads the waveforms of a run that had `reset` clocks in reset.
    pub fn read(record: &Record, reset: u64, trace: &RunTrace) -> Result<Self, Box<dyn Error>> {
        let bytes = record.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut parser = Parser::new(BufReader::new(&bytes[..]));
        let header = parser.parse_header()?;
        let mut watched = BTreeMap::new();
        for item in &header.items {
            if let ScopeItem::Scope(top) = item {
                watch(top, "", true, &mut watched);
            }
        }

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
            if let Some(block) = watched.get(&id).filter(|_| time / PERIOD >= reset) {
                clocks.entry(block.clone()).or_default().insert(time / PERIOD - reset);
            }
        }
        // What registers do as reset ends is not the packet's.
        let start = trace.accepted.first().copied().unwrap_or(0);
        clocks.values_mut().for_each(|c| c.retain(|&clock| clock >= start));
        clocks.retain(|_, c| !c.is_empty());
        let given = trace.output.iter().map(|(clock, _)| *clock).collect();
        let mut blocks: Vec<_> = clocks.into_iter().collect();
        blocks.sort_by_key(|(name, clocks)| (longest_run(clocks), name.clone()));
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

/// First clock of the longest run.
fn longest_run(clocks: &BTreeSet<u64>) -> Option<u64> {
    runs(clocks).into_iter().rev().max_by_key(|run| run.1).map(|run| run.0)
}

/// `packer$0` is `packer`: all elements of an array work alike.
fn plain_name(name: &str) -> String {
    name.split('$').filter(|part| part.parse::<u32>().is_err()).collect::<Vec<_>>().join(".")
}

/// The outputs of registers and memories, each with the block it is listed under. A block that is `open` is listed by the blocks in
/// it, and by its name for what is in it besides.
fn watch(scope: &Scope, block: &str, open: bool, watched: &mut BTreeMap<IdCode, String>) {
    for item in &scope.items {
        let ScopeItem::Scope(inner) = item else { continue };
        let name = match (open, block.is_empty()) {
            (true, true) => plain_name(&inner.identifier),
            (true, false) => format!("{block}.{}", plain_name(&inner.identifier)),
            (false, _) => block.to_owned(),
        };
        let output = |wanted: &str| {
            inner.items.iter().find_map(|item| match item {
                ScopeItem::Var(var) if var.reference == wanted => Some(var.code),
                _ => None,
            })
        };
        let own = if block.is_empty() { "core" } else { block };
        match kind(inner) {
            Kind::Register => watched.extend(output("q").map(|code| (code, own.to_owned()))),
            Kind::Memory => {
                let outputs = inner.items.iter().filter_map(|item| match item {
                    ScopeItem::Var(var) if var.reference.contains("data") => Some((var.code, name.clone())),
                    _ => None,
                });
                watched.extend(outputs);
            }
            Kind::Wiring => {}
            Kind::Block { blocks } => watch(inner, &name, open && blocks >= MANY, watched),
        }
    }
}

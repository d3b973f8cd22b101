//! The ports of a core in every clock of a run, as a timing diagram.

use crate::svg::Svg;
use huffwire::cosim::{Device, PortId};

const LEFT: i64 = 118;
const COLUMN: i64 = 34;
const ROW: i64 = 24;
const HIGH: i64 = 5;
const LOW: i64 = 19;
const TOP: i64 = 44;
/// Clocks in which nothing changes are cut out from this many on.
const CUT: usize = 6;

/// One port.
struct Signal {
    name: String,
    port: PortId,
    bits: usize,
    /// Name of the signal that says whether this one means anything.
    valid: Option<String>,
    /// Its value in each clock, in hexadecimal.
    values: Vec<String>,
}

/// All ports of a core.
pub struct Waves {
    signals: Vec<Signal>,
}

impl Waves {
    /// No clocks yet.
    pub fn of(device: &dyn Device) -> Self {
        let signal = |name: &str| {
            let port = device.find_port(name)?;
            let stream = name.rsplit_once('_').map_or("", |s| s.0);
            let handshake = name.ends_with("tvalid") || name.ends_with("tready") || name == "rst";
            let valid = (!handshake).then(|| format!("{stream}_tvalid"));
            let bits = device.ports()[port.index()].bits;
            Some(Signal { name: name.into(), port, bits, valid, values: Vec::new() })
        };
        let stream = |prefix: &str| {
            ["tvalid", "tready", "tdata", "tkeep", "tuser", "tlast"].map(|s| format!("{prefix}_{s}")).to_vec()
        };
        let names = [vec!["rst".to_owned()], stream("s_axis"), stream("m_axis")].concat();
        Waves { signals: names.iter().filter_map(|name| signal(name)).collect() }
    }

    /// One clock more.
    pub fn sample(&mut self, device: &dyn Device) {
        for signal in &mut self.signals {
            let words = device.get_words(signal.port);
            let digits: String = words.iter().rev().map(|word| format!("{word:08x}")).collect();
            signal.values.push(digits[digits.len() - signal.bits.div_ceil(4)..].to_owned());
        }
    }

    /// What is drawn of a signal in a clock: nothing of one that means nothing then.
    fn shown<'a>(&self, signal: &'a Signal, clock: usize) -> Option<&'a str> {
        let valid = signal.valid.as_ref().and_then(|name| self.signals.iter().find(|s| s.name == *name));
        let means = valid.is_none_or(|v| v.values[clock] == "1");
        means.then(|| signal.values[clock].as_str())
    }

    /// Columns of the drawing: a clock, or so many clocks that are like the one before.
    fn columns(&self) -> Vec<Result<usize, usize>> {
        let clocks = self.signals.first().map_or(0, |s| s.values.len());
        let same =
            |clock: usize| clock > 0 && self.signals.iter().all(|s| self.shown(s, clock) == self.shown(s, clock - 1));
        let mut columns = Vec::new();
        let mut clock = 0;
        while clock < clocks {
            let still = (clock..clocks).take_while(|&c| same(c)).count();
            if still >= CUT {
                columns.extend([Ok(clock), Err(still - 2), Ok(clock + still - 1)]);
            } else {
                columns.extend((clock..clock + still.max(1)).map(Ok));
            }
            clock += still.max(1);
        }
        columns
    }

    /// The drawing.
    pub fn svg(&self, title: &str) -> String {
        let columns = self.columns();
        let bottom = TOP + (self.signals.len() as i64 + 1) * ROW;
        let mut svg = Svg::new(LEFT + columns.len() as i64 * COLUMN + 10, bottom + 12);
        svg.text(6, 18, "start", "t", title);
        let at = |column: usize| LEFT + column as i64 * COLUMN;
        for (i, column) in columns.iter().enumerate() {
            if let Ok(clock) = column {
                svg.path("g", &format!("M{} {TOP}V{bottom}", at(i)));
                svg.text(at(i) + COLUMN / 2, TOP - 6, "middle", "s", &clock.to_string());
            }
        }
        svg.text(LEFT - 8, TOP + 16, "end", "", "clk");
        for (i, column) in columns.iter().enumerate() {
            let (x, half) = (at(i), COLUMN / 2);
            if column.is_ok() {
                svg.path("w", &format!("M{x} {}V{}h{half}V{}h{}", TOP + LOW, TOP + HIGH, TOP + LOW, COLUMN - half));
            }
        }
        for (row, signal) in self.signals.iter().enumerate() {
            let y = TOP + (row as i64 + 1) * ROW;
            svg.text(LEFT - 8, y + 16, "end", "", &signal.name);
            match signal.bits {
                1 => self.line(&mut svg, signal, &columns, y),
                _ => self.values(&mut svg, signal, &columns, y),
            }
        }
        for (i, column) in columns.iter().enumerate() {
            if let Err(clocks) = column {
                svg.rect("c", at(i) + 4, TOP, COLUMN - 8, bottom - TOP);
                svg.text(at(i) + COLUMN / 2, TOP - 6, "middle", "s", &format!("+{clocks}"));
            }
        }
        svg.finish(title)
    }

    /// A signal of one bit.
    fn line(&self, svg: &mut Svg, signal: &Signal, columns: &[Result<usize, usize>], y: i64) {
        let mut path = String::new();
        let mut before = None;
        for (i, column) in columns.iter().enumerate() {
            let x = LEFT + i as i64 * COLUMN;
            let level = match column {
                Ok(clock) => self.shown(signal, *clock).map(|v| if v == "1" { y + HIGH } else { y + LOW }),
                Err(_) => before,
            };
            match (before, level) {
                (_, None) => svg.rect("x", x, y + HIGH, COLUMN, LOW - HIGH),
                (Some(_), Some(l)) => path += &format!("V{l}h{COLUMN}"),
                (None, Some(l)) => path += &format!("M{x} {l}h{COLUMN}"),
            }
            before = level;
        }
        if !path.is_empty() {
            svg.path("w", &path);
        }
    }

    /// A signal of many bits: a box for as long as it stays the same.
    fn values(&self, svg: &mut Svg, signal: &Signal, columns: &[Result<usize, usize>], y: i64) {
        let shown = |column: &Result<usize, usize>| column.ok().map(|clock| self.shown(signal, clock));
        let mut from = 0;
        while from < columns.len() {
            let value = shown(&columns[from]).flatten();
            // A cut belongs to what is before it. Each beat taken is a box of its own.
            let ends = |c: &Result<usize, usize>| shown(c).is_some_and(|v| v != value) || self.taken_before(signal, c);
            let count = 1 + columns[from + 1..].iter().take_while(|c| !ends(c)).count();
            let (x, width) = (LEFT + from as i64 * COLUMN, count as i64 * COLUMN);
            let class = if value.is_some() { "d" } else { "x" };
            svg.path(
                class,
                &format!(
                    "M{x} {m}l3 {u}h{w}l3 {d}l-3 {d}h-{w}z",
                    m = y + (HIGH + LOW) / 2,
                    u = -(LOW - HIGH) / 2,
                    d = (LOW - HIGH) / 2,
                    w = width - 6
                ),
            );
            if let Some(value) = value {
                svg.text(x + width / 2, y + 15, "middle", "", value);
            }
            from += count;
        }
    }

    /// Whether a beat of the signal's stream was taken in the clock before.
    fn taken_before(&self, signal: &Signal, column: &Result<usize, usize>) -> bool {
        let (Ok(clock @ 1..), Some(valid)) = (column, &signal.valid) else { return false };
        let high = |name: &str| self.signals.iter().any(|s| s.name == name && s.values[clock - 1] == "1");
        high(valid) && high(&valid.replace("tvalid", "tready"))
    }
}

//! Area and clock of the cores, as synth/run.py measured and committed them.

use crate::page::table::{Cell, Table};
use crate::page::Section;
use serde::Deserialize;

/// The figures that come with the program: `synth/results.json`.
static RESULTS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/synth/results.json"));

/// What was measured of one core or block on one device. Whatever a row does not say is absent; whatever else it says is left alone.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Row {
    /// The configuration, in words.
    pub title: String,
    /// `encoder` or `decoder`.
    pub side: String,
    /// The block; empty for the whole core.
    pub block: String,
    /// Lanes.
    pub lanes: Option<u64>,
    /// Turns in which they are served; 1 unless said.
    pub turns: Option<u64>,
    /// Format of the elements.
    pub format: String,
    /// Bytes that a lane takes in a step.
    pub lane_bytes: Option<u64>,
    /// Device or cell library, by its short name.
    pub device: String,
    /// The part.
    pub part: String,
    /// Its speed grade.
    pub grade: String,
    /// Seeds of placement.
    pub seeds: Vec<u64>,
    /// Clock in MHz: the median over the seeds.
    pub mhz: Option<f64>,
    /// Clock of each seed; none where no path runs from register to register.
    pub mhz_of_seeds: Vec<Option<f64>>,
    /// Look-up tables.
    pub lut: Option<u64>,
    /// Flip-flops.
    pub ff: Option<u64>,
    /// Block RAMs.
    pub bram: Option<u64>,
    /// Area in standard cells, in gates of two inputs.
    pub nand2: Option<f64>,
    /// Tools with their versions.
    pub tools: Vec<String>,
    /// Version of the program that exported the Verilog.
    #[serde(rename = "crate")]
    pub program: String,
    /// Day of the measurement.
    pub date: String,
    /// `ok`, or what went wrong.
    pub status: String,
}

/// A list, or an object with the list.
#[derive(Deserialize)]
#[serde(untagged)]
enum File {
    List(Vec<Row>),
    Object { rows: Vec<Row> },
}

/// Reads results: a list of rows, or an object with `rows`.
pub fn read(text: &str) -> Result<Vec<Row>, serde_json::Error> {
    Ok(match serde_json::from_str(text)? {
        File::List(rows) | File::Object { rows } => rows,
    })
}

/// The rows that come with the program.
pub fn committed() -> Vec<Row> {
    // A test reads the same file.
    read(RESULTS).unwrap_or_default()
}

impl Row {
    /// Whether it was measured as it should be.
    fn is_ok(&self) -> bool {
        self.status.is_empty() || self.status == "ok"
    }

    fn lanes_in_words(&self) -> Cell {
        match (self.lanes, self.turns) {
            (Some(lanes), Some(turns)) if turns > 1 => format!("{lanes} in {turns} turns").into(),
            (lanes, _) => lanes.into(),
        }
    }

    fn device(&self) -> String {
        let part = [self.part.as_str(), self.grade.as_str()]
            .into_iter()
            .filter(|t| !t.is_empty())
            .collect::<Vec<_>>()
            .join("-");
        if part.is_empty() {
            self.device.clone()
        } else {
            part
        }
    }

    /// Bytes of elements a second, in MB, with an element a clock of each lane of a turn.
    fn mb_s(&self) -> Option<f64> {
        Some(self.mhz? * (self.lanes? / self.turns.unwrap_or(1).max(1)) as f64 * self.lane_bytes? as f64)
    }
}

/// The section: whole cores.
pub fn section(rows: &[Row]) -> Section {
    let mut section = Section::new(
        "hardware",
        "Area and clock, measured by synth/run.py",
        "The exported Verilog of whole cores, through open tools, on FPGAs and in an old library of standard cells. No figure here is of a \
         current process: they say how the cores compare with one another and with others measured the same way.",
    );
    let whole: Vec<&Row> = rows.iter().filter(|r| r.block.is_empty()).collect();
    if whole.is_empty() {
        return section;
    }
    let columns = ["what", "core", "lanes", "device", "LUT", "FF", "BRAM", "NAND2", "MHz", "each seed", "MB/s"];
    let mut table = Table::new("cores", "Cores, measured by synth/run.py", &columns);
    for r in &whole {
        let one = |m: &Option<f64>| m.map_or("-".into(), |m| format!("{m:.0}"));
        let seeds = r.mhz_of_seeds.iter().map(one).collect::<Vec<_>>().join(" ");
        let what = if r.is_ok() { r.title.clone() } else { format!("{} ({})", r.title, r.status) };
        let round = |value: Option<f64>| Cell::from(value.map(|v| v.round() as u64));
        table.row(vec![
            what.into(),
            r.side.as_str().into(),
            r.lanes_in_words(),
            r.device().into(),
            r.lut.into(),
            r.ff.into(),
            r.bram.into(),
            round(r.nand2),
            round(r.mhz),
            seeds.into(),
            round(r.mb_s()),
        ]);
    }
    section.show(table);
    let fastest =
        whole.iter().filter(|r| r.is_ok()).filter_map(|r| Some((r.mb_s()?, r))).max_by(|a, b| a.0.total_cmp(&b.0));
    if let Some((rate, row)) = fastest {
        section.findings.push(format!(
            "The core that takes most, {} ({}), takes {rate:.0} MB/s on {} at {:.0} MHz.",
            row.title,
            row.side,
            row.device(),
            row.mhz.unwrap_or_default()
        ));
    }
    section
}

/// Tools, seeds, dates: for the section on provenance.
pub fn origin(rows: &[Row]) -> Vec<(&'static str, String)> {
    let each = |of: &dyn Fn(&Row) -> Vec<String>| {
        let mut all: Vec<String> = rows.iter().flat_map(of).filter(|t| !t.is_empty()).collect();
        all.sort();
        all.dedup();
        all.join(", ")
    };
    let all = [
        ("synthesis, tools", each(&|r| r.tools.clone())),
        ("synthesis, seeds of placement", each(&|r| r.seeds.iter().map(u64::to_string).collect())),
        ("synthesis, version of the Verilog's program", each(&|r| vec![r.program.clone()])),
        ("synthesis, measured", each(&|r| vec![r.date.clone()])),
    ];
    all.into_iter().filter(|(_, text)| !text.is_empty()).collect()
}

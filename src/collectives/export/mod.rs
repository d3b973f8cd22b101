//! What was measured of a link, as input for network simulators.
//!
//! ```text
//! DIR/README.md               what is what, and how each simulator is started
//! DIR/figures.json            the link as it was measured
//! DIR/estimates.csv           the closed-form estimate of every collective, off and on
//! DIR/ring-8/astra-sim/       network, system, memory, logical topology
//! DIR/ring-8/booksim/         networks, one for each phase and the whole, and their configurations
//! DIR/ring-8/rapidchiplet/    designs, chiplets, traces ... as they lie in its folder `inputs`
//! DIR/ring-8/garnet/          arguments for gem5, and the topology as a file of its own
//! ```
//!
//! All simulators take a link for a latency and a bandwidth. What they get is [`LinkFigures::alpha_beta`] for the messages that the
//! collectives send, which differ from dimension to dimension: with compression off and on, two sets of files that differ in
//! nothing else. Simulators that count clocks count those of the link.

mod astra;
mod booksim;
mod garnet;
mod rapidchiplet;
mod readme;

use super::rounds::check_bytes;
use super::{rounds, AlphaBeta, Collective, CollectivesError, Compression, LinkFigures, Topology};
use crate::page::table::{Cell, Table};
use std::path::{Path, PathBuf};

/// What to export.
#[derive(Clone, Debug)]
pub struct ExportOptions {
    /// Dies and links.
    pub topologies: Vec<Topology>,
    /// Bytes of the collectives, see [`Collective`].
    pub bytes: u64,
}

impl Default for ExportOptions {
    fn default() -> Self {
        let topologies = vec![Topology::Ring { dies: 8 }, Topology::Mesh { rows: 4, columns: 4 }];
        ExportOptions { topologies, bytes: 16 << 20 }
    }
}

impl ExportOptions {
    /// These topologies, or the usual ones if there are none, and a size.
    pub fn with(topologies: &[Topology], bytes: u64) -> Self {
        match topologies {
            [] => ExportOptions { bytes, ..ExportOptions::default() },
            given => ExportOptions { topologies: given.into(), bytes },
        }
    }

    /// Whether there are bytes for every die of every topology.
    pub fn check(&self) -> Result<(), CollectivesError> {
        self.topologies.iter().try_for_each(|&topology| check_bytes(topology, self.bytes))
    }
}

/// A file of the export: its path in the folder, and what is in it.
pub type File = (PathBuf, String);

/// The export as files.
pub fn files(figures: &LinkFigures, options: &ExportOptions) -> Result<Vec<File>, CollectivesError> {
    figures.check()?;
    let table = estimates(figures, options)?;
    let mut files: Vec<File> = vec![
        ("README.md".into(), readme::readme(figures, options)?),
        ("figures.json".into(), json(figures)),
        ("estimates.csv".into(), table.csv()),
    ];
    for &topology in &options.topologies {
        let parts = [
            ("astra-sim", astra::files(figures, topology, options.bytes)?),
            ("booksim", booksim::files(figures, topology, options.bytes)?),
            ("rapidchiplet", rapidchiplet::files(figures, topology, options.bytes)?),
            ("garnet", garnet::files(figures, topology, options.bytes)?),
        ];
        for (simulator, of_simulator) in parts {
            let folder = Path::new(&topology.slug()).join(simulator);
            files.extend(of_simulator.into_iter().map(|(path, text)| (folder.join(path), text)));
        }
    }
    Ok(files)
}

/// Writes the export into a folder, which is made if it is not there and has to be empty unless `force`; gives the paths written.
pub fn export(
    figures: &LinkFigures,
    options: &ExportOptions,
    folder: &Path,
    force: bool,
) -> Result<Vec<PathBuf>, CollectivesError> {
    let files = files(figures, options)?;
    let at = |path: &Path| {
        let path = path.to_path_buf();
        move |source| CollectivesError::Write { path, source }
    };
    std::fs::create_dir_all(folder).map_err(at(folder))?;
    let mut there = std::fs::read_dir(folder).map_err(at(folder))?;
    if !force && there.next().is_some() {
        return Err(CollectivesError::Exists(folder.into()));
    }
    for (path, text) in &files {
        let path = folder.join(path);
        path.parent().map_or(Ok(()), std::fs::create_dir_all).map_err(at(&path))?;
        std::fs::write(&path, text).map_err(at(&path))?;
    }
    Ok(files.into_iter().map(|(path, _)| path).collect())
}

/// The closed-form estimates as a table: every collective on every topology.
pub fn estimates(figures: &LinkFigures, options: &ExportOptions) -> Result<Table, CollectivesError> {
    let columns = [
        "collective",
        "topology",
        "dies",
        "bytes",
        "rounds",
        "smallest message [B]",
        "largest message [B]",
        "off [us]",
        "on [us]",
        "gain",
        "beyond measured sizes",
    ];
    let caption = format!("Collectives of {} bytes, closed form", crate::page::thousands(options.bytes));
    let mut table = Table::new("collectives", caption, &columns);
    for &topology in &options.topologies {
        for collective in Collective::ALL {
            let of = |compression| figures.estimate(topology, collective, options.bytes, compression);
            let (off, on) = (of(Compression::Off)?, of(Compression::On)?);
            table.row(vec![
                collective.name().into(),
                topology.to_string().into(),
                u64::from(topology.dies()).into(),
                off.bytes.into(),
                u64::from(off.rounds).into(),
                Cell::Number(off.messages.0, 0),
                Cell::Number(off.messages.1, 0),
                (off.time_ns / 1000.0).into(),
                (on.time_ns / 1000.0).into(),
                Cell::Number(off.time_ns / on.time_ns, 3),
                if off.beyond_measured { "yes" } else { "no" }.into(),
            ]);
        }
    }
    Ok(table)
}

/// Bytes of the messages along each dimension: of a reduce-scatter, and the same of an all-gather and of an all-reduce.
fn messages(topology: Topology, bytes: u64) -> Result<Vec<f64>, CollectivesError> {
    Ok(rounds(topology, Collective::ReduceScatter, bytes)?.iter().map(|r| r.bytes).collect())
}

/// Alpha and beta in clocks of the link.
#[derive(Clone, Copy, Debug)]
struct Clocks {
    line: AlphaBeta,
    cycle_ns: f64,
}

impl Clocks {
    /// For messages of so many bytes.
    fn of(figures: &LinkFigures, compression: Compression, bytes: f64) -> Self {
        Clocks { line: figures.alpha_beta(compression, bytes), cycle_ns: figures.cycle_ns() }
    }

    /// Alpha, up to the next clock.
    fn latency(&self) -> u64 {
        ((self.line.alpha_ns / self.cycle_ns - 1e-9).ceil() as u64).max(1)
    }

    /// Clocks that the link is busy with a message: its flits.
    fn flits(&self, bytes: f64) -> u64 {
        ((bytes * self.line.beta_ns / self.cycle_ns - 1e-9).ceil() as u64).max(1)
    }

    /// Plain bits that the link takes in a clock, down to whole bytes.
    fn bits(&self) -> u64 {
        ((self.cycle_ns / self.line.beta_ns + 1e-9).floor() as u64).max(1) * 8
    }
}

fn json(value: &impl serde::Serialize) -> String {
    // Numbers, text and maps with text for keys: nothing that JSON cannot hold.
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

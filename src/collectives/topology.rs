//! Rings and meshes of dies.

use super::CollectivesError;
use serde::{Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// Dies and the links between them. Every link is full duplex: one of the measured links in each direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topology {
    /// Each die linked to the next, the last to the first.
    Ring {
        /// 3 to 1024.
        dies: u32,
    },
    /// Each die linked to those beside, above and below it; no links around the edges. Die `r * columns + c` is in row `r`.
    Mesh {
        /// 1 to 64.
        rows: u32,
        /// 1 to 64, and 2 dies in all at least.
        columns: u32,
    },
}

/// A ring or a row of dies, along which one phase of a collective runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// Dies, 2 at least.
    pub dies: u32,
    /// Whether the last is linked to the first.
    pub ring: bool,
}

/// Most dies of a ring, and most rows and columns of a mesh.
const MOST_OF_RING: u32 = 1024;
const MOST_OF_MESH: u32 = 64;

impl Topology {
    /// All dies.
    pub fn dies(&self) -> u32 {
        match *self {
            Topology::Ring { dies } => dies,
            Topology::Mesh { rows, columns } => rows * columns,
        }
    }

    /// The dimensions along which collectives run, one after the other: the ring, or a row and then a column; those of one die
    /// are left out.
    pub fn lines(&self) -> Vec<Line> {
        match *self {
            Topology::Ring { dies } => vec![Line { dies, ring: true }],
            Topology::Mesh { rows, columns } => {
                [columns, rows].into_iter().filter(|&d| d > 1).map(|dies| Line { dies, ring: false }).collect()
            }
        }
    }

    /// For each of [`Topology::lines`] all sets of dies that lie along it, each in order.
    pub fn members(&self) -> Vec<Vec<Vec<u32>>> {
        match *self {
            Topology::Ring { dies } => vec![vec![(0..dies).collect()]],
            Topology::Mesh { rows, columns } => {
                let along_rows = (0..rows).map(|r| (0..columns).map(|c| r * columns + c).collect());
                let along_columns = (0..columns).map(|c| (0..rows).map(|r| r * columns + c).collect());
                let mut all = Vec::new();
                if columns > 1 {
                    all.push(along_rows.collect());
                }
                if rows > 1 {
                    all.push(along_columns.collect());
                }
                all
            }
        }
    }

    /// Pairs of linked dies, the lower first but for the link that closes a ring, which goes from the last die to the first.
    pub fn links(&self) -> Vec<(u32, u32)> {
        match *self {
            Topology::Ring { dies } => (0..dies).map(|d| (d, (d + 1) % dies)).collect(),
            Topology::Mesh { rows, columns } => {
                let of = |die: u32| {
                    let right = (die % columns + 1 < columns).then_some((die, die + 1));
                    let down = (die / columns + 1 < rows).then_some((die, die + columns));
                    [right, down].into_iter().flatten()
                };
                (0..rows * columns).flat_map(of).collect()
            }
        }
    }

    /// The next die on the way from one to another: the shorter way round a ring, upwards where both are as long; along the row
    /// first in a mesh.
    pub fn next_hop(&self, from: u32, to: u32) -> u32 {
        match *self {
            Topology::Ring { dies } => {
                let ahead = (to + dies - from) % dies;
                match ahead {
                    0 => from,
                    _ if 2 * ahead <= dies => (from + 1) % dies,
                    _ => (from + dies - 1) % dies,
                }
            }
            Topology::Mesh { columns, .. } => {
                let ((r, c), (to_r, to_c)) = ((from / columns, from % columns), (to / columns, to % columns));
                match (c.cmp(&to_c), r.cmp(&to_r)) {
                    (std::cmp::Ordering::Less, _) => from + 1,
                    (std::cmp::Ordering::Greater, _) => from - 1,
                    (_, std::cmp::Ordering::Less) => from + columns,
                    (_, std::cmp::Ordering::Greater) => from - columns,
                    _ => from,
                }
            }
        }
    }

    /// For names of files: `ring-8`, `mesh-4x4`.
    pub fn slug(&self) -> String {
        self.to_string().replace(':', "-")
    }
}

impl fmt::Display for Topology {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Topology::Ring { dies } => write!(f, "ring:{dies}"),
            Topology::Mesh { rows, columns } => write!(f, "mesh:{rows}x{columns}"),
        }
    }
}

impl Serialize for Topology {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl FromStr for Topology {
    type Err = CollectivesError;
    fn from_str(text: &str) -> Result<Self, CollectivesError> {
        let unknown = || CollectivesError::Topology(text.into());
        let number = |digits: &str| digits.parse::<u32>().map_err(|_| unknown());
        let wrong = |what, range| Err(CollectivesError::Dies { text: text.into(), what, range });
        let (kind, size) = text.split_once(':').ok_or_else(unknown)?;
        match kind {
            "ring" => match number(size)? {
                dies @ 3..=MOST_OF_RING => Ok(Topology::Ring { dies }),
                _ => wrong("dies of a ring", "3 to 1024 (two dies are mesh:1x2)"),
            },
            "mesh" => {
                let (rows, columns) = size.split_once('x').ok_or_else(unknown)?;
                let (rows, columns) = (number(rows)?, number(columns)?);
                let range = 1..=MOST_OF_MESH;
                match range.contains(&rows) && range.contains(&columns) && rows * columns > 1 {
                    true => Ok(Topology::Mesh { rows, columns }),
                    false => wrong("rows and columns of a mesh", "1 to 64, two dies at least"),
                }
            }
            _ => Err(unknown()),
        }
    }
}

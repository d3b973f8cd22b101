//! Links with a name: what a standard or a product fixes, each number with its public source.

use super::config::{Adapter, Flit, Link};
use super::error::LinkError;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::LazyLock;

/// Where numbers of a preset come from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Keys that it is about, such as `link.lanes`.
    pub keys: Vec<String>,
    /// What it says, and what was assumed where it says nothing.
    pub says: String,
    /// Address; empty for an assumption of this model.
    #[serde(default)]
    pub url: String,
}

/// A link with its flits and adapters: the contents of a preset file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preset {
    /// Name on the command line.
    pub name: String,
    /// One line about it.
    pub title: String,
    /// The physical link.
    pub link: Link,
    /// Its flits.
    pub flit: Flit,
    /// The adapters.
    pub adapter: Adapter,
    /// Sources of the numbers.
    #[serde(default)]
    pub source: Vec<Source>,
}

impl Preset {
    /// Reads a preset from TOML. An unknown or missing key is an error that names it; ranges are checked with the rest of the
    /// configuration.
    pub fn from_toml(text: &str) -> Result<Self, LinkError> {
        toml::from_str(text).map_err(|e| LinkError::Toml(e.to_string()))
    }

    /// Reads a preset file.
    pub fn load(path: &Path) -> Result<Self, LinkError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| LinkError::File { path: path.into(), reason: source.to_string() })?;
        let fault = |e: LinkError| LinkError::File { path: path.into(), reason: e.to_string() };
        Preset::from_toml(&text).map_err(fault)
    }
}

/// What the files in `presets/` say.
static TEXTS: [&str; 9] = [
    include_str!("presets/ucie-x16-16.toml"),
    include_str!("presets/ucie-x16-32.toml"),
    include_str!("presets/ucie-x16-64.toml"),
    include_str!("presets/ucie-x64-16.toml"),
    include_str!("presets/ucie-x64-32.toml"),
    include_str!("presets/ucie-x64-64.toml"),
    include_str!("presets/bow-256.toml"),
    include_str!("presets/nvlink-c2c.toml"),
    include_str!("presets/pcie6-x16.toml"),
];

static PRESETS: LazyLock<Vec<Preset>> = LazyLock::new(|| {
    // A test reads the same texts; they are part of the program, not input.
    TEXTS
        .iter()
        .map(|text| Preset::from_toml(text).expect("the presets that come with the program are whole"))
        .collect()
});

/// The presets that come with the program.
pub fn presets() -> &'static [Preset] {
    &PRESETS
}

/// The preset of this name.
pub fn preset(name: &str) -> Result<&'static Preset, LinkError> {
    presets().iter().find(|p| p.name == name).ok_or_else(|| LinkError::Preset {
        name: name.into(),
        known: presets().iter().map(|p| p.name.as_str()).collect::<Vec<_>>().join(", "),
    })
}

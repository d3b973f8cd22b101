//! Verilog as a [`Device`]: Verilated, compiled to a shared library and loaded.
//!
//! ```text
//! Verilog, shell --verilator --cc--> C++ --one c++ call, with sim/verilator/shim.cpp--> library --> Verilated
//! ```
//!
//! Verilator settles what depends on inputs of its top at every evaluation, changed or not, and there are two of them in a
//! clock. So a clocked top gets a shell around it that takes the inputs at an edge of its own: at the clock's edge there is
//! then nothing to settle but what the registers change.
//!
//! Libraries are kept by the hash of everything that they are made from, so the second run of a test builds
//! nothing. A lock a file and an atomic rename make this safe under parallel tests and processes.

use std::fmt::Write;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};
use thiserror::Error;

use super::device::{Device, DeviceError, Direction, Pins, Port};
use super::ffi::Model;
use crate::tools::{run, ToolBox, ToolError, Verilator};

const SHIM: &str = include_str!("../../sim/verilator/shim.cpp");

const VERILATOR_FLAGS: [&str; 7] =
    ["--cc", "-O3", "--no-timing", "--prefix", "Vdut", "-Wno-fatal", "-Wno-DECLFILENAME"];

// Hidden symbols: otherwise two models in one process would share inline statics.
const CXX_FLAGS: [&str; 16] = [
    "-std=c++17",
    "-w",
    "-fPIC",
    "-pthread",
    "-fvisibility=hidden",
    "-DVL_USER_FATAL",
    "-DVL_USER_STOP",
    "-DVL_USER_FINISH",
    "-DVL_IGNORE_UNKNOWN_ARCH",
    "-DVM_COVERAGE=0",
    "-DVM_SC=0",
    "-DVM_TRACE=0",
    "-DVM_TRACE_FST=0",
    "-DVM_TRACE_VCD=0",
    "-DVM_TRACE_SAIF=0",
    "-DVM_TIMING=0",
];

/// What the C++ compiler spends its time on. A core of 64 lanes takes it minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// A model that is there soon: for runs of some thousand clocks.
    Build,
    /// A model that runs fast.
    Run,
}

/// Verilator's runtime, which all models share.
const RUNTIME_EFFORT: Effort = Effort::Run;

impl Effort {
    fn flag(self) -> &'static str {
        match self {
            Effort::Build => "-O1",
            Effort::Run => "-O3",
        }
    }
}

/// Why a Verilated model cannot be had.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum VerilatedError {
    /// Verilator or the C++ compiler is missing or failed; its messages are in the text.
    #[error(transparent)]
    Tool(#[from] ToolError),
    /// The port list cannot be laid out.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// A name that cannot be an identifier of Verilog.
    #[error("`{name}` cannot be a {what}: only letters, digits, `_` and `$`, and no digit first")]
    BadName {
        /// The name.
        name: String,
        /// What it was to be.
        what: &'static str,
    },
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What went wrong.
        source: std::io::Error,
    },
    /// The library that was built cannot be loaded.
    #[error("{path} cannot be loaded: {reason}")]
    Load {
        /// The library.
        path: PathBuf,
        /// What the loader said.
        reason: String,
    },
}

/// What to Verilate: Verilog text, its top module, its ports.
#[derive(Clone, Debug)]
pub struct VerilatedSpec<'a> {
    /// Verilog source text.
    pub verilog: &'a str,
    /// Name of the top module.
    pub top: &'a str,
    /// Ports of the top without the clock, in any order.
    pub ports: Vec<Port>,
    /// Name of the clock; `None` for a combinational top.
    pub clock: Option<&'a str>,
    /// `None` starts every register at zero; a seed starts them at random values, which shows what reset misses.
    pub random_start: Option<u32>,
    /// Whether the model is to be built or to run fast.
    pub effort: Effort,
}

/// A Verilated model.
#[derive(Debug)]
pub struct Verilated {
    model: Model,
    pins: Pins,
    clocks: u64,
}

impl Verilated {
    /// Builds (or takes from the cache) and loads the model, with the tools of [`ToolBox::from_env`].
    pub fn new(spec: &VerilatedSpec) -> Result<Self, VerilatedError> {
        Self::with_tools(spec, ToolBox::from_env())
    }

    /// As [`Verilated::new`], with the tools given.
    pub fn with_tools(spec: &VerilatedSpec, tools: &ToolBox) -> Result<Self, VerilatedError> {
        for (name, what) in [(spec.top, "module name")]
            .into_iter()
            .chain(spec.clock.map(|c| (c, "port name")))
            .chain(spec.ports.iter().map(|p| (p.name.as_str(), "port name")))
        {
            check_name(name, what)?;
        }
        let pins = Pins::new(spec.ports.clone())?;
        let path = library(spec, tools)?;
        let model = Model::load(&path, pins.inputs.len(), pins.outputs.len(), spec.random_start)
            .map_err(|reason| VerilatedError::Load { path, reason })?;
        Ok(Verilated { model, pins, clocks: 0 })
    }

    /// Runs `clocks` clocks with the inputs held: one call, as fast as the model goes.
    pub fn run_held(&mut self, clocks: u64) -> Result<(), DeviceError> {
        self.pins.take_fault()?;
        let (done, result) = self.model.hold(&self.pins.inputs, &mut self.pins.outputs, clocks);
        self.finish(done, result)
    }

    /// Runs one clock for every row of `inputs` and fills one row of `outputs` each: one call in all. A row is
    /// [`Pins::inputs`] or [`Pins::outputs`]; a port's words are found with [`Pins::offset`].
    pub fn run_table(&mut self, inputs: &[u32], outputs: &mut Vec<u32>) -> Result<(), DeviceError> {
        self.pins.take_fault()?;
        let row = self.pins.inputs.len();
        if row == 0 || !inputs.len().is_multiple_of(row) {
            let reason = format!("a table of {} words is no multiple of a row of {row}", inputs.len());
            return Err(DeviceError::BadPorts { reason });
        }
        let clocks = inputs.len() / row;
        outputs.clear();
        outputs.resize(clocks * self.pins.outputs.len(), 0);
        let (done, result) = self.model.table(inputs, outputs, clocks);
        self.finish(done, result)
    }

    fn finish(&mut self, done: u64, result: Result<(), String>) -> Result<(), DeviceError> {
        self.clocks += done;
        result.map_err(|message| DeviceError::Stopped { clock: self.clocks, message })
    }
}

impl Device for Verilated {
    fn pins(&self) -> &Pins {
        &self.pins
    }

    fn pins_mut(&mut self) -> &mut Pins {
        &mut self.pins
    }

    fn eval(&mut self) -> Result<(), DeviceError> {
        self.pins.take_fault()?;
        let result = self.model.eval(&self.pins.inputs, &mut self.pins.outputs);
        self.finish(0, result)
    }

    fn clock(&mut self) -> Result<(), DeviceError> {
        self.run_held(1)
    }

    fn clocks(&self) -> u64 {
        self.clocks
    }
}

fn check_name(name: &str, what: &'static str) -> Result<(), VerilatedError> {
    let mut chars = name.chars();
    let first = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    if first && chars.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '$') {
        Ok(())
    } else {
        Err(VerilatedError::BadName { name: name.into(), what })
    }
}

/// Verilator's name for a port in C++.
fn member(name: &str) -> String {
    name.replace("__", "___05F").replace('$', "__024")
}

fn shim(spec: &VerilatedSpec) -> String {
    let (mut drive, mut sample) = (String::new(), String::new());
    let (mut next_in, mut next_out) = (0, 0);
    for port in &spec.ports {
        let (name, words, input) = (member(&port.name), port.words(), port.direction == Direction::Input);
        let (next, text) = if input { (&mut next_in, &mut drive) } else { (&mut next_out, &mut sample) };
        let (a, b) = (*next, *next + 1);
        text.push_str(&match (input, port.bits) {
            (true, 1..=32) => format!("    u->{name} = w[{a}];\n"),
            (true, 33..=64) => format!("    u->{name} = w[{a}] | static_cast<uint64_t>(w[{b}]) << 32;\n"),
            (true, _) => format!("    for (int k = 0; k < {words}; ++k) u->{name}[k] = w[{a} + k];\n"),
            (false, 1..=32) => format!("    w[{a}] = u->{name};\n"),
            (false, 33..=64) => {
                format!("    w[{a}] = static_cast<uint32_t>(u->{name});\n    w[{b}] = u->{name} >> 32;\n")
            }
            (false, _) => format!("    for (int k = 0; k < {words}; ++k) w[{a} + k] = u->{name}[k];\n"),
        });
        *next += words;
    }
    let clock = |level: u8| spec.clock.map_or(String::new(), |c| format!("u->{} = {level};", member(c)));
    let load = spec.clock.map_or(String::new(), |_| format!("u->{LOAD} = !u->{LOAD};"));
    // A combinational top has nothing to do at the edge.
    let rise = if spec.clock.is_some() { "u->eval();" } else { "" };
    SHIM.replace("@DRIVE@", drive.trim_end())
        .replace("@SAMPLE@", sample.trim_end())
        .replace("@CLOCK(0)@", &clock(0))
        .replace("@CLOCK(1)@", &clock(1))
        .replace("@LOAD@", &load)
        .replace("@RISE@", rise)
}

/// Top module of a clocked model, and its input whose edges take the other inputs.
const SHELL: &str = "hw_shell";
const LOAD: &str = "hw_load";

/// The Verilog and the name of the top module. The shell stands behind the Verilog, whose lines keep their numbers.
fn with_shell(spec: &VerilatedSpec) -> (String, String) {
    let Some(clock) = spec.clock else { return (spec.verilog.into(), spec.top.into()) };
    let (mut ports, mut held, mut takes, mut wires) = (String::new(), String::new(), String::new(), String::new());
    for port in &spec.ports {
        let (name, range) = (&port.name, format!("[{}:0]", port.bits - 1));
        match port.direction {
            Direction::Input => {
                let _ = write!(ports, ",\n    input wire {range} {name}");
                let _ = writeln!(held, "    reg {range} hw_held_{name};");
                let _ = writeln!(takes, "        hw_held_{name} = {name};");
                let _ = write!(wires, ", .{name}(hw_held_{name})");
            }
            Direction::Output => {
                let _ = write!(ports, ",\n    output wire {range} {name}");
                let _ = write!(wires, ", .{name}({name})");
            }
        }
    }
    let shell = format!(
        "\nmodule {SHELL}(\n    input wire {LOAD},\n    input wire {clock}{ports}\n);\n{held}    \
         always @(posedge {LOAD} or negedge {LOAD}) begin\n{takes}    end\n    \
         {} hw_core(.{clock}({clock}){wires});\nendmodule\n",
        spec.top
    );
    (format!("{}{shell}", spec.verilog), SHELL.into())
}

fn digest(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().take(16).map(|b| format!("{b:02x}")).collect()
}

fn at(path: &Path) -> impl FnOnce(std::io::Error) -> VerilatedError {
    let path = path.to_path_buf();
    move |source| VerilatedError::File { path, source }
}

/// The file `name` in the cache, made by `make` in a folder of its own if it is not there yet. The lock makes
/// others wait for the one who builds; the rename makes a file appear whole or not at all.
fn cached(
    cache: &Path,
    name: &str,
    make: impl FnOnce(&Path) -> Result<PathBuf, VerilatedError>,
) -> Result<PathBuf, VerilatedError> {
    let dir = cache.join("verilated");
    let path = dir.join(name);
    if path.exists() {
        return Ok(path);
    }
    fs::create_dir_all(&dir).map_err(at(&dir))?;
    let lock_path = dir.join(format!("{name}.lock"));
    let lock = File::create(&lock_path).map_err(at(&lock_path))?;
    lock.lock().map_err(at(&lock_path))?;
    if !path.exists() {
        let work = tempfile::Builder::new().prefix("build-").tempdir_in(&dir).map_err(at(&dir))?;
        let made = make(work.path())?;
        fs::rename(&made, &path).map_err(at(&path))?;
    }
    Ok(path)
}

fn library(spec: &VerilatedSpec, tools: &ToolBox) -> Result<PathBuf, VerilatedError> {
    let (verilator, cxx) = (tools.verilator()?, tools.cxx()?);
    let (cache, shim) = (tools.cache_dir(), shim(spec));
    let (verilog, top) = with_shell(spec);
    let flags = (VERILATOR_FLAGS.join(" "), CXX_FLAGS.join(" "));
    let tool = [flags.1.as_str(), RUNTIME_EFFORT.flag(), &verilator.version, &cxx.version];
    let runtime = digest(&tool);
    let model = digest(&[&verilog, &top, &shim, &flags.0, spec.effort.flag(), &runtime]);
    cached(cache, &format!("{model}.so"), |dir| {
        // Verilator's runtime takes several times longer to compile than a model: once for all of them.
        let objects = ["verilated", "verilated_threads"].map(|part| {
            cached(cache, &format!("{part}-{runtime}.o"), |dir| compile_runtime(part, &verilator, &cxx.path, dir))
        });
        let [main, threads] = objects;
        build(spec, (&verilog, &top), &shim, &verilator, &cxx.path, &[main?, threads?], dir)
    })
}

fn compiler(cxx: &Path, verilator: &Verilator, effort: Effort) -> Command {
    let include = verilator.root.join("include");
    let mut command = Command::new(cxx);
    command.args(CXX_FLAGS).arg(effort.flag()).arg("-I").arg(&include).arg("-I").arg(include.join("vltstd"));
    command
}

fn compile_runtime(part: &str, verilator: &Verilator, cxx: &Path, dir: &Path) -> Result<PathBuf, VerilatedError> {
    let built = dir.join("runtime.o");
    let source = verilator.root.join("include").join(part).with_extension("cpp");
    run(compiler(cxx, verilator, RUNTIME_EFFORT).arg("-c").arg("-o").arg(&built).arg(source))?;
    Ok(built)
}

fn build(
    spec: &VerilatedSpec,
    (verilog, top): (&str, &str),
    shim: &str,
    verilator: &Verilator,
    cxx: &Path,
    runtime: &[PathBuf],
    dir: &Path,
) -> Result<PathBuf, VerilatedError> {
    let (source, objects) = (dir.join(format!("{}.v", spec.top)), dir.join("obj"));
    fs::write(&source, verilog).map_err(at(&source))?;
    let mut command = verilator.command();
    command.args(VERILATOR_FLAGS).args(["--top-module", top, "--Mdir"]).arg(&objects).arg(&source);
    run(&mut command)?;

    let mut files: Vec<PathBuf> = fs::read_dir(&objects)
        .map_err(at(&objects))?
        .filter_map(|entry| entry.ok().map(|e| e.path()))
        .filter(|path| path.extension().is_some_and(|x| x == "cpp"))
        .collect();
    files.sort();
    // One translation unit: the compiler sees the whole model, and its headers once.
    let mut unit: String = files.iter().map(|f| format!("#include \"{}\"\n", f.display())).collect();
    unit.push_str(shim);
    let unit_path = objects.join("unit.cc");
    fs::write(&unit_path, unit).map_err(at(&unit_path))?;

    let built = dir.join("model.so");
    let mut command = compiler(cxx, verilator, spec.effort);
    command.arg("-I").arg(&objects).args(["-shared", "-o"]).arg(&built).arg(&unit_path).args(runtime);
    run(&mut command)?;
    Ok(built)
}

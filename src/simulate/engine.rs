//! What the cores are run by.

use super::error::SimulateError;
use crate::cosim::{Device, Effort, PortVcd, Verilated, VerilatedSpec};
use crate::rtl::config::RtlConfig;
use crate::rtl::tops::{core, Side};
use crate::tools::ToolBox;
use std::fmt;
use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use thiserror::Error;

/// So many elements take rust-hdl longer than Verilator with the time it takes to compile the cores.
const MANY_ELEMENTS: u64 = 1_000_000;

/// What the cores are run by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Engine {
    /// Rust-hdl's simulation; needs no tools.
    #[default]
    RustHdl,
    /// The Verilog of the cores, under Verilator.
    Verilator,
}

impl Engine {
    /// All engines.
    pub const ALL: [Engine; 2] = [Engine::RustHdl, Engine::Verilator];

    /// The one that is done first with so many elements, of those that need not be installed first.
    pub fn for_elements(elements: u64) -> Engine {
        if elements >= MANY_ELEMENTS && ToolBox::from_env().installed_verilator().is_some() {
            return Engine::Verilator;
        }
        Engine::RustHdl
    }

    /// Name as written on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Engine::RustHdl => "rust-hdl",
            Engine::Verilator => "verilator",
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Waveforms of the ports alone.
type Waves = PortVcd<BufWriter<File>>;

/// A core that can be clocked, with its waveforms if they were asked for.
pub(super) struct Core {
    side: Side,
    device: Box<dyn Device>,
    /// Where the device does not write them itself.
    waves: Option<(PathBuf, Waves)>,
}

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Core").field("side", &self.side).finish_non_exhaustive()
    }
}

impl Core {
    /// Builds the core of `side`; `vcd` is the file for its waveforms.
    pub fn new(config: &RtlConfig, side: Side, engine: Engine, vcd: Option<&Path>) -> Result<Self, SimulateError> {
        let mut block = core(config, side).map_err(|source| SimulateError::Top { side, source })?;
        if engine == Engine::RustHdl {
            if let Some(path) = vcd {
                block.trace(Box::new(vcd_file(path)?), side.top()).map_err(vcd_fault(path))?;
            }
            return Ok(Core { side, device: block, waves: None });
        }
        let design = block.design(side.top()).map_err(|source| SimulateError::Emit { side, source })?;
        let (verilog, ports) = (design.text(), block.ports().to_vec());
        let spec = VerilatedSpec {
            verilog: &verilog,
            top: side.top(),
            ports,
            clock: Some("clk"),
            random_start: None,
            effort: Effort::Run,
        };
        let device = Verilated::new(&spec).map_err(|source| SimulateError::Verilated { side, source })?;
        let waves = match vcd {
            None => None,
            Some(path) => {
                let waves = PortVcd::new(vcd_file(path)?, &device, side.top()).map_err(vcd_fault(path))?;
                Some((path.to_path_buf(), waves))
            }
        };
        Ok(Core { side, device: Box::new(device), waves })
    }

    /// The device, to drive and to look at.
    pub fn device(&mut self) -> &mut dyn Device {
        self.device.as_mut()
    }

    /// One clock.
    pub fn clock(&mut self) -> Result<(), SimulateError> {
        let side = self.side;
        self.device.clock().map_err(|source| SimulateError::Device { side, source })?;
        match &mut self.waves {
            None => Ok(()),
            Some((path, waves)) => waves.sample(self.device.as_ref()).map_err(vcd_fault(path)),
        }
    }

    /// Writes what is left of the waveforms.
    pub fn finish(self) -> Result<(), SimulateError> {
        match self.waves {
            None => Ok(()),
            Some((path, waves)) => waves.finish().map_err(vcd_fault(&path)),
        }
    }
}

fn vcd_fault(path: &Path) -> impl Fn(io::Error) -> SimulateError {
    let path = path.to_path_buf();
    move |source| SimulateError::Vcd { path: path.clone(), source }
}

fn vcd_file(path: &Path) -> Result<BufWriter<File>, SimulateError> {
    File::create(path).map(BufWriter::new).map_err(vcd_fault(path))
}

/// `waves.vcd` for the encoder is `waves.encoder.vcd`.
pub(super) fn vcd_path(path: &Path, side: Side) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let extension = path.extension().map_or_else(|| "vcd".into(), |e| e.to_string_lossy());
    path.with_file_name(format!("{stem}.{}.{extension}", side.name()))
}

impl FromStr for Engine {
    type Err = EngineError;
    fn from_str(text: &str) -> Result<Self, EngineError> {
        Self::ALL.into_iter().find(|e| e.name() == text).ok_or_else(|| EngineError(text.into()))
    }
}

/// A name that stands for no engine.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("unknown engine '{0}': expected rust-hdl or verilator")]
pub struct EngineError(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_elements_need_no_tools() {
        assert_eq!(Engine::for_elements(MANY_ELEMENTS - 1), Engine::RustHdl);
    }

    #[test]
    fn each_side_has_a_file_of_its_own() {
        let name = |p: &str, side| vcd_path(Path::new(p), side).to_string_lossy().into_owned();
        assert_eq!(name("a/waves.vcd", Side::Encoder), "a/waves.encoder.vcd");
        assert_eq!(name("waves", Side::Decoder), "waves.decoder.vcd");
    }
}

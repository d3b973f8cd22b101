//! Self-tests for boards: Verilog, pins, and the commands that build a bitstream.
//!
//! Sources of the pin numbers: ULX3S, `doc/constraints/ulx3s_v20.lpf` of the board's own repository (emard/ulx3s);
//! iCE40-HX8K breakout board, Lattice EB85 and `examples/hx8kboard` of Project IceStorm.

use super::{header, ExportError};
use crate::hdl::verilog;
use crate::hdl::verilog::{EmitError, Port};
use crate::rtl::config::RtlConfig;
use crate::rtl::prelude::{Constraint, PeriodicTiming, SignalType, Timing};
use crate::rtl::selftest::tops::{with_self_test, Pin, SelfTest, SelfTestVisitor};
use crate::rtl::selftest::SelfTestBuild;
use rust_hdl::fpga::toolchains::{ecp5::generate_lpf, icestorm::generate_pcf};

/// Place-and-route tool of a board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// nextpnr-ecp5 and ecppack.
    Ecp5,
    /// nextpnr-ice40 and icepack.
    Ice40,
}

/// A board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Board {
    /// Name in file names.
    pub name: &'static str,
    /// Name in text.
    pub title: &'static str,
    /// Tool.
    pub flow: Flow,
    /// Device and package options of the tool.
    pub device: &'static [&'static str],
    /// Frequency of the oscillator in MHz.
    pub megahertz: u32,
    /// Sites of the pins.
    pub sites: [(Pin, &'static str); 5],
    /// What is at the pins, for people.
    pub pins: &'static str,
    /// Most lanes whose self-test fits.
    pub most_lanes: u32,
}

/// The boards that there are self-tests for.
pub const BOARDS: [Board; 2] = [
    Board {
        name: "ulx3s_85f",
        title: "ULX3S with LFE5U-85F",
        flow: Flow::Ecp5,
        device: &["--85k", "--package", "CABGA381", "--speed", "6"],
        megahertz: 25,
        sites: [(Pin::Clock, "G2"), (Pin::LinkFault, "M1"), (Pin::Pass, "B2"), (Pin::Fail, "C2"), (Pin::Alive, "C1")],
        pins: "LED 0 pass, LED 1 fail, LED 2 alive; a byte sent to the USB serial port disturbs the link",
        most_lanes: 4,
    },
    Board {
        name: "hx8k_breakout",
        title: "iCE40-HX8K breakout board",
        flow: Flow::Ice40,
        device: &["--hx8k", "--package", "ct256"],
        megahertz: 12,
        sites: [(Pin::Clock, "J3"), (Pin::LinkFault, "B10"), (Pin::Pass, "B5"), (Pin::Fail, "B4"), (Pin::Alive, "A2")],
        pins:
            "LED D9 (B5) pass, D8 (B4) fail, D7 (A2) alive; a byte sent to the second USB serial port disturbs the link",
        most_lanes: 1,
    },
];

/// A board's self-test, ready to be written.
pub struct BoardDesign {
    /// The board.
    pub board: Board,
    /// Lanes of the self-test.
    pub lanes: u32,
    /// The Verilog file.
    pub verilog: String,
    /// Ports of the top.
    pub ports: Vec<Port>,
    /// Pin and clock constraints.
    pub constraints: String,
}

impl BoardDesign {
    /// Name of the top module.
    pub fn top(&self) -> String {
        format!("huffwire_selftest_{}", self.board.name)
    }

    /// Path of the Verilog file.
    pub fn verilog_path(&self) -> String {
        format!("boards/{}.v", self.top())
    }

    /// Path of the constraints.
    pub fn constraints_path(&self) -> String {
        let extension = match self.board.flow {
            Flow::Ecp5 => "lpf",
            Flow::Ice40 => "pcf",
        };
        format!("boards/{}.{extension}", self.top())
    }

    /// The commands from Verilog to bitstream, run in `boards/`.
    pub fn commands(&self) -> Vec<String> {
        let (top, device) = (self.top(), self.board.device.join(" "));
        match self.board.flow {
            Flow::Ecp5 => vec![
                format!("yosys -p 'read_verilog {top}.v; synth_ecp5 -nowidelut -top {top} -json {top}.json'"),
                format!("nextpnr-ecp5 {device} --lpf {top}.lpf --json {top}.json --textcfg {top}.config --seed 1"),
                format!("ecppack --compress {top}.config {top}.bit"),
                format!("openFPGALoader -b ulx3s {top}.bit"),
            ],
            Flow::Ice40 => vec![
                format!("yosys -p 'read_verilog {top}.v; synth_ice40 -abc9 -device hx -top {top} -json {top}.json'"),
                format!("nextpnr-ice40 {device} --pcf {top}.pcf --json {top}.json --asc {top}.asc --seed 1"),
                format!("icepack {top}.asc {top}.bin"),
                format!("iceprog -S {top}.bin"),
            ],
        }
    }
}

/// The self-tests of all boards, with 4 lanes where the configuration has as many and they fit, else with one; in turns
/// as the configuration has them, if there are lanes enough.
pub fn designs(config: &RtlConfig, bank_name: &str) -> Result<Vec<BoardDesign>, ExportError> {
    BOARDS.into_iter().map(|board| design(config, bank_name, board)).collect()
}

fn design(config: &RtlConfig, bank_name: &str, board: Board) -> Result<BoardDesign, ExportError> {
    let mut parameters = config.parameters;
    parameters.lanes = if parameters.lanes.min(board.most_lanes) >= 4 { 4 } else { 1 };
    if parameters.lanes < parameters.turns * config.layout.symbols {
        parameters.turns = 1;
    }
    let config = RtlConfig::new(parameters, config.bank.clone())?;
    let mut design = BoardDesign {
        board,
        lanes: parameters.lanes,
        verilog: String::new(),
        ports: Vec::new(),
        constraints: String::new(),
    };
    let top = design.top();
    let purpose = format!("self-test of encoder and decoder for the {}", board.title);
    let comment = header::comment(&top, &purpose, &config, bank_name);
    let build = SelfTestBuild::new(&config);
    let (emitted, constraints) = with_self_test(&config, &build, ForBoard { board, top: &top })??;
    design.verilog = comment + &emitted.text();
    design.ports = emitted.ports;
    design.constraints = format!("# Pins and clock of {top}, {}\n{constraints}", board.title);
    Ok(design)
}

struct ForBoard<'a> {
    board: Board,
    top: &'a str,
}

impl SelfTestVisitor for ForBoard<'_> {
    type Output = Result<(verilog::Design, String), EmitError>;

    fn visit<B: SelfTest>(self, mut top: B) -> Self::Output {
        top.connect_all();
        for (pin, site) in self.board.sites {
            for constraint in constraints(&self.board, pin, site) {
                top.constrain(pin, constraint);
            }
        }
        let text = match self.board.flow {
            Flow::Ecp5 => generate_lpf(&top),
            Flow::Ice40 => generate_pcf(&top),
        };
        Ok((verilog::emit(&top, self.top)?, text))
    }
}

/// What the generator of the board's file needs to be told about a pin.
fn constraints(board: &Board, pin: Pin, site: &str) -> Vec<Constraint> {
    let (port, megahertz) = (pin.port(), f64::from(board.megahertz));
    let location = Constraint::Location(site.to_owned());
    match (board.flow, pin) {
        (Flow::Ecp5, Pin::Clock) => {
            let timing =
                PeriodicTiming { net: port.to_owned(), period_nanoseconds: 1000.0 / megahertz, duty_cycle: 50.0 };
            let kind = Constraint::Kind(SignalType::LowVoltageCMOS_3v3);
            vec![location, kind, Constraint::Timing(Timing::Periodic(timing))]
        }
        // The generator has no pull-ups; an open serial line has to read as idle.
        (Flow::Ecp5, Pin::LinkFault) => {
            vec![location, Constraint::Custom(format!("IOBUF PORT \"{port}\" PULLMODE=UP IO_TYPE=LVCMOS33"))]
        }
        (Flow::Ecp5, _) => vec![location, Constraint::Kind(SignalType::LowVoltageCMOS_3v3)],
        (Flow::Ice40, Pin::Clock) => vec![location, Constraint::Custom(format!("set_frequency {port} {megahertz}"))],
        (Flow::Ice40, Pin::LinkFault) => vec![Constraint::Custom(format!("set_io -pullup yes {port} {site}"))],
        (Flow::Ice40, _) => vec![location],
    }
}

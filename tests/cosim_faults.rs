//! Faulty devices are caught, and the message names clock and signal.

use huffwire::cosim::{
    run_stream, Beat, BlockError, Device, DeviceError, Effort, Pins, Port, RunError, RustHdl, StallPattern, Stop,
    StreamError, StreamRun, Verilated, VerilatedError, VerilatedSpec,
};
use huffwire::dut_ports;
use rust_hdl::prelude::*;

/// What a scripted device drives in one clock: s_axis_tready, tdata, tkeep, tuser, tlast, tvalid.
type Row = (u32, u32, u32, u32, u32, u32);

/// A device whose outputs follow a script; the last row stays.
struct Scripted {
    pins: Pins,
    rows: Vec<Row>,
    clocks: u64,
}

fn scripted(rows: &[Row]) -> Scripted {
    let ports = vec![
        Port::input("s_axis_tdata", 8),
        Port::input("s_axis_tvalid", 1),
        Port::input("m_axis_tready", 1),
        Port::output("s_axis_tready", 1),
        Port::output("m_axis_tdata", 8),
        Port::output("m_axis_tkeep", 1),
        Port::output("m_axis_tuser", 4),
        Port::output("m_axis_tlast", 1),
        Port::output("m_axis_tvalid", 1),
    ];
    Scripted { pins: Pins::new(ports).unwrap(), rows: rows.to_vec(), clocks: 0 }
}

impl Device for Scripted {
    fn pins(&self) -> &Pins {
        &self.pins
    }
    fn pins_mut(&mut self) -> &mut Pins {
        &mut self.pins
    }
    fn eval(&mut self) -> Result<(), DeviceError> {
        self.pins.take_fault()?;
        let row = self.rows[(self.clocks as usize).min(self.rows.len() - 1)];
        self.pins.outputs_mut().copy_from_slice(&[row.0, row.1, row.2, row.3, row.4, row.5]);
        Ok(())
    }
    fn clock(&mut self) -> Result<(), DeviceError> {
        self.eval()?;
        self.clocks += 1;
        Ok(())
    }
    fn clocks(&self) -> u64 {
        self.clocks
    }
}

/// One clock of flow, then only pauses.
const STALLED: StallPattern = StallPattern::Long { go: 1, pause: 1000 };

fn fault(rows: &[Row]) -> String {
    match run_stream(&mut scripted(rows), &[Beat::new(1)], StallPattern::None, STALLED, 50) {
        Err(RunError::Stream(e)) => e.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_withdrawn_beat_is_caught() {
    let rows = [(1, 0, 0, 0, 0, 0), (1, 0x5a, 1, 2, 0, 1), (1, 0x5a, 1, 2, 0, 1), (1, 0x5a, 1, 2, 0, 0)];
    assert_eq!(fault(&rows), "clock 3: `m_axis_tvalid` fell though the beat of clock 1 was not taken");
}

#[test]
fn a_changed_beat_is_caught() {
    let held = (1, 0x5a, 1, 2, 0, 1);
    for (changed, said) in [
        ((1, 0x5b, 1, 2, 0, 1), "`m_axis_tdata` changed from 0x5a to 0x5b"),
        ((1, 0x5a, 0, 2, 0, 1), "`m_axis_tkeep` changed from 0x1 to 0x0"),
        ((1, 0x5a, 1, 3, 0, 1), "`m_axis_tuser` changed from 0x2 to 0x3"),
        ((1, 0x5a, 1, 2, 1, 1), "`m_axis_tlast` changed from 0x0 to 0x1"),
    ] {
        let text = fault(&[(1, 0, 0, 0, 0, 0), held, held, changed]);
        assert_eq!(text, format!("clock 3: {said} though the beat of clock 1 was not taken"));
    }
}

#[test]
fn a_beat_taken_may_be_followed_by_any_other() {
    let rows = [(1, 1, 1, 2, 0, 1), (0, 7, 0, 0, 0, 1), (0, 0, 0, 0, 0, 0)];
    let run = StreamRun { stop: Stop::Beats(2), ..StreamRun::default() };
    let trace = run.run(&mut scripted(&rows), &[Beat::new(1)]).unwrap();
    let wanted = [Beat::new(1).with_keep(1).with_user(2), Beat::new(7).with_keep(0)];
    assert_eq!(trace.beats(), wanted);
    assert_eq!((trace.accepted, trace.clocks), (vec![0], 2));
}

#[test]
fn beats_behind_the_end_are_in_the_trace() {
    let last = (1, 1, 1, 0, 1, 1);
    let mut rows = vec![last, (0, 0, 0, 0, 0, 0), (0, 9, 1, 0, 0, 1)];
    rows.push((0, 0, 0, 0, 0, 0));
    let run = StreamRun { stop: Stop::Beats(1), ..StreamRun::default() };
    let trace = run.run(&mut scripted(&rows), &[Beat::new(1)]).unwrap();
    assert_eq!(trace.output[1], (2, Beat::new(9).with_keep(1)));
}

#[test]
fn a_limit_names_what_was_awaited() {
    let run = |stop, rows: &[Row], limit| {
        let run = StreamRun { stop, limit, ..StreamRun::default() };
        run.run(&mut scripted(rows), &[Beat::new(1), Beat::new(2)]).unwrap_err().to_string()
    };
    let never = [(0, 0, 0, 0, 0, 0)];
    let text = run(Stop::Beats(1), &never, 20);
    assert!(
        text.contains("after 20 clocks: waiting for `s_axis_tready` for beat 0 of 2, offered since clock 0"),
        "{text}"
    );
    let silent = [(1, 0, 0, 0, 0, 0)];
    let text = run(Stop::Beats(1), &silent, 20);
    assert!(text.contains("waiting for `m_axis_tvalid`, beat 0 of 1 (2 beats taken, 0 given)"), "{text}");
}

#[test]
fn a_beat_for_a_missing_signal_is_refused() {
    let mut device = scripted(&[(1, 0, 0, 0, 0, 0)]);
    for (beat, port) in [
        (Beat::new(1).with_last(true), "s_axis_tlast"),
        (Beat::new(1).with_user(1), "s_axis_tuser"),
        (Beat::new(1).with_keep(1), "s_axis_tkeep"),
    ] {
        let error = StreamRun::default().run(&mut device, &[Beat::new(0), beat]).unwrap_err();
        assert!(
            matches!(&error, RunError::Stream(StreamError::NoSignal { beat: 1, port: p, .. }) if p == port),
            "{error}"
        );
    }
    let wide = run_stream(&mut device, &[Beat::new(0x100)], StallPattern::None, StallPattern::None, 10).unwrap_err();
    assert_eq!(wide.to_string(), "port `s_axis_tdata` is 8 bits wide and cannot take 0x100 (at most 8 bits)");
}

/// Oscillates while `en` is high. Hand-written, as rust-hdl refuses a loop that it can see.
#[derive(huffwire::hdl::LogicBlock, Default)]
struct Oscillator {
    pub en: Signal<In, Bit>,
    pub y: Signal<Out, Bit>,
}

impl Logic for Oscillator {
    fn update(&mut self) {
        self.y.next = self.en.val() & !self.y.val();
    }
    fn connect(&mut self) {
        self.y.connect();
    }
    fn hdl(&self) -> Verilog {
        Verilog::Empty
    }
}

dut_ports! { impl for Oscillator { in: en; out: y; } }

#[test]
fn logic_that_does_not_settle_is_an_error() {
    let mut device = RustHdl::new(Oscillator::default()).unwrap().with_settle_limit(50);
    let en = device.port("en").unwrap();
    device.clock().unwrap();
    device.set(en, 1);
    assert_eq!(device.clock(), Err(DeviceError::NotSettled { clock: 1, limit: 50 }));
}

#[test]
fn an_update_written_by_hand_is_not_run_by_activity_unknown_to_it() {
    let error = RustHdl::by_activity(Oscillator::default()).unwrap_err();
    assert_eq!(error.to_string(), "1 blocks have an `update` written by hand, 0 of them a `Settle`");
}

#[derive(huffwire::hdl::LogicBlock, Default)]
struct Inverter {
    pub a: Signal<In, Bit>,
    pub y: Signal<Out, Bit>,
}

impl Logic for Inverter {
    #[hdl_gen]
    fn update(&mut self) {
        self.y.next = !self.a.val();
    }
}

/// Oscillates while `en` is high, through a block inside.
#[derive(huffwire::hdl::LogicBlock, Default)]
struct Ring {
    pub en: Signal<In, Bit>,
    pub y: Signal<Out, Bit>,
    inverter: Inverter,
}

impl Logic for Ring {
    #[hdl_gen]
    fn update(&mut self) {
        self.inverter.a.next = (!self.en.val()) | self.inverter.y.val();
        self.y.next = self.inverter.y.val();
    }
}

dut_ports! { impl for Ring { in: en; out: y; } }

#[test]
fn a_ring_is_an_error_by_activity_too() {
    for make in [RustHdl::new, RustHdl::by_activity] {
        let mut device = make(Ring::default()).unwrap();
        let (en, y) = (device.port("en").unwrap(), device.port("y").unwrap());
        device.clock().unwrap();
        assert_eq!(device.get(y), 0);
        device.set(en, 1);
        assert_eq!(device.clock(), Err(DeviceError::NotSettled { clock: 1, limit: 1000 }));
    }
}

#[derive(LogicBlock, Default)]
struct Forgotten {
    pub a: Signal<In, Bit>,
    pub b: Signal<In, Bit>,
    pub y: Signal<Out, Bit>,
}

impl Logic for Forgotten {
    #[hdl_gen]
    fn update(&mut self) {
        self.y.next = self.a.val() & self.b.val();
    }
}

dut_ports! { impl for Forgotten { in: a; out: y; } }

#[test]
fn a_port_not_listed_is_refused() {
    let error = RustHdl::new(Forgotten::default()).unwrap_err();
    assert!(matches!(error, BlockError::Ports(_)), "{error}");
    assert_eq!(error.to_string(), "dut_ports! and the block disagree: port `b` is not listed");
}

const UNRULY: &str = "module unruly(input clk, input [2:0] x, output reg [7:0] n, output y);\n\
    wire loop; assign loop = (x == 3'd4) & ~loop; assign y = loop;\n\
    initial n = 0;\n\
    always @(posedge clk) begin n <= n + 8'd1;\n\
    if (x == 3'd1) $finish; if (x == 3'd2) $fatal; if (x == 3'd3) $stop; end\nendmodule\n";

fn unruly() -> VerilatedSpec<'static> {
    let ports = vec![Port::input("x", 3), Port::output("n", 8), Port::output("y", 1)];
    VerilatedSpec {
        verilog: UNRULY,
        top: "unruly",
        ports,
        clock: Some("clk"),
        random_start: None,
        effort: Effort::Build,
    }
}

#[test]
fn verilog_that_stops_is_an_error_and_not_the_end_of_the_process() {
    for (x, said) in [(1, "$finish"), (2, ""), (3, ""), (4, "converge")] {
        let mut device = Verilated::new(&unruly()).unwrap();
        let (input, n) = (device.port("x").unwrap(), device.port("n").unwrap());
        device.run_held(3).unwrap();
        assert_eq!((device.get(n), device.clocks()), (2, 3));
        device.set(input, x);
        match device.clock() {
            Err(DeviceError::Stopped { clock: 3, message }) => assert!(message.contains(said), "{message}"),
            other => panic!("x = {x}: {other:?}"),
        }
    }
}

#[test]
fn a_table_runs_as_single_clocks_do() {
    let mut device = Verilated::new(&unruly()).unwrap();
    let mut rows = Vec::new();
    device.run_table(&[0, 5, 6, 7], &mut rows).unwrap();
    assert_eq!((rows, device.clocks()), (vec![0, 0, 1, 0, 2, 0, 3, 0], 4));
    let mut rows = Vec::new();
    let error = device.run_table(&[0, 1, 0], &mut rows).unwrap_err();
    assert!(matches!(error, DeviceError::Stopped { clock: 5, .. }), "{error}");
}

#[test]
fn bad_verilog_is_an_error_with_verilators_message() {
    let spec = VerilatedSpec { verilog: "module unruly(input clk; endmodule", ..unruly() };
    let error = Verilated::new(&spec).unwrap_err().to_string();
    assert!(error.contains("syntax error"), "{error}");
    let spec = VerilatedSpec { top: "a b", ..unruly() };
    assert!(matches!(Verilated::new(&spec), Err(VerilatedError::BadName { .. })));
}

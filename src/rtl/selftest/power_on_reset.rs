//! Reset for a chip without a reset pin: `rst` is high for the first 15 clocks after configuration.
//!
//! ```text
//!  [ count = 0 by `initial` ] --> +1 until 15 --> rst = (count != 15)
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | 15 clocks in reset |
//! | assumes | an FPGA, whose configuration sets registers to what `initial` says |
//!
//! The one register of the project with an initial value, and therefore Verilog written by hand: it is for the self-test
//! tops of boards only. The cores have a reset port and no `initial`.

use crate::hdl::verilog::primitive::Primitive;
use crate::rtl::prelude::*;

/// Clocks in reset.
pub const RESET_CLOCKS: u64 = 15;

/// Reset after configuration.
#[derive(LogicBlock, Default)]
pub struct PowerOnReset {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// High for the first clocks.
    pub rst: Signal<Out, Bit>,
    _count: U<4>,
}

impl Logic for PowerOnReset {
    fn update(&mut self) {
        if self.clock.pos_edge() && !self._count.all() {
            self._count = self._count + 1;
        }
        self.rst.next = !self._count.all();
    }

    fn connect(&mut self) {
        self.rst.connect();
    }

    fn hdl(&self) -> Verilog {
        Primitive {
            locals: vec!["count".into()],
            declarations: "reg [3:0] count;\ninitial count = 4'd0;".into(),
            clocked: "if (count != 4'd15) count <= count + 4'd1;".into(),
            assigned: vec![("rst".into(), "count != 4'd15".into())],
        }
        .into()
    }

    fn timing(&self) -> Vec<TimingInfo> {
        // `rst` changes with the clock only: it is no combinational function of any input.
        vec![TimingInfo {
            name: "power_on_reset".into(),
            clock: "clock".into(),
            inputs: vec![],
            outputs: vec!["rst".into()],
        }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cosim::{Device, DutPorts, Effort, RustHdl, Verilated, VerilatedSpec};
    use crate::dut_ports;
    use crate::hdl::verilog;

    #[derive(LogicBlock, Default)]
    struct Wrapped {
        pub clk: Signal<In, Clock>,
        pub unused: Signal<In, Bit>,
        pub rst: Signal<Out, Bit>,
        power_on: PowerOnReset,
    }

    impl Logic for Wrapped {
        #[hdl_gen]
        fn update(&mut self) {
            self.power_on.clock.next = self.clk.val();
            self.rst.next = self.power_on.rst.val() | self.unused.val();
        }
    }

    dut_ports! {
        impl for Wrapped {
            clock: clk;
            in: unused;
            out: rst;
        }
    }

    /// `rst` in the first 40 clocks.
    fn reset(device: &mut dyn Device) -> Vec<bool> {
        let rst = device.port("rst").unwrap();
        (0..40)
            .map(|_| {
                device.clock().unwrap();
                device.get(rst) == 1
            })
            .collect()
    }

    #[test]
    fn fifteen_clocks_in_both_simulations() {
        let mut top = Wrapped::default();
        top.connect_all();
        let text = verilog::emit(&top, "wrapped").unwrap().text();
        let (ports, clock) = top.port_list();
        // Random start values do not touch what has an initial one.
        let spec = VerilatedSpec {
            verilog: &text,
            top: "wrapped",
            ports,
            clock,
            random_start: Some(3),
            effort: Effort::Build,
        };
        let expected: Vec<bool> = (0..40).map(|clock| clock < RESET_CLOCKS).collect();
        assert_eq!(reset(&mut RustHdl::new(Wrapped::default()).unwrap()), expected);
        assert_eq!(reset(&mut Verilated::new(&spec).unwrap()), expected);
    }
}

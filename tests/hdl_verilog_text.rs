//! The whole text of a small design, as it must be printed.

use huffwire::hdl::verilog::{emit, ports, Port};
use huffwire::hdl::{bit_cast, Register, U};
use rust_hdl::prelude::*;

/// Adds up what arrives, modulo 64.
#[derive(LogicBlock, Default)]
struct Lane {
    clock: Signal<In, Clock>,
    rst: Signal<In, Bit>,
    data: Signal<In, U<4>>,
    sum: Signal<Out, U<6>>,
    total: Register<U<6>>,
}

impl Logic for Lane {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, total);
        self.total.d.next = self.total.q.val() + bit_cast::<6, 4>(self.data.val());
        if self.rst.val() {
            self.total.d.next = 0.into();
        }
        self.sum.next = self.total.q.val();
    }
}

#[derive(LogicBlock, Default)]
struct Pair {
    clk: Signal<In, Clock>,
    rst: Signal<In, Bit>,
    data: Signal<In, U<9>>,
    sums: Signal<Out, U<12>>,
    lanes: [Lane; 2],
}

impl Logic for Pair {
    #[hdl_gen]
    fn update(&mut self) {
        for i in 0..2 {
            self.lanes[i].clock.next = self.clk.val();
            self.lanes[i].rst.next = self.rst.val();
            self.lanes[i].data.next = self.data.val().get_bits::<4>(4 * i);
        }
        self.sums.next = bit_cast::<12, 6>(self.lanes[0].sum.val()) | (bit_cast::<12, 6>(self.lanes[1].sum.val()) << 6);
    }
}

const EXPECTED: &str = "/* verilator lint_off DECLFILENAME */ // one file holds all modules of the design
`default_nettype none

module pair (
    input  wire        clk,
    input  wire        rst,
    input  wire [8:0]  data,
    output wire [11:0] sums
);
    wire [3:0] lanes_0_data;
    wire [5:0] lanes_0_sum;
    wire [3:0] lanes_1_data;
    wire [5:0] lanes_1_sum;

    pair_lanes lanes_0 (
        .clock(clk),
        .rst(rst),
        .data(lanes_0_data),
        .sum(lanes_0_sum)
    );

    pair_lanes lanes_1 (
        .clock(clk),
        .rst(rst),
        .data(lanes_1_data),
        .sum(lanes_1_sum)
    );

    assign lanes_0_data = data[3:0];
    assign lanes_1_data = data[7:4];
    assign sums = {lanes_1_sum, lanes_0_sum};

    // Bits that nothing reads.
    wire unused = &{
        data[8],
        1'b0
    };
endmodule

module pair_lanes (
    input  wire       clock,
    input  wire       rst,
    input  wire [3:0] data,
    output wire [5:0] sum
);
    reg  [5:0] total_d;
    reg  [5:0] total_q;

    always @(*) begin
        total_d = total_q;
        total_d = total_q + {2'd0, data};
        if (rst) begin
            total_d = 6'd0;
        end
    end

    assign sum = total_q;

    always @(posedge clock) begin
        total_q <= total_d;
    end
endmodule

`default_nettype wire
";

#[test]
fn whole_text() {
    let mut pair = Pair::default();
    pair.connect_all();
    let design = emit(&pair, "pair").unwrap();
    assert_eq!(design.text(), EXPECTED);
    assert_eq!(design.modules.iter().map(|m| m.name.as_str()).collect::<Vec<_>>(), ["pair", "pair_lanes"]);
    let port = |name: &str, bits, input| Port { name: name.into(), bits, input };
    let expected = [port("clk", 1, true), port("rst", 1, true), port("data", 9, true), port("sums", 12, false)];
    assert_eq!(design.ports, expected);
    assert_eq!(ports(&pair), expected);
}

#[test]
fn a_primitive_alone_is_a_module() {
    let mut register = Register::<U<3>>::default();
    register.connect_all();
    let text = emit(&register, "register_3").unwrap().text();
    assert!(text.contains("output reg  [2:0] q\n);"), "{text}");
    assert!(text.contains("always @(posedge clock) begin\n        q <= d;\n    end"), "{text}");
}

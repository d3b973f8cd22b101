//! A skid buffer, run as rust-hdl and as Verilated Verilog under the same stalls: bit for bit, clock for clock.

use huffwire::cosim::{run_stream, Beat, Device, Effort, RustHdl, StallPattern, Verilated, VerilatedSpec};
use huffwire::dut_ports;
use huffwire::tools::ToolBox;
use rust_hdl::prelude::*;

/// Output register with a second one behind it, so that `s_axis_tready` is a register too.
#[derive(LogicBlock, Default)]
struct Skid<const W: usize> {
    pub clk: Signal<In, Clock>,
    pub rst: Signal<In, Bit>,
    pub s_axis_tdata: Signal<In, Bits<W>>,
    pub s_axis_tlast: Signal<In, Bit>,
    pub s_axis_tvalid: Signal<In, Bit>,
    pub s_axis_tready: Signal<Out, Bit>,
    pub m_axis_tdata: Signal<Out, Bits<W>>,
    pub m_axis_tlast: Signal<Out, Bit>,
    pub m_axis_tvalid: Signal<Out, Bit>,
    pub m_axis_tready: Signal<In, Bit>,
    out_data: DFF<Bits<W>>,
    out_last: DFF<Bit>,
    out_valid: DFF<Bit>,
    skid_data: DFF<Bits<W>>,
    skid_last: DFF<Bit>,
    skid_valid: DFF<Bit>,
}

impl<const W: usize> Logic for Skid<W> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clk, out_data, out_last, out_valid, skid_data, skid_last, skid_valid);
        self.s_axis_tready.next = !self.skid_valid.q.val();
        self.m_axis_tdata.next = self.out_data.q.val();
        self.m_axis_tlast.next = self.out_last.q.val();
        self.m_axis_tvalid.next = self.out_valid.q.val();
        if self.m_axis_tready.val() | (!self.out_valid.q.val()) {
            if self.skid_valid.q.val() {
                self.out_data.d.next = self.skid_data.q.val();
                self.out_last.d.next = self.skid_last.q.val();
                self.out_valid.d.next = true;
                self.skid_valid.d.next = false;
            } else {
                self.out_data.d.next = self.s_axis_tdata.val();
                self.out_last.d.next = self.s_axis_tlast.val();
                self.out_valid.d.next = self.s_axis_tvalid.val();
            }
        } else {
            if (!self.skid_valid.q.val()) & self.s_axis_tvalid.val() {
                self.skid_data.d.next = self.s_axis_tdata.val();
                self.skid_last.d.next = self.s_axis_tlast.val();
                self.skid_valid.d.next = true;
            }
        }
        if self.rst.val() {
            self.out_valid.d.next = false;
            self.skid_valid.d.next = false;
        }
    }
}

dut_ports! {
    impl[const W: usize] for Skid<W> {
        clock: clk;
        in: rst, s_axis_tdata, s_axis_tlast, s_axis_tvalid, m_axis_tready;
        out: s_axis_tready, m_axis_tdata, m_axis_tlast, m_axis_tvalid;
    }
}

fn with_spec<const W: usize, R>(block: &RustHdl<Skid<W>>, act: impl FnOnce(&VerilatedSpec) -> R) -> R {
    let mut modules = ModuleDefines::default();
    block.block().accept("skid", &mut modules);
    let ports = block.ports().to_vec();
    // Registers start at random values: what reset leaves alone must not matter.
    act(&VerilatedSpec {
        verilog: &modules.defines(),
        top: "skid",
        ports,
        clock: Some("clk"),
        random_start: Some(7),
        effort: Effort::Build,
    })
}

fn both<const W: usize>() -> (RustHdl<Skid<W>>, Verilated) {
    let block = RustHdl::new(Skid::<W>::default()).unwrap();
    let verilated = with_spec(&block, |spec| Verilated::new(spec).unwrap());
    (block, verilated)
}

fn beats(words: usize, count: u32) -> Vec<Beat> {
    let word = |i: u32, k: usize| (i + 1).wrapping_mul(0x9e37_79b9).rotate_left(k as u32 * 5);
    (0..count)
        .map(|i| Beat::from_words(&(0..words).map(|k| word(i, k)).collect::<Vec<_>>()).with_last(i % 7 == 6))
        .collect()
}

fn agree<const W: usize>() {
    let input = beats(W / 32, 210);
    for (source, sink) in [
        ("none", "none"),
        ("1-in-4", "random:0.5:3"),
        ("random:0.3:1", "random:0.3:2"),
        ("random:0.7:5", "1-in-2"),
        ("long", "long:48:80"),
    ] {
        let (mut block, mut verilated) = both::<W>();
        let run =
            |d: &mut dyn Device| run_stream(d, &input, source.parse().unwrap(), sink.parse().unwrap(), 5_000).unwrap();
        let (a, b) = (run(&mut block), run(&mut verilated));
        assert_eq!(a, b, "{W} bits, {source}, {sink}");
        assert_eq!(a.beats(), input, "{W} bits, {source}, {sink}");
        if (source, sink) == ("none", "none") {
            assert_eq!((a.clocks, a.source_refused, a.output[0].0), (211, 0, 1));
        }
    }
}

#[test]
fn both_agree_at_32_bits() {
    agree::<32>();
}

#[test]
fn both_agree_at_64_bits() {
    agree::<64>();
}

#[test]
fn both_agree_at_1024_bits() {
    agree::<1024>();
}

#[test]
fn eight_at_once_share_one_library() {
    let dir = tempfile::tempdir().unwrap();
    let tools = ToolBox::new(ToolBox::from_env().home().into(), [], None).with_cache_dir(dir.path().into());
    let block = RustHdl::new(Skid::<32>::default()).unwrap();
    let input = beats(1, 70);
    let traces: Vec<_> = with_spec(&block, |spec| {
        let one = || {
            let mut device = Verilated::with_tools(spec, &tools).unwrap();
            run_stream(&mut device, &input, StallPattern::None, StallPattern::OneIn(3), 500).unwrap()
        };
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(one)).collect();
            threads.into_iter().map(|t| t.join().unwrap()).collect()
        })
    });
    assert!(traces.iter().all(|t| t == &traces[0] && t.beats() == input));
    let mut kinds: Vec<String> = std::fs::read_dir(dir.path().join("verilated"))
        .unwrap()
        .map(|e| e.unwrap().path().extension().unwrap_or_default().to_string_lossy().into_owned())
        .collect();
    kinds.sort();
    assert_eq!(kinds, ["lock", "lock", "lock", "o", "o", "so"]);
}

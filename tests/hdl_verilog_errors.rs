//! Everything that the Verilog printer refuses, with its message.

use huffwire::hdl::verilog::{emit, EmitError};
use huffwire::hdl::{Register, ToBits, U};
use rust_hdl::prelude::*;

fn refused<B: Block>(mut block: B) -> EmitError {
    block.connect_all();
    emit(&block, "top").unwrap_err()
}

/// A block with inputs `a`, `b`, `sel`, `flag`, output `y` and what else the test needs, and its kernel.
macro_rules! block {
    ($name:ident { $($field:ident: $type:ty = $value:expr),* $(,)? } $($update:tt)*) => {
        #[derive(LogicBlock)]
        struct $name {
            a: Signal<In, U<8>>,
            b: Signal<In, U<8>>,
            sel: Signal<In, U<3>>,
            flag: Signal<In, Bit>,
            y: Signal<Out, U<8>>,
            $($field: $type,)*
        }
        impl $name {
            fn make() -> Self {
                Self {
                    a: Default::default(),
                    b: Default::default(),
                    sel: Default::default(),
                    flag: Default::default(),
                    y: Default::default(),
                    $($field: $value,)*
                }
            }
        }
        impl Logic for $name {
            $($update)*
        }
    };
}

fn local<T: Synth>() -> Signal<Local, T> {
    Default::default()
}

block! {
    Open { r: Register<U<8>> = Default::default() }
    #[hdl_gen]
    fn update(&mut self) {
        self.y.next = self.r.q.val();
    }
}

block! {
    Fine {}
    #[hdl_gen]
    fn update(&mut self) {
        self.y.next = self.a.val();
    }
}

#[test]
fn open_signals_and_bad_names() {
    let error = refused(Open::make()).to_string();
    assert_eq!(error, "rust-hdl's checks refuse the design: not driven: r.clock, r.d");
    let mut fine = Fine::make();
    fine.connect_all();
    for (top, reason) in [
        ("2x", "it does not begin with a letter"),
        ("a b", "it has characters other than letters, digits and underscores"),
        ("table", "it is a keyword of Verilog or SystemVerilog"),
        ("far", "it is a word of C++, of which Verilator warns"),
    ] {
        let error = emit(&fine, top).unwrap_err();
        assert_eq!(error, EmitError::Name { module: "the design".into(), name: top.into(), reason });
    }
}

#[derive(LogicBlock, Default)]
struct KeywordPort {
    table: Signal<In, Bit>,
    y: Signal<Out, Bit>,
}
impl Logic for KeywordPort {
    #[hdl_gen]
    fn update(&mut self) {
        self.y.next = self.table.val();
    }
}

block! {
    KeywordInside { table: Signal<Local, U<8>> = local() }
    #[hdl_gen]
    fn update(&mut self) {
        self.table.next = self.a.val();
        self.y.next = self.table.val();
    }
}

#[test]
fn keywords_are_refused_as_ports_and_altered_inside() {
    let error = refused(KeywordPort::default()).to_string();
    assert_eq!(error, "\"table\" in top cannot be a Verilog name: it is a keyword of Verilog or SystemVerilog");
    let mut inside = KeywordInside::make();
    inside.connect_all();
    assert!(emit(&inside, "top").unwrap().text().contains("assign y = table_;"));
}

block! {
    Collides { clk: Signal<In, Clock> = Default::default(), r: Register<U<8>> = Default::default(), r_q: Signal<Local, U<8>> = local() }
    #[hdl_gen]
    fn update(&mut self) {
        self.r.clock.next = self.clk.val();
        self.r.d.next = self.a.val();
        self.r_q.next = self.b.val();
        self.y.next = self.r.q.val() + self.r_q.val();
    }
}

#[test]
fn collisions() {
    let error = refused(Collides::make());
    assert_eq!(error, EmitError::Collision { module: "top".into(), name: "r_q".into() });
}

const THREE: usize = 3;

block! {
    Unknown {}
    #[hdl_gen]
    fn update(&mut self) {
        self.y.next = self.a.val() << THREE;
    }
}
block! {
    Index { x: [Signal<Local, U<8>>; 3] = std::array::from_fn(|_| local()) }
    #[hdl_gen]
    fn update(&mut self) {
        for i in 0..3 {
            self.x[i].next = self.a.val();
        }
        self.y.next = self.x[THREE - 1].val();
    }
}
block! {
    Beyond { x: [Signal<Local, U<8>>; 3] = std::array::from_fn(|_| local()) }
    #[hdl_gen]
    fn update(&mut self) {
        self.x[0].next = self.a.val();
        self.x[1].next = self.a.val();
        self.x[2].next = self.a.val();
        self.y.next = self.a.val();
        for i in 2..3 {
            self.y.next = self.x[i + 1].val();
        }
    }
}
block! {
    Shadow { i: Signal<Local, U<8>> = local() }
    #[hdl_gen]
    fn update(&mut self) {
        self.i.next = self.a.val();
        self.y.next = self.b.val();
        for i in 0..2 {
            self.y.next = self.y.val() + self.a.val().get_bits::<8>(i);
        }
        self.y.next = self.y.val() + self.i.val();
    }
}

#[test]
fn names_that_mean_nothing() {
    let error = refused(Unknown::make()).to_string();
    assert_eq!(error, "\"THREE\" in top is no signal, constant, loop index or enum variant of the block");
    let error = refused(Index::make()).to_string();
    assert_eq!(error, "array index in \"x[THREE-1]\" of top: must be a constant expression of loop indices");
    let error = refused(Beyond::make());
    assert_eq!(error, EmitError::UnknownName { module: "top".into(), name: "x$3".into() });
    let error = refused(Shadow::make()).to_string();
    assert_eq!(error, "loop index \"i\" in top is also a signal: rename one");
}

block! {
    Widths {}
    #[hdl_gen]
    fn update(&mut self) {
        self.y.next = self.sel.val().index().to_bits::<8>();
    }
}
block! {
    Operands {}
    #[hdl_gen]
    fn update(&mut self) {
        self.y.next = self.a.val();
        if self.a.val().index() == self.sel.val().index() {
            self.y.next = self.b.val();
        }
    }
}
block! {
    TooLarge {}
    #[hdl_gen]
    fn update(&mut self) {
        self.y.next = self.a.val();
        if self.a.val() == 300 {
            self.y.next = self.b.val();
        }
    }
}

#[test]
fn widths_that_disagree() {
    assert_eq!(refused(Widths::make()).to_string(), "assignment to y in top: 8 bits and 3 bits");
    assert_eq!(refused(Operands::make()).to_string(), "operands of == in top: 8 bits and 3 bits");
    assert_eq!(refused(TooLarge::make()).to_string(), "literal 300 in top does not fit in 8 bits");
}

block! {
    Latch {}
    #[hdl_gen]
    fn update(&mut self) {
        if self.flag.val() {
            self.y.next = self.a.val();
        }
    }
}
block! {
    LatchInOneArm { l: Signal<Local, U<8>> = local() }
    #[hdl_gen]
    fn update(&mut self) {
        match self.flag.val() {
            true => {
                self.l.next = self.a.val();
            }
            _ => {
                self.y.next = self.a.val();
            }
        }
        self.y.next = self.b.val();
    }
}
block! {
    Early { l: Signal<Local, U<8>> = local() }
    #[hdl_gen]
    fn update(&mut self) {
        if self.flag.val() {
            self.l.next = self.a.val();
        }
        self.y.next = self.l.val();
        self.l.next = self.b.val();
    }
}
block! {
    Late { clk: Signal<In, Clock> = Default::default(), r: Register<U<8>> = Default::default() }
    #[hdl_gen]
    fn update(&mut self) {
        self.r.clock.next = self.clk.val();
        self.r.d.next = self.a.val();
        self.y.next = self.r.d.val();
        if self.flag.val() {
            self.r.d.next = self.r.q.val();
        }
    }
}

#[test]
fn latches_and_order() {
    let latch = |signal: &str| EmitError::Latch { module: "top".into(), signal: signal.into() };
    assert_eq!(refused(Latch::make()), latch("y"));
    assert_eq!(refused(LatchInOneArm::make()), latch("l"));
    assert_eq!(
        latch("y").to_string(),
        "y in top is not assigned on every path through the kernel: give it a default first"
    );
    assert_eq!(refused(Early::make()).to_string(), "l in top is read before it is assigned");
    assert_eq!(
        refused(Late::make()).to_string(),
        "r_d in top, an input of a sub-block, is assigned again after it was read"
    );
}

block! {
    Outward { clk: Signal<In, Clock> = Default::default(), r: Register<U<8>> = Default::default() }
    #[hdl_gen]
    fn update(&mut self) {
        self.r.clock.next = self.clk.val();
        self.r.d.next = self.a.val();
        self.r.q.next = self.b.val();
        self.y.next = self.r.q.val();
    }
}
block! {
    GatedClock { clk: Signal<In, Clock> = Default::default(), r: Register<U<8>> = Default::default() }
    #[hdl_gen]
    fn update(&mut self) {
        self.r.clock.next = self.clk.val();
        self.r.d.next = self.a.val();
        self.y.next = self.r.q.val();
        if self.flag.val() {
            self.r.clock.next = self.clk.val();
        }
    }
}
block! {
    InvertedClock { clk: Signal<In, Clock> = Default::default(), r: Register<U<8>> = Default::default() }
    #[hdl_gen]
    fn update(&mut self) {
        self.r.clock.next = !self.clk.val();
        self.r.d.next = self.a.val();
        self.y.next = self.r.q.val();
    }
}

#[test]
fn drivers() {
    assert_eq!(refused(Outward::make()).to_string(), "top assigns r$q, which it does not drive");
    let clock = "clock r_clock in top must be assigned once, unconditionally, from a clock";
    assert_eq!(refused(GatedClock::make()).to_string(), clock);
    assert_eq!(refused(InvertedClock::make()).to_string(), clock);
}

block! {
    Widget { clk: Signal<In, Clock> = Default::default(), r: DFF<U<8>> = Default::default() }
    #[hdl_gen]
    fn update(&mut self) {
        self.r.clock.next = self.clk.val();
        self.r.d.next = self.a.val();
        self.y.next = self.r.q.val();
    }
}
block! {
    ShiftBySum {}
    #[hdl_gen]
    fn update(&mut self) {
        self.y.next = self.a.val() >> (self.sel.val() + 1);
    }
}
block! {
    WrappedIndex {}
    #[hdl_gen]
    fn update(&mut self) {
        self.y.next = self.a.val().get_bits::<8>((self.sel.val() + 1).index());
    }
}
block! {
    Signs { s: Signal<In, Signed<8>> = Default::default() }
    #[hdl_gen]
    fn update(&mut self) {
        self.y.next = self.a.val();
    }
}

#[test]
fn what_has_no_verilog_here() {
    let what = |error: EmitError| match error {
        EmitError::Unsupported { what, .. } => what,
        other => panic!("{other}"),
    };
    assert_eq!(what(refused(Widget::make())), "the hand-written Verilog of r");
    assert_eq!(what(refused(ShiftBySum::make())), "a shift by what is no signal, cast or slice (assign it to a Local)");
    assert_eq!(
        what(refused(WrappedIndex::make())),
        "an index that is no signal, cast, slice or sum of those and constants (assign it to a Local)"
    );
    assert_eq!(what(refused(Signs::make())), "the signed signal s");
}

//! Structs as signals, interfaces joined and linked: not used in the cores, but printable.

use huffwire::dut_ports;
use rust_hdl::prelude::*;

#[derive(Copy, Clone, Debug, Default, PartialEq, LogicStruct)]
pub struct Pair {
    low: Bits<5>,
    high: Bits<3>,
    mark: Bit,
}

#[derive(LogicInterface, Default)]
#[join = "Receiver"]
pub struct Sender {
    pub data: Signal<Out, Bits<8>>,
    pub accept: Signal<In, Bit>,
}

#[derive(LogicInterface, Default)]
#[join = "Sender"]
pub struct Receiver {
    pub data: Signal<In, Bits<8>>,
    pub accept: Signal<Out, Bit>,
}

#[derive(LogicBlock, Default)]
pub struct Maker {
    pub a: Signal<In, Bits<8>>,
    pub accepted: Signal<Out, Bit>,
    pub to: Sender,
}

impl Logic for Maker {
    #[hdl_gen]
    fn update(&mut self) {
        self.to.data.next = self.a.val() + 1;
        self.accepted.next = self.to.accept.val() & self.a.val().any();
    }
}

#[derive(LogicBlock, Default)]
pub struct Taker {
    pub flag: Signal<In, Bit>,
    pub out: Signal<Out, Bits<8>>,
    pub from: Receiver,
}

impl Logic for Taker {
    #[hdl_gen]
    fn update(&mut self) {
        self.out.next = !self.from.data.val();
        self.from.accept.next = self.flag.val();
    }
}

/// Passes its interface on to a sub-block.
#[derive(LogicBlock, Default)]
pub struct Wrapper {
    pub flag: Signal<In, Bit>,
    pub out: Signal<Out, Bits<8>>,
    pub from: Receiver,
    taker: Taker,
}

impl Logic for Wrapper {
    #[hdl_gen]
    fn update(&mut self) {
        Receiver::link(&mut self.from, &mut self.taker.from);
        self.taker.flag.next = self.flag.val();
        self.out.next = self.taker.out.val();
    }
}

#[derive(LogicBlock)]
pub struct Structures {
    pub a: Signal<In, Bits<8>>,
    pub f: Signal<In, Bit>,
    pub out: Signal<Out, Bits<8>>,
    pub accepted: Signal<Out, Bit>,
    pub low: Signal<Out, Bits<5>>,
    pub high: Signal<Out, Bits<3>>,
    pub mark: Signal<Out, Bit>,
    pair: Signal<Local, Pair>,
    maker: Maker,
    wrapper: Wrapper,
    pair_default: Constant<Pair>,
}

impl Default for Structures {
    fn default() -> Self {
        Self {
            a: Default::default(),
            f: Default::default(),
            out: Default::default(),
            accepted: Default::default(),
            low: Default::default(),
            high: Default::default(),
            mark: Default::default(),
            pair: Default::default(),
            maker: Default::default(),
            wrapper: Default::default(),
            pair_default: Constant::new(Pair { low: 3.into(), high: 1.into(), mark: true }),
        }
    }
}

impl Logic for Structures {
    #[hdl_gen]
    fn update(&mut self) {
        Sender::join(&mut self.maker.to, &mut self.wrapper.from);
        self.maker.a.next = self.a.val();
        self.wrapper.flag.next = self.f.val();
        self.out.next = self.wrapper.out.val();
        self.accepted.next = self.maker.accepted.val();
        self.pair.next = self.pair_default.val();
        self.pair.next.low = self.a.val().get_bits::<5>(2);
        self.pair.next.high = self.a.val().get_bits::<3>(5) + 1;
        if self.f.val() {
            self.pair.next.mark = self.a.val().get_bit(0);
        }
        self.low.next = self.pair.val().low;
        self.high.next = self.pair.val().high;
        self.mark.next = self.pair.val().mark;
    }
}

dut_ports! {
    impl for Structures {
        in: a, f;
        out: out, accepted, low, high, mark;
    }
}

//! [`Boxed`]: a block on the heap.

use super::settle::{Activity, Settle, Woken};
use rust_hdl::prelude::*;
use std::ops::{Deref, DerefMut};

/// A block on the heap: in all else as the block itself, its name in the Verilog among that.
///
/// Blocks are large, and are moved as they are made. An array of 64 of them on the stack is more than a thread has.
#[derive(Clone, Debug, Default)]
pub struct Boxed<B>(Box<B>);

impl<B> Boxed<B> {
    /// Puts a block on the heap.
    pub fn new(block: B) -> Self {
        Boxed(Box::new(block))
    }
}

impl<B> Deref for Boxed<B> {
    type Target = B;
    fn deref(&self) -> &B {
        &self.0
    }
}

impl<B> DerefMut for Boxed<B> {
    fn deref_mut(&mut self) -> &mut B {
        &mut self.0
    }
}

impl<B: Block> Block for Boxed<B> {
    fn connect_all(&mut self) {
        self.0.connect_all();
    }

    fn update_all(&mut self) {
        self.0.update_all();
    }

    fn has_changed(&self) -> bool {
        self.0.has_changed()
    }

    fn accept(&self, name: &str, probe: &mut dyn Probe) {
        self.0.accept(name, probe);
    }
}

impl<B: Logic> Logic for Boxed<B> {
    fn update(&mut self) {
        self.0.update();
    }

    fn connect(&mut self) {
        self.0.connect();
    }

    fn hdl(&self) -> Verilog {
        self.0.hdl()
    }

    fn timing(&self) -> Vec<TimingInfo> {
        self.0.timing()
    }
}

impl<B: Settle> Settle for Boxed<B> {
    fn plan(&self, activity: &mut Activity) {
        self.0.plan(activity);
    }

    #[inline(always)]
    fn take(&mut self) -> bool {
        self.0.take()
    }

    #[inline(always)]
    fn settle(&mut self, activity: &mut Activity) -> bool {
        self.0.settle(activity)
    }

    #[inline(always)]
    fn give(&mut self) -> bool {
        self.0.give()
    }

    #[inline(always)]
    fn edge(&mut self, activity: &mut Activity) -> Woken {
        self.0.edge(activity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cosim::{BlockDevice, RustHdl};
    use crate::dut_ports;
    use crate::hdl::{LogicBlock, Register, U};

    /// A chain of registers that are blocks of their own.
    macro_rules! chain {
        ($chain:ident, $held:ty) => {
            #[derive(LogicBlock, Default)]
            struct $chain {
                clk: Signal<In, Clock>,
                from: Signal<In, U<8>>,
                to: Signal<Out, U<8>>,
                link: [$held; 3],
            }
            impl Logic for $chain {
                #[hdl_gen]
                fn update(&mut self) {
                    self.link[0].from.next = self.from.val();
                    for i in 1..3 {
                        self.link[i].from.next = self.link[i - 1].to.val();
                    }
                    for i in 0..3 {
                        self.link[i].clk.next = self.clk.val();
                    }
                    self.to.next = self.link[2].to.val();
                }
            }
            dut_ports! {
                impl for $chain {
                    clock: clk;
                    in: from;
                    out: to;
                }
            }
        };
    }

    #[derive(LogicBlock, Default)]
    struct Link {
        clk: Signal<In, Clock>,
        from: Signal<In, U<8>>,
        to: Signal<Out, U<8>>,
        kept: Register<U<8>>,
    }

    impl Logic for Link {
        #[hdl_gen]
        fn update(&mut self) {
            dff_setup!(self, clk, kept);
            self.kept.d.next = self.from.val();
            self.to.next = self.kept.q.val();
        }
    }

    chain!(Plain, Link);
    chain!(Held, Boxed<Link>);

    #[test]
    fn a_block_on_the_heap_is_the_same_block() {
        // All ways to run one.
        let mut devices: [Box<dyn BlockDevice>; 4] = [
            Box::new(RustHdl::new(Plain::default()).unwrap()),
            Box::new(RustHdl::new(Held::default()).unwrap()),
            Box::new(RustHdl::by_activity(Plain::default()).unwrap()),
            Box::new(RustHdl::by_activity(Held::default()).unwrap()),
        ];
        let texts: Vec<String> = devices.iter().map(|d| d.design("chain").unwrap().text()).collect();
        assert!(texts[0].contains("link_2"), "{}", texts[0]);
        assert!(texts.iter().all(|t| *t == texts[0]));
        for clock in 0..40u128 {
            for device in &mut devices {
                let (from, to) = (device.port("from").unwrap(), device.port("to").unwrap());
                device.set(from, clock * 7 % 256);
                device.clock().unwrap();
                device.eval().unwrap();
                // The word of two clocks ago has gone through all three with this edge.
                let expected = if clock < 2 { 0 } else { (clock - 2) * 7 % 256 };
                assert_eq!(device.get(to), expected, "clock {clock}");
            }
        }
    }
}

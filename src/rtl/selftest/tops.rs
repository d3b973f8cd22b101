//! From a configuration to the self-test block, and what all self-test blocks can do.

use super::bytes::BytesSelfTest;
use super::fields::FieldsSelfTest;
use super::SelfTestBuild;
use crate::cosim::DutPorts;
use crate::dut_ports;
use crate::format::SymbolMap;
use crate::hdl::RomError;
use crate::rtl::config::RtlConfig;
use crate::rtl::prelude::{Constraint, PinConstraint};

dut_ports! {
    impl[
        const L: usize, const S: usize, const D: usize, const W: usize, const TG: usize, const LINK: usize,
        const KEEP: usize, const CH: usize, const KB: usize, const AD: usize
    ] for BytesSelfTest<L, S, D, W, TG, LINK, KEEP, CH, KB, AD> {
        clock: clk;
        in: link_fault_n;
        out: led_pass, led_fail, led_alive;
    }
}
dut_ports! {
    impl[
        const L: usize, const G: usize, const S: usize, const D: usize, const W: usize, const K: usize,
        const TG: usize, const LINK: usize, const KEEP: usize, const CH: usize, const KB: usize, const AD: usize,
        const RW: usize, const RV: usize, const GW: usize
    ] for FieldsSelfTest<L, G, S, D, W, K, TG, LINK, KEEP, CH, KB, AD, RW, RV, GW> {
        clock: clk;
        in: link_fault_n;
        out: led_pass, led_fail, led_alive;
    }
}

/// A pin of the self-test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pin {
    /// The clock.
    Clock,
    /// The fault line.
    LinkFault,
    /// All is well.
    Pass,
    /// Something is not.
    Fail,
    /// The clock runs.
    Alive,
}

impl Pin {
    /// All pins, in the order of the ports.
    pub const ALL: [Pin; 5] = [Pin::Clock, Pin::LinkFault, Pin::Pass, Pin::Fail, Pin::Alive];

    /// Name of the port.
    pub const fn port(self) -> &'static str {
        match self {
            Pin::Clock => "clk",
            Pin::LinkFault => "link_fault_n",
            Pin::Pass => "led_pass",
            Pin::Fail => "led_fail",
            Pin::Alive => "led_alive",
        }
    }
}

/// A self-test block, whatever its const generics.
pub trait SelfTest: DutPorts + 'static {
    /// Attaches a constraint to a pin.
    fn constrain(&mut self, pin: Pin, constraint: Constraint);
}

macro_rules! self_test {
    ([$($generics:tt)*] $block:ty) => {
        impl<$($generics)*> SelfTest for $block {
            fn constrain(&mut self, pin: Pin, constraint: Constraint) {
                let constraint = PinConstraint { index: 0, constraint };
                match pin {
                    Pin::Clock => self.clk.add_constraint(constraint),
                    Pin::LinkFault => self.link_fault_n.add_constraint(constraint),
                    Pin::Pass => self.led_pass.add_constraint(constraint),
                    Pin::Fail => self.led_fail.add_constraint(constraint),
                    Pin::Alive => self.led_alive.add_constraint(constraint),
                }
            }
        }
    };
}
self_test! {
    [
        const L: usize, const S: usize, const D: usize, const W: usize, const TG: usize, const LINK: usize,
        const KEEP: usize, const CH: usize, const KB: usize, const AD: usize
    ] BytesSelfTest<L, S, D, W, TG, LINK, KEEP, CH, KB, AD>
}
self_test! {
    [
        const L: usize, const G: usize, const S: usize, const D: usize, const W: usize, const K: usize,
        const TG: usize, const LINK: usize, const KEEP: usize, const CH: usize, const KB: usize, const AD: usize,
        const RW: usize, const RV: usize, const GW: usize
    ] FieldsSelfTest<L, G, S, D, W, K, TG, LINK, KEEP, CH, KB, AD, RW, RV, GW>
}

/// Something to do with a self-test.
pub trait SelfTestVisitor {
    /// What comes of it.
    type Output;
    /// Does it.
    fn visit<B: SelfTest>(self, top: B) -> Self::Output;
}

/// Builds the self-test for a configuration and hands it to `visitor`. `build` may differ from what
/// [`SelfTestBuild::new`] makes of `config` in the decoder's bank only.
pub fn with_self_test<V: SelfTestVisitor>(
    config: &RtlConfig,
    build: &SelfTestBuild,
    visitor: V,
) -> Result<V::Output, RomError> {
    match config.book_bits() {
        1 => with_books::<1, 9, V>(config, build, visitor),
        2 => with_books::<2, 10, V>(config, build, visitor),
        _ => with_books::<4, 12, V>(config, build, visitor),
    }
}

fn with_books<const KB: usize, const AD: usize, V: SelfTestVisitor>(
    config: &RtlConfig,
    build: &SelfTestBuild,
    visitor: V,
) -> Result<V::Output, RomError> {
    let one_lane = config.parameters.lanes == 1;
    Ok(match (config.parameters.map, one_lane) {
        (SymbolMap::Fields, true) => {
            visitor.visit(FieldsSelfTest::<1, 2, 2, 2, 16, 2, 6, 32, 4, 2, KB, AD, 1, 16, 32>::new(build)?)
        }
        (SymbolMap::Fields, false) => {
            visitor.visit(FieldsSelfTest::<4, 6, 8, 1, 64, 8, 12, 128, 16, 5, KB, AD, 2, 32, 96>::new(build)?)
        }
        (_, true) => visitor.visit(BytesSelfTest::<1, 1, 4, 8, 5, 16, 2, 1, KB, AD>::new(build)?),
        (_, false) => visitor.visit(BytesSelfTest::<4, 4, 1, 32, 8, 64, 8, 4, KB, AD>::new(build)?),
    })
}

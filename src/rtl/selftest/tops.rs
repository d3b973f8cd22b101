//! From a configuration to the self-test block, and what all self-test blocks can do.

use super::bytes::BytesSelfTest;
use super::fields::FieldsSelfTest;
use super::SelfTestBuild;
use crate::cosim::DutPorts;
use crate::dut_ports;
use crate::format::{Format, SymbolMap};
use crate::rtl::config::{RtlConfig, RtlError};
use crate::rtl::prelude::{Constraint, PinConstraint};
use crate::rtl::tops::TopError;
use thiserror::Error;

dut_ports! {
    impl[const L: usize, const W: usize] for BytesSelfTest<L, W> {
        clock: clk;
        in: link_fault_n;
        out: led_pass, led_fail, led_alive;
    }
}
dut_ports! {
    impl[const L: usize, const W: usize, const K: usize] for FieldsSelfTest<L, W, K> {
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
self_test! { [const L: usize, const W: usize] BytesSelfTest<L, W> }
self_test! { [const L: usize, const W: usize, const K: usize] FieldsSelfTest<L, W, K> }

/// Something to do with a self-test.
pub trait SelfTestVisitor {
    /// What comes of it.
    type Output;
    /// Does it.
    fn visit<B: SelfTest>(self, top: B) -> Self::Output;
}

/// Whether there is a self-test for a configuration.
pub fn has_self_test(config: &RtlConfig) -> Result<(), RtlError> {
    let p = &config.parameters;
    let unsupported = |what, value: String, supported| Err(RtlError::Unsupported { what, value, supported });
    match (p.lanes, p.map, p.format) {
        (1 | 4, SymbolMap::Fields, Format::Bf16) => Ok(()),
        (1 | 4, SymbolMap::Bytes, _) if config.layout.symbol_bits == 8 => Ok(()),
        (1 | 4, ..) => unsupported("self-test for format", p.format.to_string(), "bytes and 'fields' for bf16"),
        _ => unsupported("self-test for lane count", p.lanes.to_string(), "self-tests of 1 and 4 lanes"),
    }
}

/// Builds the self-test for a configuration and hands it to `visitor`. `build` may differ from what
/// [`SelfTestBuild::new`] makes of `config` in the decoder's bank only.
pub fn with_self_test<V: SelfTestVisitor>(
    config: &RtlConfig,
    build: &SelfTestBuild,
    visitor: V,
) -> Result<V::Output, SelfTestError> {
    has_self_test(config)?;
    Ok(match (config.parameters.map, config.parameters.lanes) {
        (SymbolMap::Fields, 1) => visitor.visit(FieldsSelfTest::<1, 16, 2>::new(build)?),
        (SymbolMap::Fields, _) => visitor.visit(FieldsSelfTest::<4, 64, 8>::new(build)?),
        (_, 1) => visitor.visit(BytesSelfTest::<1, 8>::new(build)?),
        _ => visitor.visit(BytesSelfTest::<4, 32>::new(build)?),
    })
}

/// A self-test could not be made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SelfTestError {
    /// There is none for the configuration.
    #[error(transparent)]
    Config(#[from] RtlError),
    /// A core could not be made.
    #[error(transparent)]
    Top(#[from] TopError),
}

//! A rust-hdl block as a [`Device`], stepped directly.
//!
//! Rust-hdl's own `Simulation` hands the block from thread to thread at every clock edge; stepping it in
//! place is a hundred times faster and cannot hang. A block with the derive of [`hdl`](crate::hdl) can also be run by
//! activity, another ten to twenty times as fast ([`RustHdl::by_activity`]). The ports of a block are fields of its struct, so
//! [`dut_ports!`](crate::dut_ports) writes the typed access down once per block:
//!
//! ```ignore
//! dut_ports! {
//!     impl[const W: usize] for Skid<W> {
//!         clock: clk;
//!         in: rst, s_axis_tdata, s_axis_tvalid, m_axis_tready;
//!         out: s_axis_tready, m_axis_tdata, m_axis_tvalid;
//!     }
//! }
//! let mut device = RustHdl::new(Skid::<8>::default())?;
//! ```

use std::fmt;
use std::io::{self, Write};

use rust_hdl::core::check_error::CheckError;
use rust_hdl::prelude::{check_all, simulate, Atom, AtomKind, Block, Probe, Verilog};
use thiserror::Error;

use super::device::{Device, DeviceError, Direction, Pins, Port};
use super::vcd::BlockVcd;
use crate::hdl::verilog::{emit, Design, EmitError};
use crate::hdl::{Activity, Settle};

/// Typed access to the ports of a block. Written by [`dut_ports!`](crate::dut_ports).
pub trait DutPorts: Block {
    /// The ports listed, inputs first, and the name of the clock.
    fn port_list(&self) -> (Vec<Port>, Option<&'static str>);

    /// Drives all inputs from packed words.
    fn drive(&mut self, words: &[u32]);

    /// Samples all outputs to packed words.
    fn sample(&self, words: &mut [u32]);

    /// Drives the clock; a combinational block ignores it.
    fn set_clock(&mut self, level: bool);
}

/// Implements [`DutPorts`](crate::cosim::DutPorts) for a rust-hdl block: names its clock, inputs and outputs.
///
/// A combinational block has no `clock:` line. [`RustHdl::new`](crate::cosim::RustHdl::new) refuses a list
/// that does not name every port of the block.
#[macro_export]
macro_rules! dut_ports {
    (impl for $($rest:tt)*) => { $crate::dut_ports! { impl[] for $($rest)* } };
    (impl[$($generics:tt)*] for $block:ty {
        $(clock: $clock:ident;)?
        in: $($input:ident),* $(,)?;
        out: $($output:ident),* $(,)? $(;)?
    }) => {
        impl<$($generics)*> $crate::cosim::DutPorts for $block {
            fn port_list(&self) -> (Vec<$crate::cosim::Port>, Option<&'static str>) {
                let ports = vec![
                    $($crate::cosim::Port::input(stringify!($input), $crate::cosim::port_bits(&self.$input.next)),)*
                    $($crate::cosim::Port::output(stringify!($output), $crate::cosim::port_bits(&self.$output.next)),)*
                ];
                let clock: &[&'static str] = &[$(stringify!($clock))?];
                (ports, clock.first().copied())
            }

            #[inline]
            fn drive(&mut self, words: &[u32]) {
                let mut _at = 0;
                $(_at += $crate::cosim::take_value(&mut self.$input.next, &words[_at..]);)*
            }

            #[inline]
            fn sample(&self, words: &mut [u32]) {
                let mut _at = 0;
                $(_at += $crate::cosim::put_value(self.$output.val(), &mut words[_at..]);)*
            }

            #[inline]
            fn set_clock(&mut self, _level: bool) {
                $(self.$clock.next = _level.into();)?
            }
        }
    };
}

/// Why a rust-hdl block cannot be run.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum BlockError {
    /// Rust-hdl's own checks failed.
    #[error("the block fails rust-hdl's checks: {0:?}")]
    Check(CheckError),
    /// The list in `dut_ports!` is not the block's.
    #[error("dut_ports! and the block disagree: {0}")]
    Ports(String),
    /// A block that says itself how it is simulated, but not how it is by activity.
    #[error("{} blocks have an `update` written by hand, {} of them a `Settle`", .updates, .settles)]
    Primitives {
        /// Blocks whose kernel is not made by `#[hdl_gen]`.
        updates: usize,
        /// Blocks whose `Settle` is not derived.
        settles: usize,
    },
    /// The port list cannot be laid out.
    #[error(transparent)]
    Device(#[from] DeviceError),
}

/// Iterations after which logic is held not to settle: n chained blocks need 2n + 3.
pub const SETTLE_LIMIT: usize = 1000;

/// A rust-hdl block, stepped directly.
pub struct RustHdl<B: DutPorts> {
    // Cores are too large to be moved about on a stack.
    block: Box<B>,
    pins: Pins,
    clocks: u64,
    settle_limit: usize,
    trace: Option<BlockVcd>,
    active: Option<Active<B>>,
}

/// How a block is run by activity. Functions, so that a block that is not need not be able to.
struct Active<B> {
    activity: Activity,
    settle: fn(&mut Activity, &mut B) -> bool,
    edge: fn(&mut Activity, &mut B),
}

// Blocks seldom are Debug themselves.
impl<B: DutPorts> fmt::Debug for RustHdl<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RustHdl").field("pins", &self.pins).field("clocks", &self.clocks).finish_non_exhaustive()
    }
}

impl<B: DutPorts> RustHdl<B> {
    /// Connects and checks `block`, and checks the port list against it. It is run by rust-hdl's `simulate`.
    pub fn new(block: B) -> Result<Self, BlockError> {
        let mut block = Box::new(block);
        block.connect_all();
        check_all(&*block).map_err(BlockError::Check)?;
        let (ports, clock) = block.port_list();
        check_ports(&block_ports(&*block), &ports, clock)?;
        Ok(RustHdl { block, pins: Pins::new(ports)?, clocks: 0, settle_limit: SETTLE_LIMIT, trace: None, active: None })
    }

    /// As [`RustHdl::new`], run by activity (see [`Settle`]): the same values at every clock, many times faster.
    pub fn by_activity(block: B) -> Result<Self, BlockError>
    where
        B: Settle,
    {
        let mut device = Self::new(block)?;
        let activity = Activity::new(&*device.block, SETTLE_LIMIT as u32);
        let mut by_hand = ByHand(0);
        device.block.accept("top", &mut by_hand);
        if by_hand.0 != activity.primitives() {
            return Err(BlockError::Primitives { updates: by_hand.0, settles: activity.primitives() });
        }
        device.active = Some(Active { activity, settle: Activity::settle::<B>, edge: Activity::edge::<B> });
        Ok(device)
    }

    /// Changes how many iterations of rust-hdl's `simulate` the logic may take to settle; at least 1.
    pub fn with_settle_limit(mut self, limit: usize) -> Self {
        self.settle_limit = limit.max(1);
        self
    }

    /// Writes all signals of the block as VCD to `writer` from here on, at both edges of every clock; `scope` is
    /// the name of the top. Dropping the device closes the file.
    pub fn trace(&mut self, writer: Box<dyn Write + Send>, scope: &str) -> io::Result<()> {
        self.trace = Some(BlockVcd::new(writer, &*self.block, scope)?);
        // Waveforms show clocks and local signals too.
        self.active = None;
        Ok(())
    }

    fn write_trace(&mut self) -> Result<(), DeviceError> {
        match &mut self.trace {
            None => Ok(()),
            Some(trace) => trace.sample(&*self.block).map_err(|e| DeviceError::Trace { message: e.to_string() }),
        }
    }

    /// The block, to look at inner signals.
    pub fn block(&self) -> &B {
        &self.block
    }

    /// Kernels run so far, and blocks that have one; `None` if the block is not run by activity.
    pub fn kernels(&self) -> Option<(u64, usize)> {
        self.active.as_ref().map(|a| (a.activity.kernels(), a.activity.blocks()))
    }

    fn settle(&mut self) -> Result<(), DeviceError> {
        let settled = match &mut self.active {
            None => simulate(&mut *self.block, self.settle_limit),
            Some(active) => (active.settle)(&mut active.activity, &mut self.block),
        };
        if settled {
            Ok(())
        } else {
            Err(DeviceError::NotSettled { clock: self.clocks, limit: self.settle_limit })
        }
    }
}

/// A rust-hdl block as a device, whatever its type: it can also be traced and printed.
pub trait BlockDevice: Device {
    /// See [`RustHdl::trace`].
    fn trace(&mut self, writer: Box<dyn Write + Send>, scope: &str) -> io::Result<()>;

    /// The block's Verilog, its module called `top`.
    fn design(&self, top: &str) -> Result<Design, EmitError>;
}

impl<B: DutPorts> BlockDevice for RustHdl<B> {
    fn trace(&mut self, writer: Box<dyn Write + Send>, scope: &str) -> io::Result<()> {
        RustHdl::trace(self, writer, scope)
    }

    fn design(&self, top: &str) -> Result<Design, EmitError> {
        emit(&*self.block, top)
    }
}

impl<B: DutPorts> Device for RustHdl<B> {
    fn pins(&self) -> &Pins {
        &self.pins
    }

    fn pins_mut(&mut self) -> &mut Pins {
        &mut self.pins
    }

    fn eval(&mut self) -> Result<(), DeviceError> {
        self.pins.take_fault()?;
        self.block.set_clock(false);
        self.block.drive(&self.pins.inputs);
        self.settle()?;
        self.block.sample(&mut self.pins.outputs);
        Ok(())
    }

    fn clock(&mut self) -> Result<(), DeviceError> {
        self.eval()?;
        match &mut self.active {
            // What follows from the edge settles with the inputs of the next clock.
            Some(active) => (active.edge)(&mut active.activity, &mut self.block),
            None => {
                self.write_trace()?;
                self.block.set_clock(true);
                self.settle()?;
                self.write_trace()?;
            }
        }
        self.clocks += 1;
        Ok(())
    }

    fn clocks(&self) -> u64 {
        self.clocks
    }
}

/// Counts the blocks whose kernel is not made by `#[hdl_gen]`.
struct ByHand(usize);

impl Probe for ByHand {
    fn visit_start_scope(&mut self, _: &str, block: &dyn Block) {
        self.0 += usize::from(!matches!(block.hdl(), Verilog::Combinatorial(_)));
    }
}

#[derive(Default)]
struct PortProbe {
    depth: usize,
    path: Vec<String>,
    ports: Vec<Port>,
}

impl Probe for PortProbe {
    fn visit_start_scope(&mut self, _: &str, _: &dyn Block) {
        self.depth += 1;
    }

    fn visit_end_scope(&mut self, _: &str, _: &dyn Block) {
        self.depth -= 1;
    }

    fn visit_start_namespace(&mut self, name: &str, _: &dyn Block) {
        self.path.push(name.into());
    }

    fn visit_end_namespace(&mut self, _: &str, _: &dyn Block) {
        self.path.pop();
    }

    fn visit_atom(&mut self, name: &str, signal: &dyn Atom) {
        if self.depth == 1 && signal.kind().is_parameter() {
            let mut path = self.path.clone();
            path.push(name.into());
            let input = signal.kind() == AtomKind::InputParameter;
            let direction = if input { Direction::Input } else { Direction::Output };
            self.ports.push(Port { name: path.join("$"), bits: signal.bits(), direction });
        }
    }
}

/// All ports of a block in the order of its fields, the clock among them, as rust-hdl itself sees them.
pub fn block_ports(block: &dyn Block) -> Vec<Port> {
    let mut probe = PortProbe::default();
    block.accept("top", &mut probe);
    probe.ports
}

fn check_ports(real: &[Port], listed: &[Port], clock: Option<&str>) -> Result<(), BlockError> {
    let fail = |what: String| Err(BlockError::Ports(what));
    for port in real {
        if Some(port.name.as_str()) == clock {
            continue;
        }
        match listed.iter().find(|p| p.name == port.name) {
            None => return fail(format!("port `{}` is not listed", port.name)),
            Some(p) if p != port => return fail(format!("port `{}` is listed as {p:?} but is {port:?}", port.name)),
            Some(_) => {}
        }
    }
    let known = |name: &str| real.iter().any(|p| p.name == name);
    match listed.iter().map(|p| p.name.as_str()).chain(clock).find(|n| !known(n)) {
        Some(name) => fail(format!("`{name}` is no port of the block")),
        None => Ok(()),
    }
}

//! What every executable form of a block looks like from the outside.
//!
//! One stimulus drives the rust-hdl simulation and the Verilated Verilog alike, so both sit behind
//! [`Device`]. Ports are looked up once by name; from then on a [`PortId`] reaches the value in two
//! packed arrays of 32-bit words (least significant word first), which a device takes and gives as a
//! whole at every clock. Ports may be of any width; up to 128 bits there are `u128` shortcuts.
//!
//! ```text
//! clock()   clk = 0, inputs applied | settle | outputs sampled | clk = 1, settle
//! eval()    clk = 0, inputs applied | settle | outputs sampled
//! ```
//!
//! What [`Device::get`] returns after [`Device::clock`] is therefore what a register outside the block
//! would have caught at that rising edge.

use thiserror::Error;

/// Direction of a port as seen from the block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Driven by the testbench.
    Input,
    /// Driven by the block.
    Output,
}

/// One port of a block. The clock is not among them: [`Device::clock`] drives it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Port {
    /// Name in the Verilog.
    pub name: String,
    /// Width in bits, at least 1.
    pub bits: usize,
    /// Input or output.
    pub direction: Direction,
}

impl Port {
    /// An input port.
    pub fn input(name: impl Into<String>, bits: usize) -> Self {
        Port { name: name.into(), bits, direction: Direction::Input }
    }

    /// An output port.
    pub fn output(name: impl Into<String>, bits: usize) -> Self {
        Port { name: name.into(), bits, direction: Direction::Output }
    }

    /// How many 32-bit words hold a value of this port.
    pub fn words(&self) -> usize {
        self.bits.div_ceil(32)
    }
}

/// Handle of a port, valid for the device that gave it (and for any with the same ports in the same order).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PortId(usize);

impl PortId {
    /// Position in [`Device::ports`].
    pub fn index(self) -> usize {
        self.0
    }
}

/// Why a device could not be driven.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeviceError {
    /// A port name that the block does not have.
    #[error("no port named `{name}`; the ports are: {known}")]
    NoSuchPort {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: String,
    },
    /// A value with bits beyond the port's width.
    #[error("port `{port}` is {bits} bits wide and cannot take {value:#x} (at most {bits} bits)")]
    ValueTooWide {
        /// Name of the port.
        port: String,
        /// Its width.
        bits: usize,
        /// The low 128 bits of the value.
        value: u128,
    },
    /// More words than the port has, some of them not zero.
    #[error("port `{port}` is {bits} bits wide and cannot take a value of {given} words (at most {limit})")]
    TooManyWords {
        /// Name of the port.
        port: String,
        /// Its width.
        bits: usize,
        /// Words given.
        given: usize,
        /// Words of the port.
        limit: usize,
    },
    /// An output was set.
    #[error("port `{port}` is an output and cannot be set")]
    NotAnInput {
        /// Name of the port.
        port: String,
    },
    /// A port outside the supported widths or a name used twice.
    #[error("bad port list: {reason}")]
    BadPorts {
        /// What is wrong.
        reason: String,
    },
    /// The combinational logic did not come to rest.
    #[error("clock {clock}: the logic did not settle within {limit} iterations")]
    NotSettled {
        /// Clocks completed before.
        clock: u64,
        /// Iterations tried.
        limit: usize,
    },
    /// The waveform could not be written.
    #[error("the waveform cannot be written: {message}")]
    Trace {
        /// What went wrong.
        message: String,
    },
    /// The simulation itself reported an error (for example `$fatal`, or a region that does not converge).
    #[error("clock {clock}: the simulation stopped: {message}")]
    Stopped {
        /// Clocks completed before.
        clock: u64,
        /// What it said.
        message: String,
    },
}

/// Port list with the packed input and output values. Every [`Device`] owns one.
#[derive(Clone, Debug)]
pub struct Pins {
    ports: Vec<Port>,
    offsets: Vec<usize>,
    pub(super) inputs: Vec<u32>,
    pub(super) outputs: Vec<u32>,
    // A wrong `set` is kept until the next `eval` or `clock`, which can return it: stimulus stays free of `?`.
    fault: Option<DeviceError>,
}

impl Pins {
    /// Lays the values of `ports` out, all zero.
    pub fn new(ports: Vec<Port>) -> Result<Self, DeviceError> {
        let (mut inputs, mut outputs, mut offsets) = (0, 0, Vec::with_capacity(ports.len()));
        for (i, port) in ports.iter().enumerate() {
            if port.bits == 0 {
                return Err(DeviceError::BadPorts { reason: format!("port `{}` has 0 bits (at least 1)", port.name) });
            }
            if ports[..i].iter().any(|p| p.name == port.name) {
                return Err(DeviceError::BadPorts { reason: format!("port `{}` is there twice", port.name) });
            }
            let end = if port.direction == Direction::Input { &mut inputs } else { &mut outputs };
            offsets.push(*end);
            *end += port.words();
        }
        Ok(Pins { ports, offsets, inputs: vec![0; inputs], outputs: vec![0; outputs], fault: None })
    }

    /// All ports, in the order of the block.
    pub fn ports(&self) -> &[Port] {
        &self.ports
    }

    /// Input values as set, all input ports in order.
    pub fn inputs(&self) -> &[u32] {
        &self.inputs
    }

    /// Output values as last sampled, all output ports in order.
    pub fn outputs(&self) -> &[u32] {
        &self.outputs
    }

    /// The output values, for the device to write.
    pub fn outputs_mut(&mut self) -> &mut [u32] {
        &mut self.outputs
    }

    /// First word of port `id` in [`Pins::inputs`] or [`Pins::outputs`].
    pub fn offset(&self, id: PortId) -> usize {
        self.offsets[id.0]
    }

    /// Hands over what an earlier wrong `set` left behind.
    pub fn take_fault(&mut self) -> Result<(), DeviceError> {
        match self.fault.take() {
            None => Ok(()),
            Some(e) => Err(e),
        }
    }

    fn find(&self, name: &str) -> Option<PortId> {
        self.ports.iter().position(|p| p.name == name).map(PortId)
    }

    fn fail(&mut self, error: DeviceError) {
        self.fault.get_or_insert(error);
    }

    fn set_words(&mut self, id: PortId, value: &[u32]) {
        let port = &self.ports[id.0];
        let words = port.words();
        if port.direction == Direction::Output {
            let port = port.name.clone();
            return self.fail(DeviceError::NotAnInput { port });
        }
        if value.len() > words && value[words..].iter().any(|&w| w != 0) {
            let (port, bits) = (port.name.clone(), port.bits);
            return self.fail(DeviceError::TooManyWords { port, bits, given: value.len(), limit: words });
        }
        let spare = port.bits % 32;
        if spare != 0 && value.len() >= words && value[words - 1] >> spare != 0 {
            let (port, bits) = (port.name.clone(), port.bits);
            return self.fail(DeviceError::ValueTooWide { port, bits, value: low_u128(value) });
        }
        let at = self.offsets[id.0];
        for k in 0..words {
            self.inputs[at + k] = value.get(k).copied().unwrap_or(0);
        }
    }

    fn words(&self, id: PortId) -> &[u32] {
        let port = &self.ports[id.0];
        let all = if port.direction == Direction::Input { &self.inputs } else { &self.outputs };
        &all[self.offsets[id.0]..self.offsets[id.0] + port.words()]
    }
}

/// The low 128 bits of a value in words.
pub fn low_u128(words: &[u32]) -> u128 {
    words.iter().take(4).enumerate().fold(0, |v, (k, &w)| v | u128::from(w) << (32 * k))
}

/// The four words of a `u128`.
pub fn u128_words(value: u128) -> [u32; 4] {
    [value as u32, (value >> 32) as u32, (value >> 64) as u32, (value >> 96) as u32]
}

/// A block that can be clocked: the rust-hdl simulation of it, or its Verilog under Verilator.
pub trait Device {
    /// Ports and values.
    fn pins(&self) -> &Pins;

    /// Ports and values, to be changed.
    fn pins_mut(&mut self) -> &mut Pins;

    /// Settles with the clock low and samples the outputs, without a rising edge.
    fn eval(&mut self) -> Result<(), DeviceError>;

    /// One whole clock: settles with the clock low, samples the outputs, then the rising edge.
    fn clock(&mut self) -> Result<(), DeviceError>;

    /// Clocks completed so far.
    fn clocks(&self) -> u64;

    /// All ports, without the clock.
    fn ports(&self) -> &[Port] {
        self.pins().ports()
    }

    /// Handle of the port called `name`, if there is one.
    fn find_port(&self, name: &str) -> Option<PortId> {
        self.pins().find(name)
    }

    /// Handle of the port called `name`.
    fn port(&self, name: &str) -> Result<PortId, DeviceError> {
        self.find_port(name).ok_or_else(|| DeviceError::NoSuchPort {
            name: name.into(),
            known: self.ports().iter().map(|p| p.name.as_str()).collect::<Vec<_>>().join(", "),
        })
    }

    /// Sets an input for the coming clocks. A value too wide, or an output, is reported by the next
    /// [`Device::eval`] or [`Device::clock`].
    fn set(&mut self, port: PortId, value: u128) {
        self.pins_mut().set_words(port, &u128_words(value));
    }

    /// As [`Device::set`], from words, least significant first; missing words are zero.
    fn set_words(&mut self, port: PortId, value: &[u32]) {
        self.pins_mut().set_words(port, value);
    }

    /// The low 128 bits of an output as last sampled, or of an input as set.
    fn get(&self, port: PortId) -> u128 {
        low_u128(self.pins().words(port))
    }

    /// All words of an output as last sampled, or of an input as set.
    fn get_words(&self, port: PortId) -> &[u32] {
        self.pins().words(port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nothing(Pins);

    impl Device for Nothing {
        fn pins(&self) -> &Pins {
            &self.0
        }
        fn pins_mut(&mut self) -> &mut Pins {
            &mut self.0
        }
        fn eval(&mut self) -> Result<(), DeviceError> {
            self.0.take_fault()
        }
        fn clock(&mut self) -> Result<(), DeviceError> {
            self.eval()
        }
        fn clocks(&self) -> u64 {
            0
        }
    }

    fn device() -> Nothing {
        Nothing(Pins::new(vec![Port::input("a", 12), Port::output("y", 5), Port::input("wide", 200)]).unwrap())
    }

    #[test]
    fn values_keep_to_their_words() {
        let mut d = device();
        let (a, wide) = (d.port("a").unwrap(), d.port("wide").unwrap());
        d.set(a, 0xfff);
        d.set_words(wide, &[1, 2, 3, 4, 5, 6, 0xff]);
        assert_eq!((d.get(a), d.get_words(wide)), (0xfff, &[1, 2, 3, 4, 5, 6, 0xff][..]));
        d.set(wide, 7);
        assert_eq!(d.get_words(wide), &[7, 0, 0, 0, 0, 0, 0]);
        d.clock().unwrap();
    }

    #[test]
    fn wrong_use_is_named() {
        let mut d = device();
        let said = |d: &mut Nothing| d.clock().unwrap_err().to_string();
        let (a, y, wide) = (d.port("a").unwrap(), d.port("y").unwrap(), d.port("wide").unwrap());
        d.set(a, 0x1000);
        assert_eq!(said(&mut d), "port `a` is 12 bits wide and cannot take 0x1000 (at most 12 bits)");
        d.set(y, 0);
        assert_eq!(said(&mut d), "port `y` is an output and cannot be set");
        d.set_words(wide, &[0, 0, 0, 0, 0, 0, 0x100]);
        assert!(matches!(d.clock(), Err(DeviceError::ValueTooWide { bits: 200, .. })));
        d.set_words(wide, &[0, 0, 0, 0, 0, 0, 0, 1]);
        assert!(matches!(d.clock(), Err(DeviceError::TooManyWords { given: 8, limit: 7, .. })));
        assert_eq!(d.port("b").unwrap_err().to_string(), "no port named `b`; the ports are: a, y, wide");
        d.clock().unwrap();
    }

    #[test]
    fn bad_port_lists_are_refused() {
        let twice = Pins::new(vec![Port::input("a", 1), Port::output("a", 1)]).unwrap_err();
        assert_eq!(twice.to_string(), "bad port list: port `a` is there twice");
        let empty = Pins::new(vec![Port::input("a", 0)]).unwrap_err();
        assert_eq!(empty.to_string(), "bad port list: port `a` has 0 bits (at least 1)");
    }
}

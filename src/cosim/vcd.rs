//! Waveforms as VCD, written as the run goes: memory does not grow with its length.
//!
//! [`PortVcd`] writes the ports of any [`Device`]; [`RustHdl::trace`](super::RustHdl::trace) every signal of a
//! rust-hdl block, a scope a sub-block. A clock is 10 time units: it falls at `10 n`, where inputs change and
//! outputs settle, and rises at `10 n + 5`.

use std::io::{self, Write};

use rust_hdl::prelude::{Atom, Block, Probe, TypeDescriptor, TypeKind, VCDValue};
use vcd::{IdCode, TimescaleUnit, Value, VarType, Writer};

use super::device::{Device, PortId};

const PERIOD: u64 = 10;

/// One variable with what was last written of it: its bits, or its name for an enum.
#[derive(Debug)]
struct Var {
    id: IdCode,
    last: String,
    new: String,
    text: bool,
}

impl Var {
    fn write<W: Write>(&mut self, out: &mut Writer<W>) -> io::Result<()> {
        if self.new == self.last {
            return Ok(());
        }
        std::mem::swap(&mut self.new, &mut self.last);
        let bits = self.last.bytes().map(|b| if b == b'1' { Value::V1 } else { Value::V0 });
        match self.last.len() {
            _ if self.text => out.change_string(self.id, &self.last),
            1 => out.change_scalar(self.id, self.last == "1"),
            _ => out.change_vector(self.id, bits),
        }
    }
}

fn add_var<W: Write>(out: &mut Writer<W>, bits: usize, name: &str, text: bool) -> io::Result<Var> {
    let (kind, width) = if text { (VarType::String, 1) } else { (VarType::Wire, bits as u32) };
    let id = out.add_var(kind, width, name, None)?;
    Ok(Var { id, last: String::new(), new: String::new(), text })
}

/// Writes the ports of a device, one call a clock.
pub struct PortVcd<W: Write> {
    out: Writer<W>,
    vars: Vec<(PortId, Var)>,
    clock: IdCode,
    time: u64,
}

impl<W: Write> PortVcd<W> {
    /// Writes the header: the ports of `device` and a clock called `clk`, in a scope called `scope`.
    pub fn new(writer: W, device: &dyn Device, scope: &str) -> io::Result<Self> {
        let mut out = Writer::new(writer);
        out.timescale(1, TimescaleUnit::NS)?;
        out.add_module(scope)?;
        let clock = out.add_wire(1, "clk")?;
        let mut vars = Vec::new();
        for port in device.ports() {
            let id = device.port(&port.name).map_err(io::Error::other)?;
            vars.push((id, add_var(&mut out, port.bits, &port.name, false)?));
        }
        out.upscope()?;
        out.enddefinitions()?;
        Ok(PortVcd { out, vars, clock, time: 0 })
    }

    /// Writes one clock; call it after [`Device::clock`].
    pub fn sample(&mut self, device: &dyn Device) -> io::Result<()> {
        self.out.timestamp(self.time)?;
        self.out.change_scalar(self.clock, false)?;
        for (port, var) in &mut self.vars {
            let (bits, words) = (device.ports()[port.index()].bits, device.get_words(*port));
            var.new.clear();
            var.new.extend((0..bits).rev().map(|i| if words[i / 32] >> (i % 32) & 1 == 1 { '1' } else { '0' }));
            var.write(&mut self.out)?;
        }
        self.out.timestamp(self.time + PERIOD / 2)?;
        self.out.change_scalar(self.clock, true)?;
        self.time += PERIOD;
        Ok(())
    }

    /// Closes the last clock.
    pub fn finish(mut self) -> io::Result<()> {
        self.out.timestamp(self.time)?;
        self.out.flush()
    }
}

/// Writes every signal of a rust-hdl block.
pub(super) struct BlockVcd {
    out: Writer<Box<dyn Write + Send>>,
    // In the order in which the block shows its signals, which never changes.
    vars: Vec<Var>,
    time: u64,
}

impl std::fmt::Debug for BlockVcd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BlockVcd").field("signals", &self.vars.len()).field("time", &self.time).finish()
    }
}

impl BlockVcd {
    pub(super) fn new(writer: Box<dyn Write + Send>, block: &dyn Block, scope: &str) -> io::Result<Self> {
        let mut out = Writer::new(writer);
        out.timescale(1, TimescaleUnit::NS)?;
        let mut header = HeaderProbe { out, vars: Vec::new(), result: Ok(()) };
        block.accept(scope, &mut header);
        header.result?;
        header.out.enddefinitions()?;
        Ok(BlockVcd { out: header.out, vars: header.vars, time: 0 })
    }

    /// Writes what has changed by the next half of the clock.
    pub(super) fn sample(&mut self, block: &dyn Block) -> io::Result<()> {
        self.out.timestamp(self.time)?;
        self.time += PERIOD / 2;
        let mut change = ChangeProbe { vcd: self, next: 0, result: Ok(()) };
        block.accept("", &mut change);
        change.result
    }
}

impl Drop for BlockVcd {
    fn drop(&mut self) {
        // A failure here has nobody left to hear it; those before were returned by the clocks.
        let _ = self.out.timestamp(self.time).and_then(|()| self.out.flush());
    }
}

struct HeaderProbe {
    out: Writer<Box<dyn Write + Send>>,
    vars: Vec<Var>,
    result: io::Result<()>,
}

impl HeaderProbe {
    fn attempt(&mut self, act: impl FnOnce(&mut Self) -> io::Result<()>) {
        if self.result.is_ok() {
            self.result = act(self);
        }
    }

    fn declare(&mut self, name: &str, kind: &TypeDescriptor) -> io::Result<()> {
        match &kind.kind {
            TypeKind::Bits(bits) | TypeKind::Signed(bits) => {
                let var = add_var(&mut self.out, *bits, name, false)?;
                self.vars.push(var);
            }
            TypeKind::Enum(_) => {
                let var = add_var(&mut self.out, 1, name, true)?;
                self.vars.push(var);
            }
            TypeKind::Composite(fields) => {
                for field in fields {
                    self.declare(&format!("{name}${}", field.fieldname), &field.kind)?;
                }
            }
        }
        Ok(())
    }
}

impl Probe for HeaderProbe {
    fn visit_start_scope(&mut self, name: &str, _: &dyn Block) {
        self.attempt(|p| p.out.add_module(name));
    }

    fn visit_start_namespace(&mut self, name: &str, _: &dyn Block) {
        self.attempt(|p| p.out.add_module(name));
    }

    fn visit_atom(&mut self, name: &str, signal: &dyn Atom) {
        self.attempt(|p| p.declare(name, &signal.descriptor()));
    }

    fn visit_end_namespace(&mut self, _: &str, _: &dyn Block) {
        self.attempt(|p| p.out.upscope());
    }

    fn visit_end_scope(&mut self, _: &str, _: &dyn Block) {
        self.attempt(|p| p.out.upscope());
    }
}

struct ChangeProbe<'a> {
    vcd: &'a mut BlockVcd,
    next: usize,
    result: io::Result<()>,
}

impl ChangeProbe<'_> {
    fn write(&mut self, value: &VCDValue) -> io::Result<()> {
        let BlockVcd { out, vars, .. } = &mut *self.vcd;
        if let VCDValue::Composite(fields) = value {
            return fields.iter().try_for_each(|field| self.write(field));
        }
        let Some(var) = vars.get_mut(self.next) else { return Ok(()) };
        self.next += 1;
        var.new.clear();
        match value {
            VCDValue::Single(bit) => var.new.push_str(&bit.to_string()),
            VCDValue::Vector(bits) => bits.iter().for_each(|bit| var.new.push_str(&bit.to_string())),
            VCDValue::String(name) => var.new.push_str(name),
            VCDValue::Composite(_) => {}
        }
        var.write(out)
    }
}

impl Probe for ChangeProbe<'_> {
    fn visit_atom(&mut self, _: &str, signal: &dyn Atom) {
        if self.result.is_ok() {
            self.result = self.write(&signal.vcd());
        }
    }
}

//! [`LutRam`] and [`BusRam`]: a small memory with one clocked write port and one combinational read port; [`BlockRam`]: one
//! whose read port is clocked too.
//!
//! It infers distributed RAM (`TRELLIS_DPR16X4` on ECP5). When the address being written is read, `read_data` is the old
//! word before the edge and the new one after it. A word that was never written is zero in simulation and unknown in the
//! Verilog.
//!
//! | port | direction | |
//! |---|---|---|
//! | `clock` | in | rising edge |
//! | `write_enable` | in | writes at this edge |
//! | `write_address`, `write_data` | in | |
//! | `read_address` | in | |
//! | `read_data` | out | word at `read_address`, in the same clock |

use super::bus::Bus;
use super::settle::{Activity, Settle, Woken};
use super::uint::U;
use super::vector::Vector;
use super::verilog::primitive::Primitive;
use rust_hdl::prelude::*;
use thiserror::Error;

/// Most address bits of a [`LutRam`].
pub const MAX_ADDRESS_BITS: usize = 12;

/// More words than a memory made of LUTs should have.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("memory of {0} address bits: at most {MAX_ADDRESS_BITS} are allowed")]
pub struct MemoryError(pub usize);

/// Memory of 2^`A` words of `D` bits.
#[derive(LogicBlock, Clone, Debug)]
pub struct LutRam<const A: usize, const D: usize> {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// Writes at this edge.
    pub write_enable: Signal<In, Bit>,
    /// Address written.
    pub write_address: Signal<In, U<A>>,
    /// Word written.
    pub write_data: Signal<In, U<D>>,
    /// Address read.
    pub read_address: Signal<In, U<A>>,
    /// Word read.
    pub read_data: Signal<Out, U<D>>,
    _words: Vec<U<D>>,
}

impl<const A: usize, const D: usize> LutRam<A, D> {
    /// A memory of 2^`A` words.
    pub fn new() -> Result<Self, MemoryError> {
        if A > MAX_ADDRESS_BITS {
            return Err(MemoryError(A));
        }
        Ok(Self {
            clock: Signal::default(),
            write_enable: Signal::default(),
            write_address: Signal::default(),
            write_data: Signal::default(),
            read_address: Signal::default(),
            read_data: Signal::default(),
            _words: vec![U::default(); 1 << A],
        })
    }
}

impl<const A: usize, const D: usize> Logic for LutRam<A, D> {
    fn update(&mut self) {
        if self.clock.pos_edge() && self.write_enable.val() {
            self._words[self.write_address.val().index()] = self.write_data.val();
        }
        self.read_data.next = self._words[self.read_address.val().index()];
    }

    fn connect(&mut self) {
        self.read_data.connect();
    }

    fn hdl(&self) -> Verilog {
        primitive(A, D)
    }

    fn timing(&self) -> Vec<TimingInfo> {
        timing()
    }
}

impl<const A: usize, const D: usize> Settle for LutRam<A, D> {
    fn plan(&self, activity: &mut Activity) {
        activity.primitive();
    }

    fn settle(&mut self, _: &mut Activity) -> bool {
        self.read_address.take() && {
            self.read_data.next = self._words[self.read_address.val().index()];
            self.read_data.give()
        }
    }

    fn edge(&mut self, _: &mut Activity) -> Woken {
        if !self.write_enable.next {
            return Woken::NOTHING;
        }
        self._words[self.write_address.next.index()] = self.write_data.next;
        self.read_data.next = self._words[self.read_address.val().index()];
        Woken::kernel(self.read_data.give())
    }
}

/// Memory of 2^`A` words of a width chosen when it is made; else as [`LutRam`].
#[derive(LogicBlock, Clone, Debug)]
pub struct BusRam<const A: usize> {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// Writes at this edge.
    pub write_enable: Signal<In, Bit>,
    /// Address written.
    pub write_address: Signal<In, U<A>>,
    /// Word written.
    pub write_data: Bus<In>,
    /// Address read.
    pub read_address: Signal<In, U<A>>,
    /// Word read.
    pub read_data: Bus<Out>,
    _words: Vec<Vector>,
}

impl<const A: usize> BusRam<A> {
    /// A memory of 2^`A` words of `bits` bits.
    pub fn new(bits: usize) -> Result<Self, MemoryError> {
        if A > MAX_ADDRESS_BITS {
            return Err(MemoryError(A));
        }
        Ok(Self {
            clock: Signal::default(),
            write_enable: Signal::default(),
            write_address: Signal::default(),
            write_data: Bus::new(bits),
            read_address: Signal::default(),
            read_data: Bus::new(bits),
            _words: vec![Vector::new(bits, 0); 1 << A],
        })
    }
}

impl<const A: usize> Logic for BusRam<A> {
    fn update(&mut self) {
        if self.clock.pos_edge() && self.write_enable.val() {
            self._words[self.write_address.val().index()] = self.write_data.val();
        }
        self.read_data.next.clone_from(&self._words[self.read_address.val().index()]);
    }

    fn connect(&mut self) {
        self.read_data.connect();
    }

    fn hdl(&self) -> Verilog {
        primitive(A, self.read_data.width())
    }

    fn timing(&self) -> Vec<TimingInfo> {
        timing()
    }
}

impl<const A: usize> Settle for BusRam<A> {
    fn plan(&self, activity: &mut Activity) {
        activity.primitive();
    }

    fn settle(&mut self, _: &mut Activity) -> bool {
        self.read_address.take() && {
            self.read_data.next.clone_from(&self._words[self.read_address.val().index()]);
            self.read_data.give()
        }
    }

    fn edge(&mut self, _: &mut Activity) -> Woken {
        if !self.write_enable.next {
            return Woken::NOTHING;
        }
        self._words[self.write_address.next.index()].clone_from(self.write_data.coming());
        self.read_data.next.clone_from(&self._words[self.read_address.val().index()]);
        Woken::kernel(self.read_data.give())
    }
}

/// Memory with one write port and one clocked read port, which infers block RAM.
///
/// `read_data` is the word that was at `read_address` before the edge, also where the same edge writes it; nobody may depend
/// on that, for block RAMs differ in it and the attribute leaves them free.
///
/// | port | direction | |
/// |---|---|---|
/// | `clock` | in | rising edge |
/// | `write_enable` | in | writes at this edge |
/// | `write_address`, `write_data` | in | |
/// | `read_enable` | in | reads at this edge; `read_data` holds without it |
/// | `read_address` | in | |
/// | `read_data` | out | word last read |
#[derive(LogicBlock, Clone, Debug)]
pub struct BlockRam {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// Writes at this edge.
    pub write_enable: Signal<In, Bit>,
    /// Address written.
    pub write_address: Bus<In>,
    /// Word written.
    pub write_data: Bus<In>,
    /// Reads at this edge.
    pub read_enable: Signal<In, Bit>,
    /// Address read.
    pub read_address: Bus<In>,
    /// Word last read.
    pub read_data: Bus<Out>,
    _words: Vec<Vector>,
}

impl BlockRam {
    /// A memory of 2^`address_bits` words of `bits` bits.
    pub fn new(address_bits: usize, bits: usize) -> Result<Self, MemoryError> {
        if address_bits > MAX_ADDRESS_BITS {
            return Err(MemoryError(address_bits));
        }
        Ok(Self {
            clock: Signal::default(),
            write_enable: Signal::default(),
            write_address: Bus::new(address_bits),
            write_data: Bus::new(bits),
            read_enable: Signal::default(),
            read_address: Bus::new(address_bits),
            read_data: Bus::new(bits),
            _words: vec![Vector::new(bits, 0); 1 << address_bits],
        })
    }
}

impl Logic for BlockRam {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            if self.read_enable.val() {
                self.read_data.next.clone_from(&self._words[self.read_address.val().index()]);
            }
            if self.write_enable.val() {
                self._words[self.write_address.val().index()] = self.write_data.val();
            }
        }
    }

    fn connect(&mut self) {
        self.read_data.connect();
    }

    fn hdl(&self) -> Verilog {
        let (words, bits) = (self._words.len(), self.read_data.width());
        Primitive {
            locals: vec!["memory".into()],
            declarations: format!(
                "(* no_rw_check, ram_style = \"block\" *)\nreg [{}:0] memory [0:{}];",
                bits - 1,
                words - 1
            ),
            clocked: "if (read_enable) read_data <= memory[read_address];\n\
                      if (write_enable) memory[write_address] <= write_data;"
                .into(),
            assigned: Vec::new(),
        }
        .into()
    }

    fn timing(&self) -> Vec<TimingInfo> {
        vec![TimingInfo {
            name: "memory".into(),
            clock: "clock".into(),
            inputs: ["write_enable", "write_address", "write_data", "read_enable", "read_address"]
                .map(String::from)
                .to_vec(),
            outputs: vec!["read_data".into()],
        }]
    }
}

impl Settle for BlockRam {
    fn plan(&self, activity: &mut Activity) {
        activity.primitive();
    }

    fn edge(&mut self, _: &mut Activity) -> Woken {
        let mut woken = Woken::NOTHING;
        if self.read_enable.next {
            self.read_data.next.clone_from(&self._words[self.read_address.next.index()]);
            woken = Woken::kernel(self.read_data.give());
        }
        if self.write_enable.next {
            self._words[self.write_address.next.index()].clone_from(self.write_data.coming());
        }
        woken
    }
}

/// The Verilog of a memory of 2^`address_bits` words of `bits` bits.
fn primitive(address_bits: usize, bits: usize) -> Verilog {
    Primitive {
        locals: vec!["memory".into()],
        // No `ram_style`: a device without distributed RAM, such as the iCE40, could not map the memory at all.
        declarations: format!("reg [{}:0] memory [0:{}];", bits - 1, (1usize << address_bits) - 1),
        clocked: "if (write_enable) memory[write_address] <= write_data;".into(),
        assigned: vec![("read_data".into(), "memory[read_address]".into())],
    }
    .into()
}

fn timing() -> Vec<TimingInfo> {
    vec![TimingInfo {
        name: "memory".into(),
        clock: "clock".into(),
        inputs: vec!["write_enable".into(), "write_address".into(), "write_data".into()],
        outputs: vec!["read_data".into()],
    }]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_old_before_the_edge_and_new_after() {
        let mut ram = LutRam::<3, 8>::new().unwrap();
        ram.connect_all();
        check_all(&ram).unwrap();
        let mut model = [0u128; 8];
        for step in 0..200u128 {
            let (address, enable, data) = (step * 5 % 8, step % 3 != 0, step * 77 % 256);
            ram.write_enable.next = enable;
            ram.write_address.next = U::new(address);
            ram.write_data.next = U::new(data);
            let other = (step / 2) % 8;
            ram.read_address.next = U::new(if step % 2 == 0 { address } else { other });
            let read = if step % 2 == 0 { address } else { other };
            ram.clock.next = false.into();
            assert!(simulate(&mut ram, 10));
            assert_eq!(ram.read_data.val().to_u128(), model[read as usize]);
            if enable {
                model[address as usize] = data;
            }
            ram.clock.next = true.into();
            assert!(simulate(&mut ram, 10));
            assert_eq!(ram.read_data.val().to_u128(), model[read as usize]);
        }
    }

    #[test]
    fn refuses_a_huge_memory() {
        let error = LutRam::<13, 8>::new().unwrap_err();
        assert_eq!(error.to_string(), "memory of 13 address bits: at most 12 are allowed");
    }
}

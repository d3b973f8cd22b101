//! [`Bus`]: a signal whose width is chosen when its block is made; with it [`BusRegister`] and [`BusConstant`].
//!
//! A `Signal<D, T>` has the width of its type, so that a block for another number of lanes is another type and the compiler
//! goes through it once more. A `Bus<D>` is a field of the same use in kernels: `val()`, `next`, and the methods of
//! [`Vector`]. The printer takes widths from the signals themselves and makes the same Verilog of either.
//!
//! Literals are allowed in assignments (`self.x.next = 0.into()`), not in expressions.

use super::settle::{Activity, Settle, Woken};
use super::uint::U;
use super::vector::Vector;
use super::verilog::primitive::Primitive;
use rust_hdl::prelude::*;

/// A signal of any width.
#[derive(Clone, Debug)]
pub struct Bus<D: Direction> {
    /// Value from the next update on.
    pub next: Vector,
    val: Vector,
    changed: bool,
    // Gives the identity, the direction and whether it is driven.
    pin: Signal<D, Bit>,
}

impl<D: Direction> Bus<D> {
    /// A bus of `bits` bits.
    pub fn new(bits: usize) -> Self {
        let zero = Vector::new(bits, 0);
        Bus { next: zero.clone(), val: zero, changed: false, pin: Signal::default() }
    }

    /// Width.
    pub fn width(&self) -> usize {
        self.val.bits()
    }

    /// Gives a literal the width of the bus.
    #[inline(always)]
    fn fit(&mut self) {
        if self.next.bits() != self.val.bits() {
            self.widen();
        }
    }

    #[cold]
    fn widen(&mut self) {
        assert_eq!(self.next.bits(), 0, "a value of that width assigned to a bus of {} bits", self.val.bits());
        self.next = self.next.resized(self.val.bits());
    }

    /// The next value, in the width of the bus.
    #[inline]
    pub(super) fn coming(&mut self) -> &Vector {
        self.fit();
        &self.next
    }
}

// As with `Signal`: locals and outputs have their new value at once, inputs with the next update.
macro_rules! at_once {
    ($($direction:ty)*) => { $(
        impl Bus<$direction> {
            /// The value.
            #[inline(always)]
            pub fn val(&self) -> Vector {
                match self.next.bits() {
                    0 => self.next.resized(self.width()),
                    _ => self.next.clone(),
                }
            }
        }
    )* }
}
at_once!(Local Out);

impl Bus<In> {
    /// The value, to look at.
    #[inline(always)]
    pub(super) fn value(&self) -> &Vector {
        &self.val
    }

    /// The value.
    #[inline(always)]
    pub fn val(&self) -> Vector {
        self.val.clone()
    }
}

fn descriptor(bits: usize) -> TypeDescriptor {
    TypeDescriptor { name: format!("Bus {bits}"), kind: TypeKind::Bits(bits) }
}

fn vcd(value: &Vector) -> VCDValue {
    if value.bits() == 1 {
        return value.any().into();
    }
    // The value type of the VCD crate that rust-hdl uses is reachable only through its own conversion.
    let bit = |i| match value.get_bit(i).into() {
        VCDValue::Single(value) => Some(value),
        _ => None,
    };
    VCDValue::Vector((0..value.bits()).rev().filter_map(bit).collect())
}

impl<D: Direction> Atom for Bus<D> {
    fn bits(&self) -> usize {
        self.width()
    }
    fn connected(&self) -> bool {
        self.pin.connected()
    }
    fn changed(&self) -> bool {
        self.changed
    }
    fn kind(&self) -> AtomKind {
        self.pin.kind()
    }
    fn descriptor(&self) -> TypeDescriptor {
        descriptor(self.width())
    }
    fn vcd(&self) -> VCDValue {
        vcd(&self.val)
    }
    fn id(&self) -> usize {
        self.pin.id()
    }
    fn verilog(&self) -> VerilogLiteral {
        self.val.any().into()
    }
    fn constraints(&self) -> Vec<PinConstraint> {
        Vec::new()
    }
}

impl<D: Direction> Logic for Bus<D> {
    fn update(&mut self) {}
    fn connect(&mut self) {
        self.pin.connect();
    }
}

impl<D: Direction> Block for Bus<D> {
    fn connect_all(&mut self) {}

    #[inline]
    fn update_all(&mut self) {
        self.fit();
        self.changed = self.val.refresh(&self.next);
    }

    fn has_changed(&self) -> bool {
        self.changed
    }

    fn accept(&self, name: &str, probe: &mut dyn Probe) {
        probe.visit_atom(name, self);
    }
}

impl Settle for Bus<In> {
    #[inline]
    fn take(&mut self) -> bool {
        self.update_all();
        self.changed
    }
}

impl Settle for Bus<Out> {
    #[inline]
    fn give(&mut self) -> bool {
        self.update_all();
        self.changed
    }
}

impl Settle for Bus<Local> {}

/// A constant of a width chosen when its block is made, at most 128 bits.
#[derive(Clone, Debug)]
pub struct BusConstant {
    val: Vector,
    pin: Constant<Bit>,
}

impl BusConstant {
    /// `value` in `bits` bits.
    ///
    /// # Panics
    /// If it does not fit: hardware would lose bits.
    pub fn new(bits: usize, value: u128) -> Self {
        let val = Vector::new(bits, value);
        assert!(bits <= 128 && val.to_u128() == value, "{value} does not fit in {bits} bits");
        BusConstant { val, pin: Constant::new(false) }
    }

    /// The value.
    pub fn val(&self) -> Vector {
        self.val.clone()
    }
}

impl Atom for BusConstant {
    fn bits(&self) -> usize {
        self.val.bits()
    }
    fn connected(&self) -> bool {
        true
    }
    fn changed(&self) -> bool {
        false
    }
    fn kind(&self) -> AtomKind {
        AtomKind::Constant
    }
    fn descriptor(&self) -> TypeDescriptor {
        descriptor(self.val.bits())
    }
    fn vcd(&self) -> VCDValue {
        vcd(&self.val)
    }
    fn id(&self) -> usize {
        self.pin.id()
    }
    fn verilog(&self) -> VerilogLiteral {
        U::<128>::new(self.val.to_u128()).verilog()
    }
    fn constraints(&self) -> Vec<PinConstraint> {
        Vec::new()
    }
}

impl Logic for BusConstant {
    fn update(&mut self) {}
    fn connect(&mut self) {}
}

impl Block for BusConstant {
    fn connect_all(&mut self) {}
    fn update_all(&mut self) {}
    fn has_changed(&self) -> bool {
        false
    }
    fn accept(&self, name: &str, probe: &mut dyn Probe) {
        probe.visit_atom(name, self);
    }
}

impl Settle for BusConstant {}

/// A D flip-flop without reset, of any width: [`Register`](super::Register) for a bus.
#[derive(LogicBlock, Clone, Debug)]
pub struct BusRegister {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// Next value.
    pub d: Bus<In>,
    /// Value since the last edge.
    pub q: Bus<Out>,
}

impl BusRegister {
    /// A register of `bits` bits.
    pub fn new(bits: usize) -> Self {
        BusRegister { clock: Signal::default(), d: Bus::new(bits), q: Bus::new(bits) }
    }
}

impl Logic for BusRegister {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            self.q.next = self.d.val();
        }
    }

    fn connect(&mut self) {
        self.q.connect();
    }

    fn hdl(&self) -> Verilog {
        Primitive { clocked: "q <= d;".into(), ..Primitive::default() }.into()
    }

    fn timing(&self) -> Vec<TimingInfo> {
        vec![TimingInfo {
            name: "register".into(),
            clock: "clock".into(),
            inputs: vec!["d".into()],
            outputs: vec!["q".into()],
        }]
    }
}

impl Settle for BusRegister {
    fn plan(&self, activity: &mut Activity) {
        activity.primitive();
    }

    #[inline]
    fn edge(&mut self, _: &mut Activity) -> Woken {
        let changed = self.q.val.refresh(self.d.coming());
        if changed {
            self.q.next.clone_from(&self.d.next);
        }
        Woken::kernel(changed)
    }
}

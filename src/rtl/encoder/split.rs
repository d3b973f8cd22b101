//! Symbol maps as wiring: which bits of a beat are symbols and which travel raw (wire format, section 2).
//!
//! ```text
//!  tdata, tkeep --> [ mask ] --> [ register ] --> plain, of each element: >> mantissa bits --> symbol
//!                                                                         sign, mantissa ----> raw
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | one clock (the input register) |
//! | throughput | one beat a clock |
//!
//! With map `bytes` the element is the symbol and no bits are raw. Elements that `tkeep` does not mark come out as zeros, and
//! so do the top bits of 6-bit elements. Assumption: `tkeep` marks whole elements from byte 0 on.

use crate::rtl::geometry::Geometry;
use crate::rtl::prelude::*;

/// Splitter of beats.
#[derive(LogicBlock)]
pub struct ElementSplit {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// `s_axis_tdata`.
    pub tdata: Bus<In>,
    /// `s_axis_tkeep`.
    pub tkeep: Bus<In>,
    /// Lanes of this beat that hold a symbol (not registered).
    pub lanes: Bus<Out>,
    /// Plaintext of the step.
    pub plain: Bus<Out>,
    /// Symbols of the step.
    pub symbol: Vec<Signal<Out, U<8>>>,
    /// Raw bits of each element, sign highest; zero where none are.
    pub raw: Vec<Signal<Out, U<24>>>,
    held: BusRegister,
    kept: Gather,
    masked: Gather,
    whole: Signal<Local, Bit>,
    coming: Signal<Local, U<32>>,
    element: Signal<Local, U<32>>,
    field: Signal<Local, U<32>>,
    rest: Signal<Local, U<32>>,
    element_mask: Constant<U<32>>,
    symbol_mask: Constant<U<32>>,
    mantissa_mask: Constant<U<32>>,
    sign_mask: Constant<U<32>>,
    mantissa_bits: Constant<U<5>>,
    symbol_bits: Constant<U<5>>,
    _element_bits: usize,
    _element_bytes: usize,
}

impl ElementSplit {
    /// For beats of this geometry.
    pub fn new(geometry: &Geometry) -> Self {
        let ones = |bits: usize| (1u128 << bits) - 1;
        let mantissa = geometry.mantissa_bits();
        let sign = if geometry.raw_bits == 0 { 0 } else { 1 << mantissa };
        Self {
            clk: port(),
            tdata: Bus::new(geometry.plain_bits()),
            tkeep: Bus::new(geometry.plain_bytes()),
            lanes: Bus::new(geometry.lanes),
            plain: Bus::new(geometry.plain_bits()),
            symbol: many(geometry.lanes),
            raw: many(geometry.lanes),
            held: BusRegister::new(geometry.plain_bits()),
            kept: Gather::new(geometry.lanes, 1),
            masked: Gather::new(geometry.plain_bytes(), 8),
            whole: port(),
            coming: port(),
            element: port(),
            field: port(),
            rest: port(),
            element_mask: constant(ones(geometry.element_bits)),
            symbol_mask: constant(ones(geometry.symbol_bits)),
            mantissa_mask: constant(ones(mantissa)),
            sign_mask: constant(sign),
            mantissa_bits: constant(mantissa as u128),
            symbol_bits: constant(geometry.symbol_bits as u128),
            _element_bits: 8 * geometry.element_bytes,
            _element_bytes: geometry.element_bytes,
        }
    }
}

impl Logic for ElementSplit {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clk, held);
        // Loops of one round give numbers of the geometry a name.
        for k in self._element_bytes..(self._element_bytes + 1) {
            for i in 0..self.symbol.len() {
                self.whole.next = true;
                for b in 0..self._element_bytes {
                    self.whole.next = self.whole.val() & self.tkeep.val().get_bit(i * k + b);
                }
                self.kept.part[i].next = self.whole.val().into();
                self.coming.next = 0.into();
                if self.whole.val() {
                    self.coming.next = self.tdata.val().get_bits::<32>(i * k * 8) & self.element_mask.val();
                }
                for b in 0..self._element_bytes {
                    self.masked.part[i * k + b].next = self.coming.val().get_bits::<8>(b * 8).into();
                }
            }
        }
        self.lanes.next = self.kept.whole.val();
        self.held.d.next = self.masked.whole.val();
        self.plain.next = self.held.q.val();
        for w in self._element_bits..(self._element_bits + 1) {
            for i in 0..self.symbol.len() {
                self.element.next = self.held.q.val().get_bits::<32>(i * w) & self.element_mask.val();
                self.field.next = (self.element.val() >> self.mantissa_bits.val()) & self.symbol_mask.val();
                self.symbol[i].next = self.field.val().get_bits::<8>(0);
                self.rest.next = (self.element.val() & self.mantissa_mask.val())
                    | ((self.element.val() >> self.symbol_bits.val()) & self.sign_mask.val());
                self.raw[i].next = self.rest.val().get_bits::<24>(0);
            }
        }
    }
}

//! Inverse symbol maps as wiring: decoded symbols and raw bits back to elements (wire format, section 2).
//!
//! ```text
//!  raw ------> sign ----------------+
//!  symbol ---> << mantissa bits ----+--> element
//!  raw ------> mantissa ------------'
//! ```
//!
//! With map `bytes` the symbol is the element. Lanes without a symbol come out as zeros. No clock passes.

use crate::rtl::geometry::Geometry;
use crate::rtl::prelude::*;

/// Elements of a step.
#[derive(LogicBlock)]
pub struct ElementJoin {
    /// Symbols.
    pub symbol: Vec<Signal<In, U<8>>>,
    /// Raw bits of each element, sign highest.
    pub raw: Vec<Signal<In, U<24>>>,
    /// Lanes that hold one.
    pub active: Bus<In>,
    /// Elements.
    pub plain: Bus<Out>,
    /// Their valid bytes.
    pub keep: Bus<Out>,
    joined: Gather,
    kept: Gather,
    one: Signal<Local, U<8>>,
    raw_one: Signal<Local, U<24>>,
    wide: Signal<Local, U<32>>,
    element: Signal<Local, U<32>>,
    mantissa_mask: Constant<U<32>>,
    sign_mask: Constant<U<32>>,
    mantissa_bits: Constant<U<5>>,
    symbol_bits: Constant<U<5>>,
    _element_bytes: usize,
}

impl ElementJoin {
    /// For beats of this geometry.
    pub fn new(geometry: &Geometry) -> Self {
        let mantissa = geometry.mantissa_bits();
        let sign = if geometry.raw_bits == 0 { 0 } else { 1 << mantissa };
        Self {
            symbol: many(geometry.lanes),
            raw: many(geometry.lanes),
            active: Bus::new(geometry.lanes),
            plain: Bus::new(geometry.plain_bits()),
            keep: Bus::new(geometry.plain_bytes()),
            joined: Gather::new(geometry.plain_bytes(), 8),
            kept: Gather::new(geometry.plain_bytes(), 1),
            one: port(),
            raw_one: port(),
            wide: port(),
            element: port(),
            mantissa_mask: constant((1 << mantissa) - 1),
            sign_mask: constant(sign),
            mantissa_bits: constant(mantissa as u128),
            symbol_bits: constant(geometry.symbol_bits as u128),
            _element_bytes: geometry.element_bytes,
        }
    }
}

impl Logic for ElementJoin {
    #[hdl_gen]
    fn update(&mut self) {
        // The loop of one round gives the number a name.
        for k in self._element_bytes..(self._element_bytes + 1) {
            for i in 0..self.symbol.len() {
                self.one.next = self.symbol[i].val();
                self.raw_one.next = self.raw[i].val();
                self.wide.next = bit_cast::<32, 24>(self.raw_one.val());
                self.element.next = 0.into();
                if self.active.val().get_bit(i) {
                    self.element.next = (bit_cast::<32, 8>(self.one.val()) << self.mantissa_bits.val())
                        | ((self.wide.val() & self.mantissa_mask.val())
                            | ((self.wide.val() & self.sign_mask.val()) << self.symbol_bits.val()));
                }
                for b in 0..self._element_bytes {
                    self.joined.part[i * k + b].next = self.element.val().get_bits::<8>(b * 8).into();
                    self.kept.part[i * k + b].next = self.active.val().get_bit(i).into();
                }
            }
        }
        self.plain.next = self.joined.whole.val();
        self.keep.next = self.kept.whole.val();
    }
}

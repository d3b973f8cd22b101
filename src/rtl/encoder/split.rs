//! Symbol maps as wiring: which bits of a beat are symbols and which travel raw (wire format, section 2).
//!
//! | block | elements | symbols | raw bits |
//! |---|---|---|---|
//! | [`BytesSplit`] | bytes | the bytes | none |
//! | [`FieldsSplit`] | bf16 | the exponents, bits 14:7 | sign and mantissa, two elements a word |
//!
//! | property | value |
//! |---|---|
//! | latency | one clock (the input register) |
//! | throughput | one beat a clock |
//!
//! Elements that `tkeep` does not mark come out as zeros. Assumption: `tkeep` marks whole elements from byte 0 on.

use crate::rtl::prelude::*;

/// Map `bytes`: `L` symbols of 8 bits, `W` = 8 `L`.
#[derive(LogicBlock)]
pub struct BytesSplit<const L: usize, const W: usize> {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// `s_axis_tdata`.
    pub tdata: Signal<In, U<W>>,
    /// `s_axis_tkeep`.
    pub tkeep: Signal<In, U<L>>,
    /// Lanes of this beat that hold a symbol (not registered).
    pub lanes: Signal<Out, U<L>>,
    /// Plaintext of the step.
    pub plain: Signal<Out, U<W>>,
    /// Symbols of the step.
    pub symbol: [Signal<Out, U<8>>; L],
    held: Register<U<W>>,
    mask: Signal<Local, U<W>>,
    ones: Constant<U<W>>,
}

impl<const L: usize, const W: usize> Default for BytesSplit<L, W> {
    fn default() -> Self {
        assert!(W == 8 * L, "BytesSplit<{L}, {W}>");
        Self {
            clk: port(),
            tdata: port(),
            tkeep: port(),
            lanes: port(),
            plain: port(),
            symbol: ports(),
            held: port(),
            mask: port(),
            ones: constant(0xFF),
        }
    }
}

impl<const L: usize, const W: usize> Logic for BytesSplit<L, W> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clk, held);
        self.mask.next = 0.into();
        for i in 0..L {
            if self.tkeep.val().get_bit(i) {
                self.mask.next = self.mask.val() | (self.ones.val() << (i * 8));
            }
        }
        self.held.d.next = self.tdata.val() & self.mask.val();
        self.lanes.next = self.tkeep.val();
        self.plain.next = self.held.q.val();
        for i in 0..L {
            self.symbol[i].next = self.held.q.val().get_bits::<8>(i * 8);
        }
    }
}

/// Map `fields` of bf16: `L` elements, `W` = 16 `L`, `K` = 2 `L` bytes, `RW` raw words of together `RV` = 16 `RW` bits.
#[derive(LogicBlock)]
pub struct FieldsSplit<const L: usize, const W: usize, const K: usize, const RV: usize, const RW: usize> {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// `s_axis_tdata`.
    pub tdata: Signal<In, U<W>>,
    /// `s_axis_tkeep`.
    pub tkeep: Signal<In, U<K>>,
    /// Lanes of this beat that hold a symbol (not registered).
    pub lanes: Signal<Out, U<L>>,
    /// Plaintext of the step.
    pub plain: Signal<Out, U<W>>,
    /// Exponents of the step.
    pub symbol: [Signal<Out, U<8>>; L],
    /// Sign and mantissa of the elements, two a word, the first in the upper half; the second half zero if `L` = 1.
    pub raw: [Signal<Out, U<16>>; RW],
    held: Register<U<W>>,
    mask: Signal<Local, U<W>>,
    lane_mask: Signal<Local, U<L>>,
    raw_bytes: Signal<Local, U<RV>>,
    sign: Signal<Local, U<1>>,
    mantissa: Signal<Local, U<7>>,
    raw_byte: Signal<Local, U<8>>,
    upper: Signal<Local, U<8>>,
    lower: Signal<Local, U<8>>,
    ones: Constant<U<W>>,
}

impl<const L: usize, const W: usize, const K: usize, const RV: usize, const RW: usize> Default
    for FieldsSplit<L, W, K, RV, RW>
{
    fn default() -> Self {
        assert!(
            W == 16 * L && K == 2 * L && RW == L.div_ceil(2) && RV == 16 * RW,
            "FieldsSplit<{L}, {W}, {K}, {RV}, {RW}>"
        );
        Self {
            clk: port(),
            tdata: port(),
            tkeep: port(),
            lanes: port(),
            plain: port(),
            symbol: ports(),
            raw: ports(),
            held: port(),
            mask: port(),
            lane_mask: port(),
            raw_bytes: port(),
            sign: port(),
            mantissa: port(),
            raw_byte: port(),
            upper: port(),
            lower: port(),
            ones: constant(0xFFFF),
        }
    }
}

impl<const L: usize, const W: usize, const K: usize, const RV: usize, const RW: usize> Logic
    for FieldsSplit<L, W, K, RV, RW>
{
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clk, held);
        self.mask.next = 0.into();
        self.lane_mask.next = 0.into();
        for i in 0..L {
            if self.tkeep.val().get_bit(i * 2) & self.tkeep.val().get_bit(i * 2 + 1) {
                self.mask.next = self.mask.val() | (self.ones.val() << (i * 16));
                self.lane_mask.next = self.lane_mask.val().replace_bit(i, true);
            }
        }
        self.held.d.next = self.tdata.val() & self.mask.val();
        self.lanes.next = self.lane_mask.val();
        self.plain.next = self.held.q.val();
        self.raw_bytes.next = 0.into();
        for i in 0..L {
            self.symbol[i].next = self.held.q.val().get_bits::<8>(i * 16 + 7);
            self.sign.next = self.held.q.val().get_bits::<1>(i * 16 + 15);
            self.mantissa.next = self.held.q.val().get_bits::<7>(i * 16);
            self.raw_byte.next = (bit_cast::<8, 1>(self.sign.val()) << 7) | bit_cast::<8, 7>(self.mantissa.val());
            self.raw_bytes.next = self.raw_bytes.val() | (bit_cast::<RV, 8>(self.raw_byte.val()) << (i * 8));
        }
        for i in 0..RW {
            self.upper.next = self.raw_bytes.val().get_bits::<8>(i * 16);
            self.lower.next = self.raw_bytes.val().get_bits::<8>(i * 16 + 8);
            self.raw[i].next = (bit_cast::<16, 8>(self.upper.val()) << 8) | bit_cast::<16, 8>(self.lower.val());
        }
    }
}

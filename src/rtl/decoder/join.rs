//! Inverse symbol maps as wiring: decoded symbols and raw bits back to elements (wire format, section 2).
//!
//! | block | elements |
//! |---|---|
//! | [`BytesJoin`] | the symbols are the bytes |
//! | [`FieldsJoin`] | bf16 from exponents and raw words |
//!
//! Lanes without a symbol come out as zeros. No clock passes.

use crate::rtl::prelude::*;

/// Map `bytes`: `L` symbols of 8 bits, `W` = 8 `L`.
#[derive(LogicBlock)]
pub struct BytesJoin<const L: usize, const W: usize> {
    /// Symbols.
    pub symbol: [Signal<In, U<8>>; L],
    /// Lanes that hold one.
    pub active: Signal<In, U<L>>,
    /// Elements.
    pub plain: Signal<Out, U<W>>,
    /// Their valid bytes.
    pub keep: Signal<Out, U<L>>,
    joined: Signal<Local, U<W>>,
    one: Signal<Local, U<8>>,
}

impl<const L: usize, const W: usize> Default for BytesJoin<L, W> {
    fn default() -> Self {
        assert!(W == 8 * L, "BytesJoin<{L}, {W}>");
        Self { symbol: ports(), active: port(), plain: port(), keep: port(), joined: port(), one: port() }
    }
}

impl<const L: usize, const W: usize> Logic for BytesJoin<L, W> {
    #[hdl_gen]
    fn update(&mut self) {
        self.joined.next = 0.into();
        for i in 0..L {
            self.one.next = self.symbol[i].val();
            if self.active.val().get_bit(i) {
                self.joined.next = self.joined.val() | (bit_cast::<W, 8>(self.one.val()) << (i * 8));
            }
        }
        self.plain.next = self.joined.val();
        self.keep.next = self.active.val();
    }
}

/// Map `fields` of bf16: `L` elements, `W` = 16 `L`, `K` = 2 `L` bytes, `RW` raw words of together `RV` = 16 `RW` bits.
#[derive(LogicBlock)]
pub struct FieldsJoin<const L: usize, const W: usize, const K: usize, const RV: usize, const RW: usize> {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Synchronous reset.
    pub rst: Signal<In, Bit>,
    /// A packet begins.
    pub clear: Signal<In, Bit>,
    /// There is a step.
    pub step: Signal<In, Bit>,
    /// Exponents.
    pub symbol: [Signal<In, U<8>>; L],
    /// Lanes that hold one.
    pub active: Signal<In, U<L>>,
    /// Raw words of the step.
    pub raw: [Signal<In, U<16>>; RW],
    /// The raw words are used up.
    pub raw_pop: Signal<Out, Bit>,
    /// Elements.
    pub plain: Signal<Out, U<W>>,
    /// Their valid bytes.
    pub keep: Signal<Out, U<K>>,
    second_half: Register<Bit>,
    joined: Signal<Local, U<W>>,
    kept: Signal<Local, U<K>>,
    raw_bytes: Signal<Local, U<RV>>,
    upper: Signal<Local, U<8>>,
    lower: Signal<Local, U<8>>,
    raw_one: Signal<Local, U<8>>,
    one: Signal<Local, U<8>>,
    element: Signal<Local, U<16>>,
    word: Signal<Local, U<16>>,
    halves: Constant<U<1>>,
}

impl<const L: usize, const W: usize, const K: usize, const RV: usize, const RW: usize> Default
    for FieldsJoin<L, W, K, RV, RW>
{
    fn default() -> Self {
        assert!(
            W == 16 * L && K == 2 * L && RW == L.div_ceil(2) && RV == 16 * RW,
            "FieldsJoin<{L}, {W}, {K}, {RV}, {RW}>"
        );
        Self {
            clk: port(),
            rst: port(),
            clear: port(),
            step: port(),
            symbol: ports(),
            active: port(),
            raw: ports(),
            raw_pop: port(),
            plain: port(),
            keep: port(),
            second_half: port(),
            joined: port(),
            kept: port(),
            raw_bytes: port(),
            upper: port(),
            lower: port(),
            raw_one: port(),
            one: port(),
            element: port(),
            word: port(),
            halves: constant((L == 1).into()),
        }
    }
}

impl<const L: usize, const W: usize, const K: usize, const RV: usize, const RW: usize> Logic
    for FieldsJoin<L, W, K, RV, RW>
{
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clk, second_half);
        // The raw bytes of the step in the order of its elements. With one lane a word serves two steps.
        self.raw_bytes.next = 0.into();
        for i in 0..RW {
            self.upper.next = self.raw[i].val().get_bits::<8>(8);
            self.lower.next = self.raw[i].val().get_bits::<8>(0);
            self.word.next = (bit_cast::<16, 8>(self.lower.val()) << 8) | bit_cast::<16, 8>(self.upper.val());
            if self.second_half.q.val() {
                self.word.next = bit_cast::<16, 8>(self.lower.val());
            }
            self.raw_bytes.next = self.raw_bytes.val() | (bit_cast::<RV, 16>(self.word.val()) << (i * 16));
        }
        self.raw_pop.next = self.step.val() & (self.second_half.q.val() | !self.halves.val().any());
        if self.step.val() & self.halves.val().any() {
            self.second_half.d.next = !self.second_half.q.val();
        }

        self.joined.next = 0.into();
        self.kept.next = 0.into();
        for i in 0..L {
            self.one.next = self.symbol[i].val();
            self.raw_one.next = self.raw_bytes.val().get_bits::<8>(i * 8);
            self.element.next = (bit_cast::<16, 1>(self.raw_one.val().get_bits::<1>(7)) << 15)
                | (bit_cast::<16, 8>(self.one.val()) << 7)
                | bit_cast::<16, 7>(self.raw_one.val().get_bits::<7>(0));
            if self.active.val().get_bit(i) {
                self.joined.next = self.joined.val() | (bit_cast::<W, 16>(self.element.val()) << (i * 16));
                self.kept.next = self.kept.val().replace_bit(i * 2, true);
                self.kept.next = self.kept.val().replace_bit(i * 2 + 1, true);
            }
        }
        self.plain.next = self.joined.val();
        self.keep.next = self.kept.val();
        if self.rst.val() | self.clear.val() {
            self.second_half.d.next = false;
        }
    }
}

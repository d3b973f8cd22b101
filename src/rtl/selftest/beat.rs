//! Symbols and raw bits of a step as a beat of the plain stream. Wiring, with zeros where a lane holds nothing; written apart
//! from the decoder's [join](crate::rtl::decoder::join), which it is there to check.
//!
//! | block | element |
//! |---|---|
//! | [`BytesBeat`] | the symbol; the raw bits are not used |
//! | [`FieldsBeat`] | bf16: sign from raw bit 7, exponent from the symbol, mantissa from raw bits 6:0 |

use crate::rtl::prelude::*;

/// Map `bytes`: `L` symbols, `W` = 8 `L`.
#[derive(LogicBlock)]
pub struct BytesBeat<const L: usize, const W: usize> {
    /// Symbols.
    pub symbol: [Signal<In, U<8>>; L],
    /// Lanes that hold one.
    pub active: Signal<In, U<L>>,
    /// `tdata`.
    pub data: Signal<Out, U<W>>,
    /// `tkeep`.
    pub keep: Signal<Out, U<L>>,
    gathered: Signal<Local, U<W>>,
    one: Signal<Local, U<8>>,
}

impl<const L: usize, const W: usize> Default for BytesBeat<L, W> {
    fn default() -> Self {
        assert!(W == 8 * L, "BytesBeat<{L}, {W}>");
        Self { symbol: ports(), active: port(), data: port(), keep: port(), gathered: port(), one: port() }
    }
}

impl<const L: usize, const W: usize> Logic for BytesBeat<L, W> {
    #[hdl_gen]
    fn update(&mut self) {
        self.gathered.next = 0.into();
        for i in 0..L {
            self.one.next = self.symbol[i].val();
            if self.active.val().get_bit(i) {
                self.gathered.next = self.gathered.val() | (bit_cast::<W, 8>(self.one.val()) << (i * 8));
            }
        }
        self.data.next = self.gathered.val();
        self.keep.next = self.active.val();
    }
}

/// Map `fields` of bf16: `L` elements, `W` = 16 `L`, `K` = 2 `L`.
#[derive(LogicBlock)]
pub struct FieldsBeat<const L: usize, const W: usize, const K: usize> {
    /// Exponents.
    pub symbol: [Signal<In, U<8>>; L],
    /// Signs and mantissas.
    pub raw: [Signal<In, U<8>>; L],
    /// Lanes that hold one.
    pub active: Signal<In, U<L>>,
    /// `tdata`.
    pub data: Signal<Out, U<W>>,
    /// `tkeep`.
    pub keep: Signal<Out, U<K>>,
    gathered: Signal<Local, U<W>>,
    kept: Signal<Local, U<K>>,
    one: Signal<Local, U<8>>,
    raw_one: Signal<Local, U<8>>,
    element: Signal<Local, U<16>>,
}

impl<const L: usize, const W: usize, const K: usize> Default for FieldsBeat<L, W, K> {
    fn default() -> Self {
        assert!(W == 16 * L && K == 2 * L, "FieldsBeat<{L}, {W}, {K}>");
        Self {
            symbol: ports(),
            raw: ports(),
            active: port(),
            data: port(),
            keep: port(),
            gathered: port(),
            kept: port(),
            one: port(),
            raw_one: port(),
            element: port(),
        }
    }
}

impl<const L: usize, const W: usize, const K: usize> Logic for FieldsBeat<L, W, K> {
    #[hdl_gen]
    fn update(&mut self) {
        self.gathered.next = 0.into();
        self.kept.next = 0.into();
        for i in 0..L {
            self.one.next = self.symbol[i].val();
            self.raw_one.next = self.raw[i].val();
            self.element.next = (bit_cast::<16, 1>(self.raw_one.val().get_bits::<1>(7)) << 15)
                | ((bit_cast::<16, 8>(self.one.val()) << 7) | bit_cast::<16, 7>(self.raw_one.val().get_bits::<7>(0)));
            if self.active.val().get_bit(i) {
                self.gathered.next = self.gathered.val() | (bit_cast::<W, 16>(self.element.val()) << (i * 16));
                self.kept.next = self.kept.val().replace_bit(i * 2, true);
                self.kept.next = self.kept.val().replace_bit(i * 2 + 1, true);
            }
        }
        self.data.next = self.gathered.val();
        self.keep.next = self.kept.val();
    }
}

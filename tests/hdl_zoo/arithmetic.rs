//! Operators, literals, casts and precedence: where Verilog's context rules would give another value.

use huffwire::dut_ports;
use huffwire::hdl::{bit_cast, bit_cast_bool, bits, ToBits, U};
use rust_hdl::prelude::*;

#[derive(LogicBlock)]
pub struct Arithmetic {
    pub a: Signal<In, U<8>>,
    pub b: Signal<In, U<8>>,
    pub c: Signal<In, U<5>>,
    pub wide: Signal<In, U<128>>,
    pub f: Signal<In, Bit>,
    pub g: Signal<In, Bit>,
    pub wraps_to_zero: Signal<Out, Bit>,
    pub not_is_zero: Signal<Out, Bit>,
    pub sum_above: Signal<Out, Bit>,
    pub shifted_by_sum: Signal<Out, U<8>>,
    pub cast_sum: Signal<Out, U<16>>,
    pub cast_difference: Signal<Out, U<16>>,
    pub cast_not: Signal<Out, U<16>>,
    pub cast_shift: Signal<Out, U<16>>,
    pub cast_down: Signal<Out, U<3>>,
    pub cast_down_shift: Signal<Out, U<3>>,
    pub cast_twice: Signal<Out, U<9>>,
    pub and_then_compare: Signal<Out, Bit>,
    pub xor_then_compare: Signal<Out, Bit>,
    pub or_of_comparisons: Signal<Out, Bit>,
    pub mixed: Signal<Out, U<8>>,
    pub nested_not: Signal<Out, U<8>>,
    pub add_not: Signal<Out, U<8>>,
    pub bool_logic: Signal<Out, Bit>,
    pub bool_not: Signal<Out, U<8>>,
    pub reductions: Signal<Out, U<6>>,
    pub shift_right: Signal<Out, U<8>>,
    pub shift_left: Signal<Out, U<8>>,
    pub shift_const: Signal<Out, U<8>>,
    pub shift_out: Signal<Out, U<8>>,
    pub limits: Signal<Out, U<8>>,
    pub wide_sum: Signal<Out, U<128>>,
    pub wide_shift: Signal<Out, U<128>>,
    pub sized: Signal<Out, U<12>>,
    pub constant_sum: Signal<Out, U<8>>,
    amount: Signal<Local, U<5>>,
    offset: Constant<U<8>>,
    zero: Constant<U<8>>,
    top: Constant<U<8>>,
}

impl Default for Arithmetic {
    fn default() -> Self {
        Self {
            a: Default::default(),
            b: Default::default(),
            c: Default::default(),
            wide: Default::default(),
            f: Default::default(),
            g: Default::default(),
            wraps_to_zero: Default::default(),
            not_is_zero: Default::default(),
            sum_above: Default::default(),
            shifted_by_sum: Default::default(),
            cast_sum: Default::default(),
            cast_difference: Default::default(),
            cast_not: Default::default(),
            cast_shift: Default::default(),
            cast_down: Default::default(),
            cast_down_shift: Default::default(),
            cast_twice: Default::default(),
            and_then_compare: Default::default(),
            xor_then_compare: Default::default(),
            or_of_comparisons: Default::default(),
            mixed: Default::default(),
            nested_not: Default::default(),
            add_not: Default::default(),
            bool_logic: Default::default(),
            bool_not: Default::default(),
            reductions: Default::default(),
            shift_right: Default::default(),
            shift_left: Default::default(),
            shift_const: Default::default(),
            shift_out: Default::default(),
            limits: Default::default(),
            wide_sum: Default::default(),
            wide_shift: Default::default(),
            sized: Default::default(),
            constant_sum: Default::default(),
            amount: Default::default(),
            offset: Constant::new(U::new(200)),
            zero: Constant::new(U::new(0)),
            top: Constant::new(U::new(255)),
        }
    }
}

// The parentheses that the coding rules ask for are left out on purpose: the printer must not need them.
#[allow(clippy::precedence, clippy::nonminimal_bool)]
impl Logic for Arithmetic {
    #[hdl_gen]
    fn update(&mut self) {
        self.wraps_to_zero.next = (self.a.val() + 1) == 0;
        self.not_is_zero.next = !self.a.val() == 0;
        self.sum_above.next = self.a.val() + 1 > self.b.val();
        self.amount.next = self.c.val() + 1;
        self.shifted_by_sum.next = self.a.val() >> self.amount.val();
        self.cast_sum.next = bit_cast::<16, 8>(self.a.val() + self.b.val());
        self.cast_difference.next = bit_cast::<16, 8>(self.a.val() - self.b.val());
        self.cast_not.next = bit_cast::<16, 8>(!self.a.val());
        self.cast_shift.next = bit_cast::<16, 8>(self.a.val() << 2);
        self.cast_down.next = bit_cast::<3, 8>(self.a.val() - self.b.val());
        self.cast_down_shift.next = bit_cast::<3, 8>((self.a.val() + self.b.val()) >> self.c.val());
        self.cast_twice.next = bit_cast::<9, 4>(bit_cast::<4, 8>(self.a.val() + 7)) + bit_cast::<9, 8>(self.b.val());
        self.and_then_compare.next = self.a.val() & self.b.val() == self.b.val();
        self.xor_then_compare.next = self.a.val() ^ self.b.val() != self.a.val() | self.b.val();
        self.or_of_comparisons.next = (self.a.val() < self.b.val()) | (self.a.val() == 7) ^ self.f.val();
        self.mixed.next = self.a.val() ^ self.b.val() & self.a.val() + self.b.val() | !self.a.val() - 3;
        self.nested_not.next = !(self.a.val() + !self.b.val());
        self.add_not.next = self.a.val() + bit_cast_bool::<8>(!self.f.val());
        self.bool_logic.next = self.f.val() && !self.g.val() || self.a.val().any() && (self.f.val() ^ self.g.val());
        self.bool_not.next = bit_cast_bool::<8>(!self.f.val()) + bit_cast_bool::<8>(!(self.f.val() & self.g.val()));
        self.reductions.next = bit_cast_bool::<6>(self.a.val().all())
            + (bit_cast_bool::<6>((self.a.val() + 1).any()) << 1)
            + (bit_cast_bool::<6>((self.a.val() ^ self.b.val()).xor()) << 2)
            + (bit_cast_bool::<6>((!self.a.val()).all()) << 3)
            + (bit_cast_bool::<6>(self.c.val().get_bits::<1>(2).any()) << 4);
        self.shift_right.next = (self.a.val() + self.b.val()) >> self.c.val();
        self.shift_left.next = (self.a.val() ^ self.b.val()) << self.c.val();
        self.shift_const.next = (self.a.val() << 7) + (self.b.val() >> 3);
        self.shift_out.next = (self.a.val() << 8) + (self.b.val() >> 100) + (self.b.val() >> 0);
        self.limits.next = bit_cast_bool::<8>(self.a.val() >= self.zero.val())
            + bit_cast_bool::<8>(self.a.val() <= self.top.val())
            + bit_cast_bool::<8>(self.a.val() < 0)
            + bit_cast_bool::<8>(self.a.val() > 255)
            + bit_cast_bool::<8>(self.a.val() >= 255)
            + bit_cast_bool::<8>(self.a.val() <= 0);
        self.wide_sum.next = self.wide.val() + bit_cast::<128, 8>(self.a.val()) - 5;
        self.wide_shift.next = (self.wide.val() << self.a.val()) ^ (self.wide.val() >> self.b.val());
        self.sized.next = bits::<12>(300) + bit_cast::<12, 8>(self.a.val()) + 5_usize.to_bits::<12>();
        self.constant_sum.next = self.offset.val() + self.a.val();
    }
}

dut_ports! {
    impl for Arithmetic {
        in: a, b, c, wide, f, g;
        out: wraps_to_zero, not_is_zero, sum_above, shifted_by_sum, cast_sum, cast_difference, cast_not, cast_shift,
            cast_down, cast_down_shift, cast_twice, and_then_compare, xor_then_compare, or_of_comparisons, mixed,
            nested_not, add_not, bool_logic, bool_not, reductions, shift_right, shift_left, shift_const, shift_out,
            limits, wide_sum, wide_shift, sized, constant_sum;
    }
}

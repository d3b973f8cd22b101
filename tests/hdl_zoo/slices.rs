//! Bits and slices at constants, loop indices and signals, in and out of range.

use huffwire::dut_ports;
use huffwire::hdl::{bit_cast, bit_cast_bool, ToBits, U};
use rust_hdl::prelude::*;

#[derive(LogicBlock)]
pub struct Slices {
    pub x: Signal<In, U<24>>,
    pub y: Signal<In, U<16>>,
    pub one: Signal<In, U<1>>,
    pub at: Signal<In, U<5>>,
    pub distant: Signal<In, U<8>>,
    pub nibble: Signal<In, U<4>>,
    pub f: Signal<In, Bit>,
    pub constant_slice: Signal<Out, U<7>>,
    pub beyond_the_top: Signal<Out, U<9>>,
    pub all_beyond: Signal<Out, U<4>>,
    pub moving: Signal<Out, U<6>>,
    pub moving_far: Signal<Out, U<6>>,
    pub moving_wider: Signal<Out, U<40>>,
    pub moving_same: Signal<Out, U<24>>,
    pub moving_scaled: Signal<Out, U<4>>,
    pub moving_sum: Signal<Out, U<3>>,
    pub slice_of_sum: Signal<Out, U<8>>,
    pub slice_of_not: Signal<Out, U<5>>,
    pub slice_of_shift: Signal<Out, U<5>>,
    pub slice_of_slice: Signal<Out, U<3>>,
    pub bit_const: Signal<Out, Bit>,
    pub bit_in_range: Signal<Out, Bit>,
    pub bit_out_of_range: Signal<Out, Bit>,
    pub bit_of_sum: Signal<Out, Bit>,
    pub bit_of_one: Signal<Out, U<2>>,
    pub bit_beyond: Signal<Out, Bit>,
    pub replaced: Signal<Out, U<24>>,
    pub replaced_const: Signal<Out, U<24>>,
    pub replaced_not: Signal<Out, U<24>>,
    pub reversed: Signal<Out, U<24>>,
    pub bytes: Signal<Out, U<24>>,
    pub count: Signal<Out, U<5>>,
    partial: [Signal<Local, U<5>>; 25],
    mirror: [Signal<Local, U<24>>; 25],
    byte: [Signal<Local, U<8>>; 3],
}

impl Default for Slices {
    fn default() -> Self {
        Self {
            x: Default::default(),
            y: Default::default(),
            one: Default::default(),
            at: Default::default(),
            distant: Default::default(),
            nibble: Default::default(),
            f: Default::default(),
            constant_slice: Default::default(),
            beyond_the_top: Default::default(),
            all_beyond: Default::default(),
            moving: Default::default(),
            moving_far: Default::default(),
            moving_wider: Default::default(),
            moving_same: Default::default(),
            moving_scaled: Default::default(),
            moving_sum: Default::default(),
            slice_of_sum: Default::default(),
            slice_of_not: Default::default(),
            slice_of_shift: Default::default(),
            slice_of_slice: Default::default(),
            bit_const: Default::default(),
            bit_in_range: Default::default(),
            bit_out_of_range: Default::default(),
            bit_of_sum: Default::default(),
            bit_of_one: Default::default(),
            bit_beyond: Default::default(),
            replaced: Default::default(),
            replaced_const: Default::default(),
            replaced_not: Default::default(),
            reversed: Default::default(),
            bytes: Default::default(),
            count: Default::default(),
            partial: std::array::from_fn(|_| Default::default()),
            mirror: std::array::from_fn(|_| Default::default()),
            byte: std::array::from_fn(|_| Default::default()),
        }
    }
}

impl Logic for Slices {
    #[hdl_gen]
    fn update(&mut self) {
        self.constant_slice.next = self.x.val().get_bits::<7>(11);
        self.beyond_the_top.next = self.x.val().get_bits::<9>(20);
        self.all_beyond.next = self.x.val().get_bits::<4>(24);
        self.moving.next = self.x.val().get_bits::<6>(self.at.val().index());
        self.moving_far.next = self.x.val().get_bits::<6>(self.distant.val().index());
        self.moving_wider.next = self.x.val().get_bits::<40>(self.at.val().index());
        self.moving_same.next = self.x.val().get_bits::<24>(self.at.val().index());
        self.moving_scaled.next = self.x.val().get_bits::<4>(self.nibble.val().index() * 4);
        self.moving_sum.next = self.x.val().get_bits::<3>(self.at.val().index() + self.nibble.val().index() + 1);
        self.slice_of_sum.next = (bit_cast::<24, 16>(self.y.val()) + self.x.val()).get_bits::<8>(9);
        self.slice_of_not.next = (!self.x.val()).get_bits::<5>(21);
        self.slice_of_shift.next = (self.x.val() >> 3).get_bits::<5>(2) ^ (self.x.val() << 3).get_bits::<5>(2);
        self.slice_of_slice.next = self.x.val().get_bits::<6>(4).get_bits::<3>(self.at.val().index());
        self.bit_const.next = self.x.val().get_bit(23);
        self.bit_in_range.next = self.y.val().get_bit(self.nibble.val().index());
        self.bit_out_of_range.next = self.x.val().get_bit(self.distant.val().index());
        self.bit_of_sum.next = (self.y.val() + 1).get_bit(self.nibble.val().index());
        self.bit_of_one.next = bit_cast_bool::<2>(self.one.val().get_bit(0))
            + bit_cast_bool::<2>(self.one.val().get_bit(self.nibble.val().index()));
        self.bit_beyond.next = self.y.val().get_bit(16);
        self.replaced.next = self.x.val().replace_bit(self.at.val().index(), self.f.val());
        self.replaced_const.next =
            self.x.val().replace_bit(0, true).replace_bit(23, self.f.val()).replace_bit(30, true);
        self.replaced_not.next = (self.x.val() + 1).replace_bit(3, !self.f.val());
        self.partial[0].next = 0.into();
        self.mirror[0].next = 0.into();
        for i in 0..24 {
            self.partial[i + 1].next = self.partial[i].val();
            if self.x.val().get_bit(i) {
                self.partial[i + 1].next = self.partial[i].val() + 1;
            }
            self.mirror[i + 1].next = self.mirror[i].val().replace_bit(23 - i, self.x.val().get_bit(i));
        }
        self.count.next = self.partial[24].val();
        self.reversed.next = self.mirror[24].val();
        for i in 0..3 {
            self.byte[i].next = self.x.val().get_bits::<8>(i * 8) + i.to_bits::<8>();
        }
        self.bytes.next = bit_cast::<24, 8>(self.byte[0].val())
            | (bit_cast::<24, 8>(self.byte[1].val()) << 8)
            | (bit_cast::<24, 8>(self.byte[2].val()) << 16);
    }
}

dut_ports! {
    impl for Slices {
        in: x, y, one, at, distant, nibble, f;
        out: constant_slice, beyond_the_top, all_beyond, moving, moving_far, moving_wider, moving_same, moving_scaled,
            moving_sum, slice_of_sum, slice_of_not, slice_of_shift, slice_of_slice, bit_const, bit_in_range,
            bit_out_of_range, bit_of_sum, bit_of_one, bit_beyond, replaced, replaced_const, replaced_not, reversed,
            count, bytes;
    }
}

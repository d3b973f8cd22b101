//! Packets of a fixed pseudo-random sequence: two instances in reset together give the same packets for ever.
//!
//! ```text
//!  [ control word, one a packet ] --> length, null packet, lanes of the last step, wild or tame data
//!  [ lane word, one a step and lane ] --> symbol, raw bits
//!  [ position ] --> last        [ book ] --> book
//! ```
//!
//! | bits of the control word | meaning |
//! |---|---|
//! | 5:0 | steps in the packet, less one |
//! | 9:6 | zero: the packet is long |
//! | 10 | a packet of one step has no symbol at all |
//! | 20:11 | steps of a long packet, less one |
//! | 24:21 | lanes of the last step: lane 0, and each next one as long as the bits are set |
//! | 27:25 | zero: wild data, every symbol as likely as any other |
//!
//! Tame symbols are near one with a short codeword: each bit differs with probability 1/8. Books are taken in turn, the raw
//! book among them.
//!
//! | property | value |
//! |---|---|
//! | latency | outputs come from registers through a few gates; the next step follows `advance` by one clock |
//! | throughput | one step a clock |
//! | limits | at most 4 lanes |

use super::xorshift::Xorshift;
use crate::rtl::prelude::*;

/// Seed of the control words; lane `i` starts with a multiple of it.
const SEED: u32 = 0x9E37_79B9;

/// Packet generator of `L` lanes.
#[derive(LogicBlock)]
pub struct Pattern<const L: usize> {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Synchronous reset: back to the first packet.
    pub rst: Signal<In, Bit>,
    /// The step is taken.
    pub advance: Signal<In, Bit>,
    /// Symbols of the step.
    pub symbol: [Signal<Out, U<8>>; L],
    /// Raw bits that go with each.
    pub raw: [Signal<Out, U<8>>; L],
    /// Lanes that hold one.
    pub active: Signal<Out, U<L>>,
    /// Last step of the packet.
    pub last: Signal<Out, Bit>,
    /// Book of the packet.
    pub book: Signal<Out, U<4>>,
    lane: [Xorshift; L],
    control: Xorshift,
    position: Register<U<10>>,
    book_id: Register<U<4>>,
    value: Signal<Local, U<32>>,
    chosen: Signal<Local, U<32>>,
    near: Signal<Local, U<8>>,
    length: Signal<Local, U<10>>,
    ends: Signal<Local, Bit>,
    holds: Signal<Local, Bit>,
    lanes: Signal<Local, U<L>>,
    center: Constant<U<8>>,
    books: Constant<U<4>>,
    one: Constant<U<10>>,
    one_book: Constant<U<4>>,
}

impl<const L: usize> Pattern<L> {
    /// Packets for a bank of `books` books; the data is mostly near `center`.
    pub fn new(books: usize, center: u8) -> Self {
        assert!((1..=4).contains(&L), "Pattern<{L}>");
        Self {
            clk: port(),
            rst: port(),
            advance: port(),
            symbol: ports(),
            raw: ports(),
            active: port(),
            last: port(),
            book: port(),
            lane: std::array::from_fn(|i| Xorshift::new(SEED.wrapping_mul(2 * i as u32 + 3))),
            control: Xorshift::new(SEED),
            position: port(),
            book_id: port(),
            value: port(),
            chosen: port(),
            near: port(),
            length: port(),
            ends: port(),
            holds: port(),
            lanes: port(),
            center: constant(center.into()),
            books: constant(books as u128),
            one: constant(1),
            one_book: constant(1),
        }
    }
}

impl<const L: usize> Logic for Pattern<L> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clk, position, book_id);
        self.control.clk.next = self.clk.val();
        self.control.rst.next = self.rst.val();

        // The packet.
        self.chosen.next = self.control.value.val();
        self.length.next = bit_cast::<10, 6>(self.chosen.val().get_bits::<6>(0));
        if !self.chosen.val().get_bits::<4>(6).any() {
            self.length.next = self.chosen.val().get_bits::<10>(11);
        }
        self.ends.next = self.position.q.val() == self.length.val();
        self.control.step.next = self.advance.val() & self.ends.val();
        if self.advance.val() {
            self.position.d.next = self.position.q.val() + self.one.val();
            if self.ends.val() {
                self.position.d.next = 0.into();
                self.book_id.d.next = self.book_id.q.val() + self.one_book.val();
                if self.book_id.q.val() == self.books.val() {
                    self.book_id.d.next = 0.into();
                }
            }
        }
        self.last.next = self.ends.val();
        self.book.next = self.book_id.q.val();

        // The lanes of the step.
        self.holds.next = self.length.val().any() | !self.chosen.val().get_bit(10);
        self.lanes.next = 0.into();
        for i in 0..L {
            if self.holds.val() {
                self.lanes.next = self.lanes.val().replace_bit(i, true);
            }
            self.holds.next = self.holds.val() & (!self.ends.val() | self.chosen.val().get_bit(i + 21));
        }
        self.active.next = self.lanes.val();

        // The data.
        for i in 0..L {
            self.lane[i].clk.next = self.clk.val();
            self.lane[i].rst.next = self.rst.val();
            self.lane[i].step.next = self.advance.val();
            self.value.next = self.lane[i].value.val();
            self.near.next = self.center.val()
                ^ ((self.value.val().get_bits::<8>(0) & self.value.val().get_bits::<8>(8))
                    & self.value.val().get_bits::<8>(16));
            if !self.chosen.val().get_bits::<3>(25).any() {
                self.near.next = self.value.val().get_bits::<8>(0);
            }
            self.symbol[i].next = self.near.val();
            self.raw[i].next = self.value.val().get_bits::<8>(24);
        }

        if self.rst.val() {
            self.position.d.next = 0.into();
            self.book_id.d.next = 0.into();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn following(x: u32) -> u32 {
        let x = x ^ (x << 13);
        let x = x ^ (x >> 17);
        x ^ (x << 5)
    }

    #[test]
    fn follows_its_description_and_has_every_kind_of_packet() {
        const CENTER: u8 = 0x7E;
        let mut u = Pattern::<4>::new(3, CENTER);
        u.connect_all();
        check_all(&u).unwrap();
        let mut control = SEED;
        let mut lanes: [u32; 4] = std::array::from_fn(|i| SEED.wrapping_mul(2 * i as u32 + 3));
        let (mut position, mut book) = (0, 0);
        let (mut empty, mut long, mut wild, mut partial) = (0, 0, 0, [0; 5]);
        u.rst.next = true;
        for clock in 0..20_000 {
            u.advance.next = clock % 5 != 3;
            u.clk.next = false.into();
            assert!(simulate(&mut u, 100));
            if clock > 0 {
                let field = |low: u32, bits: u32| control >> low & ((1 << bits) - 1);
                let length = if field(6, 4) == 0 { field(11, 10) } else { field(0, 6) };
                let last = position == length;
                let mut active = 0;
                if !(length == 0 && field(10, 1) == 1) {
                    let more = if last { (field(21, 4)).trailing_ones() } else { 4 };
                    active = (1u64 << (more + 1).min(4)) - 1;
                }
                assert_eq!((u.last.val(), u.active.val().to_u64(), u.book.val().to_u64()), (last, active, book));
                for (i, &x) in lanes.iter().enumerate() {
                    let tame = CENTER ^ (x & x >> 8 & x >> 16) as u8;
                    let symbol = if field(25, 3) == 0 { x as u8 } else { tame };
                    assert_eq!(u.symbol[i].val().to_u64() as u8, symbol);
                    assert_eq!(u.raw[i].val().to_u64() as u8, (x >> 24) as u8);
                }
                if u.advance.val() {
                    lanes = lanes.map(following);
                    position += 1;
                    if last {
                        empty += u32::from(active == 0);
                        long += u32::from(length > 63);
                        wild += u32::from(field(25, 3) == 0);
                        partial[active.count_ones() as usize] += 1;
                        (position, book, control) = (0, (book + 1) % 4, following(control));
                    }
                }
            }
            u.clk.next = true.into();
            assert!(simulate(&mut u, 100));
            u.rst.next = false;
        }
        assert!(
            empty > 0 && long > 0 && wild > 0 && partial.iter().all(|&n| n > 0),
            "{empty} {long} {wild} {partial:?}"
        );
    }
}

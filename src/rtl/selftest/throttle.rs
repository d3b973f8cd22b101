//! Pauses on a stream: half of the time it lets everything through, half of the time it closes in one clock of four.
//!
//! ```text
//!  valid_in  --> & open --> valid_out
//!  ready_out <-- & open <-- ready_in      open = not a pause, or a beat has been offered and not been taken
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | none |
//! | throughput | one beat a clock for 1024 clocks, then 3 in 4 for 1024 clocks |
//! | assumes | `valid_in` stays high until the beat is taken; then so does `valid_out` |

use super::xorshift::Xorshift;
use crate::rtl::prelude::*;

/// The throttle.
#[derive(LogicBlock)]
pub struct Throttle {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Synchronous reset.
    pub rst: Signal<In, Bit>,
    /// A beat is offered.
    pub valid_in: Signal<In, Bit>,
    /// It is taken on.
    pub ready_out: Signal<Out, Bit>,
    /// A beat is offered on.
    pub valid_out: Signal<Out, Bit>,
    /// It is taken.
    pub ready_in: Signal<In, Bit>,
    random: Xorshift,
    phase: Register<U<11>>,
    offered: Register<Bit>,
    open: Signal<Local, Bit>,
    valid: Signal<Local, Bit>,
    one: Constant<U<11>>,
}

impl Throttle {
    /// A throttle whose pauses follow from `seed`, which is not zero.
    pub fn new(seed: u32) -> Self {
        Self {
            clk: port(),
            rst: port(),
            valid_in: port(),
            ready_out: port(),
            valid_out: port(),
            ready_in: port(),
            random: Xorshift::new(seed),
            phase: port(),
            offered: port(),
            open: port(),
            valid: port(),
            one: constant(1),
        }
    }
}

impl Logic for Throttle {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clk, phase, offered);
        self.random.clk.next = self.clk.val();
        self.random.rst.next = self.rst.val();
        self.random.step.next = true;
        self.phase.d.next = self.phase.q.val() + self.one.val();
        self.open.next =
            (self.offered.q.val() | !self.phase.q.val().get_bit(10)) | self.random.value.val().get_bits::<2>(0).any();
        self.valid.next = self.valid_in.val() & self.open.val();
        self.valid_out.next = self.valid.val();
        self.ready_out.next = self.ready_in.val() & self.open.val();
        self.offered.d.next = self.valid.val() & !self.ready_in.val();
        if self.rst.val() {
            self.phase.d.next = 0.into();
            self.offered.d.next = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_half_of_the_time_and_never_takes_an_offer_back() {
        let mut u = Throttle::new(0x2545_F491);
        u.connect_all();
        check_all(&u).unwrap();
        u.rst.next = true;
        let (mut waiting, mut passed) = (false, [0, 0]);
        for clock in 0..2 + 4096u32 {
            u.valid_in.next = true;
            u.ready_in.next = clock % 7 != 2;
            u.clk.next = false.into();
            assert!(simulate(&mut u, 100));
            if clock >= 2 {
                let (valid, ready) = (u.valid_out.val(), u.ready_in.val());
                assert!(valid || !waiting, "clock {clock}: the offer is gone");
                assert_eq!(u.ready_out.val(), valid && ready, "clock {clock}");
                waiting = valid && !ready;
                passed[((clock - 2) >> 10 & 1) as usize] += u32::from(valid && ready);
            }
            u.clk.next = true.into();
            assert!(simulate(&mut u, 100));
            u.rst.next = clock == 0;
        }
        // 6 of 7 clocks are ready; in the second phase 3 of 4 of those, and an offer that waited is not drawn again.
        assert!((1750..=1760).contains(&passed[0]) && (1280..1450).contains(&passed[1]), "{passed:?}");
    }
}

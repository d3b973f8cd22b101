//! Compares the beats that come with those that should, counts packets and watches for a hang.
//!
//! ```text
//!  beat ^ expected --> [ difference ] --> any? --> [ failed ] --> fail
//!  no packet for 65535 clocks ---------------------^
//!  packets --> [ 255 of them ] --> pass, unless failed
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | two clocks from a wrong beat to `fail` |
//! | throughput | one beat a clock |
//! | limits | a packet and the gap before it must take fewer than 65535 clocks |

use crate::rtl::prelude::*;

/// The checker of beats with `W` bits and `K` bytes.
#[derive(LogicBlock)]
pub struct Checker<const W: usize, const K: usize> {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Synchronous reset.
    pub rst: Signal<In, Bit>,
    /// A beat passes.
    pub beat: Signal<In, Bit>,
    /// `tdata`.
    pub data: Signal<In, U<W>>,
    /// `tkeep`.
    pub keep: Signal<In, U<K>>,
    /// `tlast`.
    pub last: Signal<In, Bit>,
    /// `tuser`: must be zero.
    pub errors: Signal<In, U<3>>,
    /// What `tdata` should be.
    pub expected_data: Signal<In, U<W>>,
    /// What `tkeep` should be.
    pub expected_keep: Signal<In, U<K>>,
    /// What `tlast` should be.
    pub expected_last: Signal<In, Bit>,
    /// Enough packets have come, and nothing was wrong.
    pub pass: Signal<Out, Bit>,
    /// Something was wrong.
    pub fail: Signal<Out, Bit>,
    came: Register<Bit>,
    data_difference: Register<U<W>>,
    keep_difference: Register<U<K>>,
    last_difference: Register<Bit>,
    error_flags: Register<U<3>>,
    ended: Register<Bit>,
    failed: Register<Bit>,
    packets: Register<U<8>>,
    silence: Register<U<16>>,
    one_packet: Constant<U<8>>,
    one_clock: Constant<U<16>>,
}

impl<const W: usize, const K: usize> Default for Checker<W, K> {
    fn default() -> Self {
        Self {
            clk: port(),
            rst: port(),
            beat: port(),
            data: port(),
            keep: port(),
            last: port(),
            errors: port(),
            expected_data: port(),
            expected_keep: port(),
            expected_last: port(),
            pass: port(),
            fail: port(),
            came: port(),
            data_difference: port(),
            keep_difference: port(),
            last_difference: port(),
            error_flags: port(),
            ended: port(),
            failed: port(),
            packets: port(),
            silence: port(),
            one_packet: constant(1),
            one_clock: constant(1),
        }
    }
}

impl<const W: usize, const K: usize> Logic for Checker<W, K> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clk,
            came,
            data_difference,
            keep_difference,
            last_difference,
            error_flags,
            ended,
            failed,
            packets,
            silence
        );
        self.came.d.next = self.beat.val();
        self.data_difference.d.next = self.data.val() ^ self.expected_data.val();
        self.keep_difference.d.next = self.keep.val() ^ self.expected_keep.val();
        self.last_difference.d.next = self.last.val() ^ self.expected_last.val();
        self.error_flags.d.next = self.errors.val();
        self.ended.d.next = self.beat.val() & self.last.val();

        if self.came.q.val()
            & ((self.data_difference.q.val().any() | self.keep_difference.q.val().any())
                | (self.last_difference.q.val() | self.error_flags.q.val().any()))
        {
            self.failed.d.next = true;
        }
        self.silence.d.next = self.silence.q.val() + self.one_clock.val();
        if self.ended.q.val() {
            self.silence.d.next = 0.into();
            if !self.packets.q.val().all() {
                self.packets.d.next = self.packets.q.val() + self.one_packet.val();
            }
        }
        if self.silence.q.val().all() {
            self.failed.d.next = true;
        }
        self.pass.next = self.packets.q.val().all() & !self.failed.q.val();
        self.fail.next = self.failed.q.val();

        if self.rst.val() {
            self.came.d.next = false;
            self.ended.d.next = false;
            self.failed.d.next = false;
            self.packets.d.next = 0.into();
            self.silence.d.next = 0.into();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy)]
    struct Beat {
        data: u8,
        keep: u8,
        last: bool,
        errors: u8,
        expected: (u8, u8, bool),
    }

    const GOOD: Beat = Beat { data: 0x5A, keep: 1, last: true, errors: 0, expected: (0x5A, 1, true) };

    fn checker() -> Checker<8, 1> {
        let mut u = Checker::<8, 1>::default();
        u.connect_all();
        check_all(&u).unwrap();
        u.rst.next = true;
        clock(&mut u, None);
        u.rst.next = false;
        u
    }

    /// One clock; the verdict before its edge.
    fn clock(u: &mut Checker<8, 1>, beat: Option<Beat>) -> (bool, bool) {
        let Beat { data, keep, last, errors, expected } = beat.unwrap_or(Beat { data: 1, errors: 7, ..GOOD });
        u.beat.next = beat.is_some();
        u.data.next = U::new(data.into());
        u.keep.next = U::new(keep.into());
        u.last.next = last;
        u.errors.next = U::new(errors.into());
        u.expected_data.next = U::new(expected.0.into());
        u.expected_keep.next = U::new(expected.1.into());
        u.expected_last.next = expected.2;
        for level in [false, true] {
            u.clk.next = level.into();
            assert!(simulate(u, 100));
        }
        (u.pass.val(), u.fail.val())
    }

    #[test]
    fn passes_after_255_packets_and_not_before() {
        let mut u = checker();
        for _ in 0..255 {
            assert_eq!(clock(&mut u, Some(GOOD)), (false, false));
            assert_eq!(
                clock(&mut u, Some(Beat { last: false, expected: (0x5A, 1, false), ..GOOD })),
                (u.pass.val(), false)
            );
        }
        assert_eq!(clock(&mut u, None), (true, false));
    }

    #[test]
    fn every_difference_fails_for_good() {
        let wrong = [
            Beat { data: 0x5B, ..GOOD },
            Beat { keep: 0, ..GOOD },
            Beat { last: false, ..GOOD },
            Beat { errors: 4, ..GOOD },
        ];
        for beat in wrong {
            let mut u = checker();
            clock(&mut u, Some(beat));
            assert_eq!(clock(&mut u, None), (false, true));
            for _ in 0..300 {
                assert_eq!(clock(&mut u, Some(GOOD)), (false, true));
            }
        }
    }

    #[test]
    fn silence_fails() {
        let mut u = checker();
        for _ in 0..65_535 {
            assert_eq!(clock(&mut u, None), (false, false));
        }
        assert_eq!(clock(&mut u, None), (false, true));
    }
}

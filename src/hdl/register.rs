//! [`Register<T>`]: a D flip-flop.
//!
//! It has the ports that rust-hdl's `dff_setup!` wires (`clock`, `d`, `q`) and neither a reset nor an initial value: a
//! kernel resets what needs it by `if self.rst.val() { self.x.d.next = ... }` at its end, so that the reset is real on
//! targets where `initial` means nothing. In simulation it starts at `T::default()`, in the Verilog unknown.
//!
//! | port | direction | |
//! |---|---|---|
//! | `clock` | in | rising edge |
//! | `d` | in | next value |
//! | `q` | out | value since the last edge |

use super::settle::{Activity, Settle, Woken};
use super::verilog::primitive::Primitive;
use rust_hdl::prelude::*;

/// A D flip-flop of type `T` without reset.
#[derive(LogicBlock, Clone, Debug)]
pub struct Register<T: Synth> {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// Next value.
    pub d: Signal<In, T>,
    /// Value since the last edge.
    pub q: Signal<Out, T>,
}

impl<T: Synth> Default for Register<T> {
    fn default() -> Self {
        Self { clock: Signal::default(), d: Signal::default(), q: Signal::default() }
    }
}

impl<T: Synth> Logic for Register<T> {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            self.q.next = self.d.val();
        }
    }

    fn connect(&mut self) {
        self.q.connect();
    }

    fn hdl(&self) -> Verilog {
        Primitive { clocked: "q <= d;".into(), ..Primitive::default() }.into()
    }

    fn timing(&self) -> Vec<TimingInfo> {
        vec![TimingInfo {
            name: "register".into(),
            clock: "clock".into(),
            inputs: vec!["d".into()],
            outputs: vec!["q".into()],
        }]
    }
}

impl<T: Synth> Settle for Register<T> {
    fn plan(&self, activity: &mut Activity) {
        activity.primitive();
    }

    #[inline(always)]
    fn edge(&mut self, _: &mut Activity) -> Woken {
        self.q.next = self.d.next;
        Woken::kernel(self.q.give())
    }
}

#[cfg(test)]
mod tests {
    use super::super::U;
    use super::*;

    #[derive(LogicBlock)]
    struct Counter {
        pub clock: Signal<In, Clock>,
        pub rst: Signal<In, Bit>,
        pub count: Signal<Out, U<3>>,
        value: Register<U<3>>,
    }

    impl Logic for Counter {
        #[hdl_gen]
        fn update(&mut self) {
            dff_setup!(self, clock, value);
            self.value.d.next = self.value.q.val() + 1;
            self.count.next = self.value.q.val();
            if self.rst.val() {
                self.value.d.next = 5.into();
            }
        }
    }

    #[test]
    fn holds_between_edges_and_is_reset_by_its_kernel() {
        let mut u = Counter {
            clock: Default::default(),
            rst: Default::default(),
            count: Default::default(),
            value: Default::default(),
        };
        u.connect_all();
        check_all(&u).unwrap();
        let mut seen = Vec::new();
        for rst in [true, false, false, false, false] {
            u.rst.next = rst;
            for level in [false, true] {
                u.clock.next = level.into();
                assert!(simulate(&mut u, 100));
            }
            seen.push(u.count.val().to_u64());
        }
        assert_eq!(seen, [5, 6, 7, 0, 1]);
    }
}

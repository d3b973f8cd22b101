//! Pseudo-random words: Marsaglia's xorshift generator with the shifts 13, 17, 5 ("Xorshift RNGs", Journal of Statistical
//! Software 8, 2003); all 2^32 - 1 values that are not zero come before one comes again.
//!
//! ```text
//!  state ^ (state << 13) --> x ^ (x >> 17) --> x ^ (x << 5) --> [state] --> value
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | the next word follows `step` by one clock |
//! | throughput | one word a clock |

use crate::rtl::prelude::*;

/// The generator.
#[derive(LogicBlock)]
pub struct Xorshift {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Synchronous reset: back to the seed.
    pub rst: Signal<In, Bit>,
    /// On to the next word.
    pub step: Signal<In, Bit>,
    /// The word.
    pub value: Signal<Out, U<32>>,
    state: Register<U<32>>,
    first: Signal<Local, U<32>>,
    second: Signal<Local, U<32>>,
    seed: Constant<U<32>>,
}

impl Xorshift {
    /// A generator that starts with `seed`.
    ///
    /// # Panics
    /// If the seed is zero, from which there is no way out.
    pub fn new(seed: u32) -> Self {
        assert!(seed != 0, "the seed of a xorshift generator must not be 0");
        Self {
            clk: port(),
            rst: port(),
            step: port(),
            value: port(),
            state: port(),
            first: port(),
            second: port(),
            seed: constant(seed.into()),
        }
    }
}

impl Logic for Xorshift {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clk, state);
        self.first.next = self.state.q.val() ^ (self.state.q.val() << 13);
        self.second.next = self.first.val() ^ (self.first.val() >> 17);
        if self.step.val() {
            self.state.d.next = self.second.val() ^ (self.second.val() << 5);
        }
        self.value.next = self.state.q.val();
        if self.rst.val() {
            self.state.d.next = self.seed.val();
        }
    }
}

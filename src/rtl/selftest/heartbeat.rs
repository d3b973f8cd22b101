//! Shows that the clock runs: `beat` is the clock divided by 2^24, 1.5 Hz at 25 MHz.
//!
//! ```text
//!  [ count, 24 bits ] --> top bit --> beat
//! ```
//!
//! | property | value |
//! |---|---|
//! | latency | first rising edge 2^23 clocks after reset |

use crate::rtl::prelude::*;

/// The divider.
#[derive(LogicBlock)]
pub struct Heartbeat {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Synchronous reset.
    pub rst: Signal<In, Bit>,
    /// Divided clock.
    pub beat: Signal<Out, Bit>,
    count: Register<U<24>>,
    one: Constant<U<24>>,
}

impl Default for Heartbeat {
    fn default() -> Self {
        Self { clk: port(), rst: port(), beat: port(), count: port(), one: constant(1) }
    }
}

impl Logic for Heartbeat {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clk, count);
        self.count.d.next = self.count.q.val() + self.one.val();
        self.beat.next = self.count.q.val().get_bit(23);
        if self.rst.val() {
            self.count.d.next = 0.into();
        }
    }
}

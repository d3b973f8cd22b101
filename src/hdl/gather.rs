//! [`Gather`]: many signals of one width side by side on one bus.
//!
//! | port | direction | |
//! |---|---|---|
//! | `part` | in | the parts |
//! | `whole` | out | all of them, the first in the lowest bits |

use super::bus::Bus;
use super::settle::{Activity, Settle};
use super::verilog::primitive::Primitive;
use rust_hdl::prelude::*;

/// Parts on one bus.
#[derive(LogicBlock, Clone, Debug)]
pub struct Gather {
    /// The parts.
    pub part: Vec<Bus<In>>,
    /// All of them, the first in the lowest bits.
    pub whole: Bus<Out>,
}

impl Gather {
    /// For `count` parts of `bits` bits.
    pub fn new(count: usize, bits: usize) -> Self {
        Gather { part: (0..count).map(|_| Bus::new(bits)).collect(), whole: Bus::new(count * bits) }
    }
}

impl Logic for Gather {
    fn update(&mut self) {
        self.whole.next.gather(self.part.iter().map(|part| part.value()));
    }

    fn connect(&mut self) {
        self.whole.connect();
    }

    fn hdl(&self) -> Verilog {
        let parts: Vec<String> = (0..self.part.len()).rev().map(|i| format!("part_{i}")).collect();
        let value = match parts.as_slice() {
            [one] => one.clone(),
            _ => format!("{{{}}}", parts.join(", ")),
        };
        Primitive { assigned: vec![("whole".into(), value)], ..Primitive::default() }.into()
    }
}

impl Settle for Gather {
    fn plan(&self, activity: &mut Activity) {
        activity.primitive();
    }

    fn settle(&mut self, _: &mut Activity) -> bool {
        // Parts that have never changed are zero, and so is the whole.
        self.part.take() && {
            self.update();
            self.whole.give()
        }
    }
}

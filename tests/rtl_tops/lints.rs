//! The tools that read Verilog have nothing to say about the cores.

use crate::common::configurations;
use crate::cores::Core;
use huffwire::cosim::lint;
use huffwire::rtl::tops::Side;

#[test]
fn the_verilog_lints_without_a_warning() {
    // One book and three differ in what the ROMs hold, in nothing else.
    for config in configurations().iter().filter(|c| c.bank.books().len() != 1) {
        for side in Side::BOTH {
            let core = Core::new(config, side);
            lint(&core.design.text(), core.top).unwrap();
        }
    }
}

//! The tools that read Verilog have nothing to say about the cores.

use crate::common::{block_configurations, configurations, wide_configurations};
use crate::cores::Core;
use huffwire::cosim::lint;
use huffwire::rtl::config::RtlConfig;
use huffwire::rtl::tops::Side;

/// Both cores of a configuration.
pub fn check(config: &RtlConfig) {
    for side in Side::BOTH {
        let core = Core::new(config, side);
        lint(&core.design.text(), core.top).unwrap();
    }
}

#[test]
fn the_verilog_lints_without_a_warning() {
    // One book and three differ in what the ROMs hold, in nothing else.
    let plain = configurations().into_iter().filter(|c| c.bank.books().len() != 1);
    // Raw words that begin anywhere in a step; several steps a raw word; a map of planes; a book for each block.
    let wide = wide_configurations().into_iter().filter(|c| c.parameters.lanes == 2);
    for config in plain.chain(wide).chain(block_configurations().into_iter().filter(|c| c.parameters.lanes == 4)) {
        check(&config);
    }
}

//! An enum of states, apart from `ToBits`: the derived code needs rust-hdl's trait of that name.

use rust_hdl::prelude::*;

#[derive(Copy, Clone, PartialEq, Debug, LogicState)]
pub enum State {
    Idle,
    Run,
    Drain,
}

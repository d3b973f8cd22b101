//! What every RTL block imports.

pub use crate::hdl::{
    bit_cast, bit_cast_to, BlockRam, Boxed, Bus, BusConstant, BusRam, BusRegister, Gather, LogicBlock, LutRam,
    Register, Rom, SyncRom, ToBits, U,
};
pub use rust_hdl::prelude::*;

/// A signal, register or other part with nothing to configure.
pub fn port<T: Default>() -> T {
    T::default()
}

/// An array of signals, registers or other parts with nothing to configure.
pub fn ports<T: Default, const N: usize>() -> [T; N] {
    std::array::from_fn(|_| T::default())
}

/// A number of signals, registers or other parts with nothing to configure.
pub fn many<T: Default>(count: usize) -> Vec<T> {
    (0..count).map(|_| T::default()).collect()
}

/// Bits that hold every number up to `largest`.
pub const fn bits_for(largest: usize) -> usize {
    match largest {
        0 => 1,
        _ => largest.ilog2() as usize + 1,
    }
}

/// A sized constant, for kernels must not contain bare literals in expressions.
pub fn constant<const N: usize>(value: u128) -> Constant<U<N>> {
    Constant::new(U::new(value))
}

//! What every RTL block imports.

pub use crate::hdl::{bit_cast, LutRam, Register, Rom, SyncRom, ToBits, U};
pub use rust_hdl::prelude::*;

/// A signal, register or other part with nothing to configure.
pub fn port<T: Default>() -> T {
    T::default()
}

/// An array of signals, registers or other parts with nothing to configure.
pub fn ports<T: Default, const N: usize>() -> [T; N] {
    std::array::from_fn(|_| T::default())
}

/// A sized constant, for kernels must not contain bare literals in expressions.
pub fn constant<const N: usize>(value: u128) -> Constant<U<N>> {
    Constant::new(U::new(value))
}

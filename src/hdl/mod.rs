//! What all RTL of this crate stands on: a native signal type, registers, memories and the Verilog printer.
//!
//! | module | what lives there |
//! |---|---|
//! | [`uint`] | [`U<N>`], the signal value of 1 to 128 bits |
//! | [`vector`], [`bus`] | [`Vector`], [`Bus`], [`BusRegister`], [`BusConstant`]: the same with a width chosen when a block is made |
//! | [`boxed`] | [`Boxed`], a block on the heap |
//! | [`gather`] | [`Gather`], many signals side by side on one bus |
//! | [`register`] | [`Register<T>`], a flip-flop |
//! | [`rom`] | [`Rom`] and [`SyncRom`], read-only memories |
//! | [`memory`] | [`LutRam`], a small memory with a combinational read port; [`BlockRam`], one with a clocked read port |
//! | [`settle`] | [`Settle`], [`Activity`], [`LogicBlock`](derive@LogicBlock): blocks simulated where something happens |
//! | [`verilog`] | the printer: a block's Verilog, identical in meaning to its simulation |

pub mod boxed;
pub mod bus;
pub mod gather;
pub mod memory;
pub mod register;
pub mod rom;
pub mod settle;
pub mod uint;
pub mod vector;
pub mod verilog;

pub use huffwire_derive::LogicBlock;

pub use boxed::Boxed;
pub use bus::{Bus, BusConstant, BusRegister};
pub use gather::Gather;
pub use memory::{BlockRam, BusRam, LutRam};
pub use register::Register;
pub use rom::{Rom, RomError, SyncRom};
pub use settle::{Activity, Settle, Woken};
pub use uint::{bit_cast, bit_cast_bool, bits, ToBits, U};
pub use vector::{bit_cast_to, Vector};

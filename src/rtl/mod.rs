//! The hardware: encoder and decoder in rust-hdl, one block a file.
//!
//! | module | what lives there |
//! |---|---|
//! | [`config`] | which streams the RTL can be built for |
//! | [`tables`] | ROM contents |
//! | [`encoder`], [`decoder`] | the two cores |
//! | [`tops`] | from a configuration to a core |
//! | [`geometry`] | sizes that follow from a configuration |
//! | [`fifo`], [`block_fifo`], [`crc`], [`packet_check`], [`raw_schedule`], [`tracker`] | blocks that both use |
//! | [`selftest`] | both cores with source and checker, for boards |
//! | [`prelude`] | what every block imports |
//!
//! How many lanes go through a core in a clock is part of its type: [`encoder::top::Encoder`] and [`decoder::top::Decoder`] have
//! it as const generic. [`tops::core`] takes the type that a configuration asks for.

// Nested conditions of a kernel become nested Verilog; that is their shape on purpose.
#![allow(clippy::collapsible_if)]

pub mod block_fifo;
pub mod config;
pub mod crc;
pub mod decoder;
pub mod encoder;
pub mod fifo;
pub mod geometry;
pub mod packet_check;
pub mod prelude;
pub mod raw_schedule;
pub mod selftest;
pub mod tables;
pub mod tops;
pub mod tracker;

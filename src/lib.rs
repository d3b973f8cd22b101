//! huffwire: a streaming single-stage Huffman encoder and decoder for die-to-die links.
//!
//! | module | what lives there |
//! |---|---|
//! | [`mod@format`] | element formats and symbol maps |
//! | [`wire`] | parameters and header of the wire format |
//! | [`codebook`] | canonical codes, books, banks, calibration |
//! | [`codec`] | the reference codec: whole packets and streaming |
//! | [`fast`] | the codec in fast software: the same packets, the same errors |
//! | [`stats`] | histograms, entropy, what codes cost |
//! | [`tensor`] | tensors from files |
//! | [`histograms`] | symbol counts of tensors, in memory and in files: what banks are made from |
//! | [`analyze`] | what tensors cost on the link, beside per-shard Huffman and Shannon's bound |
//! | [`link`] | what compression buys on a die-to-die link, clock by clock |
//! | [`mod@reproduce`] | the paper's evaluation on any tensors, and what it leaves out, as a page |
//! | [`collectives`] | collectives over such links: estimates, and input for network simulators |
//! | [`report`] | the pages of the link model, for people who decide and people who check |
//! | [`page`] | pages: drawings, tables, the HTML around them |
//! | [`container`] | whole files, compressed and restored byte for byte |
//! | [`rtl`] | encoder and decoder in rust-hdl |
//! | [`hdl`] | what the RTL stands on: numbers, registers, memories, the Verilog printer |
//! | [`mod@export`] | the folder that a Verilog user takes |
//! | [`cosim`] | runs RTL: in rust-hdl's simulation and as Verilog |
//! | [`simulate`] | a tensor through encoder, link and decoder, clock by clock |
//! | [`tools`] | finds or installs Verilator, Yosys and nextpnr |
//!
//! The last six need the feature `rtl`, which is on unless switched off.
#![cfg_attr(not(feature = "rtl"), allow(rustdoc::broken_intra_doc_links))]

// The derive macro names this crate as others do.
#[cfg(feature = "rtl")]
extern crate self as huffwire;

pub mod analyze;
pub mod codebook;
pub mod codec;
pub mod collectives;
pub mod container;
#[cfg(feature = "rtl")]
pub mod cosim;
#[cfg(feature = "rtl")]
pub mod export;
pub mod fast;
pub mod format;
#[cfg(feature = "rtl")]
pub mod hdl;
pub mod histograms;
pub mod link;
pub mod page;
pub mod report;
pub mod reproduce;
#[cfg(feature = "rtl")]
pub mod rtl;
#[cfg(feature = "rtl")]
pub mod simulate;
pub mod stats;
pub mod tensor;
#[cfg(feature = "rtl")]
pub mod tools;
pub mod wire;

//! Every RTL block, three ways: a plain model, the rust-hdl simulation, and the exported Verilog under Verilator.

#[path = "../common/mod.rs"]
mod common;
#[macro_use]
mod harness;
mod biases;
mod blocks;
mod checks;
mod controller;
mod delays;
mod fifo;
mod finisher;
mod front;
mod lane_decoder;
mod lane_packer;
mod link;
mod maps;
mod passage;
mod plan;
mod queues;
mod raw;
mod rows;
mod sequencer;
mod steps;
mod tracking;
mod turn_lanes;
mod turn_queues;
mod word_mux;
mod words;
mod words_to_beats;

//! What packets take in clocks.

use crate::common::*;
use crate::cores::{Core, FREE};

/// The clocks in which an encoder takes beats, when nothing stalls it.
pub fn taken(encoder: &mut Core, packets: &[Packet]) -> Vec<u64> {
    encoder.encode(packets, FREE).accepted
}

/// The clocks in which a decoder gives beats, when nothing stalls it.
pub fn given(decoder: &mut Core, packets: &[Packet]) -> Vec<u64> {
    let words = reference(&decoder.config, packets);
    decoder.decode(&words, packets, FREE).output.iter().map(|o| o.0).collect()
}

/// Clocks a packet, from the first event of packet `from` to that of the last but one, of equally long packets.
pub fn period(clocks: &[u64], packets: usize, from: usize) -> u64 {
    let steps = clocks.len() / packets;
    let to = packets - 2;
    (clocks[to * steps] - clocks[from * steps]).div_ceil((to - from) as u64)
}

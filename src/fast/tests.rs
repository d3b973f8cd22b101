//! With vectors and without: on a processor that has them the tests of packets see nothing else.

use super::*;
use crate::codebook::universal;
use crate::format::{Format, SymbolMap};
use crate::wire::Tracking;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::sync::Arc;

/// bf16 elements whose scale and spread change; every third run of them any bits at all.
fn elements(rng: &mut StdRng, count: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for run in 0.. {
        let (scale, spread) = (rng.random_range(90..160u16), rng.random_range(1..24u16));
        for _ in 0..rng.random_range(1..900) {
            let exponent = if run % 3 == 2 { rng.random_range(0..256) } else { scale - rng.random_range(0..spread) };
            let element = rng.random_range(0..2u16) << 15 | exponent << 7 | rng.random_range(0..128u16);
            bytes.extend_from_slice(&element.to_le_bytes());
            if bytes.len() == 2 * count {
                return bytes;
            }
        }
    }
    bytes
}

#[test]
fn packets_are_the_same_without_vectors() {
    let mut rng = StdRng::seed_from_u64(2);
    let bank = Arc::new(universal().bank.clone());
    for lanes in [2, 4, 8, 16, 32, 64] {
        for (book_mode, prefill) in [(BookMode::Fixed, 3), (BookMode::Block, 3), (BookMode::Block, 2)] {
            let parameters = Parameters {
                block_log2: Some(4),
                book_mode,
                prefill,
                tracking: Some(Tracking { delay: 1, window_log2: 1, initial_bias: None }),
                ..Parameters::plain(Format::Bf16, SymbolMap::Fields, lanes)
            };
            let codec = Codec::new(parameters, bank.clone()).unwrap();
            let with = FastCodec::new(&codec).unwrap();
            let mut without = FastCodec::new(&codec).unwrap();
            without.without_vectors();
            for count in [1, 255, 256, 257, 4096, 20_000, 65_536] {
                let plain = elements(&mut rng, count);
                let choices = match book_mode {
                    BookMode::Fixed => [BookChoice::Fixed(1), BookChoice::Fixed(0), BookChoice::Fixed(15)],
                    BookMode::Block => [BookChoice::Best, BookChoice::Fixed(0), BookChoice::Fixed(7)],
                };
                for choice in choices {
                    let packet = with.encode_packet(&plain, &choice).unwrap();
                    assert!(packet == without.encode_packet(&plain, &choice).unwrap(), "{lanes} {count} {choice:?}");
                    for codec in [&with, &without] {
                        // Not by the reference, which takes over what is not covered.
                        let decoded = codec.decode_expected(&packet, plain.len());
                        assert!(decoded.is_some_and(|decoded| decoded == plain), "{lanes} {count} {choice:?}");
                    }
                    // A bit that is wrong is an error, and the same one.
                    let mut broken = packet.clone();
                    let place = rng.random_range(0..broken.len());
                    broken[place] ^= 1 << rng.random_range(0..8);
                    let error = with.decode_packet(&broken).unwrap_err();
                    assert_eq!(without.decode_packet(&broken).unwrap_err(), error);
                }
            }
        }
    }
}

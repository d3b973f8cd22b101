//! With vectors and without: on a processor that has them the tests of packets see nothing else.

use super::*;
use crate::codebook::{universal, Bank};
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

/// Packets of all lengths of interest are those of the codec without vectors, and of the reference.
fn same_without_vectors(rng: &mut StdRng, codec: &Codec, choices: &[BookChoice]) {
    let &Parameters { lanes, turns, prefill, map, .. } = codec.parameters();
    let with = FastCodec::new(codec).unwrap();
    let mut without = FastCodec::new(codec).unwrap();
    without.without_vectors();
    let served = lanes >= 4 && (3..=4).contains(&prefill);
    let (pack, unpack) = (with.pack_vectors.as_ref(), with.unpack_vectors.as_ref());
    assert!(pack.is_none_or(|vectors| vectors.serve(lanes as usize, prefill) == served));
    assert!(unpack.is_none_or(|vectors| vectors.serve(lanes as usize, prefill) == served));
    let chunks = 3 * CHUNK_STEPS * lanes as usize;
    for count in [1, 255, 256, 257, chunks - 1, chunks, chunks + 1, 4096, 20_001, 65_536] {
        let mut plain = elements(rng, count);
        plain.truncate(count * codec.layout().element_bytes());
        for choice in choices {
            let packet = with.encode_packet(&plain, choice).unwrap();
            let what = format!("{map}, L {lanes}/{turns}, P {prefill}, {count} elements, {choice:?}");
            assert!(packet == codec.encode_packet(&plain, choice).unwrap(), "{what}");
            assert!(packet == without.encode_packet(&plain, choice).unwrap(), "{what}");
            for codec in [&with, &without] {
                // Not by the reference, which takes over what is not covered.
                let decoded = codec.decode_expected(&packet, plain.len());
                assert!(decoded.is_some_and(|decoded| decoded == plain), "{what}");
            }
            // A bit that is wrong is the same error; or no matter to both, as where it names a book with the same codewords.
            let mut broken = packet.clone();
            let place = rng.random_range(0..broken.len());
            broken[place] ^= 1 << rng.random_range(0..8);
            let found = with.decode_packet(&broken);
            assert_eq!(found, without.decode_packet(&broken), "{what}");
            // Books of the universal bank differ.
            assert!(map != SymbolMap::Fields || found.is_err(), "{what}");
            assert!(found.is_err() || found.is_ok_and(|decoded| decoded == plain), "{what}");
        }
    }
}

/// With raw words, which vectors leave the last of to others, and without, where whole packets may be theirs.
#[test]
fn packets_are_the_same_without_vectors() {
    let mut rng = StdRng::seed_from_u64(2);
    let books = universal().bank.books().to_vec();
    let [one, any] =
        [[1, 0, 15].map(BookChoice::Fixed), [BookChoice::Best, BookChoice::Fixed(0), BookChoice::Fixed(7)]];
    for (format, map) in [(Format::Bf16, SymbolMap::Fields), (Format::Raw, SymbolMap::Bytes)] {
        let bank = Arc::new(Bank::new(map, books.clone()).unwrap());
        let tracking = Tracking { delay: 1, window_log2: 1, initial_bias: None };
        let tracking = (map == SymbolMap::Fields).then_some(tracking);
        let lanes_and_turns = (0..=6).map(|log2| (1 << log2, 1)).chain([(4, 4), (16, 4), (64, 4)]);
        for (lanes, turns) in lanes_and_turns {
            for prefill in if turns == 1 { 3..=5 } else { 4..=5 } {
                let plain = Parameters { prefill, turns, ..Parameters::plain(format, map, lanes) };
                let fixed = Parameters { tracking, block_log2: tracking.map(|_| 4), ..plain };
                let block = Parameters { tracking, block_log2: Some(4), book_mode: BookMode::Block, ..plain };
                for (parameters, choices) in [(fixed, &one), (block, &any)] {
                    same_without_vectors(&mut rng, &Codec::new(parameters, bank.clone()).unwrap(), choices);
                }
            }
        }
    }
}

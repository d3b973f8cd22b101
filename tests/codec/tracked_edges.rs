//! Tracked bias at its edges, with the universal bank and with both ways to begin: what goes in comes out, and the words are the
//! oracle's.

use crate::oracle;
use huffwire::codebook::universal;
use huffwire::codec::{BookChoice, Codec};
use huffwire::format::{Format, SymbolMap};
use huffwire::wire::{BookMode, Parameters, Tracking};
use std::sync::Arc;

const BLOCK: usize = 16 * 16;

fn parameters(book_mode: BookMode, delay: u8, window_log2: u8, initial_bias: Option<u8>) -> Parameters {
    Parameters {
        block_log2: Some(4),
        book_mode,
        tracking: Some(Tracking { delay, window_log2, initial_bias }),
        ..Parameters::plain(Format::Bf16, SymbolMap::Fields, 16)
    }
}

/// bf16 words that a tracker could trip over, by name.
fn edges() -> Vec<(&'static str, Vec<u16>)> {
    let bf16 = |exponent: usize, rest: usize| ((rest & 0x80) << 8 | exponent << 7 | rest & 0x7F) as u16;
    let n = 5 * BLOCK + 77;
    let of = |word: &dyn Fn(usize) -> u16| (0..n).map(word).collect::<Vec<_>>();
    vec![
        ("all zeros", of(&|_| 0)),
        ("zeros of both signs", of(&|i| if i % 2 == 0 { 0 } else { 0x8000 })),
        ("one exponent", of(&|i| bf16(130, i * 37))),
        ("subnormals", of(&|i| bf16(0, i * 41 + 1))),
        ("infinities", of(&|i| bf16(255, (i % 2) << 7))),
        ("NaNs with payloads", of(&|i| bf16(255, i * 29 % 255 + 1))),
        ("all exponents in turn", of(&|i| bf16(i % 256, i))),
        ("alternating extremes", of(&|i| bf16(if i % 2 == 0 { 1 } else { 255 }, i))),
        ("blocks of extremes", of(&|i| bf16(if (i / BLOCK).is_multiple_of(2) { 255 } else { 1 }, i))),
        ("a block of zeros, then large numbers", of(&|i| if i < BLOCK { 0 } else { bf16(250, i) })),
        ("numbers, then zeros", of(&|i| if i < 2 * BLOCK { bf16(120 + i % 3, i) } else { 0 })),
        ("a NaN among small numbers", of(&|i| if i == BLOCK - 1 { 0x7FC1 } else { bf16(2 + i % 2, i) })),
    ]
}

#[test]
fn whatever_the_exponents_do_the_packet_is_the_oracles_and_decodes() {
    let bank = Arc::new(universal().bank.clone());
    for (name, words) in edges() {
        let data: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
        for book_mode in [BookMode::Block, BookMode::Fixed] {
            for (delay, window_log2, bias) in [(1, 1, None), (1, 0, Some(255)), (3, 2, Some(0)), (2, 1, None)] {
                let codec = Codec::new(parameters(book_mode, delay, window_log2, bias), bank.clone()).unwrap();
                let choice = if book_mode == BookMode::Block { BookChoice::Best } else { BookChoice::Fixed(1) };
                let (sent, report) = codec.encode_words(&data, &choice).unwrap();
                let expected = oracle::encode(codec.parameters(), &bank, &data, &report.books);
                assert_eq!(sent, expected.words(), "{name}, delay {delay}");
                assert_eq!(codec.decode_words(&sent).unwrap(), data, "{name}, delay {delay}");
            }
        }
    }
}

/// A block cut short anywhere, at the start of a packet, behind a whole block, and at the book ids.
#[test]
fn blocks_cut_short() {
    let bank = Arc::new(universal().bank.clone());
    let codec = Codec::new(parameters(BookMode::Block, 1, 1, None), bank.clone()).unwrap();
    let words: Vec<u16> = (0..3 * BLOCK).map(|i| (((100 + i % 9 + i / 50) << 7) | (i % 128)) as u16).collect();
    let data: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
    let around = |at: usize| [at.saturating_sub(1), at, at + 1];
    let lengths = [0, 1, 15, 64, BLOCK, BLOCK + 48, BLOCK + 64, 2 * BLOCK].into_iter().flat_map(around);
    for elements in lengths {
        let data = &data[..2 * elements];
        let (sent, report) = codec.encode_words(data, &BookChoice::Best).unwrap();
        assert_eq!(sent, oracle::encode(codec.parameters(), &bank, data, &report.books).words(), "{elements}");
        assert_eq!(codec.decode_words(&sent).unwrap(), data, "{elements}");
        assert_eq!(report.books.len(), elements.div_ceil(BLOCK).max(1), "{elements}");
    }
}

/// No data is larger than raw by more than the ids, the header and the trailer, and the padding of a packet's end.
#[test]
fn expansion_is_bounded() {
    let bank = Arc::new(universal().bank.clone());
    let codec = Codec::new(parameters(BookMode::Block, 1, 1, None), bank).unwrap();
    let words: Vec<u16> = (0..65536u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 16) as u16).collect();
    let data: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
    let (_, report) = codec.encode_words(&data, &BookChoice::Best).unwrap();
    assert!(report.books.iter().all(|&book| book == 0), "noise goes out raw");
    assert_eq!(report.coded_bits(), 65536 * 8);
    assert!(report.packet_bits() < 65536 * 16 + 65536 * 16 / 500, "{}", report.packet_bits());
}

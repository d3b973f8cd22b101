//! The fast codec against the reference: the same packets, the same plaintexts, the same errors.

#[allow(dead_code)]
#[path = "../codec/generators.rs"]
mod generators;
#[path = "../codec/vector_files.rs"]
mod vector_files;

use generators::{case_of, parameters, Case};
use huffwire::codec::{BookChoice, Codec, EncodeError};
use huffwire::fast::{FastCodec, Unsupported};
use huffwire::format::{Format, SymbolMap};
use huffwire::wire::{BookMode, Parameters, Tracking, HEADER_BYTES};
use proptest::prelude::*;
use proptest::sample::Index;
use std::collections::BTreeSet;

/// Parameters that the fast codec covers; half of them bf16 by map `fields`.
fn covered() -> impl Strategy<Value = Parameters> {
    (parameters(), any::<bool>()).prop_filter_map("not covered", |(mut parameters, bf16)| {
        if bf16 {
            (parameters.format, parameters.map) = (Format::Bf16, SymbolMap::Fields);
        }
        (parameters.check().ok()?.symbols == 1).then_some(parameters)
    })
}

fn case() -> impl Strategy<Value = Case> {
    case_of(covered(), 3000)
}

fn both(case: &Case) -> (Codec, FastCodec) {
    let codec = case.codec();
    let fast = FastCodec::new(&codec).unwrap();
    (codec, fast)
}

/// Where two byte strings part, for a short message.
fn parting(a: &[u8], b: &[u8]) -> Option<usize> {
    (a != b).then(|| a.iter().zip(b).position(|(a, b)| a != b).unwrap_or(a.len().min(b.len())))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn packets_are_the_references(case in case()) {
        let (codec, fast) = both(&case);
        let (words, report) = codec.encode_words(&case.data, &case.choice).unwrap();
        let packet = codec.words_to_bytes(&words);
        let found = fast.encode_packet(&case.data, &case.choice).unwrap();
        prop_assert_eq!(parting(&found, &packet), None, "{} and {} bytes", found.len(), packet.len());
        prop_assert_eq!(parting(&fast.decode_packet(&packet).unwrap(), &case.data), None);
        let mut found = vec![0xA5; 10];
        prop_assert_eq!(fast.encode_reported(&case.data, &case.choice, &mut found).unwrap(), report);
        prop_assert_eq!(parting(&found, &packet), None);
    }

    /// What buffers hold from one packet does not show in the next.
    #[test]
    fn buffers_are_used_again(long in case(), cut in any::<Index>()) {
        let (codec, fast) = both(&long);
        let bytes = codec.layout().element_bytes();
        let short = &long.data[..cut.index(long.data.len() / bytes + 1) * bytes];
        let (mut packet, mut plain) = (vec![0xA5; 10], vec![0xA5; 10]);
        for data in [&long.data[..], short, &[], &long.data] {
            fast.encode_into(data, &BookChoice::Best, &mut packet).unwrap();
            prop_assert_eq!(parting(&packet, &codec.encode_packet(data, &BookChoice::Best).unwrap()), None);
            fast.decode_into(&packet, &mut plain).unwrap();
            prop_assert_eq!(parting(&plain, data), None);
        }
    }

    /// Flipped bits: the same plaintext or the same error.
    #[test]
    fn damaged_packets_decode_as_in_the_reference(case in case(), offset in any::<u32>()) {
        let (codec, fast) = both(&case);
        let mut packet = codec.encode_packet(&case.data, &case.choice).unwrap();
        let bits = 8 * packet.len();
        for i in 0..bits.min(40) {
            let bit = if bits <= 40 { i } else { (offset as usize).wrapping_add(i * 997) % bits };
            packet[bit / 8] ^= 0x80 >> (bit % 8);
            prop_assert_eq!(fast.decode_packet(&packet), codec.decode_packet(&packet), "bit {}", bit);
            packet[bit / 8] ^= 0x80 >> (bit % 8);
        }
    }

    /// Packets cut short, continued, with words of zeros more or less, with another count, or of garbage.
    #[test]
    fn misshapen_packets_decode_as_in_the_reference(
        case in case(), cut in any::<Index>(), tail in prop::collection::vec(any::<u8>(), 0..2000), count in any::<u32>(),
    ) {
        let (codec, fast) = both(&case);
        let packet = codec.encode_packet(&case.data, &case.choice).unwrap();
        let (body, trailer) = packet.split_at(packet.len() - 8);
        let symbols = u32::from_be_bytes(trailer[..4].try_into().unwrap());
        let mut all = vec![packet[..cut.index(packet.len())].to_vec(), [&packet[..], &tail].concat(), tail.clone()];
        all.push([&packet[..], &packet].concat());
        for zeros in [1, 2, 4, 1000] {
            all.push([body, &vec![0; zeros], trailer].concat());
        }
        all.push([&body[..body.len().saturating_sub(2).max(HEADER_BYTES)], trailer].concat());
        for count in [count, count % 4096, symbols.wrapping_sub(1), symbols + 1, symbols / 2, 2 * symbols, 0, u32::MAX] {
            all.push([body, &count.to_be_bytes(), &trailer[4..]].concat());
            all.push([&packet[..HEADER_BYTES], &tail, &count.to_be_bytes(), &trailer[4..]].concat());
        }
        for damaged in all {
            prop_assert_eq!(fast.decode_packet(&damaged), codec.decode_packet(&damaged));
        }
    }

    /// Errors of the caller.
    #[test]
    fn what_the_reference_refuses_is_refused(case in case(), id in any::<u8>(), ids in prop::collection::vec(0u8..=15, 0..9)) {
        let (codec, fast) = both(&case);
        let short = &case.data[..case.data.len().saturating_sub(1)];
        for choice in [BookChoice::Fixed(id), BookChoice::Fixed(id & 15), BookChoice::Ids(ids), BookChoice::Best] {
            for data in [&case.data, short] {
                let (mut packet, reference) = (Vec::new(), codec.encode_words(data, &choice));
                prop_assert_eq!(fast.encode_packet(data, &choice), codec.encode_packet(data, &choice));
                prop_assert_eq!(fast.encode_reported(data, &choice, &mut packet), reference.map(|(_, report)| report));
            }
        }
        if codec.layout().element_bits == 6 && !case.data.is_empty() {
            let mut wide = case.data.clone();
            wide[case.data.len() / 2] |= 0x40;
            let found = fast.encode_packet(&wide, &BookChoice::Best);
            let out_of_range = matches!(found, Err(EncodeError::ElementRange { .. }));
            prop_assert!(out_of_range);
            prop_assert_eq!(found, codec.encode_packet(&wide, &BookChoice::Best));
        }
    }

    /// A packet says by its header how it is to be decoded; the codec's own parameters do not matter.
    #[test]
    fn the_header_counts(case in case(), lanes_log2 in 0u32..=6, prefill in 4u32..=5, in_turn in any::<bool>()) {
        let (_, fast) = both(&case);
        let turns = if in_turn && lanes_log2 >= 2 { 4 } else { 1 };
        let sender = Codec::new(Parameters { lanes: 1 << lanes_log2, turns, prefill, ..case.parameters }, case.bank.clone());
        let packet = sender.unwrap().encode_packet(&case.data, &BookChoice::Best).unwrap();
        prop_assert_eq!(parting(&fast.decode_packet(&packet).unwrap(), &case.data), None);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Long packets, most of which is past their beginning and before their end.
    #[test]
    fn long_packets_are_the_references(case in case_of(covered(), 60_000)) {
        let (codec, fast) = both(&case);
        let packet = codec.encode_packet(&case.data, &case.choice).unwrap();
        let found = fast.encode_packet(&case.data, &case.choice).unwrap();
        prop_assert_eq!(parting(&found, &packet), None, "{} and {} bytes", found.len(), packet.len());
        prop_assert_eq!(parting(&fast.decode_packet(&packet).unwrap(), &case.data), None);
    }
}

/// Every number of lanes and turns, prefill, delay and window, around the ends of turns, steps, blocks and what is decoded in one go.
#[test]
fn every_length_around_the_ends() {
    use rand::{rngs::StdRng, SeedableRng};
    let lanes_and_turns = (0..=6).map(|log2| (1 << log2, 1)).chain((2..=6).map(|log2| (1 << log2, 4)));
    for (lanes, turns) in lanes_and_turns {
        for variant in 0..24u8 {
            let (book_mode, shortest) = if variant % 2 == 0 { (BookMode::Block, 4) } else { (BookMode::Fixed, 2) };
            let initial_bias = (variant < 12).then_some(120);
            let parameters = Parameters {
                turns,
                prefill: (3 + u32::from(variant / 2 % 3)).max(3 + turns / 4),
                block_log2: Some(shortest + variant % 3),
                book_mode,
                tracking: Some(Tracking { delay: 1 + variant / 3 % 3, window_log2: variant / 8, initial_bias }),
                ..Parameters::plain(Format::Bf16, SymbolMap::Fields, lanes)
            };
            let mut rng = StdRng::seed_from_u64(u64::from(variant) << 8 | u64::from(lanes));
            let bank = std::sync::Arc::new(generators::random_bank(&mut rng, &parameters, 3));
            let codec = Codec::new(parameters, bank).unwrap();
            let fast = FastCodec::new(&codec).unwrap();
            let lanes = lanes as usize;
            // Ids begin behind 0, 16 or 48 steps of a block.
            let steps = [0, 1, 2, 3, 4, 7, 8, 15, 16, 17, 18, 19, 20, 32, 48, 49, 50, 64, 80, 96, 112, 128, 160];
            let around = |at: usize| [at.saturating_sub(1), at, at + 1];
            let lengths = steps.iter().flat_map(|s| [around(s * lanes), around(s * lanes + lanes / 4)]).flatten();
            for length in lengths.collect::<BTreeSet<_>>() {
                let data = generators::random_data(&mut rng, &parameters, length);
                let packet = codec.encode_packet(&data, &BookChoice::Best).unwrap();
                let found = fast.encode_packet(&data, &BookChoice::Best).unwrap();
                assert_eq!(parting(&found, &packet), None, "L {lanes}/{turns}, variant {variant}, {length} elements");
                assert_eq!(
                    fast.decode_packet(&packet).as_ref(),
                    Ok(&data),
                    "L {lanes}/{turns}, variant {variant}, {length}"
                );
            }
        }
    }
}

#[test]
fn the_golden_vectors() {
    let mut covered = 0;
    for name in vector_files::names() {
        let (case, codec, choice, plain, packet) = vector_files::read(&name);
        match FastCodec::new(&codec) {
            Ok(fast) => {
                covered += 1;
                assert_eq!(
                    parting(&fast.encode_packet(&plain, &choice).unwrap(), &packet),
                    None,
                    "{name}: {}",
                    case.what
                );
                assert_eq!(fast.decode_packet(&packet).unwrap(), plain, "{name}: {}", case.fingerprint);
            }
            Err(_) => assert!(codec.layout().symbols > 1, "{name}"),
        }
    }
    assert!(covered >= 20, "{covered} vectors");
}

#[test]
fn what_is_not_covered_is_refused() {
    use rand::{rngs::StdRng, SeedableRng};
    let refused = |parameters: Parameters| {
        let bank = generators::random_bank(&mut StdRng::seed_from_u64(1), &parameters, 1);
        FastCodec::new(&Codec::new(parameters, std::sync::Arc::new(bank)).unwrap()).unwrap_err()
    };
    let planes = Parameters::plain(Format::Fp32, SymbolMap::Planes, 8);
    assert_eq!(refused(planes), Unsupported::Symbols(4));
    assert_eq!(refused(planes).to_string(), "4 symbols in an element: the fast codec takes one only");
}

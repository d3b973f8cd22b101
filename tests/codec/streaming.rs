//! Streaming: the same words and bytes in whatever pieces, as early as the format allows, in bounded memory.

use crate::generators::{case, random_bank, random_data, Case};
use crate::oracle;
use huffwire::codebook::{Bank, Book, PlaneCode};
use huffwire::codec::{BookChoice, Codec, Decoder, Encoder};
use huffwire::format::{Format, SymbolMap};
use huffwire::wire::{BookMode, Parameters, Tracking, MUX_BITS};
use proptest::prelude::*;
use rand::{rngs::StdRng, Rng, SeedableRng};
use std::sync::Arc;

/// Random pieces of a whole.
fn pieces<T>(mut rest: &[T], seed: u64) -> Vec<&[T]> {
    let mut rng = StdRng::seed_from_u64(seed);
    let longest = [2, 10, 300][rng.random_range(0..3)];
    let mut pieces = Vec::new();
    while !rest.is_empty() {
        let (piece, next) = rest.split_at(rng.random_range(0..=longest).min(rest.len()));
        pieces.push(piece);
        rest = next;
    }
    pieces
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn pieces_make_no_difference(case in case(), seed in any::<u64>()) {
        let codec = case.codec();
        let (whole, whole_report) = codec.encode_words(&case.data, &case.choice).unwrap();
        let mut encoder = Encoder::new(&codec, case.choice.clone()).unwrap();
        let mut words = Vec::new();
        for piece in pieces(&case.data, seed) {
            encoder.push(piece).unwrap();
            words.extend(std::iter::from_fn(|| encoder.pull()));
        }
        encoder.finish().unwrap();
        words.extend(std::iter::from_fn(|| encoder.pull()));
        prop_assert_eq!(&words, &whole);
        prop_assert_eq!(encoder.report(), &whole_report);

        let packet = codec.words_to_bytes(&words);
        let mut decoder = Decoder::new(&codec);
        let mut data = Vec::new();
        for piece in pieces(&packet, !seed) {
            decoder.push_bytes(piece).unwrap();
            data.extend(decoder.pull());
        }
        decoder.end().unwrap();
        data.extend(decoder.pull());
        prop_assert_eq!(&data, &case.data);
    }

    /// Section 5.2, last paragraph: turn `u` comes out with the first payload word that follows the groups 0 ... `u`. The
    /// decoder knows a word for payload when a trailer's words have followed it.
    #[test]
    fn the_decoder_hands_out_each_turn_with_the_first_word_that_proves_it(case in case()) {
        let codec = case.codec();
        let (words, report) = codec.encode_words(&case.data, &case.choice).unwrap();
        let packet = oracle::encode(&case.parameters, &case.bank, &case.data, &report.books);
        let mut decoder = Decoder::new(&codec);
        let mut symbols_out = 0;
        for (i, &word) in words.iter().enumerate() {
            decoder.push_word(word).unwrap();
            let payload = (i + 1).saturating_sub(packet.header.len() + packet.trailer.len());
            let asked_up_to = |u: usize| packet.asked.partition_point(|asked| asked.group <= u);
            let proven = (0..packet.turns).take_while(|&u| asked_up_to(u) < payload).count();
            let steps = proven as u64 / u64::from(case.parameters.turns);
            prop_assert_eq!(decoder.steps(), steps, "after {} payload words", payload);
            let layout = codec.layout();
            symbols_out += decoder.pull().len() / layout.element_bytes() * layout.symbols as usize;
            let planes = layout.symbols as usize;
            prop_assert_eq!(symbols_out, proven * case.parameters.turn_lanes() as usize / planes * planes);
        }
    }

    /// With books and initial bias known beforehand a word leaves with the turn that fills it, or that makes it be asked for.
    #[test]
    fn the_encoder_sends_each_word_with_the_turn_that_completes_it(case in case(), book in 0u8..=1) {
        prop_assume!(case.parameters.book_mode == BookMode::Fixed);
        prop_assume!(case.parameters.tracking.is_none_or(|t| t.initial_bias.is_some()));
        let codec = case.codec();
        let layout = codec.layout();
        let (lanes, turn_lanes) = (case.parameters.lanes as usize, case.parameters.turn_lanes() as usize);
        let m = MUX_BITS as usize;
        let packet = oracle::encode(&case.parameters, &case.bank, &case.data, &[book]);
        let mut encoder = Encoder::new(&codec, BookChoice::Fixed(book)).unwrap();
        let mut sent = std::iter::from_fn(|| encoder.pull()).count();
        prop_assert_eq!(sent, packet.header.len(), "the header goes ahead");
        for (i, element) in case.data.chunks(layout.element_bytes()).enumerate() {
            encoder.push(element).unwrap();
            sent += std::iter::from_fn(|| encoder.pull()).count();
            let turns = (i + 1) * layout.symbols as usize / turn_lanes;
            let steps_of = |lane: usize| (turns + lanes / turn_lanes - 1 - lane / turn_lanes) * turn_lanes / lanes;
            let full = |asked: &&oracle::Asked| {
                let bits = match asked.stream {
                    raw if raw == lanes => turns * turn_lanes * layout.raw_bits as usize,
                    lane => packet.bits_before[lane][steps_of(lane)],
                };
                asked.group <= turns && (asked.index + 1) * m <= bits
            };
            let due = packet.asked.iter().take_while(full).count();
            prop_assert_eq!(sent, packet.header.len() + due, "after {} turns", turns);
        }
    }
}

/// Symbols 0 take a bit, all others many: lane 0 gets only the former, and all lanes wait for its words.
#[test]
fn what_waits_in_the_encoder_is_bounded() {
    let mut lengths = vec![9; 256];
    lengths[0] = 1;
    lengths[255] = 8;
    // 1/2 + 254/512 + 1/256 is 1 + 0: complete, with a tail of 8 and 9 bits.
    let code = PlaneCode::new(8, lengths, 0).unwrap();
    let book = Book { name: "lopsided".into(), planes: vec![code] };
    let bank = Arc::new(Bank::new(SymbolMap::Bytes, vec![book]).unwrap());
    for (turns, prefill) in [(1, 3), (1, 5), (4, 4)] {
        let lanes = 4;
        let parameters = Parameters { turns, prefill, ..Parameters::plain(Format::Raw, SymbolMap::Bytes, lanes) };
        let codec = Codec::new(parameters, bank.clone()).unwrap();
        let mut encoder = Encoder::new(&codec, BookChoice::Fixed(1)).unwrap();
        let (mut sent, mut longest_wait) = (0u64, 0);
        for _ in 0..50_000 {
            encoder.push(&[0, 7, 7, 7]).unwrap();
            sent += std::iter::from_fn(|| encoder.pull()).count() as u64;
            let payload = (sent - encoder.report().header_words) * u64::from(MUX_BITS);
            longest_wait = longest_wait.max(encoder.report().coded_bits() - payload);
        }
        // `P`·`M` steps for lane 0's word, and a word under way in each lane.
        let step_bits = 1 + 3 * 9;
        let limit = u64::from(prefill * MUX_BITS) * step_bits + u64::from(lanes * MUX_BITS);
        assert!(longest_wait <= limit, "{longest_wait} bits wait, {limit} allowed");
        assert!(longest_wait > limit / 2, "the limit says something: {longest_wait} of {limit}");
    }
}

/// With the best book of each block the encoder looks one block and 16 steps ahead, and no further.
#[test]
fn the_look_ahead_for_books_is_a_block_and_16_steps() {
    let lanes = 2;
    let tracking = Tracking { delay: 1, window_log2: 1, initial_bias: Some(127) };
    let parameters = Parameters {
        block_log2: Some(6),
        book_mode: BookMode::Block,
        tracking: Some(tracking),
        ..Parameters::plain(Format::Bf16, SymbolMap::Fields, lanes)
    };
    let mut rng = StdRng::seed_from_u64(3);
    let bank = Arc::new(random_bank(&mut rng, &parameters, 8));
    let codec = Codec::new(parameters, bank.clone()).unwrap();
    let data = random_data(&mut rng, &parameters, 64 * 2 * 20);
    let (_, report) = codec.encode_words(&data, &BookChoice::Best).unwrap();
    let packet = oracle::encode(&parameters, &bank, &data, &report.books);
    let bits_before = |t: usize| packet.bits_before.iter().map(|bits| bits[t] as u64).sum::<u64>();

    let mut encoder = Encoder::new(&codec, BookChoice::Best).unwrap();
    let mut longest_wait = 0;
    for (i, step) in data.chunks(2 * lanes as usize).enumerate() {
        encoder.push(step).unwrap();
        let coded = encoder.report().coded_bits() + encoder.report().book_id_bits;
        let steps_coded = (0..packet.steps).take_while(|&t| bits_before(t + 1) <= coded).count();
        longest_wait = longest_wait.max(i + 1 - steps_coded);
    }
    // Before the last step of a block comes in, all of it and the 16 steps since the place of its id wait.
    assert_eq!(longest_wait, 64 + 16 - 1);
}

#[test]
fn words_and_bytes_are_the_same_to_the_decoder() {
    let parameters = Parameters::plain(Format::Int8, SymbolMap::Bytes, 4);
    let mut rng = StdRng::seed_from_u64(1);
    let bank = Arc::new(random_bank(&mut rng, &parameters, 2));
    let data = random_data(&mut rng, &parameters, 1000);
    let case = Case { parameters, bank, choice: BookChoice::Fixed(2), data };
    let packet = case.codec().encode_packet(&case.data, &case.choice).unwrap();
    let words: Vec<u32> = packet.chunks(2).map(|b| u32::from(b[0]) << 8 | u32::from(b[1])).collect();
    assert_eq!(case.codec().decode_words(&words).unwrap(), case.data);
}

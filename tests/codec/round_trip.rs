//! What goes in comes out, and what travels in between is what the oracle says.

use crate::generators::{case, Case};
use crate::oracle;
use huffwire::codec::{BookChoice, Codec};
use huffwire::wire::{Parameters, MUX_BITS};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn what_is_encoded_is_decoded(case in case()) {
        let codec = case.codec();
        let (words, _) = codec.encode_words(&case.data, &case.choice).unwrap();
        prop_assert_eq!(&codec.decode_words(&words).unwrap(), &case.data);
        let packet = codec.encode_packet(&case.data, &case.choice).unwrap();
        prop_assert_eq!(&packet, &codec.words_to_bytes(&words));
        prop_assert_eq!(&codec.decode_packet(&packet).unwrap(), &case.data);
    }

    #[test]
    fn the_words_are_those_of_the_oracle(case in case()) {
        let (words, report) = case.codec().encode_words(&case.data, &case.choice).unwrap();
        let packet = oracle::encode(&case.parameters, &case.bank, &case.data, &report.books);
        prop_assert_eq!(words, packet.words());
    }

    /// The header alone says how to decode: any codec with the same bank does.
    #[test]
    fn any_codec_with_the_bank_decodes(case in case()) {
        let packet = case.codec().encode_packet(&case.data, &case.choice).unwrap();
        let lanes = if case.parameters.lanes == 64 { 1 } else { 2 * case.parameters.lanes };
        let turns = if lanes >= 16 && case.parameters.turns == 1 { 4 } else { 1 };
        let other = Parameters { lanes, turns, prefill: if turns == 1 { 3 } else { 5 }, ..case.parameters };
        prop_assert_eq!(Codec::new(other, case.bank.clone()).unwrap().decode_packet(&packet).unwrap(), case.data);
    }

    #[test]
    fn the_report_accounts_for_every_bit(case in case()) {
        check_report(&case);
    }

    #[test]
    fn the_best_book_is_the_cheapest_and_of_equals_the_lowest(case in case()) {
        let (_, report) = case.codec().encode_words(&case.data, &BookChoice::Best).unwrap();
        let costs = oracle::block_costs(&case.parameters, &case.bank, &case.data);
        for (id, costs) in report.books.iter().zip(&costs) {
            let cheapest = costs.iter().min().unwrap();
            prop_assert_eq!(usize::from(*id), costs.iter().position(|c| c == cheapest).unwrap());
        }
        prop_assert_eq!(report.books.len(), costs.len().max(1));
        // An empty packet has no block; the header names the raw book then.
        if costs.is_empty() {
            prop_assert_eq!(report.books, [0]);
        }
    }
}

fn check_report(case: &Case) {
    let layout = case.parameters.check().unwrap();
    let (words, report) = case.codec().encode_words(&case.data, &case.choice).unwrap();
    let packet = oracle::encode(&case.parameters, &case.bank, &case.data, &report.books);
    let elements = case.data.len() / layout.element_bytes();
    assert_eq!(report.symbols, elements as u64 * u64::from(layout.symbols));
    assert_eq!(report.raw_bits, elements as u64 * u64::from(layout.raw_bits));
    assert_eq!(report.packet_bits(), words.len() as u64 * u64::from(MUX_BITS));
    assert_eq!(report.payload_words, packet.payload.len() as u64);
    let mut lane_bits: Vec<u64> = packet.bits_before.iter().map(|bits| *bits.last().unwrap() as u64).collect();
    lane_bits[0] -= report.book_id_bits;
    assert_eq!(report.lane_bits, lane_bits);
    let real = |bits: usize| bits.div_ceil(MUX_BITS as usize) as u64;
    let real_words = packet.bits_before.iter().map(|bits| real(*bits.last().unwrap())).sum::<u64>();
    assert_eq!(report.padding_words, report.payload_words - real_words - real(report.raw_bits as usize));
    let useful = report.coded_bits() + report.raw_bits + report.book_id_bits;
    assert_eq!(report.padding_bits() + useful, report.payload_words * u64::from(MUX_BITS));
    let costs = oracle::block_costs(&case.parameters, &case.bank, &case.data);
    let coded: u64 = costs.iter().zip(&report.books).map(|(costs, &id)| costs[usize::from(id)]).sum();
    assert_eq!(report.coded_bits(), coded);
    match &case.choice {
        BookChoice::Ids(ids) => assert_eq!(&report.books, ids),
        BookChoice::Fixed(id) => assert_eq!(report.books, vec![*id; case.blocks()]),
        BookChoice::Best => {}
    }
}

/// The parameters that matter at their ends, crossed with every length around lanes and blocks.
#[test]
fn every_short_length() {
    use crate::generators::{random_bank, random_data};
    use huffwire::format::{Format, SymbolMap};
    use huffwire::wire::{BookMode, Tracking};
    use rand::{rngs::StdRng, SeedableRng};
    let mut rng = StdRng::seed_from_u64(5);
    for (format, map, lanes, turns, prefill) in [
        (Format::Bf16, SymbolMap::Fields, 1, 1, 3),
        (Format::E5m2, SymbolMap::Fields, 4, 1, 3),
        (Format::Fp32, SymbolMap::Planes, 2, 1, 3),
        (Format::Bf16, SymbolMap::Fields, 4, 4, 4),
        (Format::E5m2, SymbolMap::Fields, 8, 4, 5),
        (Format::Bf16, SymbolMap::Planes, 8, 4, 4),
    ] {
        let tracking = Tracking { delay: 1, window_log2: 0, initial_bias: Some(9) };
        let parameters = Parameters {
            block_log2: Some(4),
            book_mode: BookMode::Block,
            tracking: (map == SymbolMap::Fields).then_some(tracking),
            turns,
            prefill,
            ..Parameters::plain(format, map, lanes)
        };
        let bank = std::sync::Arc::new(random_bank(&mut rng, &parameters, 3));
        for elements in 0..(50 * lanes as usize) {
            let data = random_data(&mut rng, &parameters, elements);
            let case = Case { parameters, bank: bank.clone(), choice: BookChoice::Best, data };
            check_report(&case);
            let packet = case.codec().encode_packet(&case.data, &case.choice).unwrap();
            let what = format!("{format} {map} {lanes} lanes in {turns} turns, {elements}");
            let oracles = oracle::encode(
                &parameters,
                &bank,
                &case.data,
                &case.codec().encode_words(&case.data, &case.choice).unwrap().1.books,
            );
            assert_eq!(packet, case.codec().words_to_bytes(&oracles.words()), "{what}");
            assert_eq!(case.codec().decode_packet(&packet).unwrap(), case.data, "{what}");
        }
    }
}

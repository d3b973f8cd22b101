//! Any input ends in data that is right or in an error: never in a panic, a hang or much memory.

use crate::generators::{case, random_bank, Case};
use huffwire::codec::{BookChoice, Codec, DecodeError, Decoder, LengthFault};
use huffwire::format::{Format, SymbolMap};
use huffwire::wire::{Parameters, HEADER_BYTES, MUX_BITS};
use proptest::prelude::*;
use rand::{rngs::StdRng, RngCore, SeedableRng};
use std::sync::Arc;

fn packet(case: &Case) -> (Codec, Vec<u8>) {
    let codec = case.codec();
    let packet = codec.encode_packet(&case.data, &case.choice).unwrap();
    (codec, packet)
}

fn right_or_refused(result: Result<Vec<u8>, DecodeError>, data: &[u8]) -> bool {
    result.map_or(true, |decoded| decoded == data)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// One flipped bit gives an error. The one exception is a flip that has another way of saying the same: an escape before
    /// a symbol that has a codeword of its own, or the id of a book that codes the block alike; the data is right then. The
    /// first has at most one bit in each codeword, which is then of at least a bit of escape and two of symbol: a third.
    /// Up to 300 bits of each packet are tried.
    #[test]
    fn a_flipped_bit_is_never_a_silent_wrong_answer(case in case(), offset in any::<u32>()) {
        let (codec, mut packet) = packet(&case);
        let bits = 8 * packet.len();
        let mut accepted = 0;
        for i in 0..bits.min(300) {
            let bit = if bits <= 300 { i } else { (offset as usize).wrapping_add(i * 997) % bits };
            packet[bit / 8] ^= 0x80 >> (bit % 8);
            let result = codec.decode_packet(&packet);
            accepted += usize::from(result.is_ok());
            // Header and trailer have no second way of saying a thing.
            if bit < 8 * HEADER_BYTES || bit + 64 >= bits {
                prop_assert!(result.is_err(), "bit {} of header or trailer", bit);
            }
            prop_assert!(right_or_refused(result, &case.data), "bit {}", bit);
            packet[bit / 8] ^= 0x80 >> (bit % 8);
        }
        prop_assert!(accepted <= 4 + bits.min(300) / 3, "{accepted} flips accepted");
    }

    #[test]
    fn a_cut_packet_is_refused(case in case(), cut in any::<prop::sample::Index>()) {
        let (codec, packet) = packet(&case);
        let last = packet.len() - 1;
        for length in [cut.index(packet.len()), last, last.saturating_sub(1), last.saturating_sub(3), last / 2, 0] {
            prop_assert!(codec.decode_packet(&packet[..length]).is_err(), "{length} of {} bytes", packet.len());
        }
    }

    #[test]
    fn a_packet_that_goes_on_is_refused(case in case(), tail in prop::collection::vec(any::<u8>(), 1..20)) {
        let (codec, mut packet) = packet(&case);
        packet.extend(tail);
        prop_assert!(codec.decode_packet(&packet).is_err());
    }

    #[test]
    fn two_packets_in_one_are_refused(case in case()) {
        let (codec, packet) = packet(&case);
        prop_assert!(codec.decode_packet(&[&packet[..], &packet].concat()).is_err());
    }

    /// A word of zeros more or less before the trailer: the cut of section 5.2 is at one place only.
    #[test]
    fn the_payload_has_one_length(case in case()) {
        let (codec, packet) = packet(&case);
        let word = MUX_BITS as usize / 8;
        let trailer = packet.len() - 8;
        let longer = [&packet[..trailer], &vec![0; word], &packet[trailer..]].concat();
        let fault = |result| match result {
            Err(DecodeError::Length { fault, .. }) => Some(fault),
            _ => None,
        };
        let found = fault(codec.decode_packet(&longer));
        prop_assert!(matches!(found, Some(LengthFault::WordTooMany | LengthFault::CountTooSmall)), "{found:?}");
        if !case.data.is_empty() {
            let shorter = [&packet[..trailer - word], &packet[trailer..]].concat();
            let found = fault(codec.decode_packet(&shorter));
            prop_assert!(matches!(found, Some(LengthFault::WordMissing | LengthFault::Impossible)), "{found:?}");
        }
    }

    /// Garbage behind a header that is good: the decoder proper, not just the header's checks.
    #[test]
    fn garbage_is_refused(case in case(), garbage in prop::collection::vec(any::<u8>(), 0..2000), count in any::<u32>()) {
        let (codec, packet) = packet(&case);
        prop_assert!(codec.decode_packet(&garbage).is_err());
        let mut forged = [&packet[..HEADER_BYTES], &garbage].concat();
        prop_assert!(codec.decode_packet(&forged).is_err());
        for symbols in [count, count % 4096, u32::MAX, u32::MAX / 4 * 4, 0, 4] {
            forged.extend_from_slice(&symbols.to_be_bytes());
            forged.extend_from_slice(&[0; 4]);
            prop_assert!(codec.decode_packet(&forged).is_err());
            forged.truncate(forged.len() - 8);
        }
    }

    /// After an error a decoder says the same for ever, whatever comes.
    #[test]
    fn an_error_stays(case in case(), at in any::<prop::sample::Index>()) {
        let (codec, mut packet) = packet(&case);
        let at = at.index(packet.len());
        packet[at] ^= 0x55;
        let mut decoder = Decoder::new(&codec);
        let first = decoder.push_bytes(&packet).and_then(|()| decoder.end());
        if let Err(error) = first {
            prop_assert_eq!(decoder.push_bytes(&packet), Err(error.clone()));
            prop_assert_eq!(decoder.push_word(0), Err(error.clone()));
            prop_assert_eq!(decoder.end(), Err(error));
        }
    }
}

/// A count of 4 Gi symbols over a small payload ends at once, and output stays in proportion to input.
#[test]
fn a_hostile_count_costs_nothing() {
    for (lanes, turns) in [(1, 1), (4, 4), (64, 4)] {
        a_hostile_count(Parameters { turns, ..Parameters::plain(Format::Raw, SymbolMap::Bytes, lanes) });
    }
}

fn a_hostile_count(parameters: Parameters) {
    let mut rng = StdRng::seed_from_u64(9);
    let bank = Arc::new(random_bank(&mut rng, &parameters, 1));
    let codec = Codec::new(parameters, bank).unwrap();
    let mut packet = codec.encode_packet(&[0; 1000], &BookChoice::Fixed(1)).unwrap();
    let header_bytes = 10;
    let mut payload = vec![0; 1 << 20];
    rng.fill_bytes(&mut payload);
    packet.truncate(header_bytes);
    packet.extend(payload);
    for symbols in [u32::MAX, 8 << 20, (8 << 20) - 1, 1 << 22] {
        let forged = [&packet[..], &symbols.to_be_bytes(), &[0; 4]].concat();
        let mut decoder = Decoder::new(&codec);
        let result = decoder.push_bytes(&forged).and_then(|()| decoder.end());
        assert!(matches!(result, Err(DecodeError::Length { .. })), "{result:?}");
        assert!(decoder.pull().len() <= 8 * forged.len(), "at most a byte for every bit");
    }
}

//! Every error of the codec, provoked, with its message.

use crate::oracle::crc32c;
use huffwire::codebook::{Bank, Book, PlaneCode};
use huffwire::codec::{
    BookChoice, Codec, CodecError, DecodeError, Decoder, EncodeError, Encoder, LengthFault, PaddingPlace,
};
use huffwire::format::{Format, SymbolMap};
use huffwire::wire::{BookMode, HeaderError, Parameters, Tracking};
use std::sync::Arc;

/// Codec for 2-bit exponents: e2m3, codewords 10, 0, 110 and 111 + symbol.
fn codec(parameters: Parameters) -> Codec {
    let book = Book { name: "small".into(), planes: vec![PlaneCode::new(2, vec![2, 1, 3, 0], 3).unwrap()] };
    Codec::new(parameters, Arc::new(Bank::new(SymbolMap::Fields, vec![book]).unwrap())).unwrap()
}

fn plain() -> Parameters {
    Parameters::plain(Format::E2m3, SymbolMap::Fields, 2)
}

fn per_block() -> Parameters {
    Parameters { block_log2: Some(4), book_mode: BookMode::Block, ..plain() }
}

fn encode(codec: &Codec, data: &[u8]) -> Vec<u8> {
    codec.encode_packet(data, &BookChoice::Fixed(1)).unwrap()
}

fn refused(codec: &Codec, packet: &[u8]) -> (DecodeError, String) {
    let error = codec.decode_packet(packet).unwrap_err();
    let message = error.to_string();
    (error, message)
}

#[test]
fn codec_errors() {
    let bank = codec(plain()).bank().clone();
    let error = Codec::new(Parameters { lanes: 3, ..plain() }, bank.clone()).unwrap_err();
    assert!(matches!(error, CodecError::Parameters(_)));
    assert_eq!(error.to_string(), "lanes = 3: must be 1, 2, 4, 8, 16, 32 or 64");
    let error = Codec::new(Parameters::plain(Format::E3m2, SymbolMap::Fields, 1), bank).unwrap_err();
    assert!(matches!(error, CodecError::Bank(_)));
    assert_eq!(error.to_string(), "the bank has planes of [2] bits, the stream's elements have [3]");
}

#[test]
fn encode_errors() {
    let codec = codec(plain());
    let message = |data: &[u8], choice| codec.encode_packet(data, &choice).unwrap_err().to_string();
    assert_eq!(message(&[0], BookChoice::Fixed(2)), "book 2: the bank has books 0 (raw) to 1");
    assert_eq!(message(&[0], BookChoice::Ids(vec![16])), "book 16: the bank has books 0 (raw) to 1");
    assert_eq!(
        message(&[0, 1, 0x3F, 0x40], BookChoice::Fixed(1)),
        "element 3 is 0x40: must be below 0x40 in a 6-bit format"
    );
    let ids = |n| BookChoice::Ids(vec![1; n]);
    assert_eq!(message(&[0], ids(0)), "0 book ids for a packet of 1 blocks (block 0 always counts)");
    assert_eq!(message(&[0], ids(2)), "2 book ids for a packet of 1 blocks (block 0 always counts)");
    assert_eq!(message(&[], ids(2)), "2 book ids for a packet of 1 blocks (block 0 always counts)");
    codec.encode_packet(&[], &ids(1)).unwrap();
    let blocks = self::codec(per_block());
    blocks.encode_packet(&[0; 33], &ids(2)).unwrap();
    let error = blocks.encode_packet(&[0; 33], &ids(1)).unwrap_err();
    assert_eq!(error, EncodeError::BookIds { given: 1, blocks: 2 });

    let fp32 = Book { name: "fp32".into(), planes: vec![PlaneCode::raw(8).unwrap()] };
    let bank = Arc::new(Bank::new(SymbolMap::Fields, vec![fp32]).unwrap());
    let wide = Codec::new(Parameters::plain(Format::Fp32, SymbolMap::Fields, 1), bank).unwrap();
    let error = wide.encode_packet(&[0; 7], &BookChoice::Fixed(0)).unwrap_err();
    assert_eq!(error.to_string(), "the data ends 3 bytes into an element of 4 bytes");

    let mut encoder = Encoder::new(&codec, BookChoice::Fixed(1)).unwrap();
    encoder.finish().unwrap();
    assert_eq!(encoder.push(&[0]), Err(EncodeError::Finished));
    assert_eq!(encoder.finish().unwrap_err().to_string(), "the packet has been finished: an encoder makes one packet");

    // An error stays, and the packet with it.
    let mut encoder = Encoder::new(&codec, BookChoice::Fixed(1)).unwrap();
    let error = encoder.push(&[0xFF]).unwrap_err();
    assert_eq!(encoder.push(&[0]), Err(error.clone()));
    assert_eq!(encoder.finish(), Err(error));
}

#[test]
fn truncated() {
    let codec = codec(plain());
    let packet = encode(&codec, &[]);
    assert_eq!(packet.len(), 18);
    assert_eq!(refused(&codec, &packet[..9]).1, "packet of 9 bytes: header and trailer alone take 10");
    assert_eq!(refused(&codec, &packet[..16]).1, "packet of 16 bytes: header and trailer alone take 18");
    assert_eq!(refused(&codec, &[]).0, DecodeError::Truncated { bytes: 0, needed: 10 });
    assert_eq!(refused(&codec, &packet[..10]).0, DecodeError::Truncated { bytes: 10, needed: 18 });
    assert_eq!(refused(&codec, &packet[..17]).0, DecodeError::Truncated { bytes: 17, needed: 18 });
}

#[test]
fn header_errors() {
    let codec = codec(plain());
    let good = encode(&codec, &[1, 2, 3]);
    let with = |byte: usize, mask: u8| {
        let mut packet = good.clone();
        packet[byte] ^= mask;
        refused(&codec, &packet)
    };
    assert_eq!(with(0, 0x30), (DecodeError::Version(1), "wire format version 1: this decoder knows version 2".into()));
    // Format 7 becomes 15.
    assert_eq!(with(0, 0x08).1, "header field 'format' has the undefined value 15");
    assert_eq!(with(5, 0x01).0, DecodeError::Header(HeaderError::NotZero("reserved")));
    assert_eq!(with(1, 0x40).1, "header field 'map' has the undefined value 3");
    assert!(with(2, 0x50).1.starts_with("header: a block length has no use"));
    let (error, message) = with(9, 1);
    assert!(matches!(error, DecodeError::Fingerprint { .. }));
    let bank = codec.fingerprint();
    assert_eq!(message, format!("the packet was made with bank {:#010x}, this is bank {bank:#010x}", bank ^ 1));
    // Book 1 becomes 3: the top bit of byte 3 is the id's last but two.
    let (error, message) = with(2, 0x01);
    assert_eq!(error, DecodeError::Book { block: 0, id: 3, books: 1 });
    assert_eq!(message, "block 0 asks for book 3: the bank has books 0 (raw) to 1");
    // Two lanes are too few for four turns. Prefill 4 becomes 2.
    let needs = "must be 1 or 4, with a lane for each symbol in a turn of 4";
    assert_eq!(with(1, 0x04).1, format!("header: 4 turns of 2 lanes with 1 symbols an element: {needs}"));
    let needs = "must be 3 to 5, with lanes in turn 4 or 5";
    assert_eq!(with(1, 0x02).1, format!("header: prefill of 2 words: {needs}"));
    let in_turn = self::codec(Parameters { turns: 4, lanes: 4, ..plain() });
    let mut packet = encode(&in_turn, &[1, 2, 3]);
    packet[1] ^= 0x03;
    assert_eq!(refused(&in_turn, &packet).1, format!("header: prefill of 3 words: {needs}"));
    let tracking = Some(Tracking { delay: 1, window_log2: 0, initial_bias: Some(1) });
    let tracked = self::codec(Parameters { block_log2: Some(4), tracking, ..plain() });
    let mut packet = encode(&tracked, &[1, 2, 3]);
    packet[3] ^= 0x10;
    assert_eq!(refused(&tracked, &packet).1, "header: tracker delay of 0 blocks: must be 1 to 3");
}

#[test]
fn a_header_that_asks_too_much_of_its_bank() {
    let codec = codec(plain());
    let mut packet = encode(&codec, &[1, 2, 3]);
    packet[0] = 0x26; // format e3m2
    let (error, message) = refused(&codec, &packet);
    assert!(matches!(error, DecodeError::BankMismatch(_)));
    let cause = "the bank has planes of [2] bits, the stream's elements have [3]";
    assert_eq!(message, format!("the header does not go with its bank: {cause}"));

    // Codewords of 16 bits, with which a bit of a book id would have no room.
    let lengths = std::iter::repeat_n(5, 16).chain(2..=16).chain([16]).collect();
    let code = PlaneCode::new(5, lengths, 0).unwrap();
    let bank = Bank::new(SymbolMap::Fields, vec![Book { name: "long".into(), planes: vec![code] }]).unwrap();
    let codec = Codec::new(Parameters::plain(Format::E5m2, SymbolMap::Fields, 1), Arc::new(bank)).unwrap();
    let mut packet = encode(&codec, &[1, 2, 3]);
    packet[2] ^= 0x48; // blocks of 16 steps, with a book each
    let message = refused(&codec, &packet).1;
    assert!(
        message.ends_with("longest codeword of the bank is 16 bits, these parameters leave room for 15"),
        "{message}"
    );
}

#[test]
fn a_book_in_the_stream_that_is_not_there() {
    let codec = codec(per_block());
    let packet = encode(&codec, &[0x08; 40]);
    // Steps 0 to 3 of lane 0 are codewords 0 (exponent 1), each with a bit of block 1's id behind it, 0001. The first words are the 8 steps of raw bits
    // that go ahead, 4 words; lane 0's first word follows the header's 10 bytes and these.
    assert_eq!(packet[18], 0b00_00_00_01);
    let mut forged = packet.clone();
    forged[18] |= 0b01_00_00_00;
    let (error, message) = refused(&codec, &forged);
    assert_eq!(error, DecodeError::Book { block: 1, id: 9, books: 1 });
    assert_eq!(message, "block 1 asks for book 9: the bank has books 0 (raw) to 1");
    // An error in mid-stream comes with the word that proves the step, not with the trailer.
    let mut decoder = Decoder::new(&codec);
    assert!(decoder.push_bytes(&forged).is_err());
}

/// Puts another count in the trailer, and the right CRC for the data.
fn with_count(packet: &[u8], covered_data: &[u8], symbols: u32) -> Vec<u8> {
    let covered = [&packet[..10], covered_data, &symbols.to_be_bytes()].concat();
    [&packet[..packet.len() - 8], &symbols.to_be_bytes(), &crc32c(&covered).to_be_bytes()].concat()
}

#[test]
fn count() {
    let book = Book { name: "flat".into(), planes: vec![PlaneCode::raw(8).unwrap(); 2] };
    let bank = Arc::new(Bank::new(SymbolMap::Planes, vec![book]).unwrap());
    let codec = Codec::new(Parameters::plain(Format::Bf16, SymbolMap::Planes, 1), bank).unwrap();
    let packet = encode(&codec, &[1, 2, 3, 4]);
    let (error, message) = refused(&codec, &with_count(&packet, &[1, 2, 3, 4], 3));
    assert_eq!(error, DecodeError::Count { symbols: 3, planes: 2 });
    assert_eq!(message, "3 symbols: must be a multiple of 2, the symbols of an element");
}

#[test]
fn length() {
    let codec = codec(plain());
    let data = [0x08; 300];
    let packet = encode(&codec, &data);
    let fault = |packet: &[u8]| match refused(&codec, packet) {
        (DecodeError::Length { fault, .. }, message) => (fault, message),
        other => panic!("{other:?}"),
    };
    let words = (packet.len() - 18) / 2;
    let says = |symbols: u32, fault: &str| format!("{symbols} symbols in {words} payload words: {fault}");
    assert_eq!(
        fault(&with_count(&packet, &data, 1_000_000)),
        (LengthFault::Impossible, says(1_000_000, "more symbols than the payload has bits for"))
    );
    assert_eq!(
        fault(&with_count(&packet, &data, 20)),
        (LengthFault::CountTooSmall, says(20, "the payload goes on after that many symbols"))
    );
    let (found, message) = fault(&with_count(&packet, &data, 290));
    assert_eq!((found, message), (LengthFault::WordTooMany, says(290, "the last word holds no bit of any symbol")));
    assert_eq!(
        fault(&with_count(&packet, &data, 310)),
        (LengthFault::WordMissing, says(310, "the symbols go on after the last word"))
    );
    let odd = [&packet[..], &[0]].concat();
    assert_eq!(fault(&odd).0, LengthFault::PartialWord);
    assert!(fault(&odd).1.ends_with("the packet ends within a word"));
    // No symbols, but a payload; symbols, but no payload.
    let empty = encode(&codec, &[]);
    assert_eq!(fault(&[&empty[..10], &[0, 0], &empty[10..]].concat()).0, LengthFault::WordTooMany);
    assert_eq!(fault(&with_count(&empty, &[], 2)).0, LengthFault::Impossible);
}

#[test]
fn padding() {
    let codec = codec(plain());
    // Three elements: 12 raw bits in one word, three words of zeros, then both lanes.
    let packet = encode(&codec, &[0x08, 0x08, 0x08]);
    assert_eq!(packet.len(), 10 + 2 * (4 + 2) + 8);
    let with = |byte: usize| {
        let mut packet = packet.clone();
        packet[byte] |= 1;
        refused(&codec, &packet)
    };
    assert_eq!(with(11), (DecodeError::Padding(PaddingPlace::Raw), "padding of the raw stream is not zero".into()));
    assert_eq!(with(15).0, DecodeError::Padding(PaddingPlace::Raw));
    assert_eq!(with(19), (DecodeError::Padding(PaddingPlace::Lane(0)), "padding of lane 0 is not zero".into()));
    assert_eq!(with(21).0, DecodeError::Padding(PaddingPlace::Lane(1)));
}

#[test]
fn the_id_of_a_block_that_never_begins_is_zero() {
    let codec = codec(per_block());
    // A step is two elements; the id's last bit, behind the codeword of step 3, comes with the seventh. Before that it is
    // the first bit that is forged.
    for elements in 1..=32 {
        let packet = encode(&codec, &[0x08; 32][..elements]);
        let lane_0 = 10 + 8;
        assert_eq!(packet[lane_0], 0, "{elements}");
        let mut forged = packet.clone();
        forged[lane_0] |= if elements < 7 { 1 << 6 } else { 1 };
        let (error, message) = refused(&codec, &forged);
        assert_eq!(error, DecodeError::Padding(PaddingPlace::BookId));
        assert_eq!(message, "the book id of a block that never begins is not zero");
    }
    assert_eq!(encode(&codec, &[0x08; 33])[18], 1);
}

#[test]
fn crc() {
    let codec = codec(plain());
    let packet = encode(&codec, &[1, 2, 3]);
    let last = packet.len() - 1;
    let mut forged = packet.clone();
    forged[last] ^= 1;
    let computed = u32::from_be_bytes(packet[last - 3..].try_into().unwrap());
    let (error, message) = refused(&codec, &forged);
    assert_eq!(error, DecodeError::Crc { received: computed ^ 1, computed });
    let expected = format!("CRC-32C {:#010x} in the trailer, {computed:#010x} over what was decoded", computed ^ 1);
    assert_eq!(message, expected);
    // A raw bit.
    let mut forged = packet.clone();
    forged[10] ^= 0x80;
    assert!(matches!(refused(&codec, &forged).0, DecodeError::Crc { .. }));
    // What no stream depends on is checked, too: the fields of the header that say nothing here.
    let mut forged = packet;
    forged[1] ^= 0x03; // prefill 4 becomes 3
    assert!(codec.decode_packet(&forged).is_err());
}

/// Tracking with its initial bias changed decodes to other data: the CRC sees it.
#[test]
fn another_bias_is_another_packet() {
    let tracked = Parameters {
        block_log2: Some(4),
        tracking: Some(Tracking { delay: 1, window_log2: 0, initial_bias: Some(1) }),
        ..plain()
    };
    let codec = codec(tracked);
    let mut packet = encode(&codec, &[0x08, 0x10, 0x18]);
    packet[4] ^= 0b1000; // bits 49:42 of 80 are bits 1:0 of byte 3 and 7:2 of byte 4: bias 1 becomes 3
    assert!(matches!(refused(&codec, &packet).0, DecodeError::Crc { .. }));
}

#[test]
fn misuse_of_the_streaming_decoder() {
    let codec = codec(plain());
    let mut decoder = Decoder::new(&codec);
    let error = decoder.push_word(0x1_0000).unwrap_err();
    assert_eq!(error.to_string(), "word 0x10000 does not fit the 16 bits of a mux word");
    assert_eq!(codec.decode_words(&[0x1_0000]), Err(error));
    let mut decoder = Decoder::new(&codec);
    decoder.push_bytes(&encode(&codec, &[1])).unwrap();
    assert_eq!(decoder.header().map(|header| header.book), Some(1));
    decoder.end().unwrap();
    assert_eq!(decoder.pull(), [1]);
    assert_eq!(decoder.push_word(0).unwrap_err().to_string(), "the packet has ended: a decoder reads one packet");
    assert_eq!(decoder.end(), Err(DecodeError::Ended));
}

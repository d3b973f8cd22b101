//! What the decoder core has to say about a packet (wire format, section 9).

use crate::common::codec;
use huffwire::codec::{DecodeError, LengthFault};
use huffwire::rtl::config::RtlConfig;

/// Bits of `m_axis_tuser`.
pub const HEADER: u128 = 1;
pub const LENGTH: u128 = 2;
pub const CRC: u128 = 4;

/// Header and trailer, in words.
const HEADER_WORDS: usize = 5;
const TRAILER_WORDS: usize = 4;

/// What is demanded of the flags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// No flag, and these elements.
    Good(Vec<u8>),
    /// Just these flags.
    Exactly(u128),
    /// These flags, perhaps others.
    AtLeast(u128),
    /// At least one of these flags.
    OneOf(u128),
    /// At least one of these flags, or none and the elements that the count and the CRC stand for: words that are missing or
    /// too many, or padding, made no difference.
    OneOfOrHarmless(u128),
}

/// The verdict on these bytes; `broken` if the beats did not hold whole words from byte 0 on.
pub fn expected(config: &RtlConfig, packet: &[u8], broken: bool) -> Verdict {
    let words = packet.len() / 2;
    if words < HEADER_WORDS + TRAILER_WORDS {
        return Verdict::AtLeast(LENGTH);
    }
    let header = packet[..10].iter().fold(0u128, |h, &b| h << 8 | u128::from(b));
    let fields = config.header();
    let book = (header >> fields.book_position & 0xF) as u8;
    let bias = match config.initial_bias() {
        Some(fixed) => fixed,
        None => (header >> fields.bias_position) as u8 & (u8::MAX >> (8 - config.layout.symbol_bits)),
    };
    if header != fields.with(book, bias) || usize::from(book) > config.bank.books().len() {
        return Verdict::Exactly(HEADER);
    }
    if broken {
        return Verdict::AtLeast(LENGTH);
    }
    match codec(config).decode_packet(packet) {
        Ok(plain) => Verdict::Good(plain),
        Err(DecodeError::Crc { .. }) => Verdict::Exactly(CRC),
        Err(DecodeError::Padding(_)) => Verdict::OneOfOrHarmless(CRC),
        Err(DecodeError::Length { fault: LengthFault::CountTooSmall, .. }) => Verdict::OneOf(LENGTH | CRC),
        Err(DecodeError::Length { .. }) => Verdict::OneOfOrHarmless(LENGTH | CRC),
        Err(other) => panic!("the reference says {other}: section 9 has no such case here"),
    }
}

/// Holds the flags and elements that came against the verdict.
pub fn agrees(verdict: &Verdict, flags: u128, plain: &[u8], original: &[u8]) -> bool {
    match verdict {
        Verdict::Good(expected) => flags == 0 && plain == expected,
        Verdict::Exactly(bits) => flags == *bits,
        Verdict::AtLeast(bits) => flags & bits == *bits,
        Verdict::OneOf(bits) => flags & bits != 0,
        Verdict::OneOfOrHarmless(bits) => flags & bits != 0 || (flags == 0 && plain == original),
    }
}

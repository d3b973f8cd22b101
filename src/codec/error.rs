//! What can go wrong: when a codec is made, when it encodes, when it decodes (wire format, section 9).

use crate::codebook::BankError;
use crate::wire::{HeaderError, ParameterError, MAX_BOOKS};
use std::fmt;
use thiserror::Error;

/// Parameters and bank that make no codec.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CodecError {
    /// A parameter out of range, or parameters that do not go together.
    #[error(transparent)]
    Parameters(#[from] ParameterError),
    /// The bank does not fit the parameters.
    #[error(transparent)]
    Bank(#[from] BankError),
}

/// Input that the encoder refuses. The packet is void then.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// A book id that the bank does not have.
    #[error("book {id}: the bank has books 0 (raw) to {books}")]
    Book {
        /// The id.
        id: u8,
        /// Books in the bank.
        books: usize,
    },
    /// A list of book ids that is not as long as the packet has blocks.
    #[error("{given} book ids for a packet of {blocks} blocks (block 0 always counts)")]
    BookIds {
        /// Ids given.
        given: usize,
        /// Blocks begun when the fault was seen.
        blocks: usize,
    },
    /// The data ends within an element.
    #[error("the data ends {over} bytes into an element of {element_bytes} bytes")]
    PartialElement {
        /// Bytes of the last, broken element.
        over: usize,
        /// Bytes of a whole one.
        element_bytes: usize,
    },
    /// A byte of a 6-bit format with a bit set above the code.
    #[error("element {index} is {value:#04x}: must be below 0x40 in a 6-bit format")]
    ElementRange {
        /// Its place in the packet.
        index: u64,
        /// Its value.
        value: u32,
    },
    /// More symbols than the trailer can count.
    #[error("more than {} symbols in a packet", u32::MAX)]
    TooLong,
    /// Data after the end of the packet.
    #[error("the packet has been finished: an encoder makes one packet")]
    Finished,
}

/// Input that is no packet for this bank: the conditions of section 9.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Fewer words than header and trailer.
    #[error("packet of {bytes} bytes: header and trailer alone take {needed}")]
    Truncated {
        /// Bytes that came.
        bytes: u64,
        /// Bytes of header and trailer, of the header alone if not even that is there.
        needed: u64,
    },
    /// Another version of the format.
    #[error("{}", HeaderError::Version(*.0))]
    Version(u8),
    /// A header that no encoder sends.
    #[error(transparent)]
    Header(HeaderError),
    /// A packet made with another bank.
    #[error("the packet was made with bank {packet:#010x}, this is bank {bank:#010x}")]
    Fingerprint {
        /// Fingerprint in the header.
        packet: u32,
        /// Fingerprint of the decoder's bank.
        bank: u32,
    },
    /// The header's parameters are not such as the bank can serve.
    #[error("the header does not go with its bank: {0}")]
    BankMismatch(BankError),
    /// A book id that the bank does not have.
    #[error("block {block} asks for book {id}: the bank has books 0 (raw) to {books}")]
    Book {
        /// The block, 0 for an id in the header.
        block: u64,
        /// The id.
        id: u8,
        /// Books in the bank, at most 15.
        books: usize,
    },
    /// A symbol count that is no whole number of elements.
    #[error("{symbols} symbols: must be a multiple of {planes}, the symbols of an element")]
    Count {
        /// Count in the trailer.
        symbols: u32,
        /// `C`.
        planes: u32,
    },
    /// Symbol count and payload do not go together.
    #[error("{symbols} symbols in {payload_words} payload words: {fault}")]
    Length {
        /// Count in the trailer.
        symbols: u32,
        /// Whole words between header and trailer.
        payload_words: u64,
        /// How they disagree.
        fault: LengthFault,
    },
    /// A bit that carries nothing is not zero.
    #[error("{0} is not zero")]
    Padding(PaddingPlace),
    /// The check over header, data and count fails.
    #[error("CRC-32C {received:#010x} in the trailer, {computed:#010x} over what was decoded")]
    Crc {
        /// From the trailer.
        received: u32,
        /// Over header, plaintext and count.
        computed: u32,
    },
    /// A word with bits beyond its width, given by the caller: nothing that a link could deliver.
    #[error("word {word:#x} does not fit the 16 bits of a mux word")]
    WordRange {
        /// The word.
        word: u32,
    },
    /// Words after the end of the packet, given by the caller.
    #[error("the packet has ended: a decoder reads one packet")]
    Ended,
}

/// How symbol count and payload disagree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LengthFault {
    /// The packet's bytes are no whole number of words.
    PartialWord,
    /// Even at one bit a symbol they would not fit.
    Impossible,
    /// Words prove that there are more symbols than the count says.
    CountTooSmall,
    /// A stream goes on behind its last word.
    WordMissing,
    /// The last word holds no bit of any stream.
    WordTooMany,
}

impl fmt::Display for LengthFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LengthFault::PartialWord => "the packet ends within a word",
            LengthFault::Impossible => "more symbols than the payload has bits for",
            LengthFault::CountTooSmall => "the payload goes on after that many symbols",
            LengthFault::WordMissing => "the symbols go on after the last word",
            LengthFault::WordTooMany => "the last word holds no bit of any symbol",
        })
    }
}

/// Where padding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PaddingPlace {
    /// Behind the last bit of a lane's stream.
    Lane(usize),
    /// Behind the last raw bit.
    Raw,
    /// The id of a block that never begins (section 6.1).
    BookId,
}

impl fmt::Display for PaddingPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PaddingPlace::Lane(lane) => write!(f, "padding of lane {lane}"),
            PaddingPlace::Raw => f.write_str("padding of the raw stream"),
            PaddingPlace::BookId => f.write_str("the book id of a block that never begins"),
        }
    }
}

/// Books of a bank as a number that fits an id; the bank has checked it.
pub(super) const fn last_book_id(books: usize) -> u8 {
    debug_assert!(books <= MAX_BOOKS);
    books as u8
}

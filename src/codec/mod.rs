//! The reference codec: plain Rust, bit-exact, the judge of the RTL. It follows docs/wire-format.md section by section and
//! is written to be read; speed comes second.
//!
//! ```text
//! bytes -> symbols -> tracker -> books -> tables -> bits, one queue a lane -+-> order -> mux words      encoder.rs
//!             `-> raw bits -------------------------> bits, one raw queue --'
//! bytes <- symbols <- tracker <---------- tables <- bits <------------------- order <- mux words        decoder.rs
//! ```
//!
//! | file | section | what lives there |
//! |---|---|---|
//! | [`symbols`] | 2 | elements to symbols and raw bits, and back |
//! | [`tables`] | 3 | codewords to send, and the look-up that reads them back |
//! | [`bits`] | 5.1 | bit streams cut into mux words |
//! | [`order`] | 5.2 | the order of the words, one definition for both directions |
//! | [`books`] | 6.1 | the book of each block |
//! | [`tracker`] | 6.2 | the tracked exponent bias |
//! | [`crc`] | 7 | the check over header, plaintext and count |
//! | [`Encoder`], [`Decoder`] | 4 to 9 | one packet, streaming |
//! | [`Codec`] | | parameters and bank, checked once; whole packets |
//!
//! ```
//! use huffwire::codebook::{Bank, Book, PlaneCode};
//! use huffwire::codec::{BookChoice, Codec};
//! use huffwire::format::{Format, SymbolMap};
//! use huffwire::wire::Parameters;
//! use std::sync::Arc;
//!
//! // 4-bit exponents: 7 and 8 have short codewords, all others go by escape.
//! let mut lengths = vec![0; 16];
//! (lengths[7], lengths[8]) = (1, 2);
//! let book = Book { name: "example".into(), planes: vec![PlaneCode::new(4, lengths, 2)?] };
//! let bank = Arc::new(Bank::new(SymbolMap::Fields, vec![book])?);
//! let codec = Codec::new(Parameters::plain(Format::E4m3, SymbolMap::Fields, 4), bank)?;
//!
//! let packet = codec.encode_packet(b"8899:;<=", &BookChoice::Fixed(1))?;
//! assert_eq!(codec.decode_packet(&packet)?, b"8899:;<=");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod bits;
pub mod books;
pub mod crc;
mod decoder;
mod encoder;
mod error;
pub mod order;
mod packet;
mod report;
pub mod symbols;
pub mod tables;
pub mod tracker;

pub use books::BookChoice;
pub use decoder::Decoder;
pub use encoder::Encoder;
pub use error::{CodecError, DecodeError, EncodeError, LengthFault, PaddingPlace};
pub use packet::Codec;
pub use report::Report;

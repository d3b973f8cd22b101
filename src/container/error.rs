//! What can go wrong with a `.hfw` file, in either direction.

use super::header::{MAGIC, MAX_MANIFEST_BYTES, VERSION};
use super::manifest::MAX_PACKET_ELEMENTS;
use crate::codebook::BankFileError;
use crate::codec::{CodecError, DecodeError, EncodeError};
use crate::format::{Format, SymbolMap};
use crate::tensor::TensorError;
use std::path::PathBuf;
use thiserror::Error;

/// Why a file was not encoded or decoded. In every case the output is as it was before.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ContainerError {
    /// The input cannot be read, or is no tensor file of its kind.
    #[error("input: {0}")]
    Input(#[from] TensorError),
    /// The output cannot be written.
    #[error("output {path}: {source}")]
    Output {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// There is a file already, and it is not to be replaced.
    #[error("output {0}: the file exists already")]
    Exists(PathBuf),
    /// A packet size out of range.
    #[error("{0} elements a packet: must be 1 to {MAX_PACKET_ELEMENTS}")]
    PacketElements(usize),
    /// A bank and parameters that do not go together.
    #[error("bank '{bank}': {source}")]
    Coding {
        /// Name of the bank.
        bank: String,
        /// What is wrong.
        source: CodecError,
    },
    /// A book that the bank does not have.
    #[error("bank '{bank}': book {id}, the bank has books 0 (raw) to {books}")]
    Book {
        /// Name of the bank.
        bank: String,
        /// Id asked for.
        id: u8,
        /// Books in the bank.
        books: usize,
    },
    /// A bank that cannot be written.
    #[error("bank '{bank}': {source}")]
    BankFile {
        /// Name of the bank.
        bank: String,
        /// Why.
        source: BankFileError,
    },
    /// The encoder refused.
    #[error("tensor '{tensor}', packet {packet}: {source}")]
    Encode {
        /// Tensor.
        tensor: String,
        /// Packet in the tensor, from 0.
        packet: u64,
        /// Why.
        source: EncodeError,
    },
    /// More tensors than a manifest can list.
    #[error("manifest of {0} bytes: the limit is {MAX_MANIFEST_BYTES}")]
    ManifestTooLong(usize),
    /// No `.hfw` file.
    #[error("no .hfw file: it begins with {0:02x?}, expected {MAGIC:02x?}")]
    Magic(Vec<u8>),
    /// Another version of the file format.
    #[error(".hfw version {0}: this program knows version {VERSION}")]
    Version(u16),
    /// A file that ends too early.
    #[error("truncated: {actual} bytes of {expected}")]
    Truncated {
        /// Bytes there.
        actual: u64,
        /// Bytes that the header announces, or those of the header itself.
        expected: u64,
    },
    /// A file that goes on after its end.
    #[error("extended: {actual} bytes, the file ends after {expected}")]
    Extended {
        /// Bytes there.
        actual: u64,
        /// Bytes that the header announces.
        expected: u64,
    },
    /// A header that no encoder writes.
    #[error("header: {field} is {value}, {allowed}")]
    Header {
        /// Field.
        field: &'static str,
        /// Its value.
        value: u64,
        /// What it may be.
        allowed: String,
    },
    /// Header or manifest were damaged.
    #[error("CRC-32C of header and manifest is {computed:#010x}, the file says {stated:#010x}")]
    ManifestCrc {
        /// As in the file.
        stated: u32,
        /// Computed.
        computed: u32,
    },
    /// A manifest that does not describe the file.
    #[error("manifest: {0}")]
    Manifest(#[from] ManifestError),
    /// The file was made with a bank that is not among those given.
    #[error("the file was made with bank {embedded:08x} ('{name}'), given {given}")]
    BankMismatch {
        /// Name of the file's bank.
        name: String,
        /// Its fingerprint.
        embedded: u32,
        /// Fingerprints of the banks given.
        given: String,
    },
    /// A packet cannot be decoded.
    #[error("segment {segment} (tensor '{tensor}'), packet {packet}: {fault}")]
    Packet {
        /// Segment, from 0.
        segment: usize,
        /// Tensor.
        tensor: String,
        /// Packet in the segment, from 0.
        packet: u64,
        /// What is wrong.
        #[source]
        fault: PacketFault,
    },
    /// What was decoded is not what was encoded.
    #[error("SHA-256 of the decoded file is {computed}, the original had {stated}")]
    Checksum {
        /// As in the manifest.
        stated: String,
        /// Computed.
        computed: String,
    },
}

/// A contradiction in the manifest, found before anything it speaks of is touched.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// Not JSON, or not of the form prescribed.
    #[error("{0}")]
    Json(serde_json::Error),
    /// No SHA-256.
    #[error("sha256 '{0}': expected 64 hexadecimal digits in lower case")]
    Sha256(String),
    /// A bank that is none.
    #[error("bank {index}: {source}")]
    Bank {
        /// Which, from 0.
        index: usize,
        /// What is wrong.
        source: BankFileError,
    },
    /// A reference to nothing.
    #[error("{what} {index} of {count}")]
    Index {
        /// What is referred to.
        what: &'static str,
        /// Index given.
        index: usize,
        /// How many there are.
        count: usize,
    },
    /// Parameters that their bank does not serve.
    #[error("coding {index}: {source}")]
    Coding {
        /// Which, from 0.
        index: usize,
        /// What is wrong.
        source: CodecError,
    },
    /// A number out of range.
    #[error("segment {segment}: {what} is {value}, {allowed}")]
    Segment {
        /// Segment, from 0.
        segment: usize,
        /// Entry.
        what: &'static str,
        /// Its value.
        value: u64,
        /// What it may be.
        allowed: String,
    },
    /// Segments that do not add up.
    #[error("the segments' {what} add up to {sum}, expected {expected}")]
    Sum {
        /// What was added up.
        what: &'static str,
        /// The sum; the largest number if it is beyond all.
        sum: u64,
        /// What it should be.
        expected: u64,
    },
}

/// What is wrong with a packet.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PacketFault {
    /// The length before the packet leads out of the segment.
    #[error("a packet of {length} bytes, {left} are left in the segment")]
    Frame {
        /// Length given, or the 4 bytes of the length itself.
        length: u64,
        /// Bytes left.
        left: u64,
    },
    /// The segment goes on after its last packet.
    #[error("{0} bytes behind the last packet of the segment")]
    Rest(u64),
    /// The packet is not a packet of the wire format, or was damaged.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// A packet of other elements than the segment's.
    #[error("a packet of {packet_format} under map '{packet_map}', the segment has {format} under '{map}'")]
    Layout {
        /// Format in the packet's header.
        packet_format: Format,
        /// Map in the packet's header.
        packet_map: SymbolMap,
        /// Format of the segment.
        format: Format,
        /// Map of the segment.
        map: SymbolMap,
    },
    /// Too many or too few elements.
    #[error("{found} bytes of elements (or more), expected {expected}")]
    Length {
        /// Bytes that came out, up to where decoding stopped.
        found: usize,
        /// Bytes expected.
        expected: usize,
    },
}

//! The manifest: what a `.hfw` file holds (docs/hfw-format.md, section 4).

use super::{ContainerError, ManifestError};
use crate::codebook::BankFile;
use crate::codec::Codec;
use crate::tensor::FileKind;
use crate::wire::{Parameters, HEADER_BITS, TRAILER_BITS};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Elements of a packet when nothing else is asked for.
pub const DEFAULT_PACKET_ELEMENTS: usize = 64 << 10;
/// Most elements of a packet: what bounds the memory of a decoder.
pub const MAX_PACKET_ELEMENTS: usize = 1 << 24;
/// Bytes of the length before each packet.
pub(super) const FRAME_BYTES: usize = 4;

/// What the original file was; decoding does not depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OriginalKind {
    /// `.safetensors`.
    Safetensors,
    /// `.npy`.
    Npy,
    /// Elements only.
    Raw,
}

impl From<FileKind> for OriginalKind {
    fn from(kind: FileKind) -> Self {
        match kind {
            FileKind::Safetensors => OriginalKind::Safetensors,
            FileKind::Npy => OriginalKind::Npy,
            FileKind::Raw => OriginalKind::Raw,
        }
    }
}

/// A bank and the parameters of packets made with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestCoding {
    /// Index in [`Manifest::banks`].
    pub bank: usize,
    /// Parameters of the encoder.
    pub parameters: Parameters,
}

/// Bytes of the original that stand in the file as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredSegment {
    /// How many.
    pub bytes: u64,
}

/// A tensor of the original that stands in the file as packets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodedSegment {
    /// Name of the tensor, for messages.
    pub tensor: String,
    /// Index in [`Manifest::codings`].
    pub coding: usize,
    /// Elements of every packet but the last.
    pub packet_elements: usize,
    /// The original has the 4-bit codes one a byte.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unpacked: bool,
    /// Bytes in the original.
    pub bytes: u64,
    /// Bytes of all packets and the lengths before them.
    pub coded_bytes: u64,
}

impl CodedSegment {
    /// Bytes of the original that a full packet of elements of `element_bytes` bytes stands for.
    pub(super) fn packet_bytes(&self, element_bytes: usize) -> u64 {
        (self.packet_elements * element_bytes) as u64 * if self.unpacked { 2 } else { 1 }
    }
}

/// A piece of the original file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Segment {
    /// As it is.
    Stored(StoredSegment),
    /// As packets.
    Coded(CodedSegment),
}

/// What a `.hfw` file holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// What the original was.
    pub kind: OriginalKind,
    /// Bytes of the original.
    pub bytes: u64,
    /// SHA-256 of the original, 64 hexadecimal digits.
    pub sha256: String,
    /// The text of the bank files, character for character.
    pub banks: Vec<String>,
    /// How tensors are coded.
    pub codings: Vec<ManifestCoding>,
    /// The pieces of the original, in its order.
    pub segments: Vec<Segment>,
}

/// A manifest that has been checked, and what it takes to decode by it.
#[derive(Debug)]
pub(super) struct Checked {
    pub manifest: Manifest,
    pub banks: Vec<BankFile>,
    /// One for each of the manifest's codings.
    pub codecs: Vec<Codec>,
}

impl Manifest {
    /// Adds stored bytes, in one segment with those just before them.
    pub(super) fn push_stored(&mut self, bytes: u64) {
        match self.segments.last_mut() {
            _ if bytes == 0 => {}
            Some(Segment::Stored(last)) => last.bytes += bytes,
            _ => self.segments.push(Segment::Stored(StoredSegment { bytes })),
        }
    }

    /// Reads a manifest and checks it against the size of the data that it describes. Nothing is allocated by a number in
    /// it: what it announces has to be there.
    pub(super) fn read(text: &[u8], data_bytes: usize) -> Result<Checked, ContainerError> {
        let manifest: Manifest = serde_json::from_slice(text).map_err(ManifestError::Json)?;
        let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if manifest.sha256.len() != 64 || !manifest.sha256.bytes().all(hex) {
            return Err(ManifestError::Sha256(manifest.sha256.chars().take(80).collect()).into());
        }
        let banks = manifest.banks.iter().enumerate().map(|(index, text)| {
            BankFile::from_json(text.as_bytes()).map_err(|source| ManifestError::Bank { index, source })
        });
        let banks = banks.collect::<Result<Vec<_>, _>>()?;
        let arcs: Vec<_> = banks.iter().map(|b| Arc::new(b.bank.clone())).collect();
        let codecs = manifest.codings.iter().enumerate().map(|(index, c)| {
            let missing = ManifestError::Index { what: "bank", index: c.bank, count: arcs.len() };
            let bank = arcs.get(c.bank).ok_or(missing)?;
            Codec::new(c.parameters, bank.clone()).map_err(|source| ManifestError::Coding { index, source })
        });
        let codecs = codecs.collect::<Result<Vec<_>, _>>()?;

        for (i, segment) in manifest.segments.iter().enumerate() {
            check_segment(i, segment, &codecs)?;
        }
        let sum = |what: &'static str, expected: u64, of: fn(&Segment) -> u64| {
            let sum = manifest.segments.iter().map(of).fold(0u64, u64::saturating_add);
            if sum == expected {
                Ok(())
            } else {
                Err(ManifestError::Sum { what, sum, expected })
            }
        };
        sum("original bytes", manifest.bytes, |s| match s {
            Segment::Stored(s) => s.bytes,
            Segment::Coded(c) => c.bytes,
        })?;
        sum("bytes in the file", data_bytes as u64, |s| match s {
            Segment::Stored(s) => s.bytes,
            Segment::Coded(c) => c.coded_bytes,
        })?;
        Ok(Checked { manifest, banks, codecs })
    }
}

/// Checks one segment by itself.
fn check_segment(segment: usize, entry: &Segment, codecs: &[Codec]) -> Result<(), ManifestError> {
    let wrong = |what, value, allowed: String| Err(ManifestError::Segment { segment, what, value, allowed });
    let c = match entry {
        Segment::Stored(s) if s.bytes == 0 => return wrong("bytes", 0, "must be at least 1".into()),
        Segment::Stored(_) => return Ok(()),
        Segment::Coded(c) => c,
    };
    let missing = ManifestError::Index { what: "coding", index: c.coding, count: codecs.len() };
    let parameters = codecs.get(c.coding).ok_or(missing)?.parameters();
    if !(1..=MAX_PACKET_ELEMENTS).contains(&c.packet_elements) {
        let value = c.packet_elements as u64;
        return wrong("packet_elements", value, format!("must be 1 to {MAX_PACKET_ELEMENTS}"));
    }
    use crate::format::Format;
    if c.unpacked && !matches!(parameters.format, Format::E2m1 | Format::Int4) {
        return wrong("unpacked", 1, format!("which {} cannot be", parameters.format));
    }
    let element_bytes = parameters.format.element_bytes();
    if c.bytes == 0 || !c.bytes.is_multiple_of(element_bytes as u64) {
        return wrong("bytes", c.bytes, format!("must be a positive multiple of {element_bytes}"));
    }
    let least = FRAME_BYTES as u64 + u64::from((HEADER_BITS + TRAILER_BITS) / 8);
    let packets = c.bytes.div_ceil(c.packet_bytes(element_bytes));
    let needed = packets.saturating_mul(least);
    if c.coded_bytes < needed {
        return wrong("coded_bytes", c.coded_bytes, format!("{packets} packets take at least {needed}"));
    }
    Ok(())
}

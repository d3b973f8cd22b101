//! The `.hfw` file (docs/hfw-format.md): a whole tensor file, compressed, that gives the original back byte for byte.
//!
//! ```text
//! original:  | header |  tensor a  | gap | tensor b |        .hfw:  | header | header of the original, stored |
//!                                                                   | packets of a | gap, stored | packets of b | manifest |
//! ```
//!
//! Tensors become packets of the wire format; whatever no bank serves is stored as it is, and the report says so. The
//! banks travel inside, so that a file decodes anywhere. Both directions work on the mapped input and a few packets at a
//! time, so that a file may be larger than memory. The output is written beside its final place and renamed at the very
//! end: a run that fails leaves nothing behind.
//!
//! | file | what lives there |
//! |---|---|
//! | `header` | the first 24 bytes |
//! | `manifest` | what the data is made of, and the checks that nothing hostile gets past |
//! | `coding` | which bank and parameters serve a tensor |
//! | `encode`, `decode` | the two directions |
//! | `packets` | framed packets of one tensor, several at a time |
//! | `output` | the file that appears only when it is complete |

mod coding;
mod decode;
mod encode;
mod error;
mod header;
mod manifest;
mod output;
mod packets;
mod report;

pub use coding::Coding;
pub use decode::{decode_file, Container, DecodeOptions, DecodeReport};
pub use encode::{encode_file, EncodeOptions};
pub use error::{ContainerError, ManifestError, PacketFault};
pub use header::{HEADER_BYTES, MAGIC, MAX_MANIFEST_BYTES, VERSION};
pub use manifest::{
    CodedSegment, Manifest, ManifestCoding, OriginalKind, Segment, StoredSegment, DEFAULT_PACKET_ELEMENTS,
    MAX_PACKET_ELEMENTS,
};
pub use report::{EncodeReport, Outcome, TensorReport};

#[cfg(test)]
mod tests;

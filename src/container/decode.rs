//! From a `.hfw` file to the original.

use super::encode::hex;
use super::header::split;
use super::manifest::{Checked, Manifest, Segment};
use super::output::Output;
use super::packets::{decode_segment, PacketCodec};
use super::ContainerError;
use crate::codebook::BankFile;
use crate::format::Format;
use crate::tensor::{FileKind, OpenOptions, TensorFile};
use sha2::{Digest, Sha256};
use std::path::Path;
use std::sync::Arc;

/// Bytes copied at a time.
const COPY_BYTES: usize = 1 << 20;

/// How to decode a file.
#[derive(Clone, Debug, Default)]
pub struct DecodeOptions {
    /// If not empty: every bank inside the file has to be one of these.
    pub banks: Vec<Arc<BankFile>>,
    /// Replace an existing output.
    pub overwrite: bool,
}

/// What was decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeReport {
    /// Bytes of the original.
    pub original_bytes: u64,
    /// Bytes of the `.hfw` file.
    pub file_bytes: u64,
    /// SHA-256 of the original, which has been checked.
    pub sha256: String,
}

/// A `.hfw` file, opened: its header and manifest have been checked.
#[derive(Debug)]
pub struct Container {
    file: TensorFile,
    checked: Checked,
}

impl Container {
    /// Opens a file. It must not be changed or truncated by anyone as long as it is open: it is memory-mapped.
    pub fn open(path: &Path) -> Result<Self, ContainerError> {
        let raw = OpenOptions { kind: Some(FileKind::Raw), format: Some(Format::Raw), ..OpenOptions::default() };
        Self::new(TensorFile::open(path, &raw)?)
    }

    /// Takes the contents of a file that is in memory already.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, ContainerError> {
        let raw = OpenOptions { format: Some(Format::Raw), ..OpenOptions::default() };
        Self::new(TensorFile::from_bytes(bytes, FileKind::Raw, &raw)?)
    }

    fn new(file: TensorFile) -> Result<Self, ContainerError> {
        let (data, manifest) = split(file.contents())?;
        let checked = Manifest::read(manifest, data.len())?;
        Ok(Container { file, checked })
    }

    /// What the file holds.
    pub const fn manifest(&self) -> &Manifest {
        &self.checked.manifest
    }

    /// The banks inside, in the manifest's order.
    pub fn banks(&self) -> &[BankFile] {
        &self.checked.banks
    }

    /// Bytes of the `.hfw` file.
    pub fn file_bytes(&self) -> u64 {
        self.file.contents().len() as u64
    }

    /// Checks that every bank inside is one of `given`, by the digest of their codes; none given, none refused.
    pub fn check_banks(&self, given: &[Arc<BankFile>]) -> Result<(), ContainerError> {
        let stranger = |b: &&BankFile| !given.iter().any(|g| g.bank.digest() == b.bank.digest());
        match self.banks().iter().find(stranger) {
            Some(b) if !given.is_empty() => {
                let fingerprints: Vec<_> = given.iter().map(|g| format!("{:08x}", g.bank.fingerprint())).collect();
                let (name, embedded) = (b.name.clone(), b.bank.fingerprint());
                Err(ContainerError::BankMismatch { name, embedded, given: fingerprints.join(", ") })
            }
            _ => Ok(()),
        }
    }

    /// Decodes the original and hands its bytes to `sink`, in order. What `sink` has got by then is void if the result is an
    /// error: the checksum is the last thing to be known.
    pub fn decode(&self, mut sink: impl FnMut(&[u8]) -> Result<(), ContainerError>) -> Result<(), ContainerError> {
        let (mut data, _) = split(self.file.contents())?;
        let Checked { manifest, codecs, .. } = &self.checked;
        let codecs: Vec<_> = codecs.iter().cloned().map(PacketCodec::new).collect();
        let mut hash = Sha256::new();
        let mut hashed = |bytes: &[u8]| {
            hash.update(bytes);
            sink(bytes)
        };
        for (index, segment) in manifest.segments.iter().enumerate() {
            // The sums have been checked: no segment goes beyond the data.
            let length = match segment {
                Segment::Stored(s) => s.bytes,
                Segment::Coded(c) => c.coded_bytes,
            };
            let (piece, rest) = data.split_at(length as usize);
            data = rest;
            match segment {
                Segment::Stored(_) => piece.chunks(COPY_BYTES).try_for_each(&mut hashed)?,
                Segment::Coded(c) => decode_segment(index, c, &codecs[c.coding], piece, &mut hashed)?,
            }
        }
        let computed = hex(&hash.finalize());
        if computed != manifest.sha256 {
            return Err(ContainerError::Checksum { stated: manifest.sha256.clone(), computed });
        }
        Ok(())
    }
}

/// Decodes the `.hfw` file `input` into `output`, which appears only when all of it has been checked. `progress` is told
/// the bytes of the original done so far.
pub fn decode_file(
    input: &Path,
    output: &Path,
    options: &DecodeOptions,
    progress: &mut dyn FnMut(u64),
) -> Result<DecodeReport, ContainerError> {
    let container = Container::open(input)?;
    container.check_banks(&options.banks)?;
    let mut output = Output::create(output, options.overwrite)?;
    container.decode(|bytes| {
        output.write(bytes)?;
        progress(output.position());
        Ok(())
    })?;
    output.commit(&[])?;
    let Manifest { bytes, sha256, .. } = container.manifest();
    Ok(DecodeReport { original_bytes: *bytes, file_bytes: container.file_bytes(), sha256: sha256.clone() })
}

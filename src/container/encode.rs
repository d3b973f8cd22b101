//! From a tensor file to a `.hfw` file.

use super::coding::{Coding, Codings, Ready};
use super::header::{header, HEADER_BYTES};
use super::manifest::{CodedSegment, Manifest, Segment, DEFAULT_PACKET_ELEMENTS, FRAME_BYTES, MAX_PACKET_ELEMENTS};
use super::output::Output;
use super::packets::{batch, parallel};
use super::report::{EncodeReport, Outcome, TensorReport};
use super::ContainerError;
use crate::format::Format;
use crate::tensor::{OpenOptions, TensorFile, TensorInfo};
use sha2::{Digest, Sha256};
use std::ops::Range;
use std::path::Path;

/// Bytes copied at a time.
const COPY_BYTES: usize = 1 << 20;

/// How to encode a file.
#[derive(Clone, Debug)]
pub struct EncodeOptions {
    /// How to read the input. Tensors that are not selected are stored.
    pub open: OpenOptions,
    /// Banks with their parameters. A tensor is coded with the first one made for its format, else with the first whose
    /// bank fits its format under the map; if there is none, or if the packets would not be shorter than the tensor, it
    /// is stored and the report says so. A dtype without a format counts as `raw`.
    pub codings: Vec<Coding>,
    /// Elements a packet, 1 ... [`MAX_PACKET_ELEMENTS`].
    pub packet_elements: usize,
    /// Replace an existing output.
    pub overwrite: bool,
}

impl EncodeOptions {
    /// Every tensor, in packets of the default size, no existing file replaced.
    pub fn new(codings: Vec<Coding>) -> Self {
        let (open, packet_elements) = (OpenOptions::default(), DEFAULT_PACKET_ELEMENTS);
        EncodeOptions { open, codings, packet_elements, overwrite: false }
    }
}

/// Encodes the file `input` into the `.hfw` file `output`, which appears only when it is complete. `progress` is told the
/// bytes of the input done so far.
pub fn encode_file(
    input: &Path,
    output: &Path,
    options: &EncodeOptions,
    progress: &mut dyn FnMut(u64),
) -> Result<EncodeReport, ContainerError> {
    if !(1..=MAX_PACKET_ELEMENTS).contains(&options.packet_elements) {
        return Err(ContainerError::PacketElements(options.packet_elements));
    }
    let mut codings = Codings::new(&options.codings)?;
    let file = TensorFile::open(input, &options.open)?;
    let contents = file.contents();
    let manifest = Manifest {
        kind: file.kind().into(),
        bytes: contents.len() as u64,
        sha256: String::new(),
        banks: vec![],
        codings: vec![],
        segments: vec![],
    };
    let output = Output::create(output, options.overwrite)?;
    let packet_elements = options.packet_elements;
    let mut run = Run { file: &file, output, manifest, hash: Sha256::new(), hashed: 0, packet_elements, progress };
    run.output.write(&[0; HEADER_BYTES])?;

    let mut tensors = Vec::with_capacity(file.tensors().len());
    let mut done = 0;
    for tensor in file.tensors() {
        let tensor = tensor.or_raw();
        let format = tensor.require_format()?;
        run.store(done..tensor.range.start)?;
        done = tensor.range.end;
        let (coded_bytes, outcome) = run.tensor(&tensor, format, &mut codings)?;
        tensors.push(TensorReport {
            elements: tensor.values(),
            raw_bytes: tensor.range.len() as u64,
            name: tensor.name,
            dtype: tensor.dtype,
            format,
            coded_bytes,
            outcome,
        });
    }
    run.store(done..contents.len())?;
    run.finish(codings, tensors)
}

/// An encoding run.
struct Run<'a> {
    file: &'a TensorFile,
    output: Output,
    manifest: Manifest,
    hash: Sha256,
    /// Bytes of the original that the hash has seen.
    hashed: usize,
    packet_elements: usize,
    progress: &'a mut dyn FnMut(u64),
}

impl Run<'_> {
    /// Hashes the original up to `end`, where that has not been done yet.
    fn hash_to(&mut self, end: usize) {
        if end > self.hashed {
            self.hash.update(&self.file.contents()[self.hashed..end]);
            self.hashed = end;
            (self.progress)(end as u64);
        }
    }

    /// Stores bytes of the original as they are.
    fn store(&mut self, range: Range<usize>) -> Result<(), ContainerError> {
        let mut at = range.start;
        for piece in self.file.contents()[range.clone()].chunks(COPY_BYTES) {
            self.output.write(piece)?;
            at += piece.len();
            self.hash_to(at);
        }
        self.manifest.push_stored(range.len() as u64);
        Ok(())
    }

    /// Codes a tensor, or stores it. Gives the bytes it takes, and what became of it.
    fn tensor(
        &mut self,
        tensor: &TensorInfo,
        format: Format,
        codings: &mut Codings<'_>,
    ) -> Result<(u64, Outcome), ContainerError> {
        let raw_bytes = tensor.range.len() as u64;
        if raw_bytes == 0 {
            return Ok((0, Outcome::Empty));
        }
        let ready = match codings.of(format) {
            Ok(ready) => ready,
            Err(reason) => {
                let outcome = Outcome::NoBank(reason.into());
                self.store(tensor.range.clone())?;
                return Ok((raw_bytes, outcome));
            }
        };
        let start = self.output.position();
        self.packets(tensor, ready)?;
        let coded_bytes = self.output.position() - start;
        if coded_bytes >= raw_bytes {
            self.output.rewind(start)?;
            self.store(tensor.range.clone())?;
            return Ok((raw_bytes, Outcome::NoGain(coded_bytes)));
        }
        let (bank, parameters) = (ready.bank.clone(), *ready.codec.parameters());
        self.manifest.segments.push(Segment::Coded(CodedSegment {
            tensor: tensor.name.clone(),
            coding: codings.use_index(format)?,
            packet_elements: self.packet_elements,
            unpacked: tensor.unpacked,
            bytes: raw_bytes,
            coded_bytes,
        }));
        Ok((coded_bytes, Outcome::Coded { bank, parameters }))
    }

    /// Writes a tensor's packets, a length before each.
    fn packets(&mut self, tensor: &TensorInfo, ready: &Ready) -> Result<(), ContainerError> {
        let file = self.file;
        let packet_bytes = self.packet_elements * tensor.require_format()?.element_bytes();
        let batch = batch(packet_bytes as u64);
        let mut chunks = file.chunks(tensor, self.packet_elements)?;
        let mut first = 0u64;
        loop {
            let plain = chunks.by_ref().take(batch).collect::<Result<Vec<_>, _>>()?;
            if plain.is_empty() {
                return Ok(());
            }
            let packets = parallel(&plain, |_, elements| ready.codec.encode_packet(elements, &ready.choice));
            for (packet, bytes) in (first..).zip(packets) {
                let encode = |source| ContainerError::Encode { tensor: tensor.name.clone(), packet, source };
                let bytes = bytes.map_err(encode)?;
                // At most 2^24 elements of 4 symbols of 32 bits and as many raw ones: below 2^32 bytes.
                let length = (bytes.len() as u32).to_le_bytes();
                debug_assert_eq!(length.len(), FRAME_BYTES);
                self.output.write(&length)?;
                self.output.write(&bytes)?;
            }
            first += plain.len() as u64;
            let stored: usize = plain.iter().map(|p| p.len()).sum::<usize>() * if tensor.unpacked { 2 } else { 1 };
            self.hash_to((self.hashed + stored).min(tensor.range.end));
        }
    }

    /// Manifest and header, and the file into its place.
    fn finish(self, codings: Codings<'_>, tensors: Vec<TensorReport>) -> Result<EncodeReport, ContainerError> {
        let Run { mut output, mut manifest, hash, .. } = self;
        manifest.sha256 = hex(&hash.finalize());
        (manifest.banks, manifest.codings) = codings.into_manifest();
        let of = |s: &Segment| match s {
            Segment::Stored(s) => (s.bytes, 0),
            Segment::Coded(c) => (0, c.coded_bytes),
        };
        let (stored_bytes, coded_bytes) =
            manifest.segments.iter().map(of).fold((0, 0), |(s, c), (stored, coded)| (s + stored, c + coded));
        let text = serde_json::to_vec(&manifest).map_err(super::ManifestError::Json)?;
        output.write(&text)?;
        let file_bytes = output.position();
        output.commit(&header(file_bytes, &text)?)?;
        Ok(EncodeReport {
            original_bytes: manifest.bytes,
            file_bytes,
            stored_bytes,
            coded_bytes,
            manifest_bytes: text.len() as u64,
            sha256: manifest.sha256,
            tensors,
        })
    }
}

/// Bytes in hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

//! Packets with a length before each, several at work at a time: packets do not depend on one another.

use super::manifest::{CodedSegment, FRAME_BYTES};
use super::{ContainerError, PacketFault};
use crate::codec::{BookChoice, Codec, Decoder, EncodeError};
use crate::fast::FastCodec;
use crate::wire::Parameters;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Packets at work for each thread, so that none waits long for the slowest.
const PACKETS_PER_THREAD: usize = 4;
/// Bytes of the original that are worked on together, unless a single packet has more.
const BATCH_BYTES: u64 = 64 << 20;
/// Most threads.
const MAX_THREADS: usize = 16;
/// Bytes of a packet that are decoded before it is checked whether more comes out than should.
const DECODE_STEP: usize = 1 << 12;

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get).min(MAX_THREADS)
}

/// How many packets, each of `packet_bytes` bytes of the original, are worked on together.
pub(super) fn batch(packet_bytes: u64) -> usize {
    let most = (threads() * PACKETS_PER_THREAD) as u64;
    (BATCH_BYTES / packet_bytes.max(1)).clamp(1, most) as usize
}

/// `work` on every item, on several threads, results in the order of the items.
pub(super) fn parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(usize, &T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut done = Vec::new();
        loop {
            let i = next.fetch_add(1, Ordering::Relaxed);
            match items.get(i) {
                Some(item) => done.push((i, work(i, item))),
                None => return done,
            }
        }
    };
    let mut results = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads().min(items.len())).map(|_| scope.spawn(worker)).collect();
        let mut all = worker();
        for other in others {
            match other.join() {
                Ok(done) => all.extend(done),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    });
    results.sort_unstable_by_key(|(i, _)| *i);
    results.into_iter().map(|(_, r)| r).collect()
}

/// The packets of a coded segment, one after the other, none decoded yet.
pub(super) struct Frames<'a> {
    rest: &'a [u8],
}

impl<'a> Frames<'a> {
    pub const fn new(data: &'a [u8]) -> Self {
        Frames { rest: data }
    }

    /// The next packet.
    pub fn next(&mut self) -> Result<&'a [u8], PacketFault> {
        let left = self.rest.len() as u64;
        let Some((length, rest)) = self.rest.split_first_chunk::<FRAME_BYTES>() else {
            return Err(PacketFault::Frame { length: FRAME_BYTES as u64, left });
        };
        let length = u32::from_le_bytes(*length);
        let Some((packet, rest)) = rest.split_at_checked(length as usize) else {
            return Err(PacketFault::Frame { length: length.into(), left: rest.len() as u64 });
        };
        self.rest = rest;
        Ok(packet)
    }

    /// Nothing may follow the last packet.
    pub fn end(&self) -> Result<(), PacketFault> {
        match self.rest.len() {
            0 => Ok(()),
            n => Err(PacketFault::Rest(n as u64)),
        }
    }
}

/// A codec, fast where its parameters allow it. The packets and the errors are the same.
#[derive(Debug)]
pub(super) struct PacketCodec {
    reference: Codec,
    fast: Option<FastCodec>,
}

impl PacketCodec {
    pub fn new(reference: Codec) -> Self {
        PacketCodec { fast: FastCodec::new(&reference).ok(), reference }
    }

    pub const fn parameters(&self) -> &Parameters {
        self.reference.parameters()
    }

    pub fn encode_packet(&self, elements: &[u8], choice: &BookChoice) -> Result<Vec<u8>, EncodeError> {
        match &self.fast {
            Some(fast) => fast.encode_packet(elements, choice),
            None => self.reference.encode_packet(elements, choice),
        }
    }

    /// Decodes a packet that has to give `expected` bytes of elements.
    fn decode(&self, packet: &[u8], expected: usize) -> Result<Vec<u8>, PacketFault> {
        match self.fast.as_ref().and_then(|fast| fast.decode_expected(packet, expected)) {
            Some(elements) => Ok(elements),
            None => decode(&self.reference, packet, expected),
        }
    }
}

/// Decodes a packet that has to give `expected` bytes of elements. Decoding stops as soon as there are more, so that a
/// hostile packet cannot fill the memory.
fn decode(codec: &Codec, packet: &[u8], expected: usize) -> Result<Vec<u8>, PacketFault> {
    let mut decoder = Decoder::new(codec);
    let mut elements = Vec::new();
    let mut pull = |decoder: &mut Decoder<'_>| {
        elements.append(&mut decoder.pull());
        match elements.len() {
            found if found > expected => Err(PacketFault::Length { found, expected }),
            _ => Ok(()),
        }
    };
    for step in packet.chunks(DECODE_STEP) {
        decoder.push_bytes(step)?;
        pull(&mut decoder)?;
    }
    decoder.end()?;
    pull(&mut decoder)?;
    if let Some(header) = decoder.header() {
        let (theirs, ours) = (&header.parameters, codec.parameters());
        if (theirs.format, theirs.map) != (ours.format, ours.map) {
            return Err(PacketFault::Layout {
                packet_format: theirs.format,
                packet_map: theirs.map,
                format: ours.format,
                map: ours.map,
            });
        }
    }
    match elements.len() {
        found if found == expected => Ok(elements),
        found => Err(PacketFault::Length { found, expected }),
    }
}

/// Decodes a segment and hands its original bytes to `sink`, in order.
pub(super) fn decode_segment(
    index: usize,
    segment: &CodedSegment,
    codec: &PacketCodec,
    data: &[u8],
    mut sink: impl FnMut(&[u8]) -> Result<(), ContainerError>,
) -> Result<(), ContainerError> {
    let failed =
        |packet, fault| ContainerError::Packet { segment: index, tensor: segment.tensor.clone(), packet, fault };
    let packet_bytes = segment.packet_bytes(codec.parameters().format.element_bytes());
    let packets = segment.bytes.div_ceil(packet_bytes);
    let mut frames = Frames::new(data);
    let mut first = 0;
    while first < packets {
        let count = (packets - first).min(batch(packet_bytes) as u64);
        // A wrong length ends the batch, but what came before it is decoded first: the first error is the one to report.
        let mut cut = Ok(());
        let mut batch = Vec::new();
        for packet in first..first + count {
            match frames.next() {
                Ok(frame) => batch.push(frame),
                Err(fault) => {
                    cut = Err(failed(packet, fault));
                    break;
                }
            }
        }
        let decoded = parallel(&batch, |i, packet| {
            let p = first + i as u64;
            let original = (segment.bytes - p * packet_bytes).min(packet_bytes) as usize;
            let plain = if segment.unpacked { original.div_ceil(2) } else { original };
            let mut elements = codec.decode(packet, plain).map_err(|f| failed(p, f))?;
            if segment.unpacked {
                elements = elements.iter().flat_map(|pair| [pair & 15, pair >> 4]).take(original).collect();
            }
            Ok::<_, ContainerError>(elements)
        });
        for elements in decoded {
            sink(&elements?)?;
        }
        cut?;
        first += count;
    }
    frames.end().map_err(|f| failed(packets, f))
}

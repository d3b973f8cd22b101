//! The codec in fast software: the same packets as [`crate::codec`], bit for bit, and the same errors.
//!
//! ```text
//! bytes -> symbols, raw bytes -> recentred, a block at a time -> books -> lanes, 16 steps at a time -> words   pack.rs
//! bytes <- symbols, raw bytes <- restored,  a block at a time <---------- lanes, 16 steps at a time <- words   unpack.rs
//! ```
//!
//! | file | what lives there |
//! |---|---|
//! | [`FastCodec`] | whole packets |
//! | `elements` | elements to symbols and the raw stream, and back |
//! | `bias` | the tracked exponent bias, a block at a time |
//! | `choose` | the best book of each block |
//! | `tables` | what the encoder sends for a symbol, and what the decoder makes of the next bits |
//! | `cells` | a cell of a vector for each symbol |
//! | `pack`, `unpack` | lanes to words in demand order, and back |
//! | `raw_words` | where the words of the raw stream stand among those of the lanes |
//! | `report` | what a packet's bits were spent on |
//!
//! What makes it fast: symbols, biases and books are known before a lane is packed, so that all lanes shift at once and
//! only a word that is full takes a look at the order; the decoder takes its words without a branch. Both run in
//! instructions of AVX2 and BMI2 where the processor has them. From four lanes on chunks are decoded in vectors, with AVX2; with
//! AVX-512 they are packed in vectors too, and books are chosen (`unpack/vector.rs`, `pack/vector.rs`, `choose/vector.rs`).
//! Lanes in turn are packed and decoded without vectors.
//!
//! The reference is what everything is judged by: it reports every error, and takes over what is rare (below).

mod bias;
#[cfg(target_arch = "x86_64")]
mod cells;
mod choose;
mod elements;
mod pack;
mod raw_words;
mod report;
mod tables;
#[cfg(test)]
mod tests;
mod unpack;

use crate::codec::tracker::first_bias;
use crate::codec::{BookChoice, Codec, DecodeError, EncodeError};
use crate::format::Layout;
use crate::wire::{BookMode, Header, Parameters, BOOK_LEAD_STEPS, HEADER_BYTES, RAW_BOOK};
use raw_words::{copy_few_words, copy_words, RawWords};
use std::sync::{Mutex, PoisonError};
use tables::{DecodeTable, EncodeTable};
use thiserror::Error;

/// Bits of a mux word.
const MUX_BITS: usize = crate::wire::MUX_BITS as usize;
/// Bytes of such a word.
const WORD_BYTES: usize = MUX_BITS / 8;
/// Most lanes.
const LANES: usize = 64;
/// Most turns of a step.
const MOST_TURNS: usize = crate::wire::LANES_IN_TURN as usize;
/// Bytes of the trailer.
const TRAILER_BYTES: usize = 8;
/// Most symbols of a packet that is encoded here: places in it are counted in 32 bits.
const MAX_SYMBOLS: usize = 1 << 30;
/// Steps that are coded at a time. A block with a book of its own is a multiple of it, and announces the next one's in the
/// first steps of its last chunk.
const CHUNK_STEPS: usize = BOOK_LEAD_STEPS as usize;

/// Parameters for which there is only the reference codec.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Unsupported {
    /// More than one symbol in an element.
    #[error("{0} symbols in an element: the fast codec takes one only")]
    Symbols(u32),
}

/// The instructions that the code is chosen for. Those of AVX-512 make it slower, but for what is written for them.
fn processor() -> pulp::Arch {
    let arch = pulp::Arch::new();
    #[cfg(target_arch = "x86_64")]
    if let pulp::x86::Arch::V4(simd) = arch {
        return pulp::x86::Arch::V3(*simd);
    }
    arch
}

fn check_supported(layout: &Layout) -> Result<(), Unsupported> {
    match layout.symbols {
        1 => Ok(()),
        symbols => Err(Unsupported::Symbols(symbols)),
    }
}

/// A [`Codec`] with fast tables: maps `fields` and `bytes`, everything else as the wire format has it.
///
/// Buffers are kept from packet to packet, as many as packets are at work at the same time.
///
/// ```
/// # use huffwire::codebook::{Bank, Book, PlaneCode};
/// use huffwire::codec::{BookChoice, Codec};
/// use huffwire::fast::FastCodec;
/// use huffwire::format::{Format, SymbolMap};
/// use huffwire::wire::Parameters;
/// # let mut lengths = vec![0; 256];
/// # (lengths[127], lengths[126]) = (1, 2);
/// # let book = Book { name: "example".into(), planes: vec![PlaneCode::new(8, lengths, 2)?] };
/// # let bank = std::sync::Arc::new(Bank::new(SymbolMap::Fields, vec![book])?);
///
/// let codec = Codec::new(Parameters::plain(Format::Bf16, SymbolMap::Fields, 16), bank)?;
/// let fast = FastCodec::new(&codec)?;
/// let plain = [0x80, 0x3F, 0x00, 0x3F, 0x80, 0xBF]; // 1.0, 0.5, -1.0
/// let packet = fast.encode_packet(&plain, &BookChoice::Best)?;
/// assert_eq!(packet, codec.encode_packet(&plain, &BookChoice::Best)?);
/// assert_eq!(fast.decode_packet(&packet)?, plain);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct FastCodec {
    codec: Codec,
    encode: Vec<EncodeTable>,
    decode: Vec<DecodeTable>,
    pack_vectors: Option<pack::Vectors>,
    unpack_vectors: Option<unpack::Vectors>,
    chooser: choose::Chooser,
    arch: pulp::Arch,
    idle: Mutex<Vec<Buffers>>,
}

/// What is known of a packet when it has been encoded.
struct Encoded {
    /// The header's, the initial bias among them.
    parameters: Parameters,
    /// Bits of each lane's stream, those of book ids included.
    lane_bits: [u64; LANES],
}

/// What a packet is worked on in.
#[derive(Debug, Default)]
struct Buffers {
    /// Exponents or symbols, one a byte.
    symbols: Vec<u8>,
    /// The raw stream.
    raw: Vec<u8>,
    /// Words of the payload with words of zeros behind them, and those of its raw stream.
    words: Vec<u16>,
    raw_words: Vec<u16>,
    /// Book of each block.
    ids: Vec<u8>,
}

impl FastCodec {
    /// Makes the tables, if the codec's parameters are covered.
    pub fn new(codec: &Codec) -> Result<Self, Unsupported> {
        check_supported(codec.layout())?;
        let codes: Vec<_> = (0..).map_while(|id| codec.bank().book(id)).map(|book| &book.planes[0]).collect();
        Ok(FastCodec {
            codec: codec.clone(),
            encode: codes.iter().map(|code| EncodeTable::new(code)).collect(),
            decode: codes.iter().map(|code| DecodeTable::new(code)).collect(),
            pack_vectors: pack::Vectors::new(&codes),
            unpack_vectors: unpack::Vectors::new(&codes),
            chooser: choose::Chooser::new(&codes),
            arch: processor(),
            idle: Mutex::default(),
        })
    }

    /// Codes as on a processor without vectors.
    #[cfg(test)]
    fn without_vectors(&mut self) {
        self.pack_vectors = None;
        self.unpack_vectors = None;
        self.chooser.without_vectors();
    }

    /// The codec that this one equals.
    pub const fn reference(&self) -> &Codec {
        &self.codec
    }

    /// As [`Codec::encode_packet`].
    pub fn encode_packet(&self, plain: &[u8], choice: &BookChoice) -> Result<Vec<u8>, EncodeError> {
        let mut packet = Vec::new();
        self.encode_into(plain, choice, &mut packet)?;
        Ok(packet)
    }

    /// As [`Codec::encode_packet`], into a buffer whose contents it replaces; after an error these are void.
    pub fn encode_into(&self, plain: &[u8], choice: &BookChoice, packet: &mut Vec<u8>) -> Result<(), EncodeError> {
        let encoded =
            self.with_buffers(|buffers| self.arch.dispatch(Encode { codec: self, plain, choice, buffers, packet }));
        if encoded.is_none() {
            *packet = self.codec.encode_packet(plain, choice)?;
        }
        Ok(())
    }

    /// As [`Codec::decode_packet`]: the packet's own header says how, and where that is not covered here, and for packets
    /// with an error, the reference does it.
    pub fn decode_packet(&self, packet: &[u8]) -> Result<Vec<u8>, DecodeError> {
        let mut plain = Vec::new();
        self.decode_into(packet, &mut plain)?;
        Ok(plain)
    }

    /// As [`FastCodec::decode_packet`], into a buffer whose contents it replaces; after an error these are void.
    pub fn decode_into(&self, packet: &[u8], plain: &mut Vec<u8>) -> Result<(), DecodeError> {
        let decoded = self.with_buffers(|buffers| self.arch.dispatch(Decode { codec: self, packet, buffers, plain }));
        if decoded.is_none() {
            *plain = self.codec.decode_packet(packet)?;
        }
        Ok(())
    }

    /// Decodes a packet of this codec's format and map that holds `expected` bytes of plaintext. `None` for any other, on
    /// which no more work is spent than `expected` allows, and for what only the reference decodes.
    pub fn decode_expected(&self, packet: &[u8], expected: usize) -> Option<Vec<u8>> {
        let count = packet.last_chunk::<TRAILER_BYTES>()?.first_chunk().map(|&count| u32::from_be_bytes(count))?;
        if count as usize * self.codec.layout().element_bytes() != expected {
            return None;
        }
        let mut plain = Vec::new();
        let decode =
            |buffers: &mut Buffers| self.arch.dispatch(Decode { codec: self, packet, buffers, plain: &mut plain });
        let theirs = self.with_buffers(decode)?.parameters;
        let ours = self.codec.parameters();
        ((theirs.format, theirs.map) == (ours.format, ours.map)).then_some(plain)
    }

    /// Lends buffers that no other packet is using. Nothing is kept of what they hold.
    fn with_buffers<T>(&self, act: impl FnOnce(&mut Buffers) -> T) -> T {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let mut buffers = idle().pop().unwrap_or_default();
        let result = act(&mut buffers);
        idle().push(buffers);
        result
    }

    /// Elements of a block, or of the whole packet if there are none.
    fn block_elements(parameters: &Parameters) -> usize {
        parameters.block_log2.map_or(usize::MAX, |log2| (parameters.lanes as usize) << log2)
    }

    /// Elements with a book of their own, or of the whole packet if all have the same.
    fn book_elements(parameters: &Parameters) -> usize {
        match parameters.book_mode {
            BookMode::Block => Self::block_elements(parameters),
            BookMode::Fixed => usize::MAX,
        }
    }

    /// Encodes; `None` for input that the reference has to refuse. Symbols and ids stay in the buffers.
    #[inline(always)]
    fn encode(
        &self,
        plain: &[u8],
        choice: &BookChoice,
        buffers: &mut Buffers,
        packet: &mut Vec<u8>,
    ) -> Option<Encoded> {
        let (mut parameters, layout) = (*self.codec.parameters(), self.codec.layout());
        let Buffers { symbols, raw, ids, .. } = buffers;
        elements::split(layout, plain, symbols, raw)?;
        if symbols.len() > MAX_SYMBOLS {
            return None;
        }
        let count = symbols.len() as u32;
        let block_elements = Self::block_elements(&parameters);
        if let Some(tracking) = &mut parameters.tracking {
            let first_block = &symbols[..symbols.len().min(block_elements)];
            let mean = || first_bias(first_block.iter().copied());
            tracking.initial_bias = Some(tracking.initial_bias.unwrap_or_else(mean));
        }
        if let Some(mut tracker) = bias::BlockTracker::new(&parameters) {
            for block in symbols.chunks_mut(block_elements) {
                let sum = bias::recentre_block(block, tracker.bias(), layout.symbol_bits);
                tracker.end_block(sum);
            }
        }
        let book_elements = Self::book_elements(&parameters);
        let blocks = symbols.len().div_ceil(book_elements).max(1);
        ids.clear();
        match choice {
            BookChoice::Fixed(id) => ids.resize(blocks, *id),
            BookChoice::Ids(given) if given.len() == blocks => ids.extend_from_slice(given),
            BookChoice::Ids(_) => return None,
            BookChoice::Best if count == 0 => ids.push(RAW_BOOK),
            BookChoice::Best => self.chooser.choose(symbols, book_elements, ids),
        }
        if ids.iter().any(|&id| usize::from(id) >= self.encode.len()) {
            return None;
        }
        let header = Header { parameters, book: ids[0], fingerprint: self.codec.fingerprint() }.to_bytes();
        packet.clear();
        packet.extend_from_slice(&header);
        let vectors = self.pack_vectors.as_ref();
        let lane_bits = pack::payload(&parameters, layout, &self.encode, vectors, symbols, raw, ids, packet);
        packet.extend_from_slice(&count.to_be_bytes());
        packet.extend_from_slice(&packet_crc(&header, plain, &parameters, layout, count).to_be_bytes());
        Some(Encoded { parameters, lane_bits })
    }

    /// Decodes; `None` for a packet that is not covered, or that the reference has to refuse.
    #[inline(always)]
    fn decode(&self, packet: &[u8], buffers: &mut Buffers, plain: &mut Vec<u8>) -> Option<Header> {
        let (header_bytes, rest) = packet.split_first_chunk::<HEADER_BYTES>()?;
        let (payload, trailer) = rest.split_last_chunk::<TRAILER_BYTES>()?;
        let header = Header::from_bits(header_bytes.iter().fold(0, |bits, &byte| bits << 8 | u128::from(byte))).ok()?;
        let parameters = &header.parameters;
        let layout = parameters.check().ok()?;
        check_supported(&layout).ok()?;
        self.codec.bank().check_fits(parameters, &layout).ok()?;
        let trailer = u64::from_be_bytes(*trailer);
        let (count, received) = ((trailer >> 32) as u32, trailer as u32);
        let possible = u64::from(count) * u64::from(1 + layout.raw_bits) <= 8 * payload.len() as u64;
        let whole_words = payload.len().is_multiple_of(WORD_BYTES);
        if header.fingerprint != self.codec.fingerprint() || count == 0 || !possible || !whole_words {
            return None;
        }
        let Buffers { symbols, words, raw_words: raw, .. } = buffers;
        unpack::payload(
            &header,
            &layout,
            &self.decode,
            self.unpack_vectors.as_ref(),
            count as usize,
            payload,
            words,
            symbols,
            raw,
        )?;
        if let Some(mut tracker) = bias::BlockTracker::new(parameters) {
            for block in symbols.chunks_mut(Self::block_elements(parameters)) {
                let sum = bias::restore_block(block, tracker.bias(), layout.symbol_bits);
                tracker.end_block(sum);
            }
        }
        elements::join(&layout, symbols, raw, plain)?;
        (packet_crc(header_bytes, plain, parameters, &layout, count) == received).then_some(header)
    }
}

/// [`FastCodec::encode`] to be compiled for several processors: a closure would not be inlined into each.
struct Encode<'a> {
    codec: &'a FastCodec,
    plain: &'a [u8],
    choice: &'a BookChoice,
    buffers: &'a mut Buffers,
    packet: &'a mut Vec<u8>,
}

impl pulp::NullaryFnOnce for Encode<'_> {
    type Output = Option<Encoded>;

    #[inline(always)]
    fn call(self) -> Option<Encoded> {
        self.codec.encode(self.plain, self.choice, self.buffers, self.packet)
    }
}

/// [`FastCodec::decode`], likewise.
struct Decode<'a> {
    codec: &'a FastCodec,
    packet: &'a [u8],
    buffers: &'a mut Buffers,
    plain: &'a mut Vec<u8>,
}

impl pulp::NullaryFnOnce for Decode<'_> {
    type Output = Option<Header>;

    #[inline(always)]
    fn call(self) -> Option<Header> {
        self.codec.decode(self.packet, self.buffers, self.plain)
    }
}

/// The CRC of section 7 for one symbol an element. The header is known beforehand: nothing has to be joined as in
/// [`crate::codec::crc::PacketCrc`].
fn packet_crc(header: &[u8], plain: &[u8], parameters: &Parameters, layout: &Layout, count: u32) -> u32 {
    let turn_bytes = parameters.turn_lanes() as usize * layout.element_bytes();
    let missing = plain.len().next_multiple_of(turn_bytes) - plain.len();
    let zeros = vec![0; missing + turn_bytes.saturating_sub(size_of::<u32>())];
    let mut digest = crc_fast::Digest::new(crc_fast::CrcAlgorithm::Crc32Iscsi);
    [header, plain, &zeros, &count.to_be_bytes()].into_iter().for_each(|bytes| digest.update(bytes));
    let crc = digest.finalize() as u32;
    debug_assert!(plain.len() == count as usize * layout.element_bytes());
    crc
}

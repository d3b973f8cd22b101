//! Streaming decoder: mux words in, element bytes out (wire format, sections 4 to 9).

use super::bits::BitWindow;
use super::books::{book_block, book_id_bit};
use super::crc::PacketCrc;
use super::error::{last_book_id, DecodeError, LengthFault, PaddingPlace};
use super::order::{DemandOrder, Source};
use super::packet::Codec;
use super::symbols::{self, Parts};
use super::tracker::Tracker;
use crate::format::Layout;
use crate::wire::{Header, HeaderError, Parameters, HEADER_BITS, HEADER_BYTES, MUX_BITS, TRAILER_BITS, TRAILER_WORDS};
use std::collections::VecDeque;

/// Decodes one packet. The header says how; the codec that the decoder is made from gives the bank.
///
/// Data comes out as early as section 5.2 allows, that is before the trailer has been seen: it counts only once
/// [`Decoder::end`] has returned without an error. After an error every further call gives the same error.
#[derive(Clone, Debug)]
pub struct Decoder<'c> {
    codec: &'c Codec,
    /// Bytes that came.
    bytes: u64,
    /// The bytes of the header, or later of a word, that is not complete yet.
    partial: Vec<u8>,
    payload: Option<Payload<'c>>,
    plaintext: Vec<u8>,
    closed: Option<DecodeError>,
}

impl<'c> Decoder<'c> {
    /// Awaits a packet.
    pub fn new(codec: &'c Codec) -> Self {
        let partial = Vec::with_capacity(HEADER_BYTES);
        Decoder { codec, bytes: 0, partial, payload: None, plaintext: Vec::new(), closed: None }
    }

    /// Takes in a word of 16 bits.
    pub fn push_word(&mut self, word: u32) -> Result<(), DecodeError> {
        match u16::try_from(word) {
            Ok(word) => self.push_bytes(&word.to_be_bytes()),
            Err(_) => self.while_open(|_| Err(DecodeError::WordRange { word })),
        }
    }

    /// Takes in the next bytes of the packet, which need not be whole words.
    pub fn push_bytes(&mut self, bytes: &[u8]) -> Result<(), DecodeError> {
        self.while_open(|decoder| bytes.iter().try_for_each(|&byte| decoder.push_byte(byte)))
    }

    /// The packet has ended (TLAST): decodes what only the trailer can tell, and checks all of it.
    pub fn end(&mut self) -> Result<(), DecodeError> {
        self.while_open(Self::check_end)?;
        self.closed = Some(DecodeError::Ended);
        Ok(())
    }

    /// The plaintext that has become certain since the last call: whole elements, in the bytes of section 7.
    pub fn pull(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.plaintext)
    }

    /// The packet's header, once it has come and has been found good.
    pub fn header(&self) -> Option<&Header> {
        self.payload.as_ref().map(|payload| &payload.header)
    }

    /// Whole steps decoded so far.
    pub fn steps(&self) -> u64 {
        self.payload.as_ref().map_or(0, |payload| payload.turn / u64::from(payload.parameters().turns))
    }

    fn while_open(&mut self, act: impl FnOnce(&mut Self) -> Result<(), DecodeError>) -> Result<(), DecodeError> {
        if let Some(error) = &self.closed {
            return Err(error.clone());
        }
        act(self).inspect_err(|error| self.closed = Some(error.clone()))
    }

    fn push_byte(&mut self, byte: u8) -> Result<(), DecodeError> {
        self.bytes += 1;
        self.partial.push(byte);
        match &mut self.payload {
            None => {
                if let Ok(header) = <[u8; HEADER_BYTES]>::try_from(self.partial.as_slice()) {
                    self.partial.clear();
                    self.payload = Some(Payload::new(self.codec, header)?);
                }
                Ok(())
            }
            Some(payload) => {
                if let [high, low] = self.partial[..] {
                    self.partial.clear();
                    payload.push_word(u16::from_be_bytes([high, low]).into(), &mut self.plaintext)?;
                }
                Ok(())
            }
        }
    }

    fn check_end(&mut self) -> Result<(), DecodeError> {
        match &mut self.payload {
            None => Err(DecodeError::Truncated { bytes: self.bytes, needed: HEADER_BYTES as u64 }),
            Some(payload) => {
                let needed = u64::from((HEADER_BITS + TRAILER_BITS) / 8);
                if self.bytes < needed {
                    return Err(DecodeError::Truncated { bytes: self.bytes, needed });
                }
                payload.finish(!self.partial.is_empty(), &mut self.plaintext)
            }
        }
    }
}

/// The last words that came: when the packet ends, they are its trailer; until then each is payload that the next pushes out.
#[derive(Clone, Debug, Default)]
struct TrailerDelay {
    words: VecDeque<u32>,
}

impl TrailerDelay {
    fn push(&mut self, word: u32) -> Option<u32> {
        self.words.push_back(word);
        if self.words.len() > TRAILER_WORDS {
            self.words.pop_front()
        } else {
            None
        }
    }
}

/// A packet whose header has been read.
#[derive(Clone, Debug)]
struct Payload<'c> {
    codec: &'c Codec,
    header: Header,
    layout: Layout,
    trailer: TrailerDelay,
    payload_words: u64,
    order: DemandOrder,
    /// Words asked for that have not come yet.
    asked: VecDeque<Source>,
    /// Where the last payload word went.
    last_word: Option<Source>,
    lanes: Vec<BitWindow>,
    raw: BitWindow,
    tracker: Option<Tracker>,
    /// Book of the current block, and what the stream has announced of the next one's id.
    book: u8,
    next_book: Option<u8>,
    /// Turns decoded.
    turn: u64,
    /// The element under way: turns may end within one.
    parts: Parts,
    crc: PacketCrc,
}

impl<'c> Payload<'c> {
    fn new(codec: &'c Codec, bytes: [u8; HEADER_BYTES]) -> Result<Self, DecodeError> {
        let bits = bytes.iter().fold(0, |bits, &byte| bits << 8 | u128::from(byte));
        let header = Header::from_bits(bits).map_err(|error| match error {
            HeaderError::Version(version) => DecodeError::Version(version),
            other => DecodeError::Header(other),
        })?;
        if header.fingerprint != codec.fingerprint() {
            return Err(DecodeError::Fingerprint { packet: header.fingerprint, bank: codec.fingerprint() });
        }
        let parameters = &header.parameters;
        let layout = parameters.check().map_err(|error| DecodeError::Header(error.into()))?;
        codec.bank().check_fits(parameters, &layout).map_err(DecodeError::BankMismatch)?;
        check_book(codec, 0, header.book)?;
        let mut payload = Payload {
            codec,
            header,
            layout,
            trailer: TrailerDelay::default(),
            payload_words: 0,
            order: DemandOrder::new(parameters, &layout),
            asked: VecDeque::new(),
            last_word: None,
            lanes: vec![BitWindow::new(MUX_BITS); parameters.lanes as usize],
            raw: BitWindow::new(MUX_BITS),
            // A header always has a number.
            tracker: Tracker::new(parameters, &layout, parameters.tracking.and_then(|t| t.initial_bias).unwrap_or(0)),
            book: header.book,
            next_book: None,
            turn: 0,
            parts: Parts::default(),
            crc: PacketCrc::new(),
        };
        payload.order.next_group(|_| 0, &mut payload.asked);
        Ok(payload)
    }

    fn parameters(&self) -> &Parameters {
        &self.header.parameters
    }

    /// A word behind the header: payload or trailer.
    fn push_word(&mut self, word: u32, plaintext: &mut Vec<u8>) -> Result<(), DecodeError> {
        let Some(word) = self.trailer.push(word) else { return Ok(()) };
        self.payload_words += 1;
        // A payload word that follows everything asked for proves the turn complete (section 5.2). Every step takes at
        // least a bit from each lane, so a word is asked for before long and the loop ends.
        while self.asked.is_empty() {
            self.decode_turn(self.parameters().turn_lanes(), plaintext)?;
            self.order.next_group(|lane| self.lanes[lane].consumed_bits(), &mut self.asked);
        }
        self.last_word = self.asked.pop_front();
        if let Some(source) = self.last_word {
            self.stream(source).push_word(word);
        }
        Ok(())
    }

    fn stream(&mut self, source: Source) -> &mut BitWindow {
        match source {
            Source::Lane(lane) => &mut self.lanes[lane],
            Source::Raw => &mut self.raw,
        }
    }

    /// Decodes the next turn: a symbol of each of its first `lanes` lanes.
    fn decode_turn(&mut self, lanes: u32, plaintext: &mut Vec<u8>) -> Result<(), DecodeError> {
        let parameters = self.header.parameters;
        let (step, turn) = (self.turn / u64::from(parameters.turns), (self.turn % u64::from(parameters.turns)) as u32);
        let block = book_block(&parameters, step);
        if turn == 0 && step > 0 && block != book_block(&parameters, step - 1) {
            self.book = self.next_book.take().unwrap_or(self.book);
        }
        let planes = self.layout.symbols;
        let begun = plaintext.len();
        let first = turn * parameters.turn_lanes();
        for lane in first..first + lanes {
            let symbol_number = step * u64::from(parameters.lanes) + u64::from(lane);
            let plane = (symbol_number % u64::from(planes)) as usize;
            let stream = &mut self.lanes[lane as usize];
            let symbol = self.codec.tables()[usize::from(self.book)].decode[plane].read(stream);
            if let Some(bit) = book_id_bit(&parameters, step).filter(|_| lane == 0) {
                let id = self.next_book.unwrap_or(0) | (stream.read(1) as u8) << bit;
                if bit == 0 {
                    check_book(self.codec, block + 1, id)?;
                }
                self.next_book = Some(id);
            }
            self.parts.symbols[plane] = self.tracker.as_mut().map_or(symbol, |tracker| tracker.decode(symbol));
            if plane + 1 == planes as usize {
                self.parts.raw = self.raw.read(self.layout.raw_bits);
                let element = symbols::join(&self.layout, &self.parts);
                plaintext.extend_from_slice(&element.to_le_bytes()[..self.layout.element_bytes()]);
            }
        }
        self.crc.update(&plaintext[begun..]);
        self.turn += 1;
        Ok(())
    }

    /// The packet has ended, with at least a trailer's words behind the header.
    fn finish(&mut self, within_word: bool, plaintext: &mut Vec<u8>) -> Result<(), DecodeError> {
        let trailer = self.trailer.words.iter().fold(0u64, |bits, &word| bits << MUX_BITS | u64::from(word));
        let (symbols, received) = ((trailer >> 32) as u32, trailer as u32);
        let payload_words = self.payload_words;
        let length = |fault| Err(DecodeError::Length { symbols, payload_words, fault });
        if within_word {
            return length(LengthFault::PartialWord);
        }
        if symbols % self.layout.symbols != 0 {
            return Err(DecodeError::Count { symbols, planes: self.layout.symbols });
        }
        let payload_bits = payload_words * u64::from(MUX_BITS);
        if u64::from(symbols) * u64::from(1 + self.layout.raw_bits) > payload_bits {
            return length(LengthFault::Impossible);
        }
        // The word that proved a turn complete is asked for by a later one.
        let lanes = u64::from(self.parameters().turn_lanes());
        if self.turn > 0 && u64::from(symbols) <= self.turn * lanes {
            return length(LengthFault::CountTooSmall);
        }
        // The words still asked for are not in the packet: the streams read zeros in their place. A bit of them that turns
        // out to be needed ends the decoding, however large the count is.
        while self.turn * lanes < u64::from(symbols) {
            self.decode_turn((u64::from(symbols) - self.turn * lanes).min(lanes) as u32, plaintext)?;
            if self.lanes.iter().chain([&self.raw]).any(BitWindow::overrun) {
                return length(LengthFault::WordMissing);
            }
        }
        let last_word_is_real = match self.last_word {
            Some(source) => self.stream(source).last_word_begun(),
            None => true,
        };
        if !last_word_is_real {
            return length(LengthFault::WordTooMany);
        }
        self.check_padding()?;
        let crc = std::mem::take(&mut self.crc);
        let computed = crc.finish(&self.header.to_bytes(), self.parameters(), &self.layout, symbols);
        if computed != received {
            return Err(DecodeError::Crc { received, computed });
        }
        Ok(())
    }

    fn check_padding(&self) -> Result<(), DecodeError> {
        if self.next_book.is_some_and(|id| id != crate::wire::RAW_BOOK) {
            return Err(DecodeError::Padding(PaddingPlace::BookId));
        }
        if let Some(lane) = self.lanes.iter().position(|lane| !lane.rest_is_zero()) {
            return Err(DecodeError::Padding(PaddingPlace::Lane(lane)));
        }
        if !self.raw.rest_is_zero() {
            return Err(DecodeError::Padding(PaddingPlace::Raw));
        }
        Ok(())
    }
}

fn check_book(codec: &Codec, block: u64, id: u8) -> Result<(), DecodeError> {
    let books = codec.bank().books().len();
    if id > last_book_id(books) {
        return Err(DecodeError::Book { block, id, books });
    }
    Ok(())
}

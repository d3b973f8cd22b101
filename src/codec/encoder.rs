//! Streaming encoder: element bytes in, mux words out (wire format, sections 4 to 7).

use super::bits::BitPacker;
use super::books::{book_block, book_id_bit, BookChoice, BookChooser};
use super::crc::PacketCrc;
use super::error::EncodeError;
use super::order::{DemandOrder, Source};
use super::packet::Codec;
use super::report::Report;
use super::symbols;
use super::tracker::{block_elements, first_bias, Tracker};
use crate::wire::{Header, Parameters, HEADER_BITS, HEADER_WORDS, MUX_BITS, TRAILER_BITS, TRAILER_WORDS};
use std::collections::VecDeque;

/// Encodes one packet.
///
/// ```text
/// push --> element --> recentred symbols --> [waiting] --> lanes --+--> asked for, in order --> [words] --> pull
///                  `-> raw bits ------------------------> raw -----'
/// ```
///
/// Words come out as early as the format allows: a word leaves when it is full and all words before it have left. What
/// waits inside is bounded: the symbols of a block and 16 steps at most (with a book per block), and the words that lanes
/// are ahead of each other, at most `P`·`M` steps' worth.
#[derive(Clone, Debug)]
pub struct Encoder<'c> {
    codec: &'c Codec,
    /// Bytes of an element that is not complete yet, and how many.
    element: u32,
    element_bytes: usize,
    elements: u64,
    /// The codec's parameters, with the initial bias as soon as it is certain.
    parameters: Parameters,
    tracker: Option<Tracker>,
    /// Exponents of the first block, as long as they are awaited for the initial bias.
    first_block: Option<Vec<u8>>,
    chooser: BookChooser,
    crc: PacketCrc,
    header: Option<Header>,
    /// Symbols that wait for a book.
    waiting: VecDeque<u8>,
    /// Symbols coded: the number of the first one in `waiting`.
    coded: u64,
    lanes: Vec<BitPacker>,
    raw: BitPacker,
    order: DemandOrder,
    /// Words asked for and not sent yet.
    asked: VecDeque<Source>,
    words: VecDeque<u32>,
    report: Report,
    /// Why no more data is accepted.
    closed: Option<EncodeError>,
}

impl<'c> Encoder<'c> {
    /// Begins a packet.
    pub fn new(codec: &'c Codec, choice: BookChoice) -> Result<Self, EncodeError> {
        let (parameters, layout) = (codec.parameters(), codec.layout());
        let lanes = parameters.lanes as usize;
        let first_block = parameters.tracking.filter(|t| t.initial_bias.is_none()).map(|_| Vec::new());
        let mut encoder = Encoder {
            codec,
            parameters: *parameters,
            element: 0,
            element_bytes: 0,
            elements: 0,
            tracker: None,
            first_block,
            chooser: BookChooser::new(codec, choice)?,
            crc: PacketCrc::new(),
            header: None,
            waiting: VecDeque::new(),
            coded: 0,
            lanes: vec![BitPacker::new(MUX_BITS); lanes],
            raw: BitPacker::new(MUX_BITS),
            order: DemandOrder::new(parameters, layout),
            asked: VecDeque::new(),
            words: VecDeque::new(),
            report: Report {
                lane_bits: vec![0; lanes],
                header_words: HEADER_WORDS as u64,
                trailer_words: TRAILER_WORDS as u64,
                ..Report::default()
            },
            closed: None,
        };
        if encoder.first_block.is_none() {
            encoder.start_tracker(parameters.tracking.and_then(|t| t.initial_bias));
        }
        encoder.order.next_group(|_| 0, &mut encoder.asked);
        encoder.code_waiting();
        Ok(encoder)
    }

    /// Takes in the next bytes of the plaintext, which need not be whole elements. After an error the packet is void, and
    /// every further call gives the same error.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        self.while_open(|encoder| {
            encoder.crc.update(bytes);
            for &byte in bytes {
                encoder.element |= u32::from(byte) << (8 * encoder.element_bytes);
                encoder.element_bytes += 1;
                if encoder.element_bytes == encoder.codec.layout().element_bytes() {
                    encoder.take_element()?;
                }
            }
            Ok(())
        })
    }

    /// Ends the packet; the rest of its words can be pulled then.
    pub fn finish(&mut self) -> Result<(), EncodeError> {
        self.while_open(|encoder| {
            if encoder.element_bytes > 0 {
                let element_bytes = encoder.codec.layout().element_bytes();
                return Err(EncodeError::PartialElement { over: encoder.element_bytes, element_bytes });
            }
            encoder.take_first_block()?;
            encoder.chooser.finish()?;
            encoder.code_waiting();
            encoder.send_rest_of_payload();
            encoder.send_trailer();
            encoder.report.books = encoder.chooser.ids().to_vec();
            Ok(())
        })?;
        self.closed = Some(EncodeError::Finished);
        Ok(())
    }

    /// The next word of the packet, if there is one yet.
    pub fn pull(&mut self) -> Option<u32> {
        self.words.pop_front()
    }

    /// Account of the packet; complete after [`Encoder::finish`].
    pub fn report(&self) -> &Report {
        &self.report
    }

    fn while_open(&mut self, act: impl FnOnce(&mut Self) -> Result<(), EncodeError>) -> Result<(), EncodeError> {
        if let Some(error) = &self.closed {
            return Err(error.clone());
        }
        act(self).inspect_err(|error| self.closed = Some(error.clone()))
    }

    /// Maps the element that has become complete, and codes what can be coded.
    fn take_element(&mut self) -> Result<(), EncodeError> {
        let layout = self.codec.layout();
        let (element, index) = (self.element, self.elements);
        (self.element, self.element_bytes) = (0, 0);
        if u64::from(element) >= 1 << layout.element_bits {
            return Err(EncodeError::ElementRange { index, value: element });
        }
        self.elements += 1;
        self.report.symbols += u64::from(layout.symbols);
        if self.report.symbols > u64::from(u32::MAX) {
            return Err(EncodeError::TooLong);
        }
        let parts = symbols::split(layout, element);
        self.raw.push(parts.raw, layout.raw_bits);
        self.report.raw_bits += u64::from(layout.raw_bits);
        if let Some(exponents) = &mut self.first_block {
            exponents.push(parts.symbols[0]);
            if Some(exponents.len() as u64) == block_elements(&self.parameters) {
                self.take_first_block()?;
            }
            return Ok(());
        }
        self.take_symbols(&parts.symbols[..layout.symbols as usize])?;
        self.code_waiting();
        Ok(())
    }

    /// The symbols of an element, before they are re-centred.
    fn take_symbols(&mut self, symbols: &[u8]) -> Result<(), EncodeError> {
        for (plane, &value) in symbols.iter().enumerate() {
            let symbol = self.tracker.as_mut().map_or(value, |tracker| tracker.encode(value));
            self.chooser.add(self.codec, plane, symbol)?;
            self.waiting.push_back(symbol);
        }
        Ok(())
    }

    /// The first block is complete, if it is awaited at all: its mean is the initial bias.
    fn take_first_block(&mut self) -> Result<(), EncodeError> {
        let Some(exponents) = self.first_block.take() else { return Ok(()) };
        self.start_tracker(Some(first_bias(exponents.iter().copied())));
        exponents.into_iter().try_for_each(|exponent| self.take_symbols(&[exponent]))?;
        self.code_waiting();
        Ok(())
    }

    fn start_tracker(&mut self, initial_bias: Option<u8>) {
        if let (Some(tracking), Some(bias)) = (&mut self.parameters.tracking, initial_bias) {
            tracking.initial_bias = Some(bias);
            self.report.initial_bias = Some(bias);
            self.tracker = Tracker::new(&self.parameters, self.codec.layout(), bias);
        }
    }

    /// Codes the symbols whose book, and the book id behind them, are certain.
    fn code_waiting(&mut self) {
        if self.first_block.is_some() {
            return;
        }
        if self.header.is_none() {
            let Some(book) = self.chooser.id(0) else { return };
            self.send_header(book);
        }
        let (codec, parameters) = (self.codec, self.codec.parameters());
        let (lanes, planes) = (u64::from(parameters.lanes), u64::from(codec.layout().symbols));
        while let Some(&symbol) = self.waiting.front() {
            let (step, lane) = (self.coded / lanes, (self.coded % lanes) as usize);
            let block = book_block(parameters, step);
            let Some(book) = self.chooser.id(block) else { return };
            let id_bit = match book_id_bit(parameters, step).filter(|_| lane == 0) {
                Some(bit) => {
                    let Some(id) = self.chooser.id(block + 1) else { return };
                    Some(id >> bit & 1)
                }
                None => None,
            };
            self.waiting.pop_front();
            let table = &codec.tables()[usize::from(book)].encode[(self.coded % planes) as usize];
            let codeword = table.codeword(symbol);
            self.lanes[lane].push(codeword.bits, codeword.length.into());
            self.report.lane_bits[lane] += u64::from(codeword.length);
            self.report.escapes += u64::from(table.escapes(symbol));
            if let Some(bit) = id_bit {
                self.lanes[lane].push(bit.into(), 1);
                self.report.book_id_bits += 1;
            }
            self.coded += 1;
            if self.coded.is_multiple_of(parameters.turn_lanes().into()) {
                // Should the packet end here, then this is a group too many. It does no harm: groups up to that of the last
                // turn have asked for all real words, as P is more than 2, and the rest is cut off.
                self.order.next_group(|lane| self.lanes[lane].written_bits(), &mut self.asked);
                self.send_full_words();
            }
        }
    }

    fn stream(&mut self, source: Source) -> &mut BitPacker {
        match source {
            Source::Lane(lane) => &mut self.lanes[lane],
            Source::Raw => &mut self.raw,
        }
    }

    /// Sends words in the order asked for, up to the first that is not full.
    fn send_full_words(&mut self) {
        while let Some(&source) = self.asked.front() {
            let Some(word) = self.stream(source).pop_word() else { return };
            self.asked.pop_front();
            self.send_payload(word);
        }
    }

    fn send_payload(&mut self, word: u32) {
        self.report.payload_words += 1;
        self.words.push_back(word);
    }

    /// After the last symbol: fills up the last words, and sends what was asked for up to the last real word.
    fn send_rest_of_payload(&mut self) {
        self.lanes.iter_mut().for_each(BitPacker::pad);
        self.raw.pad();
        let mut real_words = self.lanes.iter().chain([&self.raw]).map(BitPacker::waiting_words).sum::<usize>();
        while real_words > 0 {
            let Some(source) = self.asked.pop_front() else { break };
            let word = self.stream(source).pop_word();
            match word {
                Some(_) => real_words -= 1,
                None => self.report.padding_words += 1,
            }
            self.send_payload(word.unwrap_or(0));
        }
        debug_assert_eq!(real_words, 0, "a word was never asked for");
    }

    /// Sends the low `bits` bits of `value`, most significant first: whole words.
    fn send_fields(&mut self, value: u128, bits: u32) {
        let mut packer = BitPacker::new(MUX_BITS);
        (0..bits).rev().for_each(|bit| packer.push((value >> bit & 1) as u32, 1));
        while let Some(word) = packer.pop_word() {
            self.words.push_back(word);
        }
    }

    fn send_header(&mut self, book: u8) {
        let header = Header { parameters: self.parameters, book, fingerprint: self.codec.fingerprint() };
        self.send_fields(header.to_bits(), HEADER_BITS);
        self.header = Some(header);
    }

    fn send_trailer(&mut self) {
        let Some(header) = self.header else { return };
        // `take_element` keeps the number within 32 bits.
        let symbols = self.report.symbols as u32;
        let crc =
            std::mem::take(&mut self.crc).finish(&header.to_bytes(), &header.parameters, self.codec.layout(), symbols);
        self.send_fields(u128::from(symbols) << 32 | u128::from(crc), TRAILER_BITS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codebook::{Bank, Book, PlaneCode};
    use crate::format::{Format, SymbolMap};
    use crate::wire::Parameters;
    use std::sync::Arc;

    #[test]
    fn more_symbols_than_32_bits_can_count_are_refused() {
        let book = Book { name: "flat".into(), planes: vec![PlaneCode::raw(8).unwrap(); 4] };
        let bank = Bank::new(SymbolMap::Planes, vec![book]).unwrap();
        let codec = Codec::new(Parameters::plain(Format::Fp32, SymbolMap::Planes, 1), Arc::new(bank)).unwrap();
        let mut encoder = Encoder::new(&codec, BookChoice::Fixed(1)).unwrap();
        // As if all symbols but the last few had been coded already.
        encoder.report.symbols = u64::from(u32::MAX) - 7;
        encoder.push(&[0; 4]).unwrap();
        assert_eq!(encoder.push(&[0; 4]), Err(EncodeError::TooLong));
        assert_eq!(EncodeError::TooLong.to_string(), "more than 4294967295 symbols in a packet");
        assert_eq!(encoder.finish(), Err(EncodeError::TooLong));
    }
}

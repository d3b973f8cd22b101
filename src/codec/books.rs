//! The book of each block on the encoder's side (wire format, section 6.1).

use super::error::{last_book_id, EncodeError};
use super::packet::Codec;
use crate::wire::{BookMode, Parameters, BOOK_ID_BITS, BOOK_LEAD_STEPS};

/// How the encoder comes by the books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BookChoice {
    /// This id throughout.
    Fixed(u8),
    /// These ids, one for each block of the packet, the first for an empty packet too. With book mode `Fixed` the packet is
    /// one block.
    Ids(Vec<u8>),
    /// The book that codes the block in the fewest bits, the raw book among them; of equals the lowest id. The encoder looks
    /// a block and 16 steps ahead for it. With book mode `Fixed` the packet is one block: all of it is held until its end.
    Best,
}

/// The bit of the next block's id that stands behind lane 0's codeword of this step, 0 being the least significant.
pub fn book_id_bit(parameters: &Parameters, step: u64) -> Option<u32> {
    let (BookMode::Block, Some(log2)) = (parameters.book_mode, parameters.block_log2) else { return None };
    let first = (1 << log2) - BOOK_LEAD_STEPS;
    let sent = u32::try_from((step % (1 << log2)).checked_sub(first)?).ok()?;
    (BOOK_ID_BITS - 1).checked_sub(sent)
}

/// The block, as far as books are concerned, of a step: always 0 if one book serves the packet.
pub fn book_block(parameters: &Parameters, step: u64) -> u64 {
    match (parameters.book_mode, parameters.block_log2) {
        (BookMode::Block, Some(log2)) => step >> log2,
        _ => 0,
    }
}

/// Decides on the book of each block as its symbols come in.
#[derive(Clone, Debug)]
pub struct BookChooser {
    choice: BookChoice,
    /// Symbols of a whole block.
    block_symbols: u64,
    /// Ids decided on so far, block 0 first.
    ids: Vec<u8>,
    /// Blocks of which a symbol has come.
    begun: usize,
    /// Symbols of the current block so far, and what each book takes for them, raw book first.
    symbols: u64,
    costs: Vec<u64>,
    finished: bool,
}

impl BookChooser {
    /// Checks the ids that are known beforehand.
    pub fn new(codec: &Codec, choice: BookChoice) -> Result<Self, EncodeError> {
        let books = codec.bank().books().len();
        let given: &[u8] = match &choice {
            BookChoice::Fixed(id) => std::slice::from_ref(id),
            BookChoice::Ids(ids) if ids.is_empty() => return Err(EncodeError::BookIds { given: 0, blocks: 1 }),
            BookChoice::Ids(ids) => ids,
            BookChoice::Best => &[],
        };
        if let Some(&id) = given.iter().find(|&&id| id > last_book_id(books)) {
            return Err(EncodeError::Book { id, books });
        }
        let parameters = codec.parameters();
        let block_symbols = match (parameters.book_mode, parameters.block_log2) {
            (BookMode::Block, Some(log2)) => u64::from(parameters.lanes) << log2,
            _ => u64::MAX,
        };
        let ids = given.iter().take(1).copied().collect();
        Ok(BookChooser { choice, block_symbols, ids, begun: 0, symbols: 0, costs: vec![0; books + 1], finished: false })
    }

    /// Takes in the next symbol, of this plane.
    pub fn add(&mut self, codec: &Codec, plane: usize, symbol: u8) -> Result<(), EncodeError> {
        if self.symbols == 0 {
            self.begin_block()?;
        }
        if self.choice == BookChoice::Best {
            for (cost, tables) in self.costs.iter_mut().zip(codec.tables()) {
                *cost += u64::from(tables.encode[plane].codeword(symbol).length);
            }
        }
        self.symbols += 1;
        if self.symbols == self.block_symbols {
            self.end_block();
        }
        Ok(())
    }

    fn begin_block(&mut self) -> Result<(), EncodeError> {
        let block = self.begun;
        self.begun += 1;
        match &self.choice {
            BookChoice::Best => self.costs.fill(0),
            // Block 0's id has been there from the start, for the header.
            _ if block == 0 => {}
            BookChoice::Fixed(id) => self.ids.push(*id),
            BookChoice::Ids(ids) => {
                let blocks = self.begun;
                self.ids.push(*ids.get(block).ok_or(EncodeError::BookIds { given: ids.len(), blocks })?);
            }
        }
        Ok(())
    }

    fn end_block(&mut self) {
        self.symbols = 0;
        if self.choice == BookChoice::Best {
            // `min_by_key` gives the first of equals: the lowest id.
            let best = self.costs.iter().enumerate().min_by_key(|&(_, cost)| cost).map_or(0, |(id, _)| id);
            self.ids.push(best as u8);
        }
    }

    /// The packet has ended.
    pub fn finish(&mut self) -> Result<(), EncodeError> {
        if self.symbols > 0 || self.ids.is_empty() {
            self.end_block();
        }
        self.finished = true;
        match &self.choice {
            BookChoice::Ids(ids) if ids.len() > self.begun.max(1) => {
                Err(EncodeError::BookIds { given: ids.len(), blocks: self.begun.max(1) })
            }
            _ => Ok(()),
        }
    }

    /// The id of a block, as soon as it is certain; 0 for a block that never begins.
    pub fn id(&self, block: u64) -> Option<u8> {
        let decided = usize::try_from(block).ok().and_then(|block| self.ids.get(block).copied());
        decided.or(self.finished.then_some(crate::wire::RAW_BOOK))
    }

    /// All ids decided on: a byte for each block of the packet, the one thing here that grows with it.
    pub fn ids(&self) -> &[u8] {
        &self.ids
    }
}

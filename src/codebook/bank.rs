//! Books and banks (wire format, section 3).

use super::code::{PlaneCode, PlaneCodeError};
use crate::format::{Layout, SymbolMap};
use crate::wire::{Parameters, MAX_BOOKS};
use sha2::{Digest, Sha256};
use thiserror::Error;

/// One code for every plane, and a name to know it by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Book {
    /// Name, for people; not part of the fingerprint.
    pub name: String,
    /// The planes' codes, in plane order.
    pub planes: Vec<PlaneCode>,
}

/// Why books do not make a bank, or a bank does not fit a stream.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BankError {
    /// No book, or too many.
    #[error("{0} books: a bank has 1 to {MAX_BOOKS}")]
    Books(usize),
    /// A book whose planes are not those of the first.
    #[error("book {book} ('{name}') has planes of {found:?} bits, book 1 of {expected:?}")]
    Planes {
        /// Id of the book, from 1.
        book: usize,
        /// Its name.
        name: String,
        /// Symbol widths of book 1.
        expected: Vec<u32>,
        /// Symbol widths of this book.
        found: Vec<u32>,
    },
    /// A plane's lengths are no code.
    #[error("book {book} ('{name}'), plane {plane}: {source}")]
    Code {
        /// Id of the book, from 1.
        book: usize,
        /// Its name.
        name: String,
        /// Plane.
        plane: usize,
        /// What is wrong.
        source: PlaneCodeError,
    },
    /// The bank was made for another map.
    #[error("the bank is for map '{bank}', the stream has map '{stream}'")]
    Map {
        /// The bank's map.
        bank: SymbolMap,
        /// The stream's.
        stream: SymbolMap,
    },
    /// The bank's alphabets are not the stream's.
    #[error("the bank has planes of {bank:?} bits, the stream's elements have {stream:?}")]
    Widths {
        /// The bank's symbol widths.
        bank: Vec<u32>,
        /// The stream's.
        stream: Vec<u32>,
    },
    /// A codeword does not fit the mux word.
    #[error("longest codeword of the bank is {longest} bits, these parameters leave room for {room}")]
    Room {
        /// Longest codeword.
        longest: u32,
        /// Room, see [`Parameters::codeword_room`].
        room: u32,
    },
}

/// 1 to 15 books over the same planes. Book ids count from 1; id 0 is the raw book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bank {
    map: SymbolMap,
    books: Vec<Book>,
    raw: Book,
}

impl Bank {
    /// Makes a bank of books, the first of which gets id 1.
    pub fn new(map: SymbolMap, books: Vec<Book>) -> Result<Self, BankError> {
        if books.is_empty() || books.len() > MAX_BOOKS {
            return Err(BankError::Books(books.len()));
        }
        let widths = |b: &Book| b.planes.iter().map(PlaneCode::symbol_bits).collect::<Vec<_>>();
        let expected = widths(&books[0]);
        for (i, b) in books.iter().enumerate() {
            let found = widths(b);
            if found != expected || found.is_empty() {
                return Err(BankError::Planes { book: i + 1, name: b.name.clone(), expected, found });
            }
        }
        let planes = expected.iter().enumerate().map(|(plane, &x)| {
            PlaneCode::raw(x).map_err(|source| BankError::Code { book: 0, name: "raw".into(), plane, source })
        });
        let raw = Book { name: "raw".into(), planes: planes.collect::<Result<_, _>>()? };
        Ok(Bank { map, books, raw })
    }

    /// The map that the books are for.
    pub const fn map(&self) -> SymbolMap {
        self.map
    }

    /// The books, id 1 first.
    pub fn books(&self) -> &[Book] {
        &self.books
    }

    /// The book with this id, 0 being the raw book; `None` if the bank has none.
    pub fn book(&self, id: u8) -> Option<&Book> {
        match id {
            0 => Some(&self.raw),
            _ => self.books.get(usize::from(id) - 1),
        }
    }

    /// Symbol width of each plane.
    pub fn symbol_bits(&self) -> Vec<u32> {
        self.raw.planes.iter().map(PlaneCode::symbol_bits).collect()
    }

    /// The longest codeword of any book, the raw book included.
    pub fn longest(&self) -> u32 {
        let all = self.books.iter().chain([&self.raw]);
        all.flat_map(|b| &b.planes).map(PlaneCode::longest).max().unwrap_or(0)
    }

    /// The full digest behind the fingerprint.
    pub fn digest(&self) -> [u8; 32] {
        let widths = self.symbol_bits();
        let mut hash = Sha256::new();
        hash.update(b"huffwire-bank-1");
        hash.update([self.map.id(), widths.len() as u8]);
        hash.update(widths.iter().map(|&x| x as u8).collect::<Vec<_>>());
        hash.update([self.books.len() as u8]);
        for plane in self.books.iter().flat_map(|b| &b.planes) {
            hash.update(plane.lengths());
            hash.update([plane.escape_length().unwrap_or(0)]);
        }
        hash.finalize().into()
    }

    /// The 32 bits that every packet header carries.
    pub fn fingerprint(&self) -> u32 {
        let d = self.digest();
        u32::from_be_bytes([d[0], d[1], d[2], d[3]])
    }

    /// Whether packets with these parameters can be coded with this bank.
    pub fn check_fits(&self, parameters: &Parameters, layout: &Layout) -> Result<(), BankError> {
        if self.map != layout.map {
            return Err(BankError::Map { bank: self.map, stream: layout.map });
        }
        let stream = vec![layout.symbol_bits; layout.symbols as usize];
        let bank = self.symbol_bits();
        if bank != stream {
            return Err(BankError::Widths { bank, stream });
        }
        let (longest, room) = (self.longest(), parameters.codeword_room());
        if longest > room {
            return Err(BankError::Room { longest, room });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::Format;

    fn book(name: &str, lengths: &[u8], escape: u8) -> Book {
        Book { name: name.into(), planes: vec![PlaneCode::new(2, lengths.to_vec(), escape).unwrap()] }
    }

    #[test]
    fn a_bank_knows_its_books_by_id() {
        let bank =
            Bank::new(SymbolMap::Fields, vec![book("a", &[1, 2, 3, 3], 0), book("b", &[2, 1, 3, 0], 3)]).unwrap();
        assert_eq!(bank.book(0).unwrap().name, "raw");
        assert_eq!(bank.book(2).unwrap().name, "b");
        assert!(bank.book(3).is_none());
        assert_eq!(bank.longest(), 5);
    }

    #[test]
    fn the_fingerprint_follows_the_codes_and_not_the_names() {
        let f = |name: &str, l: &[u8]| Bank::new(SymbolMap::Fields, vec![book(name, l, 0)]).unwrap().fingerprint();
        assert_eq!(f("a", &[1, 2, 3, 3]), f("b", &[1, 2, 3, 3]));
        assert_ne!(f("a", &[1, 2, 3, 3]), f("a", &[2, 1, 3, 3]));
    }

    #[test]
    fn misfits_are_refused() {
        assert_eq!(Bank::new(SymbolMap::Bytes, vec![]).unwrap_err(), BankError::Books(0));
        let many = vec![book("a", &[2, 2, 2, 2], 0); 16];
        assert_eq!(Bank::new(SymbolMap::Bytes, many).unwrap_err().to_string(), "16 books: a bank has 1 to 15");
        let wide = Book { name: "w".into(), planes: vec![PlaneCode::raw(8).unwrap()] };
        let e = Bank::new(SymbolMap::Bytes, vec![book("a", &[2, 2, 2, 2], 0), wide]).unwrap_err().to_string();
        assert_eq!(e, "book 2 ('w') has planes of [8] bits, book 1 of [2]");

        let bank = Bank::new(SymbolMap::Fields, vec![book("a", &[1, 2, 3, 3], 0)]).unwrap();
        let p = Parameters::plain(Format::Bf16, SymbolMap::Bytes, 1);
        let e = bank.check_fits(&p, &p.check().unwrap()).unwrap_err().to_string();
        assert_eq!(e, "the bank is for map 'fields', the stream has map 'bytes'");
        let p = Parameters::plain(Format::Bf16, SymbolMap::Fields, 1);
        let e = bank.check_fits(&p, &p.check().unwrap()).unwrap_err().to_string();
        assert_eq!(e, "the bank has planes of [2] bits, the stream's elements have [8]");
    }
}

//! Which bank and parameters serve a tensor.

use super::manifest::ManifestCoding;
use super::packets::PacketCodec;
use super::ContainerError;
use crate::codebook::BankFile;
use crate::codec::{BookChoice, Codec};
use crate::format::Format;
use crate::wire::Parameters;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A bank and how to code with it.
#[derive(Clone, Debug)]
pub struct Coding {
    /// The bank.
    pub bank: Arc<BankFile>,
    /// Parameters of the packets. They have to fit the bank as they are; tensors of other formats are coded with the same
    /// parameters but for the format, where the bank fits that too.
    pub parameters: Parameters,
    /// Book for every packet; `None`: the best for each block, or for each packet if there are no blocks.
    pub book: Option<u8>,
}

impl Coding {
    fn check(&self) -> Result<Arc<crate::codebook::Bank>, ContainerError> {
        let bank = Arc::new(self.bank.bank.clone());
        let name = || self.bank.name.clone();
        Codec::new(self.parameters, bank.clone()).map_err(|source| ContainerError::Coding { bank: name(), source })?;
        match self.book {
            Some(id) if bank.book(id).is_none() => {
                Err(ContainerError::Book { bank: name(), id, books: bank.books().len() })
            }
            _ => Ok(bank),
        }
    }
}

/// A coding made ready for one format.
#[derive(Debug)]
pub(super) struct Ready {
    pub codec: PacketCodec,
    pub choice: BookChoice,
    /// Name of the bank.
    pub bank: String,
    /// Which of the codings given.
    source: usize,
    /// Index in the manifest's codings, once a tensor was coded with it.
    index: Option<usize>,
}

/// Finds a coding for each format, and lists for the manifest those that were used.
pub(super) struct Codings<'a> {
    given: &'a [Coding],
    banks: Vec<Arc<crate::codebook::Bank>>,
    ready: BTreeMap<Format, Result<Ready, String>>,
    /// Index in the manifest's banks of each coding given, once used.
    bank_index: Vec<Option<usize>>,
    used: Vec<ManifestCoding>,
    bank_texts: Vec<String>,
}

impl<'a> Codings<'a> {
    pub fn new(given: &'a [Coding]) -> Result<Self, ContainerError> {
        let banks = given.iter().map(Coding::check).collect::<Result<_, _>>()?;
        let bank_index = vec![None; given.len()];
        Ok(Codings { given, banks, ready: BTreeMap::new(), bank_index, used: vec![], bank_texts: vec![] })
    }

    /// The coding for tensors of `format`: one given for this very format before any that merely fits, of these the first.
    /// Otherwise why there is none.
    pub fn of(&mut self, format: Format) -> Result<&Ready, &str> {
        let (given, banks) = (self.given, &self.banks);
        let found = self.ready.entry(format).or_insert_with(|| find(given, banks, format));
        found.as_ref().map_err(String::as_str)
    }

    /// The manifest's index of the coding for `format`, which a tensor has been coded with.
    pub fn use_index(&mut self, format: Format) -> Result<usize, ContainerError> {
        let next = self.used.len();
        let Some(Ok(ready)) = self.ready.get_mut(&format) else { return Ok(next) };
        if let Some(index) = ready.index {
            return Ok(index);
        }
        let bank = match self.bank_index[ready.source] {
            Some(bank) => bank,
            None => {
                let file = &self.given[ready.source].bank;
                let text = file.to_json();
                let text = text.map_err(|source| ContainerError::BankFile { bank: file.name.clone(), source })?;
                let same = self.bank_texts.iter().position(|t| *t == text);
                let bank = same.unwrap_or(self.bank_texts.len());
                if same.is_none() {
                    self.bank_texts.push(text);
                }
                self.bank_index[ready.source] = Some(bank);
                bank
            }
        };
        self.used.push(ManifestCoding { bank, parameters: *ready.codec.parameters() });
        ready.index = Some(next);
        Ok(next)
    }

    /// The manifest's banks and codings.
    pub fn into_manifest(self) -> (Vec<String>, Vec<ManifestCoding>) {
        (self.bank_texts, self.used)
    }
}

fn find(given: &[Coding], banks: &[Arc<crate::codebook::Bank>], format: Format) -> Result<Ready, String> {
    if given.is_empty() {
        return Err("no bank was given".into());
    }
    let mut reasons = Vec::new();
    let (own, others): (Vec<usize>, Vec<usize>) = (0..given.len()).partition(|&i| given[i].parameters.format == format);
    for source in own.into_iter().chain(others) {
        let coding = &given[source];
        match Codec::new(Parameters { format, ..coding.parameters }, banks[source].clone()) {
            Ok(codec) => {
                let choice = coding.book.map_or(BookChoice::Best, BookChoice::Fixed);
                let codec = PacketCodec::new(codec);
                return Ok(Ready { codec, choice, bank: coding.bank.name.clone(), source, index: None });
            }
            Err(e) => reasons.push(format!("bank '{}': {e}", coding.bank.name)),
        }
    }
    Err(reasons.join("; "))
}

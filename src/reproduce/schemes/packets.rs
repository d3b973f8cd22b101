//! huffwire's packets: the paper's scheme and our own, both through the reference codec.

use super::{Context, Spent, OURS, UNSEEN};
use crate::codebook::{Bank, Book};
use crate::codec::{BookChoice, Codec};
use crate::format::SymbolMap;
use crate::reproduce::input::Tensor;
use crate::reproduce::ours::{parameters, served, view, LANES};
use crate::reproduce::unseen::model;
use crate::reproduce::ReproduceError;
use crate::wire::Parameters;
use std::sync::Arc;

/// One fixed book for each kind over pooled bytes.
pub fn single_stage(context: &Context, tensor: usize) -> Result<Option<Spent>, ReproduceError> {
    let (books, tensor) = (&context.fixed[tensor], &context.tensors[tensor]);
    let mut spent = Spent { plain: tensor.plain_bits(), ..Spent::default() };
    for (shard, book) in tensor.shards.iter().zip(books) {
        let Some(book) = book else { return Ok(None) };
        let book = Book { name: "fixed".into(), planes: vec![book.code.clone()] };
        let bank = Arc::new(Bank::new(SymbolMap::Bytes, vec![book])?);
        let codec = Codec::new(Parameters::plain(tensor.format, SymbolMap::Bytes, LANES), bank)?;
        let whole = packet(&codec, &shard.bytes, &BookChoice::Fixed(1))?;
        add(&mut spent, whole.ok_or_else(|| lossy("single-stage", &tensor.name))?);
    }
    Ok(Some(spent))
}

/// The best book of the bank for each block, with tracked bias where there is an exponent.
pub fn huffwire(context: &Context, tensor: usize) -> Result<Option<Spent>, ReproduceError> {
    let tensor = &context.tensors[tensor];
    let Some((_, bank)) = context.banks.iter().find(|(format, _)| *format == tensor.format) else { return Ok(None) };
    best(OURS, tensor, |shard| bank.of_shard(shard))
}

/// The same with the universal bank made without the tensor's model; nothing for formats that it does not serve.
pub fn unseen(context: &Context, tensor: usize) -> Result<Option<Spent>, ReproduceError> {
    let tensor = &context.tensors[tensor];
    let of_model = context.unseen.iter().find(|(name, _)| *name == model(&tensor.name));
    match of_model.filter(|_| served(tensor.format)) {
        Some((_, bank)) => best(UNSEEN, tensor, |_| bank),
        None => Ok(None),
    }
}

fn best<'a>(
    scheme: &'static str,
    tensor: &Tensor,
    bank: impl Fn(usize) -> &'a Arc<Bank>,
) -> Result<Option<Spent>, ReproduceError> {
    let mut spent = Spent { plain: tensor.plain_bits(), ..Spent::default() };
    for (index, shard) in tensor.shards.iter().enumerate() {
        let codec = Codec::new(parameters(tensor.format, view(tensor.format)), bank(index).clone())?;
        let whole = packet(&codec, &shard.bytes, &BookChoice::Best)?;
        add(&mut spent, whole.ok_or_else(|| lossy(scheme, &tensor.name))?);
    }
    Ok(Some(spent))
}

fn lossy(scheme: &'static str, tensor: &str) -> ReproduceError {
    ReproduceError::RoundTrip { scheme, tensor: tensor.into() }
}

fn add(spent: &mut Spent, (coded, packet): (u64, u64)) {
    spent.coded += coded as f64;
    spent.side += (packet - coded) as f64;
}

/// Bits of codewords, book ids and raw bits, and of the whole packet; `None` if it does not decode to `bytes`.
fn packet(codec: &Codec, bytes: &[u8], choice: &BookChoice) -> Result<Option<(u64, u64)>, ReproduceError> {
    let (words, report) = codec.encode_words(bytes, choice)?;
    let back = codec.decode_words(&words)?;
    let coded = report.coded_bits() + report.book_id_bits + report.raw_bits;
    Ok((back == bytes).then_some((coded, report.packet_bits())))
}

//! What tensors cost on the link, beside what the best code of their own would cost: bits of the original, Shannon's bound,
//! per-shard Huffman, the codewords sent, and the whole wire.
//!
//! ```text
//! tensor -> shards -> packets -+-> as they are: histogram -> Shannon, per-shard Huffman      (merged over the shard)
//!                              `-> the encoder: Report    -> codewords, side bits, the wire
//!                                            `-> histogram of what each book coded -> divergence
//! ```
//!
//! **Packets never span shards.** Every shard begins a packet of its own, and its last packet holds what is left. So a shard's
//! figures are its own, a tensor's are the sums of its shards', and the total's the sums of the tensors'.
//!
//! **Memory.** Files are memory-mapped and a shard is read packet by packet, whatever the axis: what is held at a time is a
//! packet for each thread, and counts.
//!
//! **Threads.** The shards of a tensor, and the packets of a shard, are shared out to rayon's threads. All that is summed out of
//! order is whole numbers; figures that are not come from the merged counts of a shard and are added in order of the
//! shards, so that the result does not depend on the number of threads.

mod error;
mod figures;
mod shard;

pub use error::{AnalyzeError, ShardError};
pub use figures::{BitsPerElement, Figures};

use crate::codebook::Bank;
use crate::codec::Codec;
use crate::format::Format;
use crate::tensor::{InputError, InputFile, TensorInfo};
use crate::wire::Parameters;
use rayon::prelude::*;
use shard::Work;
use std::path::PathBuf;
use std::sync::Arc;

/// Symbols of a packet unless told otherwise.
pub const DEFAULT_PACKET_SYMBOLS: u64 = 1 << 16;
/// Most symbols of a packet: the encoder holds a packet in memory.
pub const MAX_PACKET_SYMBOLS: u64 = 1 << 24;

/// How tensors are cut and coded.
#[derive(Clone, Debug)]
pub struct AnalyzeOptions {
    /// The bank.
    pub bank: Arc<Bank>,
    /// Parameters of the packets; each tensor is coded with these but for the format, which is its own.
    pub parameters: Parameters,
    /// Book throughout; `None`: the best for each block, or for each packet with one book a packet.
    pub book: Option<u8>,
    /// Symbols of a packet, a multiple of the symbols of an element; the last packet of a shard may have fewer.
    pub packet_symbols: u64,
    /// Axis along which tensors are cut into shards.
    pub axis: usize,
    /// Equal shards that a tensor is cut into; `None`: one for each index of the axis.
    pub shards: Option<u64>,
}

/// What came out.
#[derive(Clone, Debug)]
pub struct Analysis {
    /// The tensors that were coded, in order of the files and of their data.
    pub tensors: Vec<TensorAnalysis>,
    /// The tensors that were not.
    pub skipped: Vec<Skipped>,
}

/// One tensor's account.
#[derive(Clone, Debug)]
pub struct TensorAnalysis {
    /// Its file.
    pub file: PathBuf,
    /// Its name.
    pub name: String,
    /// Its dtype as the file declares it.
    pub dtype: String,
    /// Its format.
    pub format: Format,
    /// Sums over its shards.
    pub figures: Figures,
}

/// A tensor that was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Its name.
    pub name: String,
    /// Why: no elements, a dtype without a format, or a format that the bank does not serve.
    pub reason: String,
}

impl Analysis {
    /// Sums over all shards of all tensors.
    pub fn total(&self) -> Figures {
        self.tensors.iter().fold(Figures::default(), |mut total, tensor| {
            total.add(&tensor.figures);
            total
        })
    }
}

/// Encodes all selected tensors of `files` and accounts for every bit. `progress` is told, by any thread, how many bytes of
/// the original have been dealt with since it was last told.
pub fn analyze(
    files: &[InputFile],
    options: &AnalyzeOptions,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Analysis, AnalyzeError> {
    if !(1..=MAX_PACKET_SYMBOLS).contains(&options.packet_symbols) {
        return Err(AnalyzeError::PacketSymbols(options.packet_symbols));
    }
    let mut analysis = Analysis { tensors: Vec::new(), skipped: Vec::new() };
    for input in files {
        for tensor in input.file.tensors() {
            let name = tensor.name.clone();
            match codec(tensor, options) {
                Ok(codec) => {
                    let figures = analyze_tensor(input, tensor, &codec, options, progress)?;
                    let (dtype, format) = (tensor.dtype.clone(), codec.parameters().format);
                    analysis.tensors.push(TensorAnalysis { file: input.path.clone(), name, dtype, format, figures });
                }
                Err(reason) => {
                    progress(tensor.plain_bytes() as u64);
                    analysis.skipped.push(Skipped { name, reason });
                }
            }
        }
    }
    match (analysis.tensors.is_empty(), analysis.skipped.first()) {
        (true, Some(first)) => Err(AnalyzeError::Nothing(format!("tensor '{}': {}", first.name, first.reason))),
        (true, None) => Err(AnalyzeError::Nothing("the files have none".into())),
        (false, _) => Ok(analysis),
    }
}

/// The codec for a tensor, or why it is skipped.
fn codec(tensor: &TensorInfo, options: &AnalyzeOptions) -> Result<Codec, String> {
    if tensor.range.is_empty() {
        return Err("no elements".into());
    }
    let format = tensor.format.ok_or_else(|| format!("no format for dtype {}", tensor.dtype))?;
    Codec::new(Parameters { format, ..options.parameters }, options.bank.clone()).map_err(|e| e.to_string())
}

fn analyze_tensor(
    InputFile { path, file }: &InputFile,
    tensor: &TensorInfo,
    codec: &Codec,
    options: &AnalyzeOptions,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Figures, AnalyzeError> {
    let work = Work::new(codec, options, (path, &tensor.name), progress)?;
    let shards = file.shards(tensor, options.axis, options.shards).map_err(|e| InputError::at(path, e))?;
    let indices = (0..shards.len()).into_par_iter();
    let figures: Vec<_> = indices.filter_map(|i| shards.get(i).map(|shard| work.shard(i, &shard))).collect();
    figures.into_iter().try_fold(Figures::default(), |mut sum, shard| {
        sum.add(&shard?);
        Ok(sum)
    })
}

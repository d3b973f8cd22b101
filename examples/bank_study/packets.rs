//! A book for each packet: the best one, which takes a look at all of the packet, and that which was best for the packet before, which
//! takes no look ahead at all. Both are in the header, which names a book in any case.

use crate::experiments::Study;
use crate::report::{pp, Report, Table};
use crate::shipped::ONE_BOOK_BLOCK;
use crate::study::{measure, parameters, Books};
use crate::Result;
use huffwire::codebook::{universal, Bank};
use huffwire::codec::{BookChoice, Codec};
use huffwire::fast::FastCodec;
use huffwire::format::Format;
use huffwire::tensor::InputFile;
use std::sync::Arc;

/// A tensor's gaps in percentage points of the original size.
struct Gaps {
    /// The best book of each packet.
    best: f64,
    /// The book that was the best of the packet before; the first one for a tensor's first packet.
    before: f64,
}

impl Study {
    pub fn packets(&self, report: &mut Report) -> Result<()> {
        let shipped = Arc::new(universal().bank.clone());
        let mut rows = Vec::new();
        for elements in [512, 1024, 4096, 16384, 65536] {
            let (mut all_in, mut left_out) = (Vec::new(), Vec::new());
            for ((_, input), without) in self.material.models.iter().zip(&self.chosen.without) {
                all_in.extend(gaps(input, &shipped, elements)?);
                left_out.extend(gaps(input, without, elements)?);
            }
            let figures = |all: &[Gaps], gap: &dyn Fn(&Gaps) -> f64| {
                let mean = all.iter().map(gap).sum::<f64>() / all.len() as f64;
                [pp(mean), pp(all.iter().map(gap).fold(f64::NEG_INFINITY, f64::max))]
            };
            let row = [&all_in, &left_out].map(|all| [figures(all, &|g| g.best), figures(all, &|g| g.before)].concat());
            rows.push([vec![elements.to_string()], row.concat()].concat());
        }
        let header = [
            "elements of a packet",
            "best: mean",
            "best: worst tensor",
            "best of the one before: mean",
            "best of the one before: worst tensor",
            "left out, best: mean",
            "left out, best: worst tensor",
            "left out, best of the one before: mean",
            "left out, best of the one before: worst tensor",
        ];
        report.table(&Table { name: "packets", header: header.map(String::from).to_vec(), rows })
    }
}

/// Gaps of the tensors of one file; their shards are along axis 0, and packets never span shards.
fn gaps(input: &InputFile, bank: &Arc<Bank>, packet_elements: usize) -> Result<Vec<Gaps>> {
    let parameters = parameters(Format::Bf16, bank, &ONE_BOOK_BLOCK, Books::PerPacket);
    let fast = FastCodec::new(&Codec::new(parameters, bank.clone())?)?;
    let huffman = measure(input, bank.clone(), &ONE_BOOK_BLOCK, Books::First)?;
    let mut packet = Vec::new();
    let mut found = Vec::new();
    for (tensor, measured) in input.file.tensors().iter().zip(huffman) {
        let bytes = input.file.bytes(tensor)?;
        let (mut best, mut before, mut last) = (0, 0, 1);
        for shard in bytes.chunks(bytes.len() / tensor.shape[0] as usize) {
            for plain in shard.chunks(packet_elements * size_of::<u16>()) {
                let mut bits = |choice| {
                    let report = fast.encode_reported(plain, &choice, &mut packet)?;
                    Ok::<_, crate::Error>((report.coded_bits() + report.raw_bits, report.books[0]))
                };
                before += bits(BookChoice::Fixed(last))?.0;
                let (least, book) = bits(BookChoice::Best)?;
                (best, last) = (best + least, book);
            }
        }
        let elements = (bytes.len() / size_of::<u16>()) as f64;
        let gap = |bits: u64| 100.0 * (bits as f64 / elements - measured.bits.shard_huffman) / measured.bits.raw;
        found.push(Gaps { best: gap(best), before: gap(before) });
    }
    Ok(found)
}

//! The bank that ships, tensor by tensor; and banks of one model on its own other layers and steps.

use crate::convert::Tensor;
use crate::experiments::Study;
use crate::material::{file, Source};
use crate::report::{pp, Chart, Report, Table};
use crate::study::{measure, summary, Books, Measured, CHOSEN, CHOSEN_BLOCK};
use crate::Result;
use huffwire::codebook::{universal, Bank};
use huffwire::format::{Format, SymbolMap};
use huffwire::histograms::{count_files, BlockUnit, CountOptions, FirstBook, Unit};
use huffwire::tensor::InputFile;
use std::sync::Arc;

/// Where there is nothing to signal, short blocks follow the exponents better.
pub const ONE_BOOK_BLOCK: BlockUnit = BlockUnit { elements: 64, ..CHOSEN_BLOCK };

impl Study {
    /// Every tensor under `banks/universal.json`, and under the bank of the same recipe that never saw its model.
    pub fn tensors(&self, report: &mut Report) -> Result<()> {
        let Study { material, chosen, .. } = self;
        let shipped = Arc::new(universal().bank.clone());
        let all = |block: &BlockUnit, books: Books| {
            let models = material.models.iter();
            let measured = models.map(|(_, input)| measure(input, shipped.clone(), block, books));
            Ok::<_, crate::Error>(measured.collect::<Result<Vec<_>>>()?.concat())
        };
        let (best, single) = (all(&CHOSEN_BLOCK, Books::PerBlock)?, all(&ONE_BOOK_BLOCK, Books::First)?);
        let left_out = chosen.measure(material, &CHOSEN_BLOCK, Books::PerBlock)?.left_out;
        let packets = all(&ONE_BOOK_BLOCK, Books::PerPacket)?;
        let packets_left_out = chosen.measure(material, &ONE_BOOK_BLOCK, Books::PerPacket)?.left_out;
        let single_left_out = chosen.measure(material, &ONE_BOOK_BLOCK, Books::First)?.left_out;
        let header = [
            "tensor",
            "Shannon",
            "Huffman",
            "universal",
            "saved %",
            "gap",
            "worst shard",
            "left out",
            "gap left out",
            "worst shard left out",
            "one book",
            "gap one book",
            "gap book a packet",
        ];
        let row = |(((best, out), single), packet): (((&Measured, &Measured), &Measured), &Measured)| {
            let bits = |x: f64| format!("{x:.3}");
            vec![
                best.tensor.trim_end_matches(".bf16").to_string(),
                bits(best.bits.shannon),
                bits(best.bits.shard_huffman),
                bits(best.bits.coded),
                pp(best.saved()),
                pp(best.gap),
                pp(best.worst),
                bits(out.bits.coded),
                pp(out.gap),
                pp(out.worst),
                bits(single.bits.coded),
                pp(single.gap),
                pp(packet.gap),
            ]
        };
        let rows = best.iter().zip(&left_out).zip(&single).zip(&packets).map(row).collect();
        report.table(&Table { name: "tensors", header: header.map(String::from).to_vec(), rows })?;
        let gaps = |tensors: &[Measured]| tensors.iter().map(|t| Some(t.gap)).collect();
        let series = vec![
            ("one book".to_string(), gaps(&single)),
            ("book a packet".to_string(), gaps(&packets)),
            ("model left out".to_string(), gaps(&left_out)),
            ("universal".to_string(), gaps(&best)),
        ];
        let labels = (1..=best.len()).map(|i| i.to_string()).collect();
        let title = "Every tensor under the universal bank, in the order of the table";
        report.chart(&Chart { name: "tensors", title, x: "tensor", labels, series, lines: false })?;

        let line = |what: &str, tensors: &[Measured]| {
            let s = summary(tensors);
            let saved = tensors.iter().map(Measured::saved).sum::<f64>() / tensors.len() as f64;
            [vec![what.to_string(), pp(saved)], [s.mean, s.worst_tensor, s.worst_shard, s.shannon].map(pp).to_vec()]
                .concat()
        };
        let rows = vec![
            line("best of 15 books for each block of 256", &best),
            line("the same, a bank that never saw the tensor's model", &left_out),
            line("the same, a bank that never saw a tensor of its kind", &self.kinds_left_out()?),
            line("best of 15 books for each packet, its id in the header, blocks of 64", &packets),
            line("the same, a bank that never saw the tensor's model", &packets_left_out),
            line("one book, blocks of 64, nothing signalled", &single),
            line("the same, a book that never saw the tensor's model", &single_left_out),
        ];
        let header = ["", "saved %", "mean", "worst tensor", "worst shard", "mean to Shannon"];
        report.table(&Table { name: "headline", header: header.map(String::from).to_vec(), rows })?;
        let same = chosen.all_in.fingerprint() == shipped.fingerprint();
        let text = format!(
            "The study's own bank of everything has the fingerprint `{:08x}`; `banks/universal.json` has `{:08x}`{}.\n",
            chosen.all_in.fingerprint(),
            shipped.fingerprint(),
            if same { ": they are the same" } else { "" }
        );
        report.replace("fingerprint", &text)
    }
}

/// Banks of some tensors of one model, on others of it, of the model with the most tensors.
pub fn within_a_model(source: &Source, report: &mut Report) -> Result<()> {
    let splits = [
        ("layer 4, on layer 14", ".L04.", ".L14."),
        ("layer 14, on layer 4", ".L14.", ".L04."),
        ("step 0, on step 10", ".s0000.", ".s0010."),
        ("step 10, on step 0", ".s0010.", ".s0000."),
    ];
    let (_, tensors) = source.models.iter().max_by_key(|(_, tensors)| tensors.len()).ok_or("no tensors")?;
    let mut rows = Vec::new();
    for (what, from, to) in splits {
        let named = |name: &str| tensors.iter().find(|t| t.name == name);
        // Tensors that are on both sides.
        let pairs = tensors.iter().filter(|t| t.name.contains(to));
        let pairs = pairs.filter_map(|test| Some((named(&test.name.replace(to, from))?, test)));
        let (train, test): (Vec<&Tensor>, Vec<&Tensor>) = pairs.unzip();
        if test.is_empty() {
            continue;
        }
        let (train, test) = (file(train, Format::Bf16)?, file(test, Format::Bf16)?);
        let banks = [bank_of(&train)?, bank_of(&test)?, universal().bank.clone()].map(Arc::new);
        let mut row = vec![what.to_string(), test.file.tensors().len().to_string()];
        for (block, books) in [(CHOSEN_BLOCK, Books::PerBlock), (ONE_BOOK_BLOCK, Books::First)] {
            for bank in &banks {
                let gaps = summary(&measure(&test, bank.clone(), &block, books)?);
                row.push(format!("{} / {}", pp(gaps.mean), pp(gaps.worst_tensor)));
            }
        }
        rows.push(row);
    }
    let banks = ["bank of the others", "bank of the same", "universal"];
    let books = ["15 books", "one book"].iter().flat_map(|books| banks.map(|bank| format!("{books}, {bank}")));
    let header = ["made from", "tensors"].into_iter().map(String::from).chain(books).collect();
    report.table(&Table { name: "within", header, rows })
}

/// A bank of the chosen recipe from these tensors alone, all of which count alike.
fn bank_of(input: &InputFile) -> Result<Bank> {
    let unit = Unit::Block(CHOSEN_BLOCK);
    let options = CountOptions { map: SymbolMap::Fields, unit, axis: 0, shards: None };
    let set = count_files(std::slice::from_ref(input), &options, &|_| {})?;
    Ok(set.bank_of_clusters("within", &[], &FirstBook::default(), CHOSEN.books, &CHOSEN.build)?.0.file.bank)
}

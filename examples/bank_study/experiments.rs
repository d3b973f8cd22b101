//! The experiments on bf16, each a table and a chart of the report.

use crate::material::{Counts, Material};
use crate::report::{pp, Chart, Report, Table};
use crate::rom::{rom, window};
use crate::study::{summary, tracked, Banks, Books, Mix, Outcome, Recipe, Summary, CHOSEN, CHOSEN_BLOCK, CHOSEN_CODES};
use crate::{forward, Result};
use huffwire::codebook::{BuildOptions, Escape};
use huffwire::histograms::BlockUnit;

/// bf16 tensors with what all experiments begin with.
pub struct Study {
    pub material: Material,
    /// Blocks as the chosen bank takes them.
    pub counts: Counts,
    pub chosen: Banks,
}

/// One line of a table: what it is, and what came out.
struct Line {
    what: Vec<String>,
    outcome: Outcome,
}

impl Line {
    fn new(what: impl Into<String>, outcome: Outcome) -> Self {
        Line { what: vec![what.into()], outcome }
    }
}

fn figures(s: Summary) -> Vec<String> {
    [s.mean, s.worst_tensor, s.worst_shard, s.shannon].map(pp).to_vec()
}

/// The figures of each line behind what it is.
fn table(name: &'static str, what: &[&str], lines: &[Line]) -> Table {
    let figure = ["mean", "worst tensor", "worst shard", "mean to Shannon"];
    let names = ["left out", "all in"].iter().flat_map(|fold| figure.map(|f| format!("{fold}: {f}")));
    let row = |line: &Line| {
        let (left_out, all_in) = (summary(&line.outcome.left_out), summary(&line.outcome.all_in));
        [line.what.clone(), figures(left_out), figures(all_in)].concat()
    };
    Table {
        name,
        header: what.iter().map(|s| s.to_string()).chain(names).collect(),
        rows: lines.iter().map(row).collect(),
    }
}

/// Mean and worst tensor of each line, with its model left out and with all models in.
fn chart(name: &'static str, title: &'static str, x: &'static str, lines: &[Line]) -> Chart {
    let series = |what: &str, figure: &dyn Fn(&Outcome) -> f64| {
        (what.to_string(), lines.iter().map(|line| Some(figure(&line.outcome))).collect())
    };
    let series = vec![
        series("worst tensor, its model left out", &|o| summary(&o.left_out).worst_tensor),
        series("worst tensor, all in", &|o| summary(&o.all_in).worst_tensor),
        series("mean, its model left out", &|o| summary(&o.left_out).mean),
        series("mean, all in", &|o| summary(&o.all_in).mean),
    ];
    Chart { name, title, x, labels: lines.iter().map(|l| l.what[0].clone()).collect(), series, lines: true }
}

impl Study {
    pub fn new(material: Material) -> Result<Self> {
        let counts = material.count(CHOSEN_BLOCK)?;
        let chosen = Banks::new(&material, &counts, &CHOSEN)?;
        Ok(Study { material, counts, chosen })
    }

    fn outcome(&self, recipe: &Recipe) -> Result<Outcome> {
        let banks = Banks::new(&self.material, &self.counts, recipe)?;
        banks.measure(&self.material, &recipe.block, Books::PerBlock)
    }

    /// The chosen bank's books under other codes.
    fn recoded(&self, options: &BuildOptions) -> Result<(Banks, Outcome)> {
        let banks = self.chosen.recoded(options)?;
        let outcome = banks.measure(&self.material, &CHOSEN_BLOCK, Books::PerBlock)?;
        Ok((banks, outcome))
    }

    pub fn books(&self, report: &mut Report) -> Result<()> {
        let line = |books: usize| Ok(Line::new(books.to_string(), self.outcome(&Recipe { books, ..CHOSEN })?));
        let lines = (1..=15).map(line).collect::<Result<Vec<_>>>()?;
        report.table(&table("books", &["books"], &lines))?;
        report.chart(&chart("books", "Books in the bank, the best of them for each block", "books", &lines))
    }

    pub fn blocks(&self, report: &mut Report) -> Result<()> {
        let (mut best, mut single) = (Vec::new(), Vec::new());
        for elements in [16, 32, 64, 128, 256, 512, 1024, 2048, 4096] {
            let block = BlockUnit { elements, ..CHOSEN_BLOCK };
            let counts = self.material.count(block)?;
            // Ids of 4 bits are too many for so few elements.
            let books = if elements < 64 { 1 } else { CHOSEN.books };
            let banks = Banks::new(&self.material, &counts, &Recipe { block, books, ..CHOSEN })?;
            // Book 1 is the same, whatever the others are.
            single.push(Line::new(elements.to_string(), banks.measure(&self.material, &block, Books::First)?));
            if books == 1 {
                continue;
            }
            best.push(Line::new(elements.to_string(), banks.measure(&self.material, &block, Books::PerBlock)?));
        }
        report.table(&table("blocks", &["elements"], &best))?;
        report.table(&table("blocks-one-book", &["elements"], &single))?;
        let title = "Block length, best of 15 books, ids counted";
        report.chart(&chart("blocks", title, "elements of a block", &best))?;
        let title = "Block length of the tracker, one book, nothing signalled";
        report.chart(&chart("blocks-one-book", title, "elements of a block", &single))
    }

    pub fn trackers(&self, report: &mut Report) -> Result<()> {
        let outcome = |tracking| {
            let block = BlockUnit { tracking, ..CHOSEN_BLOCK };
            let counts = self.material.count(block)?;
            Banks::new(&self.material, &counts, &Recipe { block, ..CHOSEN })?.measure(
                &self.material,
                &block,
                Books::PerBlock,
            )
        };
        let mut lines = Vec::new();
        let mut series = vec![];
        for window in [1, 2, 4] {
            let of_window = (1..=3).map(|delay| {
                let what = vec![delay.to_string(), window.to_string()];
                Ok(Line { what, outcome: outcome(Some(tracked(delay, window)))? })
            });
            let of_window = of_window.collect::<Result<Vec<_>>>()?;
            let gap = |figure: &dyn Fn(Summary) -> f64| {
                of_window.iter().map(|line| Some(figure(summary(&line.outcome.left_out)))).collect()
            };
            series.push((format!("worst tensor, window {window}"), gap(&|s| s.worst_tensor)));
            series.push((format!("mean, window {window}"), gap(&|s| s.mean)));
            lines.extend(of_window);
        }
        series.sort_by_key(|(name, _)| std::cmp::Reverse(name.clone()));
        let dash = || "-".to_string();
        lines
            .push(Line { what: vec!["forward (estimate)".into(), dash()], outcome: forward::outcome(&self.material)? });
        lines.push(Line { what: vec!["off".into(), dash()], outcome: outcome(None)? });
        report.table(&table("trackers", &["delay", "window"], &lines))?;
        let labels = (1..=3).map(|d| d.to_string()).collect();
        let title = "Delay and window of the tracker, the tensor's model left out";
        report.chart(&Chart { name: "trackers", title, x: "delay in blocks", labels, series, lines: true })
    }

    pub fn codes(&self, report: &mut Report) -> Result<()> {
        let modes = [Escape::None, Escape::Auto].into_iter().chain([12, 16, 20, 24, 31].map(Escape::Direct));
        let (mut lines, mut series, mut rows) = (Vec::new(), Vec::new(), Vec::new());
        for escape in modes {
            let mut means = Vec::new();
            let mut row = vec![escape.to_string()];
            for limit in 8..=15u8 {
                let options = BuildOptions { limit, escaped_limit: Some(15), escape, ..BuildOptions::default() };
                let (banks, outcome) = self.recoded(&options)?;
                let gaps = summary(&outcome.left_out);
                means.push(Some(gaps.mean));
                row.push(format!("{} / {}", pp(gaps.mean), pp(gaps.worst_tensor)));
                let rom = rom(&banks.all_in);
                let numbers = [rom.encoder, rom.decoder, window(&banks.all_in), banks.all_in.longest()];
                let what = [escape.to_string(), limit.to_string()].into_iter().chain(numbers.map(|n| n.to_string()));
                lines.push(Line { what: what.collect(), outcome });
            }
            // Without an escape, 8 bits are the symbol itself: off every scale.
            let drawn = means.iter().map(|gap: &Option<f64>| gap.filter(|g| *g < 0.5)).collect();
            series.push((escape_name(escape), drawn));
            rows.push(row);
        }
        let header = std::iter::once("direct".to_string()).chain((8..=15).map(|limit| format!("limit {limit}")));
        report.table(&Table { name: "limits", header: header.collect(), rows })?;
        let what = ["direct", "limit", "encoder ROM bits", "decoder ROM bits", "window", "longest"];
        let all = table("codes", &what, &lines);
        report.csv(&all)?;
        // The document has those of the chosen limit, and what has no escape under the limits that suit it.
        let shown = |row: &&Vec<String>| row[1] == "10" || row[0] == "none" && ["12", "14", "15"].contains(&&*row[1]);
        let rows = all.rows.iter().filter(shown).map(|row| row[..10].to_vec()).collect();
        report.table(&Table { name: "rom", header: all.header[..10].to_vec(), rows })?;
        let labels = (8..=15).map(|l| l.to_string()).collect();
        let title = "Code length limit, mean with the tensor's model left out (above 0.5 pp not drawn)";
        report.chart(&Chart { name: "codes", title, x: "longest codeword, bits", labels, series, lines: true })?;

        let line = |room: u8| {
            let (banks, outcome) = self.recoded(&BuildOptions { escaped_limit: Some(room), ..CHOSEN_CODES })?;
            let escape = banks.all_in.books().iter().filter_map(|b| b.planes[0].escape_length()).max().unwrap_or(0);
            Ok(Line { what: vec![room.to_string(), escape.to_string()], outcome })
        };
        let lines = [12, 13, 14, 15].into_iter().map(line).collect::<Result<Vec<_>>>()?;
        report.table(&table("room", &["room", "longest escape codeword"], &lines))?;
        let x = "longest codeword with an escaped symbol, bits";
        report.chart(&chart("room", "Room for an escaped symbol: limit 10, 20 direct symbols", x, &lines))
    }

    pub fn decidable(&self, report: &mut Report) -> Result<()> {
        let line = |prefix: Option<u8>| {
            let outcome =
                self.outcome(&Recipe { build: BuildOptions { decidable: prefix, ..CHOSEN_CODES }, ..CHOSEN })?;
            Ok(Line::new(prefix.map_or("none".into(), |k| k.to_string()), outcome))
        };
        let lines = [Some(5), Some(6), Some(7), Some(8), None].into_iter().map(line).collect::<Result<Vec<_>>>()?;
        report.table(&table("decidable", &["bits"], &lines))?;
        let title = "Codes whose lengths follow from their first bits";
        report.chart(&chart("decidable", title, "bits that decide", &lines))
    }

    pub fn mixes(&self, report: &mut Report) -> Result<()> {
        let mixes = [
            (Mix::ModelsAndShapes, "models alike + shapes"),
            (Mix::Models, "models alike"),
            (Mix::TensorsAndShapes, "tensors alike + shapes"),
            (Mix::Tensors, "tensors alike"),
            (Mix::Shapes, "shapes alone"),
        ];
        let line = |books| {
            move |&(mix, what): &(Mix, &str)| {
                let outcome = self.outcome(&Recipe { mix, books, ..CHOSEN })?;
                Ok(Line { what: vec![what.into(), books.to_string()], outcome })
            }
        };
        let all = mixes.iter().map(line(15)).collect::<Result<Vec<_>>>()?;
        let few = mixes.iter().map(line(8)).collect::<Result<Vec<_>>>()?;
        report
            .chart(&Chart { lines: false, ..chart("mixes", "What the bank is made of: 15 books", "made of", &all) })?;
        report.table(&table("mixes", &["made of", "books"], &all.into_iter().chain(few).collect::<Vec<_>>()))
    }
}

fn escape_name(escape: Escape) -> String {
    match escape {
        Escape::None => "no escape".into(),
        Escape::Auto => "auto".into(),
        Escape::Direct(n) => format!("{n} direct"),
    }
}

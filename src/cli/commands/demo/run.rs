//! The demo's runs, several at a time.

use super::setup::{later, Setup, Stream, KINDS, PAPER_KIND};
use crate::cli::output::progress;
use anyhow::Context;
use huffwire::codec::BookChoice;
use huffwire::format::SymbolMap;
use huffwire::simulate::{LinkRate, PacketInput, SimulateError, SimulateOptions, Simulation, StreamReport};
use huffwire::stats::{count, ShardCost};
use huffwire::tensor::{TensorFile, TensorInfo};
use indicatif::ProgressBar;
use serde::Serialize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Mutex;

/// A line of the table.
#[derive(Serialize)]
pub struct Row {
    pub tensor: String,
    pub map: SymbolMap,
    pub bank: String,
    pub elements: u64,
    /// Wire, everything counted.
    pub saved_percent: Option<f64>,
    pub huffman_percent: f64,
    pub shannon_percent: f64,
    pub bit_exact: bool,
    /// What was wrong.
    pub error: Option<String>,
    pub stream: Option<StreamReport>,
}

/// One tensor through one pair of cores.
struct Job<'a> {
    stream: &'a Stream,
    tensor: &'a TensorInfo,
    book: BookChoice,
}

/// Runs everything: all kinds under map `fields`, and the paper's kind under map `bytes` and with the universal bank.
pub fn run_all(setup: &Setup, link: Option<LinkRate>) -> anyhow::Result<Vec<Row>> {
    let find = |kind: &str| {
        let name = later(kind);
        let tensor = setup.file.tensors().iter().find(|t| t.name == name);
        tensor.with_context(|| format!("the pack has no tensor '{name}'"))
    };
    let mut jobs = Vec::new();
    for (i, kind) in KINDS.iter().enumerate() {
        jobs.push(Job { stream: &setup.fields, tensor: find(kind)?, book: BookChoice::Fixed(i as u8 + 1) });
    }
    jobs.push(Job { stream: &setup.bytes, tensor: find(PAPER_KIND)?, book: BookChoice::Fixed(1) });
    jobs.push(Job { stream: &setup.universal, tensor: find(PAPER_KIND)?, book: BookChoice::Best });

    let bar = progress("simulating", jobs.iter().map(|j| j.tensor.plain_bytes() as u64).sum());
    let rows: Mutex<Vec<Option<anyhow::Result<Row>>>> = Mutex::new(jobs.iter().map(|_| None).collect());
    // From the back: the last job takes longest.
    let left = AtomicUsize::new(jobs.len());
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get()).min(jobs.len());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Ok(n) = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1)) {
                    let row = jobs[n - 1].run(&setup.file, link, &bar);
                    rows.lock().unwrap_or_else(|e| e.into_inner())[n - 1] = Some(row);
                }
            });
        }
    });
    bar.finish_and_clear();
    rows.into_inner().unwrap_or_else(|e| e.into_inner()).into_iter().flatten().collect()
}

impl Job<'_> {
    fn run(&self, file: &TensorFile, link: Option<LinkRate>, bar: &ProgressBar) -> anyhow::Result<Row> {
        let layout = &self.stream.layout;
        let shards = || file.shards(self.tensor, 0, None);
        let mut cost = ShardCost::default();
        for shard in shards()? {
            cost.add(&ShardCost::new(layout, &count(layout, &shard?)?));
        }
        let mut simulation = Simulation::new(&self.stream.config, &SimulateOptions { link, ..Default::default() })?;
        // A packet is a shard, as a link would carry it.
        let mut packets = shards()?.map(|shard| {
            let book = self.book.clone();
            shard.map(|s| PacketInput { plain: s.into_owned(), book }).map_err(SimulateError::from)
        });
        let mut before = 0;
        let result = simulation.run(&mut packets, &mut |done| {
            bar.inc(done - before);
            before = done;
        });
        let (stream, error) = match result {
            Ok(stream) => (Some(stream), None),
            Err(e) if e.is_difference() => (None, Some(e.to_string())),
            Err(e) => return Err(e.into()),
        };
        Ok(Row {
            tensor: self.tensor.name.clone(),
            map: layout.map,
            bank: self.stream.bank.name.clone(),
            elements: self.tensor.values(),
            saved_percent: stream.as_ref().map(|s| s.saved_percent),
            huffman_percent: cost.huffman_saved(),
            shannon_percent: cost.shannon_saved(),
            bit_exact: error.is_none(),
            error,
            stream,
        })
    }
}

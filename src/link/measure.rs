//! A point: all runs of one configuration.

use super::alone::CoreTiming;
use super::closed_form::ClosedForm;
use super::config::{Arrival, Config, Mode, SizeShare};
use super::engine::Engine;
use super::error::LinkError;
use super::pool::{packet_bytes, Pool};
use super::report::{
    AddedLatency, BreakEven, Comparison, Depth, Derived, ErrorPoint, LoadPoint, Outcome, Point, SizePoint,
};
use super::setup::Setup;
use super::sim::{Arrivals, Plan};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Sizes of the search for the break-even: from here on,
const LEAST_SIZE: u64 = 64;
/// so many in an octave,
const SIZES_AN_OCTAVE: u64 = 4;
/// to here.
const MOST_SIZE: u64 = 1 << 20;
/// Tensors that its messages are cut from, and messages of a size.
const BREAK_EVEN_TENSORS: usize = 3;
/// See [`BREAK_EVEN_TENSORS`].
const BREAK_EVEN_MESSAGES: u64 = 6;
/// A multiple of the bytes of every element.
const ELEMENT_BYTES: u64 = 4;
/// Halvings between two sizes.
const HALVINGS: usize = 4;

/// The sizes of the search, before it halves.
fn sizes() -> Vec<u64> {
    let octaves = (MOST_SIZE / LEAST_SIZE).ilog2();
    let of = |octave: u32| (0..SIZES_AN_OCTAVE).map(move |i| (LEAST_SIZE + LEAST_SIZE / SIZES_AN_OCTAVE * i) << octave);
    (0..octaves).flat_map(of).chain([MOST_SIZE]).collect()
}

/// Tells that a run has ended.
pub type Progress<'a> = &'a (dyn Fn() + Sync);

/// Runs of a point, for a progress bar.
pub fn runs(config: &Config) -> u64 {
    let sizes = sizes().len() + HALVINGS;
    let searches = config.run.break_even || measures_threshold(config);
    2 * (1 + config.traffic.loads.len() + config.run.bit_error_rates.len()) as u64
        + if searches { 2 * sizes as u64 } else { 0 }
}

/// The threshold of adaptive mode is to be found.
fn measures_threshold(config: &Config) -> bool {
    config.codec.mode == Mode::Adaptive && config.codec.threshold_bytes == 0
}

/// Runs everything that a configuration asks for.
pub fn measure(
    config: &Config,
    settings: BTreeMap<String, String>,
    setup: &Setup,
    engine: &dyn Engine,
    progress: Progress<'_>,
) -> Result<Point, LinkError> {
    config.check()?;
    let mut config = config.clone();
    let pool = setup.pool(&config, &config.traffic.sizes, usize::MAX)?;
    let core = CoreTiming::measure(&pool, engine)?;
    let packet = packet_bytes(&config, pool.codec.layout());
    let closed_form = |config: &Config, pool: &Pool| ClosedForm::new(config, &pool.traffic(Some(0)), &core, packet);
    if config.codec.cores == 0 {
        config.codec.cores = closed_form(&config, &pool).cores_needed();
    }
    let wanted = config.run.break_even || measures_threshold(&config);
    let break_even = match wanted {
        true => Some(find_break_even(&config, setup, engine, progress)?),
        false => None,
    };
    if measures_threshold(&config) {
        let found = break_even.as_ref().and_then(|b| b.measured_bytes);
        config.codec.threshold_bytes = found.unwrap_or(super::check::MOST_MESSAGE_BYTES + 1);
    }
    let compress_from = compress_from(&config);
    let traffic = pool.traffic(compress_from);
    let closed = ClosedForm::new(&config, &traffic, &core, packet);
    let plan = Plan {
        config: &config,
        pool: &pool,
        engine,
        compress_from,
        cores: config.codec.cores,
        arrivals: Arrivals::BackToBack,
        bit_error_rate: config.link.bit_error_rate,
    };

    // What the loads are fractions of.
    let plain_rate = closed.plain;
    let mut plans = vec![plan];
    for load in &config.traffic.loads {
        let mean = traffic.message_bytes / (load * plain_rate) * 1e6;
        let arrivals = match config.traffic.arrival {
            Arrival::BackToBack => Arrivals::BackToBack,
            Arrival::Poisson => Arrivals::Random { mean, burst: 1 },
            Arrival::Burst => Arrivals::Random { mean, burst: config.traffic.burst },
        };
        plans.push(Plan { arrivals, ..plan });
    }
    plans.extend(config.run.bit_error_rates.iter().map(|&rate| Plan { bit_error_rate: rate, ..plan }));
    let runs: Vec<Comparison> = plans.par_iter().map(|plan| compare(plan, progress)).collect::<Result<_, _>>()?;

    let (loads_from, errors_from) = (1, 1 + config.traffic.loads.len());
    let depths = depths(&runs);
    let mut runs = runs.into_iter();
    let Some(saturated) = runs.next() else { return Err(LinkError::NoData) };
    let loads = config
        .traffic
        .loads
        .iter()
        .zip(runs.by_ref().take(errors_from - loads_from))
        .map(|(&load, runs)| LoadPoint { load, offered_gb_s: load * plain_rate, added: added(&runs), runs });
    let loads = loads.collect();
    let bits = f64::from(8 * config.flit.bytes);
    let errors = config.run.bit_error_rates.iter().zip(runs).map(|(&rate, runs)| ErrorPoint {
        bit_error_rate: rate,
        runs,
        flit_success_closed_form: (bits * (-rate).ln_1p()).exp(),
    });
    Ok(Point {
        settings,
        derived: Derived {
            raw_gb_s: config.raw_bytes_per_second() / 1e9,
            plain_gb_s: plain_rate,
            codec_gb_s: closed.core * f64::from(config.codec.cores),
            flit_payload_bytes: config.flit_payload_bytes(),
            adapter_clock_ghz: config.adapter_clock_ghz(),
            codec_clock_ghz: config.codec_clock_ghz(),
            cores: config.codec.cores,
            core_overhead_clocks: core.overhead_clocks,
            gain_closed_form: if compress_from.is_some() { closed.gain() } else { 1.0 },
        },
        traffic,
        saturated,
        loads,
        errors: errors.collect(),
        break_even,
        depths,
        config,
    })
}

/// Bytes from which on messages are compressed.
fn compress_from(config: &Config) -> Option<u64> {
    match config.codec.mode {
        Mode::On => Some(0),
        Mode::Off => None,
        Mode::Adaptive => Some(config.codec.threshold_bytes),
    }
}

/// A run without compression and the run itself.
fn compare(plan: &Plan<'_>, progress: Progress<'_>) -> Result<Comparison, LinkError> {
    let plain = Plan { compress_from: None, ..*plan }.run()?;
    progress();
    let coded = match plan.compress_from {
        None => plain.clone(),
        Some(_) => plan.run()?,
    };
    progress();
    let gain = if plain.effective_gb_s > 0.0 { coded.effective_gb_s / plain.effective_gb_s } else { 0.0 };
    Ok(Comparison { plain, coded, gain })
}

fn added(Comparison { plain, coded, .. }: &Comparison) -> AddedLatency {
    let (p, c) = (&plain.latency, &coded.latency);
    if plain.messages == 0 || coded.messages == 0 {
        return AddedLatency::default();
    }
    AddedLatency {
        mean_ns: c.mean_ns - p.mean_ns,
        p50_ns: c.p50_ns - p.p50_ns,
        p99_ns: c.p99_ns - p.p99_ns,
        p999_ns: c.p999_ns - p.p999_ns,
    }
}

/// The highest of each queue's marks.
fn depths(runs: &[Comparison]) -> Vec<Depth> {
    let mut all: Vec<Depth> = Vec::new();
    for queue in runs.iter().flat_map(|r| &r.coded.queues) {
        let limited = queue.depth > 0 && queue.high_water >= queue.depth;
        match all.iter_mut().find(|d| d.name == queue.name) {
            Some(known) => {
                known.high_water = known.high_water.max(queue.high_water);
                known.limited |= limited;
            }
            None => all.push(Depth {
                name: queue.name.clone(),
                unit: queue.unit.clone(),
                high_water: queue.high_water,
                build: 0,
                limited,
            }),
        }
    }
    all.iter_mut().for_each(|d| d.build = d.high_water.max(1).next_power_of_two());
    all
}

/// Looks for the size from which on compression is the faster way, one message at a time on an empty link.
fn find_break_even(
    config: &Config,
    setup: &Setup,
    engine: &dyn Engine,
    progress: Progress<'_>,
) -> Result<BreakEven, LinkError> {
    let mut config = config.clone();
    (config.run.warm_up_clocks, config.run.clocks) = (0, u64::MAX / 2);
    let pool_of = |bytes: u64| setup.pool(&config, &[SizeShare { bytes, weight: 1.0 }], BREAK_EVEN_TENSORS);
    let alone = |bytes: u64| -> Result<SizePoint, LinkError> {
        let pool = pool_of(bytes)?;
        let plan = Plan {
            config: &config,
            pool: &pool,
            engine,
            compress_from: Some(0),
            cores: config.codec.cores,
            arrivals: Arrivals::Alone { messages: BREAK_EVEN_MESSAGES },
            bit_error_rate: 0.0,
        };
        let Comparison { plain, coded, .. } = compare(&plan, progress)?;
        let mean = |o: &Outcome| o.latency.mean_ns;
        Ok(SizePoint { bytes, plain_ns: mean(&plain), coded_ns: mean(&coded) })
    };
    let mut points: Vec<SizePoint> = sizes().into_par_iter().map(alone).collect::<Result<_, _>>()?;
    let slower = |p: &SizePoint| p.coded_ns > p.plain_ns;
    let measured = match points.iter().rposition(slower) {
        None => Some(LEAST_SIZE),
        Some(last) if last + 1 == points.len() => None,
        Some(last) => {
            let (mut low, mut high) = (points[last].bytes, points[last + 1].bytes);
            for _ in 0..HALVINGS {
                let middle = (low + (high - low) / 2) / ELEMENT_BYTES * ELEMENT_BYTES;
                if middle == low {
                    break;
                }
                let point = alone(middle)?;
                if slower(&point) {
                    low = middle;
                } else {
                    high = middle;
                }
                points.push(point);
            }
            points.sort_by_key(|p| p.bytes);
            Some(high)
        }
    };
    // The closed form with packets that code like the longest messages here.
    let pool = pool_of(MOST_SIZE)?;
    let core = CoreTiming::measure(&pool, engine)?;
    let packet = packet_bytes(&config, pool.codec.layout());
    let closed = ClosedForm::new(&config, &pool.traffic(Some(0)), &core, packet);
    Ok(BreakEven {
        measured_bytes: measured,
        closed_form_bytes: closed.break_even(LEAST_SIZE as f64, MOST_SIZE as f64),
        sizes: points,
    })
}

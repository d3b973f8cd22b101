//! Sweeps: every combination of the values of some keys, in parallel.

use super::config::Config;
use super::engine::Engine;
use super::error::LinkError;
use super::measure::{measure, runs, Progress};
use super::preset::Preset;
use super::report::{Axis, Point, Report, REPORT_VERSION};
use super::setup::Setup;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Most points of a sweep.
pub const MOST_POINTS: usize = 10_000;

/// A sweep, checked: all configurations are in range.
#[derive(Clone, Debug)]
pub struct Sweep {
    axes: Vec<Axis>,
    points: Vec<(BTreeMap<String, String>, Config)>,
}

impl Sweep {
    /// Every combination of the axes' values, the last axis fastest.
    pub fn new(config: &Config, axes: Vec<Axis>) -> Result<Self, LinkError> {
        let count = axes.iter().try_fold(1usize, |n, axis| n.checked_mul(axis.values.len()));
        let Some(count) = count.filter(|n| (1..=MOST_POINTS).contains(n)) else {
            let value = axes.iter().map(|a| a.values.len().to_string()).collect::<Vec<_>>().join(" x ");
            let expected = format!("1 to {MOST_POINTS} points, each axis with a value at least");
            return Err(LinkError::Value { key: "sweep".into(), value, expected });
        };
        let point = |mut index: usize| {
            let (mut settings, mut config) = (BTreeMap::new(), config.clone());
            for axis in axes.iter().rev() {
                let value = &axis.values[index % axis.values.len()];
                index /= axis.values.len();
                config.set(&axis.key, value)?;
                settings.insert(axis.key.clone(), value.clone());
            }
            config.check()?;
            Ok((settings, config))
        };
        let points = (0..count).map(point).collect::<Result<_, LinkError>>()?;
        Ok(Sweep { axes, points })
    }

    /// How many points.
    pub fn points(&self) -> usize {
        self.points.len()
    }

    /// Runs of all points.
    pub fn runs(&self) -> u64 {
        self.points.iter().map(|(_, config)| runs(config)).sum()
    }

    /// Runs all of it.
    pub fn run(
        &self,
        preset: &Preset,
        setup: &Setup,
        engine: &dyn Engine,
        progress: Progress<'_>,
    ) -> Result<Report, LinkError> {
        let one = |(settings, config): &(BTreeMap<String, String>, Config)| {
            let at = |source| match settings.is_empty() {
                true => source,
                false => {
                    let settings: Vec<_> = settings.iter().map(|(key, value)| format!("{key} = {value}")).collect();
                    LinkError::Point { settings: settings.join(", "), source: Box::new(source) }
                }
            };
            measure(config, settings.clone(), setup, engine, progress).map_err(at)
        };
        let points: Vec<Point> = self.points.par_iter().map(one).collect::<Result<_, _>>()?;
        Ok(Report {
            version: REPORT_VERSION,
            program: format!("{} {}", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")),
            title: preset.title.clone(),
            sources: preset.source.clone(),
            engine: engine.name().into(),
            input: setup.input(),
            axes: self.axes.clone(),
            points,
        })
    }
}

//! Runs a stream through a device: reset, beats in under one stall pattern, beats out under another.

use thiserror::Error;

use super::beat::Beat;
use super::device::{Device, DeviceError};
use super::stall::StallPattern;
use super::stream::{Sink, Source, StreamError};

/// When a run has all that it wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// As many output packets as input beats have `tlast`.
    Packets,
    /// This many output beats.
    Beats(usize),
    /// All input taken, then this many clocks with the sink ready and nothing offered.
    Idle(u64),
}

/// Why a run failed.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum RunError {
    /// The device could not be driven.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// The stream is not one, or broke the rules of the bus.
    #[error(transparent)]
    Stream(#[from] StreamError),
    /// The limit was reached.
    #[error("not finished after {limit} clocks: waiting for {waiting_for} ({taken} beats taken, {given} given)")]
    Limit {
        /// Clocks allowed.
        limit: u64,
        /// What had not happened.
        waiting_for: String,
        /// Input beats taken by the device.
        taken: usize,
        /// Output beats given by the device.
        given: usize,
    },
    /// [`Stop::Packets`] on an output without `tlast`.
    #[error("cannot count packets: there is no port `{port}`")]
    NoLast {
        /// The port missing.
        port: String,
    },
}

/// What happened in a run. Clock 0 is the first one after reset, so traces of two devices compare as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunTrace {
    /// Output beats, each with its clock.
    pub output: Vec<(u64, Beat)>,
    /// Clock in which each input beat was taken.
    pub accepted: Vec<u64>,
    /// Clocks in all, without reset and the look behind the end.
    pub clocks: u64,
    /// Clocks in which an input beat was offered and not taken.
    pub source_refused: u64,
    /// Clocks in which an output beat was offered and the sink paused.
    pub sink_stalled: u64,
    /// Clocks in which the sink was ready and nothing was offered.
    pub sink_starved: u64,
}

impl RunTrace {
    /// The output beats without their clocks.
    pub fn beats(&self) -> Vec<Beat> {
        self.output.iter().map(|(_, beat)| beat.clone()).collect()
    }
}

/// How to run a stream through a device.
#[derive(Clone, Debug)]
pub struct StreamRun {
    /// Prefix of the input's ports.
    pub input: String,
    /// Prefix of the output's ports.
    pub output: String,
    /// When the source pauses.
    pub source: StallPattern,
    /// When the sink pauses.
    pub sink: StallPattern,
    /// When it is over.
    pub stop: Stop,
    /// Clocks allowed, without reset and the look behind the end.
    pub limit: u64,
    /// Clocks in reset, if the device has an input `rst` or `reset`.
    pub reset: u64,
    /// Clocks to go on with the sink ready after the end: beats too many come out here, and into the trace.
    pub drain: u64,
}

impl Default for StreamRun {
    /// `s_axis` to `m_axis`, no pauses, [`Stop::Packets`], a million clocks, 2 in reset, 32 after the end.
    fn default() -> Self {
        StreamRun {
            input: "s_axis".into(),
            output: "m_axis".into(),
            source: StallPattern::None,
            sink: StallPattern::None,
            stop: Stop::Packets,
            limit: 1_000_000,
            reset: 2,
            drain: 32,
        }
    }
}

impl StreamRun {
    /// Runs `beats` through `device`. Other inputs keep what the caller has set.
    pub fn run(&self, device: &mut dyn Device, beats: &[Beat]) -> Result<RunTrace, RunError> {
        self.run_with(device, beats, &mut |_| Ok(()))
    }

    /// As [`StreamRun::run`], and calls `every` after every clock, reset included: to trace, say.
    pub fn run_with(
        &self,
        device: &mut dyn Device,
        beats: &[Beat],
        every: &mut dyn FnMut(&dyn Device) -> Result<(), DeviceError>,
    ) -> Result<RunTrace, RunError> {
        let mut source = Source::new(device, &self.input, beats, self.source)?;
        let mut sink = Sink::new(device, &self.output, self.sink)?;
        if self.stop == Stop::Packets && !sink.has_last() {
            return Err(RunError::NoLast { port: sink.signal("tlast") });
        }
        self.reset(device, &sink, every)?;
        let wanted = beats.iter().filter(|b| b.last).count();
        let over = |source: &Source, sink: &Sink| match self.stop {
            Stop::Packets => source.done() && sink.packets >= wanted,
            Stop::Beats(n) => source.done() && sink.beats.len() >= n,
            Stop::Idle(n) => source.done() && sink.idle >= n,
        };
        let mut clock = 0;
        while !over(&source, &sink) {
            if clock == self.limit {
                return Err(self.too_long(&source, &sink, wanted));
            }
            source.drive(device);
            sink.drive(device);
            device.clock()?;
            every(device)?;
            source.observe(device, clock);
            sink.observe(device, clock)?;
            clock += 1;
        }
        let (refused, stalled, starved) = (source.refused, sink.stalled, sink.starved);
        for behind in 0..self.drain {
            // All beats are taken: this takes the last one off the wires.
            source.drive(device);
            sink.drive_ready(device);
            device.clock()?;
            every(device)?;
            sink.observe(device, clock + behind)?;
        }
        Ok(RunTrace {
            output: sink.beats,
            accepted: source.accepted,
            clocks: clock,
            source_refused: refused,
            sink_stalled: stalled,
            sink_starved: starved,
        })
    }

    fn reset(
        &self,
        device: &mut dyn Device,
        sink: &Sink,
        every: &mut dyn FnMut(&dyn Device) -> Result<(), DeviceError>,
    ) -> Result<(), RunError> {
        let Some(port) = device.find_port("rst").or_else(|| device.find_port("reset")) else { return Ok(()) };
        device.set(port, 1);
        for clock in 0..self.reset {
            device.clock()?;
            every(device)?;
            // What the registers hold is known only after the first rising edge.
            if clock > 0 {
                sink.observe_reset(device, clock)?;
            }
        }
        device.set(port, 0);
        Ok(())
    }

    fn too_long(&self, source: &Source, sink: &Sink, wanted: usize) -> RunError {
        let valid = sink.signal("tvalid");
        let waiting_for = source.waiting().unwrap_or_else(|| match self.stop {
            Stop::Packets => format!("`{valid}` with `{}`, packet {} of {wanted}", sink.signal("tlast"), sink.packets),
            Stop::Beats(n) => format!("`{valid}`, beat {} of {n}", sink.beats.len()),
            Stop::Idle(n) => format!("{n} clocks without `{valid}`"),
        });
        RunError::Limit { limit: self.limit, waiting_for, taken: source.accepted.len(), given: sink.beats.len() }
    }
}

/// Runs `beats` from `s_axis` to `m_axis` of `device` under the two stall patterns, in at most `limit` clocks.
/// It is over when as many packets have come as went in, or, if no beat has `tlast`, when nothing more comes
/// for 256 clocks.
pub fn run_stream(
    device: &mut dyn Device,
    beats: &[Beat],
    source: StallPattern,
    sink: StallPattern,
    limit: u64,
) -> Result<RunTrace, RunError> {
    let stop = if beats.iter().any(|b| b.last) { Stop::Packets } else { Stop::Idle(256) };
    StreamRun { source, sink, limit, stop, ..StreamRun::default() }.run(device, beats)
}

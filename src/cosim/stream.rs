//! AXI4-Stream testbench ends: a [`Source`] that plays beats, a [`Sink`] that takes and judges them.
//!
//! Both decide before the clock what they drive (`drive`) and look after it at what was sampled (`observe`),
//! so `s_axis_tready` may depend on `m_axis_tready` within the clock. The source holds a beat until it is
//! taken. The sink checks the rules of the bus (IHI 0051, section 2.2): once `tvalid` is high it stays, and
//! `tdata`, `tkeep`, `tuser` and `tlast` stay with it, until the beat is taken.

use thiserror::Error;

use super::beat::Beat;
use super::device::{Device, DeviceError, Direction, PortId};
use super::stall::{StallPattern, Stalls};

/// What is wrong with a stream.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum StreamError {
    /// A port of the stream is missing.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// A port is on the wrong side or too wide.
    #[error("port `{port}` cannot be part of this stream: {reason}")]
    BadPort {
        /// Name of the port.
        port: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// A beat uses a signal that the stream does not have.
    #[error("beat {beat} has {what}, but there is no port `{port}`")]
    NoSignal {
        /// Number of the beat.
        beat: usize,
        /// What it wants to say.
        what: &'static str,
        /// The port that would say it.
        port: String,
    },
    /// `tvalid` fell before the beat was taken.
    #[error("clock {clock}: `{signal}` fell though the beat of clock {since} was not taken")]
    Withdrawn {
        /// Clock in which it was low.
        clock: u64,
        /// The signal.
        signal: String,
        /// Clock in which the beat was first offered.
        since: u64,
    },
    /// A signal changed before the beat was taken.
    #[error("clock {clock}: `{signal}` changed from {was} to {now} though the beat of clock {since} was not taken")]
    Unstable {
        /// Clock in which it had changed.
        clock: u64,
        /// The signal.
        signal: String,
        /// Value before, in hexadecimal.
        was: String,
        /// Value now, in hexadecimal.
        now: String,
        /// Clock in which the beat was first offered.
        since: u64,
    },
    /// `tvalid` was high in reset.
    #[error("clock {clock}: `{signal}` is high in reset")]
    ValidInReset {
        /// Clock, counted from the start of reset.
        clock: u64,
        /// The signal.
        signal: String,
    },
}

/// The ports of one stream.
#[derive(Clone, Debug)]
struct StreamPorts {
    prefix: String,
    data: PortId,
    valid: PortId,
    ready: PortId,
    keep: Option<PortId>,
    user: Option<PortId>,
    last: Option<PortId>,
}

impl StreamPorts {
    /// Finds `prefix_tdata` and the others; `payload` is the direction of all but `tready`.
    fn find(device: &dyn Device, prefix: &str, payload: Direction) -> Result<Self, StreamError> {
        let name = |signal: &str| format!("{prefix}_{signal}");
        let maybe = |signal: &str| device.find_port(&name(signal));
        let found = StreamPorts {
            prefix: prefix.into(),
            data: device.port(&name("tdata"))?,
            valid: device.port(&name("tvalid"))?,
            ready: device.port(&name("tready"))?,
            keep: maybe("tkeep"),
            user: maybe("tuser"),
            last: maybe("tlast"),
        };
        let check = |id: PortId, ready: bool, limit: usize| {
            let port = &device.ports()[id.index()];
            let bad = |reason| Err(StreamError::BadPort { port: port.name.clone(), reason });
            match () {
                () if (port.direction == payload) == ready => bad("it has the wrong direction"),
                () if port.bits > limit => {
                    bad("it is too wide (1 bit for handshakes and tlast, 128 for tkeep and tuser)")
                }
                () => Ok(()),
            }
        };
        check(found.data, false, usize::MAX)?;
        check(found.valid, false, 1)?;
        check(found.ready, true, 1)?;
        found.last.map_or(Ok(()), |p| check(p, false, 1))?;
        found.keep.into_iter().chain(found.user).try_for_each(|p| check(p, false, 128))?;
        Ok(found)
    }

    fn name(&self, signal: &str) -> String {
        format!("{}_{signal}", self.prefix)
    }
}

/// Plays beats into a stream of the device.
#[derive(Debug)]
pub struct Source<'a> {
    ports: StreamPorts,
    beats: &'a [Beat],
    next: usize,
    // A beat is on the wires and not taken.
    offering: bool,
    // `tvalid` as last driven.
    valid: bool,
    since: Option<u64>,
    stalls: Stalls,
    all_kept: u128,
    /// Clock in which each beat was taken.
    pub accepted: Vec<u64>,
    /// Clocks in which a beat was offered and not taken.
    pub refused: u64,
}

impl<'a> Source<'a> {
    /// A source on the ports `prefix_tdata` and so on, all inputs of the device but `prefix_tready`.
    pub fn new(
        device: &mut dyn Device,
        prefix: &str,
        beats: &'a [Beat],
        pattern: StallPattern,
    ) -> Result<Self, StreamError> {
        let ports = StreamPorts::find(device, prefix, Direction::Input)?;
        for (beat, b) in beats.iter().enumerate() {
            for (missing, used, what, signal) in [
                (ports.keep.is_none(), b.keep.is_some(), "a tkeep", "tkeep"),
                (ports.user.is_none(), b.user != 0, "a tuser", "tuser"),
                (ports.last.is_none(), b.last, "a tlast", "tlast"),
            ] {
                if missing && used {
                    return Err(StreamError::NoSignal { beat, what, port: ports.name(signal) });
                }
            }
        }
        let keep_bits = ports.keep.map_or(0, |p| device.ports()[p.index()].bits);
        let all_kept = if keep_bits >= 128 { u128::MAX } else { (1 << keep_bits) - 1 };
        let mut source = Source {
            ports,
            beats,
            next: 0,
            offering: false,
            valid: false,
            since: None,
            stalls: pattern.stalls(),
            all_kept,
            accepted: Vec::with_capacity(beats.len()),
            refused: 0,
        };
        source.idle(device);
        Ok(source)
    }

    /// `tvalid` low, and on the other wires what must not be taken for a beat: all ones.
    fn idle(&mut self, device: &mut dyn Device) {
        device.set(self.ports.valid, 0);
        for id in [Some(self.ports.data), self.ports.keep, self.ports.user, self.ports.last].into_iter().flatten() {
            let port = &device.ports()[id.index()];
            let mut ones = vec![u32::MAX; port.words()];
            if let (Some(top), spare @ 1..) = (ones.last_mut(), port.bits % 32) {
                *top >>= 32 - spare;
            }
            device.set_words(id, &ones);
        }
        self.valid = false;
    }

    /// Before the clock: offers the next beat unless the pattern pauses. A beat once offered stays.
    pub fn drive(&mut self, device: &mut dyn Device) {
        let pause = self.stalls.step();
        if self.offering {
            return;
        }
        if pause || self.done() {
            if self.valid {
                self.idle(device);
            }
            return;
        }
        let (ports, beat) = (&self.ports, &self.beats[self.next]);
        device.set(ports.valid, 1);
        device.set_words(ports.data, beat.words());
        if let Some(port) = ports.keep {
            device.set(port, beat.keep.unwrap_or(self.all_kept));
        }
        if let Some(port) = ports.user {
            device.set(port, beat.user);
        }
        if let Some(port) = ports.last {
            device.set(port, u128::from(beat.last));
        }
        self.offering = true;
        self.valid = true;
        self.since = None;
    }

    /// After the clock, whose number is `clock`: notes whether the beat was taken.
    pub fn observe(&mut self, device: &dyn Device, clock: u64) {
        if !self.offering {
            return;
        }
        self.since.get_or_insert(clock);
        if device.get(self.ports.ready) == 0 {
            self.refused += 1;
            return;
        }
        self.accepted.push(clock);
        self.next += 1;
        self.offering = false;
    }

    /// All beats have been taken.
    pub fn done(&self) -> bool {
        self.next == self.beats.len()
    }

    /// What the source is waiting for, in words.
    pub(super) fn waiting(&self) -> Option<String> {
        let (n, all) = (self.next, self.beats.len());
        match self.since.filter(|_| self.offering) {
            _ if self.done() => None,
            Some(since) => {
                Some(format!("`{}` for beat {n} of {all}, offered since clock {since}", self.ports.name("tready")))
            }
            None => Some(format!("its own pauses to offer beat {n} of {all}")),
        }
    }
}

/// Takes beats from a stream of the device and checks the rules of the bus.
#[derive(Debug)]
pub struct Sink {
    ports: StreamPorts,
    stalls: Stalls,
    ready: bool,
    // The beat offered and not taken: its signals in `payload` order, and the clock of its first offer.
    held: Vec<u32>,
    since: Option<u64>,
    /// Beats taken, each with its clock.
    pub beats: Vec<(u64, Beat)>,
    /// Beats taken with `tlast`.
    pub packets: usize,
    /// Clocks in which a beat was offered and the sink paused.
    pub stalled: u64,
    /// Clocks in which the sink was ready and nothing was offered.
    pub starved: u64,
    /// The same since the last beat.
    pub idle: u64,
}

impl Sink {
    /// A sink on the ports `prefix_tdata` and so on, all outputs of the device but `prefix_tready`.
    pub fn new(device: &mut dyn Device, prefix: &str, pattern: StallPattern) -> Result<Self, StreamError> {
        let ports = StreamPorts::find(device, prefix, Direction::Output)?;
        device.set(ports.ready, 0);
        let stalls = pattern.stalls();
        let (held, beats) = (Vec::new(), Vec::new());
        Ok(Sink { ports, stalls, ready: false, held, since: None, beats, packets: 0, stalled: 0, starved: 0, idle: 0 })
    }

    /// Before the clock: `tready` as the pattern says.
    pub fn drive(&mut self, device: &mut dyn Device) {
        let ready = !self.stalls.step();
        self.drive_as(device, ready);
    }

    /// As [`Sink::drive`], but ready whatever the pattern says: used to see whether more comes than should.
    pub fn drive_ready(&mut self, device: &mut dyn Device) {
        self.drive_as(device, true);
    }

    /// As [`Sink::drive`], but ready or not as the caller says: for a sink with reasons of its own to wait.
    pub fn drive_as(&mut self, device: &mut dyn Device, ready: bool) {
        self.ready = ready;
        device.set(self.ports.ready, u128::from(ready));
    }

    /// In reset `tvalid` must be low (IHI 0051, section 2.7.2).
    pub fn observe_reset(&self, device: &dyn Device, clock: u64) -> Result<(), StreamError> {
        match device.get(self.ports.valid) {
            0 => Ok(()),
            _ => Err(StreamError::ValidInReset { clock, signal: self.ports.name("tvalid") }),
        }
    }

    /// After the clock, whose number is `clock`: takes a beat if there is one, and checks the rules.
    pub fn observe(&mut self, device: &dyn Device, clock: u64) -> Result<(), StreamError> {
        let valid = device.get(self.ports.valid) == 1;
        if let Some(since) = self.since {
            if !valid {
                return Err(StreamError::Withdrawn { clock, signal: self.ports.name("tvalid"), since });
            }
            self.check_stable(device, clock, since)?;
        }
        match (valid, self.ready) {
            (true, true) => {
                let beat = self.beat(device);
                self.packets += usize::from(beat.last);
                self.beats.push((clock, beat));
                self.since = None;
                self.idle = 0;
            }
            (true, false) => {
                self.stalled += 1;
                if self.since.is_none() {
                    self.since = Some(clock);
                    self.held.clear();
                    for (_, id) in self.payload() {
                        self.held.extend_from_slice(device.get_words(id));
                    }
                }
            }
            (false, true) => {
                self.starved += 1;
                self.idle += 1;
            }
            (false, false) => {}
        }
        Ok(())
    }

    fn payload(&self) -> impl Iterator<Item = (&'static str, PortId)> {
        let p = &self.ports;
        [("tdata", Some(p.data)), ("tkeep", p.keep), ("tuser", p.user), ("tlast", p.last)]
            .into_iter()
            .filter_map(|(signal, id)| id.map(|id| (signal, id)))
    }

    fn check_stable(&self, device: &dyn Device, clock: u64, since: u64) -> Result<(), StreamError> {
        let mut at = 0;
        for (signal, id) in self.payload() {
            let now = device.get_words(id);
            let was = &self.held[at..at + now.len()];
            if was != now {
                let signal = self.ports.name(signal);
                return Err(StreamError::Unstable { clock, signal, was: hex(was), now: hex(now), since });
            }
            at += now.len();
        }
        Ok(())
    }

    fn beat(&self, device: &dyn Device) -> Beat {
        let p = &self.ports;
        let mut beat = Beat::from_words(device.get_words(p.data));
        beat.keep = p.keep.map(|id| device.get(id));
        beat.user = p.user.map_or(0, |id| device.get(id));
        beat.last = p.last.is_some_and(|id| device.get(id) == 1);
        beat
    }

    /// Whether the stream has a `tlast`.
    pub(super) fn has_last(&self) -> bool {
        self.ports.last.is_some()
    }

    /// Name of one of the signals.
    pub(super) fn signal(&self, signal: &str) -> String {
        self.ports.name(signal)
    }
}

fn hex(words: &[u32]) -> String {
    let digits: String = words.iter().rev().map(|w| format!("{w:08x}")).collect();
    match digits.trim_start_matches('0') {
        "" => "0x0".into(),
        rest => format!("0x{rest}"),
    }
}

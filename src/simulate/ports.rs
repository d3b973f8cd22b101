//! The ends of the streams: a [`Feed`] puts beats on the wires as they come up, a [`Tap`] takes them off.
//!
//! Unlike [`Source`](crate::cosim::Source) a feed does not need all beats beforehand.

use crate::cosim::{Beat, Device, PortId, Sink, StallPattern, Stalls, StreamError};

/// Offers one beat after the other; a beat once offered stays until it is taken.
#[derive(Debug)]
pub(super) struct Feed {
    data: PortId,
    keep: PortId,
    last: PortId,
    valid: PortId,
    ready: PortId,
    user: Option<PortId>,
    stalls: Stalls,
    /// The beat on the wires: whether it has TLAST, and its bytes.
    offered: Option<(bool, usize)>,
    /// Whether the pattern let it offer in this clock.
    pub willing: bool,
}

impl Feed {
    pub fn new(device: &mut dyn Device, pattern: StallPattern) -> Result<Self, StreamError> {
        let port = |name: &str| device.port(&format!("s_axis_{name}"));
        let feed = Feed {
            data: port("tdata")?,
            keep: port("tkeep")?,
            last: port("tlast")?,
            valid: port("tvalid")?,
            ready: port("tready")?,
            user: device.find_port("s_axis_tuser"),
            stalls: pattern.stalls(),
            offered: None,
            willing: true,
        };
        device.set(feed.valid, 0);
        Ok(feed)
    }

    /// Before the clock: offers what `next` gives, unless a beat is on the wires already or the pattern pauses.
    pub fn drive(&mut self, device: &mut dyn Device, next: impl FnOnce() -> Option<Beat>) {
        self.willing = !self.stalls.step() || self.offered.is_some();
        if self.offered.is_some() {
            return;
        }
        match if self.willing { next() } else { None } {
            None => device.set(self.valid, 0),
            Some(beat) => {
                let keep = beat.keep.unwrap_or(0);
                device.set(self.valid, 1);
                device.set_words(self.data, beat.words());
                device.set(self.keep, keep);
                device.set(self.last, beat.last.into());
                if let Some(user) = self.user {
                    device.set(user, beat.user);
                }
                self.offered = Some((beat.last, keep.count_ones() as usize));
            }
        }
    }

    /// Whether a beat is on the wires.
    pub fn offering(&self) -> bool {
        self.offered.is_some()
    }

    /// After the clock: the beat if it was taken, as whether it had TLAST and its bytes.
    pub fn observe(&mut self, device: &dyn Device) -> Option<(bool, usize)> {
        match device.get(self.ready) {
            0 => None,
            _ => self.offered.take(),
        }
    }
}

/// A beat taken off the wires.
#[derive(Debug)]
pub(super) struct Taken {
    pub beat: Beat,
    /// Clock in which it was first offered.
    pub offered: u64,
}

/// Takes beats, by the rules that [`Sink`] checks.
#[derive(Debug)]
pub(super) struct Tap {
    sink: Sink,
    valid: PortId,
    offered: Option<u64>,
    /// Whether it was ready in this clock.
    pub ready: bool,
    /// Whether a beat was on the wires in this clock.
    pub valid_seen: bool,
}

impl Tap {
    pub fn new(device: &mut dyn Device) -> Result<Self, StreamError> {
        let sink = Sink::new(device, "m_axis", StallPattern::None)?;
        let valid = device.port("m_axis_tvalid")?;
        Ok(Tap { sink, valid, offered: None, ready: false, valid_seen: false })
    }

    /// Before the clock.
    pub fn drive(&mut self, device: &mut dyn Device, ready: bool) {
        self.ready = ready;
        self.sink.drive_as(device, ready);
    }

    /// In reset: nothing may be offered.
    pub fn observe_reset(&self, device: &dyn Device, clock: u64) -> Result<(), StreamError> {
        self.sink.observe_reset(device, clock)
    }

    /// After the clock, whose number is `clock`.
    pub fn observe(&mut self, device: &dyn Device, clock: u64) -> Result<Option<Taken>, StreamError> {
        self.sink.observe(device, clock)?;
        self.valid_seen = device.get(self.valid) == 1;
        if self.valid_seen {
            self.offered.get_or_insert(clock);
        }
        // The sink keeps all it takes; here that is one beat at most.
        let Some((_, beat)) = self.sink.beats.pop() else { return Ok(None) };
        let offered = self.offered.take().unwrap_or(clock);
        Ok(Some(Taken { beat, offered }))
    }
}

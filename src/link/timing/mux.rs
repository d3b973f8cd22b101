//! `word_mux`: queues, sequencer, compactor, gearbox, queue of beats.

use super::fifo::{Fifo, Slots};
const CHUNK_WORDS: u32 = 5;
use super::stages::{Delay, RawSchedule, Shape, Stages, HEADER_WORDS, TRAILER_WORDS};
use super::{low_bits, LinkBeat, Profile};

/// What comes in from the front and the packers in a clock.
#[derive(Clone, Copy, Debug)]
pub struct Entries {
    /// A packet begins: which, and whether it is empty.
    pub packet: Option<(u32, bool)>,
    /// A packet's trailer is known.
    pub trailer: bool,
    /// Lanes with an entry, and whether it is the packet's end.
    pub lanes: (u64, bool),
    /// Raw slots with an entry, likewise.
    pub raw: (u64, bool),
    /// A step: lanes that crossed, and whether it is the last.
    pub step: Option<(u64, bool)>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Idle,
    Header { left: u32, empty: bool },
    RawLead { left: u32 },
    Prefill { left: u32 },
    Steps,
    Check,
    Trailer { left: u32 },
}

/// Words that leave the sequencer together, and whether they end the packet.
type Group = Option<(u32, bool)>;

/// The multiplexer.
#[derive(Clone, Debug)]
pub struct Mux {
    shape: Shape,
    lanes: u64,
    lanes_slots: Slots,
    raw_slots: Slots,
    steps: Fifo<(u64, bool)>,
    packets: Fifo<(u32, bool)>,
    trailers: Fifo<()>,
    state: State,
    schedule: RawSchedule,
    groups: Delay<Group>,
    fill: u32,
    spill: bool,
    gathered: Delay<Group>,
    beats: Fifo<(u32, bool)>,
    // Packets whose beats have not all left: the order of the packets is that of the beats.
    leaving: std::collections::VecDeque<u32>,
}

impl Mux {
    /// For streams of this shape.
    pub fn new(shape: &Shape, stages: &Stages) -> Self {
        Mux {
            shape: *shape,
            lanes: low_bits(shape.lanes),
            lanes_slots: Slots::new(shape.lanes, stages.slots),
            raw_slots: Slots::new(shape.raw_slots, stages.slots),
            steps: Fifo::new(stages.slots),
            packets: Fifo::new(stages.packets),
            trailers: Fifo::new(stages.packets),
            state: State::Idle,
            schedule: RawSchedule::new(shape),
            groups: Delay::new(stages.group, None),
            fill: 0,
            spill: false,
            gathered: Delay::new(stages.gearbox, None),
            beats: Fifo::new(stages.beats),
            leaving: std::collections::VecDeque::new(),
        }
    }

    /// Every queue has room for what the front may still send.
    pub fn room(&self) -> bool {
        let slots = self.lanes_slots.room() && self.raw_slots.room();
        slots && self.steps.room() && self.packets.room() && self.trailers.room()
    }

    /// One clock: the beat at the output, which goes if `ready`.
    pub fn clock(&mut self, entries: &Entries, profiles: &[Profile], ready: bool) -> Option<LinkBeat> {
        let packet = self.leaving.front().copied();
        let offered = self.beats.head().zip(packet).map(|((words, last), packet)| LinkBeat { packet, words, last });
        let goes = ready && offered.is_some();
        if goes && offered.is_some_and(|b| b.last) {
            self.leaving.pop_front();
        }
        let pops = self.sequence();
        let group = self.groups.step(pops.group);
        let beat = self.gear(group);
        let beat = self.gathered.step(beat);
        self.beats.clock(beat, goes);
        self.lanes_slots.clock(entries.lanes.0, entries.lanes.1, pops.lanes);
        self.raw_slots.clock(entries.raw.0, entries.raw.1, pops.raw);
        self.steps.clock(entries.step, pops.step);
        if let (true, Some((packet, _))) = (pops.packet, self.packets.head()) {
            debug_assert!(profiles.len() > packet as usize);
            self.leaving.push_back(packet);
        }
        self.packets.clock(entries.packet, pops.packet);
        self.trailers.clock(entries.trailer.then_some(()), pops.trailer);
        offered
    }

    /// The sequencer's clock.
    fn sequence(&mut self) -> Pops {
        let mut pops = Pops::default();
        let room = self.beats.room();
        let step = self.steps.head();
        match self.state {
            State::Idle => {
                self.schedule = RawSchedule::new(&self.shape);
                if let Some((_, empty)) = self.packets.head() {
                    pops.packet = true;
                    self.state = State::Header { left: HEADER_WORDS, empty };
                }
            }
            State::Header { left, empty } if room => {
                let sent = left.min(self.chunk());
                pops.group = Some((sent, false));
                self.state = match (left - sent, empty, self.shape.lead_rounds()) {
                    (left @ 1.., ..) => State::Header { left, empty },
                    (_, true, _) => State::Check,
                    (_, _, 0) => State::Prefill { left: self.shape.prefill },
                    (_, _, left) => State::RawLead { left },
                };
            }
            State::Trailer { left } if room => {
                let sent = left.min(self.chunk());
                pops.group = Some((sent, left == sent));
                self.state = if left > sent { State::Trailer { left: left - sent } } else { State::Idle };
            }
            State::RawLead { left } => {
                let wanted = low_bits(self.schedule.words(true));
                if room && self.take(0, wanted, &mut pops) {
                    self.schedule.advance();
                    self.state = State::RawLead { left: left - 1 };
                    if left == 1 {
                        self.schedule.enter();
                        self.state = State::Prefill { left: self.shape.prefill };
                    }
                }
            }
            State::Prefill { left } => {
                let taken = room && self.take(self.lanes, 0, &mut pops);
                self.state = match left - u32::from(taken) {
                    0 => State::Steps,
                    left => State::Prefill { left },
                };
            }
            State::Steps => match step {
                Some((_, true)) => {
                    pops.step = true;
                    self.state = State::Check;
                }
                Some((crossed, false)) => {
                    let wanted = low_bits(self.schedule.words(false));
                    if room && self.take(crossed, wanted, &mut pops) {
                        pops.step = true;
                        self.schedule.advance();
                    }
                }
                None => {}
            },
            State::Check => {
                let spent = |slots: &Slots, all: u64| slots.valid & slots.closes & all == all;
                let all_raw = low_bits(self.shape.raw_slots);
                if self.trailers.head().is_some()
                    && spent(&self.lanes_slots, self.lanes)
                    && spent(&self.raw_slots, all_raw)
                {
                    pops.trailer = true;
                    (pops.lanes, pops.raw) = (self.lanes, all_raw);
                    self.state = State::Trailer { left: TRAILER_WORDS };
                }
            }
            _ => {}
        }
        pops
    }

    /// Words of header or trailer that go in one clock.
    fn chunk(&self) -> u32 {
        CHUNK_WORDS.min(self.shape.slots() as u32)
    }

    /// Takes a word from each slot that is asked, if all can answer. Words of zeros of ended slots are sent if a real one follows.
    fn take(&self, lanes: u64, raw: u64, pops: &mut Pops) -> bool {
        let (l, r) = (&self.lanes_slots, &self.raw_slots);
        if lanes & !l.valid != 0 || raw & !r.valid != 0 {
            return false;
        }
        let real = |slots: &Slots| slots.valid & !slots.closes;
        let ends = |slots: &Slots, want: u64| want & slots.second & slots.second_closes;
        let more = real(l) & !ends(l, lanes) | real(r) & !ends(r, raw);
        (pops.lanes, pops.raw) = (lanes & real(l), raw & real(r));
        // Up to the last real word, lanes before raw words.
        let up_to = |mask: u64| if mask == 0 { 0 } else { u64::MAX >> mask.leading_zeros() };
        let (lanes_sent, raw_sent) = match (more != 0, pops.raw != 0) {
            (true, _) => (lanes, raw),
            (false, true) => (lanes, raw & up_to(pops.raw)),
            (false, false) => (lanes & up_to(pops.lanes), 0),
        };
        pops.group = Some((lanes_sent.count_ones() + raw_sent.count_ones(), false));
        true
    }

    /// The gearbox's clock: the beat that it has then.
    fn gear(&mut self, group: Group) -> Option<(u32, bool)> {
        let capacity = self.shape.link_words;
        if self.spill {
            self.spill = false;
            return Some((std::mem::take(&mut self.fill), true));
        }
        let (words, last) = group?;
        let total = self.fill + words;
        if last && total <= capacity {
            self.fill = 0;
            return Some((total, true));
        }
        self.spill = last;
        self.fill = total;
        if total < capacity {
            return None;
        }
        self.fill = total - capacity;
        Some((capacity, false))
    }

    /// Nothing is in it.
    pub fn is_idle(&self) -> bool {
        let queues = self.lanes_slots.is_idle() && self.raw_slots.is_idle() && self.steps.is_idle();
        queues && self.state == State::Idle && self.packets.is_idle() && self.leaving.is_empty() && self.beats.is_idle()
    }

    /// High-water marks of its queues: name, most, entries.
    pub fn queues(&self, stages: &Stages) -> Vec<(&'static str, usize, u32)> {
        let slots = self.lanes_slots.high_water().max(self.raw_slots.high_water()).max(self.steps.high_water());
        vec![
            ("encoder slots", slots, stages.slots.entries()),
            ("encoder beats", self.beats.high_water(), stages.beats.entries()),
        ]
    }
}

/// What the sequencer takes and sends in a clock.
#[derive(Clone, Copy, Debug, Default)]
struct Pops {
    lanes: u64,
    raw: u64,
    step: bool,
    packet: bool,
    trailer: bool,
    group: Group,
}

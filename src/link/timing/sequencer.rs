//! `sequencer` and `group`: which words are asked for, when the slots answer, and how many of them are sent.

use super::low_bits;
use super::stages::{Delay, RawSchedule, Shape, Stages, HEADER_WORDS, TRAILER_WORDS};

/// A mask of lanes, and one of raw slots: the slots behind the lanes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Mask {
    /// Lanes.
    pub lanes: u64,
    /// Raw slots.
    pub raw: u64,
}

impl Mask {
    fn and(self, other: Mask) -> Mask {
        Mask { lanes: self.lanes & other.lanes, raw: self.raw & other.raw }
    }

    fn or(self, other: Mask) -> Mask {
        Mask { lanes: self.lanes | other.lanes, raw: self.raw | other.raw }
    }

    fn without(self, other: Mask) -> Mask {
        Mask { lanes: self.lanes & !other.lanes, raw: self.raw & !other.raw }
    }

    fn any(self) -> bool {
        self.lanes | self.raw != 0
    }

    fn count(self) -> u32 {
        self.lanes.count_ones() + self.raw.count_ones()
    }

    /// All slots up to the last of these.
    fn up_to(self) -> Mask {
        let below = |mask: u64| if mask == 0 { 0 } else { u64::MAX >> mask.leading_zeros() };
        match self.raw {
            0 => Mask { lanes: below(self.lanes), raw: 0 },
            raw => Mask { lanes: u64::MAX, raw: below(raw) },
        }
    }
}

/// A step in its queue: lanes that crossed a word boundary, and whether it is the packet's last.
pub type Step = (u64, bool);

/// Words that go out together, and whether they end the packet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Group {
    /// Words.
    pub words: u32,
    /// It ends the packet.
    pub last: bool,
}

/// What the sequencer sees in a clock beside the slots.
#[derive(Clone, Copy, Debug)]
pub struct Inputs {
    /// A packet begins: whether it is empty.
    pub packet: Option<bool>,
    /// A packet's count and CRC are there.
    pub trailer: bool,
    /// All words of the packet that comes in are there.
    pub closes: bool,
    /// The oldest step.
    pub step: Option<Step>,
    /// The output has room.
    pub room: bool,
}

/// What the sequencer does in a clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct Actions {
    /// Slots that are asked.
    pub ask: Mask,
    /// The slots' bounds move.
    pub follow: bool,
    /// The oldest step goes.
    pub pop_step: bool,
    /// The group that the slots' answer to the clock before makes.
    pub group: Option<Group>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Idle,
    /// Words left.
    Header {
        left: u32,
    },
    /// Rounds left.
    RawLead {
        left: u32,
    },
    /// Rounds left.
    Prefill {
        left: u32,
    },
    Steps,
    Check,
    /// Words left.
    Trailer {
        left: u32,
    },
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Request {
    Slots(Mask),
    /// Words of header or trailer, and whether they end the packet.
    Fixed(u32, bool),
}

impl Request {
    /// Slots that are asked.
    fn want(self) -> Mask {
        match self {
            Request::Slots(want) => want,
            Request::Fixed(..) => Mask::default(),
        }
    }
}

/// What is known of a request a clock after it was taken.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Answer {
    request: Request,
    real: Mask,
    open: bool,
}

/// The sequencer.
#[derive(Clone, Debug)]
pub struct Sequencer {
    shape: Shape,
    state: State,
    schedule: RawSchedule,
    /// Requests: the one that is answered next and whether the slots can, the one behind it, and one that waits there.
    request: Option<Request>,
    can: bool,
    next: Option<Request>,
    spare: Option<Request>,
    answer: Option<Answer>,
    /// A packet that waits: whether it is empty.
    pending: Option<bool>,
    empty: bool,
    /// Packets from their first beat to their trailer.
    under_way: u32,
    /// Trailers: one that waits, and that of the packet whose words are asked for.
    due: bool,
    complete: bool,
    closing: Delay<bool>,
    // The packet whose words are asked for, and the one behind it, is there as a whole.
    closed: bool,
    closed_next: bool,
    /// On to the next packet.
    moving: bool,
}

impl Sequencer {
    /// For streams of this shape.
    pub fn new(shape: &Shape, stages: &Stages) -> Self {
        Sequencer {
            shape: *shape,
            state: State::Idle,
            schedule: RawSchedule::new(shape),
            request: None,
            can: false,
            next: None,
            spare: None,
            answer: None,
            pending: None,
            empty: false,
            under_way: 0,
            due: false,
            complete: false,
            closing: Delay::new(stages.closing, false),
            closed: false,
            closed_next: false,
            moving: false,
        }
    }

    /// Another packet may begin.
    pub fn may_start(&self) -> bool {
        self.under_way < 2
    }

    /// One clock, with the slots that have a word in it, and those that have two.
    pub fn clock(&mut self, slots: Mask, second: Mask, inputs: &Inputs) -> Actions {
        let mut actions = Actions { group: self.answer.map(|answer| group(answer, slots)), ..Actions::default() };

        // The request is answered once every slot that it asks has a word, or never will have: found out a clock before.
        let taken = self.request.filter(|_| self.can);
        self.answer = taken.map(|request| {
            let want = request.want();
            actions.ask = want;
            Answer { request, real: want.and(slots), open: !self.closed }
        });
        let requested = self.request.is_some() || self.next.is_some();
        // Behind a packet's last group there is a clock without one.
        let ends = matches!(taken, Some(Request::Fixed(_, true)));
        let advances = (taken.is_some() && !ends) || self.request.is_none();
        let asked = self.request.map_or(Mask::default(), Request::want);
        let (wanted, there) = match advances {
            true => (self.next.map_or(Mask::default(), Request::want), second.or(slots.without(asked))),
            false => (asked, slots),
        };
        self.can = inputs.room && (self.closed || wanted.and(there) == wanted);
        let state = self.state;
        let waits = self.spare.is_some();
        let made = if waits { None } else { self.ask(inputs, &mut actions) };
        let moved = advances || self.next.is_none();
        if advances {
            self.request = self.next;
        } else if ends {
            self.request = None;
        }
        if moved {
            self.next = self.spare.take().or(made);
        } else if !waits {
            self.spare = made;
        }
        // Every word of the packet has been asked for by then.
        let moves =
            std::mem::replace(&mut self.moving, state == State::Check && self.complete && self.closed && !requested);
        if self.moving {
            self.state = State::Trailer { left: TRAILER_WORDS };
        }
        if state == State::Idle {
            self.schedule = RawSchedule::new(&self.shape);
        }
        self.packets(inputs, ends);

        let closing = self.closing.step(inputs.closes);
        actions.follow = !(closing || self.closed) || moves;
        match (moves, closing) {
            (true, _) => (self.closed, self.closed_next) = (self.closed_next || closing, false),
            (false, true) => (self.closed, self.closed_next) = (true, self.closed_next || self.closed),
            (false, false) => {}
        }
        actions
    }

    /// Packets, their counts and CRCs: what comes in, and whether a packet ends.
    fn packets(&mut self, inputs: &Inputs, ends: bool) {
        if inputs.packet.is_some() {
            self.pending = inputs.packet;
            self.under_way += 1;
        }
        // A trailer waits for the end of the packet before.
        self.due |= inputs.trailer;
        if self.due && !self.complete {
            (self.due, self.complete) = (false, true);
        }
        if ends {
            self.under_way -= 1;
            self.complete = false;
        }
    }

    /// What is asked next.
    fn ask(&mut self, inputs: &Inputs, actions: &mut Actions) -> Option<Request> {
        let lanes = low_bits(self.shape.lanes);
        match self.state {
            State::Idle => {
                if let Some(empty) = self.pending.take() {
                    self.empty = empty;
                    self.state = State::Header { left: HEADER_WORDS };
                }
                None
            }
            State::Header { left } => {
                let words = left.min(self.chunk());
                self.state = match (left - words, self.empty, self.shape.lead_rounds()) {
                    (left @ 1.., ..) => State::Header { left },
                    (_, true, _) => State::Check,
                    (_, _, 0) => State::Prefill { left: self.shape.prefill },
                    (_, _, left) => State::RawLead { left },
                };
                Some(Request::Fixed(words, false))
            }
            State::RawLead { left } => {
                let raw = low_bits(self.schedule.words(true));
                self.schedule.advance();
                self.state = State::RawLead { left: left - 1 };
                if left == 1 {
                    self.schedule.enter();
                    self.state = State::Prefill { left: self.shape.prefill };
                }
                Some(Request::Slots(Mask { lanes: 0, raw }))
            }
            State::Prefill { left } => {
                self.state = if left == 1 { State::Steps } else { State::Prefill { left: left - 1 } };
                Some(Request::Slots(Mask { lanes, raw: 0 }))
            }
            State::Steps => {
                let (crossed, last) = inputs.step?;
                actions.pop_step = true;
                if last {
                    self.state = State::Check;
                    return None;
                }
                let raw = low_bits(self.schedule.words(false));
                self.schedule.advance();
                Some(Request::Slots(Mask { lanes: crossed, raw }))
            }
            State::Check => None,
            State::Trailer { left } => {
                let words = left.min(self.chunk());
                self.state = if left > words { State::Trailer { left: left - words } } else { State::Idle };
                Some(Request::Fixed(words, left == words))
            }
        }
    }

    /// Words of header or trailer that go in one clock: one in each slot, and no more than the header has.
    fn chunk(&self) -> u32 {
        HEADER_WORDS.min(self.shape.slots() as u32)
    }

    /// Nothing is in it.
    pub fn is_idle(&self) -> bool {
        self.state == State::Idle
            && self.under_way == 0
            && self.request.is_none()
            && self.next.is_none()
            && self.answer.is_none()
    }
}

/// The group of an answer: words of zeros of slots that have ended are sent if a real one follows, in the group or in any slot
/// (`slots`: those with a word, a clock after they were asked).
fn group(answer: Answer, slots: Mask) -> Group {
    match answer.request {
        Request::Fixed(words, last) => Group { words, last },
        Request::Slots(asked) => {
            let all = answer.open || slots.any();
            let sent = if all { asked } else { asked.and(answer.real.up_to()) };
            Group { words: sent.count(), last: false }
        }
    }
}

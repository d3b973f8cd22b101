//! The queues of lanes in turn, against plain ones: a queue for each turn of each packet.

use crate::harness::{three_way, Io, Model};
use huffwire::rtl::encoder::turn_queue::TurnQueue;
use huffwire::rtl::encoder::turn_regions::{TurnRegions, TURNS};
use rand::prelude::*;
use std::collections::VecDeque;

dut! {
    [] TurnQueue {
        clock: clk;
        in: rst, push, word, turn_in, closes, in_region, ask, rotate, moves, out_region, same_packet, place, later;
        out: ready, following, left, oldest;
    }
}
dut! {
    [] TurnRegions { clock: clk; in: rst, turn, closes, rotate, moves; out: in_region, out_region, same_packet, place, later; }
}

/// Where something comes in or goes out: packet, turn.
#[derive(Clone, Copy, Default, PartialEq)]
struct At {
    packet: usize,
    turn: usize,
}

impl At {
    fn region(&self) -> u32 {
        (self.packet % 2 * TURNS + self.turn % TURNS) as u32
    }
}

/// What may happen at random: at most two packets are under way, and one is left when it has ended and is empty.
struct Course {
    coming: At,
    going: At,
    /// Words of the packet that is asked for and of the one behind it, by turn.
    words: [Vec<VecDeque<u16>>; 2],
    rates: (f64, f64),
    packets: usize,
    longest: usize,
}

/// What happens in a clock.
struct Events {
    turn: bool,
    closes: bool,
    rotate: bool,
    moves: bool,
}

impl Course {
    fn new() -> Course {
        let none = vec![VecDeque::new(); TURNS];
        let (coming, going) = Default::default();
        Course { coming, going, words: [none.clone(), none], rates: (0.5, 0.5), packets: 0, longest: 0 }
    }

    fn reset(&mut self) {
        *self = Course { packets: self.packets, longest: self.longest, ..Course::new() };
    }

    fn events(&mut self, io: &mut Io) -> Events {
        if io.rng.random_bool(0.01) {
            let mut rate = || *[1.0, io.rng.random(), 0.03].choose(io.rng).unwrap();
            self.rates = (rate(), rate());
        }
        let ahead = self.coming.packet - self.going.packet;
        let full = self.words[1.min(ahead)].iter().any(|words| words.len() >= 127);
        let turn = ahead < 2 && !full && io.rng.random_bool(self.rates.0);
        let closes = ahead < 2 && io.rng.random_bool(if full { 0.1 } else { 0.0015 });
        let empty = self.words[0].iter().all(VecDeque::is_empty);
        let moves = ahead > 0 && empty && io.rng.random_bool(0.3);
        Events { turn, closes, rotate: !moves && io.rng.random_bool(self.rates.1), moves }
    }

    /// What `same_packet`, `place` and `later` have to be, as far as they matter: for words that come in.
    fn places(&self, events: &Events) -> Option<(bool, Option<usize>, Option<usize>)> {
        match self.coming.packet - self.going.packet {
            0 => Some((true, Some((self.coming.turn + TURNS - self.going.turn % TURNS) % TURNS), None)),
            1 => Some((events.moves, None, Some(self.coming.turn % TURNS))),
            _ => None,
        }
    }

    fn advance(&mut self, events: &Events) {
        self.coming.turn = if events.closes { 0 } else { self.coming.turn + usize::from(events.turn) };
        self.coming.packet += usize::from(events.closes);
        self.going.turn += usize::from(events.rotate);
        if events.moves {
            self.going = At { packet: self.going.packet + 1, turn: 0 };
            self.words.swap(0, 1);
            self.packets += 1;
        }
    }
}

struct Queue {
    course: Course,
    asked: Option<u16>,
    taken: usize,
}

impl Model for Queue {
    fn reset(&mut self) {
        self.course.reset();
        self.asked = None;
    }

    fn before(&mut self, io: &mut Io) {
        let turn_of = |course: &Course, behind: usize| (course.going.turn + behind) % TURNS;
        let has = |course: &Course, behind: usize| !course.words[0][turn_of(course, behind)].is_empty();
        io.expect("ready", has(&self.course, 0));
        io.expect("following", has(&self.course, 1));
        io.expect("left", (0..TURNS).any(|behind| has(&self.course, behind)));
        if let Some(word) = self.asked.take() {
            io.expect("oldest", word);
        }
        let events = self.course.events(io);
        io.set("in_region", self.course.coming.region());
        io.set("out_region", self.course.going.region());
        io.set("turn_in", events.turn);
        io.set("closes", events.closes);
        io.set("rotate", events.rotate);
        io.set("moves", events.moves);
        if let Some((same, place, later)) = self.course.places(&events) {
            io.set("same_packet", same);
            for i in 0..TURNS {
                io.set(&format!("place_{i}"), place == Some(i));
                io.set(&format!("later_{i}"), later == Some(i));
            }
        }
        if io.maybe("ask", 0.8, events.rotate) {
            let turn = turn_of(&self.course, 0);
            self.asked = self.course.words[0][turn].pop_front();
            self.taken += usize::from(self.asked.is_some());
        }
        let push = io.maybe("push", 0.7, events.turn);
        let word = io.any("word") as u16;
        if push {
            let coming = self.course.coming;
            let words = &mut self.course.words[coming.packet - self.course.going.packet][coming.turn % TURNS];
            words.push_back(word);
            self.course.longest = self.course.longest.max(words.len());
        }
        self.course.advance(&events);
    }

    fn enough(&self) {
        let course = &self.course;
        assert!(
            self.taken > 3_000 && course.packets > 30 && course.longest > 50,
            "{} {} {}",
            self.taken,
            course.packets,
            course.longest
        );
    }
}

#[test]
fn turn_queue() {
    let model = Queue { course: Course::new(), asked: None, taken: 0 };
    three_way("turn_queue", TurnQueue::default(), model, 60_000);
}

struct Regions(Course);

impl Model for Regions {
    fn reset(&mut self) {
        self.0.reset();
    }

    fn before(&mut self, io: &mut Io) {
        let events = self.0.events(io);
        io.set("turn", events.turn);
        io.set("closes", events.closes);
        io.set("rotate", events.rotate);
        io.set("moves", events.moves);
        io.expect("in_region", self.0.coming.region());
        io.expect("out_region", self.0.going.region());
        if let Some((same, place, later)) = self.0.places(&events) {
            io.expect("same_packet", same);
            for i in 0..TURNS {
                io.expect(&format!("place_{i}"), place == Some(i));
                io.expect(&format!("later_{i}"), later == Some(i));
            }
        }
        self.0.advance(&events);
    }

    fn enough(&self) {
        assert!(self.0.packets > 20, "{} packets", self.0.packets);
    }
}

#[test]
fn turn_regions() {
    three_way("turn_regions", TurnRegions::default(), Regions(Course::new()), 20_000);
}

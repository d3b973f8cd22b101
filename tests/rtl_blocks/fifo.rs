//! The queue against a plain one.

use crate::harness::{three_way, Io, Model};
use huffwire::rtl::fifo::Fifo;
use rand::prelude::*;
use std::collections::VecDeque;

dut! {
    [const A: usize, const C: usize] Fifo<A, C> {
        clock: clk;
        in: rst, push, data, tag, pop;
        out: head, head_tag, head_valid, second, second_tag, second_valid, room;
    }
}

struct Queue {
    capacity: usize,
    slack: usize,
    head: Option<(u128, u128)>,
    behind: VecDeque<(u128, u128)>,
    room: bool,
    push_rate: f64,
    pop_rate: f64,
    seen_full: usize,
    seen_empty: usize,
}

impl Model for Queue {
    fn reset(&mut self) {
        self.head = None;
        self.behind.clear();
        self.room = false;
    }

    fn before(&mut self, io: &mut Io) {
        if io.rng.random_bool(0.01) {
            (self.push_rate, self.pop_rate) = (io.rng.random(), io.rng.random());
        }
        let stored = self.behind.len();
        self.seen_full += usize::from(stored == self.capacity);
        self.seen_empty += usize::from(self.head.is_none());
        let push = io.maybe("push", self.push_rate, stored < self.capacity);
        let pop = io.maybe("pop", self.pop_rate, self.head.is_some());
        let new = (io.any("data"), io.any("tag"));

        io.expect("head_valid", self.head.is_some());
        if let Some((data, tag)) = self.head {
            io.expect("head", data);
            io.expect("head_tag", tag);
        }
        io.expect("second_valid", stored > 0);
        if let Some(&(data, tag)) = self.behind.front() {
            io.expect("second", data);
            io.expect("second_tag", tag);
        }
        io.expect("room", self.room);

        self.room = self.capacity - stored > self.slack;
        if pop {
            self.head = None;
        }
        if self.head.is_none() {
            self.head = self.behind.pop_front();
        }
        if push {
            self.behind.push_back(new);
        }
    }

    fn enough(&self) {
        assert!(self.seen_full > 20 && self.seen_empty > 20, "{} full, {} empty", self.seen_full, self.seen_empty);
    }
}

fn queue(address_bits: usize, slack: usize) -> Queue {
    Queue {
        capacity: 1 << address_bits,
        slack,
        head: None,
        behind: VecDeque::new(),
        room: false,
        push_rate: 0.5,
        pop_rate: 0.5,
        seen_full: 0,
        seen_empty: 0,
    }
}

#[test]
fn queues() {
    three_way("fifo of 16 bits", Fifo::<4, 5>::new(16, 1, 8), queue(4, 8), 20_000);
    three_way("fifo of 128 bits", Fifo::<4, 5>::new(128, 5, 9), queue(4, 9), 20_000);
    three_way("fifo of 64 entries", Fifo::<6, 7>::new(16, 1, 12), queue(6, 12), 40_000);
}

//! The check of a packet, against the `crc32c` crate.

use crate::harness::{three_way, Io, Model};
use huffwire::rtl::config::HeaderConfig;
use huffwire::rtl::packet_check::{count_clocks, PacketCheck, CHECK_CLOCKS};
use rand::prelude::*;
use std::collections::VecDeque;

dut! {
    [] PacketCheck {
        clock: clk;
        in: beat, first, data, any, book, bias, counting, count_first, count;
        out: value;
    }
}

/// What one clock brings.
enum Event {
    Idle,
    Beat { first: bool, elements: Option<u128>, fields: (u8, u8) },
    Count { first: bool, count: u32, part: usize },
}

struct Check {
    header: HeaderConfig,
    bytes: usize,
    script: VecDeque<Event>,
    header_of_packet: Vec<u8>,
    crc: Option<u32>,
    /// What the pipeline adds in clocks.
    late: VecDeque<Option<u32>>,
    /// Book and bias stay.
    fields: (u8, u8),
    /// The count goes in a clock late.
    delayed: Option<(u32, usize)>,
    empty_packets: usize,
}

impl Check {
    fn packet(&mut self, rng: &mut StdRng) {
        let beats = rng.random_range(0..20);
        let fields = (rng.random_range(0..16), rng.random());
        self.empty_packets += usize::from(beats == 0);
        for i in 0..beats.max(1) {
            let elements = (beats > 0).then(|| rng.random::<u128>() & (u128::MAX >> (128 - 8 * self.bytes)));
            self.script.push_back(Event::Beat { first: i == 0, elements, fields });
            if rng.random_bool(0.3) {
                self.script.push_back(Event::Idle);
            }
        }
        let count = rng.random();
        for part in 0..count_clocks(8 * self.bytes) {
            self.script.push_back(Event::Count { first: part == 0, count, part });
        }
        for _ in 1..CHECK_CLOCKS {
            self.script.push_back(Event::Idle);
        }
    }

    fn begin(&mut self) {
        self.crc = Some(crc32c::crc32c(&self.header_of_packet));
        // The state is cleared on the way.
        if let Some(late) = self.late.back_mut() {
            *late = None;
        }
    }

    /// A part of the count goes in.
    fn count(&mut self, count: u32, part: usize) {
        if !self.header_of_packet.is_empty() {
            self.begin();
            self.header_of_packet.clear();
        }
        let mut bytes = vec![0; self.bytes.saturating_sub(4)];
        bytes.extend(count.to_be_bytes());
        self.add(&bytes[part * self.bytes..(part + 1) * self.bytes]);
    }

    fn add(&mut self, bytes: &[u8]) {
        self.crc = self.crc.map(|c| crc32c::crc32c_append(c, bytes));
    }
}

impl Model for Check {
    fn before(&mut self, io: &mut Io) {
        self.late.push_back(self.crc);
        if let Some(crc) = self.late.pop_front().flatten() {
            io.expect("value", crc);
        }
        if self.script.is_empty() {
            self.packet(io.rng);
        }
        if let Some((count, part)) = self.delayed.take() {
            self.count(count, part);
        }
        let event = self.script.pop_front().unwrap();
        io.set("beat", matches!(event, Event::Beat { .. }));
        io.set("counting", matches!(event, Event::Count { .. }));
        io.set("book", self.fields.0);
        io.set("bias", self.fields.1);
        match event {
            Event::Idle => {}
            Event::Beat { first, elements, fields: (book, bias) } => {
                io.set("first", first);
                io.set("any", elements.is_some());
                io.set("data", elements.unwrap_or(0));
                if first {
                    io.set("book", book);
                    io.set("bias", bias);
                    self.fields = (book, bias);
                    self.header_of_packet = self.header.with(book, bias).to_be_bytes()[6..].to_vec();
                }
                if let Some(data) = elements {
                    if first {
                        self.begin();
                    }
                    self.add(&data.to_le_bytes()[..self.bytes]);
                    self.header_of_packet.clear();
                }
            }
            Event::Count { first, count, part } => {
                io.set("count_first", first);
                if first {
                    io.set("count", count);
                }
                self.delayed = Some((count, part));
            }
        }
    }

    fn enough(&self) {
        assert!(self.empty_packets > 5);
    }
}

#[test]
fn check_of_a_packet() {
    let header = crate::plan::HEADER;
    for bits in [8, 16, 32, 64, 128] {
        let model = Check {
            header,
            bytes: bits / 8,
            script: VecDeque::new(),
            header_of_packet: Vec::new(),
            crc: None,
            late: VecDeque::from(vec![None; CHECK_CLOCKS - 2]),
            fields: (0, 0),
            delayed: None,
            empty_packets: 0,
        };
        three_way(&format!("packet_check {bits}"), PacketCheck::new(bits, &header), model, 8_000);
    }
}

//! What the waveform writers wrote is read back.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::Path;

use huffwire::cosim::{Device, PortVcd, RustHdl};
use huffwire::dut_ports;
use huffwire::hdl::U;
use rust_hdl::prelude::*;
use vcd::{Command, ScopeItem};

/// Counts in steps of `one` while `en` is high.
#[derive(LogicBlock)]
struct Counter {
    pub clk: Signal<In, Clock>,
    pub en: Signal<In, Bit>,
    pub n: Signal<Out, U<40>>,
    count: DFF<U<40>>,
    one: Constant<U<40>>,
}

impl Logic for Counter {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clk, count);
        self.n.next = self.count.q.val();
        if self.en.val() {
            self.count.d.next = self.count.q.val() + self.one.val();
        }
    }
}

dut_ports! { impl for Counter { clock: clk; in: en; out: n; } }

fn counter() -> RustHdl<Counter> {
    let one = Constant::new((0x80_0000_0001_u64).into());
    let (clk, en, n, count) = (Signal::default(), Signal::default(), Signal::default(), DFF::default());
    RustHdl::new(Counter { clk, en, n, count, one }).unwrap()
}

/// All changes of each variable, by its path: (time, bits).
fn read(path: &Path) -> HashMap<String, Vec<(u64, String)>> {
    let mut parser = vcd::Parser::new(BufReader::new(File::open(path).unwrap()));
    let header = parser.parse_header().unwrap();
    let (mut names, mut found) = (HashMap::new(), HashMap::new());
    let mut todo: Vec<(String, &ScopeItem)> = header.items.iter().map(|i| (String::new(), i)).collect();
    while let Some((path, item)) = todo.pop() {
        match item {
            ScopeItem::Scope(s) => todo.extend(s.items.iter().map(|i| (format!("{path}{}.", s.identifier), i))),
            ScopeItem::Var(v) => {
                names.insert(v.code, format!("{path}{}", v.reference));
                found.insert(format!("{path}{}", v.reference), Vec::new());
            }
            _ => {}
        }
    }
    let mut time = 0;
    for command in parser {
        let (id, text) = match command.unwrap() {
            Command::Timestamp(t) => {
                assert!(t >= time, "time runs backwards");
                time = t;
                continue;
            }
            Command::ChangeScalar(id, v) => (id, v.to_string()),
            Command::ChangeVector(id, v) => (id, v.iter().map(|b| b.to_string()).collect()),
            other => panic!("{other:?}"),
        };
        found.get_mut(&names[&id]).unwrap().push((time, text));
    }
    found
}

fn drive(device: &mut RustHdl<Counter>, mut after: impl FnMut(&dyn Device)) {
    let en = device.port("en").unwrap();
    for clock in 0..6 {
        device.set(en, u128::from(clock == 1 || clock == 2));
        device.clock().unwrap();
        after(device);
    }
}

fn bits(n: u64) -> String {
    format!("{n:040b}")
}

#[test]
fn ports_read_back() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut device = counter();
    let mut vcd = PortVcd::new(BufWriter::new(file.reopen().unwrap()), &device, "counter").unwrap();
    drive(&mut device, |d| vcd.sample(d).unwrap());
    vcd.finish().unwrap();
    let found = read(file.path());
    let scalar = |v: &[(u64, &str)]| v.iter().map(|(t, b)| (*t, b.to_string())).collect::<Vec<_>>();
    assert_eq!(found["counter.en"], scalar(&[(0, "0"), (10, "1"), (30, "0")]));
    // The sum of two steps of 2^39 + 1 in 40 bits is 2.
    assert_eq!(found["counter.n"], [(0, bits(0)), (20, bits(0x80_0000_0001)), (30, bits(2))]);
    assert_eq!(found["counter.clk"].len(), 12);
    assert_eq!(found.len(), 3);
}

#[test]
fn a_block_reads_back_with_its_sub_blocks() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut device = counter();
    device.trace(Box::new(BufWriter::new(file.reopen().unwrap())), "counter").unwrap();
    drive(&mut device, |_| {});
    drop(device);
    let found = read(file.path());
    // The register inside moves with the rising edge, at 5 past.
    assert_eq!(found["counter.count.q"], [(0, bits(0)), (15, bits(0x80_0000_0001)), (25, bits(2))]);
    assert_eq!(found["counter.n"], found["counter.count.q"]);
    let clock: Vec<u64> = found["counter.clk"].iter().map(|(t, _)| *t).collect();
    assert_eq!(clock, (0..12).map(|k| 5 * k).collect::<Vec<_>>());
    assert_eq!(found["counter.one"].len(), 1);
}

//! Control flow, state, memories, sub-blocks, constants that leave nothing to wait for.

use super::state::State;
use huffwire::dut_ports;
use huffwire::hdl::{bit_cast, bit_cast_bool, LutRam, Register, Rom, SyncRom, ToBits, U};
use rust_hdl::prelude::*;

/// A sub-block with a register and a constant; two of three instances are alike.
#[derive(LogicBlock)]
pub struct Lane {
    pub clock: Signal<In, Clock>,
    pub rst: Signal<In, Bit>,
    pub data: Signal<In, U<8>>,
    pub double: Signal<In, Bit>,
    pub sum: Signal<Out, U<8>>,
    total: Register<U<8>>,
    step: Constant<U<8>>,
}

impl Lane {
    fn new(step: u128) -> Self {
        Self {
            clock: Default::default(),
            rst: Default::default(),
            data: Default::default(),
            double: Default::default(),
            sum: Default::default(),
            total: Default::default(),
            step: Constant::new(U::new(step)),
        }
    }
}

impl Logic for Lane {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, total);
        self.sum.next = self.total.q.val() ^ self.data.val();
        self.total.d.next = self.total.q.val() + self.data.val() + self.step.val();
        if self.double.val() {
            self.total.d.next = self.total.q.val() + (self.data.val() << 1);
        }
        if self.rst.val() {
            self.total.d.next = 0.into();
        }
    }
}

/// Depends on nothing but what its parent ties off, and on constants.
#[derive(LogicBlock)]
pub struct Tied {
    pub mode: Signal<In, Bit>,
    pub out: Signal<Out, U<4>>,
    pub fixed: Signal<Out, U<4>>,
    pub branch: Signal<Out, U<4>>,
    enabled: Constant<Bit>,
}

impl Logic for Tied {
    #[hdl_gen]
    fn update(&mut self) {
        self.out.next = 3.into();
        if self.mode.val() {
            self.out.next = 9.into();
        }
        self.fixed.next = 1.into();
        self.fixed.next = self.fixed.val() + 5;
        self.branch.next = 2.into();
        if self.enabled.val() {
            self.branch.next = 12.into();
        }
    }
}

#[derive(LogicBlock)]
pub struct Control {
    pub clk: Signal<In, Clock>,
    pub rst: Signal<In, Bit>,
    pub a: Signal<In, U<8>>,
    pub b: Signal<In, U<8>>,
    pub f: Signal<In, Bit>,
    pub g: Signal<In, Bit>,
    pub write: Signal<In, Bit>,
    pub write_at: Signal<In, U<3>>,
    pub read_at: Signal<In, U<3>>,
    pub state_out: Signal<Out, U<2>>,
    pub chained: Signal<Out, U<8>>,
    pub from_match: Signal<Out, U<8>>,
    pub from_bool: Signal<Out, U<8>>,
    pub in_branch: Signal<Out, U<8>>,
    pub overwritten: Signal<Out, U<8>>,
    pub next_value: Signal<Out, U<8>>,
    pub largest: Signal<Out, U<8>>,
    pub word: Signal<Out, U<10>>,
    pub sync_word: Signal<Out, U<10>>,
    pub stored: Signal<Out, U<8>>,
    pub lanes_out: Signal<Out, U<24>>,
    pub fixed_out: Signal<Out, U<12>>,
    pub history: Signal<Out, U<32>>,
    state: Register<State>,
    count: Register<U<8>>,
    shift: [Register<U<8>>; 4],
    rom: Rom<10>,
    sync_rom: SyncRom<10>,
    ram: LutRam<3, 8>,
    lanes: [Lane; 3],
    tied: Tied,
    twice: Signal<Local, U<8>>,
    best: [Signal<Local, U<8>>; 5],
    limit: Constant<U<8>>,
}

impl Default for Control {
    fn default() -> Self {
        let words: Vec<u128> = (0..16).map(|i| (i * 397 + 11) % 1024).collect();
        Self {
            clk: Default::default(),
            rst: Default::default(),
            a: Default::default(),
            b: Default::default(),
            f: Default::default(),
            g: Default::default(),
            write: Default::default(),
            write_at: Default::default(),
            read_at: Default::default(),
            state_out: Default::default(),
            chained: Default::default(),
            from_match: Default::default(),
            from_bool: Default::default(),
            in_branch: Default::default(),
            overwritten: Default::default(),
            next_value: Default::default(),
            largest: Default::default(),
            word: Default::default(),
            sync_word: Default::default(),
            stored: Default::default(),
            lanes_out: Default::default(),
            fixed_out: Default::default(),
            history: Default::default(),
            state: Default::default(),
            count: Default::default(),
            shift: std::array::from_fn(|_| Default::default()),
            rom: Rom::new(&words).unwrap(),
            sync_rom: SyncRom::new(&words).unwrap(),
            ram: LutRam::new().unwrap(),
            lanes: [Lane::new(1), Lane::new(77), Lane::new(1)],
            tied: Tied {
                mode: Default::default(),
                out: Default::default(),
                fixed: Default::default(),
                branch: Default::default(),
                enabled: Constant::new(true),
            },
            twice: Default::default(),
            best: std::array::from_fn(|_| Default::default()),
            limit: Constant::new(U::new(200)),
        }
    }
}

impl Logic for Control {
    #[hdl_gen]
    fn update(&mut self) {
        self.state.clock.next = self.clk.val();
        self.state.d.next = self.state.q.val();
        self.count.clock.next = self.clk.val();
        self.count.d.next = self.count.q.val();
        for i in 0..4 {
            self.shift[i].clock.next = self.clk.val();
        }
        self.shift[0].d.next = self.a.val();
        for i in 1..4 {
            self.shift[i].d.next = self.shift[i - 1].q.val();
        }
        self.history.next = bit_cast::<32, 8>(self.shift[0].q.val())
            | (bit_cast::<32, 8>(self.shift[1].q.val()) << 8)
            | (bit_cast::<32, 8>(self.shift[2].q.val()) << 16)
            | (bit_cast::<32, 8>(self.shift[3].q.val()) << 24);
        // An exhaustive match without a wildcard, as Rust allows.
        self.from_match.next = 0.into();
        match self.state.q.val() {
            State::Idle => {
                self.state_out.next = 0.into();
                if self.f.val() {
                    self.state.d.next = State::Run;
                }
            }
            State::Run => {
                self.state_out.next = 1.into();
                self.from_match.next = self.a.val();
                self.count.d.next = self.count.q.val() + 1;
                if self.count.q.val() == 5 {
                    self.state.d.next = State::Drain;
                }
            }
            State::Drain => {
                self.state_out.next = 2.into();
                self.from_match.next = self.b.val();
                self.state.d.next = State::Idle;
                self.count.d.next = 0.into();
            }
        }
        match self.f.val() ^ self.g.val() {
            true => {
                self.from_bool.next = self.a.val();
            }
            _ => {
                self.from_bool.next = self.b.val() - 1;
            }
        }
        self.chained.next = self.a.val();
        if (self.a.val() + self.b.val()).get_bits::<4>(3) == 3 {
            self.chained.next = 1.into();
        } else if (self.a.val() - self.b.val()).get_bit(self.read_at.val().index()) {
            self.chained.next = 2.into();
        } else if self.state.q.val() == State::Run && self.g.val() {
            self.chained.next = 3.into();
        } else {
            if self.f.val() {
                self.chained.next = self.limit.val();
            }
        }
        // A part of an expression, made and read within a branch, of a value that changes later.
        self.twice.next = self.a.val();
        self.in_branch.next = 0.into();
        if self.f.val() {
            self.twice.next = self.twice.val() + self.a.val();
            self.in_branch.next = bit_cast::<8, 4>((self.twice.val() + self.b.val()).get_bits::<4>(2));
            self.twice.next = self.b.val();
        }
        // A value read between two assignments.
        self.overwritten.next = self.a.val();
        self.largest.next = self.overwritten.val();
        self.overwritten.next = self.overwritten.val() + self.twice.val();
        self.best[0].next = self.largest.val();
        for i in 0..4 {
            self.best[i + 1].next = self.best[i].val();
            if self.shift[i].q.val() > self.best[i].val() {
                self.best[i + 1].next = self.shift[i].q.val();
            }
        }
        self.largest.next = self.best[4].val();
        self.rom.address.next = self.a.val().get_bits::<4>(2).into();
        self.word.next = self.rom.data.val();
        self.sync_rom.clock.next = self.clk.val();
        self.sync_rom.enable.next = self.g.val() | self.rst.val();
        self.sync_rom.address.next = self.a.val().get_bits::<4>(0).into();
        self.sync_word.next = self.sync_rom.data.val();
        self.ram.clock.next = self.clk.val();
        self.ram.write_enable.next = self.write.val();
        self.ram.write_address.next = self.write_at.val();
        self.ram.write_data.next = self.b.val();
        self.ram.read_address.next = self.read_at.val();
        self.stored.next = self.ram.read_data.val();
        for i in 0..3 {
            self.lanes[i].clock.next = self.clk.val();
            self.lanes[i].rst.next = self.rst.val();
            self.lanes[i].data.next = self.a.val() + i.to_bits::<8>();
            self.lanes[i].double.next = self.b.val().get_bit(i);
        }
        self.lanes_out.next = bit_cast::<24, 8>(self.lanes[0].sum.val())
            | (bit_cast::<24, 8>(self.lanes[1].sum.val()) << 8)
            | (bit_cast::<24, 8>(self.lanes[2].sum.val()) << 16);
        self.tied.mode.next = true;
        self.fixed_out.next = bit_cast::<12, 4>(self.tied.out.val())
            | (bit_cast::<12, 4>(self.tied.fixed.val()) << 4)
            | (bit_cast::<12, 4>(self.tied.branch.val()) << 8);
        if self.rst.val() {
            self.state.d.next = State::Idle;
            self.count.d.next = 0.into();
        }
        // The input of a sub-block, read after its last assignment.
        self.next_value.next = self.count.d.val() + bit_cast_bool::<8>(self.f.val());
    }
}

dut_ports! {
    impl for Control {
        clock: clk;
        in: rst, a, b, f, g, write, write_at, read_at;
        out: state_out, chained, from_match, from_bool, in_branch, overwritten, next_value, largest, word, sync_word,
            stored, lanes_out, fixed_out, history;
    }
}

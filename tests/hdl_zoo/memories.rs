//! Memories too large for one packed parameter, and the narrowest ones.

use huffwire::dut_ports;
use huffwire::hdl::{LutRam, Rom, SyncRom, U};
use rust_hdl::prelude::*;

#[derive(LogicBlock)]
pub struct Memories {
    pub clk: Signal<In, Clock>,
    pub enable: Signal<In, Bit>,
    pub write: Signal<In, Bit>,
    pub write_at: Signal<In, U<1>>,
    pub read_at: Signal<In, U<1>>,
    pub address: Signal<In, U<11>>,
    pub wide: Signal<In, U<128>>,
    pub large_word: Signal<Out, U<20>>,
    pub large_sync_word: Signal<Out, U<21>>,
    pub small_word: Signal<Out, U<1>>,
    pub stored: Signal<Out, U<128>>,
    large: Rom<20>,
    large_sync: SyncRom<21>,
    small: Rom<1>,
    ram: LutRam<1, 128>,
}

impl Default for Memories {
    fn default() -> Self {
        let words = |bits: u32| (0..2048u128).map(|i| (i * i * 977 + i * 31 + 5) % (1 << bits)).collect::<Vec<_>>();
        Self {
            clk: Default::default(),
            enable: Default::default(),
            write: Default::default(),
            write_at: Default::default(),
            read_at: Default::default(),
            address: Default::default(),
            wide: Default::default(),
            large_word: Default::default(),
            large_sync_word: Default::default(),
            small_word: Default::default(),
            stored: Default::default(),
            large: Rom::new(&words(20)).unwrap(),
            large_sync: SyncRom::new(&words(21)).unwrap(),
            small: Rom::new(&[1, 0]).unwrap(),
            ram: LutRam::new().unwrap(),
        }
    }
}

impl Logic for Memories {
    #[hdl_gen]
    fn update(&mut self) {
        self.large.address.next = self.address.val().into();
        self.large_word.next = self.large.data.val();
        self.large_sync.clock.next = self.clk.val();
        self.large_sync.enable.next = self.enable.val();
        self.large_sync.address.next = (self.address.val() + 1).into();
        self.large_sync_word.next = self.large_sync.data.val();
        self.small.address.next = self.read_at.val().into();
        self.small_word.next = self.small.data.val();
        self.ram.clock.next = self.clk.val();
        self.ram.write_enable.next = self.write.val();
        self.ram.write_address.next = self.write_at.val();
        self.ram.write_data.next = self.wide.val();
        self.ram.read_address.next = self.read_at.val();
        self.stored.next = self.ram.read_data.val();
    }
}

dut_ports! {
    impl for Memories {
        clock: clk;
        in: enable, write, write_at, read_at, address, wide;
        out: large_word, large_sync_word, small_word, stored;
    }
}

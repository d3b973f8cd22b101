//! The self-test tops: they pass, in rust-hdl and as Verilog in the same clock, and they notice every kind of fault.

mod common;
use common::*;
use huffwire::cosim::{Device, Effort, RustHdl, Verilated, VerilatedSpec};
use huffwire::format::SymbolMap;
use huffwire::hdl::verilog;
use huffwire::rtl::config::RtlConfig;
use huffwire::rtl::selftest::power_on_reset::RESET_CLOCKS;
use huffwire::rtl::selftest::tops::{with_self_test, SelfTest, SelfTestVisitor};
use huffwire::rtl::selftest::SelfTestBuild;

/// Long enough for 255 packets, most of them of at most 64 steps, at any link rate.
const LIMIT: u64 = 80_000;

struct Simulated;
impl SelfTestVisitor for Simulated {
    type Output = Box<dyn Device>;
    fn visit<B: SelfTest>(self, top: B) -> Self::Output {
        Box::new(RustHdl::new(top).unwrap())
    }
}

struct AsVerilog;
impl SelfTestVisitor for AsVerilog {
    type Output = Box<dyn Device>;
    fn visit<B: SelfTest>(self, mut top: B) -> Self::Output {
        top.connect_all();
        let text = verilog::emit(&top, "huffwire_selftest").unwrap().text();
        let (ports, clock) = top.port_list();
        // Registers start at random values: what is right then, the reset has made right.
        let spec = VerilatedSpec {
            verilog: &text,
            top: "huffwire_selftest",
            ports,
            clock,
            random_start: Some(7),
            effort: Effort::Build,
        };
        Box::new(Verilated::new(&spec).unwrap())
    }
}

fn of(map: SymbolMap, lanes: u32, books: usize) -> RtlConfig {
    let fits = |c: &RtlConfig| c.parameters.map == map && c.parameters.lanes == lanes && c.bank.books().len() == books;
    configurations().into_iter().find(fits).unwrap()
}

/// The clock in which `led_pass` comes on, or `Err` with the clock in which `led_fail` does.
fn verdict(device: &mut dyn Device) -> Result<u64, u64> {
    let [line, pass, fail] = ["link_fault_n", "led_pass", "led_fail"].map(|name| device.port(name).unwrap());
    device.set(line, 1);
    for clock in 0..LIMIT {
        device.clock().unwrap();
        // Before its first edge in reset a register holds anything.
        if clock < RESET_CLOCKS {
            continue;
        }
        if device.get(fail) == 1 {
            return Err(clock);
        }
        if device.get(pass) == 1 {
            return Ok(clock);
        }
    }
    panic!("no verdict in {LIMIT} clocks");
}

#[test]
fn both_simulations_pass_in_the_same_clock() {
    for (map, lanes) in [(SymbolMap::Bytes, 1), (SymbolMap::Fields, 4)] {
        let config = of(map, lanes, 3);
        let build = SelfTestBuild::new(&config);
        let simulated = verdict(with_self_test(&config, &build, Simulated).unwrap().as_mut());
        let verilog = verdict(with_self_test(&config, &build, AsVerilog).unwrap().as_mut());
        eprintln!("{}: {simulated:?}", name(&config));
        assert!(simulated.is_ok_and(|clock| clock > 2_000), "{}: {simulated:?}", name(&config));
        assert_eq!(simulated, verilog, "{}", name(&config));
    }
}

#[test]
fn the_other_configurations_pass_as_verilog() {
    for (map, lanes, books) in [(SymbolMap::Bytes, 4, 15), (SymbolMap::Fields, 1, 1)] {
        let config = of(map, lanes, books);
        let mut device = with_self_test(&config, &SelfTestBuild::new(&config), AsVerilog).unwrap();
        assert!(verdict(device.as_mut()).is_ok(), "{}", name(&config));
    }
}

#[test]
fn a_decoder_with_another_bank_fails() {
    let config = of(SymbolMap::Bytes, 1, 3);
    let other = of(SymbolMap::Bytes, 1, 15);
    let books = other.bank.books()[4..7].to_vec();
    let bank = huffwire::codebook::Bank::new(SymbolMap::Bytes, books).unwrap();
    let mut build = SelfTestBuild::new(&config);
    build.decoder = SelfTestBuild::new(&RtlConfig::new(config.parameters, bank).unwrap()).decoder;
    let found = verdict(with_self_test(&config, &build, Simulated).unwrap().as_mut());
    assert!(found.is_err_and(|clock| clock < 2_000), "{found:?}");
}

#[test]
fn a_link_bit_flipped_after_the_pass_fails_for_good() {
    for (map, lanes) in [(SymbolMap::Bytes, 1), (SymbolMap::Fields, 4)] {
        let config = of(map, lanes, 3);
        let mut device = with_self_test(&config, &SelfTestBuild::new(&config), AsVerilog).unwrap();
        assert!(verdict(device.as_mut()).is_ok());
        let [line, pass, fail] = ["link_fault_n", "led_pass", "led_fail"].map(|name| device.port(name).unwrap());
        // Low for as long as a beat may have to wait: one beat at least goes by.
        device.set(line, 0);
        for _ in 0..8 {
            device.clock().unwrap();
        }
        device.set(line, 1);
        let after = (0..20_000).find(|_| {
            device.clock().unwrap();
            device.get(fail) == 1
        });
        assert!(after.is_some(), "{}: the fault was not seen", name(&config));
        for _ in 0..1_000 {
            device.clock().unwrap();
            assert_eq!((device.get(pass), device.get(fail)), (0, 1), "{}", name(&config));
        }
    }
}

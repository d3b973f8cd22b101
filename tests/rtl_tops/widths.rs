//! The seven widths of the cores: chosen when the program runs, by the type, and refused where the two differ.

use crate::common::*;
use huffwire::cosim::Direction;
use huffwire::format::{Format, SymbolMap};
use huffwire::rtl::config::RtlConfig;
use huffwire::rtl::decoder::{top::Decoder, DecoderBuild};
use huffwire::rtl::encoder::{top::Encoder, EncoderBuild};
use huffwire::rtl::tops::{core, Side, TopError};
use huffwire::wire::Parameters;

const WIDTHS: [u32; 7] = [1, 2, 4, 8, 16, 32, 64];

/// A stream of these, with one random book.
fn of(format: Format, map: SymbolMap, lanes: u32, turns: u32) -> RtlConfig {
    let parameters = Parameters { turns, ..Parameters::plain(format, map, lanes) };
    configuration(&mut seeded("widths"), parameters, 1)
}

/// Ports beside `clk`, in any order.
type Ports = Vec<(String, Direction, usize)>;

/// What a core must have: an input stream of so many bytes with so many bits of `tuser`, and an output stream.
fn expected(input: (usize, usize), output: (usize, usize)) -> Ports {
    use Direction::{Input, Output};
    let stream = |side: &str, forth, back, (bytes, user): (usize, usize)| {
        let fields = [("tdata", 8 * bytes), ("tkeep", bytes), ("tuser", user), ("tlast", 1), ("tvalid", 1)];
        let fields = fields.into_iter().filter(|f| f.1 > 0).map(|(field, bits)| (field, forth, bits));
        let all = fields.chain([("tready", back, 1)]);
        all.map(|(field, direction, bits)| (format!("{side}_{field}"), direction, bits)).collect::<Ports>()
    };
    let mut all = [stream("s_axis", Input, Output, input), stream("m_axis", Output, Input, output)].concat();
    all.push(("rst".into(), Input, 1));
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

/// Holds both cores against the bytes of a plain beat and of a link beat.
fn check(config: &RtlConfig, plain: usize, link: usize) {
    for side in Side::BOTH {
        let device = core(config, side).unwrap();
        let port = |p: &huffwire::cosim::Port| (p.name.clone(), p.direction, p.bits);
        let mut found: Ports = device.ports().iter().map(port).collect();
        found.sort_by(|a, b| a.0.cmp(&b.0));
        let expected = match side {
            Side::Encoder => expected((plain, 4), (link, 0)),
            Side::Decoder => expected((link, 0), (plain, 3)),
        };
        assert_eq!(found, expected, "{} {}", name(config), side.name());
    }
}

#[test]
fn every_width_has_its_ports() {
    for lanes in WIDTHS {
        let n = lanes as usize;
        check(&of(Format::Bf16, SymbolMap::Fields, lanes, 1), 2 * n, 2 * n);
        // A mux word is the least that a link beat holds.
        check(&of(Format::Raw, SymbolMap::Bytes, lanes, 1), n, n.max(2));
    }
}

#[test]
fn lanes_in_turn_are_as_wide_as_a_turn() {
    for lanes in WIDTHS.into_iter().filter(|&lanes| lanes >= 4) {
        let n = lanes as usize / 4;
        check(&of(Format::Bf16, SymbolMap::Fields, lanes, 4), 2 * n, 2 * n);
    }
}

/// A core of `LANES` lanes for each width of configuration: its own is taken, any other refused.
fn check_type<const LANES: usize>() {
    for lanes in WIDTHS {
        let config = of(Format::Raw, SymbolMap::Bytes, lanes, 1);
        let encoder = Encoder::<LANES>::new(&EncoderBuild::new(&config)).err();
        let decoder = Decoder::<LANES>::new(&DecoderBuild::new(&config)).err();
        for refused in [encoder, decoder] {
            match refused {
                None => assert_eq!(LANES, lanes as usize),
                Some(TopError::Lanes { core, configuration }) => {
                    assert!((core, configuration) == (LANES, lanes as usize) && core != configuration);
                }
                Some(other) => panic!("{LANES} for {lanes}: {other}"),
            }
        }
    }
}

#[test]
fn the_type_and_the_configuration_have_the_same_width() {
    check_type::<1>();
    check_type::<2>();
    check_type::<4>();
    check_type::<8>();
    check_type::<16>();
    check_type::<32>();
    check_type::<64>();
}

#[test]
fn the_errors_say_which_widths() {
    let four = EncoderBuild::new(&of(Format::Bf16, SymbolMap::Fields, 4, 1));
    let e = Encoder::<8>::new(&four).err().unwrap();
    assert_eq!(e.to_string(), "a core of 8 lanes for a configuration of 4 lanes in a clock");
    // Nothing but a configuration put together by hand gets so far.
    let mut three = of(Format::Raw, SymbolMap::Bytes, 4, 1);
    three.parameters.lanes = 3;
    for side in Side::BOTH {
        let e = core(&three, side).err().unwrap();
        assert_eq!(e.to_string(), "no core has 3 lanes in a clock: 1, 2, 4, 8, 16, 32 or 64");
    }
}

//! The link model: what has to hold whatever the configuration, and what arithmetic says of simple ones.

use huffwire::codebook::universal;
use huffwire::codec::BookChoice;
use huffwire::format::Format;
use huffwire::link::alone::CoreTiming;
use huffwire::link::closed_form::ClosedForm;
use huffwire::link::config::SizeShare;
use huffwire::link::measure::measure;
use huffwire::link::pool::{packet_bytes, Pool, Source};
use huffwire::link::report::{Axis, Outcome};
use huffwire::link::sim::{Arrivals, Plan};
use huffwire::link::{preset, presets, Config, LinkError, ModelEngine, Preset, Setup, Sweep};
use proptest::prelude::*;
use rand::{rngs::StdRng, Rng as _, SeedableRng as _};
use std::collections::BTreeMap;

/// Tensors of bf16 numbers of normal distribution, of several scales.
fn setup() -> Setup {
    let mut rng = StdRng::seed_from_u64(7);
    let mut tensor = |name: &str, scale: f32| {
        let mut draw = || (0..12).map(|_| rng.random::<f32>() - 0.5).sum::<f32>() * scale;
        let bytes: Vec<u8> = (0..100_000).flat_map(|_| half::bf16::from_f32(draw()).to_le_bytes()).collect();
        Source { name: name.into(), weight: 1.0, bytes: bytes.into() }
    };
    let sources = vec![tensor("a", 1.0), tensor("b", 0.02), tensor("c", 30.0)];
    Setup { format: Format::Bf16, bank: universal().clone(), sources }
}

fn config(name: &str) -> Config {
    let mut config = Config::new(preset(name).unwrap());
    (config.run.clocks, config.run.warm_up_clocks) = (60_000, 20_000);
    config.run.break_even = false;
    config.run.bit_error_rates.clear();
    config.traffic.loads.clear();
    config
}

fn with(name: &str, keys: &[(&str, &str)]) -> Config {
    let mut config = config(name);
    keys.iter().for_each(|(key, value)| config.set(key, value).unwrap());
    config
}

fn pool(config: &Config) -> Pool {
    setup().pool(config, &config.traffic.sizes, usize::MAX).unwrap()
}

fn run(config: &Config, pool: &Pool, compress_from: Option<u64>, arrivals: Arrivals) -> Outcome {
    let (engine, cores, bit_error_rate) = (&ModelEngine, config.codec.cores.max(1), config.link.bit_error_rate);
    let outcome = Plan { config, pool, engine, compress_from, cores, arrivals, bit_error_rate }.run().unwrap();
    assert!(outcome.utilisation <= 1.0 && outcome.flit_fill <= 1.0, "{outcome:?}");
    for queue in outcome.queues.iter().filter(|q| q.depth > 0) {
        assert!(queue.high_water <= queue.depth, "{queue:?}");
    }
    outcome
}

fn saturated(config: &Config, compress_from: Option<u64>) -> Outcome {
    run(config, &pool(config), compress_from, Arrivals::BackToBack)
}

fn close(found: f64, expected: f64, tolerance: f64, what: &str) {
    assert!((found / expected - 1.0).abs() < tolerance, "{what}: {found}, expected {expected}");
}

#[test]
fn without_compression_a_long_transfer_takes_what_the_flits_leave() {
    for preset in presets() {
        let config = config(&preset.name);
        let found = saturated(&config, None);
        // Every flit full, with one piece, and now and then the end of a message.
        let payload = f64::from(config.flit_payload_bytes());
        let efficiency = (payload - f64::from(config.adapter.piece_bytes)) / f64::from(config.flit.bytes);
        close(found.effective_gb_s, config.raw_bytes_per_second() / 1e9 * efficiency, 0.005, &preset.name);
        close(found.flit_fill, 1.0, 0.001, &preset.name);
    }
}

#[test]
fn short_messages_share_flits() {
    let config = with("ucie-x64-32", &[("traffic.sizes", "20")]);
    let found = saturated(&config, None);
    // Six bytes of a flit are not payload, and two in front of each message.
    close(found.effective_gb_s, 256.0 * 250.0 / 256.0 * 20.0 / 22.0, 0.02, "messages of 20 bytes");
}

#[test]
fn with_compression_a_link_that_is_full_carries_what_the_encoder_saves() {
    for keys in [
        [("codec.cores", "4"), ("codec.book", "block"), ("codec.lanes", "16")],
        [("codec.cores", "13"), ("codec.book", "packet"), ("codec.lanes", "4")],
        [("codec.cores", "7"), ("codec.book", "packet"), ("codec.lanes", "8")],
    ] {
        let config = with("ucie-x16-32", &keys);
        let pool = pool(&config);
        let found = run(&config, &pool, Some(0), Arrivals::BackToBack);
        let traffic = pool.traffic(Some(0));
        // Bytes that left for the link against those delivered: the coded size, but for what is under way.
        let ratio = traffic.coded_bytes / traffic.message_bytes;
        close(found.packet_bytes as f64 / found.plain_bytes as f64, ratio, 0.02, "bytes on the link");
        let core = CoreTiming::measure(&pool, &ModelEngine).unwrap();
        let closed = ClosedForm::new(&config, &traffic, &core, packet_bytes(&config, pool.codec.layout()));
        assert!(closed.core * f64::from(config.codec.cores) > closed.link, "cores hold the link up: {closed:?}");
        close(found.effective_gb_s, closed.link, 0.01, "effective bandwidth");
        close(found.utilisation, 1.0, 0.005, "utilisation");
    }
}

#[test]
fn the_pool_has_the_reference_codec_s_packets() {
    let config = config("ucie-x64-32");
    let pool = pool(&config);
    for packet in pool.packets.iter().step_by(17) {
        let (words, _) = pool.codec.encode_words(&packet.plain, &BookChoice::Best).unwrap();
        assert_eq!(pool.codec.words_to_bytes(&words), packet.coded);
    }
    for (profile, packet) in pool.profiles.iter().zip(pool.packets.iter()) {
        assert_eq!(2 * profile.words as usize, packet.coded.len());
        assert_eq!(profile.crossed.len(), packet.plain.len().div_ceil(pool.shape.step_bytes));
    }
}

#[test]
fn a_link_that_is_fast_runs_at_the_rate_of_the_cores() {
    for lanes in ["1", "4", "16"] {
        let config = with("ucie-x64-64", &[("codec.cores", "1"), ("codec.lanes", lanes)]);
        let pool = pool(&config);
        let core = CoreTiming::measure(&pool, &ModelEngine).unwrap();
        let found = run(&config, &pool, Some(0), Arrivals::BackToBack);
        close(found.effective_gb_s, core.bytes_per_clock * config.codec_clock_ghz(), 0.01, lanes);
        // A step a clock but for the clocks that a packet costs: 39 of the decoder's, and its waits.
        let steps = f64::from(config.codec.packet_elements) / f64::from(config.codec.lanes);
        let rate = pool.shape.step_bytes as f64 * steps / (steps + 39.0);
        close(core.bytes_per_clock, rate, 0.01, "bytes a clock");
    }
}

#[test]
fn one_message_alone_takes_the_sum_of_the_delays() {
    let config = with("ucie-x16-32", &[("traffic.sizes", "[{bytes = 64, weight = 1.0}]"), ("run.warm_up_clocks", "0")]);
    let found = run(&config, &pool(&config), None, Arrivals::Alone { messages: 20 });
    assert_eq!(found.messages, 20);
    let (a, clock) = (&config.adapter, config.adapter_clock_ghz());
    let pieces = 64_u32.div_ceil(a.width_bytes) as f64;
    let flit = f64::from(config.flit.bytes / a.width_bytes);
    let clocks = 2.0 * (pieces - 1.0) + f64::from(2 * a.crossing_clocks + a.tx_clocks + a.rx_clocks) + flit;
    let expected = clocks / clock + config.link.latency_ns;
    // A clock here and there, where a time falls between two edges.
    assert!((expected..expected + 4.0 / clock).contains(&found.latency.p50_ns), "{:?}, {expected}", found.latency);
}

#[test]
fn runs_are_the_same_for_the_same_seed() {
    let base = with("ucie-x16-32", &[("link.bit_error_rate", "1e-6"), ("codec.cores", "3")]);
    let arrivals = Arrivals::Random { mean: 2e9, burst: 3 };
    let of = |seed: &str| {
        let mut config = base.clone();
        config.set("run.seed", seed).unwrap();
        run(&config, &pool(&config), Some(0), arrivals)
    };
    assert_eq!(of("5"), of("5"));
    assert_ne!(of("5"), of("6"));
}

#[test]
fn skipping_quiet_clocks_changes_nothing_that_is_counted() {
    // Half the link's time nothing is under way; clocks with a cause and those that messages took add up to all of them.
    let config = with("ucie-x16-32", &[("codec.cores", "3")]);
    let found = run(&config, &pool(&config), Some(0), Arrivals::Random { mean: 4e9, burst: 1 });
    let s = &found.stalls;
    let idle = s.link_no_data + s.link_filling + s.link_no_credit + s.link_replay_full;
    let flit_clocks = u64::from(config.flit.bytes / config.adapter.width_bytes);
    let busy = (found.flits.sent + found.flits.resent) * flit_clocks;
    assert!(idle > found.clocks / 4, "{found:?}");
    assert!((idle + busy).abs_diff(found.clocks) <= flit_clocks, "{idle} + {busy} clocks of {}", found.clocks);
    assert_eq!(idle + (found.utilisation * found.clocks as f64).round() as u64, found.clocks);
}

#[test]
fn bit_errors_cost_flits_and_lose_nothing() {
    let mut last = f64::INFINITY;
    for rate in ["0.0", "1e-6", "1e-5", "1e-4"] {
        let config =
            with("ucie-x16-32", &[("link.bit_error_rate", rate), ("codec.cores", "3"), ("run.clocks", "400000")]);
        // The model checks every piece, step and message; an error would have ended the run.
        let found = run(&config, &pool(&config), Some(0), Arrivals::BackToBack);
        let rate: f64 = rate.parse().unwrap();
        let sent = (found.flits.sent + found.flits.resent) as f64;
        let expected = sent * (1.0 - (1.0 - rate).powi(8 * config.flit.bytes as i32));
        assert!(
            (found.flits.bad as f64 - expected).abs() <= 5.0 * expected.sqrt() + 1.0,
            "{:?}, {expected}",
            found.flits
        );
        assert!(found.flits.cancelled >= found.flits.bad && found.flits.resent >= found.flits.retries);
        assert!(found.effective_gb_s < last * 1.01, "{rate}: {}", found.effective_gb_s);
        assert!(found.messages > 10);
        last = found.effective_gb_s;
    }
}

#[test]
fn one_credit_is_one_flit_a_round_trip() {
    let config = with("ucie-x16-32", &[("adapter.credits", "1")]);
    let found = saturated(&config, None);
    let a = &config.adapter;
    // The flit's own time, both ways, the time that the receiver takes it apart in, and edges.
    let flit = config.flit.bytes / a.width_bytes;
    let clocks = f64::from(a.tx_clocks + a.rx_clocks + a.ack_clocks + a.crossing_clocks + 2 * flit);
    let round_trip = clocks / config.adapter_clock_ghz() + 2.0 * config.link.latency_ns;
    let useful = f64::from(config.flit_payload_bytes() - a.piece_bytes);
    close(found.effective_gb_s, useful / round_trip, 0.15, "one credit");
    assert!(found.stalls.link_no_credit > found.clocks / 2);
    let replay = saturated(&with("ucie-x16-32", &[("adapter.replay_flits", "1")]), None);
    assert!(replay.stalls.link_replay_full > replay.clocks / 2 && replay.messages > 0, "{replay:?}");
}

#[test]
fn adaptive_compresses_what_is_long_enough() {
    let sizes = "[{bytes = 512, weight = 1.0}, {bytes = 65536, weight = 1.0}]";
    let config = with("ucie-x16-32", &[("traffic.sizes", sizes), ("codec.cores", "4")]);
    let pool = pool(&config);
    let on_link = |from: Option<u64>| {
        let found = run(&config, &pool, from, Arrivals::Random { mean: 2e9, burst: 1 });
        let traffic = pool.traffic(from);
        close(
            found.packet_bytes as f64 / found.plain_bytes as f64,
            traffic.coded_bytes / traffic.message_bytes,
            0.03,
            "",
        );
        (found.packet_bytes, found.latency.min_ns)
    };
    let (off, all, adaptive) = (on_link(None), on_link(Some(0)), on_link(Some(4096)));
    assert!(all.0 < adaptive.0 + adaptive.0 / 50 && adaptive.0 < off.0);
    // Short messages are as fast as without compression, but for those that wait for another.
    assert!(adaptive.1 < all.1 - 50.0, "{adaptive:?}, {all:?}");
}

#[test]
fn a_point_has_all_that_was_asked_for() {
    let mut config = with("ucie-x16-32", &[("traffic.loads", "[0.3, 0.9]"), ("run.bit_error_rates", "[1e-7]")]);
    config.run.break_even = true;
    let point = measure(&config, BTreeMap::new(), &setup(), &ModelEngine, &|| ()).unwrap();
    assert_eq!((point.loads.len(), point.errors.len()), (2, 1));
    close(point.saturated.gain, point.derived.gain_closed_form, 0.01, "gain");
    assert!(point.saturated.gain > 1.2 && point.derived.cores > 1);
    let found = point.break_even.unwrap();
    let (measured, closed) = (found.measured_bytes.unwrap() as f64, found.closed_form_bytes.unwrap());
    assert!((0.6..1.7).contains(&(measured / closed)), "break-even {measured}, closed form {closed}");
    for pair in found.sizes.windows(2) {
        assert!(pair[0].bytes < pair[1].bytes);
    }
    // Above the load at which the link without compression is full the one with it is the faster.
    assert!(point.loads[1].added.p50_ns < point.loads[0].added.p50_ns);
    let names: Vec<_> = point.depths.iter().map(|d| d.name.as_str()).collect();
    for name in ["encoder slots", "transmit, compressed", "receive, compressed", "replay", "decoder rows"] {
        assert!(names.contains(&name), "{names:?}");
    }
    let text = serde_json::to_string(&found.sizes).unwrap();
    assert!(text.contains("coded_ns"));
}

#[test]
fn presets_are_whole_and_every_number_of_link_and_flit_has_a_source() {
    assert_eq!(presets().len(), 9);
    for preset in presets() {
        Config::new(preset).check().unwrap();
        assert_eq!(Preset::from_toml(&toml::to_string(preset).unwrap()).unwrap(), *preset);
        for section in ["link", "flit", "adapter"] {
            for key in Config::keys().iter().filter(|k| k.starts_with(section)) {
                let named = preset.source.iter().any(|s| s.keys.contains(key));
                assert!(named, "{}: {key} has no source", preset.name);
            }
        }
        for key in preset.source.iter().flat_map(|s| &s.keys) {
            assert!(Config::keys().contains(key), "{}: unknown key {key}", preset.name);
        }
    }
}

/// The error of a configuration with these keys.
fn refused(keys: &[(&str, &str)]) -> String {
    let mut config = config("ucie-x64-32");
    let set = keys.iter().try_for_each(|(key, value)| config.set(key, value));
    set.and_then(|()| config.check()).unwrap_err().to_string()
}

#[test]
fn what_is_out_of_range_is_named_with_its_range() {
    let cases: [(&[(&str, &str)], &str); 29] = [
        (&[("link.lanes", "0")], "link.lanes = 0: must be 1 to 4096"),
        (&[("link.gtps", "0")], "link.gtps = 0: must be 0.001 to 1000"),
        (&[("link.gtps", "nan")], "link.gtps = NaN: must be 0.001 to 1000"),
        (&[("link.bits_per_transfer", "0")], "link.bits_per_transfer = 0: must be 1 to 4"),
        (&[("link.latency_ns", "-1")], "link.latency_ns = -1: must be 0 to 1000000"),
        (&[("link.bit_error_rate", "0.5")], "link.bit_error_rate = 0.5: must be 0 to 0.001"),
        (&[("link.pj_per_bit", "inf")], "link.pj_per_bit = inf: must be 0 to 10000"),
        (&[("flit.bytes", "100")], "flit.bytes = 100: must be a multiple of adapter.width_bytes = 128"),
        (&[("flit.bytes", "16")], "flit.bytes = 16: must be 32 to 4096"),
        (
            &[("flit.header_bytes", "250")],
            "flit.header_bytes + flit.crc_bytes + flit.reserved_bytes = 254: must be at most 253",
        ),
        (&[("flit.crc_bytes", "256")], "flit.crc_bytes = 256: must be 0 to 255"),
        (&[("adapter.width_bytes", "48")], "adapter.width_bytes = 48: must be 32, 64 or 128"),
        (&[("adapter.credits", "0")], "adapter.credits = 0: must be 1 to 65536"),
        (&[("adapter.credits", "100000")], "adapter.credits = 100000: must be 1 to 65536"),
        (&[("adapter.replay_flits", "0")], "adapter.replay_flits = 0: must be 1 to 65536"),
        (&[("adapter.tx_queue_bytes", "64")], "adapter.tx_queue_bytes = 64: must be 128 to 16777216"),
        (&[("adapter.piece_bytes", "0")], "adapter.piece_bytes = 0: must be 1 to 8"),
        (&[("adapter.fill_clocks", "1000000")], "adapter.fill_clocks = 1000000: must be 0 to 100000"),
        (&[("codec.lanes", "12")], "codec.lanes = 12: must be 1, 2, 4, 8, 16, 32 or 64"),
        (&[("codec.cores", "65")], "codec.cores = 65: must be 0 to 64"),
        (&[("codec.clock_ghz", "-1")], "codec.clock_ghz = -1: must be 0.001 to 100"),
        (&[("codec.prefill", "2")], "codec.prefill = 2: must be 3 to 5"),
        (&[("codec.packet_elements", "0")], "codec.packet_elements = 0: must be 1 to 4194304"),
        (&[("traffic.sizes", "[]")], "traffic.sizes = 0 sizes: must be 1 to 64 sizes"),
        (&[("traffic.sizes", "[{bytes = 0, weight = 1.0}]")], "traffic.sizes = 0: must be 1 to 268435456"),
        (&[("traffic.loads", "[0.0]")], "traffic.loads = 0: must be 0.001 to 10"),
        (
            &[("link.lanes", "4096"), ("link.gtps", "1000")],
            "adapter.width_bytes = 128: must be so wide that a link of 512000",
        ),
        (
            &[("link.lanes", "1"), ("link.gtps", "0.001"), ("run.clocks", "1000000000")],
            "run.clocks = 1000000000: must be at most 976562 with the warm-up",
        ),
        (&[("run.clocks", "1")], "run.clocks = 1: must be 100 to 1000000000000"),
    ];
    for (keys, message) in cases {
        let found = refused(keys);
        assert!(found.contains(message), "{found}\nexpected {message}");
    }
}

#[test]
fn unknown_keys_and_values_of_the_wrong_kind_are_named() {
    for (key, value, message) in [
        ("link.lane", "4", "unknown key 'link.lane': there are"),
        ("lanes", "4", "unknown key 'lanes': there are"),
        ("link.lanes", "many", "link.lanes = many: must be a whole number, not negative"),
        ("link.lanes", "-4", "link.lanes = -4: must be a whole number, not negative"),
        ("link.gtps", "fast", "link.gtps = fast: must be a number"),
        ("link.scrambled", "2", "link.scrambled = 2: must be true or false"),
        ("codec.mode", "maybe", "codec.mode = maybe: must be one of `on`, `off`, `adaptive`"),
        ("traffic.arrival", "never", "traffic.arrival = never: must be one of `back-to-back`, `poisson`, `burst`"),
        ("traffic.loads", "high", "traffic.loads = high: must be a list of numbers"),
        ("traffic.sizes", "4096:", "traffic.sizes = 4096:: must be BYTES, or BYTES:WEIGHT"),
    ] {
        let found = refused(&[(key, value)]);
        assert!(found.contains(message), "{found}\nexpected {message}");
    }
    let toml = |from: &str, to: &str| {
        let text = toml::to_string(preset("bow-256").unwrap()).unwrap();
        assert!(text.contains(from));
        Preset::from_toml(&text.replacen(from, to, 1)).unwrap_err().to_string()
    };
    assert!(toml("lanes = 256", "lanes = 256\ncolour = 1").contains("unknown field `colour`"));
    assert!(toml("lanes = 256\n", "").contains("missing field `lanes`"));
    assert!(toml("lanes = 256", "lanes = -1").contains("lanes"));
    assert!(matches!(preset("ucie"), Err(LinkError::Preset { .. })));
    let message = preset("ucie").unwrap_err().to_string();
    assert!(message.contains("unknown preset 'ucie': there are ucie-x16-16"), "{message}");
}

#[test]
fn lists_may_be_written_short() {
    let found = with("bow-256", &[("traffic.sizes", "4096+65536:3"), ("traffic.loads", "0.5, 1e-1,2")]);
    let sizes: Vec<_> = found.traffic.sizes.iter().map(|s| (s.bytes, s.weight)).collect();
    assert_eq!((sizes, found.traffic.loads), (vec![(4096, 1.0), (65536, 3.0)], vec![0.5, 0.1, 2.0]));
}

#[test]
fn streams_and_messages_that_cannot_be_are_refused() {
    let wide = with("ucie-x64-32", &[("codec.lanes", "64")]);
    let fp32 = Setup { format: Format::Fp32, ..setup() };
    let message = fp32.codec(&wide).unwrap_err().to_string();
    assert!(message.contains("no lane count for this format 64: they have beats of up to 128 bytes"), "{message}");
    let odd = with("ucie-x64-32", &[("traffic.sizes", "[{bytes = 63, weight = 1.0}]")]);
    let message = setup().pool(&odd, &odd.traffic.sizes, 3).unwrap_err().to_string();
    assert!(message.contains("traffic.sizes = 63: must be a multiple of 2"), "{message}");
    let empty = Setup { sources: Vec::new(), ..fp32 };
    assert!(matches!(empty.pool(&wide, &wide.traffic.sizes, 3), Err(LinkError::Unsupported { .. })));
    let config = config("ucie-x64-32");
    let empty = Setup { sources: Vec::new(), ..setup() };
    assert!(matches!(empty.pool(&config, &config.traffic.sizes, 3), Err(LinkError::NoData)));
}

#[test]
fn a_sweep_has_every_combination_in_order() {
    let axis =
        |key: &str, values: &[&str]| Axis { key: key.into(), values: values.iter().map(|v| v.to_string()).collect() };
    let mut base = config("ucie-x16-32");
    (base.run.clocks, base.run.warm_up_clocks) = (4000, 1000);
    let axes = vec![axis("codec.lanes", &["8", "16"]), axis("codec.book", &["block", "packet"])];
    let sizes = Sweep::new(&base, vec![axis("traffic.sizes", &["64", "4096:1+64:2"])]).unwrap();
    assert_eq!(sizes.runs(), 4);
    let wide = Sweep::new(&base, vec![axis("codec.lanes", &["64"])]).unwrap();
    let fp32 = Setup { format: Format::Fp32, ..setup() };
    let none = wide.run(preset("ucie-x16-32").unwrap(), &fp32, &ModelEngine, &|| ()).unwrap_err().to_string();
    assert!(none.starts_with("codec.lanes = 64: the cores have no lane count for this format 64"), "{none}");
    let sweep = Sweep::new(&base, axes).unwrap();
    assert_eq!(sweep.runs(), 8);
    let done = std::sync::atomic::AtomicU64::new(0);
    let tick = || {
        done.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    };
    let report = sweep.run(preset("ucie-x16-32").unwrap(), &setup(), &ModelEngine, &tick).unwrap();
    assert_eq!(done.into_inner(), 8);
    let settings: Vec<_> =
        report.points.iter().map(|p| (&*p.settings["codec.lanes"], &*p.settings["codec.book"])).collect();
    assert_eq!(settings, [("8", "block"), ("8", "packet"), ("16", "block"), ("16", "packet")]);
    for point in &report.points {
        assert_eq!(point.config.codec.lanes.to_string(), point.settings["codec.lanes"]);
        assert!(point.saturated.coded.messages > 0);
    }
    let text = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<huffwire::link::Report>(&text).unwrap().points.len(), 4);
    let none = Sweep::new(&base, vec![axis("codec.lanes", &[])]).unwrap_err().to_string();
    assert!(none.contains("sweep = 0: must be 1 to 10000 points"), "{none}");
    let wrong = Sweep::new(&base, vec![axis("link.lanes", &["16", "0"])]).unwrap_err().to_string();
    assert!(wrong.contains("link.lanes = 0: must be 1 to 4096"), "{wrong}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// Any link in range delivers messages in order and whole: the model checks each piece, step and message itself.
    #[test]
    fn any_link_delivers(
        (lanes, gtps, width) in (1u32..200, 1.0f64..70.0, prop::sample::select(vec![32u32, 64, 128])),
        (credits, replay, fill, piece) in (1u32..40, 1u32..40, 0u32..40, 1u32..8),
        (queue, cores, clock) in (128u32..5000, 1u32..5, 0.2f64..3.0),
        (header, latency, errors) in (0u32..100, 0.0f64..50.0, prop::sample::select(vec![0.0f64, 1e-6, 1e-4])),
        (packet, bytes, seed) in (1u32..5000, 1u64..4000, 0u64..1000),
        (burst, mean) in (1u32..20, 1e6f64..1e10),
        (codec_lanes, per_block) in (prop::sample::select(vec![1u32, 4, 16]), any::<bool>()),
    ) {
        let mut config = config("ucie-x16-32");
        (config.link.lanes, config.link.gtps, config.adapter.width_bytes) = (lanes, gtps, width);
        (config.adapter.credits, config.adapter.replay_flits) = (credits, replay);
        (config.adapter.fill_clocks, config.adapter.piece_bytes) = (fill, piece);
        (config.adapter.tx_queue_bytes, config.codec.cores, config.codec.clock_ghz) = (queue, cores, clock);
        (config.flit.header_bytes, config.link.latency_ns, config.link.bit_error_rate) = (header, latency, errors);
        (config.codec.packet_elements, config.codec.lanes, config.run.seed) = (packet, codec_lanes, seed);
        config.codec.book = if per_block { huffwire::link::config::BookPer::Block } else { huffwire::link::config::BookPer::Packet };
        config.traffic.sizes = vec![SizeShare { bytes: 2 * bytes, weight: 1.0 }, SizeShare { bytes: 6, weight: 0.5 }];
        (config.run.clocks, config.run.warm_up_clocks) = (12_000, 500);
        config.check().unwrap();
        let pool = pool(&config);
        for arrivals in [Arrivals::BackToBack, Arrivals::Random { mean, burst }] {
            for from in [None, Some(0), Some(100)] {
                let found = run(&config, &pool, from, arrivals);
                // Bytes delivered cannot be more than what left, nor fewer than that but for what was under way.
                let useful = f64::from(config.flit_payload_bytes()) / f64::from(config.flit.bytes);
                prop_assert!(found.packet_bytes as f64 / found.ns <= 1.1 * config.raw_bytes_per_second() / 1e9 * useful + 5.0);
                // Some packets are of one element, and a link of one credit takes its time.
                if arrivals == Arrivals::BackToBack && found.ns > 5000.0 {
                    prop_assert!(found.plain_bytes > 0, "{:?}", found);
                }
            }
        }
    }
}

//! The report as tables.

use crate::cli::output::table;
use huffwire::link::report::{BreakEven, LoadPoint, Outcome, Point, Report};
use huffwire::link::Preset;

/// The presets and their sources.
pub fn presets(presets: &[Preset]) -> String {
    let rows = presets.iter().map(|p| {
        let gb_s = f64::from(p.link.lanes) * p.link.gtps * f64::from(p.link.bits_per_transfer) / 8.0;
        vec![
            p.name.clone(),
            format!("{gb_s:.0}"),
            format!("{}", p.link.latency_ns),
            format!("{:e}", p.link.bit_error_rate),
            format!("{}", p.link.pj_per_bit),
            p.title.clone(),
        ]
    });
    let mut text = table(&["preset", "GB/s", "latency ns", "bit errors", "pJ/bit", "what it is"], rows);
    for preset in presets {
        text += &format!("\n{}\n", preset.name);
        for source in &preset.source {
            let url = if source.url.is_empty() { "assumed" } else { &source.url };
            text += &format!("  {}: {} ({url})\n", source.keys.join(", "), source.says);
        }
    }
    text
}

/// A report: a point in full, or a row a point.
pub fn report(report: &Report) -> String {
    match &report.points[..] {
        [point] if report.axes.is_empty() => format!("{}\n\n{}", report.title, one(point)),
        points => format!("{}\n\n{}", report.title, sweep(report, points)),
    }
}

/// Quantiles in the order of the columns.
const QUANTILES: [f64; 3] = [0.5, 0.99, 0.999];

/// A quantile of a time, if there were messages enough to have one beyond it.
fn time(load: &LoadPoint, value: f64, quantile: f64) -> String {
    let messages = load.runs.plain.messages.min(load.runs.coded.messages) as f64;
    if messages * (1.0 - quantile) < 1.0 {
        return String::new();
    }
    ns(value)
}

fn ns(value: f64) -> String {
    format!("{value:.1}")
}

/// A row a point.
fn sweep(report: &Report, points: &[Point]) -> String {
    let mut header: Vec<&str> = report.axes.iter().map(|a| a.key.as_str()).collect();
    header.extend(["saved %", "raw GB/s", "plain GB/s", "with GB/s", "gain", "closed form", "cores", "utilisation"]);
    header.extend(["load", "added p50 ns", "p99", "p99.9", "break-even"]);
    let rows = points.iter().map(|point| {
        let mut row: Vec<String> = report.axes.iter().map(|a| point.settings[&a.key].clone()).collect();
        let s = &point.saturated;
        row.extend([
            format!("{:.2}", point.traffic.saved_percent),
            format!("{:.1}", point.derived.raw_gb_s),
            format!("{:.1}", s.plain.effective_gb_s),
            format!("{:.1}", s.coded.effective_gb_s),
            format!("{:.3}", s.gain),
            format!("{:.3}", point.derived.gain_closed_form),
            point.derived.cores.to_string(),
            format!("{:.3}", s.coded.utilisation),
        ]);
        // The load next to the middle stands for all.
        let middle = point.loads.iter().min_by(|a, b| (a.load - 0.5).abs().total_cmp(&(b.load - 0.5).abs()));
        row.extend(middle.map_or([const { String::new() }; 4], |l| {
            let [p50, p99, p999] = QUANTILES;
            let a = &l.added;
            [format!("{:.2}", l.load), time(l, a.p50_ns, p50), time(l, a.p99_ns, p99), time(l, a.p999_ns, p999)]
        }));
        row.push(point.break_even.as_ref().map_or(String::new(), break_even));
        row
    });
    table(&header, rows)
}

/// A point in full.
fn one(point: &Point) -> String {
    let (d, t, s) = (&point.derived, &point.traffic, &point.saturated);
    let mut text = table(
        &["messages back to back", "GB/s", "utilisation", "flit fill", "toggles/byte", "pJ/byte (link)"],
        [("without compression", &s.plain), ("with", &s.coded)].map(|(name, o)| {
            vec![
                name.to_string(),
                format!("{:.2}", o.effective_gb_s),
                format!("{:.3}", o.utilisation),
                format!("{:.3}", o.flit_fill),
                format!("{:.3}", o.energy.toggles_per_byte),
                format!("{:.3}", o.energy.pj_per_byte),
            ]
        }),
    );
    text += &format!(
        "\ngain {:.3} (closed form {:.3}): messages of {:.0} bytes, {:.2} % saved; link {:.1} GB/s raw, {:.1} for elements; \
         {} cores of {} lanes at {:.2} GHz, {:.1} GB/s; adapter at {:.2} GHz\n",
        s.gain,
        d.gain_closed_form,
        t.message_bytes,
        t.saved_percent,
        d.raw_gb_s,
        d.plain_gb_s,
        d.cores,
        point.config.codec.lanes,
        d.codec_clock_ghz,
        d.codec_gb_s,
        d.adapter_clock_ghz,
    );
    if let Some(found) = &point.break_even {
        text += &format!(
            "break-even message size: {} bytes measured, {} by the closed form\n",
            break_even(found),
            found.closed_form_bytes.map_or("none".into(), |b| format!("{b:.0}"))
        );
    }
    if !point.loads.is_empty() {
        text += "\n";
        text += &loads(point);
    }
    if let Some(load) = point.loads.iter().find(|l| l.runs.plain.refused + l.runs.coded.refused > 0) {
        text += &format!("from load {:.2} on the sender was full at times: latencies depend on the run's length\n", load.load);
    }
    if !point.errors.is_empty() {
        text += "\n";
        text += &errors(point);
    }
    text += "\n";
    text += &stalls(point);
    text += "\n";
    text += &table(
        &["queue", "unit", "most", "depth to build", ""],
        point.depths.iter().map(|d| {
            let note = if d.limited { "filled at times: what is in front of it waited" } else { "" };
            vec![d.name.clone(), d.unit.clone(), d.high_water.to_string(), d.build.to_string(), note.into()]
        }),
    );
    text
}

fn loads(point: &Point) -> String {
    let header = ["load", "GB/s", "without: p50 ns", "p99", "p99.9", "with: p50 ns", "p99", "p99.9", "added: p50 ns"];
    table(
        &[&header[..], &["p99", "p99.9", "messages"]].concat(),
        point.loads.iter().map(|l| {
            let (p, c, a) = (&l.runs.plain.latency, &l.runs.coded.latency, &l.added);
            let times = [p.p50_ns, p.p99_ns, p.p999_ns, c.p50_ns, c.p99_ns, c.p999_ns, a.p50_ns, a.p99_ns, a.p999_ns];
            let mut row = vec![format!("{:.2}", l.load), format!("{:.1}", l.offered_gb_s)];
            row.extend(times.iter().zip(QUANTILES.iter().cycle()).map(|(&t, &q)| time(l, t, q)));
            row.push(l.runs.plain.messages.min(l.runs.coded.messages).to_string());
            row
        }),
    )
}

fn errors(point: &Point) -> String {
    let header = ["bit error rate", "without: GB/s", "retries", "with: GB/s", "retries", "resent flits", "gain"];
    table(
        &header,
        point.errors.iter().map(|e| {
            let (p, c) = (&e.runs.plain, &e.runs.coded);
            vec![
                format!("{:e}", e.bit_error_rate),
                format!("{:.2}", p.effective_gb_s),
                p.flits.retries.to_string(),
                format!("{:.2}", c.effective_gb_s),
                c.flits.retries.to_string(),
                c.flits.resent.to_string(),
                format!("{:.3}", e.runs.gain),
            ]
        }),
    )
}

/// Where clocks went, back to back.
fn stalls(point: &Point) -> String {
    let of = |o: &Outcome| {
        let s = o.stalls;
        [
            ("encoder input refused", s.encoder_input),
            ("encoder output: transmit queue full", s.encoder_output),
            ("uncompressed: transmit queue full", s.plain_input),
            ("link idle: nothing to send", s.link_no_data),
            ("link idle: flit fills", s.link_filling),
            ("link idle: no credit", s.link_no_credit),
            ("link idle: replay buffer full", s.link_replay_full),
            ("link: flits sent again", s.link_replay),
            ("decoder input refused", s.decoder_input),
            ("decoder starved", s.decoder_starved),
        ]
    };
    let (plain, coded) = (of(&point.saturated.plain), of(&point.saturated.coded));
    let clocks = format!("of {} adapter clocks", point.saturated.coded.clocks);
    table(
        &["clocks lost, back to back", "without", "with", &clocks],
        plain.iter().zip(coded).map(|((name, p), (_, c))| vec![name.to_string(), p.to_string(), c.to_string()]),
    )
}

fn break_even(found: &BreakEven) -> String {
    found.measured_bytes.map_or_else(|| "none".into(), |b| b.to_string())
}

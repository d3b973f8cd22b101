//! The pages of the link model: what they say is what was measured.

mod link_support;

use huffwire::collectives::export::ExportOptions;
use huffwire::collectives::{Collective, Compression, LinkFigures};
use huffwire::link::Report;
use huffwire::report::{hardware, kinds, link, page, Inputs};
use link_support::*;

/// Text of a page without its tags.
fn text(html: &str) -> String {
    let body = &html[html.find("<body>").unwrap()..];
    let text: String =
        body.split('<').map(|part| part.split_once('>').map_or("", |(_, text)| text)).collect::<Vec<_>>().join(" ");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The table with this caption: rows of cells.
fn table(html: &str, caption: &str) -> Vec<Vec<String>> {
    let start = html.find(&format!("<caption>{caption}</caption>")).unwrap_or_else(|| panic!("no table {caption}"));
    let end = start + html[start..].find("</table>").unwrap();
    let cells = |row: &str| -> Vec<String> {
        let of = |cell: &str| cell.split_once('>').map(|(_, rest)| rest.split('<').next().unwrap_or("").to_string());
        row.split("<t").filter(|c| c.starts_with("d") || c.starts_with("h ")).filter_map(of).collect()
    };
    html[start..end].split("<tr").skip(1).map(cells).collect()
}

#[track_caller]
fn number(cell: &str) -> f64 {
    cell.replace('\u{2212}', "-").parse().unwrap_or_else(|_| panic!("'{cell}'"))
}

#[test]
fn the_page_of_link_has_the_figures_of_the_report() {
    let report = single();
    let point = &report.points[0];
    let html = link::page(report);
    let (plain, coded) = (&point.saturated.plain, &point.saturated.coded);
    let said =
        format!("delivers {:.1} GB/s of tensor data instead of {:.1} GB/s", coded.effective_gb_s, plain.effective_gb_s);
    assert!(text(&html).contains(&said), "{said}");
    assert!(
        point.saturated.gain > 1.2
            && text(&html).contains(&format!("{:.0} % more", 100.0 * (point.saturated.gain - 1.0)))
    );

    let sizes = &point.break_even.as_ref().unwrap().sizes;
    let rows = table(&html, "One message alone on the link, by its size");
    assert_eq!(rows.len(), 1 + sizes.len());
    for (row, size) in rows[1..].iter().zip(sizes) {
        assert_eq!(number(&row[0]), size.bytes as f64);
        assert!((number(&row[1]) - size.plain_ns).abs() < 0.006 && (number(&row[2]) - size.coded_ns).abs() < 0.006);
        assert!((number(&row[4]) - size.bytes as f64 / size.coded_ns).abs() < 0.006);
        assert!((number(&row[5]) - size.plain_ns / size.coded_ns).abs() < 0.0006);
    }
    let rows = table(&html, "Latency at each load; quantiles only where so many messages were measured");
    assert_eq!(rows.len(), 1 + point.loads.len());
    assert!(rows.last().unwrap()[9] != "\u{2013}", "{rows:?}");
    for (row, load) in rows[1..].iter().zip(&point.loads) {
        assert!((number(&row[0]) - load.load).abs() < 1e-9, "{row:?}");
        // A quantile with fewer than a message beyond it is none.
        let messages = load.runs.plain.messages.min(load.runs.coded.messages);
        match messages {
            0 | 1 => assert_eq!(row[9], "\u{2013}"),
            _ => assert!((number(&row[9]) - load.added.p50_ns).abs() < 0.06, "{row:?}"),
        }
        assert_eq!(row[11] == "\u{2013}", messages < 1000, "{row:?}");
    }
    let rows = table(&html, "High-water marks, and depths to build");
    let depths: Vec<_> = point.depths.iter().map(|d| (d.name.clone(), d.high_water as f64, d.build as f64)).collect();
    assert!(depths.len() > 5);
    assert_eq!(rows[1..].iter().map(|r| (r[0].clone(), number(&r[2]), number(&r[3]))).collect::<Vec<_>>(), depths);
    let rows = table(&html, "Goodput at each bit error rate");
    for (row, e) in rows[1..].iter().zip(&point.errors) {
        assert!((number(&row[2]) - e.runs.coded.effective_gb_s).abs() < 0.006);
        assert_eq!(number(&row[5]), e.runs.coded.flits.retries as f64);
    }
    assert_eq!(rows.len(), 3);
    let rows = table(&html, "Clocks of the adapter in which no new flit began, back to back");
    let share = |clocks: u64| 100.0 * clocks as f64 / coded.clocks as f64;
    assert!((number(&rows[3][2]) - share(coded.stalls.link_no_credit)).abs() < 0.006, "{rows:?}");
    for source in &report.sources {
        assert!(text(&html).contains(&source.url), "{}", source.url);
    }
    assert!(table(&html, "Configuration").iter().any(|r| r[..] == ["run.seed", "1"]));
    assert_eq!(html, link::page(report));
}

#[test]
fn sweeps_show_every_point() {
    let report = sweep(&[("codec.lanes", &["8", "16"]), ("link.lanes", &["16", "32", "64"])]);
    let html = link::page(&report);
    let rows = table(&html, "All points of the sweep");
    assert_eq!(rows.len(), 1 + 6);
    for (row, point) in rows[1..].iter().zip(&report.points) {
        assert_eq!([&row[0], &row[1]], [&point.settings["codec.lanes"], &point.settings["link.lanes"]]);
        assert!((number(&row[4]) - point.saturated.gain).abs() < 0.0006);
    }
    // Two lines of three dots for the gain.
    let gain = html.split("<svg").find(|s| s.contains("id=\"sweep-gain-t\"")).unwrap();
    assert_eq!((gain.matches("<circle").count(), gain.matches("stroke-linejoin").count()), (6, 2));
    for value in ["codec.lanes 8", "codec.lanes 16", "link.lanes [1]"] {
        assert!(gain.contains(value), "{value}");
    }
    let best = report.points.iter().map(|p| p.saturated.gain).fold(0.0, f64::max);
    assert!(text(&html).contains(&format!("The largest gain, {best:.3}, is at codec.lanes = ")));
}

#[test]
fn what_was_not_measured_is_not_shown() {
    let html = link::page(&bare());
    for absent in ["by-size", "by-load", "by-error-rate", "sweep-points", "NaN", "inf "] {
        assert!(!html.contains(absent), "{absent}");
    }
    assert!(html.contains("id=\"queues\""));
    let empty = Report { points: vec![], ..bare() };
    assert!(link::page(&empty).contains("The run has no points."));
    // Nothing delivered without compression: no gain to boast of.
    let mut none = bare();
    (none.points[0].saturated.gain, none.points[0].saturated.plain.effective_gb_s) = (f64::INFINITY, 0.0);
    assert!(link::page(&none).contains("nothing was delivered without it"));
    none.points[0].saturated.gain = 0.9;
    assert!(link::page(&none).contains("10 % less"));
    none.points[0].saturated.gain = 1.001;
    assert!(link::page(&none).contains("as much as before"));
}

#[test]
fn names_of_the_users_are_text_not_html() {
    let mut report = single().clone();
    report.title = "<script>alert(1)</script>".into();
    report.input.tensors = vec!["<b>&\"'".into()];
    let html = link::page(&report);
    assert!(!html.contains("<script") && !html.contains("<b>") && html.contains("&lt;b&gt;&amp;&quot;&apos;"));
}

#[test]
fn the_page_of_report_has_the_figures_and_where_they_come_from() {
    let html = report_page();
    let point = &single().points[0];
    let analysis = analysis();
    let rows = table(&html, "Tensors by kind");
    let kinds: Vec<&str> = rows[1..].iter().map(|r| r[0].as_str()).collect();
    assert_eq!(kinds, ["activations", "activation gradients", "weight gradients", "all"]);
    let total = analysis.total();
    let saved = 100.0 * (1.0 - total.wire_bits as f64 / total.raw_bits as f64);
    let all = rows.last().unwrap();
    assert!((number(&all[5]) - saved).abs() < 0.006 && (15.0..40.0).contains(&saved), "{all:?}");
    assert_eq!(number(&all[1]), analysis.tensors.len() as f64);

    let cores = table(&html, "Cores, measured by synth/run.py");
    assert_eq!(cores.len(), 1 + 2, "whole cores alone");
    assert_eq!(cores[1][1..8], ["encoder", "1", "LFE5U-85F-6", "1673", "731", "1", "\u{2013}"].map(String::from));
    assert_eq!(cores[1][8..], ["93", "93 91 93", "186"].map(String::from));
    assert_eq!((cores[2][0].as_str(), cores[2][7].as_str()), ("fields, one book (does not fit)", "20123"));

    for row in &table(&html, "Latency of a message alone, in parts")[1..] {
        let parts: f64 = row[2..7].iter().map(|c| number(c)).sum();
        assert!((parts - number(&row[7])).abs() < 0.3 && number(&row[8]) <= number(&row[7]) + 0.06, "{row:?}");
        assert_eq!(number(&row[2]) > 0.0, row[1] == "on", "{row:?}");
    }
    let figures = LinkFigures::measured(point).unwrap();
    let topology = "mesh:2x3".parse().unwrap();
    let time = |c| figures.estimate(topology, Collective::AllReduce, 1 << 24, c).unwrap().time_ns;
    let rows = table(&html, "Collectives of 16,777,216 bytes, closed form");
    let row = rows.iter().find(|r| r[0] == "all-reduce" && r[1] == "mesh:2x3").unwrap();
    assert!((number(&row[9]) - time(Compression::Off) / time(Compression::On)).abs() < 0.0006, "{row:?}");

    let facts = table(&html, "Command, versions, seeds");
    let fact = |what: &str| facts.iter().find(|r| r[0] == what).unwrap_or_else(|| panic!("{what}"))[1].as_str();
    assert_eq!(fact("command"), "huffwire report -o page.html --message &apos;4096:1,65536:3&apos;");
    assert_eq!(fact("program"), concat!("huffwire ", env!("CARGO_PKG_VERSION")));
    assert_eq!(fact("seed of arrivals, messages and bit errors"), "1");
    assert_eq!(fact("synthesis, tools"), "pyosys 0.70");
    assert_eq!(fact("synthesis, seeds of placement"), "1, 2, 3");
    assert!(fact("bank").contains(&single().input.fingerprint));
    let files = table(&html, "Files");
    assert_eq!(files[1], ["model.safetensors", "1234", &"0123456789abcdef".repeat(4)]);
    assert_eq!(html, report_page());
}

#[test]
fn a_report_without_sizes_has_no_page_and_says_why() {
    let (link, analysis, options) = (bare(), analysis(), ExportOptions::default());
    let inputs = Inputs {
        link: &link,
        analysis: &analysis,
        kinds: &[],
        hardware: &[],
        collectives: &options,
        command: "",
        files: &[],
    };
    let error = page(&inputs).unwrap_err().to_string();
    assert_eq!(error, "link 'ucie-x16-32': no message size was measured (run.break_even = true measures them)");
}

#[test]
fn kinds_of_the_users_own_come_between() {
    let rule = huffwire::histograms::GroupRule::new("mine", &["*d_ffn1*".into()]).unwrap();
    let kinds: Vec<String> = kinds::by_kind(&analysis(), &[rule]).into_iter().map(|k| k.0).collect();
    assert_eq!(kinds, ["activations", "weight gradients", "mine"]);
}

#[test]
fn synthesis_results_are_read_as_they_come() {
    let rows = hardware::read(RESULTS).unwrap();
    assert_eq!((rows.len(), rows[0].mhz, rows[0].lut), (3, Some(92.98), Some(1673)));
    assert_eq!((rows[1].mhz, rows[1].block.as_str(), rows[2].nand2), (None, "mux", Some(20123.4)));
    assert_eq!(hardware::read("[]").unwrap(), []);
    assert_eq!(hardware::read(r#"[{"anything": 1}]"#).unwrap().len(), 1);
    for wrong in ["", "{}", "3", r#"[{"lut": "many"}]"#] {
        assert!(hardware::read(wrong).is_err(), "{wrong}");
    }
    // What comes with the program can be read.
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/synth/results.json")).unwrap();
    assert_eq!(hardware::read(&text).unwrap(), hardware::committed());
    let empty = hardware::section(&[]);
    assert!(empty.shown.is_empty() && empty.findings.is_empty());
}

/// What the export has of a run: alpha and beta of each dimension give the measured time of the message there.
#[test]
fn exported_lines_meet_the_measured_times() {
    let figures = LinkFigures::measured(&single().points[0]).unwrap();
    assert_eq!((figures.name.as_str(), figures.latency_ns), ("ucie-x16-32", single().points[0].config.link.latency_ns));
    for compression in Compression::ALL {
        for point in &figures.points {
            let bytes = point.message_bytes as f64;
            let line = figures.alpha_beta(compression, bytes);
            let time = point.time_ns.with(compression);
            assert!((line.time_ns(bytes) / time - 1.0).abs() < 1e-9 && line.alpha_ns >= 0.0);
        }
    }
}

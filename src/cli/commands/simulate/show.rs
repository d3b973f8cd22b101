//! The report as text.

use super::{Report, TensorReport};
use crate::cli::output::table;
use crate::cli::parameters::lanes_text;
use huffwire::simulate::{Latency, SideReport};

/// All of it.
pub fn text(report: &Report) -> String {
    let bank = if report.calibrated_on_input { " (made from these tensors)" } else { "" };
    let mut text = format!(
        "{}: map {}, {}, packets of {} elements, link of {} words a clock, bank {}{bank}\n",
        report.engine,
        report.map,
        lanes_text(report.lanes, report.turns),
        report.packet_elements,
        report.link_words_per_clock,
        report.fingerprint
    );
    for tensor in &report.tensors {
        text += &tensor_text(tensor);
    }
    text
}

fn tensor_text(tensor: &TensorReport) -> String {
    let s = &tensor.stream;
    let (e, d) = (&s.encoder, &s.decoder);
    let row = |what: &str, value: &dyn Fn(&SideReport) -> String| vec![what.into(), value(e), value(d)];
    let rows = [
        row("clocks", &|x| x.clocks.to_string()),
        row("symbols a clock", &|x| format!("{:.3}", x.symbols_per_clock)),
        row("symbols a clock within packets", &|x| format!("{:.3}", x.steady_symbols_per_clock)),
        row("clocks, first in to first out", &|x| latency(x.first_latency)),
        row("clocks, last in to last out", &|x| latency(x.last_latency)),
        row("stall: source refused", &|x| x.source_refused.to_string()),
        row("stall: sink stalled", &|x| x.sink_stalled.to_string()),
        row("stall: sink starved", &|x| x.sink_starved.to_string()),
        row("simulated clocks a second", &|x| format!("{:.0}", x.simulated_clocks_per_second)),
    ];
    format!(
        "\n{}: {} elements{} in {} packets, all {} bits came back; {} bits on the link, {:.2} % saved, {} clocks in all\n\
         element in to element out: first {} clocks, last {} clocks\n{}",
        tensor.name,
        tensor.elements,
        if tensor.cut_short { " (the first ones)" } else { "" },
        s.packets,
        s.plain_bits,
        s.link_bits,
        s.saved_percent,
        s.clocks,
        latency(s.first_latency),
        latency(s.last_latency),
        table(&["", "encoder", "decoder"], rows)
    )
}

fn latency(latency: Option<Latency>) -> String {
    match latency {
        None => "-".into(),
        Some(l) if l.min == l.max => l.min.to_string(),
        Some(l) => format!("{} to {}, mean {:.1}", l.min, l.max, l.mean),
    }
}

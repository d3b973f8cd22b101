//! Goodput over bit error rate.

use super::bandwidth::{OFF, ON};
use crate::link::report::ErrorPoint;
use crate::link::Point;
use crate::page::lines::{lines, short, values, Series};
use crate::page::table::{Cell, Table};
use crate::page::{Figure, Scale, Section, Svg};

/// The section.
pub fn section(point: &Point) -> Section {
    let mut section = Section::new(
        "errors",
        "Goodput over bit error rate",
        "Back to back, with wrong bits on the link: a flit that arrives wrong is sent again, and all behind it. What is delivered is the same \
         data at every rate. With compression a flit carries more elements, so that each retry costs the same time and delays more data.",
    );
    let columns = [
        "bit error rate",
        "off [GB/s]",
        "on [GB/s]",
        "gain",
        "retries off",
        "retries on",
        "flits well on [%]",
        "flits well, closed form [%]",
    ];
    let mut table = Table::new("by-error-rate", "Goodput at each bit error rate", &columns);
    for e in &point.errors {
        let (plain, coded) = (&e.runs.plain, &e.runs.coded);
        table.row(vec![
            short(e.bit_error_rate).into(),
            plain.effective_gb_s.into(),
            coded.effective_gb_s.into(),
            Cell::Number(e.runs.gain, 3),
            plain.flits.retries.into(),
            coded.flits.retries.into(),
            Cell::from(well(e)),
            Cell::Number(100.0 * e.flit_success_closed_form, 3),
        ]);
    }
    let text = "Bytes of tensor data delivered in a second, by the probability of a wrong bit. Logarithmic axis; a rate of 0 is in the table only.";
    let mut svg = Svg::new("goodput", "Goodput over bit error rate", text);
    let over = |of: &dyn Fn(&ErrorPoint) -> f64| {
        point.errors.iter().filter(|e| e.bit_error_rate > 0.0).map(|e| (e.bit_error_rate, of(e))).collect::<Vec<_>>()
    };
    let series = [
        Series::new(OFF.0, OFF.1, over(&|e| e.runs.plain.effective_gb_s)),
        Series::new(ON.0, ON.1, over(&|e| e.runs.coded.effective_gb_s)),
    ];
    let (x, y) = values(&series);
    let scales = (Scale::decades(x), Scale::linear(y.into_iter().chain([0.0])));
    lines(&mut svg, scales, ("bit error rate [1]", "goodput [GB/s]"), &series, &[]);
    section.plot(Figure::new(svg, text, "by-error-rate"), table);
    section
}

/// Flits that arrived well, per cent of all that were sent.
fn well(e: &ErrorPoint) -> Option<f64> {
    let flits = &e.runs.coded.flits;
    let sent = flits.sent + flits.resent;
    (sent > 0).then(|| 100.0 * (1.0 - flits.bad as f64 / sent as f64))
}

//! The page of `huffwire link --html`: one run, or one sweep, of the link model.
//!
//! | file | sections |
//! |---|---|
//! | [`bandwidth`] | effective bandwidth and gain over message size; the run back to back in figures |
//! | [`latency`] | latency and what compression adds to it, over load |
//! | [`queues`] | high-water marks, depths to build, stalls by cause |
//! | [`errors`] | goodput over bit error rate |
//! | [`sweep`] | what a sweep goes over |
//! | [`settings`] | everything that held, and where its numbers come from |

pub mod bandwidth;
pub mod errors;
pub mod latency;
pub mod queues;
pub mod settings;
pub mod sweep;

use crate::link::{Point, Report};
use crate::page::{escaped, Document, Numbers, Section};

/// The page as text. A report without points has nothing to show and says so.
pub fn page(report: &Report) -> String {
    let mut sections = Vec::new();
    if let Some(point) = report.points.first() {
        if report.points.len() > 1 {
            sections.push(sweep::section(report));
        }
        sections.extend(of_point(point));
        sections.push(settings::settings(point));
        sections.push(settings::sources(report));
    }
    let title = format!("{}: what compression buys", report.title);
    Document {
        title: &title,
        lead: lead(report),
        sections: &sections,
        numbers: Numbers::OnPage,
        nothing: "Nothing was measured for this section.",
        more: String::new(),
        footer: String::new(),
        promise: "the same input and seed give the same page",
    }
    .html()
}

/// The sections about one point.
pub fn of_point(point: &Point) -> Vec<Section> {
    let mut sections = vec![bandwidth::section(point), latency::section(point), queues::section(point)];
    if !point.errors.is_empty() {
        sections.push(errors::section(point));
    }
    sections
}

fn lead(report: &Report) -> String {
    let Some(point) = report.points.first() else {
        return "<p>The run has no points.</p>\n".into();
    };
    let which = match report.points.len() {
        1 => String::new(),
        n => format!(
            "<p>A sweep of {n} points. Sections after the first show this one: {}.</p>\n",
            escaped(&setting(point))
        ),
    };
    format!("<p class=\"lead\">{}</p>\n{which}", escaped(&gain_sentence(&report.title, point)))
}

/// A point's place in the sweep.
pub fn setting(point: &Point) -> String {
    point.settings.iter().map(|(key, value)| format!("{key} = {value}")).collect::<Vec<_>>().join(", ")
}

/// The gain in one sentence.
pub fn gain_sentence(title: &str, point: &Point) -> String {
    let (plain, coded) = (point.saturated.plain.effective_gb_s, point.saturated.coded.effective_gb_s);
    let gain = point.saturated.gain;
    let how = match gain {
        _ if !gain.is_finite() => "nothing was delivered without it".to_string(),
        _ if gain >= 1.005 => format!("{:.0} % more", 100.0 * (gain - 1.0)),
        _ if gain <= 0.995 => format!("{:.0} % less", 100.0 * (1.0 - gain)),
        _ => "as much as before".into(),
    };
    format!(
        "{title}: with compression the link delivers {coded:.1} GB/s of tensor data instead of {plain:.1} GB/s, {how}. It is bit for bit the \
         same data, {:.1} % smaller on the way.",
        point.traffic.saved_percent
    )
}

//! How full queues get, and where clocks go.

use super::bandwidth::{OFF, ON};
use crate::link::report::{Depth, Outcome, Stalls};
use crate::link::Point;
use crate::page::charts::{bars, Bar};
use crate::page::stacks::{levels, stacks, Level, Stack};
use crate::page::table::{Cell, Table};
use crate::page::{colours, Figure, Section, Svg};

/// The section.
pub fn section(point: &Point) -> Section {
    let mut section = Section::new(
        "queues",
        "Buffers and stalls",
        "The most that each queue held in any run of this point with compression on, and the next power of two, which is what to build. Stalls \
         are those of the run back to back.",
    );
    depths(&mut section, point);
    link_clocks(&mut section, point);
    core_clocks(&mut section, point);
    section
}

/// Depths to build.
pub fn depths(section: &mut Section, point: &Point) {
    if point.depths.is_empty() {
        return;
    }
    let mut table = Table::new(
        "depths",
        "High-water marks, and depths to build",
        &["queue", "unit", "high water", "to build", "filled"],
    );
    for d in &point.depths {
        let words = [&d.name, &d.unit].map(|w| Cell::from(w.as_str()));
        let filled = if d.limited { "at times: what is in front of it waited" } else { "no" };
        table.row(words.into_iter().chain([d.high_water.into(), d.build.into(), filled.into()]).collect());
    }
    let text = "Dark: the most that was in each queue; light: the depth to build. Logarithmic axis, each queue in its own unit. \
                Queues that held nothing are in the table only.";
    let mut svg = Svg::new("high-water", "How full queues got", text);
    let row = |d: &Depth| Level {
        name: d.name.clone(),
        value: d.high_water as f64,
        limit: d.build as f64,
        unit: d.unit.clone(),
    };
    let used: Vec<Level> = point.depths.iter().filter(|d| d.high_water > 0).map(row).collect();
    levels(&mut svg, ("high-water mark [units of the queue]", "queue: most of depth to build"), &used);
    section.plot(Figure::new(svg, text, "depths"), table);
}

/// Causes for which the link sends no new payload.
type Cause = (&'static str, &'static str, fn(&Stalls) -> u64);
const LINK_CAUSES: [Cause; 5] = [
    ("nothing to send", colours::FAINT, |s| s.link_no_data),
    ("waits to fill a flit", colours::nth(6), |s| s.link_filling),
    ("no credit", colours::nth(1), |s| s.link_no_credit),
    ("replay buffer full", colours::nth(3), |s| s.link_replay_full),
    ("sends again", colours::nth(5), |s| s.link_replay),
];

fn link_clocks(section: &mut Section, point: &Point) {
    let share = |outcome: &Outcome, clocks: u64| 100.0 * clocks as f64 / (outcome.clocks.max(1)) as f64;
    let runs = [(OFF.0, &point.saturated.plain), (ON.0, &point.saturated.coded)];
    let mut table = Table::new(
        "link-clocks",
        "Clocks of the adapter in which no new flit began, back to back",
        &["cause", "off [%]", "on [%]"],
    );
    for (name, _, of) in LINK_CAUSES {
        let cells = runs.map(|(_, outcome)| Cell::from(share(outcome, of(&outcome.stalls))));
        table.row([name.into()].into_iter().chain(cells).collect());
    }
    let text = "Share of the adapter's clocks in which it had a reason not to begin a new flit, by that reason.";
    let mut svg = Svg::new("link-stalls", "Stalls of the link by cause", text);
    let row = |(name, outcome): &(&str, &Outcome)| Stack {
        name: (*name).into(),
        parts: LINK_CAUSES.iter().map(|(_, _, of)| share(outcome, of(&outcome.stalls))).collect(),
    };
    let parts = LINK_CAUSES.map(|(name, colour, _)| (name, colour));
    stacks(&mut svg, ("clocks of the adapter [%]", "run"), &parts, &runs.iter().map(row).collect::<Vec<_>>());
    section.plot(Figure::new(svg, text, "link-clocks"), table);
}

fn core_clocks(section: &mut Section, point: &Point) {
    let (outcome, derived) = (&point.saturated.coded, &point.derived);
    let clocks = outcome.ns * derived.codec_clock_ghz * f64::from(derived.cores);
    if clocks <= 0.0 {
        return;
    }
    let s = &outcome.stalls;
    let causes = [
        ("encoder not ready", s.encoder_input),
        ("encoder waits for queue", s.encoder_output),
        ("decoder not ready", s.decoder_input),
        ("decoder waits for data", s.decoder_starved),
    ];
    let columns = ["cause", "clocks", "of the cores' clocks [%]"];
    let mut table = Table::new("core-clocks", "Clocks that cores lost, back to back, all cores together", &columns);
    for (name, lost) in causes {
        table.row(vec![name.into(), lost.into(), (100.0 * lost as f64 / clocks).into()]);
    }
    let text = "Share of the clocks of all encoders or all decoders that were lost, by cause.";
    let mut svg = Svg::new("core-stalls", "Stalls of the cores by cause", text);
    let bar = |(name, lost): &(&str, u64)| Bar {
        name: (*name).into(),
        value: 100.0 * *lost as f64 / clocks,
        behind: None,
        colour: colours::OURS,
        hollow: false,
    };
    bars(&mut svg, ("clocks of the cores [%]", "cause"), &causes.iter().map(bar).collect::<Vec<_>>());
    section.plot(Figure::new(svg, text, "core-clocks"), table);
}

//! Figures of a link from what the link model has measured.

use super::{CollectivesError, LinkFigures, OffOn, Point};
use crate::link;

impl LinkFigures {
    /// Of one point of a report: the run back to back, and the messages alone on the link, which have to have been measured
    /// (`run.break_even`).
    pub fn measured(point: &link::Point) -> Result<Self, CollectivesError> {
        let name = point.config.preset.clone();
        let Some(found) = &point.break_even else { return Err(CollectivesError::Points(name)) };
        let alone = |s: &link::report::SizePoint| Point {
            message_bytes: s.bytes,
            time_ns: OffOn { off: s.plain_ns, on: s.coded_ns },
        };
        let saturated = &point.saturated;
        let figures = LinkFigures {
            name,
            beat_bytes: point.config.adapter.width_bytes,
            clock_mhz: 1000.0 * point.derived.adapter_clock_ghz,
            latency_ns: point.config.link.latency_ns,
            sustained_gb_s: OffOn { off: saturated.plain.effective_gb_s, on: saturated.coded.effective_gb_s },
            points: found.sizes.iter().map(alone).collect(),
        };
        figures.check()?;
        Ok(figures)
    }
}

//! What a sweep goes over.

use super::bandwidth::{OFF, ON};
use crate::link::{Point, Report};
use crate::page::lines::{lines, values, Series};
use crate::page::table::{Cell, Table};
use crate::page::{colours, Figure, Scale, Section, Svg};

/// Most lines of a figure; the table has all points.
const MOST: usize = 10;

/// The section.
pub fn section(report: &Report) -> Section {
    let mut section = Section::new(
        "sweep",
        "The sweep",
        "Every combination of the values below, each simulated by itself. The last key is along the axis, the others make the lines.",
    );
    section.show(table(report));
    if let Some(best) = report
        .points
        .iter()
        .filter(|p| p.saturated.gain.is_finite())
        .max_by(|a, b| a.saturated.gain.total_cmp(&b.saturated.gain))
    {
        section.findings.push(format!("The largest gain, {:.3}, is at {}.", best.saturated.gain, super::setting(best)));
    }
    let Some(axis) = report.axes.last() else { return section };
    let place = Places::new(report, &axis.key, &axis.values);
    let label = format!("{} [{}]", axis.key, place.unit);
    let text = "Effective bandwidth with over without compression, back to back.";
    let gain = groups(report, &place, &|p| p.saturated.gain);
    figure(&mut section, &place, ("sweep-gain", "Gain over the sweep", text), (&label, "gain [times]"), gain);

    let text = "Bytes of tensor data delivered in a second, back to back; dashed without compression.";
    let mut bandwidth = groups(report, &place, &|p| p.saturated.coded.effective_gb_s);
    let plain = groups(report, &place, &|p| p.saturated.plain.effective_gb_s);
    let single = bandwidth.len() == 1;
    if single {
        (bandwidth[0].name, bandwidth[0].colour) = (ON.0.into(), ON.1);
    }
    for line in plain {
        let line = line.dashed();
        bandwidth.push(if single {
            Series { name: OFF.0.into(), colour: OFF.1, ..line }
        } else {
            Series { name: format!("{}, off", line.name), ..line }
        });
    }
    figure(
        &mut section,
        &place,
        ("sweep-bandwidth", "Effective bandwidth over the sweep", text),
        (&label, "effective bandwidth [GB/s]"),
        bandwidth,
    );

    if report.points.iter().all(|p| !p.loads.is_empty()) {
        let load = report.points[0].loads[0].load;
        let text = format!(
            "What compression adds to the median latency at the first load of each point, {load:.2} for the first."
        );
        let added = groups(report, &place, &|p| p.loads.first().map_or(f64::NAN, |l| l.added.p50_ns));
        figure(
            &mut section,
            &place,
            ("sweep-latency", "Added latency over the sweep", &text),
            (&label, "added latency [ns]"),
            added,
        );
    }
    section
}

fn table(report: &Report) -> Table {
    let keys: Vec<&str> = report.axes.iter().map(|a| a.key.as_str()).collect();
    let rest = ["off [GB/s]", "on [GB/s]", "gain", "gain, closed form", "saved [%]", "cores", "break-even [B]"];
    let mut table = Table::new("sweep-points", "All points of the sweep", &[&keys[..], &rest].concat());
    for p in &report.points {
        let settings = keys.iter().map(|k| Cell::from(p.settings.get(*k).map_or("", String::as_str)));
        let figures = [
            p.saturated.plain.effective_gb_s.into(),
            p.saturated.coded.effective_gb_s.into(),
            Cell::Number(p.saturated.gain, 3),
            Cell::Number(p.derived.gain_closed_form, 3),
            p.traffic.saved_percent.into(),
            u64::from(p.derived.cores).into(),
            p.break_even.as_ref().and_then(|b| b.measured_bytes).into(),
        ];
        table.row(settings.chain(figures).collect());
    }
    table
}

/// Where a point lies along the axis: at the number that its value is, else at its place in the list.
struct Places {
    key: String,
    texts: Vec<String>,
    numbers: Option<Vec<f64>>,
    unit: &'static str,
}

impl Places {
    fn new(report: &Report, key: &str, texts: &[String]) -> Self {
        let parsed: Option<Vec<f64>> =
            texts.iter().map(|t| t.trim().parse::<f64>().ok().filter(|v| v.is_finite())).collect();
        // Sizes of messages are lists: their mean is a number.
        let sizes = || {
            let of = |text: &String| {
                report.points.iter().find(|p| p.settings.get(key) == Some(text)).map(|p| p.traffic.message_bytes)
            };
            (key == "traffic.sizes").then(|| texts.iter().map(of).collect::<Option<Vec<f64>>>()).flatten()
        };
        let numbers = parsed.or_else(sizes);
        let unit = match (&numbers, key.rsplit('_').next()) {
            (None, _) => "as named",
            (_, Some("bytes")) => "B",
            (_, Some("ns")) => "ns",
            (_, Some("ghz")) => "GHz",
            (_, Some("clocks")) => "clocks",
            _ if key == "traffic.sizes" => "B, mean",
            _ if key == "link.gtps" => "GT/s",
            _ => "1",
        };
        Places { key: key.into(), texts: texts.into(), numbers, unit }
    }

    fn of(&self, point: &Point) -> f64 {
        let index = point.settings.get(&self.key).and_then(|text| self.texts.iter().position(|t| t == text));
        match (index, &self.numbers) {
            (Some(i), Some(numbers)) => numbers[i],
            (Some(i), None) => i as f64,
            (None, _) => f64::NAN,
        }
    }

    fn scale(&self) -> Scale {
        match &self.numbers {
            Some(numbers) => {
                let (least, most) = numbers.iter().fold((f64::INFINITY, 0.0f64), |(l, m), &v| (l.min(v), m.max(v)));
                match least > 0.0 && most / least >= 16.0 {
                    true => Scale::bytes(numbers.iter().copied()),
                    false => Scale::linear(numbers.iter().copied()),
                }
            }
            None => {
                // A name for every tick that has room.
                let every = self.texts.len().div_ceil(6);
                let name = |t: &String| crate::page::charts::fitting(t, 12);
                let ticks = self.texts.iter().enumerate().step_by(every).map(|(i, t)| (i as f64, name(t)));
                Scale::exact(-0.5, self.texts.len() as f64 - 0.5, ticks.collect())
            }
        }
    }
}

/// A line for each combination of the values of all keys but the last.
fn groups(report: &Report, place: &Places, of: &dyn Fn(&Point) -> f64) -> Vec<Series> {
    let outer = report.axes.len().saturating_sub(1);
    let mut groups: Vec<Series> = Vec::new();
    for point in &report.points {
        let name = report.axes[..outer]
            .iter()
            .map(|a| format!("{} {}", a.key, point.settings.get(&a.key).map_or("", String::as_str)));
        let name = name.collect::<Vec<_>>().join(", ");
        let name = if name.is_empty() { "all".to_string() } else { name };
        let value = (place.of(point), of(point));
        match groups.iter_mut().find(|g| g.name == name) {
            Some(group) => group.points.push(value),
            None => groups.push(Series::new(name, colours::nth(groups.len()), vec![value])),
        }
    }
    groups.iter_mut().for_each(|g| g.points.sort_by(|a, b| a.0.total_cmp(&b.0)));
    groups.truncate(MOST);
    groups
}

fn figure(
    section: &mut Section,
    place: &Places,
    (id, title, text): (&str, &str, &str),
    labels: (&str, &str),
    series: Vec<Series>,
) {
    let mut svg = Svg::new(id, title, text);
    let (_, y) = values(&series);
    lines(&mut svg, (place.scale(), Scale::linear(y)), labels, &series, &[]);
    section.figures.push(Figure::new(svg, text, "sweep-points"));
}

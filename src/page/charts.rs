//! Rows of dots, bars, and heat maps.

use super::colours::{heat, FAINT, INK};
use super::svg::{Anchor, Svg};
use super::{Frame, Scale, WIDTH};

/// Height of a row.
pub(super) const ROW: f64 = 21.0;
/// Longest name of a row, and of a row of a heat map.
pub(super) const NAME: usize = 24;
const HEAT_NAME: usize = 25;
/// Room for the names of rows.
pub(super) const NAMES: f64 = 182.0;

/// A name of so many characters at most, cut in the middle if it has to be.
pub(crate) fn fitting(name: &str, most: usize) -> String {
    let all: Vec<char> = name.chars().collect();
    if all.len() <= most {
        return name.into();
    }
    let (head, tail) = (most / 2, most - most / 2 - 1);
    all[..head].iter().chain(&['\u{2026}']).chain(&all[all.len() - tail..]).collect()
}

/// What the names of the rows are, above them.
pub(super) fn name_rows(svg: &mut Svg, label: &str) {
    svg.styled_text(NAMES - 8.0, svg.height + 8.0, Anchor::End, "axis", label);
    svg.height += 10.0;
}

/// The unit in a label: what is in its brackets.
fn unit(label: &str) -> &str {
    label.rsplit_once('[').map_or("", |(_, rest)| rest.trim_end_matches(']'))
}

/// Values of one row.
pub struct Dots {
    /// Name of the row.
    pub name: String,
    /// Value, colour and tooltip of each.
    pub dots: Vec<(f64, &'static str, String)>,
    /// A mark across the row, such as the median.
    pub mark: Option<f64>,
}

/// A row of dots for each name.
pub fn dots(svg: &mut Svg, x: Scale, (x_label, rows_label): (&str, &str), rows: &[Dots]) {
    name_rows(svg, rows_label);
    let height = ROW * rows.len() as f64;
    let frame = Frame::new(svg, NAMES, height, x, Scale::exact(0.0, rows.len() as f64, vec![]));
    frame.upright_grid(svg);
    for (i, row) in rows.iter().enumerate() {
        let place = |value: f64| frame.at(value, rows.len() as f64 - i as f64 - 0.5);
        let (_, y) = place(0.0);
        let (left, _, width, _) = frame.area();
        svg.line((left, y), (left + width, y), FAINT, 1.0);
        svg.styled_text(NAMES - 8.0, y + 4.5, Anchor::End, "small", &fitting(&row.name, NAME));
        for (value, colour, tooltip) in &row.dots {
            svg.dot(place(*value), 3.2, colour, tooltip);
        }
        if let Some(mark) = row.mark {
            let (x, y) = place(mark);
            svg.line((x, y - 8.0), (x, y + 8.0), INK, 2.0);
        }
    }
    frame.axes(svg, x_label, "");
}

/// One row of bars, drawn over each other from the longest: value, colour.
pub struct Bar {
    /// Name of the row.
    pub name: String,
    /// The full bar.
    pub value: f64,
    /// A lighter one behind it, if it differs.
    pub behind: Option<f64>,
    /// Colour.
    pub colour: &'static str,
    /// A frame only, for what is computed and not coded.
    pub hollow: bool,
}

/// Bars along the x axis with their values.
pub fn bars(svg: &mut Svg, (x_label, rows_label): (&str, &str), rows: &[Bar]) {
    name_rows(svg, rows_label);
    let unit = unit(x_label);
    let values = rows.iter().flat_map(|r| [Some(r.value), r.behind]).flatten();
    let x = Scale::linear(values.clone().chain([0.0]).map(|v| v * 1.12));
    let height = (ROW + 4.0) * rows.len() as f64;
    let frame = Frame::new(svg, NAMES, height, x, Scale::exact(0.0, rows.len() as f64, vec![]));
    frame.upright_grid(svg);
    for (i, row) in rows.iter().enumerate() {
        let place = |value: f64| frame.at(value, rows.len() as f64 - i as f64 - 0.5);
        let ((zero, y), (end, _)) = (place(0.0), place(row.value));
        svg.styled_text(NAMES - 8.0, y + 4.5, Anchor::End, "small", &fitting(&row.name, NAME));
        let tooltip = format!("{}: {:.2} {unit}", row.name, row.value);
        let bar = |svg: &mut Svg, to: f64, fill: &str| {
            svg.rect((zero.min(to), y - 8.0), ((to - zero).abs(), 16.0), fill, &tooltip);
        };
        let behind = row.behind.map(|v| place(v).0);
        if let Some(behind) = behind {
            bar(svg, behind, FAINT);
        }
        bar(svg, end, row.colour);
        if row.hollow {
            svg.rect((zero.min(end) + 1.5, y - 6.5), ((end - zero).abs() - 3.0, 13.0), "#fff", &tooltip);
        }
        let text = format!("{:.1}", row.value).replace('-', "\u{2212}");
        svg.text(end.max(zero).max(behind.unwrap_or(0.0)) + 5.0, y + 4.5, Anchor::Start, &text);
    }
    frame.axes(svg, x_label, "");
}

/// Whether a heat map of so many rows has no room for their names: then rows are numbered only.
pub fn crowded(rows: usize) -> bool {
    rows > 22
}

/// A square of values: rows by name and number (numbers alone if [`crowded`]), columns by number. `values[row][column]`; `full`
/// is drawn in the deepest colour.
pub fn heat_map(
    svg: &mut Svg,
    names: &[String],
    values: &[Vec<f64>],
    full: f64,
    (rows_label, columns_label): (&str, &str),
) {
    let left = if crowded(names.len()) { 46.0 } else { NAMES + 24.0 };
    let cell = ((WIDTH - left - 4.0) / names.len().max(1) as f64).min(24.0);
    let top = svg.height + 26.0;
    let (middle, side) = (left + cell * names.len() as f64 / 2.0, cell * names.len() as f64);
    svg.styled_text(middle, top - 16.0, Anchor::Middle, "axis", columns_label);
    match crowded(names.len()) {
        true => svg.upward_text(13.0, top + side / 2.0, "axis", rows_label),
        false => svg.styled_text(NAMES, top - 16.0, Anchor::End, "axis", rows_label),
    }
    // Numbers as dense as they can be read.
    let every = (19.0 / cell).ceil() as usize;
    for (i, name) in names.iter().enumerate() {
        let y = top + cell * i as f64;
        if i % every == 0 || !crowded(names.len()) {
            let name = if crowded(names.len()) { String::new() } else { fitting(name, HEAT_NAME) };
            let row = format!("{name} {}", i + 1);
            svg.styled_text(left - 5.0, y + cell / 2.0 + 4.0, Anchor::End, "small", row.trim());
        }
        if i % every == 0 {
            let x = left + cell * (i as f64 + 0.5);
            svg.styled_text(x, top - 3.0, Anchor::Middle, "small", &(i + 1).to_string());
        }
        for (j, value) in values[i].iter().enumerate() {
            let tooltip = format!("book of {} on {}: {value:.2} pp", names[i], names[j]);
            let place = (left + cell * j as f64, y);
            let gap = if cell > 8.0 { 1.0 } else { 0.0 };
            svg.rect(place, (cell - gap, cell - gap), &heat(value / full), &tooltip);
            if cell >= 18.0 {
                let text = if *value >= 9.95 { format!("{value:.0}") } else { format!("{value:.1}") };
                let class = if value / full > 0.4 { "tiny light" } else { "tiny" };
                let (x, y) = (place.0 + cell / 2.0 - 0.5, place.1 + cell / 2.0 + 3.0);
                svg.styled_text(x, y, Anchor::Middle, class, &text.replace('-', "\u{2212}"));
            }
        }
    }
    svg.height = top + side + 8.0;
}

//! Bars made of parts, and bars with a limit.

use super::charts::{fitting, name_rows, NAME, NAMES, ROW};
use super::lines::short;
use super::svg::{Anchor, Svg};
use super::{colours, Frame, Scale};

/// Height of a row and of its bar.
const STEP: f64 = ROW + 9.0;
const THICK: f64 = 20.0;

/// One bar.
#[derive(Clone, Debug)]
pub struct Stack {
    /// Name of the row.
    pub name: String,
    /// As many values as there are parts, none negative.
    pub parts: Vec<f64>,
}

/// Bars along the x axis, each part in its colour, the sum behind it. `parts` has name and colour of each.
pub fn stacks(svg: &mut Svg, (x_label, rows_label): (&str, &str), parts: &[(&str, &'static str)], rows: &[Stack]) {
    svg.legend(parts);
    name_rows(svg, rows_label);
    let sum = |row: &Stack| row.parts.iter().sum::<f64>();
    let x = Scale::linear(rows.iter().map(|r| sum(r) * 1.15).chain([0.0]));
    let frame = Frame::new(svg, NAMES, STEP * rows.len() as f64, x, Scale::exact(0.0, rows.len() as f64, vec![]));
    frame.upright_grid(svg);
    for (i, row) in rows.iter().enumerate() {
        let place = |value: f64| frame.at(value, rows.len() as f64 - i as f64 - 0.5);
        let mut from = 0.0;
        for (value, (name, colour)) in row.parts.iter().zip(parts) {
            let ((left, y), (right, _)) = (place(from), place(from + value));
            svg.rect(
                (left, y - THICK / 2.0),
                (right - left, THICK),
                colour,
                &format!("{}, {name}: {}", row.name, short(*value)),
            );
            from += value;
        }
        let (end, y) = place(from);
        svg.styled_text(NAMES - 8.0, y + 4.5, Anchor::End, "small", &fitting(&row.name, NAME));
        svg.text(end + 5.0, y + 4.5, Anchor::Start, &short(from));
    }
    frame.axes(svg, x_label, "");
}

/// A bar with the most that it may reach.
#[derive(Clone, Debug)]
pub struct Level {
    /// Name of the row.
    pub name: String,
    /// How far it reached.
    pub value: f64,
    /// Its limit.
    pub limit: f64,
    /// Unit of both.
    pub unit: String,
}

/// Height of a row whose name is above its bar.
const TALL: f64 = 36.0;
/// Room left and right of such bars.
const SIDE: f64 = 14.0;

/// Bars on a logarithmic axis, a light one up to the limit behind each; name and numbers are above them.
pub fn levels(svg: &mut Svg, (x_label, rows_label): (&str, &str), rows: &[Level]) {
    svg.styled_text(SIDE, svg.height + 8.0, Anchor::Start, "axis", rows_label);
    svg.height += 14.0;
    let values = rows.iter().flat_map(|r| [r.value, r.limit]).filter(|v| *v > 0.0);
    // From below 1, so that a queue of one entry has a bar.
    let x = Scale::decades(values.chain([0.5, 10.0]));
    let start = x.min();
    let frame = Frame::new(svg, SIDE, TALL * rows.len() as f64, x, Scale::exact(0.0, rows.len() as f64, vec![]));
    frame.upright_grid(svg);
    for (i, row) in rows.iter().enumerate() {
        let place = |value: f64| frame.at(value.max(start), rows.len() as f64 - i as f64 - 0.72);
        let ((zero, y), (end, _), (limit, _)) = (place(start), place(row.value), place(row.limit));
        let text = format!("{}: {} of {} {}", row.name, short(row.value), short(row.limit), row.unit);
        svg.rect((zero, y - 6.0), (limit - zero, 12.0), colours::FAINT, &text);
        svg.rect((zero, y - 4.0), (end - zero, 8.0), colours::OURS, &text);
        svg.styled_text(zero, y - 10.0, Anchor::Start, "small", &text);
    }
    frame.axes(svg, x_label, "");
}

//! Lines over one axis.

use super::svg::{Anchor, Svg};
use super::{Frame, Scale};

/// Height of the frame.
const HEIGHT: f64 = 200.0;
/// Room for the name of the y axis, and for a character of its ticks.
const LABEL: f64 = 27.0;
const CHARACTER: f64 = 7.6;
/// Radius of the dots on a line, and on one of many points.
const DOT: f64 = 3.0;
const SMALL: f64 = 2.0;
/// From so many points on dots are small.
const MANY: usize = 30;

/// One line.
#[derive(Clone, Debug)]
pub struct Series {
    /// Its name in the legend.
    pub name: String,
    /// Its colour.
    pub colour: &'static str,
    /// Whether it is dashed: what is computed and not measured, or has to be told apart from its neighbour.
    pub dashed: bool,
    /// Whether its points have dots.
    pub dots: bool,
    /// Its points in order. Those that are no numbers are left out.
    pub points: Vec<(f64, f64)>,
}

impl Series {
    /// A full line.
    pub fn new(name: impl Into<String>, colour: &'static str, points: Vec<(f64, f64)>) -> Self {
        Series { name: name.into(), colour, dashed: false, dots: true, points }
    }

    /// A dashed line.
    pub fn dashed(self) -> Self {
        Series { dashed: true, ..self }
    }

    /// A line alone, for what is the same everywhere.
    pub fn without_dots(self) -> Self {
        Series { dots: false, ..self }
    }

    fn finite(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        self.points.iter().copied().filter(|(x, y)| x.is_finite() && y.is_finite())
    }
}

/// All values along x, and along y.
pub fn values(series: &[Series]) -> (Vec<f64>, Vec<f64>) {
    series.iter().flat_map(Series::finite).unzip()
}

/// Lines with their legend, a dot with its numbers at each point. `marks` are upright lines with a word each.
pub fn lines(
    svg: &mut Svg,
    (x, y): (Scale, Scale),
    (x_label, y_label): (&str, &str),
    series: &[Series],
    marks: &[(f64, &str)],
) {
    svg.legend(&series.iter().map(|s| (s.name.as_str(), s.colour)).collect::<Vec<_>>());
    // A word above the frame.
    svg.height += if marks.is_empty() { 4.0 } else { 14.0 };
    let left = LABEL + CHARACTER * y.longest().max(3) as f64;
    let frame = Frame::new(svg, left, HEIGHT, x, y);
    frame.axes(svg, x_label, y_label);
    let (left, top, width, height) = frame.area();
    for (value, word) in marks {
        let (at, _) = frame.at(*value, 0.0);
        svg.line((at, top), (at, top + height), super::colours::NONE, 1.0);
        let anchor = if at > left + width / 2.0 { Anchor::End } else { Anchor::Start };
        svg.styled_text(at, top - 4.0, anchor, "small", word);
    }
    for line in series {
        let places: Vec<(f64, f64)> = line.finite().map(|(x, y)| frame.at(x, y)).collect();
        if places.len() > 1 {
            svg.polyline(&places, line.colour, line.dashed);
        }
        let radius = if places.len() > MANY { SMALL } else { DOT };
        for ((x, y), place) in line.finite().zip(places).filter(|_| line.dots) {
            svg.dot(place, radius, line.colour, &format!("{}: {} at {}", line.name, short(y), short(x)));
        }
    }
}

/// A number in few digits.
pub fn short(value: f64) -> String {
    let size = value.abs();
    let text = match size {
        _ if size == 0.0 => "0".into(),
        _ if !(1e-4..1e7).contains(&size) => format!("{value:.2e}"),
        _ if size >= 100.0 || value.fract() == 0.0 => format!("{value:.0}"),
        _ if size >= 10.0 => format!("{value:.1}"),
        _ if size >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    };
    text.replace('-', "\u{2212}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let shown = [0.0, 1e-12, 0.5, 1.25, 12.34, 123.4, -7.0, 65536.0].map(short);
        assert_eq!(shown, ["0", "1.00e\u{2212}12", "0.5000", "1.25", "12.3", "123", "\u{2212}7", "65536"]);
    }

    #[test]
    fn what_is_no_number_is_left_out() {
        let mut svg = Svg::new("a", "b", "c");
        let line = Series::new("n", "#000", vec![(1.0, f64::NAN), (1.0, 2.0), (f64::INFINITY, 1.0), (3.0, 4.0)]);
        let (x, y) = values(std::slice::from_ref(&line));
        assert_eq!((x.clone(), y.clone()), (vec![1.0, 3.0], vec![2.0, 4.0]));
        lines(&mut svg, (Scale::linear(x), Scale::linear(y)), ("x [s]", "y [m]"), &[line], &[]);
        let drawing = svg.finish();
        assert_eq!(drawing.matches("<circle").count(), 2);
        assert!(!drawing.contains("NaN") && !drawing.contains("inf"), "{drawing}");
    }
}

//! Scales and the frame of a plot.

use super::colours::{FAINT, INK};
use super::svg::{Anchor, Svg};
use super::WIDTH;

/// A range of values along an axis.
#[derive(Clone, Debug)]
pub struct Scale {
    min: f64,
    max: f64,
    along: Along,
    ticks: Vec<(f64, String)>,
}

/// How values lie along a scale.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Along {
    /// Evenly.
    Linear,
    /// By their logarithm.
    Log,
    /// By their logarithm on both sides of 0, evenly around it up to about this value.
    BothSides(f64),
}

impl Scale {
    /// From the least to the largest of `values` or a little beyond, with round ticks.
    pub fn linear(values: impl IntoIterator<Item = f64>) -> Self {
        let (mut min, mut max) = (f64::INFINITY, f64::NEG_INFINITY);
        for v in values.into_iter().filter(|v| v.is_finite()) {
            (min, max) = (min.min(v), max.max(v));
        }
        if min > max {
            (min, max) = (0.0, 1.0);
        }
        if max - min < 1e-9 {
            (min, max) = (min - 0.5, max + 0.5);
        }
        let step = round_step((max - min) / 5.0);
        // Values that are ticks but for rounding stay at the ends.
        let (first, last) = ((min / step + 1e-9).floor(), (max / step - 1e-9).ceil());
        let decimals = (-step.log10().floor()).max(0.0) as usize;
        let ticks = (0..=(last - first).round() as usize).map(|i| (first + i as f64) * step);
        let text = |v: f64| {
            let v = if v.abs() < step / 2.0 { 0.0 } else { v };
            format!("{v:.decimals$}").replace('-', "\u{2212}")
        };
        Scale {
            min: first * step,
            max: last * step,
            along: Along::Linear,
            ticks: ticks.map(|v| (v, text(v))).collect(),
        }
    }

    /// As [`Scale::linear`] with only the ends as ticks, for small plots.
    pub fn coarse(values: impl IntoIterator<Item = f64>) -> Self {
        let mut scale = Self::linear(values);
        let last = scale.ticks.len() - 1;
        let mut number = 0..=last;
        scale.ticks.retain(|_| number.next().is_some_and(|i| i == 0 || i == last));
        scale
    }

    /// From the least to the largest of `values` exactly, with the round ticks between.
    pub fn tight(values: impl IntoIterator<Item = f64> + Clone) -> Self {
        let mut scale = Self::linear(values.clone());
        let (min, max) = values.into_iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
        if min < max {
            (scale.min, scale.max) = (min, max);
            scale.ticks.retain(|t| (min..=max).contains(&t.0));
        }
        scale
    }

    /// From `min` to `max` exactly, with the ticks given.
    pub fn exact(min: f64, max: f64, ticks: Vec<(f64, String)>) -> Self {
        Scale { min, max, along: Along::Linear, ticks }
    }

    /// Powers of ten that hold all positive `values`.
    pub fn decades(values: impl IntoIterator<Item = f64>) -> Self {
        let (mut min, mut max) = (f64::INFINITY, 0.0f64);
        for v in values.into_iter().filter(|v| *v > 0.0 && v.is_finite()) {
            (min, max) = (min.min(v), max.max(v));
        }
        let (low, high) = match max > 0.0 {
            true => (min.log10().floor() as i32, max.log10().ceil() as i32),
            false => (-1, 0),
        };
        let high = high.max(low + 1);
        let text = |e: i32| match e {
            ..-4 => format!("1e\u{2212}{}", -e),
            -4..0 => format!("{:.*}", -e as usize, 10f64.powi(e)),
            7.. => format!("1e{e}"),
            _ => format!("{:.0}", 10f64.powi(e)),
        };
        // As many ticks as there is room for.
        let every = (high - low) as usize / 8 + 1;
        let ticks = (low..=high).step_by(every).map(|e| (10f64.powi(e), text(e))).collect();
        Scale { min: 10f64.powi(low), max: 10f64.powi(high), along: Along::Log, ticks }
    }

    /// Powers of two, a tick each.
    pub fn powers_of_two(low: u32, high: u32) -> Self {
        let ticks = (low..=high).map(|e| (f64::from(1u32 << e), (1u32 << e).to_string())).collect();
        Scale { min: f64::from(1u32 << low), max: f64::from(1u32 << high.max(low + 1)), along: Along::Log, ticks }
    }

    /// Powers of two that hold all positive `values`, with ticks as sizes in bytes: 256, 4Ki, 1Mi.
    pub fn bytes(values: impl IntoIterator<Item = f64>) -> Self {
        let (mut min, mut max) = (f64::INFINITY, 0.0f64);
        for v in values.into_iter().filter(|v| *v > 0.0 && v.is_finite()) {
            (min, max) = (min.min(v), max.max(v));
        }
        let (low, high) = match max > 0.0 {
            true => (min.log2().floor() as i32, max.log2().ceil() as i32),
            false => (0, 1),
        };
        let high = high.max(low + 1);
        let text = |e: i32| match e {
            ..0 => format!("1/{}", 1u64 << (-e).min(62)),
            _ => format!("{}{}", 1u64 << (e % 10), ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"][(e as usize / 10).min(6)]),
        };
        let every = (high - low) as usize / 7 + 1;
        let ticks = (low..=high).step_by(every).map(|e| (2f64.powi(e), text(e))).collect();
        Scale { min: 2f64.powi(low), max: 2f64.powi(high), along: Along::Log, ticks }
    }

    /// Powers of ten on both sides of 0, for values that are small and large, positive and negative.
    pub fn both_sides(values: impl IntoIterator<Item = f64>) -> Self {
        let (mut min, mut max) = (0.0f64, 0.0f64);
        for v in values.into_iter().filter(|v| v.is_finite()) {
            (min, max) = (min.min(v), max.max(v));
        }
        let power = |v: f64| v.max(10.0).log10().ceil() as i32;
        let (below, above) = (if min < 0.0 { power(-min) } else { 0 }, if max > 0.0 { power(max) } else { 0 });
        let text = |v: f64| format!("{v:.0}").replace('-', "\u{2212}");
        let powers = |to: i32, sign: f64| (1..=to).map(move |e| sign * 10f64.powi(e));
        let ticks = powers(below, -1.0).chain([0.0]).chain(powers(above.max(1), 1.0));
        let ends = (if below > 0 { -(10f64.powi(below)) } else { 0.0 }, 10f64.powi(above.max(1)));
        Scale { min: ends.0, max: ends.1, along: Along::BothSides(3.0), ticks: ticks.map(|v| (v, text(v))).collect() }
    }

    /// Characters of the longest tick.
    pub fn longest(&self) -> usize {
        self.ticks.iter().map(|(_, text)| text.chars().count()).max().unwrap_or(0)
    }

    /// The same range without ticks.
    pub fn bare(self) -> Self {
        Scale { ticks: vec![], ..self }
    }

    /// The least value.
    pub fn min(&self) -> f64 {
        self.min
    }

    /// Where a value lies, 0 at the least and 1 at the largest.
    fn part(&self, value: f64) -> f64 {
        let place = |v: f64| match self.along {
            Along::Linear => v,
            Along::Log => v.max(f64::MIN_POSITIVE).ln(),
            Along::BothSides(around) => (v / around).asinh(),
        };
        ((place(value) - place(self.min)) / (place(self.max) - place(self.min))).clamp(0.0, 1.0)
    }
}

/// The least of 1, 2, 2.5, 5 times a power of ten that is no smaller.
fn round_step(step: f64) -> f64 {
    let power = 10f64.powf(step.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|s| s * power);
    steps.into_iter().find(|&s| s >= step * (1.0 - 1e-9)).unwrap_or(power)
}

/// The area in which values are drawn.
#[derive(Clone, Debug)]
pub struct Frame {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
    x: Scale,
    y: Scale,
}

/// Room right of the frame, for half a tick's text.
const RIGHT: f64 = 20.0;

impl Frame {
    /// A frame at the bottom of `svg`, `height` high, with `left` units for what stands beside it.
    pub fn new(svg: &Svg, left: f64, height: f64, x: Scale, y: Scale) -> Self {
        Frame { left, top: svg.height + 6.0, width: WIDTH - left - RIGHT, height, x, y }
    }

    /// Place of a value.
    pub fn at(&self, x: f64, y: f64) -> (f64, f64) {
        (self.left + self.width * self.x.part(x), self.top + self.height * (1.0 - self.y.part(y)))
    }

    /// Draws grid, ticks and names of both axes, and takes the room that all that needs. With `y_label` empty the rows have names
    /// of their own.
    pub fn axes(&self, svg: &mut Svg, x_label: &str, y_label: &str) {
        let bottom = self.top + self.height;
        for (value, text) in &self.y.ticks {
            let (_, y) = self.at(self.x.min(), *value);
            svg.line((self.left, y), (self.left + self.width, y), FAINT, 1.0);
            svg.text(self.left - 6.0, y + 4.5, Anchor::End, text);
        }
        for (value, text) in &self.x.ticks {
            let (x, _) = self.at(*value, self.y.min());
            svg.line((x, bottom), (x, bottom + 4.0), INK, 1.0);
            svg.text(x, bottom + 17.0, Anchor::Middle, text);
        }
        svg.line((self.left, bottom), (self.left + self.width, bottom), INK, 1.0);
        let middle = self.left + self.width / 2.0;
        if !y_label.is_empty() {
            svg.upward_text(13.0, self.top + self.height / 2.0, "axis", y_label);
        }
        svg.height = bottom + 22.0;
        if !x_label.is_empty() {
            svg.styled_text(middle, bottom + 36.0, Anchor::Middle, "axis", x_label);
            svg.height = bottom + 44.0;
        }
    }

    /// Upright lines at the ticks of the x axis.
    pub fn upright_grid(&self, svg: &mut Svg) {
        for (value, _) in &self.x.ticks {
            let (x, _) = self.at(*value, self.y.min());
            svg.line((x, self.top), (x, self.top + self.height), FAINT, 1.0);
        }
    }

    /// Left edge, top edge, width and height.
    pub fn area(&self) -> (f64, f64, f64, f64) {
        (self.left, self.top, self.width, self.height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_hold_all_values() {
        let ticks = |scale: &Scale| scale.ticks.iter().map(|(_, t)| t.clone()).collect::<Vec<_>>();
        assert_eq!(ticks(&Scale::linear([0.0, 1.0])), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(ticks(&Scale::linear([-3.0, 21.0])), ["\u{2212}5", "0", "5", "10", "15", "20", "25"]);
        assert_eq!(ticks(&Scale::linear([f64::NAN])), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(ticks(&Scale::decades([0.02, 3.0])), ["0.01", "0.1", "1", "10"]);
        assert_eq!(ticks(&Scale::powers_of_two(4, 6)), ["16", "32", "64"]);
        assert_eq!(ticks(&Scale::bytes([300.0, 5000.0])), ["256", "512", "1Ki", "2Ki", "4Ki", "8Ki"]);
        assert_eq!(ticks(&Scale::bytes([64.0, 1048576.0])), ["64", "512", "4Ki", "32Ki", "256Ki"]);
        assert_eq!(
            ticks(&Scale::decades([1e-12, 1e-5])),
            [
                "1e\u{2212}12",
                "1e\u{2212}11",
                "1e\u{2212}10",
                "1e\u{2212}9",
                "1e\u{2212}8",
                "1e\u{2212}7",
                "1e\u{2212}6",
                "1e\u{2212}5"
            ]
        );
        assert_eq!(
            ticks(&Scale::both_sides([-150.0, 20.0])),
            ["\u{2212}10", "\u{2212}100", "\u{2212}1000", "0", "10", "100"]
        );
        assert_eq!(ticks(&Scale::both_sides([f64::NAN])), ["0", "10"]);
        let scale = Scale::both_sides([-150.0, 20.0]);
        assert!((scale.part(-1000.0), scale.part(100.0)) == (0.0, 1.0) && scale.part(-150.0) < scale.part(0.0));
        let scale = Scale::linear([0.13, 0.57]);
        assert!(scale.min <= 0.13 && scale.max >= 0.57);
    }
}

//! Drawings as SVG: what the figures of the page are made of.
//!
//! | file | what it draws |
//! |---|---|
//! | [`svg`] | text, lines, shapes, legends |
//! | [`axes`] | scales, ticks, the frame of a plot |
//! | [`charts`] | strips of dots, bars, heat maps |
//! | [`colours`] | one colour for one thing on the whole page |

pub mod axes;
pub mod charts;
pub mod colours;
pub mod svg;

pub use axes::{Frame, Scale};
pub use svg::{escaped, Svg};

/// Width of every figure in its own units: small, so that text stays legible when a phone shrinks the figure.
pub const WIDTH: f64 = 480.0;

//! Colours, dark enough for a light ground.

/// Ink of axes and text.
pub const INK: &str = "#1f2933";
/// Lines that should stay in the background.
pub const FAINT: &str = "#d9e2ec";
/// Per-shard Huffman.
pub const HUFFMAN: &str = "#2f6fb2";
/// Shannon's bound.
pub const SHANNON: &str = "#52606d";
/// One fixed book.
pub const FIXED: &str = "#c2571a";
/// huffwire, and everything re-centred.
pub const OURS: &str = "#0b7a75";
/// Others' schemes.
pub const THEIRS: &str = "#829ab1";
/// Exponents as they are.
pub const AS_IS: &str = "#b0413e";

/// Of things that are nothing in particular.
pub const NONE: &str = "#616e7c";

const MANY: [&str; 10] =
    ["#2f6fb2", "#c2571a", "#2d8a4e", "#7a4fb5", "#0b7a75", "#b0413e", "#8a6d1d", "#c2408f", "#3f4d9b", "#5c7f1f"];

/// Colour of the n-th of many.
pub const fn nth(n: usize) -> &'static str {
    MANY[n % MANY.len()]
}

/// From white to deep red for 0 to 1.
pub fn heat(part: f64) -> String {
    let part = part.clamp(0.0, 1.0).sqrt();
    let mix = |from: f64, to: f64| (from + (to - from) * part).round() as u8;
    format!("#{:02x}{:02x}{:02x}", mix(250.0, 158.0), mix(250.0, 32.0), mix(247.0, 30.0))
}

//! The table of section 11 of the wire format is what the example measures.

use crate::worked_example::section;

#[allow(dead_code)]
#[path = "../../examples/format_cost.rs"]
mod format_cost;

#[test]
fn section_11_is_what_is_measured() {
    let table = format_cost::table(&format_cost::synthetic(4 * 65536)).unwrap();
    assert!(section(11).contains(&table), "measured:\n{table}");
}

/// The exponents have the entropy that the document says.
#[test]
fn the_synthetic_exponents_have_2_7_bits() {
    let data = format_cost::synthetic(1 << 18);
    let mut counts = [0f64; 256];
    data.chunks(2).for_each(|e| counts[usize::from(u16::from_le_bytes([e[0], e[1]]) >> 7 & 0xFF)] += 1.0);
    let total = (1 << 18) as f64;
    let entropy: f64 = counts.iter().filter(|&&n| n > 0.0).map(|n| -n / total * (n / total).log2()).sum();
    assert!((2.69..2.71).contains(&entropy), "{entropy}");
}

//! The sections of the page: what was measured, as figures, tables and sentences.
//!
//! | file | section |
//! |---|---|
//! | [`distributions`] | 1: byte and exponent histograms by class |
//! | [`shards`] | 2: Shannon, per-shard Huffman, one fixed book, shard by shard |
//! | [`divergence`] | 3: divergence of shards from the average |
//! | [`drift`], [`books`], [`sweeps`] | 4: what the paper leaves out |
//! | [`recentred`] | 5: exponents as they are and re-centred |
//! | [`side_by_side`] | 6: all schemes |
//! | [`published`] | 7: what others report |

pub mod books;
pub mod distributions;
pub mod divergence;
pub mod drift;
pub mod published;
pub mod recentred;
pub mod shards;
pub mod side_by_side;
pub mod sweeps;

use super::fixed::Fixed;
use super::input::{Input, Tensor, View};
use super::names::{CLASSES, OTHER};
pub use crate::page::{signed, Figure, Section};

/// What sections look at.
pub struct Study<'a> {
    /// The tensors.
    pub input: &'a Input,
    /// Classes that occur, those that names stand for first.
    pub classes: Vec<String>,
    /// The format with the most bytes: that of the figures that show one format only.
    pub format: String,
    /// Fixed books over bytes, for every tensor and shard.
    pub fixed_bytes: Vec<Vec<Option<Fixed>>>,
    /// Fixed books over exponents.
    pub fixed_fields: Vec<Vec<Option<Fixed>>>,
}

impl<'a> Study<'a> {
    /// Makes the fixed books.
    pub fn new(input: &'a Input) -> Result<Self, super::ReproduceError> {
        let mut classes: Vec<String> = Vec::new();
        let known = CLASSES.iter().map(|c| c.to_string());
        let own = input.tensors.iter().map(|t| t.class.clone()).filter(|c| c != OTHER);
        for class in known.chain(own).chain([OTHER.into()]) {
            if !classes.contains(&class) && input.tensors.iter().any(|t| t.class == class) {
                classes.push(class);
            }
        }
        // Of formats with an exponent, if there is one; of equals the first name.
        let mut formats: Vec<&str> = input.tensors.iter().map(Tensor::format_label).collect();
        formats.sort_unstable();
        formats.dedup();
        let weight = |format: &&str| {
            let of_format = || input.tensors.iter().filter(|t| t.format_label() == *format);
            let exponent = of_format().any(|t| t.format.exponent_mantissa().is_some());
            (exponent, of_format().map(Tensor::plain_bits).sum::<u128>())
        };
        let format = formats.iter().rev().max_by_key(|f| weight(f)).map_or_else(String::new, |f| f.to_string());
        Ok(Study {
            input,
            classes,
            format,
            fixed_bytes: super::fixed::fixed_books(&input.tensors, View::Bytes)?,
            fixed_fields: super::fixed::fixed_books(&input.tensors, View::Fields)?,
        })
    }

    /// Tensors of the main format with their indices.
    pub fn main(&self) -> impl Iterator<Item = (usize, &'a Tensor)> + '_ {
        self.input.tensors.iter().enumerate().filter(|(_, t)| t.format_label() == self.format)
    }

    /// Classes of the main format.
    pub fn main_classes(&self) -> Vec<&str> {
        let occurs = |class: &&str| self.main().any(|(_, t)| t.class == *class);
        self.classes.iter().map(String::as_str).filter(occurs).collect()
    }
}

/// Mean, or nothing of nothing.
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The value below which `part` of all lie, 0 to 1, between the two nearest.
pub fn quantile(values: &[f64], part: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = part * (sorted.len().checked_sub(1)?) as f64;
    let (low, high) = (place.floor() as usize, place.ceil() as usize);
    Some(sorted[low] + (sorted[high] - sorted[low]) * (place - low as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_by_hand() {
        assert_eq!(quantile(&[3.0, 1.0, 2.0], 0.5), Some(2.0));
        assert_eq!(quantile(&[4.0, 0.0], 0.25), Some(1.0));
        assert_eq!(quantile(&[], 0.5), None);
        assert_eq!(mean(&[1.0, 2.0]), Some(1.5));
    }
}

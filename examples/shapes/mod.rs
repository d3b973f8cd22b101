//! Synthetic bf16 tensors whose exponents take the shapes that real tensors take, and wider and narrower ones.
//!
//! A bank made from a handful of models alone serves what they had. These tensors stand for what they had not: generalised normal
//! distributions from very heavy tails to nearly uniform ones, with and without zeros, and products of normal variables, as gradients
//! are; rows of different scales, which the tracked bias can follow, and columns of different scales, which it cannot: they
//! make the exponents of every block wider. They come from a seeded generator; the logarithms inside are those of the platform, so
//! that another one may differ in a few elements.

use half::bf16;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rand_distr::{Distribution, Gamma, StandardNormal};

const SEED: u64 = 2601_10673;
/// Shards, rows and columns of every tensor.
pub const SHAPE: [usize; 3] = [4, 128, 128];
/// Exponents of the generalised normal distributions: 1 is Laplace's, 2 the normal one.
const EXPONENTS: [f64; 7] = [0.4, 0.6, 0.8, 1.0, 1.4, 2.0, 4.0];
/// Share of zeros.
const ZEROS: [f64; 4] = [0.0, 0.02, 0.3, 0.8];
/// Standard deviations of the log2 scales of rows and of columns, for tensors with any share of zeros, and for those without.
const SCALES: [(f64, f64); 2] = [(0.0, 0.0), (1.0, 0.0)];
const MORE_SCALES: [(f64, f64); 6] = [(0.5, 0.0), (2.0, 0.0), (0.0, 0.5), (0.0, 1.0), (0.0, 2.0), (1.0, 1.0)];
/// Numbers of normal factors, and the scales of their products.
const FACTORS: [usize; 3] = [2, 3, 4];
const PRODUCT_SCALES: [(f64, f64); 3] = [(1.0, 0.0), (0.0, 1.0), (0.0, 2.0)];

/// What elements are made of but their values.
struct Layout {
    /// Share of zeros.
    zeros: f64,
    /// Standard deviations of the log2 scales of rows and of columns.
    scales: (f64, f64),
}

impl Layout {
    fn name(&self, values: &str) -> String {
        let (rows, columns) = self.scales;
        format!("synthetic.{values}.zeros{}.rows{rows}.columns{columns}", self.zeros)
    }
}

/// All tensors: names and little-endian bf16 elements.
pub fn tensors() -> Result<Vec<(String, Vec<u8>)>, rand_distr::GammaError> {
    let mut rng = StdRng::seed_from_u64(SEED);
    let mut tensors = Vec::new();
    let without_zeros = |scales| Layout { zeros: 0.0, scales };
    for exponent in EXPONENTS {
        let magnitude = Gamma::new(1.0 / exponent, 1.0)?;
        let layouts = ZEROS.iter().flat_map(|&zeros| SCALES.map(|scales| Layout { zeros, scales }));
        for layout in layouts.chain(MORE_SCALES.map(without_zeros)) {
            let data = tensor(&mut rng, &layout, |rng| magnitude.sample(rng).powf(1.0 / exponent));
            tensors.push((layout.name(&format!("normal{exponent}")), data));
        }
    }
    for factors in FACTORS {
        let layouts = ZEROS[..2].iter().map(|&zeros| Layout { zeros, scales: SCALES[0] });
        for layout in layouts.chain(PRODUCT_SCALES.map(without_zeros)) {
            let product = |rng: &mut StdRng| (0..factors).map(|_| rng.sample::<f64, _>(StandardNormal)).product();
            tensors.push((layout.name(&format!("product{factors}")), tensor(&mut rng, &layout, product)));
        }
    }
    Ok(tensors)
}

/// Shards a quarter of an octave apart, so that no scale is special.
fn tensor(rng: &mut StdRng, layout: &Layout, mut value: impl FnMut(&mut StdRng) -> f64) -> Vec<u8> {
    let [shards, rows, columns] = SHAPE;
    let (of_rows, of_columns) = layout.scales;
    let mut bytes = Vec::with_capacity(2 * shards * rows * columns);
    for shard in 0..shards {
        let mut log2_scale = |spread: f64| spread * rng.sample::<f64, _>(StandardNormal);
        let column_scales: Vec<f64> = (0..columns).map(|_| log2_scale(of_columns)).collect();
        for _ in 0..rows {
            let row = of_rows * rng.sample::<f64, _>(StandardNormal);
            for column in &column_scales {
                let scale = (shard as f64 / shards as f64 - 6.0 + row + column).exp2();
                let x = if rng.random_bool(layout.zeros) { 0.0 } else { scale * value(rng) };
                bytes.extend_from_slice(&bf16::from_f64(x).to_le_bytes());
            }
        }
    }
    bytes
}

//! Synthetic bf16 tensors whose exponents take the shapes that real tensors take, and wider and narrower ones.
//!
//! A bank made from a handful of models alone serves what they had. These tensors stand for what they had not: generalised normal
//! distributions from very heavy tails to nearly uniform ones, with and without zeros, with and without rows of different scales,
//! and products of normal variables, as gradients are. They come from a seeded generator; the logarithms inside are those of the
//! platform, so that another one may differ in a few elements.

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
/// Standard deviation of the rows' log2 scales.
const SPREADS: [f64; 2] = [0.0, 1.0];

/// All tensors: names and little-endian bf16 elements.
pub fn tensors() -> Result<Vec<(String, Vec<u8>)>, rand_distr::GammaError> {
    let mut rng = StdRng::seed_from_u64(SEED);
    let mut tensors = Vec::new();
    for exponent in EXPONENTS {
        let magnitude = Gamma::new(1.0 / exponent, 1.0)?;
        for zeros in ZEROS {
            for spread in SPREADS {
                let name = format!("synthetic.normal{exponent}.zeros{zeros}.spread{spread}");
                let data = tensor(&mut rng, zeros, spread, |rng| magnitude.sample(rng).powf(1.0 / exponent));
                tensors.push((name, data));
            }
        }
    }
    for factors in [2, 3] {
        for zeros in &ZEROS[..2] {
            let name = format!("synthetic.product{factors}.zeros{zeros}.spread0");
            let product = |rng: &mut StdRng| (0..factors).map(|_| rng.sample::<f64, _>(StandardNormal)).product();
            tensors.push((name, tensor(&mut rng, *zeros, 0.0, product)));
        }
    }
    Ok(tensors)
}

/// Shards a quarter of an octave apart, so that no scale is special.
fn tensor(rng: &mut StdRng, zeros: f64, spread: f64, mut value: impl FnMut(&mut StdRng) -> f64) -> Vec<u8> {
    let [shards, rows, columns] = SHAPE;
    let mut bytes = Vec::with_capacity(2 * shards * rows * columns);
    for shard in 0..shards {
        for _ in 0..rows {
            let row: f64 = spread * rng.sample::<f64, _>(StandardNormal);
            let scale = (shard as f64 / shards as f64 - 6.0 + row).exp2();
            for _ in 0..columns {
                let x = if rng.random_bool(zeros) { 0.0 } else { scale * value(rng) };
                bytes.extend_from_slice(&bf16::from_f64(x).to_le_bytes());
            }
        }
    }
    bytes
}

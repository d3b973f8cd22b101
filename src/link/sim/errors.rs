//! Bit errors on the lanes.

use rand::prelude::*;

/// Bit errors, independent of each other.
#[derive(Clone, Debug)]
pub struct Errors {
    rate: f64,
    rng: StdRng,
    /// Bits that go well before the next wrong one.
    good: f64,
}

impl Errors {
    pub fn new(rate: f64, seed: u64) -> Self {
        // Another stream than that of the messages, so that these do not depend on the errors.
        let mut errors = Errors { rate, rng: StdRng::seed_from_u64(seed ^ 0x5EED_0F_E440_0125), good: 0.0 };
        errors.good = errors.draw();
        errors
    }

    /// Good bits up to the next wrong one.
    fn draw(&mut self) -> f64 {
        let uniform: f64 = self.rng.random();
        // Geometric; without errors infinite.
        ((1.0 - uniform).ln() / (-self.rate).ln_1p()).floor()
    }

    /// Whether one of the next bits is wrong.
    pub fn hit(&mut self, bits: u64) -> bool {
        if self.rate == 0.0 {
            return false;
        }
        let (mut left, mut hit) = (bits as f64, false);
        while self.good < left {
            left -= self.good + 1.0;
            hit = true;
            self.good = self.draw();
        }
        self.good -= left;
        hit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flits_are_hit_as_often_as_their_bits_say() {
        for rate in [1e-3, 1e-4, 1e-5] {
            let mut errors = Errors::new(rate, 3);
            let flits = 200_000;
            let hit = (0..flits).filter(|_| errors.hit(2048)).count() as f64;
            let expected = f64::from(flits) * (1.0 - (1.0 - rate).powi(2048));
            assert!((hit - expected).abs() < 5.0 * expected.sqrt(), "{rate}: {hit}, expected {expected}");
        }
        let mut none = Errors::new(0.0, 3);
        assert!((0..1000).all(|_| !none.hit(u64::MAX)));
    }
}

//! Statistics of symbols: histograms, entropy, and what codes make of them.

mod cost;
mod count;
mod histogram;
mod information;

pub use cost::{Saving, ShardCost};
pub use count::{count, count_recoded, count_symbols, CountError, ShardHistogram};
pub use histogram::{Histogram, HistogramError};
pub use information::{coded_bits, entropy, expected_bits, huffman_bits, kl_divergence};

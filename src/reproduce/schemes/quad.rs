//! Quad-length codes (arXiv 2602.17849), as its abstract lets one build them: 3 bits of prefix name one of 8 areas of the symbols
//! sorted by frequency; behind it come as many bits as the area needs to tell its symbols apart. Our reading; the paper's
//! own choice of areas may be another. Taking the best of all splits can only flatter it.

use super::bits::{reader, writer};
use super::{Context, Spent};
use crate::reproduce::input::View;
use crate::reproduce::ReproduceError;
use crate::stats::Histogram;

const SCHEME: &str = "quad";
const PREFIX_BITS: u32 = 3;
const AREAS: usize = 1 << PREFIX_BITS;

pub fn quad(context: &Context, tensor: usize) -> Result<Option<Spent>, ReproduceError> {
    let (books, tensor) = (&context.fixed[tensor], &context.tensors[tensor]);
    let Some(layout) = tensor.layout(View::Bytes) else { return Ok(None) };
    let mut spent = Spent { plain: tensor.plain_bits(), ..Spent::default() };
    for (shard, book) in tensor.shards.iter().zip(books) {
        let Some(book) = book else { return Ok(None) };
        debug_assert_eq!(book.distribution.symbol_bits(), layout.symbol_bits);
        let bits = QuadCode::new(&book.distribution).round_trip(&shard.bytes);
        spent.coded +=
            bits.ok_or_else(|| ReproduceError::RoundTrip { scheme: SCHEME, tensor: tensor.name.clone() })? as f64;
    }
    Ok(Some(spent))
}

/// A code of 8 areas.
#[derive(Debug, PartialEq)]
struct QuadCode {
    /// Symbols, the most frequent first.
    order: Vec<u8>,
    /// Bits behind the prefix of each area, never fewer than in the area before.
    suffix: [u32; AREAS],
}

impl QuadCode {
    /// The split with the fewest expected bits.
    fn new(distribution: &Histogram) -> Self {
        let counts = distribution.counts();
        let mut order: Vec<u8> = (0..counts.len()).map(|s| s as u8).collect();
        order.sort_by_key(|&s| (std::cmp::Reverse(counts[usize::from(s)]), s));
        // Weight of the first n symbols of the order.
        let mut up_to = vec![0u128];
        for &symbol in &order {
            up_to.push(up_to[up_to.len() - 1] + u128::from(counts[usize::from(symbol)]));
        }
        let mut search = Search { up_to, symbol_bits: distribution.symbol_bits(), best: None };
        search.extend(&mut [0; AREAS], 0, 0, 0);
        let suffix = search.best.map_or([distribution.symbol_bits(); AREAS], |(_, suffix)| suffix);
        QuadCode { order, suffix }
    }

    /// Bits of the symbols coded and read back; `None` if they differ.
    fn round_trip(&self, symbols: &[u8]) -> Option<u64> {
        let mut first = [0usize; AREAS];
        for area in 1..AREAS {
            first[area] = first[area - 1] + (1 << self.suffix[area - 1]);
        }
        let mut rank = [0usize; 256];
        self.order.iter().enumerate().for_each(|(r, &s)| rank[usize::from(s)] = r);
        let mut packer = writer();
        for &symbol in symbols {
            let rank = rank[usize::from(symbol)];
            let area = first.iter().rposition(|&f| f <= rank)?;
            packer.push(area as u32, PREFIX_BITS);
            packer.push((rank - first[area]) as u32, self.suffix[area]);
        }
        let bits = packer.written_bits();
        let mut window = reader(packer);
        let mut read = || {
            let area = window.read(PREFIX_BITS) as usize;
            let rank = first[area] + window.read(self.suffix[area]) as usize;
            self.order.get(rank).copied()
        };
        symbols.iter().all(|&s| read() == Some(s)).then_some(bits)
    }
}

/// All splits into areas that grow; shorter suffixes for more frequent symbols are always the better order.
struct Search {
    up_to: Vec<u128>,
    symbol_bits: u32,
    best: Option<(u128, [u32; AREAS])>,
}

impl Search {
    /// Sets the suffixes of `area` and the areas behind it; the areas before hold `held` symbols and weigh `cost`.
    fn extend(&mut self, suffix: &mut [u32; AREAS], area: usize, held: usize, cost: u128) {
        let symbols = self.up_to.len() - 1;
        if self.best.as_ref().is_some_and(|(least, _)| cost >= *least) {
            return;
        }
        if area == AREAS {
            if held >= symbols {
                self.best = Some((cost, *suffix));
            }
            return;
        }
        let least = if area == 0 { 0 } else { suffix[area - 1] };
        for bits in least..=self.symbol_bits {
            let end = (held + (1 << bits)).min(symbols);
            suffix[area] = bits;
            let more = (self.up_to[end] - self.up_to[held]) * u128::from(PREFIX_BITS + bits);
            self.extend(suffix, area + 1, end, cost + more);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_distribution_is_cut_evenly() {
        let code = QuadCode::new(&Histogram::from_counts(8, vec![1; 256]).unwrap());
        assert_eq!(code.suffix, [5; AREAS]);
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(code.round_trip(&all), Some(256 * 8));
    }

    #[test]
    fn a_steep_one_has_short_codes_first() {
        // One symbol is nearly all: prefix alone. The rest needs 255 more places in 7 areas.
        let mut counts = vec![1; 256];
        counts[77] = 1 << 30;
        let code = QuadCode::new(&Histogram::from_counts(8, counts).unwrap());
        assert_eq!((code.order[0], code.suffix[0]), (77, 0));
        assert!(code.suffix.iter().map(|&s| 1usize << s).sum::<usize>() >= 256);
        assert_eq!(code.round_trip(&[77; 100]), Some(300));
        assert!(code.round_trip(&[77, 3, 255, 0, 128]).is_some());
    }
}

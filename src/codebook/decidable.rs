//! Prefix-decidable codes: the length of every codeword follows from its first `k` bits.
//!
//! A canonical code has its codewords in order of length, so the codewords of one length share one stretch of the code
//! space. The first `k` bits tell the length exactly if every stretch begins and ends at a multiple of 2^-k: then a decoder finds
//! the length with one look-up of `k` bits (a 6-input table for `k` = 6) where it would compare against every length's bounds.
//! Lengths up to `k` fit by themselves; of codewords of `l` > `k` bits there has to be a multiple of 2^(l-k).
//!
//! The best such code is found by dynamic programming over lengths, symbols (heaviest first) and units of code space.

/// Smallest prefix.
pub const MIN_DECIDABLE: u8 = 4;
/// Largest prefix.
pub const MAX_DECIDABLE: u8 = 8;

/// Code lengths, shortest first, for `weights` in falling order: complete, at most `limit` bits (up to 16), decidable by the first `prefix`
/// bits, with the least `sum(weight * length)`; the one at `short.0` is at most `short.1` bits. `None` if there is no such code.
pub fn decidable_lengths(weights: &[u64], limit: u8, prefix: u8, short: Option<(usize, u8)>) -> Option<Vec<u8>> {
    let symbols = weights.len();
    let units = 1usize << prefix;
    let sums: Vec<u128> = std::iter::once(0)
        .chain(weights.iter().scan(0u128, |sum, &w| {
            *sum += u128::from(w);
            Some(*sum)
        }))
        .collect();
    // least[placed][used]: cost of giving the first `placed` symbols lengths up to the current one in `used` units of space, and how
    // many symbols each length took, as a chain of choices.
    let width = units + 1;
    let mut least: Vec<Option<u128>> = vec![None; (symbols + 1) * width];
    least[0] = Some(0);
    let mut choices: Vec<Vec<u16>> = Vec::new();
    for length in 1..=limit {
        let mut next: Vec<Option<u128>> = vec![None; least.len()];
        let mut taken = vec![0u16; least.len()];
        // Symbols and units that go together: `group` codewords of this length fill `size` units.
        let (group, size) = if length <= prefix { (1, units >> length) } else { (1usize << (length - prefix), 1) };
        for placed in 0..=symbols {
            for used in 0..=units {
                let Some(cost) = least[placed * width + used] else { continue };
                let most = ((units - used) / size).min((symbols - placed) / group);
                for groups in 0..=most {
                    let (to, space) = (placed + groups * group, used + groups * size);
                    let too_long = |(index, at_most)| (placed..to).contains(&index) && length > at_most;
                    if short.is_some_and(too_long) {
                        break;
                    }
                    let total = cost + u128::from(length) * (sums[to] - sums[placed]);
                    let cell = to * width + space;
                    if next[cell].is_none_or(|best| total < best) {
                        (next[cell], taken[cell]) = (Some(total), (to - placed) as u16);
                    }
                }
            }
        }
        least = next;
        choices.push(taken);
    }
    least[symbols * width + units]?;
    let (mut placed, mut used) = (symbols, units);
    let mut lengths = vec![0; symbols];
    for length in (1..=limit).rev() {
        let count = usize::from(choices[usize::from(length) - 1][placed * width + used]);
        lengths[placed - count..placed].fill(length);
        placed -= count;
        used -= if length <= prefix { count * (units >> length) } else { count >> (length - prefix) };
    }
    Some(lengths)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codebook::package_merge;

    fn cost(weights: &[u64], lengths: &[u8]) -> u128 {
        weights.iter().zip(lengths).map(|(&w, &l)| u128::from(w) * u128::from(l)).sum()
    }

    fn check(lengths: &[u8], prefix: u8) {
        assert_eq!(lengths.iter().map(|&l| 1u32 << (16 - l)).sum::<u32>(), 1 << 16, "{lengths:?}");
        for length in prefix + 1..=16 {
            let count = lengths.iter().filter(|&&l| l == length).count();
            assert_eq!(count % (1 << (length - prefix)), 0, "{count} codewords of {length} bits");
        }
    }

    #[test]
    fn a_prefix_as_long_as_the_limit_costs_nothing() {
        for symbols in [2usize, 5, 21, 40] {
            let weights: Vec<u64> = (0..symbols).map(|i| 1_000_000 >> i.min(18)).collect();
            let lengths = decidable_lengths(&weights, 8, 8, None).unwrap();
            check(&lengths, 8);
            assert_eq!(cost(&weights, &lengths), cost(&weights, &package_merge(&weights, 8).unwrap()));
        }
    }

    #[test]
    fn shorter_prefixes_cost_more_and_hold_their_promise() {
        let weights: Vec<u64> = (0..24u32).map(|i| 3u64.pow(24 - i)).collect();
        let mut last = 0;
        for prefix in (MIN_DECIDABLE..=MAX_DECIDABLE).rev() {
            let lengths = decidable_lengths(&weights, 10, prefix, None).unwrap();
            check(&lengths, prefix);
            let now = cost(&weights, &lengths);
            assert!(now >= last);
            last = now;
        }
        assert!(last > cost(&weights, &package_merge(&weights, 10).unwrap()));
    }

    /// Against all codes there are, for few symbols.
    #[test]
    fn nothing_is_better() {
        fn all(symbols: usize, shortest: u8, limit: u8, lengths: &mut Vec<u8>, found: &mut Vec<Vec<u8>>) {
            let space: u32 = lengths.iter().map(|&l| 1u32 << (16 - l)).sum();
            if lengths.len() == symbols {
                if space == 1 << 16 {
                    found.push(lengths.clone());
                }
                return;
            }
            for length in shortest..=limit {
                if space + (1u32 << (16 - length)) <= 1 << 16 {
                    lengths.push(length);
                    all(symbols, length, limit, lengths, found);
                    lengths.pop();
                }
            }
        }
        let weights = [700u64, 300, 120, 40, 22, 9, 5, 2, 1, 1];
        let mut codes = Vec::new();
        all(weights.len(), 1, 8, &mut Vec::new(), &mut codes);
        let decidable = |lengths: &&Vec<u8>, prefix: u8| {
            (prefix + 1..=8).all(|l| lengths.iter().filter(|&&x| x == l).count() % (1 << (l - prefix)) == 0)
        };
        for prefix in 4..=8 {
            for short in [None, Some((4, 3)), Some((9, 4))] {
                let fits = |lengths: &&Vec<u8>| short.is_none_or(|(i, most)| lengths[i] <= most);
                let candidates = codes.iter().filter(|l| decidable(l, prefix)).filter(fits);
                let best = candidates.map(|l| cost(&weights, l)).min();
                let found = decidable_lengths(&weights, 8, prefix, short).map(|l| cost(&weights, &l));
                assert_eq!(found, best, "prefix {prefix}, {short:?}");
            }
        }
    }

    #[test]
    fn what_cannot_be_is_none() {
        // 17 codewords of at most 4 bits.
        assert_eq!(decidable_lengths(&[1; 17], 4, 4, None), None);
        // 2^-4 of the space in codewords of 8 bits are 16 of them: 3 long ones cannot be.
        assert_eq!(decidable_lengths(&[1; 3], 16, 4, Some((0, 0))), None);
    }
}

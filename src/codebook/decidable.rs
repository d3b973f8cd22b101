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

/// Code lengths, shortest first, for `weights` in falling order: complete, at most `limit` bits (up to 16), decidable by the first
/// `prefix` bits, with the least `sum(weight * length)`. An `escape`, of a weight and a limit of its own, takes part; its length comes
/// behind the others. `None` if there is no such code.
pub fn decidable_lengths(weights: &[u64], escape: Option<(u64, u8)>, limit: u8, prefix: u8) -> Option<Vec<u8>> {
    let symbols = weights.len();
    let units = 1usize << prefix;
    let mut sums = vec![0u128];
    sums.extend(weights.iter().scan(0u128, |sum, &w| {
        *sum += u128::from(w);
        Some(*sum)
    }));
    // What has been given out: symbols, the escape (1 once it has its codeword, or if there is none), units of code space.
    let state = |placed: usize, escaped: usize, used: usize| (placed * 2 + escaped) * (units + 1) + used;
    let states = (symbols + 1) * 2 * (units + 1);
    let mut least: Vec<Option<u128>> = vec![None; states];
    least[state(0, usize::from(escape.is_none()), 0)] = Some(0);
    // For every length and state the symbols and the escape that took this length on the best way there.
    let mut choices: Vec<Vec<(u16, u8)>> = Vec::new();
    for length in 1..=limit {
        let mut next: Vec<Option<u128>> = vec![None; states];
        let mut taken = vec![(0, 0); states];
        // `group` codewords of this length fill `size` units.
        let (group, size) = if length <= prefix { (1, units >> length) } else { (1usize << (length - prefix), 1) };
        for placed in 0..=symbols {
            for escaped in 0..=1 {
                for used in 0..=units {
                    let Some(cost) = least[state(placed, escaped, used)] else { continue };
                    let escape_now = escape.filter(|&(_, most)| escaped == 0 && length <= most);
                    for groups in 0..=(units - used) / size {
                        for now in 0..=usize::from(escape_now.is_some()) {
                            let Some(count) = (groups * group).checked_sub(now) else { continue };
                            let to = placed + count;
                            if to > symbols {
                                continue;
                            }
                            let weight = sums[to] - sums[placed]
                                + escape_now.filter(|_| now == 1).map_or(0, |(w, _)| u128::from(w));
                            let total = cost + u128::from(length) * weight;
                            let cell = state(to, escaped + now, used + groups * size);
                            if next[cell].is_none_or(|best| total < best) {
                                (next[cell], taken[cell]) = (Some(total), (count as u16, now as u8));
                            }
                        }
                        if placed + groups * group > symbols {
                            break;
                        }
                    }
                }
            }
        }
        least = next;
        choices.push(taken);
    }
    let (mut placed, mut escaped, mut used) = (symbols, 1, units);
    least[state(placed, escaped, used)]?;
    let mut lengths = vec![0; symbols + usize::from(escape.is_some())];
    for length in (1..=limit).rev() {
        let (count, now) = choices[usize::from(length) - 1][state(placed, escaped, used)];
        let (count, now) = (usize::from(count), usize::from(now));
        lengths[placed - count..placed].fill(length);
        if now == 1 {
            lengths[symbols] = length;
        }
        let codewords = count + now;
        used -= if length <= prefix { codewords * (units >> length) } else { codewords >> (length - prefix) };
        (placed, escaped) = (placed - count, escaped - now);
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
            let lengths = decidable_lengths(&weights, None, 8, 8).unwrap();
            check(&lengths, 8);
            assert_eq!(cost(&weights, &lengths), cost(&weights, &package_merge(&weights, 8).unwrap()));
        }
    }

    #[test]
    fn shorter_prefixes_cost_more_and_hold_their_promise() {
        let weights: Vec<u64> = (0..24u32).map(|i| 3u64.pow(24 - i)).collect();
        let mut last = 0;
        for prefix in (MIN_DECIDABLE..=MAX_DECIDABLE).rev() {
            let lengths = decidable_lengths(&weights, None, 10, prefix).unwrap();
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
            let candidates = codes.iter().filter(|l| decidable(l, prefix));
            let best = candidates.clone().map(|l| cost(&weights, l)).min();
            let found = decidable_lengths(&weights, None, 8, prefix).map(|l| cost(&weights, &l));
            assert_eq!(found, best, "prefix {prefix}");
            // One of the codewords is the escape's: any place among the others, and a limit.
            for (place, most) in [(9, 4), (4, 3), (0, 8), (9, 8), (9, 1)] {
                let mut own = weights.to_vec();
                let escape = own.remove(place);
                let with = |lengths: &Vec<u8>| {
                    let escapes = (0..lengths.len()).filter(|&i| lengths[i] <= most);
                    let costs = escapes.map(|i| {
                        let mut rest = lengths.clone();
                        let length = rest.remove(i);
                        cost(&own, &rest) + u128::from(escape) * u128::from(length)
                    });
                    costs.min()
                };
                let best = candidates.clone().filter_map(with).min();
                let found = decidable_lengths(&own, Some((escape, most)), 8, prefix);
                assert!(found.as_ref().is_none_or(|l| l[own.len()] <= most));
                let found = found.map(|l| cost(&own, &l[..own.len()]) + u128::from(escape) * u128::from(l[own.len()]));
                assert_eq!(found, best, "prefix {prefix}, escape {place} up to {most}");
            }
        }
    }

    #[test]
    fn what_cannot_be_is_none() {
        // 17 codewords of at most 4 bits.
        assert_eq!(decidable_lengths(&[1; 17], None, 4, 4), None);
        // An escape without any room.
        assert_eq!(decidable_lengths(&[1; 3], Some((1, 0)), 16, 4), None);
    }
}

//! Optimal length-limited code lengths by package-merge (Larmore and Hirschberg, 1990).
//!
//! **Ties.** The result is a function of the weights and limits alone. Symbols are ordered by weight, lighter first; of
//! equal weights the *higher* index counts as the lighter one, so that lower symbols get the shorter codewords. Where a
//! symbol and a package weigh the same, the symbol comes first, which makes the longest codeword of the
//! equally good codes the shortest and lets symbols of weight 0 take part like any other.

use thiserror::Error;

/// Smallest length limit of a code.
pub const MIN_LIMIT: u8 = 8;
/// Largest length limit of a code.
pub const MAX_LIMIT: u8 = crate::wire::MAX_CODE_LENGTH;

/// Why there is no code for these weights and limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PackageMergeError {
    /// The limit is out of range.
    #[error("code length limit {0}: must be 8 to 16")]
    Limit(u8),
    /// No complete code has fewer than two codewords.
    #[error("{0} symbols: a code needs at least 2")]
    TooFew(usize),
    /// More symbols than codewords within the limit.
    #[error("{symbols} symbols do not fit codewords of at most {limit} bits")]
    DoesNotFit {
        /// Codewords asked for.
        symbols: usize,
        /// Largest limit of any of them.
        limit: u8,
    },
    /// A table of limits of another size than the table of weights.
    #[error("{limits} length limits for {weights} weights")]
    Sizes {
        /// Entries in the table of weights.
        weights: usize,
        /// Entries in the table of limits.
        limits: usize,
    },
    /// The limit of one symbol is out of range.
    #[error("symbol {symbol}: code length limit {limit}: must be 1 to 16")]
    SymbolLimit {
        /// The symbol.
        symbol: usize,
        /// Its limit.
        limit: u8,
    },
}

/// Code lengths of a complete code with the least `sum(weight * length)` among all codes of at most `limit` bits,
/// 8 to 16. Every symbol gets a codeword, those of weight 0 too.
pub fn package_merge(weights: &[u64], limit: u8) -> Result<Vec<u8>, PackageMergeError> {
    if !(MIN_LIMIT..=MAX_LIMIT).contains(&limit) {
        return Err(PackageMergeError::Limit(limit));
    }
    package_merge_each(weights, &vec![limit; weights.len()])
}

/// As [`package_merge`], with a limit of 1 to 16 bits for each symbol of its own. An escape needs that: its
/// codeword is followed by the symbol's bits, which count for the longest codeword.
pub fn package_merge_each(weights: &[u64], limits: &[u8]) -> Result<Vec<u8>, PackageMergeError> {
    let symbols = weights.len();
    if limits.len() != symbols {
        return Err(PackageMergeError::Sizes { weights: symbols, limits: limits.len() });
    }
    if symbols < 2 {
        return Err(PackageMergeError::TooFew(symbols));
    }
    if let Some((symbol, &limit)) = limits.iter().enumerate().find(|(_, l)| !(1..=MAX_LIMIT).contains(l)) {
        return Err(PackageMergeError::SymbolLimit { symbol, limit });
    }
    let deepest = limits.iter().copied().max().unwrap_or(0);
    let kraft: u64 = limits.iter().map(|&l| 1u64 << (MAX_LIMIT - l)).sum();
    if kraft > 1 << MAX_LIMIT {
        return Err(PackageMergeError::DoesNotFit { symbols, limit: deepest });
    }

    let mut order: Vec<usize> = (0..symbols).collect();
    order.sort_by_key(|&s| (weights[s], std::cmp::Reverse(s)));

    // One list a level, the deepest first: the level's symbols merged with pairs ("packages") of the list before.
    // Packages weigh up to 16 times the sum of the weights, hence u128.
    let mut lists: Vec<Vec<Item>> = Vec::with_capacity(deepest.into());
    for level in (1..=deepest).rev() {
        let leaves = order.iter().filter(|&&s| limits[s] >= level).map(|&s| Item::leaf(s, weights[s]));
        let packages = match lists.last() {
            Some(below) => below.chunks_exact(2).map(|pair| Item::package(pair[0].weight + pair[1].weight)).collect(),
            None => Vec::new(),
        };
        lists.push(merge(leaves, packages));
    }

    // The cheapest 2n - 2 items of level 1 make the code. Each package among them stands for two items of the level
    // below; these are always the first ones of that level's list. A symbol's length is how often it is among them.
    let mut lengths = vec![0u8; symbols];
    let mut take = 2 * symbols - 2;
    for list in lists.iter().rev() {
        let mut packages = 0;
        for item in &list[..take] {
            match item.symbol {
                Some(s) => lengths[s] += 1,
                None => packages += 1,
            }
        }
        take = 2 * packages;
    }
    Ok(lengths)
}

/// A symbol, or a package of two items of the level below.
struct Item {
    weight: u128,
    symbol: Option<usize>,
}

impl Item {
    fn leaf(symbol: usize, weight: u64) -> Self {
        Item { weight: weight.into(), symbol: Some(symbol) }
    }

    fn package(weight: u128) -> Self {
        Item { weight, symbol: None }
    }
}

/// Merges two lists sorted by weight; of equal weights the leaf comes first.
fn merge(leaves: impl Iterator<Item = Item>, packages: Vec<Item>) -> Vec<Item> {
    let mut leaves = leaves.peekable();
    let mut merged = Vec::with_capacity(leaves.size_hint().1.unwrap_or(0) + packages.len());
    for package in packages {
        while let Some(leaf) = leaves.next_if(|leaf| leaf.weight <= package.weight) {
            merged.push(leaf);
        }
        merged.push(package);
    }
    merged.extend(leaves);
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cost(weights: &[u64], lengths: &[u8]) -> u128 {
        weights.iter().zip(lengths).map(|(&w, &l)| u128::from(w) * u128::from(l)).sum()
    }

    /// Kraft sum in units of 2^-16.
    fn kraft(lengths: &[u8]) -> u64 {
        lengths.iter().map(|&l| 1u64 << (16 - l)).sum()
    }

    /// Least cost by trying every table of lengths within the limits.
    fn brute_force(weights: &[u64], limits: &[u8]) -> u128 {
        fn go(weights: &[u64], limits: &[u8], left: u64) -> Option<u128> {
            let (Some((&w, weights)), Some((&limit, limits))) = (weights.split_first(), limits.split_first()) else {
                return (left == 0).then_some(0);
            };
            (1..=limit)
                .filter(|&l| 1 << (16 - l) <= left)
                .filter_map(|l| go(weights, limits, left - (1 << (16 - l))).map(|c| c + u128::from(w) * u128::from(l)))
                .min()
        }
        go(weights, limits, 1 << 16).unwrap()
    }

    /// Least cost by dynamic programming down the tree: at each depth some of the open nodes become leaves, for the
    /// heaviest symbols that have none yet; every symbol without a leaf pays a bit for each depth.
    fn tree_dp(weights: &[u64], limit: u8) -> u128 {
        let n = weights.len();
        let mut sorted = weights.to_vec();
        sorted.sort_unstable_by(|a, b| b.cmp(a));
        // Entry [placed][open nodes]: least cost so far. More open nodes than symbols are of no use.
        let mut best = vec![vec![None; n + 1]; n + 1];
        best[0][1] = Some(0u128);
        for depth in 0..=limit {
            let mut next = vec![vec![None; n + 1]; n + 1];
            for placed in 0..n {
                let rest: u128 = sorted[placed..].iter().map(|&w| u128::from(w)).sum();
                for (open, so_far) in best[placed].iter().enumerate().skip(1) {
                    let Some(so_far) = *so_far else { continue };
                    for leaves in 0..=open.min(n - placed) {
                        let inner = open - leaves;
                        let unplaced: u128 =
                            rest - sorted[placed..placed + leaves].iter().map(|&w| u128::from(w)).sum::<u128>();
                        let done = placed + leaves == n;
                        if done != (inner == 0) || (!done && depth == limit) {
                            continue;
                        }
                        let slot: &mut Option<u128> = &mut next[placed + leaves][(2 * inner).min(n)];
                        let total = so_far + unplaced;
                        if slot.is_none_or(|old| total < old) {
                            *slot = Some(total);
                        }
                    }
                }
            }
            let finished = best[n][0];
            best = next;
            best[n][0] = [finished, best[n][0]].into_iter().flatten().min();
        }
        best[n][0].unwrap()
    }

    /// Cost of an unlimited Huffman code: the sum of all inner nodes.
    fn huffman_cost(weights: &[u64]) -> u128 {
        let mut nodes: Vec<u128> = weights.iter().map(|&w| w.into()).collect();
        let mut total = 0;
        while nodes.len() > 1 {
            nodes.sort_unstable_by(|a, b| b.cmp(a));
            let pair = nodes.pop().unwrap() + nodes.pop().unwrap();
            total += pair;
            nodes.push(pair);
        }
        total
    }

    #[test]
    fn lengths_by_hand() {
        assert_eq!(package_merge(&[8, 4, 2, 1, 1], 8).unwrap(), [1, 2, 3, 4, 4]);
        // The limit binds: of at most 3 bits the best is 1, 3, 3, 3, 3 (32) against 2, 2, 2, 3, 3 (34).
        assert_eq!(package_merge_each(&[8, 4, 2, 1, 1], &[3; 5]).unwrap(), [1, 3, 3, 3, 3]);
        // At equal weights the lower symbols get the shorter codewords.
        assert_eq!(package_merge(&[5, 5, 5], 8).unwrap(), [1, 2, 2]);
        assert_eq!(package_merge(&[0, 0, 0, 0, 0], 8).unwrap(), [2, 2, 2, 3, 3]);
        assert_eq!(package_merge(&[0, u64::MAX], 16).unwrap(), [1, 1]);
        // Both 1, 2, 3, 3 and 2, 2, 2, 2 cost 10; the one with the shorter longest codeword is taken.
        assert_eq!(package_merge(&[2, 1, 1, 1], 8).unwrap(), [2, 2, 2, 2]);
    }

    #[test]
    fn a_limit_of_its_own_shortens_the_rarest_symbol() {
        assert_eq!(package_merge_each(&[8, 4, 2, 1, 0], &[8, 8, 8, 8, 2]).unwrap(), [1, 3, 4, 4, 2]);
    }

    #[test]
    fn the_largest_weights_do_not_overflow() {
        let lengths = package_merge(&[u64::MAX; 256], 16).unwrap();
        assert_eq!(lengths, [8; 256]);
    }

    #[test]
    fn bad_limits_and_alphabets_are_refused() {
        let message = |n: usize, limit| package_merge(&vec![1; n], limit).unwrap_err().to_string();
        assert_eq!(message(4, 7), "code length limit 7: must be 8 to 16");
        assert_eq!(message(4, 17), "code length limit 17: must be 8 to 16");
        assert_eq!(message(257, 8), "257 symbols do not fit codewords of at most 8 bits");
        assert_eq!(message(1, 8), "1 symbols: a code needs at least 2");
        assert_eq!(message(0, 8), "0 symbols: a code needs at least 2");
        let each = |w: &[u64], l: &[u8]| package_merge_each(w, l).unwrap_err().to_string();
        assert_eq!(each(&[1, 1], &[0, 1]), "symbol 0: code length limit 0: must be 1 to 16");
        assert_eq!(each(&[1, 1], &[1, 17]), "symbol 1: code length limit 17: must be 1 to 16");
        assert_eq!(each(&[1, 1], &[1]), "1 length limits for 2 weights");
        assert_eq!(each(&[1, 1, 1], &[1, 1, 16]), "3 symbols do not fit codewords of at most 16 bits");
        assert_eq!(package_merge(&[1; 256], 8).unwrap(), [8; 256]);
    }

    proptest! {
        #[test]
        fn no_table_of_lengths_is_cheaper(
            (weights, limits) in prop::collection::vec((prop_oneof![0u64..4, 0u64..100], 3u8..6), 2..7)
                .prop_map(|v| v.into_iter().unzip::<_, _, Vec<u64>, Vec<u8>>())
        ) {
            let lengths = package_merge_each(&weights, &limits).unwrap();
            prop_assert_eq!(kraft(&lengths), 1 << 16);
            prop_assert!(lengths.iter().zip(&limits).all(|(l, limit)| l <= limit));
            prop_assert_eq!(cost(&weights, &lengths), brute_force(&weights, &limits));
        }

        #[test]
        fn no_tree_is_cheaper(shifts in prop::collection::vec((0u32..40, 1u64..1000), 2..24), limit in 8u8..=16) {
            let weights: Vec<u64> = shifts.iter().map(|&(s, w)| w << s).collect();
            let lengths = package_merge(&weights, limit).unwrap();
            prop_assert_eq!(kraft(&lengths), 1 << 16);
            prop_assert!(lengths.iter().all(|&l| (1..=limit).contains(&l)));
            prop_assert_eq!(cost(&weights, &lengths), tree_dp(&weights, limit));
        }

        #[test]
        fn a_slack_limit_gives_a_huffman_code(weights in prop::collection::vec(1u64..100, 2..200)) {
            // A codeword of l bits needs a total of at least the Fibonacci number F(l+2) times the least weight:
            // 16 bits never bind below F(19) = 4181, and tests with more are left to the comparison of costs.
            let lengths = package_merge(&weights, 16).unwrap();
            let slack = weights.iter().sum::<u64>() < 4181 * weights.iter().min().unwrap();
            let plain = huffman_cost(&weights);
            prop_assert!(cost(&weights, &lengths) >= plain);
            if slack || lengths.iter().all(|&l| l < 16) {
                prop_assert_eq!(cost(&weights, &lengths), plain);
            }
        }

        #[test]
        fn heavier_symbols_never_get_longer_codewords(weights in prop::collection::vec(any::<u64>(), 2..=256)) {
            let lengths = package_merge(&weights, 9).unwrap();
            let mut order: Vec<usize> = (0..weights.len()).collect();
            order.sort_by_key(|&s| (std::cmp::Reverse(weights[s]), s));
            prop_assert!(order.windows(2).all(|p| lengths[p[0]] <= lengths[p[1]]));
        }
    }
}

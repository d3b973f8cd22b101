//! From symbol statistics to the code of a plane: length limit, floor and escape.

use super::decidable::{decidable_lengths, MAX_DECIDABLE, MIN_DECIDABLE};
use super::distribution::{average, floored, DistributionError, Floor};
use super::package_merge::{package_merge_each, PackageMergeError, MAX_LIMIT, MIN_LIMIT};
use super::{PlaneCode, PlaneCodeError};
use crate::stats::Histogram;
use crate::wire::Parameters;
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// Which symbols have codewords of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Escape {
    /// All of them; there is no escape.
    None,
    /// The `n` likeliest, 1 to 2^`X` - 1; all others by escape. Of equally likely symbols the lower goes first.
    Direct(u16),
    /// As many of the likeliest as make the expected bits least; all of them, and no escape, if nothing is better.
    /// Among equally good numbers the lowest: it makes the smallest tables.
    #[default]
    Auto,
}

impl fmt::Display for Escape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Escape::None => f.pad("none"),
            Escape::Auto => f.pad("auto"),
            Escape::Direct(n) => f.pad(&n.to_string()),
        }
    }
}

impl FromStr for Escape {
    type Err = BuildError;
    fn from_str(text: &str) -> Result<Self, BuildError> {
        match text {
            "none" => Ok(Escape::None),
            "auto" => Ok(Escape::Auto),
            _ => text.parse().map(Escape::Direct).map_err(|_| BuildError::UnknownEscape(text.into())),
        }
    }
}

/// How codes are built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BuildOptions {
    /// Longest codeword of a direct symbol or the escape, 8 to 16 bits.
    pub limit: u8,
    /// Longest codeword with an escaped symbol's bits counted, 8 to 24; the same as `limit` if `None`. It is what has
    /// to fit the mux word: see [`crate::wire::Parameters::codeword_room`], 15 bits for a book per block in mux words of 16.
    pub escaped_limit: Option<u8>,
    /// Which symbols have codewords of their own.
    pub escape: Escape,
    /// Weight of symbols never seen.
    pub floor: Floor,
    /// Bits from whose beginning the length of every codeword follows, 4 to 8, see [`decidable_lengths`]; `None`: no such demand.
    pub decidable: Option<u8>,
}

impl Default for BuildOptions {
    fn default() -> Self {
        BuildOptions { limit: 12, escaped_limit: None, escape: Escape::Auto, floor: Floor::default(), decidable: None }
    }
}

/// Why no code can be built.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The limit with the escaped symbol's bits is out of range.
    #[error("limit {escaped} for escaped codewords: must be {limit} (the code length limit) to 24")]
    EscapedLimit {
        /// Value given.
        escaped: u8,
        /// The code length limit.
        limit: u8,
    },
    /// No room for an escape and a symbol behind it.
    #[error("no room for an escape: a codeword of {room} bits has to hold it and the {symbol_bits} bits of a symbol")]
    EscapeRoom {
        /// Longest codeword.
        room: u8,
        /// Bits of a symbol.
        symbol_bits: u32,
    },
    /// Number of direct symbols out of range.
    #[error("{direct} direct symbols beside an escape: must be 1 to {most} with symbols of {symbol_bits} bits")]
    Direct {
        /// Value given.
        direct: u16,
        /// 2^`X` - 1.
        most: usize,
        /// Bits of a symbol.
        symbol_bits: u32,
    },
    /// The prefix that decides lengths is out of range.
    #[error("codewords decidable by {0} bits: must be {MIN_DECIDABLE} to {MAX_DECIDABLE}")]
    Decidable(u8),
    /// No code of this many codewords is decidable so.
    #[error("no code of {codewords} codewords up to {limit} bits is decidable by its first {prefix} bits")]
    Undecidable {
        /// Codewords, the escape's included.
        codewords: usize,
        /// Longest codeword.
        limit: u8,
        /// Bits that decide.
        prefix: u8,
    },
    /// An escape setting of no known form.
    #[error("unknown escape '{0}': expected none, auto or a number of direct symbols")]
    UnknownEscape(String),
    /// No distribution.
    #[error(transparent)]
    Distribution(#[from] DistributionError),
    /// No code within the limits.
    #[error(transparent)]
    Lengths(#[from] PackageMergeError),
    /// The lengths found are no code.
    #[error(transparent)]
    Code(#[from] PlaneCodeError),
}

impl BuildOptions {
    /// These options with the limits as wide as `parameters` leave room for, with an escaped symbol counted as without:
    /// codes built so fit, see [`Bank::check_fits`](super::Bank::check_fits).
    pub fn fitting(self, parameters: &Parameters) -> Self {
        BuildOptions { limit: parameters.codeword_room() as u8, escaped_limit: None, ..self }
    }

    /// Longest codeword with everything counted.
    pub fn longest(&self) -> u8 {
        self.escaped_limit.unwrap_or(self.limit)
    }

    /// Checks the ranges that do not depend on the alphabet.
    pub fn check(&self) -> Result<(), BuildError> {
        if !(MIN_LIMIT..=MAX_LIMIT).contains(&self.limit) {
            return Err(PackageMergeError::Limit(self.limit).into());
        }
        let escaped = self.longest();
        if !(self.limit..=24).contains(&escaped) {
            return Err(BuildError::EscapedLimit { escaped, limit: self.limit });
        }
        if let Some(prefix) = self.decidable.filter(|k| !(MIN_DECIDABLE..=MAX_DECIDABLE).contains(k)) {
            return Err(BuildError::Decidable(prefix));
        }
        Ok(self.floor.check()?)
    }
}

/// Code for the symbols counted in `histogram`.
pub fn build(histogram: &Histogram, options: &BuildOptions) -> Result<PlaneCode, BuildError> {
    build_average([histogram], options)
}

/// Code for the average distribution of `shards`, all of which count alike.
pub fn build_average<'a>(
    shards: impl IntoIterator<Item = &'a Histogram>,
    options: &BuildOptions,
) -> Result<PlaneCode, BuildError> {
    options.check()?;
    build_distribution(&average(shards, options.floor)?, options)
}

/// Code for a distribution that [`average`] made (with the same floor).
pub fn build_distribution(distribution: &Histogram, options: &BuildOptions) -> Result<PlaneCode, BuildError> {
    options.check()?;
    let weights = floored(distribution, options.floor);
    let symbol_bits = distribution.symbol_bits();
    match options.escape {
        Escape::None => without_escape(symbol_bits, &weights, options),
        Escape::Direct(n) => with_escape(symbol_bits, &weights, n, options),
        Escape::Auto => {
            let mut best: Option<(u128, PlaneCode)> = None;
            let most = weights.len() as u16 - 1;
            let escapes = (1..=most).map(|n| with_escape(symbol_bits, &weights, n, options));
            for code in escapes.chain([without_escape(symbol_bits, &weights, options)]) {
                let code = match code {
                    // The limits leave no room for this many direct symbols; fewer, or no escape, may do.
                    Err(
                        BuildError::EscapeRoom { .. }
                        | BuildError::Undecidable { .. }
                        | BuildError::Lengths(PackageMergeError::DoesNotFit { .. }),
                    ) => continue,
                    code => code?,
                };
                let cost = cost(&weights, &code);
                if best.as_ref().is_none_or(|(least, _)| cost < *least) {
                    best = Some((cost, code));
                }
            }
            match best {
                Some((_, code)) => Ok(code),
                // Cannot be: 8 bits hold all symbols without an escape. The error is that of the last resort.
                None => without_escape(symbol_bits, &weights, options),
            }
        }
    }
}

/// Sum of weight times bits, escaped symbols with all their bits.
fn cost(weights: &[u64], code: &PlaneCode) -> u128 {
    weights.iter().enumerate().map(|(s, &w)| u128::from(w) * u128::from(code.cost(s as u8))).sum()
}

fn without_escape(symbol_bits: u32, weights: &[u64], options: &BuildOptions) -> Result<PlaneCode, BuildError> {
    let lengths = code_lengths(weights, &vec![options.limit; weights.len()], false, options)?;
    Ok(PlaneCode::new(symbol_bits, lengths, 0)?)
}

/// The best lengths within `limits`, all of which are the same but for that of the escape, the last, if there is one.
fn code_lengths(
    weights: &[u64],
    limits: &[u8],
    has_escape: bool,
    options: &BuildOptions,
) -> Result<Vec<u8>, BuildError> {
    let Some(prefix) = options.decidable else { return Ok(package_merge_each(weights, limits)?) };
    let own = weights.len() - usize::from(has_escape);
    let escape = has_escape.then(|| (weights[own], limits[own]));
    // The heaviest first; of equals the lower symbol.
    let mut order: Vec<usize> = (0..own).collect();
    order.sort_by_key(|&i| (std::cmp::Reverse(weights[i]), i));
    let sorted: Vec<u64> = order.iter().map(|&i| weights[i]).collect();
    let found = decidable_lengths(&sorted, escape, options.limit, prefix);
    let found = found.ok_or(BuildError::Undecidable { codewords: weights.len(), limit: options.limit, prefix })?;
    let mut lengths = found.clone();
    order.iter().zip(&found).for_each(|(&i, &length)| lengths[i] = length);
    Ok(lengths)
}

fn with_escape(
    symbol_bits: u32,
    weights: &[u64],
    direct: u16,
    options: &BuildOptions,
) -> Result<PlaneCode, BuildError> {
    let most = weights.len() - 1;
    let number = usize::from(direct);
    if number == 0 || number > most {
        return Err(BuildError::Direct { direct, most, symbol_bits });
    }
    let room = options.longest();
    let escape_limit = room.saturating_sub(symbol_bits as u8).min(options.limit);
    if escape_limit == 0 {
        return Err(BuildError::EscapeRoom { room, symbol_bits });
    }

    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|&s| (std::cmp::Reverse(weights[s]), s));
    let (own, escaped) = order.split_at(number);
    let mut own = own.to_vec();
    own.sort_unstable();

    // The escape takes the place behind the direct symbols, as in the canonical order. Distributions and floors are
    // shares of 2^32, so the sum cannot come near 64 bits unless the caller made it up; then it saturates.
    let escape_weight = escaped.iter().fold(0u64, |sum, &s| sum.saturating_add(weights[s]));
    let own_weights: Vec<u64> = own.iter().map(|&s| weights[s]).chain([escape_weight]).collect();
    let mut limits = vec![options.limit; number];
    limits.push(escape_limit);
    let found = code_lengths(&own_weights, &limits, true, options)?;

    let mut lengths = vec![0; weights.len()];
    for (&s, &length) in own.iter().zip(&found) {
        lengths[s] = length;
    }
    Ok(PlaneCode::new(symbol_bits, lengths, found[number])?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codebook::{Bank, Book};
    use crate::format::{Format, SymbolMap};
    use crate::wire::BookMode;
    use proptest::prelude::*;

    fn histogram(symbol_bits: u32, counts: &[u64]) -> Histogram {
        Histogram::from_counts(symbol_bits, counts.to_vec()).unwrap()
    }

    fn options(limit: u8, escape: Escape) -> BuildOptions {
        BuildOptions { limit, escape, ..BuildOptions::default() }
    }

    /// A steep two-sided distribution, like that of exponents.
    fn steep(symbol_bits: u32) -> Histogram {
        let symbols = 1usize << symbol_bits;
        histogram(
            symbol_bits,
            &(0..symbols).map(|s| (1u64 << 40) >> (2 * s.abs_diff(symbols / 2)).min(63)).collect::<Vec<_>>(),
        )
    }

    #[test]
    fn codes_by_hand() {
        let h = histogram(2, &[8, 4, 2, 2]);
        assert_eq!(build(&h, &options(8, Escape::None)).unwrap().lengths(), [1, 2, 3, 3]);
        // One direct symbol: 1 bit for it, 1 + 2 for all others.
        let code = build(&h, &options(8, Escape::Direct(1))).unwrap();
        assert_eq!((code.lengths(), code.escape_length()), (&[1, 0, 0, 0][..], Some(1)));
        // Two: of symbols 2 and 3, equally likely, none is direct.
        let code = build(&h, &options(8, Escape::Direct(2))).unwrap();
        assert_eq!((code.lengths(), code.escape_length()), (&[1, 2, 0, 0][..], Some(2)));
        // Three: the lower of the two is.
        let code = build(&h, &options(8, Escape::Direct(3))).unwrap();
        assert_eq!((code.lengths(), code.escape_length()), (&[1, 2, 3, 0][..], Some(3)));
        // No escape is better than none at all: 28 bits against 32, 32 and 32.
        assert_eq!(build(&h, &options(8, Escape::Auto)).unwrap().escape_length(), None);
    }

    #[test]
    fn a_limit_counts_the_escaped_symbol() {
        for (limit, escaped_limit) in [(10, None), (12, None), (16, None), (12, Some(20)), (16, Some(24)), (8, Some(9))]
        {
            for escape in [Escape::Direct(15), Escape::Auto, Escape::None] {
                let o = BuildOptions { limit, escaped_limit, escape, floor: Floor::default(), decidable: None };
                let code = build(&steep(8), &o).unwrap();
                assert!(code.longest() <= u32::from(o.longest()), "{o:?}");
                assert!(code.lengths().iter().all(|&l| l <= limit), "{o:?}");
                assert!(code.escape_length().unwrap_or(0) <= limit, "{o:?}");
                assert_eq!(code.escape_length().is_some(), code.direct_symbols() < 256, "{o:?}");
            }
        }
    }

    #[test]
    fn auto_takes_no_escape_where_none_fits() {
        let code = build(&steep(8), &options(8, Escape::Auto)).unwrap();
        assert_eq!(code, PlaneCode::raw(8).unwrap());
        // With room for an escape of 1 bit, no more than 128 direct symbols fit beside it.
        let o = BuildOptions { escaped_limit: Some(9), ..options(8, Escape::Direct(200)) };
        let e = build(&steep(8), &o).unwrap_err().to_string();
        assert_eq!(e, "201 symbols do not fit codewords of at most 8 bits");
        assert!(build(&steep(8), &BuildOptions { escape: Escape::Auto, ..o }).is_ok());
    }

    #[test]
    fn a_longer_escape_is_worth_bits() {
        let share = |escaped_limit| {
            let o = BuildOptions { escaped_limit, ..options(12, Escape::Auto) };
            cost(steep(8).counts(), &build(&steep(8), &o).unwrap())
        };
        assert!(share(Some(20)) < share(None));
    }

    #[test]
    fn the_code_follows_the_average_and_not_the_sum() {
        let (small, large) = (histogram(2, &[9, 1, 1, 1]), histogram(2, &[0, 0, 10_000, 30_000]));
        let by_average = build_average([&small, &large], &options(8, Escape::None)).unwrap();
        assert_eq!(by_average.lengths(), [2, 3, 3, 1]);
        let mut sum = small.clone();
        sum.merge(&large).unwrap();
        assert_eq!(build(&sum, &options(8, Escape::None)).unwrap().lengths(), [3, 3, 2, 1]);
    }

    #[test]
    fn each_range_has_its_message() {
        let h = steep(4);
        let message = |o: BuildOptions| build(&h, &o).unwrap_err().to_string();
        let d = BuildOptions::default();
        assert_eq!(message(BuildOptions { limit: 7, ..d }), "code length limit 7: must be 8 to 16");
        assert_eq!(message(BuildOptions { limit: 17, ..d }), "code length limit 17: must be 8 to 16");
        let range = "must be 12 (the code length limit) to 24";
        for escaped in [11, 25] {
            let e = message(BuildOptions { escaped_limit: Some(escaped), ..d });
            assert_eq!(e, format!("limit {escaped} for escaped codewords: {range}"));
        }
        for n in [0, 16] {
            let e = message(options(12, Escape::Direct(n)));
            assert_eq!(e, format!("{n} direct symbols beside an escape: must be 1 to 15 with symbols of 4 bits"));
        }
        let e = message(BuildOptions { floor: Floor::Share(33), ..d });
        assert_eq!(e, "floor 2^-33: must be 2^-8 to 2^-32");
        let e = build(&steep(8), &options(8, Escape::Direct(9))).unwrap_err().to_string();
        assert_eq!(e, "no room for an escape: a codeword of 8 bits has to hold it and the 8 bits of a symbol");
        assert_eq!(build(&histogram(2, &[0; 4]), &d).unwrap_err().to_string(), "shard 0 has no symbols");
    }

    #[test]
    fn options_fit_the_room_of_the_parameters() {
        let plain = Parameters::plain(Format::Bf16, SymbolMap::Fields, 4);
        let blocks = Parameters { book_mode: BookMode::Block, block_log2: Some(6), ..plain };
        for (parameters, limit, longest) in [(plain, 16, 16), (blocks, 15, 15)] {
            let o = BuildOptions::default().fitting(&parameters);
            assert_eq!((o.limit, o.longest()), (limit, longest));
            for escape in [Escape::None, Escape::Direct(31), Escape::Auto] {
                let book =
                    Book { name: "a".into(), planes: vec![build(&steep(8), &BuildOptions { escape, ..o }).unwrap()] };
                let bank = Bank::new(SymbolMap::Fields, vec![book]).unwrap();
                bank.check_fits(&parameters, &parameters.check().unwrap()).unwrap();
            }
        }
    }

    #[test]
    fn escapes_have_names() {
        for escape in [Escape::None, Escape::Auto, Escape::Direct(31)] {
            assert_eq!(escape.to_string().parse(), Ok(escape));
        }
        let e = "all".parse::<Escape>().unwrap_err().to_string();
        assert_eq!(e, "unknown escape 'all': expected none, auto or a number of direct symbols");
    }

    proptest! {
        #[test]
        fn auto_is_the_best_of_all_numbers(
            counts in prop::collection::vec(prop_oneof![Just(0u64), 0u64..50, 0u64..100_000], 16),
            (limit, more) in (8u8..=16, 0u8..8),
        ) {
            prop_assume!(counts.iter().any(|&c| c > 0));
            let h = histogram(4, &counts);
            let o = BuildOptions { escaped_limit: Some(limit + more), ..options(limit, Escape::Auto) };
            let weights = floored(&average([&h], o.floor).unwrap(), o.floor);
            let bits = |escape| build(&h, &BuildOptions { escape, ..o }).map(|c| cost(&weights, &c));
            let best = (1..16).map(Escape::Direct).chain([Escape::None]).filter_map(|e| bits(e).ok()).min();
            prop_assert_eq!(bits(Escape::Auto).ok(), best);
        }

        #[test]
        fn every_histogram_makes_a_code_that_codes_everything(
            x in 2u32..=8, seed in prop::collection::vec(any::<u64>(), 256), limit in 8u8..=16, auto in any::<bool>(),
        ) {
            let h = histogram(x, &seed.iter().map(|v| v >> (v % 64)).take(1 << x).collect::<Vec<_>>());
            prop_assume!(h.total() > 0);
            let o = options(limit, if auto { Escape::Auto } else { Escape::None });
            let code = build(&h, &o).unwrap();
            prop_assert!(code.longest() <= u32::from(limit));
        }
    }
}

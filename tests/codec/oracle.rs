//! The wire format once more, as naively as it can be written: whole streams as lists of bits, sections 2 to 7 transcribed
//! line by line. It shares no code with the codec but the parameters, the header's layout and the tables of lengths.

use huffwire::codebook::{Bank, PlaneCode};
use huffwire::format::{Layout, SymbolMap};
use huffwire::wire::{BookMode, Header, Parameters};

/// Bits, first one first.
type Bits = Vec<bool>;

fn append(stream: &mut Bits, value: u64, bits: u32) {
    stream.extend((0..bits).rev().map(|bit| value >> bit & 1 == 1));
}

fn number(bits: &[bool]) -> u64 {
    bits.iter().fold(0, |number, &bit| number << 1 | u64::from(bit))
}

/// Section 3: the bits sent for each symbol.
fn codewords(code: &PlaneCode) -> Vec<Bits> {
    let symbols = code.symbols();
    let mut words = vec![Bits::new(); symbols + 1];
    let length = |s: usize| if s < symbols { code.lengths()[s] } else { code.escape_length().unwrap_or(0) };
    let mut next: Option<(u64, u8)> = None;
    for bits in 1..=16 {
        for (_, word) in words.iter_mut().enumerate().filter(|&(s, _)| length(s) == bits) {
            let value = next.map_or(0, |(previous, length)| (previous + 1) << (bits - length));
            append(word, value, bits.into());
            next = Some((value, bits));
        }
    }
    let escape = words.pop().unwrap();
    for (symbol, word) in words.iter_mut().enumerate().filter(|(_, word)| word.is_empty()) {
        *word = escape.clone();
        append(word, symbol as u64, code.symbol_bits());
    }
    words
}

/// Section 2: symbols (not re-centred) and raw bits of an element.
fn take_apart(layout: &Layout, element: &[u8]) -> (Vec<u8>, Bits) {
    if layout.map != SymbolMap::Fields {
        return (element.to_vec(), Bits::new());
    }
    let mut bits = Bits::new();
    element.iter().rev().for_each(|&byte| append(&mut bits, byte.into(), 8));
    let bits = &bits[bits.len() - layout.element_bits as usize..];
    let (exponent, mantissa) = bits[1..].split_at(layout.symbol_bits as usize);
    (vec![number(exponent) as u8], [&bits[..1], mantissa].concat())
}

/// The bias of the header: as given, else the mean of the first block's exponents, zeros left out, halves up.
fn initial_bias(parameters: &Parameters, exponents: &[u8]) -> u8 {
    let first = (parameters.lanes as usize) << parameters.block_log2.unwrap();
    let nonzero: Vec<i64> = exponents.iter().take(first).filter(|&&e| e > 0).map(|&e| e.into()).collect();
    let mean = || (2 * nonzero.iter().sum::<i64>() + nonzero.len() as i64).checked_div(2 * nonzero.len() as i64);
    parameters.tracking.unwrap().initial_bias.unwrap_or_else(|| mean().unwrap_or(0) as u8)
}

/// Section 6.2: the exponents of all elements re-centred, with the bias of every block worked out from the start.
fn recentre_all(parameters: &Parameters, layout: &Layout, exponents: &[u8]) -> Vec<u8> {
    let tracking = parameters.tracking.unwrap();
    let n_elements = i64::from(parameters.lanes) << parameters.block_log2.unwrap();
    let (d, w, q) = (i64::from(tracking.delay), 1i64 << tracking.window_log2, 1i64 << layout.symbol_bits);
    let mut biases: Vec<i64> = Vec::new();
    let mut sums: Vec<i64> = Vec::new();
    let mut symbols = Vec::new();
    for (n, block) in exponents.chunks(n_elements as usize).enumerate() {
        let initial_bias = i64::from(initial_bias(parameters, exponents));
        let t = |k: i64| if k < 0 { n_elements * initial_bias } else { sums[k as usize] };
        let n = n as i64;
        let b = ((n - d - w..n - d).map(t).sum::<i64>() + w * n_elements / 2).div_euclid(w * n_elements);
        biases.push(b);
        sums.push(block.iter().map(|&e| if e > 0 { i64::from(e) } else { b }).sum());
        symbols.extend(block.iter().map(|&e| {
            let e = i64::from(e);
            let symbol = if e == 0 {
                q / 2
            } else if (e - b).rem_euclid(q) == q / 2 {
                (-b).rem_euclid(q)
            } else {
                (e - b).rem_euclid(q)
            };
            symbol as u8
        }));
    }
    symbols
}

/// CRC-32C bit by bit (section 7).
pub fn crc32c(bytes: &[u8]) -> u32 {
    let mut crc = 0xFFFF_FFFFu32;
    for bit in bytes.iter().flat_map(|byte| (0..8).map(move |bit| u32::from(byte >> bit & 1))) {
        crc = if (crc ^ bit) & 1 == 1 { crc >> 1 ^ 0x82F6_3B78 } else { crc >> 1 };
    }
    crc ^ 0xFFFF_FFFF
}

/// One word of the payload before the cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The group it belongs to, that of a turn.
    pub group: usize,
    /// Lane, or `L` for the raw stream.
    pub stream: usize,
    /// Place in its stream.
    pub index: usize,
}

/// A packet with everything that led to it.
pub struct Packet {
    pub header: Vec<u32>,
    pub payload: Vec<u32>,
    pub trailer: Vec<u32>,
    /// All words asked for, in order; the payload is the first of them.
    pub asked: Vec<Asked>,
    /// Steps, and turns.
    pub steps: usize,
    pub turns: usize,
    /// `c(l,t)` for `t` = 0 ... steps: bits before step `t`, book ids counted.
    pub bits_before: Vec<Vec<usize>>,
}

impl Packet {
    pub fn words(&self) -> Vec<u32> {
        [&self.header[..], &self.payload, &self.trailer].concat()
    }
}

/// Section 1: the bits of a mux word.
const M: usize = 16;

fn cut_into_words(bits: &Bits) -> Vec<u32> {
    let word = |chunk: &[bool]| (number(chunk) << (M - chunk.len())) as u32;
    bits.chunks(M).map(word).collect()
}

/// Encodes `data` with these books, one for each block.
pub fn encode(parameters: &Parameters, bank: &Bank, data: &[u8], books: &[u8]) -> Packet {
    let layout = parameters.check().unwrap();
    let (lanes, q) = (parameters.lanes as usize, parameters.turns as usize);
    let turn_lanes = lanes / q;
    let planes = layout.symbols as usize;

    let elements: Vec<_> = data.chunks(layout.element_bytes()).map(|e| take_apart(&layout, e)).collect();
    let mut symbols: Vec<u8> = elements.iter().flat_map(|e| e.0.clone()).collect();
    let raw: Bits = elements.iter().flat_map(|e| e.1.clone()).collect();
    if parameters.tracking.is_some() {
        symbols = recentre_all(parameters, &layout, &symbols);
    }

    // Section 5.1 and 6.1: the lanes' streams.
    let tables: Vec<Vec<Vec<Bits>>> = (0..=bank.books().len() as u8)
        .map(|id| bank.book(id).unwrap().planes.iter().map(codewords).collect())
        .collect();
    let per_block = parameters.book_mode == BookMode::Block;
    let b = 1usize << parameters.block_log2.unwrap_or(0);
    let steps = symbols.len().div_ceil(lanes);
    let mut streams = vec![Bits::new(); lanes];
    let mut bits_before = vec![vec![0]; lanes];
    for t in 0..steps {
        for l in 0..lanes {
            let j = t * lanes + l;
            if let Some(&symbol) = symbols.get(j) {
                let book = if per_block { books[t / b] } else { books[0] };
                streams[l].extend(&tables[usize::from(book)][j % planes][usize::from(symbol)]);
            }
            if per_block && l == 0 && (b - 16..b - 12).contains(&(t % b)) {
                let n = t / b;
                let begins = (n + 1) * b < steps;
                let id = if begins { books[n + 1] } else { 0 };
                append(&mut streams[l], u32::from(id >> (b - 13 - t % b) & 1).into(), 1);
            }
            bits_before[l].push(streams[l].len());
        }
    }

    // Section 5.2.
    let r = |u: usize| ((u + 8) * turn_lanes * layout.raw_bits as usize).div_ceil(M);
    let turns = symbols.len().div_ceil(turn_lanes);
    let mut asked: Vec<Asked> = Vec::new();
    let mut taken = vec![0; lanes];
    for u in 0..turns {
        let (t, turn) = (u / q, u % q);
        let raw_words = if u == 0 { 0..r(0) } else { r(u - 1)..r(u) };
        let raw_words = raw_words.map(|index| Asked { group: u, stream: lanes, index });
        let mut lane_word = |stream: usize| {
            taken[stream] += 1;
            Asked { group: u, stream, index: taken[stream] - 1 }
        };
        if u == 0 {
            asked.extend(raw_words);
            for _ in 0..parameters.prefill {
                asked.extend((0..lanes).map(&mut lane_word));
            }
        } else {
            let crossed = |l: &usize| t > 0 && bits_before[*l][t] / M > bits_before[*l][t - 1] / M;
            asked.extend((turn * turn_lanes..(turn + 1) * turn_lanes).filter(crossed).map(&mut lane_word));
            asked.extend(raw_words);
        }
    }
    let words: Vec<Vec<u32>> = streams.iter().chain([&raw]).map(cut_into_words).collect();
    let real = |a: &Asked| a.index < words[a.stream].len();
    let cut = asked.iter().rposition(real).map_or(0, |last| last + 1);
    assert_eq!(asked.iter().filter(|a| real(a)).count(), words.iter().map(Vec::len).sum::<usize>());
    let payload = asked[..cut].iter().map(|a| words[a.stream].get(a.index).copied().unwrap_or(0)).collect();

    // Sections 4 and 7.
    let mut stated = *parameters;
    if let Some(tracking) = &mut stated.tracking {
        let exponents: Vec<u8> = elements.iter().map(|e| e.0[0]).collect();
        tracking.initial_bias = Some(initial_bias(parameters, &exponents));
    }
    let header =
        Header { parameters: stated, book: books.first().copied().unwrap_or(0), fingerprint: bank.fingerprint() };
    let count = symbols.len();
    let multiple = turn_lanes.max(planes);
    let missing = (count.div_ceil(multiple) * multiple - count) / planes * layout.element_bytes();
    let turn_bytes = multiple / planes * layout.element_bytes();
    let count_padding = vec![0; turn_bytes.max(4) - 4];
    let covered =
        [&header.to_bytes()[..], data, &vec![0; missing], &count_padding, &(count as u32).to_be_bytes()].concat();
    let (mut header_bits, mut trailer_bits) = (Bits::new(), Bits::new());
    header.to_bytes().iter().for_each(|&byte| append(&mut header_bits, byte.into(), 8));
    append(&mut trailer_bits, count as u64, 32);
    append(&mut trailer_bits, crc32c(&covered).into(), 32);
    let (header, trailer) = (cut_into_words(&header_bits), cut_into_words(&trailer_bits));
    Packet { header, payload, trailer, asked, steps, turns, bits_before }
}

/// Bits that one book takes for the codewords of each block, by the definition of a codeword's length.
pub fn block_costs(parameters: &Parameters, bank: &Bank, data: &[u8]) -> Vec<Vec<u64>> {
    let layout = parameters.check().unwrap();
    let planes = layout.symbols as usize;
    let mut symbols: Vec<u8> = data.chunks(layout.element_bytes()).flat_map(|e| take_apart(&layout, e).0).collect();
    if parameters.tracking.is_some() {
        symbols = recentre_all(parameters, &layout, &symbols);
    }
    let block = match parameters.book_mode {
        BookMode::Fixed => symbols.len().max(1),
        BookMode::Block => (parameters.lanes as usize) << parameters.block_log2.unwrap(),
    };
    let cost = |block: &[u8], id: u8| {
        let codes = &bank.book(id).unwrap().planes;
        block.iter().enumerate().map(|(j, &s)| u64::from(codes[j % planes].cost(s))).sum()
    };
    symbols.chunks(block).map(|block| (0..=bank.books().len() as u8).map(|id| cost(block, id)).collect()).collect()
}

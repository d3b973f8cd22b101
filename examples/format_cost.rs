//! What the wire format costs: header, trailer and padding over the sum of code and raw bits. Prints the table of
//! docs/wire-format.md, section 11.
//!
//! ```text
//! cargo run --release --example format_cost               synthetic exponents, always the same
//! cargo run --release --example format_cost -- FILE       a file of bfloat16 numbers, little-endian
//! ```

use huffwire::codebook::{Bank, Book, PlaneCode};
use huffwire::codec::{BookChoice, Codec, CodecError, EncodeError};
use huffwire::format::{Format, SymbolMap};
use huffwire::wire::{ParameterError, Parameters};
use std::error::Error;
use std::fmt::Write;
use std::sync::Arc;

/// Lanes, and the turns in which they are served.
const LANES: [(u32, u32); 7] = [(1, 1), (4, 1), (16, 1), (64, 1), (4, 4), (16, 4), (64, 4)];
const PACKET_SYMBOLS: [usize; 3] = [65536, 4096, 512];
const PREFILLS: [u32; 3] = [3, 4, 5];

/// SplitMix64: a generator that will give the same numbers for ever.
struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ z >> 31
    }
}

/// bfloat16 numbers whose exponents lie around 120 in a two-sided geometric distribution of ratio 0.45: 2.70 bits of
/// entropy. Sign and mantissa are noise.
pub fn synthetic(elements: usize) -> Vec<u8> {
    let mut random = SplitMix64(1);
    let ratio = 0.45f64;
    let centre_chance = (1.0 - ratio) / (1.0 + ratio);
    let mut element = || {
        let bits = random.next();
        let uniform = (bits >> 11) as f64 / (1u64 << 53) as f64;
        // The chance that the distance is 0, then 1 (both signs), 2, ...
        let (mut distance, mut chance, mut below) = (0, centre_chance, centre_chance);
        while uniform >= below && distance < 100 {
            distance += 1;
            chance *= if distance == 1 { 2.0 * ratio } else { ratio };
            below += chance;
        }
        let sign_and_mantissa = bits & 0x7F | bits << 8 & 0x8000;
        let exponent = if bits >> 10 & 1 == 1 { 120 + distance } else { 120 - distance };
        (sign_and_mantissa as u16 | (exponent as u16) << 7).to_le_bytes()
    };
    (0..elements).flat_map(|_| element()).collect()
}

/// Huffman's code lengths for these weights, of which there have to be two at least.
fn huffman(weights: &[u64]) -> Vec<u8> {
    let mut lengths = vec![0; weights.len()];
    let mut trees: Vec<(u64, Vec<usize>)> = weights.iter().enumerate().map(|(i, &weight)| (weight, vec![i])).collect();
    while trees.len() > 1 {
        trees.sort_by(|a, b| b.cmp(a));
        let (Some(a), Some(b)) = (trees.pop(), trees.pop()) else { break };
        let leaves = [a.1, b.1].concat();
        leaves.iter().for_each(|&leaf| lengths[leaf] += 1);
        trees.push((a.0 + b.0, leaves));
    }
    lengths
}

/// A bank of one book made for these exponents. Those below 1 in 512 share the escape, which has 8 bits at most, so that all
/// fits a word of 16.
fn bank(data: &[u8]) -> Result<Bank, Box<dyn Error>> {
    let mut counts = vec![0u64; 256];
    data.chunks_exact(2).for_each(|e| counts[usize::from(u16::from_le_bytes([e[0], e[1]]) >> 7 & 0xFF)] += 1);
    let total: u64 = counts.iter().sum();
    let direct: Vec<usize> = (0..256).filter(|&e| counts[e] > total / 512).collect();
    let rest = total - direct.iter().map(|&e| counts[e]).sum::<u64>();
    let mut weights: Vec<u64> = direct.iter().map(|&e| counts[e]).chain([rest.max(1)]).collect();
    let (mut codes, escape) = (huffman(&weights), weights.len() - 1);
    while codes[escape] > 8 {
        weights[escape] *= 2;
        codes = huffman(&weights);
    }
    let mut lengths = vec![0; 256];
    direct.iter().zip(&codes).for_each(|(&exponent, &length)| lengths[exponent] = length);
    let book = Book { name: "measured".into(), planes: vec![PlaneCode::new(8, lengths, codes[escape])?] };
    Ok(Bank::new(SymbolMap::Fields, vec![book])?)
}

#[derive(Debug, thiserror::Error)]
enum CostError {
    #[error(transparent)]
    Codec(#[from] CodecError),
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

/// Percent that packets of so many symbols cost over their code and raw bits.
fn overhead(data: &[u8], bank: &Arc<Bank>, parameters: Parameters, symbols: usize) -> Result<f64, CostError> {
    let codec = Codec::new(parameters, bank.clone())?;
    let (mut useful, mut sent) = (0, 0);
    for packet in data.chunks_exact(2 * symbols) {
        let (_, report) = codec.encode_words(packet, &BookChoice::Fixed(1))?;
        useful += report.coded_bits() + report.raw_bits;
        sent += report.packet_bits();
    }
    Ok(100.0 * (sent as f64 / useful as f64 - 1.0))
}

/// The table, as Markdown.
pub fn table(data: &[u8]) -> Result<String, Box<dyn Error>> {
    let bank = Arc::new(bank(data)?);
    let mut table = String::from("| `L` | `Q` |");
    for symbols in PACKET_SYMBOLS {
        PREFILLS.iter().try_for_each(|prefill| write!(table, " {symbols}, `P` = {prefill} |"))?;
    }
    table += "\n|---|---|";
    table += &"---|".repeat(PACKET_SYMBOLS.len() * PREFILLS.len());
    for (lanes, turns) in LANES {
        write!(table, "\n| {lanes} | {turns} |")?;
        for symbols in PACKET_SYMBOLS {
            for prefill in PREFILLS {
                let plain = Parameters::plain(Format::Bf16, SymbolMap::Fields, lanes);
                let parameters = Parameters { turns, prefill, ..plain };
                match overhead(data, &bank, parameters, symbols) {
                    Ok(percent) => write!(table, " {percent:.2} |")?,
                    // Lanes in turn take more words ahead.
                    Err(CostError::Codec(CodecError::Parameters(ParameterError::Prefill(_)))) => table += " - |",
                    Err(error) => return Err(error.into()),
                }
            }
        }
    }
    Ok(table + "\n")
}

fn main() -> Result<(), Box<dyn Error>> {
    let data = match std::env::args_os().nth(1) {
        None => synthetic(4 * PACKET_SYMBOLS[0]),
        Some(path) => {
            let data = std::fs::read(&path)?;
            let least = 2 * PACKET_SYMBOLS[0];
            if data.len() < least {
                return Err(format!("{path:?} has {} bytes: at least {least} are needed", data.len()).into());
            }
            data
        }
    };
    print!("{}", table(&data)?);
    Ok(())
}

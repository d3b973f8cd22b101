//! bf16 tensors in other formats, as frameworks convert them.
//!
//! | format | how |
//! |---|---|
//! | `fp16` | as it is; gradients (`d_*`, `wg_*`) times the power of two that takes the largest to 2^10, as loss scaling does |
//! | `e4m3`, `e5m2` | times a scale for each tensor that takes the largest value to the format's largest |
//! | `int8` | the same, to 127 |
//! | `e3m2`, `e2m3`, `e2m1` | OCP MX: a power of two for every 32 elements |
//! | `int4` | a scale for every 32 elements that takes the largest value to 7 |
//!
//! All round to the nearest, ties to even, and saturate. Scales are not part of what is coded.

use half::{bf16, f16};
use huffwire::format::Format;
use safetensors::Dtype;

const MX_BLOCK: usize = 32;

/// A bf16 tensor.
pub struct Tensor {
    pub name: String,
    pub shape: Vec<usize>,
    /// Little-endian elements.
    pub bytes: Vec<u8>,
}

/// Dimensions in `format`: pairs of 4-bit codes halve the last one.
pub fn shape(tensor: &Tensor, format: Format) -> Vec<usize> {
    let mut shape = tensor.shape.clone();
    if let (Format::E2m1 | Format::Int4, Some(last)) = (format, shape.last_mut()) {
        *last /= 2;
    }
    shape
}

/// The dtype under which a file holds the format's elements.
pub fn dtype(format: Format) -> Dtype {
    match format {
        Format::Bf16 => Dtype::BF16,
        Format::Fp16 => Dtype::F16,
        Format::E4m3 => Dtype::F8_E4M3,
        Format::E5m2 => Dtype::F8_E5M2,
        Format::Int8 => Dtype::I8,
        _ => Dtype::U8,
    }
}

/// The elements of a tensor in `format`, in memory bytes: 6-bit codes one a byte, 4-bit codes two a byte, the first in the low half.
pub fn convert(tensor: &Tensor, format: Format) -> Vec<u8> {
    let bytes = tensor.bytes.chunks_exact(2);
    let values: Vec<f32> = bytes.map(|b| bf16::from_le_bytes([b[0], b[1]]).to_f32()).collect();
    let to_most = |values: &[f32], most: f32| match largest(values) {
        0.0 => 1.0,
        largest => most / largest,
    };
    let blocks = |element: &dyn Fn(&[f32]) -> Vec<u8>| values.chunks(MX_BLOCK).flat_map(element).collect::<Vec<u8>>();
    let float = |m: Mini, x: f32| m.encode(x);
    let integer = |x: f32, most: f32| x.round_ties_even().clamp(-most, most) as i8 as u8;
    let mx = |m: Mini| {
        blocks(&|block| {
            let scale = (-(exponent(largest(block)) - exponent(m.most)) as f32).exp2();
            block.iter().map(|x| float(m, x * scale)).collect()
        })
    };
    match format {
        Format::Fp16 => {
            let kind = tensor.name.split('.').nth(1).unwrap_or_default();
            let gradient = kind.starts_with("d_") || kind.starts_with("wg_");
            let scale = if gradient { ((10 - exponent(largest(&values))) as f32).exp2() } else { 1.0 };
            values.iter().flat_map(|x| f16::from_f32(x * scale).to_le_bytes()).collect()
        }
        Format::E4m3 | Format::E5m2 => {
            let m = if format == Format::E4m3 { Mini::E4M3 } else { Mini::E5M2 };
            let scale = to_most(&values, m.most);
            values.iter().map(|x| float(m, x * scale)).collect()
        }
        Format::Int8 => {
            let scale = to_most(&values, 127.0);
            values.iter().map(|x| integer(x * scale, 127.0)).collect()
        }
        Format::E3m2 => mx(Mini::E3M2),
        Format::E2m3 => mx(Mini::E2M3),
        Format::E2m1 => pairs(&mx(Mini::E2M1)),
        Format::Int4 => pairs(&blocks(&|block| {
            let scale = to_most(block, 7.0);
            block.iter().map(|x| integer(x * scale, 7.0) & 0xF).collect()
        })),
        Format::Bf16 | Format::Fp32 | Format::Raw => tensor.bytes.clone(),
    }
}

fn largest(values: &[f32]) -> f32 {
    values.iter().fold(0.0, |most, x| x.abs().max(most))
}

/// floor(log2(x)) of a normal number.
fn exponent(x: f32) -> i32 {
    (x.to_bits() >> 23 & 0xFF) as i32 - 127
}

fn pairs(codes: &[u8]) -> Vec<u8> {
    codes.chunks_exact(2).map(|pair| pair[0] | pair[1] << 4).collect()
}

/// A small floating-point format.
#[derive(Clone, Copy)]
struct Mini {
    exponent_bits: u32,
    mantissa_bits: u32,
    most: f32,
}

impl Mini {
    const E4M3: Mini = Mini { exponent_bits: 4, mantissa_bits: 3, most: 448.0 };
    const E5M2: Mini = Mini { exponent_bits: 5, mantissa_bits: 2, most: 57344.0 };
    const E3M2: Mini = Mini { exponent_bits: 3, mantissa_bits: 2, most: 28.0 };
    const E2M3: Mini = Mini { exponent_bits: 2, mantissa_bits: 3, most: 7.5 };
    const E2M1: Mini = Mini { exponent_bits: 2, mantissa_bits: 1, most: 6.0 };

    fn encode(self, x: f32) -> u8 {
        let bias = (1 << (self.exponent_bits - 1)) - 1;
        let magnitude = x.abs().min(self.most);
        // Below the smallest normal number all have the exponent of it.
        let exponent = exponent(magnitude).max(1 - bias);
        let steps = (magnitude * ((self.mantissa_bits as i32 - exponent) as f32).exp2()).round_ties_even() as i32;
        // Rounding up to the next power of two carries into the exponent by itself.
        let code = ((exponent + bias - 1) << self.mantissa_bits) + steps;
        let sign = u8::from(x.is_sign_negative()) << (self.exponent_bits + self.mantissa_bits);
        sign | code as u8
    }
}

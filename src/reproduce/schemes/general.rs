//! Compressors for any data, on the bytes of a whole tensor.

use super::{Context, Spent};
use crate::reproduce::input::Tensor;
use crate::reproduce::ReproduceError;
use flate2::read::{ZlibDecoder, ZlibEncoder};
use flate2::Compression;
use std::io::Read;

type Bytes = Result<Vec<u8>, std::io::Error>;

pub fn zlib(context: &Context, tensor: usize) -> Result<Option<Spent>, ReproduceError> {
    let read = |mut from: Box<dyn Read + '_>| {
        let mut out = Vec::new();
        from.read_to_end(&mut out).map(|_| out)
    };
    let encode = |plain: &[u8]| read(Box::new(ZlibEncoder::new(plain, Compression::new(6))));
    let decode = |packed: &[u8]| read(Box::new(ZlibDecoder::new(packed)));
    whole("zlib", &context.tensors[tensor], &encode, &decode)
}

pub fn zstd_3(context: &Context, tensor: usize) -> Result<Option<Spent>, ReproduceError> {
    zstd("zstd-3", &context.tensors[tensor], 3)
}

pub fn zstd_19(context: &Context, tensor: usize) -> Result<Option<Spent>, ReproduceError> {
    zstd("zstd-19", &context.tensors[tensor], 19)
}

fn zstd(scheme: &'static str, tensor: &Tensor, level: i32) -> Result<Option<Spent>, ReproduceError> {
    whole(scheme, tensor, &|plain| zstd::encode_all(plain, level), &|packed| zstd::decode_all(packed))
}

fn whole(
    scheme: &'static str,
    tensor: &Tensor,
    encode: &dyn Fn(&[u8]) -> Bytes,
    decode: &dyn Fn(&[u8]) -> Bytes,
) -> Result<Option<Spent>, ReproduceError> {
    let fault = |e: std::io::Error| ReproduceError::Coder { scheme, message: e.to_string() };
    let plain: Vec<u8> = tensor.shards.iter().flat_map(|s| s.bytes.iter().copied()).collect();
    let packed = encode(&plain).map_err(fault)?;
    if decode(&packed).map_err(fault)? != plain {
        return Err(ReproduceError::RoundTrip { scheme, tensor: tensor.name.clone() });
    }
    Ok(Some(Spent { plain: tensor.plain_bits(), coded: 8.0 * packed.len() as f64, side: 0.0 }))
}

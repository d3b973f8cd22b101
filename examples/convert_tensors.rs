//! Converts the bf16 tensors of a safetensors file, as the study of the universal bank does, so that banks of other formats can be made
//! from them: `cargo run --release --example convert_tensors -- fp16 tensors.safetensors fp16.safetensors`.
//!
//! Formats for which safetensors has no dtype become `U8`, one code (of 4-bit formats one pair) a byte: `--dtype` says what they are.

#[path = "bank_study/convert.rs"]
mod convert;

use convert::{convert, Tensor};
use huffwire::format::Format;
use huffwire::tensor::{OpenOptions, TensorFile};
use safetensors::tensor::TensorView;
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [format, from, to] = &arguments[..] else {
        return Err("expected FORMAT, a file to read and one to write".into());
    };
    let format: Format = format.parse()?;
    let file = TensorFile::open(Path::new(from), &OpenOptions::default())?;
    let mut tensors: Vec<Tensor> = Vec::new();
    for info in file.tensors().iter().filter(|t| t.format == Some(Format::Bf16)) {
        let shape = info.shape.iter().map(|&n| n as usize).collect();
        tensors.push(Tensor { name: info.name.clone(), shape, bytes: file.bytes(info)?.into_owned() });
    }
    let converted = tensors.iter().map(|t| (t, convert(t, format))).collect::<Vec<_>>();
    let views = converted.iter().map(|(tensor, data)| {
        Ok((tensor.name.as_str(), TensorView::new(convert::dtype(format), convert::shape(tensor, format), data)?))
    });
    let views = views.collect::<Result<Vec<_>, safetensors::SafeTensorError>>()?;
    std::fs::write(to, safetensors::serialize(views, None)?)?;
    println!("{to}: {} tensors", tensors.len());
    Ok(())
}

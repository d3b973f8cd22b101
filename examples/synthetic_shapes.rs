//! Writes the synthetic bf16 tensors that the universal bank is made from, beside real ones:
//! `cargo run --release --example synthetic_shapes -- shapes.safetensors`.

#[path = "shapes/mod.rs"]
mod shapes;

use safetensors::tensor::{Dtype, TensorView};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("expected the name of the file to write")?;
    let tensors = shapes::tensors()?;
    let views = tensors
        .iter()
        .map(|(name, data)| Ok((name.as_str(), TensorView::new(Dtype::BF16, shapes::SHAPE.to_vec(), data)?)));
    let views = views.collect::<Result<Vec<_>, safetensors::SafeTensorError>>()?;
    std::fs::write(&path, safetensors::serialize(views, None)?)?;
    println!("{path}: {} tensors", tensors.len());
    Ok(())
}

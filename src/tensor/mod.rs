//! Input of tensors: `.safetensors`, `.npy` and raw files, memory-mapped, so that a file may be larger than memory.
//!
//! ```text
//! file -> map -> header (safetensors.rs, npy.rs) -> TensorInfo: name, dtype, shape, byte range, Format
//!                                                        |
//!                          bytes / chunks / shards <-----'   elements as the codec takes them
//! ```
//!
//! Every header is checked against the file before anything is allocated from a number in it. Values are never
//! interpreted: NaN payloads and negative zeros come out bit for bit.
//!
//! **Which format.** A tensor's [`Format`](crate::format::Format) follows from the dtype that the file declares (see
//! [`StoredType`]) or from [`OpenOptions::format`], which must have the width of the stored elements. Names are never
//! looked at. A dtype without a format (`I64`, `F64`, `BOOL`, ...) is not an error when the file is opened:
//! [`TensorInfo::require_format`] refuses it by name, [`TensorInfo::or_raw`] takes it as plain bytes.
//!
//! **4-bit and 6-bit codes.** 6-bit formats are held one code a byte, top two bits zero. 4-bit formats are held two codes
//! a byte, the first in the low nibble, or, with [`OpenOptions::unpacked`], one code a byte; those are packed in pairs as
//! they are read, and an odd last code gets a zero high nibble. A stray high bit is an error that names the tensor, the
//! offset and the value.

mod dtype;
mod error;
mod file;
mod input;
mod npy;
mod safetensors;
mod shards;

pub use dtype::StoredType;
pub use error::TensorError;
pub use file::{FileKind, OpenOptions, TensorFile, TensorInfo};
pub use input::{InputError, InputFile};
pub use npy::NpyError;
pub use safetensors::SafetensorsError;
pub use shards::{Shard, Shards};

//! How fast software codes bf16 tensors on one core: the fast codec, the reference codec and zstd, in GB/s of original
//! data, and what each saves. docs/software-speed.md says what came out. `cargo bench --bench codec -- fast` runs a part.
//!
//! The data are three real tensors of data/tensors.safetensors, each repeated up to [`PACKETS`] packets of
//! [`PACKET_ELEMENTS`] elements. Every packet is compressed by itself, by zstd too: none of the tensors repeats within one.

use divan::counter::BytesCount;
use divan::Bencher;
use huffwire::codebook::{universal, Bank};
use huffwire::codec::{BookChoice, Codec};
use huffwire::fast::FastCodec;
use huffwire::format::{Format, SymbolMap};
use huffwire::tensor::{OpenOptions, TensorFile};
use huffwire::wire::{BookMode, Parameters, Tracking, LANES_IN_TURN};
use std::fmt;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use zstd::bulk::{Compressor, Decompressor};
use zstd::zstd_safe::{CParameter, ParamSwitch};

/// Elements of a packet.
const PACKET_ELEMENTS: usize = 65_536;
/// Words that lanes begin with, and another number of them for comparison.
const PREFILL: u32 = Parameters::DEFAULT_PREFILL;
const OTHER_PREFILL: u32 = 3;
/// Packets that a tensor is repeated up to: 4 MiB.
const PACKETS: usize = 32;
const TENSORS: [Tensor; 3] = [
    Tensor { what: "activation", name: "smollm2.ffn1_out.L14.s0010.bf16" },
    Tensor { what: "gradient", name: "smollm2.d_ffn1_out.L14.s0010.bf16" },
    Tensor { what: "weight", name: "smollm2.w_ffn1.L14.s0030.bf16" },
];

#[derive(Clone, Copy)]
struct Tensor {
    what: &'static str,
    name: &'static str,
}

impl fmt::Display for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.what)
    }
}

static BANK: LazyLock<Arc<Bank>> = LazyLock::new(|| Arc::new(universal().bank.clone()));

static FILE: LazyLock<TensorFile> = LazyLock::new(|| {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/tensors.safetensors");
    TensorFile::open(&path, &OpenOptions::default()).unwrap()
});

fn elements(name: &str) -> Vec<u8> {
    let tensor = FILE.tensors().iter().find(|tensor| tensor.name == name).unwrap();
    FILE.bytes(tensor).unwrap().into_owned()
}

impl Tensor {
    fn packets(self) -> Vec<Vec<u8>> {
        let packet_bytes = 2 * PACKET_ELEMENTS;
        let data: Vec<u8> = elements(self.name).into_iter().cycle().take(PACKETS * packet_bytes).collect();
        data.chunks(packet_bytes).map(Vec::from).collect()
    }
}

#[derive(Clone, Copy)]
enum Choice {
    /// The bank's first for the packet.
    One,
    /// The best for each block, of all of the bank and the raw book.
    Best,
}

/// Codec of the universal bank, with the blocks that it is meant for.
fn codec(lanes: u32, turns: u32, prefill: u32, choice: Choice) -> (Codec, BookChoice) {
    let (book_mode, choice, block_elements, shortest_log2) = match choice {
        Choice::One => (BookMode::Fixed, BookChoice::Fixed(1), 64, 2),
        Choice::Best => (BookMode::Block, BookChoice::Best, 256, 4),
    };
    let steps: u32 = block_elements / lanes;
    let parameters = Parameters {
        block_log2: Some((steps.trailing_zeros() as u8).max(shortest_log2)),
        book_mode,
        turns,
        prefill,
        tracking: Some(Tracking { delay: 1, window_log2: 1, initial_bias: None }),
        ..Parameters::plain(Format::Bf16, SymbolMap::Fields, lanes)
    };
    (Codec::new(parameters, BANK.clone()).unwrap(), choice)
}

fn encode_fast(bencher: Bencher, tensor: Tensor, lanes: u32, turns: u32, prefill: u32, choice: Choice) {
    let (codec, choice) = codec(lanes, turns, prefill, choice);
    let fast = FastCodec::new(&codec).unwrap();
    let packets = tensor.packets();
    let mut out = Vec::new();
    bencher.counter(BytesCount::new(2 * PACKET_ELEMENTS * PACKETS)).bench_local(|| {
        for packet in &packets {
            fast.encode_into(divan::black_box(packet), &choice, &mut out).unwrap();
            divan::black_box(&out);
        }
    });
}

fn decode_fast(bencher: Bencher, tensor: Tensor, lanes: u32, turns: u32, prefill: u32, choice: Choice) {
    let (codec, choice) = codec(lanes, turns, prefill, choice);
    let fast = FastCodec::new(&codec).unwrap();
    let plain = tensor.packets();
    let packets: Vec<_> = plain.iter().map(|p| fast.encode_packet(p, &choice).unwrap()).collect();
    let mut out = Vec::new();
    bencher.counter(BytesCount::new(2 * PACKET_ELEMENTS * PACKETS)).bench_local(|| {
        for packet in &packets {
            fast.decode_into(divan::black_box(packet), &mut out).unwrap();
            divan::black_box(&out);
        }
    });
    assert!(packets.iter().zip(&plain).all(|(packet, plain)| fast.decode_packet(packet).as_ref() == Ok(plain)));
}

/// zstd at level 1.
fn zstd_1() -> Compressor<'static> {
    Compressor::new(1).unwrap()
}

/// zstd at level 1 with its checksum, as its command line has it: what is decoded is checked, as a packet is.
fn zstd_1_checked() -> Compressor<'static> {
    let mut compressor = zstd_1();
    compressor.include_checksum(true).unwrap();
    compressor
}

/// zstd's Huffman coder (huff0) and next to nothing else: literals are always compressed, and the search for matches has the
/// largest step that there is, 128 KiB, so that it hardly looks.
fn zstd_huffman() -> Compressor<'static> {
    let mut compressor = Compressor::new(*zstd::compression_level_range().start()).unwrap();
    compressor.set_parameter(CParameter::LiteralCompressionMode(ParamSwitch::Enable)).unwrap();
    compressor
}

fn encode_zstd(bencher: Bencher, tensor: Tensor, mut compressor: Compressor<'_>) {
    let packets = tensor.packets();
    let mut out = vec![0; zstd::zstd_safe::compress_bound(2 * PACKET_ELEMENTS)];
    bencher.counter(BytesCount::new(2 * PACKET_ELEMENTS * PACKETS)).bench_local(|| {
        for packet in &packets {
            compressor.compress_to_buffer(divan::black_box(packet), &mut out[..]).unwrap();
            divan::black_box(&out);
        }
    });
}

fn decode_zstd(bencher: Bencher, tensor: Tensor, mut compressor: Compressor<'_>) {
    let packets: Vec<_> = tensor.packets().iter().map(|p| compressor.compress(p).unwrap()).collect();
    let mut decompressor = Decompressor::new().unwrap();
    let mut out = vec![0; 2 * PACKET_ELEMENTS];
    bencher.counter(BytesCount::new(2 * PACKET_ELEMENTS * PACKETS)).bench_local(|| {
        for packet in &packets {
            decompressor.decompress_to_buffer(divan::black_box(packet), &mut out[..]).unwrap();
            divan::black_box(&out);
        }
    });
}

#[divan::bench_group(sample_count = 40)]
mod encode {
    use super::*;

    #[divan::bench(args = TENSORS, consts = [4, 8, 16, 32, 64])]
    fn fast_one_book<const L: u32>(bencher: Bencher, tensor: Tensor) {
        encode_fast(bencher, tensor, L, 1, PREFILL, Choice::One);
    }

    #[divan::bench(args = TENSORS, consts = [4, 8, 16, 32, 64])]
    fn fast_best_book<const L: u32>(bencher: Bencher, tensor: Tensor) {
        encode_fast(bencher, tensor, L, 1, PREFILL, Choice::Best);
    }

    #[divan::bench(args = TENSORS, consts = [8, 16, 64])]
    fn fast_one_book_other_prefill<const L: u32>(bencher: Bencher, tensor: Tensor) {
        encode_fast(bencher, tensor, L, 1, OTHER_PREFILL, Choice::One);
    }

    #[divan::bench(args = TENSORS, consts = [8, 16, 64])]
    fn fast_best_book_other_prefill<const L: u32>(bencher: Bencher, tensor: Tensor) {
        encode_fast(bencher, tensor, L, 1, OTHER_PREFILL, Choice::Best);
    }

    #[divan::bench(args = TENSORS, consts = [16, 64])]
    fn fast_one_book_in_turn<const L: u32>(bencher: Bencher, tensor: Tensor) {
        encode_fast(bencher, tensor, L, LANES_IN_TURN, PREFILL, Choice::One);
    }

    #[divan::bench(args = TENSORS, consts = [16, 64])]
    fn fast_best_book_in_turn<const L: u32>(bencher: Bencher, tensor: Tensor) {
        encode_fast(bencher, tensor, L, LANES_IN_TURN, PREFILL, Choice::Best);
    }

    #[divan::bench(args = TENSORS, sample_count = 2)]
    fn reference_one_book(bencher: Bencher, tensor: Tensor) {
        let (codec, choice) = codec(16, 1, PREFILL, Choice::One);
        let packet = &tensor.packets()[0];
        bencher
            .counter(BytesCount::new(2 * PACKET_ELEMENTS))
            .bench_local(|| codec.encode_packet(divan::black_box(packet), &choice).unwrap());
    }

    #[divan::bench(args = TENSORS)]
    fn zstd_1(bencher: Bencher, tensor: Tensor) {
        encode_zstd(bencher, tensor, super::zstd_1());
    }

    #[divan::bench(args = TENSORS)]
    fn zstd_1_checked(bencher: Bencher, tensor: Tensor) {
        encode_zstd(bencher, tensor, super::zstd_1_checked());
    }

    #[divan::bench(args = TENSORS)]
    fn zstd_huffman(bencher: Bencher, tensor: Tensor) {
        encode_zstd(bencher, tensor, super::zstd_huffman());
    }
}

#[divan::bench_group(sample_count = 40)]
mod decode {
    use super::*;

    #[divan::bench(args = TENSORS, consts = [4, 8, 16, 32, 64])]
    fn fast_one_book<const L: u32>(bencher: Bencher, tensor: Tensor) {
        decode_fast(bencher, tensor, L, 1, PREFILL, Choice::One);
    }

    #[divan::bench(args = TENSORS, consts = [4, 8, 16, 32, 64])]
    fn fast_best_book<const L: u32>(bencher: Bencher, tensor: Tensor) {
        decode_fast(bencher, tensor, L, 1, PREFILL, Choice::Best);
    }

    #[divan::bench(args = TENSORS, consts = [8, 16, 64])]
    fn fast_one_book_other_prefill<const L: u32>(bencher: Bencher, tensor: Tensor) {
        decode_fast(bencher, tensor, L, 1, OTHER_PREFILL, Choice::One);
    }

    #[divan::bench(args = TENSORS, consts = [8, 16, 64])]
    fn fast_best_book_other_prefill<const L: u32>(bencher: Bencher, tensor: Tensor) {
        decode_fast(bencher, tensor, L, 1, OTHER_PREFILL, Choice::Best);
    }

    #[divan::bench(args = TENSORS, consts = [16, 64])]
    fn fast_one_book_in_turn<const L: u32>(bencher: Bencher, tensor: Tensor) {
        decode_fast(bencher, tensor, L, LANES_IN_TURN, PREFILL, Choice::One);
    }

    #[divan::bench(args = TENSORS, consts = [16, 64])]
    fn fast_best_book_in_turn<const L: u32>(bencher: Bencher, tensor: Tensor) {
        decode_fast(bencher, tensor, L, LANES_IN_TURN, PREFILL, Choice::Best);
    }

    #[divan::bench(args = TENSORS, sample_count = 2)]
    fn reference_one_book(bencher: Bencher, tensor: Tensor) {
        let (codec, choice) = codec(16, 1, PREFILL, Choice::One);
        let packet = codec.encode_packet(&tensor.packets()[0], &choice).unwrap();
        bencher
            .counter(BytesCount::new(2 * PACKET_ELEMENTS))
            .bench_local(|| codec.decode_packet(divan::black_box(&packet)).unwrap());
    }

    #[divan::bench(args = TENSORS)]
    fn zstd_1(bencher: Bencher, tensor: Tensor) {
        decode_zstd(bencher, tensor, super::zstd_1());
    }

    #[divan::bench(args = TENSORS)]
    fn zstd_1_checked(bencher: Bencher, tensor: Tensor) {
        decode_zstd(bencher, tensor, super::zstd_1_checked());
    }

    #[divan::bench(args = TENSORS)]
    fn zstd_huffman(bencher: Bencher, tensor: Tensor) {
        decode_zstd(bencher, tensor, super::zstd_huffman());
    }
}

/// Percent of the original that is saved, headers and all.
fn print_saved() {
    println!("saved, in percent of the original (packets of {PACKET_ELEMENTS} elements, each by itself)");
    let saved = |what: &str, compress: &mut dyn FnMut(&[u8]) -> usize| {
        let percent = TENSORS.map(|tensor| {
            let packets = tensor.packets();
            let compressed: usize = packets.iter().map(|packet| compress(packet)).sum();
            format!("{tensor} {:.2}", 100.0 * (1.0 - compressed as f64 / packets.concat().len() as f64))
        });
        println!("  {what:<24} {}", percent.join(", "));
    };
    for lanes in [4, 8, 16, 32, 64] {
        for (name, choice) in [("one", Choice::One), ("best", Choice::Best)] {
            let (codec, choice) = codec(lanes, 1, PREFILL, choice);
            let fast = FastCodec::new(&codec).unwrap();
            saved(&format!("L = {lanes}, {name} book"), &mut |p| fast.encode_packet(p, &choice).unwrap().len());
        }
    }
    let (mut one, mut huffman) = (zstd_1(), zstd_huffman());
    saved("zstd -1", &mut |p| one.compress(p).unwrap().len());
    saved("zstd, Huffman only", &mut |p| huffman.compress(p).unwrap().len());
}

fn main() {
    print_saved();
    divan::main();
}

//! What the golden vectors are made from.

use huffwire::codebook::{Book, PlaneCode};
use huffwire::codec::BookChoice;
use huffwire::format::{Format, SymbolMap};
use huffwire::wire::{BookMode, Parameters, Tracking};

pub enum Books {
    /// So many random books.
    Random(usize),
    Given(Vec<Book>),
}

pub struct VectorCase {
    pub name: &'static str,
    pub what: &'static str,
    pub parameters: Parameters,
    pub books: Books,
    pub choice: BookChoice,
    pub elements: usize,
    /// Plaintext in place of random elements.
    pub data: Option<Vec<u8>>,
}

fn case(name: &'static str, what: &'static str, parameters: Parameters, elements: usize) -> VectorCase {
    VectorCase { name, what, parameters, books: Books::Random(1), choice: BookChoice::Fixed(1), elements, data: None }
}

fn book(name: &str, code: PlaneCode) -> Book {
    Book { name: name.into(), planes: vec![code] }
}

/// Exponents around the bias take 1 to 6 bits, all others go by escape.
fn centred(name: &str, bits: u32, order: [usize; 5]) -> Book {
    let mut lengths = vec![0; 1 << bits];
    let modulus = lengths.len();
    order.into_iter().zip([1, 2, 3, 5, 6]).for_each(|(s, length)| lengths[s % modulus] = length);
    // The symbol of zero and the escape fill it up to 1.
    lengths[modulus / 2] = 6;
    book(name, PlaneCode::new(bits, lengths, 4).unwrap())
}

/// All vectors, in order. Append new ones at the end: the place is the seed.
pub fn cases() -> Vec<VectorCase> {
    use Format::*;
    use SymbolMap::*;
    // Whatever the default is.
    let plain = |format, map, lanes| Parameters { prefill: 3, ..Parameters::plain(format, map, lanes) };
    let in_turn = |format, map, lanes| Parameters { turns: 4, prefill: 4, ..plain(format, map, lanes) };
    let blocks = |log2: u8, p: Parameters| Parameters { block_log2: Some(log2), book_mode: BookMode::Block, ..p };
    let tracked = |log2: u8, delay: u8, window_log2: u8, initial_bias: u8, p: Parameters| Parameters {
        block_log2: Some(log2),
        tracking: Some(Tracking { delay, window_log2, initial_bias: Some(initial_bias) }),
        ..p
    };
    let bf16 =
        |values: &[f32]| Some(values.iter().flat_map(|v| (v.to_bits() >> 16).to_le_bytes()[..2].to_vec()).collect());
    let main = tracked(6, 1, 1, 120, plain(Bf16, Fields, 16));
    let main_books = || vec![centred("narrow", 8, [0, 255, 254, 1, 253]), centred("wide", 8, [254, 0, 252, 250, 255])];
    let long_codes = || {
        let lengths = std::iter::repeat_n(5, 16).chain(2..=16).chain([16]).collect();
        vec![book("long", PlaneCode::new(5, lengths, 0).unwrap())]
    };
    let flat_but_one = {
        let mut lengths = vec![9; 256];
        (lengths[0], lengths[255]) = (1, 8);
        vec![book("one short codeword", PlaneCode::new(8, lengths, 0).unwrap())]
    };
    let fifteen_bits = {
        let mut lengths = vec![0; 256];
        lengths[..15].copy_from_slice(&[1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 15]);
        book("fifteen bits", PlaneCode::new(8, lengths, 7).unwrap())
    };
    let fifteen_and_flat = || vec![book("flat", PlaneCode::raw(8).unwrap()), fifteen_bits.clone()];
    // Exponents that drift, few of them far off.
    let drifting = |elements: u32| {
        let element = |i: u32| {
            let noise = i.wrapping_mul(i).wrapping_mul(2_654_435_761) >> 7;
            let exponent = 118 + i / 700 + noise.leading_zeros();
            let element = if i.is_multiple_of(97) { 0 } else { ((i % 2) << 15) | (exponent << 7) | (i * 37 % 128) };
            [element as u8, (element >> 8) as u8]
        };
        Some((0..elements).flat_map(element).collect::<Vec<u8>>())
    };
    let lopsided: Vec<u8> = (0..600).map(|j| if j % 4 == 0 { 0 } else { (j * 7 % 251 + 1) as u8 }).collect();
    vec![
        case("empty", "no symbols: header and trailer alone", plain(Bf16, Fields, 4), 0),
        case("one-symbol", "one symbol; the last step lacks all lanes but the first", plain(Raw, Bytes, 4), 1),
        case("serial", "one lane and no raw plane: the plain serial bit stream", plain(Raw, Bytes, 1), 60),
        case("bf16-bytes-odd", "bf16 as bytes, cut within a bf16 number, which map `bytes` allows", plain(Bf16, Bytes, 4), 61),
        case("bf16-planes", "two planes, each with its code", Parameters { prefill: 4, ..plain(Bf16, Planes, 4) }, 50),
        case(
            "fp32-planes-one-lane",
            "four planes in one lane: an element takes four steps",
            plain(Fp32, Planes, 1),
            21,
        ),
        case(
            "fp16-planes-64",
            "64 lanes in four turns, two planes, the last turn of a packet cut short",
            in_turn(Fp16, Planes, 64),
            75,
        ),
        VectorCase {
            data: bf16(&[0.0, -0.0, 1.0, -1.0, 3.5, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, f32::from_bits(0xFFA5_0000)]),
            ..case("bf16-special", "zeros, infinities and NaNs with payloads", Parameters { prefill: 5, ..plain(Bf16, Fields, 2) }, 0)
        },
        case("fp16-fields", "11 raw bits an element, eight lanes in four turns", in_turn(Fp16, Fields, 8), 90),
        case("fp32-fields", "24 raw bits an element", plain(Fp32, Fields, 4), 37),
        case("e4m3-fields-32", "32 lanes", plain(E4m3, Fields, 32), 333),
        case("e5m2-fields", "3 raw bits an element", plain(E5m2, Fields, 2), 100),
        case("e3m2-fields", "6-bit elements, exponents of 3 bits", plain(E3m2, Fields, 8), 100),
        case("e2m3-fields", "6-bit elements, exponents of 2 bits", plain(E2m3, Fields, 1), 100),
        case("e2m1-bytes", "pairs of 4-bit codes", plain(E2m1, Bytes, 16), 120),
        case("int8-bytes", "int8", plain(Int8, Bytes, 8), 64),
        case("int4-bytes", "pairs of 4-bit integers; a whole last step", plain(Int4, Bytes, 2), 64),
        case("e3m2-bytes", "6-bit symbols", plain(E3m2, Bytes, 4), 83),
        VectorCase {
            books: Books::Given(vec![centred("never right", 8, [0, 1, 2, 3, 4])]),
            data: Some((200..240).collect()),
            ..case("escapes-only", "every symbol by escape", plain(Raw, Bytes, 2), 0)
        },
        VectorCase { choice: BookChoice::Fixed(0), ..case("raw-book", "the raw book throughout", plain(Bf16, Fields, 4), 40) },
        VectorCase {
            books: Books::Random(15),
            choice: BookChoice::Ids((0..=15).rev().collect()),
            ..case("all-books", "a full bank, every id in turn, the shortest blocks", blocks(4, plain(Raw, Bytes, 1)), 16 * 16)
        },
        VectorCase {
            books: Books::Random(3),
            choice: BookChoice::Ids(vec![2]),
            ..case("id-without-block", "the packet ends between an id and its block: the id is 0", blocks(5, plain(E4m3, Fields, 2)), 50)
        },
        VectorCase {
            books: Books::Random(3),
            choice: BookChoice::Ids(vec![3, 1]),
            ..case(
                "block-of-one-step",
                "the last block is one step of one symbol; the id of a block after it is never sent",
                blocks(5, plain(E5m2, Fields, 4)),
                129,
            )
        },
        VectorCase {
            books: Books::Random(6),
            choice: BookChoice::Best,
            ..case("best-books", "the best book of each block", blocks(5, plain(Fp16, Planes, 2)), 200)
        },
        case("tracked", "tracked bias, one book, a block decides on the next but one", tracked(4, 1, 0, 15, plain(Fp16, Fields, 4)), 300),
        VectorCase {
            books: Books::Given(main_books()),
            choice: BookChoice::Best,
            data: drifting(3000),
            ..case(
                "tracked-best",
                "the main configuration: bf16 fields, tracked bias with a block of slack, best of the bank for each block",
                Parameters { book_mode: BookMode::Block, ..main },
                0,
            )
        },
        VectorCase {
            books: Books::Random(2),
            choice: BookChoice::Best,
            ..case(
                "tracked-slow",
                "bias of four blocks, three blocks late; distances that wrap around",
                Parameters { book_mode: BookMode::Block, ..tracked(4, 3, 2, 31, plain(E5m2, Fields, 1)) },
                16 * 12 + 5,
            )
        },
        case("tracked-delay-2", "delay of two blocks", tracked(4, 2, 1, 0, plain(E4m3, Fields, 2)), 32 * 7),
        VectorCase {
            books: Books::Given(flat_but_one),
            data: Some(lopsided),
            ..case("words-of-zeros", "lane 0 has a bit a symbol, the others nine: words of zeros stand in for lane 0", plain(Raw, Bytes, 4), 0)
        },
        VectorCase {
            books: Books::Given(long_codes()),
            data: Some((0..32).map(|i| ((31 - i) << 2) | (i % 4)).collect()),
            ..case("sixteen-bit-codewords", "codewords of 16 bits, all that a word has room for", plain(E5m2, Fields, 2), 0)
        },
        VectorCase {
            books: Books::Given(fifteen_and_flat()),
            choice: BookChoice::Fixed(2),
            data: Some((0..=255).rev().collect()),
            ..case(
                "room-filled",
                "codewords of 15 bits, all that a word of 16 bits has room for beside a bit of a book id; blocks of 4096",
                blocks(12, plain(Raw, Bytes, 2)),
                0,
            )
        },
        VectorCase {
            books: Books::Given(main_books()),
            ..case("tracked-short-blocks", "one book, bias tracked over blocks of 4 steps", tracked(2, 1, 2, 120, plain(Bf16, Fields, 8)), 500)
        },
        case("turns-one-symbol", "one symbol: the first turn lacks all lanes but one, the step the other turns", in_turn(Raw, Bytes, 64), 1),
        case("turns-empty", "no symbols, with lanes in turn", in_turn(Bf16, Fields, 16), 0),
        case("turns-4", "four lanes in four turns, a raw word in every second turn; ends behind the first turn of a step", in_turn(Bf16, Fields, 4), 201),
        case("turns-16", "sixteen lanes in four turns; ends within the third turn of a step", in_turn(Bf16, Fields, 16), 16 * 40 + 10),
        case("turns-64", "64 lanes in four turns, five words ahead, whole steps", Parameters { prefill: 5, ..in_turn(E5m2, Fields, 64) }, 64 * 20),
        VectorCase {
            books: Books::Given(main_books()),
            choice: BookChoice::Best,
            data: drifting(3000),
            ..case(
                "turns-tracked-best",
                "sixteen lanes in four turns, tracked bias, best of the bank for each block",
                Parameters { book_mode: BookMode::Block, ..tracked(5, 1, 1, 120, in_turn(Bf16, Fields, 16)) },
                0,
            )
        },
        VectorCase {
            books: Books::Random(3),
            choice: BookChoice::Best,
            ..case(
                "turns-planes-best",
                "four planes in sixteen lanes, an element in every turn; the last block is one turn",
                blocks(4, in_turn(Fp32, Planes, 16)),
                4 * 16 * 3 + 1,
            )
        },
        VectorCase {
            books: Books::Given(fifteen_and_flat()),
            choice: BookChoice::Ids(vec![2, 1, 0, 2]),
            data: Some((0..400).map(|i| (i * 7 % 256) as u8).collect()),
            ..case("turns-room-filled", "codewords of 15 bits and a bit of a book id, lanes in turn", blocks(4, in_turn(Raw, Bytes, 8)), 0)
        },
    ]
}

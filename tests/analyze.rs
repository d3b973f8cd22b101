//! The accounts of `analyze`, against figures by hand and against a second computation from the wire format's text.

use huffwire::analyze::{analyze, Analysis, AnalyzeOptions, Figures, DEFAULT_PACKET_SYMBOLS};
use huffwire::codebook::{package_merge, Bank, Book, PlaneCode};
use huffwire::codec::{BookChoice, Codec};
use huffwire::format::{Format, SymbolMap};
use huffwire::tensor::{FileKind, InputFile, OpenOptions, TensorFile};
use huffwire::wire::{BookMode, Parameters, Tracking};
use std::sync::Arc;

const PACK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/tensors.safetensors");

fn input(dtype: &str, shape: &[u64], data: &[u8], options: &OpenOptions) -> Vec<InputFile> {
    let header = format!(r#"{{"x":{{"dtype":"{dtype}","shape":{shape:?},"data_offsets":[0,{}]}}}}"#, data.len());
    let bytes = [&(header.len() as u64).to_le_bytes(), header.as_bytes(), data].concat();
    let file = TensorFile::from_bytes(bytes, FileKind::Safetensors, options).unwrap();
    vec![InputFile { path: "x.safetensors".into(), file }]
}

fn e4m3(shape: &[u64], data: &[u8]) -> Vec<InputFile> {
    input("F8_E4M3", shape, data, &OpenOptions::default())
}

fn options(bank: Bank, parameters: Parameters) -> AnalyzeOptions {
    let packet_symbols = DEFAULT_PACKET_SYMBOLS;
    AnalyzeOptions { bank: Arc::new(bank), parameters, book: None, packet_symbols, axis: 0, shards: None }
}

/// 4-bit exponents: 7 takes 1 bit, 8 takes 2, every other 6 by escape.
fn small_options() -> AnalyzeOptions {
    let mut lengths = vec![0; 16];
    (lengths[7], lengths[8]) = (1, 2);
    let book = Book { name: "small".into(), planes: vec![PlaneCode::new(4, lengths, 2).unwrap()] };
    let bank = Bank::new(SymbolMap::Fields, vec![book]).unwrap();
    options(bank, Parameters::plain(Format::E4m3, SymbolMap::Fields, 1))
}

fn run(files: &[InputFile], options: &AnalyzeOptions) -> Analysis {
    analyze(files, options, &|_| {}).unwrap()
}

fn only(files: &[InputFile], options: &AnalyzeOptions) -> Figures {
    let analysis = run(files, options);
    assert_eq!((analysis.tensors.len(), &analysis.skipped[..]), (1, &[][..]));
    assert_eq!(analysis.total(), analysis.tensors[0].figures);
    analysis.tensors[0].figures.clone()
}

fn close(a: f64, b: f64) {
    assert!((a - b).abs() < 1e-9, "{a} is not {b}");
}

/// Entropy of 3/4 and 1/4.
const QUARTER: f64 = 0.811_278_124_459_132_8;

#[test]
fn two_shards_by_hand() {
    // Exponents 7 7 7 8, and 7 7 7 0.
    let files = e4m3(&[2, 4], &[0x38, 0x39, 0x3A, 0x40, 0x38, 0xB8, 0x3F, 0x05]);
    let f = only(&files, &small_options());
    assert_eq!((f.elements, f.shards, f.packets, f.symbols, f.escapes, f.side_bits), (8, 2, 2, 8, 1, 0));
    assert_eq!(f.blocks, [0, 2]);
    // 16 raw bits a shard. Its own Huffman code has 1 bit for either symbol; the book takes 3 + 2 and 3 + 6.
    assert_eq!((f.raw_bits, f.huffman_bits, f.coded_bits), (64, 16 + 4 + 16 + 4, 16 + 5 + 16 + 9));
    close(f.shannon_bits, 32.0 + 8.0 * QUARTER);
    // Header 5 words, trailer 4. Payload: raw bits are asked for 8 steps ahead, so two raw words (the second holds no bit),
    // then the lane's only word.
    assert_eq!(f.wire_bits, 2 * (5 + 3 + 4) * 16);
    close(f.gap_pp(), (100.0 * 1.0 / 32.0 + 100.0 * 5.0 / 32.0) / 2.0);
    close(f.worst_gap_pp(), 100.0 * 5.0 / 32.0);
    close(f.kl_bits(), (5.0 - 4.0 * QUARTER + 9.0 - 4.0 * QUARTER) / 8.0);
    close(f.escapes_per_mille(), 125.0);
    let bits = f.bits_per_element();
    assert_eq!((bits.raw, bits.shard_huffman, bits.coded, bits.wire), (8.0, 5.0, 46.0 / 8.0, 48.0));
    close(bits.shannon, 4.0 + QUARTER);
}

#[test]
fn the_axis_and_the_number_of_shards_decide_what_huffman_is_judged_by() {
    // Rows 7 8, 7 8, 7 8: columns are constant.
    let files = e4m3(&[3, 2], &[0x38, 0x40, 0x38, 0x40, 0x38, 0x40]);
    let with = |axis, shards| only(&files, &AnalyzeOptions { axis, shards, ..small_options() });
    let rows = with(0, None);
    assert_eq!((rows.shards, rows.huffman_bits, rows.coded_bits), (3, 24 + 6, 24 + 9));
    close(rows.shannon_bits, 30.0);
    let columns = with(1, None);
    assert_eq!((columns.shards, columns.huffman_bits, columns.coded_bits), (2, 24 + 6, 24 + 9));
    close(columns.shannon_bits, 24.0);
    // The column of 8s is worse than its Huffman code by a bit a symbol, that of 7s by none.
    close(columns.worst_gap_pp(), 12.5);
    close(columns.gap_pp(), 6.25);
    let whole = with(1, Some(1));
    assert_eq!((whole.shards, whole.packets, whole.huffman_bits), (1, 1, 30));
}

#[test]
fn a_shard_that_no_book_suits_goes_raw_and_one_that_suits_better_has_a_gap_below_zero() {
    let files = e4m3(&[4], &[0x00, 0x08, 0x10, 0x18]);
    let whole = AnalyzeOptions { shards: Some(1), ..small_options() };
    let f = only(&files, &whole);
    // Four symbols once each: 2 bits by Huffman, 4 raw, 6 by escape.
    assert_eq!((&f.blocks[..], f.huffman_bits, f.coded_bits, f.escapes), (&[1, 0][..], 16 + 8, 32, 0));
    close(f.gap_pp(), 25.0);
    close(f.kl_bits(), 2.0);
    let f = only(&files, &AnalyzeOptions { book: Some(1), ..whole.clone() });
    assert_eq!((&f.blocks[..], f.coded_bits, f.escapes), (&[0, 1][..], 16 + 24, 4));
    // Exponents that step up from block to block: tracked with a delay of one each but the two behind the step is the bias itself.
    let files = e4m3(&[128], &[[0x40; 32], [0x48; 32], [0x48; 32], [0x48; 32]].concat());
    let mut lengths = vec![0; 16];
    (lengths[0], lengths[1]) = (1, 2);
    let book = Book { name: "zero".into(), planes: vec![PlaneCode::new(4, lengths, 2).unwrap()] };
    let tracking = Some(Tracking { delay: 1, window_log2: 0, initial_bias: Some(8) });
    let parameters =
        Parameters { block_log2: Some(4), tracking, ..Parameters::plain(Format::E4m3, SymbolMap::Fields, 1) };
    let tracked = options(Bank::new(SymbolMap::Fields, vec![book]).unwrap(), parameters);
    let f = only(&files, &AnalyzeOptions { shards: Some(1), ..tracked });
    assert_eq!((f.coded_bits, f.huffman_bits), (512 + 96 + 64, 512 + 128));
    // 96 zeros and 32 ones, of which Huffman and Shannon know nothing: exponents count as they are.
    close(f.kl_bits(), 160.0 / 128.0 - QUARTER);
    close(f.shannon_bits, 512.0 + 128.0 * QUARTER);
}

#[test]
fn tensors_that_cannot_be_coded_are_skipped_with_the_reason() {
    let tensor = |name: &str, dtype: &str, shape: &str, range: (usize, usize)| {
        format!(r#""{name}":{{"dtype":"{dtype}","shape":{shape},"data_offsets":[{},{}]}}"#, range.0, range.1)
    };
    let header = |tensors: &[String]| format!("{{{}}}", tensors.join(","));
    let file = |header: String, data: &[u8]| {
        let bytes = [&(header.len() as u64).to_le_bytes(), header.as_bytes(), data].concat();
        let file = TensorFile::from_bytes(bytes, FileKind::Safetensors, &OpenOptions::default()).unwrap();
        vec![InputFile { path: "x.safetensors".into(), file }]
    };
    let all = [
        tensor("none", "F8_E4M3", "[0,4]", (0, 0)),
        tensor("some", "F8_E4M3", "[1]", (0, 1)),
        tensor("index", "I64", "[1]", (1, 9)),
        tensor("other", "F8_E5M2", "[1]", (9, 10)),
    ];
    let analysis = run(&file(header(&all), &[0x38; 10]), &small_options());
    let skipped: Vec<_> = analysis.skipped.iter().map(|s| (s.name.as_str(), s.reason.as_str())).collect();
    let widths = "the bank has planes of [4] bits, the stream's elements have [5]";
    assert_eq!(skipped, [("none", "no elements"), ("index", "no format for dtype I64"), ("other", widths)]);
    assert_eq!((analysis.tensors.len(), analysis.total().coded_bits), (1, 5));
    let e = analyze(&file(header(&all[..1]), &[]), &small_options(), &|_| {}).unwrap_err().to_string();
    assert_eq!(e, "no tensor that can be analyzed: tensor 'none': no elements");
    let e = analyze(&[], &small_options(), &|_| {}).unwrap_err().to_string();
    assert_eq!(e, "no tensor that can be analyzed: the files have none");
}

#[test]
fn what_cannot_be_done_is_refused() {
    let files = e4m3(&[4], &[0x38; 4]);
    let refused = |options: AnalyzeOptions| analyze(&files, &options, &|_| {}).unwrap_err().to_string();
    let e = refused(AnalyzeOptions { packet_symbols: 0, ..small_options() });
    assert_eq!(e, "0 symbols a packet: must be 1 to 16777216");
    let e = refused(AnalyzeOptions { packet_symbols: (1 << 24) + 1, ..small_options() });
    assert_eq!(e, "16777217 symbols a packet: must be 1 to 16777216");
    let e = refused(AnalyzeOptions { book: Some(2), ..small_options() });
    assert_eq!(e, "tensor 'x', shard 0: book 2: the bank has books 0 (raw) to 1");
    let e = refused(AnalyzeOptions { axis: 1, ..small_options() });
    assert_eq!(e, "x.safetensors: tensor 'x': axis 1 of a tensor with 1 axes");
    let parameters = Parameters { map: SymbolMap::Bytes, ..small_options().parameters };
    let e = refused(AnalyzeOptions { parameters, ..small_options() });
    assert!(e.ends_with("tensor 'x': the bank is for map 'fields', the stream has map 'bytes'"), "{e}");
    let planes = vec![PlaneCode::raw(8).unwrap(); 2];
    let bank = Bank::new(SymbolMap::Planes, vec![Book { name: "flat".into(), planes }]).unwrap();
    let parameters = Parameters::plain(Format::Bf16, SymbolMap::Planes, 1);
    let files = input("BF16", &[2], &[0; 4], &OpenOptions::default());
    let options = AnalyzeOptions { packet_symbols: 3, ..options(bank, parameters) };
    let e = analyze(&files, &options, &|_| {}).unwrap_err().to_string();
    assert_eq!(e, "3 symbols a packet: must be a multiple of 2, the symbols of an element");
    let e2m3 = OpenOptions { format: Some(Format::E2m3), ..OpenOptions::default() };
    let files = input("U8", &[3], &[0, 1, 64], &e2m3);
    let bank = Bank::new(SymbolMap::Bytes, vec![Book { name: "b".into(), planes: vec![PlaneCode::raw(6).unwrap()] }]);
    let parameters = Parameters::plain(Format::E2m3, SymbolMap::Bytes, 1);
    let options = AnalyzeOptions { parameters, bank: Arc::new(bank.unwrap()), ..small_options() };
    let e = analyze(&files, &options, &|_| {}).unwrap_err().to_string();
    assert_eq!(e, "x.safetensors: tensor 'x': byte 2 is 64, a code of 'e2m3' is at most 63");
}

/// Symbols and raw bits of bf16, straight from section 2.
fn symbols(map: SymbolMap, bytes: &[u8]) -> Vec<u8> {
    match map {
        SymbolMap::Fields => bytes.chunks(2).map(|b| b[1] << 1 | b[0] >> 7).collect(),
        SymbolMap::Bytes | SymbolMap::Planes => bytes.to_vec(),
    }
}

/// Section 6.2, straight from the formula, over a whole packet of 8-bit exponents.
fn recentred(exponents: &[u8], block: usize, t: &Tracking) -> Vec<u8> {
    let (d, w, n) = (i64::from(t.delay), 1i64 << t.window_log2, block as i64);
    let (mut sums, mut coded) = (Vec::<i64>::new(), Vec::new());
    let first: Vec<i64> = exponents.iter().take(block).filter(|&&e| e > 0).map(|&e| e.into()).collect();
    let mean = (first.iter().sum::<i64>() as f64 / first.len().max(1) as f64 + 0.5).floor() as i64;
    let initial = t.initial_bias.map_or(mean, i64::from);
    for (k, exponents) in exponents.chunks(block).enumerate() {
        let sum = |k: i64| if k < 0 { n * initial } else { sums[k as usize] };
        let k = k as i64;
        let bias = ((k - d - w..k - d).map(sum).sum::<i64>() + w * n / 2) / (w * n);
        coded.extend(exponents.iter().map(|&e| match (i64::from(e) - bias).rem_euclid(256) {
            _ if e == 0 => 128,
            128 => (-bias).rem_euclid(256) as u8,
            s => s as u8,
        }));
        sums.push(exponents.iter().map(|&e| if e > 0 { i64::from(e) } else { bias }).sum());
    }
    coded
}

/// Three books for `planes` planes of 8 bits, each made for a third of the data; the last has 16 symbols and an escape.
fn bank(map: SymbolMap, planes: usize, data: &[u8]) -> Bank {
    let part = data.len() / 3 / planes * planes;
    let counts = |i: usize, plane: usize| {
        let mut counts = vec![1u64; 256];
        data[i * part..][..part].iter().skip(plane).step_by(planes).for_each(|&s| counts[usize::from(s)] += 50);
        counts
    };
    let direct = |plane| PlaneCode::new(8, package_merge(&counts(0, plane), 12).unwrap(), 0).unwrap();
    let other = |plane| PlaneCode::new(8, package_merge(&counts(1, plane), 12).unwrap(), 0).unwrap();
    let escaping = |plane| {
        let counts = counts(2, plane);
        let mut order: Vec<usize> = (0..256).collect();
        order.sort_by_key(|&s| std::cmp::Reverse(counts[s]));
        let weights: Vec<u64> = order[..16].iter().map(|&s| counts[s]).collect();
        // A share that gives the escape 6 bits at most: with a symbol of 8 behind it there is room for a bit of a book id.
        let weights = [&weights[..], &[weights.iter().sum::<u64>() / 16]].concat();
        let kept = package_merge(&weights, 8).unwrap();
        let mut lengths = vec![0; 256];
        order.iter().zip(&kept[..16]).for_each(|(&s, &length)| lengths[s] = length);
        PlaneCode::new(8, lengths, kept[16]).unwrap()
    };
    let codes: [&dyn Fn(usize) -> PlaneCode; 3] = [&direct, &other, &escaping];
    let books = codes.iter().zip(["a", "b", "c"]);
    let books = books.map(|(code, name)| Book { name: name.into(), planes: (0..planes).map(code).collect() });
    Bank::new(map, books.collect()).unwrap()
}

/// What a shard comes to, computed from nothing but lengths and counts.
#[derive(Default)]
struct Expected {
    coded: u64,
    side: u64,
    escapes: u64,
    blocks: [u64; 4],
    huffman: u64,
    excess: f64,
}

fn expected(parameters: &Parameters, bank: &Bank, book: Option<u8>, packet_symbols: usize, shard: &[u8]) -> Expected {
    let (map, lanes) = (parameters.map, parameters.lanes as usize);
    let planes = bank.books()[0].planes.len();
    let (symbol_bytes, raw_bits) = if map == SymbolMap::Fields { (2, 8) } else { (1, 0) };
    let code = |id: u8, j: usize| &bank.book(id).unwrap().planes[j % planes];
    let mut e = Expected::default();
    let mut coded_counts = vec![[0u64; 256]; 4 * planes];
    for packet in shard.chunks(packet_symbols * symbol_bytes) {
        let symbols = recoded(parameters, packet);
        e.coded += raw_bits * symbols.len() as u64;
        let (steps, blocked) = match parameters.block_log2 {
            Some(log2) if parameters.book_mode == BookMode::Block => (1 << log2, true),
            _ => (usize::MAX / lanes, false),
        };
        for block in symbols.chunks(steps * lanes) {
            let cost = |id| block.iter().enumerate().map(|(j, &s)| u64::from(code(id, j).cost(s))).sum::<u64>();
            let id = book.unwrap_or_else(|| (0..4).min_by_key(|&id| cost(id)).unwrap());
            // The next block's id stands in the 16th last step of a block, if the packet has that step.
            let ids = 4 * u64::from(blocked && block.len().div_ceil(lanes) > steps - 16);
            e.coded += cost(id) + ids;
            e.side += ids;
            e.blocks[usize::from(id)] += 1;
            for (j, &s) in block.iter().enumerate() {
                e.escapes += u64::from(code(id, j).lengths()[usize::from(s)] == 0);
                coded_counts[usize::from(id) * planes + j % planes][usize::from(s)] += 1;
            }
        }
    }
    for (i, counts) in coded_counts.iter().enumerate() {
        let total = counts.iter().sum::<u64>() as f64;
        for (s, &c) in (0u8..).zip(counts).filter(|(_, &c)| c > 0) {
            let q = 2f64.powi(-(code((i / planes) as u8, i).cost(s) as i32));
            e.excess += c as f64 * (c as f64 / total / q).log2();
        }
    }
    for plane in 0..planes {
        let mut counts = [0u64; 256];
        symbols(map, shard).iter().skip(plane).step_by(planes).for_each(|&s| counts[usize::from(s)] += 1);
        e.huffman += huffman_by_merging(&counts);
    }
    e.huffman += raw_bits * (shard.len() / symbol_bytes) as u64;
    e
}

/// The symbols that a packet codes.
fn recoded(parameters: &Parameters, packet: &[u8]) -> Vec<u8> {
    let symbols = symbols(parameters.map, packet);
    match (parameters.tracking, parameters.block_log2) {
        (Some(tracking), Some(log2)) => recentred(&symbols, (parameters.lanes as usize) << log2, &tracking),
        _ => symbols,
    }
}

#[test]
fn real_tensors_agree_with_a_second_computation() {
    let select = OpenOptions { select: vec!["*ffn_act.*s0010.bf16".into()], ..OpenOptions::default() };
    let files = InputFile::open_all(&[PACK.into()], &select).unwrap();
    let tensor = &files[0].file.tensors()[0];
    let data = files[0].file.bytes(tensor).unwrap();
    let tracking = Some(Tracking { delay: 1, window_log2: 1, initial_bias: None });
    let plain = |map, lanes| Parameters::plain(Format::Bf16, map, lanes);
    let book_mode = BookMode::Block;
    let blocks = |map, lanes, log2| Parameters { block_log2: Some(log2), book_mode, ..plain(map, lanes) };
    let in_turn = |parameters| Parameters { turns: 4, ..parameters };
    let cases = [
        (plain(SymbolMap::Fields, 16), None, 1 << 16),
        (plain(SymbolMap::Fields, 4), Some(3), 1000),
        (plain(SymbolMap::Bytes, 1), None, 4097),
        (plain(SymbolMap::Planes, 2), None, 2000),
        (blocks(SymbolMap::Fields, 16, 4), None, 1 << 16),
        (blocks(SymbolMap::Planes, 4, 5), None, 3000),
        (blocks(SymbolMap::Fields, 4, 6), Some(2), 1 << 16),
        (in_turn(blocks(SymbolMap::Fields, 16, 4)), None, 3008),
        (Parameters { tracking, ..blocks(SymbolMap::Fields, 2, 5) }, None, 5000),
        (Parameters { tracking, book_mode: BookMode::Fixed, ..blocks(SymbolMap::Fields, 16, 4) }, None, 1 << 16),
    ];
    let mut ever_used = [0; 4];
    for (parameters, book, packet_symbols) in cases {
        let planes = if parameters.map == SymbolMap::Planes { 2 } else { 1 };
        let bank = bank(parameters.map, planes, &recoded(&parameters, &data));
        let codec = Codec::new(parameters, Arc::new(bank.clone())).unwrap();
        let choice = book.map_or(BookChoice::Best, BookChoice::Fixed);
        let packet_bytes = packet_symbols * if parameters.map == SymbolMap::Fields { 2 } else { 1 };
        let (mut sum, mut wire, mut gaps) = (Expected::default(), 0, Vec::new());
        for shard in data.chunks(data.len() / tensor.shape[0] as usize) {
            wire += shard.chunks(packet_bytes).map(|p| codec.encode_packet(p, &choice).unwrap().len()).sum::<usize>();
            let e = expected(&parameters, &bank, book, packet_symbols, shard);
            gaps.push(100.0 * (e.coded as f64 - e.huffman as f64) / (8.0 * shard.len() as f64));
            (sum.coded, sum.side, sum.escapes) = (sum.coded + e.coded, sum.side + e.side, sum.escapes + e.escapes);
            (sum.huffman, sum.excess) = (sum.huffman + e.huffman, sum.excess + e.excess);
            (0..4).for_each(|i| sum.blocks[i] += e.blocks[i]);
        }
        let f =
            only(&files, &AnalyzeOptions { book, packet_symbols: packet_symbols as u64, ..options(bank, parameters) });
        let what = format!("{parameters:?}");
        assert_eq!((f.coded_bits, f.side_bits, f.escapes), (sum.coded.into(), sum.side, sum.escapes), "{what}");
        assert_eq!((f.wire_bits, f.huffman_bits), (8 * wire as u128, sum.huffman.into()), "{what}");
        assert_eq!(f.blocks, sum.blocks, "{what}");
        assert!((f.kl_bits() - sum.excess / f.symbols as f64).abs() < 1e-6, "{what}: {}", f.kl_bits());
        close(f.gap_pp(), gaps.iter().sum::<f64>() / gaps.len() as f64);
        close(f.worst_gap_pp(), gaps.iter().copied().fold(f64::MIN, f64::max));
        let bits = f.bits_per_element();
        assert!(bits.raw == 16.0 && bits.shannon <= bits.shard_huffman && bits.coded < bits.wire, "{what}");
        (0..4).for_each(|i| ever_used[i] += sum.blocks[i]);
    }
    assert!(ever_used[1..].iter().all(|&n| n > 0), "{ever_used:?}");
}

/// Huffman's bits the slow way: merge the two smallest, over and over.
fn huffman_by_merging(counts: &[u64]) -> u64 {
    let mut nodes: Vec<u64> = counts.iter().copied().filter(|&c| c > 0).collect();
    let mut bits = if nodes.len() == 1 { nodes[0] } else { 0 };
    while nodes.len() > 1 {
        nodes.sort_unstable_by_key(|&c| std::cmp::Reverse(c));
        let merged = nodes.pop().unwrap() + nodes.pop().unwrap();
        bits += merged;
        nodes.push(merged);
    }
    bits
}

#[test]
fn the_number_of_threads_changes_nothing_and_progress_reaches_the_end() {
    let select = OpenOptions { select: vec!["smollm2*.bf16".into()], ..OpenOptions::default() };
    let files = InputFile::open_all(&[PACK.into()], &select).unwrap();
    let first = &files[0].file.tensors()[0];
    let data = files[0].file.bytes(first).unwrap();
    let bank = bank(SymbolMap::Fields, 1, &symbols(SymbolMap::Fields, &data));
    let parameters = Parameters::plain(Format::Bf16, SymbolMap::Fields, 16);
    let options = AnalyzeOptions { packet_symbols: 1000, ..options(bank, parameters) };
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let done = std::sync::atomic::AtomicU64::new(0);
        let add = |bytes| {
            done.fetch_add(bytes, std::sync::atomic::Ordering::Relaxed);
        };
        let analysis = pool.install(|| analyze(&files, &options, &add)).unwrap();
        (analysis.tensors.into_iter().map(|t| (t.name, t.figures)).collect::<Vec<_>>(), done.into_inner())
    };
    let one = with(1);
    assert_eq!(one.1, files[0].file.tensors().iter().map(|t| t.range.len() as u64).sum::<u64>());
    for threads in [2, 3, 8] {
        assert_eq!(with(threads), one, "{threads} threads");
    }
}

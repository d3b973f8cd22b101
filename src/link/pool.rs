//! The messages that a run draws from: pieces of real tensors, cut into packets and coded once, whatever the length of the run.

use super::config::{Config, SizeShare};
use super::error::LinkError;
use super::report::Traffic;
use super::timing::{Profile, Shape};
use crate::codec::{BookChoice, Codec};
use crate::fast::FastCodec;
use crate::format::Layout;
use crate::wire::BookMode;
use rand::Rng;
use rayon::prelude::*;
use std::ops::Range;
use std::sync::Arc;

/// Bytes of elements that a pool has of each size, if the tensors have as many; a message at least of each tensor.
const BYTES_OF_A_SIZE: u64 = 2 << 20;

/// A tensor to cut messages from.
#[derive(Clone, Debug)]
pub struct Source {
    /// Name of the tensor.
    pub name: String,
    /// Share of the messages.
    pub weight: f64,
    /// Elements as the codec takes them.
    pub bytes: Arc<[u8]>,
}

/// A packet of the pool.
#[derive(Clone, Debug)]
pub struct PoolPacket {
    /// Its elements.
    pub plain: Vec<u8>,
    /// The packet, from the reference or fast codec.
    pub coded: Vec<u8>,
    /// Its book, where it has one for all of it.
    pub book: u8,
}

/// A message of the pool.
#[derive(Clone, Debug)]
pub struct PoolMessage {
    /// Its packets.
    pub packets: Range<u32>,
    /// Bytes of elements.
    pub plain_bytes: u64,
    /// Bytes of the packets.
    pub coded_bytes: u64,
}

/// Messages of one size out of one tensor, with their share.
#[derive(Clone, Debug)]
struct Class {
    weight: f64,
    messages: Range<usize>,
}

/// All of them.
#[derive(Clone, Debug)]
pub struct Pool {
    /// The codec that made the packets.
    pub codec: Codec,
    /// Sizes of the stream.
    pub shape: Shape,
    /// What the packets do to the clocks.
    pub profiles: Arc<Vec<Profile>>,
    /// Packets.
    pub packets: Arc<Vec<PoolPacket>>,
    /// Messages.
    pub messages: Vec<PoolMessage>,
    classes: Vec<Class>,
}

impl Pool {
    /// Cuts messages of these sizes from the sources and codes them.
    pub fn new(codec: &Codec, sources: &[Source], sizes: &[SizeShare], config: &Config) -> Result<Self, LinkError> {
        let layout = codec.layout();
        let element = layout.element_bytes() as u64;
        for size in sizes {
            if size.bytes % element != 0 {
                return Err(LinkError::Value {
                    key: "traffic.sizes".into(),
                    value: size.bytes.to_string(),
                    expected: format!("a multiple of {element}, the bytes of an element of format {}", layout.format),
                });
            }
        }
        let sources: Vec<_> = sources.iter().filter(|s| !s.bytes.is_empty() && s.weight > 0.0).collect();
        let total: f64 = sources.iter().map(|s| s.weight).sum();
        if sources.is_empty() {
            return Err(LinkError::NoData);
        }
        let packet_bytes = packet_bytes(config, layout);
        let (mut classes, mut plans, mut packets) = (Vec::new(), Vec::new(), Vec::new());
        let share: f64 = sizes.iter().map(|s| s.weight).sum();
        for size in sizes {
            for source in &sources {
                let from = plans.len();
                for start in starts(source.bytes.len() as u64, size.bytes, element, sources.len() as u64) {
                    let first = packets.len() as u32;
                    let message = cut(&source.bytes, start, size.bytes);
                    packets.extend(message.chunks(packet_bytes).map(<[u8]>::to_vec));
                    plans.push(first..packets.len() as u32);
                }
                classes
                    .push(Class { weight: size.weight / share * source.weight / total, messages: from..plans.len() });
            }
        }
        let (packets, profiles) = code(codec, packets)?;
        let messages = plans.into_iter().map(|range| {
            let of = &packets[range.start as usize..range.end as usize];
            PoolMessage {
                packets: range,
                plain_bytes: of.iter().map(|p| p.plain.len() as u64).sum(),
                coded_bytes: of.iter().map(|p| p.coded.len() as u64).sum(),
            }
        });
        Ok(Pool {
            shape: Shape::new(codec.parameters(), layout, codec.bank().books().len()),
            messages: messages.collect(),
            codec: codec.clone(),
            profiles: Arc::new(profiles),
            packets: Arc::new(packets),
            classes,
        })
    }

    /// Draws a message by the weights.
    pub fn draw(&self, rng: &mut impl Rng) -> usize {
        let mut at = rng.random::<f64>();
        let class = self.classes.iter().find(|class| {
            at -= class.weight;
            at < 0.0
        });
        // Rounding may leave the sum of the weights a little below 1.
        let class = class.or(self.classes.last()).map_or(0..1, |class| class.messages.clone());
        rng.random_range(class)
    }

    /// Appends bytes of a message's elements, which are kept packet by packet.
    pub fn plain_bytes(&self, message: u32, from: u32, bytes: u32, into: &mut Vec<u8>) {
        let packets = self.messages[message as usize].packets.clone();
        let (mut skip, mut left) = (from as usize, bytes as usize);
        for packet in &self.packets[packets.start as usize..packets.end as usize] {
            if left == 0 {
                break;
            }
            let part = packet.plain.get(skip..).unwrap_or(&[]);
            let part = &part[..part.len().min(left)];
            skip = skip.saturating_sub(packet.plain.len());
            left -= part.len();
            into.extend_from_slice(part);
        }
    }

    /// Means by the weights, where messages of at least so many bytes are compressed.
    pub fn traffic(&self, compress_from: Option<u64>) -> Traffic {
        let mean = |of: &dyn Fn(&PoolMessage) -> u64| -> f64 {
            let class = |c: &Class| {
                let sum: u64 = self.messages[c.messages.clone()].iter().map(of).sum();
                c.weight * sum as f64 / c.messages.len() as f64
            };
            self.classes.iter().map(class).sum()
        };
        let sent = |m: &PoolMessage| match compress_from {
            Some(from) if m.plain_bytes >= from => m.coded_bytes,
            _ => m.plain_bytes,
        };
        let (plain, coded) = (mean(&|m| m.plain_bytes), mean(&sent));
        Traffic {
            pool_messages: self.messages.len() as u64,
            message_bytes: plain,
            coded_bytes: coded,
            saved_percent: 100.0 * (plain - coded) / plain,
        }
    }
}

/// Bytes of elements of a packet.
pub fn packet_bytes(config: &Config, layout: &Layout) -> usize {
    config.codec.packet_elements as usize * layout.element_bytes()
}

/// Where messages begin in a tensor: one behind the other, or spread over it where it has more than a pool takes.
fn starts(tensor: u64, message: u64, element: u64, sources: u64) -> impl Iterator<Item = u64> {
    let there = (tensor / message).max(1);
    let count = there.min((BYTES_OF_A_SIZE / sources / message).max(1));
    (0..count).map(move |i| (i * there / count * message) / element * element)
}

/// `bytes` of a tensor from `start`; behind its end it begins anew.
fn cut(tensor: &[u8], start: u64, bytes: u64) -> Vec<u8> {
    tensor.iter().copied().cycle().skip(start as usize).take(bytes as usize).collect()
}

/// Codes packets, in parallel.
fn code(codec: &Codec, packets: Vec<Vec<u8>>) -> Result<(Vec<PoolPacket>, Vec<Profile>), LinkError> {
    let fast = FastCodec::new(codec).ok();
    let one = |plain: Vec<u8>| -> Result<(PoolPacket, Profile), LinkError> {
        let mut coded = Vec::new();
        let report = match &fast {
            Some(fast) => fast.encode_reported(&plain, &BookChoice::Best, &mut coded)?,
            None => {
                let (words, report) = codec.encode_words(&plain, &BookChoice::Best)?;
                coded = codec.words_to_bytes(&words);
                report
            }
        };
        let profile = Profile::new(codec, &plain, &report)?;
        let book = match codec.parameters().book_mode {
            BookMode::Fixed => report.books.first().copied().unwrap_or(crate::wire::RAW_BOOK),
            BookMode::Block => crate::wire::RAW_BOOK,
        };
        Ok((PoolPacket { plain, coded, book }, profile))
    };
    let both: Vec<_> = packets.into_par_iter().map(one).collect::<Result<_, _>>()?;
    Ok(both.into_iter().unzip())
}

//! RTL in the loop: the cores themselves, clocked with the real data of the packets. Every byte that comes out is held against the
//! packet and the elements that it has to be.

use super::engine::{Decoder, Encoder, Engine, Mark, Pair};
use super::error::LinkError;
use super::pool::{Pool, PoolPacket};
use super::timing::{Clocked, LinkBeat, PlainBeat};
use crate::cosim::{Beat, Device, Effort, PortId, Verilated, VerilatedSpec};
use crate::rtl::config::RtlConfig;
use crate::rtl::tops::{core, Side};
use std::collections::VecDeque;
use std::sync::Arc;

/// Clocks in reset.
const RESET_CLOCKS: u32 = 4;

/// What runs the RTL.
#[derive(Clone, Copy, Debug)]
enum Runner {
    RustHdl,
    Verilator,
}

/// The RTL as an engine.
#[derive(Clone, Copy, Debug)]
pub struct RtlEngine {
    runner: Runner,
}

fn fault(e: impl std::fmt::Display) -> LinkError {
    LinkError::Rtl(e.to_string())
}

impl RtlEngine {
    /// As Verilog, under Verilator.
    pub const fn verilator() -> Self {
        RtlEngine { runner: Runner::Verilator }
    }

    /// In rust-hdl's simulation: slower, and needs no tools.
    pub const fn rust_hdl() -> Self {
        RtlEngine { runner: Runner::RustHdl }
    }

    fn device(self, config: &RtlConfig, side: Side) -> Result<Box<dyn Device>, LinkError> {
        let block = core(config, side).map_err(fault)?;
        let mut device: Box<dyn Device> = match self.runner {
            Runner::RustHdl => block,
            Runner::Verilator => {
                let design = block.design(side.top()).map_err(fault)?;
                let (verilog, ports) = (design.text(), block.ports().to_vec());
                let clock = Some("clk");
                let spec = VerilatedSpec {
                    verilog: &verilog,
                    top: side.top(),
                    ports,
                    clock,
                    random_start: None,
                    effort: Effort::Build,
                };
                Box::new(Verilated::new(&spec).map_err(fault)?)
            }
        };
        let rst = device.port("rst").map_err(fault)?;
        device.set(rst, 1);
        for _ in 0..RESET_CLOCKS {
            device.clock().map_err(fault)?;
        }
        device.set(rst, 0);
        Ok(device)
    }
}

impl Engine for RtlEngine {
    fn name(&self) -> &'static str {
        "rtl"
    }

    fn pair(&self, pool: &Pool) -> Result<Pair, LinkError> {
        let config = RtlConfig::new(*pool.codec.parameters(), pool.codec.bank().as_ref().clone()).map_err(fault)?;
        let side = |side| -> Result<Box<RtlCore>, LinkError> {
            Ok(Box::new(RtlCore::new(self.device(&config, side)?, pool, side)?))
        };
        Ok(Pair { encoder: side(Side::Encoder)?, decoder: side(Side::Decoder)? })
    }
}

/// A stream's ports.
struct Ports {
    data: PortId,
    keep: PortId,
    last: PortId,
    valid: PortId,
    ready: PortId,
    user: Option<PortId>,
}

impl Ports {
    fn new(device: &dyn Device, prefix: &str) -> Result<Self, LinkError> {
        let port = |name: &str| device.port(&format!("{prefix}_{name}")).map_err(fault);
        Ok(Ports {
            data: port("tdata")?,
            keep: port("tkeep")?,
            last: port("tlast")?,
            valid: port("tvalid")?,
            ready: port("tready")?,
            user: device.find_port(&format!("{prefix}_tuser")),
        })
    }
}

/// One core.
struct RtlCore {
    side: Side,
    device: Box<dyn Device>,
    input: Ports,
    output: Ports,
    packets: Arc<Vec<PoolPacket>>,
    step_bytes: usize,
    link_bytes: usize,
    /// Packets within, and bytes of the first that have come out.
    within: VecDeque<u32>,
    given: usize,
    /// Bytes of the packet that is being fed.
    fed: usize,
    in_packet: bool,
}

impl RtlCore {
    fn new(device: Box<dyn Device>, pool: &Pool, side: Side) -> Result<Self, LinkError> {
        Ok(RtlCore {
            side,
            input: Ports::new(device.as_ref(), "s_axis")?,
            output: Ports::new(device.as_ref(), "m_axis")?,
            device,
            packets: pool.packets.clone(),
            step_bytes: pool.shape.step_bytes,
            link_bytes: pool.shape.link_bytes() as usize,
            within: VecDeque::new(),
            given: 0,
            fed: 0,
            in_packet: false,
        })
    }

    /// One clock: `bytes` of this packet stand at the input, and are the last of it or not. Gives whether they were taken, and the
    /// beat at the output: its packet, its place and bytes, and whether it is the last.
    fn clock(&mut self, offer: Option<(u32, usize, bool)>, ready: bool) -> Result<RtlClocked, LinkError> {
        let device = self.device.as_mut();
        let user = self.input.user;
        device.set(self.input.valid, u128::from(offer.is_some()));
        if let Some((packet, bytes, last)) = offer {
            let of = &self.packets[packet as usize];
            let all = if self.side == Side::Encoder { &of.plain } else { &of.coded };
            let width = if self.side == Side::Encoder { self.step_bytes } else { self.link_bytes };
            let mut data = all[self.fed..self.fed + bytes].to_vec();
            data.resize(width, 0);
            let beat = Beat::from_bytes(&data);
            device.set_words(self.input.data, beat.words());
            device.set(self.input.keep, if bytes >= 128 { u128::MAX } else { (1 << bytes) - 1 });
            device.set(self.input.last, last.into());
            if let Some(user) = user {
                device.set(user, of.book.into());
            }
        }
        device.set(self.output.ready, ready.into());
        device.clock().map_err(fault)?;
        let accepted = offer.is_some() && device.get(self.input.ready) == 1;
        let offered = device.get(self.output.valid) == 1;
        if let (true, Some((packet, bytes, last))) = (accepted, offer) {
            if !self.in_packet {
                self.within.push_back(packet);
            }
            self.fed = if last { 0 } else { self.fed + bytes };
            self.in_packet = !last;
        }
        let output = if offered { Some(self.check(ready)?) } else { None };
        Ok((accepted, output))
    }

    /// The beat at the output, held against what it has to be.
    fn check(&mut self, goes: bool) -> Result<(u32, usize, usize, bool), LinkError> {
        let (device, side) = (self.device.as_ref(), self.side.name());
        let Some(&packet) = self.within.front() else {
            return Err(fault(format!("the {side} gives a beat without a packet")));
        };
        let bytes = device.get(self.output.keep).count_ones() as usize;
        let last = device.get(self.output.last) == 1;
        let of = &self.packets[packet as usize];
        let all = if self.side == Side::Encoder { &of.coded } else { &of.plain };
        let words = device.get_words(self.output.data).iter().flat_map(|w| w.to_le_bytes());
        let expected = all.get(self.given..self.given + bytes);
        let same = expected.is_some_and(|e| words.take(bytes).eq(e.iter().copied()));
        let errors = last && self.output.user.is_some_and(|user| device.get(user) != 0);
        if !same || errors || last != (self.given + bytes == all.len()) {
            let place = self.given;
            return Err(fault(format!("the {side} gives other bytes than the reference at byte {place} of a packet")));
        }
        let place = self.given;
        if goes {
            self.given += bytes;
            if last {
                self.given = 0;
                self.within.pop_front();
            }
        }
        Ok((packet, place, bytes, last))
    }
}

/// Whether the input was taken, and the beat at the output: packet, place, bytes, end.
type RtlClocked = (bool, Option<(u32, usize, usize, bool)>);

impl Encoder for RtlCore {
    fn clock(&mut self, offer: Option<PlainBeat>, ready: bool) -> Result<Clocked<LinkBeat>, LinkError> {
        let offer = offer.map(|beat| {
            let left = self.packets[beat.packet as usize].plain.len() - self.fed;
            (beat.packet, left.min(self.step_bytes), beat.last)
        });
        let (accepted, output) = RtlCore::clock(self, offer, ready)?;
        let beat =
            |(packet, _, bytes, last): (u32, usize, usize, bool)| LinkBeat { packet, words: bytes as u32 / 2, last };
        Ok(Clocked { accepted, offered: output.map(beat) })
    }

    fn is_idle(&self) -> bool {
        false
    }

    fn queues(&self) -> Vec<Mark> {
        Vec::new()
    }
}

impl Decoder for RtlCore {
    fn clock(&mut self, offer: Option<LinkBeat>, ready: bool) -> Result<Clocked<PlainBeat>, LinkError> {
        let offer = offer.map(|beat| (beat.packet, 2 * beat.words as usize, beat.last));
        let (accepted, output) = RtlCore::clock(self, offer, ready)?;
        let step_bytes = self.step_bytes;
        let beat = |(packet, place, _, last): (u32, usize, usize, bool)| PlainBeat {
            packet,
            step: (place / step_bytes) as u32,
            last,
        };
        Ok(Clocked { accepted, offered: output.map(beat) })
    }

    fn is_idle(&self) -> bool {
        false
    }

    fn is_busy(&self) -> bool {
        !self.within.is_empty()
    }

    fn queues(&self) -> Vec<Mark> {
        Vec::new()
    }
}

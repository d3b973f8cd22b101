//! The encoder core.
//!
//! ```text
//!  s_axis --> [ front ] --> control tokens ------> [ delay ] ---> steps, packets -----+
//!         \-> [ split ] --- symbols --> [ code ROM ] --> [ lane packers ] ---------> [ word mux ] --> m_axis
//!               |-- raw -------------> [ raw packer ] ----------^
//!                \-- plaintext --> [ check ] ---> trailers --------------------------^
//! ```
//!
//! Ports and timing: see [`super`].

use super::lane_packer::LanePacker;
use super::packet_front::PacketFront;
use super::raw_line::RawLine;
use super::split::ElementSplit;
use super::step_delay::StepDelay;
use super::word_mux::WordMux;
use super::EncoderBuild;
use crate::hdl::RomError;
use crate::rtl::plain_check::PlainCheck;
use crate::rtl::prelude::*;

/// The encoder core.
#[derive(LogicBlock)]
pub struct Encoder {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Synchronous reset, active high.
    pub rst: Signal<In, Bit>,
    /// Elements of a step, the first in the lowest bits.
    pub s_axis_tdata: Bus<In>,
    /// Their valid bytes.
    pub s_axis_tkeep: Bus<In>,
    /// Book id of the packet, taken with its first beat.
    pub s_axis_tuser: Signal<In, U<4>>,
    /// Last beat of a packet.
    pub s_axis_tlast: Signal<In, Bit>,
    /// There is a beat.
    pub s_axis_tvalid: Signal<In, Bit>,
    /// It is taken.
    pub s_axis_tready: Signal<Out, Bit>,
    /// Link beat.
    pub m_axis_tdata: Bus<Out>,
    /// Its valid bytes.
    pub m_axis_tkeep: Bus<Out>,
    /// Last beat of a packet.
    pub m_axis_tlast: Signal<Out, Bit>,
    /// There is a beat.
    pub m_axis_tvalid: Signal<Out, Bit>,
    /// It is taken.
    pub m_axis_tready: Signal<In, Bit>,
    front: PacketFront,
    split: ElementSplit,
    check: PlainCheck,
    delay: StepDelay,
    code_rom: Vec<SyncRom<21>>,
    packer: Vec<LanePacker>,
    raw: Vec<RawLine>,
    mux: WordMux,
    crossed: Gather,
    symbol: Signal<Local, U<8>>,
    symbol_bits: Constant<U<4>>,
    _address_bits: usize,
    _lanes: usize,
    _slots: usize,
}

impl Encoder {
    /// The encoder for a configuration and bank; an error if the ROM image does not fit.
    pub fn new(build: &EncoderBuild) -> Result<Self, RomError> {
        let (geometry, lanes) = (&build.geometry, build.geometry.lanes);
        let rom = SyncRom::new(&build.codewords)?;
        Ok(Self {
            clk: port(),
            rst: port(),
            s_axis_tdata: Bus::new(geometry.plain_bits()),
            s_axis_tkeep: Bus::new(geometry.plain_bytes()),
            s_axis_tuser: port(),
            s_axis_tlast: port(),
            s_axis_tvalid: port(),
            s_axis_tready: port(),
            m_axis_tdata: Bus::new(16 * geometry.link_words()),
            m_axis_tkeep: Bus::new(2 * geometry.link_words()),
            m_axis_tlast: port(),
            m_axis_tvalid: port(),
            m_axis_tready: port(),
            front: PacketFront::new(lanes, build.books, build.count_clocks),
            split: ElementSplit::new(geometry),
            check: PlainCheck::new(geometry.plain_bits(), build.sequencer.header, build.book_position),
            delay: StepDelay::new(lanes),
            _address_bits: rom.address.width(),
            code_rom: vec![rom; lanes],
            packer: many(lanes),
            raw: (0..geometry.raw_slots().min(1)).map(|_| RawLine::new(lanes, geometry.raw_bits)).collect(),
            mux: WordMux::new(&build.sequencer, geometry.link_words()),
            crossed: Gather::new(lanes, 1),
            symbol: port(),
            symbol_bits: constant(geometry.symbol_bits as u128),
            _lanes: lanes,
            _slots: geometry.slots(),
        })
    }
}

impl Logic for Encoder {
    #[hdl_gen]
    fn update(&mut self) {
        // Control.
        self.front.clk.next = self.clk.val();
        self.front.rst.next = self.rst.val();
        self.front.tvalid.next = self.s_axis_tvalid.val();
        self.front.tlast.next = self.s_axis_tlast.val();
        self.front.tuser.next = self.s_axis_tuser.val();
        self.front.lanes.next = self.split.lanes.val();
        self.front.room.next = self.mux.room.val();
        self.s_axis_tready.next = self.front.tready.val();
        self.split.clk.next = self.clk.val();
        self.split.tdata.next = self.s_axis_tdata.val();
        self.split.tkeep.next = self.s_axis_tkeep.val();
        self.delay.clk.next = self.clk.val();
        self.delay.rst.next = self.rst.val();
        self.delay.step_in.next = self.front.step.val();
        self.delay.last_in.next = self.front.last.val();
        self.delay.active_in.next = self.front.active.val();
        self.delay.flush_in.next = self.front.flush.val();
        self.delay.mark_in.next = self.front.mark.val();

        // Check.
        self.check.clk.next = self.clk.val();
        self.check.beat.next = self.front.beat.val();
        self.check.first.next = self.front.first.val();
        self.check.data.next = self.split.plain.val();
        self.check.any.next = self.front.step.val();
        self.check.book.next = self.front.book.val();
        self.check.counting.next = self.front.counting.val();
        self.check.count_first.next = self.front.flush.val();
        self.check.count.next = self.front.count.val();

        // Lanes: look up, pack.
        for i in 0..self._lanes {
            self.symbol.next = self.split.symbol[i].val();
            self.code_rom[i].clock.next = self.clk.val();
            self.code_rom[i].enable.next = true;
            self.code_rom[i].address.next = (bit_cast_to(self.front.book.val(), self._address_bits)
                << self.symbol_bits.val())
                | bit_cast_to(self.symbol.val(), self._address_bits);
            self.packer[i].clk.next = self.clk.val();
            self.packer[i].rst.next = self.rst.val();
            self.packer[i].active.next = self.delay.active.val().get_bit(i);
            self.packer[i].code.next = self.code_rom[i].data.val().get_bits::<16>(0);
            self.packer[i].length.next = self.code_rom[i].data.val().get_bits::<5>(16);
            self.packer[i].flush.next = self.delay.flush.val();
            self.packer[i].mark.next = self.delay.mark.val();
            self.crossed.part[i].next = self.packer[i].crossed.val().into();
            self.mux.push[i].next = self.packer[i].push.val();
            self.mux.word[i].next = self.packer[i].word.val();
            self.mux.closes[i].next = self.packer[i].closes.val();
        }

        // Raw words take the slots behind the lanes.
        for r in 0..self.raw.len() {
            self.raw[r].clk.next = self.clk.val();
            self.raw[r].rst.next = self.rst.val();
            for i in 0..self._lanes {
                self.raw[r].bits[i].next = self.split.raw[i].val();
            }
            self.raw[r].active.next = self.delay.active.val();
            self.raw[r].flush.next = self.delay.flush.val();
            self.raw[r].mark.next = self.delay.mark.val();
            for l in self._lanes..(self._lanes + 1) {
                for i in self._lanes..self._slots {
                    self.mux.word[i].next = self.raw[r].word[i - l].val();
                    self.mux.push[i].next = self.raw[r].push[i - l].val();
                    self.mux.closes[i].next = self.raw[r].closes.val();
                }
            }
        }

        // Multiplexer.
        self.mux.clk.next = self.clk.val();
        self.mux.rst.next = self.rst.val();
        self.mux.step.next = self.delay.step.val();
        self.mux.step_crossed.next = self.crossed.whole.val();
        self.mux.step_last.next = self.delay.last.val();
        self.mux.packet.next = self.front.first.val();
        self.mux.packet_book.next = self.front.book.val();
        self.mux.packet_empty.next = self.front.last.val() & !self.front.step.val();
        self.mux.trailer.next = self.front.checked.val();
        self.mux.trailer_count.next = self.front.count.val();
        self.mux.trailer_check.next = self.check.value.val();
        self.m_axis_tdata.next = self.mux.m_axis_tdata.val();
        self.m_axis_tkeep.next = self.mux.m_axis_tkeep.val();
        self.m_axis_tlast.next = self.mux.m_axis_tlast.val();
        self.m_axis_tvalid.next = self.mux.m_axis_tvalid.val();
        self.mux.m_axis_tready.next = self.m_axis_tready.val();
    }
}

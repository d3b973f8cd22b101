//! The encoder core.
//!
//! ```text
//!  s_axis --> [ bias ahead, if it is the first block's ]
//!         --> [ book ahead, if each block has a book; with split, recentre, tracker of its own ] --+
//!   +-----------------------------------------------------------------------------------------------'
//!   '-------> [ front ] --> control tokens ------> [ delay ] ---> steps, packets -----+
//!         \-> [ split ] --- symbols --> [ recentre ] --> [ code ROM ] --> | --> [ lane packers ] --> [ word mux ] --> m_axis
//!               |              '-----> [ tracker ] -- bias -^                                          ^
//!               |-- raw -----------------------------------------------> | --> [ raw packer ] ---------^
//!                \-- plaintext --> [ check ] ---> trailers --------------------------------------------^
//! ```
//!
//! Ports and timing: see [`super`].

use super::bias_ahead::BiasAhead;
use super::book_ahead::BookAhead;
use super::lane_packer::LanePacker;
use super::packet_front::PacketFront;
use super::raw_line::RawLine;
use super::recentre::Recentre;
use super::split::ElementSplit;
use super::step_delay::StepDelay;
use super::word_mux::WordMux;
use super::EncoderBuild;
use crate::rtl::packet_check::{PacketCheck, CHECK_CLOCKS};
use crate::rtl::prelude::*;
use crate::rtl::tops::TopError;
use crate::rtl::tracker::Tracker;
use crate::wire::is_lane_count;
use std::array::from_fn;

/// The encoder core, of `LANES` lanes in a clock: 1, 2, 4, 8, 16, 32 or 64.
///
/// The type says how wide the core is; a configuration of another width is refused when the core is made:
///
/// ```
/// use huffwire::codebook::universal;
/// use huffwire::format::{Format, SymbolMap};
/// use huffwire::rtl::config::RtlConfig;
/// use huffwire::rtl::encoder::{top::Encoder, EncoderBuild};
/// use huffwire::wire::Parameters;
///
/// let parameters = Parameters::plain(Format::Bf16, SymbolMap::Fields, 8);
/// let build = EncoderBuild::new(&RtlConfig::new(parameters, universal().bank.clone())?);
/// let core = Encoder::<8>::new(&build)?;
/// assert_eq!(core.s_axis_tdata.width(), 8 * 16);
///
/// let refused = Encoder::<4>::new(&build).err().unwrap();
/// assert_eq!(refused.to_string(), "a core of 4 lanes for a configuration of 8 lanes in a clock");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Other numbers of lanes do not compile (E0080: the assertion in [`Encoder::new`] fails). That is the only thing wrong
/// here:
///
/// ```compile_fail,E0080
/// # use huffwire::codebook::universal;
/// # use huffwire::format::{Format, SymbolMap};
/// # use huffwire::rtl::config::RtlConfig;
/// # use huffwire::rtl::encoder::{top::Encoder, EncoderBuild};
/// # use huffwire::wire::Parameters;
/// # let parameters = Parameters::plain(Format::Bf16, SymbolMap::Fields, 8);
/// # let build = EncoderBuild::new(&RtlConfig::new(parameters, universal().bank.clone())?);
/// let core = Encoder::<12>::new(&build)?; // the encoder core has 1, 2, 4, 8, 16, 32 or 64 lanes
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(LogicBlock)]
pub struct Encoder<const LANES: usize> {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Synchronous reset, active high.
    pub rst: Signal<In, Bit>,
    /// Elements of a step, the first in the lowest bits.
    pub s_axis_tdata: Bus<In>,
    /// Their valid bytes.
    pub s_axis_tkeep: Bus<In>,
    /// Book id of the packet, taken with its first beat; without meaning where each block has a book.
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
    bias_ahead: Vec<BiasAhead>,
    ahead: Vec<BookAhead>,
    front: PacketFront,
    split: ElementSplit,
    check: PacketCheck,
    delay: StepDelay,
    code_rom: [SyncRom<21>; LANES],
    codeword: [Register<U<21>>; LANES],
    symbol_ahead: Vec<Register<U<8>>>,
    raw_bits: [Register<U<24>>; LANES],
    // As late as the check's value.
    checked: [Register<Bit>; CHECK_CLOCKS - 1],
    tracker: Vec<Tracker>,
    recentre: Vec<Recentre>,
    packer: [Boxed<LanePacker>; LANES],
    raw: Vec<RawLine>,
    mux: WordMux,
    crossed: Gather,
    step_book: Register<U<4>>,
    announces1: Register<Bit>,
    announces2: Register<Bit>,
    announces3: Register<Bit>,
    id_bit1: Register<Bit>,
    id_bit2: Register<Bit>,
    id_bit3: Register<Bit>,
    book: Signal<Local, U<4>>,
    bias: Signal<Local, U<8>>,
    plain_in: Bus<Local>,
    keep_in: Bus<Local>,
    user_in: Signal<Local, U<4>>,
    last_in: Signal<Local, Bit>,
    valid_in: Signal<Local, Bit>,
    ready_in: Signal<Local, Bit>,
    initial_bias: Constant<U<8>>,
    all_bytes: BusConstant,
    symbol: Signal<Local, U<8>>,
    symbol_bits: Constant<U<4>>,
    _address_bits: usize,
    _slots: usize,
}

impl<const LANES: usize> Encoder<LANES> {
    /// The encoder for a configuration and bank; an error if that has another number of lanes or the ROM image does not fit.
    pub fn new(build: &EncoderBuild) -> Result<Self, TopError> {
        const { assert!(is_lane_count(LANES), "the encoder core has 1, 2, 4, 8, 16, 32 or 64 lanes") };
        let geometry = &build.geometry;
        TopError::check_lanes(LANES, geometry)?;
        // The look-ahead has done that already.
        let biased = build.initial_bias.is_none();
        let tracker = build.tracker.as_ref().filter(|_| build.costs.is_none());
        let ahead_lanes = if build.costs.is_some() { LANES } else { 0 };
        let planes = build.codewords.iter().map(|image| SyncRom::new(image)).collect::<Result<Vec<_>, _>>()?;
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
            bias_ahead: if biased { vec![BiasAhead::new(geometry, build.block_log2)] } else { Vec::new() },
            ahead: match &build.costs {
                Some(costs) => vec![BookAhead::new(geometry, costs, build.tracker.as_ref(), biased)?],
                None => Vec::new(),
            },
            front: PacketFront::new(LANES, geometry.turns, build.books, build.count_clocks),
            split: ElementSplit::new(geometry),
            check: PacketCheck::new(geometry.plain_bits(), &build.sequencer.header),
            delay: StepDelay::new(LANES),
            _address_bits: planes[0].address.width(),
            code_rom: from_fn(|i| planes[i % planes.len()].clone()),
            codeword: ports(),
            symbol_ahead: many(ahead_lanes),
            raw_bits: ports(),
            checked: ports(),
            tracker: tracker.into_iter().map(Tracker::new).collect(),
            recentre: (0..LANES * tracker.iter().len()).map(|_| Recentre::new(geometry.symbol_bits)).collect(),
            packer: from_fn(|_| Boxed::new(LanePacker::new(geometry.turns))),
            raw: (0..geometry.raw_slots().min(1)).map(|_| RawLine::new(LANES, geometry.raw_bits)).collect(),
            mux: WordMux::new(&build.sequencer, geometry.link_words()),
            crossed: Gather::new(LANES, 1),
            step_book: port(),
            announces1: port(),
            announces2: port(),
            announces3: port(),
            id_bit1: port(),
            id_bit2: port(),
            id_bit3: port(),
            book: port(),
            bias: port(),
            plain_in: Bus::new(geometry.plain_bits()),
            keep_in: Bus::new(geometry.plain_bytes()),
            user_in: port(),
            last_in: port(),
            valid_in: port(),
            ready_in: port(),
            initial_bias: constant(build.initial_bias.unwrap_or(0).into()),
            all_bytes: BusConstant::new(geometry.plain_bytes(), u128::MAX >> (128 - geometry.plain_bytes())),
            symbol: port(),
            symbol_bits: constant(geometry.symbol_bits as u128),
            _slots: geometry.slots(),
        })
    }
}

impl<const LANES: usize> Logic for Encoder<LANES> {
    #[hdl_gen]
    fn update(&mut self) {
        // Control.
        dff_setup!(self, clk, step_book, announces1, announces2, announces3, id_bit1, id_bit2, id_bit3);
        self.front.clk.next = self.clk.val();
        self.front.rst.next = self.rst.val();
        // Beats come in at once, or when the bias of their packet is known.
        self.plain_in.next = self.s_axis_tdata.val();
        self.keep_in.next = self.s_axis_tkeep.val();
        self.user_in.next = self.s_axis_tuser.val();
        self.last_in.next = self.s_axis_tlast.val();
        self.valid_in.next = self.s_axis_tvalid.val();
        self.bias.next = self.initial_bias.val();
        for b in 0..self.bias_ahead.len() {
            self.bias_ahead[b].clk.next = self.clk.val();
            self.bias_ahead[b].rst.next = self.rst.val();
            self.bias_ahead[b].tdata_in.next = self.s_axis_tdata.val();
            self.bias_ahead[b].tkeep_in.next = self.s_axis_tkeep.val();
            self.bias_ahead[b].tuser_in.next = self.s_axis_tuser.val();
            self.bias_ahead[b].tlast_in.next = self.s_axis_tlast.val();
            self.bias_ahead[b].tvalid_in.next = self.s_axis_tvalid.val();
            self.plain_in.next = self.bias_ahead[b].tdata.val();
            self.keep_in.next = self.bias_ahead[b].tkeep.val();
            self.user_in.next = self.bias_ahead[b].tuser.val();
            self.last_in.next = self.bias_ahead[b].tlast.val();
            self.valid_in.next = self.bias_ahead[b].tvalid.val();
            self.bias.next = self.bias_ahead[b].bias.val();
        }
        self.front.tvalid.next = self.valid_in.val();
        self.front.tlast.next = self.last_in.val();
        self.front.tuser.next = self.user_in.val();
        self.front.bias_in.next = self.bias.val();
        self.front.lanes.next = self.split.lanes.val();
        self.front.room.next = self.mux.room.val();
        self.front.may_start.next = self.mux.may_start.val();
        self.ready_in.next = self.front.tready.val();
        self.split.clk.next = self.clk.val();
        self.split.tdata.next = self.plain_in.val();
        self.split.tkeep.next = self.keep_in.val();
        // With a book for each block the steps come by way of the look-ahead.
        self.step_book.d.next = self.user_in.val();
        self.announces1.d.next = false;
        self.id_bit1.d.next = false;
        for a in 0..self.ahead.len() {
            self.ahead[a].clk.next = self.clk.val();
            self.ahead[a].rst.next = self.rst.val();
            self.ahead[a].tdata_in.next = self.plain_in.val();
            self.ahead[a].tkeep_in.next = self.keep_in.val();
            self.ahead[a].tlast_in.next = self.last_in.val();
            self.ahead[a].tvalid_in.next = self.valid_in.val();
            self.ahead[a].bias_in.next = self.bias.val();
            self.ahead[a].tready.next = self.front.tready.val();
            self.ready_in.next = self.ahead[a].tready_out.val();
            self.front.tvalid.next = self.ahead[a].tvalid.val();
            self.front.tlast.next = self.ahead[a].tlast.val();
            self.front.tuser.next = self.ahead[a].book.val();
            self.front.lanes.next = self.ahead[a].lanes.val();
            self.split.tdata.next = self.ahead[a].plain.val();
            self.split.tkeep.next = self.all_bytes.val();
            for i in 0..LANES {
                self.symbol_ahead[i].clock.next = self.clk.val();
                self.symbol_ahead[i].d.next = self.ahead[a].symbol[i].val();
            }
            self.step_book.d.next = self.ahead[a].book.val();
            self.announces1.d.next = self.ahead[a].announces.val();
            self.id_bit1.d.next = self.ahead[a].id_bit.val();
        }
        self.s_axis_tready.next = self.ready_in.val();
        for b in 0..self.bias_ahead.len() {
            self.bias_ahead[b].tready.next = self.ready_in.val();
            self.s_axis_tready.next = self.bias_ahead[b].tready_out.val();
            for a in 0..self.ahead.len() {
                self.front.bias_in.next = self.ahead[a].bias.val();
            }
        }
        self.announces2.d.next = self.announces1.q.val();
        self.id_bit2.d.next = self.id_bit1.q.val();
        self.announces3.d.next = self.announces2.q.val();
        self.id_bit3.d.next = self.id_bit2.q.val();
        self.book.next = self.front.book.val();
        for _a in 0..self.ahead.len() {
            self.book.next = self.step_book.q.val();
        }
        self.delay.clk.next = self.clk.val();
        self.delay.rst.next = self.rst.val();
        self.delay.step_in.next = self.front.step.val();
        self.delay.last_in.next = self.front.last.val();
        self.delay.some_in.next = self.front.step.val();
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
        self.check.bias.next = self.front.bias.val();
        self.check.counting.next = self.front.counting.val();
        self.check.count_first.next = self.front.count_first.val();
        self.check.count.next = self.front.count.val();

        // Lanes: recentre, look up, pack.
        for t in 0..self.tracker.len() {
            self.tracker[t].clk.next = self.clk.val();
            self.tracker[t].start.next = self.front.idle.val();
            self.tracker[t].first_bias.next = self.bias.val();
            self.tracker[t].step.next = self.front.step.val();
        }
        for i in 0..LANES {
            self.symbol.next = self.split.symbol[i].val();
            for t in 0..self.tracker.len() {
                self.tracker[t].exponent[i].next = self.split.symbol[i].val();
                self.recentre[i].exponent.next = self.split.symbol[i].val();
                self.recentre[i].bias.next = self.tracker[t].bias.val();
                self.symbol.next = self.recentre[i].symbol.val();
            }
            for _a in 0..self.ahead.len() {
                self.symbol.next = self.symbol_ahead[i].q.val();
            }
            self.code_rom[i].clock.next = self.clk.val();
            self.code_rom[i].enable.next = true;
            self.code_rom[i].address.next = (bit_cast_to(self.book.val(), self._address_bits)
                << self.symbol_bits.val())
                | bit_cast_to(self.symbol.val(), self._address_bits);
            self.packer[i].clk.next = self.clk.val();
            self.packer[i].rst.next = self.rst.val();
            self.packer[i].active.next = self.delay.active.val().get_bit(i);
            self.codeword[i].clock.next = self.clk.val();
            self.codeword[i].d.next = self.code_rom[i].data.val();
            self.packer[i].code.next = self.codeword[i].q.val().get_bits::<16>(0);
            self.packer[i].length.next = self.codeword[i].q.val().get_bits::<5>(16);
            self.packer[i].flush.next = self.delay.flush.val();
            self.packer[i].mark.next = self.delay.mark.val();
            for t in 0..self.mux.turn.len() {
                self.packer[i].turn_in[t].next = self.delay.some.val() | self.delay.flush.val();
            }
            self.crossed.part[i].next = self.packer[i].crossed.val().into();
            self.mux.push[i].next = self.packer[i].push.val();
            self.mux.word[i].next = self.packer[i].word.val();
        }

        // A bit of the next block's id goes behind lane 0's codeword.
        for i in 1..LANES {
            self.packer[i].extended.next = false;
            self.packer[i].extension.next = false;
        }
        self.packer[0].extended.next = self.announces3.q.val();
        self.packer[0].extension.next = self.id_bit3.q.val();

        // Raw words take the slots behind the lanes.
        for i in 0..LANES {
            self.raw_bits[i].clock.next = self.clk.val();
            self.raw_bits[i].d.next = self.split.raw[i].val();
        }
        for r in 0..self.raw.len() {
            self.raw[r].clk.next = self.clk.val();
            self.raw[r].rst.next = self.rst.val();
            for i in 0..LANES {
                self.raw[r].bits[i].next = self.raw_bits[i].q.val();
            }
            self.raw[r].active.next = self.delay.active.val();
            self.raw[r].step.next = self.delay.some.val();
            self.raw[r].flush.next = self.delay.flush.val();
            for l in LANES..(LANES + 1) {
                for i in LANES..self._slots {
                    self.mux.word[i].next = self.raw[r].word[i - l].val();
                    self.mux.push[i].next = self.raw[r].push[i - l].val();
                }
            }
        }

        // Multiplexer.
        self.mux.clk.next = self.clk.val();
        self.mux.rst.next = self.rst.val();
        self.mux.closes.next = self.packer[0].closes.val();
        for t in 0..self.mux.turn.len() {
            self.mux.turn[t].next = self.packer[0].turn_out[t].val();
        }
        self.mux.step.next = self.delay.step.val();
        self.mux.step_crossed.next = self.crossed.whole.val();
        self.mux.step_last.next = self.delay.last.val();
        self.mux.packet.next = self.front.first.val();
        self.mux.packet_book.next = self.front.book.val();
        self.mux.packet_bias.next = self.front.bias.val();
        self.mux.packet_empty.next = self.front.last.val() & !self.front.step.val();
        for i in 0..self.checked.len() {
            self.checked[i].clock.next = self.clk.val();
            self.mux.trailer.next = self.checked[i].q.val();
        }
        self.checked[0].d.next = self.front.checked.val();
        for i in 1..self.checked.len() {
            self.checked[i].d.next = self.checked[i - 1].q.val();
        }
        self.mux.trailer_count.next = self.front.count.val();
        self.mux.trailer_check.next = self.check.value.val();
        self.m_axis_tdata.next = self.mux.m_axis_tdata.val();
        self.m_axis_tkeep.next = self.mux.m_axis_tkeep.val();
        self.m_axis_tlast.next = self.mux.m_axis_tlast.val();
        self.m_axis_tvalid.next = self.mux.m_axis_tvalid.val();
        self.mux.m_axis_tready.next = self.m_axis_tready.val();
        // A trailer on its way is that of a packet that nobody asks for any more.
        if self.rst.val() {
            for i in 0..self.checked.len() {
                self.checked[i].d.next = false;
            }
        }
    }
}

//! The decoder core.
//!
//! ```text
//!  s_axis --> [ link rows ] --> words --> [ controller ] --> slot words --> [ lanes ] --> symbols --> [ join ] --> [ finisher ] --> m_axis
//!                                  ^      |      |-- raw words --> [ raw line ] --> raw bits ------------^
//!                                  |      |      '--> tokens --> [ delay ] -----------------------------------------^
//!                                  |      '--> book --> [ book limits ] --> lanes
//!                                  '-- need ----- lanes
//! ```
//!
//! Lanes in turn are one block, [`TurnLanes`], in place of lanes and limits; their needs are counted there.
//!
//! Ports and timing: see [`super`].

use super::book_limits::BookLimits;
use super::controller::Controller;
use super::finisher::Finisher;
use super::join::ElementJoin;
use super::lane_decoder::LaneDecoder;
use super::link_rows::LinkRows;
use super::raw_line::RawLine;
use super::restore::Restore;
use super::token_delay::TokenDelay;
use super::turn_lanes::{TurnLanes, TOKEN_CLOCKS};
use super::DecoderBuild;
use crate::rtl::prelude::*;
use crate::rtl::tables::DecoderTable;
use crate::rtl::tops::TopError;
use crate::rtl::tracker::Tracker;
use crate::wire::is_lane_count;

/// Clocks from a step to its symbols.
const LANE_CLOCKS: usize = 4;

/// The decoder core, of `LANES` lanes in a clock: 1, 2, 4, 8, 16, 32 or 64.
///
/// The type says how wide the core is; a configuration of another width is refused when the core is made:
///
/// ```
/// use huffwire::codebook::universal;
/// use huffwire::format::{Format, SymbolMap};
/// use huffwire::rtl::config::RtlConfig;
/// use huffwire::rtl::decoder::{top::Decoder, DecoderBuild};
/// use huffwire::wire::Parameters;
///
/// let parameters = Parameters::plain(Format::Bf16, SymbolMap::Fields, 8);
/// let build = DecoderBuild::new(&RtlConfig::new(parameters, universal().bank.clone())?);
/// let core = Decoder::<8>::new(&build)?;
/// assert_eq!(core.m_axis_tdata.width(), 8 * 16);
///
/// let refused = Decoder::<4>::new(&build).err().unwrap();
/// assert_eq!(refused.to_string(), "a core of 4 lanes for a configuration of 8 lanes in a clock");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Other numbers of lanes do not compile (E0080: the assertion in [`Decoder::new`] fails). That is the only thing wrong
/// here:
///
/// ```compile_fail,E0080
/// # use huffwire::codebook::universal;
/// # use huffwire::format::{Format, SymbolMap};
/// # use huffwire::rtl::config::RtlConfig;
/// # use huffwire::rtl::decoder::{top::Decoder, DecoderBuild};
/// # use huffwire::wire::Parameters;
/// # let parameters = Parameters::plain(Format::Bf16, SymbolMap::Fields, 8);
/// # let build = DecoderBuild::new(&RtlConfig::new(parameters, universal().bank.clone())?);
/// let core = Decoder::<12>::new(&build)?; // the decoder core has 1, 2, 4, 8, 16, 32 or 64 lanes
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(LogicBlock)]
pub struct Decoder<const LANES: usize> {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Synchronous reset, active high.
    pub rst: Signal<In, Bit>,
    /// Link beat.
    pub s_axis_tdata: Bus<In>,
    /// Its valid bytes.
    pub s_axis_tkeep: Bus<In>,
    /// Last beat of a packet.
    pub s_axis_tlast: Signal<In, Bit>,
    /// There is a beat.
    pub s_axis_tvalid: Signal<In, Bit>,
    /// It is taken.
    pub s_axis_tready: Signal<Out, Bit>,
    /// Elements of a step, the first in the lowest bits.
    pub m_axis_tdata: Bus<Out>,
    /// Their valid bytes.
    pub m_axis_tkeep: Bus<Out>,
    /// With `tlast`: header error, length error, CRC error (bits 0 to 2).
    pub m_axis_tuser: Signal<Out, U<3>>,
    /// Last beat of a packet.
    pub m_axis_tlast: Signal<Out, Bit>,
    /// There is a beat.
    pub m_axis_tvalid: Signal<Out, Bit>,
    /// It is taken.
    pub m_axis_tready: Signal<In, Bit>,
    link: LinkRows,
    controller: Controller,
    limits: Vec<BookLimits>,
    lane: Vec<LaneDecoder>,
    turn_lanes: Vec<TurnLanes>,
    symbol: [Signal<Local, U<8>>; LANES],
    raw_late: Vec<Register<Bit>>,
    raw_put: Vec<Register<Bit>>,
    raw_word: Vec<Register<U<16>>>,
    lanes_asked: Bus<Local>,
    asked: Bus<Local>,
    raw: Vec<RawLine>,
    tracker: Vec<Tracker>,
    restore: Vec<Restore>,
    delay: TokenDelay,
    joiner: ElementJoin,
    finisher: Finisher,
    one_word: BusConstant,
    need: Gather,
    blocked: Gather,
    // One if lanes are served one by one.
    _first_lane: usize,
    _asked_bits: usize,
    _slots: usize,
    _tests: usize,
    _escapes: usize,
}

impl<const LANES: usize> Decoder<LANES> {
    /// The decoder for a configuration and bank; an error if that has another number of lanes or a ROM image does not fit.
    pub fn new(build: &DecoderBuild) -> Result<Self, TopError> {
        const { assert!(is_lane_count(LANES), "the decoder core has 1, 2, 4, 8, 16, 32 or 64 lanes") };
        let geometry = &build.controller.geometry;
        TopError::check_lanes(LANES, geometry)?;
        let link_words = geometry.link_words();
        let lane = |i: usize| LaneDecoder::new(&build.tables[i % geometry.planes], build.controller.prefill);
        let blocks = build.controller.block_steps.is_some();
        let limits = |table: &DecoderTable| BookLimits::new(table, blocks, false);
        // The lanes are served one by one or in turn.
        let in_turn = geometry.turns > 1;
        let (single, turn) = if in_turn { (0, 1) } else { (LANES, 0) };
        let token_clocks = if in_turn { TOKEN_CLOCKS } else { LANE_CLOCKS };
        let turn_lanes = |_| TurnLanes::new(LANES, &build.tables, blocks);
        Ok(Self {
            clk: port(),
            rst: port(),
            s_axis_tdata: Bus::new(16 * link_words),
            s_axis_tkeep: Bus::new(2 * link_words),
            s_axis_tlast: port(),
            s_axis_tvalid: port(),
            s_axis_tready: port(),
            m_axis_tdata: Bus::new(geometry.plain_bits()),
            m_axis_tkeep: Bus::new(geometry.plain_bytes()),
            m_axis_tuser: port(),
            m_axis_tlast: port(),
            m_axis_tvalid: port(),
            m_axis_tready: port(),
            link: LinkRows::new(link_words, geometry.slots(), in_turn),
            controller: Controller::new(&build.controller),
            limits: build.tables.iter().take(single).map(limits).collect::<Result<_, _>>()?,
            lane: (0..single).map(lane).collect::<Result<_, _>>()?,
            turn_lanes: (0..turn).map(turn_lanes).collect::<Result<_, _>>()?,
            symbol: ports(),
            raw_late: many(turn * geometry.raw_slots()),
            raw_put: many(turn * geometry.raw_slots()),
            raw_word: many(turn * geometry.raw_slots()),
            lanes_asked: Bus::new(bits_for(LANES)),
            asked: Bus::new(bits_for(geometry.slots())),
            raw: (0..geometry.raw_slots().min(1)).map(|_| RawLine::new(LANES, geometry.raw_bits)).collect(),
            tracker: build.tracker.iter().map(Tracker::new).collect(),
            restore: (0..LANES * build.tracker.iter().len()).map(|_| Restore::new(geometry.symbol_bits)).collect(),
            delay: TokenDelay::new(LANES, token_clocks),
            joiner: ElementJoin::new(geometry),
            finisher: Finisher::new(geometry.plain_bytes(), &build.controller.header, token_clocks),
            one_word: BusConstant::new(bits_for(geometry.slots()), 1),
            need: Gather::new(LANES, 1),
            blocked: Gather::new(LANES, 1),
            _first_lane: single.min(1),
            _asked_bits: bits_for(geometry.slots()),
            _slots: geometry.slots(),
            _tests: build.tables[0].longest - build.tables[0].shortest,
            _escapes: build.tables[0].escape_lengths.len(),
        })
    }
}

impl<const LANES: usize> Logic for Decoder<LANES> {
    #[hdl_gen]
    fn update(&mut self) {
        // Link.
        self.link.clk.next = self.clk.val();
        self.link.rst.next = self.rst.val();
        self.link.s_axis_tdata.next = self.s_axis_tdata.val();
        self.link.s_axis_tkeep.next = self.s_axis_tkeep.val();
        self.link.s_axis_tlast.next = self.s_axis_tlast.val();
        self.link.s_axis_tvalid.next = self.s_axis_tvalid.val();
        self.s_axis_tready.next = self.link.s_axis_tready.val();
        self.link.load.next = self.controller.load.val();
        self.link.steady.next = self.controller.steady.val();
        self.link.limited.next = self.controller.limited.val();
        self.link.trailer.next = self.controller.trailer.val();
        self.link.finish.next = self.controller.finish.val();

        // Control.
        self.controller.clk.next = self.clk.val();
        self.controller.rst.next = self.rst.val();
        for i in 0..self._slots {
            self.link.want[i].next = self.controller.want[i].val();
        }
        for i in 0..self.controller.word.len() {
            self.controller.word[i].next = self.link.next_word[i].val();
        }
        self.link.by_number.next = self.controller.by_number.val();
        self.link.first_slots.next = self.controller.first_slots.val();
        self.controller.ready.next = self.link.ready.val();
        self.controller.ended.next = self.link.ended.val();
        self.controller.lacking.next = self.link.lacking.val();
        self.controller.broken.next = self.link.broken.val();
        self.controller.finished.next = self.link.finished.val();
        self.controller.room.next = self.finisher.room.val();
        for p in 0..self.limits.len() {
            self.limits[p].clk.next = self.clk.val();
            self.limits[p].book.next = self.controller.lookup.val();
            self.limits[p].load.next = self.controller.changes.val();
        }

        // Lanes, each with the codes of its plane.
        for i in 0..LANES {
            self.need.part[i].next = false.into();
            self.blocked.part[i].next = false.into();
            self.symbol[i].next = 0.into();
        }
        for c in self.limits.len()..(self.limits.len() + 1) {
            for i in 0..self.lane.len() {
                self.lane[i].clk.next = self.clk.val();
                self.lane[i].clear.next = self.controller.lane_clear.val();
                self.lane[i].fill.next = self.controller.lane_fill.val();
                self.lane[i].load.next = self.controller.lane_load[i].val();
                self.lane[i].word.next = self.link.slot_word[i].val();
                self.lane[i].fire.next = self.controller.fire.val();
                self.lane[i].book.next = self.limits[i % c].book_behind.val();
                self.lane[i].extra.next = false;
                for k in 0..self._tests {
                    self.lane[i].first[k].next = self.limits[i % c].first[k].val();
                }
                self.lane[i].escape_code.next = self.limits[i % c].escape_code.val();
                self.lane[i].escape_mask.next = self.limits[i % c].escape_mask.val();
                self.lane[i].escapes.next = self.limits[i % c].escapes.val();
                self.lane[i].escape_total.next = self.limits[i % c].escape_total.val();
                for k in 0..(self._tests + 1) {
                    self.lane[i].offset[k].next = self.limits[i % c].offset[k].val();
                }
                for k in 0..self._escapes {
                    self.lane[i].escape_at[k].next = self.limits[i % c].escape_at[k].val();
                    self.lane[i].plain_at[k].next = self.limits[i % c].plain_at[k].val();
                }
                self.need.part[i].next = self.lane[i].need.val().into();
                self.blocked.part[i].next = self.lane[i].blocked.val().into();
                self.symbol[i].next = self.lane[i].symbol.val();
            }
        }
        self.controller.id_bit.next = false;
        for i in 0..self._first_lane {
            self.lane[i].extra.next = self.controller.extra.val();
            self.controller.id_bit.next = self.lane[i].id_bit.val();
        }
        self.controller.need.next = self.need.whole.val();
        self.controller.blocked.next = self.blocked.whole.val().any();

        // Lanes in turn. What they ask for has been counted beforehand.
        self.asked.next = 0.into();
        self.lanes_asked.next = 0.into();
        for g in 0..self.turn_lanes.len() {
            self.turn_lanes[g].clk.next = self.clk.val();
            self.turn_lanes[g].rst.next = self.rst.val();
            self.turn_lanes[g].clear.next = self.controller.clear.val();
            self.turn_lanes[g].fire.next = self.controller.fire.val();
            self.turn_lanes[g].fresh.next = self.controller.fresh.val();
            self.turn_lanes[g].turn.next = self.controller.turn.val();
            self.turn_lanes[g].extra.next = self.controller.extra.val();
            self.turn_lanes[g].lookup.next = self.controller.lookup.val();
            self.turn_lanes[g].changes.next = self.controller.changes.val();
            self.turn_lanes[g].fill.next = self.controller.lane_fill.val();
            self.turn_lanes[g].round.next = self.controller.round.val();
            self.turn_lanes[g].pop_need.next = self.controller.lanes_pop.val();
            self.turn_lanes[g].token.next = self.controller.token.val();
            self.controller.id_bit.next = self.turn_lanes[g].id_bit.val();
            self.controller.need.next = self.turn_lanes[g].want.val();
            self.controller.blocked.next = false;
            self.lanes_asked.next = self.turn_lanes[g].asked.val();
            self.asked.next = bit_cast_to(self.lanes_asked.val(), self._asked_bits);
            for i in LANES..self._slots {
                if self.controller.want[i].val() {
                    self.asked.next = self.asked.val() + self.one_word.val();
                }
            }
            if self.controller.by_number.val() {
                self.asked.next = self.controller.first_slots.val();
            }
            self.link.asked[g].next = self.asked.val();
            for i in 0..LANES {
                self.turn_lanes[g].load[i].next = self.controller.lane_load[i].val();
                self.turn_lanes[g].word[i].next = self.link.slot_word[i].val();
                self.symbol[i].next = self.turn_lanes[g].symbol[i].val();
            }
        }

        // Symbols to elements.
        for i in 0..LANES {
            self.joiner.symbol[i].next = self.symbol[i].val();
            self.joiner.raw[i].next = 0.into();
            for t in 0..self.tracker.len() {
                self.restore[i].symbol.next = self.symbol[i].val();
                self.restore[i].bias.next = self.tracker[t].bias.val();
                self.tracker[t].exponent[i].next = self.restore[i].exponent.val();
                self.joiner.symbol[i].next = self.restore[i].exponent.val();
            }
        }
        for t in 0..self.tracker.len() {
            self.tracker[t].clk.next = self.clk.val();
            self.tracker[t].start.next = self.controller.clear.val();
            self.tracker[t].first_bias.next = self.controller.first_bias.val();
            self.tracker[t].step.next = self.delay.token.val() & self.delay.active.val().any();
        }

        // The slots behind the lanes are those of raw words.
        for r in 0..self.raw.len() {
            self.raw[r].clk.next = self.clk.val();
            self.raw[r].rst.next = self.rst.val();
            self.raw[r].clear.next = self.controller.clear.val();
            self.raw[r].step.next = self.delay.token.val() & self.delay.active.val().any();
            for l in LANES..(LANES + 1) {
                for i in LANES..self._slots {
                    self.raw[r].load[i - l].next = self.controller.raw_load[i - l].val();
                    self.raw[r].word[i - l].next = self.link.slot_word[i].val();
                }
            }
            // With lanes in turn words come a clock later, and have one more on their way.
            for l in LANES..(LANES + 1) {
                for i in 0..self.raw_late.len() {
                    self.raw_late[i].clock.next = self.clk.val();
                    self.raw_late[i].d.next = self.controller.raw_load[i].val();
                    self.raw_put[i].clock.next = self.clk.val();
                    self.raw_put[i].d.next = self.raw_late[i].q.val();
                    self.raw_word[i].clock.next = self.clk.val();
                    self.raw_word[i].d.next = self.link.slot_word[l + i].val();
                    self.raw[r].load[i].next = self.raw_put[i].q.val();
                    self.raw[r].word[i].next = self.raw_word[i].q.val();
                }
            }
            for i in 0..LANES {
                self.joiner.raw[i].next = self.raw[r].bits[i].val();
            }
        }

        // Output.
        self.delay.clk.next = self.clk.val();
        self.delay.rst.next = self.rst.val();
        self.delay.token_in.next = self.controller.token.val();
        self.delay.first_in.next = self.controller.token_first.val();
        self.delay.last_in.next = self.controller.token_last.val();
        self.delay.active_in.next = self.controller.token_active.val();
        self.delay.errors_in.next = self.controller.token_errors.val();
        self.joiner.active.next = self.delay.active.val();
        self.finisher.clk.next = self.clk.val();
        self.finisher.rst.next = self.rst.val();
        self.finisher.token.next = self.delay.token.val();
        self.finisher.first.next = self.delay.first.val();
        self.finisher.last.next = self.delay.last.val();
        self.finisher.errors.next = self.delay.errors.val();
        self.finisher.plain.next = self.joiner.plain.val();
        self.finisher.keep.next = self.joiner.keep.val();
        self.finisher.book.next = self.controller.book.val();
        self.finisher.bias.next = self.controller.bias.val();
        self.finisher.count.next = self.controller.count.val();
        self.finisher.expected.next = self.controller.expected.val();
        self.m_axis_tdata.next = self.finisher.m_axis_tdata.val();
        self.m_axis_tkeep.next = self.finisher.m_axis_tkeep.val();
        self.m_axis_tuser.next = self.finisher.m_axis_tuser.val();
        self.m_axis_tlast.next = self.finisher.m_axis_tlast.val();
        self.m_axis_tvalid.next = self.finisher.m_axis_tvalid.val();
        self.finisher.m_axis_tready.next = self.m_axis_tready.val();
    }
}

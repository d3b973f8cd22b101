//! Decoder for map `bytes`.
//!
//! ```text
//!  s_axis --> [ link rows ] --> words --> [ controller ] --> slot words --> [ lanes ] --> symbols --> [ join ] --> [ finisher ] --> m_axis
//!                                  ^          '--> tokens --> [ delay ] -----------------------------^
//!                                  '-- crossed -- lanes
//! ```
//!
//! Ports and timing: see [`super`].

use super::book_limits::BookLimits;
use super::controller::Controller;
use super::finisher::Finisher;
use super::join::BytesJoin;
use super::lane_decoder::LaneDecoder;
use super::link_rows::LinkRows;
use super::token_delay::TokenDelay;
use super::DecoderBuild;
use crate::hdl::RomError;
use crate::rtl::prelude::*;

/// Decoder for map `bytes`.
///
/// | parameter | meaning |
/// |---|---|
/// | `L` | lanes |
/// | `S` | words in a link beat |
/// | `D` | ceil(4/`S`), rows that the trailer may span |
/// | `W` | plain bits a beat |
/// | `TG` | `K` + 4 |
/// | `LINK` | 16 `S` |
/// | `KEEP` | 2 `S` |
/// | `CH` | header words a clock |
/// | `KB` | bits of the book index |
/// | `AD` | `KB` + 8 |
#[derive(LogicBlock)]
pub struct BytesDecoder<
    const L: usize,
    const S: usize,
    const D: usize,
    const W: usize,
    const TG: usize,
    const LINK: usize,
    const KEEP: usize,
    const CH: usize,
    const KB: usize,
    const AD: usize,
> {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Synchronous reset, active high.
    pub rst: Signal<In, Bit>,
    /// Link beat.
    pub s_axis_tdata: Signal<In, U<LINK>>,
    /// Its valid bytes.
    pub s_axis_tkeep: Signal<In, U<KEEP>>,
    /// Last beat of a packet.
    pub s_axis_tlast: Signal<In, Bit>,
    /// There is a beat.
    pub s_axis_tvalid: Signal<In, Bit>,
    /// It is taken.
    pub s_axis_tready: Signal<Out, Bit>,
    /// Elements of a step, the first in the lowest bits.
    pub m_axis_tdata: Signal<Out, U<W>>,
    /// Their valid bytes.
    pub m_axis_tkeep: Signal<Out, U<L>>,
    /// With `tlast`: header error, length error, CRC error (bits 0 to 2).
    pub m_axis_tuser: Signal<Out, U<3>>,
    /// Last beat of a packet.
    pub m_axis_tlast: Signal<Out, Bit>,
    /// There is a beat.
    pub m_axis_tvalid: Signal<Out, Bit>,
    /// It is taken.
    pub m_axis_tready: Signal<In, Bit>,
    link: LinkRows<S, LINK, KEEP, D, S>,
    controller: Controller<L, L, S, CH, KB>,
    limits: BookLimits<KB>,
    lane: [LaneDecoder<AD, KB>; L],
    delay: TokenDelay<L>,
    joiner: BytesJoin<L, W>,
    finisher: Finisher<W, L, TG, KB>,
    crossed: Signal<Local, U<L>>,
}

impl<
        const L: usize,
        const S: usize,
        const D: usize,
        const W: usize,
        const TG: usize,
        const LINK: usize,
        const KEEP: usize,
        const CH: usize,
        const KB: usize,
        const AD: usize,
    > BytesDecoder<L, S, D, W, TG, LINK, KEEP, CH, KB, AD>
{
    /// The decoder for a configuration and bank; an error if a ROM image does not fit.
    pub fn new(build: &DecoderBuild) -> Result<Self, RomError> {
        let lanes: Vec<_> = (0..L).map(|_| LaneDecoder::new(&build.table.symbols)).collect::<Result<_, _>>()?;
        Ok(Self {
            clk: port(),
            rst: port(),
            s_axis_tdata: port(),
            s_axis_tkeep: port(),
            s_axis_tlast: port(),
            s_axis_tvalid: port(),
            s_axis_tready: port(),
            m_axis_tdata: port(),
            m_axis_tkeep: port(),
            m_axis_tuser: port(),
            m_axis_tlast: port(),
            m_axis_tvalid: port(),
            m_axis_tready: port(),
            link: port(),
            controller: Controller::new(&build.controller),
            limits: BookLimits::new(&build.table.books)?,
            lane: lanes.try_into().unwrap_or_else(|_| unreachable!("one decoder for each of the lanes")),
            delay: port(),
            joiner: port(),
            finisher: Finisher::new(build.controller.header, build.controller.book_position),
            crossed: port(),
        })
    }
}

impl<
        const L: usize,
        const S: usize,
        const D: usize,
        const W: usize,
        const TG: usize,
        const LINK: usize,
        const KEEP: usize,
        const CH: usize,
        const KB: usize,
        const AD: usize,
    > Logic for BytesDecoder<L, S, D, W, TG, LINK, KEEP, CH, KB, AD>
{
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
        self.link.take.next = self.controller.take.val();
        self.link.trailer.next = self.controller.trailer.val();
        self.link.finish.next = self.controller.finish.val();

        // Control.
        self.controller.clk.next = self.clk.val();
        self.controller.rst.next = self.rst.val();
        for i in 0..S {
            self.controller.word[i].next = self.link.word[i].val();
        }
        self.controller.available.next = self.link.available.val();
        self.controller.complete.next = self.link.complete.val();
        self.controller.broken.next = self.link.broken.val();
        self.controller.finished.next = self.link.finished.val();
        self.controller.room.next = self.finisher.room.val();
        self.limits.clk.next = self.clk.val();
        self.limits.book.next = self.controller.book.val();

        // Lanes.
        self.crossed.next = 0.into();
        for i in 0..L {
            self.lane[i].clk.next = self.clk.val();
            self.lane[i].rst.next = self.rst.val();
            self.lane[i].clear.next = self.controller.clear.val();
            self.lane[i].load.next = self.controller.slot_load.val().get_bit(i);
            self.lane[i].word.next = self.controller.slot_word[i].val();
            self.lane[i].fire.next = self.controller.fire.val();
            self.lane[i].book.next = self.controller.book.val();
            self.lane[i].tops_short.next = self.limits.tops_short.val();
            self.lane[i].tops_long.next = self.limits.tops_long.val();
            self.lane[i].offsets.next = self.limits.offsets.val();
            self.lane[i].shortest.next = self.limits.shortest.val();
            self.lane[i].escape_length.next = self.limits.escape_length.val();
            self.lane[i].escape_first.next = self.limits.escape_first.val();
            if self.lane[i].crossed.val() {
                self.crossed.next = self.crossed.val().replace_bit(i, true);
            }
            self.joiner.symbol[i].next = self.lane[i].symbol.val();
        }
        self.controller.crossed.next = self.crossed.val();

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

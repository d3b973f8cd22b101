//! Encoder for map `fields` of bf16: the exponents are coded, sign and mantissa travel raw.
//!
//! ```text
//!  s_axis --> [ front ] --> control tokens ------> [ delay ] ---> steps, packets -----+
//!         \-> [ split ] --- symbols --> [ code ROM ] --> [ lane packers ] ---------> [ word mux ] --> m_axis
//!               |-- raw -------------> [ raw packers ] ---------^
//!                \-- plaintext --> [ check ] ---> trailers --------------------------^
//! ```
//!
//! Ports and timing: see [`super`].

use super::lane_packer::LanePacker;
use super::packet_front::PacketFront;
use super::split::FieldsSplit;
use super::step_delay::StepDelay;
use super::word_mux::WordMux;
use super::EncoderBuild;
use crate::hdl::RomError;
use crate::rtl::plain_check::PlainCheck;
use crate::rtl::prelude::*;

/// Encoder for map `fields` of bf16: the exponents are coded, sign and mantissa travel raw.
///
/// | parameter | meaning |
/// |---|---|
/// | `L` | lanes |
/// | `G` | slots: lanes and raw words of a step |
/// | `S` | words in a link beat |
/// | `W` | plain bits a beat |
/// | `K` | plain bytes a beat |
/// | `LINK` | 16 `S` |
/// | `KEEP` | 2 `S` |
/// | `CH` | header words a clock |
/// | `KB` | bits of the book index |
/// | `AD` | `KB` + 8 |
/// | `RW` | raw words of a step |
/// | `RV` | 16 `RW` |
/// | `GW` | 16 `G` |
#[derive(LogicBlock)]
pub struct FieldsEncoder<
    const L: usize,
    const G: usize,
    const S: usize,
    const W: usize,
    const K: usize,
    const LINK: usize,
    const KEEP: usize,
    const CH: usize,
    const KB: usize,
    const AD: usize,
    const RW: usize,
    const RV: usize,
    const GW: usize,
> {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Synchronous reset, active high.
    pub rst: Signal<In, Bit>,
    /// Elements of a step, the first in the lowest bits.
    pub s_axis_tdata: Signal<In, U<W>>,
    /// Their valid bytes.
    pub s_axis_tkeep: Signal<In, U<K>>,
    /// Book id of the packet, taken with its first beat.
    pub s_axis_tuser: Signal<In, U<4>>,
    /// Last beat of a packet.
    pub s_axis_tlast: Signal<In, Bit>,
    /// There is a beat.
    pub s_axis_tvalid: Signal<In, Bit>,
    /// It is taken.
    pub s_axis_tready: Signal<Out, Bit>,
    /// Link beat.
    pub m_axis_tdata: Signal<Out, U<LINK>>,
    /// Its valid bytes.
    pub m_axis_tkeep: Signal<Out, U<KEEP>>,
    /// Last beat of a packet.
    pub m_axis_tlast: Signal<Out, Bit>,
    /// There is a beat.
    pub m_axis_tvalid: Signal<Out, Bit>,
    /// It is taken.
    pub m_axis_tready: Signal<In, Bit>,
    front: PacketFront<L, KB>,
    split: FieldsSplit<L, W, K, RV, RW>,
    check: PlainCheck<W, KB>,
    delay: StepDelay<L>,
    code_rom: [SyncRom<AD, 21>; L],
    packer: [LanePacker; L],
    raw_packer: [LanePacker; RW],
    raw_words: Signal<Local, U<GW>>,
    raw_push: Signal<Local, U<G>>,
    raw_closes: Signal<Local, U<G>>,
    raw_held: [Register<U<16>>; RW],
    raw_word: Signal<Local, U<16>>,
    slot_words: Signal<Local, U<GW>>,
    slot_push: Signal<Local, U<G>>,
    slot_closes: Signal<Local, U<G>>,
    lane_bits: Constant<U<8>>,
    lanes: Constant<U<8>>,
    raw_length: Constant<U<5>>,
    mux: WordMux<L, G, S, LINK, KEEP, CH, KB>,
    crossed: Signal<Local, U<L>>,
    symbol: Signal<Local, U<8>>,
}

impl<
        const L: usize,
        const G: usize,
        const S: usize,
        const W: usize,
        const K: usize,
        const LINK: usize,
        const KEEP: usize,
        const CH: usize,
        const KB: usize,
        const AD: usize,
        const RW: usize,
        const RV: usize,
        const GW: usize,
    > FieldsEncoder<L, G, S, W, K, LINK, KEEP, CH, KB, AD, RW, RV, GW>
{
    /// The encoder for a configuration and bank; an error if the ROM image does not fit.
    pub fn new(build: &EncoderBuild) -> Result<Self, RomError> {
        let rom = SyncRom::new(&build.codewords)?;
        Ok(Self {
            clk: port(),
            rst: port(),
            s_axis_tdata: port(),
            s_axis_tkeep: port(),
            s_axis_tuser: port(),
            s_axis_tlast: port(),
            s_axis_tvalid: port(),
            s_axis_tready: port(),
            m_axis_tdata: port(),
            m_axis_tkeep: port(),
            m_axis_tlast: port(),
            m_axis_tvalid: port(),
            m_axis_tready: port(),
            front: PacketFront::new(build.books, build.count_clocks),
            split: port(),
            check: PlainCheck::new(build.sequencer.header, build.book_position),
            delay: port(),
            code_rom: std::array::from_fn(|_| rom.clone()),
            packer: ports(),
            raw_packer: ports(),
            raw_words: port(),
            raw_push: port(),
            raw_closes: port(),
            raw_held: ports(),
            raw_word: port(),
            slot_words: port(),
            slot_push: port(),
            slot_closes: port(),
            lane_bits: constant(16 * L as u128),
            lanes: constant(L as u128),
            raw_length: constant((8 * L).min(16) as u128),
            mux: WordMux::new(&build.sequencer),
            crossed: port(),
            symbol: port(),
        })
    }
}

impl<
        const L: usize,
        const G: usize,
        const S: usize,
        const W: usize,
        const K: usize,
        const LINK: usize,
        const KEEP: usize,
        const CH: usize,
        const KB: usize,
        const AD: usize,
        const RW: usize,
        const RV: usize,
        const GW: usize,
    > Logic for FieldsEncoder<L, G, S, W, K, LINK, KEEP, CH, KB, AD, RW, RV, GW>
{
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
        self.crossed.next = 0.into();
        for i in 0..L {
            self.symbol.next = self.split.symbol[i].val();
            self.code_rom[i].clock.next = self.clk.val();
            self.code_rom[i].enable.next = true;
            self.code_rom[i].address.next =
                (bit_cast::<AD, KB>(self.front.book.val()) << 8) | bit_cast::<AD, 8>(self.symbol.val());
            self.packer[i].clk.next = self.clk.val();
            self.packer[i].rst.next = self.rst.val();
            self.packer[i].active.next = self.delay.active.val().get_bit(i);
            self.packer[i].code.next = self.code_rom[i].data.val().get_bits::<16>(0);
            self.packer[i].length.next = self.code_rom[i].data.val().get_bits::<5>(16);
            self.packer[i].flush.next = self.delay.flush.val();
            self.packer[i].mark.next = self.delay.mark.val();
            if self.packer[i].crossed.val() {
                self.crossed.next = self.crossed.val().replace_bit(i, true);
            }
            self.mux.push[i].next = self.packer[i].push.val();
            self.mux.word[i].next = self.packer[i].word.val();
            self.mux.closes[i].next = self.packer[i].closes.val();
        }

        // Raw words take the slots behind the lanes.
        self.raw_words.next = 0.into();
        self.raw_push.next = 0.into();
        self.raw_closes.next = 0.into();
        for i in 0..RW {
            self.raw_held[i].clock.next = self.clk.val();
            self.raw_held[i].d.next = self.split.raw[i].val();
            self.raw_packer[i].clk.next = self.clk.val();
            self.raw_packer[i].rst.next = self.rst.val();
            self.raw_packer[i].active.next = self.delay.active.val().get_bit(i * 2);
            self.raw_packer[i].code.next = self.raw_held[i].q.val();
            self.raw_packer[i].length.next = self.raw_length.val();
            self.raw_packer[i].flush.next = self.delay.flush.val();
            self.raw_packer[i].mark.next = self.delay.mark.val();
            self.raw_word.next = self.raw_packer[i].word.val();
            self.raw_words.next = self.raw_words.val() | (bit_cast::<GW, 16>(self.raw_word.val()) << (i * 16));
            if self.raw_packer[i].push.val() {
                self.raw_push.next = self.raw_push.val().replace_bit(i, true);
            }
            if self.raw_packer[i].closes.val() {
                self.raw_closes.next = self.raw_closes.val().replace_bit(i, true);
            }
        }
        self.slot_words.next = self.raw_words.val() << self.lane_bits.val();
        self.slot_push.next = self.raw_push.val() << self.lanes.val();
        self.slot_closes.next = self.raw_closes.val() << self.lanes.val();
        for i in L..G {
            self.mux.word[i].next = self.slot_words.val().get_bits::<16>(i * 16);
            self.mux.push[i].next = self.slot_push.val().get_bit(i);
            self.mux.closes[i].next = self.slot_closes.val().get_bit(i);
        }

        // Multiplexer.
        self.mux.clk.next = self.clk.val();
        self.mux.rst.next = self.rst.val();
        self.mux.step.next = self.delay.step.val();
        self.mux.step_crossed.next = self.crossed.val();
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

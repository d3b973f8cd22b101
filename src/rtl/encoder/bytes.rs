//! Encoder for map `bytes`: every byte is a symbol.
//!
//! ```text
//!  s_axis --> [ front ] --> control tokens ------> [ delay ] ---> steps, packets -----+
//!         \-> [ split ] --- symbols --> [ code ROM ] --> [ lane packers ] ---------> [ word mux ] --> m_axis
//!                \-- plaintext --> [ check ] ---> trailers --------------------------^
//! ```
//!
//! Ports and timing: see [`super`].

use super::lane_packer::LanePacker;
use super::packet_front::PacketFront;
use super::split::BytesSplit;
use super::step_delay::StepDelay;
use super::word_mux::WordMux;
use super::EncoderBuild;
use crate::hdl::RomError;
use crate::rtl::plain_check::PlainCheck;
use crate::rtl::prelude::*;

/// Encoder for map `bytes`: every byte is a symbol.
///
/// | parameter | meaning |
/// |---|---|
/// | `L` | lanes |
/// | `S` | words in a link beat |
/// | `W` | plain bits a beat |
/// | `LINK` | 16 `S` |
/// | `KEEP` | 2 `S` |
/// | `CH` | header words a clock |
/// | `KB` | bits of the book index |
/// | `AD` | `KB` + 8 |
#[derive(LogicBlock)]
pub struct BytesEncoder<
    const L: usize,
    const S: usize,
    const W: usize,
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
    /// Elements of a step, the first in the lowest bits.
    pub s_axis_tdata: Signal<In, U<W>>,
    /// Their valid bytes.
    pub s_axis_tkeep: Signal<In, U<L>>,
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
    split: BytesSplit<L, W>,
    check: PlainCheck<W, KB>,
    delay: StepDelay<L>,
    code_rom: [SyncRom<AD, 21>; L],
    packer: [LanePacker; L],
    mux: WordMux<L, L, S, LINK, KEEP, CH, KB>,
    crossed: Signal<Local, U<L>>,
    symbol: Signal<Local, U<8>>,
}

impl<
        const L: usize,
        const S: usize,
        const W: usize,
        const LINK: usize,
        const KEEP: usize,
        const CH: usize,
        const KB: usize,
        const AD: usize,
    > BytesEncoder<L, S, W, LINK, KEEP, CH, KB, AD>
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
            mux: WordMux::new(&build.sequencer),
            crossed: port(),
            symbol: port(),
        })
    }
}

impl<
        const L: usize,
        const S: usize,
        const W: usize,
        const LINK: usize,
        const KEEP: usize,
        const CH: usize,
        const KB: usize,
        const AD: usize,
    > Logic for BytesEncoder<L, S, W, LINK, KEEP, CH, KB, AD>
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

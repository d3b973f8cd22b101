//! Self-test of encoder and decoder, map `fields`. Drawing and ports: see [`super`].
//!
//! | property | value |
//! |---|---|
//! | throughput | one step a clock, but for the pauses of the three throttles |
//! | assumes | registers start as `initial` says ([`PowerOnReset`]); `link_fault_n` may come from another clock |

use super::beat::FieldsBeat;
use super::checker::Checker;
use super::heartbeat::Heartbeat;
use super::pattern::Pattern;
use super::power_on_reset::PowerOnReset;
use super::throttle::Throttle;
use super::{SelfTestBuild, LINK_SEED, SINK_SEED, SOURCE_SEED};
use crate::rtl::decoder::top::Decoder;
use crate::rtl::encoder::top::Encoder;
use crate::rtl::prelude::*;
use crate::rtl::tops::TopError;

/// The self-test, map `fields`: `L` lanes, `W` bits and `K` bytes a plain beat.
#[derive(LogicBlock)]
pub struct FieldsSelfTest<const L: usize, const W: usize, const K: usize> {
    /// Clock.
    pub clk: Signal<In, Clock>,
    /// Low flips a bit of every link beat.
    pub link_fault_n: Signal<In, Bit>,
    /// Enough packets have come through, and nothing was wrong.
    pub led_pass: Signal<Out, Bit>,
    /// Something was wrong.
    pub led_fail: Signal<Out, Bit>,
    /// Blinks.
    pub led_alive: Signal<Out, Bit>,
    power_on: PowerOnReset,
    heartbeat: Heartbeat,
    sent: Pattern<L>,
    sent_beat: FieldsBeat<L, W, K>,
    source: Throttle,
    encoder: Encoder<L>,
    link: Throttle,
    decoder: Decoder<L>,
    sink: Throttle,
    wanted: Pattern<L>,
    wanted_beat: FieldsBeat<L, W, K>,
    verdict: Checker<W, K>,
    fault_caught: Register<Bit>,
    fault: Register<Bit>,
    taken: Signal<Local, Bit>,
    link_data: Bus<Local>,
    link_fault: Signal<Local, Bit>,
    _link_bits: usize,
}

impl<const L: usize, const W: usize, const K: usize> FieldsSelfTest<L, W, K> {
    /// The self-test of these two cores; an error if they have other lanes than `L` or a ROM image does not fit.
    pub fn new(build: &SelfTestBuild) -> Result<Self, TopError> {
        let link_bits = 16 * build.encoder.geometry.link_words();
        Ok(Self {
            clk: port(),
            link_fault_n: port(),
            led_pass: port(),
            led_fail: port(),
            led_alive: port(),
            power_on: port(),
            heartbeat: port(),
            sent: Pattern::new(build.books, build.center),
            sent_beat: port(),
            source: Throttle::new(SOURCE_SEED),
            encoder: Encoder::new(&build.encoder)?,
            link: Throttle::new(LINK_SEED),
            decoder: Decoder::new(&build.decoder)?,
            sink: Throttle::new(SINK_SEED),
            wanted: Pattern::new(build.books, build.center),
            wanted_beat: port(),
            verdict: port(),
            fault_caught: port(),
            fault: port(),
            taken: port(),
            link_data: Bus::new(link_bits),
            link_fault: port(),
            _link_bits: link_bits,
        })
    }
}

impl<const L: usize, const W: usize, const K: usize> Logic for FieldsSelfTest<L, W, K> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clk, fault_caught, fault);
        self.power_on.clock.next = self.clk.val();
        self.heartbeat.clk.next = self.clk.val();
        self.heartbeat.rst.next = self.power_on.rst.val();

        // Packets into the encoder.
        self.sent.clk.next = self.clk.val();
        self.sent.rst.next = self.power_on.rst.val();
        for i in 0..L {
            self.sent_beat.symbol[i].next = self.sent.symbol[i].val();
            self.sent_beat.raw[i].next = self.sent.raw[i].val();
        }
        self.sent_beat.active.next = self.sent.active.val();
        self.source.clk.next = self.clk.val();
        self.source.rst.next = self.power_on.rst.val();
        self.source.valid_in.next = true;
        self.source.ready_in.next = self.encoder.s_axis_tready.val();
        self.sent.advance.next = self.source.ready_out.val();
        self.encoder.clk.next = self.clk.val();
        self.encoder.rst.next = self.power_on.rst.val();
        self.encoder.s_axis_tdata.next = self.sent_beat.data.val().into();
        self.encoder.s_axis_tkeep.next = self.sent_beat.keep.val().into();
        self.encoder.s_axis_tuser.next = self.sent.book.val();
        self.encoder.s_axis_tlast.next = self.sent.last.val();
        self.encoder.s_axis_tvalid.next = self.source.valid_out.val();

        // The link. Two registers bring the fault line into this clock.
        self.fault_caught.d.next = !self.link_fault_n.val();
        self.fault.d.next = self.fault_caught.q.val();
        self.link_fault.next = self.fault.q.val();
        self.link_data.next = self.encoder.m_axis_tdata.val() ^ bit_cast_to(self.link_fault.val(), self._link_bits);
        self.link.clk.next = self.clk.val();
        self.link.rst.next = self.power_on.rst.val();
        self.link.valid_in.next = self.encoder.m_axis_tvalid.val();
        self.encoder.m_axis_tready.next = self.link.ready_out.val();
        self.link.ready_in.next = self.decoder.s_axis_tready.val();
        self.decoder.clk.next = self.clk.val();
        self.decoder.rst.next = self.power_on.rst.val();
        self.decoder.s_axis_tdata.next = self.link_data.val();
        self.decoder.s_axis_tkeep.next = self.encoder.m_axis_tkeep.val();
        self.decoder.s_axis_tlast.next = self.encoder.m_axis_tlast.val();
        self.decoder.s_axis_tvalid.next = self.link.valid_out.val();

        // The same packets again, beside what comes out of the decoder.
        self.sink.clk.next = self.clk.val();
        self.sink.rst.next = self.power_on.rst.val();
        self.sink.valid_in.next = self.decoder.m_axis_tvalid.val();
        self.sink.ready_in.next = true;
        self.decoder.m_axis_tready.next = self.sink.ready_out.val();
        self.taken.next = self.sink.valid_out.val();
        self.wanted.clk.next = self.clk.val();
        self.wanted.rst.next = self.power_on.rst.val();
        self.wanted.advance.next = self.taken.val();
        for i in 0..L {
            self.wanted_beat.symbol[i].next = self.wanted.symbol[i].val();
            self.wanted_beat.raw[i].next = self.wanted.raw[i].val();
        }
        self.wanted_beat.active.next = self.wanted.active.val();
        self.verdict.clk.next = self.clk.val();
        self.verdict.rst.next = self.power_on.rst.val();
        self.verdict.beat.next = self.taken.val();
        self.verdict.data.next = self.decoder.m_axis_tdata.val().get_bits::<W>(0);
        self.verdict.keep.next = self.decoder.m_axis_tkeep.val().get_bits::<K>(0);
        self.verdict.last.next = self.decoder.m_axis_tlast.val();
        self.verdict.errors.next = self.decoder.m_axis_tuser.val();
        self.verdict.expected_data.next = self.wanted_beat.data.val();
        self.verdict.expected_keep.next = self.wanted_beat.keep.val();
        self.verdict.expected_last.next = self.wanted.last.val();
        self.led_pass.next = self.verdict.pass.val();
        self.led_fail.next = self.verdict.fail.val();
        self.led_alive.next = self.heartbeat.beat.val();
    }
}
